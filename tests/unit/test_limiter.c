/* SPDX-License-Identifier: MIT */
/*
 * --rate-limit and --new: what is taken and what is suppressed add up for any
 * flow of time; a host is new once, as long as the table has room for it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../user/cli/first_sight.c"
#include "../../user/cli/limiter.c"

#define MS UINT64_C(1000000)

static void test_no_limit(void **state)
{
	struct limiter limiter;

	(void)state;
	limiter_open(&limiter, 0);
	for (uint64_t i = 0; i < 100000; i++)
		assert_true(limiter_take(&limiter, i));
	assert_false(limiter_owes(&limiter));
	assert_int_equal(limiter_rest(&limiter), 0);
}

static void test_one_second(void **state)
{
	struct limiter limiter;

	(void)state;
	limiter_open(&limiter, 3);
	for (int i = 0; i < 10; i++)
		assert_int_equal(limiter_take(&limiter, 5000 * MS), i < 3);
	assert_true(limiter_owes(&limiter));
	/* not before the second is over */
	assert_int_equal(limiter_report(&limiter, 5999 * MS), 0);
	assert_int_equal(limiter_report(&limiter, 6000 * MS), 7);
	assert_int_equal(limiter_report(&limiter, 6001 * MS), 0);
	assert_false(limiter_owes(&limiter));
	assert_true(limiter_take(&limiter, 6002 * MS));
}

/* Suppressed without a pause: each second is reported all the same. */
static void test_flood(void **state)
{
	struct limiter limiter;
	uint64_t taken = 0, reported = 0;
	int reports = 0;

	(void)state;
	limiter_open(&limiter, 100);
	for (uint64_t i = 0; i < 50000; i++) {
		uint64_t count;

		taken += limiter_take(&limiter, i * MS / 5);
		count = limiter_report(&limiter, i * MS / 5);
		reported += count;
		reports += count != 0;
	}
	assert_int_equal(taken, 1000); /* 10 s */
	assert_int_equal(reports, 9);
	assert_int_equal(taken + reported + limiter_rest(&limiter), 50000);
	assert_int_equal(limiter_rest(&limiter), 0);
}

static uint64_t sight_of(const struct first_sight *sight, uint32_t host,
			 uint8_t version, uint32_t label)
{
	uint8_t address[16] = { 0 };

	memcpy(address, &host, sizeof(host));
	return first_sight_of(sight, address, version, label);
}

static bool is_new(struct first_sight *sight, uint32_t host, uint32_t label)
{
	uint64_t what = sight_of(sight, host, 4, label);

	if (first_sight_knows(sight, what))
		return false;
	first_sight_add(sight, what);
	return true;
}

static void test_once(void **state)
{
	struct first_sight sight;

	(void)state;
	assert_int_equal(first_sight_open(&sight), 0);
	for (int round = 0; round < 3; round++)
		for (uint32_t host = 0; host < 1000; host++)
			for (uint32_t label = 0; label < 3; label++)
				assert_int_equal(is_new(&sight, host, label),
						 !round);
	assert_int_equal(sight.forgotten, 0);
	assert_true(sight_of(&sight, 7, 4, 1) != sight_of(&sight, 7, 6, 1));
	first_sight_close(&sight);
}

/* More than there is room for: bounded, the last ones are known. */
static void test_forgets(void **state)
{
	const uint32_t hosts = 4 * FIRST_SIGHT_ENTRIES;
	struct first_sight sight;
	uint32_t known = 0;

	(void)state;
	assert_int_equal(first_sight_open(&sight), 0);
	for (uint32_t host = 0; host < hosts; host++) {
		assert_true(is_new(&sight, host, 0));
		/* one that comes again and again stays */
		assert_int_equal(is_new(&sight, UINT32_MAX, 0), !host);
	}
	assert_true(sight.forgotten >= hosts - FIRST_SIGHT_ENTRIES);
	for (uint32_t host = hosts - 1000; host < hosts; host++)
		known += first_sight_knows(&sight,
					   sight_of(&sight, host, 4, 0));
	assert_true(known > 980);
	first_sight_close(&sight);
}

/* Two tables have two keys. */
static void test_key(void **state)
{
	struct first_sight a, b;
	int same = 0;

	(void)state;
	assert_int_equal(first_sight_open(&a), 0);
	assert_int_equal(first_sight_open(&b), 0);
	for (uint32_t host = 0; host < 64; host++)
		same += sight_of(&a, host, 4, 0) % FIRST_SIGHT_BUCKETS ==
			sight_of(&b, host, 4, 0) % FIRST_SIGHT_BUCKETS;
	assert_true(same < 8);
	first_sight_close(&a);
	first_sight_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_limit),
		cmocka_unit_test(test_one_second),
		cmocka_unit_test(test_flood),
		cmocka_unit_test(test_once),
		cmocka_unit_test(test_forgets),
		cmocka_unit_test(test_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
