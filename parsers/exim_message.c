/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines about a message on its way (Exim specification, "Log files"):
 *   ID <= sender H=host (helo) [addr]:port P=esmtpsa A=plain:user S=1 id=a@b
 *   ID => recipient <original> R=router T=transport H=host [addr] C="250 OK"
 *   ID ** recipient R=router T=transport H=host [addr]: text
 *   ID == recipient R=router T=transport defer (code): text
 * Names of fields depend on the flag: R= is the bounced message on <= and a
 * router elsewhere, T= a subject or a transport, P= a protocol or a sender.
 */
#include "parsers/exim.h"

static bool
is(const struct exim_field *f, const char *name)
{
	return str_eq(f->name, str_z(name));
}

/* The protocols that tell of SMTP AUTH: asmtp, esmtpa, esmtpsa, utf8esmtpa. */
static bool
authenticated(struct str protocol)
{
	return str_ends(protocol, STR("a")) || str_starts(protocol, STR("a"));
}

/* "login:user" or, with +smtp_mailauth, "login:user:sender". */
static struct str
auth_user(struct str value)
{
	struct str user;

	str_split(&value, ':');
	if (!str_has(value))
		return STR_NONE;
	user = str_split(&value, ':');
	return user.n ? user : STR_NONE;
}

/* How often what occurs in s. */
static int
occurrences(struct str s, struct str what)
{
	struct str before;
	int n = 0;

	while (str_until(&s, what, &before))
		n++;
	return n;
}

struct arrival {
	struct event ev;
	struct str reference; /* R=: the message that this one is about */
	bool has_host, doubtful, cut;
	bool sized; /* S= is read: what follows is the message's own text */
};

static void
arrival_begin(struct arrival *a, bool cut)
{
	event_begin(&a->ev, EVENT_ARRIVAL);
	a->reference = STR_NONE;
	a->has_host = a->doubtful = a->sized = false;
	a->cut = cut;
}

/* Fields up to S=: written by Exim about the connection. */
static void
connection_field(struct arrival *a, const struct exim_field *f)
{
	struct event *ev = &a->ev;

	if (is(f, "P") && !str_has(ev->protocol)) {
		ev->protocol = f->value;
		ev->tls = 0;
	} else if (is(f, "X")) {
		ev->tls = 1;
	} else if (is(f, "R") && !a->has_host && !str_has(ev->protocol)) {
		a->reference = f->value;
	} else if (is(f, "A") && !a->doubtful && authenticated(ev->protocol)) {
		ev->auth_user = auth_user(f->value);
	} else if (is(f, "S")) {
		a->sized = str_i64(f->value, &ev->size) && ev->size >= 0;
		if (!a->sized)
			ev->size = -1;
	}
}

/* Fields after S=: message id and subject, as the sender wrote them. */
static void
content_field(struct arrival *a, const struct exim_field *f)
{
	struct event *ev = &a->ev;

	if ((is(f, "id") || is(f, "id*")) && !str_has(ev->message_id))
		ev->message_id = f->value;
	else if (is(f, "T") && !str_has(ev->subject))
		ev->subject = f->value;
}

/* " from <sender>" and " for a b c", both at the end of the line; of a line
 * that was cut the last address is not whole, and nobody knows how many. */
static void
envelope(struct arrival *a, struct str s, struct str *recipients)
{
	struct str sender;
	size_t n;

	if (str_skip(&s, STR(" from ")) && !exim_bracketed(&s, &sender))
		return;
	if (!str_skip(&s, STR(" for ")))
		return;
	n = exim_addresses(s, recipients, EXIM_RECIPIENTS_MAX);
	if (a->cut)
		n -= n > 0;
	else
		a->ev.nrcpt = (int)n;
	a->ev.recipients = recipients;
	a->ev.nrecipients = n < EXIM_RECIPIENTS_MAX ? n : EXIM_RECIPIENTS_MAX;
}

/* Text of the peer's can look like fields before S=: an ident (U=) or a
 * certificate's name (DN=) with spaces.  Then no user is named. */
