/* SPDX-License-Identifier: MIT */
/*
 * The reader of header rings against a ring in plain memory, with what the
 * kernel may leave in it and what it should not: records at work, discarded,
 * across the end, too short, too long. And its sleeping and napping.
 */
#define _GNU_SOURCE /* memfd_create() */
#include "../../user/capture/header_source.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define RINGS 3
#define BYTES 4096u
#define RECORD (BPF_RINGBUF_HDR_SZ + sizeof(struct header_event))

struct bench {
	struct header_rings rings;
	struct ring ring[RINGS];
	struct ring_source source[2];
	struct wake wake[RINGS];
	/* the reader's page: its position, and what its kind keeps there */
	unsigned long consumer[RINGS][16];
	unsigned long producer[RINGS];
	uint8_t *memory[RINGS];
};

static int set_up(void **state)
{
	struct bench *b = aligned_alloc(64, sizeof(*b));

	assert_non_null(b);
	memset(b, 0, sizeof(*b));
	b->rings = (struct header_rings){
		.count = RINGS,
		.workers = 2,
		.bytes = BYTES,
		.rings = b->ring,
		.sources = b->source,
	};
	for (int i = 0; i < RINGS; i++) {
		int fd = memfd_create("ring", 0);

		assert_int_equal(ftruncate(fd, BYTES), 0);
		b->memory[i] = mmap(NULL, 2ul * BYTES, PROT_NONE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		for (uint32_t k = 0; k < 2; k++)
			assert_ptr_not_equal(mmap(b->memory[i] + k * BYTES,
						  BYTES, PROT_READ | PROT_WRITE,
						  MAP_SHARED | MAP_FIXED, fd,
						  0),
					     MAP_FAILED);
		close(fd);
		b->ring[i].consumer = b->consumer[i];
		b->ring[i].producer = &b->producer[i];
		b->ring[i].data = b->memory[i];
		b->ring[i].wake = &b->wake[i];
	}
	for (uint32_t i = 0; i < 2; i++)
		b->source[i] = (struct ring_source){
			.base.ops = &header_source_ops,
			.rings = &b->rings,
			.first = i,
			.next = i,
			.timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK),
			.naps = NAP_COUNT,
		};
	*state = b;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;

	for (int i = 0; i < RINGS; i++)
		munmap(b->memory[i], 2ul * BYTES);
	for (int i = 0; i < 2; i++)
		close(b->source[i].timer);
	free(b);
	return 0;
}

/* A record of so many bytes; its event has the number as its time. */
static void produce(struct bench *b, int ring, uint32_t len, uint32_t bits,
		    uint64_t number)
{
	uint8_t *at = b->memory[ring] + (b->producer[ring] & (BYTES - 1));
	struct header_event event = {
		.time_ns = number,
		.wire_len = 60,
		.len = HEADER_BYTES,
		.interface = 3,
		.direction = DIRECTION_EGRESS,
	};
	uint32_t word = len | bits;

	memcpy(at, &word, sizeof(word));
	memcpy(at + BPF_RINGBUF_HDR_SZ, &event,
	       len < sizeof(event) ? len : sizeof(event));
	b->producer[ring] += (len + BPF_RINGBUF_HDR_SZ + 7) & ~7u;
}

static void produce_packet(struct bench *b, int ring, uint64_t number)
{
	produce(b, ring, sizeof(struct header_event), 0, number);
}

static struct header_event *last_event(struct bench *b, int ring)
{
	return (void *)(b->memory[ring] +
			((b->producer[ring] - RECORD) & (BYTES - 1)) +
			BPF_RINGBUF_HDR_SZ);
}

/* Fetches into *batch and says how many there were. */
static uint32_t take(struct bench *b, int worker, struct source_batch *batch)
{
	struct source *source = &b->source[worker].base;

	assert_int_equal(source->ops->fetch(source, batch), 0);
	return batch->count;
}

static void give(struct bench *b, int worker, struct source_batch *batch)
{
	struct source *source = &b->source[worker].base;

	source->ops->release(source, batch);
}

static void test_fields(void **state)
{
	struct bench *b = *state;
	struct source_batch batch;

	produce_packet(b, 0, 77);
	produce_packet(b, 0, 78);
	*last_event(b, 0) = (struct header_event){
		.time_ns = 78,
		.wire_len = 1500,
		.len = 40,
		.interface = 9,
		.direction = DIRECTION_INGRESS,
		.is_raw = 1,
	};
	assert_int_equal(take(b, 0, &batch), 2);
	assert_int_equal(batch.packets[0].time_ns, 77);
	assert_int_equal(batch.packets[0].caplen, HEADER_BYTES);
	/* less than there is to see cannot be */
	assert_int_equal(batch.packets[0].wirelen, HEADER_BYTES);
	assert_int_equal(batch.packets[0].interface, 3);
	assert_int_equal(batch.packets[0].flags, X0F_RECORD_EGRESS);
	assert_int_equal(batch.packets[0].link, X0F_LINK_ETHERNET);
	assert_int_equal(batch.packets[1].caplen, 40);
	assert_int_equal(batch.packets[1].wirelen, 1500);
	assert_int_equal(batch.packets[1].interface, 9);
	assert_int_equal(batch.packets[1].flags, X0F_RECORD_INGRESS);
	assert_int_equal(batch.packets[1].link, X0F_LINK_RAW);
	/* the kernel gets its room back when it is released, not before */
	assert_int_equal(b->consumer[0][0], 0);
	give(b, 0, &batch);
	assert_int_equal(b->consumer[0][0], b->producer[0]);
}

