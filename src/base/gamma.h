/* SPDX-License-Identifier: Apache-2.0 */
/* Quantiles of the gamma distribution, and so of chi-square and Poisson. */
#ifndef BASE_GAMMA_H
#define BASE_GAMMA_H

/* The x below which a gamma variable of this shape (> 0) and scale 1 is with
 * probability p, 0 < p < 1.  Half the chi-square quantile of 2 * shape
 * degrees of freedom.  Right to nine digits. */
double gamma_quantile(double shape, double p);

/* The exact 95 % interval of what was sampled at one in rate (est = rate * n), of
 * which n (> 0) were counted: Poisson. */
void gamma_bounds(double est, double n, double *low, double *high);

#endif
