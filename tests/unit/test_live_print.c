/* SPDX-License-Identifier: MIT */
/*
 * The printer of `x0f live`, as a process of its own, on a segment that this
 * one fills with what a worker makes of a capture file: it prints what
 * `x0f pcap` prints, at once, and lives through full disks, floods and readers
 * that go away.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "stage.h"

#include "printing.h"

static char *run_pcap(const char *format)
{
	char command[1024];
	FILE *pipe;
	char *text;

	snprintf(command, sizeof(command),
		 "'%s' pcap -q --only syn,synack,mtu --format %s '%s'",
		 get("X0F", "build/release/x0f"), format, capture_path());
	pipe = popen(command, "r");
	text = read_all(pipe);
	assert_int_equal(pclose(pipe), 0);
	return text;
}

/* Cuts all from each `from` up to the next `to`, which stays. */
static void cut(char *text, const char *from, const char *to)
{
	char *p = text;

	while ((p = strstr(p, from))) {
		char *rest = strstr(p, to);

		assert_non_null(rest);
		memmove(p, rest, strlen(rest) + 1);
		p++;
	}
}

/* ,PACKET,INTERFACE, behind the time, and the file at the end */
static void cut_columns(char *text)
{
	char *line = strchr(text, '\n') + 1;

	while (*line) {
		char *packet = strchr(line, ',') + 1;
		char *vlan = strchr(strchr(packet, ',') + 1, ',');
		char *eol;

		memmove(packet, vlan, strlen(vlan) + 1);
		eol = strchr(packet, '\n');
		line = eol;
		while (line[-1] != ',')
			line--;
		memmove(line, eol, strlen(eol) + 1);
		line = strchr(line, '\n') + 1;
	}
}

/* What is of the file or of the sensor, and not of the packet. */
static void normalise(char *text, const char *format)
{
	if (!strcmp(format, "json")) {
		cut(text, "\"file\":", "\"vlan\"");
		cut(text, "\"id\":", "\"generic\"");
	}
	if (!strcmp(format, "csv"))
		cut_columns(text);
}

static void test_same_lines(void **state)
{
	(void)state;
	for (uint32_t i = 0; printer_formats[i]; i++) {
		const char *format = printer_formats[i]->name;
		char *expected = run_pcap(format);
		char *got, *messages;
		struct stage stage;

		open_stage(&stage, 1);
		stage.settings.format = i + 1;
		stage.settings.only = ONLY_SYN | ONLY_SYNACK | ONLY_MTU;
		start_printer(&stage);
		play(&stage, 0);
		assert_int_equal(end(&stage), 0);
		got = read_path(stage.output);
		messages = read_path(stage.messages);
		normalise(expected, format);
		normalise(got, format);
		assert_true(strlen(expected) > 2000);
		assert_string_equal(got, expected);
		assert_string_equal(messages, "");
		close_stage(&stage);
		free(expected);
		free(got);
		free(messages);
	}
}

/* The interface is named, file and packet number are not known. */
static void test_origin(void **state)
{
	struct stage stage;
	char *json;

	(void)state;
	open_stage(&stage, 1);
	stage.settings.format = 3;
	start_printer(&stage);
	play(&stage, 0);
	assert_int_equal(end(&stage), 0);
	json = read_path(stage.output);
	assert_true(count(json, "\n") >= 40);
	assert_int_equal(count(json, "\"file\":null,\"packet\":null,"
				     "\"interface\":\"xh8\","),
			 count(json, "\n"));
	free(json);
	close_stage(&stage);
}

/* Two workers' records come out by time. */
static void test_order(void **state)
{
	struct stage stage;
	char before[32] = "";
	char *text, *line;

	(void)state;
	open_stage(&stage, 2);
	stage.settings.format = 4;
	stage.settings.only = ONLY_SYN | ONLY_SYNACK;
	play(&stage, 0);
	play(&stage, 1); /* 56 records in all: one batch */
	start_printer(&stage);
	assert_int_equal(end(&stage), 0);
	text = read_path(stage.output);
	assert_int_equal(count(text, "\n"), 57);
	for (line = strchr(text, '\n') + 1; *line;
	     line = strchr(line, '\n') + 1) {
		assert_true(strncmp(before, line, 30) <= 0);
		memcpy(before, line, 30);
	}
	free(text);
	close_stage(&stage);
}

static void test_rate_limit(void **state)
{
	struct stage stage;
	char *text, *messages;
	unsigned int suppressed = 0;

	(void)state;
	open_stage(&stage, 1);
	stage.settings.format = 2;
	stage.settings.rate_limit = 6; /* and one: 5 a second */
	play(&stage, 0);
	start_printer(&stage);
	assert_int_equal(end(&stage), 0);
	text = read_path(stage.output);
	messages = read_path(stage.messages);
	/* the clock may have ticked in between */
	assert_true(count(text, "\n") == 5 || count(text, "\n") == 10);
	assert_int_equal(sscanf(messages, "x0f: %u findings suppressed",
				&suppressed),
			 1);
	assert_true(suppressed + count(text, "\n") >= 40);
	free(text);
	free(messages);
	close_stage(&stage);
}

