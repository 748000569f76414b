/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Postfix, from 2.3: one program name a daemon, "QID: key=value, ..." lines.
 * doc/mta-postfix.md lists the families.  Nothing is kept between lines.
 */
#include "parsers/postfix.h"

/* ---- qmgr, pickup, bounce, postsuper ---- */

static const struct pf_text qmgr_ignored[] = {
    {STR("warning: connect to transport "), STR_NONE},
    {STR("warning: premature end-of-input on private/"), STR_NONE},
    {STR("warning: private/"), STR_NONE},
    {STR("warning: mail for "), STR(" active queue entries")},
    {STR("warning: you may need to "), STR_NONE},
    {STR("warning: please avoid flushing the whole queue"), STR_NONE},
    {STR("warning: this may indicate a misconfigured "), STR_NONE},
    {STR("warning: you may need a separate master.cf transport"), STR_NONE},
    {STR("warning: "), STR(": message rejected: ")},
    {STR("warning: "), STR(": save corrupt file queue ")},
    {STR("warning: problem talking to service "), STR_NONE},
    {STR("warning: transport "), STR_NONE},
};

/* "from=<s>, size=1135, nrcpt=46 (queue active)": the numbers are read from
 * the right, for the sender may hold ">, size=". */
static enum parsed
qmgr_from(const struct pf *pf, struct str id, struct str s)
{
	struct event ev;
	ptrdiff_t at = str_rfind(s, STR(">, size="));
	struct str rest, size, nrcpt;
	int64_t v;

	if (at < 0)
		return PARSED_UNKNOWN;
	event_begin(&ev, EVENT_DETAIL);
	rest = str_from(s, (size_t)at + 8);
	size = str_digits(&rest);
	if (!str_skip(&rest, STR(", nrcpt=")))
		return PARSED_UNKNOWN;
	nrcpt = str_digits(&rest);
	if (!str_i64(size, &ev.size) || !str_i64(nrcpt, &v) || v > INT32_MAX ||
	    !str_eq(rest, STR(" (queue active)")))
		return PARSED_UNKNOWN;
	ev.nrcpt = (int)v;
	ev.queue_id = id;
	ev.sender = str_head(s, (size_t)at);
	return pf_emit(pf, &ev);
}

/* "from=<s>, status=expired, returned to sender": all recipients that are
 * still deferred, so none is named. */
static enum parsed
qmgr_expired(const struct pf *pf, struct str id, struct str s)
{
	static const struct str ends[] = {
	    STR(">, status=expired, returned to sender"),
	    STR(">, status=force-expired, returned to sender")};
	struct event ev = event_of(EVENT_ATTEMPT);

	for (size_t i = 0; i < 2; i++) {
		if (!str_ends(s, ends[i]))
			continue;
		ev.queue_id = id;
		ev.sender = str_head(s, s.n - ends[i].n);
		ev.disposition = DISP_EXPIRED;
		ev.reason = str_from(ends[i], 10);
		return pf_emit(pf, &ev);
	}
	return PARSED_UNKNOWN;
}

static enum parsed
read_removed(const struct pf *pf, struct str id)
{
	struct event ev;

	event_begin(&ev, EVENT_END);
	ev.queue_id = id;
	return pf_emit(pf, &ev);
}

static enum parsed
pf_qmgr(const struct pf *pf, struct str s)
{
	struct str id;
	enum parsed done;

	if (!pf_queue_id(&s, &id))
		return PF_KNOWN(qmgr_ignored, s) ? PARSED_IGNORED
		                                 : PARSED_UNKNOWN;
	if (str_eq(s, STR("removed")))
		return read_removed(pf, id);
	if (str_starts(s, STR("to=<")))
		return pf_delivery(pf, id, s);
	if (str_eq(s, STR("skipped, still being delivered")) ||
	    str_starts(s, STR("sending defer warning for ")))
		return PARSED_IGNORED;
	if (!str_skip(&s, STR("from=<")))
		return PARSED_UNKNOWN;
	done = qmgr_from(pf, id, s);
	return done == PARSED_UNKNOWN ? qmgr_expired(pf, id, s) : done;
}

