/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "input/parser.h"

#define MAX 24
#define Q   "6ANBXJeA000392: "

/* The events of the lines read since reset(), with their text copied. */
static struct event got[MAX];
static struct str rcpts[MAX][80];
static int ngot;
static char pool[1 << 16];
static size_t used;
static void *state;

static struct str
keep(struct str s)
{
	char *p = pool + used;

	if (!str_has(s))
		return s;
	assert_true(used + s.n <= sizeof(pool));
	memcpy(p, s.p, s.n);
	used += s.n;
	return str_of(p, s.n);
}

static void
take(struct event_sink *sink, struct str instance, const struct event *ev)
{
	struct event *e = &got[ngot];
	struct str *text[] = {&e->queue_id, &e->parent_queue_id, &e->queued_as,
	    &e->client_name, &e->helo, &e->protocol, &e->auth_user, &e->sender,
	    &e->message_id, &e->relay, &e->dsn, &e->reason, &e->text,
	    &e->text_kind};

	(void)sink;
	assert_false(str_has(instance));
	assert_true(ngot < MAX);
	*e = *ev;
	for (size_t i = 0; i < sizeof(text) / sizeof(*text); i++)
		*text[i] = keep(*text[i]);
	assert_true(ev->nrecipients <= 80);
	for (size_t i = 0; i < ev->nrecipients; i++)
		rcpts[ngot][i] = keep(ev->recipients[i]);
	e->recipients = rcpts[ngot++];
}

static void
reset(void)
{
	free(state);
	state = calloc(1, parser_sendmail.state_size);
	ngot = 0;
	used = 0;
}

static enum parsed
feed_as(int pid, const char *text)
{
	static int64_t now = INT64_C(1795433600000000);
	struct event_sink sink = {take};
	struct log_line in = {.time = now += 1000,
	    .host = STR("relay"),
	    .program = STR("sm-mta"),
	    .pid = pid};
	char *copy = malloc(strlen(text) + 1); /* so that overruns are seen */
	enum parsed p;

	memcpy(copy, text, strlen(text));
	in.text = str_of(copy, strlen(text));
	p = parser_sendmail.line(NULL, &in, state, &sink);
	free(copy);
	return p;
}

/* One line after a reset; the last event. */
static const struct event *
one(const char *text)
{
	reset();
	assert_int_equal(feed_as(392, text), PARSED_USED);
	assert_true(ngot > 0);
	return &got[ngot - 1];
}

static void
same(struct str s, const char *z)
{
	if (z == NULL) {
		assert_false(str_has(s));
		return;
	}
	if (!str_has(s) || !str_eq(s, str_z(z)))
		fail_msg("\"%.*s\" is not \"%s\"", STR_FMT(s), z);
}

static void
client_is(const struct event *ev, const char *z)
{
	char text[ADDR_TEXT_MAX];

	assert_true(ev->has_client);
	same(str_of(text, addr_format(ev->client, text)), z);
}

static enum parsed
parse(const char *text)
{
	reset();
	return feed_as(392, text);
}

static void
claims(void **s)
{
	static const char *const yes[] = {"sendmail", "sm-mta", "sm-msp",
	    "sm-msp-queue", "sm-que", "sendmail-in", NULL};
	static const char *const no[] = {"postfix/sendmail", "sm-notify",
	    "mimedefang", "spamd", "", "clamav-milter", NULL};

	(void)s;
	for (int i = 0; yes[i] != NULL; i++)
		assert_true(parser_sendmail.claims(NULL, str_z(yes[i])));
	for (int i = 0; no[i] != NULL; i++)
		assert_false(parser_sendmail.claims(NULL, str_z(no[i])));
}

/* LogLevel 10 and more: whole sessions put off or turned away. */
static void
put_off(void **s)
{
	const struct event *ev;

	(void)s;
	ev = one(Q "SMTP MAIL command (FROM:<a@b> \") from v [198.51.100.66] "
	           "tempfailed) from h.example [192.0.2.7] tempfailed (due to "
	           "previous checks)");
	assert_int_equal(ev->kind, EVENT_REJECT);
	assert_int_equal(ev->disposition, DISP_TEMPFAILED);
	assert_int_equal(ev->stage, STAGE_MAIL);
	assert_int_equal(ev->reply, 451);
	client_is(ev, "192.0.2.7");
	assert_int_equal(parse("NOQUEUE: SMTP STARTTLS command () from h "
	                       "[192.0.2.7] tempfailed (due to previous checks)"),
	    PARSED_IGNORED);
	ev = one("NOQUEUE: rejecting server EHLO from h.example [192.0.2.7] due "
	         "to traffic before response");
	assert_int_equal(ev->stage, STAGE_HELO);
	assert_int_equal(ev->reply, 554);
	client_is(ev, "192.0.2.7");
	ev = one("NOQUEUE: tcpwrappers (h, x, IPv6:2001:db8::7) rejection");
	assert_int_equal(ev->stage, STAGE_CONNECT);
	assert_int_equal(ev->disposition, DISP_REJECTED);
	client_is(ev, "2001:db8::7");
	assert_int_equal(
	    parse(Q "Milter (x): unknown port name y"), PARSED_IGNORED);
	assert_int_equal(parse("NOQUEUE: h [192.0.2.7]: MTA: delaying eom: load "
	                       "average: 9"),
	    PARSED_IGNORED);
	assert_int_equal(parse(Q "SMTP something new"), PARSED_UNKNOWN);
}

