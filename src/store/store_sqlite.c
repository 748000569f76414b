/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store in one SQLite file.  Write-ahead log: readers never wait for the
 * writer, and a kill at any moment leaves the last commit (sqlite.org/wal.html).
 * synchronous=FULL: so does a power cut.  Foreign keys are declared but not
 * enforced: ids come from store_name() and store_addr() inside the same
 * transaction, the check costs a third of an import's speed, and deleting a
 * name would scan every table that may hold it (doc/store.md).
 */
#include "store/store_driver.h"

#include "base/arena.h"
#include "base/buf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#define BUSY_MS        30000
#define APPLICATION_ID 0x48464c57 /* "HFLW", at offset 68 of the file */

/* The table "given", which is there once somebody gives rows (sqlite.org/vtab.html). */
struct given {
	struct str sql;   /* declares it */
	store_next *next; /* NULL: nobody gives any more */
	void *arg;
	bool there;
};

struct sqlite_db {
	sqlite3 *db;
	sqlite3_stmt *data_version;
	struct given given;
	enum store_mode mode;
	char path[];
};

/* --- errors: one message, by whoever first knows */

static bool
is_full(sqlite3 *db, int rc)
{
	int no = sqlite3_system_errno(db);

	return rc == SQLITE_FULL ||
	       (rc == SQLITE_IOERR && (no == ENOSPC || no == EDQUOT));
}

static int
fail(const struct sqlite_db *d, int rc, struct err *e)
{
	rc &= 0xff;
	if (is_full(d->db, rc))
		return err_set(e, ERR_FAIL,
		    "%s: the disk is full; nothing of this transaction was "
		    "stored",
		    d->path);
	switch (rc) {
	case SQLITE_NOTADB:
		return err_set(e, ERR_FAIL,
		    "%s: not a HeloFlow store (no SQLite database)", d->path);
	case SQLITE_CORRUPT:
		return err_set(e, ERR_FAIL,
		    "%s: the store is damaged (%s); sqlite3 FILE .recover may "
		    "save what is left",
		    d->path, sqlite3_errmsg(d->db));
	case SQLITE_READONLY:
		return err_set(e, ERR_FAIL,
		    "%s: the file or its folder is read-only", d->path);
	case SQLITE_BUSY:
		return err_set(e, ERR_FAIL,
		    "%s: locked by another process for over %d s", d->path,
		    BUSY_MS / 1000);
	case SQLITE_CANTOPEN:
		return err_set(e, ERR_FAIL,
		    "%s: cannot open it or its -wal and -shm files: %s",
		    d->path, strerror(sqlite3_system_errno(d->db)));
	case SQLITE_IOERR:
		return err_set(e, ERR_FAIL, "%s: %s: %s", d->path,
		    sqlite3_errmsg(d->db),
		    strerror(sqlite3_system_errno(d->db)));
	case SQLITE_NOMEM:
		return err_set(e, ERR_FAIL, "%s: out of memory", d->path);
	default:
		return err_set(
		    e, ERR_FAIL, "%s: %s", d->path, sqlite3_errmsg(d->db));
	}
}

/* For errors of a statement: is it the statement, or the database? */
static int
fail_statement(const struct sqlite_db *d, int rc, struct err *e)
{
	switch (rc & 0xff) {
	case SQLITE_ERROR:
	case SQLITE_CONSTRAINT:
	case SQLITE_MISMATCH:
	case SQLITE_MISUSE:
	case SQLITE_RANGE:
	case SQLITE_TOOBIG:
		return err_set(
		    e, STORE_BAD_STATEMENT, "%s", sqlite3_errmsg(d->db));
	default:
		return fail(d, rc, e);
	}
}

/* --- opening */

