/* SPDX-License-Identifier: MIT */
/*
 * What a sensor listens to, as one: a tap or a host for each interface, the
 * header rings that hosts share, sources dealt out to workers. One interface is
 * capture_member.c; what happens to interfaces while it runs is in
 * capture_health.c. See capture.h.
 */
#include "capture_parts.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void capture_warn(const struct capture_options *options, const char *format,
		  ...)
{
	struct problem line;
	va_list args;

	if (!options->warn)
		return;
	va_start(args, format);
	vsnprintf(line.text, sizeof(line.text), format, args);
	va_end(args);
	options->warn(options->ctx, line.text);
}

/* --------------------------------------------------------------- opening -- */

/* Reads all before it opens the first: they share the memory for packets. */
static int open_members(struct capture *capture, struct problem *problem)
{
	struct member *end = capture->members + capture->member_count;
	int ret = 0;

	for (struct member *m = capture->members; !ret && m < end; m++) {
		ret = member_read(capture, m, problem);
		if (ret == -ENODEV)
			ret = member_await(capture, m, problem);
	}
	for (struct member *m = capture->members; !ret && m < end; m++) {
		if (!m->is_awaited)
			ret = member_open(capture, m, true, problem);
		if (ret && member_may_come(capture, m))
			ret = member_await(capture, m, problem);
	}
	return ret;
}

/* Queues that nobody can count yet may be one for each CPU. */
static uint32_t expect_queues(const struct capture *capture)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	uint32_t queues = capture_queues(capture);

	if (capture_awaits(capture) && cpus > (long)queues)
		return (uint32_t)cpus;
	return queues;
}

/* Fixed for the life of the sensor: its segment has so many rings. */
static void choose_workers(struct capture *capture)
{
	uint32_t queues = expect_queues(capture);

	if (capture->workers)
		return;
	capture->workers = 1;
	if (capture_is_tap(capture) && queues)
		capture->workers = queues < CAPTURE_TAP_WORKERS_MOST ?
					   queues :
					   CAPTURE_TAP_WORKERS_MOST;
}

static void begin(struct capture *capture,
		  const struct capture_options *options)
{
	capture->options = *options;
	capture->workers = options->workers;
	if (!capture->workers && options->kind == CAPTURE_INLINE)
		capture->workers = 1;
	capture->member_count = options->interface_count;
	capture->watch_fd = -1;
	for (uint32_t i = 0; i < capture->member_count; i++) {
		capture->members[i].name = options->interfaces[i];
		capture->members[i].setup.packet_fd = -1;
	}
}

static int open_all(struct capture *capture, struct problem *problem)
{
	int ret = watch_open();

	if (ret < 0)
		return problem_set(problem, ret, "rtnetlink socket: %s",
				   problem_errno(ret));
	capture->watch_fd = ret;
	ret = 0;
	if (!capture_is_tap(capture))
		ret = header_rings_open(&capture->rings,
					capture->options.header_ring_bytes,
					capture->workers, problem);
	if (!ret)
		ret = open_members(capture, problem);
	choose_workers(capture);
	return ret;
}

int capture_open(struct capture **out, const struct capture_options *options,
		 struct problem *problem)
{
	struct capture *capture;
	int ret;

	*out = NULL;
	if (!options->interface_count ||
	    options->interface_count > CAPTURE_MOST_INTERFACES)
		return problem_set(problem, -EINVAL,
				   "%u interfaces: 1 to %u are possible",
				   options->interface_count,
				   CAPTURE_MOST_INTERFACES);
	capture = calloc(1, sizeof(*capture));
	if (!capture)
		return problem_set(problem, -ENOMEM, "out of memory");
	begin(capture, options);
	ret = open_all(capture, problem);
	if (ret) {
		capture_close(capture);
		return ret;
	}
	*out = capture;
	return 0;
}

/* ------------------------------------------------- attaching, detaching -- */

int capture_attach(struct capture *capture, struct problem *problem)
{
	for (uint32_t i = 0; i < capture->member_count; i++) {
		struct member *member = &capture->members[i];
		bool has_side = member->tap || member->host;
		int ret;

		if (!has_side ||
		    (member->is_attached && !member_is_deaf(member)))
			continue;
		ret = member_attach(member, problem);
		member->is_new = false;
		if (!ret && member_is_deaf(member))
			member_hears_again(capture, member);
		if (!ret)
			continue;
		if (!capture->has_begun && !member_may_come(capture, member)) {
			capture_detach(capture);
			return ret;
		}
		member_becomes_deaf(capture, member,
				    ret == -ENXIO ? CAPTURE_GONE :
						    problem->text);
		if (ret == -EADDRINUSE && !member->is_attached)
			member_leave(member);
		else
			member_retire(member);
	}
	capture->has_begun = true;
	return 0;
}

void capture_detach(struct capture *capture)
{
	bool was_attached = false;

	capture->is_detached = true;
	for (uint32_t i = 0; i < capture->member_count; i++) {
		was_attached |= capture->members[i].is_attached;
		member_detach(&capture->members[i]);
	}
	if (was_attached && capture_is_tap(capture))
		tap_settle();
}

/* The reader is dead. What is attached stays, and packets wait in the rings. */
int capture_reopen(struct capture *capture, struct problem *problem)
{
	if (!capture_is_tap(capture))
		return 0;
	for (uint32_t i = 0; i < capture->member_count; i++) {
		struct member *member = &capture->members[i];

		member_bury(member);
		if (!member->tap)
			continue;
		if (member->is_outgrown ||
		    !(member->is_new || tap_resume(member->tap)))
			member_renew(capture, member, problem);
	}
	return 0;
}

static void forget_member(struct member *member)
{
	if (member->tap)
		tap_forget(member->tap);
	if (member->host)
		host_forget(member->host);
	if (member->setup.packet_fd >= 0)
		close(member->setup.packet_fd);
	member->setup = (struct interface_setup){ .packet_fd = -1 };
}

void capture_forget(struct capture *capture)
{
	for (uint32_t i = 0; i < capture->member_count; i++)
		forget_member(&capture->members[i]);
	if (capture->rings)
		header_rings_forget(capture->rings);
	if (capture->watch_fd >= 0)
		close(capture->watch_fd);
	capture->watch_fd = -1;
}

void capture_close(struct capture *capture)
{
	if (!capture)
		return;
	capture_detach(capture);
	for (uint32_t i = 0; i < capture->member_count; i++)
		member_close(&capture->members[i]);
	if (capture->rings)
		header_rings_close(capture->rings);
	if (capture->watch_fd >= 0)
		close(capture->watch_fd);
	free(capture);
}

/* --------------------------------------------------------- for the others -- */

uint32_t capture_workers(const struct capture *capture)
{
	return capture->workers;
}

uint32_t capture_sources(const struct capture *capture, uint32_t worker,
			 struct source **sources, uint32_t room)
{
	uint32_t count = 0;
	uint32_t number = 0;

	if (!capture_is_tap(capture) && room)
		sources[count++] = header_rings_source(capture->rings, worker);
	for (uint32_t i = 0; i < capture->member_count; i++) {
		const struct tap *tap = capture->members[i].tap;

		for (uint32_t q = 0; tap && q < tap_queues(tap); q++) {
			if (number++ % capture->workers == worker &&
			    count < room)
				sources[count++] = tap_source(tap, q);
		}
	}
	return count;
}
