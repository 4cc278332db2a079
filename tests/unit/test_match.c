/* SPDX-License-Identifier: MIT */
/*
 * The compiled matcher: p0f's priorities one by one, each mend by itself, and
 * equality with the linear matcher on random signatures and observations.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <x0f/x0f.h>

static struct x0f_db *open_text(const char *text, uint32_t policy)
{
	const struct x0f_source source = { "test", text, strlen(text) };
	const struct x0f_db_options options = { sizeof(options), policy };
	struct x0f_error error;
	struct x0f_db *db;

	if (x0f_db_open(&db, &source, 1, &options, &error))
		fail_msg("line %u column %u: %s", error.line, error.column,
			 error.message);
	return db;
}

/* What a Linux SYN with MSS 1460 looks like, seen over no hops. */
static struct x0f_obs linux_syn(void)
{
	return (struct x0f_obs){
		.kind = X0F_KIND_SYN,
		.ip_version = 4,
		.ttl = 64,
		.initial_ttl = 64,
		.mss = 1460,
		.mtu = 1500,
		.window = 64240,
		.window_kind = X0F_WINDOW_MSS,
		.window_multiple = 44,
		.wscale = 7,
		.option_count = 5,
		.option_kinds = { 2, 4, 8, 1, 3 },
		.quirks = X0F_QUIRK_DF | X0F_QUIRK_ID_SET,
	};
}

#define HEAD "classes = win,unix\n[tcp:request]\n"
#define LAYOUT ":mss,sok,ts,nop,ws:"

/* Both matchers, which must agree; the verdict of the label's flavor. */
static struct x0f_verdict ask(const struct x0f_db *db,
			      const struct x0f_obs *obs, uint32_t policy)
{
	struct x0f_verdict v, linear;

	x0f_match(db, obs, policy, &v);
	x0f_match_linear(db, obs, policy, &linear);
	assert_memory_equal(&v, &linear, sizeof(v));
	return v;
}

static void assert_names(const char *text, const struct x0f_obs *obs,
			 uint32_t policy, const char *name, int match)
{
	struct x0f_db *db = open_text(text, policy);
	struct x0f_verdict v = ask(db, obs, policy);
	char label[X0F_TEXT_MAX];

	x0f_format_label(label, sizeof(label), db, v.label);
	assert_string_equal(label, name);
	assert_int_equal(v.match, match);
	x0f_db_close(db);
}

static void priorities(void **state)
{
	const char *all = HEAD "label = s:unix:Fuzzy:\n"
			       "sig = *:64:0:*:mss*44,7" LAYOUT "df,id+,ecn:0\n"
			       "sig = *:64:0:*:mss*44,7" LAYOUT "df:0\n"
			       "label = s:unix:FuzzyTtl:\n"
			       "sig = *:32:0:*:mss*44,7" LAYOUT "df,id+:0\n"
			       "label = g:unix:Generic:one\n"
			       "sig = *:64:0:*:*,*" LAYOUT "df,id+:0\n"
			       "label = g:unix:Generic:two\n"
			       "sig = *:64:0:*:mss*44,7" LAYOUT "df,id+:0\n"
			       "label = s:unix:Exact:one\n"
			       "sig = *:64:0:*:*,7" LAYOUT "df,id+:0\n"
			       "label = s:unix:Exact:two\n"
			       "sig = *:64:0:1460:64240,7" LAYOUT "df,id+:0\n";
	struct x0f_obs obs = linux_syn();
	char *cut = strdup(all);

	(void)state;
	assert_non_null(cut);
	assert_names(cut, &obs, X0F_POLICY_P0F, "Exact one", X0F_MATCH_EXACT);
	*strstr(cut, "label = s:unix:Exact:one") = '\0';
	assert_names(cut, &obs, X0F_POLICY_P0F, "Generic one",
		     X0F_MATCH_GENERIC);
	*strstr(cut, "label = g:unix:Generic:one") = '\0';
	assert_names(cut, &obs, X0F_POLICY_P0F, "FuzzyTtl", X0F_MATCH_FUZZY);
	obs.quirks |= X0F_QUIRK_PUSH;
	assert_names(cut, &obs, X0F_POLICY_P0F, "???", X0F_MATCH_NONE);
	free(cut);
}

