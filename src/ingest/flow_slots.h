/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sender slots: what the SMTP samples of five minutes say of each address, as
 * each agent saw it (table sender_slot).  Always counted anew from all samples
 * of the slot, so that the order of imports does not matter.
 */
#ifndef INGEST_FLOW_SLOTS_H
#define INGEST_FLOW_SLOTS_H

#include "base/map.h"
#include "model/flow.h"
#include "store/store.h"

#define FLOW_SLOT INT64_C(300000000) /* microseconds */

/* Slots that are counted while their samples are stored, which spares reading
 * them again; {0} with ports is a valid start.  The count goes wrong with a
 * transaction that fails: then forget all slots. */
struct flow_slots {
	struct port_set ports;
	struct map live;
	struct slot *spare; /* its memory is for the next one */
};

/* One sample that is about to be stored; addresses are ids. */
int flow_slots_note(struct flow_slots *l, struct store *s,
    const struct smtp_sample *p, int64_t agent, int64_t src, int64_t dst,
    struct err *e);
/* Into sender_slot, in the caller's transaction, what has changed in the slots
 * that begin at these times: as counted here, or else from their samples. */
int flow_slots_write(struct flow_slots *l, struct store *s,
    const int64_t *start, size_t n, struct err *e);
/* The same of all that are counted here. */
int flow_slots_write_all(struct flow_slots *l, struct store *s, struct err *e);
/* Forgets slots that begin before a time; with INT64_MAX nothing is held. */
void flow_slots_forget(struct flow_slots *l, int64_t before);

#endif
