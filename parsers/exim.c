/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exim: main log, reject log, and both of them in syslog.
 *   2026-11-23 11:12:43 1xVRyS-0003k5-1L <= a@example.org H=... P=esmtp S=1
 * The stamp is gone when a line comes here; with log_selector +pid it begins
 * with "[123] ".  In syslog what is refused is said twice (input/line_parts.h has
 * put the parts of a split line together).  doc/mta-exim.md lists what is read.
 */
#include "parsers/exim.h"

#include "base/hash.h"
#include "base/utc.h"

#define LINE_MOST   32768 /* Exim's own buffer holds 8192 (log.c) */
#define PIDS        256
#define COPY_WINDOW (2 * USEC)

/* The line a process wrote last, to know its copy for the reject log. */
struct last_line {
	int pid;
	int64_t time;
	uint64_t hash;
};

struct exim_state {
	struct last_line last[PIDS];
};

static bool
exim_claims(const void *cfg, struct str program)
{
	(void)cfg;
	return str_eq(program, STR("exim")) || str_eq(program, STR("exim4")) ||
	       str_starts(program, STR("exim-")) ||
	       str_starts(program, STR("exim4-"));
}

static bool
starts_with_any(struct str s, const struct str *any)
{
	for (; any->n; any++)
		if (str_starts(s, *any))
			return true;
	return false;
}

/* Lines of the daemon and of processes without a message. */
static bool
is_housekeeping(struct str s)
{
	static const struct str any[] = {STR("cwd="), STR("Start queue run: "),
	    STR("End queue run: "), STR("no host name found for IP address "),
	    STR("no IP address found for host "),
	    STR("no MAIL in SMTP connection from "),
	    STR("host name alias list truncated"),
	    STR("unqualified verify rejected: "),
	    STR("list matching forced to fail"), STR("TLS error "),
	    STR("DNS list lookup defer "), STR("spam acl condition: "),
	    STR("malware acl condition: "), STR("TLS recv error on "),
	    STR("TLS send error on "), STR("TLS client disconnected "),
	    STR("TLS session: "), STR("SIGHUP received"), STR("daemon: "),
	    STR("socket bind() to port "), STR("listening for SMTP"),
	    STR("IPv6 socket creation failed"),
	    STR("Failed to create IPv6 socket "), STR("Exim configuration "),
	    STR("exim user lost privilege"), STR("ALERT: exim paniclog "),
	    STR("Warning: purging the env"), STR("Start '"), STR("End '"),
	    STR("Abandon queue run: "), STR("TLS ALPN ("),
	    STR("failed to find host name from IP address "),
	    STR("Failed to get write lock for "),
	    STR("Failed to open database lock file "),
	    STR("non-existent configuration file"),
	    STR("no MAIL in local SMTP connection"), {NULL, 0}};
	struct str rest = s, word;

	if (starts_with_any(s, any) ||
	    (str_starts(s, STR("ETRN ")) &&
	        str_find(s, STR(" received from ")) > 0))
		return true;
	if (str_skip(&rest, STR("exim "))) {
		word = str_word(&rest);
		return word.n && str_starts(rest, STR(" daemon started: "));
	}
	if (str_skip(&rest, STR("pid "))) {
		str_digits(&rest);
		return str_starts(rest, STR(": SIG"));
	}
	return false;
}

/* Lines about a message that change nothing about it for us; outcomes have
 * lines of their own. */
static bool
is_message_note(struct str s)
{
	static const struct str any[] = {STR("Message is frozen"),
	    STR("Frozen"), STR("frozen by "), STR("Unfrozen by "),
	    STR("unfrozen by "), STR("no immediate delivery: "),
	    STR("queued by "), STR("queued for "), STR("cancelled by "),
	    STR("removed by "), STR("Spool file "), STR("Spool read error"),
	    STR("retry time not reached"), STR("DKIM: "), STR("PDKIM: "),
	    STR("DKIM START: "), STR("ARC: "), STR("TLS error "),
	    STR("original recipients ignored "), STR("TLS session: "),
	    STR("TLS certificate "), STR("DANE "),
	    STR("SMTP error from remote mail server after "),
	    STR("SMTP timeout "), STR("LMTP error "), STR("Remote host "),
	    STR("remote host address is the local host: "),
	    STR("lowest numbered MX record points to local host"),
	    STR("failed to expand "), STR("delivering unencrypted to "),
	    STR("added by "), STR("recipient "), STR("sender address "),
	    STR("spam acl condition: "), STR("malware acl condition: "),
	    STR("no recipients found in headers"), STR("new sender "),
	    STR("marked to be "), STR("Message no longer frozen"),
	    STR("address <"), STR("body edited by "), STR("removed from "),
	    STR("failed to read delivery status for "),
	    STR("all relevant MX records point to non-existent hosts"),
	    STR("Error in system filter: "), STR("Format error in spool file "),
	    STR("Spool format error for "), STR("transport filter process "),
	    {NULL, 0}};

	return starts_with_any(s, any);
}

/* "a@example.org: error ignored" (deliver.c): the bounce is thrown away. */
static bool
is_error_ignored(struct str s)
{
	exim_word(&s);
	return str_eq(s, STR(" error ignored")) ||
	       (str_ends(s, STR(": error ignored")) &&
	           (str_starts(s, STR(" <")) || str_starts(s, STR(" ("))));
}

