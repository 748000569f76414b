/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time is int64_t microseconds since 1970 UTC, everywhere.  Civil time in a
 * named zone goes through the C library's zone files.
 */
#ifndef BASE_UTC_H
#define BASE_UTC_H

#include "base/str.h"

#define USEC		 INT64_C(1000000)
#define UTC_TEXT_MAX	 40
#define UTC_NONE	 INT64_MIN

struct civil {
	int year, month, day; /* month 1..12, day 1..31 */
	int hour, minute, second, usec;
};

struct zone; /* a time zone; owned by the table behind zone_find */

/* The zone of an IANA name ("Europe/Vienna") or "UTC"; NULL if there is none.
 * Lives as long as the program. */
const struct zone *zone_find(struct str name);
const char *zone_text(const struct zone *z); /* "UTC" for NULL */

/* Civil time in a zone (NULL = UTC) to UTC.  Of a repeated hour (DST end) the
 * earlier instant, or the later one if the earlier is more than an hour
 * before 'after' (the time of the line before; UTC_NONE = no line before).
 * A skipped hour is read as if the clock had not been put forward. */
int64_t utc_of_civil(const struct civil *c, const struct zone *z,
    int64_t after);
struct civil civil_of_utc(int64_t t, const struct zone *z);

/* Is there such a day (1..) in that month (1..12) of that year? */
bool civil_has_day(int year, int month, int day);

/* RFC 3339 UTC with milliseconds: 2026-11-23T11:12:43.000Z.  Returns length. */
size_t utc_format(int64_t t, char out[static UTC_TEXT_MAX]);
/* Local time with offset: 2026-11-23T12:12:43.000+01:00. */
size_t utc_format_zone(int64_t t, const struct zone *z,
    char out[static UTC_TEXT_MAX]);

/* Reads "YYYY-MM-DD[T ]hh:mm:ss[.frac][ ][Z|+hh:mm|+hhmm]" at the start of s
 * and steps over it; without a zone it is civil time in z.  False: no stamp,
 * s unchanged. */
bool utc_parse_iso(struct str *s, const struct zone *z, int64_t after,
    int64_t *out);

/* A separator and digits, any number of them (".123456"), at the start of s,
 * stepped over; microseconds. */
int utc_fraction(struct str *s);

/* A day is a civil day of a zone, as days since 1970-01-01 (23 and 25 hour
 * days happen). */
int64_t day_of(int64_t t, const struct zone *z);
int64_t day_start(int64_t day, const struct zone *z);
size_t day_format(int64_t day, char out[static UTC_TEXT_MAX]); /* YYYY-MM-DD */
bool day_parse(struct str s, int64_t *day);

/* What --since and --until take: ISO 8601, epoch seconds, today, yesterday,
 * now, -24h, -7d, -30m; relative to now. */
bool utc_parse_user(struct str s, const struct zone *z, int64_t now,
    int64_t *out);
int64_t utc_now(void);
/* Microseconds of a clock that nobody sets, for durations. */
int64_t monotonic_now(void);

#endif
