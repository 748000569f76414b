/* SPDX-License-Identifier: Apache-2.0 */
/* Each line family, and each text by which a peer could pose as the log. */
#include "input/logfile.h"
#include "input/parser.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* All that the events of one line say: kind, then key{value} of what is
 * set, one event a line. */
static char out[16384];
static size_t used;

__attribute__((format(printf, 1, 2))) static void
put(const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(out + used, sizeof(out) - used, fmt, ap);
	va_end(ap);
	assert_true(n >= 0 && (size_t)n < sizeof(out) - used);
	used += (size_t)n;
}

static void
put_text(const char *key, struct str s)
{
	if (str_has(s))
		put(" %s{%.*s}", key, STR_FMT(s));
}

static void
put_addr(const char *key, bool has, struct addr a)
{
	char text[ADDR_TEXT_MAX];

	if (has)
		put(" %s{%.*s}", key, (int)addr_format(a, text), text);
}

static void
put_number(const char *key, int64_t v, int64_t unset)
{
	if (v != unset)
		put(" %s{%lld}", key, (long long)v);
}

static const char *const kinds[] = {"none", "connect", "disconnect", "arrival",
    "detail", "attempt", "reject", "abort", "notice", "child", "same", "end"};

static void
emit(struct event_sink *sink, struct str instance, const struct event *ev)
{
	(void)sink;
	put("%s%s", used ? "\n" : "", kinds[ev->kind]);
	put_text("instance", instance);
	put_text("id", ev->queue_id);
	put_text("parent", ev->parent_queue_id);
	put_text("queued_as", ev->queued_as);
	put_addr("client", ev->has_client, ev->client);
	put_number("port", ev->client_port, 0);
	put_text("name", ev->client_name);
	put_text("helo", ev->helo);
	put_text("proto", ev->protocol);
	put_text("auth", ev->auth_user);
	put_text("sender", ev->sender);
	for (size_t i = 0; i < ev->nrecipients; i++)
		put_text("rcpt", ev->recipients[i]);
	put_text("orig", ev->orig_recipient);
	put_number("nrcpt", ev->nrcpt, -1);
	put_number("size", ev->size, -1);
	put_text("msgid", ev->message_id);
	put_text("subject", ev->subject);
	put_text("relay", ev->relay);
	put_addr("hop", ev->has_relay_addr, ev->relay_addr);
	if (ev->disposition)
		put(" %s", disposition_name[ev->disposition]);
	if (ev->stage)
		put(" @%s", stage_name[ev->stage]);
	put_number("reply", ev->reply, 0);
	put_text("dsn", ev->dsn);
	put_text("reason", ev->reason);
	put_text("text", ev->text);
	put_text("kind", ev->text_kind);
	put_number("tls", ev->tls, -1);
	put_number("refused_mail", ev->refused_mail, 0);
	if (ev->reinjected)
		put(" reinjected");
}

static enum parsed
read_line(struct str program, struct str text)
{
	struct log_line in = {.program = program, .pid = 1, .text = text};
	struct event_sink sink = {emit};

	used = 0;
	out[0] = '\0';
	return parser_postfix.line(NULL, &in, NULL, &sink);
}

static void
expect(const char *program, const char *text, const char *want)
{
	/* an exact copy on the heap, so that a read past the end is seen */
	size_t n = strlen(text);
	char *copy = malloc(n ? n : 1);
	enum parsed done;

	assert_non_null(copy);
	memcpy(copy, text, n);
	done = read_line(str_z(program), str_of(copy, n));
	if (done == PARSED_UNKNOWN)
		put("unknown");
	else if (done == PARSED_IGNORED)
		put("ignored");
	free(copy);
	assert_string_equal(out, want);
}

#define SMTPD   "postfix/smtpd"
#define CLEANUP "postfix/cleanup"
#define SMTP    "postfix/smtp"
#define SCREEN  "postfix/postscreen"

static void
test_claims(void **state)
{
	static const char *const ours[] = {"postfix/smtpd",
	    "postfix/submission/smtpd", "postfix-out/smtpd", "xyz/smtpd",
	    "smtps/smtpd", "10025/smtpd", "postfix/10025/smtpd",
	    "postfix/nqmgr", "/postfix-script", "postfix/trivial-rewrite"};
	static const char *const others[] = {"smtpd", "smtp", "postfix",
	    "postfix/", "postfix/smtpdx", "postgrey", "postfix/policy-spf",
	    "sendmail", ""};

	(void)state;
	for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++)
		assert_true(parser_postfix.claims(NULL, str_z(ours[i])));
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		assert_false(parser_postfix.claims(NULL, str_z(others[i])));
}

static void
test_instance(void **state)
{
	static const char *const line = "0CD82AA601B: removed";
	static const char *const plain = "end id{0CD82AA601B}";

	(void)state;
	expect("postfix/qmgr", line, plain);
	expect("postfix-out/qmgr", line,
	    "end instance{postfix-out} id{0CD82AA601B}");
	expect("postfix-smo/submission/qmgr", line,
	    "end instance{postfix-smo} id{0CD82AA601B}");
	/* a service's name, not an instance's: the queue is shared */
	expect("postfix/submission/qmgr", line, plain);
	expect("submission/qmgr", line, plain);
	expect("smtps/qmgr", line, plain);
	expect("10025/qmgr", line, plain);
	expect("/qmgr", line, plain);
}

static void
test_session(void **state)
{
	(void)state;
	expect(SMTPD, "connect from h1.dyn.example.net[192.0.2.7]",
	    "connect client{192.0.2.7} name{h1.dyn.example.net}");
	expect(SMTPD, "connect from unknown[2001:db8::7]:50242",
	    "connect client{2001:db8::7} port{50242}");
	expect(SMTPD, "connect from unknown[unknown]", "connect");
	expect(SMTPD,
	    "disconnect from mx.example.org[192.0.2.7]:2525 ehlo=1 "
	    "mail=1 rcpt=0/1 quit=1 commands=3/4",
	    "disconnect client{192.0.2.7} port{2525} name{mx.example.org}");
	expect(SMTPD, "connect from somewhere", "unknown");
	expect(SMTPD, "connect from a[192.0.2.300]", "unknown");
	expect(SMTPD, "connect from a[192.0.2.3", "unknown");
	expect(SMTPD, "connect from a[192.0.2.3]x", "unknown");
	expect(SMTPD, "something new", "unknown");
	expect(SMTPD, "", "unknown");
}

static void
test_arrival(void **state)
{
	(void)state;
	expect(SMTPD, "3F493AA6197: client=unknown[203.0.113.9]:4711",
	    "arrival id{3F493AA6197} client{203.0.113.9} port{4711}");
	expect(SMTPD, "4jY3DW2cYPz1d9XF: client=a.example.org[192.0.2.1]",
	    "arrival id{4jY3DW2cYPz1d9XF} client{192.0.2.1} "
	    "name{a.example.org}");
	/* a filter before the queue */
	expect(SMTPD, "NOQUEUE: client=unknown[203.0.113.9]:4711",
	    "connect client{203.0.113.9} port{4711}");
	expect(SMTPD,
	    "3F493AA6197: client=a.example.org[192.0.2.1], "
	    "sasl_method=PLAIN, sasl_username=eva@example.org",
	    "arrival id{3F493AA6197} client{192.0.2.1} "
	    "name{a.example.org} auth{eva@example.org}");
	expect(SMTPD,
	    "3F493AA6197: client=a.example.org[192.0.2.1], "
	    "sasl_method=PLAIN, sasl_username=eva, sasl_sender=x@example.org",
	    "arrival id{3F493AA6197} client{192.0.2.1} "
	    "name{a.example.org} auth{eva}");
	expect(SMTPD, "3F493AA6197: client=here", "unknown");
	expect(
	    SMTPD, "3F493AA6197: client=a[192.0.2.1], new_field=1", "unknown");
}

static void
test_xforward(void **state)
{
	(void)state;
	expect(SMTPD,
	    "84ED020916: client=localhost[127.0.0.1], "
	    "orig_queue_id=67D8720887, orig_client=h5.example.net[192.0.2.5]",
	    "arrival id{84ED020916} client{192.0.2.5} name{h5.example.net} "
	    "reinjected\n"
	    "same id{84ED020916} parent{67D8720887}");
	expect(SMTPD,
	    "84ED020916: client=localhost[127.0.0.1]:59772, "
	    "orig_client=unknown[192.0.2.5]:53871",
	    "arrival id{84ED020916} client{192.0.2.5} port{53871} "
	    "reinjected");
	/* the filter was told no more than itself, or nothing */
	expect(SMTPD,
	    "84ED020916: client=localhost[127.0.0.1], "
	    "orig_client=unknown[127.0.0.1]",
	    "arrival id{84ED020916} client{127.0.0.1} name{localhost} "
	    "reinjected");
	expect(SMTPD,
	    "84ED020916: client=localhost[127.0.0.1], "
	    "orig_queue_id=67D8720887, orig_client=unknown[unknown]",
	    "arrival id{84ED020916} client{127.0.0.1} name{localhost} "
	    "reinjected\n"
	    "same id{84ED020916} parent{67D8720887}");
	expect(SMTPD, "84ED020916: client=localhost[127.0.0.1]",
	    "arrival id{84ED020916} client{127.0.0.1} name{localhost}");
}

