/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An entry of a sender list, as sender slots.  All that is known is that the
 * address opened a connection at first, one at last, and the rest between.  So
 * the slots of first and of last hold one each, and the rest has a slot that
 * spans the time from first to last; where the address changed hands in it,
 * correlate finds that slot in doubt and the others not.
 */
#ifndef INGEST_FLOW_LISTED_H
#define INGEST_FLOW_LISTED_H

#include "input/flow_source.h"
#include "store/store.h"

/* The rest is not placed where first and last are further apart than this. */
#define FLOW_LISTED_SPAN (86400 * USEC)

/* In the caller's transaction. */
int flow_listed_put(
    struct store *s, const struct flow_listed *l, struct err *e);

#endif
