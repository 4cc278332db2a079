/* SPDX-License-Identifier: MIT */
/*
 * What a generator's mix consists of: templates of signatures, and the items
 * that use them. Called while it is opened.
 */
#include "generate_items.h"

#include <errno.h>
#include <stdlib.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Items of parts that have no natural number of them. */
#define POPULAR_ITEMS 1000
#define FLOOD_ITEMS 1000
#define UNKNOWN_ITEMS 32

/* Of ten popular packets, nine are of everyday systems */
#define POPULAR_TENTHS 9

/* Packets that are tried until one is not another signature's */
#define MOST_VARIANTS 64

/* The MSS that most SYNs have, preferred where a SYN+ACK needs one */
#define COMMON_MSS 1460

/* Six everyday stacks; all in the built-in database, as they are here. */
static const struct {
	const char *text;
	uint8_t kind;
} everyday[] = {
	{ "*:64:0:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+:0", X0F_KIND_SYN },
	{ "*:128:0:1460:mss*44,8:mss,nop,ws,nop,nop,sok:df,id+:0",
	  X0F_KIND_SYN },
	{ "*:64:0:1460:65535,6:mss,nop,ws,nop,nop,ts,sok,eol+1:df:0",
	  X0F_KIND_SYN },
	{ "*:64:0:1400:65535,9:mss,sok,ts,nop,ws:df,id+:0", X0F_KIND_SYN },
	{ "*:64:0:1460:mss*45,7:mss,sok,ts,nop,ws:df:0", X0F_KIND_SYNACK },
	{ "*:128:0:1460:65535,8:mss,nop,ws,nop,nop,sok:df,id+:0",
	  X0F_KIND_SYNACK },
};

/* list[count] can be written; returns -ENOMEM where it cannot. */
static int make_room(void **list, uint32_t *room, uint32_t count, size_t size)
{
	uint32_t more = *room ? *room * 2 : 256;
	void *grown;

	if (count < *room)
		return 0;
	grown = realloc(*list, more * size);
	if (!grown)
		return -ENOMEM;
	*list = grown;
	*room = more;
	return 0;
}

static int add_template(struct generator *g, const struct template *template)
{
	struct templates *t = &g->templates;
	void *list = t->list;
	int ret = make_room(&list, &t->room, t->count, sizeof(*t->list));

	t->list = list;
	if (ret)
		return ret;
	t->list[t->count++] = *template;
	return 0;
}

static int add_item(struct generator *g, struct item item)
{
	void *list = g->items;
	int ret = make_room(&list, &g->item_room, g->item_count,
			    sizeof(*g->items));

	g->items = list;
	if (ret)
		return ret;
	g->items[g->item_count++] = item;
	return 0;
}

/* The values that a signature leaves open; numbers of values are coprime. */
static void vary(struct synth_options *options, uint32_t variant)
{
	static const uint16_t mss[] = { 1460, 1400, 1452, 1380, 1337 };
	static const uint16_t windows[] = { 64240, 65535, 29200, 8192,
					    1024,  5840,  40009 };
	static const uint8_t wscales[] = { 7, 8, 0, 2, 10, 14, 1, 4, 5, 6, 9 };
	static const uint8_t hops[] = { 0, 12, 7, 19, 3, 15, 9, 1 };

	options->mss = mss[variant % COUNT(mss)];
	options->window = windows[variant % COUNT(windows)];
	options->wscale = wscales[variant % COUNT(wscales)];
	options->hops = hops[variant % COUNT(hops)];
	options->has_payload = variant & 2;
	options->flow_label = variant & 4 ? variant * 4097 : 0;
}

/*
 * The template of a signature, if one of its packets is not taken by another
 * signature; else of any packet. position X0F_NONE: no database knows it.
 */
static bool make_answer(struct generator *g, struct template *best,
			const struct x0f_sig *sig, uint32_t position,
			struct synth_options *options, uint32_t variant)
{
	struct synth_result result;
	struct x0f_verdict verdict;
	struct template template;
	bool found = false;

	for (uint32_t i = 0; i < MOST_VARIANTS; i++) {
		vary(options, variant + i);
		if (options->hops >= sig->initial_ttl)
			options->hops = 0;
		if (!template_make(&template, sig, options, &result))
			continue;
		x0f_match(g->db, &result.obs, options->policy, &verdict);
		template.is_answer = verdict.signature ==
				     position &&verdict.match >=
					     X0F_MATCH_GENERIC;
		template.signature = position;
		if (!found || template.is_answer)
			*best = template;
		found = true;
		if (template.is_answer)
			break;
	}
	return found;
}

