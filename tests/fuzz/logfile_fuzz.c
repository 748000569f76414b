/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first byte is the size of the pieces in which the rest is read.  The
 * lines must be the same as when it is read at once (also when the bytes are
 * a compressed file, but for a damaged one: how much of the damaged block
 * comes out is up to the library), and every line must be accounted for.  A
 * header that is read by what it has in common with the line before must be
 * what it is when it is read by itself.
 */
#include "base/arena.h"
#include "base/hash.h"
#include "input/line_header.h"
#include "input/logfile.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static uint64_t
mix(uint64_t sum, enum line_kind kind, const struct log_line *l, struct str raw,
    const struct evidence *ev, int repeat)
{
	sum = hash_str(l->text, sum);
	sum = hash_str(l->host, sum);
	sum = hash_str(l->program, sum);
	sum = hash_str(raw, sum);
	sum = hash_u64((uint64_t)l->time ^ (uint64_t)kind, sum);
	return hash_u64((uint64_t)(ev->line ^ ev->offset ^ repeat), sum);
}

static uint64_t
read_all(struct str bytes, size_t chunk)
{
	const struct logfile_options opt = {
	    .zone = zone_find(STR("Europe/Vienna")),
	    .host = STR("host"),
	    .now = INT64_C(1795435963) * USEC,
	};
	struct logfile_counts c;
	struct logfile *f = NULL;
	struct source *s = NULL;
	struct log_line l;
	struct evidence ev;
	enum line_kind kind;
	struct str raw;
	struct err e;
	uint64_t sum = 0;
	int64_t given = 0;

	if (source_of_memory(&s, bytes, chunk, "fuzz", &e) < 0 ||
	    logfile_of_source(&f, s, &opt, &e) < 0)
		abort();
	while (logfile_next(f, &kind, &l, &raw, &ev, &e) == 0 &&
	       kind != LINE_END) {
		sum = mix(sum, kind, &l, raw, &ev, logfile_repeat(f));
		given += logfile_lines(f);
	}
	c = logfile_counts(f);
	if (kind != LINE_END || c.lines != given + c.empty + c.joined)
		abort();
	if (logfile_truncated(f))
		sum = 0;
	logfile_close(f);
	return sum;
}

static bool
same_line(const struct log_line *a, const struct log_line *b)
{
	return a->time == b->time && str_eq(a->host, b->host) &&
	       str_eq(a->program, b->program) && a->pid == b->pid &&
	       a->text.n == b->text.n && a->continuation == b->continuation;
}

static void
read_headers(struct str bytes, const char *zone)
{
	struct buf decoded[2] = {{0}, {0}};
	struct header_reader r[2];
	struct log_line l[2];
	enum header_form form[2];
	struct str line;
	char *block;

	for (int i = 0; i < 2; i++) {
		r[i] = header_reader_of(zone_find(str_z(zone)), STR("host"),
		    "fuzz", &decoded[i]);
		r[i].year = 2026;
		r[i].slowly = i == 1;
	}
	while (str_has(bytes)) {
		line = str_split(&bytes, '\n');
		block = xmalloc(line.n); /* its end is the block's */
		memcpy(block, line.p, line.n);
		line.p = block;
		for (int i = 0; i < 2; i++) {
			form[i] = header_read(&r[i], line, &l[i]);
			if (form[i] > HEADER_NEEDS_YEAR)
				header_strip_exim(&r[i], form[i], &l[i]);
		}
		if (form[0] != form[1] || r[0].last != r[1].last ||
		    (form[0] > HEADER_NEEDS_YEAR && !same_line(&l[0], &l[1])))
			abort();
		free(block);
	}
	buf_free(&decoded[0]);
	buf_free(&decoded[1]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str bytes;

	if (n == 0)
		return 0;
	bytes = str_of((const char *)data + 1, n - 1);
	if (read_all(bytes, 0) != read_all(bytes, 1 + data[0]))
		abort();
	read_headers(bytes, data[0] % 2 ? "Europe/Vienna" : "UTC");
	return 0;
}
