/* SPDX-License-Identifier: MIT */
/* See demo_net.h. */
#include "demo_net.h"

#include "../capture/netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h> /* which ethtool.h forgets */
#include <linux/ethtool.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <linux/veth.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static void add_u32(struct netlink_request *request, uint16_t type,
		    uint32_t value)
{
	netlink_add(request, type, &value, sizeof(value));
}

/* Attributes within one: what `inside` holds behind its netlink header. */
static void add_nested(struct netlink_request *request, uint16_t type,
		       const struct netlink_request *inside)
{
	netlink_add(request, type, inside->body,
		    inside->header.nlmsg_len - NLMSG_HDRLEN);
}

/*
 * One queue each: an XDP program needs no more, and the kernel refuses one
 * where the peer has more to send from than it has to receive into.
 */
static void describe(struct netlink_request *request, const struct net_end *end)
{
	netlink_add(request, IFLA_IFNAME, end->name, strlen(end->name) + 1);
	netlink_add(request, IFLA_ADDRESS, end->mac, sizeof(end->mac));
	add_u32(request, IFLA_NUM_TX_QUEUES, 1);
	add_u32(request, IFLA_NUM_RX_QUEUES, 1);
}

/* The kernel's answer, of something that was to be done to an interface. */
static int tell(int ret, struct problem *problem, const char *name,
		const char *what)
{
	return ret ? problem_set(problem, ret, "%s: cannot %s: %s", name, what,
				 problem_errno(ret)) :
		     0;
}

int net_make_pair(const struct net_end *here, const struct net_end *there,
		  int there_namespace, struct problem *problem)
{
	struct ifinfomsg header = { .ifi_family = AF_UNSPEC };
	struct netlink_request request;
	struct netlink_request peer;
	struct netlink_request data;
	struct netlink_request info;
	int ret;

	netlink_begin(&peer, 0, 0, &header, sizeof(header));
	describe(&peer, there);
	add_u32(&peer, IFLA_NET_NS_FD, (uint32_t)there_namespace);
	netlink_begin(&data, 0, 0, NULL, 0);
	add_nested(&data, VETH_INFO_PEER, &peer);
	netlink_begin(&info, 0, 0, NULL, 0);
	netlink_add(&info, IFLA_INFO_KIND, "veth", strlen("veth"));
	add_nested(&info, IFLA_INFO_DATA, &data);
	netlink_begin(&request, RTM_NEWLINK,
		      NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, &header,
		      sizeof(header));
	describe(&request, here);
	add_nested(&request, IFLA_LINKINFO, &info);
	ret = netlink_ask(&request, NULL, NULL);
	if (!ret)
		return 0;
	return problem_set(problem, ret, "cannot make the veth pair %s, %s: %s",
			   here->name, there->name, problem_errno(ret));
}

/* No address of its own; a kernel without IPv6 refuses, which is as good. */
static void keep_silent(uint32_t ifindex)
{
	struct ifinfomsg header = { .ifi_index = (int)ifindex };
	uint8_t mode = IN6_ADDR_GEN_MODE_NONE;
	struct netlink_request request;
	struct netlink_request family;
	struct netlink_request inet6;

	netlink_begin(&inet6, 0, 0, NULL, 0);
	netlink_add(&inet6, IFLA_INET6_ADDR_GEN_MODE, &mode, sizeof(mode));
	netlink_begin(&family, 0, 0, NULL, 0);
	add_nested(&family, AF_INET6, &inet6);
	netlink_begin(&request, RTM_SETLINK, 0, &header, sizeof(header));
	add_nested(&request, IFLA_AF_SPEC, &family);
	netlink_ask(&request, NULL, NULL);
}

/* Tags are to stay where a tap can see them. A wish: it would say so. */
static void keep_tags(const char *name)
{
	struct ethtool_value value = { .cmd = ETHTOOL_GFLAGS };
	struct ifreq request = { .ifr_data = (void *)&value };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (!ioctl(fd, SIOCETHTOOL, &request)) {
		value.cmd = ETHTOOL_SFLAGS;
		value.data &= ~(uint32_t)ETH_FLAG_RXVLAN;
		ioctl(fd, SIOCETHTOOL, &request);
	}
	close(fd);
}

