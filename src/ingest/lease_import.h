/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Leases of a file into the store.  A file is read as a whole and put in one
 * transaction; what is there already stays one lease, so reading a file again
 * changes nothing, and a later state of it closes and extends leases.
 */
#ifndef INGEST_LEASE_IMPORT_H
#define INGEST_LEASE_IMPORT_H

#include "base/utc.h"
#include "model/lease.h"
#include "store/store.h"

struct lease_import_options {
	struct str format;       /* absent or "auto": told by the file */
	const struct zone *zone; /* of times without an offset; NULL = UTC */
	int64_t clock_error;     /* microseconds either side of a change */
};

struct lease_import_counts {
	struct lease_counts read; /* over all files */
	int64_t added;            /* leases that were not in the store */
};

/* path "-" is stdin.  Bad rows are counted and left out.  counts is added to.
 * ERR_USAGE: unknown format, or a file that is none of leases. */
int lease_import(struct store *s, const char *path,
    const struct lease_import_options *opt, struct lease_import_counts *counts,
    struct err *e);

#endif
