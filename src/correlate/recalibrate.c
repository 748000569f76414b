/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/recalibrate.h"

#include <math.h>

#include "correlate/logit.h"

#define STEPS_MAX 50
#define SETTLED   1e-9
/* What is known before there is a label, as deviations: the share of labels
 * may be e times another (1), the slope is within a half of 1 (0.5). */
#define SHIFT_PRIOR (1 / (1.0 * 1.0))
#define SLOPE_PRIOR (1 / (0.5 * 0.5))

/* Gradient and Hessian of the weighted, penalised log-likelihood. */
struct slopes {
	double g[2], h[3]; /* slope, shift; slope^2, both, shift^2 */
};

static struct slopes
derive(const struct recalibration *r, const struct guess *g, size_t n,
    unsigned age)
{
	struct slopes s = {
	    {-SLOPE_PRIOR * (r->slope - 1), -SHIFT_PRIOR * r->shift},
	    {SLOPE_PRIOR, 0, SHIFT_PRIOR}};

	for (size_t i = 0; i < n; i++) {
		double w, p, off;

		if (g[i].age <= age)
			continue;
		w = exp2(-(double)(g[i].age - age - 1) / RECALIBRATE_HALF);
		p = logit_probability(r->slope * g[i].z + r->shift);
		off = w * ((double)g[i].label - p);
		w *= p * (1 - p);
		s.g[0] += off * g[i].z;
		s.g[1] += off;
		s.h[0] += w * g[i].z * g[i].z;
		s.h[1] += w * g[i].z;
		s.h[2] += w;
	}
	return s;
}

/* The lowest z of the RECALIBRATE_TOP highest; with fewer, -INFINITY. */
static double
lowest_of_top(const struct guess *g, size_t n, unsigned age)
{
	double top[RECALIBRATE_TOP]; /* falling */
	size_t have = 0, at;

	for (size_t i = 0; i < n; i++) {
		if (g[i].age <= age ||
		    (have == RECALIBRATE_TOP && g[i].z <= top[have - 1]))
			continue;
		if (have < RECALIBRATE_TOP)
			have++;
		for (at = have - 1; at > 0 && top[at - 1] < g[i].z; at--)
			top[at] = top[at - 1];
		top[at] = g[i].z;
	}
	return have < RECALIBRATE_TOP ? -INFINITY : top[have - 1];
}

/* Rule of succession: no number of labels shows certainty. */
static double
ceiling_of(const struct guess *g, size_t n, unsigned age)
{
	double low = lowest_of_top(g, n, age), yes = 1, no = 1;

	if (!isfinite(low))
		return INFINITY;
	for (size_t i = 0; i < n; i++)
		if (g[i].age > age && g[i].z >= low)
			*(g[i].label ? &yes : &no) += 1;
	return log(yes / no);
}

struct recalibration
recalibrate(const struct guess *g, size_t n, unsigned age)
{
	struct recalibration r = {1, 0, ceiling_of(g, n, age)};

	for (int step = 0; step < STEPS_MAX; step++) {
		struct slopes s = derive(&r, g, n, age);
		double det = s.h[0] * s.h[2] - s.h[1] * s.h[1];
		double slope = (s.h[2] * s.g[0] - s.h[1] * s.g[1]) / det;
		double shift = (s.h[0] * s.g[1] - s.h[1] * s.g[0]) / det;
		/* Newton's step, no longer than 1 */
		double most = fmax(1, fmax(fabs(slope), fabs(shift)));

		r.slope += slope / most;
		r.shift += shift / most;
		if (fabs(slope) + fabs(shift) < SETTLED)
			break;
	}
	if (!(r.slope > 0)) /* guesses that are worse than none */
		r.slope = 0;
	return r;
}

double
recalibrated(const struct recalibration *r, double z)
{
	return fmin(r->slope * z + r->shift, r->most);
}
