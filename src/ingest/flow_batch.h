/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flow batch: what was heard since the last transaction, in memory: the SMTP
 * samples, and what each agent covered by the hour.  An import and a live
 * collector store flows by this alone.
 */
#ifndef INGEST_FLOW_BATCH_H
#define INGEST_FLOW_BATCH_H

#include "base/arena.h"
#include "base/map.h"
#include "ingest/flow_slots.h"
#include "input/flow_source.h"
#include "store/store.h"

struct flow_batch { /* {0} is a valid start */
	struct arena mem;
	struct flow_chunk *first, *last; /* samples */
	struct map covers, slots;
	int64_t samples;  /* SMTP samples */
	int64_t new_data; /* samples and datagrams */
};

void flow_batch_sample(struct flow_batch *b, const struct smtp_sample *s);
void flow_batch_heard(struct flow_batch *b, const struct flow_heard *h);
/* Into smtp_sample (of this ledger entry), flow_agent and flow_coverage, in
 * the caller's transaction.  Leaves the batch as it is.  slots are counted on
 * the way. */
int flow_batch_write(const struct flow_batch *b, struct store *s,
    int64_t ledger, struct flow_slots *slots, struct err *e);
/* The same, and the slots into sender_slot: one after the other, for when no
 * more of them is awaited soon. */
int flow_batch_import(const struct flow_batch *b, struct store *s,
    int64_t ledger, const struct port_set *ports, struct err *e);
/* Starts of the sender slots that have samples here:
 * for (size_t i = 0; flow_batch_slot(b, &i, &slot);) */
bool flow_batch_slot(const struct flow_batch *b, size_t *at, int64_t *slot);
void flow_batch_reset(struct flow_batch *b);
void flow_batch_free(struct flow_batch *b);

#endif
