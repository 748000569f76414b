/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two formats that come as pcap or pcapng:
 *
 *   sflow    UDP datagrams of sFlow as a collector received them.  All that
 *	      goes to port 6343 must be sFlow; on other ports what looks so.
 *   packets  the sampled packets themselves (sflowtool -t, a capture of a
 *	      mirror port): no rate, no agent, no loss; --rate tells the first.
 */
#include "input/flow_source.h"

#include <stdlib.h>

#include "base/arena.h"
#include "input/flow_datagram.h"
#include "input/pcapfile.h"

enum { PORT_SFLOW = 6343, LOOK_PACKETS = 100 };

struct reader {
	struct flow_run *run;
	struct pcapfile *pcap;
	bool any;      /* packets at all */
	bool cut;      /* datagrams of which the capture kept the beginning */
	bool readable; /* packets of a link type that is read */
};

/* The sFlow payload of a captured packet; absent if it is something else. */
static struct str
sflow_payload(const struct packet *p)
{
	struct rd r = p->payload;

	if (p->what != PACKET_UDP)
		return STR_NONE;
	if (p->dst_port != PORT_SFLOW && !sflow_looks_like(r.p, rd_left(&r)))
		return STR_NONE;
	return str_of((const char *)r.p, rd_left(&r));
}

static int
open_reader(void **state, FILE *f, const char *path, struct flow_run *run,
    struct err *e)
{
	struct pcapfile *pcap = NULL;
	struct reader *rd;
	int rc = pcapfile_open(&pcap, f, path, e);

	if (rc < 0)
		return rc;
	rd = xcalloc(1, sizeof(*rd));
	rd->run = run;
	rd->pcap = pcap;
	*state = rd;
	return 0;
}

static bool
next_packet(struct reader *rd, struct captured *c)
{
	if (!pcapfile_next(rd->pcap, c))
		return false;
	rd->any = true;
	rd->readable |= c->link != LINK_NONE;
	return true;
}

static int
step_sflow(void *state, struct err *e)
{
	struct reader *rd = state;
	struct captured c;
	struct packet outer;
	struct str payload;

	(void)e;
	if (!next_packet(rd, &c))
		return 0;
	packet_decode(c.link, c.bytes, &outer);
	payload = sflow_payload(&outer);
	if (!str_has(payload))
		rd->run->skipped++;
	else if (flow_run_takes(rd->run, c.time)) {
		rd->cut |= c.cut;
		flow_datagram(rd->run, c.time, outer.src, payload);
	}
	return 1;
}

static int
step_packets(void *state, struct err *e)
{
	struct reader *rd = state;
	struct smtp_sample meta = {0};
	struct flow_heard heard = {0};
	struct packet p;
	struct captured c;

	(void)e;
	if (!next_packet(rd, &c))
		return 0;
	if (!flow_run_takes(rd->run, c.time))
		return 1;
	packet_decode(c.link, c.bytes, &p);
	meta.time = heard.time = c.time;
	meta.agent = heard.agent = rd->run->agent;
	flow_run_packet(rd->run, &p, &meta);
	flow_heard_rate(&heard, rd->run->rate);
	rd->run->sink->heard(rd->run->sink, &heard);
	return 1;
}

static const char *
reader_damage(const void *state)
{
	const struct reader *rd = state;
	const char *damage = pcapfile_damage(rd->pcap);

	if (damage != NULL)
		return damage;
	if (!rd->any)
		return "there is no packet in it";
	if (!rd->readable)
		return "no packet in it has a link type that is read";
	if (rd->cut)
		return "the capture kept only the beginning of datagrams "
		       "(snaplen)";
	return NULL;
}

static void
close_reader(void *state)
{
	struct reader *rd = state;

	pcapfile_close(rd->pcap);
	free(rd);
}

/* Sampled packets may well be UDP, but hardly ever to port 6343 or like an
 * sFlow header; a file without packets is taken for sFlow. */
static bool
has_sflow(struct pcapfile *pcap)
{
	struct captured c;
	struct packet p;
	int n;

	for (n = 0; n < LOOK_PACKETS && pcapfile_next(pcap, &c); n++) {
		packet_decode(c.link, c.bytes, &p);
		if (str_has(sflow_payload(&p)))
			return true;
	}
	return n == 0;
}

static bool
claims_sflow(struct str head)
{
	struct pcapfile *pcap = NULL;
	struct err e;
	FILE *f;
	bool yes;

	if (!pcapfile_claims(head))
		return false;
	f = fmemopen((void *)(uintptr_t)head.p, head.n, "r");
	if (!f || pcapfile_open(&pcap, f, "", &e) < 0)
		return true; /* opening it again says what is wrong */
	yes = has_sflow(pcap);
	pcapfile_close(pcap);
	return yes;
}

const struct flow_source_ops flow_source_sflow = {
    .name = "sflow",
    .summary = "sFlow datagrams (version 2, 4, 5) in pcap or pcapng",
    .claims = claims_sflow,
    .open = open_reader,
    .step = step_sflow,
    .damage = reader_damage,
    .close = close_reader,
};

const struct flow_source_ops flow_source_packets = {
    .name = "packets",
    .summary = "sampled packets in pcap or pcapng; give --rate",
    .claims = pcapfile_claims,
    .open = open_reader,
    .step = step_packets,
    .damage = reader_damage,
    .close = close_reader,
};
