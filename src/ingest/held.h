/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Held events: what the lines of the last HELD_TIME of event time said, in
 * order of time (then of coming), until no earlier line is expected.  So lines
 * that several processes wrote out of order are read in order.
 */
#ifndef INGEST_HELD_H
#define INGEST_HELD_H

#include "ingest/assemble.h"

#define HELD_TIME (2 * USEC)
#define HELD_MAX  20000 /* events; then the earliest is due before its time */

struct held_event {
	struct origin o;
	struct event ev;
	struct verdict v;
	bool has_verdict;
	size_t bytes; /* in all, of the block */
	uint64_t id_hash; /* of ev's queue id, if it has one */
	struct str recipients[]; /* of ev; all text is behind them */
};

struct held_item {
	int64_t time; /* the event's */
	struct held_event *event;
};

struct held { /* {0} is a valid start */
	struct held_item *items;
	size_t first, end, size; /* those from first to end are held */
	struct held_block *spare[2]; /* for the next ones, by their size */
	struct held_event *next;     /* with a line's text in it, or NULL */
	struct str text;             /* that text */
};

/* Where the text of the line that is read now lies as long as what is held of
 * it: held_put() need not copy what points into it, if it is the first that
 * the line says.  Until the next call. */
struct str held_text(struct held *h, struct str text);
/* Text is copied, but for the evidence's source; v may be NULL. */
void held_put(struct held *h, const struct origin *o, const struct event *ev,
    const struct verdict *v);
/* The first, taken out, if it is before t or one too many; else NULL. */
struct held_event *held_take(struct held *h, int64_t t);
/* The one that is taken after so many others; NULL if there are no more. */
static inline struct held_event *
held_ahead(const struct held *h, size_t others)
{
	return others < h->end - h->first ? h->items[h->first + others].event
	                                  : NULL;
}

void held_drop(struct held *h, struct held_event *e);
int64_t held_last(const struct held *h); /* the latest time; or UTC_NONE */
void held_free(struct held *h);

struct rd;

/* Between runs. */
void held_save(const struct held *h, struct buf *out);
bool held_restore(struct held *h, struct texts *paths, struct rd *r);

#endif
