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

#include "base/buf.h"
#include "ingest/lease_import.h"
#include "ingest/lease_overlap.h"

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
	const struct lease_import_options opt = {
	    .clock_error = 5 * USEC, .read = {.grace = 86400 * USEC}};
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
	char cmd[1024], got[1024];
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
}

/* The same path says another name for the same address and start. */
static void
a_corrected_row_replaces(void **state)
{
	(void)state;
	import(HEAD "198.51.100.7,A,2026-11-23T08:00:00Z,,,\n"
	            "198.51.100.8,A,,,,\n"
	            "198.51.100.9,A,2026-11-23T08:00:00Z,,,\n");
	import(HEAD "198.51.100.7,B,2026-11-23T08:00:00Z,,,\n"
	            "198.51.100.8,B,,,,\n");
	/* Since when .8 is B's nobody says, and .9 is not spoken of. */
	expect("SELECT group_concat(customer) FROM (SELECT customer FROM lease "
	       "ORDER BY first, customer)",
	    "B,A,B,A");
	/* Back again; and two names in one file are no correction. */
	import(HEAD "198.51.100.7,A,2026-11-23T08:00:00Z,,,\n"
	            "198.51.100.7,C,2026-11-23T08:00:00Z,,,\n");
	expect("SELECT group_concat(customer) FROM (SELECT customer FROM lease "
	       "WHERE start IS NOT NULL ORDER BY first, customer)",
	    "A,C,A");
}

/* A packet of session sid at the given minute past 8:00; what: Start, ... */
static void
packet(struct buf *b, const char *sid, const char *user, const char *addr,
    const char *what, int minute, int lasted)
{
	buf_printf(b,
	    "Mon Nov 23 08:00:00 2026\n\tAcct-Status-Type = %s\n"
	    "\tAcct-Session-Id = \"%s\"\n\tNAS-IP-Address = 192.0.2.1\n",
	    what, sid);
	if (user != NULL)
		buf_printf(b, "\tUser-Name = \"%s\"\n", user);
	if (addr != NULL)
		buf_printf(b, "\tFramed-IP-Address = %s\n", addr);
	if (lasted > 0)
		buf_printf(b, "\tAcct-Session-Time = %d\n", lasted * 60);
	buf_printf(b, "\tTimestamp = %d\n\n", 1795420800 + minute * 60);
}

static void
import_buf(struct buf *b)
{
	buf_put(b, "", 1);
	import(b->p);
	buf_free(b);
	*b = (struct buf){0};
}

/* Leases as "CUSTOMER BYTE START-END", minutes from 8:00. */
#define HELD                                                                   \
	"SELECT group_concat(t, ', ') FROM (SELECT customer || ' ' || "        \
	"substr(hex(first), 31) || ' ' || "                                    \
	"((start - 1795420800000000) / 60000000) || '-' || "                   \
	"coalesce((until - 1795420800000000) / 60000000, '') AS t "            \
	"FROM lease_held ORDER BY first, start, customer)"

static void
sessions_grow_and_close(void **state)
{
	struct buf b = {0};

	(void)state;
	packet(&b, "1", "a", "198.51.100.7", "Start", 0, 0);
	import_buf(&b);
	expect(HELD, "a 07 0-1440"); /* open: a day of grace */
	packet(&b, "1", "a", "198.51.100.7", "Start", 0, 0);
	packet(&b, "1", "a", "198.51.100.7", "Interim-Update", 60, 60);
	import_buf(&b);
	expect(HELD, "a 07 0-1500");
	/* The stop is in another file and names nothing but the session. */
	packet(&b, "1", NULL, NULL, "Stop", 90, 0);
	import_buf(&b);
	expect(HELD, "a 07 0-90");
	/* The old state of the file again. */
	packet(&b, "1", "a", "198.51.100.7", "Start", 0, 0);
	packet(&b, "1", "a", "198.51.100.7", "Interim-Update", 60, 60);
	import_buf(&b);
	expect(HELD, "a 07 0-90");
	expect("SELECT count(*) FROM lease", "1");
}

static void
a_missing_stop_ends_with_the_next_start(void **state)
{
	struct buf b = {0};

	(void)state;
	packet(&b, "1", "a", "198.51.100.7", "Start", 0, 0);
	packet(&b, "2", "b", "198.51.100.7", "Start", 30, 0);
	packet(&b, "3", "c", "198.51.100.8", "Start", 0, 0);
	/* A start that was lost: b's sign of life tells since when. */
	packet(&b, "4", "d", "198.51.100.8", "Interim-Update", 50, 10);
	import_buf(&b);
	expect(HELD, "a 07 0-30, b 07 30-1470, c 08 0-40, d 08 40-1490");
}

