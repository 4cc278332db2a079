/* SPDX-License-Identifier: MIT */
/*
 * The sensors that an exporter watches: those that have results in the run
 * directory, whenever they come, or the one that was named. Keeps their
 * segments open from one scrape to the next, so that a dead sensor's are let
 * go and its successor's found. One thread.
 */
#ifndef X0F_CLI_EXPORTER_SENSORS_H
#define X0F_CLI_EXPORTER_SENSORS_H

#include "health.h"
#include "sensors.h"

#include "../readers/output.h"

/* Readiness looks at what was lost in the last one to two of these. */
#define WATCHED_SAMPLE_MS 10000

struct watched_sample {
	uint64_t time_ns; /* monotonic clock */
	uint64_t wanted;
	uint64_t lost;
};

struct watched_sensor {
	char name[X0F_SENSOR_NAME];
	struct x0f_ring *ring; /* NULL: error says why */
	int error;
	bool is_listed; /* in the run directory, at the last look */
	uint64_t instance;
	struct watched_sample now;
	struct watched_sample before;	/* the last sample */
	struct watched_sample baseline; /* the one before it */
	double lost_share;		/* since the baseline */
	struct health_report report;	/* it is ready when all is well */
};

struct watched {
	const char *run_dir;
	const char *name; /* NULL: all */
	struct watched_sensor items[SENSORS_MOST];
	uint32_t count;
	uint32_t left_out; /* no room for them */
	bool is_readable;  /* the run directory */
	int error;	   /* of it; 0: none, or it is not there yet */
};

void watched_open(struct watched *watched, const char *run_dir,
		  const char *name);
void watched_close(struct watched *watched);

/*
 * Looks who is there and how they are. To be called at least every
 * WATCHED_SAMPLE_MS, and before anything is said.
 */
void watched_look(struct watched *watched);

/* All are ready, and there is one. */
bool watched_is_ready(const struct watched *watched);

/* What was seen at the last look, as metrics. Returns 0 or -ENOMEM. */
int watched_write_metrics(struct watched *watched, struct output *out);

/* The same as one JSON object: who is ready, and why others are not. */
void watched_write_ready(const struct watched *watched, struct output *out);

#endif
