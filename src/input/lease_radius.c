/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Detail files of FreeRADIUS (rlm_detail): one block for each accounting
 * packet, a line with the time, the attributes each after a tab, an empty
 * line.
 *
 *	Mon Nov 23 08:00:01 2026
 *		Acct-Status-Type = Start
 *		Acct-Session-Id = "5F1A0001"
 *		User-Name = "c1024@example.net"
 *		NAS-IP-Address = 192.0.2.1
 *		Framed-IP-Address = 198.51.100.7
 *		Event-Timestamp = "Nov 23 2026 08:00:00 UTC"
 *		Timestamp = 1795420801
 *
 * A block that is not closed may have been cut in the middle of an address:
 * it is not used.
 */
#include "base/arena.h"
#include "input/lease_reader.h"
#include "input/lease_session.h"

#define MAX_RANGES 16
#define HOUR       (3600 * USEC)

enum attribute {
	STATUS,
	SESSION,
	CUSTOMER,
	NAS4,
	NAS6,
	NAS_ID,
	EVENT_TIME,
	TIMESTAMP,
	SESSION_TIME,
	DELAY,
	NATTRIBUTES
};

static const char *const attribute_name[NATTRIBUTES] = {
    "Acct-Status-Type", /* RFC 2866 */
    "Acct-Session-Id",
    "User-Name", /* unless columns name another */
    "NAS-IP-Address",
    "NAS-IPv6-Address", /* RFC 3162 */
    "NAS-Identifier",
    "Event-Timestamp", /* RFC 2869, 5.3: when it happened */
    "Timestamp",       /* FreeRADIUS: when it came */
    "Acct-Session-Time",
    "Acct-Delay-Time",
};
static const char *const range_name[] = {
    "Framed-IP-Address",
    "Framed-IPv6-Prefix",    /* RFC 3162 */
    "Delegated-IPv6-Prefix", /* RFC 4818 */
    "Framed-IPv6-Address",   /* RFC 6911 */
    NULL,
};

struct packet {
	struct str header;
	struct str value[NATTRIBUTES];
	struct str range[MAX_RANGES];
	size_t nranges;
	const char *bad; /* why nothing is made of it, or NULL */
	struct str bad_text;
	int64_t late; /* of struct lease */
};

struct reader {
	struct lease_reader r;
	struct str customer; /* the attribute's name */
	struct arena mem;    /* of the packet */
	struct packet packet;
	bool open; /* a packet has begun */
	int64_t last; /* time of the packet before, or UTC_NONE */
};

static void
spoil(struct reader *d, struct str text, const char *why)
{
	if (d->packet.bad == NULL) {
		d->packet.bad = why;
		d->packet.bad_text = arena_dup(&d->mem, text);
	}
}

/* Without its quotes, and \" and \\ as what they stand for; other escapes
 * stay as they are written. */
static struct str
plain(struct reader *d, struct str v)
{
	char *out;
	size_t n = 0;

	if (v.n < 2 || v.p[0] != '"' || v.p[v.n - 1] != '"')
		return arena_dup(&d->mem, v);
	v = str_of(v.p + 1, v.n - 2);
	out = arena_alloc(&d->mem, v.n + 1);
	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] == '\\' && i + 1 < v.n &&
		    (v.p[i + 1] == '"' || v.p[i + 1] == '\\'))
			i++;
		out[n++] = v.p[i];
	}
	return str_of(out, n);
}

static void
take_range(struct reader *d, struct str v)
{
	struct packet *p = &d->packet;

	if (p->nranges == MAX_RANGES)
		spoil(d, v, "is one address too many");
	else
		p->range[p->nranges++] = v;
}

static void
take_value(struct reader *d, enum attribute a, struct str v)
{
	struct str *have = &d->packet.value[a];

	if (str_has(*have) && !str_eq(*have, v))
		spoil(d, v, "is a second value of an attribute");
	else
		*have = v;
}

