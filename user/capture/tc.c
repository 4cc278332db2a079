/* SPDX-License-Identifier: MIT */
/* See tc.h. Chooses the hook; tcx.c and clsact.c do the work. */
#include "tc_hook.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char *tc_direction_name(enum direction direction)
{
	return direction == DIRECTION_INGRESS ? "in" : "out";
}

static int read_program(int fd, struct bpf_prog_info *info)
{
	uint32_t size = sizeof(*info);

	memset(info, 0, sizeof(*info));
	return bpf_obj_get_info_by_fd(fd, info, &size);
}

bool tc_is_ours(uint32_t program_id)
{
	int fd = bpf_prog_get_fd_by_id(program_id);
	struct bpf_prog_info info;
	int ret;

	if (fd < 0)
		return false;
	ret = read_program(fd, &info);
	close(fd);
	return !ret &&
	       !strncmp(info.name, PROGRAM_PREFIX, sizeof(PROGRAM_PREFIX) - 1);
}

static int read_ids(struct tc *tc, const int programs[TC_DIRECTIONS],
		    struct problem *problem)
{
	struct bpf_prog_info info;

	for (int i = 0; i < TC_DIRECTIONS; i++) {
		int ret = read_program(programs[i], &info);

		if (ret)
			return problem_set(problem, ret,
					   "%s: cannot read a program's id: %s",
					   tc->name, problem_errno(ret));
		tc->ends[i].program_id = info.id;
	}
	return 0;
}

static int attach_by(struct tc *tc, const int programs[TC_DIRECTIONS],
		     enum capture_hook hook, struct problem *problem)
{
	/* libbpf complains aloud of what is asked just to see */
	libbpf_print_fn_t before = libbpf_set_print(NULL);
	int ret = -EOPNOTSUPP;

	if (hook != HOOK_CLSACT)
		ret = tcx_attach(tc, programs, problem);
	if (hook == HOOK_CLSACT || (hook == HOOK_AUTO && ret == -EOPNOTSUPP))
		ret = clsact_attach(tc, programs, problem);
	libbpf_set_print(before);
	return ret;
}

int tc_attach(struct tc *tc, const char *name, uint32_t ifindex,
	      const int programs[TC_DIRECTIONS], enum capture_hook hook,
	      struct problem *problem)
{
	char now[IF_NAMESIZE];
	int ret;

	memset(tc, 0, sizeof(*tc));
	snprintf(tc->name, sizeof(tc->name), "%s", name);
	if (!if_indextoname(ifindex, now))
		return problem_set(problem, -ENODEV,
				   "%s: there is no such interface", name);
	tc->ifindex = ifindex;
	ret = read_ids(tc, programs, problem);
	if (!ret)
		ret = attach_by(tc, programs, hook, problem);
	if (ret)
		tc->ifindex = 0;
	return ret;
}

static bool ask_kernel(const struct tc *tc, struct problem *problem)
{
	libbpf_print_fn_t before = libbpf_set_print(NULL);
	bool is_well = tc->is_tcx ? tcx_is_well(tc, problem) :
				    clsact_is_well(tc, problem);

	libbpf_set_print(before);
	return is_well;
}

bool tc_is_well(const struct tc *tc, struct problem *problem)
{
	char now[IF_NAMESIZE];

	if (!tc->ifindex) {
		problem_set(problem, -ENOTCONN, "%s: not attached", tc->name);
		return false;
	}
	/* A link goes on where its interface was moved to: that is not what
	 * was asked for. A new name is no reason to go deaf. */
	if (!if_indextoname(tc->ifindex, now)) {
		problem_set(problem, -ENODEV,
			    "%s: the interface is gone, or in another "
			    "network namespace",
			    tc->name);
		return false;
	}
	return ask_kernel(tc, problem);
}

void tc_detach(struct tc *tc)
{
	libbpf_print_fn_t before;

	if (!tc->ifindex)
		return;
	before = libbpf_set_print(NULL);
	if (tc->is_tcx)
		tcx_detach(tc);
	else
		clsact_detach(tc);
	libbpf_set_print(before);
	tc->ifindex = 0;
}

void tc_forget(struct tc *tc)
{
	if (tc->ifindex && tc->is_tcx)
		tcx_forget(tc);
	else if (tc->ifindex)
		clsact_forget(tc);
	tc->ifindex = 0;
}

int tc_clear(const char *name, uint32_t ifindex, struct problem *problem)
{
	libbpf_print_fn_t before = libbpf_set_print(NULL);
	int links = tcx_clear(ifindex);
	int filters = clsact_clear(ifindex);
	int error = links < 0 ? links : filters;

	libbpf_set_print(before);
	if (error < 0)
		return problem_set(problem, error,
				   "%s: cannot remove TC programs: %s", name,
				   problem_errno(error));
	return links + filters;
}
