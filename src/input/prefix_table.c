/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prefixes nest or are apart, never cross: in order of their first address,
 * shorter ones first, the longest that holds an address is the last that
 * begins at or before it, or one of those around that one.
 */
#include "input/prefix_table.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "input/csv_file.h"

enum { PREFIX, LENGTH, ASN, NAME, COUNTRY, COLUMNS };
#define NO_COLUMN SIZE_MAX
#define NO_PARENT SIZE_MAX

struct entry {
	struct prefix prefix;
	struct origin origin;
	size_t row;
	size_t parent; /* the next shorter prefix around it */
};

struct prefix_table {
	struct entry *entries;
	size_t n, size;
	uint64_t bad_rows;
	struct arena mem; /* names */
};

static size_t
column(const struct csv_file *f, const char *name, const char *other)
{
	size_t at;

	return csv_file_column(f, name, &at) || csv_file_column(f, other, &at)
	           ? at
	           : NO_COLUMN;
}

/* True: the first line is a row, and no header. */
static bool
find_columns(const struct csv_file *f, size_t at[COLUMNS])
{
	struct addr a;

	for (size_t i = 0; i < COLUMNS; i++)
		at[i] = NO_COLUMN;
	if (addr_parse(csv_file_name(f, 0), &a)) {
		at[PREFIX] = 0;
		at[LENGTH] = 1;
		at[ASN] = 2;
		return true;
	}
	at[PREFIX] = column(f, "prefix", "network");
	at[ASN] = column(f, "asn", "autonomous_system_number");
	at[NAME] = column(f, "as_name", "autonomous_system_organization");
	at[COUNTRY] = column(f, "country", "country_code");
	return false;
}

/* "64496", "AS64496", and the first of "64496_64497", "{64496,64497}". */
static bool
read_asn(struct str s, uint32_t *out)
{
	uint64_t n;

	str_skip(&s, STR("{"));
	if (str_startsi(s, STR("AS")))
		s = str_from(s, 2);
	if (!str_u64(str_digits(&s), &n) || n == 0 || n > UINT32_MAX)
		return false;
	*out = (uint32_t)n;
	return s.n == 0 || s.p[0] == '_' || s.p[0] == ',' || s.p[0] == '}';
}

static bool
read_prefix(
    const struct str *field, const size_t at[COLUMNS], struct prefix *out)
{
	char text[ADDR_TEXT_MAX + 8];
	int n;

	if (at[LENGTH] == NO_COLUMN)
		return prefix_parse(str_trim(field[at[PREFIX]]), out);
	n = snprintf(text, sizeof(text), "%.*s/%.*s",
	    STR_FMT(field[at[PREFIX]]), STR_FMT(str_trim(field[at[LENGTH]])));
	return n > 0 && (size_t)n < sizeof(text) &&
	       prefix_parse(str_of(text, (size_t)n), out);
}

static struct str
keep(struct prefix_table *t, const struct str *field, size_t n, size_t at)
{
	struct str s = at < n ? str_trim(field[at]) : STR_NONE;

	return s.n > 0 ? arena_dup(&t->mem, s) : STR_NONE;
}

static void
add_row(struct prefix_table *t, const struct str *field, size_t n,
    const size_t at[COLUMNS])
{
	struct entry x = {.row = t->n};

	if (at[PREFIX] >= n || at[ASN] >= n ||
	    (at[LENGTH] != NO_COLUMN && at[LENGTH] >= n) ||
	    !read_prefix(field, at, &x.prefix) ||
	    !read_asn(str_trim(field[at[ASN]]), &x.origin.asn)) {
		t->bad_rows++;
		return;
	}
	x.origin.as_name = keep(t, field, n, at[NAME]);
	x.origin.country = keep(t, field, n, at[COUNTRY]);
	if (t->n == t->size) {
		t->size = t->size ? t->size * 2 : 1024;
		t->entries = xrealloc(t->entries, t->size * sizeof(x));
	}
	t->entries[t->n++] = x;
}

static int
read_rows(
    struct prefix_table *t, struct csv_file *f, const char *path, struct err *e)
{
	struct str first[COLUMNS];
	size_t at[COLUMNS], n = 0;
	struct csv_row row;
	int rc;

	if (find_columns(f, at)) {
		for (; n < 3; n++)
			first[n] = csv_file_name(f, n);
		add_row(t, first, n, at);
	} else if (at[PREFIX] == NO_COLUMN || at[ASN] == NO_COLUMN) {
		return err_set(e, ERR_USAGE,
		    "%s: the columns prefix and asn are missing", path);
	}
	while ((rc = csv_file_next(f, &row, e)) > 0) {
		if (row.open)
			t->bad_rows++;
		else
			add_row(t, row.fields, row.n, at);
	}
	if (rc == 0 && t->n == 0)
		rc = err_set(
		    e, ERR_USAGE, "%s: no row that is understood", path);
	return rc;
}

/* Of a prefix that comes twice the later row is the inner one, and holds. */
static int
by_place(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int c = addr_cmp(x->prefix.first, y->prefix.first);

	if (c != 0)
		return c;
	if (x->prefix.len != y->prefix.len)
		return x->prefix.len < y->prefix.len ? -1 : 1;
	return x->row < y->row ? -1 : 1;
}

static void
set_parents(struct prefix_table *t)
{
	size_t around = NO_PARENT;

	for (size_t i = 0; i < t->n; i++) {
		struct entry *x = &t->entries[i];
		while (around != NO_PARENT &&
		       !prefix_has(&t->entries[around].prefix, x->prefix.first))
			around = t->entries[around].parent;
		x->parent = around;
		around = i;
	}
}

int
prefix_table_open(struct prefix_table **out, const char *path, struct err *e)
{
	struct prefix_table *t;
	struct csv_file *f;
	int rc = csv_file_open(&f, path, e);

	if (rc < 0)
		return e->code = ERR_USAGE;
	t = xcalloc(1, sizeof(*t));
	rc = read_rows(t, f, path, e);
	csv_file_close(f);
	if (rc < 0) {
		prefix_table_free(t);
		return rc;
	}
	qsort(t->entries, t->n, sizeof(*t->entries), by_place);
	set_parents(t);
	*out = t;
	return 0;
}

const struct origin *
prefix_table_find(const struct prefix_table *t, struct addr a)
{
	size_t low = 0, high = t->n; /* the first that begins after a */

	while (low < high) {
		size_t at = (low + high) / 2;
		if (addr_cmp(t->entries[at].prefix.first, a) <= 0)
			low = at + 1;
		else
			high = at;
	}
	for (size_t i = low ? low - 1 : NO_PARENT; i != NO_PARENT;
	     i = t->entries[i].parent) {
		if (prefix_has(&t->entries[i].prefix, a))
			return &t->entries[i].origin;
	}
	return NULL;
}

uint64_t
prefix_table_bad_rows(const struct prefix_table *t)
{
	return t->bad_rows;
}

void
prefix_table_free(struct prefix_table *t)
{
	if (!t)
		return;
	free(t->entries);
	arena_free(&t->mem);
	free(t);
}
