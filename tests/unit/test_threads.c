/* SPDX-License-Identifier: MIT */
/*
 * Two threads with a database and a tracker each, then two threads that share
 * one of each. Says little by itself; the thread sanitizer does.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <x0f/x0f.h>

#include "frames.h"

enum { ROUNDS = 20000 };

struct room {
	struct x0f_db *db;
	struct x0f_tracker *tracker;
	void *memory;
	uint8_t host;
	unsigned long matched, paired, lone;
};

static void open_room(struct room *r)
{
	const struct x0f_tracker_options options = {
		.sz = sizeof(options),
		.flows = 64,
		.clocks = 64,
	};
	size_t size = x0f_tracker_size(&options);
	struct x0f_source builtin[2];

	x0f_db_builtin(builtin, 2);
	assert_int_equal(x0f_db_open(&r->db, builtin, 2, NULL, NULL), 0);
	r->memory = aligned_alloc(64, (size + 63) / 64 * 64);
	assert_int_equal(x0f_tracker_init(&r->tracker, r->memory, size,
					  &options),
			 0);
}

static void close_room(struct room *r)
{
	x0f_db_close(r->db);
	free(r->memory);
}

static void see(struct room *r, struct packet k, uint32_t now_ms)
{
	struct frame f = build(k);
	struct x0f_verdict verdict;
	struct x0f_track track;
	char text[X0F_TEXT_MAX];
	struct x0f_obs obs;

	if (x0f_observe(f.bytes, f.len, f.len, X0F_LINK_RAW, X0F_POLICY_X0F,
			&obs))
		abort();
	x0f_tracker_see(r->tracker, &obs, now_ms * 1000000ull, &track);
	x0f_match(r->db, &obs, X0F_POLICY_X0F, &verdict);
	x0f_format_raw_sig(text, sizeof(text), &obs);
	r->matched += verdict.match != X0F_MATCH_NONE;
	r->paired += (track.flags & X0F_TRACK_PEER) != 0;
	r->lone += (track.flags & X0F_TRACK_LONE) != 0;
	free(f.bytes);
}

static void *work(void *arg)
{
	static const uint8_t options[] = { 2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0,
					   1, 0, 0, 0,	  0, 0, 1, 3,  3, 7 };
	struct room *r = arg;
	uint32_t i;

	for (i = 0; i < ROUNDS; i++) {
		uint16_t port = (uint16_t)(1024 + i % 512);
		struct packet syn = {
			.src = r->host,
			.dst = 9,
			.src_port = port,
			.seq = i,
			.window = 64240,
			.fragment = 0x4000,
			.id = 1,
			.options = options,
			.options_len = sizeof(options),
		};
		struct packet answer = {
			.src = 9,
			.dst = r->host,
			.src_port = 80,
			.dst_port = port,
			.ack = i + 1,
			.seq = 7,
			.flags = 0x12,
			.window = 65160,
			.fragment = 0x4000,
			.options = options,
			.options_len = sizeof(options),
		};

		see(r, syn, i);
		see(r, answer, i);
	}
	return NULL;
}

static void run_both(struct room *a, struct room *b)
{
	pthread_t threads[2];

	assert_int_equal(pthread_create(&threads[0], NULL, work, a), 0);
	assert_int_equal(pthread_create(&threads[1], NULL, work, b), 0);
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
}

static void a_room_each(void **state)
{
	struct room a = { .host = 1 }, b = { .host = 2 };

	(void)state;
	open_room(&a);
	open_room(&b);
	run_both(&a, &b);
	assert_int_equal(a.paired + a.lone, ROUNDS);
	assert_int_equal(b.paired + b.lone, ROUNDS);
	/* a table of 64 holds the flow that was opened just before */
	assert_int_equal(a.paired, ROUNDS);
	assert_int_equal(a.matched, b.matched);
	assert_true(a.matched >= ROUNDS);
	close_room(&a);
	close_room(&b);
}

static void one_room_for_both(void **state)
{
	struct room a = { .host = 1 }, b;

	(void)state;
	open_room(&a);
	b = a;
	b.host = 2;
	run_both(&a, &b);
	assert_int_equal(a.paired + a.lone, ROUNDS);
	assert_int_equal(b.paired + b.lone, ROUNDS);
	assert_int_equal(a.matched, b.matched);
	close_room(&a);
}

static unsigned long pairs, wrong;

/* The MSS of a SYN follows from its ISN, so a mixed entry would show. */
static void *collide(void *arg)
{
	struct room *r = arg;
	uint32_t x = r->host;
	int i;

	for (i = 0; i < 400000; i++) {
		struct x0f_obs obs = { .ip_version = 4 };
		struct x0f_track track;
		uint32_t isn;

		x = x * 1664525 + 1013904223;
		isn = x >> 12 & 1;
		obs.kind = x >> 17 & 1;
		obs.seq = isn * 7919;
		obs.ack = isn * 7919 + 1;
		obs.mss = isn ? 1460 : 536;
		obs.src_port = obs.dst_port = 1 + (x >> 8 & 15);
		x0f_tracker_see(r->tracker, &obs, 0, &track);
		if (!(track.flags & X0F_TRACK_PEER))
			continue;
		__atomic_add_fetch(&pairs, 1, __ATOMIC_RELAXED);
		if (obs.peer_mss != (isn ? 1460 : 536))
			__atomic_add_fetch(&wrong, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void entries_are_never_mixed(void **state)
{
	struct room a = { .host = 1 }, b;
	pthread_t threads[2];

	(void)state;
	open_room(&a);
	b = a;
	b.host = 2;
	assert_int_equal(pthread_create(&threads[0], NULL, collide, &a), 0);
	assert_int_equal(pthread_create(&threads[1], NULL, collide, &b), 0);
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	assert_true(pairs > 1000);
	assert_int_equal(wrong, 0);
	close_room(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_are_never_mixed),
		cmocka_unit_test(a_room_each),
		cmocka_unit_test(one_room_for_both),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
