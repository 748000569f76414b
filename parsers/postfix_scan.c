/* SPDX-License-Identifier: Apache-2.0 */
#include "parsers/postfix.h"

enum parsed
pf_emit(const struct pf *pf, const struct event *ev)
{
	pf->sink->emit(pf->sink, pf->instance, ev);
	return PARSED_USED;
}

/* A verified host name or an MX name: no brackets, no spaces. */
static bool
peer_name(struct str *s, struct str *out)
{
	size_t n = 0;

	while (n < s->n && s->p[n] != '[' && s->p[n] != ' ')
		n++;
	if (n == s->n || s->p[n] == ' ')
		return false;
	*out = str_head(*s, n);
	*s = str_from(*s, n + 1);
	return true;
}

bool
pf_peer(struct str *s, struct pf_peer *out)
{
	struct str in = *s, text, port;
	uint64_t n;

	*out = (struct pf_peer){.name = STR_NONE};
	if (!peer_name(&in, &out->name) || !str_until(&in, STR("]"), &text))
		return false;
	out->has_addr = addr_parse(text, &out->addr);
	out->local = out->has_addr ? addr_is_loopback(out->addr)
	                           : str_chr(text, '/') >= 0;
	if (!out->has_addr && !out->local && !str_eq(text, STR("unknown")))
		return false;
	if (str_starts(in, STR(":"))) {
		struct str rest = str_from(in, 1);

		port = str_digits(&rest);
		if (str_u64(port, &n) && n <= UINT16_MAX) {
			out->port = (uint16_t)n;
			in = rest;
		}
	}
	*s = in;
	return true;
}

void
pf_client(struct event *ev, const struct pf_peer *peer)
{
	if (!str_eq(peer->name, STR("unknown")) && peer->name.n)
		ev->client_name = peer->name;
	ev->has_client = peer->has_addr;
	ev->client = peer->addr;
	ev->client_port = peer->port;
}

/* mail_queue.h: hex of microseconds and inode; or, with long ids, seconds
 * and microseconds, "z", inode, in digits and consonants. */
bool
pf_is_queue_id(struct str s)
{
	enum { HEX = 1, BASE52 = 2, NO_Z = 4 };
	static const unsigned char class[256] = {
	    ['0' ... '9'] = HEX | BASE52 | NO_Z,
	    ['A'] = HEX | NO_Z,
	    ['B' ... 'D'] = HEX | BASE52 | NO_Z,
	    ['E'] = HEX | NO_Z,
	    ['F'] = HEX | BASE52 | NO_Z,
	    ['G' ... 'H'] = BASE52 | NO_Z,
	    ['J' ... 'N'] = BASE52 | NO_Z,
	    ['P' ... 'T'] = BASE52 | NO_Z,
	    ['V' ... 'Z'] = BASE52 | NO_Z,
	    ['b' ... 'd'] = BASE52 | NO_Z,
	    ['f' ... 'h'] = BASE52 | NO_Z,
	    ['j' ... 'n'] = BASE52 | NO_Z,
	    ['p' ... 't'] = BASE52 | NO_Z,
	    ['v' ... 'y'] = BASE52 | NO_Z,
	    ['z'] = BASE52};
	unsigned all = HEX | BASE52 | NO_Z;

	if (s.n < 5 || s.n > 30)
		return false;
	for (size_t i = 0; i < s.n; i++)
		all &= class[(unsigned char)s.p[i]];
	return (all & HEX) != 0 ||
	       ((all & (BASE52 | NO_Z)) == BASE52 && s.n >= 10);
}

bool
pf_queue_id(struct str *s, struct str *id)
{
	ptrdiff_t at = str_chr(str_head(*s, 32), ':');
	struct str word;

	*id = STR_NONE;
	if (at <= 0 || !str_starts(str_from(*s, (size_t)at), STR(": ")))
		return false;
	word = str_head(*s, (size_t)at);
	if (!str_eq(word, STR("NOQUEUE"))) {
		if (!pf_is_queue_id(word))
			return false;
		*id = word;
	}
	*s = str_from(*s, (size_t)at + 2);
	return true;
}

