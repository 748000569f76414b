/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Twenty traps of mail logs, by the whole way from lines to records.  What
 * each is about stands above its test; finer points are in the tests of the
 * part that deals with them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "ingest/mail_feed.h"
#include "ingest/record.h"

/* Records of the last run, as JSON, in the order in which they came. */
static struct buf out;
static struct str record[64];
static size_t nrecords;
static struct line_counts counts;
static struct rules *rules;
static struct parsers *parsers;
static struct message_sink sink;
static struct logfile_options options;

static void
on_message(struct message_sink *s, struct message *m)
{
	const struct recipient *r;

	(void)s;
	for (r = record_next(m, NULL); r != NULL; r = record_next(m, r)) {
		record_json(&out, m, r);
		if (r == &record_none)
			break;
	}
	message_free(m);
}

static void
split_records(void)
{
	struct str rest = buf_str(&out);

	nrecords = 0;
	while (rest.n > 0 && nrecords < 64)
		record[nrecords++] = str_split(&rest, '\n');
}

static void
read_bytes(const char *log, size_t n)
{
	char path[] = "/tmp/traps_test.XXXXXX";
	FILE *f = fdopen(mkstemp(path), "w");
	struct assembler *a = assembler_new(&sink);
	struct mail_feed *feed = mail_feed_new(parsers, rules, a, NULL);
	struct mail_input in = {.path = path, .name = "log", .opt = options};
	struct err e;
	int rc;

	assert_non_null(f);
	assert_int_equal(fwrite(log, 1, n, f), n);
	fclose(f);
	out.n = 0;
	assert_int_equal(mail_feed_add(feed, &in, &e), 0);
	while ((rc = mail_feed_step(feed, &e)) > 0)
		;
	assert_int_equal(rc, 0);
	assembler_flush(a);
	counts = mail_feed_total(feed);
	mail_feed_free(feed);
	assembler_free(a);
	unlink(path);
	split_records();
}

static void
reads(const char *log)
{
	read_bytes(log, strlen(log));
}

/* The record with this text in it; exactly one must have it. */
static struct str
record_of(const char *text)
{
	struct str found = STR_NONE;

	for (size_t i = 0; i < nrecords; i++)
		if (str_find(record[i], str_z(text)) >= 0) {
			if (str_has(found))
				fail_msg("two records with %s", text);
			found = record[i];
		}
	if (!str_has(found))
		fail_msg(
		    "no record with %s in\n%.*s", text, STR_FMT(buf_str(&out)));
	return found;
}

/* The one record with key has all of the others (NULL ends the list). */
static void
holds(const char *key, ...)
{
	struct str r = record_of(key);
	const char *want;
	va_list list;

	va_start(list, key);
	while ((want = va_arg(list, const char *)) != NULL)
		if (str_find(r, str_z(want)) < 0)
			fail_msg("no %s in %.*s", want, STR_FMT(r));
	va_end(list);
}

static void
lacks(const char *key, const char *text)
{
	struct str r = record_of(key);

	if (str_find(r, str_z(text)) >= 0)
		fail_msg("%s in %.*s", text, STR_FMT(r));
}

static size_t
count_of(const char *text)
{
	size_t n = 0;

	for (size_t i = 0; i < nrecords; i++)
		n += str_find(record[i], str_z(text)) >= 0;
	return n;
}

static const char *
client(int i)
{
	static char text[64];

	snprintf(text, sizeof(text), "\"client_addr\":\"192.0.2.%d\"", i);
	return text;
}

#define CLIENT(addr)   "\"client_addr\":\"" addr "\""
#define IS(key, text)  "\"" key "\":\"" text "\""
#define N(key, number) "\"" key "\":" #number

/* Stamps without a year: over the new year and back, and a February 29. */
static void
trap_01_years(void **state)
{
	(void)state;
	options.year = 2027;
	reads(
	    "Dec 31 23:59:58 mx postfix/smtpd[7]: NOQUEUE: reject: RCPT from "
	    "unknown[192.0.2.1]: 554 5.7.1 <a@example.net>: Relay access denied;"
	    " from=<x@example.com> to=<a@example.net> proto=ESMTP helo=<h>\n"
	    "Jan  1 00:00:03 mx postfix/smtpd[7]: NOQUEUE: reject: RCPT from "
	    "unknown[192.0.2.2]: 554 5.7.1 <a@example.net>: Relay access denied;"
	    " from=<x@example.com> to=<a@example.net> proto=ESMTP helo=<h>\n"
	    "Dec 31 23:59:59 mx postfix/smtpd[7]: NOQUEUE: reject: RCPT from "
	    "unknown[192.0.2.3]: 554 5.7.1 <a@example.net>: Relay access denied;"
	    " from=<x@example.com> to=<a@example.net> proto=ESMTP helo=<h>\n"
	    "Feb 29 10:00:00 mx postfix/smtpd[7]: NOQUEUE: reject: RCPT from "
	    "unknown[192.0.2.4]: 554 5.7.1 <a@example.net>: Relay access denied;"
	    " from=<x@example.com> to=<a@example.net> proto=ESMTP helo=<h>\n");
	assert_int_equal(nrecords, 4);
	holds(CLIENT("192.0.2.1"), IS("received", "2027-12-31T23:59:58.000Z"),
	    NULL);
	holds(CLIENT("192.0.2.2"), IS("received", "2028-01-01T00:00:03.000Z"),
	    NULL);
	holds(CLIENT("192.0.2.3"), IS("received", "2027-12-31T23:59:59.000Z"),
	    NULL);
	holds(CLIENT("192.0.2.4"), IS("received", "2028-02-29T10:00:00.000Z"),
	    NULL);
}

/* Local time: the hour that comes twice goes by the order of lines, the one that
 * is skipped is none, and an offset in the stamp is exact. */
