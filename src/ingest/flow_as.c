/* SPDX-License-Identifier: Apache-2.0 */
/* First a part for each AS and country, then the parts of an AS are one. */
#include "ingest/flow_as.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/map.h"

struct part {
	struct flow_as_row row;
	struct part *chain; /* same hash */
};

struct parts {
	struct map map;
	struct arena mem;
	size_t n;
};

static struct part *
find_part(struct parts *p, const struct origin *o)
{
	uint64_t h = hash_u64(o->asn, hash_str(o->country, 0));
	struct part *head = map_get(&p->map, h), *x;

	for (x = head; x; x = x->chain) {
		if (x->row.asn == o->asn && str_eq(x->row.country, o->country))
			return x;
	}
	x = arena_zalloc(&p->mem, sizeof(*x));
	x->row.asn = o->asn;
	x->row.country = o->country;
	x->chain = head;
	map_put(&p->map, h, x);
	p->n++;
	return x;
}

static int
count_parts(struct flow_as *as, struct parts *p, struct flow_stats *fs,
    struct origins *origins, bool targets_apart, struct err *e)
{
	struct flow_seen seen;
	struct origin o;
	struct part *x;
	int rc;

	for (size_t at = 0; flow_stats_next(fs, &at, &seen);) {
		rc = origins_find(origins, seen.addr, seen.as, &o, e);
		if (rc < 0)
			return rc;
		flow_classes_add(&as->all, seen.roles, targets_apart);
		if (o.asn == 0) {
			flow_classes_add(
			    &as->unmapped, seen.roles, targets_apart);
			continue;
		}
		x = find_part(p, &o);
		flow_classes_add(&x->row.n, seen.roles, targets_apart);
		if (!str_has(x->row.as_name))
			x->row.as_name = o.as_name;
	}
	return 0;
}

static int
compare_text(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n ? memcmp(a.p, b.p, n) : 0;

	return c ? c : (a.n > b.n) - (a.n < b.n);
}

/* Parts of one AS together: known countries first, of these the one with the
 * most clients, then the most addresses, then by its letters. */
static int
by_as(const void *a, const void *b)
{
	const struct flow_as_row *x = a, *y = b;

	if (x->asn != y->asn)
		return x->asn < y->asn ? -1 : 1;
	if (str_has(x->country) != str_has(y->country))
		return str_has(x->country) ? -1 : 1;
	if (x->n.clients_only != y->n.clients_only)
		return x->n.clients_only > y->n.clients_only ? -1 : 1;
	if (x->n.addresses != y->n.addresses)
		return x->n.addresses > y->n.addresses ? -1 : 1;
	return compare_text(x->country, y->country);
}

static int
by_clients(const void *a, const void *b)
{
	const struct flow_as_row *x = a, *y = b;

	if (x->n.clients_only != y->n.clients_only)
		return x->n.clients_only > y->n.clients_only ? -1 : 1;
	return x->asn < y->asn ? -1 : x->asn > y->asn;
}

static void
add_part(struct flow_as_row *to, const struct flow_as_row *from)
{
	to->n.clients_only += from->n.clients_only;
	to->n.servers_only += from->n.servers_only;
	to->n.both += from->n.both;
	to->n.targets_only += from->n.targets_only;
	to->n.undecided += from->n.undecided;
	to->n.addresses += from->n.addresses;
	if (!str_has(to->as_name))
		to->as_name = from->as_name;
}

static void
join_parts(struct flow_as *as, const struct parts *p)
{
	const struct part *x;
	size_t n = 0;

	as->rows = xcalloc(p->n + 1, sizeof(*as->rows));
	for (size_t i = 0; (x = map_next(&p->map, &i)) != NULL;) {
		for (; x; x = x->chain)
			as->rows[n++] = x->row;
	}
	qsort(as->rows, n, sizeof(*as->rows), by_as);
	for (size_t i = 0; i < n; i++) {
		if (as->nrows && as->rows[as->nrows - 1].asn == as->rows[i].asn)
			add_part(&as->rows[as->nrows - 1], &as->rows[i]);
		else
			as->rows[as->nrows++] = as->rows[i];
	}
	qsort(as->rows, as->nrows, sizeof(*as->rows), by_clients);
}

int
flow_as_count(struct flow_as *out, struct flow_stats *fs,
    struct origins *origins, bool targets_apart, struct err *e)
{
	struct parts p = {.n = 0};
	int rc;

	*out = (struct flow_as){.nrows = 0};
	rc = count_parts(out, &p, fs, origins, targets_apart, e);
	if (rc == 0)
		join_parts(out, &p);
	map_free(&p.map);
	arena_free(&p.mem);
	return rc;
}

void
flow_as_free(struct flow_as *as)
{
	free(as->rows);
}
