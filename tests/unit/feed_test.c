/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows that a thread reads ahead: all of them, in order, statement by statement;
 * an error where it happens; and an end before the end.
 */
#include "correlate/feed.h"

#include "base/arena.h"
#include "base/datadir.h"
#include "store/sql_files.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define MANY 5000

static struct err err;
static char top[] = "/tmp/heloflow-feed-XXXXXX";
static struct store *store;

static const char statements[] =
    "-- name: many\n"
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT "
    "5000) SELECT i, 'text ' || i, nullif(i % 3, 0), x'00ff', '' FROM n;\n"
    "-- name: batch\n" /* as many as are handed over at once */
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT "
    "128) SELECT i FROM n;\n"
    "-- name: none\n"
    "SELECT 1 WHERE 0;\n"
    "-- name: fails\n"
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT "
    "400) SELECT abs(iif(i > 300, -9223372036854775807 - 1, i)) FROM n;\n";

static void
put_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static int
setup(void **state)
{
	char path[PATH_MAX], from[PATH_MAX];
	struct arena a = {0};
	struct sql_list list;

	(void)state;
	unsetenv("HELOFLOW_DATADIR");
	assert_non_null(mkdtemp(top));
	assert_int_equal(sql_list(&list, "schema", true, &a, &err), 0);
	snprintf(path, sizeof(path), "%s/schema", top);
	assert_int_equal(mkdir(path, 0755), 0);
	for (size_t i = 0; i < list.n; i++) {
		assert_non_null(realpath(list.path[i], from));
		snprintf(path, sizeof(path), "%s/schema/%s", top,
		    strrchr(from, '/') + 1);
		assert_int_equal(symlink(from, path), 0);
	}
	snprintf(path, sizeof(path), "%s/schema/statements", top);
	assert_int_equal(mkdir(path, 0755), 0);
	snprintf(path, sizeof(path), "%s/schema/statements/feed.sql", top);
	put_file(path, statements);
	arena_free(&a);
	setenv("HELOFLOW_DATADIR", top, 1);
	snprintf(path, sizeof(path), "%s/db", top);
	if (store_open(&store, path, STORE_WRITE, &err) < 0)
		fail_msg("%s", err.text);
	return 0;
}

static int
teardown(void **state)
{
	char command[PATH_MAX];

	(void)state;
	store_close(store);
	snprintf(command, sizeof(command), "rm -rf %s", top);
	return system(command);
}

static struct feed *
open_feed(const char *const *names, size_t n)
{
	struct feed *f;

	assert_int_equal(feed_open(&f, store, names, n, &err), 0);
	return f;
}

static size_t
count(struct feed *f)
{
	const struct value *v;
	size_t n, rows = 0;

	while (feed_row(f, &v, &n, &err) > 0) {
		assert_int_equal(v[0].i, ++rows);
		feed_next(f);
	}
	return rows;
}

static void
test_rows(void **state)
{
	static const char *const names[] = {"many"};
	struct feed *f = open_feed(names, 1);
	const struct value *v;
	char text[32];
	size_t n;

	(void)state;
	for (int i = 1; i <= MANY; i++) {
		snprintf(text, sizeof(text), "text %d", i);
		assert_int_equal(feed_row(f, &v, &n, &err), 1);
		assert_int_equal(n, 5);
		assert_int_equal(v[0].i, i);
		assert_true(str_eq(v[1].s, str_z(text)));
		assert_int_equal(v[2].type, i % 3 ? VALUE_INT : VALUE_NULL);
		assert_int_equal(v[3].type, VALUE_BLOB);
		assert_true(str_eq(v[3].s, str_of("\0\377", 2)));
		assert_int_equal(v[4].type, VALUE_TEXT);
		assert_int_equal(v[4].s.n, 0);
		feed_next(f);
	}
	assert_int_equal(feed_row(f, &v, &n, &err), 0);
	assert_int_equal(feed_row(f, &v, &n, &err), 0);
	feed_close(f);
}

static void
test_statements(void **state)
{
	static const char *const names[] = {
	    "none", "batch", "none", "many", "batch"};
	static const size_t rows[] = {0, 128, 0, MANY, 128};
	struct feed *f = open_feed(names, 5);

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(count(f), rows[i]);
		feed_statement(f);
	}
	feed_close(f);
}

static void
test_errors(void **state)
{
	static const char *const fails[] = {"fails", "many"};
	static const char *const unknown[] = {"nobody"};
	const struct value *v;
	struct feed *f = open_feed(fails, 2);
	size_t n;

	(void)state;
	assert_int_equal(count(f), 300);
	assert_true(feed_row(f, &v, &n, &err) < 0);
	assert_non_null(strstr(err.text, "integer overflow"));
	feed_close(f);
	f = open_feed(unknown, 1);
	assert_true(feed_row(f, &v, &n, &err) < 0);
	assert_non_null(strstr(err.text, "nobody"));
	feed_close(f);
}

/* Whoever leaves in the midst can begin anew. */
static void
test_left(void **state)
{
	static const char *const names[] = {"many", "batch"};
	const struct value *v;
	struct feed *f;
	size_t n;

	(void)state;
	for (int i = 0; i < 200; i++) {
		f = open_feed(names, 2);
		for (int k = 0; k < i * 5; k++) {
			assert_int_equal(feed_row(f, &v, &n, &err), 1);
			feed_next(f);
		}
		feed_close(f);
	}
	feed_close(NULL);
	f = open_feed(names, 1);
	assert_int_equal(count(f), MANY);
	feed_close(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),
	    cmocka_unit_test(test_statements),
	    cmocka_unit_test(test_errors),
	    cmocka_unit_test(test_left),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
