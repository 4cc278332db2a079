/* SPDX-License-Identifier: MIT */
/*
 * One interface in mode tap: the XDP program, one AF_XDP socket per queue.
 * Called by capture.c; one thread but for the sources. See capture.h for the
 * order of calls.
 */
#ifndef X0F_CAPTURE_TAP_H
#define X0F_CAPTURE_TAP_H

#include "capture.h"
#include "interface.h"

struct tap;

/* position: of the interface in the segment. */
int tap_open(struct tap **tap, const struct interface *interface,
	     uint8_t position, const struct capture_options *options,
	     struct problem *problem);
uint32_t tap_queues(const struct tap *tap);
struct source *tap_source(const struct tap *tap, uint32_t queue);
enum x0f_capture_mode tap_mode(const struct tap *tap);
uint64_t tap_memory_bytes(const struct tap *tap);
int tap_attach(struct tap *tap, struct problem *problem);
void tap_forget(struct tap *tap);

/*
 * False: deaf: interface gone or moved, link detached, sockets dead. Never
 * waits. The reason is one line for people.
 */
bool tap_is_well(struct tap *tap, struct problem *problem);

/* outcomes, losses and fill_ring_empty of *out */
void tap_read(const struct tap *tap, struct x0f_segment_interface *out);
void tap_detach(struct tap *tap);

/* Once after any number of tap_detach(): nothing is under way any more. */
void tap_settle(void);
void tap_close(struct tap *tap);

#endif
