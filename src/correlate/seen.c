/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/seen.h"

#include "base/arena.h"
#include "base/hash.h"
#include "base/map.h"

#include <stdlib.h>

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

/* What is seen of an address, or of one of its logins. */
struct sight {
	int64_t addr, auth_user; /* auth_user of logins; 0: none */
	int64_t load; /* transactions of a login, slots of an address */
	bool mail;
};

struct sights {
	struct sight *of;
	size_t n, size;
	struct map by_key; /* place, plus 1 */
};

struct seen {
	struct store *store;
	struct sights addrs, logins;
};

static struct sight *
sight_of(struct sights *s, int64_t addr, int64_t auth_user)
{
	uint64_t key = hash_u64((uint64_t)addr, (uint64_t)auth_user);
	size_t at;

	for (; (at = (uintptr_t)map_get(&s->by_key, key)) != 0; key++) {
		struct sight *o = &s->of[at - 1];

		if (o->addr == addr && o->auth_user == auth_user)
			return o;
	}
	if (s->n == s->size) {
		s->size = s->size ? 2 * s->size : 1024;
		s->of = xrealloc(s->of, s->size * sizeof(*s->of));
	}
	s->of[s->n] = (struct sight){.addr = addr, .auth_user = auth_user};
	map_put(&s->by_key, key, (void *)(uintptr_t)(s->n + 1));
	return &s->of[s->n++];
}

static void
forget(struct sights *s)
{
	free(s->of);
	map_free(&s->by_key);
	*s = (struct sights){0};
}

static int
seen_login(void *arg, const struct value *v, struct value *out, struct err *e)
{
	struct seen *p = arg;

	(void)out;
	(void)e;
	sight_of(&p->logins, v[0].i, v[1].i)->load += v[2].i;
	sight_of(&p->addrs, v[0].i, 0)->mail = true;
	return 0;
}

static int
seen_slot(void *arg, const struct value *v, struct value *out, struct err *e)
{
	struct seen *p = arg;

	(void)out;
	(void)e;
	sight_of(&p->addrs, v[0].i, 0)->load++;
	return 0;
}

/* --- the tables */

static int
by_addr(const void *pa, const void *pb)
{
	const struct sight *a = pa, *b = pb;

	if (a->addr != b->addr)
		return a->addr < b->addr ? -1 : 1;
	return a->auth_user < b->auth_user ? -1 : a->auth_user > b->auth_user;
}

static int
put_login(struct store *s, const struct sight *o, struct err *e)
{
	const struct value v[] = {
	    value_int(o->addr), value_int(o->auth_user), value_int(o->load)};

	return store_run(s, "seen_put_login", v, LEN(v), e);
}

static int
put_addr(struct store *s, const struct sight *o, struct err *e)
{
	const struct value v[] = {
	    value_int(o->addr), value_int(o->mail), value_int(o->load)};

	return store_run(s, "seen_put_addr", v, LEN(v), e);
}

static int
put_all(struct store *s, struct sights *all,
    int (*put)(struct store *, const struct sight *, struct err *),
    struct err *e)
{
	int rc = 0;

	if (all->n > 0)
		qsort(all->of, all->n, sizeof(*all->of), by_addr);
	for (size_t i = 0; rc >= 0 && i < all->n; i++)
		rc = put(s, &all->of[i], e);
	forget(all);
	return rc;
}

static int
seen_day(
    void *arg, const struct value *unused, struct value *out, struct err *e)
{
	struct seen *p = arg;
	int rc = put_all(p->store, &p->logins, put_login, e);

	(void)unused;
	(void)out;
	return rc < 0 ? rc : put_all(p->store, &p->addrs, put_addr, e);
}

static const struct store_function functions[] = {
    {"seen_login", 3, seen_login},
    {"seen_slot", 1, seen_slot},
    {"seen_day", 0, seen_day},
};

int
seen_open(struct seen **out, struct store *s, struct err *e)
{
	struct seen *p = xcalloc(1, sizeof(*p));
	int rc;

	p->store = s;
	rc = store_functions(s, functions, LEN(functions), p, e);
	if (rc < 0)
		seen_close(p);
	else
		*out = p;
	return rc;
}

void
seen_close(struct seen *p)
{
	if (p == NULL)
		return;
	store_functions_end(p->store, functions, LEN(functions));
	forget(&p->addrs);
	forget(&p->logins);
	free(p);
}
