/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filters of mailboxes.  With stores as arguments it looks whether each mailbox of
 * each message is in a filter of that message, and else exits 1: same_store.sh asks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/bloom.h"
#include "ingest/mailbox_filters.h"
#include "tests/unit/world.h"

/* --- is a mailbox in the filters of its message? */

static struct str
text_of(sqlite3_value *v)
{
	const char *p = sqlite3_value_blob(v);

	return str_of(p, (size_t)sqlite3_value_bytes(v));
}

static void
may_hold(sqlite3_context *c, int n, sqlite3_value **v)
{
	(void)n;
	sqlite3_result_int(
	    c, bloom_may_hold(text_of(v[0]), mailbox_hash(text_of(v[1]))));
}

static void
add_may_hold(sqlite3 *db)
{
	sqlite3_create_function(
	    db, "may_hold", 2, SQLITE_UTF8, NULL, may_hold, NULL, NULL);
}

#define MAILBOXES                                                              \
	"(SELECT m.id, m.received, n.text AS mailbox FROM mail_message m "     \
	"   JOIN name n ON n.id IN (m.sender, m.auth_user) "                   \
	" UNION ALL SELECT m.id, m.received, r.recipient FROM mail_message m " \
	"   JOIN mail_recipient r ON r.message = m.id "                        \
	" UNION ALL SELECT m.id, m.received, r.orig_recipient "                \
	"   FROM mail_message m JOIN mail_recipient r ON r.message = m.id) "
#define MISSING                                                                \
	"SELECT x.id, x.mailbox FROM " MAILBOXES "x WHERE x.mailbox <> '' "    \
	"AND NOT EXISTS (SELECT 1 FROM mailbox_unfiltered u "                  \
	" WHERE x.id < u.below AND x.received BETWEEN u.oldest AND u.newest) " \
	"AND NOT EXISTS (SELECT 1 FROM mailbox_filter f "                      \
	" WHERE x.id BETWEEN f.first AND f.last "                              \
	" AND x.received BETWEEN f.oldest AND f.newest "                       \
	" AND may_hold(f.bits, x.mailbox))"

static int missing;

static int
print_missing(void *arg, int n, char **value, char **name)
{
	const char *store = arg;

	missing++;
	(void)n;
	(void)name;
	printf(
	    "%s: message %s: %s is in no filter\n", store, value[0], value[1]);
	return 0;
}

static void
check(char *store)
{
	sqlite3 *db;
	int rc = sqlite3_open_v2(store, &db, SQLITE_OPEN_READWRITE, NULL);

	add_may_hold(db);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(
		    db, MISSING " LIMIT 9", print_missing, store, NULL);
	if (rc != SQLITE_OK)
		printf("%s: %s\n", store, sqlite3_errmsg(db));
	missing += rc != SQLITE_OK;
	sqlite3_close(db);
}

/* --- tests */

/* The same as SQLite's NOCASE, at each place of short and long ones. */
static void
case_is_that_of_sqlite(void **state)
{
	char a[600], b[600];

	(void)state;
	memset(a, 'x', sizeof(a));
	memset(b, 'x', sizeof(b));
	for (int x = 1; x < 256; x++)
		for (int y = 1; y < 256; y++) {
			const int n = 1 + (x * 7 + y) % 20;

			a[n / 2] = (char)x;
			b[n / 2] = (char)y;
			assert_int_equal(mailbox_hash(str_of(a, (size_t)n)) ==
			                     mailbox_hash(str_of(b, (size_t)n)),
			    sqlite3_strnicmp(a, b, n) == 0);
			a[n / 2] = b[n / 2] = 'x';
		}
	for (size_t n = 1; n < sizeof(a); n++) {
		a[n - 1] = 'X';
		assert_true(
		    mailbox_hash(str_of(a, n)) == mailbox_hash(str_of(b, n)));
		a[n - 1] = 'y';
		assert_false(
		    mailbox_hash(str_of(a, n)) == mailbox_hash(str_of(b, n)));
		a[n - 1] = 'x';
	}
}

static struct store *store;
static struct mailbox_filters *filters;
static struct err err;

static void
begin(void)
{
	if (store_open(&store, world_path, STORE_WRITE, &err) < 0 ||
	    store_begin(store, &err) < 0)
		fail_msg("%s", err.text);
	filters = mailbox_filters_new(store);
	add_may_hold(world_db);
}

