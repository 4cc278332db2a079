/* SPDX-License-Identifier: MIT */
/*
 * What p0f does with one TCP segment that its parser accepts. Every rule here
 * is one that decides whether a record is printed: repeated SYNs and stray
 * SYN+ACKs give none, an application's SYN ends its flow, p0f-sendsyn's own
 * probes are named so. Called by compat.c. One thread.
 *
 * Records of one packet come in this order: syn or syn+ack, mtu, uptime.
 */
#include "dispatch.h"

#include <errno.h>
#include <string.h>

/* What p0f-sendsyn puts into its SYNs. */
#define SENDSYN_WINDOW 1337
#define SENDSYN_MSS 1331

struct dispatch {
	struct compat_memory *memory;
	const struct compat_options *options;
	struct compat_segment *segment;
	struct compat_flow *flow;
	enum compat_side side; /* the sender's */
};

static void emit(const struct dispatch *now, enum event_kind kind,
		 const struct x0f_verdict *verdict,
		 const struct x0f_uptime *uptime)
{
	const struct compat_segment *segment = now->segment;
	struct event event = {
		.kind = kind,
		.from_server = now->side == COMPAT_SERVER,
		.time_ns = segment->packet->time_ns,
		.packet = segment->packet->number,
		.file = now->options->file,
		.obs = &segment->obs,
		.verdict = verdict,
		.uptime = uptime,
	};

	if (verdict) {
		event.label = x0f_db_label(now->options->db, verdict->label);
		event.link = x0f_db_link(now->options->db, verdict->link);
	}
	now->options->sink(now->options->ctx, &event);
}

/*
 * The clock reading that this side's timestamps are held against. p0f keeps
 * it by host, whichever flow it came from.
 */
static struct compat_reading *reading(const struct dispatch *now)
{
	struct compat_host *host = now->flow->hosts[now->side];

	return now->side == COMPAT_CLIENT ? &host->syn : &host->synack;
}

static void check_clock(const struct dispatch *now)
{
	const struct compat_segment *segment = now->segment;
	const struct compat_reading *before = reading(now);
	bool *known = &now->flow->clock_known[now->side];
	struct x0f_uptime uptime;

	if (now->flow->sendsyn || *known || !segment->obs.ts_val ||
	    !before->ts_val)
		return;
	switch (x0f_clock_estimate(before->ts_val, segment->obs.ts_val,
				   segment->now_ms - before->time_ms,
				   &uptime)) {
	case X0F_CLOCK_WAIT:
		return;
	case X0F_CLOCK_BAD:
		/* a SYN may well come from another boot of the host */
		*known = segment->obs.kind != X0F_KIND_SYN;
		return;
	case X0F_CLOCK_GOOD:
		*known = true;
		uptime.from_server = now->side == COMPAT_SERVER;
		emit(now, EVENT_UPTIME, NULL, &uptime);
		return;
	}
}

static void read_clock(const struct dispatch *now)
{
	struct compat_reading *before = reading(now);

	before->ts_val = now->segment->obs.ts_val;
	before->time_ms = now->segment->now_ms;
}

static void match(const struct dispatch *now, struct x0f_verdict *verdict)
{
	x0f_match(now->options->db, &now->segment->obs, X0F_POLICY_P0F,
		  verdict);
}

static void destroy(const struct dispatch *now)
{
	compat_flow_destroy(now->memory, now->flow);
}

/* A SYN that opens a flow, or the first SYN+ACK of one. */
static void fingerprint(const struct dispatch *now, enum event_kind kind)
{
	struct x0f_verdict verdict;

	match(now, &verdict);
	emit(now, kind, &verdict, NULL);
	if (verdict.flags & X0F_APPLICATION) {
		destroy(now);
		return;
	}
	if (now->segment->obs.mss)
		emit(now, EVENT_MTU, &verdict, NULL);
	check_clock(now);
	read_clock(now);
}

static int see_syn(struct dispatch *now)
{
	const struct x0f_obs *obs = &now->segment->obs;
	struct x0f_verdict verdict;

	if (now->flow) {
		if (now->side == COMPAT_CLIENT &&
		    obs->seq + 1 == now->flow->next_seq[COMPAT_CLIENT])
			return 0;
		destroy(now);
	}
	now->side = COMPAT_CLIENT;
	now->flow = compat_flow_create(now->memory, obs, now->segment->now_s);
	if (!now->flow)
		return -ENOMEM;
	if (obs->window == SENDSYN_WINDOW && obs->mss == SENDSYN_MSS) {
		now->flow->sendsyn = true;
		match(now, &verdict);
		emit(now, EVENT_SENDSYN_PROBE, &verdict, NULL);
		return 0;
	}
	fingerprint(now, EVENT_SYN);
	return 0;
}

/* p0f takes the first SYN+ACK for the server's, even the probe's sender's. */
static void answer_sendsyn(struct dispatch *now)
{
	const struct compat_flow_key *key = &now->flow->key;
	struct x0f_obs *obs = &now->segment->obs;
	struct x0f_verdict verdict;

	now->side = COMPAT_SERVER;
	memcpy(obs->src, key->server, sizeof(obs->src));
	memcpy(obs->dst, key->client, sizeof(obs->dst));
	obs->src_port = key->server_port;
	obs->dst_port = key->client_port;
	x0f_obs_set_peer_mss(obs, now->flow->syn_mss);
	match(now, &verdict);
	emit(now, EVENT_SENDSYN_RESPONSE, &verdict, NULL);
	destroy(now);
}

static void see_synack(struct dispatch *now)
{
	struct compat_flow *flow = now->flow;
	struct x0f_obs *obs = &now->segment->obs;

	if (!flow)
		return;
	if (flow->sendsyn) {
		answer_sendsyn(now);
		return;
	}
	if (now->side == COMPAT_CLIENT || flow->acked)
		return;
	x0f_obs_set_peer_mss(obs, flow->syn_mss);
	flow->acked = true;
	flow->next_seq[COMPAT_SERVER] = obs->seq + 1;
	fingerprint(now, EVENT_SYNACK);
}

/* FIN or RST, from either side; p0f trusts both. */
static void see_end(struct dispatch *now)
{
	if (!now->flow)
		return;
	check_clock(now);
	destroy(now);
}

static void see_ack(struct dispatch *now)
{
	const struct compat_segment *segment = now->segment;
	struct compat_flow *flow = now->flow;
	uint32_t len = segment->obs.payload_len;

	if (!flow)
		return;
	if (flow->sendsyn || !flow->acked) {
		destroy(now);
		return;
	}
	if (segment->obs.seq != flow->next_seq[now->side])
		return;
	check_clock(now);
	flow->next_seq[now->side] += len;
	if (len && !compat_http_see(&flow->http, now->side == COMPAT_SERVER,
				    segment->payload, len))
		destroy(now);
}

int compat_dispatch(struct compat_memory *memory,
		    const struct compat_options *options,
		    struct compat_segment *segment)
{
	struct dispatch now = {
		.memory = memory,
		.options = options,
		.segment = segment,
	};

	now.flow = compat_flow_find(memory, &segment->obs, &now.side);
	switch ((enum x0f_kind)segment->obs.kind) {
	case X0F_KIND_SYN:
		return see_syn(&now);
	case X0F_KIND_SYNACK:
		see_synack(&now);
		return 0;
	case X0F_KIND_FIN:
	case X0F_KIND_RST:
		see_end(&now);
		return 0;
	case X0F_KIND_ACK:
		see_ack(&now);
		return 0;
	}
	return 0;
}
