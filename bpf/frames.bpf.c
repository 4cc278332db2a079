/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The generator's program, put in front of a sensor's own while `x0f gen
 * --live-frames` runs. The kernel repeats one packet, the carrier; each time
 * it comes by, the next of x0f_frames is written over it, and goes on to the
 * sensor's program as if it had been received. Everything else, real packets,
 * goes on untouched.
 *
 * Carriers are recycled, not made anew: their length is put right by the
 * kernel, their bytes are not. So the cookie stands where no frame reaches.
 * It is random, and a packet from outside cannot guess it.
 *
 * BPF_PROG_TEST_RUN runs it on one CPU, in one call at a time, which alone
 * writes to x0f_generator; any other CPU may run it for real packets.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "frames.h"

/* Most frames end before this: an Ethernet, IPv6 and full TCP header */
#define SHORT_ROOM 128

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, FRAME_COUNT);
	__type(key, __u32);
	__type(value, struct frame);
} x0f_frames SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct generator_state);
} x0f_generator SEC(".maps");

/* One slot: the sensor's program. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} x0f_next SEC(".maps");

/* Neither side is aligned; XDP's machines do not mind. */
static __always_inline void copy(void *to, const void *from, int begin, int end)
{
	int at;

#pragma unroll
	for (at = begin; at < end; at += 8)
		*(volatile __u64 *)((char *)to + at) = *(
			const __u64 *)((const char *)from + at);
}

/* Frame `which` over the carrier; its length, or 0. */
static __always_inline __u32 write_frame(void *packet, __u32 which)
{
	const struct frame *frame = bpf_map_lookup_elem(&x0f_frames, &which);

	if (!frame)
		return 0;
	copy(packet, frame->data, 0, SHORT_ROOM);
	if (frame->len <= SHORT_ROOM)
		return frame->len;
	copy(packet, frame->data, SHORT_ROOM, FRAME_BYTES - 4);
	/* FRAME_BYTES is no multiple of eight */
	*(volatile __u32 *)((char *)packet + FRAME_BYTES -
			    4) = *(const __u32 *)&frame->data[FRAME_BYTES - 4];
	return frame->len;
}

SEC("xdp")
int x0f_generate(struct xdp_md *ctx)
{
	void *packet = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	struct generator_state *state;
	__u32 zero = 0;
	__u32 which;
	__u32 len;

	if (packet + CARRIER_BYTES > end)
		goto next;
	state = bpf_map_lookup_elem(&x0f_generator, &zero);
	if (!state || *(__u64 *)(packet + CARRIER_ROOM) != state->cookie)
		goto next;
	which = state->next;
	state->next = which + 1 < state->count ? which + 1 : 0;
	state->sent++;
	len = write_frame(packet, which);
	if (!len || bpf_xdp_adjust_tail(ctx, (int)len - CARRIER_BYTES))
		return XDP_ABORTED;
	bpf_tail_call_static(ctx, &x0f_next, 0);
	return XDP_DROP; /* there is no sensor */
next:
	bpf_tail_call_static(ctx, &x0f_next, 0);
	return XDP_PASS;
}

const char licence[] SEC("license") = "Dual BSD/GPL";
