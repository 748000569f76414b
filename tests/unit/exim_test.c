/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "input/parser.h"

#define MAX 8
#define ID  "1xVS3X-000035-0v"
#define NEW "1wvEkk-0000000D5zb-42By"

/* The events of the lines read since reset(), with their text copied. */
static struct event got[MAX];
static struct str rcpts[MAX][80];
static int ngot;
static char pool[1 << 20];
static size_t used;
static void *state;
static int64_t now;

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
	    &e->orig_recipient, &e->message_id, &e->subject, &e->relay, &e->dsn,
	    &e->reason, &e->text, &e->text_kind};

	(void)sink;
	assert_false(str_has(instance));
	assert_true(ngot < MAX);
	*e = *ev;
	for (size_t i = 0; i < sizeof(text) / sizeof(*text); i++)
		*text[i] = keep(*text[i]);
	for (size_t i = 0; i < ev->nrecipients && i < 80; i++)
		rcpts[ngot][i] = keep(ev->recipients[i]);
	e->recipients = rcpts[ngot++];
}

static void
forget(void)
{
	ngot = 0;
	used = 0;
	memset(got, 0, sizeof(got));
}

static int
reset(void **unused)
{
	(void)unused;
	free(state);
	state = calloc(1, parser_exim.state_size);
	now = INT64_C(1795433600000000);
	forget();
	return 0;
}

static enum parsed
feed_as(int pid, bool continuation, const char *text, size_t n)
{
	struct event_sink sink = {take};
	struct log_line in = {.time = now += 10,
	    .host = STR("mail"),
	    .program = STR("exim"),
	    .pid = pid,
	    .continuation = continuation};
	char *copy = malloc(n + 1); /* so that overruns are seen */
	enum parsed p;

	memcpy(copy, text, n);
	copy = realloc(copy, n ? n : 1);
	in.text = str_of(copy, n);
	p = parser_exim.line(NULL, &in, state, &sink);
	free(copy);
	return p;
}

/* A line of the main log's own file; earlier events are forgotten. */
static enum parsed
feed(const char *text)
{
	forget();
	return feed_as(0, false, text, strlen(text));
}

static const struct event *
used_line(const char *text)
{
	assert_int_equal(feed(text), PARSED_USED);
	assert_true(ngot >= 1);
	return &got[0];
}

static void
ignored(const char *text)
{
	assert_int_equal(feed(text), PARSED_IGNORED);
	assert_int_equal(ngot, 0);
}

static void
unknown(const char *text)
{
	assert_int_equal(feed(text), PARSED_UNKNOWN);
	assert_int_equal(ngot, 0);
}

static void
same(struct str s, const char *want)
{
	if (want == NULL) {
		assert_null(s.p);
		return;
	}
	assert_non_null(s.p);
	if (s.n != strlen(want) || memcmp(s.p, want, s.n) != 0)
		fail_msg("got '%.*s', want '%s'", STR_FMT(s), want);
}

/* The client, "" for none. */
static void
client(const struct event *ev, const char *addr, int port)
{
	char text[ADDR_TEXT_MAX];

	if (addr == NULL) {
		assert_false(ev->has_client);
		assert_int_equal(ev->client_port, 0);
		return;
	}
	assert_true(ev->has_client);
	same(str_of(text, addr_format(ev->client, text)), addr);
	assert_int_equal(ev->client_port, port);
}

static void
one_recipient(const struct event *ev, const char *want)
{
	assert_int_equal(ev->nrecipients, 1);
	same(ev->recipients[0], want);
}

/* An outcome for one recipient. */
static const struct event *
attempt(const char *text, enum disposition d, const char *recipient)
{
	const struct event *ev = used_line(text);

	assert_int_equal(ngot, 1);
	assert_int_equal(ev->kind, EVENT_ATTEMPT);
	assert_int_equal(ev->disposition, d);
	one_recipient(ev, recipient);
	return ev;
}

static const struct event *
refused(const char *text, enum stage stage, int reply)
{
	const struct event *ev = used_line(text);

	assert_int_equal(ngot, 1);
	assert_int_equal(ev->kind, EVENT_REJECT);
	assert_int_equal(ev->stage, stage);
	assert_int_equal(ev->reply, reply);
	assert_int_equal(
	    ev->disposition, reply < 500 ? DISP_TEMPFAILED : DISP_REJECTED);
	return ev;
}

/* Local deliveries print the local part, and without its quotes. */
static void
quoted_local_part(void **unused)
{
	const struct event *ev;

	(void)unused;
	ev = attempt(ID " => od d <\"od d\"@d.example> F=<a@b.example> "
	                "R=user T=maildir S=635",
	    DISP_DELIVERED, "\"od d\"@d.example");
	same(ev->orig_recipient, NULL);
	/* another address in quotes is not the same */
	ev = used_line(ID " => od x <\"od d\"@d.example> R=user T=maildir");
	assert_false(ev->nrecipients == 1 &&
	             str_eq(ev->recipients[0], STR("\"od d\"@d.example")));
}

/* The next hop's id, as each of our servers tells it. */
static void
next_hop_ids(void **unused)
{
	const struct event *ev;

	(void)unused;
	ev = attempt(ID " => r@d.example R=out T=smtp H=mx [192.0.2.1] "
	                "C=\"250 2.0.0 6ANBXtVa001053 Message accepted for "
	                "delivery\"",
	    DISP_DELIVERED, "r@d.example");
	same(ev->queued_as, "6ANBXtVa001053");
	ev = attempt(ID " => r@d.example R=out T=smtp H=mx [192.0.2.1] "
	                "C=\"250 2.0.0 Ok: queued as 4jY3DG3FDXz1d9LB\"",
	    DISP_DELIVERED, "r@d.example");
	same(ev->queued_as, "4jY3DG3FDXz1d9LB");
	ev = attempt(ID " => r@d.example R=out T=smtp H=mx [192.0.2.1] "
	                "C=\"250 OK id=" NEW "\"",
	    DISP_DELIVERED, "r@d.example");
	same(ev->queued_as, NEW);
}

