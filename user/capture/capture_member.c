/* SPDX-License-Identifier: MIT */
/*
 * One interface of a capture: its tap or host is opened, attached, given up
 * and opened anew, and its counters go on all the while. Called by capture.c
 * and capture_health.c; one thread.
 */
#include "capture_parts.h"
#include "xsk.h"

#include <errno.h>
#include <string.h>

/* Packet memory of all queues together, unless somebody asks for more */
#define FRAMES_MOST_BYTES (32u << 20)
#define FRAMES_DEFAULT_MOST 4096

/* --------------------------------------------------------------- opening -- */

uint32_t capture_queues(const struct capture *capture)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < capture->member_count; i++)
		count += capture->members[i].interface.queues;
	return count;
}

uint32_t capture_default_frames(uint32_t queues)
{
	uint64_t each = (uint64_t)queues * XSK_CHUNK_BYTES;
	uint32_t frames = FRAMES_DEFAULT_MOST;

	while (frames > XSK_LEAST_FRAMES && frames * each > FRAMES_MOST_BYTES)
		frames /= 2;
	return frames;
}

static uint32_t choose_frames(const struct capture *capture)
{
	if (capture->options.frames)
		return capture->options.frames;
	return capture_default_frames(capture_queues(capture));
}

/*
 * One that listens there already, as after a rename or by an alternative name,
 * else of two that could the first.
 */
static const struct member *find_other(const struct capture *capture,
				       const struct member *member)
{
	for (uint32_t i = 0; i < capture->member_count; i++) {
		const struct member *other = &capture->members[i];
		bool is_first = i < member_position(capture, member);

		if (other != member && other->exists &&
		    other->interface.ifindex == member->interface.ifindex &&
		    (is_first || other->tap || other->host))
			return other;
	}
	return NULL;
}

int member_read(struct capture *capture, struct member *member,
		struct problem *problem)
{
	struct interface interface;
	const struct member *other;
	int ret = interface_read(&interface, member->name, problem);

	member->exists = !ret;
	if (ret)
		return ret;
	member->interface = interface;
	other = find_other(capture, member);
	if (other)
		return problem_set(problem, -EEXIST,
				   "%s: given twice, it is the interface of %s",
				   member->name, other->name);
	return 0;
}

static int open_tap(struct capture *capture, struct member *member,
		    bool may_wait, struct problem *problem)
{
	const struct tap_request request = {
		.interface = &member->interface,
		.options = &capture->options,
		.setup = &member->setup,
		.frames = choose_frames(capture),
		.position = (uint8_t)member_position(capture, member),
		.is_again = capture->has_begun && !member->is_awaited,
		.may_wait = may_wait,
	};
	uint32_t queues = capture_queues(capture);

	if (queues > CAPTURE_MOST_SOURCES)
		return problem_set(problem, -E2BIG,
				   "%u receive queues, %u are possible: "
				   "ethtool -L %s combined N",
				   queues, CAPTURE_MOST_SOURCES, member->name);
	return tap_open(&member->tap, &request, problem);
}

int member_open(struct capture *capture, struct member *member, bool may_wait,
		struct problem *problem)
{
	const struct host_request request = {
		.interface = &member->interface,
		.options = &capture->options,
		.rings = capture->rings,
		.position = (uint8_t)member_position(capture, member),
		.is_again = capture->has_begun && !member->is_awaited,
	};
	int ret = capture_is_tap(capture) ?
			  open_tap(capture, member, may_wait, problem) :
			  host_open(&member->host, &request, problem);

	if (!ret && !request.is_again)
		member_advise(capture, member);
	return ret;
}

int member_attach(struct member *member, struct problem *problem)
{
	int ret = member->tap ? tap_attach(member->tap, problem) :
				host_attach(member->host,
					    member->interface.ifindex, problem);

	if (!ret) {
		member->is_attached = true;
		member_has_settled(member);
		member_look(member); /* it may have been brought up */
	}
	return ret;
}

/* --------------------------------------------------------------- closing -- */

