/* SPDX-License-Identifier: MIT */
/*
 * The control socket, with clients of every sort: ours, silent ones, slow
 * ones, ones that talk nonsense or leave.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "../../user/engine/control.h"

/* What control.h promises, and room for a busy machine */
#define CLIENT_MS 100
#define PATIENCE_MS 2000

static char folder[] = "/tmp/x0f-control-XXXXXX";
static char path[128];

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int set_up_all(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/eth0.sock", folder);
	return 0;
}

static int tear_down_all(void **state)
{
	(void)state;
	return rmdir(folder);
}

static int remove_socket(void **state)
{
	(void)state;
	unlink(path);
	return 0;
}

static int listen_or_fail(void)
{
	struct problem problem = { "" };
	int listener = control_listen(path, &problem);

	if (listener < 0)
		fail_msg("%s", problem.text);
	return listener;
}

/* A client by hand. */
static int connect_raw(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(address.sun_path, path, strlen(path) + 1);
	assert_int_equal(connect(fd, (struct sockaddr *)&address,
				 sizeof(address)),
			 0);
	return fd;
}

static void say(int fd, const char *text, size_t len)
{
	assert_int_equal(write(fd, text, len), (ssize_t)len);
}

/* What the supervisor gets of a client that says this. */
static int accept_after(int listener, const char *text, size_t len, char *line)
{
	int client = connect_raw();
	int ret;

	say(client, text, len);
	ret = control_accept(listener, line);
	if (ret >= 0)
		control_answer(ret, 0, "");
	close(client);
	return ret;
}

/* ------------------------------------------------------------- listening -- */

static void test_is_roots_alone(void **state)
{
	int listener = listen_or_fail();
	struct stat file;

	(void)state;
	assert_int_equal(stat(path, &file), 0);
	assert_true(S_ISSOCK(file.st_mode));
	assert_int_equal(file.st_mode & 0777, 0600);
	close(listener);
}

static void test_does_not_wait_for_clients(void **state)
{
	int listener = listen_or_fail();
	char line[CONTROL_LINE];

	(void)state;
	assert_int_equal(control_accept(listener, line), -EAGAIN);
	close(listener);
}

static void test_replaces_what_a_dead_one_left(void **state)
{
	char line[CONTROL_LINE];

	(void)state;
	close(listen_or_fail()); /* the file stays, as after a kill */
	assert_int_equal(access(path, F_OK), 0);
	assert_true(accept_after(listen_or_fail(), "ping\n", 5, line) >= 0);
}

static void test_leaves_living_ones_alone(void **state)
{
	int listener = listen_or_fail();
	struct problem problem;
	char line[CONTROL_LINE];
	char text[200];

	(void)state;
	assert_int_equal(control_listen(path, &problem), -EADDRINUSE);
	snprintf(text, sizeof(text),
		 "%s: something else uses this control socket", path);
	assert_string_equal(problem.text, text);
	/* the probe was a client that left without a word */
	assert_int_equal(control_accept(listener, line), -ENODATA);
	assert_true(accept_after(listener, "ping\n", 5, line) >= 0);
	close(listener);
}

static void test_leaves_files_alone(void **state)
{
	struct problem problem;
	FILE *file = fopen(path, "w");

	(void)state;
	fclose(file);
	assert_int_equal(control_listen(path, &problem), -EADDRINUSE);
	assert_int_equal(access(path, F_OK), 0);
}

static void test_refuses_long_paths(void **state)
{
	struct problem problem;
	char longer[110];

	(void)state;
	memset(longer, 'a', sizeof(longer) - 1);
	longer[0] = '/';
	longer[108] = '\0'; /* one too many */
	assert_int_equal(control_listen(longer, &problem), -EMSGSIZE);
	assert_non_null(strstr(problem.text, "may have 107 bytes, this has "
					     "108: use a shorter --run-dir or "
					     "--name"));
	longer[107] = '\0'; /* fits, but for the folders */
	assert_int_not_equal(control_listen(longer, &problem), -EMSGSIZE);
	unlink(longer);
	assert_int_equal(control_listen("/no/such/folder/a.sock", &problem),
			 -ENOENT);
	assert_string_equal(problem.text,
			    "/no/such/folder/a.sock: no control socket: no "
			    "such file or directory");
}

/* --------------------------------------------------------------- clients -- */

