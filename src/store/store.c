/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The front end of the store: picks the driver, keeps prepared statements by
 * name, interns text and addresses, and runs numbered SQL files.
 */
#include "store/store.h"

#include "base/arena.h"
#include "base/hash.h"
#include "base/texts.h"
#include "store/intern.h"
#include "store/migrate.h"
#include "store/sql_files.h"
#include "store/store_driver.h"

#include <stdio.h>
#include <stdlib.h>

#define STATEMENTS "schema/statements"

const struct store_driver_ops *const store_driver_table[] = {
    &store_sqlite,
    NULL,
};

struct stmt {
	struct store *store;
	const struct sql_block *block;
	void *own; /* the driver's */
	bool running;
};

struct store {
	const struct store_driver_ops *ops;
	void *db;
	char *path;
	enum store_mode mode;
	struct sql_blocks blocks;
	struct map stmts;
	struct intern names, addrs;
	int64_t data_version; /* when the interned ids were true */
	int64_t epoch;        /* counts how often they were forgotten */
	bool open;            /* a transaction was begun */
};

/* --- opening */

/* "sqlite:FILE" names the driver; a bare path is the first one's. */
static const struct store_driver_ops *
driver_of(const char **path)
{
	for (size_t i = 0; store_driver_table[i] != NULL; i++) {
		size_t n = strlen(store_driver_table[i]->name);

		if (strncmp(*path, store_driver_table[i]->name, n) == 0 &&
		    (*path)[n] == ':') {
			*path += n + 1;
			return store_driver_table[i];
		}
	}
	return store_driver_table[0];
}

static int
open_by(const struct store_driver_ops *ops, struct store **out,
    const char *path, enum store_mode mode, struct err *e)
{
	struct store *s = xcalloc(1, sizeof(*s));
	int rc;

	s->ops = ops;
	s->mode = mode;
	s->path = xstrdup(path);
	rc = ops->open(&s->db, path, mode, e);
	if (rc == 0)
		rc = migrate(ops, s->db, path, mode, e);
	if (rc == 0)
		rc = sql_blocks_load(&s->blocks, STATEMENTS, e);
	if (rc < 0)
		store_close(s);
	else
		*out = s;
	return rc;
}

int
store_open(
    struct store **out, const char *path, enum store_mode mode, struct err *e)
{
	const struct store_driver_ops *ops = driver_of(&path);

	return open_by(ops, out, path, mode, e);
}

int
store_again(struct store **out, const struct store *s, enum store_mode mode,
    struct err *e)
{
	return open_by(s->ops, out, s->path, mode, e);
}

void
store_close(struct store *s)
{
	struct stmt *st;

	if (s == NULL)
		return;
	for (size_t i = 0; (st = map_next(&s->stmts, &i)) != NULL;) {
		s->ops->finish(st->own);
		free(st);
	}
	map_free(&s->stmts);
	if (s->db != NULL)
		s->ops->close(s->db);
	intern_free(&s->names);
	intern_free(&s->addrs);
	sql_blocks_free(&s->blocks);
	free(s->path);
	free(s);
}

const char *
store_path(const struct store *s)
{
	return s->path;
}

int
store_cache(struct store *s, int64_t kib, int64_t temporary, struct err *e)
{
	return s->ops->cache(s->db, kib, temporary, e);
}

/* --- transactions */

/* Ids that were made in a transaction are void once it is rolled back, and
 * may be given to other text afterwards. */
static void
forget(struct store *s)
{
	intern_forget(&s->names);
	intern_forget(&s->addrs);
	s->epoch++;
}

int64_t
store_epoch(const struct store *s)
{
	return s->epoch;
}

/* Another process (purge) may have deleted names since our last transaction;
 * while ours is open it cannot. */
static int
check_interned(struct store *s, struct err *e)
{
	int64_t now = s->ops->data_version(s->db, e);

	if (now < 0)
		return ERR_FAIL;
	if (now != s->data_version)
		forget(s);
	s->data_version = now;
	return 0;
}

int
store_begin(struct store *s, struct err *e)
{
	int rc;

	if (s->open)
		return err_set(
		    e, ERR_FAIL, "%s: a transaction is already open", s->path);
	rc = s->ops->begin(s->db, e);
	if (rc < 0)
		return rc;
	s->open = true;
	rc = check_interned(s, e);
	if (rc < 0)
		store_rollback(s);
	return rc;
}

