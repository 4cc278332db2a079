/* SPDX-License-Identifier: MIT */
/*
 * An XDP program at an interface by a bpf_link: it goes when the last
 * descriptor of the link does, so nothing stays behind a killed sensor, and
 * nobody can put another program in its place. Never replaces a program of
 * somebody else. Called by tap.c; one thread.
 */
#ifndef X0F_CAPTURE_XDP_LINK_H
#define X0F_CAPTURE_XDP_LINK_H

#include "capture.h"
#include "interface.h"

/*
 * 0 where no XDP program is attached; -EBUSY with the id and name of the one
 * that is. A sensor that died may hold its own for a moment: one of ours gets
 * half a second to go away, where we may wait.
 */
int xdp_link_check_free(const struct interface *interface, bool may_wait,
			struct problem *problem);

/*
 * Attaches. Returns a descriptor or a negative errno as of capture_open().
 * With BIND_AUTO a driver that cannot gets the generic hook of the stack;
 * *why then says why, else it is "".
 */
int xdp_link_open(const struct interface *interface, int program_fd,
		  enum capture_bind bind, struct problem *why,
		  struct problem *problem);

/* False: the interface is gone, or somebody detached the link. */
bool xdp_link_is_attached(int link_fd);

void xdp_link_close(int link_fd);

/* After closing links: packets that were under way have arrived. */
void xdp_link_settle(void);

#endif