static void
arrival(void **s)
{
	const struct event *ev = one(
	    Q "from=<a@shop.example>, size=2729, "
	      "class=0, nrcpts=3, msgid=<1@shop.example>, bodytype=8BITMIME, "
	      "proto=ESMTPS, daemon=MTA-v4, tls_verify=NO, auth=NONE, "
	      "relay=h1.isp.example [203.0.113.64] (may be forged)");

	(void)s;
	assert_int_equal(ev->kind, EVENT_ARRIVAL);
	same(ev->queue_id, "6ANBXJeA000392");
	same(ev->sender, "a@shop.example");
	same(ev->message_id, "<1@shop.example>");
	same(ev->protocol, "ESMTPS");
	same(ev->client_name, "h1.isp.example");
	client_is(ev, "203.0.113.64");
	assert_int_equal(ev->size, 2729);
	assert_int_equal(ev->nrcpt, 3);
	assert_int_equal(ev->tls, 1);
	same(ev->auth_user, NULL);
}

static void
arrival_forms(void **s)
{
	const struct event *ev;

	(void)s;
	ev = one(Q "from=<>, size=5, class=0, nrcpts=1, msgid=<1@x>, "
	           "proto=SMTP, daemon=MTA, relay=[IPv6:2001:db8::25]");
	same(ev->sender, "");
	client_is(ev, "2001:db8::25");
	same(ev->client_name, NULL);
	assert_int_equal(ev->tls, -1);
	ev = one(Q "from=root, size=5, class=-60, nrcpts=1, msgid=<1@x>, "
	           "relay=root@localhost");
	same(ev->sender, "root");
	assert_false(ev->has_client);
	ev = one(Q "from=<a@b.example>, size=5, class=0, nrcpts=1, "
	           "msgid=<1@x>, proto=ESMTP, daemon=MTA, "
	           "relay=joe@h.example [192.0.2.7]");
	same(ev->client_name, "h.example");
	client_is(ev, "192.0.2.7");
	ev = one("PAA12345: from=<a@b.example>, size=5, class=0, pri=30005, "
	         "nrcpts=1, msgid=<1@x>, proto=SMTP, relay=h.example "
	         "(192.0.2.8)");
	client_is(ev, "192.0.2.8");
	ev = one(Q "from=<a@b.example>, size=5, class=0, nrcpts=1, "
	           "msgid=<1@x>, proto=SMTP, relay=h.example [IPv6:none]");
	assert_false(ev->has_client);
}

/* The sender and the Message-ID hold what looks like the server's fields. */
static void
arrival_injected(void **s)
{
	const struct event *ev = one(
	    Q "from=<\", relay=x [198.51.100.66]\"@evil.example>, size=733, "
	      "class=0, nrcpts=1, msgid=<a, size=0, class=0, nrcpts=0, "
	      "relay=y [198.51.100.67], proto=ESMTPA, daemon=Z>, proto=ESMTP, "
	      "daemon=MTA, relay=[203.0.113.9]");

	(void)s;
	assert_int_equal(ngot, 1);
	assert_int_equal(ev->kind, EVENT_ARRIVAL);
	client_is(ev, "203.0.113.9");
	same(ev->sender, "\", relay=x [198.51.100.66]\"@evil.example");
	same(ev->protocol, "ESMTP");
	assert_int_equal(ev->nrcpt, 1);
	/* A quoted backslash and quote, as str2prt() writes them. */
	ev = one(Q "from=<\"a\\\\\">, size=0, class=0, nrcpts=0, msgid=<\""
	           "@evil.example>, size=7, class=0, nrcpts=2, msgid=<1@x>, "
	           "proto=SMTP, daemon=MTA, relay=[203.0.113.9]");
	assert_int_equal(ev->kind, EVENT_ARRIVAL);
	assert_int_equal(ev->nrcpt, 2);
	same(ev->sender,
	    "\"a\\\">, size=0, class=0, nrcpts=0, msgid=<\"@evil.example");
	ev = one(Q "from=<j\\303\\274@x.example>, size=7, class=0, nrcpts=2, "
	           "msgid=<foo> to=<x@y>, status=sent (x@z), proto=SMTP, "
	           "daemon=MTA, relay=[203.0.113.9]");
	same(ev->sender, "j\303\274@x.example");
	same(ev->message_id, "<foo> to=<x@y>, status=sent (x@z)");
}