static void
trap_02_zones(void **state)
{
	(void)state;
	options = (struct logfile_options){
	    .year = 2026, .zone = zone_find(STR("Europe/Vienna"))};
	assert_non_null(options.zone);
	reads(
	    "Oct 25 01:30:00 mx postfix/smtpd[7]: NOQUEUE: reject: RCPT from "
	    "unknown[192.0.2.1]: 554 5.7.1 <a@example.net>: Relay access denied;"
	    " from=<x@example.com> to=<a@example.net> proto=ESMTP helo=<h>\n"
	    "Oct 25 02:30:00 mx postfix/smtpd[7]: NOQUEUE: reject: RCPT from "
	    "unknown[192.0.2.2]: 554 5.7.1 <a@example.net>: Relay access denied;"
	    " from=<x@example.com> to=<a@example.net> proto=ESMTP helo=<h>\n"
	    "Oct 25 02:59:00 mx postfix/smtpd[7]: connect from unknown[192.0.2.9"
	    "]\n"
	    "Oct 25 02:10:00 mx postfix/smtpd[7]: NOQUEUE: reject: RCPT from "
	    "unknown[192.0.2.3]: 554 5.7.1 <a@example.net>: Relay access denied;"
	    " from=<x@example.com> to=<a@example.net> proto=ESMTP helo=<h>\n"
	    "2026-10-25 02:30:00.123 +0100 H=h [192.0.2.4] F=<x@example.com> "
	    "rejected RCPT <a@example.net>: no\n"
	    "2026-10-25T03:30:00+01:00 mx exim[7]: 2026-10-25 03:30:00 H=h "
	    "[192.0.2.5] F=<x@example.com> rejected RCPT <a@example.net>: no\n");
	holds(CLIENT("192.0.2.1"), IS("received", "2026-10-24T23:30:00.000Z"),
	    NULL);
	holds(CLIENT("192.0.2.2"), IS("received", "2026-10-25T00:30:00.000Z"),
	    NULL);
	holds(CLIENT("192.0.2.3"), IS("received", "2026-10-25T01:10:00.000Z"),
	    NULL);
	holds(CLIENT("192.0.2.4"), IS("received", "2026-10-25T01:30:00.123Z"),
	    NULL);
	holds(CLIENT("192.0.2.5"), IS("received", "2026-10-25T02:30:00.000Z"),
	    NULL);
	reads(
	    "Mar 29 01:59:59 mx postfix/smtpd[7]: NOQUEUE: reject: RCPT from "
	    "unknown[192.0.2.1]: 554 5.7.1 <a@example.net>: Relay access denied;"
	    " from=<x@example.com> to=<a@example.net> proto=ESMTP helo=<h>\n"
	    "Mar 29 03:00:00 mx postfix/smtpd[7]: NOQUEUE: reject: RCPT from "
	    "unknown[192.0.2.2]: 554 5.7.1 <a@example.net>: Relay access denied;"
	    " from=<x@example.com> to=<a@example.net> proto=ESMTP helo=<h>\n");
	holds(CLIENT("192.0.2.1"), IS("received", "2026-03-29T00:59:59.000Z"),
	    NULL);
	holds(CLIENT("192.0.2.2"), IS("received", "2026-03-29T01:00:00.000Z"),
	    NULL);
}

/* "last message repeated", "message repeated: [ ]", and a HELO that says so. */
static void
trap_03_repeated(void **state)
{
	(void)state;
	reads(
	    "Nov 23 10:00:00 mx postfix/smtpd[7]: NOQUEUE: reject: RCPT from "
	    "unknown[192.0.2.1]: 554 5.7.1 <a@example.net>: Relay access denied;"
	    " from=<x@example.com> to=<a@example.net> proto=ESMTP helo=<h>\n"
	    "Nov 23 10:00:02 mx last message repeated 2 times\n"
	    "Nov 23 10:00:03 mx postfix/smtpd[7]: message repeated 3 times: "
	    "[ NOQUEUE: reject: RCPT from unknown[192.0.2.2]: 554 5.7.1 <a@examp"
	    "le.net>: Relay access denied; from=<x@example.com> to=<a@example.ne"
	    "t> proto=ESMTP helo=<h>]\n"
	    "Nov 23 10:00:04 mx postfix/smtpd[7]: NOQUEUE: reject: RCPT from "
	    "unknown[192.0.2.3]: 554 5.7.1 <a@example.net>: Relay access denied;"
	    " from=<x@example.com> to=<a@example.net> proto=ESMTP helo=<last "
	    "message repeated 9 times>\n");
	assert_int_equal(counts.lines, 4);
	assert_int_equal(count_of(CLIENT("192.0.2.1")), 3);
	assert_int_equal(count_of(CLIENT("192.0.2.2")), 3);
	assert_int_equal(count_of(CLIENT("192.0.2.3")), 1);
}

/* Lines that were cut: nothing is guessed from what is not whole. */
static void
trap_04_cut(void **state)
{
	(void)state;
	reads(
	    "Nov 23 10:00:00 mx postfix/smtpd[7]: NOQUEUE: reject: RCPT from "
	    "unknown[192.0.2.1]: 554 5.7.1 <a@example.net>: Relay access denied;"
	    " from=<x@exam\n"
	    "Nov 23 10:00:00 mx sm-mta[7]: 6ANBUp1F000432: from=<x@exam\n"
	    "Nov 23 10:00:01 mx sm-mta[8]: 6ANBUp1F000432: to=<a@example.net>,<b"
	    "@exam\n"
	    "Nov 23 10:00:02 mx amavis[9]: (00195-09) Blocked SPAM {DiscardedInb"
	    "ound}, [192.0.2.66]:41967 <a@example.com> -> <b@example.net>, "
	    "Queue-ID: 4834FA\n"
	    "Nov 23 10:00:03 mx postfix/smtp[9]: 4F7A01234: to=<a@example.net>, "
	    "relay=mx.example.net[198.51.100.1]:25, delay=1, delays=1/0/0/0, "
	    "dsn=2.0.0, status=sent (250 ok: queued as 4F\n"
	    "2026-11-23 10:00:04 1xVS3X-00003C-1b <= x@example.com H=h [192.0.2."
	    "5] P=esmtp S=10 id=a@exam\n");
	assert_int_equal(counts.lines, 6);
	assert_int_equal(counts.unparsed, 3); /* Sendmail's, amavisd-new's */
	assert_int_equal(nrecords, 3);
	holds(CLIENT("192.0.2.1"), N("reply", 554), NULL);
	lacks(CLIENT("192.0.2.1"), "\"sender\"");
	/* which the reply names, too */
	holds(CLIENT("192.0.2.1"), IS("recipient", "a@example.net"), NULL);
	assert_int_equal(count_of("4834FA"), 0);
	assert_int_equal(count_of("6ANBUp1F000432"), 0);
	assert_int_equal(count_of("\"verdict\""), 0);
}

