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

#include <linux/futex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { RECORD_WORDS = sizeof(struct x0f_record) / sizeof(uint64_t) };

/* Programs in other languages rely on these; see also user/lib/ring.c. */
_Static_assert(sizeof(struct x0f_record) == 192, "public layout");
_Static_assert(sizeof(struct x0f_segment_worker) % 64 == 0, "cache lines");
_Static_assert(X0F_STATS_LABELS <= SEGMENT_LABELS, "stats are of labels");

/* A record's memory as the words that move; they alias anything. */
typedef uint64_t __attribute__((may_alias)) record_word;

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

static uint64_t realtime_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
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
		.started_ns = realtime_ns(),
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

static void store_record(struct x0f_record *slot,
			 const struct x0f_record *record)
{
	const record_word *from = (const record_word *)record;
	record_word *to = (record_word *)slot;
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

/*
 * Records of a dead producer: its successor is the producer now. More than a
 * ring between the positions is no protocol's doing; then all is void.
 */
/* What it had fetched, and neither published nor dropped, went with it. */
static void count_died(struct x0f_segment_worker *w)
{
	uint64_t accounted = w->published + w->died;

	for (uint32_t i = 0; i < X0F_DROP_COUNT; i++)
		accounted += w->dropped[i];
	if (w->received > accounted)
		segment_count(&w->died, w->received - accounted);
}

void segment_recover(struct segment *segment, uint32_t worker)
{
	static const struct x0f_record void_record = {
		.flags = X0F_RECORD_VOID,
		.label = X0F_NONE,
		.link = UINT16_MAX,
	};
	struct x0f_segment_worker *w = segment_worker(segment, worker);
	struct x0f_record *ring = segment_ring(segment, worker);
	uint32_t records = segment->layout.ring_records;
	uint64_t commit = __atomic_load_n(&w->commit, __ATOMIC_RELAXED);
	uint64_t reserve = __atomic_load_n(&w->reserve, __ATOMIC_RELAXED);
	uint64_t lost, i;

	if (reserve < commit) {
		reserve = commit;
		__atomic_store_n(&w->reserve, reserve, __ATOMIC_RELAXED);
	}
	lost = reserve - commit;
	for (i = 0; i < lost && i < records; i++)
		store_record(&ring[(reserve - 1 - i) & (records - 1)],
			     &void_record);
	__atomic_store_n(&w->commit, reserve, __ATOMIC_RELEASE);
	segment_count(&w->voided, lost);
	__atomic_store_n(&w->published, reserve - w->voided, __ATOMIC_RELAXED);
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