/* helo_verify_hosts; a HELO that brings a peer of its own names nobody. */
static void
unverified_helo(void **unused)
{
	const struct event *ev;

	(void)unused;
	ev = refused("rejected \"EHLO mx.example\" from (mx.example) "
	             "[192.0.2.7]:99",
	    STAGE_HELO, 550);
	client(ev, "192.0.2.7", 99);
	ev = refused("temporarily rejected \"HELO a\" from h.example (a) "
	             "[192.0.2.7]",
	    STAGE_HELO, 451);
	client(ev, "192.0.2.7", 0);
	ev = refused("rejected \"EHLO a\" from v [198.51.100.66]\" from (a\" "
	             "from v [198.51.100.66]) [192.0.2.7]",
	    STAGE_HELO, 550);
	client(ev, NULL, 0);
}

static void
claims(void **unused)
{
	(void)unused;
	assert_true(parser_exim.claims(NULL, STR("exim")));
	assert_true(parser_exim.claims(NULL, STR("exim4")));
	assert_true(parser_exim.claims(NULL, STR("exim-out")));
	assert_false(parser_exim.claims(NULL, STR("eximstats")));
	assert_false(parser_exim.claims(NULL, STR("postfix/smtpd")));
	assert_false(parser_exim.claims(NULL, STR("")));
}

static void
arrival_short(void **unused)
{
	const struct event *ev = used_line(
	    ID " <= sales@shop.example H=h5.dyn.example [203.0.113.5] P=esmtp "
	       "S=2974 id=e22c@uni.example");

	(void)unused;
	assert_int_equal(ngot, 1);
	assert_int_equal(ev->kind, EVENT_ARRIVAL);
	same(ev->queue_id, ID);
	client(ev, "203.0.113.5", 0);
	same(ev->client_name, "h5.dyn.example");
	same(ev->helo, NULL);
	same(ev->sender, "sales@shop.example");
	same(ev->protocol, "esmtp");
	same(ev->auth_user, NULL);
	same(ev->message_id, "e22c@uni.example");
	same(ev->subject, NULL);
	assert_int_equal(ev->size, 2974);
	assert_int_equal(ev->tls, 0);
	assert_int_equal(ev->nrcpt, -1);
	assert_int_equal(ev->nrecipients, 0);
}

static void
arrival_all(void **unused)
{
	const struct event *ev = used_line(
	    "[1019] " NEW
	    " <= office@partner.example H=h93.example (auth.client.example) "
	    "[198.51.100.93]:60877 I=[192.0.2.10]:25 P=esmtpsa L.- "
	    "X=TLS1.3:ECDHE_X25519__RSA:256 CV=no SNI=mx.example.org "
	    "A=login:smtpuser1:other@example.org K S=1117 M8S=0 RT=0.001s "
	    "DKIM=example.org Q=slow id=aa6f@uni.example "
	    "T=\"a \\\"b\\\" for x@y P=z\" from <office@partner.example> "
	    "for sales@partner.example \"a b\"@kunden.example");

	(void)unused;
	same(ev->queue_id, NEW);
	client(ev, "198.51.100.93", 60877);
	same(ev->client_name, "h93.example");
	same(ev->helo, "auth.client.example");
	same(ev->protocol, "esmtpsa");
	same(ev->auth_user, "smtpuser1");
	assert_int_equal(ev->tls, 1);
	assert_int_equal(ev->size, 1117);
	same(ev->subject, "a \\\"b\\\" for x@y P=z");
	assert_int_equal(ev->nrcpt, 2);
	assert_int_equal(ev->nrecipients, 2);
	same(ev->recipients[0], "sales@partner.example");
	same(ev->recipients[1], "\"a b\"@kunden.example");
}

static void
arrival_forms(void **unused)
{
	const struct event *ev;

	(void)unused;
	ev = used_line(ID " <= <> H=[2001:db8::7]:25000 P=smtp S=1");
	same(ev->sender, "");
	client(ev, "2001:db8::7", 25000);
	same(ev->client_name, NULL);
	assert_int_equal(ngot, 1);
	ev = used_line(ID " <= a@b.example H=([IPv6:2001:db8::7]) "
	                  "[2001:db8::7] P=esmtp S=1");
	same(ev->helo, "[IPv6:2001:db8::7]");
	client(ev, "2001:db8::7", 0);
	ev = used_line(ID " <= a@b.example U=www P=local S=712");
	client(ev, NULL, 0);
	same(ev->protocol, "local");
	same(ev->auth_user, NULL);
	/* fakereject is accepted; a DNSSEC-signed host name has a mark */
	ev = used_line(ID " (= a@b.example DS H=h.example [192.0.2.1] "
	                  "P=esmtp S=1 for c@d.example");
	client(ev, "192.0.2.1", 0);
	one_recipient(ev, "c@d.example");
	/* without S= the line is cut */
	unknown(ID " <= a@b.example H=h.example [192.0.2.1] P=esmtp");
	unknown(ID " <= a@b.example H=h.example [192.0.2.1] P=esmtp S=-5");
	unknown(ID " <= a@b.example H=h.example P=esmtp S=1");
}

/* Lines that do not end where Exim meant them to. */
static void
arrival_cut(void **unused)
{
	const struct event *ev;

	(void)unused;
	ev = used_line(ID " <= a@b.example H=h.example [192.0.2.1] P=smtp S=1 "
	                  "for c@d.example e@f.example gg@h."
	                  "**** log string overflowed log buffer ****");
	assert_int_equal(ev->nrcpt, -1);
	assert_int_equal(ev->nrecipients, 2);
	same(ev->recipients[1], "e@f.example");
	ev = used_line(ID " <= a@b.example H=h.example [192.0.2.1] P=smtp S=1 "
	                  "id=x@y T=\"a for v@x.example");
	assert_int_equal(ev->nrecipients, 0);
	same(ev->subject, NULL);
	same(ev->message_id, "x@y");
	ev = used_line(ID " <= a@b.example H=h.example [192.0.2.1] P=smtp S=1 "
	                  "T=\"a\" from <a@b.exa");
	assert_int_equal(ev->nrecipients, 0);
	same(ev->subject, "a");
}

