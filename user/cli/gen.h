/* SPDX-License-Identifier: MIT */
/*
 * What the parts of `x0f gen` share. One thread.
 */
#ifndef X0F_CLI_GEN_H
#define X0F_CLI_GEN_H

#include "options.h"

#include "../capture/generate.h"

struct gen {
	const struct settings *settings;
	struct generator *generator;
	uint64_t count;	 /* frames to make */
	uint64_t frames; /* that went out */
	uint64_t bytes;
	uint64_t took_ns; /* for all frames, without setting up */
};

/*
 * gen_ways.c: the ways out. Each makes gen->count frames, or fewer if a signal
 * comes, fills frames, bytes and took_ns, and returns the exit code: complained.
 */
int gen_to_file(struct gen *gen);
int gen_to_interface(struct gen *gen);
int gen_to_live_frames(struct gen *gen);

#endif
