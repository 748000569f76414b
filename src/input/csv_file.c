/* SPDX-License-Identifier: Apache-2.0 */
#include "input/csv_file.h"

#include <stdlib.h>

#include "base/arena.h"

struct csv_file {
	struct lines *lines;
	const char *path;
	char sep;
	int64_t header_line;
	struct arena arena; /* the column names */
	struct str names[CSV_COLUMNS];
	size_t nnames;
	char *row; /* LINE_MAX_BYTES, to be split in place */
	struct str fields[CSV_COLUMNS];
};

/* A line that is no comment and not empty. */
static int
next_line(struct csv_file *f, struct str *s, int64_t *offset, int64_t *line,
    struct err *e)
{
	int rc;

	do
		rc = lines_next(f->lines, s, offset, line, e);
	while (rc > 0 &&
	       (str_trim(*s).n == 0 || str_starts(str_trim(*s), STR("#"))));
	return rc;
}

static int
read_header(struct csv_file *f, struct err *e)
{
	static const struct str bom = {"\xef\xbb\xbf", 3};
	struct str s, fields[CSV_COLUMNS];
	int64_t offset;
	char *copy;
	int rc = next_line(f, &s, &offset, &f->header_line, e);

	if (rc < 0)
		return rc;
	if (rc == 0)
		return err_set(e, ERR_USAGE,
		    "%s: a line that names the columns is missing", f->path);
	str_skip(&s, bom);
	f->sep = csv_separator(s);
	copy = arena_z(&f->arena, s);
	f->nnames = csv_split(copy, s.n, f->sep, fields, CSV_COLUMNS);
	if (f->nnames > CSV_COLUMNS)
		return err_set(e, ERR_USAGE, "%s:%lld: more than %d columns",
		    f->path, (long long)f->header_line, CSV_COLUMNS);
	for (size_t i = 0; i < f->nnames; i++)
		f->names[i] = str_trim(fields[i]);
	return 0;
}

int
csv_file_of_source(struct csv_file **out, struct source *s, struct err *e)
{
	struct csv_file *f = xcalloc(1, sizeof(*f));
	int rc;

	f->lines = lines_new(s, false);
	f->path = source_path(s);
	f->row = xmalloc(LINE_MAX_BYTES);
	rc = read_header(f, e);
	if (rc < 0)
		csv_file_close(f);
	else
		*out = f;
	return rc;
}

int
csv_file_open(struct csv_file **out, const char *path, struct err *e)
{
	struct source *s;
	int rc = source_open(&s, path, e);

	return rc < 0 ? rc : csv_file_of_source(out, s, e);
}

bool
csv_file_column(const struct csv_file *f, const char *name, size_t *out)
{
	for (size_t i = 0; i < f->nnames; i++) {
		if (str_eqi(f->names[i], str_z(name))) {
			*out = i;
			return true;
		}
	}
	return false;
}

int
csv_file_need(
    const struct csv_file *f, const char *name, size_t *out, struct err *e)
{
	if (csv_file_column(f, name, out))
		return 0;
	return err_set(e, ERR_USAGE, "%s:%lld: the column '%s' is missing",
	    f->path, (long long)f->header_line, name);
}

struct str
csv_file_name(const struct csv_file *f, size_t i)
{
	return i < f->nnames ? f->names[i] : STR_NONE;
}

int
csv_file_next(struct csv_file *f, struct csv_row *row, struct err *e)
{
	struct str s;
	int rc = next_line(f, &s, &row->offset, &row->line, e);

	if (rc <= 0)
		return rc;
	row->raw = s;
	row->open = csv_is_open(s, f->sep);
	memcpy(f->row, s.p, s.n);
	row->n = csv_split(f->row, s.n, f->sep, f->fields, CSV_COLUMNS);
	row->fields = f->fields;
	if (row->n > CSV_COLUMNS)
		row->n = CSV_COLUMNS;
	return 1;
}

bool
csv_file_truncated(const struct csv_file *f)
{
	return source_truncated(lines_source(f->lines));
}

void
csv_file_close(struct csv_file *f)
{
	if (f == NULL)
		return;
	lines_free(f->lines);
	arena_free(&f->arena);
	free(f->row);
	free(f);
}
