/* SPDX-License-Identifier: MIT */
/*
 * What a tap changes on an interface, and how that is undone. See interface.h.
 */
#include "interface.h"
#include "netlink.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

static int set_up(uint32_t ifindex, bool is_up)
{
	struct ifinfomsg info = {
		.ifi_family = AF_UNSPEC,
		.ifi_index = (int)ifindex,
		.ifi_flags = is_up ? IFF_UP : 0,
		.ifi_change = IFF_UP,
	};
	struct netlink_request request;

	netlink_begin(&request, RTM_NEWLINK, NLM_F_ACK, &info, sizeof(info));
	return netlink_ask(&request, NULL, NULL);
}

static int make_promiscuous(struct interface_setup *setup)
{
	struct packet_mreq membership = {
		.mr_ifindex = (int)setup->ifindex,
		.mr_type = PACKET_MR_PROMISC,
	};
	int ret;

	/* protocol 0: it gets no packet */
	setup->packet_fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (setup->packet_fd < 0)
		return -errno;
	if (!setsockopt(setup->packet_fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP,
			&membership, sizeof(membership)))
		return 0;
	ret = -errno;
	close(setup->packet_fd);
	setup->packet_fd = -1;
	return ret;
}

int interface_prepare(struct interface_setup *setup,
		      const struct interface *interface,
		      struct problem *problem)
{
	int ret;

	*setup = (struct interface_setup){ .ifindex = interface->ifindex,
					   .packet_fd = -1 };
	ret = make_promiscuous(setup);
	if (ret)
		return problem_set(problem, ret,
				   "%s: no promiscuous mode: %s%s",
				   interface->name, problem_errno(ret),
				   ret == -EPERM ? ", needs root or "
						   "CAP_NET_RAW" :
						   "");
	if (interface->is_up)
		return 0;
	ret = set_up(interface->ifindex, true);
	if (ret) {
		interface_restore(setup);
		return problem_set(problem, ret,
				   "%s is down and cannot be brought up: %s%s",
				   interface->name, problem_errno(ret),
				   ret == -EPERM ? ", needs root or "
						   "CAP_NET_ADMIN" :
						   "");
	}
	setup->was_down = true;
	return 0;
}

/*
 * An interface that became the host's own meanwhile stays up, even though it
 * was down: taking it down would end what it is used for now.
 */
static bool is_in_use(uint32_t ifindex)
{
	struct interface interface = { .ifindex = ifindex };
	struct problem problem;

	return guard_check(&interface, &problem) != 0;
}

void interface_restore(struct interface_setup *setup)
{
	if (!setup->ifindex)
		return;
	if (setup->packet_fd >= 0)
		close(setup->packet_fd);
	if (setup->was_down && !is_in_use(setup->ifindex))
		set_up(setup->ifindex, false);
	*setup = (struct interface_setup){ .packet_fd = -1 };
}
