/* SPDX-License-Identifier: MIT */
/*
 * The option walker against every area of up to three bytes and every (kind,
 * length, remaining) triple, each in a heap block of its exact size, beside an
 * obvious walker that was written from p0f's rules and shares no code.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "decode.h"

struct expect {
	uint8_t kinds[X0F_MAX_OPTIONS];
	uint8_t count, eol_padding, wscale;
	uint16_t mss;
	uint32_t ts_val, ts_ecr, quirks;
};

static uint32_t be(const uint8_t *p, int n)
{
	uint32_t v = 0;

	while (n--)
		v = v << 8 | *p++;
	return v;
}

/* Sizes of the options whose length byte is checked but not believed */
static const uint8_t nominal[256] = { [2] = 4, [3] = 3, [4] = 2, [8] = 10 };

static void expect_values(struct expect *e, const uint8_t *option, int kind)
{
	if (kind == 2)
		e->mss = (uint16_t)be(option + 2, 2);
	if (kind == 3) {
		e->wscale = option[2];
		if (e->wscale > 14)
			e->quirks |= X0F_QUIRK_WSCALE_BIG;
	}
	if (kind == 8) {
		e->ts_val = be(option + 2, 4);
		e->ts_ecr = be(option + 6, 4);
		e->quirks |= e->ts_val ? 0 : X0F_QUIRK_TS_ZERO;
		e->quirks |= e->ts_ecr ? X0F_QUIRK_TS_PEER : 0;
	}
}

/* p0f-tcp §4 for a SYN, with array positions instead of a cursor */
static struct expect obvious_walk(const uint8_t *a, int len, uint32_t policy)
{
	struct expect e = { 0 };
	int i = 0;

	while (i < len && e.count < X0F_MAX_OPTIONS) {
		int kind = a[i], left = len - i, size, k;

		e.kinds[e.count++] = (uint8_t)kind;
		if (kind == 0) {
			e.eol_padding = (uint8_t)(left - 1);
			for (k = i + 1; k < len && !a[k]; k++)
				;
			if (k < len && (k < len - 1 || (policy & X0F_MEND_OPT)))
				e.quirks |= X0F_QUIRK_PADDING;
			return e;
		}
		size = kind == 1 ? 1 : nominal[kind];
		if (!size) {
			int min = kind == 5 ? 10 : 2, max = kind == 5 ? 34 : 40;

			size = left > 1 ? a[i + 1] : 0;
			if (size < min || size > max)
				size = 0;
		}
		if (!size || size > left) {
			e.quirks |= X0F_QUIRK_BAD;
			return e;
		}
		if (nominal[kind]) {
			if (a[i + 1] != size)
				e.quirks |= X0F_QUIRK_BAD;
			expect_values(&e, a + i, kind);
		}
		i += size;
	}
	if (i < len)
		e.quirks |= X0F_QUIRK_BAD;
	return e;
}

/* One heap block of each size, so that one byte too far is seen. */
static uint8_t *blocks[41];

static void check_area(const uint8_t *area, int len, uint32_t policy)
{
	struct expect e = obvious_walk(area, len, policy);
	struct x0f_obs obs = { .kind = X0F_KIND_SYN };
	struct cursor c;

	if (len)
		memcpy(blocks[len], area, (size_t)len);
	c = cursor_over(blocks[len], (size_t)len);
	decode_options(&c, policy, &obs);
	if (obs.quirks != e.quirks || obs.option_count != e.count ||
	    memcmp(obs.option_kinds, e.kinds, sizeof(e.kinds)) ||
	    obs.eol_padding != e.eol_padding || obs.mss != e.mss ||
	    obs.wscale != e.wscale || obs.ts_val != e.ts_val ||
	    obs.ts_ecr != e.ts_ecr)
		fail_msg("area of %d bytes: %02x %02x %02x ..., policy %x: "
			 "quirks %x, expected %x",
			 len, area[0], area[1], area[2], policy, obs.quirks,
			 e.quirks);
}

static void every_area_of_three_bytes(void **state)
{
	uint8_t area[4] = { 0 };
	uint32_t n;
	int len;

	(void)state;
	for (len = 0; len <= 3; len++)
		for (n = 0; n < 1u << 8 * len; n++) {
			area[0] = (uint8_t)n;
			area[1] = (uint8_t)(n >> 8);
			area[2] = (uint8_t)(n >> 16);
			check_area(area, len, X0F_POLICY_P0F);
		}
}

static void every_kind_length_remaining(void **state)
{
	uint8_t area[40];
	unsigned int kind, length;
	int remaining;

	(void)state;
	for (kind = 0; kind < 256; kind++)
		for (length = 0; length < 256; length++)
			for (remaining = 0; remaining <= 40; remaining++) {
				memset(area, 0x77, sizeof(area));
				area[0] = (uint8_t)kind;
				area[1] = (uint8_t)length;
				check_area(area, remaining, X0F_POLICY_X0F);
			}
}

static void random_areas(void **state)
{
	static const uint8_t likely[] = { 0, 1, 2, 3, 4, 5, 8, 10, 34, 254 };
	uint8_t area[40];
	int n;

	(void)state;
	srandom(1);
	for (n = 0; n < 1000000; n++) {
		int len = (int)(random() % 41), i;

		for (i = 0; i < 40; i++)
			area[i] = (uint8_t)(random() % 3 ?
						    likely[random() % 10] :
						    random());
		check_area(area, len, n % 2 ? X0F_POLICY_X0F : X0F_POLICY_P0F);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_area_of_three_bytes),
		cmocka_unit_test(every_kind_length_remaining),
		cmocka_unit_test(random_areas),
	};

	int len, failed;

	for (len = 0; len <= 40; len++)
		blocks[len] = malloc((size_t)len);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	for (len = 0; len <= 40; len++)
		free(blocks[len]);
	return failed;
}
