/* SPDX-License-Identifier: MIT */
/*
 * Arena: blocks in a list, taken from the top of the newest one. A request
 * larger than a block gets a block of its own.
 */
#include "arena.h"

#include <stdlib.h>
#include <stdint.h>
#include <string.h>

enum { BLOCK_BYTES = 64 * 1024, ALIGN = 16 };

struct arena_block {
	struct arena_block *older;
	size_t size;
	_Alignas(ALIGN) unsigned char bytes[];
};

static struct arena_block *add_block(struct arena *a, size_t need)
{
	size_t size = need > BLOCK_BYTES ? need : BLOCK_BYTES;
	struct arena_block *block = calloc(1, sizeof(*block) + size);

	if (!block)
		return NULL;
	block->older = a->blocks;
	block->size = size;
	a->blocks = block;
	a->used = 0;
	a->bytes += sizeof(*block) + size;
	return block;
}

void *arena_take(struct arena *a, size_t size)
{
	struct arena_block *block = a->blocks;
	void *p;

	if (size > SIZE_MAX / 2)
		return NULL;
	size = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	if (!block || block->size - a->used < size)
		block = add_block(a, size);
	if (!block)
		return NULL;
	p = block->bytes + a->used;
	a->used += size;
	return p;
}

char *arena_text(struct arena *a, const char *text, size_t len)
{
	char *copy = arena_take(a, len + 1);

	if (copy && len)
		memcpy(copy, text, len);
	return copy;
}

void arena_free(struct arena *a)
{
	struct arena_block *block = a->blocks;

	while (block) {
		struct arena_block *older = block->older;

		free(block);
		block = older;
	}
	*a = (struct arena){ 0 };
}
