/* SPDX-License-Identifier: MIT */
/*
 * x0f demo without a stage: what the tap would have seen, as a capture file
 * in memory, through the same reader, tracker and matcher as x0f pcap. One
 * thread.
 */
#define _GNU_SOURCE /* memfd_create() */
#include "database.h"
#include "demo.h"
#include "message.h"
#include "replay.h"

#include "../capture/clock.h"
#include "../capture/generate.h"
#include "../capture/pcap_write.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* Frames: some to be read, all there are, and many for the rate */
enum { SLOW_FRAMES = 16, SLOW_MS = 80, MANY_FRAMES = 300000 };

/* Between frames of the file */
#define STEP_NS (NS_PER_S / 1000)

struct memory {
	struct demo *demo;
	struct database database;
	struct replay replay;
	struct book *book;
};

/* ------------------------------------------------------------- writing -- */

static int write_frames(int fd, struct generator *generator, uint64_t count)
{
	static struct pcap_writer writer;
	uint64_t start = (uint64_t)time(NULL) * NS_PER_S;
	uint8_t frame[GENERATOR_BYTES];
	int ret = pcap_write_begin(&writer, fd, false);

	for (uint64_t i = 0; !ret && i < count; i++) {
		size_t len = generator_next(generator, frame, NULL);

		ret = pcap_write_frame(&writer, start + i * STEP_NS, frame,
				       len);
	}
	return ret ? ret : pcap_write_end(&writer);
}

/* A file without a name. Returns a descriptor, at its beginning. */
static int make_file(struct generator *generator, uint64_t count)
{
	int fd = memfd_create("x0f demo", MFD_CLOEXEC);
	int ret;

	if (fd < 0)
		return -errno;
	ret = write_frames(fd, generator, count);
	if (!ret && lseek(fd, 0, SEEK_SET))
		ret = -errno;
	if (!ret)
		return fd;
	close(fd);
	return ret;
}

/* ------------------------------------------------------------- reading -- */

static void take_event(void *ctx, uint32_t number, const struct event *event)
{
	struct memory *memory = ctx;

	(void)number;
	if (event->kind == EVENT_SYN || event->kind == EVENT_SYNACK) {
		memory->book->accounts.published++;
		memory->book->accounts.labelled += event->label != NULL;
		memory->book->read++;
	}
	demo_show(memory->demo, event);
}

static void join(void *ctx)
{
	struct memory *memory = ctx;

	output_flush(&memory->demo->destination.out);
}

/* slowly: so that one can read along */
static int replay_file(struct memory *memory, struct capture_file *file,
		       uint32_t slowly)
{
	struct capture_packet packet;
	struct capture_error error;
	int ret;

	replay_begin(&memory->replay, NULL);
	while ((ret = capture_file_next(file, &packet, &error)) == 1 &&
	       !demo_is_over(memory->demo)) {
		replay_packet(&memory->replay, &packet, NULL);
		if (packet.number > slowly)
			continue;
		replay_flush(&memory->replay);
		poll(NULL, 0, SLOW_MS);
	}
	replay_flush(&memory->replay);
	return ret < 0 ? ret : 0;
}

/* Where the kernel's side would have counted a packet of this status. */
static enum x0f_outcome outcome_of(enum x0f_status status)
{
	switch (status) {
	case X0F_SEGMENT:
		return X0F_OUTCOME_OTHER_TCP;
	case X0F_TOO_SHORT:
	case X0F_CUT:
		return X0F_OUTCOME_TOO_SHORT;
	case X0F_NOT_IP:
		return X0F_OUTCOME_NOT_IP;
	case X0F_TAGGED:
	case X0F_TOO_MANY_TAGS:
		return X0F_OUTCOME_TAGS;
	case X0F_BAD_IP:
		return X0F_OUTCOME_BAD_IP;
	case X0F_FRAGMENT:
		return X0F_OUTCOME_FRAGMENT;
	case X0F_EXTENSIONS:
		return X0F_OUTCOME_EXTENSIONS;
	case X0F_NOT_TCP:
		return X0F_OUTCOME_NOT_TCP;
	case X0F_BAD_FLAGS:
		return X0F_OUTCOME_BAD_FLAGS;
	default: /* for whoever looks closer: named, or left out */
		return X0F_OUTCOME_DELIVERED;
	}
}

