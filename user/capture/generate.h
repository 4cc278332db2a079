/* SPDX-License-Identifier: MIT */
/*
 * Frames by the thousand, for tests, benchmarks and `x0f gen`: systems of a
 * database, floods, damaged headers, traffic that is no handshake. The same
 * options give the same bytes on every machine. A generator belongs to one
 * thread; once open it allocates nothing.
 */
#ifndef X0F_CAPTURE_GENERATE_H
#define X0F_CAPTURE_GENERATE_H

#include "problem.h"

#include <x0f/x0f.h>

/* The largest frame, Ethernet header included; fits struct frame (abi.h) */
#define GENERATOR_BYTES 252

/* No frame is shorter: an Ethernet header, which all ways out ask for */
#define GENERATOR_LEAST_BYTES 14

/* What to mix. */
enum generator_part {
	GENERATE_SYSTEMS = 1u << 0,   /* every signature; IPv4 for ver `*` */
	GENERATE_POPULAR = 1u << 1,   /* 90 % of six everyday stacks */
	GENERATE_FLOOD = 1u << 2,     /* one SYN, random sources and ports */
	GENERATE_MALFORMED = 1u << 3, /* damaged headers */
	GENERATE_VLAN = 1u << 4,      /* systems behind one and two tags */
	GENERATE_IPV6 = 1u << 5,      /* systems, some with extension headers */
	GENERATE_DATA = 1u << 6,    /* no handshake: data, RST, UDP, ARP … */
	GENERATE_UNKNOWN = 1u << 7, /* SYNs that the database has no name for */
	GENERATE_ALL = (1u << 8) - 1,
};

struct generator_options {
	const struct x0f_db *db; /* must stay open as long as the generator */
	/* instead of all signatures of db; NULL: those */
	const struct x0f_sig *signature;
	uint8_t hops; /* with `signature`: below its initial TTL */
	uint32_t mix; /* enum generator_part; 0: systems */
	uint64_t seed;
};

struct generator;

/*
 * -EINVAL: there is nothing to generate (no signatures; no packet is like
 * `signature`); -ENOMEM.
 */
int generator_open(struct generator **generator,
		   const struct generator_options *options,
		   struct problem *problem);

/* NULL is fine. */
void generator_close(struct generator *generator);

/*
 * How many frames give each thing of the mix once. Then all of it comes
 * again, in another order and from other addresses.
 */
uint32_t generator_once(const struct generator *generator);

/* Signatures that no packet can match, and that were left out. */
uint32_t generator_impossible(const struct generator *generator);

/* What a frame is. */
struct generated {
	uint32_t part;	    /* enum generator_part */
	uint32_t signature; /* x0f_db_sig() that it was made of, X0F_NONE */
	/*
	 * The signature has packets that no other one takes first, and this
	 * is one: x0f_match() will say `signature`.
	 */
	bool is_answer;
	/*
	 * MSS of the SYN before, without which the window of this SYN+ACK
	 * means nothing; 0: it needs none. That SYN was the previous frame,
	 * with `signature` X0F_NONE.
	 */
	uint16_t peer_mss;
};

/*
 * Writes the next frame, of GENERATOR_LEAST_BYTES to GENERATOR_BYTES; the
 * buffer has room for GENERATOR_BYTES. about may be NULL. Returns its length.
 * Never ends.
 */
size_t generator_next(struct generator *generator, uint8_t *buf,
		      struct generated *about);

#endif
