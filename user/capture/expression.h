/* SPDX-License-Identifier: MIT */
/*
 * A tcpdump expression, compiled and run by libpcap, for packets of capture
 * files of one link type. One thread compiles, any number may ask.
 */
#ifndef X0F_CAPTURE_EXPRESSION_H
#define X0F_CAPTURE_EXPRESSION_H

#include "file.h"

struct expression;

/*
 * dlt: LINKTYPE_ number. Returns 0 with *expression set, or, with NULL there:
 * -ENOMEM; -EINVAL: does not compile for this link type, message gets
 * libpcap's words.
 */
int expression_open(struct expression **expression, uint32_t dlt,
		    const char *text, char *message, size_t size);

bool expression_matches(const struct expression *expression,
			const struct capture_packet *packet);

/* NULL is fine. */
void expression_close(struct expression *expression);

#endif