/* A full disk ends a transaction in the middle; what follows must not be
 * stored by itself, nor with ids that are gone. */
static int
check_open(struct store *s, struct err *e)
{
	if (!s->open || s->ops->in_transaction(s->db))
		return 0;
	forget(s);
	return err_set(e, ERR_FAIL,
	    "%s: the transaction was given up after an error", s->path);
}

int
store_commit(struct store *s, struct err *e)
{
	int rc;

	if (!s->open)
		return err_set(
		    e, ERR_FAIL, "%s: no transaction is open", s->path);
	if (s->ops->in_transaction(s->db))
		rc = s->ops->commit(s->db, e);
	else
		rc = err_set(e, ERR_FAIL,
		    "%s: the transaction was given up after an error", s->path);
	s->open = false;
	if (rc < 0)
		forget(s);
	return rc;
}

void
store_rollback(struct store *s)
{
	struct stmt *st;

	if (!s->open)
		return;
	for (size_t i = 0; (st = map_next(&s->stmts, &i)) != NULL;)
		stmt_reset(st);
	s->ops->rollback(s->db);
	s->open = false;
	forget(s);
}

/* --- statements */

/* Says where the statement that is wrong stands; other errors say enough. */
static int
blame(const struct sql_block *k, int rc, struct err *e)
{
	if (rc != STORE_BAD_STATEMENT)
		return rc;
	e->code = ERR_FAIL;
	return err_wrap(e, "%s:%d: %.*s", k->path, k->line, STR_FMT(k->name));
}

int
store_prepare(
    struct store *s, const char *name, struct stmt **out, struct err *e)
{
	uint64_t key = hash_str(str_z(name), 0);
	struct stmt *st = map_get(&s->stmts, key);
	const struct sql_block *k;
	void *own;
	int rc;

	if (st != NULL && str_eq(st->block->name, str_z(name))) {
		*out = st;
		return 0;
	}
	k = sql_block_find(&s->blocks, str_z(name));
	if (k == NULL)
		return err_set(
		    e, ERR_FAIL, "%s: no statement \"%s\"", STATEMENTS, name);
	rc = s->ops->prepare(s->db, k->sql, &own, e);
	if (rc < 0)
		return blame(k, rc, e);
	st = xmalloc(sizeof(*st));
	*st = (struct stmt){s, k, own, false};
	map_put(&s->stmts, key, st);
	*out = st;
	return 0;
}

static int
start(struct stmt *st, const struct value *args, size_t n, bool keep,
    struct err *e)
{
	const struct store_driver_ops *ops = st->store->ops;
	int rc = check_open(st->store, e);

	if (rc < 0)
		return rc;
	if (st->running)
		rc = err_set(
		    e, STORE_BAD_STATEMENT, "started again before its end");
	else
		rc = ops->bind(st->own, args, n, keep, e);
	if (rc < 0) {
		if (!st->running)
			ops->reset(st->own);
		return blame(st->block, rc, e);
	}
	st->running = true;
	return 0;
}

int
stmt_start(struct stmt *st, const struct value *args, size_t n, struct err *e)
{
	return start(st, args, n, false, e);
}

int
stmt_next(struct stmt *st, struct err *e)
{
	int rc;

	if (!st->running)
		return 0;
	rc = st->store->ops->step(st->own, e);
	if (rc <= 0)
		stmt_reset(st);
	return rc < 0 ? blame(st->block, rc, e) : rc;
}

int
stmt_run(struct stmt *st, const struct value *args, size_t n, struct err *e)
{
	int rc = start(st, args, n, true, e);

	if (rc < 0)
		return rc;
	while ((rc = stmt_next(st, e)) > 0)
		;
	return rc;
}

int
store_run(struct store *s, const char *name, const struct value *args,
    size_t n, struct err *e)
{
	struct stmt *st;
	int rc = store_prepare(s, name, &st, e);

	return rc < 0 ? rc : stmt_run(st, args, n, e);
}

int
store_start(struct store *s, const char *name, const struct value *args,
    size_t n, struct stmt **out, struct err *e)
{
	int rc = store_prepare(s, name, out, e);

	return rc < 0 ? rc : stmt_start(*out, args, n, e);
}

