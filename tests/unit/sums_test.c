/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sums of hours (mail_sum): they change nothing that a finding says but for
 * how many different senders a customer had of whom nothing is asked.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ingest/mail_sums.h"
#include "tests/unit/world.h"

enum { CLEAN = 1, GREYLISTED = 2, SPAM = 5, VIRUS = 6 };
enum { DELIVERED = 1, BOUNCED = 3 };
enum { KNOWN = 15 }; /* messages of a customer that rules ask for */

static uint32_t seed;

static int
below(int n)
{
	seed = seed * 1664525 + 1013904223;
	return (int)((seed >> 8) % (uint32_t)n);
}

static void
one_mail(int64_t at, const char *client, const char *sender, int verdict)
{
	world_mail((struct mail){.at = at,
	    .client = client,
	    .sender = sender,
	    .helo = "h.example.com",
	    .rcpt = "r@example.net",
	    .verdict = verdict,
	    .disposition = DELIVERED});
}

/* Distinct figures are there where a rule could fire or something speaks
 * against the customer, and else are not; of a host elsewhere, only where a
 * rule could fire. */
static void
distinct_figures_where_they_matter(void **state)
{
	char sender[32];

	(void)state;
	world_prefix("198.51.100.0/24");
	world_mail_hours(AT(0, 0, 0), 24);
	for (int i = 0; i < 9; i++)
		one_mail(AT(9, i, 0), "198.51.100.1", "a@example.com", CLEAN);
	for (int i = 0; i < 3; i++)
		one_mail(AT(9, i, 0), "198.51.100.2",
		    i ? "b@example.com" : "a@example.com", i ? CLEAN : SPAM);
	/* Twenty recipients are asked for, ten of them refused: there may be. */
	for (int i = 0; i < 20; i++) {
		snprintf(
		    sender, sizeof(sender), "s%c@d%d.example.com", 'a' + i, i);
		world_mail((struct mail){.at = AT(9, i, 0),
		    .client = "198.51.100.3",
		    .sender = sender,
		    .helo = i % 2 ? "x.example.com" : "y.example.com",
		    .rcpt = "r@example.net",
		    .verdict = CLEAN,
		    .dsn = i < 10 ? "5.1.1" : "2.0.0",
		    .disposition = i < 10 ? BOUNCED : DELIVERED});
	}
	one_mail(AT(9, 0, 0), "203.0.113.9", "b@example.com", SPAM);
	for (int i = 0; i < 6; i++)
		one_mail(AT(9, i, 0), "203.0.113.10", "b@example.com",
		    i % 2 ? CLEAN : SPAM);
	world_correlate(DAY, NULL);
	assert_string_equal(
	    world_rows(
	        "SELECT customer, class, json_extract(log,'$.transactions'),"
	        " json_type(log,'$.senders'), json_extract(log,'$.senders'),"
	        " json_extract(log,'$.helos'), json_extract(log,'$.spam') "
	        "FROM finding ORDER BY customer"),
	    "198.51.100.1|clean|9|null|||0\n"
	    "198.51.100.2|below_threshold|3|integer|2|1|1\n"
	    "198.51.100.3|clean|20|integer|20|2|0\n"
	    "203.0.113.10|below_threshold|6|integer|1|1|3\n"
	    "203.0.113.9|below_threshold|1|null|||1\n");
}

/* Twenty facts of a kind are kept of a customer, five of a host elsewhere that
 * no rule confirms: the first ones, numbered without a gap. */
