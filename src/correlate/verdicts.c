/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/verdicts.h"

#include "base/arena.h"
#include "base/hash.h"
#include "base/map.h"

#include <stdlib.h>

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

struct said {
	int64_t cust, filter, signature; /* signature 0: none */
};

struct verdicts {
	struct store *store;
	int64_t first[VERDICT_N]; /* of the message asked for last */
	struct said *said;
	size_t nsaid, size;
	struct map by_said; /* place, plus 1 */
};

static void
hear(struct verdicts *p, const struct said *s)
{
	uint64_t key = hash_u64((uint64_t)s->filter << 32 ^ (uint64_t)s->cust,
	    (uint64_t)s->signature);
	size_t at;

	for (; (at = (uintptr_t)map_get(&p->by_said, key)) != 0; key++) {
		const struct said *o = &p->said[at - 1];

		if (o->cust == s->cust && o->filter == s->filter &&
		    o->signature == s->signature)
			return;
	}
	if (p->nsaid == p->size) {
		p->size = p->size ? 2 * p->size : 256;
		p->said = xrealloc(p->said, p->size * sizeof(*p->said));
	}
	p->said[p->nsaid++] = *s;
	map_put(&p->by_said, key, (void *)(uintptr_t)p->nsaid);
}

static void
take(struct verdicts *p, const struct stmt *st, int64_t cust)
{
	const int64_t verdict = stmt_int(st, 0);
	const int64_t time = stmt_int(st, 1);
	const struct said s = {cust, stmt_int(st, 2), stmt_int(st, 3)};

	if (verdict < 0 || verdict >= VERDICT_N)
		return;
	if (time < p->first[verdict])
		p->first[verdict] = time;
	if (verdict == VERDICT_SPAM || verdict == VERDICT_VIRUS)
		hear(p, &s);
}

int
verdicts_of(struct verdicts *p, int64_t cust, int64_t message,
    const int64_t **first, struct err *e)
{
	const struct value v = value_int(message);
	struct stmt *st;
	int rc = store_prepare(p->store, "verdicts_read", &st, e);

	for (size_t i = 0; i < VERDICT_N; i++)
		p->first[i] = VERDICTS_NEVER;
	if (rc >= 0)
		rc = stmt_start(st, &v, 1, e);
	while (rc >= 0 && (rc = stmt_next(st, e)) > 0)
		take(p, st, cust);
	*first = p->first;
	return rc;
}

static int
verdicts_said(
    void *arg, const struct value *unused, struct value *out, struct err *e)
{
	struct verdicts *p = arg;
	int rc = 0;

	(void)unused;
	(void)out;
	for (size_t i = 0; rc >= 0 && i < p->nsaid; i++) {
		const struct value v[] = {value_int(p->said[i].cust),
		    value_int(p->said[i].filter),
		    value_int(p->said[i].signature)};

		rc = store_run(p->store, "verdicts_put_said", v, LEN(v), e);
	}
	p->nsaid = 0;
	map_free(&p->by_said);
	return rc;
}

static const struct store_function functions[] = {
    {"verdicts_said", 0, verdicts_said},
};

int
verdicts_open(struct verdicts **out, struct store *s, struct err *e)
{
	struct verdicts *p = xcalloc(1, sizeof(*p));
	int rc;

	p->store = s;
	rc = store_functions(s, functions, LEN(functions), p, e);
	if (rc < 0)
		verdicts_close(p);
	else
		*out = p;
	return rc;
}

void
verdicts_close(struct verdicts *p)
{
	if (p == NULL)
		return;
	store_functions_end(p->store, functions, LEN(functions));
	free(p->said);
	map_free(&p->by_said);
	free(p);
}
