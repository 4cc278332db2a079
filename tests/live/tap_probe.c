/* SPDX-License-Identifier: MIT */
/*
 * A sensor reduced to its capture, for test_tap.py: a parent that looks after
 * the interfaces as the supervisor does, and a child without rights that
 * fetches packets and counts them. Commands come line by line on stdin;
 * everything that happens goes to stdout, one line of JSON each.
 *
 *	tap_probe [--inline] [--generic|--zero-copy|--copy] [--frames N]
 *		  [--workers N] [--pass-rest] [--clsact] [--spin]
 *		  [--attach-first] INTERFACE…
 *	tap_probe --foreign INTERFACE	holds an XDP program of somebody else
 */
#define _GNU_SOURCE /* setresuid() */
#include "../../user/capture/capture.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/if_link.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NOBODY 65534
#define IDS (1u << 20)
#define TICK_MS 50
#define SETTLE_MS 30

/* Between parent and child. */
struct shared {
	uint32_t is_paused;
	uint32_t stop;
	uint32_t bpf_descriptors; /* in the child, after capture_forget() */
	uint32_t uid;		  /* of the child */
	uint64_t received;
	uint64_t unique;
	uint64_t deaf; /* fetches that failed */
	int deaf_error;
	uint64_t by_source[CAPTURE_MOST_SOURCES];
	uint8_t seen[IDS]; /* by the TCP sequence number */
};

static struct shared *shared;
static struct capture *capture;
static pid_t child;
static pid_t parent;
static bool never_sleeps;   /* --spin */
static bool attaches_first; /* --attach-first: before the child is there */

static void say(const char *key, const char *text)
{
	printf("{\"%s\": \"", key);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			putchar('\\');
		putchar(*text);
	}
	printf("\"}\n");
	fflush(stdout);
}

static void warn(void *ctx, const char *line)
{
	(void)ctx;
	say("warn", line);
}

/* -------------------------------------------------------------- the child -- */

static uint32_t count_bpf_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	const struct dirent *entry;
	uint32_t count = 0;
	char target[64];

	while (folder && (entry = readdir(folder))) {
		ssize_t len = readlinkat(dirfd(folder), entry->d_name, target,
					 sizeof(target) - 1);

		target[len < 0 ? 0 : len] = '\0';
		count += strstr(target, "bpf") != NULL;
	}
	if (folder)
		closedir(folder);
	return count;
}

/* A bpf(2) from here on kills, which the test notices. */
static void forbid_bpf(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_bpf, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(code) / sizeof(code[0]), code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		_exit(3);
}

static void drop_rights(void)
{
	if (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) ||
	    setresuid(NOBODY, NOBODY, NOBODY))
		_exit(2);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent) /* which died before */
		_exit(1);
	forbid_bpf();
	shared->uid = getuid();
}

