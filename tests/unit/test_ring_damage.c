/* SPDX-License-Identifier: MIT */
/*
 * Segments and records as input from somebody who means harm: a sane answer or
 * none, whatever they hold.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include <x0f/x0f.h>

#include "limits.h"
#include "tiny_segment.h"

/* --- records ------------------------------------------------------------- */

static void record_reads_back(void **state)
{
	struct x0f_verdict verdict;
	struct x0f_record record;
	struct x0f_track track;
	struct x0f_obs obs;

	(void)state;
	tiny_record(&record, 1);
	record.vlan_count = 2;
	record.vlan[0] = 7;
	record.vlan[1] = 8;
	record.track = X0F_TRACK_UPTIME | X0F_TRACK_REPEATED;
	record.uptime_hz = 1000;
	record.flags = X0F_RECORD_UPTIME_SERVER;
	/* a payload that the record does not have, under p0f's policy */
	record.header[3] = 100;
	record.wire_len = 100;
	assert_int_equal(x0f_record_read(&record, X0F_POLICY_P0F, &obs,
					 &verdict, &track),
			 X0F_OK);
	assert_int_equal(obs.kind, X0F_KIND_SYN);
	assert_int_equal(obs.payload_len, 40);
	assert_int_equal(obs.mss, 1460);
	assert_int_equal(obs.vlan_count, 2);
	assert_int_equal(obs.vlan[1], 8);
	assert_int_equal(verdict.label, 0);
	assert_int_equal(verdict.link, 1);
	assert_int_equal(verdict.signature, X0F_NONE);
	assert_int_equal(verdict.match, X0F_MATCH_EXACT);
	assert_int_equal(track.flags, X0F_TRACK_UPTIME | X0F_TRACK_REPEATED);
	assert_int_equal(track.uptime.hz, 1000);
	assert_true(track.uptime.from_server && !track.uptime.unreliable);

	/* the SYN+ACK's window is a multiple of its SYN's MSS */
	record.header[33] = 0x12;
	record.header[34] = 0x28;
	record.header[35] = 0xa0; /* 10400 */
	record.peer_mss = 1300;
	record.link = UINT16_MAX;
	record.match = 9;
	record.header_len = 255;
	assert_int_equal(x0f_record_read(&record, X0F_POLICY_X0F, &obs,
					 &verdict, &track),
			 X0F_OK);
	assert_int_equal(obs.peer_mss, 1300);
	assert_int_equal(obs.window_kind, X0F_WINDOW_MSS);
	assert_int_equal(obs.window_multiple, 8);
	assert_int_equal(verdict.link, X0F_NONE);
	assert_int_equal(verdict.match, X0F_MATCH_NONE);
	assert_int_equal(verdict.label, X0F_NONE);

	record.header[33] = 0x10;
	assert_int_equal(x0f_record_read(&record, X0F_POLICY_X0F, &obs,
					 &verdict, &track),
			 X0F_SEGMENT);
	record.header_len = 0;
	assert_int_equal(x0f_record_read(&record, X0F_POLICY_X0F, &obs,
					 &verdict, &track),
			 X0F_TOO_SHORT);
}

/* In a heap block of its size: the sanitizer sees what is read behind it. */
static void record_ends_where_it_ends(void **state)
{
	struct x0f_record *record = malloc(sizeof(*record));
	struct x0f_verdict verdict;
	struct x0f_track track;
	struct x0f_obs obs;

	(void)state;
	tiny_record(record, 1);
	record->vlan_count = 255;
	assert_int_equal(x0f_record_read(record, X0F_POLICY_X0F, &obs, &verdict,
					 &track),
			 X0F_OK);
	assert_int_equal(obs.vlan_count, X0F_RECORD_VLANS);
	/* IPv6 whose hop-by-hop options end with the record */
	memset(record->header, 0, sizeof(record->header));
	record->header[0] = 0x60;
	record->header[5] = 200;
	record->header[41] = 10; /* 88 bytes */
	record->header[40] = 6;
	record->header_len = 255;
	record->wire_len = 240;
	assert_int_equal(x0f_record_read(record, X0F_POLICY_X0F, &obs, &verdict,
					 &track),
			 X0F_TOO_SHORT);
	free(record);
}

