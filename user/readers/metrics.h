/* SPDX-License-Identifier: MIT */
/*
 * The metrics of sensors as Prometheus reads them. What a sensor published is
 * copied by metrics_read(), through the public reader and from its statistics
 * only: no record is looked at. metrics_write() makes the text of all of them,
 * since a metric must stand in one piece. For `x0f exporter`; one thread.
 */
#ifndef X0F_READERS_METRICS_H
#define X0F_READERS_METRICS_H

#include "output.h"

#include <x0f/ring.h>

/*
 * Labels with series of their own, six each at most; the others are added up
 * as "other". Those that the segment had first, so that none changes sides.
 * The built-in databases have 300.
 */
#define METRICS_LABELS 512 /* HELP says so, too */

/* A label value as it is printed: escaped, cut where it is longer */
#define METRICS_VALUE 128

/* All numbers are of the segment; what ends in _ns is printed in seconds. */
struct metrics_interface {
	char name[METRICS_VALUE]; /* each one once */
	uint64_t state;		  /* enum x0f_interface_state */
	uint64_t mode;		  /* enum x0f_capture_mode */
	uint64_t attached;	  /* 1: our program is at it */
	uint64_t queues;
	uint64_t reattached;
	uint64_t deaf_ns;
	uint64_t fill_ring_empty;
	uint64_t wanted; /* the first outcomes */
	uint64_t outcomes[X0F_OUTCOME_ROOM];
	uint64_t losses[X0F_LOSS_ROOM];
};

struct metrics_worker {
	uint64_t received;
	uint64_t published;
	uint64_t committed;
	uint64_t voided;
	uint64_t died;
	uint64_t batches;
	uint64_t sleeps;
	uint64_t busy_ns;
	uint64_t heartbeat_ns; /* 0: none yet */
};

struct metrics_label {
	char class_name[METRICS_VALUE];
	char name[METRICS_VALUE];
	x0f_label_counts counts;
};

/* The sums of what workers count, and what the header says. */
struct metrics_totals {
	uint64_t started_ns;
	uint64_t heartbeat_ns;
	uint64_t restarts;
	uint64_t generation;
	uint64_t signatures[2]; /* SYN, SYN+ACK */
	uint64_t reloads;
	uint64_t reload_failures;
	uint64_t reloaded_ns;
	uint64_t reload_is_fine; /* the last one did not fail */
	uint64_t labels;
	uint64_t labels_lost;
	uint64_t workers;
	uint64_t ring_records;
	uint64_t repeated;
	uint64_t lone;
	uint64_t paired;
	uint64_t uptimes;
	uint64_t received;
	uint64_t kinds[2][2];
	uint64_t unmatched[2];
	uint64_t matched[2][3]; /* by enum x0f_match - 1 */
	uint64_t dropped[X0F_DROP_ROOM];
	uint64_t batch_fill[X0F_BATCH_BUCKETS];
	uint64_t match_duration[X0F_DURATION_BUCKETS];
	uint64_t match_duration_sum_ns;
};

struct metrics_sensor {
	char name[METRICS_VALUE];
	char version[METRICS_VALUE];
	bool up;    /* alive, and what follows was read */
	bool ready; /* as /readyz says */
	uint32_t state;
	uint32_t interface_count;
	uint32_t worker_count;
	uint32_t label_count;
	struct metrics_totals totals;
	struct metrics_interface *interfaces;
	struct metrics_worker *workers;
	struct metrics_label *labels; /* sorted, each one once */
	x0f_label_counts other;
};

/*
 * Copies what the sensor says now; ring NULL: it is not up. *sensor need not
 * be initialised, and is to be released whatever is returned. Returns 0 or
 * -ENOMEM.
 */
int metrics_read(struct metrics_sensor *sensor, const char *name,
		 struct x0f_ring *ring);
void metrics_release(struct metrics_sensor *sensor);

/* Where the sensors are looked for */
struct metrics_folder {
	bool is_readable;
	uint32_t left_out; /* sensors for which there was no room */
};

void metrics_write_folder(struct output *out,
			  const struct metrics_folder *folder);

/* Text format 0.0.4. now_ns: the monotonic clock, which heartbeats have. */
void metrics_write(struct output *out, const struct metrics_sensor *sensors,
		   uint32_t count, uint64_t now_ns);

/*
 * A label value: a backslash, a quote, control characters and what is no UTF-8
 * are escaped; cut at a whole character.
 */
void metrics_escape(char to[METRICS_VALUE], const char *from);

#endif
