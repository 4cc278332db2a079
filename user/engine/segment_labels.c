/* SPDX-License-Identifier: MIT */
/*
 * The loader's side of the labels: appends what is new, finds what is known.
 * One thread, the loader's.
 *
 * A reader that loads label_count (acquire) sees every label below it whole,
 * with its strings: label_count is stored last (release). Strings are never
 * moved or shared, so what a loader that died left behind is whole as well,
 * and its successor builds its index from it.
 *
 * The index is open addressing over hashes, half full at most, in the memory
 * of this process. Keys are compared with what is in the segment. How much is
 * used of the segment is read from it once, and then kept here.
 */
#include "segment.h"
#include "segment_internal.h"

#include <stdlib.h>
#include <string.h>

enum { INDEX_SLOTS = SEGMENT_LABELS * 2 };
enum { CLASS, NAME, FLAVOR, SYSTEMS, STRINGS };

_Static_assert((INDEX_SLOTS & (INDEX_SLOTS - 1)) == 0, "a mask is used");
_Static_assert(SEGMENT_LABELS < UINT16_MAX, "links have 16-bit ids");
_Static_assert(sizeof(struct x0f_segment_label) == 20, "public layout");

struct segment_index {
	uint32_t label_count;
	uint32_t text_used;
	uint32_t slots[INDEX_SLOTS]; /* id + 1, 0: free */
};

/* A label as it is compared: cut, and the systems in one string. */
struct entry {
	char strings[STRINGS][SEGMENT_STRING];
	uint8_t kind;
	uint8_t generic;
};

static struct x0f_segment_label *labels_of(const struct segment *segment)
{
	return (void *)((char *)segment->header + segment->layout.labels);
}

static char *texts_of(const struct segment *segment)
{
	return (char *)segment->header + segment->layout.texts;
}

static void append(char *to, const char *text)
{
	size_t used = strlen(to);
	size_t len = strnlen(text, SEGMENT_STRING - 1 - used);

	memcpy(to + used, text, len);
	to[used + len] = '\0';
}

static void fill_entry(struct entry *entry, const struct x0f_label *label)
{
	uint32_t i;

	memset(entry, 0, sizeof(*entry));
	entry->kind = label->application ? X0F_LABEL_TOOL : X0F_LABEL_SYSTEM;
	entry->generic = label->generic;
	append(entry->strings[CLASS], label->class_name);
	append(entry->strings[NAME], label->name);
	append(entry->strings[FLAVOR], label->flavor);
	for (i = 0; i < label->system_count; i++) {
		if (i)
			append(entry->strings[SYSTEMS], ",");
		append(entry->strings[SYSTEMS], label->systems[i]);
	}
}

/* The string at a place; nothing is beyond the texts, whatever it says. */
static const char *text_at(const struct segment *segment, uint32_t place)
{
	const char *text = texts_of(segment) + place;

	if (place >= SEGMENT_TEXT_BYTES ||
	    !memchr(text, '\0', SEGMENT_TEXT_BYTES - place))
		return "";
	return text;
}

static void read_entry(const struct segment *segment, uint32_t id,
		       struct entry *entry)
{
	const struct x0f_segment_label *label = &labels_of(segment)[id];

	memset(entry, 0, sizeof(*entry));
	entry->kind = label->kind;
	entry->generic = label->generic;
	append(entry->strings[CLASS], text_at(segment, label->class_name));
	append(entry->strings[NAME], text_at(segment, label->name));
	append(entry->strings[FLAVOR], text_at(segment, label->flavor));
	append(entry->strings[SYSTEMS], text_at(segment, label->systems));
}

static bool is_same(const struct segment *segment, uint32_t id,
		    const struct entry *entry)
{
	const struct x0f_segment_label *label = &labels_of(segment)[id];
	const char(*strings)[SEGMENT_STRING] = entry->strings;

	return label->kind == entry->kind && label->generic == entry->generic &&
	       !strcmp(text_at(segment, label->name), strings[NAME]) &&
	       !strcmp(text_at(segment, label->flavor), strings[FLAVOR]) &&
	       !strcmp(text_at(segment, label->class_name), strings[CLASS]) &&
	       !strcmp(text_at(segment, label->systems), strings[SYSTEMS]);
}

static uint32_t hash_byte(uint32_t hash, uint8_t byte)
{
	return (hash ^ byte) * 16777619u;
}