/* The account's name is the peer's to choose: it makes no fields. */
static void
test_trap_sasl(void **state)
{
	(void)state;
	expect(SMTPD,
	    "3F493AA6197: client=unknown[203.0.113.9], sasl_method=LOGIN, "
	    "sasl_username=admin, sasl_method=X [198.51.100.66]",
	    "arrival id{3F493AA6197} client{203.0.113.9} "
	    "auth{admin, sasl_method=X [198.51.100.66]}");
	expect(SMTPD,
	    "3F493AA6197: client=unknown[203.0.113.9], sasl_method=LOGIN, "
	    "sasl_username=x, orig_queue_id=67D8720887, "
	    "orig_client=victim[198.51.100.66]",
	    "arrival id{3F493AA6197} client{203.0.113.9} "
	    "auth{x, orig_queue_id=67D8720887, "
	    "orig_client=victim[198.51.100.66]}");
	expect(SMTPD,
	    "3F493AA6197: client=unknown[203.0.113.9], sasl_method=LOGIN, "
	    "sasl_username=victim, sasl_sender=a, sasl_sender=b",
	    "arrival id{3F493AA6197} client{203.0.113.9}");
	/* who fails has no name at all */
	expect(SMTPD,
	    "warning: unknown[198.51.100.35]:4711: SASL LOGIN authentication "
	    "failed: authentication failure, sasl_username=admin, "
	    "sasl_method=X [198.51.100.66]@example.org",
	    "reject client{198.51.100.35} port{4711} rejected @auth "
	    "reason{SASL LOGIN authentication failed}");
	expect(SMTPD,
	    "warning: a.example.org[192.0.2.1]: SASL PLAIN authentication "
	    "failed: Temporary authentication failure",
	    "reject client{192.0.2.1} name{a.example.org} tempfailed @auth "
	    "reason{SASL PLAIN authentication failed}");
}

static void
test_reject(void **state)
{
	(void)state;
	expect(SMTPD,
	    "NOQUEUE: reject: RCPT from unknown[192.0.2.4]: 554 5.7.1 "
	    "<a@example.org>: Relay access denied; from=<j@example.com> "
	    "to=<a@example.org> proto=SMTP helo=<198.51.100.17>",
	    "reject client{192.0.2.4} helo{198.51.100.17} proto{SMTP} "
	    "sender{j@example.com} rcpt{a@example.org} rejected @rcpt "
	    "reply{554} dsn{5.7.1} "
	    "reason{<a@example.org>: Relay access denied} "
	    "text{Relay access denied} kind{reject}");
	expect(SMTPD,
	    "181E8AA628C: reject: RCPT from h[192.0.2.4]:99: 450 4.2.0 "
	    "<a@example.org>: Recipient address rejected: Greylisted, see "
	    "http://postgrey.example/; from=<> to=<a@example.org> "
	    "proto=ESMTP helo=<h> sasl_username=<eva>",
	    "reject id{181E8AA628C} client{192.0.2.4} port{99} name{h} "
	    "helo{h} proto{ESMTP} auth{eva} sender{} rcpt{a@example.org} "
	    "tempfailed @rcpt reply{450} dsn{4.2.0} "
	    "reason{<a@example.org>: Recipient address rejected: Greylisted, "
	    "see http://postgrey.example/} "
	    "text{Recipient address rejected: Greylisted, see "
	    "http://postgrey.example/} kind{reject}");
	expect(SMTPD,
	    "NOQUEUE: reject: CONNECT from unknown[192.0.2.4]: 554 5.7.1 "
	    "Service unavailable; Client host [192.0.2.4] blocked using "
	    "bl.example; see https://bl.example/; proto=SMTP",
	    "reject client{192.0.2.4} proto{SMTP} rejected @connect "
	    "reply{554} dsn{5.7.1} reason{Service unavailable; Client host "
	    "[192.0.2.4] blocked using bl.example; see https://bl.example/} "
	    "text{Service unavailable; Client host [192.0.2.4] blocked using "
	    "bl.example; see https://bl.example/} kind{reject}");
	/* MAIL has no to=, VRFY no from=, old ones no proto= and no code */
	expect(SMTPD,
	    "NOQUEUE: reject: MAIL from h[192.0.2.4]: 552 5.3.4 Message size "
	    "exceeds fixed limit; from=<a@example.com> proto=ESMTP helo=<h>",
	    "reject client{192.0.2.4} name{h} helo{h} proto{ESMTP} "
	    "sender{a@example.com} rejected @mail reply{552} dsn{5.3.4} "
	    "reason{Message size exceeds fixed limit} "
	    "text{Message size exceeds fixed limit} kind{reject}");
	expect(SMTPD,
	    "NOQUEUE: reject: VRFY from h[192.0.2.4]: 554 5.7.1 <x>: Relay "
	    "access denied; to=<x> proto=ESMTP helo=<h>",
	    "reject client{192.0.2.4} name{h} helo{h} proto{ESMTP} rcpt{x} "
	    "rejected reply{554} dsn{5.7.1} reason{<x>: Relay access denied} "
	    "text{Relay access denied} kind{reject}");
	expect(SMTPD,
	    "NOQUEUE: reject: RCPT from h[192.0.2.4]: 554 <x@y.example>: "
	    "Recipient address rejected: no; from=<a@b> to=<x@y.example>",
	    "reject client{192.0.2.4} name{h} sender{a@b} "
	    "rcpt{x@y.example} rejected @rcpt reply{554} "
	    "reason{<x@y.example>: Recipient address rejected: no} "
	    "text{Recipient address rejected: no} kind{reject}");
	expect(SMTPD, "NOQUEUE: reject: NEWVERB from h[192.0.2.4]: 554 x",
	    "unknown");
	expect(
	    SMTPD, "NOQUEUE: novel: RCPT from h[192.0.2.4]: 554 x", "unknown");
}

/* Refusals in the words of a peer, or of a remote host: no text for rules. */
static void
test_trap_text(void **state)
{
	(void)state;
	expect(SMTPD,
	    "NOQUEUE: reject: RCPT from h[192.0.2.4]: 554 5.7.1 "
	    "<x>: 5.7.1 Virus found: Eicar@example.org>: Relay access "
	    "denied; from=<a@b.example> "
	    "to=<\"x>: 5.7.1 Virus found: Eicar\"@example.org> proto=SMTP "
	    "helo=<h>",
	    "reject client{192.0.2.4} name{h} helo{h} proto{SMTP} "
	    "sender{a@b.example} "
	    "rcpt{\"x>: 5.7.1 Virus found: Eicar\"@example.org} rejected "
	    "@rcpt reply{554} dsn{5.7.1} reason{<x>: 5.7.1 Virus found: "
	    "Eicar@example.org>: Relay access denied} "
	    "text{Relay access denied} kind{reject}");
	expect(SMTPD,
	    "NOQUEUE: reject: RCPT from h[192.0.2.4]: 550 5.1.1 <x@y.example>"
	    ": Recipient address rejected: undeliverable address: host "
	    "mx.y.example[198.51.100.1] said: 550 5.1.1 <x>: spam (in reply "
	    "to RCPT TO command); from=<a@b.example> to=<x@y.example> "
	    "proto=ESMTP helo=<h>",
	    "reject client{192.0.2.4} name{h} helo{h} proto{ESMTP} "
	    "sender{a@b.example} rcpt{x@y.example} rejected @rcpt reply{550} "
	    "dsn{5.1.1} reason{<x@y.example>: Recipient address rejected: "
	    "undeliverable address: host mx.y.example[198.51.100.1] said: "
	    "550 5.1.1 <x>: spam (in reply to RCPT TO command)}");
	expect(SMTPD,
	    "NOQUEUE: reject: RCPT from h[192.0.2.4]: 554 5.7.1 Service "
	    "unavailable; Sender address [x] virus@e.example] blocked using "
	    "dbl.example; from=<\"x] virus\"@e.example> to=<a@b.example> "
	    "proto=ESMTP helo=<h>",
	    "reject client{192.0.2.4} name{h} helo{h} proto{ESMTP} "
	    "sender{\"x] virus\"@e.example} rcpt{a@b.example} rejected @rcpt "
	    "reply{554} dsn{5.7.1} reason{Service unavailable; Sender address "
	    "[x] virus@e.example] blocked using dbl.example} "
	    "text{blocked using dbl.example} kind{reject}");
}

