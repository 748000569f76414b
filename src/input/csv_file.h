/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CSV file: the rows of a file (compressed or not, "-" = stdin) whose first
 * row names the columns.  Empty lines and lines that begin with # are left
 * out, also before the names.  The separator is the header's: , ; or tab.  A
 * row is one line: a field with a line end in it is not read on, so that one
 * stray quote cannot swallow the rows after it.
 */
#ifndef INPUT_CSV_FILE_H
#define INPUT_CSV_FILE_H

#include "base/csv.h"
#include "input/lines.h"

#define CSV_COLUMNS 256

struct csv_file;

struct csv_row {
	const struct str *fields; /* valid until the next row */
	size_t n;       /* at most CSV_COLUMNS, whatever the header says */
	bool open;      /* a quote was not closed: not to be trusted */
	struct str raw; /* the row as it was */
	int64_t offset, line; /* of its first byte, and from 1 */
};

/* Reads the header too: a file without one is ERR_USAGE. */
int csv_file_open(struct csv_file **out, const char *path, struct err *e);
/* The same over an open source, which is the CSV file's from here on. */
int csv_file_of_source(struct csv_file **out, struct source *s, struct err *e);
/* The index of a column; names are compared without case. */
bool csv_file_column(const struct csv_file *f, const char *name, size_t *out);
/* The same, or ERR_USAGE with "FILE:LINE: ...". */
int csv_file_need(
    const struct csv_file *f, const char *name, size_t *out, struct err *e);
/* The name of column i, absent past the last one. */
struct str csv_file_name(const struct csv_file *f, size_t i);
/* 1 a row, 0 the end, < 0 failed. */
int csv_file_next(struct csv_file *f, struct csv_row *row, struct err *e);
bool csv_file_truncated(const struct csv_file *f);
void csv_file_close(struct csv_file *f); /* NULL is fine */

#endif
