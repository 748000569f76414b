/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How one transaction, and what became of it, stands in the logs of Postfix
 * 3.7 with amavisd-new 2.13 behind the queue (client ports logged), of Exim
 * 4.96 with exiscan, and of Sendmail 8.17 with MIMEDefang 3.3: the lines of
 * tests/lab, of which all but one message's own are left out.
 */
#include <string.h>
#include <time.h>

#include "world.h"

/* One message on its way through a server. */
struct trip {
	const struct mail *m;
	struct written *w;
	int64_t t;
	char id[32], client[200], mx[128];
};

static const char digits62[] =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

static void
pass(struct trip *x, int64_t most)
{
	x->t += 1000 + rnd64(most);
}

/* Server of a recipient: a name of his domain, an address of the outside. */
static const char *
mx_of(struct trip *x, const char *rcpt, int bracket_port)
{
	const char *domain = strrchr(rcpt, '@');
	unsigned h = 0;

	domain = domain ? domain + 1 : "nowhere.example";
	for (const char *p = domain; *p; p++)
		h = h * 31 + (unsigned char)*p;
	snprintf(x->mx, sizeof(x->mx),
	    bracket_port ? "mx.%s[203.0.113.%u]:25" : "mx.%s [203.0.113.%u]",
	    domain, 1 + h % 250);
	return x->mx;
}

static const char *
remote_id(void)
{
	static char id[16];

	snprintf(id, sizeof(id), "%05X%05X", rnd(1 << 20), rnd(1 << 20));
	return id;
}

/* What a remote server says to a recipient, and its codes.  Some of them
 * say what they like. */
static const char *
answer_of(const struct mail *m, int i, const char **dsn)
{
	static char text[300];
	const char *r = m->rcpt[i];

	switch (m->outcome[i]) {
	case UNKNOWN:
		*dsn = "5.1.1";
		snprintf(text, sizeof(text),
		    "550 5.1.1 <%s>: Recipient address rejected: User unknown%s",
		    r,
		    rnd(50) ? "" : "; to=<fake@inject.example>, status=sent");
		break;
	case FULL:
		*dsn = "5.2.2";
		snprintf(text, sizeof(text), "552 5.2.2 <%s>: mailbox full", r);
		break;
	case REFUSED:
		*dsn = "5.7.1";
		snprintf(text, sizeof(text),
		    "554 5.7.1 <%s>: Recipient address rejected: Message refused by policy",
		    r);
		break;
	default:
		*dsn = "4.2.0";
		snprintf(text, sizeof(text),
		    "450 4.2.0 <%s>: Recipient address rejected: Greylisted",
		    r);
	}
	return text;
}

static int
failed(const struct mail *m, int i)
{
	return m->outcome[i] == UNKNOWN || m->outcome[i] == FULL ||
	       m->outcome[i] == REFUSED;
}

/* Our own mailboxes are asked for at RCPT. */
static int
refused_at_rcpt(const struct mail *m, int i)
{
	return m->local && m->outcome[i] != SENT;
}

static int
accepted(const struct mail *m)
{
	int n = 0;

	for (int i = 0; i < m->nrcpt; i++)
		n += !refused_at_rcpt(m, i);
	return n;
}

static void
refusal_key(struct trip *x, int written)
{
	const struct mail *m = x->m;

	if (x->w->key[0] || !written)
		return;
	snprintf(x->w->key, sizeof(x->w->key), "%s:%u",
	    addr_text(&m->from_addr), m->port);
	x->w->received = x->t + host_offset[m->host];
	if (m->host != SENDMAIL)
		x->w->received -= x->w->received % SEC;
	x->w->arrived = 1;
}

static void
arrival(struct trip *x, int written)
{
	const struct mail *m = x->m;

	snprintf(x->w->key, sizeof(x->w->key), "%s", x->id);
	x->w->received = x->t + host_offset[m->host];
	if (m->host != SENDMAIL)
		x->w->received -= x->w->received % SEC;
	x->w->arrived = written;
}

/* ---- Postfix ---- */

