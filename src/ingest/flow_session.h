/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A run of the collector, as the store knows it: its row in the ledger and in
 * collect_session.  The row says up to when all that was received is stored,
 * so that the next run can tell what a kill has cost.
 */
#ifndef INGEST_FLOW_SESSION_H
#define INGEST_FLOW_SESSION_H

#include "store/store.h"

struct flow_collect_counts {
	int64_t datagrams; /* that were read, whatever was in them */
	int64_t samples;   /* flow samples of all protocols */
	int64_t smtp_packets;
	int64_t lost_datagrams; /* by the agents' sequence numbers */
	int64_t malformed;
	int64_t refused;      /* of agents that are not on the list */
	int64_t kernel_drops; /* datagrams */
	int64_t overflow; /* SMTP packets dropped: the store kept us waiting */
	int64_t first, last; /* received; UTC_NONE: nothing yet */
};

/* Sender slots to derive; few. */
struct slot_list {
	int64_t *slot;
	size_t n;
};

void slot_list_add(struct slot_list *l, int64_t slot);

/* In one transaction: a new row, and runs that were killed closed.  Says so on
 * stderr.  What those left to derive is added to *slots.  listen: the
 * sockets' addresses, by which runs follow each other. */
int flow_session_begin(struct store *s, const char *listen, int64_t flush,
    int64_t *id, struct slot_list *slots, struct err *e);
/* In the caller's transaction.  alive: what came before is stored; stopped:
 * the same if this is the end, else UTC_NONE. */
int flow_session_save(struct store *s, int64_t id,
    const struct flow_collect_counts *n, int64_t alive, int64_t stopped,
    const struct slot_list *slots, struct err *e);

#endif
