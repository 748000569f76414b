/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key table against a list: keys from all over, and many that belong to
 * the last places, which need room behind; so many that the table grows
 * beyond a huge page, of which most, then all, are deleted.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/key_table.h"
#include "tests/unit/rnd.h"

#define KEYS 300000

static uint64_t keys[KEYS];
static uint64_t whats[KEYS]; /* 0: it is not there */

static uint64_t
any_key(size_t i)
{
	return (uint64_t)rnd() << 40 ^ (uint64_t)rnd() << 20 ^ i;
}

static uint64_t
last_key(size_t i)
{
	return i % 100 ? any_key(i) : UINT64_MAX - i;
}

static int
differs(const struct key_table *t, const char *when)
{
	const struct key_slot *s;
	size_t n = 0, seen = 0;

	for (size_t i = 0; i < KEYS; i++) {
		s = key_find(t, keys[i]);
		n += whats[i] != 0;
		if ((s ? s->what : 0) != whats[i]) {
			printf("%s: key %" PRIx64 " is %" PRIu64
			       ", wanted %" PRIu64 "\n",
			    when, keys[i], s ? s->what : 0, whats[i]);
			return 1;
		}
	}
	for (struct key_slot *at = NULL; (at = key_next(t, at)) != NULL;)
		seen++;
	if (t->n == n && seen == n)
		return 0;
	printf("%s: %zu, visits %zu; wanted %zu\n", when, t->n, seen, n);
	return 1;
}

static void
put_all(struct key_table *t, uint64_t (*key_of)(size_t))
{
	for (size_t i = 0; i < KEYS; i++) {
		keys[i] = key_of(i);
		if (key_find(t, keys[i]) != NULL) {
			i--;
			continue;
		}
		whats[i] = i + 1;
		key_take(t, keys[i])->what = whats[i];
	}
}

/* Of each so many one stays; 0: none. */
static void
leave(struct key_table *t, size_t one_of)
{
	for (struct key_slot *s = NULL; (s = key_next(t, s)) != NULL;)
		if (one_of == 0 || s->what % one_of != 0) {
			whats[s->what - 1] = 0;
			s->what = 0;
		}
	key_tidy(t);
}

static int
try_keys(uint64_t (*key_of)(size_t))
{
	struct key_table t = {0};
	int failed = differs(&t, "empty");
	size_t most;

	put_all(&t, key_of);
	failed |= differs(&t, "full");
	most = t.size;
	leave(&t, 2);
	failed |= differs(&t, "a half");
	leave(&t, 16);
	failed |= differs(&t, "a sixteenth");
	if (t.size > most / 4) {
		printf(
		    "%zu slots of %zu are kept for %zu\n", t.size, most, t.n);
		failed = 1;
	}
	leave(&t, 0);
	failed |= differs(&t, "none");
	put_all(&t, key_of);
	failed |= differs(&t, "full again");
	key_table_free(&t);
	for (size_t i = 0; i < KEYS; i++)
		whats[i] = 0;
	return failed;
}

int
main(void)
{
	return try_keys(any_key) | try_keys(last_key);
}
