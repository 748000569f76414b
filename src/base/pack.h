/* SPDX-License-Identifier: Apache-2.0 */
/*
 * State that is kept between runs, as bytes: pack_* write it to a buffer,
 * unpack_* read it back through a checked cursor (an absent str stays absent;
 * the text read lies in the cursor's bytes).
 */
#ifndef BASE_PACK_H
#define BASE_PACK_H

#include "base/buf.h"
#include "base/rd.h"

#define PACK_ABSENT UINT32_MAX

static inline void
pack_u8(struct buf *out, uint8_t v)
{
	buf_c(out, (char)v);
}

static inline void
pack_u32(struct buf *out, uint32_t v)
{
	uint8_t b[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16),
	    (uint8_t)(v >> 8), (uint8_t)v};

	buf_put(out, b, sizeof(b));
}

static inline void
pack_i64(struct buf *out, int64_t v)
{
	pack_u32(out, (uint32_t)((uint64_t)v >> 32));
	pack_u32(out, (uint32_t)((uint64_t)v & UINT32_MAX));
}

static inline void
pack_str(struct buf *out, struct str s)
{
	pack_u32(out, str_has(s) ? (uint32_t)s.n : PACK_ABSENT);
	buf_s(out, s);
}

static inline int64_t
unpack_i64(struct rd *r)
{
	uint64_t hi = rd_be32(r);

	return (int64_t)(hi << 32 | rd_be32(r));
}

static inline struct str
unpack_str(struct rd *r)
{
	uint32_t n = rd_be32(r);
	const uint8_t *p;

	if (n == PACK_ABSENT || r->bad)
		return STR_NONE;
	p = rd_bytes(r, n);
	return p ? str_of((const char *)p, n) : STR_NONE;
}

#endif
