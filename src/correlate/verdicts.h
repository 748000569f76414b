/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What filters said of the messages of a day that are looked at, as SQL functions
 * for the steps of a run: each message's verdicts are read once for all that is asked.
 *
 *	verdicts_of(cust, message)
 *	                 bits, 1 << verdict (the numbers of verdict_name), of those that
 *	                 count: clean, listed, banned, spam, virus; and hears who said
 *	                 spam or virus of the customer, and what it was called
 *	verdict_time(message, verdict)
 *	                 of the first one of that kind; NULL: there is none
 *	verdicts_said()  into temp.said what was heard (schema/correlate/40_metrics.sql)
 */
#ifndef CORRELATE_VERDICTS_H
#define CORRELATE_VERDICTS_H

#include "store/store.h"

struct verdicts;

/* Registers the functions with the store; close takes them back. */
int verdicts_open(struct verdicts **out, struct store *s, struct err *e);
void verdicts_close(struct verdicts *p);

#endif
