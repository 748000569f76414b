/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Log lines as they were read: from the file and byte offset (decompressed)
 * that every fact keeps.  Files are rotated: a line is only shown if what
 * stands at the offset is a line that holds one of the message's ids, or, of a
 * message without ids, one of the words.
 */
#ifndef REPORT_LOGLINE_H
#define REPORT_LOGLINE_H

#include "base/arena.h"

struct logline {
	struct str source;
	int64_t offset;
	struct str ids[3];   /* queue ids, Message-ID; absent = none */
	struct str words[2]; /* client, sender */
	/* Filled by loglines_read: */
	struct str text;     /* the line; absent if it could not be had */
	const char *missing; /* then: why, in words; else NULL */
};

/* Reads each file once, in order of offset.  Text is in mem; a line is cut at
 * LOGLINE_MAX bytes. */
#define LOGLINE_MAX 2000
void loglines_read(struct logline *lines, size_t n, struct arena *mem);

#endif
