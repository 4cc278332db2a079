/* SPDX-License-Identifier: MIT */
/*
 * What an interface is, what it belongs to and what stands on it, by one dump
 * of all links. See examine.h. Called by x0f check; one thread.
 */
#include "examine.h"
#include "guard.h"
#include "netlink.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

_Static_assert((int)EXAMINED_KIND == (int)GUARD_KIND, "read by the guard's");

/* A dump that was interrupted tells of a link twice. */
static bool is_listed(const struct examined_names *names, const char *name)
{
	size_t len = strlen(name);
	const char *at = names->text;

	while ((at = strstr(at, name))) {
		if ((at == names->text || at[-1] == ' ') &&
		    (at[len] == ' ' || !at[len]))
			return true;
		at += len;
	}
	return false;
}

static void add_name(struct examined_names *names, const char *name)
{
	size_t len = strlen(names->text);

	if (!name[0] || is_listed(names, name))
		return;
	if (!names->count++)
		snprintf(names->first, sizeof(names->first), "%s", name);
	if (len + strlen(name) + 2 <= sizeof(names->text))
		snprintf(names->text + len, sizeof(names->text) - len, "%s%s",
			 len ? " " : "", name);
}

static uint32_t read_vlan(struct netlink_range all)
{
	struct netlink_range data = netlink_find(netlink_find(all,
							      IFLA_LINKINFO),
						 IFLA_INFO_DATA);
	struct netlink_range id = netlink_find(data, IFLA_VLAN_ID);
	uint16_t number = 0;

	if (id.p && id.end - id.p >= (ptrdiff_t)sizeof(number))
		memcpy(&number, id.p, sizeof(number));
	return number;
}

static void read_own(struct examined_link *link, struct netlink_range all)
{
	guard_read_kind(all, IFLA_INFO_KIND, link->kind);
	guard_read_kind(all, IFLA_INFO_SLAVE_KIND, link->port_kind);
	link->master = netlink_u32(netlink_find(all, IFLA_MASTER));
	link->promiscuity = netlink_u32(netlink_find(all, IFLA_PROMISCUITY));
	link->lower_is_elsewhere = netlink_find(all, IFLA_LINK_NETNSID).p;
	link->lower = netlink_u32(netlink_find(all, IFLA_LINK));
	if (link->lower_is_elsewhere || link->lower == link->ifindex)
		link->lower = 0;
	if (!strcmp(link->kind, "vlan"))
		link->vlan = read_vlan(all);
}

static void read_other(struct examined_link *link, struct netlink_range all)
{
	char kind[EXAMINED_KIND];
	char name[16];

	guard_read_kind(all, IFLA_INFO_KIND, kind);
	netlink_text(netlink_find(all, IFLA_IFNAME), name, sizeof(name));
	if (netlink_u32(netlink_find(all, IFLA_MASTER)) == link->ifindex)
		add_name(&link->members, name);
	if (!netlink_find(all, IFLA_LINK_NETNSID).p &&
	    guard_is_upper(all, kind, link->ifindex))
		add_name(examined_is_part(kind) ? &link->uppers :
						  &link->tunnels,
			 name);
}

bool examined_is_part(const char *kind)
{
	static const char *const kinds[] = { "vlan",   "macvlan", "macvtap",
					     "ipvlan", "ipvtap",  NULL };

	for (int i = 0; kinds[i]; i++)
		if (!strcmp(kinds[i], kind))
			return true;
	return false;
}

void examine_link_visit(void *ctx, const struct nlmsghdr *message)
{
	struct examined_link *link = ctx;
	const struct ifinfomsg *info = netlink_header(message, sizeof(*info));
	struct netlink_range all = netlink_attributes(message, sizeof(*info));

	if (message->nlmsg_type != RTM_NEWLINK || !info)
		return;
	if ((uint32_t)info->ifi_index == link->ifindex)
		read_own(link, all);
	else
		read_other(link, all);
}

static void read_name(uint32_t ifindex, char name[IF_NAMESIZE])
{
	if (!ifindex || !if_indextoname(ifindex, name))
		name[0] = '\0';
}

/* ctx: struct examined_link */
static void visit_address(void *ctx, const struct nlmsghdr *message)
{
	struct examined_link *link = ctx;
	const struct ifaddrmsg *info = netlink_header(message, sizeof(*info));

	if (message->nlmsg_type == RTM_NEWADDR && info &&
	    info->ifa_index == link->ifindex &&
	    info->ifa_scope == RT_SCOPE_LINK)
		link->has_link_local = true;
}

static void look_for_addresses(struct examined_link *link)
{
	struct ifaddrmsg info = { .ifa_family = AF_UNSPEC };
	struct netlink_request request;

	netlink_begin(&request, RTM_GETADDR, NLM_F_DUMP, &info, sizeof(info));
	netlink_ask(&request, visit_address, link);
}

void examine_link(struct examined_link *link, uint32_t ifindex)
{
	struct ifinfomsg info = { .ifi_family = AF_UNSPEC };
	uint32_t mask = RTEXT_FILTER_SKIP_STATS;
	struct netlink_request request;

	memset(link, 0, sizeof(*link));
	link->ifindex = ifindex;
	netlink_begin(&request, RTM_GETLINK, NLM_F_DUMP, &info, sizeof(info));
	netlink_add(&request, IFLA_EXT_MASK, &mask, sizeof(mask));
	netlink_ask(&request, examine_link_visit, link);
	look_for_addresses(link);
	read_name(link->master, link->master_name);
	read_name(link->lower, link->lower_name);
}