static void test_busy_and_discarded(void **state)
{
	struct bench *b = *state;
	struct source_batch batch;
	unsigned long busy_at;

	produce(b, 0, 8, BPF_RINGBUF_DISCARD_BIT, 0);
	assert_int_equal(take(b, 0, &batch), 0); /* and no release */
	assert_int_equal(b->consumer[0][0], b->producer[0]);

	produce_packet(b, 0, 1);
	produce(b, 0, 8, BPF_RINGBUF_DISCARD_BIT, 0);
	produce(b, 0, sizeof(struct header_event), BPF_RINGBUF_DISCARD_BIT, 0);
	busy_at = b->producer[0];
	produce(b, 0, sizeof(struct header_event), BPF_RINGBUF_BUSY_BIT, 2);
	produce_packet(b, 0, 3);
	assert_int_equal(take(b, 0, &batch), 1);
	give(b, 0, &batch);
	assert_int_equal(b->consumer[0][0], busy_at);
	assert_int_equal(take(b, 0, &batch), 0);
	assert_int_equal(header_rings_left(&b->rings, 3), 0);
	b->memory[0][busy_at + 3] &= 0x7f; /* committed */
	assert_int_equal(header_rings_left(&b->rings, 3), 2);
	assert_int_equal(header_rings_left(&b->rings, 4), 0);
	assert_int_equal(take(b, 0, &batch), 2);
	assert_int_equal(batch.packets[0].time_ns, 2);
	give(b, 0, &batch);
	assert_int_equal(b->consumer[0][0], b->producer[0]);
}

/* Records that no program of ours writes are skipped, never followed. */
/* One that died with a batch in hand: what it had is not read again. */
static void test_successor(void **state)
{
	struct bench *b = *state;
	struct source_batch batch;

	for (uint64_t i = 1; i <= 10; i++)
		produce_packet(b, 0, i);
	assert_int_equal(take(b, 0, &batch), 10);
	assert_int_equal(b->consumer[0][0], 0);
	b->ring[0].position = 0; /* the successor's own memory */
	produce_packet(b, 0, 11);
	assert_int_equal(header_rings_left(&b->rings, 3), 1);
	assert_int_equal(take(b, 0, &batch), 1);
	assert_int_equal(batch.packets[0].time_ns, 11);
	assert_int_equal(b->consumer[0][0], 10 * RECORD);
	give(b, 0, &batch);
	assert_int_equal(b->consumer[0][0], 11 * RECORD);
}

static void test_damaged(void **state)
{
	struct bench *b = *state;
	struct source_batch batch;

	produce(b, 0, offsetof(struct header_event, data) - 1, 0, 1);
	produce(b, 0, sizeof(struct header_event), 0, 2);
	last_event(b, 0)->len = HEADER_BYTES + 1;
	produce(b, 0, offsetof(struct header_event, data) + 39, 0, 3);
	/* says 192 bytes of data, and has 39 */
	produce(b, 0, 8 + sizeof(struct header_event), 0, 4);
	((struct header_event *)((uint8_t *)last_event(b, 0) - 8))->len = 200;
	produce_packet(b, 0, 5);
	assert_int_equal(take(b, 0, &batch), 1);
	assert_int_equal(batch.packets[0].time_ns, 5);
	give(b, 0, &batch);
	/* longer than what there is: begins anew behind all */
	produce_packet(b, 0, 5);
	memset(b->memory[0] + (b->consumer[0][0] & (BYTES - 1)), 0x3f, 4);
	assert_int_equal(take(b, 0, &batch), 0);
	assert_int_equal(b->consumer[0][0], b->producer[0]);
	produce_packet(b, 0, 6);
	assert_int_equal(take(b, 0, &batch), 1);
	assert_int_equal(batch.packets[0].time_ns, 6);
}

/* Positions that a hostile child may write into its page. */
static void test_position(void **state)
{
	struct bench *b = *state;
	struct source_batch batch;
	unsigned long end;

	for (uint64_t i = 0; i < 10; i++)
		produce_packet(b, 0, i);
	end = b->producer[0];
	assert_int_equal(header_rings_left(&b->rings, 3), 10);
	for (unsigned long i = 1; i < 8; i++) {
		b->consumer[0][0] = i;
		assert_int_equal(header_rings_left(&b->rings, 3), 0);
		b->consumer[0][0] = end + i;
		assert_int_equal(header_rings_left(&b->rings, 3), 0);
	}
	/* the same record where none can begin */
	memmove(b->memory[0] + 4, b->memory[0], RECORD);
	b->consumer[0][0] = 4;
	assert_int_equal(header_rings_left(&b->rings, 3), 0);
	for (int bit = 13; bit < 64; bit++) {
		b->consumer[0][0] = 1ul << bit;
		assert_int_equal(header_rings_left(&b->rings, 3), 0);
	}
	assert_int_equal(take(b, 0, &batch), 0);
	assert_int_equal(b->consumer[0][0], end);
}

