/* SPDX-License-Identifier: Apache-2.0 */
/* The lease formats: what each file says, and what it does not. */
#include "input/lease_source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"

#define DAY INT64_C(1795392000000000) /* 2026-11-23T00:00:00Z */

struct list {
	struct lease_sink sink;
	struct buf text;
	uint64_t session[32], nas[32];
	size_t n;
};

static struct err err;
static struct lease_counts counts;

/* hh:mm:ss of the day, - for none, or the whole time. */
static void
put_time(struct buf *b, const char *what, int64_t t)
{
	char text[UTC_TEXT_MAX];

	if (t == UTC_NONE)
		return;
	utc_format(t, text);
	if (t >= DAY && t < DAY + 86400 * USEC)
		buf_printf(b, " %s %.8s", what, text + 11);
	else
		buf_printf(b, " %s %s", what, text);
}

static int
put(struct lease_sink *sink, const struct lease *l, struct err *e)
{
	struct list *list = (struct list *)sink;
	char first[ADDR_TEXT_MAX], last[ADDR_TEXT_MAX];

	(void)e;
	assert_in_range(list->n, 0, 31);
	list->session[list->n] = l->session;
	list->nas[list->n++] = l->nas;
	addr_format(l->first, first);
	addr_format(l->last, last);
	if (l->what == LEASE_HELD && strcmp(first, last) == 0)
		buf_printf(&list->text, "%s", first);
	else if (l->what == LEASE_HELD)
		buf_printf(&list->text, "%s-%s", first, last);
	else
		buf_z(&list->text, l->what == LEASE_STOP ? "STOP" : "RESTART");
	if (l->port_last)
		buf_printf(&list->text, ":%d-%d", l->port_first, l->port_last);
	buf_printf(&list->text, " %.*s", STR_FMT(l->customer));
	put_time(&list->text, l->fresh ? "FROM" : "from", l->start);
	if (l->session || l->nas)
		put_time(&list->text, "seen", l->seen);
	put_time(&list->text, "until", l->end);
	if (l->session)
		put_time(&list->text, "lapse", l->lapse);
	buf_printf(&list->text, " @%lld\n", (long long)l->evidence.line);
	return 0;
}