int
store_number(struct store *s, const char *name, const struct value *args,
    size_t n, int64_t *out, struct err *e)
{
	struct stmt *st;
	bool there;
	int rc = store_start(s, name, args, n, &st, e);

	if (rc < 0 || (rc = stmt_next(st, e)) <= 0)
		return rc;
	there = stmt_value(st, 0).type == VALUE_INT;
	if (there)
		*out = stmt_value(st, 0).i;
	stmt_reset(st);
	return there;
}

size_t
stmt_columns(const struct stmt *st)
{
	return st->store->ops->columns(st->own);
}

const char *
stmt_column(const struct stmt *st, size_t i)
{
	return st->store->ops->column(st->own, i);
}

struct value
stmt_value(const struct stmt *st, size_t i)
{
	return st->store->ops->value(st->own, i);
}

int64_t
stmt_int(const struct stmt *st, size_t i)
{
	return st->store->ops->integer(st->own, i);
}

void
stmt_reset(struct stmt *st)
{
	st->store->ops->reset(st->own);
	st->running = false;
}

int64_t
store_last_id(const struct store *s)
{
	return s->ops->last_id(s->db);
}

int64_t
store_changes(const struct store *s)
{
	return s->ops->changes(s->db);
}

int
store_functions(struct store *s, const struct store_function *f, size_t n,
    void *arg, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; rc >= 0 && i < n; i++)
		rc = s->ops->function(
		    s->db, f[i].name, f[i].nargs, f[i].fn, arg, e);
	return rc;
}

void
store_functions_end(struct store *s, const struct store_function *f, size_t n)
{
	struct err e;

	for (size_t i = 0; i < n; i++)
		s->ops->function(s->db, f[i].name, f[i].nargs, NULL, NULL, &e);
}

/* Who gives rows, and what he failed with. */
struct giver {
	store_next *next;
	void *arg;
	int rc;
	struct err err;
};

static int
next_given(void *arg, const struct value **row, size_t *n, struct err *e)
{
	struct giver *g = arg;

	g->rc = g->next(g->arg, row, n, &g->err);
	if (g->rc < 0)
		*e = g->err;
	return g->rc;
}

int
store_give(struct store *s, const char *name, store_next *next, void *arg,
    struct err *e)
{
	const struct sql_block *k =
	    sql_block_find(&s->blocks, str_z("store_given"));
	struct giver g = {.next = next, .arg = arg};
	int rc;

	if (k == NULL)
		return err_set(
		    e, ERR_FAIL, "%s: no statement \"store_given\"", STATEMENTS);
	rc = s->ops->give(s->db, k->sql, next_given, &g, e);
	if (rc < 0)
		return rc;
	rc = store_run(s, name, NULL, 0, e);
	if (g.rc < 0) /* as he says it, and not the statement */
		*e = g.err;
	s->ops->give(s->db, k->sql, NULL, NULL, e); /* cannot fail */
	return rc;
}

/* --- interning */

static int
find(struct store *s, const char *get, const struct value *key, int64_t *id,
    struct err *e)
{
	struct stmt *st;
	int rc = store_prepare(s, get, &st, e);

	if (rc == 0)
		rc = start(st, key, 1, true, e);
	if (rc < 0)
		return rc;
	rc = stmt_next(st, e);
	if (rc > 0) {
		*id = stmt_value(st, 0).i;
		stmt_reset(st);
	}
	return rc;
}

/* args[0] is the key; all args are the new row.  What is not in the cache is
 * mostly new: so it is put first, and looked for if that put nothing. */
static int
make_or_find(struct store *s, const char *get, const char *put,
    const struct value *args, size_t n, int64_t *id, struct err *e)
{
	int rc = store_run(s, put, args, n, e);

	if (rc < 0)
		return rc;
	if (store_changes(s) > 0) {
		*id = store_last_id(s);
		return 0;
	}
	rc = find(s, get, args, id, e);
	return rc < 0 ? rc : 0;
}

/* Outside a transaction nothing says that an id is still true. */
static int
interned(struct store *s, struct intern *c, struct str key, int64_t *id)
{
	return s->open ? (*id = intern_get(c, key)) != 0 : 0;
}

int
store_name(struct store *s, struct str text, int64_t *id, struct err *e)
{
	struct value v = value_str(text);
	int rc;

	*id = 0;
	if (!str_has(text) || interned(s, &s->names, text, id))
		return 0;
	rc = make_or_find(s, "name_get", "name_put", &v, 1, id, e);
	if (rc == 0 && s->open)
		intern_put(&s->names, text, *id);
	return rc;
}

