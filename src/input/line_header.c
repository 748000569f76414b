/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line's first bytes say which form it has, so each line is read on its
 * own, whatever the lines before it were.
 *
 * Sources: RFC 3164 4.1 (BSD), RFC 5424 6, RFC 3339 5.6; the Exim
 * specification, "Log files", for its own stamp and its parts in syslog;
 * rspamd's and ClamAV's forms from logs of rspamd 3.4 and ClamAV 1.4.
 */
#include "input/line_header.h"

#include <limits.h>
#include <stdlib.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "input/journal.h"

#define PROGRAM_MAX 64
#define TIME_MAX    (INT64_C(253402300800) * USEC) /* the year 10000 */

struct header_reader
header_reader_of(const struct zone *z, struct str host, const char *path,
    struct buf *decoded)
{
	struct header_reader r = {.zone = z,
	    .host = host,
	    .last = UTC_NONE,
	    .stamp_time = UTC_NONE,
	    .decoded = decoded};
	struct str name = str_z(path);

	name = str_from(name, (size_t)(str_rchr(name, '/') + 1));
	r.clam_milter = str_find(name, STR("milter")) >= 0;
	if (!str_has(r.host))
		r.host = STR("");
	return r;
}

/* Steps over 1 to max digits. */
static bool
number(struct str *s, size_t max, int *out)
{
	struct str d = str_digits(s);
	uint64_t v;

	if (d.n == 0 || d.n > max || !str_u64(d, &v) || v > INT_MAX)
		return false;
	*out = (int)v;
	return true;
}

static int
month_of(struct str s)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	if (s.n < 3)
		return 0;
	for (int m = 0; m < 12; m++)
		if (memcmp(s.p, names + 3 * m, 3) == 0)
			return m + 1;
	return 0;
}

/* "11:12:43" and a fraction, which is dropped. */
static bool
parse_clock(struct str *s, struct civil *c)
{
	if (!number(s, 2, &c->hour) || !str_skip(s, STR(":")) ||
	    !number(s, 2, &c->minute) || !str_skip(s, STR(":")) ||
	    !number(s, 2, &c->second) || c->hour > 23 || c->minute > 59 ||
	    c->second > 60)
		return false;
	c->usec = 0;
	if (s->n > 1 && s->p[0] == '.') {
		*s = str_from(*s, 1);
		str_digits(s);
	}
	return true;
}

bool
stamp_parse_bsd(struct str *s, struct civil *c)
{
	struct str t = *s;

	c->month = month_of(t);
	if (c->month == 0 || t.n < 14 || t.p[3] != ' ')
		return false;
	t = str_from(t, 4);
	str_skip(&t, STR(" "));
	/* Of a year-less stamp any year may be meant: a leap year's day is one. */
	if (!number(&t, 2, &c->day) || !civil_has_day(2000, c->month, c->day) ||
	    !str_skip(&t, STR(" ")) || !parse_clock(&t, c))
		return false;
	*s = t;
	return true;
}

int
stamp_year(int month, int day, const struct civil *last)
{
	static const int before[] = {
	    0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
	int step =
	    before[month - 1] + day - before[last->month - 1] - last->day;
	int best = 0, least = INT_MAX;

	for (int y = -1; y <= 1; y++) {
		int days = step + 365 * y;
		if (abs(days) < least) {
			least = abs(days);
			best = y;
		}
	}
	return last->year + best;
}

static bool
is_program(struct str s)
{
	/* all that prints, but " ' , ; = \ ` */
	static const bool in_name[256] = {['!'] = true, ['#' ... '&'] = true,
	    ['(' ... '+'] = true, ['-' ... ':'] = true, ['<'] = true,
	    ['>' ... '['] = true, [']' ... '_'] = true, ['a' ... '~'] = true};

	if (s.n == 0 || s.n > PROGRAM_MAX)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!in_name[(unsigned char)s.p[i]])
			return false;
	return true;
}