/* The SYN that a SYN+ACK needs, with the MSS that it counts in. */
static int add_syn(struct generator *g, struct template *template)
{
	struct synth_options options = synth_defaults;
	struct synth_result result;
	struct template syn;
	struct x0f_sig sig;
	int ret;

	x0f_sig_parse(&sig, everyday[0].text, strlen(everyday[0].text),
		      options.policy, NULL);
	options.ip_version = template->version;
	sig.mss = template->peer_mss;
	if (!template_make(&syn, &sig, &options, &result)) {
		/* 44 of it are no window */
		sig.window_kind = X0F_WINDOW_ANY;
		if (!template_make(&syn, &sig, &options, &result))
			return -EINVAL;
	}
	ret = add_template(g, &syn);
	template->syn = g->templates.count - 1;
	return ret;
}

static int add_answer(struct generator *g, struct template *template)
{
	int ret = 0;

	if (template->peer_mss)
		ret = add_syn(g, template);
	return ret ? ret : add_template(g, template);
}

/* One signature over one IP version; at most two templates. */
static int add_sig(struct generator *g, const struct x0f_sig *sig,
		   uint32_t position, uint8_t version, struct chance *chance)
{
	struct synth_options options = synth_defaults;
	struct template template;

	options.ip_version = version;
	options.peer_mss = COMMON_MSS;
	if (make_answer(g, &template, sig, position, &options,
			chance_below(chance, MOST_VARIANTS)))
		return add_answer(g, &template);
	g->impossible++;
	return 0;
}

/* The one signature that was asked for, with its number of hops. */
static int add_given(struct generator *g, const struct generator_options *o,
		     uint8_t version, struct problem *problem)
{
	struct synth_options options = synth_defaults;
	struct synth_result result;
	struct template template;

	options.ip_version = version;
	options.peer_mss = COMMON_MSS;
	options.hops = o->hops;
	if (!template_make(&template, o->signature, &options, &result))
		return problem_set(problem, -EINVAL,
				   "no packet is like that: %s",
				   synth_problem_text(result.problem));
	return add_answer(g, &template);
}

/* All signatures over one IP version, or 0: over their own. */
static int add_sigs(struct generator *g, const struct generator_options *o,
		    uint8_t version, struct problem *problem)
{
	struct chance chance = chance_begin(o->seed, CHANCE_OPENING - version);
	const struct x0f_sig *sig;
	int ret = 0;

	if (o->signature)
		return add_given(g, o, version, problem);
	for (uint32_t i = 0; !ret && (sig = x0f_db_sig(o->db, i)); i++) {
		if (!version || !sig->ip_version || sig->ip_version == version)
			ret = add_sig(g, sig, i, version, &chance);
	}
	return ret;
}

/* Items of the templates from `first` on, without the SYNs before others. */
static int add_systems(struct generator *g, uint16_t part, uint32_t first)
{
	uint32_t position = 0;
	int ret = 0;

	for (uint32_t i = first; !ret && i < g->templates.count; i++) {
		struct item item = { .what = i, .part = part };

		if (i + 1 < g->templates.count &&
		    g->templates.list[i + 1].syn == i)
			continue;
		if (part == GENERATE_VLAN)
			item.tags = (uint8_t)(1 + position % 2);
		/* every third one */
		if (part == GENERATE_IPV6 && position % 3 == 2)
			item.extensions = (uint8_t)(1 + position / 3 % CHAINS);
		ret = add_item(g, item);
		position++;
	}
	return ret;
}

/* Two templates of each everyday stack, IPv4 and IPv6, in turns. */
static int add_everyday(struct generator *g)
{
	int ret = 0;

	for (uint32_t i = 0; !ret && i < 2 * COUNT(everyday); i++) {
		struct synth_options options = synth_defaults;
		const char *text = everyday[i / 2].text;
		struct synth_result result;
		struct template template;
		struct x0f_sig sig;

		options.ip_version = i % 2 ? 6 : 4;
		options.hops = (uint8_t)(5 + i);
		options.peer_mss = COMMON_MSS;
		if (x0f_sig_parse(&sig, text, strlen(text), options.policy,
				  NULL))
			return -EINVAL;
		sig.kind = everyday[i / 2].kind;
		if (!template_make(&template, &sig, &options, &result))
			return -EINVAL;
		if (i < 2)
			g->plain[i] = template;
		ret = add_template(g, &template);
	}
	return ret;
}

