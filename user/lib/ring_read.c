/* SPDX-License-Identifier: MIT */
/*
 * Records out of the rings, and waiting for them. One thread per reader.
 *
 * The partners of these loads are in user/engine/segment.c: commit (acquire)
 * with commit; a record's words (acquire) with its words, after which reserve
 * is loaded; the doorbell (acquire) with the doorbell.
 *
 * Every loop here is bounded by a position that was loaded once, whatever the
 * segment says meanwhile. Positions that make no sense give nothing to read; a
 * commit behind what was read already is that of a ring that began anew.
 */
#include "ring_internal.h"

#include <errno.h>
#include <linux/futex.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "limits.h"

enum { NS_PER_MS = 1000000, MS_PER_S = 1000 };
enum { RECORD_WORDS = sizeof(struct x0f_record) / sizeof(uint64_t) };

typedef uint64_t __attribute__((may_alias)) shared_word;

/* Acquire, each word: see x0f/ring.h. */
static void copy_record(struct x0f_record *to, const char *from)
{
	const shared_word *words = (const void *)from;
	unsigned int i;

	for (i = 0; i < RECORD_WORDS; i++) {
		uint64_t word = __atomic_load_n(&words[i], __ATOMIC_ACQUIRE);

		memcpy((char *)to + i * sizeof(word), &word, sizeof(word));
	}
}

/* Goes on at a later record; what lies between is missed. */
static void skip_to(struct x0f_ring *ring, struct ring_position *position,
		    uint64_t next)
{
	ring->missed += next - position->next;
	position->next = next;
}

/*
 * Copies the next record, or finds that it was overtaken and goes on at the
 * oldest, at most at `end`. True: *record is one to hand out.
 */
static bool take_next(struct x0f_ring *ring, struct ring_position *position,
		      uint64_t end, struct x0f_record *record)
{
	const struct ring_geometry *geometry = &ring->geometry;
	uint64_t slot = position->next & (geometry->ring_records - 1);
	uint64_t reserve, oldest = end;

	copy_record(record, position->records + slot * geometry->record_size);
	reserve = __atomic_load_n(&position->worker->reserve, __ATOMIC_RELAXED);
	/* not behind this one: the numbers began anew while we read */
	if (reserve - position->next - 1 >= geometry->ring_records) {
		if (reserve > position->next)
			oldest = reserve - geometry->ring_records;
		skip_to(ring, position, oldest < end ? oldest : end);
		return false;
	}
	position->next++;
	if (record->flags & X0F_RECORD_VOID) {
		ring->missed++;
		return false;
	}
	return true;
}

static size_t read_worker(struct x0f_ring *ring, struct ring_position *position,
			  struct x0f_record *records, size_t count)
{
	uint32_t held = ring->geometry.ring_records;
	struct ring_span span = ring_unread(position);
	size_t got = 0;

	position->next = span.next;
	if (span.end - span.next > held)
		skip_to(ring, position, span.end - held);
	while (got < count && position->next != span.end)
		got += take_next(ring, position, span.end, &records[got]);
	return got;
}

size_t x0f_ring_read(struct x0f_ring *ring, struct x0f_record *records,
		     size_t count)
{
	uint32_t workers = ring->geometry.worker_count;
	uint32_t first = ring->turn;
	size_t got = 0;
	uint32_t i;

	for (i = 0; i < workers && got < count; i++)
		got += read_worker(ring,
				   &ring->positions[(first + i) % workers],
				   records + got, count - got);
	/* whoever came last, or not at all, comes first next time */
	ring->turn = (first + i) % workers;
	return got;
}

uint64_t x0f_ring_missed(const struct x0f_ring *ring)
{
	return ring->missed;
}

uint64_t x0f_ring_unread(const struct x0f_ring *ring)
{
	uint64_t unread = 0;
	uint32_t i;

	for (i = 0; i < ring->geometry.worker_count; i++) {
		struct ring_span span = ring_unread(&ring->positions[i]);

		unread += span.end - span.next;
	}
	return unread;
}

/* Not the sum, which a segment that lies could make 0. */
static bool has_unread(const struct x0f_ring *ring)
{
	uint32_t i;

	for (i = 0; i < ring->geometry.worker_count; i++) {
		struct ring_span span = ring_unread(&ring->positions[i]);

		if (span.next != span.end)
			return true;
	}
	return false;
}

static bool is_over(const struct x0f_ring *ring)
{
	return __atomic_load_n(&ring->header->state, __ATOMIC_ACQUIRE) ==
		       X0F_SENSOR_ENDED ||
	       !ring_is_locked(ring);
}

static int64_t monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * MS_PER_S * NS_PER_MS + now.tv_nsec;
}

/* A slice of the wait; -EINTR: a signal. */
static int wait_for_doorbell(const struct x0f_ring *ring, uint32_t heard,
			     int64_t left_ns)
{
	int64_t slice = (int64_t)RING_WAIT_SLICE_MS * NS_PER_MS;
	struct timespec time = { 0 };

	time.tv_nsec = (long)(left_ns < slice ? left_ns : slice);
	/* without the private flag: the sensor is another process */
	if (syscall(SYS_futex, &ring->header->doorbell, FUTEX_WAIT, heard,
		    &time, NULL, 0) &&
	    errno == EINTR)
		return -EINTR;
	return 0;
}

int x0f_ring_wait(struct x0f_ring *ring, int timeout_ms)
{
	int64_t until = timeout_ms < 0 ? INT64_MAX :
					 monotonic_ns() + (int64_t)timeout_ms *
								  NS_PER_MS;

	for (;;) {
		/* before looking: a ring after that ends the wait at once */
		uint32_t heard = __atomic_load_n(&ring->header->doorbell,
						 __ATOMIC_ACQUIRE);
		int64_t left;

		if (has_unread(ring))
			return 1;
		if (is_over(ring)) /* nothing is written after that */
			return has_unread(ring) ? 1 : -ESHUTDOWN;
		left = until - monotonic_ns();
		if (left <= 0)
			return 0;
		if (wait_for_doorbell(ring, heard, left))
			return -EINTR;
	}
}
