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
#include "optread.h"
#include "siphash.h"
#include "table.h"

enum { TRACKER_ALIGN = 64 };
enum { CLOCK_REFRESH_MS = 60 * 1000 };
enum { NS_PER_MS = 1000000, MS_PER_S = 1000 };

/* A day: longer than any SYN waits, and well within a 32-bit time in ms */
enum { FLOW_MAX_S = 24 * 60 * 60 };

/* Flow entry: value = ISN, extra = MSS */
enum flow_state {
	FLOW_CONFIRMED = TABLE_CONFIRMED, /* its SYN+ACK came */
	FLOW_DATA = 2,			  /* the SYN had a payload */
};

/* Clock entry: value = timestamp, extra unused */
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

/* Options as we know them; false: they make no sense. */
static bool read_options(struct x0f_tracker_options *known,
			 const struct x0f_tracker_options *options)
{
	return !options_read(known, sizeof(*known), options, options->sz) &&
	       round_entries(known->flows) && round_entries(known->clocks) &&
	       known->flow_s <= FLOW_MAX_S &&
	       known->min_clock_ms <= CLOCK_MAX_MS;
}

static size_t size_of(const struct x0f_tracker_options *known)
{
	return sizeof(struct x0f_tracker) +
	       (round_entries(known->flows) + round_entries(known->clocks)) *
		       sizeof(struct table_slot);
}

size_t x0f_tracker_size(const struct x0f_tracker_options *options)
{
	struct x0f_tracker_options known;

	return read_options(&known, options) ? size_of(&known) : 0;
}

static uint64_t bucket_mask(uint32_t entries)
{
	return round_entries(entries) / TRACKER_WAYS - 1;
}

int x0f_tracker_init(struct x0f_tracker **tracker, void *mem, size_t len,
		     const struct x0f_tracker_options *options)
{
	struct x0f_tracker_options known;
	struct x0f_tracker *t = mem;

	*tracker = NULL;
	if (!read_options(&known, options) || len < size_of(&known) ||
	    (uintptr_t)mem % TRACKER_ALIGN)
		return -EINVAL;
	memset(mem, 0, size_of(&known));
	memcpy(t->key, known.key, sizeof(t->key));
	t->flows.slots = (struct table_slot *)(t + 1);
	t->flows.bucket_mask = bucket_mask(known.flows);
	t->flows.max_age_ms = (known.flow_s ? known.flow_s : TRACKER_FLOW_S) *
			      MS_PER_S;
	t->clocks.slots = t->flows.slots + round_entries(known.flows);
	t->clocks.bucket_mask = bucket_mask(known.clocks);
	t->clocks.max_age_ms = CLOCK_MAX_MS;
	t->min_clock_ms = known.min_clock_ms;
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
		    uint32_t now_ms, struct x0f_track *track)
{
	uint64_t hash = hash_flow(t, obs, true);
	struct table_entry e;

	if (table_find(&t->flows, hash, now_ms, &e) && e.value == obs->seq) {
		track->flags |= X0F_TRACK_REPEATED;
		e.time_ms = now_ms;
		table_change(&e);
		return;
	}
	e.value = obs->seq;
	e.extra = obs->mss;
	e.time_ms = now_ms;
	e.state = obs->has_payload ? FLOW_DATA : 0;
	table_put(hash, &e);
}

/* The ISN and one; and what a SYN with data carried, or a part of it. */
static bool acknowledges(const struct table_entry *syn, uint32_t ack)
{
	uint32_t data = ack - syn->value - 1;

	return !data || (syn->state & FLOW_DATA && data <= TRACKER_SYN_DATA);
}

