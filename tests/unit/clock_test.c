/* SPDX-License-Identifier: Apache-2.0 */
/* Clocks against each other: found among noise, and refused where there is
 * nothing to be found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "correlate/clock.h"

#define SEC INT64_C(1000000)
enum { MANY = 4000 };

static struct clock_pair pair[MANY];
static uint64_t seed;

static double
chance(void) /* splitmix64 */
{
	uint64_t z = seed += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return (double)((z ^ (z >> 31)) >> 11) / 9007199254740992.0;
}

static int64_t
anything(void)
{
	return (int64_t)((chance() * 2 - 1) * CLOCK_RANGE);
}

/* n pairs, of which 'real' differ by 'ahead', give or take two seconds. */
static void
fill(int n, int real, int64_t ahead)
{
	for (int i = 0; i < n; i++) {
		pair[i].ref = i;
		pair[i].diff = i < real
		                   ? ahead + (int64_t)((chance() * 4 - 2) * SEC)
		                   : anything();
	}
}

static void
found_among_noise(void **state)
{
	struct clock_estimate x;

	(void)state;
	for (seed = 1; seed < 500; seed++) {
		uint64_t keep = seed;
		int64_t ahead = anything() * 9 / 10;

		fill(MANY, 80, ahead);
		clock_estimate(&x, pair, MANY);
		assert_null(x.refused);
		assert_in_range(llabs(x.ahead - ahead), 0, 4 * SEC);
		assert_in_range(x.pairs, 60, 120);
		assert_in_range(x.spread, 1, 5 * SEC);
		seed = keep;
	}
}

/* Nothing but chance: whatever is fullest does not stand out. */
static void
noise_is_refused(void **state)
{
	static const int sizes[] = {0, 1, 9, 10, 100, 1000, MANY};
	struct clock_estimate x;
	int wrong = 0;

	(void)state;
	for (seed = 1; seed < 500; seed++) {
		uint64_t keep = seed;

		for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
			fill(sizes[i], 0, 0);
			clock_estimate(&x, pair, (size_t)sizes[i]);
			wrong += x.refused == NULL;
		}
		seed = keep;
	}
	assert_in_range(wrong, 0, 2); /* of 3493; 0.35 are expected at most */
}

static void
one_sample_is_one_pair(void **state)
{
	struct clock_estimate x;

	(void)state;
	seed = 1;
	fill(100, 100, 60 * SEC);
	for (int i = 0; i < 100; i++)
		pair[i].ref = i % 9;
	clock_estimate(&x, pair, 100);
	assert_string_equal(x.refused, "too few pairs");
	assert_int_equal(x.pairs, 9);
	fill(CLOCK_PAIRS_MIN, CLOCK_PAIRS_MIN, -60 * SEC);
	clock_estimate(&x, pair, CLOCK_PAIRS_MIN);
	assert_null(x.refused);
	assert_in_range(llabs(x.ahead + 60 * SEC), 0, 2 * SEC);
}

static void
edges_of_leases(void **state)
{
	int64_t outside[100];
	struct clock_estimate x;
	const int64_t range = 900 * SEC;

	(void)state;
	seed = 1;
	for (int i = 0; i < 100; i++)
		outside[i] = (int64_t)(chance() * 120 * SEC);
	clock_estimate_edges(&x, outside, 100, 400, range);
	assert_null(x.refused);
	assert_in_range(x.ahead, 100 * SEC, 120 * SEC);
	/* as many where nobody has a lease: up to the end of what is looked at */
	for (int i = 0; i < 100; i++)
		outside[i] = (int64_t)(chance() * range);
	clock_estimate_edges(&x, outside, 100, 400, range);
	assert_string_equal(
	    x.refused, "mail comes at any time outside of the leases");
	clock_estimate_edges(&x, outside, 9, 400, range);
	assert_string_equal(x.refused, "too few pairs");
	clock_estimate_edges(&x, outside, 10, 4000, range);
	assert_string_equal(x.refused, "few have mail outside");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(found_among_noise),
	    cmocka_unit_test(noise_is_refused),
	    cmocka_unit_test(one_sample_is_one_pair),
	    cmocka_unit_test(edges_of_leases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
