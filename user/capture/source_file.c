/* SPDX-License-Identifier: MIT */
/*
 * See source_file.h. The reader's packets are good until the next one is read,
 * a batch's until it is released: so they are copied. A packet that finds no
 * room waits for the next batch.
 */
#include "source_file.h"

#include "limits.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The largest packet fits an empty store; common batches take 100 KiB. */
#define STORE_BYTES (2 * MAX_PACKET_BYTES)

struct source_file {
	struct source source; /* first */
	struct capture_file *file;
	struct capture_packet waiting; /* read, and not in a batch yet */
	bool has_waiting;
	uint8_t interface;
	int result;
	struct capture_error error;
	uint32_t used;
	uint8_t store[STORE_BYTES];
};

static struct source_file *file_of(const struct source *source)
{
	return (struct source_file *)(uintptr_t)source;
}

/* Copies the packet that waits. False: no room. */
static bool take(struct source_file *f, struct source_batch *batch)
{
	const struct capture_packet *from = &f->waiting;
	uint8_t *copy = f->store + f->used;

	if (from->caplen > STORE_BYTES - f->used)
		return false;
	if (from->caplen)
		memcpy(copy, from->data, from->caplen);
	f->used += from->caplen;
	batch->packets[batch->count++] = (struct packet){
		.data = copy,
		.caplen = from->caplen,
		.wirelen = from->wirelen,
		.time_ns = from->time_ns,
		.interface = f->interface,
		.link = (uint8_t)x0f_link_from_dlt(from->dlt),
	};
	f->has_waiting = false;
	return true;
}

/* False: nothing came; a signal, the end, or damage. */
static bool read_one(struct source_file *f)
{
	int ret = capture_file_next(f->file, &f->waiting, &f->error);

	f->has_waiting = ret == 1;
	if (ret <= 0 && ret != -EINTR) {
		f->result = ret;
		f->source.is_at_end = true;
	}
	return f->has_waiting;
}

static int fetch(struct source *source, struct source_batch *batch)
{
	struct source_file *f = file_of(source);

	batch->count = 0;
	while (batch->count < SOURCE_BATCH && !source->is_at_end) {
		if (!f->has_waiting && !read_one(f))
			break;
		if (!take(f, batch))
			break;
	}
	return 0;
}

static void release(struct source *source, struct source_batch *batch)
{
	file_of(source)->used = 0;
	batch->count = 0;
}

/* A file never makes anybody wait for packets. */
static bool arm(struct source *source)
{
	(void)source;
	return true;
}

static void disarm(struct source *source)
{
	(void)source;
}

static const struct source_ops file_ops = { fetch, release, arm, disarm };

int source_file_open(struct source **source, const char *path,
		     uint8_t interface, struct capture_error *error)
{
	struct source_file *f = calloc(1, sizeof(*f));
	int ret;

	*source = NULL;
	if (!f)
		return -ENOMEM;
	ret = capture_file_open(&f->file, path, error);
	if (ret) {
		free(f);
		return ret;
	}
	f->source.ops = &file_ops;
	f->source.fd = -1;
	f->source.has_wall_time = true;
	f->interface = interface;
	*source = &f->source;
	return 0;
}

int source_file_result(const struct source *source, struct capture_error *error)
{
	const struct source_file *f = file_of(source);

	if (error)
		*error = f->error;
	return f->result;
}

void source_file_close(struct source *source)
{
	struct source_file *f;

	if (!source)
		return;
	f = file_of(source);
	capture_file_close(f->file);
	free(f);
}
