/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was refused, and what filters said: rulesets (rscheck() in
 * envelope.c), milters (milter.c, srvrsmtp.c), usrerr() texts (err.c).
 */
#include "parsers/sendmail.h"

struct word_stage {
	const char *word;
	enum stage stage;
};

static const struct word_stage rulesets[] = {{"check_relay", STAGE_CONNECT},
    {"srv_features", STAGE_CONNECT}, {"check_helo", STAGE_HELO},
    {"tls_client", STAGE_HELO}, {"trust_auth", STAGE_AUTH},
    {"check_mail", STAGE_MAIL}, {"check_rcpt", STAGE_RCPT},
    {"queuegroup", STAGE_RCPT}, {"check_data", STAGE_DATA},
    {"check_eoh", STAGE_EOM}, {"check_eom", STAGE_EOM},
    {"check_compat", STAGE_EOM}, {NULL, 0}};

/* Rulesets where we are the client: the relay is the next hop. */
static const char *const outgoing[] = {
    "try_tls", "tls_server", "tls_rcpt", "authinfo", "clt_features", NULL};

static const struct word_stage milter_words[] = {{"connect", STAGE_CONNECT},
    {"host", STAGE_CONNECT}, {"helo", STAGE_HELO}, {"ehlo", STAGE_HELO},
    {"from", STAGE_MAIL}, {"to", STAGE_RCPT}, {"rcpt", STAGE_RCPT},
    {"data", STAGE_EOM}, {"header", STAGE_EOM}, {"eoh", STAGE_EOM},
    {"body", STAGE_EOM}, {"eom", STAGE_EOM}, {"cmd", STAGE_DATA}, {NULL, 0}};

static bool
stage_find(const struct word_stage *t, struct str word, enum stage *out)
{
	for (; t->word != NULL; t++)
		if (str_eqi(word, str_z(t->word))) {
			*out = t->stage;
			return true;
		}
	return false;
}

/* $#discard or a filter's discard at MAIL or RCPT: the client goes on and sends
 * the message, which has its "from=" and, in the end, its "discarded". */
static void
discard_early(struct sm *c, struct event *ev)
{
	ev->kind = ev->nrecipients > 0 ? EVENT_ATTEMPT : EVENT_DETAIL;
	sm_emit(c, ev);
}

/* A refusal before MAIL says nothing of the message that may follow under
 * the same id: it is a transaction of its own. */
static void
emit_reject(struct sm *c, struct event *ev)
{
	if (ev->disposition == DISP_DISCARDED && str_has(ev->queue_id) &&
	    (ev->stage == STAGE_MAIL || ev->stage == STAGE_RCPT)) {
		discard_early(c, ev);
		return;
	}
	if (ev->stage == STAGE_CONNECT || ev->stage == STAGE_HELO ||
	    ev->stage == STAGE_AUTH)
		ev->queue_id = STR_NONE;
	else if (ev->stage == STAGE_EOM || ev->stage == STAGE_DATA ||
	         ev->disposition == DISP_DISCARDED)
		sm_set_fate(c, ev->disposition, ev->reply);
	sm_emit(c, ev);
}

static void
own_text(struct event *ev, struct str kind)
{
	ev->text = sm_own_text(ev->reason);
	if (str_has(ev->text) && ev->text.n > 0)
		ev->text_kind = kind;
	else
		ev->text = STR_NONE;
}

/* The last ", reject=" with a reply code: what stands before is the peer's. */
static bool
last_reject(struct str s, struct str *before, struct str *reply)
{
	struct str key = STR(", reject="), digits, rest;
	ptrdiff_t at;

	for (int i = 0; i < 16 && (at = str_rfind(s, key)) >= 0; i++) {
		*reply = rest = str_from(*before = s, (size_t)at + key.n);
		digits = str_digits(&rest);
		s = *before = str_head(s, (size_t)at);
		if (digits.n == 3)
			return true;
	}
	return false;
}

struct ruling {
	struct str arg1, relay, reply, quarantine;
	bool discard;
};

