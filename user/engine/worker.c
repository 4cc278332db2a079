/* SPDX-License-Identifier: MIT */
/*
 * The loop of a worker: fetch, observe, track, match, publish, release. No
 * allocation and, while packets come, one system call per millisecond: the
 * doorbell. Everything here runs in the worker's own thread.
 *
 * A worker without packets looks again for a few microseconds, then rings,
 * arms its sources and sleeps, off line for RCU so that no reload waits for
 * it. It wakes ten times a second to say that it lives and to look at sources
 * that cannot wake anybody, because they are deaf.
 */
#include "worker.h"

#include "../capture/clock.h"

#include <string.h>

_Static_assert(SOURCE_BATCH <= SEGMENT_BATCH, "one publication per batch");
_Static_assert(SOURCE_BATCH == 1 << (X0F_BATCH_BUCKETS - 2), "buckets");

/* Readers of a busy sensor are woken so often; each costs a system call */
#define DOORBELL_NS NS_PER_MS
/* Looking again is cheaper than sleeping (some 5 us) while packets are near */
#define SPIN_NS (20 * UINT64_C(1000))
#define SLEEP_MS 100
/* Sources that woke us for nothing so often are not believed for a while */
#define BELIEVED_WAKES 8
#define DISBELIEF_MS 10
/* A deaf source may need a system call to say so */
#define DEAF_RETRY_NS (10 * NS_PER_MS)
/* The wall clock is set, or slewed, at most so long before records show it */
#define OFFSET_NS (100 * NS_PER_MS)
/* Told to stop, with sources that go on delivering */
#define DRAIN_NS NS_PER_S
/* Packets whose headers are on their way while one is looked at */
#define PREFETCH_AHEAD 4

void worker_begin(struct worker *worker)
{
	worker->stats = segment_worker(worker->engine->segment, worker->number);
	if (worker->source_count > WORKER_MOST_SOURCES)
		worker->source_count = WORKER_MOST_SOURCES;
	for (uint32_t i = 0; i < worker->source_count; i++)
		worker->fds[i].events = POLLIN;
}

static void read_clocks(struct worker *worker)
{
	uint64_t now = clock_ns();

	worker->now_ns = now;
	__atomic_store_n(&worker->stats->heartbeat_ns, now, __ATOMIC_RELAXED);
	if (worker->offset_read_ns && now - worker->offset_read_ns < OFFSET_NS)
		return;
	worker->realtime_offset_ns = (int64_t)(clock_read_ns(CLOCK_REALTIME) -
					       now);
	worker->offset_read_ns = now;
}

static void ring(struct worker *worker)
{
	segment_ring_doorbell(worker->engine->segment);
	worker->rang_ns = worker->now_ns;
	worker->has_to_ring = false;
}

static void count_verdict(struct worker *worker, uint32_t kind,
			  const struct x0f_record *record)
{
	struct x0f_segment_worker *stats = worker->stats;
	x0f_label_counts *counts = &stats->other;

	if (record->match == X0F_MATCH_NONE) {
		segment_count(&stats->unmatched[kind], 1);
		return;
	}
	if (record->label < X0F_STATS_LABELS)
		counts = &stats->labels[record->label];
	segment_count(&(*counts)[kind][record->match - 1], 1);
}

static void count_record(struct worker *worker, uint32_t kind,
			 const struct x0f_record *record)
{
	struct x0f_segment_worker *stats = worker->stats;

	segment_count(&stats->kinds[kind][record->header[0] >> 4 == 6], 1);
	count_verdict(worker, kind, record);
	if (record->track & X0F_TRACK_REPEATED)
		segment_count(&stats->repeated, 1);
	if (record->track & X0F_TRACK_LONE)
		segment_count(&stats->lone, 1);
	if (record->track & X0F_TRACK_PEER)
		segment_count(&stats->paired, 1);
	if (record->track & X0F_TRACK_UPTIME)
		segment_count(&stats->uptimes, 1);
}

