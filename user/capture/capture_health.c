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

/*
 * All is asked anew at least so often, should rtnetlink be silent; and no more
 * often than that, should it not stop: the guard of a tap has to be quick, but
 * routes may change a thousand times a second.
 */
#define LOOK_NS (1000 * NS_PER_MS)
#define LOOK_LEAST_NS (50 * NS_PER_MS)
#define CHECK_LEAST_NS (20 * NS_PER_MS)

/*
 * An interface that is deaf is tried again after so long: to ask whether it is
 * there is cheap, to be refused is not.
 */
#define RETRY_LEAST_MS 100
#define GONE_MOST_MS 1000
#define REFUSED_MOST_MS 10000

/* Between two reasons */
#define SAY_LEAST_NS (1000 * NS_PER_MS)

/* ----------------------------------------------------------------- deaf -- */

void member_begin_deafness(struct member *member)
{
	if (member_is_deaf(member))
		return;
	member->deaf_since_ns = clock_ns();
	member->retry_ns = member->deaf_since_ns + RETRY_LEAST_MS * NS_PER_MS;
	member->pause_ms = RETRY_LEAST_MS;
	member->reason.text[0] = '\0';
	member->said_ns = 0;
}

void member_becomes_deaf(const struct capture *capture, struct member *member,
			 const char *reason)
{
	size_t len = strlen(member->name);
	bool is_first;

	member_begin_deafness(member);
	member_stops_waiting(member);
	if (!strncmp(reason, member->name, len) && reason[len] == ':')
		reason += len + 1 + (reason[len + 1] == ' ');
	is_first = !member->reason.text[0];
	if (!strcmp(reason, member->reason.text) ||
	    (!is_first && clock_ns() - member->said_ns < SAY_LEAST_NS))
		return;
	member->said_ns = clock_ns();
	problem_set(&member->reason, 0, "%s", reason);
	capture_warn(&capture->options, "%s: %sdeaf, trying again: %s",
		     member->name, is_first ? "" : "still ", reason);
}

void member_hears_again(const struct capture *capture, struct member *member)
{
	uint64_t gap_ns = clock_ns() - member->deaf_since_ns;
	uint64_t tenths = gap_ns / (100 * NS_PER_MS);

	member->deaf_ns += member->is_waiting ? 0 : gap_ns;
	member->deaf_since_ns = 0;
	member->reattached += !member->is_awaited;
	capture_warn(&capture->options, "%s: %s, after %u.%u s", member->name,
		     member->is_awaited ? "is there" : "hears again",
		     (uint32_t)(tenths / 10), (uint32_t)(tenths % 10));
	member->is_awaited = false;
	member->is_waiting = false;
}

static void postpone(struct member *member)
{
	uint32_t most = member->exists ? REFUSED_MOST_MS : GONE_MOST_MS;

	member->retry_ns = clock_ns() + member->pause_ms * NS_PER_MS;
	member->pause_ms = member->pause_ms * 2 < most ? member->pause_ms * 2 :
							 most;
}

/*
 * The header rings stay, so the workers need not know: also of an interface
 * that was not there before.
 */
static int try_host(struct capture *capture, struct member *member,
		    struct problem *problem)
{
	int ret = member_read(capture, member, problem);

	if (!ret)
		ret = member_open(capture, member, false, problem);
	if (!ret)
		ret = member_attach(member, problem);
	if (ret)
		member_retire(member);
	return ret;
}

/*
 * With the sockets it has, if only the link is gone. Sockets belong to a
 * device, so one that came back needs new ones; and the workers, too, once
 * these are open. Nobody else is disturbed, and nothing here waits.
 */
static int try_tap(struct capture *capture, struct member *member,
		   struct problem *problem)
{
	int ret;

	if (member->tap) {
		ret = tap_attach(member->tap, problem);
		if (ret != -ENXIO)
			return ret;
		member_retire(member);
	}
	ret = member_read(capture, member, problem);
	if (!ret && member_is_settling(member))
		return -EAGAIN;
	if (!ret)
		ret = member_open(capture, member, false, problem);
	member->is_new = !ret;
	return ret;
}

