/* SPDX-License-Identifier: MIT */
/*
 * One finding, as every printer gets it. Printers only format: what is in an
 * event was decided before.
 */
#ifndef X0F_READERS_EVENT_H
#define X0F_READERS_EVENT_H

#include <x0f/x0f.h>

enum event_kind {
	EVENT_SYN,
	EVENT_SYNACK,
	EVENT_MTU,
	EVENT_UPTIME,
	EVENT_SENDSYN_PROBE,	/* compat only: p0f-sendsyn's SYN */
	EVENT_SENDSYN_RESPONSE, /* compat only: the answer to it */
};

struct event {
	enum event_kind kind;
	bool from_server;      /* the subject is the server */
	uint64_t time_ns;      /* the packet's */
	const char *file;      /* as the user named it; NULL: not known */
	uint64_t packet;       /* number in the capture, from 1; 0: live */
	const char *interface; /* NULL: not known */
	const struct x0f_obs *obs;
	const struct x0f_verdict *verdict; /* not for EVENT_UPTIME */
	const struct x0f_label *label;	   /* the verdict's; NULL: none */
	const char *link;		   /* likewise */
	const struct x0f_uptime *uptime;   /* only EVENT_UPTIME */
	uint32_t track; /* enum x0f_track_flag, 0 in compat mode */
};

/* Gets one event after the other, from one thread. */
typedef void (*event_sink)(void *ctx, const struct event *event);

#endif
