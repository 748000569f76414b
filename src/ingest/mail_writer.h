/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mail writer: a thread that puts what leaves the assembler into the store, in
 * its order, while the caller reads on.  The store, and the rest of what t points
 * to, is used by one thread at a time: it is the writer's until
 * mail_writer_settle(), then the caller's until he gives something.
 */
#ifndef INGEST_MAIL_WRITER_H
#define INGEST_MAIL_WRITER_H

#include "ingest/mail_store.h"
#include "ingest/pending.h"

struct mail_writer;

/* waits: verdicts wait in the store. */
int mail_writer_start(struct mail_writer **out, struct mail_store *t,
    bool waits, struct err *e);
/* A message that has left: gets the verdicts that wait for it, and is put.  Waits
 * while many are there; after an error they are dropped. */
void mail_writer_give(struct mail_writer *w, struct message *m);
/* A verdict that waits from here on, and the row of one that does so no more. */
void mail_writer_give_verdict(struct mail_writer *w, struct pending *p);
void mail_writer_drop_verdict(struct mail_writer *w, int64_t slot);
/* Something could not be done, some time ago: mail_writer_settle() tells what. */
bool mail_writer_failed(const struct mail_writer *w);
/* Waits until all is done; adds to *records.  Gives the first error again and
 * again. */
int mail_writer_settle(struct mail_writer *w, int64_t *records, struct err *e);
/* Waits; NULL is fine. */
void mail_writer_free(struct mail_writer *w);

#endif
