/* SPDX-License-Identifier: Apache-2.0 */
#include "input/year_guess.h"

#include <stdlib.h>

#include "base/arena.h"
#include "input/line_header.h"
#include "input/source.h"

#define BASE_YEAR 2000 /* the first stamp's, until the real one is known */
#define HEAD      32   /* a PRI and a stamp fit in */
#define CHUNK     ((size_t)256 * 1024)

/* What the stamps say when the first one is of BASE_YEAR. */
struct days {
	struct civil last; /* of which only the day counts */
	bool any;
	int leap; /* a year that had a February 29, 0 = none */
	char head[HEAD];
	size_t head_n; /* bytes of head that are the last stamp's month, day */
};

static void
skip_pri(struct str *s)
{
	struct str t = *s;

	if (str_skip(&t, STR("<")) && str_digits(&t).n <= 3 &&
	    str_skip(&t, STR(">")))
		*s = t;
}

static void
add_line(struct days *d, struct str line)
{
	struct civil c = {0};
	struct str whole = line;
	size_t skipped;

	if (d->head_n > 0 && line.n >= d->head_n &&
	    memcmp(line.p, d->head, d->head_n) == 0)
		return;
	skip_pri(&line);
	skipped = whole.n - line.n;
	if (!stamp_parse_bsd(&line, &c))
		return;
	c.year = d->any ? stamp_year(c.month, c.day, &d->last) : BASE_YEAR;
	if (c.month == 2 && c.day == 29)
		d->leap = c.year;
	d->any = true;
	d->last = c;
	d->head_n = skipped + 7; /* "Nov 23 " */
	memcpy(d->head, whole.p, d->head_n);
}

static bool
is_leap(int y)
{
	return y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
}

static int
settle(const struct days *d, const struct zone *z, int64_t until)
{
	int64_t limit = day_of(until, z) + 1;
	int last = civil_of_utc(until, z).year + 1;
	int shift = last - d->last.year;
	struct civil c = d->last;

	if (!d->any)
		return last - 1;
	/* Within nine years one fits: leap years are at most eight apart. */
	for (int tries = 0; tries < 10; tries++, shift--) {
		c.year = d->last.year + shift;
		if (d->leap != 0 && !is_leap(d->leap + shift))
			continue;
		if (day_of(utc_of_civil(&c, z, UTC_NONE), z) <= limit)
			break;
	}
	return BASE_YEAR + shift;
}

/* Adds the lines of a chunk; returns how many bytes of it are done with: all
 * but the start of a line too short to tell. */
static size_t
add_chunk(struct days *d, struct str chunk, bool *in_line, bool end)
{
	size_t at = 0;

	while (at < chunk.n) {
		struct str rest = str_from(chunk, at);
		ptrdiff_t nl;

		if (!*in_line) {
			if (rest.n < HEAD && !end)
				break;
			add_line(d, str_head(rest, HEAD));
			*in_line = true;
		}
		nl = str_chr(rest, '\n');
		if (nl < 0)
			return chunk.n;
		at += (size_t)nl + 1;
		*in_line = false;
	}
	return at;
}

static int
scan(struct days *d, struct source *s, struct err *e)
{
	char *buf = xmalloc(CHUNK);
	size_t n = 0, done;
	bool in_line = false;
	long got;

	do {
		got = source_read(s, buf + n, CHUNK - n, e);
		n += got > 0 ? (size_t)got : 0;
		done = add_chunk(d, str_of(buf, n), &in_line, got <= 0);
		memmove(buf, buf + done, n - done);
		n -= done;
	} while (got > 0);
	free(buf);
	return got < 0 ? (int)got : 0;
}

int
year_guess_file(int *year, const char *path, int64_t offset,
    const struct zone *z, int64_t until, struct err *e)
{
	struct days d = {0};
	struct source *s;
	int64_t skipped;
	int rc = source_open(&s, path, e);

	if (rc < 0)
		return rc;
	skipped = source_skip(s, offset, e);
	rc = skipped < 0 ? (int)skipped : scan(&d, s, e);
	source_close(s);
	if (rc == 0)
		*year = settle(&d, z, until);
	return rc;
}

int
year_guess_line(struct str line, const struct zone *z, int64_t until)
{
	struct days d = {0};

	add_line(&d, line);
	return settle(&d, z, until);
}
