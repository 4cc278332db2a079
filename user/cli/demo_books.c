/* SPDX-License-Identifier: MIT */
/* See demo_books.h. */
#include "demo_books.h"

#include <stdio.h>
#include <string.h>

#define NS_PER_S 1000000000.0

enum { NUMBER_COLUMNS = 10, NAME_COLUMNS = 20, LINE_COLUMNS = 100 };

struct book *books_add(struct books *books, const char *name,
		       const char *counted_by)
{
	struct book *book = &books->rows[books->count];

	if (books->count + 1 < BOOKS_MOST)
		books->count++;
	memset(book, 0, sizeof(*book));
	book->name = name;
	book->counted_by = counted_by;
	return book;
}

static void add(uint64_t *to, const uint64_t *what, int count)
{
	for (int i = 0; i < count; i++)
		to[i] += what[i];
}

void book_merge(struct book *book, const struct book *more)
{
	struct accounts *a = &book->accounts;
	const struct accounts *b = &more->accounts;

	add(a->outcomes, b->outcomes, X0F_OUTCOME_ROOM);
	add(a->losses, b->losses, X0F_LOSS_ROOM);
	add(a->dropped, b->dropped, X0F_DROP_ROOM);
	a->published += b->published;
	a->died += b->died;
	a->labelled += b->labelled;
	book->busy_ns += more->busy_ns;
	book->read += more->read;
	book->missed += more->missed;
}

/* ---------------------------------------------------------------- sums -- */

static bool are_equal(uint64_t left, uint64_t right, const char *what,
		      char *why, size_t size)
{
	if (left == right)
		return true;
	snprintf(why, size, "%s: %llu are not %llu", what,
		 (unsigned long long)left, (unsigned long long)right);
	return false;
}

bool book_adds_up(const struct book *book, char *why, size_t size)
{
	const struct accounts *a = &book->accounts;
	uint64_t handled = a->published + accounts_lost(a) +
			   accounts_dropped(a);

	if (!are_equal(book->sent, accounts_seen(a) + book->undelivered,
		       "sent = seen + dropped before", why, size) ||
	    !are_equal(accounts_wanted(a), handled,
		       "wanted = published + lost + left out", why, size) ||
	    !are_equal(a->published, book->read + book->missed,
		       "published = read + missed", why, size))
		return false;
	if (a->labelled <= a->published)
		return true;
	snprintf(why, size, "%llu labelled, of %llu published",
		 (unsigned long long)a->labelled,
		 (unsigned long long)a->published);
	return false;
}

/* --------------------------------------------------------------- table -- */

/* "1,804" */
static void spell(uint64_t number, char text[32])
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%llu",
			   (unsigned long long)number);

	for (int i = 0; i < len; i++) {
		*text++ = digits[i];
		if (i + 1 < len && (len - i - 1) % 3 == 0)
			*text++ = ',';
	}
	*text = '\0';
}

static void put_right(struct output *out, const char *text)
{
	char cell[32];

	snprintf(cell, sizeof(cell), "%*s", NUMBER_COLUMNS, text);
	output_text(out, cell);
}

static void put_number(struct output *out, uint64_t number)
{
	char text[32];

	spell(number, text);
	put_right(out, text);
}

static void put_name(struct output *out, const char *name)
{
	char cell[64];

	snprintf(cell, sizeof(cell), "%-*s", NAME_COLUMNS, name);
	output_text(out, cell);
}

static void put_heading(struct output *out)
{
	static const char *const titles[] = { "sent",	  "seen",
					      "wanted",	  "lost",
					      "left out", "published",
					      "labelled" };

	put_name(out, "");
	for (size_t i = 0; i < sizeof(titles) / sizeof(*titles); i++)
		put_right(out, titles[i]);
	output_text(out, "  per worker\n");
}

/* Published per busy second; a few packets say nothing of that. */
static void put_rate(struct output *out, const struct book *book)
{
	double rate = 0;
	char text[32] = "           -";

	if (book->is_load && book->busy_ns)
		rate = (double)book->accounts.published * NS_PER_S /
		       (double)book->busy_ns;
	if (rate >= 1e6)
		snprintf(text, sizeof(text), "%8.2f M/s", rate / 1e6);
	else if (rate > 0)
		snprintf(text, sizeof(text), "%8.0f k/s", rate / 1e3);
	output_text(out, text);
	output_char(out, '\n');
}

