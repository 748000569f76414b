/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flow statistics: the raw figures of the talk, streaming.  Every SMTP sample
 * adds to the packet counts and to what is known of two addresses; memory
 * grows with the number of distinct addresses (36 to 72 bytes each), not with
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

/* The 95 % interval of an estimate. */
struct flow_bounds {
	double low, high;
};

struct flow_totals {
	struct flow_count smtp_packets;
	struct flow_count syn; /* without ACK */
	struct flow_count syn_ack, rst, fin;
	uint32_t rate_max; /* of the SMTP packets; 0: none */
	struct flow_classes all, v4;
};

enum { ADDR_CLIENT = 1, ADDR_SERVER = 2, ADDR_TARGET = 4 };

struct flow_stats *flow_stats_new(const struct port_set *ports);
void flow_stats_free(struct flow_stats *fs); /* NULL is fine */
void flow_stats_add(struct flow_stats *fs, const struct smtp_sample *s);
/* An address of a sender list: a client, of which no packets are told. */
void flow_stats_add_client(struct flow_stats *fs, struct addr a);
/* Of a count whose packets were sampled at rates of up to rate_max. */
struct flow_bounds flow_count_bounds(
    const struct flow_count *c, uint32_t rate_max);
/* targets_apart: the target of a SYN is no server by that alone. */
struct flow_totals flow_stats_totals(struct flow_stats *fs, bool targets_apart);

/* What is known of an address. */
struct flow_seen {
	struct addr addr;
	uint32_t as;    /* its AS by the first gateway record that told one */
	unsigned roles; /* ADDR_* bits */
};
/* Visits all addresses in no order.  False at the end:
 * for (size_t at = 0; flow_stats_next(fs, &at, &seen);) */
bool flow_stats_next(struct flow_stats *fs, size_t *at, struct flow_seen *out);
/* Adds an address of these roles to the class it is in. */
void flow_classes_add(
    struct flow_classes *c, unsigned roles, bool targets_apart);

#endif
