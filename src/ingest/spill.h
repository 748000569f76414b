/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Open messages and waiting verdicts as bytes, to be kept between runs.  The
 * format is this program's own and versioned; bytes that do not decode are an
 * error of the store.
 */
#ifndef INGEST_SPILL_H
#define INGEST_SPILL_H

#include "ingest/assemble.h"
#include "ingest/pending.h"

void spill_message(struct buf *out, const struct message *m);
/* NULL if the bytes are not a message. */
struct message *spill_message_read(struct assembler *a, struct str bytes);

void spill_pending(struct buf *out, const struct pending *p);
bool spill_pending_read(struct assembler *a, struct str bytes);

/* Numbers and text of fixed form, for the assembler's own state too. */
void spill_i64(struct buf *out, int64_t v);
void spill_str(struct buf *out, struct str s);
void spill_addr(struct buf *out, bool has, struct addr a);

struct rd;
int64_t spill_get_i64(struct rd *r);
struct str spill_get_str(struct rd *r);
bool spill_get_addr(struct rd *r, struct addr *a);

#endif
