/* SPDX-License-Identifier: MIT */
/*
 * See generation.h. The loader's thread alone; workers only read what it
 * made.
 */
#include "generation.h"

#include "../capture/clock.h"

#include "../capture/synth.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static int fail_test(struct x0f_error *error, const struct x0f_source *sources,
		     const struct x0f_sig *sig, uint32_t ip_version,
		     const char *by)
{
	if (!error)
		return -EINVAL;
	snprintf(error->source, sizeof(error->source), "%s",
		 sources[sig->source].name);
	error->line = sig->line;
	error->column = 1;
	snprintf(error->message, sizeof(error->message),
		 "self-test: ipv%u packet of this signature matches %s; "
		 "please report it with the file",
		 ip_version, by);
	return -EINVAL;
}

/*
 * First specific, then generic, each in the order of the file: no signature
 * behind this one may win, but a specific one against a generic one.
 */
static bool may_win(const struct x0f_verdict *verdict,
		    const struct x0f_sig *sig, uint32_t pos)
{
	if (verdict->match < X0F_MATCH_GENERIC)
		return false;
	return verdict->signature <= pos ||
	       (sig->generic && verdict->match == X0F_MATCH_EXACT);
}

/* Without a packet there is nothing to test, and nothing to miss. */
static int test_sig(const struct x0f_db *db, const struct x0f_source *sources,
		    uint32_t pos, uint8_t ip_version, uint32_t policy,
		    struct x0f_error *error)
{
	const struct x0f_sig *sig = x0f_db_sig(db, pos);
	struct synth_options options = synth_defaults;
	uint8_t frame[SYNTH_BYTES];
	struct synth_result result;
	struct x0f_verdict verdict;
	struct x0f_obs obs;
	size_t len;

	if (sig->ip_version && sig->ip_version != ip_version)
		return 0;
	options.ip_version = ip_version;
	options.policy = policy;
	len = synth_frame(sig, &options, &result, frame, sizeof(frame));
	if (!len)
		return 0;
	if (x0f_observe(frame, len, len, X0F_LINK_RAW, policy, &obs))
		return fail_test(error, sources, sig, ip_version, "nothing");
	if (result.peer_mss)
		x0f_obs_set_peer_mss(&obs, result.peer_mss);
	x0f_match(db, &obs, policy, &verdict);
	if (may_win(&verdict, sig, pos))
		return 0;
	return fail_test(error, sources, sig, ip_version,
			 verdict.match < X0F_MATCH_GENERIC ?
				 "no signature exactly" :
				 "one behind it");
}

static int self_test(const struct x0f_db *db, const struct x0f_source *sources,
		     uint32_t policy, struct x0f_error *error)
{
	int ret = 0;

	for (uint32_t i = 0; !ret && x0f_db_sig(db, i); i++) {
		ret = test_sig(db, sources, i, 4, policy, error);
		if (!ret)
			ret = test_sig(db, sources, i, 6, policy, error);
	}
	return ret;
}

static int make_room(struct generation *g)
{
	while (x0f_db_label(g->db, g->label_count))
		g->label_count++;
	while (x0f_db_link(g->db, g->link_count))
		g->link_count++;
	g->labels = malloc((g->label_count + 1u) * sizeof(*g->labels));
	g->links = malloc((g->link_count + 1u) * sizeof(*g->links));
	if (!g->labels || !g->links)
		return -ENOMEM;
	g->labels[g->label_count] = X0F_NONE;
	g->links[g->link_count] = X0F_NONE;
	return 0;
}

int generation_build(struct generation **generation,
		     const struct x0f_source *sources, uint32_t count,
		     uint32_t policy, struct x0f_error *error)
{
	const struct x0f_db_options options = {
		.sz = sizeof(options),
		.policy = policy,
	};
	struct generation *g = calloc(1, sizeof(*g));
	int ret;

	*generation = NULL;
	if (!g)
		return -ENOMEM;
	ret = x0f_db_open(&g->db, sources, count, &options, error);
	if (!ret)
		ret = make_room(g);
	if (!ret)
		ret = self_test(g->db, sources, policy, error);
	if (ret) {
		generation_free(g);
		return ret;
	}
	*generation = g;
	return 0;
}

static void intern(struct generation *g, struct segment *segment)
{
	for (uint32_t i = 0; i < g->label_count; i++)
		g->labels[i] = segment_add_label(segment,
						 x0f_db_label(g->db, i));
	for (uint32_t i = 0; i < g->link_count; i++)
		g->links[i] = segment_add_link(segment, x0f_db_link(g->db, i));
}

/* Whoever reads these numbers finds no record of an older generation behind */
static void announce(const struct generation *g,
		     struct x0f_segment_header *header, bool is_reload)
{
	struct x0f_db_stats stats = { .sz = sizeof(stats) };

	x0f_db_stats(g->db, &stats);
	__atomic_store_n(&header->syn_sigs, stats.syn_sigs, __ATOMIC_RELAXED);
	__atomic_store_n(&header->synack_sigs, stats.synack_sigs,
			 __ATOMIC_RELAXED);
	__atomic_store_n(&header->reloaded_ns, clock_read_ns(CLOCK_REALTIME),
			 __ATOMIC_RELAXED);
	if (is_reload)
		segment_count(&header->reloads, 1);
	__atomic_store_n(&header->generation, g->number, __ATOMIC_RELEASE);
}

void generation_install(struct generation *generation, struct segment *segment,
			struct rcu_pointer *current)
{
	struct generation *before;

	intern(generation, segment);
	generation->number = __atomic_load_n(&segment->header->generation,
					     __ATOMIC_RELAXED) +
			     1;
	before = rcu_swap(current, generation);
	announce(generation, segment->header, before != NULL);
	generation_free(before);
}

void generation_free(struct generation *generation)
{
	if (!generation)
		return;
	x0f_db_close(generation->db);
	free(generation->labels);
	free(generation->links);
	free(generation);
}
