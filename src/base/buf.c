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

/* Two digits at a time, from the right. */
static char *
digits_at(char *at, uint64_t v)
{
	static const char pairs[] =
	    "0001020304050607080910111213141516171819"
	    "2021222324252627282930313233343536373839"
	    "4041424344454647484950515253545556575859"
	    "6061626364656667686970717273747576777879"
	    "8081828384858687888990919293949596979899";
	char text[2 * I64_TEXT_MAX] = {0}, *const end = text + I64_TEXT_MAX;
	char *to = end;

	for (; v >= 100; v /= 100)
		memcpy(to -= 2, pairs + v % 100 * 2, 2);
	if (v >= 10)
		memcpy(to -= 2, pairs + v * 2, 2);
	else
		*--to = (char)('0' + v);
	memcpy(at, to, I64_TEXT_MAX - 1); /* more than it is, but no call */
	return at + (end - to);
}

char *
i64_at(char *at, int64_t v)
{
	if (v >= 0)
		return digits_at(at, (uint64_t)v);
	*at = '-';
	return digits_at(at + 1, -(uint64_t)v);
}

void
buf_i64(struct buf *b, int64_t v)
{
	buf_room(b, I64_TEXT_MAX);
	b->n = (size_t)(i64_at(b->p + b->n, v) - b->p);
}
