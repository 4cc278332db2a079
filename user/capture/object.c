/* SPDX-License-Identifier: MIT */
/*
 * The BPF objects, taken in whole by the assembler, and what libbpf says of
 * them: its messages and the verifier's log are caught and cut down to the one
 * line that tells. Called by tap.c, host.c and the generator. One thread: the
 * catcher of messages is the process's.
 */
#define _GNU_SOURCE /* vasprintf() */
#include "object.h"

#include <x0f/ring.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#ifndef X0F_BPF_DIR
#error "X0F_BPF_DIR must name the folder of the compiled BPF objects"
#endif

#define CARRY(name)                                            \
	__asm__(".pushsection .rodata\n"                       \
		".balign 16\n"                                 \
		".hidden object_" name "\n"                    \
		".global object_" name "\n"                    \
		"object_" name ":\n"                           \
		".incbin \"" X0F_BPF_DIR "/" name ".bpf.o\"\n" \
		".hidden object_" name "_end\n"                \
		".global object_" name "_end\n"                \
		"object_" name "_end:\n"                       \
		".byte 0\n"                                    \
		".popsection\n")

CARRY("ingress");
CARRY("host");
CARRY("frames");
CARRY("mirror");

#define HIDDEN __attribute__((visibility("hidden")))

HIDDEN extern const char object_ingress[], object_ingress_end[];
HIDDEN extern const char object_host[], object_host_end[];
HIDDEN extern const char object_frames[], object_frames_end[];
HIDDEN extern const char object_mirror[], object_mirror_end[];

static const struct image {
	const char *name;
	const char *begin;
	const char *end;
	bool has_config;
} images[] = {
	[OBJECT_INGRESS] = { "ingress", object_ingress, object_ingress_end,
			     true },
	[OBJECT_HOST] = { "host", object_host, object_host_end, true },
	[OBJECT_FRAMES] = { "frames", object_frames, object_frames_end, false },
	[OBJECT_MIRROR] = { "mirror", object_mirror, object_mirror_end, false },
};

#define SAME(name)                                                     \
	_Static_assert((int)OUTCOME_##name == (int)X0F_OUTCOME_##name, \
		       "kernel side and segment disagree")
SAME(DELIVERED);
SAME(NO_SOCKET);
SAME(RING_FULL);
SAME(NOT_COPIED);
SAME(FILTERED);
SAME(OTHER_TCP);
SAME(NOT_TCP);
SAME(NOT_IP);
SAME(TOO_SHORT);
SAME(FRAGMENT);
SAME(TAGS);
SAME(EXTENSIONS);
SAME(BAD_IP);
SAME(BAD_FLAGS);
SAME(COUNT);

/* ------------------------------------------------- what libbpf says -- */

/*
 * The first complaint, and the last line of the verifier's log. What libbpf
 * says of RLIMIT_MEMLOCK is left out: it guesses so whenever rights lack.
 */
static struct {
	char complaint[200];
	char verifier[200];
} said;

/* The last line of a log in front of the verifier's sums. */
static void keep_verdict(const char *log)
{
	const char *line = log;
	const char *end;

	for (; *line; line = *end ? end + 1 : end) {
		end = line + strcspn(line, "\n");
		if (!strncmp(line, "processed ", 10) ||
		    !strncmp(line, "-- END", 6))
			return;
		if (end > line && strncmp(line, "libbpf:", 7) != 0 &&
		    *line != ';')
			snprintf(said.verifier, sizeof(said.verifier), "%.*s",
				 (int)(end - line), line);
	}
}

__attribute__((format(printf, 2, 0))) static int
listen_to(enum libbpf_print_level level, const char *format, va_list args)
{
	static const char begin[] = "-- BEGIN PROG LOAD LOG --\n";
	const char *log;
	char *text;
	char *at;
	int len;

	if (level != LIBBPF_WARN)
		return 0;
	len = vasprintf(&text, format, args);
	if (len < 0)
		return 0;
	log = strstr(text, begin);
	if (log) {
		keep_verdict(log + strlen(begin));
	} else if (!said.complaint[0] && !strstr(text, "MEMLOCK")) {
		at = strncmp(text, "libbpf: ", 8) ? text : text + 8;
		snprintf(said.complaint, sizeof(said.complaint), "%.*s",
			 (int)strcspn(at, "\n"), at);
	}
	free(text);
	return len;
}

static libbpf_print_fn_t start_listening(void)
{
	memset(&said, 0, sizeof(said));
	return libbpf_set_print(listen_to);
}

static const char *advise(int error)
{
	/* without CAP_PERFMON the verifier treats us as anybody */
	if (error == -EPERM || strstr(said.verifier, "!root"))
		return "needs root, or CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON; "
		       "on kernels before 5.11 also LimitMEMLOCK=infinity";
	if (error == -ENOMEM)
		return "the kernel has no memory for it, or a cgroup's limit "
		       "is too low";
	if (said.verifier[0])
		return "this kernel's verifier refuses it, please report this "
		       "line with what uname -r says";
	return "is this kernel older than 5.18?";
}

