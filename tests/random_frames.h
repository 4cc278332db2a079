/* SPDX-License-Identifier: MIT */
/*
 * Frames and filter rules by chance, and the prefilter's core in user space:
 * for the tests that hold it against x0f_observe() and against the kernel.
 * Few addresses and ports, so that rules and frames meet. One thread.
 */
#ifndef X0F_TESTS_RANDOM_FRAMES_H
#define X0F_TESTS_RANDOM_FRAMES_H

#include "../user/capture/filter_rules.h"
#include "../user/capture/synth.h"

#include "../bpf/filter_core.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_FRAME 1600

struct random_frame {
	uint32_t len;
	uint8_t bytes[MOST_FRAME];
};

static uint64_t random_state = 20261121;

/* xorshift64*, below `n` */
static inline uint32_t pick(uint32_t n)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (uint32_t)((random_state * UINT64_C(2685821657736338717)) >>
			  33) %
	       n;
}

static inline uint16_t pick_port(void)
{
	static const uint16_t ports[] = { 0, 22, 80, 443, 8000, 8001, 65535 };

	return pick(8) ? ports[pick(7)] : (uint16_t)pick(65536);
}

/* 4 or 16 bytes */
static inline void pick_address(uint8_t *address, int version)
{
	static const uint8_t bytes[] = { 0, 1, 10, 127, 128, 255 };
	uint32_t len = version == 4 ? 4 : 16;

	memset(address, 0, len);
	for (uint32_t i = 0; i < len; i++)
		if (version == 4 || i < 2 || i > 13 || !pick(8))
			address[i] = bytes[pick(sizeof(bytes))];
}

/* ------------------------------------------------------------- frames -- */

static inline void add_bytes(struct random_frame *frame, const void *bytes,
			     uint32_t len)
{
	assert(frame->len + len <= MOST_FRAME);
	memcpy(frame->bytes + frame->len, bytes, len);
	frame->len += len;
}

static inline void add16(struct random_frame *frame, uint32_t value)
{
	uint8_t bytes[2] = { (uint8_t)(value >> 8), (uint8_t)value };

	add_bytes(frame, bytes, sizeof(bytes));
}

static inline void add_zeros(struct random_frame *frame, uint32_t count)
{
	static const uint8_t zeros[256];

	add_bytes(frame, zeros, count);
}

/* Addresses, up to three tags, perhaps PPPoE. */
static inline void add_link(struct random_frame *frame, int version)
{
	static const uint16_t tags[] = { 0x8100, 0x88a8, 0x9100 };
	uint32_t count = pick(3) ? 0 : 1 + pick(3);

	add_zeros(frame, 12);
	for (uint32_t i = 0; i < count; i++) {
		add16(frame, tags[pick(3)]);
		add16(frame, pick(65536));
	}
	if (pick(8)) {
		add16(frame, version == 4 ? 0x0800 : 0x86dd);
		return;
	}
	add16(frame, 0x8864);
	add_bytes(frame, pick(16) ? "\x11\0\0\x07\0\x30" : "\x11\x01\0\0\0\0",
		  6);
	if (pick(2))
		add16(frame, version == 4 ? 0x0021 : 0x0057);
	else
		add_bytes(frame, version == 4 ? "\x21" : "\x57", 1);
}

static inline uint8_t pick_protocol(void)
{
	static const uint8_t others[] = { 1, 17, 58, 44, 50, 59 };

	return pick(8) ? 6 : others[pick(6)];
}

static inline void add_ipv4(struct random_frame *frame, uint32_t l4_len)
{
	uint32_t options = pick(4) ? 0 : pick(11) * 4;
	uint8_t *header = frame->bytes + frame->len;

	add_zeros(frame, 20 + options);
	header[0] = (uint8_t)(0x45 + options / 4);
	header[2] = (uint8_t)((20 + options + l4_len) >> 8);
	header[3] = (uint8_t)(20 + options + l4_len);
	header[6] = pick(2) ? 0x40 : 0;
	if (!pick(10))
		header[6 + pick(2)] |= (uint8_t)(1u << pick(8));
	header[8] = 64;
	header[9] = pick_protocol();
	pick_address(header + 12, 4);
	pick_address(header + 16, 4);
}

