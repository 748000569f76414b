/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The numbers of facts on their way into the store: they come in the order of
 * customers and kinds, and of each kind so many are kept as its finding shows.  A
 * window function over the rows with their words took twice as long; a function of
 * the INSERT had SQLite keep a journal of all pages that it touches.
 */
#ifndef CORRELATE_FACTS_H
#define CORRELATE_FACTS_H

#include "base/buf.h"

struct facts { /* 0 before the first */
	struct buf customer;
	int64_t kind;
	int64_t kept;    /* of the customer */
	int64_t of_kind; /* of these, of the kind */
};

/* The next one's number among the customer's that are kept, from 1; 0: there are
 * that many (most) of the kind. */
int64_t facts_number(
    struct facts *f, struct str customer, int64_t kind, int64_t most);
void facts_free(struct facts *f);

#endif
