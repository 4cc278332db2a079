/* SPDX-License-Identifier: MIT */
/*
 * The supervisor's children: how they begin and end. The printer is forked
 * before anything is opened, so that it never holds a socket that packets come
 * from; the workers' process last, so that it inherits all of them.
 */
#ifndef X0F_ENGINE_FAMILY_H
#define X0F_ENGINE_FAMILY_H

#include "child.h"
#include "copies.h"

struct family {
	const struct sensor_options *options;
	struct rights rights;
	pid_t workers;	     /* 0: none */
	pid_t printer;	     /* 0: none */
	int socket;	     /* to the workers; -1: none */
	int gate;	     /* to the printer; -1: none */
	int signals;	     /* the supervisor's, closed in children */
	int listener;	     /* likewise */
	uint64_t started_ms; /* the workers */
	/*
	 * Called about ten times a second by what waits here, with ctx: there
	 * is more to look after than the workers. True: no use in waiting.
	 */
	bool (*look)(void *ctx);
	void *ctx;
	bool is_waiting; /* commands come from in there */
};

/* path: of the segment, as it will be. */
int family_start_printer(struct family *family, const char *path);
/* There is a segment now: the printer may begin. */
void family_open_gate(struct family *family);
/* Log rotation: gives it its file anew. */
void family_renew_output(struct family *family);
/*
 * It ends by itself when the sensor has; one that never began does at once.
 * False: it was stuck, and what it had to say is lost.
 */
bool family_stop_printer(struct family *family);

int family_start_workers(struct family *family, struct capture *capture,
			 struct segment *segment);

/*
 * Sends a database to be built. Does not wait. Workers that are dead already
 * say why by their answer, if they could.
 */
int family_load(struct family *family, const struct copies *copies);

/* The answer, once there is one: -EAGAIN; -EPIPE: they are dead. */
int family_take_reply(struct family *family, struct problem *problem);

/*
 * The same; SIGINT and SIGTERM, which are blocked, end the waiting. -ECANCELED:
 * look() did; *problem is its to fill.
 */
int family_wait_reply(struct family *family, struct problem *problem);

/* Ask, wait, kill; one that cannot even be killed is left. */
void family_stop_workers(struct family *family);
int family_wait(struct family *family, pid_t *pid, int timeout_ms);

#endif
