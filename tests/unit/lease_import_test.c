/* SPDX-License-Identifier: Apache-2.0 */
/* Leases into the store: once is once, and a later state closes them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "ingest/lease_import.h"

static char folder[64], db[96], csv[96];
static struct store *store;

static int
set_up(void **state)
{
	struct err e;

	(void)state;
	strcpy(folder, "/tmp/lease_import_test.XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(db, sizeof(db), "%s/x.db", folder);
	snprintf(csv, sizeof(csv), "%s/leases.csv", folder);
	if (store_open(&store, db, STORE_WRITE, &e) < 0)
		fail_msg("%s", e.text);
	return 0;
}

static int
tear_down(void **state)
{
	char cmd[128];

	(void)state;
	store_close(store);
	snprintf(cmd, sizeof(cmd), "rm -r %s", folder);
	return system(cmd);
}

static struct lease_import_counts
import(const char *text)
{
	const struct lease_import_options opt = {.clock_error = 5 * USEC};
	struct lease_import_counts n = {0};
	struct err e;
	FILE *f = fopen(csv, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	if (lease_import(store, csv, &opt, &n, &e) < 0)
		fail_msg("%s", e.text);
	return n;
}

/* What the sqlite3 shell answers, without the last line end. */
static void
expect(const char *sql, const char *want)
{
	char cmd[512], got[1024];
	size_t n;
	FILE *p;

	snprintf(cmd, sizeof(cmd), "sqlite3 %s \"%s\"", db, sql);
	p = popen(cmd, "r");
	assert_non_null(p);
	n = fread(got, 1, sizeof(got) - 1, p);
	assert_int_equal(pclose(p), 0);
	got[n > 0 ? n - 1 : 0] = '\0';
	assert_string_equal(got, want);
}

#define HEAD "prefix,customer,from,until,port_from,port_until\n"
#define ROWS                                                                   \
	HEAD "203.0.113.0/29,C-1,,,,\n"                                        \
	     "198.51.100.7,C-2,2026-11-23T08:00:00Z,,1024,2047\n"              \
	     "2001:db8:1:100::/56,C-3,2026-11-23T08:00:00Z,"                   \
	     "2026-11-23T20:00:00Z,,\n"

static void
twice_is_once(void **state)
{
	struct lease_import_counts n = import(ROWS);

	(void)state;
	assert_int_equal(n.read.leases, 3);
	assert_int_equal(n.added, 3);
	n = import(ROWS);
	assert_int_equal(n.read.leases, 3);
	assert_int_equal(n.added, 0);
	expect("SELECT count(*), count(DISTINCT ledger) FROM lease", "3|1");
	expect(
	    "SELECT count(*), min(used), min(first_time IS NULL) FROM ledger",
	    "1|3|1");
	expect("SELECT customer, port_first, port_last, start, clock_error "
	       "FROM lease WHERE port_first IS NOT NULL",
	    "C-2|1024|2047|1795420800000000|5000000");
	expect("SELECT hex(first), hex(last), \\\"end\\\" FROM lease WHERE "
	       "customer = 'C-3'",
	    "20010DB8000101000000000000000000|"
	    "20010DB8000101FFFFFFFFFFFFFFFFFF|1795464000000000");
}

static void
a_later_state_closes_and_never_opens(void **state)
{
	struct lease_import_counts n;

	(void)state;
	import(HEAD "198.51.100.7,A,2026-11-23T08:00:00Z,,,\n");
	n = import(HEAD
	    "198.51.100.7,A,2026-11-23T08:00:00Z,2026-11-23T10:00:00Z,,\n");
	assert_int_equal(n.added, 0);
	expect("SELECT count(*), max(\\\"end\\\") FROM lease",
	    "1|1795428000000000");
	import(HEAD "198.51.100.7,A,2026-11-23T08:00:00Z,,,\n");
	import(HEAD
	    "198.51.100.7,A,2026-11-23T08:00:00Z,2026-11-23T09:00:00Z,,\n");
	expect("SELECT count(*), max(\\\"end\\\") FROM lease",
	    "1|1795428000000000");
	n = import(HEAD "198.51.100.7,B,2026-11-23T08:00:00Z,,,\n");
	assert_int_equal(n.added, 1);
	expect("SELECT count(*) FROM lease", "2");
}

static void
bad_rows_are_counted(void **state)
{
	struct lease_import_counts n =
	    import(HEAD "198.51.100.7,A,,,,\nnonsense,B,,,,\n");

	(void)state;
	assert_int_equal(n.added, 1);
	assert_int_equal(n.read.bad, 1);
	assert_non_null(strstr(n.read.samples[0].text, "leases.csv:3"));
}

static void
failure_leaves_nothing(void **state)
{
	const struct lease_import_options opt = {.format = STR("kea")};
	const struct lease_import_options csv_opt = {.clock_error = 0};
	struct lease_import_counts n = {0};
	struct err e;

	(void)state;
	assert_int_equal(lease_import(store, csv, &opt, &n, &e), ERR_USAGE);
	assert_int_equal(
	    lease_import(store, "/nowhere.csv", &csv_opt, &n, &e), ERR_FAIL);
	expect("SELECT (SELECT count(*) FROM lease), "
	       "(SELECT count(*) FROM ledger)",
	    "0|0");
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(twice_is_once),
	    T(a_later_state_closes_and_never_opens),
	    T(bad_rows_are_counted),
	    T(failure_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
