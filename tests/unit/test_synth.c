/* SPDX-License-Identifier: MIT */
/*
 * Packets made from signatures: that all signatures which we carry have one,
 * that lengths and checksums are right, that every quirk and every kind of
 * window can be had, and that what cannot be is refused by its name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../user/capture/synth.c"
#include "../../user/capture/synth_headers.c"
#include "../../user/capture/synth_options.c"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct x0f_sig parse(const char *text, uint8_t kind)
{
	struct x0f_error error;
	struct x0f_sig sig;

	if (x0f_sig_parse(&sig, text, strlen(text), X0F_POLICY_X0F, &error))
		fail_msg("%s: %u: %s", text, error.column, error.message);
	sig.kind = kind;
	return sig;
}

static uint32_t sum16(uint32_t sum, const uint8_t *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* Lengths and sums, the way a receiver checks them. */
static void check_frame(const uint8_t *p, size_t len)
{
	bool is_ipv4 = p[0] >> 4 == 4;
	size_t header = is_ipv4 ? (p[0] & 0xfu) * 4 : 40;
	size_t tcp = len - header;
	uint32_t sum;

	if (is_ipv4) {
		assert_int_equal(len, p[2] << 8 | p[3]);
		assert_int_equal(sum16(0, p, header), 0xffff);
		sum = sum16(0, p + 12, 8);
	} else {
		assert_int_equal(tcp, p[4] << 8 | p[5]);
		sum = sum16(0, p + 8, 32);
	}
	assert_int_equal(sum16(sum + 6 + (uint32_t)tcp, p + header, tcp),
			 0xffff);
}

/* The frame in a block of exactly its size; its observation in *obs. */
static size_t synth(const struct x0f_sig *sig, const struct synth_options *o,
		    struct x0f_obs *obs, enum synth_problem *problem)
{
	struct synth_result result;
	uint8_t *buf = malloc(SYNTH_BYTES);
	uint8_t *exact;
	size_t len;

	assert_non_null(buf);
	len = synth_frame(sig, o, &result, buf, SYNTH_BYTES);
	free(buf);
	*problem = result.problem;
	assert_int_equal(!len, result.problem != SYNTH_OK);
	if (!len)
		return 0;
	exact = malloc(len);
	assert_non_null(exact);
	assert_int_equal(synth_frame(sig, o, &result, exact, len), len);
	check_frame(exact, len);
	assert_int_equal(x0f_observe(exact, len, len, X0F_LINK_RAW, o->policy,
				     obs),
			 X0F_OK);
	if (result.peer_mss)
		x0f_obs_set_peer_mss(obs, result.peer_mss);
	assert_memory_equal(obs, &result.obs, sizeof(*obs));
	assert_int_equal(synth_frame(sig, o, &result, exact, len - 1), 0);
	assert_int_equal(result.problem, SYNTH_NO_ROOM);
	free(exact);
	return len;
}

static void check_exact(const struct x0f_sig *sig, const struct x0f_obs *obs,
			uint32_t policy)
{
	struct x0f_comparison r;

	x0f_sig_compare(sig, obs, policy, &r);
	assert_int_equal(r.field, X0F_FIELD_NONE);
	assert_false(r.fuzzy);
}

/* The winner is the signature, or one that stands before it by the rules. */
static void check_winner(const struct x0f_db *db, uint32_t pos,
			 const struct x0f_obs *obs, uint32_t policy)
{
	const struct x0f_sig *sig = x0f_db_sig(db, pos);
	const struct x0f_sig *winner;
	struct x0f_verdict verdict;

	x0f_match(db, obs, policy, &verdict);
	if (verdict.signature == pos)
		return;
	winner = x0f_db_sig(db, verdict.signature);
	assert_non_null(winner);
	check_exact(winner, obs, policy);
	if (winner->generic == sig->generic)
		assert_true(verdict.signature < pos);
	else
		assert_true(sig->generic);
}

