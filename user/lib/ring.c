/* SPDX-License-Identifier: MIT */
/*
 * Opening and leaving a segment, and what its header says. One thread per
 * reader. ring_read.c has the records, ring_labels.c the labels.
 *
 * A file that shrinks while it is mapped would end a reader with SIGBUS. Only
 * the supervisor has a descriptor that could do so, and it never sees a byte
 * of a packet; so this is not guarded against. The size is checked at open.
 */
#define _GNU_SOURCE
#include "ring_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "optread.h"

enum { SEGMENT_ALIGN = 64 };

/* Where a new reader begins. */
enum start { FROM_NOW, FROM_OLDEST, FROM_FIRST };

bool ring_is_locked(const struct x0f_ring *ring)
{
	struct flock lock = { .l_type = F_WRLCK,
			      .l_whence = SEEK_SET,
			      .l_start = 0,
			      .l_len = 1 };

	if (ring->fd < 0)
		return true;
	return !fcntl(ring->fd, F_OFD_GETLK, &lock) && lock.l_type != F_UNLCK;
}

static uint64_t start_position(const struct x0f_ring *ring,
			       const struct x0f_segment_worker *worker,
			       enum start start)
{
	uint64_t commit = __atomic_load_n(&worker->commit, __ATOMIC_ACQUIRE);
	uint32_t records = ring->geometry.ring_records;

	if (commit > RING_MOST_POSITION)
		return 0;
	if (start == FROM_NOW)
		return commit;
	if (start == FROM_OLDEST && commit > records)
		return commit - records;
	return 0;
}

/* ring->mem is set; the rest follows from it. */
static int attach(struct x0f_ring *ring, size_t len, enum start start)
{
	const struct ring_geometry *geometry = &ring->geometry;
	int err = ring_geometry_read(&ring->geometry, ring->mem, len);
	uint32_t i;

	if (err)
		return err;
	ring->header = (const void *)ring->mem;
	ring->positions = calloc(geometry->worker_count,
				 sizeof(*ring->positions));
	ring->labels = calloc(geometry->label_capacity + (size_t)1,
			      sizeof(*ring->labels));
	if (!ring->positions || !ring->labels)
		return -ENOMEM;
	ring->names.arena = &ring->arena;
	for (i = 0; i < geometry->worker_count; i++) {
		struct ring_position *position = &ring->positions[i];
		const char *part = ring->mem + geometry->workers +
				   geometry->worker_stride * i;

		position->worker = (const void *)part;
		position->records = part + geometry->ring;
		position->next = start_position(ring, position->worker, start);
	}
	return 0;
}

