/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far guesses that are right on the labels of weeks are right on those of
 * the last days: a slope and a shift of their log odds (Platt), by which the
 * days' own share of labels comes in.  A label counts half of one that is
 * RECALIBRATE_HALF days younger.  And a ceiling, for a straight line of log odds
 * has none, and the truth may: of those who surely send spam our servers see
 * some, and only these are confirmed.
 */
#ifndef CORRELATE_RECALIBRATE_H
#define CORRELATE_RECALIBRATE_H

#include <stdbool.h>
#include <stddef.h>

#define RECALIBRATE_HALF 2 /* days; ours, see doc/suspects.md */
/* The ceiling is the share with the label among so many, the highest; ours, and
 * as few as SCORE_ROWS_MIN: a share of 50 is right to 14 points (95 %). */
#define RECALIBRATE_TOP 50

struct guess {
	double z; /* log odds */
	bool label;
	unsigned age; /* days before the day of the model */
};

struct recalibration {
	double slope, shift; /* slope z + shift; slope is not negative */
	double most;         /* log odds; no guess says more */
};

/* For the day that is 'age' days before that of the model, from the labels of
 * the days before it.  Few labels leave it near 1 and 0, none leave it there;
 * below RECALIBRATE_TOP of them there is no ceiling. */
struct recalibration recalibrate(const struct guess *g, size_t n, unsigned age);
double recalibrated(const struct recalibration *r, double z);

#endif
