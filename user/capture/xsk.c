/* SPDX-License-Identifier: MIT */
/*
 * AF_XDP. A chunk of packet memory goes round: fill ring (ours to the
 * kernel's) - RX ring (the kernel's to ours) - batch - stack of free chunks.
 * The stack is last in, first out, and the fill ring is kept no fuller than
 * needed, so that few chunks are in use, which stay in the cache. See xsk.h
 * for threads.
 *
 * Each index of a ring has one writer. libxdp's functions store it with
 * release and load the kernel's with acquire; the kernel does likewise.
 *
 * A reader that dies takes its stack and its copies of the indices with it.
 * So whose a chunk is stands in shared memory, too: `lent` is set before the
 * fill ring's index says so, and cleared before the RX ring's does. In between
 * a dead one may have lost a chunk, but none ever has two owners. Its
 * successor, xsk_resume(), goes on in the same rings, and misses no packet.
 */
#include "xsk.h"
#include "clock.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <xdp/xsk.h>

#define HUGE_PAGE_BYTES (2u << 20)

/* The kernel wants one although nothing is sent. */
#define COMPLETION_ENTRIES 64

/* While others do the asking: so many empty fetches to a system call */
#define EMPTY_PER_PROBE 1024

#define BUSY_RETRY_MS 2000
#define BUSY_LONGEST_SLEEP_MS 64

struct xsk {
	struct source source;
	struct xsk_ring_cons rx;
	struct xsk_ring_prod fill;
	uint8_t *memory;
	uint8_t *lent;	       /* by chunk: the kernel has it; shared */
	uint32_t *free_chunks; /* a stack */
	uint32_t free_count;
	uint32_t fill_target; /* no fuller than this */
	uint32_t empty;	      /* fetches since the last probe */
	uint32_t frames;
	uint8_t position;
	bool is_zero_copy;
	/* for opening and closing */
	struct xsk_ring_cons completion;
	struct xsk_umem *umem;
	struct xsk_socket *socket;
	size_t memory_bytes;
};

/* ------------------------------------------------------------ the source -- */

static uint32_t fill_level(struct xsk *xsk)
{
	return xsk->fill.size - xsk_prod_nb_free(&xsk->fill, xsk->fill.size);
}

/* The kernel may be waiting for chunks, so also when nothing has come. */
static void refill(struct xsk *xsk)
{
	uint32_t level = fill_level(xsk);
	uint32_t count, first;

	if (level >= xsk->fill_target)
		return;
	count = xsk->fill_target - level;
	if (count > xsk->free_count)
		count = xsk->free_count;
	if (!count || !xsk_ring_prod__reserve(&xsk->fill, count, &first))
		return;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t chunk = xsk->free_chunks[--xsk->free_count];

		xsk->lent[chunk] = 1;
		*xsk_ring_prod__fill_addr(&xsk->fill,
					  first + i) = (uint64_t)chunk *
						       XSK_CHUNK_BYTES;
	}
	xsk_ring_prod__submit(&xsk->fill, count);
}

int xsk_probe(const struct xsk *xsk)
{
	if (recvfrom(xsk->source.fd, NULL, 0, MSG_DONTWAIT, NULL, NULL) >= 0)
		return 0;
	if (errno == EAGAIN || errno == EBUSY || errno == ENOBUFS ||
	    errno == EINTR)
		return 0;
	return -errno;
}

/* Nothing there: wakes the driver if it sleeps, and hears if it is deaf. */
static int fetch_nothing(struct xsk *xsk)
{
	if (!xsk_ring_prod__needs_wakeup(&xsk->fill) &&
	    ++xsk->empty < EMPTY_PER_PROBE)
		return 0;
	xsk->empty = 0;
	return xsk_probe(xsk);
}

