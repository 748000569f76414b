/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Log file: the lines of one source with their headers read.  Knows BSD
 * syslog, RFC 3339 and RFC 5424 headers, a PRI prefix, the journal's JSON and
 * export formats, Exim's and rspamd's and ClamAV's own stamps (see
 * doc/logfile.md); gives the program "exim",
 * "rspamd", "clamd" or "clamav-milter" to a line of such a file.  Lines that
 * Exim split for syslog ("[1/3] ...") are whole again.
 *
 * A line without a year takes the year of options.year, or else of the latest
 * year in which the file's last line is not after the file's mtime (stdin:
 * its first line not after now), and rolls over at the new year.
 */
#ifndef INPUT_LOGFILE_H
#define INPUT_LOGFILE_H

#include "base/utc.h"
#include "input/lines.h"
#include "input/parser.h"

#define LOGFILE_REPEAT_MAX 100000

struct logfile_options {
	const struct zone *zone; /* of stamps without an offset; NULL = UTC */
	int year;                /* of the first year-less stamp; 0 = infer */
	struct str host;         /* for lines whose header has none */
	/* Resuming: what logfile_save() gave; absent = from the start.  Must
	 * live as long as the log file. */
	struct str state;
	/* The file still grows: a last line without a line end is kept until
	 * the rest of it comes, and LINE_END means "nothing more now". */
	bool follow;
	const char *name; /* of the file, if the path does not tell; or NULL */
	/* A file in an MTA's own format: its parser, if that reads the headers
	 * itself, and the state that it is given. */
	const struct parser_ops *own;
	const void *own_state;
	int64_t now; /* for tests: instead of the clock; 0 = the clock */
};

/* lines = lines returned (each as many as logfile_lines) + empty + joined. */
struct logfile_counts {
	int64_t lines;    /* line ends met, or a last line without one */
	int64_t empty;    /* nothing in it; skipped */
	int64_t joined;   /* parts that became the end of another line */
	int64_t cut;      /* longer than LINE_MAX_BYTES */
	int64_t repeated; /* more copies that "repeated N times" stands for */
};

struct logfile;

enum line_kind {
	LINE_END,
	LINE_HEADED, /* log_line is filled */
	/* Follows a line with a header, or has none in a format that reads its
	 * own headers: log_line.continuation; its time may be UTC_NONE. */
	LINE_CONTINUATION,
	LINE_UNHEADED, /* no header could be read; only text is set */
};

int logfile_open(struct logfile **out, const char *path,
    const struct logfile_options *opt, struct err *e);
/* The same over an open source, which the log file owns from here on, also
 * if this fails. */
int logfile_of_source(struct logfile **out, struct source *s,
    const struct logfile_options *opt, struct err *e);
/* The next line; text is valid until the next call, ev->source until the
 * close.  raw is the whole line without its line end.  Lines over LINE_MAX_BYTES are cut and counted. */
int logfile_next(struct logfile *f, enum line_kind *kind, struct log_line *line,
    struct str *raw, struct evidence *ev, struct err *e);
/* How many times the line just returned happened: 1, or N (at most
 * LOGFILE_REPEAT_MAX) if syslog wrote "[last ]message repeated N times" in
 * its place.  The line counts as one line read and N statements. */
int logfile_repeat(const struct logfile *f);
/* How many lines of the file the one just returned is made of: 1, or more if
 * it is an entry of the journal in its export format. */
int64_t logfile_lines(const struct logfile *f);
/* Nothing more will be written: a last line without a line end is one, and
 * parts that wait for the others are given as they are. */
void logfile_finish(struct logfile *f);
/* How far it was read, and the last line that is not empty: what a file is
 * known by when it is read on in another run. */
struct logfile_place {
	int64_t next;          /* where the next line begins */
	int64_t offset, bytes; /* of the last line, without its end */
	uint64_t hash;         /* hash_str of it, seed 0 */
};
struct logfile_place logfile_place(const struct logfile *f);
/* All that is needed to read on from here as if nothing had been between. */
void logfile_save(const struct logfile *f, struct buf *out);
const struct source *logfile_source(const struct logfile *f);
struct logfile_counts logfile_counts(const struct logfile *f);
bool logfile_truncated(const struct logfile *f);
void logfile_close(struct logfile *f); /* NULL is fine */

#endif