static void names_are_never_null(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 40; i++) {
		assert_non_null(x0f_outcome_name((enum x0f_outcome)i));
		assert_non_null(x0f_loss_name((enum x0f_loss)i));
		assert_non_null(x0f_drop_name((enum x0f_drop)i));
		assert_non_null(
			x0f_sensor_state_name((enum x0f_sensor_state)i));
		assert_non_null(
			x0f_interface_state_name((enum x0f_interface_state)i));
		assert_non_null(x0f_mode_name((enum x0f_capture_mode)i));
	}
	assert_string_equal(x0f_drop_name((enum x0f_drop)X0F_NOT_TCP),
			    "not tcp");
	assert_string_equal(x0f_drop_name(X0F_DROP_EXPRESSION),
			    "filter expression");
	assert_string_equal(x0f_drop_name((enum x0f_drop)31), "unknown drop");
	assert_string_equal(x0f_mode_name(X0F_MODE_TAP_ZERO_COPY),
			    "tap zero-copy");
	assert_string_equal(x0f_mode_name((enum x0f_capture_mode)0),
			    "not known yet");
	assert_string_equal(x0f_interface_state_name(X0F_INTERFACE_WAITING),
			    "waiting");
}

/* --- hostile segments ---------------------------------------------------- */

/* Asks for everything; a sane answer or none. */
static void use_up(struct x0f_ring *ring)
{
	struct x0f_ring_info info = { .sz = sizeof(info) };
	struct x0f_segment_interface interface;
	static struct x0f_segment_worker worker;
	struct x0f_record records[5];
	uint32_t i;
	size_t got;

	x0f_ring_info(ring, &info);
	assert_true(strlen(info.name) < sizeof(info.name));
	assert_true(strlen(info.last_problem) < sizeof(info.last_problem));
	x0f_ring_unread(ring);
	/* two rings at most, and what is void in between */
	for (i = 0; i < 20; i++) {
		got = x0f_ring_read(ring, records, 5);
		assert_true(got <= 5);
	}
	x0f_ring_wait(ring, 0);
	for (i = 0; i < 12; i++) {
		const struct x0f_label *label = x0f_ring_label(ring, i);

		if (label)
			assert_true(strlen(label->name) < 1024 &&
				    strlen(label->class_name) < 1024 &&
				    strlen(label->flavor) < 1024);
	}
	x0f_ring_label(ring, X0F_NONE);
	for (i = 0; !x0f_ring_interface(ring, i, &interface, sizeof(interface));
	     i++)
		assert_true(strlen(interface.name) < 16);
	for (i = 0; !x0f_ring_worker(ring, i, &worker, sizeof(worker)); i++)
		;
}

static uint64_t odd_value(void)
{
	static const uint64_t values[] = {
		0,	     1,		 7,	     8,
		64,	     255,	 4096,	     TINY_SIZE,
		TINY_STRIDE, UINT32_MAX, UINT64_MAX, UINT64_MAX - 63,
		1ull << 31,  1ull << 32, 1ull << 63, TINY_SIZE - 64,
	};

	if (rand() % 4 == 0)
		return (uint64_t)rand() << 32 ^ (uint64_t)rand();
	return values[(unsigned int)rand() % 16] + (uint64_t)(rand() % 3) - 1;
}

