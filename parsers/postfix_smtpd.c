/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the SMTP server's side says: smtpd, postscreen, and cleanup, which
 * runs header checks and the milters' last word.  Formats: smtpd.c,
 * smtpd_check.c log_whatsup(), cleanup_message.c, cleanup_milter.c,
 * postscreen_smtpd.c of Postfix 3.7; older ones where they differ.
 */
#include "parsers/postfix.h"

/* What a verb before "RCPT from client: ..." does to the mail. */
enum effect { REFUSE, ACCEPT, HOLD, DISCARD, WARN, PASS };

struct verb {
	struct str name, text_kind;
	enum effect effect;
};

static const struct verb verbs[] = {
    {STR("reject"), STR("reject"), REFUSE},
    {STR("reject_warning"), STR("reject-warning"), WARN},
    {STR("milter-reject"), STR("milter-reject"), REFUSE},
    {STR("milter-discard"), STR("milter-discard"), DISCARD},
    {STR("milter-hold"), STR("milter-hold"), HOLD},
    {STR("milter-quarantine"), STR("milter-hold"), HOLD},
    {STR("proxy-reject"), STR("proxy-reject"), REFUSE},
    {STR("proxy-accept"), STR("proxy-accept"), ACCEPT},
    {STR("discard"), STR("discard"), DISCARD},
    {STR("hold"), STR("hold"), HOLD},
    {STR("warn"), STR("warn"), WARN},
    {STR("warning"), STR("warn"), WARN},
    {STR("filter"), STR("filter"), PASS},
    {STR("redirect"), STR("redirect"), PASS},
    {STR("bcc"), STR("bcc"), PASS},
    {STR("delay"), STR("delay"), PASS},
    {STR("info"), STR("info"), PASS},
    {STR("permit"), STR("permit"), PASS},
    {STR("prepend"), STR("prepend"), PASS},
    {STR("replace"), STR("replace"), PASS},
    {STR("strip"), STR("strip"), PASS},
    {STR("pass"), STR("pass"), PASS},
};

static const struct verb *
verb_find(struct str name)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (str_eq(verbs[i].name, name))
			return &verbs[i];
	return NULL;
}

/* smtpd.h: commands and SMTPD_AFTER_*; longer names first. */
static const struct {
	struct str name;
	enum stage stage;
} stages[] = {
    {STR("RCPT"), STAGE_RCPT},
    {STR("END-OF-MESSAGE"), STAGE_EOM},
    {STR("DATA content"), STAGE_DATA},
    {STR("DATA"), STAGE_DATA},
    {STR("BDAT content"), STAGE_DATA},
    {STR("BDAT"), STAGE_DATA},
    {STR("MAIL"), STAGE_MAIL},
    {STR("CONNECT"), STAGE_CONNECT},
    {STR("EHLO"), STAGE_HELO},
    {STR("HELO"), STAGE_HELO},
    {STR("STARTTLS"), STAGE_HELO},
    {STR("AUTH"), STAGE_AUTH},
    {STR("RSET"), STAGE_NONE},
    {STR("NOOP"), STAGE_NONE},
    {STR("VRFY"), STAGE_NONE},
    {STR("ETRN"), STAGE_NONE},
    {STR("QUIT"), STAGE_NONE},
    {STR("XCLIENT"), STAGE_NONE},
    {STR("XFORWARD"), STAGE_NONE},
    {STR("UNKNOWN"), STAGE_NONE},
};

static bool
stage_skip(struct str *s, enum stage *out)
{
	for (size_t i = 0; i < sizeof(stages) / sizeof(*stages); i++)
		if (str_skip(s, stages[i].name)) {
			*out = stages[i].stage;
			return true;
		}
	return false;
}

/*
 * Of a reply text only what this server or its filter wrote: without the
 * quoted address (or HELO) in front, which may itself hold ">: "; without
 * what the recipient's server said in an address probe; and of a block
 * list's reply on a sender or a HELO without that name.
 */
static struct str
own_text(struct str s)
{
	ptrdiff_t at;

	if (str_find(s, STR("undeliverable address: ")) >= 0 ||
	    str_find(s, STR("unverified address: ")) >= 0)
		return STR_NONE;
	if (str_starts(s, STR("<"))) {
		at = str_rfind(s, STR(">: "));
		return at < 0 ? STR_NONE : str_from(s, (size_t)at + 3);
	}
	if (str_starts(s, STR("Service unavailable; ")) &&
	    !str_starts(s, STR("Service unavailable; client [")) &&
	    !str_starts(s, STR("Service unavailable; Client host ["))) {
		at = str_rfind(s, STR("] blocked using "));
		return at < 0 ? STR_NONE : str_from(s, (size_t)at + 2);
	}
	return s;
}

