/* SPDX-License-Identifier: Apache-2.0 */
#include "parsers/sendmail.h"

#include "base/bytes16.h"

static const bool alnum[256] = {
    ['0' ... '9'] = true, ['A' ... 'Z'] = true, ['a' ... 'z'] = true};

/*
 * Queue ids (queue.c, assign_queueid): 8 base-60 characters of time and
 * sequence and 6 digits of the pid since 8.12; 8 + 5 before that, and
 * "PAA12345" in 8.8.
 */
bool
sm_queue_id(struct str *s, struct str *out)
{
	size_t n = 0, digits = 0;
	unsigned not_alnum, numbers;

	if (s->n >= 16 && (not_alnum = ~bytes16_alnum(s->p) & 0xffff) != 0) {
		n = (size_t)__builtin_ctz(not_alnum);
		/* ones from the highest down are the digits before it */
		numbers = n > 0 ? bytes16_digits(s->p) << (32 - n) : 0;
		digits = (size_t)__builtin_clz(~numbers | 1);
	}
	while (n < s->n && n < 24 && alnum[(unsigned char)s->p[n]]) {
		digits = s->p[n] <= '9' ? digits + 1 : 0;
		n++;
	}
	if (n < 8 || n > 20 || digits < 5)
		return false;
	*out = str_head(*s, n);
	*s = str_from(*s, n);
	return true;
}

size_t
sm_special(struct str s, size_t i)
{
	static const char five[5] = {'\\', '"', '<', '>', ','};
	static const bool special[256] = {['\\'] = true, ['"'] = true,
	    ['<'] = true, ['>'] = true, [','] = true};
	unsigned found;

	for (; i + 16 <= s.n; i += 16)
		if ((found = bytes16_of_five(s.p + i, five)) != 0)
			return i + (size_t)__builtin_ctz(found);
	while (i < s.n && !special[(unsigned char)s.p[i]])
		i++;
	return i;
}

ptrdiff_t
sm_arg(struct str s)
{
	bool quote = false, angle = false;
	size_t i;

	for (i = sm_special(s, 0); i < s.n; i = sm_special(s, i + 1)) {
		char c = s.p[i];

		if (c == '\\' && i + 1 < s.n)
			i++;
		else if (c == '"')
			quote = !quote;
		else if (quote)
			continue;
		else if (c == '<' || c == '>')
			angle = c == '<';
		else if (c == ',' && !angle && i + 1 < s.n && s.p[i + 1] == ' ')
			break;
	}
	return quote || angle ? -1 : (ptrdiff_t)(i < s.n ? i : s.n);
}

/* The byte that "\\ooo" or "\\t" stands for, if it is one str2prt() writes so
 * and no line end; step = its length in the log. */
static bool
escaped_byte(struct str s, char *byte, size_t *step)
{
	unsigned v = 0;

	*step = 2;
	if (s.n >= 2 && (s.p[1] == '\\' || s.p[1] == 't')) {
		*byte = s.p[1] == 't' ? '\t' : '\\';
		return true;
	}
	if (s.n < 4)
		return false;
	for (size_t i = 1; i < 4; i++) {
		if (s.p[i] < '0' || s.p[i] > '7')
			return false;
		v = v * 8 + (unsigned)(s.p[i] - '0');
	}
	*step = 4;
	*byte = (char)v;
	return v <= 0377 &&
	       (v >= 0177 || (v > 0 && v < 040 && v != '\n' && v != '\r'));
}

struct str
sm_unescape(struct str s, char *buf)
{
	size_t n = 0, step;

	while (s.n > 0) {
		step = 1;
		if (s.p[0] != '\\' || !escaped_byte(s, &buf[n], &step)) {
			buf[n] = s.p[0];
			step = 1;
		}
		n++;
		s = str_from(s, step);
	}
	return str_of(buf, n);
}

struct str
sm_bare(struct str a)
{
	if (a.n >= 2 && a.p[0] == '<' && a.p[a.n - 1] == '>')
		return (struct str){a.p + 1, a.n - 2};
	return a;
}

