/* SPDX-License-Identifier: MIT */
/*
 * Text: addresses against the C library, cut-off at every size, and the
 * pieces that parity with p0f does not reach.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <x0f/x0f.h>

static void addresses(void **state)
{
	int n;

	(void)state;
	srandom(1);
	for (n = 0; n < 200000; n++) {
		char ours[64], theirs[64];
		uint8_t addr[16];
		int i, version = n % 2 ? 4 : 6;

		/* many zeros, so that runs of them compete */
		for (i = 0; i < 16; i++)
			addr[i] = (uint8_t)(random() % 3 ? 0 : random());
		addr[0] |= 0x20; /* ::1.2.3.4 has a form of its own there */
		x0f_format_addr(ours, sizeof(ours), addr, (uint8_t)version);
		inet_ntop(version == 4 ? AF_INET : AF_INET6, addr, theirs,
			  sizeof(theirs));
		assert_string_equal(ours, theirs);
	}
}

static void long_addresses(void **state)
{
	const uint8_t addr[16] = { 0x20, 1, 0xd, 0xb8, [15] = 1 };
	char text[64];

	(void)state;
	x0f_format_addr_long(text, sizeof(text), addr, 6);
	assert_string_equal(text, "2001:db8:0:0:0:0:0:1");
	x0f_format_addr_long(text, sizeof(text), addr, 4);
	assert_string_equal(text, "32.1.13.184");
}

static const struct x0f_obs obs = {
	.kind = X0F_KIND_SYN,
	.ip_version = 4,
	.ttl = 120,
	.initial_ttl = 128,
	.dscp = 0x2e,
	.mss = 1452,
	.window = 65535,
	.option_count = 6,
	.option_kinds = { 2, 1, 1, 4, 77, 0 },
	.eol_padding = 2,
	.quirks = X0F_QUIRK_DF | X0F_QUIRK_ID_SET,
};

/* At every size: never behind the end, always ended, length of the whole. */
static void cut_off(void **state)
{
	const char *whole = "4:120+8:0:1452:65535,0:mss,nop,nop,sok,?77,eol+2:"
			    "df,id+:0";
	size_t size, len = strlen(whole);

	(void)state;
	assert_int_equal(x0f_format_raw_sig(NULL, 0, &obs), len);
	for (size = 1; size < len + 3; size++) {
		char *block = malloc(size);
		size_t fits = size - 1 < len ? size - 1 : len;

		assert_int_equal(x0f_format_raw_sig(block, size, &obs), len);
		assert_int_equal(strlen(block), fits);
		assert_memory_equal(block, whole, fits);
		free(block);
	}
}

static void params(void **state)
{
	const struct x0f_verdict fuzzy = {
		.match = X0F_MATCH_FUZZY,
		.reasons = X0F_REASON_GENERIC | X0F_REASON_QUIRK_MISSING,
		.quirks_missing = X0F_QUIRK_DF | X0F_QUIRK_ID_SET,
	};
	char text[X0F_TEXT_MAX];
	struct x0f_obs plain = obs;

	(void)state;
	x0f_format_params(text, sizeof(text), &obs, &fuzzy);
	assert_string_equal(text, "generic fuzzy tos:0x2e");
	plain.dscp = 0;
	x0f_format_params(text, sizeof(text), &plain,
			  &(struct x0f_verdict){ 0 });
	assert_string_equal(text, "none");
	x0f_format_reasons(text, sizeof(text), &obs, &fuzzy);
	assert_string_equal(text, "generic signature, missing df, missing id+");
}

static void sendsyn_mss(void **state)
{
	struct x0f_obs answer = obs;
	char text[X0F_TEXT_MAX];

	(void)state;
	answer.mss = 1331;
	x0f_format_raw_sig(text, sizeof(text), &answer);
	assert_non_null(strstr(text, ":1331:"));
	answer.kind = X0F_KIND_SYNACK;
	answer.ttl = 20;
	x0f_format_raw_sig(text, sizeof(text), &answer);
	assert_non_null(strstr(text, ":*:"));
	assert_memory_equal(text, "4:20+?:", 7);
}

static void names(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < X0F_STATUS_COUNT; i++)
		assert_true(strlen(x0f_status_name((enum x0f_status)i)) > 2);
	assert_string_equal(x0f_status_name(X0F_STATUS_COUNT),
			    "unknown status");
	assert_null(x0f_quirk_name(0));
	assert_null(x0f_quirk_name(3));
	assert_null(x0f_quirk_name(1u << 17));
	assert_string_equal(x0f_quirk_name(X0F_QUIRK_BAD), "bad");
	assert_string_equal(x0f_field_name(X0F_FIELD_WINDOW), "window");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),   cmocka_unit_test(long_addresses),
		cmocka_unit_test(cut_off),     cmocka_unit_test(params),
		cmocka_unit_test(sendsyn_mss), cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
