/* SPDX-License-Identifier: Apache-2.0 */
#include "input/flow_rows.h"

enum { PROTO_ICMP = 1 };

void
flow_rows_init(struct flow_rows *rows, struct flow_run *run, const char *path)
{
	*rows = (struct flow_rows){
	    .run = run, .path = path, .time = UTC_NONE, .agent = run->agent};
}

/* Counted in the hour and for the agent of the row before. */
void
flow_rows_bad(
    struct flow_rows *rows, struct str text, int64_t line, const char *why)
{
	struct flow_heard h = {.time = rows->time,
	    .agent = rows->agent,
	    .malformed = true,
	    .path = rows->path,
	    .text = text,
	    .line = line,
	    .why = why};

	rows->run->text.malformed++;
	rows->run->sink->heard(rows->run->sink, &h);
}

int
flow_rows_time(
    struct flow_rows *rows, int64_t *time, const char **why, struct err *e)
{
	struct flow_run *run = rows->run;

	*why = NULL;
	if (*time != UTC_NONE) {
		rows->timed = true;
	} else if (run->time != UTC_NONE) {
		*time = run->time;
	} else if (rows->timed) {
		*why = "no time, as other rows have";
		return 0;
	} else if (run->need_time) {
		run->unusable = true;
		return err_set(e, ERR_USAGE,
		    "%s: its rows tell no time; say when with --time T",
		    rows->path);
	} else {
		run->text.no_time++;
	}
	return flow_run_takes(run, *time);
}

/* The flags of a row of several packets are those of all of them together:
 * they are every packet's only if there is one of those that are counted. */
static void
check_flags(struct flow_row *row)
{
	struct packet *p = &row->packet;
	unsigned counted = p->flags & (TCP_SYN | TCP_RST | TCP_FIN);
	bool both = (p->flags & TCP_SYN) && (p->flags & TCP_ACK);
	bool one = p->flags == counted && (counted & (counted - 1)) == 0;

	if (row->samples > 1 && counted && !one)
		p->has_flags = false;
	if (row->samples == 0 && both)
		p->has_flags = false;
	if (!p->has_flags)
		p->flags = 0;
}

static void
hand_on(struct flow_rows *rows, struct flow_row *row)
{
	struct flow_run *run = rows->run;
	uint64_t n = row->samples ? row->samples : 1;
	struct smtp_sample meta = {.time = row->time,
	    .agent = row->agent,
	    .source_id = row->source_id,
	    .rate = (uint32_t)row->rate,
	    .src_as = row->src_as,
	    .dst_as = row->dst_as};
	struct flow_heard h = {
	    .time = row->time, .agent = row->agent, .samples = (unsigned)n};

	check_flags(row);
	run->text.rows++;
	run->text.summed += row->samples > 1;
	run->text.count_unknown += row->samples == 0;
	h.rate_min = h.rate_max = flow_run_rate(run, &meta);
	for (; n > 0; n--)
		flow_run_packet(run, &row->packet, &meta);
	run->sink->heard(run->sink, &h);
}

static const char *
limits(const struct flow_row *row)
{
	if (row->samples > FLOW_ROW_PACKETS)
		return "too many packets";
	return row->rate > UINT32_MAX ? "a rate past 32 bits" : NULL;
}

int
flow_rows_put(struct flow_rows *rows, struct flow_row *row, const char *why,
    struct str text, int64_t line, struct err *e)
{
	int rc = 0;

	if (!why)
		why = limits(row);
	if (!why)
		rc = flow_rows_time(rows, &row->time, &why, e);
	if (why)
		flow_rows_bad(rows, text, line, why);
	if (rc <= 0)
		return rc < 0 ? rc : 1;
	if (addr_is_zero(row->agent))
		row->agent = rows->run->agent;
	rows->time = row->time;
	rows->agent = row->agent;
	hand_on(rows, row);
	return 1;
}

static bool
is_empty(struct str s)
{
	return s.n == 0 || str_eq(s, STR("-"));
}

static bool
read_hex(struct str s, uint64_t max, uint64_t *out)
{
	*out = 0;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i] | 0x20;
		unsigned digit = c >= '0' && c <= '9' ? (unsigned)(c - '0')
		                 : c >= 'a' && c <= 'f'
		                     ? (unsigned)(c - 'a' + 10)
		                     : 16;
		if (digit == 16)
			return false;
		*out = *out * 16 + digit;
		if (*out > max)
			return false;
	}
	return s.n > 0;
}

/* Decimal, or hexadecimal behind 0x. */
static bool
read_number(struct str s, uint64_t max, uint64_t *out)
{
	if (str_skip(&s, STR("0x")))
		return read_hex(s, max, out);
	return str_u64(s, out) && *out <= max;
}

/* "...AP.S." in any order, or a number.  No flags at all are unknown ones:
 * collectors write 0 for a header that was cut before them. */
