/* SPDX-License-Identifier: MIT */
/*
 * The producer's side of the results segment: its labels, and what is left
 * after a producer died.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "segments.h"

static struct x0f_label plain_label(const char *name, const char *flavor)
{
	return (struct x0f_label){ .class_name = "unix",
				   .name = name,
				   .flavor = flavor };
}

static void labels_are_interned(void **state)
{
	static const char *const systems[] = { "Linux", "@unix" };
	struct segment_options options = small_options(64);
	struct x0f_label linux_3 = plain_label("Linux", "3.x");
	struct x0f_label linux_4 = plain_label("Linux", "4.x");
	struct x0f_label tool = { .class_name = "",
				  .name = "NMap",
				  .flavor = "",
				  .systems = systems,
				  .system_count = 2,
				  .application = 1 };
	const struct x0f_label *read;
	struct segment segment;
	struct x0f_ring *ring;

	(void)state;
	make_anonymous(&segment, &options);
	ring = open_anonymous(&segment);
	assert_null(x0f_ring_label(ring, 0));
	assert_int_equal(segment_add_label(&segment, &linux_3), 0);
	assert_int_equal(segment_add_label(&segment, &linux_4), 1);
	assert_int_equal(segment_add_link(&segment, "Ethernet"), 2);
	assert_int_equal(segment_add_label(&segment, &tool), 3);
	assert_int_equal(segment_add_label(&segment, &linux_3), 0);
	assert_int_equal(segment_add_link(&segment, "Ethernet"), 2);
	linux_3.generic = 1;
	assert_int_equal(segment_add_label(&segment, &linux_3), 4);
	tool.system_count = 1;
	assert_int_equal(segment_add_label(&segment, &tool), 5);

	read = x0f_ring_label(ring, 3);
	assert_non_null(read);
	assert_string_equal(read->name, "NMap");
	assert_string_equal(read->class_name, "");
	assert_int_equal(read->system_count, 1);
	assert_string_equal(read->systems[0], "Linux,@unix");
	assert_true(read->application && !read->generic && read->id == 3);
	assert_int_equal(x0f_ring_label_kind(ring, 3), X0F_LABEL_TOOL);
	assert_int_equal(x0f_ring_label_kind(ring, 2), X0F_LABEL_LINK);
	assert_int_equal(x0f_ring_label_kind(ring, 4), X0F_LABEL_SYSTEM);
	assert_int_equal(x0f_ring_label_kind(ring, 6), 0);
	assert_string_equal(x0f_ring_label(ring, 2)->name, "Ethernet");
	assert_true(x0f_ring_label(ring, 4)->generic);
	assert_int_equal(x0f_ring_label(ring, 0)->name_id,
			 x0f_ring_label(ring, 1)->name_id);
	assert_int_not_equal(x0f_ring_label(ring, 0)->name_id, read->name_id);
	assert_ptr_equal(read, x0f_ring_label(ring, 3));
	x0f_ring_close(ring);
	segment_close(&segment);
}

/* A loader in a new process has nothing but the segment. */
static void next_loader_knows_the_labels(void **state)
{
	struct segment_options options = small_options(64);
	struct x0f_label label = plain_label("Linux", "3.x");
	struct segment segment;
	uint32_t index_less;

	(void)state;
	make_anonymous(&segment, &options);
	if (!fork()) {
		segment_add_link(&segment, "DSL");
		segment_add_label(&segment, &label);
		_exit(0);
	}
	wait(NULL);
	assert_null(segment.index);
	index_less = segment_add_label(&segment, &label);
	assert_int_equal(index_less, 1);
	assert_int_equal(segment_add_link(&segment, "DSL"), 0);
	assert_int_equal(segment_add_link(&segment, "Linux"), 2);
	segment_close(&segment);
}

