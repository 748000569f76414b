/* SPDX-License-Identifier: Apache-2.0 */
/* What prints and reads numbers, stamps and addresses without the C library,
 * held against the C library. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/addr.h"
#include "base/bytes16.h"
#include "base/json_out.h"
#include "base/texts.h"
#include "base/utc.h"
#include "tests/unit/rnd.h"

static int failed;
static void
same(const char *what, const char *got, const char *want)
{
	if (strcmp(got, want) == 0)
		return;
	printf("%s: \"%s\", not \"%s\"\n", what, got, want);
	failed = 1;
}

static void
test_addr(void)
{
	char got[ADDR_TEXT_MAX], want[ADDR_TEXT_MAX];
	struct addr a, back;

	for (int i = 0; i < 200000; i++) {
		uint64_t bits = rnd(), zero = rnd();

		for (int k = 0; k < 16; k++)
			a.b[k] = (zero >> (k / 2 * 3) & 3) ? 0 : (uint8_t)(rnd() >> 9);
		if (i % 4 == 0)
			a = addr_v4((const uint8_t *)&bits);
		if (addr_is_v4(a))
			inet_ntop(AF_INET, a.b + 12, want, sizeof(want));
		else
			inet_ntop(AF_INET6, a.b, want, sizeof(want));
		if (addr_format(a, got) != strlen(want))
			same("addr_format's length", got, want);
		same("addr_format", got, want);
		if (!addr_parse(str_z(got), &back) || addr_cmp(a, back) != 0)
			same("addr_parse", "another address", got);
	}
}

/* Near misses of addresses are what inet_pton takes them for. */
static void
test_addr_text(void)
{
	static const char in[] = "0123456789abcdefF:::::..";
	char text[ADDR_TEXT_MAX];
	uint8_t want[16];
	struct addr a, b;

	for (int i = 0; i < 500000; i++) {
		size_t n = rnd() % (i % 4 ? 12 : 45), k;
		bool has;

		for (k = 0; k < 16; k++)
			a.b[k] = rnd() % 3 ? 0 : (uint8_t)rnd();
		if (i % 2)
			n = addr_format(a, text);
		else
			for (k = 0; k < n; k++)
				text[k] = in[rnd() % (sizeof(in) - 1)];
		for (k = rnd() % 3; n > 0 && k > 0; k--)
			text[rnd() % n] = in[rnd() % (sizeof(in) - 1)];
		text[n] = '\0';
		if (strchr(text, ':') == NULL)
			continue;
		has = inet_pton(AF_INET6, text, want) == 1;
		if (addr_parse(str_of(text, n), &b) != has ||
		    (has && memcmp(b.b, want, 16) != 0))
			same("addr_parse", text, has ? "read" : "refused");
	}
}

static void
test_utc(void)
{
	char got[UTC_TEXT_MAX], day[UTC_TEXT_MAX], want[UTC_TEXT_MAX + 8];

	for (int i = 0; i < 100000; i++) {
		int64_t t = (int64_t)(rnd() % UINT64_C(8000000000000000)), back;
		time_t sec = (time_t)(t / USEC);
		struct str s;
		struct tm tm;

		gmtime_r(&sec, &tm);
		strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
		snprintf(want, sizeof(want), "%s.%03dZ", day, (int)(t / 1000 % 1000));
		if (utc_format(t, got) != strlen(want))
			same("utc_format's length", got, want);
		same("utc_format", got, want);
		s = str_z(got);
		if (!utc_parse_iso(&s, NULL, UTC_NONE, &back) || s.n != 0 ||
		    back != t - t % 1000)
			same("utc_parse_iso", "another time", got);
	}
	for (int i = 0; i < 100000; i++) { /* other days than the one before */
		int64_t t = INT64_C(1795392000) * USEC +
		            (int64_t)(rnd() % UINT64_C(200000000000)) -
		            INT64_C(100000000000);
		time_t sec = (time_t)(t / USEC);
		struct tm tm;

		gmtime_r(&sec, &tm);
		strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
		snprintf(want, sizeof(want), "%s.%03dZ", day, (int)(t / 1000 % 1000));
		utc_format(t, got);
		same("utc_format near midnight", got, want);
	}
	utc_format_zone(INT64_C(1795392000) * USEC, zone_find(STR("America/St_Johns")), got);
	same("utc_format_zone", got, "2026-11-22T20:30:00.000-03:30");
	utc_format(INT64_C(253402300800) * USEC, got);
	same("the year 10000", got, "10000-01-01T00:00:00.000Z");
	utc_format(INT64_C(-62167219201) * USEC, got);
	same("before the year 0", got, "-001-12-31T23:59:59.000Z");
}

