/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages to and from the store's mail tables.  Every function runs in the
 * caller's transaction.
 */
#ifndef INGEST_MAIL_STORE_H
#define INGEST_MAIL_STORE_H

#include "ingest/assemble.h"
#include "ingest/pending.h"
#include "store/store.h"

/* Writes the message's rows.  If others are stored under its key (the same
 * log lines read before, or their first part), it takes in what they know;
 * nothing that is stored is lost.  Adds the number of rows to *records. */
int mail_store_put(struct store *s, struct assembler *a, struct message *m,
    int64_t *records, struct err *e);

/* Gives a waiting verdict to its message in the store: 1 if it found one. */
int mail_store_link(struct store *s, struct assembler *a,
    const struct pending *p, struct err *e);

#endif
