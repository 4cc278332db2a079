/* SPDX-License-Identifier: MIT */
/*
 * Observation to verdict.
 */
#ifndef X0F_MATCH_H
#define X0F_MATCH_H

#include "db.h"

#ifdef __cplusplus
extern "C" {
#endif

enum x0f_match {
	X0F_MATCH_NONE,
	X0F_MATCH_FUZZY,   /* first candidate that is nearly right */
	X0F_MATCH_GENERIC, /* exact, signature of a family */
	X0F_MATCH_EXACT,   /* exact, signature of one system */
};

/* Why a verdict is not an exact one. */
enum x0f_reason {
	X0F_REASON_GENERIC = 1u << 0,	    /* signature of a family */
	X0F_REASON_QUIRK_MISSING = 1u << 1, /* see quirks_missing */
	X0F_REASON_QUIRK_ADDED = 1u << 2,   /* see quirks_added */
	X0F_REASON_TTL_ABOVE = 1u << 3,	    /* TTL above the initial one */
	X0F_REASON_TTL_BELOW = 1u << 4,	    /* more than 35 hops below it */
	X0F_REASON_HIDDEN = 1u << 5,	    /* policy p0f: suppressed by a
						fuzzy application */
	X0F_REASON_UNKNOWN = 1u << 6,	    /* no signature comes near */
};

enum x0f_verdict_flag {
	X0F_RANDOM_TTL = 1u << 0,      /* distance is an upper limit */
	X0F_APPLICATION = 1u << 1,     /* a tool, not a system */
	X0F_EXCESS_DISTANCE = 1u << 2, /* more than 35 hops */
};

/*
 * The rule for quality, in thousandths: no match 0; exact 1000; generic 800;
 * fuzzy begins at 700 (600 when the signature is generic), less 100 for each
 * quirk that is missing or too many, less 100 and 5 per hop for a TTL out of
 * range (at most 300); never below 100 once something matched.
 */
enum x0f_quality {
	X0F_QUALITY_EXACT = 1000,
	X0F_QUALITY_GENERIC = 800,
	X0F_QUALITY_FUZZY = 700,
	X0F_QUALITY_FUZZY_GENERIC = 600,
	X0F_QUALITY_PER_QUIRK = 100,
	X0F_QUALITY_TTL = 100,
	X0F_QUALITY_PER_HOP = 5,
	X0F_QUALITY_TTL_MOST = 300,
	X0F_QUALITY_LEAST = 100,
};

/* A TTL further below the initial one is no distance. */
#define X0F_MAX_DISTANCE 35

/* 64 bytes, no pointers; positions refer to the database that was asked. */
struct x0f_verdict {
	uint32_t label;		 /* x0f_db_label(), or X0F_NONE */
	uint32_t signature;	 /* x0f_db_sig(), or X0F_NONE */
	uint32_t link;		 /* x0f_db_link(), or X0F_NONE */
	uint32_t reasons;	 /* enum x0f_reason; 0 for an exact match */
	uint32_t quirks_missing; /* in the signature, not in the packet */
	uint32_t quirks_added;	 /* in the packet, not in the signature */
	uint16_t quality;	 /* thousandths */
	uint16_t ttl_hops;	 /* with TTL_ABOVE, TTL_BELOW: how far off */
	uint8_t match;		 /* enum x0f_match */
	uint8_t flags;		 /* enum x0f_verdict_flag */
	uint8_t distance;	 /* hops */
	uint8_t initial_ttl;	 /* of the signature, else the guess */
	uint8_t reserved[32];
};

/*
 * Names the system behind a SYN or SYN+ACK, and the link that its MTU gives
 * away. For other segments the verdict says "no match". Never allocates,
 * never fails. Any thread; db and obs are only read.
 */
X0F_API void x0f_match(const struct x0f_db *db, const struct x0f_obs *obs,
		       uint32_t policy, struct x0f_verdict *verdict);

/* Which field of one signature an observation failed first. */
enum x0f_field {
	X0F_FIELD_NONE, /* it did not fail */
	X0F_FIELD_KIND,
	X0F_FIELD_VERSION,
	X0F_FIELD_OPTIONS,
	X0F_FIELD_QUIRKS,
	X0F_FIELD_EOL_PADDING,
	X0F_FIELD_IP_OPTIONS,
	X0F_FIELD_TTL,
	X0F_FIELD_MSS,
	X0F_FIELD_WSCALE,
	X0F_FIELD_PAYLOAD,
	X0F_FIELD_WINDOW,
};

struct x0f_comparison {
	uint8_t field; /* enum x0f_field */
	uint8_t fuzzy; /* accepted with a difference that is forgiven */
	uint32_t quirks_missing;
	uint32_t quirks_added;
};

/*
 * Holds one signature against one observation, the plain way: what the
 * compiled matcher must agree with, and what explains a verdict.
 */
X0F_API void x0f_sig_compare(const struct x0f_sig *sig,
			     const struct x0f_obs *obs, uint32_t policy,
			     struct x0f_comparison *result);

/*
 * x0f_match() without the index: every signature in file order. Same
 * verdict, slow; the reference for tests.
 */
X0F_API void x0f_match_linear(const struct x0f_db *db,
			      const struct x0f_obs *obs, uint32_t policy,
			      struct x0f_verdict *verdict);

/* Name of a field as messages spell it, never NULL. */
X0F_API const char *x0f_field_name(enum x0f_field field);

#ifdef __cplusplus
}
#endif
#endif