static void
so_many_facts_are_kept(void **state)
{
	(void)state;
	world_prefix("198.51.100.0/24");
	world_mail_hours(AT(0, 0, 0), 24);
	world_agent("192.0.2.1", VANTAGE_EDGE, 1024, AT(0, 0, 0), 24);
	for (int i = 0; i < 60; i++) {
		one_mail(AT(9, i, 0), "203.0.113.9", "a@example.com",
		    i % 3 ? CLEAN : SPAM);
		one_mail(AT(9, i, 0), "198.51.100.1", "a@example.com",
		    i < 30 ? SPAM : CLEAN);
	}
	for (int i = 0; i < 9; i++)
		world_slot("203.0.113.9", AT(9, 5 * i, 0), 1, 0);
	world_correlate(DAY, NULL);
	assert_string_equal(
	    world_rows(
	        "SELECT f.customer, class, e.kind, min(e.n), max(e.n), count(*),"
	        " (max(e.time) - f.first_seen) / 60000000 "
	        "FROM finding f JOIN finding_evidence e "
	        "ON e.customer = f.customer GROUP BY 1, 3 ORDER BY 1, 4"),
	    "198.51.100.1|below_threshold|verdict|1|20|20|19\n"
	    "198.51.100.1|below_threshold|delivery|21|40|20|19\n"
	    "203.0.113.9|below_threshold|verdict|1|5|5|12\n"
	    "203.0.113.9|below_threshold|delivery|6|10|5|12\n"
	    "203.0.113.9|below_threshold|sample|11|15|5|20\n");
}

static int
note_rule(void *with, const struct detect_rule *r, const struct stmt *st)
{
	if (str_eq(r->rule, STR("bounce_server")))
		*(int64_t *)with = stmt_value(st, 0).i;
	return 0;
}

/* A run does not ask whether a rule speaks for whom nothing speaks against; a
 * replay of rules does. */
static void
a_replay_asks_for_roles(void **state)
{
	struct detect *rules = world_rules();
	int64_t fires = -1;
	struct store *s;
	struct err e;
	char rcpt[40];

	(void)state;
	world_prefix("198.51.100.0/24");
	world_mail_hours(AT(0, 0, 0), 24);
	for (int i = 0; i < 20; i++) {
		snprintf(rcpt, sizeof(rcpt), "r@d%d.example.net", i);
		world_mail((struct mail){.at = AT(9, i, 0),
		    .client = "198.51.100.1",
		    .sender = "",
		    .helo = "h.example.com",
		    .rcpt = rcpt,
		    .verdict = CLEAN,
		    .disposition = DELIVERED});
	}
	world_correlate(DAY, NULL);
	assert_string_equal(
	    world_rows("SELECT class, json_extract(log,'$.null_senders'), "
	               "json_type(log,'$.senders') FROM finding"),
	    "clean|20|null\n");
	if (store_open(&s, world_path, STORE_WRITE, &e) < 0 ||
	    correlate_replay(s, &config, rules, 0, DAY, note_rule, &fires, &e) <
	        0)
		fail_msg("%s", e.text);
	store_close(s);
	detect_free(rules);
	assert_int_equal(fires, 1);
}

static void
senders_without_what_differs(void **state)
{
	static const char *const senders[] = {"prvs=1234ab=joe@x.example",
	    "joe@x.example", "SRS0=Hx=tt=dom=u@f.example", "srs1+a=b@f.example",
	    "list-17-user=dom.example@l.example", "list+bob@l.example",
	    "a1b2@x.example", "ab@X.EXAMPLE", "prvs=@x.example",
	    "srs0@x.example", "@x.example", "plain", "+a@x.example",
	    "a@b@x.example", "\xc3\xa4@x.example"};

	(void)state;
	world_prefix("198.51.100.0/24");
	world_mail_hours(AT(0, 0, 0), 24);
	for (size_t i = 0; i < sizeof(senders) / sizeof(senders[0]); i++)
		one_mail(AT(9, 0, (int)i), "198.51.100.1", senders[i], SPAM);
	world_correlate(DAY, NULL);
	assert_string_equal(
	    world_rows("SELECT json_extract(log,'$.senders'), "
	               "json_extract(log,'$.canonical_senders'), "
	               "json_extract(log,'$.sender_domains') FROM finding"),
	    "15|11|3\n");
}

