/* SPDX-License-Identifier: MIT */
/*
 * Packet, observation, track, verdict, events. See replay.h.
 */
#include "replay.h"

#include "../readers/findings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/*
 * What one shard remembers of a file: connections that are opening within
 * 30 s, and pairs of addresses with a clock. 16 bytes each, so 4 MiB in all.
 */
#define SHARD_FLOWS 2048
#define SHARD_CLOCKS 2048

/* The key is all zeros: the same file must give the same output. */
static const struct x0f_tracker_options tracker_options = {
	.sz = sizeof(tracker_options),
	.flows = SHARD_FLOWS,
	.clocks = SHARD_CLOCKS,
};

/* Trackers want 64-byte alignment. */
static size_t tracker_stride(void)
{
	return (x0f_tracker_size(&tracker_options) + 63) & ~(size_t)63;
}

int replay_open(struct replay *replay, const struct replay_options *options)
{
	int ret;

	memset(replay, 0, sizeof(*replay));
	replay->options = *options;
	replay->memory_len = tracker_stride() * REPLAY_SHARDS;
	replay->memory = mmap(NULL, replay->memory_len, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (replay->memory == MAP_FAILED)
		replay->memory = NULL;
	replay->counts = aligned_alloc(64, options->workers *
						   sizeof(*replay->counts));
	ret = batch_open(&replay->batch);
	if (!replay->memory || !replay->counts)
		ret = -ENOMEM;
	if (!ret) {
		memset(replay->counts, 0,
		       options->workers * sizeof(*replay->counts));
		ret = crew_open(&replay->crew, options->workers);
	}
	if (ret)
		replay_close(replay);
	return ret;
}

void replay_begin(struct replay *replay, const char *file)
{
	size_t stride = tracker_stride();
	uint32_t i;

	replay->file = file;
	/* Cannot fail: options, alignment and length are what it asked for. */
	for (i = 0; i < REPLAY_SHARDS; i++)
		(void)x0f_tracker_init(&replay->trackers[i],
				       (char *)replay->memory + i * stride,
				       stride, &tracker_options);
	for (i = 0; i < replay->options.workers; i++)
		replay->counts[i].link_is_unknown = false;
}

static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 32) * 0x9e3779b97f4a7c15u;
	return x ^ x >> 29;
}

static uint64_t hash_address(const uint8_t addr[16])
{
	uint64_t words[2];

	memcpy(words, addr, sizeof(words));
	return mix(words[0] ^ mix(words[1]));
}

/* The same for both directions. */
static uint8_t shard_of(const struct x0f_obs *obs)
{
	uint64_t sum = hash_address(obs->src) + hash_address(obs->dst);

	return (uint8_t)(mix(sum) >> 58);
}

_Static_assert(REPLAY_SHARDS == 1 << (64 - 58), "six bits of the hash");

static void observe_packet(struct replay *replay, struct batch_packet *p,
			   struct replay_counts *counts)
{
	const struct filter *filter = replay->options.filter;
	const struct capture_packet *captured = &p->captured;
	enum x0f_link link = x0f_link_from_dlt(captured->dlt);

	p->status = x0f_observe(captured->data, captured->caplen,
				captured->wirelen, link, replay->options.policy,
				&p->obs);
	if (p->status <= X0F_SEGMENT) {
		p->shard = shard_of(&p->obs);
		p->left_out = filter && !filter_passes(filter, &p->obs);
	}
	if (p->left_out)
		counts->filtered++;
	else
		counts->status[p->status]++;
	if (link == X0F_LINK_UNKNOWN) {
		counts->link_is_unknown = true;
		counts->unknown_dlt = captured->dlt;
	}
}

/* A worker's stretch of the batch. */
static uint32_t begin_of(const struct replay *replay, uint32_t number,
			 uint32_t size)
{
	return (uint32_t)((uint64_t)replay->batch.count * number / size);
}

