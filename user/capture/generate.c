/* SPDX-License-Identifier: MIT */
/*
 * The generator: a list of items, one for each thing of the mix, that is gone
 * through again and again, each time in another order. See generate.h.
 *
 * What is decided when it is opened (which values a packet has where its
 * signature leaves them open) is the same in each round; ends, tags and noise
 * are drawn anew for each frame, from its number.
 */
#include "generate_items.h"

#include <errno.h>
#include <stdlib.h>

/* IPv6 extension headers before TCP, by number; ends with 0 */
static const uint8_t chains[CHAINS][3] = {
	{ 0 },	       /* hop-by-hop */
	{ 60, 0 },     /* destination options */
	{ 0, 60, 0 },  /* both */
	{ 0, 43, 60 }, /* and a routing header */
};
static const uint8_t chain_lengths[CHAINS] = { 1, 1, 2, 3 };

#define EXTENSION_BYTES 8

const struct template *generator_template(const struct generator *g,
					  const struct item *item)
{
	if (item->part & (GENERATE_MALFORMED | GENERATE_DATA))
		return NULL;
	return &g->templates.list[item->what];
}

static void count_once(struct generator *g)
{
	for (uint32_t i = 0; i < g->item_count; i++) {
		const struct template *t = generator_template(g, &g->items[i]);

		g->once += t && t->syn != X0F_NONE ? 2 : 1;
	}
}

int generator_open(struct generator **generator,
		   const struct generator_options *options,
		   struct problem *problem)
{
	struct generator_options o = *options;
	struct generator *g = calloc(1, sizeof(*g));
	int ret = -ENOMEM;

	*generator = NULL;
	if (!g)
		return problem_set(problem, ret, "out of memory");
	g->db = o.db;
	g->seed = o.seed;
	if (!o.mix)
		o.mix = GENERATE_SYSTEMS;
	problem_set(problem, 0, "no packet can be made of an everyday system");
	ret = generator_fill(g, &o, problem);
	if (ret == -ENOMEM)
		problem_set(problem, ret, "out of memory");
	count_once(g);
	if (!ret && !g->once)
		ret = problem_set(problem, -EINVAL,
				  "nothing to generate: no signature of the "
				  "databases has packets");
	if (ret)
		generator_close(g);
	else
		*generator = g;
	return ret;
}

void generator_close(struct generator *generator)
{
	if (!generator)
		return;
	free(generator->templates.list);
	free(generator->items);
	free(generator);
}

uint32_t generator_once(const struct generator *generator)
{
	return generator->once;
}

uint32_t generator_impossible(const struct generator *generator)
{
	return generator->impossible;
}

/* Another order for each round (Durstenfeld's shuffle). */
static void shuffle(struct generator *g)
{
	struct chance chance = chance_begin(g->seed, CHANCE_ORDER + g->round++);

	for (uint32_t i = g->item_count - 1; i; i--) {
		uint32_t other = chance_below(&chance, i + 1);
		struct item item = g->items[i];

		g->items[i] = g->items[other];
		g->items[other] = item;
	}
}

static const struct item *next_item(struct generator *g)
{
	if (g->next == g->item_count)
		g->next = 0;
	if (!g->next)
		shuffle(g);
	return &g->items[g->next++];
}

/* Between IPv6 header and TCP, whose sum does not depend on them. */
static size_t insert_extensions(uint8_t *ip, size_t len, uint8_t chain)
{
	uint8_t count = chain_lengths[chain];
	size_t size = (size_t)count * EXTENSION_BYTES;
	uint8_t tcp = ip[6];
	uint8_t *p = ip + 40;

	memmove(p + size, p, len - 40);
	ip[6] = chains[chain][0];
	for (uint8_t i = 0; i < count; i++, p += EXTENSION_BYTES) {
		memset(p, 0, EXTENSION_BYTES);
		p[0] = i + 1 < count ? chains[chain][i + 1] : tcp;
		if (chains[chain][i] == 43) {
			p[2] = 253; /* RFC 3692: experimental, at its end */
		} else {
			p[2] = 1; /* PadN of six bytes */
			p[3] = 4;
		}
	}
	set16(ip + 4, (uint32_t)(len + size - 40));
	return len + size;
}

static size_t write_packet(const struct item *item, const struct template *t,
			   const struct ends *ends, struct chance *chance,
			   uint8_t *buf)
{
	uint16_t type = t->version == 6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4;
	uint8_t *ip = ethernet_write(buf, type, item->tags, chance);
	size_t len = template_write(t, ends, ip);

	if (item->extensions)
		len = insert_extensions(ip, len, item->extensions - 1);
	return (size_t)(ip - buf) + len;
}

static void describe(struct generated *about, const struct item *item,
		     const struct template *t)
{
	if (!about)
		return;
	*about = (struct generated){ .part = item->part,
				     .signature = X0F_NONE };
	if (!t)
		return;
	about->signature = t->signature;
	about->is_answer = t->is_answer;
	about->peer_mss = t->peer_mss;
}

static size_t write_pending(struct generator *g, struct chance *chance,
			    uint8_t *buf, struct generated *about)
{
	const struct item *item = g->pending;
	const struct template *t = generator_template(g, item);

	g->pending = NULL;
	describe(about, item, t);
	return write_packet(item, t, &g->pending_ends, chance, buf);
}

/* The item's frame, or the SYN that comes before it. */
static size_t write_template(struct generator *g, const struct item *item,
			     uint64_t number, struct chance *chance,
			     uint8_t *buf, struct generated *about)
{
	const struct template *t = generator_template(g, item);
	struct ends ends;

	ends_choose(&ends, t->version, number, item->part == GENERATE_FLOOD,
		    chance);
	if (t->syn != X0F_NONE) {
		g->pending = item;
		g->pending_ends = ends;
		t = &g->templates.list[t->syn];
	}
	describe(about, item, t);
	return write_packet(item, t, &ends, chance, buf);
}

size_t generator_next(struct generator *generator, uint8_t *buf,
		      struct generated *about)
{
	uint64_t number = generator->number++;
	struct chance chance = chance_begin(generator->seed, number);
	const struct item *item;

	if (generator->pending)
		return write_pending(generator, &chance, buf, about);
	item = next_item(generator);
	if (item->part == GENERATE_MALFORMED) {
		describe(about, item, NULL);
		return malformed_write(buf, item->what, generator->plain,
				       number, &chance);
	}
	if (item->part == GENERATE_DATA) {
		describe(about, item, NULL);
		return data_write(buf, item->what, number, &chance);
	}
	return write_template(generator, item, number, &chance, buf, about);
}
