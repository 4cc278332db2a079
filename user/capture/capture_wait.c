/* SPDX-License-Identifier: MIT */
/*
 * Interfaces that are waited for: not there when the sensor starts, never
 * attached yet. Once one comes it is opened as one that came back would be, by
 * capture_health.c; what is here is what is different about it, and that a tap
 * leaves either alone at first. One thread.
 */
#include "capture_parts.h"

#include <errno.h>

/*
 * A tap brings its interface up and takes its packets, so one that has just
 * been born is left alone: udev may rename it, which kernels before 6.2 allow
 * only while it is down, and a host that wants it gives it an address, by
 * which the guard knows that. Inline does no harm and does not wait.
 */
#define SETTLE_NS (1000 * NS_PER_MS)

int member_await(struct capture *capture, struct member *member,
		 struct problem *problem)
{
	const struct problem why = *problem;

	if (!capture->options.wait_interface)
		return problem_set(problem, -ENODEV,
				   "%s; --wait-interface waits for one",
				   why.text);
	member->is_awaited = true;
	member->exists = false;
	member_waits(capture, member);
	return 0;
}

bool member_may_come(const struct capture *capture, struct member *member)
{
	/* another may have its name already */
	if (!capture->options.wait_interface ||
	    interface_index(member->name) == member->interface.ifindex)
		return false;
	member->is_awaited = true;
	return true;
}

void member_waits(const struct capture *capture, struct member *member)
{
	uint64_t now_ns = clock_ns();

	if (member->is_waiting)
		return;
	if (member_is_deaf(member))
		member->deaf_ns += now_ns - member->deaf_since_ns;
	member_begin_deafness(member);
	member->is_waiting = true;
	member->deaf_since_ns = now_ns;
	member->reason.text[0] = '\0';
	capture_warn(&capture->options, "%s: is not there yet, waiting for it",
		     member->name);
}

void member_stops_waiting(struct member *member)
{
	if (member->is_waiting)
		member->deaf_since_ns = clock_ns();
	member->is_waiting = false;
}

bool member_is_settling(struct member *member)
{
	if (member->settling_index != member->interface.ifindex) {
		member->settling_index = member->interface.ifindex;
		member->settled_ns = clock_ns() + SETTLE_NS;
	}
	return clock_ns() < member->settled_ns;
}

void member_has_settled(struct member *member)
{
	member->settling_index = member->interface.ifindex;
	member->settled_ns = 0;
}

bool capture_awaits(const struct capture *capture)
{
	for (uint32_t i = 0; i < capture->member_count; i++) {
		if (capture->members[i].is_awaited)
			return true;
	}
	return false;
}
