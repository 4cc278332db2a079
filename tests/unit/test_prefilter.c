/* SPDX-License-Identifier: MIT */
/*
 * The kernel side's decision, compiled here, against x0f_observe() and
 * filter_passes(): every packet that the sensor can report is wanted, what is
 * not wanted is counted under its reason, and rules say the same in both.
 * tests/live/kernel_agrees.c holds the kernel against it in turn.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../random_frames.h"

#include "../../user/capture/object.h"

#define FRAMES 300000
#define FILTERS 3000
#define FRAMES_PER_FILTER 40

#define BIT(outcome) (1u << OUTCOME_##outcome)

/* What the worker finds out only later. */
#define UNDECIDED (BIT(DELIVERED) | BIT(OTHER_TCP) | BIT(BAD_FLAGS))

/*
 * Outcomes that fit what x0f_observe() says of a frame. It looks at all
 * headers to their ends, the prefilter only at what it needs.
 */
static const uint32_t fitting[X0F_STATUS_COUNT] = {
	[X0F_OK] = BIT(DELIVERED),
	[X0F_SEGMENT] = BIT(OTHER_TCP),
	[X0F_TOO_SHORT] = BIT(TOO_SHORT) | UNDECIDED | BIT(NOT_TCP) |
			  BIT(FRAGMENT) | BIT(EXTENSIONS),
	[X0F_NOT_IP] = BIT(NOT_IP) | BIT(TOO_SHORT), /* PPPoE */
	[X0F_TOO_MANY_TAGS] = BIT(TAGS),
	[X0F_BAD_IP] = BIT(BAD_IP) | BIT(TOO_SHORT) | UNDECIDED,
	[X0F_CUT] = BIT(TOO_SHORT) | UNDECIDED,
	[X0F_FRAGMENT] = BIT(FRAGMENT),
	[X0F_EXTENSIONS] = BIT(EXTENSIONS),
	[X0F_NOT_TCP] = BIT(NOT_TCP),
	[X0F_BAD_TCP] = UNDECIDED,
	[X0F_BAD_FLAGS] = BIT(BAD_FLAGS),
};

static uint32_t outcomes_seen;

static uint32_t count_tags(const struct random_frame *frame)
{
	uint32_t count = 0;

	for (uint32_t at = 12; at + 1 < frame->len; at += 4, count++) {
		uint32_t type = (uint32_t)frame->bytes[at] << 8 |
				frame->bytes[at + 1];

		if (type != 0x8100 && type != 0x88a8 && type != 0x9100)
			break;
	}
	return count;
}

/* In a block of its size, so that the address sanitizer sees all. */
static enum x0f_status check(const struct random_frame *frame, bool has_link,
			     const struct filter *filter)
{
	uint8_t *bytes = malloc(frame->len + !frame->len);
	struct x0f_obs obs;
	enum x0f_status status;
	enum outcome outcome;

	assert_non_null(bytes);
	memcpy(bytes, frame->bytes, frame->len);
	status = x0f_observe(bytes, frame->len, frame->len,
			     has_link ? X0F_LINK_ETHERNET : X0F_LINK_RAW,
			     X0F_POLICY_X0F, &obs);
	outcome = core_outcome(bytes, frame->len, !has_link, filter);
	free(bytes);
	outcomes_seen |= 1u << outcome;
	if (has_link && frame->len >= 14 && count_tags(frame) > 2) {
		/* the second may be the last thing that is there */
		assert_true(BIT(TAGS) >> outcome & 1 || frame->len < 22);
		return status;
	}
	if (outcome == OUTCOME_FILTERED) {
		assert_non_null(filter);
		assert_true(status != X0F_OK || !filter_passes(filter, &obs));
		return status;
	}
	if (filter && status == X0F_OK)
		assert_true(filter_passes(filter, &obs));
	if (!(fitting[status] >> outcome & 1))
		fail_msg("%s, but outcome %d", x0f_status_name(status),
			 outcome);
	return status;
}

static void frames_agree_with_observe(void **unused)
{
	uint32_t ok = 0;

	(void)unused;
	for (int i = 0; i < FRAMES; i++) {
		bool has_link = pick(8);
		struct random_frame frame;

		make_frame(&frame, has_link);
		if (pick(4))
			mutate_frame(&frame);
		ok += check(&frame, has_link, NULL) == X0F_OK;
	}
	assert_in_range(ok, FRAMES / 10, FRAMES);
	/* all that need no kernel */
	assert_int_equal(outcomes_seen | BIT(NO_SOCKET) | BIT(RING_FULL) |
				 BIT(NOT_COPIED) | BIT(FILTERED),
			 (1u << OUTCOME_COUNT) - 1);
}

