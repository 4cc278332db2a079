/* SPDX-License-Identifier: MIT */
/*
 * Real connections between two network namespaces, by the kernel's own TCP:
 * what a sensor must see, and must not disturb. One thread: it is client and
 * server in turns.
 */
#ifndef X0F_CLI_DEMO_CONNECT_H
#define X0F_CLI_DEMO_CONNECT_H

#include "demo_net.h"

struct connector {
	int server_network; /* namespaces, as descriptors */
	int client_network;
	int listener; /* -1: none */
	struct net_address server;
	uint16_t port;
};

/* Leaves this thread in the client's namespace. 0 or a negative errno. */
int connector_open(struct connector *connector,
		   const struct net_address *server, uint16_t port,
		   int server_network, int client_network);

/*
 * One connection: opened, a byte there, a byte back, closed. Returns 0 or a
 * negative errno, -ETIMEDOUT after a second.
 */
int connector_try(const struct connector *connector);

/* Back in the server's namespace. */
void connector_close(struct connector *connector);

#endif