/* The length of the "..." that begins s, or 0. */
static size_t
quoted(struct str s)
{
	if (s.n == 0 || s.p[0] != '"')
		return 0;
	for (size_t i = 1; i < s.n; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == '"')
			return i + 1;
	}
	return 0;
}

/* Since 3.5 (info_log_address_format) a local part with special characters
 * is logged quoted; before, bare. */
bool
pf_address_whole(struct str a)
{
	if (a.n && a.p[0] == '"') {
		size_t n = quoted(a);

		if (n == 0 || (n < a.n && a.p[n] != '@'))
			return false;
		a = str_from(a, n);
	}
	for (size_t i = 0; i < a.n; i++)
		if (a.p[i] == '<' || a.p[i] == '>' || a.p[i] == '"')
			return false;
	return true;
}

bool
pf_address(struct str *s, const struct str *next, int n, struct str *address)
{
	struct str in = *s;
	size_t from;

	if (!str_skip(&in, STR("<")))
		return false;
	from = quoted(in);
	for (;; from++) {
		ptrdiff_t at = str_chr(str_from(in, from), '>');
		struct str rest;

		if (at < 0)
			return false;
		from += (size_t)at;
		rest = str_from(in, from + 1);
		for (int i = 0; i < n; i++)
			if (str_starts(rest, next[i])) {
				*address = str_head(in, from);
				*s = rest;
				return true;
			}
	}
}

static bool
digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "5.7.1 " (RFC 3463): class 2, 4 or 5, and two numbers. */
static bool
enhanced(struct str *s, struct str *dsn)
{
	struct str in = *s, a, b;

	if (in.n < 6 || (in.p[0] != '2' && in.p[0] != '4' && in.p[0] != '5') ||
	    in.p[1] != '.')
		return false;
	in = str_from(in, 2);
	a = str_digits(&in);
	if (a.n == 0 || a.n > 3 || !str_skip(&in, STR(".")))
		return false;
	b = str_digits(&in);
	if (b.n == 0 || b.n > 3 || (in.n && in.p[0] != ' '))
		return false;
	*dsn = str_of(s->p, (size_t)(in.p - s->p));
	*s = str_from(in, 1);
	return true;
}

int
pf_reply(struct str *s, struct str *dsn)
{
	int code = 0;

	if (s->n >= 4 && s->p[0] >= '2' && s->p[0] <= '5' && digit(s->p[1]) &&
	    digit(s->p[2]) && (s->p[3] == ' ' || s->p[3] == '-')) {
		code = (s->p[0] - '0') * 100 + (s->p[1] - '0') * 10 +
		       (s->p[2] - '0');
		*s = str_from(*s, 4);
	}
	enhanced(s, dsn);
	return code;
}

/* Takes the address that ends s, back to key ("; from=<"); the last key that
 * leaves a whole address is the one the server wrote, for inside a quoted
 * local part what follows a key has an odd quote. */
static bool
take_address(struct str *s, struct str key, struct str *address)
{
	struct str look = *s;

	if (!str_ends(*s, STR(">")))
		return false;
	look.n--;
	for (size_t end = look.n;;) {
		ptrdiff_t at = str_rfind(look, key);
		struct str a;

		if (at < 0)
			return false;
		a = str_of(s->p + at + key.n, end - (size_t)at - key.n);
		if ((size_t)at + key.n <= end && pf_address_whole(a)) {
			*address = a;
			*s = str_head(*s, (size_t)at);
			return true;
		}
		look.n = (size_t)at;
	}
}

/* "; from=<> to=<>" at the end of s; either may be missing, never the ";". */
static bool
take_envelope(struct str *s, struct pf_tail *t)
{
	struct str in = *s;

	if (take_address(&in, STR(" to=<"), &t->recipient)) {
		if (take_address(&in, STR("; from=<"), &t->sender)) {
			*s = in;
			return true;
		}
		if (str_ends(in, STR(";"))) {
			*s = str_head(in, in.n - 1);
			return true;
		}
		in = *s;
		t->recipient = STR_NONE;
	}
	if (take_address(&in, STR("; from=<"), &t->sender)) {
		*s = in;
		return true;
	}
	if (!str_ends(in, STR(";")))
		return false;
	*s = str_head(in, in.n - 1);
	return true;
}

