/* SPDX-License-Identifier: MIT */
/*
 * The stage of `x0f demo`: namespaces without names, which are gone with their
 * last process, whatever way that ends. In them two networks, "the server's"
 * and "the other side", and three cables:
 *
 *     server0 ══ client0    with addresses: real connections
 *     tap0    ══ wire0      a tap, and who sends to it
 *     span0   ══ mirror0    both on the server: what is copied, and its tap
 *
 * One thread.
 */
#ifndef X0F_CLI_DEMO_STAGE_H
#define X0F_CLI_DEMO_STAGE_H

#include "../capture/problem.h"

#include <stdbool.h>

#define STAGE_RUN_DIR "/run/x0f"

#define SERVER_V4 "198.51.100.1"
#define CLIENT_V4 "198.51.100.2"
#define SERVER_V6 "2001:db8:f::1"
#define CLIENT_V6 "2001:db8:f::2"

struct stage {
	int server; /* network namespaces, as descriptors */
	int client;
	bool has_v6;
};

/*
 * In the first process of a new PID namespace: mounts and networks of its
 * own; this thread is in the server's. -EPERM: no right to it.
 */
int stage_build(struct stage *stage, struct problem *problem);

/* False: this thread is still where it was. */
bool stage_enter(int network);

#endif