/* Nine everyday ones, then any of the `count` items from `first` on. */
static int add_popular(struct generator *g, uint32_t first, uint32_t count)
{
	struct chance chance = chance_begin(g->seed, CHANCE_OPENING - 7);
	int ret = 0;

	for (uint32_t i = 0; !ret && i < POPULAR_ITEMS; i++) {
		struct item item = { .part = GENERATE_POPULAR };

		if (i < POPULAR_ITEMS / 10 * POPULAR_TENTHS)
			item.what = i % (2 * (uint32_t)COUNT(everyday));
		else if (count)
			item.what =
				g->items[first + chance_below(&chance, count)]
					.what;
		ret = add_item(g, item);
	}
	return ret;
}

static int add_rows(struct generator *g, uint16_t part, uint32_t first,
		    uint32_t count, uint32_t step)
{
	int ret = 0;

	for (uint32_t i = 0; !ret && i < count; i++)
		ret = add_item(g, (struct item){ .what = first + i * step,
						 .part = part });
	return ret;
}

static int add_unknown(struct generator *g)
{
	struct chance chance = chance_begin(g->seed, CHANCE_OPENING - 8);
	int ret = 0;

	for (uint32_t i = 0; !ret && i < UNKNOWN_ITEMS; i++) {
		struct template template;

		if (!unknown_make(&template, g->db, i % 2 ? 6 : 4, &chance))
			return 0; /* a database that names everything */
		ret = add_template(g, &template);
		if (!ret)
			ret = add_rows(g, GENERATE_UNKNOWN,
				       g->templates.count - 1, 1, 1);
	}
	return ret;
}

/* Parts that send signatures over IPv4 or what they are for. */
static int add_signature_parts(struct generator *g,
			       const struct generator_options *o,
			       struct problem *problem)
{
	uint32_t first = g->templates.count;
	uint32_t items = g->item_count;
	uint32_t count;
	int ret = add_sigs(g, o, 0, problem);

	if (!ret)
		ret = add_systems(g, GENERATE_SYSTEMS, first);
	count = g->item_count - items;
	if (!ret && o->mix & GENERATE_POPULAR)
		ret = add_popular(g, items, count);
	if (!ret && o->mix & GENERATE_VLAN)
		ret = add_systems(g, GENERATE_VLAN, first);
	/* flood: of the given signature, or a plain SYN */
	if (!ret && o->mix & GENERATE_FLOOD)
		ret = add_rows(g, GENERATE_FLOOD,
			       o->signature ? g->templates.count - 1 : 0,
			       FLOOD_ITEMS, 0);
	if (ret || o->mix & GENERATE_SYSTEMS)
		return ret;
	/* they were only drawn from */
	g->item_count -= count;
	memmove(g->items + items, g->items + items + count,
		(g->item_count - items) * sizeof(*g->items));
	return 0;
}

int generator_fill(struct generator *g, const struct generator_options *o,
		   struct problem *problem)
{
	uint32_t from_sigs = GENERATE_SYSTEMS | GENERATE_POPULAR |
			     GENERATE_VLAN | GENERATE_FLOOD;
	uint32_t first;
	int ret = add_everyday(g);

	if (!ret && o->mix & from_sigs)
		ret = add_signature_parts(g, o, problem);
	first = g->templates.count;
	if (!ret && o->mix & GENERATE_IPV6)
		ret = add_sigs(g, o, 6, problem);
	if (!ret && o->mix & GENERATE_IPV6)
		ret = add_systems(g, GENERATE_IPV6, first);
	if (!ret && o->mix & GENERATE_MALFORMED)
		ret = add_rows(g, GENERATE_MALFORMED, 0, malformed_count(), 1);
	if (!ret && o->mix & GENERATE_DATA)
		ret = add_rows(g, GENERATE_DATA, 0, data_count(), 1);
	if (!ret && o->mix & GENERATE_UNKNOWN)
		ret = add_unknown(g);
	return ret;
}
