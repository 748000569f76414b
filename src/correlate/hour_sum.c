/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/hour_sum.h"

#include "base/arena.h"
#include "base/hash.h"
#include "base/map.h"

#include <stdlib.h>

/* Columns of both statements; what follows is added up. */
enum { CUST, ADDR, RANK, FIRST, LOGGED_IN, LAST, SUMS, COLUMNS = 22 };

struct sum {
	int64_t of[COLUMNS];
};

struct hour_sums {
	struct store *store;
	struct sum *sums;
	size_t n, size;
	struct map places;       /* in sums, plus 1 */
	size_t put;              /* so many are */
	struct value v[COLUMNS]; /* of the last one */
};

static void
forget(struct hour_sums *p)
{
	map_free(&p->places);
	free(p->sums);
	p->sums = NULL;
	p->n = p->size = p->put = 0;
}

/* Made with the row's own numbers if it is new. */
static struct sum *
sum_of(struct hour_sums *p, const struct sum *row, bool *is_new)
{
	const int64_t cust = row->of[CUST], addr = row->of[ADDR];
	uint64_t key = hash_u64((uint64_t)cust, (uint64_t)addr);
	size_t at;

	*is_new = false;
	for (; (at = (uintptr_t)map_get(&p->places, key)) != 0; key++) {
		struct sum *s = &p->sums[at - 1];

		if (s->of[CUST] == cust && s->of[ADDR] == addr)
			return s;
	}
	*is_new = true;
	if (p->n == p->size) {
		p->size = p->size ? 2 * p->size : 1024;
		p->sums = xrealloc(p->sums, p->size * sizeof(*p->sums));
	}
	p->sums[p->n++] = *row;
	map_put(&p->places, key, (void *)(uintptr_t)p->n);
	return &p->sums[p->n - 1];
}

static void
add_row(struct hour_sums *p, const struct stmt *st)
{
	struct sum row, *s;
	bool is_new;

	for (size_t i = 0; i < COLUMNS; i++)
		row.of[i] = stmt_int(st, i);
	s = sum_of(p, &row, &is_new);
	if (is_new)
		return;
	for (size_t i = RANK; i <= FIRST; i++)
		if (row.of[i] < s->of[i])
			s->of[i] = row.of[i];
	for (size_t i = LOGGED_IN; i <= LAST; i++)
		if (row.of[i] > s->of[i])
			s->of[i] = row.of[i];
	for (size_t i = SUMS; i < COLUMNS; i++)
		s->of[i] += row.of[i];
}

static int
add_all(struct hour_sums *p, struct err *e)
{
	struct stmt *st;
	int rc = store_start(p->store, "hour_sum_read", NULL, 0, &st, e);

	while (rc >= 0 && (rc = stmt_next(st, e)) > 0)
		add_row(p, st);
	return rc;
}

/* In the order of the table, which then grows at its end. */
static int
by_customer(const void *pa, const void *pb)
{
	const struct sum *a = pa, *b = pb;

	if (a->of[CUST] != b->of[CUST])
		return a->of[CUST] < b->of[CUST] ? -1 : 1;
	return a->of[ADDR] < b->of[ADDR] ? -1 : a->of[ADDR] > b->of[ADDR];
}

static int
next_sum(void *arg, const struct value **row, size_t *n, struct err *e)
{
	struct hour_sums *p = arg;

	(void)e;
	if (p->put == p->n)
		return 0;
	for (size_t i = 0; i < COLUMNS; i++)
		p->v[i] = value_int(p->sums[p->put].of[i]);
	p->put++;
	*row = p->v;
	*n = COLUMNS;
	return 1;
}

static int
hour_sums(
    void *arg, const struct value *unused, struct value *out, struct err *e)
{
	struct hour_sums *p = arg;
	int rc = add_all(p, e);

	(void)unused;
	(void)out;
	if (rc >= 0 && p->n > 0)
		qsort(p->sums, p->n, sizeof(*p->sums), by_customer);
	if (rc >= 0)
		rc = store_give(p->store, "hour_sum_put", next_sum, p, e);
	forget(p);
	return rc;
}

static const struct store_function functions[] = {
    {"hour_sums", 0, hour_sums},
};

int
hour_sums_open(struct hour_sums **out, struct store *s, struct err *e)
{
	struct hour_sums *p = xcalloc(1, sizeof(*p));
	int rc;

	p->store = s;
	rc = store_functions(s, functions, 1, p, e);
	if (rc < 0)
		hour_sums_close(p);
	else
		*out = p;
	return rc;
}

void
hour_sums_close(struct hour_sums *p)
{
	if (p == NULL)
		return;
	store_functions_end(p->store, functions, 1);
	forget(p);
	free(p);
}
