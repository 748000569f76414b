/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store against real files in a temporary folder.  The data folder of the
 * program is put together there from copies: so a test can leave out
 * migrations, or add statements of its own (tests/unit/store/).
 */
#include "store/store.h"

#include "base/arena.h"
#include "base/datadir.h"
#include "cmd/findings.h"
#include "correlate/day_message.h"
#include "correlate/holders.h"
#include "correlate/hour_sum.h"
#include "correlate/regulars.h"
#include "correlate/sender_name.h"
#include "correlate/slots.h"
#include "correlate/spread.h"
#include "correlate/verdicts.h"
#include "model/delivery.h"
#include "store/sql_files.h"

#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define NOBODY 65534

static struct err err;
static char top[] = "/tmp/heloflow-store-XXXXXX"; /* this run's folder */
static char schema[PATH_MAX], own[PATH_MAX];      /* the real ones */
static int nmigrations;
static unsigned nfolders;
static char db[PATH_MAX]; /* the test's store */

/* --- the data folder and the store's folder */

/* A copy, for another user may not enter the source tree. */
static void
copy_into(const char *dir, const char *from)
{
	char path[2 * PATH_MAX], text[1 << 16];
	int in = open(from, O_RDONLY | O_CLOEXEC), out;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/%s", dir, strrchr(from, '/') + 1);
	out = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	assert_true(in >= 0 && out >= 0);
	while ((n = read(in, text, sizeof(text))) > 0)
		assert_int_equal(write(out, text, (size_t)n), n);
	assert_int_equal(n, 0);
	assert_int_equal(close(in) | close(out), 0);
}

/* A data folder with the first n migrations and, if there is a schema for
 * them, the statements. */
static void
use_migrations(int n)
{
	char dir[PATH_MAX], rows[PATH_MAX], path[2 * PATH_MAX];
	struct arena a = {0};
	struct sql_list list;

	unsetenv("HELOFLOW_DATADIR");
	assert_int_equal(sql_list(&list, "schema", true, &a, &err), 0);
	snprintf(path, sizeof(path), "%s/data%u", top, ++nfolders);
	assert_int_equal(mkdir(path, 0755), 0);
	snprintf(dir, sizeof(dir), "%s/data%u/schema", top, nfolders);
	assert_int_equal(mkdir(dir, 0755), 0);
	snprintf(rows, sizeof(rows), "%s/data%u/schema/rows", top, nfolders);
	assert_int_equal(mkdir(rows, 0755), 0);
	for (int i = 0; i < n && i < nmigrations; i++) {
		copy_into(dir, list.path[i]);
		snprintf(path, sizeof(path), "%s/rows/%s", own,
		    strrchr(list.path[i], '/') + 1);
		if (access(path, R_OK) == 0)
			copy_into(rows, path);
	}
	arena_free(&a);
	snprintf(
	    rows, sizeof(rows), "%s/data%u/schema/steps", top, nfolders);
	snprintf(path, sizeof(path), "%s/steps", own);
	assert_int_equal(symlink(path, rows), 0);
	snprintf(
	    rows, sizeof(rows), "%s/data%u/schema/statements", top, nfolders);
	assert_int_equal(mkdir(rows, 0755), 0);
	snprintf(path, sizeof(path), "%s/statements/store.sql", schema);
	copy_into(rows, path);
	snprintf(path, sizeof(path), "%s/statements.sql", own);
	copy_into(rows, path);
	*strrchr(dir, '/') = '\0';
	setenv("HELOFLOW_DATADIR", dir, 1);
}

static int
fresh(void **state)
{
	(void)state;
	use_migrations(nmigrations);
	snprintf(db, sizeof(db), "%s/%u.db", top, nfolders);
	return 0;
}

static void
write_file(const char *path, const void *p, size_t n)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

/* --- the store */

static struct store *
open_store(enum store_mode mode)
{
	struct store *s = NULL;

	if (store_open(&s, db, mode, &err) != 0)
		fail_msg("%s", err.text);
	return s;
}