/* What sendmail cut to 200 bytes is not known, and does not hide a message. */
static void
arrival_cut(void **s)
{
	char line[1024], y[201];
	const struct event *ev;

	(void)s;
	memset(y, 'y', 200);
	y[200] = '\0';
	memcpy(y, "<\", size=0, class=0, nrcpts=0, msgid=<", 38);
	snprintf(line, sizeof(line),
	    Q "from=%s, size=9, class=0, nrcpts=1, msgid=<mmmm, proto=ESMTP, "
	      "daemon=MTA, relay=[203.0.113.9]",
	    y);
	ev = one(line);
	assert_int_equal(ngot, 1);
	assert_int_equal(ev->kind, EVENT_ARRIVAL);
	assert_int_equal(ev->nrcpt, 1);
	same(ev->sender, NULL);
	same(ev->message_id, NULL);
	client_is(ev, "203.0.113.9");
	/* The line itself cut: no relay of the server's. */
	assert_int_equal(
	    parse(Q "from=<\", relay=x [198.51.100.66]"), PARSED_UNKNOWN);
	assert_int_equal(parse(Q "from=<a@b>, size=1, cl"), PARSED_UNKNOWN);
	assert_int_equal(parse(Q "from="), PARSED_UNKNOWN);
}

/* All recipients refused; and RSET before DATA. */
static void
not_accepted(void **s)
{
	(void)s;
	one(Q "from=<a@b.example>, size=518, class=0, nrcpts=0, proto=ESMTP, "
	      "daemon=MTA-v4, relay=[203.0.113.9]");
	assert_int_equal(ngot, 2);
	assert_int_equal(got[0].kind, EVENT_DETAIL);
	client_is(&got[0], "203.0.113.9");
	assert_int_equal(got[1].kind, EVENT_END);
	same(got[1].queue_id, "6ANBXJeA000392");
	one(Q "from=<a@b.example>, size=0, class=0, nrcpts=1, proto=ESMTP, "
	      "daemon=MTA-v4, relay=[203.0.113.9]");
	assert_int_equal(ngot, 3);
	assert_int_equal(got[0].kind, EVENT_DETAIL);
	client_is(&got[0], "203.0.113.9");
	same(got[0].sender, "a@b.example");
	assert_int_equal(got[1].kind, EVENT_ABORT);
	assert_int_equal(got[1].stage, STAGE_RCPT);
	assert_int_equal(got[2].kind, EVENT_END);
	/* LogLevel 11 lists the recipients before it. */
	reset();
	feed_as(392, Q "to=<c@d.example>, delay=00:00:00, pri=1, stat=RSET");
	feed_as(392, Q "from=<a@b.example>, size=0, class=0, nrcpts=1, "
	               "proto=ESMTP, daemon=MTA-v4, relay=[203.0.113.9]");
	assert_int_equal(ngot, 5);
	assert_int_equal(got[0].kind, EVENT_DETAIL);
	same(got[0].recipients[0], "c@d.example");
	assert_int_equal(got[2].kind, EVENT_ABORT);
	assert_int_equal(got[3].kind, EVENT_DETAIL);
	client_is(&got[3], "203.0.113.9");
	assert_int_equal(got[4].kind, EVENT_END);
}

static void
aborted(void **s)
{
	(void)s;
	reset();
	feed_as(5, Q "collect: premature EOM: unexpected close");
	assert_int_equal(feed_as(5, Q "collect: relay=[203.0.113.9], "
	                              "from=<a@b.example>, info=I/O error"),
	    PARSED_IGNORED);
	feed_as(5, Q "from=<a@b.example>, size=362, class=0, nrcpts=2, "
	             "proto=ESMTP, daemon=MTA-v4, relay=[203.0.113.9]");
	assert_int_equal(ngot, 4);
	assert_int_equal(got[0].kind, EVENT_DETAIL);
	assert_int_equal(got[1].kind, EVENT_ABORT);
	assert_int_equal(got[1].stage, STAGE_DATA);
	assert_int_equal(got[2].kind, EVENT_DETAIL);
	assert_int_equal(got[3].kind, EVENT_END);
	one(Q "lost input channel from h.example [203.0.113.9] to MTA-v4 "
	      "after rcpt");
	assert_int_equal(got[1].kind, EVENT_ABORT);
	assert_int_equal(got[1].stage, STAGE_RCPT);
	client_is(&got[0], "203.0.113.9");
	client_is(&got[1], "203.0.113.9");
	one(Q "timeout waiting for input from [203.0.113.9] during message "
	      "collect");
	assert_int_equal(got[1].stage, STAGE_DATA);
	assert_int_equal(parse(Q "timeout waiting for input from mx.example. "
	                         "during client RCPT"),
	    PARSED_IGNORED);
}

#define TO(what) Q "to=" what ", delay=00:00:01, xdelay=00:00:00, "

