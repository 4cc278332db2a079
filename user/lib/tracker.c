/* SPDX-License-Identifier: MIT */
/*
 * The tracker: flow memory and clock memory on two tables (table.h). Worker
 * threads call x0f_tracker_see() for each segment, all on one tracker if they
 * like. Time is the packet's.
 */
#include <x0f/tracker.h>

#include <errno.h>
#include <string.h>

#include "limits.h"
#include "siphash.h"
#include "table.h"

enum { TRACKER_ALIGN = 64 };
enum { CLOCK_REFRESH_MS = 60 * 1000 };
enum { NS_PER_MS = 1000000, NS_PER_S = 1000000000 };

/* Flow entry: value = ISN, low = MSS (16) | time in s (16) */
enum { FLOW_TIME_MASK = 0xffff, FLOW_MAX_S = FLOW_TIME_MASK / 4 };

/* Clock entry: value = timestamp, low = time in ms (32) */
enum clock_state {
	CLOCK_CONFIRMED = TABLE_CONFIRMED, /* seen twice */
	CLOCK_REPORTED = 2,
	CLOCK_CONTRADICTED = 4,
	CLOCK_SERVER = 8,
	CLOCK_CLIENT = 16,
};

struct x0f_tracker {
	_Alignas(TRACKER_ALIGN) uint64_t key[2];
	struct table flows;
	struct table clocks;
	uint32_t min_clock_ms;
};

/* Power of two, at least one bucket; 0: too many. */
static size_t round_entries(uint32_t entries)
{
	size_t n = TRACKER_WAYS;

	if (entries > TRACKER_MAX_ENTRIES)
		return 0;
	while (n < entries)
		n *= 2;
	return n;
}

size_t x0f_tracker_size(const struct x0f_tracker_options *options)
{
	size_t flows, clocks;

	if (options->sz < sizeof(*options) || options->flow_s > FLOW_MAX_S)
		return 0;
	flows = round_entries(options->flows);
	clocks = round_entries(options->clocks);
	if (!flows || !clocks)
		return 0;
	return sizeof(struct x0f_tracker) +
	       (flows + clocks) * sizeof(struct table_slot);
}

int x0f_tracker_init(struct x0f_tracker **tracker, void *mem, size_t len,
		     const struct x0f_tracker_options *options)
{
	size_t need = x0f_tracker_size(options);
	size_t flows = round_entries(options->flows);
	struct table_slot *slots;
	struct x0f_tracker *t = mem;

	*tracker = NULL;
	if (!need || len < need || (uintptr_t)mem % TRACKER_ALIGN)
		return -EINVAL;
	memset(mem, 0, need);
	slots = (struct table_slot *)(t + 1);
	memcpy(t->key, options->key, sizeof(t->key));
	t->flows = (struct table){
		.slots = slots,
		.bucket_mask = flows / TRACKER_WAYS - 1,
		.time_mask = FLOW_TIME_MASK,
		.max_age = options->flow_s ? options->flow_s : TRACKER_FLOW_S,
	};
	t->clocks = (struct table){
		.slots = slots + flows,
		.bucket_mask = round_entries(options->clocks) / TRACKER_WAYS -
			       1,
		.time_mask = UINT32_MAX,
		.max_age = CLOCK_MAX_MS,
	};
	t->min_clock_ms = options->min_clock_ms ? options->min_clock_ms :
						  CLOCK_MIN_MS;
	*tracker = t;
	return 0;
}

static uint64_t hash_pair(const struct x0f_tracker *t, const uint8_t *from,
			  const uint8_t *to, uint64_t last, bool is_ipv6)
{
	uint64_t words[5] = { 0 };

	if (!is_ipv6) {
		memcpy(words, from, 4);
		memcpy((uint8_t *)words + 4, to, 4);
		words[1] = last;
		return siphash_words(t->key, words, 2);
	}
	memcpy(words, from, 16);
	memcpy(words + 2, to, 16);
	words[4] = last;
	return siphash_words(t->key, words, 5);
}

/* The flow, written as the client sends it. */
static uint64_t hash_flow(const struct x0f_tracker *t,
			  const struct x0f_obs *obs, bool from_client)
{
	uint64_t client = from_client ? obs->src_port : obs->dst_port;
	uint64_t server = from_client ? obs->dst_port : obs->src_port;

	return hash_pair(t, from_client ? obs->src : obs->dst,
			 from_client ? obs->dst : obs->src,
			 client << 16 | server, obs->ip_version == 6);
}

/* One direction of an address pair; the mark keeps it off any flow's hash. */
static uint64_t hash_clock(const struct x0f_tracker *t,
			   const struct x0f_obs *obs)
{
	return hash_pair(t, obs->src, obs->dst, UINT64_MAX,
			 obs->ip_version == 6);
}