static void
take_attribute(struct reader *d, struct str line)
{
	struct str rest = str_trim(line), name = str_word(&rest), op;

	rest = str_trim(rest);
	op = str_word(&rest);
	if (!str_eq(op, STR("=")) && !str_eq(op, STR(":=")) &&
	    !str_eq(op, STR("+=")) && !str_eq(op, STR("=="))) {
		spoil(d, line, "is no attribute");
		return;
	}
	rest = str_trim(rest);
	if (str_eqi(name, d->customer))
		take_value(d, CUSTOMER, plain(d, rest));
	for (int a = 0; a < NATTRIBUTES; a++)
		if (a != CUSTOMER && str_eqi(name, str_z(attribute_name[a])))
			take_value(d, a, plain(d, rest));
	for (size_t i = 0; range_name[i] != NULL; i++)
		if (str_eqi(name, str_z(range_name[i])))
			take_range(d, plain(d, rest));
}

static bool
read_month(struct str s, int *out)
{
	static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";

	for (int m = 0; m < 12; m++) {
		if (str_eqi(s, str_of(names + 3 * m, 3))) {
			*out = m + 1;
			return true;
		}
	}
	return false;
}

static bool
read_number(struct str s, int min, int max, int *out)
{
	uint64_t v;

	if (s.n > 4 || !str_u64(s, &v) || v < (uint64_t)min ||
	    v > (uint64_t)max)
		return false;
	*out = (int)v;
	return true;
}

static bool
read_clock(struct str s, struct civil *c)
{
	return read_number(str_split(&s, ':'), 0, 23, &c->hour) &&
	       read_number(str_split(&s, ':'), 0, 59, &c->minute) &&
	       read_number(s, 0, 60, &c->second);
}

static struct str
next_word(struct str *s)
{
	*s = str_trim(*s);
	return str_word(s);
}

/* "Nov 23 2026 08:00:00 CET", as FreeRADIUS prints dates.  The name of the
 * zone says little, but UTC and GMT are clear; others are local times of the
 * source's zone, and nothing if that is not configured.  after: not long after
 * the time, for the hour that comes twice. */
static int64_t
read_date(struct str s, const struct zone *z, int64_t after)
{
	struct civil c = {0};
	struct str zone;
	uint64_t sec;
	int64_t t;

	if (str_u64(s, &sec) && sec < UINT64_C(100000000000))
		return (int64_t)sec * USEC;
	if (utc_parse_iso(&s, z, after, &t))
		return s.n == 0 ? t : UTC_NONE;
	if (!read_month(next_word(&s), &c.month) ||
	    !read_number(next_word(&s), 1, 31, &c.day) ||
	    !read_number(next_word(&s), 1970, 9999, &c.year) ||
	    !read_clock(next_word(&s), &c))
		return UTC_NONE;
	zone = str_trim(s);
	if (str_eqi(zone, STR("UTC")) || str_eqi(zone, STR("GMT")))
		z = NULL;
	else if (zone.n > 0 && z == NULL)
		return UTC_NONE;
	return utc_of_civil(&c, z, after);
}

/* "Mon Nov 23 08:00:01 2026".  after: as above, the packet before. */
static int64_t
read_header(struct str s, const struct zone *z, int64_t after)
{
	struct civil c = {0};

	next_word(&s);
	if (!read_month(next_word(&s), &c.month) ||
	    !read_number(next_word(&s), 1, 31, &c.day) ||
	    !read_clock(next_word(&s), &c) ||
	    !read_number(next_word(&s), 1970, 9999, &c.year))
		return UTC_NONE;
	return utc_of_civil(&c, z, after);
}

/* A count of seconds; 0 if it is missing or cannot be true (ours: 5 years). */
static int64_t
seconds(struct str s)
{
	uint64_t v;

	return str_u64(s, &v) && v < 5 * UINT64_C(31622400) ? (int64_t)v * USEC
	                                                    : 0;
}

/* Between two ways to read a time: not 0 in an hour that comes twice. */
static int64_t
differ(int64_t a, int64_t b)
{
	return a > b ? a - b : b - a;
}

/* When it happened: what the NAS says, unless the server received it before
 * or more than a day after (ours: a clock that was never set); else when it
 * came, less the time that the NAS had tried to send it (RFC 2866, 5.2).
 * last: of the packet before, or UTC_NONE. */
