/* SPDX-License-Identifier: Apache-2.0 */
/* Two lists and their overlap: known cases, refusals, and how often the
 * interval holds the truth. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "correlate/recapture.h"

static void
known_case(void **state)
{
	struct recapture r;

	(void)state;
	assert_int_equal(recapture_estimate(100, 50, 11, &r), 0);
	assert_float_equal(r.n, 428.25, 0.05);
	assert_float_equal(r.sd, 97.7, 0.05);
	assert_float_equal(r.low, 290.8, 0.05);
	assert_float_equal(r.high, 690.0, 0.05);
	assert_int_equal(recapture_estimate(10, 3410, 9, &r), 0);
	assert_float_equal(r.n, 3751, 1);
	assert_float_equal(r.low, 3478, 1);
	assert_float_equal(r.high, 5153, 1);
}

static void
same_lists(void **state)
{
	struct recapture r;

	(void)state;
	assert_int_equal(recapture_estimate(40, 40, 40, &r), 0);
	assert_float_equal(r.n, 40, 1e-9);
	assert_float_equal(r.low, 40, 1e-9);
	assert_float_equal(r.high, 40, 1e-9);
}

static void
refusals(void **state)
{
	struct recapture r;

	(void)state;
	assert_int_equal(recapture_estimate(10, 3410, 6, &r), -1);
	assert_int_equal(recapture_estimate(0, 0, 0, &r), -1);
	assert_int_equal(recapture_estimate(8, 100, 9, &r), -1);
	assert_int_equal(recapture_estimate(100, 8, 9, &r), -1);
}

/* xorshift64*, so that the days are the same everywhere. */
static double
chance(uint64_t *s)
{
	*s ^= *s >> 12;
	*s ^= *s << 25;
	*s ^= *s >> 27;
	return (double)((*s * 2685821657736338717u) >> 11) / 9007199254740992.0;
}

struct days {
	int held, asked;
	double sum;
};

/* p1[i], p2[i]: the odds of customer i to be on the lists of a day. */
static struct days
simulate(const double *p1, const double *p2, int n, int days, uint64_t seed)
{
	struct days out = {0};

	for (int d = 0; d < days; d++) {
		int64_t n1 = 0, n2 = 0, m = 0;
		struct recapture r;

		for (int i = 0; i < n; i++) {
			int a = chance(&seed) < p1[i],
			    b = chance(&seed) < p2[i];

			n1 += a;
			n2 += b;
			m += a && b;
		}
		if (recapture_estimate(n1, n2, m, &r) < 0)
			continue;
		out.asked++;
		out.sum += r.n;
		out.held += r.low <= n && n <= r.high;
	}
	return out;
}

enum { CUSTOMERS = 400, DAYS = 200 };

static void
interval_holds_the_truth(void **state)
{
	double p1[CUSTOMERS], p2[CUSTOMERS];
	uint64_t seed = 1;
	struct days d;

	(void)state;
	for (int i = 0; i < CUSTOMERS; i++) {
		p1[i] = 0.05 + 0.5 * chance(&seed); /* unlike, but unrelated */
		p2[i] = 0.05 + 0.7 * chance(&seed);
	}
	d = simulate(p1, p2, CUSTOMERS, DAYS, 7);
	print_message(
	    "independent lists: %d of %d intervals, mean %.1f of %d\n", d.held,
	    d.asked, d.sum / d.asked, CUSTOMERS);
	assert_int_equal(d.asked, DAYS);
	assert_true(d.held * 10 >= DAYS * 9);
	assert_float_equal(d.sum / d.asked, CUSTOMERS, 0.03 * CUSTOMERS);
}

/* Where the heavy are on both lists, the estimate is too low: what the page
 * says of it is true. */
static void
heavy_senders_on_both(void **state)
{
	double p1[CUSTOMERS], p2[CUSTOMERS];
	uint64_t seed = 1;
	struct days d;

	(void)state;
	for (int i = 0; i < CUSTOMERS; i++)
		p1[i] = p2[i] = chance(&seed) < 0.25 ? 0.9 : 0.1;
	d = simulate(p1, p2, CUSTOMERS, DAYS, 7);
	print_message("dependent lists: %d of %d intervals, mean %.1f of %d\n",
	    d.held, d.asked, d.sum / d.asked, CUSTOMERS);
	assert_int_equal(d.asked, DAYS);
	assert_true(d.sum / d.asked < 0.6 * CUSTOMERS);
	assert_true(d.held * 10 < DAYS);
}

static void
doubt_widens_the_interval(void **state)
{
	const struct recapture_doubt all = {39, 39, 39}, some = {5, 20, 39},
	                             none = {0, 0, 0};
	struct recapture r, few, many;

	(void)state;
	assert_int_equal(recapture_in_doubt(100, 11, &all, &r), 0);
	assert_float_equal(r.n, 428.25, 0.05);
	assert_float_equal(r.low, 290.8, 0.05);
	assert_float_equal(r.high, 690.0, 0.05);
	assert_int_equal(recapture_in_doubt(100, 11, &none, &r), 0);
	assert_float_equal(r.n, 100, 1e-9);
	assert_float_equal(r.low, 100, 1e-9);
	assert_int_equal(recapture_in_doubt(100, 11, &some, &r), 0);
	assert_int_equal(recapture_estimate(100, 16, 11, &few), 0);
	assert_int_equal(recapture_estimate(100, 50, 11, &many), 0);
	assert_float_equal(r.low, few.low, 1e-9);
	assert_float_equal(r.high, many.high, 1e-9);
	assert_true(few.n < r.n && r.n < many.n);
	assert_int_equal(recapture_in_doubt(100, 6, &some, &r), -1);
}

/* Innocents on the second list: one that takes them for affected is too high,
 * one that leaves them in doubt holds the number. */
static void
innocents_on_the_list(void **state)
{
	enum { INNOCENT = 150 };
	int held = 0, held_plain = 0;
	uint64_t seed = 11;

	(void)state;
	for (int d = 0; d < DAYS; d++) {
		int64_t n1 = 0, n2 = 0, m = 0;
		struct recapture_doubt doubt;
		struct recapture r;

		for (int i = 0; i < CUSTOMERS; i++) {
			int a = chance(&seed) < 0.6, b = chance(&seed) < 0.5;

			n1 += a;
			n2 += b;
			m += a && b;
		}
		doubt = (struct recapture_doubt){
		    (n2 - m) * 3 / 4, n2 - m, n2 - m + INNOCENT};
		assert_int_equal(
		    recapture_estimate(n1, m + doubt.many, m, &r), 0);
		held_plain += r.low <= CUSTOMERS && CUSTOMERS <= r.high;
		assert_int_equal(recapture_in_doubt(n1, m, &doubt, &r), 0);
		held += r.low <= CUSTOMERS && CUSTOMERS <= r.high;
	}
	print_message("innocents on a list: %d of %d intervals, %d where they "
	              "are in doubt\n",
	    held_plain, DAYS, held);
	assert_true(held_plain * 10 < DAYS);
	assert_true(held * 10 >= DAYS * 9);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(known_case),
	    cmocka_unit_test(same_lists),
	    cmocka_unit_test(refusals),
	    cmocka_unit_test(interval_holds_the_truth),
	    cmocka_unit_test(heavy_senders_on_both),
	    cmocka_unit_test(doubt_widens_the_interval),
	    cmocka_unit_test(innocents_on_the_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
