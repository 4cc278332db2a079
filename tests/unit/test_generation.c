/* SPDX-License-Identifier: MIT */
/*
 * Databases for workers: built and tested before anybody sees them, numbered,
 * with labels that keep their ids.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "engine_room.h"

static void databases_are_checked(void **state)
{
	struct x0f_source bad = room_text(
		"classes = unix\n[tcp:request]\nlabel = s:unix:\n");
	struct x0f_source empty = room_text("");
	struct generation *generation;
	struct x0f_error error;
	struct room room;

	(void)state;
	room_open(&room, 1, X0F_POLICY_X0F);
	assert_int_equal(generation_build(&generation, &bad, 1, X0F_POLICY_X0F,
					  &error),
			 -EINVAL);
	assert_null(generation);
	assert_int_equal(error.line, 3);
	assert_int_equal(room.segment.header->generation, 0);
	assert_int_equal(room.segment.header->label_count, 0);
	for (uint32_t policy = 0; policy <= X0F_POLICY_X0F;
	     policy += X0F_POLICY_X0F) {
		assert_int_equal(generation_build(&generation, room.builtin, 2,
						  policy, &error),
				 0);
		generation_free(generation);
	}
	room_load(&room, &empty, 1);
	assert_int_equal(room.segment.header->generation, 1);
	assert_int_equal(room.segment.header->reloads, 0);
	room_load(&room, room.builtin, 2);
	generation = room.engine.generation.value;
	assert_int_equal(generation->number, 2);
	assert_int_equal(room.segment.header->generation, 2);
	assert_int_equal(room.segment.header->reloads, 1);
	assert_true(room.segment.header->syn_sigs > 50);
	assert_true(room.segment.header->synack_sigs > 50);
	assert_true(room.segment.header->reloaded_ns > 1500000000000000000u);
	assert_int_equal(generation_label(generation, X0F_NONE), X0F_NONE);
	assert_int_equal(generation_link(generation, X0F_NONE), X0F_NONE);
	room_close(&room);
}

/* A label is the same in every generation that has it. */
static void labels_keep_their_ids(void **state)
{
	struct x0f_source other = room_text(
		"classes = unix\n[tcp:request]\n"
		"label = s:unix:Other:1\n"
		"sig = *:64:0:1460:mss*20,7:mss:df:0\n");
	uint32_t first, count;
	struct room room;

	(void)state;
	room_open(&room, 1, X0F_POLICY_X0F);
	room_load(&room, room.builtin, 2);
	first = generation_label(room.engine.generation.value, 5);
	count = room.segment.header->label_count;
	room_load(&room, &other, 1);
	assert_int_equal(generation_label(room.engine.generation.value, 0),
			 count);
	room_load(&room, room.builtin, 2);
	assert_int_equal(generation_label(room.engine.generation.value, 5),
			 first);
	assert_int_equal(room.segment.header->label_count, count + 1);
	room_close(&room);
}

static void ten_thousand_signatures_are_tested(void **state)
{
	struct x0f_source source = { .name = "large.fp" };
	struct generation *generation;
	size_t size = 1 << 20;
	char *text = malloc(size);
	uint64_t begin;
	size_t len;
	int i;

	(void)state;
	len = (size_t)sprintf(text, "classes = unix\n[tcp:request]\n");
	for (i = 0; i < 10000; i++) {
		if (i % 10 == 0)
			len += (size_t)sprintf(text + len,
					       "label = s:unix:N%d:\n", i);
		len += (size_t)sprintf(text + len,
				       "sig = *:64:0:%d:%d,%d:mss,nop,ws:df:0\n",
				       1000 + i % 400, 8192 + i, i % 14);
	}
	source.text = text;
	source.len = len;
	begin = clock_now(CLOCK_MONOTONIC);
	assert_int_equal(generation_build(&generation, &source, 1,
					  X0F_POLICY_X0F, NULL),
			 0);
	begin = clock_now(CLOCK_MONOTONIC) - begin;
	print_message("10,000 signatures: %llu ms\n",
		      (unsigned long long)begin / 1000000);
	assert_true(begin < (IS_SLOW ? 20 : 2) * 1000000000ull);
	generation_free(generation);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(databases_are_checked),
		cmocka_unit_test(labels_keep_their_ids),
		cmocka_unit_test(ten_thousand_signatures_are_tested),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
