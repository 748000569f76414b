/* SPDX-License-Identifier: Apache-2.0 */
#include "input/flow_datagram.h"

#include "base/hash.h"

struct reader {
	struct sflow_sink sink; /* first: the decoder calls back with it */
	struct flow_run *run;
	struct flow_heard heard;
	uint64_t print;
};

static bool
on_datagram(struct sflow_sink *sink, const struct sflow_datagram *d)
{
	struct reader *rd = (struct reader *)sink;

	rd->heard.agent = d->agent;
	rd->heard.datagrams = 1;
	return flow_loss_datagram(rd->run->loss, rd->heard.time, rd->print, d,
	           &rd->heard.lost) == LOSS_FRESH;
}

void
flow_heard_rate(struct flow_heard *h, uint32_t rate)
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
	    .no_rate = s->no_rate,
	    .src_as = s->src_as,
	    .dst_as = s->dst_as,
	};

	flow_heard_rate(&rd->heard, flow_run_rate(rd->run, &meta));
	flow_loss_sample(rd->run->loss, rd->heard.time, s);
	flow_run_packet(rd->run, &s->packet, &meta);
}

void
flow_datagram(
    struct flow_run *run, int64_t time, struct addr sender, struct str payload)
{
	struct reader rd = {
	    .sink = {on_datagram, on_sample},
	    .run = run,
	    .heard = {.time = time, .agent = sender},
	    .print = hash_str(payload, 0),
	};
	uint64_t malformed = run->sflow.malformed;

	sflow_decode(payload.p, payload.n, &rd.sink, &run->sflow);
	rd.heard.malformed = run->sflow.malformed > malformed;
	run->sink->heard(run->sink, &rd.heard);
}
