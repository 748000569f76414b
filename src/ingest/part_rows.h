/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of messages' parts, which wait to go into the store many at a time: recipients,
 * attempts and verdicts.  Whoever reads or deletes such rows flushes before, and so
 * does a commit.
 */
#ifndef INGEST_PART_ROWS_H
#define INGEST_PART_ROWS_H

#include "store/store.h"

enum part {
	PART_RECIPIENT,
	PART_ATTEMPT,
	PART_VERDICT,
	PARTS,
};

struct part_rows;

struct part_rows *part_rows_new(struct store *s);
void part_rows_free(struct part_rows *p);

/* A row of n values, as the statement of that part puts it (schema/statements/
 * ingest.sql); text is copied. */
void part_rows_add(
    struct part_rows *p, enum part which, const struct value *row, size_t n);
/* Are there many? */
bool part_rows_full(const struct part_rows *p);
int part_rows_flush(struct part_rows *p, struct err *e);

#endif
