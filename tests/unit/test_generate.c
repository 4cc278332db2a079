/* SPDX-License-Identifier: MIT */
/*
 * Generated frames: that each is what it is said to be, seen through
 * x0f_observe() and x0f_match(); that a seed means the same bytes here and
 * everywhere; that damaged frames harm nobody.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../bpf/abi.h"
#include "../../user/capture/generate.h"

#include <errno.h>
#include <string.h>

_Static_assert(GENERATOR_BYTES <= FRAME_BYTES, "a frame fits the kernel's map");

static struct x0f_db *db;

static int open_db(void **state)
{
	struct x0f_source sources[4];
	size_t count = x0f_db_builtin(sources, 4);

	(void)state;
	return x0f_db_open(&db, sources, count, NULL, NULL);
}

static int close_db(void **state)
{
	(void)state;
	x0f_db_close(db);
	return 0;
}

static struct generator *open_mix(uint32_t mix, uint64_t seed)
{
	struct generator_options options = { .db = db,
					     .mix = mix,
					     .seed = seed };
	struct problem problem;
	struct generator *g;

	if (generator_open(&g, &options, &problem))
		fail_msg("%s", problem.text);
	return g;
}

/* A frame in a block of exactly its size, for the address sanitizer. */
struct block {
	uint8_t *bytes;
	size_t len;
	struct generated about;
};

static struct block next_block(struct generator *g)
{
	uint8_t buf[GENERATOR_BYTES];
	struct block block;

	block.len = generator_next(g, buf, &block.about);
	assert_in_range(block.len, GENERATOR_LEAST_BYTES, GENERATOR_BYTES);
	block.bytes = malloc(block.len);
	assert_non_null(block.bytes);
	memcpy(block.bytes, buf, block.len);
	return block;
}

static enum x0f_status observe(const struct block *block, struct x0f_obs *obs)
{
	return x0f_observe(block->bytes, block->len, block->len,
			   X0F_LINK_ETHERNET, X0F_POLICY_X0F, obs);
}

