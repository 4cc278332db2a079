/* SPDX-License-Identifier: MIT */
/*
 * Frames to observations: each link type, each status, each quirk, and every
 * truncation of every frame, in heap blocks of exact size.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include <x0f/x0f.h>

#include "frames.h"

static const uint8_t syn_options[] = { 2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0,
				       1, 0, 0, 0,    0, 0, 1, 3,  3, 7 };

#define LINUX_SYN                                               \
	.window = 64240, .fragment = 0x4000, .id = 7, .seq = 1, \
	.options = syn_options, .options_len = sizeof(syn_options)

/* Bytes are copied: literals at the call are link headers and options. */
#define BYTES(...)          \
	(const uint8_t[])   \
	{                   \
		__VA_ARGS__ \
	}
#define LINK(...) \
	.link = BYTES(__VA_ARGS__), .link_len = sizeof(BYTES(__VA_ARGS__))
#define MACS 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12

static enum x0f_status see(struct packet k, enum x0f_link link, uint32_t policy,
			   struct x0f_obs *obs)
{
	struct frame f = build(k);
	enum x0f_status status = x0f_observe(f.bytes, f.len, f.len, link,
					     policy, obs);

	free(f.bytes);
	return status;
}

static void assert_sig(const struct x0f_obs *obs, const char *expected)
{
	char sig[X0F_TEXT_MAX];

	x0f_format_raw_sig(sig, sizeof(sig), obs);
	assert_string_equal(sig, expected);
}

static void assert_sees_linux(struct packet k, enum x0f_link link, int vlans)
{
	struct x0f_obs obs;

	assert_int_equal(see(k, link, X0F_POLICY_X0F, &obs), X0F_OK);
	if (k.version == 6)
		assert_sig(&obs, "6:64+0:0:1460:mss*44,7:mss,sok,ts,nop,ws::0");
	else
		assert_sig(&obs, "4:64+0:0:1460:mss*44,7:mss,sok,ts,nop,ws:"
				 "df,id+:0");
	assert_int_equal(obs.vlan_count, vlans);
	assert_int_equal(obs.ip_offset, k.link_len);
	assert_int_equal(obs.header_len, (k.version == 6 ? 40 : 20) + 40);
	assert_int_equal(obs.payload_offset, k.link_len + obs.header_len);
	assert_int_equal(obs.dst_port, 80);
	assert_int_equal(obs.ts_val, 256);
	assert_int_equal(obs.mtu, k.version == 6 ? 1520 : 1500);
}

static const struct link_case {
	const char *name;
	enum x0f_link link;
	struct packet k;
	int vlans;
} link_cases[] = {
	{ "raw 4", X0F_LINK_RAW, { LINUX_SYN }, 0 },
	{ "raw 6", X0F_LINK_RAW, { LINUX_SYN, .version = 6 }, 0 },
	{ "ethernet", X0F_LINK_ETHERNET, { LINUX_SYN, LINK(MACS, 8, 0) }, 0 },
	{ "ethernet 6",
	  X0F_LINK_ETHERNET,
	  { LINUX_SYN, .version = 6, LINK(MACS, 0x86, 0xdd) },
	  0 },
	{ "vlan",
	  X0F_LINK_ETHERNET,
	  { LINUX_SYN, LINK(MACS, 0x81, 0, 0, 5, 8, 0) },
	  1 },
	{ "qinq",
	  X0F_LINK_ETHERNET,
	  { LINUX_SYN, LINK(MACS, 0x88, 0xa8, 0, 5, 0x81, 0, 0, 6, 8, 0) },
	  2 },
	{ "three tags",
	  X0F_LINK_ETHERNET,
	  { LINUX_SYN,
	    LINK(MACS, 0x91, 0, 0, 5, 0x88, 0xa8, 0, 6, 0x81, 0, 0, 7, 8, 0) },
	  3 },
	{ "pppoe",
	  X0F_LINK_ETHERNET,
	  { LINUX_SYN, LINK(MACS, 0x88, 0x64, 0x11, 0, 0, 1, 0, 62, 0, 0x21) },
	  0 },
	{ "pppoe session",
	  X0F_LINK_PPPOE,
	  { LINUX_SYN, LINK(0x11, 0, 0, 1, 0, 62, 0, 0x21) },
	  0 },
	{ "ppp framed", X0F_LINK_PPP, { LINUX_SYN, LINK(0xff, 3, 0, 0x21) }, 0 },
	{ "ppp bare 6",
	  X0F_LINK_PPP,
	  { LINUX_SYN, .version = 6, LINK(0, 0x57) },
	  0 },
	{ "ppp short protocol", X0F_LINK_PPP, { LINUX_SYN, LINK(0x21) }, 0 },
	{ "cisco hdlc", X0F_LINK_PPP, { LINUX_SYN, LINK(0x0f, 0, 8, 0) }, 0 },
	{ "null little", X0F_LINK_NULL, { LINUX_SYN, LINK(2, 0, 0, 0) }, 0 },
	{ "null big", X0F_LINK_NULL, { LINUX_SYN, LINK(0, 0, 0, 2) }, 0 },
	{ "null 6",
	  X0F_LINK_NULL,
	  { LINUX_SYN, .version = 6, LINK(30, 0, 0, 0) },
	  0 },
	{ "loop", X0F_LINK_LOOP, { LINUX_SYN, LINK(0, 0, 0, 2) }, 0 },
	{ "sll",
	  X0F_LINK_SLL,
	  { LINUX_SYN, LINK(0, 0, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0, 8, 0) },
	  0 },
	{ "sll vlan",
	  X0F_LINK_SLL,
	  { LINUX_SYN, LINK(0, 0, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0, 0x81, 0,
			    0, 9, 8, 0) },
	  1 },
	{ "sll2",
	  X0F_LINK_SLL2,
	  { LINUX_SYN,
	    LINK(8, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0) },
	  0 },
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void link_types(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(link_cases); i++) {
		print_message("%s\n", link_cases[i].name);
		assert_sees_linux(link_cases[i].k, link_cases[i].link,
				  link_cases[i].vlans);
	}
}

