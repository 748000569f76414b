/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"

#include <ctype.h>
#include <strings.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

bool
str_samei(const char *a, const char *b, size_t n)
{
	return strncasecmp(a, b, n) == 0;
}

ptrdiff_t
str_rchr(struct str s, char c)
{
	const char *at = s.n ? memrchr(s.p, c, s.n) : NULL;

	return at ? at - s.p : -1;
}

#ifdef __SSE2__
/* The first place, of 16 at a time, that has the first and the last byte of
 * what, and then the rest: log text is short, and memmem's start costs more
 * than it takes to read it.  Starts with what.n > 1; -1, and *from is where 16
 * do not fit any more. */
static ptrdiff_t
find_by_16(struct str s, struct str what, size_t *from)
{
	const __m128i first = _mm_set1_epi8(what.p[0]);
	const __m128i last = _mm_set1_epi8(what.p[what.n - 1]);
	size_t i;

	for (i = 0; i + 16 + what.n - 1 <= s.n; i += 16) {
		__m128i a = _mm_loadu_si128((const void *)(s.p + i));
		__m128i b =
		    _mm_loadu_si128((const void *)(s.p + i + what.n - 1));
		unsigned hits = (unsigned)_mm_movemask_epi8(_mm_and_si128(
		    _mm_cmpeq_epi8(a, first), _mm_cmpeq_epi8(b, last)));

		for (; hits != 0; hits &= hits - 1) {
			size_t at = i + (size_t)__builtin_ctz(hits);
			if (memcmp(s.p + at, what.p, what.n) == 0)
				return (ptrdiff_t)at;
		}
	}
	*from = i;
	return -1;
}
#endif

ptrdiff_t
str_find(struct str s, struct str what)
{
	ptrdiff_t found = -1;
	size_t from = 0;

	if (s.n < what.n || what.n == 0)
		return s.n > 0 && what.n == 0 ? 0 : -1;
	if (what.n == 1)
		return str_chr(s, what.p[0]);
#ifdef __SSE2__
	found = find_by_16(s, what, &from);
#endif
	for (; found < 0 && from <= s.n - what.n; from++)
		if (s.p[from] == what.p[0] &&
		    memcmp(s.p + from, what.p, what.n) == 0)
			found = (ptrdiff_t)from;
	return found;
}

ptrdiff_t
str_rfind(struct str s, struct str what)
{
	const char *at;

	if (what.n == 0)
		return s.n > 0 ? (ptrdiff_t)s.n - 1 : -1;
	for (; s.n >= what.n; s.n = (size_t)(at - s.p) + what.n - 1) {
		at = memrchr(s.p, what.p[0], s.n - what.n + 1);
		if (at == NULL)
			break;
		if (memcmp(at, what.p, what.n) == 0)
			return at - s.p;
	}
	return -1;
}

ptrdiff_t
str_findi(struct str s, struct str what)
{
	for (size_t i = 0; i < s.n && what.n <= s.n - i; i++)
		if (str_startsi(str_from(s, i), what))
			return (ptrdiff_t)i;
	return -1;
}

bool
str_until(struct str *s, struct str what, struct str *out)
{
	ptrdiff_t at = str_find(*s, what);

	if (at < 0)
		return false;
	*out = str_head(*s, (size_t)at);
	*s = str_from(*s, (size_t)at + what.n);
	return true;
}

struct str
str_split(struct str *s, char sep)
{
	ptrdiff_t at = str_chr(*s, sep);
	struct str part = *s;

	if (at < 0) {
		*s = STR_NONE;
		return part;
	}
	part.n = (size_t)at;
	*s = str_from(*s, (size_t)at + 1);
	return part;
}

static bool
blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str
str_trim(struct str s)
{
	while (s.n && blank(s.p[0]))
		s = str_from(s, 1);
	while (s.n && blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

bool
str_i64(struct str s, int64_t *out)
{
	bool neg = s.n && s.p[0] == '-';
	uint64_t v;

	if (!str_u64(neg ? str_from(s, 1) : s, &v) || v > INT64_MAX)
		return false;
	*out = neg ? -(int64_t)v : (int64_t)v;
	return true;
}

bool
str_double(struct str s, double *out)
{
	bool neg = s.n && s.p[0] == '-';
	double v = 0, unit = 1;
	bool dot = false, digit = false;

	if (s.n && (s.p[0] == '-' || s.p[0] == '+'))
		s = str_from(s, 1);
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '.' && !dot) {
			dot = true;
			continue;
		}
		if (!isdigit((unsigned char)s.p[i]))
			return false;
		digit = true;
		v = v * 10 + (s.p[i] - '0');
		if (dot)
			unit *= 10;
	}
	if (!digit)
		return false;
	*out = (neg ? -v : v) / unit;
	return true;
}