static bool
fields_doubtful(struct str s)
{
	bool ident = str_starts(s, STR(" U=")) ||
	             str_find(str_head(s, 100), STR(" U=")) >= 0;
	bool dn = str_find(s, STR(" DN=\"")) >= 0;

	return (ident || dn) && (occurrences(s, STR(" P=")) > 1 ||
	                            occurrences(s, STR(" A=")) > 1);
}

static bool
arrival_host(struct arrival *a, struct str *s)
{
	struct exim_host host;

	while (str_skip(s, STR(" DS")))
		;
	if (!str_skip(s, STR(" H=")))
		return true;
	if (!exim_host(s, &host))
		return false;
	a->has_host = true;
	a->doubtful = host.doubtful || fields_doubtful(*s);
	exim_client(&a->ev, &host);
	/* Without a HELO in brackets the HELO was the name, or the address
	 * itself (host.c, host_build_sender_fullhost). */
	return true;
}

static bool
arrival_fields(struct arrival *a, struct str *s, struct str *recipients)
{
	while (s->n) {
		struct str before = *s;
		struct exim_field f = exim_field(s);

		if (!a->sized) {
			connection_field(a, &f);
			continue;
		}
		if (!str_has(f.value) && (is(&f, "from") || is(&f, "for"))) {
			envelope(a, before, recipients);
			break;
		}
		if (is(&f, "T") && str_starts(f.value, STR("\"")))
			break; /* it does not end: no field follows */
		content_field(a, &f);
	}
	return a->sized;
}

static enum parsed
arrival(struct exim_line *l, struct str s)
{
	struct str recipients[EXIM_RECIPIENTS_MAX];
	struct arrival a;
	struct event child;
	struct exim_field f;

	arrival_begin(&a, l->cut);
	if (str_skip(&s, STR("<>")))
		a.ev.sender = str_head(s, 0);
	else
		a.ev.sender = exim_word(&s);
	if (str_starts(s, STR(" R="))) {
		f = exim_field(&s);
		connection_field(&a, &f);
	}
	if (!arrival_host(&a, &s) || !arrival_fields(&a, &s, recipients))
		return PARSED_UNKNOWN;
	if (a.doubtful)
		a.ev.auth_user = STR_NONE;
	exim_emit(l, &a.ev);
	if (str_has(a.reference) && !a.has_host && a.ev.sender.n == 0) {
		event_begin(&child, EVENT_CHILD);
		child.parent_queue_id = a.reference;
		exim_emit(l, &child);
	}
	return PARSED_USED;
}

/* Is orig, a quoted address, the same as plain, which Exim prints without the
 * quotes, and of a local delivery without the domain (deliver.c,
 * string_log_address)? */
static bool
same_unquoted(struct str orig, struct str plain)
{
	size_t i = 1, n = 0;

	if (!str_starts(orig, STR("\"")))
		return false;
	for (; i < orig.n && orig.p[i] != '"'; i++, n++) {
		if (orig.p[i] == '\\')
			i++;
		if (i >= orig.n || n >= plain.n || plain.p[n] != orig.p[i])
			return false;
	}
	return i < orig.n &&
	       (n == plain.n ||
	           str_eq(str_from(orig, i + 1), str_from(plain, n)));
}

/* "od d@example.org <"od d"@example.org>": the address is printed a second
 * time with its quotes, and only that one can be read. */
static bool
requoted_address(struct str *s, struct str *addr)
{
	struct str rest = *s, before, orig;
	int tries = 16;

	while (tries-- && str_until(&rest, STR(" <\""), &before)) {
		struct str at = {rest.p - 2, rest.n + 2};
		size_t n = (size_t)(at.p - 1 - s->p);

		if (!exim_bracketed(&at, &orig) ||
		    !same_unquoted(orig, str_head(*s, n)))
			continue;
		*addr = orig;
		*s = at;
		return true;
	}
	return false;
}

static struct str
local_part(struct str addr)
{
	ptrdiff_t at = str_rchr(addr, '@');

	return at < 0 ? addr : str_head(addr, (size_t)at);
}

struct attempt {
	struct event ev;
	struct str recipient;
};

