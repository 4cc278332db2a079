/* SPDX-License-Identifier: MIT */
/*
 * p0f's memory: hosts, and the flows between them. Who is in it and when one
 * is forgotten decides which packets give a record, so the limits, the order
 * of eviction and its slips are p0f's own.
 */
#ifndef X0F_COMPAT_FLOW_H
#define X0F_COMPAT_FLOW_H

#include "http.h"
#include "table.h"

#include <x0f/x0f.h>

/* Padding is zero: keys are compared as bytes. */
struct compat_host_key {
	uint8_t addr[16];
	uint64_t ip_version;
};

/* A timestamp clock, read once. */
struct compat_reading {
	uint64_t time_ms;
	uint32_t ts_val; /* 0: no reading */
};

struct compat_host {
	struct compat_entry entry; /* first; aged by last flow */
	struct compat_host_key key;
	uint32_t last_seen_s;
	uint32_t flows;		      /* that point here */
	struct compat_reading syn;    /* its last SYN */
	struct compat_reading synack; /* its last SYN+ACK */
};

struct compat_flow_key {
	uint8_t client[16];
	uint8_t server[16];
	uint16_t client_port;
	uint16_t server_port;
	uint32_t ip_version;
};

/* Index of what a flow has for each side. */
enum compat_side { COMPAT_CLIENT, COMPAT_SERVER };

struct compat_flow {
	struct compat_entry entry; /* first; aged by creation */
	struct compat_flow_key key;
	struct compat_host *hosts[2];
	uint32_t created_s;
	uint32_t next_seq[2];
	uint16_t syn_mss;
	bool acked;
	bool sendsyn;	     /* p0f-sendsyn's probe */
	bool clock_known[2]; /* uptime was said, or never will be */
	struct compat_http http;
};

struct compat_memory {
	struct compat_table flows;
	struct compat_table hosts;
	uint32_t max_flows;
	uint32_t max_hosts;
	uint32_t flow_s;
	uint32_t host_s;
};

/* Set the limits before. Returns 0 or -ENOMEM; close it in either case. */
int compat_memory_open(struct compat_memory *memory);
void compat_memory_close(struct compat_memory *memory);

/* The flow of a segment, or NULL; *side is its sender's. */
struct compat_flow *compat_flow_find(const struct compat_memory *memory,
				     const struct x0f_obs *obs,
				     enum compat_side *side);

/*
 * A flow from its SYN, and its hosts where they are new. Forgets others where
 * the limits want it. There must be none yet. NULL: no memory.
 */
struct compat_flow *compat_flow_create(struct compat_memory *memory,
				       const struct x0f_obs *obs,
				       uint32_t now_s);

/* The hosts stay. */
void compat_flow_destroy(struct compat_memory *memory,
			 struct compat_flow *flow);

/* Forgets flows and hosts by age. */
void compat_memory_expire(struct compat_memory *memory, uint32_t now_s);

#endif
