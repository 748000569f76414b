/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines about an SMTP peer (Exim's smtp_in.c, acl.c, daemon.c):
 *   H=host (helo) [addr]:port F=<sender> rejected RCPT <a@b>: ACL's message
 *   ID H=... Warning: ACL's message
 *   SMTP connection from host (helo) [addr]:port lost while reading ...
 *   rejected EHLO from host [addr]: syntactically invalid argument(s): ...
 * event.text is only what our own server's configuration wrote.
 */
#include "parsers/exim.h"

/* What one of our ACLs refused. */
struct refusal {
	struct event ev;
	struct str recipient;
	struct str helo; /* of the EHLO that was refused */
};

static void
emit_refusal(struct exim_line *l, struct refusal *r)
{
	if (str_has(r->recipient)) {
		r->ev.recipients = &r->recipient;
		r->ev.nrecipients = 1;
	}
	exim_emit(l, &r->ev);
}

static struct str
cut_at(struct str text, struct str what)
{
	ptrdiff_t at = what.n ? str_find(text, what) : -1;

	return at < 0 ? text : str_head(text, (size_t)at);
}

/* The part of an ACL's message that no peer chose: not a leading address, not
 * a remote host's reply to a callout, nothing from the envelope on. */
static struct str
own_text(struct str text, const struct refusal *r)
{
	struct str addr;

	if (exim_bracketed(&text, &addr))
		str_skip(&text, STR(": "));
	text = cut_at(text, STR(" response to \""));
	if (str_chr(r->ev.sender, '@') >= 0)
		text = cut_at(text, r->ev.sender);
	if (str_chr(r->recipient, '@') >= 0)
		text = cut_at(text, r->recipient);
	return text;
}

/* ": message", with the reply code if the ACL gives one; an ACL cannot turn
 * a 5xx into a 4xx (smtp_in.c, smtp_message_code). */
static void
refusal_text(struct refusal *r, struct str s)
{
	int reply = r->ev.reply;

	if (s.n)
		r->ev.reason = s;
	if (!str_skip(&s, STR(": ")))
		return;
	r->ev.reason = s;
	exim_reply(&r->ev, s);
	if (r->ev.reply / 100 != reply / 100)
		r->ev.reply = reply;
	r->ev.text = own_text(s, r);
	r->ev.text_kind = STR("acl-reject");
}

/* The command's argument as the client sent it: "<a@b>", or anything. */
static struct str
argument(struct str *s, struct str known)
{
	struct str addr, rest = *s;

	if (known.n && str_skip(&rest, known) &&
	    (rest.n == 0 || str_starts(rest, STR(": ")))) {
		*s = rest;
		return known;
	}
	rest = *s;
	if (!exim_bracketed(&rest, &addr)) {
		addr = exim_word(&rest);
		if (str_ends(addr, STR(":"))) {
			addr.n--;
			rest = str_of(rest.p - 1, rest.n + 1);
		}
	}
	if (rest.n && !str_starts(rest, STR(": ")))
		return STR_NONE; /* no telling where our words begin */
	*s = rest;
	return addr;
}

struct where {
	struct str what;
	enum stage stage;
	int reply; /* for a permanent one; acl_wherecodes in globals.c */
	enum { PLAIN, SENDER, RECIPIENT, HELO, WORD } argument;
};

static const struct where where[] = {
    {STR("RCPT "), STAGE_RCPT, 550, RECIPIENT},
    {STR("MAIL "), STAGE_MAIL, 550, SENDER},
    {STR("EHLO or HELO "), STAGE_HELO, 550, HELO},
    {STR("connection in \"connect\" ACL"), STAGE_CONNECT, 550, PLAIN},
    {STR("after DATA PRDR"), STAGE_EOM, 550, PLAIN},
    {STR("after DATA"), STAGE_EOM, 550, PLAIN},
    {STR("during MIME ACL checks"), STAGE_EOM, 550, PLAIN},
    {STR("DKIM"), STAGE_EOM, 550, PLAIN},
    {STR("DATA"), STAGE_DATA, 550, PLAIN},
    {STR("by local_scan()"), STAGE_EOM, 550, PLAIN},
    {STR("by non-SMTP ACL"), STAGE_EOM, 550, PLAIN},
    {STR("AUTH"), STAGE_AUTH, 503, WORD},
    {STR("STARTTLS"), STAGE_HELO, 550, PLAIN},
};

/* Commands that carry no mail. */
static bool
is_side_command(struct str s)
{
	return str_starts(s, STR("VRFY")) || str_starts(s, STR("EXPN")) ||
	       str_starts(s, STR("ETRN")) || str_starts(s, STR("QUIT"));
}

static void
refused_argument(struct refusal *r, const struct where *w, struct str *s)
{
	struct str known = STR_NONE, got;

	if (w->argument == PLAIN)
		return;
	if (w->argument == HELO)
		known = r->ev.helo.n ? r->ev.helo : r->ev.client_name;
	if (w->argument == WORD)
		str_skip(s, STR(" "));
	got = argument(s, known);
	if (w->argument == SENDER)
		r->ev.sender = got;
	if (w->argument == RECIPIENT)
		r->recipient = got;
	if (w->argument == HELO && str_has(got))
		r->ev.helo = got;
}

/* "rejected RCPT <a@b>: message"; s is what follows "rejected ". */
static enum parsed
rejected(struct exim_line *l, struct refusal *r, struct str s, bool temporary)
{
	if (is_side_command(s))
		return PARSED_IGNORED;
	for (size_t i = 0; i < sizeof(where) / sizeof(where[0]); i++) {
		if (!str_skip(&s, where[i].what))
			continue;
		r->ev.stage = where[i].stage;
		r->ev.reply = temporary ? 451 : where[i].reply;
		r->ev.disposition = temporary ? DISP_TEMPFAILED : DISP_REJECTED;
		refused_argument(r, &where[i], &s);
		refusal_text(r, s);
		emit_refusal(l, r);
		return PARSED_USED;
	}
	return PARSED_UNKNOWN;
}

/* "RCPT <a@b>: discarded by RCPT ACL: message" */
static enum parsed
discarded(struct exim_line *l, struct refusal *r, struct str s)
{
	r->recipient = argument(&s, STR_NONE);
	if (!str_skip(&s, STR(": discarded by ")))
		return PARSED_UNKNOWN;
	r->ev.stage = STAGE_RCPT;
	r->ev.disposition = DISP_DISCARDED;
	r->ev.reason = s;
	if (str_skip(&s, STR("RCPT ACL")) || str_skip(&s, STR("MAIL ACL")))
		refusal_text(r, s);
	emit_refusal(l, r);
	return PARSED_USED;
}

/* "incomplete transaction (RSET) from <sender> for a b": the client had some
 * recipients accepted and then sent no message.  Without recipients either
 * all of them were refused, which has its own lines, or it sent none. */
static enum parsed
incomplete(struct exim_line *l, struct refusal *r, struct str s)
{
	struct str recipients[EXIM_RECIPIENTS_MAX], how;
	bool lost;
	size_t n = 0;

	if (!str_until(&s, STR(") from "), &how) ||
	    !exim_bracketed(&s, &r->ev.sender))
		return PARSED_UNKNOWN;
	lost = str_eq(how, STR("connection lost"));
	if (str_skip(&s, STR(" for ")))
		n = exim_addresses(s, recipients, EXIM_RECIPIENTS_MAX);
	if (n == 0 && !lost)
		return PARSED_IGNORED;
	r->ev.kind = EVENT_ABORT;
	r->ev.disposition = DISP_ABORTED;
	r->ev.stage = n ? STAGE_RCPT : STAGE_MAIL;
	r->ev.reason = how;
	r->ev.nrcpt = (int)n;
	r->ev.recipients = recipients;
	r->ev.nrecipients = n < EXIM_RECIPIENTS_MAX ? n : EXIM_RECIPIENTS_MAX;
	exim_emit(l, &r->ev);
	return PARSED_USED;
}

static enum parsed
warning(struct exim_line *l, struct refusal *r, struct str s)
{
	r->ev.kind = EVENT_NOTICE;
	r->ev.text = s;
	r->ev.text_kind = STR("acl-warn");
	exim_emit(l, &r->ev);
	return PARSED_USED;
}

/* What a delivery says of a host that it could not use (smtp transport); the
 * outcome has a line of its own. */
static bool
is_host_trouble(struct str s)
{
	static const struct str any[] = {STR("Connection refused"),
	    STR("Connection timed out"), STR("Connection reset by peer"),
	    STR("No route to host"), STR("Network is unreachable"),
	    STR("Network Error"), STR("Host is down"), STR("Broken pipe"),
	    STR("TLS error"), STR("TLS session"), STR("DANE"),
	    STR("SMTP error from remote mail server after "),
	    STR("SMTP timeout"), STR("Remote host closed connection"),
	    STR("Invalid argument"), STR("Permission denied"),
	    STR("Cannot assign requested address"), STR("Operation timed out"),
	    STR("Host is unreachable"), STR("retry time not reached"),
	    STR("Operation not permitted"), STR("Connection closed"),
	    {NULL, 0}};

	str_skip(&s, STR(":"));
	str_skip(&s, STR(" "));
	for (const struct str *t = any; t->n; t++)
		if (str_starts(s, *t))
			return true;
	return false;
}

static enum parsed
peer_says(struct exim_line *l, struct refusal *r, struct str s)
{
	if (str_skip(&s, STR("rejected ")))
		return rejected(l, r, s, false);
	if (str_skip(&s, STR("temporarily rejected ")))
		return rejected(l, r, s, true);
	if (str_skip(&s, STR("Warning: ")))
		return warning(l, r, s);
	if (str_skip(&s, STR("RCPT ")))
		return discarded(l, r, s);
	if (str_skip(&s, STR("incomplete transaction (")))
		return incomplete(l, r, s);
	if (str_starts(s, STR("sender verify fail for ")) ||
	    str_starts(s, STR("sender verify defer for ")))
		return PARSED_IGNORED; /* the refused RCPT has its line */
	if (str_starts(s, STR("TLS error on connection ")))
		return PARSED_IGNORED;
	return PARSED_UNKNOWN;
}

static bool
is_peer_field(struct str s)
{
	static const struct str any[] = {STR("I=["), STR("U="), STR("P="),
	    STR("X="), STR("CV="), STR("DN=\""), STR("SNI="), STR("Ci="),
	    STR("PRX="), {NULL, 0}};

	for (const struct str *t = any; t->n; t++)
		if (str_starts(s, *t))
			return true;
	return false;
}

/* "F=<sender>", or without brackets from a local_scan(). */
static void
sender_field(struct refusal *r, struct str *s)
{
	if (!exim_bracketed(s, &r->ev.sender))
		r->ev.sender = exim_word(s);
}

/* "login:user"; user names come from our own authenticators. */
static void
auth_field(struct refusal *r, struct str value)
{
	str_split(&value, ':');
	if (str_has(value) && value.n)
		r->ev.auth_user = str_split(&value, ':');
}

static void
skip_interface(struct str *s)
{
	struct str own;

	if (!str_skip(s, STR(" I=[")))
		return;
	str_until(s, STR("]"), &own);
	if (str_skip(s, STR(":")))
		str_digits(s);
}

/* "H=host [addr] U=ident X=cipher F=<sender> A=plain:user " and then words. */
static enum parsed
peer(struct exim_line *l, struct str s)
{
	struct refusal r;
	struct exim_host host = {0};
	bool has_host = false, free_text = false;

	event_begin(&r.ev, EVENT_REJECT);
	r.recipient = r.helo = STR_NONE;
	if (str_skip(&s, STR("H="))) {
		if (!exim_host(&s, &host))
			return PARSED_UNKNOWN;
		exim_client(&r.ev, &host);
		has_host = true;
		skip_interface(&s);
		if (str_has(l->id) && is_host_trouble(s))
			return PARSED_IGNORED;
	}
	while (s.n) {
		struct exim_field f;

		str_skip(&s, STR(" "));
		if (str_skip(&s, STR("F="))) {
			sender_field(&r, &s);
			if (!str_starts(s, STR(" A=")))
				continue;
			f = exim_field(&s);
			if (!host.doubtful && !free_text)
				auth_field(&r, f.value);
		} else if (!has_host && str_starts(s, STR("H="))) {
			s = str_from(s, 2);
			if (!exim_host(&s, &host))
				return PARSED_UNKNOWN;
			exim_client(&r.ev, &host);
			has_host = true;
		} else if (is_peer_field(s)) {
			if (str_starts(s, STR("X=")))
				r.ev.tls = 1;
			/* an ident or a certificate's name may hold an A= */
			free_text |= str_starts(s, STR("U=")) ||
			             str_starts(s, STR("DN="));
			exim_field(&s);
		} else {
			return peer_says(l, &r, s);
		}
	}
	return PARSED_UNKNOWN;
}

/* "host (helo) [addr]:port I=[own]:25 U=ident" */
static bool
client(struct event *ev, struct str *s)
{
	struct exim_host host;

	str_skip(s, STR("H="));
	if (!exim_host(s, &host))
		return false;
	exim_client(ev, &host);
	skip_interface(s);
	if (str_skip(s, STR(" U=")))
		exim_word(s);
	return true;
}

static enum parsed
disconnect(struct exim_line *l, struct event *ev, const char *text)
{
	ev->kind = EVENT_DISCONNECT;
	ev->text = str_z(text);
	exim_emit(l, ev);
	return PARSED_USED;
}

static enum parsed
abandoned(struct exim_line *l, struct event *ev, const char *reason)
{
	ev->kind = EVENT_ABORT;
	ev->disposition = DISP_ABORTED;
	ev->stage = STAGE_DATA;
	ev->reason = str_z(reason);
	exim_emit(l, ev);
	return PARSED_USED;
}

/* "SMTP connection from ": the daemon says so when a client connects, but its
 * process id is not that of the process that serves the client. */
static enum parsed
connection(struct exim_line *l, struct str s)
{
	struct event ev = event_of(EVENT_DISCONNECT);

	if (!client(&ev, &s))
		return PARSED_UNKNOWN;
	if (s.n == 0 || str_starts(s, STR(" (TCP/IP connection count")) ||
	    str_starts(s, STR(" (via inetd)")))
		return PARSED_IGNORED;
	if (str_skip(&s, STR(" D="))) /* before the words, in some versions */
		str_word(&s);
	if (str_starts(s, STR(" lost while reading message data")))
		return abandoned(l, &ev, "lost connection");
	if (str_starts(s, STR(" lost")))
		return disconnect(l, &ev, "lost connection");
	if (str_starts(s, STR(" closed ")))
		return disconnect(l, &ev, "disconnect");
	return PARSED_UNKNOWN;
}

static enum parsed
lost_command(struct exim_line *l, struct str s)
{
	struct event ev = event_of(EVENT_DISCONNECT);

	return client(&ev, &s) ? disconnect(l, &ev, "lost connection")
	                       : PARSED_UNKNOWN;
}

static enum parsed
command_timeout(struct exim_line *l, struct str s)
{
	struct event ev = event_of(EVENT_DISCONNECT);

	return client(&ev, &s) ? disconnect(l, &ev, "timeout") : PARSED_UNKNOWN;
}

static enum parsed
data_timeout(struct exim_line *l, struct str s)
{
	struct event ev = event_of(EVENT_ABORT);

	if (!client(&ev, &s))
		return PARSED_UNKNOWN;
	if (str_skip(&s, STR(" F=")))
		exim_bracketed(&s, &ev.sender);
	return abandoned(l, &ev, "timeout");
}

/* "SMTP call from H dropped: too many syntax or protocol errors (...)" */
static enum parsed
dropped(struct exim_line *l, struct str s)
{
	struct event ev = event_of(EVENT_DISCONNECT);

	if (!client(&ev, &s) || !str_starts(s, STR(" dropped: ")))
		return PARSED_UNKNOWN;
	return disconnect(l, &ev, "dropped");
}

static void
refuse(struct refusal *r, enum stage stage, int reply, struct str reason)
{
	r->ev.stage = stage;
	r->ev.reply = reply;
	r->ev.disposition = reply < 500 ? DISP_TEMPFAILED : DISP_REJECTED;
	r->ev.reason = reason;
}

/* "rejected EHLO from H: syntactically invalid argument(s): HELO" */
static enum parsed
bad_helo(struct exim_line *l, struct str s)
{
	struct refusal r = {.ev = event_of(EVENT_REJECT)};

	if (!client(&r.ev, &s) ||
	    !str_skip(&s, STR(": syntactically invalid argument(s): ")))
		return PARSED_UNKNOWN;
	r.ev.helo = s;
	refuse(&r, STAGE_HELO, 501, STR("syntactically invalid argument(s)"));
	emit_refusal(l, &r);
	return PARSED_USED;
}

/* 'rejected "EHLO name" from H' (helo_verify_hosts): 550, or 451 where the
 * name could not be looked up.  The name is printed again in H, so H is only
 * believed if it is all that follows. */
static enum parsed
unverified_helo(struct exim_line *l, struct str s, int reply)
{
	struct refusal r = {.ev = event_of(EVENT_REJECT)};
	ptrdiff_t at = str_rfind(s, STR("\" from "));
	struct str host;

	if (at < 0)
		return PARSED_UNKNOWN;
	host = str_from(s, (size_t)at + 7);
	if (!client(&r.ev, &host))
		return PARSED_UNKNOWN;
	if (host.n > 0)
		r.ev = event_of(EVENT_REJECT);
	refuse(&r, STAGE_HELO, reply,
	    STR("argument does not match calling host"));
	emit_refusal(l, &r);
	return PARSED_USED;
}

static enum parsed
false_helo(struct exim_line *l, struct str s)
{
	return unverified_helo(l, s, 550);
}

static enum parsed
doubtful_helo(struct exim_line *l, struct str s)
{
	return unverified_helo(l, s, 451);
}

/* "login authenticator failed for H: 535 text (set_id=whatever was tried)" */
static enum parsed
auth_failed(struct exim_line *l, struct str s)
{
	struct refusal r = {.ev = event_of(EVENT_REJECT)};

	if (!client(&r.ev, &s) || !str_skip(&s, STR(": ")))
		return PARSED_UNKNOWN;
	s = cut_at(s, STR(" (set_id="));
	refuse(&r, STAGE_AUTH, 535, s);
	exim_reply(&r.ev, s);
	if (r.ev.reply / 100 == 4)
		r.ev.disposition = DISP_TEMPFAILED;
	emit_refusal(l, &r);
	return PARSED_USED;
}

/* "Connection from H refused: too many connections" (daemon.c: 421) and
 * "refused connection from H (host_reject_connection)" (smtp_in.c: 554). */
static enum parsed
refused_busy(struct exim_line *l, struct str s)
{
	struct refusal r = {.ev = event_of(EVENT_REJECT)};

	if (!client(&r.ev, &s) || !str_skip(&s, STR(" refused: ")))
		return PARSED_UNKNOWN;
	refuse(&r, STAGE_CONNECT, 421, s);
	emit_refusal(l, &r);
	return PARSED_USED;
}

static enum parsed
refused_host(struct exim_line *l, struct str s)
{
	struct refusal r = {.ev = event_of(EVENT_REJECT)};

	if (!client(&r.ev, &s))
		return PARSED_UNKNOWN;
	refuse(&r, STAGE_CONNECT, 554, str_trim(s));
	emit_refusal(l, &r);
	return PARSED_USED;
}

/* The stage of a command that the client sent. */
static enum stage
stage_of(struct str command)
{
	static const struct {
		struct str word;
		enum stage stage;
	} table[] = {{STR("MAIL"), STAGE_MAIL}, {STR("RCPT"), STAGE_RCPT},
	    {STR("EHLO"), STAGE_HELO}, {STR("HELO"), STAGE_HELO},
	    {STR("DATA"), STAGE_DATA}, {STR("BDAT"), STAGE_DATA}};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (str_startsi(command, table[i].word))
			return table[i].stage;
	return STAGE_NONE;
}

static void
nobody(struct event *ev)
{
	ev->has_client = false;
	ev->client_name = ev->helo = STR_NONE;
	ev->client_port = 0;
}

/* Where any text may follow a host group: if it has a group in it, the first
 * one may be the HELO's. */
static void
doubt_client(struct event *ev, struct str rest)
{
	if (str_has(ev->helo) && str_find(rest, STR(" [")) >= 0)
		nobody(ev);
}

/* Steps to the host group behind a command that is printed in quotes which
 * it can imitate.  Where that happens, nobody is named. */
static bool
after_command(struct event *ev, struct str *s, struct str *command)
{
	struct str rest = *s, before;
	bool found = false;

	while (str_until(&rest, STR("\" H="), &before)) {
		struct event got = *ev;
		struct str after = rest;

		if (!client(&got, &after))
			continue;
		if (found) {
			nobody(ev);
			return true;
		}
		found = true;
		*ev = got;
		*command = str_head(*s, (size_t)(rest.p - 4 - s->p));
		rest = after;
		*s = after;
	}
	return found;
}

/* The envelope address of a refused command: "MAIL FROM:<a@b> SIZE=1". */
static void
command_address(struct refusal *r, struct str command)
{
	struct str addr;
	ptrdiff_t at = str_chr(command, ':');

	if (at < 0)
		return;
	command = str_trim(str_from(command, (size_t)at + 1));
	if (!exim_bracketed(&command, &addr))
		return;
	if (r->ev.stage == STAGE_MAIL)
		r->ev.sender = addr;
	else
		r->recipient = addr;
}

/* 'SMTP syntax error in "MAIL FROM:<..>" H=host [addr] message': 501.  Only
 * MAIL and RCPT are an attempt to send mail. */
static enum parsed
command_error(struct exim_line *l, struct str s, int reply)
{
	struct refusal r = {.ev = event_of(EVENT_REJECT)};
	struct str command = STR_NONE;
	enum stage stage;

	if (!after_command(&r.ev, &s, &command))
		return PARSED_UNKNOWN;
	doubt_client(&r.ev, s);
	stage = stage_of(command);
	if (stage != STAGE_MAIL && stage != STAGE_RCPT)
		return PARSED_IGNORED;
	if (str_eq(s, STR(" unrecognized command")))
		reply = 500;
	refuse(&r, stage, reply, str_trim(s));
	command_address(&r, command);
	emit_refusal(l, &r);
	return PARSED_USED;
}

static enum parsed
syntax_error(struct exim_line *l, struct str s)
{
	return command_error(l, s, 501);
}

static enum parsed
protocol_error(struct exim_line *l, struct str s)
{
	return command_error(l, s, 503);
}

/* 'SMTP protocol synchronization error (...): rejected "DATA" H=host [addr]
 * next input="..."' or '... rejected connection from H=...': 554. */
static enum parsed
sync_error(struct exim_line *l, struct str s)
{
	struct refusal r = {.ev = event_of(EVENT_REJECT)};
	struct str why, command = STR_NONE;
	enum stage stage = STAGE_CONNECT;

	if (!str_until(&s, STR("): "), &why))
		return PARSED_UNKNOWN;
	if (str_skip(&s, STR("rejected \""))) {
		if (!after_command(&r.ev, &s, &command))
			return PARSED_UNKNOWN;
		stage = stage_of(command);
	} else if ((!str_skip(&s, STR("rejected connection from ")) &&
	               !str_skip(&s, STR("closed connection without response "
	                                 "from "))) ||
	           !client(&r.ev, &s)) {
		return PARSED_UNKNOWN;
	}
	refuse(&r, stage, 554, STR("SMTP protocol synchronization error"));
	emit_refusal(l, &r);
	return PARSED_USED;
}

/* "rejected from <sender> H=host [addr]: message too big: read=1 max=2" */
static enum parsed
rejected_from(struct exim_line *l, struct str s)
{
	struct refusal r = {.ev = event_of(EVENT_REJECT)};

	if (!exim_bracketed(&s, &r.ev.sender))
		return PARSED_UNKNOWN;
	if (str_skip(&s, STR(" H=")) && !client(&r.ev, &s))
		return PARSED_UNKNOWN;
	if (str_skip(&s, STR(" U=")))
		exim_word(&s);
	if (!str_skip(&s, STR(": ")))
		return PARSED_UNKNOWN;
	refuse(&r, STAGE_EOM, str_starts(s, STR("message too big")) ? 552 : 550,
	    s);
	emit_refusal(l, &r);
	return PARSED_USED;
}

/* "unqualified sender rejected: <anna> H=host [addr]": 501 */
static enum parsed
unqualified(struct exim_line *l, struct str s, enum stage stage)
{
	struct refusal r = {.ev = event_of(EVENT_REJECT)};
	struct str addr;

	if (!exim_bracketed(&s, &addr) || !str_skip(&s, STR(" ")) ||
	    !client(&r.ev, &s))
		return PARSED_UNKNOWN;
	doubt_client(&r.ev, s);
	if (stage == STAGE_MAIL)
		r.ev.sender = addr;
	else
		r.recipient = addr;
	refuse(&r, stage, 501, STR("unqualified address"));
	emit_refusal(l, &r);
	return PARSED_USED;
}

static enum parsed
unqualified_sender(struct exim_line *l, struct str s)
{
	return unqualified(l, s, STAGE_MAIL);
}

static enum parsed
unqualified_recipient(struct exim_line *l, struct str s)
{
	return unqualified(l, s, STAGE_RCPT);
}

/* "rejected MAIL FROM:<sender> H=host [addr]: message too big: size=2 max=1",
 * from the size that the client announced. */
static enum parsed
rejected_mail(struct exim_line *l, struct str s)
{
	struct refusal r = {.ev = event_of(EVENT_REJECT)};

	if (!exim_bracketed(&s, &r.ev.sender) || !str_skip(&s, STR(" ")) ||
	    !client(&r.ev, &s) || !str_skip(&s, STR(": ")))
		return PARSED_UNKNOWN;
	refuse(&r, STAGE_MAIL,
	    str_starts(s, STR("message too big")) ? 552 : 550, s);
	emit_refusal(l, &r);
	return PARSED_USED;
}

/* "rejected MAIL from H: no HELO/EHLO given": 503 (smtp_in.c,
 * host_and_ident() without the HELO that there was not) */
static enum parsed
no_helo(struct exim_line *l, struct str s)
{
	struct refusal r = {.ev = event_of(EVENT_REJECT)};

	if (!client(&r.ev, &s) || !str_eq(s, STR(": no HELO/EHLO given")))
		return PARSED_UNKNOWN;
	refuse(&r, STAGE_MAIL, 503, STR("no HELO/EHLO given"));
	emit_refusal(l, &r);
	return PARSED_USED;
}

/* "SMTP connection lost after final dot H=host [addr] P=esmtp" (receive.c):
 * the peer was gone before it was told, and the message was not kept. */
static enum parsed
lost_after_dot(struct exim_line *l, struct str s)
{
	struct event ev = event_of(EVENT_ABORT);

	if (!str_skip(&s, STR(" ")) || !client(&ev, &s))
		return PARSED_UNKNOWN;
	return abandoned(l, &ev, "lost connection after final dot");
}

/* "ID PRDR R=<a@b> refusal" (receive.c): what the client was told of this
 * recipient alone.  Where the ACL has a message, the line has that instead,
 * "ID PRDR a@b text", and does not tell whether it was a refusal.  As with
 * RCPT, the message goes on without this recipient: so that is the stage. */
static enum parsed
prdr(struct exim_line *l, struct str s)
{
	struct refusal r = {.ev = event_of(EVENT_REJECT)};

	if (!str_has(l->id))
		return PARSED_UNKNOWN;
	if (!str_skip(&s, STR("R=")) || !exim_bracketed(&s, &r.recipient))
		return PARSED_IGNORED;
	if (str_eq(s, STR(" refusal")))
		refuse(&r, STAGE_RCPT, 550, STR("PRDR refusal"));
	else if (str_eq(s, STR(" temporary refusal")))
		refuse(&r, STAGE_RCPT, 450, STR("PRDR temporary refusal"));
	else
		return PARSED_IGNORED;
	emit_refusal(l, &r);
	return PARSED_USED;
}

/* A warning in an ACL for messages that came from no host. */
static enum parsed
warning_alone(struct exim_line *l, struct str s)
{
	struct refusal r = {.ev = event_of(EVENT_NOTICE)};

	return warning(l, &r, s);
}

/* "NAME authenticator failed for ": NAME is one word of our configuration. */
static bool
skip_authenticator(struct str *s)
{
	struct str rest = *s;

	str_word(&rest);
	if (!str_skip(&rest, STR(" authenticator failed for ")))
		return false;
	*s = rest;
	return true;
}

enum parsed
exim_session(struct exim_line *l)
{
	static const struct {
		struct str lead;
		enum parsed (*read)(struct exim_line *l, struct str s);
	} table[] = {
	    {STR("SMTP connection from "), connection},
	    {STR("unexpected disconnection while reading SMTP command from "),
	        lost_command},
	    {STR("SMTP command timeout on connection from "), command_timeout},
	    {STR("SMTP command timeout on TLS connection from "),
	        command_timeout},
	    {STR("SMTP data timeout (message abandoned) on connection from "),
	        data_timeout},
	    {STR("SMTP data timeout (message abandoned) on TLS connection "
	         "from "),
	        data_timeout},
	    {STR("SMTP call from "), dropped},
	    {STR("SMTP connection lost after final dot"), lost_after_dot},
	    {STR("PRDR "), prdr},
	    {STR("SMTP syntax error in \""), syntax_error},
	    {STR("SMTP protocol error in \""), protocol_error},
	    {STR("SMTP protocol synchronization error ("), sync_error},
	    {STR("rejected \"EHLO "), false_helo},
	    {STR("rejected \"HELO "), false_helo},
	    {STR("temporarily rejected \"EHLO "), doubtful_helo},
	    {STR("temporarily rejected \"HELO "), doubtful_helo},
	    {STR("rejected HELO from "), bad_helo},
	    {STR("rejected EHLO from "), bad_helo},
	    {STR("rejected from "), rejected_from},
	    {STR("rejected MAIL FROM:"), rejected_mail},
	    {STR("rejected MAIL from "), no_helo},
	    {STR("unqualified sender rejected: "), unqualified_sender},
	    {STR("unqualified recipient rejected: "), unqualified_recipient},
	    {STR("Connection from "), refused_busy},
	    {STR("refused connection from "), refused_host},
	};
	const bool is_peer = str_starts(l->text, STR("H="));
	struct str s = l->text;
	struct exim_host host;

	/* Most lines begin with a peer: none of these does. */
	for (size_t i = 0;
	     !is_peer && i < sizeof(table) / sizeof(table[0]); i++)
		if (str_skip(&s, table[i].lead))
			return table[i].read(l, s);
	if (skip_authenticator(&s))
		return auth_failed(l, s);
	if (str_has(l->id) && str_skip(&s, STR("Warning: ")))
		return warning_alone(l, s);
	if (!is_peer && str_has(l->id) && exim_host(&s, &host) &&
	    is_host_trouble(s))
		return PARSED_IGNORED; /* older versions: no "H=" */
	s = l->text;
	str_skip(&s, STR("DS "));
	str_skip(&s, STR(" DS "));
	if (str_starts(s, STR("H=")) || str_starts(s, STR("U=")) ||
	    str_starts(s, STR("F=")))
		return peer(l, s);
	return PARSED_UNKNOWN;
}