/* A line that an ACL wrote itself with logwrite, by the only form that can be
 * told from Exim's own: "word: text" or "word=text". */
static enum parsed
acl_log(struct exim_line *l)
{
	struct event ev = event_of(EVENT_NOTICE);
	struct str s = l->text;
	size_t n = 0;

	while (n < s.n && n < 40 &&
	       ((s.p[n] >= 'a' && s.p[n] <= 'z') ||
	           (s.p[n] >= 'A' && s.p[n] <= 'Z') ||
	           (s.p[n] >= '0' && s.p[n] <= '9') || s.p[n] == '_' ||
	           s.p[n] == '-'))
		n++;
	if (n < 2 || n + 1 >= s.n)
		return PARSED_UNKNOWN;
	if (s.p[n] != '=' && (s.p[n] != ':' || s.p[n + 1] != ' '))
		return PARSED_UNKNOWN;
	ev.text = s;
	ev.text_kind = STR("acl-log");
	exim_emit(l, &ev);
	return PARSED_USED;
}

/* "smtp transport process returned non-zero status 0x0001: ..." */
static bool
is_transport_note(struct str s)
{
	str_word(&s);
	return str_starts(s, STR(" transport process "));
}

/* "<a@b>: local_pipe transport output: ...": what a command wrote. */
static bool
is_transport_output(struct str s)
{
	struct str addr;

	if (!exim_bracketed(&s, &addr) || !str_skip(&s, STR(": ")))
		return false;
	str_word(&s);
	return str_starts(s, STR(" transport output: "));
}

static bool
is_known(const struct exim_line *l)
{
	if (!str_has(l->id))
		return is_housekeeping(l->text);
	return is_message_note(l->text) || is_error_ignored(l->text) ||
	       is_transport_output(l->text) || is_transport_note(l->text);
}

static enum parsed
read_line(struct exim_line *l)
{
	enum parsed got = PARSED_UNKNOWN;

	if (str_has(l->id))
		got = exim_message(l);
	if (got == PARSED_UNKNOWN)
		got = exim_session(l);
	if (got != PARSED_UNKNOWN)
		return got;
	if (is_known(l))
		return PARSED_IGNORED;
	return acl_log(l);
}

/* "[123] " of +pid, and the stamp that Exim writes itself in syslog, where
 * the reader of the file has not seen it behind "[1/2] ". */
static void
skip_prefixes(struct str *s)
{
	struct str rest = *s;
	int64_t t;

	if (utc_parse_iso(&rest, NULL, UTC_NONE, &t) &&
	    str_skip(&rest, STR(" ")))
		*s = rest;
	rest = *s;
	if (str_skip(&rest, STR("[")) && str_digits(&rest).n &&
	    str_skip(&rest, STR("] ")))
		*s = rest;
}

static struct last_line *
last_of(struct exim_state *state, int pid)
{
	return &state->last[(unsigned)pid % PIDS];
}

/* The header's process id is there in syslog alone: in a file of its own the
 * main log has each line once. */
static bool
is_copy(struct exim_state *state, const struct log_line *in, struct str text)
{
	const struct last_line *last = last_of(state, in->pid);

	return in->pid != 0 && last->pid == in->pid &&
	       last->hash == hash_str(text, 0) && in->time >= last->time &&
	       in->time - last->time <= COPY_WINDOW;
}

static void
remember(struct exim_state *state, const struct exim_line *l, struct str text)
{
	struct last_line *last = last_of(state, l->in->pid);

	*last = (struct last_line){0};
	if (l->in->pid && l->rejected && !l->copy)
		*last = (struct last_line){
		    l->in->pid, l->in->time, hash_str(text, 0)};
}

/* What Exim puts at the end of a line that did not fit (log.c). */
static bool
skip_overflow(struct str *s)
{
	static const struct str mark =
	    STR("**** log string overflowed log buffer ****");

	if (!str_ends(*s, mark))
		return false;
	s->n -= mark.n;
	return true;
}

static enum parsed
whole_line(const struct log_line *in, struct str text, struct exim_state *state,
    struct event_sink *sink)
{
	struct exim_line l = {.in = in, .sink = sink};
	enum parsed got;

	skip_prefixes(&text);
	l.cut = skip_overflow(&text);
	l.text = text;
	exim_id(&l.text, &l.id);
	l.copy = is_copy(state, in, text);
	got = read_line(&l);
	remember(state, &l, text);
	return got;
}

static enum parsed
exim_line(const void *cfg, const struct log_line *in, void *state,
    struct event_sink *sink)
{
	struct str text = in->text;

	(void)cfg;
	if (in->continuation)
		return PARSED_IGNORED;
	if (text.n > LINE_MOST)
		return PARSED_UNKNOWN;
	return whole_line(in, text, state, sink);
}

const struct parser_ops parser_exim = {
    .name = "exim",
    .summary = "Exim 4 main log and reject log, in files or syslog",
    .claims = exim_claims,
    .state_size = sizeof(struct exim_state),
    .line = exim_line,
};