/* The reason to publish nothing, or X0F_OK with *obs. */
static uint32_t observe(const struct engine *engine,
			const struct packet *packet, struct x0f_obs *obs)
{
	enum x0f_status status;

	status = x0f_observe(packet->data, packet->caplen, packet->wirelen,
			     packet->link, engine->policy, obs);
	if (status != X0F_OK || !engine->selects)
		return status;
	return engine->selects(engine->selects_ctx, packet) ?
		       X0F_OK :
		       X0F_DROP_EXPRESSION;
}

/* From one packet to one record. False: it was dropped, and counted. */
static bool look_at(struct worker *worker, const struct generation *generation,
		    const struct packet *packet, int64_t offset_ns,
		    struct x0f_record *record, uint8_t *kind)
{
	const struct engine *engine = worker->engine;
	struct x0f_verdict verdict;
	struct x0f_track track;
	struct x0f_obs obs;
	uint32_t drop = observe(engine, packet, &obs);

	if (drop != X0F_OK) {
		segment_count(&worker->stats->dropped[drop], 1);
		return false;
	}
	x0f_tracker_see(engine->tracker, &obs, packet->time_ns, &track);
	x0f_match(generation->db, &obs, engine->policy, &verdict);
	record_fill(record, packet, packet->time_ns + (uint64_t)offset_ns, &obs,
		    &verdict, &track, generation);
	*kind = obs.kind == X0F_KIND_SYNACK;
	return true;
}

/* IP and TCP header, options included, lie in the first two cache lines. */
static void prefetch(const struct source_batch *batch, uint32_t i)
{
	if (i >= batch->count)
		return;
	__builtin_prefetch(batch->packets[i].data);
	__builtin_prefetch(batch->packets[i].data + 64);
}

static void publish_batch(struct worker *worker,
			  const struct source_batch *batch, int64_t offset_ns)
{
	struct engine *engine = worker->engine;
	const struct generation *generation = rcu_read(&engine->generation);
	struct x0f_record records[SEGMENT_BATCH];
	uint8_t kinds[SEGMENT_BATCH]; /* 0 SYN, 1 SYN+ACK */
	uint32_t i, count = 0;

	/* first, so that what a dead worker had is known */
	segment_count(&worker->stats->received, batch->count);
	for (i = 0; i < PREFETCH_AHEAD; i++)
		prefetch(batch, i);
	for (i = 0; i < batch->count; i++) {
		prefetch(batch, i + PREFETCH_AHEAD);
		count += look_at(worker, generation, &batch->packets[i],
				 offset_ns, &records[count], &kinds[count]);
	}
	if (count) {
		segment_publish(engine->segment, worker->number, records,
				count);
		worker->has_to_ring = true;
	}
	/* what a worker dies with is in none of these */
	for (i = 0; i < count; i++)
		count_record(worker, kinds[i], &records[i]);
}

/* 0, 1, 2–3, 4–7 … */
static uint32_t fill_bucket(uint32_t count)
{
	return count ? 32 - (uint32_t)__builtin_clz(count) : 0;
}

/* Below 16, 32, 64 … */
static uint32_t duration_bucket(uint64_t ns)
{
	uint32_t bucket = ns >> 4 ? 64 - (uint32_t)__builtin_clzll(ns >> 4) : 0;

	return bucket < X0F_DURATION_BUCKETS ? bucket :
					       X0F_DURATION_BUCKETS - 1;
}

/* Each packet took an equal part of the time since the last look at a clock. */
static void count_batch(struct worker *worker, uint32_t packets)
{
	struct x0f_segment_worker *stats = worker->stats;
	uint64_t now = clock_ns();
	uint64_t took = now - worker->now_ns;

	segment_count(&stats->batches, 1);
	segment_count(&stats->batch_fill[fill_bucket(packets)], 1);
	segment_count(&stats->match_duration[duration_bucket(took / packets)],
		      packets);
	segment_count(&stats->match_duration_sum_ns, took);
	segment_count(&stats->busy_ns, took);
	worker->now_ns = now;
}

