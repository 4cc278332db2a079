/* SPDX-License-Identifier: MIT */
/*
 * What `x0f status` knows of one sensor, and its two ways to say it. One
 * thread.
 */
#ifndef X0F_CLI_STATUS_H
#define X0F_CLI_STATUS_H

#include "health.h"

#include "../readers/output.h"

struct sensor_status {
	const char *name;
	struct x0f_ring *ring; /* NULL: it could not be opened */
	int error;	       /* then: why */
	struct x0f_ring_info info;
	struct accounts accounts;
	struct health_report report;
};

/* The line that monitoring reads, then details for people. */
void status_print_text(struct output *out, const struct sensor_status *status);

/* One object with every counter, on one line. */
void status_print_json(struct output *out, struct sensor_status *status);

#endif
