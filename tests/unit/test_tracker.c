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
 * A flood of SYNs leaves half of each bucket to what was answered: of 512
 * handshakes in a table for 1,024, most are still known.
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
	assert_true(known >= 512 * 3 / 4);
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

/* Half-open handshakes in flight: the newest of a bucket are kept. */
static void half_open(void **state)
{
	struct x0f_obs syn = segment(X0F_KIND_SYN, 1, 2);
	struct x0f_obs answer = segment(X0F_KIND_SYNACK, 2, 1);
	unsigned int paired = 0;
	uint32_t i;

	(void)state;
	/* 100,000 SYNs a second, each answered after 1 ms */
	for (i = 0; i < 20000; i++) {
		syn.src_port = (uint16_t)i;
		see(syn, second + i * 10000);
		answer.dst_port = (uint16_t)(i - 100);
		if (i >= 100)
			paired += see(answer, second + i * 10000).flags ==
				  X0F_TRACK_PEER;
	}
	assert_true(paired > 19900 * 98 / 100);
}

/* Long ago is not now, whatever a counter's width. */
static void long_ago(void **state)
{
	static const uint64_t hours[] = { 1, 9, 10, 18, 19, 24 * 25, 24 * 40 };
	struct x0f_obs syn = segment(X0F_KIND_SYN, 1, 2);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(hours) / sizeof(hours[0]); i++) {
		syn.src_port = (uint16_t)(100 + i);
		assert_int_equal(see(syn, 1000 * second).flags, 0);
		assert_int_equal(
			see(syn, (1000 + hours[i] * 3600) * second).flags, 0);
	}
	/* a clock that was set back an hour */
	assert_int_equal(see(syn, 1000 * second).flags, 0);
}

static void syn_with_data(void **state)
{
	struct x0f_obs syn = segment(X0F_KIND_SYN, 1, 2);
	struct x0f_obs answer = segment(X0F_KIND_SYNACK, 2, 1);

	(void)state;
	answer.ack = 111; /* ISN 100, one, ten bytes */
	see(syn, 0);
	assert_int_equal(see(answer, 0).flags, X0F_TRACK_LONE);
	syn.seq = 99;
	syn.has_payload = 1;
	see(syn, 0);
	assert_int_equal(see(answer, 0).flags, X0F_TRACK_PEER);
}

static uint16_t flipped(uint16_t value, int bit)
{
	return (uint16_t)(value ^ 1u << bit);
}

