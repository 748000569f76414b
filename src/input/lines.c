/* SPDX-License-Identifier: Apache-2.0 */
#include "input/lines.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/hash.h"
#include "input/journal.h"

#define READ_BYTES   ((size_t)256 * 1024)
#define BUFFER_BYTES (LINE_MAX_BYTES + JOURNAL_HEAD_MAX + READ_BYTES)

struct lines {
	struct source *source;
	bool follow;
	char *buf; /* buf[at .. end) is unread */
	size_t at, end;
	size_t seen;    /* no line end in the first so many unread bytes */
	bool ended;     /* the source gave 0 */
	bool skipping;  /* in the rest of a line that was cut */
	int64_t offset; /* of buf[at] */
	int64_t line;   /* lines before it */
	int64_t taken;  /* lines that the one just given is made of */
	int64_t cut;
	struct journal_scan entry; /* begun: the unread bytes are in one */
	/* The last line that is not empty, while it is in buf; then its hash.
	 * It is asked for seldom. */
	struct str last;
	bool hashed;
	uint64_t last_hash;
	struct str kept; /* in buf, or in copy */
	char *copy;
};

struct lines *
lines_new(struct source *s, bool follow)
{
	struct lines *l = xcalloc(1, sizeof(*l));

	l->source = s;
	l->follow = follow;
	l->buf = xmalloc(BUFFER_BYTES);
	l->copy = xmalloc(LINE_MAX_BYTES);
	return l;
}

void
lines_finish(struct lines *l)
{
	l->follow = false;
}

void
lines_save(const struct lines *l, struct buf *out)
{
	pack_i64(out, l->offset);
	pack_i64(out, l->line);
	pack_u8(out, l->skipping);
	pack_str(out, l->kept);
}

static void
set_kept(struct lines *l, struct str kept)
{
	l->kept = str_head(kept, LINE_MAX_BYTES);
	if (l->kept.n > 0)
		memcpy(l->copy, l->kept.p, l->kept.n);
	l->kept.p = l->copy;
}

int
lines_restore(struct lines *l, struct rd *state, struct err *e)
{
	int64_t offset = unpack_i64(state), skipped;

	l->line = unpack_i64(state);
	l->skipping = rd_u8(state) != 0;
	set_kept(l, unpack_str(state));
	skipped = state->bad ? 0 : source_skip(l->source, offset, e);
	if (skipped < 0)
		return (int)skipped;
	l->offset = skipped;
	return 0;
}

/* The kept line must outlive its place in the buffer. */
static void
save_kept(struct lines *l)
{
	if (l->kept.n == 0 || l->kept.p == l->copy)
		return;
	memcpy(l->copy, l->kept.p, l->kept.n);
	l->kept.p = l->copy;
}

static int
refill(struct lines *l, struct err *e)
{
	long got;

	if (l->at > 0) {
		save_kept(l);
		if (l->last.n > 0) {
			l->last_hash = hash_str(l->last, 0);
			l->last = STR_NONE;
			l->hashed = true;
		}
		memmove(l->buf, l->buf + l->at, l->end - l->at);
		l->end -= l->at;
		l->at = 0;
	}
	got = source_read(l->source, l->buf + l->end, READ_BYTES, e);
	if (got < 0)
		return (int)got;
	l->end += (size_t)got;
	l->ended = got == 0;
	return 0;
}

static void
step_over(struct lines *l, size_t n)
{
	l->at += n;
	l->offset += (int64_t)n;
	l->seen = 0;
}

/* Zero bytes before a line are a hole that a crash left in the file. */
static void
skip_hole(struct lines *l)
{
	size_t n = 0;

	while (l->at + n < l->end && l->buf[l->at + n] == '\0')
		n++;
	if (n > 0)
		step_over(l, n);
}

static struct str
unread(const struct lines *l)
{
	return str_of(l->buf + l->at, l->end - l->at);
}

/* The bytes up to the next line end, or -1 if there is none in the buffer. */
static ptrdiff_t
find_line_end(struct lines *l)
{
	struct str s = unread(l);
	ptrdiff_t n = str_chr(str_from(s, l->seen), '\n');

	if (n < 0)
		l->seen = s.n;
	return n < 0 ? n : n + (ptrdiff_t)l->seen;
}

/* The first n bytes unread are a line, ended by end_n bytes. */
static inline void
take_line(struct lines *l, size_t n, size_t end_n, struct str *raw,
    int64_t *offset, int64_t *line)
{
	*raw = str_of(l->buf + l->at, n);
	*offset = l->offset;
	*line = ++l->line;
	l->taken = 1;
	step_over(l, n + end_n);
	if (raw->n > LINE_MAX_BYTES) {
		*raw = str_head(*raw, LINE_MAX_BYTES);
		l->cut++;
	}
	while (raw->n && raw->p[raw->n - 1] == '\r')
		raw->n--;
}

static int64_t
line_ends(struct str s)
{
	int64_t n = 0;
	ptrdiff_t at;

	for (; (at = str_chr(s, '\n')) >= 0; n++)
		s = str_from(s, (size_t)at + 1);
	return n;
}

/* An entry of the journal is given as one line.  The first n bytes unread are
 * its lines, ended by an empty one of end_n bytes. */
