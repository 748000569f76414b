/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/mail_rows.h"

#include "ingest/record.h"
#include "model/outcome.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

/* A value of interned text; keeps the first error. */
static struct value
name_value(struct store *s, struct str text, int *rc, struct err *e)
{
	int64_t id = 0;

	if (*rc >= 0 && str_has(text))
		*rc = store_name(s, text, &id, e);
	return value_id(id);
}

static struct value
addr_value(struct store *s, bool has, struct addr a, int *rc, struct err *e)
{
	int64_t id = 0;

	if (*rc >= 0 && has)
		*rc = store_addr(s, a, &id, e);
	return value_id(id);
}

static struct value
opt_int(int64_t v, bool has)
{
	return has ? value_int(v) : value_null();
}

static unsigned
verdict_bits(const struct message *m)
{
	const struct message_verdict *v;
	unsigned bits = 0;

	for (v = m->verdicts; v != NULL; v = v->next)
		bits |= 1u << v->v.kind;
	return bits;
}

/* Names of which there are many: their ids are asked for many at a time. */
enum { HELO, AUTH_USER, SENDER, CLIENT_NAME, OFTEN };

static void
names_of(const struct message *m, struct str name[OFTEN])
{
	name[HELO] = m->helo;
	name[AUTH_USER] = m->auth_user;
	name[SENDER] = m->sender;
	name[CLIENT_NAME] = m->client_name;
}

/* The columns of its worst verdict. */
#define WORST_ROW 6
static int
worst_row(
    struct store *s, const struct message *m, struct value *out, struct err *e)
{
	const struct message_verdict *w = message_worst(m);
	const struct verdict none = {0}, *v = w ? &w->v : &none;
	int rc = 0;
	const struct value row[WORST_ROW] = {
	    opt_int(v->kind, w != NULL),
	    name_value(s, v->filter, &rc, e),
	    v->has_score ? value_real(v->score) : value_null(),
	    v->has_threshold ? value_real(v->threshold) : value_null(),
	    name_value(s, v->signature, &rc, e),
	    name_value(s, v->rule, &rc, e),
	};

	memcpy(out, row, sizeof(row));
	return rc;
}

static int
make_row(struct store *s, const struct message *m, const int64_t name[OFTEN],
    struct mail_row *out, struct err *e)
{
	const struct queue_entry *q = m->queues;
	int rc = 0;
	const struct value host =
	    name_value(s, m->host.n ? m->host : STR_NONE, &rc, e);
	const struct value client =
	    addr_value(s, m->has_client, m->client, &rc, e);
	const struct value row[MAIL_ROW - WORST_ROW] = {
	    value_int((int64_t)message_key(m)),
	    value_time(m->received),
	    host,
	    name_value(s, m->mta, &rc, e),
	    name_value(s, q ? q->instance : STR_NONE, &rc, e),
	    value_str(q ? q->id : STR_NONE),
	    client,
	    opt_int(m->client_port, m->client_port != 0),
	    value_id(name[CLIENT_NAME]),
	    value_id(name[HELO]),
	    name_value(s, m->protocol, &rc, e),
	    opt_int(m->tls, m->tls >= 0),
	    value_id(name[AUTH_USER]),
	    value_id(name[SENDER]),
	    opt_int(m->size, m->size >= 0),
	    value_str(m->message_id),
	    value_str(m->subject),
	    opt_int(m->direction, m->direction != DIR_NONE),
	    value_str(m->parent_queue_id),
	};

	memcpy(out->v, row, sizeof(row));
	if (rc >= 0)
		rc = worst_row(s, m, out->v + LEN(row), e);
	out->sum = (struct sum_mail){.client = client.i,
	    .auth_user = name[AUTH_USER],
	    .host = host.i,
	    .received = m->received,
	    .sender = name[SENDER],
	    .helo = name[HELO],
	    .null_sender = str_has(m->sender) && m->sender.n == 0,
	    .verdicts = verdict_bits(m)};
	return rc;
}

int
mail_rows_make(struct store *s, struct message *const *m, size_t n,
    struct mail_row *out, struct err *e)
{
	struct str text[MAIL_ROWS_MANY][OFTEN] = {0};
	int64_t name[MAIL_ROWS_MANY][OFTEN];
	int rc;

	for (size_t i = 0; i < n; i++)
		names_of(m[i], text[i]);
	rc = store_names(s, text[0], n * OFTEN, name[0], e);
	for (size_t i = 0; rc >= 0 && i < n; i++)
		rc = make_row(s, m[i], name[i], &out[i], e);
	return rc;
}

/* The message's own row: of that id, or a new one if *id is 0, which it stays
 * if there is one already. */
static int
put_message(struct store *s, struct message *m, int64_t *id,
    struct mail_row *row, struct err *e)
{
	int rc = mail_rows_make(s, &m, 1, row, e);

	row->v[MAIL_ROW] = value_int(*id);
	if (rc >= 0)
		rc = *id ? store_run(
		               s, "message_update", row->v, MAIL_ROW + 1, e)
		         : store_run(s, "message_put", row->v, MAIL_ROW, e);
	if (rc >= 0 && *id == 0 && store_changes(s) > 0)
		*id = store_last_id(s);
	return rc;
}

