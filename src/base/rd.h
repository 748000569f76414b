/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checked byte cursor for wire formats.  Every read checks first; a read past
 * the end returns 0 (or an absent str) and sets bad, which stays set, so a
 * decoder tests once at the end.  Never allocate from a count read here:
 * compare counts with rd_left() first.
 */
#ifndef BASE_RD_H
#define BASE_RD_H

#include "base/str.h"

struct rd {
	const uint8_t *p, *end;
	bool bad;
};

static inline struct rd
rd_of(const void *p, size_t n)
{
	return (struct rd){p, (const uint8_t *)p + n, false};
}

static inline size_t
rd_left(const struct rd *r)
{
	return (size_t)(r->end - r->p);
}

static inline bool
rd_need(struct rd *r, size_t n)
{
	if (r->bad || rd_left(r) < n) {
		r->bad = true;
		return false;
	}
	return true;
}

static inline uint8_t
rd_u8(struct rd *r)
{
	return rd_need(r, 1) ? *r->p++ : 0;
}

static inline uint16_t
rd_be16(struct rd *r)
{
	uint16_t v;

	if (!rd_need(r, 2))
		return 0;
	v = (uint16_t)(r->p[0] << 8 | r->p[1]);
	r->p += 2;
	return v;
}

static inline uint32_t
rd_be32(struct rd *r)
{
	uint32_t v;

	if (!rd_need(r, 4))
		return 0;
	v = (uint32_t)r->p[0] << 24 | (uint32_t)r->p[1] << 16 |
	    (uint32_t)r->p[2] << 8 | r->p[3];
	r->p += 4;
	return v;
}

static inline void
rd_skip(struct rd *r, size_t n)
{
	if (rd_need(r, n))
		r->p += n;
}

/* The next n bytes in place, or NULL. */
static inline const uint8_t *
rd_bytes(struct rd *r, size_t n)
{
	const uint8_t *p = r->p;

	if (!rd_need(r, n))
		return NULL;
	r->p += n;
	return p;
}

/* A cursor over the next n bytes, which are stepped over here. */
static inline struct rd
rd_sub(struct rd *r, size_t n)
{
	const uint8_t *p = rd_bytes(r, n);

	return p ? rd_of(p, n) : (struct rd){NULL, NULL, true};
}

#endif
