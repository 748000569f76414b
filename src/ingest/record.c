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

/* Each member but the first is behind another one, and its name is known when
 * this is compiled: nothing is left to find out (base/json_out.h asks both). */
#define NAME(out, name)                                                        \
	buf_put(out, ",\"" name "\":", sizeof(",\"" name "\":") - 1)
#define TEXT(out, name, s)                                                     \
	do {                                                                   \
		if (str_has(s)) {                                              \
			NAME(out, name);                                       \
			json_quote(out, s);                                    \
		}                                                              \
	} while (0)
#define NUMBER(out, name, v)                                                   \
	do {                                                                   \
		NAME(out, name);                                               \
		buf_i64(out, v);                                               \
	} while (0)
/* One of a table's words, which need no escaping; NULL is left out. */
#define WORD(out, name, z)                                                     \
	do {                                                                   \
		if ((z) != NULL) {                                             \
			NAME(out, name);                                       \
			put_plain(out, str_z(z));                              \
		}                                                              \
	} while (0)

static void
put_plain(struct buf *out, struct str s)
{
	buf_room(out, s.n + 2);
	out->p[out->n++] = '"';
	memcpy(out->p + out->n, s.p, s.n);
	out->n += s.n;
	out->p[out->n++] = '"';
}

/* As the store's views print it: 16 hex digits. */
static void
put_key(struct buf *out, const struct message *m)
{
	uint64_t key = message_key(m);
	char text[16];

	for (size_t i = sizeof(text); i-- > 0; key >>= 4)
		text[i] = "0123456789abcdef"[key & 15];
	put_plain(out, str_of(text, sizeof(text)));
}

static void
put_time(struct buf *out, int64_t t)
{
	char text[UTC_TEXT_MAX];

	put_plain(out, str_of(text, utc_format(t, text)));
}

static void
put_client(struct buf *out, const struct message *m)
{
	char text[ADDR_TEXT_MAX];

	if (m->has_client) {
		NAME(out, "client_addr");
		put_plain(out, str_of(text, addr_format(m->client, text)));
	}
	if (m->client_port != 0)
		NUMBER(out, "client_port", m->client_port);
	TEXT(out, "client_name", m->client_name);
	TEXT(out, "helo", m->helo);
	TEXT(out, "protocol", m->protocol);
	if (m->tls >= 0) {
		NAME(out, "tls");
		buf_s(out, m->tls > 0 ? STR("true") : STR("false"));
	}
	TEXT(out, "auth_user", m->auth_user);
}

static void
put_outcome(
    struct buf *out, const struct message *m, const struct recipient *r)
{
	const struct attempt *o = &r->outcome;
	enum stage stage = r->stage;

	if (o->disposition == DISP_NONE && m->refused) {
		o = &m->refusal;
		stage = m->refusal_stage;
	}
	TEXT(out, "relay", o->relay);
	WORD(out, "disposition", disposition_name[o->disposition]);
	WORD(out, "stage", stage_name[stage]);
	if (o->reply != 0)
		NUMBER(out, "reply", o->reply);
	TEXT(out, "dsn", o->dsn);
	TEXT(out, "reason", o->reason);
}

static void
put_number(struct buf *out, double v)
{
	if (isfinite(v))
		json_number(out, v);
	else
		buf_s(out, STR("null"));
}

static void
put_verdict(struct buf *out, const struct message *m)
{
	const struct message_verdict *w = message_worst(m);

	if (w == NULL)
		return;
	WORD(out, "verdict", verdict_name[w->v.kind]);
	TEXT(out, "filter", w->v.filter);
	if (w->v.has_score) {
		NAME(out, "score");
		put_number(out, w->v.score);
	}
	if (w->v.has_threshold) {
		NAME(out, "threshold");
		put_number(out, w->v.threshold);
	}
	TEXT(out, "signature", w->v.signature);
	TEXT(out, "rule", w->v.rule);
}

static void
put_queue(struct buf *out, const struct message *m, const struct recipient *r)
{
	struct str final;

	if (m->host.n > 0)
		TEXT(out, "host", m->host);
	TEXT(out, "mta", m->mta);
	if (m->queues == NULL)
		return;
	final = record_final_queue_id(m, r);
	TEXT(out, "instance", m->queues->instance);
	TEXT(out, "queue_id", m->queues->id);
	TEXT(out, "final_queue_id", final);
}

static void
put_evidence(struct buf *out, struct evidence ev)
{
	if (!str_has(ev.source))
		return;
	TEXT(out, "source", ev.source);
	NUMBER(out, "offset", ev.offset);
	NUMBER(out, "line", ev.line);
}

void
record_json(struct buf *out, const struct message *m, const struct recipient *r)
{
	struct str orig = record_orig_recipient(m, r);

	buf_s(out, STR("{\"message_key\":"));
	put_key(out, m);
	NAME(out, "received");
	put_time(out, m->received);
	NAME(out, "time");
	put_time(out, record_time(m, r));
	put_queue(out, m, r);
	put_client(out, m);
	TEXT(out, "sender", m->sender);
	TEXT(out, "recipient", r->addr);
	TEXT(out, "orig_recipient", orig);
	if (m->size >= 0)
		NUMBER(out, "size", m->size);
	TEXT(out, "message_id", m->message_id);
	TEXT(out, "subject", m->subject);
	put_outcome(out, m, r);
	put_verdict(out, m);
	WORD(out, "direction", direction_name[m->direction]);
	put_evidence(out, record_evidence(m, r));
	buf_s(out, STR("}\n"));
}
