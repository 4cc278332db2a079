/* SPDX-License-Identifier: MIT */
/* Memory of a database under construction; see build.h. One thread. */
#include "build.h"

#include <stdlib.h>

void *list_add(struct list *l, size_t item_size)
{
	void *item;

	if (l->count == l->room) {
		uint32_t room = l->room ? l->room * 2 : 64;
		void *items = realloc(l->items, room * item_size);

		if (!items)
			return NULL;
		l->items = items;
		l->room = room;
	}
	item = (char *)l->items + l->count * item_size;
	memset(item, 0, item_size);
	l->count++;
	return item;
}

void build_free(struct build *b)
{
	arena_free(&b->arena);
	intern_free(&b->names);
	intern_free(&b->classes);
	free(b->labels.items);
	free(b->sigs.items);
	free(b->links.items);
	free(b->duplicates.heads);
	free(b->duplicates.next.items);
}