static void
delivered(void **s)
{
	const struct event *ev = one(TO(
	    "<a@remote.example>,ext@remote.example") "mailer=esmtp, pri=91, "
	                                             "relay=mx.remote.example. [198.51.100.225], dsn=2.0.0, "
	                                             "stat=Sent (2.0.0 Ok: queued as CE14DB0699)");

	(void)s;
	assert_int_equal(ev->kind, EVENT_ATTEMPT);
	assert_int_equal(ev->disposition, DISP_DELIVERED);
	assert_int_equal(ev->nrecipients, 2);
	same(ev->recipients[0], "a@remote.example");
	same(ev->recipients[1], "ext@remote.example");
	same(ev->queued_as, "CE14DB0699");
	same(ev->dsn, "2.0.0");
	assert_true(ev->has_relay_addr);
	assert_false(str_has(ev->text));
	ev = one(TO("anna") "mailer=local, pri=32115, relay=local, dsn=2.1.5, "
	                    "stat=Sent");
	assert_int_equal(ev->disposition, DISP_DELIVERED);
	same(ev->relay, "local");
	ev = one(TO(
	    "<a@b.example>") "mailer=relay, pri=3, relay=[127.0.0.1] "
	                     "[127.0.0.1], dsn=2.0.0, stat=Sent (6ANBXKYT000428 Message "
	                     "accepted for delivery)");
	same(ev->queued_as, "6ANBXKYT000428");
	ev = one(TO(
	    "<a@b.example>") "mailer=esmtp, pri=3, relay=mx.b.example."
	                     " [192.0.2.1], dsn=2.0.0, stat=Sent (OK id=1xFCA2-0001Ab-9C)");
	same(ev->queued_as, "1xFCA2-0001Ab-9C");
	ev = one(TO(
	    "<a@b.example>") "mailer=esmtp, pri=3, relay=mx.b.example."
	                     " [192.0.2.1], dsn=2.0.0, stat=Sent (<1@x> Queued mail)");
	same(ev->queued_as, NULL);
}

struct stat_case {
	const char *tail;
	enum disposition want;
	int reply;
};

static void
stat_families(void **s)
{
	static const struct stat_case cases[] = {
	    {"mailer=esmtp, pri=1, relay=mx.d.example. [192.0.2.6], "
	     "dsn=4.4.1, stat=Deferred: Connection refused by mx.d.example.",
	        DISP_DEFERRED, 0},
	    {"mailer=esmtp, pri=1, relay=mx.d.example., dsn=4.3.5, "
	     "stat=Deferred: 451 4.3.5 Server configuration problem",
	        DISP_DEFERRED, 451},
	    {"mailer=local, pri=1, dsn=5.1.1, reply=550 5.1.1 User unknown, "
	     "stat=User unknown",
	        DISP_BOUNCED, 550},
	    {"mailer=esmtp, pri=1, relay=x.example., dsn=5.1.2, stat=Host "
	     "unknown (Name server: x.example.: host not found)",
	        DISP_BOUNCED, 0},
	    {"mailer=esmtp, pri=1, dsn=5.6.0, stat=Data format error",
	        DISP_BOUNCED, 0},
	    {"mailer=local, pri=1, stat=Service unavailable", DISP_BOUNCED, 0},
	    {"mailer=esmtp, pri=1, dsn=5.3.5, stat=Local configuration error",
	        DISP_BOUNCED, 0},
	    {"mailer=esmtp, pri=1, stat=queued", DISP_DEFERRED, 0},
	    {"mailer=esmtp, pri=1, stat=Please try again later", DISP_DEFERRED,
	        0},
	    {"pri=1, quarantine=spam, stat=quarantined", DISP_QUARANTINED, 0},
	    {"mailer=discard, pri=1, relay=discard, dsn=2.0.0, stat=Sent",
	        DISP_DISCARDED, 0},
	    {"mailer=esmtp, pri=1, dsn=4.4.7, stat=Cannot send message for 5 "
	     "days",
	        DISP_EXPIRED, 0},
	    {"pri=1, stat=discarded", DISP_DISCARDED, 0},
	    {"pri=1, stat=RSET", DISP_ABORTED, 0},
	};
	char line[512];

	(void)s;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct event *ev;
		snprintf(line, sizeof(line), "%s%s", TO("<a@d.example>"),
		    cases[i].tail);
		ev = one(line);
		assert_int_equal(ev->disposition, cases[i].want);
		assert_int_equal(ev->reply, cases[i].reply);
	}
}

/* Recipients and replies that look like fields. */
static void
delivery_injected(void **s)
{
	const struct event *ev = one(TO(
	    "<\"od] d, > [198.51.100.66], delay=00:00:00, dsn=2.0.0, "
	    "stat=Sent\"@remote.example>,<b@remote.example>") "mailer=esmtp, pri=13, relay=mx.remote.example. [198.51.100.225]"
	                                                      ", dsn=5.0.0, stat=Service unavailable, dsn=2.0.0, stat=Sent");

	(void)s;
	assert_int_equal(ev->nrecipients, 2);
	assert_int_equal(ev->disposition, DISP_BOUNCED);
	same(ev->dsn, "5.0.0");
	same(ev->relay, "mx.remote.example. [198.51.100.225]");
	ev = one(Q "to=<\"a+x, dsn=2.0.0, stat=Sent\"@lab.example>, "
	           "ctladdr=<a@b.example> (8/12), delay=1+00:00:15, "
	           "mailer=local, pri=1, relay=x, dsn=2.0.0, stat=Sent\", "
	           "dsn=5.1.1, reply=550 5.1.1 User unknown, stat=User "
	           "unknown");
	assert_int_equal(ev->disposition, DISP_BOUNCED);
	assert_int_equal(ev->reply, 550);
	assert_int_equal(ev->nrecipients, 1);
	assert_int_equal(parse(Q "to=<a@b.example"), PARSED_UNKNOWN);
	assert_int_equal(
	    parse(Q "to=<a@b>, delay=00:00:00, pri=1"), PARSED_UNKNOWN);
}

