/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Zones: the C library knows only one zone at a time (TZ), so the offset of
 * each zone is asked once per quarter hour of UTC and remembered.
 */
#include "base/utc.h"

#include "base/arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define QUARTER (900 * USEC)
#define ZONES	32

struct zone {
	char name[64];
	struct {
		int64_t quarter;
		int32_t offset; /* seconds east of UTC */
		bool set;
	} cache[256]; /* a day back and a day on have slots of their own */
};

static struct zone zones[ZONES];
static int nzones;

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

/* Days from 1970-01-01; proleptic Gregorian calendar. */
static int64_t
days_from_civil(int y, int m, int d)
{
	int64_t yy = y - (m <= 2), era = floor_div(yy, 400);
	int64_t yoe = yy - era * 400;
	int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;

	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static void
civil_from_days(int64_t z, struct civil *c)
{
	int64_t era, doe, yoe, doy, mp;

	z += 719468;
	era = floor_div(z, 146097);
	doe = z - era * 146097;
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	c->day = (int)(doy - (153 * mp + 2) / 5 + 1);
	c->month = (int)(mp < 10 ? mp + 3 : mp - 9);
	c->year = (int)(yoe + era * 400 + (c->month <= 2));
}

const char *
zone_text(const struct zone *z)
{
	return z ? z->name : "UTC";
}

const struct zone *
zone_find(struct str name)
{
	char path[128];
	struct zone *z;

	for (int i = 0; i < nzones; i++)
		if (str_eq(str_z(zones[i].name), name))
			return &zones[i];
	if (nzones == ZONES || name.n == 0 || name.n >= sizeof(z->name) ||
	    name.p[0] == '/' || str_find(name, STR("..")) >= 0)
		return NULL;
	snprintf(path, sizeof(path), "/usr/share/zoneinfo/%.*s", STR_FMT(name));
	if (!str_eq(name, STR("UTC")) && access(path, R_OK) != 0)
		return NULL;
	z = &zones[nzones++];
	memcpy(z->name, name.p, name.n);
	return z;
}

static int32_t
ask_library(const struct zone *z, int64_t t)
{
	char *old = getenv("TZ") ? xstrdup(getenv("TZ")) : NULL;
	time_t sec = (time_t)floor_div(t, USEC);
	struct tm tm;

	setenv("TZ", z->name, 1);
	tzset();
	localtime_r(&sec, &tm);
	if (old)
		setenv("TZ", old, 1);
	else
		unsetenv("TZ");
	tzset();
	free(old);
	return (int32_t)tm.tm_gmtoff;
}

static int32_t
offset_at(const struct zone *cz, int64_t t)
{
	struct zone *z = (struct zone *)(uintptr_t)cz;
	int64_t quarter = floor_div(t, QUARTER);
	size_t i = (size_t)(quarter & 255);

	if (z == NULL || strcmp(z->name, "UTC") == 0)
		return 0;
	if (!z->cache[i].set || z->cache[i].quarter != quarter) {
		z->cache[i].offset = ask_library(z, quarter * QUARTER);
		z->cache[i].quarter = quarter;
		z->cache[i].set = true;
	}
	return z->cache[i].offset;
}

int64_t
utc_of_civil(const struct civil *c, const struct zone *z, int64_t after)
{
	int64_t local, early, late;

	local = days_from_civil(c->year, c->month, c->day) * 86400 +
	    c->hour * 3600 + c->minute * 60 + c->second;
	local = local * USEC + c->usec;
	if (z == NULL || strcmp(z->name, "UTC") == 0)
		return local;
	/* The two offsets that can hold within a day of this local time. */
	early = local - offset_at(z, local - 86400 * USEC) * USEC;
	late = local - offset_at(z, local + 86400 * USEC) * USEC;
	if (early == late)
		return early;
	if (early > late) { /* clock put forward: one of them is a mirage */
		if (early + offset_at(z, early) * USEC == local)
			return early;
		if (late + offset_at(z, late) * USEC == local)
			return late;
		return early;
	}
	if (early + offset_at(z, early) * USEC != local)
		return late;
	if (late + offset_at(z, late) * USEC != local)
		return early;
	return after != UTC_NONE && after - early > 0 &&
		after - early > late - after ? late : early;
}

struct civil
civil_of_utc(int64_t t, const struct zone *z)
{
	int64_t local = t + offset_at(z, t) * USEC;
	int64_t days = floor_div(local, 86400 * USEC);
	int64_t in = local - days * 86400 * USEC;
	struct civil c;

	civil_from_days(days, &c);
	c.usec = (int)(in % USEC);
	in /= USEC;
	c.hour = (int)(in / 3600);
	c.minute = (int)(in / 60 % 60);
	c.second = (int)(in % 60);
	return c;
}

/* v in two digits, and the character after them.  Each record has two stamps:
 * printf took a third of the time of printing one. */
static inline char *
put_two(char *out, int v, char after)
{
	out[0] = (char)('0' + v / 10);
	out[1] = (char)('0' + v % 10);
	out[2] = after;
	return out + 3;
}

/* "2026-11-23T"; returns its end. */
static char *
put_date(char *out, const struct civil *c)
{
	if (c->year < 0 || c->year > 9999) /* nobody's log, but some input's */
		out += snprintf(out, 16, "%04d-", c->year);
	else
		out = put_two(put_two(out, c->year / 100, '0') - 1,
		    c->year % 100, '-');
	out = put_two(out, c->month, '-');
	return put_two(out, c->day, 'T');
}

/* "11:12:43.000" and one character; returns its end.  ms: of the day. */
static char *
put_clock(char *out, unsigned ms, char after)
{
	const unsigned second = ms / 1000;

	out = put_two(out, (int)(second / 3600), ':');
	out = put_two(out, (int)(second / 60 % 60), ':');
	out = put_two(out, (int)(second % 60), '.');
	*out++ = (char)('0' + ms / 100 % 10);
	return put_two(out, (int)(ms % 100), after);
}

/* Records come in order of time: the day's text is kept, which is most of the
 * work. */
static char *
put_day(char *out, int64_t day)
{
	static _Thread_local struct {
		int64_t day;
		size_t n;
		char text[UTC_TEXT_MAX];
	} kept = {INT64_MIN, 0, ""};
	struct civil c = {0};

	if (day != kept.day) {
		civil_from_days(day, &c);
		kept.n = (size_t)(put_date(kept.text, &c) - kept.text);
		kept.day = day;
	}
	memcpy(out, kept.text, kept.n);
	return out + kept.n;
}

/* A record has two times, and so have those around it, of a few seconds: the
 * texts of some seconds are kept, without what is behind the '.'. */
static const char *
second_text(int64_t second, size_t *n)
{
	static _Thread_local struct {
		int64_t second;
		size_t n; /* 0: nothing is kept here */
		char text[UTC_TEXT_MAX];
	} kept[16], *k;
	int64_t day = floor_div(second, 86400);
	char *at;

	k = &kept[(uint64_t)second % 16];
	if (k->second != second || k->n == 0) {
		at = put_day(k->text, day);
		at = put_clock(at, (unsigned)(second - day * 86400) * 1000, 'Z');
		k->n = (size_t)(at - 4 - k->text);
		k->second = second;
	}
	*n = k->n;
	return k->text;
}

size_t
utc_format(int64_t t, char out[static UTC_TEXT_MAX])
{
	const int64_t second = floor_div(t, USEC);
	const unsigned ms = (unsigned)((t - second * USEC) / 1000);
	size_t n;

	memcpy(out, second_text(second, &n), UTC_TEXT_MAX);
	out[n] = (char)('0' + ms / 100);
	out[n + 1] = (char)('0' + ms / 10 % 10);
	out[n + 2] = (char)('0' + ms % 10);
	out[n + 3] = 'Z';
	out[n + 4] = '\0';
	return n + 4;
}

size_t
utc_format_zone(int64_t t, const struct zone *z,
    char out[static UTC_TEXT_MAX])
{
	int off = offset_at(z, t) / 60;
	int64_t local = t + offset_at(z, t) * USEC;
	int64_t day = floor_div(local, 86400 * USEC);
	char *at = put_day(out, day);

	at = put_clock(at, (unsigned)((local - day * 86400 * USEC) / 1000),
	    off < 0 ? '-' : '+');
	at = put_two(at, abs(off) / 60, ':');
	at = put_two(at, abs(off) % 60, '\0');
	return (size_t)(at - 1 - out);
}

bool
civil_has_day(int year, int month, int day)
{
	static const int days[] = {
	    31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return month >= 1 && month <= 12 && day >= 1 &&
	       day <= days[month - 1] - (month == 2 && !leap);
}

/* The two digits at p as a number; below 0 if they are no digits. */
static inline int
two(const char *p)
{
	unsigned a = (unsigned)(p[0] - '0'), b = (unsigned)(p[1] - '0');

	return a > 9 || b > 9 ? -10000 : (int)(a * 10 + b);
}

/* "YYYY-MM-DD" */
static bool
parse_date(struct str *s, struct civil *c)
{
	const char *p = s->p;

	if (s->n < 10 || p[4] != '-' || p[7] != '-')
		return false;
	c->year = two(p) * 100 + two(p + 2);
	c->month = two(p + 5);
	c->day = two(p + 8);
	*s = str_from(*s, 10);
	return c->year >= 0 && civil_has_day(c->year, c->month, c->day);
}

/* Six digits and what no digit is behind them, all at once: bytes of a word
 * are added in pairs, then the pairs.  -1: it is not so. */
static int
six_digits(const char *p)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	uint64_t w, digits;

	memcpy(&w, p, 8);
	if ((unsigned)((unsigned char)p[6] - '0') < 10)
		return -1;
	digits = (w << 16) - UINT64_C(0x3030303030300000);
	if (((digits | (digits + UINT64_C(0x7676767676760000))) &
	        UINT64_C(0x8080808080800000)) != 0)
		return -1;
	digits = (digits * 10 + (digits >> 8)) & UINT64_C(0x00ff00ff00ff00ff);
	digits = (digits * 100 + (digits >> 16)) & UINT64_C(0x0000ffff0000ffff);
	return (int)((digits * 10000 + (digits >> 32)) & 0xffffffff);
#else
	(void)p;
	return -1;
#endif
}

int
utc_fraction(struct str *s)
{
	size_t i = 1;
	int usec, unit = 100000;

	if (s->n > 9 && (usec = six_digits(s->p + 1)) >= 0) {
		*s = str_from(*s, 7);
		return usec;
	}
	usec = 0;
	for (; i < s->n && s->p[i] >= '0' && s->p[i] <= '9'; i++) {
		usec += (s->p[i] - '0') * unit;
		unit /= 10;
	}
	*s = str_from(*s, i);
	return usec;
}

/* "hh:mm:ss" and a fraction */
static bool
parse_clock(struct str *s, struct civil *c)
{
	const char *p = s->p;

	if (s->n < 8 || p[2] != ':' || p[5] != ':')
		return false;
	c->hour = two(p);
	c->minute = two(p + 3);
	c->second = two(p + 6);
	c->usec = 0;
	if (c->hour < 0 || c->hour > 23 || c->minute < 0 || c->minute > 59 ||
	    c->second < 0 || c->second > 60)
		return false;
	*s = str_from(*s, 8);
	if (s->n > 1 && (s->p[0] == '.' || s->p[0] == ',') &&
	    s->p[1] >= '0' && s->p[1] <= '9')
		c->usec = utc_fraction(s);
	return true;
}

/* "Z", "+hh:mm", "+hhmm", "-hh" with or without a space before; seconds east. */
static bool
parse_offset(struct str *s, int *off)
{
	struct str t = *s;
	int sign, h, m = 0;

	if (str_skip(&t, STR("Z"))) {
		*off = 0;
		*s = t;
		return true;
	}
	str_skip(&t, STR(" "));
	if (t.n < 3 || (t.p[0] != '+' && t.p[0] != '-'))
		return false;
	sign = t.p[0] == '-' ? -1 : 1;
	t = str_from(t, 1);
	h = two(t.p);
	if (h < 0 || h > 14)
		return false;
	t = str_from(t, 2);
	str_skip(&t, STR(":"));
	if (t.n >= 2 && t.p[0] >= '0' && t.p[0] <= '5') {
		m = two(t.p);
		t = str_from(t, 2);
	}
	if (m < 0 || (t.n && t.p[0] >= '0' && t.p[0] <= '9'))
		return false;
	*off = sign * (h * 3600 + m * 60);
	*s = t;
	return true;
}

bool
utc_parse_iso(struct str *s, const struct zone *z, int64_t after, int64_t *out)
{
	struct str t = *s;
	struct civil c;
	int off;

	if (!parse_date(&t, &c))
		return false;
	if (!str_skip(&t, STR("T")) && !str_skip(&t, STR(" ")))
		return false;
	if (!parse_clock(&t, &c))
		return false;
	if (parse_offset(&t, &off))
		*out = utc_of_civil(&c, NULL, UTC_NONE) - off * USEC;
	else
		*out = utc_of_civil(&c, z, after);
	*s = t;
	return true;
}

int64_t
day_of(int64_t t, const struct zone *z)
{
	return floor_div(t + offset_at(z, t) * USEC, 86400 * USEC);
}

int64_t
day_start(int64_t day, const struct zone *z)
{
	struct civil c = {0};

	civil_from_days(day, &c);
	return utc_of_civil(&c, z, UTC_NONE);
}

size_t
day_format(int64_t day, char out[static UTC_TEXT_MAX])
{
	struct civil c;

	civil_from_days(day, &c);
	return (size_t)snprintf(out, UTC_TEXT_MAX, "%04d-%02d-%02d", c.year,
	    c.month, c.day);
}

bool
day_parse(struct str s, int64_t *day)
{
	struct civil c, back;

	if (!parse_date(&s, &c) || s.n)
		return false;
	*day = days_from_civil(c.year, c.month, c.day);
	civil_from_days(*day, &back);
	return back.day == c.day;
}

static bool
parse_relative(struct str s, int64_t now, int64_t *out)
{
	static const char unit[] = "smhdw";
	static const int64_t sec[] = {1, 60, 3600, 86400, 604800};
	struct str d;
	const char *u;
	uint64_t v;

	if (!str_skip(&s, STR("-")))
		return false;
	d = str_digits(&s);
	if (!str_u64(d, &v) || v > 1000000 || s.n != 1 ||
	    (u = strchr(unit, s.p[0])) == NULL)
		return false;
	*out = now - (int64_t)v * sec[u - unit] * USEC;
	return true;
}

bool
utc_parse_user(struct str s, const struct zone *z, int64_t now, int64_t *out)
{
	int64_t day, v;

	if (str_eq(s, STR("now")))
		*out = now;
	else if (str_eq(s, STR("today")))
		*out = day_start(day_of(now, z), z);
	else if (str_eq(s, STR("yesterday")))
		*out = day_start(day_of(now, z) - 1, z);
	else if (day_parse(s, &day))
		*out = day_start(day, z);
	else if (str_i64(s, &v) && v >= 0 && v < INT64_C(100000000000))
		*out = v * USEC;
	else if (utc_parse_iso(&s, z, UTC_NONE, out))
		return s.n == 0;
	else
		return parse_relative(s, now, out);
	return true;
}

int64_t
monotonic_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * USEC + t.tv_nsec / 1000;
}

int64_t
utc_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * USEC + ts.tv_nsec / 1000;
}