/* "uid=0 from=<root>", and " orig_id=Q" of mail that postsuper requeued. */
static enum parsed
pf_pickup(const struct pf *pf, struct str s)
{
	struct event ev = event_of(EVENT_ARRIVAL), same = event_of(EVENT_SAME);
	struct str uid, orig;
	ptrdiff_t at;

	if (str_starts(s, STR("warning: maildrop/")) ||
	    (str_starts(s, STR("warning: ")) &&
	        str_find(s, STR(": message has been queued for ")) >= 0))
		return PARSED_IGNORED;
	if (!pf_queue_id(&s, &ev.queue_id) || !str_skip(&s, STR("uid=")))
		return PARSED_UNKNOWN;
	uid = str_digits(&s);
	if (!uid.n || !str_skip(&s, STR(" from=<")))
		return PARSED_UNKNOWN;
	at = str_rfind(s, STR("> orig_id="));
	orig = at < 0 ? STR_NONE : str_from(s, (size_t)at + 10);
	if (str_has(orig) && pf_is_queue_id(orig)) {
		ev.sender = str_head(s, (size_t)at);
		ev.reinjected = true;
		same.queue_id = ev.queue_id;
		same.parent_queue_id = orig;
		pf_emit(pf, &ev);
		return pf_emit(pf, &same);
	}
	if (!str_ends(s, STR(">")))
		return PARSED_UNKNOWN;
	ev.sender = str_head(s, s.n - 1);
	return pf_emit(pf, &ev);
}

/* "sender non-delivery notification: Q2", also delay and delivery status,
 * also to postmaster: Q2 is the MTA's own mail. */
static enum parsed
pf_bounce(const struct pf *pf, struct str s)
{
	static const struct str whom[] = {STR("sender "), STR("postmaster ")};
	static const struct str what[] = {STR("non-delivery notification: "),
	    STR("delivery status notification: "), STR("delay notification: ")};
	struct event ev = event_of(EVENT_CHILD);
	struct str in;

	if (str_starts(s, STR("warning: ")) &&
	    str_ends(s, STR(" notification discarded")))
		return PARSED_IGNORED;
	if (!pf_queue_id(&s, &ev.parent_queue_id))
		return PARSED_UNKNOWN;
	if (str_starts(s, STR("to=<")))
		return pf_delivery(pf, ev.parent_queue_id, s);
	for (size_t i = 0; i < 6; i++) {
		in = s;
		if (str_skip(&in, whom[i / 3]) && str_skip(&in, what[i % 3]) &&
		    pf_is_queue_id(in)) {
			ev.queue_id = in;
			return pf_emit(pf, &ev);
		}
	}
	return PARSED_UNKNOWN;
}

static enum parsed
pf_postsuper(const struct pf *pf, struct str s)
{
	static const struct pf_text id_ignored[] = {
	    {STR("placed on hold"), STR_NONE},
	    {STR("released from hold"), STR_NONE},
	    {STR("requeued"), STR_NONE}, /* pickup tells the new id */
	    {STR("expired"), STR_NONE},
	};
	static const struct pf_text ignored[] = {
	    {STR("Deleted: "), STR(" message")},
	    {STR("Requeued: "), STR(" message")},
	    {STR("Placed on hold: "), STR(" message")},
	    {STR("Released from hold: "), STR(" message")},
	    {STR("Expired: "), STR(" message")},
	    {STR("Renamed to match inode number: "), STR(" message")},
	    {STR("warning: bogus file name: "), STR_NONE},
	};
	struct str id;

	if (!pf_queue_id(&s, &id))
		return PF_KNOWN(ignored, s) ? PARSED_IGNORED : PARSED_UNKNOWN;
	if (str_eq(s, STR("removed")))
		return read_removed(pf, id);
	return PF_KNOWN(id_ignored, s) ? PARSED_IGNORED : PARSED_UNKNOWN;
}

/* ---- daemons that say nothing of a message ---- */

static enum parsed
pf_master(const struct pf *pf, struct str s)
{
	static const struct pf_text ignored[] = {
	    {STR("daemon started -- version "), STR_NONE},
	    {STR("reload -- version "), STR_NONE},
	    {STR("terminating on signal "), STR_NONE},
	    {STR("warning: process "), STR(" pid ")},
	    {STR("warning: "), STR(": bad command startup -- throttling")},
	    {STR("warning: service \""),
	        STR(" has reached its process limit ")},
	    {STR("warning: to avoid this condition, increase the process "),
	        STR_NONE},
	    {STR("warning: see http"), STR("STRESS_README")},
	    {STR("warning: master_wakeup_timer_event: "), STR_NONE},
	    {STR("warning: unix_trigger_event: "), STR_NONE},
	};

	(void)pf;
	return PF_KNOWN(ignored, s) ? PARSED_IGNORED : PARSED_UNKNOWN;
}