static int
put_attempts(struct mail_store *t, const struct recipient *r, int64_t id, int n,
    struct err *e)
{
	struct store *s = t->store;
	const struct attempt *a;
	int rc = 0, number = 0;

	for (a = r->attempts; rc >= 0 && a != NULL; a = a->next) {
		struct value row[] = {value_int(id), value_int(n),
		    value_int(++number), value_time(a->time),
		    name_value(s, a->relay, &rc, e),
		    addr_value(s, a->has_relay_addr, a->relay_addr, &rc, e),
		    value_int(a->disposition), opt_int(a->reply, a->reply != 0),
		    value_str(a->dsn), value_str(a->reason),
		    name_value(s, a->evidence.source, &rc, e),
		    value_int(a->evidence.offset), value_int(a->evidence.line)};

		if (rc >= 0 && a->disposition != DISP_NONE)
			part_rows_add(t->parts, PART_ATTEMPT, row, LEN(row));
	}
	return rc;
}

static bool
same_text(struct str a, struct str b)
{
	return str_has(a) == str_has(b) && str_eq(a, b);
}

static bool
same_evidence(struct evidence a, struct evidence b)
{
	return str_eq(a.source, b.source) && a.offset == b.offset &&
	       a.line == b.line;
}

/* The attempt, if there is but one, and the row of the outcome tells it all. */
static const struct attempt *
sole_attempt(const struct recipient *r, struct evidence row)
{
	const struct attempt *a = r->attempts, *o = &r->outcome;

	if (a == NULL || a->next != NULL || a->disposition == DISP_NONE ||
	    a->disposition != o->disposition || a->time != o->time ||
	    a->reply != o->reply || !same_text(a->dsn, o->dsn) ||
	    !same_text(a->reason, o->reason) ||
	    !same_text(a->relay, o->relay) ||
	    a->has_relay_addr != o->has_relay_addr ||
	    (a->has_relay_addr &&
	        addr_cmp(a->relay_addr, o->relay_addr) != 0) ||
	    !str_has(row.source) || !same_evidence(a->evidence, row))
		return NULL;
	return a;
}

/* Whom a search for a mailbox finds message id by. */
static int
put_mailboxes(struct mail_store *t, const struct message *m, int64_t id,
    struct str one, struct str other, struct err *e)
{
	int rc = mailbox_filters_add(t->filters, id, m->received, one, e);

	return rc < 0
	           ? rc
	           : mailbox_filters_add(t->filters, id, m->received, other, e);
}

static int
put_recipient(struct mail_store *t, const struct message *m,
    const struct recipient *r, int64_t id, int n, struct sum_mail *sum,
    struct err *e)
{
	struct store *s = t->store;
	const struct attempt *o = &r->outcome;
	struct evidence ev = record_evidence(m, r);
	const struct attempt *sole = sole_attempt(r, ev);
	const struct str orig = record_orig_recipient(m, r);
	enum stage stage = r->stage;
	unsigned bits;
	int rc = put_mailboxes(t, m, id, r->addr, orig, e);

	if (o->disposition == DISP_NONE && m->refused) {
		o = &m->refusal;
		stage = m->refusal_stage;
	}
	bits = outcome_bits(o->disposition, stage, o->dsn, o->reason);
	sum_mail_recipient(sum, bits);
	struct value row[] = {value_int(id), value_int(n), value_str(r->addr),
	    value_str(orig), value_str(record_final_queue_id(m, r)),
	    value_time(record_time(m, r)), name_value(s, o->relay, &rc, e),
	    opt_int(o->disposition, o->disposition != DISP_NONE),
	    opt_int(stage, stage != STAGE_NONE),
	    opt_int(o->reply, o->reply != 0), value_str(o->dsn),
	    value_str(o->reason), name_value(s, ev.source, &rc, e),
	    opt_int(ev.offset, str_has(ev.source)),
	    opt_int(ev.line, str_has(ev.source)),
	    addr_value(s, sole && sole->has_relay_addr, o->relay_addr, &rc, e),
	    opt_int(1, sole != NULL), value_int(bits)};

	if (rc >= 0)
		part_rows_add(t->parts, PART_RECIPIENT, row, LEN(row));
	return rc < 0 || sole ? rc : put_attempts(t, r, id, n, e);
}

static int
put_verdicts(
    struct mail_store *t, const struct message *m, int64_t id, struct err *e)
{
	struct store *s = t->store;
	const struct message_verdict *v;
	int rc = 0, n = 0;

