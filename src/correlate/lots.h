/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lots: what is dealt out to the workers of a run whole, so that each has about as
 * much to do.  All workers are told the same, and deal alike.
 */
#ifndef CORRELATE_LOTS_H
#define CORRELATE_LOTS_H

#include <stdbool.h>
#include <stdint.h>

struct lots;

struct lots *lots_new(unsigned share, unsigned shares);
void lots_free(struct lots *l); /* NULL is fine */

/* So much of the load is the key's; adds up.  After the first lots_ours it does not
 * count any more. */
void lots_load(struct lots *l, uint64_t key, int64_t load);
/* Is the key of our share?  Of those with a load the largest are dealt first, each to
 * whoever has least; of others the key itself decides. */
bool lots_ours(struct lots *l, uint64_t key);

#endif