/* "prog[pid]:" or "prog:" as the word s. */
static bool
parse_tag(struct str s, struct log_line *line)
{
	struct str name, pid;
	int v = 0;

	if (s.n < 2 || s.p[s.n - 1] != ':')
		return false;
	name = str_head(s, s.n - 1);
	if (name.p[name.n - 1] == ']') {
		size_t at = (size_t)(str_rchr(name, '[') + 1);
		pid = str_head(str_from(name, at), name.n - at - 1);
		if (at > 1 && (pid.n == 0 || number(&pid, 10, &v)) &&
		    pid.n == 0)
			name = str_head(name, at - 1);
	}
	if (!is_program(name))
		return false;
	line->program = name;
	line->pid = v;
	return true;
}

/* Solaris: "[ID 702911 mail.info] " before the text. */
static void
strip_solaris_id(struct str *s)
{
	struct str t = *s;

	if (!str_skip(&t, STR("[ID ")) || str_digits(&t).n == 0 ||
	    !str_skip(&t, STR(" ")) || str_word(&t).n < 2 || t.p[-1] != ']' ||
	    !str_skip(&t, STR(" ")))
		return;
	*s = t;
}

/* "prog[pid]: text", or a text without a tag ("last message repeated"). */
static void
read_tag_and_text(struct str s, struct log_line *line)
{
	struct str rest = s, word = str_word(&rest);

	line->text = s;
	if (!parse_tag(word, line))
		return;
	str_skip(&rest, STR(" "));
	strip_solaris_id(&rest);
	line->text = rest;
}

static void
keep_host(struct header_memo *m, struct str host)
{
	m->host_n = host.n <= sizeof(m->host) ? host.n : 0;
	memcpy(m->host, host.p, m->host_n);
}

/* After a syslog stamp: "[<fac.sev> ]host prog[pid]: text"; a first word that
 * is a tag means that the log has no host. */
static bool
read_syslog(struct header_reader *r, struct str s, struct log_line *line)
{
	struct str rest = s, word;
	struct log_line probe;

	if (!str_skip(&rest, STR(" ")))
		return false;
	s = rest;
	word = str_word(&rest);
	if (word.n > 2 && word.p[0] == '<' && word.p[word.n - 1] == '>') {
		str_skip(&rest, STR(" ")); /* FreeBSD syslogd -v */
		s = rest;
		word = str_word(&rest);
	}
	if (word.n == 0)
		return false;
	if (parse_tag(word, &probe)) {
		line->host = r->host;
	} else {
		line->host = word;
		keep_host(&r->memo, word);
		str_skip(&rest, STR(" "));
		s = rest;
	}
	read_tag_and_text(s, line);
	return true;
}

static bool
year_less_time(struct header_reader *r, struct civil *c, int64_t *out)
{
	if (r->last != UTC_NONE) {
		struct civil last = civil_of_utc(r->last, r->zone);
		c->year = stamp_year(c->month, c->day, &last);
	} else if (r->year != 0) {
		c->year = r->year;
	} else {
		return false;
	}
	*out = utc_of_civil(c, r->zone, r->last);
	return true;
}

static enum header_form
read_bsd(struct header_reader *r, struct str s, struct log_line *line)
{
	struct str stamp = str_head(s, sizeof(r->stamp) - 1);
	struct civil c;

	if (r->stamp_time != UTC_NONE && stamp.n == sizeof(r->stamp) - 1 &&
	    s.n > stamp.n && s.p[stamp.n] == ' ' &&
	    memcmp(stamp.p, r->stamp, stamp.n) == 0) {
		line->time = r->stamp_time;
		s = str_from(s, stamp.n);
	} else {
		if (!stamp_parse_bsd(&s, &c))
			return HEADER_NONE;
		if (!year_less_time(r, &c, &line->time))
			return HEADER_NEEDS_YEAR;
		r->stamp_time = UTC_NONE;
		if (stamp.n == sizeof(r->stamp) - 1) {
			memcpy(r->stamp, stamp.p, stamp.n);
			r->stamp_time = line->time;
		}
	}
	return read_syslog(r, s, line) ? HEADER_BSD : HEADER_NONE;
}

