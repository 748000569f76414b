/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two lines of a message: "from=" (logsender() in queue.c/envelope.c) and
 * "to=" (logdelivery() in deliver.c).
 *
 *   from=A, size=N, class=N, nrcpts=N[, msgid=M][, bodytype=][, proto=]
 *	[, daemon=][, tls_verify=][, auth=], relay=R
 *   to=A,A[, [more]][, ctladdr=A (u/g)], delay=D[, xdelay=D][, mailer=M],
 *	pri=N[, relay=R][, dsn=D][, quarantine=Q][, reply=T], stat=T
 *
 * A and M are the peer's; they can hold ", relay=x [192.0.2.1]".  R is made
 * by the server and always last in "from=", so it is read from the right.
 */
#include "parsers/sendmail.h"

#define CHUNK 64

/* What stands before and after the last `key` in s. */
static bool
last_field(struct str *s, struct str key, struct str *val)
{
	ptrdiff_t at = str_rfind(*s, key);

	if (at < 0)
		return false;
	*val = str_from(*s, (size_t)at + key.n);
	*s = str_head(*s, (size_t)at);
	return true;
}

static bool
token(struct str s)
{
	static const bool in_token[256] = {['0' ... ';'] = true,
	    ['A' ... 'Z'] = true, ['a' ... 'z'] = true, ['_'] = true,
	    ['-'] = true, ['.'] = true, ['+'] = true, ['/'] = true};

	for (size_t i = 0; i < s.n; i++)
		if (!in_token[(unsigned char)s.p[i]])
			return false;
	return s.n > 0;
}

struct tail {
	struct str proto, tls, daemon, bodytype;
};

static void
take(struct str *field, struct str val)
{
	if (!str_has(*field))
		*field = val;
}

/* Takes ", key=word" from the right as long as that is what is there. */
static void
read_tail(struct str *s, struct tail *t)
{
	for (int i = 0; i < 12; i++) {
		struct str rest = *s, val, key;
		ptrdiff_t eq;

		if (!last_field(&rest, STR(", "), &val))
			return;
		eq = str_chr(val, '=');
		key = str_head(val, eq < 0 ? 0 : (size_t)eq);
		val = str_from(val, (size_t)(eq + 1));
		if (!token(key) || !token(val) || str_eq(key, STR("msgid")) ||
		    str_eq(key, STR("nrcpts")))
			return;
		if (str_eq(key, STR("proto")))
			take(&t->proto, val);
		else if (str_eq(key, STR("tls_verify")))
			take(&t->tls, val);
		else if (str_eq(key, STR("daemon")))
			take(&t->daemon, val);
		else if (str_eq(key, STR("bodytype")))
			take(&t->bodytype, val);
		*s = rest;
	}
}

/* Inline, so that the key is a constant (base/str.h, str_skip()). */
static inline __attribute__((always_inline)) bool
number(struct str *s, struct str key, int64_t *out)
{
	bool negative;

	if (!str_skip(s, key))
		return false;
	negative = str_skip(s, STR("-"));
	if (!str_i64(str_digits(s), out))
		return false;
	if (negative)
		*out = -1;
	return true;
}

/* ", size=N, class=N[, pri=N], nrcpts=N" and then the end or ", msgid=". */
static bool
read_counts(struct str s, int64_t *size, int64_t *nrcpts, struct str *msgid)
{
	int64_t skip;

	if (!number(&s, STR(", size="), size) ||
	    !number(&s, STR(", class="), &skip))
		return false;
	number(&s, STR(", pri="), &skip);
	if (!number(&s, STR(", nrcpts="), nrcpts))
		return false;
	*msgid = STR_NONE;
	if (str_skip(&s, STR(", msgid=")))
		*msgid = s;
	else if (s.n > 0)
		return false;
	return true;
}

/* s = "A, size=..." */
static bool
read_sender(struct str s, struct event *ev, bool *has_id)
{
	int64_t nrcpts = -1;
	ptrdiff_t at = sm_arg(s);

	if (at < 0 || !read_counts(str_from(s, (size_t)at), &ev->size, &nrcpts,
	                  &ev->message_id)) {
		/* Cut to 200 bytes, or shortened to 203: quotes do not match.
		 * Nothing before that can be the server's. */
		at = str_find(str_from(s, 195), STR(", size="));
		at = at < 0 ? at : at + 195;
		if (at < 0 || !read_counts(str_from(s, (size_t)at), &ev->size,
		                  &nrcpts, &ev->message_id))
			return false;
	}
	ev->nrcpt = nrcpts > INT32_MAX ? -1 : (int)nrcpts;
	*has_id = str_has(ev->message_id);
	ev->message_id = sm_whole(ev->message_id);
	s = sm_whole(str_head(s, (size_t)at));
	if (!str_eq(s, STR("<NONE>")))
		ev->sender = sm_bare(s);
	return true;
}