static void
a_restart_closes_the_sessions_of_its_server(void **state)
{
	struct buf b = {0};

	(void)state;
	packet(&b, "1", "a", "198.51.100.7", "Start", 0, 0);
	packet(&b, "2", "b", "198.51.100.8", "Start", 0, 0);
	packet(&b, "0", NULL, NULL, "Accounting-On", 20, 0);
	packet(&b, "1", "c", "198.51.100.7", "Start", 25, 0); /* id anew */
	import_buf(&b);
	expect(HELD, "a 07 0-20, c 07 25-1465, b 08 0-20");
	/* b was not on that card: he lives. */
	packet(&b, "2", "b", "198.51.100.8", "Interim-Update", 40, 40);
	import_buf(&b);
	expect(HELD, "a 07 0-20, c 07 25-1465, b 08 0-1480");
	packet(&b, "0", NULL, NULL, "Accounting-Off", 60, 0);
	import_buf(&b);
	expect(HELD, "a 07 0-20, c 07 25-60, b 08 0-60");
}

/* All orders of the same packets, in one file and in three. */
static void
order_does_not_matter(void **state)
{
	static const int order[6][3] = {
	    {0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
	static const struct {
		const char *what;
		int minute, lasted;
	} p[] = {{"Start", 0, 0}, {"Interim-Update", 30, 30}, {"Stop", 60, 60}};

	for (int files = 0; files < 2; files++)
		for (int i = 0; i < 6; i++) {
			struct buf b = {0};

			for (int k = 0; k < 3; k++) {
				int n = order[i][k];

				packet(&b, "1", "a", "198.51.100.7", p[n].what,
				    p[n].minute, p[n].lasted);
				if (files)
					import_buf(&b);
			}
			if (!files)
				import_buf(&b);
			expect(HELD, "a 07 0-60");
			expect("SELECT count(*) FROM lease", "1");
			assert_int_equal(tear_down(state), 0);
			assert_int_equal(set_up(state), 0);
		}
}

/* Minutes between its updates as learnt, and after which it is silent. */
#define BEAT                                                                   \
	"SELECT group_concat(customer || ' ' || ifnull(x.beat/60000000, '-') " \
	"|| ' ' || ifnull((h.sure-1795420800000000)/60000000, '-'), ', ') "    \
	"FROM (SELECT * FROM lease ORDER BY first, start) x "                  \
	"JOIN lease_held h USING (id, customer)"

static void
silence_is_measured_by_the_updates(void **state)
{
	static const int a[] = {10, 20, 40, 50}; /* one is lost */
	struct buf b = {0};

	(void)state;
	packet(&b, "1", "a", "198.51.100.7", "Start", 0, 0);
	packet(&b, "2", "b", "198.51.100.8", "Start", 0, 0);
	packet(&b, "2", "b", "198.51.100.8", "Interim-Update", 360, 360);
	packet(&b, "2", "b", "198.51.100.8", "Interim-Update", 720, 720);
	packet(&b, "3", "c", "198.51.100.9", "Start", 0, 0);
	for (size_t i = 0; i < 4; i++)
		packet(&b, "1", "a", "198.51.100.7", "Interim-Update", a[i],
		    a[i]);
	import_buf(&b);
	/* at least an hour; b's are rarer; c has none */
	expect(BEAT, "a 10 110, b 360 1800, c - -");
	expect(HELD, "a 07 0-1490, b 08 0-2160, c 09 0-1440");
	for (int i = 0; i < 2; i++) { /* the old state again, and a new one */
		packet(&b, "1", "a", "198.51.100.7", "Start", 0, 0);
		packet(&b, "1", "a", "198.51.100.7", "Interim-Update", 10, 10);
		packet(&b, "1", "a", "198.51.100.7", "Interim-Update", 20, 20);
		import_buf(&b);
		expect(BEAT, "a 10 110, b 360 1800, c - -");
	}
	/* A second one in a row is lost: the session is heard of again. */
	packet(&b, "1", "a", "198.51.100.7", "Interim-Update", 80, 80);
	import_buf(&b);
	expect(BEAT, "a 10 140, b 360 1800, c - -");
	packet(&b, "1", "a", "198.51.100.7", "Stop", 95, 95);
	import_buf(&b);
	expect(BEAT, "a 10 -, b 360 1800, c - -");
}

/* Start and Stop alone: silence says nothing.  A second update at once, as when an
 * IPv6 prefix is added, is no interval. */
static void
silence_says_nothing_without_updates(void **state)
{
	struct buf b = {0};

	(void)state;
	packet(&b, "1", "a", "198.51.100.7", "Start", 0, 0);
	packet(&b, "2", "b", "198.51.100.8", "Start", 0, 0);
	packet(&b, "2", "b", "198.51.100.8", "Stop", 60, 60);
	import_buf(&b);
	expect(BEAT, "a - -, b - -");
	packet(&b, "1", "a", "198.51.100.7", "Interim-Update", 0, 20);
	import_buf(&b);
	expect(BEAT, "a - -, b - -");
}

#define KEA "address,hwaddr,client_id,valid_lifetime,expire,state\n"

static void
dhcp_renews_and_changes_hands(void **state)
{
	(void)state;
	/* a renews, leaves early; b has it; a gets it back. */
	import(KEA "198.51.100.7,a,,3600,1795424400,0\n"
	           "198.51.100.7,a,,3600,1795426200,0\n"
	           "198.51.100.7,a,,0,1795422600,0\n"
	           "198.51.100.7,b,,3600,1795427400,0\n"
	           "198.51.100.7,a,,3600,1795428600,0\n");
	expect(HELD, "a 07 0-50, b 07 50-70, a 07 70-130");
	expect("SELECT count(*) FROM lease", "3");
	import(KEA "198.51.100.7,a,,3600,1795428600,0\n"
	           "198.51.100.7,a,,3600,1795432200,0\n");
	expect(HELD, "a 07 0-50, b 07 50-70, a 07 70-190");
	import("lease 198.51.100.7 { starts epoch 1795428600; ends epoch "
	       "1795429200; binding state free; hardware ethernet a; }\n");
	expect(HELD, "a 07 0-50, b 07 50-70, a 07 70-140");
}

static void
a_session_that_was_corrected(void **state)
{
	(void)state;
#define ACCT                                                                   \
	"acctsessionid,username,nasipaddress,acctstarttime,acctstoptime,"      \
	"framedipaddress\n1,"
	import(ACCT "wrong,192.0.2.1,1795420800,1795424400,198.51.100.7\n");
	import(ACCT "right,192.0.2.1,1795420800,1795424400,198.51.100.7\n");
	expect(HELD, "right 07 0-60");
	/* The id again, an hour later: another session. */
	import(ACCT "next,192.0.2.1,1795428000,1795431600,198.51.100.7\n");
	expect(HELD, "right 07 0-60, next 07 120-180");
}

static void
overlaps_are_reported(void **state)
{
	struct lease_overlaps o;
	struct err e;

	(void)state;
	import(
	    HEAD "198.51.100.7,A,2026-11-23T08:00:00Z,2026-11-23T10:00:00Z,,\n"
	         "198.51.100.7,B,2026-11-23T09:00:00Z,2026-11-23T11:00:00Z,,\n"
	         "198.51.100.7,C,2026-11-23T11:00:00Z,2026-11-23T12:00:05Z,,\n"
	         "198.51.100.7,D,2026-11-23T12:00:00Z,,,\n"
	         "203.0.113.1,E,2026-11-23T08:00:00Z,,1024,2047\n"
	         "203.0.113.1,F,2026-11-23T08:00:00Z,,2048,4095\n"
	         "203.0.113.1,G,2026-11-23T09:00:00Z,,2000,2047\n"
	         "203.0.113.8/29,H,2026-11-23,,,\n"
	         "203.0.113.9,I,2026-11-23,,,\n"
	         "2001:db8::/32,J,2026-11-23,,,\n"
	         "2001:db8:1::/48,K,2026-11-23,,,\n");
	assert_int_equal(
	    lease_overlaps(store, INT64_MIN, INT64_MAX, &o, &e), 0);
	assert_int_equal(o.pairs, 3); /* A and B, E and G, H and I */
	assert_false(o.more);
	assert_non_null(strstr(o.samples[0].text, "198.51.100.7: A ("));
	assert_non_null(strstr(o.samples[0].text,
	    "2026-11-23T09:00:00.000Z until 2026-11-23T10:00:00.000Z"));
	assert_non_null(strstr(o.samples[1].text, "203.0.113.1: E ("));
	assert_non_null(strstr(o.samples[2].text, "203.0.113.9: H ("));
	/* Not of the time that is asked for. */
	assert_int_equal(
	    lease_overlaps(store, INT64_C(1795431600000000), INT64_MAX, &o, &e),
	    0);
	assert_int_equal(o.pairs, 2);
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
	const struct lease_import_options opt = {.format = STR("leases")};
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
	    T(a_corrected_row_replaces),
	    T(sessions_grow_and_close),
	    T(a_missing_stop_ends_with_the_next_start),
	    T(a_restart_closes_the_sessions_of_its_server),
	    T(order_does_not_matter),
	    T(silence_is_measured_by_the_updates),
	    T(silence_says_nothing_without_updates),
	    T(dhcp_renews_and_changes_hands),
	    T(a_session_that_was_corrected),
	    T(overlaps_are_reported),
	    T(bad_rows_are_counted),
	    T(failure_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
