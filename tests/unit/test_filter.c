/* SPDX-License-Identifier: MIT */
/*
 * --allow and --deny: random rules against an obvious evaluator that reads
 * the text by itself and shares no code, what is said of bad rules, limits,
 * and the corners: ports 0 and 65535, prefixes of 0 and all bits, IPv4-mapped
 * addresses.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../user/capture/filter.c"
#include "../../user/capture/filter_text.c"
#include "plain_filter.h"

#define RULE_SETS 100000
#define PACKETS_PER_SET 12
#define MOST_RULES 6
#define MOST_TERMS 4

/* --- random rules and packets --------------------------------------------- */

static uint64_t state = 20261120;

/* xorshift64*, below `n` */
static uint32_t pick(uint32_t n)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (uint32_t)((state * UINT64_C(2685821657736338717)) >> 33) % n;
}

/* Few values, so that rules and packets meet, and corners. */
static uint16_t random_port(void)
{
	static const uint16_t ports[] = { 0,   1,   22,	  79,	 80,   81,
					  442, 443, 8000, 65534, 65535 };

	if (!pick(8))
		return (uint16_t)pick(65536);
	return ports[pick(sizeof(ports) / sizeof(ports[0]))];
}

static void random_address(uint8_t *address, int version)
{
	static const uint8_t bytes[] = { 0, 1, 10, 127, 128, 254, 255 };
	uint32_t len = version == 4 ? 4 : 16;

	memset(address, 0, 16);
	for (uint32_t i = 0; i < len; i++)
		if (version == 4 || i < 2 || i > 13 || !pick(6))
			address[i] = bytes[pick(sizeof(bytes))];
	if (version == 6 && !pick(4)) { /* IPv4-mapped */
		memset(address, 0, 10);
		memset(address + 10, 0xff, 2);
	}
}

static size_t write_ports(char *text, size_t size)
{
	uint16_t a = random_port();
	uint16_t b = random_port();

	if (pick(2))
		return (size_t)snprintf(text, size, "%u", a);
	return (size_t)snprintf(text, size, "%u-%u", a < b ? a : b,
				a < b ? b : a);
}

static size_t write_net(char *text, size_t size)
{
	int version = pick(2) ? 4 : 6;
	uint32_t bits = version == 4 ? 32 : 128;
	uint32_t prefix = pick(4) ? pick(bits + 1) : bits * pick(2);
	uint8_t address[16];
	char shown[INET6_ADDRSTRLEN];

	random_address(address, version);
	for (uint32_t i = prefix; i < bits; i++)
		address[i / 8] &= (uint8_t) ~(0x80 >> i % 8);
	inet_ntop(version == 4 ? AF_INET : AF_INET6, address, shown,
		  sizeof(shown));
	if (prefix == bits && pick(2))
		return (size_t)snprintf(text, size, "%s", shown);
	return (size_t)snprintf(text, size, "%s/%u", shown, prefix);
}

static size_t write_term(char *text, size_t size, uint32_t kind)
{
	static const char *const sides[] = { "", "src ", "dst " };
	bool is_net = pick(2);
	uint32_t items = 1 + pick(4);
	size_t len;

	if (!pick(5))
		return (size_t)snprintf(text, size, "%s",
					kind ? "syn" : "synack");
	len = (size_t)snprintf(text, size, "%s%s ", sides[pick(3)],
			       is_net ? "net" : "port");
	for (uint32_t i = 0; i < items; i++) {
		if (i)
			text[len++] = ',';
		len += is_net ? write_net(text + len, size - len) :
				write_ports(text + len, size - len);
	}
	return len;
}

static void random_rule(struct rule *rule)
{
	uint32_t terms = 1 + pick(MOST_TERMS);
	uint32_t kind = pick(2);
	size_t len = 0;

	rule->is_allow = pick(2);
	for (uint32_t i = 0; i < terms; i++) {
		if (i)
			len += (size_t)sprintf(rule->text + len, " and ");
		len += write_term(rule->text + len, RULE_BYTES - len, kind);
	}
}

static void random_packet(struct x0f_obs *obs)
{
	memset(obs, 0, sizeof(*obs));
	obs->ip_version = pick(2) ? 4 : 6;
	obs->kind = (uint8_t)pick(X0F_KIND_RST + 1);
	obs->src_port = random_port();
	obs->dst_port = random_port();
	random_address(obs->src, obs->ip_version);
	random_address(obs->dst, obs->ip_version);
}

static enum filter_action action_of(const struct rule *rule)
{
	return rule->is_allow ? FILTER_ALLOW : FILTER_DENY;
}

