/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store, for its callers: named statements over one database.  All SQL is
 * in schema/: schema/NNN_*.sql are migrations, schema/statements/NAME.sql hold
 * blocks that start with a line "-- name: message_put", schema/correlate/ are
 * steps that run in order.  Drivers are behind store_driver.h.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/addr.h"
#include "base/err.h"
#include "base/value.h"

struct store;
struct stmt; /* a prepared statement, owned by the store */

enum store_mode {
	STORE_READ,  /* must exist; never writes */
	STORE_WRITE, /* created and migrated if need be */
};

/* Errors (ERR_FAIL) name the file: missing, not a store, newer than this
 * program, read-only, disk full, locked by another for over 30 s. */
int store_open(
    struct store **out, const char *path, enum store_mode mode, struct err *e);
/* Another connection to the same store; each is used by one thread at a time. */
int store_again(struct store **out, const struct store *s, enum store_mode mode,
    struct err *e);
void store_close(struct store *s); /* rolls back what is open; NULL is fine */
const char *store_path(const struct store *s);
/* Memory for pages of the store and for those of temporary tables, in KiB. */
int store_cache(struct store *s, int64_t kib, int64_t temporary, struct err *e);

int store_begin(struct store *s, struct err *e);
int store_commit(struct store *s, struct err *e);
void store_rollback(struct store *s);
/* Is another number once another connection has written before our transaction, or
 * one of ours was rolled back: what was learnt of the store may be wrong. */
int64_t store_epoch(const struct store *s);

/* The statement of that name; prepared once and kept. */
int store_prepare(
    struct store *s, const char *name, struct stmt **out, struct err *e);
/* Runs to the end and ignores rows.  args bind ?1, ?2 ... (TIME and BOOL as
 * integers, JSON as text). */
int stmt_run(
    struct stmt *st, const struct value *args, size_t n, struct err *e);
/* The same of the statement of that name. */
int store_run(struct store *s, const char *name, const struct value *args,
    size_t n, struct err *e);
/* The same of stmt_start(). */
int store_start(struct store *s, const char *name, const struct value *args,
    size_t n, struct stmt **out, struct err *e);
/* The first column of its first row: 1 if that is a whole number, else 0 and *out
 * stays. */
int store_number(struct store *s, const char *name, const struct value *args,
    size_t n, int64_t *out, struct err *e);
/* Starts; then stmt_next: 1 a row, 0 the end, negative an error. */
int stmt_start(
    struct stmt *st, const struct value *args, size_t n, struct err *e);
int stmt_next(struct stmt *st, struct err *e);
size_t stmt_columns(const struct stmt *st);
const char *stmt_column(const struct stmt *st, size_t i);
struct value stmt_value(const struct stmt *st, size_t i); /* of this row */
/* The same of a column of whole numbers, in a quarter of the time; 0: it is NULL. */
int64_t stmt_int(const struct stmt *st, size_t i);
void stmt_reset(struct stmt *st); /* needed only if left before the end */

int64_t store_last_id(const struct store *s); /* of the last insert */
int64_t store_changes(const struct store *s); /* rows of the last statement */

/* Ids of interned text and addresses (tables name and addr), made if new.
 * An absent text has id 0 = NULL: bind it with value_id(). */
int store_name(struct store *s, struct str text, int64_t *id, struct err *e);
int store_addr(struct store *s, struct addr a, int64_t *id, struct err *e);
/* The same of many texts at once, in half of the time: inside a transaction. */
int store_names(struct store *s, const struct str *text, size_t n, int64_t *id,
    struct err *e);

static inline struct value
value_id(int64_t id)
{
	return id ? value_int(id) : value_null();
}

/* Runs schema/DIR/NN_*.sql with from <= NN < until in name order inside the
 * caller's transaction.  Errors name the file.  Steps read their parameters from the
 * temporary table param(name TEXT PRIMARY KEY, value), set by store_param(). */
int store_param(
    struct store *s, const char *name, struct value v, struct err *e);
int store_run_steps_between(
    struct store *s, const char *dir, int from, int until, struct err *e);

/* Functions that the SQL of this store can call, for what SQL does slowly.  Each
 * reads nargs values (at most STORE_FN_ARGS) and sets *out, whose text must live
 * until the function is called again; negative: *e says why. */
#define STORE_FN_ARGS 12
typedef int store_fn(
    void *arg, const struct value *v, struct value *out, struct err *e);
struct store_function {
	const char *name;
	int nargs;
	store_fn *fn;
};
int store_functions(struct store *s, const struct store_function *f, size_t n,
    void *arg, struct err *e);
/* Takes them away, before arg goes; also those that were not registered. */
void store_functions_end(
    struct store *s, const struct store_function *f, size_t n);

/* Runs the statement of that name while the table "given", with columns c1, c2 ...
 * (schema/statements/store.sql), is what next() gives, once through: INSERT ... SELECT
 * from it takes half the time of a statement for each row.  next: 1: a row, which lives
 * until the next one is asked for; 0: the end; negative: *e says why, and so it is
 * said. */
typedef int store_next(
    void *arg, const struct value **row, size_t *n, struct err *e);
int store_give(struct store *s, const char *name, store_next *next, void *arg,
    struct err *e);

#endif
