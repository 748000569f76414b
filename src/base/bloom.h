/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bloom filter: a set of 64-bit hashes in some ten bits each, which never lacks what
 * was put in, and may hold what was not (B. H. Bloom, Space/time trade-offs in hash
 * coding with allowable errors, CACM 13, 1970).  A hash's places are those of enhanced
 * double hashing (P. C. Dillinger, P. Manolios, Bloom filters in probabilistic
 * verification, FMCAD 2004).
 *
 * Its bytes are how many places a hash has, then the bits, each byte's lowest first.
 */
#ifndef BASE_BLOOM_H
#define BASE_BLOOM_H

#include "base/buf.h"

/* *b becomes an empty filter for n hashes.  It holds another with a chance of about n
 * in a million, so that a set in pieces is no worse than in one; of 8,192 and more,
 * with one of 1 in 128. */
void bloom_make(struct buf *b, size_t n);
void bloom_add(struct buf *b, uint64_t hash);
/* What cannot be a filter may hold anything. */
bool bloom_may_hold(struct str filter, uint64_t hash);

#endif
