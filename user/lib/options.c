/* SPDX-License-Identifier: MIT */
/*
 * The one walker of TCP options in this tree. It does what p0f 3.09b does: a
 * kind is part of the layout before it is found broken, a wrong length byte
 * is remembered (`bad`) but the nominal size is walked, and what cannot be
 * walked ends the walk. Every turn of the loop consumes at least one byte of
 * at most 40. Called by decode_tcp() and, through it, by everybody.
 */
#include "decode.h"

enum option {
	OPTION_EOL = 0,
	OPTION_NOP = 1,
	OPTION_MSS = 2,
	OPTION_WSCALE = 3,
	OPTION_SACK_OK = 4,
	OPTION_SACK = 5,
	OPTION_TIMESTAMP = 8,
};

/* RFC 7323: a scale above 14 is treated as 14 by those who receive it */
enum { WSCALE_MAX = 14 };

/* p0f's bounds for SACK (one to four blocks) and for unknown kinds */
enum { SACK_MIN = 10, SACK_MAX = 34, UNKNOWN_MIN = 2, UNKNOWN_MAX = 40 };

/* Padding behind EOL should be 0; p0f does not look at the last byte. */
static void end_of_options(struct cursor *c, uint32_t policy,
			   struct x0f_obs *obs)
{
	obs->eol_padding = (uint8_t)cursor_left(c);
	while (cursor_left(c)) {
		if (cursor_u8(c) && (cursor_left(c) || (policy & X0F_MEND_OPT)))
			obs->quirks |= X0F_QUIRK_PADDING;
	}
}

/* An option of fixed size: its length byte is checked, not believed. */
static bool begin_fixed(struct cursor *c, uint8_t size, struct x0f_obs *obs)
{
	if (!cursor_has(c, size - 1u))
		return false;
	if (cursor_u8(c) != size)
		obs->quirks |= X0F_QUIRK_BAD;
	return true;
}

/* An option of a size that it says itself, counted from its kind byte. */
static bool skip_sized(struct cursor *c, uint8_t min, uint8_t max)
{
	uint8_t size = cursor_u8(c);

	if (c->failed || size < min || size > max)
		return false;
	cursor_skip(c, size - 2u);
	return !c->failed;
}

static bool walk_mss(struct cursor *c, struct x0f_obs *obs)
{
	if (!begin_fixed(c, 4, obs))
		return false;
	obs->mss = cursor_be16(c);
	obs->has |= X0F_HAS_MSS;
	return true;
}

static bool walk_wscale(struct cursor *c, struct x0f_obs *obs)
{
	if (!begin_fixed(c, 3, obs))
		return false;
	obs->wscale = cursor_u8(c);
	obs->has |= X0F_HAS_WSCALE;
	if (obs->wscale > WSCALE_MAX)
		obs->quirks |= X0F_QUIRK_WSCALE_BIG;
	return true;
}

static bool walk_sack_ok(struct cursor *c, struct x0f_obs *obs)
{
	if (!begin_fixed(c, 2, obs))
		return false;
	obs->has |= X0F_HAS_SACK_OK;
	return true;
}

static bool walk_timestamp(struct cursor *c, struct x0f_obs *obs)
{
	if (!begin_fixed(c, 10, obs))
		return false;
	obs->ts_val = cursor_be32(c);
	obs->ts_ecr = cursor_be32(c);
	obs->has |= X0F_HAS_TIMESTAMP;
	if (!obs->ts_val)
		obs->quirks |= X0F_QUIRK_TS_ZERO;
	if (obs->ts_ecr && obs->kind == X0F_KIND_SYN)
		obs->quirks |= X0F_QUIRK_TS_PEER;
	return true;
}

/* False where the walk cannot go on. */
static bool walk_option(struct cursor *c, uint8_t kind, struct x0f_obs *obs)
{
	switch (kind) {
	case OPTION_NOP:
		return true;
	case OPTION_MSS:
		return walk_mss(c, obs);
	case OPTION_WSCALE:
		return walk_wscale(c, obs);
	case OPTION_SACK_OK:
		return walk_sack_ok(c, obs);
	case OPTION_SACK:
		return skip_sized(c, SACK_MIN, SACK_MAX);
	case OPTION_TIMESTAMP:
		return walk_timestamp(c, obs);
	default:
		return skip_sized(c, UNKNOWN_MIN, UNKNOWN_MAX);
	}
}

void decode_options(struct cursor *c, uint32_t policy, struct x0f_obs *obs)
{
	while (cursor_left(c) && obs->option_count < X0F_MAX_OPTIONS) {
		uint8_t kind = cursor_u8(c);

		obs->option_kinds[obs->option_count++] = kind;
		if (kind == OPTION_EOL) {
			end_of_options(c, policy, obs);
			return;
		}
		if (!walk_option(c, kind, obs)) {
			obs->quirks |= X0F_QUIRK_BAD;
			return;
		}
	}
	if (cursor_left(c))
		obs->quirks |= X0F_QUIRK_BAD;
}

const char *x0f_option_name(uint8_t kind)
{
	switch (kind) {
	case OPTION_EOL:
		return "eol";
	case OPTION_NOP:
		return "nop";
	case OPTION_MSS:
		return "mss";
	case OPTION_WSCALE:
		return "ws";
	case OPTION_SACK_OK:
		return "sok";
	case OPTION_SACK:
		return "sack";
	case OPTION_TIMESTAMP:
		return "ts";
	default:
		return NULL;
	}
}
