/* SPDX-License-Identifier: MIT */
/*
 * What tests of the engine need around a worker: a segment in memory, a
 * tracker, databases from texts, and sources of frames that lie in memory as
 * they would in the frames of an AF_XDP socket, 2 KiB apart.
 */
#ifndef X0F_TESTS_ENGINE_ROOM_H
#define X0F_TESTS_ENGINE_ROOM_H

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../user/capture/synth.h"
#include "../../user/engine/worker.h"

enum { ROOM_RECORDS = 1024, ROOM_FLOWS = 1 << 16, ROOM_STRIDE = 2048 };

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
enum { IS_SLOW = 1 };
#else
enum { IS_SLOW = 0 };
#endif

struct room {
	struct segment segment;
	struct engine engine;
	struct x0f_source builtin[2];
};

static inline void room_open(struct room *room, uint32_t workers,
			     uint32_t policy)
{
	const struct segment_options options = {
		.name = "test",
		.group = -1,
		.workers = workers,
		.ring_records = ROOM_RECORDS,
		.interfaces = 1,
		.policy = policy,
	};
	struct problem problem;
	int ret;

	memset(room, 0, sizeof(*room));
	ret = segment_create_anonymous(&room->segment, &options, &problem);
	assert(!ret);
	room->engine.segment = &room->segment;
	room->engine.policy = policy;
	ret = engine_open_tracker(&room->engine, ROOM_FLOWS, ROOM_FLOWS, 0);
	assert(!ret);
	x0f_db_builtin(room->builtin, 2);
}

static inline void room_close(struct room *room)
{
	generation_free(room->engine.generation.value);
	engine_close_tracker(&room->engine);
	segment_close(&room->segment);
}

static inline void room_load(struct room *room,
			     const struct x0f_source *sources, uint32_t count)
{
	struct generation *generation;
	int ret = generation_build(&generation, sources, count,
				   room->engine.policy, NULL);

	assert(!ret);
	generation_install(generation, &room->segment,
			   &room->engine.generation);
}

static inline struct x0f_source room_text(const char *text)
{
	return (struct x0f_source){
		.name = "test.fp",
		.text = text,
		.len = strlen(text),
	};
}

static inline uint64_t clock_now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Frames, each at the beginning of ROOM_STRIDE bytes. */
struct frame_store {
	uint8_t *bytes;
	uint32_t *lens;
	uint32_t count;
	uint32_t room;
};

static inline void store_open(struct frame_store *store, uint32_t room)
{
	store->bytes = aligned_alloc(4096, (size_t)room * ROOM_STRIDE);
	store->lens = calloc(room, sizeof(*store->lens));
	store->room = room;
	store->count = 0;
	assert(store->bytes && store->lens);
}

static inline void store_close(struct frame_store *store)
{
	free(store->bytes);
	free(store->lens);
}

static inline const uint8_t *store_frame(const struct frame_store *store,
					 uint32_t i)
{
	return store->bytes + (size_t)i * ROOM_STRIDE;
}

/* A packet of link type RAW becomes an Ethernet frame. */
static inline void store_add(struct frame_store *store, const uint8_t *ip,
			     size_t len)
{
	uint8_t *frame = store->bytes + (size_t)store->count * ROOM_STRIDE;

	assert(store->count < store->room && len + 14 <= ROOM_STRIDE);
	memset(frame, 2, 12);
	frame[12] = ip[0] >> 4 == 6 ? 0x86 : 0x08;
	frame[13] = ip[0] >> 4 == 6 ? 0xdd : 0x00;
	memcpy(frame + 14, ip, len);
	store->lens[store->count++] = (uint32_t)(len + 14);
}

/*
 * A frame for each signature and IP version, each with a flow of its own,
 * again and again until the store is full.
 */
static inline void store_signatures(struct frame_store *store,
				    const struct x0f_db *db, uint32_t policy)
{
	struct synth_options options = synth_defaults;
	uint8_t address[16] = { 10 };
	uint8_t ip[SYNTH_BYTES];
	struct synth_result result;
	uint32_t n;

	options.policy = policy;
	options.src = address;
	for (n = 0; store->count < store->room; n++) {
		uint32_t sig = n / 2;
		size_t len;

		while (!x0f_db_sig(db, sig))
			sig /= 2;
		memcpy(address + 2, &n, 2);
		options.ip_version = n & 1 ? 6 : 4;
		options.hops = (uint8_t)(n % 9);
		options.src_port = (uint16_t)(1024 + n % 60000);
		options.seq = n * 7919 + 1;
		len = synth_frame(x0f_db_sig(db, sig), &options, &result, ip,
				  sizeof(ip));
		if (len)
			store_add(store, ip, len);
	}
}