/* What the tail's fields hold makes no other fields. */
static void
test_trap_envelope(void **state)
{
	(void)state;
	/* Postfix puts "?" for <>() and spaces of a HELO; if one did not */
	expect(SMTPD,
	    "NOQUEUE: reject: RCPT from h[192.0.2.4]: 550 5.1.1 <n@e.example>"
	    ": unknown; from=<s@e.example> to=<n@e.example> proto=SMTP "
	    "helo=<x]; from=<v@victim.example> to=<w@victim.example>",
	    "reject client{192.0.2.4} name{h} rejected @rcpt reply{550} "
	    "dsn{5.1.1} reason{<n@e.example>: unknown; from=<s@e.example> "
	    "to=<n@e.example> proto=SMTP helo=<x]; from=<v@victim.example> "
	    "to=<w@victim.example>}");
	expect(SMTPD,
	    "NOQUEUE: reject: RCPT from h[192.0.2.4]: 550 5.1.1 <n@e.example>"
	    ": unknown; from=<s@e.example> to=<n@e.example> proto=SMTP "
	    "helo=<from=?a?b?,?to=?c?lab.example?,?status=sent>",
	    "reject client{192.0.2.4} name{h} "
	    "helo{from=?a?b?,?to=?c?lab.example?,?status=sent} proto{SMTP} "
	    "sender{s@e.example} rcpt{n@e.example} rejected @rcpt reply{550} "
	    "dsn{5.1.1} reason{<n@e.example>: unknown} text{unknown} "
	    "kind{reject}");
	expect(SMTPD,
	    "NOQUEUE: reject: RCPT from h[192.0.2.4]: 550 5.1.1 <n@e.example>"
	    ": unknown; from=<\"a; from=<v@victim.example> to=<w@x>\"@e.org> "
	    "to=<\"r> to=<v@victim.example> proto=SMTP helo=<z\"@e.org> "
	    "proto=ESMTP helo=<h>",
	    "reject client{192.0.2.4} name{h} helo{h} proto{ESMTP} "
	    "sender{\"a; from=<v@victim.example> to=<w@x>\"@e.org} "
	    "rcpt{\"r> to=<v@victim.example> proto=SMTP helo=<z\"@e.org} "
	    "rejected @rcpt reply{550} dsn{5.1.1} "
	    "reason{<n@e.example>: unknown} text{unknown} kind{reject}");
	/* the quote is escaped, the local part goes on */
	expect(SMTPD,
	    "NOQUEUE: reject: RCPT from h[192.0.2.4]: 550 5.1.1 <n@e.example>"
	    ": unknown; from=<\"a\\\"@b> to=<\"@e.org> to=<n@e.example> "
	    "proto=ESMTP helo=<h>",
	    "reject client{192.0.2.4} name{h} helo{h} proto{ESMTP} "
	    "sender{\"a\\\"@b> to=<\"@e.org} rcpt{n@e.example} rejected "
	    "@rcpt reply{550} dsn{5.1.1} reason{<n@e.example>: unknown} "
	    "text{unknown} kind{reject}");
	/* a SASL name that looks like the tail */
	expect(SMTPD,
	    "NOQUEUE: reject: RCPT from h[192.0.2.4]: 550 5.1.1 <n@e.example>"
	    ": unknown; from=<s@e.org> to=<n@e.example> proto=ESMTP helo=<h> "
	    "sasl_username=<u> proto=SMTP helo=<z>",
	    "reject client{192.0.2.4} name{h} helo{h} proto{ESMTP} "
	    "auth{u> proto=SMTP helo=<z} sender{s@e.org} rcpt{n@e.example} "
	    "rejected @rcpt reply{550} dsn{5.1.1} "
	    "reason{<n@e.example>: unknown} text{unknown} kind{reject}");
	/* the id is at the start, or nowhere */
	expect(SMTPD, "non-id: 84ED020916: client=unknown[198.51.100.66]",
	    "unknown");
	expect(SMTPD,
	    "warning: non-SMTP command from h[192.0.2.4]: NOQUEUE: reject: "
	    "RCPT from v[198.51.100.66]: 554 5.7.1 Spam",
	    "ignored");
}

/* Refused after the data, or by bad syntax, with no "reject:" line. */
static void
test_refused_data(void **state)
{
	(void)state;
	expect(CLEANUP,
	    "warning: 84ED020916: message rejected: hopcount exceeded",
	    "reject id{84ED020916} rejected @eom reply{554} dsn{5.4.0} "
	    "reason{message rejected: hopcount exceeded}");
	expect(CLEANUP,
	    "warning: 84ED020916: virtual_alias_maps map lookup problem for "
	    "a@b.example -- message not accepted, try again later",
	    "reject id{84ED020916} tempfailed @eom reply{451} dsn{4.3.0} "
	    "reason{virtual_alias_maps map lookup problem for a@b.example -- "
	    "message not accepted, try again later}");
	expect(SMTPD, "warning: 84ED020916: queue file size limit exceeded",
	    "reject id{84ED020916} rejected @eom reply{552} dsn{5.3.4} "
	    "reason{queue file size limit exceeded}");
	expect(SMTPD, "warning: NOQUEUE: queue file size limit exceeded",
	    "unknown");
	expect(CLEANUP,
	    "84ED020916: reject: mime-error improper use of 8-bit data in "
	    "message header: Subject: x from h[192.0.2.4]; from=<a@b> "
	    "to=<c@d> proto=ESMTP helo=<h>",
	    "reject id{84ED020916} client{192.0.2.4} name{h} helo{h} "
	    "proto{ESMTP} sender{a@b} rcpt{c@d} rejected @eom");
	/* how many MAIL commands were refused, told at the end */
	expect(SMTPD,
	    "disconnect from h[192.0.2.4]:99 ehlo=1 mail=1/3 rset=1 "
	    "commands=3/5",
	    "disconnect client{192.0.2.4} port{99} name{h} refused_mail{2}");
	expect(SMTPD, "disconnect from h[192.0.2.4] mail=3/1 commands=3/5",
	    "disconnect client{192.0.2.4} name{h}");
	expect(SMTPD,
	    "disconnect from h[192.0.2.4] mail=1/99999999999999999999",
	    "disconnect client{192.0.2.4} name{h}");
	expect(SMTPD, "disconnect from h[192.0.2.4] rcpt=0/2 commands=3",
	    "disconnect client{192.0.2.4} name{h}");
}

/* What daemons say of themselves is no message's fate. */
static void
test_own_trouble(void **state)
{
	static const char *const lines[][2] = {
	    {SMTPD, "fatal: no SASL authentication mechanisms"},
	    {SMTPD, "warning: h[192.0.2.4]: request longer than 2048: MAIL..."},
	    {SMTPD, "warning: Unable to look up MX host mx.example for Sender "
	            "address s@e.org: Name or service not known"},
	    {SMTPD, "SSL_accept:error in before SSL initialization"},
	    {SMTP, "warning: h[192.0.2.4]:25 offered null AUTH mechanism list"},
	    {SMTP, "84ED020916: SASL authentication failed; server h[192.0.2.4]"
	           " said: 535 5.7.8 no"},
	    {"postfix/local", "warning: 84ED020916: address with illegal "
	                      "extension: x"},
	    {"postfix/postdrop", "warning: uid=33: File too large"},
	    {"postfix/bounce", "warning: 84ED020916: undeliverable postmaster "
	                       "notification discarded"},
	    {"postfix/proxymap", "warning: read private/x: Connection reset"},
	    {SCREEN, "warning: haproxy read: EOF"}};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		expect(lines[i][0], lines[i][1], "ignored");
	expect("postfix/showq", "something new", "unknown");
}

