/* SPDX-License-Identifier: MIT */
/*
 * The segment once it is mapped: its layout, and what workers and supervisor
 * write into it. segment_file.c makes the file, segment_labels.c fills the
 * labels. Any process that has the mapping; who may call what is in segment.h.
 *
 * Publishing needs no fence. The partners, in x0f_ring_read():
 *
 *     here                          there
 *     1 reserve = q    (relaxed)    3 reserve         (after 2)
 *     2 words          (release)    2 words           (acquire)
 *     3 commit = q     (release)    1 commit          (acquire)
 *
 * A reader that met a word of 2 sees the reserve of 1, so it knows that it was
 * overtaken; one that met the commit of 3 sees the words of 2. On x86 these
 * are plain stores, and nothing is written twice.
 */
#include "segment.h"
#include "segment_internal.h"

#include "../capture/clock.h"

#include <linux/futex.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { RECORD_WORDS = sizeof(struct x0f_record) / sizeof(uint64_t) };

/* Programs in other languages rely on these; see also user/lib/ring.c. */
_Static_assert(sizeof(struct x0f_record) == 192, "public layout");
_Static_assert(sizeof(struct x0f_segment_worker) % 64 == 0, "cache lines");
_Static_assert(offsetof(struct x0f_segment_header, last_problem) % 8 == 0 &&
		       X0F_PROBLEM_TEXT % 8 == 0,
	       "moved as words");
_Static_assert(X0F_STATS_LABELS <= SEGMENT_LABELS, "stats are of labels");

/* Memory of the segment as the words that move; they alias anything. */
typedef uint64_t __attribute__((may_alias)) shared_word;

/*
 * No worker comes as far in 10,000 years; readers take twice that, so that a
 * ring that begins here has room.
 */
#define MOST_POSITION (UINT64_C(1) << 62)

static uint64_t page_round(uint64_t bytes)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	return (bytes + page - 1) / page * page;
}

static uint64_t append(uint64_t *end, uint64_t bytes)
{
	uint64_t begin = *end;

	*end = page_round(begin + bytes);
	return begin;
}

static bool is_power_of_two(uint32_t n)
{
	return n && !(n & (n - 1));
}

int segment_plan(struct segment_layout *layout,
		 const struct segment_options *options, struct problem *problem)
{
	uint64_t end = 0, worker = 0;

	if (!options->workers || options->workers > SEGMENT_MOST_WORKERS)
		return problem_set(problem, -EINVAL,
				   "%u workers; allowed are 1 to %u",
				   options->workers, SEGMENT_MOST_WORKERS);
	if (!is_power_of_two(options->ring_records) ||
	    options->ring_records > SEGMENT_MOST_RECORDS)
		return problem_set(problem, -EINVAL,
				   "a ring of %u records; it must be a power "
				   "of two, at most %u",
				   options->ring_records, SEGMENT_MOST_RECORDS);
	if (options->interfaces > SEGMENT_MOST_INTERFACES)
		return problem_set(problem, -EINVAL,
				   "%u interfaces; allowed are up to %u",
				   options->interfaces,
				   SEGMENT_MOST_INTERFACES);
	*layout = (struct segment_layout){
		.worker_count = options->workers,
		.ring_records = options->ring_records,
		.interface_count = options->interfaces,
	};
	append(&worker, sizeof(struct x0f_segment_worker));
	layout->ring = worker;
	append(&worker,
	       sizeof(struct x0f_record) * (uint64_t)options->ring_records);
	layout->worker_stride = worker;
	append(&end, sizeof(struct x0f_segment_header));
	layout->interfaces = append(&end, sizeof(struct x0f_segment_interface) *
						  options->interfaces);
	layout->labels = append(&end, sizeof(struct x0f_segment_label) *
					      SEGMENT_LABELS);
	layout->texts = append(&end, SEGMENT_TEXT_BYTES);
	layout->workers = append(&end, worker * options->workers);
	layout->size = end;
	return 0;
}