static void test_builtin(void **state)
{
	const uint32_t policies[] = { X0F_POLICY_X0F, X0F_POLICY_P0F };
	struct x0f_source sources[2];
	struct synth_options o = synth_defaults;
	enum synth_problem problem;
	const struct x0f_sig *sig;
	struct x0f_error error;
	uint32_t pos, made = 0;
	struct x0f_obs obs;
	struct x0f_db *db;
	size_t i;

	(void)state;
	x0f_db_builtin(sources, 2);
	assert_int_equal(x0f_db_open(&db, sources, 2, NULL, &error), 0);
	for (pos = 0; (sig = x0f_db_sig(db, pos)); pos++) {
		for (i = 0; i < 2 * COUNT(policies); i++) {
			o.policy = policies[i / 2];
			o.ip_version = i % 2 ? 6 : 4;
			o.hops = (uint8_t)(pos % 20);
			if (sig->ip_version && sig->ip_version != o.ip_version)
				continue;
			if (!synth(sig, &o, &obs, &problem))
				fail_msg("line %u: %s", sig->line,
					 synth_problem_text(problem));
			assert_int_equal(obs.ip_version, o.ip_version);
			assert_int_equal(obs.ttl, sig->initial_ttl - o.hops);
			check_exact(sig, &obs, o.policy);
			check_winner(db, pos, &obs, o.policy);
			made++;
		}
	}
	assert_true(made > 1000);
	x0f_db_close(db);
}

