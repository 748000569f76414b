/* SPDX-License-Identifier: Apache-2.0 */
#include "input/lease_source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/csv.h"

static struct err err;
static struct arena arena;

struct list {
	struct lease_sink sink;
	struct str text;
	int fail_after; /* 0 = never */
};

static int
put(struct lease_sink *sink, const struct lease *l, struct err *e)
{
	struct list *list = (struct list *)sink;
	char first[ADDR_TEXT_MAX], last[ADDR_TEXT_MAX];
	char start[UTC_TEXT_MAX] = "-", end[UTC_TEXT_MAX] = "-";

	addr_format(l->first, first);
	addr_format(l->last, last);
	if (l->start != UTC_NONE)
		utc_format(l->start, start);
	if (l->end != UTC_NONE)
		utc_format(l->end, end);
	list->text =
	    arena_printf(&arena, "%.*s%s %s %d-%d %s %s %.*s %.*s:%lld@%lld\n",
	        STR_FMT(list->text), first, last, l->port_first, l->port_last,
	        start, end, STR_FMT(l->customer), STR_FMT(l->evidence.source),
	        (long long)l->evidence.line, (long long)l->evidence.offset);
	if (l->late != 0)
		list->text = arena_printf(&arena, "%.*slate %lld s\n",
		    STR_FMT(list->text), (long long)(l->late / USEC));
	if (list->fail_after > 0 && --list->fail_after == 0)
		return err_set(e, ERR_FAIL, "disk full");
	return 0;
}

static int
read_text(const char *text, const struct zone *z, struct list *list,
    struct lease_counts *counts)
{
	struct source *s;

	list->sink.put = put;
	list->text = STR("");
	*counts = (struct lease_counts){0};
	assert_int_equal(
	    source_of_memory(&s, str_z(text), 3, "l.csv", &err), 0);
	return lease_source_read_from(s, STR("csv"),
	    &(struct lease_options){.zone = z}, &list->sink, counts, &err);
}

static void
assert_reads(const char *text, const char *want)
{
	struct list list = {.fail_after = 0};
	struct lease_counts counts;

	assert_int_equal(read_text(text, NULL, &list, &counts), 0);
	assert_string_equal(list.text.p, want);
	assert_int_equal(counts.bad, 0);
	assert_int_equal(counts.rows, counts.leases);
}

static void
test_rows(void **state)
{
	(void)state;
	assert_reads("# customers\n"
	             "\n"
	             "prefix,customer\n"
	             "203.0.113.0/29,C-1\r\n"
	             "  # more\n"
	             " 198.51.100.7 , \"C, 2\" \n"
	             "2001:db8:1::/48,C-3",
	    "203.0.113.0 203.0.113.7 0-0 - - C-1 l.csv:4@29\n"
	    "198.51.100.7 198.51.100.7 0-0 - - C, 2 l.csv:6@58\n"
	    "2001:db8:1:: 2001:db8:1:ffff:ffff:ffff:ffff:ffff 0-0 - - C-3 "
	    "l.csv:7@82\n");
	assert_reads(
	    "\xef\xbb\xbfName;Customer;PREFIX;until;from;port_until;port_from\n"
	    "x;C-1;192.0.2.1-192.0.2.9;2026-11-24;2026-11-23T08:00:00+01:00;"
	    "2047;1024;more\n"
	    "\"a;b\"\"c\";C-2;192.0.2.1;1795435963;2026-11-01 00:00:00;;\n"
	    "x;C-3;192.0.2.3;;;65535;0\n"
	    "x;C-4;192.0.2.4\n",
	    "192.0.2.1 192.0.2.9 1024-2047 2026-11-23T07:00:00.000Z "
	    "2026-11-24T00:00:00.000Z C-1 l.csv:2@56\n"
	    "192.0.2.1 192.0.2.1 0-0 2026-11-01T00:00:00.000Z "
	    "2026-11-23T12:12:43.000Z C-2 l.csv:3@134\n"
	    "192.0.2.3 192.0.2.3 0-0 - - C-3 l.csv:4@190\n"
	    "192.0.2.4 192.0.2.4 0-0 - - C-4 l.csv:5@216\n");
	assert_reads("prefix\tcustomer\n192.0.2.1\tC-1\n",
	    "192.0.2.1 192.0.2.1 0-0 - - C-1 l.csv:2@16\n");
}

