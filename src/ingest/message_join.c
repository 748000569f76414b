/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/message_join.h"

struct queue_entry *
join_queue(struct message *m, struct str id)
{
	struct queue_entry *q;

	if (!str_has(id))
		return m->queues;
	for (q = m->queues; q != NULL; q = q->next)
		if (str_eq(q->id, id))
			return q;
	q = message_queue(m, id, STR_NONE, m->received);
	q->ended = true; /* as far as this message's lines go */
	return q;
}

/* What is known of o, of another message, is known of m's recipient on q. */
static struct recipient *
take_recipient(
    struct message *m, struct queue_entry *q, const struct recipient *o)
{
	const struct attempt *at;
	struct recipient *r;

	if (!str_has(o->addr) && o->outcome.disposition == DISP_NONE)
		return NULL; /* the row of a message without recipients */
	r = message_recipient(m, q, o->addr, o->orig);
	for (at = o->attempts; at != NULL; at = at->next)
		message_attempt(m, r, at);
	if (r->outcome.disposition == DISP_NONE ||
	    (o->outcome.disposition != DISP_NONE &&
	        o->outcome.time > r->outcome.time)) {
		r->outcome = message_keep(m, &o->outcome);
		r->stage = o->stage;
	}
	return r;
}

static bool
is_first_queue(const struct message *m, const struct recipient *r)
{
	return r->queue == m->queues || r->queue == NULL;
}

static void
take_recipients(struct message *m, const struct message *old)
{
	const struct recipient *o;

	for (o = old->recipients; o != NULL; o = o->next)
		take_recipient(m,
		    join_queue(
		        m, is_first_queue(old, o) ? STR_NONE : o->queue->id),
		    o);
}

void
join_hops(struct message *m, const struct message *old)
{
	const struct recipient *o;

	for (o = old->recipients; o != NULL; o = o->next)
		if (!is_first_queue(old, o))
			take_recipient(m, join_queue(m, o->queue->id), o);
}

void
join_message(struct message *m, const struct message *old)
{
	struct event ev = event_of(EVENT_DETAIL);

	ev.has_client = old->has_client;
	ev.client = old->client;
	ev.client_port = old->client_port;
	ev.client_name = old->client_name;
	ev.helo = old->helo;
	ev.protocol = old->protocol;
	ev.tls = old->tls;
	ev.auth_user = old->auth_user;
	ev.sender = old->sender;
	ev.size = old->size;
	ev.message_id = old->message_id;
	ev.subject = old->subject;
	message_fill(m, &ev);
	if (m->direction == DIR_NONE) /* the client's line was read before */
		m->direction = old->direction;
	take_recipients(m, old);
}

void
join_verdicts(struct message *m, const struct message *old)
{
	const struct message_verdict *v;

	for (v = old->verdicts; v != NULL; v = v->next)
		message_add_verdict(m, &v->v, v->time);
}

/* What one row of the next server's message says of those handed to it. */
static void
absorb_row(struct message *m, struct queue_entry *q, const struct recipient *o)
{
	struct recipient one = *o, *r;
	size_t n = m->nrecipients;

	if (str_has(o->addr)) {
		r = take_recipient(m, q, o);
		if (!str_has(r->handed_to))
			r->handed_to = arena_dup(&m->mem, o->handed_to);
		return;
	}
	for (r = m->recipients; n-- > 0; r = r->next)
		if (str_eq(r->handed_to, q->id)) { /* it names nobody */
			one.addr = r->addr;
			one.orig = r->orig;
			take_recipient(m, q, &one);
		}
}

/* Whom the next server handed on, all of them, m handed to the one behind it. */
static void
skip_next(struct message *m, const struct message *next)
{
	const struct recipient *o, *behind = NULL;
	struct recipient *r;

	for (o = next->recipients; o != NULL; o = o->next) {
		if (!message_shows(next, o))
			continue;
		if (is_first_queue(next, o))
			return;
		behind = o;
	}
	for (r = m->recipients; behind != NULL && r != NULL; r = r->next)
		if (str_eq(r->handed_to, next->queues->id))
			r->handed_to = arena_dup(&m->mem, behind->queue->id);
}

void
join_next(struct message *m, const struct message *next)
{
	struct recipient all = {
	    .outcome = next->refusal, .stage = next->refusal_stage};
	struct event ev = event_of(EVENT_DETAIL);
	struct queue_entry *q = join_queue(m, next->queues->id);
	const struct recipient *o;

	for (o = next->recipients; o != NULL; o = o->next)
		if (message_shows(next, o))
			absorb_row(m,
			    is_first_queue(next, o)
			        ? q
			        : join_queue(m, o->queue->id),
			    o);
	if (next->recipients == NULL && next->refused)
		absorb_row(m, q, &all);
	skip_next(m, next);
	ev.sender = next->sender;
	ev.message_id = next->message_id;
	ev.subject = next->subject;
	message_fill(m, &ev);
	join_verdicts(m, next);
}
