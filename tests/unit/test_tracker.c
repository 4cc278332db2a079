/* SPDX-License-Identifier: MIT */
/*
 * Flow memory and clock memory: what is matched, what is marked, what is
 * forgotten when, and what a flood cannot do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <x0f/x0f.h>

#include "siphash.h"

static const uint64_t second = 1000000000, ms = 1000000;

static struct x0f_tracker *tracker;
static void *memory;

static int set_up(void **state)
{
	const struct x0f_tracker_options options = {
		.sz = sizeof(options),
		.flows = 1024,
		.clocks = 1024,
	};
	size_t size = x0f_tracker_size(&options);

	(void)state;
	memory = aligned_alloc(64, (size + 63) / 64 * 64);
	return !memory || x0f_tracker_init(&tracker, memory, size, &options);
}

static int tear_down(void **state)
{
	(void)state;
	free(memory);
	return 0;
}

static struct x0f_obs segment(enum x0f_kind kind, uint8_t from, uint8_t to)
{
	bool from_server = kind == X0F_KIND_SYNACK;

	return (struct x0f_obs){
		.kind = (uint8_t)kind,
		.ip_version = 4,
		.src = { 10, 0, 0, from },
		.dst = { 10, 0, 0, to },
		.src_port = from_server ? 80 : 4000,
		.dst_port = from_server ? 4000 : 80,
		.seq = 100,
		.ack = 101,
		.mss = 1400,
		.window = 2720,
	};
}

static struct x0f_track see(struct x0f_obs obs, uint64_t now)
{
	struct x0f_track track;

	x0f_tracker_see(tracker, &obs, now, &track);
	return track;
}

static void handshakes(void **state)
{
	struct x0f_obs answer = segment(X0F_KIND_SYNACK, 2, 1);
	struct x0f_obs wrong = answer;
	struct x0f_track track;

	(void)state;
	wrong.ack = 7;
	assert_int_equal(see(answer, 0).flags, X0F_TRACK_LONE);
	assert_int_equal(see(segment(X0F_KIND_SYN, 1, 2), 0).flags, 0);
	assert_int_equal(see(wrong, 0).flags, X0F_TRACK_LONE);
	answer.mss = 1000;
	x0f_tracker_see(tracker, &answer, 10 * second, &track);
	assert_int_equal(track.flags, X0F_TRACK_PEER);
	assert_int_equal(answer.peer_mss, 1400);
	assert_int_equal(see(segment(X0F_KIND_SYNACK, 2, 1), second).flags,
			 X0F_TRACK_PEER | X0F_TRACK_REPEATED);
	assert_int_equal(see(segment(X0F_KIND_SYN, 1, 2), second).flags,
			 X0F_TRACK_REPEATED);
}

static void flows_are_forgotten(void **state)
{
	struct x0f_obs syn = segment(X0F_KIND_SYN, 1, 2);

	(void)state;
	see(syn, 1000 * second);
	assert_int_equal(
		see(segment(X0F_KIND_SYNACK, 2, 1), 1031 * second).flags,
		X0F_TRACK_LONE);
	assert_int_equal(see(syn, 1031 * second).flags, 0);
	syn.seq++;
	assert_int_equal(see(syn, 1032 * second).flags, 0);
	/* a little before is not long ago */
	assert_int_equal(see(syn, 1031 * second).flags, X0F_TRACK_REPEATED);
}

/*
 * A flood of SYNs takes at most one way in eight from what was answered: of
 * 512 handshakes in a table for 1,024, nearly all are still known.
 */
static void flood(void **state)
{
	struct x0f_obs syn = segment(X0F_KIND_SYN, 1, 2);
	struct x0f_obs answer = segment(X0F_KIND_SYNACK, 2, 1);
	unsigned int known = 0;
	uint32_t i;

	(void)state;
	for (i = 0; i < 512; i++) {
		syn.src_port = answer.dst_port = (uint16_t)(1024 + i);
		see(syn, 0);
		see(answer, 0);
	}
	for (i = 0; i < 100000; i++) {
		struct x0f_obs spoofed = syn;

		memcpy(spoofed.src, &i, sizeof(i));
		see(spoofed, second);
	}
	for (i = 0; i < 512; i++) {
		syn.src_port = (uint16_t)(1024 + i);
		known += see(syn, 2 * second).flags == X0F_TRACK_REPEATED;
	}
	assert_true(known >= 512 * 7 / 8);
}