/* proto is the macro $r: ESMTP, S with TLS, A with AUTH (RFC 3848). */
static void
read_proto(struct sm *c, struct event *ev, const struct tail *t)
{
	struct sm_session *s;

	ev->protocol = t->proto;
	if (str_starts(t->proto, STR("ESMTP"))) {
		struct str with = str_from(t->proto, 5);
		ev->tls = str_chr(with, 'S') >= 0;
		if (str_chr(with, 'A') >= 0 && ev->has_client &&
		    (s = sm_session(c, false)) != NULL && s->nauth > 0 &&
		    addr_cmp(s->client, ev->client) == 0)
			ev->auth_user = str_of(s->auth, s->nauth);
	}
	if (str_has(t->tls) && !str_eq(t->tls, STR("NONE")))
		ev->tls = 1;
}

/*
 * The line is also written when nothing was accepted (CLEAR_STATE in
 * srvrsmtp.c: RSET, QUIT, a lost connection): no recipients, or neither size
 * nor Message-ID, or after a line that said so.
 */
enum parsed
sm_from(struct sm *c)
{
	struct event ev;
	struct str s = str_from(c->text, 5), relay;
	struct tail t = {{0}, {0}, {0}, {0}};
	enum sm_fate fate = sm_fate(c, NULL);
	bool has_id;

	sm_begin(c, &ev, EVENT_ARRIVAL);
	if (!str_has(c->queue_id) || !last_field(&s, STR(", relay="), &relay))
		return PARSED_UNKNOWN;
	read_tail(&s, &t);
	if (!read_sender(s, &ev, &has_id))
		return PARSED_UNKNOWN;
	/* Only SMTP has a client; a line cut short has neither. */
	if (str_has(t.proto))
		sm_client(&ev, relay);
	read_proto(c, &ev, &t);
	if (ev.nrcpt != 0 && fate != SM_ABORTED && (ev.size > 0 || has_id)) {
		sm_emit(c, &ev);
		return PARSED_USED;
	}
	if (ev.nrcpt != 0 && fate == SM_OPEN) {
		sm_abort(c, &ev, STAGE_RCPT);
	} else {
		ev.kind = EVENT_DETAIL;
		ev.size = -1;
		sm_emit(c, &ev);
	}
	sm_begin(c, &ev, EVENT_END);
	sm_emit(c, &ev);
	return PARSED_USED;
}

/* Length of the recipient list: up to ", " and one of the fields behind it.
 * Falls back on the first ", delay=" if quotes do not match. */
static ptrdiff_t
list_end(struct str s)
{
	static const struct str next[] = {
	    SM_LIT(", delay="), SM_LIT(", ctladdr="), SM_LIT(", [more], ")};
	ptrdiff_t n = sm_arg(s);

	for (size_t i = 0; n >= 0 && i < sizeof(next) / sizeof(*next); i++)
		if (str_starts(str_from(s, (size_t)n), next[i]))
			return n;
	return str_find(s, STR(", delay="));
}

/* The next recipient of a list, with its <>. */
static struct str
next_recipient(struct str *list)
{
	bool quote = false, angle = false;
	struct str one;
	size_t i;

	for (i = sm_special(*list, 0); i < list->n;
	     i = sm_special(*list, i + 1)) {
		char c = list->p[i];

		if (c == '\\')
			i++;
		else if (c == '"')
			quote = !quote;
		else if (quote)
			continue;
		else if (c == '<' || c == '>')
			angle = c == '<';
		else if (c == ',' && !angle)
			break;
	}
	one = str_head(*list, i);
	*list = str_from(*list, i + 1);
	return one;
}

static void
emit_list(struct sm *c, const struct event *of, struct str list)
{
	struct str rcpt[CHUNK];
	struct event ev = *of;

	ev.recipients = rcpt;
	while (list.n > 0) {
		struct str one = sm_bare(next_recipient(&list));
		if (one.n > 0)
			rcpt[ev.nrecipients++] = one;
		if (ev.nrecipients == CHUNK) {
			sm_emit(c, &ev);
			ev.nrecipients = 0;
		}
	}
	if (ev.nrecipients > 0)
		sm_emit(c, &ev);
}

struct outcome {
	struct str mailer, relay, dsn, quarantine, reply, stat;
};

