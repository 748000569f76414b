/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FreeRADIUS' table radacct as CSV, with the names of its SQL schema; a row is
 * a session, closed or not.
 */
#include "input/lease_reader.h"
#include "input/lease_session.h"

enum {
	SESSION,
	NAS,
	CUSTOMER,
	START,
	UPDATE,
	STOP,
	INTERVAL,
	ADDRESS,
	ADDRESS6,
	PREFIX6,
	DELEGATED,
	NFIELDS
};

static const struct lease_field fields[NFIELDS] = {
    {"session", "acctsessionid", true},
    {"nas", "nasipaddress", false},
    {"customer", "username", true},
    {"start", "acctstarttime", true},
    {"update", "acctupdatetime", false},
    {"stop", "acctstoptime", true},
    {"interval", "acctinterval", false},
    {"address", "framedipaddress", false},
    {"address6", "framedipv6address", false},
    {"prefix6", "framedipv6prefix", false},
    {"delegated", "delegatedipv6prefix", false},
};
static const char *const names[] = {"session", "nas", "customer", "start",
    "update", "stop", "interval", "address", "address6", "prefix6", "delegated",
    NULL};

static bool
claims(struct str head)
{
	static const char *const needed[] = {
	    "acctsessionid", "acctstarttime", "acctstoptime", NULL};

	return lease_table_claims(head, needed);
}

/* The databases write NULL in their own ways. */
static struct str
field(const struct lease_table *t, size_t i)
{
	struct str s = str_trim(lease_field(t, i));

	if (str_eq(s, STR("\\N")) || str_eqi(s, STR("NULL")) ||
	    str_starts(s, STR("0000-00-00")))
		return STR("");
	return s;
}

/* PostgreSQL writes an offset of whole hours as +01. */
static const char *
read_time(
    const struct lease_table *t, size_t i, int64_t *out, int64_t *late)
{
	struct str s = field(t, i);
	char copy[48];

	if (s.n > 19 && s.n < 40 &&
	    (s.p[s.n - 3] == '+' || s.p[s.n - 3] == '-')) {
		memcpy(copy, s.p, s.n);
		memcpy(copy + s.n, ":00", 3);
		s = str_of(copy, s.n + 3);
	}
	return lease_read_time(s, t->r.opt->zone, out, late);
}

/* Between the last two updates, as FreeRADIUS keeps it. */
static int64_t
read_gap(const struct lease_table *t)
{
	uint64_t seconds;

	return str_u64(field(t, INTERVAL), &seconds) && seconds < 31622400
	           ? (int64_t)seconds * USEC
	           : 0;
}

/* Everything that the session names; LEASE_IGNORED if there is nothing. */
static enum lease_row
give_ranges(struct lease_table *t, struct lease *l)
{
	struct lease range[NFIELDS];
	size_t n = 0;

	for (size_t i = ADDRESS; i < NFIELDS; i++) {
		struct str s = field(t, i);
		const char *why;

		if (s.n == 0 || str_eq(s, STR("0.0.0.0")))
			continue;
		range[n] = *l;
		if ((why = lease_read_range(s, &range[n])) != NULL)
			return lease_bad(&t->r, fields[i].name, s, why);
		n++;
	}
	for (size_t i = 0; i < n; i++)
		lease_give(&t->r, &range[i]);
	return n > 0 ? LEASE_USED : LEASE_IGNORED;
}

static enum lease_row
read_row(struct lease_table *t)
{
	struct str nas = field(t, NAS), id = field(t, SESSION);
	struct lease l = {
	    .customer = field(t, CUSTOMER), .nas = lease_nas(nas)};
	int64_t update;
	const char *why;

	if (id.n == 0)
		return lease_bad(&t->r, "row", t->row.raw, "has no session");
	l.session = lease_radius_session(nas, id);
	if ((why = read_time(t, START, &l.start, &l.late)) != NULL)
		return lease_bad(&t->r, "start", field(t, START), why);
	if ((why = read_time(t, UPDATE, &update, &l.late)) != NULL)
		return lease_bad(&t->r, "update", field(t, UPDATE), why);
	if ((why = read_time(t, STOP, &l.end, &l.late)) != NULL)
		return lease_bad(&t->r, "stop", field(t, STOP), why);
	if (l.start == UTC_NONE)
		return lease_bad(&t->r, "row", t->row.raw, "has no start");
	if (l.end != l.start && !lease_ends_after_start(&l))
		return lease_bad(
		    &t->r, "stop", field(t, STOP), "is before the start");
	l.seen = l.end != UTC_NONE  ? l.end
	         : update > l.start ? update
	                            : l.start;
	l.lapse = lease_add(l.seen, t->r.opt->grace);
	l.grace = t->r.opt->grace;
	l.gap = read_gap(t);
	return give_ranges(t, &l);
}

static int
read_radacct(struct source *s, const struct lease_options *opt,
    struct lease_sink *sink, struct lease_counts *counts, struct err *e)
{
	return lease_table_read(
	    s, opt, fields, NFIELDS, read_row, sink, counts, e);
}

const struct lease_source_ops lease_source_radacct = {
    .name = "radacct",
    .summary = "FreeRADIUS' SQL table radacct as CSV",
    .fields = names,
    .claims = claims,
    .read = read_radacct,
};