/* A cut line keeps what is whole in it, and nothing is guessed. */
static void
test_cut(void **state)
{
	(void)state;
	expect(SMTPD,
	    "NOQUEUE: reject: RCPT from h[192.0.2.4]: 550 5.1.1 <n@e.example>"
	    ": unknown; from=<s@e.org> to=<n@e.example> proto=ESM",
	    "reject client{192.0.2.4} name{h} sender{s@e.org} "
	    "rcpt{n@e.example} rejected @rcpt reply{550} dsn{5.1.1} "
	    "reason{<n@e.example>: unknown} text{unknown} kind{reject}");
	expect(SMTPD,
	    "NOQUEUE: reject: RCPT from h[192.0.2.4]: 550 5.1.1 <n@e.example>"
	    ": unknown; from=<s@e.org> to=<n@e.example> proto=ESMTP "
	    "helo=<mail.exa",
	    "reject client{192.0.2.4} name{h} proto{ESMTP} sender{s@e.org} "
	    "rcpt{n@e.example} rejected @rcpt reply{550} dsn{5.1.1} "
	    "reason{<n@e.example>: unknown} text{unknown} kind{reject}");
	expect(SMTPD,
	    "NOQUEUE: reject: RCPT from h[192.0.2.4]: 554 5.7.1 Service "
	    "unavailable; Client host [192.0.2.4] blocked using bl.example; "
	    "from=<s@e.org> to=<n@e.exa",
	    "reject client{192.0.2.4} name{h} rejected @rcpt reply{554} "
	    "dsn{5.7.1} reason{Service unavailable; Client host [192.0.2.4] "
	    "blocked using bl.example} text{Service unavailable; Client host "
	    "[192.0.2.4] blocked using bl.example} kind{reject}");
	expect(SMTPD,
	    "NOQUEUE: reject: RCPT from h[192.0.2.4]: 554 5.7.1 <aaaaaa",
	    "reject client{192.0.2.4} name{h} rejected @rcpt reply{554} "
	    "dsn{5.7.1} reason{<aaaaaa}");
	/* cut in its envelope, but the reply begins with the recipient */
	expect(SMTPD,
	    "NOQUEUE: reject: RCPT from h[192.0.2.4]: 550 5.1.1 <nnn@e.example>"
	    ": Recipient address rejected: unknown; from=<s@e.org> to=<nn",
	    "reject client{192.0.2.4} name{h} sender{s@e.org} "
	    "rcpt{nnn@e.example} rejected @rcpt reply{550} dsn{5.1.1} "
	    "reason{<nnn@e.example>: Recipient address rejected: unknown; "
	    "from=<s@e.org> to=<nn}");
	expect(SMTPD,
	    "NOQUEUE: reject: RCPT from h[192.0.2.4]: 554 5.7.1 <nnn@e.example>"
	    ": Relay access denied; from=<s",
	    "reject client{192.0.2.4} name{h} rcpt{nnn@e.example} rejected "
	    "@rcpt reply{554} dsn{5.7.1} reason{<nnn@e.example>: Relay access "
	    "denied; from=<s}");
	/* ... unless it is the sender's or the text stands in the address */
	expect(SMTPD,
	    "NOQUEUE: reject: RCPT from h[192.0.2.4]: 550 5.1.8 <s@e.org>: "
	    "Sender address rejected: Domain not found; from=<s@e.org> to=<nn",
	    "reject client{192.0.2.4} name{h} rejected @rcpt reply{550} "
	    "dsn{5.1.8} reason{<s@e.org>: Sender address rejected: Domain not "
	    "found; from=<s@e.org> to=<nn}");
	expect(SMTPD,
	    "NOQUEUE: reject: RCPT from h[192.0.2.4]: 550 5.1.1 <\"v>: "
	    "Recipient address rejected: x; from=<a@b> to=<\"@e.example>: "
	    "Recipient address rej",
	    "reject client{192.0.2.4} name{h} rejected @rcpt reply{550} "
	    "dsn{5.1.1} reason{<\"v>: Recipient address rejected: x; "
	    "from=<a@b> to=<\"@e.example>: Recipient address rej}");
	expect("postfix/qmgr", "84ED020916: from=<a@b>, size=11", "unknown");
	expect(SMTP,
	    "84ED020916: to=<a@b.example>, relay=mx[192.0.2.1]:25, delay=1, "
	    "delays=1/0/0/0, dsn=2.0.0, status=sent (250 2.0.0 Ok: que",
	    "attempt id{84ED020916} rcpt{a@b.example} relay{mx[192.0.2.1]:25} "
	    "hop{192.0.2.1} delivered reply{250} dsn{2.0.0} "
	    "reason{250 2.0.0 Ok: que}");
}

static void
test_soft_verbs(void **state)
{
	(void)state;
	expect(SMTPD,
	    "NOQUEUE: reject_warning: RCPT from unknown[192.0.2.4]: 554 5.7.1 "
	    "Service unavailable; Client host [192.0.2.4] blocked using "
	    "bl.example; from=<> to=<a@b.example> proto=ESMTP helo=<h>",
	    "notice client{192.0.2.4} helo{h} proto{ESMTP} sender{} "
	    "rcpt{a@b.example} @rcpt dsn{5.7.1} reason{Service unavailable; "
	    "Client host [192.0.2.4] blocked using bl.example} text{Service "
	    "unavailable; Client host [192.0.2.4] blocked using bl.example} "
	    "kind{reject-warning}");
	expect(SMTPD,
	    "NOQUEUE: discard: RCPT from h[192.0.2.4]: <a@b.example>: "
	    "Recipient address triggers DISCARD action; from=<s@e.org> "
	    "to=<a@b.example> proto=ESMTP helo=<h>",
	    "reject client{192.0.2.4} name{h} helo{h} proto{ESMTP} "
	    "sender{s@e.org} rcpt{a@b.example} discarded @rcpt "
	    "reason{<a@b.example>: Recipient address triggers DISCARD action} "
	    "text{Recipient address triggers DISCARD action} kind{discard}");
	/* held before it has an id: the message is not over */
	expect(SMTPD,
	    "NOQUEUE: hold: RCPT from h[192.0.2.4]: <a@b.example>: Recipient "
	    "address triggers HOLD action; from=<s@e.org> to=<a@b.example> "
	    "proto=ESMTP helo=<h>",
	    "notice client{192.0.2.4} name{h} helo{h} proto{ESMTP} "
	    "sender{s@e.org} rcpt{a@b.example} quarantined @rcpt "
	    "reason{<a@b.example>: Recipient address triggers HOLD action} "
	    "text{Recipient address triggers HOLD action} kind{hold}");
	expect(SMTPD,
	    "NOQUEUE: filter: RCPT from h[192.0.2.4]: <a@b.example>: "
	    "Recipient address triggers FILTER smtp:[127.0.0.1]:10024; "
	    "from=<s@e.org> to=<a@b.example> proto=ESMTP helo=<h>",
	    "ignored");
}

static void
test_milter(void **state)
{
	(void)state;
	expect(CLEANUP,
	    "4jY3DW1WrJz1d9Mp: milter-reject: END-OF-MESSAGE from "
	    "unknown[2001:db8:113::344f]: 5.7.1 Virus found: Eicar-Test; "
	    "from=<s@e.org> to=<a@b.example> proto=ESMTP helo=<x]?[1>",
	    "reject id{4jY3DW1WrJz1d9Mp} client{2001:db8:113::344f} "
	    "helo{x]?[1} proto{ESMTP} sender{s@e.org} rcpt{a@b.example} "
	    "rejected @eom dsn{5.7.1} reason{Virus found: Eicar-Test} "
	    "text{Virus found: Eicar-Test} kind{milter-reject}");
	expect(CLEANUP,
	    "4jY3DW1WrJz1d9Mp: milter-reject: END-OF-MESSAGE from h[192.0.2.4]"
	    ": 4.7.1 Try again later; from=<> to=<a@b.example> proto=ESMTP "
	    "helo=<h>",
	    "reject id{4jY3DW1WrJz1d9Mp} client{192.0.2.4} name{h} helo{h} "
	    "proto{ESMTP} sender{} rcpt{a@b.example} tempfailed @eom "
	    "dsn{4.7.1} reason{Try again later} text{Try again later} "
	    "kind{milter-reject}");
	expect(SMTPD,
	    "NOQUEUE: milter-reject: RCPT from h[192.0.2.4]: 451 4.7.1 "
	    "Greylisting in action, please come back later; from=<s@e.org> "
	    "to=<a@b.example> proto=ESMTP helo=<h>",
	    "reject client{192.0.2.4} name{h} helo{h} proto{ESMTP} "
	    "sender{s@e.org} rcpt{a@b.example} tempfailed @rcpt reply{451} "
	    "dsn{4.7.1} reason{Greylisting in action, please come back later} "
	    "text{Greylisting in action, please come back later} "
	    "kind{milter-reject}");
	expect(CLEANUP,
	    "84ED020916: milter-hold: END-OF-MESSAGE from h[192.0.2.4]: "
	    "milter triggers HOLD action; from=<s@e.org> to=<a@b.example> "
	    "proto=ESMTP helo=<h>",
	    "reject id{84ED020916} client{192.0.2.4} name{h} helo{h} "
	    "proto{ESMTP} sender{s@e.org} rcpt{a@b.example} quarantined @eom "
	    "reason{milter triggers HOLD action} "
	    "text{milter triggers HOLD action} kind{milter-hold}");
	expect(CLEANUP,
	    "84ED020916: milter-discard: END-OF-MESSAGE from h[192.0.2.4]: "
	    "milter triggers DISCARD action; from=<s@e.org> to=<a@b.example> "
	    "proto=ESMTP helo=<h>",
	    "reject id{84ED020916} client{192.0.2.4} name{h} helo{h} "
	    "proto{ESMTP} sender{s@e.org} rcpt{a@b.example} discarded @eom "
	    "reason{milter triggers DISCARD action} "
	    "text{milter triggers DISCARD action} kind{milter-discard}");
}

