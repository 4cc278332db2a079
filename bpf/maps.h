/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What ingress.bpf.c and host.bpf.c have in common: configuration, counters,
 * filter maps. Included once by each; both run on any CPU, and never two of
 * them of one object on the same CPU at a time.
 */
#ifndef X0F_BPF_MAPS_H
#define X0F_BPF_MAPS_H

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "filter_core.h"

/* A section of its own, so that user space finds it at its beginning. */
const volatile struct prefilter_config config SEC(".rodata.config") = {
	.abi = ABI_NUMBER,
};

/* One entry per possible CPU, set by user space. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct counters);
} x0f_counters SEC(".maps");

/*
 * Inner maps by size: clang 14 leaves types out that only they mention. An
 * inner array has one entry, see x0f_ports.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(
		values, struct {
			__uint(type, BPF_MAP_TYPE_ARRAY);
			__uint(max_entries, 1);
			__uint(key_size, sizeof(__u32));
			__uint(value_size, sizeof(struct filter_head));
		});
} x0f_filter SEC(".maps");

/*
 * Both slots in one, made larger by user space before it loads rules. Not a
 * map of arrays: kernels 6.0 to 6.3 without a later fix (d937bc3449fa) find
 * entry 0 of an inner array whatever is asked for.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct filter_end);
} x0f_ports SEC(".maps");

/* max_entries of the inner maps may differ */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, FILTER_SLOTS);
	__type(key, __u32);
	__array(
		values, struct {
			__uint(type, BPF_MAP_TYPE_LPM_TRIE);
			__uint(map_flags, BPF_F_NO_PREALLOC);
			__uint(max_entries, 2);
			__uint(key_size, sizeof(struct filter_prefix));
			__uint(value_size, sizeof(struct filter_end));
		});
} x0f_prefixes SEC(".maps");

/*
 * ctx->data or ctx->data_end. By hand, because clang sees 32 bits there and
 * may copy them as such, which makes a number of the verifier's pointer.
 */
#define PACKET_POINTER(ctx, member)                                   \
	({                                                            \
		const __u8 *pointer;                                  \
		asm volatile("%0 = *(u32 *)(%1 + %2)"                 \
			     : "=r"(pointer)                          \
			     : "r"(ctx),                              \
			       "i"(__builtin_offsetof(typeof(*(ctx)), \
						      member)));      \
		__builtin_assume(pointer != 0);                       \
		pointer;                                              \
	})

static __always_inline const struct filter_end *filter_find_port(__u32 slot,
								 __u32 port)
{
	__u32 entry = slot * FILTER_PORTS + port;

	return bpf_map_lookup_elem(&x0f_ports, &entry);
}

static __always_inline const struct filter_end *
filter_find_address(__u32 slot, const struct filter_prefix *address)
{
	void *prefixes = bpf_map_lookup_elem(&x0f_prefixes, &slot);

	return prefixes ? bpf_map_lookup_elem(prefixes, address) : 0;
}

/* No rules, or rules that let it pass. */
static __always_inline int is_allowed(const struct prefilter *found)
{
	const struct filter_head *head;
	__u32 zero = 0;
	void *rules = bpf_map_lookup_elem(&x0f_filter, &zero);

	if (!rules)
		return 1;
	head = bpf_map_lookup_elem(rules, &zero);
	return !head || !head->enabled || filter_accepts(head, found);
}

/* Exactly once per packet. One writer at a time per entry: no atomics. */
static __always_inline void count(__u32 outcome)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct counters *counters = bpf_map_lookup_elem(&x0f_counters, &cpu);

	if (counters)
		counters->outcomes[outcome & 15]++;
}

#endif
