/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One pass over the leases in the order of their ranges, the wider one first.
 * Compared are those of the same range that are not over yet, and those of
 * wider ranges around it.
 */
#include "ingest/lease_overlap.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/utc.h"

/* Leases that make sense have few others beside or around them. */
#define COMPARE_MAX 50000000

struct held {
	struct addr first, last;
	int64_t port_first, port_last, start, until, clock_error;
	char *text; /* customer, and behind its NUL the source */
	const char *source;
};

struct list {
	struct held **items;
	size_t n, size;
};

struct sweep {
	struct list range;  /* all leases of the range we are at */
	struct list beside; /* of these, those that were not over; not owned */
	struct list around; /* of wider ranges */
	int64_t compared;
	struct lease_overlaps *out;
};

static void
add(struct list *l, struct held *h)
{
	if (l->n == l->size) {
		l->size = l->size ? l->size * 2 : 16;
		l->items = xrealloc(l->items, l->size * sizeof(struct held *));
	}
	l->items[l->n++] = h;
}

static void
held_free(struct held *h)
{
	free(h->text);
	free(h);
}

static void
list_free(struct list *l, bool owned)
{
	for (size_t i = 0; owned && i < l->n; i++)
		held_free(l->items[i]);
	free(l->items);
}

static int64_t
number_or(const struct stmt *st, size_t i, int64_t none)
{
	struct value v = stmt_value(st, i);

	return v.type == VALUE_NULL ? none : v.i;
}

static void
addr_at(const struct stmt *st, size_t i, struct addr *out)
{
	struct str s = stmt_value(st, i).s;

	if (s.n == sizeof(out->b))
		memcpy(out->b, s.p, s.n);
}

static struct held *
held_of(const struct stmt *st)
{
	struct str customer = stmt_value(st, 6).s, source = stmt_value(st, 7).s;
	struct held *h = xcalloc(1, sizeof(*h));

	addr_at(st, 0, &h->first);
	addr_at(st, 1, &h->last);
	h->port_first = number_or(st, 2, 0);
	h->port_last = number_or(st, 3, 65535);
	h->start = number_or(st, 4, INT64_MIN);
	h->until = number_or(st, 5, INT64_MAX);
	h->clock_error = number_or(st, 8, 0);
	h->text = xcalloc(1, customer.n + source.n + 2);
	memcpy(h->text, customer.p, customer.n);
	memcpy(h->text + customer.n + 1, source.p, source.n);
	h->source = h->text + customer.n + 1;
	return h;
}

static bool
same_range(const struct held *a, const struct held *b)
{
	return addr_cmp(a->first, b->first) == 0 &&
	       addr_cmp(a->last, b->last) == 0;
}

/* The time that both have, less what the clocks may be wrong. */
static bool
overlap(const struct held *a, const struct held *b)
{
	int64_t from = a->start > b->start ? a->start : b->start;
	int64_t until = a->until < b->until ? a->until : b->until;
	int64_t error = a->clock_error + b->clock_error;

	if (a->port_first > b->port_last || b->port_first > a->port_last ||
	    from >= until || strcmp(a->text, b->text) == 0)
		return false;
	return from == INT64_MIN || until == INT64_MAX || until - from > error;
}

static const char *
time_text(int64_t t, const char *none, char out[static UTC_TEXT_MAX])
{
	if (t == INT64_MIN || t == INT64_MAX)
		return none;
	utc_format(t, out);
	return out;
}

static void
report(struct sweep *w, const struct held *a, const struct held *b)
{
	struct lease_overlaps *o = w->out;
	char addr[ADDR_TEXT_MAX], from[UTC_TEXT_MAX], until[UTC_TEXT_MAX];

	o->pairs++;
	if (o->nsamples == LEASE_OVERLAP_SAMPLES)
		return;
	addr_format(b->first, addr);
	err_set(&o->samples[o->nsamples++], 0,
	    "%s: %.60s (%.80s) and %.60s (%.80s), %s until %s", addr, a->text,
	    a->source, b->text, b->source,
	    time_text(
	        a->start > b->start ? a->start : b->start, "since ever", from),
	    time_text(a->until < b->until ? a->until : b->until, "now", until));
}

/* Of IPv6 a prefix within another one has an owner of its own. */
static bool
is_delegated(const struct held *wide, const struct held *h)
{
	return !addr_is_v4(h->first) && addr_cmp(wide->last, h->last) >= 0 &&
	       !same_range(wide, h);
}

static void
compare(struct sweep *w, const struct list *l, const struct held *h)
{
	for (size_t i = 0; i < l->n; i++) {
		if (++w->compared > COMPARE_MAX) {
			w->out->more = true;
			return;
		}
		if (overlap(l->items[i], h) && !is_delegated(l->items[i], h))
			report(w, l->items[i], h);
	}
}

/* Keeps those that can still matter. */
static void
forget(struct sweep *w, const struct held *h)
{
	size_t n = 0;

	for (size_t i = 0; i < w->beside.n; i++)
		if (w->beside.items[i]->until > h->start)
			w->beside.items[n++] = w->beside.items[i];
	w->beside.n = n;
}

static void
leave_range(struct sweep *w, const struct held *next)
{
	size_t n = 0;

	for (size_t i = 0; i < w->range.n; i++)
		add(&w->around, w->range.items[i]);
	w->range.n = w->beside.n = 0;
	for (size_t i = 0; i < w->around.n; i++) {
		struct held *h = w->around.items[i];

		if (addr_cmp(h->last, next->first) >= 0)
			w->around.items[n++] = h;
		else
			held_free(h);
	}
	w->around.n = n;
}

static void
take(struct sweep *w, struct held *h)
{
	if (w->range.n > 0 && !same_range(w->range.items[0], h))
		leave_range(w, h);
	forget(w, h);
	compare(w, &w->around, h);
	compare(w, &w->beside, h);
	add(&w->range, h);
	add(&w->beside, h);
}

int
lease_overlaps(struct store *s, int64_t from, int64_t until,
    struct lease_overlaps *out, struct err *e)
{
	const struct value v[] = {value_int(from), value_int(until)};
	struct sweep w = {.out = out};
	struct stmt *st;
	int rc = store_prepare(s, "lease_overlap_each", &st, e);

	*out = (struct lease_overlaps){0};
	if (rc >= 0)
		rc = stmt_start(st, v, 2, e);
	while (rc >= 0 && (rc = stmt_next(st, e)) > 0 && !out->more)
		take(&w, held_of(st));
	if (out->more)
		stmt_reset(st);
	list_free(&w.beside, false);
	list_free(&w.range, true);
	list_free(&w.around, true);
	return rc < 0 ? rc : 0;
}
