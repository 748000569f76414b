/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far one clock is ahead of another, from pairs of records that may be of
 * the same event.  True pairs differ by the same time, false ones by anything:
 * the difference that most pairs agree on is the estimate, if there are more
 * of them than chance would put there.  Numbers are ours.
 */
#ifndef CORRELATE_CLOCK_H
#define CORRELATE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLOCK_RANGE                                                            \
	INT64_C(1800000000) /* pairs further apart: not looked for */
#define CLOCK_WINDOW    INT64_C(10000000) /* pairs that agree are within it */
#define CLOCK_PAIRS_MIN 10

struct clock_pair {
	int64_t diff; /* microseconds; first clock minus second */
	int64_t ref;  /* what it rests on; the same is counted once */
};

struct clock_estimate {
	const char *refused; /* why there is none; NULL: there is one */
	int64_t ahead;       /* the first clock's: median of those that agree */
	int64_t spread;      /* half of them are so near to it */
	int64_t pairs;       /* different ones that agree */
	int64_t all;         /* pairs looked at */
};

/* Sorts the pairs. */
void clock_estimate(
    struct clock_estimate *out, struct clock_pair *pairs, size_t n);

/* How far leases are out by mail at their edges: of n edges with mail about,
 * that outside of the lease is so far out (microseconds, sorted here).  ahead
 * is then that of the 95th percentile; refused if few are, or if they are
 * spread as evenly over 'range' as mail of customers without a lease. */
void clock_estimate_edges(struct clock_estimate *out, int64_t *outside,
    size_t noutside, size_t n, int64_t range);

#endif
