/* SPDX-License-Identifier: MIT */
/*
 * The packets of one capture file through libx0f: every segment is shown to a
 * tracker, every SYN and SYN+ACK gets a verdict. The default path of
 * `x0f pcap`.
 *
 * What a packet gets depends on nothing but the packets before it of the same
 * address pair: pairs are spread over 64 fixed shards by a constant hash, each
 * with a tracker of its own. So any number of workers gives the same answers.
 * A batch passes through three steps, each done by the whole crew:
 *
 *     observe   each worker a stretch of the batch
 *     track     each worker its shards, in the order of the packets
 *     report    each worker a stretch: verdict, events to its own sink
 *
 * The stretches are in order, so the outputs joined by worker number are in
 * the order of the file.
 */
#ifndef X0F_CLI_REPLAY_H
#define X0F_CLI_REPLAY_H

#include "batch.h"
#include "crew.h"

#include "../capture/file.h"
#include "../capture/filter.h"
#include "../readers/event.h"

enum { REPLAY_SHARDS = 64 };

/* Counts of one worker, on cache lines of its own. */
struct replay_counts {
	_Alignas(64) uint64_t status[X0F_STATUS_COUNT]; /* of all files */
	uint64_t filtered;    /* and thus not in status */
	bool link_is_unknown; /* of some packet of this file */
	uint32_t unknown_dlt;
};

struct replay_options {
	const struct x0f_db *db;
	uint32_t policy;
	const struct filter *filter; /* NULL: none */
	uint32_t workers;	     /* 1 to CREW_MOST */
	/* called by worker `number`, in the order of its packets */
	void (*report)(void *ctx, uint32_t number, const struct event *event);
	/* called by the opening thread when a batch was reported by all */
	void (*join)(void *ctx);
	void *ctx;
};

struct replay {
	struct replay_options options;
	const char *file;
	struct crew crew;
	struct batch batch;
	struct replay_counts *counts; /* by worker */
	struct x0f_tracker *trackers[REPLAY_SHARDS];
	void *memory; /* the trackers' */
	size_t memory_len;
};

/* Returns 0 or a negative errno. */
int replay_open(struct replay *replay, const struct replay_options *options);

/*
 * Begins a file: nothing is remembered of the one before but the counts.
 * file: its name for the events, kept until the next one begins.
 */
void replay_begin(struct replay *replay, const char *file);

/* interface: name of the packet's interface, or NULL */
void replay_packet(struct replay *replay, const struct capture_packet *packet,
		   const char *interface);

/* Reports all packets that were shown so far. */
void replay_flush(struct replay *replay);

/* Adds up the workers' counts. */
void replay_count(const struct replay *replay, struct replay_counts *sum);

void replay_close(struct replay *replay);

#endif