/* NULs from a crash, CR, bytes that are no UTF-8, escapes; a subject that looks
 * like a line of its own. */
static void
trap_05_bytes(void **state)
{
	static const char log[] =
	    "Nov 23 10:00:00 mx postfix/smtpd[7]: NOQUEUE: reject: RCPT from "
	    "unknown[192.0.2.1]: 554 5.7.1 <a@example.net>: Relay access "
	    "denied; from=<x\xff\xfe@example.com> to=<a@example.net> "
	    "proto=ESMTP helo=<h\033[31m>\r\n"
	    "\0\0\0\0Nov 23 10:00:01 mx postfix/smtpd[7]: NOQUEUE: reject: "
	    "RCPT from unknown[192.0.2.2]: 554 5.7.1 <a@example.net>: Relay "
	    "access denied; from=<x@example.com> to=<a@example.net> "
	    "proto=ESMTP helo=<h>\r\n"
	    "2026-11-23 10:00:02 1xVS3X-00003C-1b <= x@example.com H=h "
	    "[192.0.2.5] P=esmtp S=10 T=\"a\\n2026-11-23 10:00:02 b \\303\"\n"
	    "2026-11-23 10:00:04 1xVS3X-00003C-1b => a <a@example.net> R=r "
	    "T=t\n";

	(void)state;
	read_bytes(log, sizeof(log) - 1);
	assert_int_equal(counts.lines, 4);
	assert_int_equal(counts.used, 4);
	assert_int_equal(nrecords, 3);
	holds(CLIENT("192.0.2.1"), IS("helo", "h\\u001b[31m"),
	    IS("sender", "x\\ufffd\\ufffd@example.com"), NULL);
	holds(CLIENT("192.0.2.2"), N("line", 2), IS("helo", "h"), NULL);
	holds(CLIENT("192.0.2.5"), IS("disposition", "delivered"), NULL);
}

/* HELO, SASL names and texts with addresses: the peer is who the server saw. */
static void
trap_06_forged_helo(void **state)
{
	(void)state;
	reads(
	    "Nov 23 10:00:00 mx postfix/smtpd[7]: NOQUEUE: reject: RCPT from "
	    "unknown[192.0.2.1]: 554 5.7.1 <a@example.net>: Relay access denied;"
	    " from=<x@example.com> to=<a@example.net> proto=ESMTP helo=<y> "
	    "from=<v@example.org> to=<w@example.org> proto=ESMTP helo=<[198.51.1"
	    "00.9]>\n"
	    "Nov 23 10:00:01 mx postfix/smtpd[7]: NOQUEUE: reject: RCPT from "
	    "unknown[192.0.2.2]: 450 4.7.25 Client host rejected: cannot find "
	    "your hostname, [198.51.100.9]; from=<x@example.com> to=<a@example.n"
	    "et> proto=ESMTP helo=<198.51.100.17>\n"
	    "2026-11-23 10:00:02 H=(a [198.51.100.9]) [192.0.2.3] F=<x@example.c"
	    "om> rejected RCPT <a@example.net>: no\n"
	    "2026-11-23 10:00:03 login authenticator failed for (x) [192.0.2.4]:"
	    "21298: 535 Incorrect authentication data (set_id=u [198.51.100.9]:2"
	    "5 H=h)\n"
	    "2026-11-23 10:00:04 1xVS3X-00003C-1b <= x@example.com H=([198.51.10"
	    "0.9]) [192.0.2.5] P=esmtp S=10 id=a@example.com H=z [198.51.100.8]\n"
	    "2026-11-23 10:00:04 1xVS3X-00003C-1b => a <a@example.net> R=r "
	    "T=t\n"
	    "2026-11-23 10:00:04 1xVS3X-00003C-1b Completed\n");
	assert_int_equal(nrecords, 5);
	for (int i = 1; i <= 5; i++)
		holds(client(i), NULL);
	/* Two ways to read its end; the reply names the recipient, and what
	 * follows that is the server's. */
	holds(CLIENT("192.0.2.1"), IS("sender", "x@example.com"),
	    IS("recipient", "a@example.net"), NULL);
	lacks(CLIENT("192.0.2.1"), "\"helo\"");
	holds(CLIENT("192.0.2.3"), IS("helo", "a [198.51.100.9]"), NULL);
	assert_int_equal(count_of(CLIENT("198.51.100.")), 0);
	assert_int_equal(count_of("\"auth_user\""), 0);
}

