/* SPDX-License-Identifier: MIT */
/*
 * Databases are swapped a hundred times a second under workers at full rate,
 * bad files among them. Two databases call the same SYN by two names, so a
 * record shows whether its label and its generation belong together. The
 * thread sanitizer has its own opinion of this test.
 *
 * X0F_SECONDS says how long it runs; 3 by default.
 */
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine_room.h"

enum { RIDERS = 2, WORKERS = RIDERS + 1, FRAMES = 256 };
enum { SWAPS_PER_S = 100, MOST_GENERATIONS = 1 << 20 };

#define SIGNATURE "*:64:0:1460:mss*20,7:mss,sok,ts,nop,ws:df,id+:0"
#define DATABASE(name)                                        \
	"classes = unix\n[tcp:request]\nlabel = s:unix:" name \
	":\nsig = " SIGNATURE "\n"

static const char *const names[] = { "Alpha", "Beta" };
static const char *const texts[] = { DATABASE("Alpha"), DATABASE("Beta") };
static const char *const bad_texts[] = {
	"classes = unix\n[tcp:request]\nlabel = s:unix:Gamma:\nsig = *:64:0\n",
	"[tcp:request]\nsig = " SIGNATURE "\n",
	"[what]\n",
};

/* Which label the SYN has to have in a generation; written before it is. */
static uint32_t truth[MOST_GENERATIONS];
static uint32_t is_over; /* atomic */

/* A worker at full rate, and what its records were found to be. */
struct rider {
	struct worker worker;
	struct memory_source memory;
	struct source *source;
	pthread_t thread;
	uint32_t last_generation;
	uint64_t checked;
	uint64_t wrong_label;
	uint64_t went_back;
};

static bool is_over_now(void)
{
	return __atomic_load_n(&is_over, __ATOMIC_ACQUIRE);
}

/* All frames of that SYN, and no others, go to this port. */
enum { PORT = 4711 };

static bool is_our_syn(const struct x0f_record *record)
{
	return record->header[0] == 0x45 && record->header[22] == PORT >> 8 &&
	       record->header[23] == (PORT & 0xff);
}

static uint32_t true_label(uint32_t generation)
{
	if (generation >= MOST_GENERATIONS)
		return X0F_NONE;
	return __atomic_load_n(&truth[generation], __ATOMIC_ACQUIRE);
}

static void check_record(struct rider *rider, const struct x0f_record *record)
{
	if (record->generation < rider->last_generation)
		rider->went_back++;
	rider->last_generation = record->generation;
	if (!is_our_syn(record))
		return;
	rider->checked++;
	if (record->label != true_label(record->generation))
		rider->wrong_label++;
}

static void *ride(void *arg)
{
	struct rider *rider = arg;
	struct worker *worker = &rider->worker;
	const struct x0f_record *ring = segment_ring(worker->engine->segment,
						     worker->number);

	worker_begin(worker);
	rcu_begin_thread();
	while (!is_over_now()) {
		uint64_t i = worker->stats->commit;

		worker_step(worker);
		for (; i < worker->stats->commit; i++)
			check_record(rider, &ring[i % ROOM_RECORDS]);
	}
	rcu_end_thread();
	return NULL;
}

/* A batch per millisecond: the worker sleeps in between. */
static int nap_fetch(struct source *source, struct source_batch *batch)
{
	uint64_t ticks;

	batch->count = 0;
	if (read(source->fd, &ticks, sizeof(ticks)) != sizeof(ticks))
		return 0;
	return memory_fetch(source, batch);
}

static bool nap_arm(struct source *source)
{
	(void)source;
	return false;
}

static const struct source_ops nap_ops = { nap_fetch, memory_release, nap_arm,
					   memory_disarm };

static void rider_open(struct rider *rider, struct room *room, uint32_t number,
		       const struct frame_store *store)
{
	memset(rider, 0, sizeof(*rider));
	memory_open(&rider->memory, store, UINT64_MAX);
	rider->memory.next = number * 17;
	rider->source = &rider->memory.source;
	rider->worker.engine = &room->engine;
	rider->worker.number = number;
	rider->worker.sources = &rider->source;
	rider->worker.source_count = 1;
}

static void napper_open(struct rider *rider)
{
	const struct itimerspec ms = { { 0, 1000000 }, { 0, 1000000 } };
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);

	assert_true(fd >= 0);
	assert_int_equal(timerfd_settime(fd, 0, &ms, NULL), 0);
	rider->memory.source.ops = &nap_ops;
	rider->memory.source.fd = fd;
}