static enum parsed
pf_script(const struct pf *pf, struct str s)
{
	static const struct pf_text ignored[] = {
	    {STR("starting the Postfix mail system"), STR_NONE},
	    {STR("stopping the Postfix mail system"), STR_NONE},
	    {STR("refreshing the Postfix mail system"), STR_NONE},
	    {STR("waiting for the Postfix mail system to terminate"), STR_NONE},
	    {STR("the Postfix mail system is running: PID: "), STR_NONE},
	    {STR("the Postfix mail system is not running"), STR_NONE},
	    {STR("fatal: the Postfix mail system is "), STR_NONE},
	    {STR("warning: "), STR(" differ")},
	    {STR("warning: not owned by "), STR_NONE},
	    {STR("warning: symlink leaves directory: "), STR_NONE},
	};

	(void)pf;
	return PF_KNOWN(ignored, s) ? PARSED_IGNORED : PARSED_UNKNOWN;
}

static enum parsed
pf_statistics(const struct pf *pf, struct str s)
{
	(void)pf;
	return str_starts(s, STR("statistics: ")) ? PARSED_IGNORED
	                                          : PARSED_UNKNOWN;
}

/* A listing alone is no verdict (allow lists are asked, too): postscreen's
 * DNSBL rank is. */
static enum parsed
pf_dnsblog(const struct pf *pf, struct str s)
{
	static const struct pf_text ignored[] = {
	    {STR("addr "), STR(" listed by domain ")},
	    {STR("warning: dnsblog_query: lookup error for DNS query "),
	        STR_NONE},
	};

	(void)pf;
	return PF_KNOWN(ignored, s) ? PARSED_IGNORED : PARSED_UNKNOWN;
}

static enum parsed
pf_helper(const struct pf *pf, struct str s)
{
	static const struct pf_text ignored[] = {
	    {STR("warning: do not list domain "), STR_NONE},
	    {STR("warning: virtual_alias_domains lookup failure"), STR_NONE},
	    {STR("cache "), STR(" full cleanup: ")},
	    {STR("close database "), STR_NONE},
	    {STR("CONNECT from ["), STR_NONE},
	    {STR("DISCONNECT ["), STR_NONE},
	    {STR("Anonymous TLS connection established from ["), STR_NONE},
	    {STR("Trusted TLS connection established from ["), STR_NONE},
	    {STR("Untrusted TLS connection established from ["), STR_NONE},
	    {STR("TLS handshake failed for "), STR_NONE},
	    {STR("SSL_accept error from ["), STR_NONE},
	    {STR("warning: TLS library problem: "), STR_NONE},
	};

	(void)pf;
	return PF_KNOWN(ignored, s) ? PARSED_IGNORED : PARSED_UNKNOWN;
}

/* Programs and services that touch no message that another line would not
 * tell of; of a mail that postdrop or sendmail(1) refuse there is none. */
static enum parsed
pf_tool(const struct pf *pf, struct str s)
{
	(void)pf;
	return str_starts(s, STR("warning: ")) ? PARSED_IGNORED
	                                       : PARSED_UNKNOWN;
}

/* What any daemon may say: of its own end (msg(3)), never of a message. */
static const struct pf_text common_ignored[] = {
    {STR("table "), STR(" has changed -- restarting")},
    {STR("warning: database "), STR(" is older than source file ")},
    {STR("warning: "), STR(" lookup error for ")},
    {STR("warning: "), STR(" is unavailable. ")},
    {STR("warning: dict_"), STR_NONE},
    {STR("warning: connect to mysql server "), STR_NONE},
    {STR("warning: connect to pgsql server "), STR_NONE},
    {STR("using backwards-compatible default setting "), STR_NONE},
    {STR("fatal: "), STR_NONE},
    {STR("panic: "), STR_NONE},
    {STR("error: "), STR_NONE},
    {STR("warning: process "), STR(" pid ")},
    {STR("warning: run-time library vs. compile-time header version "),
        STR_NONE},
    {STR("warning: support for "), STR(" will be removed")},
    {STR("warning: valid_hostname: "), STR_NONE},
    {STR("warning: hostname "), STR_NONE},
};

/* ---- the program name ---- */

