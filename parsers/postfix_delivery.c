/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The delivery agents: smtp, lmtp, local, virtual, pipe, error, discard.
 * One line an attempt and recipient (log_adhoc.c); what the next hop said is
 * last, in parentheses, and is not ours.
 */
#include "parsers/postfix.h"

static const struct {
	struct str word;
	enum disposition disposition; /* DISP_NONE: an address probe */
} statuses[] = {
    {STR("sent"), DISP_DELIVERED},
    {STR("deferred"), DISP_DEFERRED},
    {STR("bounced"), DISP_BOUNCED},
    {STR("SOFTBOUNCE"), DISP_DEFERRED}, /* soft_bounce = yes */
    {STR("expired"), DISP_EXPIRED},
    {STR("deliverable"), DISP_NONE}, /* verify(8): no mail went */
    {STR("undeliverable"), DISP_NONE},
};

static int
status_find(struct str word)
{
	for (int i = 0; i < (int)(sizeof(statuses) / sizeof(*statuses)); i++)
		if (str_eq(statuses[i].word, word))
			return i;
	return -1;
}

/* Steps to what a remote host said: after "host name[addr] said: ", maybe
 * itself after "delivery temporarily suspended: ".  False: nobody spoke. */
static bool
host_said(struct str *s)
{
	struct str in = *s;
	struct pf_peer peer;

	str_skip(&in, STR("delivery temporarily suspended: "));
	if (!str_skip(&in, STR("host ")) || !pf_peer(&in, &peer))
		return false;
	if (!str_skip(&in, STR(" said: ")) &&
	    !str_skip(&in, STR(" refused to talk to me: ")))
		return false;
	*s = in;
	return true;
}

static bool
id_of_hop(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z') &&
		    !(c >= 'a' && c <= 'z') && c != '-')
			return false;
	}
	return s.n >= 5 && s.n <= 40;
}

/*
 * The queue id in the next hop's success reply: Postfix "Ok: queued as Q"
 * (last, for a filter quotes its own next hop's), Exim "OK id=Q", Sendmail
 * "Q Message accepted for delivery".  A remote host says what it likes:
 * whether to believe it is decided by relay_addr.
 */
static struct str
queued_as(struct str s)
{
	static const struct str accepted =
	    STR(" Message accepted for delivery");
	ptrdiff_t at = str_rfind(s, STR("queued as "));
	struct str id = STR_NONE;

	if (at >= 0)
		id = str_from(s, (size_t)at + 10);
	else if (str_skip(&s, STR("OK id=")))
		id = s;
	else if (str_ends(s, accepted))
		id = str_head(s, s.n - accepted.n);
	return str_has(id) && id_of_hop(id) ? id : STR_NONE;
}

static void
read_sent(struct event *ev, struct str s, bool filter)
{
	struct str id = s;

	ev->reply = pf_reply(&s, &ev->dsn);
	if (ev->reply) {
		ev->queued_as = queued_as(s);
		if (str_starts(s, STR("Ok, discarded"))) {
			ev->disposition = DISP_DISCARDED;
			ev->text = filter ? s : STR_NONE;
			ev->text_kind =
			    filter ? STR("discard-reply") : STR_NONE;
		}
	} else if (str_skip(&id, STR("forwarded as ")) && pf_is_queue_id(id)) {
		ev->queued_as = id; /* local(8): aliases and .forward */
	}
}

/* A content filter on this machine that refuses the data: its words. */
static void
read_refused(struct event *ev, struct str s, bool filter)
{
	static const struct str end = STR(" (in reply to end of DATA command)");
	struct str dsn = STR_NONE;

	if (!host_said(&s))
		return;
	ev->reply = pf_reply(&s, &dsn);
	if (!str_has(ev->dsn))
		ev->dsn = dsn;
	if (filter && ev->reply >= 500 && str_ends(s, end)) {
		ev->text = str_head(s, s.n - end.n);
		ev->text_kind = STR("proxy-reject");
	}
}