static void
postfix_id(char *id, size_t n)
{
	static unsigned inode;

	snprintf(id, n, "%05X%06X", 0x10000 + rnd(900000),
	    0xa0000 + inode++ % 400000);
}

static void
postfix_notification(struct trip *x, const char *of)
{
	char id[32];

	postfix_id(id, sizeof(id));
	out_line(POSTFIX, x->t,
	    "postfix/cleanup[378]: %s: message-id=<%s.%s@smtp1.isp.example>",
	    id, "20261010", id);
	out_line(POSTFIX, x->t,
	    "postfix/bounce[396]: %s: sender non-delivery notification: %s", of,
	    id);
	out_line(POSTFIX, x->t,
	    "postfix/qmgr[359]: %s: from=<>, size=%u, nrcpt=1 (queue active)",
	    id, 2500 + rnd(900));
	pass(x, SEC);
	out_line(POSTFIX, x->t,
	    "postfix/smtp[380]: %s: to=<%s>, relay=%s, delay=0.4, delays=0/0/0.2/0.2, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as %s)",
	    id, x->m->sender, mx_of(x, x->m->sender, 1), remote_id());
	out_line(POSTFIX, x->t, "postfix/qmgr[359]: %s: removed", id);
}

static void
postfix_outcome(struct trip *x, const char *id, int i, int *bounced)
{
	const struct mail *m = x->m;
	const char *r = m->rcpt[i], *dsn;

	if (m->outcome[i] == GREYLISTED || m->outcome[i] == UNREACHABLE) {
		const char *says = answer_of(m, i, &dsn);

		if (m->outcome[i] == GREYLISTED)
			out_line(POSTFIX, x->t,
			    "postfix/smtp[395]: %s: to=<%s>, relay=%s, delay=0.9, delays=0.1/0/0.4/0.4, dsn=%s, status=deferred (host %.60s said: %s (in reply to RCPT TO command))",
			    id, r, mx_of(x, r, 1), dsn,
			    "mx.greylisting.example[203.0.113.9]", says);
		else
			out_line(POSTFIX, x->t,
			    "postfix/smtp[395]: %s: to=<%s>, relay=none, delay=30, delays=0.1/0/30/0, dsn=4.4.1, status=deferred (connect to %s: Connection timed out)",
			    id, r, mx_of(x, r, 1));
		x->t += 16 * MINUTE;
	}
	if (failed(m, i)) {
		const char *says = answer_of(m, i, &dsn);

		*bounced = 1;
		out_line(POSTFIX, x->t,
		    "postfix/smtp[395]: %s: to=<%s>, relay=%s, delay=0.6, delays=0.1/0/0.3/0.2, dsn=%s, status=bounced (host mx[203.0.113.9] said: %s (in reply to RCPT TO command))",
		    id, r, mx_of(x, r, 1), dsn, says);
	} else if (m->local)
		out_line(POSTFIX, x->t,
		    "postfix/lmtp[397]: %s: to=<%s>, relay=192.0.2.30[192.0.2.30]:24, delay=0.2, delays=0.1/0/0/0.1, dsn=2.0.0, status=sent (250 2.0.0 <%s> %s Saved)",
		    id, r, r, remote_id());
	else
		out_line(POSTFIX, x->t,
		    "postfix/smtp[395]: %s: to=<%s>, relay=%s, delay=0.9, delays=0.1/0/0.3/0.5, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as %s)",
		    id, r, mx_of(x, r, 1), remote_id());
}

