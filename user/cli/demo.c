/* SPDX-License-Identifier: MIT */
/*
 * x0f demo: shows x0f at work, and that its counts add up. Two processes: the
 * first one waits, for the second one, for signals, and for the end of whoever
 * reads the output; the second one plays. That is the first process of a PID
 * namespace, so that with it everything ends: sensors, generators, and with
 * them namespaces, interfaces and programs in the kernel. It is killed when
 * the first process ends, whatever way that comes. So there is nothing that
 * would have to be cleaned up.
 */
#define _GNU_SOURCE /* CLONE_NEWPID, pipe2() */
#include "command.h"
#include "demo.h"
#include "message.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* ------------------------------------------------------- second process -- */

/*
 * Ends this process when the first one does. That may have been before:
 * nobody holds the other end of the pipe then, and getppid(2) says 0 either
 * way in a PID namespace.
 */
static void follow(int pipe_fd)
{
	struct pollfd parent = { .fd = pipe_fd };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (poll(&parent, 1, 0) > 0)
		_exit(EXIT_INTERRUPTED);
}

/* why: there is no stage; NULL: there is. */
static int play(struct demo *demo, const char *why)
{
	int ret = why ? demo_play_memory(demo, why) : demo_play(demo);
	int closed;

	if (demo->destination.out.error)
		ret = EXIT_OK;
	closed = destination_close(&demo->destination);
	return ret ? ret : closed;
}

static void __attribute__((noreturn))
second(struct demo *demo, const char *why, int pipe_fd)
{
	sigset_t none;

	follow(pipe_fd);
	/* Ctrl-C is for the first one, Ctrl-Z for neither */
	setsid();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_NAME, "x0f stage");
	_exit(play(demo, why));
}

/* -------------------------------------------------------- first process -- */

/* Who started us with a signal ignored wants it ignored. */
static void add_signal(sigset_t *set, int number)
{
	struct sigaction action;

	if (!sigaction(number, NULL, &action) && action.sa_handler != SIG_IGN)
		sigaddset(set, number);
}

static int take_signals(void)
{
	sigset_t set;

	signal(SIGTSTP, SIG_IGN); /* only this process would stop */
	sigemptyset(&set);
	add_signal(&set, SIGINT);
	add_signal(&set, SIGTERM);
	add_signal(&set, SIGHUP);
	add_signal(&set, SIGQUIT);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int exit_code(int status)
{
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	complain("the demo was killed (signal %d), nothing of it is left",
		 WTERMSIG(status));
	return EXIT_SYSTEM;
}

static int end_second(pid_t second_pid, int code)
{
	int status;

	kill(second_pid, SIGKILL);
	/* the first process of a PID namespace ends last */
	waitpid(second_pid, &status, 0);
	return code;
}

/* True: one that is not of the child. */
static bool is_signalled(int signals)
{
	struct signalfd_siginfo info;
	bool is_ours = false;

	while (read(signals, &info, sizeof(info)) == sizeof(info))
		is_ours |= info.ssi_signo != SIGCHLD;
	return is_ours;
}

static int wait_for(pid_t second_pid, int signals)
{
	struct pollfd fds[] = {
		{ .fd = signals, .events = POLLIN },
		{ .fd = STDOUT_FILENO }, /* what matters comes unasked */
	};
	int status;

	for (;;) {
		poll(fds, 2, -1);
		if (is_signalled(signals))
			return end_second(second_pid, EXIT_INTERRUPTED);
		if (waitpid(second_pid, &status, WNOHANG) == second_pid)
			return exit_code(status);
		if (fds[1].revents & (POLLERR | POLLHUP))
			return end_second(second_pid, EXIT_OK);
		if (fds[1].revents) /* it is closed */
			fds[1].fd = -1;
	}
}

/* The one of the default route, for what to try next. */
static void find_interface(struct demo *demo)
{
	FILE *file = fopen("/proc/net/route", "re");
	char line[256];
	char name[16];
	unsigned int to;

	strcpy(demo->interface, "eth0");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "%15s %x", name, &to) == 2 && !to)
			strcpy(demo->interface, name);
	if (file)
		fclose(file);
}

/*
 * fork(2) into a new PID namespace. Not by unshare(2): that would leave this
 * process unable to have other children once the first of them is dead. The
 * child has one thread, and calls nothing that asks glibc for its own number.
 */
static pid_t fork_apart(void)
{
	return (pid_t)syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, NULL, NULL,
			      NULL, NULL);
}

/* Sets *why where there is no right to a stage; NULL: there is. */
static pid_t fork_second(const struct settings *settings, const char **why)
{
	pid_t pid;

	*why = "--memory was given";
	if (settings->memory)
		return fork();
	*why = NULL;
	pid = fork_apart();
	if (pid >= 0)
		return pid;
	*why = geteuid() ? "you are not root" :
			   "no namespaces can be made here";
	return fork();
}

static int run_demo(const struct settings *settings, int argc, char **argv)
{
	static struct demo demo; /* has the output's buffer inside */
	const char *why;
	int signals;
	int alive[2];
	pid_t pid;

	(void)argc;
	(void)argv;
	demo.settings = settings;
	destination_open(&demo.destination, NULL, 0, NULL);
	printer_open(&demo.printer, &format_line, &demo.destination.out);
	demo.printer.colour = destination_has_colour(&demo.destination,
						     settings->colour);
	find_interface(&demo);
	signals = take_signals();
	if (signals < 0 || pipe2(alive, O_CLOEXEC)) {
		complain("demo: %s", error_text(errno));
		return EXIT_SYSTEM;
	}
	pid = fork_second(settings, &why);
	if (!pid) {
		close(alive[1]);
		second(&demo, why, alive[0]);
	}
	close(alive[0]);
	if (pid < 0) {
		complain("demo: no process: %s", error_text(errno));
		return EXIT_SYSTEM;
	}
	return wait_for(pid, signals);
}

const struct command command_demo = {
	.name = "demo",
	.area = AREA_WATCH,
	.operands = "",
	.bit = COMMAND_DEMO,
	.summary = "see it at work, on a network of its own",
	.description =
		"Shows x0f at work in a few seconds, and touches nothing of "
		"this machine. As root it makes network namespaces without "
		"names, and cables between them, and runs the real thing: (1) "
		"inline on a server, while real connections are made to it by "
		"IPv4 and IPv6; (2) a tap that gets every system of the "
		"databases, then half a million packets a second, then as many "
		"as the kernel can make; (3) a tap that gets copies of the "
		"server's packets, made by TC. Without root the packets come "
		"from memory, through the reader of capture files. It shows "
		"the commands that it types, findings as they come, and at the "
		"end what became of every packet that was sent, as counted by "
		"the kernel. Exit code 70: that does not add up; 130: "
		"interrupted. What a kernel cannot do is said and left out. "
		"However it ends, by kill -9 too, nothing is left behind.",
	.examples = {
		{ "sudo x0f demo", "x0f at work, on veth pairs" },
		{ "x0f demo", "without root, from memory" },
		{ "x0f demo --color always | less -R", "to read it slowly" },
	},
	.run = run_demo,
};
