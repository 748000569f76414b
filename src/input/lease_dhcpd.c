/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ISC dhcpd's dhcpd.leases and dhcpd6.leases (dhcpd.leases(5)): declarations
 * of blocks and statements, appended; the last word on a lease is the last in
 * the file.
 *
 *	lease 198.51.100.7 {
 *	  starts 1 2026/11/23 08:00:00;
 *	  ends 1 2026/11/23 20:00:00;
 *	  binding state active;
 *	  hardware ethernet 00:00:5e:00:53:01;
 *	}
 *	ia-pd "...IAID and DUID..." {
 *	  cltt 1 2026/11/23 08:00:00;
 *	  iaprefix 2001:db8:100:100::/56 {
 *	    binding state active;
 *	    ends 1 2026/11/23 20:00:00;
 *	  }
 *	}
 *
 * Only what is needed is understood: the rest of a block is stepped over by
 * its brackets.
 */
#include "base/arena.h"
#include "input/lease_reader.h"
#include "input/lease_session.h"

#define WORDS             16   /* of a statement; the ones we read have six */
#define WORD_BYTES        1024 /* a DUID is at most 130 bytes (RFC 8415, 11.1) */
#define DECLARATION_BYTES ((size_t)1 << 20)

enum block { BLOCK_NONE, BLOCK_LEASE, BLOCK_IA, BLOCK_IA_ADDR };

struct word {
	struct str text; /* quoted: its bytes */
	bool quoted;
};

struct reader {
	struct lease_reader r;
	struct str customer; /* what names the client */
	struct arena mem;    /* of the declaration and its statements */
	struct word words[WORDS];
	size_t nwords, depth, bytes; /* bytes: of all its words */
	enum block block;            /* that statements at inner are of */
	size_t inner;

	/* Of the declaration. */
	struct str range, client, state;
	int64_t starts, ends, cltt, max_life;
	struct str duid;
	const char *bad;
	struct str bad_text;
};

static void
start_anew(struct reader *d)
{
	arena_reset(&d->mem);
	d->block = BLOCK_NONE;
	d->bytes = 0;
	d->bad = NULL;
}

static void
spoil(struct reader *d, struct str text, const char *why)
{
	if (d->bad == NULL) {
		d->bad = why;
		d->bad_text = arena_dup(&d->mem, text);
	}
}

static struct str
word(const struct reader *d, size_t i)
{
	return i < d->nwords ? d->words[i].text : STR("");
}

static bool
word_is(const struct reader *d, size_t i, const char *what)
{
	return i < d->nwords && !d->words[i].quoted &&
	       str_eq(d->words[i].text, str_z(what));
}

/* Bytes as text: as they are if they can be printed, else in hex. */
static struct str
printed(struct reader *d, struct str s)
{
	static const char hex[] = "0123456789abcdef";
	bool text = s.n > 0;
	char *out;

	for (size_t i = 0; i < s.n; i++)
		text &= s.p[i] > ' ' && s.p[i] < 0x7f;
	if (text || s.n == 0)
		return arena_dup(&d->mem, s);
	out = arena_alloc(&d->mem, s.n * 3);
	for (size_t i = 0; i < s.n; i++) {
		out[3 * i] = hex[(uint8_t)s.p[i] >> 4];
		out[3 * i + 1] = hex[(uint8_t)s.p[i] & 15];
		out[3 * i + 2] = ':';
	}
	return str_of(out, s.n * 3 - 1);
}

/* "epoch SECONDS", "never", or weekday, date and time in UTC. */
static void
read_date(struct reader *d, size_t i, int64_t *out)
{
	struct str date = word(d, i + 1), clock = word(d, i + 2);
	struct str year, month, text;
	uint64_t sec;

	*out = UTC_NONE;
	if (word_is(d, i, "never"))
		return;
	if (word_is(d, i, "epoch") && str_u64(word(d, i + 1), &sec) &&
	    sec < UINT64_C(100000000000)) {
		*out = (int64_t)sec * USEC;
		return;
	}
	/* A fifth word would be an offset, and nobody says which way. */
	year = str_split(&date, '/');
	month = str_split(&date, '/');
	text = arena_printf(&d->mem, "%.*s-%.*s-%.*s %.*s", STR_FMT(year),
	    STR_FMT(month), STR_FMT(date), STR_FMT(clock));
	if (d->nwords != i + 3 || !utc_parse_iso(&text, NULL, UTC_NONE, out) ||
	    text.n != 0)
		spoil(d, word(d, 0), "has a time that cannot be read");
}

/* Does the statement name the client in the way that is asked for?  Then the
 * name is word i. */
static bool
is_customer(const struct reader *d, size_t *i)
{
	struct str name = word(d, 1);

	if (word_is(d, 0, "uid")) {
		*i = 1;
		return str_eq(d->customer, STR("uid"));
	}
	*i = word_is(d, 2, "=") ? 3 : 2;
	if (word_is(d, 0, "hardware"))
		return str_eq(d->customer, STR("hardware"));
	return word_is(d, 0, "option") && str_skip(&name, STR("agent.")) &&
	       str_eq(d->customer, name);
}

