/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parsers: one line of an MTA's log -> events.  To add an MTA in C: one file
 * parsers/x.c that ends in "const struct parser_ops parser_x", and one line
 * in parser_table[] (parsers/table.c).  doc/parser.md walks through it.
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

struct parser_ops {
	const char *name;    /* the record's "mta": "exim" */
	const char *summary; /* for "heloflow list parsers" */
	/* Does this program name belong to this MTA? */
	bool (*claims)(struct str program);
	/* Bytes of zeroed memory the framework keeps for each source file
	 * (0: none).  The only state a parser may have between lines; it must
	 * not hold pointers, for it is stored between runs. */
	size_t state_size;
	/* Reads one line.  Never fails: odd input is PARSED_UNKNOWN. */
	enum parsed (*line)(
	    const struct log_line *in, void *state, struct event_sink *sink);
};

extern const struct parser_ops *const parser_table[]; /* NULL-ended */
extern const struct parser_ops parser_postfix, parser_exim, parser_sendmail;

#endif
