/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/spill.h"

#include <stdlib.h>

#include "base/pack.h"

#define FORMAT 2

void
spill_addr(struct buf *out, bool has, struct addr a)
{
	buf_c(out, has ? 1 : 0);
	if (has)
		buf_put(out, a.b, sizeof(a.b));
}

bool
spill_get_addr(struct rd *r, struct addr *a)
{
	const uint8_t *p;

	if (rd_u8(r) == 0 || (p = rd_bytes(r, sizeof(a->b))) == NULL)
		return false;
	memcpy(a->b, p, sizeof(a->b));
	return true;
}

void
spill_evidence(struct buf *out, const struct evidence *ev)
{
	pack_str(out, ev->source);
	pack_i64(out, ev->offset);
	pack_i64(out, ev->line);
}

struct evidence
spill_get_evidence(struct texts *paths, struct rd *r)
{
	struct evidence ev;

	ev.source = texts_keep(paths, unpack_str(r));
	ev.offset = unpack_i64(r);
	ev.line = unpack_i64(r);
	return ev;
}

static void
put_attempt(struct buf *out, const struct attempt *at)
{
	pack_i64(out, at->time);
	pack_u32(out, at->disposition);
	pack_u32(out, (uint32_t)at->reply);
	pack_str(out, at->dsn);
	pack_str(out, at->reason);
	pack_str(out, at->relay);
	spill_addr(out, at->has_relay_addr, at->relay_addr);
	spill_evidence(out, &at->evidence);
}

static struct attempt
get_attempt(struct texts *paths, struct rd *r)
{
	struct attempt at = {0};

	at.time = unpack_i64(r);
	at.disposition = rd_be32(r) % DISP_N;
	at.reply = (int)rd_be32(r);
	at.dsn = unpack_str(r);
	at.reason = unpack_str(r);
	at.relay = unpack_str(r);
	at.has_relay_addr = spill_get_addr(r, &at.relay_addr);
	at.evidence = spill_get_evidence(paths, r);
	return at;
}

void
spill_verdict(struct buf *out, const struct verdict *v)
{
	pack_u32(out, v->kind);
	pack_str(out, v->filter);
	pack_str(out, v->signature);
	pack_str(out, v->rule);
	buf_c(out, (char)(v->has_score | v->has_threshold << 1));
	buf_put(out, &v->score, sizeof(v->score));
	buf_put(out, &v->threshold, sizeof(v->threshold));
	spill_evidence(out, &v->evidence);
}

static void
get_double(struct rd *r, double *out)
{
	const uint8_t *p = rd_bytes(r, sizeof(*out));

	*out = 0;
	if (p != NULL)
		memcpy(out, p, sizeof(*out));
}

struct verdict
spill_get_verdict(struct texts *paths, struct rd *r)
{
	struct verdict v;
	uint8_t has;

	v.kind = rd_be32(r) % VERDICT_N;
	v.filter = unpack_str(r);
	v.signature = unpack_str(r);
	v.rule = unpack_str(r);
	has = rd_u8(r);
	v.has_score = has & 1;
	v.has_threshold = has >> 1 & 1;
	get_double(r, &v.score);
	get_double(r, &v.threshold);
	v.evidence = spill_get_evidence(paths, r);
	return v;
}

static void
put_flags(struct buf *out, const struct message *m)
{
	pack_u32(out, (uint32_t)(m->arrived | m->reinjected << 1 | m->child << 2 |
	                      m->refused << 3 | m->rows_dirty << 4));
}

static void
put_head(struct buf *out, const struct message *m)
{
	pack_str(out, m->host);
	pack_str(out, m->mta);
	pack_i64(out, m->first);
	pack_i64(out, m->received);
	pack_i64(out, m->last);
	put_flags(out, m);
	spill_addr(out, m->has_client, m->client);
	pack_u32(out, m->client_port);
	pack_str(out, m->client_name);
	pack_str(out, m->helo);
	pack_str(out, m->protocol);
	pack_str(out, m->auth_user);
	pack_i64(out, m->tls);
	pack_str(out, m->sender);
	pack_str(out, m->message_id);
	pack_str(out, m->subject);
	pack_str(out, m->parent_queue_id);
	pack_i64(out, m->size);
	pack_i64(out, m->nrcpt);
	pack_u32(out, m->told);
	pack_i64(out, (int64_t)m->stored_key);
	pack_i64(out, (int64_t)m->transaction);
	spill_evidence(out, &m->evidence);
	if (m->refused) {
		put_attempt(out, &m->refusal);
		pack_u32(out, m->refusal_stage);
	}
}

