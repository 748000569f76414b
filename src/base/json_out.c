/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_out.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/utc.h"

/* Length of the UTF-8 sequence at p (RFC 3629: no surrogates, no overlongs,
 * nothing past U+10FFFF), or 0 if there is none. */
static size_t
utf8_len(const unsigned char *p, size_t n)
{
	unsigned char lo = 0x80, hi = 0xbf;
	size_t len, i;

	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		len = 2;
	else if (p[0] >= 0xe0 && p[0] <= 0xef)
		len = 3;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		len = 4;
	else
		return 0;
	if (p[0] == 0xe0)
		lo = 0xa0;
	else if (p[0] == 0xed)
		hi = 0x9f;
	else if (p[0] == 0xf0)
		lo = 0x90;
	else if (p[0] == 0xf4)
		hi = 0x8f;
	if (n < len || p[1] < lo || p[1] > hi)
		return 0;
	for (i = 2; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

/* Short texts of a known length. */
#define PUT(at, lit) (memcpy(at, lit, sizeof(lit) - 1), (at) + sizeof(lit) - 1)

static char *
control(char *at, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";

	switch (c) {
	case '\n':
		return PUT(at, "\\n");
	case '\r':
		return PUT(at, "\\r");
	case '\t':
		return PUT(at, "\\t");
	default:
		at = PUT(at, "\\u00");
		*at++ = hex[c >> 4];
		*at++ = hex[c & 15];
		return at;
	}
}

/* Bytes that stand for themselves in a string. */
static const bool plain[256] = {
    [' ' ... '!'] = true, ['#' ... '['] = true, [']' ... '~'] = true};

/* Writes the byte or UTF-8 sequence that s begins with, which is not plain,
 * and steps over it. */
static char *
quote_special(char *at, struct str *s)
{
	const unsigned char *p = (const unsigned char *)s->p;
	size_t len = *p >= 0x80 ? utf8_len(p, s->n) : 0;

	*s = str_from(*s, len > 0 ? len : 1);
	if (len > 0) {
		memcpy(at, p, len);
		return at + len;
	}
	if (*p == '"' || *p == '\\') {
		*at++ = '\\';
		*at++ = (char)*p;
		return at;
	}
	return *p >= 0x80 ? PUT(at, "\\ufffd") : control(at, *p);
}

/* Copies what is plain at the beginning of s; its length. */
static size_t
copy_plain_bytes(char *to, struct str s)
{
	size_t i;

	for (i = 0; i < s.n && plain[(unsigned char)s.p[i]]; i++)
		to[i] = s.p[i];
	return i;
}

#ifdef __SSE2__
/* A bit for each byte that is not plain (of signed bytes, those above ASCII
 * are below the space). */
static unsigned
special_of_16(__m128i v)
{
	const __m128i low = _mm_cmplt_epi8(v, _mm_set1_epi8(' '));
	const __m128i del = _mm_cmpeq_epi8(v, _mm_set1_epi8(0x7f));
	const __m128i quote = _mm_cmpeq_epi8(v, _mm_set1_epi8('"'));
	const __m128i back = _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'));

	return (unsigned)_mm_movemask_epi8(
	    _mm_or_si128(_mm_or_si128(low, del), _mm_or_si128(quote, back)));
}

/* The same, 16 bytes at a time; the last 16, or of a shorter text the first
 * and the last 8, may be copied twice. */
static size_t
copy_plain(char *to, struct str s)
{
	size_t i, at;
	unsigned bits;
	__m128i v;

	if (s.n < 8)
		return copy_plain_bytes(to, s);
	if (s.n < 16) {
		const __m128i last =
		    _mm_loadl_epi64((const void *)(s.p + s.n - 8));

		v = _mm_loadl_epi64((const void *)s.p);
		_mm_storel_epi64((void *)to, v);
		_mm_storel_epi64((void *)(to + s.n - 8), last);
		bits = special_of_16(_mm_unpacklo_epi64(v, last));
		at = bits != 0 ? (size_t)__builtin_ctz(bits) : s.n;
		return bits != 0 && at >= 8 ? s.n - 16 + at : at;
	}
	for (i = 0; i < s.n; i += 16) {
		at = i + 16 <= s.n ? i : s.n - 16;
		v = _mm_loadu_si128((const void *)(s.p + at));
		_mm_storeu_si128((void *)(to + at), v);
		bits = special_of_16(v);
		if (bits != 0)
			return at + (size_t)__builtin_ctz(bits);
	}
	return s.n;
}
#else
#define copy_plain copy_plain_bytes
#endif

char *
json_quote_at(char *at, struct str s)
{
	size_t n;

	*at++ = '"';
	while (s.n > 0) {
		n = copy_plain(at, s);
		at += n;
		s = str_from(s, n);
		if (s.n > 0)
			at = quote_special(at, &s);
	}
	*at++ = '"';
	return at;
}

void
json_quote(struct buf *out, struct str s)
{
	buf_room(out, JSON_QUOTED_MAX(s.n));
	out->n = (size_t)(json_quote_at(out->p + out->n, s) - out->p);
}

/* Most numbers in logs have three decimals at most: the shortest text is then
 * what is left of v * 1000 (both are below 2^53, so there is no other number
 * of 15 digits).  False: not such a one. */
static bool
three_decimals(struct buf *out, double v)
{
	int64_t n;
	unsigned rest;
	char text[4];
	size_t len = 4;

	if (!(v > -1e9 && v < 1e9) || (v <= 0 && !(v < 0)))
		return false; /* 0 may have a sign */
	n = llround(v * 1000);
	if ((double)n / 1000 != v)
		return false;
	if (n < 0)
		buf_c(out, '-');
	n = n < 0 ? -n : n;
	buf_i64(out, n / 1000);
	rest = (unsigned)(n % 1000);
	text[0] = '.';
	text[1] = (char)('0' + rest / 100);
	text[2] = (char)('0' + rest / 10 % 10);
	text[3] = (char)('0' + rest % 10);
	while (len > 1 && text[len - 1] == '0')
		len--;
	buf_put(out, text, len > 1 ? len : 0);
	return true;
}

void
json_number(struct buf *out, double v)
{
	char text[40];
	int digits;

	if (three_decimals(out, v))
		return;
	for (digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, v);
		if (strtod(text, NULL) == v)
			break;
	}
	buf_z(out, text);
}

static void
member(struct json *j, const char *key)
{
	struct buf *b = j->out;
	size_t n = key != NULL ? strlen(key) : 0;

	buf_room(b, n + 4);
	if (j->comma)
		b->p[b->n++] = ',';
	j->comma = true;
	if (key == NULL)
		return;
	b->p[b->n++] = '"';
	memcpy(b->p + b->n, key, n);
	b->n += n;
	b->p[b->n++] = '"';
	b->p[b->n++] = ':';
}

void
json_open(struct json *j, const char *key, char bracket)
{
	member(j, key);
	buf_c(j->out, bracket);
	j->comma = false;
}

void
json_close(struct json *j, char bracket)
{
	buf_c(j->out, bracket);
	j->comma = true;
}

void
json_str(struct json *j, const char *key, struct str s)
{
	member(j, key);
	json_quote(j->out, s);
}

void
json_opt_str(struct json *j, const char *key, struct str s)
{
	if (str_has(s))
		json_str(j, key, s);
}

void
json_i64(struct json *j, const char *key, int64_t v)
{
	member(j, key);
	buf_i64(j->out, v);
}

void
json_real(struct json *j, const char *key, double v)
{
	if (!isfinite(v)) {
		json_null(j, key);
		return;
	}
	member(j, key);
	json_number(j->out, v);
}

void
json_bool(struct json *j, const char *key, bool v)
{
	member(j, key);
	buf_z(j->out, v ? "true" : "false");
}

void
json_null(struct json *j, const char *key)
{
	member(j, key);
	buf_z(j->out, "null");
}

void
json_time(struct json *j, const char *key, int64_t t)
{
	char text[UTC_TEXT_MAX];

	json_str(j, key, str_of(text, utc_format(t, text)));
}

void
json_addr(struct json *j, const char *key, struct addr a)
{
	char text[ADDR_TEXT_MAX];

	json_str(j, key, str_of(text, addr_format(a, text)));
}

/* JSON text made elsewhere (by SQLite, of log text): bytes above ASCII stand
 * inside of strings only, so those that are not UTF-8 can be escaped here. */
static void
pass_on(struct buf *out, struct str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t i = 0, run = 0, len;

	while (i < s.n) {
		len = p[i] < 0x80 ? 1 : utf8_len(p + i, s.n - i);
		if (len == 0) {
			buf_put(out, s.p + run, i - run);
			buf_z(out, "\\ufffd");
			run = ++i;
		} else {
			i += len;
		}
	}
	buf_put(out, s.p + run, s.n - run);
}

void
json_value(struct json *j, const char *key, const struct value *v)
{
	switch (v->type) {
	case VALUE_NULL:
		json_null(j, key);
		break;
	case VALUE_INT:
		json_i64(j, key, v->i);
		break;
	case VALUE_REAL:
		json_real(j, key, v->r);
		break;
	case VALUE_TEXT:
	case VALUE_BLOB:
		json_str(j, key, v->s);
		break;
	case VALUE_BOOL:
		json_bool(j, key, v->i != 0);
		break;
	case VALUE_TIME:
		json_time(j, key, v->i);
		break;
	case VALUE_JSON:
		member(j, key);
		pass_on(j->out, v->s);
		break;
	}
}
