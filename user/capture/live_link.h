/* SPDX-License-Identifier: MIT */
/*
 * The XDP link of an interface, into which the generator's program is put for
 * a while. For live_frames.c; one thread.
 */
#ifndef X0F_CAPTURE_LIVE_LINK_H
#define X0F_CAPTURE_LIVE_LINK_H

#include "interface.h"

#include <sys/types.h>

struct live_link {
	uint32_t ifindex;
	char name[16];
	int link;   /* the sensor's, or our own; -1: none yet */
	int sensor; /* its program; -1: there is none */
	pid_t keeper;
	int keeper_fd; /* closed: it shall put the sensor's program back */
};

void live_link_init(struct live_link *link);

/*
 * Finds a sensor's link and program. -EBUSY: there is an XDP program which is
 * none, or which is not attached by a link.
 */
int live_link_find(struct live_link *link, const struct interface *interface,
		   struct problem *problem);

/*
 * Attaches program; next_map, a PROG_ARRAY, gets the sensor's. From here on a
 * second process, the keeper, waits for the end of this one.
 */
int live_link_attach(struct live_link *link, int program, int next_map,
		     struct problem *problem);

/* Puts everything back; 0, or an errno with *problem. */
int live_link_close(struct live_link *link, struct problem *problem);

#endif