static void
attempt_begin(struct attempt *a)
{
	event_begin(&a->ev, EVENT_ATTEMPT);
	a->recipient = STR_NONE;
}

/* Pipe, file and reply deliveries print the command or the path. */
static bool
is_sink(struct str s)
{
	return str_starts(s, STR("|")) || str_starts(s, STR("/")) ||
	       str_starts(s, STR(">")) || str_starts(s, STR("save "));
}

/* Steps over text up to " <address>" and reads that. */
static bool
address_after(struct str *s, struct str *addr)
{
	struct str rest = *s, before;
	int tries = 16;

	while (tries-- && str_until(&rest, STR(" <"), &before)) {
		struct str at = {rest.p - 1, rest.n + 1};

		if (!exim_bracketed(&at, addr) ||
		    (at.n && at.p[0] != ' ' && at.p[0] != ':'))
			continue;
		*s = at;
		return true;
	}
	return false;
}

/* Parents between the address and the original one: " (a@b, c@d)". */
static void
skip_parents(struct str *s)
{
	struct str rest = *s, before;

	if (str_skip(&rest, STR(" (")) && str_until(&rest, STR(")"), &before))
		*s = rest;
}

/* The address that an attempt is about.  Local deliveries print the local
 * part alone. */
static bool
attempt_address(struct attempt *a, struct str *s)
{
	struct str first, orig = STR_NONE, at;

	if (requoted_address(s, &a->recipient))
		return true;
	if (is_sink(*s))
		return address_after(s, &a->recipient);
	first = exim_word(s);
	if (str_ends(first, STR(":")) && !str_starts(first, STR(":"))) {
		first.n--; /* "** a@example.org: text" */
		*s = str_of(s->p - 1, s->n + 1);
	}
	skip_parents(s);
	at = *s;
	if (str_skip(&at, STR(" ")) && exim_bracketed(&at, &orig))
		*s = at;
	a->recipient = first;
	if (!str_has(orig))
		return first.n != 0;
	if (str_chr(first, '@') < 0 &&
	    (str_starts(first, STR(":")) || str_eqi(first, local_part(orig))))
		a->recipient = orig; /* "userx <userx@example.org>" */
	else
		a->ev.orig_recipient = orig;
	return true;
}

/* The remote server's id in its last reply, if it is one of the forms that
 * Exim ("OK id="), Postfix and others ("queued as") and Sendmail ("2.0.0 Q
 * Message accepted for delivery") use. */
static struct str
queued_as(struct str reply)
{
	static const struct str mark[] = {
	    STR("queued as "), STR("OK id="), STR("Queued as ")};
	static const struct str accepted =
	    STR(" Message accepted for delivery");
	struct str id = STR_NONE, before;
	size_t n = 0;

	if (str_ends(reply, accepted)) {
		reply.n -= accepted.n;
		n = (size_t)(str_rchr(reply, ' ') + 1);
		id = str_from(reply, n);
		return id.n ? id : STR_NONE;
	}

	for (size_t i = 0; i < sizeof(mark) / sizeof(mark[0]); i++) {
		struct str rest = reply;
		if (!str_until(&rest, mark[i], &before))
			continue;
		while (
		    n < rest.n && (rest.p[n] == '-' || rest.p[n] == '.' ||
		                      (rest.p[n] >= '0' && rest.p[n] <= '9') ||
		                      (rest.p[n] >= 'A' && rest.p[n] <= 'Z') ||
		                      (rest.p[n] >= 'a' && rest.p[n] <= 'z')))
			n++;
		while (n && rest.p[n - 1] == '.')
			n--;
		id = str_head(rest, n);
		break;
	}
	return id.n ? id : STR_NONE;
}

/* "host [addr]:port" of the next hop; a local delivery can have a bare name. */
static void
relay(struct event *ev, struct str *s)
{
	struct exim_host h;
	struct str at = *s;

	ev->relay = str_word(&at);
	*s = at;
	str_skip(&at, STR(" DS"));
	if (!str_skip(&at, STR(" ")) || !exim_host(&at, &h))
		return;
	ev->relay_addr = h.addr;
	ev->has_relay_addr = true;
	str_skip(&at, STR("*")); /* a connection used again */
	*s = at;
}

