/* SPDX-License-Identifier: Apache-2.0 */
/* The pieces of Exim's log grammar; see exim.h. */
#include "parsers/exim.h"

#include "base/bytes16.h"

/* Base 62 digits but for dashes at 6 and, of 16 bytes, at 13; of 23 at 18. */
static bool
is_short_id(const char *p)
{
	return bytes16_alnum(p) == (0xffff & ~(1U << 6 | 1U << 13)) &&
	       p[6] == '-' && p[13] == '-';
}

static bool
is_long_id(const char *p)
{
	return bytes16_alnum(p) == (0xffff & ~(1U << 6)) &&
	       bytes16_alnum(p + 7) == (0xffff & ~(1U << 11)) &&
	       p[6] == '-' && p[18] == '-';
}

bool
exim_id(struct str *s, struct str *id)
{
	const char *p = s->p;
	size_t n = 0;

	if (s->n >= 16 && (s->n == 16 || p[16] == ' ') && is_short_id(p))
		n = 16;
	else if (s->n >= 23 && (s->n == 23 || p[23] == ' ') && is_long_id(p))
		n = 23;
	if (n == 0)
		return false;
	*id = str_head(*s, n);
	*s = str_from(*s, n + 1);
	return true;
}

/* The length of the quoted part that s starts with, both quotes included; 0
 * if it does not end. */
static size_t
quoted_length(struct str s)
{
	for (size_t i = 1; i < s.n; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == '"')
			return i + 1;
	}
	return 0;
}

/* The length of s up to the first stop character outside quotes. */
static size_t
plain_length(struct str s, char stop)
{
	const char *at = s.n ? memchr(s.p, stop, s.n) : NULL;
	bool open = true; /* quotes may still start something */
	size_t i = 0, n = at ? (size_t)(at - s.p) : s.n;

	if (n == 0 || memchr(s.p, '"', n) == NULL)
		return n;
	while (i < s.n && s.p[i] != stop) {
		size_t q = 0;
		if (open && s.p[i] == '"')
			open = (q = quoted_length(str_from(s, i))) != 0;
		i += q ? q : 1;
	}
	return i;
}

struct str
exim_word(struct str *s)
{
	size_t n = plain_length(*s, ' ');
	struct str word = str_head(*s, n);

	*s = str_from(*s, n);
	return word;
}

bool
exim_bracketed(struct str *s, struct str *addr)
{
	struct str inner = str_from(*s, 1);
	size_t n;

	if (!str_starts(*s, STR("<")))
		return false;
	n = plain_length(inner, '>');
	if (n == inner.n) /* a lone quote can hide the end */
		n = (size_t)str_chr(inner, '>');
	if (n >= inner.n)
		return false;
	*addr = str_head(inner, n);
	*s = str_from(inner, n + 1);
	return true;
}

bool
exim_quoted(struct str *s, struct str *out)
{
	size_t n = str_starts(*s, STR("\"")) ? quoted_length(*s) : 0;

	if (n == 0)
		return false;
	*out = str_of(s->p + 1, n - 2);
	*s = str_from(*s, n);
	return true;
}

struct exim_field
exim_field(struct str *s)
{
	static const bool ends[256] = {
	    ['='] = true, [' '] = true, ['"'] = true};
	struct exim_field f = {STR_NONE, STR_NONE};
	struct str rest;
	size_t n = 0;

	while (n < s->n && s->p[n] == ' ')
		n++;
	*s = str_from(*s, n);
	for (n = 0; n < s->n && !ends[(unsigned char)s->p[n]];)
		n++;
	if (n == s->n || s->p[n] != '=') {
		f.name = exim_word(s);
		return f;
	}
	f.name = str_head(*s, n);
	rest = *s = str_from(*s, n + 1);
	if (exim_quoted(&rest, &f.value) &&
	    (rest.n == 0 || rest.p[0] == ' ' || rest.p[0] == ':'))
		*s = rest;
	else
		f.value =
		    exim_word(s); /* "a b"@example.org is quoted in part */
	return f;
}

/* "[address]:port" */
static bool
read_address(struct str *s, struct exim_host *h)
{
	struct str rest = *s, inner, digits;
	uint64_t port = 0;

	if (!str_skip(&rest, STR("[")))
		return false;
	inner = str_head(rest, ADDR_TEXT_MAX + 1);
	if (str_chr(inner, ']') < 0)
		return false;
	inner = str_split(&rest, ']');
	if (!addr_parse(inner, &h->addr))
		return false;
	if (rest.n > 1 && rest.p[0] == ':') {
		struct str after = str_from(rest, 1);
		digits = str_digits(&after);
		if (str_u64(digits, &port) && port <= UINT16_MAX)
			rest = after;
		else
			port = 0;
	}
	h->port = (uint16_t)port;
	*s = rest;
	return true;
}

static bool
starts_with_any(struct str s, const struct str *any)
{
	for (; any->n; any++)
		if (str_starts(s, *any))
			return true;
	return false;
}

