/* SPDX-License-Identifier: MIT */
/*
 * A hostile sensor: a segment that is sound at first and is written to between
 * the calls of its reader. Each input is a list of steps, so that a few bytes
 * reach any part of 100 KiB:
 *
 *     0 size offset(4) bytes(size)   write bytes anywhere
 *     1 field value(8)               write a number of the header
 *     2 which value(8)               write a position: reserve, commit
 *     3 count                        read records
 *     4 …                            ask for everything else
 *     5                              close and open again
 *
 * The segment lies in a heap block of its size, so the address sanitizer sees
 * the first byte that is read beyond it.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <x0f/x0f.h>

#include "../unit/tiny_segment.h"

enum { ROOM = 16, STEPS = 200 };

struct input {
	const uint8_t *p, *end;
};

static uint64_t take(struct input *in, unsigned int bytes)
{
	uint64_t value = 0;

	while (bytes-- && in->p < in->end)
		value = value << 8 | *in->p++;
	return value;
}

static void write_anywhere(char *mem, struct input *in)
{
	size_t size = take(in, 1) % 64;
	size_t at = take(in, 4) % (TINY_SIZE - size);

	if (size > (size_t)(in->end - in->p))
		size = (size_t)(in->end - in->p);
	memcpy(mem + at, in->p, size);
	in->p += size;
}

static void write_header(char *mem, struct input *in)
{
	size_t at = take(in, 1) * 4 % (TINY_INTERFACES_AT - 4);
	uint64_t value = take(in, 8);

	/* wide ones have their upper half; narrow ones ignore it */
	memcpy(mem + at, &value, at % 8 || value <= UINT32_MAX ? 4 : 8);
}

static void write_position(char *mem, struct input *in)
{
	uint8_t which = (uint8_t)take(in, 1);
	struct x0f_segment_worker *worker = tiny_worker(mem, which & 1);

	*(which & 2 ? &worker->reserve : &worker->commit) = take(in, 8);
}

static void look_at_record(struct x0f_ring *ring,
			   const struct x0f_record *record)
{
	struct x0f_verdict verdict;
	struct x0f_track track;
	char text[X0F_TEXT_MAX];
	struct x0f_obs obs;

	assert(!(record->flags & X0F_RECORD_VOID));
	if (x0f_record_read(record, X0F_POLICY_X0F, &obs, &verdict, &track))
		return;
	assert(obs.kind <= X0F_KIND_SYNACK && obs.vlan_count <= X0F_MAX_VLANS);
	assert(verdict.match <= X0F_MATCH_EXACT);
	assert(verdict.quality <= X0F_QUALITY_EXACT);
	x0f_format_raw_sig(text, sizeof(text), &obs);
	x0f_format_reasons(text, sizeof(text), &obs, &verdict);
	x0f_ring_label(ring, verdict.label);
	x0f_ring_label(ring, verdict.link);
}

static void read_some(struct x0f_ring *ring, size_t count)
{
	struct x0f_record *records = malloc(count * sizeof(*records));
	size_t got = x0f_ring_read(ring, records, count);
	size_t i;

	assert(got <= count);
	for (i = 0; i < got; i++)
		look_at_record(ring, &records[i]);
	free(records);
}

static void check_label(const struct x0f_label *label)
{
	size_t most = 1024;

	assert(strlen(label->class_name) <= most);
	assert(strlen(label->name) <= most);
	assert(strlen(label->flavor) <= most);
	if (label->system_count)
		assert(strlen(label->systems[0]) <= most);
}

static void ask(struct x0f_ring *ring)
{
	static struct x0f_segment_worker worker;
	struct x0f_ring_info info = { .sz = sizeof(info) };
	struct x0f_segment_interface interface;
	uint32_t i;
	int answer = x0f_ring_wait(ring, 0);

	assert(answer == 0 || answer == 1 || answer == -ESHUTDOWN);
	x0f_ring_info(ring, &info);
	assert(strlen(info.name) < sizeof(info.name));
	assert(strlen(info.version) < sizeof(info.version));
	assert(strlen(info.last_problem) < sizeof(info.last_problem));
	x0f_ring_unread(ring);
	for (i = 0; i < TINY_LABELS + 4; i++) {
		const struct x0f_label *label = x0f_ring_label(ring, i);

		assert(!label == !x0f_ring_label_kind(ring, i));
		if (label)
			check_label(label);
	}
	for (i = 0; !x0f_ring_interface(ring, i, &interface, sizeof(interface));
	     i++)
		assert(strlen(interface.name) < sizeof(interface.name));
	for (i = 0; !x0f_ring_worker(ring, i, &worker, sizeof(worker)); i++)
		;
	x0f_ring_missed(ring);
}

static void reopen(struct x0f_ring **ring, const char *mem)
{
	const struct x0f_ring_options options = { sizeof(options), true };
	int err;

	x0f_ring_close(*ring);
	err = x0f_ring_open_memory(ring, mem, TINY_SIZE, &options);
	assert(err == 0 || err == -EPROTO || err == -EPROTONOSUPPORT);
	assert(!err == !!*ring);
}

static void take_step(struct x0f_ring **ring, char *mem, struct input *in)
{
	switch (take(in, 1) % 6) {
	case 0:
		write_anywhere(mem, in);
		break;
	case 1:
		write_header(mem, in);
		break;
	case 2:
		write_position(mem, in);
		break;
	case 3:
		if (*ring)
			read_some(*ring, 1 + take(in, 1) % ROOM);
		break;
	case 4:
		if (*ring)
			ask(*ring);
		break;
	default:
		reopen(ring, mem);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static char sound[TINY_SIZE] __attribute__((aligned(64)));
	struct input in = { data, data + len };
	char *mem = aligned_alloc(64, TINY_SIZE);
	struct x0f_ring *ring = NULL;
	int steps;

	if (!sound[0])
		tiny_segment(sound);
	memcpy(mem, sound, TINY_SIZE);
	for (steps = 0; in.p < in.end && steps < STEPS; steps++)
		take_step(&ring, mem, &in);
	reopen(&ring, mem);
	if (ring) {
		ask(ring);
		read_some(ring, ROOM);
		read_some(ring, ROOM);
	}
	x0f_ring_close(ring);
	free(mem);
	return 0;
}