static struct filter *make(const struct rule *rules, uint32_t count)
{
	struct filter *filter = filter_new();
	struct filter_error error;

	assert_non_null(filter);
	for (uint32_t i = 0; i < count; i++)
		if (filter_add(filter, action_of(&rules[i]), rules[i].text,
			       &error))
			fail_msg("'%s': %s", rules[i].text, error.message);
	assert_int_equal(filter_compile(filter), 0);
	return filter;
}

/* 10^5 rule sets, some with all 64 rules; about half of all packets pass. */
static void random_rules_agree(void **unused)
{
	static struct rule rules[FILTER_MAX_RULES];
	uint32_t passed = 0;

	(void)unused;
	for (uint32_t set = 0; set < RULE_SETS; set++) {
		uint32_t count = set % 1000 ? pick(MOST_RULES + 1) :
					      FILTER_MAX_RULES;
		struct filter *filter;
		struct x0f_obs obs;

		for (uint32_t i = 0; i < count; i++)
			random_rule(&rules[i]);
		filter = make(rules, count);
		for (int i = 0; i < PACKETS_PER_SET; i++) {
			bool expected;

			random_packet(&obs);
			expected = passes_plainly(rules, count, &obs);
			passed += expected;
			if (filter_passes(filter, &obs) != expected)
				fail_msg("set %u: expected %d", set, expected);
		}
		filter_free(filter);
	}
	print_message("%u of %u packets passed\n", passed,
		      RULE_SETS * PACKETS_PER_SET);
	assert_in_range(passed, RULE_SETS * PACKETS_PER_SET / 5,
			RULE_SETS * PACKETS_PER_SET * 4 / 5);
}

/* --- single rules --------------------------------------------------------- */

static void set_address(uint8_t *to, int version, const char *text)
{
	memset(to, 0, 16);
	assert_int_equal(inet_pton(version == 4 ? AF_INET : AF_INET6, text, to),
			 1);
}

static struct x0f_obs packet(const char *src, uint16_t src_port,
			     const char *dst, uint16_t dst_port)
{
	struct x0f_obs obs;

	memset(&obs, 0, sizeof(obs));
	obs.ip_version = strchr(src, ':') ? 6 : 4;
	obs.kind = X0F_KIND_SYN;
	obs.src_port = src_port;
	obs.dst_port = dst_port;
	set_address(obs.src, obs.ip_version, src);
	set_address(obs.dst, obs.ip_version, dst);
	return obs;
}

/* Whether the packet matches the rule, asked by allow and by deny. */
static bool matches(const char *text, const struct x0f_obs *obs)
{
	struct rule rule = { .is_allow = true };
	struct filter *filter;
	bool allowed, denied;

	snprintf(rule.text, sizeof(rule.text), "%s", text);
	filter = make(&rule, 1);
	allowed = filter_passes(filter, obs);
	filter_free(filter);
	rule.is_allow = false;
	filter = make(&rule, 1);
	denied = !filter_passes(filter, obs);
	filter_free(filter);
	assert_int_equal(allowed, denied);
	return allowed;
}

static void ports_have_corners(void **unused)
{
	struct x0f_obs top = packet("10.0.0.1", 65535, "10.0.0.2", 0);

	(void)unused;
	assert_true(matches("src port 65535", &top));
	assert_true(matches("src port 1-65535", &top));
	assert_true(matches("src port 65535-65535", &top));
	assert_false(matches("src port 0-65534", &top));
	assert_false(matches("dst port 65535", &top));
	assert_true(matches("dst port 0", &top));
	assert_false(matches("dst port 1-65535", &top));
	assert_true(matches("port 0-65535", &top));
	assert_true(matches("port 7,65535", &top));
	assert_true(matches("port 65535 and port 0", &top));
	assert_false(matches("src port 65535 and src port 0", &top));
}

static void sides_are_kept_apart(void **unused)
{
	struct x0f_obs obs = packet("10.0.0.1", 40000, "192.0.2.1", 80);

	(void)unused;
	assert_true(matches("dst port 80 and src net 10.0.0.0/8", &obs));
	assert_false(matches("src port 80 and src net 10.0.0.0/8", &obs));
	assert_false(matches("dst port 80 and dst net 10.0.0.0/8", &obs));
	assert_true(matches("port 80 and net 10.0.0.0/8", &obs));
	assert_true(matches("net 10.0.0.0/8 and net 192.0.2.0/24", &obs));
	assert_false(matches("net 10.0.0.0/8 and net 192.0.3.0/24", &obs));
	/* both by one end */
	assert_true(matches("net 10.0.0.0/8 and net 10.0.0.1", &obs));
}