/* Quoted local parts with all that a line is made of, and VERP and SRS. */
static void
trap_07_quoted_addresses(void **state)
{
	(void)state;
	reads(
	    "Nov 23 10:00:00 mx postfix/smtpd[7]: 4F7A01234: client=unknown[192."
	    "0.2.1]\n"
	    "Nov 23 10:00:00 mx postfix/qmgr[8]: 4F7A01234: from=<\"a, size=9> "
	    "b\"@example.com>, size=100, nrcpt=3 (queue active)\n"
	    "Nov 23 10:00:00 mx postfix/smtp[9]: 4F7A01234: to=<\"user with, "
	    "relay=x\"@example.net>, orig_to=<bounce+1b6a63.922c68-user=h@exampl"
	    "e.org>, relay=mx.example.net[198.51.100.1]:25, delay=1, delays=1/0/"
	    "0/0, dsn=2.0.0, status=sent (250 ok)\n"
	    "Nov 23 10:00:00 mx postfix/smtp[9]: 4F7A01234: to=<\"fred).flint;st"
	    "one\"@example.net>, relay=mx.example.net[198.51.100.1]:25, delay=1,"
	    " delays=1/0/0/0, dsn=2.0.0, status=sent (250 ok)\n"
	    "Nov 23 10:00:00 mx postfix/smtp[9]: 4F7A01234: to=<SRS0=ab=cd=examp"
	    "le.org=x@example.net>, relay=mx.example.net[198.51.100.1]:25, "
	    "delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (250 ok)\n"
	    "Nov 23 10:00:00 mx postfix/qmgr[8]: 4F7A01234: removed\n");
	assert_int_equal(nrecords, 3);
	assert_int_equal(
	    count_of(IS("sender", "\\\"a, size=9> b\\\"@example.com")), 3);
	assert_int_equal(count_of(N("size", 100)), 3);
	holds(IS("recipient", "\\\"user with, relay=x\\\"@example.net"),
	    IS("orig_recipient", "bounce+1b6a63.922c68-user=h@example.org"),
	    IS("relay", "mx.example.net[198.51.100.1]:25"), NULL);
	record_of(IS("recipient", "\\\"fred).flint;stone\\\"@example.net"));
	record_of(IS("recipient", "SRS0=ab=cd=example.org=x@example.net"));
}

/* The null sender is a sender; an unknown one is none. */
static void
trap_08_null_sender(void **state)
{
	(void)state;
	reads(
	    "Nov 23 10:00:00 mx postfix/smtpd[7]: 4F7A01234: client=unknown[192."
	    "0.2.1]\n"
	    "Nov 23 10:00:00 mx postfix/qmgr[8]: 4F7A01234: from=<>, size=100, "
	    "nrcpt=1 (queue active)\n"
	    "Nov 23 10:00:00 mx postfix/smtp[9]: 4F7A01234: to=<a@example.net>, "
	    "relay=none, delay=1, dsn=2.0.0, status=sent (250 ok)\n"
	    "Nov 23 10:00:00 mx postfix/qmgr[8]: 4F7A01234: removed\n"
	    "Nov 23 10:00:01 mx postfix/smtpd[7]: 4F7A01235: client=unknown[192."
	    "0.2.2]\n"
	    "Nov 23 10:00:01 mx postfix/smtp[9]: 4F7A01235: to=<a@example.net>, "
	    "relay=none, delay=1, dsn=2.0.0, status=sent (250 ok)\n"
	    "Nov 23 10:00:01 mx postfix/qmgr[8]: 4F7A01235: removed\n");
	holds(IS("queue_id", "4F7A01234"), IS("sender", ""), NULL);
	lacks(IS("queue_id", "4F7A01235"), "\"sender\"");
}

/* Clients without an address, with a port, local ones, IPv6, leading zeros. */
static void
trap_09_address_forms(void **state)
{
	(void)state;
	reads(
	    "Nov 23 10:00:00 mx postfix/smtpd[7]: 4F7A01231: client=unknown[unkn"
	    "own]\n"
	    "Nov 23 10:00:00 mx postfix/smtpd[7]: 4F7A01232: client=unknown[192."
	    "0.2.2]:50242\n"
	    "Nov 23 10:00:00 mx postfix/smtpd[7]: 4F7A01233: client=localhost[::"
	    "1]\n"
	    "Nov 23 10:00:00 mx postfix/smtpd[7]: 4F7A01234: client=h.example.co"
	    "m[IPv6:2001:db8::7]\n"
	    "Nov 23 10:00:00 mx postfix/smtpd[7]: 4F7A01235: client=unknown[192."
	    "000.002.005]\n"
	    "Nov 23 10:00:00 mx postfix/pickup[7]: 4F7A01236: uid=0 from=<root>\n"
	    "Nov 23 10:00:00 mx sm-mta[7]: 6ANBUp1F000432: from=<a@example.com>,"
	    " size=1, class=0, nrcpts=1, proto=ESMTP, daemon=MTA, relay=[IPv6:20"
	    "01:db8:0:0:0:0:0:9]\n"
	    "Nov 23 10:00:00 mx sm-mta[7]: 6ANBUp1F000433: from=<a@example.com>,"
	    " size=1, class=0, nrcpts=1, proto=ESMTP, daemon=MTA, relay=root@loc"
	    "alhost\n");
	assert_int_equal(nrecords, 8);
	lacks(IS("queue_id", "4F7A01231"), "\"client");
	holds(IS("queue_id", "4F7A01232"), CLIENT("192.0.2.2"),
	    N("client_port", 50242), NULL);
	holds(IS("queue_id", "4F7A01233"), CLIENT("::1"), NULL);
	holds(IS("queue_id", "4F7A01234"), CLIENT("2001:db8::7"), NULL);
	holds(IS("queue_id", "4F7A01235"), CLIENT("192.0.2.5"), NULL);
	lacks(IS("queue_id", "4F7A01236"), "client_addr");
	holds(IS("queue_id", "6ANBUp1F000432"), CLIENT("2001:db8::9"), NULL);
	lacks(IS("queue_id", "6ANBUp1F000433"), "client_addr");
}

