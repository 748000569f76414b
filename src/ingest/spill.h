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
/* NULL if the bytes are not a message.  paths: of evidence, here and below. */
struct message *spill_message_read(struct texts *paths, struct str bytes);

void spill_pending(struct buf *out, const struct pending *p);
/* NULL if the bytes are not a verdict. */
struct pending *spill_pending_read(struct texts *paths, struct str bytes);

/* Parts, for the assembler's own state too; an address or none. */
void spill_addr(struct buf *out, bool has, struct addr a);

struct rd;
bool spill_get_addr(struct rd *r, struct addr *a);
void spill_evidence(struct buf *out, const struct evidence *ev);
struct evidence spill_get_evidence(struct texts *paths, struct rd *r);
void spill_verdict(struct buf *out, const struct verdict *v);
struct verdict spill_get_verdict(struct texts *paths, struct rd *r);

#endif
