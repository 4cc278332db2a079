/* SPDX-License-Identifier: MIT */
/*
 * What happens to interfaces while a sensor listens: they go and come back,
 * lose our program, become the host's own. Nobody tells a reader of an AF_XDP
 * socket or a header ring, so the supervisor asks, ten times a second and
 * whenever rtnetlink says that something changed. One thread.
 */
#include "capture_parts.h"

#include <errno.h>
#include <string.h>

/* Asked anew at least so often, should rtnetlink be silent */
#define LOOK_NS UINT64_C(1000000000)

#define NS_PER_MS UINT64_C(1000000)

/* ----------------------------------------------------------------- deaf -- */

void member_becomes_deaf(const struct capture *capture, struct member *member,
			 const char *reason)
{
	size_t len = strlen(member->name);

	if (member_is_deaf(member))
		return;
	if (!strncmp(reason, member->name, len) && reason[len] == ':')
		reason += len + 1 + (reason[len + 1] == ' ');
	member->deaf_since_ns = capture_now_ns();
	member->retry_ns = member->deaf_since_ns + RETRY_LEAST_MS * NS_PER_MS;
	member->pause_ms = RETRY_LEAST_MS;
	capture_warn(&capture->options, "%s: deaf, trying again: %s",
		     member->name, reason);
}

void member_hears_again(const struct capture *capture, struct member *member)
{
	uint64_t gap_ns = capture_now_ns() - member->deaf_since_ns;
	uint64_t tenths = gap_ns / (100 * NS_PER_MS);

	member->deaf_ns += gap_ns;
	member->deaf_since_ns = 0;
	member->reattached++;
	capture_warn(&capture->options, "%s: hears again, after %u.%u s",
		     member->name, (uint32_t)(tenths / 10),
		     (uint32_t)(tenths % 10));
}

static void postpone(struct member *member)
{
	member->retry_ns = capture_now_ns() + member->pause_ms * NS_PER_MS;
	member->pause_ms *= 2;
	if (member->pause_ms > RETRY_MOST_MS)
		member->pause_ms = RETRY_MOST_MS;
}

/*
 * The header rings stay, so the workers need not know: also of an interface
 * that was not there before.
 */
static bool try_host(struct capture *capture, struct member *member)
{
	struct problem problem;
	int ret;

	if (!member->host)
		ret = member_open(capture, member, &problem);
	else
		ret = interface_read(&member->interface, member->name,
				     &problem);
	member->exists = ret != -ENODEV;
	if (!ret)
		ret = member_attach(member, &problem);
	return !ret;
}

/*
 * Sockets belong to a device, so one that came back needs new ones, and the
 * workers too; but not before it is likely to succeed.
 */
static bool may_reopen(struct member *member)
{
	struct interface interface;
	struct problem problem;

	member->exists = !interface_read(&interface, member->name, &problem);
	if (!member->exists)
		return false;
	member->interface = interface;
	return !interface.xdp_program;
}

static enum capture_health try_again(struct capture *capture,
				     struct member *member)
{
	bool is_tap = capture_is_tap(capture);
	struct problem problem;
	bool hears;

	if (is_tap) /* with the sockets it has, if only the link is gone */
		hears = member->tap && !tap_attach(member->tap, &problem);
	else
		hears = try_host(capture, member);
	if (hears) {
		member_hears_again(capture, member);
		return CAPTURE_WELL;
	}
	postpone(member);
	return is_tap && may_reopen(member) ? CAPTURE_REOPEN : CAPTURE_WELL;
}

static enum capture_health look_after(struct capture *capture,
				      struct member *member)
{
	struct problem problem;
	bool is_well = true;

	if (!member_is_deaf(member) && member->is_attached) {
		is_well = member->tap ? tap_is_well(member->tap, &problem) :
					host_is_well(member->host, &problem);
		if (!is_well)
			member_becomes_deaf(capture, member, problem.text);
	}
	if (!member_is_deaf(member) || capture_now_ns() < member->retry_ns)
		return CAPTURE_WELL;
	return try_again(capture, member);
}

/* ---------------------------------------------------------------- guard -- */

/* A renamed one keeps its index, and is known by that. */
void member_look(struct member *member)
{
	struct interface interface;
	struct problem problem;
	int ret = interface_read(&interface, member->name, &problem);

	if (ret == -ENODEV && member_is_deaf(member))
		member->exists = false;
	if (ret || (!member_is_deaf(member) &&
		    interface.ifindex != member->interface.ifindex))
		return;
	member->exists = true;
	member->interface = interface;
}

static bool guard_refuses(const struct capture *capture,
			  const struct member *member, struct problem *problem)
{
	return capture_is_tap(capture) && member->exists &&
	       guard_check(&member->interface, problem) == -EADDRINUSE;
}

/* A queue that came up meanwhile has no socket. */
static bool has_new_queues(const struct capture *capture,
			   const struct member *member)
{
	if (!member->tap || member_is_deaf(member) ||
	    member->interface.queues <= tap_queues(member->tap))
		return false;
	capture_warn(&capture->options,
		     "%s: %u receive queues now, %u of them read: opening anew",
		     member->name, member->interface.queues,
		     tap_queues(member->tap));
	return true;
}

static enum capture_health look(struct capture *capture,
				struct problem *problem)
{
	enum capture_health health = CAPTURE_WELL;

	capture->looked_ns = capture_now_ns();
	for (uint32_t i = 0; i < capture->member_count; i++) {
		struct member *member = &capture->members[i];

		member_look(member);
		if (guard_refuses(capture, member, problem)) {
			capture_detach(capture);
			return CAPTURE_GUARD;
		}
		if (has_new_queues(capture, member))
			health = CAPTURE_REOPEN;
	}
	return health;
}

enum capture_health capture_check(struct capture *capture,
				  struct problem *problem)
{
	bool has_changed = watch_read(capture->watch_fd);
	enum capture_health worst = CAPTURE_WELL;

	if (capture->is_detached)
		return CAPTURE_WELL;
	if (has_changed || capture_now_ns() - capture->looked_ns >= LOOK_NS)
		worst = look(capture, problem);
	for (uint32_t i = 0;
	     i < capture->member_count && worst != CAPTURE_GUARD; i++) {
		enum capture_health health = look_after(capture,
							&capture->members[i]);

		worst = health > worst ? health : worst;
	}
	return worst;
}