static void
test_proxy(void **state)
{
	(void)state;
	expect(SMTPD,
	    "proxy-reject: END-OF-MESSAGE: 554 5.7.0 Reject, id=00199-10 - "
	    "spam; from=<s@e.org> to=<a@b.example> proto=ESMTP helo=<h> "
	    "sasl_username=<u@e.org>",
	    "reject helo{h} proto{ESMTP} auth{u@e.org} sender{s@e.org} "
	    "rcpt{a@b.example} rejected @eom reply{554} dsn{5.7.0} "
	    "reason{Reject, id=00199-10 - spam} "
	    "text{Reject, id=00199-10 - spam} kind{proxy-reject}");
	expect(SMTPD,
	    "proxy-accept: END-OF-MESSAGE: 250 2.0.0 from "
	    "MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as "
	    "DB494AA6A84; from=<s@e.org> to=<a@b.example> proto=ESMTP "
	    "helo=<h>",
	    "detail id{DB494AA6A84} helo{h} proto{ESMTP} sender{s@e.org}");
	expect(SMTPD,
	    "proxy-accept: END-OF-MESSAGE: 250 2.0.0 taken; from=<s@e.org> "
	    "to=<a@b.example> proto=ESMTP helo=<h>",
	    "ignored");
	expect(SMTPD,
	    "NOQUEUE: proxy-accept: END-OF-MESSAGE: 250 2.7.0 Ok, discarded, "
	    "id=00194-02 - INFECTED: Eicar; from=<s@e.org> to=<a@b.example> "
	    "proto=ESMTP helo=<h>",
	    "reject helo{h} proto{ESMTP} sender{s@e.org} rcpt{a@b.example} "
	    "discarded @eom reply{250} dsn{2.7.0} reason{Ok, discarded, "
	    "id=00194-02 - INFECTED: Eicar} text{Ok, discarded, id=00194-02 "
	    "- INFECTED: Eicar} kind{discard-reply}");
	expect(SMTPD,
	    "warning: proxy 127.0.0.1:10024 rejected \"EHLO mx\": \"500 bad\"",
	    "ignored");
}

static void
test_abort(void **state)
{
	(void)state;
	expect(SMTPD,
	    "lost connection after DATA (261 bytes) from h[192.0.2.4]:99",
	    "abort client{192.0.2.4} port{99} name{h} aborted @data "
	    "reason{lost connection after DATA (261 bytes)}");
	expect(SMTPD, "timeout after RCPT from unknown[192.0.2.4]",
	    "abort client{192.0.2.4} aborted @rcpt "
	    "reason{timeout after RCPT}");
	expect(SMTPD, "too many errors after AUTH from unknown[192.0.2.4]",
	    "abort client{192.0.2.4} aborted @auth "
	    "reason{too many errors after AUTH}");
	expect(SMTPD, "lost connection after UNKNOWN from unknown[unknown]",
	    "abort aborted reason{lost connection after UNKNOWN}");
	/* the message before was taken already */
	expect(SMTPD, "timeout after END-OF-MESSAGE from unknown[192.0.2.4]",
	    "ignored");
	expect(SMTPD, "lost connection after LUNCH from unknown[192.0.2.4]",
	    "unknown");
}

static void
test_smtpd_warnings(void **state)
{
	(void)state;
	expect(SMTPD,
	    "warning: Connection rate limit exceeded: 11 from h[192.0.2.4] "
	    "for service smtp",
	    "reject client{192.0.2.4} name{h} tempfailed @connect reply{421} "
	    "dsn{4.7.0} reason{Connection rate limit exceeded}");
	expect(SMTPD,
	    "warning: Illegal address syntax from h[192.0.2.4]:99 in MAIL "
	    "command: <x> from v[198.51.100.66]",
	    "reject client{192.0.2.4} port{99} name{h} rejected @mail "
	    "reply{501} reason{Illegal address syntax}");
	expect(SMTPD,
	    "warning: Illegal address syntax from h[192.0.2.4] in MAIL "
	    "command: <a@-.example>",
	    "reject client{192.0.2.4} name{h} sender{a@-.example} rejected "
	    "@mail reply{501} reason{Illegal address syntax}");
	expect(SMTPD,
	    "warning: Illegal address syntax from h[192.0.2.4] in RCPT "
	    "command: <a b@example.org>",
	    "reject client{192.0.2.4} name{h} rcpt{a b@example.org} rejected "
	    "@rcpt reply{501} reason{Illegal address syntax}");
	expect(SMTPD,
	    "warning: Illegal address syntax from h[192.0.2.4] in RCPT "
	    "command: <a@example.org>,<b@example.org>",
	    "reject client{192.0.2.4} name{h} rejected @rcpt reply{501} "
	    "reason{Illegal address syntax}");
	expect(SMTPD,
	    "warning: h[192.0.2.4]:99: request longer than 2048: EHLO xxx...",
	    "ignored");
	expect(
	    SMTPD, "warning: reject: ETRN x... from h[192.0.2.4]", "ignored");
	expect(SMTPD, "NOQUEUE: abort: TLS from h[192.0.2.4]: no certificate",
	    "ignored");
	expect(SMTPD,
	    "warning: hostname a.example.org does not resolve to address "
	    "192.0.2.4: Name or service not known",
	    "ignored");
	expect(SMTPD,
	    "warning: SASL authentication failure: Password verification "
	    "failed",
	    "ignored");
	expect(SMTPD, "warning: what is this", "unknown");
	expect(SMTPD,
	    "Anonymous TLS connection established from h[192.0.2.4]: TLSv1.3 "
	    "with cipher X",
	    "connect client{192.0.2.4} name{h} tls{1}");
	expect(SMTPD,
	    "improper command pipelining after CONNECT from h[192.0.2.4]: "
	    "EHLO x\\r\\n",
	    "ignored");
	expect(SMTPD,
	    "table hash:/etc/postfix/x(0,lock|fold_fix) has changed -- "
	    "restarting",
	    "ignored");
}

static void
test_cleanup(void **state)
{
	(void)state;
	expect(CLEANUP, "3F493AA6197: message-id=<a@b.example>",
	    "detail id{3F493AA6197} msgid{<a@b.example>}");
	expect(CLEANUP,
	    "3F493AA6197: message-id=", "detail id{3F493AA6197} msgid{}");
	expect(
	    CLEANUP, "3F493AA6197: resent-message-id=<a@b.example>", "ignored");
	expect(CLEANUP,
	    "3F493AA6197: message-id=<foo> to=<x@y>, status=sent (x@z)",
	    "detail id{3F493AA6197} "
	    "msgid{<foo> to=<x@y>, status=sent (x@z)}");
	expect(CLEANUP, "3F493AA6197: message-id=<x@y, size=99999, nrcpt=7>",
	    "detail id{3F493AA6197} msgid{<x@y, size=99999, nrcpt=7>}");
	expect(CLEANUP, "message-id=<a@b.example>", "unknown");
	expect(CLEANUP,
	    "warning: milter inet:127.0.0.1:8891: can't read SMFIC_BODYEOB "
	    "reply packet header: Connection timed out",
	    "ignored");
	expect(CLEANUP,
	    "84ED020916: to=<a@b.example>, relay=none, delay=0, "
	    "delays=0/0/0/0, dsn=5.4.6, status=bounced (alias loop)",
	    "attempt id{84ED020916} rcpt{a@b.example} bounced dsn{5.4.6} "
	    "reason{alias loop}");
}

static void
test_header_checks(void **state)
{
	(void)state;
	expect(CLEANUP,
	    "84ED020916: reject: header Subject: win from casino from "
	    "h[192.0.2.4]:99; from=<s@e.org> to=<a@b.example> proto=ESMTP "
	    "helo=<h>: 5.7.1 unwanted content",
	    "reject id{84ED020916} client{192.0.2.4} port{99} name{h} helo{h} "
	    "proto{ESMTP} sender{s@e.org} rcpt{a@b.example} "
	    "subject{win from casino} rejected @eom dsn{5.7.1} "
	    "reason{unwanted content} text{unwanted content} "
	    "kind{header-reject}");
	expect(CLEANUP,
	    "84ED020916: warning: header Subject: News from local; "
	    "from=<s@e.org> to=<a@b.example>: seen",
	    "detail id{84ED020916} subject{News}\n"
	    "notice id{84ED020916} sender{s@e.org} rcpt{a@b.example} "
	    "subject{News} @eom reason{seen} text{seen} "
	    "kind{header-warning}");
	expect(CLEANUP,
	    "84ED020916: info: header Subject: Hello from h[192.0.2.4]; "
	    "from=<s@e.org> to=<a@b.example> proto=ESMTP helo=<h>",
	    "detail id{84ED020916} subject{Hello}");
	expect(CLEANUP,
	    "84ED020916: replace: header X-A: b from h[192.0.2.4]; "
	    "from=<s@e.org> to=<a@b.example> proto=ESMTP helo=<h>: X-A: c",
	    "ignored");
	expect(CLEANUP,
	    "84ED020916: milter-header-hold: header X-Spam: Yes from "
	    "h[192.0.2.4]; from=<s@e.org> to=<a@b.example> proto=ESMTP "
	    "helo=<h>",
	    "reject id{84ED020916} client{192.0.2.4} name{h} helo{h} "
	    "proto{ESMTP} sender{s@e.org} rcpt{a@b.example} quarantined "
	    "@eom");
	/* a subject that ends as the line does */
	expect(CLEANUP,
	    "84ED020916: reject: header Subject: x from v[198.51.100.66]; "
	    "from=<a@victim.example> to=<b@c.example> proto=ESMTP helo=<v>: "
	    "5.7.1 Virus from h[192.0.2.4]; from=<s@e.org> to=<a@b.example> "
	    "proto=ESMTP helo=<h>: 5.7.1 unwanted content",
	    "reject id{84ED020916} client{192.0.2.4} name{h} helo{h} "
	    "proto{ESMTP} sender{s@e.org} rcpt{a@b.example} "
	    "subject{x from v[198.51.100.66]; from=<a@victim.example> "
	    "to=<b@c.example> proto=ESMTP helo=<v>: 5.7.1 Virus} rejected "
	    "@eom dsn{5.7.1} reason{unwanted content} text{unwanted content} "
	    "kind{header-reject}");
}