static void distances(void **state)
{
	struct x0f_db *db = open_text(HEAD
				      "label = s:unix:Linux:\n"
				      "sig = *:64:0:*:mss*44,7" LAYOUT
				      "df,id+:0\n"
				      "label = s:unix:Random:\n"
				      "sig = *:200-:0:*:1,7" LAYOUT "df,id+:0\n"
				      "[mtu]\nlabel = Ethernet\nsig = 1500\n",
				      X0F_POLICY_P0F);
	struct x0f_obs obs = linux_syn();
	struct x0f_verdict v;
	char text[X0F_TEXT_MAX];

	(void)state;
	obs.ttl = 29;
	v = ask(db, &obs, X0F_POLICY_P0F);
	assert_int_equal(v.match, X0F_MATCH_EXACT);
	assert_int_equal(v.distance, 35);
	assert_int_equal(v.quality, 1000);
	assert_string_equal(x0f_db_link(db, v.link), "Ethernet");

	obs.ttl = 23;
	obs.initial_ttl = 32;
	v = ask(db, &obs, X0F_POLICY_P0F);
	assert_int_equal(v.match, X0F_MATCH_FUZZY);
	assert_int_equal(v.distance, 9);
	x0f_format_reasons(text, sizeof(text), &obs, &v);
	assert_string_equal(text, "TTL 41 hops below 64");
	assert_int_equal(v.quality, 700 - 300);

	obs.ttl = 105;
	obs.initial_ttl = 128;
	obs.quirks = X0F_QUIRK_DF | X0F_QUIRK_ECN;
	v = ask(db, &obs, X0F_POLICY_P0F);
	assert_int_equal(v.match, X0F_MATCH_FUZZY);
	assert_int_equal(v.distance, 23);
	x0f_format_reasons(text, sizeof(text), &obs, &v);
	assert_string_equal(text, "missing id+, unexpected ecn, "
				  "TTL 41 hops above 64");
	assert_int_equal(v.quality, 700 - 2 * 100 - 300);

	obs = linux_syn();
	obs.window = 1;
	obs.window_kind = X0F_WINDOW_LITERAL;
	obs.ttl = 100;
	v = ask(db, &obs, X0F_POLICY_P0F);
	assert_int_equal(v.distance, 100);
	assert_int_equal(v.flags, X0F_RANDOM_TTL | X0F_EXCESS_DISTANCE);
	x0f_format_params(text, sizeof(text), &obs, &v);
	assert_string_equal(text, "random_ttl excess_dist");
	x0f_db_close(db);
}

static void mend_flow(void **state)
{
	const char *star = HEAD "label = s:unix:Linux:\n"
				"sig = *:64:0:*:mss*44,7" LAYOUT "df,id+:0\n";
	const char *asks = HEAD "label = s:unix:Linux:\n"
				"sig = *:64:0:*:mss*44,7" LAYOUT "flow:0\n";
	struct x0f_obs obs = linux_syn();

	(void)state;
	obs.ip_version = 6;
	obs.quirks = X0F_QUIRK_FLOW;
	assert_names(star, &obs, X0F_POLICY_P0F, "???", X0F_MATCH_NONE);
	assert_names(star, &obs, X0F_MEND_FLOW, "Linux", X0F_MATCH_EXACT);
	assert_names(asks, &obs, X0F_MEND_FLOW, "Linux", X0F_MATCH_EXACT);
	obs.quirks = 0;
	assert_names(star, &obs, X0F_POLICY_P0F, "Linux", X0F_MATCH_EXACT);
	assert_names(asks, &obs, X0F_MEND_FLOW, "???", X0F_MATCH_NONE);
}

static void mend_version(void **state)
{
	const char *four = HEAD "label = s:unix:Linux:\n"
				"sig = 4:64:0:*:mss*44,7" LAYOUT ":0\n";
	const char *six = HEAD "label = s:unix:Linux:\n"
			       "sig = 6:64:0:*:mss*44,7" LAYOUT ":0\n";
	struct x0f_obs obs = linux_syn();

	(void)state;
	obs.quirks = 0;
	assert_names(four, &obs, X0F_MEND_VERSION, "Linux", X0F_MATCH_EXACT);
	assert_names(six, &obs, X0F_POLICY_P0F, "Linux", X0F_MATCH_EXACT);
	assert_names(six, &obs, X0F_MEND_VERSION, "???", X0F_MATCH_NONE);
	obs.ip_version = 6;
	assert_names(four, &obs, X0F_POLICY_P0F, "Linux", X0F_MATCH_EXACT);
	assert_names(four, &obs, X0F_MEND_VERSION, "???", X0F_MATCH_NONE);
	assert_names(six, &obs, X0F_MEND_VERSION, "Linux", X0F_MATCH_EXACT);
}

