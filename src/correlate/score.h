/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much a flow-only suspect looks like the customers whom our own logs
 * confirmed, by what the flows alone show.  Fitted on the desk's own labels:
 * customer-days of the last 28 days that have both flows and logs, confirmed
 * against clean.  Customers seen in our logs are no random sample of those
 * who are not: the score puts suspects in an order, and convicts nobody.
 */
#ifndef CORRELATE_SCORE_H
#define CORRELATE_SCORE_H

#include "base/err.h"
#include "correlate/logit.h"
#include "correlate/recalibrate.h"
#include "store/store.h"

#define SCORE_DAYS    28
#define SCORE_FIGURES 12
#define SCORE_BINS    10
/* Labels of either kind: customer-days, and customers.  Ours: below that a
 * weight rests on a handful of people. */
#define SCORE_ROWS_MIN 50
#define SCORE_WHO_MIN  20

extern const char
    *const score_figure[SCORE_FIGURES]; /* columns of flow_figure */

struct score_model {
	const char *refused;     /* why there is none; NULL if there is one */
	int64_t rows[2], who[2]; /* labels: clean, confirmed; days, customers */
	struct logit logit; /* with the recalibration in weights and bias */
	double lambda; /* the penalty with the least loss in cross-validation */
	struct recalibration last; /* by the labels of the last days */
	/* Of labels that it was not fitted on: each row by a fit without the
	 * customers of its fold, recalibrated by the days before its own. */
	double auc, auc_low, auc_high; /* 95 % (Hanley and McNeil) */
	double loss;                   /* mean log loss */
	struct score_bin {
		int64_t n, confirmed;
		double predicted; /* mean */
	} bin[SCORE_BINS];        /* of predicted probability: [0, 0.1) ... */
};

/* The model for suspects of a day, from labels of the days before it. */
int score_fit(
    struct score_model *m, struct store *s, int64_t day, struct err *e);
/* The score of a suspect with these figures: a probability, and neither 0 nor
 * 1, which no number of labels could show. */
double score_of(const struct score_model *m, const double *x);
/* Of rows that are there already, with their age in days before the day of the
 * model (from 1); out of score_fit for tests. */
void score_fit_rows(
    struct score_model *m, const struct logit_row *rows, size_t n);

#endif
