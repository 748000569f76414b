/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lease source: a file in one of several formats -> struct lease.  To add a
 * format: one file src/input/lease_x.c that ends in "const struct
 * lease_source_ops lease_source_x", and one line in lease_source_table[]
 * (doc/lease.md).
 */
#ifndef INPUT_LEASE_SOURCE_H
#define INPUT_LEASE_SOURCE_H

#include "input/source.h"
#include "model/config.h"
#include "model/lease.h"

struct lease_options {
	const struct zone *zone; /* of times without an offset; NULL = UTC */
	int64_t grace; /* what a session may outlive its last sign of life */
	const struct lease_column *columns; /* what the file calls a field */
	size_t ncolumns;
};

struct lease_source_ops {
	const char *name; /* of --format: "csv" */
	const char *summary;
	const char *const *fields; /* that columns may name; NULL-ended */
	/* Could a file with this beginning (the whole of a short one) be of
	 * this format?  If more than one could, none is taken. */
	bool (*claims)(struct str head);
	/* Takes s over and reads all of it.  counts is added to.  Bad data is
	 * counted; ERR_USAGE is for a file that cannot be read so at all. */
	int (*read)(struct source *s, const struct lease_options *opt,
	    struct lease_sink *sink, struct lease_counts *counts,
	    struct err *e);
};

extern const struct lease_source_ops
    *const lease_source_table[]; /* NULL-ended */
extern const struct lease_source_ops lease_source_csv, lease_source_cgnat,
    lease_source_radius, lease_source_radacct, lease_source_dhcpd,
    lease_source_kea;

/* NULL: no such format. */
const struct lease_source_ops *lease_source_find(struct str name);
/* Does the format, or any (NULL), know a field of this name? */
bool lease_source_has_field(
    const struct lease_source_ops *ops, struct str field);

/* path "-" is stdin.  format: a name of the table; absent or "auto" looks at
 * the first bytes.  ERR_USAGE: no such format, or a file that is none of them
 * or could be two. */
int lease_source_read(const char *path, struct str format,
    const struct lease_options *opt, struct lease_sink *sink,
    struct lease_counts *counts, struct err *e);
/* The same from an open source, which is closed. */
int lease_source_read_from(struct source *s, struct str format,
    const struct lease_options *opt, struct lease_sink *sink,
    struct lease_counts *counts, struct err *e);
/* What a file would be read as; NULL and e if nothing. */
const struct lease_source_ops *lease_source_look(
    const char *path, struct err *e);

#endif
