/* SPDX-License-Identifier: MIT */
/*
 * The guard of tap: finds out whether the host uses an interface. A program
 * that takes SYNs away from such a one would end the host's connections, so
 * whatever looks like use is a reason to refuse. Asked by the supervisor
 * before it attaches, and after each change that the watch tells of.
 */
#include "guard.h"
#include "interface.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* The first reason that was found stays. */
__attribute__((format(printf, 2, 3))) static void find(struct guard *guard,
						       const char *format, ...)
{
	va_list args;

	if (guard->reason[0])
		return;
	va_start(args, format);
	vsnprintf(guard->reason, sizeof(guard->reason), format, args);
	va_end(args);
}

static size_t address_bytes(uint8_t family)
{
	return family == AF_INET6 ? 16 : 4;
}

static bool has_address(struct netlink_range value, uint8_t family)
{
	return value.p && value.end - value.p >= (int)address_bytes(family);
}

/*
 * Addresses and routes that an interface has by itself, or that reach no
 * further than its cable: RFC 3927, RFC 4291 section 2.5.6.
 */
static bool is_link_local(const uint8_t *address, uint8_t family, uint8_t bits)
{
	if (family == AF_INET)
		return bits >= 16 && address[0] == 169 && address[1] == 254;
	return bits >= 10 && address[0] == 0xfe && (address[1] & 0xc0) == 0x80;
}

/* Every interface has the IPv6 one; a route for IPv4's was made on purpose. */
static bool is_own_multicast(const uint8_t *address, uint8_t family,
			     uint8_t bits)
{
	return family == AF_INET6 && bits >= 8 && address[0] == 0xff;
}

/* ------------------------------------------------------------ addresses -- */

/* ctx: struct guard */
static void visit_address(void *ctx, const struct nlmsghdr *message)
{
	struct guard *guard = ctx;
	const struct ifaddrmsg *info = netlink_header(message, sizeof(*info));
	struct netlink_range all = netlink_attributes(message, sizeof(*info));
	struct netlink_range value = netlink_find(all, IFA_LOCAL);
	char text[INET6_ADDRSTRLEN];

	if (message->nlmsg_type != RTM_NEWADDR || !info ||
	    info->ifa_index != guard->ifindex)
		return;
	if (!value.p) /* IPv6, but for point-to-point links */
		value = netlink_find(all, IFA_ADDRESS);
	if (!has_address(value, info->ifa_family) ||
	    is_link_local(value.p, info->ifa_family, UINT8_MAX))
		return;
	if (inet_ntop(info->ifa_family, value.p, text, sizeof(text)))
		find(guard, "carries the address %s", text);
}

static int look_at_addresses(struct guard *guard, uint8_t family)
{
	struct ifaddrmsg info = { .ifa_family = family,
				  .ifa_index = guard->ifindex };
	struct netlink_request request;

	netlink_begin(&request, RTM_GETADDR, NLM_F_DUMP, &info, sizeof(info));
	return netlink_ask(&request, visit_address, guard);
}

/* --------------------------------------------------------------- routes -- */

/* One of the next hops of a route leaves by the interface. */
static bool has_next_hop(struct netlink_range hops, uint32_t ifindex)
{
	while (hops.p && hops.end - hops.p >= (int)sizeof(struct rtnexthop)) {
		struct rtnexthop hop;
		size_t left = (size_t)(hops.end - hops.p);
		size_t step;

		memcpy(&hop, hops.p, sizeof(hop));
		if ((uint32_t)hop.rtnh_ifindex == ifindex)
			return true;
		step = NLMSG_ALIGN((uint32_t)hop.rtnh_len);
		if (hop.rtnh_len < sizeof(hop) || step >= left)
			return false;
		hops.p += step;
	}
	return false;
}

/*
 * Kernels from 4.20 on filter by interface and say so; they also know the
 * ways out of a next hop object, which need not be in the message.
 */
static bool is_over(const struct guard *guard, const struct nlmsghdr *message,
		    struct netlink_range all)
{
	return message->nlmsg_flags & NLM_F_DUMP_FILTERED ||
	       netlink_u32(netlink_find(all, RTA_OIF)) == guard->ifindex ||
	       has_next_hop(netlink_find(all, RTA_MULTIPATH), guard->ifindex);
}

/* ctx: struct guard */
static void visit_route(void *ctx, const struct nlmsghdr *message)
{
	struct guard *guard = ctx;
	const struct rtmsg *info = netlink_header(message, sizeof(*info));
	struct netlink_range all = netlink_attributes(message, sizeof(*info));
	struct netlink_range to = netlink_find(all, RTA_DST);
	char text[INET6_ADDRSTRLEN];

	if (message->nlmsg_type != RTM_NEWROUTE || !info ||
	    info->rtm_flags & RTM_F_CLONED || !is_over(guard, message, all))
		return;
	if (!has_address(to, info->rtm_family)) {
		find(guard, "carries a default route");
		return;
	}
	if (is_link_local(to.p, info->rtm_family, info->rtm_dst_len) ||
	    is_own_multicast(to.p, info->rtm_family, info->rtm_dst_len))
		return;
	if (inet_ntop(info->rtm_family, to.p, text, sizeof(text)))
		find(guard, "carries a route to %s/%u", text,
		     info->rtm_dst_len);
}

