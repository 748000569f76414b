/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The input is datagrams, each behind a 16-bit length (big-endian): decoded,
 * and their sequence numbers followed.  Whatever comes, no sample is without
 * a rate and the counts agree.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "input/flow_loss.h"
#include "model/flow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct fuzz {
	struct sflow_sink sink;
	struct flow_loss *loss;
	uint64_t samples, print;
	int64_t time;
};

static bool
on_datagram(struct sflow_sink *sink, const struct sflow_datagram *d)
{
	struct fuzz *f = (struct fuzz *)sink;
	int64_t lost;

	return flow_loss_datagram(f->loss, f->time, f->print, d, &lost) ==
	       LOSS_FRESH;
}

static void
on_sample(struct sflow_sink *sink, const struct sflow_sample *s)
{
	struct fuzz *f = (struct fuzz *)sink;

	if (s->rate == 0 ||
	    (s->packet.has_flags && s->packet.what != PACKET_TCP))
		abort();
	flow_loss_sample(f->loss, f->time, s);
	f->samples++;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct rd r = rd_of(data, n);
	struct sflow_counts counts = {0};
	struct fuzz f = {.sink = {on_datagram, on_sample}};
	struct flow_loss_totals t;

	f.loss = flow_loss_new();
	while (rd_left(&r) >= 2) {
		size_t len = rd_be16(&r);
		struct rd d = rd_sub(&r, len < rd_left(&r) ? len : rd_left(&r));
		f.time += 1000000;
		f.print = hash_bytes(d.p, rd_left(&d), 0);
		sflow_decode(d.p, rd_left(&d), &f.sink, &counts);
		if (sflow_looks_like(d.p, rd_left(&d)) && !counts.datagrams)
			abort();
	}
	t = flow_loss_totals(f.loss);
	if (counts.flow_samples != f.samples || t.sources > f.samples ||
	    t.agents > counts.datagrams)
		abort();
	flow_loss_free(f.loss);
	return 0;
}