static void see_synack(struct x0f_tracker *t, struct x0f_obs *obs,
		       uint32_t now_ms, struct x0f_track *track)
{
	struct table_entry e;

	if (!table_find(&t->flows, hash_flow(t, obs, false), now_ms, &e) ||
	    !acknowledges(&e, obs->ack)) {
		track->flags |= X0F_TRACK_LONE;
		return;
	}
	track->flags |= X0F_TRACK_PEER;
	x0f_obs_set_peer_mss(obs, e.extra);
	if (e.state & FLOW_CONFIRMED) {
		track->flags |= X0F_TRACK_REPEATED;
		return;
	}
	e.state |= FLOW_CONFIRMED;
	table_change(&e);
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

static void restart_clock(uint64_t hash, struct table_entry *e,
			  const struct x0f_obs *obs, uint32_t now_ms)
{
	e->value = obs->ts_val;
	e->extra = 0;
	e->time_ms = now_ms;
	table_put(hash, e);
}

/* Whoever changes the state first reports; the others saw it too late. */
static void report_uptime(struct table_entry *e, const struct x0f_obs *obs,
			  struct x0f_track *track)
{
	e->state |= CLOCK_REPORTED;
	if (!table_change(e))
		return;
	track->flags |= X0F_TRACK_UPTIME;
	track->uptime.from_server = is_from_server(obs, e->state);
	track->uptime.unreliable = (e->state & CLOCK_CONTRADICTED) != 0;
}

static void contradict(uint64_t hash, struct table_entry *e,
		       const struct x0f_obs *obs, uint32_t now_ms,
		       struct x0f_track *track)
{
	if (e->state & CLOCK_REPORTED && !(e->state & CLOCK_CONTRADICTED))
		track->flags |= X0F_TRACK_CONTRADICTED;
	e->state |= CLOCK_CONTRADICTED;
	restart_clock(hash, e, obs, now_ms);
}

/*
 * A pair is reported once, for as long as it is never silent for the ten
 * minutes after which its entry is free. Written once a minute at most.
 */
static void keep_reported(uint64_t hash, struct table_entry *e,
			  const struct x0f_obs *obs, uint32_t now_ms)
{
	uint32_t age = now_ms - e->time_ms;

	if (age >= CLOCK_REFRESH_MS && age <= CLOCK_MAX_MS)
		restart_clock(hash, e, obs, now_ms);
}

/* A segment of a pair whose clock is known from before. */
static void measure(const struct x0f_tracker *t, uint64_t hash,
		    struct table_entry *e, const struct x0f_obs *obs,
		    uint32_t now_ms, struct x0f_track *track)
{
	uint8_t before = e->state;
	enum x0f_clock clock = X0F_CLOCK_WAIT;

	e->state |= CLOCK_CONFIRMED;
	if (!(e->state & (CLOCK_SERVER | CLOCK_CLIENT)))
		e->state |= role_of(obs);
	if (now_ms - e->time_ms >= t->min_clock_ms)
		clock = x0f_clock_estimate(e->value, obs->ts_val,
					   now_ms - e->time_ms, &track->uptime);
	if (clock == X0F_CLOCK_BAD)
		contradict(hash, e, obs, now_ms, track);
	else if (e->state & CLOCK_REPORTED)
		keep_reported(hash, e, obs, now_ms);
	else if (clock == X0F_CLOCK_GOOD)
		report_uptime(e, obs, track);
	else if (e->state != before)
		table_change(e);
}

static void see_clock(struct x0f_tracker *t, const struct x0f_obs *obs,
		      uint32_t now_ms, struct x0f_track *track)
{
	uint64_t hash = hash_clock(t, obs);
	struct table_entry e;

	if (table_find(&t->clocks, hash, now_ms, &e)) {
		measure(t, hash, &e, obs, now_ms, track);
		return;
	}
	e.state = role_of(obs);
	restart_clock(hash, &e, obs, now_ms);
}

void x0f_tracker_see(struct x0f_tracker *tracker, struct x0f_obs *obs,
		     uint64_t now_ns, struct x0f_track *track)
{
	uint32_t now_ms = (uint32_t)(now_ns / NS_PER_MS);

	memset(track, 0, sizeof(*track));
	if (obs->kind == X0F_KIND_SYN)
		see_syn(tracker, obs, now_ms, track);
	else if (obs->kind == X0F_KIND_SYNACK)
		see_synack(tracker, obs, now_ms, track);
	if (obs->ts_val)
		see_clock(tracker, obs, now_ms, track);
}
