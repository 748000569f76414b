/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the readers of lease formats share: counting, the values in a field,
 * and for the CSV formats a table whose columns may be called differently.
 */
#ifndef INPUT_LEASE_READER_H
#define INPUT_LEASE_READER_H

#include "input/csv_file.h"
#include "input/lease_source.h"

enum lease_row { LEASE_USED, LEASE_IGNORED, LEASE_BAD };

struct lease_reader {
	const char *path;
	const struct lease_options *opt;
	struct lease_sink *sink;
	struct lease_counts *counts;
	int64_t offset, line; /* of the row being read */
	struct err why;       /* it is bad */
	int rc;               /* of the sink */
	struct err *e;
};

/* Hands a lease on, as said by the row being read; after a failure nothing. */
void lease_give(struct lease_reader *r, struct lease *l);
/* LEASE_BAD, because a value is not what it should be. */
enum lease_row lease_bad(struct lease_reader *r, const char *what,
    struct str value, const char *why);
/* Counts the row that was read. */
void lease_count(struct lease_reader *r, enum lease_row how);
/* What the file calls a field of ours: columns of the configuration, or dflt. */
struct str lease_column_of(
    const struct lease_options *opt, const char *field, const char *dflt);

/* Values; NULL or why it is none.  An empty time is UTC_NONE, empty ports are
 * all ports. */
const char *lease_read_range(struct str s, struct lease *l);
/* Of a local time that comes twice it is the first, and *late is made to be at least
 * what the second is after that. */
const char *lease_read_time(
    struct str s, const struct zone *z, int64_t *out, int64_t *late);
/* Is the end, or what it may have been, after the start?  If both are known. */
bool lease_ends_after_start(struct lease *l);
/* Both of them: LEASE_USED, or LEASE_BAD with what is wrong. */
enum lease_row lease_read_span(struct lease_reader *r, struct str from,
    struct str until, struct lease *l);
const char *lease_read_ports(
    struct str from, struct str until, struct lease *l);
/* t and a duration, both of a file: no overflow, UTC_NONE if it would. */
int64_t lease_add(int64_t t, int64_t duration);

/* Formats of lines: r is the first member of the format's own reader. */
typedef void lease_line_fn(
    struct lease_reader *r, struct str line, int64_t offset, int64_t number);
/* Takes s over, calls take for each line, and end behind the last of them. */
int lease_lines_read(struct source *s, struct lease_reader *r,
    lease_line_fn *take, void (*end)(struct lease_reader *r));

/* A column of a CSV format: our name, the format's own, must it be there? */
struct lease_field {
	const char *name, *column;
	bool needed;
};
#define LEASE_FIELDS 16

struct lease_table {
	struct lease_reader r;
	struct csv_file *file;
	struct csv_row row;
	size_t column[LEASE_FIELDS]; /* SIZE_MAX: the file has none */
};

typedef enum lease_row lease_row_fn(struct lease_table *t);

/* The field of the row; "" if the file or the row has none. */
struct str lease_field(const struct lease_table *t, size_t i);
/* Are all these columns in the first row? */
bool lease_table_claims(struct str head, const char *const *columns);
/* A reader over a table: takes s over, calls row for each. */
int lease_table_read(struct source *s, const struct lease_options *opt,
    const struct lease_field *fields, size_t n, lease_row_fn *row,
    struct lease_sink *sink, struct lease_counts *counts, struct err *e);

#endif
