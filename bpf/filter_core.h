/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * --allow and --deny for a wanted packet: the arithmetic, once, for BPF and
 * for user space. The lookups are the includer's:
 *
 *	const struct filter_end *filter_find_port(__u32 slot, __u32 port);
 *	const struct filter_end *filter_find_address(
 *		__u32 slot, const struct filter_prefix *address);
 *
 * Either may return NULL where the maps are not there: then no rule matches.
 */
#ifndef X0F_BPF_FILTER_CORE_H
#define X0F_BPF_FILTER_CORE_H

#include "prefilter_core.h"

static __always_inline const struct filter_end *filter_find_port(__u32 slot,
								 __u32 port);
static __always_inline const struct filter_end *
filter_find_address(__u32 slot, const struct filter_prefix *address);

enum { VERSION_BITS = 8, IPV4_BITS = 32, IPV6_BITS = 128 };

/* A whole address as a key. */
static __always_inline void filter_key_set(struct filter_prefix *key,
					   __u64 version, const __u8 *address)
{
	__builtin_memset(key, 0, sizeof(*key));
	key->version = (__u8)version;
	if (version == 4) {
		key->bits = VERSION_BITS + IPV4_BITS;
		__builtin_memcpy(key->address, address, 4);
	} else {
		key->bits = VERSION_BITS + IPV6_BITS;
		__builtin_memcpy(key->address, address, 16);
	}
}

/* The rules that a packet with these ends matches on one axis. */
static __always_inline __u64 filter_match(const struct filter_end *src,
					  const struct filter_end *dst)
{
	__u64 rules;

	if (!src || !dst)
		return 0;
	rules = src->src & dst->dst;
	for (int i = 0; i < FILTER_EITHER_TERMS; i++)
		rules &= src->either[i] | dst->either[i];
	return rules;
}

static __always_inline int filter_accepts(const struct filter_head *head,
					  const struct prefilter *found)
{
	const struct filter_end *src, *dst;
	struct filter_prefix key;
	__u64 rules;

	src = filter_find_port(head->slot, found->src_port);
	dst = filter_find_port(head->slot, found->dst_port);
	rules = filter_match(src, dst) & head->kinds[!!found->is_synack];

	filter_key_set(&key, found->ip_version, found->src);
	src = filter_find_address(head->slot, &key);
	filter_key_set(&key, found->ip_version, found->dst);
	dst = filter_find_address(head->slot, &key);
	rules &= filter_match(src, dst);

	return (!head->allow || rules & head->allow) && !(rules & head->deny);
}

#endif
