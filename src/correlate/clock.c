/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/clock.h"

#include <stdlib.h>

#include "base/gamma.h"

/* How often chance may put as many pairs into one of all windows. */
#define FALSE_MAX 1e-4
/* Of edges with mail about, so many have mail outside if a clock is off. */
#define EDGE_SHARE_MIN 0.05
/* A clock that is off by less than this of the range leaves the rest empty. */
#define EDGE_RANGE_MAX 0.8

static int
by_diff(const void *a, const void *b)
{
	const struct clock_pair *x = a, *y = b;

	return (x->diff > y->diff) - (x->diff < y->diff);
}

static int
by_number(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The window with most pairs: [*from, *until). */
static void
fullest(const struct clock_pair *p, size_t n, size_t *from, size_t *until)
{
	*from = *until = 0;
	for (size_t a = 0, b = 0; b < n; b++) {
		while (p[b].diff - p[a].diff > CLOCK_WINDOW)
			a++;
		if (b + 1 - a > *until - *from) {
			*from = a;
			*until = b + 1;
		}
	}
}

/* How many different things the pairs rest on. */
static int64_t
different(const struct clock_pair *p, size_t n)
{
	int64_t *ref = calloc(n + 1, sizeof(*ref)), count = 0;

	if (ref == NULL)
		return 0;
	for (size_t i = 0; i < n; i++)
		ref[i] = p[i].ref;
	qsort(ref, n, sizeof(*ref), by_number);
	for (size_t i = 0; i < n; i++)
		count += i == 0 || ref[i] != ref[i - 1];
	free(ref);
	return count;
}

/* Half of the pairs are so near to the middle one. */
static int64_t
half_spread(const struct clock_pair *p, size_t n)
{
	return (p[n - 1 - n / 4].diff - p[n / 4].diff) / 2;
}

void
clock_estimate(struct clock_estimate *out, struct clock_pair *pairs, size_t n)
{
	size_t from, until, peak;
	double chance;

	*out = (struct clock_estimate){
	    .refused = "too few pairs", .all = (int64_t)n};
	if (n < CLOCK_PAIRS_MIN)
		return;
	qsort(pairs, n, sizeof(*pairs), by_diff);
	fullest(pairs, n, &from, &until);
	peak = until - from;
	out->pairs = different(pairs + from, peak);
	if (out->pairs < CLOCK_PAIRS_MIN)
		return;
	chance = (double)(n - peak) * (double)CLOCK_WINDOW /
	         (double)(2 * CLOCK_RANGE - CLOCK_WINDOW);
	out->refused = "no difference stands out";
	/* each pair has a window behind it: chance puts so many more into it,
	 * a Poisson number */
	if (gamma_quantile((double)(peak - 1), FALSE_MAX / (double)n) < chance)
		return;
	out->refused = NULL;
	out->ahead = pairs[from + peak / 2].diff;
	out->spread = half_spread(pairs + from, peak);
}

void
clock_estimate_edges(struct clock_estimate *out, int64_t *outside,
    size_t noutside, size_t n, int64_t range)
{
	*out = (struct clock_estimate){.refused = "too few pairs",
	    .all = (int64_t)n,
	    .pairs = (int64_t)noutside};
	if (noutside < CLOCK_PAIRS_MIN)
		return;
	qsort(outside, noutside, sizeof(*outside), by_number);
	out->ahead = outside[noutside - 1 - noutside / 20];
	out->refused = "few have mail outside";
	if ((double)noutside < EDGE_SHARE_MIN * (double)n)
		return;
	out->refused = "mail comes at any time outside of the leases";
	if ((double)out->ahead > EDGE_RANGE_MAX * (double)range)
		return;
	out->refused = NULL;
}
