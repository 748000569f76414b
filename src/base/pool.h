/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pool: many things of one size that come and go, each in the place of one
 * that went, close to each other.  With -DARENA_DEBUG each has its own malloc,
 * so that the address sanitizer sees a use after pool_put().
 */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include <stdlib.h>

#include "base/arena.h"

struct pool {        /* {.size = sizeof(...)} is a valid start */
	size_t size; /* of a pointer at least */
	void *spare; /* the first of those that went; each points to the next */
	struct arena mem;
};

/* Zeroed. */
static inline void *
pool_get(struct pool *p)
{
#ifdef ARENA_DEBUG
	return xcalloc(1, p->size);
#else
	void *x = p->spare;

	if (x == NULL)
		return arena_zalloc(&p->mem, p->size);
	memcpy(&p->spare, x, sizeof(x));
	return memset(x, 0, p->size);
#endif
}

static inline void
pool_put(struct pool *p, void *x) /* NULL is fine */
{
#ifdef ARENA_DEBUG
	(void)p;
	free(x);
#else
	if (x == NULL)
		return;
	memcpy(x, &p->spare, sizeof(x));
	p->spare = x;
#endif
}

/* All of them; under the sanitizer only what was put back is free. */
static inline void
pool_free(struct pool *p)
{
	p->spare = NULL;
	arena_free(&p->mem);
}

#endif
