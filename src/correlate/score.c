/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/score.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/hash.h"

const char *const score_figure[SCORE_FIGURES] = {"ln_client", "syn_share",
    "answered_share", "rst_share", "hours", "slots_per_hour", "server_share",
    "packets_2", "packets_3", "packets_6", "hours_2", "server_seen"};

static const double lambdas[] = {0.01, 0.1, 1, 10, 100};
#define NLAMBDAS (sizeof(lambdas) / sizeof(lambdas[0]))

static double
log_loss(const struct guess *g, size_t n)
{
	double loss = 0, p;

	for (size_t i = 0; i < n; i++) {
		p = logit_probability(g[i].z);
		loss -= log(fmax(g[i].label ? p : 1 - p, 1e-15));
	}
	return loss / (double)n;
}

/* Cross-validated guesses; the mean log loss, or infinity. */
static double
cross_validate(
    const struct logit_row *rows, size_t n, double lambda, struct guess *out)
{
	struct logit m;

	for (int fold = 0; fold < LOGIT_FOLDS; fold++) {
		if (!logit_fit(&m, rows, n, SCORE_FIGURES, lambda, fold))
			return INFINITY;
		for (size_t i = 0; i < n; i++) {
			if (rows[i].group % LOGIT_FOLDS != (unsigned)fold)
				continue;
			out[i] = (struct guess){logit_odds(&m, rows[i].x),
			    rows[i].label, rows[i].age};
		}
	}
	return log_loss(out, n);
}

static int
by_z(const void *a, const void *b)
{
	double x = ((const struct guess *)a)->z,
	       y = ((const struct guess *)b)->z;

	return x < y ? -1 : x > y;
}

/* How often a confirmed row is guessed above a clean one: ranks, equal
 * guesses sharing theirs (Mann and Whitney).  Sorts. */
static void
rate_order(struct score_model *m, struct guess *g, size_t n)
{
	double pos = 0, neg, ranks = 0, a, q1, q2, se;
	size_t i, j, k;

	qsort(g, n, sizeof(*g), by_z);
	for (i = 0; i < n; i = j) {
		for (j = i + 1; j < n && g[j].z == g[i].z; j++)
			;
		for (k = i; k < j; k++) {
			pos += g[k].label;
			ranks += g[k].label ? (double)(i + j + 1) / 2 : 0;
		}
	}
	neg = (double)n - pos;
	a = (ranks - pos * (pos + 1) / 2) / (pos * neg);
	q1 = a / (2 - a);
	q2 = 2 * a * a / (1 + a);
	se = sqrt((a * (1 - a) + (pos - 1) * (q1 - a * a) +
	              (neg - 1) * (q2 - a * a)) /
	          (pos * neg));
	m->auc = a;
	m->auc_low = fmax(0, a - 1.96 * se);
	m->auc_high = fmin(1, a + 1.96 * se);
}

static void
rate_bins(struct score_model *m, const struct guess *g, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		double p = logit_probability(g[i].z);
		int b = (int)(p * SCORE_BINS);
		struct score_bin *bin =
		    &m->bin[b < SCORE_BINS ? b : SCORE_BINS - 1];

		bin->n++;
		bin->confirmed += g[i].label;
		bin->predicted += (p - bin->predicted) / (double)bin->n;
	}
}

/* What the score would have been on the day of each row; a day is
 * recalibrated by the days before it, so in and out are not the same. */
static void
replay(const struct guess *in, size_t n, struct guess *out)
{
	struct recalibration r[SCORE_DAYS + 1];

	for (unsigned age = 0; age <= SCORE_DAYS; age++)
		r[age] = recalibrate(in, n, age);
	for (size_t i = 0; i < n; i++) {
		assert(in[i].age <= SCORE_DAYS);
		out[i] = in[i];
		out[i].z = recalibrated(&r[in[i].age], in[i].z);
	}
}

