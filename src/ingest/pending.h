/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verdicts that wait for their message.  A verdict with a queue id is given
 * out as soon as a message of that id appears.  One with a Message-ID alone
 * is linked PENDING_WAIT after it was logged, and only if that Message-ID
 * belongs to one message and one verdict of that filter on that host within
 * MID_WINDOW, and the filter can have seen that message at that time.  What
 * has waited PENDING_HOLD is let go: the store keeps it for later runs.
 * At the end of a run what is younger than PENDING_WAIT is shown at its message,
 * which the next run takes back (pending_store.h).
 */
#ifndef INGEST_PENDING_H
#define INGEST_PENDING_H

#include "ingest/mid_index.h"

#define PENDING_WAIT  MID_AHEAD
#define PENDING_EARLY (300 * USEC) /* a verdict may come before its message */
#define PENDING_LATE  MID_WINDOW   /* ... or after its message's first line */
#define PENDING_HOLD  (600 * USEC)
#define PENDING_HELD  50000 /* at most; the oldest are let go before time */

struct pending {
	struct arena mem;
	struct str host, mta, queue_id, message_id;
	struct verdict v;
	int64_t time, size; /* size -1 = not told */
	int64_t slot;       /* row id in pending_verdict, 0 = none */
	uint64_t key;       /* of its queue id or Message-ID */
	bool has_client;    /* the line names the message's client */
	bool tried;         /* its Message-ID has been looked for */
	bool dirty;         /* not as its row says */
	bool old;           /* of an earlier run */
	struct addr client;
	struct pending *next, *prev; /* in order of coming */
	struct pending *chain;
};

/* Text is copied, but for the evidence's source. */
struct pending *pending_of(struct str host, struct str mta,
    const struct event *ev, const struct verdict *v, int64_t time);
void pending_drop(struct pending *p); /* NULL is fine */

/* Its Message-ID is m's: can the filter have read m when it said so? */
bool pending_read_then(const struct pending *p, const struct message *m);
uint64_t pending_queue_key(struct str queue_id);

struct pending_set;

struct pending_set *pending_new(struct mid_index *mids);
void pending_free(struct pending_set *s);
/* Our servers, of which it tells nothing that a line names one. */
void pending_own_hosts(
    struct pending_set *s, const struct prefix *own, size_t n);
/* May a filter's line that names this client (if has) be about m?  Not if m
 * came from another client, unless one of the two is a server of ours: then
 * the other is only seen from another place. */
bool pending_fits(const struct pending_set *s, const struct message *m,
    bool has, struct addr client);

/* Waits, and is the set's from here on.  One of an earlier run comes before
 * all others, in order of time. */
void pending_put(struct pending_set *s, struct pending *p);
/* Gives the verdicts that waited for this queue id to its message; last: it
 * will learn nothing more. */
void pending_claim(struct pending_set *s, struct queue_entry *q, bool last);
/* The same of one that waits elsewhere. */
bool pending_claims(const struct pending_set *s, const struct pending *p,
    const struct queue_entry *q, bool last);
/* Links by Message-ID what is due at this event time, or (all) everything,
 * and adds to the count of those that fit several. */
void pending_advance(
    struct pending_set *s, int64_t now, bool all, int64_t *ambiguous);
/* Before this event time neither pending_advance nor pending_overdue has
 * anything to do. */
int64_t pending_due(const struct pending_set *s);
/* The first in order that has waited long enough at this time (or is one too
 * many), still in the set; NULL if there is none. */
struct pending *pending_overdue(struct pending_set *s, int64_t now);
void pending_take(struct pending_set *s, struct pending *p); /* the caller's */
/* Visits all that wait: p = pending_next(s, NULL), then of p. */
struct pending *pending_next(struct pending_set *s, const struct pending *p);
/* The row of one that waits no more; 0 = no more of them.  Call until 0. */
int64_t pending_gone(struct pending_set *s);

#endif
