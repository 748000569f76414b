/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/message.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/utc.h"

/* Nearly always all that a message needs. */
#define MESSAGE_BLOCK 896

/* A message and its first block.  Those that have left give theirs to those
 * that come: one begins where one has ended, and the C library's malloc takes
 * longer than all that is put into it. */
struct cell {
	struct message m;
	struct arena_block block;
};
#define CELL_SIZE                                                              \
	((sizeof(struct cell) + MESSAGE_BLOCK + 63) / 64 * 64) /* lines of cache */

#ifndef ARENA_DEBUG
#define CELLS ((2 << 20) / CELL_SIZE) /* allocated together: a huge page */

/* Of all threads: a message ends in another one than it began. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct message *spare;

/* Under the lock. */
static void
make_cells(void)
{
	char *at = xpages(CELLS * CELL_SIZE);

	for (size_t i = CELLS; i-- > 0;) {
		struct cell *c = (struct cell *)(at + i * CELL_SIZE);

		c->m.absorbed = spare;
		spare = &c->m;
	}
}
#endif

static struct message *
take_cell(void)
{
	struct cell *c;

#ifdef ARENA_DEBUG
	c = xmalloc(CELL_SIZE);
	memset(&c->m, 0, sizeof(c->m));
#else
	pthread_mutex_lock(&lock);
	if (spare == NULL)
		make_cells();
	c = (struct cell *)spare;
	spare = c->m.absorbed;
	pthread_mutex_unlock(&lock);
	memset(&c->m, 0, sizeof(c->m));
	c->block.next = NULL;
	c->block.used = 0;
	c->block.size = CELL_SIZE - sizeof(*c);
	c->m.mem.head = &c->block;
#endif
	return &c->m;
}

/* The cell's own block is the last of the arena's. */
static void
put_cell(struct message *m)
{
#ifdef ARENA_DEBUG
	arena_free(&m->mem);
	free(m);
#else
	struct arena_block *b = m->mem.head, *next;

	for (; b != &((struct cell *)m)->block; b = next) {
		next = b->next;
		free(b);
	}
	pthread_mutex_lock(&lock);
	m->absorbed = spare;
	spare = m;
	pthread_mutex_unlock(&lock);
#endif
}

struct message *
message_new(struct str host, struct str mta, int64_t t)
{
	struct message *m = take_cell();

	m->mem.block = MESSAGE_BLOCK;
	m->host = arena_dup(&m->mem, host);
	m->mta = arena_dup(&m->mem, mta);
	m->received = m->first = m->last = t;
	m->tls = m->nrcpt = -1;
	m->size = -1;
	m->recipients_end = &m->recipients;
	m->verdicts_end = &m->verdicts;
	m->dirty = m->rows_dirty = true;
	return m;
}

size_t
message_bytes(const struct message *m)
{
	const struct arena_block *b;
	size_t n = sizeof(*m);

	for (b = m->mem.head; b != NULL; b = b->next)
		n += sizeof(*b) + b->size;
	return n;
}

void
message_free(struct message *m)
{
	struct message *next;

	for (; m != NULL; m = next) {
		next = m->absorbed;
		put_cell(m);
	}
}

struct queue_entry *
message_queue(struct message *m, struct str id, struct str instance, int64_t t)
{
	struct queue_entry *q = arena_zalloc(&m->mem, sizeof(*q)), **at;

	q->id = arena_dup(&m->mem, id);
	q->instance = arena_dup(&m->mem, instance);
	q->host = m->host;
	q->mta = m->mta;
	q->first = t;
	q->message = m;
	for (at = &m->queues; *at != NULL; at = &(*at)->next)
		;
	*at = q;
	return q;
}

struct hop *
message_hop(struct queue_entry *q, uint64_t key, int64_t t)
{
	struct hop *h = arena_zalloc(&q->message->mem, sizeof(*h));

	*h = (struct hop){.key = key, .time = t, .from = q, .next = q->hops};
	q->hops = h;
	return h;
}

static void
fill(struct message *m, struct str *to, struct str from)
{
	if (!str_has(*to) && str_has(from))
		*to = arena_dup(&m->mem, from);
}

