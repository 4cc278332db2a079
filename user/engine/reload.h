/* SPDX-License-Identifier: MIT */
/*
 * Reloading databases while the sensor runs, and the commands of the control
 * socket. Part of the supervisor; the work is done by the workers' process.
 */
#ifndef X0F_ENGINE_RELOAD_H
#define X0F_ENGINE_RELOAD_H

#include "copies.h"
#include "family.h"

struct reload {
	struct segment *segment;
	struct copies accepted; /* what the workers have */
	struct copies offered;	/* what they are building */
	int connection;		/* of who asked and waits; -1: nobody */
	bool is_loading;
	bool again;		/* asked for meanwhile */
	bool is_for_next;	/* the connection came with that */
	bool was_told;		/* the result is the service's status now */
	uint64_t since_ms;	/* loading */
	uint64_t deaf_until_ms; /* no descriptors for clients: later */
};

/*
 * The first database of new workers: the files as they are, or, where these
 * are bad by now, as they were accepted before. Waits.
 */
int reload_first(struct reload *reload, struct family *family,
		 struct problem *problem);

/* Asks the workers to; those that are asked for meanwhile become one. */
void reload_begin(struct reload *reload, struct family *family);

/* Their socket is readable. False: they cannot be relied on any more. */
bool reload_take_reply(struct reload *reload, struct family *family);

/* They do not answer. */
bool reload_hangs(const struct reload *reload);

/* They died. */
void reload_fail(struct reload *reload);

/* Returns true when the sensor is to stop. */
bool reload_take_command(struct reload *reload, struct family *family,
			 int listener);

void reload_close(struct reload *reload);

#endif