/* A line that was cut within its envelope (Postfix logs 2000 octets): the
 * reply begins with the recipient that it is about (smtpd_check.c).  That
 * text could only stand in the address itself if it were quoted there. */
static void
recipient_of_reply(struct event *ev, struct pf_tail *t, struct str s)
{
	static const struct str about[] = {
	    STR(">: Recipient address rejected: "),
	    STR(">: Relay access denied")};
	struct str text;

	if (ev->stage != STAGE_RCPT || !str_skip(&s, STR("<")) ||
	    (!str_until(&s, about[0], &t->recipient) &&
	        !str_until(&s, about[1], &t->recipient)) ||
	    !pf_address_whole(t->recipient))
		return;
	ev->recipients = &t->recipient;
	ev->nrecipients = 1;
	if (str_until(&s, STR("; from=<"), &text) &&
	    str_until(&s, STR("> to=<"), &t->sender) &&
	    pf_address_whole(t->sender))
		ev->sender = t->sender;
}

static void
fill_tail(struct event *ev, const struct pf_tail *t)
{
	ev->sender = t->sender;
	ev->helo = t->helo;
	ev->protocol = t->protocol;
	ev->auth_user = t->auth_user;
	if (str_has(t->recipient)) {
		ev->recipients = &t->recipient;
		ev->nrecipients = 1;
	}
}

/* A connection turned away without a code is postscreen's 421. */
static enum disposition
disposition_of(enum effect effect, const struct event *ev)
{
	char class = ev->reply   ? (char)('0' + ev->reply / 100)
	             : ev->dsn.n ? *ev->dsn.p
	             : ev->stage == STAGE_CONNECT ? '4'
	                                          : '5';

	if (effect == DISCARD)
		return DISP_DISCARDED;
	if (effect == HOLD)
		return DISP_QUARANTINED;
	return class == '4' ? DISP_TEMPFAILED : DISP_REJECTED;
}

/* The reply and the text, with the tail cut off or, in a line that was cut,
 * up to where it would begin. */
static void
read_reply(struct event *ev, struct str s, bool whole)
{
	ev->reply = pf_reply(&s, &ev->dsn);
	if (!whole) {
		ptrdiff_t at = str_find(s, STR("; from=<"));

		ev->reason = s;
		if (at < 0 || str_starts(s, STR("<")))
			return;
		s = str_head(s, (size_t)at);
	}
	ev->reason = s;
	ev->text = own_text(s);
}

/*
 * "250 2.0.0 from MTA(...): 250 2.0.0 Ok: queued as Q": what the client was
 * told came from the filter in front of the queue (smtpd_proxy_filter).  Q
 * has its own arrival, with the client in orig_client=; here is the rest.
 */
static enum parsed
read_accept(const struct pf *pf, struct event *ev)
{
	ptrdiff_t at = str_rfind(ev->reason, STR("queued as "));
	struct event detail;

	if (str_starts(ev->reason, STR("Ok, discarded"))) {
		ev->disposition = DISP_DISCARDED;
		ev->text_kind = STR("discard-reply");
		return pf_emit(pf, ev);
	}
	if (at < 0)
		return PARSED_IGNORED;
	event_begin(&detail, EVENT_DETAIL);
	detail.queue_id = str_from(ev->reason, (size_t)at + 10);
	if (!pf_is_queue_id(detail.queue_id))
		return PARSED_IGNORED;
	detail.helo = ev->helo;
	detail.protocol = ev->protocol;
	detail.auth_user = ev->auth_user;
	detail.sender = ev->sender;
	return pf_emit(pf, &detail);
}

/* "RCPT from name[addr]: 554 5.7.1 <a>: text; from=<> to=<> ..." after
 * "reject: "; of a proxy "END-OF-MESSAGE: 554 ...", without the client. */
static enum parsed
read_verb(const struct pf *pf, struct str id, const struct verb *v,
    struct str s, bool (*tail)(struct str *, struct pf_tail *))
{
	struct event ev;
	struct pf_peer peer;
	struct pf_tail t;
	bool whole;

