/* SPDX-License-Identifier: MIT */
/*
 * A container's macvlan or VLAN device may stand on an interface that lies
 * here. Seen from here it does not exist; so every namespace that has a number
 * in ours is asked for its links. See guard.h.
 */
#include "guard.h"

#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

/* A host with more containers than that is not one that has a tap. */
#define MOST_NAMESPACES 1024

struct elsewhere {
	struct guard *guard;
	int32_t ids[MOST_NAMESPACES];
	uint32_t count;
	int own;	/* descriptor of our namespace */
	int32_t our_id; /* our own number for it; -1: none yet */
};

/* ctx: struct elsewhere */
static void visit_id(void *ctx, const struct nlmsghdr *message)
{
	struct elsewhere *elsewhere = ctx;
	struct netlink_range all = netlink_attributes(message,
						      sizeof(struct rtgenmsg));
	int32_t id = (int32_t)netlink_u32(netlink_find(all, NETNSA_NSID));

	if (message->nlmsg_type == RTM_NEWNSID && id >= 0 &&
	    elsewhere->count < MOST_NAMESPACES)
		elsewhere->ids[elsewhere->count++] = id;
}

/* ctx: struct elsewhere */
static void visit_our_id(void *ctx, const struct nlmsghdr *message)
{
	struct elsewhere *elsewhere = ctx;
	struct netlink_range all = netlink_attributes(message,
						      sizeof(struct rtgenmsg));

	if (message->nlmsg_type == RTM_NEWNSID)
		elsewhere->our_id = (int32_t)netlink_u32(
			netlink_find(all, NETNSA_NSID));
}

/*
 * The numbers in the answers are those of the one who asks, and a namespace
 * has one for itself only once it had to be told: so ask when one is there.
 */
static bool is_ours(struct elsewhere *elsewhere, int32_t id)
{
	struct rtgenmsg generic = { .rtgen_family = AF_UNSPEC };
	struct netlink_request request;

	elsewhere->our_id = -1;
	netlink_begin(&request, RTM_GETNSID, 0, &generic, sizeof(generic));
	netlink_add(&request, NETNSA_FD, &elsewhere->own,
		    sizeof(elsewhere->own));
	netlink_ask(&request, visit_our_id, elsewhere);
	return elsewhere->our_id >= 0 && elsewhere->our_id == id;
}

/* ctx: struct elsewhere */
static void visit_link(void *ctx, const struct nlmsghdr *message)
{
	struct elsewhere *elsewhere = ctx;
	struct guard *guard = elsewhere->guard;
	struct netlink_range all = netlink_attributes(message,
						      sizeof(struct ifinfomsg));
	struct netlink_range home = netlink_find(all, IFLA_LINK_NETNSID);
	char name[IF_NAMESIZE];
	char kind[GUARD_KIND];

	if (message->nlmsg_type != RTM_NEWLINK || guard->reason[0] || !home.p)
		return;
	guard_read_kind(all, IFLA_INFO_KIND, kind);
	if (!guard_is_upper(all, kind, guard->ifindex) ||
	    !is_ours(elsewhere, (int32_t)netlink_u32(home)))
		return;
	netlink_text(netlink_find(all, IFLA_IFNAME), name, sizeof(name));
	snprintf(guard->reason, sizeof(guard->reason),
		 "carries %s %s of another network namespace",
		 kind[0] ? kind : "interface", name);
}

static void ask_links(struct elsewhere *elsewhere, int32_t id)
{
	struct ifinfomsg info = { .ifi_family = AF_UNSPEC };
	uint32_t mask = RTEXT_FILTER_SKIP_STATS;
	struct netlink_request request;

	netlink_begin(&request, RTM_GETLINK, NLM_F_DUMP, &info, sizeof(info));
	netlink_add(&request, IFLA_TARGET_NETNSID, &id, sizeof(id));
	netlink_add(&request, IFLA_EXT_MASK, &mask, sizeof(mask));
	netlink_ask(&request, visit_link, elsewhere);
}

/*
 * Without the right to look into a namespace nothing is found there: a second
 * line of defence, whose failure is no reason to refuse.
 */
void guard_look_elsewhere(struct guard *guard)
{
	struct rtgenmsg generic = { .rtgen_family = AF_UNSPEC };
	struct elsewhere elsewhere = { .guard = guard };
	struct netlink_request request;

	elsewhere.own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (elsewhere.own < 0)
		return;
	netlink_begin(&request, RTM_GETNSID, NLM_F_DUMP, &generic,
		      sizeof(generic));
	netlink_ask(&request, visit_id, &elsewhere);
	for (uint32_t i = 0; i < elsewhere.count && !guard->reason[0]; i++)
		ask_links(&elsewhere, elsewhere.ids[i]);
	close(elsewhere.own);
}
