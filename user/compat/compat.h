/* SPDX-License-Identifier: MIT */
/*
 * p0f's own rules for a stream of packets: which it looks at, how it follows
 * flows and hosts, what it forgets and when, which repeats it leaves out.
 * Nothing of this is used outside `--compat p0f`. One thread.
 */
#ifndef X0F_COMPAT_H
#define X0F_COMPAT_H

#include "../capture/file.h"
#include "../readers/event.h"

struct compat;

struct compat_options {
	const struct x0f_db *db; /* opened with X0F_POLICY_P0F */
	/* 0 in the next four: p0f's own defaults, 1000,10000 and 30,120 */
	uint32_t max_flows; /* p0f -m, first number */
	uint32_t max_hosts; /* p0f -m, second number */
	uint32_t flow_s;    /* p0f -t, first number */
	uint32_t host_min;  /* p0f -t, second number */
	const char *file;   /* for the events, or NULL */
	const char *filter; /* tcpdump expression or NULL; is copied */
	event_sink sink;
	void *ctx;
};

/* Returns 0 with *compat set, or -ENOMEM. */
int compat_open(struct compat **compat, const struct compat_options *options);

/*
 * Says what the link type of the file is and compiles the filter for it. The
 * first packet does the same; p0f does it before. Returns 0, or as
 * compat_packet() does.
 */
int compat_settle_link(struct compat *compat, uint32_t dlt);

/* Whether frames with a VLAN tag can pass the filter. */
bool compat_filter_has_vlan(const struct compat *compat);

/*
 * Shows one packet of the file, in file order. Calls the sink for each
 * record that p0f would log, in p0f's order. The event and what it points to
 * are gone when the sink returns. Returns 0, or:
 * -ENOMEM;
 * -EINVAL: the filter does not compile for this link type (p0f aborts);
 * -EPROTONOSUPPORT: p0f cannot read this link type, or it is another one
 * than that of the first packet (p0f ends here).
 */
int compat_packet(struct compat *compat, const struct capture_packet *packet);

/*
 * Why compat_packet() returned -EINVAL or -EPROTONOSUPPORT, else "". Valid
 * until compat_close().
 */
const char *compat_message(const struct compat *compat);

/* Packets that passed the filter, whatever became of them. */
uint64_t compat_packet_count(const struct compat *compat);

/* NULL is fine. */
void compat_close(struct compat *compat);

#endif
