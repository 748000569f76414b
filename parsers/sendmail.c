/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sendmail: who claims a line, which reader takes it, and the little that is
 * kept of a server process: its authenticated user (the AUTH line has no
 * queue id) and what became of its last message.
 */
#include "parsers/sendmail.h"

#include "base/hash.h"

#define SESSION_MAX (12 * INT64_C(3600000000)) /* a pid is re-used some day */

static uint64_t
process_key(const struct sm *c)
{
	return hash_str(c->in->host, (uint64_t)c->in->pid) | 1;
}

/* A set of SM_WAYS slots by key; the oldest of them gives way. */
struct sm_session *
sm_session(struct sm *c, bool make)
{
	uint64_t key = process_key(c);
	struct sm_session *s, *old;

	if (c->in->pid == 0)
		return NULL;
	s = old =
	    c->state->session + key / 2 % (SM_SESSIONS / SM_WAYS) * SM_WAYS;
	for (size_t i = 0; i < SM_WAYS; i++, s++) {
		if (s->key == key) {
			int64_t age = c->in->time - s->time;
			if (age > -SESSION_MAX && age < SESSION_MAX)
				return s;
			old = s;
			break;
		}
		if (s->key == 0 || s->time < old->time)
			old = s;
	}
	if (!make)
		return NULL;
	*old = (struct sm_session){.key = key, .time = c->in->time};
	return old;
}

void
sm_set_fate(struct sm *c, enum disposition d, int reply)
{
	struct sm_session *s = sm_session(c, true);

	if (s == NULL || !str_has(c->queue_id))
		return;
	s->queue_id = hash_str(c->queue_id, 0);
	s->time = c->in->time;
	s->reply = (uint16_t)reply;
	s->fate = d == DISP_ABORTED      ? SM_ABORTED
	          : d == DISP_TEMPFAILED ? SM_TEMPFAILED
	          : d == DISP_DISCARDED  ? SM_DISCARDED
	                                 : SM_REJECTED;
}

enum sm_fate
sm_fate(struct sm *c, int *reply)
{
	struct sm_session *s = sm_session(c, false);

	if (s == NULL || s->queue_id != hash_str(c->queue_id, 0))
		return SM_OPEN;
	if (reply != NULL && s->reply != 0)
		*reply = s->reply;
	return (enum sm_fate)s->fate;
}

/* Queue ids hold time and pid and are unique on a host, whichever daemon
 * (sm-mta, sm-msp-queue, sendmail) logs: so there is no instance. */
void
sm_emit(struct sm *c, const struct event *ev)
{
	c->sink->emit(c->sink, STR_NONE, ev);
}

struct event
sm_event(const struct sm *c, enum event_kind kind)
{
	struct event ev = event_of(kind);

	ev.queue_id = c->queue_id;
	return ev;
}

void
sm_begin(const struct sm *c, struct event *ev, enum event_kind kind)
{
	event_begin(ev, kind);
	ev->queue_id = c->queue_id;
}

static enum parsed
emit_end(struct sm *c)
{
	struct event ev = sm_event(c, EVENT_END);

	if (!str_has(c->queue_id))
		return PARSED_UNKNOWN;
	sm_emit(c, &ev);
	return PARSED_USED;
}

/* The id may not have been seen before, so its facts come first. */
void
sm_abort(struct sm *c, const struct event *facts, enum stage stage)
{
	struct event ev = *facts;

	ev.kind = EVENT_DETAIL;
	ev.size = -1; /* what came is not a message */
	sm_emit(c, &ev);
	ev.kind = EVENT_ABORT;
	ev.disposition = DISP_ABORTED;
	ev.stage = stage;
	sm_set_fate(c, DISP_ABORTED, 0);
	sm_emit(c, &ev);
}

static enum parsed
abort_at(struct sm *c, enum stage stage, struct str relay)
{
	struct event ev = sm_event(c, EVENT_DETAIL);

	if (!str_has(c->queue_id))
		return PARSED_UNKNOWN;
	if (str_has(relay))
		sm_client(&ev, relay);
	sm_abort(c, &ev, stage);
	return PARSED_USED;
}

