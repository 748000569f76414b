/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A loaded pattern file, shared by pattern_load.c (reads the YAML),
 * pattern_check.c (tries the samples) and pattern.c (reads lines).
 */
#ifndef INPUT_PATTERN_SET_H
#define INPUT_PATTERN_SET_H

#include "base/condition.h"
#include "base/utc.h"
#include "input/pattern.h"

#define PATTERN_COLUMNS 64  /* of a CSV log that a file may name */
#define PATTERN_VALUES  256 /* those, and the groups of their patterns */
#define PATTERN_EVENTS  4   /* that one line may stand for */
#define CSV_NAMES       128 /* columns that a CSV log may have */
/* Of one line; a line with more is no server's. */
#define PATTERN_RECIPIENTS 10000

/* Beside the kinds of enum event_kind: the recipients go on under queue_id,
 * which is no longer parent_queue_id.  Two events, "same" and an "attempt". */
#define PATTERN_HANDOVER (EVENT_END + 1)

/* What a pattern can tell; the names are those of struct event. */
enum field {
	FIELD_QUEUE_ID,
	FIELD_PARENT_QUEUE_ID,
	FIELD_QUEUED_AS,
	FIELD_SESSION,
	FIELD_CLIENT_ADDR,
	FIELD_CLIENT_PORT,
	FIELD_CLIENT_NAME,
	FIELD_HELO,
	FIELD_PROTOCOL,
	FIELD_TLS,
	FIELD_AUTH_USER,
	FIELD_SENDER,
	FIELD_RECIPIENT,
	FIELD_ORIG_RECIPIENT,
	FIELD_NRCPT,
	FIELD_SIZE,
	FIELD_MESSAGE_ID,
	FIELD_SUBJECT,
	FIELD_RELAY,
	FIELD_RELAY_ADDR,
	FIELD_DISPOSITION,
	FIELD_STAGE,
	FIELD_REPLY,
	FIELD_DSN,
	FIELD_REASON,
	FIELD_TEXT,
	FIELD_TEXT_KIND,
	FIELD_N
};
extern const char *const pattern_field_name[FIELD_N + 1]; /* NULL-ended */

struct word_case {
	struct str word; /* or the beginning of one */
	bool prefix;
	struct str text;
};

/* Where a field's text comes from: a constant, or the first of some values
 * that is not empty, perhaps through a table of words. */
struct source {
	bool fixed;
	struct str text;      /* the constant */
	const size_t *values; /* indices */
	size_t nvalues; /* 0 and not fixed: the pattern has no such field */
	const struct word_case *cases;
	size_t ncases;
	bool has_else;
	struct str otherwise;
	char split; /* of recipients; 0: there is one */
};

/* What a column of a CSV log must hold. */
struct cell_test {
	size_t column;
	bool same; /* the same as another, and not empty */
	size_t other;
	const struct str *words; /* or one of these, or */
	size_t nwords;
	struct regex *match; /* this, whose groups are values from ... */
	size_t groups_at;    /* ... this index on */
};

struct pattern {
	struct str id;
	const struct yaml_node *node;
	int events[PATTERN_EVENTS]; /* enum event_kind, or the above */
	size_t nevents; /* 0: lines that are known and tell us nothing */
	struct condition line;
	struct cell_test *cells;
	size_t ncells;
	struct source field[FIELD_N];
};

enum time_format { TIME_ISO, TIME_EPOCH, TIME_EPOCH_MS, TIME_N };
extern const char *const pattern_time_name[TIME_N];

struct pattern_file {
	struct parser_ops ops;
	struct arena mem;
	const struct yaml_node *root;
	const struct str *programs; /* "name" or "name*" */
	size_t nprograms;
	enum time_format time_format;
	struct regex *stamp; /* of lines with a header of their own, or NULL */

	bool csv;
	struct str csv_header, csv_comment, sample_header; /* or absent */
	char separator;
	struct str columns[PATTERN_COLUMNS]; /* the values' first ones */
	uint32_t column_hash[PATTERN_COLUMNS];
	size_t ncolumns, time_column;

	struct pattern *patterns;
	size_t n;
	struct pattern_counts counts;
	struct pattern_scratch *scratch;
};

/* What a file's header line said, kept between runs. */
struct csv_state {
	uint32_t n; /* columns; 0 = no header yet */
	uint32_t name[CSV_NAMES];
};
uint32_t csv_name_hash(struct str name);

/* The first pattern that knows the line.  *values are set on REGEX_YES. */
enum regex_result pattern_find(const struct pattern_file *f,
    const struct log_line *in, const void *state, const struct pattern **out,
    struct str **values);
/* Does this one know it? */
enum regex_result pattern_test(const struct pattern_file *f,
    const struct pattern *p, const struct log_line *in, const void *state);

/* A field as it stands in the event, absent if it is not known; of the
 * recipients the one of this index. */
struct str pattern_field_text(
    const struct event *ev, enum field field, size_t index, struct arena *a);

void pattern_init(struct pattern_file *f); /* ops and scratch, once loaded */
/* Tries every sample; ERR_USAGE with FILE:LINE. */
int pattern_check(struct pattern_file *f, struct err *e);

#endif
