/* SPDX-License-Identifier: MIT */
/*
 * Strings to small numbers, blind to case: the names and classes of a
 * database. The first spelling is kept. Used while a database is built.
 */
#ifndef X0F_LIB_INTERN_H
#define X0F_LIB_INTERN_H

#include <stddef.h>
#include <stdint.h>

#include "arena.h"

struct intern {
	struct arena *arena;  /* the strings live here */
	const char **strings; /* by id */
	uint32_t *slots;      /* id + 1, 0: free; a power of two of them */
	uint32_t count;
	uint32_t slot_count;
};

/* Id of a string that is known, or X0F_NONE. */
uint32_t intern_find(const struct intern *t, const char *text, size_t len);

/* Id of a string, made known if it was not; X0F_NONE: no memory. */
uint32_t intern_add(struct intern *t, const char *text, size_t len);

/* Frees the table; the strings belong to the arena. */
void intern_free(struct intern *t);

#endif
