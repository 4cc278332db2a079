/* SPDX-License-Identifier: MIT */
/*
 * For tests of the results segment: records that prove themselves, segments of
 * any size, folders that go away. Include behind cmocka.h.
 */
#ifndef X0F_TESTS_SEGMENTS_H
#define X0F_TESTS_SEGMENTS_H

#include "../../user/engine/limits.h"
#include "../../user/engine/segment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { WORDS = sizeof(struct x0f_record) / sizeof(uint64_t) };

/* A record every word of which follows from its position. */
static inline void make_record(struct x0f_record *record, uint64_t position)
{
	uint64_t words[WORDS];
	unsigned int i;

	for (i = 0; i < WORDS; i++)
		words[i] = (position * WORDS + i) * 0x9e3779b97f4a7c15u;
	memcpy(record, words, sizeof(words));
	record->time_ns = position;
	record->flags &= (uint8_t)~X0F_RECORD_VOID;
}

static inline bool is_whole(const struct x0f_record *record)
{
	struct x0f_record expected;

	make_record(&expected, record->time_ns);
	return !memcmp(&expected, record, sizeof(expected));
}

/* Publishes records from where the ring is. */
static inline void publish(struct segment *segment, uint32_t worker,
			   uint32_t count)
{
	struct x0f_record records[SEGMENT_BATCH];
	uint64_t next = segment_worker(segment, worker)->commit;
	uint32_t i;

	for (i = 0; i < count; i++)
		make_record(&records[i], next + i);
	segment_publish(segment, worker, records, count);
}

static inline struct segment_options small_options(uint32_t ring_records)
{
	return (struct segment_options){
		.name = "test",
		.group = -1,
		.workers = 1,
		.ring_records = ring_records,
		.interfaces = 1,
		.policy = X0F_POLICY_X0F,
	};
}

static inline void make_anonymous(struct segment *segment,
				  const struct segment_options *options)
{
	struct problem problem;

	if (segment_create_anonymous(segment, options, &problem))
		fail_msg("%s", problem.text);
}

static inline struct x0f_ring *open_anonymous(const struct segment *segment)
{
	const struct x0f_ring_options options = { sizeof(options), true };
	struct x0f_ring *ring;

	assert_int_equal(x0f_ring_open_memory(&ring, segment->header,
					      segment->size, &options),
			 0);
	return ring;
}

static inline uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* A folder of this test's; static memory. */
static inline const char *make_folder(void)
{
	static char path[64];

	strcpy(path, "/tmp/x0f-segment-XXXXXX");
	if (!mkdtemp(path))
		fail_msg("no folder in /tmp");
	return path;
}

#endif
