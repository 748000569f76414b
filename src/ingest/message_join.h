/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a message of one reading learns of that of another: of the same mail, or
 * of what our next server made of it.  It is copied, so that the other stays as
 * it is; message_merge() joins two messages of one reading.
 */
#ifndef INGEST_MESSAGE_JOIN_H
#define INGEST_MESSAGE_JOIN_H

#include "ingest/message.h"

/* The entry of a re-injection's queue id, made if new; the first if id is
 * absent. */
struct queue_entry *join_queue(struct message *m, struct str id);

/* All that `old`, the same mail, knows, but for verdicts. */
void join_message(struct message *m, const struct message *old);
/* Of that the outcomes behind the first queue id alone: of our next servers they
 * may be there from logs that m was not read from. */
void join_hops(struct message *m, const struct message *old);
void join_verdicts(struct message *m, const struct message *old);

/* next, of another of our servers, becomes part of m, with its verdicts. */
void join_next(struct message *m, const struct message *next);

#endif
