/* SPDX-License-Identifier: Apache-2.0 */
/* Open addressing, linear probing; key 0 = free, key 1 = deleted. */
#include "base/map.h"

#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

static uint64_t
fold(uint64_t key)
{
	return key < 2 ? key + 2 : key;
}

static struct map_slot *
find(const struct map *m, uint64_t key)
{
	size_t mask = m->size - 1;

	if (m->size == 0)
		return NULL;
	for (size_t i = key & mask; m->slots[i].key != 0; i = (i + 1) & mask)
		if (m->slots[i].key == key)
			return &m->slots[i];
	return NULL;
}

static void
insert(struct map *m, uint64_t key, void *val)
{
	size_t mask = m->size - 1, i = key & mask;

	while (m->slots[i].key > 1)
		i = (i + 1) & mask;
	if (m->slots[i].key == 0)
		m->used++;
	m->slots[i] = (struct map_slot){key, val};
	m->n++;
}

static void
grow(struct map *m)
{
	struct map old = *m;

	m->size = old.n * 4 > 64 ? old.size : 64;
	while (m->size < (old.n + 1) * 3)
		m->size *= 2;
	m->slots = xcalloc(m->size, sizeof(*m->slots));
	m->n = m->used = 0;
	for (size_t i = 0; i < old.size; i++)
		if (old.slots[i].key > 1)
			insert(m, old.slots[i].key, old.slots[i].val);
	free(old.slots);
}

void
map_soon(const struct map *m, uint64_t key)
{
	if (m->size > 0)
		__builtin_prefetch(&m->slots[fold(key) & (m->size - 1)]);
}

void
map_put(struct map *m, uint64_t key, void *val)
{
	struct map_slot *s = find(m, fold(key));

	if (s != NULL) {
		s->val = val;
		return;
	}
	if ((m->used + 1) * 3 > m->size * 2)
		grow(m);
	insert(m, fold(key), val);
}

void *
map_del(struct map *m, uint64_t key)
{
	struct map_slot *s = find(m, fold(key));
	void *val;

	if (s == NULL)
		return NULL;
	val = s->val;
	*s = (struct map_slot){1, NULL};
	m->n--;
	return val;
}

void *
map_next(const struct map *m, size_t *at)
{
	while (*at < m->size) {
		struct map_slot *s = &m->slots[(*at)++];
		if (s->key > 1)
			return s->val;
	}
	return NULL;
}

/* What is far too large for what was in it would be cleared for nothing. */
void
map_clear(struct map *m)
{
	if (m->used * 8 < m->size)
		map_free(m);
	else if (m->size > 0)
		memset(m->slots, 0, m->size * sizeof(*m->slots));
	m->n = m->used = 0;
}

void
map_free(struct map *m)
{
	free(m->slots);
	*m = (struct map){0};
}