	event_begin(&ev, EVENT_REJECT);
	if (!stage_skip(&s, &ev.stage))
		return PARSED_UNKNOWN;
	if (str_skip(&s, STR(" from "))) {
		if (!pf_peer(&s, &peer))
			return PARSED_UNKNOWN;
		pf_client(&ev, &peer);
	}
	if (!str_skip(&s, STR(": ")))
		return PARSED_UNKNOWN;
	if (v->effect == PASS)
		return PARSED_IGNORED;
	ev.queue_id = id;
	ev.text_kind = v->text_kind;
	whole = tail(&s, &t);
	if (whole)
		fill_tail(&ev, &t);
	read_reply(&ev, s, whole);
	if (!whole)
		recipient_of_reply(&ev, &t, ev.reason);
	ev.disposition = disposition_of(v->effect, &ev);
	if (v->effect == ACCEPT)
		return read_accept(pf, &ev);
	if (v->effect == WARN) {
		ev.kind = EVENT_NOTICE;
		ev.disposition = DISP_NONE;
		ev.reply = 0;
	} else if (v->effect == HOLD && !str_has(id)) {
		ev.kind = EVENT_NOTICE; /* the mail comes yet, with an id */
	}
	if (!str_has(ev.text))
		ev.text_kind = STR_NONE;
	return pf_emit(pf, &ev);
}

/* "client=name[addr], sasl_method=M, sasl_username=U, sasl_sender=S,
 * orig_queue_id=Q, orig_client=name[addr]", in this order (smtpd.c).  After
 * a SASL name nothing is believed: the name may hold all that follows. */
static struct str
read_auth_user(struct str s)
{
	struct str user = s, sender = s;

	if (!str_until(&sender, STR(", sasl_sender="), &user))
		return s;
	/* ambiguous beyond that: then the account is not on record */
	return str_find(user, STR(", ")) < 0 && str_find(sender, STR(", ")) < 0
	           ? user
	           : STR_NONE;
}

/* "orig_queue_id=Q, orig_client=name[addr]" (XFORWARD, which only authorized
 * hosts may send): the mail comes from our filter, the client is the one
 * that the filter was told of. */
static bool
read_origin(struct event *ev, struct event *same, struct str s)
{
	struct pf_peer peer;

	if (str_skip(&s, STR("orig_queue_id="))) {
		struct str orig = str_split(&s, ',');

		ev->reinjected = true;
		if (pf_is_queue_id(orig))
			same->parent_queue_id = orig;
		str_skip(&s, STR(" "));
	}
	if (str_skip(&s, STR("orig_client=")) && pf_peer(&s, &peer)) {
		ev->reinjected = true;
		if (peer.has_addr && !peer.local) {
			ev->client_name = STR_NONE;
			pf_client(ev, &peer);
		}
	}
	return ev->reinjected;
}

/* Without an id the mail passes to a filter in front of the queue: no more
 * is told than whose session it is, which is what "connect from" told. */
static enum parsed
read_client(const struct pf *pf, struct str id, struct str s)
{
	struct event ev, same;
	struct pf_peer peer;
	struct str method;

	if (!pf_peer(&s, &peer))
		return PARSED_UNKNOWN;
	event_begin(&ev, str_has(id) ? EVENT_ARRIVAL : EVENT_CONNECT);
	pf_client(&ev, &peer);
	ev.queue_id = id;
	if (s.n == 0)
		return pf_emit(pf, &ev);
	event_begin(&same, EVENT_SAME);
	same.queue_id = id;
	if (str_skip(&s, STR(", sasl_method="))) {
		if (!str_until(&s, STR(", sasl_username="), &method))
			return PARSED_UNKNOWN;
		ev.auth_user = read_auth_user(s);
	} else if (!str_skip(&s, STR(", sasl_sender=")) &&
	           (!str_skip(&s, STR(", ")) || !read_origin(&ev, &same, s))) {
		return PARSED_UNKNOWN;
	}
	pf_emit(pf, &ev);
	return str_has(id) && str_has(same.parent_queue_id) ? pf_emit(pf, &same)
	                                                    : PARSED_USED;
}

/* "lost connection after DATA (261 bytes) from name[addr]".  After the final
 * dot the message is already taken, and the session idle: no abort. */
static enum parsed
read_abort(const struct pf *pf, struct str whole, struct str s)
{
	struct event ev = event_of(EVENT_ABORT);
	struct pf_peer peer;
	struct str bytes;

	if (!stage_skip(&s, &ev.stage))
		return PARSED_UNKNOWN;
	if (str_skip(&s, STR(" (")) && !str_until(&s, STR(" bytes)"), &bytes))
		return PARSED_UNKNOWN;
	ev.reason = str_head(whole, (size_t)(s.p - whole.p));
	if (!str_skip(&s, STR(" from ")) || !pf_peer(&s, &peer))
		return PARSED_UNKNOWN;
	if (ev.stage == STAGE_EOM)
		return PARSED_IGNORED;
	ev.disposition = DISP_ABORTED;
	pf_client(&ev, &peer);
	return pf_emit(pf, &ev);
}