static void kinds_are_told_apart(void **unused)
{
	struct x0f_obs obs = packet("10.0.0.1", 40000, "192.0.2.1", 80);

	(void)unused;
	assert_true(matches("syn", &obs));
	assert_true(matches("syn and syn", &obs));
	assert_false(matches("synack", &obs));
	obs.kind = X0F_KIND_SYNACK;
	assert_false(matches("syn", &obs));
	assert_true(matches("synack", &obs));
	obs.kind = X0F_KIND_ACK;
	assert_false(matches("syn", &obs));
	assert_false(matches("synack", &obs));
	assert_true(matches("port 80", &obs));
}

static void prefixes_have_corners(void **unused)
{
	struct x0f_obs four = packet("255.255.255.255", 1, "0.0.0.0", 2);
	struct x0f_obs six = packet("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
				    1, "::", 2);
	struct x0f_obs low = packet("2001:db8::1", 1, "2001:db8:0:1::", 2);

	(void)unused;
	assert_true(matches("src net 0.0.0.0/0", &four));
	assert_true(matches("src net 255.255.255.255", &four));
	assert_true(matches("src net 128.0.0.0/1", &four));
	assert_true(matches("dst net 0.0.0.0", &four));
	assert_false(matches("dst net 128.0.0.0/1", &four));
	assert_true(matches("src net ::/0", &six));
	assert_true(matches("dst net ::/128", &six));
	assert_false(matches("src net ::/1", &six));
	assert_true(
		matches("src net ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128",
			&six));
	assert_true(matches("src net 2001:db8::/64", &low));
	assert_false(matches("dst net 2001:db8::/64", &low));
	assert_true(matches("dst net 2001:db8::/63", &low));
	assert_true(matches("src net 2001:db8::1", &low));
	assert_false(matches("src net 2001:db8::2/127", &low));
}

static void families_are_kept_apart(void **unused)
{
	struct x0f_obs four = packet("10.0.0.1", 1, "10.0.0.2", 2);
	struct x0f_obs six = packet("::ffff:10.0.0.1", 1, "::a00:1", 2);

	(void)unused;
	assert_true(matches("net 0.0.0.0/0", &four));
	assert_false(matches("net ::/0", &four));
	assert_false(matches("net ::ffff:10.0.0.1", &four));
	assert_false(matches("net ::ffff:0.0.0.0/96", &four));
	assert_false(matches("net ::a00:1", &four));
	/* as IPv4 addresses lie in an observation */
	assert_false(matches("net a00:1::/32", &four));
	assert_false(matches("net 0.0.0.0/0", &six));
	assert_false(matches("net 10.0.0.1", &six));
	assert_true(matches("src net ::ffff:10.0.0.1", &six));
	assert_true(matches("src net ::ffff:10.0.0.0/104", &six));
	assert_true(matches("net 10.0.0.1,::/0", &four));
	assert_true(matches("net 10.0.0.1,::/0", &six));
}

static void blanks_do_not_matter(void **unused)
{
	struct x0f_obs obs = packet("10.0.0.1", 40000, "192.0.2.1", 80);

	(void)unused;
	assert_true(matches("  dst\t port  79 , 80,81   and  syn ", &obs));
	assert_true(matches("port 80 ,443", &obs));
	assert_true(matches("net 10.0.0.0/8, 172.16.0.0/12", &obs));
}

static void no_rule_lets_all_pass(void **unused)
{
	struct x0f_obs obs = packet("10.0.0.1", 40000, "192.0.2.1", 80);
	struct filter *filter = make(NULL, 0);

	(void)unused;
	assert_true(filter_passes(filter, &obs));
	filter_free(filter);
}

/* --- bad rules ------------------------------------------------------------ */

struct bad_rule {
	const char *text;
	uint32_t column;
	const char *says;
};