/* "lost input channel from R to DAEMON after COMMAND" */
static enum parsed
lost_channel(struct sm *c)
{
	static const struct {
		const char *word;
		enum stage stage;
	} after[] = {{"startup", STAGE_CONNECT}, {"helo", STAGE_HELO},
	    {"ehlo", STAGE_HELO}, {"starttls", STAGE_HELO},
	    {"auth", STAGE_AUTH}, {"mail", STAGE_MAIL}, {"rcpt", STAGE_RCPT},
	    {"data", STAGE_DATA}, {NULL, STAGE_NONE}};
	struct str s = str_from(c->text, 24), relay;
	ptrdiff_t word = str_rfind(s, STR(" after "));
	size_t i = 0;

	if (word < 0 || !str_until(&s, STR(" to "), &relay))
		return PARSED_UNKNOWN;
	s = str_from(c->text, 24 + (size_t)word + 7);
	while (after[i].word != NULL && !str_eq(s, str_z(after[i].word)))
		i++;
	return abort_at(c, after[i].stage, relay);
}

static enum parsed
premature_end(struct sm *c)
{
	return abort_at(c, STAGE_DATA, STR_NONE);
}

/* "timeout waiting for input from R during PHASE" */
static enum parsed
input_timeout(struct sm *c)
{
	static const char *const body[] = {"message body read",
	    "message collect", "message header read", NULL};
	struct str s = str_from(c->text, 31), relay;

	if (!str_until(&s, STR(" during "), &relay))
		return PARSED_UNKNOWN;
	for (size_t i = 0; body[i] != NULL; i++)
		if (str_starts(s, str_z(body[i])))
			return abort_at(c, STAGE_DATA, relay);
	/* Of a command: "lost input channel" follows; as client: not ours. */
	return PARSED_IGNORED;
}

static enum parsed
connected(struct sm *c)
{
	struct event ev = sm_event(c, EVENT_CONNECT);

	sm_client(&ev, str_from(c->text, 13));
	sm_emit(c, &ev);
	return PARSED_USED;
}

/* "AUTH=server, relay=R, authid=U, mech=M, bits=N": U did authenticate. */
static enum parsed
auth_server(struct sm *c)
{
	struct str s = str_from(c->text, 19), relay;
	ptrdiff_t mech = str_rfind(s, STR(", mech="));
	struct sm_session *session;
	struct sm_peer peer;

	if (mech < 0)
		return PARSED_UNKNOWN;
	s = str_head(s, (size_t)mech);
	if (!str_until(&s, STR(", authid="), &relay))
		return PARSED_UNKNOWN;
	session = sm_session(c, true);
	if (session == NULL || !sm_peer(relay, &peer) || s.n > SM_AUTH_MAX)
		return PARSED_IGNORED;
	session->client = peer.addr;
	session->time = c->in->time;
	session->nauth = (uint8_t)s.n;
	memcpy(session->auth, s.p, s.n);
	return PARSED_USED;
}

/* "AUTH failure (M): text[, user=U][, relay=R]": U is what the peer sent,
 * so R is read from the right and U is nobody's name. */
static enum parsed
auth_failure(struct sm *c)
{
	struct event ev = event_of(EVENT_REJECT);
	ptrdiff_t at = str_rfind(c->text, STR(", relay="));

	ev.disposition = DISP_REJECTED;
	ev.stage = STAGE_AUTH;
	ev.reply = 535;
	ev.dsn = STR("5.7.0");
	ev.reason = STR("authentication failed");
	if (at >= 0)
		sm_client(&ev, str_from(c->text, (size_t)at + 8));
	sm_emit(c, &ev);
	return PARSED_USED;
}

/* "clone PARENT, owner=O" (8.11): this id is the copy for a list's owner;
 * since 8.12 it is "PARENT: CHILD: clone: owner=O". */
static enum parsed
clone(struct sm *c)
{
	struct event ev = sm_event(c, EVENT_SAME);
	struct str s = str_from(c->text, 6);

	if (!str_has(c->queue_id) || !sm_queue_id(&s, &ev.parent_queue_id))
		return PARSED_UNKNOWN;
	sm_emit(c, &ev);
	return PARSED_USED;
}

/* "split: maxrcpts=N, rcpts=N, count=N, ids=CHILD, CHILD" */
static enum parsed
split(struct sm *c)
{
	struct event ev = sm_event(c, EVENT_SAME);
	struct str s = c->text, skip;
	bool found = false;

	ev.parent_queue_id = c->queue_id;
	if (!str_has(c->queue_id) || (!str_until(&s, STR(", ids="), &skip) &&
	                                 !str_until(&s, STR(", id="), &skip)))
		return PARSED_UNKNOWN;
	while (s.n > 0) {
		if (!sm_queue_id(&s, &ev.queue_id)) {
			s = str_from(s, 1);
			continue;
		}
		sm_emit(c, &ev);
		found = true;
	}
	return found ? PARSED_USED : PARSED_UNKNOWN;
}

