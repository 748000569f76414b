/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/mail_hop.h"

#include "ingest/mail_read.h"
#include "ingest/mail_rows.h"
#include "ingest/message_join.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

bool
mail_hop_is(const struct assembler *a, const struct recipient *r)
{
	return str_has(r->handed_to) &&
	       assembler_is_own(
	           a, r->outcome.has_relay_addr, r->outcome.relay_addr);
}

/* Was it handed to another of our servers? */
static bool
goes_on(const struct mail_store *t, const struct message *m)
{
	const struct recipient *r;

	for (r = m->recipients; r != NULL; r = r->next)
		if (mail_hop_is(t->assembler, r))
			return true;
	return false;
}

bool
mail_hop_has(const struct mail_store *t, const struct message *m)
{
	return assembler_is_own(t->assembler, m->has_client, m->client) ||
	       goes_on(t, m);
}

static int
put_hops(
    struct mail_store *t, const struct message *m, int64_t id, struct err *e)
{
	const struct recipient *r;
	int rc = 0;

	for (r = m->recipients; rc >= 0 && r != NULL; r = r->next) {
		if (!mail_hop_is(t->assembler, r) || !str_has(r->addr))
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

int
mail_hop_parent(
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

	rc = store_start(t->store, "hop_parents", v, LEN(v), &st, e);
	return rc < 0 ? rc : only_id(st, id, e);
}

/* The stored message `id` takes in `next`, which is stored, too, as next_id
 * if that is not 0. */
static int
join_stored(struct mail_store *t, int64_t id, const struct message *next,
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

/* The stored message that r of message `id` was handed to the next as. */
static int
hop_child(struct mail_store *t, const struct recipient *r, int64_t id,
    int64_t *child, struct err *e)
{
	struct value v[] = {value_str(r->handed_to),
	    value_time(r->outcome.time), value_int(id)};
	struct message *c = NULL;
	struct stmt *st;
	int rc = store_start(t->store, "hop_children", v, LEN(v), &st, e);

	if (rc < 0 || (rc = only_id(st, child, e)) < 0 || *child == 0)
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
		if (!mail_hop_is(t->assembler, r) || has_queue(m, r->handed_to))
			continue;
		rc = hop_child(t, r, id, &child, e);
		if (rc < 0 || child == 0)
			continue;
		rc = mail_read(t, child, &c, e);
		if (rc >= 0 && c != NULL)
			rc = join_stored(t, id, c, child, records, e);
		message_free(c);
	}
	return rc;
}

int
mail_hop_join(struct mail_store *t, struct message *m, int64_t parent,
    int64_t *records, struct err *e)
{
	int64_t id;
	int rc = mail_rows_id(t->store, m, &id, e);

	if (rc >= 0)
		rc = join_stored(t, parent, m, id, records, e);
	if (rc >= 0)
		rc = take_children(t, m, parent, records, e);
	m->stored_key = 0;
	m->rows_dirty = false;
	return rc;
}

int
mail_hop_put(struct mail_store *t, const struct message *m, int64_t id,
    int64_t *records, struct err *e)
{
	int rc;

	if (!goes_on(t, m))
		return 0;
	rc = put_hops(t, m, id, e);
	return rc < 0 ? rc : take_children(t, m, id, records, e);
}
