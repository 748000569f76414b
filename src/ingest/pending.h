/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verdicts that wait for their message.  A verdict with a queue id is given
 * out as soon as a message of that id appears.  One with a Message-ID alone
 * is linked PENDING_WAIT after it was logged, and only if that Message-ID
 * belongs to one message and one verdict of that filter on that host within
 * PENDING_WINDOW: anyone can choose a Message-ID (design.md section 1).
 */
#ifndef INGEST_PENDING_H
#define INGEST_PENDING_H

#include "ingest/message.h"

#define PENDING_WAIT   (30 * USEC)
#define PENDING_WINDOW (3600 * USEC)

struct pending {
	struct arena mem;
	struct str host, mta, queue_id, message_id;
	struct verdict v;
	int64_t time, size; /* size -1 = not told */
	bool has_client;    /* the line names the message's client */
	struct addr client;
	bool tried;         /* its Message-ID has been looked for */
	bool old;           /* of an earlier run */
	struct pending *next, *prev; /* in order of coming */
	struct pending *chain;
};

struct pending_set;

struct pending_set *pending_new(void);
/* Our servers, of which it tells nothing that a line names one. */
void pending_own_hosts(
    struct pending_set *s, const struct prefix *own, size_t n);
/* May a filter's line that names this client (if has) be about m?  Not if m
 * came from another client, unless one of the two is a server of ours: then
 * the other is only seen from another place. */
bool pending_fits(const struct pending_set *s, const struct message *m,
    bool has, struct addr client);
void pending_free(struct pending_set *s);

/* Waits.  Text is copied, but for the evidence's source. */
struct pending *pending_put(struct pending_set *s, struct str host,
    struct str mta, const struct event *ev, const struct verdict *v,
    int64_t time);
/* The same for one of an earlier run, before all others, in order of time. */
void pending_put_old(struct pending_set *s, struct str host, struct str mta,
    const struct event *ev, const struct verdict *v, int64_t time, bool tried);
/* Gives the verdicts that waited for this queue id to its message; last: it
 * will learn nothing more. */
void pending_claim(
    struct pending_set *s, struct queue_entry *q, int64_t t, bool last);
/* Is it an id at all?  "<>" is what Postfix logs of a message without one. */
bool pending_names_one(struct str message_id);
/* The message's Message-ID may have become known / the message is leaving. */
void pending_know(struct pending_set *s, struct message *m);
void pending_leave(struct message *m);
/* m was another message's re-injection, not a second use of the id; what
 * another server's filters say of the id is about `into`, too. */
void pending_merged(struct message *into, struct message *m);
/* Links by Message-ID what is due at this event time, or (all) everything,
 * and adds to the two counts. */
void pending_advance(struct pending_set *s, int64_t now, bool all,
    int64_t *linked, int64_t *ambiguous);
/* The first in order that is older than t, taken out; NULL if there is none.
 * The caller frees it with pending_drop. */
void pending_remove(struct pending_set *s, struct pending *p); /* and frees */
struct pending *pending_take(struct pending_set *s, int64_t older_than);
void pending_drop(struct pending *p);
/* Visits all that wait: p = pending_next(s, NULL), then of p. */
struct pending *pending_next(struct pending_set *s, const struct pending *p);
size_t pending_count(const struct pending_set *s);

#endif
