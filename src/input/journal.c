/* SPDX-License-Identifier: Apache-2.0 */
#include "input/journal.h"

#define KEY_MAX   64 /* systemd: longer names are refused */
#define LENGTH_N  8  /* little-endian, before a binary field */
#define DEPTH_MAX 16 /* of what is stepped over */

static const struct str names[JOURNAL_FIELDS] = {
    [JOURNAL_TIME] = STR("__REALTIME_TIMESTAMP"),
    [JOURNAL_SOURCE_TIME] = STR("_SOURCE_REALTIME_TIMESTAMP"),
    [JOURNAL_HOST] = STR("_HOSTNAME"),
    [JOURNAL_IDENTIFIER] = STR("SYSLOG_IDENTIFIER"),
    [JOURNAL_COMM] = STR("_COMM"),
    [JOURNAL_SYSLOG_PID] = STR("SYSLOG_PID"),
    [JOURNAL_PID] = STR("_PID"),
    [JOURNAL_MESSAGE] = STR("MESSAGE"),
};

/* JOURNAL_FIELDS: none that is needed. */
static enum journal_field
field_of(struct str key)
{
	int f = 0;

	while (f < JOURNAL_FIELDS && !str_eq(key, names[f]))
		f++;
	return (enum journal_field)f;
}

static void
put(struct journal_entry *out, enum journal_field f, struct str value)
{
	if (f == JOURNAL_FIELDS)
		return;
	out->value[f] = out->met & 1u << f ? STR_NONE : value;
	out->met |= 1u << f;
}

/* Export format. */

static size_t
key_length(struct str s)
{
	size_t n = 0;

	while (n < s.n && n <= KEY_MAX &&
	       (s.p[n] == '_' || (s.p[n] >= 'A' && s.p[n] <= 'Z') ||
	           (s.p[n] >= '0' && s.p[n] <= '9')))
		n++;
	return n;
}

static uint64_t
le64(const char *p)
{
	uint64_t v = 0;

	for (int i = LENGTH_N - 1; i >= 0; i--)
		v = v << 8 | (uint8_t)p[i];
	return v;
}

enum head {
	HEAD_MORE,   /* more bytes are needed to tell */
	HEAD_NONE,   /* no field begins here */
	HEAD_TEXT,   /* "KEY=", then text up to the line end */
	HEAD_BINARY, /* "KEY\n" and a length; its bytes and "\n" follow */
};

/* The head of a field at the start of s. */
static enum head
read_head(struct str s, struct str *key, size_t *head_n, uint64_t *binary_n)
{
	size_t n = key_length(s);

	if (n > KEY_MAX)
		return HEAD_NONE;
	if (n == s.n)
		return HEAD_MORE;
	*key = str_head(s, n);
	*head_n = n + 1;
	if (n > 0 && s.p[n] == '=')
		return HEAD_TEXT;
	if (n == 0 || s.p[n] != '\n')
		return HEAD_NONE;
	if (s.n < n + 1 + LENGTH_N)
		return HEAD_MORE;
	*head_n = n + 1 + LENGTH_N;
	*binary_n = le64(s.p + n + 1);
	return *binary_n < INT64_MAX ? HEAD_BINARY : HEAD_NONE;
}

/* At the start of a line of the entry: true if it is no further field. */
static bool
scan_head(struct journal_scan *scan, struct str s, size_t *n)
{
	struct str key;
	uint64_t binary_n = 0;
	enum head head;

	scan->end_n = str_starts(s, STR("\r\n")) ? 2 : s.p[0] == '\n';
	*n = 0;
	if (scan->begun && journal_starts(s))
		return true;
	if (s.n == 1 && s.p[0] == '\r')
		return false;
	head = read_head(s, &key, n, &binary_n);
	if (head == HEAD_MORE)
		*n = 0;
	scan->in_text = head == HEAD_TEXT;
	if (head == HEAD_BINARY)
		scan->binary = binary_n + 1;
	scan->begun |= head != HEAD_MORE;
	return head == HEAD_NONE;
}

