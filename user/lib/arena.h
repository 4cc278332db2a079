/* SPDX-License-Identifier: MIT */
/*
 * Memory that is freed all at once: what a database keeps lives in one arena
 * and goes with it. Used while a database is built, by one thread.
 */
#ifndef X0F_LIB_ARENA_H
#define X0F_LIB_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *blocks; /* newest first; only it has room */
	size_t used;		    /* of the newest */
	size_t bytes;		    /* taken from the system, in all */
};

/* Zeroed memory aligned for any object, NULL when there is none. */
void *arena_take(struct arena *a, size_t size);

/* A copy with a NUL behind it, NULL when there is no memory. */
char *arena_text(struct arena *a, const char *text, size_t len);

void arena_free(struct arena *a);

#endif
