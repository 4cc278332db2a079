/* SPDX-License-Identifier: MIT */
/*
 * The database files as they were when somebody asked for them, as memory
 * files: so the child reads what nobody changes meanwhile, and the last ones
 * that were accepted are there when new workers have to start and the files
 * on disk are bad or gone. Bytes are moved by the kernel; the supervisor,
 * which calls this, never looks at them.
 */
#ifndef X0F_ENGINE_COPIES_H
#define X0F_ENGINE_COPIES_H

#include "passing.h"

#include "../capture/problem.h"

#include <stdbool.h>

struct copies {
	int fds[PASSING_MOST];
	uint32_t count;
};

/* Opens and copies; nothing is open after a failure. */
int copies_take(struct copies *copies, const char *const *paths, uint32_t count,
		struct problem *problem);

/* `from` takes the place of `to`. */
void copies_move(struct copies *to, struct copies *from);
void copies_close(struct copies *copies);

#endif
