/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the guard share: guard.c looks at the sensor's own network
 * namespace, guard_pppoe.c and guard_packet.c there, too, guard_elsewhere.c at
 * the others, where devices may lie that stand on an interface of ours.
 */
#ifndef X0F_CAPTURE_GUARD_H
#define X0F_CAPTURE_GUARD_H

#include "netlink.h"

#include <stdbool.h>

#define GUARD_KIND 16

struct guard {
	uint32_t ifindex;
	bool is_running;     /* a tap of ours is there already */
	bool is_listened_to; /* the reason is a packet socket */
	char reason[128];    /* "carries the address …"; "": none was found */
};

/* type: IFLA_INFO_KIND or IFLA_INFO_SLAVE_KIND; "" where there is none */
void guard_read_kind(struct netlink_range all, uint16_t type,
		     char kind[GUARD_KIND]);

/* The link with these attributes stands on the interface of that number. */
bool guard_is_upper(struct netlink_range all, const char *kind,
		    uint32_t ifindex);

/*
 * Fills guard->reason if a PPPoE session runs over the interface of that name.
 * path: of /proc/net/pppoe, which need not exist.
 */
void guard_look_at_pppoe(struct guard *guard, const char *name,
			 const char *path);

/*
 * Fills guard->reason if another program's packet socket is bound to the
 * interface. path: of /proc/net/packet.
 */
void guard_look_at_packets(struct guard *guard, const char *path);

/* Fills guard->reason if a device of another namespace stands on ours. */
void guard_look_elsewhere(struct guard *guard);

#endif
