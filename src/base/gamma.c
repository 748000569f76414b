/* SPDX-License-Identifier: Apache-2.0 */
#include "base/gamma.h"

#include <math.h>

/* From this shape on the approximation below is as good as the search. */
#define SHAPE_LARGE 1e7

/* P(shape, x), the regularized lower incomplete gamma function, by its series
 * (DLMF 8.11.4): no cancellation; about x - shape + 40 root x terms. */
static double
lower(double shape, double x)
{
	double term = 1 / shape, sum = term;

	if (x <= 0)
		return 0;
	for (double k = 1; term > sum * 1e-17; k++) {
		term *= x / (shape + k);
		sum += term;
	}
	return sum * exp(shape * log(x) - x - lgamma(shape));
}

/* The normal quantile: the x with erfc(-x / sqrt 2) / 2 = p. */
static double
normal_quantile(double p)
{
	double low = -40, high = 40;

	for (int i = 0; i < 100; i++) {
		double x = (low + high) / 2;
		if (erfc(-x / sqrt(2)) / 2 < p)
			low = x;
		else
			high = x;
	}
	return low;
}

/* Wilson and Hilferty (1931): the cube root is nearly normal. */
static double
near_quantile(double shape, double p)
{
	double k = 1 / (9 * shape);
	double root = 1 - k + normal_quantile(p) * sqrt(k);

	return root > 0 ? shape * root * root * root : 0;
}

double
gamma_quantile(double shape, double p)
{
	double x = near_quantile(shape, p);
	double low = 0, high = x > 1 ? x : 1;

	if (shape >= SHAPE_LARGE)
		return x;
	while (lower(shape, high) < p) {
		low = high;
		high *= 2;
	}
	if (low == 0 && lower(shape, x * 0.99) < p)
		low = x * 0.99;
	for (int i = 0; i < 100 && high - low > high * 1e-12; i++) {
		x = (low + high) / 2;
		if (lower(shape, x) < p)
			low = x;
		else
			high = x;
	}
	return (low + high) / 2;
}

void
gamma_bounds(double est, double n, double *low, double *high)
{
	*low = est / n * gamma_quantile(n, 0.025);
	*high = est / n * gamma_quantile(n + 1, 0.975);
}