/* amavis' words: recipients, ids, score. */
static void
amavis_rest(const struct trip *x, char *to, size_t n, const char *quarantine)
{
	const struct mail *m = x->m;
	size_t k = (size_t)snprintf(to, n, "MYNETS LOCAL [%s]:%u [%s] <%s> -> ",
	    addr_text(&m->from_addr), m->port, addr_text(&m->from_addr),
	    m->sender);
	const char *comma = "";

	for (int i = 0; i < m->nrcpt && k < n - 200; i++)
		if (!refused_at_rcpt(m, i)) {
			k += (size_t)snprintf(
			    to + k, n - k, "%s<%s>", comma, m->rcpt[i]);
			comma = ",";
		}
	if (quarantine)
		k += (size_t)snprintf(to + k, n - k, ", quarantine: %c/%s-%s",
		    x->id[2], quarantine, x->id);
	k += (size_t)snprintf(to + k, n - k,
	    ", Queue-ID: %s, Message-ID: <%s>, mail_id: m%s_x, Hits: ", x->id,
	    m->id, x->id);
	if (m->verdict == VIRUS_FOUND)
		k += (size_t)snprintf(to + k, n - k, "-, size: %d", m->size);
	else
		k += (size_t)snprintf(
		    to + k, n - k, "%.3f, size: %d", m->score, m->size);
}

static void
postfix_blocked(struct trip *x)
{
	const struct mail *m = x->m;
	char rest[1700];

	pass(x, SEC);
	if (m->verdict == VIRUS_FOUND) {
		amavis_rest(x, rest, sizeof(rest), "virus");
		x->w->verdict = out_line(POSTFIX, x->t,
		    "amavis[194]: (00194-%02u) Blocked INFECTED (%s) {DiscardedOutbound,Quarantined}, %s, 101 ms",
		    rnd(40), m->signature, rest);
	} else {
		amavis_rest(x, rest, sizeof(rest), "spam");
		x->w->verdict = out_line(POSTFIX, x->t,
		    "amavis[194]: (00194-%02u) Blocked SPAM {DiscardedOutbound,Quarantined}, %s, 355 ms",
		    rnd(40), rest);
	}
	for (int i = 0; i < m->nrcpt; i++)
		if (!refused_at_rcpt(m, i))
			out_line(POSTFIX, x->t,
			    "postfix/smtp[380]: %s: to=<%s>, relay=127.0.0.1[127.0.0.1]:10024, delay=0.9, delays=0.1/0.4/0/0.4, dsn=2.7.0, status=sent (250 2.7.0 Ok, discarded, id=00194-02 - %s)",
			    x->id, m->rcpt[i],
			    m->verdict == SPAM ? "spam" : "INFECTED");
	out_line(POSTFIX, x->t, "postfix/qmgr[359]: %s: removed", x->id);
}

static void
postfix_passed(struct trip *x)
{
	const struct mail *m = x->m;
	char again[32], rest[1700];
	int bounced = 0;

	postfix_id(again, sizeof(again));
	pass(x, SEC);
	out_line(POSTFIX, x->t,
	    "postfix/smtpd[392]: connect from localhost[127.0.0.1]:%u",
	    40000 + rnd(20000));
	out_line(POSTFIX, x->t,
	    "postfix/smtpd[392]: %s: client=localhost[127.0.0.1]:%u, orig_queue_id=%s, orig_client=%s",
	    again, 40000 + rnd(20000), x->id, x->client);
	out_line(POSTFIX, x->t, "postfix/cleanup[378]: %s: message-id=<%s>",
	    again, m->id);
	out_line(POSTFIX, x->t,
	    "postfix/qmgr[359]: %s: from=<%s>, size=%d, nrcpt=%d (queue active)",
	    again, m->sender, m->size + 420, accepted(m));
	amavis_rest(x, rest, sizeof(rest), NULL);
	x->w->verdict = out_line(POSTFIX, x->t,
	    "amavis[195]: (00195-%02u) Passed %s, %s, queued_as: %s, 292 ms",
	    rnd(40),
	    m->verdict == SPAM ? "SPAMMY {RelayedTaggedOutbound}"
	                       : "CLEAN {RelayedOutbound}",
	    rest, again);
	for (int i = 0; i < m->nrcpt; i++)
		if (!refused_at_rcpt(m, i))
			out_line(POSTFIX, x->t,
			    "postfix/smtp[380]: %s: to=<%s>, relay=127.0.0.1[127.0.0.1]:10024, delay=0.6, delays=0.1/0/0/0.5, dsn=2.0.0, status=sent (250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as %s)",
			    x->id, m->rcpt[i], again);
	out_line(POSTFIX, x->t, "postfix/qmgr[359]: %s: removed", x->id);
	for (int i = 0; i < m->nrcpt; i++)
		if (!refused_at_rcpt(m, i)) {
			pass(x, SEC / 2);
			postfix_outcome(x, again, i, &bounced);
		}
	if (bounced && m->sender[0])
		postfix_notification(x, again);
	out_line(POSTFIX, x->t, "postfix/qmgr[359]: %s: removed", again);
}

