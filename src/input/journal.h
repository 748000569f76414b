/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries of systemd's journal as "journalctl -o json" (one object a line) and
 * "journalctl -o export" print them.  Formats: systemd.journal-fields(7),
 * https://systemd.io/JOURNAL_EXPORT_FORMATS.  Read by hand and in place: an
 * entry has thirty fields, of which a mail log needs eight, at a rate of
 * hundred thousands a second.
 *
 * A field that stands twice has no value: it can be read in two ways.
 */
#ifndef INPUT_JOURNAL_H
#define INPUT_JOURNAL_H

#include "base/buf.h"

enum journal_field {
	JOURNAL_TIME,        /* __REALTIME_TIMESTAMP: received, microseconds */
	JOURNAL_SOURCE_TIME, /* _SOURCE_REALTIME_TIMESTAMP: sent */
	JOURNAL_HOST,        /* _HOSTNAME */
	JOURNAL_IDENTIFIER,  /* SYSLOG_IDENTIFIER */
	JOURNAL_COMM,        /* _COMM, where there is no identifier */
	JOURNAL_SYSLOG_PID,
	JOURNAL_PID, /* _PID */
	JOURNAL_MESSAGE,
	JOURNAL_FIELDS
};

/* Absent: not there, null (journalctl leaves out what is longer than 4,096
 * bytes unless --all is given), or there twice. */
struct journal_entry {
	struct str value[JOURNAL_FIELDS];
	unsigned met; /* bits 1 << field */
};

/* Fields point into raw, or into scratch where they had to be decoded; false:
 * it is no JSON object.  Bytes 0 to 255 in an array are text too. */
bool journal_read_json(
    struct str raw, struct buf *scratch, struct journal_entry *out);
/* raw: the lines of one entry, which begins as journal_starts says. */
void journal_read_export(struct str raw, struct journal_entry *out);
static inline bool
journal_starts(struct str s) /* asked of every line */
{
	return str_starts(s, STR("__CURSOR="));
}

/* Where an entry of the export format ends, found piece by piece. */
struct journal_scan {
	bool begun;      /* behind the first field's head */
	size_t seen;     /* bytes from where the caller counts */
	bool in_text;    /* of a field, up to the line end */
	uint64_t binary; /* bytes of a binary field that are still to come */
	size_t end_n;    /* bytes of the empty line that ended it */
};

/* Bytes of a field's head that a scan may have to leave unseen. */
#define JOURNAL_HEAD_MAX 80

/* Looks on in s, in which the first scan->seen bytes have been seen; true: an
 * empty line, the next entry or what is no field follows the seen bytes. */
bool journal_scan(struct journal_scan *scan, struct str s);

#endif
