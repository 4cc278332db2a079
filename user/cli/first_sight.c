/* SPDX-License-Identifier: MIT */
/*
 * See first_sight.h. Two sights that have the same 64 bits count as one: with
 * a full table that takes a new host's line away once in 2^48 of them.
 */
#include "first_sight.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

int first_sight_open(struct first_sight *sight)
{
	memset(sight, 0, sizeof(*sight));
	if (getrandom(sight->key, sizeof(sight->key), 0) !=
	    (ssize_t)sizeof(sight->key))
		return -EIO;
	sight->buckets = calloc(FIRST_SIGHT_BUCKETS, sizeof(*sight->buckets));
	return sight->buckets ? 0 : -ENOMEM;
}

/*
 * Multilinear hashing: sums of products with random numbers of 128 bits, of
 * which the upper half is used, are strongly universal.
 */
uint64_t first_sight_of(const struct first_sight *sight,
			const uint8_t address[16], uint8_t ip_version,
			uint32_t label)
{
	uint64_t words[FIRST_SIGHT_KEYS - 1];
	unsigned __int128 sum = sight->key[FIRST_SIGHT_KEYS - 1];
	uint64_t what;

	memcpy(words, address, 16);
	words[2] = (uint64_t)ip_version << 32 | label;
	for (int i = 0; i < FIRST_SIGHT_KEYS - 1; i++)
		sum += sight->key[i] * words[i];
	what = (uint64_t)(sum >> 64);
	return what ? what : 1;
}

static uint64_t *bucket_of(const struct first_sight *sight, uint64_t what)
{
	return sight->buckets[what % FIRST_SIGHT_BUCKETS];
}

/* Puts it in front of those that stood before place `at`. */
static void put_in_front(uint64_t *bucket, int at, uint64_t what)
{
	memmove(bucket + 1, bucket, (size_t)at * sizeof(*bucket));
	bucket[0] = what;
}

bool first_sight_knows(struct first_sight *sight, uint64_t what)
{
	uint64_t *bucket = bucket_of(sight, what);

	for (int i = 0; i < FIRST_SIGHT_WAYS; i++) {
		if (bucket[i] != what)
			continue;
		put_in_front(bucket, i, what);
		return true;
	}
	return false;
}

void first_sight_add(struct first_sight *sight, uint64_t what)
{
	uint64_t *bucket = bucket_of(sight, what);

	sight->forgotten += bucket[FIRST_SIGHT_WAYS - 1] != 0;
	put_in_front(bucket, FIRST_SIGHT_WAYS - 1, what);
}

void first_sight_close(struct first_sight *sight)
{
	free(sight->buckets);
	sight->buckets = NULL;
}
