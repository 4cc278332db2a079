/* SPDX-License-Identifier: MIT */
/*
 * The option walker by itself, in a heap block of the area's exact size. The
 * layout that it prints must read back as the layout that it saw.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <x0f/x0f.h>

#include "decode.h"

enum { AREA_MAX = 40 };

static void check_layout(const struct x0f_obs *obs)
{
	char layout[X0F_TEXT_MAX], text[X0F_TEXT_MAX + 32];
	struct x0f_sig sig;
	int len;

	assert(x0f_format_options(layout, sizeof(layout), obs->option_kinds,
				  obs->option_count,
				  obs->eol_padding) < sizeof(layout));
	len = snprintf(text, sizeof(text), "*:64:0:*:*,*:%s::*", layout);
	assert(!x0f_sig_parse(&sig, text, (size_t)len, X0F_POLICY_X0F, NULL));
	assert(sig.option_count == obs->option_count);
	assert(sig.eol_padding == obs->eol_padding);
	assert(!memcmp(sig.option_kinds, obs->option_kinds,
		       sizeof(sig.option_kinds)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct x0f_obs obs = { 0 };
	struct cursor c;
	uint8_t *area;

	if (!len)
		return 0;
	obs.kind = data[0] & 1;
	if (--len > AREA_MAX)
		len = AREA_MAX;
	area = malloc(len);
	if (len)
		memcpy(area, data + 1, len);
	c = cursor_over(area, len);
	decode_options(&c, data[0] & 2 ? X0F_MEND_OPT : X0F_POLICY_P0F, &obs);
	free(area);
	check_layout(&obs);
	return 0;
}
