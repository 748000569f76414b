/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/mail_import.h"

#include <stdlib.h>

#include "base/hash.h"
#include "ingest/direction.h"
#include "ingest/ledger.h"
#include "ingest/mail_store.h"
#include "ingest/spill.h"

#define BATCH_LINES   100000
#define UNPARSED_KEEP 100 /* sample lines kept of one file and run */
#define PENDING_KEEP  (7 * 86400 * USEC)
#define PENDING_MAX   1000000

struct import_file {
	struct ledger_entry ledger;
	int64_t samples;           /* unparsed lines kept */
	struct line_counts before; /* the ledger's, when this run began */
	bool known;                /* its last line is to be met again first */
};

struct mail_import {
	struct message_sink sink;
	struct unparsed_sink unparsed;
	struct unparsed_sink *also; /* the caller's */
	struct store *store;
	const struct config *config;
	struct assembler *assembler;
	struct mail_feed *feed;
	struct import_file *files;
	size_t nfiles;
	struct arena mem;
	struct buf buf;
	struct mail_import_result result;
	int64_t *gone; /* slots of messages that left since the last commit */
	size_t ngone, gone_size;
	struct err err; /* of a callback */
	int rc;
};

/* --- what the feed gives */

static void
slot_gone(struct mail_import *i, int64_t slot)
{
	if (slot == 0)
		return;
	if (i->ngone == i->gone_size) {
		i->gone_size = i->gone_size ? i->gone_size * 2 : 64;
		i->gone = xrealloc(i->gone, i->gone_size * sizeof(*i->gone));
	}
	i->gone[i->ngone++] = slot;
}

/* What became part of another message since it was saved is no message. */
static void
parts_gone(struct mail_import *i, const struct message *m)
{
	struct message *part;

	for (part = m->absorbed; part != NULL; part = part->absorbed) {
		slot_gone(i, part->slot);
		part->slot = 0;
	}
}

static void
on_message(struct message_sink *sink, struct message *m)
{
	struct mail_import *i = (struct mail_import *)sink;

	slot_gone(i, m->slot);
	parts_gone(i, m);
	if (i->rc < 0)
		return;
	i->result.messages++;
	m->direction = direction_of(i->config, m);
	if (m->rows_dirty)
		i->rc = mail_store_put(
		    i->store, i->assembler, m, &i->result.records, &i->err);
}

static int
keep_sample(struct mail_import *i, struct import_file *f, struct str raw,
    struct str program, const struct evidence *ev)
{
	struct value v[] = {value_int(f->ledger.id), value_str(program),
	    value_str(ev->source), value_int(ev->offset), value_int(ev->line),
	    value_str(str_head(raw, 1000))};
	struct stmt *st;
	int rc = store_prepare(i->store, "unparsed_put", &st, &i->err);

	return rc < 0 ? rc : stmt_run(st, v, sizeof(v) / sizeof(v[0]), &i->err);
}

static void
on_unparsed(struct unparsed_sink *sink, struct str raw, struct str program,
    const struct evidence *ev)
{
	struct mail_import *i =
	    (struct mail_import *)((char *)sink -
	                           offsetof(struct mail_import, unparsed));
	struct import_file *f = &i->files[mail_feed_current(i->feed)];

	if (i->also != NULL)
		i->also->line(i->also, raw, program, ev);
	if (i->rc < 0 || f->samples++ >= UNPARSED_KEEP)
		return;
	i->rc = keep_sample(i, f, raw, program, ev);
}

/* --- what was left open by earlier runs */

static int
restore_messages(struct mail_import *i, struct err *e)
{
	struct message *m;
	struct stmt *st;
	int rc = store_prepare(i->store, "open_message_all", &st, e);

	if (rc < 0 || (rc = stmt_start(st, NULL, 0, e)) < 0)
		return rc;
	while ((rc = stmt_next(st, e)) > 0) {
		m = spill_message_read(i->assembler, stmt_value(st, 1).s);
		if (m == NULL)
			return err_set(e, ERR_FAIL,
			    "%s: an open message cannot be read",
			    store_path(i->store));
		m->slot = stmt_value(st, 0).i;
		assembler_adopt(i->assembler, m);
	}
	return rc;
}