/* Cut short at any place, a stamp is none; and what it is not is left alone. */
static void
test_bad_stamps(void)
{
	static const char *const bad[] = {"2026-02-29T00:00:00Z",
	    "2026-11-23T24:00:00Z", "2026-11-23T00:60:00Z", "2026-11-23T00:00:61Z",
	    "2026-13-01T00:00:00Z", "2026-1a-23T00:00:00Z", "2026-11-23X00:00:00Z",
	    "2026/11/23T00:00:00Z", "2026-11-23T0a:00:00Z", "2026-11-23T00-00:00Z"};
	const struct str good = STR("2026-11-23T11:12:43");
	int64_t t;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]) + good.n; i++) {
		struct str s = i < good.n ? str_head(good, i)
		                          : str_z(bad[i - good.n]);
		struct str was = s;

		if (utc_parse_iso(&s, NULL, UTC_NONE, &t) || s.p != was.p ||
		    s.n != was.n)
			same("a bad stamp", was.p, "refused");
	}
}

static void
test_numbers(void)
{
	static const int64_t edge[] = {0, 1, -1, 9, 10, -10, INT64_MAX, INT64_MIN};
	char want[32];

	for (size_t i = 0; i < 100000; i++) {
		int64_t v = i < 8 ? edge[i] : (int64_t)rnd() >> (i % 64);
		struct buf b = {0};

		buf_i64(&b, v);
		buf_c(&b, '\0');
		snprintf(want, sizeof(want), "%" PRId64, v);
		same("buf_i64", b.p, want);
		buf_free(&b);
	}
}

static void
test_quote(void)
{
	struct buf b = {0};

	json_quote(&b, STR("a\"b\\c\n\x01\x7f\xc3\xa4\xff\xe2\x82 z"));
	buf_c(&b, '\0');
	same("json_quote", b.p,
	    "\"a\\\"b\\\\c\\n\\u0001\\u007f\xc3\xa4\\ufffd\\ufffd\\ufffd z\"");
	buf_free(&b);
}

/* Texts of all lengths, read 16 bytes at a time, are what their bytes one by
 * one are. */
static void
test_quote_runs(void)
{
	static const char odd[] = "\"\\\n\x01\x1f\x7f\xff\x80";
	char text[70];

	for (int i = 0; i < 100000; i++) {
		struct str s = str_of(text, rnd() % (sizeof(text) + 1));
		struct buf got = {0}, want = {0}, one = {0};
		unsigned rare = 1u << rnd() % 8;

		for (size_t k = 0; k < s.n; k++)
			text[k] = rnd() % rare ? (char)(' ' + rnd() % 95)
			                       : odd[rnd() % (sizeof(odd) - 1)];
		json_quote(&got, s);
		buf_c(&want, '"');
		for (size_t k = 0; k < s.n; k++) {
			one.n = 0;
			json_quote(&one, str_of(text + k, 1));
			buf_put(&want, one.p + 1, one.n - 2);
		}
		buf_c(&want, '"');
		buf_c(&got, '\0');
		buf_c(&want, '\0');
		same("json_quote", got.p, want.p);
		buf_free(&got);
		buf_free(&want);
		buf_free(&one);
	}
}

static void
number_is_short(double v)
{
	struct buf b = {0};
	char want[40];

	for (int digits = 15; digits <= 17; digits++) {
		snprintf(want, sizeof(want), "%.*g", digits, v);
		if (memcmp(&(double){strtod(want, NULL)}, &v, sizeof(v)) == 0)
			break;
	}
	json_number(&b, v);
	buf_c(&b, '\0');
	same("json_number", b.p, want);
	buf_free(&b);
}

static void
test_real(void)
{
	static const double edge[] = {0, -0.0, 0.001, -0.001, 0.0005, 0.1, 1e9,
	    -1e9, 999999999.999, 1e-4, 123456.7891, 1e300, 5e-324, 0.3 - 0.1};

	for (size_t i = 0; i < sizeof(edge) / sizeof(edge[0]); i++)
		number_is_short(edge[i]);
	for (int i = 0; i < 100000; i++) {
		double n = (double)((int64_t)(rnd() >> (16 + i % 40)) - 500);

		number_is_short(n / 1000);
		number_is_short(n / 10);
		number_is_short(n / 7);
	}
}

