/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a database must do to hold the store; callers see store.h.  A driver
 * is one file, src/store/store_NAME.c, that ends in one of these, and one
 * line in store.c.  Statements, interning, migrations and the SQL files are
 * the front end's (store.c, migrate.c).
 *
 * Every function that fails writes one message that names the database.
 * Calls for one database come from one thread at a time, for several at once.  No function but rollback and close
 * may be left out by an error: they never fail.
 */
#ifndef STORE_STORE_DRIVER_H
#define STORE_STORE_DRIVER_H

#include "store/store.h"

/* Returned instead of ERR_FAIL where the statement is wrong and not its
 * environment; the front end adds where the statement stands. */
enum { STORE_BAD_STATEMENT = -100 };

struct store_driver_ops {
	const char *name, *summary;

	/* *db is the driver's own.  STORE_WRITE makes an empty database where
	 * there is none; STORE_READ never changes anything. */
	int (*open)(
	    void **db, const char *path, enum store_mode mode, struct err *e);
	void (*close)(void *db); /* rolls back; statements are gone before */
	/* Memory for pages of the database, and for temporary ones. */
	int (*cache)(
	    void *db, int64_t kib, int64_t temporary, struct err *e);

	/* begin waits for other writers, so that what is read afterwards stays
	 * true until commit.  A failed commit has rolled back. */
	int (*begin)(void *db, struct err *e);
	int (*commit)(void *db, struct err *e);
	void (*rollback)(void *db);
	/* False once the database has given the transaction up by itself, as
	 * on a full disk. */
	bool (*in_transaction)(void *db);
	/* A number that is another one whenever somebody else has changed the
	 * database since; negative is an error. */
	int64_t (*data_version)(void *db, struct err *e);
	/* The number of the last migration; 0 is an empty database.  set is
	 * part of the transaction. */
	int64_t (*schema_version)(void *db, struct err *e);
	int (*set_schema_version)(void *db, int64_t version, struct err *e);

	/* sql is one statement; *stmt is the driver's own until finish. */
	int (*prepare)(void *db, struct str sql, void **stmt, struct err *e);
	void (*finish)(void *stmt);
	/* Binds args to ?1, ?2 ...  keep: the text lives until reset, else it
	 * must be copied.  More values than places is an error. */
	int (*bind)(void *stmt, const struct value *args, size_t n, bool keep,
	    struct err *e);
	int (*step)(void *stmt, struct err *e); /* 1 a row, 0 the end */
	void (*reset)(void *stmt);              /* forgets what is bound */
	size_t (*columns)(const void *stmt);
	const char *(*column)(const void *stmt, size_t i);
	struct value (*value)(const void *stmt, size_t i); /* until next step */
	int64_t (*integer)(const void *stmt, size_t i);    /* NULL is 0 */
	int64_t (*last_id)(const void *db);
	int64_t (*changes)(const void *db);

	/* Makes fn a function of SQL; NULL takes it away. */
	int (*function)(void *db, const char *name, int nargs, store_fn *fn,
	    void *arg, struct err *e);
	/* What the table has that sql declares: store_give().  next NULL: from
	 * now on nobody gives, which cannot fail. */
	int (*give)(void *db, struct str sql, store_next *next, void *arg,
	    struct err *e);

	/* Runs all statements of a text.  On an error *at is the offset of the
	 * one that failed. */
	int (*script)(void *db, struct str sql, size_t *at, struct err *e);
};

extern const struct store_driver_ops store_sqlite;
extern const struct store_driver_ops
    *const store_driver_table[]; /* NULL-ended */

#endif
