/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The correlation on real SQLite files with hand-made rows: who is named, in
 * which class, and above all who is not.
 */
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/world.h"

enum { CLEAN = 1, BANNED = 4, SPAM = 5, VIRUS = 6 };
enum { DELIVERED = 1, BOUNCED = 3, REJECTED = 5 };
enum { SYN = 2, ACK = 16 };

/* n messages like m, from m.at on, to as many people; of three and more to three times
 * as many, after enough good mail that the customer is known. */
static void
burst(struct mail m, int n)
{
	struct mail good = m;
	int64_t at = m.at;

	good.at = at - 1;
	good.verdict = CLEAN;
	good.sender = "x@example.com";
	good.rcpt = "r@example.net";
	good.disposition = DELIVERED;
	for (int i = 0; n >= 3 && i < 15; i++)
		world_mail(good);
	if (m.sender == NULL)
		m.sender = "x@example.com";
	for (int i = 0; i < n; i++) {
		char to[32];

		snprintf(to, sizeof(to), "r%d@example.net", i);
		m.at = at + i * USEC;
		m.rcpt = to;
		world_mail(m);
	}
	for (int k = 2; n >= 3 && k <= 3; k++)
		world_do(sqlite3_mprintf(
		    "INSERT INTO mail_recipient (message, n, recipient, time, "
		    "disposition, stage, reply) SELECT r.message, %d, 'more' || "
		    "%d || r.recipient, r.time, r.disposition, r.stage, r.reply "
		    "FROM mail_recipient r JOIN mail_message m ON m.id = r.message "
		    "WHERE r.n = 1 AND m.message_key > %lld",
		    k, k, (long long)world_key - n));
}

static void
spam(const char *client, int64_t at, int n)
{
	burst((struct mail){.at = at,
	          .client = client,
	          .verdict = SPAM,
	          .disposition = DELIVERED},
	    n);
}

static void
each_class_once(void **state)
{
	(void)state;
	world_prefix("198.51.100.0/24");
	world_allow("198.51.100.5");
	for (int i = 1; i <= 7; i++) {
		char ip[32], who[16];

		snprintf(ip, sizeof(ip), "198.51.100.%d", i);
		snprintf(who, sizeof(who), "c%d", i);
		world_lease(ip, SINCE_EVER, NO_END, who, 0);
	}
	world_agent("192.0.2.1", VANTAGE_EDGE, 1024, AT(0, 0, 0), 24);
	world_mail_hours(AT(0, 0, 0), 24);
	spam("198.51.100.1", AT(9, 0, 0), 5);
	spam("198.51.100.2", AT(9, 0, 0), 2);
	world_mail((struct mail){.at = AT(9, 0, 0),
	    .client = "198.51.100.3",
	    .sender = "a@example.com",
	    .rcpt = "r@example.net",
	    .disposition = DELIVERED});
	world_slot("198.51.100.4", AT(9, 0, 0), 3, 0);
	world_slot("198.51.100.5", AT(9, 0, 0), 3, 0);
	world_slot("198.51.100.6", AT(9, 0, 0), 3, 2);
	world_lease("198.51.100.7", AT(8, 0, 0), NO_END, "c8", 0);
	spam("198.51.100.7", AT(9, 0, 0), 5);
	world_correlate(DAY, NULL);
	world_expect("c1", "confirmed", "spam not_visible");
	world_expect("c2", "below_threshold", "spam -");
	world_expect("c3", "clean", "- -");
	world_expect("c4", "flow_only_suspect", "- -");
	world_expect("c5", "flow_only_expected", "- -");
	world_expect("c6", "flow_only_expected", "- -");
	world_expect("c7", NULL, NULL);
	world_expect("c8", "confirmed", "spam not_visible");
}

/* A list of senders has one time for all slots of an entry. */
static void
slots_of_one_time(void **state)
{
	(void)state;
	world_prefix("198.51.100.0/24");
	world_agent("192.0.2.1", VANTAGE_EDGE, 1024, AT(0, 0, 0), 24);
	world_mail_hours(AT(0, 0, 0), 24);
	for (int i = 0; i < 3; i++)
		world_slot("198.51.100.4", AT(9, 5 * i, 0), 2, 0);
	world_do(sqlite3_mprintf(
	    "UPDATE sender_slot SET first = %lld, last = %lld",
	    (long long)AT(9, 1, 0), (long long)AT(9, 14, 0)));
	world_correlate(DAY, NULL);
	world_expect("198.51.100.4", "flow_only_suspect", "- -");
	assert_string_equal(
	    world_rows("SELECT json_extract(flow,'$.slots'), "
	               "json_extract(flow,'$.client') FROM finding"),
	    "3|6\n");
}

/* Answering SMTP alone is no excuse: a bot may have a mail server, too. */
static void
server_pattern_is_more_than_one_answer(void **state)
{
	static const struct {
		int syn, answered, rst, syn_ack, served;
		const char *class, *reason;
	} row[] = {
	    /* a server of a small company */
	    {9, 3, 0, 2, 10, "flow_only_expected",
	        "2 SYN/ACK sent, 12 packets as server and 9 as client in 1 "
	        "hours, 3 of 9 SYNs answered, 0 RST"},
	    /* used as a server a little, against much that it sends */
	    {31, 31, 0, 3, 0, "flow_only_suspect",
	        "has 3 packets as server to 31 as client"},
	    {30, 30, 0, 3, 0, "flow_only_expected", "3 SYN/ACK sent"},
	    /* most of those it calls do not answer */
	    {30, 8, 0, 5, 5, "flow_only_suspect",
	        "of its own 30 SYNs only 8 were answered"},
	    {30, 9, 0, 5, 5, "flow_only_expected", "9 of 30 SYNs answered"},
	    /* of a few SYNs nothing can be said */
	    {9, 0, 0, 5, 5, "flow_only_expected", "0 of 9 SYNs answered"},
	    /* RSTs */
	    {4, 4, 7, 5, 5, "flow_only_suspect", "7 of 25 packets are RSTs"},
	    {4, 4, 6, 5, 5, "flow_only_expected", "6 RST"},
	};

	(void)state;
	world_prefix("198.51.100.0/24");
	world_agent("192.0.2.1", VANTAGE_EDGE, 1024, AT(0, 0, 0), 24);
	world_mail_hours(AT(0, 0, 0), 24);
	world_server("203.0.113.1", AT(9, 0, 0), 100, 90, 0, 0, 0);
	for (int i = 0; i < 8; i++) {
		char ip[32];

		snprintf(ip, sizeof(ip), "198.51.100.%d", i + 1);
		world_server(ip, AT(9, 0, 0), row[i].syn, row[i].answered,
		    row[i].rst, row[i].syn_ack, row[i].served);
	}
	world_correlate(DAY, NULL);
	for (int i = 0; i < 8; i++) {
		char ip[32], sql[128];

		snprintf(ip, sizeof(ip), "198.51.100.%d", i + 1);
		snprintf(sql, sizeof(sql),
		    "SELECT reason FROM finding WHERE customer = '%s'", ip);
		world_expect(ip, row[i].class, "- -");
		if (!strstr(world_rows(sql), row[i].reason))
			fail_msg("%s: %s", ip, world_rows(sql));
	}
}

/* An agent that sees one direction only sees no answers to anybody. */
static void
answers_count_where_the_way_back_is_seen(void **state)
{
	(void)state;
	world_prefix("198.51.100.0/24");
	world_agent("192.0.2.1", VANTAGE_EDGE, 1024, AT(0, 0, 0), 24);
	world_mail_hours(AT(0, 0, 0), 24);
	world_server("203.0.113.1", AT(9, 0, 0), 100, 5, 0, 0, 0);
	world_server("198.51.100.1", AT(9, 0, 0), 30, 0, 0, 5, 5);
	world_correlate(DAY, NULL);
	world_expect("198.51.100.1", "flow_only_expected", "- -");
	world_agent("192.0.2.2", VANTAGE_EDGE, 1024, AT(0, 0, 0), 24);
	world_server("203.0.113.2", AT(9, 0, 0), 100, 90, 0, 0, 0);
	world_server("198.51.100.2", AT(9, 0, 0), 30, 0, 0, 5, 5);
	world_correlate(DAY, NULL);
	world_expect("198.51.100.1", "flow_only_expected", "- -");
	world_expect("198.51.100.2", "flow_only_suspect", "- -");
}

/* A small server seldom shows as one; the days before tell, of the same holder
 * and address, and never against what this day shows. */
