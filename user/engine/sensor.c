/* SPDX-License-Identifier: MIT */
/*
 * How a sensor begins and ends: everything is opened in the order in which it
 * is needed, and closed in the order in which it must go. See sensor.h.
 */
#include "../capture/clock.h"
#include "control.h"
#include "limits.h"
#include "notify.h"
#include "supervisor.h"

#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* Those that end a process by themselves would leave things behind. */
static void ignore_others(void)
{
	static const int others[] = { SIGUSR1, SIGUSR2, SIGALRM,
				      SIGXFSZ, SIGTTOU, SIGTSTP };

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		signal(others[i], SIG_IGN);
}

static int open_signals(struct supervisor *s)
{
	sigset_t set;

	ignore_others();
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGQUIT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	s->family.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->family.signals < 0)
		return problem_set(s->problem, -errno, "signalfd: %s",
				   problem_errno(errno));
	return 0;
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
	ret = control_listen(s->control_path, s->problem);
	if (ret < 0)
		return ret;
	s->family.listener = ret;
	ret = supervisor_start_workers(s);
	if (!ret)
		family_open_gate(&s->family);
	return ret;
}

/* Nothing comes any more, what came is drained, readers have read it. */
static void stop(struct supervisor *s)
{
	notify_stopping();
	capture_detach(s->capture);
	segment_set_state(&s->segment, X0F_SENSOR_STOPPING);
	family_stop_workers(&s->family);
	/* ones that had to be killed, or died just now, took some along */
	for (uint32_t i = 0; i < capture_workers(s->capture); i++)
		segment_recover(&s->segment, i);
	supervisor_publish(s);
	segment_set_state(&s->segment, X0F_SENSOR_ENDED);
	segment_ring_doorbell(&s->segment);
	if (!family_stop_printer(&s->family))
		supervisor_say(s, "nobody reads the output: findings that "
				  "were still to be printed are lost");
	s->options->ended(s->options->ctx, &s->segment);
}

static void close_all(struct supervisor *s)
{
	if (s->capture)
		capture_detach(s->capture);
	family_stop_workers(&s->family);
	family_stop_printer(&s->family);
	reload_close(&s->reload);
	if (s->capture)
		capture_close(s->capture);
	/* before a successor can have the name */
	if (s->family.listener >= 0) {
		unlink(s->control_path);
		close(s->family.listener);
	}
	if (s->segment.header)
		segment_close(&s->segment);
	if (s->family.signals >= 0)
		close(s->family.signals);
}

int sensor_run(const struct sensor_options *options, struct problem *problem)
{
	static struct supervisor supervisor;
	struct supervisor *s = &supervisor;
	struct sensor_facts facts = { .segment = &s->segment };
	int ret;

	*s = (struct supervisor){
		.options = options,
		.problem = problem,
		.family = { .options = options,
			    .socket = -1,
			    .gate = -1,
			    .signals = -1,
			    .listener = -1,
			    .look = supervisor_look,
			    .ctx = s },
		.segment = { .fd = -1 },
		.reload = { .segment = &s->segment, .connection = -1 },
		.backoff_ms = SUPERVISOR_BACKOFF_MS,
		.looked_ms = clock_ms(),
		.ran_ms = clock_ms(),
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
		notify_ready(s->status);
		options->started(options->ctx, &facts);
		supervisor_run(s);
		stop(s);
		ret = s->result;
	}
	close_all(s);
	return ret;
}
