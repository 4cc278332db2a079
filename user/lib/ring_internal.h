/* SPDX-License-Identifier: MIT */
/*
 * The reader of a segment, between the files ring*.c. One thread per reader.
 *
 * The segment is hostile input that changes while it is read. So: its geometry
 * is copied once, checked, and then believed in this copy alone; numbers that
 * change are loaded once each and held against it; whatever a caller gets is a
 * copy, never a pointer into the mapping. What the mapping can do then is lie.
 */
#ifndef X0F_LIB_RING_INTERNAL_H
#define X0F_LIB_RING_INTERNAL_H

#include <x0f/ring.h>

#include "arena.h"
#include "intern.h"

struct ring_geometry {
	uint64_t interfaces;
	uint64_t labels;
	uint64_t texts;
	uint64_t workers;
	uint64_t worker_stride;
	uint64_t ring; /* in a worker */
	uint64_t size;
	uint64_t instance;
	uint64_t started_ns;
	uint32_t header_size;
	uint32_t worker_size;
	uint32_t interface_size;
	uint32_t interface_count;
	uint32_t label_size;
	uint32_t label_capacity;
	uint32_t text_size;
	uint32_t worker_count;
	uint32_t ring_records;
	uint32_t record_size;
	uint32_t policy;
	uint32_t supervisor_pid;
	char name[X0F_SENSOR_NAME];
	char version[X0F_VERSION_TEXT];
};

/* One ring, as far as this reader is. */
struct ring_position {
	const struct x0f_segment_worker *worker;
	const char *records;
	uint64_t next; /* to be read */
};

struct ring_label {
	struct x0f_label label;
	const char *systems[1];
	uint32_t kind;
};

struct x0f_ring {
	const char *mem;			 /* the segment */
	const struct x0f_segment_header *header; /* the same */
	struct ring_geometry geometry;
	uint64_t missed;
	uint32_t turn; /* worker to begin with: none shall starve */
	int fd;	       /* -1: memory of the caller */
	size_t mapped; /* bytes; 0: memory of the caller */
	char *path;
	struct ring_position *positions; /* one per worker */
	struct ring_label **labels;	 /* by id; NULL: not asked for yet */
	struct intern names;
	struct arena arena; /* labels and their strings */
};

/*
 * Copies and checks the geometry of a segment in len bytes. 0; -EPROTO: not a
 * segment, or not a sane one; -EPROTONOSUPPORT: of another major version.
 */
int ring_geometry_read(struct ring_geometry *geometry, const void *mem,
		       size_t len);

/*
 * Copies bytes, in words of which each is loaded once; there are whole words
 * in the segment. ring_copy_struct(): of a struct that has `size` bytes here
 * and `there` bytes in the segment.
 */
void ring_copy(void *to, const void *from, size_t bytes);
void ring_copy_struct(void *to, size_t size, const void *from, size_t there);

/* The sensor's lock is held, or nobody can ask for it. */
bool ring_is_locked(const struct x0f_ring *ring);

/* Positions beyond make no sense. */
#define RING_MOST_POSITION ((uint64_t)INT64_MAX)

/* Where a ring ends now, and where its reader goes on. */
struct ring_span {
	uint64_t next;
	uint64_t end; /* at least next */
};

/* A ring that began anew is read from its first record. */
static inline struct ring_span ring_unread(const struct ring_position *position)
{
	struct ring_span span = { position->next, position->next };
	uint64_t commit = __atomic_load_n(&position->worker->commit,
					  __ATOMIC_ACQUIRE);

	if (commit > RING_MOST_POSITION)
		return span;
	if (commit < position->next)
		span.next = 0;
	span.end = commit;
	return span;
}

#endif