static int map_file(struct x0f_ring *ring, size_t *len)
{
	struct stat status;
	void *mem;

	/* neither a pipe nor a device may keep us */
	ring->fd = open(ring->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (ring->fd < 0 || fstat(ring->fd, &status))
		return -errno;
	if (!S_ISREG(status.st_mode) || status.st_size <= 0)
		return -EPROTO;
	*len = (size_t)status.st_size;
	mem = mmap(NULL, *len, PROT_READ, MAP_SHARED, ring->fd, 0);
	if (mem == MAP_FAILED)
		return -errno;
	ring->mem = mem;
	ring->mapped = *len;
	return 0;
}

/* All but the struct itself. */
static void release(struct x0f_ring *ring)
{
	if (ring->mapped)
		munmap((void *)(uintptr_t)ring->mem, ring->mapped);
	if (ring->fd >= 0)
		close(ring->fd);
	free(ring->path);
	free(ring->positions);
	free(ring->labels);
	intern_free(&ring->names);
	arena_free(&ring->arena);
}

static int open_path(struct x0f_ring **result, const char *path,
		     enum start start)
{
	struct x0f_ring *ring = calloc(1, sizeof(*ring));
	size_t len = 0;
	int err;

	if (!ring)
		return -ENOMEM;
	ring->fd = -1;
	ring->path = strdup(path);
	err = ring->path ? map_file(ring, &len) : -ENOMEM;
	if (!err)
		err = attach(ring, len, start);
	if (!err && !ring_is_locked(ring))
		err = -ESHUTDOWN;
	if (err) {
		x0f_ring_close(ring);
		return err;
	}
	*result = ring;
	return 0;
}

static int read_options(const struct x0f_ring_options *options,
			enum start *start)
{
	struct x0f_ring_options known = { 0 };

	if (options &&
	    options_read(&known, sizeof(known), options, options->sz))
		return -EINVAL;
	*start = known.from_oldest ? FROM_OLDEST : FROM_NOW;
	return 0;
}

int x0f_ring_open(struct x0f_ring **ring, const char *path,
		  const struct x0f_ring_options *options)
{
	enum start start;
	int err = read_options(options, &start);

	*ring = NULL;
	return err ? err : open_path(ring, path, start);
}

int x0f_ring_open_memory(struct x0f_ring **result, const void *mem, size_t len,
			 const struct x0f_ring_options *options)
{
	struct x0f_ring *ring;
	enum start start;
	int err = read_options(options, &start);

	*result = NULL;
	if (err || (uintptr_t)mem % SEGMENT_ALIGN)
		return -EINVAL;
	ring = calloc(1, sizeof(*ring));
	if (!ring)
		return -ENOMEM;
	ring->fd = -1;
	ring->mem = mem;
	err = attach(ring, len, start);
	if (err)
		x0f_ring_close(ring);
	else
		*result = ring;
	return err;
}

void x0f_ring_close(struct x0f_ring *ring)
{
	if (!ring)
		return;
	release(ring);
	free(ring);
}

static bool is_same_file(const struct x0f_ring *a, const struct x0f_ring *b)
{
	struct stat x, y;

	return !fstat(a->fd, &x) && !fstat(b->fd, &y) && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

int x0f_ring_reattach(struct x0f_ring *ring)
{
	struct x0f_ring *next;
	int err;

	if (!ring->path)
		return -EINVAL;
	/* what it wrote over before shall count: from the first record */
	err = open_path(&next, ring->path, FROM_FIRST);
	if (err)
		return err;
	if (is_same_file(ring, next)) {
		x0f_ring_close(next);
		return -EALREADY;
	}
	next->missed = ring->missed + x0f_ring_unread(ring);
	release(ring);
	*ring = *next;
	ring->names.arena = &ring->arena;
	free(next);
	return 0;
}

/* What changes, from a copy: each word of it was loaded once. */
static void read_header(const struct x0f_ring *ring, struct x0f_ring_info *info)
{
	struct x0f_segment_header header;

	ring_copy_struct(&header, sizeof(header), ring->header,
			 ring->geometry.header_size);
	info->state = header.state;
	info->heartbeat_ns = header.heartbeat_ns;
	info->worker_pid = header.worker_pid;
	info->restarts = header.restarts;
	info->label_count = header.label_count;
	info->labels_lost = header.labels_lost;
	info->generation = header.generation;
	info->syn_sigs = header.syn_sigs;
	info->synack_sigs = header.synack_sigs;
	info->reloads = header.reloads;
	info->reload_failures = header.reload_failures;
	info->reloaded_ns = header.reloaded_ns;
	info->reload_failed_ns = header.reload_failed_ns;
	info->last_problem_ns = header.last_problem_ns;
	memcpy(info->last_problem, header.last_problem,
	       sizeof(info->last_problem) - 1);
}

void x0f_ring_info(const struct x0f_ring *ring, struct x0f_ring_info *info)
{
	const struct ring_geometry *geometry = &ring->geometry;
	struct x0f_ring_info now = {
		.instance = geometry->instance,
		.started_ns = geometry->started_ns,
		.worker_count = geometry->worker_count,
		.interface_count = geometry->interface_count,
		.ring_records = geometry->ring_records,
		.policy = geometry->policy,
		.supervisor_pid = geometry->supervisor_pid,
	};

	read_header(ring, &now);
	if (now.label_count > geometry->label_capacity)
		now.label_count = geometry->label_capacity;
	now.alive = now.state != X0F_SENSOR_ENDED && ring_is_locked(ring);
	memcpy(now.name, geometry->name, sizeof(now.name));
	memcpy(now.version, geometry->version, sizeof(now.version));
	now.sz = info->sz < sizeof(now) ? info->sz : sizeof(now);
	memcpy(info, &now, now.sz);
}

int x0f_ring_interface(const struct x0f_ring *ring, uint32_t position,
		       struct x0f_segment_interface *interface, size_t size)
{
	const struct ring_geometry *geometry = &ring->geometry;
	size_t last = sizeof(interface->name) - 1;

	if (position >= geometry->interface_count)
		return -ENOENT;
	ring_copy_struct(interface, size,
			 ring->mem + geometry->interfaces +
				 (uint64_t)geometry->interface_size * position,
			 geometry->interface_size);
	if (size > last)
		interface->name[last] = '\0';
	return 0;
}

int x0f_ring_worker(const struct x0f_ring *ring, uint32_t position,
		    struct x0f_segment_worker *worker, size_t size)
{
	if (position >= ring->geometry.worker_count)
		return -ENOENT;
	ring_copy_struct(worker, size, ring->positions[position].worker,
			 ring->geometry.worker_size);
	return 0;
}