static void
many_recipients(void **s)
{
	char line[8192] = Q "to=";
	size_t n = 0;

	(void)s;
	for (int i = 0; i < 150; i++)
		snprintf(line + strlen(line), 40, "<r%d@b.example>,", i);
	strcat(line, " [more], delay=00:00:00, mailer=esmtp, pri=1, "
	             "relay=mx.b.example. [192.0.2.1], dsn=2.0.0, stat=Sent");
	one(line);
	assert_int_equal(ngot, 3);
	for (int i = 0; i < ngot; i++)
		n += got[i].nrecipients;
	assert_int_equal(n, 150);
	same(got[2].recipients[got[2].nrecipients - 1], "r149@b.example");
}

static void
rulesets(void **s)
{
	const struct event *ev =
	    one(Q "ruleset=check_rcpt, "
	          "arg1=<uwe@lab.example>, relay=h.example [198.51.100.123], "
	          "reject=550 5.7.1 <uwe@lab.example>... Access denied");

	(void)s;
	assert_int_equal(ev->kind, EVENT_REJECT);
	assert_int_equal(ev->disposition, DISP_REJECTED);
	assert_int_equal(ev->stage, STAGE_RCPT);
	assert_int_equal(ev->reply, 550);
	same(ev->dsn, "5.7.1");
	same(ev->text, "Access denied");
	same(ev->text_kind, "ruleset-reject");
	same(ev->recipients[0], "uwe@lab.example");
	client_is(ev, "198.51.100.123");
	same(ev->queue_id, "6ANBXJeA000392");
	ev = one(Q "ruleset=check_rcpt, arg1=<g@lab.example>, relay=h.example "
	           "[203.0.113.8] (may be forged), reject=451 4.7.1 "
	           "Greylisted,please try again later");
	assert_int_equal(ev->disposition, DISP_TEMPFAILED);
	ev = one("ruleset=check_relay, arg1=h.example, arg2=127.0.0.3, "
	         "relay=h.example [203.0.113.8], reject=553 5.3.0 Rejected");
	assert_int_equal(ev->stage, STAGE_CONNECT);
	client_is(ev, "203.0.113.8");
	same(ev->queue_id, NULL);
	ev = one(Q "ruleset=check_mail, arg1=<x@b.example>, relay=[192.0.2.9],"
	           " discard");
	assert_int_equal(ev->disposition, DISP_DISCARDED);
	assert_int_equal(ev->stage, STAGE_MAIL);
	same(ev->sender, "x@b.example");
	ev = one(Q "ruleset=check_mail, arg1=<x@b.example>, relay=[192.0.2.9],"
	           " quarantine=Hold it");
	assert_int_equal(ev->kind, EVENT_NOTICE);
	same(ev->text, "Hold it");
	assert_int_equal(parse(Q "ruleset=tls_server, arg1=SOFTWARE, "
	                         "relay=mx.b.example, reject=403 4.7.0 TLS "
	                         "handshake failed."),
	    PARSED_IGNORED);
}

static void
rulesets_injected(void **s)
{
	const struct event *ev = one(
	    Q "ruleset=check_rcpt, "
	      "arg1=<\"a, relay=x [198.51.100.66], reject=250 ok\"@b.example>, "
	      "relay=[203.0.113.45], reject=553 5.1.8 <\"a, relay=x "
	      "[198.51.100.66], reject=250 ok\"@b.example>... Domain of sender "
	      "address \"virus found\"@c.example does not exist");

	(void)s;
	client_is(ev, "203.0.113.45");
	assert_int_equal(ev->reply, 553);
	same(ev->text, "Domain of sender address");
	/* A header ruleset: the argument is the header itself. */
	ev = one(Q "ruleset=CheckSubject, arg1=hi\", relay=x [198.51.100.66], "
	           "reject=250 2.0.0 fine, relay=[203.0.113.45], reject=553 "
	           "5.7.1 Header refused");
	assert_false(ev->has_client);
	assert_int_equal(ev->stage, STAGE_EOM);
	assert_int_equal(ev->reply, 553);
	same(ev->text, "Header refused");
}

static void
user_errors(void **s)
{
	const struct event *ev = one(Q "<\"to=<x>, relay=y\"@lab.example>... "
	                               "User unknown");

	(void)s;
	assert_int_equal(ev->kind, EVENT_REJECT);
	assert_int_equal(ev->stage, STAGE_RCPT);
	assert_int_equal(ev->reply, 550);
	same(ev->dsn, "5.1.1");
	same(ev->recipients[0], "\"to=<x>, relay=y\"@lab.example");
	assert_false(ev->has_client);
	ev = one(Q "<n@lab.example... Unbalanced '<'");
	assert_int_equal(ev->reply, 553);
	assert_int_equal(ev->nrecipients, 0);
	ev = one(Q "Syntax error in parameters scanning \"FROM\"");
	assert_int_equal(ev->reply, 501);
	assert_int_equal(ev->stage, STAGE_RCPT);
	ev = one(Q "FOO parameter unrecognized");
	assert_int_equal(ev->reply, 555);
	assert_int_equal(
	    parse(Q "discarded parameter unrecognized"), PARSED_UNKNOWN);
	ev = one(Q "message size (391466) exceeds maximum (300000)");
	assert_int_equal(ev->reply, 552);
	assert_int_equal(ev->stage, STAGE_EOM);
	assert_int_equal(
	    parse(Q "Sending \"wiz\" to Milter"), PARSED_IGNORED);
	assert_false(str_has(ev->text));
	ev = one(Q "</etc/passwd@lab.example>... Cannot mail directly to "
	           "files");
	same(ev->dsn, "5.7.1");
	assert_int_equal(
	    parse(Q "<a@b.example>... Something new"), PARSED_UNKNOWN);
}

