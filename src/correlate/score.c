/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/score.h"

#include <math.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/hash.h"

const char *const score_figure[SCORE_FIGURES] = {"ln_client", "syn_share",
    "answered_share", "rst_share", "hours", "slots_per_hour", "server_share"};

static const double lambdas[] = {0.1, 1, 10, 100};
#define NLAMBDAS (sizeof(lambdas) / sizeof(lambdas[0]))

struct guess {
	double p;
	bool label;
};

/* Cross-validated guesses; the mean log loss, or infinity. */
static double
cross_validate(
    const struct logit_row *rows, size_t n, double lambda, struct guess *out)
{
	struct logit m;
	double loss = 0;

	for (int fold = 0; fold < LOGIT_FOLDS; fold++) {
		if (!logit_fit(&m, rows, n, SCORE_FIGURES, lambda, fold))
			return INFINITY;
		for (size_t i = 0; i < n; i++) {
			if (rows[i].group % LOGIT_FOLDS != (unsigned)fold)
				continue;
			out[i].p = logit_predict(&m, rows[i].x);
			out[i].label = rows[i].label;
			loss -= log(fmax(
			    out[i].label ? out[i].p : 1 - out[i].p, 1e-15));
		}
	}
	return loss / (double)n;
}

static int
by_p(const void *a, const void *b)
{
	double x = ((const struct guess *)a)->p,
	       y = ((const struct guess *)b)->p;

	return x < y ? -1 : x > y;
}

/* The odds that a confirmed row is guessed above a clean one: ranks, equal
 * guesses sharing theirs (Mann and Whitney).  Sorts. */
static void
rate_order(struct score_model *m, struct guess *g, size_t n)
{
	double pos = 0, neg, ranks = 0, a, q1, q2, se;
	size_t i, j, k;

	qsort(g, n, sizeof(*g), by_p);
	for (i = 0; i < n; i = j) {
		for (j = i + 1; j < n && g[j].p == g[i].p; j++)
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
		int b = (int)(g[i].p * SCORE_BINS);
		struct score_bin *bin =
		    &m->bin[b < SCORE_BINS ? b : SCORE_BINS - 1];

		bin->n++;
		bin->confirmed += g[i].label;
		bin->predicted += (g[i].p - bin->predicted) / (double)bin->n;
	}
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
		rate_bins(m, g, n);
		rate_order(m, g, n);
	}
	free(g);
}

/* Rows come customer by customer. */
struct reader {
	struct logit_row *rows;
	size_t n, cap;
	uint64_t last;
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
	row->group = (unsigned)(h >> 33);
	for (size_t k = 0; k < SCORE_FIGURES; k++)
		row->x[k] = stmt_value(st, k + 2).r;
	m->rows[row->label]++;
}

static int
read_who(struct score_model *m, struct store *s, const struct value *args,
    struct err *e)
{
	struct stmt *st;
	int rc = store_prepare(s, "score_who", &st, e);

	if (rc < 0 || (rc = stmt_start(st, args, 2, e)) < 0 ||
	    (rc = stmt_next(st, e)) < 0)
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
	struct reader r = {0};
	struct stmt *st;
	int rc;

	*m = (struct score_model){.refused = NULL};
	rc = read_who(m, s, args, e);
	if (rc >= 0)
		rc = store_prepare(s, "score_labels", &st, e);
	if (rc >= 0)
		rc = stmt_start(st, args, 2, e);
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
