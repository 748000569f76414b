/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The numbers of facts, as an SQL function for the steps of a run: they come in
 * the order of findings and kinds, and of each kind so many are kept as its finding
 * shows.  A window function over the rows with their words took twice as long.
 *
 *	facts_keep()     from temp.fact into temp.finding_evidence
 *	                 (schema/correlate/70_evidence.sql)
 */
#ifndef CORRELATE_FACTS_H
#define CORRELATE_FACTS_H

#include "store/store.h"

/* Registers the function with the store; close takes it back. */
int facts_open(struct store *s, struct err *e);
void facts_close(struct store *s);

#endif
