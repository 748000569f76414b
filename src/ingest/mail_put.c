/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/mail_put.h"

#include <stdlib.h>

#include "ingest/mail_read.h"
#include "ingest/message_join.h"
#include "ingest/record.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

/* --- writing */

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

/* The message's own row, but for its id: as message_put has it. */
#define MESSAGE_ROW 25
static int
message_row(struct store *s, const struct message *m,
    const int64_t name[OFTEN], struct value *out, struct sum_mail *sum,
    struct err *e)
{
	const struct queue_entry *q = m->queues;
	int rc = 0;
	const struct value host =
	    name_value(s, m->host.n ? m->host : STR_NONE, &rc, e);
	const struct value client =
	    addr_value(s, m->has_client, m->client, &rc, e);
	const struct value row[MESSAGE_ROW - WORST_ROW] = {
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

	memcpy(out, row, sizeof(row));
	if (rc >= 0)
		rc = worst_row(s, m, out + LEN(row), e);
	*sum = (struct sum_mail){.client = client.i,
	    .auth_user = name[AUTH_USER],
	    .host = host.i,
	    .received = m->received,
	    .sender = name[SENDER],
	    .helo = name[HELO],
	    .null_sender = str_has(m->sender) && m->sender.n == 0,
	    .verdicts = verdict_bits(m)};
	return rc;
}

/* The message's own row: of that id, or a new one if *id is 0, which it stays
 * if there is one already. */
static int
put_message(struct store *s, const struct message *m, int64_t *id,
    struct sum_mail *sum, struct err *e)
{
	struct value row[MESSAGE_ROW + 1];
	struct str text[OFTEN];
	int64_t name[OFTEN];
	int rc;

	names_of(m, text);
	rc = store_names(s, text, OFTEN, name, e);
	if (rc >= 0)
		rc = message_row(s, m, name, row, sum, e);
	row[MESSAGE_ROW] = value_int(*id);
	if (rc >= 0)
		rc = *id ? store_run(s, "message_update", row, LEN(row), e)
		         : store_run(s, "message_put", row, MESSAGE_ROW, e);
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
    const struct recipient *r, int64_t id, int n, struct err *e)
{
	struct store *s = t->store;
	const struct attempt *o = &r->outcome;
	struct evidence ev = record_evidence(m, r);
	const struct attempt *sole = sole_attempt(r, ev);
	const struct str orig = record_orig_recipient(m, r);
	enum stage stage = r->stage;
	int rc = put_mailboxes(t, m, id, r->addr, orig, e);

	if (o->disposition == DISP_NONE && m->refused) {
		o = &m->refusal;
		stage = m->refusal_stage;
	}
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
	    opt_int(1, sole != NULL)};

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

/* The row of this message, 0 for none. */
static int
id_of(struct store *s, const struct message *m, int64_t *id, struct err *e)
{
	struct value v[] = {
	    value_int((int64_t)message_key(m)), value_time(m->received)};

	*id = 0;
	return store_number(s, "message_id_of_key", v, LEN(v), id, e);
}

/* The row under a key of which it is not known any more when it was received:
 * slower. */
static int
id_of_old_key(struct store *s, uint64_t key, int64_t *id, struct err *e)
{
	const struct value v = value_int((int64_t)key);

	*id = 0;
	return store_number(s, "message_id_of_old_key", &v, 1, id, e);
}

static int
delete_message(struct mail_store *t, int64_t id, struct err *e)
{
	struct value v = value_int(id);
	int rc = mail_sums_mark(t->sums, id, e);

	if (rc >= 0)
		rc = delete_rows(t, id, e);
	if (rc >= 0)
		rc = store_run(t->store, "hops_delete", &v, 1, e);
	return rc < 0 ? rc : store_run(t->store, "message_delete", &v, 1, e);
}

/* Rows under another key, from when less of m was known; verdicts may have
 * come to them since. */
static int
drop_stored(
    struct mail_store *t, struct message *m, uint64_t key, struct err *e)
{
	struct message *old = NULL;
	int64_t id;
	int rc = id_of_old_key(t->store, key, &id, e);

