/* SPDX-License-Identifier: MIT */
/*
 * Both ends of the control socket, see control.h. The supervisor's never
 * waits longer than CLIENT_MS for anybody: it has interfaces to look after.
 */
#define _GNU_SOURCE /* accept4() */

#include "control.h"

#include "../capture/clock.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* A client has to say its line in this time. */
#define CLIENT_MS 100

/* Clients that wait; more are refused by the kernel until one was served. */
#define BACKLOG 16

/* -EMSGSIZE: the path does not fit into a socket's name. */
static int set_address(struct sockaddr_un *address, const char *path)
{
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	if (!path[0])
		return -ENOENT;
	if (strlen(path) >= sizeof(address->sun_path))
		return -EMSGSIZE;
	memcpy(address->sun_path, path, strlen(path));
	return 0;
}

static int connect_to(const char *path)
{
	struct sockaddr_un address;
	int ret = set_address(&address, path);
	int fd;

	if (ret)
		return ret;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address))) {
		ret = -errno;
		close(fd);
		return ret;
	}
	return fd;
}

/* Waits for data. 0, -ETIMEDOUT or another negative errno. */
static int wait_readable(int fd, int64_t deadline_ms)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };

	for (;;) {
		int64_t left = deadline_ms - (int64_t)clock_ms();
		int ret = poll(&pollfd, 1, left > 0 ? (int)left : 0);

		if (ret > 0)
			return 0;
		if (!ret)
			return -ETIMEDOUT;
		if (errno != EINTR)
			return -errno;
	}
}

/*
 * Reads up to a newline, which is taken away, or to the end. Control
 * characters become question marks: both sides print what they got.
 * -EMSGSIZE: the line is too long; -ENODATA: there was none.
 */
static int read_line(int fd, char line[CONTROL_LINE], int64_t deadline_ms)
{
	size_t len = 0;
	bool is_whole = false;

	while (!is_whole) {
		ssize_t n;
		int ret = wait_readable(fd, deadline_ms);

		if (ret)
			return ret;
		n = recv(fd, line + len, CONTROL_LINE - len, 0);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n < 0)
			return -errno;
		is_whole = !n || memchr(line + len, '\n', (size_t)n);
		len += (size_t)n;
		if (!is_whole && len == CONTROL_LINE)
			return -EMSGSIZE;
	}
	if (!len)
		return -ENODATA;
	line[len < CONTROL_LINE ? len : CONTROL_LINE - 1] = '\0';
	line[strcspn(line, "\n")] = '\0';
	for (char *c = line; *c; c++)
		if (iscntrl((unsigned char)*c))
			*c = '?';
	return 0;
}

/* What does not fit into the socket's buffer at once is lost: it is a line. */
static int send_line(int fd, const char *line, size_t len)
{
	ssize_t n;

	do {
		n = send(fd, line, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

/* ----------------------------------------------------------- supervisor -- */

/* True if nobody listens there any more, and the file is gone. */
static bool remove_stale(const char *path)
{
	struct stat file;
	int fd;

	if (lstat(path, &file) || !S_ISSOCK(file.st_mode))
		return false;
	fd = connect_to(path);
	if (fd >= 0) {
		close(fd);
		return false;
	}
	return fd == -ECONNREFUSED && !unlink(path);
}

/*
 * The mode is set before anybody can connect: between bind() and listen().
 * Not by umask(), which other threads would feel.
 */
static int bind_and_listen(int fd, const struct sockaddr_un *address)
{
	if (bind(fd, (const struct sockaddr *)address, sizeof(*address)))
		return -errno;
	if (chmod(address->sun_path, 0600) || listen(fd, BACKLOG)) {
		int ret = -errno;

		unlink(address->sun_path);
		return ret;
	}
	return 0;
}

static int refuse_path(const char *path, int error, struct problem *problem)
{
	if (error == -EMSGSIZE)
		return problem_set(problem, error,
				   "%s: the name of a socket may have %zu "
				   "bytes, this has %zu: use a shorter "
				   "--run-dir or --name",
				   path,
				   sizeof(((struct sockaddr_un *)0)->sun_path) -
					   1,
				   strlen(path));
	if (error == -EADDRINUSE)
		return problem_set(problem, error,
				   "%s: something else uses this control "
				   "socket",
				   path);
	return problem_set(problem, error, "%s: no control socket: %s", path,
			   problem_errno(error));
}

int control_listen(const char *path, struct problem *problem)
{
	struct sockaddr_un address;
	int ret = set_address(&address, path);
	int fd;

	if (ret)
		return refuse_path(path, ret, problem);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return refuse_path(path, -errno, problem);
	ret = bind_and_listen(fd, &address);
	if (ret == -EADDRINUSE && remove_stale(path))
		ret = bind_and_listen(fd, &address);
	if (!ret)
		return fd;
	close(fd);
	return refuse_path(path, ret, problem);
}

int control_accept(int listener, char line[CONTROL_LINE])
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	int ret;

	if (fd < 0)
		return -errno;
	ret = read_line(fd, line, (int64_t)clock_ms() + CLIENT_MS);
	if (!ret)
		return fd;
	close(fd);
	return ret;
}

/* Reading what else came keeps close() from taking our answer back. */
static void discard_rest(int connection)
{
	char rest[CONTROL_LINE];

	for (int i = 0; i < BACKLOG; i++)
		if (recv(connection, rest, sizeof(rest), MSG_DONTWAIT) <= 0)
			return;
}

void control_answer(int connection, int exit_code, const char *text)
{
	char line[CONTROL_LINE];
	int len = snprintf(line, sizeof(line) - 1, "%d %s", exit_code, text);

	if (len < 0 || (size_t)len >= sizeof(line) - 1)
		len = sizeof(line) - 2;
	for (int i = 0; i < len; i++)
		if (iscntrl((unsigned char)line[i]))
			line[i] = ' ';
	line[len++] = '\n';
	discard_rest(connection);
	send_line(connection, line, (size_t)len);
	close(connection);
}

/* --------------------------------------------------------------- client -- */

/* "69 text for people" */
static int take_answer(const char *line, char *text, size_t size)
{
	char *end;
	long code = strtol(line, &end, 10);

	if (end == line || (*end != ' ' && *end) || code < 0 ||
	    code > UINT8_MAX)
		return -EPROTO;
	snprintf(text, size, "%s", *end ? end + 1 : "");
	return (int)code;
}

static int ask(int fd, const char *request, int64_t deadline_ms, char *text,
	       size_t size)
{
	char line[CONTROL_LINE];
	int len = snprintf(line, sizeof(line), "%s\n", request);
	int ret;

	if (len < 0 || (size_t)len >= sizeof(line))
		return -EMSGSIZE;
	ret = send_line(fd, line, (size_t)len);
	if (!ret)
		ret = read_line(fd, line, deadline_ms);
	if (ret == -ENODATA || ret == -ECONNRESET || ret == -EPIPE)
		return -ECONNREFUSED; /* it died in the middle of it */
	return ret ? ret : take_answer(line, text, size);
}

int control_ask(const char *path, const char *request, int timeout_ms,
		char *text, size_t size)
{
	int64_t deadline_ms = (int64_t)clock_ms() + timeout_ms;
	int fd;
	int ret;

	/* EAGAIN: too many wait; the one after them may be us. */
	while ((fd = connect_to(path)) == -EAGAIN &&
	       (int64_t)clock_ms() < deadline_ms)
		poll(NULL, 0, 10);
	if (fd < 0)
		return fd == -EAGAIN ? -ETIMEDOUT : fd;
	ret = ask(fd, request, deadline_ms, text, size);
	close(fd);
	return ret;
}