static int fetch(struct source *source, struct source_batch *batch)
{
	struct xsk *xsk = (struct xsk *)source;
	uint32_t first = 0;
	uint64_t time_ns;

	refill(xsk);
	batch->count = xsk_ring_cons__peek(&xsk->rx, SOURCE_BATCH, &first);
	if (!batch->count)
		return fetch_nothing(xsk);
	time_ns = clock_ns();
	for (uint32_t i = 0; i < batch->count; i++) {
		const struct xdp_desc *desc = xsk_ring_cons__rx_desc(&xsk->rx,
								     first + i);
		uint64_t chunk = desc->addr / XSK_CHUNK_BYTES;

		batch->packets[i] = (struct packet){
			.data = xsk->memory + desc->addr,
			.caplen = desc->len,
			.wirelen = desc->len,
			.time_ns = time_ns,
			.interface = xsk->position,
			.link = X0F_LINK_ETHERNET,
		};
		batch->cookies[i] = chunk;
		xsk->lent[chunk] = 0;
	}
	/* The slots are free, the chunks are not yet. */
	xsk_ring_cons__release(&xsk->rx, batch->count);
	return 0;
}

static void release(struct source *source, struct source_batch *batch)
{
	struct xsk *xsk = (struct xsk *)source;

	for (uint32_t i = 0; i < batch->count; i++) {
		uint32_t chunk = (uint32_t)batch->cookies[i];

		xsk->free_chunks[xsk->free_count++] = chunk;
	}
	batch->count = 0;
}

/* poll(2) itself wakes a driver that asks for it. */
static bool arm(struct source *source)
{
	struct xsk *xsk = (struct xsk *)source;

	refill(xsk);
	return xsk_cons_nb_avail(&xsk->rx, 1);
}

/* A sleep cost system calls anyway: one more says whether we are deaf. */
static void disarm(struct source *source)
{
	struct xsk *xsk = (struct xsk *)source;

	xsk->empty = EMPTY_PER_PROBE - 1;
}

static const struct source_ops xsk_ops = {
	.fetch = fetch,
	.release = release,
	.arm = arm,
	.disarm = disarm,
};

/* ----------------------------------------------------- opening, closing -- */