bool
journal_scan(struct journal_scan *scan, struct str s)
{
	size_t n = 1;

	s = str_from(s, scan->seen);
	for (; s.n > 0 && n > 0; s = str_from(s, n)) {
		if (scan->binary > 0) {
			n = scan->binary < s.n ? (size_t)scan->binary : s.n;
			scan->binary -= n;
		} else if (scan->in_text) {
			ptrdiff_t nl = str_chr(s, '\n');

			scan->in_text = nl < 0;
			n = nl < 0 ? s.n : (size_t)nl + 1;
		} else if (scan_head(scan, s, &n)) {
			return true;
		}
		scan->seen += n;
	}
	return false;
}

void
journal_read_export(struct str raw, struct journal_entry *out)
{
	*out = (struct journal_entry){0};
	while (raw.n > 0) {
		struct str key, value;
		uint64_t binary_n = 0;
		size_t head_n;
		enum head head = read_head(raw, &key, &head_n, &binary_n);

		if (head != HEAD_TEXT && head != HEAD_BINARY)
			return;
		raw = str_from(raw, head_n);
		if (head == HEAD_BINARY) {
			if (binary_n > raw.n) /* the entry was cut */
				return;
			value = str_head(raw, (size_t)binary_n);
			raw = str_from(raw, (size_t)binary_n + 1);
		} else {
			value = str_split(&raw, '\n');
			/* Control bytes would have made it a binary one. */
			if (str_ends(value, STR("\r")))
				value.n--;
		}
		put(out, field_of(key), value);
	}
}

/* JSON. */

static void
skip_space(struct str *s)
{
	while (s->n && strchr(" \t\r\n", s->p[0]) != NULL && s->p[0])
		*s = str_from(*s, 1);
}

/* What stands between the quotes, still escaped. */
static bool
quoted(struct str *s, struct str *out)
{
	size_t i = 1;

	if (s->n == 0 || s->p[0] != '"')
		return false;
	while (i < s->n && s->p[i] != '"')
		i += s->p[i] == '\\' ? 2 : 1;
	if (i >= s->n)
		return false;
	*out = str_of(s->p + 1, i - 1);
	*s = str_from(*s, i + 1);
	return true;
}

/* Four hex digits; -1 if they are not. */
static long
hex4(struct str s)
{
	long v = 0;

	if (s.n < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		char c = s.p[i];
		int d = c >= '0' && c <= '9'   ? c - '0'
		        : c >= 'a' && c <= 'f' ? c - 'a' + 10
		        : c >= 'A' && c <= 'F' ? c - 'A' + 10
		                               : -1;

		if (d < 0)
			return -1;
		v = v << 4 | d;
	}
	return v;
}

static void
put_utf8(struct buf *out, long c)
{
	if (c < 0x80) {
		buf_c(out, (char)c);
		return;
	}
	if (c < 0x800) {
		buf_c(out, (char)(0xc0 | c >> 6));
	} else {
		if (c < 0x10000) {
			buf_c(out, (char)(0xe0 | c >> 12));
		} else {
			buf_c(out, (char)(0xf0 | c >> 18));
			buf_c(out, (char)(0x80 | (c >> 12 & 0x3f)));
		}
		buf_c(out, (char)(0x80 | (c >> 6 & 0x3f)));
	}
	buf_c(out, (char)(0x80 | (c & 0x3f)));
}

/* After "\u": a character, perhaps of two halves (RFC 8259, 7). */
static bool
put_unicode(struct buf *out, struct str *s)
{
	long c = hex4(*s), low = -1;

	if (c < 0)
		return false;
	*s = str_from(*s, 4);
	if (c >= 0xd800 && c < 0xdc00 && str_starts(*s, STR("\\u")))
		low = hex4(str_from(*s, 2));
	if (low >= 0xdc00 && low < 0xe000) {
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
		*s = str_from(*s, 6);
	}
	put_utf8(out, c >= 0xd800 && c < 0xe000 ? 0xfffd : c);
	return true;
}

/* Decoded text is never longer than the coded, so that scratch, once as large
 * as the line, does not move. */
