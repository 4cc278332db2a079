/* SPDX-License-Identifier: MIT */
/*
 * Where the printer of `x0f live` writes: pipes whose reader comes late or
 * never, links that others put, files that others write to as well.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "stage.h"

#include "printing.h"

/* Nobody is waited for in open(2), where rights are still there. */
static void test_pipe(void **state)
{
	struct stage stage;
	char *text, *messages;
	FILE *pipe;

	(void)state;
	open_stage(&stage, 1);
	assert_int_equal(mkfifo(stage.output, 0600), 0);
	alarm(20);
	assert_int_equal(live_output_check(stage.output), EXIT_OK);
	stage.settings.format = 2;
	start_printer(&stage);
	play(&stage, 0);
	usleep(100000);
	pipe = fopen(stage.output, "r");
	usleep(100000);
	segment_set_state(&stage.segment, X0F_SENSOR_ENDED);
	segment_ring_doorbell(&stage.segment);
	text = read_all(pipe);
	assert_int_equal(await_printer(&stage), 0);
	assert_true(count(text, "\n") >= 40);
	fclose(pipe);
	free(text);

	/* nobody comes at all: it ends with the sensor, and says so */
	segment_set_state(&stage.segment, X0F_SENSOR_RUNNING);
	start_printer(&stage);
	usleep(50000);
	assert_int_equal(end(&stage), 0);
	messages = read_path(stage.messages);
	assert_non_null(strstr(messages, ": nobody read it, 28 findings "));
	free(messages);
	alarm(0);
	close_stage(&stage);
}

/* Who reads a pipe already must not see its end before it begins. */
static void test_pipe_is_not_ended(void **state)
{
	struct stage stage;
	char byte = 0;
	int fd;

	(void)state;
	open_stage(&stage, 1);
	assert_int_equal(mkfifo(stage.output, 0600), 0);
	fd = open(stage.output, O_RDONLY | O_NONBLOCK);
	assert_int_equal(live_output_check(stage.output), EXIT_OK);
	stage.settings.format = 2;
	start_printer(&stage);
	play(&stage, 0);
	for (int i = 0; i < 2000 && read(fd, &byte, 1) != 1; i++)
		usleep(1000);
	assert_int_equal(byte, '[');
	assert_int_equal(end(&stage), 0);
	close(fd);
	close_stage(&stage);
}

/* In a folder that others can write to they could lead root anywhere. */
static void test_links(void **state)
{
	struct stage stage;
	char link[128];
	int fd;

	(void)state;
	open_stage(&stage, 1);
	snprintf(link, sizeof(link), "%s/link", stage.folder);
	assert_int_equal(symlink(stage.output, link), 0);
	assert_int_equal(chmod(stage.folder, 01777), 0);
	assert_int_equal(live_output_check(link), EXIT_NO_RIGHTS);
	assert_int_equal(live_output_renew(link), -ELOOP);
	assert_int_not_equal(access(stage.output, F_OK), 0);
	assert_int_equal(chmod(stage.folder, 0775), 0);
	assert_int_equal(live_output_renew(link), -ELOOP);
	assert_int_equal(chmod(stage.folder, 0755), 0);
	fd = live_output_renew(link);
	assert_true(fd >= 0);
	assert_false(fcntl(fd, F_GETFL) & O_NONBLOCK);
	close(fd);
	assert_int_equal(access(stage.output, F_OK), 0);
	assert_int_equal(live_output_check("/dev/stderr"), EXIT_OK);
	assert_int_equal(live_output_check("/dev/fd/2"), EXIT_OK);
	assert_int_equal(live_output_check("/tmp/"), EXIT_IO);
	close_stage(&stage);
}

/* The beginning of a line goes; what somebody else wrote stays. */
static void test_take_back(void **state)
{
	static const char *const expected[] = { "before\n", "before\nparther\n",
						"before\nher\npart" };
	struct stage stage;
	struct stat before;
	char *text;

	(void)state;
	open_stage(&stage, 1);
	for (int i = 0; i < 3; i++) {
		int fd = live_output_renew(stage.output);
		int other = live_output_renew(stage.output);

		assert_int_equal(write(fd, "before\n", 7), 7);
		fstat(fd, &before);
		if (i == 2)
			assert_int_equal(write(other, "her\n", 4), 4);
		assert_int_equal(write(fd, "part", 4), 4);
		if (i == 1)
			assert_int_equal(write(other, "her\n", 4), 4);
		take_back(fd, &before, 7, 4);
		text = read_path(stage.output);
		assert_string_equal(text, expected[i]);
		free(text);
		close(fd);
		close(other);
		unlink(stage.output);
	}
	close_stage(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pipe),
		cmocka_unit_test(test_pipe_is_not_ended),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_take_back),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
