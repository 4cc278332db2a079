/* SPDX-License-Identifier: MIT */
/*
 * `x0f status` beside a segment that this process holds, and beside dead ones:
 * exit codes, the line for monitoring, and JSON that says what the segment
 * says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "stage.h"

#include <sys/wait.h>

enum { OK, WARNING, CRITICAL, UNKNOWN };

/* Runs `x0f status` on the stage's folder; returns the exit code. */
static int run_status(const struct stage *stage, const char *arguments,
		      char **text)
{
	char command[1024];
	int status;
	FILE *pipe;

	snprintf(command, sizeof(command), "'%s' status --run-dir %s %s 2>&1",
		 get("X0F", "build/release/x0f"), stage->folder, arguments);
	pipe = popen(command, "r");
	*text = read_all(pipe);
	status = pclose(pipe);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* The exit code, and how the output begins. */
static void expect(const struct stage *stage, const char *arguments, int code,
		   const char *begin)
{
	char *text;
	int got = run_status(stage, arguments, &text);

	if (got != code || strncmp(text, begin, strlen(begin)) != 0)
		fail_msg("expected %d %s\ngot %d %s", code, begin, got, text);
	free(text);
}

static void beat(struct stage *stage, uint64_t ago_ms)
{
	stage->segment.header->heartbeat_ns = (now_ms() - ago_ms) * 1000000;
}

static struct x0f_segment_interface *interface_of(struct stage *stage)
{
	return segment_interface(&stage->segment, 0);
}

/* 28 packets of the file are wanted; the others were never delivered. */
static void open_healthy(struct stage *stage)
{
	open_stage(stage, 1);
	play(stage, 0);
	beat(stage, 0);
	interface_of(stage)->outcomes[X0F_OUTCOME_DELIVERED] =
		segment_worker(&stage->segment, 0)->received;
	interface_of(stage)->outcomes[X0F_OUTCOME_NOT_TCP] = 100;
	interface_of(stage)->mode = X0F_MODE_INLINE_TCX;
}

static void test_ok(void **state)
{
	struct stage stage;
	char *text;

	(void)state;
	open_healthy(&stage);
	assert_int_equal(run_status(&stage, "test", &text), OK);
	assert_true(!strncmp(text,
			     "OK - test: 28 results from 142 packets, 0 lost | "
			     "seen=142c wanted=42c published=28c labelled=27c "
			     "lost=0c dropped=14c",
			     strlen("OK - test: 28 results from 142 packets, 0 "
				    "lost | seen=142c wanted=42c published=28c "
				    "labelled=27c lost=0c dropped=14c")));
	assert_non_null(strstr(text, "\n  xh8: link up, "));
	assert_non_null(strstr(text, "\n  not wanted: 100 not tcp\n"));
	assert_null(strstr(text, "on their way"));
	assert_null(strstr(text, "\\x"));
	free(text);
	/* the only one, by either spelling of its name */
	expect(&stage, "", OK, "OK - test: ");
	expect(&stage, "--name test", OK, "OK - test: ");
	close_stage(&stage);
}

static void test_warning(void **state)
{
	struct stage stage;

	(void)state;
	open_healthy(&stage);
	/* one in a thousand is still well, one more is not */
	interface_of(&stage)->outcomes[X0F_OUTCOME_DELIVERED] = 99960;
	interface_of(&stage)->outcomes[X0F_OUTCOME_RING_FULL] = 40;
	interface_of(&stage)->losses[X0F_LOSS_RX_DROPPED] = 60;
	expect(&stage, "", OK, "OK - test: ");
	interface_of(&stage)->losses[X0F_LOSS_RX_DROPPED] = 61;
	expect(&stage, "", WARNING, "WARNING - test: 101 packets lost; ");
	interface_of(&stage)->losses[X0F_LOSS_RX_DROPPED] = 0;
	interface_of(&stage)->mode = X0F_MODE_NONE;
	expect(&stage, "", WARNING, "WARNING - test: xh8 is not attached; ");
	interface_of(&stage)->mode = X0F_MODE_INLINE_TCX;
	stage.segment.header->labels_lost = 3;
	expect(&stage, "", WARNING, "WARNING - test: 3 labels lost");
	stage.segment.header->labels_lost = 0;
	stage.segment.header->restarts = 2;
	expect(&stage, "", WARNING, "WARNING - test: workers died 2 times");
	stage.segment.header->restarts = 0;
	stage.segment.header->reload_failures = 1;
	expect(&stage, "", WARNING, "WARNING - test: the last reload failed");
	stage.segment.header->reload_failed_ns =
		stage.segment.header->reloaded_ns + 1;
	expect(&stage, "", WARNING, "WARNING - test: the last reload failed");
	/* one that was good again */
	stage.segment.header->reload_failed_ns -= 2;
	expect(&stage, "", OK, "OK - test: ");
	close_stage(&stage);
}

static void test_critical(void **state)
{
	struct stage stage;

	(void)state;
	open_healthy(&stage);
	beat(&stage, 2500);
	expect(&stage, "", OK, "OK - test: ");
	beat(&stage, 4500);
	expect(&stage, "", CRITICAL, "CRITICAL - test: no heartbeat for 4 s; ");
	beat(&stage, 0);
	interface_of(&stage)->state = X0F_INTERFACE_DOWN;
	expect(&stage, "", WARNING, "WARNING - test: xh8 has no link; ");
	interface_of(&stage)->state = X0F_INTERFACE_DEAF;
	interface_of(&stage)->deaf_ns = 7100000000;
	segment_set_problem(&stage.segment, "xh88: no");
	expect(&stage, "", CRITICAL,
	       "CRITICAL - test: xh8 is deaf (7 s in all); ");
	segment_set_state(&stage.segment, X0F_SENSOR_DEAF); /* once is enough */
	segment_set_problem(&stage.segment, "xh8: no cable");
	expect(&stage, "", CRITICAL,
	       "CRITICAL - test: xh8 is deaf (7 s in all): no cable; ");
	interface_of(&stage)->state = X0F_INTERFACE_UP;
	segment_set_state(&stage.segment, X0F_SENSOR_RESTARTING);
	expect(&stage, "", CRITICAL, "CRITICAL - test: it is restarting; ");
	close_stage(&stage);
}

/* Workers count at once, the interfaces' numbers are a little older. */
static void test_flow(void **state)
{
	struct stage stage;
	char *text;

	(void)state;
	open_healthy(&stage);
	interface_of(&stage)->outcomes[X0F_OUTCOME_NOT_TCP] = 0;
	interface_of(&stage)->outcomes[X0F_OUTCOME_DELIVERED] -= 25;
	assert_int_equal(run_status(&stage, "", &text), OK);
	assert_non_null(strstr(text, "28 results from 42 packets, 0 lost | "
				     "seen=42c wanted=42c published=28c"));
	assert_non_null(strstr(text, ": 42 seen, 42 wanted, 28 published"));
	assert_null(strstr(text, "on their way"));
	free(text);
	interface_of(&stage)->outcomes[X0F_OUTCOME_DELIVERED] += 30;
	assert_int_equal(run_status(&stage, "", &text), OK);
	assert_non_null(strstr(text, "\n  on their way: 5\n"));
	free(text);
	close_stage(&stage);
}

static void test_problem(void **state)
{
	struct stage stage;
	char *text;

	(void)state;
	open_healthy(&stage);
	segment_set_problem(&stage.segment, "xf3: no\x1b room");
	assert_int_equal(run_status(&stage, "", &text), OK);
	assert_non_null(strstr(text, "\n  last problem at 20"));
	assert_non_null(strstr(text, "Z: xf3: no\\x1b room\n"));
	free(text);
	assert_int_equal(run_status(&stage, "--json", &text), OK);
	assert_non_null(strstr(text, "\"last_problem\":\"xf3: no"));
	free(text);
	memset(stage.segment.header->last_problem, 'x', X0F_PROBLEM_TEXT);
	expect(&stage, "", OK, "OK - test: ");
	close_stage(&stage);
}

/* A sensor that is newer than this program. */
static void test_newer(void **state)
{
	struct stage stage;
	char *text;

	(void)state;
	open_healthy(&stage);
	stage.segment.header->minor++;
	interface_of(&stage)->outcomes[X0F_OUTCOME_ROOM - 1] = 8;
	interface_of(&stage)->mode = 99;
	interface_of(&stage)->state = 99;
	segment_worker(&stage.segment, 0)->dropped[X0F_DROP_ROOM - 1] = 3;
	interface_of(&stage)->outcomes[X0F_OUTCOME_DELIVERED] += 3;
	assert_int_equal(run_status(&stage, "", &text), OK);
	assert_non_null(strstr(text, "seen=153c wanted=45c"));
	assert_non_null(strstr(text, "8 unknown outcome"));
	assert_non_null(strstr(text, "3 unknown drop"));
	assert_null(strstr(text, "on their way"));
	free(text);
	assert_int_equal(run_status(&stage, "--json", &text), OK);
	assert_int_equal(count(text, "\"unknown\":8"), 2);
	assert_int_equal(count(text, "\"unknown\":3"), 2);
	free(text);
	close_stage(&stage);
}

/* A process makes a segment and dies with it. */
static void leave_dead(const struct stage *stage, const char *name)
{
	struct segment_options options = small_options(64);
	struct segment segment;
	struct problem problem;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		options.directory = stage->folder;
		options.name = name;
		_exit(segment_create(&segment, &options, &problem) != 0);
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void test_dead(void **state)
{
	struct stage stage;
	char *text;

	(void)state;
	open_healthy(&stage);
	leave_dead(&stage, "gone");
	expect(&stage, "gone", CRITICAL,
	       "CRITICAL - gone: the sensor is dead, start it again, or "
	       "x0f stop NAME to forget it\n");
	/* several: one line for all, then each */
	expect(&stage, "", CRITICAL,
	       "CRITICAL - 1 of 2 sensors well | well=1\nCRITICAL - gone: ");
	assert_int_equal(run_status(&stage, "", &text), CRITICAL);
	assert_non_null(strstr(text, "\nOK - test: "));
	free(text);
	close_stage(&stage);
}

static void write_file(const struct stage *stage, const char *name)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", stage->folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	for (int i = 0; i < 10000; i++)
		fputs("no segment ", file);
	fclose(file);
}

static void test_unknown(void **state)
{
	struct stage stage;

	(void)state;
	open_stage(&stage, 1);
	expect(&stage, "nosuch", UNKNOWN, "UNKNOWN - nosuch: no such sensor\n");
	expect(&stage, "../x", UNKNOWN, "UNKNOWN - ../x: no name of a sensor");
	expect(&stage, "a b", UNKNOWN, "x0f: status takes one name");
	expect(&stage, "--name a b", UNKNOWN, "x0f: status takes one name");
	expect(&stage, "..", UNKNOWN, "UNKNOWN - ..: ");
	write_file(&stage, "noise");
	expect(&stage, "noise", UNKNOWN,
	       "UNKNOWN - noise: not a sensor's results, or damaged\n");
	expect(&stage, "--run-dir /nonexistent", UNKNOWN,
	       "UNKNOWN - /nonexistent: no sensor runs");
	close_stage(&stage);
}

/* Control sockets lie in the same folder. */
static void test_neighbours(void **state)
{
	struct stage stage;

	(void)state;
	open_healthy(&stage);
	write_file(&stage, "test.sock");
	write_file(&stage, ".hidden");
	expect(&stage, "", OK, "OK - test: ");
	close_stage(&stage);
}

/* jq, or nothing where there is none. */
static void expect_json(const struct stage *stage, const char *filter,
			const char *expected)
{
	char command[1024];
	FILE *pipe;
	char *text;

	snprintf(command, sizeof(command),
		 "'%s' status --json --run-dir %s | jq -rc '%s'",
		 get("X0F", "build/release/x0f"), stage->folder, filter);
	pipe = popen(command, "r");
	text = read_all(pipe);
	if (pclose(pipe) || strcmp(text, expected) != 0)
		fail_msg("%s: expected %sgot %s", filter, expected, text);
	free(text);
}

static void test_json(void **state)
{
	struct stage stage;

	(void)state;
	if (system("jq --version >/dev/null 2>&1")) {
		print_message("jq is not installed\n");
		skip();
	}
	open_healthy(&stage);
	interface_of(&stage)->losses[X0F_LOSS_CLOSED] = 7;
	segment_worker(&stage.segment, 0)->other[1][2] = 5;
	expect_json(&stage, "[.v,.sensor,.health,.state]",
		    "[1,\"test\",\"WARNING\",\"running\"]\n");
	expect_json(&stage, "[.seen,.wanted,.published,.left_out,.lost]",
		    "[142,42,28,14,7]\n");
	expect_json(&stage, "[(.outcomes|length),(.losses|length)]",
		    "[14,4]\n");
	expect_json(&stage, ".losses|add", "7\n");
	expect_json(&stage, "[.outcomes.not_tcp,.interfaces[0].name]",
		    "[100,\"xh8\"]\n");
	expect_json(&stage, ".workers[0]|[.received,.published,.paired>0]",
		    "[42,28,true]\n");
	/* what is counted by label is what was labelled */
	expect_json(&stage,
		    "([.labels[]|.syn_fuzzy_generic_exact,"
		    ".synack_fuzzy_generic_exact|add]|add)==.labelled",
		    "true\n");
	expect_json(&stage, ".other_labels.synack_fuzzy_generic_exact[2]",
		    "5\n");
	leave_dead(&stage, "gone");
	expect_json(&stage, ".health", "CRITICAL\nWARNING\n");
	close_stage(&stage);
}

/* More labels than the output's buffer holds: still one object. */
static void test_long_json(void **state)
{
	struct stage stage;
	char name[256];

	(void)state;
	if (system("jq --version >/dev/null 2>&1"))
		skip();
	open_healthy(&stage);
	memset(name, '"', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	for (uint32_t i = 0; i < 800; i++) {
		struct x0f_label label = { .class_name = "unix",
					   .name = name,
					   .flavor = "" };
		uint32_t id;

		snprintf(name, 5, "%04u", i);
		name[4] = '\n';
		id = segment_add_label(&stage.segment, &label);
		if (id < X0F_STATS_LABELS)
			segment_worker(&stage.segment, 0)->labels[id][0][0] = 1;
	}
	expect_json(&stage, "(.labels|length)>800", "true\n");
	close_stage(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ok),
		cmocka_unit_test(test_warning),
		cmocka_unit_test(test_critical),
		cmocka_unit_test(test_flow),
		cmocka_unit_test(test_problem),
		cmocka_unit_test(test_newer),
		cmocka_unit_test(test_dead),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_neighbours),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_long_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
