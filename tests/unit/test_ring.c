/* SPDX-License-Identifier: MIT */
/*
 * Reading the results segment: what a reader got and what it missed is what was
 * published, whatever producer and readers do meanwhile.
 */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "segments.h"

static void every_record_in_order(void **state)
{
	struct segment_options options = small_options(64);
	struct x0f_record records[7];
	struct segment segment;
	struct x0f_ring *ring;
	uint64_t next = 0;
	size_t got, i;

	(void)state;
	make_anonymous(&segment, &options);
	ring = open_anonymous(&segment);
	assert_int_equal(x0f_ring_read(ring, records, 7), 0);
	assert_int_equal(x0f_ring_wait(ring, 0), 0);
	while (next < 1000) {
		publish(&segment, 0, 1 + next % 64);
		assert_int_equal(x0f_ring_wait(ring, -1), 1);
		while ((got = x0f_ring_read(ring, records, 7)))
			for (i = 0; i < got; i++) {
				assert_true(is_whole(&records[i]));
				assert_int_equal(records[i].time_ns, next++);
			}
		assert_int_equal(next, segment_worker(&segment, 0)->published);
	}
	assert_int_equal(x0f_ring_missed(ring), 0);
	x0f_ring_close(ring);
	segment_close(&segment);
}

static void slow_reader_knows_what_it_missed(void **state)
{
	struct segment_options options = small_options(64);
	const struct x0f_ring_options from_now = { .sz = sizeof(from_now) };
	struct x0f_record records[100];
	struct segment segment;
	struct x0f_ring *oldest, *late, *first;
	uint32_t i;

	(void)state;
	make_anonymous(&segment, &options);
	first = open_anonymous(&segment);
	for (i = 0; i < 5; i++)
		publish(&segment, 0, 50);
	oldest = open_anonymous(&segment);
	assert_int_equal(x0f_ring_open_memory(&late, segment.header,
					      segment.size, &from_now),
			 0);
	assert_int_equal(x0f_ring_read(first, records, 100), 64);
	assert_int_equal(records[0].time_ns, 250 - 64);
	assert_int_equal(x0f_ring_missed(first), 250 - 64);
	/* what was gone before it came is not missed */
	assert_int_equal(x0f_ring_read(oldest, records, 30), 30);
	assert_int_equal(x0f_ring_missed(oldest), 0);
	publish(&segment, 0, 64);
	assert_int_equal(x0f_ring_read(oldest, records, 100), 64);
	assert_int_equal(x0f_ring_missed(oldest), 34);
	assert_int_equal(x0f_ring_read(late, records, 100), 64);
	assert_int_equal(records[0].time_ns, 250);
	assert_int_equal(x0f_ring_missed(late), 0);

	/* overtaken while it reads: reserved is as good as written over */
	segment_worker(&segment, 0)->reserve += 10;
	publish(&segment, 0, 0);
	x0f_ring_close(late);
	late = open_anonymous(&segment);
	assert_int_equal(x0f_ring_read(late, records, 100), 54);
	assert_int_equal(records[0].time_ns, 260);
	assert_int_equal(x0f_ring_missed(late), 10);
	x0f_ring_close(first);
	x0f_ring_close(oldest);
	x0f_ring_close(late);
	segment_close(&segment);
}

static void no_worker_starves(void **state)
{
	struct segment_options options = small_options(64);
	struct x0f_record records[64];
	struct segment segment;
	struct x0f_ring *ring;

	(void)state;
	options.workers = 3;
	make_anonymous(&segment, &options);
	ring = open_anonymous(&segment);
	publish(&segment, 2, 20);
	publish(&segment, 0, 64);
	assert_int_equal(x0f_ring_read(ring, records, 64), 64);
	assert_int_equal(records[63].time_ns, 63);
	publish(&segment, 0, 64);
	assert_int_equal(x0f_ring_read(ring, records, 64), 64);
	assert_int_equal(records[19].time_ns, 19); /* of the third */
	assert_int_equal(records[20].time_ns, 64); /* of the first */
	assert_int_equal(x0f_ring_read(ring, records, 64), 20);
	assert_int_equal(x0f_ring_missed(ring), 0);
	x0f_ring_close(ring);
	segment_close(&segment);
}

/* --- a producer at full speed -------------------------------------------- */

enum { RACE_MS = 400 };

struct racer {
	struct x0f_ring *ring;
	uint32_t nap_us;    /* after each read */
	uint32_t stop_each; /* reads: then 30 ms of nothing */
	uint64_t received, torn, disorder;
};

static void *race(void *arg)
{
	struct x0f_record records[48];
	struct racer *r = arg;
	uint64_t next = 0, reads = 0;
	size_t got, i;

	while (x0f_ring_wait(r->ring, -1) == 1) {
		got = x0f_ring_read(r->ring, records, 48);
		for (i = 0; i < got; i++) {
			r->torn += !is_whole(&records[i]);
			r->disorder += records[i].time_ns < next;
			next = records[i].time_ns + 1;
		}
		r->received += got;
		if (r->nap_us)
			usleep(r->nap_us);
		if (r->stop_each && ++reads % r->stop_each == 0)
			usleep(30000);
	}
	return NULL;
}

static void start_race(const struct segment *segment, struct racer *racers,
		       pthread_t *threads, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		racers[i].ring = open_anonymous(segment);
		assert_int_equal(pthread_create(&threads[i], NULL, race,
						&racers[i]),
				 0);
	}
}

