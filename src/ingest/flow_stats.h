/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flow statistics: the raw figures of the talk, streaming.  Every SMTP sample
 * adds to the packet counts and to what is known of two addresses; memory
 * grows with the number of distinct addresses (26 to 51 bytes each), not with
 * the packets.
 */
#ifndef INGEST_FLOW_STATS_H
#define INGEST_FLOW_STATS_H

#include "model/flow.h"

struct flow_stats;

/* How many addresses; the first three are a partition of addresses. */
struct flow_classes {
	uint64_t clients_only, servers_only, both, addresses;
	/* Only asked for a connection, never seen to answer, and no client:
	 * within servers_only unless targets are kept apart. */
	uint64_t targets_only;
	uint64_t undecided; /* in no class: both ports were mail ports */
};

struct flow_count {
	uint64_t n;     /* sampled packets */
	uint64_t est;   /* each times its own rate */
	double squares; /* sum of rates squared: nearly the variance of est */
};

struct flow_totals {
	struct flow_count smtp_packets;
	struct flow_count syn; /* without ACK */
	struct flow_count syn_ack, rst, fin;
	struct flow_classes all, v4;
};

enum { ADDR_CLIENT = 1, ADDR_SERVER = 2, ADDR_TARGET = 4 };

struct flow_stats *flow_stats_new(const struct port_set *ports);
void flow_stats_free(struct flow_stats *fs); /* NULL is fine */
void flow_stats_add(struct flow_stats *fs, const struct smtp_sample *s);
/* Half the width of the 95 % interval of an estimate. */
double flow_count_error(const struct flow_count *c);
/* targets_apart: the target of a SYN is no server by that alone. */
struct flow_totals flow_stats_totals(
    const struct flow_stats *fs, bool targets_apart);
/* Visits all addresses in no order; roles are ADDR_* bits.  False at the end:
 * for (size_t at = 0; flow_stats_next(fs, &at, &a, &roles);) */
bool flow_stats_next(
    const struct flow_stats *fs, size_t *at, struct addr *a, unsigned *roles);

#endif