static void damage(char *mem)
{
	static const uint32_t sizes[] = { 1, 2, 4, 8 };
	uint32_t size = sizes[rand() % 4];
	uint64_t value = odd_value();
	uint32_t at;

	switch (rand() % 4) {
	case 0: /* header */
		at = (uint32_t)rand() % (TINY_INTERFACES_AT - 8);
		break;
	case 1: /* interfaces, labels, texts */
		at = TINY_INTERFACES_AT +
		     (uint32_t)rand() % (TINY_WORKERS_AT - TINY_INTERFACES_AT);
		break;
	case 2: /* positions */
		size = 8;
		at = TINY_WORKERS_AT + (uint32_t)(rand() % 2) * TINY_STRIDE +
		     (uint32_t)(rand() % 2) * 64;
		break;
	default:
		at = (uint32_t)rand() % (TINY_SIZE - 8);
	}
	memcpy(mem + at / size * size, &value, size);
}

static void damaged_segments_do_no_harm(void **state)
{
	const struct x0f_ring_options oldest = { sizeof(oldest), true };
	char *sound = aligned_alloc(64, TINY_SIZE);
	char *mem = aligned_alloc(64, TINY_SIZE);
	uint32_t round, opened = 0;
	struct x0f_ring *ring;
	int n, err;

	(void)state;
	srand(7);
	tiny_segment(sound);
	for (round = 0; round < 20000; round++) {
		memcpy(mem, sound, TINY_SIZE);
		for (n = rand() % 3; n >= 0; n--)
			damage(mem);
		err = x0f_ring_open_memory(&ring, mem, TINY_SIZE, &oldest);
		assert_true(!err || err == -EPROTO || err == -EPROTONOSUPPORT);
		assert_true(!err == !!ring);
		if (err)
			continue;
		opened++;
		use_up(ring);
		for (n = rand() % 4; n >= 0; n--)
			damage(mem);
		use_up(ring);
		x0f_ring_close(ring);
	}
	assert_in_range(opened, 1000, 19000);
	free(sound);
	free(mem);
}

#define FIELD(name)                                \
	offsetof(struct x0f_segment_header, name), \
		sizeof(((struct x0f_segment_header *)0)->name)

/* One wrong number each, by itself. */
static void wrong_geometry_is_refused(void **state)
{
	static const struct {
		size_t at, size;
		uint64_t value;
	} wrong[] = {
		{ FIELD(magic), 1 },
		{ FIELD(header_size), TINY_INTERFACES_AT - 1 },
		{ FIELD(header_size), 440 },
		{ FIELD(worker_size), 120 },
		{ FIELD(worker_size), 132 },
		{ FIELD(worker_size), sizeof(struct x0f_segment_worker) + 8 },
		{ FIELD(header_size), TINY_INTERFACES_AT + 8 },
		{ FIELD(segment_size), TINY_SIZE + 1 },
		{ FIELD(segment_size), TINY_SIZE - 1 },
		{ FIELD(interfaces_offset), 0 },
		{ FIELD(interfaces_offset), TINY_INTERFACES_AT + 4 },
		{ FIELD(interfaces_offset), UINT64_MAX - 7 },
		{ FIELD(labels_offset), TINY_SIZE - 4 },
		{ FIELD(labels_offset), TINY_LABELS_AT + 2 },
		{ FIELD(texts_offset), TINY_SIZE - TINY_TEXTS + 1 },
		{ FIELD(texts_offset), 8 },
		{ FIELD(workers_offset), TINY_WORKERS_AT + 64 },
		{ FIELD(workers_offset), TINY_WORKERS_AT - 32 },
		{ FIELD(worker_stride), TINY_STRIDE - 8 },
		{ FIELD(worker_stride), TINY_STRIDE + 64 },
		{ FIELD(worker_stride), 1ull << 63 },
		{ FIELD(ring_offset), sizeof(struct x0f_segment_worker) - 8 },
		{ FIELD(ring_offset), sizeof(struct x0f_segment_worker) + 8 },
		{ FIELD(ring_offset), UINT64_MAX - 7 },
		{ FIELD(interface_size), 40 },
		{ FIELD(interface_size), 204 },
		{ FIELD(interface_count), RING_INTERFACES + 1 },
		{ FIELD(label_size), 16 },
		{ FIELD(label_size), 22 },
		{ FIELD(label_capacity), RING_LABELS + 1 },
		{ FIELD(text_size), 0 },
		{ FIELD(worker_count), 0 },
		{ FIELD(worker_count), TINY_WORKERS + 1 },
		{ FIELD(ring_records), 0 },
		{ FIELD(ring_records), 7 },
		{ FIELD(ring_records), 16 },
		{ FIELD(record_size), 184 },
		{ FIELD(record_size), 188 },
		{ FIELD(record_size), UINT32_MAX - 7 },
	};
	char *mem = aligned_alloc(64, TINY_SIZE);
	struct x0f_ring *ring;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		tiny_segment(mem);
		memcpy(mem + wrong[i].at, &wrong[i].value, wrong[i].size);
		if (x0f_ring_open_memory(&ring, mem, TINY_SIZE, NULL) !=
		    -EPROTO)
			fail_msg("%zu: %llu was taken", i,
				 (unsigned long long)wrong[i].value);
	}
	free(mem);
}

