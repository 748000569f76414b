/* SPDX-License-Identifier: Apache-2.0 */
/* Lease: who had which addresses (and ports of them) when. */
#ifndef MODEL_LEASE_H
#define MODEL_LEASE_H

#include "base/addr.h"
#include "base/utc.h"
#include "model/delivery.h"

struct lease {
	struct addr first, last;   /* inclusive */
	int port_first, port_last; /* inclusive; 0, 0 = all ports */
	int64_t start;             /* UTC_NONE = since ever */
	int64_t end; /* exclusive; UTC_NONE = until further notice */
	struct str customer;
	struct evidence evidence;
};

/* Where a reader's leases go; text is valid during the call.  Returns < 0 to
 * stop the reader, which returns the same. */
struct lease_sink {
	int (*put)(
	    struct lease_sink *sink, const struct lease *lease, struct err *e);
};

#define LEASE_BAD_SAMPLES 10

/* What a reader made of a file: rows = leases + bad. */
struct lease_counts {
	int64_t rows, leases, bad;
	int nsamples; /* of bad rows, the first ones: "FILE:LINE: why" */
	struct err samples[LEASE_BAD_SAMPLES];
	bool truncated; /* a compressed file that was cut or damaged */
};

#endif