static const struct pf_text smtpd_warnings[] = {
    {STR("hostname "), STR(" does not resolve to address ")},
    {STR("hostname "), STR(" verification failed")},
    {STR(""), STR(": hostname ")},
    {STR(""), STR(": address not listed for hostname ")},
    {STR(""), STR(": RBL lookup error: ")},
    {STR("SASL authentication failure: "), STR_NONE},
    {STR("SASL authentication problem: "), STR_NONE},
    {STR("SASL: Connect to "), STR_NONE},
    {STR("non-SMTP command from "), STR_NONE},
    {STR("TLS library problem: "), STR_NONE},
    {STR("No server certs available"), STR_NONE},
    {STR("proxy "), STR(" rejected \"")},
    {STR("proxy "), STR("lost connection")},
    {STR("connect to "), STR_NONE},
    {STR("problem talking to server "), STR_NONE},
    {STR("access table "), STR_NONE},
    {STR("milter "), STR_NONE},
    {STR("timeout on "), STR_NONE},
    {STR("not enough free space in mail queue"), STR_NONE},
    {STR(""), STR(": request longer than ")},
    {STR(""), STR(": response longer than ")},
    {STR("reject: ETRN "), STR(" from ")},
    {STR("bad ETRN "), STR(" from ")},
    {STR("Refusing STARTTLS request from "), STR_NONE},
    {STR("Refusing TLS service request from "), STR_NONE},
    {STR("Wrapper-mode request dropped from "), STR_NONE},
    {STR("received garbage from proxy "), STR_NONE},
    {STR("haproxy read: "), STR_NONE},
    {STR("bad "), STR(" syntax from proxy: ")},
    {STR(""), STR(" server address count limit (")},
    {STR("NOQUEUE: malformed BDAT command syntax from "), STR_NONE},
    {STR("NOQUEUE: null BDAT request from "), STR_NONE},
    {STR("xsasl_"), STR_NONE},
    {STR("unreasonable command payload "), STR_NONE},
    {STR("numeric hostname: "), STR_NONE},
    {STR("Unable to look up "), STR(" host ")},
    {STR("malformed domain name in resource data of "), STR_NONE},
    {STR("numeric domain name in resource data of "), STR_NONE},
    {STR("no MX host for "), STR(" has a valid address record")},
    {STR(""), STR(": TXT lookup error: ")},
    {STR("unknown smtpd restriction: "), STR_NONE},
    {STR("restriction "), STR(" ignored")},
    {STR("read timeout on cleanup socket"), STR_NONE},
    {STR("unexpected end-of-input from cleanup socket"), STR_NONE},
    {STR("cleanup socket: "), STR_NONE},
    {STR("cannot get "), STR(" from file ")},
};

/* Limits of anvil(8): "RATE exceeded: 11 from name[addr] for service smtp".
 * The replies are those of smtpd.c. */
static const struct {
	struct str starts;
	enum stage stage;
	int reply;
	struct str dsn;
} limits[] = {
    {STR("Connection concurrency limit exceeded: "), STAGE_CONNECT, 421,
        STR("4.7.0")},
    {STR("Connection rate limit exceeded: "), STAGE_CONNECT, 421, STR("4.7.0")},
    {STR("Message delivery request rate limit exceeded: "), STAGE_MAIL, 450,
        STR("4.7.1")},
    {STR("Recipient address rate limit exceeded: "), STAGE_RCPT, 450,
        STR("4.7.1")},
    {STR("New TLS session rate limit exceeded: "), STAGE_HELO, 454,
        STR("4.7.0")},
    {STR("AUTH command rate limit exceeded: "), STAGE_AUTH, 450, STR("4.7.1")},
};

static enum parsed
read_limit(const struct pf *pf, struct str s)
{
	struct event ev = event_of(EVENT_REJECT);
	struct str head = s, number;
	struct pf_peer peer;

	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
		if (!str_skip(&s, limits[i].starts))
			continue;
		number = str_digits(&s);
		if (!number.n || !str_skip(&s, STR(" from ")) ||
		    !pf_peer(&s, &peer))
			return PARSED_UNKNOWN;
		ev.stage = limits[i].stage;
		ev.reply = limits[i].reply;
		ev.dsn = limits[i].dsn;
		ev.disposition = DISP_TEMPFAILED;
		ev.reason = str_head(head, limits[i].starts.n - 2);
		pf_client(&ev, &peer);
		return pf_emit(pf, &ev);
	}
	return PARSED_UNKNOWN;
}

