/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Capture-recapture: how many there are in all, from two lists and their
 * overlap.  Right only if the lists are of one closed period, a name is the
 * same in both, and being on one does not change the odds of the other.
 * Heavy senders are likelier on both: then the estimate is too low.
 */
#ifndef CORRELATE_RECAPTURE_H
#define CORRELATE_RECAPTURE_H

#include <stdint.h>

/* Below this overlap the interval is so wide that it only misleads.  The
 * number is ours: of 10 and 3410, one in common gives 18,760. */
#define RECAPTURE_OVERLAP_MIN 7

struct recapture {
	double n, sd;     /* Chapman's estimate and its standard deviation */
	double low, high; /* 95 %, log-normal (Chao) */
};

/* Lists of n1 and n2 members, m of them on both: 0, or -1 where m is less
 * than RECAPTURE_OVERLAP_MIN or more than a list. */
int recapture_estimate(
    int64_t n1, int64_t n2, int64_t m, struct recapture *out);

/* Where it is not certain who belongs on the second list: m are on both, and of
 * more, which the first list does not have, few to many belong there, likely
 * so.  The interval is from the low end for few to the high end for many. */
struct recapture_doubt {
	int64_t few, likely, many; /* few <= likely <= many */
};
int recapture_in_doubt(int64_t n1, int64_t m, const struct recapture_doubt *d,
    struct recapture *out);

#endif
