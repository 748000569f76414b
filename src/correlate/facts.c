/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/facts.h"

#define COLUMNS 11 /* of finding_evidence */

/* Columns of the statement facts_read: first those of finding_evidence. */
enum {
	N = 2,
	CUST = COLUMNS,
	PLACE,
	MOST,
};

/* Where the numbers are. */
struct at {
	int64_t cust, place;
	int64_t n;    /* of the finding */
	int64_t kind; /* of these, of the kind */
};

/* 1: it is kept, under the number at->n. */
static bool
count(struct at *at, const struct stmt *st)
{
	const int64_t cust = stmt_value(st, CUST).i;
	const int64_t place = stmt_value(st, PLACE).i;

	if (cust != at->cust)
		*at = (struct at){cust, place, 0, 0};
	if (place != at->place)
		at->kind = 0;
	at->place = place;
	if (at->kind >= stmt_value(st, MOST).i)
		return false;
	at->kind++;
	at->n++;
	return true;
}

static int
keep(struct stmt *put, const struct stmt *st, int64_t n, struct err *e)
{
	struct value v[COLUMNS];

	for (size_t i = 0; i < COLUMNS; i++)
		v[i] = i == N ? value_int(n) : stmt_value(st, i);
	return stmt_run(put, v, COLUMNS, e);
}

static int
facts_keep(void *arg, const struct value *v, struct value *out, struct err *e)
{
	struct store *s = arg;
	struct at at = {0};
	struct stmt *st, *put;
	int rc = store_prepare(s, "facts_put", &put, e);

	(void)v;
	(void)out;
	if (rc >= 0)
		rc = store_prepare(s, "facts_read", &st, e);
	if (rc >= 0)
		rc = stmt_start(st, NULL, 0, e);
	while (rc >= 0 && (rc = stmt_next(st, e)) > 0) {
		if (count(&at, st))
			rc = keep(put, st, at.n, e);
		if (rc < 0)
			stmt_reset(st);
	}
	return rc;
}

static const struct store_function facts_function = {
    "facts_keep", 0, facts_keep};

int
facts_open(struct store *s, struct err *e)
{
	return store_functions(s, &facts_function, 1, s, e);
}

void
facts_close(struct store *s)
{
	store_functions_end(s, &facts_function, 1);
}
