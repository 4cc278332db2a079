/* SPDX-License-Identifier: MIT */
/*
 * Removes what sensors left at an interface, whoever they were and whether
 * they live: the emergency exit. Called by x0f detach; one thread. Programs
 * of others are found again by name and never touched.
 */
#include "capture.h"
#include "interface.h"
#include "tc.h"
#include "tc_hook.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <unistd.h>

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

int capture_clear(const char *interface, struct problem *problem)
{
	struct interface found;
	int programs;
	int ret = interface_read(&found, interface, problem);

	if (ret)
		return ret;
	programs = clear_xdp(found.ifindex);
	if (programs < 0)
		return explain(found.name, programs, problem);
	ret = tc_clear(found.name, found.ifindex, problem);
	return ret < 0 ? ret : programs + ret;
}
