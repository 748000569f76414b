/* SPDX-License-Identifier: Apache-2.0 */
#include "input/flow_table.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/csv.h"

#define LINE_BYTES ((size_t)64 * 1024)
#define NOWHERE    SIZE_MAX

static bool
is_left_out(struct str line)
{
	line = str_trim(line);
	return line.n == 0 || line.p[0] == '#';
}

static struct str
without_bom(struct str s)
{
	str_skip(&s, STR("\xef\xbb\xbf"));
	return s;
}

struct str
flow_table_first_line(struct str head)
{
	head = without_bom(head);
	while (str_has(head) && head.n > 0) {
		struct str line = str_split(&head, '\n');

		if (!is_left_out(line))
			return str_trim(line);
	}
	return STR_NONE;
}

/* Where a name is among the fields of a header. */
static size_t
find_name(const struct str *fields, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (str_eqi(fields[i], str_z(name)))
			return i;
	}
	return NOWHERE;
}

/* copy: room for the header, which the fields point into. */
static size_t
split_header(
    struct str header, char *copy, struct str fields[FLOW_TABLE_COLUMNS])
{
	size_t n;

	memcpy(copy, header.p, header.n);
	n = csv_split(
	    copy, header.n, csv_separator(header), fields, FLOW_TABLE_COLUMNS);
	return n < FLOW_TABLE_COLUMNS ? n : FLOW_TABLE_COLUMNS;
}

bool
flow_table_claims(struct str head, const char *const *names)
{
	struct str fields[FLOW_TABLE_COLUMNS];
	struct str header = flow_table_first_line(head);
	char copy[4096];
	size_t n;

	if (!str_has(header) || header.n > sizeof(copy))
		return false;
	n = split_header(header, copy, fields);
	for (; *names; names++) {
		if (find_name(fields, n, *names) == NOWHERE)
			return false;
	}
	return true;
}

struct flow_table *
flow_table_new(FILE *f, struct flow_run *run, const char *path)
{
	struct flow_table *t = xcalloc(1, sizeof(*t));

	flow_rows_init(&t->rows, run, path);
	t->f = f;
	t->line = xmalloc(LINE_BYTES);
	t->split = xmalloc(LINE_BYTES);
	return t;
}

/* A line without its end; false if there is none, or its end is missing. */
static bool
read_line(struct flow_table *t)
{
	size_t n = 0;
	int c;

	t->too_long = false;
	while ((c = getc_unlocked(t->f)) != EOF && c != '\n') {
		if (n < LINE_BYTES)
			t->line[n++] = (char)c;
		else
			t->too_long = true;
	}
	t->ended = c == EOF;
	t->cut = t->ended && n > 0 && !t->last_may_lack_end;
	t->text = str_trim(str_of(t->line, n));
	if (t->number++ == 0)
		t->text = without_bom(t->text);
	return !t->cut && !(t->ended && n == 0);
}

int
flow_table_line(struct flow_table *t)
{
	while (!t->ended && read_line(t)) {
		if (is_left_out(t->text))
			continue;
		if (!str_eq(t->text, t->header))
			return 1;
		t->in_tail = false; /* another file put behind */
	}
	return 0;
}

int
flow_table_columns(struct flow_table *t, struct str header,
    const char *const *names, size_t n, size_t needed, struct err *e)
{
	t->sep = csv_separator(header);
	t->ncolumns = split_header(header, t->split, t->fields);
	t->nnames = n;
	for (size_t i = 0; i < n; i++) {
		t->at[i] = find_name(t->fields, t->ncolumns, names[i]);
		if (i < needed && t->at[i] == NOWHERE)
			return err_set(e, ERR_USAGE,
			    "%s: the column '%s' is missing", t->rows.path,
			    names[i]);
	}
	return 0;
}

int
flow_table_header(struct flow_table *t, const char *const *names, size_t n,
    size_t needed, struct err *e)
{
	char *copy;

	if (!flow_table_line(t) || t->too_long)
		return err_set(e, ERR_USAGE,
		    "%s: a line that names the columns is missing",
		    t->rows.path);
	copy = xmalloc(t->text.n);
	memcpy(copy, t->text.p, t->text.n);
	t->header = str_of(copy, t->text.n);
	return flow_table_columns(t, t->header, names, n, needed, e);
}

bool
flow_table_has(const struct flow_table *t, size_t i)
{
	return t->at[i] != NOWHERE;
}

const char *
flow_table_split(struct flow_table *t)
{
	if (t->too_long)
		return "a line that is too long";
	if (csv_is_open(t->text, t->sep))
		return "a quote without its end";
	memcpy(t->split, t->text.p, t->text.n);
	t->nfields = csv_split(
	    t->split, t->text.n, t->sep, t->fields, FLOW_TABLE_COLUMNS);
	return t->nfields == t->ncolumns ? NULL
	                                 : "not as many fields as columns";
}

struct str
flow_table_field(const struct flow_table *t, size_t i)
{
	return t->at[i] < t->nfields ? t->fields[t->at[i]] : STR("");
}

const char *
flow_table_damage(const void *state)
{
	const struct flow_table *t = state;

	return t->cut ? "its last line has no end, and was left out" : NULL;
}

void
flow_table_close(void *state)
{
	struct flow_table *t = state;

	fclose(t->f);
	free((char *)(uintptr_t)t->header.p);
	free(t->line);
	free(t->split);
	free(t);
}
