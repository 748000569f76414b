/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Leases from CSV (doc/lease.md):
 *
 *	prefix,customer,from,until,port_from,port_until
 *	203.0.113.0/29,C-1001,2026-11-01,,,
 *	198.51.100.7,C-1002,2026-11-23T08:00:00Z,2026-11-23T20:00:00Z,1024,2047
 */
#include "input/lease_reader.h"

enum { PREFIX, CUSTOMER, FROM, UNTIL, PORT_FROM, PORT_UNTIL, NFIELDS };

static const struct lease_field fields[NFIELDS] = {
    {"prefix", "prefix", true},
    {"customer", "customer", true},
    {"from", "from", false},
    {"until", "until", false},
    {"port_from", "port_from", false},
    {"port_until", "port_until", false},
};
static const char *const names[] = {
    "prefix", "customer", "from", "until", "port_from", "port_until", NULL};

static bool
claims(struct str head)
{
	static const char *const needed[] = {"prefix", "customer", NULL};

	return lease_table_claims(head, needed);
}

static enum lease_row
read_row(struct lease_table *t)
{
	struct str prefix = lease_field(t, PREFIX);
	struct str from = lease_field(t, FROM), until = lease_field(t, UNTIL);
	struct str port = lease_field(t, PORT_FROM);
	struct lease l = {.customer = lease_field(t, CUSTOMER)};
	const char *why;

	if (l.customer.n == 0)
		return lease_bad(&t->r, "row", t->row.raw, "has no customer");
	if ((why = lease_read_range(prefix, &l)) != NULL)
		return lease_bad(&t->r, "prefix", prefix, why);
	if (lease_read_span(&t->r, from, until, &l) == LEASE_BAD)
		return LEASE_BAD;
	why = lease_read_ports(port, lease_field(t, PORT_UNTIL), &l);
	if (why != NULL)
		return lease_bad(&t->r, "ports from", port, why);
	lease_give(&t->r, &l);
	return LEASE_USED;
}

static int
read_csv(struct source *s, const struct lease_options *opt,
    struct lease_sink *sink, struct lease_counts *counts, struct err *e)
{
	return lease_table_read(
	    s, opt, fields, NFIELDS, read_row, sink, counts, e);
}

const struct lease_source_ops lease_source_csv = {
    .name = "csv",
    .summary =
        "CSV: prefix,customer,from,until,port_from,port_until, or other names for these",
    .fields = names,
    .claims = claims,
    .read = read_csv,
};