static enum parsed
refuse(struct sm *c, enum stage stage, int reply, struct str relay,
    struct str helo)
{
	struct event ev = event_of(EVENT_REJECT);

	ev.disposition = DISP_REJECTED;
	ev.stage = stage;
	ev.reply = reply;
	ev.reason = c->text;
	ev.helo = helo;
	sm_client(&ev, relay);
	sm_emit(c, &ev);
	return PARSED_USED;
}

/* "invalid domain name (HELO) from R": 501 */
static enum parsed
bad_helo(struct sm *c)
{
	struct str s = str_from(c->text, 21);
	ptrdiff_t at = str_rfind(s, STR(") from "));

	if (at < 0)
		return PARSED_UNKNOWN;
	return refuse(c, STAGE_HELO, 501, str_from(s, (size_t)at + 7),
	    str_head(s, (size_t)at));
}

/* "rejecting server EHLO from R due to traffic before response": 554 */
static enum parsed
hasty_helo(struct sm *c)
{
	struct str s = str_from(c->text, 27);
	ptrdiff_t at = str_rfind(s, STR(" due to traffic before response"));

	if (at < 0)
		return PARSED_UNKNOWN;
	return refuse(c, STAGE_HELO, 554, str_head(s, (size_t)at), STR_NONE);
}

/* "SMTP MAIL command (ARGS) from R tempfailed (due to previous checks)": a
 * ruleset or filter put the whole session off.  ARGS are the peer's. */
static enum parsed
put_off(struct sm *c)
{
	struct event ev = event_of(EVENT_REJECT);
	ptrdiff_t at = str_rfind(c->text, STR(") from "));
	struct str end = STR(" tempfailed (due to previous checks)");

	if (str_starts(c->text, STR("SMTP outgoing connect on ")))
		return PARSED_IGNORED;
	if (at < 0 || !str_ends(c->text, end))
		return PARSED_UNKNOWN;
	if (!str_starts(c->text, STR("SMTP MAIL command (")))
		return PARSED_IGNORED;
	ev.disposition = DISP_TEMPFAILED;
	ev.stage = STAGE_MAIL;
	ev.reply = 451; /* MSG_TEMPFAIL in sendmail.h */
	ev.dsn = STR("4.3.2");
	ev.reason = STR("tempfailed (due to previous checks)");
	sm_client(&ev,
	    str_head(str_from(c->text, (size_t)at + 7),
	        c->text.n - (size_t)at - 7 - end.n));
	sm_emit(c, &ev);
	return PARSED_USED;
}

/* "tcpwrappers (NAME, ADDR) rejection": 550 to every command */
static enum parsed
tcp_wrappers(struct sm *c)
{
	struct event ev = event_of(EVENT_REJECT);
	ptrdiff_t at = str_rfind(c->text, STR(", "));
	struct str addr;

	if (at < 0 || !str_ends(c->text, STR(") rejection")))
		return PARSED_UNKNOWN;
	addr = str_from(c->text, (size_t)at + 2);
	addr = str_split(&addr, ')');
	str_skip(&addr, STR("IPv6:"));
	ev.has_client = addr_parse(addr, &ev.client);
	ev.disposition = DISP_REJECTED;
	ev.stage = STAGE_CONNECT;
	ev.reply = 550;
	ev.dsn = STR("5.0.0");
	ev.reason = STR("tcpwrappers rejection");
	sm_emit(c, &ev);
	return PARSED_USED;
}

/* "rejecting commands from R due to pre-greeting traffic after N seconds" */
static enum parsed
early_talker(struct sm *c)
{
	struct str s = str_from(c->text, 24);
	ptrdiff_t at = str_rfind(s, STR(" due to pre-greeting traffic"));

	if (at < 0)
		return PARSED_UNKNOWN;
	return refuse(c, STAGE_CONNECT, 554, str_head(s, (size_t)at), STR_NONE);
}

