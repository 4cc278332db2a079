/* SPDX-License-Identifier: MIT */
/*
 * Packets from the kernel's BPF ring buffers, without a copy and without
 * bpf(2): all is done in the mappings that header_rings.c made. A reader that
 * follows a dead one goes on behind what that had fetched, which is lost and
 * counted (struct x0f_segment_worker, died).
 *
 * A ring is a page with the reader's position, a page with the kernel's, and
 * the data, which is mapped twice in a row so that no record is ever cut. The
 * kernel reserves a record by moving its position (release; pairs with the
 * acquire in produced()) with BUSY set in the record's first word, and commits
 * it by clearing that (xchg; pairs with the acquire in next_event()). We give
 * room back by moving ours (release; pairs with the kernel's acquire).
 *
 * Sleeping: arm() says so in x0f_wake, then looks at the kernel's positions;
 * the program moves those, then looks at x0f_wake. Both with a full barrier in
 * between, so one of the two sees the other.
 *
 * Being woken costs the host microseconds, in the middle of a connection's
 * way. So we sleep only where nothing came for a while; until then we nap: a
 * timer ends that, the program wakes nobody, and what came lies in the ring.
 *
 * A source belongs to one worker's thread.
 */
#include "header_rings.h"

#include <linux/bpf.h>
#include <sys/timerfd.h>

/*
 * A ring of 1 MiB takes 4,700 packets: in the longest nap 590,000 a second.
 * Fewer than eight, as workers doubt a source that wakes them that often for
 * nothing. One packet every 10 ms costs the reader 1 % of a CPU or less.
 */
static const uint8_t naps_ms[] = { 1, 2, 4, 8 };

/* Of readers' own place in the page of their position: another cache line */
#define FETCHED_WORD 8

#define NAP_COUNT (sizeof(naps_ms) / sizeof(*naps_ms))

static unsigned long produced(const struct ring *ring)
{
	return __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE);
}

static unsigned long consumed(const struct ring *ring)
{
	/* written by the owner only */
	return __atomic_load_n(ring->consumer, __ATOMIC_RELAXED);
}

static void give_back(struct ring *ring, unsigned long position)
{
	__atomic_store_n(ring->consumer, position, __ATOMIC_RELEASE);
}

/*
 * Our position lies in a page that a child, if somebody took it over, can
 * write: the supervisor reads it in header_rings_left().
 */
static bool is_sane(const struct header_rings *rings, unsigned long position,
		    unsigned long end)
{
	return position != end && end - position <= rings->bytes &&
	       position % BPF_RINGBUF_HDR_SZ == 0;
}

/*
 * The packet at *position, which moves behind it; NULL when there is none (yet).
 * What could not have been written by our programs is skipped.
 */
static const struct header_event *next_event(const struct header_rings *rings,
					     const struct ring *ring,
					     unsigned long *position,
					     unsigned long end)
{
	while (is_sane(rings, *position, end)) {
		const uint8_t *record = ring->data +
					(*position & (rings->bytes - 1));
		uint32_t word = __atomic_load_n((const uint32_t *)record,
						__ATOMIC_ACQUIRE);
		uint32_t len = word & ~(BPF_RINGBUF_BUSY_BIT |
					BPF_RINGBUF_DISCARD_BIT);
		unsigned long step = (len + BPF_RINGBUF_HDR_SZ + 7ul) & ~7ul;
		const struct header_event *event =
			(const void *)(record + BPF_RINGBUF_HDR_SZ);

		if (word & BPF_RINGBUF_BUSY_BIT)
			return NULL;
		if (step > end - *position)
			break;
		*position += step;
		if (!(word & BPF_RINGBUF_DISCARD_BIT) &&
		    len >= offsetof(struct header_event, data) &&
		    event->len <= HEADER_BYTES &&
		    event->len <= len - offsetof(struct header_event, data))
			return event;
	}
	*position = end; /* all read; or damaged: begins anew */
	return NULL;
}

/*
 * How far readers have fetched; in the page of our position, of which the
 * kernel looks at the first word only, so that a successor finds it.
 */
static unsigned long *fetched(const struct ring *ring)
{
	return ring->consumer + FETCHED_WORD;
}

static void fill(struct packet *packet, const struct header_event *event)
{
	packet->data = event->data;
	packet->caplen = event->len;
	packet->wirelen = event->wire_len < event->len ? event->len :
							 event->wire_len;
	packet->time_ns = event->time_ns;
	packet->interface = event->interface;
	packet->flags = event->direction == DIRECTION_EGRESS ?
				X0F_RECORD_EGRESS :
				X0F_RECORD_INGRESS;
	packet->link = event->is_raw ? X0F_LINK_RAW : X0F_LINK_ETHERNET;
}