void
message_fill(struct message *m, const struct event *ev)
{
	if (ev->has_client && !m->has_client && !m->child) {
		m->has_client = true;
		m->client = ev->client;
	}
	if (m->client_port == 0 && ev->has_client && m->has_client &&
	    addr_cmp(m->client, ev->client) == 0)
		m->client_port = ev->client_port;
	fill(m, &m->client_name, ev->client_name);
	fill(m, &m->helo, ev->helo);
	fill(m, &m->protocol, ev->protocol);
	fill(m, &m->auth_user, ev->auth_user);
	fill(m, &m->sender, ev->sender);
	fill(m, &m->message_id, ev->message_id);
	fill(m, &m->subject, ev->subject);
	if (m->tls < 0)
		m->tls = ev->tls;
	if (m->size < 0)
		m->size = ev->size;
	if (m->nrcpt < 0)
		m->nrcpt = ev->nrcpt;
	m->reinjected |= ev->reinjected;
}

/* An envelope row without an outcome that the alias `orig` came from. */
static struct recipient *
envelope_row(struct message *m, const struct queue_entry *q, struct str orig)
{
	struct recipient *r;

	for (r = m->recipients; str_has(orig) && r != NULL; r = r->next)
		if (r->queue == q && r->attempts == NULL && !str_has(r->orig) &&
		    str_eqi(r->addr, orig))
			return r;
	return NULL;
}

struct recipient *
message_row(
    struct message *m, struct queue_entry *q, struct str addr, struct str orig)
{
	struct recipient *r = arena_zalloc(&m->mem, sizeof(*r));

	r->addr = arena_dup(&m->mem, addr);
	r->orig = arena_dup(&m->mem, orig);
	r->queue = q;
	*m->recipients_end = r;
	m->recipients_end = &r->next;
	m->nrecipients++;
	return r;
}

struct recipient *
message_recipient(
    struct message *m, struct queue_entry *q, struct str addr, struct str orig)
{
	struct recipient *r;

	for (r = m->recipients; r != NULL; r = r->next)
		if (r->queue == q && str_has(r->addr) == str_has(addr) &&
		    str_eq(r->addr, addr) &&
		    (!str_has(orig) || !str_has(r->orig) ||
		        str_eq(r->orig, orig)))
			break;
	if (r == NULL && (r = envelope_row(m, q, orig)) != NULL)
		r->addr = arena_dup(&m->mem, addr);
	if (r != NULL) {
		fill(m, &r->orig, orig);
		r->hint = false;
		return r;
	}
	r = message_row(m, q, addr, orig);
	if (m->refused) {
		r->outcome = m->refusal;
		r->stage = m->refusal_stage;
	}
	return r;
}

void
message_hint(struct message *m, struct queue_entry *q, struct str addr)
{
	struct recipient *r;

	for (r = m->recipients; r != NULL; r = r->next)
		if (str_eqi(r->addr, addr) || str_eqi(r->orig, addr))
			return;
	message_recipient(m, q, addr, STR_NONE)->hint = true;
}

static bool
is_final(const struct attempt *a)
{
	return a->disposition != DISP_NONE && a->disposition != DISP_DEFERRED;
}

bool
recipient_settled(const struct recipient *r)
{
	return is_final(&r->outcome);
}

static bool
same_attempt(const struct attempt *a, const struct attempt *b)
{
	return a->time == b->time && a->disposition == b->disposition &&
	       a->reply == b->reply && str_eq(a->dsn, b->dsn) &&
	       str_eq(a->reason, b->reason) && str_eq(a->relay, b->relay);
}

struct attempt
message_keep(struct message *m, const struct attempt *at)
{
	struct attempt a = *at;

	a.dsn = arena_dup(&m->mem, a.dsn);
	a.reason = arena_dup(&m->mem, a.reason);
	a.relay = arena_dup(&m->mem, a.relay);
	a.next = NULL;
	return a;
}

/* Held, or taken for given up (a line out of order said that it was going on
 * without its data): whatever is delivered was neither in the end. */
static bool
is_released_by(const struct message *m, const struct attempt *at)
{
	return m->refused &&
	       (m->refusal.disposition == DISP_QUARANTINED ||
	           (m->refusal.disposition == DISP_ABORTED &&
	               (at->disposition == DISP_DELIVERED ||
	                   at->disposition == DISP_DEFERRED ||
	                   at->disposition == DISP_BOUNCED)));
}

/* The message is on its way after all, as q. */
static void
message_release(struct message *m, const struct queue_entry *q)
{
	const enum disposition was = m->refusal.disposition;
	struct recipient *r;

	m->refused = false;
	for (r = m->recipients; r != NULL; r = r->next)
		if (r->outcome.disposition == was) {
			r->outcome = (struct attempt){0};
			r->stage = STAGE_NONE;
			if (q != NULL && r->queue != q)
				r->handed_to = q->id;
		}
}

bool
message_attempt(
    struct message *m, struct recipient *r, const struct attempt *at)
{
	struct attempt **p, *a;

