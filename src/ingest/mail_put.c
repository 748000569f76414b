/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/mail_put.h"

#include <stdlib.h>

#include "ingest/mail_read.h"
#include "ingest/mail_rows.h"
#include "ingest/message_join.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

/* Rows under another key, from when less of m was known; verdicts may have
 * come to them since. */
static int
drop_stored(
    struct mail_store *t, struct message *m, uint64_t key, struct err *e)
{
	struct message *old = NULL;
	int64_t id;
	int rc = mail_rows_id_of_key(t->store, key, &id, e);

	if (rc < 0 || id == 0 || (rc = mail_read(t, id, &old, e)) < 0)
		return rc;
	if (old != NULL)
		join_verdicts(m, old);
	message_free(old);
	return mail_rows_delete(t, id, e);
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
			rc = mail_rows_delete(t, next_id, e);
	}
	if (rc >= 0)
		rc = put_hops(t, next, id, e);
	if (rc >= 0)
		rc = mail_rows_put(t, m, &id, records, e);
	message_free(m);
	return rc;
}

/* m is what `parent` was handed to us as: it has no rows of its own. */
static int
put_into_parent(struct mail_store *t, struct message *m, int64_t parent,
    int64_t *records, struct err *e)
{
	int64_t id;
	int rc = mail_rows_id(t->store, m, &id, e);

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
	rc = mail_rows_id(t->store, m, &id, e);
	if (rc >= 0)
		rc = put_hops(t, m, id, e);
	return rc < 0 ? rc : take_children(t, m, id, records, e);
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
	int rc = mail_rows_id(t->store, m, id, e);

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

	return rc < 0 ? rc : mail_rows_put(t, m, &id, records, e);
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
		rc = mail_rows_put(t, m, &id, records, e);
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
		mail_rows_names(b->m[i], text[i]);
	rc = store_names(t->store, text[0], b->n * OFTEN, name[0], e);
	for (size_t i = 0; rc >= 0 && i < b->n; i++) {
		rc = mail_sums_meet(t->sums, b->m[i]->received, e);
		if (rc >= 0)
			rc = mail_rows_message(t->store, b->m[i], name[i],
			    b->row[i], &b->sum[i], e);
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
		rc = mail_rows_id(s, m, id, e);
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
			rc = mail_rows_put_parts(
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
	rc = mail_rows_put_verdicts(t, m, id, e);
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
		rc = mail_rows_put_verdicts(t, m, *id, e);
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
		rc = mail_rows_put_verdicts(t, m, id, e);
	message_free(m);
	return rc;
}
