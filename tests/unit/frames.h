/* SPDX-License-Identifier: MIT */
/*
 * Frames for tests, byte by byte: a described packet in a heap block of
 * exactly its size, so that the address sanitizer sees the first byte that is
 * read beyond it.
 */
#ifndef X0F_TESTS_FRAMES_H
#define X0F_TESTS_FRAMES_H

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct packet {
	int version;	  /* 4 (default) or 6 */
	uint8_t src, dst; /* last byte of the addresses */
	uint16_t src_port, dst_port;
	uint32_t seq, ack;
	uint8_t flags;	  /* default: SYN */
	uint8_t reserved; /* low half of TCP byte 12 */
	uint16_t window;
	uint16_t urgent;
	uint8_t ttl; /* default 64 */
	uint8_t tos;
	uint16_t id;
	uint16_t fragment; /* flags and offset, as in the header */
	uint32_t flow_label;
	uint8_t ip_options;	/* bytes of IPv4 options, a multiple of 4 */
	const uint8_t *options; /* TCP options */
	uint8_t options_len;	/* padded with 0 to a multiple of 4 */
	uint16_t payload;
	uint8_t protocol;    /* default 6 */
	const uint8_t *link; /* link header */
	uint8_t link_len;
};

struct frame {
	uint8_t *bytes;
	size_t len;
};

static inline void put16(uint8_t **p, unsigned int n)
{
	*(*p)++ = (uint8_t)(n >> 8);
	*(*p)++ = (uint8_t)n;
}

static inline void put32(uint8_t **p, uint32_t n)
{
	put16(p, n >> 16);
	put16(p, n & 0xffff);
}

static inline void put_addr(uint8_t **p, int version, uint8_t last)
{
	int len = version == 6 ? 16 : 4;

	memset(*p, 0, (size_t)len);
	(*p)[0] = version == 6 ? 0xfd : 10;
	(*p)[len - 1] = last;
	*p += len;
}

static inline void put_ip(uint8_t **p, const struct packet *k, unsigned int len)
{
	uint8_t protocol = k->protocol ? k->protocol : 6;
	uint8_t ttl = k->ttl ? k->ttl : 64;

	if (k->version == 6) {
		put32(p, 6u << 28 | (uint32_t)k->tos << 20 | k->flow_label);
		put16(p, len);
		*(*p)++ = protocol;
		*(*p)++ = ttl;
	} else {
		*(*p)++ = (uint8_t)(0x45 + k->ip_options / 4);
		*(*p)++ = k->tos;
		put16(p, 20u + k->ip_options + len);
		put16(p, k->id);
		put16(p, k->fragment);
		*(*p)++ = ttl;
		*(*p)++ = protocol;
		put16(p, 0);
	}
	put_addr(p, k->version, k->src ? k->src : 1);
	put_addr(p, k->version, k->dst ? k->dst : 2);
	memset(*p, 1, k->ip_options);
	*p += k->ip_options;
}

static inline struct frame build(struct packet k)
{
	unsigned int padded = (k.options_len + 3u) / 4 * 4;
	unsigned int len = 20 + padded + k.payload;
	size_t ip_len = k.version == 6 ? 40 : 20u + k.ip_options;
	struct frame f = { .len = k.link_len + ip_len + len };
	uint8_t *p;

	f.bytes = p = calloc(1, f.len);
	assert(p);
	if (k.link_len)
		memcpy(p, k.link, k.link_len);
	p += k.link_len;
	put_ip(&p, &k, len);
	put16(&p, k.src_port ? k.src_port : 40000);
	put16(&p, k.dst_port ? k.dst_port : 80);
	put32(&p, k.seq);
	put32(&p, k.ack);
	*p++ = (uint8_t)((5 + padded / 4) << 4 | k.reserved);
	*p++ = k.flags ? k.flags : 0x02;
	put16(&p, k.window);
	put16(&p, 0);
	put16(&p, k.urgent);
	if (k.options_len)
		memcpy(p, k.options, k.options_len);
	return f;
}

#endif