	if (is_released_by(m, at))
		message_release(m, r->queue);
	for (p = &r->attempts; *p != NULL; p = &(*p)->next) {
		if (same_attempt(*p, at))
			return false;
		if ((*p)->time > at->time ||
		    ((*p)->time == at->time && is_final(*p) && !is_final(at)))
			break;
	}
	a = arena_alloc(&m->mem, sizeof(*a));
	*a = message_keep(m, at);
	a->next = *p;
	*p = a;
	if (!m->refused && a->next == NULL)
		r->outcome = *a;
	return true;
}

void
message_refuse_one(struct message *m, struct recipient *r,
    const struct attempt *at, enum stage stage)
{
	r->stage = stage;
	message_attempt(m, r, at);
	if (m->refused && at->time <= m->refusal.time)
		r->outcome = message_keep(m, at);
}

void
message_refuse(struct message *m, const struct attempt *at, enum stage stage)
{
	struct recipient *r;

	if (m->refused)
		return;
	m->refused = true;
	m->refusal = message_keep(m, at);
	m->refusal_stage = stage;
	for (r = m->recipients; r != NULL; r = r->next) {
		if (r->stage != STAGE_NONE)
			continue; /* refused by itself before */
		r->outcome = m->refusal;
		r->stage = stage;
	}
}

static bool
same_verdict(const struct verdict *a, const struct verdict *b)
{
	return a->kind == b->kind && str_eq(a->filter, b->filter) &&
	       str_eq(a->signature, b->signature) && str_eq(a->rule, b->rule) &&
	       a->has_score == b->has_score &&
	       (!a->has_score ||
	           (a->score <= b->score && a->score >= b->score));
}

static struct message_verdict *
find_verdict(const struct message *m, const struct verdict *v)
{
	struct message_verdict *mv = m->verdicts;

	while (mv != NULL && !same_verdict(&mv->v, v))
		mv = mv->next;
	return mv;
}

bool
message_has_verdict(const struct message *m, const struct verdict *v)
{
	return find_verdict(m, v) != NULL;
}

bool
message_drop_verdict(struct message *m, const struct verdict *v, int64_t time)
{
	struct message_verdict *mv = find_verdict(m, v), **at = &m->verdicts;

	if (mv == NULL || mv->time != time)
		return false;
	while (*at != mv)
		at = &(*at)->next;
	*at = mv->next;
	if (mv->next == NULL)
		m->verdicts_end = at;
	m->dirty = m->rows_dirty = true;
	return true;
}

void
message_add_verdict(struct message *m, const struct verdict *v, int64_t time)
{
	struct message_verdict *mv = find_verdict(m, v);

	if (mv != NULL) {
		if (time < mv->time) {
			mv->time = time;
			mv->v.evidence = v->evidence;
			m->dirty = m->rows_dirty = true;
		}
		return;
	}
	mv = arena_zalloc(&m->mem, sizeof(*mv));
	mv->v = *v;
	mv->v.filter = arena_dup(&m->mem, v->filter);
	mv->v.signature = arena_dup(&m->mem, v->signature);
	mv->v.rule = arena_dup(&m->mem, v->rule);
	mv->time = time;
	*m->verdicts_end = mv;
	m->verdicts_end = &mv->next;
	m->dirty = m->rows_dirty = true;
}

/* Of two that are as bad: the one that tells more, then the earlier by whole
 * seconds, which every stamp has; at last by name, so that the order in which
 * lines were read does not show. */
static bool
comes_first(const struct message_verdict *a, const struct message_verdict *b)
{
	int c;

	if (a->v.has_score != b->v.has_score)
		return a->v.has_score;
	if (a->v.has_threshold != b->v.has_threshold)
		return a->v.has_threshold;
	if (a->time / USEC != b->time / USEC)
		return a->time < b->time;
	if ((c = str_cmp(a->v.filter, b->v.filter)) != 0)
		return c < 0;
	if ((c = str_cmp(a->v.rule, b->v.rule)) != 0)
		return c < 0;
	if ((c = str_cmp(a->v.signature, b->v.signature)) != 0)
		return c < 0;
	return a->v.score > b->v.score;
}

const struct message_verdict *
message_worst(const struct message *m)
{
	static const int severity[VERDICT_N] = {
	    [VERDICT_CLEAN] = 1,
	    [VERDICT_GREYLISTED] = 2,
	    [VERDICT_LISTED] = 3,
	    [VERDICT_BANNED] = 4,
	    [VERDICT_SPAM] = 5,
	    [VERDICT_VIRUS] = 6,
	};
	const struct message_verdict *v, *worst = NULL;

	for (v = m->verdicts; v != NULL; v = v->next)
		if (worst == NULL ||
		    severity[v->v.kind] > severity[worst->v.kind] ||
		    (severity[v->v.kind] == severity[worst->v.kind] &&
		        comes_first(v, worst)))
			worst = v;
	return worst;
}

