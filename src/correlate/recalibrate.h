/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far guesses that are right on the labels of weeks are right on those of
 * the last days: a slope and a shift of their log odds (Platt), by which the
 * days' own share of labels comes in.  A label counts half of one that is
 * RECALIBRATE_HALF days younger.
 */
#ifndef CORRELATE_RECALIBRATE_H
#define CORRELATE_RECALIBRATE_H

#include <stdbool.h>
#include <stddef.h>

#define RECALIBRATE_HALF 2 /* days; ours, see doc/suspects.md */

struct guess {
	double z; /* log odds */
	bool label;
	unsigned age; /* days before the day of the model */
};

struct recalibration {
	double slope, shift; /* slope z + shift; slope is not negative */
};

/* For the day that is 'age' days before that of the model, from the labels of
 * the days before it.  Few labels leave it near 1 and 0, none leave it there. */
struct recalibration recalibrate(const struct guess *g, size_t n, unsigned age);

#endif