static void
server_pattern_over_several_days(void **state)
{
	enum { BEFORE = -24 + 9 };

	(void)state;
	world_prefix("198.51.100.0/24");
	world_agent("192.0.2.1", VANTAGE_EDGE, 1024, AT(-240, 0, 0), 264);
	world_mail_hours(AT(-240, 0, 0), 264);
	/* agents see the way back */
	world_server("203.0.113.1", AT(BEFORE, 0, 0), 100, 90, 0, 0, 0);
	world_server("203.0.113.1", AT(9, 0, 0), 100, 90, 0, 0, 0);
	for (int i = 1; i <= 7; i++) {
		char ip[32], who[16];

		snprintf(ip, sizeof(ip), "198.51.100.%d", i);
		snprintf(who, sizeof(who), "c%d", i);
		if (i != 3)
			world_lease(ip, SINCE_EVER, NO_END, who, 0);
	}
	world_lease("198.51.100.3", AT(-48, 0, 0), AT(-1, 0, 0), "old", 0);
	world_lease("198.51.100.3", AT(-1, 0, 0), NO_END, "c3", 0);
	/* the day before: all of them answer */
	world_server("198.51.100.1", AT(BEFORE, 0, 0), 4, 3, 0, 3, 5);
	world_server("198.51.100.2", AT(BEFORE, 0, 0), 2, 2, 0, 3, 10);
	world_server("198.51.100.3", AT(BEFORE, 0, 0), 4, 3, 0, 3, 5);
	world_server("198.51.100.4", AT(-7 * 24 + 9, 0, 0), 4, 3, 0, 3, 5);
	world_server("198.51.100.5", AT(BEFORE, 0, 0), 4, 3, 0, 3, 5);
	world_server("198.51.100.6", AT(BEFORE, 0, 0), 4, 3, 0, 2, 5);
	world_server("198.51.100.8", AT(BEFORE, 0, 0), 4, 3, 0, 3, 5);
	/* and now only call others */
	world_server("198.51.100.1", AT(9, 0, 0), 3, 1, 0, 0, 0);
	world_server("198.51.100.2", AT(9, 0, 0), 30, 8, 0, 0, 0);
	world_server("198.51.100.3", AT(9, 0, 0), 3, 1, 0, 0, 0);
	world_server("198.51.100.4", AT(9, 0, 0), 3, 1, 0, 0, 0);
	world_server("198.51.100.5", AT(9, 0, 0), 4, 4, 5, 0, 0);
	world_server("198.51.100.6", AT(9, 0, 0), 3, 1, 0, 0, 0);
	world_server("198.51.100.7", AT(9, 0, 0), 3, 1, 0, 0, 0);
	world_lease("198.51.100.8", SINCE_EVER, NO_END, "c7", 0);
	world_correlate(DAY, NULL); /* nothing known of the days before */
	world_expect("c1", "flow_only_suspect", "- -");
	assert_int_equal(world_stale(DAY), 0);
	world_correlate(DAY - 7, NULL);
	assert_int_equal(world_stale(DAY), 0); /* too long ago */
	world_correlate(DAY - 1, NULL);
	assert_int_equal(world_stale(DAY), 1);
	world_run("DELETE FROM finding_figure");
	world_correlate(DAY, NULL);
	world_expect("c1", "flow_only_expected", "- -");
	world_expect("c2", "flow_only_suspect", "- -"); /* few answer */
	world_expect("c3", "flow_only_suspect", "- -"); /* it was old's */
	world_expect("c4", "flow_only_suspect", "- -"); /* a week and a day */
	world_expect("c5", "flow_only_suspect", "- -"); /* RSTs */
	world_expect("c6", "flow_only_suspect", "- -"); /* two answers */
	world_expect("c7", "flow_only_suspect", "- -"); /* another address */
	assert_string_equal(
	    world_rows("SELECT reason FROM finding WHERE customer = 'c1'"),
	    "3 client packets sampled and no log record; answers SMTP itself, "
	    "as a mail server does, on 1 of 2 days from 2024-10-03 on: 3 "
	    "SYN/ACK and 0 answers sent, 8 packets as server and 7 as client, "
	    "4 of 7 SYNs answered, 0 RST\n");
	assert_int_equal(world_stale(DAY), 0);
}

/* Within sessions, too, it is what the host sends that shows a server. */
static void
answers_of_a_server_are_what_it_sends(void **state)
{
	(void)state;
	world_prefix("198.51.100.0/24");
	world_agent("192.0.2.1", VANTAGE_EDGE, 1024, AT(0, 0, 0), 24);
	world_mail_hours(AT(0, 0, 0), 24);
	for (int i = 1; i <= 4; i++) {
		char ip[32];

		snprintf(ip, sizeof(ip), "198.51.100.%d", i);
		world_server(ip, AT(9, 0, 0), 2, 0, 0, 0, 3);
	}
	for (int i = 0; i < 3; i++) {
		const int64_t t = AT(9, 1, i);

		world_sample("198.51.100.1", 25, "203.0.113.9", 4000, ACK, t);
		world_sample("203.0.113.9", 4000, "198.51.100.2", 25, ACK, t);
		world_sample("198.51.100.3", 25, "203.0.113.9", 4000, ACK | 4, t);
		world_sample("198.51.100.4", 25, "203.0.113.9", 25, ACK, t);
	}
	world_correlate(DAY, NULL);
	world_expect("198.51.100.1", "flow_only_expected", "- -");
	world_expect("198.51.100.2", "flow_only_suspect", "- -");
	world_expect("198.51.100.3", "flow_only_suspect", "- -");
	world_expect("198.51.100.4", "flow_only_suspect", "- -");
}

static void
own_addresses_without_a_lease_are_counted(void **state)
{
	struct correlate_result r;

	(void)state;
	world_prefix("198.51.100.0/24");
	world_own_host("198.51.100.99");
	world_lease("198.51.100.1", SINCE_EVER, NO_END, "c1", 0);
	world_agent("192.0.2.1", VANTAGE_EDGE, 1024, AT(0, 0, 0), 24);
	world_mail_hours(AT(0, 0, 0), 24);
	spam("198.51.100.1", AT(9, 0, 0), 1);  /* leased */
	spam("198.51.100.2", AT(9, 0, 0), 1);  /* mail */
	spam("198.51.100.3", AT(9, 0, 0), 1);  /* mail and flows */
	spam("198.51.100.99", AT(9, 0, 0), 1); /* our own */
	spam("203.0.113.9", AT(9, 0, 0), 1);   /* of others */
	world_slot("198.51.100.3", AT(9, 0, 0), 3, 0);
	world_slot("198.51.100.4", AT(9, 0, 0), 3, 0); /* flows */
	world_correlate(DAY, &r);
	assert_int_equal(r.own_addrs, 4);
	assert_int_equal(r.unleased_mail, 2);
	assert_int_equal(r.unleased_flow, 2);
}

static void
lease_ends_when_its_address_is_given_away(void **state)
{
	(void)state;
	world_lease("198.51.100.1", AT(1, 0, 0), NO_END, "old", 0);
	world_lease("198.51.100.1", AT(10, 3, 0), AT(20, 0, 0), "new", 0);
	spam("198.51.100.1", AT(12, 0, 0), 5);
	world_correlate(DAY, NULL);
	world_expect("new", "confirmed", "spam not_visible");
	world_expect("old", NULL, NULL);
	assert_string_equal(world_rows("SELECT count(*) FROM finding"), "1\n");
}

static void
overlapping_leases_name_nobody(void **state)
{
	(void)state;
	world_lease("198.51.100.0/24", SINCE_EVER, NO_END, "a", 0);
	world_lease("198.51.100.7", SINCE_EVER, NO_END, "b", 0);
	spam("198.51.100.7", AT(12, 0, 0), 5);
	spam("198.51.100.8", AT(12, 0, 0), 5);
	world_correlate(DAY, NULL);
	world_expect("198.51.100.7", "ambiguous", "- -");
	world_expect("a", "confirmed", "spam not_visible");
	world_expect("b", NULL, NULL);
	assert_string_equal(
	    world_rows("SELECT addr.text FROM finding_addr JOIN addr "
	               "ON addr.id = addr WHERE customer = 'a'"),
	    "198.51.100.8\n");
}

static void
mail_goes_to_the_holder_of_its_time(void **state)
{
	(void)state;
	world_lease("198.51.100.7", AT(0, 0, 0), AT(10, 3, 0), "a", 5);
	world_lease("198.51.100.7", AT(10, 3, 0), NO_END, "b", 5);
	spam("198.51.100.7", AT(10, 2, 0), 4);
	world_mail((struct mail){.at = AT(10, 4, 0),
	    .client = "198.51.100.7",
	    .sender = "b@example.com",
	    .rcpt = "r@example.net",
	    .disposition = DELIVERED});
	world_correlate(DAY, NULL);
	world_expect("a", "confirmed", "spam not_visible");
	world_expect("b", "clean", "- -");
}

static void
change_of_hands_within_the_clock_error_is_ambiguous(void **state)
{
	(void)state;
	world_lease("198.51.100.7", AT(0, 0, 0), AT(10, 3, 0), "a", 60);
	world_lease("198.51.100.7", AT(10, 3, 0), NO_END, "b", 60);
	spam("198.51.100.7", AT(10, 2, 30), 9);
	spam("198.51.100.7", AT(10, 3, 30), 9);
	world_correlate(DAY, NULL);
	world_expect("198.51.100.7", "ambiguous", "- -");
	world_expect("a", NULL, NULL);
	world_expect("b", NULL, NULL);
	assert_string_equal(
	    world_rows("SELECT confidence, json_extract(log,'$.spam'), "
	               "json_extract(log,'$.ambiguous') FROM finding"),
	    "0.0|0|48\n");
	assert_non_null(strstr(
	    world_rows("SELECT reason FROM finding"), "may be of a or b"));
}

/* Between two leases, and near to the end of the first only. */
static void
edge_of_one_lease_among_several_is_said(void **state)
{
	(void)state;
	world_lease("198.51.100.7", AT(0, 0, 0), AT(10, 2, 0), "a", 15);
	world_lease("198.51.100.7", AT(10, 2, 30), NO_END, "b", 15);
	spam("198.51.100.7", AT(10, 2, 10), 1);
	world_correlate(DAY, NULL);
	world_expect("198.51.100.7", "ambiguous", "- -");
	assert_string_equal(world_rows("SELECT reason FROM finding"),
	    "lease_edge: by the leases nobody had the address at that time, and "
	    "one customer within the clock error; may be of a\n");
}

static void
clock_errors_of_lease_and_log_add_up(void **state)
{
	const struct mail_source source = {.clock_error = 30 * USEC};

	(void)state;
	config.mail = &source;
	config.nmail = 1;
	world_lease("198.51.100.7", AT(0, 0, 0), AT(10, 3, 0), "a", 10);
	world_lease("198.51.100.7", AT(10, 3, 0), NO_END, "b", 10);
	spam("198.51.100.7", AT(10, 3, 20), 9);
	spam("198.51.100.7", AT(10, 3, 41), 9);
	world_correlate(DAY, NULL);
	world_expect("198.51.100.7", "ambiguous", "- -");
	world_expect("b", "confirmed", "spam not_visible");
	assert_string_equal(
	    world_rows("SELECT json_extract(log,'$.spam'), "
	               "json_extract(log,'$.ambiguous') FROM finding"),
	    "0|24\n9|0\n");
}

