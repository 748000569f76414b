/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table mail_sum: sums of each client's hour (schema/019_mail_sum.sql).  Who
 * writes messages marks the hours that they are in, in the same transaction;
 * an update makes anew what is marked, so that a kill at any moment loses
 * nothing and messages that change later are counted as they are.
 */
#ifndef INGEST_MAIL_SUMS_H
#define INGEST_MAIL_SUMS_H

#include "store/store.h"

/* The hour of the stored message id is to be made anew; of a message received
 * then (microseconds) from that client (row in addr, 0: none). */
int mail_sums_mark(struct store *s, int64_t id, struct err *e);
int mail_sums_mark_hour(
    struct store *s, int64_t received, int64_t client, struct err *e);
/* 1 if an hour from `from` on and before `until` is to be made anew, else 0. */
int mail_sums_due(struct store *s, int64_t from, int64_t until, struct err *e);
/* Makes anew the marked hours (since 1970) from `from` on and before `until`,
 * inside the caller's transaction. */
int mail_sums_update(
    struct store *s, int64_t from, int64_t until, struct err *e);

#endif
