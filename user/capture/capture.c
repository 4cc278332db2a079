/* SPDX-License-Identifier: MIT */
/*
 * What a sensor listens to, as one: a tap or a host for each interface, the
 * header rings that hosts share, sources dealt out to workers. What happens
 * to interfaces while it runs is in capture_health.c. See capture.h.
 */
#include "capture_parts.h"
#include "xsk.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Packet memory of all queues together, unless somebody asks for more */
#define FRAMES_MOST_BYTES (32u << 20)
#define FRAMES_DEFAULT_MOST 4096

#define TAP_WORKERS_MOST 8

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

uint64_t capture_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* --------------------------------------------------------------- opening -- */

static uint32_t count_queues(const struct capture *capture)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < capture->member_count; i++)
		count += capture->members[i].interface.queues;
	return count;
}

static uint32_t choose_frames(const struct capture *capture)
{
	uint64_t each = (uint64_t)count_queues(capture) * XSK_CHUNK_BYTES;
	uint32_t frames = FRAMES_DEFAULT_MOST;

	if (capture->options.frames)
		return capture->options.frames;
	while (frames > XSK_LEAST_FRAMES && frames * each > FRAMES_MOST_BYTES)
		frames /= 2;
	return frames;
}

/* Only what is wrong with an interface can be mended by waiting. */
static bool may_pass(int error)
{
	return error == -ENODEV || error == -ENXIO || error == -EBUSY ||
	       error == -EOPNOTSUPP || error == -ENETDOWN || error == -EINVAL ||
	       error == -ERANGE;
}

static int read_member(struct capture *capture, struct member *member,
		       struct problem *problem)
{
	struct interface *interface = &member->interface;
	int ret = interface_read(interface, member->name, problem);

	member->exists = !ret;
	if (ret)
		return ret;
	for (uint32_t i = 0; i < member_position(capture, member); i++) {
		const struct member *other = &capture->members[i];

		if (other->exists &&
		    other->interface.ifindex == interface->ifindex)
			return problem_set(problem, -EEXIST, "%s: given twice",
					   member->name);
	}
	return 0;
}

/* Of one that was read. */
static int open_member(struct capture *capture, struct member *member,
		       struct problem *problem)
{
	struct capture_options options = capture->options;
	uint8_t position = (uint8_t)member_position(capture, member);

	if (!capture_is_tap(capture))
		return host_open(&member->host, &member->interface, position,
				 &capture->options, capture->rings, problem);
	if (count_queues(capture) > CAPTURE_MOST_SOURCES)
		return problem_set(problem, -E2BIG,
				   "%u receive queues, %u are possible: "
				   "ethtool -L %s combined N",
				   count_queues(capture), CAPTURE_MOST_SOURCES,
				   member->name);
	options.frames = choose_frames(capture);
	if (capture->has_begun) /* it was said at the first start */
		options.warn = NULL;
	return tap_open(&member->tap, &member->interface, position, &options,
			problem);
}

int member_open(struct capture *capture, struct member *member,
		struct problem *problem)
{
	int ret = read_member(capture, member, problem);

	return ret ? ret : open_member(capture, member, problem);
}

/* 0, if it may be tried again later. */
static int forgive(struct capture *capture, struct member *member, int error,
		   const struct problem *problem)
{
	if (!error || !capture->options.may_be_deaf || !may_pass(error))
		return error;
	member_becomes_deaf(capture, member, problem->text);
	return 0;
}

/* Reads all before it opens the first: they share the memory for packets. */
static int open_members(struct capture *capture, struct problem *problem)
{
	struct member *end = capture->members + capture->member_count;
	int ret = 0;

	for (struct member *m = capture->members; !ret && m < end; m++) {
		ret = read_member(capture, m, problem);
		ret = forgive(capture, m, ret, problem);
	}
	for (struct member *m = capture->members; !ret && m < end; m++) {
		if (m->exists)
			ret = open_member(capture, m, problem);
		ret = forgive(capture, m, ret, problem);
	}
	return ret;
}

/* Fixed for the life of the sensor: its segment has so many rings. */
static void choose_workers(struct capture *capture)
{
	uint32_t queues = count_queues(capture);

	if (capture->workers)
		return;
	capture->workers = 1;
	if (capture_is_tap(capture) && queues)
		capture->workers = queues < TAP_WORKERS_MOST ? queues :
							       TAP_WORKERS_MOST;
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
		capture->members[i].pause_ms = RETRY_LEAST_MS;
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

int member_attach(struct member *member, struct problem *problem)
{
	int ret = member->tap ? tap_attach(member->tap, problem) :
				host_attach(member->host,
					    member->interface.ifindex, problem);

	if (!ret) {
		member->is_attached = true;
		member_look(member); /* it may have been brought up */
	}
	return ret;
}

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
		if (!ret && member_is_deaf(member))
			member_hears_again(capture, member);
		if (!ret)
			continue;
		if (!capture->has_begun && !capture->options.may_be_deaf) {
			capture_detach(capture);
			return ret;
		}
		member_becomes_deaf(capture, member, problem->text);
	}
	capture->has_begun = true;
	return 0;
}

static void detach_member(struct member *member)
{
	if (member->tap)
		tap_detach(member->tap);
	if (member->host)
		host_detach(member->host);
	member->is_attached = false;
}

void capture_detach(struct capture *capture)
{
	bool was_attached = false;

	capture->is_detached = true;
	for (uint32_t i = 0; i < capture->member_count; i++) {
		was_attached |= capture->members[i].is_attached;
		detach_member(&capture->members[i]);
	}
	if (was_attached && capture_is_tap(capture))
		tap_settle();
}

/* Detached, and its reader is dead: what lies in its rings is lost. */
static void close_tap(struct member *member)
{
	struct x0f_segment_interface last = { .ifindex = 0 };

	if (!member->tap)
		return;
	tap_read(member->tap, &last);
	member_add_counters(&member->past, &last);
	tap_close(member->tap);
	member->tap = NULL;
}

int capture_reopen(struct capture *capture, struct problem *problem)
{
	if (!capture_is_tap(capture))
		return 0;
	for (uint32_t i = 0; i < capture->member_count; i++)
		detach_member(&capture->members[i]);
	tap_settle();
	for (uint32_t i = 0; i < capture->member_count; i++)
		close_tap(&capture->members[i]);
	for (uint32_t i = 0; i < capture->member_count; i++) {
		struct member *member = &capture->members[i];

		if (member_open(capture, member, problem))
			member_becomes_deaf(capture, member, problem->text);
	}
	return 0;
}

void capture_forget(struct capture *capture)
{
	for (uint32_t i = 0; i < capture->member_count; i++) {
		if (capture->members[i].tap)
			tap_forget(capture->members[i].tap);
		if (capture->members[i].host)
			host_forget(capture->members[i].host);
	}
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
	for (uint32_t i = 0; i < capture->member_count; i++) {
		tap_close(capture->members[i].tap);
		if (capture->members[i].host)
			host_close(capture->members[i].host);
	}
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
