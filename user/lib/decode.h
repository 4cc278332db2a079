/* SPDX-License-Identifier: MIT */
/*
 * The layers of x0f_observe(), each in a file of its own. Each takes a cursor
 * at its header, fills its part of the observation and leaves the cursor at
 * the next layer. X0F_OK means "go on".
 */
#ifndef X0F_LIB_DECODE_H
#define X0F_LIB_DECODE_H

#include <x0f/observe.h>

#include "cursor.h"

/* What one layer knows of the packet that the bytes alone do not say. */
struct decode {
	struct cursor c;
	size_t beyond; /* bytes on the wire behind the captured ones */
	uint32_t policy;
	uint8_t ip_version; /* the link layer's word for it; 0: none */
	uint32_t l4_len;    /* TCP header and payload, from the IP length */
};

/* link.c: to the IP header; vlan, vlan_count, d->ip_version. */
enum x0f_status decode_link(struct decode *d, enum x0f_link link,
			    struct x0f_obs *obs);

/* ip.c: to the TCP header; addresses, TTL, IP quirks, d->l4_len. */
enum x0f_status decode_ip(struct decode *d, struct x0f_obs *obs);

/* tcp.c: to the payload; everything else. */
enum x0f_status decode_tcp(struct decode *d, struct x0f_obs *obs);

/* options.c: the one option walker; c is the option area, no more. */
void decode_options(struct cursor *c, uint32_t policy, struct x0f_obs *obs);

/* window.c: which multiple of what the window is. */
void detect_window(struct x0f_obs *obs);

/*
 * The same for a signature that is held against others (duplicate check):
 * ip_version 0 for `*`, no timestamp, no headers, no peer.
 */
enum x0f_window detect_window_of_sig(uint16_t window, uint16_t mss,
				     uint8_t ip_version, uint16_t *multiple);

/* p0f's guess of the initial TTL. */
static inline uint8_t guess_initial_ttl(uint8_t ttl)
{
	return ttl <= 32 ? 32 : ttl <= 64 ? 64 : ttl <= 128 ? 128 : 255;
}

#endif
