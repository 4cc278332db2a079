/* SPDX-License-Identifier: MIT */
/*
 * Database files: what is refused and where, what is read, several sources,
 * the built-in databases, and files that are none.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <x0f/x0f.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define HEAD "classes = win,unix\n[tcp:request]\nlabel = s:unix:Linux:\n"

static int open_text(struct x0f_db **db, const char *text, size_t len,
		     struct x0f_error *error)
{
	const struct x0f_source source = { "test", text, len };

	return x0f_db_open(db, &source, 1, NULL, error);
}

static void refusals(void **state)
{
	static const struct {
		const char *text;
		uint32_t line, column;
		const char *message; /* begins so */
	} cases[] = {
		{ "[udp:request]\n", 1, 2, "unknown module" },
		{ "[tcp:both]\n", 1, 6, "unknown direction" },
		{ "[tcp]\n", 1, 2, "malformed section" },
		{ "\n; x\n  nonsense\n", 3, 11, "a section, a comment" },
		{ "[mtu]\nfoo = 1\n", 2, 1, "unknown key" },
		{ "[mtu]\nsig = 1500\n", 2, 1, "misplaced 'sig'" },
		{ "[mtu]\nlabel =\n", 2, 8, "empty mtu label" },
		{ "[mtu]\nlabel = x\nsig = 0\n", 3, 7, "malformed mtu" },
		{ "[mtu]\nlabel = x\nsig = 65536\n", 3, 7, "malformed mtu" },
		{ "[mtu]\nclasses = a\n", 2, 1, "misplaced 'classes'" },
		{ "classes = a,\n", 1, 13, "malformed class" },
		{ "classes = a\r\n", 1, 12, "malformed class" },
		{ "[tcp:request]\nlabel = x:unix:L:\n", 2, 9,
		  "a label begins" },
		{ "[tcp:request]\nlabel = s:unix:L:\n", 2, 11,
		  "unknown class 'unix'" },
		{ "classes = a\n[tcp:request]\nlabel = s:a:L\n", 3, 14,
		  "malformed name" },
		{ "[tcp:request]\nlabel = s:!:T:\nsig = x\n", 3, 1,
		  "misplaced 'sig': 'sys' must come first" },
		{ "[tcp:request]\nlabel = s:!:T:\nsys = @foo\n", 3, 7,
		  "unknown class 'foo'" },
		{ HEAD "sig = 5:64:0:*:*,*:::0\n", 4, 7, "ip version" },
		{ HEAD "sig = 4:256:0:*:*,*:::0\n", 4, 9, "initial ttl" },
		{ HEAD "sig = 4:200+56:0:*:*,*:::0\n", 4, 9, "initial ttl" },
		{ HEAD "sig = 4:64:256:*:*,*:::0\n", 4, 12, "ip option" },
		{ HEAD "sig = 4:64:0:65536:*,*:::0\n", 4, 14, "mss must" },
		{ HEAD "sig = 4:64:0:*:%1,*:::0\n", 4, 17, "window behind" },
		{ HEAD "sig = 4:64:0:*:mss*1001,*:::0\n", 4, 20, "mss or mtu" },
		{ HEAD "sig = 4:64:0:*:65536,*:::0\n", 4, 16, "window must" },
		{ HEAD "sig = 4:64:0:*:*,256:::0\n", 4, 18, "window scale" },
		{ HEAD "sig = 4:64:0:*:*,*:foo::0\n", 4, 20, "unknown tcp" },
		{ HEAD "sig = 4:64:0:*:*,*:,mss::0\n", 4, 20, "unknown tcp" },
		{ HEAD "sig = 4:64:0:*:*,*:eol::0\n", 4, 23, "eol needs" },
		{ HEAD "sig = 4:64:0:*:*,*:eol+1,nop::0\n", 4, 25,
		  "eol must be" },
		{ HEAD "sig = 6:64:0:*:*,*::df:0\n", 4, 21,
		  "'df' is not valid for ipv6" },
		{ HEAD "sig = 4:64:0:*:*,*::flow:0\n", 4, 21,
		  "'flow' is not valid for ipv4" },
		{ HEAD "sig = 4:64:0:*:*,*::df:0 \n", 4, 24, "payload class" },
		{ HEAD "sig = *:64:0:*:*,0:::0\nsig = *:60:0:*:1000,0:::0\n", 5,
		  7, "signature is already covered by line 4" },
	};
	struct x0f_error error;
	struct x0f_db *db;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		assert_int_equal(open_text(&db, cases[i].text,
					   strlen(cases[i].text), &error),
				 -EINVAL);
		assert_null(db);
		if (error.line != cases[i].line ||
		    error.column != cases[i].column ||
		    strncmp(error.message, cases[i].message,
			    strlen(cases[i].message)))
			fail_msg("case %zu: %u:%u: %s", i, error.line,
				 error.column, error.message);
	}
	assert_int_equal(open_text(&db, "[mtu]\n\0x", 8, &error), -EINVAL);
	assert_int_equal(error.line, 2);
}