static void
postfix_write(struct trip *x)
{
	const struct mail *m = x->m;
	unsigned pid = 300 + rnd(60);
	int queued = 0, good = accepted(m), written;

	snprintf(x->client, sizeof(x->client), "%s[%s]:%u",
	    m->name[0] ? m->name : "unknown", addr_text(&m->from_addr),
	    m->port);
	postfix_id(x->id, sizeof(x->id));
	out_line(POSTFIX, x->t, "postfix/smtpd[%u]: connect from %s", pid,
	    x->client);
	pass(x, SEC / 10);
	for (int i = 0; i < m->nrcpt; i++) {
		if (!refused_at_rcpt(m, i)) {
			if (!queued++) {
				written =
				    m->auth[0]
				        ? out_line(POSTFIX, x->t,
				              "postfix/smtpd[%u]: %s: client=%s, sasl_method=PLAIN, sasl_username=%s",
				              pid, x->id, x->client, m->auth)
				        : out_line(POSTFIX, x->t,
				              "postfix/smtpd[%u]: %s: client=%s",
				              pid, x->id, x->client);
				arrival(x, written);
			}
			continue;
		}
		written = out_line(POSTFIX, x->t,
		    "postfix/smtpd[%u]: %s: reject: RCPT from %s: %s <%s>: Recipient address rejected: %s; from=<%s> to=<%s> proto=ESMTP helo=<%s>",
		    pid, queued ? x->id : "NOQUEUE", x->client,
		    m->outcome[i] == UNKNOWN ? "550 5.1.1" : "450 4.7.1",
		    m->rcpt[i],
		    m->outcome[i] == UNKNOWN
		        ? "User unknown in virtual mailbox table"
		        : "Greylisted, please try again later",
		    m->sender, m->rcpt[i], m->helo);
		if (good == 0)
			refusal_key(x, written);
	}
	if (good == 0) {
		out_line(POSTFIX, x->t,
		    "postfix/smtpd[%u]: disconnect from %s ehlo=1 mail=1 rcpt=0/%d quit=1 commands=3/%d",
		    pid, x->client, m->nrcpt, 3 + m->nrcpt);
		return;
	}
	out_line(POSTFIX, x->t, "postfix/cleanup[378]: %s: message-id=<%s>",
	    x->id, m->id);
	pass(x, SEC / 10);
	out_line(POSTFIX, x->t,
	    "postfix/qmgr[359]: %s: from=<%s>, size=%d, nrcpt=%d (queue active)",
	    x->id, m->sender, m->size, good);
	out_line(POSTFIX, x->t,
	    "postfix/smtpd[%u]: disconnect from %s ehlo=1 mail=1 rcpt=%d data=1 quit=1 commands=%d",
	    pid, x->client, m->nrcpt, 4 + m->nrcpt);
	if (m->verdict == VIRUS_FOUND || (m->verdict == SPAM && m->blocked))
		postfix_blocked(x);
	else
		postfix_passed(x);
}

/* ---- Exim ---- */

static void
exim_id(char *id, int64_t t)
{
	static unsigned pid = 4000;
	uint64_t s = (uint64_t)(t / SEC), f = (uint64_t)(t % SEC) / 500;

	strcpy(id, "000000-000000-00");
	for (int i = 5; i >= 0; i--, s /= 62)
		id[i] = digits62[s % 62];
	pid = pid > 4000000 ? 4000 : pid + 1 + rnd(3);
	for (int i = 12, p = (int)pid; i >= 7; i--, p /= 62)
		id[i] = digits62[p % 62];
	id[14] = digits62[f / 62 % 62];
	id[15] = digits62[f % 62];
}

