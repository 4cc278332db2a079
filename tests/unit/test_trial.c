/* SPDX-License-Identifier: MIT */
/*
 * Trials of signatures, against brute force: databases of signatures that are
 * much alike, and very many packets. What is called covered must never be an
 * answer, what is said to win must be one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../user/capture/synth.c"
#include "../../user/capture/synth_headers.c"
#include "../../user/capture/synth_options.c"
#define has_option trial_has_option
#include "../../user/cli/trial.c"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum { DATABASES = 400, SIGNATURES = 24, PACKETS = 1500 };

static uint32_t seed = 1;

static uint32_t pick(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

/* Few values, so that signatures meet. */
static const char *const versions[] = { "4", "6", "*", "*" };
static const char *const ttls[] = { "64", "64", "60", "64-", "128", "20" };
static const char *const msses[] = { "*", "*", "1460", "1400" };
static const char *const windows_text[] = { "*",     "8192",  "29200", "mss*20",
					    "mtu*4", "%4096", "%8192", "5840" };
static const char *const scales[] = { "*", "7", "0" };
static const char *const quirks_text[] = { "df,id+", "df",     "",    "flow",
					   "",	     "df,ecn", "exws" };
static const char *const payloads[] = { "*", "0", "0", "+" };
static const char *const labels[] = { "g:unix:A:", "s:unix:A:",
				      "s:!:T:\nsys = A" };

#define ANY(list) (list)[pick(COUNT(list))]

/* One section; what p0f would refuse is put off to the next try. */
static struct x0f_db *make_db(uint32_t policy)
{
	char text[8192];
	struct x0f_db_options options = { .sz = sizeof(options),
					  .policy = policy };
	struct x0f_source source = { .name = "random", .text = text };
	struct x0f_db *db;
	int i, n;

	do {
		n = sprintf(text, "classes = unix\n[tcp:%s]\n",
			    pick(2) ? "request" : "response");
		for (i = 0; i < SIGNATURES; i++)
			n += sprintf(text + n,
				     "label = %s\nsig = %s:%s:0:%s:%s,%s:"
				     "mss,nop,ws:%s:%s\n",
				     pick(3) ? labels[0] : ANY(labels),
				     ANY(versions), ANY(ttls), ANY(msses),
				     ANY(windows_text), ANY(scales),
				     ANY(quirks_text), ANY(payloads));
		source.len = (size_t)n;
	} while (x0f_db_open(&db, &source, 1, &options, NULL));
	return db;
}

/* A packet near some signature. */
static bool make_packet(const struct x0f_db *db, uint8_t ip_version,
			uint32_t policy, struct x0f_obs *obs)
{
	const uint16_t mss[] = { 1460, 1400, 1380 };
	const uint16_t windows_of[] = { 8192, 29200, 5840, 28000, 4096, 1 };
	struct synth_options o = synth_defaults;
	struct synth_result result;
	uint8_t buf[SYNTH_BYTES];
	const struct x0f_sig *sig = x0f_db_sig(db, pick(SIGNATURES));

	o.policy = policy;
	o.ip_version = ip_version;
	o.mss = ANY(mss);
	o.window = ANY(windows_of);
	o.wscale = (uint8_t)(pick(2) * 7);
	o.has_payload = pick(2);
	o.flow_label = pick(2);
	if (!synth_frame(sig, &o, &result, buf, sizeof(buf)))
		return false;
	*obs = result.obs;
	if (pick(2))
		obs->ttl = (uint8_t)(pick(3) ? sig->initial_ttl - pick(20) :
					       pick(256));
	if (!pick(4))
		obs->quirks ^= 1u << pick(6);
	if (!pick(4))
		obs->mss = ANY(mss);
	if (!pick(3))
		obs->window = ANY(windows_of);
	x0f_obs_set_peer_mss(obs, ANY(mss));
	if (ip_version == 6)
		obs->quirks &= ~0xfu | X0F_QUIRK_ECN;
	else
		obs->quirks &= ~(uint32_t)X0F_QUIRK_FLOW;
	return true;
}

/* A trial of packets of one IP version says nothing of the other's. */
static bool is_of_version(const struct x0f_sig *sig, uint8_t ip_version)
{
	return !sig->ip_version || sig->ip_version == ip_version;
}

static void check_verdict(const struct x0f_db *db, const struct trial *trial,
			  const struct x0f_obs *obs,
			  const struct x0f_verdict *v)
{
	char a[X0F_TEXT_MAX], b[X0F_TEXT_MAX];

	if (!is_of_version(x0f_db_sig(db, v->signature), obs->ip_version))
		return;
	if (trial->outcome != TRIAL_COVERED &&
	    trial->outcome != TRIAL_IMPOSSIBLE)
		return;
	if (v->match < X0F_MATCH_GENERIC &&
	    (trial->outcome == TRIAL_IMPOSSIBLE || trial->is_near_only))
		return;
	x0f_format_sig(a, sizeof(a), x0f_db_sig(db, v->signature));
	x0f_format_raw_sig(b, sizeof(b), obs);
	print_message("%s is the answer to %s\n", a, b);
	if (trial->outcome == TRIAL_COVERED) {
		x0f_format_sig(a, sizeof(a), x0f_db_sig(db, trial->by));
		print_message("although covered by %s\n", a);
	}
	fail();
}

static uint32_t outcomes[TRIAL_LOST + 1];

static void check_db(uint32_t policy, uint8_t ip_version)
{
	struct x0f_db *db = make_db(policy);
	struct trial trials[SIGNATURES];
	uint32_t i;

	for (i = 0; i < SIGNATURES; i++) {
		trial_run(db, i, ip_version, policy, &trials[i]);
		assert_int_not_equal(trials[i].outcome, TRIAL_LOST);
		if (is_of_version(x0f_db_sig(db, i), ip_version))
			outcomes[trials[i].outcome]++;
	}
	for (i = 0; i < PACKETS; i++) {
		struct x0f_verdict verdict;
		struct x0f_obs obs;

		if (!make_packet(db, ip_version, policy, &obs))
			continue;
		x0f_match(db, &obs, policy, &verdict);
		if (verdict.signature != X0F_NONE)
			check_verdict(db, &trials[verdict.signature], &obs,
				      &verdict);
	}
	x0f_db_close(db);
}

static void test_random(void **state)
{
	uint32_t i;

	(void)state;
	for (i = 0; i < DATABASES; i++)
		check_db(i & 1 ? X0F_POLICY_X0F : X0F_POLICY_P0F,
			 i & 2 ? 6 : 4);
	print_message("wins %u, covered %u, beaten %u, impossible %u\n",
		      outcomes[TRIAL_WINS], outcomes[TRIAL_COVERED],
		      outcomes[TRIAL_BEATEN], outcomes[TRIAL_IMPOSSIBLE]);
	/* that something was looked at */
	assert_true(outcomes[TRIAL_WINS] > 1000);
	assert_true(outcomes[TRIAL_COVERED] > 300);
	assert_true(outcomes[TRIAL_IMPOSSIBLE] > 100);
	/* several together may cover one: that is not proven */
	assert_true(outcomes[TRIAL_BEATEN] < outcomes[TRIAL_COVERED]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