static const struct bad_rule bad_rules[] = {
	{ "", 1, "at the end: expected port, net" },
	{ "  ", 3, "at the end: expected port, net" },
	{ "pot 80", 1, "at 'pot': expected port, net" },
	{ "SYN", 1, "at 'SYN': expected port, net" },
	{ "host 10.0.0.1", 1, "(a host is: net ADDRESS)" },
	{ "not port 80", 1, "use --deny" },
	{ "syn+ack", 1, "spelled synack" },
	{ "src", 4, "at the end: expected port or net" },
	{ "src host 1.2.3.4", 5, "at 'host': expected port or net" },
	{ "dst syn", 5, "at 'syn': expected port or net" },
	{ "port", 5, "at the end: expected a port" },
	{ "port 80 and", 12, "at the end: expected port, net" },
	{ "port 80 and and syn", 13, "at 'and': expected port" },
	{ "port 80 syn", 9, "at 'syn': expected 'and'" },
	{ "port 80 or port 81", 9, "give two rules" },
	{ "port 80 81", 9, "at '81': expected 'and'" },
	{ "port 65536", 6, "at '65536': expected a port" },
	{ "port 4294967376", 6, "at '4294967376': expected a port" },
	{ "port 18446744073709551696", 6, "expected a port" },
	{ "port -1", 6, "at '-1': expected a port" },
	{ "port http", 6, "at 'http': expected a port" },
	{ "port 80-", 6, "at '80-': expected a port" },
	{ "port 80-65536", 6, "at '80-65536': expected a port" },
	{ "port 1-2-3", 6, "at '1-2-3': expected a port" },
	{ "port 0x50", 6, "at '0x50'" },
	{ "port 443,90-80", 10,
	  "at '90-80': range ends before it begins, did "
	  "you mean 80-90?" },
	{ "port 80,", 9, "at the end: expected a port" },
	{ "port ,80", 6, "at ',': expected a port" },
	{ "port 80,,81", 9, "at ',': expected a port" },
	{ "port 80, and syn", 10, "at 'and': expected a port" },
	{ "net", 4, "at the end: expected an address" },
	{ "net 10/8", 5, "at '10/8': expected an address" },
	{ "net example.org", 5, "at 'example.org': expected an address" },
	{ "net 10.0.0.0/33", 5, "prefix length from 0 to 32" },
	{ "net 10.0.0.0/", 5, "prefix length from 0 to 32" },
	{ "net 10.0.0.0/255.0.0.0", 5, "prefix length from 0 to 32" },
	{ "net 10.0.0.0/8/8", 5, "prefix length from 0 to 32" },
	{ "net ::/129", 5, "prefix length from 0 to 128" },
	{ "net fe80::1%eth0", 5, "expected an address" },
	{ "net 1.2.3.4,10.0.0.1/8", 13, "did you mean 10.0.0.0/8?" },
	{ "net 10.0.0.1/31", 5, "did you mean 10.0.0.0/31?" },
	{ "src net 2001:db8::1/64", 9, "did you mean 2001:db8::/64?" },
	{ "net 2001:db8:0:1::/32", 5, "did you mean 2001:db8::/32?" },
	{ "net ::1/0", 5, "did you mean ::/0?" },
	{ "net 1.2.3.4/0", 5, "did you mean 0.0.0.0/0?" },
	{ "syn and synack", 9, "at 'synack': no packet is both" },
	{ "synack and port 1 and syn", 23, "at 'syn': no packet is both" },
	{ "port 1 and port 2 and port 3 and port 4 and port 5", 45,
	  "at 'port': more than 4 such terms" },
	{ "net ::1111111111111111111111111111111111111111111111111111111111111111111111"
	  "1111111111111111111111111111111111111111111111111111111111111111111111",
	  5, "expected an address" },
};

static void bad_rules_are_pointed_at(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof(bad_rules) / sizeof(bad_rules[0]); i++) {
		const struct bad_rule *bad = &bad_rules[i];
		struct filter *filter = filter_new();
		struct filter_error error;
		struct x0f_obs obs = packet("10.0.0.1", 1, "10.0.0.2", 80);
		int ret = filter_add(filter, FILTER_ALLOW, bad->text, &error);

		if (!ret || error.column != bad->column ||
		    !strstr(error.message, bad->says))
			fail_msg("'%s': %d, column %u: %s", bad->text, ret,
				 error.column, error.message);
		/* nothing of it is left */
		assert_int_equal(filter_add(filter, FILTER_DENY, "port 443",
					    &error),
				 0);
		assert_int_equal(filter_compile(filter), 0);
		assert_true(filter_passes(filter, &obs));
		obs.dst_port = 443;
		assert_false(filter_passes(filter, &obs));
		filter_free(filter);
	}
}

static void rule_65_is_refused(void **unused)
{
	struct x0f_obs obs = packet("10.0.0.1", 9999, "10.0.0.2", 63);
	struct filter *filter = filter_new();
	struct filter_error error;
	char text[32];

	(void)unused;
	for (int i = 0; i < FILTER_MAX_RULES; i++) {
		snprintf(text, sizeof(text), "dst port %d", i);
		assert_int_equal(filter_add(filter, FILTER_ALLOW, text, &error),
				 0);
	}
	assert_int_equal(filter_add(filter, FILTER_DENY, "syn", &error),
			 -ENOSPC);
	assert_non_null(strstr(error.message, "more than 64 rules"));
	assert_int_equal(filter_compile(filter), 0);
	assert_true(filter_passes(filter, &obs));
	obs.dst_port = 64;
	assert_false(filter_passes(filter, &obs));
	filter_free(filter);
}