static void
statement(struct reader *d)
{
	size_t i;

	if (word_is(d, 0, "starts"))
		read_date(d, 1, &d->starts);
	else if (word_is(d, 0, "ends"))
		read_date(d, 1, &d->ends);
	else if (word_is(d, 0, "cltt"))
		read_date(d, 1, &d->cltt);
	else if (word_is(d, 0, "binding") && word_is(d, 1, "state"))
		d->state = word(d, 2);
	else if (word_is(d, 0, "abandoned"))
		d->state = STR("abandoned");
	else if (is_customer(d, &i))
		d->client = printed(d, word(d, i));
}

static bool
is_over(const struct reader *d)
{
	static const char *const over[] = {
	    "free", "expired", "released", "reset", "backup"};

	for (size_t i = 0; i < sizeof(over) / sizeof(*over); i++)
		if (str_eq(d->state, str_z(over[i])))
			return true;
	return false;
}

/* A lease of IPv4: what it says from starts to ends.  One that is over ended
 * then; an active one is promised until then. */
static bool
fill_lease(const struct reader *d, struct lease *l)
{
	l->start = l->seen = d->starts;
	if (is_over(d)) {
		l->end = l->seen = d->ends;
		return d->ends != UTC_NONE && d->ends >= d->starts;
	}
	if (d->cltt != UTC_NONE && d->cltt > d->starts)
		l->seen = d->cltt;
	l->lapse = d->ends;
	return !str_has(d->state) || str_eq(d->state, STR("active"));
}

/* An address or prefix of IPv6: cltt is when the client last asked, and of a
 * released one when it gave it back, so that its beginning is not told. */
static bool
fill_ia(const struct reader *d, struct lease *l)
{
	l->start = l->seen = d->cltt;
	l->lapse = d->ends;
	if (str_eq(d->state, STR("released"))) {
		l->start = UTC_NONE;
		l->end = l->seen;
		return true;
	}
	if (is_over(d)) {
		l->end = l->seen = d->ends;
		return d->ends != UTC_NONE && d->ends >= d->cltt;
	}
	return str_eq(d->state, STR("active"));
}

static enum lease_row
use(struct reader *d)
{
	bool ia = d->block == BLOCK_IA_ADDR;
	struct lease l = {
	    .start = UTC_NONE, .end = UTC_NONE, .lapse = UTC_NONE};
	const char *why;

	l.customer = ia && !str_has(d->client) ? d->duid : d->client;
	if (d->bad != NULL)
		return lease_bad(&d->r, "statement", d->bad_text, d->bad);
	if ((why = lease_read_range(d->range, &l)) != NULL)
		return lease_bad(&d->r, "lease", d->range, why);
	if ((ia ? d->cltt : d->starts) == UTC_NONE)
		return is_over(d) || str_eq(d->state, STR("abandoned"))
		           ? LEASE_IGNORED
		           : lease_bad(&d->r, "lease", d->range,
		                 "does not say since when");
	if (!(ia ? fill_ia(d, &l) : fill_lease(d, &l)))
		return LEASE_IGNORED;
	if (l.customer.n == 0)
		return is_over(d) ? LEASE_IGNORED
		                  : lease_bad(&d->r, "lease", d->range,
		                        "does not name the client so");
	if (l.lapse != UTC_NONE && l.lapse < l.start)
		return lease_bad(
		    &d->r, "lease", d->range, "ends before its start");
	l.session = LEASE_DHCP_SESSION;
	lease_give(&d->r, &l);
	return LEASE_USED;
}

/* What has been said of one address is forgotten; of the IA it stays. */
static void
forget(struct reader *d, struct str range)
{
	d->range = range;
	d->client = d->state = STR_NONE;
	d->starts = d->ends = UTC_NONE;
}

static void
begin_declaration(struct reader *d)
{
	bool ia = word_is(d, 0, "ia-na") || word_is(d, 0, "ia-ta") ||
	          word_is(d, 0, "ia-pd");

	if (!word_is(d, 0, "lease") && !ia)
		return;
	d->block = ia ? BLOCK_IA : BLOCK_LEASE;
	d->inner = d->depth + 1;
	d->cltt = UTC_NONE;
	forget(d, ia ? STR("") : word(d, 1));
	/* IAID (4 bytes) and DUID; the same client may have several IAs. */
	d->duid = ia ? printed(d, str_from(word(d, 1), 4)) : STR_NONE;
}

static void
begin_block(struct reader *d, int64_t offset, int64_t line)
{
	if (d->block == BLOCK_NONE || d->block == BLOCK_IA) {
		d->r.offset = offset;
		d->r.line = line;
	}
	if (d->block == BLOCK_NONE && d->depth == 0) {
		begin_declaration(d);
	} else if (d->block == BLOCK_IA && d->depth == d->inner &&
	           (word_is(d, 0, "iaaddr") || word_is(d, 0, "iaprefix"))) {
		d->block = BLOCK_IA_ADDR;
		d->inner++;
		forget(d, word(d, 1));
	}
	d->depth++;
}

