/* SPDX-License-Identifier: MIT */
/*
 * One word and some descriptors, from the supervisor to a child that may not
 * open files by itself. Over a pair of SOCK_SEQPACKET.
 */
#ifndef X0F_ENGINE_PASSING_H
#define X0F_ENGINE_PASSING_H

#include <stdint.h>

#define PASSING_MOST 60

/* Does not wait. Returns 0 or a negative errno. */
int passing_send(int socket, uint32_t word, const int *fds, uint32_t count);

/*
 * flags: MSG_DONTWAIT or 0. Returns how many descriptors came, fds has room
 * for PASSING_MOST; or a negative errno, -EPIPE when the other end is gone.
 */
int passing_receive(int socket, int flags, uint32_t *word, int *fds);

#endif
