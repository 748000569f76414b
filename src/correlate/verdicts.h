/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What filters said of the messages of a day that are looked at: each message's
 * verdicts are read once for all that is asked.  For the steps of a run there is
 *
 *	verdicts_said()  into temp.said what was heard (schema/correlate/40_metrics.sql)
 */
#ifndef CORRELATE_VERDICTS_H
#define CORRELATE_VERDICTS_H

#include "model/delivery.h"
#include "store/store.h"

#define VERDICTS_NEVER INT64_MAX

struct verdicts;

/* Registers the function with the store; close takes it back. */
int verdicts_open(struct verdicts **out, struct store *s, struct err *e);
void verdicts_close(struct verdicts *p);

/* The message's first verdict of each kind, VERDICT_N times, until it is called
 * again; or VERDICTS_NEVER.  Hears who said spam or virus of the customer, and what
 * it was called. */
int verdicts_of(struct verdicts *p, int64_t cust, int64_t message,
    const int64_t **first, struct err *e);

#endif
