/* SPDX-License-Identifier: MIT */
/*
 * The cables of `x0f demo`: veth pairs between two network namespaces, made
 * by rtnetlink. They are silent: nothing is sent on them but what the demo
 * sends (no ARP, no neighbour discovery, no IPv6 address of their own), so
 * that counts are exact. One thread; works in the namespace that it is in.
 */
#ifndef X0F_CLI_DEMO_NET_H
#define X0F_CLI_DEMO_NET_H

#include "../capture/problem.h"

#include <netinet/in.h>
#include <stdint.h>

struct net_end {
	const char *name;
	uint8_t mac[6];
};

/* `there` lies in the namespace of that descriptor. Both are down. */
int net_make_pair(const struct net_end *here, const struct net_end *there,
		  int there_namespace, struct problem *problem);

int net_bring_up(const char *name, struct problem *problem);

struct net_address {
	int family; /* AF_INET, AF_INET6 */
	uint8_t bits;
	uint8_t bytes[16];
};

/* From the text of one; it is written right in the source. */
struct net_address net_address(const char *text, uint8_t bits);

int net_add_address(const char *name, const struct net_address *address,
		    struct problem *problem);
int net_add_neighbour(const char *name, const struct net_address *address,
		      const uint8_t mac[6], struct problem *problem);

/* The kernel's own counters. */
struct net_counts {
	uint64_t received;
	uint64_t sent;
	uint64_t dropped; /* that should have been sent */
};

int net_count(const char *name, struct net_counts *counts,
	      struct problem *problem);

#endif
