/* SPDX-License-Identifier: MIT */
/*
 * Whether a segment is one, and where its parts are. Everything here is said
 * by the segment, and nothing is believed that could lead out of it. Called
 * when a reader opens; any thread.
 */
#include "ring_internal.h"

#include <errno.h>
#include <string.h>

#include "limits.h"

/* Programs in other languages rely on these; segment.c has more. */
_Static_assert(sizeof(struct x0f_record) == 192, "public layout");
_Static_assert(offsetof(struct x0f_record, header) == 64, "public layout");
_Static_assert(sizeof(struct x0f_segment_label) == 20, "public layout");
_Static_assert(offsetof(struct x0f_segment_header, name) == 136,
	       "public layout");
_Static_assert(offsetof(struct x0f_segment_header, heartbeat_ns) == 256,
	       "public layout");
_Static_assert(offsetof(struct x0f_segment_header, label_count) == 320,
	       "public layout");
_Static_assert(offsetof(struct x0f_segment_header, doorbell) == 384,
	       "public layout");
_Static_assert(offsetof(struct x0f_segment_header, last_problem_ns) == 448,
	       "public layout");
_Static_assert(sizeof(struct x0f_segment_header) == 640, "public layout");
_Static_assert(offsetof(struct x0f_segment_interface, outcomes) == 48,
	       "public layout");
_Static_assert(offsetof(struct x0f_segment_interface, losses) == 304,
	       "public layout");
_Static_assert(sizeof(struct x0f_segment_interface) == 440, "public layout");
_Static_assert(offsetof(struct x0f_segment_worker, commit) == 64,
	       "public layout");
_Static_assert(offsetof(struct x0f_segment_worker, dropped) == 272,
	       "public layout");
_Static_assert(offsetof(struct x0f_segment_worker, labels) == 1152,
	       "public layout");
_Static_assert(sizeof(struct x0f_segment_worker) == 50304, "public layout");

/* The room that is published does not follow what there is to count. */
_Static_assert((int)X0F_OUTCOME_COUNT <= X0F_OUTCOME_ROOM, "room");
_Static_assert((int)X0F_LOSS_COUNT <= X0F_LOSS_ROOM, "room");
_Static_assert((int)X0F_STATUS_COUNT <= (int)X0F_DROP_EXPRESSION, "room");
_Static_assert((int)X0F_DROP_COUNT <= X0F_DROP_ROOM, "room");

enum { WORD = 8, CACHE_LINE = 64 };

/* The part of the header that never changes ends where this begins. */
enum { FIXED_BYTES = offsetof(struct x0f_segment_header, heartbeat_ns) };

/* What no version may lack; all else is 0 where there is less of it. */
enum {
	LEAST_HEADER = offsetof(struct x0f_segment_header, last_problem_ns),
	LEAST_INTERFACE = offsetof(struct x0f_segment_interface, outcomes),
	LEAST_WORKER = offsetof(struct x0f_segment_worker, received),
	LEAST_LABEL = 20,
};

/* count things of size bytes each at offset lie behind the header. */
static bool is_inside(const struct x0f_segment_header *header, uint64_t offset,
		      uint64_t count, uint64_t size, uint64_t align)
{
	uint64_t bytes;

	return offset % align == 0 && offset >= header->header_size &&
	       offset <= header->segment_size &&
	       !__builtin_mul_overflow(count, size, &bytes) &&
	       bytes <= header->segment_size - offset;
}

static bool is_power_of_two(uint32_t n)
{
	return n && !(n & (n - 1));
}

static bool has_known_sizes(const struct x0f_segment_header *header)
{
	return header->header_size >= LEAST_HEADER &&
	       header->header_size % WORD == 0 &&
	       header->interface_size >= LEAST_INTERFACE &&
	       header->interface_size % WORD == 0 &&
	       header->worker_size >= LEAST_WORKER &&
	       header->worker_size % WORD == 0 &&
	       header->label_size >= LEAST_LABEL &&
	       header->label_size % sizeof(uint32_t) == 0 &&
	       header->record_size >= sizeof(struct x0f_record) &&
	       header->record_size % WORD == 0;
}

