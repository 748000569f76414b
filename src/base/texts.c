/* SPDX-License-Identifier: Apache-2.0 */
#include "base/texts.h"

#include "base/hash.h"

#include <stdlib.h>

struct texts_entry {
	struct str text;
	struct texts_entry *next; /* of the same hash */
	int32_t no;
};

int32_t
texts_no(struct texts *t, struct str text)
{
	uint64_t key = hash_str(text, 0);
	struct texts_entry *first = map_get(&t->by_text, key), *c;

	for (c = first; c != NULL; c = c->next)
		if (str_eq(c->text, text))
			return c->no;
	if ((t->n & (t->n - 1)) == 0) /* 0, or a power of two */
		t->of = xrealloc(t->of,
		    2 * ((size_t)t->n + 1) * sizeof(struct texts_entry *));
	c = arena_alloc(&t->mem, sizeof(*c));
	*c = (struct texts_entry){arena_dup(&t->mem, text), first, t->n + 1};
	map_put(&t->by_text, key, c);
	t->of[t->n++] = c;
	return c->no;
}

struct str
texts_of(const struct texts *t, int64_t no)
{
	return no > 0 && no <= t->n ? t->of[no - 1]->text : (struct str){0};
}

struct str
texts_keep(struct texts *t, struct str text)
{
	return str_has(text) ? texts_of(t, texts_no(t, text)) : text;
}

void
texts_clear(struct texts *t)
{
	map_free(&t->by_text);
	arena_reset(&t->mem);
	t->n = 0;
}

void
texts_free(struct texts *t)
{
	texts_clear(t);
	arena_free(&t->mem);
	free(t->of);
	*t = (struct texts){0};
}
