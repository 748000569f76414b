/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of one message in the store's mail tables: its own, those of its
 * recipients, attempts and verdicts, and what sums and mailbox filters know of it.
 */
#ifndef INGEST_MAIL_ROWS_H
#define INGEST_MAIL_ROWS_H

#include "ingest/mail_store.h"

/* A message's own row, whose text is the message's. */
#define MAIL_ROW 25
struct mail_row {
	struct value v[MAIL_ROW + 1]; /* as message_put has it, and its id */
	struct sum_mail sum;
};

/* The own rows of n messages, but for their ids.  n is MAIL_ROWS_MANY at most:
 * rows of more do not stay in the cache of level 2. */
#define MAIL_ROWS_MANY 64
int mail_rows_make(struct store *s, struct message *const *m, size_t n,
    struct mail_row *out, struct err *e);

/* *id is the message's own row, 0 for none. */
int mail_rows_id(
    struct store *s, const struct message *m, int64_t *id, struct err *e);
/* The same by a key of which it is not known any more when it was received; `near`
 * that it is quick, else slower. */
int mail_rows_id_of_key(struct store *s, uint64_t key, int64_t near,
    int64_t *id, struct err *e);

/* Writes the rows of the message of that id anew, or of a new one if *id is 0,
 * which it stays if there is one already.  Adds the number of rows that are on
 * record to *records. */
int mail_rows_put(struct mail_store *t, struct message *m, int64_t *id,
    int64_t *records, struct err *e);
/* All that belongs to its own row, which is new and of that id; adds recipients to
 * *sum, and that to the sums, which met the message before. */
int mail_rows_put_parts(struct mail_store *t, const struct message *m,
    int64_t id, struct sum_mail *sum, int64_t *records, struct err *e);
/* Writes what filters say of the message of that id anew. */
int mail_rows_put_verdicts(
    struct mail_store *t, const struct message *m, int64_t id, struct err *e);

int mail_rows_delete(struct mail_store *t, int64_t id, struct err *e);
/* The same by its key, see mail_rows_id_of_key(); nothing if there is none. */
int mail_rows_drop(
    struct mail_store *t, uint64_t key, int64_t near, struct err *e);

#endif