/* Whoever changes a message marks its hour, as the importer does. */
static void
mark(int64_t id)
{
	struct mail_sums *u;
	struct store *s;
	struct err e;

	if (store_open(&s, world_path, STORE_WRITE, &e) < 0)
		fail_msg("%s", e.text);
	u = mail_sums_new(s);
	if (store_begin(s, &e) < 0 || mail_sums_mark(u, id, &e) < 0 ||
	    store_commit(s, &e) < 0)
		fail_msg("%s", e.text);
	mail_sums_free(u);
	store_close(s);
}

static const char *
left(void)
{
	return world_rows("SELECT count(*) FROM mail_sum_due");
}

static void
what_changes_later_is_counted_anew(void **state)
{
	char rcpt[32];

	(void)state;
	world_prefix("198.51.100.0/24");
	world_mail_hours(AT(0, 0, 0), 24);
	for (int i = 1; i <= KNOWN; i++) {
		snprintf(rcpt, sizeof(rcpt), "r%d@example.net", i);
		world_mail((struct mail){.at = AT(9, i, 0),
		    .client = "198.51.100.1",
		    .sender = "a@example.com",
		    .helo = "h.example.com",
		    .rcpt = rcpt,
		    .disposition = DELIVERED});
	}
	one_mail(AT(30, 0, 0), "198.51.100.1", "a@example.com", 0);
	world_correlate(DAY, NULL);
	world_expect("198.51.100.1", "clean", "- -");
	assert_string_equal(left(), "1\n"); /* that of the next day */
	/* verdicts come */
	for (int i = 1; i <= KNOWN; i++) {
		world_do(sqlite3_mprintf("UPDATE mail_message SET verdict = 5 "
		                         "WHERE id = %d",
		    i));
		world_do(sqlite3_mprintf(
		    "INSERT INTO mail_verdict (message, n, filter, verdict, "
		    "time) VALUES (%d, 1, 3, 5, 0)",
		    i));
		mark(i);
	}
	world_correlate(DAY, NULL);
	world_expect("198.51.100.1", "confirmed", "spam not_visible");
	/* it is of another client, and that of nobody any more */
	for (int i = 1; i <= KNOWN; i++) {
		mark(i);
		world_addr("198.51.100.2");
		world_run(
		    "UPDATE mail_message SET client = (SELECT id FROM addr "
		    "WHERE text = '198.51.100.2') WHERE hour = 480009");
		mark(i);
	}
	world_correlate(DAY, NULL);
	world_expect("198.51.100.1", NULL, NULL);
	world_expect("198.51.100.2", "confirmed", "spam not_visible");
	world_run("DELETE FROM mail_message WHERE hour = 480009");
	world_do(
	    sqlite3_mprintf("INSERT INTO mail_sum_due SELECT DISTINCT hour, "
	                    "client FROM mail_sum"));
	world_correlate(DAY, NULL);
	world_expect("198.51.100.2", NULL, NULL);
	assert_string_equal(
	    world_rows("SELECT count(*) FROM mail_sum WHERE hour = 480009"),
	    "0\n");
}

/* --- hours as a whole and message by message say the same */

static void
address(char *out, size_t n, int i)
{
	snprintf(out, n, i < 10 ? "198.51.100.%d" : "203.0.113.%d", i + 1);
}

static void
random_leases(void)
{
	char ip[32], who[8];

	for (int i = 0; i < 8; i++) {
		int64_t at = AT(0, 0, 0) - HOUR;

		address(ip, sizeof(ip), i);
		while (at < AT(24, 0, 0)) {
			int64_t end = at + (1 + below(600)) * 60 * USEC;

			snprintf(who, sizeof(who), "c%d", below(9));
			if (i < 6)
				world_lease(ip, at, end, who, below(3) * 60);
			else
				world_port_lease(ip, 1024 + below(8) * 1000,
				    9000 + below(8) * 1000, at, end, who);
			at = end + below(3) * 60 * USEC;
		}
	}
}

