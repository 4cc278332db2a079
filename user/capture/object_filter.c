/* SPDX-License-Identifier: MIT */
/*
 * --allow and --deny into the kernel's maps: a table of all ports and a trie
 * of prefixes, written into the slot that is not in use, then a new head that
 * names it. The kernel waits for all programs that are running before such an
 * update returns, so the old slot can go at once. Called by tap.c and host.c;
 * one thread.
 */
#include "filter_rules.h"
#include "object.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

_Static_assert(sizeof(struct filter_end) == sizeof(struct filter_masks) &&
		       FILTER_EITHER_TERMS == FILTER_MAX_EITHER,
	       "a mask of the kernel is one of the filter");

enum { VERSION_BITS = 8 };

/* Descriptors of an object's maps and of those that are to go into them. */
struct upload {
	int ports;
	int prefixes;
	int filter;
	int new_prefixes;
	int new_head;
	uint32_t slot;
};

/* Masks of the interval that the key is in. */
static const struct filter_masks *
masks_at(const struct filter_intervals *intervals, struct filter_key key)
{
	uint32_t low = 0;
	uint32_t high = intervals->count;

	while (high - low > 1) { /* first[low] is not above key */
		uint32_t middle = low + (high - low) / 2;

		if (filter_key_above(intervals->first[middle], key))
			high = middle;
		else
			low = middle;
	}
	return &intervals->masks[low];
}

/* -------------------------------------------------------------- ports -- */

/* Of a slot that no program looks at: 3 MiB. */
static int fill_ports(const struct upload *upload,
		      const struct filter_intervals *intervals)
{
	size_t size = FILTER_PORTS * sizeof(struct filter_end);
	struct filter_masks *ports;
	uint32_t at = 0;

	ports = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
		     upload->ports, (off_t)(upload->slot * size));
	if (ports == MAP_FAILED)
		return -errno;
	for (uint32_t port = 0; port < FILTER_PORTS; port++) {
		if (at + 1 < intervals->count &&
		    intervals->first[at + 1].low == port)
			at++;
		ports[port] = intervals->masks[at];
	}
	munmap(ports, size);
	return 0;
}

/* ----------------------------------------------------------- prefixes -- */

static const struct filter_key last_addresses[FILTER_AXES] = {
	[FILTER_IPV4] = { 0, UINT32_MAX },
	[FILTER_IPV6] = { UINT64_MAX, UINT64_MAX },
};

/* By first address; of those that begin alike the widest is the first. */
static int compare_prefixes(const void *a, const void *b)
{
	const struct filter_range *left = a;
	const struct filter_range *right = b;

	if (filter_key_above(left->first, right->first))
		return 1;
	if (filter_key_above(right->first, left->first))
		return -1;
	if (filter_key_above(right->last, left->last))
		return 1;
	return filter_key_above(left->last, right->last) ? -1 : 0;
}

/*
 * Every prefix that a rule names, and the one of all addresses, sorted, each
 * once. Ranges of addresses are always prefixes: that is all one can write.
 */
static uint32_t collect_prefixes(const struct filter_rules *rules,
				 enum filter_axis axis,
				 struct filter_range *prefixes)
{
	uint32_t count = 0;
	uint32_t kept = 0;

	prefixes[count++].last = last_addresses[axis];
	for (uint32_t t = 0; t < rules->term_count; t++) {
		const struct filter_term *term = &rules->terms[t];

		for (uint32_t i = 0; term->axis == axis && i < term->count; i++)
			prefixes[count++] = term->ranges[i];
	}
	qsort(prefixes, count, sizeof(*prefixes), compare_prefixes);
	for (uint32_t i = 1; i < count; i++)
		if (compare_prefixes(&prefixes[kept], &prefixes[i]))
			prefixes[++kept] = prefixes[i];
	return kept + 1;
}

/*
 * An address for which this prefix is the longest. Where longer ones cover
 * all of it, any address will do: the entry is never found.
 */
static struct filter_key own_address(const struct filter_range *prefix,
				     uint32_t behind)
{
	struct filter_key address = prefix->first;

	for (uint32_t i = 1; i <= behind; i++) {
		const struct filter_range *other = &prefix[i];

		if (filter_key_above(other->first, address))
			return address;
		if (filter_key_above(address, other->last))
			continue;
		if (!filter_key_above(prefix->last, other->last))
			return address;
		address = other->last;
		if (!++address.low)
			address.high++;
	}
	return address;
}

static struct filter_prefix to_kernel(const struct filter_range *prefix,
				      enum filter_axis axis)
{
	struct filter_prefix key = { .version = axis == FILTER_IPV4 ? 4 : 6 };
	uint32_t bytes = axis == FILTER_IPV4 ? 4 : 16;
	uint64_t high = prefix->first.high ^ prefix->last.high;
	uint64_t low = prefix->first.low ^ prefix->last.low;

	key.bits = VERSION_BITS + bytes * 8 -
		   (uint32_t)(__builtin_popcountll(high) +
			      __builtin_popcountll(low));
	for (uint32_t i = 0; i < bytes; i++) {
		uint32_t place = bytes - 1 - i; /* from the last byte */
		uint64_t half = place < 8 ? prefix->first.low :
					    prefix->first.high;

		key.address[i] = (uint8_t)(half >> place % 8 * 8);
	}
	return key;
}

