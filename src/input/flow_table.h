/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flow table: the rows of a text with fields by a separator, whose columns are
 * known by their names, from a header line or from the caller.  Lines are read
 * into one buffer, whatever the file's size; empty ones and those that begin
 * with # are left out.
 */
#ifndef INPUT_FLOW_TABLE_H
#define INPUT_FLOW_TABLE_H

#include "input/flow_rows.h"

#define FLOW_TABLE_COLUMNS 256
#define FLOW_TABLE_NAMES   24 /* columns that one format knows */

struct flow_table {
	struct flow_rows rows; /* first */
	FILE *f;
	char *line, *split; /* the line as it was; taken apart */
	struct str text;    /* the line */
	struct str header;  /* to know it again */
	int64_t number;     /* of the line, from 1 */
	char sep;
	bool too_long, ended, cut;
	bool in_tail; /* for the format: until the header comes again */
	bool last_may_lack_end; /* else a last line without its end is cut */
	size_t at[FLOW_TABLE_NAMES]; /* where a name's column is */
	size_t nnames, ncolumns;
	struct str fields[FLOW_TABLE_COLUMNS];
	size_t nfields;
};

/* Is the first line a header with all these names (NULL-ended)? */
bool flow_table_claims(struct str head, const char *const *names);
/* The first line that is none to be left out; absent if there is none. */
struct str flow_table_first_line(struct str head);

/* Takes f over; the rest of the table is made by one of the next two. */
struct flow_table *flow_table_new(
    FILE *f, struct flow_run *run, const char *path);
/* Reads the header line.  names: at[i] is where names[i] is; the first so many
 * must be there, else it is ERR_USAGE. */
int flow_table_header(struct flow_table *t, const char *const *names, size_t n,
    size_t needed, struct err *e);
/* The same with the header in hand. */
int flow_table_columns(struct flow_table *t, struct str header,
    const char *const *names, size_t n, size_t needed, struct err *e);
/* Is column i of the names there? */
bool flow_table_has(const struct flow_table *t, size_t i);
/* The next line into t->text: 1, or 0 at the end. */
int flow_table_line(struct flow_table *t);
/* Takes the line apart; NULL, or why it is no row. */
const char *flow_table_split(struct flow_table *t);
/* The field of column i of the names; empty if there is none. */
struct str flow_table_field(const struct flow_table *t, size_t i);
const char *flow_table_damage(const void *state);
void flow_table_close(void *state);

#endif
