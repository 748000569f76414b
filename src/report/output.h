/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Outputs: rows of a verb as a text table, JSON, JSON Lines or CSV.  To add
 * one: one file src/report/out_x.c that ends in "const struct output_ops
 * output_x", and one line in output_table[] (doc/output.md).
 */
#ifndef REPORT_OUTPUT_H
#define REPORT_OUTPUT_H

#include <stdio.h>

#include "base/buf.h"
#include "base/value.h"

struct column {
	const char *name;     /* the key in JSON and CSV */
	const char *title;    /* heading in text; NULL: not shown in text */
	enum value_type type; /* TIME, BOOL, JSON: read an INT / TEXT as that */
};

struct output {
	const struct output_ops *ops;
	FILE *to;
	const struct column *cols;
	size_t n;
	bool single; /* one object, not a list */
	int64_t rows;
	struct buf buf; /* the ops' own */
	void *state;    /* the ops' own */
};

struct output_ops {
	const char *name; /* what -o takes */
	const char *media_type;
	const char *summary;
	void (*begin)(struct output *o);
	void (*row)(struct output *o, const struct value *v);
	void (*end)(struct output *o);
};

extern const struct output_ops *const output_table[]; /* NULL-ended */
extern const struct output_ops output_text, output_json, output_jsonl,
    output_csv;
const struct output_ops *output_find(struct str name); /* or NULL */

/* cols must outlive the output.  single: exactly one row will come; JSON is
 * then an object, text is name and value. */
void output_begin(struct output *o, const struct output_ops *ops, FILE *to,
    const struct column *cols, size_t n, bool single);
void output_row(struct output *o, const struct value *v); /* n values */
void output_end(struct output *o);

/* The same values as members of an object that is open, unknown ones null. */
struct json;
void output_members(struct json *j, const struct column *cols, size_t n,
    const struct value *v);

#endif
