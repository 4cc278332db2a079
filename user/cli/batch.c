/* SPDX-License-Identifier: MIT */
/* See batch.h. */
#include "batch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../capture/limits.h"

/*
 * Room for a batch of full-sized Ethernet frames; and the largest packet that
 * the reader hands out fits into an empty batch, with its interface's name.
 */
#define BATCH_BYTES (2u << 20)
_Static_assert(MAX_PACKET_BYTES + MAX_INTERFACE_NAME <= BATCH_BYTES,
	       "an empty batch holds any packet");

int batch_open(struct batch *batch)
{
	*batch = (struct batch){ 0 };
	batch->packets = calloc(BATCH_PACKETS, sizeof(*batch->packets));
	batch->bytes = malloc(BATCH_BYTES);
	if (batch->packets && batch->bytes)
		return 0;
	batch_close(batch);
	return -ENOMEM;
}

static void *keep(struct batch *batch, const void *data, size_t len)
{
	char *copy = batch->bytes + batch->used;

	if (len)
		memcpy(copy, data, len);
	batch->used += len;
	return copy;
}

/* Most packets come in by the interface of the one before. */
static const char *keep_interface(struct batch *batch, const char *name)
{
	if (!name)
		return NULL;
	if (!batch->last_interface || strcmp(batch->last_interface, name))
		batch->last_interface = keep(batch, name, strlen(name) + 1);
	return batch->last_interface;
}

bool batch_add(struct batch *batch, const struct capture_packet *packet,
	       const char *interface)
{
	size_t need = packet->caplen + (interface ? strlen(interface) + 1 : 0);
	struct batch_packet *added = &batch->packets[batch->count];

	if (batch->count == BATCH_PACKETS || BATCH_BYTES - batch->used < need)
		return false;
	added->captured = *packet;
	added->captured.data = keep(batch, packet->data, packet->caplen);
	added->interface = keep_interface(batch, interface);
	added->left_out = false;
	batch->count++;
	return true;
}

void batch_clear(struct batch *batch)
{
	batch->count = 0;
	batch->used = 0;
	batch->last_interface = NULL;
}

void batch_close(struct batch *batch)
{
	free(batch->packets);
	free(batch->bytes);
	*batch = (struct batch){ 0 };
}
