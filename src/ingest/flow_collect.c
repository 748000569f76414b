/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/flow_collect.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/utc.h"
#include "ingest/flow_writer.h"
#include "input/flow_datagram.h"
#include "input/flow_udp.h"
#include "model/config.h"

enum {
	AGENTS_MAX = 4096,     /* without a list: anyone can invent agents */
	WAITING_MAX = 6000000, /* samples in memory, about 500 MB */
	SAY_MAX = 8,           /* agents refused that are named on stderr */
};

struct agent {
	struct agent *chain; /* same hash */
	struct addr addr;
};

struct agents {
	struct arena mem;
	struct map map;
	size_t n;
};

struct flow_collect {
	struct flow_sink sink; /* first: the decoder calls back with it */
	struct flow_collect_options opt;
	struct flow_run run;
	struct flow_udp *udp;
	struct buf listen;
	struct agents known;   /* the list, or without one those heard */
	struct agents refused; /* that were named */
	struct flow_collect_counts n;

	struct flow_writer *writer;
	struct flow_batch batch[2]; /* one fills, one is written */
	unsigned filling;
	int64_t alive; /* all that came before has been read */
	int64_t next;  /* hand over, by the monotonic clock */
	int64_t slowest;
};

/* --- agents */

static bool
agents_have(const struct agents *a, struct addr addr)
{
	const struct agent *g =
	    map_get(&a->map, hash_bytes(addr.b, sizeof(addr.b), 0));

	while (g && !addr_eq(g->addr, addr))
		g = g->chain;
	return g != NULL;
}

static void
agents_add(struct agents *a, struct addr addr)
{
	uint64_t h = hash_bytes(addr.b, sizeof(addr.b), 0);
	struct agent *g;

	if (agents_have(a, addr))
		return;
	g = arena_alloc(&a->mem, sizeof(*g));
	g->chain = map_get(&a->map, h);
	g->addr = addr;
	map_put(&a->map, h, g);
	a->n++;
}

static void
agents_free(struct agents *a)
{
	map_free(&a->map);
	arena_free(&a->mem);
}

static bool
takes_agent(struct flow_collect *c, struct addr agent)
{
	if (c->opt.nagents == 0 && c->known.n < AGENTS_MAX)
		agents_add(&c->known, agent);
	return agents_have(&c->known, agent);
}

static bool
takes_sender(const struct flow_collect *c, struct addr sender)
{
	return c->opt.nfrom == 0 ||
	       prefixes_have(c->opt.from, c->opt.nfrom, sender);
}

/* Says it of the first few: usually an agent that was forgotten. */
static void
refuse(struct flow_collect *c, struct addr agent, struct addr sender,
    const char *why)
{
	char a[ADDR_TEXT_MAX], s[ADDR_TEXT_MAX];

	c->n.refused++;
	if (c->refused.n >= SAY_MAX || agents_have(&c->refused, agent))
		return;
	agents_add(&c->refused, agent);
	addr_format(agent, a);
	addr_format(sender, s);
	fprintf(stderr,
	    "heloflow collect: agent %s, sent from %s: not stored, %s\n", a, s,
	    why);
}

/* --- receiving */

static void
on_sample(struct flow_sink *sink, const struct smtp_sample *s)
{
	struct flow_collect *c = (struct flow_collect *)sink;

	if (c->batch[0].samples + c->batch[1].samples >= WAITING_MAX) {
		c->n.overflow++;
		return;
	}
	flow_batch_sample(&c->batch[c->filling], s);
	c->n.smtp_packets++;
}

static void
on_heard(struct flow_sink *sink, const struct flow_heard *h)
{
	struct flow_collect *c = (struct flow_collect *)sink;

	flow_batch_heard(&c->batch[c->filling], h);
	c->n.samples += h->samples;
	c->n.lost_datagrams += h->lost;
	c->n.malformed += h->malformed;
}

void
flow_collect_take(struct flow_collect *c, const struct udp_datagram *d)
{
	struct sflow_datagram header;
	bool whole = sflow_header(d->bytes.p, d->bytes.n, &header);
	struct addr agent = whole ? header.agent : d->sender;

	c->n.datagrams++;
	if (c->n.first == UTC_NONE)
		c->n.first = d->time;
	c->n.last = d->time;
	if (!takes_sender(c, d->sender)) {
		refuse(c, agent, d->sender, "the sender is not in --from");
		return;
	}
	if (!whole && !agents_have(&c->known, agent)) {
		c->n.malformed++; /* whose it is, nobody knows */
		return;
	}
	if (!takes_agent(c, agent)) {
		refuse(c, agent, d->sender,
		    c->opt.nagents ? "it is not on the list of agents"
		                   : "there are too many agents");
		return;
	}
	c->run.rate = c->opt.listen[d->socket].rate;
	flow_run_takes(&c->run, d->time);
	flow_datagram(&c->run, d->time, d->sender, d->bytes);
}