/* "name[addr]: SASL LOGIN authentication failed: reason, sasl_username=U".
 * U has not passed: it is nobody's name and is not read. */
static enum parsed
read_auth_failure(const struct pf *pf, struct str s)
{
	struct event ev = event_of(EVENT_REJECT);
	struct pf_peer peer;
	struct str method;

	if (!pf_peer(&s, &peer) || !str_skip(&s, STR(": ")))
		return PARSED_UNKNOWN;
	ev.reason = s;
	if (!str_skip(&s, STR("SASL ")))
		return PARSED_UNKNOWN;
	method = str_word(&s);
	if (!method.n || (!str_skip(&s, STR(" authentication failed")) &&
	                     !str_skip(&s, STR(" authentication aborted"))))
		return PARSED_UNKNOWN;
	ev.reason.n -= s.n;
	ev.stage = STAGE_AUTH;
	ev.disposition = str_starts(s, STR(": Temporary ")) ||
	                         str_starts(s, STR(": Connection lost"))
	                     ? DISP_TEMPFAILED
	                     : DISP_REJECTED;
	pf_client(&ev, &peer);
	return pf_emit(pf, &ev);
}

/* The address of "<address>", the whole of s; absent if it is anything else. */
static struct str
only_address(struct str s)
{
	if (!str_skip(&s, STR("<")) || !str_ends(s, STR(">")))
		return STR_NONE;
	s.n--;
	return pf_address_whole(s) ? s : STR_NONE;
}

/* "Illegal address syntax from name[addr] in MAIL command: <...>": the
 * client was told 501 (smtpd.c mail_cmd, rcpt_cmd), and no other line says
 * so.  The address is whatever the peer sent. */
static enum parsed
read_bad_address(const struct pf *pf, struct str s)
{
	struct event ev = event_of(EVENT_REJECT);
	struct pf_peer peer;
	struct str address;

	if (!pf_peer(&s, &peer) || !str_skip(&s, STR(" in ")))
		return PARSED_UNKNOWN;
	if (!stage_skip(&s, &ev.stage) || !str_skip(&s, STR(" command: ")))
		return PARSED_UNKNOWN;
	ev.disposition = DISP_REJECTED;
	ev.reply = 501;
	ev.reason = STR("Illegal address syntax");
	address = only_address(s);
	if (ev.stage == STAGE_MAIL) {
		ev.sender = address;
	} else if (ev.stage == STAGE_RCPT && str_has(address)) {
		ev.recipients = &address;
		ev.nrecipients = 1;
	}
	pf_client(&ev, &peer);
	return pf_emit(pf, &ev);
}

/* smtpd.c and cleanup_envelope.c, cleanup_message.c, cleanup_out.c; the
 * replies are those of cleanup_strerror.c.  A message that pickup brought is
 * refused likewise. */
enum parsed
pf_refused_data(const struct pf *pf, struct str s)
{
	static const struct {
		struct str starts, ends;
		int reply;
		struct str dsn;
	} texts[] = {
	    {STR("queue file size limit exceeded"), STR(""), 552, STR("5.3.4")},
	    {STR("BDAT request from "), STR(" exceeds message size limit"), 552,
	        STR("5.3.4")},
	    {STR("message rejected: hopcount exceeded"), STR(""), 554,
	        STR("5.4.0")},
	    {STR("message rejected: "), STR(""), 451, STR("4.3.0")},
	    {STR(""), STR(" message not accepted, try again later"), 451,
	        STR("4.3.0")},
	    {STR("write queue file: "), STR(""), 451, STR("4.3.0")},
	};
	struct event ev = event_of(EVENT_REJECT);

	if (!pf_queue_id(&s, &ev.queue_id) || !str_has(ev.queue_id))
		return PARSED_UNKNOWN;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		if (!str_starts(s, texts[i].starts) ||
		    !str_ends(s, texts[i].ends))
			continue;
		ev.stage = STAGE_EOM;
		ev.reply = texts[i].reply;
		ev.dsn = texts[i].dsn;
		ev.disposition =
		    ev.reply < 500 ? DISP_TEMPFAILED : DISP_REJECTED;
		ev.reason = s;
		return pf_emit(pf, &ev);
	}
	return PARSED_UNKNOWN;
}

