/* SPDX-License-Identifier: MIT */
/*
 * Labels of a segment: copied into the reader's memory when they are asked for
 * first, and kept, since a segment only appends. One thread per reader.
 *
 * label_count (acquire) pairs with the loader's release in
 * user/engine/segment_labels.c: entries and strings below it are whole.
 */
#include "ring_internal.h"

#include <string.h>

#include "limits.h"

/*
 * A copy of the string at a place, which ends at the end of the texts at the
 * latest. What is measured and what is copied may differ when the segment
 * changes; the copy has its own NUL.
 */
static const char *copy_text(struct x0f_ring *ring, uint32_t place)
{
	const struct ring_geometry *geometry = &ring->geometry;
	const char *text = ring->mem + geometry->texts + place;
	size_t room;

	if (place >= geometry->text_size)
		return "";
	room = geometry->text_size - place;
	if (room > RING_TEXT_BYTES)
		room = RING_TEXT_BYTES;
	return arena_text(&ring->arena, text, strnlen(text, room));
}

static struct ring_label *copy_label(struct x0f_ring *ring,
				     const struct x0f_segment_label *there)
{
	struct ring_label *label = arena_take(&ring->arena, sizeof(*label));
	struct x0f_label *known;

	if (!label)
		return NULL;
	known = &label->label;
	known->class_name = copy_text(ring, there->class_name);
	known->name = copy_text(ring, there->name);
	known->flavor = copy_text(ring, there->flavor);
	label->systems[0] = copy_text(ring, there->systems);
	label->kind = there->kind;
	if (!known->class_name || !known->name || !known->flavor ||
	    !label->systems[0])
		return NULL;
	known->systems = label->systems;
	known->system_count = *label->systems[0] ? 1 : 0;
	known->generic = there->generic != 0;
	known->application = there->kind == X0F_LABEL_TOOL;
	known->name_id = intern_add(&ring->names, known->name,
				    strlen(known->name));
	return known->name_id == X0F_NONE ? NULL : label;
}

static struct ring_label *find_label(struct x0f_ring *ring, uint32_t id)
{
	const struct ring_geometry *geometry = &ring->geometry;
	struct x0f_segment_label there;

	if (id >= geometry->label_capacity)
		return NULL;
	if (ring->labels[id])
		return ring->labels[id];
	if (id >= __atomic_load_n(&ring->header->label_count, __ATOMIC_ACQUIRE))
		return NULL;
	memcpy(&there,
	       ring->mem + geometry->labels +
		       (uint64_t)geometry->label_size * id,
	       sizeof(there));
	if (there.kind < X0F_LABEL_SYSTEM || there.kind > X0F_LABEL_LINK)
		return NULL;
	ring->labels[id] = copy_label(ring, &there);
	if (ring->labels[id])
		ring->labels[id]->label.id = id;
	return ring->labels[id];
}

const struct x0f_label *x0f_ring_label(struct x0f_ring *ring, uint32_t id)
{
	const struct ring_label *label = find_label(ring, id);

	return label ? &label->label : NULL;
}

uint32_t x0f_ring_label_kind(struct x0f_ring *ring, uint32_t id)
{
	const struct ring_label *label = find_label(ring, id);

	return label ? label->kind : 0;
}
