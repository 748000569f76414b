/* SPDX-License-Identifier: Apache-2.0 */
#include "input/lease_csv.h"

#include "input/csv_file.h"

enum column {
	COLUMN_PREFIX,
	COLUMN_CUSTOMER, /* up to here they must be there */
	COLUMN_FROM,
	COLUMN_UNTIL,
	COLUMN_PORT_FROM,
	COLUMN_PORT_UNTIL,
	COLUMN_N
};

static const char *const column_name[COLUMN_N] = {
    "prefix",
    "customer",
    "from",
    "until",
    "port_from",
    "port_until",
};

struct reader {
	struct csv_file *file;
	const char *path;
	const struct zone *zone;
	size_t column[COLUMN_N];
	bool has[COLUMN_N];
};

static int
find_columns(struct reader *r, struct err *e)
{
	int rc = 0;

	for (int c = 0; c < COLUMN_N && rc == 0; c++) {
		r->has[c] =
		    csv_file_column(r->file, column_name[c], &r->column[c]);
		if (c <= COLUMN_CUSTOMER)
			rc = csv_file_need(
			    r->file, column_name[c], &r->column[c], e);
	}
	return rc;
}

/* The field of a column; "" if the file or the row has none. */
static struct str
field(const struct reader *r, const struct csv_row *row, enum column c)
{
	return r->has[c] && r->column[c] < row->n ? row->fields[r->column[c]]
	                                          : STR("");
}

/* A prefix whose host bits are zero (others would silently be a larger range
 * than was meant), one address, or FIRST-LAST. */
static const char *
read_range(struct str s, struct lease *l)
{
	struct str rest = s, head;
	struct prefix p;

	if (str_until(&rest, STR("-"), &head)) {
		if (!addr_parse(str_trim(head), &l->first) ||
		    !addr_parse(str_trim(rest), &l->last))
			return "is not a range of addresses";
		return addr_cmp(l->first, l->last) <= 0 &&
		               addr_is_v4(l->first) == addr_is_v4(l->last)
		           ? NULL
		           : "is a range whose end is before its start";
	}
	if (!prefix_parse(s, &p))
		return "is not an address or prefix";
	l->first = p.first;
	l->last = p.last;
	if (!addr_parse(str_split(&rest, '/'), &p.first))
		return "is not an address or prefix";
	return addr_cmp(p.first, l->first) == 0
	           ? NULL
	           : "has bits set past the prefix length";
}

/* ISO 8601 date and time, a date (its start), or seconds since 1970. */
static const char *
read_time(struct str s, const struct zone *z, int64_t *out)
{
	int64_t day;
	uint64_t sec;

	*out = UTC_NONE;
	if (s.n == 0)
		return NULL;
	if (day_parse(s, &day))
		*out = day_start(day, z);
	else if (str_u64(s, &sec) && sec < UINT64_C(100000000000))
		*out = (int64_t)sec * USEC;
	else if (!utc_parse_iso(&s, z, UTC_NONE, out) || s.n != 0)
		return "is not a time";
	return NULL;
}

static const char *
read_ports(struct str from, struct str until, struct lease *l)
{
	uint64_t a, b;

	if (from.n == 0 && until.n == 0)
		return NULL;
	if (!str_u64(from, &a) || !str_u64(until, &b) || a > b || b > 65535)
		return "are not two ports in order";
	if (a == 0 && b == 65535) /* that is every port */
		return NULL;
	if (a == 0)
		return "begin with port 0";
	l->port_first = (int)a;
	l->port_last = (int)b;
	return NULL;
}

static int
bad(struct err *e, const char *what, struct str value, const char *why)
{
	struct str v = str_head(value, 60);

	return err_set(e, ERR_USAGE, "%s '%.*s' %s", what, STR_FMT(v), why);
}

/* ERR_USAGE: a bad row, and why. */
static int
read_lease(const struct reader *r, const struct csv_row *row, struct lease *l,
    struct err *e)
{
	struct str prefix = field(r, row, COLUMN_PREFIX);
	struct str from = field(r, row, COLUMN_FROM);
	struct str until = field(r, row, COLUMN_UNTIL);
	struct str port = field(r, row, COLUMN_PORT_FROM);
	const char *why;

	if (row->open)
		return bad(e, "row", row->raw, "has an open quote");
	l->customer = field(r, row, COLUMN_CUSTOMER);
	if (l->customer.n == 0)
		return bad(e, "row", row->raw, "has no customer");
	if ((why = read_range(prefix, l)) != NULL)
		return bad(e, "prefix", prefix, why);
	if ((why = read_time(from, r->zone, &l->start)) != NULL)
		return bad(e, "from", from, why);
	if ((why = read_time(until, r->zone, &l->end)) != NULL)
		return bad(e, "until", until, why);
	if (l->start != UTC_NONE && l->end != UTC_NONE && l->end <= l->start)
		return bad(e, "until", until, "is not after from");
	why = read_ports(port, field(r, row, COLUMN_PORT_UNTIL), l);
	return why == NULL ? 0 : bad(e, "ports from", port, why);
}

static void
count_bad(struct lease_counts *counts, const struct reader *r,
    const struct csv_row *row, struct err *why)
{
	counts->bad++;
	if (counts->nsamples == LEASE_BAD_SAMPLES)
		return;
	err_wrap(why, "%s:%lld", r->path, (long long)row->line);
	counts->samples[counts->nsamples++] = *why;
}

static int
read_rows(struct reader *r, struct lease_sink *sink,
    struct lease_counts *counts, struct err *e)
{
	struct csv_row row;
	struct err why;
	int rc;

	while ((rc = csv_file_next(r->file, &row, e)) > 0) {
		struct lease l = {
		    .evidence = {str_z(r->path), row.offset, row.line}};

		counts->rows++;
		if (read_lease(r, &row, &l, &why) < 0) {
			count_bad(counts, r, &row, &why);
			continue;
		}
		if ((rc = sink->put(sink, &l, e)) < 0)
			return rc;
		counts->leases++;
	}
	return rc;
}

int
lease_csv_read_source(struct source *s, const struct zone *z,
    struct lease_sink *sink, struct lease_counts *counts, struct err *e)
{
	struct reader r = {.path = source_path(s), .zone = z};
	int rc = csv_file_of_source(&r.file, s, e);

	if (rc < 0)
		return rc;
	if ((rc = find_columns(&r, e)) == 0)
		rc = read_rows(&r, sink, counts, e);
	if (csv_file_truncated(r.file))
		counts->truncated = true;
	csv_file_close(r.file);
	return rc;
}

int
lease_csv_read(const char *path, const struct zone *z, struct lease_sink *sink,
    struct lease_counts *counts, struct err *e)
{
	struct source *s;
	int rc = source_open(&s, path, e);

	return rc < 0 ? rc : lease_csv_read_source(s, z, sink, counts, e);
}
