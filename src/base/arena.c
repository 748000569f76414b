/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#define BLOCK_SIZE ((size_t)64 * 1024)

static void *
must(void *p)
{
	if (p == NULL) {
		fputs("heloflow: out of memory\n", stderr);
		abort();
	}
	return p;
}

void *
xmalloc(size_t n)
{
	return must(malloc(n ? n : 1));
}

void *
xcalloc(size_t n, size_t size)
{
	return must(calloc(n ? n : 1, size ? size : 1));
}

void *
xrealloc(void *p, size_t n)
{
	return must(realloc(p, n ? n : 1));
}

char *
xstrdup(const char *z)
{
	return must(strdup(z));
}

/* Are so many bytes pages of their own? */
static bool
are_pages(size_t n)
{
#ifdef ARENA_DEBUG
	(void)n;
	return false;
#else
	return n >= PAGES_PART / 2 && n <= SIZE_MAX / 2;
#endif
}

static size_t
whole_pages(size_t n)
{
	return (n + PAGES_PART - 1) / PAGES_PART * PAGES_PART;
}

/* Not malloc's, which keeps for itself what is freed. */
void *
xpages(size_t n)
{
	size_t size, before;
	char *p;

	if (!are_pages(n))
		return xcalloc(1, n);
	size = whole_pages(n);
	p = mmap(NULL, size + PAGES_PART, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	must(p == MAP_FAILED ? NULL : p);
	before = -(uintptr_t)p % PAGES_PART;
	if (before > 0)
		munmap(p, before);
	munmap(p + before + size, PAGES_PART - before);
	madvise(p + before, size, MADV_HUGEPAGE); /* or not: it is but slower */
	return p + before;
}

void
xpages_free(void *p, size_t n)
{
	if (are_pages(n))
		munmap(p, whole_pages(n));
	else
		free(p);
}

void
xpages_give_back(void *at, size_t n)
{
	if (are_pages(n) && n % PAGES_PART == 0)
		madvise(at, n, MADV_DONTNEED);
}

static struct arena_block *
block_new(size_t size)
{
	struct arena_block *b = xmalloc(sizeof(*b) + size);

	b->next = NULL;
	b->used = 0;
	b->size = size;
	return b;
}

void *
arena_more(struct arena *a, size_t n)
{
	struct arena_block *b;
#ifdef ARENA_DEBUG
	size_t size = n;
#else
	size_t size = a->block ? a->block : BLOCK_SIZE;

	size = n > size ? n : size;
#endif
	b = block_new(size);
	b->next = a->head;
	b->used = n;
	a->head = b;
	return b->bytes;
}

void *
arena_zalloc(struct arena *a, size_t n)
{
	return memset(arena_alloc(a, n), 0, n);
}

struct str
arena_dup(struct arena *a, struct str s)
{
	char *p;

	if (!str_has(s))
		return s;
	p = arena_text(a, s.n + 1);
	memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return str_of(p, s.n);
}

char *
arena_z(struct arena *a, struct str s)
{
	char *p = arena_text(a, s.n + 1);

	if (s.n)
		memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return p;
}

struct str
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap, again;
	char *p;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		n = 0;
	p = arena_text(a, (size_t)n + 1);
	vsnprintf(p, (size_t)n + 1, fmt, again);
	va_end(again);
	return (struct str){p, (size_t)n};
}

void
arena_reset(struct arena *a)
{
	struct arena_block *keep = a->head;

	if (keep == NULL)
		return;
#ifndef ARENA_DEBUG
	if (keep->size == BLOCK_SIZE) {
		a->head = keep->next;
		arena_free(a);
		keep->next = NULL;
		keep->used = 0;
		a->head = keep;
		return;
	}
#endif
	arena_free(a);
}

void
arena_free(struct arena *a)
{
	for (struct arena_block *b = a->head, *next; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
	a->head = NULL;
}