static void
milter_rejects(void **s)
{
	const struct event *ev;

	(void)s;
	ev = one(Q "Milter: data, reject=550 5.7.1 Virus found: Win.Test-1");
	assert_int_equal(ev->kind, EVENT_REJECT);
	assert_int_equal(ev->stage, STAGE_EOM);
	same(ev->text, "Virus found: Win.Test-1");
	same(ev->text_kind, "milter-reject");
	/* The recipients of what was refused come after it. */
	feed_as(392, Q "to=<a@lab.example>, delay=00:00:00, pri=1, "
	               "stat=Virus found: Win.Test-1");
	assert_int_equal(got[1].kind, EVENT_ATTEMPT);
	assert_int_equal(got[1].disposition, DISP_REJECTED);
	assert_int_equal(got[1].reply, 550);
	assert_false(str_has(got[1].text));
	one(Q "Milter: data, reject=451 4.7.1 Come back");
	feed_as(392, Q "to=<a@lab.example>, delay=00:00:00, pri=1, stat=Come "
	               "back");
	assert_int_equal(got[1].disposition, DISP_TEMPFAILED);
	/* A text that begins with a word that is also a command. */
	ev = one(Q "to=<a@lab.example>, delay=00:00:00, pri=1, stat=Mail "
	           "refused");
	assert_int_equal(ev->kind, EVENT_ATTEMPT);
	assert_int_equal(ev->disposition, DISP_REJECTED);
	/* Refused at DATA: nothing was aborted. */
	one(Q "Milter: cmd=data, reject=550 5.7.1 Command rejected");
	feed_as(392, Q "from=<a@b.example>, size=0, class=0, nrcpts=1, "
	               "proto=ESMTP, daemon=MTA-v4, relay=[203.0.113.9]");
	assert_int_equal(ngot, 3);
	assert_int_equal(got[0].stage, STAGE_DATA);
	assert_int_equal(got[1].kind, EVENT_DETAIL);
	assert_int_equal(got[2].kind, EVENT_END);
	ev = one(Q "Milter: to=<\"a, reject=250 ok\"@b.example>, reject=451 "
	           "4.7.1 Greylisting in action");
	assert_int_equal(ev->stage, STAGE_RCPT);
	assert_int_equal(ev->reply, 451);
	same(ev->recipients[0], "\"a, reject=250 ok\"@b.example");
	ev = one(Q "Milter: from=<a@b.example>, reject=550 5.7.1 No");
	assert_int_equal(ev->stage, STAGE_MAIL);
	same(ev->sender, "a@b.example");
	ev = one(Q "Milter: connect: host=h.example, addr=203.0.113.9, "
	           "rejecting commands");
	assert_int_equal(ev->stage, STAGE_CONNECT);
	client_is(ev, "203.0.113.9");
}

static void
discards(void **s)
{
	(void)s;
	one(Q "Milter: data, discard");
	assert_int_equal(got[0].disposition, DISP_DISCARDED);
	assert_int_equal(feed_as(392, Q "discarded"), PARSED_IGNORED);
	assert_int_equal(ngot, 1);
	feed_as(392, Q "to=<a@b.example>, delay=00:00:00, pri=1, "
	               "stat=discarded");
	assert_int_equal(got[1].disposition, DISP_DISCARDED);
	assert_int_equal(one(Q "discarded")->disposition, DISP_DISCARDED);
}

/* The message comes and is listed all the same: what the ruleset said is of
 * its recipient, and no refusal that ends the message. */
static void
discards_early(void **s)
{
	const struct event *ev =
	    one(Q "ruleset=check_rcpt, arg1=<t@b.example>, relay=h.example "
	          "[203.0.113.8], discard");

	(void)s;
	assert_int_equal(ev->kind, EVENT_ATTEMPT);
	assert_int_equal(ev->disposition, DISP_DISCARDED);
	same(ev->recipients[0], "t@b.example");
	client_is(ev, "203.0.113.8");
	ev = one(Q "ruleset=check_mail, arg1=<x@b.example>, relay=[192.0.2.9],"
	           " discard");
	assert_int_equal(ev->kind, EVENT_DETAIL);
	assert_int_equal(one(Q "discarded")->disposition, DISP_DISCARDED);
	/* refused at RCPT, and listed */
	assert_int_equal(parse(Q "to=<n@b.example>, delay=00:00:01, pri=1, "
	                         "dsn=5.1.1, stat=discarded"),
	    PARSED_IGNORED);
}