/* ", conn_use=2, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent": none of
 * these is a peer's. */
static bool
read_fields(struct str *s, struct str *dsn, struct str *status)
{
	struct str in = *s;

	while (in.n) {
		if (str_skip(&in, STR("status="))) {
			*status = str_word(&in);
			*s = in;
			return true;
		}
		if (str_starts(in, STR("dsn="))) {
			struct str rest = str_from(in, 4);

			*dsn = str_split(&rest, ',');
		} else if (!str_starts(in, STR("delay")) &&
		           !str_starts(in, STR("conn_use=")) &&
		           !str_starts(in, STR("tls="))) { /* 3.11 */
			return false;
		}
		str_split(&in, ',');
		str_skip(&in, STR(" "));
	}
	return false;
}

static void
read_relay(struct event *ev, struct str relay, bool *filter)
{
	struct pf_peer peer;

	*filter = false;
	if (!str_eq(relay, STR("none")))
		ev->relay = relay;
	if (!pf_peer(&relay, &peer))
		return;
	ev->has_relay_addr = peer.has_addr;
	ev->relay_addr = peer.addr;
	*filter = peer.local;
}

/* local(8) made new mail of it for an alias's or .forward's addresses. */
static enum parsed
forwarded(const struct pf *pf, struct str id, struct str queued_as)
{
	struct event ev = event_of(EVENT_SAME);

	ev.queue_id = queued_as;
	ev.parent_queue_id = id;
	return pf_emit(pf, &ev);
}

enum parsed
pf_delivery(const struct pf *pf, struct str id, struct str s)
{
	static const struct str next[] = {STR(", relay="), STR(", orig_to=")};
	struct event ev;
	struct str to, relay, status = STR_NONE;
	bool filter;
	int kind;

	event_begin(&ev, EVENT_ATTEMPT);
	if (!str_skip(&s, STR("to=")) || !pf_address(&s, next, 2, &to))
		return PARSED_UNKNOWN;
	if (str_skip(&s, next[1]) &&
	    !pf_address(&s, next, 1, &ev.orig_recipient))
		return PARSED_UNKNOWN;
	str_skip(&s, next[0]);
	relay = str_split(&s, ',');
	if (!str_skip(&s, STR(" ")) || !read_fields(&s, &ev.dsn, &status))
		return PARSED_UNKNOWN;
	kind = status_find(status);
	if (kind < 0)
		return PARSED_UNKNOWN;
	if (statuses[kind].disposition == DISP_NONE)
		return PARSED_IGNORED;
	ev.queue_id = id;
	ev.recipients = &to;
	ev.nrecipients = 1;
	ev.disposition = statuses[kind].disposition;
	read_relay(&ev, relay, &filter);
	if (str_skip(&s, STR(" (")))
		ev.reason = str_head(s, s.n - str_ends(s, STR(")")));
	if (ev.disposition == DISP_DELIVERED)
		read_sent(&ev, ev.reason, filter);
	else
		read_refused(&ev, ev.reason, filter);
	pf_emit(pf, &ev);
	return ev.reply == 0 && str_has(ev.queued_as)
	           ? forwarded(pf, id, ev.queued_as)
	           : PARSED_USED;
}

/* The smtp client's talk with hosts; an attempt's line says the outcome. */
static const struct pf_text agent_id_ignored[] = {
    {STR("host "), STR(" said: ")},
    {STR("host "), STR(" refused to talk to me: ")},
    {STR("lost connection with "), STR(" while ")},
    {STR("conversation with "), STR(" timed out while ")},
    {STR("connect to "), STR_NONE},
    {STR("breaking line > "), STR_NONE},
    {STR("enabling PIX "), STR_NONE},
    {STR("Cannot start TLS: "), STR_NONE},
    {STR("TLS is required, but "), STR_NONE},
    {STR("Server certificate not "), STR_NONE},
    {STR("SASL authentication failed; "), STR_NONE},
    {STR("replacing server reply "), STR_NONE},
};

