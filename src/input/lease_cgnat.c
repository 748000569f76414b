/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Port blocks of a carrier-grade NAT as CSV (doc/lease.md): which inside
 * address, and so which customer, had these ports of a public address.
 *
 *	public_address,port_from,port_until,from,until,private_address,customer
 *	192.0.2.1,1024,2047,2026-11-23T08:00:00Z,2026-11-23T09:00:00Z,100.64.0.9,C-7
 */
#include "input/lease_reader.h"

enum {
	PUBLIC,
	PORT_FROM,
	PORT_UNTIL,
	PORTS,
	FROM,
	UNTIL,
	CUSTOMER,
	PRIVATE,
	NFIELDS
};

static const struct lease_field fields[NFIELDS] = {
    {"public_address", "public_address", true},
    {"port_from", "port_from", false},
    {"port_until", "port_until", false},
    {"ports", "ports", false},
    {"from", "from", true},
    {"until", "until", false},
    {"customer", "customer", false},
    {"private_address", "private_address", false},
};
static const char *const names[] = {"public_address", "port_from", "port_until",
    "ports", "from", "until", "customer", "private_address", NULL};

static bool
claims(struct str head)
{
	static const char *const needed[] = {"public_address", "from", NULL};

	return lease_table_claims(head, needed);
}

/* A block without ports would give one customer the address of all. */
static const char *
read_block(struct str from, struct str until, struct lease *l)
{
	const char *why = lease_read_ports(from, until, l);

	return why != NULL         ? why
	       : l->port_last == 0 ? "are no block of ports"
	                           : NULL;
}

/* An address of NAT's own range in the customer's place is no name, either. */
static bool
read_customer(struct str inside, struct lease *l)
{
	/* 100.64.0.0/10, RFC 6598 */
	static const struct prefix nat = {
	    .first = {{[10] = 0xff, 0xff, 100, 64, 0, 0}},
	    .last = {{[10] = 0xff, 0xff, 100, 127, 255, 255}},
	    .len = 106};

	if (l->customer.n > 0) {
		l->has_inside = addr_parse(l->customer, &l->inside) &&
		                prefix_has(&nat, l->inside);
		return true;
	}
	l->customer = inside;
	l->has_inside = addr_parse(inside, &l->inside);
	return inside.n > 0;
}

static enum lease_row
read_row(struct lease_table *t)
{
	struct str address = lease_field(t, PUBLIC);
	struct str from = lease_field(t, FROM), until = lease_field(t, UNTIL);
	struct str port = lease_field(t, PORT_FROM),
	           ports = lease_field(t, PORTS);
	struct str port_until = lease_field(t, PORT_UNTIL);
	struct lease l = {.customer = lease_field(t, CUSTOMER)};
	const char *why;

	if (!read_customer(lease_field(t, PRIVATE), &l))
		return lease_bad(&t->r, "row", t->row.raw,
		    "has no customer and no private address");
	if (!addr_parse(address, &l.first))
		return lease_bad(&t->r, "address", address, "is none");
	l.last = l.first;
	if (ports.n > 0) {
		port_until = ports;
		port = str_trim(str_split(&port_until, '-'));
		port_until = str_trim(port_until);
	}
	if ((why = read_block(port, port_until, &l)) != NULL)
		return lease_bad(&t->r, "ports from", port, why);
	if (from.n == 0)
		return lease_bad(&t->r, "row", t->row.raw, "has no from");
	if (lease_read_span(&t->r, from, until, &l) == LEASE_BAD)
		return LEASE_BAD;
	lease_give(&t->r, &l);
	return LEASE_USED;
}

static int
read_cgnat(struct source *s, const struct lease_options *opt,
    struct lease_sink *sink, struct lease_counts *counts, struct err *e)
{
	return lease_table_read(
	    s, opt, fields, NFIELDS, read_row, sink, counts, e);
}

const struct lease_source_ops lease_source_cgnat = {
    .name = "cgnat",
    .summary =
        "CSV of CGNAT port blocks: public_address,port_from,port_until,from,until,customer",
    .fields = names,
    .claims = claims,
    .read = read_cgnat,
};
