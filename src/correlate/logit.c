/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/logit.h"

#include <math.h>
#include <string.h>

#define STEPS_MAX 50
#define SETTLED   1e-9
#define N_MAX     (LOGIT_MAX + 1) /* the bias is the last */

static bool
is_left_out(const struct logit_row *r, int without)
{
	return without >= 0 && r->group % LOGIT_FOLDS == (unsigned)without;
}

double
logit_probability(double z)
{
	return z >= 0 ? 1 / (1 + exp(-z)) : exp(z) / (1 + exp(z));
}

static void
standardise(
    struct logit *m, const struct logit_row *rows, size_t nrows, int without)
{
	double n = 0, square[LOGIT_MAX] = {0};

	for (size_t i = 0; i < nrows; i++) {
		if (is_left_out(&rows[i], without))
			continue;
		n++;
		for (size_t k = 0; k < m->n; k++) {
			double d = rows[i].x[k] - m->mean[k];

			m->mean[k] += d / n; /* Welford */
			square[k] += d * (rows[i].x[k] - m->mean[k]);
		}
	}
	for (size_t k = 0; k < m->n; k++) {
		m->scale[k] = n > 1 ? sqrt(square[k] / n) : 0;
		if (!(m->scale[k] > 0))
			m->scale[k] = 1; /* the same everywhere: weight 0 */
	}
}

static void
standard_row(const struct logit *m, const double *x, double *out)
{
	for (size_t k = 0; k < m->n; k++)
		out[k] = (x[k] - m->mean[k]) / m->scale[k];
	out[m->n] = 1;
}

static double
linear(const struct logit *m, const double *z)
{
	double sum = m->bias;

	for (size_t k = 0; k < m->n; k++)
		sum += m->weight[k] * z[k];
	return sum;
}

/* Solves h x = g by Cholesky, in place; h is symmetric and n by n. */
static bool
solve(double h[N_MAX][N_MAX], double *g, size_t n)
{
	size_t i, j, k;

	for (j = 0; j < n; j++) {
		for (k = 0; k < j; k++)
			h[j][j] -= h[j][k] * h[j][k];
		if (!(h[j][j] > 1e-12))
			return false;
		h[j][j] = sqrt(h[j][j]);
		for (i = j + 1; i < n; i++) {
			for (k = 0; k < j; k++)
				h[i][j] -= h[i][k] * h[j][k];
			h[i][j] /= h[j][j];
		}
	}
	for (i = 0; i < n; i++) {
		for (k = 0; k < i; k++)
			g[i] -= h[i][k] * g[k];
		g[i] /= h[i][i];
	}
	for (i = n; i-- > 0;) {
		for (k = i + 1; k < n; k++)
			g[i] -= h[k][i] * g[k];
		g[i] /= h[i][i];
	}
	return true;
}

/* Gradient and Hessian of the penalised log-likelihood. */
static void
derive(const struct logit *m, const struct logit_row *rows, size_t nrows,
    double lambda, int without, double h[N_MAX][N_MAX], double *g)
{
	double z[N_MAX], p, w;

	memset(h, 0, sizeof(double[N_MAX][N_MAX]));
	memset(g, 0, sizeof(double[N_MAX]));
	for (size_t i = 0; i < nrows; i++) {
		if (is_left_out(&rows[i], without))
			continue;
		standard_row(m, rows[i].x, z);
		p = logit_probability(linear(m, z));
		w = p * (1 - p);
		for (size_t a = 0; a <= m->n; a++) {
			g[a] += ((double)rows[i].label - p) * z[a];
			for (size_t b = 0; b <= a; b++)
				h[a][b] += w * z[a] * z[b];
		}
	}
	for (size_t a = 0; a < m->n; a++) {
		g[a] -= lambda * m->weight[a];
		h[a][a] += lambda;
	}
}

bool
logit_fit(struct logit *m, const struct logit_row *rows, size_t nrows, size_t n,
    double lambda, int without)
{
	double h[N_MAX][N_MAX], g[N_MAX], worst;
	size_t with[2] = {0, 0};

	*m = (struct logit){.n = n};
	for (size_t i = 0; i < nrows; i++)
		if (!is_left_out(&rows[i], without))
			with[rows[i].label]++;
	if (with[0] == 0 || with[1] == 0)
		return false;
	standardise(m, rows, nrows, without);
	m->bias = log((double)with[1] / (double)with[0]);
	for (int step = 0; step < STEPS_MAX; step++) {
		derive(m, rows, nrows, lambda, without, h, g);
		if (!solve(h, g, n + 1))
			return false;
		worst = 0;
		for (size_t k = 0; k <= n; k++) {
			*(k < n ? &m->weight[k] : &m->bias) += g[k];
			worst = fmax(worst, fabs(g[k]));
		}
		if (worst < SETTLED)
			return true;
		if (!isfinite(worst))
			return false;
	}
	return false;
}

double
logit_odds(const struct logit *m, const double *x)
{
	double z[N_MAX];

	standard_row(m, x, z);
	return linear(m, z);
}
