/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The numbers of facts, as an SQL function where they are put into the store:
 * they come in the order of customers and kinds, and of each kind so many are kept
 * as its finding shows.  A window function over the rows with their words took twice
 * as long.
 *
 *	fact_number(customer, kind, most)
 *	        its number among the customer's that are kept, from 1; NULL: there
 *	        are that many of the kind, which is a number
 *	        (schema/statements/correlate.sql)
 */
#ifndef CORRELATE_FACTS_H
#define CORRELATE_FACTS_H

#include "store/store.h"

struct facts;

/* Registers the function with the store; close takes it back, NULL is fine. */
int facts_open(struct facts **out, struct store *s, struct err *e);
void facts_close(struct facts *f);

#endif
