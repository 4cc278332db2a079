/* SPDX-License-Identifier: MIT */
/*
 * Community ID: base64 of SHA-1 over seed, addresses, protocol and ports, the
 * smaller end first. Called for each line of json and csv.
 */
#include "community_id.h"
#include "sha1.h"

#include <string.h>

#define PROTOCOL_TCP 6

struct end {
	const uint8_t *addr;
	uint8_t port[2]; /* network order, so memcmp() compares it */
};

static struct end make_end(const uint8_t addr[16], uint16_t port)
{
	return (struct end){
		.addr = addr,
		.port = { (uint8_t)(port >> 8), (uint8_t)port },
	};
}

static bool is_in_order(const struct end *a, const struct end *b,
			size_t addr_len)
{
	int order = memcmp(a->addr, b->addr, addr_len);

	return order ? order < 0 : memcmp(a->port, b->port, 2) < 0;
}

static char *put_base64(char *to, uint32_t bits24)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";

	for (int shift = 18; shift >= 0; shift -= 6)
		*to++ = digits[bits24 >> shift & 63];
	return to;
}

/* 20 bytes are six groups of three and one of two. */
static void put_digest(char *to, const uint8_t digest[SHA1_DIGEST_BYTES])
{
	for (int i = 0; i < 18; i += 3)
		to = put_base64(to, (uint32_t)digest[i] << 16 |
					    (uint32_t)digest[i + 1] << 8 |
					    digest[i + 2]);
	to = put_base64(to,
			(uint32_t)digest[18] << 16 | (uint32_t)digest[19] << 8);
	to[-1] = '=';
	*to = '\0';
}

void community_id(char text[COMMUNITY_ID_BYTES], const struct x0f_obs *obs)
{
	size_t addr_len = obs->ip_version == 6 ? 16 : 4;
	struct end a = make_end(obs->src, obs->src_port);
	struct end b = make_end(obs->dst, obs->dst_port);
	uint8_t digest[SHA1_DIGEST_BYTES];
	uint8_t message[SHA1_MOST_BYTES] = { 0 }; /* begins with the seed */
	uint8_t *p = message + 2;

	if (!is_in_order(&a, &b, addr_len)) {
		struct end swap = a;

		a = b;
		b = swap;
	}
	memcpy(p, a.addr, addr_len);
	p += addr_len;
	memcpy(p, b.addr, addr_len);
	p += addr_len;
	*p = PROTOCOL_TCP;
	p += 2; /* one byte of padding */
	memcpy(p, a.port, 2);
	memcpy(p + 2, b.port, 2);
	p += 4;
	sha1_short(message, (size_t)(p - message), digest);
	memcpy(text, "1:", 2);
	put_digest(text + 2, digest);
}