/* The host "mx" wrote the file "log". */
static void
world_host_file(void)
{
	world_run("INSERT INTO host_file VALUES (1, 4, 100)");
}

/* A bad clock elsewhere is no doubt about a host whose own is good. */
static void
mail_clock_error_is_that_of_the_host(void **state)
{
	const struct str good = STR("log"), bad = STR("other");
	const struct mail_source sources[] = {
	    {.paths = &bad, .npaths = 1, .clock_error = 60 * USEC},
	    {.paths = &good, .npaths = 1, .clock_error = 5 * USEC}};

	(void)state;
	config.mail = sources;
	config.nmail = 2;
	world_lease("198.51.100.7", AT(0, 0, 0), AT(10, 3, 0), "a", 10);
	world_lease("198.51.100.7", AT(10, 3, 0), NO_END, "b", 10);
	spam("198.51.100.7", AT(10, 3, 10), 4); /* within 15 s */
	spam("198.51.100.7", AT(10, 3, 16), 5);
	world_correlate(DAY, NULL); /* whose file it is, is not known */
	world_expect("198.51.100.7", "ambiguous", "- -");
	world_expect("b", NULL, NULL);
	world_host_file();
	world_correlate(DAY, NULL);
	world_expect("198.51.100.7", "ambiguous", "- -");
	world_expect("b", "confirmed", "spam not_visible");
	assert_string_equal(world_rows("SELECT json_extract(log,'$.spam'), "
	                               "json_extract(log,'$.ambiguous') FROM "
	                               "finding"),
	    "0|19\n5|0\n"); /* and the 15 good ones before them */
}

/* Holder and day go by the right time; what is stored stays as it was told. */
static void
mail_clock_offset_is_taken_off(void **state)
{
	const struct str path = STR("log");
	struct mail_source source = {.paths = &path,
	    .npaths = 1,
	    .clock_error = 2 * USEC,
	    .clock_offset = 90 * USEC};

	(void)state;
	config.mail = &source;
	config.nmail = 1;
	world_host_file();
	world_lease("198.51.100.7", AT(0, 0, 0), AT(10, 3, 0), "a", 0);
	world_lease("198.51.100.7", AT(10, 3, 0), NO_END, "b", 0);
	spam("198.51.100.7", AT(10, 3, 30), 6);
	spam("198.51.100.7", AT(24, 1, 0), 7);
	spam("198.51.100.7", AT(0, 1, 0), 8);
	world_correlate(DAY, NULL);
	assert_string_equal(
	    world_rows("SELECT customer, json_extract(log,'$.spam'), "
	               "json_extract(log,'$.first') FROM finding"),
	    "a|6|2024-10-04T10:01:59.999Z\nb|7|2024-10-04T23:59:29.999Z\n");
	assert_string_equal(
	    world_rows("SELECT messages, unattributed FROM correlation_run"),
	    "43|0\n");
	assert_string_equal(
	    world_rows("SELECT count(*) FROM mail_message WHERE received = "
	               "20000 * 86400000000 + 36210000000"),
	    "1\n");
	source.clock_offset = -90 * USEC; /* behind */
	world_correlate(DAY, NULL);
	assert_string_equal(world_rows("SELECT customer, "
	                               "json_extract(log,'$.spam') FROM "
	                               "finding"),
	    "a|8\nb|6\n");
}

static void
lease_clock_offset_is_taken_off(void **state)
{
	const struct str path = STR("*.csv");
	struct lease_feed feed = {
	    .paths = &path, .npaths = 1, .clock_offset = 300 * USEC};

	(void)state;
	config.lease = &feed;
	config.nlease = 1;
	world_run("INSERT INTO ledger (id, kind, path, head_bytes, head_hash, "
	          "resume_offset, resume_hash) VALUES "
	          "(7, 'lease', 'l.csv', 0, 0, 0, 0)");
	world_lease("198.51.100.7", AT(0, 0, 0), AT(10, 3, 0), "a", 0);
	world_lease("198.51.100.7", AT(10, 3, 0), NO_END, "b", 0);
	spam("198.51.100.7", AT(10, 0, 0), 6); /* b's since 09:58 */
	world_correlate(DAY, NULL);
	world_expect("a", "confirmed", "spam not_visible");
	world_run("UPDATE lease SET ledger = 7");
	world_correlate(DAY, NULL);
	world_expect("a", NULL, NULL);
	world_expect("b", "confirmed", "spam not_visible");
}

static void
flow_clock_offset_is_taken_off(void **state)
{
	(void)state;
	world_lease("198.51.100.7", AT(0, 0, 0), AT(10, 3, 0), "a", 0);
	world_lease("198.51.100.7", AT(10, 3, 0), NO_END, "b", 0);
	world_agent("192.0.2.1", VANTAGE_EDGE, 1024, AT(0, 0, 0), 24);
	world_mail_hours(AT(0, 0, 0), 24);
	world_slot("198.51.100.7", AT(10, 4, 0), 3, 0);
	world_slot("198.51.100.7", AT(24, 1, 0), 5, 0);
	world_correlate(DAY, NULL);
	world_expect("a", NULL, NULL);
	world_expect("b", "flow_only_suspect", "- -");
	world_feed.clock_offset = 120 * USEC;
	world_correlate(DAY, NULL);
	assert_string_equal(
	    world_rows("SELECT customer, json_extract(flow,'$.client'), "
	               "json_extract(flow,'$.first') FROM finding"),
	    "a|3|2024-10-04T10:02:00.000Z\nb|5|2024-10-04T23:59:00.000Z\n");
}

static void
renewal_to_the_same_customer_is_no_change(void **state)
{
	(void)state;
	world_lease("198.51.100.7", AT(0, 0, 0), AT(10, 3, 0), "a", 60);
	world_lease("198.51.100.7", AT(10, 3, 0), AT(20, 0, 0), "a", 60);
	spam("198.51.100.7", AT(10, 2, 55), 9);
	world_correlate(DAY, NULL);
	world_expect("a", "confirmed", "spam not_visible");
	assert_string_equal(world_rows("SELECT count(*) FROM finding"), "1\n");
}

static void
just_outside_the_only_lease_is_ambiguous(void **state)
{
	(void)state;
	world_lease("198.51.100.7", AT(8, 0, 0), AT(10, 0, 0), "a", 60);
	spam("198.51.100.7", AT(10, 0, 10), 5);
	world_correlate(DAY, NULL);
	world_expect("198.51.100.7", "ambiguous", "- -");
	world_expect("a", NULL, NULL);
}

/* Long silent: nobody's, and not the next one's either.  Before that, and where
 * no updates are written: his. */
static void
silent_session_is_ambiguous(void **state)
{
	const int64_t ten = 600 * USEC;

	(void)state;
	world_agent("192.0.2.1", VANTAGE_EDGE, 1024, AT(0, 0, 0), 24);
	for (int i = 7; i <= 9; i++) {
		char ip[32], who[2] = {(char)('a' + i - 7)};

		snprintf(ip, sizeof(ip), "198.51.100.%d", i);
		world_session(
		    ip, AT(0, 0, 0), AT(8, 20, 0), AT(32, 20, 0), who);
		if (i < 9)
			world_beat(who, ten);
	}
	world_do(sqlite3_mprintf("UPDATE lease SET grace = lapse - seen"));
	spam("198.51.100.7", AT(9, 20, 1), 5);
	world_slot("198.51.100.7", AT(12, 0, 0), 3, 0);
	spam("198.51.100.8", AT(9, 19, 50), 5);
	spam("198.51.100.9", AT(18, 0, 0), 5);
	world_correlate(DAY, NULL);
	world_expect("198.51.100.7", "ambiguous", "- -");
	world_expect("a", NULL, NULL);
	world_expect("b", "confirmed", "spam not_visible");
	world_expect("c", "confirmed", "spam not_visible");
	assert_non_null(strstr(
	    world_rows("SELECT reason FROM finding WHERE class = 'ambiguous'"),
	    "lease_silent"));
}

/* So is the port block of who has the address inside the NAT by such a session. */
static void
silent_session_behind_a_nat(void **state)
{
	const int64_t at[] = {AT(9, 0, 0), AT(12, 0, 0)};

	(void)state;
	for (int i = 0; i < 2; i++) {
		char inside[32], who[2] = {(char)('a' + i)};

		snprintf(inside, sizeof(inside), "100.64.0.%d", i);
		world_session(
		    inside, AT(0, 0, 0), AT(8, 20, 0), AT(32, 20, 0), who);
		world_beat(who, 600 * USEC);
		world_port_lease("198.51.100.7", 1024 + 1024 * i,
		    2047 + 1024 * i, SINCE_EVER, NO_END, inside);
		world_do(sqlite3_mprintf("UPDATE lease SET inside = x'%s' "
		                         "WHERE customer = %Q",
		    world_hex(world_parse(inside).first), inside));
		burst((struct mail){.at = at[i],
		          .client = "198.51.100.7",
		          .port = 1500 + 1024 * i,
		          .verdict = SPAM,
		          .disposition = DELIVERED},
		    5);
	}
	world_correlate(DAY, NULL);
	world_expect("a", "confirmed", "spam not_visible");
	world_expect("b", NULL, NULL);
	assert_non_null(strstr(
	    world_rows("SELECT reason FROM finding WHERE class = 'ambiguous'"),
	    "lease_silent"));
}