static int look_at_routes(struct guard *guard, uint8_t family)
{
	struct rtmsg info = { .rtm_family = family };
	struct netlink_request request;

	netlink_begin(&request, RTM_GETROUTE, NLM_F_DUMP, &info, sizeof(info));
	netlink_add(&request, RTA_OIF, &guard->ifindex, sizeof(guard->ifindex));
	return netlink_ask(&request, visit_route, guard);
}

/* ------------------------------------------------------- masters, uppers -- */

void guard_read_kind(struct netlink_range all, uint16_t type,
		     char kind[GUARD_KIND])
{
	struct netlink_range info = netlink_find(all, IFLA_LINKINFO);

	netlink_text(netlink_find(info, type), kind, GUARD_KIND);
}

static void look_at_master(struct guard *guard, struct netlink_range all)
{
	uint32_t master = netlink_u32(netlink_find(all, IFLA_MASTER));
	char name[IF_NAMESIZE];
	char kind[GUARD_KIND];

	if (!master)
		return;
	guard_read_kind(all, IFLA_INFO_SLAVE_KIND, kind);
	if (!if_indextoname(master, name))
		snprintf(name, sizeof(name), "%u", master);
	find(guard, "belongs to %s %s", kind[0] ? kind : "interface", name);
}

/* The interface that a vxlan sends through is no IFLA_LINK. */
static uint32_t vxlan_lower(struct netlink_range all)
{
	struct netlink_range info = netlink_find(all, IFLA_LINKINFO);

	return netlink_u32(netlink_find(netlink_find(info, IFLA_INFO_DATA),
					IFLA_VXLAN_LINK));
}

bool guard_is_upper(struct netlink_range all, const char *kind,
		    uint32_t ifindex)
{
	if (!strcmp(kind, "vxlan") && vxlan_lower(all) == ifindex)
		return true;
	/* these name their other end, which is nobody's upper device */
	if (!strcmp(kind, "veth") || !strcmp(kind, "netkit"))
		return false;
	return netlink_u32(netlink_find(all, IFLA_LINK)) == ifindex;
}

/* ctx: struct guard */
static void visit_link(void *ctx, const struct nlmsghdr *message)
{
	struct guard *guard = ctx;
	const struct ifinfomsg *info = netlink_header(message, sizeof(*info));
	struct netlink_range all = netlink_attributes(message, sizeof(*info));
	char name[IF_NAMESIZE];
	char kind[GUARD_KIND];

	if (message->nlmsg_type != RTM_NEWLINK || !info)
		return;
	if ((uint32_t)info->ifi_index == guard->ifindex) {
		look_at_master(guard, all);
		return;
	}
	guard_read_kind(all, IFLA_INFO_KIND, kind);
	/* with a namespace's number, the lower device lies over there */
	if (netlink_find(all, IFLA_LINK_NETNSID).p ||
	    !guard_is_upper(all, kind, guard->ifindex))
		return;
	netlink_text(netlink_find(all, IFLA_IFNAME), name, sizeof(name));
	find(guard, "carries %s %s", kind[0] ? kind : "interface", name);
}

static int look_at_links(struct guard *guard)
{
	struct ifinfomsg info = { .ifi_family = AF_UNSPEC };
	uint32_t mask = RTEXT_FILTER_SKIP_STATS;
	struct netlink_request request;

	netlink_begin(&request, RTM_GETLINK, NLM_F_DUMP, &info, sizeof(info));
	netlink_add(&request, IFLA_EXT_MASK, &mask, sizeof(mask));
	return netlink_ask(&request, visit_link, guard);
}

/* ----------------------------------------------------------------- call -- */

static int look(struct guard *guard)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	char name[IF_NAMESIZE];
	int ret = 0;

	for (size_t i = 0; i < 2 && !ret && !guard->reason[0]; i++) {
		ret = look_at_addresses(guard, families[i]);
		if (!ret && !guard->reason[0])
			ret = look_at_routes(guard, families[i]);
		if (ret == -EOPNOTSUPP || ret == -EAFNOSUPPORT)
			ret = 0; /* a kernel without this family */
	}
	if (!ret && !guard->reason[0])
		ret = look_at_links(guard);
	if (!ret && !guard->reason[0] && if_indextoname(guard->ifindex, name))
		guard_look_at_pppoe(guard, name, "/proc/self/net/pppoe");
	if (!ret && !guard->reason[0])
		guard_look_at_packets(guard, "/proc/self/net/packet");
	if (!ret && !guard->reason[0])
		guard_look_elsewhere(guard);
	return ret;
}

static int check(const struct interface *interface, bool is_running,
		 struct problem *problem)
{
	struct guard guard = { .ifindex = interface->ifindex,
			       .is_running = is_running };
	int ret = look(&guard);

	if (guard.reason[0])
		return problem_set(problem, -EADDRINUSE,
				   "%s %s: --capture tap would take its %s "
				   "away; use --capture inline",
				   interface->name, guard.reason,
				   guard.is_listened_to ? "packets" :
							  "connections");
	if (ret)
		return problem_set(problem, ret,
				   "%s: cannot tell whether the host uses it: "
				   "%s",
				   interface->name, problem_errno(ret));
	return 0;
}

int guard_check(const struct interface *interface, struct problem *problem)
{
	return check(interface, false, problem);
}

int guard_check_running(const struct interface *interface,
			struct problem *problem)
{
	return check(interface, true, problem);
}
