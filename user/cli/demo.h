/* SPDX-License-Identifier: MIT */
/*
 * What the parts of `x0f demo` share:
 *
 *     demo.c           the command; two processes: one that waits, one that plays
 *     demo_stage.c     namespaces and cables that nobody else can see
 *     demo_scenes.c    what is played there
 *     demo_memory.c    what is played where there is no right to a stage
 *     demo_program.c   starts x0f live and x0f gen, as a user would
 *     demo_connect.c   real connections
 *     demo_reader.c    shows what a sensor publishes, and reads its books
 *     demo_books.c     the table at the end
 *
 * One thread in each process.
 */
#ifndef X0F_CLI_DEMO_H
#define X0F_CLI_DEMO_H

#include "demo_books.h"
#include "destination.h"

#include "../readers/printer.h"

/* Findings that a scene shows; the others are counted. */
enum { DEMO_LINES = 16 };

struct demo {
	const struct settings *settings;
	struct destination destination; /* standard output */
	struct printer printer;
	struct books books;
	uint32_t lines; /* findings that this scene may still show */
	uint64_t hidden;
	uint32_t failed;    /* connections that did not succeed */
	bool with_links;    /* show those findings, too */
	char interface[16]; /* of this machine, for what to try next */
};

/* What is said between the findings. Goes out at once. */
__attribute__((format(printf, 2, 3))) void demo_say(struct demo *demo,
						    const char *format, ...);

/* The number and title of a scene, or of the table. */
void demo_head(struct demo *demo, const char *title);

/* Begins to show findings. */
void demo_begin(struct demo *demo, uint32_t lines, bool with_links);

/* An event_sink; ctx is the demo. */
void demo_show(void *ctx, const struct event *event);

/* How many were not shown; findings go out. */
void demo_end(struct demo *demo);

/* Nobody reads the output any more, or it cannot be written. */
bool demo_is_over(const struct demo *demo);

/* Each returns the exit code. why: there is no stage. */
int demo_play(struct demo *demo);
int demo_play_memory(struct demo *demo, const char *why);

/* Table and verdict. Returns the exit code. */
int demo_finish(struct demo *demo);

#endif
