/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sender slots: what the SMTP samples of five minutes say of each address, as
 * each agent saw it (table sender_slot).  Always counted anew from all samples
 * of the slot, so that the order of imports does not matter.
 */
#ifndef INGEST_FLOW_SLOTS_H
#define INGEST_FLOW_SLOTS_H

#include "model/flow.h"
#include "store/store.h"

#define FLOW_SLOT INT64_C(300000000) /* microseconds */

/* slot: its start.  In the caller's transaction. */
int flow_slot_derive(
    struct store *s, int64_t slot, const struct port_set *ports, struct err *e);

#endif