static int
restore_pending(struct mail_import *i, struct err *e)
{
	struct stmt *st;
	int rc = store_prepare(i->store, "pending_all", &st, e);

	if (rc < 0 || (rc = stmt_start(st, NULL, 0, e)) < 0)
		return rc;
	while ((rc = stmt_next(st, e)) > 0)
		if (!spill_pending_read(i->assembler, stmt_value(st, 0).s))
			return err_set(e, ERR_FAIL,
			    "%s: a waiting verdict cannot be read",
			    store_path(i->store));
	return rc;
}

static int
restore(struct mail_import *i, struct err *e)
{
	struct stmt *st;
	int rc = store_prepare(i->store, "assembler_state_get", &st, e);

	if (rc < 0 || (rc = stmt_start(st, NULL, 0, e)) < 0 ||
	    (rc = stmt_next(st, e)) < 0)
		return rc;
	if (rc > 0 && !assembler_restore(i->assembler, stmt_value(st, 1).s))
		return err_set(e, ERR_FAIL, "%s: its state cannot be read",
		    store_path(i->store));
	stmt_reset(st);
	rc = restore_messages(i, e);
	return rc < 0 ? rc : restore_pending(i, e);
}

int
mail_import_open(struct mail_import **out, struct store *s,
    const struct config *config, const struct rules *rules,
    struct unparsed_sink *unparsed, struct err *e)
{
	struct mail_import *i = xcalloc(1, sizeof(*i));
	int rc;

	i->sink.message = on_message;
	i->unparsed.line = on_unparsed;
	i->also = unparsed;
	i->store = s;
	i->config = config;
	i->assembler = assembler_new(&i->sink);
	assembler_own_hosts(
	    i->assembler, config->own_hosts, config->nown_hosts);
	i->feed = mail_feed_new(rules, i->assembler, &i->unparsed);
	*out = i;
	rc = store_begin(s, e);
	return rc < 0 ? rc : restore(i, e);
}

void
mail_import_close(struct mail_import *i)
{
	if (i == NULL)
		return;
	store_rollback(i->store);
	mail_feed_free(i->feed);
	assembler_free(i->assembler);
	free(i->files);
	free(i->gone);
	arena_free(&i->mem);
	buf_free(&i->buf);
	free(i);
}

const struct mail_feed *
mail_import_feed(const struct mail_import *i)
{
	return i->feed;
}

/* --- files */

int
mail_import_add(struct mail_import *i, const struct mail_input *in,
    const char *name, struct err *e)
{
	struct mail_input from = *in;
	struct import_file f = {0};
	int rc;

	rc = ledger_find(i->store, "mail", in->path, &i->mem, &f.ledger, e);
	if (rc < 0)
		return rc;
	f.known = f.ledger.id != 0;
	f.before = (struct line_counts){
	    f.ledger.lines, f.ledger.used, f.ledger.ignored, f.ledger.unparsed};
	if (name != NULL)
		f.ledger.path = name;
	if (f.known) {
		from.opt.offset = f.ledger.resume_offset;
		from.opt.lines = f.ledger.lines - 1;
		from.opt.after =
		    f.ledger.last_time == UTC_NONE ? 0 : f.ledger.last_time;
	} else if (f.ledger.head_bytes > 0 &&
	           (rc = ledger_save(i->store, &f.ledger, e)) < 0) {
		return rc;
	}
	from.name = name;
	from.number = (unsigned)f.ledger.id;
	from.skip_first = f.known;
	rc = mail_feed_add(i->feed, &from, e);
	if (rc < 0)
		return rc;
	if (f.known)
		mail_feed_restore(i->feed, i->nfiles, f.ledger.state);
	i->files = xrealloc(i->files, (i->nfiles + 1) * sizeof(*i->files));
	i->files[i->nfiles++] = f;
	return 0;
}

/* --- a batch */

