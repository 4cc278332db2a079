/* SPDX-License-Identifier: MIT */
/* See demo_program.h. */
#define _GNU_SOURCE /* pipe2(), setns() */
#include "demo_program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STOP_MS = 5000, LOOK_MS = 20, WORDS_BYTES = 512 };

extern char **environ;

/* What a user, or systemd, has set for sensors of their own. */
static bool is_for_others(const char *variable)
{
	static const char *const beginnings[] = { "X0F_",
						  "NOTIFY_SOCKET=", "WATCHDOG_",
						  "JOURNAL_STREAM=" };

	for (size_t i = 0; i < sizeof(beginnings) / sizeof(*beginnings); i++)
		if (!strncmp(variable, beginnings[i], strlen(beginnings[i])))
			return true;
	return false;
}

static void clear_environment(void)
{
	char **keep = environ;

	for (char **at = environ; *at; at++)
		if (!is_for_others(*at))
			*keep++ = *at;
	*keep = NULL;
}

static void __attribute__((noreturn))
run(int network, const char *words, int messages)
{
	char text[WORDS_BYTES] = "";
	char *argv[PROGRAM_WORDS + 1];
	char *rest = text;
	sigset_t none;
	int argc = 0;

	strncat(text, words, sizeof(text) - 1);
	while (argc < PROGRAM_WORDS && (argv[argc] = strsep(&rest, " ")))
		argc++;
	argv[argc] = NULL;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	clear_environment();
	dup2(messages, STDOUT_FILENO);
	dup2(messages, STDERR_FILENO);
	if (!setns(network, CLONE_NEWNET))
		execv("/proc/self/exe", argv);
	_exit(127);
}

int program_start(struct program *program, int network, const char *words)
{
	int fds[2];

	memset(program, 0, sizeof(*program));
	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK))
		return -errno;
	program->messages = fds[0];
	program->pid = fork();
	if (!program->pid) {
		/* only our end never waits */
		fcntl(fds[1], F_SETFL, 0);
		run(network, words, fds[1]);
	}
	close(fds[1]);
	if (program->pid > 0)
		return 0;
	program->pid = 0;
	close(fds[0]);
	return -EAGAIN;
}

/* Of more than there is room for, the beginning. */
static void listen_to(struct program *program)
{
	char rest[256];
	ssize_t n;

	do {
		size_t room = sizeof(program->text) - 1 - program->len;
		char *to = room ? program->text + program->len : rest;

		n = read(program->messages, to, room ? room : sizeof(rest));
		if (n > 0 && room)
			program->len += (size_t)n;
	} while (n > 0);
	program->text[program->len] = '\0';
}

static void take_end(struct program *program, int status)
{
	program->pid = 0;
	program->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) :
						WEXITSTATUS(status);
	listen_to(program);
	close(program->messages);
}

bool program_runs(struct program *program)
{
	int status;

	if (!program->pid)
		return false;
	listen_to(program);
	if (waitpid(program->pid, &status, WNOHANG) != program->pid)
		return true;
	take_end(program, status);
	return false;
}

int program_wait(struct program *program, int timeout_ms)
{
	int status;

	for (; program_runs(program) && timeout_ms > 0; timeout_ms -= LOOK_MS)
		poll(NULL, 0, LOOK_MS);
	if (program->pid) {
		kill(program->pid, SIGKILL);
		waitpid(program->pid, &status, 0);
		take_end(program, status);
	}
	return program->status;
}

int program_stop(struct program *program)
{
	if (program->pid)
		kill(program->pid, SIGTERM);
	return program_wait(program, STOP_MS);
}

const char *program_last_line(struct program *program)
{
	char *line;

	while (program->len && program->text[program->len - 1] == '\n')
		program->text[--program->len] = '\0';
	line = strrchr(program->text, '\n');
	line = line ? line + 1 : program->text;
	return strncmp(line, "x0f: ", 5) ? line : line + 5;
}
