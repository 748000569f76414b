/* SPDX-License-Identifier: Apache-2.0 */
/* One log line with its header read, and what a reader can make of it. */
#ifndef MODEL_LINE_H
#define MODEL_LINE_H

#include "base/str.h"

struct log_line {
	int64_t time;	    /* microseconds UTC */
	struct str host;    /* "" if the log has none */
	struct str program; /* "postfix/smtpd", "sm-mta", "exim" */
	int pid;	    /* 0 = not logged */
	struct str text;    /* what follows "program[pid]: " */
	/* A line with no header of its own, in a file of this parser's MTA
	 * (a block of Exim's rejectlog): host and time are the last line's. */
	bool continuation;
};

enum parsed {
	PARSED_UNKNOWN, /* not understood: counted, sampled, shown */
	PARSED_IGNORED, /* known, and nothing in it for us */
	PARSED_USED,	/* at least one event was emitted, or state was kept */
};

#endif