/* What p0f takes although it looks wrong. */
static void oddities(void **state)
{
	static const struct {
		const char *sig, *as_read;
	} cases[] = {
		{ "*:64:0:*:*,*:mss,:df,:0", "*:64:0:*:*,*:mss:df:0" },
		{ "4:60+4:0:*:mss*4,*:::+", "4:64:0:*:mss*4,*:::+" },
		{ "4:64+:::,:::*", "4:64:0:0:0,0:::*" },
		{ "4:4294967360:0:*:*,*:::0", "4:64:0:*:*,*:::0" },
		{ "4:64:0:*:%2,7:?2,?0:df,df:0",
		  "4:64:0:*:%2,7:mss,eol+0:df:0" },
		{ "4:64-:12:*:mtu*3,*:eol+3::0",
		  "4:64-:12:*:mtu*3,*:eol+3::0" },
	};
	struct x0f_sig sig;
	char text[X0F_TEXT_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct x0f_error error;

		if (x0f_sig_parse(&sig, cases[i].sig, strlen(cases[i].sig),
				  X0F_POLICY_X0F, &error))
			fail_msg("%s: %s", cases[i].sig, error.message);
		x0f_format_sig(text, sizeof(text), &sig);
		assert_string_equal(text, cases[i].as_read);
	}
	assert_int_equal(x0f_sig_parse(&sig, "4:64-:12:*:*,*:::0", 18,
				       X0F_POLICY_P0F, NULL),
			 0);
	assert_int_equal(sig.ip_option_len, 2);
	assert_int_equal(x0f_sig_parse(&sig, "", 0, X0F_POLICY_P0F, NULL),
			 -EINVAL);
}

static void labels(void **state)
{
	const char *text = "classes = win,unix\nclasses=other\n"
			   "[tcp:response]\n"
			   "label = g:WIN:Windows:NT: 5.x\n"
			   "sig = *:128:0:*:*,*:mss::0\n"
			   "label = s:!:NMap:SYN scan\n"
			   "sys = @unix,windows,Solaris\n"
			   "sig = *:64:0:*:*,*:::0\n"
			   "[http:request]\nua_os = Linux\n"
			   "label = s:!:wget:\nsys = @unix\nsig = 1:a:b:c\n"
			   "[mtu]\nlabel = One\nsig = 1500\n"
			   "label = Two\nsig=1500\nsig = 576";
	const struct x0f_label *label;
	struct x0f_db_stats stats = { .sz = sizeof(stats) };
	struct x0f_error error;
	struct x0f_db *db;

	(void)state;
	assert_int_equal(open_text(&db, text, strlen(text), &error), 0);
	label = x0f_db_label(db, 0);
	assert_string_equal(label->class_name, "win");
	assert_string_equal(label->name, "Windows");
	assert_string_equal(label->flavor, "NT: 5.x");
	assert_true(label->generic && !label->application);
	label = x0f_db_label(db, x0f_db_sig(db, 1)->label);
	assert_string_equal(label->name, "NMap");
	assert_true(label->application && !label->generic);
	assert_int_equal(label->system_count, 3);
	assert_string_equal(label->systems[0], "@unix");
	assert_string_equal(label->systems[2], "Solaris");
	assert_int_equal(x0f_db_sig(db, 1)->line, 8);
	assert_null(x0f_db_sig(db, 2));
	assert_null(x0f_db_label(db, X0F_NONE));
	assert_null(x0f_db_link(db, X0F_NONE));
	assert_string_equal(x0f_db_link(db, x0f_db_find_link(db, 1500)), "One");
	assert_string_equal(x0f_db_link(db, x0f_db_find_link(db, 576)), "Two");
	assert_int_equal(x0f_db_find_link(db, 1), X0F_NONE);
	x0f_db_stats(db, &stats);
	assert_int_equal(stats.synack_sigs, 2);
	assert_int_equal(stats.mtu_sigs, 3);
	assert_int_equal(stats.http_sigs, 1);
	x0f_db_close(db);
	x0f_db_close(NULL);
}