static void
exim_outcome(struct trip *x, int i)
{
	const struct mail *m = x->m;
	const char *r = m->rcpt[i], *dsn;

	if (m->outcome[i] == GREYLISTED) {
		out_line(EXIM, x->t,
		    "%s == %s R=dnslookup T=remote_smtp defer (-44) H=%s: SMTP error from remote mail server after RCPT TO:<%s>: %s",
		    x->id, r, mx_of(x, r, 0), r, answer_of(m, i, &dsn));
		x->t += 16 * MINUTE;
	} else if (m->outcome[i] == UNREACHABLE) {
		out_line(EXIM, x->t,
		    "%s == %s R=dnslookup T=remote_smtp defer (110): Connection timed out",
		    x->id, r);
		x->t += 16 * MINUTE;
	}
	if (failed(m, i))
		out_line(EXIM, x->t,
		    "%s ** %s R=dnslookup T=remote_smtp H=%s: SMTP error from remote mail server after RCPT TO:<%s>: %s",
		    x->id, r, mx_of(x, r, 0), r, answer_of(m, i, &dsn));
	else if (m->local)
		out_line(EXIM, x->t, "%s => %.*s <%s> R=user T=maildir", x->id,
		    (int)strcspn(r, "@"), r, r);
	else
		out_line(EXIM, x->t,
		    "%s => %s R=dnslookup T=remote_smtp H=%s C=\"250 2.0.0 Ok: queued as %s\"",
		    x->id, r, mx_of(x, r, 0), remote_id());
}

static void
exim_bounce(struct trip *x)
{
	char id[32];

	exim_id(id, x->t);
	out_line(EXIM, x->t, "%s <= <> R=%s U=Debian-exim P=local S=%u", id,
	    x->id, 2400 + rnd(999));
	pass(x, SEC);
	out_line(EXIM, x->t,
	    "%s => %s R=dnslookup T=remote_smtp H=%s C=\"250 2.0.0 Ok: queued as %s\"",
	    id, x->m->sender, mx_of(x, x->m->sender, 0), remote_id());
	out_line(EXIM, x->t, "%s Completed", id);
}

static void
exim_delivered(struct trip *x, const char *auth)
{
	const struct mail *m = x->m;
	char to[RCPT_MAX * 90] = "";
	size_t k = 0;
	int bounced = 0;

	for (int i = 0; i < m->nrcpt; i++)
		if (!refused_at_rcpt(m, i))
			k += (size_t)snprintf(
			    to + k, sizeof(to) - k, " %s", m->rcpt[i]);
	arrival(
	    x, out_line(EXIM, x->t, "%s <= %s H=%s P=esmtp%s S=%d id=%s for%s",
	           x->id, m->sender[0] ? m->sender : "<>", x->client, auth,
	           m->size, m->id, to));
	for (int i = 0; i < m->nrcpt; i++)
		if (!refused_at_rcpt(m, i)) {
			pass(x, SEC / 2);
			exim_outcome(x, i);
			bounced |= failed(m, i);
		}
	if (bounced && m->sender[0])
		exim_bounce(x);
	out_line(EXIM, x->t, "%s Completed", x->id);
}

static void
exim_data(struct trip *x)
{
	const struct mail *m = x->m;
	char auth[100] = "", stars[64];
	int n = m->score > 50 ? 50 : m->score > 0 ? (int)m->score : 0;

	if (m->auth[0])
		snprintf(auth, sizeof(auth), "a A=login:%s", m->auth);
	memset(stars, '+', sizeof(stars));
	stars[n] = '\0';
	if (m->verdict == VIRUS_FOUND) {
		arrival(x,
		    out_line(EXIM, x->t,
		        "%s H=%s F=<%s>%s%s rejected after DATA: This message contains a virus (%s).",
		        x->id, x->client, m->sender, auth[0] ? " " : "",
		        auth[0] ? auth + 2 : "", m->signature));
		x->w->verdict = x->w->arrived;
		return;
	}
	if (m->verdict == SPAM)
		x->w->verdict = out_line(EXIM, x->t,
		    "%s H=%s Warning: spam score %.1f (%s) from %s", x->id,
		    x->client, m->score, stars, m->sender);
	if (m->verdict == SPAM && m->blocked)
		arrival(x,
		    out_line(EXIM, x->t,
		        "%s H=%s F=<%s>%s%s rejected after DATA: This message scored %.1f spam points.",
		        x->id, x->client, m->sender, auth[0] ? " " : "",
		        auth[0] ? auth + 2 : "", m->score));
	else
		exim_delivered(x, auth);
}

