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

enum object_name { OBJECT_INGRESS, OBJECT_HOST, OBJECT_FRAMES };

/*
 * Opens an object and sets what is known: .rodata from config (may be NULL),
 * x0f_counters to one entry per possible CPU, and the filter maps. The caller
 * may change maps further before object_load().
 */
int object_open(struct bpf_object **object, enum object_name name,
		const struct prefilter_config *config, struct problem *problem);

/* Verifier and rights, as one line each. Checks the ABI number. */
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
 * Puts a compiled filter into the maps of a loaded object, as one: packets
 * see the old rules or the new ones. NULL: everything passes.
 */
int object_set_filter(struct bpf_object *object, const struct filter *filter,
		      struct problem *problem);

#endif
