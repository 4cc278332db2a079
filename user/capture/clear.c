/* SPDX-License-Identifier: MIT */
/*
 * Removes what sensors left at an interface, whoever they were and whether
 * they live: the emergency exit. Called by x0f detach; one thread. Programs
 * of others are found again by name and never touched. A sensor that lives
 * attaches its own again, so it is waited for, and named.
 */
#include "capture.h"
#include "holder.h"
#include "interface.h"
#include "tc.h"
#include "tc_hook.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <time.h>
#include <unistd.h>

/* A sensor tries again after 100 ms, and then at least once a second. */
#define AGAIN_MS 1000
#define PAUSE_MS 50

/* On one hook of TCX: BPF_MPROG_MAX */
#define MOST_TCX 64

/* Ours at one interface; in each direction, and by XDP, one is the rule */
#define MOST_PROGRAMS 64

/* include/uapi/linux/bpf.h of kernel 6.6 */
static const int tcx_hooks[] = { 46, 47 };

struct programs {
	uint32_t count;
	uint32_t ids[MOST_PROGRAMS];
};

/*
 * Numbers of interfaces repeat between network namespaces, those of programs
 * do not: program is one that is attached here.
 */
static int detach_link(uint32_t id, uint32_t ifindex, uint32_t program)
{
	struct bpf_link_info info = { .type = 0 };
	uint32_t size = sizeof(info);
	int fd = bpf_link_get_fd_by_id(id);
	int ret = 0;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	if (!bpf_obj_get_info_by_fd(fd, &info, &size) &&
	    info.type == BPF_LINK_TYPE_XDP && info.xdp.ifindex == ifindex &&
	    info.prog_id == program)
		ret = bpf_link_detach(fd) ? -errno : 1;
	close(fd);
	return ret;
}

/* By a link that somebody still holds; those of the dead are gone. */
static int clear_link(uint32_t ifindex, uint32_t program)
{
	uint32_t id = 0;
	int ret;

	while (!(ret = bpf_link_get_next_id(id, &id))) {
		ret = detach_link(id, ifindex, program);
		if (ret)
			return ret;
	}
	return ret == -ENOENT ? 0 : ret;
}

/*
 * Without a link, where it stays when its sensor dies. Fails if another
 * program took its place meanwhile.
 */
static int clear_attachment(uint32_t ifindex, uint32_t program, uint32_t mode)
{
	LIBBPF_OPTS(bpf_xdp_attach_opts, options);
	int fd = bpf_prog_get_fd_by_id(program);
	int ret;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	options.old_prog_fd = fd;
	ret = bpf_xdp_detach((int)ifindex, mode, &options);
	close(fd);
	return ret ? ret : 1;
}

static int clear_program(uint32_t ifindex, uint32_t program, uint32_t mode)
{
	int ret;

	if (!program || !tc_is_ours(program))
		return 0;
	ret = clear_link(ifindex, program);
	return ret ? ret : clear_attachment(ifindex, program, mode);
}

/* Whose a program is may not be asked by everybody. */
static int check_rights(void)
{
	uint32_t id;
	int ret = bpf_prog_get_next_id(0, &id);

	return ret == -ENOENT ? 0 : ret;
}

static int clear_xdp(uint32_t ifindex)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, found);
	int driver;
	int generic;
	int ret = check_rights();

	if (!ret)
		ret = bpf_xdp_query((int)ifindex, 0, &found);
	if (ret)
		return ret;
	driver = clear_program(ifindex, found.drv_prog_id, XDP_FLAGS_DRV_MODE);
	generic = clear_program(ifindex, found.skb_prog_id, XDP_FLAGS_SKB_MODE);
	if (driver < 0 || generic < 0)
		return driver < 0 ? driver : generic;
	return driver + generic;
}

static int explain(const char *name, int error, struct problem *problem)
{
	if (error == -EPERM || error == -EACCES)
		return problem_set(problem, -EPERM,
				   "%s: no right to look for BPF programs: run "
				   "it as root, or with CAP_SYS_ADMIN and "
				   "CAP_NET_ADMIN",
				   name);
	return problem_set(problem, error, "%s: cannot detach: %s", name,
			   problem_errno(error));
}