static struct message *
get_head(struct texts *paths, struct rd *r)
{
	struct str host = unpack_str(r), mta = unpack_str(r);
	struct message *m = message_new(host, mta, unpack_i64(r));
	struct event ev = event_of(EVENT_DETAIL);
	struct attempt at;
	uint32_t flags;

	m->received = unpack_i64(r);
	m->last = unpack_i64(r);
	flags = rd_be32(r);
	m->arrived = flags & 1;
	m->reinjected = flags >> 1 & 1;
	m->child = flags >> 2 & 1;
	m->rows_dirty = flags >> 4 & 1;
	m->has_client = spill_get_addr(r, &m->client);
	m->client_port = (uint16_t)rd_be32(r);
	ev.client_name = unpack_str(r);
	ev.helo = unpack_str(r);
	ev.protocol = unpack_str(r);
	ev.auth_user = unpack_str(r);
	m->tls = (int)unpack_i64(r);
	ev.sender = unpack_str(r);
	ev.message_id = unpack_str(r);
	ev.subject = unpack_str(r);
	m->parent_queue_id = arena_dup(&m->mem, unpack_str(r));
	m->size = unpack_i64(r);
	m->nrcpt = (int)unpack_i64(r);
	m->told = rd_be32(r) % DIR_N;
	m->stored_key = (uint64_t)unpack_i64(r);
	m->transaction = (uint64_t)unpack_i64(r);
	m->evidence = spill_get_evidence(paths, r);
	message_fill(m, &ev);
	if (flags >> 3 & 1) {
		at = get_attempt(paths, r);
		message_refuse(m, &at, rd_be32(r) % STAGE_N);
	}
	return m;
}

static uint32_t
queue_number(const struct message *m, const struct queue_entry *q)
{
	const struct queue_entry *at;
	uint32_t n = 0;

	for (at = m->queues; at != NULL && at != q; at = at->next)
		n++;
	return at ? n : PACK_ABSENT;
}

static struct queue_entry *
queue_at(const struct message *m, uint32_t n)
{
	struct queue_entry *q = m->queues;

	while (n-- > 0 && q != NULL)
		q = q->next;
	return q;
}

static void
put_hops(struct buf *out, const struct hop *h)
{
	for (; h != NULL; h = h->next) {
		buf_c(out, 1);
		pack_i64(out, (int64_t)h->key);
		pack_i64(out, h->time);
		buf_c(out, h->many);
	}
	buf_c(out, 0);
}

static void
get_hops(struct queue_entry *q, struct rd *r)
{
	struct hop *h;
	uint64_t key;

	while (rd_u8(r) == 1) {
		key = (uint64_t)unpack_i64(r);
		h = message_hop(q, key, unpack_i64(r));
		h->many = rd_u8(r) != 0;
	}
}

static void
put_queues(struct buf *out, const struct message *m)
{
	const struct queue_entry *q;

	for (q = m->queues; q != NULL; q = q->next) {
		buf_c(out, 1);
		pack_str(out, q->id);
		pack_str(out, q->instance);
		pack_str(out, q->host);
		pack_str(out, q->mta);
		buf_c(out, (char)(q->arrived | q->ended << 1));
		pack_i64(out, q->first);
		pack_i64(out, (int64_t)q->session);
		put_hops(out, q->hops);
	}
	buf_c(out, 0);
}

static void
get_queues(struct message *m, struct rd *r)
{
	struct queue_entry *q;
	struct str id, instance, host, mta;
	uint8_t flags;

	while (rd_u8(r) == 1) {
		id = unpack_str(r);
		instance = unpack_str(r);
		host = unpack_str(r);
		mta = unpack_str(r);
		flags = rd_u8(r);
		q = message_queue(m, id, instance, unpack_i64(r));
		if (!str_eq(q->host, host))
			q->host = arena_dup(&m->mem, host);
		if (!str_eq(q->mta, mta))
			q->mta = arena_dup(&m->mem, mta);
		q->arrived = flags & 1;
		q->ended = flags >> 1 & 1;
		q->session = (uint64_t)unpack_i64(r);
		get_hops(q, r);
	}
}