static enum parsed
too_large(struct sm *c, struct str dsn)
{
	struct event ev = sm_event(c, EVENT_REJECT);

	ev.disposition = DISP_REJECTED;
	ev.stage = STAGE_EOM;
	ev.reply = 552;
	ev.dsn = dsn;
	ev.reason = c->text;
	sm_set_fate(c, ev.disposition, ev.reply);
	sm_emit(c, &ev);
	return PARSED_USED;
}

static enum parsed
headers_too_large(struct sm *c)
{
	return too_large(c, STR("5.6.0"));
}

/* "message size (99) exceeds maximum (50)", seen when all of it has come. */
static enum parsed
message_too_large(struct sm *c)
{
	return too_large(c, STR("5.2.3"));
}

static enum parsed
ignored(struct sm *c)
{
	(void)c;
	return PARSED_IGNORED;
}

/* "collect: relay=R, from=A, info=T", "collect: T on connection from R":
 * said before by "premature EOM". */
static enum parsed
collect_again(struct sm *c)
{
	if (str_find(c->text, STR(", info=")) >= 0 ||
	    str_find(c->text, STR(" on connection from ")) >= 0)
		return PARSED_IGNORED;
	return PARSED_UNKNOWN;
}

#define READER(lit, fn)                                                        \
	{                                                                      \
		{(lit), sizeof(lit) - 1}, (fn)                                 \
	}

static const struct {
	struct str start;
	enum parsed (*read)(struct sm *c);
} readers[] = {
    READER("from=", sm_from),
    READER("to=", sm_to),
    READER("Milter", sm_milter),
    READER("milter=", sm_milter_action),
    READER("ruleset=", sm_ruleset),
    READER("STARTTLS=", ignored),
    READER("AUTH=server, relay=", auth_server),
    READER("AUTH failure (", auth_failure),
    READER("lost input channel from ", lost_channel),
    READER("collect: premature EOM", premature_end),
    READER("collect: ", collect_again),
    READER("timeout waiting for input from ", input_timeout),
    READER("connect from ", connected),
    READER("done; delay=", emit_end),
    READER("discarded", sm_discarded),
    READER("clone ", clone),
    READER("split: ", split),
    READER("invalid domain name (", bad_helo),
    READER("rejecting commands from ", early_talker),
    READER("rejecting server EHLO from ", hasty_helo),
    READER("rejecting server HELO from ", hasty_helo),
    READER("rejecting new messages: ", ignored),
    READER("SMTP ", put_off),
    READER("tcpwrappers (", tcp_wrappers),
    READER("headers too large (", headers_too_large),
    READER("message size (", message_too_large),
    /* Verbose sessions, LogLevel 15 and more: the peer's words. */
    READER("--- ", ignored),
    READER("<-- ", ignored),
    READER("Sending \"", ignored), /* an unknown command, to a filter */
    /* Operation of the server. */
    READER("AUTH=client", ignored),
    READER("AUTH: ", ignored),
    READER("AUTH error", ignored),
    READER("AUTH encode64 error", ignored),
    READER("AUTH decode64 error", ignored),
    READER("AUTH continue", ignored),
    READER("AUTH warning", ignored),
    READER("auth=\"", ignored),
    READER("STARTTLS: ", ignored),
    READER("STARTTLS, ", ignored),
    READER("TLS: ", ignored),
    READER("SYSERR", ignored),
    READER("Authentication-Warning: ", ignored),
    READER("alias ", ignored),
    READER("Alias file ", ignored),
    READER("forward ", ignored),
    READER("starting daemon", ignored),
    READER("restarting ", ignored),
    READER("stopping daemon", ignored),
    READER("daemon ", ignored),
    READER("opendaemonsocket: ", ignored),
    READER("persistent queue runner=", ignored),
    READER("restart queue runner=", ignored),
    READER("started as: ", ignored),
    READER("rejecting connections on daemon ", ignored),
    READER("have been rejecting connections on daemon ", ignored),
    READER("accepting connections again for daemon ", ignored),
    READER("deferring connections on daemon ", ignored),
    READER("delaying connections on daemon ", ignored),
    READER("delaying=", ignored),
    READER("unauthorized PIPELINING, ", ignored),
    READER("grew WorkList for ", ignored),
    READER("runqueue: ", ignored),
    READER("Skipping queue run ", ignored),
    READER("error connecting to filter ", ignored),
    READER("milter_", ignored),
    READER("gethostbyaddr(", ignored),
    READER("My unqualified host name ", ignored),
    READER("unable to qualify my own domain name ", ignored),
    READER("WARNING: ", ignored),
    READER("Warning: ", ignored),
    READER("ERROR: ", ignored),
    READER("low on space ", ignored),
    READER("locked", ignored),
    READER("SECURITY ALERT: ", ignored),
    READER("Losing ", ignored),
    READER("quarantine=", ignored),
    READER("engine=", ignored),
    READER("proc_list_probe: ", ignored),
    READER("problem creating SMTP socket", ignored),
    READER("rscheck(", ignored),
    READER("multiqueue_cache: ", ignored),
    READER("setup_queues: ", ignored),
    READER("queueup: ", ignored),
    READER("bogus queue file", ignored),
    READER("POSSIBLE ATTACK from ", ignored),
    READER("Truncated MIME ", ignored),
    READER("Truncated long MIME ", ignored),
    READER("Fixed MIME ", ignored),
    READER("timeout writing message to ", ignored),
    READER("makeconnection ", ignored),
};