/* Both, whatever becomes of one. */
static int clear_all(const struct interface *interface, struct problem *problem)
{
	int programs = clear_xdp(interface->ifindex);
	int ret = tc_clear(interface->name, interface->ifindex, problem);

	if (programs < 0)
		return explain(interface->name, programs, problem);
	return ret < 0 ? ret : programs + ret;
}

/* ------------------------------------------------------- who comes back -- */

static void add(struct programs *programs, uint32_t id)
{
	if (id && programs->count < MOST_PROGRAMS && tc_is_ours(id))
		programs->ids[programs->count++] = id;
}

static void list_tcx(uint32_t ifindex, int hook, struct programs *programs)
{
	uint32_t ids[MOST_TCX] = { 0 };
	uint32_t count = MOST_TCX;

	if (bpf_prog_query((int)ifindex, (enum bpf_attach_type)hook, 0, NULL,
			   ids, &count))
		return;
	for (uint32_t i = 0; i < count && i < MOST_TCX; i++)
		add(programs, ids[i]);
}

/* What cannot be asked for is not there. */
static void list_programs(uint32_t ifindex, struct programs *programs)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, found);
	uint32_t ids[MOST_PROGRAMS];
	uint32_t count = clsact_list(ifindex, ids, MOST_PROGRAMS);

	programs->count = 0;
	if (!bpf_xdp_query((int)ifindex, 0, &found)) {
		add(programs, found.drv_prog_id);
		add(programs, found.skb_prog_id);
	}
	for (size_t i = 0; i < sizeof(tcx_hooks) / sizeof(*tcx_hooks); i++)
		list_tcx(ifindex, tcx_hooks[i], programs);
	for (uint32_t i = 0; i < count; i++)
		add(programs, ids[i]);
}

static int tell_back(const char *name, uint32_t id, struct problem *problem)
{
	char command[HOLDER_NAME];
	pid_t pid = holder_find(id, command);

	if (!pid)
		return problem_set(
			problem, -EBUSY,
			"%s: was freed, but program %u came back, by "
			"a process that cannot be seen from here, in "
			"a container perhaps: stop that sensor",
			name, id);
	return problem_set(problem, -EBUSY,
			   "%s: was freed, but process %d (%s) has attached "
			   "program %u again: x0f stop with that sensor's "
			   "--run-dir, or kill %d",
			   name, (int)pid, command, id, (int)pid);
}

/* One that is stopped or slow. */
static int tell_held(const char *name, uint32_t id, struct problem *problem)
{
	char command[HOLDER_NAME];
	pid_t pid = holder_find(id, command);

	if (!pid)
		return 0;
	return problem_set(problem, -EBUSY,
			   "%s: is free, but process %d (%s) still holds "
			   "program %u and may attach it again: kill -9 %d",
			   name, (int)pid, command, id, (int)pid);
}

static int await_return(const struct interface *interface,
			const struct programs *removed, struct problem *problem)
{
	const struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000 };
	struct programs now;
	int ret = 0;

	for (int ms = 0; ms < AGAIN_MS; ms += PAUSE_MS) {
		nanosleep(&pause, NULL);
		list_programs(interface->ifindex, &now);
		if (now.count)
			return tell_back(interface->name, now.ids[0], problem);
	}
	for (uint32_t i = 0; i < removed->count && !ret; i++)
		ret = tell_held(interface->name, removed->ids[i], problem);
	return ret;
}

int capture_clear(const char *interface, struct problem *problem)
{
	struct programs programs;
	struct interface found;
	int cleared;
	int ret = interface_read(&found, interface, problem);

	if (ret)
		return ret;
	list_programs(found.ifindex, &programs);
	cleared = clear_all(&found, problem);
	ret = cleared > 0 ? await_return(&found, &programs, problem) : 0;
	return ret ? ret : cleared;
}
