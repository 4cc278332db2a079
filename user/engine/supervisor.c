/* SPDX-License-Identifier: MIT */
/*
 * The supervisor: owns rights, links, segment and control socket, never sees
 * a byte of a packet or of a database. One thread, one loop over signals,
 * netlink, the control socket and its children. See sensor.h.
 */
#include "clock.h"
#include "control.h"
#include "family.h"
#include "limits.h"
#include "reload.h"

#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TICK_MS = 100, HANG_MS = 5000 };
enum { BACKOFF_MS = 100, BACKOFF_MOST_MS = 5000, GOOD_RUN_MS = 10000 };

struct supervisor {
	const struct sensor_options *options;
	struct problem *problem;
	struct family family;
	struct capture *capture;
	struct segment segment;
	char control_path[256];
	int signals;
	int listener;
	struct reload reload;
	bool stopping;
	uint64_t backoff_ms;
	uint64_t restart_ms; /* when to start workers again; 0: they run */
	int result;
};

__attribute__((format(printf, 2, 3))) static void
say(const struct supervisor *s, const char *format, ...)
{
	char line[sizeof(struct problem) + 64];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	s->options->say(s->options->ctx, line);
}

static int open_signals(struct supervisor *s)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	s->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return s->signals < 0 ? problem_set(s->problem, -errno, "signalfd: %s",
					    problem_errno(errno)) :
				0;
}

static int open_segment(struct supervisor *s)
{
	const struct sensor_options *options = s->options;
	struct segment_options wanted = {
		.directory = options->run_dir,
		.name = options->name,
		.group = -1,
		.workers = capture_workers(s->capture),
		.ring_records = options->ring_records,
		.interfaces = options->capture.interface_count,
		.policy = options->policy,
	};
	const struct group *group;

	if (options->group) {
		group = getgrnam(options->group);
		if (!group)
			return problem_set(s->problem, -ENOENT,
					   "--group %s: no such group",
					   options->group);
		wanted.group = group->gr_gid;
	}
	return segment_create(&s->segment, &wanted, s->problem);
}

static void publish_interfaces(struct supervisor *s)
{
	enum x0f_sensor_state state = X0F_SENSOR_RUNNING;

	for (uint32_t i = 0; i < s->options->capture.interface_count; i++) {
		struct x0f_segment_interface *interface =
			segment_interface(&s->segment, i);

		capture_read_interface(s->capture, i, interface);
		if (interface->state == X0F_INTERFACE_DEAF)
			state = X0F_SENSOR_DEAF;
	}
	if (!s->stopping && !s->restart_ms)
		segment_set_state(&s->segment, state);
}

/* From a capture that is open to packets that come in. */
static int start_workers(struct supervisor *s)
{
	int ret = family_start_workers(&s->family, s->capture, &s->segment);

	if (ret)
		return problem_set(s->problem, ret, "cannot start workers: %s",
				   problem_errno(ret));
	ret = family_load_and_wait(&s->family, s->problem);
	if (!ret)
		ret = capture_attach(s->capture, s->problem);
	if (ret)
		return ret;
	s->restart_ms = 0;
	publish_interfaces(s);
	return 0;
}

static int start(struct supervisor *s)
{
	char path[256];
	int ret = open_signals(s);

	snprintf(path, sizeof(path), "%s/%s", s->options->run_dir,
		 s->options->name);
	if (!ret && s->options->print)
		ret = family_start_printer(&s->family, path);
	if (!ret)
		ret = capture_open(&s->capture, &s->options->capture,
				   s->problem);
	if (!ret)
		ret = open_segment(s);
	if (ret)
		return ret;
	s->listener = control_listen(s->control_path, s->problem);
	if (s->listener < 0)
		return s->listener;
	ret = start_workers(s);
	if (!ret)
		family_open_gate(&s->family);
	return ret;
}

static void take_signals(struct supervisor *s)
{
	struct signalfd_siginfo info;

	while (read(s->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGHUP) {
			family_renew_output(&s->family);
			reload_begin(&s->reload, &s->family);
		} else if (info.ssi_signo != SIGCHLD) {
			s->stopping = true;
		}
	}
}

/* New ones after a while; the longer, the more often they died. */
static void plan_restart(struct supervisor *s)
{
	family_stop_workers(&s->family);
	reload_fail(&s->reload);
	segment_set_state(&s->segment, X0F_SENSOR_RESTARTING);
	if (clock_ms() - s->family.started_ms > GOOD_RUN_MS)
		s->backoff_ms = BACKOFF_MS;
	s->restart_ms = clock_ms() + s->backoff_ms;
	s->backoff_ms *= s->backoff_ms < BACKOFF_MOST_MS ? 2 : 1;
}

static void restart(struct supervisor *s)
{
	int ret = capture_reopen(s->capture, s->problem);

	s->segment.header->restarts++;
	if (!ret)
		ret = start_workers(s);
	if (!ret) {
		say(s, "new workers run");
		return;
	}
	say(s, "workers do not start, trying again: %s", s->problem->text);
	plan_restart(s);
}

