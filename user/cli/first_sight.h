/* SPDX-License-Identifier: MIT */
/*
 * --new: which hosts were seen with which label. A table of fixed size: 8,192
 * buckets of eight, the longest unseen of a bucket gives way. The hash is keyed,
 * so nobody outside can choose whom he pushes out. One thread.
 */
#ifndef X0F_CLI_FIRST_SIGHT_H
#define X0F_CLI_FIRST_SIGHT_H

#include <stdbool.h>
#include <stdint.h>

/* 64 bits of hash each: 512 KiB. */
#define FIRST_SIGHT_ENTRIES 65536
#define FIRST_SIGHT_WAYS 8
#define FIRST_SIGHT_BUCKETS (FIRST_SIGHT_ENTRIES / FIRST_SIGHT_WAYS)

/* One for each word of what is hashed, and one. */
#define FIRST_SIGHT_KEYS 4

struct first_sight {
	/* last seen first; 0: empty */
	uint64_t (*buckets)[FIRST_SIGHT_WAYS];
	unsigned __int128 key[FIRST_SIGHT_KEYS];
	uint64_t forgotten; /* sights that gave way */
};

/* Takes a random key. Returns 0 or a negative errno. */
int first_sight_open(struct first_sight *sight);

/* What a host and its label are remembered by; never 0. */
uint64_t first_sight_of(const struct first_sight *sight,
			const uint8_t address[16], uint8_t ip_version,
			uint32_t label);

/* Whether it was seen before; it then counts as seen just now. */
bool first_sight_knows(struct first_sight *sight, uint64_t what);

/* Remembers what first_sight_knows() did not know. */
void first_sight_add(struct first_sight *sight, uint64_t what);

void first_sight_close(struct first_sight *sight);

#endif