/* A frame that is cut anywhere gives a status, never an observation. */
static void every_truncation(void **state)
{
	size_t i, len;

	(void)state;
	for (i = 0; i < COUNT(link_cases); i++) {
		struct frame f = build(link_cases[i].k);

		for (len = 0; len < f.len; len++) {
			uint8_t *block = malloc(len);
			struct x0f_obs obs;

			if (len)
				memcpy(block, f.bytes, len);
			assert_int_not_equal(x0f_observe(block, len, f.len,
							 link_cases[i].link,
							 X0F_POLICY_X0F, &obs),
					     X0F_OK);
			assert_int_not_equal(x0f_observe(block, len, len,
							 link_cases[i].link,
							 X0F_POLICY_P0F, &obs),
					     X0F_OK);
			free(block);
		}
		free(f.bytes);
	}
}

static void statuses(void **state)
{
	const struct {
		enum x0f_status status;
		uint32_t policy;
		enum x0f_link link;
		struct packet k;
	} cases[] = {
		{ X0F_NOT_IP,
		  X0F_POLICY_X0F,
		  X0F_LINK_ETHERNET,
		  { LINUX_SYN, LINK(MACS, 8, 6) } },
		{ X0F_NOT_IP,
		  X0F_POLICY_X0F,
		  X0F_LINK_NULL,
		  { LINUX_SYN, LINK(9, 0, 0, 0) } },
		{ X0F_TAGGED,
		  X0F_POLICY_P0F,
		  X0F_LINK_ETHERNET,
		  { LINUX_SYN, LINK(MACS, 0x81, 0, 0, 5, 8, 0) } },
		{ X0F_TAGGED,
		  X0F_POLICY_P0F,
		  X0F_LINK_ETHERNET,
		  { LINUX_SYN,
		    LINK(MACS, 0x88, 0x64, 0x11, 0, 0, 1, 0, 62, 0, 0x21) } },
		{ X0F_TOO_MANY_TAGS,
		  X0F_POLICY_X0F,
		  X0F_LINK_ETHERNET,
		  { LINUX_SYN, LINK(MACS, 0x81, 0, 0, 5, 0x81, 0, 0, 6, 0x81, 0,
				    0, 7, 0x81, 0, 0, 8, 8, 0) } },
		{ X0F_BAD_IP,
		  X0F_POLICY_X0F,
		  X0F_LINK_ETHERNET,
		  { LINUX_SYN, .version = 6, LINK(MACS, 8, 0) } },
		{ X0F_FRAGMENT,
		  X0F_POLICY_X0F,
		  X0F_LINK_RAW,
		  { .fragment = 0x2000 } },
		{ X0F_FRAGMENT,
		  X0F_POLICY_X0F,
		  X0F_LINK_RAW,
		  { .fragment = 1 } },
		{ X0F_FRAGMENT,
		  X0F_POLICY_X0F,
		  X0F_LINK_RAW,
		  { .version = 6, .protocol = 44 } },
		{ X0F_NOT_TCP,
		  X0F_POLICY_X0F,
		  X0F_LINK_RAW,
		  { .protocol = 17 } },
		{ X0F_NOT_TCP,
		  X0F_POLICY_X0F,
		  X0F_LINK_RAW,
		  { .version = 6, .protocol = 58 } },
		{ X0F_EXTENSIONS,
		  X0F_POLICY_P0F,
		  X0F_LINK_RAW,
		  { .version = 6, .protocol = 60 } },
		{ X0F_BAD_FLAGS,
		  X0F_POLICY_X0F,
		  X0F_LINK_RAW,
		  { .flags = 0x03 } },
		{ X0F_BAD_FLAGS,
		  X0F_POLICY_X0F,
		  X0F_LINK_RAW,
		  { .flags = 0x06 } },
		{ X0F_BAD_FLAGS,
		  X0F_POLICY_X0F,
		  X0F_LINK_RAW,
		  { .flags = 0x05 } },
		{ X0F_BAD_FLAGS,
		  X0F_POLICY_X0F,
		  X0F_LINK_RAW,
		  { .flags = 0x28 } },
		{ X0F_SEGMENT, X0F_POLICY_X0F, X0F_LINK_RAW, { .flags = 0x10 } },
		{ X0F_SEGMENT, X0F_POLICY_X0F, X0F_LINK_RAW, { .flags = 0x14 } },
		{ X0F_OK, X0F_POLICY_X0F, X0F_LINK_RAW, { .flags = 0xca } },
		{ X0F_BAD_LINK, X0F_POLICY_X0F, X0F_LINK_UNKNOWN, { 0 } },
		{ X0F_BAD_LINK, X0F_POLICY_X0F, X0F_LINK_COUNT, { 0 } },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct x0f_obs obs;
		enum x0f_status got = see(cases[i].k, cases[i].link,
					  cases[i].policy, &obs);

		if (got != cases[i].status)
			fail_msg("case %zu: %s, expected %s", i,
				 x0f_status_name(got),
				 x0f_status_name(cases[i].status));
	}
}