static void see_syn(struct x0f_tracker *t, const struct x0f_obs *obs,
		    uint32_t now_s, struct x0f_track *track)
{
	uint64_t hash = hash_flow(t, obs, true);
	struct table_entry e;

	if (table_find(&t->flows, hash, now_s, &e) && e.value == obs->seq) {
		track->flags |= X0F_TRACK_REPEATED;
		return;
	}
	e.value = obs->seq;
	e.low = (uint32_t)obs->mss << 16 | (now_s & FLOW_TIME_MASK);
	e.state = 0;
	table_put(hash, &e);
}

static void see_synack(struct x0f_tracker *t, struct x0f_obs *obs,
		       uint32_t now_s, struct x0f_track *track)
{
	uint64_t hash = hash_flow(t, obs, false);
	struct table_entry e;

	if (!table_find(&t->flows, hash, now_s, &e) ||
	    e.value + 1 != obs->ack) {
		track->flags |= X0F_TRACK_LONE;
		return;
	}
	track->flags |= X0F_TRACK_PEER;
	x0f_obs_set_peer_mss(obs, (uint16_t)(e.low >> 16));
	if (e.state & TABLE_CONFIRMED) {
		track->flags |= X0F_TRACK_REPEATED;
		return;
	}
	e.state |= TABLE_CONFIRMED;
	table_put(hash, &e);
}

/*
 * A handshake says who is the server. Joined in the middle, the lower port
 * is taken for the server's.
 */
static bool is_from_server(const struct x0f_obs *obs, uint8_t state)
{
	if (state & (CLOCK_SERVER | CLOCK_CLIENT))
		return state & CLOCK_SERVER;
	return obs->src_port < obs->dst_port;
}

static uint8_t role_of(const struct x0f_obs *obs)
{
	if (obs->kind == X0F_KIND_SYN)
		return CLOCK_CLIENT;
	return obs->kind == X0F_KIND_SYNACK ? CLOCK_SERVER : 0;
}

static void restart_clock(struct table_entry *e, const struct x0f_obs *obs,
			  uint32_t now_ms)
{
	e->value = obs->ts_val;
	e->low = now_ms;
}

/* Holds the segment against the entry; true when the entry changed. */
static bool measure(const struct x0f_tracker *t, const struct x0f_obs *obs,
		    uint32_t now_ms, struct table_entry *e,
		    struct x0f_track *track)
{
	uint32_t interval = now_ms - e->low;

	if (interval < t->min_clock_ms)
		return false;
	switch (x0f_clock_estimate(e->value, obs->ts_val, interval,
				   &track->uptime)) {
	case X0F_CLOCK_WAIT:
		return false;
	case X0F_CLOCK_BAD:
		e->state |= CLOCK_CONTRADICTED;
		restart_clock(e, obs, now_ms);
		return true;
	case X0F_CLOCK_GOOD:
		break;
	}
	track->flags |= X0F_TRACK_UPTIME;
	track->uptime.from_server = is_from_server(obs, e->state);
	track->uptime.unreliable = (e->state & CLOCK_CONTRADICTED) != 0;
	e->state |= CLOCK_REPORTED;
	return true;
}

/*
 * A pair is reported once, for as long as it is never silent for the ten
 * minutes after which its entry is free. Written once a minute at most.
 */
static void keep_reported(uint64_t hash, struct table_entry *e, uint32_t now_ms)
{
	uint32_t age = now_ms - e->low;

	if (age < CLOCK_REFRESH_MS || age > CLOCK_MAX_MS)
		return;
	e->low = now_ms;
	table_put(hash, e);
}

static void see_clock(struct x0f_tracker *t, const struct x0f_obs *obs,
		      uint32_t now_ms, struct x0f_track *track)
{
	uint64_t hash = hash_clock(t, obs);
	struct table_entry e;
	uint8_t before;

	if (!table_find(&t->clocks, hash, now_ms, &e)) {
		e.state = role_of(obs);
		restart_clock(&e, obs, now_ms);
		table_put(hash, &e);
		return;
	}
	if (e.state & CLOCK_REPORTED) {
		keep_reported(hash, &e, now_ms);
		return;
	}
	before = e.state;
	e.state |= CLOCK_CONFIRMED;
	if (!(e.state & (CLOCK_SERVER | CLOCK_CLIENT)))
		e.state |= role_of(obs);
	if (measure(t, obs, now_ms, &e, track) || e.state != before)
		table_put(hash, &e);
}

void x0f_tracker_see(struct x0f_tracker *tracker, struct x0f_obs *obs,
		     uint64_t now_ns, struct x0f_track *track)
{
	uint32_t now_s = (uint32_t)(now_ns / NS_PER_S);

	memset(track, 0, sizeof(*track));
	if (obs->kind == X0F_KIND_SYN)
		see_syn(tracker, obs, now_s, track);
	else if (obs->kind == X0F_KIND_SYNACK)
		see_synack(tracker, obs, now_s, track);
	if (obs->ts_val)
		see_clock(tracker, obs, (uint32_t)(now_ns / NS_PER_MS), track);
}