	if (rc < 0 || id == 0 || (rc = mail_read(t, id, &old, e)) < 0)
		return rc;
	if (old != NULL)
		join_verdicts(m, old);
	message_free(old);
	return delete_message(t, id, e);
}

/* Its recipients, their attempts, and verdicts. */
static int
put_parts(struct mail_store *t, const struct message *m, int64_t id,
    int64_t *records, struct err *e)
{
	const struct recipient *r;
	int rc = 0, n = 0;

	for (r = record_next(m, NULL); rc >= 0 && r != NULL;
	     r = record_next(m, r)) {
		rc = put_recipient(t, m, r, id, ++n, e);
		++*records;
		if (r == &record_none)
			break;
	}
	return rc < 0 ? rc : put_verdicts(t, m, id, e);
}

/* All that belongs to its row, which is new. */
static int
put_new_parts(struct mail_store *t, const struct message *m, int64_t id,
    const struct sum_mail *sum, int64_t *records, struct err *e)
{
	int rc = put_mailboxes(t, m, id, m->sender, m->auth_user, e);

	if (rc >= 0)
		rc = put_parts(t, m, id, records, e);
	part_rows_sum(t->parts, id, str_has(m->parent_queue_id), sum);
	return rc;
}

/* Writes the rows of the message of that id anew, or of a new one if *id is 0,
 * which it stays if there is one already. */
static int
put_rows(struct mail_store *t, const struct message *m, int64_t *id,
    int64_t *records, struct err *e)
{
	const bool is_new = *id == 0;
	struct sum_mail sum;
	int rc = 0;

	if (is_new)
		rc = mail_sums_meet(t->sums, m->received, e);
	else if ((rc = mail_sums_mark(t->sums, *id, e)) >= 0)
		rc = delete_rows(t, *id, e);
	if (rc >= 0)
		rc = put_message(t->store, m, id, &sum, e);
	if (rc < 0 || *id == 0)
		return rc;
	if (is_new)
		return put_new_parts(t, m, *id, &sum, records, e);
	rc = put_mailboxes(t, m, *id, m->sender, m->auth_user, e);
	if (rc >= 0)
		rc = put_parts(t, m, *id, records, e);
	return rc < 0 ? rc : mail_sums_mark(t->sums, *id, e);
}

/* --- hops between our servers whose logs are read in different calls */

static bool
is_own_hop(const struct assembler *a, const struct recipient *r)
{
	return str_has(r->handed_to) &&
	       assembler_is_own(
	           a, r->outcome.has_relay_addr, r->outcome.relay_addr);
}

static int
put_hops(
    struct mail_store *t, const struct message *m, int64_t id, struct err *e)
{
	const struct recipient *r;
	int rc = 0;

	for (r = m->recipients; rc >= 0 && r != NULL; r = r->next) {
		if (!is_own_hop(t->assembler, r) || !str_has(r->addr))
			continue;
		struct value row[] = {value_str(r->handed_to), value_int(id),
		    value_str(r->addr), value_time(r->outcome.time)};

		rc = store_run(t->store, "hop_put", row, LEN(row), e);
	}
	return rc;
}

/* The one id that the statement gives, or 0. */
static int
only_id(struct stmt *st, int64_t *id, struct err *e)
{
	int rc = stmt_next(st, e);

	*id = 0;
	if (rc <= 0)
		return rc;
	*id = stmt_value(st, 0).i;
	if ((rc = stmt_next(st, e)) > 0)
		*id = 0;
	stmt_reset(st);
	return rc < 0 ? rc : 0;
}

/* The stored message that was handed to us as m, or 0. */
static int
hop_parent(
    struct mail_store *t, const struct message *m, int64_t *id, struct err *e)
{
	struct stmt *st;
	int rc;