static void
apply(struct logit *m, const struct recalibration *r)
{
	for (size_t k = 0; k < m->n; k++)
		m->weight[k] *= r->slope;
	m->bias = r->slope * m->bias + r->shift;
}

/* What it is worth, and its recalibration, from guesses of cross-validation. */
static void
rate(struct score_model *m, const struct guess *g, size_t n)
{
	struct guess *then = xcalloc(n, sizeof(*then));

	m->last = recalibrate(g, n, 0);
	apply(&m->logit, &m->last);
	replay(g, n, then);
	m->loss = log_loss(then, n);
	rate_bins(m, then, n);
	rate_order(m, then, n);
	free(then);
}

double
score_of(const struct score_model *m, const double *x)
{
	double z = fmin(logit_odds(&m->logit, x), m->last.most);

	return fmin(fmax(logit_probability(z), 0.0001), 0.9999);
}

void
score_fit_rows(struct score_model *m, const struct logit_row *rows, size_t n)
{
	struct guess *g = xcalloc(n ? n : 1, sizeof(*g));
	double loss;

	m->loss = INFINITY;
	for (size_t i = 0; i < NLAMBDAS; i++) {
		loss = cross_validate(rows, n, lambdas[i], g);
		if (loss < m->loss) {
			m->loss = loss;
			m->lambda = lambdas[i];
		}
	}
	if (!isfinite(m->loss) ||
	    !logit_fit(&m->logit, rows, n, SCORE_FIGURES, m->lambda, -1)) {
		m->refused = "the labels do not tell the two apart stably";
	} else {
		cross_validate(rows, n, m->lambda, g);
		rate(m, g, n);
	}
	free(g);
}

/* Rows come customer by customer. */
struct reader {
	struct logit_row *rows;
	size_t n, cap;
	int64_t day; /* of the model */
};

static void
add_row(struct score_model *m, struct reader *r, const struct stmt *st)
{
	struct str who = stmt_value(st, 0).s;
	uint64_t h = hash_bytes(who.p, who.n, 0);
	struct logit_row *row;

	if (r->n == r->cap) {
		r->cap = r->cap ? r->cap * 2 : 256;
		r->rows = xrealloc(r->rows, r->cap * sizeof(*r->rows));
	}
	row = &r->rows[r->n++];
	row->label = stmt_value(st, 1).i != 0;
	row->age = (unsigned)(r->day - stmt_value(st, 2).i);
	row->group = (unsigned)(h >> 33);
	for (size_t k = 0; k < SCORE_FIGURES; k++)
		row->x[k] = stmt_value(st, k + 3).r;
	m->rows[row->label]++;
}

static int
read_who(struct score_model *m, struct store *s, const struct value *args,
    struct err *e)
{
	struct stmt *st;
	int rc = store_start(s, "score_who", args, 2, &st, e);

	if (rc < 0 || (rc = stmt_next(st, e)) < 0)
		return rc;
	m->who[0] = stmt_value(st, 0).i;
	m->who[1] = stmt_value(st, 1).i;
	stmt_reset(st);
	return 0;
}

int
score_fit(struct score_model *m, struct store *s, int64_t day, struct err *e)
{
	const struct value args[] = {
	    value_int(day - SCORE_DAYS), value_int(day)};
	struct reader r = {.day = day};
	struct stmt *st;
	int rc;

	*m = (struct score_model){.refused = NULL};
	rc = read_who(m, s, args, e);
	if (rc >= 0)
		rc = store_start(s, "score_labels", args, 2, &st, e);
	while (rc >= 0 && (rc = stmt_next(st, e)) > 0)
		add_row(m, &r, st);
	if (m->rows[0] < SCORE_ROWS_MIN || m->rows[1] < SCORE_ROWS_MIN ||
	    m->who[0] < SCORE_WHO_MIN || m->who[1] < SCORE_WHO_MIN)
		m->refused = "too few labels";
	else if (rc >= 0)
		score_fit_rows(m, r.rows, r.n);
	free(r.rows);
	return rc < 0 ? rc : 0;
}