/* One line per thing that a signature can ask for. */
static const struct {
	const char *text;
	uint8_t kind;
	bool is_p0f; /* under policy p0f */
} possible[] = {
	/* quirks of IP */
	{ .text = "4:64:0:1460:mss*20,7:mss,sok,ts,nop,ws:df:0" },
	{ .text = "4:64:0:1460:mss*20,7:mss,sok,ts,nop,ws:df,id+:0" },
	{ .text = "4:64:0:1460:mss*20,7:mss,sok,ts,nop,ws:id-:0" },
	{ .text = "4:64:0:1460:mss*20,7:mss,sok,ts,nop,ws::0" },
	{ .text = "4:64:0:1460:mss*20,7:mss,sok,ts,nop,ws:0+:0" },
	{ .text = "4:64:0:1460:mss*20,7:mss,sok,ts,nop,ws:df,ecn:0" },
	{ .text = "6:64:0:1440:mss*20,7:mss,sok,ts,nop,ws:flow:0" },
	{ .text = "6:64:0:1440:mss*20,7:mss,sok,ts,nop,ws::0" },
	{ .text = "4:64:4:1460:8192,0:mss::0" },
	{ .text = "4:64:40:1460:8192,0:mss::0" },
	{ .text = "4:1:0:1460:8192,0:mss::0" },
	{ .text = "4:255-:0:1460:8192,0:mss::0" },
	/* quirks of TCP */
	{ .text = "4:64:0:1460:8192,0:mss:seq-,ack+,uptr+,pushf+:0" },
	{ .text = "4:64:0:1460:8192,0:mss:urgf+:0" },
	{ .text = "4:64:0:1460:8192,0:mss:ack+:0", .is_p0f = true },
	{ .text = "4:64:0:1460:8192,0:mss:ack-,ecn:0",
	  .kind = X0F_KIND_SYNACK },
	{ .text = "4:64:0:1460:8192,0:mss,sok,ts:ts1-:0" },
	{ .text = "4:64:0:1460:8192,0:mss,sok,ts:ts2+:0" },
	{ .text = "4:64:0:1460:8192,0:mss,sok,ts:ts1-,ts2+:0" },
	{ .text = "4:64:0:1460:8192,0:mss,sok,ts:ts1-:0",
	  .kind = X0F_KIND_SYNACK },
	/* padding */
	{ .text = "4:64:0:1460:8192,0:mss,eol+3::0" },
	{ .text = "4:64:0:1460:8192,0:mss,nop,nop,sok,nop,nop,nop,eol+0::0" },
	{ .text = "4:64:0:1460:8192,0:mss,nop,eol+34::0" },
	{ .text = "4:64:0:0:8192,0:eol+39::0" },
	{ .text = "4:64:0:1460:8192,0:mss,eol+3:opt+:0" },
	{ .text = "4:64:0:1460:8192,0:mss,nop,nop,eol+1:opt+:0" },
	{ .text = "4:64:0:1460:8192,0:mss,eol+3:opt+:0", .is_p0f = true },
	/* options of any length fill the words */
	{ .text = "4:64:0:1460:8192,0:mss,?254::0" },
	{ .text = "4:64:0:1460:8192,3:?30,mss,?34,ws::0" },
	{ .text = "4:64:0:1460:8192,0:mss,sack,nop::0" },
	{ .text = "4:64:0:1460:8192,0:mss,?5,?1::0" },
	{ .text = "4:64:0:0:8192,0:::0" },
	{ .text = "4:64:0:0:8192,0:nop,nop,nop,nop,nop,nop,nop,nop,nop,nop,nop,nop,"
		  "nop,nop,nop,nop,nop,nop,nop,nop,nop,nop,nop,nop::0" },
	/* malformed: wrong length, cut off, too many */
	{ .text = "4:64:0:1460:8192,0:mss:bad:0" },
	{ .text = "4:64:0:1460:8192,7:mss,sok,ts,nop,ws:bad:0" },
	{ .text = "4:64:0:1460:8192,0:mss,eol+3:bad:0" },
	{ .text = "4:64:0:1460:8192,0:mss,?99:bad:0" },
	{ .text = "4:64:0:0:8192,0:?99:bad:0" },
	{ .text = "4:64:0:0:8192,0:nop,sack:bad:0" },
	{ .text = "4:64:0:0:8192,0:nop,mss:bad:0" },
	{ .text = "4:64:0:1460:8192,0:mss,nop,nop,nop,ts:bad:0" },
	{ .text = "4:64:0:0:8192,0:nop,nop,nop,nop,nop,nop,nop,nop,nop,nop,nop,nop,"
		  "nop,nop,nop,nop,nop,nop,nop,nop,nop,nop,nop,nop:bad:0" },
	/* scales */
	{ .text = "4:64:0:1460:8192,15:mss,nop,ws:exws:0" },
	{ .text = "4:64:0:1460:8192,255:mss,nop,ws:exws:0" },
	{ .text = "4:64:0:1460:8192,*:mss,nop,ws:exws:0" },
	{ .text = "4:64:0:1460:8192,3:mss,ws,nop,nop,ws:exws:0" },
	{ .text = "4:64:0:1460:8192,0:mss,nop,ws::0" },
	/* windows */
	{ .text = "4:64:0:1460:%8192,0:mss::0" },
	{ .text = "4:64:0:1460:%65535,0:mss::0" },
	{ .text = "4:64:0:1460:%7,0:mss::0" },
	{ .text = "4:64:0:1460:0,0:mss::0" },
	{ .text = "4:64:0:*:*,*:mss,nop,ws::*" },
	{ .text = "4:64:0:1460:mtu*2,0:mss::0" },
	{ .text = "4:64:0:1460:mtu*4,0:mss::0" },
	{ .text = "6:64:0:1440:mtu*4,0:mss::0" },
	{ .text = "*:64:0:*:mtu*400,0:mss::0" },
	{ .text = "*:64:0:*:mss*600,0:mss::0" },
	{ .text = "*:64:0:1460:mss*45,7:mss,sok,ts,nop,ws:df:0" },
	{ .text = "*:64:0:1331:mss*45,0:mss::0" },
	{ .text = "4:64:0:1460:mss*50,0:mss::0", .kind = X0F_KIND_SYNACK },
	{ .text = "4:64:0:1460:mss*1000,0:mss::0", .kind = X0F_KIND_SYNACK },
	/* payload */
	{ .text = "4:64:0:1460:8192,0:mss::+" },
	{ .text = "6:64:0:1460:8192,0:mss::+", .kind = X0F_KIND_SYNACK },
};

