/* SPDX-License-Identifier: MIT */
/*
 * x0f db test: each signature is turned into a packet, and that packet must
 * come back as this signature, or as one that is named as standing before it.
 */
#include "command.h"
#include "database.h"
#include "destination.h"
#include "message.h"
#include "trial.h"

#include <stdio.h>

static struct destination destination;

struct test {
	struct database database;
	uint32_t policy;
	uint32_t signatures;
	uint32_t shadowed; /* over IPv4, IPv6 or both */
	uint32_t failed;
};

/* "FILE:LINE" */
static void print_place(struct output *out, const struct test *test,
			const struct x0f_sig *sig)
{
	output_escaped(out, test->database.sources[sig->source].name, true);
	output_char(out, ':');
	output_number(out, sig->line);
}

/* version: 0 where it does not matter */
static void print_shadow(const struct test *test, const struct x0f_sig *sig,
			 uint32_t by, uint8_t version)
{
	const struct x0f_sig *other = x0f_db_sig(test->database.db, by);
	struct output *out = &destination.out;
	char label[X0F_TEXT_MAX];

	x0f_format_label(label, sizeof(label), test->database.db, other->label);
	print_place(out, test, sig);
	output_text(out, ": shadowed ");
	if (version)
		output_text(out, version == 4 ? "over ipv4 " : "over ipv6 ");
	output_text(out, "by ");
	print_place(out, test, other);
	output_text(out, " (");
	output_escaped(out, label, true);
	output_text(out, ")\n");
}

static void fail(struct test *test, const struct x0f_sig *sig, const char *what,
		 const char *why)
{
	complain("%s:%u: %s%s", test->database.sources[sig->source].name,
		 sig->line, what, why);
	test->failed++;
}

static bool is_shadowed(const struct trial *trial)
{
	return trial->outcome == TRIAL_COVERED ||
	       trial->outcome == TRIAL_BEATEN;
}

/* trials: over IPv4 and IPv6; NULL where the signature is for the other. */
static void judge(struct test *test, const struct x0f_sig *sig,
		  const struct trial *ipv4, const struct trial *ipv6)
{
	const struct trial *any = ipv4 ? ipv4 : ipv6;
	const struct trial *other = ipv4 && ipv6 ? ipv6 : any;
	bool first = is_shadowed(any), second = is_shadowed(other);

	if (any->outcome == TRIAL_LOST || other->outcome == TRIAL_LOST) {
		fail(test, sig, "its packet matches no signature", "");
		return;
	}
	if (any->outcome == TRIAL_IMPOSSIBLE &&
	    other->outcome == TRIAL_IMPOSSIBLE) {
		fail(test, sig, "no packet can match it: ",
		     synth_problem_text(any->problem));
		return;
	}
	if (first && second && any->by == other->by) {
		print_shadow(test, sig, any->by, 0);
	} else {
		if (first)
			print_shadow(test, sig, any->by, 4);
		if (second)
			print_shadow(test, sig, other->by, 6);
	}
	test->shadowed += first || second;
}

static void test_sig(struct test *test, uint32_t pos)
{
	const struct x0f_sig *sig = x0f_db_sig(test->database.db, pos);
	bool has_ipv4 = sig->ip_version != 6;
	bool has_ipv6 = sig->ip_version != 4;
	struct trial ipv4, ipv6;

	if (has_ipv4)
		trial_run(test->database.db, pos, 4, test->policy, &ipv4);
	if (has_ipv6)
		trial_run(test->database.db, pos, 6, test->policy, &ipv6);
	judge(test, sig, has_ipv4 ? &ipv4 : NULL, has_ipv6 ? &ipv6 : NULL);
	test->signatures++;
}

static void print_counts(const struct test *test)
{
	struct output *out = &destination.out;

	output_number(out, test->signatures);
	output_text(out, " signatures: ");
	output_number(out, test->signatures - test->shadowed - test->failed);
	output_text(out, " match their packets, ");
	output_number(out, test->shadowed);
	output_text(out, " shadowed, ");
	output_number(out, test->failed);
	output_text(out, " failed\n");
}

/* Files may be named with or without -f. */
static int add_operands(struct settings *settings, int argc, char **argv)
{
	struct strings *files = &settings->databases;

	for (int i = 0; i < argc; i++) {
		if (files->count == MAX_LIST) {
			complain("more than %d databases", MAX_LIST);
			return EXIT_USAGE;
		}
		files->items[files->count++] = argv[i];
	}
	return EXIT_OK;
}

static int run_test(const struct settings *given, int argc, char **argv)
{
	struct settings settings = *given;
	struct test test = { .policy = database_policy(given) };
	int ret = add_operands(&settings, argc, argv);

	if (!ret)
		ret = database_open(&test.database, &settings, test.policy);
	if (ret)
		return ret;
	ret = destination_open(&destination, NULL, 0, NULL);
	for (uint32_t i = 0; x0f_db_sig(test.database.db, i); i++)
		test_sig(&test, i);
	print_counts(&test);
	ret = destination_close(&destination);
	database_close(&test.database);
	return test.failed ? EXIT_CONFIG : ret;
}

const struct command command_db_test = {
	.group = "db",
	.name = "test",
	.area = AREA_UNDERSTAND,
	.operands = "[FILE]...",
	.bit = COMMAND_DB_TEST,
	.summary = "match each signature with a packet made from it",
	.description = "Turns each signature into a packet, over IPv4 and "
		       "IPv6, which must match it. Lists signatures that are "
		       "shadowed: packets for them match another one first. "
		       "Without FILE and -f the built-in databases are tested.",
	.examples = {
		{ "x0f db test",
		  "does each signature name its own packet?" },
		{ "x0f db test mine.fp",
		  "a file of yours, by itself" },
		{ "x0f db test -F mine.fp",
		  "a file of yours in front of the built-in ones" },
	},
	.run = run_test,
};
