/* SPDX-License-Identifier: MIT */
/*
 * Whether a sensor is well, from what it publishes and nothing else: one set
 * of rules for `x0f status` and for the exporter's /readyz. One thread.
 */
#ifndef X0F_CLI_HEALTH_H
#define X0F_CLI_HEALTH_H

#include "accounts.h"

/*
 * One wanted packet in so many may be lost. Status looks at all since the
 * start, and asks a person to look; /readyz looks at the last 10 to 20 s, and
 * takes a sensor out of service.
 */
#define HEALTH_LOST_ONE_IN 1000
#define HEALTH_LOST_LATELY_ONE_IN 100

/* Exit codes as monitoring plug-ins have them. */
enum health {
	HEALTH_OK,
	HEALTH_WARNING,
	HEALTH_CRITICAL,
	HEALTH_UNKNOWN,
};

struct health_report {
	enum health health;
	char reason[256]; /* all of them, ", " between; "" when all is well */
};

/* Adds a reason. */
__attribute__((format(printf, 3, 4))) void
health_find(struct health_report *report, enum health health,
	    const char *format, ...);

/* Why the results cannot be opened. */
void health_of_error(struct health_report *report, int error);

/*
 * Whether it lives, hears and is attached. Reads its counters on the way, into
 * empty accounts. now_ns: monotonic clock.
 */
void health_of_sensor(struct health_report *report, struct x0f_ring *ring,
		      struct accounts *accounts, uint64_t now_ns);

/* What happened since the start: losses, deaths, reloads that failed. */
void health_of_past(struct health_report *report,
		    const struct x0f_ring_info *info,
		    const struct accounts *accounts);

/* The worse of two, for several sensors. */
enum health health_worse(enum health a, enum health b);

/* "CRITICAL" */
const char *health_word(enum health health);

#endif