static void
test_queue(void **state)
{
	(void)state;
	expect("postfix/qmgr",
	    "84ED020916: from=<a@b.example>, size=1135, nrcpt=46 (queue "
	    "active)",
	    "detail id{84ED020916} sender{a@b.example} nrcpt{46} size{1135}");
	expect("postfix/nqmgr",
	    "84ED020916: from=<>, size=1, nrcpt=1 (queue active)",
	    "detail id{84ED020916} sender{} nrcpt{1} size{1}");
	expect("postfix/qmgr",
	    "84ED020916: from=<\"x>, size=9, nrcpt=9 (queue active)\"@e.org>, "
	    "size=1135, nrcpt=1 (queue active)",
	    "detail id{84ED020916} "
	    "sender{\"x>, size=9, nrcpt=9 (queue active)\"@e.org} nrcpt{1} "
	    "size{1135}");
	expect("postfix/qmgr",
	    "84ED020916: from=<\"x>, status=expired, returned to "
	    "sender\"@e.org>, status=expired, returned to sender",
	    "attempt id{84ED020916} sender{\"x>, status=expired, returned to "
	    "sender\"@e.org} expired reason{expired, returned to sender}");
	expect("postfix/qmgr",
	    "84ED020916: from=<a@b>, status=force-expired, returned to "
	    "sender",
	    "attempt id{84ED020916} sender{a@b} expired "
	    "reason{force-expired, returned to sender}");
	expect("postfix/qmgr", "84ED020916: removed", "end id{84ED020916}");
	expect("postfix/qmgr", "84ED020916: removed today", "unknown");
	expect("postfix/qmgr", "84ED020916: skipped, still being delivered",
	    "ignored");
	expect("postfix/pickup", "84ED020916: uid=42 from=<\"a b\"@e.org>",
	    "arrival id{84ED020916} sender{\"a b\"@e.org}");
	expect("postfix/pickup",
	    "84ED020916: uid=102 from=<a@e.org> orig_id=67D8720887",
	    "arrival id{84ED020916} sender{a@e.org} reinjected\n"
	    "same id{84ED020916} parent{67D8720887}");
	expect("postfix/bounce",
	    "84ED020916: sender non-delivery notification: 67D8720887",
	    "child id{67D8720887} parent{84ED020916}");
	expect("postfix/bounce",
	    "84ED020916: sender delivery status notification: 67D8720887",
	    "child id{67D8720887} parent{84ED020916}");
	expect("postfix/bounce",
	    "84ED020916: postmaster delay notification: 67D8720887",
	    "child id{67D8720887} parent{84ED020916}");
	expect("postfix/bounce", "84ED020916: sender notification: no id",
	    "unknown");
	expect(
	    "postfix/postsuper", "84ED020916: removed", "end id{84ED020916}");
	expect("postfix/postsuper", "Deleted: 1 message", "ignored");
}

static void
test_delivery(void **state)
{
	(void)state;
	expect(SMTP,
	    "84ED020916: to=<a@b.example>, orig_to=<root>, "
	    "relay=127.0.0.1[127.0.0.1]:10024, conn_use=2, delay=2.5, "
	    "delays=1.6/0.01/0.08/0.81, dsn=2.0.0, status=sent (250 2.0.0 "
	    "from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as "
	    "C6B01AA637C)",
	    "attempt id{84ED020916} queued_as{C6B01AA637C} rcpt{a@b.example} "
	    "orig{root} relay{127.0.0.1[127.0.0.1]:10024} hop{127.0.0.1} "
	    "delivered reply{250} dsn{2.0.0} reason{250 2.0.0 from "
	    "MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as "
	    "C6B01AA637C}");
	expect("postfix/lmtp",
	    "84ED020916: to=<a@b.example>, relay=mx[private/dovecot-lmtp], "
	    "delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 2.0.0 "
	    "<a@b.example> Zx1 Saved)",
	    "attempt id{84ED020916} rcpt{a@b.example} "
	    "relay{mx[private/dovecot-lmtp]} delivered reply{250} dsn{2.0.0} "
	    "reason{250 2.0.0 <a@b.example> Zx1 Saved}");
	expect("postfix/virtual",
	    "84ED020916: to=<a@b.example>, relay=virtual, delay=0, "
	    "delays=0/0/0/0, dsn=2.0.0, status=sent (delivered to maildir)",
	    "attempt id{84ED020916} rcpt{a@b.example} relay{virtual} "
	    "delivered dsn{2.0.0} reason{delivered to maildir}");
	expect("postfix/local",
	    "84ED020916: to=<a@b.example>, relay=local, delay=0, "
	    "delays=0/0/0/0, dsn=2.0.0, status=sent (forwarded as "
	    "C6B01AA637C)",
	    "attempt id{84ED020916} queued_as{C6B01AA637C} rcpt{a@b.example} "
	    "relay{local} delivered dsn{2.0.0} "
	    "reason{forwarded as C6B01AA637C}\n"
	    "same id{C6B01AA637C} parent{84ED020916}");
	expect(SMTP,
	    "84ED020916: to=<a@b.example>, relay=none, delay=58, "
	    "delays=58/0.01/0/0, dsn=4.4.1, status=deferred (connect to "
	    "mx.b.example[198.51.100.226]:25: Connection refused)",
	    "attempt id{84ED020916} rcpt{a@b.example} deferred dsn{4.4.1} "
	    "reason{connect to mx.b.example[198.51.100.226]:25: Connection "
	    "refused}");
	expect("postfix/error",
	    "84ED020916: to=<a@b.example>, relay=none, delay=58, "
	    "delays=58/0/0/0, dsn=4.7.0, status=deferred (delivery "
	    "temporarily suspended: host mx[198.51.100.1] refused to talk to "
	    "me: 421 4.7.0 busy)",
	    "attempt id{84ED020916} rcpt{a@b.example} deferred reply{421} "
	    "dsn{4.7.0} reason{delivery temporarily suspended: host "
	    "mx[198.51.100.1] refused to talk to me: 421 4.7.0 busy}");
	/* 2.2 and before */
	expect(SMTP,
	    "84ED020916: to=<a@b.example>, relay=mx[198.51.100.1], delay=2, "
	    "status=sent (250 Ok: queued as 67D8720887)",
	    "attempt id{84ED020916} queued_as{67D8720887} rcpt{a@b.example} "
	    "relay{mx[198.51.100.1]} hop{198.51.100.1} delivered reply{250} "
	    "reason{250 Ok: queued as 67D8720887}");
	expect("postfix/smtp",
	    "84ED020916: to=<a@b.example>, relay=mx[198.51.100.1]:25, "
	    "delay=2, delays=0/0/0/2, dsn=5.0.0, status=SOFTBOUNCE (host "
	    "mx[198.51.100.1] said: 550 no (in reply to MAIL FROM command))",
	    "attempt id{84ED020916} rcpt{a@b.example} "
	    "relay{mx[198.51.100.1]:25} hop{198.51.100.1} deferred reply{550} "
	    "dsn{5.0.0} reason{host mx[198.51.100.1] said: 550 no (in reply "
	    "to MAIL FROM command)}");
	expect(SMTP,
	    "84ED020916: to=<a@b.example>, relay=none, delay=2, "
	    "delays=0/0/0/2, tls=dane:verified, dsn=4.0.0, status=deferred "
	    "(later)",
	    "attempt id{84ED020916} rcpt{a@b.example} deferred dsn{4.0.0} "
	    "reason{later}");
	expect(SMTP,
	    "84ED020916: to=<a@b.example>, relay=none, news=2, dsn=4.0.0, "
	    "status=deferred (later)",
	    "unknown");
	/* a probe of verify(8) is no mail; a new status is news */
	expect(SMTP,
	    "84ED020916: to=<a@b.example>, relay=mx[198.51.100.1]:25, "
	    "delay=2, delays=0/0/0/2, dsn=2.1.5, status=deliverable (250 ok)",
	    "ignored");
	expect(SMTP,
	    "84ED020916: to=<a@b.example>, relay=mx[198.51.100.1]:25, "
	    "delay=2, delays=0/0/0/2, dsn=2.1.5, status=odd (250 ok)",
	    "unknown");
	expect(SMTP,
	    "connect to mx.b.example[198.51.100.226]:25: Connection refused",
	    "ignored");
	expect(SMTP,
	    "84ED020916: host mx[198.51.100.1] said: 450 4.2.1 to=<x@y>, "
	    "relay=local, delay=0, status=sent (in reply to RCPT TO command)",
	    "ignored");
}

