/* SPDX-License-Identifier: MIT */
/*
 * One BPF ring buffer per possible CPU, so that writers never meet, shared by
 * all interfaces, and mapped before the fork, so that the child needs nothing
 * but the mappings. The map x0f_wake is shared likewise. Supervisor only.
 */
#include "header_rings.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* 1 MiB holds some 4,700 packets: at a million SYNs a second on one CPU that
 * is 4.7 ms without the reader. */
#define MOST_BYTES_BY_DEFAULT (UINT32_C(1) << 20)
#define ALL_BYTES_BY_DEFAULT (UINT32_C(16) << 20)
#define LEAST_BYTES_BY_DEFAULT (UINT32_C(64) << 10)
#define MOST_BYTES (UINT32_C(1) << 29) /* a record's place is a 32-bit one */

static uint32_t power_of_two_above(uint32_t n)
{
	uint32_t power = 1;

	while (power < n)
		power *= 2;
	return power;
}

static uint32_t bytes_by_default(uint32_t count)
{
	uint32_t bytes = MOST_BYTES_BY_DEFAULT;

	while (bytes > LEAST_BYTES_BY_DEFAULT &&
	       bytes > ALL_BYTES_BY_DEFAULT / count)
		bytes /= 2;
	return bytes;
}

static int open_wake(struct header_rings *rings)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	size_t size = rings->count * sizeof(struct wake);
	void *map;

	rings->wake_fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "x0f_wake", 4,
					sizeof(struct wake), rings->count,
					&opts);
	if (rings->wake_fd < 0)
		return rings->wake_fd;
	map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
		   rings->wake_fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	rings->wake = map;
	return 0;
}

static int open_ring(const struct header_rings *rings, struct ring *ring)
{
	void *map;

	ring->fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "x0f_ring", 0, 0,
				  rings->bytes, NULL);
	if (ring->fd < 0)
		return ring->fd;
	map = mmap(NULL, rings->page, PROT_READ | PROT_WRITE, MAP_SHARED,
		   ring->fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	ring->consumer = map;
	map = mmap(NULL, rings->page + 2ul * rings->bytes, PROT_READ,
		   MAP_SHARED, ring->fd, (off_t)rings->page);
	if (map == MAP_FAILED)
		return -errno;
	ring->producer = map;
	ring->data = (const uint8_t *)map + rings->page;
	return 0;
}

/* An epoll descriptor works across fork without bpf(2): what it watches is
 * held open by the supervisor. */
static int open_source(struct header_rings *rings, uint32_t worker)
{
	struct ring_source *source = &rings->sources[worker];
	struct epoll_event event = { .events = EPOLLIN };

	*source = (struct ring_source){
		.base.ops = &header_source_ops,
		.base.fd = epoll_create1(EPOLL_CLOEXEC),
		.rings = rings,
		.first = worker,
		.next = worker,
		.timer = timerfd_create(CLOCK_MONOTONIC,
					TFD_CLOEXEC | TFD_NONBLOCK),
		.naps = UINT32_MAX / 2, /* begins asleep */
	};
	if (source->base.fd < 0 || source->timer < 0 ||
	    epoll_ctl(source->base.fd, EPOLL_CTL_ADD, source->timer, &event))
		return -errno;
	for (uint32_t i = worker; i < rings->count; i += rings->workers)
		if (epoll_ctl(source->base.fd, EPOLL_CTL_ADD,
			      rings->rings[i].fd, &event))
			return -errno;
	return 0;
}

static int open_all(struct header_rings *rings)
{
	int ret = open_wake(rings);

	for (uint32_t i = 0; i < rings->count && !ret; i++) {
		rings->rings[i].wake = &rings->wake[i];
		ret = open_ring(rings, &rings->rings[i]);
	}
	for (uint32_t i = 0; i < rings->workers && !ret; i++)
		ret = open_source(rings, i);
	return ret;
}

static struct header_rings *allocate(uint32_t count, uint32_t workers)
{
	struct header_rings *rings = calloc(1, sizeof(*rings));

