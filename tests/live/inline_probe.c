/* SPDX-License-Identifier: MIT */
/*
 * Mode inline without the rest of the sensor, for test_inline.py: a supervisor
 * that attaches and obeys lines on standard input, and a child without rights
 * that prints every packet as one line. One thread each.
 *
 *	inline_probe IFACE [hook=tcx|clsact] [ring=BYTES] [workers=N]
 *		[count=1] [kernel=old]
 */
#define _GNU_SOURCE /* setresuid() */
#include "../../user/capture/header_rings.h"
#include "../../user/capture/tc.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534
#define MOST_WORKERS 8

struct probe {
	const char *name;
	struct capture_options options;
	bool counts; /* prints how many, not what */
	struct header_rings *rings;
	struct host *host;
	pid_t child;
};

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
	char line[1024];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (write(1, line, (size_t)len) != len)
		_exit(1);
}

static void warn(void *ctx, const char *line)
{
	(void)ctx;
	say("warning %s\n", line);
}

/* -------------------------------------------------------------- child -- */

static void print(const struct packet *packet)
{
	char hex[2 * HEADER_BYTES + 1] = "";

	for (uint32_t i = 0; i < packet->caplen; i++)
		snprintf(hex + 2 * i, 3, "%02x", packet->data[i]);
	say("packet %llu %u %u %u %u %s\n", (unsigned long long)packet->time_ns,
	    packet->interface, packet->flags, packet->link, packet->wirelen,
	    hex);
}

/* How many there were. */
static uint32_t read_all(const struct probe *probe, struct source **sources,
			 uint32_t count)
{
	static struct source_batch batch;
	uint32_t packets = 0;

	for (uint32_t i = 0; i < count; i++) {
		sources[i]->ops->fetch(sources[i], &batch);
		packets += batch.count;
		for (uint32_t k = 0; k < batch.count && !probe->counts; k++)
			print(&batch.packets[k]);
		if (batch.count)
			sources[i]->ops->release(sources[i], &batch);
	}
	return packets;
}

static void sleep_on(struct source **sources, uint32_t count)
{
	struct pollfd fds[MOST_WORKERS];
	bool has_work = false;

	for (uint32_t i = 0; i < count; i++) {
		fds[i] = (struct pollfd){ sources[i]->fd, POLLIN, 0 };
		has_work |= sources[i]->ops->arm(sources[i]);
	}
	if (!has_work)
		poll(fds, count, -1);
	for (uint32_t i = 0; i < count; i++)
		sources[i]->ops->disarm(sources[i]);
}

/* Descriptors of programs, maps and links. */
static int count_bpf_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;
	int found = 0;

	while (dir && (entry = readdir(dir))) {
		char path[300];
		char target[64] = "";

		snprintf(path, sizeof(path), "/proc/self/fd/%s", entry->d_name);
		if (readlink(path, target, sizeof(target) - 1) > 0)
			found += strstr(target, "bpf") != NULL;
	}
	closedir(dir);
	return found;
}

static bool may_call_bpf(void)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY,
		.key_size = 4,
		.value_size = 4,
		.max_entries = 1,
	};

	return syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr)) >= 0;
}

static void run_child(struct probe *probe)
{
	struct source *sources[MOST_WORKERS];
	unsigned long long total = 0;
	int descriptors;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (uint32_t i = 0; i < probe->options.workers; i++)
		sources[i] = header_rings_source(probe->rings, i);
	host_forget(probe->host);
	header_rings_forget(probe->rings);
	descriptors = count_bpf_descriptors();
	if (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) ||
	    setresuid(NOBODY, NOBODY, NOBODY))
		_exit(1);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* lost by changing the user */
	say("child %d descriptors %d bpf %d\n", (int)getpid(), descriptors,
	    may_call_bpf());
	for (;;) {
		uint32_t n = read_all(probe, sources, probe->options.workers);

		total += n;
		if (n)
			continue;
		if (probe->counts)
			say("total %llu\n", total);
		sleep_on(sources, probe->options.workers);
	}
}

/* --------------------------------------------------------- supervisor -- */

static void begin_child(struct probe *probe)
{
	probe->child = fork();
	if (!probe->child)
		run_child(probe);
}

static void end_child(struct probe *probe)
{
	if (probe->child <= 0)
		return;
	kill(probe->child, SIGKILL);
	waitpid(probe->child, NULL, 0);
	probe->child = 0;
	say("ended\n");
}

static void attach(struct probe *probe)
{
	struct problem problem = { "" };
	int ret = host_attach(probe->host, interface_index(probe->name),
			      &problem);

	if (ret)
		say("error %d %s\n", -ret, problem.text);
	else
		say("attached %s\n", x0f_mode_name(host_mode(probe->host)));
}

