/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Leases from CSV (doc/lease.md):
 *
 *	prefix,customer,from,until,port_from,port_until
 *	203.0.113.0/29,C-1001,2026-11-01,,,
 *	198.51.100.7,C-1002,2026-11-23T08:00:00Z,2026-11-23T20:00:00Z,1024,2047
 */
#ifndef INPUT_LEASE_CSV_H
#define INPUT_LEASE_CSV_H

#include "input/source.h"
#include "model/lease.h"

/* Reads a file ("-" = stdin); times without an offset are of zone z.  A bad
 * row is counted and goes on; a missing column is ERR_USAGE with FILE:LINE.
 * counts is added to, so that several files make one sum. */
int lease_csv_read(const char *path, const struct zone *z,
    struct lease_sink *sink, struct lease_counts *counts, struct err *e);
/* The same from an open source, which is closed. */
int lease_csv_read_source(struct source *s, const struct zone *z,
    struct lease_sink *sink, struct lease_counts *counts, struct err *e);

#endif