/* "[, relay=R]" and the verdict; R is made by the server. */
static bool
read_verdict(struct str s, struct ruling *r)
{
	static const struct str end[] = {
	    SM_LIT(", reject="), SM_LIT(", quarantine="), SM_LIT(", discard")};

	if (str_skip(&s, STR(", relay="))) {
		ptrdiff_t n = str_find(s, STR(", "));
		if (n < 0)
			return false;
		r->relay = str_head(s, (size_t)n);
		s = str_from(s, (size_t)n);
	}
	if (str_skip(&s, end[0]))
		r->reply = s;
	else if (str_skip(&s, end[1]))
		r->quarantine = s;
	else
		r->discard = str_eq(s, end[2]);
	return str_has(r->reply) || str_has(r->quarantine) || r->discard;
}

/* arg1 and arg2 are addresses, names or numbers, with balanced quotes. */
static bool
read_ruling(struct str s, struct ruling *r)
{
	ptrdiff_t n = sm_arg(s);

	if (n < 0)
		return false;
	r->arg1 = str_head(s, (size_t)n);
	s = str_from(s, (size_t)n);
	if (str_skip(&s, STR(", arg2="))) {
		if ((n = sm_arg(s)) < 0)
			return false;
		s = str_from(s, (size_t)n);
	}
	return read_verdict(s, r);
}

/* arg1 is a header's text: anything.  Only what follows the last ", reject="
 * is believed, and no address. */
static bool
read_header_ruling(struct str s, struct ruling *r)
{
	struct str before, end = STR(", discard");
	ptrdiff_t at;

	if (last_reject(s, &before, &r->reply))
		return true;
	r->discard = str_ends(s, end);
	at = str_rfind(s, STR(", quarantine="));
	if (!r->discard && at >= 0)
		r->quarantine = str_from(s, (size_t)at + 13);
	return r->discard || at >= 0;
}

static bool
is_outgoing(struct str name)
{
	for (size_t i = 0; outgoing[i] != NULL; i++)
		if (str_eq(name, str_z(outgoing[i])))
			return true;
	return false;
}

/*
 * ruleset=NAME, arg1=A[, arg2=A][, relay=R], reject=CODE TEXT | discard |
 * quarantine=TEXT.  A is the peer's; TEXT usually begins with it.
 */
enum parsed
sm_ruleset(struct sm *c)
{
	struct event ev = sm_event(c, EVENT_REJECT);
	struct str s = str_from(c->text, 8), name;
	struct ruling r = {{0}, {0}, {0}, {0}, false};
	bool known, ok;

	if (!str_until(&s, STR(", arg1="), &name))
		return PARSED_UNKNOWN;
	if (is_outgoing(name))
		return PARSED_IGNORED;
	ev.stage = STAGE_EOM;
	known = stage_find(rulesets, name, &ev.stage);
	ok = known ? read_ruling(s, &r) : read_header_ruling(s, &r);
	if (!ok && (!known || !read_header_ruling(s, &r)))
		return PARSED_UNKNOWN;
	if (str_has(r.relay))
		sm_client(&ev, r.relay);
	if (str_has(r.quarantine)) {
		ev.kind = EVENT_NOTICE;
		ev.text = r.quarantine;
		ev.text_kind = STR("ruleset-quarantine");
		sm_emit(c, &ev);
		return PARSED_USED;
	}
	if (ev.stage == STAGE_RCPT && str_has(r.arg1)) {
		r.arg1 = sm_bare(sm_whole(r.arg1));
		ev.recipients = &r.arg1;
		ev.nrecipients = str_has(r.arg1);
	} else if (ev.stage == STAGE_MAIL && str_has(r.arg1)) {
		ev.sender = sm_bare(sm_whole(r.arg1));
	}
	ev.disposition = DISP_DISCARDED;
	if (!r.discard)
		sm_reply(&ev, r.reply);
	own_text(&ev, STR("ruleset-reject"));
	emit_reject(c, &ev);
	return PARSED_USED;
}

