/* SPDX-License-Identifier: MIT */
/*
 * What `x0f status` knows of one sensor, and its two ways to say it. One
 * thread.
 */
#ifndef X0F_CLI_STATUS_H
#define X0F_CLI_STATUS_H

#include "accounts.h"

#include "../readers/output.h"

/* Exit codes as monitoring plug-ins have them. */
enum health {
	HEALTH_OK,
	HEALTH_WARNING,
	HEALTH_CRITICAL,
	HEALTH_UNKNOWN,
};

struct sensor_status {
	const char *name;
	struct x0f_ring *ring; /* NULL: it could not be opened */
	int error;	       /* then: why */
	struct x0f_ring_info info;
	struct accounts accounts;
	enum health health;
	char reason[256]; /* of health; "" when all is well */
};

/* Opens, reads and judges. now_ns: monotonic clock. path: the segment's. */
void status_read(struct sensor_status *status, const char *name,
		 const char *path, uint64_t now_ns);
void status_close(struct sensor_status *status);

/* The worse of two, for several sensors. */
enum health health_worse(enum health a, enum health b);

/* "CRITICAL" */
const char *health_word(enum health health);

/* The line that monitoring reads, then details for people. */
void status_print_text(struct output *out, const struct sensor_status *status);

/* One object with every counter, on one line. */
void status_print_json(struct output *out, struct sensor_status *status);

#endif
