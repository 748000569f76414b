/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/flow_batch.h"

#include <stdlib.h>

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

/* A sample on its way into the store, with the ids of its addresses. */
struct met {
	const struct smtp_sample *s;
	int64_t agent, src, dst;
};

/* Samples on their way, and the row in hand. */
struct writing {
	struct store *store;
	int64_t ledger;
	struct met *met;
	size_t n, given;
	struct value v[12];
};

static int
next_sample(void *arg, const struct value **row, size_t *n, struct err *e)
{
	struct writing *w = arg;

	(void)e;
	if (w->given == w->n)
		return 0;
	const struct met *m = &w->met[w->given++];
	const struct smtp_sample *p = m->s;
	const struct value v[] = {value_int(p->time), value_int(w->ledger),
	    value_int(m->agent), value_int(p->source_id), value_int(m->src),
	    value_int(p->src_port), value_int(m->dst), value_int(p->dst_port),
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
put_samples(struct writing *w, struct err *e)
{
	return w->n > 0 ? store_give(w->store, "flow_samples_put", next_sample,
	                      w, e)
	                : 0;
}

static int
meet(struct writing *w, const struct smtp_sample *p, struct err *e)
{
	struct met *m = &w->met[w->n++];
	int rc;

	m->s = p;
	if ((rc = store_addr(w->store, p->agent, &m->agent, e)) < 0 ||
	    (rc = store_addr(w->store, p->src, &m->src, e)) < 0)
		return rc;
	return store_addr(w->store, p->dst, &m->dst, e);
}

static int
meet_chunk(struct writing *w, const struct flow_chunk *c, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; i < c->n && rc >= 0; i++)
		rc = meet(w, &c->sample[i], e);
	return rc;
}

static int
note(struct flow_slots *slots, struct store *s, const struct met *m,
    struct err *e)
{
	return flow_slots_note(slots, s, m->s, m->agent, m->src, m->dst, e);
}

static int
put_chunk(struct writing *w, const struct flow_chunk *c,
    struct flow_slots *slots, struct err *e)
{
	int rc;

	w->n = w->given = 0;
	rc = meet_chunk(w, c, e);
	for (size_t i = 0; i < w->n && rc >= 0; i++)
		rc = note(slots, w->store, &w->met[i], e);
	return rc < 0 ? rc : put_samples(w, e);
}

static int64_t
slot_of(const struct met *m)
{
	return m->s->time - m->s->time % FLOW_SLOT;
}

static int
by_slot(const void *a, const void *b)
{
	int64_t x = slot_of(*(const struct met *const *)a);
	int64_t y = slot_of(*(const struct met *const *)b);

	return x < y ? -1 : x > y;
}

/* In the order of slots, as they mostly come. */
static const struct met **
sorted(const struct writing *w)
{
	const struct met **order = xmalloc(w->n * sizeof(*order));
	bool is_sorted = true;

	for (size_t i = 0; i < w->n; i++) {
		order[i] = &w->met[i];
		is_sorted &=
		    i == 0 || slot_of(&w->met[i - 1]) <= slot_of(&w->met[i]);
	}
	if (!is_sorted)
		qsort(order, w->n, sizeof(*order), by_slot);
	return order;
}

/* One slot at a time, whose memory the next one takes.  Before the samples are
 * put: a slot begins with those that are stored. */
static int
put_slots(const struct writing *w, const struct port_set *ports, struct err *e)
{
	struct flow_slots slots = {.ports = *ports};
	const struct met **order = sorted(w);
	int rc = 0;

	for (size_t i = 0; i < w->n && rc >= 0;) {
		int64_t slot = slot_of(order[i]);

		for (; i < w->n && rc >= 0 && slot_of(order[i]) == slot; i++)
			rc = note(&slots, w->store, order[i], e);
		if (rc >= 0)
			rc = flow_slots_write(&slots, w->store, &slot, 1, e);
		flow_slots_forget(&slots, slot + FLOW_SLOT);
	}
	flow_slots_forget(&slots, INT64_MAX);
	free(order);
	return rc;
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

static int
put_covers(const struct flow_batch *b, struct store *s, struct err *e)
{
	const struct cover *c;
	int rc = 0;

	for (size_t i = 0; (c = map_next(&b->covers, &i)) != NULL;) {
		for (; c && rc >= 0; c = c->chain)
			rc = put_cover(s, c, e);
	}
	return rc;
}

int
flow_batch_write(const struct flow_batch *b, struct store *s, int64_t ledger,
    struct flow_slots *slots, struct err *e)
{
	struct met met[CHUNK];
	struct writing w = {.store = s, .ledger = ledger, .met = met};
	int rc = 0;

	for (const struct flow_chunk *c = b->first; c && rc >= 0; c = c->next)
		rc = put_chunk(&w, c, slots, e);
	return rc < 0 ? rc : put_covers(b, s, e);
}

int
flow_batch_import(const struct flow_batch *b, struct store *s, int64_t ledger,
    const struct port_set *ports, struct err *e)
{
	size_t size = (size_t)b->samples * sizeof(struct met);
	struct writing w = {
	    .store = s, .ledger = ledger, .met = xpages(size)};
	int rc = 0;

	for (const struct flow_chunk *c = b->first; c && rc >= 0; c = c->next)
		rc = meet_chunk(&w, c, e);
	if (rc >= 0)
		rc = put_slots(&w, ports, e);
	if (rc >= 0)
		rc = put_samples(&w, e);
	xpages_free(w.met, size);
	return rc < 0 ? rc : put_covers(b, s, e);
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
