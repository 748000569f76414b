/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/mail_import.h"

#include <stdlib.h>

#include "base/hash.h"
#include "ingest/direction.h"
#include "ingest/ledger.h"
#include "ingest/mail_put.h"
#include "ingest/mail_rows.h"
#include "ingest/mail_writer.h"
#include "ingest/pending_store.h"
#include "ingest/sleepers.h"
#include "ingest/spill.h"

/* Each transaction writes the same pages of the hour's indexes once more. */
#define BATCH_LINES   400000
#define OPEN_ROWS     4096 /* put at a time */
#define TICK_LINES    1000
#define UNPARSED_KEEP 100 /* sample lines kept of one file and run */

struct import_file {
	struct ledger_entry ledger;
	int64_t samples;           /* unparsed lines kept */
	struct line_counts before; /* the ledger's, when this run began */
	int64_t next;              /* what the ledger says was read */
	const char *path;          /* where it is read */
};

struct mail_import {
	struct message_sink sink;
	struct unparsed_sink unparsed;
	const struct mail_import_options *opt;
	struct store *store;
	const struct config *config;
	struct assembler *assembler;
	struct mail_store rows;
	struct mail_writer *writer; /* the rows are its, see ours() */
	struct mail_feed *feed;
	struct import_file *files;
	size_t nfiles;
	struct arena mem;
	struct buf buf;
	struct buf state; /* the assembler's, as saved ... */
	int64_t now;      /* ... and its time then */
	/* Rows of lines that had no end yet: the next run makes them anew. */
	bool provisional;
	uint64_t *keys;
	size_t nkeys, keys_size;
	struct mail_import_result result;
	bool waits;      /* verdicts wait in the store */
	struct buf mids; /* what the Message-ID index came to know */
	int64_t *gone;   /* slots of messages that left since the last commit */
	size_t ngone, gone_size;
	struct err err; /* of a callback */
	int rc;
};

/* --- what the feed gives */

/* The store, and what it knows, is ours until a message is given away. */
static int
ours(struct mail_import *i, struct err *e)
{
	return mail_writer_settle(i->writer, &i->result.records, e);
}

/* Its row in open_message goes with the next commit. */
static void
note_gone(struct mail_import *i, struct message *m)
{
	if (m->slot == 0)
		return;
	if (i->ngone == i->gone_size) {
		i->gone_size = i->gone_size ? i->gone_size * 2 : 64;
		i->gone = xrealloc(i->gone, i->gone_size * sizeof(*i->gone));
	}
	i->gone[i->ngone++] = m->slot;
	m->slot = 0;
}

static void
note_provisional(struct mail_import *i, uint64_t key)
{
	if (i->nkeys == i->keys_size) {
		i->keys_size = i->keys_size ? i->keys_size * 2 : 16;
		i->keys = xrealloc(i->keys, i->keys_size * sizeof(*i->keys));
	}
	i->keys[i->nkeys++] = key;
}

/* What became part of another message since it was saved is no message. */
static void
parts_gone(struct mail_import *i, struct message *m)
{
	struct message *part;

	for (part = m->absorbed; part != NULL; part = part->absorbed) {
		note_gone(i, part);
		if (i->provisional && part->stored_key != 0)
			note_provisional(i, part->stored_key);
	}
}

/* Would its rows be joined with those of a message on another of our hosts? */
static bool
has_hop(const struct mail_import *i, const struct message *m)
{
	const struct queue_entry *q;

	for (q = m->queues; q != NULL; q = q->next)
		if (q->hops != NULL)
			return true;
	return assembler_is_own(i->assembler, m->has_client, m->client);
}

/* For its rows to be put. */
static void
make_ready(struct mail_import *i, struct message *m)
{
	m->direction = direction_of(i->config, m);
	parts_gone(i, m);
}

/* The rows of a message. */
static int
put_rows(struct mail_import *i, struct message *m, struct err *e)
{
	uint64_t key = message_key(m), was = m->stored_key;
	int64_t id;
	int rc = 0;

	if (i->provisional) {
		rc = mail_rows_id(i->store, m, &id, e);
		if (rc < 0 || (id != 0 && key != was) || has_hop(i, m))
			return rc < 0 ? rc : 0; /* nothing could undo it */
		note_provisional(i, key);
		if (was != 0 && was != key)
			note_provisional(i, was);
	}
	make_ready(i, m);
	return mail_put(&i->rows, m, &i->result.records, e);
}

