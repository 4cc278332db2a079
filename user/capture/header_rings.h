/* SPDX-License-Identifier: MIT */
/*
 * The rings of host.h from within: header_rings.c makes them, header_source.c
 * reads them, host.c puts them into the maps of its objects.
 */
#ifndef X0F_CAPTURE_HEADER_RINGS_H
#define X0F_CAPTURE_HEADER_RINGS_H

#include "host.h"

#include "../../bpf/abi.h"

struct ring {
	_Alignas(64) int fd;
	unsigned long *consumer;       /* ours: a page of its own */
	const unsigned long *producer; /* the kernel's; data is behind it */
	const uint8_t *data;
	struct wake *wake;
	unsigned long position; /* of the batch that is out */
};

struct ring_source {
	struct source base; /* first */
	struct header_rings *rings;
	uint32_t first; /* ring; then every workers-th */
	uint32_t next;	/* ring to begin with, so that none starves */
	int timer;	/* ends naps; watched by base.fd, too */
	uint32_t naps;	/* since there was a packet */
};

struct header_rings {
	uint32_t count;
	uint32_t workers;
	uint32_t bytes; /* of each, a power of two */
	size_t page;
	int wake_fd;
	struct wake *wake;
	struct ring *rings;
	struct ring_source *sources;
};

extern const struct source_ops header_source_ops;

/* Inserts the rings into a loaded object's map x0f_rings. */
int header_rings_insert(const struct header_rings *rings, int outer_map,
			struct problem *problem);

#endif
