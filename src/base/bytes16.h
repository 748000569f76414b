/* SPDX-License-Identifier: Apache-2.0 */
/*
 * 16 bytes at a time: a bit for each of the 16 bytes at p that is of a kind,
 * the first byte's lowest.  With SSE2, which each amd64 machine has, that is a
 * few instructions; elsewhere a loop.
 */
#ifndef BASE_BYTES16_H
#define BASE_BYTES16_H

#include <stdbool.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Bytes from low to high (both ASCII), of 16 that are signed: those above
 * ASCII are below all of these. */
#ifdef __SSE2__
static inline __m128i
bytes16_range(__m128i v, char low, char high)
{
	return _mm_and_si128(_mm_cmpgt_epi8(v, _mm_set1_epi8((char)(low - 1))),
	    _mm_cmplt_epi8(v, _mm_set1_epi8((char)(high + 1))));
}
#endif

/* Digits alone, and letters and digits. */
static inline unsigned
bytes16_digits(const char *p)
{
#ifdef __SSE2__
	return (unsigned)_mm_movemask_epi8(
	    bytes16_range(_mm_loadu_si128((const void *)p), '0', '9'));
#else
	unsigned bits = 0;

	for (int i = 0; i < 16; i++)
		bits |= (unsigned)(p[i] >= '0' && p[i] <= '9') << i;
	return bits;
#endif
}

static inline unsigned
bytes16_alnum(const char *p)
{
#ifdef __SSE2__
	const __m128i v = _mm_loadu_si128((const void *)p);
	const __m128i lower = _mm_or_si128(v, _mm_set1_epi8(0x20));

	return (unsigned)_mm_movemask_epi8(_mm_or_si128(
	    bytes16_range(lower, 'a', 'z'), bytes16_range(v, '0', '9')));
#else
	unsigned bits = 0;

	for (int i = 0; i < 16; i++)
		bits |=
		    (unsigned)((p[i] >= '0' && p[i] <= '9') ||
		               ((p[i] | 0x20) >= 'a' && (p[i] | 0x20) <= 'z'))
		    << i;
	return bits;
#endif
}

/* Bytes that are one of five. */
static inline unsigned
bytes16_of_five(const char *p, const char five[static 5])
{
#ifdef __SSE2__
	const __m128i v = _mm_loadu_si128((const void *)p);
	const __m128i a = _mm_cmpeq_epi8(v, _mm_set1_epi8(five[0]));
	const __m128i b = _mm_cmpeq_epi8(v, _mm_set1_epi8(five[1]));
	const __m128i c = _mm_cmpeq_epi8(v, _mm_set1_epi8(five[2]));
	const __m128i d = _mm_cmpeq_epi8(v, _mm_set1_epi8(five[3]));
	const __m128i e = _mm_cmpeq_epi8(v, _mm_set1_epi8(five[4]));

	return (unsigned)_mm_movemask_epi8(_mm_or_si128(
	    _mm_or_si128(_mm_or_si128(a, b), _mm_or_si128(c, d)), e));
#else
	unsigned bits = 0;

	for (int i = 0; i < 16; i++)
		for (int k = 0; k < 5; k++)
			bits |= (unsigned)(p[i] == five[k]) << i;
	return bits;
#endif
}

/* What prints, but the space and the comma. */
static inline unsigned
bytes16_word(const char *p)
{
#ifdef __SSE2__
	const __m128i v = _mm_loadu_si128((const void *)p);

	return (unsigned)_mm_movemask_epi8(_mm_andnot_si128(
	    _mm_cmpeq_epi8(v, _mm_set1_epi8(',')), bytes16_range(v, '!', '~')));
#else
	unsigned bits = 0;

	for (int i = 0; i < 16; i++)
		bits |= (unsigned)(p[i] > ' ' && p[i] <= '~' && p[i] != ',')
		        << i;
	return bits;
#endif
}

#endif
