/* SPDX-License-Identifier: MIT */
/*
 * `--compat p0f`: packet intake as p0f does it, one capture from its first
 * packet to its last. What passes the filter is counted, brings old flows and
 * hosts to their end at every fiftieth, and goes to dispatch.c when it is a
 * TCP segment that p0f accepts. Called by the CLI. One thread.
 */
#include "compat.h"
#include "dispatch.h"
#include "filter.h"
#include "link.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SNAPLEN 65535	   /* p0f looks at no byte behind it */
#define EXPIRE_INTERVAL 50 /* packets */
#define NS_PER_S UINT64_C(1000000000)
#define NS_PER_MS UINT64_C(1000000)

struct compat {
	struct compat_options options;
	struct compat_memory memory;
	struct expression *filter; /* from the first packet on */
	struct compat_link link;
	bool filter_has_vlan;
	uint64_t packets; /* that the filter let pass */
	uint32_t dlt;	  /* of the first packet */
	uint32_t expired_s;
	char *rule;
	char message[256];
};

/* p0f's -m and -t when they are not given */
enum {
	P0F_FLOWS = 1000,
	P0F_HOSTS = 10000,
	P0F_FLOW_S = 30,
	P0F_HOST_MIN = 120,
};

static uint32_t given(uint32_t value, uint32_t otherwise)
{
	return value ? value : otherwise;
}

int compat_open(struct compat **compat, const struct compat_options *options)
{
	struct compat *made = calloc(1, sizeof(*made));

	*compat = NULL;
	if (!made)
		return -ENOMEM;
	made->options = *options;
	made->memory.max_flows = given(options->max_flows, P0F_FLOWS);
	made->memory.max_hosts = given(options->max_hosts, P0F_HOSTS);
	made->memory.flow_s = given(options->flow_s, P0F_FLOW_S);
	made->memory.host_s = given(options->host_min, P0F_HOST_MIN) * 60;
	if (options->filter)
		made->rule = strdup(options->filter);
	if ((options->filter && !made->rule) ||
	    compat_memory_open(&made->memory)) {
		compat_close(made);
		return -ENOMEM;
	}
	made->options.filter = made->rule;
	*compat = made;
	return 0;
}

/* The first one stays. */
int compat_settle_link(struct compat *compat, uint32_t dlt)
{
	if (!compat->filter) {
		compat->dlt = dlt;
		return compat_filter_open(&compat->filter, dlt,
					  compat->options.filter,
					  &compat->filter_has_vlan,
					  compat->message,
					  sizeof(compat->message));
	}
	if (dlt == compat->dlt)
		return 0;
	snprintf(compat->message, sizeof(compat->message),
		 "link type %u after link type %u: p0f reads one per capture",
		 dlt, compat->dlt);
	return -EPROTONOSUPPORT;
}

bool compat_filter_has_vlan(const struct compat *compat)
{
	return compat->filter_has_vlan;
}

uint64_t compat_packet_count(const struct compat *compat)
{
	return compat->packets;
}

static void expire(struct compat *compat, uint32_t now_s)
{
	if (++compat->packets % EXPIRE_INTERVAL || now_s == compat->expired_s)
		return;
	compat->expired_s = now_s;
	compat_memory_expire(&compat->memory, now_s);
}

/* Returns whether the segment is one that p0f accepts. */
static bool parse(struct compat *compat, struct compat_segment *segment)
{
	const struct capture_packet *packet = segment->packet;
	size_t len = packet->caplen < SNAPLEN ? packet->caplen : SNAPLEN;
	const uint8_t *ip;
	size_t offset;
	enum x0f_status status;

	offset = compat_link_offset(&compat->link, packet->dlt, packet->data,
				    len);
	if (offset >= len)
		return false;
	ip = packet->data + offset;
	len -= offset;
	status = x0f_observe(ip, len, len, X0F_LINK_RAW, X0F_POLICY_P0F,
			     &segment->obs);
	if (status != X0F_OK && status != X0F_SEGMENT)
		return false;
	segment->payload = ip + segment->obs.payload_offset;
	/* p0f accepts no packet whose payload was not captured */
	return segment->obs.payload_offset + (size_t)segment->obs.payload_len <=
	       len;
}

int compat_packet(struct compat *compat, const struct capture_packet *packet)
{
	struct compat_segment segment = {
		.packet = packet,
		.now_s = (uint32_t)(packet->time_ns / NS_PER_S),
		.now_ms = packet->time_ns / NS_PER_MS,
	};
	int rc = compat_settle_link(compat, packet->dlt);

	if (rc)
		return rc;
	if (!expression_matches(compat->filter, packet))
		return 0;
	expire(compat, segment.now_s);
	if (!parse(compat, &segment))
		return 0;
	return compat_dispatch(&compat->memory, &compat->options, &segment);
}

const char *compat_message(const struct compat *compat)
{
	return compat->message;
}

void compat_close(struct compat *compat)
{
	if (!compat)
		return;
	compat_memory_close(&compat->memory);
	expression_close(compat->filter);
	free(compat->rule);
	free(compat);
}