/* "%.200s" cuts the end off; shortenstring() in util.c keeps both ends of
 * what is longer than MAXSHORTSTR (203) and puts "..." between. */
struct str
sm_whole(struct str a)
{
	if (a.n > 0 && a.p[0] == '<' && str_chr(a, '>') < 0)
		return STR_NONE;
	if (a.n >= 200 && str_find(a, STR("...")) >= 0)
		return STR_NONE;
	return a;
}

/* The brackets at the end of s; s is left with what stands before them. */
static bool
last_group(struct str *s, char open, char shut, struct str *out)
{
	ptrdiff_t at = str_rchr(*s, open);

	if (s->n < 2 || s->p[s->n - 1] != shut || at < 0)
		return false;
	*out = (struct str){s->p + at + 1, s->n - (size_t)at - 2};
	*s = str_trim(str_head(*s, (size_t)at));
	return true;
}

/*
 * The address is the last group and nothing else: the name before it comes
 * from the peer's DNS and may have an RFC 1413 user before an '@'.
 */
bool
sm_peer(struct str r, struct sm_peer *out)
{
	struct str forged = STR("(may be forged)"), group;
	ptrdiff_t at;

	*out = (struct sm_peer){.has_addr = false};
	r = str_trim(r);
	if (str_ends(r, forged))
		r = str_trim(str_head(r, r.n - forged.n));
	if (last_group(&r, '[', ']', &group) ||
	    last_group(&r, '(', ')', &group))
		out->has_addr = addr_parse(group, &out->addr);
	at = str_rchr(r, '@');
	if (at >= 0)
		r = str_from(r, (size_t)at + 1);
	if (r.n > 0 && r.p[0] != '[' && str_chr(r, ' ') < 0)
		out->name = r;
	return out->has_addr;
}

void
sm_client(struct event *ev, struct str relay)
{
	struct sm_peer peer;

	ev->has_client = sm_peer(relay, &peer);
	ev->client = peer.addr;
	ev->client_name = peer.name;
}

/* "5.7.1" and a space or the end. */
bool
sm_dsn(struct str *s, struct str *out)
{
	struct str rest = *s, num;

	for (int i = 0; i < 3; i++) {
		num = str_digits(&rest);
		if (num.n == 0 || num.n > 3 ||
		    (i < 2 && !str_skip(&rest, STR("."))))
			return false;
	}
	if (rest.n > 0 && rest.p[0] != ' ' && rest.p[0] != ',')
		return false;
	*out = str_head(*s, s->n - rest.n);
	*s = rest;
	return true;
}

void
sm_reply(struct event *ev, struct str s)
{
	struct str rest = s, code = str_digits(&rest);
	uint64_t v;

	ev->disposition = DISP_REJECTED;
	if (code.n == 3 && str_u64(code, &v) &&
	    (rest.n == 0 || strchr(" -,", rest.p[0]))) {
		ev->reply = (int)v;
		if (v >= 400 && v < 500)
			ev->disposition = DISP_TEMPFAILED;
		s = str_trim(rest);
		sm_dsn(&s, &ev->dsn);
	}
	ev->reason = str_trim(s);
}

struct str
sm_own_text(struct str t)
{
	static const struct str quoting[] = {
	    SM_LIT("Domain of sender address "),
	    SM_LIT("Domain name required for sender address "),
	};
	ptrdiff_t at;

	if (t.n > 0 && (t.p[0] == '<' || t.p[0] == '"')) {
		at = str_rfind(str_head(t, 1024), STR("... "));
		if (at < 0)
			return STR_NONE;
		t = str_from(t, (size_t)at + 4);
	} else if ((at = str_find(t, STR("... "))) >= 0 &&
	           str_chr(str_head(t, (size_t)at), ' ') < 0) {
		t = str_from(t, (size_t)at + 4);
	}
	for (size_t i = 0; i < sizeof(quoting) / sizeof(*quoting); i++)
		if (str_starts(t, quoting[i]))
			return str_trim(quoting[i]);
	return t;
}