static void short_segments_are_refused(void **state)
{
	char *sound = aligned_alloc(64, TINY_SIZE);
	struct x0f_ring *ring;
	size_t len;

	(void)state;
	tiny_segment(sound);
	for (len = 1; len < TINY_SIZE; len += len < 1024 ? 1 : 977) {
		char *mem = aligned_alloc(64, (len + 64) / 64 * 64);

		memcpy(mem, sound, len);
		assert_int_equal(x0f_ring_open_memory(&ring, mem, len, NULL),
				 -EPROTO);
		free(mem);
	}
	assert_int_equal(x0f_ring_open_memory(&ring, sound, TINY_SIZE, NULL),
			 0);
	x0f_ring_close(ring);
	((struct x0f_segment_header *)(void *)sound)->major++;
	assert_int_equal(x0f_ring_open_memory(&ring, sound, TINY_SIZE, NULL),
			 -EPROTONOSUPPORT);
	free(sound);
}

/* Positions that jump: no loop without end, and a count that makes sense. */
static void jumping_positions(void **state)
{
	char *mem = aligned_alloc(64, TINY_SIZE);
	struct x0f_record records[64];
	struct x0f_segment_worker *w;
	struct x0f_ring *ring;

	(void)state;
	tiny_segment(mem);
	w = tiny_worker(mem, 0);
	assert_int_equal(x0f_ring_open_memory(&ring, mem, TINY_SIZE, NULL), 0);
	assert_int_equal(x0f_ring_unread(ring), 0);
	w->commit = w->reserve = 3; /* backwards: it began anew */
	assert_int_equal(x0f_ring_unread(ring), 3);
	assert_int_equal(x0f_ring_wait(ring, 0), 1);
	assert_int_equal(x0f_ring_read(ring, records, 64), 3);
	assert_int_equal(x0f_ring_missed(ring), 0);
	w->commit = w->reserve = 1000000; /* far ahead */
	assert_int_equal(x0f_ring_unread(ring), 1000000 - 3);
	assert_int_equal(x0f_ring_read(ring, records, 64), TINY_RECORDS);
	assert_int_equal(x0f_ring_missed(ring), 1000000 - 3 - TINY_RECORDS);
	w->commit += 4; /* reserve beyond commit by more than a ring */
	w->reserve = UINT64_MAX;
	assert_int_equal(x0f_ring_read(ring, records, 64), 0);
	assert_int_equal(x0f_ring_missed(ring), 1000004 - 3 - TINY_RECORDS);
	w->commit += 4; /* reserve behind what is read: began anew meanwhile */
	w->reserve = 500000;
	assert_int_equal(x0f_ring_read(ring, records, 64), 0);
	assert_int_equal(x0f_ring_missed(ring), 1000008 - 3 - TINY_RECORDS);
	/* no ring comes so far */
	w->commit = w->reserve = UINT64_MAX - 9;
	assert_int_equal(x0f_ring_unread(ring), 0);
	assert_int_equal(x0f_ring_read(ring, records, 64), 0);
	assert_int_equal(x0f_ring_wait(ring, 0), 0);
	x0f_ring_close(ring);
	free(mem);
}

