/* SPDX-License-Identifier: Apache-2.0 */
#include "store/intern.h"

#include "base/arena.h"
#include "base/hash.h"

#include <stdlib.h>

#define SLOTS   ((size_t)1 << 17)
#define KEY_MAX 255 /* longer text is not kept: at most 39 MB in all */

struct intern_slot {
	char *key;
	int64_t id;
	uint32_t generation;
	uint16_t tag;    /* of the hash: most others are told without reading */
	uint8_t n, size; /* bytes, and eights of bytes */
};

static uint16_t
tag_of(uint64_t hash)
{
	return (uint16_t)(hash >> 48);
}

int64_t
intern_get(const struct intern *c, struct str key)
{
	const uint64_t hash = hash_str(key, 0);
	const struct intern_slot *s;

	if (c->slots == NULL || key.n > KEY_MAX)
		return 0;
	s = &c->slots[hash % SLOTS];
	if (s->generation != c->generation || s->tag != tag_of(hash) || s->id == 0)
		return 0;
	return str_eq(str_of(s->key, s->n), key) ? s->id : 0;
}

void
intern_put(struct intern *c, struct str key, int64_t id)
{
	const uint64_t hash = hash_str(key, 0);
	struct intern_slot *s;

	if (key.n > KEY_MAX)
		return;
	if (c->slots == NULL)
		c->slots = xcalloc(SLOTS, sizeof(*c->slots));
	s = &c->slots[hash % SLOTS];
	s->tag = tag_of(hash);
	if ((size_t)8 * s->size < key.n) {
		/* 8, 24, 40, ...: what malloc gives without a rest */
		s->size = (uint8_t)((key.n + 7) / 16 * 2 + 1);
		s->key = xrealloc(s->key, (size_t)8 * s->size);
	}
	if (key.n > 0)
		memcpy(s->key, key.p, key.n);
	s->n = (uint8_t)key.n;
	s->generation = c->generation;
	s->id = id;
}

void
intern_forget(struct intern *c)
{
	c->generation++;
}

void
intern_free(struct intern *c)
{
	if (c->slots != NULL)
		for (size_t i = 0; i < SLOTS; i++)
			free(c->slots[i].key);
	free(c->slots);
	*c = (struct intern){0};
}
