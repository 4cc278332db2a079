/* SPDX-License-Identifier: MIT */
/*
 * What the supervisor learns of workers that die before they have read what it
 * sent: whatever comes first, their own words are found, and their own error.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../user/engine/family.h"

static const struct copies no_files;

static int open_family(struct family *family)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	*family = (struct family){ .socket = pair[0] };
	return pair[1];
}

static void die(int socket, const char *last_words)
{
	struct child_reply reply = { .error = -EPERM };

	snprintf(reply.text, sizeof(reply.text), "%s", last_words);
	if (last_words[0])
		assert_int_equal(send(socket, &reply, sizeof(reply), 0),
				 sizeof(reply));
	close(socket);
}

static void expect(struct family *family, int error, const char *text)
{
	struct problem problem;

	assert_int_equal(family_wait_reply(family, &problem), error);
	assert_string_equal(problem.text, text);
	close(family->socket);
}

static void test_dies_before_it_is_asked(void **state)
{
	struct family family;
	int child = open_family(&family);

	(void)state;
	die(child, "cannot become user nobody");
	assert_int_equal(family_load(&family, &no_files), 0);
	expect(&family, -EPERM, "cannot become user nobody");
}

static void test_dies_before_it_has_read(void **state)
{
	struct family family;
	int child = open_family(&family);

	(void)state;
	assert_int_equal(family_load(&family, &no_files), 0);
	die(child, "cannot become user nobody");
	expect(&family, -EPERM, "cannot become user nobody");
}

static void test_dies_in_silence(void **state)
{
	struct family family;
	int child = open_family(&family);

	(void)state;
	assert_int_equal(family_load(&family, &no_files), 0);
	die(child, "");
	expect(&family, -EPIPE, "the workers died");
	child = open_family(&family);
	die(child, "");
	assert_int_equal(family_load(&family, &no_files), 0);
	expect(&family, -EPIPE, "the workers died");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dies_before_it_is_asked),
		cmocka_unit_test(test_dies_before_it_has_read),
		cmocka_unit_test(test_dies_in_silence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