static int
give_waiting(struct mail_import *i, struct message *m, bool last, struct err *e)
{
	return i->waits ? pending_give(&i->rows, m, last, i->provisional, e)
	                : 0;
}

/* Verdicts that were given out wait no more. */
static void
drop_gone(struct mail_import *i)
{
	int64_t slot;

	while ((slot = pending_gone(assembler_pending(i->assembler))) != 0)
		mail_writer_drop_verdict(i->writer, slot);
}

static int
drop_gone_now(struct mail_import *i, struct err *e)
{
	drop_gone(i);
	return ours(i, e);
}

/* Provisional: what will be undone. */
static int
put_provisional(struct mail_import *i, struct message *m, struct err *e)
{
	int rc = give_waiting(i, m, true, e);

	if (rc >= 0 && m->rows_dirty)
		rc = put_rows(i, m, e);
	message_free(m);
	return rc;
}

static void
on_message(struct message_sink *sink, struct message *m)
{
	struct mail_import *i = (struct mail_import *)sink;

	note_gone(i, m);
	if (i->rc < 0) {
		message_free(m);
		return;
	}
	i->result.messages++;
	if (i->provisional) {
		i->rc = put_provisional(i, m, &i->err);
		return;
	}
	make_ready(i, m);
	drop_gone(i);
	mail_writer_give(i->writer, m);
	if (mail_writer_failed(i->writer))
		i->rc = ours(i, &i->err);
}

static void
on_empty(struct message_sink *sink, struct message *m)
{
	note_gone((struct mail_import *)sink, m);
}

static void
on_waiting(struct message_sink *sink, struct pending *p)
{
	struct mail_import *i = (struct mail_import *)sink;

	if (i->rc < 0 || i->provisional) {
		pending_drop(p);
		return;
	}
	i->waits = true;
	mail_writer_give_verdict(i->writer, p);
}

static int
keep_sample(struct mail_import *i, struct import_file *f, struct str raw,
    struct str program, const struct evidence *ev)
{
	struct value v[] = {value_int(f->ledger.id), value_str(program),
	    value_str(ev->source), value_int(ev->offset), value_int(ev->line),
	    value_str(str_head(raw, 1000))};

	return store_run(
	    i->store, "unparsed_put", v, sizeof(v) / sizeof(v[0]), &i->err);
}

static void
on_unparsed(struct unparsed_sink *sink, struct str raw, struct str program,
    const struct evidence *ev)
{
	struct mail_import *i =
	    (struct mail_import *)((char *)sink -
	                           offsetof(struct mail_import, unparsed));
	struct import_file *f = &i->files[mail_feed_current(i->feed)];

	if (i->opt->unparsed != NULL)
		i->opt->unparsed->line(i->opt->unparsed, raw, program, ev);
	if (i->rc < 0 || i->provisional || f->samples++ >= UNPARSED_KEEP)
		return;
	i->rc = ours(i, &i->err);
	if (i->rc >= 0)
		i->rc = keep_sample(i, f, raw, program, ev);
}

/* --- what was left open by earlier runs */