/* Through a filter and back: one message, of the client outside. */
static void
trap_10_reinjection(void **state)
{
	(void)state;
	reads(
	    "Nov 23 10:00:00 mx postfix/smtpd[7]: 4F7A01234: client=h.example.co"
	    "m[192.0.2.1]\n"
	    "Nov 23 10:00:00 mx postfix/cleanup[8]: 4F7A01234: message-id=<m1@ex"
	    "ample.com>\n"
	    "Nov 23 10:00:00 mx postfix/qmgr[8]: 4F7A01234: from=<x@example.com>"
	    ", size=100, nrcpt=1 (queue active)\n"
	    "Nov 23 10:00:01 mx postfix/smtpd[17]: 5AB102345: client=localhost[1"
	    "27.0.0.1]\n"
	    "Nov 23 10:00:01 mx postfix/cleanup[8]: 5AB102345: message-id=<m1@ex"
	    "ample.com>\n"
	    "Nov 23 10:00:01 mx postfix/qmgr[8]: 5AB102345: from=<x@example.com>"
	    ", size=300, nrcpt=1 (queue active)\n"
	    "Nov 23 10:00:01 mx amavis[99]: (00195-09) Passed SPAMMY {RelayedTag"
	    "gedInbound}, [192.0.2.1]:41967 <x@example.com> -> <a@example.net>, "
	    "Queue-ID: 4F7A01234, Message-ID: <m1@example.com>, mail_id: kyWNYD3"
	    "px6uZ, Hits: 7.5, size: 100, queued_as: 5AB102345, 1052 ms\n"
	    "Nov 23 10:00:01 mx postfix/smtp[9]: 4F7A01234: to=<a@example.net>, "
	    "relay=127.0.0.1[127.0.0.1]:10024, delay=1, delays=1/0/0/0, dsn=2.0."
	    "0, status=sent (250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 "
	    "2.0.0 Ok: queued as 5AB102345)\n"
	    "Nov 23 10:00:01 mx postfix/qmgr[8]: 4F7A01234: removed\n"
	    "Nov 23 10:00:02 mx postfix/virtual[9]: 5AB102345: to=<a@example.net"
	    ">, relay=virtual, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent "
	    "(delivered to maildir)\n"
	    "Nov 23 10:00:02 mx postfix/qmgr[8]: 5AB102345: removed\n");
	assert_int_equal(nrecords, 1);
	holds(CLIENT("192.0.2.1"), IS("queue_id", "4F7A01234"),
	    IS("final_queue_id", "5AB102345"), IS("verdict", "spam"),
	    IS("disposition", "delivered"), NULL);
}

/* A Message-ID that two messages have tells neither; a unique one does. */
static void
trap_11_message_ids(void **state)
{
	(void)state;
	reads(
	    "Nov 23 10:00:00 mx postfix/smtpd[7]: 4F7A01234: client=h.example.co"
	    "m[192.0.2.1]\n"
	    "Nov 23 10:00:00 mx postfix/cleanup[8]: 4F7A01234: message-id=<same@"
	    "example.com>\n"
	    "Nov 23 10:00:00 mx postfix/smtp[9]: 4F7A01234: to=<a@example.net>, "
	    "relay=none, delay=1, dsn=2.0.0, status=sent (250 ok)\n"
	    "Nov 23 10:00:01 mx postfix/smtpd[7]: 5AB102345: client=h.example.co"
	    "m[192.0.2.2]\n"
	    "Nov 23 10:00:01 mx postfix/cleanup[8]: 5AB102345: message-id=<same@"
	    "example.com>\n"
	    "Nov 23 10:00:01 mx postfix/smtp[9]: 5AB102345: to=<b@example.net>, "
	    "relay=none, delay=1, dsn=2.0.0, status=sent (250 ok)\n"
	    "Nov 23 10:00:01 mx postfix/smtpd[7]: 5AB102346: client=h.example.co"
	    "m[192.0.2.3]\n"
	    "Nov 23 10:00:01 mx postfix/cleanup[8]: 5AB102346: message-id=<alone"
	    "@example.com>\n"
	    "Nov 23 10:00:01 mx postfix/smtp[9]: 5AB102346: to=<c@example.net>, "
	    "relay=none, delay=1, dsn=2.0.0, status=sent (250 ok)\n"
	    "Nov 23 10:00:02 mx spamd[145]: spamd: result: Y 12 - A scantime=0.6"
	    ",size=165,user=nobody,uid=102,required_score=5.0,rhost=localhost,ra"
	    "ddr=127.0.0.1,rport=47610,mid=<same@example.com>,autolearn=disabled"
	    "\n"
	    "Nov 23 10:00:02 mx spamd[145]: spamd: result: Y 13 - A scantime=0.6"
	    ",size=165,user=nobody,uid=102,required_score=5.0,rhost=localhost,ra"
	    "ddr=127.0.0.1,rport=47610,mid=<alone@example.com>,autolearn=disable"
	    "d\n");
	assert_int_equal(nrecords, 3);
	lacks(CLIENT("192.0.2.1"), "\"verdict\"");
	lacks(CLIENT("192.0.2.2"), "\"verdict\"");
	holds(CLIENT("192.0.2.3"), IS("verdict", "spam"), N("score", 13), NULL);
}

/* A queue id that is used again, "removed" before the last outcome, a retry, and a
 * bounce with an id of its own. */
