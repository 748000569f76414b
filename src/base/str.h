/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A piece of text: pointer and length, not terminated, owned by someone else.
 * p == NULL means absent; p != NULL with n == 0 means present and empty
 * (so the null sender "<>" is present and empty).  All readers are bounded.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
	const char *p;
	size_t n;
};

#define STR(lit)    ((struct str){(lit), sizeof(lit) - 1})
#define STR_NONE    ((struct str){NULL, 0})
#define STR_FMT(s)  (int)(s).n, (s).p ? (s).p : ""

static inline struct str
str_of(const char *p, size_t n)
{
	return (struct str){p, n};
}

static inline struct str
str_z(const char *z)
{
	return (struct str){z, z ? strlen(z) : 0};
}

static inline bool
str_has(struct str s)
{
	return s.p != NULL;
}

static inline bool
str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* In order of bytes, as memcmp; absent is the same as empty. */
static inline int
str_cmp(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n ? memcmp(a.p, b.p, n) : 0;

	return c != 0 ? c : (a.n > b.n) - (a.n < b.n);
}

/* Most are asked of lists of texts, and the first byte tells. */
static inline bool
str_starts(struct str s, struct str with)
{
	return s.n >= with.n &&
	    (with.n == 0 || (s.p[0] == with.p[0] &&
				memcmp(s.p, with.p, with.n) == 0));
}

static inline bool
str_ends(struct str s, struct str with)
{
	return s.n >= with.n &&
	    memcmp(s.p + s.n - with.n, with.p, with.n) == 0;
}

/* The text after the first n bytes; n is clipped to the length. */
static inline struct str
str_from(struct str s, size_t n)
{
	if (n > s.n)
		n = s.n;
	return (struct str){n ? s.p + n : s.p, s.n - n};
}

/* The first n bytes; n is clipped to the length. */
static inline struct str
str_head(struct str s, size_t n)
{
	return (struct str){s.p, n < s.n ? n : s.n};
}

/* If s starts with what, steps over it and returns true.  Inline, so that the
 * comparison with a constant is one of a word or two. */
static inline bool
str_skip(struct str *s, struct str what)
{
	if (!str_starts(*s, what))
		return false;
	*s = str_from(*s, what.n);
	return true;
}

/* Offset of the first occurrence, or -1. */
static inline ptrdiff_t
str_chr(struct str s, char c)
{
	const char *at = s.n ? (const char *)memchr(s.p, c, s.n) : NULL;

	return at ? at - s.p : -1;
}

/* Steps over the longest run of non-spaces / of digits and returns it. */
static inline struct str
str_word(struct str *s)
{
	ptrdiff_t at = str_chr(*s, ' ');
	size_t n = at < 0 ? s->n : (size_t)at;
	struct str word;

	word = str_head(*s, n);
	*s = str_from(*s, n);
	return word;
}

static inline struct str
str_digits(struct str *s)
{
	size_t n = 0;
	struct str digits;

	while (n < s->n && s->p[n] >= '0' && s->p[n] <= '9')
		n++;
	digits = str_head(*s, n);
	*s = str_from(*s, n);
	return digits;
}

/* Whole text as a decimal number; false if it is not one or overflows. */
static inline bool
str_u64(struct str s, uint64_t *out)
{
	uint64_t v = 0;
	size_t i = 0;

	if (s.n == 0)
		return false;
	for (; i < s.n && i < 19; i++) { /* so many do not overflow */
		unsigned d = (unsigned)(s.p[i] - '0');
		if (d > 9)
			return false;
		v = v * 10 + d;
	}
	for (; i < s.n; i++) {
		unsigned d = (unsigned)(s.p[i] - '0');
		if (d > 9 || v > (UINT64_MAX - d) / 10)
			return false;
		v = v * 10 + d;
	}
	*out = v;
	return true;
}

/* The same with ASCII case folded; of these, too, the first byte tells. */
bool str_samei(const char *a, const char *b, size_t n);

static inline bool
str_startsi(struct str s, struct str with)
{
	return s.n >= with.n &&
	       (with.n == 0 || (((s.p[0] ^ with.p[0]) & ~0x20) == 0 &&
	                           str_samei(s.p, with.p, with.n)));
}

static inline bool
str_eqi(struct str a, struct str b)
{
	return a.n == b.n && str_startsi(a, b);
}

/* Offset of the first / last occurrence, or -1. */
ptrdiff_t str_rchr(struct str s, char c);
ptrdiff_t str_find(struct str s, struct str what);
ptrdiff_t str_rfind(struct str s, struct str what);
/* The first with ASCII case folded. */
ptrdiff_t str_findi(struct str s, struct str what);

/* If what occurs in s: out = the text before it, s = the text after it. */
bool str_until(struct str *s, struct str what, struct str *out);
/* Splits at the first sep: returns the part before (all, if none), s = rest
 * (absent, if no sep was left).  while (str_has(s)) { p = str_split(&s, ','); } */
struct str str_split(struct str *s, char sep);
struct str str_trim(struct str s);	      /* spaces, tabs, CR, LF */

/* Whole text as a decimal number; false if it is not one or overflows. */
bool str_i64(struct str s, int64_t *out);
bool str_double(struct str s, double *out);   /* plain decimal, no exponent */

#endif
