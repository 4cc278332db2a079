/* SPDX-License-Identifier: MIT */
/*
 * A worker: takes batches from its sources, makes observation, track and
 * verdict of each packet, and publishes records. One thread each; workers
 * share the tracker and nothing else that they write.
 */
#ifndef X0F_ENGINE_WORKER_H
#define X0F_ENGINE_WORKER_H

#include "generation.h"

#include "../capture/source.h"

#include <poll.h>

/* What all workers of a sensor share. */
struct engine {
	struct segment *segment;
	struct rcu_pointer generation;
	struct x0f_tracker *tracker;
	size_t tracker_bytes;
	uint32_t policy;
	/*
	 * --filter: true for packets to look at; NULL: all. Compiled per
	 * worker where it keeps state.
	 */
	bool (*selects)(void *ctx, const struct packet *packet);
	void *selects_ctx;
	uint32_t stop; /* atomic; 1: drain what is there, then end */
};

/* Sources that one worker can serve; the others would never be fetched. */
#define WORKER_MOST_SOURCES 256

struct worker {
	struct engine *engine;
	uint32_t number; /* of its ring */
	uint32_t source_count;
	struct source **sources;
	/* the rest is the worker's own */
	struct x0f_segment_worker *stats;
	uint64_t now_ns;	    /* monotonic clock, read in each step */
	int64_t realtime_offset_ns; /* CLOCK_REALTIME - CLOCK_MONOTONIC */
	uint64_t offset_read_ns;
	uint64_t rang_ns;	/* last doorbell */
	uint64_t worked_ns;	/* last step that had packets */
	uint64_t deaf_tried_ns; /* deaf sources were asked again */
	uint32_t empty_wakes;	/* in a row: woken, and nothing was there */
	bool has_to_ring;
	bool is_deaf[WORKER_MOST_SOURCES];
	bool is_armed[WORKER_MOST_SOURCES];
	struct pollfd fds[WORKER_MOST_SOURCES];
};

/* Once, before worker_step(); worker_run() does it by itself. */
void worker_begin(struct worker *worker);

/*
 * One batch from each source. Returns how many packets there were. The thread
 * must be registered with RCU, and a generation must be in force. For tests and
 * benchmarks; worker_run() is it in a loop that sleeps.
 */
uint32_t worker_step(struct worker *worker);

/*
 * Body of a thread; registers with RCU. Ends when it is told to stop, or when
 * all of its sources are at their end. arg: struct worker. Returns NULL.
 */
void *worker_run(void *arg);

/*
 * Memory for flow and clock memory, and the tracker in it: entries as
 * options say, a random key. min_clock_ms: 1000 where packets are stamped by
 * batch. Returns 0 or a negative errno.
 */
int engine_open_tracker(struct engine *engine, uint32_t flows, uint32_t clocks,
			uint32_t min_clock_ms);
void engine_close_tracker(struct engine *engine);

/*
 * From observation, verdict and track to a record; the header bytes begin at
 * the IP header. Exposed for tests. generation: for the segment's ids.
 */
void record_fill(struct x0f_record *record, const struct packet *packet,
		 uint64_t time_ns, const struct x0f_obs *obs,
		 const struct x0f_verdict *verdict,
		 const struct x0f_track *track,
		 const struct generation *generation);

#endif