static void
bounce(void **unused)
{
	(void)unused;
	used_line(
	    "1xVS3X-00003I-23 <= <> R=" ID " U=Debian-exim P=local "
	    "S=4415 T=\"Mail delivery failed\" from <> for u@example.org");
	assert_int_equal(ngot, 2);
	assert_int_equal(got[0].kind, EVENT_ARRIVAL);
	assert_int_equal(got[1].kind, EVENT_CHILD);
	same(got[1].queue_id, "1xVS3X-00003I-23");
	same(got[1].parent_queue_id, ID);
	one_recipient(&got[0], "u@example.org");
	/* only what Exim itself made is a child */
	used_line("1xVS3X-00003I-23 <= <> R=" ID " H=[192.0.2.1] P=smtp S=1");
	assert_int_equal(ngot, 1);
}

/* Text of the peer's that looks like Exim's own. */
static void
arrival_forged(void **unused)
{
	const struct event *ev;

	(void)unused;
	ev = used_line(ID " <= \"=> v@x R=y H=[192.0.2.66] A=plain:v\"@evil."
	                  "example H=([192.0.2.99]) [203.0.113.110]:7 P=esmtp "
	                  "S=751 id=60f9@shop.example");
	same(
	    ev->sender, "\"=> v@x R=y H=[192.0.2.66] A=plain:v\"@evil.example");
	client(ev, "203.0.113.110", 7);
	same(ev->helo, "[192.0.2.99]");
	same(ev->auth_user, NULL);
	/* a HELO with a group of its own that goes on */
	ev = used_line(ID " <= a@b.example H=(x) [192.0.2.66] (y) "
	                  "[203.0.113.1] P=smtp S=1");
	client(ev, "203.0.113.1", 0);
	same(ev->helo, "x) [192.0.2.66] (y");
	/* after S= nothing names a user, a client or a protocol */
	ev = used_line(ID " <= a@b.example H=(x) [203.0.113.1] P=smtp S=1 "
	                  "id=\"q A=plain:victim P=esmtpa\"@e.example "
	                  "T=\"H=(x) [192.0.2.66] A=plain:victim\"");
	client(ev, "203.0.113.1", 0);
	same(ev->auth_user, NULL);
	same(ev->protocol, "smtp");
	same(ev->message_id, "\"q A=plain:victim P=esmtpa\"@e.example");
	/* A= only with a protocol that has AUTH */
	ev =
	    used_line(ID " <= a@b.example H=(x) [203.0.113.1] P=esmtps "
	                 "X=TLS1.3:A:256 CV=no DN=\"CN=a\" A=plain:victim S=1");
	same(ev->auth_user, NULL);
	/* a certificate's name that brings an A= of its own */
	ev = used_line(ID " <= a@b.example H=(x) [203.0.113.1] P=esmtpsa "
	                  "X=TLS1.3:A:256 CV=no DN=\"CN=a\" A=plain:victim \" "
	                  "A=plain:me S=1");
	same(ev->auth_user, NULL);
	client(ev, "203.0.113.1", 0);
	/* an ident answer that does */
	ev = used_line(ID " <= a@b.example H=(x) [203.0.113.1] U=i P=esmtpa "
	                  "A=plain:victim P=esmtp S=1");
	same(ev->auth_user, NULL);
}

/* A HELO and a message id can imitate one another so that nobody can tell
 * which group Exim wrote: then nobody is named. */
static void
arrival_doubtful(void **unused)
{
	const struct event *ev = used_line(
	    ID " <= a@b.example H=(x) [192.0.2.66] P=esmtpa A=plain:victim S=1 "
	       "T=\") [203.0.113.1]:25 P=esmtp S=5 id=\"x@y");

	(void)unused;
	client(ev, NULL, 0);
	same(ev->auth_user, NULL);
	same(ev->helo, NULL);
	same(ev->queue_id, ID);
}

static void
delivered(void **unused)
{
	const struct event *ev;

	(void)unused;
	ev = attempt(ID " => office@partner.example R=dnslookup T=remote_smtp "
	                "H=mx.partner.example [198.51.100.225]:25 "
	                "I=[192.0.2.10]:40713 L K "
	                "C=\"250 2.0.0 Ok: queued as CC56ACA3B7\" QT=1.6s",
	    DISP_DELIVERED, "office@partner.example");
	same(ev->relay, "mx.partner.example");
	assert_true(ev->has_relay_addr);
	assert_false(ev->has_client);
	assert_int_equal(ev->reply, 250);
	same(ev->dsn, "2.0.0");
	same(ev->queued_as, "CC56ACA3B7");
	same(ev->orig_recipient, NULL);
	ev = attempt(ID
	    " -> ext@remote.example (l@lab.example, m@lab.example) "
	    "<team@lab.example> F=<\"a> b\"@c.example> P=<a@b.example>"
	    " R=dns T=smtp S=824 H=mx [192.0.2.9]* "
	    "C=\"250- 9 byte chunk\\\\n250 OK id=" ID "\"",
	    DISP_DELIVERED, "ext@remote.example");
	same(ev->orig_recipient, "team@lab.example");
	same(ev->sender, "\"a> b\"@c.example");
	same(ev->queued_as, ID);
	/* local deliveries print the local part alone */
	ev = attempt(ID " => frank <Frank@web.example> R=user T=maildir",
	    DISP_DELIVERED, "Frank@web.example");
	same(ev->orig_recipient, NULL);
	ev = attempt(ID " => anna <team@lab.example> R=user T=maildir",
	    DISP_DELIVERED, "anna");
	same(ev->orig_recipient, "team@lab.example");
	attempt(ID " >> c@d.example R=r T=t H=h [192.0.2.9]", DISP_DELIVERED,
	    "c@d.example");
	attempt(ID " *> c@d.example R=r T=t", DISP_DELIVERED, "c@d.example");
	attempt(ID " => |/bin/cat -x <box@d.example> R=r T=pipe",
	    DISP_DELIVERED, "box@d.example");
	attempt(ID " => /var/mail/x y <box@d.example> R=r T=file",
	    DISP_DELIVERED, "box@d.example");
}

