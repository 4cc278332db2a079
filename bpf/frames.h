/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the generator's program and user/capture/live_frames.c agree on,
 * besides struct frame in abi.h.
 */
#ifndef X0F_BPF_FRAMES_H
#define X0F_BPF_FRAMES_H

#include "abi.h"

/*
 * The packet that the kernel is asked to repeat: room for any frame, copied
 * in steps of eight, and behind it the cookie.
 */
#define CARRIER_ROOM 256
#define CARRIER_BYTES (CARRIER_ROOM + 8)

/* Map x0f_generator: ARRAY of one. */
struct generator_state {
	__u64 cookie; /* random: no packet from outside has it */
	__u64 sent;
	__u32 next;  /* frame of x0f_frames */
	__u32 count; /* frames there, 1 to FRAME_COUNT */
};

#endif
