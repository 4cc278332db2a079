/* SPDX-License-Identifier: MIT */
/*
 * The host: kernel, rights, memory. See examine.h. Called by x0f check; one
 * thread.
 */
#define _GNU_SOURCE /* CPU_COUNT() */
#include "examine.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

static void read_kernel(struct examined_host *host)
{
	struct utsname name = { .release = "?" };

	uname(&name);
	snprintf(host->release, sizeof(host->release), "%.64s", name.release);
	/* a release without two numbers is no Linux that we know */
	if (sscanf(name.release, "%u.%u", &host->major, &host->minor) != 2)
		host->major = host->minor = 0;
}

static void read_rights(struct examined_host *host)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	memset(data, 0, sizeof(data));
	if (!syscall(SYS_capget, &header, data))
		host->rights = (uint64_t)data[1].effective << 32 |
			       data[0].effective;
}

/* -1: absent, or not for us. */
static int read_setting(const char *path)
{
	FILE *file = fopen(path, "re");
	int value = -1;

	if (!file)
		return -1;
	if (fscanf(file, "%d", &value) != 1)
		value = -1;
	fclose(file);
	return value;
}

static void read_memory(struct examined_host *host)
{
	FILE *file = fopen("/proc/meminfo", "re");
	unsigned long long size = 0;
	unsigned long long pages = 0;
	char line[128];

	while (file && fgets(line, sizeof(line), file)) {
		unsigned long long value;

		if (sscanf(line, "MemAvailable: %llu", &value) == 1)
			host->memory_kib = value;
		else if (sscanf(line, "HugePages_Free: %llu", &value) == 1)
			pages = value;
		else if (sscanf(line, "Hugepagesize: %llu", &value) == 1)
			size = value;
	}
	if (file)
		fclose(file);
	host->huge_pages = size == 2048 ? (uint32_t)pages : 0;
}

static void read_limits(struct examined_host *host)
{
	struct rlimit limit = { .rlim_cur = 0 };
	cpu_set_t cpus;

	getrlimit(RLIMIT_MEMLOCK, &limit);
	host->memlock_bytes = limit.rlim_cur == RLIM_INFINITY ? UINT64_MAX :
								limit.rlim_cur;
	host->cpus = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN);
	if (!sched_getaffinity(0, sizeof(cpus), &cpus))
		host->cpus = (uint32_t)CPU_COUNT(&cpus);
}

/* The family is looked for before the right to use it. */
static bool has_af_xdp(void)
{
	int fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return errno == EPERM || errno == EACCES;
	close(fd);
	return true;
}

/* return 0; of the kind that inline capture attaches */
static int try_load(void)
{
	const struct bpf_insn program[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	libbpf_print_fn_t before = libbpf_set_print(NULL);
	int fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "check", "GPL", program,
			       2, NULL);

	libbpf_set_print(before);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

void examine_host(struct examined_host *host)
{
	memset(host, 0, sizeof(*host));
	read_kernel(host);
	host->is_root = !geteuid();
	read_rights(host);
	read_memory(host);
	read_limits(host);
	host->is_debian = !access("/etc/debian_version", F_OK);
	host->has_af_xdp = has_af_xdp();
	host->load_error = try_load();
	host->jit = read_setting("/proc/sys/net/core/bpf_jit_enable");
	host->unprivileged = read_setting(
		"/proc/sys/kernel/unprivileged_bpf_disabled");
}
