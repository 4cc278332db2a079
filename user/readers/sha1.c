/* SPDX-License-Identifier: MIT */
/*
 * SHA-1 (RFC 3174) of one block: all that a community id needs.
 */
#include "sha1.h"

#include <string.h>

#define BLOCK_BYTES 64
#define ROUNDS 80

static uint32_t rotate(uint32_t v, unsigned int bits)
{
	return v << bits | v >> (32 - bits);
}

static uint32_t load(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static void store(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

/* RFC 3174, section 5: the functions f(t) with their constants K(t) */
static uint32_t mix(int round, uint32_t b, uint32_t c, uint32_t d)
{
	if (round < 20)
		return ((b & c) | (~b & d)) + 0x5a827999u;
	if (round < 40)
		return (b ^ c ^ d) + 0x6ed9eba1u;
	if (round < 60)
		return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdcu;
	return (b ^ c ^ d) + 0xca62c1d6u;
}

static void expand(const uint8_t block[BLOCK_BYTES], uint32_t w[ROUNDS])
{
	for (int t = 0; t < 16; t++)
		w[t] = load(block + 4 * t);
	for (int t = 16; t < ROUNDS; t++)
		w[t] = rotate(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
}

void sha1_short(const uint8_t *message, size_t len,
		uint8_t digest[SHA1_DIGEST_BYTES])
{
	static const uint32_t start[5] = { 0x67452301u, 0xefcdab89u,
					   0x98badcfeu, 0x10325476u,
					   0xc3d2e1f0u };
	uint8_t block[BLOCK_BYTES] = { 0 };
	uint32_t w[ROUNDS];
	uint32_t h[5];

	memcpy(block, message, len);
	block[len] = 0x80;
	store(block + BLOCK_BYTES - 4, (uint32_t)len * 8);
	expand(block, w);
	memcpy(h, start, sizeof(h));
	for (int t = 0; t < ROUNDS; t++) {
		uint32_t next = rotate(h[0], 5) + mix(t, h[1], h[2], h[3]) +
				h[4] + w[t];

		h[4] = h[3];
		h[3] = h[2];
		h[2] = rotate(h[1], 30);
		h[1] = h[0];
		h[0] = next;
	}
	for (int i = 0; i < 5; i++)
		store(digest + 4 * i, h[i] + start[i]);
}