static void
shared_address_needs_the_port(void **state)
{
	(void)state;
	world_port_lease("198.51.100.7", 1024, 2047, SINCE_EVER, NO_END, "a");
	world_port_lease("198.51.100.7", 2048, 4095, SINCE_EVER, NO_END, "b");
	spam("198.51.100.7", AT(10, 0, 0), 5);
	burst((struct mail){.at = AT(11, 0, 0),
	          .client = "198.51.100.7",
	          .port = 3000,
	          .verdict = SPAM,
	          .disposition = DELIVERED},
	    5);
	world_correlate(DAY, NULL);
	world_expect("198.51.100.7", "ambiguous", "- -");
	assert_non_null(strstr(
	    world_rows("SELECT reason FROM finding WHERE class = 'ambiguous'"),
	    "shared_address"));
	world_expect("a", NULL, NULL);
	world_expect("b", "confirmed", "spam not_visible");
}

static void
samples_of_a_shared_address_go_by_their_port(void **state)
{
	(void)state;
	world_port_lease("198.51.100.7", 1024, 2047, SINCE_EVER, NO_END, "a");
	world_port_lease("198.51.100.7", 2048, 4095, SINCE_EVER, NO_END, "b");
	world_agent("192.0.2.1", VANTAGE_EDGE, 1024, AT(0, 0, 0), 24);
	world_mail_hours(AT(0, 0, 0), 24);
	world_sample("198.51.100.7", 3000, "203.0.113.9", 25, SYN, AT(9, 0, 1));
	world_sample(
	    "203.0.113.9", 25, "198.51.100.7", 3000, SYN | ACK, AT(9, 0, 2));
	world_slot("198.51.100.7", AT(9, 0, 0), 2, 0);
	world_correlate(DAY, NULL);
	world_expect("b", "flow_only_suspect", "- -");
	world_expect("a", NULL, NULL);
	assert_string_equal(
	    world_rows("SELECT json_extract(flow,'$.client'), "
	               "json_extract(flow,'$.syn'), "
	               "json_extract(flow,'$.answered') FROM finding"),
	    "1|1|1\n");
}

static void
answers_to_a_forged_address_accuse_nobody(void **state)
{
	(void)state;
	world_prefix("198.51.100.0/24");
	world_agent("192.0.2.1", VANTAGE_EDGE, 1024, AT(0, 0, 0), 24);
	world_mail_hours(AT(0, 0, 0), 24);
	for (int i = 1; i <= 3; i++) {
		char ip[32];

		snprintf(ip, sizeof(ip), "198.51.100.%d", i);
		world_slot(ip, AT(9, 0, 0), 0, 0);
	}
	/* SYN/ACKs; a SYN/ACK and RSTs; and one packet of data besides */
	world_run("UPDATE sender_slot SET client_weak = 4, answered = 4");
	world_run("UPDATE sender_slot SET answered = 1, rst = 3 WHERE addr = "
	          "(SELECT id FROM addr WHERE text = '198.51.100.2')");
	world_run("UPDATE sender_slot SET client_weak = 5 WHERE addr = "
	          "(SELECT id FROM addr WHERE text = '198.51.100.3')");
	world_correlate(DAY, NULL);
	world_expect("198.51.100.1", NULL, NULL);
	world_expect("198.51.100.2", NULL, NULL);
	world_expect("198.51.100.3", "flow_only_suspect", "- -");
}

static void
slot_across_a_change_is_split_by_samples(void **state)
{
	(void)state;
	world_lease("198.51.100.7", AT(0, 0, 0), AT(10, 3, 0), "a", 5);
	world_lease("198.51.100.7", AT(10, 3, 0), NO_END, "b", 5);
	world_lease("198.51.100.8", AT(0, 0, 0), AT(10, 3, 0), "c", 5);
	world_lease("198.51.100.8", AT(10, 3, 0), NO_END, "d", 5);
	world_agent("192.0.2.1", VANTAGE_EDGE, 1024, AT(0, 0, 0), 24);
	world_mail_hours(AT(0, 0, 0), 24);
	world_sample(
	    "198.51.100.7", 3000, "203.0.113.9", 25, SYN, AT(10, 4, 0));
	world_slot("198.51.100.7", AT(10, 4, 0), 1, 0);
	/* of the other one retention has taken the samples */
	world_slot("198.51.100.8", AT(10, 4, 0), 1, 0);
	world_run(
	    "UPDATE sender_slot SET first = slot + 1, last = slot + 299000000");
	world_correlate(DAY, NULL);
	world_expect("b", "flow_only_suspect", "- -");
	world_expect("a", NULL, NULL);
	world_expect("198.51.100.8", "ambiguous", "- -");
	world_expect("c", NULL, NULL);
	world_expect("d", NULL, NULL);
}

static void
slot_near_a_change_is_split_too(void **state)
{
	(void)state;
	world_lease("198.51.100.7", AT(0, 0, 0), AT(10, 3, 0), "a", 60);
	world_lease("198.51.100.7", AT(10, 3, 0), NO_END, "b", 60);
	world_agent("192.0.2.1", VANTAGE_EDGE, 1024, AT(0, 0, 0), 24);
	world_mail_hours(AT(0, 0, 0), 24);
	world_sample(
	    "198.51.100.7", 3000, "203.0.113.9", 25, SYN, AT(10, 4, 30));
	world_slot("198.51.100.7", AT(10, 4, 30), 1, 0);
	world_run("UPDATE sender_slot SET first = slot + 190000000");
	world_correlate(DAY, NULL);
	world_expect("b", "flow_only_suspect", "- -");
	world_expect("198.51.100.7", NULL, NULL);
}

static void
roaming_sender_is_his_customer(void **state)
{
	(void)state;
	world_prefix("198.51.100.0/24");
	world_account("anna", "c-anna");
	burst((struct mail){.at = AT(9, 0, 0),
	          .client = "203.0.113.77",
	          .auth = "anna",
	          .verdict = SPAM,
	          .disposition = DELIVERED},
	    2);
	burst((struct mail){.at = AT(9, 1, 0),
	          .client = "203.0.113.77",
	          .auth = "Anna",
	          .verdict = SPAM,
	          .disposition = DELIVERED},
	    4);
	burst((struct mail){.at = AT(9, 2, 0),
	          .client = "203.0.113.78",
	          .auth = "unmapped",
	          .verdict = SPAM,
	          .disposition = DELIVERED},
	    5);
	world_correlate(DAY, NULL);
	world_expect("c-anna", "confirmed", "spam not_visible");
	world_expect("unmapped", "confirmed", "spam not_visible");
	world_expect("203.0.113.77", NULL, NULL);
	world_expect("203.0.113.78", NULL, NULL);
	assert_string_equal(
	    world_rows("SELECT DISTINCT attributed_by, scope FROM finding"),
	    "auth_user|customer\n");
}

static void
own_hosts_bounces_and_local_mail_blame_nobody(void **state)
{
	struct correlate_result r;

	(void)state;
	world_prefix("198.51.100.0/24");
	world_own_host("198.51.100.25");
	world_lease("198.51.100.0/24", SINCE_EVER, NO_END, "house", 0);
	spam("198.51.100.25", AT(9, 0, 0), 9);
	spam("127.0.0.1", AT(9, 0, 0), 9);
	spam("::1", AT(9, 0, 0), 9);
	spam(NULL, AT(9, 0, 0), 9);
	world_mail((struct mail){.at = AT(15, 0, 0),
	    .client = "198.51.100.9",
	    .parent = "Q1",
	    .sender = "",
	    .rcpt = "x@example.com",
	    .verdict = VIRUS,
	    .disposition = DELIVERED});
	world_slot("198.51.100.25", AT(9, 0, 0), 9, 0);
	world_correlate(DAY, &r);
	assert_string_equal(world_rows("SELECT count(*) FROM finding"), "0\n");
	assert_int_equal(r.messages, 97);
	assert_int_equal(r.unattributed, 97);
}

static void
a_bounce_under_the_next_lease_counts_for_the_first(void **state)
{
	(void)state;
	world_lease("198.51.100.7", AT(0, 0, 0), AT(12, 0, 0), "a", 5);
	world_lease("198.51.100.7", AT(12, 0, 0), NO_END, "b", 5);
	burst((struct mail){.at = AT(10, 0, 0),
	          .client = "198.51.100.7",
	          .verdict = VIRUS,
	          .disposition = BOUNCED},
	    3);
	world_run("UPDATE mail_recipient SET time = time + 5 * 3600000000");
	world_correlate(DAY, NULL);
	world_expect("a", "confirmed", "virus not_visible");
	world_expect("b", NULL, NULL);
}

/* n messages, each from a new sender; every third recipient is refused. */
static void
extrude(const char *client, int n, bool forwards)
{
	for (int i = 0; i < n; i++) {
		char from[64], to[64];

		snprintf(from, sizeof(from), "%c%c@d%c.example", 'a' + i % 26,
		    'a' + i / 26, 'a' + i % 20);
		snprintf(to, sizeof(to), "r%d@to%d.example", i, i % 9);
		world_mail((struct mail){.at = AT(9, i / 60, i % 60),
		    .client = client,
		    .sender = from,
		    .rcpt = forwards ? "me@example.net" : to,
		    .dsn = i % 3 ? "2.0.0" : "5.1.1",
		    .disposition = i % 3 ? DELIVERED : BOUNCED});
	}
}

static void
extrusion_is_found_and_forwarding_is_not(void **state)
{
	(void)state;
	world_prefix("198.51.100.0/24");
	extrude("198.51.100.7", 60, false);
	extrude("198.51.100.8", 60, true);
	world_correlate(DAY, NULL);
	world_expect("198.51.100.7", "confirmed", "spam not_visible");
	assert_string_equal(
	    world_rows("SELECT DISTINCT rule FROM finding_rule"),
	    "extrusion\n");
	world_expect("198.51.100.8", "clean", "- -");
}