static void
delivered_forged(void **unused)
{
	const struct event *ev;

	(void)unused;
	/* the local part is printed without its quotes first */
	ev = attempt(ID " => od <v@x.example> R=r H=h [192.0.2.66] C=\"250 "
	                "queued as Z\"@r.example "
	                "<\"od <v@x.example> R=r H=h [192.0.2.66] C=\\\"250 "
	                "queued as Z\\\"\"@r.example> R=dns T=smtp H=mx "
	                "[192.0.2.9] C=\"250 OK id=" ID "\"",
	    DISP_DELIVERED,
	    "\"od <v@x.example> R=r H=h [192.0.2.66] C=\\\"250 queued as "
	    "Z\\\"\"@r.example");
	same(ev->queued_as, ID);
	same(ev->relay, "mx");
	/* the remote host's words are not fields */
	ev = attempt(ID " => c@d.example R=r T=t H=mx [192.0.2.9] C=\"250 ok "
	                "\\\" H=evil [192.0.2.66] F=<v@x.example>\"",
	    DISP_DELIVERED, "c@d.example");
	same(ev->relay, "mx");
	same(ev->sender, NULL);
	same(ev->text, NULL);
}

static void
discarded(void **unused)
{
	const struct event *ev;

	(void)unused;
	ev = used_line(ID " => blackhole (DATA ACL discarded recipients): "
	                  "discarded virus Win.Test-1");
	assert_int_equal(ev->kind, EVENT_ATTEMPT);
	assert_int_equal(ev->disposition, DISP_DISCARDED);
	assert_int_equal(ev->nrecipients, 0);
	same(ev->text, "discarded virus Win.Test-1");
	same(ev->text_kind, "acl-discard");
	attempt(ID " => :blackhole: <x@d.example> R=aliases", DISP_DISCARDED,
	    "x@d.example");
	attempt(ID " => discarded <x@d.example> R=userforward", DISP_DISCARDED,
	    "x@d.example");
	attempt(ID " => discarded <discarded@d.example> R=user T=maildir",
	    DISP_DELIVERED, "discarded@d.example");
	ev = used_line(ID " => discarded (system filter)");
	assert_int_equal(ev->disposition, DISP_DISCARDED);
	assert_int_equal(ev->nrecipients, 0);
	ev = used_line("H=(h) [192.0.2.1] F=<a@b.example> RCPT <c@d.example>: "
	               "discarded by RCPT ACL: trap");
	assert_int_equal(ev->kind, EVENT_REJECT);
	assert_int_equal(ev->disposition, DISP_DISCARDED);
	one_recipient(ev, "c@d.example");
	same(ev->text, "trap");
}

static void
bounced(void **unused)
{
	const struct event *ev;

	(void)unused;
	ev = attempt(ID
	    " ** gone@b.example R=dns T=smtp H=mx.b.example "
	    "[198.51.100.225]: SMTP error from remote mail server "
	    "after RCPT TO:<gone@b.example>: 550 5.1.1 User unknown; "
	    "to=<f@x.example>, status=sent",
	    DISP_BOUNCED, "gone@b.example");
	assert_int_equal(ev->reply, 550);
	same(ev->dsn, "5.1.1");
	same(ev->reason,
	    "550 5.1.1 User unknown; to=<f@x.example>, status=sent");
	same(ev->text, NULL);
	same(ev->relay, "mx.b.example");
	/* a recipient that holds a reply of its own */
	ev = attempt(ID " ** \"x: 250 ok\"@b.example R=r T=t H=mx [192.0.2.9]: "
	                "SMTP error from remote mail server after pipelined "
	                "RCPT TO:<\"x>: 250 ok\"@b.example>: 554 no",
	    DISP_BOUNCED, "\"x: 250 ok\"@b.example");
	assert_int_equal(ev->reply, 554);
	ev = attempt(
	    ID " ** u@k.example: Unknown user", DISP_BOUNCED, "u@k.example");
	same(ev->reason, "Unknown user");
	ev = attempt(ID " ** al <u@k.example> F=<>: Unknown user DT=0.001s",
	    DISP_BOUNCED, "al");
	same(ev->reason, "Unknown user");
	same(ev->orig_recipient, "u@k.example");
	same(ev->sender, "");
	attempt(ID " ** u@k.example: retry timeout exceeded", DISP_EXPIRED,
	    "u@k.example");
	attempt(ID " ** u@k.example R=d T=s: all hosts for 'k.example' have "
	           "been failing for a long time (and retry time not reached)",
	    DISP_EXPIRED, "u@k.example");
	/* the same words from the remote host are a bounce */
	attempt(ID " ** u@k.example R=d T=s H=h [192.0.2.9]: SMTP error from "
	           "remote mail server after end of data: 550 retry timeout "
	           "exceeded",
	    DISP_BOUNCED, "u@k.example");
}

static void
deferred(void **unused)
{
	const struct event *ev;

	(void)unused;
	ev = attempt(ID
	    " == busy@t.example R=dns T=smtp defer (-44) "
	    "H=mx.t.example [198.51.100.225]:25 I=[192.0.2.10]:37003 "
	    "DT=0.000s: SMTP error from remote mail server after "
	    "RCPT TO:<busy@t.example>: 450 4.2.1 mailbox busy",
	    DISP_DEFERRED, "busy@t.example");
	assert_int_equal(ev->reply, 450);
	same(ev->dsn, "4.2.1");
	same(ev->relay, "mx.t.example");
	ev = attempt(ID " == x@dead.example R=d T=s defer (111): Connection "
	                "refused DT=0.000s",
	    DISP_DEFERRED, "x@dead.example");
	same(ev->reason, "Connection refused");
	ev = attempt(ID " == x@dead.example R=d T=s defer (110): Connection "
	                "timed out H=mx [192.0.2.9]: SMTP timeout after DATA",
	    DISP_DEFERRED, "x@dead.example");
	same(ev->reason, "SMTP timeout after DATA");
	same(ev->relay, "mx");
	ev = attempt(ID " == x@d.example routing defer (-52): retry time not "
	                "reached",
	    DISP_DEFERRED, "x@d.example");
	same(ev->reason, "retry time not reached");
	/* only a positive code comes with words of the system's */
	ev = attempt(ID " == x@d.example R=d T=s defer (-1): it said H=evil "
	                "[192.0.2.66]: no",
	    DISP_DEFERRED, "x@d.example");
	assert_false(ev->has_relay_addr);
	same(ev->reason, "it said H=evil [192.0.2.66]: no");
	attempt(
	    ID " == al <x@d.example> R=d T=s defer (0)", DISP_DEFERRED, "al");
	unknown(ID " == x@d.example R=d");
}

