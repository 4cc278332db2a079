/* SPDX-License-Identifier: MIT */
/*
 * --allow and --deny the obvious way: reads the text of a rule anew for each
 * packet, term by term, address by address and bit by bit. Shares no code with
 * the filter that it is held against.
 */
#ifndef X0F_TESTS_PLAIN_FILTER_H
#define X0F_TESTS_PLAIN_FILTER_H

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <x0f/x0f.h>

#define RULE_BYTES 1024

static bool plain_port(const char *item, uint16_t port)
{
	unsigned int first, last;

	if (sscanf(item, "%u-%u", &first, &last) == 2)
		return first <= port && port <= last;
	return (unsigned int)atoi(item) == port;
}

/* Bit by bit. */
static bool plain_net(const char *item, const uint8_t *address, int version)
{
	char text[64];
	uint8_t net[16] = { 0 };
	bool ipv6 = strchr(item, ':');
	int bits = ipv6 ? 128 : 32;

	if (ipv6 != (version == 6))
		return false;
	sscanf(item, "%63[^/]/%d", text, &bits);
	if (inet_pton(ipv6 ? AF_INET6 : AF_INET, text, net) != 1)
		abort();
	for (int i = 0; i < bits; i++)
		if (((net[i / 8] ^ address[i / 8]) >> (7 - i % 8)) & 1)
			return false;
	return true;
}

/* One end of the packet against a list. */
static bool plain_end(const char *what, const char *list,
		      const struct x0f_obs *obs, bool is_src)
{
	char copy[RULE_BYTES];
	char *rest = copy;
	char *item;
	bool found = false;

	snprintf(copy, sizeof(copy), "%s", list);
	while ((item = strsep(&rest, ",")))
		found |= !strcmp(what, "port") ?
				 plain_port(item, is_src ? obs->src_port :
							   obs->dst_port) :
				 plain_net(item, is_src ? obs->src : obs->dst,
					   obs->ip_version);
	return found;
}

/* Words that are parted by single blanks, no blank in a list. */
static bool filter_matches_plainly(const char *rule, const struct x0f_obs *obs)
{
	char copy[RULE_BYTES];
	char *rest = copy;
	char *word;
	bool matches = true;

	snprintf(copy, sizeof(copy), "%s", rule);
	while ((word = strsep(&rest, " "))) {
		char side = 'e';
		const char *list;

		if (!strcmp(word, "and"))
			continue;
		if (!strcmp(word, "syn")) {
			matches &= obs->kind == X0F_KIND_SYN;
			continue;
		}
		if (!strcmp(word, "synack")) {
			matches &= obs->kind == X0F_KIND_SYNACK;
			continue;
		}
		if (!strcmp(word, "src") || !strcmp(word, "dst")) {
			side = word[0];
			word = strsep(&rest, " ");
		}
		list = strsep(&rest, " ");
		matches &= (side != 'd' && plain_end(word, list, obs, true)) ||
			   (side != 's' && plain_end(word, list, obs, false));
	}
	return matches;
}

struct rule {
	bool is_allow;
	char text[RULE_BYTES];
};

static bool passes_plainly(const struct rule *rules, uint32_t count,
			   const struct x0f_obs *obs)
{
	bool any_allow = false;
	bool allowed = false;
	bool denied = false;

	for (uint32_t i = 0; i < count; i++) {
		bool matches = filter_matches_plainly(rules[i].text, obs);

		any_allow |= rules[i].is_allow;
		allowed |= rules[i].is_allow && matches;
		denied |= !rules[i].is_allow && matches;
	}
	return (allowed || !any_allow) && !denied;
}

#endif
