/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Mode tap, an XDP program: wanted packets go to the AF_XDP socket of their
 * queue, which takes them away from the host. The rest is dropped, or goes to
 * the host's stack where the user asked for it. A queue without a socket
 * gives its wanted packets to the stack, and counts them.
 */
#include "maps.h"

/* Socket by queue; max_entries set by user space. */
struct {
	__uint(type, BPF_MAP_TYPE_XSKMAP);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u32);
} x0f_sockets SEC(".maps");

SEC("xdp")
int x0f_ingress(struct xdp_md *ctx)
{
	struct view view = {
		.at = PACKET_POINTER(ctx, data),
		.end = PACKET_POINTER(ctx, data_end),
	};
	struct prefilter found;
	__u32 outcome = prefilter_decide(&view, 0, 0, &found);
	long action = config.pass_rest ? XDP_PASS : XDP_DROP;

	if (outcome == OUTCOME_DELIVERED) {
		if (!is_allowed(&found)) {
			outcome = OUTCOME_FILTERED;
		} else {
			action = bpf_redirect_map(&x0f_sockets,
						  ctx->rx_queue_index,
						  XDP_PASS);
			if (action != XDP_REDIRECT)
				outcome = OUTCOME_NO_SOCKET;
		}
	}
	count(outcome);
	return (int)action;
}

/* helpers that only GPL programs may call */
const char licence[] SEC("license") = "Dual BSD/GPL";
