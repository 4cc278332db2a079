/* SPDX-License-Identifier: MIT */
/*
 * One AF_XDP socket of one receive queue, with packet memory of its own, as a
 * source. tap.c opens and closes it, in the supervisor; fetching belongs to
 * one thread, which may be in a forked child: rings and packet memory are
 * shared mappings, and the child needs no bpf(2) and no rights.
 */
#ifndef X0F_CAPTURE_XSK_H
#define X0F_CAPTURE_XSK_H

#include "capture.h"

/*
 * Packet memory is cut into chunks. 4 KiB ones would put all headers into the
 * same sets of the cache; wanted packets are short.
 */
#define XSK_CHUNK_BYTES 2048
/* What the kernel keeps of a chunk for itself: XDP_PACKET_HEADROOM */
#define XSK_HEADROOM_BYTES 256
#define XSK_MOST_BYTES (XSK_CHUNK_BYTES - XSK_HEADROOM_BYTES)

/* Chunks per queue, a power of two */
#define XSK_LEAST_FRAMES 64
#define XSK_MOST_FRAMES 65536

struct xsk;

struct xsk_options {
	const char *interface;
	uint32_t queue;
	uint32_t frames;
	enum capture_bind bind;
	uint8_t position; /* of the interface in the segment */
	bool may_wait;	  /* where the queue is busy; else: -EBUSY at once */
};

/*
 * Zero-copy if the driver has it and options do not say otherwise. Where it
 * may, it waits for up to two seconds for a socket of a dead process to let go
 * of the queue.
 */
int xsk_open(struct xsk **xsk, const struct xsk_options *options,
	     struct problem *problem);
struct source *xsk_source(struct xsk *xsk);
int xsk_fd(const struct xsk *xsk);
bool xsk_is_zero_copy(const struct xsk *xsk);
uint64_t xsk_memory_bytes(const struct xsk *xsk);

/*
 * Asks the kernel, for poll(2) does not tell: 0; -ENETDOWN: the interface is
 * down; -ENXIO: gone, or in another namespace. Any process.
 */
int xsk_probe(const struct xsk *xsk);

/* Adds what this socket lost to *out. */
void xsk_add_losses(const struct xsk *xsk, struct x0f_segment_interface *out);

/*
 * Before the fork of another reader, when the one before is dead: what it had
 * fetched is lost, all else is not. False: the rings make no sense any more.
 */
bool xsk_resume(struct xsk *xsk);

/* Packets that came into the ring since it was opened, modulo 2^32. */
uint32_t xsk_received(const struct xsk *xsk);

/* Packets in the ring that nobody fetched, also a forked child. */
uint32_t xsk_left(const struct xsk *xsk);

/* The program must not redirect to it any more. NULL is fine. */
void xsk_close(struct xsk *xsk);

#endif
