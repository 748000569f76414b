/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/record.h"

#include <math.h>

#include "base/json_out.h"
#include "base/utc.h"

const struct recipient record_none;

const struct recipient *
record_next(const struct message *m, const struct recipient *r)
{
	const struct recipient *next = r ? r->next : m->recipients;

	while (next != NULL && !message_shows(m, next))
		next = next->next;
	if (r == NULL && next == NULL)
		return &record_none;
	return next;
}

int64_t
record_time(const struct message *m, const struct recipient *r)
{
	if (r->outcome.disposition != DISP_NONE)
		return r->outcome.time;
	return m->refused ? m->refusal.time : m->received;
}

struct evidence
record_evidence(const struct message *m, const struct recipient *r)
{
	if (str_has(r->outcome.evidence.source))
		return r->outcome.evidence;
	return m->refused ? m->refusal.evidence : m->evidence;
}

struct str
record_final_queue_id(const struct message *m, const struct recipient *r)
{
	if (r->queue == NULL || r->queue == m->queues ||
	    str_eq(r->queue->id, m->queues->id))
		return STR_NONE;
	return r->queue->id;
}

/* Behind a content filter the server does not know what an address was
 * before its alias was expanded; the hand-over to the filter did tell. */
struct str
record_orig_recipient(const struct message *m, const struct recipient *r)
{
	const struct recipient *o;

	if (str_has(r->orig) || r->queue == NULL || r->queue == m->queues)
		return r->orig;
	for (o = m->recipients; o != NULL; o = o->next)
		if (str_has(o->handed_to) && str_has(o->orig) &&
		    o->queue != r->queue && str_eq(o->addr, r->addr))
			return o->orig;
	return r->orig;
}

/* A record is written to where there is room for all of it: `at` is where the
 * next byte goes.  Each member but the first is behind another one, and its
 * name is known when this is compiled: nothing is left to find out
 * (base/json_out.h asks all three). */
#define NAME(at, name)                                                         \
	(memcpy(at, ",\"" name "\":", sizeof(",\"" name "\":") - 1),             \
	    (at) + sizeof(",\"" name "\":") - 1)
#define TEXT(at, name, s)                                                      \
	(str_has(s) ? json_quote_at(NAME(at, name), s) : (at))
#define NUMBER(at, name, v) i64_at(NAME(at, name), v)
/* One of a table's words, which need no escaping; NULL is left out. */
#define WORD(at, name, z)                                                      \
	((z) != NULL ? put_plain(NAME(at, name), str_z(z)) : (at))

/* Of all but the texts: names, numbers, addresses, words of tables. */
#define FIXED_MAX 2048

static char *
put_plain(char *at, struct str s)
{
	*at++ = '"';
	memcpy(at, s.p, s.n);
	at += s.n;
	*at++ = '"';
	return at;
}

/* As the store's views print it: 16 hex digits. */
static char *
put_key(char *at, const struct message *m)
{
	uint64_t key = message_key(m);

	*at++ = '"';
	for (int shift = 60; shift >= 0; shift -= 4)
		*at++ = "0123456789abcdef"[key >> shift & 15];
	*at++ = '"';
	return at;
}

static char *
put_time(char *at, int64_t t)
{
	*at++ = '"';
	at += utc_format(t, at);
	*at++ = '"';
	return at;
}

static char *
put_bool(char *at, bool yes)
{
	memcpy(at, yes ? "true " : "false", 5);
	return at + (yes ? 4 : 5);
}

static char *
put_client(char *at, const struct message *m)
{
	if (m->has_client) {
		at = NAME(at, "client_addr");
		*at++ = '"';
		at += addr_format(m->client, at);
		*at++ = '"';
	}
	if (m->client_port != 0)
		at = NUMBER(at, "client_port", m->client_port);
	at = TEXT(at, "client_name", m->client_name);
	at = TEXT(at, "helo", m->helo);
	at = TEXT(at, "protocol", m->protocol);
	if (m->tls >= 0)
		at = put_bool(NAME(at, "tls"), m->tls > 0);
	return TEXT(at, "auth_user", m->auth_user);
}