static void
completed(void **unused)
{
	(void)unused;
	assert_int_equal(used_line(ID " Completed")->kind, EVENT_END);
	assert_int_equal(
	    used_line(NEW " Completed QT=0.042s")->kind, EVENT_END);
	same(got[0].queue_id, NEW);
	unknown(ID " Completedly");
	unknown("1xVS3X-000035-0 Completed");
}

static void
rejections(void **unused)
{
	const struct event *ev;

	(void)unused;
	ev = refused(
	    "[9] H=h93.example (x.example) [198.51.100.93]:42219 "
	    "I=[192.0.2.10]:25 X=TLS1.3:A:256 CV=no F=<\"a> b\"@s.example>"
	    " A=plain:me rejected RCPT <\"c: d\"@k.example>: Unknown user",
	    STAGE_RCPT, 550);
	client(ev, "198.51.100.93", 42219);
	same(ev->helo, "x.example");
	same(ev->sender, "\"a> b\"@s.example");
	same(ev->auth_user, "me");
	one_recipient(ev, "\"c: d\"@k.example");
	same(ev->text, "Unknown user");
	same(ev->text_kind, "acl-reject");
	same(ev->queue_id, NULL);
	assert_int_equal(ev->tls, 1);
	ev = refused("H=(h) [192.0.2.1] F=<> temporarily rejected RCPT "
	             "<c@d.example>: greylisted.",
	    STAGE_RCPT, 451);
	same(ev->sender, "");
	ev = refused("H=(h) [192.0.2.1] F=<a@b.example> rejected RCPT "
	             "<c@d.example>: 554 5.7.1 go away",
	    STAGE_RCPT, 554);
	same(ev->dsn, "5.7.1");
	/* a code of the other class is not what the client was told */
	refused("H=(h) [192.0.2.1] F=<a@b.example> rejected RCPT "
	        "<c@d.example>: 451 later",
	    STAGE_RCPT, 550);
	ev = refused(ID " H=(h) [192.0.2.1] F=<> rejected after DATA: This "
	                "message contains a virus (X).",
	    STAGE_EOM, 550);
	same(ev->queue_id, ID);
	same(ev->text, "This message contains a virus (X).");
	ev = refused("H=(h) [192.0.2.1] rejected MAIL <a@b.example>: blocked",
	    STAGE_MAIL, 550);
	same(ev->sender, "a@b.example");
	refused("H=[192.0.2.1] rejected connection in \"connect\" ACL: blocked",
	    STAGE_CONNECT, 550);
	ev = refused("H=(ylmf-pc) [192.0.2.1] rejected EHLO or HELO ylmf-pc: "
	             "bad helo",
	    STAGE_HELO, 550);
	same(ev->text, "bad helo");
	refused(
	    ID " F=<a@b.example> rejected by non-SMTP ACL: no", STAGE_EOM, 550);
	ev = refused(ID " F=a@b.example H=(h) [192.0.2.1] P=smtp temporarily "
	                "rejected by local_scan(): later",
	    STAGE_EOM, 451);
	client(ev, "192.0.2.1", 0);
	same(ev->sender, "a@b.example");
	/* an ident answer that brings a user */
	ev = refused("H=(h) [192.0.2.1] U=x F=<> A=plain:victim rejected RCPT "
	             "<c@d.example>",
	    STAGE_RCPT, 550);
	same(ev->auth_user, NULL);
	same(ev->reason, NULL);
	same(ev->text, NULL);
	ignored("H=(h) [192.0.2.1] rejected VRFY <x>: no");
	unknown("H=(h) [192.0.2.1] rejected SOMETHING: no");
	unknown("H=(h) [192.0.2.1] F=<a@b.example>");
}

/* A verdict rule must not read what the peer wrote. */
static void
rejection_text(void **unused)
{
	const struct event *ev;

	(void)unused;
	ev = refused("H=(h) [192.0.2.1] F=<a@b.example> rejected RCPT "
	             "<c@d.example>: <virus found@d.example>: no such user",
	    STAGE_RCPT, 550);
	same(ev->text, "no such user");
	ev = refused("H=(h) [192.0.2.1] F=<a@b.example> rejected RCPT "
	             "<c@d.example>: callout failed: response to \"RCPT\" was: "
	             "550 virus found",
	    STAGE_RCPT, 550);
	same(ev->text, "callout failed:");
	ev = refused("H=(h) [192.0.2.1] F=<spam@b.example> rejected RCPT "
	             "<c@d.example>: sender spam@b.example is banned",
	    STAGE_RCPT, 550);
	same(ev->text, "sender ");
	/* where our words begin is not known */
	ev = refused("H=(h) [192.0.2.1] rejected EHLO or HELO x y: virus: bad",
	    STAGE_HELO, 550);
	same(ev->text, NULL);
	ev = refused("H=(x y: virus) [192.0.2.1] rejected EHLO or HELO "
	             "x y: virus: bad",
	    STAGE_HELO, 550);
	same(ev->text, "bad");
	/* only what was tried, not who logged in */
	ev = refused("login authenticator failed for h.example (ylmf) "
	             "[198.51.100.83]:58761 I=[192.0.2.10]:25: 535 Incorrect "
	             "authentication data (set_id=victim [192.0.2.66]: 535 x)",
	    STAGE_AUTH, 535);
	client(ev, "198.51.100.83", 58761);
	same(ev->auth_user, NULL);
	same(ev->text, NULL);
	same(ev->reason, "535 Incorrect authentication data");
}

