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
#include "base/hash.h"
#include "input/pcapfile.h"

enum { PORT_SFLOW = 6343, LOOK_PACKETS = 100 };

struct reader {
	struct sflow_sink sink; /* first: the decoder calls back with it */
	struct flow_run *run;
	struct pcapfile *pcap;
	struct flow_heard heard; /* the datagram being read */
	uint64_t print;
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

static bool
on_datagram(struct sflow_sink *sink, const struct sflow_datagram *d)
{
	struct reader *rd = (struct reader *)sink;

	rd->heard.agent = d->agent;
	rd->heard.datagrams = 1;
	return flow_loss_datagram(rd->run->loss, rd->heard.time, rd->print, d,
	           &rd->heard.lost) == LOSS_FRESH;
}

static void
note_rate(struct flow_heard *h, uint32_t rate)
{
	if (h->samples++ == 0)
		h->rate_min = h->rate_max = rate;
	if (rate < h->rate_min)
		h->rate_min = rate;
	if (rate > h->rate_max)
		h->rate_max = rate;
}

static void
on_sample(struct sflow_sink *sink, const struct sflow_sample *s)
{
	struct reader *rd = (struct reader *)sink;
	struct smtp_sample meta = {
	    .time = rd->heard.time,
	    .agent = s->datagram->agent,
	    .source_id = s->source_class << 24 | (s->source_index & 0xffffff),
	    .rate = s->rate,
	    .src_as = s->src_as,
	    .dst_as = s->dst_as,
	};

	note_rate(&rd->heard, rd->run->rate ? rd->run->rate : s->rate);
	flow_loss_sample(rd->run->loss, rd->heard.time, s);
	flow_run_packet(rd->run, &s->packet, &meta);
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
	rd->sink.datagram = on_datagram;
	rd->sink.sample = on_sample;
	rd->run = run;
	rd->pcap = pcap;
	*state = rd;
	return 0;
}

static void
read_datagram(struct reader *rd, const struct captured *c,
    const struct packet *outer, struct str payload)
{
	struct sflow_counts *counts = &rd->run->sflow;
	uint64_t malformed = counts->malformed;

	rd->heard = (struct flow_heard){.time = c->time, .agent = outer->src};
	rd->print = hash_str(payload, 0);
	sflow_decode(payload.p, payload.n, &rd->sink, counts);
	rd->heard.malformed = counts->malformed > malformed;
	rd->run->sink->heard(rd->run->sink, &rd->heard);
}

static int
step_sflow(void *state, struct err *e)
{
	struct reader *rd = state;
	struct captured c;
	struct packet outer;
	struct str payload;

	(void)e;
	if (!pcapfile_next(rd->pcap, &c))
		return 0;
	packet_decode(c.link, c.bytes, &outer);
	payload = sflow_payload(&outer);
	if (!str_has(payload))
		rd->run->skipped++;
	else if (flow_run_takes(rd->run, c.time))
		read_datagram(rd, &c, &outer, payload);
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
	if (!pcapfile_next(rd->pcap, &c))
		return 0;
	if (!flow_run_takes(rd->run, c.time))
		return 1;
	packet_decode(c.link, c.bytes, &p);
	meta.time = heard.time = c.time;
	flow_run_packet(rd->run, &p, &meta);
	note_rate(&heard, rd->run->rate ? rd->run->rate : 1);
	rd->run->sink->heard(rd->run->sink, &heard);
	return 1;
}

static const char *
reader_damage(const void *state)
{
	return pcapfile_damage(((const struct reader *)state)->pcap);
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