/* What the file system can tell before SQLite is asked. */
static int
look(const char *path, enum store_mode mode, struct err *e)
{
	struct stat st;

	if (stat(path, &st) < 0) {
		if (errno != ENOENT)
			return err_set(e, ERR_FAIL, "%s: %m", path);
		if (mode == STORE_WRITE)
			return 0;
		return err_set(e, ERR_FAIL,
		    "%s: no such store; heloflow import makes one", path);
	}
	if (S_ISDIR(st.st_mode))
		return err_set(
		    e, ERR_FAIL, "%s: is a folder, not a store", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_FAIL, "%s: not a regular file", path);
	if (access(path, mode == STORE_WRITE ? R_OK | W_OK : R_OK) < 0)
		return err_set(e, ERR_FAIL, "%s: %s", path,
		    errno == EROFS || access(path, R_OK) == 0
		        ? "the file is read-only for this user"
		        : "permission denied");
	if (mode == STORE_READ && st.st_size == 0)
		return err_set(
		    e, ERR_FAIL, "%s: the file is empty, not a store", path);
	return 0;
}

static int
connect_to(struct sqlite_db *d, const char *name, int flags, struct err *e)
{
	int rc = sqlite3_open_v2(name, &d->db,
	    flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);

	if (rc == SQLITE_OK) {
		sqlite3_busy_timeout(d->db, BUSY_MS);
		return 0;
	}
	if ((rc & 0xff) == SQLITE_CANTOPEN && sqlite3_system_errno(d->db) != 0)
		return err_set(e, ERR_FAIL, "%s: cannot open the store: %s",
		    d->path, strerror(sqlite3_system_errno(d->db)));
	return fail(d, rc, e);
}

/* The first number of a PRAGMA's answer; false: *rc says why. */
static bool
pragma_number(struct sqlite_db *d, const char *pragma, int64_t *out, int *rc)
{
	sqlite3_stmt *st = NULL;

	*out = 0;
	*rc = sqlite3_prepare_v2(d->db, pragma, -1, &st, NULL);
	if (*rc == SQLITE_OK) {
		*rc = sqlite3_step(st);
		if (*rc == SQLITE_ROW)
			*out = sqlite3_column_int64(st, 0);
		if (*rc == SQLITE_ROW || *rc == SQLITE_DONE)
			*rc = SQLITE_OK;
	}
	sqlite3_finalize(st);
	return *rc == SQLITE_OK;
}

/* Both numbers as of one moment: another process may be making the store. */
static bool
read_identity(struct sqlite_db *d, int64_t *id, int64_t *schema, int *rc)
{
	bool ok;

	*rc = sqlite3_exec(d->db, "BEGIN", NULL, NULL, NULL);
	if (*rc != SQLITE_OK)
		return false;
	ok = pragma_number(d, "PRAGMA application_id", id, rc) &&
	     pragma_number(d, "PRAGMA schema_version", schema, rc);
	sqlite3_exec(d->db, "ROLLBACK", NULL, NULL, NULL);
	return ok;
}

/* An SQLite file of something else is never touched. */
static int
check_ours(struct sqlite_db *d, struct err *e)
{
	int64_t id, schema;
	int rc;

	if (!read_identity(d, &id, &schema, &rc))
		return fail(d, rc, e);
	if (id == APPLICATION_ID ||
	    (d->mode == STORE_WRITE && id == 0 && schema == 0))
		return 0;
	return err_set(e, ERR_FAIL,
	    "%s: an SQLite database, but not a HeloFlow store", d->path);
}

/* Two processes that make the same store at once: turning the log on wants
 * the file alone for a moment and does not wait for it by itself. */
