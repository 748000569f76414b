/* SPDX-License-Identifier: Apache-2.0 */
/* 64-bit hashes (XXH3): stable across runs and machines of one byte order. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/str.h"

uint64_t hash_bytes(const void *p, size_t n, uint64_t seed);

static inline uint64_t
hash_str(struct str s, uint64_t seed)
{
	return hash_bytes(s.p, s.n, seed);
}

uint64_t hash_u64(uint64_t v, uint64_t seed); /* of v's bytes */

#endif
