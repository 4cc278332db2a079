/* SPDX-License-Identifier: MIT */
/*
 * The sensors that an exporter watches: those that have results in the run
 * directory, whenever they come, or the one that was named. Keeps their
 * segments open from one scrape to the next, so that a dead sensor's are let
 * go and its successor's found. One thread.
 */
#ifndef X0F_CLI_EXPORTER_SENSORS_H
#define X0F_CLI_EXPORTER_SENSORS_H

#include "sensors.h"

#include "../readers/output.h"

/* Readiness looks at what was lost in the last one to two of these. */
#define WATCHED_SAMPLE_MS 10000

/* One wanted packet in so many may be lost by a sensor that is ready. */
#define WATCHED_LOST_ONE_IN 100

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
	char reason[256]; /* why it is not ready; "" where it is */
};

struct watched {
	const char *run_dir;
	const char *name; /* NULL: all */
	struct watched_sensor items[SENSORS_MOST];
	uint32_t count;
	int error; /* of the run directory; 0: it could be read */
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
