/* SPDX-License-Identifier: Apache-2.0 */
/* The regression against answers known in closed form, and the score on
 * customers it has not seen. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "correlate/score.h"

/* xorshift64*: the same rows everywhere. */
static double
chance(uint64_t *s)
{
	*s ^= *s >> 12;
	*s ^= *s << 25;
	*s ^= *s >> 27;
	return (double)((*s * 2685821657736338717u) >> 11) / 9007199254740992.0;
}

static double
normal(uint64_t *s)
{
	double u = chance(s) + 1e-12, v = chance(s);

	return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

static double
sigmoid(double z)
{
	return 1 / (1 + exp(-z));
}

static double
predicted(const struct logit *m, double x)
{
	return sigmoid(logit_odds(m, &x));
}

/* Of a figure that is 0 or 1 the weight is the log of the odds ratio:
 * 30 of 40 against 10 of 40 is (30/10)/(10/30) = 9. */
static void
odds_ratio(void **state)
{
	struct logit_row rows[80] = {0};
	struct logit m;

	(void)state;
	for (int i = 0; i < 80; i++) {
		rows[i].x[0] = i < 40;
		rows[i].label = i < 40 ? i < 30 : i < 50;
	}
	assert_true(logit_fit(&m, rows, 80, 1, 1e-9, -1));
	assert_float_equal(m.weight[0] / m.scale[0], log(9), 1e-6);
	assert_float_equal(predicted(&m, 1), 0.75, 1e-6);
	assert_float_equal(predicted(&m, 0), 0.25, 1e-6);
}

/* Where one figure tells the labels apart, only the penalty keeps the weight
 * finite; and a figure that never changes has none. */
static void
separable(void **state)
{
	struct logit_row rows[40] = {0};
	struct logit m;

	(void)state;
	for (int i = 0; i < 40; i++) {
		rows[i].x[0] = i;
		rows[i].x[1] = 7;
		rows[i].label = i >= 20;
	}
	assert_true(logit_fit(&m, rows, 40, 2, 1, -1));
	assert_true(m.weight[0] > 1 && m.weight[0] < 20);
	assert_float_equal(m.weight[1], 0, 1e-9);
}

static void
one_label_only(void **state)
{
	struct logit_row rows[10] = {0};
	struct logit m;

	(void)state;
	assert_false(logit_fit(&m, rows, 10, 1, 1, -1));
	assert_false(logit_fit(&m, rows, 0, 1, 1, -1));
}

static const double truth[SCORE_FIGURES] = {1.2, -0.8, 0, 0.5, 0, 0, -1.5};
#define BASE -1.0

/* Customers of a made-up world, of whom the odds are known.  With a drift they
 * are of 28 days, and the log odds grow by it each day. */
static void
make_drifting(struct logit_row *rows, size_t n, uint64_t seed, double drift)
{
	for (size_t i = 0; i < n; i++) {
		double z = BASE;

		rows[i].age = drift > 0 ? 1 + (unsigned)(i % SCORE_DAYS) : 0;
		z -= drift * rows[i].age;

		for (size_t k = 0; k < SCORE_FIGURES; k++) {
			double standard = normal(&seed);

			rows[i].x[k] = 10 + 3 * standard;
			z += truth[k] * standard;
		}
		rows[i].label = chance(&seed) < sigmoid(z);
		rows[i].group = (unsigned)(i / 3); /* three days a customer */
	}
}

static void
make_rows(struct logit_row *rows, size_t n, uint64_t seed)
{
	make_drifting(rows, n, seed, 0);
}

enum { ROWS = 4000 };
static struct logit_row fitted[ROWS], fresh[ROWS];

static void
weights_come_back(void **state)
{
	struct score_model m = {0};

	(void)state;
	make_rows(fitted, ROWS, 3);
	score_fit_rows(&m, fitted, ROWS);
	assert_null(m.refused);
	for (size_t k = 0; k < SCORE_FIGURES; k++)
		assert_float_equal(m.logit.weight[k], truth[k], 0.2);
}

/* What it says of customers it has not seen comes true within ten points, in
 * each tenth with at least fifty cases; and the interval of the AUC that it
 * gave itself holds the AUC on these. */
static void
holds_on_the_unseen(void **state)
{
	struct score_model m = {0};
	double sum[SCORE_BINS] = {0}, above = 0, pairs = 0, auc;
	int n[SCORE_BINS] = {0}, hit[SCORE_BINS] = {0};

	(void)state;
	make_rows(fitted, ROWS, 3);
	make_rows(fresh, ROWS, 4);
	score_fit_rows(&m, fitted, ROWS);
	for (int i = 0; i < ROWS; i++) {
		double p = score_of(&m, fresh[i].x);
		int b = (int)(p * SCORE_BINS);

		n[b]++;
		sum[b] += p;
		hit[b] += fresh[i].label;
		for (int k = 0; k < ROWS; k++) {
			if (!fresh[i].label || fresh[k].label)
				continue;
			pairs++;
			above += p > score_of(&m, fresh[k].x);
		}
	}
	for (int b = 0; b < SCORE_BINS; b++)
		if (n[b] >= 50)
			assert_float_equal(
			    (double)hit[b] / n[b], sum[b] / n[b], 0.1);
	auc = above / pairs;
	print_message("AUC %.3f (%.3f to %.3f), unseen %.3f\n", m.auc,
	    m.auc_low, m.auc_high, auc);
	assert_true(m.auc > 0.8 && m.auc_low < m.auc && m.auc < m.auc_high);
	assert_true(m.auc_low <= auc && auc <= m.auc_high);
}

/* Each day has more confirmed ones than the one before: on the day after the
 * labels the score is right, which the share of the whole month would not be. */
static void
follows_the_days(void **state)
{
	struct score_model m = {0};
	double sum = 0, hit = 0, month = 0;

	(void)state;
	make_drifting(fitted, ROWS, 5, 0.05);
	make_rows(fresh, ROWS, 6);
	score_fit_rows(&m, fitted, ROWS);
	assert_null(m.refused);
	for (int i = 0; i < ROWS; i++) {
		sum += score_of(&m, fresh[i].x) / ROWS;
		hit += (double)fresh[i].label / ROWS;
		month += (double)fitted[i].label / ROWS;
	}
	print_message("share of the month %.3f, of the day %.3f, said %.3f\n",
	    month, hit, sum);
	assert_true(m.last.shift > 0.2);
	assert_true(hit - month > 0.07);
	assert_float_equal(sum, hit, 0.05);
}

/* Guesses of which the truth is 0.5 z + 1: they come back, of the days that
 * count; and with few labels little is believed, with none nothing. */
static void
slope_and_shift(void **state)
{
	static struct guess g[ROWS];
	struct recalibration r;
	uint64_t seed = 11;

	(void)state;
	for (int i = 0; i < ROWS; i++) {
		g[i].z = 2 * normal(&seed);
		g[i].age = 1 + (unsigned)i % 4;
		g[i].label = chance(&seed) < sigmoid(0.5 * g[i].z + 1);
	}
	r = recalibrate(g, ROWS, 0);
	assert_float_equal(r.slope, 0.5, 0.06);
	assert_float_equal(r.shift, 1, 0.15);
	r = recalibrate(g, 2, 0);
	assert_float_equal(r.slope, 1, 0.5);
	assert_float_equal(r.shift, 0, 0.7);
	assert_true(r.most == INFINITY);
	r = recalibrate(g, ROWS, 4); /* no label is older */
	assert_true(r.slope == 1 && r.shift == 0 && r.most == INFINITY);
	for (int i = 0; i < ROWS; i++)
		g[i].label = g[i].z < 0;
	assert_true(recalibrate(g, ROWS, 0).slope == 0);
}

/* The ceiling is the share of the 50 highest that are old enough, and of those
 * who are equal to the last of them; their order counts for nothing. */
static void
ceiling(void **state)
{
	struct guess g[130];

	(void)state;
	for (int i = 0; i < 130; i++)
		g[i] = (struct guess){i < 40 ? i : 50, i % 4 == 0, 2};
	for (int i = 0; i < 50; i++) /* below all, and too young */
		g[40 + i].z = i % 2 ? -1 : 60, g[40 + i].age = i % 2 ? 2 : 1;
	/* left at the top: 40 equal ones with 10 labels, then 39 downto 30 */
	assert_float_equal(
	    exp(recalibrate(g, 130, 1).most), (10 + 2 + 1) / (30 + 8 + 1.0), 1e-9);
	for (int i = 0; i < 40; i++) /* all equal: 80, of which 20 */
		g[i].z = 50;
	assert_float_equal(
	    exp(recalibrate(g, 130, 1).most), 21 / 61.0, 1e-9);
	assert_true(recalibrate(g, 49, 1).most == INFINITY);
}

/* Of those who are surely guilty our servers see six in ten: that comes true on
 * others, where the regression alone would promise more. */
static void
some_are_never_seen(void **state)
{
	struct score_model m = {0};
	double said = 0, hit = 0, line = 0;
	uint64_t seed = 21;
	int n = 0;

	(void)state;
	make_rows(fitted, ROWS, 3);
	make_rows(fresh, ROWS, 4);
	for (int i = 0; i < ROWS; i++) {
		fitted[i].age = 1;
		fitted[i].label = fitted[i].label && chance(&seed) < 0.6;
		fresh[i].label = fresh[i].label && chance(&seed) < 0.6;
	}
	score_fit_rows(&m, fitted, ROWS);
	for (int i = 0; i < ROWS; i++) {
		double z = logit_odds(&m.logit, fresh[i].x);

		if (sigmoid(z) < 0.75)
			continue;
		n++;
		line += sigmoid(z);
		said += score_of(&m, fresh[i].x);
		hit += fresh[i].label;
	}
	print_message("of %d %.3f, said %.3f, without a ceiling %.3f\n", n,
	    hit / n, said / n, line / n);
	assert_true(n >= 50 && line - hit > 0.1 * n);
	assert_float_equal(said / n, hit / n, 0.1);
}

/* Steps, which have two values, and labels that they tell apart wholly. */
static void
never_certain(void **state)
{
	struct score_model m = {0};
	double none[SCORE_FIGURES] = {0}, far[SCORE_FIGURES] = {1e6};

	(void)state;
	for (int i = 0; i < ROWS; i++)
		fitted[i] = (struct logit_row){{i % 2}, i % 2, (unsigned)i, 1};
	score_fit_rows(&m, fitted, ROWS);
	assert_null(m.refused);
	assert_true(score_of(&m, none) > 0 && score_of(&m, none) < 0.01);
	assert_true(score_of(&m, far) < 1 && score_of(&m, far) > 0.99);
}

/* Labels that have nothing to do with the figures: no order, and it says so. */
static void
nothing_to_learn(void **state)
{
	struct score_model m = {0};
	uint64_t seed = 9;

	(void)state;
	make_rows(fitted, ROWS, 3);
	for (int i = 0; i < ROWS; i++)
		fitted[i].label = chance(&seed) < 0.3;
	score_fit_rows(&m, fitted, ROWS);
	assert_null(m.refused);
	assert_true(m.auc_low < 0.5 && m.auc < 0.55);
	for (int b = 5; b < SCORE_BINS; b++)
		assert_int_equal(m.bin[b].n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(odds_ratio),
	    cmocka_unit_test(separable),
	    cmocka_unit_test(one_label_only),
	    cmocka_unit_test(weights_come_back),
	    cmocka_unit_test(holds_on_the_unseen),
	    cmocka_unit_test(follows_the_days),
	    cmocka_unit_test(slope_and_shift),
	    cmocka_unit_test(ceiling),
	    cmocka_unit_test(some_are_never_seen),
	    cmocka_unit_test(never_certain),
	    cmocka_unit_test(nothing_to_learn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