/* The mapping is all zero. */
static void fill_header(struct segment *segment,
			const struct segment_options *options)
{
	const struct segment_layout *layout = &segment->layout;
	struct x0f_segment_header *header = segment->header;

	*header = (struct x0f_segment_header){
		.magic = X0F_SEGMENT_MAGIC,
		.major = X0F_SEGMENT_MAJOR,
		.minor = X0F_SEGMENT_MINOR,
		.header_size = sizeof(*header),
		.segment_size = layout->size,
		.interfaces_offset = layout->interfaces,
		.labels_offset = layout->labels,
		.texts_offset = layout->texts,
		.workers_offset = layout->workers,
		.worker_stride = layout->worker_stride,
		.ring_offset = layout->ring,
		.started_ns = clock_read_ns(CLOCK_REALTIME),
		.worker_size = sizeof(struct x0f_segment_worker),
		.interface_size = sizeof(struct x0f_segment_interface),
		.interface_count = layout->interface_count,
		.label_size = sizeof(struct x0f_segment_label),
		.label_capacity = SEGMENT_LABELS,
		.text_size = SEGMENT_TEXT_BYTES,
		.worker_count = layout->worker_count,
		.ring_records = layout->ring_records,
		.record_size = sizeof(struct x0f_record),
		.stats_labels = X0F_STATS_LABELS,
		.policy = options->policy,
		.supervisor_pid = (uint32_t)getpid(),
		.text_used = 1, /* the empty string is at place 0 */
	};
	/* not a secret: zero would do where there is no randomness yet */
	if (getrandom(&header->instance, sizeof(header->instance),
		      GRND_NONBLOCK) != sizeof(header->instance))
		header->instance = header->started_ns;
	strncpy(header->name, options->name, sizeof(header->name) - 1);
	strncpy(header->version, x0f_version(), sizeof(header->version) - 1);
}

int segment_map(struct segment *segment, int fd,
		const struct segment_options *options, struct problem *problem)
{
	int flags = MAP_SHARED | MAP_POPULATE;
	void *mem;

	if (fd < 0)
		flags |= MAP_ANONYMOUS;
	mem = mmap(NULL, segment->layout.size, PROT_READ | PROT_WRITE, flags,
		   fd, 0);
	if (mem == MAP_FAILED)
		return problem_set(problem, -errno,
				   "cannot map a segment of %llu KiB: %s",
				   (unsigned long long)segment->layout.size >>
					   10,
				   problem_errno(errno));
	segment->header = mem;
	segment->size = segment->layout.size;
	fill_header(segment, options);
	return 0;
}

int segment_create_anonymous(struct segment *segment,
			     const struct segment_options *options,
			     struct problem *problem)
{
	int err;

	*segment = (struct segment){ .fd = -1 };
	err = segment_plan(&segment->layout, options, problem);
	return err ? err : segment_map(segment, -1, options, problem);
}

struct x0f_segment_worker *segment_worker(const struct segment *segment,
					  uint32_t worker)
{
	if (worker >= segment->layout.worker_count)
		return NULL;
	return (void *)((char *)segment->header + segment->layout.workers +
			segment->layout.worker_stride * worker);
}

struct x0f_record *segment_ring(const struct segment *segment, uint32_t worker)
{
	char *part = (char *)segment_worker(segment, worker);

	return part ? (void *)(part + segment->layout.ring) : NULL;
}

struct x0f_segment_interface *segment_interface(const struct segment *segment,
						uint32_t position)
{
	if (position >= segment->layout.interface_count)
		return NULL;
	return (struct x0f_segment_interface *)((char *)segment->header +
						segment->layout.interfaces) +
	       position;
}

void segment_copy_interface(const struct segment *segment, uint32_t position,
			    struct x0f_segment_interface *copy)
{
	const shared_word *from = (void *)segment_interface(segment, position);
	shared_word *to = (void *)copy;
	size_t i;

	memset(copy, 0, sizeof(*copy));
	for (i = 0; from && i < sizeof(*copy) / sizeof(*to); i++)
		to[i] = __atomic_load_n(&from[i], __ATOMIC_RELAXED);
	copy->name[sizeof(copy->name) - 1] = '\0';
}

static void store_record(struct x0f_record *slot,
			 const struct x0f_record *record)
{
	const shared_word *from = (const shared_word *)record;
	shared_word *to = (shared_word *)slot;
	unsigned int i;

	for (i = 0; i < RECORD_WORDS; i++)
		__atomic_store_n(&to[i], from[i], __ATOMIC_RELEASE);
}

void segment_publish(struct segment *segment, uint32_t worker,
		     const struct x0f_record *records, uint32_t count)
{
	struct x0f_segment_worker *w = segment_worker(segment, worker);
	struct x0f_record *ring = segment_ring(segment, worker);
	uint64_t mask = segment->layout.ring_records - 1;
	uint64_t begin = __atomic_load_n(&w->commit, __ATOMIC_RELAXED);
	uint32_t i;

	if (!count)
		return;
	__atomic_store_n(&w->reserve, begin + count, __ATOMIC_RELAXED);
	for (i = 0; i < count; i++)
		store_record(&ring[(begin + i) & mask], &records[i]);
	__atomic_store_n(&w->commit, begin + count, __ATOMIC_RELEASE);
	segment_count(&w->published, count);
}