static enum parsed
smtpd_warning(const struct pf *pf, struct str s)
{
	enum parsed done;

	if (str_skip(&s, STR("Illegal address syntax from ")))
		return read_bad_address(pf, s);
	done = pf_refused_data(pf, s);
	if (done == PARSED_UNKNOWN)
		done = read_limit(pf, s);
	if (done == PARSED_UNKNOWN)
		done = read_auth_failure(pf, s);
	if (done == PARSED_UNKNOWN && PF_KNOWN(smtpd_warnings, s))
		done = PARSED_IGNORED;
	return done;
}

static const struct pf_text smtpd_ignored[] = {
    {STR("setting up TLS connection from "), STR_NONE},
    {STR("SSL_accept error from "), STR_NONE},
    {STR("improper command pipelining after "), STR_NONE},
    {STR("certificate verification failed for "), STR_NONE},
    /* smtpd_tls_loglevel = 2 and more */
    {STR("SSL_accept:"), STR_NONE},
    {STR("SSL3 alert "), STR_NONE},
    {STR("initializing the server-side TLS engine"), STR_NONE},
    {STR(""), STR("]: TLS cipher list ")},
    {STR(""), STR(": subject_CN=")},
    {STR(""), STR(": replacing command \"")}, /* smtpd_command_filter */
};

/* " ehlo=1 mail=0/1 commands=1/2" (3.0): of two MAIL commands one passed. */
static int
refused_mail(struct str s)
{
	struct str word;
	uint64_t passed, all;

	while (str_skip(&s, STR(" "))) {
		word = str_word(&s);
		if (!str_skip(&word, STR("mail=")) ||
		    !str_u64(str_digits(&word), &passed) ||
		    !str_skip(&word, STR("/")) || !str_u64(word, &all))
			continue;
		return all > passed && all < 1000 ? (int)(all - passed) : 0;
	}
	return 0;
}

/* A line with "connect from" or "disconnect from" before the peer. */
static enum parsed
read_session(const struct pf *pf, enum event_kind kind, struct str s)
{
	struct event ev;
	struct pf_peer peer;

	if (!pf_peer(&s, &peer) || (s.n && s.p[0] != ' '))
		return PARSED_UNKNOWN;
	event_begin(&ev, kind);
	if (kind == EVENT_DISCONNECT)
		ev.refused_mail = refused_mail(s);
	pf_client(&ev, &peer);
	return pf_emit(pf, &ev);
}

/* "Anonymous TLS connection established from name[addr]: TLSv1.3 with ..."
 * (smtpd_tls_loglevel): the session begins anew (RFC 3207 4.2). */
static enum parsed
read_tls(const struct pf *pf, struct str s)
{
	static const struct str trust[] = {STR("Anonymous "), STR("Untrusted "),
	    STR("Trusted "), STR("Verified ")};
	struct event ev = event_of(EVENT_CONNECT);
	struct pf_peer peer;

	for (size_t i = 0; i < 4; i++)
		if (str_skip(&s, trust[i]))
			break;
	if (!str_skip(&s, STR("TLS connection established from ")) ||
	    !pf_peer(&s, &peer) || !str_starts(s, STR(": ")))
		return PARSED_UNKNOWN;
	pf_client(&ev, &peer);
	ev.tls = 1;
	return pf_emit(pf, &ev);
}

static enum parsed
smtpd_id(const struct pf *pf, struct str id, struct str s)
{
	struct str name;
	const struct verb *v;

	if (str_skip(&s, STR("client=")))
		return read_client(pf, id, s);
	if (!str_until(&s, STR(": "), &name))
		return PARSED_UNKNOWN;
	if (str_eq(name, STR("abort"))) /* of a TLS handshake */
		return PARSED_IGNORED;
	v = verb_find(name);
	return v ? read_verb(pf, id, v, s, pf_tail) : PARSED_UNKNOWN;
}

enum parsed
pf_smtpd(const struct pf *pf, struct str s)
{
	struct str id, whole = s;

	if (str_skip(&s, STR("connect from ")))
		return read_session(pf, EVENT_CONNECT, s);
	if (str_skip(&s, STR("disconnect from ")))
		return read_session(pf, EVENT_DISCONNECT, s);
	if (pf_queue_id(&s, &id) || str_starts(s, STR("proxy-")))
		return smtpd_id(pf, id, s);
	if (str_skip(&s, STR("warning: ")))
		return smtpd_warning(pf, s);
	if (str_skip(&s, STR("lost connection after ")) ||
	    str_skip(&s, STR("timeout after ")) ||
	    str_skip(&s, STR("too many errors after ")))
		return read_abort(pf, whole, s);
	if (PF_KNOWN(smtpd_ignored, s))
		return PARSED_IGNORED;
	return read_tls(pf, s);
}