static void test_possible(void **state)
{
	struct synth_options o = synth_defaults;
	enum synth_problem problem;
	struct x0f_obs obs;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(possible); i++) {
		const char *text = possible[i].text;
		struct x0f_sig sig = parse(text, possible[i].kind);

		o.policy = possible[i].is_p0f ? X0F_POLICY_P0F : X0F_POLICY_X0F;
		if (!synth(&sig, &o, &obs, &problem))
			fail_msg("%s: %s", text, synth_problem_text(problem));
		check_exact(&sig, &obs, o.policy);
	}
}

static const struct {
	const char *text;
	enum synth_problem problem;
	uint8_t kind;
	uint8_t ip_version;
} impossible[] = {
	{ .text = "4:64:0:1460:1,0:mss::0",
	  .problem = SYNTH_IP_VERSION,
	  .ip_version = 6 },
	{ .text = "6:64:0:1460:1,0:mss::0",
	  .problem = SYNTH_IP_VERSION,
	  .ip_version = 4 },
	{ .text = "4:64:3:1460:1,0:mss::0", .problem = SYNTH_IP_OPTIONS },
	{ .text = "4:64:44:1460:1,0:mss::0", .problem = SYNTH_IP_OPTIONS },
	{ .text = "*:64:4:1460:1,0:mss::0",
	  .problem = SYNTH_IP_OPTIONS,
	  .ip_version = 6 },
	{ .text = "4:9:0:1460:1,0:mss::0", .problem = SYNTH_HOPS },
	{ .text = "4:64:0:1460:1,0:mss,?0,nop,nop,nop::0",
	  .problem = SYNTH_BEHIND_EOL },
	{ .text = "4:64:0:1460:1,0:mss,eol+36::0",
	  .problem = SYNTH_OPTION_BYTES },
	{ .text = "4:64:0:1460:1,0:mss,ts,ts,ts,ts::0",
	  .problem = SYNTH_OPTION_BYTES },
	{ .text = "4:64:0:1460:1,0:mss,nop::0", .problem = SYNTH_OPTION_SIZE },
	{ .text = "4:64:0:1460:1,0:mss,eol+2::0",
	  .problem = SYNTH_OPTION_SIZE },
	{ .text = "4:64:0:1460:1,0:sok,nop,nop::0", .problem = SYNTH_MSS },
	{ .text = "4:64:0:1460:1,2:mss::0", .problem = SYNTH_WSCALE },
	{ .text = "4:64:0:1460:1,15:mss,nop,ws::0", .problem = SYNTH_WSCALE },
	{ .text = "4:64:0:1460:1,0:mss:exws:0", .problem = SYNTH_WSCALE },
	{ .text = "4:64:0:1460:1,2:mss,nop,ws:exws:0", .problem = SYNTH_OTHER },
	{ .text = "4:64:0:1460:1,0:mss:id+:0", .problem = SYNTH_QUIRK_ID },
	{ .text = "4:64:0:1460:1,0:mss:df,id-:0", .problem = SYNTH_QUIRK_ID },
	{ .text = "*:64:0:1460:1,0:mss:0+:0",
	  .problem = SYNTH_QUIRK_VERSION,
	  .ip_version = 6 },
	{ .text = "4:64:0:1460:1,0:mss:ack-:0", .problem = SYNTH_QUIRK_ACK },
	{ .text = "4:64:0:1460:1,0:mss:ack+:0",
	  .problem = SYNTH_QUIRK_ACK,
	  .kind = X0F_KIND_SYNACK },
	{ .text = "4:64:0:1460:1,0:mss:uptr+,urgf+:0",
	  .problem = SYNTH_QUIRK_URGENT },
	{ .text = "4:64:0:1460:1,0:mss:ts1-:0",
	  .problem = SYNTH_QUIRK_TIMESTAMP },
	{ .text = "4:64:0:1460:1,0:mss,sok,ts:ts2+:0",
	  .problem = SYNTH_QUIRK_TIMESTAMP,
	  .kind = X0F_KIND_SYNACK },
	{ .text = "4:64:0:1460:1,0:mss:opt+:0",
	  .problem = SYNTH_QUIRK_PADDING },
	{ .text = "4:64:0:0:1,0:nop,nop,nop,eol+0:opt+:0",
	  .problem = SYNTH_QUIRK_PADDING },
	{ .text = "4:64:0:0:1,0:nop,nop,nop,nop:bad:0",
	  .problem = SYNTH_QUIRK_BAD },
	{ .text = "4:64:0:0:1,0::bad:0", .problem = SYNTH_QUIRK_BAD },
	{ .text = "4:64:0:1460:mss*46,0:mss::0", .problem = SYNTH_WINDOW },
	{ .text = "4:64:0:1460:mss*1000,0:mss::0", .problem = SYNTH_WINDOW },
	{ .text = "4:64:0:99:mss*2,0:mss::0", .problem = SYNTH_WINDOW },
	{ .text = "4:64:0:0:mss*2,0:::0", .problem = SYNTH_WINDOW },
};