/* Extension headers, up to ten; the last names the protocol. */
static inline void add_ipv6(struct random_frame *frame, uint32_t l4_len)
{
	static const uint8_t kinds[] = { 0, 43, 51, 60, 135, 139, 140 };
	uint32_t count = pick(2) ? 0 : pick(11);
	uint8_t *header = frame->bytes + frame->len;
	uint8_t *next = header + 6;
	uint32_t before;

	add_zeros(frame, 40);
	header[0] = 0x60;
	header[7] = 64;
	pick_address(header + 8, 6);
	pick_address(header + 24, 6);
	before = frame->len;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t units = pick(4) ? 0 : pick(5);

		*next = kinds[pick(sizeof(kinds))];
		header = frame->bytes + frame->len;
		add_zeros(frame,
			  *next == 51 ? (units + 2) * 4 : (units + 1) * 8);
		header[1] = (uint8_t)units;
		next = header;
	}
	*next = pick_protocol();
	l4_len += frame->len - before;
	frame->bytes[before - 36] = (uint8_t)(l4_len >> 8);
	frame->bytes[before - 35] = (uint8_t)l4_len;
}

static inline void add_tcp(struct random_frame *frame, uint32_t len,
			   uint32_t options)
{
	static const uint8_t flags[] = { 0x02, 0x12, 0x02, 0x12, 0xc2,
					 0x10, 0x18, 0x04, 0x03, 0x06 };
	uint8_t *header = frame->bytes + frame->len;

	add16(frame, pick_port());
	add16(frame, pick_port());
	add_zeros(frame, len - 4);
	header[4] = 1;
	header[12] = (uint8_t)((5 + options / 4) << 4);
	header[13] = pick(12) ? flags[pick(sizeof(flags))] : (uint8_t)pick(256);
	for (uint32_t i = 0; i < options; i++)
		header[20 + i] = pick(3) ? 1 : (uint8_t)pick(256);
}

/* A packet that makes sense, more or less. Without link: raw IP. */
static inline void make_frame(struct random_frame *frame, bool with_link)
{
	uint32_t options = pick(11) * 4;
	uint32_t len = 20 + options + (pick(4) ? 0 : pick(100));
	int version = pick(2) ? 4 : 6;

	frame->len = 0;
	if (with_link)
		add_link(frame, version);
	if (version == 4)
		add_ipv4(frame, len);
	else
		add_ipv6(frame, len);
	add_tcp(frame, len, options);
	if (!pick(4))
		add_zeros(frame, pick(20)); /* link padding */
}

/* Damages it: bytes, an end that comes early, bytes that are missing. */
static inline void mutate_frame(struct random_frame *frame)
{
	static const uint8_t values[] = { 0,	1,    6,    0x11, 0x45, 0x60,
					  0x81, 0x88, 0x80, 0xff, 44,	60 };
	uint32_t times = pick(4);
	uint32_t place, count;

	for (uint32_t i = 0; frame->len && i < times; i++) {
		place = pick(pick(2)	     ? frame->len :
			     frame->len < 64 ? frame->len :
					       64);
		frame->bytes[place] = pick(2) ? (uint8_t)pick(256) :
						values[pick(sizeof(values))];
	}
	if (!pick(4))
		frame->len = pick(frame->len + 1);
	if (!pick(8) && frame->len > 1) {
		place = pick(frame->len);
		count = pick(frame->len - place);
		memmove(frame->bytes + place, frame->bytes + place + count,
			frame->len - place - count);
		frame->len -= count;
	}
}

/* -------------------------------------------------------------- rules -- */

static inline size_t write_item(char *text, size_t size, bool is_net)
{
	static const uint8_t cuts[] = { 0, 1, 7, 8, 9, 16, 31, 32, 64, 127 };
	uint32_t version = pick(2) ? 4 : 6;
	uint32_t bytes = version == 4 ? 4 : 16;
	uint32_t prefix = pick(2) ? cuts[pick(10)] : bytes * 8;
	uint8_t a[16];
	size_t len = 0;

	if (!is_net)
		return (size_t)snprintf(text, size, pick(2) ? "%u-65535" : "%u",
					pick_port());
	if (prefix > bytes * 8)
		prefix = bytes * 8;
	pick_address(a, (int)version);
	for (uint32_t i = prefix; i < bytes * 8; i++)
		a[i / 8] &= (uint8_t) ~(0x80 >> i % 8);
	if (version == 4)
		return (size_t)snprintf(text, size, "%u.%u.%u.%u/%u", a[0],
					a[1], a[2], a[3], prefix);
	for (uint32_t i = 0; i < 16; i += 2)
		len += (size_t)snprintf(text + len, size - len, "%s%x",
					i ? ":" : "", a[i] << 8 | a[i + 1]);
	return len + (size_t)snprintf(text + len, size - len, "/%u", prefix);
}

