/* SPDX-License-Identifier: MIT */
/* See intern.h. Open addressing, at most half full. One thread. */
#include "intern.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <x0f/base.h>

enum { FIRST_SLOTS = 64 };

/* Locale-free: the format is ASCII. */
static unsigned char lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

static bool is_same(const char *known, const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (lower(known[i]) != lower(text[i]))
			return false; /* at the end of `known` at the latest */
	return !known[len];
}

/* FNV-1a over letters in one case; files are not an attacker's. */
static uint32_t hash_text(const char *text, size_t len)
{
	uint32_t h = 2166136261u;
	size_t i;

	for (i = 0; i < len; i++)
		h = (h ^ lower(text[i])) * 16777619u;
	return h;
}

/* The slot that holds the string, or the free one where it belongs. */
static uint32_t *find_slot(const struct intern *t, const char *text, size_t len)
{
	uint32_t mask = t->slot_count - 1;
	uint32_t i = hash_text(text, len) & mask;

	while (t->slots[i]) {
		const char *known = t->strings[t->slots[i] - 1];

		if (is_same(known, text, len))
			break;
		i = (i + 1) & mask;
	}
	return &t->slots[i];
}

uint32_t intern_find(const struct intern *t, const char *text, size_t len)
{
	uint32_t slot;

	if (!t->slot_count)
		return X0F_NONE;
	slot = *find_slot(t, text, len);
	return slot ? slot - 1 : X0F_NONE;
}

static int grow(struct intern *t)
{
	uint32_t want = t->slot_count ? t->slot_count * 2 : FIRST_SLOTS;
	const char **strings;
	uint32_t *slots;
	uint32_t id;

	strings = realloc(t->strings, want / 2 * sizeof(*strings));
	if (!strings)
		return -1;
	t->strings = strings;
	slots = calloc(want, sizeof(*slots));
	if (!slots)
		return -1;
	free(t->slots);
	t->slots = slots;
	t->slot_count = want;
	for (id = 0; id < t->count; id++)
		*find_slot(t, strings[id], strlen(strings[id])) = id + 1;
	return 0;
}

uint32_t intern_add(struct intern *t, const char *text, size_t len)
{
	uint32_t id = intern_find(t, text, len);
	char *copy;

	if (id != X0F_NONE)
		return id;
	if (t->count == t->slot_count / 2 && grow(t))
		return X0F_NONE;
	copy = arena_text(t->arena, text, len);
	if (!copy)
		return X0F_NONE;
	*find_slot(t, text, len) = t->count + 1;
	t->strings[t->count] = copy;
	return t->count++;
}

void intern_free(struct intern *t)
{
	free(t->strings);
	free(t->slots);
	*t = (struct intern){ 0 };
}