static void test_impossible(void **state)
{
	struct synth_options o = synth_defaults;
	enum synth_problem problem;
	struct x0f_obs obs;
	size_t i;

	(void)state;
	o.hops = 9;
	for (i = 0; i < COUNT(impossible); i++) {
		struct x0f_sig sig = parse(impossible[i].text,
					   impossible[i].kind);

		o.ip_version = impossible[i].ip_version;
		if (synth(&sig, &o, &obs, &problem) ||
		    problem != impossible[i].problem)
			fail_msg("%s: '%s', not '%s'", impossible[i].text,
				 synth_problem_text(problem),
				 synth_problem_text(impossible[i].problem));
	}
	for (i = 0; i < SYNTH_PROBLEM_COUNT; i++)
		assert_non_null(
			synth_problem_text((enum synth_problem)(unsigned)i));
}

/* What is left open comes from the caller, and what is not does not. */
static void test_options(void **state)
{
	const uint8_t src[4] = { 10, 1, 2, 3 }, dst[4] = { 10, 4, 5, 6 };
	struct synth_options o = {
		.policy = X0F_POLICY_X0F,
		.hops = 7,
		.wscale = 3,
		.mss = 1400,
		.window = 5000,
		.has_payload = true,
		.src_port = 1,
		.dst_port = 65535,
		.seq = 0xfffffff0,
		.src = src,
		.dst = dst,
	};
	struct x0f_sig sig = parse("*:64:0:*:*,*:mss,nop,ws:df:*", 0);
	enum synth_problem problem;
	struct x0f_obs obs;

	(void)state;
	assert_int_not_equal(synth(&sig, &o, &obs, &problem), 0);
	assert_memory_equal(obs.src, src, 4);
	assert_memory_equal(obs.dst, dst, 4);
	assert_int_equal(obs.src_port, 1);
	assert_int_equal(obs.dst_port, 65535);
	assert_int_equal(obs.seq, 0xfffffff0);
	assert_int_equal(obs.ttl, 57);
	assert_int_equal(obs.wscale, 3);
	assert_int_equal(obs.mss, 1400);
	assert_int_equal(obs.window, 5000);
	assert_true(obs.payload_len > 0);

	sig = parse("*:64:0:1460:%8192,2:mss,nop,ws:df:0", X0F_KIND_SYNACK);
	o.src = o.dst = NULL;
	o.ip_version = 6;
	o.flow_label = 0x12345;
	o.window = 20000;
	o.ack = 77;
	assert_int_not_equal(synth(&sig, &o, &obs, &problem), 0);
	assert_int_equal(obs.flow_label, 0x12345);
	assert_int_equal(obs.window, 16384);
	assert_int_equal(obs.ack, 77);
	assert_int_equal(obs.wscale, 2);
	assert_int_equal(obs.mss, 1460);
	assert_int_equal(obs.payload_len, 0);
	/* p0f's policy lets no flow label through */
	o.policy = X0F_POLICY_P0F;
	assert_int_not_equal(synth(&sig, &o, &obs, &problem), 0);
	assert_int_equal(obs.flow_label, 0);
}

