/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What becomes of a packet: the one decision of the kernel side, in C that is
 * compiled for BPF and for user space, where tests hold it against
 * x0f_observe(). Every frame with at most two VLAN tags that x0f_observe()
 * calls X0F_OK is wanted; what is wanted and is not X0F_OK (a length that is
 * wrong, say) is the worker's to count. Layers and their order are those of
 * user/lib/{link,ip,tcp}.c.
 *
 * All loops are bounded, no state, no helper needed: kernels from 5.10 on can
 * verify it. Runs in softirq or process context, any CPU.
 */
#ifndef X0F_BPF_PREFILTER_CORE_H
#define X0F_BPF_PREFILTER_CORE_H

#include "abi.h"

#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif

/*
 * A packet and how far it has been read. Either its bytes lie at [at, end);
 * or, where `skb` is set, they begin at `offset` of an skb that is not linear,
 * and PREFILTER_LOAD() of the includer copies them (0: done).
 */
struct view {
	const __u8 *at;
	const __u8 *end;
	void *skb;
	__u32 offset;
};

#ifndef PREFILTER_LOAD
#define PREFILTER_LOAD(skb, offset, to, size) \
	((void)(skb), (void)(offset), (void)(to), (void)(size), -1)
#endif

/* What a filter asks of a wanted packet. */
struct prefilter {
	const __u8 *src; /* 4 or 16 bytes in the packet or in `room` */
	const __u8 *dst;
	__u64 ip_version;
	__u32 src_port;
	__u32 dst_port;
	__u32 is_synack;
	__u8 room[40] __attribute__((aligned(8))); /* IP header, if copied */
};

enum {
	TYPE_IPV4 = 0x0800,
	TYPE_VLAN = 0x8100,
	TYPE_IPV6 = 0x86dd,
	TYPE_PPPOE = 0x8864,
	TYPE_QINQ = 0x88a8,
	TYPE_QINQ_OLD = 0x9100,
};

enum { PPP_PROTOCOL_IPV4 = 0x0021, PPP_PROTOCOL_IPV6 = 0x0057 };

enum {
	NEXT_HOP_BY_HOP = 0,
	NEXT_TCP = 6,
	NEXT_ROUTING = 43,
	NEXT_FRAGMENT = 44,
	NEXT_AUTH = 51,
	NEXT_DEST_OPTIONS = 60,
	NEXT_MOBILITY = 135,
	NEXT_HIP = 139,
	NEXT_SHIM6 = 140,
};

enum {
	ETHERNET_BYTES = 14,
	VLAN_BYTES = 4,
	PPPOE_BYTES = 8, /* with the PPP protocol */
	IPV4_BYTES = 20,
	IPV6_BYTES = 40,
	TCP_BYTES = 14, /* ports to flags */
};

enum { MOST_TAGS = 2, MOST_EXTENSIONS = 8 };
enum { FLAG_FIN = 0x01, FLAG_SYN = 0x02, FLAG_RST = 0x04, FLAG_ACK = 0x10 };

/* Not an outcome yet: go on with this IP version. */
#define GO_ON_ANY_IP (OUTCOME_COUNT + 0)
#define GO_ON_IPV4 (OUTCOME_COUNT + 4)
#define GO_ON_IPV6 (OUTCOME_COUNT + 6)
#define GO_ON_TCP (OUTCOME_COUNT + 8)

/*
 * clang would derive the version from what it knows of the EtherType, and the
 * verifier cannot follow that to the length of an address.
 */
static __always_inline __u64 opaque(__u64 value)
{
#ifdef __bpf__
	asm volatile("" : "+r"(value));
#endif
	return value;
}

/*
 * Two bytes in network order. The kernel lets us load them at odd addresses,
 * which clang would not dare; user space must not.
 */
static __always_inline __u32 read_be16(const __u8 *bytes)
{
#ifdef __bpf__
	return __builtin_bswap16(*(const __u16 *)bytes);
#else
	return (__u32)bytes[0] << 8 | bytes[1];
#endif
}