static void
mailing_list_with_verp_is_one_sender(void **state)
{
	(void)state;
	world_lease("198.51.100.7", SINCE_EVER, NO_END, "list", 0);
	for (int i = 0; i < 90; i++) {
		char from[80], to[64];

		snprintf(from, sizeof(from),
		    "news-%d-r%c%c=d%d.example@lists.example.org", i,
		    'a' + i % 26, 'a' + i / 26, i);
		snprintf(to, sizeof(to), "r%d@d%d.example", i, i);
		world_mail((struct mail){.at = AT(9, 0, i % 60),
		    .client = "198.51.100.7",
		    .sender = from,
		    .rcpt = to,
		    .dsn = "5.1.1",
		    .disposition = i % 3 ? DELIVERED : BOUNCED});
	}
	world_correlate(DAY, NULL);
	world_expect("list", "clean", "- -");
	assert_string_equal(
	    world_rows("SELECT json_extract(log,'$.senders'), "
	               "json_extract(log,'$.canonical_senders') FROM finding"),
	    "90|1\n");
}

static void
dictionary_and_helo_variety_are_found(void **state)
{
	(void)state;
	world_lease("198.51.100.7", SINCE_EVER, NO_END, "guess", 0);
	world_lease("198.51.100.8", SINCE_EVER, NO_END, "bot", 0);
	world_lease("198.51.100.9", SINCE_EVER, NO_END, "hotel", 0);
	for (int i = 0; i < 60; i++) {
		char name[64], from[64];

		snprintf(name, sizeof(name), "u%d@example.net", i);
		world_mail((struct mail){.at = AT(9, 0, i),
		    .client = "198.51.100.7",
		    .sender = "x@example.com",
		    .rcpt = name,
		    .dsn = "5.1.1",
		    .reply = 550,
		    .stage = 5,
		    .disposition = REJECTED});
		snprintf(name, sizeof(name), "pc%d.example", i);
		snprintf(from, sizeof(from), "x@d%d.example", i % 12);
		world_mail((struct mail){.at = AT(9, 0, i),
		    .client = "198.51.100.8",
		    .helo = name,
		    .sender = from,
		    .rcpt = "r@example.net",
		    .verdict = i < 3 ? SPAM : 0,
		    .disposition = DELIVERED});
		world_mail((struct mail){.at = AT(9, 0, i),
		    .client = "198.51.100.9",
		    .helo = name,
		    .sender = from,
		    .rcpt = "r@example.net",
		    .disposition = DELIVERED});
	}
	world_correlate(DAY, NULL);
	world_expect("guess", "confirmed", "spam not_visible");
	world_expect("bot", "confirmed", "spam not_visible");
	world_expect("hotel", "clean", "- -");
	assert_string_equal(world_rows("SELECT DISTINCT customer, rule FROM "
	                               "finding_rule ORDER BY 1, 2"),
	    "bot|helo_variety\nguess|dictionary\n");
}

static void
forwarder_through_the_smarthost(void **state)
{
	(void)state;
	/* Customer's server forwards a spam mailbox through our smarthost: it
	 * is shown, and never confirmed.  Our MX that hands the same mail to
	 * our store is nobody. */
	world_own_host("198.51.100.25");
	world_lease("198.51.100.7", SINCE_EVER, NO_END, "fwd", 0);
	for (int i = 0; i < 15; i++) {
		char from[64];

		snprintf(from, sizeof(from), "x@d%c.example", 'a' + i);
		world_mail((struct mail){.at = AT(9, 0, i),
		    .client = "198.51.100.7",
		    .sender = from,
		    .rcpt = "me@example.net",
		    .verdict = SPAM,
		    .disposition = DELIVERED});
		world_mail((struct mail){.at = AT(9, 0, i),
		    .client = "198.51.100.25",
		    .sender = from,
		    .rcpt = "me@example.net",
		    .verdict = SPAM,
		    .disposition = DELIVERED});
	}
	world_correlate(DAY, NULL);
	world_expect("fwd", "below_threshold", "spam -");
	assert_string_equal(
	    world_rows("SELECT count(*), max(confidence) <= 0.3, "
	               "max(reason LIKE '%look like forwarding%') FROM finding"),
	    "1|1|1\n");
}

/* A bounce of spam, and spam forwarded under an SRS sender, are somebody
 * else's; the same customer's own spam still counts. */
static void
spam_passed_on_is_not_ones_own(void **state)
{
	(void)state;
	world_lease("198.51.100.7", SINCE_EVER, NO_END, "bounces", 0);
	world_lease("198.51.100.8", SINCE_EVER, NO_END, "srs", 0);
	world_lease("198.51.100.9", SINCE_EVER, NO_END, "both", 0);
	for (int i = 0; i < 6; i++) {
		struct mail m = {.at = AT(9, 0, i),
		    .rcpt = "r@example.net",
		    .verdict = SPAM,
		    .disposition = REJECTED};

		m.client = "198.51.100.7";
		m.sender = "";
		world_mail(m);
		m.client = "198.51.100.8";
		m.sender = i % 2 ? "SRS0=ab1=xy=spam.example=x@fwd.example"
		                 : "srs1+cd2=fwd.example==ab=x@fwd.example";
		world_mail(m);
		m.client = "198.51.100.9";
		m.sender = "";
		world_mail(m);
	}
	spam("198.51.100.9", AT(9, 1, 0), 4);
	world_correlate(DAY, NULL);
	world_expect("bounces", "below_threshold", "spam -");
	world_expect("srs", "below_threshold", "spam -");
	world_expect("both", "confirmed", "spam not_visible");
	assert_string_equal(world_rows("SELECT customer, reason FROM finding "
	                               "WHERE customer = 'srs'"),
	    "srs|6 spam and 0 virus verdicts in 6 messages; nearest rule "
	    "spam_campaign: own_spam_share 0 < 0.1; 6 of the spam may be bounces or forwarded, by its sender\n");
}

static void
ipv6_prefix_is_one_customer(void **state)
{
	(void)state;
	world_prefix("2001:db8::/32");
	world_lease("2001:db8:1:100::/56", SINCE_EVER, NO_END, "six", 0);
	world_lease("2001:db8:1:200::/56", SINCE_EVER, NO_END, "other", 0);
	spam("2001:db8:1:100::1", AT(9, 0, 0), 1);
	spam("2001:db8:1:1ff:ffff:ffff:ffff:ffff", AT(9, 1, 0), 4);
	spam("2001:db8:1:300::1", AT(9, 2, 0), 1);
	world_correlate(DAY, NULL);
	world_expect("six", "confirmed", "spam not_visible");
	world_expect("other", NULL, NULL);
	world_expect("2001:db8:1:300::1", "below_threshold", "spam -");
}

static void
the_longer_ipv6_prefix_has_it_where_it_is_clear(void **state)
{
	(void)state;
	world_lease("2001:db8::/32", SINCE_EVER, NO_END, "pool", 0);
	world_lease("2001:db8:1::/48", AT(8, 0, 0), AT(10, 3, 0), "house", 60);
	world_lease("2001:db8:1:7::/64", AT(8, 0, 0), AT(10, 3, 0), "flat", 60);
	spam("2001:db8:1:7::1", AT(9, 0, 0), 5);
	spam("2001:db8:1:8::1", AT(9, 0, 0), 5);
	spam("2001:db8:2::1", AT(9, 0, 0), 5);
	/* Near its end, and just after it. */
	spam("2001:db8:1:9::1", AT(10, 2, 30), 5);
	spam("2001:db8:1:9::1", AT(10, 3, 30), 5);
	/* The flat's is over, the pool's is not. */
	spam("2001:db8:1:7::2", AT(11, 0, 0), 5);
	world_correlate(DAY, NULL);
	world_expect("flat", "confirmed", "spam not_visible");
	world_expect("house", "confirmed", "spam not_visible");
	world_expect("pool", "confirmed", "spam not_visible");
	world_expect("2001:db8:1:9::1", "ambiguous", "- -");
	assert_string_equal(
	    world_rows("SELECT customer, json_extract(log,'$.spam') FROM "
	               "finding ORDER BY customer"),
	    "2001:db8:1:9::1|0\nflat|5\nhouse|5\npool|10\n");
}

static void
a_missing_stop_blames_nobody_after(void **state)
{
	(void)state;
	world_prefix("198.51.100.0/24");
	/* b's start ends a's session, whose stop is missing. */
	world_session(
	    "198.51.100.7", AT(8, 0, 0), AT(9, 0, 0), AT(23, 0, 0), "a");
	world_session(
	    "198.51.100.7", AT(10, 3, 0), AT(11, 0, 0), AT(12, 0, 0), "b");
	spam("198.51.100.7", AT(9, 59, 0), 4);
	spam("198.51.100.7", AT(10, 4, 0), 5);
	/* Nothing was heard of b for too long. */
	spam("198.51.100.7", AT(12, 1, 0), 6);
	/* c was still heard of when d had it, by what they say. */
	world_session(
	    "198.51.100.8", AT(8, 0, 0), AT(11, 0, 0), AT(23, 0, 0), "c");
	world_session(
	    "198.51.100.8", AT(10, 0, 0), AT(12, 0, 0), AT(23, 0, 0), "d");
	spam("198.51.100.8", AT(10, 30, 0), 7);
	world_correlate(DAY, NULL);
	world_expect("c", NULL, NULL);
	world_expect("d", NULL, NULL);
	assert_string_equal(
	    world_rows("SELECT customer, class, json_extract(log,'$.spam') "
	               "FROM finding ORDER BY customer"),
	    "198.51.100.7|confirmed|6\n198.51.100.8|ambiguous|0\n"
	    "a|confirmed|4\nb|confirmed|5\n");
}

