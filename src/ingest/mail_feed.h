/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mail feed: log files in, assembled messages out.  The files of one call are
 * merged by event time; each line goes to the parser of its program, or to
 * the verdict rules, and is counted as used, ignored or unparsed.
 */
#ifndef INGEST_MAIL_FEED_H
#define INGEST_MAIL_FEED_H

#include "ingest/assemble.h"
#include "input/logfile.h"
#include "input/parsers.h"
#include "rule/rules.h"

/* lines = used + ignored + unparsed. */
struct line_counts {
	int64_t lines, used, ignored, unparsed;
};

struct mail_input {
	const char *path; /* "-" = standard input */
	const char *name; /* what evidence shows; NULL = path */
	unsigned number;  /* tells files apart that repeat each other's lines */
	struct str state; /* resuming: what mail_feed_state() gave, or absent */
	struct logfile_options opt; /* but for its state */
	const struct parser_ops *mta; /* for programs nobody claims; or NULL */
	enum direction direction;     /* DIR_NONE: the sink's to tell */
};

struct mail_feed;

/* A line nobody understood; raw and program are valid during the call. */
struct unparsed_sink {
	void (*line)(struct unparsed_sink *sink, struct str raw,
	    struct str program, const struct evidence *ev);
};

/* What one logging host said in one hour in one file. */
struct hour_counts {
	struct str host, path; /* path: as evidence shows it */
	int64_t hour; /* its start */
	struct line_counts n;
};

struct mail_feed *mail_feed_new(const struct parsers *parsers,
    const struct rules *rules, struct assembler *a,
    struct unparsed_sink *unparsed);
void mail_feed_free(struct mail_feed *f);
/* Opens a file; its number is that of the call, from 0. */
int mail_feed_add(
    struct mail_feed *f, const struct mail_input *in, struct err *e);
/* Reads the next line in order of time: 1, or 0 at the end. */
int mail_feed_step(struct mail_feed *f, struct err *e);
/* With opt.follow, after the end: what waits for its rest (a line without a
 * line end, parts of a line) is to be read, for no rest comes. */
void mail_feed_finish(struct mail_feed *f);

size_t mail_feed_files(const struct mail_feed *f);
const char *mail_feed_path(const struct mail_feed *f, size_t file);
struct line_counts mail_feed_counts(const struct mail_feed *f, size_t file);
struct line_counts mail_feed_total(const struct mail_feed *f);
bool mail_feed_truncated(const struct mail_feed *f, size_t file);
/* Not resumed: its counts are those of the whole file. */
bool mail_feed_from_start(const struct mail_feed *f, size_t file);
/* How far a file was read, and the earliest and latest time in it. */
struct feed_position {
	struct logfile_place place;
	int64_t first, last; /* UTC_NONE = no line had a time */
};
struct feed_position mail_feed_position(const struct mail_feed *f, size_t file);
/* Bytes read of all files, as they are on the disk; total 0 = not known. */
void mail_feed_progress(
    const struct mail_feed *f, int64_t *done, int64_t *total);
/* The file whose line is being read, for sinks. */
size_t mail_feed_current(const struct mail_feed *f);
/* All that is needed to read a file on in another run as if nothing had been
 * between; appended to out. */
void mail_feed_state(const struct mail_feed *f, size_t file, struct buf *out);
/* Hours heard since the last call of mail_feed_hours_reset. */
const struct hour_counts *mail_feed_hour(const struct mail_feed *f, size_t *at);
void mail_feed_hours_reset(struct mail_feed *f);

#endif
