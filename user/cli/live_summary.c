/* SPDX-License-Identifier: MIT */
/*
 * What `x0f live` says at its end: the books of the sensor, with every reason
 * that is not 0 by name. Called by the supervisor when all has been drained.
 */
#include "accounts.h"
#include "live.h"
#include "message.h"

#include <stdio.h>
#include <string.h>

struct list {
	char text[1024];
	size_t len;
};

static void put(void *ctx, uint64_t count, const char *name)
{
	struct list *list = ctx;
	size_t room = sizeof(list->text) - list->len;
	int n = snprintf(list->text + list->len, room, "%s%llu %s",
			 list->len ? ", " : "", (unsigned long long)count,
			 name);

	if (n > 0)
		list->len += (size_t)n < room ? (size_t)n : room - 1;
}

static void say_list(const char *what, const struct list *list)
{
	if (list->len)
		inform("%s: %s", what, list->text);
}

static void collect(struct accounts *accounts, const struct segment *segment)
{
	struct x0f_segment_interface interface;

	memset(accounts, 0, sizeof(*accounts));
	/* by the layout of our own: workers can write to the header */
	for (uint32_t i = 0; i < segment->layout.interface_count; i++) {
		segment_copy_interface(segment, i, &interface);
		accounts_add_interface(accounts, &interface);
	}
	for (uint32_t i = 0; i < segment->layout.worker_count; i++)
		accounts_add_worker(accounts, segment_worker(segment, i));
}

static void say_residual(const struct accounts *accounts)
{
	int64_t residual = accounts_residual(accounts);

	if (residual > 0)
		complain("unaccounted: %lld wanted packets",
			 (long long)residual);
	if (residual < 0)
		complain("unaccounted: %lld results too many",
			 -(long long)residual);
}

void live_summary(const struct segment *segment)
{
	struct accounts accounts;
	struct list unwanted = { .len = 0 };
	struct list dropped = { .len = 0 };
	struct list lost = { .len = 0 };

	collect(&accounts, segment);
	inform("%llu packets seen, %llu wanted: %llu published (%llu "
	       "labelled), %llu lost, %llu left out",
	       (unsigned long long)accounts_seen(&accounts),
	       (unsigned long long)accounts_wanted(&accounts),
	       (unsigned long long)accounts.published,
	       (unsigned long long)accounts.labelled,
	       (unsigned long long)accounts_lost(&accounts),
	       (unsigned long long)accounts_dropped(&accounts));
	accounts_name_lost(&accounts, put, &lost);
	accounts_name_dropped(&accounts, put, &dropped);
	accounts_name_unwanted(&accounts, put, &unwanted);
	say_list("lost", &lost);
	say_list("left out", &dropped);
	say_list("not wanted", &unwanted);
	say_residual(&accounts);
}