/* An observation that no decoder made must not lead out of bounds. */
static void strange_observation(void **state)
{
	struct x0f_obs obs = linux_syn();

	(void)state;
	obs.window_kind = 60;
	assert_names(HEAD "label = s:unix:Linux:\n"
			  "sig = *:64:0:*:*,7" LAYOUT "df,id+:0\n",
		     &obs, X0F_POLICY_X0F, "Linux", X0F_MATCH_EXACT);
}

static void mend_application(void **state)
{
	const char *text = HEAD "label = s:!:Tool:\nsys = @unix\n"
				"sig = *:64:0:*:*,*" LAYOUT "df:0\n"
				"label = s:unix:Linux:\n"
				"sig = *:32:0:*:*,*" LAYOUT "df,id+:0\n";
	struct x0f_db *db = open_text(text, X0F_POLICY_P0F);
	struct x0f_obs obs = linux_syn();
	struct x0f_verdict v;

	(void)state;
	obs.quirks = X0F_QUIRK_DF | X0F_QUIRK_ECN;
	obs.ttl = 60;
	v = ask(db, &obs, X0F_POLICY_P0F);
	assert_int_equal(v.match, X0F_MATCH_NONE);
	assert_int_equal(v.reasons, X0F_REASON_HIDDEN);
	assert_int_equal(v.distance, 0);
	v = ask(db, &obs, X0F_MEND_APPLICATION);
	assert_int_equal(v.match, X0F_MATCH_FUZZY);
	assert_string_equal(x0f_db_label(db, v.label)->name, "Linux");
	x0f_db_close(db);
	/* no system near: a near miss of a tool is no evidence of the tool */
	db = open_text(HEAD "label = s:!:Tool:\nsys = @unix\n"
			    "sig = *:64:0:*:*,*" LAYOUT "df:0\n",
		       X0F_POLICY_X0F);
	v = ask(db, &obs, X0F_POLICY_X0F);
	assert_int_equal(v.match, X0F_MATCH_NONE);
	assert_int_equal(v.distance, 4);
	x0f_db_close(db);
}

static unsigned int any(unsigned int n)
{
	return (unsigned int)random() % n;
}

static const char *pick(const char *const *list, unsigned int n)
{
	return list[any(n)];
}

