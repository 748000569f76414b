/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Log file: the lines of one source with their headers read.  Knows BSD
 * syslog, RFC 3339 and RFC 5424 headers, a PRI prefix, Exim's and rspamd's
 * and ClamAV's own stamps (see doc/logfile.md); gives the program "exim",
 * "rspamd", "clamd" or "clamav-milter" to a line of such a file.
 */
#ifndef INPUT_LOGFILE_H
#define INPUT_LOGFILE_H

#include "base/utc.h"
#include "input/parser.h"
#include "input/source.h"

struct logfile_options {
	const struct zone *zone; /* of stamps without an offset; NULL = UTC */
	int year;		 /* of the first year-less stamp; 0 = infer */
	struct str host;	 /* for lines whose header has none */
};

struct logfile;

enum line_kind {
	LINE_END,
	LINE_HEADED,	   /* log_line is filled */
	LINE_CONTINUATION, /* no header, follows one: log_line.continuation */
	LINE_UNHEADED,	   /* no header could be read; only text is set */
};

int logfile_open(struct logfile **out, const char *path,
    const struct logfile_options *opt, struct err *e);
/* The next line; text is valid until the next call.  raw is the whole line
 * without its line end.  Lines over LINE_MAX_BYTES are cut and counted. */
int logfile_next(struct logfile *f, enum line_kind *kind,
    struct log_line *line, struct str *raw, struct evidence *ev,
    struct err *e);
bool logfile_truncated(const struct logfile *f);
void logfile_close(struct logfile *f);

#define LINE_MAX_BYTES (1 << 20)

#endif