/* The relay of a local mailer is the macro $h, 40 characters of the
 * recipient's +detail: the last match counts.  A host's is its MX name. */
static bool
read_relay(struct str *s, struct outcome *o)
{
	static const struct str next[] = {SM_LIT(", dsn="),
	    SM_LIT(", quarantine="), SM_LIT(", reply="), SM_LIT(", stat=")};
	bool host = str_find(o->mailer, STR("smtp")) >= 0 ||
	            str_eq(o->mailer, STR("relay"));
	ptrdiff_t best = -1;

	for (size_t i = 0; i < sizeof(next) / sizeof(*next); i++) {
		struct str window = host ? *s : str_head(*s, 40 + next[i].n);
		ptrdiff_t at = host ? str_find(window, next[i])
		                    : str_rfind(window, next[i]);
		if (at < 0 || (!host && i > 0 && best >= 0))
			continue;
		if (best < 0 || at < best)
			best = at;
	}
	if (best < 0)
		return false;
	o->relay = str_head(*s, (size_t)best);
	*s = str_from(*s, (size_t)best);
	return true;
}

static struct str
word_field(struct str *s)
{
	ptrdiff_t at = str_find(*s, STR(", "));
	struct str val = str_head(*s, at < 0 ? s->n : (size_t)at);

	*s = str_from(*s, val.n);
	return val;
}

/* s = ", delay=..., stat=T": fields in their order, stat= last. */
static bool
read_outcome(struct str s, struct outcome *o)
{
	while (str_skip(&s, STR(", "))) {
		ptrdiff_t eq = str_chr(str_head(s, 20), '=');
		struct str key = str_head(s, eq < 0 ? 0 : (size_t)eq);

		if (!token(key))
			return false;
		s = str_from(s, key.n + 1);
		if (str_eq(key, STR("stat"))) {
			o->stat = s;
			return true;
		}
		if (str_eq(key, STR("relay"))) {
			if (!read_relay(&s, o))
				return false;
		} else if (str_eq(key, STR("reply")) ||
		           str_eq(key, STR("quarantine"))) {
			ptrdiff_t at = str_find(s, STR(", stat="));
			if (at < 0)
				return false;
			if (key.p[0] == 'r')
				o->reply = str_head(s, (size_t)at);
			else
				o->quarantine = str_head(s, (size_t)at);
			s = str_from(s, (size_t)at);
		} else if (str_eq(key, STR("mailer"))) {
			o->mailer = word_field(&s);
		} else if (str_eq(key, STR("dsn"))) {
			o->dsn = word_field(&s);
		} else {
			word_field(&s);
		}
	}
	return false;
}

static bool
starts_any(struct str s, const char *const *with)
{
	for (; *with != NULL; with++)
		if (str_startsi(s, str_z(*with)))
			return true;
	return false;
}

/* By the enhanced code where there is one (RFC 3463), else by the texts of
 * sysexits in sysexits.c and deliver.c. */
static enum disposition
disposition_of(const struct outcome *o)
{
	static const char *const expired[] = {"Cannot send message for ",
	    "Message could not be delivered for ", NULL};
	static const char *const later[] = {"queued", "Deferred",
	    "Please try again later", "Transient", "Temporary", NULL};

	if (str_starts(o->stat, STR("quarantined")) || str_has(o->quarantine))
		return DISP_QUARANTINED;
	if (str_eq(o->stat, STR("discarded")) ||
	    str_eq(o->mailer, STR("discard")))
		return DISP_DISCARDED;
	if (starts_any(o->stat, expired))
		return DISP_EXPIRED;
	if (o->dsn.n > 0 && o->dsn.p[0] == '4')
		return DISP_DEFERRED;
	if (o->dsn.n > 0 && o->dsn.p[0] == '5')
		return DISP_BOUNCED;
	if (starts_any(o->stat, later))
		return DISP_DEFERRED;
	return str_starts(o->stat, STR("Sent")) || o->dsn.n > 0 ? DISP_DELIVERED
	                                                        : DISP_BOUNCED;
}

/* CLEAR_STATE() in srvrsmtp.c gives the command as the reason. */
static bool
is_command(struct str s)
{
	static const char *const command[] = {
	    "rset", "helo", "ehlo", "mail", "quit", "starttls", NULL};

	for (size_t i = 0; command[i] != NULL; i++)
		if (str_eqi(s, str_z(command[i])))
			return true;
	return false;
}

/* No mailer: the message was refused or dropped before delivery began
 * (logundelrcpts() in srvrsmtp.c); the line lists whom that concerned. */
