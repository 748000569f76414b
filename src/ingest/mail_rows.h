/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of one message in the store's mail tables: its own, those of its
 * recipients, attempts and verdicts, and what sums and mailbox filters know of it.
 */
#ifndef INGEST_MAIL_ROWS_H
#define INGEST_MAIL_ROWS_H

#include "ingest/mail_store.h"

/* Names of which there are many: their ids are asked for many at a time. */
enum { HELO, AUTH_USER, SENDER, CLIENT_NAME, OFTEN };

void mail_rows_names(const struct message *m, struct str name[OFTEN]);

/* The message's own row, but for its id: as message_put has it. */
#define MESSAGE_ROW 25
int mail_rows_message(struct store *s, const struct message *m,
    const int64_t name[OFTEN], struct value *out, struct sum_mail *sum,
    struct err *e);

/* *id is the message's own row, 0 for none. */
int mail_rows_id(
    struct store *s, const struct message *m, int64_t *id, struct err *e);
/* The same by a key of which it is not known any more when it was received:
 * slower. */
int mail_rows_id_of_key(
    struct store *s, uint64_t key, int64_t *id, struct err *e);

/* Writes the rows of the message of that id anew, or of a new one if *id is 0,
 * which it stays if there is one already.  Adds the number of rows that are on
 * record to *records. */
int mail_rows_put(struct mail_store *t, const struct message *m, int64_t *id,
    int64_t *records, struct err *e);
/* All that belongs to its own row, which is new and of that id. */
int mail_rows_put_parts(struct mail_store *t, const struct message *m,
    int64_t id, const struct sum_mail *sum, int64_t *records, struct err *e);
/* Writes what filters say of the message of that id anew. */
int mail_rows_put_verdicts(
    struct mail_store *t, const struct message *m, int64_t id, struct err *e);

int mail_rows_delete(struct mail_store *t, int64_t id, struct err *e);
/* The same by its key; nothing if there is none. */
int mail_rows_drop(struct mail_store *t, uint64_t key, struct err *e);

#endif