static void
on_datagram(void *ctx, const struct udp_datagram *d)
{
	flow_collect_take(ctx, d);
}

static bool
receive(struct flow_collect *c)
{
	int64_t now = utc_now();
	bool all = flow_udp_read(c->udp, on_datagram, c);

	if (all)
		c->alive = now;
	return all;
}

/* --- handing over */

static struct flow_job
next_job(struct flow_collect *c, bool last)
{
	c->n.kernel_drops = (int64_t)flow_udp_drops(c->udp);
	return (struct flow_job){
	    .batch = &c->batch[c->filling],
	    .counts = c->n,
	    .alive = c->alive,
	    .last = last,
	};
}

static void
hand_over(struct flow_collect *c)
{
	struct flow_job job;

	if (!flow_writer_idle(c->writer))
		return;
	job = next_job(c, false);
	c->filling = !c->filling;
	flow_batch_reset(&c->batch[c->filling]);
	flow_writer_give(c->writer, &job);
	c->next = monotonic_now() + c->opt.flush / 2;
}

int
flow_collect_step(
    struct flow_collect *c, int64_t usec, const sigset_t *mask, struct err *e)
{
	int64_t left = c->next - monotonic_now();
	int rc;

	if (left < 1000)
		left = 1000; /* the writer is late */
	rc = flow_udp_wait(c->udp, left < usec ? left : usec, mask, e);
	if (rc < 0)
		return rc;
	receive(c);
	if (monotonic_now() >= c->next)
		hand_over(c);
	return 0;
}

/* --- start and end */

static int
listen_all(struct flow_collect *c, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; i < c->opt.nlisten && rc >= 0; i++) {
		rc = flow_udp_listen(c->udp, c->opt.listen[i].address, e);
		if (rc >= 0)
			buf_printf(&c->listen, "%s%s", i ? ", " : "",
			    flow_udp_name(c->udp, i));
	}
	buf_c(&c->listen, '\0');
	return rc;
}

int
flow_collect_open(struct flow_collect **out,
    const struct flow_collect_options *opt, struct err *e)
{
	struct flow_collect *c = xcalloc(1, sizeof(*c));
	int rc;

	c->sink = (struct flow_sink){
		    .sample = on_sample, .heard = on_heard};
	c->opt = *opt;
	c->n.first = c->n.last = UTC_NONE;
	flow_run_init(&c->run, &c->sink);
	c->run.ports = opt->ports;
	c->udp = flow_udp_new();
	for (size_t i = 0; i < opt->nagents; i++)
		agents_add(&c->known, opt->agents[i]);
	rc = listen_all(c, e);
	if (rc < 0)
		flow_collect_free(c);
	else
		*out = c;
	return rc;
}

int
flow_collect_start(struct flow_collect *c, struct store *s, struct err *e)
{
	c->next = monotonic_now() + c->opt.flush / 2;
	c->alive = utc_now();
	return flow_writer_start(
	    &c->writer, s, c->listen.p, c->opt.flush, &c->opt.ports, e);
}

const struct flow_batch *
flow_collect_waiting(const struct flow_collect *c)
{
	return &c->batch[c->filling];
}

const char *
flow_collect_listen(const struct flow_collect *c)
{
	return c->listen.p;
}

int
flow_collect_buffer(const struct flow_collect *c)
{
	return flow_udp_buffer(c->udp);
}

struct flow_collect_counts
flow_collect_counts(struct flow_collect *c)
{
	c->n.kernel_drops = (int64_t)flow_udp_drops(c->udp);
	return c->n;
}

int64_t
flow_collect_slowest(struct flow_collect *c)
{
	if (c->writer)
		c->slowest = flow_writer_slowest(c->writer);
	return c->slowest;
}

/* What came in up to now is taken, however fast more comes in. */
int
flow_collect_stop(struct flow_collect *c, struct err *e)
{
	int64_t until = utc_now();
	struct flow_job job;
	int rc;

	while (!receive(c) && c->n.last < until)
		;
	c->alive = until;
	job = next_job(c, true);
	flow_collect_slowest(c);
	rc = flow_writer_finish(c->writer, &job, e);
	c->writer = NULL;
	return rc;
}

void
flow_collect_free(struct flow_collect *c)
{
	if (!c)
		return;
	flow_udp_free(c->udp);
	flow_run_free(&c->run);
	buf_free(&c->listen);
	agents_free(&c->known);
	agents_free(&c->refused);
	flow_batch_free(&c->batch[0]);
	flow_batch_free(&c->batch[1]);
	free(c);
}
