/* SPDX-License-Identifier: MIT */
/*
 * The supervisor's two children, and what it says to the workers' one over a
 * SOCK_SEQPACKET pair.
 */
#ifndef X0F_ENGINE_CHILD_H
#define X0F_ENGINE_CHILD_H

#include "rights.h"
#include "sensor.h"

/* To the child. LOAD brings one descriptor per file of the options. */
enum child_request { CHILD_LOAD = 1, CHILD_STOP };

/* From the child: what became of a LOAD. */
struct child_reply {
	int32_t error; /* 0 or a negative errno */
	char text[sizeof(struct problem)];
};

/* What both have of their parent. */
struct child {
	const struct sensor_options *options;
	const struct rights *rights;
	struct capture *capture;
	struct segment *segment;
	pid_t supervisor;
	int socket; /* the child's end */
};

/* Body of the workers' process; returns its exit code. */
int child_run(const struct child *child);

#endif