static bool
unescape(struct str s, struct buf *scratch, struct str *out)
{
	static const char coded[] = "\"\\/bfnrt", plain[] = "\"\\/\b\f\n\r\t";
	size_t from = scratch->n;
	struct str part;
	const char *at;

	if (str_chr(s, '\\') < 0) {
		*out = s;
		return true;
	}
	while (str_until(&s, STR("\\"), &part)) {
		char c = s.p[0]; /* quoted() saw to it that there is one */

		buf_s(scratch, part);
		s = str_from(s, 1);
		if (c == 'u') {
			if (!put_unicode(scratch, &s))
				return false;
			continue;
		}
		at = c ? strchr(coded, c) : NULL;
		if (at == NULL)
			return false;
		buf_c(scratch, plain[at - coded]);
	}
	buf_s(scratch, s);
	*out = str_of(scratch->p + from, scratch->n - from);
	return true;
}

/* "[72, 105]": text that is not UTF-8.  False, and s unchanged, if it is
 * another array. */
static bool
byte_array(struct str *s, struct buf *scratch, struct str *out)
{
	size_t from = scratch->n;
	struct str t = *s;
	uint64_t v;

	if (!str_skip(&t, STR("[")))
		return false;
	do {
		struct str digits;

		skip_space(&t);
		digits = str_digits(&t);
		if (digits.n > 3 || !str_u64(digits, &v) || v > 255) {
			scratch->n = from;
			return false;
		}
		buf_c(scratch, (char)v);
		skip_space(&t);
	} while (str_skip(&t, STR(",")));
	if (!str_skip(&t, STR("]"))) {
		scratch->n = from;
		return false;
	}
	*out = str_of(scratch->p + from, scratch->n - from);
	*s = t;
	return true;
}

/* Steps over any value: its brackets must match. */
static bool
skip_value(struct str *s)
{
	char open[DEPTH_MAX];
	size_t depth = 0;
	struct str text;

	do {
		char c;

		skip_space(s);
		if (s->n == 0)
			return false;
		c = s->p[0];
		if (c == '"') {
			if (!quoted(s, &text))
				return false;
			continue;
		}
		*s = str_from(*s, 1);
		if (c == '[' || c == '{') {
			if (depth == DEPTH_MAX)
				return false;
			open[depth++] = c;
		} else if (c == ']' || c == '}') {
			if (depth == 0 || open[--depth] + 2 != c)
				return false;
		} else if (depth == 0 && (c == ',' || c == ':')) {
			return false;
		}
	} while (depth > 0 || (s->n && strchr(",}]", s->p[0]) == NULL));
	return true;
}

static bool
read_value(struct str *s, struct buf *scratch, struct str *out)
{
	struct str text;

	*out = STR_NONE;
	if (s->n && s->p[0] == '"')
		return quoted(s, &text) && unescape(text, scratch, out);
	if (s->n && s->p[0] == '[' && byte_array(s, scratch, out))
		return true;
	return skip_value(s);
}

static bool
read_member(struct str *s, struct buf *scratch, struct journal_entry *out)
{
	enum journal_field f;
	struct str key, value;

	skip_space(s);
	if (!quoted(s, &key))
		return false;
	skip_space(s);
	if (!str_skip(s, STR(":")))
		return false;
	skip_space(s);
	f = field_of(key);
	if (f == JOURNAL_FIELDS)
		return skip_value(s);
	if (!read_value(s, scratch, &value))
		return false;
	put(out, f, value);
	return true;
}

bool
journal_read_json(
    struct str raw, struct buf *scratch, struct journal_entry *out)
{
	*out = (struct journal_entry){0};
	scratch->n = 0;
	buf_grow(scratch, raw.n + 1);
	if (!str_skip(&raw, STR("{")))
		return false;
	do {
		if (!read_member(&raw, scratch, out))
			return false;
		skip_space(&raw);
	} while (str_skip(&raw, STR(",")));
	if (!str_skip(&raw, STR("}")))
		return false;
	skip_space(&raw);
	return raw.n == 0;
}