static bool has_sane_counts(const struct x0f_segment_header *header)
{
	return header->worker_count && header->worker_count <= RING_WORKERS &&
	       header->interface_count <= RING_INTERFACES &&
	       header->label_capacity <= RING_LABELS && header->text_size &&
	       is_power_of_two(header->ring_records);
}

static bool has_sane_rings(const struct x0f_segment_header *header)
{
	uint64_t stride = header->worker_stride;
	uint64_t ring = header->ring_offset;
	uint64_t bytes = (uint64_t)header->ring_records * header->record_size;

	return stride % CACHE_LINE == 0 && ring % WORD == 0 &&
	       ring >= header->worker_size && ring <= stride &&
	       bytes <= stride - ring &&
	       is_inside(header, header->workers_offset, header->worker_count,
			 stride, CACHE_LINE);
}

static bool has_sane_parts(const struct x0f_segment_header *header)
{
	return is_inside(header, header->interfaces_offset,
			 header->interface_count, header->interface_size,
			 WORD) &&
	       is_inside(header, header->labels_offset, header->label_capacity,
			 header->label_size, sizeof(uint32_t)) &&
	       is_inside(header, header->texts_offset, header->text_size, 1, 1);
}

static void keep(struct ring_geometry *geometry,
		 const struct x0f_segment_header *header)
{
	*geometry = (struct ring_geometry){
		.interfaces = header->interfaces_offset,
		.labels = header->labels_offset,
		.texts = header->texts_offset,
		.workers = header->workers_offset,
		.worker_stride = header->worker_stride,
		.ring = header->ring_offset,
		.size = header->segment_size,
		.instance = header->instance,
		.started_ns = header->started_ns,
		.header_size = header->header_size,
		.worker_size = header->worker_size,
		.interface_size = header->interface_size,
		.interface_count = header->interface_count,
		.label_size = header->label_size,
		.label_capacity = header->label_capacity,
		.text_size = header->text_size,
		.worker_count = header->worker_count,
		.ring_records = header->ring_records,
		.record_size = header->record_size,
		.policy = header->policy,
		.supervisor_pid = header->supervisor_pid,
	};
	memcpy(geometry->name, header->name, sizeof(geometry->name) - 1);
	memcpy(geometry->version, header->version,
	       sizeof(geometry->version) - 1);
}

int ring_geometry_read(struct ring_geometry *geometry, const void *mem,
		       size_t len)
{
	struct x0f_segment_header header = { 0 };

	if (len < LEAST_HEADER)
		return -EPROTO;
	ring_copy(&header, mem, FIXED_BYTES);
	if (header.magic != X0F_SEGMENT_MAGIC)
		return -EPROTO;
	if (header.major != X0F_SEGMENT_MAJOR)
		return -EPROTONOSUPPORT;
	if (header.segment_size > len || !has_known_sizes(&header) ||
	    !has_sane_counts(&header) || !has_sane_rings(&header) ||
	    !has_sane_parts(&header))
		return -EPROTO;
	keep(geometry, &header);
	return 0;
}

typedef uint64_t __attribute__((may_alias)) shared_word;

void ring_copy(void *to, const void *from, size_t bytes)
{
	const shared_word *words = from;
	size_t i;

	for (i = 0; i * WORD < bytes; i++) {
		uint64_t word = __atomic_load_n(&words[i], __ATOMIC_RELAXED);
		size_t left = bytes - i * WORD;

		memcpy((char *)to + i * WORD, &word, left < WORD ? left : WORD);
	}
}

void ring_copy_struct(void *to, size_t size, const void *from, size_t there)
{
	size_t both = size < there ? size : there;

	ring_copy(to, from, both);
	memset((char *)to + both, 0, size - both);
}
