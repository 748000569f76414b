/* SPDX-License-Identifier: Apache-2.0 */
/* Lease: who had which addresses (and ports of them) when. */
#ifndef MODEL_LEASE_H
#define MODEL_LEASE_H

#include "base/addr.h"
#include "base/utc.h"
#include "model/delivery.h"

enum lease_what {
	LEASE_HELD,    /* the range is, or was, the customer's */
	LEASE_STOP,    /* a session is over that names no range: all of its are */
	LEASE_RESTART, /* all sessions of a server (nas) are over */
};

/*
 * One statement of a source.  Without a session it is the whole lease, known
 * by range, ports and start.  With one it is what was known at one moment, and
 * all statements about the session and range make the lease together
 * (ingest/lease_merge.h).
 */
struct lease {
	enum lease_what what;
	struct addr first, last;   /* inclusive */
	int port_first, port_last; /* inclusive; 0, 0 = all ports */
	int64_t start; /* UTC_NONE = since ever; of a session: not told */
	int64_t end;   /* exclusive; UTC_NONE = until further notice */
	struct str customer;
	bool has_inside; /* the customer is who has this address behind a NAT */
	struct addr inside;
	struct evidence evidence;

	uint64_t session; /* hash of what names it; 0 = none */
	uint64_t nas;     /* of the server whose restart ends it; 0 = none */
	int64_t seen;     /* when this was so */
	int64_t lapse;    /* over by then unless more is told; UTC_NONE = open */
	int64_t grace;    /* nobody promised lapse: so long after seen; else 0 */
	int64_t gap;      /* since the sign of life before; 0 = not told */
	bool fresh;       /* start is the very beginning of a session */
	int64_t late;     /* its times may have been so much later: local times of
	                     an hour that comes twice (end of DST); else 0 */
};

/* Where a reader's leases go; text is valid during the call.  Returns < 0 to
 * stop the reader, which returns the same. */
struct lease_sink {
	int (*put)(
	    struct lease_sink *sink, const struct lease *lease, struct err *e);
};

#define LEASE_BAD_SAMPLES 10

/* What a reader made of a file: rows = leases + ignored + bad.  A row is a
 * CSV row, a packet of a detail file, a declaration of a lease file. */
struct lease_counts {
	int64_t rows;
	int64_t leases;  /* that told who had an address, or no longer has it */
	int64_t ignored; /* that tell nothing of that kind, and are known */
	int64_t bad;
	int nsamples; /* of bad rows, the first ones: "FILE:LINE: why" */
	struct err samples[LEASE_BAD_SAMPLES];
	bool truncated; /* a compressed file that was cut or damaged */
};

#endif
