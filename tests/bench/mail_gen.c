/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Usage: mail_gen MEGABYTES [SEED [postfix|exim|sendmail]] >mail.log
 * A log as of a busy relay: accepted mail, retries, bounces, rejections, spam
 * that is blocked; several messages at the same time.  Postfix has amavisd-new
 * behind it, which re-injects; Exim scans in its ACL, Sendmail asks a milter.
 * The same seed gives the same log.
 * Addresses are of RFC 5737 and RFC 3849, domains of RFC 2606.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LIVE      64    /* transactions at one time */
#define RETRY_MAX 65536 /* messages that wait for their next attempt */

static uint64_t state;
static int64_t now = INT64_C(1795392000) * 1000; /* 2026-11-23, in ms */
static int64_t written;

static uint32_t
rnd(uint32_t n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)((state >> 32) % n);
}

struct mail {
	int step;
	unsigned id, client, from, to, size, kind, tries;
	int64_t due; /* of the next retry */
};

enum { PASS, SPAM, BOUNCE, RETRY, REJECT };

/* Now, as strftime prints it. */
static const char *
stamp(const char *form)
{
	static time_t last;
	static char text[32];
	time_t s = (time_t)(now / 1000);
	struct tm tm;

	if (s != last) {
		gmtime_r(&s, &tm);
		strftime(text, sizeof(text), form, &tm);
		last = s;
	}
	return text;
}

static void
finish(const char *fmt, va_list ap)
{
	written += vprintf(fmt, ap);
	putchar('\n');
	written++;
	now += rnd(6);
}

static void __attribute__((format(printf, 2, 3)))
line(const char *program, const char *fmt, ...)
{
	va_list ap;

	written += printf("%s.%03d000+00:00 mx1 %s[%u]: ",
	    stamp("%Y-%m-%dT%H:%M:%S"), (int)(now % 1000), program,
	    300 + rnd(40));
	va_start(ap, fmt);
	finish(fmt, ap);
	va_end(ap);
}

/* Exim's own log. */
static void __attribute__((format(printf, 2, 3)))
exim(const char *id, const char *fmt, ...)
{
	va_list ap;

	written += printf("%s.%03d %s", stamp("%Y-%m-%d %H:%M:%S"),
	    (int)(now % 1000), id);
	va_start(ap, fmt);
	finish(fmt, ap);
	va_end(ap);
}

static void __attribute__((format(printf, 2, 3)))
sendmail(const char *id, const char *fmt, ...)
{
	va_list ap;

	written += printf("%s mx3 sm-mta[%u]: %s: ", stamp("%b %e %H:%M:%S"),
	    300 + rnd(40), id);
	va_start(ap, fmt);
	finish(fmt, ap);
	va_end(ap);
}

static const char *
client(unsigned c)
{
	static char text[80];

	if (c % 7 == 0)
		snprintf(text, sizeof(text), "unknown[2001:db8:%x::%x]",
		    c % 500, c % 9000);
	else
		snprintf(text, sizeof(text), "h%u.pool.example[%s.%u]",
		    c % 5000, c % 2 ? "203.0.113" : "198.51.100", c % 254 + 1);
	return text;
}

/* The address alone, as a filter writes it. */
static const char *
client_addr(unsigned c)
{
	static char text[40];
	const char *at = strchr(client(c), '[') + 1;

	snprintf(text, sizeof(text), "%.*s", (int)strcspn(at, "]"), at);
	return text;
}

static void
begin(struct mail *m)
{
	static unsigned id = 0x10000;
	uint32_t dice = rnd(100);

	*m = (struct mail){.id = id++, .client = rnd(100000)};
	m->from = rnd(200000);
	m->to = rnd(30000);
	m->size = 800 + rnd(60000);
	m->kind = dice < 45   ? REJECT
	          : dice < 80 ? PASS
	          : dice < 92 ? SPAM
	          : dice < 96 ? BOUNCE
	                      : RETRY;
}