static void
refused(enum store_mode mode, const char *words)
{
	struct store *s = NULL;

	assert_int_equal(store_open(&s, db, mode, &err), ERR_FAIL);
	assert_null(s);
	if (strstr(err.text, words) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", err.text, words);
	assert_non_null(strstr(err.text, db));
}

#define ok(call)                                                               \
	do {                                                                   \
		if ((call) < 0)                                                \
			fail_msg("%s: %s", #call, err.text);                   \
	} while (0)

static struct stmt *
prepare(struct store *s, const char *name)
{
	struct stmt *st = NULL;

	ok(store_prepare(s, name, &st, &err));
	return st;
}

static void
run1(struct store *s, const char *name, struct value v)
{
	ok(stmt_run(prepare(s, name), &v, 1, &err));
}

static void
run0(struct store *s, const char *name)
{
	ok(stmt_run(prepare(s, name), NULL, 0, &err));
}

static int64_t
number(struct store *s, const char *name)
{
	struct stmt *st = prepare(s, name);
	int64_t n;

	ok(stmt_start(st, NULL, 0, &err));
	assert_int_equal(stmt_next(st, &err), 1);
	n = stmt_value(st, 0).i;
	stmt_reset(st);
	return n;
}

/* The text of a name's id, "" if there is none. */
static const char *
text_of(struct store *s, int64_t id)
{
	static char text[256];
	struct stmt *st = prepare(s, "test_name");
	struct value v = value_int(id);

	text[0] = '\0';
	ok(stmt_start(st, &v, 1, &err));
	if (stmt_next(st, &err) == 1) {
		snprintf(
		    text, sizeof(text), "%.*s", STR_FMT(stmt_value(st, 0).s));
		stmt_reset(st);
	}
	return text;
}

static int64_t
name_id(struct store *s, const char *text)
{
	int64_t id = -1;

	ok(store_name(s, str_z(text), &id, &err));
	return id;
}

static void
assert_sound(struct store *s)
{
	struct stmt *st = prepare(s, "test_check");

	ok(stmt_start(st, NULL, 0, &err));
	assert_int_equal(stmt_next(st, &err), 1);
	assert_true(str_eq(stmt_value(st, 0).s, STR("ok")));
	stmt_reset(st);
	st = prepare(s, "test_references");
	ok(stmt_start(st, NULL, 0, &err));
	assert_int_equal(stmt_next(st, &err), 0);
}

/* --- values */

static const char odd[] = "a\0b\xff\xfe';--";

static const struct {
	struct value in;
	enum value_type out;
	const char *type;
} round_trip[] = {
    {{VALUE_NULL, 0, 0, {NULL, 0}}, VALUE_NULL, "null"},
    {{VALUE_INT, INT64_MIN, 0, {NULL, 0}}, VALUE_INT, "integer"},
    {{VALUE_INT, INT64_MAX, 0, {NULL, 0}}, VALUE_INT, "integer"},
    {{VALUE_REAL, 0, 2.5e-300, {NULL, 0}}, VALUE_REAL, "real"},
    {{VALUE_TEXT, 0, 0, {"", 0}}, VALUE_TEXT, "text"},
    {{VALUE_TEXT, 0, 0, {odd, sizeof(odd) - 1}}, VALUE_TEXT, "text"},
    {{VALUE_BLOB, 0, 0, {"", 0}}, VALUE_BLOB, "blob"},
    {{VALUE_BLOB, 0, 0, {odd, sizeof(odd)}}, VALUE_BLOB, "blob"},
    {{VALUE_BOOL, 1, 0, {NULL, 0}}, VALUE_INT, "integer"},
    {{VALUE_TIME, -1, 0, {NULL, 0}}, VALUE_INT, "integer"},
    {{VALUE_JSON, 0, 0, {"{}", 2}}, VALUE_TEXT, "text"},
};
#define NROUND (sizeof(round_trip) / sizeof(round_trip[0]))

static void
test_values(void **state)
{
	struct store *s = open_store(STORE_WRITE);
	struct stmt *st;

	(void)state;
	run0(s, "test_table");
	for (size_t i = 0; i < NROUND; i++) {
		run1(s, "test_put", round_trip[i].in);
		assert_int_equal(store_last_id(s), (int64_t)i + 1);
		assert_int_equal(store_changes(s), 1);
	}
	store_close(s);
	s = open_store(STORE_READ);
	st = prepare(s, "test_get");
	assert_int_equal(stmt_columns(st), 2);
	assert_string_equal(stmt_column(st, 1), "type");
	ok(stmt_start(st, NULL, 0, &err));
	for (size_t i = 0; i < NROUND; i++) {
		const struct value *want = &round_trip[i].in;
		struct value got, type;

		assert_int_equal(stmt_next(st, &err), 1);
		got = stmt_value(st, 0);
		type = stmt_value(st, 1);
		assert_true(str_eq(type.s, str_z(round_trip[i].type)));
		assert_int_equal(got.type, round_trip[i].out);
		assert_int_equal(got.i, want->i);
		assert_true(got.r == want->r);
		assert_true(str_eq(got.s, want->s));
		assert_int_equal(str_has(got.s), str_has(want->s));
	}
	assert_int_equal(stmt_next(st, &err), 0);
	store_close(s);
}

struct giver {
	size_t given, fails_at; /* rows */
};

static int
give(void *arg, const struct value **row, size_t *n, struct err *e)
{
	struct giver *g = arg;

	if (g->given == g->fails_at)
		return err_set(e, ERR_FAIL, "out of rows");
	if (g->given == NROUND)
		return 0;
	*row = &round_trip[g->given++].in;
	*n = 1;
	return 1;
}

static void
test_given(void **state)
{
	struct store *s = open_store(STORE_WRITE);
	struct giver g = {.fails_at = SIZE_MAX};
	struct stmt *st;

	(void)state;
	run0(s, "test_table");
	for (int i = 0; i < 2; i++, g.given = 0) {
		ok(store_give(s, "test_put_given", give, &g, &err));
		assert_int_equal(store_changes(s), NROUND);
	}
	st = prepare(s, "test_get");
	ok(stmt_start(st, NULL, 0, &err));
	for (size_t i = 0; i < 2 * NROUND; i++) {
		const struct value *want = &round_trip[i % NROUND].in;

		assert_int_equal(stmt_next(st, &err), 1);
		assert_int_equal(stmt_value(st, 0).i, want->i);
		assert_true(str_eq(stmt_value(st, 0).s, want->s));
	}
	assert_int_equal(stmt_next(st, &err), 0);
	g.fails_at = 2;
	assert_int_equal(
	    store_give(s, "test_put_given", give, &g, &err), ERR_FAIL);
	assert_string_equal(err.text, "out of rows");
	assert_true(store_run(s, "test_put_given", NULL, 0, &err) < 0);
	assert_non_null(strstr(err.text, "nobody gives rows"));
	assert_int_equal(number(s, "test_count"), 2 * NROUND);
	store_close(s);
}

/* Text that is bound for a loop may go away once it has started. */
static void
test_start_copies(void **state)
{
	struct store *s = open_store(STORE_WRITE);
	char text[] = "kept by the store";
	struct stmt *st;
	struct value v = value_z(text);

	(void)state;
	run0(s, "test_table");
	st = prepare(s, "test_put");
	ok(stmt_start(st, &v, 1, &err));
	memset(text, 'x', sizeof(text) - 1);
	assert_int_equal(stmt_next(st, &err), 0);
	st = prepare(s, "test_trail");
	ok(stmt_start(st, NULL, 0, &err));
	assert_int_equal(stmt_next(st, &err), 1);
	assert_true(str_eq(stmt_value(st, 0).s, STR("kept by the store")));
	store_close(s); /* in the middle of a loop */
}

/* --- interning */

static void
test_intern(void **state)
{
	struct store *s = open_store(STORE_WRITE);
	struct addr a, b;
	int64_t id, again;

	(void)state;
	assert_true(addr_parse(STR("192.0.2.7"), &a));
	assert_true(addr_parse(STR("2001:db8::7"), &b));
	ok(store_begin(s, &err));
	assert_int_equal(name_id(s, "x"), name_id(s, "x"));
	assert_int_not_equal(name_id(s, "x"), name_id(s, "X"));
	assert_int_not_equal(name_id(s, ""), 0);
	ok(store_name(s, STR_NONE, &id, &err));
	assert_int_equal(id, 0);
	ok(store_addr(s, a, &id, &err));
	ok(store_addr(s, b, &again, &err));
	assert_int_not_equal(id, again);
	ok(store_addr(s, a, &again, &err));
	assert_int_equal(id, again);
	id = name_id(s, "x");
	ok(store_commit(s, &err));
	store_close(s);

	s = open_store(STORE_WRITE);
	assert_int_equal(name_id(s, "x"), id); /* outside a transaction too */
	assert_sound(s);
	store_close(s);
}

/* The id of a rolled back name is given to the next one. */
static void
test_rollback_forgets(void **state)
{
	struct store *s = open_store(STORE_WRITE);
	int64_t lost, next;

	(void)state;
	ok(store_begin(s, &err));
	lost = name_id(s, "lost");
	store_rollback(s);
	ok(store_begin(s, &err));
	next = name_id(s, "next");
	assert_int_equal(next, lost);
	assert_int_not_equal(name_id(s, "lost"), next);
	ok(store_commit(s, &err));
	assert_string_equal(text_of(s, next), "next");
	store_close(s);
}

/* Many at once: whichever of them are new, known to this process or only to the store
 * (which the long ones always are), and whatever was put last.  An address is put
 * now and then, so that ids of what was put last are near those of names. */
static void
test_names_at_once(void **state)
{
	enum { POOL = 1500, MOST = 90 };
	static char pool[POOL][280];
	struct store *s = open_store(STORE_WRITE);
	struct str text[MOST];
	int64_t id[MOST], addr;
	unsigned r = 1;

	(void)state;
	for (int i = 0; i < POOL; i++)
		snprintf(pool[i], sizeof(pool[i]), "%0*d", i % 3 ? 4 : 270, i);
	ok(store_begin(s, &err));
	for (int round = 0; round < 400; round++) {
		size_t n = 1 + (r >> 16) % MOST;

		for (size_t i = 0; i < n; i++) {
			r = r * 1103515245 + 12345;
			text[i] = (r >> 16) % 20 == 0
			              ? STR_NONE
			              : str_z(pool[(r >> 16) %
			                    (unsigned)(4 * round + 10 < POOL
			                                   ? 4 * round + 10
			                                   : POOL)]);
		}
		ok(store_names(s, text, n, id, &err));
		for (size_t i = 0; i < n; i++) {
			if (!str_has(text[i]))
				assert_int_equal(id[i], 0);
			else
				assert_int_equal(
				    id[i], name_id(s, text[i].p));
			assert_true(strncmp(text_of(s, id[i]),
			                str_has(text[i]) ? text[i].p : "",
			                255) == 0);
		}
		if (round % 3 == 0)
			ok(store_addr(s, (struct addr){{(uint8_t)round, 1}},
			    &addr, &err));
		if (round % 100 == 99) {
			ok(store_commit(s, &err));
			ok(store_begin(s, &err));
		}
	}
	ok(store_names(s, NULL, 0, NULL, &err));
	ok(store_commit(s, &err));
	assert_sound(s);
	store_close(s);
}

/* What another process (purge) did to names is seen by the next transaction. */
static void
test_other_forgets(void **state)
{
	struct store *s = open_store(STORE_WRITE), *t = open_store(STORE_WRITE);
	struct value v[2] = {value_z("alice"), value_z("pseudonym")};
	int64_t id;

	(void)state;
	ok(store_begin(s, &err));
	id = name_id(s, "alice");
	ok(store_commit(s, &err));
	ok(stmt_run(prepare(t, "test_name_replace"), v, 2, &err));
	ok(store_begin(s, &err));
	assert_int_not_equal(name_id(s, "alice"), id);
	assert_int_equal(name_id(s, "pseudonym"), id);
	ok(store_commit(s, &err));
	store_close(s);
	store_close(t);
}

/* A driver may give a transaction up by itself, as SQLite does on some errors:
 * then nothing more goes in, not even by itself, and the end says so. */
static void
test_given_up(void **state)
{
	struct store *s = open_store(STORE_WRITE);
	int64_t id;

	(void)state;
	ok(store_begin(s, &err));
	id = name_id(s, "before");
	assert_int_equal(
	    stmt_run(prepare(s, "test_give_up"), NULL, 0, &err), ERR_FAIL);
	assert_int_equal(store_name(s, STR("after"), &id, &err), ERR_FAIL);
	assert_non_null(strstr(err.text, "given up after an error"));
	assert_int_equal(store_name(s, STR("before"), &id, &err), ERR_FAIL);
	assert_int_equal(store_commit(s, &err), ERR_FAIL);
	assert_string_equal(text_of(s, 1), "");
	ok(store_begin(s, &err));
	assert_int_equal(name_id(s, "again"), 1);
	ok(store_commit(s, &err));
	store_close(s);
}

static void
test_full(void **state)
{
	struct store *s = open_store(STORE_WRITE);
	size_t n = 1 << 20;
	char *text = malloc(n);
	struct value big = value_str(str_of(memset(text, 'x', n), n));

	(void)state;
	run0(s, "test_table");
	run0(s, "test_max_pages");
	ok(store_begin(s, &err));
	assert_int_equal(name_id(s, "before"), 1);
	assert_int_equal(
	    stmt_run(prepare(s, "test_put"), &big, 1, &err), ERR_FAIL);
	assert_non_null(strstr(err.text, "the disk is full"));
	assert_non_null(strstr(err.text, db));
	store_rollback(s);
	store_close(s);
	s = open_store(STORE_WRITE);
	assert_int_equal(number(s, "test_count"), 0);
	assert_string_equal(text_of(s, 1), "");
	assert_sound(s);
	store_close(s);
	free(text);
}

/* --- statements */

static void
statement_refused(struct store *s, const char *name, const char *words)
{
	struct stmt *st = NULL;

	assert_int_equal(store_prepare(s, name, &st, &err), ERR_FAIL);
	assert_int_equal(err.code, ERR_FAIL);
	if (strstr(err.text, words) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", err.text, words);
}

static void
test_statement_errors(void **state)
{
	struct store *s = open_store(STORE_WRITE);
	struct stmt *st = prepare(s, "test_sleepy");
	struct value v[2] = {value_int(1), value_int(2)};

	(void)state;
	statement_refused(s, "test_none", "no statement \"test_none\"");
	statement_refused(s, "test_wrong", "statements.sql:30: test_wrong: ");
	statement_refused(s, "test_two", "more than one statement");
	ok(stmt_start(st, NULL, 0, &err));
	assert_int_equal(stmt_next(st, &err), 1);
	assert_int_equal(stmt_start(st, NULL, 0, &err), ERR_FAIL);
	assert_non_null(strstr(err.text, "started again"));
	assert_int_equal(stmt_next(st, &err), 1);
	assert_int_equal(stmt_value(st, 0).i, 2);
	assert_int_equal(stmt_next(st, &err), 1);
	assert_int_equal(stmt_next(st, &err), 0);
	assert_int_equal(stmt_next(st, &err), 0);
	st = prepare(s, "test_name");
	assert_int_equal(stmt_run(st, v, 2, &err), ERR_FAIL);
	assert_non_null(strstr(err.text, "2 values for 1 places"));
	ok(stmt_run(st, v, 1, &err));
	run1(s, "name_put", value_z("twice"));
	v[0] = value_z("twice");
	assert_int_equal(
	    stmt_run(prepare(s, "test_name_put"), v, 1, &err), ERR_FAIL);
	assert_non_null(strstr(err.text, "test_name_put: UNIQUE"));
	store_close(s);
}

static void
test_name_twice(void **state)
{
	static const char text[] = "-- comment\n-- name: a\nSELECT 1;\n"
	                           "\n-- name: name_get\nSELECT 2;\n";
	char path[PATH_MAX];
	struct store *s = NULL;

	(void)state;
	snprintf(path, sizeof(path), "%s/schema/statements/zz.sql",
	    getenv("HELOFLOW_DATADIR"));
	write_file(path, text, sizeof(text) - 1);
	assert_int_equal(store_open(&s, db, STORE_WRITE, &err), ERR_FAIL);
	assert_non_null(
	    strstr(err.text, "zz.sql:5: statement name_get is already at "));
}

static void
test_transaction_errors(void **state)
{
	struct store *s = open_store(STORE_WRITE);

	(void)state;
	assert_int_equal(store_commit(s, &err), ERR_FAIL);
	store_rollback(s); /* of nothing */
	ok(store_begin(s, &err));
	assert_int_equal(store_begin(s, &err), ERR_FAIL);
	assert_non_null(strstr(err.text, "already open"));
	ok(store_commit(s, &err));
	store_close(s);
	store_close(NULL);
}

/* Every statement of the real schema fits the real tables.  Those that make a
 * temporary table for others end in _make; others go by tables of steps. */
static void
test_all_prepare(void **state)
{
	struct sql_blocks blocks = {0};
	const struct sql_block *k;
	struct holders *holders = NULL;
	struct hour_sums *hours = NULL;
	struct sender_names *senders = NULL;
	struct slots *slots = NULL;
	struct spread *spread = NULL;
	struct verdicts *verdicts = NULL;
	struct day_messages *messages = NULL;
	struct regulars *regulars = NULL;
	struct giver none = {.given = NROUND, .fails_at = SIZE_MAX};
	struct store *s;
	struct stmt *st;
	char name[128];
	size_t n = 0;

	(void)state;
	unsetenv("HELOFLOW_DATADIR");
	s = open_store(STORE_WRITE);
	ok(store_param(s, "x", value_int(1), &err));
	ok(sql_blocks_load(&blocks, "schema/statements", &err));
	for (size_t i = 0; (k = map_next(&blocks.map, &i)) != NULL;) {
		snprintf(name, sizeof(name), "%.*s", STR_FMT(k->name));
		if (str_ends(k->name, STR("_make")))
			run0(s, name);
	}
	ok(holders_open(&holders, s, 0, 1, &err));
	ok(hour_sums_open(&hours, s, &err));
	ok(sender_names_open(&senders, s, holders, &err));
	ok(slots_open(&slots, s, holders, &err));
	ok(spread_open(&spread, s, &err));
	ok(verdicts_open(&verdicts, s, &err));
	ok(day_messages_open(&messages, s, senders, spread, verdicts, &err));
	ok(regulars_open(&regulars, s, &err));
	ok(findings_prepare(s, &st, &err));
	ok(store_give(s, "verdicts_put", give, &none, &err));
	ok(store_run_steps_between(s, "correlate", 0, 86, &err));
	ok(store_run_steps_between(s, "replay", 0, 6, &err));
	for (size_t i = 0; (k = map_next(&blocks.map, &i)) != NULL; n++) {
		snprintf(name, sizeof(name), "%.*s", STR_FMT(k->name));
		prepare(s, name);
	}
	assert_true(n >= 6);
	sql_blocks_free(&blocks);
	regulars_close(regulars);
	day_messages_close(messages);
	verdicts_close(verdicts);
	spread_close(spread);
	slots_close(slots);
	sender_names_close(senders);
	hour_sums_close(hours);
	holders_close(holders);
	store_close(s);
}

static void
test_steps(void **state)
{
	static const char bad[] = "-- first line\nSELECT 1;\n\n-- note\n"
	                          "INSERT INTO nowhere VALUES (1);\n";
	struct store *s = open_store(STORE_WRITE);
	char path[PATH_MAX];
	struct stmt *st;

	(void)state;
	run0(s, "test_table");
	ok(store_begin(s, &err));
	ok(store_param(s, "run", value_z("one"), &err));
	ok(store_param(s, "run", value_z("two"), &err));
	ok(store_run_steps_between(s, "steps", 0, INT_MAX, &err));
	ok(store_commit(s, &err));
	st = prepare(s, "test_trail");
	ok(stmt_start(st, NULL, 0, &err));
	assert_int_equal(stmt_next(st, &err), 1);
	assert_true(
	    str_eq(stmt_value(st, 0).s, STR("first; with -- no comment")));
	assert_int_equal(stmt_next(st, &err), 1);
	assert_true(str_eq(stmt_value(st, 0).s, STR("second of two")));
	assert_int_equal(stmt_next(st, &err), 0);

	snprintf(
	    path, sizeof(path), "%s/schema/bad", getenv("HELOFLOW_DATADIR"));
	assert_int_equal(mkdir(path, 0755), 0);
	snprintf(path, sizeof(path), "%s/schema/bad/1.sql",
	    getenv("HELOFLOW_DATADIR"));
	write_file(path, bad, sizeof(bad) - 1);
	ok(store_begin(s, &err));
	assert_int_equal(store_run_steps_between(s, "bad", 0, INT_MAX, &err), ERR_FAIL);
	assert_non_null(strstr(err.text, "bad/1.sql:5: no such table"));
	store_rollback(s);
	assert_int_equal(store_run_steps_between(s, "none", 0, INT_MAX, &err), ERR_FAIL);
	store_close(s);
}

/* A reader may set parameters: they are its own, not the store's. */
static void
test_param_of_reader(void **state)
{
	struct store *s;
	struct stmt *st;
	struct value v = value_z("day");

	(void)state;
	store_close(open_store(STORE_WRITE));
	s = open_store(STORE_READ);
	ok(store_begin(s, &err));
	ok(store_param(s, "day", value_int(42), &err));
	st = prepare(s, "test_param");
	ok(stmt_start(st, &v, 1, &err));
	assert_int_equal(stmt_next(st, &err), 1);
	assert_int_equal(stmt_value(st, 0).i, 42);
	stmt_reset(st);
	v = value_z("new");
	assert_int_equal(
	    stmt_run(prepare(s, "name_put"), &v, 1, &err), ERR_FAIL);
	assert_non_null(strstr(err.text, "read-only"));
	store_close(s);
}

/* --- migrations */

static void
test_migrate_from_each(void **state)
{
	int64_t rows[100];

	(void)state;
	assert_true(nmigrations < 100);
	for (int k = 1; k <= nmigrations; k++) {
		struct store *s;

		use_migrations(k);
		snprintf(db, sizeof(db), "%s/from%d.db", top, k);
		s = open_store(STORE_WRITE);
		ok(store_begin(s, &err));
		ok(store_run_steps_between(s, "rows", 0, 5, &err));
		if (k < 26) /* it has a view in the place of the table */
			ok(store_run_steps_between(s, "rows", 5, 6, &err));
		ok(store_run_steps_between(s, "rows", 6, INT_MAX, &err));
		ok(store_commit(s, &err));
		store_close(s);
		use_migrations(nmigrations);
		if (k < nmigrations)
			refused(STORE_READ, "made by an older heloflow");
		s = open_store(STORE_WRITE);
		rows[k] = number(s, "test_rows");
		assert_sound(s);
		store_close(s);
		store_close(open_store(STORE_READ));
	}
	assert_int_equal(rows[1], 2);
	assert_int_equal(rows[2], 5);
	assert_int_equal(rows[3], 6);
	assert_int_equal(rows[4], 7);
	assert_int_equal(rows[5], 8);
	assert_int_equal(rows[6], 9);
	assert_int_equal(rows[7], 10);
	assert_int_equal(rows[8], 11);
}

static void
test_newer(void **state)
{
	(void)state;
	store_close(open_store(STORE_WRITE));
	use_migrations(nmigrations - 1);
	refused(STORE_WRITE, "made by a newer heloflow");
	refused(STORE_READ, "made by a newer heloflow");
}

/* A migration that fails leaves the store at the one before. */
static void
test_migration_fails(void **state)
{
	static const char bad[] = "CREATE TABLE half (a);\n\nSELECT * FROM x;";
	char path[PATH_MAX];

	(void)state;
	store_close(open_store(STORE_WRITE));
	snprintf(path, sizeof(path), "%s/schema/%03d_bad.sql",
	    getenv("HELOFLOW_DATADIR"), nmigrations + 1);
	write_file(path, bad, sizeof(bad) - 1);
	assert_int_equal(
	    store_open(&(struct store *){NULL}, db, STORE_WRITE, &err),
	    ERR_FAIL);
	assert_non_null(strstr(err.text, "_bad.sql:3: no such table"));
	assert_int_equal(unlink(path), 0);
	store_close(open_store(STORE_READ));
	snprintf(path, sizeof(path), "%s/schema/%03d_gap.sql",
	    getenv("HELOFLOW_DATADIR"), nmigrations + 2);
	write_file(path, bad, sizeof(bad) - 1);
	assert_int_equal(
	    store_open(&(struct store *){NULL}, db, STORE_WRITE, &err),
	    ERR_FAIL);
	assert_non_null(strstr(err.text, "is missing"));
}

static void
enum_text(char *out, const char *const *names, int n)
{
	*out = '\0';
	for (int i = 1; i < n; i++)
		out += sprintf(out, "%s%d%s", i > 1 ? "," : "", i, names[i]);
}

static void
test_enumerations(void **state)
{
	static const char *const *const names[] = {
	    disposition_name, stage_name, verdict_name, direction_name};
	static const int n[] = {DISP_N, STAGE_N, VERDICT_N, DIR_N};
	struct store *s = open_store(STORE_WRITE);
	struct stmt *st = prepare(s, "test_enum");
	char want[256];

	(void)state;
	ok(stmt_start(st, NULL, 0, &err));
	assert_int_equal(stmt_next(st, &err), 1);
	for (size_t i = 0; i < 4; i++) {
		enum_text(want, names[i], n[i]);
		assert_true(str_eq(stmt_value(st, i).s, str_z(want)));
	}
	store_close(s);
}

/* --- what is no store, and where it lies */

static void
test_not_a_store(void **state)
{
	static const char note[] = "this is no database";
	char other[8192] = {0}, seen[8192];
	FILE *f;

	(void)state;
	refused(STORE_READ, "no such store; heloflow import makes one");
	assert_int_equal(mkdir(db, 0755), 0);
	refused(STORE_READ, "is a folder");
	refused(STORE_WRITE, "is a folder");
	assert_int_equal(rmdir(db), 0);
	write_file(db, note, sizeof(note));
	refused(STORE_READ, "not a HeloFlow store");
	refused(STORE_WRITE, "not a HeloFlow store");
	write_file(db, "", 0);
	refused(STORE_READ, "is empty");
	assert_int_equal(unlink(db), 0);

	/* Another program's database: an SQLite header with a schema. */
	snprintf(other, sizeof(other), "%s.sql", db);
	snprintf(seen, sizeof(seen), "sqlite3 '%s' 'CREATE TABLE t (a)'", db);
	if (system(seen) != 0) {
		print_message("no sqlite3 tool: other databases not tried\n");
		return;
	}
	f = fopen(db, "r");
	assert_int_equal(fread(other, 1, sizeof(other), f), sizeof(other));
	fclose(f);
	refused(STORE_READ, "an SQLite database, but not a HeloFlow store");
	refused(STORE_WRITE, "an SQLite database, but not a HeloFlow store");
	f = fopen(db, "r");
	assert_int_equal(fread(seen, 1, sizeof(seen), f), sizeof(seen));
	fclose(f);
	assert_memory_equal(seen, other, sizeof(seen)); /* left as it is */
}

static void
test_no_folder(void **state)
{
	(void)state;
	snprintf(db, sizeof(db), "%s/none/x.db", top);
	refused(STORE_WRITE, "No such file or directory");
}

static void
test_damaged(void **state)
{
	struct store *s = open_store(STORE_WRITE);
	char junk[8192];
	struct stmt *st;
	int fd, rc;

	(void)state;
	run0(s, "test_table");
	for (int i = 0; i < 400; i++) /* the schema lies before them */
		run1(s, "test_put",
		    value_str(str_of(memset(junk, 'a', 4000), 4000)));
	store_close(s);
	memset(junk, 0xa5, sizeof(junk));
	fd = open(db, O_WRONLY);
	for (int page = 150; page < 210; page++)
		assert_int_equal(pwrite(fd, junk, 8192, page * 8192), 8192);
	close(fd);
	s = open_store(STORE_READ);
	st = prepare(s, "test_trail");
	ok(stmt_start(st, NULL, 0, &err));
	while ((rc = stmt_next(st, &err)) > 0)
		;
	assert_int_equal(rc, ERR_FAIL);
	assert_non_null(strstr(err.text, "the store is damaged"));
	store_close(s);
}

/* --- processes */

/* Runs in a child and gives its exit code. */
static int
in_child(int (*f)(void), uid_t as)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (as != 0 && geteuid() == 0 && setuid(as) != 0)
			_exit(99);
		_exit(f());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static int
refused_as(enum store_mode mode, const char *words)
{
	struct store *s = NULL;

	if (store_open(&s, db, mode, &err) == 0)
		return 1;
	if (strstr(err.text, words) != NULL)
		return 0;
	fprintf(stderr, "\"%s\" does not say \"%s\"\n", err.text, words);
	return 2;
}

static int
write_refused(void)
{
	return refused_as(STORE_WRITE, "read-only");
}

static int
read_denied(void)
{
	return refused_as(STORE_READ, "permission denied");
}

static int
wal_waits(void)
{
	return refused_as(STORE_READ, "copy both files");
}

static int
read_works(void)
{
	struct store *s = NULL;
	struct stmt *st;

	if (store_open(&s, db, STORE_READ, &err) < 0 ||
	    store_prepare(s, "test_count", &st, &err) < 0 ||
	    stmt_start(st, NULL, 0, &err) < 0 || stmt_next(st, &err) != 1) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	return stmt_value(st, 0).i == 1 ? 0 : 2;
}

/* A folder of its own, which nobody else may write; a name that a URI would
 * read otherwise. */
static void
lone_folder(char dir[static PATH_MAX])
{
	struct store *s;

	snprintf(dir, PATH_MAX, "%s/lone%u", top, nfolders);
	assert_int_equal(mkdir(dir, 0755), 0);
	snprintf(db, sizeof(db), "%s/lone%u/a?b#%%41.db", top, nfolders);
	s = open_store(STORE_WRITE);
	run0(s, "test_table");
	run1(s, "test_put", value_int(1));
	store_close(s);
}

static void
test_read_only(void **state)
{
	char dir[PATH_MAX];

	(void)state;
	lone_folder(dir);
	assert_int_equal(chmod(db, 0444), 0);
	assert_int_equal(chmod(dir, 0555), 0);
	assert_int_equal(in_child(write_refused, NOBODY), 0);
	assert_int_equal(in_child(read_works, NOBODY), 0);
	assert_int_equal(chmod(db, 0), 0);
	assert_int_equal(in_child(read_denied, NOBODY), 0);
	assert_int_equal(chmod(dir, 0755), 0);
}

static int
die_with_wal(void)
{
	struct store *s = NULL;
	struct stmt *st;
	struct value v = value_int(2);

	if (store_open(&s, db, STORE_WRITE, &err) < 0 ||
	    store_prepare(s, "test_put", &st, &err) < 0 ||
	    stmt_run(st, &v, 1, &err) < 0)
		return 1;
	raise(SIGKILL);
	return 2;
}

static void
test_read_only_with_wal(void **state)
{
	char dir[PATH_MAX], shm[2 * PATH_MAX];

	(void)state;
	lone_folder(dir);
	assert_int_equal(in_child(die_with_wal, 0), -SIGKILL);
	snprintf(shm, sizeof(shm), "%s-shm", db);
	assert_int_equal(unlink(shm), 0);
	assert_int_equal(chmod(dir, 0555), 0);
	assert_int_equal(in_child(wal_waits, NOBODY), 0);
	assert_int_equal(chmod(dir, 0755), 0);
}

static int
die_in_transaction(void)
{
	struct store *s = NULL;
	struct stmt *st;
	int64_t id;

	if (store_open(&s, db, STORE_WRITE, &err) < 0 ||
	    store_prepare(s, "test_put", &st, &err) < 0)
		return 1;
	for (int turn = 0; turn < 2; turn++) {
		if (store_begin(s, &err) < 0)
			return 1;
		for (int i = 0; i < 50000; i++) {
			struct value v = value_int(i);

			if (stmt_run(st, &v, 1, &err) < 0)
				return 1;
		}
		if (store_name(
		        s, turn ? STR("second") : STR("first"), &id, &err) < 0)
			return 1;
		if (turn == 0 && store_commit(s, &err) < 0)
			return 1;
	}
	raise(SIGKILL);
	return 2;
}

/* What was committed is there, what was not is not, not even a name. */
static void
test_kill(void **state)
{
	struct store *s = open_store(STORE_WRITE);

	(void)state;
	run0(s, "test_table");
	store_close(s);
	assert_int_equal(in_child(die_in_transaction, 0), -SIGKILL);
	s = open_store(STORE_READ);
	assert_int_equal(number(s, "test_count"), 50000);
	store_close(s);
	s = open_store(STORE_WRITE);
	assert_int_equal(number(s, "test_count"), 50000);
	assert_string_equal(text_of(s, 1), "first");
	assert_string_equal(text_of(s, 2), "");
	assert_sound(s);
	store_close(s);
}

#define WRITERS 4
#define TURNS   25

/* Reads a number and stores the next one: two at once would store it twice. */
static int
count_on(void)
{
	struct store *s = NULL;
	struct stmt *get, *put;

	if (store_open(&s, db, STORE_WRITE, &err) < 0 ||
	    store_prepare(s, "test_table", &get, &err) < 0 ||
	    stmt_run(get, NULL, 0, &err) < 0 ||
	    store_prepare(s, "test_count", &get, &err) < 0 ||
	    store_prepare(s, "test_put", &put, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	for (int i = 0; i < TURNS; i++) {
		struct value v;

		if (store_begin(s, &err) < 0 ||
		    stmt_start(get, NULL, 0, &err) < 0 ||
		    stmt_next(get, &err) != 1)
			return 2;
		v = value_int(stmt_value(get, 0).i);
		stmt_reset(get);
		usleep(500);
		if (stmt_run(put, &v, 1, &err) < 0 || store_commit(s, &err) < 0)
			return 3;
	}
	store_close(s);
	return 0;
}

/* Several processes make the store, bring it up and write, all at once. */
static void
test_writers(void **state)
{
	struct store *s;
	struct stmt *st;
	pid_t pid[WRITERS];

	(void)state;
	for (int i = 0; i < WRITERS; i++) {
		pid[i] = fork();
		if (pid[i] == 0)
			_exit(count_on());
	}
	for (int i = 0; i < WRITERS; i++) {
		int status;

		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		assert_int_equal(status, 0);
	}
	s = open_store(STORE_READ);
	st = prepare(s, "test_trail");
	ok(stmt_start(st, NULL, 0, &err));
	for (int i = 0; i < WRITERS * TURNS; i++) {
		assert_int_equal(stmt_next(st, &err), 1);
		assert_int_equal(stmt_value(st, 0).i, i);
	}
	assert_int_equal(stmt_next(st, &err), 0);
	store_close(s);
}

/* A report sees the store as it was when it began. */
static void
test_reader_sees_one_state(void **state)
{
	struct store *w = open_store(STORE_WRITE), *r;

	(void)state;
	run0(w, "test_table");
	r = open_store(STORE_READ);
	ok(store_begin(r, &err));
	assert_int_equal(number(r, "test_count"), 0);
	run1(w, "test_put", value_int(1));
	assert_int_equal(number(r, "test_count"), 0);
	ok(store_commit(r, &err));
	assert_int_equal(number(r, "test_count"), 1);
	store_close(r);
	store_close(w);
}

/* --- the data folder */

static void
test_datadir(void **state)
{
	char path[PATH_MAX];

	(void)state;
	ok(datadir_path(path, sizeof(path), "schema/statements", &err));
	assert_non_null(strstr(path, top));
	assert_int_equal(
	    datadir_path(path, sizeof(path), "schema/none", &err), ERR_FAIL);
	assert_int_equal(datadir_path(path, 8, "schema", &err), ERR_FAIL);
	setenv("HELOFLOW_DATADIR", "/nonexistent", 1);
	assert_int_equal(
	    datadir_path(path, sizeof(path), "schema", &err), ERR_FAIL);
	assert_non_null(strstr(err.text, "HELOFLOW_DATADIR=/nonexistent"));
	unsetenv("HELOFLOW_DATADIR");
	ok(datadir_path(path, sizeof(path), "schema", &err));
	assert_string_equal(path, schema);
}

/* --- */

static int
setup(void **state)
{
	struct arena a = {0};
	struct sql_list list;

	(void)state;
	unsetenv("HELOFLOW_DATADIR");
	if (mkdtemp(top) == NULL || chmod(top, 0777) != 0 ||
	    datadir_path(schema, sizeof(schema), "schema", &err) < 0 ||
	    datadir_path(own, sizeof(own), "tests/unit/store", &err) < 0 ||
	    sql_list(&list, "schema", true, &a, &err) < 0) {
		fprintf(stderr, "%s: %s\n", top, err.text);
		return -1;
	}
	nmigrations = (int)list.n;
	arena_free(&a);
	return 0;
}

static int
teardown(void **state)
{
	char cmd[PATH_MAX];

	(void)state;
	snprintf(cmd, sizeof(cmd), "rm -rf '%s'", top);
	return system(cmd);
}

#define T(f) cmocka_unit_test_setup(f, fresh)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(test_values),
	    T(test_given),
    T(test_start_copies),
	    T(test_intern),
	    T(test_rollback_forgets),
	    T(test_names_at_once),
	    T(test_other_forgets),
	    T(test_given_up),
	    T(test_full),
	    T(test_statement_errors),
	    T(test_name_twice),
	    T(test_transaction_errors),
	    T(test_all_prepare),
	    T(test_steps),
	    T(test_param_of_reader),
	    T(test_migrate_from_each),
	    T(test_newer),
	    T(test_migration_fails),
	    T(test_enumerations),
	    T(test_not_a_store),
	    T(test_no_folder),
	    T(test_damaged),
	    T(test_read_only),
	    T(test_read_only_with_wal),
	    T(test_kill),
	    T(test_writers),
	    T(test_reader_sees_one_state),
	    T(test_datadir),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
