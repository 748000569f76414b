/* SPDX-License-Identifier: Apache-2.0 */
#include "input/lease_reader.h"

#include "base/arena.h"
#include "input/lines.h"

#define HOUR (3600 * USEC)

void
lease_give(struct lease_reader *r, struct lease *l)
{
	l->evidence = (struct evidence){str_z(r->path), r->offset, r->line};
	if (r->rc >= 0)
		r->rc = r->sink->put(r->sink, l, r->e);
}

enum lease_row
lease_bad(
    struct lease_reader *r, const char *what, struct str value, const char *why)
{
	struct str v = str_head(value, 60);

	err_set(&r->why, ERR_USAGE, "%s:%lld: %s '%.*s' %s", r->path,
	    (long long)r->line, what, STR_FMT(v), why);
	return LEASE_BAD;
}

void
lease_count(struct lease_reader *r, enum lease_row how)
{
	struct lease_counts *c = r->counts;

	c->rows++;
	c->leases += how == LEASE_USED;
	c->ignored += how == LEASE_IGNORED;
	c->bad += how == LEASE_BAD;
	if (how == LEASE_BAD && c->nsamples < LEASE_BAD_SAMPLES)
		c->samples[c->nsamples++] = r->why;
}

struct str
lease_column_of(
    const struct lease_options *opt, const char *field, const char *dflt)
{
	for (size_t i = 0; i < opt->ncolumns; i++)
		if (str_eq(opt->columns[i].field, str_z(field)))
			return opt->columns[i].name;
	return str_z(dflt);
}

/* A prefix whose host bits are zero (others would silently be a larger range
 * than was meant), one address, or FIRST-LAST. */
const char *
lease_read_range(struct str s, struct lease *l)
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
const char *
lease_read_time(struct str s, const struct zone *z, int64_t *out, int64_t *late)
{
	struct str again = s;
	int64_t day, second;
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
	else if (z != NULL && utc_parse_iso(&again, z, *out + 2 * HOUR, &second) &&
	         second - *out > *late)
		*late = second - *out;
	return NULL;
}

bool
lease_ends_after_start(struct lease *l)
{
	if (l->start == UTC_NONE || l->end == UTC_NONE || l->end > l->start)
		return true;
	l->end += l->late;
	return l->end > l->start;
}

enum lease_row
lease_read_span(struct lease_reader *r, struct str from, struct str until,
    struct lease *l)
{
	const struct zone *z = r->opt->zone;
	const char *why = lease_read_time(from, z, &l->start, &l->late);

	if (why != NULL)
		return lease_bad(r, "from", from, why);
	why = lease_read_time(until, z, &l->end, &l->late);
	if (why != NULL)
		return lease_bad(r, "until", until, why);
	if (!lease_ends_after_start(l))
		return lease_bad(r, "until", until, "is not after from");
	return LEASE_USED;
}

const char *
lease_read_ports(struct str from, struct str until, struct lease *l)
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

int64_t
lease_add(int64_t t, int64_t duration)
{
	int64_t sum;

	return t == UTC_NONE || __builtin_add_overflow(t, duration, &sum)
	           ? UTC_NONE
	           : sum;
}

int
lease_lines_read(struct source *s, struct lease_reader *r, lease_line_fn *take,
    void (*end)(struct lease_reader *r))
{
	struct lines *lines = lines_new(s, false);
	int64_t offset, number;
	struct str line;
	int rc;

	while ((rc = lines_next(lines, &line, &offset, &number, r->e)) > 0 &&
	       r->rc >= 0)
		take(r, line, offset, number);
	if (rc == 0)
		end(r);
	if (source_truncated(lines_source(lines)))
		r->counts->truncated = true;
	lines_free(lines);
	return r->rc < 0 ? r->rc : rc < 0 ? rc : 0;
}

struct str
lease_field(const struct lease_table *t, size_t i)
{
	return t->column[i] < t->row.n ? t->row.fields[t->column[i]] : STR("");
}

static struct str
first_row(struct str head)
{
	struct str line;

	str_skip(&head, STR("\xef\xbb\xbf"));
	while (str_has(head)) {
		line = str_trim(str_split(&head, '\n'));
		if (line.n > 0 && line.p[0] != '#')
			return line;
	}
	return STR_NONE;
}

bool
lease_table_claims(struct str head, const char *const *columns)
{
	struct str fields[CSV_COLUMNS], row = first_row(head);
	char copy[8192];
	size_t n, i;

	if (!str_has(row) || row.n > sizeof(copy))
		return false;
	memcpy(copy, row.p, row.n);
	n = csv_split(copy, row.n, csv_separator(row), fields, CSV_COLUMNS);
	if (n > CSV_COLUMNS)
		return false;
	for (; *columns != NULL; columns++) {
		for (i = 0; i < n; i++)
			if (str_eqi(str_trim(fields[i]), str_z(*columns)))
				break;
		if (i == n)
			return false;
	}
	return true;
}

static int
find_columns(
    struct lease_table *t, const struct lease_field *f, size_t n, struct err *e)
{
	struct arena mem = {0};
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		const char *name = arena_z(
		    &mem, lease_column_of(t->r.opt, f[i].name, f[i].column));
		bool named = name[0] != '\0' &&
		             strcmp(name, f[i].column ? f[i].column : "") != 0;

		t->column[i] = SIZE_MAX;
		if (f[i].needed || named)
			rc = csv_file_need(t->file, name, &t->column[i], e);
		else if (name[0] != '\0')
			csv_file_column(t->file, name, &t->column[i]);
	}
	arena_free(&mem);
	return rc;
}

static int
read_rows(struct lease_table *t, lease_row_fn *row, struct err *e)
{
	int rc;

	while ((rc = csv_file_next(t->file, &t->row, e)) > 0) {
		t->r.offset = t->row.offset;
		t->r.line = t->row.line;
		lease_count(&t->r, t->row.open
		                       ? lease_bad(&t->r, "row", t->row.raw,
		                             "has an open quote")
		                       : row(t));
		if (t->r.rc < 0)
			return t->r.rc;
	}
	return rc;
}

int
lease_table_read(struct source *s, const struct lease_options *opt,
    const struct lease_field *fields, size_t n, lease_row_fn *row,
    struct lease_sink *sink, struct lease_counts *counts, struct err *e)
{
	struct lease_table t = {.r = {.path = source_path(s),
	                            .opt = opt,
	                            .sink = sink,
	                            .counts = counts,
	                            .e = e}};
	int rc = csv_file_of_source(&t.file, s, e);

	if (rc < 0)
		return rc;
	if ((rc = find_columns(&t, fields, n, e)) == 0)
		rc = read_rows(&t, row, e);
	if (csv_file_truncated(t.file))
		counts->truncated = true;
	csv_file_close(t.file);
	return rc;
}