static void
test_zone(void **state)
{
	struct list list = {.fail_after = 0};
	struct lease_counts counts;

	(void)state;
	assert_int_equal(read_text("prefix,customer,from,until\n"
	                           "192.0.2.1,C,2026-07-01,2026-12-01\n",
	                     zone_find(STR("Europe/Vienna")), &list, &counts),
	    0);
	assert_string_equal(list.text.p,
	    "192.0.2.1 192.0.2.1 0-0 2026-06-30T22:00:00.000Z "
	    "2026-11-30T23:00:00.000Z C l.csv:2@27\n");
}

/* The night of 25 October 2026 has 02:00 to 03:00 twice in Vienna. */
static void
test_hour_twice(void **state)
{
	struct list list = {.fail_after = 0};
	struct lease_counts counts;

	(void)state;
	assert_int_equal(
	    read_text("prefix,customer,from,until\n"
	              "192.0.2.1,A,2026-10-25T01:59:59,2026-10-25T02:30:00\n"
	              "192.0.2.2,B,2026-10-25T02:40:00,2026-10-25T02:20:00\n"
	              "192.0.2.3,C,2026-10-25T02:40:00+01:00,1792980000\n"
	              "192.0.2.4,D,2026-10-25T03:20:00,2026-10-25T02:20:00\n",
	        zone_find(STR("Europe/Vienna")), &list, &counts),
	    0);
	assert_string_equal(list.text.p,
	    "192.0.2.1 192.0.2.1 0-0 2026-10-24T23:59:59.000Z "
	    "2026-10-25T00:30:00.000Z A l.csv:2@27\n"
	    "late 3600 s\n"
	    "192.0.2.2 192.0.2.2 0-0 2026-10-25T00:40:00.000Z "
	    "2026-10-25T01:20:00.000Z B l.csv:3@79\n"
	    "late 3600 s\n"
	    "192.0.2.3 192.0.2.3 0-0 2026-10-25T01:40:00.000Z "
	    "2026-10-26T02:00:00.000Z C l.csv:4@131\n");
	assert_int_equal(counts.bad, 1);
}