/* More handshakes than there is room: the newest is always kept. */
static void busy(void **state)
{
	struct x0f_obs syn = segment(X0F_KIND_SYN, 1, 2);
	struct x0f_obs answer = segment(X0F_KIND_SYNACK, 2, 1);
	uint32_t i;

	(void)state;
	for (i = 0; i < 50000; i++) {
		syn.src_port = answer.dst_port = (uint16_t)i;
		assert_int_equal(see(syn, i).flags, 0);
		assert_int_equal(see(answer, i).flags, X0F_TRACK_PEER);
	}
}

static struct x0f_obs tick(enum x0f_kind kind, uint8_t from, uint8_t to,
			   uint32_t ts)
{
	struct x0f_obs obs = segment(kind, from, to);

	obs.ts_val = ts;
	obs.has = X0F_HAS_TIMESTAMP;
	return obs;
}

static void uptime(void **state)
{
	struct x0f_track track;
	char text[X0F_TEXT_MAX];

	(void)state;
	assert_int_equal(see(tick(X0F_KIND_SYN, 1, 2, 10000000), 0).flags, 0);
	/* too early, then right, then never again */
	assert_int_equal(see(tick(X0F_KIND_ACK, 1, 2, 10000006), 24 * ms).flags,
			 0);
	track = see(tick(X0F_KIND_ACK, 1, 2, 10000250), second);
	assert_int_equal(track.flags, X0F_TRACK_UPTIME);
	assert_int_equal(track.uptime.hz, 250);
	assert_false(track.uptime.from_server);
	assert_false(track.uptime.unreliable);
	x0f_format_uptime(text, sizeof(text), &track.uptime);
	assert_string_equal(text, "0 days, 11 hrs, 6 min (modulo 198 days)");
	assert_int_equal(
		see(tick(X0F_KIND_ACK, 1, 2, 10000500), 2 * second).flags, 0);
	/* the other direction has a clock of its own */
	see(tick(X0F_KIND_SYNACK, 2, 1, 5000), 0);
	track = see(tick(X0F_KIND_ACK, 2, 1, 6000), second);
	assert_int_equal(track.flags, X0F_TRACK_UPTIME);
	assert_true(track.uptime.from_server);
	assert_int_equal(track.uptime.hz, 1000);
}

/* Two connections with clocks of their own: the second gives it away. */
static void unreliable_clock(void **state)
{
	struct x0f_track track;

	(void)state;
	see(tick(X0F_KIND_SYN, 1, 2, 1000), 0);
	see(tick(X0F_KIND_SYN, 1, 2, 3000000000u), second);
	track = see(tick(X0F_KIND_ACK, 1, 2, 3000001000u), 2 * second);
	assert_int_equal(track.flags, X0F_TRACK_UPTIME);
	assert_true(track.uptime.unreliable);
}

static void long_connection_is_reported_once(void **state)
{
	unsigned int reports = 0;
	uint32_t i;

	(void)state;
	for (i = 0; i < 3600; i++)
		reports += see(tick(X0F_KIND_ACK, 1, 2, i * 100 + 1),
			       i * second)
				   .flags == X0F_TRACK_UPTIME;
	assert_int_equal(reports, 1);
}

static void options(void **state)
{
	struct x0f_tracker_options o = { .sz = sizeof(o),
					 .flows = 100,
					 .clocks = 1 };
	struct x0f_tracker *t;
	size_t size = x0f_tracker_size(&o);
	_Alignas(64) static uint8_t mem[8192];

	(void)state;
	assert_true(size > (128 + 8) * 16 && size < sizeof(mem));
	assert_int_equal(x0f_tracker_init(&t, mem, size, &o), 0);
	assert_int_not_equal(x0f_tracker_init(&t, mem, size - 1, &o), 0);
	assert_int_not_equal(x0f_tracker_init(&t, mem + 8, size, &o), 0);
	o.flows = UINT32_MAX;
	assert_int_equal(x0f_tracker_size(&o), 0);
	o.flows = 1;
	o.sz = 0;
	assert_int_equal(x0f_tracker_size(&o), 0);
}

/* SipHash-1-3 of 0, 8 and 16 bytes 00 01 02 …, key 00 … 0f */
static void siphash(void **state)
{
	const uint64_t key[2] = { 0x0706050403020100u, 0x0f0e0d0c0b0a0908u };

	(void)state;
	assert_true(siphash_words(key, key, 0) == 0xabac0158050fc4dcu);
	assert_true(siphash_words(key, key, 1) == 0x369095118d299a8eu);
	assert_true(siphash_words(key, key, 2) == 0xcc4fdd1a7d908b66u);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(handshakes),
		CASE(flows_are_forgotten),
		CASE(flood),
		CASE(busy),
		CASE(uptime),
		CASE(unreliable_clock),
		CASE(long_connection_is_reported_once),
		cmocka_unit_test(options),
		cmocka_unit_test(siphash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
