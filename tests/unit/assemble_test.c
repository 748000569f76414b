/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How lines become messages.  Each test writes logs, reads them through the
 * feed and the parsers, and looks at the records: first in one call without a
 * store, then (where it matters) into a store, file by file.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "ingest/mail_feed.h"
#include "ingest/mail_import.h"
#include "ingest/record.h"

static struct prefix own[1];
static struct config config;
static struct rules *rules;
static struct parsers *parsers;

/* The records, one a line, sorted:
 * host/queue_id[>final] client sender recipient[(orig)] disposition verdict */
static char out[1 << 16];
static char *lines[1024];
static size_t nlines;
static struct assembly_counts counts;
static uint64_t keys[1024];

static void
line_add(const char *fmt, ...)
{
	char text[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	assert_true(nlines < 1024);
	lines[nlines++] = strdup(text);
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
lines_join(void)
{
	size_t i, n = 0;

	qsort(lines, nlines, sizeof(*lines), by_text);
	out[0] = '\0';
	for (i = 0; i < nlines; i++) {
		n += (size_t)snprintf(
		    out + n, sizeof(out) - n, "%s\n", lines[i]);
		free(lines[i]);
	}
	nlines = 0;
}

static const char *
or_dash(struct str s, char *buf)
{
	snprintf(buf, 256, "%.*s", STR_FMT(s));
	return str_has(s) ? s.n ? buf : "<>" : "-";
}

static void
on_message(struct message_sink *sink, struct message *m)
{
	const struct message_verdict *w = message_worst(m);
	const struct recipient *r;
	char id[256], final[256], sender[256], rcpt[256], orig[256];
	char client[ADDR_TEXT_MAX] = "-";
	struct str f, o;

	(void)sink;
	keys[counts.messages++ % 1024] = message_key(m);
	if (m->has_client)
		client[addr_format(m->client, client)] = '\0';
	for (r = record_next(m, NULL); r; r = record_next(m, r)) {
		const struct attempt *at = &r->outcome;

		f = record_final_queue_id(m, r);
		o = record_orig_recipient(m, r);
		if (at->disposition == DISP_NONE && m->refused)
			at = &m->refusal;
		or_dash(f, final);
		or_dash(o, orig);
		line_add("%.*s/%s%s%s %s %s %s%s%s%s %s %s", STR_FMT(m->host),
		    or_dash(m->queues ? m->queues->id : STR_NONE, id),
		    str_has(f) ? ">" : "", str_has(f) ? final : "", client,
		    or_dash(m->sender, sender), or_dash(r->addr, rcpt),
		    str_has(o) ? "(" : "", str_has(o) ? orig : "",
		    str_has(o) ? ")" : "",
		    at->disposition ? disposition_name[at->disposition] : "-",
		    w ? verdict_name[w->v.kind] : "-");
		if (r == &record_none)
			break;
	}
	message_free(m);
}

/* Each line is "MM:SS.mmm host program[pid]: text". */
static void
write_log(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");
	const char *end;

	assert_non_null(f);
	for (; *text; text = end + 1) {
		end = strchr(text, '\n');
		assert_non_null(end);
		fprintf(f, "2026-11-23T11:%.9s000+00:00%.*s\n", text,
		    (int)(end - text - 9), text + 9);
	}
	fclose(f);
}

static char dir[] = "/tmp/assemble_test.XXXXXX";

static const char *
path_of(int n)
{
	static char path[2][64];
	static int turn;

	turn = !turn;
	snprintf(path[turn], sizeof(path[turn]), "%s/%d", dir, n);
	return path[turn];
}

/* All logs in one call, no store. */
static const char *
parse(int n, ...)
{
	struct message_sink sink = {.message = on_message};
	struct assembler *a = assembler_new(&sink);
	struct mail_feed *feed = mail_feed_new(parsers, rules, a, NULL);
	struct mail_input in = {0};
	struct err e;
	va_list ap;
	int i;

	counts.messages = 0;
	assembler_own_hosts(a, own, 1);
	va_start(ap, n);
	for (i = 0; i < n; i++) {
		write_log(path_of(i), va_arg(ap, const char *));
		in.path = path_of(i);
		assert_int_equal(mail_feed_add(feed, &in, &e), 0);
	}
	va_end(ap);
	while (mail_feed_step(feed, &e) > 0)
		;
	assert_int_equal(mail_feed_total(feed).unparsed, 0);
	assembler_flush(a);
	mail_feed_free(feed);
	assembler_free(a);
	lines_join();
	return out;
}

static const char *
column(sqlite3_stmt *st, int i)
{
	const char *s = (const char *)sqlite3_column_text(st, i);

	return s == NULL ? "-" : *s ? s : "<>";
}

static const char *
delivery_rows(const char *path)
{
	sqlite3 *db;
	sqlite3_stmt *st;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_prepare_v2(db,
	        "SELECT host, queue_id, iif(final_queue_id IS NULL, '', '>' || "
	        "final_queue_id), client_addr, sender, coalesce(recipient, '-')"
	        " || iif(orig_recipient IS NULL, '', '(' || orig_recipient || "
	        "')'), disposition, verdict FROM delivery",
	        -1, &st, NULL),
	    SQLITE_OK);
	while (sqlite3_step(st) == SQLITE_ROW)
		line_add("%s/%s%s %s %s %s %s %s", column(st, 0), column(st, 1),
		    sqlite3_column_text(st, 2), column(st, 3), column(st, 4),
		    column(st, 5), column(st, 6), column(st, 7));
	sqlite3_finalize(st);
	sqlite3_close(db);
	lines_join();
	return out;
}

static void
import_file(const char *db, const char *path)
{
	static const struct mail_import_options options;
	struct mail_input in = {.path = path};
	struct mail_import_result result;
	struct mail_import *i = NULL;
	struct store *s;
	struct err e;

	if (store_open(&s, db, STORE_WRITE, &e) < 0 ||
	    mail_import_open(&i, s, &config, parsers, rules, &options, &e) < 0 ||
	    mail_import_add(i, &in, path, &e) < 0 ||
	    mail_import_run(i, &result, &e) < 0)
		fail_msg("%s", e.text);
	mail_import_close(i);
	store_close(s);
}

/* Each log in a call of its own, in this order, into one store. */
static const char *
import_each(int n, ...)
{
	char db[64];
	va_list ap;
	int i;

	snprintf(db, sizeof(db), "%s/db", dir);
	unlink(db);
	va_start(ap, n);
	for (i = 0; i < n; i++) {
		write_log(path_of(i), va_arg(ap, const char *));
		import_file(db, path_of(i));
	}
	va_end(ap);
	return delivery_rows(db);
}

static int
setup(void **state)
{
	struct str ten = STR("10.0.0.0/8");
	struct err e;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_true(prefix_parse(ten, &own[0]));
	config.own_hosts = own;
	config.nown_hosts = 1;
	if (rules_load(&rules, "rules/verdict", &e) < 0 ||
	    parsers_load(&parsers, "parsers", &e) < 0)
		fail_msg("%s", e.text);
	return 0;
}

static int
teardown(void **state)
{
	char cmd[64];

	(void)state;
	rules_free(rules);
	parsers_free(parsers);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	return system(cmd);
}

/* ---- hops between our servers ---- */

/* The smarthost takes a customer's mail and hands it to the filter host, which
 * calls it spam and delivers. */
#define SMART                                                                  \
	"00:00.000 smart postfix/smtpd[11]: connect from c[192.0.2.7]:4000\n"  \
	"00:00.100 smart postfix/smtpd[11]: AAAA000001: "                      \
	"client=c[192.0.2.7]:4000\n"                                           \
	"00:00.200 smart postfix/cleanup[12]: AAAA000001: message-id=<m@c>\n"  \
	"00:00.300 smart postfix/qmgr[13]: AAAA000001: from=<s@c.example>, "   \
	"size=900, nrcpt=2 (queue active)\n"                                   \
	"00:02.000 smart postfix/smtp[14]: AAAA000001: to=<r@d.example>, "     \
	"orig_to=<list@c.example>, relay=f[10.0.0.2]:25, delay=2, "            \
	"delays=0/0/0/2, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as "     \
	"BBBB000002)\n"                                                        \
	"00:02.000 smart postfix/smtp[14]: AAAA000001: to=<q@d.example>, "     \
	"relay=f[10.0.0.2]:25, delay=2, delays=0/0/0/2, dsn=2.0.0, "           \
	"status=sent (250 2.0.0 Ok: queued as BBBB000002)\n"                   \
	"00:02.100 smart postfix/qmgr[13]: AAAA000001: removed\n"
#define FILTER                                                                 \
	"00:00.500 filter postfix/smtpd[21]: BBBB000002: "                     \
	"client=smart[10.0.0.1]:5000\n"                                        \
	"00:00.600 filter postfix/cleanup[22]: BBBB000002: "                   \
	"message-id=<m@c>\n"                                                   \
	"00:01.900 filter postfix/qmgr[23]: BBBB000002: from=<s@c.example>, "  \
	"size=1100, nrcpt=2 (queue active)\n"                                  \
	"00:03.000 filter postfix/smtp[24]: BBBB000002: to=<r@d.example>, "    \
	"relay=mx[198.51.100.9]:25, delay=3, delays=0/0/0/3, dsn=2.0.0, "      \
	"status=sent (250 2.0.0 Ok: queued as ZZZZ)\n"                         \
	"00:03.500 filter postfix/smtp[24]: BBBB000002: to=<q@d.example>, "    \
	"relay=mx[198.51.100.9]:25, delay=3, delays=0/0/0/3, dsn=5.1.1, "      \
	"status=bounced (host mx[198.51.100.9] said: 550 5.1.1 no (in reply "  \
	"to RCPT TO command))\n"                                               \
	"00:03.600 filter postfix/qmgr[23]: BBBB000002: removed\n"
#define RSPAMD                                                                 \
	"00:01.800 filter rspamd[31]: <a1b2c3>; task; rspamd_task_write_log: " \
	"id: <m@c>, qid: <BBBB000002>, ip: 10.0.0.1, from: <s@c.example>, "    \
	"(default: T (add header): [9.00/15.00] [X(9.00){}]), len: 900, "      \
	"time: 12.0ms, dns req: 0, digest: <d>, rcpts: <r@d.example>, "        \
	"mime_rcpts: <r@d.example>\n"

static const char hop_rows[] =
    "smart/AAAA000001>BBBB000002 192.0.2.7 s@c.example q@d.example bounced "
    "spam\n"
    "smart/AAAA000001>BBBB000002 192.0.2.7 s@c.example "
    "r@d.example(list@c.example) delivered spam\n";

static void
test_hop_same_call(void **state)
{
	(void)state;
	assert_string_equal(parse(3, SMART, FILTER, RSPAMD), hop_rows);
	assert_int_equal(counts.messages, 1);
	assert_string_equal(parse(3, RSPAMD, FILTER, SMART), hop_rows);
}

static void
test_hop_separate_calls(void **state)
{
	(void)state;
	assert_string_equal(import_each(3, SMART, FILTER, RSPAMD), hop_rows);
	assert_string_equal(import_each(3, FILTER, SMART, RSPAMD), hop_rows);
	assert_string_equal(import_each(3, RSPAMD, FILTER, SMART), hop_rows);
	assert_string_equal(import_each(3, FILTER, RSPAMD, SMART), hop_rows);
	assert_string_equal(import_each(2, SMART FILTER, RSPAMD), hop_rows);
}

/* The next server's clock is 3 s ahead: its line comes after the answer. */
#define AHEAD                                                                  \
	"00:05.000 filter postfix/smtpd[21]: BBBB000002: "                     \
	"client=smart[10.0.0.1]:5000\n"                                        \
	"00:05.100 filter postfix/qmgr[23]: BBBB000002: from=<s@c.example>, "  \
	"size=1100, nrcpt=2 (queue active)\n"                                  \
	"00:06.000 filter postfix/smtp[24]: BBBB000002: to=<r@d.example>, "    \
	"relay=mx[198.51.100.9]:25, delay=3, delays=0/0/0/3, dsn=2.0.0, "      \
	"status=sent (250 ok)\n"                                               \
	"00:06.000 filter postfix/smtp[24]: BBBB000002: to=<q@d.example>, "    \
	"relay=mx[198.51.100.9]:25, delay=3, delays=0/0/0/3, dsn=2.0.0, "      \
	"status=sent (250 ok)\n"                                               \
	"00:06.100 filter postfix/qmgr[23]: BBBB000002: removed\n"

static void
test_hop_clock(void **state)
{
	static const char want[] =
	    "smart/AAAA000001>BBBB000002 192.0.2.7 s@c.example q@d.example "
	    "delivered -\n"
	    "smart/AAAA000001>BBBB000002 192.0.2.7 s@c.example "
	    "r@d.example(list@c.example) delivered -\n";

	(void)state;
	assert_string_equal(parse(2, SMART, AHEAD), want);
	assert_string_equal(import_each(2, SMART, AHEAD), want);
	assert_string_equal(import_each(2, AHEAD, SMART), want);
}

/* What is not one of ours names no message of ours: a remote server says it
 * queued the mail under an id that one of ours uses for another client. */
static void
test_hop_forged(void **state)
{
	static const char smart[] =
	    "00:00.100 smart postfix/smtpd[11]: AAAA000001: "
	    "client=c[192.0.2.7]\n"
	    "00:00.300 smart postfix/qmgr[13]: AAAA000001: "
	    "from=<s@c.example>, size=900, nrcpt=1 (queue active)\n"
	    "00:02.000 smart postfix/smtp[14]: AAAA000001: to=<r@d.example>, "
	    "relay=evil[198.51.100.66]:25, delay=2, delays=0/0/0/2, "
	    "dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as BBBB000002)\n";
	static const char other[] =
	    "00:01.000 filter postfix/smtpd[21]: BBBB000002: "
	    "client=d[192.0.2.8]\n"
	    "00:01.500 filter postfix/qmgr[23]: BBBB000002: "
	    "from=<t@d.example>, size=900, nrcpt=1 (queue active)\n"
	    "00:03.000 filter postfix/virtual[24]: BBBB000002: "
	    "to=<u@e.example>, relay=virtual, delay=3, delays=0/0/0/3, "
	    "dsn=2.0.0, status=sent (delivered to maildir)\n";
	static const char want[] =
	    "filter/BBBB000002 192.0.2.8 t@d.example u@e.example delivered -\n"
	    "smart/AAAA000001 192.0.2.7 s@c.example r@d.example delivered -\n";

	(void)state;
	assert_string_equal(parse(2, smart, other), want);
	assert_string_equal(import_each(2, smart, other), want);
	assert_string_equal(import_each(2, other, smart), want);
}

/* The filter is on another of our hosts and hands the mail back to us. */
static void
test_hop_and_back(void **state)
{
	static const char out_and_back[] =
	    "00:00.100 mx postfix/smtpd[11]: AAAA000001: "
	    "client=c[192.0.2.7]\n"
	    "00:00.300 mx postfix/qmgr[13]: AAAA000001: from=<s@c.example>, "
	    "size=900, nrcpt=1 (queue active)\n"
	    "00:01.000 mx postfix/smtpd[12]: BBBB000002: "
	    "client=filter[10.0.0.9]\n"
	    "00:01.100 mx postfix/qmgr[13]: BBBB000002: from=<s@c.example>, "
	    "size=990, nrcpt=1 (queue active)\n"
	    "00:01.200 mx postfix/smtp[14]: AAAA000001: to=<r@d.example>, "
	    "relay=filter[10.0.0.9]:10024, delay=2, delays=0/0/0/2, "
	    "dsn=2.0.0, status=sent (250 2.0.0 from MTA(smtp:[10.0.0.1]:10025)"
	    ": 250 2.0.0 Ok: queued as BBBB000002)\n"
	    "00:01.300 mx postfix/qmgr[13]: AAAA000001: removed\n"
	    "00:02.000 mx postfix/virtual[15]: BBBB000002: to=<r@d.example>, "
	    "relay=virtual, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent "
	    "(delivered to maildir)\n";
	static const char want[] =
	    "mx/AAAA000001>BBBB000002 192.0.2.7 s@c.example r@d.example "
	    "delivered -\n";

	(void)state;
	assert_string_equal(parse(1, out_and_back), want);
	assert_string_equal(import_each(1, out_and_back), want);
}

/* One id on two of our servers at the same time: nobody can tell. */
static void
test_hop_ambiguous(void **state)
{
#define RECEIVED(host, rcpt)                                                   \
	"00:01.000 " host " postfix/smtpd[21]: BBBB000002: "                   \
	"client=smart[10.0.0.1]\n"                                             \
	"00:01.500 " host " postfix/qmgr[23]: BBBB000002: "                    \
	"from=<s@c.example>, size=900, nrcpt=1 (queue active)\n"               \
	"00:03.000 " host " postfix/virtual[24]: BBBB000002: to=<" rcpt ">, "  \
	"relay=virtual, delay=3, delays=0/0/0/3, dsn=2.0.0, status=sent "      \
	"(delivered to maildir)\n"
	(void)state;
	assert_string_equal(
	    parse(3, SMART, RECEIVED("f1", "r@d.example"),
	        RECEIVED("f2", "t@d.example")),
	    "f1/BBBB000002 10.0.0.1 s@c.example r@d.example delivered -\n"
	    "f2/BBBB000002 10.0.0.1 s@c.example t@d.example delivered -\n"
	    "smart/AAAA000001 192.0.2.7 s@c.example q@d.example delivered "
	    "-\n"
	    "smart/AAAA000001 192.0.2.7 s@c.example "
	    "r@d.example(list@c.example) delivered -\n");
}

/* Three servers; the logs come in any order. */
static void
test_hop_chain(void **state)
{
	static const char one[] =
	    "00:00.100 one postfix/smtpd[11]: AAAA000001: "
	    "client=c[192.0.2.7]\n"
	    "00:00.300 one postfix/qmgr[13]: AAAA000001: from=<s@c.example>, "
	    "size=900, nrcpt=1 (queue active)\n"
	    "00:02.000 one postfix/smtp[14]: AAAA000001: to=<r@d.example>, "
	    "relay=two[10.0.0.2]:25, delay=2, delays=0/0/0/2, dsn=2.0.0, "
	    "status=sent (250 OK id=1xVS3X-000035-0v)\n"
	    "00:02.100 one postfix/qmgr[13]: AAAA000001: removed\n";
	static const char two[] =
	    "00:01.000 two exim[20]: 1xVS3X-000035-0v <= s@c.example "
	    "H=one [10.0.0.1] P=esmtp S=950\n"
	    "00:03.000 two exim[21]: 1xVS3X-000035-0v => r@d.example "
	    "R=out T=smtp H=three [10.0.0.3] C=\"250 2.0.0 6ANBXtVa001053 "
	    "Message accepted for delivery\"\n"
	    "00:03.100 two exim[21]: 1xVS3X-000035-0v Completed\n";
	static const char three[] =
	    "00:02.500 three sm-mta[1053]: 6ANBXtVa001053: "
	    "from=<s@c.example>, size=990, class=0, nrcpts=1, "
	    "msgid=<m@c.example>, proto=ESMTP, daemon=MTA, "
	    "relay=two [10.0.0.2]\n"
	    "00:04.000 three sm-mta[1054]: 6ANBXtVa001053: "
	    "to=<r@d.example>, delay=00:00:02, xdelay=00:00:00, "
	    "mailer=esmtp, pri=30000, relay=mx.d.example. [198.51.100.9], "
	    "dsn=5.1.1, stat=User unknown\n";
	static const char want[] =
	    "one/AAAA000001>6ANBXtVa001053 192.0.2.7 s@c.example r@d.example "
	    "bounced -\n";

	(void)state;
	assert_string_equal(parse(3, one, two, three), want);
	assert_string_equal(import_each(3, one, two, three), want);
	assert_string_equal(import_each(3, three, two, one), want);
	assert_string_equal(import_each(3, two, one, three), want);
	assert_string_equal(import_each(3, one, three, two), want);
}

/* Deferred at the next server on one day, delivered in a later call. */
static void
test_hop_retry(void **state)
{
	static const char day2[] =
	    "50:00.000 filter postfix/qmgr[23]: BBBB000002: "
	    "from=<s@c.example>, size=1100, nrcpt=1 (queue active)\n"
	    "50:01.000 filter postfix/smtp[24]: BBBB000002: "
	    "to=<r@d.example>, relay=mx[198.51.100.9]:25, delay=3, "
	    "delays=0/0/0/3, dsn=2.0.0, status=sent (250 ok)\n"
	    "50:01.100 filter postfix/qmgr[23]: BBBB000002: removed\n";
	static const char day1[] =
	    "00:00.500 filter postfix/smtpd[21]: BBBB000002: "
	    "client=smart[10.0.0.1]:5000\n"
	    "00:01.900 filter postfix/qmgr[23]: BBBB000002: "
	    "from=<s@c.example>, size=1100, nrcpt=1 (queue active)\n"
	    "00:03.000 filter postfix/smtp[24]: BBBB000002: "
	    "to=<r@d.example>, relay=mx[198.51.100.9]:25, delay=3, "
	    "delays=0/0/0/3, dsn=4.2.0, status=deferred (host "
	    "mx[198.51.100.9] said: 450 later (in reply to RCPT TO command))"
	    "\n";
	static const char smart[] =
	    "00:00.100 smart postfix/smtpd[11]: AAAA000001: "
	    "client=c[192.0.2.7]:4000\n"
	    "00:00.300 smart postfix/qmgr[13]: AAAA000001: "
	    "from=<s@c.example>, size=900, nrcpt=1 (queue active)\n"
	    "00:02.000 smart postfix/smtp[14]: AAAA000001: "
	    "to=<r@d.example>, relay=f[10.0.0.2]:25, delay=2, "
	    "delays=0/0/0/2, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued "
	    "as BBBB000002)\n"
	    "00:02.100 smart postfix/qmgr[13]: AAAA000001: removed\n";
	static const char first[] =
	    "smart/AAAA000001>BBBB000002 192.0.2.7 s@c.example r@d.example "
	    "deferred -\n";
	static const char then[] =
	    "smart/AAAA000001>BBBB000002 192.0.2.7 s@c.example r@d.example "
	    "delivered -\n";
	char both[4096];

	(void)state;
	assert_string_equal(import_each(2, smart, day1), first);
	assert_string_equal(import_each(2, day1, smart), first);
	assert_string_equal(import_each(3, smart, day1, day2), then);
	assert_string_equal(import_each(3, day1, smart, day2), then);
	assert_string_equal(import_each(3, day1, day2, smart), then);
	snprintf(both, sizeof(both), "%s%s", day1, day2);
	assert_string_equal(parse(2, smart, both), then);
}

/* ---- through a filter on the same host ---- */

#define AMAVIS_IN                                                              \
	"00:00.100 mx postfix/smtpd[11]: AAAA000001: client=c[192.0.2.7]\n"    \
	"00:00.200 mx postfix/qmgr[13]: AAAA000001: from=<s@c.example>, "      \
	"size=900, nrcpt=2 (queue active)\n"
#define AMAVIS_BACK                                                            \
	"00:01.000 mx postfix/smtpd[12]: BBBB000002: "                         \
	"client=localhost[127.0.0.1], orig_queue_id=AAAA000001, "              \
	"orig_client=c[192.0.2.7]\n"                                           \
	"00:01.100 mx postfix/qmgr[13]: BBBB000002: from=<s@c.example>, "      \
	"size=1100, nrcpt=1 (queue active)\n"
#define AMAVIS_SAYS                                                            \
	"00:01.500 mx amavis[99]: (00099-01) Passed SPAMMY "                   \
	"{RelayedTaggedInbound}, [192.0.2.7]:4000 [192.0.2.7] <s@c.example> "  \
	"-> <a@d.example>,<b@d.example>, Queue-ID: AAAA000001, Message-ID: "   \
	"<m@c>, mail_id: x1, Hits: 6.1, size: 900, queued_as: "                \
	"BBBB000002/CCCC000003, 100 ms\n"
#define AMAVIS_BACK2                                                           \
	"00:01.200 mx postfix/smtpd[12]: CCCC000003: "                         \
	"client=localhost[127.0.0.1], orig_queue_id=AAAA000001, "              \
	"orig_client=c[192.0.2.7]\n"                                           \
	"00:01.300 mx postfix/qmgr[13]: CCCC000003: from=<s@c.example>, "      \
	"size=1100, nrcpt=1 (queue active)\n"
#define TO_FILTER(rcpt)                                                        \
	"00:01.600 mx postfix/smtp[14]: AAAA000001: to=<" rcpt ">, "           \
	"orig_to=<list@d.example>, relay=127.0.0.1[127.0.0.1]:10024, "         \
	"delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 2.0.0 from "     \
	"MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as BBBB000002)\n"
#define AGENT(at, q, rcpt, dsn, status)                                        \
	at " mx postfix/virtual[15]: " q ": to=<" rcpt ">, relay=virtual, "    \
	   "delay=1, delays=0/0/0/1, dsn=" dsn ", status=" status "\n"

static const char split_rows[] =
    "mx/AAAA000001>BBBB000002 192.0.2.7 s@c.example "
    "a@d.example(list@d.example) delivered spam\n"
    "mx/AAAA000001>CCCC000003 192.0.2.7 s@c.example "
    "b@d.example(list@d.example) bounced spam\n";

/* One mail, two re-injections, mixed results; and the alias, which only the
 * way into the filter tells. */
static void
test_amavis_split(void **state)
{
	static const char log[] = AMAVIS_IN AMAVIS_BACK AMAVIS_BACK2 AMAVIS_SAYS
	    TO_FILTER("a@d.example") TO_FILTER("b@d.example")
	        AGENT("00:02.000", "BBBB000002", "a@d.example", "2.0.0",
	            "sent (ok)")
	            AGENT("00:02.100", "CCCC000003", "b@d.example", "5.1.1",
	                "bounced (unknown user)");

	(void)state;
	assert_string_equal(parse(1, log), split_rows);
	assert_int_equal(counts.messages, 1);
	assert_string_equal(import_each(1, log), split_rows);
}

/* The same in any order within the seconds that syslog needs: what the
 * filter and its client say comes before the ids that they tell of. */
static void
test_out_of_order(void **state)
{
	static const char log[] =
	    AGENT("00:02.100", "CCCC000003", "b@d.example", "5.1.1",
	        "bounced (unknown user)") AMAVIS_SAYS TO_FILTER("a@d.example")
	        TO_FILTER("b@d.example") AMAVIS_BACK2 AMAVIS_IN
	            AGENT("00:02.000", "BBBB000002", "a@d.example", "2.0.0",
	                "sent (ok)") AMAVIS_BACK;

	(void)state;
	assert_string_equal(parse(1, log), split_rows);
	assert_int_equal(counts.messages, 1);
}

/* Cut at every line, each part in a call of its own. */
static void
test_split_anywhere(void **state)
{
	static const char log[] = AMAVIS_IN AMAVIS_BACK AMAVIS_BACK2 AMAVIS_SAYS
	    TO_FILTER("a@d.example") TO_FILTER("b@d.example")
	        AGENT("00:02.000", "BBBB000002", "a@d.example", "2.0.0",
	            "sent (ok)")
	            AGENT("00:02.100", "CCCC000003", "b@d.example", "5.1.1",
	                "bounced (unknown user)");
	const char *cut;
	char head[8192];

	(void)state;
	for (cut = strchr(log, '\n') + 1; *cut; cut = strchr(cut, '\n') + 1) {
		snprintf(
		    head, sizeof(head), "%.*s", (int)(cut - log), log);
		assert_string_equal(import_each(2, head, cut), split_rows);
	}
}

/* MailScanner takes mail out of the hold queue and puts it back as new. */
#define SCANNER                                                                \
	"00:00.100 mx postfix/smtpd[11]: AAAA000001: client=c[192.0.2.7]\n"    \
	"00:00.200 mx postfix/cleanup[12]: AAAA000001: hold: header "          \
	"Received: from c (c [192.0.2.7]) from c[192.0.2.7]; "                 \
	"from=<s@c.example> to=<a@d.example> proto=ESMTP helo=<c>\n"           \
	"00:05.000 mx MailScanner[50]: Message AAAA000001.A1B2C from "         \
	"192.0.2.7 (s@c.example) to d.example is spam, SpamAssassin (not "     \
	"cached, score=7.1, required 5, X 7.10)\n"
#define REQUEUE                                                                \
	"00:05.100 mx MailScanner[50]: Requeue: AAAA000001.A1B2C to "          \
	"BBBB000002\n"
#define SCANNED                                                                \
	"00:05.200 mx postfix/qmgr[13]: BBBB000002: from=<s@c.example>, "      \
	"size=1100, nrcpt=1 (queue active)\n"                                  \
	AGENT("00:06.000", "BBBB000002", "a@d.example", "2.0.0", "sent (ok)")  \
	"00:06.100 mx postfix/qmgr[13]: BBBB000002: removed\n"

static void
test_mailscanner(void **state)
{
	static const char want[] =
	    "mx/AAAA000001>BBBB000002 192.0.2.7 s@c.example a@d.example "
	    "delivered spam\n";

	(void)state;
	assert_string_equal(parse(1, SCANNER REQUEUE SCANNED), want);
	assert_int_equal(counts.messages, 1);
	assert_string_equal(import_each(1, SCANNER REQUEUE SCANNED), want);
	assert_string_equal(import_each(2, SCANNER REQUEUE, SCANNED), want);
	/* held for good: nobody gets it */
	assert_string_equal(parse(1, SCANNER),
	    "mx/AAAA000001 192.0.2.7 s@c.example a@d.example quarantined "
	    "spam\n");
}

/* ---- one queue id ---- */

#define FROM(at, q, addr)                                                      \
	at " mx postfix/smtpd[11]: " q ": client=c[" addr "]\n" at             \
	   " mx postfix/qmgr[13]: " q ": from=<s@c.example>, size=9, nrcpt=1 " \
	   "(queue active)\n"
#define REMOVED(at, q) at " mx postfix/qmgr[13]: " q ": removed\n"

/* The id is used again, 4 s after its first message had ended. */
static void
test_recycled(void **state)
{
	static const char log[] = FROM("00:00.000", "ABCDE", "192.0.2.7")
	    AGENT("00:01.000", "ABCDE", "a@d.example", "2.0.0", "sent (ok)")
	        REMOVED("00:01.100", "ABCDE")
	            FROM("00:05.000", "ABCDE", "192.0.2.8") AGENT("00:06.000",
	                "ABCDE", "b@d.example", "5.1.1", "bounced (no)")
	                REMOVED("00:06.100", "ABCDE");
	static const char want[] =
	    "mx/ABCDE 192.0.2.7 s@c.example a@d.example delivered -\n"
	    "mx/ABCDE 192.0.2.8 s@c.example b@d.example bounced -\n";

	(void)state;
	assert_string_equal(parse(1, log), want);
	assert_int_equal(counts.messages, 2);
	assert_true(keys[0] != keys[1]);
	assert_string_equal(import_each(1, log), want);
}

static void
test_removed_first(void **state)
{
	static const char log[] = FROM("00:00.000", "ABCDE", "192.0.2.7")
	    REMOVED("00:01.000", "ABCDE") AGENT("00:01.002", "ABCDE",
	        "a@d.example", "2.0.0", "sent (ok)");

	(void)state;
	assert_string_equal(parse(1, log),
	    "mx/ABCDE 192.0.2.7 s@c.example a@d.example delivered -\n");
	assert_int_equal(counts.messages, 1);
}

/* Every attempt is stored when it happens, the row follows. */
static int64_t
count_attempts(void)
{
	char db[64];
	sqlite3 *h;
	sqlite3_stmt *st;
	int64_t n;

	snprintf(db, sizeof(db), "%s/db", dir);
	assert_int_equal(sqlite3_open(db, &h), SQLITE_OK);
	sqlite3_prepare_v2(h,
	    "SELECT count(*) + 10 * count(DISTINCT time) FROM attempt", -1,
	    &st, NULL);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	n = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	sqlite3_close(h);
	return n;
}

#define TRY1                                                                   \
	FROM("00:00.000", "ABCDE", "192.0.2.7")                                \
	AGENT("00:01.000", "ABCDE", "a@d.example", "4.2.0", "deferred (full)")
#define TRY2                                                                   \
	AGENT("20:01.000", "ABCDE", "a@d.example", "4.2.0", "deferred (full)")
#define TRY3                                                                   \
	AGENT("50:01.000", "ABCDE", "a@d.example", "2.0.0", "sent (ok)")       \
	REMOVED("50:01.100", "ABCDE")
#define EXPIRED                                                                \
	"55:00.000 mx postfix/qmgr[13]: ABCDE: from=<s@c.example>, "           \
	"status=expired, returned to sender\n"                                 \
	"55:00.100 mx postfix/bounce[16]: ABCDE: sender non-delivery "         \
	"notification: BCDEF\n"                                                \
	"55:00.050 mx postfix/cleanup[12]: BCDEF: message-id=<n@mx>\n"         \
	"55:00.200 mx postfix/qmgr[13]: BCDEF: from=<>, size=99, nrcpt=1 "     \
	"(queue active)\n"                                                     \
	AGENT("55:00.300", "BCDEF", "s@c.example", "2.0.0", "sent (ok)")

static void
test_retries(void **state)
{
	(void)state;
	assert_string_equal(import_each(1, TRY1 TRY2),
	    "mx/ABCDE 192.0.2.7 s@c.example a@d.example deferred -\n");
	assert_int_equal(count_attempts(), 22);
	assert_string_equal(import_each(3, TRY1, TRY2, TRY3),
	    "mx/ABCDE 192.0.2.7 s@c.example a@d.example delivered -\n");
	assert_int_equal(count_attempts(), 33);
}

/* Expired; and the notification, which is no client's, knows its parent. */
static void
test_expired(void **state)
{
	static const char want[] =
	    "mx/ABCDE 192.0.2.7 s@c.example a@d.example expired -\n"
	    "mx/BCDEF - <> s@c.example delivered -\n";
	char db[64];
	sqlite3 *h;
	sqlite3_stmt *st;

	(void)state;
	assert_string_equal(parse(1, TRY1 TRY2 EXPIRED), want);
	assert_string_equal(import_each(2, TRY1 TRY2, EXPIRED), want);
	snprintf(db, sizeof(db), "%s/db", dir);
	assert_int_equal(sqlite3_open(db, &h), SQLITE_OK);
	sqlite3_prepare_v2(h,
	    "SELECT parent_queue_id FROM mail_message WHERE queue_id = "
	    "'BCDEF'",
	    -1, &st, NULL);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	assert_string_equal(sqlite3_column_text(st, 0), "ABCDE");
	sqlite3_finalize(st);
	sqlite3_close(h);
}

/* ---- what a filter alone tells, and what the end of a session tells ---- */

/* Nobody but the filter names who would have got a discarded message; whom
 * the server refused before that does not count. */
static void
test_discarded_names(void **state)
{
	static const char log[] =
	    "00:00.000 mx sm-mta[811]: 6ANBVsG4000811: <x@d.example>... User "
	    "unknown\n"
	    "00:00.100 mx sm-mta[811]: 6ANBVsG4000811: from=<s@c.example>, "
	    "size=72, class=0, nrcpts=1, msgid=<m@c>, proto=ESMTP, "
	    "daemon=MTA, relay=c [192.0.2.7]\n"
	    "00:00.200 mx mimedefang.pl[41]: 6ANBVsG4000811: MDLOG,6ANBVsG4000811,virus,"
	    "Worm.Test.1,192.0.2.7,<s@c.example>,<a@d.example>,Hello\n"
	    "00:00.300 mx sm-mta[811]: 6ANBVsG4000811: Milter: data, "
	    "discard\n"
	    "00:00.400 mx sm-mta[811]: 6ANBVsG4000811: discarded\n";

	(void)state;
	assert_string_equal(parse(1, log),
	    "mx/6ANBVsG4000811 192.0.2.7 s@c.example a@d.example discarded "
	    "virus\n"
	    "mx/6ANBVsG4000811 192.0.2.7 s@c.example x@d.example rejected "
	    "virus\n");
}

/* The queue manager's line may come after the session's last: what was lost
 * is not the message whose Message-ID is known. */
static void
test_lost_after_message(void **state)
{
	static const char log[] =
	    "00:00.100 mx postfix/smtpd[21]: ABCDE: client=c[192.0.2.7]\n"
	    "00:00.200 mx postfix/cleanup[12]: ABCDE: message-id=<m@c>\n"
	    "00:00.300 mx postfix/smtpd[21]: NOQUEUE: reject: RCPT from "
	    "c[192.0.2.7]: 550 5.1.1 <x@d.example>: Recipient address "
	    "rejected: User unknown; from=<s@c.example> to=<x@d.example> "
	    "proto=ESMTP helo=<c>\n"
	    "00:00.400 mx postfix/smtpd[21]: lost connection after RSET from "
	    "c[192.0.2.7]\n"
	    "00:00.500 mx postfix/qmgr[13]: ABCDE: from=<s@c.example>, "
	    "size=99, nrcpt=1 (queue active)\n" AGENT("00:01.000", "ABCDE",
	        "a@d.example", "2.0.0", "sent (ok)")
	        REMOVED("00:01.100", "ABCDE")
	    /* and one that was not sent, in a session of its own */
	    "00:02.000 mx postfix/smtpd[22]: BCDEF: client=c[192.0.2.7]\n"
	    "00:02.100 mx postfix/smtpd[22]: lost connection after RCPT from "
	    "c[192.0.2.7]\n";

	(void)state;
	assert_string_equal(parse(1, log),
	    "mx/- 192.0.2.7 s@c.example x@d.example rejected -\n"
	    "mx/ABCDE 192.0.2.7 s@c.example a@d.example delivered -\n"
	    "mx/BCDEF 192.0.2.7 - - aborted -\n");
}

/* Exim names no recipient of a message that an ACL discards, by default. */
static void
test_discarded_nobody(void **state)
{
#define TAKEN                                                                  \
	"00:00.000 mx exim[811]: 1xVRyS-0003k5-1L <= s@c.example H=(c) "       \
	"[192.0.2.7] P=esmtp S=72\n"
#define DROPPED                                                                \
	"00:00.100 mx exim[811]: 1xVRyS-0003k5-1L => blackhole (DATA ACL "     \
	"discarded recipients): by rule\n"                                     \
	"00:00.200 mx exim[811]: 1xVRyS-0003k5-1L Completed\n"
	static const char want[] =
	    "mx/1xVRyS-0003k5-1L 192.0.2.7 s@c.example - discarded -\n";

	(void)state;
	assert_string_equal(parse(1, TAKEN DROPPED), want);
	assert_string_equal(import_each(2, TAKEN, DROPPED), want);
}

/* A ruleset discards at RCPT, and the message comes all the same: it is one
 * message, and who was refused stays so. */
static void
test_discarded_early(void **state)
{
	static const char log[] =
	    "00:00.000 mx sm-mta[811]: 6ANBVsG4000811: <x@d.example>... User "
	    "unknown\n"
	    "00:00.050 mx sm-mta[811]: 6ANBVsG4000811: ruleset=check_rcpt, "
	    "arg1=<t@d.example>, relay=c [192.0.2.7], discard\n"
	    "00:00.100 mx sm-mta[811]: 6ANBVsG4000811: from=<s@c.example>, "
	    "size=72, class=0, nrcpts=2, msgid=<m@c>, proto=ESMTP, "
	    "daemon=MTA, relay=c [192.0.2.7]\n"
	    "00:00.200 mx sm-mta[811]: 6ANBVsG4000811: to=<x@d.example>, "
	    "delay=00:00:00, pri=1, dsn=5.1.1, stat=discarded\n"
	    "00:00.300 mx sm-mta[811]: 6ANBVsG4000811: to=<t@d.example>, "
	    "delay=00:00:00, pri=1, stat=discarded\n"
	    "00:00.400 mx sm-mta[811]: 6ANBVsG4000811: to=<a@d.example>, "
	    "delay=00:00:00, pri=1, stat=discarded\n";

	(void)state;
	assert_string_equal(parse(1, log),
	    "mx/6ANBVsG4000811 192.0.2.7 s@c.example a@d.example discarded -\n"
	    "mx/6ANBVsG4000811 192.0.2.7 s@c.example t@d.example discarded -\n"
	    "mx/6ANBVsG4000811 192.0.2.7 s@c.example x@d.example rejected -\n");
}

/* Two MAIL commands were refused, one of them had a line of its own. */
static void
test_refused_mail(void **state)
{
	static const char log[] =
	    "00:00.000 mx postfix/smtpd[11]: connect from c[192.0.2.7]\n"
	    "00:00.100 mx postfix/smtpd[11]: NOQUEUE: reject: MAIL from "
	    "c[192.0.2.7]: 550 5.7.1 <s@c.example>: Sender address rejected: "
	    "no; from=<s@c.example> proto=ESMTP helo=<c>\n"
	    "00:00.200 mx postfix/smtpd[11]: disconnect from c[192.0.2.7] "
	    "ehlo=1 mail=1/3 quit=1 commands=3/5\n"
	    "00:01.000 mx postfix/smtpd[11]: connect from c[192.0.2.8]\n"
	    "00:01.200 mx postfix/smtpd[11]: disconnect from c[192.0.2.8] "
	    "ehlo=1 mail=1 quit=1 commands=3\n";
	static const char want[] = "mx/- 192.0.2.7 - - rejected -\n"
	                           "mx/- 192.0.2.7 s@c.example - rejected -\n";
	const char *cut = strstr(log, "00:00.200");
	char head[1024];

	(void)state;
	assert_string_equal(parse(1, log), want);
	assert_true(keys[0] != keys[1]);
	snprintf(head, sizeof(head), "%.*s", (int)(cut - log), log);
	assert_string_equal(import_each(2, head, cut),
	    "mx/- 192.0.2.7 - - rejected -\n"
	    "mx/- 192.0.2.7 s@c.example - rejected -\n");
}

#define SPAMD(mid)                                                             \
	"00:00.500 mx spamd[77]: spamd: result: Y 9 - X "                      \
	"scantime=0.3,size=9,user=a,uid=1,required_score=5.0,rhost=localhost," \
	"raddr=127.0.0.1,rport=4,mid=" mid ",autolearn=disabled\n"
#define CLEANUP_SAYS(q, mid)                                                   \
	"00:00.200 mx postfix/cleanup[12]: " q ": message-id=" mid "\n"

/* A Message-ID is one, however a program writes it; two of one form name
 * nobody. */
static void
test_message_id_forms(void **state)
{
	static const char spam[] =
	    "mx/ABCDE 192.0.2.7 s@c.example a@d.example delivered spam\n";
	static const char none[] =
	    "mx/ABCDE 192.0.2.7 s@c.example a@d.example delivered -\n";

	(void)state;
#define ONE                                                                    \
	AGENT("00:00.700", "ABCDE", "a@d.example", "2.0.0", "sent (ok)")       \
	FROM("00:00.100", "ABCDE", "192.0.2.7")
	assert_string_equal(
	    parse(1, CLEANUP_SAYS("ABCDE", "no-brackets") SPAMD(
	                 "<no-brackets>") ONE),
	    spam);
	assert_string_equal(
	    parse(1, CLEANUP_SAYS("ABCDE", "<x@y, size=9>") SPAMD(
	                 "<x@y_?size=9>") ONE),
	    spam);
	assert_string_equal(
	    parse(1, CLEANUP_SAYS("ABCDE", "<>") SPAMD("(unknown)") ONE),
	    none);
	assert_string_equal(
	    parse(1, CLEANUP_SAYS("ABCDE", "<x,y>") SPAMD("<x_y>")
	                 CLEANUP_SAYS("ABCDF", "<x_y>")
	                     FROM("00:00.100", "ABCDF", "192.0.2.8")
	                         AGENT("00:00.700", "ABCDF", "b@d.example",
	                             "2.0.0", "sent (ok)") ONE),
	    "mx/ABCDE 192.0.2.7 s@c.example a@d.example delivered -\n"
	    "mx/ABCDF 192.0.2.8 s@c.example b@d.example delivered -\n");
}

/* rspamd names the client: if that is not the message's, its line is about
 * another one that had the same queue id. */
static void
test_filter_names_client(void **state)
{
#define FILTER_OF(q, ip)                                                          \
	"00:00.350 mx rspamd[31]: <2f0925>; proxy; "                           \
	"rspamd_task_write_log: id: <s@x.example>, qid: <" q ">, ip: " ip      \
	", from: <s@c.example>, (default: T (add header): [9.00/15.00] []), "  \
	"len: 700, time: 59.3ms, dns req: 4, digest: <fb>, rcpts: "            \
	"<a@d.example>, mime_rcpts: <a@d.example>\n"
#define SENT AGENT("00:00.700", "ABCDE", "a@d.example", "2.0.0", "sent (ok)")

	(void)state;
	assert_string_equal(
	    parse(1, FROM("00:00.100", "ABCDE", "192.0.2.7") SENT
	            FILTER_OF("ABCDE", "192.0.2.7")),
	    "mx/ABCDE 192.0.2.7 s@c.example a@d.example delivered spam\n");
	assert_string_equal(
	    parse(1, FROM("00:00.100", "ABCDE", "192.0.2.8") SENT
	            FILTER_OF("ABCDE", "192.0.2.7")),
	    "mx/ABCDE 192.0.2.8 s@c.example a@d.example delivered -\n");
	assert_string_equal(
	    parse(1, FILTER_OF("ABCDE", "192.0.2.7")
	            FROM("00:00.400", "ABCDE", "192.0.2.8") SENT),
	    "mx/ABCDE 192.0.2.8 s@c.example a@d.example delivered -\n");
	/* another of our servers, seen by the filter */
	assert_string_equal(
	    parse(1, FROM("00:00.100", "ABCDE", "192.0.2.8") SENT
	            FILTER_OF("ABCDE", "127.0.0.1")),
	    "mx/ABCDE 192.0.2.8 s@c.example a@d.example delivered spam\n");
}

static void *
begin_and_end(void *arg)
{
	struct message **m = arg;

	*m = message_new(STR("mx"), STR("postfix"), 0);
	message_free(*m);
	return NULL;
}

/* Each import has a thread that ends: what its messages were in is not lost. */
static void
memory_of_a_thread_is_used_again(void **state)
{
#ifndef ARENA_DEBUG
	struct message *theirs, *m;
	pthread_t thread;

	assert_int_equal(
	    pthread_create(&thread, NULL, begin_and_end, &theirs), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	m = message_new(STR("mx"), STR("postfix"), 0);
	assert_ptr_equal(m, theirs);
	message_free(m);
#else
	(void)begin_and_end;
#endif
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(memory_of_a_thread_is_used_again),
	    cmocka_unit_test(test_hop_same_call),
	    cmocka_unit_test(test_hop_separate_calls),
	    cmocka_unit_test(test_hop_clock),
	    cmocka_unit_test(test_hop_forged),
	    cmocka_unit_test(test_hop_and_back),
	    cmocka_unit_test(test_hop_ambiguous),
	    cmocka_unit_test(test_hop_chain),
	    cmocka_unit_test(test_hop_retry),
	    cmocka_unit_test(test_amavis_split),
	    cmocka_unit_test(test_out_of_order),
	    cmocka_unit_test(test_split_anywhere),
	    cmocka_unit_test(test_mailscanner),
	    cmocka_unit_test(test_recycled),
	    cmocka_unit_test(test_removed_first),
	    cmocka_unit_test(test_retries),
	    cmocka_unit_test(test_expired),
	    cmocka_unit_test(test_discarded_names),
	    cmocka_unit_test(test_lost_after_message),
	    cmocka_unit_test(test_discarded_nobody),
	    cmocka_unit_test(test_discarded_early),
	    cmocka_unit_test(test_refused_mail),
	    cmocka_unit_test(test_message_id_forms),
	    cmocka_unit_test(test_filter_names_client),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