static inline void write_rule(char *text, size_t size)
{
	static const char *const sides[] = { "", "src ", "dst " };
	uint32_t terms = 1 + pick(3);
	size_t len = 0;

	for (uint32_t i = 0; i < terms; i++) {
		bool is_net = pick(2);
		uint32_t items = 1 + pick(3);

		if (i)
			len += (size_t)snprintf(text + len, size - len,
						" and ");
		if (!i && !pick(4)) {
			len += (size_t)snprintf(text + len, size - len, "%s",
						pick(2) ? "syn" : "synack");
			continue;
		}
		len += (size_t)snprintf(text + len, size - len, "%s%s ",
					sides[pick(3)],
					is_net ? "net" : "port");
		for (uint32_t k = 0; k < items; k++) {
			if (k)
				text[len++] = ',';
			len += write_item(text + len, size - len, is_net);
		}
	}
}

/* Up to `most` rules, compiled. */
static inline struct filter *make_filter(uint32_t most)
{
	struct filter *filter = filter_new();
	uint32_t count = 1 + pick(most);
	struct filter_error error;
	char text[1024];

	assert(filter);
	for (uint32_t i = 0; i < count; i++) {
		write_rule(text, sizeof(text));
		if (filter_add(filter, pick(2) ? FILTER_ALLOW : FILTER_DENY,
			       text, &error)) {
			fprintf(stderr, "'%s': %s\n", text, error.message);
			abort();
		}
	}
	if (filter_compile(filter))
		abort();
	return filter;
}

/* ------------------------------------- the prefilter's core, here too -- */

static const struct filter *core_filter;

static inline const struct filter_end *core_find(enum filter_axis axis,
						 struct filter_key key)
{
	static struct filter_end ends[4];
	static uint32_t next;
	const struct filter_intervals *intervals =
		&filter_compiled(core_filter)->axes[axis];
	struct filter_end *end = &ends[next++ % 4];
	uint32_t i = intervals->count - 1;

	while (filter_key_above(intervals->first[i], key))
		i--;
	end->src = intervals->masks[i].src;
	end->dst = intervals->masks[i].dst;
	for (int k = 0; k < FILTER_EITHER_TERMS; k++)
		end->either[k] = intervals->masks[i].either[k];
	return end;
}

static __always_inline const struct filter_end *filter_find_port(__u32 slot,
								 __u32 port)
{
	(void)slot;
	return core_find(FILTER_PORT, (struct filter_key){ 0, port });
}

static __always_inline const struct filter_end *
filter_find_address(__u32 slot, const struct filter_prefix *address)
{
	uint32_t bytes = address->version == 4 ? 4 : 16;
	struct filter_key key = { 0, 0 };

	(void)slot;
	assert(address->bits == VERSION_BITS + bytes * 8);
	for (uint32_t i = 0; i < bytes; i++) {
		key.high = key.high << 8 | key.low >> 56;
		key.low = key.low << 8 | address->address[i];
	}
	return core_find(address->version == 4 ? FILTER_IPV4 : FILTER_IPV6,
			 key);
}

/* What the kernel side is to say of a frame. filter may be NULL. */
static inline enum outcome core_outcome(const uint8_t *bytes, size_t len,
					bool is_raw,
					const struct filter *filter)
{
	struct view view = { .at = bytes, .end = bytes + len };
	struct prefilter found = { .ip_version = 0 };
	enum outcome outcome = (enum outcome)prefilter_decide(&view, is_raw, 0,
							      &found);
	const struct filter_compiled *compiled;
	struct filter_head head = { .enabled = 1 };

	if (outcome != OUTCOME_DELIVERED || !filter)
		return outcome;
	compiled = filter_compiled(filter);
	core_filter = filter;
	head.kinds[0] = compiled->kinds[FILTER_SYN];
	head.kinds[1] = compiled->kinds[FILTER_SYNACK];
	head.allow = compiled->allow;
	head.deny = compiled->deny;
	return filter_accepts(&head, &found) ? outcome : OUTCOME_FILTERED;
}

#endif
