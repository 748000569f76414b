/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arena: many allocations, one free.  One arena per lifetime (program, run,
 * line), reset in the loop.  Memory is not zeroed by arena_alloc.  Out of
 * memory aborts with one message, so nobody checks for NULL.  With
 * -DARENA_DEBUG every allocation is its own malloc, so that the address
 * sanitizer sees overruns and use after reset.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/str.h"

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	char bytes[] __attribute__((aligned(16)));
};

struct arena { /* {0} is a valid start */
	struct arena_block *head;
	size_t block; /* bytes a block; 0 = 64 KiB */
};

void *arena_more(struct arena *a, size_t n); /* in a new block */

/* Memory for anything, and memory for text, which need not be aligned. */
static inline void *
arena_alloc(struct arena *a, size_t n)
{
#ifndef ARENA_DEBUG
	struct arena_block *b = a->head;
	size_t at = b ? (b->used + 15) & ~(size_t)15 : 0;

	if (b != NULL && b->size >= at && b->size - at >= n) {
		b->used = at + n;
		return b->bytes + at;
	}
#endif
	return arena_more(a, n);
}

static inline char *
arena_text(struct arena *a, size_t n)
{
#ifndef ARENA_DEBUG
	struct arena_block *b = a->head;

	if (b != NULL && b->size - b->used >= n) {
		b->used += n;
		return b->bytes + b->used - n;
	}
#endif
	return (char *)arena_more(a, n);
}

void *arena_zalloc(struct arena *a, size_t n);
struct str arena_dup(struct arena *a, struct str s); /* NUL added; absent stays */
char *arena_z(struct arena *a, struct str s);	     /* terminated copy */
struct str arena_printf(struct arena *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void arena_reset(struct arena *a); /* keeps one block for re-use */
void arena_free(struct arena *a);

/* malloc family that aborts with one message when memory is gone. */
void *xmalloc(size_t n);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t n);
char *xstrdup(const char *z);
/* For what is large and read here and there: in huge pages where the system
 * gives them, for which fewer misses of the TLB wait.  Zeroed. */
void *xpages(size_t n);
void xpages_free(void *p, size_t n); /* all n bytes of it */
/* What n bytes of it hold, some parts from a multiple of a part on, is not
 * needed any more. */
void xpages_give_back(void *at, size_t n);
#define PAGES_PART ((size_t)2 * 1024 * 1024)

#endif