static void
exim_write(struct trip *x)
{
	const struct mail *m = x->m;
	char helo[150] = "";
	int good = accepted(m), written;

	if (strcmp(m->helo, m->name) != 0)
		snprintf(helo, sizeof(helo), "%s(%s)", m->name[0] ? " " : "",
		    m->helo);
	snprintf(x->client, sizeof(x->client), "%s%s [%s]:%u I=[192.0.2.11]:25",
	    m->name, helo, addr_text(&m->from_addr), m->port);
	exim_id(x->id, x->t);
	pass(x, SEC / 10);
	for (int i = 0; i < m->nrcpt; i++) {
		if (!refused_at_rcpt(m, i))
			continue;
		written = out_line(EXIM, x->t,
		    "H=%s F=<%s> %srejected RCPT <%s>: %s", x->client,
		    m->sender, m->outcome[i] == UNKNOWN ? "" : "temporarily ",
		    m->rcpt[i],
		    m->outcome[i] == UNKNOWN ? "Unknown user" : "greylisted.");
		if (good == 0)
			refusal_key(x, written);
	}
	if (good > 0)
		exim_data(x);
}

/* ---- Sendmail ---- */

static void
sendmail_id(char *id, int64_t t, unsigned pid)
{
	static unsigned turn;
	time_t s = (time_t)((t + host_offset[SENDMAIL]) / SEC);
	struct tm tm;

	gmtime_r(&s, &tm);
	sprintf(id, "%c%c%c%c%c%c%c%c%06u", digits62[tm.tm_year % 60],
	    digits62[tm.tm_mon], digits62[tm.tm_mday], digits62[tm.tm_hour],
	    digits62[tm.tm_min], digits62[tm.tm_sec], digits62[turn / 60 % 60],
	    digits62[turn % 60], pid % 1000000);
	turn++;
}

static void
sendmail_outcome(struct trip *x, int i, unsigned pid, int *bounced)
{
	const struct mail *m = x->m;
	const char *r = m->rcpt[i], *dsn, *says = answer_of(m, i, &dsn);

	if (m->outcome[i] == GREYLISTED || m->outcome[i] == UNREACHABLE) {
		if (m->outcome[i] == GREYLISTED)
			out_line(SENDMAIL, x->t,
			    "sm-mta[%u]: %s: to=<%s>, delay=00:00:01, xdelay=00:00:01, mailer=esmtp, pri=30942, relay=%s, dsn=4.2.0, stat=Deferred: %s",
			    pid, x->id, r, mx_of(x, r, 0), says);
		else
			out_line(SENDMAIL, x->t,
			    "sm-mta[%u]: %s: to=<%s>, delay=00:00:31, xdelay=00:00:30, mailer=esmtp, pri=30942, relay=%s, dsn=4.0.0, stat=Deferred: Connection timed out with mx.",
			    pid, x->id, r, mx_of(x, r, 0));
		x->t += 16 * MINUTE;
	}
	if (failed(m, i)) {
		*bounced = 1;
		out_line(SENDMAIL, x->t,
		    "sm-mta[%u]: %s: to=<%s>, delay=00:00:01, xdelay=00:00:00, mailer=esmtp, pri=30942, relay=%s, dsn=%s, stat=%s",
		    pid, x->id, r, mx_of(x, r, 0), dsn,
		    m->outcome[i] == UNKNOWN ? "User unknown"
		    : m->outcome[i] == FULL  ? "Service unavailable"
		                             : "Service unavailable");
	} else if (m->local)
		out_line(SENDMAIL, x->t,
		    "sm-mta[%u]: %s: to=<%s>, delay=00:00:01, xdelay=00:00:00, mailer=local, pri=30942, relay=local, dsn=2.1.5, stat=Sent",
		    pid, x->id, r);
	else
		out_line(SENDMAIL, x->t,
		    "sm-mta[%u]: %s: to=<%s>, delay=00:00:01, xdelay=00:00:00, mailer=esmtp, pri=30942, relay=%s, dsn=2.0.0, stat=Sent (Ok: queued as %s)",
		    pid, x->id, r, mx_of(x, r, 0), remote_id());
}

