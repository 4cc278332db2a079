/* SPDX-License-Identifier: MIT */
/* See mirror.h. The programs are mirror.bpf.c's; tc.c attaches them. */
#include "mirror.h"
#include "interface.h"
#include "object.h"
#include "tc.h"

#include "../../bpf/mirror.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>

struct mirror {
	struct bpf_object *object;
	struct tc tc;
};

static int load(struct mirror *mirror, const char *to, struct problem *problem)
{
	struct mirror_state state = { .ifindex = interface_index(to) };
	uint32_t zero = 0;
	int ret;

	if (!state.ifindex)
		return problem_set(problem, -ENODEV,
				   "%s: there is no such interface", to);
	ret = object_open(&mirror->object, OBJECT_MIRROR, NULL, problem);
	if (!ret)
		ret = object_load(mirror->object, problem);
	if (ret)
		return ret;
	if (bpf_map_update_elem(object_map(mirror->object, "x0f_mirror"), &zero,
				&state, BPF_ANY))
		return problem_set(problem, -errno, "map x0f_mirror: %s",
				   problem_errno(errno));
	return 0;
}

static int attach(struct mirror *mirror, const char *from,
		  struct problem *problem)
{
	const int programs[TC_DIRECTIONS] = {
		[DIRECTION_INGRESS] = object_program(mirror->object,
						     "x0f_mirror_in"),
		[DIRECTION_EGRESS] = object_program(mirror->object,
						    "x0f_mirror_out"),
	};

	return tc_attach(&mirror->tc, from, interface_index(from), programs,
			 HOOK_AUTO, problem);
}

int mirror_open(struct mirror **out, const char *from, const char *to,
		struct problem *problem)
{
	struct mirror *mirror = calloc(1, sizeof(*mirror));
	int ret;

	*out = NULL;
	if (!mirror)
		return problem_set(problem, -ENOMEM, "out of memory");
	ret = load(mirror, to, problem);
	if (!ret)
		ret = attach(mirror, from, problem);
	if (ret)
		mirror_close(mirror);
	else
		*out = mirror;
	return ret;
}

void mirror_count(const struct mirror *mirror, struct mirror_counts *counts)
{
	struct mirror_state state = { .copied = 0 };
	uint32_t zero = 0;

	bpf_map_lookup_elem(object_map(mirror->object, "x0f_mirror"), &zero,
			    &state);
	counts->copied = state.copied;
	counts->failed = state.failed;
}

void mirror_close(struct mirror *mirror)
{
	if (!mirror)
		return;
	tc_detach(&mirror->tc);
	bpf_object__close(mirror->object);
	free(mirror);
}
