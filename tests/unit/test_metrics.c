/* SPDX-License-Identifier: MIT */
/*
 * Metrics of segments into which a worker that somebody took over has written
 * what it liked: the text stays well-formed, and no series is there twice. What
 * the numbers mean is held against x0f status by tests/readers/test_exporter.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../user/readers/metrics.h"
#include "tiny_segment.h"

enum { ROUNDS = 300, INTERFACES = 3, LABELS = 40, TEXTS = 4096, LINES = 4096 };

/* A tiny segment with more of what has names. */
enum {
	LABELS_AT = sizeof(struct x0f_segment_header) +
		    INTERFACES * sizeof(struct x0f_segment_interface),
	TEXTS_AT = LABELS_AT + LABELS * sizeof(struct x0f_segment_label),
	WORKERS_AT = (TEXTS_AT + TEXTS + 63) / 64 * 64,
	SIZE = WORKERS_AT + TINY_WORKERS * TINY_STRIDE,
};

static _Alignas(64) char segment[SIZE];
static uint64_t state = 88172645463325252u;

static uint64_t next_random(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* Few different bytes, so that much is the same, or nearly. */
static void scribble(char *from, size_t len)
{
	static const char bytes[] = "\"\\\n\r\t\0a,{}=\xc3\xa9\xff#\x1b";

	for (size_t i = 0; i < len; i++)
		from[i] = bytes[next_random() % sizeof(bytes)];
}

static void scribble_over_labels(void)
{
	struct x0f_segment_label label;

	for (uint32_t i = 0; i < LABELS; i++) {
		label = (struct x0f_segment_label){
			.class_name = (uint32_t)(next_random() % 8),
			.name = (uint32_t)(next_random() % (TEXTS + 8)),
			.flavor = (uint32_t)(next_random() % 8),
			.systems = (uint32_t)next_random(),
			.kind = (uint8_t)(next_random() % 5),
			.generic = (uint8_t)next_random(),
		};
		memcpy(segment + LABELS_AT + i * sizeof(label), &label,
		       sizeof(label));
	}
	scribble(segment + TEXTS_AT, TEXTS);
}

/* All but what a reader copied and checked when it opened. */
static void scribble_over(void)
{
	struct x0f_segment_header *header = (void *)segment;
	char *changing = (char *)&header->heartbeat_ns;

	scribble(changing, sizeof(*header) - offsetof(struct x0f_segment_header,
						      heartbeat_ns));
	header->state = (uint32_t)(next_random() % 5);
	header->label_count = (uint32_t)(next_random() % (2 * LABELS));
	scribble(segment + sizeof(*header),
		 INTERFACES * sizeof(struct x0f_segment_interface));
	scribble_over_labels();
	for (uint32_t i = 0; i < TINY_WORKERS; i++)
		scribble(segment + WORKERS_AT + i * TINY_STRIDE,
			 sizeof(struct x0f_segment_worker));
}

static struct x0f_ring *open_ring(void)
{
	struct x0f_segment_header *header = (void *)segment;
	struct x0f_ring *ring;

	tiny_segment(segment);
	header->segment_size = SIZE;
	header->interface_count = INTERFACES;
	header->label_capacity = LABELS;
	header->text_size = TEXTS;
	header->labels_offset = LABELS_AT;
	header->texts_offset = TEXTS_AT;
	header->workers_offset = WORKERS_AT;
	assert_int_equal(x0f_ring_open_memory(&ring, segment, SIZE, NULL), 0);
	return ring;
}

/* The end of a label's value that begins at p, NULL where it has none. */
static const char *end_of_value(const char *p)
{
	for (; *p != '"'; p++) {
		if (!*p || (uint8_t)*p < 0x20)
			return NULL;
		if (*p == '\\' && !strchr("\\\"n", *++p))
			return NULL;
	}
	return p + 1;
}

/* name{label="value",...} number; returns where the number begins. */
static const char *end_of_series(const char *line)
{
	const char *p = line + strspn(line, "abcdefghijklmnopqrstuvwxyz0_");

	if (*p == ' ')
		return p + 1;
	assert_int_equal(*p, '{');
	do {
		p++;
		p += strspn(p, "abcdefghijklmnopqrstuvwxyz_");
		assert_int_equal(strncmp(p, "=\"", 2), 0);
		p = end_of_value(p + 2);
		assert_non_null(p);
	} while (*p == ',');
	assert_int_equal(strncmp(p, "} ", 2), 0);
	return p + 2;
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Lines are cut to their series. */
static void check_text(char *text)
{
	static char *series[LINES];
	uint32_t count = 0;

	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		const char *value;

		if (line[0] == '#')
			continue;
		value = end_of_series(line);
		assert_int_equal(value[strspn(value, "0123456789.")], '\0');
		line[value - line - 1] = '\0';
		assert_true(count < LINES);
		series[count++] = line;
	}
	assert_true(count > 100);
	qsort(series, count, sizeof(series[0]), compare_lines);
	for (uint32_t i = 1; i < count; i++)
		assert_string_not_equal(series[i - 1], series[i]);
}

static void write_and_check(struct x0f_ring *ring)
{
	static struct output out;
	struct metrics_sensor sensor;

	assert_int_equal(metrics_read(&sensor, "a \"sensor\"\n", ring), 0);
	assert_true(sensor.up);
	output_open(&out, -1);
	metrics_write(&out, &sensor, 1, next_random());
	metrics_release(&sensor);
	output_char(&out, '\0');
	assert_int_equal(output_flush(&out), 0);
	/* to Prometheus that is no class, as "other" has */
	assert_null(strstr(out.held, "class=\"\""));
	check_text(out.held);
	output_free(&out);
}

static void test_anything(void **unused)
{
	(void)unused;
	for (int i = 0; i < ROUNDS; i++) {
		struct x0f_ring *ring = open_ring();

		scribble_over();
		write_and_check(ring);
		x0f_ring_close(ring);
	}
}

static void check_escape(const char *from, const char *wanted)
{
	char to[METRICS_VALUE];

	metrics_escape(to, from);
	assert_string_equal(to, wanted);
}

static void test_escape(void **unused)
{
	char long_text[200];
	char wanted[METRICS_VALUE] = "";

	(void)unused;
	check_escape("", "");
	check_escape("Linux 3.11 and newer", "Linux 3.11 and newer");
	check_escape("a\\b\"c\nd", "a\\\\b\\\"c\\\\x0ad");
	check_escape("\xc3\xa9\xe2\x82\xac", "\xc3\xa9\xe2\x82\xac");
	check_escape("\xc3", "\\\\xc3");
	check_escape("\xe2\x82", "\\\\xe2\\\\x82");
	check_escape("\xc2\x9b", "\\\\xc2\\\\x9b");
	memset(long_text, 'x', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	memset(wanted, 'x', sizeof(wanted) - 1);
	check_escape(long_text, wanted);
	/* no half of a character at the end */
	memcpy(long_text + METRICS_VALUE - 3, "\xe2\x82\xac", 3);
	wanted[METRICS_VALUE - 3] = '\0';
	check_escape(long_text, wanted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_anything),
		cmocka_unit_test(test_escape),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
