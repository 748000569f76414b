/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/flow_batch.h"

#include "base/hash.h"

#define HOUR INT64_C(3600000000)

enum { CHUNK = 512 };

struct flow_chunk {
	struct flow_chunk *next;
	size_t n;
	struct smtp_sample sample[CHUNK];
};

/* One row of flow_coverage to add. */
struct cover {
	struct cover *chain; /* same hash */
	struct addr agent;
	int64_t hour, datagrams, lost, malformed, samples, smtp_packets;
	uint32_t rate_min, rate_max;
};

static struct cover *
find_cover(struct flow_batch *b, struct addr agent, int64_t time)
{
	int64_t hour = time - time % HOUR;
	uint64_t h = hash_bytes(agent.b, sizeof(agent.b), (uint64_t)hour);
	struct cover *head = map_get(&b->covers, h), *c;

	for (c = head; c; c = c->chain) {
		if (c->hour == hour && addr_eq(c->agent, agent))
			return c;
	}
	c = arena_zalloc(&b->mem, sizeof(*c));
	c->chain = head;
	c->agent = agent;
	c->hour = hour;
	map_put(&b->covers, h, c);
	return c;
}

static void
touch_slot(struct flow_batch *b, int64_t time)
{
	int64_t start = time - time % FLOW_SLOT, *slot;
	uint64_t key = (uint64_t)(start / FLOW_SLOT) + 2;

	if (map_get(&b->slots, key))
		return;
	slot = arena_alloc(&b->mem, sizeof(*slot));
	*slot = start;
	map_put(&b->slots, key, slot);
}

void
flow_batch_sample(struct flow_batch *b, const struct smtp_sample *s)
{
	struct flow_chunk *c = b->last;

	if (!c || c->n == CHUNK) {
		c = arena_alloc(&b->mem, sizeof(*c));
		c->next = NULL;
		c->n = 0;
		*(b->last ? &b->last->next : &b->first) = c;
		b->last = c;
	}
	c->sample[c->n++] = *s;
	touch_slot(b, s->time);
	find_cover(b, s->agent, s->time)->smtp_packets++;
	b->samples++;
	b->new_data++;
}

static void
add_rates(struct cover *c, const struct flow_heard *h)
{
	if (h->rate_min && (!c->rate_min || h->rate_min < c->rate_min))
		c->rate_min = h->rate_min;
	if (h->rate_max > c->rate_max)
		c->rate_max = h->rate_max;
}

void
flow_batch_heard(struct flow_batch *b, const struct flow_heard *h)
{
	struct cover *c = find_cover(b, h->agent, h->time);

	c->datagrams += h->datagrams;
	c->lost += h->lost;
	c->malformed += h->malformed;
	c->samples += h->samples;
	add_rates(c, h);
	b->new_data++;
}

/* A chunk on its way into the store: ids of its addresses, and the row in hand. */
struct writing {
	const struct flow_chunk *chunk;
	size_t given;
	int64_t ledger;
	struct ids {
		int64_t agent, src, dst;
	} ids[CHUNK];
	struct value v[12];
};

static int
next_sample(void *arg, const struct value **row, size_t *n, struct err *e)
{
	struct writing *w = arg;

	(void)e;
	if (w->given == w->chunk->n)
		return 0;
	const struct smtp_sample *p = &w->chunk->sample[w->given];
	const struct ids *id = &w->ids[w->given++];
	const struct value v[] = {value_int(p->time), value_int(w->ledger),
	    value_int(id->agent), value_int(p->source_id), value_int(id->src),
	    value_int(p->src_port), value_int(id->dst), value_int(p->dst_port),
	    p->has_flags ? value_int(p->flags) : value_null(),
	    value_int(p->no_rate ? 0 : p->rate), value_id(p->src_as),
	    value_id(p->dst_as)};
	_Static_assert(sizeof(v) == sizeof(w->v), "a row");
	memcpy(w->v, v, sizeof(v));
	*row = w->v;
	*n = sizeof(v) / sizeof(v[0]);
	return 1;
}

static int
meet_sample(struct store *s, const struct smtp_sample *p, struct ids *id,
    struct flow_slots *slots, struct err *e)
{
	int rc;

	if ((rc = store_addr(s, p->agent, &id->agent, e)) < 0 ||
	    (rc = store_addr(s, p->src, &id->src, e)) < 0 ||
	    (rc = store_addr(s, p->dst, &id->dst, e)) < 0)
		return rc;
	return flow_slots_note(slots, s, p, id->agent, id->src, id->dst, e);
}

static int
put_chunk(struct store *s, struct writing *w, struct flow_slots *slots,
    struct err *e)
{
	int rc = 0;

	for (size_t i = 0; i < w->chunk->n && rc >= 0; i++)
		rc = meet_sample(
		    s, &w->chunk->sample[i], &w->ids[i], slots, e);
	w->given = 0;
	return rc < 0 ? rc
	              : store_give(s, "flow_samples_put", next_sample, w, e);
}

static int
put_cover(struct store *s, const struct cover *c, struct err *e)
{
	int64_t agent;
	int rc = store_addr(s, c->agent, &agent, e);

	if (rc < 0)
		return rc;
	const struct value v[] = {value_int(agent), value_int(c->hour),
	    value_int(c->datagrams), value_int(c->lost),
	    value_int(c->malformed), value_int(c->samples),
	    value_int(c->smtp_packets), value_int(c->rate_min),
	    value_int(c->rate_max)};
	rc = store_run(s, "flow_agent_put", v, 1, e);
	if (rc < 0)
		return rc;
	return store_run(
	    s, "flow_coverage_add", v, sizeof(v) / sizeof(v[0]), e);
}

int
flow_batch_write(const struct flow_batch *b, struct store *s, int64_t ledger,
    struct flow_slots *slots, struct err *e)
{
	struct writing w = {.ledger = ledger};
	const struct cover *c;
	int rc = 0;

	for (w.chunk = b->first; w.chunk && rc >= 0; w.chunk = w.chunk->next)
		rc = put_chunk(s, &w, slots, e);
	for (size_t i = 0; (c = map_next(&b->covers, &i)) != NULL;) {
		for (; c && rc >= 0; c = c->chain)
			rc = put_cover(s, c, e);
	}
	return rc;
}

bool
flow_batch_slot(const struct flow_batch *b, size_t *at, int64_t *slot)
{
	const int64_t *start = map_next(&b->slots, at);

	if (!start)
		return false;
	*slot = *start;
	return true;
}

void
flow_batch_reset(struct flow_batch *b)
{
	struct arena mem = b->mem;

	map_free(&b->covers);
	map_free(&b->slots);
	arena_reset(&mem);
	*b = (struct flow_batch){.mem = mem};
}

void
flow_batch_free(struct flow_batch *b)
{
	flow_batch_reset(b);
	arena_free(&b->mem);
}