static void
reject(const struct mail *m)
{
	static const char *const why[] = {
	    "454 4.7.1 <r%u@dest.example>: Relay access denied",
	    "550 5.1.1 <r%u@dest.example>: Recipient address rejected: User unknown in local recipient table",
	    "554 5.7.1 Service unavailable; Client host blocked using bl.example; (%u)"};
	char text[160];

	snprintf(text, sizeof(text), why[m->from % 3], m->to);
	line("postfix/smtpd", "connect from %s", client(m->client));
	line("postfix/smtpd",
	    "NOQUEUE: reject: RCPT from %s: %s; from=<u%u@bulk.example> to=<r%u@dest.example> proto=ESMTP helo=<h%u.pool.example>",
	    client(m->client), text, m->from, m->to, m->client % 5000);
	line("postfix/smtpd",
	    "disconnect from %s ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4",
	    client(m->client));
}

/* One line or a few of a message; false when it has ended. */
static int
postfix_step(struct mail *m)
{
	char q[16], q2[16];

	snprintf(q, sizeof(q), "4F%08X", m->id);
	snprintf(q2, sizeof(q2), "5A%08X", m->id);
	switch (m->step++) {
	case 0:
		if (m->kind == REJECT) {
			reject(m);
			return 0;
		}
		line("postfix/smtpd", "connect from %s", client(m->client));
		line("postfix/smtpd", "%s: client=%s", q, client(m->client));
		return 1;
	case 1:
		line("postfix/cleanup", "%s: message-id=<%u.%u@bulk.example>",
		    q, m->id, m->from);
		line("postfix/qmgr",
		    "%s: from=<u%u@bulk.example>, size=%u, nrcpt=1 (queue active)",
		    q, m->from, m->size);
		return 1;
	case 2:
		if (m->kind == SPAM) {
			line("amavis",
			    "(%05u-01) Blocked SPAM {DiscardedInbound,Quarantined}, [%s] <u%u@bulk.example> -> <r%u@dest.example>, quarantine: spam-%u.gz, Queue-ID: %s, Message-ID: <%u.%u@bulk.example>, mail_id: x%u, Hits: %u.%u, size: %u, 612 ms",
			    m->id % 90000, client_addr(m->client), m->from,
			    m->to, m->id, q, m->id, m->from, m->id,
			    7 + m->from % 20, m->from % 10, m->size);
			line("postfix/smtp",
			    "%s: to=<r%u@dest.example>, relay=127.0.0.1[127.0.0.1]:10024, delay=0.7, delays=0.1/0/0/0.6, dsn=2.7.0, status=sent (250 2.7.0 Ok, discarded, id=%05u-01 - spam)",
			    q, m->to, m->id % 90000);
			line("postfix/qmgr", "%s: removed", q);
			return 0;
		}
		line("postfix/smtpd", "connect from localhost[127.0.0.1]");
		line("postfix/smtpd", "%s: client=localhost[127.0.0.1]", q2);
		line("postfix/cleanup", "%s: message-id=<%u.%u@bulk.example>",
		    q2, m->id, m->from);
		line("postfix/qmgr",
		    "%s: from=<u%u@bulk.example>, size=%u, nrcpt=1 (queue active)",
		    q2, m->from, m->size + 400);
		return 1;
	case 3:
		line("amavis",
		    "(%05u-01) Passed CLEAN {RelayedInbound}, [%s]:4%u <u%u@bulk.example> -> <r%u@dest.example>, Queue-ID: %s, Message-ID: <%u.%u@bulk.example>, mail_id: x%u, Hits: -%u.%u, size: %u, queued_as: %s, 402 ms",
		    m->id % 90000, client_addr(m->client), m->id % 10000,
		    m->from, m->to, q, m->id, m->from, m->id, m->from % 3,
		    m->from % 10, m->size, q2);
		line("postfix/smtp",
		    "%s: to=<r%u@dest.example>, relay=127.0.0.1[127.0.0.1]:10024, delay=0.5, delays=0.1/0/0/0.4, dsn=2.0.0, status=sent (250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as %s)",
		    q, m->to, q2);
		line("postfix/qmgr", "%s: removed", q);
		return 1;
	default:
		break;
	}
	if (m->kind == RETRY && m->tries++ < 3) {
		line("postfix/smtp",
		    "%s: to=<r%u@dest.example>, relay=none, delay=%u, delays=%u/0/30/0, dsn=4.4.1, status=deferred (connect to mx.dest.example[192.0.2.25]:25: Connection timed out)",
		    q2, m->to, m->tries * 600, m->tries * 570);
		m->due = now + 600000;
		return 1;
	}
	if (m->kind == BOUNCE)
		line("postfix/smtp",
		    "%s: to=<r%u@dest.example>, relay=mx.dest.example[192.0.2.25]:25, delay=1.1, delays=0.1/0/0.4/0.6, dsn=5.1.1, status=bounced (host mx.dest.example[192.0.2.25] said: 550 5.1.1 <r%u@dest.example>: User unknown (in reply to RCPT TO command))",
		    q2, m->to, m->to);
	else
		line("postfix/smtp",
		    "%s: to=<r%u@dest.example>, relay=mx.dest.example[192.0.2.25]:25, delay=0.9, delays=0.1/0/0.3/0.5, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as %X)",
		    q2, m->to, m->id);
	line("postfix/qmgr", "%s: removed", q2);
	return 0;
}