/* "connect: host=N, addr=A, rejecting commands", "temp failing commands" or
 * "shutdown" */
static enum parsed
milter_connect(struct sm *c, struct str s)
{
	struct event ev = sm_event(c, EVENT_REJECT);
	ptrdiff_t at = str_rfind(s, STR(", addr="));
	struct str rest, addr;

	if (at < 0)
		return PARSED_UNKNOWN;
	rest = str_from(s, (size_t)at + 7);
	addr = str_split(&rest, ',');
	ev.has_client = addr_parse(addr, &ev.client);
	ev.disposition = str_eq(rest, STR(" rejecting commands"))
	                     ? DISP_REJECTED
	                     : DISP_TEMPFAILED;
	ev.stage = STAGE_CONNECT;
	ev.reason = s;
	emit_reject(c, &ev);
	return PARSED_USED;
}

/* "to=<a>" or "from=<a>": whom the refusal concerns. */
static void
milter_address(struct event *ev, struct str s, struct str *rcpt)
{
	if (ev->stage == STAGE_RCPT && str_skip(&s, STR("to="))) {
		*rcpt = sm_bare(sm_whole(s));
		ev->recipients = rcpt;
		ev->nrecipients = str_has(*rcpt);
	} else if (ev->stage == STAGE_MAIL && str_skip(&s, STR("from="))) {
		ev->sender = sm_bare(sm_whole(s));
	}
}

/* "Milter: WHAT[=ARG], reject=CODE TEXT" or ", discard". */
static enum parsed
milter_verdict(struct sm *c, struct str s)
{
	struct event ev = sm_event(c, EVENT_REJECT);
	struct str before, reply, word, rcpt, discard = STR(", discard");
	size_t n = 0;

	if (str_starts(s, STR("connect: host=")))
		return milter_connect(c, s);
	while (n < s.n && n < 16 && strchr("=,: ", s.p[n]) == NULL)
		n++;
	word = str_head(s, n);
	if (!stage_find(milter_words, word, &ev.stage))
		return PARSED_UNKNOWN;
	if (str_starts(s, STR("data=")))
		ev.stage = STAGE_DATA;
	if (last_reject(s, &before, &reply)) {
		sm_reply(&ev, reply);
		own_text(&ev, STR("milter-reject"));
	} else if (str_ends(s, discard)) {
		before = str_head(s, s.n - discard.n);
		ev.disposition = DISP_DISCARDED;
	} else if (str_ends(s, STR(", reject=Command rejected"))) {
		before = STR("");
		ev.disposition = DISP_REJECTED;
	} else {
		return PARSED_UNKNOWN;
	}
	milter_address(&ev, before, &rcpt);
	emit_reject(c, &ev);
	return PARSED_USED;
}

static enum parsed
header_notice(struct sm *c, struct str text)
{
	struct event ev = sm_event(c, EVENT_NOTICE);

	/* A rewritten subject is the sender's text. */
	if (str_startsi(text, STR("Subject:")))
		return PARSED_IGNORED;
	ev.text = text;
	ev.text_kind = STR("header-add");
	sm_emit(c, &ev);
	return PARSED_USED;
}

/* "FIELD: from OLD to NEW": OLD is the sender's, and it can hold " to ", so
 * only what follows the last one is the filter's. */
static enum parsed
header_changed(struct sm *c, struct str s)
{
	char buf[1024];
	struct str field, new;
	ptrdiff_t at;

	if (!str_until(&s, STR(": from "), &field))
		return PARSED_UNKNOWN;
	at = str_rfind(s, STR(" to "));
	if (at < 0)
		return PARSED_UNKNOWN;
	new = str_from(s, (size_t)at + 4);
	field = str_head(field, 128);
	new = str_head(new, sizeof(buf) - field.n - 2);
	memcpy(buf, field.p, field.n);
	memcpy(buf + field.n, ": ", 2);
	memcpy(buf + field.n + 2, new.p, new.n);
	return header_notice(c, str_of(buf, field.n + 2 + new.n));
}