static struct list
read_as(const char *format, const char *text, const struct lease_options *opt)
{
	struct list list = {.sink = {put}};
	struct source *s;

	counts = (struct lease_counts){0};
	assert_int_equal(source_of_memory(&s, str_z(text), 5, "f", &err), 0);
	if (lease_source_read_from(
	        s, str_z(format), opt, &list.sink, &counts, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(
	    counts.rows, counts.leases + counts.ignored + counts.bad);
	buf_put(&list.text, "", 1);
	return list;
}

static const struct lease_options hour = {.grace = 3600 * USEC};

static void
assert_reads(const char *format, const char *text, const char *want)
{
	struct list auto_list = read_as("auto", text, &hour);
	struct list list = read_as(format, text, &hour);

	assert_string_equal(list.text.p, want);
	assert_string_equal(auto_list.text.p, want);
	buf_free(&list.text);
	buf_free(&auto_list.text);
}

static void
assert_bad(const char *format, const char *text, const char *why)
{
	struct list list = read_as(format, text, &hour);

	assert_string_equal(list.text.p, "");
	assert_int_equal(counts.bad, 1);
	assert_string_equal(counts.samples[0].text, why);
	buf_free(&list.text);
}

#define START                                                                  \
	"Mon Nov 23 08:00:01 2026\n"                                           \
	"\tAcct-Status-Type = Start\n"                                         \
	"\tAcct-Session-Id = \"5F1A0001\"\n"                                   \
	"\tUser-Name = \"c1024@example.net\"\n"                                \
	"\tCalling-Station-Id = \"line \\\"7\\\"\"\n"                          \
	"\tNAS-IP-Address = 192.0.2.1\n"                                       \
	"\tFramed-IP-Address = 198.51.100.7\n"                                 \
	"\tFramed-IPv6-Prefix = 2001:db8:1:7::/64\n"                           \
	"\tDelegated-IPv6-Prefix = 2001:db8:100:700::/56\n"                    \
	"\tEvent-Timestamp = \"Nov 23 2026 08:00:00 UTC\"\n"                   \
	"\tAcct-Unique-Session-Id = \"0a1b\"\n"                                \
	"\tTimestamp = 1795420801\n\n"

static void
radius_sessions(void **state)
{
	struct list list;

	(void)state;
	assert_reads("radius-detail",
	    START "Mon Nov 23 08:10:01 2026\n"
	          "\tAcct-Status-Type = Interim-Update\n"
	          "\tAcct-Session-Id = \"5F1A0001\"\n"
	          "\tUser-Name = \"c1024@example.net\"\n"
	          "\tNAS-IP-Address = 192.0.2.1\n"
	          "\tFramed-IP-Address = 198.51.100.7\n"
	          "\tAcct-Session-Time = 600\n"
	          "\tAcct-Delay-Time = 5\n"
	          "\tTimestamp = 1795421405\n\n"
	          "Mon Nov 23 09:00:00 2026\n"
	          "\tAcct-Status-Type = Stop\n"
	          "\tAcct-Session-Id = \"5F1A0001\"\n"
	          "\tNAS-IP-Address = 192.0.2.1\n\n"
	          "Mon Nov 23 09:00:10 2026\n"
	          "\tPacket-Type = Access-Request\n"
	          "\tUser-Name = \"c1024@example.net\"\n\n"
	          "Mon Nov 23 10:00:00 2026\n"
	          "\tAcct-Status-Type = Accounting-On\n"
	          "\tNAS-IP-Address = 192.0.2.1\n\n",
	    "198.51.100.7 c1024@example.net FROM 08:00:00 seen 08:00:00 lapse "
	    "09:00:00 @1\n"
	    "2001:db8:1:7::-2001:db8:1:7:ffff:ffff:ffff:ffff c1024@example.net "
	    "FROM 08:00:00 seen 08:00:00 lapse 09:00:00 @1\n"
	    "2001:db8:100:700::-2001:db8:100:7ff:ffff:ffff:ffff:ffff "
	    "c1024@example.net FROM 08:00:00 seen 08:00:00 lapse 09:00:00 @1\n"
	    "198.51.100.7 c1024@example.net from 08:00:00 seen 08:10:00 lapse "
	    "09:10:00 @14\n"
	    "STOP  seen 09:00:00 until 09:00:00 lapse 10:00:00 @24\n"
	    "RESTART  seen 10:00:00 @33\n");
	assert_int_equal(counts.rows, 5);
	assert_int_equal(counts.leases, 4);
	assert_int_equal(counts.ignored, 1);
	list = read_as("radius-detail", START START, &hour);
	assert_int_equal(list.n, 6);
	assert_true(list.session[0] == list.session[5]);
	assert_true(list.nas[0] == list.nas[5] && list.nas[0] != 0);
	buf_free(&list.text);
}

static void
radius_customer_is_what_was_asked_for(void **state)
{
	const struct lease_column column = {
	    STR("customer"), STR("Calling-Station-Id")};
	const struct lease_options opt = {.columns = &column, .ncolumns = 1};
	struct list list = read_as("radius-detail", START, &opt);

	(void)state;
	assert_non_null(strstr(list.text.p, "198.51.100.7 line \"7\" FROM"));
	assert_null(strstr(list.text.p, "c1024"));
	buf_free(&list.text);
}

#define STAMPED(event, more)                                                   \
	"Mon Nov 23 09:00:00 2026\n"                                           \
	"\tAcct-Status-Type = Start\n\tAcct-Session-Id = 1\n\tUser-Name = u\n" \
	"\tFramed-IP-Address = 198.51.100.7\n" event more "\n"

static void
radius_times(void **state)
{
	static const struct {
		const char *text, *zone, *from;
	} t[] = {
	    /* The NAS's word, in UTC, in the source's zone, as a number. */
	    {STAMPED("\tEvent-Timestamp = \"Nov 23 2026 08:00:00 UTC\"\n",
	         "\tTimestamp = 1795420860\n"),
	        NULL, "FROM 08:00:00"},
	    {STAMPED("\tEvent-Timestamp = \"Nov 23 2026 09:00:00 CET\"\n",
	         "\tTimestamp = 1795420860\n"),
	        "Europe/Vienna", "FROM 08:00:00"},
	    {STAMPED("\tEvent-Timestamp = 1795420800\n", ""), NULL,
	        "FROM 08:00:00"},
	    /* A zone that nobody told: when it came. */
	    {STAMPED("\tEvent-Timestamp = \"Nov 23 2026 09:00:00 CET\"\n",
	         "\tTimestamp = 1795420860\n"),
	        NULL, "FROM 08:01:00"},
	    /* A clock that was never set, and one that is ahead. */
	    {STAMPED("\tEvent-Timestamp = \"Jan  1 2000 00:00:07 UTC\"\n",
	         "\tTimestamp = 1795420860\n"),
	        NULL, "FROM 08:01:00"},
	    {STAMPED("\tEvent-Timestamp = \"Nov 23 2026 11:00:00 UTC\"\n",
	         "\tTimestamp = 1795420860\n\tAcct-Delay-Time = 60\n"),
	        NULL, "FROM 08:00:00"},
	    /* Nothing but the header. */
	    {STAMPED("", ""), NULL, "FROM 09:00:00"},
	    {STAMPED("", ""), "Europe/Vienna", "FROM 08:00:00"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		const struct lease_options opt = {
		    .zone = t[i].zone ? zone_find(str_z(t[i].zone)) : NULL};
		struct list list = read_as("radius-detail", t[i].text, &opt);

		if (strstr(list.text.p, t[i].from) == NULL)
			fail_msg("%zu: %s", i, list.text.p);
		buf_free(&list.text);
	}
}

static void
radius_refuses_what_could_be_cut_or_read_twice(void **state)
{
	(void)state;
	/* The address may have been 198.51.100.77. */
	assert_bad("radius-detail",
	    "Mon Nov 23 08:00:01 2026\n\tAcct-Status-Type = Start\n"
	    "\tAcct-Session-Id = 1\n\tUser-Name = u\n"
	    "\tFramed-IP-Address = 198.51.100.7",
	    "f:1: packet with 'Mon Nov 23 08:00:01 2026' has no empty line "
	    "behind it");
	assert_bad("radius-detail", STAMPED("\tUser-Name = \"v\"\n", ""),
	    "f:1: packet with 'v' is a second value of an attribute");
	assert_bad("radius-detail",
	    STAMPED("\tFramed-IP-Address = 198.51.100\n", ""),
	    "f:1: address '198.51.100' is not an address or prefix");
	assert_bad("radius-detail", STAMPED("\tgarbage\n", ""),
	    "f:1: packet with '\tgarbage' is no attribute");
	assert_bad("radius-detail", "\tUser-Name = \"u\"\n\n",
	    "f:1: packet with '\tUser-Name = \"u\"' has no line with a time "
	    "before it");
	assert_bad("radius-detail",
	    "x\n\tAcct-Status-Type = Start\n\tAcct-Session-Id = 1\n"
	    "\tFramed-IP-Address = 198.51.100.7\n\n",
	    "f:1: packet 'x' has no time that can be read (is tz set?)");
	assert_bad("radius-detail",
	    "x\n\tAcct-Status-Type = Start\n\tTimestamp = 1795420860\n\n",
	    "f:1: packet 'x' has no Acct-Session-Id");
	/* An address that is none. */
	assert_reads("radius-detail",
	    "Mon Nov 23 09:00:00 2026\n\tAcct-Status-Type = Start\n"
	    "\tAcct-Session-Id = 1\n\tFramed-IP-Address = 255.255.255.254\n\n",
	    "");
	assert_int_equal(counts.ignored, 1);
}

static void
radacct_rows(void **state)
{
	struct list list, detail;

	(void)state;
	assert_reads("radacct",
	    "radacctid,acctsessionid,username,nasipaddress,acctstarttime,"
	    "acctupdatetime,acctstoptime,framedipaddress,delegatedipv6prefix\n"
	    "1,5F1A0001,c1,192.0.2.1,2026-11-23 08:00:00,2026-11-23 09:00:00,"
	    "2026-11-23 10:00:00,198.51.100.7,\n"
	    "2,5F1A0002,c2,192.0.2.1,2026-11-23 08:00:00+00,\\N,NULL,"
	    "198.51.100.8,2001:db8:100:700::/56\n"
	    "3,5F1A0003,c3,192.0.2.1,2026-11-23 08:00:00,2026-11-23 "
	    "08:30:00,0000-00-00 00:00:00,198.51.100.9,\n"
	    "4,5F1A0004,c4,192.0.2.1,2026-11-23 08:00:00,,,,\n",
	    "198.51.100.7 c1 from 08:00:00 seen 10:00:00 until 10:00:00 lapse "
	    "11:00:00 @2\n"
	    "198.51.100.8 c2 from 08:00:00 seen 08:00:00 lapse 09:00:00 @3\n"
	    "2001:db8:100:700::-2001:db8:100:7ff:ffff:ffff:ffff:ffff c2 from "
	    "08:00:00 seen 08:00:00 lapse 09:00:00 @3\n"
	    "198.51.100.9 c3 from 08:00:00 seen 08:30:00 lapse 09:30:00 @4\n");
	assert_int_equal(counts.ignored, 1);
	/* The same session as in a detail file. */
	list = read_as("radacct",
	    "acctsessionid,username,nasipaddress,acctstarttime,acctstoptime,"
	    "framedipaddress\n"
	    "5F1A0001,c1,192.0.2.1,2026-11-23 08:00:00,,198.51.100.7\n",
	    &hour);
	detail = read_as("radius-detail", START, &hour);
	assert_true(list.session[0] == detail.session[0]);
	buf_free(&list.text);
	buf_free(&detail.text);
	assert_bad("radacct",
	    "acctsessionid,username,acctstarttime,acctstoptime\n"
	    "1,c,2026-11-23 08:00:00,2026-11-23 07:00:00\n",
	    "f:2: stop '2026-11-23 07:00:00' is before the start");
}

static void
dhcpd_leases(void **state)
{
	(void)state;
	assert_reads("dhcpd",
	    "# The format of this file is documented in the dhcpd.leases(5)\n"
	    "authoring-byte-order little-endian;\n\n"
	    "lease 198.51.100.7 {\n"
	    "  starts 1 2026/11/23 08:00:00;\n"
	    "  ends 1 2026/11/23 20:00:00;\n"
	    "  cltt 1 2026/11/23 08:00:02;\n"
	    "  binding state active;\n"
	    "  next binding state free;\n"
	    "  hardware ethernet 00:00:5e:00:53:01;\n"
	    "  uid \"\\001\\000\\000^\\000S\\001\";\n"
	    "  option agent.circuit-id \"dsl/7\";\n"
	    "  client-hostname \"c9; } lease 198.51.100.9 {\";\n"
	    "  on expiry { set x = 1; starts never; }\n"
	    "}\n"
	    "lease 198.51.100.7 { starts epoch 1795420800; # Mon\n"
	    " ends epoch 1795424400; binding state free; hardware ethernet "
	    "00:00:5e:00:53:01; }\n"
	    "lease 198.51.100.8 { starts 1 2026/11/23 08:00:00; ends never; "
	    "hardware ethernet 00:00:5e:00:53:02; }\n"
	    "lease 198.51.100.9 { starts 1 2026/11/23 08:00:00; ends never; "
	    "binding state abandoned; }\n"
	    "lease 198.51.100.10 { starts 1 2026/11/23 08:00:00; ends 1 "
	    "2026/11/23 07:00:00; binding state free; hardware ethernet "
	    "00:00:5e:00:53:02; }\n",
	    "198.51.100.7 00:00:5e:00:53:01 from 08:00:00 seen 08:00:02 lapse "
	    "20:00:00 @4\n"
	    "198.51.100.7 00:00:5e:00:53:01 from 08:00:00 seen 09:00:00 until "
	    "09:00:00 @16\n"
	    "198.51.100.8 00:00:5e:00:53:02 from 08:00:00 seen 08:00:00 @18\n");
	assert_int_equal(counts.rows, 5);
	assert_int_equal(counts.ignored, 2);
}

static void
dhcpd_customers(void **state)
{
	static const struct {
		const char *field, *want;
	} t[] = {
	    {"uid", "198.51.100.7 01:00:00:5e:00:53:01 from"},
	    {"circuit-id", "198.51.100.7 dsl/7 from"},
	    {"remote-id", "198.51.100.7 0:4:1 from"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		const struct lease_column c = {
		    STR("customer"), str_z(t[i].field)};
		const struct lease_options opt = {.columns = &c, .ncolumns = 1};
		struct list list = read_as("dhcpd",
		    "lease 198.51.100.7 { starts 1 2026/11/23 08:00:00; ends "
		    "never; hardware ethernet 00:00:5e:00:53:01;\n"
		    "uid \"\\001\\000\\000^\\000S\\001\"; option "
		    "agent.circuit-id \"dsl/7\"; option agent.remote-id "
		    "0:4:1; client-hostname \"me\"; }\n",
		    &opt);

		if (strncmp(list.text.p, t[i].want, strlen(t[i].want)) != 0)
			fail_msg("%s", list.text.p);
		buf_free(&list.text);
	}
}

static void
dhcpd6_leases(void **state)
{
	(void)state;
	assert_reads("dhcpd",
	    "server-duid \"\\000\\001\";\n"
	    "ia-na \"abcd\\000\\003\\000\\001\" {\n"
	    "  cltt 1 2026/11/23 08:00:00;\n"
	    "  iaaddr 2001:db8:1::7 {\n"
	    "    binding state active;\n"
	    "    preferred-life 375;\n"
	    "    max-life 600;\n"
	    "    ends 1 2026/11/23 08:10:00;\n"
	    "  }\n"
	    "}\n"
	    "ia-pd \"abcd\\000\\003\\000\\001\" {\n"
	    "  cltt 1 2026/11/23 08:00:00;\n"
	    "  iaprefix 2001:db8:100:700::/56 {\n"
	    "    binding state expired;\n"
	    "    ends 1 2026/11/23 08:10:00;\n"
	    "  }\n"
	    "  iaprefix 2001:db8:100:800::/56 {\n"
	    "    binding state released;\n"
	    "    ends 1 2026/11/23 08:10:00;\n"
	    "  }\n"
	    "}\n",
	    "2001:db8:1::7 00:03:00:01 from 08:00:00 seen 08:00:00 lapse "
	    "08:10:00 @4\n"
	    "2001:db8:100:700::-2001:db8:100:7ff:ffff:ffff:ffff:ffff "
	    "00:03:00:01 from 08:00:00 seen 08:10:00 until 08:10:00 lapse "
	    "08:10:00 @13\n"
	    "2001:db8:100:800::-2001:db8:100:8ff:ffff:ffff:ffff:ffff "
	    "00:03:00:01 seen 08:00:00 until 08:00:00 lapse 08:10:00 @17\n");
}

static void
dhcpd_refuses(void **state)
{
	(void)state;
	assert_bad("dhcpd",
	    "lease 198.51.100.7 { starts 1 2026/11/23 08:00:00; ends never; "
	    "hardware ethernet 00:00:5e:00:53:01;\n",
	    "f:1: declaration '198.51.100.7' is not closed");
	assert_bad("dhcpd",
	    "lease 198.51.100.7 { starts 1 2026/11/23 08:00:00 -3600; }\n",
	    "f:1: statement 'starts' has a time that cannot be read");
	assert_bad("dhcpd",
	    "lease 198.51.100.7 { starts 1 2026/11/23 08:00:00; ends never; "
	    "client-hostname \"me\"; }\n",
	    "f:1: lease '198.51.100.7' does not name the client so");
	assert_bad("dhcpd",
	    "lease 198.51.100.7/24 { starts 1 2026/11/23 08:00:00; hardware "
	    "ethernet 1; }\n",
	    "f:1: lease '198.51.100.7/24' has bits set past the prefix length");
	assert_bad("dhcpd", "lease 198.51.100.7 { uid \"open;\n } }\n",
	    "f:1: statement '\"' is a quote without end");
}

static void
kea_leases(void **state)
{
	(void)state;
	assert_reads("kea",
	    "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,"
	    "fqdn_rev,hostname,state,user_context,pool_id\n"
	    "198.51.100.7,00:00:5e:00:53:01,01:aa,3600,1795424400,1,0,0,me,0,,"
	    "0\n"
	    "198.51.100.7,00:00:5e:00:53:01,01:aa,0,1795420800,1,0,0,,0,,0\n"
	    "198.51.100.8,00:00:5e:00:53:02,,4294967295,6090388095,1,0,0,,0,,"
	    "0\n"
	    "198.51.100.9,,,3600,1795424400,1,0,0,,1,,0\n"
	    "198.51.100.10,00:00:5e:00:53:03,,3600,1795424400,1,0,0,,2,,0\n",
	    "198.51.100.7 00:00:5e:00:53:01 from 08:00:00 seen 08:00:00 lapse "
	    "09:00:00 @2\n"
	    "198.51.100.8 00:00:5e:00:53:02 from 08:00:00 seen 08:00:00 @4\n"
	    "198.51.100.10 00:00:5e:00:53:03 from 08:00:00 seen 08:00:00 lapse "
	    "09:00:00 @6\n");
	assert_int_equal(counts.ignored, 2);
	assert_reads("kea",
	    "address,duid,valid_lifetime,expire,subnet_id,pref_lifetime,"
	    "lease_type,iaid,prefix_len,fqdn_fwd,fqdn_rev,hostname,hwaddr,"
	    "state\n"
	    "2001:db8:1::7,00:03,3600,1795424400,1,1800,0,1,128,0,0,,,0\n"
	    "2001:db8:100:700::,00:03,3600,1795424400,1,1800,2,1,56,0,0,,,0\n",
	    "2001:db8:1::7 00:03 from 08:00:00 seen 08:00:00 lapse 09:00:00 "
	    "@2\n"
	    "2001:db8:100:700::-2001:db8:100:7ff:ffff:ffff:ffff:ffff 00:03 "
	    "from 08:00:00 seen 08:00:00 lapse 09:00:00 @3\n");
	assert_bad("kea",
	    "address,hwaddr,client_id,valid_lifetime,expire\n"
	    "198.51.100.7,a,,3600,3599\n",
	    "f:2: expire '3599' and valid_lifetime are no times");
	assert_bad("kea",
	    "address,hwaddr,client_id,valid_lifetime,expire\n"
	    "198.51.100.7,,,3600,1795424400\n",
	    "f:2: row '198.51.100.7,,,3600,1795424400' has no client");
}

#define CGNAT                                                                  \
	"public_address,port_from,port_until,from,until,private_address,customer\n"

static void
cgnat_blocks(void **state)
{
	(void)state;
	assert_reads("cgnat",
	    CGNAT "192.0.2.1,1024,2047,2026-11-23T08:00:00Z,"
	          "2026-11-23T09:00:00Z,100.64.0.9,C-7\n"
	          "192.0.2.1,2048,3071,2026-11-23T08:00:00Z,,100.64.0.10,\n",
	    "192.0.2.1:1024-2047 C-7 from 08:00:00 until 09:00:00 @2\n"
	    "192.0.2.1:2048-3071 100.64.0.10 from 08:00:00 @3\n");
	assert_reads("cgnat",
	    "public_address,ports,from,customer\n"
	    "192.0.2.1,1024 - 2047,1795420800,C-7\n",
	    "192.0.2.1:1024-2047 C-7 from 08:00:00 @2\n");
	assert_bad("cgnat", CGNAT "192.0.2.1,,,2026-11-23T08:00:00Z,,,C\n",
	    "f:2: ports from '' are no block of ports");
	assert_bad("cgnat", CGNAT "192.0.2.1,0,65535,2026-11-23,,,C\n",
	    "f:2: ports from '0' are no block of ports");
	assert_bad("cgnat", CGNAT "192.0.2.1,1,9,,,,C\n",
	    "f:2: row '192.0.2.1,1,9,,,,C' has no from");
	assert_bad("cgnat", CGNAT "192.0.2.0/24,1,9,2026-11-23,,,C\n",
	    "f:2: address '192.0.2.0/24' is none");
}

static void
csv_with_other_names(void **state)
{
	static const struct lease_column columns[] = {
	    {STR("prefix"), STR("ip")}, {STR("customer"), STR("contract")},
	    {STR("from"), STR("valid from")}};
	const struct lease_options opt = {.columns = columns, .ncolumns = 3};
	struct list list = read_as("csv",
	    "contract;ip;valid from;from\nC-1;192.0.2.0/28;2026-11-23;never\n",
	    &opt);
	struct source *s;

	(void)state;
	assert_string_equal(
	    list.text.p, "192.0.2.0-192.0.2.15 C-1 from 00:00:00 @2\n");
	buf_free(&list.text);
	/* A name that is configured must be there. */
	assert_int_equal(
	    source_of_memory(
	        &s, str_z("contract;ip\nC-1;192.0.2.0/28\n"), 0, "f", &err),
	    0);
	assert_int_equal(lease_source_read_from(
	                     s, STR("csv"), &opt, &list.sink, &counts, &err),
	    ERR_USAGE);
	assert_string_equal(
	    err.text, "f:1: the column 'valid from' is missing");
	/* And known to the format. */
	assert_int_equal(source_of_memory(&s, str_z("x"), 0, "f", &err), 0);
	assert_int_equal(lease_source_read_from(
	                     s, STR("dhcpd"), &opt, &list.sink, &counts, &err),
	    ERR_USAGE);
	assert_string_equal(
	    err.text, "f: dhcpd has no column 'prefix' to be named");
}

static void
two_claims_are_none(void **state)
{
	struct list list = {.sink = {put}};
	struct source *s;

	(void)state;
	assert_int_equal(
	    source_of_memory(&s, str_z("prefix,customer,public_address,from\n"),
	        0, "f", &err),
	    0);
	assert_int_equal(lease_source_read_from(
	                     s, STR_NONE, &hour, &list.sink, &counts, &err),
	    ERR_USAGE);
	assert_string_equal(
	    err.text, "f: could be csv or cgnat; say which with --format");
	assert_int_equal(
	    source_of_memory(&s, str_z("hello\n"), 0, "f", &err), 0);
	assert_int_equal(lease_source_read_from(
	                     s, STR_NONE, &hour, &list.sink, &counts, &err),
	    ERR_USAGE);
	assert_non_null(strstr(err.text, "f: no lease format"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(radius_sessions),
	    cmocka_unit_test(radius_customer_is_what_was_asked_for),
	    cmocka_unit_test(radius_times),
	    cmocka_unit_test(radius_refuses_what_could_be_cut_or_read_twice),
	    cmocka_unit_test(radacct_rows),
	    cmocka_unit_test(dhcpd_leases),
	    cmocka_unit_test(dhcpd_customers),
	    cmocka_unit_test(dhcpd6_leases),
	    cmocka_unit_test(dhcpd_refuses),
	    cmocka_unit_test(kea_leases),
	    cmocka_unit_test(cgnat_blocks),
	    cmocka_unit_test(csv_with_other_names),
	    cmocka_unit_test(two_claims_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
