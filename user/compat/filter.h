/* SPDX-License-Identifier: MIT */
/*
 * The packet filter that p0f sets before it reads a capture: TCP alone, and
 * the user's rule. libpcap compiles and runs it, as for p0f.
 */
#ifndef X0F_COMPAT_FILTER_H
#define X0F_COMPAT_FILTER_H

#include "../capture/expression.h"

/*
 * rule: NULL or a tcpdump expression. *vlan: whether frames with a VLAN tag
 * can pass. Returns 0 with *filter set, or:
 * -ENOMEM; -EINVAL: the rule does not compile; -EPROTONOSUPPORT: there is no
 * such thing as TCP on this link type. message gets libpcap's words.
 */
int compat_filter_open(struct expression **filter, uint32_t dlt,
		       const char *rule, bool *vlan, char *message,
		       size_t size);

#endif
