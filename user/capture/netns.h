/* SPDX-License-Identifier: MIT */
/*
 * Works in another network namespace from now on: a container's, or one that
 * ip netns add made. Only the network is another then: files, the run
 * directory among them, stay where they are. Sockets that are open already
 * stay where they were made, so a command does this before all else. Called by
 * commands, once; the thread's, and its children's.
 */
#ifndef X0F_CAPTURE_NETNS_H
#define X0F_CAPTURE_NETNS_H

#include "problem.h"

#include <stdbool.h>

/*
 * name: as ip netns list shows it, or a path if there is a / in it. -ENOENT:
 * no such namespace, with the names that are there; -EINVAL: something else has
 * that name; -EPERM: rights.
 */
int netns_enter(const char *name, struct problem *problem);

/*
 * The name of what was entered is gone, or another's: then we alone may keep
 * it alive, with every peer of its interfaces. False where none was entered.
 */
bool netns_is_gone(struct problem *problem);

#endif