static void add_counters(struct x0f_segment_interface *sum,
			 const struct x0f_segment_interface *more)
{
	for (uint32_t i = 0; i < X0F_OUTCOME_COUNT; i++)
		sum->outcomes[i] += more->outcomes[i];
	for (uint32_t i = 0; i < X0F_LOSS_COUNT; i++)
		sum->losses[i] += more->losses[i];
	sum->fill_ring_empty += more->fill_ring_empty;
}

static void add_tap(struct x0f_segment_interface *sum, const struct tap *tap,
		    bool has_no_reader)
{
	struct x0f_segment_interface now = { .ifindex = 0 };

	tap_read(tap, &now);
	if (has_no_reader)
		now.losses[X0F_LOSS_CLOSED] += tap_left(tap);
	add_counters(sum, &now);
}

void member_read_counters(const struct capture *capture,
			  const struct member *member,
			  struct x0f_segment_interface *out)
{
	struct x0f_segment_interface now = { .ifindex = 0 };

	if (member->host)
		host_read(member->host, &now);
	if (capture->rings && capture->is_detached)
		now.losses[X0F_LOSS_CLOSED] = header_rings_left(
			capture->rings,
			(uint8_t)member_position(capture, member));
	add_counters(&now, &member->past);
	if (member->tap)
		add_tap(&now, member->tap, capture->is_detached);
	if (member->dead)
		add_tap(&now, member->dead, capture->is_detached);
	add_counters(out, &now);
}

void member_detach(struct member *member)
{
	if (member->tap)
		tap_detach(member->tap);
	if (member->host)
		host_detach(member->host);
	member->is_attached = false;
}

/* Detached, and without a reader: what lies in its rings is lost. */
static void close_tap(struct member *member, struct tap *tap)
{
	add_tap(&member->past, tap, true);
	tap_close(tap);
}

void member_bury(struct member *member)
{
	if (member->dead)
		close_tap(member, member->dead);
	member->dead = NULL;
}

static void retire_tap(struct member *member)
{
	member->mode = tap_mode(member->tap);
	tap_detach(member->tap);
	tap_settle();
	if (member->is_new) {
		close_tap(member, member->tap);
	} else {
		member_bury(member);
		member->dead = member->tap;
	}
	member->tap = NULL;
	member->is_new = false;
	member->is_attached = false;
	member->settling_index = 0;
	interface_restore(&member->setup);
}

static void retire_host(struct member *member)
{
	struct x0f_segment_interface last = { .ifindex = 0 };

	member->mode = host_mode(member->host);
	host_detach(member->host);
	tap_settle();
	host_read(member->host, &last);
	add_counters(&member->past, &last);
	host_close(member->host);
	member->host = NULL;
}

void member_retire(struct member *member)
{
	if (member->tap && tap_probe(member->tap)) {
		/* gone, so all that can be undone is to forget it */
		member->setup.was_down = false;
		retire_tap(member);
	}
	if (member->host)
		retire_host(member);
}

void member_leave(struct member *member)
{
	if (member->tap)
		retire_tap(member);
	if (member->host)
		retire_host(member);
}

/* Its reader is dead, and what came before it stops, too. */
void member_renew(struct capture *capture, struct member *member,
		  struct problem *problem)
{
	int ret;

	member_begin_deafness(member);
	tap_detach(member->tap);
	tap_settle();
	close_tap(member, member->tap);
	member->tap = NULL;
	member->is_outgrown = false;
	ret = member_read(capture, member, problem);
	if (!ret && member_is_settling(member)) /* another that came just now */
		ret = problem_set(problem, -EAGAIN, CAPTURE_GONE);
	if (!ret)
		ret = member_open(capture, member, true, problem);
	member->is_new = !ret;
	if (ret)
		member_becomes_deaf(capture, member, problem->text);
}

void member_close(struct member *member)
{
	tap_close(member->tap);
	tap_close(member->dead);
	host_close(member->host);
	interface_restore(&member->setup);
}