/* ---- cleanup ---- */

/* "header Subject: words from name[addr]; from=<> ... helo=<>: text": cuts
 * text and tail off.  The text is the table's, the words are the peer's. */
static bool
check_tail(struct str *s, struct pf_tail *t, struct str *text)
{
	struct str look = *s, head;

	*text = STR_NONE;
	if (pf_tail(s, t))
		return true;
	for (int tries = 0; tries < 8; tries++) {
		ptrdiff_t at = str_rfind(look, STR(">: "));

		if (at < 0)
			return false;
		head = str_head(*s, (size_t)at + 1);
		if (pf_tail(&head, t)) {
			*text = str_from(*s, (size_t)at + 3);
			*s = head;
			return true;
		}
		look.n = (size_t)at;
	}
	return false;
}

/* The words, and the client or "local" after the last " from ". */
static void
check_content(struct event *ev, struct str s)
{
	ptrdiff_t at = str_rfind(s, STR(" from "));
	struct pf_peer peer;
	struct str origin;

	if (at < 0)
		return;
	origin = str_from(s, (size_t)at + 6);
	if (pf_peer(&origin, &peer) && origin.n == 0)
		pf_client(ev, &peer);
	s = str_head(s, (size_t)at);
	if (str_startsi(s, STR("subject: ")))
		ev->subject = str_from(s, 9);
}

static const struct str check_classes[] = {STR("header "), STR("body "),
    STR("mime-header "), STR("nested-header "), STR("mime-error ")};

static bool
check_class(struct str *s)
{
	for (size_t i = 0; i < 5; i++)
		if (str_skip(s, check_classes[i]))
			return true;
	return false;
}

/* header_checks(5): also WARN and INFO tell a subject. */
static enum parsed
read_check(
    const struct pf *pf, struct str id, const struct verb *v, struct str s)
{
	struct event ev = event_of(EVENT_REJECT);
	struct event detail = event_of(EVENT_DETAIL);
	struct pf_tail t;
	struct str text;
	bool whole = check_tail(&s, &t, &text);

	ev.queue_id = detail.queue_id = id;
	if (whole) {
		fill_tail(&ev, &t);
		check_content(&ev, s);
	}
	detail.subject = ev.subject;
	if (v->effect == PASS || v->effect == WARN) {
		if (str_has(detail.subject))
			pf_emit(pf, &detail);
		if (v->effect == PASS || !str_has(text))
			return str_has(detail.subject) ? PARSED_USED
			                               : PARSED_IGNORED;
		ev.kind = EVENT_NOTICE;
	}
	ev.stage = STAGE_EOM;
	pf_reply(&text, &ev.dsn);
	ev.reason = ev.text = text;
	if (str_has(text))
		ev.text_kind = ev.kind == EVENT_NOTICE ? STR("header-warning")
		                                       : STR("header-reject");
	if (ev.kind == EVENT_REJECT)
		ev.disposition = disposition_of(v->effect, &ev);
	return pf_emit(pf, &ev);
}

static const struct pf_text cleanup_ignored[] = {
    {STR("warning: milter "), STR_NONE},
    {STR("warning: connect to Milter service "), STR_NONE},
    {STR("warning: "), STR(": read timeout on cleanup socket")},
    {STR("warning: "), STR(": queue file size limit exceeded")},
    {STR("warning: "), STR(" map lookup problem")},
    {STR("warning: cleanup_milter"), STR_NONE},
    {STR("warning: mail_stream_cleanup: "), STR_NONE},
    {STR("warning: "), STR(": ignoring ")},
    {STR("warning: "), STR(" from Milter or header/body_checks")},
    {STR("warning: "), STR(": Milter request to ")},
    {STR("warning: bad "), STR(" header text \"")},
    {STR("warning: unknown command in "), STR_NONE},
    {STR("warning: multi-valued "), STR_NONE},
};

static enum parsed
cleanup_verb(const struct pf *pf, struct str id, struct str s)
{
	static const struct str milter_checks[] = {
	    STR("milter-header-"), STR("milter-body-")};
	struct str name;
	const struct verb *v;
	bool check;

	if (!str_until(&s, STR(": "), &name))
		return PARSED_UNKNOWN;
	for (size_t i = 0; i < 2; i++)
		str_skip(&name, milter_checks[i]);
	v = verb_find(name);
	if (!v)
		return PARSED_UNKNOWN;
	check = check_class(&s);
	return check ? read_check(pf, id, v, s)
	             : read_verb(pf, id, v, s, pf_tail);
}

