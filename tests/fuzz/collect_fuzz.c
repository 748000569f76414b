/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What "heloflow collect" does with datagrams from the network: the lists of
 * agents and senders, decoding, loss, the batch, and its way into the store
 * with the sender slots.  The first byte: 1 only two agents, 2 only senders of
 * 192.0.2.0/24, 4 a rate of the socket.  Then datagrams, each behind a 16-bit
 * length (big-endian) and a byte: who sent it, and how much later it came.
 */
#include <stdlib.h>

#include "base/arena.h"
#include "base/rd.h"
#include "ingest/flow_collect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define START INT64_C(1795435200000000)

static struct store *
open_store(void)
{
	struct store *s;
	struct err e;

	if (store_open(&s, ":memory:", STORE_WRITE, &e) < 0) {
		fprintf(stderr, "%s\n", e.text);
		abort();
	}
	return s;
}

static struct addr
address(unsigned last)
{
	const uint8_t b[4] = {last < 128 ? 192 : 198, 0, 2, (uint8_t)last};

	return addr_v4(b);
}

/* Returns how many there were. */
static int64_t
take_all(struct flow_collect *c, struct rd *r)
{
	static const int64_t later[4] = {0, 1000, 1000000, 400000000};
	struct udp_datagram d = {.time = START};
	int64_t n = 0;

	while (rd_left(r) >= 3) {
		size_t len = rd_be16(r);
		uint8_t how = rd_u8(r);
		struct rd body = rd_sub(r, len < rd_left(r) ? len : rd_left(r));
		char *exact = xmalloc(rd_left(&body) + 1);

		if (rd_left(&body) > 0)
			memcpy(exact, body.p, rd_left(&body));
		d.time += later[how & 3];
		d.sender = address(how >> 2 & 1 ? 200 : 1);
		d.bytes = str_of(exact, rd_left(&body));
		flow_collect_take(c, &d);
		free(exact);
		n++;
	}
	return n;
}

/* Written and counted as the writer does; then all is taken back. */
static void
write_waiting(
    struct store *s, const struct flow_batch *b, const struct port_set *ports)
{
	struct flow_slots slots = {.ports = *ports};
	struct err e;

	if (store_begin(s, &e) < 0 ||
	    flow_batch_write(b, s, 1, &slots, &e) < 0 ||
	    flow_slots_write_all(&slots, s, &e) < 0) {
		fprintf(stderr, "%s\n", e.text);
		abort();
	}
	store_rollback(s);
	flow_slots_forget(&slots, INT64_MAX);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct store *store;
	const struct addr agents[] = {address(1), address(2)};
	struct flow_listen listen = {.rate = 0};
	struct flow_collect_options opt = {.listen = &listen,
	    .ports = {.port = {25}, .n = 1},
	    .flush = 1000000};
	struct rd r = rd_of(data, n);
	struct flow_collect_counts counts;
	struct flow_collect *c;
	struct prefix from;
	struct err e;
	uint8_t flags = rd_u8(&r);
	int64_t taken;

	if (!store)
		store = open_store();
	prefix_parse(STR("192.0.2.0/24"), &from);
	opt.agents = agents;
	opt.nagents = flags & 1 ? 2 : 0;
	opt.from = &from;
	opt.nfrom = flags & 2 ? 1 : 0;
	listen.rate = flags & 4 ? 512 : 0;
	if (flow_collect_open(&c, &opt, &e) < 0)
		abort();
	taken = take_all(c, &r);
	counts = flow_collect_counts(c);
	if (counts.datagrams != taken || counts.refused > taken ||
	    counts.malformed + counts.refused > taken ||
	    counts.smtp_packets > counts.samples ||
	    counts.smtp_packets != flow_collect_waiting(c)->samples)
		abort();
	write_waiting(store, flow_collect_waiting(c), &opt.ports);
	flow_collect_free(c);
	return 0;
}