/* Shared, because a fork would move private pages away from the kernel. */
static int map_memory(struct xsk *xsk)
{
	int protection = PROT_READ | PROT_WRITE;
	int flags = MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE;
	void *memory = MAP_FAILED;

	xsk->memory_bytes = (size_t)xsk->frames * XSK_CHUNK_BYTES;
	if (xsk->memory_bytes % HUGE_PAGE_BYTES == 0)
		memory = mmap(NULL, xsk->memory_bytes, protection,
			      flags | MAP_HUGETLB, -1, 0);
	if (memory == MAP_FAILED)
		memory = mmap(NULL, xsk->memory_bytes, protection, flags, -1,
			      0);
	if (memory == MAP_FAILED)
		return -errno;
	xsk->memory = memory;
	memory = mmap(NULL, xsk->frames, protection, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	if (memory == MAP_FAILED)
		return -errno;
	xsk->lent = memory;
	return 0;
}

/* The lowest on top. */
static void collect_free(struct xsk *xsk)
{
	xsk->free_count = 0;
	for (uint32_t chunk = xsk->frames; chunk--;)
		if (!xsk->lent[chunk])
			xsk->free_chunks[xsk->free_count++] = chunk;
}

static int create_memory(struct xsk *xsk)
{
	struct xsk_umem_config config = {
		.fill_size = xsk->frames,
		.comp_size = COMPLETION_ENTRIES,
		.frame_size = XSK_CHUNK_BYTES,
	};
	int ret = map_memory(xsk);

	if (ret)
		return ret;
	xsk->free_chunks = calloc(xsk->frames, sizeof(*xsk->free_chunks));
	if (!xsk->free_chunks)
		return -ENOMEM;
	ret = xsk_umem__create(&xsk->umem, xsk->memory, xsk->memory_bytes,
			       &xsk->fill, &xsk->completion, &config);
	if (ret)
		return ret;
	collect_free(xsk);
	/* Before the bind: some drivers look for chunks only then. */
	xsk->fill_target = xsk->frames;
	refill(xsk);
	return 0;
}

static void sleep_ms(uint32_t ms)
{
	struct timespec time = { .tv_nsec = (long)ms * 1000000 };

	nanosleep(&time, NULL);
}

/* A socket's end is asynchronous: its queue is busy for a moment longer. */
static int bind_once(struct xsk *xsk, const struct xsk_options *options,
		     uint16_t mode)
{
	struct xsk_socket_config config = {
		.rx_size = xsk->frames / 2,
		.libxdp_flags = XSK_LIBXDP_FLAGS__INHIBIT_PROG_LOAD,
		.bind_flags = (uint16_t)(mode | XDP_USE_NEED_WAKEUP),
	};
	uint64_t wait_ms = options->may_wait ? BUSY_RETRY_MS : 0;
	uint64_t deadline_ns = clock_ns() + wait_ms * UINT64_C(1000000);
	uint32_t pause_ms = 1;
	int ret;

	for (;;) {
		ret = xsk_socket__create(&xsk->socket, options->interface,
					 options->queue, xsk->umem, &xsk->rx,
					 NULL, &config);
		if (ret != -EBUSY || clock_ns() >= deadline_ns)
			return ret;
		sleep_ms(pause_ms);
		if (pause_ms < BUSY_LONGEST_SLEEP_MS)
			pause_ms *= 2;
	}
}

static int bind_best(struct xsk *xsk, const struct xsk_options *options)
{
	int ret = -EOPNOTSUPP;

	if (options->bind == BIND_AUTO || options->bind == BIND_ZERO_COPY)
		ret = bind_once(xsk, options, XDP_ZEROCOPY);
	if (!ret || ret == -EBUSY || options->bind == BIND_ZERO_COPY)
		return ret;
	return bind_once(xsk, options, XDP_COPY);
}

/* What was obtained, not what was asked for. */
static void read_mode(struct xsk *xsk)
{
	struct xdp_options got = { .flags = 0 };
	socklen_t size = sizeof(got);
	uint32_t enough = xsk->frames / 2 + SOURCE_BATCH;

	if (!getsockopt(xsk->source.fd, SOL_XDP, XDP_OPTIONS, &got, &size))
		xsk->is_zero_copy = got.flags & XDP_OPTIONS_ZEROCOPY;
	/* The driver puts chunks into the card's ring; a copy takes one when
	 * it has a packet, so a full RX ring and a batch is all it can use. */
	if (!xsk->is_zero_copy && enough < xsk->frames)
		xsk->fill_target = enough;
}

static const char *advise(int error, enum capture_bind bind)
{
	switch (error) {
	case -EPERM:
		return ": run it as root, or with CAP_NET_RAW";
	case -EBUSY:
		return ": another AF_XDP program has this queue; stop it";
	case -ENOBUFS:
	case -ENOMEM:
		return ": allow it to lock memory (ulimit -l unlimited, or "
		       "LimitMEMLOCK=infinity in the unit), or ask for fewer "
		       "frames";
	case -EOPNOTSUPP:
	case -EINVAL:
		return bind == BIND_ZERO_COPY ?
			       ": the driver has no zero-copy; let x0f choose" :
			       "";
	default:
		return "";
	}
}

static int refuse(const struct xsk_options *options, int error,
		  struct problem *problem)
{
	return problem_set(problem, error,
			   "%s: AF_XDP socket of queue %u: %s%s",
			   options->interface, options->queue,
			   problem_errno(error), advise(error, options->bind));
}

int xsk_open(struct xsk **out, const struct xsk_options *options,
	     struct problem *problem)
{
	struct xsk *xsk = calloc(1, sizeof(*xsk));
	int ret = -ENOMEM;

	*out = NULL;
	if (!xsk)
		return refuse(options, ret, problem);
	xsk->source.ops = &xsk_ops;
	xsk->frames = options->frames;
	xsk->position = options->position;
	ret = create_memory(xsk);
	if (!ret)
		ret = bind_best(xsk, options);
	if (ret) {
		xsk_close(xsk);
		return refuse(options, ret, problem);
	}
	xsk->source.fd = xsk_socket__fd(xsk->socket);
	read_mode(xsk);
	*out = xsk;
	return 0;
}

/* The kernel must not hold a page that is gone: socket, registration, map. */
void xsk_close(struct xsk *xsk)
{
	if (!xsk)
		return;
	if (xsk->socket)
		xsk_socket__delete(xsk->socket);
	if (xsk->umem)
		xsk_umem__delete(xsk->umem);
	if (xsk->memory)
		munmap(xsk->memory, xsk->memory_bytes);
	if (xsk->lent)
		munmap(xsk->lent, xsk->frames);
	free(xsk->free_chunks);
	free(xsk);
}

/*
 * What lies in the RX ring is the kernel's until it is fetched, whatever the
 * dead one had begun to do with it.
 */
static bool lend_unread(struct xsk *xsk)
{
	struct xsk_ring_cons *rx = &xsk->rx;

	for (uint32_t i = rx->cached_cons; i != rx->cached_prod; i++) {
		uint64_t chunk = xsk_ring_cons__rx_desc(rx, i)->addr /
				 XSK_CHUNK_BYTES;

		if (chunk >= xsk->frames)
			return false;
		xsk->lent[chunk] = 1;
	}
	return true;
}

bool xsk_resume(struct xsk *xsk)
{
	struct xsk_ring_cons *rx = &xsk->rx;
	struct xsk_ring_prod *fill = &xsk->fill;

	rx->cached_cons = __atomic_load_n(rx->consumer, __ATOMIC_ACQUIRE);
	rx->cached_prod = __atomic_load_n(rx->producer, __ATOMIC_ACQUIRE);
	fill->cached_prod = __atomic_load_n(fill->producer, __ATOMIC_ACQUIRE);
	fill->cached_cons = __atomic_load_n(fill->consumer, __ATOMIC_ACQUIRE) +
			    fill->size;
	/* it could write all this, and may have gone mad */
	if (rx->cached_prod - rx->cached_cons > rx->size ||
	    fill->cached_cons - fill->cached_prod > fill->size ||
	    !lend_unread(xsk))
		return false;
	collect_free(xsk);
	xsk->empty = 0;
	return true;
}

/* ----------------------------------------------------------------- facts -- */

struct source *xsk_source(struct xsk *xsk)
{
	return &xsk->source;
}

int xsk_fd(const struct xsk *xsk)
{
	return xsk->source.fd;
}

bool xsk_is_zero_copy(const struct xsk *xsk)
{
	return xsk->is_zero_copy;
}

uint64_t xsk_memory_bytes(const struct xsk *xsk)
{
	return xsk->memory_bytes + xsk->frames +
	       xsk->fill.size * sizeof(uint64_t) +
	       xsk->rx.size * sizeof(struct xdp_desc) +
	       xsk->frames * sizeof(*xsk->free_chunks);
}

void xsk_add_losses(const struct xsk *xsk, struct x0f_segment_interface *out)
{
	struct xdp_statistics stats = { .rx_dropped = 0 };
	socklen_t size = sizeof(stats);

	if (getsockopt(xsk->source.fd, SOL_XDP, XDP_STATISTICS, &stats, &size))
		return;
	out->losses[X0F_LOSS_RX_DROPPED] += stats.rx_dropped;
	out->losses[X0F_LOSS_RX_RING_FULL] += stats.rx_ring_full;
	out->losses[X0F_LOSS_INVALID] += stats.rx_invalid_descs;
	out->fill_ring_empty += stats.rx_fill_ring_empty_descs;
}

uint32_t xsk_received(const struct xsk *xsk)
{
	return __atomic_load_n(xsk->rx.producer, __ATOMIC_ACQUIRE);
}

uint32_t xsk_left(const struct xsk *xsk)
{
	return __atomic_load_n(xsk->rx.producer, __ATOMIC_ACQUIRE) -
	       __atomic_load_n(xsk->rx.consumer, __ATOMIC_ACQUIRE);
}