/* "PARENT: CHILD: DSN: text": text can be the remote server's, so the end of
 * a message by age is only read where its own words begin the text. */
static enum parsed
child(struct sm *c)
{
	static const struct str kinds[] = {SM_LIT(": DSN: "),
	    SM_LIT(": postmaster notify: "), SM_LIT(": return to sender: "),
	    SM_LIT(": sender notify: ")};
	struct event ev = sm_event(c, EVENT_CHILD), late;
	struct str s = c->text;
	size_t i = 0;

	if (!str_has(c->queue_id) || !sm_queue_id(&s, &ev.queue_id))
		return PARSED_UNKNOWN;
	ev.parent_queue_id = c->queue_id;
	if (str_starts(s, STR(": clone: owner="))) {
		ev.kind = EVENT_SAME;
		sm_emit(c, &ev);
		return PARSED_USED;
	}
	while (i < 4 && !str_skip(&s, kinds[i]))
		i++;
	if (i == 4)
		return PARSED_UNKNOWN;
	if (str_starts(s, STR("Cannot send message for "))) {
		late = sm_event(c, EVENT_ATTEMPT);
		late.disposition = DISP_EXPIRED;
		late.reason = s;
		sm_emit(c, &late);
	}
	sm_emit(c, &ev);
	return PARSED_USED;
}

/* "R did not issue MAIL/EXPN/VRFY/ETRN during connection to DAEMON" */
static enum parsed
no_mail(struct sm *c)
{
	struct event ev = event_of(EVENT_DISCONNECT);
	ptrdiff_t at = str_find(
	    c->text, STR(" did not issue MAIL/EXPN/VRFY/ETRN during "));

	if (at < 0)
		return PARSED_UNKNOWN;
	sm_client(&ev, str_head(c->text, (size_t)at));
	ev.text = STR("did not issue MAIL");
	sm_emit(c, &ev);
	return PARSED_USED;
}

/* "R: VRFY anna", "R: possible SMTP attack: command=AUTH, count=5": after an
 * address that the server wrote.  "N: 4 aliases, longest 31 bytes". */
static enum parsed
peer_remark(struct sm *c)
{
	static const char *const remarks[] = {"VRFY ", "EXPN ", "ETRN ",
	    "possible SMTP attack: command=", "probable open proxy: command=",
	    "Possible SMTP RCPT flood, ", "SMTP violation, ", NULL};
	struct str s = c->text, relay, number;
	struct sm_peer peer;

	if (str_until(&s, STR(" (may be forged): "), &relay))
		relay.n--;
	else if (!str_until(&s, STR("]: "), &relay)) {
		if (c->text.n > 0 && c->text.p[0] == '/' &&
		    str_until(&s, STR(": "), &relay) &&
		    (number = str_digits(&s)).n > 0 &&
		    str_starts(s, STR(" aliases, longest ")))
			return PARSED_IGNORED;
		return PARSED_UNKNOWN;
	}
	if (!sm_peer(str_head(c->text, relay.n + 1), &peer))
		return PARSED_UNKNOWN;
	for (size_t i = 0; remarks[i] != NULL; i++)
		if (str_startsi(s, str_z(remarks[i])))
			return PARSED_IGNORED;
	return PARSED_UNKNOWN;
}

/* '"debug" command from R (args)', "R: MTA: delaying eom: load average: 9",
 * "MX: SMTP DATA-2 protocol error: 354 text" of this host as a client. */