static void
trap_12_queue_ids(void **state)
{
	(void)state;
	reads(
	    "Nov 23 10:00:00 mx postfix/smtpd[7]: 4F7A01234: client=h.example.co"
	    "m[192.0.2.1]\n"
	    "Nov 23 10:00:00 mx postfix/qmgr[8]: 4F7A01234: from=<x@example.com>"
	    ", size=100, nrcpt=1 (queue active)\n"
	    "Nov 23 10:00:05 mx postfix/smtp[9]: 4F7A01234: to=<a@example.net>, "
	    "relay=none, delay=5, dsn=4.4.1, status=deferred (connect to mx.exam"
	    "ple.net[198.51.100.1]:25: Connection timed out)\n"
	    "Nov 23 10:10:00 mx postfix/qmgr[8]: 4F7A01234: from=<x@example.com>"
	    ", size=100, nrcpt=1 (queue active)\n"
	    "Nov 23 10:10:01 mx postfix/cleanup[8]: 6AB102345: message-id=<bounc"
	    "e@mx>\n"
	    "Nov 23 10:10:01 mx postfix/bounce[8]: 4F7A01234: sender non-deliver"
	    "y notification: 6AB102345\n"
	    "Nov 23 10:10:01 mx postfix/qmgr[8]: 6AB102345: from=<>, size=1000, "
	    "nrcpt=1 (queue active)\n"
	    "Nov 23 10:10:01 mx postfix/qmgr[8]: 4F7A01234: removed\n"
	    "Nov 23 10:10:01 mx postfix/smtp[9]: 4F7A01234: to=<a@example.net>, "
	    "relay=mx.example.net[198.51.100.1]:25, delay=601, dsn=5.1.1, status"
	    "=bounced (host mx.example.net[198.51.100.1] said: 550 5.1.1 no "
	    "(in reply to RCPT TO command))\n"
	    "Nov 23 10:10:02 mx postfix/smtp[9]: 6AB102345: to=<x@example.com>, "
	    "relay=none, delay=1, dsn=2.0.0, status=sent (250 ok)\n"
	    "Nov 23 10:10:02 mx postfix/qmgr[8]: 6AB102345: removed\n"
	    "Nov 23 12:00:00 mx postfix/smtpd[7]: 4F7A01234: client=other.exampl"
	    "e.com[192.0.2.2]\n"
	    "Nov 23 12:00:00 mx postfix/qmgr[8]: 4F7A01234: from=<y@example.com>"
	    ", size=100, nrcpt=1 (queue active)\n"
	    "Nov 23 12:00:05 mx postfix/smtp[9]: 4F7A01234: to=<b@example.net>, "
	    "relay=none, delay=5, dsn=2.0.0, status=sent (250 ok)\n"
	    "Nov 23 12:00:05 mx postfix/qmgr[8]: 4F7A01234: removed\n");
	assert_int_equal(nrecords, 3);
	holds(CLIENT("192.0.2.1"), IS("disposition", "bounced"),
	    IS("received", "2026-11-23T10:00:00.000Z"),
	    IS("time", "2026-11-23T10:10:01.000Z"), NULL);
	holds(CLIENT("192.0.2.2"), IS("queue_id", "4F7A01234"),
	    IS("recipient", "b@example.net"), IS("disposition", "delivered"),
	    NULL);
	holds(IS("queue_id", "6AB102345"), IS("sender", ""), NULL);
}

/* One message, several recipients, several outcomes. */
static void
trap_13_many_recipients(void **state)
{
	(void)state;
	reads(
	    "Nov 23 10:00:00 mx sm-mta[7]: 6ANBUp1F000432: from=<x@example.com>,"
	    " size=1, class=0, nrcpts=3, msgid=<m@example.com>, proto=ESMTP, "
	    "daemon=MTA, relay=h.example.com [192.0.2.1]\n"
	    "Nov 23 10:00:01 mx sm-mta[8]: 6ANBUp1F000432: to=<a@example.net>,<\""
	    "b,c\"@example.net>, delay=00:00:01, xdelay=00:00:01, mailer=esmtp, "
	    "pri=1, relay=mx.example.net. [198.51.100.1], dsn=2.0.0, stat=Sent "
	    "(ok)\n"
	    "Nov 23 10:00:01 mx sm-mta[8]: 6ANBUp1F000432: to=<d@example.org>, "
	    "delay=00:00:01, xdelay=00:00:01, mailer=esmtp, pri=1, relay=mx.exam"
	    "ple.org. [198.51.100.2], dsn=5.1.1, stat=User unknown\n"
	    "Nov 23 10:00:01 mx sm-mta[8]: 6ANBUp1F000432: to=<e@example.org>, "
	    "delay=00:00:01, xdelay=00:00:01, mailer=esmtp, pri=1, relay=mx.exam"
	    "ple.org. [198.51.100.2], dsn=4.0.0, stat=Deferred: Connection "
	    "timed out with mx.example.org.\n");
	assert_int_equal(nrecords, 4);
	assert_int_equal(count_of(CLIENT("192.0.2.1")), 4);
	holds(IS("recipient", "\\\"b,c\\\"@example.net"),
	    IS("disposition", "delivered"), NULL);
	holds(IS("recipient", "d@example.org"), IS("disposition", "bounced"),
	    NULL);
	holds(IS("recipient", "e@example.org"), IS("disposition", "deferred"),
	    NULL);
}

/* A filter says two things of one message: the worse is the record's, and each
 * recipient keeps its outcome. */
static void
trap_14_two_verdicts(void **state)
{
	(void)state;
	reads(
	    "Nov 23 10:00:00 mx postfix/smtpd[7]: 4F7A01234: client=h.example.co"
	    "m[192.0.2.1]\n"
	    "Nov 23 10:00:00 mx postfix/qmgr[8]: 4F7A01234: from=<x@example.com>"
	    ", size=100, nrcpt=2 (queue active)\n"
	    "Nov 23 10:00:01 mx amavis[99]: (00195-09) Passed CLEAN {RelayedInbo"
	    "und}, [192.0.2.1]:41967 <x@example.com> -> <a@example.net>, Queue-I"
	    "D: 4F7A01234, Message-ID: <m1@example.com>, mail_id: kyWNYD3px6uZ, "
	    "Hits: 7.5, size: 100, queued_as: 5AB102345, 1052 ms\n"
	    "Nov 23 10:00:01 mx amavis[99]: (00195-09) Blocked SPAM {DiscardedIn"
	    "bound,Quarantined}, [192.0.2.1]:41967 <x@example.com> -> <b@example"
	    ".net>, Queue-ID: 4F7A01234, Message-ID: <m1@example.com>, mail_id: "
	    "kyWNYD3px6uZ, Hits: 7.5, size: 100, 1052 ms\n"
	    "Nov 23 10:00:01 mx postfix/smtp[9]: 4F7A01234: to=<a@example.net>, "
	    "relay=127.0.0.1[127.0.0.1]:10024, delay=1, delays=1/0/0/0, dsn=2.0."
	    "0, status=sent (250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 "
	    "2.0.0 Ok: queued as 5AB102345)\n"
	    "Nov 23 10:00:01 mx postfix/smtp[9]: 4F7A01234: to=<b@example.net>, "
	    "relay=127.0.0.1[127.0.0.1]:10024, delay=1, delays=1/0/0/0, dsn=2.7."
	    "0, status=sent (250 2.7.0 Ok, discarded, id=00195-09 - spam)\n"
	    "Nov 23 10:00:01 mx postfix/qmgr[8]: 4F7A01234: removed\n");
	assert_int_equal(nrecords, 2);
	assert_int_equal(count_of(IS("verdict", "spam")), 2);
	holds(IS("recipient", "a@example.net"), IS("disposition", "delivered"),
	    NULL);
	holds(IS("recipient", "b@example.net"), IS("disposition", "discarded"),
	    NULL);
}

