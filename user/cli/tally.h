/* SPDX-License-Identifier: MIT */
/*
 * Counts what was read and reported, for the summary at the end of
 * `x0f pcap`. One thread.
 */
#ifndef X0F_CLI_TALLY_H
#define X0F_CLI_TALLY_H

#include "../readers/event.h"

struct tally {
	uint64_t packets;
	uint64_t syns;
	uint64_t syns_labelled;
	uint64_t synacks;
	uint64_t synacks_labelled;
	uint64_t filtered; /* packets; in compat mode: findings */
};

/* Counts an event, whether it is shown or not. */
void tally_event(struct tally *tally, const struct event *event);

/* Adds the counts of one worker. */
void tally_add(struct tally *sum, const struct tally *part);

/*
 * One line on standard error. before: what it begins with, or NULL. status:
 * how many packets had each status, or NULL where that is not known (compat
 * mode); the counts of the line add up to its packets.
 */
void tally_print(const char *before, const struct tally *tally,
		 const uint64_t *status);

#endif
