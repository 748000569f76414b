/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hops: messages that one server of ours handed to the next, where the two logs
 * are read in different calls.  Whichever comes later finds the other in the
 * store, and both become the message that the first server received.
 */
#ifndef INGEST_MAIL_HOP_H
#define INGEST_MAIL_HOP_H

#include "ingest/mail_store.h"

/* Was it handed to another of our servers? */
bool mail_hop_is(const struct assembler *a, const struct recipient *r);
/* Did m come from another of our servers, or was it handed to one? */
bool mail_hop_has(const struct mail_store *t, const struct message *m);

/* *id is the stored message that was handed to us as m, 0 for none. */
int mail_hop_parent(
    struct mail_store *t, const struct message *m, int64_t *id, struct err *e);
/* m becomes part of that message, and has no rows of its own.  Adds the number
 * of rows that are written to *records. */
int mail_hop_join(struct mail_store *t, struct message *m, int64_t parent,
    int64_t *records, struct err *e);

/* m is stored as that id: writes whom it was handed to, and what our next servers
 * logged of it becomes part of its rows. */
int mail_hop_put(struct mail_store *t, const struct message *m, int64_t id,
    int64_t *records, struct err *e);

#endif
