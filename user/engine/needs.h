/* SPDX-License-Identifier: MIT */
/*
 * Which rights a sensor needs, of the capabilities of Linux: one table, for
 * x0f live, which does not begin without them, x0f check and the manual.
 */
#ifndef X0F_ENGINE_NEEDS_H
#define X0F_ENGINE_NEEDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum need_of {
	NEED_OF_ALL,
	NEED_OF_TAP,
	NEED_OF_ROOT, /* who becomes --user; others stay who they are */
};

struct need {
	int right; /* CAP_NET_ADMIN … */
	const char *name;
	enum need_of of;
};

#define NEEDS_COUNT 6

extern const struct need needs[NEEDS_COUNT];

/* Room for all names */
#define NEEDS_TEXT 96

/*
 * Names those that are missing, joined by blanks, and returns how many. rights:
 * the effective ones, a bit each.
 */
uint32_t needs_missing(char text[NEEDS_TEXT], uint64_t rights, bool is_root,
		       bool is_tap);

/* The effective rights of this process; all, where that cannot be told. */
uint64_t needs_rights(void);

#endif
