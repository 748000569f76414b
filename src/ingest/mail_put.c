/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/mail_put.h"

#include <stdlib.h>

#include "ingest/mail_hop.h"
#include "ingest/mail_read.h"
#include "ingest/mail_rows.h"
#include "ingest/message_join.h"

/* Rows under another key, from when less of m was known; verdicts may have
 * come to them since. */
static int
drop_stored(
    struct mail_store *t, struct message *m, uint64_t key, struct err *e)
{
	struct message *old = NULL;
	int64_t id;
	int rc = mail_rows_id_of_key(t->store, key, m->received, &id, e);

	if (rc < 0 || id == 0 || (rc = mail_read(t, id, &old, e)) < 0)
		return rc;
	if (old != NULL)
		join_verdicts(m, old);
	message_free(old);
	return mail_rows_delete(t, id, e);
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

/* It is in the store already; *id is its row. */
static int
put_again(struct mail_store *t, struct message *m, int64_t *id,
    int64_t *records, struct err *e)
{
	int rc = take_stored(t, m, id, e);

	return rc < 0 ? rc : mail_rows_put(t, m, id, records, e);
}

int
mail_put(
    struct mail_store *t, struct message *m, int64_t *records, struct err *e)
{
	int64_t id = 0, parent;
	int rc = drop_former(t, m, e);

	if (rc < 0 || (rc = mail_hop_parent(t, m, &parent, e)) < 0)
		return rc;
	if (parent != 0)
		return mail_hop_join(t, m, parent, records, e);
	if (m->stored_key != message_key(m)) /* it is probably new */
		rc = mail_rows_put(t, m, &id, records, e);
	if (rc >= 0 && id == 0)
		rc = put_again(t, m, &id, records, e);
	if (rc >= 0)
		rc = mail_hop_put(t, m, id, records, e);
	return rc < 0 ? rc : is_put(t, m, e);
}

/* --- many at once */

struct batch {
	struct message *m[MAIL_ROWS_MANY];
	struct mail_row row[MAIL_ROWS_MANY];
	size_t n, given;
};

/* Nothing in the store is to be asked or changed for its sake, as it seems. */
static bool
is_simple(const struct mail_store *t, const struct message *m)
{
	const struct message *part;

	for (part = m; part != NULL; part = part->absorbed)
		if (part->stored_key != 0)
			return false;
	return !mail_hop_has(t, m);
}

static int
make_rows(struct mail_store *t, struct batch *b, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; rc >= 0 && i < b->n; i++)
		rc = mail_sums_meet(t->sums, b->m[i]->received, e);
	return rc < 0 ? rc : mail_rows_make(t->store, b->m, b->n, b->row, e);
}

static int
give_row(void *arg, const struct value **row, size_t *n, struct err *e)
{
	struct batch *b = arg;

	(void)e;
	if (b->given == b->n)
		return 0;
	*row = b->row[b->given++].v;
	*n = MAIL_ROW;
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
			    t, b->m[i], id, &b->row[i].sum, records, e);
			next++;
			left--;
		} else if (rc >= 0) {
			rc = put_again(t, b->m[i], &id, records, e);
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
			if (b->n == MAIL_ROWS_MANY)
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