static void
random_mail(void)
{
	static const char *const users[] = {NULL, NULL, "u1", "u2"};
	char ip[32], sender[40];

	for (int i = 0; i < 400; i++) {
		address(ip, sizeof(ip), below(13)); /* three elsewhere */
		snprintf(sender, sizeof(sender), "s%d@d%d.example.com",
		    below(40), below(12));
		world_mail(
		    (struct mail){.at = AT(0, 0, 0) + below(86400) * USEC,
		        .client = ip,
		        .port = below(3) ? 1024 + below(16000) : 0,
		        .auth = users[below(4)],
		        .sender = below(9) ? sender : "",
		        .helo = below(5) ? "h.example.com" : sender,
		        .rcpt = sender + below(3),
		        .verdict = below(5) ? below(2) : SPAM,
		        .disposition = below(4) ? DELIVERED : BOUNCED,
		        .dsn = below(2) ? "5.1.1" : "5.7.1"});
	}
}

/* All but how many different ones there were. */
static char *
told(void)
{
	return strdup(world_rows(
	    "SELECT customer, attributed_by, scope, class, kind, first_seen, "
	    "last_seen, reason, confidence, json_remove(log, '$.senders', "
	    "'$.canonical_senders', '$.sender_domains', '$.helos', "
	    "'$.distinct_recipients', '$.recipient_domains'), (SELECT "
	    "group_concat(a.addr || ':' || a.messages) FROM finding_addr a "
	    "WHERE a.customer = f.customer), (SELECT group_concat(e.n || "
	    "e.text) FROM finding_evidence e WHERE e.customer = f.customer) "
	    "FROM finding f UNION ALL SELECT messages, unattributed, "
	    "ambiguous, 0, 0, 0, 0, 0, 0, 0, 0, 0 "
	    "FROM correlation_run"));
}

static void
whole_hours_and_single_messages_agree(void **state)
{
	for (int k = 1; k <= 6; k++) {
		char *whole, *apart;

		seed = (uint32_t)k * 7919;
		world_prefix("198.51.100.0/24");
		world_account("u1", "c1");
		world_mail_hours(AT(0, 0, 0), 24);
		random_leases();
		random_mail();
		world_correlate(DAY, NULL);
		whole = told();
		/* An hour that began before the day is taken apart. */
		world_run("UPDATE mail_sum SET first = first - 90000000000");
		world_correlate(DAY, NULL);
		apart = told();
		assert_true(strlen(whole) > 2000);
		assert_string_equal(whole, apart);
		free(whole);
		free(apart);
		world_close(state);
		world_open(state);
	}
}

/* --- counted as they come */

static struct mail_sums *sums;
static struct store *store;

static void
begin_sums(void)
{
	struct err e;

	if (store_open(&store, world_path, STORE_WRITE, &e) < 0 ||
	    store_begin(store, &e) < 0)
		fail_msg("%s", e.text);
	sums = mail_sums_new(store);
}

static void
add_one(int64_t at, int64_t client)
{
	struct sum_mail m = {.client = client, .received = at, .sender = 9};
	struct err e;

	sum_mail_recipient(&m, 7);
	if (mail_sums_add(sums, false, &m, &e) < 0)
		fail_msg("%s", e.text);
}

/* Commits; others may write then. */
static void
save(int64_t now, const char *others)
{
	struct err e;

	if (mail_sums_save(sums, now, &e) < 0 || store_commit(store, &e) < 0)
		fail_msg("%s", e.text);
	if (others != NULL)
		world_run(others);
	if (store_begin(store, &e) < 0)
		fail_msg("%s", e.text);
}

static const char *
sums_and_marks(void)
{
	return world_rows("SELECT (SELECT count(*) FROM mail_sum), "
	                  "(SELECT sum(transactions) FROM mail_sum), "
	                  "(SELECT count(*) FROM mail_sum_due)");
}

static void
end_sums(void)
{
	mail_sums_free(sums);
	store_close(store);
}

/* What a commit does not write is marked until it is; what comes after an hour
 * was written is made from the store. */
