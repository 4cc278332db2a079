/* SPDX-License-Identifier: MIT */
/*
 * The table of x0f demo must be caught when it does not add up: each of its
 * numbers is made wrong in turn.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../user/cli/accounts.c"
#include "../../user/cli/demo_books.c"

/* 100 sent: 98 seen, 2 dropped before; 70 wanted: 50 published, 13 lost, … */
static struct book good_book(void)
{
	struct book book = { .name = "1 test",
			     .counted_by = "the test",
			     .sent = 100,
			     .undelivered = 2,
			     .busy_ns = 1000000,
			     .read = 45,
			     .missed = 5 };

	book.accounts.outcomes[X0F_OUTCOME_DELIVERED] = 65;
	book.accounts.outcomes[X0F_OUTCOME_RING_FULL] = 5;
	book.accounts.outcomes[X0F_OUTCOME_OTHER_TCP] = 28;
	book.accounts.losses[X0F_LOSS_RX_RING_FULL] = 7;
	book.accounts.died = 1;
	book.accounts.dropped[X0F_CUT] = 7;
	book.accounts.published = 50;
	book.accounts.labelled = 49;
	return book;
}

static void expect_bad(const struct book *book, const char *what)
{
	char why[160] = "";

	assert_false(book_adds_up(book, why, sizeof(why)));
	if (!strstr(why, what))
		fail_msg("'%s' does not say '%s'", why, what);
}

static void test_good(void **state)
{
	struct book book = good_book();
	char why[160] = "";

	(void)state;
	assert_true(book_adds_up(&book, why, sizeof(why)));
	assert_string_equal(why, "");
	book.accounts.labelled = 50;
	assert_true(book_adds_up(&book, why, sizeof(why)));
}

/* One too many, one too few, in each number by itself. */
static void test_each_number(void **state)
{
	struct book b = good_book();
	struct {
		uint64_t *number;
		const char *what;
	} rows[] = {
		{ &b.sent, "sent = seen" },
		{ &b.undelivered, "sent = seen" },
		{ &b.accounts.outcomes[X0F_OUTCOME_OTHER_TCP], "sent = seen" },
		{ &b.accounts.outcomes[X0F_OUTCOME_DELIVERED], "sent = seen" },
		{ &b.accounts.outcomes[X0F_OUTCOME_RING_FULL], "sent = seen" },
		{ &b.accounts.losses[X0F_LOSS_RX_RING_FULL], "wanted =" },
		{ &b.accounts.died, "wanted =" },
		{ &b.accounts.dropped[X0F_CUT], "wanted =" },
		{ &b.accounts.published, "wanted =" },
		{ &b.read, "published = read" },
		{ &b.missed, "published = read" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		*rows[i].number += 1;
		expect_bad(&b, rows[i].what);
		*rows[i].number -= 2;
		expect_bad(&b, rows[i].what);
		*rows[i].number += 1;
	}
	b.accounts.labelled = 51;
	expect_bad(&b, "51 labelled");
}

/* A packet that was wanted and then forgotten, with all else in order. */
static void test_lost_on_the_way(void **state)
{
	struct book book = good_book();

	(void)state;
	book.sent++;
	book.accounts.outcomes[X0F_OUTCOME_DELIVERED]++;
	expect_bad(&book,
		   "wanted = published + lost + left out: 71 are not 70");
}

static void print(const struct books *books, bool expected, char *text,
		  size_t size)
{
	static struct output out;
	FILE *file = tmpfile();
	size_t len;

	assert_non_null(file);
	output_open(&out, fileno(file));
	assert_int_equal(books_print(books, &out), expected);
	assert_int_equal(output_flush(&out), 0);
	rewind(file);
	len = fread(text, 1, size - 1, file);
	text[len] = '\0';
	fclose(file);
}

static void test_table(void **state)
{
	struct books books = { .count = 0 };
	char text[8192];

	(void)state;
	*books_add(&books, "", "") = good_book();
	*books_add(&books, "", "") = good_book();
	print(&books, true, text, sizeof(text));
	assert_non_null(strstr(text, "It adds up"));
	assert_null(strstr(text, "It does not"));
	assert_non_null(strstr(text, "lost: 5 header ring full, 7 receive ring "
				     "full, 1 died with a worker"));
	assert_non_null(strstr(text, "before x0f: 2 dropped by the kernel"));
	books.rows[1].sent = 1000001;
	print(&books, false, text, sizeof(text));
	assert_null(strstr(text, "It adds up"));
	assert_non_null(strstr(text, "It does not add up: 1 test: sent = seen "
				     "+ dropped before: 1000001 are not 100"));
	assert_non_null(strstr(text, "1,000,001"));
	/* 50 in a millisecond: said where that many packets came by only */
	assert_null(strstr(text, "k/s"));
	assert_non_null(strstr(text, "49           -\n"));
	books.rows[1].is_load = true;
	print(&books, false, text, sizeof(text));
	assert_non_null(strstr(text, "49      50 k/s\n"));
	assert_non_null(strstr(text, "  labelled  per worker\n"));
}

static void test_merge(void **state)
{
	struct book book = good_book();
	struct book more = good_book();
	char why[160];

	(void)state;
	more.sent = 0;
	more.undelivered = 0;
	book_merge(&book, &more);
	expect_bad(&book, "100 are not 198");
	book.sent += 98;
	assert_true(book_adds_up(&book, why, sizeof(why)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_each_number),
		cmocka_unit_test(test_lost_on_the_way),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_merge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
