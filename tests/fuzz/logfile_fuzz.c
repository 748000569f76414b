/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first byte is the size of the pieces in which the rest is read.  The
 * lines must be the same as when it is read at once (also when the bytes are
 * a compressed file, but for a damaged one: how much of the damaged block
 * comes out is up to the library), and every line must be accounted for.
 */
#include "base/hash.h"
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

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str bytes;

	if (n == 0)
		return 0;
	bytes = str_of((const char *)data + 1, n - 1);
	if (read_all(bytes, 0) != read_all(bytes, 1 + data[0]))
		abort();
	return 0;
}