static void
refused(struct sm *c, struct event *ev, const struct outcome *o)
{
	enum sm_fate fate = sm_fate(c, &ev->reply);

	ev->stage = STAGE_EOM;
	if (fate == SM_ABORTED || (fate == SM_OPEN && is_command(o->stat))) {
		ev->kind = EVENT_DETAIL;
	} else if (ev->disposition == DISP_DISCARDED || fate == SM_DISCARDED) {
		ev->disposition = DISP_DISCARDED;
	} else if (fate == SM_TEMPFAILED || ev->disposition == DISP_DEFERRED) {
		ev->disposition = DISP_TEMPFAILED;
	} else {
		ev->disposition = DISP_REJECTED;
	}
}

static bool
id_text(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == ':' || s.p[i] == ';' || s.p[i] == '/')
			return false;
	return token(s) && s.n >= 5 && s.n <= 64;
}

/* The next hop's queue id in its last reply: Postfix, sendmail, Exim. */
static struct str
queued_as(struct str stat)
{
	struct str t = stat, before, id, dsn;
	ptrdiff_t at;

	if (!str_skip(&t, STR("Sent (")))
		return STR_NONE;
	if (sm_dsn(&t, &dsn))
		t = str_trim(t);
	if (str_startsi(t, STR("ok id=")))
		t = str_from(t, 6);
	else if ((at = str_find(t, STR("queued as "))) >= 0)
		t = str_from(t, (size_t)at + 10);
	else if (str_find(t, STR(" Message accepted for delivery")) < 0)
		return STR_NONE;
	id = str_split(&t, ')');
	if (str_until(&id, STR(" "), &before))
		id = before;
	return id_text(id) ? id : STR_NONE;
}

static void
read_next_hop(struct event *ev, struct str relay)
{
	struct sm_peer peer;

	if (relay.n == 0)
		return;
	ev->has_relay_addr = sm_peer(relay, &peer);
	ev->relay_addr = peer.addr;
	ev->relay = relay;
}

/* Of "reply=550 5.1.1 text". */
static int
reply_code(struct str reply)
{
	struct event ev;

	if (reply.n == 0)
		return 0;
	ev = event_of(EVENT_NONE);
	sm_reply(&ev, reply);
	return ev.reply;
}

/* "Deferred: 451 4.3.5 text" */
static int
deferred_code(struct str stat)
{
	uint64_t v;
	struct str code;

	if (!str_skip(&stat, STR("Deferred: ")))
		return 0;
	code = str_digits(&stat);
	return code.n == 3 && str_u64(code, &v) ? (int)v : 0;
}

/* ", ctladdr=A (uid/gid)": the local user on whose behalf, an address. */
static bool
skip_ctladdr(struct str *s)
{
	ptrdiff_t n;

	if (!str_skip(s, STR(", ctladdr=")))
		return true;
	n = sm_arg(*s);
	if (n < 0 || !str_starts(str_from(*s, (size_t)n), STR(", delay=")))
		n = str_find(*s, STR(", delay="));
	if (n < 0)
		return false;
	*s = str_from(*s, (size_t)n);
	return true;
}

enum parsed
sm_to(struct sm *c)
{
	struct event ev;
	struct outcome o = {{0}, {0}, {0}, {0}, {0}, {0}};
	struct str s = str_from(c->text, 3), list;
	ptrdiff_t n = list_end(s);

	sm_begin(c, &ev, EVENT_ATTEMPT);
	if (!str_has(c->queue_id) || n < 0)
		return PARSED_UNKNOWN;
	list = str_head(s, (size_t)n);
	s = str_from(s, (size_t)n);
	str_skip(&s, STR(", [more]"));
	if (!skip_ctladdr(&s) || !read_outcome(s, &o))
		return PARSED_UNKNOWN;
	ev.disposition = disposition_of(&o);
	ev.dsn = o.dsn;
	ev.reason = o.stat;
	ev.reply = reply_code(o.reply);
	if (ev.reply == 0)
		ev.reply = deferred_code(o.stat);
	read_next_hop(&ev, o.relay);
	/* One that was refused at RCPT is in the list of what was discarded. */
	if (str_eq(o.stat, STR("discarded")) && str_starts(o.dsn, STR("5")))
		return PARSED_IGNORED;
	if (!str_has(o.mailer) && ev.disposition != DISP_QUARANTINED)
		refused(c, &ev, &o);
	else if (ev.disposition == DISP_DELIVERED)
		ev.queued_as = queued_as(o.stat);
	emit_list(c, &ev, list);
	if (ev.kind == EVENT_DETAIL)
		sm_abort(c, &ev, STAGE_RCPT);
	return PARSED_USED;
}