static void
test_bad_rows(void **state)
{
	static const struct {
		const char *row, *why;
	} bad[] = {
	    {"203.0.113.9/29,C,,,,",
	        "prefix '203.0.113.9/29' has bits set past the prefix length"},
	    {"203.0.113.0/33,C,,,,",
	        "prefix '203.0.113.0/33' is not an address or prefix"},
	    {",C,,,,", "prefix '' is not an address or prefix"},
	    {"192.0.2.9-192.0.2.1,C",
	        "prefix '192.0.2.9-192.0.2.1' is a range whose end is before "
	        "its start"},
	    {"192.0.2.9-2001:db8::,C",
	        "prefix '192.0.2.9-2001:db8::' is a range whose end is before "
	        "its start"},
	    {"192.0.2.9-x,C",
	        "prefix '192.0.2.9-x' is not a range of addresses"},
	    {"192.0.2.1,,,,,", "row '192.0.2.1,,,,,' has no customer"},
	    {"192.0.2.1", "row '192.0.2.1' has no customer"},
	    {"192.0.2.1,C,yesterday", "from 'yesterday' is not a time"},
	    {"192.0.2.1,C,,2026-13-01", "until '2026-13-01' is not a time"},
	    {"192.0.2.1,C,2026-11-01,2026-11-01",
	        "until '2026-11-01' is not after from"},
	    {"192.0.2.1,C,,,1024,",
	        "ports from '1024' are not two ports in order"},
	    {"192.0.2.1,C,,,9,8", "ports from '9' are not two ports in order"},
	    {"192.0.2.1,C,,,1,65536",
	        "ports from '1' are not two ports in order"},
	    {"192.0.2.1,C,,,0,5", "ports from '0' begin with port 0"},
	    {"192.0.2.1,\"C", "row '192.0.2.1,\"C' has an open quote"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct list list = {.fail_after = 0};
		struct lease_counts counts;
		char text[300], want[300];

		snprintf(text, sizeof(text),
		    "prefix,customer,from,until,port_from,port_until\n"
		    "192.0.2.5,C\n%s\n192.0.2.6,C\n",
		    bad[i].row);
		snprintf(want, sizeof(want), "l.csv:3: %s", bad[i].why);
		assert_int_equal(read_text(text, NULL, &list, &counts), 0);
		assert_int_equal(counts.rows, 3);
		assert_int_equal(counts.leases, 2);
		assert_int_equal(counts.bad, 1);
		assert_int_equal(counts.nsamples, 1);
		assert_string_equal(counts.samples[0].text, want);
	}
}

static void
test_many_bad(void **state)
{
	struct str text = STR("prefix,customer\n");
	struct list list = {.fail_after = 0};
	struct lease_counts counts;

	(void)state;
	for (int i = 0; i < 50; i++)
		text = arena_printf(&arena, "%.*sx,y\n", STR_FMT(text));
	assert_int_equal(read_text(text.p, NULL, &list, &counts), 0);
	assert_int_equal(counts.bad, 50);
	assert_int_equal(counts.nsamples, LEASE_BAD_SAMPLES);
}

static void
test_refused(void **state)
{
	struct list list = {.fail_after = 0};
	struct lease_counts counts;

	(void)state;
	assert_int_equal(
	    read_text("\nprefix,name\n", NULL, &list, &counts), ERR_USAGE);
	assert_string_equal(
	    err.text, "l.csv:2: the column 'customer' is missing");
	assert_int_equal(
	    read_text("address,customer\n", NULL, &list, &counts), ERR_USAGE);
	assert_string_equal(
	    err.text, "l.csv:1: the column 'prefix' is missing");
	assert_int_equal(read_text("# x\n", NULL, &list, &counts), ERR_USAGE);
	assert_string_equal(
	    err.text, "l.csv: a line that names the columns is missing");
	assert_int_equal(
	    lease_source_read("/nonexistent.csv", STR_NONE,
	        &(struct lease_options){0}, &list.sink, &counts, &err),
	    ERR_FAIL);
	/* What the sink says goes up. */
	list.fail_after = 1;
	assert_int_equal(
	    read_text("prefix,customer\n192.0.2.1,C\n192.0.2.2,C\n", NULL,
	        &list, &counts),
	    ERR_FAIL);
	assert_string_equal(err.text, "disk full");
}

static void
test_csv(void **state)
{
	static const struct {
		const char *record, *joined;
		bool open;
	} rows[] = {
	    {"a,b,c", "[a][b][c]", false},
	    {"", "[]", false},
	    {",", "[][]", false},
	    {" a , b", "[a][b]", false},
	    {"\"a\",\"b,c\"", "[a][b,c]", false},
	    {"\"a\"\"b\"", "[a\"b]", false},
	    {" \"a\" ,b", "[a][b]", false},
	    {"\"\"", "[]", false},
	    {"\" a \"", "[ a ]", false},
	    {"a\"b,c", "[a\"b][c]", false},
	    {"\"a\"x,c", "[ax][c]", false},
	    {"a,\"b", "[a][b]", true},
	    {"a,\"b\"\"", "[a][b\"]", true},
	    {"\"", "[]", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct str fields[8], got = STR("");
		char record[50];
		size_t n;

		snprintf(record, sizeof(record), "%s", rows[i].record);
		assert_int_equal(csv_is_open(str_z(record), ','), rows[i].open);
		n = csv_split(record, strlen(record), ',', fields, 8);
		for (size_t f = 0; f < n; f++)
			got = arena_printf(&arena, "%.*s[%.*s]", STR_FMT(got),
			    STR_FMT(fields[f]));
		assert_string_equal(got.p, rows[i].joined);
	}
	assert_int_equal(csv_split((char[]){"a,b,c"}, 5, ',', NULL, 0), 3);
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),
	    cmocka_unit_test(test_zone),
	    cmocka_unit_test(test_hour_twice),
	    cmocka_unit_test(test_bad_rows),
	    cmocka_unit_test(test_many_bad),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_csv),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
