/* SPDX-License-Identifier: MIT */
/*
 * Where packets come from. AF_XDP sockets, the header rings of a live host
 * and capture files all deliver this one batch type to the same worker. A
 * source belongs to one thread.
 */
#ifndef X0F_CAPTURE_SOURCE_H
#define X0F_CAPTURE_SOURCE_H

#include <x0f/x0f.h>

/* NAPI's budget; 16 to 256 measured alike */
#define SOURCE_BATCH 64

struct packet {
	const uint8_t *data; /* valid until release() */
	uint32_t caplen;
	uint32_t wirelen;
	uint64_t time_ns;  /* CLOCK_MONOTONIC; of files: since 1970 */
	uint8_t interface; /* position in the segment's interfaces */
	uint8_t flags;	   /* X0F_RECORD_INGRESS, X0F_RECORD_EGRESS or 0 */
	uint8_t link;	   /* enum x0f_link */
};

struct source_batch {
	uint32_t count;
	struct packet packets[SOURCE_BATCH];
	uint64_t cookies[SOURCE_BATCH]; /* the source's own */
};

struct source;

struct source_ops {
	/*
	 * Fills *batch with what is there, up to SOURCE_BATCH. Never waits,
	 * never allocates. Returns 0; or a negative errno when the source is
	 * deaf (-ENXIO: its interface is gone, -ENETDOWN: it is down),
	 * with an empty batch; it may hear again later.
	 */
	int (*fetch)(struct source *source, struct source_batch *batch);
	/* Gives the packets back; their data must not be touched after it. */
	void (*release)(struct source *source, struct source_batch *batch);
	/*
	 * Before sleeping: asks to be woken through `fd`. True: do not sleep,
	 * there is something already. disarm() follows in either case.
	 */
	bool (*arm)(struct source *source);
	void (*disarm)(struct source *source);
};

/* First member of each kind of source. */
struct source {
	const struct source_ops *ops;
	int fd;		    /* for poll(2), POLLIN; -1: never sleeps (a file) */
	bool is_at_end;	    /* of a file: nothing will come any more */
	bool has_wall_time; /* of a file: time_ns is since 1970 already */
};

#endif