static const struct daemon {
	struct str name;
	pf_reader *read;
} daemons[] = {
    {STR("smtpd"), pf_smtpd},
    {STR("qmgr"), pf_qmgr},
    {STR("cleanup"), pf_cleanup},
    {STR("smtp"), pf_agent},
    {STR("lmtp"), pf_agent},
    {STR("virtual"), pf_agent},
    {STR("local"), pf_agent},
    {STR("pipe"), pf_agent},
    {STR("error"), pf_agent},
    {STR("discard"), pf_agent},
    {STR("postscreen"), pf_postscreen},
    {STR("bounce"), pf_bounce},
    {STR("pickup"), pf_pickup},
    {STR("anvil"), pf_statistics},
    {STR("scache"), pf_statistics},
    {STR("nqmgr"), pf_qmgr},
    {STR("oqmgr"), pf_qmgr},
    {STR("qmqpd"), pf_smtpd},
    {STR("dnsblog"), pf_dnsblog},
    {STR("tlsproxy"), pf_helper},
    {STR("tlsmgr"), pf_helper},
    {STR("verify"), pf_helper},
    {STR("trivial-rewrite"), pf_helper},
    {STR("master"), pf_master},
    {STR("postfix-script"), pf_script},
    {STR("postsuper"), pf_postsuper},
    {STR("postdrop"), pf_tool},
    {STR("sendmail"), pf_tool},
    {STR("postqueue"), pf_tool},
    {STR("postmap"), pf_tool},
    {STR("postalias"), pf_tool},
    {STR("postlog"), pf_tool},
    {STR("postlogd"), pf_tool},
    {STR("showq"), pf_tool},
    {STR("flush"), pf_tool},
    {STR("proxymap"), pf_tool},
    {STR("spawn"), pf_tool},
};

static const struct daemon *
daemon_find(struct str program)
{
	ptrdiff_t at = str_rchr(program, '/');
	struct str name;

	if (at < 0)
		return NULL;
	name = str_from(program, (size_t)at + 1);
	for (size_t i = 0; i < sizeof(daemons) / sizeof(*daemons); i++)
		if (str_eq(daemons[i].name, name))
			return &daemons[i];
	return NULL;
}

static bool
postfix_claims(const void *cfg, struct str program)
{
	(void)cfg;
	return daemon_find(program) != NULL;
}

/* syslog_name's first part.  "submission/smtpd" and the like is a service of
 * the default instance, whose queue it shares (master.cf -o syslog_name). */
static struct str
instance_of(struct str program)
{
	static const struct str services[] = {STR("postfix"), STR("submission"),
	    STR("submissions"), STR("smtps"), STR("smtp"), STR("")};
	struct str first = str_split(&program, '/'), digits = first;

	for (size_t i = 0; i < sizeof(services) / sizeof(*services); i++)
		if (str_eq(first, services[i]))
			return STR_NONE;
	str_digits(&digits);
	return digits.n ? first : STR_NONE; /* "10025/smtpd" */
}

/* What a program's name says; the same few come again and again. */
struct program {
	char name[64];
	size_t n;
	const struct daemon *daemon;
	bool has_instance;
};

static const struct program *
program_of(struct str name, struct program *other)
{
	static _Thread_local struct program recent[16];
	struct program *p = other;

	if (name.n > 0 && name.n <= sizeof(p->name)) {
		p = &recent[(name.n + (unsigned char)name.p[name.n - 1]) % 16];
		if (p->n == name.n && memcmp(p->name, name.p, name.n) == 0)
			return p;
		memcpy(p->name, name.p, name.n);
	}
	p->n = name.n;
	p->daemon = daemon_find(name);
	p->has_instance = str_has(instance_of(name));
	return p;
}

static enum parsed
postfix_line(const void *cfg, const struct log_line *in, void *state,
    struct event_sink *sink)
{
	struct program other;
	const struct program *p = program_of(in->program, &other);
	struct pf pf = {sink, STR_NONE};
	enum parsed done;

	(void)cfg;
	(void)state;
	if (p->daemon == NULL || in->continuation)
		return PARSED_UNKNOWN;
	if (p->has_instance)
		pf.instance = instance_of(in->program);
	done = p->daemon->read(&pf, in->text);
	if (done == PARSED_UNKNOWN && PF_KNOWN(common_ignored, in->text))
		done = PARSED_IGNORED;
	return done;
}

const struct parser_ops parser_postfix = {
    .name = "postfix",
    .summary = "Postfix, syslog or maillog_file",
    .claims = postfix_claims,
    .line = postfix_line,
};
