/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/part_rows.h"

#include <stdlib.h>

#include "base/arena.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))
#define MANY   512

/* Rows of one table, one after the other. */
struct rows {
	struct value *v;
	size_t columns, n, size, given;
};

struct part_rows {
	struct store *store;
	struct rows of[PARTS];
	struct arena text;
};

struct part_rows *
part_rows_new(struct store *s)
{
	struct part_rows *p = xcalloc(1, sizeof(*p));

	p->store = s;
	return p;
}

void
part_rows_free(struct part_rows *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < PARTS; i++)
		free(p->of[i].v);
	arena_free(&p->text);
	free(p);
}

/* --- what waits */

void
part_rows_add(
    struct part_rows *p, enum part which, const struct value *row, size_t n)
{
	struct rows *r = &p->of[which];

	r->columns = n;
	if (r->n == r->size) {
		r->size = r->size ? 2 * r->size : 64;
		r->v = xrealloc(r->v, r->size * n * sizeof(*r->v));
	}
	for (size_t i = 0; i < n; i++) {
		struct value *v = &r->v[r->n * n + i];

		*v = row[i];
		if (v->s.p != NULL)
			v->s = arena_dup(&p->text, v->s);
	}
	r->n++;
}

bool
part_rows_full(const struct part_rows *p)
{
	return p->of[PART_RECIPIENT].n + p->of[PART_ATTEMPT].n +
	           p->of[PART_VERDICT].n >=
	       MANY;
}

/* --- into the store */

static int
give(void *arg, const struct value **row, size_t *n, struct err *e)
{
	struct rows *r = arg;

	(void)e;
	if (r->given == r->n)
		return 0;
	*row = &r->v[r->given++ * r->columns];
	*n = r->columns;
	return 1;
}

static int
put(struct store *s, struct rows *r, const char *statement, struct err *e)
{
	r->given = 0;
	return r->n > 0 ? store_give(s, statement, give, r, e) : 0;
}

int
part_rows_flush(struct part_rows *p, struct err *e)
{
	static const char *const statements[PARTS] = {
	    [PART_RECIPIENT] = "recipients_put",
	    [PART_ATTEMPT] = "attempts_put",
	    [PART_VERDICT] = "verdicts_put",
	};
	int rc = 0;

	for (size_t i = 0; i < PARTS; i++) {
		if (rc >= 0)
			rc = put(p->store, &p->of[i], statements[i], e);
		p->of[i].n = 0;
	}
	arena_reset(&p->text);
	return rc;
}