static void
test_next_hop_id(void **state)
{
	(void)state;
	expect(SMTP,
	    "84ED020916: to=<a@b.example>, relay=mx[198.51.100.1]:25, "
	    "delay=2, dsn=2.0.0, status=sent (250 OK id=1wvEkk-0000000D5zb-"
	    "42By)",
	    "attempt id{84ED020916} queued_as{1wvEkk-0000000D5zb-42By} "
	    "rcpt{a@b.example} relay{mx[198.51.100.1]:25} hop{198.51.100.1} "
	    "delivered reply{250} dsn{2.0.0} "
	    "reason{250 OK id=1wvEkk-0000000D5zb-42By}");
	expect(SMTP,
	    "84ED020916: to=<a@b.example>, relay=mx[198.51.100.1]:25, "
	    "delay=2, dsn=2.0.0, status=sent (250 2.0.0 5AN0abcd012345 "
	    "Message accepted for delivery)",
	    "attempt id{84ED020916} queued_as{5AN0abcd012345} "
	    "rcpt{a@b.example} relay{mx[198.51.100.1]:25} hop{198.51.100.1} "
	    "delivered reply{250} dsn{2.0.0} reason{250 2.0.0 5AN0abcd012345 "
	    "Message accepted for delivery}");
	/* only success hands a message on */
	expect(SMTP,
	    "84ED020916: to=<a@b.example>, relay=mx[198.51.100.1]:25, "
	    "delay=2, dsn=4.0.0, status=deferred (host mx[198.51.100.1] said: "
	    "450 Ok: queued as 67D8720887)",
	    "attempt id{84ED020916} rcpt{a@b.example} "
	    "relay{mx[198.51.100.1]:25} hop{198.51.100.1} deferred reply{450} "
	    "dsn{4.0.0} reason{host mx[198.51.100.1] said: 450 Ok: queued as "
	    "67D8720887}");
}

static void
test_filter_discards(void **state)
{
	(void)state;
	expect(SMTP,
	    "84ED020916: to=<a@b.example>, relay=127.0.0.1[127.0.0.1]:10024, "
	    "delay=2, delays=0/0/0/2, dsn=2.7.0, status=sent (250 2.7.0 Ok, "
	    "discarded, id=00194-02 - INFECTED: Eicar)",
	    "attempt id{84ED020916} rcpt{a@b.example} "
	    "relay{127.0.0.1[127.0.0.1]:10024} hop{127.0.0.1} discarded "
	    "reply{250} dsn{2.7.0} reason{250 2.7.0 Ok, discarded, "
	    "id=00194-02 - INFECTED: Eicar} text{Ok, discarded, id=00194-02 "
	    "- INFECTED: Eicar} kind{discard-reply}");
	expect(SMTP,
	    "84ED020916: to=<a@b.example>, relay=127.0.0.1[127.0.0.1]:10024, "
	    "delay=2, delays=0/0/0/2, dsn=5.7.0, status=bounced (host "
	    "127.0.0.1[127.0.0.1] said: 554 5.7.0 Reject, id=00194-02 - "
	    "INFECTED: Eicar (in reply to end of DATA command))",
	    "attempt id{84ED020916} rcpt{a@b.example} "
	    "relay{127.0.0.1[127.0.0.1]:10024} hop{127.0.0.1} bounced "
	    "reply{554} dsn{5.7.0} reason{host 127.0.0.1[127.0.0.1] said: "
	    "554 5.7.0 Reject, id=00194-02 - INFECTED: Eicar (in reply to "
	    "end of DATA command)} text{Reject, id=00194-02 - INFECTED: "
	    "Eicar} kind{proxy-reject}");
	/* the same words of a remote host are no verdict of ours */
	expect(SMTP,
	    "84ED020916: to=<a@b.example>, relay=mx[198.51.100.1]:25, "
	    "delay=2, delays=0/0/0/2, dsn=2.7.0, status=sent (250 2.7.0 Ok, "
	    "discarded, id=1 - INFECTED: x)",
	    "attempt id{84ED020916} rcpt{a@b.example} "
	    "relay{mx[198.51.100.1]:25} hop{198.51.100.1} discarded "
	    "reply{250} dsn{2.7.0} "
	    "reason{250 2.7.0 Ok, discarded, id=1 - INFECTED: x}");
}

static void
test_trap_delivery(void **state)
{
	(void)state;
	/* a remote reply */
	expect(SMTP,
	    "84ED020916: to=<\"sp ace\"@b.example>, "
	    "relay=mx.b.example[198.51.100.225]:25, delay=0, delays=0/0/0/0, "
	    "dsn=5.1.1, status=bounced (host mx.b.example[198.51.100.225] "
	    "said: 550 5.1.1 User unknown; to=<fake@inject.example>, "
	    "relay=local, status=sent (250 Ok: queued as 67D8720887) (in "
	    "reply to RCPT TO command))",
	    "attempt id{84ED020916} rcpt{\"sp ace\"@b.example} "
	    "relay{mx.b.example[198.51.100.225]:25} hop{198.51.100.225} "
	    "bounced reply{550} dsn{5.1.1} reason{host "
	    "mx.b.example[198.51.100.225] said: 550 5.1.1 User unknown; "
	    "to=<fake@inject.example>, relay=local, status=sent (250 Ok: "
	    "queued as 67D8720887) (in reply to RCPT TO command)}");
	/* addresses */
	expect(SMTP,
	    "84ED020916: to=<\"x>, relay=local, delay=0, status=sent (y\""
	    "@b.example>, orig_to=<\"z>, relay=v[198.51.100.66]\"@b.example>, "
	    "relay=mx[198.51.100.1]:25, delay=0, delays=0/0/0/0, dsn=4.0.0, "
	    "status=deferred (later)",
	    "attempt id{84ED020916} "
	    "rcpt{\"x>, relay=local, delay=0, status=sent (y\"@b.example} "
	    "orig{\"z>, relay=v[198.51.100.66]\"@b.example} "
	    "relay{mx[198.51.100.1]:25} hop{198.51.100.1} deferred "
	    "dsn{4.0.0} reason{later}");
	/* as 3.4 and before write it: bare */
	expect(SMTP,
	    "84ED020916: to=<a>b@b.example>, relay=mx[198.51.100.1]:25, "
	    "delay=0, delays=0/0/0/0, dsn=4.0.0, status=deferred (later)",
	    "attempt id{84ED020916} rcpt{a>b@b.example} "
	    "relay{mx[198.51.100.1]:25} hop{198.51.100.1} deferred "
	    "dsn{4.0.0} reason{later}");
}

