/* SPDX-License-Identifier: MIT */
/*
 * SYNs that no signature names, not even nearly: options thrown together at
 * random, until the database has nothing to say. Called while a generator is
 * opened.
 */
#include "generate_frame.h"

/* Nearly every second one is possible and unknown. */
#define MOST_TRIES 1000

/* MSS is in front, as nearly always; 14, 30 and 254 are real, if rare */
static const uint8_t kinds[] = { 1, 1, 3, 4, 8, 14, 30, 254 };
static const uint8_t ttls[] = { 32, 64, 128, 255 };
static const uint32_t quirks[] = { X0F_QUIRK_DF,
				   X0F_QUIRK_DF | X0F_QUIRK_ID_SET, 0 };

#define ANY(list, chance) \
	(list)[chance_below(chance, sizeof(list) / sizeof((list)[0]))]

static bool has_option(const struct x0f_sig *sig, uint8_t kind)
{
	return memchr(sig->option_kinds, kind, sig->option_count) != NULL;
}

static void throw_together(struct x0f_sig *sig, uint8_t version,
			   struct chance *chance)
{
	/* one draw a statement: the order must be the same everywhere */
	*sig = (struct x0f_sig){ .kind = X0F_KIND_SYN, .ip_version = version };
	sig->initial_ttl = ANY(ttls, chance);
	if (version == 4)
		sig->quirks = ANY(quirks, chance);
	sig->option_kinds[0] = 2;
	sig->option_count = (uint8_t)(1 + chance_below(chance, 6));
	for (uint8_t i = 1; i < sig->option_count; i++)
		sig->option_kinds[i] = ANY(kinds, chance);
	sig->mss = (uint16_t)(1100 + chance_below(chance, 360));
	sig->window_kind = X0F_WINDOW_LITERAL;
	sig->window = (uint16_t)(1 + chance_below(chance, UINT16_MAX));
	if (has_option(sig, 3))
		sig->wscale = (uint8_t)chance_below(chance, 15);
}

bool unknown_make(struct template *template, const struct x0f_db *db,
		  uint8_t version, struct chance *chance)
{
	struct synth_options options = synth_defaults;
	struct synth_result result;
	struct x0f_verdict verdict;
	struct x0f_sig sig;

	for (int i = 0; i < MOST_TRIES; i++) {
		throw_together(&sig, version, chance);
		options.hops = (uint8_t)chance_below(chance, 20);
		if (!template_make(template, &sig, &options, &result))
			continue;
		x0f_match(db, &result.obs, options.policy, &verdict);
		if (verdict.match == X0F_MATCH_NONE)
			return true;
	}
	return false;
}
