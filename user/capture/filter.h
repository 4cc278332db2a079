/* SPDX-License-Identifier: MIT */
/*
 * --allow and --deny: which packets are looked at. The same rules for files
 * and for live capture.
 *
 *	rule = term { "and" term }
 *	term = [ "src" | "dst" ] "port" LIST    443,8000-8100
 *	     | [ "src" | "dst" ] "net" LIST     10.0.0.0/8,2001:db8::1
 *	     | "syn" | "synack"
 *
 * Without src or dst a term asks whether one of both sides is in its list. An
 * IPv4 address is never equal to an IPv6 address, ::ffff:0:0/96 included.
 *
 * A packet passes when an allow rule matches it, or there is none, and no
 * deny rule matches it. Rules are for observations: a packet whose ports
 * cannot be read has none (x0f_observe() says so) and so slips through no
 * rule.
 *
 * One thread builds a filter; once compiled, any number may ask it.
 */
#ifndef X0F_CAPTURE_FILTER_H
#define X0F_CAPTURE_FILTER_H

#include <x0f/x0f.h>

/* One bit of a mask each. */
#define FILTER_MAX_RULES 64

/*
 * Terms of one kind without src or dst in one rule: "net A and net B" asks
 * for two. Each costs 8 bytes per interval, and an OR and an AND per packet.
 */
#define FILTER_MAX_EITHER 4

/*
 * Ports, port ranges and prefixes of all rules together. Compiled, each costs
 * at most two intervals of 64 bytes: 12 MiB with what is set aside for them.
 */
#define FILTER_MAX_RANGES 65536

enum filter_action { FILTER_ALLOW, FILTER_DENY };

struct filter_error {
	uint32_t column;   /* of the word at fault, from 1; 0: none is */
	char message[200]; /* one line: "at 'word': what is expected" */
};

struct filter;

/* NULL: no memory. */
struct filter *filter_new(void);

/*
 * Adds a rule; it counts from the next filter_compile() on. Returns 0, or,
 * with *error filled and the filter as before: -EINVAL: not a rule; -ENOSPC:
 * too many; -ENOMEM.
 */
int filter_add(struct filter *filter, enum filter_action action,
	       const char *rule, struct filter_error *error);

/* Returns 0 or -ENOMEM. A filter without rules lets everything pass. */
int filter_compile(struct filter *filter);

/* The filter must be compiled. Never allocates. Any thread. */
bool filter_passes(const struct filter *filter, const struct x0f_obs *obs);

/* NULL is fine. */
void filter_free(struct filter *filter);

/*
 * The compiled form, to be put into a kernel's maps. All ports, IPv4
 * addresses and IPv6 addresses, cut into intervals within which all rules
 * agree. Rule r is bit r. With s and d the intervals of a packet's source and
 * destination on one axis, the rules that it matches there are
 *
 *	s->src & d->dst & (s->either[i] | d->either[i]) for all i
 *
 * and the rules that it matches are the AND of its two axes and of its kind.
 */
enum filter_axis { FILTER_PORT, FILTER_IPV4, FILTER_IPV6, FILTER_AXES };
enum filter_kind { FILTER_SYN, FILTER_SYNACK, FILTER_OTHER, FILTER_KINDS };

/* A port or IPv4 address in `low`, or an IPv6 address: host byte order. */
struct filter_key {
	uint64_t high;
	uint64_t low;
};

struct filter_masks {
	uint64_t src;
	uint64_t dst;
	uint64_t either[FILTER_MAX_EITHER];
};

struct filter_intervals {
	struct filter_key *first; /* ascending, the first is 0 */
	struct filter_masks *masks;
	uint32_t count;
};

struct filter_compiled {
	struct filter_intervals axes[FILTER_AXES];
	uint64_t kinds[FILTER_KINDS];
	uint64_t allow; /* these rules are allow rules */
	uint64_t deny;
};

/* Belongs to the filter. */
const struct filter_compiled *filter_compiled(const struct filter *filter);

#endif