/* "add: header: T", "insert (1): header: T", "change (add): header: T",
 * "change: header F: from OLD to NEW", "delete: header F:V", "add: rcpt ...",
 * "message: body replaced", "init success to negotiate" ... */
static enum parsed
milter_change(struct sm *c, struct str s)
{
	static const char *const dull[] = {"delete", "add: rcpt", "add rcpt",
	    "chgfrom", "change: default header ", "message: ", "headers, ",
	    "header, ", "body, ", "init ", "negotiate", "time command ",
	    "abort", "quit ", "error ", "to error state", "timeout ", "select(",
	    "socket", "write(", "read ", "read(", "open ", "accept",
	    "add (noop)", "connect", "local socket name ", "bad address ",
	    "unknown ", "Unknown ", "empty or missing ", "Invalid ",
	    "Trying to open ", NULL};
	struct str verb = s, head;

	if (str_until(&s, STR(": header: "), &head) && head.n <= 24 &&
	    (str_eq(head, STR("add")) || str_starts(head, STR("insert (")) ||
	        str_eq(head, STR("change (add)"))))
		return header_notice(c, s);
	if (str_skip(&verb, STR("change: header "))) {
		str_skip(&verb, STR("(default header) "));
		return header_changed(c, verb);
	}
	for (size_t i = 0; dull[i] != NULL; i++)
		if (str_starts(verb, str_z(dull[i])))
			return PARSED_IGNORED;
	return PARSED_UNKNOWN;
}

/* "Milter: ..." is the server's decision, "Milter (NAME) ..." (8.15) or
 * "Milter add: ..." (before) what a filter changed. */
enum parsed
sm_milter(struct sm *c)
{
	static const char *const info[] = {"connect to filters",
	    "connect, ending", "connecting to filters", "sender: ", "senders: ",
	    "rcpts: ", "rcpt: ", "helo: ", "initialization failed", "reject, ",
	    "no active filter", NULL};
	struct str s = str_from(c->text, 6), name;
	enum parsed p;

	if (str_skip(&s, STR(": "))) {
		p = milter_verdict(c, s);
		for (size_t i = 0; p == PARSED_UNKNOWN && info[i]; i++)
			if (str_starts(s, str_z(info[i])))
				p = PARSED_IGNORED;
		return p;
	}
	if (str_skip(&s, STR(" ("))) {
		if (!str_until(&s, STR(")"), &name))
			return PARSED_UNKNOWN;
		if (!str_skip(&s, STR(": ")) && !str_skip(&s, STR(" ")))
			return PARSED_UNKNOWN;
	} else if (!str_skip(&s, STR(" "))) {
		return PARSED_UNKNOWN;
	}
	return milter_change(c, s);
}

/* "milter=NAME, quarantine=TEXT"; its other forms (action=, reject=,
 * discard, tempfail) are said again by a "Milter:" line. */
enum parsed
sm_milter_action(struct sm *c)
{
	struct event ev = sm_event(c, EVENT_NOTICE);
	struct str s = str_from(c->text, 7), name;

	if (!str_until(&s, STR(", "), &name))
		return PARSED_UNKNOWN;
	if (str_skip(&s, STR("quarantine="))) {
		ev.text = s;
		ev.text_kind = STR("milter-quarantine");
		sm_emit(c, &ev);
		return PARSED_USED;
	}
	if (str_starts(s, STR("action=")) || str_starts(s, STR("reject")) ||
	    str_eq(s, STR("discard")) || str_eq(s, STR("tempfail")))
		return PARSED_IGNORED;
	return PARSED_UNKNOWN;
}

struct known_error {
	const char *text;
	int reply;
	const char *dsn;
	enum stage stage;
};

