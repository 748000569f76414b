/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/flow_slots.h"

#include "base/arena.h"
#include "base/hash.h"
#include "base/map.h"

#include <stdlib.h>

/* One row of sender_slot in the making. */
struct sender {
	struct sender *chain, *next; /* same hash; all of the slot */
	int64_t addr, slot, agent;
	int64_t first, last;
	uint32_t packets, syn, answered, rst, fin, peers;
	uint32_t client_strong, client_weak, server_strong, server_weak;
	uint32_t rate_min, rate_max;
	bool changed; /* since it was written */
};

struct slot {
	int64_t start;
	const struct port_set *ports;
	struct arena mem;
	struct map senders, peers; /* peers: pairs that were seen */
	struct sender *all;
};

/* One sample; addresses are ids. */
struct seen {
	int64_t agent, src, dst;
	struct smtp_sample s;
};

static struct sender *
find_sender(struct slot *slot, int64_t addr, const struct seen *p)
{
	uint64_t h = hash_u64((uint64_t)addr, (uint64_t)p->agent);
	struct sender *head = map_get(&slot->senders, h), *x;

	for (x = head; x; x = x->chain) {
		if (x->addr == addr && x->agent == p->agent)
			return x;
	}
	x = arena_zalloc(&slot->mem, sizeof(*x));
	x->chain = head;
	x->next = slot->all;
	x->addr = addr;
	x->slot = slot->start;
	x->agent = p->agent;
	x->first = x->last = p->s.time;
	x->rate_min = x->rate_max = p->s.rate;
	slot->all = x;
	map_put(&slot->senders, h, x);
	return x;
}

/* Pairs are known by a 64-bit hash alone: an error of one peer in 2^32 pairs
 * is no error here. */
static void
note_peer(struct slot *slot, struct sender *x, int64_t peer)
{
	uint64_t h = hash_u64((uint64_t)peer,
	    hash_u64((uint64_t)x->addr, (uint64_t)x->agent ^ 0x70656572));

	if (map_get(&slot->peers, h))
		return;
	map_put(&slot->peers, h, slot);
	x->peers++;
}

/* Strong is what the address said by itself: it asked for a connection, or
 * granted one.  What others said to it is weak, for that can be forged. */
static void
note_role(struct sender *x, enum smtp_role role, bool strong)
{
	if (role == ROLE_CLIENT)
		*(strong ? &x->client_strong : &x->client_weak) += 1;
	if (role == ROLE_SERVER)
		*(strong ? &x->server_strong : &x->server_weak) += 1;
}

static struct sender *
note_end(struct slot *slot, const struct seen *p, int64_t addr, int64_t peer)
{
	struct sender *x = find_sender(slot, addr, p);

	x->changed = true;
	x->packets++;
	x->rst += (p->s.flags & TCP_RST) != 0;
	x->fin += (p->s.flags & TCP_FIN) != 0;
	if (p->s.time < x->first)
		x->first = p->s.time;
	if (p->s.time > x->last)
		x->last = p->s.time;
	if (p->s.rate < x->rate_min)
		x->rate_min = p->s.rate;
	if (p->s.rate > x->rate_max)
		x->rate_max = p->s.rate;
	note_peer(slot, x, peer);
	return x;
}

static void
note_sample(struct slot *slot, const struct seen *p)
{
	struct smtp_roles r = smtp_roles(&p->s, slot->ports);
	struct sender *x;

	x = note_end(slot, p, p->src, p->dst);
	x->syn += r.strong && r.src == ROLE_CLIENT;
	note_role(x, r.src, r.strong);
	x = note_end(slot, p, p->dst, p->src);
	x->answered += r.strong && r.dst == ROLE_CLIENT;
	note_role(x, r.dst, false);
}

static struct seen
read_row(const struct stmt *st)
{
	struct value flags = stmt_value(st, 6);
	struct seen p = {0};

	p.s.time = stmt_value(st, 0).i;
	p.agent = stmt_value(st, 1).i;
	p.src = stmt_value(st, 2).i;
	p.s.src_port = (uint16_t)stmt_value(st, 3).i;
	p.dst = stmt_value(st, 4).i;
	p.s.dst_port = (uint16_t)stmt_value(st, 5).i;
	p.s.has_flags = flags.type != VALUE_NULL;
	p.s.flags = p.s.has_flags ? (uint8_t)flags.i : 0;
	p.s.rate = (uint32_t)stmt_value(st, 7).i;
	return p;
}

static int
read_samples(struct slot *slot, struct store *s, struct err *e)
{
	const struct value from = value_int(slot->start);
	struct stmt *st;
	struct seen p;
	int rc = store_start(s, "flow_slot_samples", &from, 1, &st, e);

	if (rc < 0)
		return rc;
	while ((rc = stmt_next(st, e)) > 0) {
		p = read_row(st);
		note_sample(slot, &p);
	}
	return rc;
}

static uint64_t
key_of(int64_t start)
{
	return (uint64_t)(start / FLOW_SLOT) + 2;
}

static void
free_slot(struct slot *slot)
{
	map_free(&slot->senders);
	map_free(&slot->peers);
	arena_free(&slot->mem);
	free(slot);
}