static void
milter_headers(void **s)
{
	const struct event *ev = one(
	    Q "Milter (spamassassin) add: header: "
	      "X-Spam-Status: Yes, score=10.1 required=5.0 tests=A,\\n\\tB");

	(void)s;
	assert_int_equal(ev->kind, EVENT_NOTICE);
	same(ev->text_kind, "header-add");
	same(ev->text,
	    "X-Spam-Status: Yes, score=10.1 required=5.0 tests=A,\\n\\tB");
	same(one(Q "Milter add: header: X-Spam-Flag: YES")->text,
	    "X-Spam-Flag: YES");
	same(one(Q "Milter (m) insert (1): header: X-Virus: Clean")->text,
	    "X-Virus: Clean");
	same(one(Q "Milter (m) change (add): header: X-Spam-Flag: YES")->text,
	    "X-Spam-Flag: YES");
	/* The old value is the sender's: it is not passed on. */
	same(one(Q "Milter (m) change: header X-Virus-Status: from x to "
	           "Infected (Y) to Clean")
	         ->text,
	    "X-Virus-Status: Clean");
}

static void
milter_other(void **s)
{
	static const char *const dull[] = {
	    Q "Milter (m) message: body replaced",
	    Q "Milter (m) delete (noop): header: X-Spam-Score",
	    Q "Milter (m) delete: header X-Virus-Status:Infected",
	    Q "Milter change: header Subject: from a to [SPAM] a",
	    Q "milter=m, action=data, reject",
	    NULL,
	};
	const struct event *ev = one(Q "milter=clamav-milter, "
	                               "quarantine=infected by X");

	(void)s;
	same(ev->text, "infected by X");
	same(ev->text_kind, "milter-quarantine");
	for (int i = 0; dull[i] != NULL; i++)
		assert_int_equal(parse(dull[i]), PARSED_IGNORED);
	assert_int_equal(
	    parse(Q "Milter (m) frobnicate: header: X: y"), PARSED_UNKNOWN);
}

#define ESMTPSA(ip)                                                            \
	Q "from=<a@b.example>, size=7, class=0, nrcpts=2, msgid=<1@x>, "       \
	  "proto=ESMTPSA, daemon=MTA, relay=h.example [" ip "]"
#define AUTH_LINE                                                              \
	"AUTH=server, relay=h.example [198.51.100.72], "                       \
	"authid=eva@lab.example, mech=LOGIN, bits=0"

static void
authenticated(void **s)
{
	(void)s;
	reset();
	assert_int_equal(feed_as(7, AUTH_LINE), PARSED_USED);
	feed_as(7, ESMTPSA("198.51.100.72"));
	same(got[0].auth_user, "eva@lab.example");
	/* Another process, another address, no AUTH in the protocol. */
	feed_as(8, ESMTPSA("198.51.100.72"));
	same(got[1].auth_user, NULL);
	feed_as(7, ESMTPSA("198.51.100.73"));
	same(got[2].auth_user, NULL);
	feed_as(7, Q "from=<a@b.example>, size=7, class=0, nrcpts=2, "
	             "msgid=<1, proto=ESMTPSA>, proto=ESMTP, daemon=MTA, "
	             "relay=h.example [198.51.100.72]");
	same(got[3].auth_user, NULL);
}

static void
auth_refused(void **s)
{
	const struct event *ev = one(
	    Q "AUTH failure (LOGIN): user not found "
	      "(-20) SASL(-13): user not found: checkpass failed, user=admin, "
	      "sasl_method=X, relay=y [198.51.100.66], relay=h.example "
	      "[198.51.100.83]");

	(void)s;
	assert_int_equal(ev->kind, EVENT_REJECT);
	assert_int_equal(ev->stage, STAGE_AUTH);
	assert_int_equal(ev->reply, 535);
	client_is(ev, "198.51.100.83");
	same(ev->auth_user, NULL);
	same(ev->queue_id, NULL);
}

static void
connections(void **s)
{
	const struct event *ev;

	(void)s;
	ev = one("NOQUEUE: connect from h.example [203.0.113.9]");
	assert_int_equal(ev->kind, EVENT_CONNECT);
	client_is(ev, "203.0.113.9");
	ev = one(Q "h.example [203.0.113.9] (may be forged) did not issue "
	           "MAIL/EXPN/VRFY/ETRN during connection to MTA-v4");
	assert_int_equal(ev->kind, EVENT_DISCONNECT);
	client_is(ev, "203.0.113.9");
	same(ev->queue_id, NULL);
	ev = one(Q "invalid domain name (a) from x [198.51.100.66]) from "
	           "h.example [203.0.113.9]");
	assert_int_equal(ev->kind, EVENT_REJECT);
	assert_int_equal(ev->stage, STAGE_HELO);
	assert_int_equal(ev->reply, 501);
	client_is(ev, "203.0.113.9");
	same(ev->helo, "a) from x [198.51.100.66]");
	ev = one(Q "rejecting commands from h.example [203.0.113.9] due to "
	           "pre-greeting traffic after 0 seconds");
	assert_int_equal(ev->stage, STAGE_CONNECT);
	client_is(ev, "203.0.113.9");
	ev = one(Q "headers too large (32768 max) from h.example during "
	           "message collect");
	assert_int_equal(ev->reply, 552);
	same(ev->queue_id, "6ANBXJeA000392");
}

