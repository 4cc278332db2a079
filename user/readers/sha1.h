/* SPDX-License-Identifier: MIT */
/*
 * SHA-1 of a short message, for community_id.c. No secret depends on it.
 */
#ifndef X0F_READERS_SHA1_H
#define X0F_READERS_SHA1_H

#include <stddef.h>
#include <stdint.h>

/* One block of 64 bytes less the padding's nine */
#define SHA1_MOST_BYTES 55
#define SHA1_DIGEST_BYTES 20

/* len is at most SHA1_MOST_BYTES. */
void sha1_short(const uint8_t *message, size_t len,
		uint8_t digest[SHA1_DIGEST_BYTES]);

#endif
