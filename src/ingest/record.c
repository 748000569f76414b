/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/record.h"

#include "base/json_out.h"

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

/* As the store's views print it: 16 hex digits. */
static void
key_json(struct json *j, const struct message *m)
{
	uint64_t key = message_key(m);
	char text[16];

	for (size_t i = sizeof(text); i-- > 0; key >>= 4)
		text[i] = "0123456789abcdef"[key & 15];
	json_str(j, "message_key", str_of(text, sizeof(text)));
}

static void
json_name(struct json *j, const char *key, const char *name)
{
	if (name != NULL)
		json_str(j, key, str_z(name));
}

static void
client_json(struct json *j, const struct message *m)
{
	if (m->has_client)
		json_addr(j, "client_addr", m->client);
	if (m->client_port != 0)
		json_i64(j, "client_port", m->client_port);
	json_opt_str(j, "client_name", m->client_name);
	json_opt_str(j, "helo", m->helo);
	json_opt_str(j, "protocol", m->protocol);
	if (m->tls >= 0)
		json_bool(j, "tls", m->tls > 0);
	json_opt_str(j, "auth_user", m->auth_user);
}

static void
outcome_json(struct json *j, const struct message *m, const struct recipient *r)
{
	const struct attempt *o = &r->outcome;
	enum stage stage = r->stage;

	if (o->disposition == DISP_NONE && m->refused) {
		o = &m->refusal;
		stage = m->refusal_stage;
	}
	json_opt_str(j, "relay", o->relay);
	json_name(j, "disposition", disposition_name[o->disposition]);
	json_name(j, "stage", stage_name[stage]);
	if (o->reply != 0)
		json_i64(j, "reply", o->reply);
	json_opt_str(j, "dsn", o->dsn);
	json_opt_str(j, "reason", o->reason);
}

static void
verdict_json(struct json *j, const struct message *m)
{
	const struct message_verdict *w = message_worst(m);

	if (w == NULL)
		return;
	json_name(j, "verdict", verdict_name[w->v.kind]);
	json_opt_str(j, "filter", w->v.filter);
	if (w->v.has_score)
		json_real(j, "score", w->v.score);
	if (w->v.has_threshold)
		json_real(j, "threshold", w->v.threshold);
	json_opt_str(j, "signature", w->v.signature);
	json_opt_str(j, "rule", w->v.rule);
}

static void
queue_json(struct json *j, const struct message *m, const struct recipient *r)
{
	if (m->host.n > 0)
		json_str(j, "host", m->host);
	json_opt_str(j, "mta", m->mta);
	if (m->queues == NULL)
		return;
	json_opt_str(j, "instance", m->queues->instance);
	json_opt_str(j, "queue_id", m->queues->id);
	json_opt_str(j, "final_queue_id", record_final_queue_id(m, r));
}

static void
evidence_json(struct json *j, struct evidence ev)
{
	if (!str_has(ev.source))
		return;
	json_str(j, "source", ev.source);
	json_i64(j, "offset", ev.offset);
	json_i64(j, "line", ev.line);
}

void
record_json(struct buf *out, const struct message *m, const struct recipient *r)
{
	struct json j = json_to(out);

	json_open(&j, NULL, '{');
	key_json(&j, m);
	json_time(&j, "received", m->received);
	json_time(&j, "time", record_time(m, r));
	queue_json(&j, m, r);
	client_json(&j, m);
	json_opt_str(&j, "sender", m->sender);
	json_opt_str(&j, "recipient", r->addr);
	json_opt_str(&j, "orig_recipient", record_orig_recipient(m, r));
	if (m->size >= 0)
		json_i64(&j, "size", m->size);
	json_opt_str(&j, "message_id", m->message_id);
	json_opt_str(&j, "subject", m->subject);
	outcome_json(&j, m, r);
	verdict_json(&j, m);
	json_name(&j, "direction", direction_name[m->direction]);
	evidence_json(&j, record_evidence(m, r));
	json_close(&j, '}');
	buf_c(out, '\n');
}