static void
test_postscreen(void **state)
{
	(void)state;
	expect(SCREEN, "CONNECT from [192.0.2.4]:51622 to [192.0.2.10]:25",
	    "ignored");
	expect(SCREEN, "PASS OLD [192.0.2.4]:51622", "ignored");
	expect(SCREEN,
	    "PREGREET 11 after 0.23 from [192.0.2.4]:51622: EHLO User\\r\\n",
	    "ignored");
	expect(SCREEN,
	    "HANGUP after 0.1 from [192.0.2.4]:51622 in tests before SMTP "
	    "handshake",
	    "ignored");
	expect(SCREEN, "DNSBL rank 3 for [192.0.2.4]:51622",
	    "notice client{192.0.2.4} port{51622} text{DNSBL rank 3} "
	    "kind{postscreen}");
	expect(SCREEN, "BLACKLISTED [2001:db8::4]:51622",
	    "notice client{2001:db8::4} port{51622} text{DENYLISTED} "
	    "kind{postscreen}");
	expect(SCREEN,
	    "NOQUEUE: reject: RCPT from [192.0.2.4]:60591: 550 5.7.1 Service "
	    "unavailable; client [192.0.2.4] blocked using bl.example; "
	    "from=<s@e.org>, to=<a@b.example>, proto=ESMTP, helo=<h x>",
	    "reject client{192.0.2.4} port{60591} helo{h x} proto{ESMTP} "
	    "sender{s@e.org} rcpt{a@b.example} rejected @rcpt reply{550} "
	    "dsn{5.7.1} reason{Service unavailable; client [192.0.2.4] "
	    "blocked using bl.example} text{Service unavailable; client "
	    "[192.0.2.4] blocked using bl.example} kind{reject}");
	expect(SCREEN,
	    "NOQUEUE: reject: RCPT from [192.0.2.4]:99: 450 4.3.2 Service "
	    "currently unavailable; from=<a@b.example>>, to=<r@d.example>, "
	    "proto=ESMTP, helo=<h>",
	    "reject client{192.0.2.4} port{99} helo{h} proto{ESMTP} "
	    "sender{a@b.example>} rcpt{r@d.example} tempfailed @rcpt "
	    "reply{450} dsn{4.3.2} reason{Service currently unavailable} "
	    "text{Service currently unavailable} kind{reject}");
	expect(
	    SCREEN, "BDAT without valid RCPT from [192.0.2.4]:99", "ignored");
	/* postscreen prints a HELO as it was sent */
	expect(SCREEN,
	    "NOQUEUE: reject: RCPT from [192.0.2.4]:60591: 450 4.3.2 Service "
	    "currently unavailable; from=<s@e.org>, to=<a@b.example>, "
	    "proto=ESMTP, helo=<h>; from=<v@victim.example>, to=<x@y>, "
	    "proto=ESMTP, helo=<z>",
	    "reject client{192.0.2.4} port{60591} helo{h>; "
	    "from=<v@victim.example>, to=<x@y>, proto=ESMTP, helo=<z} "
	    "proto{ESMTP} sender{s@e.org} rcpt{a@b.example} tempfailed @rcpt "
	    "reply{450} dsn{4.3.2} reason{Service currently unavailable} "
	    "text{Service currently unavailable} kind{reject}");
	expect(SCREEN,
	    "NOQUEUE: reject: CONNECT from [192.0.2.4]:60591: too many "
	    "connections",
	    "reject client{192.0.2.4} port{60591} tempfailed @connect "
	    "reason{too many connections}");
	expect(SCREEN, "GREETED [192.0.2.4]:60591", "unknown");
}

static void
test_others(void **state)
{
	(void)state;
	expect("postfix/anvil",
	    "statistics: max connection rate 1/60s for (smtpd:192.0.2.4) at "
	    "Oct 26 18:13:50",
	    "ignored");
	expect("postfix/dnsblog",
	    "addr 192.0.2.4 listed by domain bl.example as 127.0.0.2",
	    "ignored");
	expect("postfix/master", "daemon started -- version 3.7.11", "ignored");
	expect("postfix/master", "an unheard-of word", "unknown");
	expect("postfix/postfix-script", "starting the Postfix mail system",
	    "ignored");
	expect("postfix/trivial-rewrite",
	    "table hash:/etc/postfix/t(0,lock) has changed -- restarting",
	    "ignored");
	expect("postfix/nosuch", "84ED020916: removed", "unknown");
}

/* Hex is upper case, the long form has its "z" and no vowels. */
static void
test_queue_ids(void **state)
{
	static const char *const good[] = {
	    "12345", "AE8E32C60819", "3mPVKl0Mhjz7sXv", "4Lyb5328XVzj9Jl"};
	static const char *const bad[] = {"1234", "ae8e32c60819", "warning",
	    "4Lyb5328XVj9Jl", "4Lyb5328XVzj9Ja", "NOQUEUEX", "84ED020916 ",
	    "0123456789012345678901234567890"};
	char line[80];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		snprintf(line, sizeof(line), "%s: removed", good[i]);
		read_line(STR("postfix/qmgr"), str_z(line));
		assert_true(str_starts(str_z(out), STR("end id{")));
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		snprintf(line, sizeof(line), "%s: removed", bad[i]);
		expect("postfix/qmgr", line, "unknown");
	}
}

static void
emit_nothing(
    struct event_sink *sink, struct str instance, const struct event *ev)
{
	(void)sink;
	(void)instance;
	(void)ev;
}

/* A megabyte made of what the readers look for takes no noticeable time;
 * were any of them quadratic, this would run for minutes. */
static void
test_hostile_length(void **state)
{
	static const struct {
		const char *program, *head, *piece;
	} lines[] = {
	    {SMTPD, "NOQUEUE: reject: RCPT from h[192.0.2.4]: 550 5.1.1 ",
	        "; from=<\"x> to=<\"y proto=ESMTP helo=<z>"},
	    {SMTPD, "NOQUEUE: reject: RCPT from h[192.0.2.4]: 550 5.1.1 ",
	        " to=<a"},
	    {SMTPD, "NOQUEUE: reject: RCPT from h[192.0.2.4]: 550 5.1.1 ",
	        " to=<\"\\"},
	    {CLEANUP, "84ED020916: reject: header ", "x>: from h[1]; from=<"},
	    {SMTP, "84ED020916: to=<", "a>, relay"},
	    {SMTP, "84ED020916: to=<a@b>, relay=x, ", "delay=1, "},
	    {"postfix/qmgr", "84ED020916: from=<", ">, size=1"},
	};
	size_t n = 1 << 20;
	char *text = malloc(n);

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		size_t at = strlen(lines[i].head);
		size_t step = strlen(lines[i].piece);
		struct log_line in = {.program = str_z(lines[i].program)};
		struct event_sink sink = {emit_nothing};

		memcpy(text, lines[i].head, at);
		for (; at + step < n; at += step)
			memcpy(text + at, lines[i].piece, step);
		text[at] = '>';
		in.text = str_of(text, at + 1);
		alarm(20); /* ends the program */
		assert_int_not_equal(
		    parser_postfix.line(NULL, &in, NULL, &sink), PARSED_IGNORED);
		alarm(0);
	}
	free(text);
}

/* Our lab's logs, where they are copied to: nothing in them is unknown. */
static void
read_lab(const char *variant)
{
	struct logfile_options opt = {.year = 2026};
	struct event_sink sink = {emit_nothing};
	struct log_line line;
	struct logfile *f;
	struct evidence ev;
	enum line_kind kind;
	struct str raw;
	struct err e;
	char path[512];
	size_t n = 0;

	snprintf(path, sizeof(path), "%s/tests/lab/postfix/%s/mail.log.xz",
	    SOURCE_TREE, variant);
	if (access(path, R_OK) != 0)
		skip();
	assert_int_equal(logfile_open(&f, path, &opt, &e), 0);
	for (;;) {
		assert_true(logfile_next(f, &kind, &line, &raw, &ev, &e) >= 0);
		if (kind == LINE_END)
			break;
		if (kind != LINE_HEADED ||
		    !parser_postfix.claims(NULL, line.program))
			continue;
		n++;
		if (parser_postfix.line(NULL, &line, NULL, &sink) ==
		    PARSED_UNKNOWN)
			fail_msg("%s: %.*s", path, STR_FMT(raw));
	}
	logfile_close(f);
	assert_true(n > 1000);
}

static void
test_lab(void **state)
{
	read_lab(*state);
}

#define LAB(v)                                                                 \
	{                                                                      \
		"test_lab_" v, test_lab, NULL, NULL, (void *)(uintptr_t)v      \
	}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_claims),
	    cmocka_unit_test(test_instance),
	    cmocka_unit_test(test_session),
	    cmocka_unit_test(test_arrival),
	    cmocka_unit_test(test_xforward),
	    cmocka_unit_test(test_trap_sasl),
	    cmocka_unit_test(test_reject),
	    cmocka_unit_test(test_trap_text),
	    cmocka_unit_test(test_trap_envelope),
	    cmocka_unit_test(test_cut),
	    cmocka_unit_test(test_refused_data),
	    cmocka_unit_test(test_own_trouble),
	    cmocka_unit_test(test_soft_verbs),
	    cmocka_unit_test(test_milter),
	    cmocka_unit_test(test_proxy),
	    cmocka_unit_test(test_abort),
	    cmocka_unit_test(test_smtpd_warnings),
	    cmocka_unit_test(test_cleanup),
	    cmocka_unit_test(test_header_checks),
	    cmocka_unit_test(test_queue),
	    cmocka_unit_test(test_delivery),
	    cmocka_unit_test(test_next_hop_id),
	    cmocka_unit_test(test_filter_discards),
	    cmocka_unit_test(test_trap_delivery),
	    cmocka_unit_test(test_postscreen),
	    cmocka_unit_test(test_others),
	    cmocka_unit_test(test_queue_ids),
	    cmocka_unit_test(test_hostile_length),
	    LAB("amavis"),
	    LAB("milter"),
	    LAB("policy"),
	    LAB("prequeue"),
	    LAB("rspamd"),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