static void
rejection_forged(void **unused)
{
	const struct event *ev;

	(void)unused;
	ev =
	    refused("H=([192.0.2.66]) [203.0.113.1] F=<\"x) [192.0.2.77] y\"@e."
	            "example> rejected RCPT <c@d.example>: no",
	        STAGE_RCPT, 550);
	client(ev, "203.0.113.1", 0);
	/* the HELO holds a whole line */
	ev = refused("H=(x) [192.0.2.66] F=<v@x.example> rejected RCPT <a@b>: "
	             "z) [203.0.113.1]:5 F=<a@b.example> rejected RCPT "
	             "<c@d.example>: Unknown user",
	    STAGE_RCPT, 550);
	client(ev, NULL, 0);
	/* the same in a text that is quoted in full */
	ev = refused("SMTP syntax error in \"MAIL FROM:<x\" H=(y) [192.0.2.66] "
	             "z>\" H=(h) [203.0.113.1] domain literals not allowed",
	    STAGE_MAIL, 501);
	client(ev, NULL, 0);
	ev = refused("rejected HELO from [203.0.113.1]:9 I=[192.0.2.10]:25: "
	             "syntactically invalid argument(s): (x) [192.0.2.66] "
	             "P=esmtp",
	    STAGE_HELO, 501);
	client(ev, "203.0.113.1", 9);
	same(ev->helo, "(x) [192.0.2.66] P=esmtp");
	same(ev->text, NULL);
}

/* Whatever a HELO holds: the client is the true one, or nobody. */
static void
any_helo(void **unused)
{
	static const char *const piece[] = {"x", " ", ")", " (", "(", "\"",
	    ") [192.0.2.66]", ") [192.0.2.66]:25", " P=esmtp S=1", " U=x",
	    " P=esmtpa A=plain:victim S=1 id=", "T=\"", " H=", " lost",
	    " F=<v@x.example> rejected RCPT <a@b>: no", " Warning: spam",
	    " rejected after DATA: virus", ": 535 Incorrect", "[192.0.2.66]",
	    " I=[192.0.2.10]:25", " closed by QUIT", " D=0s", " X=TLS1.3:A:256",
	    " dropped: too many", ": message too big",
	    ": syntactically invalid argument(s): ", " next input=\"",
	    " incomplete transaction (connection lost) from <v@x>"};
	static const char *const line[] = {ID
	    " <= s@e.example H=%s P=esmtp S=5 id=m@e.example T=\"subject\"",
	    ID " <= s@e.example H=%s P=esmtp S=5",
	    "H=%s F=<s@e.example> rejected RCPT <r@e.example>: Unknown user",
	    ID " H=%s X=TLS1.3:A:256 CV=no F=<> rejected after DATA: virus",
	    "H=%s Warning: spam", "H=%s rejected MAIL <a@b.example>: no",
	    "H=%s rejected connection in \"connect\" ACL: no",
	    "login authenticator failed for %s: 535 Incorrect authentication",
	    "SMTP connection from %s lost while reading message data",
	    "SMTP connection from %s closed by QUIT",
	    "unexpected disconnection while reading SMTP command from %s D=0s",
	    "H=%s incomplete transaction (connection lost) from <a@b.example>",
	    "SMTP call from %s dropped: too many syntax errors",
	    "SMTP command timeout on connection from %s D=5m",
	    "SMTP syntax error in \"MAIL FROM:<a>\" H=%s malformed",
	    "SMTP protocol synchronization error (early): rejected \"MAIL\" "
	    "H=%s next input=\"x\"",
	    "unqualified sender rejected: <a> H=%s",
	    "rejected from <a@b.example> H=%s: message too big: read=2 max=1"};
	const size_t np = sizeof(piece) / sizeof(*piece);
	struct addr peer;
	int seen = 0;

	(void)unused;
	assert_true(addr_parse(STR("203.0.113.9"), &peer));
	for (size_t i = 0; i < sizeof(line) / sizeof(*line); i++)
		for (size_t j = 0; j < np * np * np; j++) {
			char group[512], text[1024];
			snprintf(group, sizeof(group),
			    "n.example (%s%s%s) [203.0.113.9]:7777",
			    piece[j % np], piece[j / np % np],
			    piece[j / np / np]);
			ptrdiff_t at = strstr(line[i], "%s") - line[i];
			snprintf(text, sizeof(text), "%.*s%s%s", (int)at,
			    line[i], group, line[i] + at + 2);
			feed(text);
			for (int k = 0; k < ngot; k++) {
				if (!got[k].has_client)
					continue;
				seen++;
				if (addr_cmp(got[k].client, peer) != 0 ||
				    str_has(got[k].auth_user))
					fail_msg("%s", text);
			}
		}
	assert_true(seen > 100000); /* most are not in doubt */
}

static void
commands(void **unused)
{
	const struct event *ev;

	(void)unused;
	ev = refused("SMTP syntax error in \"MAIL FROM:<x@[192.0.2.66]>\" "
	             "H=([198.51.100.1]) [198.51.100.1]:37 I=[192.0.2.10]:25 "
	             "domain literals not allowed",
	    STAGE_MAIL, 501);
	client(ev, "198.51.100.1", 37);
	same(ev->sender, "x@[192.0.2.66]");
	same(ev->reason, "domain literals not allowed");
	ev = refused("SMTP syntax error in \"RCPT TO:<aa@l.example>\" "
	             "H=h.example [198.51.100.1] address is ridiculously long",
	    STAGE_RCPT, 501);
	one_recipient(ev, "aa@l.example");
	refused("SMTP syntax error in \"RCPT FROM:<a@l.example>\" "
	        "H=[198.51.100.1] unrecognized command",
	    STAGE_RCPT, 500);
	ignored("SMTP syntax error in \"\" H=[198.51.100.1] unrecognized "
	        "command");
	ignored("SMTP protocol error in \"AUTH LOGIN\" H=(h) [198.51.100.1] "
	        "AUTH command used when not advertised");
	ev = refused("SMTP protocol synchronization error (input sent without "
	             "waiting for greeting): rejected connection from "
	             "H=[198.51.100.1]:5 input=\"GET / H=[192.0.2.66]\"",
	    STAGE_CONNECT, 554);
	client(ev, "198.51.100.1", 5);
	ev = refused("SMTP protocol synchronization error (next input sent too "
	             "soon: pipelining was not advertised): rejected \"DATA\" "
	             "H=(h) [198.51.100.1] next input=\"x\"",
	    STAGE_DATA, 554);
	client(ev, "198.51.100.1", 0);
	ev =
	    refused("unqualified sender rejected: <nodomain> H=(h) "
	            "[198.51.100.1] (failed to find host name from IP address)",
	        STAGE_MAIL, 501);
	same(ev->sender, "nodomain");
	ev = refused("unqualified recipient rejected: <dirk> H=(h) "
	             "[198.51.100.1]:7",
	    STAGE_RCPT, 501);
	one_recipient(ev, "dirk");
	refused(
	    "rejected MAIL FROM:<a@b.example> H=(h) [198.51.100.1]: message "
	    "too big: size=99999999 max=20971520",
	    STAGE_MAIL, 552);
	refused("rejected from <a@b.example> H=(h) [198.51.100.1]: message too "
	        "big: read=9 max=8",
	    STAGE_EOM, 552);
	ev = refused("rejected MAIL from h.example [198.51.100.1]:7 "
	             "I=[192.0.2.10]:25: no HELO/EHLO given",
	    STAGE_MAIL, 503);
	client(ev, "198.51.100.1", 7);
	ignored("ETRN example.org received from [198.51.100.1]:7");
	refused("Connection from [198.51.100.1]:24244 refused: too many "
	        "connections",
	    STAGE_CONNECT, 421);
	refused("refused connection from h.example [198.51.100.1] "
	        "(host_reject_connection)",
	    STAGE_CONNECT, 554);
}