static uint32_t quirks_of(struct packet k, uint32_t policy)
{
	struct x0f_obs obs;

	if (!k.seq)
		k.seq = 1;
	if (!k.fragment && k.version != 6) {
		k.fragment = 0x4000;
		k.id = k.id ? k.id : 0;
	}
	assert_int_equal(see(k, X0F_LINK_RAW, policy, &obs), X0F_OK);
	return obs.quirks & ~(uint32_t)X0F_QUIRK_DF;
}

static void quirks(void **state)
{
	const uint32_t both[] = { X0F_POLICY_P0F, X0F_POLICY_X0F };
	struct x0f_obs obs;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		uint32_t p = both[i];

		assert_int_equal(quirks_of((struct packet){ 0 }, p), 0);
		assert_int_equal(quirks_of((struct packet){ .id = 1 }, p),
				 X0F_QUIRK_ID_SET);
		assert_int_equal(quirks_of((struct packet){ .tos = 1 }, p),
				 X0F_QUIRK_ECN);
		assert_int_equal(quirks_of((struct packet){ .flags = 0x42 }, p),
				 X0F_QUIRK_ECN);
		assert_int_equal(quirks_of((struct packet){ .flags = 0x82 }, p),
				 X0F_QUIRK_ECN);
		assert_int_equal(quirks_of((struct packet){ .reserved = 1 }, p),
				 X0F_QUIRK_ECN);
		assert_int_equal(quirks_of((struct packet){ .reserved = 2 }, p),
				 0);
		assert_int_equal(
			quirks_of((struct packet){ .fragment = 0xc000 }, p),
			X0F_QUIRK_RESERVED);
		assert_int_equal(quirks_of((struct packet){ .flags = 0x0a }, p),
				 X0F_QUIRK_PUSH);
		assert_int_equal(quirks_of((struct packet){ .flags = 0x22,
							    .urgent = 9 },
					   p),
				 X0F_QUIRK_URG_FLAG);
		assert_int_equal(quirks_of((struct packet){ .urgent = 9 }, p),
				 X0F_QUIRK_URG_SET);
		assert_int_equal(quirks_of((struct packet){ .flags = 0x12 }, p),
				 X0F_QUIRK_ACK_ZERO);
		assert_int_equal(quirks_of((struct packet){ .version = 6,
							    .flow_label = 5 },
					   p),
				 X0F_QUIRK_FLOW);
	}
	assert_int_equal(see((struct packet){ .fragment = 0x8000, .tos = 0xb8 },
			     X0F_LINK_RAW, X0F_POLICY_P0F, &obs),
			 X0F_OK);
	assert_int_equal(obs.quirks, X0F_QUIRK_RESERVED | X0F_QUIRK_ID_ZERO |
					     X0F_QUIRK_SEQ_ZERO);
	assert_int_equal(obs.dscp, 46);
}