	*id = 0;
	if (m->queues == NULL || m->child ||
	    !assembler_is_own(t->assembler, m->has_client, m->client))
		return 0;
	struct value v[] = {value_str(m->queues->id), value_time(m->received),
	    value_str(m->host)};

	rc = store_prepare(t->store, "hop_parents", &st, e);
	if (rc < 0 || (rc = stmt_start(st, v, LEN(v), e)) < 0)
		return rc;
	return only_id(st, id, e);
}

/* The stored message `id` takes in `next`, which is stored, too, as next_id
 * if that is not 0. */
static int
store_absorb(struct mail_store *t, int64_t id, const struct message *next,
    int64_t next_id, int64_t *records, struct err *e)
{
	struct value move[] = {value_int(next_id), value_int(id)};
	struct message *m = NULL;
	int rc = mail_read(t, id, &m, e);

	if (rc < 0 || m == NULL)
		return rc;
	join_next(m, next);
	if (next_id != 0) {
		rc = store_run(t->store, "hops_move", move, 2, e);
		if (rc >= 0)
			rc = delete_message(t, next_id, e);
	}
	if (rc >= 0)
		rc = put_hops(t, next, id, e);
	if (rc >= 0)
		rc = put_rows(t, m, &id, records, e);
	message_free(m);
	return rc;
}

/* m is what `parent` was handed to us as: it has no rows of its own. */
static int
put_into_parent(struct mail_store *t, struct message *m, int64_t parent,
    int64_t *records, struct err *e)
{
	int64_t id;
	int rc = id_of(t->store, m, &id, e);

	if (rc >= 0)
		rc = store_absorb(t, parent, m, id, records, e);
	m->stored_key = 0;
	m->rows_dirty = false;
	return rc;
}

/* The stored message that r of message `id` was handed to the next as. */
static int
hop_child(struct mail_store *t, const struct recipient *r, int64_t id,
    int64_t *child, struct err *e)
{
	struct value v[] = {value_str(r->handed_to),
	    value_time(r->outcome.time), value_int(id)};
	struct message *c = NULL;
	struct stmt *st;
	int rc = store_prepare(t->store, "hop_children", &st, e);

	if (rc < 0 || (rc = stmt_start(st, v, LEN(v), e)) < 0 ||
	    (rc = only_id(st, child, e)) < 0 || *child == 0)
		return rc;
	rc = mail_read_head(t->store, *child, &c, e);
	if (rc >= 0 && (c == NULL || !assembler_is_own(t->assembler,
	                                 c->has_client, c->client)))
		*child = 0;
	message_free(c);
	return rc;
}

static bool
has_queue(const struct message *m, struct str id)
{
	const struct queue_entry *q;

	for (q = m->queues; q != NULL; q = q->next)
		if (str_eq(q->id, id))
			return true;
	return false;
}

/* Messages that other servers of ours logged of m in another call. */
static int
take_children(struct mail_store *t, const struct message *m, int64_t id,
    int64_t *records, struct err *e)
{
	const struct recipient *r;
	struct message *c;
	int64_t child;
	int rc = 0;

	for (r = m->recipients; rc >= 0 && r != NULL; r = r->next) {
		if (!is_own_hop(t->assembler, r) || has_queue(m, r->handed_to))
			continue;
		rc = hop_child(t, r, id, &child, e);
		if (rc < 0 || child == 0)
			continue;
		rc = mail_read(t, child, &c, e);
		if (rc >= 0 && c != NULL)
			rc = store_absorb(t, id, c, child, records, e);
		message_free(c);
	}
	return rc;
}

static int
put_hop_rows(struct mail_store *t, const struct message *m, int64_t *records,
    struct err *e)
{
	const struct recipient *r;
	int64_t id;
	int rc;

