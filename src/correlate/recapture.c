/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/recapture.h"

#include <math.h>

#define Z95 1.96

int
recapture_estimate(int64_t n1, int64_t n2, int64_t m, struct recapture *out)
{
	const double a = (double)n1, b = (double)n2, o = (double)m;
	double seen = a + b - o, unseen, variance, c;

	if (m < RECAPTURE_OVERLAP_MIN || m > n1 || m > n2)
		return -1;
	out->n = (a + 1) * (b + 1) / (o + 1) - 1;
	variance = (a + 1) * (b + 1) * (a - o) * (b - o) /
	           ((o + 1) * (o + 1) * (o + 2));
	out->sd = sqrt(variance);
	out->low = out->high = seen;
	unseen = out->n - seen; /* of the lists' members nobody is in doubt */
	if (unseen <= 0)
		return 0;
	c = exp(Z95 * sqrt(log(1 + variance / (unseen * unseen))));
	out->low = seen + unseen / c;
	out->high = seen + unseen * c;
	return 0;
}

int
recapture_in_doubt(int64_t n1, int64_t m, const struct recapture_doubt *d,
    struct recapture *out)
{
	struct recapture few, many;

	if (recapture_estimate(n1, m + d->likely, m, out) < 0 ||
	    recapture_estimate(n1, m + d->few, m, &few) < 0 ||
	    recapture_estimate(n1, m + d->many, m, &many) < 0)
		return -1;
	out->low = few.low;
	out->high = many.high;
	return 0;
}
