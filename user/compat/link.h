/* SPDX-License-Identifier: MIT */
/*
 * Where the IP header of a frame begins, as p0f sees it. One struct per
 * capture; zero it before the first packet.
 */
#ifndef X0F_COMPAT_LINK_H
#define X0F_COMPAT_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct compat_link {
	uint32_t offset;
	bool known; /* offset holds for the rest of the capture */
};

/*
 * Bytes to skip in a frame of dlt (a LINKTYPE_ number, the same one each
 * time); may be more than len.
 */
size_t compat_link_offset(struct compat_link *link, uint32_t dlt,
			  const uint8_t *frame, size_t len);

#endif