/* Addresses and ports count to the last bit, in both versions. */
static void flows_are_told_apart(void **state)
{
	int version, bit;

	(void)state;
	for (version = 4; version <= 6; version += 2)
		for (bit = 0; bit < (version == 4 ? 96 : 288); bit++) {
			struct x0f_obs syn = segment(X0F_KIND_SYN, 1, 2);
			int address = version == 4 ? 32 : 128;
			uint8_t *field = bit < address	   ? syn.src :
					 bit < 2 * address ? syn.dst :
							     NULL;

			syn.ip_version = (uint8_t)version;
			syn.seq = (uint32_t)(version * 1000 + bit);
			see(syn, 0);
			if (field)
				field[bit % address / 8] = (uint8_t)flipped(
					field[bit % address / 8], bit % 8);
			else if (bit - 2 * address < 16)
				syn.src_port = flipped(syn.src_port, bit % 16);
			else
				syn.dst_port = flipped(syn.dst_port, bit % 16);
			assert_int_equal(see(syn, 0).flags, 0);
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

/* … also when it was reported in good faith before; said once. */
static void contradicted_later(void **state)
{
	(void)state;
	see(tick(X0F_KIND_SYN, 1, 2, 1000), 0);
	assert_int_equal(see(tick(X0F_KIND_ACK, 1, 2, 2000), second).flags,
			 X0F_TRACK_UPTIME);
	assert_int_equal(
		see(tick(X0F_KIND_ACK, 1, 2, 3000000000u), 2 * second).flags,
		X0F_TRACK_CONTRADICTED);
	assert_int_equal(see(tick(X0F_KIND_ACK, 1, 2, 5), 3 * second).flags, 0);
}

/* Joined in the middle: the lower port is taken for the server's. */
static void roles(void **state)
{
	struct x0f_obs obs = tick(X0F_KIND_ACK, 1, 2, 1000);

	(void)state;
	obs.src_port = 80;
	obs.dst_port = 4000;
	see(obs, 0);
	obs.ts_val = 2000;
	assert_true(see(obs, second).uptime.from_server);
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
	o.flow_s = 24 * 60 * 60 + 1;
	assert_int_equal(x0f_tracker_size(&o), 0);
	o.flow_s = 0;
	o.min_clock_ms = 600001;
	assert_int_equal(x0f_tracker_size(&o), 0);
	o.min_clock_ms = 0;
	o.flows = UINT32_MAX;
	assert_int_equal(x0f_tracker_size(&o), 0);
	o.flows = 1;
	o.sz = 0;
	assert_int_equal(x0f_tracker_size(&o), 0);
}

/* A slow source of time needs longer intervals. */
static void shortest_interval(void **state)
{
	const struct x0f_tracker_options slow = {
		.sz = sizeof(slow),
		.flows = 8,
		.clocks = 8,
		.min_clock_ms = 1000,
	};
	_Alignas(64) static uint8_t mem[1024];

	(void)state;
	assert_int_equal(x0f_tracker_init(&tracker, mem, sizeof(mem), &slow),
			 0);
	see(tick(X0F_KIND_SYN, 1, 2, 1000), 0);
	assert_int_equal(see(tick(X0F_KIND_ACK, 1, 2, 1999), 999 * ms).flags,
			 0);
	assert_int_equal(see(tick(X0F_KIND_ACK, 1, 2, 2000), 1000 * ms).flags,
			 X0F_TRACK_UPTIME);
}

static void clock_bounds(void **state)
{
	static const struct {
		uint32_t ticks;
		uint64_t ms;
		enum x0f_clock clock;
		uint32_t hz;
	} cases[] = {
		{ 7, 10000, X0F_CLOCK_GOOD, 1 },
		{ 6, 10000, X0F_CLOCK_BAD, 0 },
		{ 1500, 1000, X0F_CLOCK_GOOD, 1500 },
		{ 1501, 1000, X0F_CLOCK_BAD, 0 },
		{ 25, 25, X0F_CLOCK_GOOD, 1000 },
		{ 25, 24, X0F_CLOCK_WAIT, 0 },
		{ 4, 1000, X0F_CLOCK_WAIT, 0 },
		{ 60000, 600000, X0F_CLOCK_GOOD, 100 },
		{ 60000, 600001, X0F_CLOCK_WAIT, 0 },
		{ 99, 1000, X0F_CLOCK_GOOD, 100 },
		{ 237, 1000, X0F_CLOCK_GOOD, 250 },
		{ 11, 1000, X0F_CLOCK_GOOD, 10 },
		{ -20000u, 50, X0F_CLOCK_BAD, 0 },
		{ -10000u, 50, X0F_CLOCK_WAIT, 0 },
		{ -10000u, 100, X0F_CLOCK_BAD, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct x0f_uptime uptime = { 0 };

		assert_int_equal(x0f_clock_estimate(77, 77 + cases[i].ticks,
						    cases[i].ms, &uptime),
				 cases[i].clock);
		assert_int_equal(uptime.hz, cases[i].hz);
	}
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
		CASE(half_open),
		CASE(long_ago),
		CASE(syn_with_data),
		CASE(flows_are_told_apart),
		CASE(contradicted_later),
		CASE(roles),
		cmocka_unit_test(shortest_interval),
		cmocka_unit_test(clock_bounds),
		CASE(uptime),
		CASE(unreliable_clock),
		CASE(long_connection_is_reported_once),
		cmocka_unit_test(options),
		cmocka_unit_test(siphash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
