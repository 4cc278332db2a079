/* SPDX-License-Identifier: MIT */
/*
 * The loaded programs against the same source compiled here: verdict, counter
 * and copied header of every frame of the captures named as arguments and of
 * X0F_MUTATIONS (default 100,000) random ones, under random filters; and that
 * replacing a filter is one step. Needs root, no network. Exit code 77 with a
 * reason where the kernel does not let us.
 */
#define _GNU_SOURCE /* sched_setaffinity() */
#include "../random_frames.h"
#include "die.h"

#include "../../user/capture/file.h"
#include "../../user/capture/object.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_xdp.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define RING_BYTES (1u << 16)
#define UMEM_BYTES 4096
#define FRAMES_PER_FILTER 1000
#define FLIPS 100
#define INTERFACE 5

enum { HOST, RAW_HOST, DROPPING, PASSING, OBJECTS }; /* two: ingress */

struct kernel {
	struct bpf_object *objects[OBJECTS];
	const struct counters *counters[OBJECTS];
	int programs[OBJECTS];
	struct ring_buffer *ring;
	struct header_event event; /* the last one */
	uint32_t events;
	int socket;
	bool has_socket;
	uint64_t frames;
	uint64_t refused; /* program runs: too short for the kernel's test */
	uint64_t wanted;
	uint64_t filtered;
};

/* ------------------------------------------------------------- set-up -- */

static bool is_host(int which)
{
	return which == HOST || which == RAW_HOST;
}

static void load(struct kernel *kernel, int which, const struct filter *filter)
{
	struct prefilter_config config = { .interface = INTERFACE,
					   .is_raw = which == RAW_HOST,
					   .pass_rest = which == PASSING };
	struct problem problem = { "" };
	struct bpf_object **object = &kernel->objects[which];
	int ret = object_open(object,
			      is_host(which) ? OBJECT_HOST : OBJECT_INGRESS,
			      &config, &problem);

	if (!ret) {
		object_expect_filter(*object, filter);
		ret = object_load(*object, &problem);
	}
	if (ret == -EPERM || strstr(problem.text, "CAP_BPF")) {
		printf("skipped: %s\n", problem.text);
		exit(77);
	}
	if (!ret) {
		kernel->counters[which] = object_counters(*object, &problem);
		kernel->programs[which] = object_program(
			*object, is_host(which) ? "x0f_out" : "x0f_ingress");
	}
	if (ret || !kernel->counters[which])
		die("%s", problem.text);
}

static int keep_event(void *ctx, void *data, size_t size)
{
	struct kernel *kernel = ctx;

	if (size != sizeof(kernel->event))
		die("an event of %zu bytes", size);
	memcpy(&kernel->event, data, size);
	kernel->events++;
	return 0;
}

/* The test keeps to CPU 0, so its ring is enough. */
static void open_ring(struct kernel *kernel)
{
	__u32 cpu = 0;
	int ring = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "test", 0, 0,
				  RING_BYTES, NULL);
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		die("cannot stay on CPU 0: %s", strerror(errno));
	for (int i = HOST; i <= RAW_HOST; i++)
		if (ring < 0 ||
		    bpf_map_update_elem(object_map(kernel->objects[i],
						   "x0f_rings"),
					&cpu, &ring, BPF_ANY))
			die("no header ring: %s", strerror(errno));
	kernel->ring = ring_buffer__new(ring, keep_event, kernel, NULL);
	if (!kernel->ring)
		die("cannot read the header ring");
}