static void
put_recipients(struct buf *out, const struct message *m)
{
	const struct recipient *r;
	const struct attempt *at;

	for (r = m->recipients; r != NULL; r = r->next) {
		buf_c(out, 1);
		pack_u32(out, r->queue ? queue_number(m, r->queue) : PACK_ABSENT);
		pack_str(out, r->addr);
		pack_str(out, r->orig);
		pack_str(out, r->handed_to);
		pack_u32(out, r->stage);
		buf_c(out, r->hint);
		put_attempt(out, &r->outcome);
		for (at = r->attempts; at != NULL; at = at->next) {
			buf_c(out, 1);
			put_attempt(out, at);
		}
		buf_c(out, 0);
	}
	buf_c(out, 0);
}

/* As it was: what would become of it if its lines came now is not asked. */
static void
get_recipient(struct texts *paths, struct message *m, struct rd *r)
{
	uint32_t n = rd_be32(r);
	struct queue_entry *q = n == PACK_ABSENT ? NULL : queue_at(m, n);
	struct str addr = unpack_str(r), orig = unpack_str(r);
	struct recipient *rc = message_row(m, q, addr, orig);
	struct attempt at, **end = &rc->attempts;

	rc->handed_to = arena_dup(&m->mem, unpack_str(r));
	rc->stage = rd_be32(r) % STAGE_N;
	rc->hint = rd_u8(r) != 0;
	at = get_attempt(paths, r);
	rc->outcome = message_keep(m, &at);
	for (; rd_u8(r) == 1; end = &(*end)->next) {
		at = get_attempt(paths, r);
		*end = arena_alloc(&m->mem, sizeof(at));
		**end = message_keep(m, &at);
	}
}

static void
put_verdicts(struct buf *out, const struct message *m)
{
	const struct message_verdict *v;

	for (v = m->verdicts; v != NULL; v = v->next) {
		buf_c(out, 1);
		pack_i64(out, v->time);
		spill_verdict(out, &v->v);
	}
	buf_c(out, 0);
}

void
spill_message(struct buf *out, const struct message *m)
{
	pack_u32(out, FORMAT);
	put_head(out, m);
	put_queues(out, m);
	put_recipients(out, m);
	put_verdicts(out, m);
}

struct message *
spill_message_read(struct texts *paths, struct str bytes)
{
	struct rd r = rd_of(bytes.p, bytes.n);
	struct message *m;
	struct verdict v;
	bool rows_dirty;
	int64_t t;

	if (rd_be32(&r) != FORMAT)
		return NULL;
	m = get_head(paths, &r);
	rows_dirty = m->rows_dirty;
	get_queues(m, &r);
	while (rd_u8(&r) == 1)
		get_recipient(paths, m, &r);
	while (rd_u8(&r) == 1) {
		t = unpack_i64(&r);
		v = spill_get_verdict(paths, &r);
		message_add_verdict(m, &v, t);
	}
	if (r.bad) {
		message_free(m);
		return NULL;
	}
	m->dirty = false;
	m->rows_dirty = rows_dirty;
	return m;
}

void
spill_pending(struct buf *out, const struct pending *p)
{
	pack_u32(out, FORMAT);
	pack_str(out, p->host);
	pack_str(out, p->mta);
	pack_str(out, p->queue_id);
	pack_str(out, p->message_id);
	pack_i64(out, p->time);
	pack_i64(out, p->size);
	pack_u8(out, p->tried);
	spill_addr(out, p->has_client, p->client);
	spill_verdict(out, &p->v);
}

struct pending *
spill_pending_read(struct texts *paths, struct str bytes)
{
	struct rd r = rd_of(bytes.p, bytes.n);
	struct event ev = event_of(EVENT_NOTICE);
	struct str host, mta;
	struct pending *p;
	struct verdict v;
	bool tried;
	int64_t t;

	if (rd_be32(&r) != FORMAT)
		return NULL;
	host = unpack_str(&r);
	mta = unpack_str(&r);
	ev.queue_id = unpack_str(&r);
	ev.message_id = unpack_str(&r);
	t = unpack_i64(&r);
	ev.size = unpack_i64(&r);
	tried = rd_u8(&r) != 0;
	ev.has_client = spill_get_addr(&r, &ev.client);
	v = spill_get_verdict(paths, &r);
	if (r.bad)
		return NULL;
	p = pending_of(host, mta, &ev, &v, t);
	p->tried = tried;
	return p;
}