static int
run(struct mail_import *i, const char *name, const struct value *v, size_t n,
    struct err *e)
{
	struct stmt *st;
	int rc = store_prepare(i->store, name, &st, e);

	return rc < 0 ? rc : stmt_run(st, v, n, e);
}

static int
save_message(struct mail_import *i, struct message *m, struct err *e)
{
	struct value v[2];
	int rc;

	i->buf.n = 0;
	spill_message(&i->buf, m);
	v[0] = value_blob(i->buf.p, i->buf.n);
	v[1] = value_int(m->slot);
	rc = m->slot ? run(i, "open_message_update", v, 2, e)
	             : run(i, "open_message_put", v, 1, e);
	if (rc >= 0 && m->slot == 0)
		m->slot = store_last_id(i->store);
	m->dirty = false;
	return rc;
}

static int
save_messages(struct mail_import *i, struct err *e)
{
	struct message *m;
	struct value v;
	int rc = 0;

	for (m = assembler_next(i->assembler, NULL); m != NULL;
	     m = assembler_next(i->assembler, m))
		parts_gone(i, m);
	for (; rc >= 0 && i->ngone > 0; i->ngone--) {
		v = value_int(i->gone[i->ngone - 1]);
		rc = run(i, "open_message_delete", &v, 1, e);
	}
	for (m = assembler_next(i->assembler, NULL); rc >= 0 && m != NULL;
	     m = assembler_next(i->assembler, m))
		if (m->dirty || m->slot == 0)
			rc = save_message(i, m, e);
	return rc;
}

static int
save_pending(struct mail_import *i, struct err *e)
{
	struct pending_set *set = assembler_pending(i->assembler);
	struct pending *p;
	int rc = run(i, "pending_clear", NULL, 0, e);

	for (p = pending_next(set, NULL); rc >= 0 && p != NULL;
	     p = pending_next(set, p)) {
		struct value v[2];

		i->buf.n = 0;
		spill_pending(&i->buf, p);
		v[0] = value_time(p->time);
		v[1] = value_blob(i->buf.p, i->buf.n);
		rc = run(i, "pending_put", v, 2, e);
	}
	return rc;
}

static int
save_state(struct mail_import *i, struct err *e)
{
	struct value v[2];

	if (assembler_now(i->assembler) == UTC_NONE)
		return 0;
	i->buf.n = 0;
	assembler_save(i->assembler, &i->buf);
	v[0] = value_time(assembler_now(i->assembler));
	v[1] = value_blob(i->buf.p, i->buf.n);
	return run(i, "assembler_state_put", v, 2, e);
}

static int
save_coverage(struct mail_import *i, struct err *e)
{
	const struct hour_counts *c;
	size_t at = 0;
	int64_t origin;
	int rc = 0;

	while (rc >= 0 && (c = mail_feed_hour(i->feed, &at)) != NULL) {
		rc = store_name(
		    i->store, c->host.n ? c->host : STR("-"), &origin, e);
		if (rc < 0)
			break;
		struct value v[] = {value_z("mail"), value_int(origin),
		    value_time(c->hour), value_int(c->n.lines),
		    value_int(c->n.used), value_int(c->n.ignored),
		    value_int(c->n.unparsed)};

		rc = run(i, "coverage_add", v, 7, e);
	}
	mail_feed_hours_reset(i->feed);
	return rc;
}

static int
save_ledger(struct mail_import *i, size_t n, struct err *e)
{
	struct import_file *f = &i->files[n];
	struct ledger_entry *l = &f->ledger;
	struct line_counts c = mail_feed_counts(i->feed, n);
	struct feed_position p = mail_feed_position(i->feed, n);

	if (c.lines == 0)
		return 0; /* nothing new */
	l->lines = f->before.lines + c.lines;
	l->used = f->before.used + c.used;
	l->ignored = f->before.ignored + c.ignored;
	l->unparsed = f->before.unparsed + c.unparsed;
	l->resume_offset = p.offset;
	l->resume_bytes = p.bytes;
	l->resume_hash = p.hash;
	if (l->first_time == UTC_NONE)
		l->first_time = p.first;
	if (p.last != UTC_NONE)
		l->last_time = p.last;
	l->truncated = mail_feed_truncated(i->feed, n);
	i->buf.n = 0;
	l->state = mail_feed_state(i->feed, n, &i->buf);
	return ledger_save(i->store, l, e);
}