/* An AF_XDP socket that a map takes: with rings, bound to nothing. */
static void open_socket(struct kernel *kernel)
{
	struct xdp_umem_reg umem = { .len = UMEM_BYTES, .chunk_size = 2048 };
	int entries = 2;

	umem.addr = (uintptr_t)mmap(NULL, UMEM_BYTES, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	kernel->socket = socket(AF_XDP, SOCK_RAW, 0);
	if (kernel->socket < 0 ||
	    setsockopt(kernel->socket, SOL_XDP, XDP_UMEM_REG, &umem,
		       sizeof(umem)) ||
	    setsockopt(kernel->socket, SOL_XDP, XDP_UMEM_FILL_RING, &entries,
		       sizeof(entries)) ||
	    setsockopt(kernel->socket, SOL_XDP, XDP_UMEM_COMPLETION_RING,
		       &entries, sizeof(entries)) ||
	    setsockopt(kernel->socket, SOL_XDP, XDP_RX_RING, &entries,
		       sizeof(entries)))
		die("no AF_XDP socket: %s", strerror(errno));
}

static void set_socket(struct kernel *kernel, bool wanted)
{
	__u32 queue = 0;

	if (kernel->has_socket == wanted)
		return;
	for (int i = DROPPING; i < OBJECTS; i++) {
		int map = object_map(kernel->objects[i], "x0f_sockets");

		if (wanted ? bpf_map_update_elem(map, &queue, &kernel->socket,
						 BPF_ANY) :
			     bpf_map_delete_elem(map, &queue))
			die("x0f_sockets: %s", strerror(errno));
	}
	kernel->has_socket = wanted;
}

static void set_filter(struct kernel *kernel, const struct filter *filter)
{
	struct problem problem;

	for (int i = 0; i < OBJECTS; i++)
		if (object_set_filter(kernel->objects[i], filter, &problem))
			die("%s", problem.text);
}

/* ---------------------------------------------------------- one frame -- */

static void dump(const struct random_frame *frame)
{
	for (uint32_t i = 0; i < frame->len; i++)
		fprintf(stderr, "%02x%s", frame->bytes[i],
			i % 16 == 15 ? "\n" : " ");
	fputc('\n', stderr);
}

/*
 * Test runs want more than an Ethernet header, and of an skb that says it is
 * IP, since 6.18, the whole IP header. Live traffic may be shorter.
 */
static bool is_refused(const struct random_frame *frame, bool is_skb)
{
	uint32_t type;

	if (frame->len <= 14)
		return true;
	type = read_be16(frame->bytes + 12);
	return is_skb && ((type == TYPE_IPV4 && frame->len < 14 + 20) ||
			  (type == TYPE_IPV6 && frame->len < 14 + 40));
}

/* Runs it once; false: the kernel does not test frames like this. */
static bool run_program(int program, bool is_skb,
			const struct random_frame *frame, uint32_t *verdict)
{
	uint8_t out[MOST_FRAME + 256];
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame->bytes,
		    .data_size_in = frame->len, .data_out = out,
		    .data_size_out = sizeof(out), .repeat = 1);
	int ret = bpf_prog_test_run_opts(program, &options);

	if (ret == -EINVAL && is_refused(frame, is_skb))
		return false;
	if (ret) {
		dump(frame);
		die("test run of %u bytes: %s", frame->len, strerror(-ret));
	}
	if (options.data_size_out != frame->len ||
	    memcmp(out, frame->bytes, frame->len) != 0) {
		dump(frame);
		die("the program changed the packet");
	}
	*verdict = options.retval;
	return true;
}

static bool run_one(struct kernel *kernel, int which,
		    const struct random_frame *frame, enum outcome expected,
		    uint32_t *verdict)
{
	uint64_t before[OUTCOME_COUNT];
	uint64_t after[OUTCOME_COUNT];

	object_sum_counters(kernel->counters[which], before);
	if (!run_program(kernel->programs[which], is_host(which), frame,
			 verdict)) {
		kernel->refused++;
		return false;
	}
	object_sum_counters(kernel->counters[which], after);
	for (int i = 0; i < OUTCOME_COUNT; i++)
		if (after[i] - before[i] != (i == (int)expected)) {
			dump(frame);
			die("program %d: expected outcome %d, counter %d went "
			    "up by %llu",
			    which, expected, i,
			    (unsigned long long)(after[i] - before[i]));
		}
	return true;
}

