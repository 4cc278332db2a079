/* SPDX-License-Identifier: MIT */
/*
 * The producer's side of the results segment (include/x0f/ring.h has layout
 * and protocol). The supervisor creates it and holds its lock; the loader adds
 * labels; each worker writes its own part.
 */
#ifndef X0F_ENGINE_SEGMENT_H
#define X0F_ENGINE_SEGMENT_H

#include "../capture/problem.h"

#include <x0f/ring.h>

struct segment_options {
	const char *directory; /* created if need be, mode 0755 */
	const char *name;
	int64_t group; /* -1: as it comes */
	uint32_t workers;
	uint32_t ring_records; /* a power of two */
	uint32_t interfaces;
	uint32_t policy;
};

struct segment {
	struct x0f_segment_header *header; /* the mapping begins here */
	size_t size;
	int fd; /* holds the lock; -1: memory of the process only */
	char path[256];
	char directory[192];
	struct segment_index *index; /* the loader's: text to label id */
};

/*
 * Exclusive. -EEXIST: a sensor of that name lives; what a dead one left is
 * replaced, under a lock on the directory. -ENOSPC: no room in the file
 * system (pages are allocated at once, so that no later write can fail).
 */
int segment_create(struct segment *segment,
		   const struct segment_options *options,
		   struct problem *problem);

/* The same without a file, for tests and benchmarks; shared across fork. */
int segment_create_anonymous(struct segment *segment,
			     const struct segment_options *options,
			     struct problem *problem);

/* In the child: closes the descriptor, keeps the mapping. */
void segment_forget(struct segment *segment);

/* Tells the readers, unlinks the file if it is still ours, unmaps. */
void segment_close(struct segment *segment);

struct x0f_segment_worker *segment_worker(const struct segment *segment,
					  uint32_t worker);
struct x0f_record *segment_ring(const struct segment *segment, uint32_t worker);
struct x0f_segment_interface *segment_interface(const struct segment *segment,
						uint32_t position);

/* Supervisor. */
void segment_set_state(struct segment *segment, enum x0f_sensor_state state);

/*
 * Loader: the id of a label, new or known; X0F_NONE where there is no room
 * (counted in labels_lost). segment_add_link() likewise, for links.
 */
uint32_t segment_add_label(struct segment *segment,
			   const struct x0f_label *label);
uint32_t segment_add_link(struct segment *segment, const char *name);

/*
 * Worker, the only producer of its ring: writes count records, at most
 * SEGMENT_BATCH. Does not wake anybody.
 */
#define SEGMENT_BATCH 64
void segment_publish(struct segment *segment, uint32_t worker,
		     const struct x0f_record *records, uint32_t count);

/* Wakes all readers: a system call. Any thread. */
void segment_ring_doorbell(struct segment *segment);

/*
 * Before a worker starts on a ring that a dead one may have left in the
 * middle of a record: voids what was reserved and not committed.
 */
void segment_recover(struct segment *segment, uint32_t worker);

/* Statistics: one owner, so no read-modify-write has to be atomic. */
static inline void segment_count(uint64_t *counter, uint64_t n)
{
	__atomic_store_n(counter,
			 __atomic_load_n(counter, __ATOMIC_RELAXED) + n,
			 __ATOMIC_RELAXED);
}

#endif