struct text_giver {
	const struct texts *texts;
	int32_t given;
	struct value v;
};

static int
give_text(void *arg, const struct value **row, size_t *n, struct err *e)
{
	struct text_giver *g = arg;

	(void)e;
	if (g->given == g->texts->n)
		return 0;
	g->v = value_str(texts_of(g->texts, ++g->given));
	*row = &g->v;
	*n = 1;
	return 1;
}

static int
find_name(struct store *s, const struct texts *t, int32_t no, int64_t *id,
    struct err *e)
{
	const struct value v = value_str(texts_of(t, no));
	int rc = find(s, "name_get", &v, id, e);

	return rc != 0 ? rc
	               : err_set(e, ERR_FAIL, "%s: a name that was stored is not there",
	                     store_path(s));
}

#define STRIDE 16

/* The ids of what was put.  New ones have theirs one after the other, as they were
 * given: so if the last of some has the id that it has if all of them are new, they
 * are. */
static int
learn_names(
    struct store *s, const struct texts *t, int64_t *ids, struct err *e)
{
	int64_t left = store_changes(s); /* new ones that are to come */
	int64_t next = store_last_id(s) - left + 1, last; /* if there are */
	int rc = 0;

	for (int32_t no = 1, end; rc >= 0 && no <= t->n; no = end) {
		end = no + STRIDE <= t->n ? no + STRIDE : t->n + 1;
		rc = find_name(s, t, end - 1, &last, e);
		for (int32_t i = no; rc >= 0 && i < end; i++) {
			int64_t id = next;

			if (left < end - i || last != next + (end - 1 - i))
				rc = find_name(s, t, i, &id, e);
			if (left > 0 && id == next) {
				next++;
				left--;
			}
			ids[i - 1] = id;
			if (rc >= 0 && s->open)
				intern_put(&s->names, texts_of(t, i), id);
		}
	}
	return rc < 0 ? rc : 0;
}

int
store_names(struct store *s, const struct str *text, size_t n, int64_t *id,
    struct err *e)
{
	struct texts t = {0};
	struct text_giver g = {.texts = &t};
	int64_t *made = xcalloc(n ? n : 1, sizeof(*made));
	int rc = 0;

	for (size_t i = 0; i < n; i++) {
		id[i] = 0;
		if (str_has(text[i]) && !interned(s, &s->names, text[i], &id[i]))
			id[i] = -texts_no(&t, text[i]);
	}
	if (t.n > 0)
		rc = store_give(s, "names_put", give_text, &g, e);
	if (rc >= 0 && t.n > 0)
		rc = learn_names(s, &t, made, e);
	for (size_t i = 0; i < n; i++)
		if (id[i] < 0)
			id[i] = made[-id[i] - 1];
	free(made);
	texts_free(&t);
	return rc;
}

int
store_addr(struct store *s, struct addr a, int64_t *id, struct err *e)
{
	struct str key = str_of((const char *)a.b, sizeof(a.b));
	char text[ADDR_TEXT_MAX];
	struct value v[2];
	int rc;

	if (interned(s, &s->addrs, key, id))
		return 0;
	v[0] = value_blob(a.b, sizeof(a.b));
	v[1] = value_str(str_of(text, addr_format(a, text)));
	rc = make_or_find(s, "addr_get", "addr_put", v, 2, id, e);
	if (rc == 0 && s->open)
		intern_put(&s->addrs, key, *id);
	return rc;
}

/* --- steps */

int
store_param(struct store *s, const char *name, struct value v, struct err *e)
{
	struct value args[2] = {value_z(name), v};
	int rc = store_run(s, "param_make", NULL, 0, e);

	return rc < 0 ? rc : store_run(s, "param_put", args, 2, e);
}

int
store_run_steps_between(
    struct store *s, const char *dir, int from, int until, struct err *e)
{
	struct arena a = {0};
	struct sql_list list;
	char path[256];
	int rc;

	snprintf(path, sizeof(path), "schema/%s", dir);
	rc = sql_list(&list, path, true, &a, e);
	for (size_t i = 0; rc == 0 && i < list.n; i++) {
		int no = sql_number(list.path[i]);

		if (no >= from && no < until)
			rc = sql_run_file(s->ops, s->db, list.path[i], &a, e);
	}
	arena_free(&a);
	return rc;
}
