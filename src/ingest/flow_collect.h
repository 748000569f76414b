/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Live collection: sFlow from UDP sockets into the store.  The caller's
 * thread receives, decodes and counts; a second one writes (flow_writer.h).
 * What was received is handed over every half flush interval, so that it is
 * stored within one.
 */
#ifndef INGEST_FLOW_COLLECT_H
#define INGEST_FLOW_COLLECT_H

#include <signal.h>

#include "ingest/flow_batch.h"
#include "ingest/flow_session.h"
#include "input/flow_source.h"
#include "input/flow_udp.h"

struct flow_collect;

struct flow_listen {
	struct str address; /* ADDR:PORT */
	uint32_t rate;      /* instead of the samples' own; 0 = theirs */
};

/* All arrays outlive the collector. */
struct flow_collect_options {
	const struct flow_listen *listen;
	size_t nlisten;
	/* Agents (by the address in their datagrams) that are taken, and
	 * senders; none given: anyone. */
	const struct addr *agents;
	size_t nagents;
	const struct prefix *from;
	size_t nfrom;
	struct port_set ports;
	int64_t flush; /* microseconds */
};

/* Opens the sockets. */
int flow_collect_open(struct flow_collect **out,
    const struct flow_collect_options *opt, struct err *e);
/* One datagram as it comes from a socket, and what is to be handed over next;
 * by themselves for tests. */
void flow_collect_take(struct flow_collect *c, const struct udp_datagram *d);
const struct flow_batch *flow_collect_waiting(const struct flow_collect *c);
/* Begins the session; the store is the collector's until it stops. */
int flow_collect_start(struct flow_collect *c, struct store *s, struct err *e);
/* "192.0.2.1:6343, [2001:db8::1]:6343", with the ports they got. */
const char *flow_collect_listen(const struct flow_collect *c);
int flow_collect_buffer(const struct flow_collect *c);
/* Waits up to usec, less if there is something to do or a signal comes in
 * that mask lets through; receives, and hands over if it is time. */
int flow_collect_step(
    struct flow_collect *c, int64_t usec, const sigset_t *mask, struct err *e);
struct flow_collect_counts flow_collect_counts(struct flow_collect *c);
int64_t flow_collect_slowest(struct flow_collect *c);
/* Takes what the sockets still hold, stores it and ends the session. */
int flow_collect_stop(struct flow_collect *c, struct err *e);
void flow_collect_free(struct flow_collect *c); /* NULL is fine */

#endif