static void labels_end_where_the_room_ends(void **state)
{
	struct segment_options options = small_options(64);
	struct segment segment;
	struct x0f_label label;
	char flavor[32];
	uint32_t i;

	(void)state;
	make_anonymous(&segment, &options);
	label = plain_label("n", flavor);
	for (i = 0; i < SEGMENT_LABELS; i++) {
		snprintf(flavor, sizeof(flavor), "%u", i);
		assert_int_equal(segment_add_label(&segment, &label), i);
	}
	strcpy(flavor, "one more");
	assert_int_equal(segment_add_label(&segment, &label), X0F_NONE);
	assert_int_equal(segment.header->labels_lost, 1);
	/* those that are there are still found */
	strcpy(flavor, "77");
	assert_int_equal(segment_add_label(&segment, &label), 77);
	segment_close(&segment);
}

static void texts_end_where_the_room_ends(void **state)
{
	struct segment_options options = small_options(64);
	static char flavor[2 * SEGMENT_STRING];
	struct segment segment;
	struct x0f_label label;
	uint32_t i, added = 0;

	(void)state;
	make_anonymous(&segment, &options);
	label = plain_label("n", flavor);
	memset(flavor, 'x', sizeof(flavor) - 1);
	for (i = 0; i < 1100; i++) {
		snprintf(flavor, 8, "%06u", i);
		flavor[6] = 'x';
		added += segment_add_label(&segment, &label) != X0F_NONE;
	}
	/* 1,024 + 2 + 5 bytes each, cut as promised */
	assert_int_equal(added,
			 (SEGMENT_TEXT_BYTES - 1) / (SEGMENT_STRING + 2 + 5));
	assert_int_equal(segment.header->label_count, added);
	assert_int_equal(segment.header->labels_lost, 1100 - added);
	assert_true(segment.header->text_used <= SEGMENT_TEXT_BYTES);
	segment_close(&segment);
}

/* A loader that cuts no string: readers do. */
static void long_texts_are_cut(void **state)
{
	struct segment_options options = small_options(64);
	struct segment segment;
	struct x0f_ring *ring;
	char *texts;

	(void)state;
	make_anonymous(&segment, &options);
	texts = (char *)segment.header + segment.layout.texts;
	assert_int_equal(segment_add_link(&segment, "DSL"), 0);
	memset(texts + 1, 'x', SEGMENT_TEXT_BYTES - 1);
	ring = open_anonymous(&segment);
	assert_int_equal(strlen(x0f_ring_label(ring, 0)->name), SEGMENT_STRING);
	x0f_ring_close(ring);
	segment_close(&segment);
}

static void recovery_voids_what_was_begun(void **state)
{
	struct segment_options options = small_options(64);
	struct x0f_record records[128];
	struct x0f_segment_worker *w;
	struct segment segment;
	struct x0f_ring *ring;

	(void)state;
	make_anonymous(&segment, &options);
	w = segment_worker(&segment, 0);
	ring = open_anonymous(&segment);
	publish(&segment, 0, 10);
	segment_recover(&segment, 0); /* nothing to do */
	assert_int_equal(w->voided, 0);
	assert_int_equal(w->commit, 10);
	w->reserve += 5;
	w->published -= 3; /* died before it counted */
	segment_recover(&segment, 0);
	assert_int_equal(w->commit, 15);
	assert_int_equal(w->voided, 5);
	assert_int_equal(w->published, 10);
	publish(&segment, 0, 2);
	assert_int_equal(x0f_ring_read(ring, records, 128), 12);
	assert_int_equal(records[9].time_ns, 9);
	assert_int_equal(records[10].time_ns, 15);
	assert_int_equal(x0f_ring_missed(ring), 5);

	x0f_ring_close(ring);
	segment_close(&segment);
}

