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

struct new_message {
	int64_t id;
	bool notice;
	struct sum_mail sum;
};

struct part_rows {
	struct store *store;
	struct mail_sums *sums;
	struct rows of[PARTS];
	struct arena text;
	struct new_message *messages; /* in the order of their ids */
	size_t nmessages, messages_size;
};

struct part_rows *
part_rows_new(struct store *s, struct mail_sums *sums)
{
	struct part_rows *p = xcalloc(1, sizeof(*p));

	p->store = s;
	p->sums = sums;
	return p;
}

void
part_rows_free(struct part_rows *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < PARTS; i++)
		free(p->of[i].v);
	free(p->messages);
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

void
part_rows_sum(struct part_rows *p, int64_t id, bool notice,
    const struct sum_mail *m)
{
	if (p->nmessages == p->messages_size) {
		p->messages_size = p->messages_size ? 2 * p->messages_size : 64;
		p->messages = xrealloc(
		    p->messages, p->messages_size * sizeof(*p->messages));
	}
	p->messages[p->nmessages++] = (struct new_message){id, notice, *m};
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

/* What the store makes of their recipients. */
static int
read_outcomes(struct part_rows *p, struct err *e)
{
	struct new_message *m = p->messages, *end = m + p->nmessages;
	const struct value span[] = {value_int(m->id), value_int(end[-1].id)};
	struct stmt *st;
	int rc = store_start(
	    p->store, "recipient_outcomes", span, LEN(span), &st, e);

	while (rc >= 0 && (rc = stmt_next(st, e)) > 0) {
		while (m < end && m->id < stmt_int(st, 0))
			m++;
		if (m < end && m->id == stmt_int(st, 0))
			sum_mail_recipient(&m->sum, stmt_int(st, 1));
	}
	return rc;
}

static int
sum_up(struct part_rows *p, struct err *e)
{
	int rc = p->nmessages > 0 ? read_outcomes(p, e) : 0;

	for (size_t i = 0; rc >= 0 && i < p->nmessages; i++) {
		const struct new_message *m = &p->messages[i];

		rc = mail_sums_add(p->sums, m->notice, &m->sum, e);
	}
	p->nmessages = 0;
	return rc;
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
	if (rc >= 0)
		rc = sum_up(p, e);
	arena_reset(&p->text);
	return rc;
}