/* spamc's host, a block list's answer, the relay of a local message: none is the
 * sender. */
static void
trap_15_addresses_of_others(void **state)
{
	(void)state;
	reads(
	    "Nov 23 10:00:00 mx spamd[145]: spamd: result: Y 12 - A scantime=0.6"
	    ",size=165,user=nobody,uid=102,required_score=5.0,rhost=h.example.co"
	    "m,raddr=198.51.100.9,rport=47610,mid=<m@example.com>,autolearn=disa"
	    "bled\n"
	    "Nov 23 10:00:00 mx sm-mta[7]: ruleset=check_relay, arg1=h.example.c"
	    "om, arg2=127.0.0.3, relay=h.example.com [192.0.2.1], reject=550 "
	    "5.7.1 Rejected: 192.0.2.1 listed at bl.example.org\n"
	    "Nov 23 10:00:00 mx sm-mta[7]: 6ANBUp1F000432: from=<x@example.com>,"
	    " size=1, class=0, nrcpts=1, msgid=<m@example.com>, proto=ESMTP, "
	    "daemon=MTA, relay=localhost [127.0.0.1]\n"
	    "Nov 23 10:00:01 mx sm-mta[8]: 6ANBUp1F000432: to=<a@example.net>, "
	    "delay=00:00:01, mailer=local, pri=1, dsn=2.0.0, stat=Sent\n");
	assert_int_equal(nrecords, 2);
	holds(CLIENT("192.0.2.1"), IS("verdict", "listed"),
	    IS("signature", "bl.example.org"), NULL);
	holds(CLIENT("127.0.0.1"), IS("verdict", "spam"), NULL);
	assert_int_equal(count_of("198.51.100.9"), 0);
	assert_int_equal(count_of("127.0.0.3"), 0);
}

/* Exim's R=, T=, P= and S= mean one thing on arrival and another on delivery. */
static void
trap_16_exim_letters(void **state)
{
	(void)state;
	reads(
	    "2026-11-23 10:00:00 1xVS3X-00003C-1b <= x@example.com H=h [192.0.2."
	    "5] P=esmtps S=10 T=\"R=fake T=fake P=fake\" id=m@example.com\n"
	    "2026-11-23 10:00:01 1xVS3X-00003C-1b => a <a@example.net> P=<x@exam"
	    "ple.com> R=rtr T=smtp H=mx.example.net [198.51.100.1] S=99 C=\"250 "
	    "ok\"\n"
	    "2026-11-23 10:00:01 1xVS3X-00003C-1b Completed\n"
	    "2026-11-23 10:00:02 1xVS3Y-00003D-2c <= <> R=1xVS3X-00003C-1b "
	    "U=Debian-exim P=local S=865\n"
	    "2026-11-23 10:00:03 1xVS3Y-00003D-2c => x@example.com R=dnslookup "
	    "T=remote_smtp H=mx.example.com [198.51.100.2] C=\"250 ok\"\n"
	    "2026-11-23 10:00:03 1xVS3Y-00003D-2c Completed\n");
	assert_int_equal(nrecords, 2);
	holds(CLIENT("192.0.2.5"), IS("subject", "R=fake T=fake P=fake"),
	    IS("protocol", "esmtps"), N("size", 10),
	    IS("sender", "x@example.com"), NULL);
	holds(IS("queue_id", "1xVS3Y-00003D-2c"), IS("sender", ""),
	    IS("protocol", "local"), N("size", 865), NULL);
	lacks(IS("queue_id", "1xVS3Y-00003D-2c"), "\"subject\"");
}

/* postscreen's pairs have commas; an address with commas is read in one way or not
 * at all. */
static void
trap_17_postscreen(void **state)
{
	(void)state;
	reads(
	    "Nov 23 10:00:00 mx postfix/postscreen[7]: NOQUEUE: reject: RCPT "
	    "from [192.0.2.1]:60591: 550 5.7.1 Service unavailable; client "
	    "[192.0.2.1] blocked using bl.example.org; from=<x@example.com>, "
	    "to=<a@example.net>, proto=ESMTP, helo=<h>\n"
	    "Nov 23 10:00:01 mx postfix/postscreen[7]: NOQUEUE: reject: RCPT "
	    "from [192.0.2.2]:60592: 550 5.7.1 Service unavailable; client "
	    "[192.0.2.2] blocked using bl.example.org; from=<\"x>, to=<v@example"
	    ".org>, proto=SMTP, helo=<f\"@example.com>, to=<a@example.net>, "
	    "proto=ESMTP, helo=<h>\n");
	holds(CLIENT("192.0.2.1"), IS("sender", "x@example.com"),
	    IS("recipient", "a@example.net"), IS("helo", "h"),
	    IS("verdict", "listed"), NULL);
	holds(CLIENT("192.0.2.2"), IS("verdict", "listed"), NULL);
	lacks(CLIENT("192.0.2.2"), "\"recipient\"");
}

/* What policyd-spf says of its settings and answers is not a refusal; the MTA's
 * line is the one, and SPF says who, not what. */
