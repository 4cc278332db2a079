/* SPDX-License-Identifier: MIT */
/*
 * What the parts of synth.c share: the packet as it is decided, before it is
 * written. No state; any thread.
 */
#ifndef X0F_CAPTURE_SYNTH_PACKET_H
#define X0F_CAPTURE_SYNTH_PACKET_H

#include "synth.h"

#include <string.h>

/* Four bits of data offset leave so many bytes for options */
#define TCP_OPTION_BYTES 40

/* RFC 7323: a scale above is treated as 14 */
#define WSCALE_MAX 14

enum tcp_option {
	TCP_EOL = 0,
	TCP_NOP = 1,
	TCP_MSS = 2,
	TCP_WSCALE = 3,
	TCP_SACK_OK = 4,
	TCP_SACK = 5,
	TCP_TIMESTAMP = 8,
};

struct tcp_options {
	uint8_t bytes[TCP_OPTION_BYTES];
	uint8_t len;
};

struct packet {
	const struct x0f_sig *sig;
	const struct synth_options *o;
	uint32_t quirks; /* that this IP version can have */
	uint16_t mss;
	uint16_t window;
	uint8_t wscale;
	uint8_t ip_version;
	bool has_payload;
	struct tcp_options options;
};

static inline bool has_option(const struct x0f_sig *sig, uint8_t kind)
{
	return sig->option_count &&
	       memchr(sig->option_kinds, kind, sig->option_count);
}

static inline bool is_synack(const struct packet *k)
{
	return k->sig->kind == X0F_KIND_SYNACK;
}

static inline bool has(const struct packet *k, uint32_t quirk)
{
	return (k->quirks & quirk) != 0;
}

static inline uint8_t *put16(uint8_t *p, uint32_t n)
{
	*p++ = (uint8_t)(n >> 8);
	*p++ = (uint8_t)n;
	return p;
}

static inline uint8_t *put32(uint8_t *p, uint32_t n)
{
	return put16(put16(p, n >> 16), n);
}

/*
 * synth_options.c: fills k->options with the bytes that are walked to the
 * signature's layout, with the packet's MSS and scale.
 */
enum synth_problem synth_write_options(struct packet *k);

/* synth_headers.c: the packet, its options included; 0: room is too small. */
size_t synth_write(const struct packet *k, uint8_t *buf, size_t room);

#endif
