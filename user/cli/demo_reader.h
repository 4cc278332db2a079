/* SPDX-License-Identifier: MIT */
/*
 * What the demo sees of a sensor: its results, through the reader that libx0f
 * gives to everybody, and its books. One thread.
 */
#ifndef X0F_CLI_DEMO_READER_H
#define X0F_CLI_DEMO_READER_H

#include "demo.h"
#include "demo_program.h"

struct reader {
	struct x0f_ring *ring; /* NULL: not open */
	uint32_t policy;
	uint64_t read;
	char interface[16];
	struct book before; /* at the end of the row before */
};

/*
 * Waits until the sensor runs. Returns 0, or a negative errno when it ended
 * or does not come up.
 */
int reader_open(struct reader *reader, const char *path,
		struct program *sensor);

/* Shows what there is, and what comes in this time. */
void reader_show(struct reader *reader, struct demo *demo, int duration_ms);

/*
 * Shows and waits until the sensor has seen so many packets since the last
 * row, and has dealt with them; at most two seconds.
 */
void reader_settle(struct reader *reader, struct demo *demo, uint64_t sent);

/* Reads what is left, and fills the row with what came since the last one. */
void reader_book(struct reader *reader, struct demo *demo, struct book *book);

void reader_close(struct reader *reader);

#endif