	for (r = m->recipients; r != NULL && !is_own_hop(t->assembler, r);)
		r = r->next;
	if (r == NULL)
		return 0;
	rc = id_of(t->store, m, &id, e);
	if (rc >= 0)
		rc = put_hops(t, m, id, e);
	return rc < 0 ? rc : take_children(t, m, id, records, e);
}

int
mail_store_has(struct store *s, const struct message *m, struct err *e)
{
	int64_t id;
	int rc = id_of(s, m, &id, e);

	return rc < 0 ? rc : id != 0;
}

int
mail_store_drop(struct mail_store *t, uint64_t key, struct err *e)
{
	int64_t id;
	int rc = id_of_old_key(t->store, key, &id, e);

	return rc < 0 || id == 0 ? rc : delete_message(t, id, e);
}

/* Rows that it had under another key, from when less of it was known. */
static int
drop_former(struct mail_store *t, struct message *m, struct err *e)
{
	struct message *part;
	int rc = 0;

	if (m->stored_key != 0 && m->stored_key != message_key(m))
		rc = drop_stored(t, m, m->stored_key, e);
	for (part = m->absorbed; rc >= 0 && part != NULL; part = part->absorbed)
		if (part->stored_key != 0) {
			rc = drop_stored(t, m, part->stored_key, e);
			part->stored_key = 0;
		}
	return rc;
}

/* Takes in what is stored of m; *id is its row. */
static int
take_stored(struct mail_store *t, struct message *m, int64_t *id, struct err *e)
{
	struct message *old = NULL;
	int rc = id_of(t->store, m, id, e);

	if (rc >= 0 && *id != 0)
		rc = mail_read(t, *id, &old, e);
	if (rc < 0 || old == NULL)
		return rc;
	if (m->stored_key != message_key(m))
		join_message(m, old);
	else
		join_hops(m, old);
	join_verdicts(m, old);
	message_free(old);
	return 0;
}

/* It is as the store has it now. */
static int
is_put(struct mail_store *t, struct message *m, struct err *e)
{
	m->stored_key = message_key(m);
	m->rows_dirty = false;
	return part_rows_full(t->parts) ? part_rows_flush(t->parts, e) : 0;
}

/* It is in the store already. */
static int
put_again(
    struct mail_store *t, struct message *m, int64_t *records, struct err *e)
{
	int64_t id;
	int rc = take_stored(t, m, &id, e);

	return rc < 0 ? rc : put_rows(t, m, &id, records, e);
}

int
mail_put(
    struct mail_store *t, struct message *m, int64_t *records, struct err *e)
{
	int64_t id = 0, parent;
	int rc = drop_former(t, m, e);

