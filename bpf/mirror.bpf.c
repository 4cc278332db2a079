/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A mirror port made of software, for x0f demo: a copy of every packet of one
 * interface, either direction, leaves through another one. Both programs do
 * the same; the packet itself goes its way untouched. User space says where to
 * before it attaches them.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "mirror.h"

/* TCX_NEXT and TC_ACT_UNSPEC: whoever comes next decides */
#define VERDICT_NONE (-1)

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct mirror_state);
} x0f_mirror SEC(".maps");

static __always_inline int copy(struct __sk_buff *skb)
{
	struct mirror_state *state;
	__u32 zero = 0;

	state = bpf_map_lookup_elem(&x0f_mirror, &zero);
	if (!state)
		return VERDICT_NONE;
	if (bpf_clone_redirect(skb, state->ifindex, 0))
		__sync_fetch_and_add(&state->failed, 1);
	else
		__sync_fetch_and_add(&state->copied, 1);
	return VERDICT_NONE;
}

SEC("tc")
int x0f_mirror_in(struct __sk_buff *skb)
{
	return copy(skb);
}

SEC("tc")
int x0f_mirror_out(struct __sk_buff *skb)
{
	return copy(skb);
}

const char licence[] SEC("license") = "Dual BSD/GPL";