/* MIMEDefang encodes what separates its fields. */
static const char *
mdlog(const char *s)
{
	static char text[400];
	size_t n = 0;

	for (; *s && n < sizeof(text) - 4; s++)
		if (*s == '%' || *s == ',' || *s == '\\')
			n += (size_t)sprintf(
			    text + n, "%%%02X", (unsigned char)*s);
		else
			text[n++] = *s;
	text[n] = '\0';
	return text;
}

static void
mimedefang(struct trip *x)
{
	const struct mail *m = x->m;
	int i = 0;

	pass(x, SEC / 2);
	while (i < m->nrcpt - 1 && refused_at_rcpt(m, i))
		i++;
	if (m->verdict == VIRUS_FOUND)
		x->w->verdict = out_line(SENDMAIL, x->t,
		    "mimedefang.pl[361]: %s: MDLOG,%s,virus,%s,%s,<%s>,<%s>,Hi",
		    x->id, x->id, m->signature, addr_text(&m->from_addr),
		    mdlog(m->sender), m->rcpt[i]);
	else if (m->verdict == SPAM)
		x->w->verdict = out_line(SENDMAIL, x->t,
		    "mimedefang.pl[361]: %s: MDLOG,%s,spam,%.3f,%s,<%s>,<%s>,Offer",
		    x->id, x->id, m->score, addr_text(&m->from_addr),
		    mdlog(m->sender), m->rcpt[i]);
	else
		out_line(SENDMAIL, x->t,
		    "mimedefang.pl[361]: %s: MDLOG,%s,mail_in,,,<%s>,<%s>,Meeting",
		    x->id, x->id, mdlog(m->sender), m->rcpt[i]);
}

static void
sendmail_refused(
    struct trip *x, unsigned pid, const char *why, const char *stat)
{
	out_line(SENDMAIL, x->t, "sm-mta[%u]: %s: Milter: data, %s", pid, x->id,
	    why);
	if (stat == NULL) {
		out_line(
		    SENDMAIL, x->t, "sm-mta[%u]: %s: discarded", pid, x->id);
		return;
	}
	for (int i = 0; i < x->m->nrcpt; i++)
		if (!refused_at_rcpt(x->m, i))
			out_line(SENDMAIL, x->t,
			    "sm-mta[%u]: %s: to=<%s>, delay=00:00:01, pri=32695, stat=%s",
			    pid, x->id, x->m->rcpt[i], stat);
}