static void detach(struct probe *probe)
{
	host_detach(probe->host);
	say("detached\n");
}

static void print_outcomes(const struct probe *probe)
{
	struct x0f_segment_interface state;
	char numbers[512] = "";

	host_read(probe->host, &state);
	for (int i = 0; i < X0F_OUTCOME_COUNT; i++)
		snprintf(numbers + strlen(numbers),
			 sizeof(numbers) - strlen(numbers), " %llu",
			 (unsigned long long)state.outcomes[i]);
	say("outcomes%s\n", numbers); /* in one, as the child writes, too */
}

static void print_health(const struct probe *probe)
{
	struct problem problem = { "" };

	if (host_is_well(probe->host, &problem))
		say("well\n");
	else
		say("deaf %s\n", problem.text);
}

static void clear(const struct probe *probe)
{
	struct problem problem = { "" };
	int ret = tc_clear(probe->name, interface_index(probe->name), &problem);

	say("cleared %d %s\n", ret, problem.text);
}

/* Somebody else's TCX program, which lets nothing in. */
static void block(const struct probe *probe)
{
	static const struct bpf_insn drop_all[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 2 /* DROP */ },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	struct {
		uint32_t program;
		uint32_t ifindex;
		uint32_t attach_type;
		uint32_t rest[5];
	} link = {
		.ifindex = interface_index(probe->name),
		.attach_type = 46, /* BPF_TCX_INGRESS */
	};
	int program = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "blocker", "GPL",
				    drop_all, 2, NULL);

	link.program = (uint32_t)program;
	say("blocked %d\n", program >= 0 && syscall(SYS_bpf, BPF_LINK_CREATE,
						    &link, sizeof(link)) >= 0);
}

static void obey(struct probe *probe, const char *command)
{
	if (!strcmp(command, "well"))
		print_health(probe);
	else if (!strcmp(command, "read"))
		print_outcomes(probe);
	else if (!strcmp(command, "left"))
		say("left %llu\n",
		    (unsigned long long)header_rings_left(probe->rings, 3));
	else if (!strcmp(command, "memory"))
		say("memory %llu %llu\n",
		    (unsigned long long)header_rings_memory_bytes(probe->rings),
		    (unsigned long long)host_memory_bytes(probe->host));
	else if (!strcmp(command, "attach"))
		attach(probe);
	else if (!strcmp(command, "detach"))
		detach(probe);
	else if (!strcmp(command, "clear"))
		clear(probe);
	else if (!strcmp(command, "block"))
		block(probe);
	else if (!strcmp(command, "child"))
		begin_child(probe);
	else if (!strcmp(command, "kill"))
		end_child(probe);
	else
		say("what\n");
}

/* A kernel that never heard of TCX: BPF_LINK_CREATE is an invalid argument. */
static int pretend_old_kernel(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_bpf, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, BPF_LINK_CREATE, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(code) / sizeof(*code), code };

	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static void read_option(struct probe *probe, const char *option)
{
	if (!strcmp(option, "hook=tcx"))
		probe->options.hook = HOOK_TCX;
	else if (!strcmp(option, "hook=clsact"))
		probe->options.hook = HOOK_CLSACT;
	else if (!strncmp(option, "ring=", 5))
		probe->options.header_ring_bytes = (uint32_t)atoi(option + 5);
	else if (!strncmp(option, "workers=", 8))
		probe->options.workers = (uint32_t)atoi(option + 8);
	else if (!strcmp(option, "count=1"))
		probe->counts = true;
	else if (!strcmp(option, "kernel=old") && pretend_old_kernel())
		_exit(1);
}

static int open_probe(struct probe *probe, struct problem *problem)
{
	struct interface interface;
	struct host_request request = {
		.interface = &interface,
		.options = &probe->options,
		.position = 3,
	};
	int ret = interface_read(&interface, probe->name, problem);

	if (!ret)
		ret = header_rings_open(&probe->rings,
					probe->options.header_ring_bytes,
					probe->options.workers, problem);
	request.rings = probe->rings;
	if (!ret)
		ret = host_open(&probe->host, &request, problem);
	return ret;
}

int main(int argc, char **argv)
{
	struct probe probe = {
		.name = argc > 1 ? argv[1] : "",
		.options = { .workers = 1, .warn = warn },
	};
	struct problem problem = { "" };
	char line[64];
	int ret;

	for (int i = 2; i < argc; i++)
		read_option(&probe, argv[i]);
	if (probe.options.workers > MOST_WORKERS)
		return 64;
	ret = open_probe(&probe, &problem);
	say(ret ? "error %d %s\n" : "open %d%s\n", -ret, problem.text);
	while (!ret && fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		obey(&probe, line);
	}
	end_child(&probe);
	host_close(probe.host);
	header_rings_close(probe.rings);
	return ret ? 1 : 0;
}
