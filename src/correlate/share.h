/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The work of a run, shared by customers.  Each worker is a thread with a
 * connection of its own that reads what is committed; it runs the steps of
 * schema/correlate/ for its share of the customers into temporary tables, and the
 * caller's connection takes the rows of all in the order of customers: what is
 * stored does not depend on how many there are.
 */
#ifndef CORRELATE_SHARE_H
#define CORRELATE_SHARE_H

#include "correlate/brief.h"

/* Where the steps of schema/correlate/ begin: what a worker has of its own; what
 * the run is about, which the store is told, too; what goes beyond the rules; and,
 * of the store, what goes before it takes the findings, and after. */
enum {
	STEP_OWN = 0,
	STEP_RUN = 10,
	STEP_CLASS = 60,
	STEP_CLEAR = 85,
	STEP_DAY = 90,
};

struct share;

/* Runs the workers' steps for the job's day, and meanwhile, unless it is a replay,
 * the caller's that clear the store of what was found before; what share_take() takes
 * is read ahead from then on.  Inside the caller's transaction, so that nobody changes
 * what they read; what it has changed itself, they do not see.  On failure there is
 * no share. */
int share_run(struct share **out, const struct job *j, struct err *e);
/* Into the store what the workers found: findings, or for a replay the rules. */
int share_take(struct share *s, struct err *e);
void share_close(struct share *s); /* before the commit; NULL is fine */

/* KiB for pages of the store, and of temporary tables, for all workers: messages of
 * an hour of ten million a day, and what belongs to them, are read client by client,
 * and not in the order in which they are stored. */
#define SHARE_CACHE     98304
#define SHARE_TEMPORARY 262144

#endif