static void
recipient_responses(void **unused)
{
	const struct event *ev;

	(void)unused;
	ev = refused(
	    ID " PRDR R=<\"x> acceptance\"@l.example> refusal", STAGE_RCPT, 550);
	one_recipient(ev, "\"x> acceptance\"@l.example");
	ev = refused(
	    ID " PRDR R=<b@l.example> temporary refusal", STAGE_RCPT, 450);
	one_recipient(ev, "b@l.example");
	ignored(ID " PRDR R=<b@l.example> acceptance");
	ignored(ID " PRDR b@l.example refusal");
}

/* One that went away: of this kind, with this client. */
static const struct event *
went(const char *text, enum event_kind kind, const char *addr)
{
	const struct event *ev = used_line(text);

	assert_int_equal(ngot, 1);
	assert_int_equal(ev->kind, kind);
	client(ev, addr, ev->client_port);
	return ev;
}

static void
disconnections(void **unused)
{
	const struct event *ev;

	(void)unused;
	went(
	    "SMTP connection from h.example [198.51.100.1]:4 I=[192.0.2.10]:25 "
	    "closed by QUIT",
	    EVENT_DISCONNECT, "198.51.100.1");
	went("SMTP connection from (h) [198.51.100.1] lost D=0.001s",
	    EVENT_DISCONNECT, "198.51.100.1");
	ev = went("SMTP connection from ([203.0.113.49]) [203.0.113.49] lost "
	          "while reading message data",
	    EVENT_ABORT, "203.0.113.49");
	assert_int_equal(ev->stage, STAGE_DATA);
	assert_int_equal(ev->disposition, DISP_ABORTED);
	ev = went(ID " SMTP connection lost after final dot H=(h) "
	             "[203.0.113.49]:4 I=[192.0.2.10]:25 P=esmtp L.-",
	    EVENT_ABORT, "203.0.113.49");
	assert_int_equal(ev->disposition, DISP_ABORTED);
	went(
	    "unexpected disconnection while reading SMTP command from h.example"
	    " [198.51.100.1] (error: Connection reset by peer) D=0s",
	    EVENT_DISCONNECT, "198.51.100.1");
	went("SMTP command timeout on connection from (h) [198.51.100.1]:5 "
	     "D=5m",
	    EVENT_DISCONNECT, "198.51.100.1");
	ev =
	    went("SMTP data timeout (message abandoned) on connection from (h) "
	         "[198.51.100.1] F=<a@b.example>",
	        EVENT_ABORT, "198.51.100.1");
	same(ev->sender, "a@b.example");
	went("SMTP call from (h) [198.51.100.1]:5 dropped: too many syntax or "
	     "protocol errors (last command was \"x\")",
	    EVENT_DISCONNECT, "198.51.100.1");
	ev = went("H=(h) [198.51.100.1] incomplete transaction (RSET) from "
	          "<a@b.example> for c@d.example e@f.example",
	    EVENT_ABORT, "198.51.100.1");
	assert_int_equal(ev->stage, STAGE_RCPT);
	assert_int_equal(ev->nrecipients, 2);
	ev = went("H=(h) [198.51.100.1] incomplete transaction (connection "
	          "lost) from <a@b.example>",
	    EVENT_ABORT, "198.51.100.1");
	assert_int_equal(ev->stage, STAGE_MAIL);
	ignored("H=(h) [198.51.100.1] incomplete transaction (RSET) from "
	        "<a@b.example>");
	ignored("SMTP connection from [198.51.100.1]:5 I=[192.0.2.10]:25 "
	        "(TCP/IP connection count = 2)");
}

static void
notices(void **unused)
{
	const struct event *ev;

	(void)unused;
	ev = used_line(ID " H=(h) [198.51.100.1] Warning: spam score 8.9 (++)");
	assert_int_equal(ev->kind, EVENT_NOTICE);
	same(ev->queue_id, ID);
	same(ev->text, "spam score 8.9 (++)");
	same(ev->text_kind, "acl-warn");
	client(ev, "198.51.100.1", 0);
	ev = used_line("H=[198.51.100.1]:5 Warning: listed in bl.example");
	same(ev->queue_id, NULL);
	ev = used_line(ID " Warning: \"detected message as spam (9.1)\"");
	same(ev->text, "\"detected message as spam (9.1)\"");
	same(ev->text_kind, "acl-warn");
	ev = used_line("[7] " ID " spamcheck: score=6.5 required=5.0");
	assert_int_equal(ev->kind, EVENT_NOTICE);
	same(ev->queue_id, ID);
	same(ev->text, "spamcheck: score=6.5 required=5.0");
	same(ev->text_kind, "acl-log");
	used_line("spamcheck: score=6.5 required=5.0");
	used_line(ID " score=6.5");
	unknown("some words that nobody knows");
	unknown(ID " some words that nobody knows");
	unknown(ID " x");
	unknown(ID " ");
	unknown("");
	unknown("H=");
	unknown("[");
}