static void
a_port_block_changes_hands(void **state)
{
	(void)state;
	world_port_lease(
	    "203.0.113.1", 1024, 2047, AT(8, 0, 0), AT(10, 3, 0), "a");
	world_port_lease("203.0.113.1", 1024, 2047, AT(10, 3, 0), NO_END, "b");
	world_port_lease("203.0.113.1", 2048, 4095, AT(8, 0, 0), NO_END, "c");
	burst((struct mail){.at = AT(10, 2, 0),
	          .client = "203.0.113.1",
	          .port = 1500,
	          .verdict = SPAM,
	          .disposition = DELIVERED},
	    4);
	for (int i = 0; i < 3; i++) {
		struct mail m = {.at = AT(10, 4, i),
		    .client = "203.0.113.1",
		    .port = 1500,
		    .sender = "x@example.com",
		    .rcpt = "r@example.net",
		    .verdict = CLEAN,
		    .disposition = DELIVERED};

		world_mail(m);
		m.port = 3000;
		world_mail(m);
	}
	world_correlate(DAY, NULL);
	world_expect("a", "confirmed", "spam not_visible");
	world_expect("b", "clean", "- -");
	world_expect("c", "clean", "- -");
}

static void
a_day_may_have_25_hours(void **state)
{
	/* 2024-10-27 in Vienna: 22:00 UTC the day before to 23:00 UTC. */
	const int64_t day = 20023, start = (day * 24 - 2) * HOUR;
	struct correlate_result r;

	(void)state;
	config.day_timezone = zone_find(STR("Europe/Vienna"));
	assert_non_null(config.day_timezone);
	config.day_timezone_name = STR("Europe/Vienna");
	world_lease("198.51.100.0/24", SINCE_EVER, NO_END, "a", 0);
	world_lease("203.0.113.0/24", SINCE_EVER, NO_END, "out", 0);
	world_mail_hours(start - HOUR, 27);
	spam("198.51.100.7", start, 2);
	spam("198.51.100.7", start + 25 * HOUR - 4 * USEC, 4);
	spam("203.0.113.7", start - 3 * USEC, 3);
	spam("203.0.113.7", start + 25 * HOUR, 2);
	world_correlate(day, &r);
	world_expect("a", "confirmed", "spam not_visible");
	world_expect("out", NULL, NULL);
	assert_int_equal(r.hours, 25);
	assert_int_equal(r.mail_hours, 25);
	assert_int_equal(r.messages, 21);
}

static void
flow_support_by_vantage_and_window(void **state)
{
	(void)state;
	world_prefix("198.51.100.0/24");
	world_account("anna", "anna");
	world_mail_hours(AT(0, 0, 0), 24);
	world_agent("192.0.2.1", VANTAGE_EXCHANGE, 2048, AT(0, 0, 0), 24);
	world_agent("192.0.2.2", VANTAGE_INTERNAL, 1000, AT(12, 0, 0), 12);
	/* inside, in hours with and without the internal agent */
	spam("198.51.100.1", AT(9, 0, 0), 5);
	spam("198.51.100.2", AT(13, 0, 0), 5);
	/* sampled on its way to some other server */
	spam("198.51.100.3", AT(9, 0, 0), 5);
	world_slot("198.51.100.3", AT(9, 50, 0), 1, 0);
	/* too late for the window */
	spam("198.51.100.4", AT(9, 0, 0), 5);
	world_slot("198.51.100.4", AT(10, 5, 0), 1, 0);
	/* and too early */
	spam("198.51.100.5", AT(9, 0, 0), 5);
	world_slot("198.51.100.5", AT(7, 55, 0), 1, 0);
	/* from abroad, past the exchange */
	burst((struct mail){.at = AT(9, 0, 0),
	          .client = "203.0.113.5",
	          .auth = "anna",
	          .verdict = VIRUS,
	          .disposition = DELIVERED},
	    5);
	world_correlate(DAY, NULL);
	world_expect("198.51.100.1", "confirmed", "spam not_visible");
	world_expect("198.51.100.2", "confirmed", "spam not_seen");
	world_expect("198.51.100.3", "confirmed", "spam seen");
	world_expect("198.51.100.4", "confirmed", "spam not_visible");
	world_expect("198.51.100.5", "confirmed", "spam not_visible");
	world_expect("anna", "confirmed", "virus not_seen");
	/* (1 - 1/1000)^125 = 0.8824; (1 - 1/2048)^125 = 0.9408 */
	assert_string_equal(
	    world_rows("SELECT customer, json_extract(flow,'$.p_miss') FROM "
	               "finding ORDER BY 1"),
	    "198.51.100.1|\n198.51.100.2|0.8824\n198.51.100.3|\n"
	    "198.51.100.4|\n198.51.100.5|\nanna|0.9408\n");
}

static void
flows_of_the_day_before_support_but_do_not_accuse(void **state)
{
	(void)state;
	world_prefix("198.51.100.0/24");
	world_mail_hours(AT(-24, 0, 0), 48);
	world_agent("192.0.2.1", VANTAGE_EDGE, 2048, AT(-24, 0, 0), 48);
	spam("198.51.100.1", AT(0, 10, 0), 5);
	world_slot("198.51.100.1", AT(0, -20, 0), 1, 0);
	world_slot("198.51.100.2", AT(0, -20, 0), 1, 0);
	world_correlate(DAY, NULL);
	world_expect("198.51.100.1", "confirmed", "spam seen");
	world_expect("198.51.100.2", NULL, NULL);
	assert_string_equal(
	    world_rows("SELECT json_extract(flow,'$.client'), "
	               "json_extract(flow,'$.client_in_window') FROM finding"),
	    "0|1\n");
}

static void
no_suspect_where_the_logs_are_silent(void **state)
{
	struct correlate_result r;

	(void)state;
	world_prefix("198.51.100.0/24");
	world_agent("192.0.2.1", VANTAGE_EDGE, 1024, AT(0, 0, 0), 24);
	world_mail_hours(AT(0, 0, 0), 9);
	world_slot("198.51.100.1", AT(8, 59, 0), 1, 0);
	world_slot("198.51.100.2", AT(9, 0, 0), 1, 0);
	world_correlate(DAY, &r);
	world_expect("198.51.100.1", "flow_only_suspect", "- -");
	world_expect("198.51.100.2", NULL, NULL);
	assert_int_equal(r.flow_uncovered, 1);
	assert_int_equal(r.mail_hours, 9);
}

/* Two hosts, the second with its own hours, of which hole is one on DAY: how
 * many hours are covered, and whether a flow in the hole makes a suspect. */
static void
second_host(int hole, int covered)
{
	struct correlate_result r;

	world_prefix("198.51.100.0/24");
	world_agent("192.0.2.1", VANTAGE_EDGE, 1024, AT(0, 0, 0), 24);
	world_mail_hours(AT(-24 * 14, 0, 0), 24 * 15);
	world_slot("198.51.100.1", AT(hole, 10, 0), 1, 0);
	world_correlate(DAY, &r);
	assert_int_equal(r.mail_hours, covered);
	world_expect("198.51.100.1",
	    covered == 24 ? "flow_only_suspect" : NULL,
	    covered == 24 ? "- -" : NULL);
	assert_int_equal(r.flow_uncovered, covered == 24 ? 0 : 1);
}

static void
no_suspect_while_one_host_is_silent(void **state)
{
	(void)state;
	world_host_hours(2, AT(-24 * 7, 0, 0), 24 * 7 + 9);
	world_host_hours(2, AT(12, 0, 0), 12);
	second_host(9, 21);
}

static void
no_suspect_while_one_host_is_silent_all_day(void **state)
{
	(void)state;
	world_host_hours(2, AT(-24 * 2, 0, 0), 24 * 2);
	second_host(9, 0);
}

static void
no_suspect_in_a_hole_of_a_new_host(void **state)
{
	(void)state;
	world_host_hours(2, AT(0, 0, 0), 10);
	world_host_hours(2, AT(12, 0, 0), 12);
	second_host(10, 22);
}

static void
host_that_rests_at_night_is_not_expected(void **state)
{
	(void)state;
	for (int day = -7; day <= 0; day++)
		world_host_hours(2, AT(24 * day + 7, 0, 0), 11);
	second_host(3, 24);
}

static void
host_that_rests_on_sundays_is_not_expected(void **state)
{
	(void)state;
	world_host_hours(2, AT(-24 * 14, 0, 0), 24 * 7);
	world_host_hours(2, AT(-24 * 6, 0, 0), 24 * 6);
	second_host(9, 24);
}

static void
host_that_went_a_week_ago_is_not_expected(void **state)
{
	(void)state;
	world_host_hours(2, AT(-24 * 14, 0, 0), 24 * 7);
	second_host(9, 24);
}

static void
host_that_writes_now_and_then_is_not_expected(void **state)
{
	(void)state;
	for (int i = -24 * 7; i < 24; i += 3)
		world_host_hours(2, AT(i, 0, 0), 1);
	second_host(9 + 1, 24);
}

static void
flow_suspect_whose_mail_is_in_doubt_is_ambiguous(void **state)
{
	(void)state;
	world_lease("198.51.100.7", AT(0, 0, 0), AT(10, 3, 0), "a", 60);
	world_lease("198.51.100.7", AT(10, 3, 0), NO_END, "b", 60);
	world_agent("192.0.2.1", VANTAGE_EDGE, 1024, AT(0, 0, 0), 24);
	world_mail_hours(AT(0, 0, 0), 24);
	world_mail((struct mail){.at = AT(10, 2, 30),
	    .client = "198.51.100.7",
	    .sender = "a@example.com",
	    .rcpt = "r@example.net",
	    .disposition = DELIVERED});
	world_slot("198.51.100.7", AT(9, 0, 0), 2, 0);
	world_correlate(DAY, NULL);
	world_expect("a", "ambiguous", "- -");
	world_expect("b", NULL, NULL);
}

/* n messages with a verdict, from m domains in turn to k recipients in turn;
 * k 0: the log does not name the recipients. */