static bool
read_flags(struct str s, struct packet *p)
{
	static const struct str letters = {"FSRPAUEC", 8};
	uint64_t n = 0;
	ptrdiff_t bit;

	if (!read_number(s, 0xfff, &n)) {
		n = 0;
		for (size_t i = 0; i < s.n; i++) {
			bit = str_chr(letters, s.p[i]);
			if (bit < 0 && s.p[i] != '.')
				return false;
			n |= bit < 0 ? 0 : 1u << bit;
		}
	}
	p->flags = n & 0xff;
	p->has_flags = p->flags != 0;
	return true;
}

/* A number, or a name; of names only those that matter here are known. */
static bool
read_protocol(struct str s, struct packet *p)
{
	static const struct {
		struct str name;
		uint8_t number;
	} names[] = {{{"tcp", 3}, 6}, {{"udp", 3}, 17}, {{"gre", 3}, 47},
	    {{"ipip", 4}, 4}, {{"ip", 2}, 4}, {{"ipencap", 7}, 4},
	    {{"ipv6", 4}, 41}, {{"etherip", 7}, 97}, {{"mpls-in-ip", 10}, 137}};
	uint64_t n;

	if (s.n == 0)
		return false;
	if (str_u64(s, &n)) {
		p->protocol = (uint8_t)n;
		return n <= 255;
	}
	p->protocol = PROTO_ICMP; /* any that has no ports */
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (str_eqi(s, names[i].name))
			p->protocol = names[i].number;
	}
	return true;
}

static bool
read_port(struct str s, uint16_t *out)
{
	uint64_t n;

	if (!str_u64(s, &n) || n > 65535)
		return false;
	*out = (uint16_t)n;
	return true;
}

/* An IPv6 packet from or to an IPv4-mapped address is forged. */
static bool
is_forged(struct str s, struct addr a, bool mapped)
{
	return !mapped && addr_is_v4(a) && str_chr(s, ':') >= 0;
}

const char *
flow_row_packet(struct flow_row *row, const struct flow_fields *f)
{
	struct packet *p = &row->packet;

	*p = (struct packet){.what = PACKET_OTHER};
	if (is_empty(f->src) && is_empty(f->dst))
		return NULL; /* not IP */
	if (!addr_parse(f->src, &p->src))
		return "no source address";
	if (!addr_parse(f->dst, &p->dst))
		return "no destination address";
	if (!read_protocol(f->proto, p))
		return "no protocol";
	p->what = packet_of_protocol(p->protocol);
	if (is_forged(f->src, p->src, f->mapped) ||
	    is_forged(f->dst, p->dst, f->mapped))
		p->what = PACKET_BAD;
	if (p->what != PACKET_TCP)
		return NULL;
	if (is_empty(f->sport) && is_empty(f->dport)) {
		p->what = PACKET_CUT;
		return NULL;
	}
	if (!read_port(f->sport, &p->src_port))
		return "no source port";
	if (!read_port(f->dport, &p->dst_port))
		return "no destination port";
	return is_empty(f->flags) || read_flags(f->flags, p) ? NULL
	                                                     : "no TCP flags";
}

void
flow_row_sampled(struct flow_row *row, uint64_t packets, uint64_t rate)
{
	row->samples = packets;
	row->rate = rate;
}

void
flow_row_scaled(
    struct flow_row *row, uint64_t packets, uint64_t samples, uint32_t given)
{
	if (given && packets % given == 0)
		samples = packets / given;
	row->samples = samples;
	row->rate = samples > 1 ? packets / samples : packets;
}

static bool
read_epoch(struct str s, int64_t *out)
{
	struct str seconds = str_split(&s, '.');
	int64_t micros = 0;
	uint64_t n;

	if (!str_u64(seconds, &n) || n > INT64_C(253402300799)) /* year 9999 */
		return false;
	for (size_t i = 0, unit = 100000; str_has(s) && i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		micros += (s.p[i] - '0') * (int64_t)unit;
		unit /= 10;
	}
	*out = (int64_t)n * USEC + micros;
	return true;
}

bool
flow_row_time(const struct flow_rows *rows, struct str s, int64_t *out)
{
	*out = UTC_NONE;
	if (is_empty(s) || str_starts(s, STR("0000-00-00")))
		return true;
	if (!read_epoch(s, out) &&
	    (!utc_parse_iso(&s, rows->run->zone, rows->time, out) || s.n > 0))
		return false;
	if (*out <= 0)
		*out = UTC_NONE;
	return true;
}

bool
flow_row_agent(struct str s, struct addr *out)
{
	return is_empty(s) || addr_parse(s, out);
}

bool
flow_row_u32(struct str s, uint32_t *out)
{
	uint64_t n;

	if (is_empty(s))
		return true;
	if (!str_u64(s, &n) || n > UINT32_MAX)
		return false;
	*out = (uint32_t)n;
	return true;
}
