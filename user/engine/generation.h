/* SPDX-License-Identifier: MIT */
/*
 * One database in force, with the segment's ids for its labels and links:
 * built off line by the loader, read by workers under RCU, freed as one.
 */
#ifndef X0F_ENGINE_GENERATION_H
#define X0F_ENGINE_GENERATION_H

#include "rcu.h"
#include "segment.h"

struct generation {
	uint32_t number; /* from 1 */
	uint32_t label_count;
	uint32_t link_count;
	struct x0f_db *db;
	uint32_t *labels; /* database's label to segment's */
	uint32_t *links;
};

/*
 * Reads, builds and self-tests a database: every signature that a packet can
 * have must match that packet. Nothing of the segment is touched. Errors as of
 * x0f_db_open(); -EINVAL with error->line 0 when the self-test fails.
 */
int generation_build(struct generation **generation,
		     const struct x0f_source *sources, uint32_t count,
		     uint32_t policy, struct x0f_error *error);

/*
 * Loader: interns its labels, numbers it, swaps it in, waits, frees the one
 * before. current may hold NULL.
 */
void generation_install(struct generation *generation, struct segment *segment,
			struct rcu_pointer *current);

/* Not while a reader may hold it. NULL is fine. */
void generation_free(struct generation *generation);

#endif