static void
many(const char *client, int verdict, int n, int m, int k)
{
	for (int i = 0; i < n; i++) {
		char from[64], to[64];

		snprintf(from, sizeof(from), "x@from%d.example", i % m);
		snprintf(to, sizeof(to), "r%d@example.net", k ? i % k : 0);
		world_mail((struct mail){.at = AT(9, 12 * i, 0),
		    .client = client,
		    .sender = from,
		    .rcpt = k ? to : NULL,
		    .verdict = verdict,
		    .disposition = k ? DELIVERED : REJECTED,
		    .stage = k ? 0 : 7});
	}
}

static void
who_passes_mail_on_is_not_confirmed(void **state)
{
	(void)state;
	world_prefix("198.51.100.0/24");
	many("198.51.100.1", SPAM, 12, 12, 12); /* a bot */
	many("198.51.100.11", SPAM, 12, 12, 12); /* all at one time */
	many("198.51.100.12", SPAM, 15, 15, 15); /* so many are enough */
	world_run("UPDATE mail_message SET received = (SELECT min(hour) FROM "
	          "mail_message) * 3600000000 + message_key % 60 * 1000000 WHERE client IN (SELECT id FROM "
	          "addr WHERE text IN ('198.51.100.11', '198.51.100.12'))");
	many("198.51.100.2", SPAM, 40, 40, 6);  /* forwards for six */
	many("198.51.100.3", SPAM, 7, 7, 7);    /* too few to tell */
	many("198.51.100.4", SPAM, 12, 12, 0);  /* a bot, or a forwarder: refused after DATA */
	many("198.51.100.5", SPAM, 12, 12, 0);  /* the same of a forwarder */
	many("198.51.100.5", CLEAN, 12, 12, 2);
	many("198.51.100.6", VIRUS, 3, 3, 3);   /* a worm, by its HELOs, */
	many("198.51.100.10", VIRUS, 3, 3, 3);  /* and it may be a forwarder */
	many("198.51.100.7", VIRUS, 12, 12, 2);
	many("198.51.100.8", VIRUS, 2, 2, 2);
	many("198.51.100.9", CLEAN, 60, 2, 20); /* an office of two domains, */
	many("198.51.100.9", SPAM, 20, 20, 60); /* and a bot in it */
	sqlite3_free(world_name("a.example"));
	sqlite3_free(world_name("b.example"));
	world_run("UPDATE mail_message SET helo = (SELECT id FROM name WHERE "
	          "text = iif(message_key % 2, 'a.example', 'b.example')) "
	          "WHERE client = (SELECT id FROM addr WHERE text = "
	          "'198.51.100.6')");
	world_correlate(DAY, NULL);
	world_expect("198.51.100.10", "below_threshold", "virus -");
	world_expect("198.51.100.1", "confirmed", "spam not_visible");
	world_expect("198.51.100.11", "below_threshold", "spam -");
	world_expect("198.51.100.12", "confirmed", "spam not_visible");
	world_expect("198.51.100.2", "below_threshold", "spam -");
	world_expect("198.51.100.3", "below_threshold", "spam -");
	world_expect("198.51.100.4", "below_threshold", "spam -");
	world_expect("198.51.100.5", "below_threshold", "spam -");
	world_expect("198.51.100.6", "confirmed", "virus not_visible");
	world_expect("198.51.100.7", "below_threshold", "virus -");
	world_expect("198.51.100.8", "below_threshold", "virus -");
	world_expect("198.51.100.9", "confirmed", "spam not_visible");
}

static void
backscatter_with_viruses_is_not_the_bouncers(void **state)
{
	(void)state;
	world_prefix("198.51.100.0/24");
	for (int i = 0; i < 9; i++) {
		char to[64];

		snprintf(to, sizeof(to), "r%d@d%d.example", i, i);
		world_mail((struct mail){.at = AT(9, 0, i),
		    .client = "198.51.100.1",
		    .sender = "",
		    .rcpt = to,
		    .verdict = VIRUS,
		    .disposition = DELIVERED});
	}
	world_correlate(DAY, NULL);
	world_expect("198.51.100.1", "below_threshold", "virus -");
}

/* Extrusion from a list of which a tenth is stale; a server that many web
 * sites share has as many failures, but comes back to its senders. */
static void
new_senders_with_few_failures(void **state)
{
	(void)state;
	world_prefix("198.51.100.0/24");
	for (int i = 0; i < 120; i++) {
		char from[64], to[64];

		for (int shared = 0; shared < 2; shared++) {
			snprintf(from, sizeof(from), "x@site%d.example", shared ? i % 40 : i);
			snprintf(to, sizeof(to), "r%d@d%d.example", i, i % 50);
			world_mail((struct mail){.at = AT(9, i / 60, i % 60),
			    .client = shared ? "198.51.100.2" : "198.51.100.1",
			    .sender = from,
			    .rcpt = to,
			    .dsn = i % 10 ? "2.0.0" : "5.1.1",
			    .disposition = i % 10 ? DELIVERED : BOUNCED});
		}
	}
	world_correlate(DAY, NULL);
	world_expect("198.51.100.1", "confirmed", "spam not_visible");
	world_expect("198.51.100.2", "clean", "- -");
}

static void
remote_hosts_are_kept_only_if_something_is_wrong(void **state)
{
	(void)state;
	world_agent("192.0.2.1", VANTAGE_EDGE, 1024, AT(0, 0, 0), 24);
	world_mail_hours(AT(0, 0, 0), 24);
	many("203.0.113.1", SPAM, 5, 5, 5);
	many("203.0.113.2", SPAM, 5, 1, 1); /* all to the same: forwarded? */
	world_mail((struct mail){.at = AT(9, 0, 0),
	    .client = "203.0.113.3",
	    .sender = "a@example.com",
	    .rcpt = "r@example.net",
	    .verdict = CLEAN,
	    .disposition = DELIVERED});
	world_slot("203.0.113.4", AT(9, 0, 0), 5, 0);
	world_correlate(DAY, NULL);
	world_expect("203.0.113.1", "confirmed", "spam not_seen");
	world_expect("203.0.113.2", "below_threshold", "spam -");
	world_expect("203.0.113.3", NULL, NULL);
	world_expect("203.0.113.4", NULL, NULL);
	assert_string_equal(
	    world_rows("SELECT DISTINCT scope FROM finding"), "remote\n");
	assert_string_equal(
	    world_rows("SELECT spam, virus, covered FROM daily_customers"),
	    "0|0|1\n");
}

static void
kinds_and_daily_figures(void **state)
{
	(void)state;
	world_prefix("198.51.100.0/24");
	world_mail_hours(AT(0, 0, 0), 24);
	spam("198.51.100.1", AT(9, 0, 0), 5);
	spam("198.51.100.2", AT(9, 0, 0), 5);
	for (int i = 2; i <= 3; i++) {
		char ip[32];

		snprintf(ip, sizeof(ip), "198.51.100.%d", i);
		burst((struct mail){.at = AT(9, 1, 0),
		          .client = ip,
		          .verdict = VIRUS,
		          .disposition = REJECTED,
		          .stage = 7,
		          .reply = 550},
		    3);
	}
	for (int i = 0; i < 20; i++)
		world_mail((struct mail){.at = AT(9, 0, i),
		    .client = "198.51.100.4",
		    .sender = "x@example.com",
		    .rcpt = "r@example.net",
		    .verdict = BANNED,
		    .disposition = REJECTED,
		    .stage = 7});
	world_complaint("198.51.100.1", AT(9, 5, 0));
	world_complaint("198.51.100.9", AT(9, 5, 0));
	world_correlate(DAY, NULL);
	world_expect("198.51.100.1", "confirmed", "spam not_visible");
	world_expect("198.51.100.2", "confirmed", "both not_visible");
	world_expect("198.51.100.3", "confirmed", "virus not_visible");
	world_expect(
	    "198.51.100.4", "clean", "- -"); /* banned is not adverse */
	assert_string_equal(
	    world_rows("SELECT spam, virus, both, report FROM daily_customers"),
	    "1|1|1|1\n");
	assert_string_equal(
	    world_rows("SELECT complaints FROM finding ORDER BY customer"),
	    "1\n0\n0\n0\n");
	assert_string_equal(world_rows("SELECT customer, complaints FROM "
	                               "reported ORDER BY customer"),
	    "198.51.100.1|1\n198.51.100.9|1\n");
}

static void
watermark_tells_what_is_stale(void **state)
{
	(void)state;
	world_lease("198.51.100.7", SINCE_EVER, NO_END, "a", 0);
	spam("198.51.100.7", AT(9, 0, 0), 5);
	world_correlate(DAY, NULL);
	assert_string_equal(
	    world_rows("SELECT count(DISTINCT watermark) FROM (SELECT "
	               "watermark FROM finding UNION ALL SELECT watermark "
	               "FROM correlation_run)"),
	    "1\n");
	char *before = world_dump();
	world_run("INSERT INTO ledger (kind, path, head_bytes, head_hash, "
	          "resume_offset, resume_hash, first_time, last_time) VALUES "
	          "('mail', 'later.log', 10, 4711, 10, 1, "
	          "1728300000000000, 1728300000000000)");
	world_correlate(DAY, NULL);
	char *after = world_dump();
	assert_string_not_equal(before, after);
	free(before);
	free(after);
}

/* ------------------------------------------------ worlds made by chance */

#define NLEASE 24
#define NMAIL  240
#define NADDR  12

static uint32_t seed;

static int
chance(int n)
{
	seed = seed * 1664525 + 1013904223;
	return (int)((seed >> 8) % (uint32_t)n);
}

struct chance_lease {
	int first, last, start, end, error, customer; /* minutes; seconds */
};
struct chance_mail {
	int addr, at, verdict; /* seconds */
};

static struct chance_lease leases[NLEASE];
static struct chance_mail mails[NMAIL];