static uint64_t add_up(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/* What it had fetched, and neither published nor dropped, went with it. */
static void count_died(struct x0f_segment_worker *w)
{
	uint64_t accounted = add_up(w->published, w->died);

	for (uint32_t i = 0; i < X0F_DROP_ROOM; i++)
		accounted = add_up(accounted, w->dropped[i]);
	if (w->received > accounted)
		segment_count(&w->died, w->received - accounted);
}

static void void_records(struct x0f_record *ring, uint64_t end, uint64_t count,
			 uint32_t records)
{
	static const struct x0f_record void_record = {
		.flags = X0F_RECORD_VOID,
		.label = X0F_NONE,
		.link = UINT16_MAX,
	};
	uint64_t i;

	for (i = 1; i <= count; i++)
		store_record(&ring[(end - i) & (records - 1)], &void_record);
}

/* What a worker leaves behind, wherever it died. */
static bool are_sane(uint64_t commit, uint64_t reserve)
{
	return reserve <= MOST_POSITION && commit <= reserve &&
	       reserve - commit <= SEGMENT_BATCH;
}

/*
 * A whole ring ahead of what was counted: a reader that is in the middle of a
 * record, half of it void already, finds that it was overtaken.
 */
static void begin_anew(struct x0f_segment_worker *w, struct x0f_record *ring,
		       uint32_t records)
{
	uint64_t position = add_up(add_up(w->published, w->voided), records);

	if (position > MOST_POSITION) {
		position = 0;
		w->published = 0;
		w->voided = 0;
	} else {
		segment_count(&w->voided, records);
	}
	__atomic_store_n(&w->reserve, UINT64_MAX, __ATOMIC_RELAXED);
	void_records(ring, records, records, records);
	__atomic_store_n(&w->reserve, position, __ATOMIC_RELEASE);
	__atomic_store_n(&w->commit, position, __ATOMIC_RELEASE);
}

/* Records of a dead producer: its successor is the producer now. */
void segment_recover(struct segment *segment, uint32_t worker)
{
	struct x0f_segment_worker *w = segment_worker(segment, worker);
	struct x0f_record *ring = segment_ring(segment, worker);
	uint32_t records = segment->layout.ring_records;
	uint64_t commit = __atomic_load_n(&w->commit, __ATOMIC_RELAXED);
	uint64_t reserve = __atomic_load_n(&w->reserve, __ATOMIC_RELAXED);

	if (are_sane(commit, reserve)) {
		void_records(ring, reserve, reserve - commit, records);
		__atomic_store_n(&w->commit, reserve, __ATOMIC_RELEASE);
		segment_count(&w->voided, reserve - commit);
		if (w->voided > reserve)
			w->voided = 0;
		__atomic_store_n(&w->published, reserve - w->voided,
				 __ATOMIC_RELAXED);
	} else {
		begin_anew(w, ring, records);
	}
	count_died(w);
}

void segment_ring_doorbell(struct segment *segment)
{
	uint32_t *doorbell = &segment->header->doorbell;

	__atomic_add_fetch(doorbell, 1, __ATOMIC_RELEASE);
	/* without the private flag: readers are other processes */
	syscall(SYS_futex, doorbell, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
}

void segment_set_state(struct segment *segment, enum x0f_sensor_state state)
{
	__atomic_store_n(&segment->header->state, (uint32_t)state,
			 __ATOMIC_RELEASE);
}

void segment_set_problem(struct segment *segment, const char *text)
{
	struct x0f_segment_header *header = segment->header;
	shared_word words[X0F_PROBLEM_TEXT / sizeof(shared_word)] = { 0 };
	shared_word *to = (void *)header->last_problem;
	size_t i;

	memcpy(words, text, strnlen(text, sizeof(words) - 1));
	for (i = 0; i < X0F_PROBLEM_TEXT / sizeof(*to); i++)
		__atomic_store_n(&to[i], words[i], __ATOMIC_RELAXED);
	__atomic_store_n(&header->last_problem_ns,
			 clock_read_ns(CLOCK_REALTIME), __ATOMIC_RELEASE);
}

void segment_reload_failed(struct segment *segment)
{
	struct x0f_segment_header *header = segment->header;

	__atomic_store_n(&header->reload_failed_ns,
			 clock_read_ns(CLOCK_REALTIME), __ATOMIC_RELAXED);
	/* the supervisor and the loader both may find one */
	__atomic_fetch_add(&header->reload_failures, 1, __ATOMIC_RELEASE);
}