static void
an_hour_is_written_when_it_is_over(void **state)
{
	(void)state;
	begin_sums();
	add_one(AT(9, 0, 0), 1);
	add_one(AT(9, 59, 0), 1);
	add_one(AT(9, 30, 0), 2);
	save(AT(10, 10, 0), NULL); /* some may still come */
	assert_string_equal(sums_and_marks(), "0||2\n");
	add_one(AT(9, 59, 59), 1);
	add_one(AT(10, 1, 0), 1);
	save(AT(10, 30, 0), NULL);
	assert_string_equal(sums_and_marks(), "2|4|1\n");
	add_one(AT(9, 59, 59), 1);
	save(AT(12, 0, 0), NULL);
	assert_string_equal(sums_and_marks(), "3|5|1\n");
	end_sums();
}

/* Another process made the sums of the hour meanwhile, of what was there. */
static void
an_hour_that_others_write_is_made_from_the_store(void **state)
{
	(void)state;
	begin_sums();
	add_one(AT(9, 0, 0), 1);
	save(AT(9, 5, 0),
	    "INSERT INTO mail_sum SELECT hour, client, 0, 0, 1, 1, 1, 1, 1, 1, "
	    "1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 FROM mail_sum_due;"
	    "DELETE FROM mail_sum_due");
	assert_string_equal(sums_and_marks(), "1|1|0\n");
	add_one(AT(9, 10, 0), 1);
	save(AT(12, 0, 0), NULL);
	assert_string_equal(sums_and_marks(), "1|1|1\n");
	end_sums();
}

/* Clients beyond those that are kept in memory are made from the store. */
static void
more_clients_than_are_counted(void **state)
{
	(void)state;
	begin_sums();
	for (int i = 1; i <= (1 << 18) + 5; i++)
		add_one(AT(9, 0, 0), i);
	add_one(AT(9, 0, 1), 1);
	add_one(AT(9, 0, 1), (1 << 18) + 5);
	save(INT64_MAX, NULL);
	assert_string_equal(sums_and_marks(), "262144|262145|5\n");
	end_sums();
}

#define WORLD(f) cmocka_unit_test_setup_teardown(f, world_open, world_close)

/* Each verdict counts, whichever is the worst, in the sums and in what is made
 * of single messages. */
static void
several_verdicts_of_a_message(void **state)
{
	(void)state;
	world_prefix("198.51.100.0/24");
	one_mail(AT(9, 0, 0), "198.51.100.1", "a@example.com", VIRUS);
	one_mail(AT(9, 1, 0), "198.51.100.1", "a@example.com", CLEAN);
	for (int v = CLEAN; v < VIRUS; v++)
		if (v != GREYLISTED)
			world_do(sqlite3_mprintf(
			    "INSERT INTO mail_verdict (message, n, filter, "
			    "verdict, time) SELECT id, %d, 3, %d, received "
			    "FROM mail_message WHERE verdict = 6",
			    1 + v, v));
	world_correlate(DAY, NULL);
	assert_string_equal(
	    world_rows("SELECT virus, spam, adverse, banned, listed, clean, "
	               "messages FROM mail_sum"),
	    "1|1|1|1|1|2|2\n");
	assert_string_equal(
	    world_rows("SELECT json_extract(log, '$.virus'), "
	               "json_extract(log, '$.spam'), "
	               "json_extract(log, '$.banned'), "
	               "json_extract(log, '$.listed'), "
	               "json_extract(log, '$.clean') FROM finding"),
	    "1|1|1|1|2\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    WORLD(several_verdicts_of_a_message),
	    WORLD(an_hour_is_written_when_it_is_over),
	    WORLD(an_hour_that_others_write_is_made_from_the_store),
	    WORLD(more_clients_than_are_counted),
	    WORLD(distinct_figures_where_they_matter),
	    WORLD(so_many_facts_are_kept),
	    WORLD(a_replay_asks_for_roles),
	    WORLD(senders_without_what_differs),
	    WORLD(what_changes_later_is_counted_anew),
	    WORLD(whole_hours_and_single_messages_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