#define PICK(...)                                  \
	pick((const char *const[]){ __VA_ARGS__ }, \
	     sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

/* Few values per field, so that many signatures contend for a packet. */
static void random_sig(char *line, size_t size)
{
	const char *version = PICK("*", "*", "4", "6");
	const char *quirks = version[0] == '*' ?
				     PICK("", "df", "df,id+", "df,id+,ecn",
					  "flow", "id-", "seq-", "0+,df") :
			     version[0] == '4' ? PICK("df", "id-", "0+", "") :
						 PICK("", "flow", "ecn");

	snprintf(line, size, "sig = %s:%s:%s:%s:%s,%s:%s:%s:%s\n", version,
		 PICK("64", "128", "100", "60+4", "255-"), PICK("0", "0", "4"),
		 PICK("*", "1460", "0"),
		 PICK("*", "%8192", "%2", "mss*2", "mss*44", "mtu*2", "2920",
		      "8192", "0"),
		 PICK("*", "0", "7"),
		 PICK("mss", "mss,nop,ws", "mss,eol+1", "", "?9,ts"), quirks,
		 PICK("*", "0", "+"));
}

static char *random_db(unsigned int count)
{
	size_t room = 64 + (size_t)count * 128, used;
	char *text = malloc(room), line[128];
	unsigned int i;

	assert_non_null(text);
	used = (size_t)snprintf(text, room, "classes = unix\n");
	for (i = 0; i < count; i++) {
		random_sig(line, sizeof(line));
		used += (size_t)snprintf(text + used, room - used,
					 "[tcp:%s]\nlabel = g:unix:N%u:\n%s",
					 PICK("request", "response"), i, line);
	}
	return text;
}

/* What p0f's divisors would find, without looking for it. */
static void set_window(struct x0f_obs *obs, const struct x0f_sig *sig)
{
	obs->window = sig->window;
	obs->window_kind = X0F_WINDOW_LITERAL;
	obs->window_multiple = 0;
	if (sig->window_kind == X0F_WINDOW_MSS ||
	    sig->window_kind == X0F_WINDOW_MTU) {
		obs->window_kind = sig->window_kind;
		obs->window_multiple = sig->window;
		obs->window = (uint16_t)(1400 * sig->window);
	}
}

/* A packet that some signature of the database would match … */
static struct x0f_obs obs_of(const struct x0f_sig *sig)
{
	struct x0f_obs obs = {
		.kind = sig->kind,
		.ip_version = any(2) ? 4 : 6,
		.ttl = (uint8_t)(sig->initial_ttl - any(30)),
		.initial_ttl = 64,
		.ip_option_len = sig->ip_option_len,
		.mss = sig->any_mss ? 1400 : sig->mss,
		.wscale = sig->any_wscale ? 3 : sig->wscale,
		.has_payload = sig->has_payload,
		.option_count = sig->option_count,
		.eol_padding = sig->eol_padding,
		.quirks = sig->quirks,
	};

	memcpy(obs.option_kinds, sig->option_kinds, sizeof(obs.option_kinds));
	set_window(&obs, sig);
	return obs;
}

/* … but for a change or two. */
static struct x0f_obs random_obs(const struct x0f_db *db, uint32_t sigs)
{
	struct x0f_obs obs = obs_of(x0f_db_sig(db, any(sigs)));
	unsigned int changes = any(3);

	while (changes--) {
		switch (any(7)) {
		case 0:
			obs.ttl = (uint8_t)random();
			break;
		case 1:
		case 2:
			obs.quirks ^= 1u << any(any(2) ? 6 : 17);
			break;
		case 3:
			obs.wscale ^= 7;
			break;
		case 4:
			obs.has_payload ^= 1;
			break;
		case 5:
			set_window(&obs, x0f_db_sig(db, any(sigs)));
			break;
		default:
			obs.mss = 1460;
			break;
		}
	}
	return obs;
}

/* Each signature is a source of its own, so none is a duplicate. */
static struct x0f_db *open_random(uint32_t policy, uint32_t *sigs)
{
	unsigned int count = 8 * (1 + any(6)), i;
	struct x0f_source sources[48];
	struct x0f_db *db;
	size_t n = 0;

	for (i = 0; i < count; i++) {
		char *text = malloc(512), line[128];

		random_sig(line, sizeof(line));
		snprintf(text, 512,
			 "classes = unix\n[tcp:%s]\nlabel = %s%u\n%s",
			 PICK("request", "response"),
			 PICK("s:unix:N:", "g:unix:N:", "s:!:N:\nsys = @unix,N"),
			 i, line);
		sources[n++] = (struct x0f_source){ "random", text,
						    strlen(text) };
	}
	assert_int_equal(x0f_db_open(&db, sources, n,
				     &(struct x0f_db_options){
					     sizeof(struct x0f_db_options),
					     policy },
				     NULL),
			 0);
	*sigs = count;
	while (n--)
		free((void *)sources[n].text);
	return db;
}

static void compiled_equals_linear(void **state)
{
	unsigned long matches = 0;
	int i, k;

	(void)state;
	srandom(1);
	for (i = 0; i < 1000; i++) {
		uint32_t policy = any(2) ? X0F_POLICY_P0F : X0F_POLICY_X0F;
		uint32_t sigs;
		struct x0f_db *db = open_random(policy, &sigs);

		for (k = 0; k < 200; k++) {
			struct x0f_obs obs = random_obs(db, sigs);

			matches += ask(db, &obs, policy).match != 0;
		}
		x0f_db_close(db);
	}
	print_message("%lu of 200000 matched\n", matches);
	assert_true(matches > 50000);
}

/* One large file of generic signatures: nothing is a duplicate then. */
static void large_database(void **state)
{
	char *text = random_db(10000);
	struct x0f_db *db = open_text(text, X0F_POLICY_X0F);
	struct x0f_db_stats stats = { .sz = sizeof(stats) };
	int k;

	(void)state;
	x0f_db_stats(db, &stats);
	assert_int_equal(stats.syn_sigs + stats.synack_sigs, 10000);
	assert_int_equal(stats.labels, 10000);
	for (k = 0; k < 500; k++) {
		struct x0f_obs obs = random_obs(db, 10000);

		ask(db, &obs, X0F_POLICY_X0F);
	}
	x0f_db_close(db);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(priorities),
		cmocka_unit_test(distances),
		cmocka_unit_test(mend_flow),
		cmocka_unit_test(mend_version),
		cmocka_unit_test(strange_observation),
		cmocka_unit_test(mend_application),
		cmocka_unit_test(compiled_equals_linear),
		cmocka_unit_test(large_database),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
