/* SPDX-License-Identifier: MIT */
/*
 * Sends Ethernet frames out of an interface, as they are, through a packet
 * socket. Needs CAP_NET_RAW. One thread.
 */
#ifndef X0F_CAPTURE_SEND_H
#define X0F_CAPTURE_SEND_H

#include "problem.h"

#include <stdint.h>

struct sender;

/*
 * room: of the longest frame. -ENODEV: no such interface, with advice;
 * -ENETDOWN; -EPERM; -EOPNOTSUPP: not Ethernet.
 */
int sender_open(struct sender **sender, const char *interface, size_t room,
		struct problem *problem);

/* Where the next frame is to be written. */
uint8_t *sender_slot(struct sender *sender);

/*
 * The slot holds a frame of len bytes. Sends when a batch is full. Errors are
 * those of sender_flush().
 */
int sender_add(struct sender *sender, size_t len, struct problem *problem);

/*
 * Sends what was added. A queue that is full is waited for; -ENOBUFS: that
 * took longer than a second; -EINTR: a signal; -ENETDOWN, -ENXIO: the
 * interface went down or away. What was not sent is forgotten.
 */
int sender_flush(struct sender *sender, struct problem *problem);

/* Frames and bytes that the kernel took. */
uint64_t sender_frames(const struct sender *sender);
uint64_t sender_bytes(const struct sender *sender);

/* NULL is fine. */
void sender_close(struct sender *sender);

#endif