/* The next `size` bytes, or NULL: there are fewer. room: where they may lie. */
static __always_inline const __u8 *view_peek(const struct view *view,
					     __u32 size, void *room)
{
	if (view->skb)
		return PREFILTER_LOAD(view->skb, view->offset, room, size) ?
			       (const __u8 *)0 :
			       (const __u8 *)room;
	return view->at + size > view->end ? (const __u8 *)0 : view->at;
}

static __always_inline void view_skip(struct view *view, __u32 size)
{
	if (view->skb)
		view->offset += size;
	else
		view->at += size;
}

static __always_inline int is_tag(__u32 type)
{
	return type == TYPE_VLAN || type == TYPE_QINQ || type == TYPE_QINQ_OLD;
}

/* RFC 2516, then RFC 1661: the protocol may be sent as one odd byte. */
static __always_inline __u32 decide_pppoe(struct view *view)
{
	__u8 room[PPPOE_BYTES] __attribute__((aligned(8)));
	const __u8 *header = view_peek(view, PPPOE_BYTES, room);
	__u32 protocol;

	if (!header)
		return OUTCOME_TOO_SHORT;
	if (header[0] != 0x11 || header[1])
		return OUTCOME_NOT_IP;
	protocol = read_be16(header + 6);
	if (header[6] & 1) {
		protocol >>= 8;
		view_skip(view, PPPOE_BYTES - 1);
	} else {
		view_skip(view, PPPOE_BYTES);
	}
	if (protocol == PPP_PROTOCOL_IPV4)
		return GO_ON_IPV4;
	return protocol == PPP_PROTOCOL_IPV6 ? GO_ON_IPV6 : OUTCOME_NOT_IP;
}

/* tags: how many were before, outside of the view */
static __always_inline __u32 decide_ethernet(struct view *view, __u32 tags)
{
	__u8 room[16] __attribute__((aligned(8)));
	const __u8 *header = view_peek(view, ETHERNET_BYTES, room);
	__u32 type;

	if (!header)
		return OUTCOME_TOO_SHORT;
	type = read_be16(header + 12);
	view_skip(view, ETHERNET_BYTES);
	for (int i = 0; i < MOST_TAGS; i++) {
		if (!is_tag(type) || tags == MOST_TAGS)
			break;
		header = view_peek(view, VLAN_BYTES, room);
		if (!header)
			return OUTCOME_TOO_SHORT;
		type = read_be16(header + 2);
		view_skip(view, VLAN_BYTES);
		tags++;
	}
	if (type == TYPE_IPV4)
		return GO_ON_IPV4;
	if (type == TYPE_IPV6)
		return GO_ON_IPV6;
	if (type == TYPE_PPPOE)
		return decide_pppoe(view);
	return is_tag(type) ? OUTCOME_TAGS : OUTCOME_NOT_IP;
}

static __always_inline __u32 decide_ipv4(struct view *view,
					 struct prefilter *found)
{
	const __u8 *header = view_peek(view, IPV4_BYTES, found->room);
	__u32 header_len;

	if (!header)
		return OUTCOME_TOO_SHORT;
	header_len = (header[0] & 0xfu) * 4;
	if (header[0] >> 4 != 4 || header_len < IPV4_BYTES)
		return OUTCOME_BAD_IP;
	if (header[9] != NEXT_TCP)
		return OUTCOME_NOT_TCP;
	if (read_be16(header + 6) & 0x3fff)
		return OUTCOME_FRAGMENT;
	found->ip_version = opaque(4);
	found->src = header + 12;
	found->dst = header + 16;
	view_skip(view, header_len);
	return GO_ON_TCP;
}

static __always_inline int is_extension(__u32 next)
{
	return next == NEXT_HOP_BY_HOP || next == NEXT_ROUTING ||
	       next == NEXT_AUTH || next == NEXT_DEST_OPTIONS ||
	       next == NEXT_MOBILITY || next == NEXT_HIP || next == NEXT_SHIM6;
}