static int64_t
time_of(struct packet *p, const struct zone *z, int64_t last)
{
	int64_t came = UTC_NONE, event;
	uint64_t sec;

	if (str_u64(p->value[TIMESTAMP], &sec) && sec < UINT64_C(100000000000))
		came = (int64_t)sec * USEC;
	event = read_date(p->value[EVENT_TIME], z,
	    came == UTC_NONE ? last : came + 60 * USEC);
	if (event != UTC_NONE && came == UTC_NONE) {
		p->late = differ(
		    read_date(p->value[EVENT_TIME], z, event - 2 * HOUR),
		    read_date(p->value[EVENT_TIME], z, event + 2 * HOUR));
		return event;
	}
	if (event != UTC_NONE && event <= came + 60 * USEC &&
	    event > came - 86400 * USEC)
		return event;
	if (came == UTC_NONE) {
		came = read_header(p->header, z, last);
		if (came == UTC_NONE)
			return UTC_NONE;
		p->late = differ(read_header(p->header, z, came - 2 * HOUR),
		    read_header(p->header, z, came + 2 * HOUR));
	}
	return lease_add(came, -seconds(p->value[DELAY]));
}

static struct str
nas_of(const struct packet *p)
{
	for (int a = NAS4; a <= NAS_ID; a++)
		if (p->value[a].n > 0)
			return p->value[a];
	return STR("");
}

/* RFC 2865, 5.8: addresses that leave the choice to someone. */
static bool
is_no_address(struct addr a)
{
	return addr_is_v4(a) &&
	       (memcmp(a.b + 12, "\xff\xff\xff\xff", 4) == 0 ||
	           memcmp(a.b + 12, "\xff\xff\xff\xfe", 4) == 0 ||
	           memcmp(a.b + 12, "\0\0\0\0", 4) == 0);
}

static enum lease_row
give_ranges(struct reader *d, struct lease *l)
{
	const struct packet *p = &d->packet;
	enum lease_row how = LEASE_IGNORED;
	struct lease range[MAX_RANGES];
	const char *why;

	for (size_t i = 0; i < p->nranges; i++) {
		range[i] = *l;
		why = lease_read_range(p->range[i], &range[i]);
		if (why != NULL)
			return lease_bad(&d->r, "address", p->range[i], why);
	}
	for (size_t i = 0; i < p->nranges; i++) {
		if (is_no_address(range[i].first))
			continue;
		lease_give(&d->r, &range[i]);
		how = LEASE_USED;
	}
	if (how == LEASE_IGNORED && l->end != UTC_NONE) {
		l->what = LEASE_STOP;
		lease_give(&d->r, l);
		how = LEASE_USED;
	}
	return how;
}

static enum lease_row
use_session(struct reader *d, struct str status, int64_t t)
{
	const struct packet *p = &d->packet;
	int64_t lasted = seconds(p->value[SESSION_TIME]);
	struct lease l = {.start = UTC_NONE,
	    .end = UTC_NONE,
	    .seen = t,
	    .lapse = lease_add(t, d->r.opt->grace),
	    .grace = d->r.opt->grace,
	    .customer = p->value[CUSTOMER],
	    .nas = lease_nas(nas_of(p)),
	    .late = p->late};

	if (p->value[SESSION].n == 0)
		return lease_bad(
		    &d->r, "packet", p->header, "has no Acct-Session-Id");
	l.session = lease_radius_session(nas_of(p), p->value[SESSION]);
	l.fresh = str_eqi(status, STR("Start"));
	if (l.fresh)
		l.start = t;
	else if (lasted > 0)
		l.start = t - lasted;
	if (str_eqi(status, STR("Stop")))
		l.end = t;
	return give_ranges(d, &l);
}

