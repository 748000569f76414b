/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"

void
buf_grow(struct buf *b, size_t more)
{
	size_t size = b->size ? b->size : 256;

	while (size - b->n < more)
		size *= 2;
	if (size == b->size)
		return;
	b->p = xrealloc(b->p, size);
	b->size = size;
}

void
buf_free(struct buf *b)
{
	free(b->p);
	*b = (struct buf){0};
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap, again;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n > 0) {
		buf_grow(b, (size_t)n + 1);
		vsnprintf(b->p + b->n, (size_t)n + 1, fmt, again);
		b->n += (size_t)n;
	}
	va_end(again);
}

void
buf_fill(struct buf *b, char c, size_t n)
{
	buf_grow(b, n);
	if (n > 0)
		memset(b->p + b->n, c, n);
	b->n += n;
}

void
buf_i64(struct buf *b, int64_t v)
{
	uint64_t u = v < 0 ? -(uint64_t)v : (uint64_t)v, left;
	char *at;

	buf_room(b, 20);
	if (v < 0)
		b->p[b->n++] = '-';
	for (left = u, b->n++; left >= 10; left /= 10)
		b->n++;
	for (at = b->p + b->n; u >= 10; u /= 10)
		*--at = (char)('0' + u % 10);
	*--at = (char)('0' + u);
}
