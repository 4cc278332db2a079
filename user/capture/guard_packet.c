/* SPDX-License-Identifier: MIT */
/*
 * Packet sockets of other programs: a DHCP client's, whose address is still to
 * come, that of tcpdump or Suricata. What a tap takes they do not get. See
 * guard.h.
 */
#include "guard.h"

#include <linux/if_ether.h>
#include <stdio.h>

/* Of a host that uses the interface, or is about to; a look with tcpdump not */
static bool is_of_host(unsigned int protocol)
{
	return protocol == ETH_P_IP || protocol == ETH_P_ARP ||
	       protocol == ETH_P_IPV6 || protocol == ETH_P_PAE;
}

/*
 * "ffff8881 3 3 0003 2 1 0 0 31337": pointer, references, type, protocol,
 * interface, and more, below a line of titles. Protocol 0 gets no packet: that
 * is our own, for promiscuity, or one that only sends. Interface 0 is any.
 */
void guard_look_at_packets(struct guard *guard, const char *path)
{
	FILE *file = fopen(path, "re");
	unsigned int protocol;
	uint32_t ifindex;
	char line[160];

	while (file && !guard->reason[0] && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%*s %*s %*s %4x %u", &protocol, &ifindex) !=
			    2 ||
		    ifindex != guard->ifindex || !protocol ||
		    (guard->is_running && !is_of_host(protocol)))
			continue;
		snprintf(guard->reason, sizeof(guard->reason),
			 "is listened to by another program's packet socket "
			 "(protocol 0x%04x)",
			 protocol);
		guard->is_listened_to = true;
	}
	if (file)
		fclose(file);
}