/* b accepted the mail and then dropped it, and its log names nobody: that is
 * what became of those whom a handed over to it. */
static void
pass_refusal(struct message *a, const struct message *b)
{
	struct recipient *r, *new;
	size_t n = a->nrecipients;

	for (r = a->recipients; n-- > 0; r = r->next) {
		if (!str_eq(r->handed_to, b->queues->id))
			continue;
		new = message_recipient(a, b->queues, r->addr, r->orig);
		new->outcome = b->refusal;
		new->stage = b->refusal_stage;
	}
}

void
message_merge(struct message *a, struct message *b)
{
	const struct message_verdict *v;
	struct queue_entry **q;
	struct message **tail;

	for (q = &a->queues; *q != NULL; q = &(*q)->next)
		;
	for (*q = b->queues; *q != NULL; q = &(*q)->next)
		(*q)->message = a;
	if (b->recipients != NULL && a->refused &&
	    a->refusal.disposition == DISP_QUARANTINED)
		message_release(a, b->queues);
	if (b->recipients == NULL && b->refused && b->queues != NULL)
		pass_refusal(a, b);
	*a->recipients_end = b->recipients;
	if (b->recipients != NULL)
		a->recipients_end = b->recipients_end;
	a->nrecipients += b->nrecipients;
	for (v = b->verdicts; v != NULL; v = v->next)
		message_add_verdict(a, &v->v, v->time);
	if (!str_has(a->message_id))
		a->message_id = b->message_id;
	if (!str_has(a->subject))
		a->subject = b->subject;
	if (!str_has(a->sender))
		a->sender = b->sender;
	if (b->last > a->last)
		a->last = b->last;
	for (tail = &a->absorbed; *tail != NULL; tail = &(*tail)->absorbed)
		;
	*tail = b;
	a->dirty = a->rows_dirty = true;
}

bool
message_shows(const struct message *m, const struct recipient *r)
{
	const struct recipient *o;

	for (o = m->recipients; r->hint && o != NULL; o = o->next)
		if (!o->hint && o->stage != STAGE_RCPT)
			return false; /* the server names who gets it */
	if (!str_has(r->handed_to))
		return true;
	for (o = m->recipients; o != NULL; o = o->next)
		if (o->queue != NULL && o->queue != r->queue &&
		    str_eq(o->queue->id, r->handed_to))
			return false;
	return true;
}

uint64_t
message_key(const struct message *m)
{
	uint64_t h = hash_str(m->host, 1);

	if (m->queues != NULL) {
		h = hash_str(m->queues->instance, h);
		h = hash_str(m->queues->id, h);
	} else {
		h = hash_u64(m->transaction, h);
	}
	return hash_u64((uint64_t)m->received, h);
}

bool
message_settled(const struct message *m)
{
	const struct recipient *r;
	const struct queue_entry *q;
	int n = 0;

	/* what was handed on has not been tried there yet */
	for (q = m->queues ? m->queues->next : NULL; q != NULL; q = q->next) {
		for (r = m->recipients; r != NULL && r->queue != q;)
			r = r->next;
		if (r == NULL && !q->ended)
			return false;
	}
	for (r = m->recipients; r != NULL; r = r->next) {
		if (r->hint || r->stage != STAGE_NONE)
			continue; /* nrcpt counts the accepted ones */
		if (!recipient_settled(r))
			return false;
		n++;
	}
	return m->nrcpt > 0 && n >= m->nrcpt;
}

int64_t
message_done(const struct message *m)
{
	const struct recipient *r;
	int64_t t = m->refused ? m->refusal.time : INT64_MIN;
	int n = 0;

	for (r = m->recipients; r != NULL; r = r->next) {
		if (r->hint)
			continue;
		if (!recipient_settled(r) && !m->refused)
			return INT64_MAX;
		if (recipient_settled(r) && r->outcome.time > t)
			t = r->outcome.time;
		n += r->stage == STAGE_NONE;
	}
	return t == INT64_MIN || (!m->refused && n < m->nrcpt) ? INT64_MAX : t;
}

bool
message_is_empty(const struct message *m)
{
	return m->recipients == NULL && !m->refused && m->verdicts == NULL &&
	       m->nrcpt == 0;
}
