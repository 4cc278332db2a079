/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Mode inline, TC programs for what comes in and what goes out: the headers of
 * wanted packets are copied into the ring of this CPU, and every packet goes
 * its way untouched. Two programs that differ in the direction they write.
 */
#define PREFILTER_LOAD(skb, offset, to, size) \
	bpf_skb_load_bytes(skb, offset, to, size)

#include "maps.h"

/* TCX_NEXT and TC_ACT_UNSPEC: whoever comes next decides */
#define VERDICT_NONE (-1)

enum { ETHERNET_ADDRESSES = 12, TAG_BYTES = 4, LEAST_PAGE = 4096 };

/* Ring by CPU; filled by user space. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(
		values, struct {
			__uint(type, BPF_MAP_TYPE_RINGBUF);
			__uint(max_entries, LEAST_PAGE);
		});
} x0f_rings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct wake);
} x0f_wake SEC(".maps");

/* All that is left of a tag once the kernel has taken it out of the bytes. */
static __always_inline __u32 stored_tags(const struct __sk_buff *skb)
{
	return !config.is_raw && skb->vlan_present;
}

static __always_inline __u32 decide(struct __sk_buff *skb, struct view *view)
{
	struct prefilter found;
	__u32 outcome = prefilter_decide(view, config.is_raw, stored_tags(skb),
					 &found);

	if (outcome == OUTCOME_DELIVERED && !is_allowed(&found))
		outcome = OUTCOME_FILTERED;
	return outcome;
}

/* Some drivers leave little more than the Ethernet header in the linear part. */
static __noinline int decide_paged(struct __sk_buff *skb)
{
	struct view view = { .skb = skb };

	return (int)decide(skb, &view);
}

/* Copies up to `room` bytes, at most what is there. Returns how many, or 0. */
static __always_inline __u32 copy(struct __sk_buff *skb, __u32 offset, __u8 *to,
				  __u32 room)
{
	__u32 len = skb->len - offset;

	if (len > room)
		len = room;
	/*
	 * clang would prove this from the above, which the verifier cannot; and
	 * that of kernel 6.1 only where the register that was compared is used.
	 */
	len--;
	asm volatile("" : "+r"(len));
	if (len >= room)
		return 0;
	len++;
	return bpf_skb_load_bytes(skb, offset, to, len) ? 0 : len;
}

/* The frame's beginning, with its tag where it was on the wire. */
static __always_inline __u32 copy_header(struct __sk_buff *skb, __u8 *data)
{
	__u32 len;

	if (!stored_tags(skb))
		return copy(skb, 0, data, HEADER_BYTES);
	if (bpf_skb_load_bytes(skb, 0, data, ETHERNET_ADDRESSES))
		return 0;
	*(__u16 *)(data + 12) = (__u16)skb->vlan_proto;
	*(__u16 *)(data + 14) = __builtin_bswap16((__u16)skb->vlan_tci);
	len = copy(skb, ETHERNET_ADDRESSES,
		   data + ETHERNET_ADDRESSES + TAG_BYTES,
		   HEADER_BYTES - ETHERNET_ADDRESSES - TAG_BYTES);
	return len ? len + ETHERNET_ADDRESSES + TAG_BYTES : 0;
}

/*
 * The commit of our record was a full barrier, so `sleeping` is read behind
 * it; abi.h says why nobody is missed. The flag is taken back first: the
 * reader may set it again as soon as it is awake.
 */
static __always_inline void wake_reader(void *ring, const __u32 *cpu)
{
	struct wake *wake = bpf_map_lookup_elem(&x0f_wake, cpu);
	void *nudge;

	if (!wake || !*(volatile __u32 *)&wake->sleeping)
		return;
	if (!__sync_lock_test_and_set(&wake->sleeping, 0))
		return;
	nudge = bpf_ringbuf_reserve(ring, sizeof(__u64), 0);
	if (nudge)
		bpf_ringbuf_discard(nudge, BPF_RB_FORCE_WAKEUP);
}

/*
 * What this host sends by TCP carries the time at which TCP made it: the same
 * clock, and it saves a third of all that a packet costs here.
 */
static __always_inline __u64 read_time(const struct __sk_buff *skb,
				       __u8 direction)
{
	if (direction == DIRECTION_EGRESS &&
	    skb->tstamp_type == BPF_SKB_TSTAMP_DELIVERY_MONO)
		return skb->tstamp;
	return bpf_ktime_get_ns();
}

static __always_inline __u32 deliver(struct __sk_buff *skb, __u8 direction)
{
	__u32 cpu = bpf_get_smp_processor_id();
	void *ring = bpf_map_lookup_elem(&x0f_rings, &cpu);
	struct header_event *event;
	__u32 len;

	if (!ring)
		return OUTCOME_NO_SOCKET;
	event = bpf_ringbuf_reserve(ring, sizeof(*event), 0);
	if (!event)
		return OUTCOME_RING_FULL;
	len = copy_header(skb, event->data);
	if (!len) {
		bpf_ringbuf_discard(event, BPF_RB_NO_WAKEUP);
		return OUTCOME_NOT_COPIED;
	}
	event->time_ns = read_time(skb, direction);
	event->wire_len = skb->len + (stored_tags(skb) ? TAG_BYTES : 0);
	event->len = (__u8)len;
	event->direction = direction;
	event->interface = (__u8)config.interface;
	event->is_raw = (__u8)config.is_raw;
	bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
	wake_reader(ring, &cpu);
	return OUTCOME_DELIVERED;
}

static __always_inline int look(struct __sk_buff *skb, __u8 direction)
{
	const __u8 *begin = PACKET_POINTER(skb, data);
	const __u8 *end = PACKET_POINTER(skb, data_end);
	struct view view = { .at = begin, .end = end };
	__u32 outcome = decide(skb, &view);

	if (outcome == OUTCOME_TOO_SHORT && (__u32)(end - begin) < skb->len)
		outcome = (__u32)decide_paged(skb);
	if (outcome == OUTCOME_DELIVERED)
		outcome = deliver(skb, direction);
	count(outcome);
	return VERDICT_NONE;
}

SEC("tc")
int x0f_in(struct __sk_buff *skb)
{
	return look(skb, DIRECTION_INGRESS);
}

SEC("tc")
int x0f_out(struct __sk_buff *skb)
{
	return look(skb, DIRECTION_EGRESS);
}

/* helpers that only GPL programs may call */
const char licence[] SEC("license") = "Dual BSD/GPL";