static void check_event(struct kernel *kernel, const struct random_frame *frame,
			bool is_wanted, bool is_raw)
{
	const struct header_event *event = &kernel->event;
	uint32_t len = frame->len < HEADER_BYTES ? frame->len : HEADER_BYTES;

	kernel->events = 0;
	ring_buffer__consume(kernel->ring);
	if (kernel->events != is_wanted) {
		dump(frame);
		die("%u events", kernel->events);
	}
	if (!is_wanted)
		return;
	if (event->wire_len != frame->len || event->len != len ||
	    memcmp(event->data, frame->bytes, len) != 0 ||
	    event->direction != DIRECTION_EGRESS ||
	    event->interface != INTERFACE || event->is_raw != is_raw ||
	    !event->time_ns) {
		dump(frame);
		die("event of %u bytes, wire %u, direction %u, interface %u",
		    event->len, event->wire_len, event->direction,
		    event->interface);
	}
}

/* TC, and the ring behind it. */
static enum outcome check_host(struct kernel *kernel,
			       const struct random_frame *frame,
			       const struct filter *filter, bool is_raw)
{
	enum outcome expected = core_outcome(frame->bytes, frame->len, is_raw,
					     filter);
	bool is_wanted = expected == OUTCOME_DELIVERED;
	uint32_t verdict;

	kernel->frames++;
	kernel->wanted += is_wanted;
	kernel->filtered += expected == OUTCOME_FILTERED;
	if (!run_one(kernel, is_raw ? RAW_HOST : HOST, frame, expected,
		     &verdict))
		return expected;
	if (verdict != (uint32_t)-1)
		die("verdict of the host's program is %u", verdict);
	check_event(kernel, frame, is_wanted, is_raw);
	return expected;
}

/* TC and XDP */
static void check(struct kernel *kernel, const struct random_frame *frame,
		  const struct filter *filter)
{
	enum outcome expected = check_host(kernel, frame, filter, false);
	bool is_wanted = expected == OUTCOME_DELIVERED;

	if (is_wanted && !kernel->has_socket)
		expected = OUTCOME_NO_SOCKET;
	for (int i = DROPPING; i <= PASSING; i++) {
		uint32_t right = i == DROPPING ? XDP_DROP : XDP_PASS;
		uint32_t verdict;

		if (is_wanted)
			right = kernel->has_socket ? XDP_REDIRECT : XDP_PASS;
		if (run_one(kernel, i, frame, expected, &verdict) &&
		    verdict != right) {
			dump(frame);
			die("XDP verdict is %u, expected %u", verdict, right);
		}
	}
}

/* ------------------------------------------------------------- frames -- */

static void check_capture(struct kernel *kernel, const char *path)
{
	struct capture_error error;
	struct capture_file *file;
	struct capture_packet packet;

	if (capture_file_open(&file, path, &error))
		return; /* some of the corpus are meant to be damaged */
	while (capture_file_next(file, &packet, &error) > 0) {
		struct random_frame frame = { .len = packet.caplen };

		if (packet.dlt != 1)
			continue;
		if (frame.len > MOST_FRAME)
			frame.len = MOST_FRAME;
		memcpy(frame.bytes, packet.data, frame.len);
		set_socket(kernel, kernel->frames & 1);
		check(kernel, &frame, NULL);
	}
	capture_file_close(file);
}

static void check_mutations(struct kernel *kernel, uint32_t count)
{
	struct filter *filter = NULL;

	for (uint32_t i = 0; i < count; i++) {
		struct random_frame frame;

		if (i % FRAMES_PER_FILTER == FRAMES_PER_FILTER - 1) {
			filter_free(filter);
			filter = pick(8) ? make_filter(pick(4) ? 3 : 64) : NULL;
			set_filter(kernel, filter);
			set_socket(kernel, pick(2));
		}
		make_frame(&frame, i % 8);
		if (pick(3))
			mutate_frame(&frame);
		if (i % 8)
			check(kernel, &frame, filter);
		else
			check_host(kernel, &frame, filter, true);
	}
	set_filter(kernel, NULL);
	filter_free(filter);
}

/* --------------------------------------------------------------- flip -- */

/* The same packet passes both, by rules of other numbers and other ends. */
static const char *const allowed_twice[2][2] = {
	{ "dst port 80 and src net 10.0.0.0/8", "port 22 and syn" },
	{ "net 192.0.2.0/24", "src port 1000-2000 and dst net 172.16.0.0/12" },
};

static struct filter *allow_two(const char *const rules[2])
{
	struct filter *filter = filter_new();
	struct filter_error error;