/* In text for people the note stands where the findings would. */
/* A line of its own; blocks have an empty one behind them. */
static void expect_note(uint32_t format, const char *end_of_note)
{
	struct stage stage;
	char *text, *messages;

	open_stage(&stage, 1);
	stage.settings.format = format;
	stage.settings.rate_limit = 2;
	play(&stage, 0);
	start_printer(&stage);
	assert_int_equal(end(&stage), 0);
	text = read_path(stage.output);
	messages = read_path(stage.messages);
	assert_non_null(strstr(text, "[Note] "));
	assert_non_null(strstr(text, end_of_note));
	assert_string_equal(messages, "");
	free(text);
	free(messages);
	close_stage(&stage);
}

static uint32_t position_of(const struct format *format)
{
	uint32_t i = 0;

	while (printer_formats[i] != format)
		i++;
	return i + 1;
}

static void test_note_in_text(void **state)
{
	(void)state;
	expect_note(position_of(&format_text),
		    "--rate-limit is 1 a second\n\n");
	expect_note(position_of(&format_line), "--rate-limit is 1 a second\n");
}

static void test_new(void **state)
{
	struct stage stage;
	char *once, *twice;

	(void)state;
	open_stage(&stage, 1);
	stage.settings.format = 2;
	stage.settings.first_only = true;
	start_printer(&stage);
	play(&stage, 0);
	assert_int_equal(end(&stage), 0);
	once = read_path(stage.output);
	close_stage(&stage);
	assert_in_range(count(once, "mod=syn"), 5, 27);

	open_stage(&stage, 1);
	stage.settings.format = 2;
	stage.settings.first_only = true;
	start_printer(&stage);
	play(&stage, 0);
	play(&stage, 0);
	assert_int_equal(end(&stage), 0);
	twice = read_path(stage.output);
	assert_string_equal(twice, once);
	close_stage(&stage);
	free(once);
	free(twice);
}

/* What all notes of missed findings say together. */
static uint64_t sum_missed(const char *messages)
{
	unsigned long long missed;
	uint64_t sum = 0;

	while (sscanf(messages, "x0f: %llu findings missed", &missed) == 1) {
		sum += missed;
		messages = strchr(messages, '\n') + 1;
	}
	return sum;
}

/* Overtaken: what is missing is said, and it adds up. */
static void test_missed(void **state)
{
	struct stage stage;
	char *text, *messages;

	(void)state;
	open_stage(&stage, 1);
	stage.settings.format = 2;
	stage.settings.only = ONLY_SYN | ONLY_SYNACK;
	stage.settings.rate_limit = 1; /* and one: all */
	start_printer(&stage);
	/* it has to be there, and then too slow */
	for (int i = 0; i < 500 && !count(text = read_path(stage.output), "\n");
	     i++) {
		free(text);
		play(&stage, 0);
		usleep(10000);
	}
	kill(stage.printer, SIGSTOP);
	for (int i = 0; i < 100; i++)
		play(&stage, 0);
	kill(stage.printer, SIGCONT);
	assert_int_equal(end(&stage), 0);
	free(text);
	text = read_path(stage.output);
	messages = read_path(stage.messages);
	assert_true(sum_missed(messages) > 0);
	assert_int_equal(sum_missed(messages) + count(text, "\n"),
			 segment_worker(&stage.segment, 0)->published);
	free(text);
	free(messages);
	close_stage(&stage);
}

/* No line is cut, what is lost is counted, and the printer goes on. */
static void test_full_disk(void **state)
{
	const struct rlimit limit = { 1500, 1500 };
	struct stage stage;
	char *text, *messages;
	unsigned int lost = 0;

	(void)state;
	open_stage(&stage, 1);
	stage.settings.format = 2;
	stage.printer = fork();
	if (!stage.printer) {
		if (!freopen(stage.messages, "w", stderr))
			_exit(99);
		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &limit);
		_exit(live_print(&stage.settings, stage.segment.path));
	}
	play(&stage, 0);
	assert_int_equal(end(&stage), 0);
	text = read_path(stage.output);
	messages = read_path(stage.messages);
	assert_true(!text[0] || text[strlen(text) - 1] == '\n');
	assert_int_equal(count(messages, "write failed: "), 1);
	/* the line behind that of the failure */
	assert_int_equal(sscanf(strchr(messages, '\n') + 1,
				"x0f: %u findings could not be written", &lost),
			 1);
	assert_true(lost + count(text, "\n") >= 40);
	free(text);
	free(messages);
	close_stage(&stage);
}