static enum parsed
other_remark(struct sm *c)
{
	static const struct str has[] = {SM_LIT("\" command from "),
	    SM_LIT(": delaying "), SM_LIT(": SMTP ")};
	static const struct str also[] = {
	    SM_LIT(")"), SM_LIT(": load average: "), SM_LIT(" protocol error: ")};

	for (size_t i = 0; i < 3; i++)
		if (str_find(c->text, has[i]) >= 0 &&
		    str_find(c->text, also[i]) >= 0)
			return PARSED_IGNORED;
	return PARSED_UNKNOWN;
}

static enum parsed
dispatch(struct sm *c)
{
	enum parsed p;

	for (size_t i = 0; i < sizeof(readers) / sizeof(*readers); i++)
		if (str_starts(c->text, readers[i].start))
			return readers[i].read(c);
	p = no_mail(c);
	if (p == PARSED_UNKNOWN)
		p = child(c);
	if (p == PARSED_UNKNOWN)
		p = peer_remark(c);
	if (p == PARSED_UNKNOWN)
		p = sm_user_error(c);
	return p != PARSED_UNKNOWN ? p : other_remark(c);
}

/* A filter's header text is passed on as the log has it, with its "\\n\\t". */
static enum parsed
read_text(struct sm *c)
{
	char plain[SM_PART_MAX];

	if (c->text.n <= sizeof(plain) && str_chr(c->text, '\\') >= 0 &&
	    !str_starts(c->text, STR("Milter ")))
		c->text = sm_unescape(c->text, plain);
	return dispatch(c);
}

/*
 * sm_syslog() in conf.c cuts what is longer than SYSLOG_BUFSIZE into
 * "QID[1]: text ...", "QID[2]: text ...", "QID[3]: text": put together here
 * and read as one line when the last part has come.
 */
static enum parsed
part(struct sm *c, uint64_t number)
{
	struct sm_parts *p = &c->state->parts;
	uint64_t key = process_key(c), id = hash_str(c->queue_id, 0);
	struct str more = STR(" ...");
	bool last = !str_ends(c->text, more);

	if (number == 1)
		*p = (struct sm_parts){.key = key, .queue_id = id, .next = 1};
	if (p->key != key || p->queue_id != id || p->next != number ||
	    c->text.n > sizeof(p->text) - p->n) {
		p->next = 0;
		return PARSED_UNKNOWN;
	}
	if (!last)
		c->text.n -= more.n;
	memcpy(p->text + p->n, c->text.p, c->text.n);
	p->n += (uint32_t)c->text.n;
	p->next++;
	if (!last)
		return PARSED_USED;
	p->next = 0;
	c->text = str_of(p->text, p->n);
	return read_text(c);
}

static enum parsed
sendmail_line(const void *cfg, const struct log_line *in, void *state,
    struct event_sink *sink)
{
	struct sm c = {.in = in, .state = state, .sink = sink};
	struct str s = str_trim(in->text), digits;
	uint64_t number;

	(void)cfg;
	if (in->continuation)
		return PARSED_UNKNOWN;
	c.text = s;
	if (!sm_queue_id(&s, &c.queue_id)) {
		str_skip(&c.text, STR("NOQUEUE: "));
		return read_text(&c);
	}
	if (str_skip(&s, STR(": "))) {
		c.text = s;
		return read_text(&c);
	}
	if (!str_skip(&s, STR("[")) || (digits = str_digits(&s)).n == 0 ||
	    !str_u64(digits, &number) || !str_skip(&s, STR("]: ")))
		return PARSED_UNKNOWN;
	c.text = s;
	return part(&c, number);
}

static bool
sendmail_claims(const void *cfg, struct str program)
{
	static const char *const starts[] = {"sm-mta", "sm-msp", "sm-que",
	    "sm-client", "sm-acceptingconnections", "sendmail-", NULL};

	(void)cfg;
	if (str_eq(program, STR("sendmail")))
		return true;
	for (size_t i = 0; starts[i] != NULL; i++)
		if (str_starts(program, str_z(starts[i])))
			return true;
	return false;
}

const struct parser_ops parser_sendmail = {
    .name = "sendmail",
    .summary = "Sendmail 8 (syslog)",
    .claims = sendmail_claims,
    .state_size = sizeof(struct sm_state),
    .line = sendmail_line,
};