/* --- other minor versions ------------------------------------------------ */

enum { LESS = 128, MORE = 256 };

/*
 * The tiny segment as a sensor with larger or smaller structs makes it. What
 * it has more is all ones; so is what lies behind what it has less.
 */
static char *resized(const char *sound, int header, int interface, int worker,
		     int record, size_t *len)
{
	struct x0f_segment_header h;
	size_t at = TINY_INTERFACES_AT + MORE;
	char *mem = aligned_alloc(64, 4 * TINY_SIZE / 64 * 64);

	memset(mem, 0xff, 4 * TINY_SIZE / 64 * 64);
	memcpy(&h, sound, sizeof(h));
	h.minor = 7;
	h.header_size = (uint32_t)((int)sizeof(h) + header);
	h.interface_size = (uint32_t)((int)h.interface_size + interface);
	h.worker_size = (uint32_t)((int)h.worker_size + worker);
	h.record_size = (uint32_t)((int)h.record_size + record);
	h.interfaces_offset = at;
	h.labels_offset = at += 1024;
	h.texts_offset = at += 1024;
	h.workers_offset = at += 1024;
	h.ring_offset = sizeof(struct x0f_segment_worker) + MORE;
	h.worker_stride = h.ring_offset + TINY_RECORDS * 256;
	*len = at + TINY_WORKERS * h.worker_stride;
	h.segment_size = *len;
	memcpy(mem, &h, header < 0 ? h.header_size : sizeof(h));
	memcpy(mem + h.interfaces_offset, sound + TINY_INTERFACES_AT,
	       sizeof(struct x0f_segment_interface) +
		       (interface < 0 ? (size_t)interface : 0));
	memcpy(mem + h.labels_offset, sound + TINY_LABELS_AT,
	       TINY_TEXTS_AT - TINY_LABELS_AT);
	memcpy(mem + h.texts_offset, sound + TINY_TEXTS_AT, TINY_TEXTS);
	for (uint32_t i = 0; i < TINY_WORKERS; i++) {
		const char *from = sound + TINY_WORKERS_AT + i * TINY_STRIDE;
		char *to = mem + h.workers_offset + i * h.worker_stride;

		memcpy(to, from,
		       sizeof(struct x0f_segment_worker) +
			       (worker < 0 ? (size_t)worker : 0));
		for (uint32_t j = 0; j < TINY_RECORDS; j++)
			memcpy(to + h.ring_offset + j * h.record_size,
			       from + sizeof(struct x0f_segment_worker) +
				       j * sizeof(struct x0f_record),
			       sizeof(struct x0f_record));
	}
	return mem;
}

static void read_resized(const char *mem, size_t len, bool is_smaller)
{
	const struct x0f_ring_options oldest = { sizeof(oldest), true };
	struct x0f_ring_info info = { .sz = sizeof(info) };
	struct x0f_segment_interface interface;
	static struct x0f_segment_worker worker;
	struct x0f_record records[64];
	struct x0f_ring *ring;
	uint64_t expected = is_smaller ? 0 : 5;

	assert_int_equal(x0f_ring_open_memory(&ring, mem, len, &oldest), 0);
	assert_int_equal(x0f_ring_read(ring, records, 64), 2 * TINY_RECORDS);
	for (uint32_t i = 0; i < 2 * TINY_RECORDS; i++)
		assert_int_equal(records[i].time_ns,
				 6 + i % TINY_RECORDS * 2 + i / TINY_RECORDS);
	assert_string_equal(x0f_ring_label(ring, 0)->name, "Linux");
	x0f_ring_info(ring, &info);
	assert_string_equal(info.name, "tiny");
	assert_int_equal(info.heartbeat_ns, 77);
	assert_string_equal(info.last_problem, is_smaller ? "" : "problem");
	assert_int_equal(x0f_ring_interface(ring, 0, &interface,
					    sizeof(interface)),
			 0);
	assert_string_equal(interface.name, "xf3");
	assert_int_equal(interface.outcomes[0], 5);
	assert_int_equal(interface.fill_ring_empty, expected);
	assert_int_equal(x0f_ring_worker(ring, 1, &worker, sizeof(worker)), 0);
	assert_int_equal(worker.commit, 11);
	assert_int_equal(worker.received, 5);
	assert_int_equal(worker.labels[1023][1][2], expected);
	x0f_ring_close(ring);
}