static void rules_agree_with_filter(void **unused)
{
	(void)unused;
	outcomes_seen = 0;
	for (int i = 0; i < FILTERS; i++) {
		struct filter *filter = make_filter(i % 50 ? 3 : 64);

		for (int k = 0; k < FRAMES_PER_FILTER; k++) {
			struct random_frame frame;

			make_frame(&frame, true);
			check(&frame, true, filter);
		}
		filter_free(filter);
	}
	assert_true(outcomes_seen & BIT(FILTERED));
	assert_true(outcomes_seen & BIT(DELIVERED));
}

static void every_truncation_agrees(void **unused)
{
	(void)unused;
	for (int i = 0; i < 300; i++) {
		struct random_frame frame;

		make_frame(&frame, true);
		for (; frame.len; frame.len--)
			check(&frame, true, NULL);
		check(&frame, true, NULL);
		check(&frame, false, NULL);
	}
}

/* Every signature that a packet can have, under up to two tags. */
static void signatures_are_wanted(void **unused)
{
	static const uint8_t tags[] = { 0x88, 0xa8, 0, 7, 0x81, 0, 0x20, 9 };
	struct x0f_source sources[8];
	struct x0f_db_stats stats = { .sz = sizeof(stats) };
	struct x0f_error error;
	struct x0f_db *db;
	uint32_t wanted = 0;
	size_t count = x0f_db_builtin(sources, 8);

	(void)unused;
	assert_int_equal(x0f_db_open(&db, sources, count, NULL, &error), 0);
	x0f_db_stats(db, &stats);
	for (uint32_t i = 0; i < 6 * (stats.syn_sigs + stats.synack_sigs);
	     i++) {
		struct synth_options options = synth_defaults;
		struct random_frame frame = { .len = 0 };
		struct synth_result result;
		uint32_t tag_bytes = i / 2 % 3 * 4;
		size_t len;

		options.ip_version = i % 2 ? 6 : 4;
		add_zeros(&frame, 12);
		add_bytes(&frame, tags, tag_bytes);
		add16(&frame, i % 2 ? 0x86dd : 0x0800);
		len = synth_frame(x0f_db_sig(db, i / 6), &options, &result,
				  frame.bytes + frame.len, SYNTH_BYTES);
		frame.len += (uint32_t)len;
		if (len)
			assert_int_equal(check(&frame, true, NULL), X0F_OK);
		wanted += !!len;
	}
	assert_true(wanted > 3 * (stats.syn_sigs + stats.synack_sigs));
	x0f_db_close(db);
}

/*
 * Linux 6.0 to 6.3 look at entry 0 of an array in a map of maps, whatever is
 * asked for. Without rules, ports must not cost memory.
 */
static void maps_suit_old_kernels(void **unused)
{
	static const enum object_name names[] = { OBJECT_INGRESS, OBJECT_HOST };
	struct filter *filter = filter_new();

	(void)unused;
	assert_non_null(filter);
	for (size_t i = 0; i < 2; i++) {
		struct bpf_object *object;
		struct problem problem;
		struct bpf_map *map;

		if (object_open(&object, names[i], NULL, &problem))
			fail_msg("%s", problem.text);
		bpf_object__for_each_map(map, object)
		{
			struct bpf_map *inner = bpf_map__inner_map(map);

			assert_true(!inner ||
				    bpf_map__type(inner) !=
					    BPF_MAP_TYPE_ARRAY ||
				    bpf_map__max_entries(inner) == 1);
		}
		map = bpf_object__find_map_by_name(object, "x0f_ports");
		object_expect_filter(object, NULL);
		assert_int_equal(bpf_map__max_entries(map), 1);
		object_expect_filter(object, filter);
		assert_int_equal(bpf_map__max_entries(map),
				 FILTER_SLOTS * FILTER_PORTS);
		bpf_object__close(object);
	}
	filter_free(filter);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_agree_with_observe),
		cmocka_unit_test(rules_agree_with_filter),
		cmocka_unit_test(every_truncation_agrees),
		cmocka_unit_test(signatures_are_wanted),
		cmocka_unit_test(maps_suit_old_kernels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
