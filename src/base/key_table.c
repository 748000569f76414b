/* SPDX-License-Identifier: Apache-2.0 */
#include "base/key_table.h"

#include <string.h>

#include "base/arena.h"

#define PART       (PAGES_PART / sizeof(struct key_slot))
#define HOMES_MIN  64
#define BEYOND_MIN 32 /* slots for those who belong to the last places */

/* Where the key would be, were there no others.  It grows with the key. */
static size_t
home(size_t homes, uint64_t key)
{
	return (size_t)((key >> 32) * homes >> 32);
}

struct key_slot *
key_find(const struct key_table *t, uint64_t key)
{
	struct key_slot *s;

	if (t->size == 0)
		return NULL;
	s = t->slots + home(t->homes, key);
	while (s->what != 0 && s->key < key) /* the last is always free */
		s++;
	return s->what != 0 && s->key == key ? s : NULL;
}

void
key_soon(const struct key_table *t, uint64_t key)
{
	const struct key_slot *s = t->slots;

	if (t->size == 0)
		return;
	s += home(t->homes, key);
	__builtin_prefetch(s);
	__builtin_prefetch(s + 3); /* in the next line of cache, perhaps */
}

/* Where the last would go, and one more. */
static size_t
end_of(const struct key_table *t, size_t homes)
{
	size_t end = 0, at;

	for (struct key_slot *s = NULL; (s = key_next(t, s)) != NULL;) {
		at = home(homes, s->key);
		end = (at > end ? at : end) + 1;
	}
	return end;
}

/* Puts n slots that come next in order to their places, of which those before
 * `end` are taken; returns the new end.  They may be in front of these. */
static size_t
put(struct key_table *t, size_t end, struct key_slot *from, size_t n)
{
	for (struct key_slot *s = from; s < from + n; s++) {
		const struct key_slot one = *s;
		size_t at;

		if (one.what == 0)
			continue;
		at = home(t->homes, one.key);
		at = at > end ? at : end;
		s->what = 0;
		t->slots[at] = one;
		end = at + 1;
	}
	return end;
}

/* Large ones are of whole parts, which are given back one by one. */
static void
resize(struct key_table *t, size_t homes)
{
	const struct key_table old = *t;
	size_t end = end_of(t, homes), step;

	t->homes = homes;
	t->size = homes + BEYOND_MIN;
	if (end > homes) /* crowded there: so much more that this is rare */
		t->size = end + (end - homes) / 2 + BEYOND_MIN;
	if (t->size > PART / 2)
		t->size = (t->size + PART - 1) / PART * PART;
	t->slots = xpages(t->size * sizeof(*t->slots));
	step = old.size < PART ? old.size : PART;
	end = 0;
	for (size_t i = 0; i < old.size; i += step) {
		end = put(t, end, old.slots + i, step);
		xpages_give_back(old.slots + i, step * sizeof(*old.slots));
	}
	if (old.slots != NULL)
		xpages_free(old.slots, old.size * sizeof(*old.slots));
}

struct key_slot *
key_take(struct key_table *t, uint64_t key)
{
	struct key_slot *s, *end;

	if ((t->n + 1) * 4 > t->homes * 3)
		resize(t, t->homes ? t->homes / 4 * 5 : HOMES_MIN);
	s = t->slots + home(t->homes, key);
	while (s->what != 0 && s->key < key)
		s++;
	for (end = s; end->what != 0; end++)
		;
	if (end == t->slots + t->size - 1) {
		resize(t, t->homes); /* with more slots beyond */
		return key_take(t, key);
	}
	memmove(s + 1, s, (size_t)((char *)end - (char *)s));
	t->n++;
	s->key = key;
	return s;
}

struct key_slot *
key_next(const struct key_table *t, struct key_slot *s)
{
	const struct key_slot *end = t->slots + t->size;

	for (s = s ? s + 1 : t->slots; s < end; s++)
		if (s->what != 0)
			return s;
	return NULL;
}

void
key_tidy(struct key_table *t)
{
	t->n = 0;
	for (struct key_slot *s = NULL; (s = key_next(t, s)) != NULL;)
		t->n++;
	if (t->n * 3 < t->homes && t->homes > HOMES_MIN)
		resize(t, t->n * 2 > HOMES_MIN ? t->n * 2 : HOMES_MIN);
	else
		put(t, 0, t->slots, t->size);
}

void
key_table_free(struct key_table *t)
{
	if (t->slots != NULL)
		xpages_free(t->slots, t->size * sizeof(*t->slots));
	*t = (struct key_table){0};
}
