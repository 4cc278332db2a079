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

/* Of an interface that is no longer where its sockets are. */
#define CAPTURE_GONE "it is gone, or in another network namespace"

struct tap_request {
	const struct interface *interface;
	const struct capture_options *options;
	/*
	 * What is done to the interface, if it is not done yet. The caller's,
	 * who undoes it: it outlives the tap, and also serves the next one.
	 */
	struct interface_setup *setup;
	uint32_t frames;
	uint8_t position; /* of the interface in the segment */
	bool is_again;	  /* what was said of its frames is not said anew */
	bool may_wait;	  /* seconds, where it is busy; else: -EBUSY */
};

int tap_open(struct tap **tap, const struct tap_request *request,
	     struct problem *problem);
uint32_t tap_queues(const struct tap *tap);
struct source *tap_source(const struct tap *tap, uint32_t queue);
enum x0f_capture_mode tap_mode(const struct tap *tap);
uint64_t tap_memory_bytes(const struct tap *tap);
/* -ENXIO, if the sockets are of no use any more: gone, or moved away */
int tap_attach(struct tap *tap, struct problem *problem);
void tap_forget(struct tap *tap);

/*
 * False: deaf: interface gone or moved, link detached, sockets dead. Never
 * waits. The reason is one line for people.
 */
bool tap_is_well(struct tap *tap, struct problem *problem);

/* Of its sockets: 0, also while the interface is down; or as xsk_probe(). */
int tap_probe(const struct tap *tap);

/*
 * The reader is dead, and another is about to be forked: it goes on where that
 * one stopped. False: it cannot, only new sockets help.
 */
bool tap_resume(struct tap *tap);

/*
 * outcomes, losses and fill_ring_empty of *out. After tap_detach() and
 * tap_settle(), what was delivered nowhere counts as X0F_LOSS_CLOSED.
 */
void tap_read(const struct tap *tap, struct x0f_segment_interface *out);

/* What lies in the rings, and a reader may yet fetch */
uint64_t tap_left(const struct tap *tap);
void tap_detach(struct tap *tap);

/* Once after any number of tap_detach(): nothing is under way any more. */
void tap_settle(void);
void tap_close(struct tap *tap);

#endif
