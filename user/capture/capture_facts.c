/* SPDX-License-Identifier: MIT */
/*
 * What the supervisor tells of a capture: the numbers of each interface for
 * the segment, and what the memory is. See capture.h. One thread.
 */
#include "capture_parts.h"

#include <stdio.h>

uint64_t capture_memory_bytes(const struct capture *capture)
{
	uint64_t bytes = 0;

	if (capture->rings)
		bytes += header_rings_memory_bytes(capture->rings);
	for (uint32_t i = 0; i < capture->member_count; i++) {
		if (capture->members[i].tap)
			bytes += tap_memory_bytes(capture->members[i].tap);
		if (capture->members[i].host)
			bytes += host_memory_bytes(capture->members[i].host);
	}
	return bytes;
}

static enum x0f_interface_state read_state(const struct member *member)
{
	if (member->is_waiting)
		return X0F_INTERFACE_WAITING;
	if (member_is_deaf(member))
		return X0F_INTERFACE_DEAF;
	return member->interface.is_up && member->interface.has_carrier ?
		       X0F_INTERFACE_UP :
		       X0F_INTERFACE_DOWN;
}

static void read_side(const struct member *member,
		      struct x0f_segment_interface *out)
{
	if (member->tap) {
		out->mode = tap_mode(member->tap);
		out->queues = tap_queues(member->tap);
	}
	if (member->host)
		out->mode = host_mode(member->host);
}

/* Readers may be looking: each word goes from old to new, not by way of 0. */
static void publish(struct x0f_segment_interface *out,
		    const struct x0f_segment_interface *now)
{
	typedef uint64_t __attribute__((may_alias)) word;
	const word *from = (const word *)(const void *)now;
	word *to = (word *)(void *)out;

	_Static_assert(sizeof(*out) % sizeof(word) == 0, "whole words");
	for (size_t i = 0; i < sizeof(*out) / sizeof(word); i++)
		__atomic_store_n(&to[i], from[i], __ATOMIC_RELAXED);
}

void capture_read_interface(const struct capture *capture, uint32_t position,
			    struct x0f_segment_interface *out)
{
	const struct member *member = &capture->members[position];
	const struct interface *interface = &member->interface;
	struct x0f_segment_interface now = {
		.ifindex = member->exists ? interface->ifindex : 0,
		.state = read_state(member),
		.mode = member->mode,
		.queues = interface->queues,
		.reattached = member->reattached,
		.deaf_ns = member->deaf_ns,
	};

	snprintf(now.name, sizeof(now.name), "%.15s",
		 interface->name[0] ? interface->name : member->name);
	if (member_is_deaf(member) && !member->is_waiting)
		now.deaf_ns += clock_ns() - member->deaf_since_ns;
	read_side(member, &now);
	member_read_counters(capture, member, &now);
	publish(out, &now);
}

int capture_fd(const struct capture *capture)
{
	return capture->watch_fd;
}