/* RFC 8200 §4: each header says what follows and how long it is. */
static __always_inline __u32 walk_extensions(struct view *view, __u32 next)
{
	__u8 room[8] __attribute__((aligned(8)));
	const __u8 *header;
	__u32 size;

	for (int i = 0; i < MOST_EXTENSIONS && is_extension(next); i++) {
		header = view_peek(view, 2, room);
		if (!header)
			return OUTCOME_TOO_SHORT;
		/* RFC 4302: AH counts in words of four, the others eight */
		size = next == NEXT_AUTH ? (header[1] + 2u) * 4 :
					   (header[1] + 1u) * 8;
		next = header[0];
		view_skip(view, size);
	}
	if (next == NEXT_TCP)
		return GO_ON_TCP;
	if (next == NEXT_FRAGMENT)
		return OUTCOME_FRAGMENT;
	return is_extension(next) ? OUTCOME_EXTENSIONS : OUTCOME_NOT_TCP;
}

static __always_inline __u32 decide_ipv6(struct view *view,
					 struct prefilter *found)
{
	const __u8 *header = view_peek(view, IPV6_BYTES, found->room);

	if (!header)
		return OUTCOME_TOO_SHORT;
	if (header[0] >> 4 != 6)
		return OUTCOME_BAD_IP;
	found->ip_version = opaque(6);
	found->src = header + 8;
	found->dst = header + 24;
	view_skip(view, IPV6_BYTES);
	if (header[6] == NEXT_TCP)
		return GO_ON_TCP;
	return walk_extensions(view, header[6]);
}

/* Without Ethernet only the version tells which it is. */
static __always_inline __u32 decide_raw(struct view *view)
{
	__u8 room[8] __attribute__((aligned(8)));
	const __u8 *header = view_peek(view, 1, room);

	if (!header)
		return OUTCOME_TOO_SHORT;
	if (header[0] >> 4 == 4)
		return GO_ON_IPV4;
	return header[0] >> 4 == 6 ? GO_ON_IPV6 : OUTCOME_BAD_IP;
}

static __always_inline __u32 decide_tcp(struct view *view,
					struct prefilter *found)
{
	__u8 room[16] __attribute__((aligned(8)));
	const __u8 *header = view_peek(view, TCP_BYTES, room);
	__u32 flags;

	if (!header)
		return OUTCOME_TOO_SHORT;
	flags = header[13];
	if ((flags & (FLAG_SYN | FLAG_FIN | FLAG_RST)) == FLAG_SYN) {
		found->src_port = read_be16(header);
		found->dst_port = read_be16(header + 2);
		found->is_synack = !!(flags & FLAG_ACK);
		return OUTCOME_DELIVERED;
	}
	if (!(flags & (FLAG_SYN | FLAG_FIN | FLAG_RST | FLAG_ACK)) ||
	    flags & FLAG_SYN || (flags & FLAG_FIN && flags & FLAG_RST))
		return OUTCOME_BAD_FLAGS;
	return OUTCOME_OTHER_TCP;
}

/*
 * Returns an enum outcome: OUTCOME_DELIVERED for a wanted packet, with *found
 * filled for the filter; never NO_SOCKET, RING_FULL, NOT_COPIED or FILTERED.
 * tags: VLAN tags of the packet that are not in its bytes.
 */
static __always_inline __u32 prefilter_decide(struct view *view, int is_raw,
					      __u32 tags,
					      struct prefilter *found)
{
	__u32 step = is_raw ? decide_raw(view) : decide_ethernet(view, tags);

	if (step == GO_ON_IPV4)
		step = decide_ipv4(view, found);
	else if (step == GO_ON_IPV6)
		step = decide_ipv6(view, found);
	return step == GO_ON_TCP ? decide_tcp(view, found) : step;
}

#endif
