/* SPDX-License-Identifier: MIT */
/*
 * The smallest segment that has everything, made by hand: for tests and the
 * fuzz target that damage it. Two workers, rings of eight records.
 */
#ifndef X0F_TESTS_TINY_SEGMENT_H
#define X0F_TESTS_TINY_SEGMENT_H

#include <stdint.h>
#include <string.h>

#include <x0f/ring.h>

enum {
	TINY_WORKERS = 2,
	TINY_RECORDS = 8,
	TINY_LABELS = 8,
	TINY_TEXTS = 128,
	TINY_INTERFACES_AT = sizeof(struct x0f_segment_header),
	TINY_LABELS_AT = TINY_INTERFACES_AT +
			 sizeof(struct x0f_segment_interface),
	TINY_TEXTS_AT = TINY_LABELS_AT +
			TINY_LABELS * sizeof(struct x0f_segment_label),
	TINY_WORKERS_AT = (TINY_TEXTS_AT + TINY_TEXTS + 63) / 64 * 64,
	TINY_STRIDE = sizeof(struct x0f_segment_worker) +
		      TINY_RECORDS * sizeof(struct x0f_record),
	TINY_SIZE = TINY_WORKERS_AT + TINY_WORKERS * TINY_STRIDE,
};

/* A SYN of Linux 3.11 and newer. */
static inline void tiny_record(struct x0f_record *record, uint64_t time_ns)
{
	static const uint8_t syn[] = {
		0x45, 0,    0,	  60,	0x12, 0x34, 0x40, 0, 64,
		6,    0,    0, /* IP */
		192,  0,    2,	  1,	192,  0,    2,	  2, 0xc0,
		0,    0,    80, /* ports */
		0x11, 0x22, 0x33, 0x44, 0,    0,    0,	  0, 0xa0,
		2,    0x72, 0x10, 0,	0,    0,    0,	  2, 4,
		0x05, 0xb4, 4,	  2,	8,    10,   0,	  0, 0,
		1,    0,    0,	  0,	0,    1,    3,	  3, 7,
	};

	*record = (struct x0f_record){
		.time_ns = time_ns,
		.generation = 1,
		.quality = X0F_QUALITY_EXACT,
		.match = X0F_MATCH_EXACT,
		.link = 1,
		.wire_len = sizeof(syn),
		.header_len = sizeof(syn),
		.initial_ttl = 64,
	};
	memcpy(record->header, syn, sizeof(syn));
}

static inline struct x0f_segment_worker *tiny_worker(void *mem, uint32_t number)
{
	return (void *)((char *)mem + TINY_WORKERS_AT + number * TINY_STRIDE);
}

/* mem: TINY_SIZE bytes, aligned to 64. Rings that were filled once and a bit */
static inline void tiny_segment(void *mem)
{
	static const char texts[] = "\0unix\0Linux\0"
				    "3.11 and newer\0DSL";
	const struct x0f_segment_label labels[] = {
		{ .class_name = 1, .name = 6, .flavor = 12, .kind = 1 },
		{ .name = 27, .kind = X0F_LABEL_LINK },
	};
	struct x0f_segment_header *header = mem;
	uint32_t i;

	memset(mem, 0, TINY_SIZE);
	*header = (struct x0f_segment_header){
		.magic = X0F_SEGMENT_MAGIC,
		.major = X0F_SEGMENT_MAJOR,
		.header_size = sizeof(*header),
		.segment_size = TINY_SIZE,
		.interfaces_offset = TINY_INTERFACES_AT,
		.labels_offset = TINY_LABELS_AT,
		.texts_offset = TINY_TEXTS_AT,
		.workers_offset = TINY_WORKERS_AT,
		.worker_stride = TINY_STRIDE,
		.ring_offset = sizeof(struct x0f_segment_worker),
		.worker_size = sizeof(struct x0f_segment_worker),
		.interface_size = sizeof(struct x0f_segment_interface),
		.interface_count = 1,
		.label_size = sizeof(struct x0f_segment_label),
		.label_capacity = TINY_LABELS,
		.text_size = TINY_TEXTS,
		.worker_count = TINY_WORKERS,
		.ring_records = TINY_RECORDS,
		.record_size = sizeof(struct x0f_record),
		.stats_labels = X0F_STATS_LABELS,
		.policy = X0F_POLICY_X0F,
		.name = "tiny",
		.label_count = 2,
		.text_used = sizeof(texts),
	};
	memcpy((char *)mem + TINY_LABELS_AT, labels, sizeof(labels));
	memcpy((char *)mem + TINY_TEXTS_AT, texts, sizeof(texts));
	for (i = 0; i < TINY_WORKERS * 11; i++) {
		struct x0f_segment_worker *worker =
			tiny_worker(mem, i % TINY_WORKERS);
		struct x0f_record *ring = (void *)(worker + 1);

		tiny_record(&ring[worker->commit % TINY_RECORDS], i);
		worker->reserve = ++worker->commit;
	}
}

#endif