static void fetch_from(const struct header_rings *rings, struct ring *ring,
		       struct source_batch *batch)
{
	unsigned long end = produced(ring);
	uint32_t count = batch->count;

	while (batch->count < SOURCE_BATCH) {
		const struct header_event *event = next_event(rings, ring,
							      &ring->position,
							      end);

		if (!event)
			break;
		fill(&batch->packets[batch->count++], event);
	}
	/* pairs with unread() of whoever comes after us */
	__atomic_store_n(fetched(ring), ring->position, __ATOMIC_RELEASE);
	/* Only what was skipped: nobody will release that. */
	if (batch->count == count && ring->position != consumed(ring))
		give_back(ring, ring->position);
}

/* Behind what was fetched before, if only by one that died with it. */
static unsigned long unread(const struct ring *ring)
{
	unsigned long at = consumed(ring);
	unsigned long read = __atomic_load_n(fetched(ring), __ATOMIC_ACQUIRE);

	return (long)(read - at) > 0 ? read : at;
}

/* What a dead one had is given back: it is counted, and not read again. */
static void go_on(struct ring *ring)
{
	ring->position = unread(ring);
	if (ring->position != consumed(ring))
		give_back(ring, ring->position);
}

static struct ring *ring_after(const struct ring_source *source, uint32_t *at)
{
	struct header_rings *rings = source->rings;
	struct ring *ring = &rings->rings[*at];

	*at += rings->workers;
	if (*at >= rings->count)
		*at = source->first;
	return ring;
}

static int fetch(struct source *base, struct source_batch *batch)
{
	struct ring_source *source = (struct ring_source *)base;
	uint32_t at = source->next;
	uint32_t start = at;

	batch->count = 0;
	if (source->first >= source->rings->count)
		return 0;
	do {
		struct ring *ring = ring_after(source, &at);

		go_on(ring);
		fetch_from(source->rings, ring, batch);
	} while (at != start);
	ring_after(source, &source->next);
	if (batch->count)
		source->naps = 0;
	return 0;
}

static void release(struct source *base, struct source_batch *batch)
{
	struct ring_source *source = (struct ring_source *)base;
	struct header_rings *rings = source->rings;

	for (uint32_t i = source->first; i < rings->count; i += rings->workers)
		if (rings->rings[i].position != consumed(&rings->rings[i]))
			give_back(&rings->rings[i], rings->rings[i].position);
	batch->count = 0;
}

/* By exchange, which no later load of a position overtakes; see the top. */
static void say_sleeping(const struct ring_source *source, uint32_t sleeping)
{
	struct header_rings *rings = source->rings;

	for (uint32_t i = source->first; i < rings->count; i += rings->workers)
		__atomic_exchange_n(&rings->rings[i].wake->sleeping, sleeping,
				    __ATOMIC_SEQ_CST);
}

/* 0: stops it. What it rang before is forgotten. */
static void set_timer(const struct ring_source *source, uint32_t ms)
{
	struct itimerspec after = { .it_value.tv_nsec = (long)ms * 1000000 };

	timerfd_settime(source->timer, 0, &after, NULL);
}

static bool has_some(const struct ring_source *source)
{
	struct header_rings *rings = source->rings;

	for (uint32_t i = source->first; i < rings->count; i += rings->workers)
		if (produced(&rings->rings[i]) != consumed(&rings->rings[i]))
			return true;
	return false;
}

static bool arm(struct source *base)
{
	struct ring_source *source = (struct ring_source *)base;

	if (source->naps < NAP_COUNT) {
		set_timer(source, naps_ms[source->naps++]);
		return has_some(source);
	}
	if (source->naps++ == NAP_COUNT)
		set_timer(source, 0);
	say_sleeping(source, 1);
	return has_some(source);
}

static void disarm(struct source *base)
{
	struct ring_source *source = (struct ring_source *)base;

	if (source->naps > NAP_COUNT)
		say_sleeping(source, 0);
}

const struct source_ops header_source_ops = {
	.fetch = fetch,
	.release = release,
	.arm = arm,
	.disarm = disarm,
};

uint64_t header_rings_left(const struct header_rings *rings, uint8_t position)
{
	uint64_t left = 0;

	for (uint32_t i = 0; i < rings->count; i++) {
		const struct ring *ring = &rings->rings[i];
		unsigned long at = unread(ring);
		unsigned long end = produced(ring);
		const struct header_event *event;

		while ((event = next_event(rings, ring, &at, end)))
			left += event->interface == position;
	}
	return left;
}
