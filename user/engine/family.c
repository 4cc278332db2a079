/* SPDX-License-Identifier: MIT */
/* See family.h. Called by the supervisor, which has one thread. */
#include "family.h"
#include "../capture/clock.h"
#include "notify.h"
#include "passing.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* A database of 100,000 signatures takes seconds to build and test. */
enum { LOAD_MS = 60000, LOOK_MS = 100 };
enum { STOP_MS = 3000, PRINTER_MS = 3000, KILL_MS = 2000 };

/* The printer's own, for sensor_become_reader(), sensor_take_output(). */
static const struct rights *printer_rights;
static int printer_gate = -1;

static void unblock_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static int print_when_told(const struct family *family, int gate,
			   const char *path)
{
	int fds[PASSING_MOST];
	uint32_t go;

	prctl(PR_SET_NAME, "x0f printer");
	/* Ctrl-C reaches the whole group; the supervisor decides. */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN); /* until it knows what to do */
	unblock_signals();
	if (family->signals >= 0)
		close(family->signals);
	notify_close();
	if (passing_receive(gate, 0, &go, fds) < 0)
		return 0; /* it did not come to capturing */
	printer_gate = gate;
	printer_rights = &family->rights;
	return family->options->print(family->options->ctx, path);
}

int sensor_become_reader(struct problem *problem)
{
	return rights_drop(printer_rights, problem);
}

int sensor_take_output(void)
{
	int fds[PASSING_MOST];
	int newest = -1;
	uint32_t word;

	/* of several, the last one */
	while (passing_receive(printer_gate, MSG_DONTWAIT, &word, fds) == 1) {
		if (newest >= 0)
			close(newest);
		newest = fds[0];
	}
	return newest;
}

int family_start_printer(struct family *family, const char *path)
{
	int gate[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, gate))
		return -errno;
	family->printer = fork();
	if (!family->printer) {
		close(gate[1]);
		_exit(print_when_told(family, gate[0], path));
	}
	close(gate[0]);
	family->gate = gate[1];
	return family->printer < 0 ? -errno : 0;
}

/* A printer that is dead already is reaped like any other. */
void family_open_gate(struct family *family)
{
	if (family->gate >= 0)
		passing_send(family->gate, 1, NULL, 0);
}

void family_renew_output(struct family *family)
{
	const struct sensor_options *options = family->options;
	int fd;

	if (family->printer <= 0 || !options->open_output)
		return;
	fd = options->open_output(options->ctx);
	if (fd < 0) /* it has said why */
		return;
	if (!passing_send(family->gate, 1, &fd, 1))
		kill(family->printer, SIGHUP);
	close(fd);
}

bool family_stop_printer(struct family *family)
{
	if (family->gate >= 0)
		close(family->gate);
	family->gate = -1;
	return !WIFSIGNALED(family_wait(family, &family->printer, PRINTER_MS));
}

/* What only the supervisor may answer. */
static void close_private(const struct family *family)
{
	if (family->gate >= 0)
		close(family->gate);
	if (family->listener >= 0)
		close(family->listener);
	if (family->signals >= 0)
		close(family->signals);
	notify_close();
}

int family_start_workers(struct family *family, struct capture *capture,
			 struct segment *segment)
{
	struct child child = {
		.options = family->options,
		.rights = &family->rights,
		.capture = capture,
		.segment = segment,
		.supervisor = getpid(),
	};
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return -errno;
	for (uint32_t i = 0; i < capture_workers(capture); i++)
		segment_worker(segment, i)->heartbeat_ns = 0;
	family->workers = fork();
	if (!family->workers) {
		child.socket = pair[1];
		close(pair[0]);
		close_private(family);
		unblock_signals();
		_exit(child_run(&child));
	}
	close(pair[1]);
	if (family->workers < 0) {
		family->workers = 0;
		close(pair[0]);
		return -errno;
	}
	family->socket = pair[0];
	family->started_ms = clock_ms();
	segment->header->worker_pid = (uint32_t)family->workers;
	return 0;
}

int family_take_reply(struct family *family, struct problem *problem)
{
	struct child_reply reply;
	ssize_t n = recv(family->socket, &reply, sizeof(reply), MSG_DONTWAIT);

	/* it ended before it read what we sent; what it said comes next */
	if (n < 0 && errno == ECONNRESET)
		n = recv(family->socket, &reply, sizeof(reply), MSG_DONTWAIT);
	if (n < 0 && errno == EAGAIN)
		return problem_set(problem, -EAGAIN, "no answer yet");
	if (n != (ssize_t)sizeof(reply))
		return problem_set(problem, -EPIPE, "the workers died");
	memcpy(problem->text, reply.text, sizeof(problem->text));
	problem->text[sizeof(problem->text) - 1] = '\0';
	return reply.error;
}

/* Blocked ones stay pending until the supervisor's loop reads them. */
static bool is_told_to_end(void)
{
	sigset_t pending;

	sigpending(&pending);
	return sigismember(&pending, SIGINT) ||
	       sigismember(&pending, SIGTERM) || sigismember(&pending, SIGQUIT);
}

int family_load(struct family *family, const struct copies *copies)
{
	int ret = passing_send(family->socket, CHILD_LOAD, copies->fds,
			       copies->count);

	return ret == -EPIPE || ret == -ECONNRESET ? 0 : ret;
}

int family_wait_reply(struct family *family, struct problem *problem)
{
	struct pollfd fd = { .fd = family->socket, .events = POLLIN };
	uint64_t until = clock_ms() + LOAD_MS;

	while (clock_ms() < until) {
		if (poll(&fd, 1, LOOK_MS) > 0)
			return family_take_reply(family, problem);
		if (is_told_to_end())
			return problem_set(problem, -EINTR,
					   "interrupted while loading "
					   "signatures");
		if (family->look(family->ctx))
			return -ECANCELED;
	}
	return problem_set(problem, -ETIMEDOUT,
			   "loading signatures takes more than %d s",
			   LOAD_MS / 1000);
}

/* Returns the status, 0 where there is none. */
int family_wait(struct family *family, pid_t *pid, int timeout_ms)
{
	uint64_t look_ms = clock_ms() + LOOK_MS;
	uint64_t until = clock_ms() + (uint64_t)timeout_ms;
	int status = 0;

	while (*pid > 0 && clock_ms() < until + KILL_MS) {
		pid_t ended = waitpid(*pid, &status, WNOHANG);

		if (ended == *pid || (ended < 0 && errno != EINTR)) {
			*pid = 0;
			return status;
		}
		if (clock_ms() >= until)
			kill(*pid, SIGKILL);
		if (clock_ms() >= look_ms) { /* what it says changes nothing */
			family->look(family->ctx);
			look_ms = clock_ms() + LOOK_MS;
		}
		poll(NULL, 0, 2);
	}
	*pid = 0;
	return status;
}

void family_stop_workers(struct family *family)
{
	if (family->workers > 0) {
		passing_send(family->socket, CHILD_STOP, NULL, 0);
		family_wait(family, &family->workers, STOP_MS);
	}
	if (family->socket >= 0)
		close(family->socket);
	family->socket = -1;
}