/* "Mon Nov 23 11:12:43 2026 -> text": ClamAV's LogTime, ctime(3). */
static enum header_form
read_clam(struct header_reader *r, struct str s, struct log_line *line)
{
	struct civil c;

	s = str_from(s, 4);
	if (!stamp_parse_bsd(&s, &c) || !str_skip(&s, STR(" ")) ||
	    !number(&s, 4, &c.year) || !str_skip(&s, STR(" -> ")))
		return HEADER_NONE;
	/* Only clamav-milter writes these; after one, all are its own. */
	if (str_starts(s, STR("Clean message from <")) ||
	    (str_starts(s, STR("Message ")) &&
	        str_find(s, STR(" infected by ")) >= 0))
		r->clam_milter = true;
	line->time = utc_of_civil(&c, r->zone, r->last);
	line->host = r->host;
	line->program = r->clam_milter ? STR("clamav-milter") : STR("clamd");
	line->text = s;
	return HEADER_CLAM;
}

/* "#123(normal) text" */
static bool
read_rspamd(struct header_reader *r, struct str s, struct log_line *line)
{
	struct str kind;
	int pid;

	if (!str_skip(&s, STR("#")) || !number(&s, 10, &pid) ||
	    !str_skip(&s, STR("(")) || !str_until(&s, STR(") "), &kind))
		return false;
	line->host = r->host;
	line->program = STR("rspamd");
	line->pid = pid;
	line->text = s;
	return true;
}

/* "host prog[pid]: " strictly, for an ISO stamp with a space may also be
 * Exim's, whose text begins otherwise. */
static bool
has_host_and_tag(struct str s)
{
	static const bool never[256] = {['['] = true, [']'] = true, ['('] = true,
	    [')'] = true, ['<'] = true, ['>'] = true, ['='] = true,
	    [','] = true, [';'] = true, [':'] = true, ['"'] = true,
	    ['\''] = true, ['\0'] = true};
	struct str host = str_word(&s), tag;
	struct log_line probe = {0};

	if (host.n == 0 || !str_skip(&s, STR(" ")))
		return false;
	tag = str_word(&s); /* Exim's second words do not end so */
	if (tag.n <= 3 || memcmp(tag.p + tag.n - 2, "]:", 2) != 0)
		return false;
	for (size_t i = 0; i < host.n; i++)
		if (never[(unsigned char)host.p[i]])
			return false;
	return parse_tag(tag, &probe) && probe.pid > 0;
}

/* ".123456" at the start of s, stepped over; microseconds. */
static int
read_fraction(struct str *s)
{
	if (s->n < 2 || s->p[0] != '.' || s->p[1] < '0' || s->p[1] > '9')
		return 0;
	return utc_fraction(s);
}

/* stamp: all of it, with the offset. */
static void
keep_stamp(struct header_memo *m, struct str stamp, int64_t time)
{
	struct str rest = str_from(stamp, sizeof(m->stamp));
	int usec = read_fraction(&rest);

	m->zone_n = SIZE_MAX;
	if (rest.n > sizeof(m->zone) || (rest.n > 0 && rest.p[0] == ','))
		return;
	memcpy(m->stamp, stamp.p, sizeof(m->stamp));
	memcpy(m->zone, rest.p, rest.n);
	m->zone_n = rest.n;
	m->second = time - usec;
}

static enum header_form
read_iso(struct header_reader *r, struct str s, struct log_line *line)
{
	bool t = s.n > 10 && s.p[10] == 'T';
	struct str text, stamp = s;

	if (!utc_parse_iso(&s, r->zone, r->last, &line->time))
		return HEADER_NONE;
	if (s.n == 0 || s.p[0] != ' ')
		return HEADER_NONE;
	keep_stamp(&r->memo, str_head(stamp, stamp.n - s.n), line->time);
	text = str_from(s, 1);
	if (t && str_starts(text, STR("q="))) {
		line->host = r->host;
		line->program = STR("puremessage");
		line->text = text;
		return HEADER_PUREMESSAGE;
	}
	if (t || has_host_and_tag(text))
		return read_syslog(r, s, line) ? HEADER_ISO : HEADER_NONE;
	if (read_rspamd(r, text, line))
		return HEADER_RSPAMD;
	line->host = r->host;
	line->program = STR("exim");
	line->text = text;
	return HEADER_EXIM;
}

