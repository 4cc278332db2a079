/* SPDX-License-Identifier: MIT */
/*
 * From what is known of one packet to the events that tell of it: the one
 * place that decides which there are, for capture files and for the results
 * of a sensor. No state; any thread.
 */
#ifndef X0F_READERS_FINDINGS_H
#define X0F_READERS_FINDINGS_H

#include "event.h"

struct finding {
	uint64_t time_ns;      /* since 1970 */
	const char *file;      /* NULL: not known */
	uint64_t packet;       /* 0: not known */
	const char *interface; /* NULL: not known */
	const struct x0f_obs *obs;
	const struct x0f_verdict *verdict; /* NULL: no SYN or SYN+ACK */
	const struct x0f_label *label;	   /* the verdict's; NULL: none */
	const char *link;		   /* likewise */
	const struct x0f_track *track;
};

/* In this order: the packet itself, its link, an uptime. */
void findings_report(const struct finding *finding, event_sink sink, void *ctx);

#endif
