/* SPDX-License-Identifier: MIT */
/*
 * What the two files of the supervisor share: sensor.c starts and ends it,
 * supervisor.c is what it does in between.
 */
#ifndef X0F_ENGINE_SUPERVISOR_H
#define X0F_ENGINE_SUPERVISOR_H

#include "reload.h"

#define SUPERVISOR_BACKOFF_MS 100
#define SUPERVISOR_STATUS 256

struct supervisor {
	const struct sensor_options *options;
	struct problem *problem;
	struct family family;
	struct capture *capture;
	struct segment segment;
	char control_path[256];
	struct reload reload;
	bool stopping;
	bool have_died; /* the workers, by themselves */
	uint64_t backoff_ms;
	uint64_t restart_ms; /* when to start workers again; 0: they run */
	uint64_t looked_ms;  /* for workers that hang */
	uint64_t trust_ms;   /* until then none is taken to */
	uint64_t ran_ms;     /* when workers last did */
	uint64_t netns_ms;   /* when our namespace was last looked for */
	int result;
	char status[SUPERVISOR_STATUS]; /* as the service manager knows it */
};

/* A problem: for people, and for the segment's readers. */
__attribute__((format(printf, 2, 3))) void
supervisor_say(struct supervisor *s, const char *format, ...);

/* Numbers of interfaces, and the state, into the segment. */
void supervisor_publish(struct supervisor *s);

/* To the service manager, if anything about it has changed. */
void supervisor_tell_status(struct supervisor *s);

/*
 * For struct family, ctx is the supervisor: what has to go on while it waits
 * for its children, the guard above all. True: the sensor is to stop.
 */
bool supervisor_look(void *ctx);

/* From a capture that is open to packets that come in. */
int supervisor_start_workers(struct supervisor *s);

/* Until the sensor is to stop. */
void supervisor_run(struct supervisor *s);

#endif
