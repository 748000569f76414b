/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/lots.h"

#include "base/arena.h"
#include "base/map.h"

#include <stdlib.h>

struct lot {
	uint64_t key;
	int64_t load;
	unsigned share;
};

struct lots {
	unsigned share, shares;
	struct lot **of;
	size_t n, size;
	struct map by_key; /* two keys may be one lot: that does no harm */
	bool dealt;
};

struct lots *
lots_new(unsigned share, unsigned shares)
{
	struct lots *l = xcalloc(1, sizeof(*l));

	l->share = share;
	l->shares = shares;
	return l;
}

void
lots_free(struct lots *l)
{
	if (l == NULL)
		return;
	for (size_t i = 0; i < l->n; i++)
		free(l->of[i]);
	free(l->of);
	map_free(&l->by_key);
	free(l);
}

static struct lot *
add(struct lots *l, uint64_t key)
{
	struct lot *o = xcalloc(1, sizeof(*o));

	if (l->n == l->size) {
		l->size = l->size ? 2 * l->size : 1024;
		l->of = xrealloc(l->of, l->size * sizeof(struct lot *));
	}
	o->key = key;
	map_put(&l->by_key, key, o);
	return l->of[l->n++] = o;
}

void
lots_load(struct lots *l, uint64_t key, int64_t load)
{
	struct lot *o = map_get(&l->by_key, key);

	if (l->dealt)
		return;
	if (o == NULL)
		o = add(l, key);
	o->load += load;
}

/* --- dealing */

static int
by_load(const void *pa, const void *pb)
{
	const struct lot *a = *(struct lot *const *)pa;
	const struct lot *b = *(struct lot *const *)pb;

	if (a->load != b->load)
		return a->load > b->load ? -1 : 1;
	return a->key < b->key ? -1 : a->key > b->key;
}

static unsigned
least(const int64_t *load, unsigned n)
{
	unsigned at = 0;

	for (unsigned i = 1; i < n; i++)
		if (load[i] < load[at])
			at = i;
	return at;
}

static void
deal(struct lots *l)
{
	int64_t *load = xcalloc(l->shares, sizeof(*load));

	if (l->n > 0)
		qsort(l->of, l->n, sizeof(struct lot *), by_load);
	for (size_t i = 0; i < l->n; i++) {
		l->of[i]->share = least(load, l->shares);
		load[l->of[i]->share] += l->of[i]->load;
	}
	free(load);
	l->dealt = true;
}

bool
lots_ours(struct lots *l, uint64_t key)
{
	const struct lot *o;

	if (!l->dealt)
		deal(l);
	o = map_get(&l->by_key, key);
	return (o != NULL ? o->share : key % l->shares) == l->share;
}