	if (rc < 0 || (rc = hop_parent(t, m, &parent, e)) < 0)
		return rc;
	if (parent != 0)
		return put_into_parent(t, m, parent, records, e);
	if (m->stored_key != message_key(m)) /* it is probably new */
		rc = put_rows(t, m, &id, records, e);
	if (rc >= 0 && id == 0)
		rc = put_again(t, m, records, e);
	if (rc >= 0)
		rc = put_hop_rows(t, m, records, e);
	return rc < 0 ? rc : is_put(t, m, e);
}

/* --- many at once */

#define BATCH 64 /* rows of more do not stay in the cache of level 2 */

struct batch {
	struct message *m[BATCH];
	struct value row[BATCH][MESSAGE_ROW];
	struct sum_mail sum[BATCH];
	size_t n, given;
};

/* Nothing in the store is to be asked or changed for its sake, as it seems. */
static bool
is_simple(const struct mail_store *t, const struct message *m)
{
	const struct message *part;
	const struct recipient *r;

	if (assembler_is_own(t->assembler, m->has_client, m->client))
		return false;
	for (part = m; part != NULL; part = part->absorbed)
		if (part->stored_key != 0)
			return false;
	for (r = m->recipients; r != NULL; r = r->next)
		if (is_own_hop(t->assembler, r))
			return false;
	return true;
}

static int
make_rows(struct mail_store *t, struct batch *b, struct err *e)
{
	struct str text[BATCH][OFTEN];
	int64_t name[BATCH][OFTEN];
	int rc;

	for (size_t i = 0; i < b->n; i++)
		names_of(b->m[i], text[i]);
	rc = store_names(t->store, text[0], b->n * OFTEN, name[0], e);
	for (size_t i = 0; rc >= 0 && i < b->n; i++) {
		rc = mail_sums_meet(t->sums, b->m[i]->received, e);
		if (rc >= 0)
			rc = message_row(t->store, b->m[i], name[i], b->row[i],
			    &b->sum[i], e);
	}
	return rc;
}

static int
give_row(void *arg, const struct value **row, size_t *n, struct err *e)
{
	struct batch *b = arg;

	(void)e;
	if (b->given == b->n)
		return 0;
	*row = b->row[b->given++];
	*n = MESSAGE_ROW;
	return 1;
}

/* next: the id of the first row that is new and not spoken for; there are `left`
 * of them, in the order of messages.  0: m has none. */
static int
new_id(struct store *s, const struct message *m, bool all_new, int64_t next,
    int64_t left, int64_t *id, struct err *e)
{
	int rc = 0;

	*id = next;
	if (!all_new && left > 0)
		rc = id_of(s, m, id, e);
	if (left == 0 || *id != next)
		*id = 0;
	return rc < 0 ? rc : 0;
}

static int
put_batch(
    struct mail_store *t, struct batch *b, int64_t *records, struct err *e)
{
	int64_t left, next, id;
	bool all_new;
	int rc;

