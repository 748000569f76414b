/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stored message, read back from its rows.  It is the caller's
 * (message_free()); the sources of its evidence live as long as the mail store.
 */
#ifndef INGEST_MAIL_READ_H
#define INGEST_MAIL_READ_H

#include "ingest/mail_store.h"

/* The message of that row, with all that belongs to it; *out is NULL if there is
 * none. */
int mail_read(
    struct mail_store *t, int64_t id, struct message **out, struct err *e);

/* The same without its recipients and verdicts. */
int mail_read_head(
    struct store *s, int64_t id, struct message **out, struct err *e);
/* Adds the verdicts of that row to m.  Part rows must have been flushed. */
int mail_read_verdicts(
    struct mail_store *t, int64_t id, struct message *m, struct err *e);

#endif