static inline uint32_t next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*state >> 32);
}

static inline void store_shuffle(struct frame_store *store)
{
	uint8_t frame[ROOM_STRIDE];
	uint64_t seed = 1;

	for (uint32_t i = store->count; i > 1; i--) {
		uint32_t j = next_random(&seed) % i, len = store->lens[j];
		uint8_t *a = store->bytes + (size_t)(i - 1) * ROOM_STRIDE;
		uint8_t *b = store->bytes + (size_t)j * ROOM_STRIDE;

		memcpy(frame, a, ROOM_STRIDE);
		memcpy(a, b, ROOM_STRIDE);
		memcpy(b, frame, ROOM_STRIDE);
		store->lens[j] = store->lens[i - 1];
		store->lens[i - 1] = len;
	}
}

/* The frames of a store in a circle. */
struct memory_source {
	struct source source; /* first */
	const struct frame_store *store;
	uint32_t next;
	uint64_t left; /* packets until its end */
	uint64_t delivered;
};

static inline int memory_fetch(struct source *source,
			       struct source_batch *batch)
{
	struct memory_source *m = (struct memory_source *)source;
	uint64_t now_ns = clock_now(CLOCK_MONOTONIC);

	for (batch->count = 0; batch->count < SOURCE_BATCH && m->left;
	     m->left--) {
		uint32_t len = m->store->lens[m->next];

		batch->packets[batch->count++] = (struct packet){
			.data = store_frame(m->store, m->next),
			.caplen = len,
			.wirelen = len,
			.time_ns = now_ns,
			.link = X0F_LINK_ETHERNET,
		};
		m->next = m->next + 1 < m->store->count ? m->next + 1 : 0;
	}
	m->delivered += batch->count;
	if (!m->left)
		source->is_at_end = true;
	return 0;
}

static inline void memory_release(struct source *source,
				  struct source_batch *batch)
{
	(void)source;
	batch->count = 0;
}

static inline bool memory_arm(struct source *source)
{
	(void)source;
	return true;
}

static inline void memory_disarm(struct source *source)
{
	(void)source;
}

static const struct source_ops memory_ops = { memory_fetch, memory_release,
					      memory_arm, memory_disarm };

static inline void memory_open(struct memory_source *m,
			       const struct frame_store *store,
			       uint64_t packets)
{
	*m = (struct memory_source){
		.source = { .ops = &memory_ops, .fd = -1 },
		.store = store,
		.left = packets,
	};
}

/* What a worker did not publish, by all reasons. */
static inline uint64_t sum_dropped(const struct x0f_segment_worker *stats)
{
	uint64_t sum = 0;

	for (int i = 0; i < X0F_DROP_COUNT; i++)
		sum += stats->dropped[i];
	return sum;
}

static inline struct packet packet_of(const struct frame_store *store,
				      uint32_t i)
{
	return (struct packet){
		.data = store_frame(store, i),
		.caplen = store->lens[i],
		.wirelen = store->lens[i],
		.time_ns = 1000000000u + i,
		.flags = i % 3 ? X0F_RECORD_EGRESS : X0F_RECORD_INGRESS,
		.link = X0F_LINK_ETHERNET,
	};
}

/* Two of each: IPv4 and IPv6. */
static inline void fill_store(struct frame_store *store,
			      const struct room *room, uint32_t count)
{
	const struct generation *generation = room->engine.generation.value;

	store_open(store, count);
	store_signatures(store, generation->db, room->engine.policy);
}

static inline void assert_accounts(const struct x0f_segment_worker *stats)
{
	uint64_t kinds = 0,
		 verdicts = stats->unmatched[0] + stats->unmatched[1];
	uint64_t durations = 0, fills = 0;
	const uint64_t *labels = &stats->other[0][0];
	size_t i;

	for (i = 0; i < 4; i++)
		kinds += stats->kinds[i / 2][i % 2];
	for (i = 0; i < sizeof(stats->other) / 8 * (1 + X0F_STATS_LABELS); i++)
		verdicts += labels[i];
	for (i = 0; i < X0F_DURATION_BUCKETS; i++)
		durations += stats->match_duration[i];
	for (i = 1; i < X0F_BATCH_BUCKETS; i++)
		fills += stats->batch_fill[i];
	assert_int_equal(stats->received,
			 stats->published + sum_dropped(stats));
	assert_int_equal(stats->dropped[X0F_OK], 0);
	assert_int_equal(kinds, stats->published);
	assert_int_equal(verdicts, stats->published);
	assert_int_equal(durations, stats->received);
	assert_int_equal(fills, stats->batches);
	assert_int_equal(stats->busy_ns, stats->match_duration_sum_ns);
	assert_int_equal(stats->commit, stats->published);
}

#endif
