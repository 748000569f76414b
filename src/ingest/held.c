/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/held.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/pack.h"
#include "base/utc.h"
#include "ingest/spill.h"

#define TEXTS 24

/* All the text of an event, its origin and verdict, but for the recipients. */
static void
texts_of(struct held_event *e, struct str *t[TEXTS])
{
	struct event *ev = &e->ev;
	struct str *all[TEXTS] = {&e->o.host, &e->o.mta, &e->o.instance,
	    &e->o.session, &ev->queue_id, &ev->parent_queue_id, &ev->queued_as,
	    &ev->session, &ev->client_name, &ev->helo, &ev->protocol,
	    &ev->auth_user, &ev->sender, &ev->orig_recipient, &ev->message_id,
	    &ev->subject, &ev->relay, &ev->dsn, &ev->reason, &ev->text,
	    &ev->text_kind, &e->v.filter, &e->v.signature, &e->v.rule};

	memcpy(t, all, sizeof(all));
}

static void
keep(struct str *s, char **at)
{
	if (s->n == 0)
		return; /* absent, or "" of a constant */
	memcpy(*at, s->p, s->n);
	s->p = *at;
	*at += s->n;
}

/* One allocation with all of its text. */
static struct held_event *
copy_of(const struct held_event *from)
{
	const struct event *ev = &from->ev;
	struct held_event *e, was = *from;
	struct str *t[TEXTS];
	size_t i, bytes = ev->nrecipients * sizeof(struct str);
	char *at;

	texts_of(&was, t);
	for (i = 0; i < TEXTS; i++)
		bytes += t[i]->n;
	for (i = 0; i < ev->nrecipients; i++)
		bytes += ev->recipients[i].n;
	e = xmalloc(sizeof(*e) + bytes);
	*e = was;
	texts_of(e, t);
	at = (char *)(e->recipients + ev->nrecipients);
	for (i = 0; i < TEXTS; i++)
		keep(t[i], &at);
	for (i = 0; i < ev->nrecipients; i++) {
		e->recipients[i] = ev->recipients[i];
		keep(&e->recipients[i], &at);
	}
	e->ev.recipients = e->recipients;
	return e;
}

/* Room for one more behind the last. */
static void
make_room(struct held *h)
{
	size_t n = h->end - h->first;

	if (h->end < h->size)
		return;
	if (h->first <= h->size / 2) {
		h->size = h->size ? h->size * 2 : 256;
		h->items = xrealloc(h->items, h->size * sizeof(*h->items));
	}
	memmove(h->items, h->items + h->first, n * sizeof(*h->items));
	h->first = 0;
	h->end = n;
}

void
held_put(struct held *h, const struct origin *o, const struct event *ev,
    const struct verdict *v)
{
	struct held_event new = {.o = *o, .ev = *ev, .has_verdict = v != NULL};
	size_t at;

	if (v != NULL)
		new.v = *v;
	make_room(h);
	for (at = h->end; at > h->first && h->items[at - 1].time > o->time;)
		at--;
	memmove(h->items + at + 1, h->items + at,
	    (h->end - at) * sizeof(*h->items));
	h->items[at] = (struct held_item){o->time, copy_of(&new)};
	h->end++;
}

struct held_event *
held_take(struct held *h, int64_t t)
{
	size_t n = h->end - h->first;

	if (n == 0 || (h->items[h->first].time >= t && n <= HELD_MAX))
		return NULL;
	return h->items[h->first++].event;
}

void
held_drop(struct held_event *e)
{
	free(e);
}

int64_t
held_last(const struct held *h)
{
	return h->end > h->first ? h->items[h->end - 1].time : UTC_NONE;
}

void
held_free(struct held *h)
{
	for (; h->first < h->end; h->first++)
		held_drop(h->items[h->first].event);
	free(h->items);
	*h = (struct held){0};
}

/* Between runs. */

static void
save_numbers(struct buf *out, const struct held_event *e)
{
	const struct event *ev = &e->ev;

	pack_i64(out, e->o.pid);
	pack_i64(out, e->o.time);
	spill_evidence(out, &e->o.evidence);
	pack_u32(out, e->o.source);
	pack_u32(out, e->o.direction);
	pack_u32(out, ev->kind);
	spill_addr(out, ev->has_client, ev->client);
	spill_addr(out, ev->has_relay_addr, ev->relay_addr);
	pack_u32(out, ev->client_port);
	pack_i64(out, ev->tls);
	pack_i64(out, ev->nrcpt);
	pack_i64(out, ev->size);
	pack_u32(out, ev->disposition);
	pack_u32(out, ev->stage);
	pack_i64(out, ev->reply);
	pack_i64(out, ev->refused_mail);
	pack_u8(out, ev->reinjected);
}

static void
restore_numbers(struct assembler *a, struct rd *r, struct held_event *e)
{
	struct event *ev = &e->ev;

	e->o.pid = (int)unpack_i64(r);
	e->o.time = unpack_i64(r);
	e->o.evidence = spill_get_evidence(a, r);
	e->o.source = rd_be32(r);
	e->o.direction = rd_be32(r) % DIR_N;
	ev->kind = rd_be32(r) % EVENT_N;
	ev->has_client = spill_get_addr(r, &ev->client);
	ev->has_relay_addr = spill_get_addr(r, &ev->relay_addr);
	ev->client_port = (uint16_t)rd_be32(r);
	ev->tls = (int)unpack_i64(r);
	ev->nrcpt = (int)unpack_i64(r);
	ev->size = unpack_i64(r);
	ev->disposition = rd_be32(r) % DISP_N;
	ev->stage = rd_be32(r) % STAGE_N;
	ev->reply = (int)unpack_i64(r);
	ev->refused_mail = (int)unpack_i64(r);
	ev->reinjected = rd_u8(r) != 0;
}

static void
save_event(struct buf *out, struct held_event *e)
{
	struct str *t[TEXTS];
	size_t i;

	pack_u8(out, 1);
	save_numbers(out, e);
	texts_of(e, t);
	for (i = 0; i < TEXTS; i++)
		pack_str(out, *t[i]);
	for (i = 0; i < e->ev.nrecipients; i++) {
		pack_u8(out, 1);
		pack_str(out, e->ev.recipients[i]);
	}
	pack_u8(out, 0);
	pack_u8(out, e->has_verdict);
	if (e->has_verdict)
		spill_verdict(out, &e->v);
}

void
held_save(const struct held *h, struct buf *out)
{
	size_t i;

	for (i = h->first; i < h->end; i++)
		save_event(out, h->items[i].event);
	pack_u8(out, 0);
}

static void
restore_event(struct held *h, struct assembler *a, struct rd *r)
{
	struct held_event e = {0};
	struct str *t[TEXTS], one;
	struct buf rcpts = {0};
	size_t i;

	restore_numbers(a, r, &e);
	texts_of(&e, t);
	for (i = 0; i < TEXTS; i++)
		*t[i] = unpack_str(r);
	while (rd_u8(r) == 1) {
		one = unpack_str(r);
		buf_put(&rcpts, &one, sizeof(one));
		e.ev.nrecipients++;
	}
	e.ev.recipients = (const struct str *)rcpts.p;
	e.has_verdict = rd_u8(r) != 0;
	if (e.has_verdict)
		e.v = spill_get_verdict(a, r);
	if (!r->bad)
		held_put(h, &e.o, &e.ev, e.has_verdict ? &e.v : NULL);
	buf_free(&rcpts);
}

bool
held_restore(struct held *h, struct assembler *a, struct rd *r)
{
	while (rd_u8(r) == 1 && !r->bad)
		restore_event(h, a, r);
	return !r->bad;
}