static char *
put_outcome(char *at, const struct message *m, const struct recipient *r)
{
	const struct attempt *o = &r->outcome;
	enum stage stage = r->stage;

	if (o->disposition == DISP_NONE && m->refused) {
		o = &m->refusal;
		stage = m->refusal_stage;
	}
	at = TEXT(at, "relay", o->relay);
	at = WORD(at, "disposition", disposition_name[o->disposition]);
	at = WORD(at, "stage", stage_name[stage]);
	if (o->reply != 0)
		at = NUMBER(at, "reply", o->reply);
	at = TEXT(at, "dsn", o->dsn);
	return TEXT(at, "reason", o->reason);
}

/* A number that a rule read: seldom.  At most 40 bytes (json_number). */
static char *
put_number(char *at, double v)
{
	struct buf text = {0};

	if (isfinite(v))
		json_number(&text, v);
	else
		buf_s(&text, STR("null"));
	memcpy(at, text.p, text.n);
	at += text.n;
	buf_free(&text);
	return at;
}

static char *
put_verdict(char *at, const struct message_verdict *w)
{
	if (w == NULL)
		return at;
	at = WORD(at, "verdict", verdict_name[w->v.kind]);
	at = TEXT(at, "filter", w->v.filter);
	if (w->v.has_score)
		at = put_number(NAME(at, "score"), w->v.score);
	if (w->v.has_threshold)
		at = put_number(NAME(at, "threshold"), w->v.threshold);
	at = TEXT(at, "signature", w->v.signature);
	return TEXT(at, "rule", w->v.rule);
}

static char *
put_queue(char *at, const struct message *m, const struct recipient *r)
{
	struct str final;

	if (m->host.n > 0)
		at = TEXT(at, "host", m->host);
	at = TEXT(at, "mta", m->mta);
	if (m->queues == NULL)
		return at;
	final = record_final_queue_id(m, r);
	at = TEXT(at, "instance", m->queues->instance);
	at = TEXT(at, "queue_id", m->queues->id);
	return TEXT(at, "final_queue_id", final);
}

static char *
put_evidence(char *at, const struct evidence *ev)
{
	if (!str_has(ev->source))
		return at;
	at = TEXT(at, "source", ev->source);
	at = NUMBER(at, "offset", ev->offset);
	return NUMBER(at, "line", ev->line);
}

/* Room that the record cannot need more of. */
static size_t
record_room(const struct message *m, const struct recipient *r,
    struct str orig, const struct message_verdict *w, const struct evidence *ev)
{
	const struct queue_entry *q = m->queues;
	size_t n = m->host.n + m->mta.n + m->client_name.n + m->helo.n +
	           m->protocol.n + m->auth_user.n + m->sender.n +
	           m->message_id.n + m->subject.n + m->refusal.relay.n +
	           m->refusal.dsn.n + m->refusal.reason.n + r->addr.n +
	           r->outcome.relay.n + r->outcome.dsn.n +
	           r->outcome.reason.n + orig.n + ev->source.n;

	if (q != NULL)
		n += q->instance.n + q->id.n;
	if (r->queue != NULL)
		n += r->queue->id.n;
	if (w != NULL)
		n += w->v.filter.n + w->v.signature.n + w->v.rule.n;
	return FIXED_MAX + JSON_QUOTED_MAX(n);
}

void
record_json(struct buf *out, const struct message *m, const struct recipient *r)
{
	const struct message_verdict *w = message_worst(m);
	struct evidence ev = record_evidence(m, r);
	struct str orig = record_orig_recipient(m, r);
	char *at;

	buf_room(out, record_room(m, r, orig, w, &ev));
	at = out->p + out->n;
	memcpy(at, "{\"message_key\":", 15);
	at = put_key(at + 15, m);
	at = put_time(NAME(at, "received"), m->received);
	at = put_time(NAME(at, "time"), record_time(m, r));
	at = put_queue(at, m, r);
	at = put_client(at, m);
	at = TEXT(at, "sender", m->sender);
	at = TEXT(at, "recipient", r->addr);
	at = TEXT(at, "orig_recipient", orig);
	if (m->size >= 0)
		at = NUMBER(at, "size", m->size);
	at = TEXT(at, "message_id", m->message_id);
	at = TEXT(at, "subject", m->subject);
	at = put_outcome(at, m, r);
	at = put_verdict(at, w);
	at = WORD(at, "direction", direction_name[m->direction]);
	at = put_evidence(at, &ev);
	memcpy(at, "}\n", 2);
	out->n = (size_t)(at + 2 - out->p);
}