/* A source in front overrules one behind it, and is no duplicate of it. */
static void sources(void **state)
{
	const char *front = HEAD "sig = *:64:0:*:*,*:::0\n";
	const char *behind = "classes = unix\n[tcp:request]\n"
			     "label = s:unix:Other:\n"
			     "sig = *:64:0:*:*,*:::0\n";
	const struct x0f_source both[] = {
		{ "front", front, strlen(front) },
		{ "behind", behind, strlen(behind) },
	};
	const struct x0f_obs obs = { .kind = X0F_KIND_SYN,
				     .ip_version = 4,
				     .ttl = 64,
				     .initial_ttl = 64 };
	struct x0f_verdict v;
	struct x0f_db *db;

	(void)state;
	assert_int_equal(x0f_db_open(&db, both, 2, NULL, NULL), 0);
	x0f_match(db, &obs, X0F_POLICY_X0F, &v);
	assert_string_equal(x0f_db_label(db, v.label)->name, "Linux");
	assert_int_equal(x0f_db_sig(db, v.signature)->source, 0);
	x0f_db_close(db);
	assert_int_equal(x0f_db_open(&db, NULL, 0, NULL, NULL), 0);
	x0f_match(db, &obs, X0F_POLICY_X0F, &v);
	assert_int_equal(v.match, X0F_MATCH_NONE);
	x0f_db_close(db);
}

/* Options of another size: refused rather than ignored. */
static void option_sizes(void **state)
{
	struct {
		struct x0f_db_options known;
		uint32_t future[2];
	} options = { { .sz = sizeof(options) }, { 0 } };
	struct x0f_source many[65];
	struct x0f_error error;
	struct x0f_db *db;
	size_t i;

	(void)state;
	assert_int_equal(x0f_db_open(&db, NULL, 0, &options.known, &error), 0);
	x0f_db_close(db);
	options.future[1] = 1;
	assert_int_equal(x0f_db_open(&db, NULL, 0, &options.known, &error),
			 -EINVAL);
	options.known.sz = sizeof(options.known) - 1;
	assert_int_equal(x0f_db_open(&db, NULL, 0, &options.known, &error),
			 -EINVAL);
	assert_string_equal(error.message, "options of an unknown size");
	for (i = 0; i < COUNT(many); i++)
		many[i] = (struct x0f_source){ "x", "", 0 };
	assert_int_equal(x0f_db_open(&db, many, 64, NULL, &error), 0);
	x0f_db_close(db);
	assert_int_equal(x0f_db_open(&db, many, 65, NULL, &error), -EINVAL);
}

static void builtin(void **state)
{
	struct x0f_db_stats stats = { .sz = sizeof(stats) };
	struct x0f_source list[2];
	struct x0f_error error;
	struct x0f_db *db;

	(void)state;
	assert_int_equal(x0f_db_builtin(NULL, 0), 2);
	assert_int_equal(x0f_db_builtin(list, 2), 2);
	if (x0f_db_open(&db, list, 2, NULL, &error))
		fail_msg("%s:%u:%u: %s", error.source, error.line, error.column,
			 error.message);
	x0f_db_stats(db, &stats);
	/* stock p0f has 91 and 101; ours come on top */
	assert_true(stats.syn_sigs > 91 && stats.synack_sigs > 101);
	x0f_db_close(db);
}

static void files(void **state)
{
	struct x0f_error error;
	struct x0f_db *db;

	(void)state;
	assert_int_equal(x0f_db_open_file(&db, "/nonexistent.fp", &error),
			 -ENOENT);
	assert_int_equal(error.line, 0);
	assert_string_equal(error.source, "/nonexistent.fp");
	assert_int_equal(x0f_db_open_file(&db, "/", &error), -EISDIR);
	assert_int_equal(x0f_db_open_file(&db, "/dev/zero", &error), -EFBIG);
	assert_int_equal(x0f_db_open_file(&db, "/dev/null", &error), 0);
	x0f_db_close(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refusals),	cmocka_unit_test(oddities),
		cmocka_unit_test(labels),	cmocka_unit_test(sources),
		cmocka_unit_test(option_sizes), cmocka_unit_test(builtin),
		cmocka_unit_test(files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