static int
make_wal(struct sqlite_db *d, struct err *e)
{
	int rc = SQLITE_OK;

	for (int tries = 0; tries < BUSY_MS / 10; tries++) {
		rc = sqlite3_exec(
		    d->db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
		if ((rc & 0xff) != SQLITE_BUSY)
			break;
		usleep(10000);
	}
	return rc == SQLITE_OK ? 0 : fail(d, rc, e);
}

static int
open_write(struct sqlite_db *d, struct err *e)
{
	/* A checkpoint every 128 MB: the random pages of the indexes are
	 * written back once for many transactions. */
	static const char settings[] = "PRAGMA synchronous = FULL;"
	                               "PRAGMA foreign_keys = OFF;"
	                               "PRAGMA cache_size = -20480;"
	                               "PRAGMA wal_autocheckpoint = 16000;"
	                               "PRAGMA journal_size_limit = 67108864";
	int64_t n;
	int rc = connect_to(
	    d, d->path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, e);

	if (rc < 0)
		return rc;
	rc = check_ours(d, e);
	if (rc < 0)
		return rc;
	if (!pragma_number(d, "PRAGMA page_size = 8192", &n, &rc))
		return fail(d, rc, e);
	rc = make_wal(d, e);
	if (rc < 0)
		return rc;
	rc = sqlite3_exec(d->db, settings, NULL, NULL, NULL);
	return rc == SQLITE_OK ? 0 : fail(d, rc, e);
}

/* "file:PATH?immutable=1", with what a URI may not hold escaped. */
static void
immutable_uri(struct buf *uri, const char *path)
{
	buf_z(uri, "file:");
	for (; *path; path++) {
		if (strchr("%?#", *path))
			buf_printf(uri, "%%%02X", (unsigned)*path);
		else
			buf_c(uri, *path);
	}
	buf_z(uri, "?immutable=1");
	buf_c(uri, '\0');
}

/* Do changes wait in the write-ahead log? */
static bool
has_wal(const char *path)
{
	struct buf wal = {0};
	struct stat st;
	int rc;

	buf_printf(&wal, "%s-wal", path);
	buf_c(&wal, '\0');
	rc = stat(wal.p, &st);
	buf_free(&wal);
	return rc == 0 && st.st_size > 0;
}

/* A write-ahead log wants a shared-memory file beside the store.  Where none
 * can be made, the store can still be read as it is, if nobody has it open:
 * then there is no -wal file, or an empty one. */
static int
open_immutable(struct sqlite_db *d, struct err *e)
{
	struct buf uri = {0};
	int rc;

	if (has_wal(d->path))
		return err_set(e, ERR_FAIL,
		    "%s: its folder is read-only and changes still wait in "
		    "%s-wal; copy both files to another folder, or run as "
		    "their owner",
		    d->path, d->path);
	sqlite3_close_v2(d->db);
	d->db = NULL;
	immutable_uri(&uri, d->path);
	rc = connect_to(d, uri.p, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, e);
	buf_free(&uri);
	return rc;
}

static int
open_read(struct sqlite_db *d, struct err *e)
{
	int64_t n;
	int rc = connect_to(d, d->path, SQLITE_OPEN_READONLY, e);

	if (rc < 0)
		return rc;
	if (!pragma_number(d, "PRAGMA schema_version", &n, &rc)) {
		if ((rc & 0xff) != SQLITE_CANTOPEN &&
		    (rc & 0xff) != SQLITE_READONLY)
			return fail(d, rc, e);
		rc = open_immutable(d, e);
		if (rc < 0)
			return rc;
	}
	/* the page size is that of temporary tables */
	rc = sqlite3_exec(d->db,
	    "PRAGMA page_size = 8192; PRAGMA cache_size = -32768", NULL, NULL,
	    NULL);
	return rc == SQLITE_OK ? check_ours(d, e) : fail(d, rc, e);
}

static void
db_close(void *db)
{
	struct sqlite_db *d = db;

	if (d == NULL)
		return;
	sqlite3_finalize(d->data_version);
	sqlite3_close_v2(d->db);
	free(d);
}

static int
db_open(void **db, const char *path, enum store_mode mode, struct err *e)
{
	struct sqlite_db *d;
	int rc = look(path, mode, e);

	if (rc < 0)
		return rc;
	/* Nobody asks for statistics of memory, which take a lock for each
	 * allocation.  Refused once SQLite has begun: the first one counts. */
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	d = xcalloc(1, sizeof(*d) + strlen(path) + 1);
	memcpy(d->path, path, strlen(path) + 1);
	d->mode = mode;
	rc = mode == STORE_WRITE ? open_write(d, e) : open_read(d, e);
	if (rc < 0)
		db_close(d);
	else
		*db = d;
	return rc;
}

/* --- transactions */

static int
run(struct sqlite_db *d, const char *sql, struct err *e)
{
	int rc = sqlite3_exec(d->db, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : fail(d, rc, e);
}

static int
db_cache(void *db, int64_t kib, int64_t temporary, struct err *e)
{
	char sql[96];

	snprintf(sql, sizeof(sql),
	    "PRAGMA main.cache_size = -%d; PRAGMA temp.cache_size = -%d",
	    (int)kib, (int)temporary);
	return run(db, sql, e);
}

static bool
db_in_transaction(void *db)
{
	return !sqlite3_get_autocommit(((struct sqlite_db *)db)->db);
}

static void
db_rollback(void *db)
{
	struct sqlite_db *d = db;

	if (db_in_transaction(d))
		sqlite3_exec(d->db, "ROLLBACK", NULL, NULL, NULL);
}

static int
db_begin(void *db, struct err *e)
{
	struct sqlite_db *d = db;

	return run(d, d->mode == STORE_WRITE ? "BEGIN IMMEDIATE" : "BEGIN", e);
}

static int
db_commit(void *db, struct err *e)
{
	int rc = run(db, "COMMIT", e);

	if (rc < 0)
		db_rollback(db);
	return rc;
}

static int64_t
db_data_version(void *db, struct err *e)
{
	struct sqlite_db *d = db;
	int64_t version;
	int rc = SQLITE_OK;

	if (d->data_version == NULL)
		rc = sqlite3_prepare_v3(d->db, "PRAGMA data_version", -1,
		    SQLITE_PREPARE_PERSISTENT, &d->data_version, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(d->data_version);
	if (rc != SQLITE_ROW)
		return fail(d, rc, e);
	version = sqlite3_column_int64(d->data_version, 0);
	sqlite3_reset(d->data_version);
	return version;
}

static int64_t
db_schema_version(void *db, struct err *e)
{
	int64_t version;
	int rc;

	if (!pragma_number(db, "PRAGMA user_version", &version, &rc))
		return fail(db, rc, e);
	return version;
}

static int
db_set_schema_version(void *db, int64_t version, struct err *e)
{
	char sql[96];

	snprintf(sql, sizeof(sql),
	    "PRAGMA application_id = %d; PRAGMA user_version = %d",
	    APPLICATION_ID, (int)version);
	return run(db, sql, e);
}

/* --- statements */

struct sqlite_stmt {
	sqlite3_stmt *st;
	struct sqlite_db *db;
	int places;
};

/* Is there more than space and comments? */
static bool
is_blank(const char *p, const char *end)
{
	while (p < end) {
		if (*p == '-' && p + 1 < end && p[1] == '-')
			while (p < end && *p != '\n')
				p++;
		else if (strchr(" \t\r\n;", *p))
			p++;
		else
			return false;
	}
	return true;
}

static int
st_prepare(void *db, struct str sql, void **stmt, struct err *e)
{
	struct sqlite_db *d = db;
	struct sqlite_stmt *s;
	sqlite3_stmt *st;
	const char *tail;
	int rc = sqlite3_prepare_v3(
	    d->db, sql.p, (int)sql.n, SQLITE_PREPARE_PERSISTENT, &st, &tail);

	if (rc != SQLITE_OK)
		return fail_statement(d, rc, e);
	if (st == NULL || !is_blank(tail, sql.p + sql.n)) {
		sqlite3_finalize(st);
		return err_set(e, ERR_FAIL,
		    st ? "more than one statement" : "no statement");
	}
	*stmt = s = xmalloc(sizeof(*s));
	*s = (struct sqlite_stmt){st, d, sqlite3_bind_parameter_count(st)};
	return 0;
}

static void
st_finish(void *stmt)
{
	struct sqlite_stmt *s = stmt;

	if (s == NULL)
		return;
	sqlite3_finalize(s->st);
	free(s);
}

static int
bind_one(sqlite3_stmt *st, int at, const struct value *v, bool keep)
{
	sqlite3_destructor_type how = keep ? SQLITE_STATIC : SQLITE_TRANSIENT;

	switch (v->type) {
	case VALUE_INT:
	case VALUE_BOOL:
	case VALUE_TIME:
		return sqlite3_bind_int64(st, at, v->i);
	case VALUE_REAL:
		return sqlite3_bind_double(st, at, v->r);
	case VALUE_TEXT:
	case VALUE_JSON:
		return sqlite3_bind_text64(
		    st, at, v->s.p, v->s.n, how, SQLITE_UTF8);
	case VALUE_BLOB:
		return sqlite3_bind_blob64(st, at, v->s.p, v->s.n, how);
	case VALUE_NULL: /* as it was left by st_reset() */
		break;
	}
	return SQLITE_OK;
}

static int
st_bind(
    void *stmt, const struct value *args, size_t n, bool keep, struct err *e)
{
	struct sqlite_stmt *s = stmt;

	if (n != (size_t)s->places)
		return err_set(e, STORE_BAD_STATEMENT,
		    "%zu values for %d places", n, s->places);
	for (size_t i = 0; i < n; i++) {
		int rc = bind_one(s->st, (int)i + 1, &args[i], keep);

		if (rc != SQLITE_OK)
			return fail_statement(s->db, rc, e);
	}
	return 0;
}

static int
st_step(void *stmt, struct err *e)
{
	struct sqlite_stmt *s = stmt;
	int rc = sqlite3_step(s->st);

	if (rc == SQLITE_ROW)
		return 1;
	return rc == SQLITE_DONE ? 0 : fail_statement(s->db, rc, e);
}

static void
st_reset(void *stmt)
{
	struct sqlite_stmt *s = stmt;

	sqlite3_reset(s->st);
	sqlite3_clear_bindings(s->st);
}

static size_t
st_columns(const void *stmt)
{
	return (size_t)sqlite3_column_count(
	    ((const struct sqlite_stmt *)stmt)->st);
}

static const char *
st_column(const void *stmt, size_t i)
{
	return sqlite3_column_name(
	    ((const struct sqlite_stmt *)stmt)->st, (int)i);
}

/* Empty text and empty blobs are present, so p is never NULL for them. */
static struct value
value_of(sqlite3_value *v)
{
	const void *p;

	switch (sqlite3_value_type(v)) {
	case SQLITE_INTEGER:
		return value_int(sqlite3_value_int64(v));
	case SQLITE_FLOAT:
		return value_real(sqlite3_value_double(v));
	case SQLITE_TEXT:
		p = sqlite3_value_text(v);
		return value_str(str_of(p, (size_t)sqlite3_value_bytes(v)));
	case SQLITE_BLOB:
		p = sqlite3_value_blob(v);
		return value_blob(p ? p : "", (size_t)sqlite3_value_bytes(v));
	default:
		return value_null();
	}
}

static struct value
st_value(const void *stmt, size_t i)
{
	return value_of(sqlite3_column_value(
	    ((const struct sqlite_stmt *)stmt)->st, (int)i));
}

static int64_t
st_integer(const void *stmt, size_t i)
{
	return sqlite3_column_int64(
	    ((const struct sqlite_stmt *)stmt)->st, (int)i);
}

static int64_t
db_last_id(const void *db)
{
	return sqlite3_last_insert_rowid(((const struct sqlite_db *)db)->db);
}

static int64_t
db_changes(const void *db)
{
	return sqlite3_changes64(((const struct sqlite_db *)db)->db);
}

static int
run_to_end(struct sqlite_db *d, sqlite3_stmt *st, struct err *e)
{
	int rc;

	do
		rc = sqlite3_step(st);
	while (rc == SQLITE_ROW);
	if (rc != SQLITE_DONE)
		rc = fail_statement(d, rc, e);
	else
		rc = 0;
	sqlite3_finalize(st);
	return rc;
}

static int
db_script(void *db, struct str sql, size_t *at, struct err *e)
{
	struct sqlite_db *d = db;
	const char *p = sql.p, *end = sql.p + sql.n, *tail;
	sqlite3_stmt *st;
	int rc;

	for (; p < end; p = tail) {
		*at = (size_t)(p - sql.p);
		rc = sqlite3_prepare_v2(d->db, p, (int)(end - p), &st, &tail);
		if (rc != SQLITE_OK)
			return fail_statement(d, rc, e);
		rc = st != NULL ? run_to_end(d, st, e) : 0;
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* --- functions */

struct function {
	store_fn *fn;
	void *arg;
};

static void
set_result(sqlite3_context *to, const struct value *v)
{
	switch (v->type) {
	case VALUE_INT:
	case VALUE_BOOL:
	case VALUE_TIME:
		sqlite3_result_int64(to, v->i);
		break;
	case VALUE_REAL:
		sqlite3_result_double(to, v->r);
		break;
	case VALUE_TEXT:
	case VALUE_JSON:
		sqlite3_result_text64(
		    to, v->s.p, v->s.n, SQLITE_TRANSIENT, SQLITE_UTF8);
		break;
	case VALUE_BLOB:
		sqlite3_result_blob64(to, v->s.p, v->s.n, SQLITE_TRANSIENT);
		break;
	case VALUE_NULL:
		sqlite3_result_null(to);
	}
}

static void
call(sqlite3_context *to, int n, sqlite3_value **args)
{
	const struct function *f = sqlite3_user_data(to);
	struct value v[STORE_FN_ARGS], out = value_null();
	struct err e;

	for (int i = 0; i < n; i++)
		v[i] = value_of(args[i]);
	if (f->fn(f->arg, v, &out, &e) < 0)
		sqlite3_result_error(to, e.text, -1);
	else
		set_result(to, &out);
}

static int
db_function(void *db, const char *name, int nargs, store_fn *fn, void *arg,
    struct err *e)
{
	struct sqlite_db *d = db;
	struct function *f = NULL;
	int rc;

	if (nargs > STORE_FN_ARGS)
		return err_set(e, ERR_FAIL, "%s: too many arguments", name);
	if (fn != NULL) {
		f = xmalloc(sizeof(*f));
		*f = (struct function){fn, arg};
	}
	rc = sqlite3_create_function_v2(d->db, name, nargs, SQLITE_UTF8, f,
	    fn ? call : NULL, NULL, NULL, f ? free : NULL);
	return rc == SQLITE_OK ? 0 : fail(d, rc, e);
}

/* --- rows that are given */

struct given_table {
	sqlite3_vtab base;
	struct given *given;
};

struct given_cursor {
	sqlite3_vtab_cursor base;
	const struct value *row; /* the giver's */
	size_t n;
	int64_t no;
	bool end;
};

static int
given_connect(sqlite3 *db, void *arg, int argc, const char *const *argv,
    sqlite3_vtab **out, char **message)
{
	struct given *g = arg;
	struct given_table *t = xcalloc(1, sizeof(*t));
	struct buf sql = {0};
	int rc;

	(void)argc;
	(void)argv;
	(void)message;
	t->given = g;
	buf_s(&sql, g->sql);
	buf_c(&sql, '\0');
	rc = sqlite3_declare_vtab(db, sql.p);
	buf_free(&sql);
	if (rc == SQLITE_OK)
		*out = &t->base;
	else
		free(t);
	return rc;
}

/* There is one way to read it. */
static int
given_best_index(sqlite3_vtab *t, sqlite3_index_info *info)
{
	(void)t;
	(void)info;
	return SQLITE_OK;
}

static int
given_disconnect(sqlite3_vtab *t)
{
	free(t);
	return SQLITE_OK;
}

static int
given_open(sqlite3_vtab *t, sqlite3_vtab_cursor **out)
{
	struct given_cursor *c = xcalloc(1, sizeof(*c));

	(void)t;
	*out = &c->base;
	return SQLITE_OK;
}

static int
given_close(sqlite3_vtab_cursor *c)
{
	free(c);
	return SQLITE_OK;
}

static int
given_next(sqlite3_vtab_cursor *base)
{
	struct given_cursor *c = (struct given_cursor *)base;
	struct given_table *t = (struct given_table *)base->pVtab;
	struct given *g = t->given;
	struct err e;
	int rc = g->next != NULL
	             ? g->next(g->arg, &c->row, &c->n, &e)
	             : err_set(&e, ERR_FAIL, "nobody gives rows");

	c->end = rc == 0;
	c->no++;
	if (rc >= 0)
		return SQLITE_OK;
	sqlite3_free(t->base.zErrMsg);
	t->base.zErrMsg = sqlite3_mprintf("%s", e.text);
	return SQLITE_ERROR;
}

static int
given_filter(sqlite3_vtab_cursor *c, int plan, const char *plan_text, int argc,
    sqlite3_value **argv)
{
	(void)plan;
	(void)plan_text;
	(void)argc;
	(void)argv;
	return given_next(c);
}

static int
given_eof(sqlite3_vtab_cursor *c)
{
	return ((struct given_cursor *)c)->end;
}

/* Those that a row has not are NULL. */
static int
given_column(sqlite3_vtab_cursor *base, sqlite3_context *to, int i)
{
	const struct given_cursor *c = (const struct given_cursor *)base;

	if ((size_t)i < c->n)
		set_result(to, &c->row[i]);
	return SQLITE_OK;
}

static int
given_rowid(sqlite3_vtab_cursor *c, sqlite3_int64 *out)
{
	*out = ((struct given_cursor *)c)->no;
	return SQLITE_OK;
}

/* Without xCreate it is there by itself, under its name. */
static const sqlite3_module given_module = {
    .xConnect = given_connect,
    .xBestIndex = given_best_index,
    .xDisconnect = given_disconnect,
    .xOpen = given_open,
    .xClose = given_close,
    .xFilter = given_filter,
    .xNext = given_next,
    .xEof = given_eof,
    .xColumn = given_column,
    .xRowid = given_rowid,
};

static int
db_give(
    void *db, struct str sql, store_next *next, void *arg, struct err *e)
{
	struct sqlite_db *d = db;
	int rc = SQLITE_OK;

	if (next != NULL && !d->given.there) {
		rc = sqlite3_create_module(
		    d->db, "given", &given_module, &d->given);
		d->given.there = rc == SQLITE_OK;
	}
	d->given.sql = sql;
	d->given.next = next;
	d->given.arg = arg;
	return rc == SQLITE_OK ? 0 : fail(d, rc, e);
}

const struct store_driver_ops store_sqlite = {
    .name = "sqlite",
    .summary = "one SQLite file (the default)",
    .open = db_open,
    .close = db_close,
    .cache = db_cache,
    .begin = db_begin,
    .commit = db_commit,
    .rollback = db_rollback,
    .in_transaction = db_in_transaction,
    .data_version = db_data_version,
    .schema_version = db_schema_version,
    .set_schema_version = db_set_schema_version,
    .prepare = st_prepare,
    .finish = st_finish,
    .bind = st_bind,
    .step = st_step,
    .reset = st_reset,
    .columns = st_columns,
    .column = st_column,
    .value = st_value,
    .integer = st_integer,
    .last_id = db_last_id,
    .changes = db_changes,
    .function = db_function,
    .give = db_give,
    .script = db_script,
};
