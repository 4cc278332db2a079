/* SPDX-License-Identifier: MIT */
/*
 * A record says what was observed, and no more: what x0f_record_read() makes
 * of it is what it was made of, for a packet of every signature and for
 * packets that were changed at random.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "engine_room.h"

/* What the reader of a record cannot know. */
static void forget(struct x0f_obs *obs, bool is_shortened)
{
	obs->ip_offset = 0;
	obs->payload_offset = 0;
	obs->vlan[2] = 0;
	if (obs->vlan_count > 2)
		obs->vlan_count = 2;
	if (is_shortened) {
		obs->header_len = (uint16_t)(obs->header_len -
					     obs->extension_len);
		obs->extension_len = 0;
	}
}

/* The segment's ids instead of the database's. */
static void translate(struct x0f_verdict *verdict,
		      const struct generation *generation)
{
	verdict->label = generation_label(generation, verdict->label);
	verdict->link = generation_link(generation, verdict->link);
	verdict->signature = X0F_NONE;
}

static void assert_reads_back(const struct room *room,
			      const struct x0f_record *record,
			      const struct x0f_obs *obs,
			      const struct x0f_verdict *verdict,
			      const struct x0f_track *track)
{
	const struct generation *generation = room->engine.generation.value;
	struct x0f_obs obs_is, obs_was = *obs;
	struct x0f_verdict verdict_is, verdict_was = *verdict;
	struct x0f_track track_is, track_was = *track;

	assert_int_equal(x0f_record_read(record, room->engine.policy, &obs_is,
					 &verdict_is, &track_is),
			 X0F_OK);
	forget(&obs_was, record->flags & X0F_RECORD_SHORTENED);
	forget(&obs_is, false);
	assert_memory_equal(&obs_is, &obs_was, sizeof(obs_is));
	translate(&verdict_was, generation);
	assert_memory_equal(&verdict_is, &verdict_was, sizeof(verdict_is));
	if (!(track->flags & X0F_TRACK_UPTIME))
		memset(&track_was.uptime, 0, sizeof(track_was.uptime));
	assert_memory_equal(&track_is, &track_was, sizeof(track_is));
	assert_int_equal(record->generation, generation->number);
}

/* Fills a record of one packet and reads it again. False: no handshake. */
static bool goes_round(struct room *room, const struct packet *packet)
{
	const struct generation *generation = room->engine.generation.value;
	struct x0f_record record, again;
	struct x0f_verdict verdict;
	struct x0f_track track;
	struct x0f_obs obs;
	uint32_t wire_len;

	if (x0f_observe(packet->data, packet->caplen, packet->wirelen,
			packet->link, room->engine.policy, &obs))
		return false;
	x0f_tracker_see(room->engine.tracker, &obs, packet->time_ns, &track);
	/* means nothing without the flag */
	if (!(track.flags & X0F_TRACK_UPTIME))
		memset(&track.uptime, 0xee, sizeof(track.uptime));
	x0f_match(generation->db, &obs, room->engine.policy, &verdict);
	memset(&record, 0xff, sizeof(record));
	memset(&again, 0, sizeof(again));
	record_fill(&record, packet, 5, &obs, &verdict, &track, generation);
	record_fill(&again, packet, 5, &obs, &verdict, &track, generation);
	/* nothing of what was there before shines through */
	assert_memory_equal(&record, &again, sizeof(record));
	assert_int_equal(record.time_ns, 5);
	assert_true(record.vlan_count <= X0F_RECORD_VLANS);
	if (!(track.flags & X0F_TRACK_UPTIME))
		assert_int_equal(record.uptime_minutes + record.uptime_hz, 0);
	wire_len = packet->wirelen - obs.ip_offset;
	if (record.flags & X0F_RECORD_SHORTENED)
		wire_len -= obs.extension_len;
	assert_int_equal(record.wire_len, wire_len < 65535 ? wire_len : 65535);
	assert_int_equal(record.flags & X0F_RECORD_SHORTENED,
			 obs.header_len > X0F_RECORD_HEADER ?
				 X0F_RECORD_SHORTENED :
				 0);
	assert_reads_back(room, &record, &obs, &verdict, &track);
	return true;
}

static void a_record_of_each_signature(uint32_t policy)
{
	struct frame_store store;
	struct room room;
	uint32_t i;

	room_open(&room, 1, policy);
	room_load(&room, room.builtin, 2);
	fill_store(&store, &room, 2048);
	for (i = 0; i < store.count; i++) {
		struct packet packet = packet_of(&store, i);

		assert_true(goes_round(&room, &packet));
	}
	store_close(&store);
	room_close(&room);
}

