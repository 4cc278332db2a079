/* SPDX-License-Identifier: MIT */
/*
 * The line that shows on a terminal how far `x0f pcap` is. It is drawn over
 * itself and gone when a file ends. One thread.
 */
#ifndef X0F_CLI_PROGRESS_H
#define X0F_CLI_PROGRESS_H

#include "tally.h"

#include <stdbool.h>
#include <stdint.h>

struct progress {
	bool shown;	   /* standard error is a terminal, and it is wanted */
	bool drawn;	   /* there is a line to wipe */
	uint64_t packets;  /* before the file at hand */
	uint64_t begun_ns; /* the file at hand; not the packets' clock */
	uint64_t due_ns;
};

/* wanted: nobody said no, and the findings do not scroll by themselves. */
void progress_open(struct progress *progress, bool wanted);

/* A file begins; packets: how many there were before it. */
void progress_begin(struct progress *progress, uint64_t packets);

/* True when the line should be drawn anew, four times a second. */
bool progress_is_due(const struct progress *progress);

/*
 * Draws the line. position and size are those of the file at hand; size 0:
 * not known.
 */
void progress_show(struct progress *progress, const struct tally *tally,
		   uint64_t position, uint64_t size);

/* Wipes the line, before other text goes to the terminal. */
void progress_wipe(struct progress *progress);

#endif
