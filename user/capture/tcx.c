/* SPDX-License-Identifier: MIT */
/*
 * TCX links, by raw bpf(2): neither Debian 12's headers (kernel 6.1) nor its
 * libbpf (1.1) know of them. Our programs go to the head of the list, so that
 * no other program can end a packet's way before we saw it; ours never end
 * one. See tc_hook.h.
 */
#include "tc_hook.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* include/uapi/linux/bpf.h of kernel 6.6 */
#define TCX_INGRESS 46
#define TCX_EGRESS 47
#define TCX_BEFORE (1u << 3) /* BPF_F_BEFORE; what: 0, so the head */
#define TCX_MOST_PROGRAMS 64 /* on one hook: BPF_MPROG_MAX */

/* union bpf_attr for BPF_LINK_CREATE */
struct tcx_link_create {
	uint32_t program;
	uint32_t ifindex;
	uint32_t attach_type;
	uint32_t flags;
	uint32_t relative;
	uint32_t padding;
	uint64_t expected_revision;
};

/* union bpf_attr for BPF_PROG_QUERY; pointers are addresses */
struct tcx_query {
	uint32_t ifindex;
	uint32_t attach_type;
	uint32_t query_flags;
	uint32_t attach_flags;
	uint64_t program_ids;
	uint32_t count;
	uint32_t padding;
	uint64_t program_flags;
	uint64_t link_ids;
	uint64_t link_flags;
	uint64_t revision;
};

/* struct bpf_link_info of a TCX link, with room for what kernels may add */
struct tcx_link_info {
	uint32_t type;
	uint32_t id;
	uint32_t program_id;
	uint32_t padding;
	uint32_t ifindex; /* 0: detached, or its interface is gone */
	uint32_t attach_type;
	uint8_t more[232];
};

static uint32_t attach_type(int direction)
{
	return direction == DIRECTION_INGRESS ? TCX_INGRESS : TCX_EGRESS;
}

static int call(enum bpf_cmd command, void *attr, size_t size)
{
	long ret = syscall(SYS_bpf, command, attr, size);

	return ret < 0 ? -errno : (int)ret;
}

static int create_link(uint32_t ifindex, int program, int direction)
{
	struct tcx_link_create attr = {
		.program = (uint32_t)program,
		.ifindex = ifindex,
		.attach_type = attach_type(direction),
		.flags = TCX_BEFORE,
	};

	return call(BPF_LINK_CREATE, &attr, sizeof(attr));
}

static int explain(const struct tc *tc, int error, int direction,
		   struct problem *problem)
{
	/* What kernels before 6.6 say to an attach type that they never
	 * heard of. */
	if (error == -EINVAL || error == -E2BIG)
		return problem_set(problem, -EOPNOTSUPP,
				   "%s: this kernel has no TCX (Linux 6.6 has "
				   "it): use --hook clsact",
				   tc->name);
	return problem_set(problem, error,
			   "%s: cannot attach a TCX program (%s): %s", tc->name,
			   tc_direction_name((enum direction)direction),
			   problem_errno(error));
}

int tcx_attach(struct tc *tc, const int programs[TC_DIRECTIONS],
	       struct problem *problem)
{
	tc->is_tcx = true;
	for (int i = 0; i < TC_DIRECTIONS; i++)
		tc->ends[i].link = -1;
	for (int i = 0; i < TC_DIRECTIONS; i++) {
		int link = create_link(tc->ifindex, programs[i], i);

		if (link < 0) {
			tcx_detach(tc);
			return explain(tc, link, i, problem);
		}
		tc->ends[i].link = link;
	}
	return 0;
}

bool tcx_is_well(const struct tc *tc, struct problem *problem)
{
	for (int i = 0; i < TC_DIRECTIONS; i++) {
		struct tcx_link_info info = { .type = 0 };
		uint32_t size = sizeof(info);
		int ret = bpf_obj_get_info_by_fd(tc->ends[i].link, &info,
						 &size);

		if (ret || info.ifindex != tc->ifindex) {
			problem_set(problem, -ENOLINK,
				    "%s: somebody detached our TCX program "
				    "(%s)",
				    tc->name,
				    tc_direction_name((enum direction)i));
			return false;
		}
	}
	return true;
}

void tcx_detach(struct tc *tc)
{
	/* First, as somebody may have a copy of the descriptor. Fails where
	 * there is nothing to detach any more. */
	for (int i = 0; i < TC_DIRECTIONS; i++)
		if (tc->ends[i].link >= 0)
			bpf_link_detach(tc->ends[i].link);
	tcx_forget(tc);
}

void tcx_forget(struct tc *tc)
{
	for (int i = 0; i < TC_DIRECTIONS; i++) {
		if (tc->ends[i].link >= 0)
			close(tc->ends[i].link);
		tc->ends[i].link = -1;
	}
}

static int detach_by_id(uint32_t link_id)
{
	int fd = bpf_link_get_fd_by_id(link_id);
	int ret;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	ret = bpf_link_detach(fd);
	close(fd);
	return ret ? ret : 1;
}

static int clear_direction(uint32_t ifindex, int direction)
{
	uint32_t programs[TCX_MOST_PROGRAMS] = { 0 };
	uint32_t links[TCX_MOST_PROGRAMS] = { 0 };
	struct tcx_query attr = {
		.ifindex = ifindex,
		.attach_type = attach_type(direction),
		.program_ids = (uintptr_t)programs,
		.link_ids = (uintptr_t)links,
		.count = TCX_MOST_PROGRAMS,
	};
	int ret = call(BPF_PROG_QUERY, &attr, sizeof(attr));
	int cleared = 0;

	/* no TCX in this kernel, or no program */
	if (ret == -EINVAL || ret == -E2BIG || ret == -ENOENT)
		return 0;
	if (ret)
		return ret;
	for (uint32_t i = 0; i < attr.count && i < TCX_MOST_PROGRAMS; i++) {
		if (!links[i] || !tc_is_ours(programs[i]))
			continue;
		ret = detach_by_id(links[i]);
		if (ret < 0)
			return ret;
		cleared += ret;
	}
	return cleared;
}

int tcx_clear(uint32_t ifindex)
{
	int in = clear_direction(ifindex, DIRECTION_INGRESS);
	int out = in < 0 ? 0 : clear_direction(ifindex, DIRECTION_EGRESS);

	return in < 0 || out < 0 ? (in < 0 ? in : out) : in + out;
}
