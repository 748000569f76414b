/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waiting verdicts in the store: one row each, written when the verdict comes
 * and deleted when it has found its message or PENDING_KEEP has passed.  Every
 * function runs in the caller's transaction.
 */
#ifndef INGEST_PENDING_STORE_H
#define INGEST_PENDING_STORE_H

#include "base/map.h"
#include "ingest/mail_store.h"
#include "ingest/pending.h"

#define PENDING_KEEP (7 * 86400 * USEC)

/* Takes those into memory that may be claimed at once at event time `now`. */
int pending_load(
    struct store *s, struct assembler *a, int64_t now, struct err *e);
/* Writes one that is not as its row says. */
int pending_save(struct store *s, struct pending *p, struct err *e);
/* Writes what has changed of all that are in memory. */
int pending_save_all(struct store *s, struct assembler *a, struct err *e);

/* The row of one that waits no more (pending_gone). */
int pending_drop_row(struct store *s, int64_t slot, struct err *e);

/* A message leaves (last), or is shown as it is: gives it what waits in the
 * store for its queue ids, and has those asked again that name its
 * Message-ID or an id under which it was handed on.  keep: they go on waiting. */
int pending_give(struct mail_store *t, struct message *m, bool last, bool keep,
    struct err *e);
/* Asks the store for the messages of those that were not asked for yet and
 * came up to that time; adds to *linked.  open: see mail_link. */
int pending_ask(struct mail_store *t, int64_t until, struct map *open,
    int64_t *linked, struct err *e);
/* Shows those that came after `since` at the messages that they would be
 * linked to if nothing more came: they go on waiting, and the next run takes
 * back what is shown before it does anything else. */
int pending_show(struct mail_store *t, int64_t since, struct err *e);
int pending_unshow(struct mail_store *t, struct err *e);
/* Those that have waited too long at event time `now` go. */
int pending_expire(
    struct store *s, int64_t now, int64_t *expired, struct err *e);
/* How many wait, and are not shown. */
int pending_waiting(struct store *s, int64_t *n, struct err *e);

#endif
