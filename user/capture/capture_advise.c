/* SPDX-License-Identifier: MIT */
/*
 * Where a sensor sits decides what it sees: one line where an interface shows
 * less than its name promises, or the same packets twice. Said when it is
 * opened for the first time; x0f check has more to say. One thread.
 */
#include "capture_parts.h"
#include "examine.h"

#include <net/if.h>
#include <linux/if_arp.h> /* behind net/if.h */
#include <string.h>

static bool is_kind(const char *kind, const char *wanted)
{
	return !strcmp(kind, wanted);
}

/* Measured: TC runs before a bridge or a bond takes a packet over. */
static void advise_inline(const struct capture *capture,
			  const struct member *member,
			  const struct examined_link *link)
{
	const struct capture_options *options = &capture->options;
	const char *name = member->name;

	if (member->interface.hardware == ARPHRD_LOOPBACK)
		capture_warn(options,
			     "%s: shows each packet twice, as it is sent and "
			     "as it is received",
			     name);
	else if (is_kind(link->kind, "bridge"))
		capture_warn(options,
			     "%s: a bridge shows what this host itself sends "
			     "and receives; what it forwards is seen at its "
			     "ports%s%s",
			     name, link->members.count ? ": " : "",
			     link->members.text);
	else if (is_kind(link->port_kind, "bridge"))
		capture_warn(options,
			     "%s: shows what passes this port of %s; packets "
			     "between other ports are not seen",
			     name, link->master_name);
	else if (is_kind(link->port_kind, "bond") ||
		 is_kind(link->port_kind, "team"))
		capture_warn(options,
			     "%s: shows what %s sends and receives by this "
			     "way, perhaps half of a connection: %s shows all",
			     name, link->master_name, link->master_name);
}

static void advise_tap(const struct capture *capture,
		       const struct member *member,
		       const struct examined_link *link)
{
	if (is_kind(link->kind, "vlan") && link->lower)
		capture_warn(&capture->options,
			     "%s: a VLAN device has no native XDP: %s without "
			     "it is faster, and shows the tags",
			     member->name, link->lower_name);
}

/* Which is below the other does not matter. */
static void advise_of_twice(const struct capture *capture,
			    const struct member *member,
			    const struct examined_link *link)
{
	for (uint32_t i = 0; i < capture->member_count; i++) {
		const struct member *other = &capture->members[i];
		uint32_t ifindex = other->interface.ifindex;

		if (other == member || !other->exists || !ifindex ||
		    (ifindex != link->master && ifindex != link->lower))
			continue;
		capture_warn(&capture->options,
			     "%s and %s: packets that pass both are seen twice",
			     member->name, other->name);
	}
}

void member_advise(const struct capture *capture, const struct member *member)
{
	struct examined_link link;

	examine_link(&link, member->interface.ifindex);
	if (capture_is_tap(capture)) {
		advise_tap(capture, member, &link);
		return;
	}
	advise_inline(capture, member, &link);
	/* what these call their lower device is their other end */
	if (is_kind(link.kind, "veth") || is_kind(link.kind, "netkit"))
		link.lower = 0;
	advise_of_twice(capture, member, &link);
}