/* Fields of an attempt up to ": text", which is returned. */
static struct str
attempt_fields(struct attempt *a, struct str s)
{
	while (s.n) {
		struct exim_field f;

		if (str_skip(&s, STR(": ")))
			return s;
		if (str_skip(&s, STR(" H="))) {
			relay(&a->ev, &s);
			continue;
		}
		if (str_starts(s, STR(" F=<")) || str_starts(s, STR(" P=<"))) {
			bool from = s.p[1] == 'F';
			struct str addr;
			s = str_from(s, 3);
			if (!exim_bracketed(&s, &addr))
				return STR_NONE;
			if (from)
				a->ev.sender = addr;
			continue;
		}
		if (s.p[0] != ' ') { /* the colon of "DT=0s: text" */
			s = str_from(s, 1);
			continue;
		}
		f = exim_field(&s);
		if (is(&f, "C"))
			a->ev.reason = f.value;
		if (str_ends(f.value, STR(":")) || str_ends(f.name, STR(":")))
			s = str_of(s.p - 1, s.n + 1);
	}
	return STR_NONE;
}

/* Exim adds the time it took to the end of a text (+deliver_time). */
static struct str
without_times(struct str text)
{
	ptrdiff_t at = str_rfind(text, STR(" DT="));

	if (at >= 0 && str_chr(str_from(text, (size_t)at + 1), ' ') < 0)
		text.n = (size_t)at;
	return text;
}

/* "SMTP error from remote mail server after RCPT TO:<a@b>: 550 5.1.1 text"
 * (smtp transport): the remote server's words begin with its code. */
static struct str
remote_reply(struct str text)
{
	static const struct str says[] = {
	    STR("SMTP error from remote mail server after "),
	    STR("LMTP error after "),
	    STR("LMTP error from remote mail server after "), {NULL, 0}};
	struct str rest = text, addr, before;

	for (size_t i = 0; says[i].n; i++) {
		if (!str_skip(&rest, says[i]))
			continue;
		str_skip(&rest, STR("pipelined "));
		if (str_skip(&rest, STR("RCPT TO:")) ||
		    str_skip(&rest, STR("MAIL FROM:")))
			exim_bracketed(&rest, &addr);
		if (str_until(&rest, STR(": "), &before))
			return rest;
	}
	return STR_NONE;
}

static void
attempt_reason(struct event *ev, struct str text)
{
	struct str remote;

	if (!str_has(text))
		return;
	text = str_trim(without_times(text));
	remote = remote_reply(text);
	ev->reason = str_has(remote) ? remote : text;
	if (str_has(remote))
		exim_reply(ev, remote);
}

static void
emit_attempt(struct exim_line *l, struct attempt *a)
{
	if (str_has(a->recipient)) {
		a->ev.recipients = &a->recipient;
		a->ev.nrecipients = 1;
	}
	exim_emit(l, &a->ev);
}

/* "=> blackhole (DATA ACL discarded recipients): text": all recipients; the
 * text is the ACL's own (receive.c).  "=> discarded (system filter)". */
static enum parsed
blackhole(struct exim_line *l, struct str s)
{
	struct attempt a = {.ev = event_of(EVENT_ATTEMPT)};
	struct str by;

	if (!str_until(&s, STR(")"), &by))
		return PARSED_UNKNOWN;
	a.ev.disposition = DISP_DISCARDED;
	a.ev.reason = by;
	if (str_skip(&s, STR(": "))) {
		a.ev.reason = s;
		a.ev.text = s;
		a.ev.text_kind = STR("acl-discard");
	}
	emit_attempt(l, &a);
	return PARSED_USED;
}

/* "=> discarded <a@b> R=userforward": a user's filter ended without a
 * delivery, so there is no transport; unlike a user of that name. */
static bool
filter_discarded(struct attempt *a, struct str *s)
{
	struct str rest = *s, addr;

	if (!str_skip(&rest, STR("discarded ")) ||
	    !exim_bracketed(&rest, &addr) || str_find(rest, STR(" T=")) >= 0)
		return false;
	a->recipient = addr;
	*s = rest;
	return true;
}

