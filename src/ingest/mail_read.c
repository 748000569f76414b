/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/mail_read.h"

#include "ingest/message_join.h"

static void
read_addr(struct value v, bool *has, struct addr *a)
{
	*has = v.type == VALUE_BLOB && v.s.n == sizeof(a->b);
	if (*has)
		memcpy(a->b, v.s.p, sizeof(a->b));
}

static int64_t
int_or(struct value v, int64_t otherwise)
{
	return v.type == VALUE_INT ? v.i : otherwise;
}

static struct evidence
read_evidence(struct texts *paths, const struct stmt *st, size_t at)
{
	struct evidence ev;

	ev.source = texts_keep(paths, stmt_value(st, at).s);
	ev.offset = int_or(stmt_value(st, at + 1), 0);
	ev.line = int_or(stmt_value(st, at + 2), 0);
	return ev;
}

/* The rows of message id. */
static int
rows_of(struct store *s, const char *name, int64_t id, struct stmt **st,
    struct err *e)
{
	const struct value v = value_int(id);

	return store_start(s, name, &v, 1, st, e);
}

int
mail_read_head(struct store *s, int64_t id, struct message **out, struct err *e)
{
	struct event ev = event_of(EVENT_DETAIL);
	struct message *m;
	struct stmt *st;
	int rc = rows_of(s, "message_get", id, &st, e);

	*out = NULL;
	if (rc < 0 || (rc = stmt_next(st, e)) <= 0)
		return rc;
	m = message_new(
	    stmt_value(st, 1).s, stmt_value(st, 2).s, stmt_value(st, 0).i);
	if (!str_has(m->host))
		m->host = STR("");
	if (str_has(stmt_value(st, 4).s))
		message_queue(
		    m, stmt_value(st, 4).s, stmt_value(st, 3).s, m->received);
	read_addr(stmt_value(st, 5), &ev.has_client, &ev.client);
	ev.client_port = (uint16_t)int_or(stmt_value(st, 6), 0);
	ev.client_name = stmt_value(st, 7).s;
	ev.helo = stmt_value(st, 8).s;
	ev.protocol = stmt_value(st, 9).s;
	ev.tls = (int)int_or(stmt_value(st, 10), -1);
	ev.auth_user = stmt_value(st, 11).s;
	ev.sender = stmt_value(st, 12).s;
	ev.size = int_or(stmt_value(st, 13), -1);
	ev.message_id = stmt_value(st, 14).s;
	ev.subject = stmt_value(st, 15).s;
	message_fill(m, &ev);
	m->direction = (enum direction)int_or(stmt_value(st, 16), DIR_NONE);
	m->parent_queue_id = arena_dup(&m->mem, stmt_value(st, 17).s);
	stmt_reset(st);
	*out = m;
	return 0;
}

/* Was r of a server behind the first handed to one of ours at that time, under an id
 * of which there is no row?  With one it would not be shown. */
static bool
went_on(const struct mail_store *t, const struct message *m,
    const struct recipient *r, struct str id, int64_t time)
{
	const struct attempt *at = r->attempts;
	const struct recipient *o;

	for (o = m->recipients; o != NULL; o = o->next)
		if (o->queue != NULL && str_eq(o->queue->id, id))
			return false;
	while (at != NULL && at->time != time)
		at = at->next;
	return at != NULL && r->outcome.time == time &&
	       assembler_is_own(
	           t->assembler, at->has_relay_addr, at->relay_addr);
}

/* Whom it handed to another of our servers. */
static int
get_hops(struct mail_store *t, int64_t id, struct message *m, struct err *e)
{
	struct recipient *r;
	struct stmt *st;
	int rc = rows_of(t->store, "hops_get", id, &st, e);

	while (rc >= 0 && (rc = stmt_next(st, e)) > 0)
		for (r = m->recipients; r != NULL; r = r->next)
			if (!str_has(r->handed_to) &&
			    str_eq(r->addr, stmt_value(st, 1).s) &&
			    (r->queue == m->queues ||
			        went_on(t, m, r, stmt_value(st, 0).s,
			            stmt_value(st, 2).i)))
				r->handed_to =
				    arena_dup(&m->mem, stmt_value(st, 0).s);
	return rc;
}