/* One batch of one source. */
static uint32_t serve(struct worker *worker, uint32_t i)
{
	struct source *source = worker->sources[i];
	struct source_batch batch;
	int ret = source->ops->fetch(source, &batch);
	uint32_t count;

	worker->is_deaf[i] = ret < 0;
	if (ret < 0 || !batch.count)
		return 0;
	count = batch.count;
	publish_batch(worker, &batch,
		      source->has_wall_time ? 0 : worker->realtime_offset_ns);
	source->ops->release(source, &batch);
	rcu_quiescent(&worker->engine->generation);
	count_batch(worker, count);
	return count;
}

uint32_t worker_step(struct worker *worker)
{
	uint32_t packets = 0;
	bool try_deaf;

	read_clocks(worker);
	try_deaf = worker->now_ns - worker->deaf_tried_ns >= DEAF_RETRY_NS;
	if (try_deaf)
		worker->deaf_tried_ns = worker->now_ns;
	for (uint32_t i = 0; i < worker->source_count; i++)
		if (!worker->is_deaf[i] || try_deaf)
			packets += serve(worker, i);
	if (packets) {
		worker->worked_ns = worker->now_ns;
		worker->empty_wakes = 0;
	} else {
		rcu_quiescent(&worker->engine->generation);
		segment_count(&worker->stats->batch_fill[0], 1);
	}
	if (worker->has_to_ring &&
	    worker->now_ns - worker->rang_ns >= DOORBELL_NS)
		ring(worker);
	return packets;
}

/* Sources that can be slept for, and those only, get into fds. */
static bool arm(struct worker *worker)
{
	bool has_some = false;

	for (uint32_t i = 0; i < worker->source_count; i++) {
		struct source *source = worker->sources[i];
		bool is_armed = !worker->is_deaf[i] && !source->is_at_end;

		worker->is_armed[i] = is_armed;
		worker->fds[i].fd = is_armed ? source->fd : -1;
		if (is_armed && source->ops->arm(source))
			has_some = true;
	}
	return has_some;
}

static void disarm(struct worker *worker)
{
	for (uint32_t i = 0; i < worker->source_count; i++)
		if (worker->is_armed[i])
			worker->sources[i]->ops->disarm(worker->sources[i]);
}

/* Returns what poll(2) does. */
static int sleep_on(struct worker *worker, uint32_t count, int timeout_ms)
{
	int ret;

	segment_count(&worker->stats->sleeps, 1);
	rcu_sleep(&worker->engine->generation);
	ret = poll(worker->fds, count, timeout_ms);
	rcu_awake();
	return ret;
}

/*
 * Nothing came. Sources that wake us without having anything, for an error
 * that they do not report, must not keep a processor busy.
 */
static void rest(struct worker *worker)
{
	if (worker->now_ns - worker->worked_ns < SPIN_NS)
		return;
	if (worker->has_to_ring)
		ring(worker);
	if (worker->empty_wakes >= BELIEVED_WAKES) {
		worker->empty_wakes = 0;
		sleep_on(worker, 0, DISBELIEF_MS);
		return;
	}
	if (arm(worker) || sleep_on(worker, worker->source_count, SLEEP_MS))
		worker->empty_wakes++;
	else
		worker->empty_wakes = 0;
	disarm(worker);
}

static bool is_at_end(const struct worker *worker)
{
	for (uint32_t i = 0; i < worker->source_count; i++)
		if (!worker->sources[i]->is_at_end)
			return false;
	return worker->source_count > 0;
}

/*
 * Until a step that began after the order to stop finds nothing, or the
 * sources were given their second.
 */
static void work(struct worker *worker)
{
	uint64_t stopped_ns = 0;

	for (;;) {
		bool is_told = __atomic_load_n(&worker->engine->stop,
					       __ATOMIC_ACQUIRE);
		uint32_t packets = worker_step(worker);

		if (is_told && !stopped_ns)
			stopped_ns = worker->now_ns;
		if (is_told && worker->now_ns - stopped_ns >= DRAIN_NS)
			return;
		if (packets)
			continue;
		if (is_told || is_at_end(worker))
			return;
		rest(worker);
	}
}

void *worker_run(void *arg)
{
	struct worker *worker = arg;

	worker_begin(worker);
	rcu_begin_thread();
	work(worker);
	if (worker->has_to_ring)
		ring(worker);
	rcu_end_thread();
	return NULL;
}
