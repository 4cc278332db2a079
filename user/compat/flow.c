/* SPDX-License-Identifier: MIT */
/*
 * p0f's flow table: one record per connection from its SYN on, in line by
 * creation, and p0f's ways of making room. Called by dispatch.c and compat.c.
 * One thread.
 *
 * Making room for a host is where p0f slips: it forgets a tenth of the flows,
 * then means to forget hosts but walks its list the wrong way, so at most the
 * single oldest one goes. The limit can be passed, and each new host beyond
 * it costs flows again. Their SYN+ACKs are then strays without a record.
 */
#include "flow.h"
#include "host.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_PERCENT 10 /* of the flows go at once, and one more */

static struct compat_flow *flow_of(struct compat_entry *entry)
{
	return (struct compat_flow *)entry; /* its first member */
}

int compat_memory_open(struct compat_memory *memory)
{
	if (compat_table_open(&memory->flows, sizeof(struct compat_flow_key)) ||
	    compat_table_open(&memory->hosts, sizeof(struct compat_host_key)))
		return -ENOMEM;
	return 0;
}

void compat_memory_close(struct compat_memory *memory)
{
	while (memory->flows.oldest)
		compat_flow_destroy(memory, flow_of(memory->flows.oldest));
	compat_host_drop_all(memory);
	compat_table_close(&memory->flows);
	compat_table_close(&memory->hosts);
}

/* The flow of a segment, if its sender is the client, or the server. */
static struct compat_flow_key key_of(const struct x0f_obs *obs,
				     enum compat_side sender)
{
	bool from_client = sender == COMPAT_CLIENT;
	struct compat_flow_key key = {
		.client_port = from_client ? obs->src_port : obs->dst_port,
		.server_port = from_client ? obs->dst_port : obs->src_port,
		.ip_version = obs->ip_version,
	};

	memcpy(key.client, from_client ? obs->src : obs->dst,
	       sizeof(key.client));
	memcpy(key.server, from_client ? obs->dst : obs->src,
	       sizeof(key.server));
	return key;
}

struct compat_flow *compat_flow_find(const struct compat_memory *memory,
				     const struct x0f_obs *obs,
				     enum compat_side *side)
{
	struct compat_flow_key key = key_of(obs, COMPAT_CLIENT);
	struct compat_entry *entry = compat_table_find(&memory->flows, &key);

	*side = COMPAT_CLIENT;
	if (entry)
		return flow_of(entry);
	key = key_of(obs, COMPAT_SERVER);
	entry = compat_table_find(&memory->flows, &key);
	*side = COMPAT_SERVER;
	return entry ? flow_of(entry) : NULL;
}

void compat_flow_destroy(struct compat_memory *memory, struct compat_flow *flow)
{
	flow->hosts[COMPAT_CLIENT]->flows--;
	flow->hosts[COMPAT_SERVER]->flows--;
	compat_table_remove(&memory->flows, &flow->entry);
	free(flow);
}

static void drop_oldest_flows(struct compat_memory *memory)
{
	size_t left = 1 + memory->flows.count * ROOM_PERCENT / 100;

	while (left-- && memory->flows.oldest)
		compat_flow_destroy(memory, flow_of(memory->flows.oldest));
}

static struct compat_host *meet_host(struct compat_memory *memory,
				     const uint8_t addr[16], uint8_t ip_version,
				     uint32_t now_s)
{
	struct compat_host_key key = { .ip_version = ip_version };
	struct compat_host *host;

	memcpy(key.addr, addr, sizeof(key.addr));
	host = compat_host_touch(memory, &key, now_s);
	if (host)
		return host;
	if (memory->hosts.count > memory->max_hosts) {
		drop_oldest_flows(memory);
		compat_host_drop_oldest(memory);
	}
	return compat_host_create(memory, &key, now_s);
}

/* Finds both ends; what is there stays there until the flow counts on it. */
static int meet_hosts(struct compat_memory *memory, struct compat_flow *flow,
		      const struct x0f_obs *obs, uint32_t now_s)
{
	struct compat_host *client, *server;

	client = meet_host(memory, obs->src, obs->ip_version, now_s);
	if (!client)
		return -ENOMEM;
	client->flows++;
	server = meet_host(memory, obs->dst, obs->ip_version, now_s);
	if (!server) {
		client->flows--;
		return -ENOMEM;
	}
	server->flows++;
	flow->hosts[COMPAT_CLIENT] = client;
	flow->hosts[COMPAT_SERVER] = server;
	return 0;
}

struct compat_flow *compat_flow_create(struct compat_memory *memory,
				       const struct x0f_obs *obs,
				       uint32_t now_s)
{
	struct compat_flow *flow;

	if (memory->flows.count > memory->max_flows)
		drop_oldest_flows(memory);
	flow = calloc(1, sizeof(*flow));
	if (!flow)
		return NULL;
	if (meet_hosts(memory, flow, obs, now_s)) {
		free(flow);
		return NULL;
	}
	flow->key = key_of(obs, COMPAT_CLIENT);
	flow->entry.key = &flow->key;
	flow->created_s = now_s;
	flow->next_seq[COMPAT_CLIENT] = obs->seq + 1;
	flow->syn_mss = obs->mss;
	compat_table_add(&memory->flows, &flow->entry);
	return flow;
}

void compat_memory_expire(struct compat_memory *memory, uint32_t now_s)
{
	while (memory->flows.oldest) {
		struct compat_flow *flow = flow_of(memory->flows.oldest);

		if (now_s - flow->created_s <= memory->flow_s)
			break;
		compat_flow_destroy(memory, flow);
	}
	compat_host_expire(memory, now_s);
}