static void put_row(struct output *out, const struct book *book)
{
	const struct accounts *a = &book->accounts;

	put_name(out, book->name);
	put_number(out, book->sent);
	put_number(out, accounts_seen(a));
	put_number(out, accounts_wanted(a));
	put_number(out, accounts_lost(a));
	put_number(out, accounts_dropped(a));
	put_number(out, a->published);
	put_number(out, a->labelled);
	put_rate(out, book);
}

/* -------------------------------------------------------------- reasons -- */

struct list {
	struct output *out;
	const char *book;
	const char *what;
	bool has_begun;
	size_t column;
};

/* A new line where the last one would become too long. */
static void begin_reason(struct list *list, size_t len)
{
	bool is_full = list->column + len + 2 > LINE_COLUMNS;

	if (list->has_begun)
		output_text(list->out, is_full ? ",\n" : ", ");
	if (!list->has_begun || is_full) {
		put_name(list->out, list->has_begun ? "" : list->book);
		output_text(list->out, list->has_begun ? "  " : list->what);
		output_text(list->out, list->has_begun ? "" : ": ");
		list->column = NAME_COLUMNS + strlen(list->what) + 2;
	}
	list->has_begun = true;
	list->column += len + 2;
}

static void put_reason(void *ctx, uint64_t count, const char *name)
{
	struct list *list = ctx;
	char number[32];

	spell(count, number);
	begin_reason(list, strlen(number) + 1 + strlen(name));
	output_text(list->out, number);
	output_char(list->out, ' ');
	output_text(list->out, name);
}

typedef void (*name_reasons)(const struct accounts *accounts, accounts_put put,
			     void *ctx);

static void put_reasons(struct output *out, const struct book *book,
			const char *what, name_reasons reasons)
{
	struct list list = { .out = out, .book = book->name, .what = what };

	reasons(&book->accounts, put_reason, &list);
	if (list.has_begun)
		output_char(out, '\n');
}

static void put_details(struct output *out, const struct book *book)
{
	struct list before = { .out = out,
			       .book = book->name,
			       .what = "before x0f" };

	if (book->undelivered) {
		put_reason(&before, book->undelivered, "dropped by the kernel");
		output_char(out, '\n');
	}
	put_reasons(out, book, "lost", accounts_name_lost);
	put_reasons(out, book, "left out", accounts_name_dropped);
	put_reasons(out, book, "not wanted", accounts_name_unwanted);
}

/* Several rows may have the same one. */
static void put_counters(struct output *out, const struct books *books)
{
	output_text(out, "sent, as counted by:\n");
	for (uint32_t i = 0; i < books->count; i++) {
		put_name(out, books->rows[i].name);
		output_text(out, books->rows[i].counted_by);
		output_char(out, '\n');
	}
}

static bool put_verdict(struct output *out, const struct books *books)
{
	bool all = true;
	char why[160];

	for (uint32_t i = 0; i < books->count; i++) {
		if (book_adds_up(&books->rows[i], why, sizeof(why)))
			continue;
		all = false;
		output_text(out, "It does not add up: ");
		output_text(out, books->rows[i].name);
		output_text(out, ": ");
		output_text(out, why);
		output_char(out, '\n');
	}
	if (all)
		output_text(out, "It adds up: sent = seen, wanted = lost + "
				 "left out + published.\n");
	return all;
}

bool books_print(const struct books *books, struct output *out)
{
	put_heading(out);
	for (uint32_t i = 0; i < books->count; i++)
		put_row(out, &books->rows[i]);
	output_char(out, '\n');
	for (uint32_t i = 0; i < books->count; i++)
		put_details(out, &books->rows[i]);
	output_char(out, '\n');
	put_counters(out, books);
	output_text(out, "per worker: published per second that the worker was "
			 "busy; the kernel's part is not in it.\n\n");
	return put_verdict(out, books);
}