static int
restore_messages(struct mail_import *i, struct err *e)
{
	struct message *m;
	struct stmt *st;
	int rc = store_start(i->store, "open_message_all", NULL, 0, &st, e);

	while (rc >= 0 && (rc = stmt_next(st, e)) > 0) {
		m = spill_message_read(
		    assembler_paths(i->assembler), stmt_value(st, 1).s);
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
restore_verdicts(struct mail_import *i, struct err *e)
{
	struct value from = value_time(mids_keep_from(i->now));
	struct stmt *st;
	int64_t n;
	int rc = store_start(i->store, "mid_seen_recent", &from, 1, &st, e);

	while (rc >= 0 && (rc = stmt_next(st, e)) > 0)
		if (!mids_restore(
		        assembler_mids(i->assembler), stmt_value(st, 0).s))
			return err_set(e, ERR_FAIL,
			    "%s: its Message-IDs cannot be read",
			    store_path(i->store));
	if (rc >= 0)
		rc = pending_load(i->store, i->assembler, i->now, e);
	if (rc >= 0)
		rc = pending_waiting(i->store, &n, e);
	i->waits = rc >= 0 && n > 0;
	return rc;
}

/* The keys of provisional rows, then the assembler's own state. */
static bool
restore_state(struct mail_import *i, struct str state)
{
	struct rd r = rd_of(state.p, state.n);

	while (rd_u8(&r) == 1)
		note_provisional(i, (uint64_t)unpack_i64(&r));
	if (r.bad)
		return false;
	buf_put(&i->state, r.p, rd_left(&r));
	return i->state.n == 0 ||
	       assembler_restore(i->assembler, buf_str(&i->state));
}

static bool
is_provisional(const struct mail_import *i, uint64_t key)
{
	size_t n;

	for (n = 0; n < i->nkeys && i->keys[n] != key; n++)
		;
	return n < i->nkeys;
}

/* Makes the store what it was before the last run read lines without an end;
 * they come again, with their end or without. */
static int
undo_provisional(struct mail_import *i, struct err *e)
{
	struct message *m = NULL;
	size_t n;
	int rc = 0;

	for (n = 0; rc >= 0 && n < i->nkeys; n++)
		rc = mail_rows_drop(&i->rows, i->keys[n], i->now, e);
	while (rc >= 0 && i->nkeys > 0 &&
	       (m = assembler_next(i->assembler, m)) != NULL)
		if (is_provisional(i, m->stored_key)) {
			m = message_wake(m);
			rc = put_rows(i, m, e);
		}
	i->nkeys = 0;
	i->result.records = 0;
	return rc;
}

static int
restore(struct mail_import *i, struct err *e)
{
	struct stmt *st;
	int rc = pending_unshow(&i->rows, e);

	if (rc >= 0)
		rc = store_start(
		    i->store, "assembler_state_get", NULL, 0, &st, e);
	if (rc < 0 || (rc = stmt_next(st, e)) < 0)
		return rc;
	if (rc > 0)
		i->now = stmt_value(st, 0).i;
	if (rc > 0 && !restore_state(i, stmt_value(st, 1).s))
		return err_set(e, ERR_FAIL, "%s: its state cannot be read",
		    store_path(i->store));
	stmt_reset(st);
	rc = restore_messages(i, e);
	if (rc >= 0)
		rc = restore_verdicts(i, e);
	return rc < 0 ? rc : undo_provisional(i, e);
}

int
mail_import_open(struct mail_import **out, struct store *s,
    const struct config *config, const struct parsers *parsers,
    const struct rules *rules, const struct mail_import_options *opt,
    struct err *e)
{
	static const struct mail_import_options defaults;
	struct mail_import *i = xcalloc(1, sizeof(*i));
	int rc;

	i->sink.message = on_message;
	i->sink.empty = on_empty;
	i->sink.waiting = on_waiting;
	i->unparsed.line = on_unparsed;
	i->opt = opt ? opt : &defaults;
	i->store = s;
	i->config = config;
	i->assembler = assembler_new(&i->sink);
	assembler_own_hosts(
	    i->assembler, config->own_hosts, config->nown_hosts);
	mids_record(assembler_mids(i->assembler), &i->mids);
	mail_store_open(&i->rows, s, i->assembler);
	i->feed = mail_feed_new(parsers, rules, i->assembler, &i->unparsed);
	*out = i;
	rc = store_begin(s, e);
	if (rc >= 0)
		rc = restore(i, e);
	return rc < 0 ? rc
	              : mail_writer_start(&i->writer, &i->rows, i->waits, e);
}

void
mail_import_close(struct mail_import *i)
{
	if (i == NULL)
		return;
	mail_writer_free(i->writer);
	store_rollback(i->store);
	mail_feed_free(i->feed);
	assembler_free(i->assembler);
	mail_store_close(&i->rows);
	free(i->files);
	free(i->gone);
	free(i->keys);
	buf_free(&i->state);
	buf_free(&i->mids);
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

/* Has the file been added in this call under another name?  One that only
 * begins alike gets an entry of its own. */
static int
is_again(const struct mail_import *i, const char *path, struct ledger_entry *l,
    struct err *e)
{
	size_t n;
	int rc = 0;

	for (n = 0; rc == 0 && l->id != 0 && n < i->nfiles; n++)
		if (i->files[n].ledger.id == l->id) {
			rc = ledger_is_copy(path, i->files[n].path, e);
			if (rc == 0)
				*l = (struct ledger_entry){.kind = l->kind,
				    .path = l->path,
				    .head_bytes = l->head_bytes,
				    .head_hash = l->head_hash,
				    .first_time = UTC_NONE,
				    .last_time = UTC_NONE};
		}
	return rc;
}

int
mail_import_add(struct mail_import *i, const struct mail_input *in,
    const char *name, struct err *e)
{
	struct mail_input from = *in;
	struct import_file f = {0};
	bool known;
	int rc;

	rc = ledger_find(i->store, "mail", in->path, &i->mem, &f.ledger, e);
	if (rc < 0)
		return rc;
	rc = is_again(i, in->path, &f.ledger, e);
	if (rc < 0)
		return rc;
	if (f.ledger.older || rc > 0) {
		i->result.files++;
		i->result.files_known++;
		return 0;
	}
	known = f.ledger.id != 0;
	f.before = (struct line_counts){
	    f.ledger.lines, f.ledger.used, f.ledger.ignored, f.ledger.unparsed};
	if (name != NULL)
		f.ledger.path = name;
	f.samples = f.ledger.unparsed; /* the first ones are kept */
	if (f.ledger.head_bytes > 0 &&
	    (rc = ledger_save(i->store, &f.ledger, e)) < 0)
		return rc;
	from.name = name;
	from.number = (unsigned)f.ledger.id;
	from.opt.follow = true; /* until finish_lines() */
	if (known)
		from.state = f.ledger.state;
	rc = mail_feed_add(i->feed, &from, e);
	if (rc < 0)
		return rc;
	f.path = arena_z(&i->mem, str_z(in->path));
	f.next = mail_feed_position(i->feed, i->nfiles).place.next;
	i->files = xrealloc(i->files, (i->nfiles + 1) * sizeof(*i->files));
	i->files[i->nfiles++] = f;
	return 0;
}

/* --- a batch */

static int
save_message(struct mail_import *i, struct message *m, struct err *e)
{
	struct value v[2];
	int rc;

	if (m->nap == NULL)
		parts_gone(i, m);
	i->buf.n = 0;
	message_spill(&i->buf, m);
	v[0] = value_blob(i->buf.p, i->buf.n);
	v[1] = value_int(m->slot);
	rc = m->slot ? store_run(i->store, "open_message_update", v, 2, e)
	             : store_run(i->store, "open_message_put", v, 1, e);
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

	for (m = assembler_next(i->assembler, NULL); rc >= 0 && m != NULL;
	     m = assembler_next(i->assembler, m))
		if (m->dirty || m->slot == 0)
			rc = save_message(i, m, e);
	for (; rc >= 0 && i->ngone > 0; i->ngone--) {
		v = value_int(i->gone[i->ngone - 1]);
		rc = store_run(i->store, "open_message_delete", &v, 1, e);
	}
	return rc;
}

/* Verdicts that wait, and what else tells whether a Message-ID is unique. */
static int
save_verdicts(struct mail_import *i, struct err *e)
{
	int64_t now = assembler_now(i->assembler);
	struct value v[] = {value_time(now), value_blob(i->mids.p, i->mids.n)};
	struct value from = value_time(mids_keep_from(now));
	int rc = drop_gone_now(i, e);

	if (rc >= 0)
		rc = pending_save_all(i->store, i->assembler, e);
	if (rc < 0 || now == UTC_NONE)
		return rc;
	if (i->mids.n > 0)
		rc = store_run(i->store, "mid_seen_put", v, 2, e);
	i->mids.n = 0;
	if (rc >= 0)
		rc = store_run(i->store, "mid_seen_expire", &from, 1, e);
	return rc < 0 ? rc
	              : pending_expire(
	                    i->store, now, &i->result.expired_verdicts, e);
}

static int
save_state(struct mail_import *i, struct err *e)
{
	int64_t now = assembler_now(i->assembler);
	struct value v[2];
	size_t n;

	if (!i->provisional) {
		i->now = now != UTC_NONE ? now : i->now;
		i->state.n = 0;
		assembler_save(i->assembler, &i->state);
	}
	i->buf.n = 0;
	for (n = 0; n < i->nkeys; n++) {
		pack_u8(&i->buf, 1);
		pack_i64(&i->buf, (int64_t)i->keys[n]);
	}
	pack_u8(&i->buf, 0);
	buf_s(&i->buf, buf_str(&i->state));
	v[0] = value_time(i->now);
	v[1] = value_blob(i->buf.p, i->buf.n);
	return store_run(i->store, "assembler_state_put", v, 2, e);
}

static int
save_hour(struct mail_import *i, const struct hour_counts *c, struct err *e)
{
	int64_t origin, path;
	int rc =
	    store_name(i->store, c->host.n ? c->host : STR("-"), &origin, e);

	if (rc < 0 || (rc = store_name(i->store, c->path, &path, e)) < 0)
		return rc;
	const struct value v[] = {value_z("mail"), value_int(origin),
	    value_time(c->hour), value_int(c->n.lines), value_int(c->n.used),
	    value_int(c->n.ignored), value_int(c->n.unparsed)};
	const struct value w[] = {
	    value_int(origin), value_id(path), value_int(c->n.lines)};

	rc = store_run(i->store, "coverage_add", v, 7, e);
	return rc < 0 ? rc : store_run(i->store, "host_file_add", w, 3, e);
}

static int
save_coverage(struct mail_import *i, struct err *e)
{
	const struct hour_counts *c;
	size_t at = 0;
	int rc = 0;

	while (rc >= 0 && (c = mail_feed_hour(i->feed, &at)) != NULL)
		rc = save_hour(i, c, e);
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

	if (p.place.next == f->next && l->lines == f->before.lines + c.lines)
		return 0; /* nothing new */
	l->lines = f->before.lines + c.lines;
	l->used = f->before.used + c.used;
	l->ignored = f->before.ignored + c.ignored;
	l->unparsed = f->before.unparsed + c.unparsed;
	l->resume_offset = p.place.offset;
	l->resume_bytes = p.place.bytes;
	l->resume_hash = p.place.hash;
	l->first_time = p.first;
	l->last_time = p.last;
	l->truncated = mail_feed_truncated(i->feed, n);
	i->buf.n = 0;
	mail_feed_state(i->feed, n, &i->buf);
	l->state = buf_str(&i->buf);
	f->next = p.place.next;
	return ledger_save(i->store, l, e);
}

static int
save_batch(struct mail_import *i, struct err *e)
{
	size_t n;
	int rc = save_messages(i, e);

	if (rc >= 0)
		rc = save_verdicts(i, e);
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
	int rc = ours(i, e);

	if (rc >= 0)
		rc = save_batch(i, e);
	if (rc >= 0)
		rc = mail_store_save(&i->rows, assembler_now(i->assembler), e);
	if (rc >= 0)
		rc = store_commit(i->store, e);
	return rc < 0 ? rc : store_begin(i->store, e);
}

/* --- the end of a run */

/* Rows of some of what is still open, and who of it was asleep. */
struct open_rows {
	struct message *m[OPEN_ROWS];
	bool woken[OPEN_ROWS];
	size_t n;
};

/* Whoever was asleep sleeps again.  Returns the last of them, where it lies. */
static struct message *
put_some_open(struct mail_import *i, struct open_rows *r, int *rc, struct err *e)
{
	struct message *m = NULL;

	if (*rc >= 0 && !i->provisional)
		*rc = mail_put_all(&i->rows, r->m, r->n, &i->result.records, e);
	for (size_t n = 0; n < r->n; n++) {
		m = r->m[n];
		if (r->woken[n])
			m = assembler_rest(i->assembler, m);
	}
	r->n = 0;
	return m;
}

static int
ready_open(struct mail_import *i, struct message *m, struct err *e)
{
	int rc;

	if (message_is_empty(m))
		return 0;
	rc = give_waiting(i, m, false, e);
	if (rc >= 0 && i->provisional)
		rc = put_rows(i, m, e);
	else if (rc >= 0)
		make_ready(i, m);
	m->dirty = true;
	return rc < 0 ? rc : 1;
}

/* Rows of what is still open: a deferred message counts on its day. */
static int
put_open_rows(struct mail_import *i, struct err *e)
{
	struct open_rows *r = xmalloc(sizeof(*r));
	struct message *m;
	int rc = i->provisional ? 0 : drop_gone_now(i, e);

	r->n = 0;
	for (m = assembler_next(i->assembler, NULL); rc >= 0 && m != NULL;
	     m = assembler_next(i->assembler, m)) {
		if (!m->rows_dirty)
			continue;
		r->woken[r->n] = m->nap != NULL;
		m = message_wake(m);
		rc = ready_open(i, m, e);
		if (rc > 0)
			r->m[r->n++] = m;
		else if (r->woken[r->n])
			m = assembler_rest(i->assembler, m);
		if (r->n == OPEN_ROWS)
			m = put_some_open(i, r, &rc, e);
	}
	put_some_open(i, r, &rc, e);
	free(r);
	return rc < 0 ? rc : 0;
}

/* Verdicts that have waited long enough are offered to the messages of earlier
 * runs. */
static int
link_waiting(struct mail_import *i, struct err *e)
{
	int64_t now = assembler_now(i->assembler);
	struct map open = {0};
	struct message *m;
	int rc;

	if (now == UTC_NONE)
		return 0;
	assembler_let_verdicts_go(i->assembler);
	if (i->rc >= 0)
		i->rc = ours(i, &i->err);
	if (i->rc < 0) {
		*e = i->err;
		return i->rc;
	}
	for (m = assembler_next(i->assembler, NULL); m != NULL;
	     m = assembler_next(i->assembler, m))
		if (m->stored_key != 0)
			map_put(&open, m->stored_key, m);
	rc = pending_ask(
	    &i->rows, now - PENDING_WAIT, &open, &i->result.linked_verdicts, e);
	map_free(&open);
	return rc;
}

static int
read_lines(struct mail_import *i, struct err *e)
{
	int64_t lines = 0, batch = i->opt->batch ? i->opt->batch : BATCH_LINES;
	int rc = 0;

	while (!(i->opt->stop && *i->opt->stop) &&
	       (rc = mail_feed_step(i->feed, e)) > 0) {
		if (i->rc < 0) {
			*e = i->err;
			return i->rc;
		}
		if (++lines % TICK_LINES == 0 && i->opt->tick != NULL)
			i->opt->tick(i->opt->arg, i->feed);
		if (lines % batch == 0 && !i->provisional &&
		    (rc = next_batch(i, e)) < 0)
			return rc;
	}
	return rc < 0 ? rc : 0;
}

static int
settle(struct mail_import *i, struct err *e)
{
	assembler_settle(i->assembler);
	if (i->rc >= 0)
		i->rc = ours(i, &i->err);
	if (i->rc < 0)
		*e = i->err;
	return i->rc;
}

/* What still waits for its end is shown as it is, but not kept: everything is
 * saved as it was before, so that the next run reads these lines anew. */
static int
read_unended(struct mail_import *i, struct err *e)
{
	int rc;

	i->provisional = true;
	mail_feed_finish(i->feed);
	rc = read_lines(i, e);
	if (rc >= 0)
		rc = settle(i, e);
	if (rc >= 0)
		rc = put_open_rows(i, e);
	return rc < 0 || i->nkeys == 0 ? rc : save_state(i, e);
}

/* Since 1970; later than all if no line had a time. */
static int64_t
hour_that_goes_on(const struct mail_import *i)
{
	const int64_t now = assembler_now(i->assembler);

	return now == UTC_NONE ? INT64_MAX : now / (3600 * USEC);
}

static int
finish(struct mail_import *i, struct err *e)
{
	int rc = settle(i, e);

	if (rc >= 0)
		rc = put_open_rows(i, e);
	if (rc >= 0)
		rc = link_waiting(i, e);
	if (rc >= 0)
		rc = save_batch(i, e);
	if (rc >= 0 && !i->opt->follow)
		rc = read_unended(i, e);
	if (rc >= 0 && !i->opt->follow)
		rc = pending_show(&i->rows, i->now - PENDING_WAIT, e);
	if (rc >= 0)
		rc = pending_waiting(i->store, &i->result.waiting_verdicts, e);
	if (rc >= 0)
		rc = mail_store_save(&i->rows, INT64_MAX, e);
	/* Who follows a log is not held up: the correlation does the rest.  Nor
	 * is an hour that goes on made anew by each of many imports. */
	if (rc >= 0 && !i->opt->follow)
		rc = mail_sums_update(
		    i->store, INT64_MIN, hour_that_goes_on(i), e);
	return rc < 0 ? rc : store_commit(i->store, e);
}

static void
fill_result(struct mail_import *i)
{
	struct mail_import_result *r = &i->result;
	size_t n;

	r->n = mail_feed_total(i->feed);
	r->files += (int64_t)i->nfiles;
	for (n = 0; n < i->nfiles; n++) {
		r->files_known += mail_feed_counts(i->feed, n).lines == 0;
		r->truncated |= mail_feed_truncated(i->feed, n);
	}
	r->open = (int64_t)assembler_unended(i->assembler);
	r->expired = assembler_counts(i->assembler).expired;
	r->ambiguous_verdicts =
	    assembler_counts(i->assembler).ambiguous_verdicts;
}

int
mail_import_run(
    struct mail_import *i, struct mail_import_result *out, struct err *e)
{
	int rc = read_lines(i, e);

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
