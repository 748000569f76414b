/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/mailbox_walk.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/bloom.h"
#include "ingest/mailbox_filters.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

/* Messages with ids from first to last, the newest received then. */
struct span {
	int64_t first, last, newest;
	bool may; /* ... have the mailbox */
};

struct walk {
	struct store *store;
	const struct mailbox_walk *w;
	int64_t since; /* older ones are too many */
	int64_t found;
	int64_t below, oldest, newest; /* messages in no filter */
	struct span *spans; /* those of filters; then: to be walked */
	size_t n, size;
};

static void
add_span(struct walk *k, struct span span)
{
	if (k->n == k->size) {
		k->size = k->size ? k->size * 2 : 64;
		k->spans = xrealloc(k->spans, k->size * sizeof(*k->spans));
	}
	k->spans[k->n++] = span;
}

/* --- what the store says */

static int
read_unfiltered(struct walk *k, struct err *e)
{
	struct stmt *st;
	int rc = store_prepare(k->store, "trace_unfiltered", &st, e);

	k->below = 1; /* ids are from 1 */
	if (rc < 0 || (rc = stmt_start(st, NULL, 0, e)) < 0 ||
	    (rc = stmt_next(st, e)) <= 0)
		return rc;
	if (stmt_int(st, 0) > k->below)
		k->below = stmt_int(st, 0);
	k->oldest = stmt_int(st, 1);
	k->newest = stmt_int(st, 2);
	stmt_reset(st);
	return 0;
}

static void
add_filter(struct walk *k, const struct stmt *st, uint64_t hash)
{
	struct span span = {.first = stmt_int(st, 0),
	    .last = stmt_int(st, 1),
	    .newest = stmt_int(st, 3)};

	span.may = stmt_int(st, 2) < k->w->until &&
	           span.newest >= k->w->since &&
	           bloom_may_hold(stmt_value(st, 4).s, hash);
	add_span(k, span);
}

static int
read_filters(struct walk *k, struct err *e)
{
	const uint64_t hash = mailbox_hash(k->w->mailbox);
	struct stmt *st;
	int rc = store_start(k->store, "trace_filters", NULL, 0, &st, e);

	while (rc >= 0 && (rc = stmt_next(st, e)) > 0)
		add_filter(k, st, hash);
	return rc;
}

/* --- which spans are to be walked */

static int
by_first(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

static int
newest_first(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	return (x->newest < y->newest) - (x->newest > y->newest);
}

/* Joins it with the last one if they overlap, as they do where messages changed. */
static void
take_span(struct walk *k, struct span span)
{
	struct span *last = k->n > 0 ? &k->spans[k->n - 1] : NULL;

	if (last == NULL || span.first > last->last) {
		add_span(k, span);
		return;
	}
	if (span.last > last->last)
		last->last = span.last;
	if (span.newest > last->newest)
		last->newest = span.newest;
}

/* Leaves the spans that may have the mailbox, and what no filter is of.  Filters are
 * also of ids below k->below: of messages that have changed since, and of new ones
 * with the id of one that went away. */
static void
choose(struct walk *k)
{
	const size_t n = k->n;
	int64_t next = k->below; /* no filter before was of it */

	if (n > 0)
		qsort(k->spans, n, sizeof(*k->spans), by_first);
	struct span *of = k->spans;

	k->spans = NULL;
	k->n = k->size = 0;
	for (size_t i = 0; i < n; i++) {
		if (of[i].first > next)
			take_span(k, (struct span){next, of[i].first - 1,
			                 INT64_MAX, true});
		if (of[i].may)
			take_span(k, of[i]);
		if (of[i].last >= next)
			next =
			    of[i].last < INT64_MAX ? of[i].last + 1 : INT64_MAX;
	}
	take_span(k, (struct span){next, INT64_MAX, INT64_MAX, true});
	free(of);
	qsort(k->spans, k->n, sizeof(*k->spans), newest_first);
}

/* --- the messages */

/* Keeps the newest that are asked for. */
static int
trim(struct walk *k, struct err *e)
{
	const struct value surplus = value_int(k->found - k->w->most);
	int rc = 0;

	if (k->found > k->w->most) {
		rc = store_run(k->store, "trace_found_trim", &surplus, 1, e);
		k->found = k->w->most;
	}
	if (rc >= 0 && k->found == k->w->most)
		rc = store_number(
		    k->store, "trace_found_oldest", NULL, 0, &k->since, e);
	return rc;
}

/* ids: what the statement takes for ?4 and ?5. */
static int
walk(struct walk *k, const char *statement, int64_t until,
    const int64_t ids[static 2], struct err *e)
{
	const struct value v[] = {value_str(k->w->mailbox), value_int(k->since),
	    value_int(until), value_int(ids[0]), value_int(ids[1])};
	int rc = store_run(k->store, statement, v, LEN(v), e);

	if (rc < 0)
		return rc;
	k->found += store_changes(k->store);
	return trim(k, e);
}

static int
walk_spans(struct walk *k, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; rc >= 0 && i < k->n; i++) {
		const struct span *s = &k->spans[i];
		const int64_t from_to[] = {s->first, s->last};

		if (s->newest < k->since)
			break;
		rc = walk(k, k->w->among, k->w->until, from_to, e);
	}
	return rc;
}

static int
walk_unfiltered(struct walk *k, struct err *e)
{
	const int64_t until =
	    k->newest < k->w->until ? k->newest + 1 : k->w->until;
	const int64_t below_most[] = {k->below, k->w->most};

	if (k->below <= 1 || k->newest < k->since)
		return 0;
	if (k->since < k->oldest)
		k->since = k->oldest;
	return walk(k, k->w->below, until, below_most, e);
}

static int
prepare(struct walk *k, struct err *e)
{
	const struct value mailbox = value_str(k->w->mailbox);
	int rc = store_run(k->store, "trace_who_make", NULL, 0, e);

	if (rc >= 0)
		rc = store_run(k->store, "trace_who_put", &mailbox, 1, e);
	return rc < 0 ? rc
	              : store_run(k->store, "trace_found_make", NULL, 0, e);
}

int
mailbox_walk(struct store *s, const struct mailbox_walk *w, int64_t *messages,
    struct err *e)
{
	struct walk k = {.store = s, .w = w, .since = w->since};
	int rc = prepare(&k, e);

	if (rc >= 0)
		rc = read_unfiltered(&k, e);
	if (rc >= 0)
		rc = read_filters(&k, e);
	if (rc >= 0) {
		choose(&k);
		rc = walk_spans(&k, e);
	}
	if (rc >= 0)
		rc = walk_unfiltered(&k, e);
	if (rc >= 0)
		rc = store_run(s, "trace_found_take", NULL, 0, e);
	*messages = k.found;
	free(k.spans);
	return rc;
}