/* Every offset, so every way to lie across the end; positions that wrap. */
static void test_around(void **state)
{
	struct bench *b = *state;
	struct source_batch batch;
	uint64_t number = 0;

	b->producer[0] = b->consumer[0][0] = 0ul - 8 * RECORD;
	b->consumer[0][8] = b->consumer[0][0]; /* fetched as far */
	for (int round = 0; round < 1000; round++) {
		uint32_t count = 1 + (uint32_t)round % (BYTES / RECORD);

		for (uint32_t i = 0; i < count; i++)
			produce_packet(b, 0, number + i);
		assert_int_equal(take(b, 0, &batch), count);
		for (uint32_t i = 0; i < count; i++)
			assert_int_equal(batch.packets[i].time_ns, number++);
		give(b, 0, &batch);
		assert_int_equal(b->consumer[0][0], b->producer[0]);
	}
}

/* Worker 0 has the rings 0 and 2, worker 1 the ring 1. */
static void test_rings(void **state)
{
	struct bench *b = *state;
	struct source_batch batch;

	for (int i = 0; i < RINGS; i++)
		produce_packet(b, i, (uint64_t)i);
	assert_int_equal(take(b, 1, &batch), 1);
	assert_int_equal(batch.packets[0].time_ns, 1);
	give(b, 1, &batch);
	assert_int_equal(take(b, 0, &batch), 2);
	assert_int_equal(batch.packets[0].time_ns, 0);
	assert_int_equal(batch.packets[1].time_ns, 2);
	give(b, 0, &batch);
	/* the next batch begins with the other ring */
	produce_packet(b, 0, 3);
	produce_packet(b, 2, 4);
	assert_int_equal(take(b, 0, &batch), 2);
	assert_int_equal(batch.packets[0].time_ns, 4);
	give(b, 0, &batch);
	for (int i = 0; i < RINGS; i++)
		assert_int_equal(b->consumer[i][0], b->producer[i]);
}

/* More than a batch: the rest stays, in order, and is not given back. */
static void test_full_batch(void **state)
{
	struct bench *b = *state;
	struct source_batch batch;
	uint64_t number = 0;

	for (uint64_t i = 0; i < 100; i++)
		produce(b, 0, offsetof(struct header_event, data) + 4, 0, i);
	for (uint64_t i = 0, at = 0; i < 100; i++, at += 32)
		b->memory[0][at + BPF_RINGBUF_HDR_SZ +
			     offsetof(struct header_event, len)] = 4;
	while (take(b, 0, &batch)) {
		assert_int_equal(batch.count, number ? 36 : SOURCE_BATCH);
		for (uint32_t i = 0; i < batch.count; i++)
			assert_int_equal(batch.packets[i].time_ns, number++);
		give(b, 0, &batch);
		assert_int_equal(b->consumer[0][0], number * 32);
	}
	assert_int_equal(number, 100);
}

static bool is_armed(const struct bench *b, int worker)
{
	bool is_sleeping = b->wake[worker].sleeping;

	assert_int_equal(b->wake[0].sleeping, b->wake[2].sleeping);
	return is_sleeping;
}

static bool rings(const struct ring_source *source)
{
	struct itimerspec left;

	timerfd_gettime(source->timer, &left);
	return left.it_value.tv_nsec > 0;
}

static void test_sleep(void **state)
{
	struct bench *b = *state;
	struct ring_source *source = &b->source[0];
	struct source *base = &source->base;
	struct source_batch batch;

	assert_false(base->ops->arm(base)); /* nothing came yet: sleeps */
	assert_true(is_armed(b, 0) && !rings(source));
	assert_false(is_armed(b, 1));
	base->ops->disarm(base);
	assert_false(is_armed(b, 0));
	produce_packet(b, 2, 1);
	assert_true(base->ops->arm(base)); /* does not sleep over it */
	base->ops->disarm(base);
	assert_false(is_armed(b, 0));
	assert_int_equal(take(b, 0, &batch), 1);
	give(b, 0, &batch);
	produce_packet(b, 0, 2);
	assert_true(base->ops->arm(base)); /* nor does it nap */
	base->ops->disarm(base);
	assert_int_equal(take(b, 0, &batch), 1);
	give(b, 0, &batch);
	for (uint32_t i = 0; i < NAP_COUNT; i++) {
		assert_false(base->ops->arm(base));
		assert_true(!is_armed(b, 0) && rings(source));
		base->ops->disarm(base);
		take(b, 0, &batch);
	}
	for (int i = 0; i < 3; i++) {
		assert_false(base->ops->arm(base));
		assert_true(is_armed(b, 0) && !rings(source));
		base->ops->disarm(base);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_fields, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_busy_and_discarded, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_successor, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_damaged, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_position, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_around, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_rings, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_full_batch, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_sleep, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
