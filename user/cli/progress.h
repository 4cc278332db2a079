/* SPDX-License-Identifier: MIT */
/*
 * The line that shows on a terminal how far `x0f pcap` is. It is drawn over
 * itself and gone when the command ends. One thread.
 */
#ifndef X0F_CLI_PROGRESS_H
#define X0F_CLI_PROGRESS_H

#include "tally.h"

#include <stdbool.h>
#include <stdint.h>

struct progress {
	bool shown;	 /* may be drawn at all */
	bool drawn;	 /* there is a line to wipe */
	uint64_t begun_ns; /* of the program's clock, not the packets' */
	uint64_t drawn_ns;
	uint64_t next_packet; /* when to look at the clock again */
};

/* wanted: the user has not said no; the rest is for the terminals to say. */
void progress_begin(struct progress *progress, bool wanted, int output_fd);

/*
 * Draws the line, at most four times a second. position and size are those of
 * the file at hand; size 0: not known.
 */
void progress_draw(struct progress *progress, const struct tally *tally,
		   uint64_t position, uint64_t size);

/* True when progress_draw() should be called: cheap, for each packet. */
static inline bool progress_is_due(const struct progress *progress,
				   const struct tally *tally)
{
	return progress->shown && tally->packets >= progress->next_packet;
}

/* Wipes the line, before other text goes to the terminal. */
void progress_wipe(struct progress *progress);

#endif
