/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/regulars.h"

#include "base/arena.h"
#include "base/map.h"

#include <stdlib.h>

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

/* Columns of regulars_read: a customer's rows from the oldest day to today. */
enum { CUST, AGO, DOMAIN, GOOD, BAD };

/* Days are counted back from today, which is 0. */
struct domain {
	int64_t good, bad; /* messages: delivered, spam or viruses */
	int64_t since;     /* known; 0: not */
	int64_t crowd;     /* came with one first; 0: not */
	int64_t seen;      /* the day it was counted last; -1: not yet */
};

struct row {
	int64_t ago;
	size_t domain; /* in of */
	bool good;
};

struct regulars {
	struct store *store;
	/* of one customer */
	int64_t cust;         /* 0: none */
	struct map by_domain; /* place in of, plus 1 */
	struct domain *of;
	struct row *row;
	size_t n, size, nrow, row_size;
	int64_t oldest; /* day with good mail; 0: none */
	int64_t crowd;  /* the last day with one; 0: none */
};

static void
clear(struct regulars *r)
{
	map_free(&r->by_domain);
	r->n = r->nrow = 0;
	r->oldest = r->crowd = 0;
}

static size_t
domain_of(struct regulars *r, int64_t domain)
{
	uintptr_t at = (uintptr_t)map_get(&r->by_domain, (uint64_t)domain + 2);

	if (at == 0) {
		if (r->n == r->size) {
			r->size = r->size ? 2 * r->size : 64;
			r->of = xrealloc(r->of, r->size * sizeof(*r->of));
		}
		r->of[r->n] = (struct domain){.seen = -1};
		at = ++r->n;
		map_put(&r->by_domain, (uint64_t)domain + 2, (void *)at);
	}
	return at - 1;
}

static void
add_row(struct regulars *r, const struct stmt *st)
{
	const int64_t domain = stmt_int(st, DOMAIN);
	const int64_t ago = stmt_int(st, AGO);
	const int64_t good = stmt_int(st, GOOD);
	size_t at;

	if (domain == 0)
		return;
	at = domain_of(r, domain);
	r->of[at].good += good;
	r->of[at].bad += stmt_int(st, BAD);
	if (good > 0 && ago > r->oldest)
		r->oldest = ago;
	if (r->nrow == r->row_size) {
		r->row_size = r->row_size ? 2 * r->row_size : 256;
		r->row = xrealloc(r->row, r->row_size * sizeof(*r->row));
	}
	r->row[r->nrow++] = (struct row){ago, at, good > 0};
}

/* A week without a crowd: the last one's domains were no bot's. */
static void
forgive(struct regulars *r, int64_t ago)
{
	if (r->crowd == 0 || r->crowd - ago < REGULAR_DAYS)
		return;
	for (size_t i = 0; i < r->n; i++)
		if (r->of[i].since == 0)
			r->of[i].since = r->of[i].crowd;
	r->crowd = 0;
}

/* Whether the day's domains, rows from to before until, are a crowd. */
static bool
is_crowd(struct regulars *r, size_t from, size_t until)
{
	const int64_t ago = r->row[from].ago;
	int64_t n = 0, known = 0;

	for (size_t i = from; i < until; i++) {
		struct domain *d = &r->of[r->row[i].domain];

		if (!r->row[i].good || d->seen == ago)
			continue;
		d->seen = ago;
		n++;
		known += d->since != 0;
	}
	return r->oldest - ago >= CROWD_DAYS && n >= CROWD_DOMAINS &&
	       (double)known < CROWD_KNOWN_SHARE * (double)n;
}

static void
learn_day(struct regulars *r, size_t from, size_t until)
{
	const int64_t ago = r->row[from].ago;
	bool crowd;

	forgive(r, ago);
	crowd = is_crowd(r, from, until);
	if (crowd)
		r->crowd = ago;
	for (size_t i = from; i < until; i++) {
		struct domain *d = &r->of[r->row[i].domain];
		int64_t *first = crowd ? &d->crowd : &d->since;

		if (r->row[i].good && *first == 0)
			*first = ago;
	}
}

/* Learns the days before, in their order; the place of today's first row. */
static size_t
learn(struct regulars *r)
{
	size_t from = 0, until;

	for (; from < r->nrow && r->row[from].ago > 0; from = until) {
		for (until = from + 1; until < r->nrow; until++)
			if (r->row[until].ago != r->row[from].ago)
				break;
		learn_day(r, from, until);
	}
	forgive(r, 0);
	return from;
}

/* Of whose mail a fifth was spam or a virus does not count. */
static bool
comes_back(const struct domain *d)
{
	return d->since >= REGULAR_DAYS && 5 * d->bad < d->good + d->bad;
}

/* Of the customer in hand, if there is one. */
static int
one_customer(struct regulars *r, struct err *e)
{
	const int64_t cust = r->cust;
	int64_t n = 0, back = 0;

	if (cust == 0)
		return 0;
	for (size_t i = learn(r); i < r->nrow; i++) {
		struct domain *d = &r->of[r->row[i].domain];

		if (d->seen == 0)
			continue;
		d->seen = 0;
		n++;
		back += comes_back(d);
	}
	clear(r);
	const struct value v[] = {
	    value_int(cust), value_real(n ? (double)back / (double)n : 0)};
	return store_run(r->store, "regulars_put", v, LEN(v), e);
}

static int
regulars_count(
    void *arg, const struct value *v, struct value *out, struct err *e)
{
	struct regulars *r = arg;
	struct stmt *st;
	int rc = store_prepare(r->store, "regulars_read", &st, e);

	(void)v;
	(void)out;
	r->cust = 0;
	if (rc >= 0)
		rc = stmt_start(st, NULL, 0, e);
	while (rc >= 0 && (rc = stmt_next(st, e)) > 0) {
		const int64_t cust = stmt_int(st, CUST);

		if (cust != r->cust)
			rc = one_customer(r, e);
		r->cust = cust;
		if (rc >= 0)
			add_row(r, st);
		else
			stmt_reset(st);
	}
	if (rc >= 0)
		rc = one_customer(r, e);
	clear(r);
	return rc;
}

static const struct store_function functions[] = {
    {"regulars_count", 0, regulars_count},
};

int
regulars_open(struct regulars **out, struct store *s, struct err *e)
{
	struct regulars *r = xcalloc(1, sizeof(*r));
	int rc;

	r->store = s;
	rc = store_functions(s, functions, LEN(functions), r, e);
	if (rc < 0)
		regulars_close(r);
	else
		*out = r;
	return rc;
}

void
regulars_close(struct regulars *r)
{
	if (r == NULL)
		return;
	store_functions_end(r->store, functions, LEN(functions));
	clear(r);
	free(r->of);
	free(r->row);
	free(r);
}