/* FNV-1a; databases are the administrator's, not an attacker's. */
static uint32_t hash_entry(const struct entry *entry)
{
	uint32_t hash = 2166136261u;
	unsigned int i;

	for (i = 0; i < STRINGS; i++) {
		const char *c = entry->strings[i];

		for (; *c; c++)
			hash = hash_byte(hash, (uint8_t)*c);
		hash = hash_byte(hash, 0);
	}
	hash = hash_byte(hash, entry->kind);
	return hash_byte(hash, entry->generic);
}

/* The slot that holds the label, or the free one where it belongs. */
static uint32_t *find_slot(const struct segment *segment,
			   const struct entry *entry)
{
	uint32_t i = hash_entry(entry) & (INDEX_SLOTS - 1);
	uint32_t *slots = segment->index->slots;

	while (slots[i] && !is_same(segment, slots[i] - 1, entry))
		i = (i + 1) & (INDEX_SLOTS - 1);
	return &slots[i];
}

/* Loaded once, and never more than there can be. */
static uint32_t load(const uint32_t *count, uint32_t most)
{
	uint32_t value = __atomic_load_n(count, __ATOMIC_RELAXED);

	return value < most ? value : most;
}

/* False: no memory. */
static bool have_index(struct segment *segment)
{
	struct segment_index *index = segment->index;
	struct entry entry;
	uint32_t id;

	if (index)
		return true;
	index = calloc(1, sizeof(*index));
	if (!index)
		return false;
	index->label_count = load(&segment->header->label_count,
				  SEGMENT_LABELS);
	index->text_used = load(&segment->header->text_used,
				SEGMENT_TEXT_BYTES);
	if (!index->text_used) /* the empty string's place is taken */
		index->text_used = 1;
	segment->index = index;
	for (id = 0; id < index->label_count; id++) {
		read_entry(segment, id, &entry);
		*find_slot(segment, &entry) = id + 1;
	}
	return true;
}

/* Where the string is from now on. The room was looked for. */
static uint32_t put_text(struct segment *segment, const char *text)
{
	struct segment_index *index = segment->index;
	uint32_t place = index->text_used;
	size_t size = strlen(text) + 1;

	if (size == 1)
		return 0;
	memcpy(texts_of(segment) + place, text, size);
	index->text_used += (uint32_t)size;
	__atomic_store_n(&segment->header->text_used, index->text_used,
			 __ATOMIC_RELAXED);
	return place;
}

static bool has_room(const struct segment *segment, const struct entry *entry)
{
	const struct segment_index *index = segment->index;
	size_t size = 0;
	unsigned int i;

	for (i = 0; i < STRINGS; i++)
		size += strlen(entry->strings[i]) + 1;
	return index->label_count < SEGMENT_LABELS &&
	       size <= SEGMENT_TEXT_BYTES - index->text_used;
}

static uint32_t put_label(struct segment *segment, const struct entry *entry)
{
	uint32_t id = segment->index->label_count++;

	labels_of(segment)[id] = (struct x0f_segment_label){
		.class_name = put_text(segment, entry->strings[CLASS]),
		.name = put_text(segment, entry->strings[NAME]),
		.flavor = put_text(segment, entry->strings[FLAVOR]),
		.systems = put_text(segment, entry->strings[SYSTEMS]),
		.kind = entry->kind,
		.generic = entry->generic,
	};
	__atomic_store_n(&segment->header->label_count, id + 1,
			 __ATOMIC_RELEASE);
	return id;
}

static uint32_t intern(struct segment *segment, const struct entry *entry)
{
	uint32_t *lost = &segment->header->labels_lost;
	uint32_t *slot;

	if (have_index(segment)) {
		slot = find_slot(segment, entry);
		if (!*slot && has_room(segment, entry))
			*slot = put_label(segment, entry) + 1;
		if (*slot)
			return *slot - 1;
	}
	__atomic_store_n(lost, *lost + 1, __ATOMIC_RELAXED);
	return X0F_NONE;
}

uint32_t segment_add_label(struct segment *segment,
			   const struct x0f_label *label)
{
	struct entry entry;

	fill_entry(&entry, label);
	return intern(segment, &entry);
}

uint32_t segment_add_link(struct segment *segment, const char *name)
{
	struct entry entry = { .kind = X0F_LABEL_LINK };

	append(entry.strings[NAME], name);
	return intern(segment, &entry);
}

void segment_free_index(struct segment_index *index)
{
	free(index);
}
