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
	/* Database's label or link to segment's. A slot behind the last one
	 * says X0F_NONE, for what is in no database. */
	uint32_t *labels;
	uint32_t *links;
};

/*
 * Reads, builds and self-tests a database: every signature that a packet can
 * have must match that packet. Nothing of the segment is touched. Errors as of
 * x0f_db_open(); a failed self-test is -EINVAL too, with source and line of
 * the signature, column 1. error may be NULL; *generation is NULL on error.
 */
int generation_build(struct generation **generation,
		     const struct x0f_source *sources, uint32_t count,
		     uint32_t policy, struct x0f_error *error);

/*
 * Loader: interns its labels, numbers it, swaps it in, waits until no worker
 * has the one before, frees that. current may hold NULL. Returns behind the
 * moment from which all packets are matched with this one.
 */
void generation_install(struct generation *generation, struct segment *segment,
			struct rcu_pointer *current);

/* Not while a reader may hold it. NULL is fine. */
void generation_free(struct generation *generation);

/* Segment's ids for what a verdict says; X0F_NONE for X0F_NONE. */
static inline uint32_t generation_label(const struct generation *generation,
					uint32_t label)
{
	return generation->labels[label < generation->label_count ?
					  label :
					  generation->label_count];
}

static inline uint32_t generation_link(const struct generation *generation,
				       uint32_t link)
{
	return generation
		->links[link < generation->link_count ? link :
							generation->link_count];
}

#endif
