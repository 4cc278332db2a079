/* SPDX-License-Identifier: MIT */
/*
 * Opening and asking a database. Opening reads, builds and indexes, and is
 * the only place where libx0f allocates or does I/O; afterwards nothing
 * changes until x0f_db_close().
 */
#include "db_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "limits.h"
#include "optread.h"

enum { READ_STEP = 64 * 1024 };

static int refuse_file(struct x0f_error *error, int err)
{
	error->line = 0;
	error->column = 0;
	snprintf(error->message, sizeof(error->message), "%s",
		 err == -EFBIG ? "larger than 16 MiB: not a database" :
				 strerror(-err));
	return err;
}

static int refuse_call(struct x0f_error *error, const char *why)
{
	snprintf(error->message, sizeof(error->message), "%s", why);
	return -EINVAL;
}

/* Reads what is there, up to one byte more than we accept. */
static int read_all(int fd, char **text, size_t *len)
{
	size_t room = 0;

	for (;;) {
		ssize_t n;

		if (*len == room) {
			char *more = realloc(*text, room += READ_STEP);

			if (!more)
				return -ENOMEM;
			*text = more;
		}
		n = read(fd, *text + *len, room - *len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : 0;
		*len += (size_t)n;
		if (*len > MAX_DB_FILE_BYTES)
			return -EFBIG;
	}
}

static int read_file(const char *path, char **text, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int err;

	*text = NULL;
	*len = 0;
	if (fd < 0)
		return -errno;
	err = read_all(fd, text, len);
	close(fd);
	return err;
}

static int read_source(struct build *b, const struct x0f_source *source,
		       uint16_t number, struct x0f_error *error)
{
	char *text = NULL;
	size_t len = source->len;
	int err = 0;

	snprintf(error->source, sizeof(error->source), "%s", source->name);
	if (source->text && len > MAX_DB_FILE_BYTES)
		return refuse_file(error, -EFBIG);
	if (!source->text)
		err = read_file(source->name, &text, &len);
	if (err)
		refuse_file(error, err);
	else
		err = build_read(b, text ? text : source->text, len, number,
				 error);
	free(text);
	return err;
}

static int compare_links(const void *a, const void *b)
{
	const struct link *x = a, *y = b;

	if (x->mtu != y->mtu)
		return x->mtu < y->mtu ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

/* Sorts by MTU and keeps the first entry of each. */
static uint32_t sort_links(struct link *links, uint32_t count)
{
	uint32_t i, kept = 0;

	if (count)
		qsort(links, count, sizeof(*links), compare_links);
	for (i = 0; i < count; i++)
		if (!kept || links[kept - 1].mtu != links[i].mtu)
			links[kept++] = links[i];
	return kept;
}

/* Hands everything that lasts from the builder to the database. */
static int finish(struct build *b, struct x0f_db **result)
{
	struct x0f_db *db = calloc(1, sizeof(*db));

	if (!db)
		return -ENOMEM;
	db->index = index_build(b->sigs.items, b->sigs.count);
	if (!db->index) {
		free(db);
		return -ENOMEM;
	}
	db->arena = b->arena;
	db->labels = b->labels.items;
	db->sigs = b->sigs.items;
	db->links = b->links.items;
	db->label_count = b->labels.count;
	db->sig_count = b->sigs.count;
	db->mtu_sigs = b->links.count;
	db->link_count = sort_links(db->links, b->links.count);
	db->syn_sigs = b->syn_sigs;
	db->synack_sigs = b->synack_sigs;
	db->http_sigs = b->http_sigs;
	b->arena = (struct arena){ 0 };
	b->labels = b->sigs = b->links = (struct list){ 0 };
	*result = db;
	return 0;
}

int x0f_db_open(struct x0f_db **db, const struct x0f_source *sources,
		size_t count, const struct x0f_db_options *options,
		struct x0f_error *error)
{
	struct x0f_db_options known = { .policy = X0F_POLICY_X0F };
	struct build b = { 0 };
	struct x0f_error ignored;
	size_t i;
	int err = 0;

	*db = NULL;
	if (!error)
		error = &ignored;
	*error = (struct x0f_error){ 0 };
	if (count > MAX_DB_SOURCES)
		return refuse_call(error, "more than 64 sources");
	if (options &&
	    options_read(&known, sizeof(known), options, options->sz))
		return refuse_call(error, "options of an unknown size");
	b.policy = known.policy;
	b.names.arena = &b.arena;
	b.classes.arena = &b.arena;
	for (i = 0; i < count && !err; i++)
		err = read_source(&b, &sources[i], (uint16_t)i, error);
	if (!err)
		err = finish(&b, db);
	if (err == -ENOMEM)
		refuse_file(error, err);
	build_free(&b);
	return err;
}

int x0f_db_open_file(struct x0f_db **db, const char *path,
		     struct x0f_error *error)
{
	const struct x0f_source source = { .name = path };

	return x0f_db_open(db, &source, 1, NULL, error);
}

void x0f_db_close(struct x0f_db *db)
{
	if (!db)
		return;
	index_free(db->index);
	free(db->labels);
	free(db->sigs);
	free(db->links);
	arena_free(&db->arena);
	free(db);
}

void x0f_db_stats(const struct x0f_db *db, struct x0f_db_stats *stats)
{
	const struct x0f_db_stats all = {
		.sz = sizeof(all),
		.labels = db->label_count,
		.syn_sigs = db->syn_sigs,
		.synack_sigs = db->synack_sigs,
		.mtu_sigs = db->mtu_sigs,
		.http_sigs = db->http_sigs,
		.bytes = sizeof(*db) + db->arena.bytes +
			 db->label_count * sizeof(*db->labels) +
			 db->sig_count * sizeof(*db->sigs) +
			 db->mtu_sigs * sizeof(*db->links) +
			 index_bytes(db->index),
	};
	size_t sz = stats->sz < sizeof(all) ? stats->sz : sizeof(all);

	memcpy(stats, &all, sz);
	stats->sz = sz;
}

const struct x0f_label *x0f_db_label(const struct x0f_db *db, uint32_t id)
{
	return id < db->label_count ? &db->labels[id] : NULL;
}

const struct x0f_sig *x0f_db_sig(const struct x0f_db *db, uint32_t pos)
{
	return pos < db->sig_count ? &db->sigs[pos] : NULL;
}

const char *x0f_db_link(const struct x0f_db *db, uint32_t id)
{
	return id < db->link_count ? db->links[id].text : NULL;
}

uint32_t x0f_db_find_link(const struct x0f_db *db, uint32_t mtu)
{
	uint32_t low = 0, high = db->link_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (db->links[middle].mtu < mtu)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < db->link_count && db->links[low].mtu == mtu)
		return low;
	return X0F_NONE;
}
