/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/pending_store.h"

#include "base/utc.h"
#include "ingest/mail_hop.h"
#include "ingest/mail_link.h"
#include "ingest/spill.h"

/* The verdict of the row (id, state) at hand. */
static int
read_row(struct store *s, struct texts *paths, const struct stmt *st,
    struct pending **out, struct err *e)
{
	*out = spill_pending_read(paths, stmt_value(st, 1).s);
	if (*out == NULL)
		return err_set(e, ERR_FAIL,
		    "%s: a waiting verdict cannot be read", store_path(s));
	(*out)->slot = stmt_value(st, 0).i;
	(*out)->dirty = false;
	return 0;
}

/* The first row that the statement gives, whose message may be `shown` (else NULL):
 * 1, 0 none.  The statement is over, so that the row may be changed. */
static int
first_row(struct mail_store *t, const char *name, const struct value *args,
    size_t n, struct texts *paths, struct pending **out, int64_t *shown,
    struct err *e)
{
	struct stmt *st;
	int rc = store_start(t->store, name, args, n, &st, e);

	if (rc < 0 || (rc = stmt_next(st, e)) <= 0)
		return rc;
	if (shown != NULL)
		*shown = stmt_value(st, 2).i;
	rc = read_row(t->store, paths, st, out, e);
	stmt_reset(st);
	return rc < 0 ? rc : 1;
}

int
pending_load(struct store *s, struct assembler *a, int64_t now, struct err *e)
{
	struct value v = value_time(now - PENDING_HOLD);
	struct pending *p;
	struct stmt *st;
	int rc = store_start(s, "pending_recent", &v, 1, &st, e);

	while (rc >= 0 && (rc = stmt_next(st, e)) > 0)
		if ((rc = read_row(s, assembler_paths(a), st, &p, e)) >= 0) {
			p->old = true;
			pending_put(assembler_pending(a), p);
		}
	return rc;
}

int
pending_drop_row(struct store *s, int64_t slot, struct err *e)
{
	struct value v = value_int(slot);

	return store_run(s, "pending_delete", &v, 1, e);
}

int
pending_save(struct store *s, struct pending *p, struct err *e)
{
	struct buf state = {0};
	struct value v[3];
	int rc;

	if (!p->dirty)
		return 0;
	spill_pending(&state, p);
	v[0] = p->slot ? value_int(p->slot) : value_time(p->time);
	v[1] = value_int((int64_t)p->key);
	v[2] = value_blob(state.p, state.n);
	rc = store_run(s, p->slot ? "pending_update" : "pending_put", v, 3, e);
	if (rc >= 0 && p->slot == 0)
		p->slot = store_last_id(s);
	p->dirty = false;
	buf_free(&state);
	return rc;
}

int
pending_save_all(struct store *s, struct assembler *a, struct err *e)
{
	struct pending_set *set = assembler_pending(a);
	struct pending *p;
	int rc = 0;

	for (p = pending_next(set, NULL); rc >= 0 && p != NULL;
	     p = pending_next(set, p))
		rc = pending_save(s, p, e);
	return rc;
}

/* Gives q's message what waits for q; their rows, n of them, are *slots. */
static int
give_queue(struct mail_store *t, struct queue_entry *q, bool last,
    struct buf *slots, struct err *e)
{
	struct value v[] = {value_int((int64_t)pending_queue_key(q->id)),
	    value_time(q->first - PENDING_EARLY),
	    value_time(q->first + PENDING_LATE)};
	struct pending *p;
	struct stmt *st;
	int rc = store_start(t->store, "pending_of_key", v, 3, &st, e);

	while (rc >= 0 && (rc = stmt_next(st, e)) > 0) {
		if ((rc = read_row(t->store, &t->paths, st, &p, e)) < 0)
			break;
		if (pending_claims(
		        assembler_pending(t->assembler), p, q, last)) {
			message_add_verdict(q->message, &p->v, p->time);
			buf_put(slots, &p->slot, sizeof(p->slot));
		}
		pending_drop(p);
	}
	return rc;
}

static int
ask_again(struct store *s, uint64_t key, const struct message *m, struct err *e)
{
	const struct value v[] = {value_int((int64_t)key),
	    value_time(m->received - MID_WINDOW),
	    value_time(m->received + MID_WINDOW)};

	return store_run(s, "pending_ask_again", v, 3, e);
}