int net_bring_up(const char *name, struct problem *problem)
{
	struct ifinfomsg header = {
		.ifi_index = (int)if_nametoindex(name),
		.ifi_flags = IFF_UP | IFF_NOARP,
		.ifi_change = IFF_UP | IFF_NOARP,
	};
	struct netlink_request request;

	keep_silent((uint32_t)header.ifi_index);
	keep_tags(name);
	netlink_begin(&request, RTM_NEWLINK, 0, &header, sizeof(header));
	return tell(netlink_ask(&request, NULL, NULL), problem, name,
		    "bring it up");
}

struct net_address net_address(const char *text, uint8_t bits)
{
	struct net_address address = { .bits = bits };

	address.family = strchr(text, ':') ? AF_INET6 : AF_INET;
	inet_pton(address.family, text, address.bytes);
	return address;
}

static size_t length_of(const struct net_address *address)
{
	return address->family == AF_INET6 ? 16 : 4;
}

int net_add_address(const char *name, const struct net_address *address,
		    struct problem *problem)
{
	struct ifaddrmsg header = {
		.ifa_family = (uint8_t)address->family,
		.ifa_prefixlen = address->bits,
		.ifa_flags = address->family == AF_INET6 ? IFA_F_NODAD : 0,
		.ifa_index = if_nametoindex(name),
	};
	struct netlink_request request;

	netlink_begin(&request, RTM_NEWADDR,
		      NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, &header,
		      sizeof(header));
	netlink_add(&request, IFA_LOCAL, address->bytes, length_of(address));
	netlink_add(&request, IFA_ADDRESS, address->bytes, length_of(address));
	return tell(netlink_ask(&request, NULL, NULL), problem, name,
		    "add an address");
}

int net_add_neighbour(const char *name, const struct net_address *address,
		      const uint8_t mac[6], struct problem *problem)
{
	struct ndmsg header = {
		.ndm_family = (uint8_t)address->family,
		.ndm_ifindex = (int)if_nametoindex(name),
		.ndm_state = NUD_PERMANENT,
	};
	struct netlink_request request;

	netlink_begin(&request, RTM_NEWNEIGH,
		      NLM_F_CREATE | NLM_F_REPLACE | NLM_F_ACK, &header,
		      sizeof(header));
	netlink_add(&request, NDA_DST, address->bytes, length_of(address));
	netlink_add(&request, NDA_LLADDR, mac, 6);
	return tell(netlink_ask(&request, NULL, NULL), problem, name,
		    "add a neighbour");
}

static void take_counts(void *ctx, const struct nlmsghdr *message)
{
	struct net_counts *counts = ctx;
	struct rtnl_link_stats64 stats;
	struct netlink_range value;

	if (message->nlmsg_type != RTM_NEWLINK)
		return;
	value = netlink_find(netlink_attributes(message,
						sizeof(struct ifinfomsg)),
			     IFLA_STATS64);
	memset(&stats, 0, sizeof(stats));
	if (!value.p)
		return;
	memcpy(&stats, value.p,
	       (size_t)(value.end - value.p) < sizeof(stats) ?
		       (size_t)(value.end - value.p) :
		       sizeof(stats));
	counts->received = stats.rx_packets;
	counts->sent = stats.tx_packets;
	counts->dropped = stats.tx_dropped;
}

int net_count(const char *name, struct net_counts *counts,
	      struct problem *problem)
{
	struct ifinfomsg header = { .ifi_index = (int)if_nametoindex(name) };
	struct netlink_request request;

	memset(counts, 0, sizeof(*counts));
	netlink_begin(&request, RTM_GETLINK, 0, &header, sizeof(header));
	return tell(netlink_ask(&request, take_counts, counts), problem, name,
		    "read its counters");
}
