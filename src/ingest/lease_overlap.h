/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Leases that name two customers for the same address, port and time, longer
 * than their clocks may be wrong.  Mail of that time is nobody's, so somebody
 * should know.  Of IPv6 prefixes within each other the longer one counts.
 */
#ifndef INGEST_LEASE_OVERLAP_H
#define INGEST_LEASE_OVERLAP_H

#include "store/store.h"

#define LEASE_OVERLAP_SAMPLES 10

struct lease_overlaps {
	int64_t pairs; /* of leases */
	bool more;     /* there were too many to look at all */
	int nsamples;
	struct err samples[LEASE_OVERLAP_SAMPLES]; /* in words */
};

/* Of leases that touch the time from..until (INT64_MIN, INT64_MAX: all). */
int lease_overlaps(struct store *s, int64_t from, int64_t until,
    struct lease_overlaps *out, struct err *e);

#endif
