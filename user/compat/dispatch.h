/* SPDX-License-Identifier: MIT */
/*
 * What p0f does with one TCP segment: follows flows, decides what is a
 * record, and hands that to the sink.
 */
#ifndef X0F_COMPAT_DISPATCH_H
#define X0F_COMPAT_DISPATCH_H

#include "compat.h"
#include "flow.h"

struct compat_segment {
	const struct capture_packet *packet;
	const uint8_t *payload; /* obs.payload_len bytes */
	struct x0f_obs obs;	/* gets its SYN's MSS */
	uint32_t now_s;
	uint64_t now_ms;
};

/* Returns 0 or -ENOMEM. */
int compat_dispatch(struct compat_memory *memory,
		    const struct compat_options *options,
		    struct compat_segment *segment);

#endif
