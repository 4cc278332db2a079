/* SPDX-License-Identifier: MIT */
/*
 * Reloading databases while the sensor runs, and the commands of the control
 * socket. Part of the supervisor; the work is done by the workers' process.
 */
#ifndef X0F_ENGINE_RELOAD_H
#define X0F_ENGINE_RELOAD_H

#include "family.h"

struct reload {
	struct segment *segment;
	int connection; /* of who asked and waits; -1: nobody */
	bool is_loading;
	bool again; /* asked for meanwhile */
};

/* Asks the workers to; those that are asked for meanwhile become one. */
void reload_begin(struct reload *reload, struct family *family);

/* Their socket is readable. */
void reload_take_reply(struct reload *reload, struct family *family);

/* They died. */
void reload_fail(struct reload *reload);

/* Returns true when the sensor is to stop. */
bool reload_take_command(struct reload *reload, struct family *family,
			 int listener);

#endif
