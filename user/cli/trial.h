/* SPDX-License-Identifier: MIT */
/*
 * Whether a signature can ever win: packets that match it exactly are shown
 * to the database. One packet and one look at the index decide nearly always,
 * so ten thousand signatures take a tenth of a second.
 */
#ifndef X0F_CLI_TRIAL_H
#define X0F_CLI_TRIAL_H

#include "../capture/synth.h"

enum trial_outcome {
	TRIAL_WINS,	  /* some packet has it as its answer */
	TRIAL_COVERED,	  /* another one matches every such packet first */
	TRIAL_BEATEN,	  /* all packets that were tried went to others */
	TRIAL_IMPOSSIBLE, /* no packet of this IP version matches it */
	TRIAL_LOST,	  /* its packet is not matched at all: a bug */
};

struct trial {
	enum trial_outcome outcome;
	uint32_t by; /* COVERED, BEATEN: signature that wins instead */
	/* COVERED: it may still be the nearest one of no exact match */
	bool is_near_only;
	enum synth_problem problem; /* IMPOSSIBLE */
};

/* Tries the signature at pos with packets of one IP version, 4 or 6. */
void trial_run(const struct x0f_db *db, uint32_t pos, uint8_t ip_version,
	       uint32_t policy, struct trial *trial);

#endif