static void
make_by_chance(void)
{
	for (int i = 0; i < NLEASE; i++) {
		struct chance_lease *l = &leases[i];

		l->first = chance(NADDR);
		l->last = chance(3) ? l->first : l->first + chance(4);
		l->start = chance(1300);
		l->end = l->start + 1 + chance(400);
		l->error = chance(3) * 60;
		l->customer = chance(6);
	}
	for (int i = 0; i < NMAIL; i++) {
		mails[i].addr = chance(NADDR + 3);
		mails[i].at = i * (86400 / NMAIL) + chance(86400 / NMAIL);
		mails[i].verdict = chance(4) ? (chance(2) ? 0 : CLEAN)
		                             : (chance(6) ? SPAM : VIRUS);
	}
}

/* Same leases are one lease to the store. */
static bool
is_copy(int i)
{
	for (int k = 0; k < i; k++)
		if (leases[k].first == leases[i].first &&
		    leases[k].last == leases[i].last &&
		    leases[k].start == leases[i].start &&
		    leases[k].customer == leases[i].customer)
			return true;
	return false;
}

static void
ip_text(char *out, size_t n, int i)
{
	snprintf(out, n, "198.51.100.%d", 16 + i);
}

static void
put_lease(int i)
{
	struct chance_lease *l = &leases[i];
	char range[64], who[8];

	snprintf(range, sizeof(range), "198.51.100.%d-198.51.100.%d",
	    16 + l->first, 16 + l->last);
	snprintf(who, sizeof(who), "c%d", l->customer);
	if (!is_copy(i))
		world_lease(
		    range, AT(0, l->start, 0), AT(0, l->end, 0), who, l->error);
}

static void
put_mail(int i)
{
	char ip[32], to[32];

	ip_text(ip, sizeof(ip), mails[i].addr);
	snprintf(to, sizeof(to), "r%d@example.net", i);
	world_mail((struct mail){.at = AT(0, 0, mails[i].at),
	    .client = ip,
	    .sender = "x@example.com",
	    .rcpt = to,
	    .verdict = mails[i].verdict,
	    .disposition = DELIVERED,
	    .key = 1000 + (uint64_t)i});
}

/* Brute force: the customer of a mail, -1 its own address, -2 in doubt. */
static int
holder_of(const struct chance_mail *m)
{
	int inside = 0, near = 0; /* sets of customers as bits */

	for (int i = 0; i < NLEASE; i++) {
		struct chance_lease *l = &leases[i];

		if (is_copy(i) || m->addr < l->first || m->addr > l->last)
			continue;
		if (m->at >= l->start * 60 && m->at < l->end * 60)
			inside |= 1 << l->customer;
		if (m->at >= l->start * 60 - l->error &&
		    m->at < l->end * 60 + l->error)
			near |= 1 << l->customer;
	}
	if (near == 0)
		return -1;
	if ((near & (near - 1)) != 0 || inside == 0)
		return -2;
	return __builtin_ctz((unsigned)near);
}

/* What must stand in the table finding for the key "c3" or an address. */
static void
expect_by_hand(const char *key, int customer, int addr)
{
	int clear = 0, doubt = 0, nspam = 0, nvirus = 0;
	double sum = 0; /* of the sequential test, in the order of time */
	bool infected = false, few;
	const char *class = "clean";
	char sql[256], want[128];

	for (int i = 0; i < NMAIL; i++) {
		const struct chance_mail *m = &mails[i];
		int who = holder_of(m);

		if (customer >= 0 ? who != customer
		                  : who >= 0 || m->addr != addr)
			continue;
		doubt += who == -2;
		clear += who != -2;
		nspam += who != -2 && m->verdict == SPAM;
		nvirus += who != -2 && m->verdict == VIRUS;
		if (who == -2 || infected)
			continue;
		sum = sum <= log(.01 / .9999) ? 0 : sum;
		sum += m->verdict == SPAM    ? log(.5 / .02)
		       : m->verdict == CLEAN ? log(.5 / .98)
		                             : 0;
		infected = sum >= log(.99 / .0001);
	}
	few = clear - nspam - nvirus < 15; /* good ones that he is known by */
	if ((!few && nvirus >= 5) ||
	    (infected && nspam * 10 >= clear && nspam >= (few ? 8 : 5)))
		class = "confirmed";
	else if (nspam + nvirus > 0)
		class = "below_threshold";
	else if (doubt > 0)
		class = "ambiguous";
	snprintf(sql, sizeof(sql),
	    "SELECT class, json_extract(log,'$.transactions'), "
	    "json_extract(log,'$.ambiguous'), json_extract(log,'$.spam'), "
	    "json_extract(log,'$.virus') FROM finding WHERE customer = '%s'",
	    key);
	snprintf(want, sizeof(want), "%s|%d|%d|%d|%d\n", class, clear, doubt,
	    nspam, nvirus);
	assert_string_equal(world_rows(sql), clear + doubt > 0 ? want : "");
}

static void
random_worlds_have_one_class_each(void **state)
{
	for (seed = 1; seed < 2000000000; seed += 399999999) {
		uint32_t keep = seed;
		char key[32], *one, *two;

		make_by_chance();
		world_prefix("198.51.100.0/24");
		for (int i = 0; i < NLEASE; i++)
			put_lease(i);
		for (int i = 0; i < NMAIL; i++)
			put_mail(i);
		world_correlate(DAY, NULL);
		for (int c = 0; c < 6; c++) {
			snprintf(key, sizeof(key), "c%d", c);
			expect_by_hand(key, c, -1);
		}
		for (int a = 0; a < NADDR + 3; a++) {
			ip_text(key, sizeof(key), a);
			expect_by_hand(key, -1, a);
		}
		/* the same by one worker and, of another order of rows, by
		 * two */
		one = world_dump();
		world_threads = 1;
		world_correlate(DAY, NULL);
		two = world_dump();
		assert_string_equal(one, two);
		free(two);
		world_close(state);
		world_open(state);
		world_prefix("198.51.100.0/24");
		for (int i = NMAIL; i-- > 0;)
			put_mail(i);
		for (int i = 0; i < NLEASE; i++)
			put_lease(i);
		world_threads = 2;
		world_correlate(DAY, NULL);
		world_threads = 3;
		two = world_dump();
		assert_string_equal(one, two);
		free(one);
		free(two);
		world_close(state);
		world_open(state);
		seed = keep;
	}
}

#define WORLD(f) cmocka_unit_test_setup_teardown(f, world_open, world_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    WORLD(each_class_once),
	    WORLD(slots_of_one_time),
	    WORLD(server_pattern_is_more_than_one_answer),
	    WORLD(answers_count_where_the_way_back_is_seen),
	    WORLD(server_pattern_over_several_days),
	    WORLD(answers_of_a_server_are_what_it_sends),
	    WORLD(own_addresses_without_a_lease_are_counted),
	    WORLD(lease_ends_when_its_address_is_given_away),
	    WORLD(overlapping_leases_name_nobody),
	    WORLD(mail_goes_to_the_holder_of_its_time),
	    WORLD(change_of_hands_within_the_clock_error_is_ambiguous),
	    WORLD(edge_of_one_lease_among_several_is_said),
	    WORLD(clock_errors_of_lease_and_log_add_up),
	    WORLD(mail_clock_error_is_that_of_the_host),
	    WORLD(mail_clock_offset_is_taken_off),
	    WORLD(lease_clock_offset_is_taken_off),
	    WORLD(flow_clock_offset_is_taken_off),
	    WORLD(renewal_to_the_same_customer_is_no_change),
	    WORLD(just_outside_the_only_lease_is_ambiguous),
	    WORLD(silent_session_is_ambiguous),
	    WORLD(silent_session_behind_a_nat),
	    WORLD(shared_address_needs_the_port),
	    WORLD(samples_of_a_shared_address_go_by_their_port),
	    WORLD(answers_to_a_forged_address_accuse_nobody),
	    WORLD(slot_across_a_change_is_split_by_samples),
	    WORLD(slot_near_a_change_is_split_too),
	    WORLD(roaming_sender_is_his_customer),
	    WORLD(own_hosts_bounces_and_local_mail_blame_nobody),
	    WORLD(a_bounce_under_the_next_lease_counts_for_the_first),
	    WORLD(extrusion_is_found_and_forwarding_is_not),
	    WORLD(mailing_list_with_verp_is_one_sender),
	    WORLD(dictionary_and_helo_variety_are_found),
	    WORLD(forwarder_through_the_smarthost),
	    WORLD(spam_passed_on_is_not_ones_own),
	    WORLD(ipv6_prefix_is_one_customer),
	    WORLD(the_longer_ipv6_prefix_has_it_where_it_is_clear),
	    WORLD(a_missing_stop_blames_nobody_after),
	    WORLD(a_port_block_changes_hands),
	    WORLD(a_day_may_have_25_hours),
	    WORLD(flow_support_by_vantage_and_window),
	    WORLD(flows_of_the_day_before_support_but_do_not_accuse),
	    WORLD(no_suspect_where_the_logs_are_silent),
	    WORLD(no_suspect_while_one_host_is_silent),
	    WORLD(no_suspect_while_one_host_is_silent_all_day),
	    WORLD(no_suspect_in_a_hole_of_a_new_host),
	    WORLD(host_that_rests_at_night_is_not_expected),
	    WORLD(host_that_rests_on_sundays_is_not_expected),
	    WORLD(host_that_went_a_week_ago_is_not_expected),
	    WORLD(host_that_writes_now_and_then_is_not_expected),
	    WORLD(flow_suspect_whose_mail_is_in_doubt_is_ambiguous),
	    WORLD(who_passes_mail_on_is_not_confirmed),
	    WORLD(backscatter_with_viruses_is_not_the_bouncers),
	    WORLD(new_senders_with_few_failures),
	    WORLD(remote_hosts_are_kept_only_if_something_is_wrong),
	    WORLD(kinds_and_daily_figures),
	    WORLD(watermark_tells_what_is_stale),
	    WORLD(random_worlds_have_one_class_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