static void test_reader_goes_away(void **state)
{
	struct stage stage;
	char *messages;
	int pipes[2];

	(void)state;
	open_stage(&stage, 1);
	stage.settings.output = NULL;
	assert_int_equal(pipe(pipes), 0);
	fflush(stdout);
	stage.printer = fork();
	if (!stage.printer) {
		if (!freopen(stage.messages, "w", stderr))
			_exit(99);
		dup2(pipes[1], STDOUT_FILENO);
		close(pipes[0]);
		close(pipes[1]);
		_exit(live_print(&stage.settings, stage.segment.path));
	}
	close(pipes[1]);
	close(pipes[0]);
	/* the sensor runs on and has nothing to say */
	assert_int_equal(await_printer(&stage), SENSOR_NOBODY_READS);
	messages = read_path(stage.messages);
	assert_string_equal(messages, "");
	free(messages);
	close_stage(&stage);
}

static void test_rotation(void **state)
{
	struct stage stage;
	char *text = NULL;
	char old[128];

	(void)state;
	open_stage(&stage, 1);
	stage.settings.format = 4;
	start_printer(&stage);
	play(&stage, 0);
	do {
		free(text);
		usleep(5000);
		text = read_path(stage.output);
	} while (count(text, "\n") < 40);
	free(text);
	snprintf(old, sizeof(old), "%s.1", stage.output);
	assert_int_equal(rename(stage.output, old), 0);
	kill(stage.printer, SIGHUP);
	for (int i = 0; i < 3000 && access(stage.output, F_OK); i++)
		usleep(1000);
	play(&stage, 0);
	assert_int_equal(end(&stage), 0);
	text = read_path(stage.output);
	assert_int_equal(count(text, "time,packet"), 1);
	assert_true(count(text, "\n") > 28);
	free(text);
	close_stage(&stage);
}

/* A sensor that starts again adds to its file; no second heading. */
static void test_append(void **state)
{
	struct stage stage;
	char *text;

	(void)state;
	open_stage(&stage, 1);
	stage.settings.format = 4;
	start_printer(&stage);
	kill(stage.printer, 0);
	play(&stage, 0);
	usleep(100000);
	segment_ring_doorbell(&stage.segment);
	kill(stage.printer, SIGKILL);
	waitpid(stage.printer, NULL, 0);
	start_printer(&stage);
	assert_int_equal(end(&stage), 0);
	text = read_path(stage.output);
	assert_int_equal(count(text, "time,packet"), 1);
	assert_true(count(text, "\n") >= 80);
	free(text);
	close_stage(&stage);
}

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* From a record that is published to its line: 50 ms at most. */
static void test_latency(void **state)
{
	enum { TIMES = 101 };
	uint64_t took[TIMES];
	struct stage stage;
	char bytes[65536];
	int pipes[2];

	(void)state;
	open_stage(&stage, 1);
	stage.settings.output = NULL;
	assert_int_equal(pipe(pipes), 0);
	stage.printer = fork();
	if (!stage.printer) {
		dup2(pipes[1], STDOUT_FILENO);
		close(pipes[0]);
		close(pipes[1]);
		_exit(live_print(&stage.settings, stage.segment.path));
	}
	close(pipes[1]);
	for (int i = 0; i < TIMES; i++) {
		struct pollfd end_of_pipe = { .fd = pipes[0],
					      .events = POLLIN };
		uint64_t begun;

		while (poll(&end_of_pipe, 1, 3) > 0)
			assert_true(read(pipes[0], bytes, sizeof(bytes)) > 0);
		begun = clock_ns();
		play(&stage, 0);
		assert_true(read(pipes[0], bytes, sizeof(bytes)) > 0);
		took[i] = clock_ns() - begun;
	}
	close(pipes[0]);
	qsort(took, TIMES, sizeof(*took), compare);
	print_message("record to line: median %llu us, p99 %llu us\n",
		      (unsigned long long)took[TIMES / 2] / 1000,
		      (unsigned long long)took[TIMES - 2] / 1000);
	assert_true(took[TIMES / 2] < 50 * NS_PER_MS);
	end(&stage);
	close_stage(&stage);
}

/* The supervisor is killed: said in one line, nothing hangs. */
static void test_killed(void **state)
{
	struct stage stage;
	char *messages;

	(void)state;
	open_stage(&stage, 1);
	start_printer(&stage);
	play(&stage, 0);
	usleep(100000);
	close(stage.segment.fd); /* and with it the lock */
	stage.segment.fd = -1;
	assert_int_equal(await_printer(&stage), 0);
	messages = read_path(stage.messages);
	assert_string_equal(messages, "x0f: the sensor was killed, nothing is "
				      "captured any more\n");
	free(messages);
	close_stage(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_lines),
		cmocka_unit_test(test_origin),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_rate_limit),
		cmocka_unit_test(test_note_in_text),
		cmocka_unit_test(test_new),
		cmocka_unit_test(test_missed),
		cmocka_unit_test(test_full_disk),
		cmocka_unit_test(test_reader_goes_away),
		cmocka_unit_test(test_rotation),
		cmocka_unit_test(test_append),
		cmocka_unit_test(test_latency),
		cmocka_unit_test(test_killed),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