static void
trap_18_settings_are_no_refusal(void **state)
{
	(void)state;
	reads(
	    "Nov 23 10:00:00 mx policyd-spf[7]: Config: {'debugLevel': 3, 'HELO_"
	    "reject': 'Fail', 'Reject action': '550 5.7.23 Message rejected "
	    "due to: SPF fail'}\n"
	    "Nov 23 10:00:00 mx policyd-spf[7]: 550 5.7.23 Message rejected "
	    "due to: SPF fail - not authorized. Please see http://www.openspf.ne"
	    "t/Why?s=mfrom;id=x@example.com;ip=192.0.2.1;r=mx\n"
	    "Nov 23 10:00:00 mx policyd-spf[7]: prepend Received-SPF: Softfail "
	    "(mailfrom) identity=mailfrom; client-ip=192.0.2.2; helo=h; envelope"
	    "-from=x@example.com; receiver=<UNKNOWN>\n"
	    "Nov 23 10:00:00 mx postfix/smtpd[7]: NOQUEUE: reject: RCPT from "
	    "unknown[192.0.2.1]: 550 5.7.23 <a@example.net>: Recipient address "
	    "rejected: Message rejected due to: SPF fail - not authorized. "
	    "Please see http://www.openspf.net/Why?s=mfrom;id=x@example.com;ip=1"
	    "92.0.2.1;r=mx; from=<x@example.com> to=<a@example.net> proto=ESMTP "
	    "helo=<h>\n");
	assert_int_equal(counts.ignored, 3);
	assert_int_equal(nrecords, 1);
	holds(CLIENT("192.0.2.1"), IS("disposition", "rejected"), NULL);
	lacks(CLIENT("192.0.2.1"), "\"verdict\"");
}

/* MailScanner adds to Postfix's id, amavisd-new has ids of its own: a verdict finds
 * the MTA's. */
static void
trap_19_ids_of_filters(void **state)
{
	(void)state;
	reads(
	    "Nov 23 10:00:00 mx postfix/smtpd[7]: 4F7A01234: client=h.example.co"
	    "m[192.0.2.1]\n"
	    "Nov 23 10:00:00 mx postfix/cleanup[8]: 4F7A01234: hold: header "
	    "Received: from h from h.example.com[192.0.2.1]; from=<x@example.com"
	    "> to=<a@example.net> proto=ESMTP helo=<h>\n"
	    "Nov 23 10:00:00 mx postfix/cleanup[8]: 4F7A01234: message-id=<m1@ex"
	    "ample.com>\n"
	    "Nov 23 10:00:02 mx MailScanner[55]: Message 4F7A01234.A1B2C from "
	    "192.0.2.1 (x@example.com) to example.net is spam, SpamAssassin "
	    "(not cached, score=7.181, required 4, BAYES_40 -0.20)\n"
	    "Nov 23 10:00:02 mx MailScanner[55]: Requeue: 4F7A01234.A1B2C to "
	    "5AB102345\n"
	    "Nov 23 10:00:02 mx postfix/qmgr[8]: 5AB102345: from=<x@example.com>"
	    ", size=100, nrcpt=1 (queue active)\n"
	    "Nov 23 10:00:03 mx postfix/virtual[9]: 5AB102345: to=<a@example.net"
	    ">, relay=virtual, delay=3, delays=1/0/0/0, dsn=2.0.0, status=sent "
	    "(delivered to maildir)\n"
	    "Nov 23 10:00:03 mx postfix/qmgr[8]: 5AB102345: removed\n");
	holds(CLIENT("192.0.2.1"), IS("queue_id", "4F7A01234"),
	    IS("verdict", "spam"), IS("filter", "mailscanner"), NULL);
	assert_int_equal(count_of("A1B2C"), 0);
}

/* Dovecot in the same file, with rip= and words of a queue. */
static void
trap_20_look_alikes(void **state)
{
	(void)state;
	reads(
	    "Nov 23 10:00:00 mx dovecot: imap-login: Login: user=<a@example.net>"
	    ", method=PLAIN, rip=192.0.2.1, lip=192.0.2.9, mpid=7, TLS\n"
	    "Nov 23 10:00:00 mx dovecot: lmtp(a@example.net)<1><x>: 4F7A01234: "
	    "client=h.example.com[198.51.100.9]\n"
	    "Nov 23 10:00:00 lmtp(a@localhost)<2799492><N2hL>: Info: sieve: "
	    "msgid=<m@example.com>: stored mail into mailbox 'INBOX'\n");
	assert_int_equal(counts.lines, 3);
	assert_int_equal(counts.ignored, 3);
	assert_int_equal(nrecords, 0);
}

static int
setup(void **state)
{
	struct err e;

	(void)state;
	sink.message = on_message;
	if (rules_load(&rules, SOURCE_TREE "/rules/verdict", &e) == 0 &&
	    parsers_load(&parsers, SOURCE_TREE "/parsers", &e) == 0)
		return 0;
	fprintf(stderr, "%s\n", e.text);
	return -1;
}

static int
set_options(void **state)
{
	(void)state;
	options = (struct logfile_options){.year = 2026, .host = {"mx", 2}};
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	rules_free(rules);
	parsers_free(parsers);
	buf_free(&out);
	return 0;
}

#define TRAP(name) cmocka_unit_test_setup(name, set_options)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TRAP(trap_01_years),
	    TRAP(trap_02_zones),
	    TRAP(trap_03_repeated),
	    TRAP(trap_04_cut),
	    TRAP(trap_05_bytes),
	    TRAP(trap_06_forged_helo),
	    TRAP(trap_07_quoted_addresses),
	    TRAP(trap_08_null_sender),
	    TRAP(trap_09_address_forms),
	    TRAP(trap_10_reinjection),
	    TRAP(trap_11_message_ids),
	    TRAP(trap_12_queue_ids),
	    TRAP(trap_13_many_recipients),
	    TRAP(trap_14_two_verdicts),
	    TRAP(trap_15_addresses_of_others),
	    TRAP(trap_16_exim_letters),
	    TRAP(trap_17_postscreen),
	    TRAP(trap_18_settings_are_no_refusal),
	    TRAP(trap_19_ids_of_filters),
	    TRAP(trap_20_look_alikes),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
