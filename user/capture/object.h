/* SPDX-License-Identifier: MIT */
/*
 * The BPF objects that are part of the program, as libbpf objects. libbpf's
 * own messages are kept and end up in *problem. One thread.
 */
#ifndef X0F_CAPTURE_OBJECT_H
#define X0F_CAPTURE_OBJECT_H

#include "../../bpf/abi.h"
#include "filter.h"
#include "problem.h"

#include <bpf/libbpf.h>

enum object_name { OBJECT_INGRESS, OBJECT_HOST, OBJECT_FRAMES, OBJECT_MIRROR };

/*
 * Opens an object and sets what is known: .rodata from config (may be NULL),
 * x0f_counters, x0f_rings and x0f_wake to one entry per possible CPU. Checks
 * the ABI number. The caller may change maps further before object_load().
 */
int object_open(struct bpf_object **object, enum object_name name,
		const struct prefilter_config *config, struct problem *problem);

/*
 * Before object_load(): room for the ports of this filter and of those that
 * replace it, 6 MiB. Not called, or with NULL: object_set_filter() takes none.
 */
void object_expect_filter(struct bpf_object *object,
			  const struct filter *filter);

/* -EPERM, -EACCES: rights, or the verifier; *problem says which. */
int object_load(struct bpf_object *object, struct problem *problem);

/* The object's descriptors; negative: not there. */
int object_map(struct bpf_object *object, const char *name);
int object_program(struct bpf_object *object, const char *name);

/*
 * The counters of an object, mapped into memory; entries are struct counters,
 * one per possible CPU.
 */
const struct counters *object_counters(struct bpf_object *object,
				       struct problem *problem);
void object_sum_counters(const struct counters *counters,
			 uint64_t outcomes[OUTCOME_COUNT]);
void object_unmap_counters(const struct counters *counters);

/*
 * What its maps cost, those in maps of maps included, but not what all
 * interfaces of a sensor share (header_rings.c). NULL: 0.
 */
uint64_t object_memory_bytes(const struct bpf_object *object);

/*
 * Puts a compiled filter into the maps of a loaded object, as one: packets
 * see the old rules or the new ones. NULL: everything passes. Waits for
 * grace periods of the kernel: tens of milliseconds. On failure the rules
 * before it still hold. Costs 200 bytes a prefix, besides the ports.
 */
int object_set_filter(struct bpf_object *object, const struct filter *filter,
		      struct problem *problem);

#endif