/* The n-th time; some are told of it. */
static void publish_turn(struct segment *segment, uint32_t n)
{
	publish(segment, 0, 1 + n * 7 % SEGMENT_BATCH);
	if (n % 8 == 0)
		segment_ring_doorbell(segment);
}

static void readers_race_a_producer(void **state)
{
	struct racer racers[] = { { .nap_us = 0 },
				  { .nap_us = 300 },
				  { .stop_each = 50 } };
	struct segment_options options = small_options(128);
	struct segment segment;
	pthread_t threads[3];
	uint64_t end, published;
	uint32_t i, n = 0;

	(void)state;
	make_anonymous(&segment, &options);
	start_race(&segment, racers, threads, 3);
	for (end = now_ms() + RACE_MS; now_ms() < end; n++)
		publish_turn(&segment, n);
	segment_set_state(&segment, X0F_SENSOR_ENDED);
	segment_ring_doorbell(&segment);
	published = segment_worker(&segment, 0)->published;
	for (i = 0; i < 3; i++) {
		struct racer *r = &racers[i];

		pthread_join(threads[i], NULL);
		print_message("published %lu, received %lu, missed %lu\n",
			      (unsigned long)published,
			      (unsigned long)r->received,
			      (unsigned long)x0f_ring_missed(r->ring));
		assert_int_equal(r->torn, 0);
		assert_int_equal(r->disorder, 0);
		assert_true(r->received > 0);
		assert_int_equal(r->received + x0f_ring_missed(r->ring),
				 published);
		x0f_ring_close(r->ring);
	}
	assert_int_equal(published, segment_worker(&segment, 0)->commit);
	segment_close(&segment);
}

/* --- a producer that is killed ------------------------------------------- */

static pid_t start_producer(struct segment *segment)
{
	pid_t child = fork();
	uint32_t n = 0;

	if (child)
		return child;
	for (;;)
		publish(segment, 0, 1 + n++ * 11 % SEGMENT_BATCH);
}

static void drain(struct racer *r, uint64_t *next)
{
	struct x0f_record records[64];
	size_t got, i;

	while ((got = x0f_ring_read(r->ring, records, 64))) {
		for (i = 0; i < got; i++) {
			r->torn += !is_whole(&records[i]);
			r->disorder += records[i].time_ns < *next;
			*next = records[i].time_ns + 1;
		}
		r->received += got;
	}
}

static void killed_producer_tears_nothing(void **state)
{
	struct segment_options options = small_options(128);
	const struct x0f_segment_worker *w;
	struct segment segment;
	struct racer r = { 0 };
	uint64_t next = 0, until;
	pid_t child;
	int round;

	(void)state;
	make_anonymous(&segment, &options);
	w = segment_worker(&segment, 0);
	r.ring = open_anonymous(&segment);
	srand(5);
	for (round = 0; round < 60; round++) {
		child = start_producer(&segment);
		for (until = now_ms() + (uint64_t)rand() % 12;
		     now_ms() < until;)
			drain(&r, &next);
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		if (round % 2) /* a reader may look before the successor */
			drain(&r, &next);
		segment_recover(&segment, 0);
		drain(&r, &next);
		assert_int_equal(r.received + x0f_ring_missed(r.ring),
				 w->commit);
		assert_int_equal(w->published + w->voided, w->commit);
	}
	print_message("published %lu, voided %lu, received %lu\n",
		      (unsigned long)w->published, (unsigned long)w->voided,
		      (unsigned long)r.received);
	assert_int_equal(r.torn, 0);
	assert_int_equal(r.disorder, 0);
	assert_true(w->voided > 0);
	x0f_ring_close(r.ring);
	segment_close(&segment);
}

/*
 * Positions that make no sense, mended while readers look. None that could be
 * right but for lying a little behind: who writes those can as well write
 * records that are torn.
 */
static void mended_positions_tear_nothing(void **state)
{
	static const uint64_t odd[] = { 1ull << 41, INT64_MAX - 1,
					UINT64_MAX - 9, 1ull << 40 };
	struct racer racers[] = { { .nap_us = 0 }, { .nap_us = 50 } };
	struct segment_options options = small_options(128);
	struct x0f_segment_worker *w;
	struct segment segment;
	pthread_t threads[2];
	uint32_t i, n = 0;
	uint64_t end;

	(void)state;
	make_anonymous(&segment, &options);
	w = segment_worker(&segment, 0);
	start_race(&segment, racers, threads, 2);
	for (end = now_ms() + RACE_MS; now_ms() < end; n++) {
		publish_turn(&segment, n);
		if (n % 20)
			continue;
		__atomic_store_n(&w->reserve, odd[n / 20 % 4],
				 __ATOMIC_RELAXED);
		if (n % 40)
			__atomic_store_n(&w->commit, odd[n / 40 % 4],
					 __ATOMIC_RELEASE);
		segment_recover(&segment, 0);
		assert_int_equal(w->published + w->voided, w->commit);
	}
	segment_set_state(&segment, X0F_SENSOR_ENDED);
	segment_ring_doorbell(&segment);
	for (i = 0; i < 2; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(racers[i].torn, 0);
		assert_true(racers[i].received > 0);
		x0f_ring_close(racers[i].ring);
	}
	segment_close(&segment);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_record_in_order),
		cmocka_unit_test(slow_reader_knows_what_it_missed),
		cmocka_unit_test(no_worker_starves),
		cmocka_unit_test(readers_race_a_producer),
		cmocka_unit_test(killed_producer_tears_nothing),
		cmocka_unit_test(mended_positions_tear_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