static enum parsed
delivered(struct exim_line *l, struct str s)
{
	struct attempt a;
	bool discarded = str_starts(s, STR(":blackhole:"));

	attempt_begin(&a);
	if (str_skip(&s, STR("blackhole (")) ||
	    str_skip(&s, STR("discarded (")))
		return blackhole(l, s);
	if (filter_discarded(&a, &s)) {
		discarded = true;
	} else {
		if (!attempt_address(&a, &s))
			return PARSED_UNKNOWN;
		attempt_fields(&a, s);
	}
	a.ev.disposition = discarded ? DISP_DISCARDED : DISP_DELIVERED;
	if (str_has(a.ev.reason)) {
		exim_reply(&a.ev, a.ev.reason);
		a.ev.queued_as = queued_as(a.ev.reason);
	}
	emit_attempt(l, &a);
	return PARSED_USED;
}

/* Exim gives up when the retry time runs out (retry.c). */
static bool
is_expiry(struct str text)
{
	return str_starts(text, STR("retry timeout exceeded")) ||
	       str_find(text, STR(" have been failing for a long time")) >= 0 ||
	       str_ends(text, STR("retry timeout exceeded"));
}

static enum parsed
bounced(struct exim_line *l, struct str s)
{
	struct attempt a = {.ev = event_of(EVENT_ATTEMPT)};
	struct str text;

	if (!attempt_address(&a, &s))
		return PARSED_UNKNOWN;
	text = attempt_fields(&a, s);
	attempt_reason(&a.ev, text);
	a.ev.disposition = DISP_BOUNCED;
	if (str_has(text) && a.ev.reply == 0 && is_expiry(a.ev.reason))
		a.ev.disposition = DISP_EXPIRED;
	emit_attempt(l, &a);
	return PARSED_USED;
}

/* The system's own words for a positive code, ": Connection timed out", which
 * come before the fields. */
static struct str
system_error(struct str *s)
{
	struct str text;
	ptrdiff_t at;

	if (!str_skip(s, STR(": ")))
		return STR_NONE;
	at = str_find(*s, STR(" H="));
	text = at < 0 ? *s : str_head(*s, (size_t)at);
	*s = str_from(*s, text.n);
	return text;
}

/* " R=router T=transport defer (code)..." */
static enum parsed
deferred(struct exim_line *l, struct str s)
{
	struct attempt a = {.ev = event_of(EVENT_ATTEMPT)};
	struct str driver, code, text = STR_NONE, more;
	uint64_t errno_value;

	if (!attempt_address(&a, &s) ||
	    !str_until(&s, STR(" defer ("), &driver) ||
	    !str_until(&s, STR(")"), &code))
		return PARSED_UNKNOWN;
	if (str_u64(code, &errno_value) && errno_value > 0)
		text = system_error(&s);
	more = attempt_fields(&a, s);
	if (str_has(more))
		text = more;
	attempt_reason(&a.ev, text);
	a.ev.disposition = DISP_DEFERRED;
	emit_attempt(l, &a);
	return PARSED_USED;
}

static enum parsed
completed(struct exim_line *l, struct str s)
{
	struct event ev;

	if (s.n && s.p[0] != ' ')
		return PARSED_UNKNOWN;
	event_begin(&ev, EVENT_END);
	exim_emit(l, &ev);
	return PARSED_USED;
}

enum parsed
exim_message(struct exim_line *l)
{
	static const struct {
		struct str flag;
		enum parsed (*read)(struct exim_line *l, struct str s);
	} table[] = {
	    {STR("<= "), arrival},
	    {STR("(= "), arrival}, /* fakereject: accepted all the same */
	    {STR("=> "), delivered},
	    {STR("-> "), delivered},
	    {STR(">> "), delivered},
	    {STR("*> "), delivered},
	    {STR("** "), bounced},
	    {STR("== "), deferred},
	    {STR("Completed"), completed},
	};
	struct str s = l->text;

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (str_skip(&s, table[i].flag))
			return table[i].read(l, s);
	return PARSED_UNKNOWN;
}