/* usrerr() texts are logged without their codes (err.c, srvrsmtp.c). */
static const struct known_error errors[] = {
    {"User unknown", 550, "5.1.1", STAGE_RCPT},
    {"Cannot mail directly to ", 550, "5.7.1", STAGE_RCPT},
    {"prescan: ", 553, "5.1.0", STAGE_RCPT},
    {"User address required", 553, "5.1.3", STAGE_RCPT},
    {"Hostname required", 553, "5.1.3", STAGE_RCPT},
    {"Host unknown", 550, "5.1.2", STAGE_RCPT},
    {"Real domain name required", 553, "5.1.8", STAGE_MAIL},
    {"Relaying denied", 550, "5.7.1", STAGE_RCPT},
    {"Invalid route address", 553, "5.1.3", STAGE_RCPT},
    {"Colon illegal in host name part", 553, "5.1.3", STAGE_RCPT},
    {"List:; syntax illegal", 553, "5.1.3", STAGE_RCPT},
    {"Addresses cannot end with", 553, "5.1.3", STAGE_RCPT},
    {"Too many recipients", 452, "4.5.3", STAGE_RCPT},
    {"Only one recipient", 452, "4.5.3", STAGE_RCPT},
    {"Unbalanced ", 553, "5.0.0", STAGE_RCPT}, {NULL, 0, NULL, 0}};

/* 'Syntax error in parameters scanning "..."': what was sent instead of "TO:";
 * "FOO parameter unrecognized".
 * Such texts are logged of RCPT alone (srvrsmtp.c, LogUsrErrs). */
static enum parsed
bad_parameters(struct sm *c, int reply, struct str dsn, struct str reason)
{
	struct event ev = sm_event(c, EVENT_REJECT);

	ev.disposition = DISP_REJECTED;
	ev.stage = STAGE_RCPT;
	ev.reply = reply;
	ev.dsn = dsn;
	ev.reason = reason;
	emit_reject(c, &ev);
	return PARSED_USED;
}

/* "<address>... User unknown": the address is the peer's. */
enum parsed
sm_user_error(struct sm *c)
{
	struct event ev = sm_event(c, EVENT_REJECT);
	struct str s = c->text, rcpt;
	ptrdiff_t at = str_rfind(s, STR("... "));

	if (str_has(c->queue_id) &&
	    str_starts(s, STR("Syntax error in parameters scanning \"")))
		return bad_parameters(
		    c, 501, STR("5.5.2"), STR("Syntax error in parameters"));
	if (str_has(c->queue_id) && str_ends(s, STR(" parameter unrecognized")))
		return bad_parameters(
		    c, 555, STR("5.5.4"), STR("parameter unrecognized"));
	if (at < 0 || !str_has(c->queue_id))
		return PARSED_UNKNOWN;
	rcpt = sm_bare(sm_whole(str_head(s, (size_t)at)));
	s = str_from(s, (size_t)at + 4);
	for (const struct known_error *k = errors; k->text != NULL; k++) {
		if (!str_starts(s, str_z(k->text)))
			continue;
		ev.disposition =
		    k->reply < 500 ? DISP_TEMPFAILED : DISP_REJECTED;
		ev.stage = k->stage;
		ev.reply = k->reply;
		ev.dsn = str_z(k->dsn);
		ev.reason = s;
		if (ev.stage == STAGE_RCPT && str_has(rcpt)) {
			ev.recipients = &rcpt;
			ev.nrecipients = 1;
		}
		emit_reject(c, &ev);
		return PARSED_USED;
	}
	return PARSED_UNKNOWN;
}

/* "discarded" (sendall() in deliver.c) repeats what a milter or ruleset line
 * said, if the log has that line. */
enum parsed
sm_discarded(struct sm *c)
{
	struct event ev = sm_event(c, EVENT_REJECT);

	if (!str_has(c->queue_id) || !str_eq(c->text, STR("discarded")))
		return PARSED_UNKNOWN;
	if (sm_fate(c, NULL) == SM_DISCARDED)
		return PARSED_IGNORED;
	ev.stage = STAGE_EOM;
	ev.disposition = DISP_DISCARDED;
	emit_reject(c, &ev);
	return PARSED_USED;
}
