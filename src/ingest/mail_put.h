/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages put into the store's mail tables.  Every function runs in the
 * caller's transaction.
 */
#ifndef INGEST_MAIL_PUT_H
#define INGEST_MAIL_PUT_H

#include "ingest/mail_store.h"

/* Writes the message's rows.  If others are stored under its key (the same
 * log lines read before, or their first part), it takes in what they know;
 * nothing that is stored is lost.  Adds the number of rows to *records. */
int mail_put(
    struct mail_store *t, struct message *m, int64_t *records, struct err *e);

/* The same of n messages, in less time. */
int mail_put_all(struct mail_store *t, struct message **m, size_t n,
    int64_t *records, struct err *e);

#endif