static void
drop_slot(struct flow_slots *l, struct slot *slot)
{
	if (l->spare) {
		free_slot(slot);
		return;
	}
	map_clear(&slot->senders);
	map_clear(&slot->peers);
	arena_reset(&slot->mem);
	slot->all = NULL;
	l->spare = slot;
}

static struct slot *
new_slot(struct flow_slots *l, int64_t start)
{
	struct slot *slot = l->spare;

	l->spare = NULL;
	if (!slot)
		slot = xcalloc(1, sizeof(*slot));
	slot->start = start;
	slot->ports = &l->ports;
	map_put(&l->live, key_of(start), slot);
	return slot;
}

/* A slot begins with the samples that are stored already: of an earlier run,
 * or of an import. */
static int
open_slot(struct slot **out, struct flow_slots *l, struct store *s,
    int64_t start, struct err *e)
{
	struct slot *slot = map_get(&l->live, key_of(start));

	*out = slot;
	if (slot)
		return 0;
	*out = new_slot(l, start);
	return read_samples(*out, s, e);
}

int
flow_slots_note(struct flow_slots *l, struct store *s,
    const struct smtp_sample *p, int64_t agent, int64_t src, int64_t dst,
    struct err *e)
{
	struct seen seen = {.agent = agent, .src = src, .dst = dst, .s = *p};
	struct slot *slot;
	int rc;

	if (p->no_rate)
		seen.s.rate = 0; /* as it is stored */
	rc = open_slot(&slot, l, s, p->time - p->time % FLOW_SLOT, e);
	if (rc >= 0)
		note_sample(slot, &seen);
	return rc;
}

/* Rows to write. */
struct rows {
	struct sender **row;
	size_t n, size, given;
	struct value v[17]; /* of the row in hand */
};

static void
add_changed(struct rows *rows, const struct slot *slot)
{
	for (struct sender *x = slot->all; x; x = x->next) {
		if (!x->changed)
			continue;
		if (rows->n == rows->size) {
			rows->size = rows->size ? rows->size * 2 : 1024;
			rows->row = xrealloc(
			    rows->row, rows->size * sizeof(struct sender *));
		}
		rows->row[rows->n++] = x;
	}
}

/* The order of the table's key. */
static int
by_key(const void *a, const void *b)
{
	const struct sender *x = *(struct sender *const *)a;
	const struct sender *y = *(struct sender *const *)b;

	if (x->slot != y->slot)
		return x->slot < y->slot ? -1 : 1;
	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	return x->agent < y->agent ? -1 : x->agent > y->agent;
}

static int
next_row(void *arg, const struct value **row, size_t *n, struct err *e)
{
	struct rows *rows = arg;
	struct sender *x;

	(void)e;
	if (rows->given == rows->n)
		return 0;
	x = rows->row[rows->given++];
	x->changed = false;
	const struct value v[] = {value_int(x->addr), value_int(x->slot),
	    value_int(x->agent), value_int(x->packets), value_int(x->syn),
	    value_int(x->answered), value_int(x->rst), value_int(x->fin),
	    value_int(x->client_strong), value_int(x->client_weak),
	    value_int(x->server_strong), value_int(x->server_weak),
	    value_int(x->peers), value_int(x->first), value_int(x->last),
	    value_int(x->rate_min), value_int(x->rate_max)};
	_Static_assert(sizeof(v) == sizeof(rows->v), "a row");
	memcpy(rows->v, v, sizeof(v));
	*row = rows->v;
	*n = sizeof(v) / sizeof(v[0]);
	return 1;
}

/* Sorted, new slots go to the end of the table. */
static int
write_rows(struct rows *rows, struct store *s, struct err *e)
{
	if (rows->n == 0)
		return 0;
	qsort(rows->row, rows->n, sizeof(*rows->row), by_key);
	return store_give(s, "flow_slots_put", next_row, rows, e);
}

int
flow_slots_write(struct flow_slots *l, struct store *s, const int64_t *start,
    size_t n, struct err *e)
{
	struct rows rows = {0};
	struct slot *slot;
	int rc = 0;

	for (size_t i = 0; i < n && rc >= 0; i++) {
		rc = open_slot(&slot, l, s, start[i], e);
		add_changed(&rows, slot);
	}
	if (rc >= 0)
		rc = write_rows(&rows, s, e);
	free(rows.row);
	return rc;
}

int
flow_slots_write_all(struct flow_slots *l, struct store *s, struct err *e)
{
	struct rows rows = {0};
	const struct slot *slot;
	int rc;

	for (size_t i = 0; (slot = map_next(&l->live, &i)) != NULL;)
		add_changed(&rows, slot);
	rc = write_rows(&rows, s, e);
	free(rows.row);
	return rc;
}

void
flow_slots_forget(struct flow_slots *l, int64_t before)
{
	struct map live = {0};
	struct slot *slot;

	for (size_t i = 0; (slot = map_next(&l->live, &i)) != NULL;) {
		if (slot->start < before)
			drop_slot(l, slot);
		else
			map_put(&live, key_of(slot->start), slot);
	}
	map_free(&l->live);
	l->live = live;
	if (before == INT64_MAX && l->spare) {
		free_slot(l->spare);
		l->spare = NULL;
	}
}