static void
sendmail_data(struct trip *x, unsigned pid)
{
	const struct mail *m = x->m;
	char why[128];
	int bounced = 0;

	mimedefang(x);
	if (m->verdict == VIRUS_FOUND) {
		out_line(SENDMAIL, x->t,
		    "mimedefang.pl[361]: %s: filter:  discard=1", x->id);
		out_line(SENDMAIL, x->t,
		    "mimedefang[359]: %s: Discarding because filter instructed us to",
		    x->id);
		sendmail_refused(x, pid, "discard", NULL);
	} else if (m->verdict == SPAM && m->blocked) {
		out_line(SENDMAIL, x->t,
		    "mimedefang.pl[361]: %s: filter:  bounce=1", x->id);
		out_line(SENDMAIL, x->t,
		    "mimedefang[359]: %s: Bouncing because filter instructed us to",
		    x->id);
		snprintf(why, sizeof(why),
		    "reject=554 5.7.1 Message rejected as spam (score %.1f)",
		    m->score);
		sendmail_refused(x, pid, why, strstr(why, "Message"));
	} else {
		out_line(SENDMAIL, x->t,
		    "sm-mta[%u]: %s: Milter (mimedefang) add: header: X-Scanned-By: MIMEDefang 3.3 on 192.0.2.12",
		    pid, x->id);
		for (int i = 0; i < m->nrcpt; i++)
			if (!refused_at_rcpt(m, i)) {
				pass(x, SEC / 2);
				sendmail_outcome(x, i, pid + 3, &bounced);
			}
		if (bounced && m->sender[0]) {
			char again[32];

			sendmail_id(again, x->t, pid + 3);
			out_line(SENDMAIL, x->t,
			    "sm-mta[%u]: %s: %s: DSN: User unknown", pid + 3,
			    x->id, again);
			out_line(SENDMAIL, x->t,
			    "sm-mta[%u]: %s: to=<%s>, delay=00:00:00, xdelay=00:00:00, mailer=esmtp, pri=33000, relay=%s, dsn=2.0.0, stat=Sent (Ok: queued as %s)",
			    pid + 3, again, m->sender, mx_of(x, m->sender, 0),
			    remote_id());
		}
	}
}

static void
sendmail_write(struct trip *x)
{
	const struct mail *m = x->m;
	static unsigned next_pid = 2000;
	unsigned pid = next_pid =
	    next_pid > 900000 ? 2000 : next_pid + 1 + rnd(3);
	int good = accepted(m);

	sendmail_id(x->id, x->t, pid);
	if (m->name[0])
		snprintf(x->client, sizeof(x->client), "%s [%s%s]", m->name,
		    m->from_addr.b[0] ? "IPv6:" : "", addr_text(&m->from_addr));
	else
		snprintf(x->client, sizeof(x->client), "[%s%s]",
		    m->from_addr.b[0] ? "IPv6:" : "", addr_text(&m->from_addr));
	if (m->auth[0])
		out_line(SENDMAIL, x->t,
		    "sm-mta[%u]: AUTH=server, relay=%s, authid=%s, mech=LOGIN, bits=0",
		    pid, x->client, m->auth);
	pass(x, SEC / 10);
	for (int i = 0; i < m->nrcpt; i++)
		if (refused_at_rcpt(m, i)) {
			if (m->outcome[i] == UNKNOWN)
				out_line(SENDMAIL, x->t,
				    "sm-mta[%u]: %s: <%s>... User unknown", pid,
				    x->id, m->rcpt[i]);
			else
				out_line(SENDMAIL, x->t,
				    "sm-mta[%u]: %s: ruleset=check_rcpt, arg1=<%s>, relay=%s, reject=451 4.7.1 Greylisted,please try again later",
				    pid, x->id, m->rcpt[i], x->client);
		}
	pass(x, SEC / 10);
	if (good == 0) {
		arrival(x,
		    out_line(SENDMAIL, x->t,
		        "sm-mta[%u]: %s: from=<%s>, size=0, class=0, nrcpts=0, proto=ESMTP%s, daemon=MTA-v4, relay=%s",
		        pid, x->id, m->sender, m->auth[0] ? "A" : "",
		        x->client));
		return;
	}
	arrival(x,
	    out_line(SENDMAIL, x->t,
	        "sm-mta[%u]: %s: from=<%s>, size=%d, class=0, nrcpts=%d, msgid=<%s>, proto=ESMTP%s, daemon=MTA-v%c, relay=%s",
	        pid, x->id, m->sender, m->size, good, m->id,
	        m->auth[0] ? "A" : "", m->from_addr.b[0] ? '6' : '4',
	        x->client));
	sendmail_data(x, pid);
}

struct written
mta_write(const struct mail *m)
{
	struct written w = {.key = ""};
	struct trip x = {.m = m, .w = &w, .t = m->at};

	if (m->host == POSTFIX)
		postfix_write(&x);
	else if (m->host == EXIM)
		exim_write(&x);
	else
		sendmail_write(&x);
	return w;
}