static const struct str protocols[] = {
    STR("ESMTP"), STR("SMTP"), STR("LMTP"), STR("QMQP")};

/* A line cut (at 2000 octets by Postfix, at 1024 by some syslogd) within the
 * session's part is whole in the envelope's: only what is cut is absent. */
static bool
cut_protocol(struct str word)
{
	for (size_t i = 0; i < 4; i++)
		if (str_starts(protocols[i], word))
			return true;
	return false;
}

/* What follows " proto=": "ESMTP helo=<h> sasl_username=<u>".  smtpd keeps
 * spaces and <> out of a HELO (smtpd.c, NEUTER_CHARACTERS). */
static bool
take_session(struct str s, struct pf_tail *t)
{
	struct str word = str_word(&s);

	for (size_t i = 0; i < 4; i++)
		if (str_eq(word, protocols[i]))
			t->protocol = word;
	if (!str_has(t->protocol))
		return s.n == 0 && cut_protocol(word);
	if (str_skip(&s, STR(" helo=<"))) {
		if (!str_until(&s, STR(">"), &t->helo))
			return str_chr(s, ' ') < 0; /* cut */
		if (!pf_address_whole(t->helo))
			return false;
	}
	if (str_skip(&s, STR(" sasl_username=<"))) {
		if (!str_ends(s, STR(">")))
			return false;
		t->auth_user = str_head(s, s.n - 1);
		s = STR("");
	}
	return s.n == 0;
}

/* smtpd_check.c log_whatsup(), cleanup_message.c, cleanup_milter.c.  Read
 * from the right: of all fields only a SASL name, which has passed
 * authentication, could hold another " proto=". */
bool
pf_tail(struct str *s, struct pf_tail *t)
{
	struct str look = *s, before;

	for (int tries = 0; tries < 4; tries++) {
		ptrdiff_t at = str_rfind(look, STR(" proto="));

		if (at < 0)
			break;
		*t = (struct pf_tail){.sender = STR_NONE};
		before = str_head(*s, (size_t)at);
		if (take_session(str_from(*s, (size_t)at + 7), t) &&
		    take_envelope(&before, t)) {
			*s = before;
			return true;
		}
		look.n = (size_t)at;
	}
	*t = (struct pf_tail){.sender = STR_NONE};
	/* before 2.1 there was no proto= */
	return look.n == s->n && take_envelope(s, t);
}

/* Does what follow only once in s? */
static bool
once(struct str s, struct str what)
{
	struct str before;

	return str_until(&s, what, &before) && str_find(s, what) < 0;
}

/* postscreen_smtpd.c: commas, addresses bare, the HELO as sent.  Read from
 * the left, for the reply before it is all the server's own; an address with
 * brackets in it ("a@b>") is whole if nothing else looks like its end. */
bool
pf_tail_commas(struct str *s, struct pf_tail *t)
{
	bool plain = once(*s, STR(">, to=<")) && once(*s, STR(">, proto="));
	struct str in = *s, text;

	*t = (struct pf_tail){.sender = STR_NONE};
	if (!str_until(&in, STR("; from=<"), &text) ||
	    !str_until(&in, STR(">, to=<"), &t->sender) ||
	    !str_until(&in, STR(">, proto="), &t->recipient) ||
	    !str_until(&in, STR(", helo=<"), &t->protocol) ||
	    !str_ends(in, STR(">")) ||
	    (!plain && (!pf_address_whole(t->sender) ||
	                   !pf_address_whole(t->recipient))))
		return false;
	t->helo = str_head(in, in.n - 1);
	*s = text;
	return true;
}

bool
pf_known(const struct pf_text *list, size_t n, struct str s)
{
	for (size_t i = 0; i < n; i++)
		if (str_starts(s, list[i].starts) &&
		    (!str_has(list[i].has) || str_find(s, list[i].has) >= 0))
			return true;
	return false;
}