static void
end_block(struct reader *d)
{
	if (d->depth == 0) /* one bracket too many says nothing */
		return;
	if (d->depth == d->inner &&
	    (d->block == BLOCK_LEASE || d->block == BLOCK_IA_ADDR)) {
		lease_count(&d->r, use(d));
		d->bad = NULL;
	}
	if (d->depth == d->inner) {
		d->block = d->block == BLOCK_IA_ADDR ? BLOCK_IA : BLOCK_NONE;
		d->inner--;
	}
	if (--d->depth == 0)
		start_anew(d);
}

static void
add_word(struct reader *d, struct str text, bool quoted)
{
	d->bytes += text.n;
	if (text.n > WORD_BYTES || d->bytes > DECLARATION_BYTES)
		spoil(d, str_head(text, 20), "is too long");
	else if (d->nwords < WORDS)
		d->words[d->nwords++] =
		    (struct word){arena_dup(&d->mem, text), quoted};
}

/* The bytes of a quoted string, from behind its quote; false if it has no end
 * in the line.  \ooo is a byte in octal. */
static bool
quoted_word(struct reader *d, struct str *s)
{
	char out[WORD_BYTES + 1];
	size_t n = 0, i = 0;

	for (; i < s->n && s->p[i] != '"'; i++) {
		unsigned v = 0, k = 0;

		if (s->p[i] == '\\' && i + 1 < s->n) {
			for (k = 0;
			     k < 3 && i + 1 + k < s->n &&
			     s->p[i + 1 + k] >= '0' && s->p[i + 1 + k] <= '7';
			     k++)
				v = v * 8 + (unsigned)(s->p[i + 1 + k] - '0');
			i += k ? k : 1;
		}
		if (n < sizeof(out))
			out[n++] = k ? (char)v : s->p[i];
	}
	add_word(d, str_of(out, n), true);
	if (i == s->n)
		return false;
	*s = str_from(*s, i + 1);
	return true;
}

static void
bare_word(struct reader *d, struct str *s)
{
	size_t n = 0;

	while (n < s->n && memchr(" \t;{}\"#", s->p[n], 7) == NULL)
		n++;
	if (n > 0)
		add_word(d, str_head(*s, n), false);
	*s = str_from(*s, n);
}

static void
end_statement(struct reader *d)
{
	if (d->depth > 0 && d->depth == d->inner)
		statement(d);
	d->nwords = 0;
	if (d->depth == 0)
		start_anew(d);
}

static void
take_line(struct lease_reader *r, struct str s, int64_t offset, int64_t line)
{
	struct reader *d = (struct reader *)r;

	while ((s = str_trim(s)).n > 0 && s.p[0] != '#') {
		char c = s.p[0];

		if (c != ';' && c != '{' && c != '}' && c != '"') {
			bare_word(d, &s);
			continue;
		}
		s = str_from(s, 1);
		if (c == '"') {
			if (!quoted_word(d, &s)) {
				spoil(d, STR("\""), "is a quote without end");
				return;
			}
		} else if (c == ';') {
			end_statement(d);
		} else {
			if (c == '{')
				begin_block(d, offset, line);
			else
				end_block(d);
			d->nwords = 0;
		}
	}
}

/* In the middle of a declaration: the file is still being written, or cut. */
static void
end_of_file(struct lease_reader *r)
{
	struct reader *d = (struct reader *)r;

	if (d->block == BLOCK_NONE)
		return;
	lease_count(r, lease_bad(r, "declaration", d->range, "is not closed"));
}

static int
read_dhcpd(struct source *s, const struct lease_options *opt,
    struct lease_sink *sink, struct lease_counts *counts, struct err *e)
{
	struct reader d = {.r = {.path = source_path(s),
	                       .opt = opt,
	                       .sink = sink,
	                       .counts = counts,
	                       .e = e}};
	int rc;

	d.customer = lease_column_of(opt, "customer", "hardware");
	rc = lease_lines_read(s, &d.r, take_line, end_of_file);
	arena_free(&d.mem);
	return rc;
}

static bool
claims(struct str head)
{
	static const char *const first[] = {"lease ", "ia-na ", "ia-ta ",
	    "ia-pd ", "server-duid ", "default-duid ", "authoring-byte-order ",
	    "failover peer "};

	while (str_has(head)) {
		struct str line = str_trim(str_split(&head, '\n'));

		if (line.n == 0 || line.p[0] == '#')
			continue;
		for (size_t i = 0; i < sizeof(first) / sizeof(*first); i++)
			if (str_starts(line, str_z(first[i])))
				return true;
		return false;
	}
	return false;
}

static const char *const names[] = {"customer", NULL};

const struct lease_source_ops lease_source_dhcpd = {
    .name = "dhcpd",
    .summary = "ISC dhcpd's dhcpd.leases and dhcpd6.leases",
    .fields = names,
    .claims = claims,
    .read = read_dhcpd,
};