	if (b->n == 0)
		return 0;
	b->given = 0;
	rc = make_rows(t, b, e);
	if (rc >= 0)
		rc = store_give(t->store, "messages_put", give_row, b, e);
	left = store_changes(t->store);
	next = store_last_id(t->store) - left + 1;
	all_new = left == (int64_t)b->n;
	for (size_t i = 0; rc >= 0 && i < b->n; i++) {
		rc = new_id(t->store, b->m[i], all_new, next, left, &id, e);
		if (rc >= 0 && id != 0) {
			rc = put_new_parts(
			    t, b->m[i], id, &b->sum[i], records, e);
			next++;
			left--;
		} else if (rc >= 0) {
			rc = put_again(t, b->m[i], records, e);
		}
		if (rc >= 0)
			rc = is_put(t, b->m[i], e);
	}
	b->n = 0;
	return rc;
}

int
mail_put_all(struct mail_store *t, struct message **m, size_t n,
    int64_t *records, struct err *e)
{
	struct batch *b = xmalloc(sizeof(*b));
	int rc = 0;

	b->n = 0;
	for (size_t i = 0; rc >= 0 && i < n; i++) {
		if (is_simple(t, m[i])) {
			b->m[b->n++] = m[i];
			if (b->n == BATCH)
				rc = put_batch(t, b, records, e);
			continue;
		}
		rc = put_batch(t, b, records, e);
		if (rc >= 0)
			rc = mail_put(t, m[i], records, e);
	}
	if (rc >= 0)
		rc = put_batch(t, b, records, e);
	free(b);
	return rc;
}

/* --- verdicts whose message is stored */

static int
find_message(struct store *s, const struct pending *p, int64_t *id,
    uint64_t *key, struct err *e)
{
	bool by_queue = str_has(p->queue_id);
	struct value v[] = {value_str(by_queue ? p->queue_id : p->message_id),
	    value_str(str_has(p->host) ? p->host : STR("")),
	    value_time(p->time),
	    p->has_client ? value_blob(p->client.b, sizeof(p->client.b))
	                  : value_null()};
	struct stmt *st;
	int rc = store_prepare(s,
	    by_queue ? "message_of_queue_id" : "messages_of_message_id", &st,
	    e);

	*id = 0;
	if (rc < 0 || (rc = stmt_start(st, v, by_queue ? 4 : 3, e)) < 0 ||
	    (rc = stmt_next(st, e)) <= 0)
		return rc;
	*id = stmt_value(st, 0).i;
	*key = (uint64_t)stmt_value(st, 1).i;
	if (!by_queue && (rc = stmt_next(st, e)) > 0)
		*id = 0; /* not unique: it tells nothing */
	stmt_reset(st);
	return rc < 0 ? rc : 0;
}

/* A second verdict of the same filter by Message-ID alone may be another
 * message's, one that is in no log. */
static int
has_verdict_of(struct store *s, int64_t id, struct str filter, struct err *e)
{
	struct value v[] = {value_int(id), value_str(filter)};
	struct stmt *st;
	int rc = store_prepare(s, "verdict_of_filter", &st, e);

	if (rc < 0 || (rc = stmt_start(st, v, 2, e)) < 0)
		return rc;
	rc = stmt_next(st, e);
	stmt_reset(st);
	return rc;
}

/* The stored message that the verdict is about, with its row and key; NULL:
 * there is none, or no telling. */
static int
message_of(struct mail_store *t, const struct pending *p, struct message **out,
    int64_t *id, uint64_t *key, struct err *e)
{
	const bool by_queue = str_has(p->queue_id);
	struct message *m;
	int rc = part_rows_flush(t->parts, e);

	*out = NULL;
	if (rc >= 0)
		rc = find_message(t->store, p, id, key, e);
	if (rc < 0 || *id == 0)
		return rc;
	if (!by_queue) {
		rc = has_verdict_of(t->store, *id, p->v.filter, e);
		if (rc != 0)
			return rc < 0 ? rc : 0;
	}
	rc = mail_read(t, *id, &m, e);
	if (rc < 0 || m == NULL)
		return rc;
	if (!pending_fits(
	        assembler_pending(t->assembler), m, p->has_client, p->client) ||
	    (!by_queue && !pending_read_then(p, m))) {
		message_free(m);
		return 0;
	}
	*out = m;
	return 0;
}

/* Writes what filters say of the message of that row anew. */
static int
put_verdicts_again(
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
mail_store_link(struct mail_store *t, const struct pending *p,
    const struct map *open, struct err *e)
{
	struct message *m, *same;
	uint64_t key;
	int64_t id;
	int rc = message_of(t, p, &m, &id, &key, e);

	if (rc < 0 || m == NULL)
		return rc;
	message_add_verdict(m, &p->v, p->time);
	same = map_get(open, key);
	if (same != NULL)
		message_add_verdict(same, &p->v, p->time);
	rc = put_verdicts_again(t, m, id, e);
	message_free(m);
	return rc < 0 ? rc : 1;
}

int
mail_store_show(
    struct mail_store *t, const struct pending *p, int64_t *id, struct err *e)
{
	struct message *m;
	uint64_t key;
	int rc = message_of(t, p, &m, id, &key, e);

	if (rc < 0 || m == NULL || message_has_verdict(m, &p->v)) {
		*id = 0; /* what is there already could not be taken back */
	} else {
		message_add_verdict(m, &p->v, p->time);
		rc = put_verdicts_again(t, m, *id, e);
	}
	message_free(m);
	return rc;
}

int
mail_store_unshow(
    struct mail_store *t, const struct pending *p, int64_t id, struct err *e)
{
	struct message *m = NULL;
	int rc = part_rows_flush(t->parts, e);

	if (rc >= 0)
		rc = mail_read_head(t->store, id, &m, e);
	if (rc < 0 || m == NULL)
		return rc;
	rc = mail_read_verdicts(t, id, m, e);
	if (rc >= 0 && message_drop_verdict(m, &p->v, p->time))
		rc = put_verdicts_again(t, m, id, e);
	message_free(m);
	return rc;
}
