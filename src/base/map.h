/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hash map from a 64-bit hash to a pointer.  The caller compares the full key
 * where two keys may share a hash; entries are chained by the caller's own
 * struct if it needs that.  Keys 0 and 1 are folded to 2 and 3.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stddef.h>
#include <stdint.h>

struct map { /* {0} is a valid start */
	struct map_slot *slots;
	size_t n, used, size; /* live, live + deleted, slots (power of two) */
};

struct map_slot { /* the map's own; key 0 = free, 1 = deleted */
	uint64_t key;
	void *val;
};

/* What is there, or NULL.  Several times for each line: it is inline. */
static inline void *
map_get(const struct map *m, uint64_t key)
{
	const size_t mask = m->size - 1;

	if (m->n == 0)
		return NULL;
	key += key < 2 ? 2 : 0;
	for (size_t i = key & mask; m->slots[i].key != 0; i = (i + 1) & mask)
		if (m->slots[i].key == key)
			return m->slots[i].val;
	return NULL;
}

/* That key will be asked for soon: its place is read meanwhile. */
void map_soon(const struct map *m, uint64_t key);
void map_put(struct map *m, uint64_t key, void *val); /* replaces */
void *map_del(struct map *m, uint64_t key);	      /* what was there */
/* Visits all: for (size_t i = 0; (v = map_next(m, &i)) != NULL;) */
void *map_next(const struct map *m, size_t *at);
void map_clear(struct map *m); /* keeps its memory for about as many */
void map_free(struct map *m);

#endif