static const struct pf_text agent_ignored[] = {
    {STR("connect to "), STR_NONE},
    {STR("Anonymous TLS connection established to "), STR_NONE},
    {STR("Trusted TLS connection established to "), STR_NONE},
    {STR("Untrusted TLS connection established to "), STR_NONE},
    {STR("Verified TLS connection established to "), STR_NONE},
    {STR("TLS connection established to "), STR_NONE},
    {STR("setting up TLS connection to "), STR_NONE},
    {STR("SSL_connect error to "), STR_NONE},
    {STR("certificate verification failed for "), STR_NONE},
    {STR("server certificate verification failed for "), STR_NONE},
    {STR("certificate peer name verification failed for "), STR_NONE},
    {STR("warning: host "), STR(" greeted me with my own hostname ")},
    {STR("warning: host "), STR(" replied to HELO/EHLO with my own hostname ")},
    {STR("warning: host "), STR(" said: ")},
    {STR("warning: no MX host for "), STR_NONE},
    {STR("warning: numeric domain name in resource data of MX "), STR_NONE},
    {STR("warning: Unable to look up MX host "), STR_NONE},
    {STR("warning: TLS library problem: "), STR_NONE},
    {STR("warning: TLS policy lookup for "), STR_NONE},
    {STR("warning: "), STR(" offered null AUTH mechanism list")},
    {STR("warning: "), STR(" offered no supported AUTH mechanisms: ")},
    {STR("warning: "), STR(": non-ESMTP response from ")},
    {STR("warning: "), STR(": non-SMTP response from ")},
    {STR("warning: "), STR("response longer than ")},
    {STR("warning: malformed domain name in resource data of "), STR_NONE},
    {STR("warning: SASL authentication failure: "), STR_NONE},
    {STR("warning: mailer loop: "), STR_NONE},
    {STR("warning: "), STR(": address with illegal extension: ")},
    {STR("warning: cannot find alias database owner for "), STR_NONE},
    {STR("warning: no owner UID for alias database "), STR_NONE},
    {STR("warning: required alias not found: "), STR_NONE},
    {STR("warning: unknown user: "), STR_NONE},
    {STR("warning: error looking up passwd info for "), STR_NONE},
    {STR("warning: bad home directory syntax for: "), STR_NONE},
    {STR("warning: unknown home directory for: "), STR_NONE},
    {STR("warning: :include: file "), STR_NONE},
    {STR("warning: cannot find :include: file owner "), STR_NONE},
    {STR("warning: cannot open include file "), STR_NONE},
    {STR("warning: error reading forwarding file: "), STR_NONE},
    {STR("warning: cannot access home directory "), STR_NONE},
    {STR("warning: maildir access problem for "), STR_NONE},
    {STR("warning: perhaps you need to create the maildirs in advance"),
        STR_NONE},
    {STR("warning: pipe flag "), STR_NONE},
    {STR("warning: recipient "), STR(": not found in ")},
    {STR("warning: recipient "), STR(": bad ")},
    {STR("warning: file "), STR_NONE},
    {STR("warning: destination "), STR_NONE},
    {STR("warning: specify \""), STR_NONE},
    /* smtp_tls_loglevel = 2 and more */
    {STR("initializing the client-side TLS engine"), STR_NONE},
    {STR("SSL_connect:"), STR_NONE},
    {STR("Host offered STARTTLS: ["), STR_NONE},
    {STR(""), STR(": re-using session with ")},
    {STR(""), STR(": subject_CN=")},
    {STR(""), STR("]:25: TLS cipher list ")},
};

enum parsed
pf_agent(const struct pf *pf, struct str s)
{
	struct str id;

	if (!pf_queue_id(&s, &id))
		return PF_KNOWN(agent_ignored, s) ? PARSED_IGNORED
		                                  : PARSED_UNKNOWN;
	if (str_starts(s, STR("to=<")))
		return pf_delivery(pf, id, s);
	return PF_KNOWN(agent_id_ignored, s) ? PARSED_IGNORED : PARSED_UNKNOWN;
}
