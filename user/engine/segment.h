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
	const char *name;      /* letters, digits and ._-, not . first */
	int64_t group;	       /* -1: as it comes */
	uint32_t workers;
	uint32_t ring_records; /* a power of two */
	uint32_t interfaces;
	uint32_t policy;
};

/*
 * The part of the header that never changes, kept where no child can write:
 * the supervisor believes nothing that it reads from the segment.
 */
struct segment_layout {
	uint64_t interfaces;
	uint64_t labels;
	uint64_t texts;
	uint64_t workers;
	uint64_t worker_stride;
	uint64_t ring; /* in a worker */
	uint64_t size; /* of the segment */
	uint32_t worker_count;
	uint32_t ring_records;
	uint32_t interface_count;
};

struct segment {
	struct x0f_segment_header *header; /* the mapping begins here */
	size_t size;
	struct segment_layout layout;
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

/*
 * Takes away the file and the control socket of a sensor that died. -ENOENT:
 * there is no file; -EEXIST: the sensor lives, or the file is no sensor's.
 */
int segment_remove_dead(const char *directory, const char *name,
			struct problem *problem);

/*
 * In every child: closes the descriptor, and with it its part of the lock,
 * which would outlive the supervisor. The mapping stays.
 */
void segment_forget(struct segment *segment);

/*
 * Tells the readers, unlinks the file if it is still ours, unmaps. After
 * segment_forget(), or without a file: unmaps only.
 */
void segment_close(struct segment *segment);

struct x0f_segment_worker *segment_worker(const struct segment *segment,
					  uint32_t worker);
struct x0f_record *segment_ring(const struct segment *segment, uint32_t worker);
struct x0f_segment_interface *segment_interface(const struct segment *segment,
						uint32_t position);

/* Supervisor. The problem: one line for people, cut where it is too long. */
void segment_set_state(struct segment *segment, enum x0f_sensor_state state);
void segment_set_problem(struct segment *segment, const char *text);

/*
 * A copy of an interface, its name ended: whatever a child writes to the
 * segment meanwhile. There is no such position: all zero.
 */
void segment_copy_interface(const struct segment *segment, uint32_t position,
			    struct x0f_segment_interface *copy);

/* Whoever finds that a reload failed: counts it, and when that was. */
void segment_reload_failed(struct segment *segment);

/*
 * Loader, one thread: the id of a label, new or known; X0F_NONE where there is
 * no room (counted in labels_lost). segment_add_link() likewise, for links.
 * Strings are cut at SEGMENT_STRING - 1 bytes. A loader that takes over from
 * a dead one finds the labels that are there.
 */
uint32_t segment_add_label(struct segment *segment,
			   const struct x0f_label *label);
uint32_t segment_add_link(struct segment *segment, const char *name);

/*
 * Worker, the only producer of its ring: writes count records, at most
 * SEGMENT_BATCH, and counts them in `published`. Does not wake anybody.
 */
#define SEGMENT_BATCH 64
void segment_publish(struct segment *segment, uint32_t worker,
		     const struct x0f_record *records, uint32_t count);

/* Wakes all readers: a system call. Any thread. */
void segment_ring_doorbell(struct segment *segment);

/*
 * Before a worker starts on a ring that a dead one may have left in the
 * middle of a record: voids what was reserved and not committed, counts it
 * in `voided`, and sets `published` right (commit - voided). Positions that
 * no worker leaves behind begin anew, behind what was counted or, where that
 * makes no sense either, at 0; then all that is in the ring is void.
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