/* "h123.pool.example [203.0.113.7]" or "[2001:db8::7]" */
static const char *
exim_client(unsigned c)
{
	static char text[96];
	const char *p = client(c);
	int n = (int)strcspn(p, "[");

	if (c % 7 == 0)
		snprintf(text, sizeof(text), "(pc%u) %s", c % 900, p + n);
	else
		snprintf(text, sizeof(text), "%.*s %s", n, p, p + n);
	return text;
}

/* Behind a refusal before or at RCPT, or after DATA. */
static void
exim_reject(const struct mail *m, const char *id)
{
	if (m->kind == SPAM) {
		exim(id, "H=%s:%u Warning: spam score %u.%u from u%u@bulk.example",
		    exim_client(m->client), 1024 + m->id % 60000,
		    10 + m->from % 20, m->from % 10, m->from);
		exim(id, "H=%s:%u F=<u%u@bulk.example> rejected after DATA: This message scored %u.%u spam points.",
		    exim_client(m->client), 1024 + m->id % 60000, m->from,
		    10 + m->from % 20, m->from % 10);
		return;
	}
	exim("", "H=%s:%u F=<u%u@bulk.example> %srejected RCPT <r%u@dest.example>: %s",
	    exim_client(m->client), 1024 + m->id % 60000, m->from,
	    m->from % 3 ? "" : "temporarily ", m->to,
	    m->from % 3 == 0   ? "greylisted, please try again later"
	    : m->from % 3 == 1 ? "Unrouteable address"
	                       : "relay not permitted");
}

static int
exim_step(struct mail *m)
{
	char id[32];

	snprintf(id, sizeof(id), "1x%04u-00%04u-%02u ", m->id / 10000 % 10000,
	    m->id % 10000, m->id % 97);
	if (m->step++ == 0) {
		if (m->kind == REJECT || m->kind == SPAM) {
			exim_reject(m, id);
			return 0;
		}
		exim(id, "<= u%u@bulk.example H=%s:%u P=esmtps X=TLS1.3:ECDHE_X25519__RSA_PSS_RSAE_SHA256__AES_256_GCM:256 CV=no S=%u id=%u.%u@bulk.example",
		    m->from, exim_client(m->client), 1024 + m->id % 60000,
		    m->size, m->id, m->from);
		return 1;
	}
	if (m->kind == RETRY && m->tries++ < 3) {
		exim(id, "== r%u@dest.example R=dnslookup T=remote_smtp defer (110): Connection timed out H=mx.dest.example [192.0.2.25]",
		    m->to);
		m->due = now + 600000;
		return 1;
	}
	if (m->kind == BOUNCE)
		exim(id, "** r%u@dest.example R=dnslookup T=remote_smtp H=mx.dest.example [192.0.2.25]: SMTP error from remote mail server after RCPT TO:<r%u@dest.example>: 550 5.1.1 <r%u@dest.example>: User unknown",
		    m->to, m->to, m->to);
	else
		exim(id, "=> r%u@dest.example R=dnslookup T=remote_smtp H=mx.dest.example [192.0.2.25] C=\"250 2.0.0 Ok: queued as %X\"",
		    m->to, m->id);
	exim(id, "Completed");
	return 0;
}