	for (int i = 0; i < 2; i++)
		if (filter_add(filter, FILTER_ALLOW, rules[i], &error))
			die("%s", error.message);
	if (filter_compile(filter))
		die("out of memory");
	return filter;
}

struct flipper {
	struct bpf_object *object;
	const struct filter *filters[2];
	bool done; /* atomic */
};

static void *flip_filters(void *arg)
{
	struct flipper *flipper = arg;
	struct problem problem;

	for (int i = 0; i < FLIPS; i++)
		if (object_set_filter(flipper->object, flipper->filters[i % 2],
				      &problem))
			die("%s", problem.text);
	__atomic_store_n(&flipper->done, true, __ATOMIC_RELEASE);
	return NULL;
}

static uint64_t count_filtered(struct kernel *kernel)
{
	uint64_t outcomes[OUTCOME_COUNT];

	object_sum_counters(kernel->counters[DROPPING], outcomes);
	return outcomes[OUTCOME_FILTERED];
}

static void run_often(struct kernel *kernel, const uint8_t *frame, uint32_t len)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame,
		    .data_size_in = len, .repeat = 20000);

	if (bpf_prog_test_run_opts(kernel->programs[DROPPING], &options))
		die("test run: %s", strerror(errno));
}

static void check_flips(struct kernel *kernel)
{
	static const uint8_t syn[54] = {
		[12] = 8,  [14] = 0x45, [17] = 40,   [22] = 64,
		[23] = 6,  [26] = 10,	[29] = 1,    [30] = 172,
		[31] = 16, [33] = 1,	[34] = 0x05, [35] = 0xdc,
		[36] = 0,  [37] = 80,	[46] = 0x50, [47] = 2,
	};
	struct filter *filters[2] = { allow_two(allowed_twice[0]),
				      allow_two(allowed_twice[1]) };
	struct flipper flipper = { .object = kernel->objects[DROPPING],
				   .filters = { filters[0], filters[1] } };
	uint64_t before = count_filtered(kernel);
	uint64_t rounds = 0;
	pthread_t thread;

	if (pthread_create(&thread, NULL, flip_filters, &flipper))
		die("no thread");
	for (; !__atomic_load_n(&flipper.done, __ATOMIC_ACQUIRE); rounds++)
		run_often(kernel, syn, sizeof(syn));
	pthread_join(thread, NULL);
	if (count_filtered(kernel) != before)
		die("%llu packets that all rules let pass were filtered",
		    (unsigned long long)(count_filtered(kernel) - before));
	printf("%d replacements under %llu packets\n", FLIPS,
	       (unsigned long long)rounds * 20000);
	for (int i = 0; i < 2; i++)
		filter_free(filters[i]);
}

int main(int argc, char **argv)
{
	static struct kernel kernel;
	struct filter *filter = allow_two(allowed_twice[0]);
	const char *count = getenv("X0F_MUTATIONS");

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 0; i < OBJECTS; i++)
		load(&kernel, i, filter);
	open_ring(&kernel);
	open_socket(&kernel);

	for (int i = 1; i < argc; i++)
		check_capture(&kernel, argv[i]);
	printf("%llu frames of captures agree, %llu wanted\n",
	       (unsigned long long)kernel.frames,
	       (unsigned long long)kernel.wanted);

	kernel.frames = kernel.wanted = kernel.refused = 0;
	check_mutations(&kernel,
			count ? (uint32_t)strtoul(count, NULL, 10) : 100000);
	printf("%llu random frames agree, %llu wanted, %llu filtered, %llu too "
	       "short to be run\n",
	       (unsigned long long)kernel.frames,
	       (unsigned long long)kernel.wanted,
	       (unsigned long long)kernel.filtered,
	       (unsigned long long)kernel.refused);
	if (!kernel.wanted || !kernel.filtered ||
	    kernel.refused > kernel.frames / 4)
		die("too few of some kind");
	check_flips(&kernel);

	filter_free(filter);
	ring_buffer__free(kernel.ring);
	for (int i = 0; i < OBJECTS; i++) {
		object_unmap_counters(kernel.counters[i]);
		bpf_object__close(kernel.objects[i]);
	}
	return 0;
}