static void each_signature_goes_round(void **state)
{
	(void)state;
	a_record_of_each_signature(X0F_POLICY_X0F);
	a_record_of_each_signature(X0F_POLICY_P0F);
}

/*
 * Up to four tags and eight extension headers of a size that a record cannot
 * hold, then a few bytes changed and some cut off.
 */
static uint32_t mutate(uint8_t *to, const uint8_t *frame, uint32_t len,
		       uint64_t *seed)
{
	uint32_t tags = next_random(seed) % 4;
	bool is_ipv6 = frame[12] == 0x86;
	uint32_t used = 12;
	uint32_t n;

	memcpy(to, frame, 12);
	for (n = 0; n < tags; n++) {
		const uint8_t tag[] = { 0x81, 0, (uint8_t)n, 7 };

		memcpy(to + used, tag, sizeof(tag));
		used += 4;
	}
	memcpy(to + used, frame + 12, 2);
	used += 2;
	memcpy(to + used, frame + 14, len - 14);
	if (is_ipv6 && next_random(seed) % 2) {
		uint8_t *ip = to + used;
		uint32_t ext = 8 * (1 + next_random(seed) % 40);
		uint32_t payload = (uint32_t)(ip[4] << 8 | ip[5]) + ext;

		memset(ip + 40, 0, ext);
		memcpy(ip + 40 + ext, frame + 14 + 40, len - 14 - 40);
		ip[40] = ip[6];
		ip[41] = (uint8_t)(ext / 8 - 1);
		ip[6] = 60; /* destination options */
		ip[4] = (uint8_t)(payload >> 8);
		ip[5] = (uint8_t)payload;
		len += ext;
	}
	used += len - 14;
	for (n = next_random(seed) % 3; n; n--)
		to[14 + next_random(seed) % (used - 14)] = (uint8_t)next_random(
			seed);
	return used;
}

static void mutations_of(uint32_t policy, uint32_t rounds)
{
	uint32_t round = 0, good = 0, shortened = 0;
	struct frame_store store;
	struct room room;
	uint64_t seed = 7;

	room_open(&room, 1, policy);
	room_load(&room, room.builtin, 2);
	fill_store(&store, &room, 2048);
	for (round = 0; round < rounds; round++) {
		struct packet packet = packet_of(&store, round % store.count);
		uint8_t mutated[1024];
		uint32_t len = mutate(mutated, packet.data, packet.caplen,
				      &seed);
		uint8_t *exact = malloc(len);

		memcpy(exact, mutated, len);
		packet.data = exact;
		packet.wirelen = len + next_random(&seed) % 4;
		packet.caplen = len;
		if (goes_round(&room, &packet)) {
			good++;
			shortened += len > 14 + 16 + 128;
		}
		free(exact);
	}
	assert_true(good > rounds / 8);
	if (policy)
		assert_true(shortened > rounds / 50);
	store_close(&store);
	room_close(&room);
}

static void mutations_go_round(void **state)
{
	(void)state;
	mutations_of(X0F_POLICY_X0F, IS_SLOW ? 20000 : 200000);
	mutations_of(X0F_POLICY_P0F, IS_SLOW ? 5000 : 50000);
}

/* IPv6 may carry 40 bytes more than 64 KiB, a record's length cannot. */
static void the_longest_packet_goes_round(void **state)
{
	uint32_t len = 14 + 40 + 65535;
	struct frame_store store;
	struct room room;
	struct packet packet;
	uint8_t *frame = calloc(1, len);

	(void)state;
	room_open(&room, 1, X0F_POLICY_X0F);
	room_load(&room, room.builtin, 2);
	fill_store(&store, &room, 2);
	packet = packet_of(&store, 1);
	assert_int_equal(packet.data[12], 0x86);
	memcpy(frame, packet.data, packet.caplen);
	frame[14 + 4] = frame[14 + 5] = 0xff;
	packet.data = frame;
	packet.caplen = packet.wirelen = len;
	assert_true(goes_round(&room, &packet));
	free(frame);
	store_close(&store);
	room_close(&room);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_signature_goes_round),
		cmocka_unit_test(mutations_go_round),
		cmocka_unit_test(the_longest_packet_goes_round),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
