/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Key table: from a 64-bit hash to a number that is not 0, for so many that
 * their memory counts.  It lies in the order of the keys, each as near behind
 * its place as can be, so that it needs no marks of what was deleted, grows by
 * a quarter, and gives back what it had before while it is read.
 */
#ifndef BASE_KEY_TABLE_H
#define BASE_KEY_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct key_slot {
	uint64_t key, what; /* what 0: it is free */
};

struct key_table { /* {0} is a valid start */
	struct key_slot *slots;
	size_t n, homes, size; /* taken; places of keys; slots */
};

/* A slot stays where it is until the next key_take() or key_tidy(). */

/* NULL: the key is not there. */
struct key_slot *key_find(const struct key_table *t, uint64_t key);
/* For a key that is not there; the caller sets what. */
struct key_slot *key_take(struct key_table *t, uint64_t key);
/* That key will be asked for soon: its place is read meanwhile. */
void key_soon(const struct key_table *t, uint64_t key);
/* Visits all: for (s = NULL; (s = key_next(t, s)) != NULL;).  What is to go is
 * set to 0, and before anything else is asked key_tidy() called. */
struct key_slot *key_next(const struct key_table *t, struct key_slot *s);
void key_tidy(struct key_table *t);
void key_table_free(struct key_table *t);

#endif