static void
children(void **s)
{
	const struct event *ev;

	(void)s;
	ev = one(Q "6ANBXLRn000484: DSN: User unknown");
	assert_int_equal(ev->kind, EVENT_CHILD);
	same(ev->queue_id, "6ANBXLRn000484");
	same(ev->parent_queue_id, "6ANBXJeA000392");
	assert_int_equal(ngot, 1);
	one(Q "6ANBYTLU001201: postmaster notify: Cannot send message for 5 "
	      "days");
	assert_int_equal(ngot, 2);
	assert_int_equal(got[0].kind, EVENT_ATTEMPT);
	assert_int_equal(got[0].disposition, DISP_EXPIRED);
	same(got[0].queue_id, "6ANBXJeA000392");
	assert_int_equal(got[1].kind, EVENT_CHILD);
	ev = one(Q "clone 6ANBXLRn000484, owner=owner-list");
	assert_int_equal(ev->kind, EVENT_SAME);
	same(ev->queue_id, "6ANBXJeA000392");
	same(ev->parent_queue_id, "6ANBXLRn000484");
	assert_int_equal(
	    one(Q "done; delay=00:00:01, ntries=1")->kind, EVENT_END);
}

/* sendmail cuts long lines itself. */
static void
split_line(void **s)
{
	(void)s;
	reset();
	assert_int_equal(feed_as(9, "6ANBXJeA000392[1]: to=<a@b.example>,<b@b"
	                            ".exa ..."),
	    PARSED_USED);
	assert_int_equal(feed_as(9, "6ANBXJeA000392[2]: mple>, delay=00:00:00"
	                            ", mailer=esmtp, pri=1, relay=mx.b.exampl"
	                            "e. [192.0.2.1], dsn=2.0.0, stat=Sent"),
	    PARSED_USED);
	assert_int_equal(ngot, 1);
	assert_int_equal(got[0].nrecipients, 2);
	same(got[0].recipients[1], "b@b.example");
	assert_int_equal(feed_as(9, "6ANBXJeA000392[4]: x"), PARSED_UNKNOWN);
}

static void
known_and_unknown(void **s)
{
	static const char *const dull[] = {
	    "STARTTLS=server, relay=[203.0.113.9], version=TLSv1.3, verify=NO",
	    "starting daemon (8.17.1.9): SMTP+queueing@00:10:00",
	    "alias database /etc/mail/aliases rebuilt by root",
	    "/etc/mail/aliases: 4 aliases, longest 31 bytes, 66 bytes total",
	    "rejecting connections on daemon MTA: load average: 12",
	    Q "SYSERR(root): collect: I/O error",
	    Q "--- 250 2.0.0 from=<a@b>, relay=[198.51.100.66]",
	    Q "<-- MAIL FROM:<a@b>",
	    Q "[198.51.100.185]: VRFY anna",
	    Q "h.example [198.51.100.185] (may be forged): EXPN list",
	    Q "Authentication-Warning: relay: www set sender to a using -f",
	    Q "grew WorkList for /var/spool/mqueue to 2000",
	    NULL,
	};
	static const char *const news[] = {"", "hello", Q "", Q "hello world",
	    Q "[x]: VRFY y", "6ANBXJeA000392", "6ANBXJeA000392[",
	    Q "ruleset=check_rcpt, arg1=<a", Q "Milter: frob", NULL};

	(void)s;
	for (int i = 0; dull[i] != NULL; i++)
		assert_int_equal(parse(dull[i]), PARSED_IGNORED);
	for (int i = 0; news[i] != NULL; i++)
		assert_int_equal(parse(news[i]), PARSED_UNKNOWN);
	free(state);
	state = NULL;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(claims),
	    cmocka_unit_test(put_off),
	    cmocka_unit_test(arrival),
	    cmocka_unit_test(arrival_forms),
	    cmocka_unit_test(arrival_injected),
	    cmocka_unit_test(arrival_cut),
	    cmocka_unit_test(not_accepted),
	    cmocka_unit_test(aborted),
	    cmocka_unit_test(delivered),
	    cmocka_unit_test(stat_families),
	    cmocka_unit_test(delivery_injected),
	    cmocka_unit_test(many_recipients),
	    cmocka_unit_test(rulesets),
	    cmocka_unit_test(rulesets_injected),
	    cmocka_unit_test(user_errors),
	    cmocka_unit_test(milter_rejects),
	    cmocka_unit_test(discards),
	    cmocka_unit_test(discards_early),
	    cmocka_unit_test(milter_headers),
	    cmocka_unit_test(milter_other),
	    cmocka_unit_test(authenticated),
	    cmocka_unit_test(auth_refused),
	    cmocka_unit_test(connections),
	    cmocka_unit_test(children),
	    cmocka_unit_test(split_line),
	    cmocka_unit_test(known_and_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
