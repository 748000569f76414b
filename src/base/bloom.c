/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bloom.h"

#define PLACES_MIN 7 /* 1 in 128 */
#define PLACES_MAX 20
#define BYTES_MIN  8

/* Half of the bits are set in the end: the chance is 2^-places. */
static unsigned
places_for(size_t n)
{
	unsigned places = PLACES_MAX;

	for (; n > 1 && places > PLACES_MIN; n /= 2)
		places--;
	return places;
}

void
bloom_make(struct buf *b, size_t n)
{
	const unsigned places = places_for(n);
	const size_t bytes = n * places * 13 / 72; /* bits / 8 / ln 2 */

	b->n = 0;
	buf_c(b, (char)places);
	buf_fill(b, 0, bytes > BYTES_MIN ? bytes : BYTES_MIN);
}

/* A hash's places, one after the other. */
struct places {
	uint32_t at, step;
	uint64_t bits; /* of the filter */
};

static struct places
places_of(size_t bytes, uint64_t hash)
{
	return (struct places){
	    (uint32_t)hash, (uint32_t)(hash >> 32), (uint64_t)bytes * 8};
}

static size_t
next_place(struct places *p)
{
	const uint64_t at = p->at * p->bits >> 32; /* < bits */

	p->at += p->step;
	p->step += 0x9e3779b9; /* a small step stays in the same bits */
	return (size_t)at;
}

void
bloom_add(struct buf *b, uint64_t hash)
{
	uint8_t *bits = (uint8_t *)b->p + 1;
	struct places p = places_of(b->n - 1, hash);

	for (unsigned i = (uint8_t)b->p[0]; i > 0; i--) {
		const size_t at = next_place(&p);

		bits[at / 8] |= (uint8_t)(1u << at % 8);
	}
}

bool
bloom_may_hold(struct str filter, uint64_t hash)
{
	const uint8_t *bits;
	struct places p;

	if (!str_has(filter) || filter.n < 2 || filter.n > UINT32_MAX / 8)
		return true;
	bits = (const uint8_t *)filter.p + 1;
	p = places_of(filter.n - 1, hash);
	for (unsigned i = (uint8_t)filter.p[0]; i > 0; i--) {
		const size_t at = next_place(&p);

		if ((bits[at / 8] >> at % 8 & 1) == 0)
			return false;
	}
	return true;
}