static void take_refusal(struct capture *capture, struct member *member,
			 int error, const struct problem *problem)
{
	postpone(member);
	member->is_used = error == -EADDRINUSE;
	if (error == -EAGAIN && member_is_settling(member))
		member->retry_ns = member->settled_ns;
	else if (error == -ENODEV && member->is_awaited)
		member_waits(capture, member);
	else
		/* the names that there are instead help at the start only */
		member_becomes_deaf(capture, member,
				    error == -ENODEV ? CAPTURE_GONE :
						       problem->text);
}

static enum capture_health try_again(struct capture *capture,
				     struct member *member)
{
	struct problem problem;
	int ret = capture_is_tap(capture) ? try_tap(capture, member, &problem) :
					    try_host(capture, member, &problem);

	if (ret) {
		take_refusal(capture, member, ret, &problem);
		return CAPTURE_WELL;
	}
	if (member->is_new)
		return CAPTURE_REOPEN;
	member_hears_again(capture, member);
	return CAPTURE_WELL;
}

static void look_for_deafness(const struct capture *capture,
			      struct member *member)
{
	struct problem problem;

	if (member_is_deaf(member) || !member->is_attached)
		return;
	if (member->tap ? tap_is_well(member->tap, &problem) :
			  host_is_well(member->host, &problem))
		return;
	/* first: whoever owns it now shall not be listened to */
	member_begin_deafness(member);
	member_retire(member);
	member_becomes_deaf(capture, member, problem.text);
}

static enum capture_health look_after(struct capture *capture,
				      struct member *member)
{
	look_for_deafness(capture, member);
	if (!member_is_deaf(member) || member->is_new ||
	    clock_ns() < member->retry_ns)
		return CAPTURE_WELL;
	return try_again(capture, member);
}

/* ---------------------------------------------------------------- guard -- */

/* As far as what refuses it may depend on that. */
static bool is_another(const struct interface *a, const struct interface *b)
{
	return a->ifindex != b->ifindex || a->queues != b->queues ||
	       a->mtu != b->mtu || a->xdp_program != b->xdp_program;
}

static void retry_soon(struct member *member)
{
	member->retry_ns = 0;
	member->pause_ms = RETRY_LEAST_MS;
}

static void look_at_deaf(struct member *member)
{
	struct interface interface;
	struct problem problem;
	int ret = interface_read(&interface, member->name, &problem);
	bool existed = member->exists;

	member->exists = ret != -ENODEV;
	if (ret)
		return;
	if (!existed || is_another(&interface, &member->interface))
		retry_soon(member);
	member->interface = interface;
}

/* A renamed one keeps its index, and is known by that. */
bool member_look(struct member *member)
{
	bool has_side = member->tap || member->host;
	struct interface interface;
	struct problem problem;
	int ret;

	if (!has_side) {
		look_at_deaf(member);
		return true;
	}
	ret = interface_read(&interface, member->name, &problem);
	if (!ret && interface.ifindex != member->interface.ifindex)
		/* that ours is gone others notice */
		return interface_read_index(&interface,
					    member->interface.ifindex) != 0;
	if (ret == -ENODEV)
		ret = interface_read_index(&interface,
					   member->interface.ifindex);
	if (ret)
		return true;
	member->exists = true;
	if (member_is_deaf(member) &&
	    is_another(&interface, &member->interface))
		retry_soon(member);
	member->interface = interface;
	return true;
}

/* udev gives out names; what was found under ours may not be what is meant. */
static void follow_name(const struct capture *capture, struct member *member)
{
	member_begin_deafness(member);
	member_leave(member);
	member_becomes_deaf(capture, member,
			    "the name is another interface's now, following "
			    "it");
	look_at_deaf(member);
	retry_soon(member);
}

static void look_at(const struct capture *capture, struct member *member)
{
	char before[sizeof(member->interface.name)];

	memcpy(before, member->interface.name, sizeof(before));
	if (!member_look(member))
		follow_name(capture, member);
	else if (!member_is_deaf(member) &&
		 strcmp(before, member->interface.name))
		capture_warn(&capture->options,
			     "%s: the interface is called %s now, and still "
			     "listened to",
			     member->name, member->interface.name);
}