/* Where the sender of test_tap.py put the frame's number. */
static void note(const struct packet *packet)
{
	uint32_t at = packet->link == X0F_LINK_RAW ? 24 : 38;
	const uint8_t *p = packet->data + at;
	uint32_t id;

	if (packet->caplen < at + 16)
		return;
	id = ((uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	      (uint32_t)p[2] << 8 | p[3]) %
	     IDS;
	if (!shared->seen[id])
		__atomic_fetch_add(&shared->unique, 1, __ATOMIC_RELAXED);
	shared->seen[id] = 1;
}

static uint32_t step(struct source *source, uint32_t number)
{
	static struct source_batch batch;
	uint32_t count;
	int ret = source->ops->fetch(source, &batch);

	if (ret) {
		shared->deaf_error = -ret;
		__atomic_fetch_add(&shared->deaf, 1, __ATOMIC_RELAXED);
	}
	count = batch.count;
	for (uint32_t i = 0; i < count; i++)
		note(&batch.packets[i]);
	__atomic_fetch_add(&shared->received, count, __ATOMIC_RELAXED);
	__atomic_fetch_add(&shared->by_source[number], count, __ATOMIC_RELAXED);
	if (count)
		source->ops->release(source, &batch);
	return count;
}

static void sleep_on(struct source **sources, uint32_t count)
{
	struct pollfd fds[CAPTURE_MOST_SOURCES];
	bool is_ready = false;

	for (uint32_t i = 0; i < count; i++) {
		fds[i] = (struct pollfd){ .fd = sources[i]->fd,
					  .events = POLLIN };
		is_ready |= sources[i]->ops->arm(sources[i]);
	}
	if (!is_ready)
		poll(fds, count, TICK_MS);
	for (uint32_t i = 0; i < count; i++)
		sources[i]->ops->disarm(sources[i]);
}

/* One thread for all workers: what is tested is not speed. */
static void run_child(void)
{
	struct source *sources[CAPTURE_MOST_SOURCES];
	uint32_t count = 0;
	uint32_t got;

	for (uint32_t i = 0; i < capture_workers(capture); i++)
		count += capture_sources(capture, i, sources + count,
					 CAPTURE_MOST_SOURCES - count);
	capture_forget(capture);
	shared->bpf_descriptors = count_bpf_descriptors();
	drop_rights();
	do {
		got = 0;
		if (__atomic_load_n(&shared->is_paused, __ATOMIC_ACQUIRE)) {
			poll(NULL, 0, 1);
			continue;
		}
		for (uint32_t i = 0; i < count; i++)
			got += step(sources[i], i);
		if (!got && !never_sleeps)
			sleep_on(sources, count);
	} while (got || !__atomic_load_n(&shared->stop, __ATOMIC_ACQUIRE));
	_exit(0);
}

static void start_child(void)
{
	parent = getpid();
	child = fork();
	if (!child)
		run_child();
}

static void end_child(int signal_number)
{
	if (child <= 0)
		return;
	if (signal_number)
		kill(child, signal_number);
	waitpid(child, NULL, 0);
	child = 0;
}

/* ------------------------------------------------------------- the parent -- */

static void print_numbers(const char *name, const uint64_t *numbers,
			  uint32_t count)
{
	printf(", \"%s\": [", name);
	for (uint32_t i = 0; i < count; i++)
		printf("%s%llu", i ? ", " : "", (unsigned long long)numbers[i]);
	printf("]");
}

static void print_interface(uint32_t position)
{
	struct x0f_segment_interface interface;

	capture_read_interface(capture, position, &interface);
	printf("{\"name\": \"%s\", \"ifindex\": %u, \"state\": %u, "
	       "\"mode\": %u, \"queues\": %u, \"reattached\": %u, "
	       "\"deaf_ns\": %llu, \"fill_ring_empty\": %llu",
	       interface.name, interface.ifindex, interface.state,
	       interface.mode, interface.queues, interface.reattached,
	       (unsigned long long)interface.deaf_ns,
	       (unsigned long long)interface.fill_ring_empty);
	print_numbers("outcomes", interface.outcomes, X0F_OUTCOME_COUNT);
	print_numbers("losses", interface.losses, X0F_LOSS_COUNT);
	printf("}");
}

static void print_facts(uint32_t interfaces)
{
	printf("{\"facts\": {\"received\": %llu, \"unique\": %llu, "
	       "\"deaf\": %llu, \"deaf_error\": %d, \"uid\": %u, "
	       "\"bpf_descriptors\": %u, \"workers\": %u, \"memory\": %llu, "
	       "\"child\": %d",
	       (unsigned long long)shared->received,
	       (unsigned long long)shared->unique,
	       (unsigned long long)shared->deaf, shared->deaf_error,
	       shared->uid, shared->bpf_descriptors, capture_workers(capture),
	       (unsigned long long)capture_memory_bytes(capture), child);
	print_numbers("by_source", shared->by_source, 8);
	printf(", \"interfaces\": [");
	for (uint32_t i = 0; i < interfaces; i++) {
		printf("%s", i ? ", " : "");
		print_interface(i);
	}
	printf("]}}\n");
	fflush(stdout);
}

static void fail(const struct problem *problem, int error)
{
	printf("{\"errno\": %d}\n", -error);
	say("error", problem->text);
	exit(1);
}

static void reopen(void)
{
	struct problem problem;
	int ret;

	end_child(SIGKILL);
	ret = capture_reopen(capture, &problem);
	if (!ret) {
		start_child();
		ret = capture_attach(capture, &problem);
	}
	if (ret)
		fail(&problem, ret);
	say("event", "reopened");
}

static void look(void)
{
	struct problem problem;

	switch (capture_check(capture, &problem)) {
	case CAPTURE_WELL:
		break;
	case CAPTURE_REOPEN:
		reopen();
		break;
	case CAPTURE_GUARD:
		say("guard", problem.text);
		break;
	}
}

static void detach(void)
{
	capture_detach(capture);
	if (shared->is_paused) { /* as if it were stuck */
		end_child(SIGKILL);
	} else {
		__atomic_store_n(&shared->stop, 1, __ATOMIC_RELEASE);
		end_child(0);
	}
}

/* False: the end. */
static bool obey(const char *line, uint32_t interfaces)
{
	if (!strcmp(line, "pause") || !strcmp(line, "go")) {
		__atomic_store_n(&shared->is_paused, *line == 'p',
				 __ATOMIC_RELEASE);
		poll(NULL, 0, SETTLE_MS);
	} else if (!strcmp(line, "detach")) {
		detach();
	} else if (!strcmp(line, "reopen")) {
		reopen();
	} else if (!strcmp(line, "quit")) {
		return false;
	}
	print_facts(interfaces);
	return true;
}

static void serve(uint32_t interfaces)
{
	struct pollfd fds[2] = {
		{ .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = capture_fd(capture), .events = POLLIN },
	};
	char line[64];

	for (;;) {
		poll(fds, 2, TICK_MS);
		look();
		if (!fds[0].revents)
			continue;
		if (!fgets(line, sizeof(line), stdin))
			break;
		line[strcspn(line, "\n")] = '\0';
		if (!obey(line, interfaces))
			break;
	}
	end_child(SIGKILL);
	capture_close(capture);
}

/* ----------------------------------------------------------- the command -- */

static int hold_foreign_program(const char *interface)
{
	const struct bpf_insn pass[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int ifindex = (int)if_nametoindex(interface);
	int fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "somebody_else", "GPL", pass,
			       2, NULL);
	int ret = fd < 0 ? fd : bpf_xdp_attach(ifindex, fd, 0, NULL);

	if (ret)
		return 1;
	say("event", "attached");
	getchar();
	bpf_xdp_detach(ifindex, 0, NULL);
	return 0;
}

static const char **parse(char **argv, struct capture_options *options)
{
	for (; *argv && **argv == '-'; argv++) {
		if (!strcmp(*argv, "--inline"))
			options->kind = CAPTURE_INLINE;
		else if (!strcmp(*argv, "--generic"))
			options->bind = BIND_GENERIC;
		else if (!strcmp(*argv, "--copy"))
			options->bind = BIND_COPY;
		else if (!strcmp(*argv, "--zero-copy"))
			options->bind = BIND_ZERO_COPY;
		else if (!strcmp(*argv, "--pass-rest"))
			options->pass_rest = true;
		else if (!strcmp(*argv, "--attach-first"))
			attaches_first = true;
		else if (!strcmp(*argv, "--spin"))
			never_sleeps = true;
		else if (!strcmp(*argv, "--clsact"))
			options->hook = HOOK_CLSACT;
		else if (!strcmp(*argv, "--frames"))
			options->frames = (uint32_t)atoi(*++argv);
		else if (!strcmp(*argv, "--workers"))
			options->workers = (uint32_t)atoi(*++argv);
	}
	return (const char **)argv;
}

int main(int argc, char **argv)
{
	struct capture_options options = { .kind = CAPTURE_TAP, .warn = warn };
	struct problem problem;
	int ret;

	if (argc == 3 && !strcmp(argv[1], "--foreign"))
		return hold_foreign_program(argv[2]);
	options.interfaces = parse(argv + 1, &options);
	while (options.interfaces[options.interface_count])
		options.interface_count++;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ret = capture_open(&capture, &options, &problem);
	if (ret)
		fail(&problem, ret);
	if (!attaches_first)
		start_child();
	ret = capture_attach(capture, &problem);
	if (ret)
		fail(&problem, ret);
	if (attaches_first)
		start_child();
	say("event", "started");
	serve(options.interface_count);
	return 0;
}