static void other_sizes_are_understood(void **state)
{
	char *sound = aligned_alloc(64, TINY_SIZE);
	struct x0f_segment_header *header = (void *)sound;
	struct x0f_segment_interface *interface = (void *)(sound +
							   TINY_INTERFACES_AT);
	char *mem;
	size_t len;

	(void)state;
	tiny_segment(sound);
	header->heartbeat_ns = 77;
	strcpy(header->last_problem, "problem");
	strcpy(interface->name, "xf3");
	interface->outcomes[0] = 5;
	interface->fill_ring_empty = 5;
	tiny_worker(sound, 1)->received = 5;
	tiny_worker(sound, 1)->labels[1023][1][2] = 5;
	mem = resized(sound, MORE, MORE, MORE, 64, &len);
	read_resized(mem, len, false);
	free(mem);
	/* the header as if it ended before the problem */
	mem = resized(sound, 448 - 640, -LESS, -LESS, 0, &len);
	read_resized(mem, len, true);
	free(mem);
	free(sound);
}

/* A program that was compiled with structs of other sizes. */
static void callers_may_be_older_or_newer(void **state)
{
	char *mem = aligned_alloc(64, TINY_SIZE);
	struct {
		struct x0f_segment_interface interface;
		char more[64];
	} newer;
	static struct {
		struct x0f_segment_worker worker;
		char more[64];
	} worker;
	struct x0f_ring *ring;

	(void)state;
	tiny_segment(mem);
	memset(mem + TINY_INTERFACES_AT, 'x', 16);
	tiny_worker(mem, 0)->received = 0x0102030405060708;
	assert_int_equal(x0f_ring_open_memory(&ring, mem, TINY_SIZE, NULL), 0);
	memset(&newer, 1, sizeof(newer));
	assert_int_equal(x0f_ring_interface(ring, 0, &newer.interface,
					    sizeof(newer)),
			 0);
	assert_int_equal(newer.more[0], 0);
	assert_int_equal(newer.more[63], 0);
	memset(&newer, 1, sizeof(newer));
	assert_int_equal(x0f_ring_interface(ring, 0, &newer.interface, 20), 0);
	assert_string_equal(newer.interface.name, "xxxxxxxxxxxxxxx");
	assert_int_equal(newer.interface.ifindex, 0);
	assert_int_equal(newer.interface.state, 0x01010101);
	memset(&worker, 1, sizeof(worker));
	assert_int_equal(x0f_ring_worker(ring, 0, &worker.worker,
					 sizeof(worker)),
			 0);
	assert_int_equal(worker.more[63], 0);
	memset(&worker, 1, sizeof(worker));
	assert_int_equal(x0f_ring_worker(ring, 0, &worker.worker, 132), 0);
	assert_int_equal(worker.worker.received, 0x0101010105060708);
	x0f_ring_close(ring);
	free(mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(record_reads_back),
		cmocka_unit_test(record_ends_where_it_ends),
		cmocka_unit_test(names_are_never_null),
		cmocka_unit_test(damaged_segments_do_no_harm),
		cmocka_unit_test(wrong_geometry_is_refused),
		cmocka_unit_test(short_segments_are_refused),
		cmocka_unit_test(jumping_positions),
		cmocka_unit_test(other_sizes_are_understood),
		cmocka_unit_test(callers_may_be_older_or_newer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
