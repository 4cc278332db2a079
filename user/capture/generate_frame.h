/* SPDX-License-Identifier: MIT */
/*
 * What the parts of generate.c share: chance, the two ends of a connection,
 * and packets that wait for them. No state of their own; any thread.
 */
#ifndef X0F_CAPTURE_GENERATE_FRAME_H
#define X0F_CAPTURE_GENERATE_FRAME_H

#include "generate.h"
#include "synth.h"

#include <string.h>

enum { ETHERNET_HEADER = 14, VLAN_TAG = 4 };
enum { ETHERTYPE_IPV4 = 0x0800, ETHERTYPE_IPV6 = 0x86dd };

/*
 * splitmix64 (Steele, Lea, Flood 2014): one add and three multiplications, no
 * seed is bad, and it is the same everywhere, unlike random(3).
 */
struct chance {
	uint64_t state;
};

static inline uint64_t chance_next(struct chance *chance)
{
	uint64_t z = chance->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static inline uint32_t chance_below(struct chance *chance, uint32_t count)
{
	return (uint32_t)((chance_next(chance) >> 32) * count >> 32);
}

/* Another sequence for each number of the same seed. */
static inline struct chance chance_begin(uint64_t seed, uint64_t number)
{
	struct chance chance = { .state = seed };

	chance.state = chance_next(&chance) ^ number;
	chance.state = chance_next(&chance);
	return chance;
}

static inline uint8_t *set16(uint8_t *p, uint32_t n)
{
	p[0] = (uint8_t)(n >> 8);
	p[1] = (uint8_t)n;
	return p + 2;
}

static inline uint8_t *set32(uint8_t *p, uint32_t n)
{
	return set16(set16(p, n >> 16), n & 0xffff);
}

/* Who talks to whom. IPv4 addresses are the first four bytes. */
struct ends {
	uint8_t client[16];
	uint8_t server[16];
	uint16_t client_port;
	uint16_t server_port;
	uint32_t client_seq; /* never 0: that would be a quirk */
	uint32_t server_seq;
};

/*
 * Ends of frame `number`. Clients of 16 million frames in a row differ, unless
 * is_random asks for sources that may repeat, as those of a flood do.
 */
void ends_choose(struct ends *ends, uint8_t version, uint64_t number,
		 bool is_random, struct chance *chance);

/* Ethernet header with so many random tags; returns the byte behind it. */
uint8_t *ethernet_write(uint8_t *p, uint16_t ethertype, uint8_t tags,
			struct chance *chance);

void ipv4_sum_write(uint8_t *ip, size_t header_len);

/*
 * IPv4 header's sum, and that of the TCP, UDP, ICMP or ICMPv6 that begins
 * header_len bytes behind ip and ends with the packet.
 */
void sums_write(uint8_t *ip, uint8_t version, size_t header_len, size_t len,
		uint8_t protocol);

/* A SYN or SYN+ACK that still needs its ends. */
struct template
{
	uint8_t bytes[SYNTH_BYTES]; /* IP header first */
	uint8_t len;
	uint8_t header_len; /* of IP */
	uint8_t version;
	bool is_synack;
	bool is_answer;	   /* see struct generated */
	uint16_t peer_mss; /* likewise */
	uint32_t syn;	   /* template of the SYN before it, or X0F_NONE */
	uint32_t signature;
};

/* Returns false, with result->problem, when no packet is like that. */
bool template_make(struct template *template, const struct x0f_sig *sig,
		   const struct synth_options *options,
		   struct synth_result *result);

/* Writes the IP packet; returns its length. */
size_t template_write(const struct template *template, const struct ends *ends,
		      uint8_t *p);

/*
 * generate_malformed.c, generate_data.c: whole frames; which is below their
 * count. The malformed ones are made of two plain SYNs of the layout
 * mss,sok,ts,nop,ws, over IPv4 and IPv6.
 */
uint32_t malformed_count(void);
size_t malformed_write(uint8_t *p, uint32_t which,
		       const struct template plain[2], uint64_t number,
		       struct chance *chance);
uint32_t data_count(void);
size_t data_write(uint8_t *p, uint32_t which, uint64_t number,
		  struct chance *chance);

/* generate_unknown.c: a SYN without a name; false: there seems to be none. */
bool unknown_make(struct template *template, const struct x0f_db *db,
		  uint8_t version, struct chance *chance);

#endif