/* Each mend of base.h that concerns decoding, by itself. */
static void mends(void **state)
{
	const struct packet low = { .ack = 1 }, high = { .ack = 0x01000000 };
	const struct packet padded = { .options = BYTES(0, 0, 0, 9),
				       .options_len = 4 };
	const uint8_t hop_by_hop[] = { 6, 0, 1, 4, 0, 0, 0, 0 };
	struct frame f = build(
		(struct packet){ LINUX_SYN, .version = 6, .payload = 8 });
	struct x0f_obs obs;

	(void)state;
	assert_int_equal(quirks_of(low, X0F_POLICY_P0F), 0);
	assert_int_equal(quirks_of(high, X0F_POLICY_P0F), X0F_QUIRK_ACK_SET);
	assert_int_equal(quirks_of(low, X0F_MEND_ACK), X0F_QUIRK_ACK_SET);
	assert_int_equal(quirks_of(padded, X0F_POLICY_P0F), 0);
	assert_int_equal(quirks_of(padded, X0F_MEND_OPT), X0F_QUIRK_PADDING);

	/* a hop-by-hop header squeezed in before TCP */
	memmove(f.bytes + 48, f.bytes + 40, f.len - 48);
	memcpy(f.bytes + 40, hop_by_hop, sizeof(hop_by_hop));
	f.bytes[6] = 0;
	assert_int_equal(x0f_observe(f.bytes, f.len, f.len, X0F_LINK_RAW,
				     X0F_POLICY_P0F, &obs),
			 X0F_EXTENSIONS);
	assert_int_equal(x0f_observe(f.bytes, f.len, f.len, X0F_LINK_RAW,
				     X0F_MEND_EXTENSIONS, &obs),
			 X0F_OK);
	assert_sig(&obs, "6:64+0:0:1460:mss*44,7:mss,sok,ts,nop,ws::0");
	assert_int_equal(obs.header_len, 88);
	free(f.bytes);

	/* 100 bytes of payload, of which the capture holds none */
	f = build((struct packet){ LINUX_SYN, .payload = 100 });
	assert_int_equal(x0f_observe(f.bytes, f.len - 100, f.len, X0F_LINK_RAW,
				     X0F_POLICY_P0F, &obs),
			 X0F_CUT);
	assert_int_equal(x0f_observe(f.bytes, f.len - 100, f.len, X0F_LINK_RAW,
				     X0F_MEND_SNAPLEN, &obs),
			 X0F_OK);
	assert_int_equal(obs.payload_len, 100);
	assert_int_equal(x0f_observe(f.bytes, f.len - 100, f.len - 1,
				     X0F_LINK_RAW, X0F_MEND_SNAPLEN, &obs),
			 X0F_CUT);
	free(f.bytes);
}

/* Nine extension headers are one too many; none loops for ever. */
static void extension_chains(void **state)
{
	uint8_t chain[40 + 9 * 8 + 20] = { 0x60 };
	struct x0f_obs obs;
	int n;

	(void)state;
	for (n = 1; n <= 9; n++) {
		size_t len = 40 + (size_t)n * 8 + 20;
		int i;

		memset(chain + 40, 0, sizeof(chain) - 40);
		chain[5] = (uint8_t)(len - 40);
		chain[6] = 60;
		for (i = 0; i < n; i++)
			chain[40 + i * 8] = i == n - 1 ? 6 : 60;
		chain[40 + n * 8 + 12] = 0x50;
		chain[40 + n * 8 + 13] = 0x02;
		assert_int_equal(x0f_observe(chain, len, len, X0F_LINK_RAW,
					     X0F_POLICY_X0F, &obs),
				 n <= 8 ? X0F_OK : X0F_EXTENSIONS);
	}
}

