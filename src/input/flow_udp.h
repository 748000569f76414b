/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flow data from the network: UDP sockets, read in batches, with the time at
 * which the kernel received each datagram and the count of those it dropped.
 */
#ifndef INPUT_FLOW_UDP_H
#define INPUT_FLOW_UDP_H

#include <signal.h>

#include "base/addr.h"

struct flow_udp;

struct udp_datagram { /* bytes are valid during the call */
	int64_t time;
	struct addr sender;
	struct str bytes;
	size_t socket; /* number of the flow_udp_listen() call, from 0 */
};

typedef void udp_datagram_fn(void *ctx, const struct udp_datagram *d);

/* "192.0.2.1:6343" or "[2001:db8::1]:6343"; port 0 is allowed. */
bool flow_udp_parse(struct str listen, struct addr *addr, uint16_t *port);

struct flow_udp *flow_udp_new(void);
void flow_udp_free(struct flow_udp *u); /* closes; NULL is fine */
/* Opens one more socket.  An IPv6 socket takes IPv6 alone, so that [::] and
 * 0.0.0.0 go together.  Not an ADDR:PORT: ERR_USAGE; a port in use, an
 * address of another machine, no permission: ERR_FAIL. */
int flow_udp_listen(struct flow_udp *u, struct str listen, struct err *e);
size_t flow_udp_sockets(const struct flow_udp *u);
/* What socket i is bound to, with the port that port 0 became. */
const char *flow_udp_name(const struct flow_udp *u, size_t i);
/* Bytes the kernel keeps for the sockets, the smallest; it counts its own
 * overhead, so about half is data. */
int flow_udp_buffer(const struct flow_udp *u);

/* Waits until something can be read, usec have passed, or a signal came in
 * that mask lets through: 1, 0, 0. */
int flow_udp_wait(
    struct flow_udp *u, int64_t usec, const sigset_t *mask, struct err *e);
/* Takes what is there, up to some thousand datagrams; true: that was all. */
bool flow_udp_read(struct flow_udp *u, udp_datagram_fn *fn, void *ctx);
/* Datagrams that came in and were dropped for want of buffer, so far. */
uint64_t flow_udp_drops(struct flow_udp *u);

#endif