static void reap(struct supervisor *s)
{
	struct family *family = &s->family;
	int status;

	if (family->workers > 0 &&
	    waitpid(family->workers, &status, WNOHANG) == family->workers) {
		family->workers = 0;
		say(s, "the workers died (%s %d), starting new ones",
		    WIFSIGNALED(status) ? "signal" : "exit code",
		    WIFSIGNALED(status) ? WTERMSIG(status) :
					  WEXITSTATUS(status));
		plan_restart(s);
	}
	if (family->printer <= 0 ||
	    waitpid(family->printer, &status, WNOHANG) != family->printer)
		return;
	family->printer = 0;
	if (WIFEXITED(status)) /* nobody reads the output any more */
		s->stopping = true;
	else
		say(s,
		    "the printer was killed by signal %d, findings are "
		    "still published",
		    WTERMSIG(status));
}

/* Threads that wait are awake ten times a second. */
static void look_for_hang(struct supervisor *s)
{
	uint64_t now = clock_ns();

	for (uint32_t i = 0; !s->restart_ms && i < capture_workers(s->capture);
	     i++) {
		uint64_t last = __atomic_load_n(
			&segment_worker(&s->segment, i)->heartbeat_ns,
			__ATOMIC_RELAXED);

		if (!last || now < last + HANG_MS * NS_PER_MS)
			continue;
		say(s, "worker %u has not moved for %d s, starting anew", i,
		    HANG_MS / 1000);
		kill(s->family.workers, SIGKILL);
		return;
	}
}

static void check(struct supervisor *s)
{
	struct problem problem;

	switch (capture_check(s->capture, &problem)) {
	case CAPTURE_WELL:
		break;
	case CAPTURE_REOPEN:
		if (!s->restart_ms) {
			plan_restart(s);
			s->restart_ms = clock_ms();
		}
		break;
	case CAPTURE_GUARD:
		*s->problem = problem;
		s->result = -EADDRINUSE;
		s->stopping = true;
		return;
	}
	publish_interfaces(s);
	look_for_hang(s);
	__atomic_store_n(&s->segment.header->heartbeat_ns, clock_ns(),
			 __ATOMIC_RELAXED);
	if (s->restart_ms && clock_ms() >= s->restart_ms)
		restart(s);
}

static void run(struct supervisor *s)
{
	while (!s->stopping) {
		struct pollfd fds[4] = {
			{ .fd = s->signals, .events = POLLIN },
			{ .fd = s->listener, .events = POLLIN },
			{ .fd = capture_fd(s->capture), .events = POLLIN },
			{ .fd = s->family.socket, .events = POLLIN },
		};

		poll(fds, 4, TICK_MS);
		if (fds[0].revents)
			take_signals(s);
		if (fds[1].revents)
			s->stopping |= reload_take_command(&s->reload,
							   &s->family,
							   s->listener);
		if (fds[3].revents && s->family.socket == fds[3].fd)
			reload_take_reply(&s->reload, &s->family);
		reap(s);
		check(s);
	}
}

/* Nothing comes any more, what came is drained, readers have read it. */
static void stop(struct supervisor *s)
{
	capture_detach(s->capture);
	segment_set_state(&s->segment, X0F_SENSOR_STOPPING);
	family_stop_workers(&s->family);
	publish_interfaces(s);
	segment_set_state(&s->segment, X0F_SENSOR_ENDED);
	segment_ring_doorbell(&s->segment);
	family_stop_printer(&s->family);
	s->options->ended(s->options->ctx, &s->segment);
}

/* Whatever was opened, in the order in which it must go. */
static void close_all(struct supervisor *s)
{
	if (s->capture)
		capture_detach(s->capture);
	family_stop_workers(&s->family);
	family_stop_printer(&s->family);
	if (s->capture)
		capture_close(s->capture);
	if (s->segment.header)
		segment_close(&s->segment);
	if (s->listener >= 0) {
		unlink(s->control_path);
		close(s->listener);
	}
	if (s->signals >= 0)
		close(s->signals);
}

int sensor_run(const struct sensor_options *options, struct problem *problem)
{
	static struct supervisor supervisor;
	struct supervisor *s = &supervisor;
	struct sensor_facts facts = { .segment = &s->segment };
	int ret;

	memset(s, 0, sizeof(*s));
	*s = (struct supervisor){
		.options = options,
		.problem = problem,
		.family = { .options = options, .socket = -1, .gate = -1 },
		.segment = { .fd = -1 },
		.signals = -1,
		.listener = -1,
		.reload = { .segment = &s->segment, .connection = -1 },
		.backoff_ms = BACKOFF_MS
	};
	snprintf(s->control_path, sizeof(s->control_path), "%s/%s.sock",
		 options->run_dir, options->name);
	ret = rights_find(&s->family.rights, options->user, problem);
	if (!ret)
		ret = start(s);
	if (!ret) {
		facts.capture = s->capture;
		facts.user = s->family.rights.user;
		facts.memory_bytes = capture_memory_bytes(s->capture) +
				     s->segment.size + ENGINE_TRACKER_BYTES;
		options->started(options->ctx, &facts);
		run(s);
		stop(s);
		ret = s->result;
	}
	close_all(s);
	return ret;
}