/*
 * What was not attached yet, or came back, is none of its business: tap_open()
 * and tap_attach() refuse it, and the others go on.
 */
static bool guard_refuses(const struct member *member, struct problem *problem)
{
	return member->tap && member->is_attached && member->exists &&
	       guard_check_running(&member->interface, problem) == -EADDRINUSE;
}

static void look_whether_free(struct member *member)
{
	struct problem problem;

	if (!member->is_used || guard_check(&member->interface, &problem))
		return;
	member->is_used = false;
	member->retry_ns = 0;
}

/* A queue that came up meanwhile has no socket. */
static bool has_new_queues(const struct capture *capture, struct member *member)
{
	if (!member->tap || member_is_deaf(member) || member->is_outgrown ||
	    member->interface.queues <= tap_queues(member->tap))
		return false;
	capture_warn(&capture->options,
		     "%s: %u receive queues now, %u of them read: opening anew",
		     member->name, member->interface.queues,
		     tap_queues(member->tap));
	member->is_outgrown = true;
	return true;
}

static enum capture_health look(struct capture *capture,
				struct problem *problem)
{
	enum capture_health health = CAPTURE_WELL;

	capture->looked_ns = clock_ns();
	capture->has_changed = false;
	for (uint32_t i = 0; i < capture->member_count; i++) {
		struct member *member = &capture->members[i];

		look_at(capture, member);
		if (guard_refuses(member, problem)) {
			capture_detach(capture);
			return CAPTURE_GUARD;
		}
		look_whether_free(member);
		if (has_new_queues(capture, member))
			health = CAPTURE_REOPEN;
	}
	return health;
}

static bool has_deaf(const struct capture *capture)
{
	for (uint32_t i = 0; i < capture->member_count; i++) {
		if (member_is_deaf(&capture->members[i]))
			return true;
	}
	return false;
}

/* Inline, and hearing, nothing depends on it but what status says. */
static bool is_time_to_look(const struct capture *capture, uint64_t now_ns)
{
	bool is_urgent = capture->has_changed &&
			 (capture_is_tap(capture) || has_deaf(capture));

	return now_ns - capture->looked_ns >=
	       (is_urgent ? LOOK_LEAST_NS : LOOK_NS);
}

/* What else changed waits for capture_check(), so has_changed stays. */
enum capture_health capture_watch(struct capture *capture,
				  struct problem *problem)
{
	struct member *end = capture->members + capture->member_count;
	uint64_t now_ns = clock_ns();

	capture->has_changed |= watch_read(capture->watch_fd);
	if (capture->is_detached)
		return CAPTURE_WELL;
	for (struct member *m = capture->members; m < end; m++)
		look_for_deafness(capture, m);
	if (!is_time_to_look(capture, now_ns))
		return CAPTURE_WELL;
	capture->looked_ns = now_ns;
	for (struct member *m = capture->members; m < end; m++) {
		if (!guard_refuses(m, problem))
			continue;
		capture_detach(capture);
		return CAPTURE_GUARD;
	}
	return CAPTURE_WELL;
}

enum capture_health capture_check(struct capture *capture,
				  struct problem *problem)
{
	enum capture_health worst = CAPTURE_WELL;
	uint64_t now_ns = clock_ns();

	capture->has_changed |= watch_read(capture->watch_fd);
	if (capture->is_detached)
		return CAPTURE_WELL;
	if (is_time_to_look(capture, now_ns))
		worst = look(capture, problem);
	if (now_ns - capture->checked_ns < CHECK_LEAST_NS)
		return worst;
	capture->checked_ns = now_ns;
	for (uint32_t i = 0;
	     i < capture->member_count && worst != CAPTURE_GUARD; i++) {
		enum capture_health health = look_after(capture,
							&capture->members[i]);

		worst = health > worst ? health : worst;
	}
	return worst;
}
