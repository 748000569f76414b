/* SPDX-License-Identifier: Apache-2.0 */
#define XXH_INLINE_ALL
#include "base/hash.h"

#include <xxhash.h>

uint64_t
hash_bytes(const void *p, size_t n, uint64_t seed)
{
	return XXH3_64bits_withSeed(n ? p : "", n, seed);
}

/* The length is known here, and most of the work is gone with it. */
uint64_t
hash_u64(uint64_t v, uint64_t seed)
{
	return XXH3_64bits_withSeed(&v, sizeof(v), seed);
}