static int
save_batch(struct mail_import *i, struct err *e)
{
	size_t n;
	int rc = save_messages(i, e);

	if (rc >= 0)
		rc = save_pending(i, e);
	if (rc >= 0)
		rc = save_state(i, e);
	if (rc >= 0)
		rc = save_coverage(i, e);
	for (n = 0; rc >= 0 && n < i->nfiles; n++)
		rc = save_ledger(i, n, e);
	return rc;
}

static int
next_batch(struct mail_import *i, struct err *e)
{
	int rc = save_batch(i, e);

	if (rc >= 0)
		rc = store_commit(i->store, e);
	return rc < 0 ? rc : store_begin(i->store, e);
}

/* --- the end of a run */

/* Rows of what is still open: a deferred message counts on its day. */
static int
put_open_rows(struct mail_import *i, struct err *e)
{
	struct message *m;
	int rc = 0;

	for (m = assembler_next(i->assembler, NULL); rc >= 0 && m != NULL;
	     m = assembler_next(i->assembler, m)) {
		if (!m->rows_dirty || message_is_empty(m))
			continue;
		m->direction = direction_of(i->config, m);
		rc = mail_store_put(
		    i->store, i->assembler, m, &i->result.records, e);
		m->dirty = true;
	}
	return rc;
}

/* Verdicts that wait are offered to the messages of earlier runs. */
static int
link_pending(struct mail_import *i, struct err *e)
{
	struct pending_set *set = assembler_pending(i->assembler);
	int64_t now = assembler_now(i->assembler);
	int64_t old = now == UTC_NONE ? UTC_NONE : now - PENDING_KEEP;
	struct pending *p, *next;
	int rc = 0;

	for (p = pending_next(set, NULL); rc >= 0 && p != NULL; p = next) {
		next = pending_next(set, p);
		rc = mail_store_link(i->store, i->assembler, p, e);
		if (rc <= 0 && p->time >= old &&
		    pending_count(set) <= PENDING_MAX)
			continue;
		i->result.linked_verdicts += rc > 0;
		pending_remove(set, p);
	}
	i->result.waiting_verdicts = (int64_t)pending_count(set);
	return rc;
}

static int
finish(struct mail_import *i, struct err *e)
{
	int rc = put_open_rows(i, e);

	if (rc >= 0)
		rc = link_pending(i, e);
	if (rc >= 0)
		rc = save_batch(i, e);
	return rc < 0 ? rc : store_commit(i->store, e);
}

static void
fill_result(struct mail_import *i)
{
	struct mail_import_result *r = &i->result;
	size_t n;

	r->n = mail_feed_total(i->feed);
	r->files = (int64_t)i->nfiles;
	for (n = 0; n < i->nfiles; n++) {
		r->files_known += mail_feed_counts(i->feed, n).lines == 0;
		r->truncated |= mail_feed_truncated(i->feed, n);
	}
	r->open = (int64_t)assembler_unended(i->assembler);
	r->ambiguous_verdicts =
	    assembler_counts(i->assembler).ambiguous_verdicts;
}

int
mail_import_run(
    struct mail_import *i, struct mail_import_result *out, struct err *e)
{
	int64_t lines = 0;
	int rc;

	while ((rc = mail_feed_step(i->feed, e)) > 0) {
		if (i->rc < 0) {
			*e = i->err;
			return i->rc;
		}
		if (++lines % BATCH_LINES == 0 && (rc = next_batch(i, e)) < 0)
			return rc;
	}
	if (rc >= 0)
		rc = finish(i, e);
	if (rc >= 0 && i->rc < 0) {
		*e = i->err;
		rc = i->rc;
	}
	fill_result(i);
	*out = i->result;
	return rc;
}
