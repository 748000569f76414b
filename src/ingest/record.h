/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Delivery records: the rows of a message (design.md section 4, doc/record.md).
 */
#ifndef INGEST_RECORD_H
#define INGEST_RECORD_H

#include "base/buf.h"
#include "ingest/message.h"

/* The rows of a message: r = record_next(m, NULL), then of r; ends with NULL.
 * A message of which no recipient is known has one row: record_none. */
const struct recipient *record_next(
    const struct message *m, const struct recipient *r);
extern const struct recipient record_none;

int64_t record_time(const struct message *m, const struct recipient *r);
struct evidence record_evidence(
    const struct message *m, const struct recipient *r);
/* Absent where it is the id that the client was told. */
struct str record_final_queue_id(
    const struct message *m, const struct recipient *r);
struct str record_orig_recipient(
    const struct message *m, const struct recipient *r);

/* One line of JSON, ended by a newline. */
void record_json(
    struct buf *out, const struct message *m, const struct recipient *r);

#endif