/* Those that name its Message-ID, or an id of our next server. */
static int
ask_all_again(struct mail_store *t, const struct message *m, struct err *e)
{
	const struct recipient *r;
	int rc = ask_again(t->store, mid_key(m->message_id), m, e);

	for (r = m->recipients; rc >= 0 && r != NULL; r = r->next)
		if (mail_hop_is(t->assembler, r))
			rc = ask_again(t->store,
			    pending_queue_key(r->handed_to), m, e);
	return rc;
}

int
pending_give(struct mail_store *t, struct message *m, bool last, bool keep,
    struct err *e)
{
	struct queue_entry *q;
	struct buf slots = {0};
	int64_t slot;
	size_t at;
	int rc = 0;

	for (q = m->queues; rc >= 0 && q != NULL; q = q->next)
		rc = give_queue(t, q, last, &slots, e);
	for (at = 0; rc >= 0 && !keep && at < slots.n; at += sizeof(slot)) {
		memcpy(&slot, slots.p + at, sizeof(slot));
		rc = pending_drop_row(t->store, slot, e);
	}
	buf_free(&slots);
	if (rc < 0 || keep || !mid_names_one(m->message_id))
		return rc;
	return ask_all_again(t, m, e);
}

int
pending_ask(struct mail_store *t, int64_t until, struct map *open,
    int64_t *linked, struct err *e)
{
	struct value v[] = {value_int(0), value_time(until)};
	struct pending *p;
	int rc;

	while ((rc = first_row(t, "pending_next_due", v, 2,
	            assembler_paths(t->assembler), &p, NULL, e)) > 0) {
		v[0] = value_int(p->slot);
		rc = mail_link(t, p, open, e);
		if (rc > 0) {
			++*linked;
			rc = pending_drop_row(t->store, p->slot, e);
		}
		pending_drop(p);
		if (rc < 0)
			return rc;
	}
	return rc < 0 ? rc : store_run(t->store, "pending_asked", &v[1], 1, e);
}

static int
note_shown(struct store *s, int64_t slot, struct value at, struct err *e)
{
	const struct value v[] = {value_int(slot), at};

	return store_run(s, "pending_show", v, 2, e);
}

/* Its Message-ID is known to tell nothing. */
static bool
is_ambiguous(const struct mail_store *t, const struct pending *p)
{
	bool many = false;

	if (!str_has(p->queue_id))
		mids_only(assembler_mids(t->assembler), p->key, p->host,
		    p->v.filter, p->time, &many);
	return many;
}

static int
show(struct mail_store *t, const struct pending *p, struct err *e)
{
	int64_t id = 0;
	int rc = is_ambiguous(t, p) ? 0 : mail_link_show(t, p, &id, e);

	return rc < 0 || id == 0
	           ? rc
	           : note_shown(t->store, p->slot, value_int(id), e);
}

int
pending_show(struct mail_store *t, int64_t since, struct err *e)
{
	struct value v[] = {value_time(since), value_int(INT64_MAX)};
	struct pending *p;
	int rc;

	while ((rc = first_row(t, "pending_next_young", v, 2, &t->paths, &p,
	            NULL, e)) > 0) {
		v[0] = value_time(p->time);
		v[1] = value_int(p->slot);
		rc = show(t, p, e);
		pending_drop(p);
		if (rc < 0)
			return rc;
	}
	return rc;
}

int
pending_unshow(struct mail_store *t, struct err *e)
{
	struct pending *p;
	int64_t id;
	int rc;

	while ((rc = first_row(t, "pending_next_shown", NULL, 0, &t->paths, &p,
	            &id, e)) > 0) {
		rc = mail_link_unshow(t, p, id, e);
		if (rc >= 0)
			rc = note_shown(t->store, p->slot, value_null(), e);
		pending_drop(p);
		if (rc < 0)
			return rc;
	}
	return rc;
}

int
pending_expire(struct store *s, int64_t now, int64_t *expired, struct err *e)
{
	struct value v = value_time(now - PENDING_KEEP);
	int rc = store_run(s, "pending_expire", &v, 1, e);

	if (rc >= 0)
		*expired += store_changes(s);
	return rc;
}

int
pending_waiting(struct store *s, int64_t *n, struct err *e)
{
	int rc = store_number(s, "pending_count", NULL, 0, n, e);

	return rc < 0 ? rc : 0;
}