static void test_takes_lines(void **state)
{
	int listener = listen_or_fail();
	char line[CONTROL_LINE];
	char longest[CONTROL_LINE];

	(void)state;
	assert_true(accept_after(listener, "reload\n", 7, line) >= 0);
	assert_string_equal(line, "reload");
	assert_true(accept_after(listener, "stop\nreload\n", 12, line) >= 0);
	assert_string_equal(line, "stop");
	assert_true(accept_after(listener, "\n", 1, line) >= 0);
	assert_string_equal(line, "");
	memset(longest, 'x', sizeof(longest));
	longest[CONTROL_LINE - 1] = '\n';
	assert_true(accept_after(listener, longest, sizeof(longest), line) >=
		    0);
	assert_int_equal(strlen(line), CONTROL_LINE - 1);
	close(listener);
}

static void test_survives_nonsense(void **state)
{
	int listener = listen_or_fail();
	char line[CONTROL_LINE];
	char flood[4 * CONTROL_LINE];

	(void)state;
	assert_true(accept_after(listener, "\x1b[2J\x01\xff\n", 7, line) >= 0);
	assert_string_equal(line, "?[2J?\xff");
	assert_true(accept_after(listener, "\0stop\n", 6, line) >= 0);
	assert_string_equal(line, "");
	memset(flood, 'x', sizeof(flood));
	assert_int_equal(accept_after(listener, flood, CONTROL_LINE, line),
			 -EMSGSIZE);
	assert_int_equal(accept_after(listener, flood, sizeof(flood), line),
			 -EMSGSIZE);
	assert_true(accept_after(listener, "ping\n", 5, line) >= 0);
	close(listener);
}

static void test_does_not_wait_for_silent_ones(void **state)
{
	int listener = listen_or_fail();
	int client = connect_raw();
	int64_t begun = now_ms();
	char line[CONTROL_LINE];

	(void)state;
	assert_int_equal(control_accept(listener, line), -ETIMEDOUT);
	assert_true(now_ms() - begun >= CLIENT_MS - 1);
	assert_true(now_ms() - begun < PATIENCE_MS);
	close(client);
	close(listener);
}

static void *drip(void *arg)
{
	int client = *(int *)arg;

	for (int i = 0; i < 60; i++) {
		if (send(client, "x", 1, MSG_NOSIGNAL) != 1)
			break;
		poll(NULL, 0, CLIENT_MS / 2);
	}
	return NULL;
}

/* The time is for the whole line, not for each byte. */
static void test_does_not_wait_for_slow_ones(void **state)
{
	int listener = listen_or_fail();
	int client = connect_raw();
	int64_t begun = now_ms();
	char line[CONTROL_LINE];
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, drip, &client), 0);
	assert_int_equal(control_accept(listener, line), -ETIMEDOUT);
	assert_true(now_ms() - begun < PATIENCE_MS);
	pthread_join(thread, NULL);
	close(client);
	close(listener);
}

/* SIGPIPE has its default here and would end the test. */
static void test_survives_those_who_leave(void **state)
{
	int listener = listen_or_fail();
	char line[CONTROL_LINE];
	int connection;
	int client;

	(void)state;
	client = connect_raw();
	close(client);
	assert_int_equal(control_accept(listener, line), -ENODATA);
	client = connect_raw();
	say(client, "reload\n", 7);
	connection = control_accept(listener, line);
	assert_true(connection >= 0);
	close(client);
	control_answer(connection, 0, "too late");
	close(listener);
}

/* --------------------------------------------------------------- answers -- */

struct server {
	int listener;
	int requests;
	int exit_code;
	const char *text; /* NULL: closes without an answer */
};

static void *serve(void *arg)
{
	struct server *server = arg;
	struct pollfd pollfd = { .fd = server->listener, .events = POLLIN };
	char line[CONTROL_LINE];

	for (int i = 0; i < server->requests; i++) {
		int connection;

		poll(&pollfd, 1, PATIENCE_MS);
		connection = control_accept(server->listener, line);
		if (connection >= 0 && server->text)
			control_answer(connection, server->exit_code,
				       server->text);
		else if (connection >= 0)
			close(connection);
	}
	return NULL;
}