static uint32_t sum16(uint32_t sum, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* Lengths and sums, the way a receiver checks them. */
static void check_sums(const struct block *block, const struct x0f_obs *obs)
{
	const uint8_t *ip = block->bytes + obs->ip_offset;
	size_t len = block->len - obs->ip_offset;
	bool is_ipv4 = obs->ip_version == 4;
	size_t header = is_ipv4 ? (ip[0] & 0xfu) * 4 : 40;
	size_t tcp;

	header += obs->extension_len;
	tcp = len - header;
	if (is_ipv4) {
		assert_int_equal(len, ip[2] << 8 | ip[3]);
		assert_int_equal(sum16(0, ip, header), 0xffff);
	} else {
		assert_int_equal(len - 40, ip[4] << 8 | ip[5]);
	}
	assert_int_equal(sum16(sum16(6 + (uint32_t)tcp, ip + (is_ipv4 ? 12 : 8),
				     is_ipv4 ? 8 : 32),
			       ip + header, tcp),
			 0xffff);
}

/* Reads one frame, and shows it to the tracker as a sensor would. */
static void see(const struct block *block, struct x0f_tracker *tracker,
		uint64_t time_ns, struct x0f_obs *obs,
		struct x0f_verdict *verdict)
{
	struct x0f_track track;

	assert_int_equal(observe(block, obs), X0F_OK);
	check_sums(block, obs);
	x0f_tracker_see(tracker, obs, time_ns, &track);
	if (block->about.peer_mss) {
		assert_true(track.flags & X0F_TRACK_PEER);
		assert_int_equal(obs->peer_mss, block->about.peer_mss);
	}
	x0f_match(db, obs, X0F_POLICY_X0F, verdict);
}

static struct x0f_tracker *new_tracker(void **memory)
{
	static const struct x0f_tracker_options options = {
		.sz = sizeof(options),
		.flows = 65536,
		.clocks = 65536,
	};
	size_t size = x0f_tracker_size(&options);
	struct x0f_tracker *tracker;

	*memory = aligned_alloc(64, size);
	assert_non_null(*memory);
	assert_int_equal(x0f_tracker_init(&tracker, *memory, size, &options),
			 0);
	return tracker;
}

/* What a part of signatures must keep. */
static void check_answer(const struct block *block, const struct x0f_obs *obs,
			 const struct x0f_verdict *verdict)
{
	const struct x0f_sig *sig = x0f_db_sig(db, block->about.signature);
	struct x0f_comparison r;

	if (block->about.signature == X0F_NONE) {
		assert_int_not_equal(verdict->label, X0F_NONE);
		return;
	}
	assert_int_equal(obs->kind, sig->kind);
	x0f_sig_compare(sig, obs, X0F_POLICY_X0F, &r);
	if (r.field || r.fuzzy)
		fail_msg("line %u of source %u: %s differs", sig->line,
			 sig->source, x0f_field_name(r.field));
	if (!block->about.is_answer)
		return;
	assert_int_equal(verdict->signature, block->about.signature);
	assert_int_equal(verdict->label, sig->label);
}

/* Three rounds of a part; returns how many signatures were seen. */
static uint32_t check_systems(uint32_t part, uint8_t version)
{
	struct generator *g = open_mix(part, 1);
	uint32_t once = generator_once(g);
	uint8_t seen[4096] = { 0 };
	uint32_t count = 0;
	uint32_t tags[3] = { 0 };
	uint32_t extended = 0;
	void *memory;
	struct x0f_tracker *tracker = new_tracker(&memory);

	for (uint32_t i = 0; i < 3 * once; i++) {
		struct block block = next_block(g);
		struct x0f_verdict verdict;
		struct x0f_obs obs;

		see(&block, tracker, i * UINT64_C(1000), &obs, &verdict);
		check_answer(&block, &obs, &verdict);
		assert_int_equal(block.about.part, part);
		if (version)
			assert_int_equal(obs.ip_version, version);
		assert_in_range(obs.vlan_count, 0, 2);
		tags[obs.vlan_count]++;
		extended += obs.extension_len != 0;
		if (block.about.signature < sizeof(seen) &&
		    !seen[block.about.signature]++)
			count++;
		free(block.bytes);
	}
	if (part == GENERATE_VLAN) {
		assert_int_equal(tags[0], 0);
		assert_in_range(tags[1], once, 2 * once);
		assert_in_range(tags[2], once, 2 * once);
	} else {
		assert_int_equal(tags[0], 3 * once);
	}
	assert_int_equal(extended != 0, part == GENERATE_IPV6);
	assert_int_equal(generator_impossible(g), 0);
	generator_close(g);
	free(memory);
	return count;
}

static uint32_t count_sigs(uint8_t version)
{
	const struct x0f_sig *sig;
	uint32_t count = 0;

	for (uint32_t i = 0; (sig = x0f_db_sig(db, i)); i++)
		count += !version || !sig->ip_version ||
			 sig->ip_version == version;
	return count;
}

static void every_signature_is_generated_and_named(void **state)
{
	(void)state;
	assert_int_equal(check_systems(GENERATE_SYSTEMS, 0), count_sigs(0));
	assert_int_equal(check_systems(GENERATE_VLAN, 0), count_sigs(0));
	assert_int_equal(check_systems(GENERATE_IPV6, 6), count_sigs(6));
}

/* `x0f db test` says how many are shadowed: few. */
static void nearly_all_signatures_have_answers(void **state)
{
	struct generator *g = open_mix(GENERATE_SYSTEMS, 3);
	uint32_t other = 0;

	(void)state;
	for (uint32_t i = generator_once(g); i; i--) {
		struct block block = next_block(g);

		other += block.about.signature != X0F_NONE &&
			 !block.about.is_answer;
		free(block.bytes);
	}
	assert_in_range(other, 0, 12);
	generator_close(g);
}

static void popular_frames_are_of_six_stacks(void **state)
{
	struct generator *g = open_mix(GENERATE_POPULAR, 0);
	uint32_t once = generator_once(g);
	uint32_t everyday = 0;
	uint32_t exact = 0;
	uint32_t ipv6 = 0;

	(void)state;
	for (uint32_t i = 0; i < once; i++) {
		struct block block = next_block(g);
		struct x0f_verdict verdict;
		struct x0f_obs obs;

		assert_int_equal(observe(&block, &obs), X0F_OK);
		x0f_match(db, &obs, X0F_POLICY_X0F, &verdict);
		if (block.about.signature == X0F_NONE) {
			everyday++;
			ipv6 += obs.ip_version == 6;
			exact += verdict.match == X0F_MATCH_EXACT;
		}
		free(block.bytes);
	}
	assert_in_range(everyday, 900, 920); /* SYNs of pairs count, too */
	assert_in_range(ipv6, 450, 460);
	assert_int_equal(exact, everyday);
	generator_close(g);
}

static void a_flood_is_one_syn_from_everywhere(void **state)
{
	enum { FRAMES = 4000 };
	struct generator *g = open_mix(GENERATE_FLOOD, 9);
	static uint32_t sources[FRAMES];
	uint32_t same = 0;
	uint32_t label = X0F_NONE;

	(void)state;
	for (uint32_t i = 0; i < FRAMES; i++) {
		struct block block = next_block(g);
		struct x0f_verdict verdict;
		struct x0f_obs obs;

		assert_int_equal(observe(&block, &obs), X0F_OK);
		check_sums(&block, &obs);
		x0f_match(db, &obs, X0F_POLICY_X0F, &verdict);
		if (!i)
			label = verdict.label;
		assert_int_equal(verdict.label, label);
		memcpy(&sources[i], obs.src, 4);
		for (uint32_t k = 0; k < i; k++)
			same += sources[k] == sources[i];
		free(block.bytes);
	}
	assert_int_not_equal(label, X0F_NONE);
	assert_in_range(same, 0, 10);
	generator_close(g);
}

static void unknown_frames_have_no_name(void **state)
{
	struct generator *g = open_mix(GENERATE_UNKNOWN, 5);

	(void)state;
	assert_int_equal(generator_once(g), 32);
	for (uint32_t i = 0; i < 200; i++) {
		struct block block = next_block(g);
		struct x0f_verdict verdict;
		struct x0f_obs obs;

		assert_int_equal(observe(&block, &obs), X0F_OK);
		check_sums(&block, &obs);
		assert_int_equal(obs.kind, X0F_KIND_SYN);
		x0f_match(db, &obs, X0F_POLICY_X0F, &verdict);
		assert_int_equal(verdict.match, X0F_MATCH_NONE);
		free(block.bytes);
	}
	generator_close(g);
}

static void data_frames_are_no_handshake(void **state)
{
	struct generator *g = open_mix(GENERATE_DATA, 5);
	uint32_t counts[X0F_STATUS_COUNT] = { 0 };

	(void)state;
	for (uint32_t i = 0; i < 10 * generator_once(g); i++) {
		struct block block = next_block(g);
		struct x0f_obs obs;
		enum x0f_status status = observe(&block, &obs);

		assert_int_not_equal(status, X0F_OK);
		if (status == X0F_SEGMENT)
			check_sums(&block, &obs);
		counts[status]++;
		free(block.bytes);
	}
	assert_int_equal(counts[X0F_SEGMENT], 140);
	assert_int_equal(counts[X0F_NOT_TCP], 70);
	assert_int_equal(counts[X0F_NOT_IP], 40);
	generator_close(g);
}

/* Whatever is said of them, each status that can be had is there. */
static void malformed_frames_are_survived(void **state)
{
	static const enum x0f_status wanted[] = {
		X0F_OK,	     X0F_SEGMENT,   X0F_NOT_IP,
		X0F_NOT_TCP, X0F_FRAGMENT,  X0F_TOO_SHORT,
		X0F_BAD_IP,  X0F_BAD_FLAGS, X0F_BAD_TCP,
	};
	struct generator *g = open_mix(GENERATE_MALFORMED, 5);
	uint32_t counts[X0F_STATUS_COUNT] = { 0 };
	uint32_t bad_options = 0;

	(void)state;
	for (uint32_t i = 0; i < 100 * generator_once(g); i++) {
		struct block block = next_block(g);
		struct x0f_verdict verdict;
		struct x0f_obs obs;
		enum x0f_status status = observe(&block, &obs);

		counts[status]++;
		if (status == X0F_OK) {
			bad_options += (obs.quirks & X0F_QUIRK_BAD) != 0;
			x0f_match(db, &obs, X0F_POLICY_X0F, &verdict);
		}
		free(block.bytes);
	}
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (!counts[wanted[i]])
			fail_msg("no frame is %s", x0f_status_name(wanted[i]));
	assert_in_range(bad_options, 100, UINT32_MAX);
	generator_close(g);
}

/* FNV-1a of 3000 frames and their lengths. */
static uint64_t fingerprint(uint32_t mix, uint64_t seed)
{
	struct generator *g = open_mix(mix, seed);
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (uint32_t i = 0; i < 3000; i++) {
		uint8_t buf[GENERATOR_BYTES];
		size_t len = generator_next(g, buf, NULL);

		for (size_t k = 0; k <= len; k++) {
			hash ^= k < len ? buf[k] : (uint8_t)len;
			hash *= UINT64_C(0x100000001b3);
		}
	}
	generator_close(g);
	return hash;
}

static void a_seed_means_the_same_bytes(void **state)
{
	/* parts that no database has a say in; change it with the generator */
	uint32_t fixed = GENERATE_FLOOD | GENERATE_MALFORMED | GENERATE_DATA;

	(void)state;
	assert_int_equal(fingerprint(GENERATE_ALL, 7),
			 fingerprint(GENERATE_ALL, 7));
	assert_int_not_equal(fingerprint(GENERATE_ALL, 7),
			     fingerprint(GENERATE_ALL, 8));
	assert_int_equal(fingerprint(fixed, 42), UINT64_C(0xb9355451e96b1756));
}

static void frames_differ_from_each_other(void **state)
{
	enum { FRAMES = 4096 };
	static uint8_t frames[FRAMES][GENERATOR_BYTES];
	static size_t lens[FRAMES];
	struct generator *g = open_mix(GENERATE_SYSTEMS | GENERATE_IPV6 |
					       GENERATE_UNKNOWN |
					       GENERATE_POPULAR | GENERATE_DATA,
				       0);

	(void)state;
	for (uint32_t i = 0; i < FRAMES; i++) {
		lens[i] = generator_next(g, frames[i], NULL);
		for (uint32_t k = 0; k < i; k++)
			if (lens[k] == lens[i] &&
			    !memcmp(frames[k], frames[i], lens[i]))
				fail_msg("frames %u and %u are the same", k, i);
	}
	generator_close(g);
}

static void one_signature_is_kept_to(void **state)
{
	static const char text[] =
		"4:58+6:0:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+:0";
	struct generator_options options = { .db = db, .hops = 6 };
	struct problem problem;
	struct generator *g;
	struct x0f_sig sig;
	struct x0f_obs obs;
	struct block block;

	(void)state;
	assert_int_equal(x0f_sig_parse(&sig, text, strlen(text), X0F_POLICY_X0F,
				       NULL),
			 0);
	options.signature = &sig;
	assert_int_equal(generator_open(&g, &options, &problem), 0);
	assert_int_equal(generator_once(g), 1);
	for (int i = 0; i < 100; i++) {
		block = next_block(g);
		assert_int_equal(observe(&block, &obs), X0F_OK);
		assert_int_equal(obs.ttl, 58);
		assert_int_equal(obs.window, 1460 * 44);
		free(block.bytes);
	}
	generator_close(g);
	sig.quirks |= X0F_QUIRK_ID_ZERO;
	assert_int_equal(generator_open(&g, &options, &problem), -EINVAL);
	assert_null(g);
	assert_non_null(strstr(problem.text, "contradict"));
}

/* A database without signatures has nothing to offer but the fixed parts. */
static void an_empty_database_is_said(void **state)
{
	static const char text[] = "classes = unix\n[tcp:request]\n";
	struct x0f_source source = { "empty", text, sizeof(text) - 1 };
	struct generator_options options = { .mix = 0 };
	struct problem problem;
	struct generator *g;
	struct x0f_db *empty;

	(void)state;
	assert_int_equal(x0f_db_open(&empty, &source, 1, NULL, NULL), 0);
	options.db = empty;
	assert_int_equal(generator_open(&g, &options, &problem), -EINVAL);
	options.mix = GENERATE_ALL;
	assert_int_equal(generator_open(&g, &options, &problem), 0);
	for (int i = 0; i < 1000; i++)
		free(next_block(g).bytes);
	generator_close(g);
	x0f_db_close(empty);
}

/*
 * 50 times an MSS of 1460 is no window, but of a peer's 1310 it is: the SYN
 * comes first, from the same ends, and the tracker brings both together.
 */
static void a_synack_comes_behind_its_syn(void **state)
{
	static const char text[] =
		"classes = unix\n[tcp:response]\nlabel = s:unix:A:\n"
		"sig = *:64:0:1460:mss*50,7:mss,sok,ts,nop,ws:df:0\n";
	struct x0f_source source = { "pair", text, sizeof(text) - 1 };
	uint32_t mix = GENERATE_SYSTEMS | GENERATE_VLAN | GENERATE_IPV6;
	struct generator_options options = { .mix = mix };
	struct problem problem;
	struct x0f_verdict verdict;
	struct generator *g;
	struct x0f_db *pair;
	void *memory;
	struct x0f_tracker *tracker = new_tracker(&memory);

	(void)state;
	assert_int_equal(x0f_db_open(&pair, &source, 1, NULL, NULL), 0);
	options.db = pair;
	assert_int_equal(generator_open(&g, &options, &problem), 0);
	assert_int_equal(generator_once(g), 6);
	for (uint32_t i = 0; i < 60; i++) {
		struct block block = next_block(g);
		struct x0f_obs obs;

		see(&block, tracker, i * UINT64_C(1000), &obs, &verdict);
		assert_int_equal(obs.kind,
				 i % 2 ? X0F_KIND_SYNACK : X0F_KIND_SYN);
		assert_int_equal(block.about.peer_mss != 0, i % 2);
		x0f_match(pair, &obs, X0F_POLICY_X0F, &verdict);
		assert_int_equal(verdict.match,
				 i % 2 ? X0F_MATCH_EXACT : X0F_MATCH_NONE);
		free(block.bytes);
	}
	generator_close(g);
	x0f_db_close(pair);
	free(memory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_signature_is_generated_and_named),
		cmocka_unit_test(nearly_all_signatures_have_answers),
		cmocka_unit_test(popular_frames_are_of_six_stacks),
		cmocka_unit_test(a_flood_is_one_syn_from_everywhere),
		cmocka_unit_test(unknown_frames_have_no_name),
		cmocka_unit_test(data_frames_are_no_handshake),
		cmocka_unit_test(malformed_frames_are_survived),
		cmocka_unit_test(a_seed_means_the_same_bytes),
		cmocka_unit_test(frames_differ_from_each_other),
		cmocka_unit_test(one_signature_is_kept_to),
		cmocka_unit_test(a_synack_comes_behind_its_syn),
		cmocka_unit_test(an_empty_database_is_said),
	};

	return cmocka_run_group_tests(tests, open_db, close_db);
}
