/* SPDX-License-Identifier: Apache-2.0 */
/* Growing byte buffer; {0} is a valid start.  Out of memory aborts. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/str.h"

struct buf {
	char *p;
	size_t n, size;
};

void buf_grow(struct buf *b, size_t more); /* see buf_room */
void buf_free(struct buf *b);
void buf_printf(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void buf_fill(struct buf *b, char c, size_t n);
void buf_i64(struct buf *b, int64_t v); /* decimal */
/* The same where there is room for so many bytes; returns its end. */
#define I64_TEXT_MAX 20
char *i64_at(char *at, int64_t v);

/* Room for that many bytes more at p + n. */
static inline void
buf_room(struct buf *b, size_t more)
{
	if (b->size - b->n < more)
		buf_grow(b, more);
}

static inline void
buf_put(struct buf *b, const void *p, size_t n)
{
	buf_room(b, n);
	if (n > 0)
		memcpy(b->p + b->n, p, n);
	b->n += n;
}

static inline void
buf_c(struct buf *b, char c)
{
	buf_put(b, &c, 1);
}

static inline void
buf_s(struct buf *b, struct str s)
{
	buf_put(b, s.p, s.n);
}

static inline void
buf_z(struct buf *b, const char *z)
{
	buf_put(b, z, strlen(z));
}

static inline struct str
buf_str(const struct buf *b)
{
	return str_of(b->p ? b->p : "", b->n);
}

#endif
