/* SPDX-License-Identifier: MIT */
/*
 * The supervisor: owns rights, links, segment and control socket, never sees
 * a byte of a packet or of a database. One thread, one loop over signals,
 * netlink, the control socket and its children. See sensor.h.
 */
#include "supervisor.h"
#include "../capture/clock.h"
#include "../capture/netns.h"
#include "notify.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TICK_MS = 100, HANG_MS = 5000, FROZEN_MS = 1000 };
enum { BACKOFF_MOST_MS = 5000, GOOD_RUN_MS = 10000 };
enum { NETNS_MS = 1000 };

/* A loader may take so long, see family.c; then the watchdog shall act. */
enum { ABSENCE_MS = 60000 };

void supervisor_say(struct supervisor *s, const char *format, ...)
{
	char line[sizeof(struct problem) + 64];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	s->options->say(s->options->ctx, true, line);
	segment_set_problem(&s->segment, line);
}

void supervisor_publish(struct supervisor *s)
{
	enum x0f_sensor_state state = X0F_SENSOR_RUNNING;
	uint32_t count = s->options->capture.interface_count;
	uint32_t waiting = 0;

	for (uint32_t i = 0; i < count; i++) {
		struct x0f_segment_interface *interface =
			segment_interface(&s->segment, i);

		capture_read_interface(s->capture, i, interface);
		if (interface->state == X0F_INTERFACE_DEAF)
			state = X0F_SENSOR_DEAF;
		waiting += interface->state == X0F_INTERFACE_WAITING;
	}
	if (waiting == count) /* it hears nothing at all */
		state = X0F_SENSOR_DEAF;
	if (s->stopping || s->restart_ms)
		return;
	segment_set_state(&s->segment, state);
	supervisor_tell_status(s);
}

static void end_with(struct supervisor *s, int error,
		     const struct problem *problem)
{
	*s->problem = *problem;
	s->result = error;
	s->stopping = true;
}

/* A restart, which the exit code asks for, enters the new one. */
static void look_for_netns(struct supervisor *s)
{
	struct problem problem;

	if (s->stopping || clock_ms() < s->netns_ms + NETNS_MS)
		return;
	s->netns_ms = clock_ms();
	if (!netns_is_gone(&problem))
		return;
	capture_detach(s->capture);
	end_with(s, -ESTALE, &problem);
}

static void show_life(struct supervisor *s)
{
	__atomic_store_n(&s->segment.header->heartbeat_ns, clock_ns(),
			 __ATOMIC_RELAXED);
}

bool supervisor_look(void *ctx)
{
	struct supervisor *s = ctx;
	struct family *family = &s->family;
	struct problem problem;

	if (!s->capture || !s->segment.header)
		return false;
	if (!s->stopping &&
	    capture_watch(s->capture, &problem) == CAPTURE_GUARD)
		end_with(s, -EADDRINUSE, &problem);
	look_for_netns(s);
	show_life(s);
	if (clock_ms() < s->ran_ms + ABSENCE_MS)
		notify_alive();
	if (family->listener < 0)
		return s->stopping;
	family->is_waiting = true;
	s->stopping |= reload_take_command(&s->reload, family,
					   family->listener);
	family->is_waiting = false;
	return s->stopping;
}

/* Nobody waits for them any more: why, unless supervisor_look() has said. */
static int cancel_start(struct supervisor *s)
{
	return s->result ? s->result :
			   problem_set(s->problem, -EINTR,
				       "stopped while loading signatures");
}

int supervisor_start_workers(struct supervisor *s)
{
	int ret = family_start_workers(&s->family, s->capture, &s->segment);

	if (ret)
		return problem_set(s->problem, ret, "cannot start workers: %s",
				   problem_errno(ret));
	ret = reload_first(&s->reload, &s->family, s->problem);
	if (ret == -ECANCELED)
		return cancel_start(s);
	if (!ret)
		ret = capture_attach(s->capture, s->problem);
	if (ret)
		return ret;
	s->restart_ms = 0;
	supervisor_publish(s);
	return 0;
}

static void take_signals(struct supervisor *s)
{
	struct signalfd_siginfo info;

	while (read(s->family.signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGHUP) {
			family_renew_output(&s->family);
			reload_begin(&s->reload, &s->family);
		} else if (info.ssi_signo != SIGCHLD) {
			s->stopping = true;
		}
	}
}

static void bury_workers(struct supervisor *s)
{
	family_stop_workers(&s->family);
	reload_fail(&s->reload);
	segment_set_state(&s->segment, X0F_SENSOR_RESTARTING);
	s->status[0] = '\0';
	notify_status("new workers are on their way");
}

/* New ones after a while; the longer, the more often they died. */
static void plan_restart(struct supervisor *s)
{
	bury_workers(s);
	s->have_died = true;
	if (clock_ms() - s->family.started_ms > GOOD_RUN_MS)
		s->backoff_ms = SUPERVISOR_BACKOFF_MS;
	s->restart_ms = clock_ms() + s->backoff_ms;
	s->backoff_ms *= s->backoff_ms < BACKOFF_MOST_MS ? 2 : 1;
}

