/* SPDX-License-Identifier: MIT */
/* See only.h. */
#include "only.h"

uint32_t only_bits(const struct event *event)
{
	uint32_t bits;

	if (event->kind == EVENT_MTU)
		return ONLY_MTU;
	if (event->kind == EVENT_UPTIME)
		return ONLY_UPTIME;
	bits = event->from_server ? ONLY_SYNACK : ONLY_SYN;
	if (!event->label)
		bits |= ONLY_UNKNOWN;
	return bits;
}
