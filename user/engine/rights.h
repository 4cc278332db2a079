/* SPDX-License-Identifier: MIT */
/*
 * Who looks at packets, and giving up every right before doing so.
 */
#ifndef X0F_ENGINE_RIGHTS_H
#define X0F_ENGINE_RIGHTS_H

#include "../capture/problem.h"

#include <stdbool.h>
#include <sys/types.h>

struct rights {
	bool change; /* started as root: become somebody else */
	uid_t uid;
	gid_t gid;
	char user[64];
};

/* user NULL: x0f where there is one, else nobody. -ENOENT: no such user. */
int rights_find(struct rights *rights, const char *user,
		struct problem *problem);

/*
 * Once and for all threads to come: no capability, no uid 0, no way to get
 * them back, no bpf(2), no other process, no other program. Call it while
 * there is one thread. A failure must end the process.
 */
int rights_drop(const struct rights *rights, struct problem *problem);

#endif