/* RFC 5424 6.3: "-" or [id name="value" ...]..., with \" \\ \] in values. */
static bool
skip_structured_data(struct str *s)
{
	size_t i = 0;
	bool quoted = false;

	if (str_skip(s, STR("-")))
		return true;
	if (s->n == 0 || s->p[0] != '[')
		return false;
	for (; i < s->n; i++) {
		char c = s->p[i];
		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && c == ']' &&
		         (i + 1 == s->n || s->p[i + 1] == ' '))
			break;
	}
	if (i >= s->n)
		return false;
	*s = str_from(*s, i + 1);
	return true;
}

/* The next field of an RFC 5424 header; "-" is absent, here "". */
static bool
field_5424(struct str *s, struct str *out)
{
	*out = str_word(s);
	if (str_eq(*out, STR("-")))
		*out = STR("");
	else if (out->n == 0)
		return false;
	return str_skip(s, STR(" "));
}

/* After "<PRI>1 ". */
static enum header_form
read_5424(struct header_reader *r, struct str s, struct log_line *line)
{
	struct str procid, msgid;
	int pid;

	if (!utc_parse_iso(&s, r->zone, r->last, &line->time) ||
	    !str_skip(&s, STR(" ")) || !field_5424(&s, &line->host) ||
	    !field_5424(&s, &line->program) || !field_5424(&s, &procid) ||
	    !field_5424(&s, &msgid) || !skip_structured_data(&s))
		return HEADER_NONE;
	if (line->host.n == 0)
		line->host = r->host;
	if (line->program.n > 0 && !is_program(line->program))
		return HEADER_NONE;
	if (number(&procid, 10, &pid) && procid.n == 0)
		line->pid = pid;
	str_skip(&s, STR(" "));
	str_skip(&s, STR("\xef\xbb\xbf"));
	line->text = s;
	return HEADER_5424;
}

/* Microseconds; the entry's own time is when its sender wrote it. */
static bool
journal_time(const struct journal_entry *j, int64_t *out)
{
	struct str s = j->value[JOURNAL_SOURCE_TIME];

	if (!str_has(s))
		s = j->value[JOURNAL_TIME];
	return str_i64(s, out) && *out > 0 && *out < TIME_MAX;
}

/* What the program says is its process id is what it uses in its texts; one
 * that writes through another (logger) has no other. */
static int
journal_pid(const struct journal_entry *j)
{
	struct str s = j->value[JOURNAL_SYSLOG_PID];
	int pid;

	if (!str_has(s))
		s = j->value[JOURNAL_PID];
	return number(&s, 10, &pid) && s.n == 0 ? pid : 0;
}

static struct str
journal_program(const struct journal_entry *j)
{
	struct str s = j->value[JOURNAL_IDENTIFIER];

	if (!str_has(s))
		s = j->value[JOURNAL_COMM];
	return is_program(s) ? s : STR("");
}

static enum header_form
read_journal(struct header_reader *r, struct str raw, struct log_line *line)
{
	struct journal_entry j;

	if (raw.p[0] != '{')
		journal_read_export(raw, &j);
	else if (!journal_read_json(raw, r->decoded, &j))
		return HEADER_NONE;
	if (!journal_time(&j, &line->time))
		return HEADER_NONE;
	line->host = j.value[JOURNAL_HOST];
	if (line->host.n == 0)
		line->host = r->host;
	line->program = journal_program(&j);
	line->pid = journal_pid(&j);
	line->text = j.value[JOURNAL_MESSAGE];
	if (!str_has(line->text))
		line->text = STR("");
	return HEADER_JOURNAL;
}