	for (v = m->verdicts; rc >= 0 && v != NULL; v = v->next) {
		struct value row[] = {value_int(id), value_int(++n),
		    name_value(s, v->v.filter, &rc, e), value_int(v->v.kind),
		    v->v.has_score ? value_real(v->v.score) : value_null(),
		    v->v.has_threshold ? value_real(v->v.threshold)
		                       : value_null(),
		    name_value(s, v->v.signature, &rc, e),
		    name_value(s, v->v.rule, &rc, e), value_time(v->time),
		    name_value(s, v->v.evidence.source, &rc, e),
		    value_int(v->v.evidence.offset),
		    value_int(v->v.evidence.line)};

		if (rc >= 0)
			part_rows_add(t->parts, PART_VERDICT, row, LEN(row));
	}
	return rc;
}

/* Its mailboxes, recipients, which *sum counts, their attempts, and verdicts. */
static int
put_parts(struct mail_store *t, const struct message *m, int64_t id,
    struct sum_mail *sum, int64_t *records, struct err *e)
{
	const struct recipient *r;
	int rc = put_mailboxes(t, m, id, m->sender, m->auth_user, e), n = 0;

	for (r = record_next(m, NULL); rc >= 0 && r != NULL;
	     r = record_next(m, r)) {
		rc = put_recipient(t, m, r, id, ++n, sum, e);
		++*records;
		if (r == &record_none)
			break;
	}
	return rc < 0 ? rc : put_verdicts(t, m, id, e);
}

int
mail_rows_put_parts(struct mail_store *t, const struct message *m, int64_t id,
    struct sum_mail *sum, int64_t *records, struct err *e)
{
	int rc = put_parts(t, m, id, sum, records, e);

	return rc < 0 ? rc
	              : mail_sums_add(
	                    t->sums, str_has(m->parent_queue_id), sum, e);
}

static int
delete_rows(struct mail_store *t, int64_t id, struct err *e)
{
	struct store *s = t->store;
	struct value v = value_int(id);
	int rc = part_rows_flush(t->parts, e);

	if (rc >= 0)
		rc = store_run(s, "verdicts_delete", &v, 1, e);
	if (rc >= 0)
		rc = store_run(s, "attempts_delete", &v, 1, e);
	return rc < 0 ? rc : store_run(s, "recipients_delete", &v, 1, e);
}

int
mail_rows_delete(struct mail_store *t, int64_t id, struct err *e)
{
	struct value v = value_int(id);
	int rc = mail_sums_mark(t->sums, id, e);

	if (rc >= 0)
		rc = delete_rows(t, id, e);
	if (rc >= 0)
		rc = store_run(t->store, "hops_delete", &v, 1, e);
	return rc < 0 ? rc : store_run(t->store, "message_delete", &v, 1, e);
}

int
mail_rows_put(struct mail_store *t, struct message *m, int64_t *id,
    int64_t *records, struct err *e)
{
	const bool is_new = *id == 0;
	struct mail_row row;
	int rc = 0;

	if (is_new)
		rc = mail_sums_meet(t->sums, m->received, e);
	else if ((rc = mail_sums_mark(t->sums, *id, e)) >= 0)
		rc = delete_rows(t, *id, e);
	if (rc >= 0)
		rc = put_message(t->store, m, id, &row, e);
	if (rc < 0 || *id == 0)
		return rc;
	if (is_new)
		return mail_rows_put_parts(t, m, *id, &row.sum, records, e);
	rc = put_parts(t, m, *id, &row.sum, records, e);
	return rc < 0 ? rc : mail_sums_mark(t->sums, *id, e);
}

int
mail_rows_put_verdicts(
    struct mail_store *t, const struct message *m, int64_t id, struct err *e)
{
	const struct value v = value_int(id);
	struct value row[WORST_ROW + 1];
	int rc = mail_sums_mark(t->sums, id, e);

	if (rc >= 0)
		rc = part_rows_flush(t->parts, e);
	if (rc >= 0)
		rc = store_run(t->store, "verdicts_delete", &v, 1, e);
	if (rc >= 0)
		rc = worst_row(t->store, m, row, e);
	row[WORST_ROW] = v;
	if (rc >= 0)
		rc = store_run(
		    t->store, "message_worst_update", row, LEN(row), e);
	return rc < 0 ? rc : put_verdicts(t, m, id, e);
}

int
mail_rows_id(
    struct store *s, const struct message *m, int64_t *id, struct err *e)
{
	struct value v[] = {
	    value_int((int64_t)message_key(m)), value_time(m->received)};

	*id = 0;
	return store_number(s, "message_id_of_key", v, LEN(v), id, e);
}

int
mail_rows_id_of_key(
    struct store *s, uint64_t key, int64_t near, int64_t *id, struct err *e)
{
	const struct value v[] = {value_int((int64_t)key), value_time(near)};
	int rc;

	*id = 0;
	rc = store_number(s, "message_id_of_key_near", v, 2, id, e);
	if (rc >= 0 && *id == 0)
		rc = store_number(s, "message_id_of_old_key", v, 1, id, e);
	return rc;
}

int
mail_rows_drop(struct mail_store *t, uint64_t key, int64_t near, struct err *e)
{
	int64_t id;
	int rc = mail_rows_id_of_key(t->store, key, near, &id, e);

	return rc < 0 || id == 0 ? rc : mail_rows_delete(t, id, e);
}