	if (!rings)
		return NULL;
	rings->count = count;
	rings->workers = workers;
	rings->page = (size_t)sysconf(_SC_PAGESIZE);
	rings->wake_fd = -1;
	rings->rings = aligned_alloc(64, count * sizeof(*rings->rings));
	rings->sources = calloc(workers, sizeof(*rings->sources));
	if (!rings->rings || !rings->sources) {
		free(rings->rings);
		free(rings->sources);
		free(rings);
		return NULL;
	}
	memset(rings->rings, 0, count * sizeof(*rings->rings));
	for (uint32_t i = 0; i < count; i++)
		rings->rings[i].fd = -1;
	for (uint32_t i = 0; i < workers; i++)
		rings->sources[i].base.fd = rings->sources[i].timer = -1;
	return rings;
}

int header_rings_open(struct header_rings **out, uint32_t bytes_each,
		      uint32_t workers, struct problem *problem)
{
	int cpus = libbpf_num_possible_cpus();
	struct header_rings *rings;
	int ret;

	if (cpus <= 0 || !workers || bytes_each > MOST_BYTES)
		return problem_set(problem, -EINVAL,
				   "a header ring of %u bytes, %u workers: at "
				   "most %u bytes, at least one worker",
				   bytes_each, workers, MOST_BYTES);
	rings = allocate((uint32_t)cpus, workers);
	if (!rings)
		return problem_set(problem, -ENOMEM,
				   "no memory for %d header rings", cpus);
	if (!bytes_each)
		bytes_each = bytes_by_default(rings->count);
	if (bytes_each < rings->page)
		bytes_each = (uint32_t)rings->page;
	rings->bytes = power_of_two_above(bytes_each);
	ret = open_all(rings);
	if (ret) {
		problem_set(problem, ret,
			    "cannot make %u header rings of %u KiB: %s%s",
			    rings->count, rings->bytes >> 10,
			    problem_errno(ret),
			    ret == -EPERM ? " (needs root or CAP_BPF)" : "");
		header_rings_close(rings);
		return ret;
	}
	*out = rings;
	return 0;
}

struct source *header_rings_source(const struct header_rings *rings,
				   uint32_t worker)
{
	return &rings->sources[worker].base;
}

uint64_t header_rings_memory_bytes(const struct header_rings *rings)
{
	/* positions, and what the kernel keeps before them */
	uint64_t each = rings->bytes + 3 * rings->page;

	return rings->count * (each + sizeof(struct wake));
}

int header_rings_insert(const struct header_rings *rings, int outer_map,
			struct problem *problem)
{
	for (uint32_t i = 0; i < rings->count; i++) {
		int ret = bpf_map_update_elem(outer_map, &i,
					      &rings->rings[i].fd, BPF_ANY);

		if (ret)
			return problem_set(problem, ret,
					   "cannot use header ring %u of %u: "
					   "%s",
					   i, rings->count, problem_errno(ret));
	}
	return 0;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void header_rings_forget(struct header_rings *rings)
{
	for (uint32_t i = 0; i < rings->count; i++) {
		close_fd(&rings->rings[i].fd);
		/* A child before this one may have died in its sleep. */
		__atomic_store_n(&rings->rings[i].wake->sleeping, 0,
				 __ATOMIC_RELAXED);
	}
	close_fd(&rings->wake_fd);
}

static void close_ring(const struct header_rings *rings, struct ring *ring)
{
	if (ring->consumer)
		munmap(ring->consumer, rings->page);
	if (ring->producer)
		munmap((void *)(uintptr_t)ring->producer,
		       rings->page + 2ul * rings->bytes);
	close_fd(&ring->fd);
}

void header_rings_close(struct header_rings *rings)
{
	if (!rings)
		return;
	for (uint32_t i = 0; i < rings->workers; i++) {
		close_fd(&rings->sources[i].base.fd);
		close_fd(&rings->sources[i].timer);
	}
	for (uint32_t i = 0; i < rings->count; i++)
		close_ring(rings, &rings->rings[i]);
	if (rings->wake)
		munmap(rings->wake, rings->count * sizeof(struct wake));
	close_fd(&rings->wake_fd);
	free(rings->rings);
	free(rings->sources);
	free(rings);
}