static int put_prefixes(int fd, const struct filter_compiled *compiled,
			enum filter_axis axis,
			const struct filter_range *prefixes, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct filter_prefix key = to_kernel(&prefixes[i], axis);
		struct filter_key address = own_address(&prefixes[i],
							count - 1 - i);
		int ret = bpf_map_update_elem(fd, &key,
					      masks_at(&compiled->axes[axis],
						       address),
					      BPF_ANY);

		if (ret)
			return ret;
	}
	return 0;
}

static int make_prefixes(const struct filter_rules *rules,
			 const struct filter_compiled *compiled)
{
	LIBBPF_OPTS(bpf_map_create_opts, options,
		    .map_flags = BPF_F_NO_PREALLOC);
	uint32_t most = rules->range_count + 2;
	struct filter_range *prefixes = calloc(most, sizeof(*prefixes));
	int fd = -ENOMEM;
	int ret = 0;

	if (!prefixes)
		return -ENOMEM;
	fd = bpf_map_create(BPF_MAP_TYPE_LPM_TRIE, "x0f_prefix",
			    sizeof(struct filter_prefix),
			    sizeof(struct filter_end), most, &options);
	for (int axis = FILTER_IPV4; fd >= 0 && !ret && axis <= FILTER_IPV6;
	     axis++) {
		uint32_t count = collect_prefixes(rules, (enum filter_axis)axis,
						  prefixes);

		ret = put_prefixes(fd, compiled, (enum filter_axis)axis,
				   prefixes, count);
		memset(prefixes, 0, most * sizeof(*prefixes));
	}
	free(prefixes);
	if (fd >= 0 && ret) {
		close(fd);
		return ret;
	}
	return fd;
}

/* --------------------------------------------------------------- flip -- */

static int make_head(const struct filter_head *value)
{
	__u32 zero = 0;
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "x0f_head", sizeof(zero),
				sizeof(*value), 1, NULL);
	int ret;

	if (fd < 0)
		return fd;
	ret = bpf_map_update_elem(fd, &zero, value, BPF_ANY);
	if (!ret)
		return fd;
	close(fd);
	return ret;
}

/* A slot in use has prefixes; its ports may be any. */
static bool is_used(const struct upload *upload, uint32_t slot)
{
	__u32 id;

	return !bpf_map_lookup_elem(upload->prefixes, &slot, &id);
}

/* Fills the unused slot; the programs do not look there yet. */
static int fill_slot(struct upload *upload, const struct filter *filter)
{
	const struct filter_compiled *compiled = filter_compiled(filter);
	int ret;

	ret = fill_ports(upload, &compiled->axes[FILTER_PORT]);
	if (ret)
		return ret;
	upload->new_prefixes = make_prefixes(filter_get_rules(filter),
					     compiled);
	if (upload->new_prefixes < 0)
		return upload->new_prefixes;
	return bpf_map_update_elem(upload->prefixes, &upload->slot,
				   &upload->new_prefixes, BPF_ANY);
}

/* The one store that makes new rules hold. */
static int flip(struct upload *upload, const struct filter *filter)
{
	struct filter_head head = { .slot = upload->slot };
	__u32 zero = 0;

	if (filter) {
		const struct filter_compiled *compiled = filter_compiled(
			filter);

		head.enabled = 1;
		head.kinds[0] = compiled->kinds[FILTER_SYN];
		head.kinds[1] = compiled->kinds[FILTER_SYNACK];
		head.allow = compiled->allow;
		head.deny = compiled->deny;
	}
	upload->new_head = make_head(&head);
	if (upload->new_head < 0)
		return upload->new_head;
	return bpf_map_update_elem(upload->filter, &zero, &upload->new_head,
				   BPF_ANY);
}

static void close_all(const struct upload *upload)
{
	if (upload->new_prefixes >= 0)
		close(upload->new_prefixes);
	if (upload->new_head >= 0)
		close(upload->new_head);
}

static bool has_room(const struct bpf_object *object)
{
	const struct bpf_map *ports = bpf_object__find_map_by_name(object,
								   "x0f_ports");

	return ports &&
	       bpf_map__max_entries(ports) == FILTER_SLOTS * FILTER_PORTS;
}

int object_set_filter(struct bpf_object *object, const struct filter *filter,
		      struct problem *problem)
{
	struct upload upload = {
		.ports = object_map(object, "x0f_ports"),
		.prefixes = object_map(object, "x0f_prefixes"),
		.filter = object_map(object, "x0f_filter"),
		.new_prefixes = -1,
		.new_head = -1,
	};
	int ret = 0;

	if (filter && !has_room(object))
		return problem_set(problem, -EINVAL,
				   "bpf object %s: was loaded without room for "
				   "a filter",
				   bpf_object__name(object));
	upload.slot = is_used(&upload, 0) ? 1 : 0;
	if (filter)
		ret = fill_slot(&upload, filter);
	if (!ret)
		ret = flip(&upload, filter);
	/* what nobody looks at any more, or never did */
	for (uint32_t slot = 0; slot < FILTER_SLOTS; slot++) {
		bool is_kept = ret ? slot != upload.slot :
				     filter && slot == upload.slot;

		if (!is_kept && is_used(&upload, slot))
			bpf_map_delete_elem(upload.prefixes, &slot);
	}
	close_all(&upload);
	if (ret)
		return problem_set(problem, ret,
				   "cannot put the filter into the kernel's "
				   "maps: %s; the rules before it still hold",
				   problem_errno(ret));
	return 0;
}