static void count(struct memory *memory, const struct replay_counts *before)
{
	struct accounts *accounts = &memory->book->accounts;
	struct replay_counts now;

	replay_count(&memory->replay, &now);
	for (int s = 0; s < X0F_STATUS_COUNT; s++) {
		uint64_t n = now.status[s] - before->status[s];
		enum x0f_outcome outcome = outcome_of((enum x0f_status)s);

		accounts->outcomes[outcome] += n;
		if (outcome == X0F_OUTCOME_DELIVERED && s != X0F_OK)
			accounts->dropped[s] += n;
	}
}

static int read_file(struct memory *memory, int fd, uint32_t slowly)
{
	struct capture_file *file = NULL;
	struct capture_error error;
	struct replay_counts before;
	size_t len = (size_t)lseek(fd, 0, SEEK_END);
	void *bytes = mmap(NULL, len, PROT_READ, MAP_SHARED, fd, 0);
	uint64_t begin;
	int ret;

	if (bytes == MAP_FAILED)
		return -errno;
	ret = capture_file_open_memory(&file, bytes, len, &error);
	munmap(bytes, len);
	if (ret)
		return ret;
	replay_count(&memory->replay, &before);
	begin = clock_ns();
	ret = replay_file(memory, file, slowly);
	if (!slowly) /* else it waited for its reader */
		memory->book->busy_ns = clock_ns() - begin;
	count(memory, &before);
	capture_file_close(file);
	return ret;
}

/* -------------------------------------------------------------- scenes -- */

struct part {
	const char *title; /* NULL: goes on with the row before */
	const char *name;  /* in the table */
	uint32_t mix;	   /* enum generator_part */
	uint32_t count;	   /* 0: each of the mix once */
	uint32_t slowly;
};

static const struct part parts[] = {
	{ "1. Every system of the databases, and what is no handshake",
	  "1 all systems", GENERATE_SYSTEMS, SLOW_FRAMES, SLOW_FRAMES },
	{ NULL, NULL,
	  GENERATE_SYSTEMS | GENERATE_IPV6 | GENERATE_VLAN | GENERATE_DATA |
		  GENERATE_MALFORMED,
	  0, 0 },
	{ "2. Many of everyday's, on one core", "2 flat out", GENERATE_POPULAR,
	  MANY_FRAMES, 0 },
};

static int play_frames(struct memory *memory, const struct part *part,
		       struct generator *generator)
{
	struct demo *demo = memory->demo;
	uint64_t frames = part->count ? part->count : generator_once(generator);
	int fd = make_file(generator, frames);
	int ret;

	if (fd < 0)
		return fd;
	if (part->title) {
		memory->book = books_add(&demo->books, part->name,
					 "the generator: frames it wrote");
		memory->book->is_load = part->mix == GENERATE_POPULAR;
		demo_begin(demo, part->slowly, false);
	}
	memory->book->sent += frames;
	ret = read_file(memory, fd, part->slowly);
	if (!part->slowly)
		demo_end(demo);
	close(fd);
	return ret;
}

static int play_part(struct memory *memory, const struct part *part)
{
	struct generator_options options = {
		.db = memory->database.db,
		.mix = part->mix,
		.seed = !part->title,
	};
	struct generator *generator;
	struct problem problem;
	int ret;

	if (part->title)
		demo_head(memory->demo, part->title);
	ret = generator_open(&generator, &options, &problem);
	if (ret)
		return ret;
	ret = play_frames(memory, part, generator);
	generator_close(generator);
	return ret;
}

static int play_parts(struct memory *memory)
{
	struct replay_options options = {
		.db = memory->database.db,
		.policy = X0F_POLICY_X0F,
		.workers = 1,
		.report = take_event,
		.join = join,
		.ctx = memory,
	};
	int ret = replay_open(&memory->replay, &options);

	if (ret)
		return ret;
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts) && !ret; i++)
		if (!demo_is_over(memory->demo))
			ret = play_part(memory, &parts[i]);
	replay_close(&memory->replay);
	return ret;
}

int demo_play_memory(struct demo *demo, const char *why)
{
	static struct memory memory;
	int ret;

	demo_say(demo,
		 "From memory, through the reader of capture files: %s.\n"
		 "As root it is the real thing: namespaces, XDP, TC, a live "
		 "sensor.\n",
		 why);
	memory.demo = demo;
	ret = database_open(&memory.database, demo->settings, X0F_POLICY_X0F);
	if (ret)
		return ret;
	ret = play_parts(&memory);
	database_close(&memory.database);
	if (ret) {
		complain("demo: %s", error_text(ret));
		return EXIT_SYSTEM;
	}
	return demo_finish(demo);
}
