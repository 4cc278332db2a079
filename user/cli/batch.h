/* SPDX-License-Identifier: MIT */
/*
 * A batch of packets, copied out of the reader's buffer, and what has been
 * made of each so far. Filled by one thread, then worked on by the crew.
 */
#ifndef X0F_CLI_BATCH_H
#define X0F_CLI_BATCH_H

#include "../capture/file.h"

#include <x0f/x0f.h>

/* Long enough that meeting thrice costs little, short enough for the cache. */
#define BATCH_PACKETS 1024

struct batch_packet {
	struct capture_packet captured; /* data points into the batch */
	const char *interface;		/* likewise; NULL: not known */
	struct x0f_obs obs;
	struct x0f_track track;
	enum x0f_status status;
	uint8_t shard;
	bool left_out; /* by a filter */
};

struct batch {
	struct batch_packet *packets;
	uint32_t count;
	char *bytes;
	size_t used;
	const char *last_interface; /* copied already */
};

/* Returns 0 or -ENOMEM. */
int batch_open(struct batch *batch);

/* False: no room; empty the batch and add again. */
bool batch_add(struct batch *batch, const struct capture_packet *packet,
	       const char *interface);

void batch_clear(struct batch *batch);
void batch_close(struct batch *batch);

#endif
