/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logistic regression with a ridge penalty, small and dense: the probability
 * of a label from a few figures.  Figures are standardised (mean 0, deviation 1)
 * by the rows it was fitted on, so weights can be compared with each other.
 */
#ifndef CORRELATE_LOGIT_H
#define CORRELATE_LOGIT_H

#include <stdbool.h>
#include <stddef.h>

#define LOGIT_MAX 12 /* figures */

struct logit {
	size_t n;
	double mean[LOGIT_MAX], scale[LOGIT_MAX]; /* of the rows */
	double weight[LOGIT_MAX], bias;           /* of standardised figures */
};

struct logit_row {
	double x[LOGIT_MAX];
	bool label;
	unsigned group; /* rows of one group are never split between folds */
	unsigned age;   /* the caller's own */
};

/* Newton's method; lambda > 0 is the penalty on the weights (not the bias).
 * Rows of the fold 'without' (group modulo LOGIT_FOLDS) are left out; -1: none.
 * False if it does not converge, or only one label is there. */
#define LOGIT_FOLDS 5
bool logit_fit(struct logit *m, const struct logit_row *rows, size_t nrows,
    size_t n, double lambda, int without);
/* That x has the label: the log of the odds. */
double logit_odds(const struct logit *m, const double *x);
double logit_probability(double odds); /* of a log of odds */

#endif
