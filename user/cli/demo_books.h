/* SPDX-License-Identifier: MIT */
/*
 * The table at the end of `x0f demo`, and whether it adds up. A book is one of
 * its rows: what was sent, counted by somebody who is not x0f, and what became
 * of it. No state; any thread.
 */
#ifndef X0F_CLI_DEMO_BOOKS_H
#define X0F_CLI_DEMO_BOOKS_H

#include "accounts.h"

#include "../readers/output.h"

#define BOOKS_MOST 8

struct book {
	const char *name;
	const char *counted_by; /* who says how many were sent */
	uint64_t sent;
	uint64_t undelivered; /* the kernel dropped or failed to copy: its word */
	struct accounts accounts;
	bool is_load;	  /* enough packets to speak of a rate */
	uint64_t busy_ns; /* of the worker; 0: not known */
	/* by the demo, a reader like any other: got, and was too slow for */
	uint64_t read;
	uint64_t missed;
};

struct books {
	struct book rows[BOOKS_MOST];
	uint32_t count;
};

struct book *books_add(struct books *books, const char *name,
		       const char *counted_by);

/* What the sensor still said of the last row's packets, when it ended. */
void book_merge(struct book *book, const struct book *more);

/*
 * The four sums that must hold:
 *
 *     sent = seen + undelivered          wanted = published + lost + left out
 *     published = read + missed          labelled <= published
 *
 * Returns true, or false with a line for people: the first that does not.
 */
bool book_adds_up(const struct book *book, char *why, size_t size);

/* The table and what belongs to it. Returns whether all of it adds up. */
bool books_print(const struct books *books, struct output *out);

#endif