enum parsed
pf_cleanup(const struct pf *pf, struct str s)
{
	struct str warning = s;
	struct event ev;

	event_begin(&ev, EVENT_DETAIL);
	if (str_skip(&warning, STR("warning: ")) &&
	    pf_refused_data(pf, warning) == PARSED_USED)
		return PARSED_USED;
	if (!pf_queue_id(&s, &ev.queue_id))
		return PF_KNOWN(cleanup_ignored, s) ? PARSED_IGNORED
		                                    : PARSED_UNKNOWN;
	if (str_skip(&s, STR("message-id="))) {
		ev.message_id = s; /* any text, to the end */
		return pf_emit(pf, &ev);
	}
	if (str_starts(s, STR("resent-message-id=")))
		return PARSED_IGNORED; /* not the Message-ID */
	if (str_starts(s, STR("to=<")))
		return pf_delivery(pf, ev.queue_id, s);
	return cleanup_verb(pf, ev.queue_id, s);
}

/* ---- postscreen ---- */

/* Tests before a mail transaction, and their passing. */
static const struct pf_text screen_ignored[] = {
    {STR("CONNECT from ["), STR_NONE},
    {STR("DISCONNECT ["), STR_NONE},
    {STR("PASS NEW ["), STR_NONE},
    {STR("PASS OLD ["), STR_NONE},
    {STR("ALLOWLISTED ["), STR_NONE},
    {STR("WHITELISTED ["), STR_NONE},
    {STR("ALLOWLIST VETO ["), STR_NONE},
    {STR("WHITELIST VETO ["), STR_NONE},
    {STR("PREGREET "), STR(" from [")},
    {STR("HANGUP after "), STR(" from [")},
    {STR("BARE NEWLINE from ["), STR_NONE},
    {STR("NON-SMTP COMMAND from ["), STR_NONE},
    {STR("COMMAND PIPELINING from ["), STR_NONE},
    {STR("COMMAND TIME LIMIT from ["), STR_NONE},
    {STR("COMMAND COUNT LIMIT from ["), STR_NONE},
    {STR("COMMAND LENGTH LIMIT from ["), STR_NONE},
    {STR("entering STRESS mode with "), STR_NONE},
    {STR("leaving STRESS mode with "), STR_NONE},
    {STR("cache "), STR(" full cleanup: ")},
    {STR("close database "), STR_NONE},
    {STR("DATA without valid RCPT from ["), STR_NONE},
    {STR("BDAT without valid RCPT from ["), STR_NONE},
    {STR("["), STR(": replacing command \"")},
    {STR("warning: getpeername: "), STR_NONE},
    {STR("warning: haproxy read: "), STR_NONE},
    {STR("warning: psc_"), STR_NONE},
    {STR("warning: psc_cache_update: "), STR_NONE},
    {STR("warning: dnsblog reply timeout "), STR_NONE},
};

/* "DNSBL rank 3 for [addr]:port", "DENYLISTED [addr]:port". */
static enum parsed
screen_notice(const struct pf *pf, struct str s, struct str head)
{
	struct event ev = event_of(EVENT_NOTICE);
	struct pf_peer peer;

	if (!pf_peer(&s, &peer) || s.n)
		return PARSED_UNKNOWN;
	pf_client(&ev, &peer);
	ev.text = head;
	ev.text_kind = STR("postscreen");
	return pf_emit(pf, &ev);
}

enum parsed
pf_postscreen(const struct pf *pf, struct str s)
{
	static const struct verb reject = {
	    STR("reject"), STR("reject"), REFUSE};
	struct str in = s, rank;

	if (str_skip(&in, STR("NOQUEUE: reject: ")))
		return read_verb(pf, STR_NONE, &reject, in, pf_tail_commas);
	if (str_skip(&in, STR("DNSBL rank "))) {
		rank = str_digits(&in);
		if (!rank.n || !str_skip(&in, STR(" for ")))
			return PARSED_UNKNOWN;
		return screen_notice(pf, in, str_head(s, 11 + rank.n));
	}
	if (str_skip(&in, STR("DENYLISTED ")) ||
	    str_skip(&in, STR("BLACKLISTED ")))
		return screen_notice(pf, in, STR("DENYLISTED"));
	return PF_KNOWN(screen_ignored, s) ? PARSED_IGNORED : PARSED_UNKNOWN;
}
