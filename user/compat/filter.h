/* SPDX-License-Identifier: MIT */
/*
 * The packet filter that p0f sets before it reads a capture: TCP alone, and
 * the user's rule. libpcap compiles and runs it, as for p0f.
 */
#ifndef X0F_COMPAT_FILTER_H
#define X0F_COMPAT_FILTER_H

#include "../capture/file.h"

struct compat_filter;

/*
 * rule: NULL or a tcpdump expression. Returns 0 with *filter set, or:
 * -ENOMEM; -EINVAL: the rule does not compile; -EPROTONOSUPPORT: there is no
 * such thing as TCP on this link type. message gets libpcap's words.
 */
int compat_filter_open(struct compat_filter **filter, uint32_t dlt,
		       const char *rule, char *message, size_t size);

bool compat_filter_passes(const struct compat_filter *filter,
			  const struct capture_packet *packet);

/* NULL is fine. */
void compat_filter_close(struct compat_filter *filter);

#endif