static void
take_entry(struct lines *l, size_t n, size_t end_n, struct str *raw,
    int64_t *offset, int64_t *line)
{
	int64_t ends = line_ends(str_head(unread(l), n + end_n));

	take_line(l, n, end_n, raw, offset, line);
	if (n <= LINE_MAX_BYTES && str_ends(*raw, STR("\n")))
		raw->n--;
	l->line += ends > 0 ? ends - 1 : 0;
	l->taken = line_ends(*raw) + 1 + (n <= LINE_MAX_BYTES && end_n > 0);
	l->entry.seen = 0;
}

/* Steps over the rest of a cut line or entry; true once its end has passed. */
static bool
skip_rest(struct lines *l)
{
	ptrdiff_t n;

	if (l->entry.begun) {
		l->skipping = !journal_scan(&l->entry, unread(l));
		n = (ptrdiff_t)(l->entry.seen +
		                (l->skipping ? 0 : l->entry.end_n));
		l->line += line_ends(str_head(unread(l), (size_t)n));
		l->entry.seen = 0;
		l->entry.begun = l->skipping;
		step_over(l, (size_t)n);
		return !l->skipping;
	}
	n = find_line_end(l);
	step_over(l, n < 0 ? l->end - l->at : (size_t)n + 1);
	l->skipping = n < 0;
	return !l->skipping;
}

static bool
entry_in_buffer(
    struct lines *l, struct str *raw, int64_t *offset, int64_t *line)
{
	struct journal_scan *entry = &l->entry;

	if (journal_scan(entry, unread(l))) {
		take_entry(l, entry->seen, entry->end_n, raw, offset, line);
		*entry = (struct journal_scan){0};
		return true;
	}
	if (entry->seen <= LINE_MAX_BYTES)
		return false;
	take_entry(l, entry->seen, 0, raw, offset, line);
	l->skipping = true;
	return true;
}

/* A line from what is in the buffer; false: more must be read first. */
static bool
line_in_buffer(struct lines *l, struct str *raw, int64_t *offset, int64_t *line)
{
	ptrdiff_t n;

	if (l->skipping && !skip_rest(l))
		return false;
	if (l->seen == 0)
		skip_hole(l);
	if (l->entry.begun || journal_starts(unread(l)))
		return entry_in_buffer(l, raw, offset, line);
	n = find_line_end(l);
	if (n >= 0) {
		take_line(l, (size_t)n, 1, raw, offset, line);
		return true;
	}
	if (l->end - l->at > LINE_MAX_BYTES) {
		take_line(l, l->end - l->at, 0, raw, offset, line);
		l->skipping = true;
		return true;
	}
	return false;
}

/* What is left at the end of the source, and lacks its end. */
static void
take_rest(struct lines *l, struct str *raw, int64_t *offset, int64_t *line)
{
	size_t n = l->end - l->at;

	if (l->entry.begun)
		take_entry(l, n, 0, raw, offset, line);
	else
		take_line(l, n, 0, raw, offset, line);
	l->entry = (struct journal_scan){0};
}

/* What nearly every line is: whole in the buffer, after another whole one, and
 * neither a hole nor the journal's. */
static bool
plain_line(struct lines *l, struct str *raw, int64_t *offset, int64_t *line)
{
	const char *p = l->buf + l->at, *end;

	if (l->seen > 0 || l->skipping || l->entry.begun || l->at == l->end ||
	    *p == '\0' || *p == '_')
		return false;
	end = memchr(p, '\n', l->end - l->at);
	if (end == NULL || end - p > LINE_MAX_BYTES)
		return false;
	take_line(l, (size_t)(end - p), 1, raw, offset, line);
	return true;
}

int
lines_next(struct lines *l, struct str *raw, int64_t *offset, int64_t *line,
    struct err *e)
{
	int rc;

	if (plain_line(l, raw, offset, line)) {
		if (raw->n > 0)
			l->last = *raw;
		return 1;
	}
	while (!line_in_buffer(l, raw, offset, line)) {
		if (l->ended && l->at == l->end)
			return 0;
		if (l->ended) {
			take_rest(l, raw, offset, line);
			break;
		}
		if ((rc = refill(l, e)) < 0)
			return rc;
		if (l->ended && l->follow) {
			l->ended = false;
			return 0;
		}
	}
	if (raw->n > 0)
		l->last = *raw;
	return 1;
}

bool
lines_last_hash(const struct lines *l, uint64_t *hash)
{
	if (l->last.n > 0)
		*hash = hash_str(l->last, 0);
	else if (l->hashed)
		*hash = l->last_hash;
	return l->last.n > 0 || l->hashed;
}

void
lines_keep(struct lines *l, struct str raw)
{
	l->kept = raw;
}

struct str
lines_kept(const struct lines *l)
{
	return l->kept;
}

const struct source *
lines_source(const struct lines *l)
{
	return l->source;
}

int64_t
lines_offset(const struct lines *l)
{
	return l->offset;
}

int64_t
lines_taken(const struct lines *l)
{
	return l->taken;
}

int64_t
lines_cut(const struct lines *l)
{
	return l->cut;
}

void
lines_free(struct lines *l)
{
	if (l == NULL)
		return;
	source_close(l->source);
	free(l->buf);
	free(l->copy);
	free(l);
}