static int
get_recipients(
    struct mail_store *t, int64_t id, struct message *m, struct err *e)
{
	struct recipient *r;
	struct stmt *st;
	int rc = rows_of(t->store, "recipients_get", id, &st, e);

	while (rc >= 0 && (rc = stmt_next(st, e)) > 0) {
		r = message_row(m, join_queue(m, stmt_value(st, 3).s),
		    stmt_value(st, 1).s, stmt_value(st, 2).s);
		r->outcome.time = stmt_value(st, 4).i;
		r->outcome.relay = arena_dup(&m->mem, stmt_value(st, 5).s);
		r->outcome.disposition =
		    (enum disposition)int_or(stmt_value(st, 6), 0);
		r->stage = (enum stage)int_or(stmt_value(st, 7), 0);
		r->outcome.reply = (int)int_or(stmt_value(st, 8), 0);
		r->outcome.dsn = arena_dup(&m->mem, stmt_value(st, 9).s);
		r->outcome.reason = arena_dup(&m->mem, stmt_value(st, 10).s);
		r->outcome.evidence = read_evidence(&t->paths, st, 11);
	}
	return rc;
}

static int
get_attempts(struct mail_store *t, int64_t id, struct message *m, struct err *e)
{
	struct recipient *r;
	struct attempt at, outcome;
	struct stmt *st;
	int64_t n;
	int rc = rows_of(t->store, "attempts_get", id, &st, e);

	while (rc >= 0 && (rc = stmt_next(st, e)) > 0) {
		r = m->recipients;
		for (n = stmt_value(st, 0).i; n > 1 && r != NULL; n--)
			r = r->next;
		if (r == NULL)
			continue;
		at = (struct attempt){.time = stmt_value(st, 1).i};
		at.relay = stmt_value(st, 2).s;
		read_addr(
		    stmt_value(st, 3), &at.has_relay_addr, &at.relay_addr);
		at.disposition = (enum disposition)stmt_value(st, 4).i;
		at.reply = (int)int_or(stmt_value(st, 5), 0);
		at.dsn = stmt_value(st, 6).s;
		at.reason = stmt_value(st, 7).s;
		at.evidence = read_evidence(&t->paths, st, 8);
		outcome = r->outcome;
		message_attempt(m, r, &at);
		r->outcome = outcome;
	}
	return rc;
}

int
mail_read_verdicts(
    struct mail_store *t, int64_t id, struct message *m, struct err *e)
{
	struct verdict v;
	struct stmt *st;
	int rc = rows_of(t->store, "verdicts_get", id, &st, e);

	while (rc >= 0 && (rc = stmt_next(st, e)) > 0) {
		v = (struct verdict){.filter = stmt_value(st, 0).s};
		v.kind = (enum verdict_kind)stmt_value(st, 1).i;
		v.has_score = stmt_value(st, 2).type == VALUE_REAL;
		v.score = stmt_value(st, 2).r;
		v.has_threshold = stmt_value(st, 3).type == VALUE_REAL;
		v.threshold = stmt_value(st, 3).r;
		v.signature = stmt_value(st, 4).s;
		v.rule = stmt_value(st, 5).s;
		v.evidence = read_evidence(&t->paths, st, 7);
		message_add_verdict(m, &v, stmt_value(st, 6).i);
	}
	return rc;
}

int
mail_read(struct mail_store *t, int64_t id, struct message **out, struct err *e)
{
	int rc = part_rows_flush(t->parts, e);

	*out = NULL;
	if (rc >= 0)
		rc = mail_read_head(t->store, id, out, e);
	if (rc < 0 || *out == NULL)
		return rc;
	rc = get_recipients(t, id, *out, e);
	if (rc >= 0)
		rc = get_attempts(t, id, *out, e);
	if (rc >= 0)
		rc = mail_read_verdicts(t, id, *out, e);
	if (rc >= 0)
		rc = get_hops(t, id, *out, e);
	if (rc < 0) {
		message_free(*out);
		*out = NULL;
	}
	return rc;
}
