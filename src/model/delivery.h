/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The delivery record's nouns: what happened to one recipient of one message
 * (or of one rejected transaction), and what filters said of the message.
 * Verdict (what a filter said) and disposition (what the server did) are two
 * things.  Names are the record's names in JSON, SQL and YAML (doc/record.md).
 */
#ifndef MODEL_DELIVERY_H
#define MODEL_DELIVERY_H

#include "base/addr.h"
#include "base/str.h"

enum disposition {
	DISP_NONE,
	DISP_DELIVERED,	  /* also relayed onward */
	DISP_DEFERRED,
	DISP_BOUNCED,
	DISP_EXPIRED,
	DISP_REJECTED,	  /* 5xx to the client */
	DISP_TEMPFAILED,  /* 4xx to the client */
	DISP_DISCARDED,
	DISP_QUARANTINED,
	DISP_ABORTED,	  /* the peer went away */
	DISP_N
};

/* Where in the SMTP dialogue a rejected, tempfailed or aborted one ended. */
enum stage {
	STAGE_NONE,
	STAGE_CONNECT,
	STAGE_HELO,
	STAGE_AUTH,
	STAGE_MAIL,
	STAGE_RCPT,
	STAGE_DATA,
	STAGE_EOM,
	STAGE_N
};

/* Worst last but for LISTED and GREYLISTED, which are never adverse: the
 * order of severity is virus, spam, banned, listed, greylisted, clean. */
enum verdict_kind {
	VERDICT_NONE,
	VERDICT_CLEAN,
	VERDICT_GREYLISTED,
	VERDICT_LISTED,
	VERDICT_BANNED,
	VERDICT_SPAM,
	VERDICT_VIRUS,
	VERDICT_N
};

enum direction { DIR_NONE, DIR_IN, DIR_OUT, DIR_LOCAL, DIR_N };

extern const char *const disposition_name[DISP_N]; /* [0] is NULL */
extern const char *const stage_name[STAGE_N];
extern const char *const verdict_name[VERDICT_N];
extern const char *const direction_name[DIR_N];

/* 0 (..._NONE) if the word is none of the names. */
int name_find(const char *const *names, int n, struct str word);

/* Evidence: where a fact was read.  offset counts decompressed bytes. */
struct evidence {
	struct str source; /* path as given, "-" for stdin; absent = unknown */
	int64_t offset;	   /* of the line's first byte */
	int64_t line;	   /* from 1 */
};

/* One thing one filter said of one message. */
struct verdict {
	enum verdict_kind kind;
	struct str filter;    /* "spamassassin", "clamav", "amavis" ... */
	struct str signature; /* virus name or list name */
	struct str rule;      /* the verdict rule that matched */
	double score, threshold;
	bool has_score, has_threshold;
	struct evidence evidence;
};

#endif
