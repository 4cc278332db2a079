/* SPDX-License-Identifier: MIT */
/*
 * The two ways to attach that tc.c chooses from: tcx.c by links, clsact.c by
 * filters. Each works on both directions at once. One thread.
 */
#ifndef X0F_CAPTURE_TC_HOOK_H
#define X0F_CAPTURE_TC_HOOK_H

#include "tc.h"

/* As tc_attach(). Of tc, ifindex, name and program ids are set. */
int tcx_attach(struct tc *tc, const int programs[TC_DIRECTIONS],
	       struct problem *problem);
bool tcx_is_well(const struct tc *tc, struct problem *problem);
void tcx_detach(struct tc *tc);
void tcx_forget(struct tc *tc);
int tcx_clear(uint32_t ifindex);

int clsact_attach(struct tc *tc, const int programs[TC_DIRECTIONS],
		  struct problem *problem);
bool clsact_is_well(const struct tc *tc, struct problem *problem);
void clsact_detach(struct tc *tc);
void clsact_forget(struct tc *tc);
int clsact_clear(uint32_t ifindex);
/* Numbers of our filters' programs; returns how many. */
uint32_t clsact_list(uint32_t ifindex, uint32_t *programs, uint32_t room);

/* Both: whether the name of a program begins with PROGRAM_PREFIX. */
bool tc_is_ours(uint32_t program_id);

/* "in", "out": for messages */
const char *tc_direction_name(enum direction direction);

#endif