static void
end(void)
{
	mailbox_filters_free(filters);
	store_close(store);
}

static void
add(int64_t id, const char *mailbox)
{
	if (mailbox_filters_add(
	        filters, id, AT(9, 0, 0) + id, str_z(mailbox), &err) < 0)
		fail_msg("%s", err.text);
}

static void
save(void)
{
	if (mailbox_filters_save(filters, &err) < 0 ||
	    store_commit(store, &err) < 0 || store_begin(store, &err) < 0)
		fail_msg("%s", err.text);
}

#define ROWS                                                                   \
	"SELECT first, last, oldest - first, newest - last, length(bits) "     \
	"FROM mailbox_filter ORDER BY first"
#define START "1728032400000000" /* AT(9, 0, 0) */

/* A row for each 4096 ids of a transaction, as small as what is in it. */
static void
rows_of_a_transaction(void **state)
{
	(void)state;
	begin();
	add(7, "a@example.com");
	add(9, NULL);
	add(8, "");
	save();
	save(); /* nothing more */
	assert_string_equal(world_rows(ROWS), "7|9|" START "|" START "|9\n");
	add(4095, "a@example.com");
	add(4096, "A@example.com");
	add(9000, NULL);
	add(4097, "a@EXAMPLE.com");
	save();
	assert_string_equal(world_rows(ROWS),
	    "7|9|" START "|" START "|9\n4095|4095|" START "|" START
	    "|9\n4096|4097|" START "|" START "|9\n9000|9000|" START "|" START
	    "|9\n");
	assert_string_equal(
	    world_rows("SELECT first, may_hold(bits, 'a@Example.Com'), "
	               "may_hold(bits, 'b@example.com') FROM mailbox_filter "
	               "ORDER BY first"),
	    "7|1|0\n4095|1|0\n4096|1|0\n9000|0|0\n");
	end();
}

/* What was not saved is not there; nor is what was rolled back. */
static void
all_of_a_transaction_or_nothing(void **state)
{
	(void)state;
	begin();
	add(1, "a@example.com");
	save();
	add(2, "b@example.com");
	if (mailbox_filters_save(filters, &err) < 0)
		fail_msg("%s", err.text);
	store_rollback(store);
	end();
	assert_string_equal(
	    world_rows("SELECT first, last FROM mailbox_filter"), "1|1\n");
}

/* More than wait in memory are written before the end, and none is lost. */
static void
more_than_wait(void **state)
{
	enum { MESSAGES = 300000 };
	char mailbox[32];

	(void)state;
	begin();
	for (int64_t id = 1; id <= MESSAGES; id++)
		for (int i = 0; i < 4; i++) {
			snprintf(mailbox, sizeof(mailbox), "%d-%d@example.com",
			    (int)id, i);
			add(id, mailbox);
		}
	save();
	assert_string_equal(
	    world_rows("SELECT count(*) > 74, count(*) < 90, "
	               "max(last / 4096 - first / 4096), max(length(bits)) "
	               "< 25000 FROM mailbox_filter"),
	    "1|1|0|1\n");
	assert_string_equal(
	    world_rows(
	        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + "
	        "97 FROM n WHERE i < 299900) SELECT count(*), sum("
	        "EXISTS (SELECT 1 FROM mailbox_filter f WHERE i BETWEEN "
	        "f.first AND f.last AND may_hold(f.bits, i || "
	        "'-3@EXAMPLE.COM'))), sum(EXISTS (SELECT 1 FROM "
	        "mailbox_filter f WHERE i BETWEEN f.first AND f.last AND "
	        "may_hold(f.bits, i || '-4@example.com'))) < 60 FROM n"),
	    "3093|3093|1\n");
	end();
}

#define WORLD(f) cmocka_unit_test_setup_teardown(f, world_open, world_close)

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(case_is_that_of_sqlite),
	    WORLD(rows_of_a_transaction),
	    WORLD(all_of_a_transaction_or_nothing),
	    WORLD(more_than_wait),
	};

	for (int i = 1; i < argc; i++)
		check(argv[i]);
	return argc > 1 ? missing > 0
	                : cmocka_run_group_tests(tests, NULL, NULL);
}