/* "operation not permitted (map …): needs root, or …" */
static int tell(struct problem *problem, int error, const char *name,
		const char *step)
{
	const char *why = said.verifier[0] ? said.verifier : said.complaint;

	return problem_set(problem, error, "bpf object %s, %s: %s%s%s%s: %s",
			   name, step, problem_errno(error), *why ? " (" : "",
			   why, *why ? ")" : "", advise(error));
}

/* ------------------------------------------------------ open and load -- */

static int set_entries(struct bpf_object *object, const char *name,
		       uint32_t entries)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, name);

	return map ? bpf_map__set_max_entries(map, entries) : 0;
}

/* Its first word is the ABI number, which stays. */
static int set_config(struct bpf_object *object, const char *name,
		      const struct prefilter_config *config,
		      struct problem *problem)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object,
							   ".rodata.config");
	struct prefilter_config value = { .abi = ABI_NUMBER };
	const uint32_t *abi = NULL;
	size_t size = 0;

	if (map)
		abi = bpf_map__initial_value(map, &size);
	if (!abi || size != sizeof(value) || *abi != ABI_NUMBER)
		return problem_set(problem, -EPROTO,
				   "bpf object %s: its ABI number is not %d, "
				   "was the program built from two versions?",
				   name, ABI_NUMBER);
	if (config)
		value = *config;
	value.abi = ABI_NUMBER;
	return bpf_map__set_initial_value(map, &value, sizeof(value));
}

int object_open(struct bpf_object **object, enum object_name name,
		const struct prefilter_config *config, struct problem *problem)
{
	const struct image *image = &images[name];
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = image->name);
	libbpf_print_fn_t before = start_listening();
	int cpus = libbpf_num_possible_cpus();
	int ret = cpus < 0 ? cpus : 0;

	*object = NULL;
	if (!ret) {
		*object = bpf_object__open_mem(image->begin,
					       (size_t)(image->end -
							image->begin),
					       &options);
		ret = *object ? 0 : -errno;
	}
	if (!ret)
		ret = set_entries(*object, "x0f_counters", (uint32_t)cpus);
	if (!ret)
		ret = set_entries(*object, "x0f_rings", (uint32_t)cpus);
	if (!ret)
		ret = set_entries(*object, "x0f_wake", (uint32_t)cpus);
	if (ret)
		tell(problem, ret, image->name, "opening it");
	else if (image->has_config)
		ret = set_config(*object, image->name, config, problem);
	libbpf_set_print(before);
	if (ret) {
		bpf_object__close(*object);
		*object = NULL;
	}
	return ret;
}

void object_expect_filter(struct bpf_object *object,
			  const struct filter *filter)
{
	if (filter)
		set_entries(object, "x0f_ports", FILTER_SLOTS * FILTER_PORTS);
}

int object_load(struct bpf_object *object, struct problem *problem)
{
	struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };
	libbpf_print_fn_t before = start_listening();
	int ret;

	/* counts on kernels before 5.11 only, and may well be refused */
	setrlimit(RLIMIT_MEMLOCK, &unlimited);
	ret = bpf_object__load(object);
	libbpf_set_print(before);
	if (ret)
		return tell(problem, ret, bpf_object__name(object),
			    "loading it");
	return 0;
}

int object_map(struct bpf_object *object, const char *name)
{
	return bpf_object__find_map_fd_by_name(object, name);
}

int object_program(struct bpf_object *object, const char *name)
{
	struct bpf_program *program = bpf_object__find_program_by_name(object,
								       name);

	return program ? bpf_program__fd(program) : -ENOENT;
}

/* ----------------------------------------------------------- counters -- */

static size_t counters_size(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t size = (size_t)libbpf_num_possible_cpus() *
		      sizeof(struct counters);

	return (size + page - 1) / page * page;
}

const struct counters *object_counters(struct bpf_object *object,
				       struct problem *problem)
{
	int map = object_map(object, "x0f_counters");
	void *counters = mmap(NULL, counters_size(), PROT_READ, MAP_SHARED, map,
			      0);

	if (counters != MAP_FAILED)
		return counters;
	problem_set(problem, -errno, "bpf object %s: cannot map counters: %s",
		    bpf_object__name(object), problem_errno(errno));
	return NULL;
}

void object_sum_counters(const struct counters *counters,
			 uint64_t outcomes[OUTCOME_COUNT])
{
	int cpus = libbpf_num_possible_cpus();

	memset(outcomes, 0, OUTCOME_COUNT * sizeof(*outcomes));
	for (int cpu = 0; cpu < cpus; cpu++)
		for (int i = 0; i < OUTCOME_COUNT; i++)
			outcomes[i] += __atomic_load_n(
				&counters[cpu].outcomes[i], __ATOMIC_RELAXED);
}

void object_unmap_counters(const struct counters *counters)
{
	if (counters)
		munmap((void *)(uintptr_t)counters, counters_size());
}
