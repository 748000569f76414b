/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages put into the store's mail tables.  Every function runs in the
 * caller's transaction.
 */
#ifndef INGEST_MAIL_PUT_H
#define INGEST_MAIL_PUT_H

#include "base/map.h"
#include "ingest/mail_store.h"
#include "ingest/pending.h"

/* Writes the message's rows.  If others are stored under its key (the same
 * log lines read before, or their first part), it takes in what they know;
 * nothing that is stored is lost.  Adds the number of rows to *records. */
int mail_put(struct mail_store *t, struct message *m, int64_t *records,
    struct err *e);

/* The same of n messages, in less time. */
int mail_put_all(struct mail_store *t, struct message **m, size_t n,
    int64_t *records, struct err *e);

/* Gives a waiting verdict to its message in the store: 1 if it found one.
 * open: messages that are not complete yet, by the key of their rows; one of
 * them gets it as well. */
int mail_store_link(struct mail_store *t, const struct pending *p,
    const struct map *open, struct err *e);

/* Shows a waiting verdict at the message that it would be linked to if nothing
 * more came: *id is its row, or 0 if there is none. */
int mail_store_show(
    struct mail_store *t, const struct pending *p, int64_t *id, struct err *e);
/* Makes the message of that row what it was before. */
int mail_store_unshow(
    struct mail_store *t, const struct pending *p, int64_t id, struct err *e);

#endif