/* Reads along as another process would. */
struct reader {
	struct x0f_ring *ring;
	struct rider finds[1];
	uint64_t records;
	pthread_t thread;
};

static void take_records(struct reader *reader)
{
	static struct x0f_record records[256];
	size_t i, count;

	while ((count = x0f_ring_read(reader->ring, records, 256))) {
		reader->records += count;
		for (i = 0; i < count; i++) {
			reader->finds->last_generation = 0; /* many workers */
			check_record(reader->finds, &records[i]);
		}
	}
}

static void *read_along(void *arg)
{
	struct reader *reader = arg;

	while (!is_over_now()) {
		if (x0f_ring_wait(reader->ring, 10) == 1)
			take_records(reader);
		usleep(1000);
	}
	return NULL;
}

/* Half of them the one SYN, the others of all kinds. */
static void fill_frames(struct frame_store *store, const struct room *room)
{
	const struct generation *generation = room->engine.generation.value;
	struct synth_options options = synth_defaults;
	struct synth_result result;
	uint8_t ip[SYNTH_BYTES];
	struct x0f_sig sig;
	size_t len;

	store_open(store, FRAMES);
	store->room = FRAMES / 2;
	store_signatures(store, generation->db, room->engine.policy);
	store->room = FRAMES;
	assert_int_equal(x0f_sig_parse(&sig, SIGNATURE, strlen(SIGNATURE),
				       room->engine.policy, NULL),
			 0);
	options.dst_port = PORT;
	while (store->count < FRAMES) {
		options.src_port = (uint16_t)(2000 + store->count);
		len = synth_frame(&sig, &options, &result, ip, sizeof(ip));
		assert_true(len);
		store_add(store, ip, len);
	}
	store_shuffle(store);
}

/* The loader's side. */
struct loader {
	struct room *room;
	uint32_t labels[2];
	uint32_t swaps, rebuilds, refusals;
};

static uint32_t next_number(const struct loader *loader)
{
	return loader->room->segment.header->generation + 1;
}

/* which: 0 or 1; large: with the built-in databases behind it */
static void swap(struct loader *loader, uint32_t which, bool large)
{
	const struct x0f_source sources[3] = {
		room_text(texts[which]),
		loader->room->builtin[0],
		loader->room->builtin[1],
	};
	uint32_t number = next_number(loader);

	assert_true(number < MOST_GENERATIONS);
	__atomic_store_n(&truth[number], loader->labels[which],
			 __ATOMIC_RELEASE);
	room_load(loader->room, sources, large ? 3 : 1);
	assert_int_equal(loader->room->segment.header->generation, number);
	loader->swaps++;
	loader->rebuilds += large;
}