/* "<0>" to "<191>"; at most three digits. */
static void
skip_pri(struct str *s)
{
	struct str t = *s;
	int pri;

	if (str_skip(&t, STR("<")) && number(&t, 3, &pri) &&
	    str_skip(&t, STR(">")))
		*s = t;
}

static enum header_form
read_form(struct header_reader *r, struct str s, struct log_line *line)
{
	if (s.n < 14)
		return HEADER_NONE;
	if (s.p[0] == '{' || journal_starts(s))
		return read_journal(r, s, line);
	skip_pri(&s);
	if (s.n < 14)
		return HEADER_NONE;
	if (s.p[0] == '1' && s.p[1] == ' ')
		return read_5424(r, str_from(s, 2), line);
	if (s.p[0] >= '0' && s.p[0] <= '9')
		return read_iso(r, s, line);
	if (s.p[3] == ' ' && month_of(str_from(s, 4)) != 0)
		return read_clam(r, s, line);
	return read_bsd(r, s, line);
}

/* The line after another one: most of a header is as it was, and what is not
 * is read here only in its usual form.  HEADER_NONE, with nothing changed: it
 * is for read_form(), which gives the same. */

static bool
same_second(const char *a, const char *b)
{
	uint64_t a0, a1, b0, b1;
	uint32_t a2, b2;

	memcpy(&a0, a, 8);
	memcpy(&a1, a + 8, 8);
	memcpy(&a2, a + 15, 4);
	memcpy(&b0, b, 8);
	memcpy(&b1, b + 8, 8);
	memcpy(&b2, b + 15, 4);
	return a0 == b0 && a1 == b1 && a2 == b2;
}

/* The stamp, stepped over up to a space. */
static bool
same_stamp(const struct header_reader *r, struct str *s, int64_t *time)
{
	const struct header_memo *m = &r->memo;
	const size_t bsd = sizeof(r->stamp) - 1;

	if (m->form == HEADER_BSD) {
		if (r->stamp_time == UTC_NONE || s->n <= bsd ||
		    memcmp(s->p, r->stamp, bsd) != 0)
			return false;
		*time = r->stamp_time;
		*s = str_from(*s, bsd);
	} else {
		if (s->n <= sizeof(m->stamp) || r->last != m->last ||
		    !same_second(s->p, m->stamp))
			return false;
		*s = str_from(*s, sizeof(m->stamp));
		*time = m->second + read_fraction(s);
		if (s->n < m->zone_n || memcmp(s->p, m->zone, m->zone_n) != 0)
			return false;
		*s = str_from(*s, m->zone_n);
		if (m->zone_n == 0 && s->n > 1 &&
		    (s->p[1] == '+' || s->p[1] == '-'))
			return false;
	}
	return s->n > 1 && s->p[0] == ' ';
}

#ifdef __SSE2__
/* How many of the 16 bytes at p, from the first on, are letters, digits or one
 * of - . / _ (signed bytes: those above ASCII are below all of these). */
static size_t
usual_bytes(const char *p)
{
	const __m128i v = _mm_loadu_si128((const void *)p);
	const __m128i low = _mm_or_si128(v, _mm_set1_epi8(0x20));
	const __m128i letter =
	    _mm_and_si128(_mm_cmpgt_epi8(low, _mm_set1_epi8('a' - 1)),
	        _mm_cmpgt_epi8(_mm_set1_epi8('z' + 1), low));
	const __m128i other =
	    _mm_and_si128(_mm_cmpgt_epi8(v, _mm_set1_epi8('-' - 1)),
	        _mm_cmpgt_epi8(_mm_set1_epi8('9' + 1), v));
	const __m128i bar = _mm_cmpeq_epi8(v, _mm_set1_epi8('_'));
	unsigned bits = (unsigned)_mm_movemask_epi8(
	    _mm_or_si128(_mm_or_si128(letter, other), bar));

	return (size_t)__builtin_ctz(~bits);
}
#endif