/* A worker that was taken over may write anything, and die. */
static void insane_positions_begin_anew(void **state)
{
	static const uint64_t insane[][2] = {
		/* commit, reserve; 200 were published */
		{ 200, 3 },
		{ 200, 1200 },
		{ UINT64_MAX - 9, UINT64_MAX - 9 },
		{ UINT64_MAX - 9, 20 },
		{ 1ull << 63, 1ull << 63 },
		{ INT64_MAX - 5, INT64_MAX - 5 },
	};
	struct segment_options options = small_options(64);
	struct x0f_record records[128];
	struct x0f_segment_worker *w;
	struct segment segment;
	struct x0f_ring *ring;
	uint32_t i, j;

	(void)state;
	for (i = 0; i < sizeof(insane) / sizeof(insane[0]); i++) {
		make_anonymous(&segment, &options);
		w = segment_worker(&segment, 0);
		for (j = 0; j < 4; j++)
			publish(&segment, 0, 50);
		ring = open_anonymous(&segment);
		assert_int_equal(x0f_ring_read(ring, records, 128), 64);
		w->commit = insane[i][0];
		w->reserve = insane[i][1];
		x0f_ring_read(ring, records, 128);
		segment_recover(&segment, 0);
		assert_int_equal(w->commit, 264);
		assert_int_equal(w->reserve, 264);
		assert_int_equal(w->published, 200);
		assert_int_equal(w->voided, 64);
		assert_int_equal(x0f_ring_read(ring, records, 128), 0);
		publish(&segment, 0, 3);
		assert_int_equal(x0f_ring_read(ring, records, 128), 3);
		assert_int_equal(records[0].time_ns, 264);
		assert_true(is_whole(&records[2]));
		x0f_ring_close(ring);

		/* nothing of an old record is left to be taken for a new one */
		ring = open_anonymous(&segment);
		assert_int_equal(x0f_ring_read(ring, records, 128), 3);
		assert_int_equal(x0f_ring_missed(ring), 61);

		/* the statistics are no help, either */
		w->commit = insane[i][0];
		w->reserve = insane[i][1];
		w->published = UINT64_MAX - 3;
		w->voided = 7;
		segment_recover(&segment, 0);
		assert_int_equal(w->commit, 0);
		assert_int_equal(w->published, 0);
		publish(&segment, 0, 2);
		assert_int_equal(x0f_ring_read(ring, records, 128), 2);
		assert_int_equal(w->published, 2);
		x0f_ring_close(ring);
		segment_close(&segment);
	}
}

/* Numbers of a child that lies do not wrap around. */
static void deaths_do_not_wrap(void **state)
{
	struct segment_options options = small_options(64);
	struct x0f_segment_worker *w;
	struct segment segment;

	(void)state;
	make_anonymous(&segment, &options);
	w = segment_worker(&segment, 0);
	publish(&segment, 0, 10);
	w->received = 17;
	w->dropped[X0F_DROP_EXPRESSION] = 3;
	segment_recover(&segment, 0);
	assert_int_equal(w->died, 4);
	w->received = 9;
	segment_recover(&segment, 0);
	assert_int_equal(w->died, 4);
	w->dropped[1] = UINT64_MAX;
	w->received = 20;
	segment_recover(&segment, 0);
	assert_int_equal(w->died, 4);
	segment_close(&segment);
}

/* Another process writes to the segment while the loader counts. */
static void loader_believes_its_own_counts(void **state)
{
	struct segment_options options = small_options(64);
	struct segment segment;

	(void)state;
	make_anonymous(&segment, &options);
	assert_int_equal(segment_add_link(&segment, "DSL"), 0);
	segment.header->label_count = 0;
	segment.header->text_used = SEGMENT_TEXT_BYTES - 2;
	assert_int_equal(segment_add_link(&segment, "Ethernet"), 1);
	assert_int_equal(segment.header->label_count, 2);
	assert_int_equal(segment.header->text_used, 1 + 4 + 9);
	segment.header->text_used = UINT32_MAX;
	assert_int_equal(segment_add_link(&segment, "GIF"), 2);
	/* a successor, to whom the counts are all there is */
	free(segment.index);
	segment.index = NULL;
	segment.header->label_count = UINT32_MAX;
	segment.header->text_used = UINT32_MAX;
	assert_int_equal(segment_add_link(&segment, "new"), X0F_NONE);
	assert_int_equal(segment.header->labels_lost, 1);
	segment_close(&segment);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(labels_are_interned),
		cmocka_unit_test(next_loader_knows_the_labels),
		cmocka_unit_test(labels_end_where_the_room_ends),
		cmocka_unit_test(texts_end_where_the_room_ends),
		cmocka_unit_test(long_texts_are_cut),
		cmocka_unit_test(recovery_voids_what_was_begun),
		cmocka_unit_test(insane_positions_begin_anew),
		cmocka_unit_test(deaths_do_not_wrap),
		cmocka_unit_test(loader_believes_its_own_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
