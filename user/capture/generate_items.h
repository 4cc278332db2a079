/* SPDX-License-Identifier: MIT */
/*
 * The inside of a generator, for generate.c, which runs it, and
 * generate_items.c, which fills it.
 */
#ifndef X0F_CAPTURE_GENERATE_ITEMS_H
#define X0F_CAPTURE_GENERATE_ITEMS_H

#include "generate_frame.h"

/*
 * One thing of the mix: a template, or a row of a table. With a SYN before it
 * an item is two frames.
 */
struct item {
	uint32_t what;
	uint16_t part; /* enum generator_part */
	uint8_t tags;
	uint8_t extensions; /* position in chains, from 1 */
};

/* Ways to put extension headers before TCP. */
#define CHAINS 4

/* Numbers of the sequences of chance that are no frame's. */
#define CHANCE_OPENING UINT64_MAX
#define CHANCE_ORDER (UINT64_C(1) << 63)

/* A list of templates in the order of their signatures. */
struct templates {
	struct template *list;
	uint32_t count;
	uint32_t room;
};

struct generator {
	const struct x0f_db *db;
	uint64_t seed;
	uint64_t number; /* of the next frame, from 0 */
	uint64_t round;
	uint32_t next; /* item of this round */
	uint32_t once;
	uint32_t impossible;
	struct templates templates;
	struct item *items;
	uint32_t item_count;
	uint32_t item_room;
	struct template plain[2]; /* the first everyday one: IPv4, IPv6 */
	/* the SYN+ACK whose SYN was the last frame */
	const struct item *pending;
	struct ends pending_ends;
};

/*
 * Fills items, templates and plain by the mix. Returns 0, -EINVAL with
 * *problem, or -ENOMEM.
 */
int generator_fill(struct generator *generator,
		   const struct generator_options *options,
		   struct problem *problem);

/* The template of an item, or NULL. */
const struct template *generator_template(const struct generator *generator,
					  const struct item *item);

#endif
