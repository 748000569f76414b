/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Line header: what stands before a log line's text.  No I/O; the reader
 * remembers only what the next header needs (the time before, a cached
 * stamp, whose log a ClamAV file is).
 */
#ifndef INPUT_LINE_HEADER_H
#define INPUT_LINE_HEADER_H

#include "base/buf.h"
#include "base/utc.h"
#include "model/line.h"

enum header_form {
	HEADER_NONE,
	HEADER_NEEDS_YEAR, /* year-less, and reader.year and .last unknown */
	HEADER_BSD,        /* Nov 23 11:12:43 host prog[pid]: text */
	HEADER_ISO,        /* 2026-11-23T11:12:43+01:00 host prog[pid]: text */
	HEADER_5424,    /* <34>1 2026-11-23T... host app procid id [sd] text */
	HEADER_EXIM,    /* 2026-11-23 11:12:43[.123] [+0100] text */
	HEADER_RSPAMD,  /* 2026-11-23 11:12:43 #123(normal) <id>; text */
	HEADER_CLAM,    /* Mon Nov 23 11:12:43 2026 -> text */
	HEADER_PUREMESSAGE, /* 2026-11-23T11:12:43 q=ID f=<... */
	HEADER_JOURNAL, /* journalctl -o json, or -o export */
};

/* What lines that follow each other have in common, of the one before. */
struct header_memo {
	enum header_form form; /* HEADER_NONE: nothing is known */
	char stamp[19];        /* to the second; of BSD's, it is in the reader */
	char zone[8], host[64];
	size_t zone_n, host_n;
	int64_t second; /* what the stamp was */
	int64_t last;   /* the line's time */
};

struct header_reader {
	const struct zone *zone; /* of stamps without an offset */
	struct str host;         /* for headers without one */
	int year;                /* of the first year-less stamp; 0 unknown */
	int64_t last;            /* time of the line before; UTC_NONE */
	bool clam_milter;        /* the ClamAV lines are clamav-milter's */
	char stamp[16];          /* the last year-less stamp ... */
	int64_t stamp_time;      /* ... and what it was */
	struct buf *decoded;     /* the text of a JSON line; the caller's */
	struct header_memo memo;
	bool slowly; /* for tests: each header is read as if it were the first */
};

/* path serves to tell clamav-milter's log from clamd's. */
struct header_reader header_reader_of(const struct zone *z, struct str host,
    const char *path, struct buf *decoded);
/* Fills the line; it points into raw, r->decoded and r->host.  A time before
 * 1970 is none: hours and slots are counted from there. */
enum header_form header_read(
    struct header_reader *r, struct str raw, struct log_line *line);
/* Takes Exim's own stamp off a syslog line's text; a year-less header's time
 * is replaced by it. */
void header_strip_exim(
    struct header_reader *r, enum header_form form, struct log_line *line);

/* "Nov 23 11:12:43" or "Nov 3 ..." at the start of s, stepped over; c->year
 * is not touched. */
bool stamp_parse_bsd(struct str *s, struct civil *c);
/* The year that puts a stamp nearest to the day of the line before: so the
 * year rolls over at the new year, a late line goes back, and after a clock
 * that stood at January 1 for some lines the right year is found again. */
int stamp_year(int month, int day, const struct civil *last);

#endif