static ptrdiff_t
rfind_slowly(struct str s, struct str what)
{
	for (size_t i = s.n; i-- > 0;)
		if (str_starts(str_from(s, i), what))
			return (ptrdiff_t)i;
	return -1;
}

static void
test_rfind(void)
{
	char text[12], what[3];

	for (int i = 0; i < 100000; i++) {
		struct str s = str_of(text, rnd() % (sizeof(text) + 1));
		struct str w = str_of(what, rnd() % (sizeof(what) + 1));

		for (size_t k = 0; k < sizeof(text); k++)
			text[k] = (char)('a' + rnd() % 2);
		for (size_t k = 0; k < sizeof(what); k++)
			what[k] = (char)('a' + rnd() % 2);
		if (str_rfind(s, w) != rfind_slowly(s, w))
			same("str_rfind", "another place", "the last one");
	}
}

static void
test_find(void)
{
	char text[90], what[5];

	for (int i = 0; i < 200000; i++) {
		size_t letters = 1 + rnd() % 4;
		struct str s = str_of(text, rnd() % (sizeof(text) + 1));
		struct str w = str_of(what, rnd() % (sizeof(what) + 1));
		const char *at;

		for (size_t k = 0; k < sizeof(text); k++)
			text[k] = (char)('a' + rnd() % letters);
		for (size_t k = 0; k < sizeof(what); k++)
			what[k] = (char)('a' + rnd() % letters);
		at = s.n ? memmem(s.p, s.n, w.p, w.n) : NULL;
		if (str_find(s, w) != (at ? at - s.p : -1))
			same("str_find", "another place", "the first one");
	}
}

/* Each of the 16 bytes against what it says by itself. */
static void
test_bytes16(void)
{
	static const char five[5] = {'\\', '"', '<', '>', ','};
	char p[16];

	for (int i = 0; i < 20000; i++) {
		unsigned digits = 0, alnum = 0, of_five = 0, word = 0;

		for (unsigned k = 0; k < 16; k++) {
			char c = p[k] = (char)(i % 2 ? rnd() : 32 + rnd() % 96);
			bool digit = c >= '0' && c <= '9';

			digits |= (unsigned)digit << k;
			alnum |= (unsigned)(digit || (c >= 'a' && c <= 'z') ||
			                    (c >= 'A' && c <= 'Z'))
			         << k;
			of_five |= (unsigned)(memchr(five, c, 5) != NULL) << k;
			word |= (unsigned)(c > ' ' && c < 0x7f && c != ',')
			        << k;
		}
		if (bytes16_digits(p) != digits || bytes16_alnum(p) != alnum ||
		    bytes16_of_five(p, five) != of_five ||
		    bytes16_word(p) != word)
			same("bytes16", "other bits", "one of each byte");
	}
}

/* Numbers go from 1 and stay; upper case, NUL and the empty text are texts. */
static void
test_texts(void)
{
	enum { MANY = 5000 };
	struct texts t = {0};
	char text[24];

	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 2 * MANY; i++) {
			snprintf(text, sizeof(text), "%c%d",
			    i % 2 ? 'a' : 'A', i % MANY / 2);
			failed |= texts_no(&t, str_z(text)) !=
			          (i < MANY ? i : i - MANY) + 1;
		}
		failed |= texts_no(&t, STR("")) != MANY + 1;
		failed |= texts_no(&t, STR("a\0b")) != MANY + 2;
		failed |= texts_no(&t, STR("a\0c")) != MANY + 3;
		failed |= texts_no(&t, STR("")) != MANY + 1;
		same("texts_of", texts_of(&t, 2).p, "a0");
		failed |= str_has(texts_of(&t, 0)) ||
		          str_has(texts_of(&t, -1)) ||
		          str_has(texts_of(&t, MANY + 4));
		texts_clear(&t);
		failed |= str_has(texts_of(&t, 1));
	}
	texts_free(&t);
}

int
main(void)
{
	test_addr();
	test_addr_text();
	test_utc();
	test_bad_stamps();
	test_numbers();
	test_quote();
	test_quote_runs();
	test_real();
	test_rfind();
	test_find();
	test_bytes16();
	test_texts();
	return failed;
}