/* Lengths that lie, each in a packet that is right otherwise. */
static void lying_lengths(void **state)
{
	struct frame f = build((struct packet){ LINUX_SYN });
	struct x0f_obs obs;
	int len;

	(void)state;
	for (len = 0; len < 60; len++) {
		f.bytes[3] = (uint8_t)len;
		assert_int_equal(x0f_observe(f.bytes, f.len, f.len,
					     X0F_LINK_RAW, X0F_POLICY_X0F,
					     &obs),
				 len < 40 ? X0F_BAD_IP : X0F_BAD_TCP);
	}
	f.bytes[3] = 61;
	assert_int_equal(x0f_observe(f.bytes, f.len, f.len, X0F_LINK_RAW,
				     X0F_POLICY_X0F, &obs),
			 X0F_CUT);
	f.bytes[3] = 60;
	f.bytes[32] = 0xb0; /* eleven words of TCP header, ten are there */
	assert_int_equal(x0f_observe(f.bytes, f.len, f.len, X0F_LINK_RAW,
				     X0F_POLICY_X0F, &obs),
			 X0F_BAD_TCP);
	f.bytes[32] = 0x40;
	assert_int_equal(x0f_observe(f.bytes, f.len, f.len, X0F_LINK_RAW,
				     X0F_POLICY_X0F, &obs),
			 X0F_BAD_TCP);
	free(f.bytes);
}

/* RFC 4302: an authentication header counts its length in words of four. */
static void authentication_header(void **state)
{
	struct frame f = build(
		(struct packet){ LINUX_SYN, .version = 6, .payload = 24 });
	struct x0f_obs obs;

	(void)state;
	memmove(f.bytes + 64, f.bytes + 40, f.len - 64);
	memset(f.bytes + 40, 0, 24);
	f.bytes[6] = 51;
	f.bytes[40] = 6;
	f.bytes[41] = 4;   /* 24 bytes */
	f.bytes[1] = 0x20; /* one of the ECN bits */
	assert_int_equal(x0f_observe(f.bytes, f.len, f.len, X0F_LINK_RAW,
				     X0F_POLICY_X0F, &obs),
			 X0F_OK);
	assert_sig(&obs, "6:64+0:0:1460:mss*44,7:mss,sok,ts,nop,ws:ecn:0");
	assert_int_equal(obs.extension_len, 24);
	assert_int_equal(obs.header_len, 104);
	assert_int_equal(obs.ip_ecn, 2);
	free(f.bytes);
}

static void window_multiples(void **state)
{
	static const struct {
		int version;
		uint16_t mss, window, peer;
		const char *expected;
	} cases[] = {
		{ 4, 1460, 64240, 0, "mss*44" },
		{ 4, 1460, 2920, 0, "mss*2" },
		{ 4, 1000, 14600, 0, "mss*10" },
		{ 4, 1000, 2896, 0, "mss*2" },
		{ 4, 1000, 10400, 0, "mtu*10" },
		{ 4, 1000, 4500, 0, "mtu*3" },
		{ 4, 1000, 7200, 0, "7200" },
		{ 6, 1000, 7200, 0, "mss*5" },
		{ 4, 99, 198, 0, "198" },
		{ 4, 1460, 0, 0, "0" },
		{ 4, 1000, 4095, 1365, "mss*3" },
		{ 4, 1000, 4059, 1365, "mss*3" },
		{ 4, 1000, 59999, 1, "59999" },
		{ 4, 1000, 20011, 1, "mss*20011" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		uint8_t mss[] = { 2, 4, (uint8_t)(cases[i].mss >> 8),
				  (uint8_t)cases[i].mss };
		struct packet k = { .version = cases[i].version,
				    .window = cases[i].window,
				    .flags = cases[i].peer ? 0x12 : 0x02,
				    .options = mss,
				    .options_len = 4 };
		char sig[X0F_TEXT_MAX], expected[64];
		struct x0f_obs obs;

		assert_int_equal(see(k, X0F_LINK_RAW, X0F_POLICY_P0F, &obs),
				 X0F_OK);
		if (cases[i].peer)
			x0f_obs_set_peer_mss(&obs, cases[i].peer);
		x0f_format_raw_sig(sig, sizeof(sig), &obs);
		snprintf(expected, sizeof(expected),
			 ":%s,0:", cases[i].expected);
		if (!strstr(sig, expected))
			fail_msg("%s has no %s", sig, expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(link_types),
		cmocka_unit_test(every_truncation),
		cmocka_unit_test(statuses),
		cmocka_unit_test(quirks),
		cmocka_unit_test(mends),
		cmocka_unit_test(extension_chains),
		cmocka_unit_test(lying_lengths),
		cmocka_unit_test(authentication_header),
		cmocka_unit_test(window_multiples),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
