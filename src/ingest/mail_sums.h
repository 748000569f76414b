/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table mail_sum: sums of each client's hour (schema/019_mail_sum.sql).  Who
 * writes messages says so here, in the same transaction: a new one of an hour of
 * which nothing was stored before is counted at once; of any other the client's
 * hour is marked, and an update makes anew what is marked.  What is not written
 * at a commit is marked, so that a kill at any moment loses nothing, and
 * messages that change later are counted as they are.
 */
#ifndef INGEST_MAIL_SUMS_H
#define INGEST_MAIL_SUMS_H

#include "ingest/sum_hour.h"

struct mail_sums;

struct mail_sums *mail_sums_new(struct store *s);
void mail_sums_free(struct mail_sums *u);

/* A message that was received then is about to be stored. */
int mail_sums_meet(struct mail_sums *u, int64_t received, struct err *e);
/* A message whose rows are new, and which was met before.  notice: one of our own
 * servers, which is not counted. */
int mail_sums_add(struct mail_sums *u, bool notice, const struct sum_mail *m,
    struct err *e);
/* The client's hour that the stored message id is in is to be made anew: before
 * and after it changes. */
int mail_sums_mark(struct mail_sums *u, int64_t id, struct err *e);
/* Before a commit: writes hours that ended by `now` (event time, microseconds) and
 * marks what it still counts. */
int mail_sums_save(struct mail_sums *u, int64_t now, struct err *e);

/* 1 if an hour from `from` on and before `until` is to be made anew, else 0. */
int mail_sums_due(struct store *s, int64_t from, int64_t until, struct err *e);
/* Makes anew the marked hours (since 1970) from `from` on and before `until`,
 * inside the caller's transaction. */
int mail_sums_update(
    struct store *s, int64_t from, int64_t until, struct err *e);

#endif