static void observe(void *ctx, uint32_t number, uint32_t size)
{
	struct replay *replay = ctx;
	uint32_t i, end = begin_of(replay, number + 1, size);

	for (i = begin_of(replay, number, size); i < end; i++)
		observe_packet(replay, &replay->batch.packets[i],
			       &replay->counts[number]);
}

static bool is_wanted(const struct batch_packet *p)
{
	return p->status <= X0F_SEGMENT && !p->left_out;
}

static void track(void *ctx, uint32_t number, uint32_t size)
{
	struct replay *replay = ctx;
	uint32_t i;

	for (i = 0; i < replay->batch.count; i++) {
		struct batch_packet *p = &replay->batch.packets[i];

		if (is_wanted(p) && p->shard % size == number)
			x0f_tracker_see(replay->trackers[p->shard], &p->obs,
					p->captured.time_ns, &p->track);
	}
}

/* One worker's way to its own sink. */
struct way {
	struct replay *replay;
	uint32_t number;
};

static void hand_on(void *ctx, const struct event *event)
{
	const struct way *way = ctx;
	const struct replay_options *options = &way->replay->options;

	options->report(options->ctx, way->number, event);
}

static void match(const struct replay *replay, struct finding *finding,
		  struct x0f_verdict *verdict)
{
	const struct x0f_db *db = replay->options.db;

	x0f_match(db, finding->obs, replay->options.policy, verdict);
	finding->verdict = verdict;
	finding->label = x0f_db_label(db, verdict->label);
	finding->link = x0f_db_link(db, verdict->link);
}

static void report_packet(struct replay *replay, uint32_t number,
			  const struct batch_packet *p)
{
	struct way way = { .replay = replay, .number = number };
	struct x0f_verdict verdict;
	struct finding finding = {
		.time_ns = p->captured.time_ns,
		.packet = p->captured.number,
		.file = replay->file,
		.interface = p->interface,
		.obs = &p->obs,
		.track = &p->track,
	};

	if (p->status == X0F_OK)
		match(replay, &finding, &verdict);
	findings_report(&finding, hand_on, &way);
}

static void report(void *ctx, uint32_t number, uint32_t size)
{
	struct replay *replay = ctx;
	uint32_t i, end = begin_of(replay, number + 1, size);

	for (i = begin_of(replay, number, size); i < end; i++)
		if (is_wanted(&replay->batch.packets[i]))
			report_packet(replay, number,
				      &replay->batch.packets[i]);
}

void replay_flush(struct replay *replay)
{
	if (!replay->batch.count)
		return;
	crew_do(&replay->crew, observe, replay);
	crew_do(&replay->crew, track, replay);
	crew_do(&replay->crew, report, replay);
	batch_clear(&replay->batch);
	replay->options.join(replay->options.ctx);
}

void replay_packet(struct replay *replay, const struct capture_packet *packet,
		   const char *interface)
{
	if (batch_add(&replay->batch, packet, interface))
		return;
	replay_flush(replay);
	/* Cannot fail: the largest packet fits into an empty batch. */
	(void)batch_add(&replay->batch, packet, interface);
}

void replay_count(const struct replay *replay, struct replay_counts *sum)
{
	uint32_t i;
	int s;

	memset(sum, 0, sizeof(*sum));
	for (i = 0; i < replay->options.workers; i++) {
		const struct replay_counts *counts = &replay->counts[i];

		for (s = 0; s < X0F_STATUS_COUNT; s++)
			sum->status[s] += counts->status[s];
		sum->filtered += counts->filtered;
		if (counts->link_is_unknown) {
			sum->link_is_unknown = true;
			sum->unknown_dlt = counts->unknown_dlt;
		}
	}
}

void replay_close(struct replay *replay)
{
	crew_close(&replay->crew);
	batch_close(&replay->batch);
	free(replay->counts);
	if (replay->memory)
		munmap(replay->memory, replay->memory_len);
	replay->counts = NULL;
	replay->memory = NULL;
}