/* A preferred peer MSS is taken where the window needs one, only there. */
static void test_peer_mss(void **state)
{
	struct synth_options o = synth_defaults;
	struct synth_result result;
	uint8_t buf[SYNTH_BYTES];
	struct x0f_sig sig = parse("4:64:0:1460:mss*50,0:mss::0",
				   X0F_KIND_SYNACK);

	(void)state;
	o.peer_mss = 1300;
	assert_int_not_equal(synth_frame(&sig, &o, &result, buf, sizeof(buf)),
			     0);
	assert_int_equal(result.peer_mss, 1300);
	assert_int_equal(result.obs.window, 65000);
	sig = parse("4:64:0:1460:mss*40,0:mss::0", X0F_KIND_SYNACK);
	assert_int_not_equal(synth_frame(&sig, &o, &result, buf, sizeof(buf)),
			     0);
	assert_int_equal(result.peer_mss, 0);
	/* a free MSS is made smaller instead: the frame speaks for itself */
	sig = parse("4:64:0:*:mss*50,0:mss::0", X0F_KIND_SYNACK);
	assert_int_not_equal(synth_frame(&sig, &o, &result, buf, sizeof(buf)),
			     0);
	assert_int_equal(result.peer_mss, 0);
	assert_int_equal(result.obs.mss, 1310);
}

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

static void randomise(struct x0f_sig *sig, uint32_t *seed)
{
	static const uint8_t kinds[] = { 0, 1, 2, 3, 4, 5, 8, 30, 254 };
	int i;

	*sig = (struct x0f_sig){ 0 };
	sig->kind = next_random(seed) & 1;
	sig->ip_version = (uint8_t)(next_random(seed) % 3 * 2);
	if (sig->ip_version == 2)
		sig->ip_version = 6;
	sig->initial_ttl = (uint8_t)(1 + next_random(seed) % 255);
	sig->quirks = next_random(seed) & next_random(seed) &
		      next_random(seed) & X0F_QUIRK_ALL;
	sig->mss = (uint16_t)(next_random(seed) % 2000);
	sig->any_mss = next_random(seed) & 1;
	sig->wscale = (uint8_t)(next_random(seed) % 16);
	sig->any_wscale = next_random(seed) & 1;
	sig->window_kind = (uint8_t)(next_random(seed) % 5);
	sig->window = (uint16_t)(2 + next_random(seed) % 999);
	sig->eol_padding = 0;
	sig->option_count = (uint8_t)(next_random(seed) %
				      (next_random(seed) % 8 ? 7 : 25));
	for (i = 0; i < sig->option_count; i++)
		sig->option_kinds[i] = kinds[next_random(seed) % sizeof(kinds)];
	if (i && !sig->option_kinds[i - 1])
		sig->eol_padding = (uint8_t)(next_random(seed) % 8);
}

/* No signature, however mad, leads to a packet that it does not accept. */
static void test_random(void **state)
{
	struct synth_options o = synth_defaults;
	enum synth_problem problem;
	uint32_t seed = 1, i, made = 0;
	struct x0f_obs obs;

	(void)state;
	for (i = 0; i < 100000; i++) {
		struct x0f_sig sig;

		randomise(&sig, &seed);
		o.policy = next_random(&seed) & X0F_POLICY_X0F;
		o.hops = (uint8_t)(next_random(&seed) % 40);
		if (!synth(&sig, &o, &obs, &problem))
			continue;
		check_exact(&sig, &obs, o.policy);
		made++;
	}
	assert_true(made > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_builtin),
		cmocka_unit_test(test_possible),
		cmocka_unit_test(test_impossible),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_peer_mss),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
