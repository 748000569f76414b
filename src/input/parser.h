/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parsers: one line of an MTA's log -> events.  To add an MTA without C: one
 * file parsers/x.yaml (input/pattern.h).  In C: one file parsers/x.c that
 * ends in "const struct parser_ops parser_x", and one line in parser_table[]
 * (parsers/table.c).  doc/parser.md walks through both.
 */
#ifndef INPUT_PARSER_H
#define INPUT_PARSER_H

#include "model/event.h"
#include "model/line.h"

/* Where a parser's events go.  ev is copied or used before emit returns.
 * instance: syslog name if it is not the MTA's default ("postfix-out"),
 * else absent. */
struct event_sink {
	void (*emit)(struct event_sink *sink, struct str instance,
	    const struct event *ev);
};

struct zone;

enum headed {
	HEAD_OTHER,   /* not the format's own header: syslog's may do */
	HEAD_BAD,     /* of this format, but cannot be read: unparsed */
	HEAD_TIMED,   /* the line is filled */
	HEAD_UNTIMED, /* a line without a time: of the line before's time */
};

struct parser_ops {
	const char *name;    /* the record's "mta": "exim" */
	const char *summary; /* for "heloflow list parsers" */
	/* Given to each function: what a parser in YAML has loaded; NULL for
	 * one in C. */
	const void *cfg;
	/* Does this program name belong to this MTA? */
	bool (*claims)(const void *cfg, struct str program);
	/* Bytes of zeroed memory the framework keeps for each source file
	 * (0: none).  The only state a parser may have between lines; it must
	 * not hold pointers, for it is stored between runs. */
	size_t state_size;
	/* For MTAs with a log format of their own: reads the header of a raw
	 * line in a file that is said to be of this MTA.  line comes with the
	 * time of the line before (UTC_NONE if there is none) and the
	 * configured host; its text may be cut to what follows the header.
	 * NULL: the MTA logs through syslog. */
	enum headed (*head)(const void *cfg, struct str raw,
	    const struct zone *zone, const void *state, struct log_line *line);
	/* Reads one line.  Never fails: odd input is PARSED_UNKNOWN. */
	enum parsed (*line)(const void *cfg, const struct log_line *in,
	    void *state, struct event_sink *sink);
};

/* Those in C. */
extern const struct parser_ops *const parser_table[]; /* NULL-ended */
extern const struct parser_ops parser_postfix, parser_exim, parser_sendmail;

#endif
