/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Leases of a file into the store.  A file is read as a whole and put in one
 * transaction; what is there already stays one lease, so reading a file again
 * changes nothing, and a later state of it closes, extends and corrects leases
 * (doc/lease.md says what makes two statements the same lease).
 */
#ifndef INGEST_LEASE_IMPORT_H
#define INGEST_LEASE_IMPORT_H

#include "input/lease_source.h"
#include "store/store.h"

struct lease_import_options {
	struct str format; /* absent or "auto": told by the file */
	struct lease_options read;
	int64_t clock_error; /* microseconds either side of a change */
	const struct account *customers; /* whose names of the file are */
	size_t ncustomers;
};

struct lease_import_counts {
	struct lease_counts read; /* over all files */
	int64_t added;            /* leases that were not in the store */
	int64_t first, last;      /* the time that they speak of */
};

/* path "-" is stdin.  Bad rows are counted and left out.  counts is added to.
 * ERR_USAGE: no such format, or a file that is none of leases. */
int lease_import(struct store *s, const char *path,
    const struct lease_import_options *opt, struct lease_import_counts *counts,
    struct err *e);

#endif