static void
sendmail_from(const struct mail *m, const char *id, int n)
{
	const char *p = client(m->client);
	int host = (int)strcspn(p, "[");

	if (m->client % 7 == 0)
		host = 0;
	sendmail(id, "from=<u%u@bulk.example>, size=%u, class=0, nrcpts=%d, msgid=<%u.%u@bulk.example>, proto=ESMTP, daemon=MTA, relay=%.*s%s%s",
	    m->from, m->size, n, m->id, m->from, host, p, host ? " " : "",
	    strchr(p, '['));
}

static int
sendmail_step(struct mail *m)
{
	char id[32];

	snprintf(id, sizeof(id), "5AN00%03u%06u", m->id / 1000000 % 1000,
	    m->id % 1000000);
	if (m->step++ == 0) {
		if (m->kind == REJECT)
			sendmail(id, "ruleset=check_rcpt, arg1=<r%u@dest.example>, relay=[%s], reject=550 5.1.1 <r%u@dest.example>... User unknown",
			    m->to, client_addr(m->client), m->to);
		sendmail_from(m, id, m->kind != REJECT);
		if (m->kind == SPAM) {
			sendmail(id, "Milter: data, reject=554 5.7.1 Blocked by SpamAssassin");
			sendmail(id, "to=<r%u@dest.example>, delay=00:00:01, pri=%u, stat=Blocked by SpamAssassin",
			    m->to, 30000 + m->size);
		}
		return m->kind != REJECT && m->kind != SPAM;
	}
	if (m->kind == RETRY && m->tries++ < 3) {
		sendmail(id, "to=<r%u@dest.example>, delay=00:%02u:30, xdelay=00:00:30, mailer=esmtp, pri=%u, relay=mx.dest.example., dsn=4.0.0, stat=Deferred: Connection timed out with mx.dest.example.",
		    m->to, m->tries * 10, 30000 + m->size);
		m->due = now + 600000;
		return 1;
	}
	if (m->kind == BOUNCE)
		sendmail(id, "to=<r%u@dest.example>, delay=00:00:01, xdelay=00:00:01, mailer=esmtp, pri=%u, relay=mx.dest.example. [192.0.2.25], dsn=5.1.1, stat=User unknown",
		    m->to, 30000 + m->size);
	else
		sendmail(id, "to=<r%u@dest.example>, delay=00:00:01, xdelay=00:00:01, mailer=esmtp, pri=%u, relay=mx.dest.example. [192.0.2.25], dsn=2.0.0, stat=Sent (Ok: queued as %X)",
		    m->to, 30000 + m->size, m->id);
	return 0;
}

static int (*go_on)(struct mail *) = postfix_step;

int
main(int argc, char **argv)
{
	static struct mail live[LIVE], retry[RETRY_MAX];
	size_t nretry = 0, i;
	int64_t want;

	if (argc < 2)
		return 2;
	want = strtoll(argv[1], NULL, 10) * 1000000;
	state = (argc > 2 ? strtoull(argv[2], NULL, 10) : 1) *
	            UINT64_C(0x9E3779B97F4A7C15) |
	        1;
	if (argc > 3 && strcmp(argv[3], "exim") == 0)
		go_on = exim_step;
	else if (argc > 3 && strcmp(argv[3], "sendmail") == 0)
		go_on = sendmail_step;
	for (i = 0; i < LIVE; i++)
		begin(&live[i]);
	while (written < want) {
		i = rnd(LIVE);
		if (!go_on(&live[i])) {
			begin(&live[i]);
		} else if (live[i].due > now) {
			if (nretry == RETRY_MAX)
				return 1;
			retry[nretry++] = live[i];
			begin(&live[i]);
		}
		if (nretry > 0 && retry[i = rnd((uint32_t)nretry)].due <= now) {
			retry[i].due = 0;
			if (!go_on(&retry[i]) || retry[i].due == 0)
				retry[i] = retry[--nretry];
		}
	}
	return 0;
}