/* What Exim can write behind a host group.  A HELO such as "x) [192.0.2.1] (y"
 * makes a group that goes on. */
static bool
group_ends(struct str rest)
{
	static const struct str bracket[] = {STR(" (TCP/IP"), STR(" (error: "),
	    STR(" (failed to find host name "), STR(" (host_reject_connection"),
	    STR(" (tcp wrappers"), {NULL, 0}};

	if (rest.n == 0 || rest.p[0] == ':' || rest.p[0] == ',')
		return true;
	if (rest.p[0] != ' ')
		return false;
	if (str_starts(rest, STR(" [")))
		return false;
	return !str_starts(rest, STR(" (")) || starts_with_any(rest, bracket);
}

/* What follows a host group and seldom anything else: used to notice that a
 * line has a second group in it. */
static bool
field_follows(struct str rest)
{
	static const struct str field[] = {STR(" P="), STR(" U="), STR(" F=<"),
	    STR(" X=TLS"), STR(" rejected "), STR(" temporarily rejected "),
	    STR(" Warning: "), STR(" closed by "), STR(" lost"), STR(" D="),
	    STR(" (error: "), STR(" incomplete transaction"),
	    STR(" sender verify"), STR(" dropped: "), STR(" discarded"),
	    STR(": syntactically "), STR(": 5"), STR(": 4"), STR(" input=\""),
	    STR(" next input=\""), STR(": message too big"), {NULL, 0}};
	struct exim_host own;

	if (str_skip(&rest, STR(" I=")) && !read_address(&rest, &own))
		return false;
	return starts_with_any(rest, field);
}

/* The HELO ends at the first ") [address]" with an end of group behind it.
 * If there is another one further on, then either the HELO or some later
 * text of the peer's imitates a group, and nobody can tell which. */
static bool
read_helo(struct str *s, struct exim_host *h)
{
	struct str rest = str_from(*s, 1), before;
	bool found = false;

	while (str_until(&rest, STR(") ["), &before)) {
		struct exim_host got = {.name = h->name};
		struct str after = {rest.p - 1, rest.n + 1};

		if (!read_address(&after, &got))
			continue;
		if (!found && group_ends(after)) {
			const char *helo = s->p + 1;
			got.helo =
			    str_of(helo, (size_t)(before.p + before.n - helo));
			*h = got;
			*s = rest = after;
			found = true;
		} else if (found && field_follows(after)) {
			h->doubtful = true;
			*s = rest = after;
		}
	}
	return found;
}

bool
exim_host(struct str *s, struct exim_host *h)
{
	struct str rest = *s;

	*h = (struct exim_host){0};
	if (rest.n && rest.p[0] != '[' && rest.p[0] != '(') {
		h->name = str_word(&rest);
		if (str_chr(h->name, '=') >= 0 || !str_skip(&rest, STR(" ")))
			return false;
	}
	if (str_starts(rest, STR("(")) ? !read_helo(&rest, h)
	                               : !read_address(&rest, h))
		return false;
	*s = rest;
	return true;
}

void
exim_client(struct event *ev, const struct exim_host *h)
{
	if (h->doubtful)
		return;
	ev->has_client = true;
	ev->client = h->addr;
	ev->client_port = h->port;
	ev->client_name = h->name;
	ev->helo = h->helo;
}

/* "5.7.1": class, subject, detail (RFC 3463 section 2). */
static bool
is_dsn(struct str s)
{
	struct str part;

	if (s.n < 5 || s.n > 9 || s.p[0] < '2' || s.p[0] > '5')
		return false;
	for (int i = 0; i < 3; i++) {
		part = str_digits(&s);
		if (part.n == 0 || part.n > 3 || (i == 0 && part.n != 1))
			return false;
		if (i < 2 && !str_skip(&s, STR(".")))
			return false;
	}
	return s.n == 0;
}

void
exim_reply(struct event *ev, struct str text)
{
	struct str rest = text, code = str_digits(&rest), word;
	uint64_t n;

	if (code.n == 3 && str_u64(code, &n) && n >= 200 && n < 600 &&
	    (rest.n == 0 || rest.p[0] == ' ' || rest.p[0] == '-')) {
		ev->reply = (int)n;
		text = str_from(rest, 1);
	}
	word = str_word(&text);
	if (is_dsn(word))
		ev->dsn = word;
}

size_t
exim_addresses(struct str s, struct str *out, size_t max)
{
	size_t n = 0;

	while (s.n) {
		struct str word = exim_word(&s);
		if (word.n && n < max)
			out[n] = word;
		n += word.n != 0;
		s = str_from(s, 1);
	}
	return n;
}

void
exim_emit(struct exim_line *l, struct event *ev)
{
	ev->queue_id = l->id;
	ev->copy = l->copy;
	if (ev->kind == EVENT_REJECT)
		l->rejected = true;
	l->sink->emit(l->sink, STR_NONE, ev);
}
