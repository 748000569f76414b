/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of messages' parts, which wait to go into the store many at a time: recipients,
 * attempts and verdicts, and the sums of new messages, which go by what the store
 * makes of their recipients.  Whoever reads or deletes such rows flushes before, and
 * so does a commit.
 */
#ifndef INGEST_PART_ROWS_H
#define INGEST_PART_ROWS_H

#include "ingest/mail_sums.h"
#include "store/store.h"

enum part {
	PART_RECIPIENT,
	PART_ATTEMPT,
	PART_VERDICT,
	PARTS,
};

struct part_rows;

struct part_rows *part_rows_new(struct store *s, struct mail_sums *sums);
void part_rows_free(struct part_rows *p);

/* A row of n values, as the statement of that part puts it (schema/statements/
 * ingest.sql); text is copied. */
void part_rows_add(
    struct part_rows *p, enum part which, const struct value *row, size_t n);
/* Message id is new, and was met (mail_sums.h): *m, but for its recipients, goes
 * into the sums. */
void part_rows_sum(struct part_rows *p, int64_t id, bool notice,
    const struct sum_mail *m);
/* Are there many? */
bool part_rows_full(const struct part_rows *p);
int part_rows_flush(struct part_rows *p, struct err *e);

#endif