/* Acct-Status-Type by name or by its number (RFC 2866, 5.1). */
static struct str
status_of(const struct packet *p)
{
	static const struct {
		const char *other, *name;
	} names[] = {{"1", "Start"}, {"2", "Stop"}, {"3", "Interim-Update"},
	    {"Alive", "Interim-Update"}, {"7", "Accounting-On"},
	    {"8", "Accounting-Off"}};
	struct str s = p->value[STATUS];

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (str_eqi(s, str_z(names[i].other)))
			return str_z(names[i].name);
	return s;
}

static enum lease_row
use_packet(struct reader *d)
{
	struct packet *p = &d->packet;
	struct str status = status_of(p);
	struct lease restart = {
	    .what = LEASE_RESTART, .start = UTC_NONE, .end = UTC_NONE};
	int64_t t;

	if (p->bad != NULL)
		return lease_bad(&d->r, "packet with", p->bad_text, p->bad);
	if (!str_has(status))
		return LEASE_IGNORED; /* no accounting packet */
	t = time_of(p, d->r.opt->zone, d->last);
	d->last = t != UTC_NONE ? t : d->last;
	if (t == UTC_NONE)
		return lease_bad(&d->r, "packet", p->header,
		    "has no time that can be read (is tz set?)");
	if (str_eqi(status, STR("Start")) || str_eqi(status, STR("Stop")) ||
	    str_eqi(status, STR("Interim-Update")))
		return use_session(d, status, t);
	if (!str_startsi(status, STR("Accounting-O")) || nas_of(p).n == 0)
		return LEASE_IGNORED;
	restart.seen = t;
	restart.nas = lease_nas(nas_of(p));
	lease_give(&d->r, &restart);
	return LEASE_USED;
}

static void
begin_packet(struct reader *d, struct str line, int64_t offset, int64_t at)
{
	arena_reset(&d->mem);
	d->packet = (struct packet){.header = arena_dup(&d->mem, line)};
	d->r.offset = offset;
	d->r.line = at;
	d->open = true;
}

static void
end_packet(struct reader *d, bool cut)
{
	if (!d->open)
		return;
	if (cut)
		spoil(d, d->packet.header, "has no empty line behind it");
	d->open = false;
	lease_count(&d->r, use_packet(d));
}

static void
take_line(struct lease_reader *r, struct str line, int64_t offset, int64_t at)
{
	struct reader *d = (struct reader *)r;

	if (str_trim(line).n == 0) {
		end_packet(d, false);
	} else if (line.p[0] != '\t' && line.p[0] != ' ') {
		end_packet(d, true);
		begin_packet(d, line, offset, at);
	} else if (d->open) {
		take_attribute(d, line);
	} else { /* the end of a packet whose beginning is missing */
		begin_packet(d, line, offset, at);
		spoil(d, line, "has no line with a time before it");
	}
}

static void
end_of_file(struct lease_reader *r)
{
	end_packet((struct reader *)r, true);
}

static int
read_radius(struct source *s, const struct lease_options *opt,
    struct lease_sink *sink, struct lease_counts *counts, struct err *e)
{
	struct reader d = {.r = {.path = source_path(s),
	                       .opt = opt,
	                       .sink = sink,
	                       .counts = counts,
	                       .e = e},
	    .last = UTC_NONE};
	int rc;

	d.customer = lease_column_of(opt, "customer", attribute_name[CUSTOMER]);
	rc = lease_lines_read(s, &d.r, take_line, end_of_file);
	arena_free(&d.mem);
	return rc;
}

/* A line with a time, and under it an attribute. */
static bool
claims(struct str head)
{
	struct str line;

	do
		line = str_split(&head, '\n');
	while (str_has(head) && str_trim(line).n == 0);
	if (read_header(str_trim(line), NULL, UTC_NONE) == UTC_NONE || head.n == 0)
		return false;
	line = str_split(&head, '\n');
	return line.n > 0 && (line.p[0] == '\t' || line.p[0] == ' ') &&
	       str_find(line, STR(" = ")) > 0;
}

static const char *const names[] = {"customer", NULL};

const struct lease_source_ops lease_source_radius = {
    .name = "radius-detail",
    .summary = "accounting packets in FreeRADIUS' detail files",
    .fields = names,
    .claims = claims,
    .read = read_radius,
};