/* "src net 0.0.0.1,0.0.0.3,…": `count` addresses that do not touch. */
static void write_list(char *text, uint32_t first, uint32_t count,
		       const char *end)
{
	size_t len = (size_t)sprintf(text, "src net ");

	for (uint32_t i = 0; i < count; i++)
		len += (size_t)sprintf(text + len, "%s%u.%u.%u.%u",
				       i ? "," : "", first, i >> 15,
				       i >> 7 & 255, (i << 1 & 255) | 1);
	sprintf(text + len, "%s", end);
}

/* 65536 entries fit, one more does not. Refused and repeated ones are free. */
static void long_lists_end(void **unused)
{
	struct x0f_obs obs = packet("0.0.0.7", 1, "1.0.0.0", 2);
	struct filter *filter = filter_new();
	struct filter_error error;
	char *text = malloc(FILTER_MAX_RANGES * 18);

	(void)unused;
	write_list(text, 9, FILTER_MAX_RANGES, ",x");
	assert_int_equal(filter_add(filter, FILTER_ALLOW, text, &error),
			 -EINVAL);
	write_list(text, 0, FILTER_MAX_RANGES / 2, "");
	assert_int_equal(filter_add(filter, FILTER_ALLOW, text, &error), 0);
	assert_int_equal(
		filter_add(filter, FILTER_DENY,
			   "syn and src net 0.0.0.0/8,0.0.0.0/9,0.0.0.0",
			   &error),
		0);
	write_list(text, 1, FILTER_MAX_RANGES / 2 - 1, "");
	assert_int_equal(filter_add(filter, FILTER_ALLOW, text, &error), 0);
	assert_int_equal(filter_add(filter, FILTER_ALLOW, "port 1", &error),
			 -ENOSPC);
	assert_non_null(strstr(error.message, "more than 65536 ports"));
	obs.kind = X0F_KIND_SYNACK;
	assert_int_equal(filter_compile(filter), 0);
	assert_true(filter_passes(filter, &obs));
	obs.src[3] = 8;
	assert_false(filter_passes(filter, &obs));
	free(text);
	filter_free(filter);
}

/* Compiled again and again, with rules added in between. */
static void filters_grow(void **unused)
{
	struct x0f_obs obs = packet("10.0.0.1", 1, "10.0.0.2", 80);
	struct filter *filter = filter_new();
	struct filter_error error;

	(void)unused;
	assert_int_equal(filter_compile(filter), 0);
	assert_true(filter_passes(filter, &obs));
	assert_int_equal(filter_add(filter, FILTER_ALLOW, "port 80", &error),
			 0);
	assert_int_equal(filter_compile(filter), 0);
	assert_true(filter_passes(filter, &obs));
	assert_int_equal(filter_add(filter, FILTER_DENY, "net 10.0.0.0/31",
				    &error),
			 0);
	assert_int_equal(filter_compile(filter), 0);
	assert_false(filter_passes(filter, &obs));
	filter_free(filter);
	filter_free(NULL);
}

/* Damaged rules: an answer, never a crash; the column is in the rule. */
static void damaged_rules_are_survived(void **unused)
{
	static const char alphabet[] = "srcdtponey ,,-/.:0158and\xc3\n";

	(void)unused;
	for (int i = 0; i < 200000; i++) {
		struct filter *filter;
		struct filter_error error;
		struct rule rule;
		size_t len;

		random_rule(&rule);
		len = strlen(rule.text);
		for (uint32_t n = 1 + pick(3); n; n--)
			rule.text[pick((uint32_t)len)] =
				alphabet[pick(sizeof(alphabet) - 1)];
		filter = filter_new();
		if (filter_add(filter, action_of(&rule), rule.text, &error))
			assert_in_range(error.column, 1, len + 1);
		filter_free(filter);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_rules_agree),
		cmocka_unit_test(ports_have_corners),
		cmocka_unit_test(sides_are_kept_apart),
		cmocka_unit_test(kinds_are_told_apart),
		cmocka_unit_test(prefixes_have_corners),
		cmocka_unit_test(families_are_kept_apart),
		cmocka_unit_test(blanks_do_not_matter),
		cmocka_unit_test(no_rule_lets_all_pass),
		cmocka_unit_test(bad_rules_are_pointed_at),
		cmocka_unit_test(rule_65_is_refused),
		cmocka_unit_test(long_lists_end),
		cmocka_unit_test(filters_grow),
		cmocka_unit_test(damaged_rules_are_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