/* "prog[pid]: " or "prog: ", of letters, digits and / - _ . in the name. */
static bool
usual_tag(struct str *s, struct log_line *line)
{
	static const bool in_name[256] = {['a' ... 'z'] = true,
	    ['A' ... 'Z'] = true, ['-' ... '9'] = true, ['_'] = true};
	const char *p = s->p, *end = p + s->n, *name = p;
	int pid = 0;

#ifdef __SSE2__
	if (s->n >= 16)
		p += usual_bytes(p);
#endif
	while (p < end && in_name[(unsigned char)*p])
		p++;
	line->program = str_of(name, (size_t)(p - name));
	if (line->program.n == 0 || line->program.n > PROGRAM_MAX)
		return false;
	if (p < end && *p == '[') {
		const char *digits = ++p;

		for (; p < end && *p >= '0' && *p <= '9' && p < digits + 9; p++)
			pid = pid * 10 + (*p - '0');
		if (p == digits || p == end || *p++ != ']')
			return false;
	}
	/* What Solaris puts here begins with a bracket. */
	if (end - p < 3 || p[0] != ':' || p[1] != ' ' || p[2] == '[')
		return false;
	line->pid = pid;
	*s = str_of(p + 2, (size_t)(end - p) - 2);
	return true;
}

static enum header_form
read_again(const struct header_reader *r, struct str s, struct log_line *line)
{
	const struct header_memo *m = &r->memo;

	if (m->form == HEADER_NONE || !same_stamp(r, &s, &line->time))
		return HEADER_NONE;
	s = str_from(s, 1);
	if (m->form == HEADER_EXIM) {
		if (s.p[0] == '#' || has_host_and_tag(s))
			return HEADER_NONE;
		line->host = r->host;
		line->program = STR("exim");
		line->text = s;
		return HEADER_EXIM;
	}
	if (s.n <= m->host_n || s.p[m->host_n] != ' ' ||
	    memcmp(s.p, m->host, m->host_n) != 0)
		return HEADER_NONE;
	line->host = str_head(s, m->host_n);
	s = str_from(s, m->host_n + 1);
	if (!usual_tag(&s, line))
		return HEADER_NONE;
	line->text = s;
	return m->form;
}

/* Which forms of lines are read again so. */
static enum header_form
form_again(const struct header_memo *m, enum header_form form, struct str raw)
{
	if (form == HEADER_EXIM && m->zone_n != SIZE_MAX)
		return form;
	if (form == HEADER_ISO && m->zone_n != SIZE_MAX && m->host_n > 0 &&
	    raw.p[10] == 'T' && raw.p[0] != '<')
		return form;
	return form == HEADER_BSD && m->host_n > 0 ? form : HEADER_NONE;
}

enum header_form
header_read(struct header_reader *r, struct str raw, struct log_line *line)
{
	struct header_memo *m = &r->memo;
	enum header_form form;

	*line = (struct log_line){.text = raw};
	form = read_again(r, raw, line);
	if (form == HEADER_NONE) {
		*line = (struct log_line){
		    .host = STR(""), .program = STR(""), .text = raw};
		m->form = HEADER_NONE;
		m->host_n = 0;
		form = read_form(r, raw, line);
		if (form > HEADER_NEEDS_YEAR && line->time < 0)
			form = HEADER_NONE;
		if (form > HEADER_NEEDS_YEAR && !r->slowly)
			m->form = form_again(m, form, raw);
	}
	if (form > HEADER_NEEDS_YEAR)
		r->last = m->last = line->time;
	return form;
}

void
header_strip_exim(
    struct header_reader *r, enum header_form form, struct log_line *line)
{
	struct str s = line->text;
	int64_t t;

	if (!str_starts(line->program, STR("exim")) ||
	    (form != HEADER_BSD && form != HEADER_ISO && form != HEADER_5424 &&
	        form != HEADER_JOURNAL))
		return;
	if (s.n < 20 || s.p[4] != '-' || s.p[10] != ' ' ||
	    !utc_parse_iso(&s, r->zone, r->last, &t) || t < 0 ||
	    !str_skip(&s, STR(" ")))
		return;
	line->text = s;
	if (form == HEADER_BSD)
		line->time = r->last = t;
}