/* What a client gets of a sensor that answers like this. */
static int ask_server(int exit_code, const char *answer, char *text,
		      size_t size)
{
	struct server server = { .listener = listen_or_fail(),
				 .requests = 1,
				 .exit_code = exit_code,
				 .text = answer };
	pthread_t thread;
	int ret;

	assert_int_equal(pthread_create(&thread, NULL, serve, &server), 0);
	ret = control_ask(path, "reload", PATIENCE_MS, text, size);
	pthread_join(thread, NULL);
	close(server.listener);
	unlink(path);
	return ret;
}

static void test_passes_answers_on(void **state)
{
	char text[CONTROL_LINE];
	char longer[2 * CONTROL_LINE];

	(void)state;
	assert_int_equal(ask_server(0, "generation 2", text, sizeof(text)), 0);
	assert_string_equal(text, "generation 2");
	assert_int_equal(ask_server(78, "a.fp:3: no\nsuch", text, sizeof(text)),
			 78);
	assert_string_equal(text, "a.fp:3: no such");
	assert_int_equal(ask_server(69, "", text, sizeof(text)), 69);
	assert_string_equal(text, "");
	assert_int_equal(ask_server(0, "generation 2", text, 4), 0);
	assert_string_equal(text, "gen");
	memset(longer, 'x', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(ask_server(65, longer, text, sizeof(text)), 65);
	assert_true(strlen(text) > CONTROL_LINE - 8);
}

static void test_serves_many(void **state)
{
	struct server server = { .listener = listen_or_fail(),
				 .requests = 200,
				 .text = "yes" };
	char text[CONTROL_LINE];
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, serve, &server), 0);
	for (int i = 0; i < server.requests; i++)
		assert_int_equal(control_ask(path, "ping", PATIENCE_MS, text,
					     sizeof(text)),
				 0);
	pthread_join(thread, NULL);
	close(server.listener);
}

static void test_says_that_nobody_answers(void **state)
{
	char text[CONTROL_LINE];
	int64_t begun;
	int listener;

	(void)state;
	assert_int_equal(control_ask(path, "ping", 100, text, sizeof(text)),
			 -ENOENT);
	listener = listen_or_fail();
	begun = now_ms();
	assert_int_equal(control_ask(path, "ping", 100, text, sizeof(text)),
			 -ETIMEDOUT);
	assert_true(now_ms() - begun < PATIENCE_MS);
	close(listener);
	assert_int_equal(control_ask(path, "ping", 100, text, sizeof(text)),
			 -ECONNREFUSED);
	unlink(path);
	assert_int_equal(ask_server(0, NULL, text, sizeof(text)),
			 -ECONNREFUSED);
}

/* Something else may listen there. */
static void *answer_nonsense(void *arg)
{
	const struct server *server = arg;
	struct pollfd pollfd = { .fd = server->listener, .events = POLLIN };
	char line[CONTROL_LINE];
	int connection;

	poll(&pollfd, 1, PATIENCE_MS);
	connection = control_accept(server->listener, line);
	say(connection, server->text, strlen(server->text));
	close(connection);
	return NULL;
}

static void test_doubts_answers(void **state)
{
	static const char *const nonsense[] = {
		"hello\n", "-1 no\n", "256 no\n",
		"0x no\n", "\n",      "99999999999999999999999 no\n",
	};
	char text[CONTROL_LINE];

	(void)state;
	for (size_t i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++) {
		struct server server = { .listener = listen_or_fail(),
					 .text = nonsense[i] };
		pthread_t thread;

		pthread_create(&thread, NULL, answer_nonsense, &server);
		assert_int_equal(control_ask(path, "ping", PATIENCE_MS, text,
					     sizeof(text)),
				 -EPROTO);
		pthread_join(thread, NULL);
		close(server.listener);
	}
}

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, NULL, remove_socket)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_is_roots_alone),
		TEST(test_does_not_wait_for_clients),
		TEST(test_replaces_what_a_dead_one_left),
		TEST(test_leaves_living_ones_alone),
		TEST(test_leaves_files_alone),
		TEST(test_refuses_long_paths),
		TEST(test_takes_lines),
		TEST(test_survives_nonsense),
		TEST(test_does_not_wait_for_silent_ones),
		TEST(test_does_not_wait_for_slow_ones),
		TEST(test_survives_those_who_leave),
		TEST(test_passes_answers_on),
		TEST(test_serves_many),
		TEST(test_says_that_nobody_answers),
		TEST(test_doubts_answers),
	};

	return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