static void restart(struct supervisor *s)
{
	int ret = capture_reopen(s->capture, s->problem);

	s->segment.header->restarts += s->have_died;
	if (!ret)
		ret = supervisor_start_workers(s);
	if (!ret) {
		s->options->say(s->options->ctx, false, "new workers run");
		return;
	}
	s->stopping |= ret == -EINTR; /* the signal waits to be read */
	if (s->stopping)
		return;
	supervisor_say(s, "workers do not start, trying again: %s",
		       s->problem->text);
	plan_restart(s);
}

/* They cannot be relied on; reap() sees to the rest. */
static void kill_workers(struct supervisor *s)
{
	if (s->family.workers > 0)
		kill(s->family.workers, SIGKILL);
}

static void take_end_of_printer(struct supervisor *s, int status)
{
	s->family.printer = 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == SENSOR_NOBODY_READS)
		s->stopping = true;
	else
		supervisor_say(s,
			       "the printer ended (%s %d), findings are still "
			       "published",
			       WIFSIGNALED(status) ? "signal" : "exit code",
			       WIFSIGNALED(status) ? WTERMSIG(status) :
						     WEXITSTATUS(status));
}

static void reap(struct supervisor *s)
{
	struct family *family = &s->family;
	int status;

	if (family->workers > 0 &&
	    waitpid(family->workers, &status, WNOHANG) == family->workers) {
		family->workers = 0;
		supervisor_say(s, "the workers died (%s %d), starting new ones",
			       WIFSIGNALED(status) ? "signal" : "exit code",
			       WIFSIGNALED(status) ? WTERMSIG(status) :
						     WEXITSTATUS(status));
		plan_restart(s);
	}
	if (family->printer > 0 &&
	    waitpid(family->printer, &status, WNOHANG) == family->printer)
		take_end_of_printer(s, status);
}

/* All of us may have been frozen: that is nobody's fault. */
static bool may_be_judged(struct supervisor *s, uint64_t now_ms)
{
	if (now_ms > s->looked_ms + FROZEN_MS)
		s->trust_ms = now_ms + HANG_MS;
	s->looked_ms = now_ms;
	return !s->restart_ms && now_ms >= s->trust_ms;
}

/* Threads that wait are awake ten times a second. */
static void look_for_hang(struct supervisor *s)
{
	uint64_t now = clock_ns();

	if (!may_be_judged(s, now / NS_PER_MS))
		return;
	for (uint32_t i = 0; i < capture_workers(s->capture); i++) {
		uint64_t last = __atomic_load_n(
			&segment_worker(&s->segment, i)->heartbeat_ns,
			__ATOMIC_RELAXED);

		if (!last || now < last + HANG_MS * NS_PER_MS)
			continue;
		supervisor_say(s,
			       "worker %u has not moved for %d s, starting "
			       "anew",
			       i, HANG_MS / 1000);
		kill_workers(s);
		return;
	}
	if (reload_hangs(&s->reload)) {
		supervisor_say(s, "loading signatures does not end, starting "
				  "anew");
		kill_workers(s);
	}
}

static void check(struct supervisor *s)
{
	struct problem problem;

	switch (capture_check(s->capture, &problem)) {
	case CAPTURE_WELL:
		break;
	case CAPTURE_REOPEN:
		if (!s->restart_ms) { /* nobody died: at once */
			bury_workers(s);
			s->have_died = false;
			s->restart_ms = clock_ms();
		}
		break;
	case CAPTURE_GUARD:
		end_with(s, -EADDRINUSE, &problem);
		return;
	}
	look_for_netns(s);
	if (s->stopping)
		return;
	supervisor_publish(s);
	look_for_hang(s);
	show_life(s);
	if (s->restart_ms && clock_ms() >= s->restart_ms)
		restart(s);
	/* workers that never come back: may the watchdog start all anew */
	if (s->restart_ms)
		return;
	s->ran_ms = clock_ms();
	notify_alive();
}

void supervisor_run(struct supervisor *s)
{
	while (!s->stopping) {
		bool is_deaf = clock_ms() < s->reload.deaf_until_ms;
		struct pollfd fds[4] = {
			{ .fd = s->family.signals, .events = POLLIN },
			{ .fd = is_deaf ? -1 : s->family.listener,
			  .events = POLLIN },
			{ .fd = capture_fd(s->capture), .events = POLLIN },
			{ .fd = s->family.socket, .events = POLLIN },
		};

		poll(fds, 4, TICK_MS);
		if (fds[0].revents)
			take_signals(s);
		if (fds[1].revents)
			s->stopping |= reload_take_command(&s->reload,
							   &s->family,
							   s->family.listener);
		if (fds[3].revents && s->family.socket == fds[3].fd &&
		    !reload_take_reply(&s->reload, &s->family))
			kill_workers(s);
		reap(s);
		check(s);
	}
}