static void
housekeeping(void **unused)
{
	static const char *const lines[] = {
	    "cwd=/var/spool/exim4 3 args: /usr/sbin/exim4 -Mc " ID,
	    "exim 4.96 daemon started: pid=167, -q8s, listening for SMTP",
	    "Start queue run: pid=171",
	    "End queue run: pid=171",
	    "no host name found for IP address 203.0.113.18",
	    "no IP address found for host h.example (during SMTP connection)",
	    "no MAIL in SMTP connection from [192.0.2.1]:3 D=0.002s",
	    "TLS error on connection from (h) [192.0.2.1] (recv): gone",
	    "H=(h) [192.0.2.1] sender verify fail for <a@b.example>: none",
	    "pid 12: SIGHUP received: re-exec daemon",
	    ID " Message is frozen",
	    ID " Frozen (delivery error message)",
	    ID " Unfrozen by errmsg timer",
	    ID " a@b.example: error ignored",
	    ID " H=mx.dead.example [198.51.100.226]:25 Connection refused",
	    ID " <a@b.example>: local_pipe transport output: spam: 9",
	    ID " H=mx.e.example [198.51.100.2]:25 I=[192.0.2.10]:4 "
	       "Connection timed out",
	    "DNS list lookup defer (probably timeout) for 1.2.0.192.bl.example",
	    ID " cancelled by root",
	    ID " removed by root",
	    ID " Spool file is locked (another process is handling it)",
	    ID " no immediate delivery: queued by ACL",
	    ID " DKIM: d=b.example s=s c=relaxed/relaxed [verification "
	       "succeeded]",
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		ignored(lines[i]);
	forget();
	assert_int_equal(
	    feed_as(0, true, "P Received: from x", 18), PARSED_IGNORED);
}

/* What is refused is said twice in syslog, by one process and at once. */
static void
copies(void **unused)
{
	static const char no[] =
	    "2026-11-23 11:19:42 H=(h) [192.0.2.1] F=<a@b.example> rejected "
	    "RCPT <c@d.example>: no";
	size_t n = sizeof(no) - 1;

	(void)unused;
	for (int i = 0; i < 4; i++)
		assert_int_equal(feed_as(9, false, no, n), PARSED_USED);
	assert_false(got[0].copy);
	assert_true(got[1].copy);
	assert_false(got[2].copy);
	assert_true(got[3].copy);
	forget();
	feed_as(10, false, no, n);
	feed_as(10 + 256, false, no, n); /* another process */
	feed_as(10, false, no, n);
	assert_false(got[1].copy);
	forget();
	feed_as(11, false, no, n);
	now += 3000000; /* a client that tries again */
	feed_as(11, false, no, n);
	assert_false(got[1].copy);
	forget();
	feed_as(0, false, no, n); /* a file of its own */
	feed_as(0, false, no, n);
	assert_false(got[1].copy);
}

/* Long and hostile lines are read in time that grows with their length. */
static void
hostile(void **unused)
{
	static const char *const unit[] = {"\\\" ", "\" ", " <\"", "x) [1",
	    ") [192.0.2.1] P=", " H=", "\" H=(x) [192.0.2.1] ", " (", "<",
	    " =>", "id=", "\\"};
	static const char *const lead[] = {ID " <= \"", ID " => ", ID " ** ",
	    ID " == ", "H=(", "SMTP syntax error in \"",
	    ID " <= a@b H=(x) [192.0.2.1] P=a S=1 for "};
	size_t n = 32000;
	char *text = malloc(n);

	(void)unused;
	for (size_t i = 0; i < sizeof(lead) / sizeof(*lead); i++)
		for (size_t j = 0; j < sizeof(unit) / sizeof(*unit); j++) {
			size_t at = strlen(lead[i]), u = strlen(unit[j]);
			memcpy(text, lead[i], at);
			for (; at + u <= n; at += u)
				memcpy(text + at, unit[j], u);
			forget();
			feed_as(0, false, text, at);
			assert_true(ngot <= 2);
		}
	free(text);
	forget();
	text = calloc(1, 100000);
	memset(text, 'a', 100000);
	assert_int_equal(feed_as(0, false, text, 100000), PARSED_UNKNOWN);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(claims, reset),
	    cmocka_unit_test_setup(arrival_short, reset),
	    cmocka_unit_test_setup(arrival_all, reset),
	    cmocka_unit_test_setup(arrival_forms, reset),
	    cmocka_unit_test_setup(arrival_cut, reset),
	    cmocka_unit_test_setup(bounce, reset),
	    cmocka_unit_test_setup(arrival_forged, reset),
	    cmocka_unit_test_setup(arrival_doubtful, reset),
	    cmocka_unit_test_setup(delivered, reset),
	    cmocka_unit_test_setup(delivered_forged, reset),
	    cmocka_unit_test_setup(discarded, reset),
	    cmocka_unit_test_setup(bounced, reset),
	    cmocka_unit_test_setup(deferred, reset),
	    cmocka_unit_test_setup(completed, reset),
	    cmocka_unit_test_setup(rejections, reset),
	    cmocka_unit_test_setup(rejection_text, reset),
	    cmocka_unit_test_setup(rejection_forged, reset),
	    cmocka_unit_test_setup(any_helo, reset),
	    cmocka_unit_test_setup(commands, reset),
	    cmocka_unit_test_setup(recipient_responses, reset),
	    cmocka_unit_test_setup(quoted_local_part, reset),
	    cmocka_unit_test_setup(next_hop_ids, reset),
	    cmocka_unit_test_setup(unverified_helo, reset),
	    cmocka_unit_test_setup(disconnections, reset),
	    cmocka_unit_test_setup(notices, reset),
	    cmocka_unit_test_setup(housekeeping, reset),
	    cmocka_unit_test_setup(copies, reset),
	    cmocka_unit_test_setup(hostile, reset),
	};
	int rc = cmocka_run_group_tests(tests, NULL, NULL);

	free(state);
	return rc;
}
