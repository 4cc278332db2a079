/* SPDX-License-Identifier: MIT */
/*
 * What an open database is made of. Immutable once x0f_db_open() returned.
 */
#ifndef X0F_LIB_DB_INTERNAL_H
#define X0F_LIB_DB_INTERNAL_H

#include <x0f/match.h>

#include "build.h"

struct index;

struct x0f_db {
	struct arena arena; /* all strings */
	struct x0f_label *labels;
	struct x0f_sig *sigs; /* in file order */
	struct link *links;   /* sorted by MTU, each MTU once */
	struct index *index;
	uint32_t label_count;
	uint32_t sig_count;
	uint32_t link_count;
	uint32_t syn_sigs;
	uint32_t synack_sigs;
	uint32_t mtu_sigs;
	uint32_t http_sigs;
};

/* What a search through the signatures found; X0F_NONE where nothing. */
struct found {
	uint32_t exact;	       /* first specific one */
	uint32_t generic;      /* first generic one */
	uint32_t fuzzy;	       /* first fuzzy one, whatever it is of */
	uint32_t fuzzy_system; /* first fuzzy one that is no application */
};

/* match.c: the same rules for both searches. */
void found_verdict(const struct x0f_db *db, const struct x0f_obs *obs,
		   uint32_t policy, const struct found *found,
		   struct x0f_verdict *verdict);

/* index.c */
struct index *index_build(const struct x0f_sig *sigs, uint32_t count);
void index_free(struct index *index);
size_t index_bytes(const struct index *index);
void index_search(const struct index *index, const struct x0f_obs *obs,
		  uint32_t policy, struct found *found);

/*
 * The quirks that a signature asks of packets of one IP version: p0f takes
 * out of a `*` signature what the version cannot have.
 */
static inline uint32_t sig_quirks(const struct x0f_sig *sig, uint8_t ip_version)
{
	if (sig->ip_version)
		return sig->quirks;
	if (ip_version == 4)
		return sig->quirks & ~(uint32_t)X0F_QUIRK_FLOW;
	return sig->quirks &
	       ~(uint32_t)(X0F_QUIRK_DF | X0F_QUIRK_ID_SET | X0F_QUIRK_ID_ZERO);
}

/*
 * The quirks of a packet as one signature sees them: X0F_MEND_FLOW takes the
 * flow label away where a `*` signature says nothing of it.
 */
static inline uint32_t seen_quirks(const struct x0f_sig *sig,
				   const struct x0f_obs *obs, uint32_t policy)
{
	if ((policy & X0F_MEND_FLOW) && !sig->ip_version &&
	    !(sig->quirks & X0F_QUIRK_FLOW))
		return obs->quirks & ~(uint32_t)X0F_QUIRK_FLOW;
	return obs->quirks;
}

/* p0f forgives these: what may be missing, what may be too many */
#define FORGIVEN_MISSING ((uint32_t)(X0F_QUIRK_DF | X0F_QUIRK_ID_SET))
#define FORGIVEN_ADDED ((uint32_t)(X0F_QUIRK_ID_ZERO | X0F_QUIRK_ECN))

#endif