static void refuse(struct loader *loader, uint32_t n)
{
	struct x0f_source source = room_text(bad_texts[n % 3]);
	uint32_t number = next_number(loader);
	struct generation *generation;

	assert_int_equal(generation_build(&generation, &source, 1,
					  loader->room->engine.policy, NULL),
			 -EINVAL);
	assert_null(generation);
	assert_int_equal(next_number(loader), number);
	loader->refusals++;
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void load_for(struct loader *loader, uint64_t ms)
{
	uint64_t begin = now_ms(), next = begin;
	uint32_t n = 0;

	while (now_ms() - begin < ms) {
		if (n % SWAPS_PER_S == SWAPS_PER_S / 2)
			refuse(loader, n / SWAPS_PER_S);
		n++;
		swap(loader, n & 1, n % SWAPS_PER_S == 0);
		next += 1000 / SWAPS_PER_S;
		while (now_ms() < next)
			usleep(500);
	}
	swap(loader, 0, false);
}

static size_t bytes_in_use(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

/* The two names get their ids before anybody looks for them. */
static void name_labels(struct loader *loader)
{
	for (uint32_t i = 0; i < 2; i++) {
		const struct x0f_label label = {
			.class_name = "unix",
			.name = names[i],
			.flavor = "",
		};

		loader->labels[i] = segment_add_label(&loader->room->segment,
						      &label);
	}
	assert_int_not_equal(loader->labels[0], loader->labels[1]);
}

static void assert_rode_well(const struct rider *rider)
{
	const struct x0f_segment_worker *stats = rider->worker.stats;

	assert_int_equal(stats->received, rider->memory.delivered);
	assert_int_equal(stats->received,
			 stats->published + sum_dropped(stats));
	assert_int_equal(stats->published, stats->received);
	assert_true(rider->checked > 1000);
	assert_int_equal(rider->wrong_label, 0);
	assert_int_equal(rider->went_back, 0);
}

/* What is left of the napper's records is checked when it is over. */
static void check_ring(struct rider *rider)
{
	const struct x0f_record *ring = segment_ring(
		rider->worker.engine->segment, rider->worker.number);
	uint64_t commit = rider->worker.stats->commit;
	uint64_t i = commit > ROOM_RECORDS ? commit - ROOM_RECORDS : 0;

	for (; i < commit; i++)
		check_record(rider, &ring[i % ROOM_RECORDS]);
	rider->checked += commit > 1000 ? 1000 : 0;
}

static void start(struct rider *riders, struct reader *reader)
{
	for (uint32_t i = 0; i < WORKERS; i++)
		assert_int_equal(pthread_create(&riders[i].thread, NULL,
						i < RIDERS ? ride : worker_run,
						i < RIDERS ?
							(void *)&riders[i] :
							&riders[i].worker),
				 0);
	assert_int_equal(pthread_create(&reader->thread, NULL, read_along,
					reader),
			 0);
}

static void finish(struct room *room, struct rider *riders,
		   struct reader *reader)
{
	__atomic_store_n(&is_over, 1, __ATOMIC_RELEASE);
	__atomic_store_n(&room->engine.stop, 1, __ATOMIC_RELEASE);
	for (uint32_t i = 0; i < WORKERS; i++)
		pthread_join(riders[i].thread, NULL);
	pthread_join(reader->thread, NULL);
	take_records(reader);
}

static void tell(const struct loader *loader, const struct rider *riders,
		 const struct reader *reader, uint64_t ms)
{
	uint64_t packets = 0, checked = 0;

	for (uint32_t i = 0; i < WORKERS; i++) {
		packets += riders[i].worker.stats->received;
		checked += riders[i].checked;
	}
	print_message("%u swaps (%u of all signatures, %u refused) in %llu ms, "
		      "%llu packets, %llu names checked, reader: %llu\n",
		      loader->swaps, loader->rebuilds, loader->refusals,
		      (unsigned long long)ms, (unsigned long long)packets,
		      (unsigned long long)checked,
		      (unsigned long long)reader->records);
}

static void reload_under_load(void **state)
{
	const char *seconds = getenv("X0F_SECONDS");
	uint64_t ms = seconds ? strtoull(seconds, NULL, 10) * 1000 : 3000;
	struct rider *riders = calloc(WORKERS, sizeof(*riders));
	struct reader reader = { .ring = NULL };
	struct frame_store store;
	struct loader loader = { .room = NULL };
	struct room room;
	uint64_t published = 0;
	size_t bytes;

	(void)state;
	room_open(&room, WORKERS, X0F_POLICY_X0F);
	loader.room = &room;
	name_labels(&loader);
	swap(&loader, 1, true);
	fill_frames(&store, &room);
	for (uint32_t i = 0; i < WORKERS; i++)
		rider_open(&riders[i], &room, i, &store);
	napper_open(&riders[RIDERS]);
	assert_int_equal(x0f_ring_open_memory(&reader.ring, room.segment.header,
					      room.segment.size, NULL),
			 0);
	start(riders, &reader);
	load_for(&loader, ms / 4);
	bytes = bytes_in_use();
	load_for(&loader, ms - ms / 4);
	/* the same database is in force, and nothing else is left */
	assert_in_range(bytes_in_use(), bytes / 2, bytes + 4096);
	finish(&room, riders, &reader);
	check_ring(&riders[RIDERS]);
	tell(&loader, riders, &reader, ms);
	for (uint32_t i = 0; i < WORKERS; i++) {
		assert_rode_well(&riders[i]);
		published += riders[i].worker.stats->published;
	}
	assert_true(riders[RIDERS].worker.stats->sleeps > ms / 20);
	assert_int_equal(reader.finds->wrong_label, 0);
	assert_int_equal(reader.records + x0f_ring_missed(reader.ring),
			 published);
	assert_int_equal(room.segment.header->reloads, loader.swaps - 1);
	assert_true(loader.swaps > ms / 100);
	x0f_ring_close(reader.ring);
	close(riders[RIDERS].source->fd);
	room_close(&room);
	store_close(&store);
	free(riders);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reload_under_load),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
