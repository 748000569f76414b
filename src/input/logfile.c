/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One buffer: buf[at .. end) is unread.  Memory is bounded by it, whatever
 * the file holds.
 */
#include "input/logfile.h"

#include <stdlib.h>

#include "base/arena.h"
#include "input/line_header.h"
#include "input/line_parts.h"
#include "input/year_guess.h"

#define READ_BYTES   ((size_t)256 * 1024)
#define BUFFER_BYTES (LINE_MAX_BYTES + READ_BYTES)

struct logfile {
	struct source *source;
	struct logfile_options opt;
	struct str path;
	struct header_reader header;
	struct line_parts *parts;
	struct logfile_counts counts;

	char *buf;
	size_t at, end;
	size_t seen; /* of the unread bytes, no line end in the first so many */
	bool ended;  /* the source gave 0 */
	bool skipping;  /* in the rest of a line that was cut */
	int64_t offset; /* of buf[at] */
	int64_t line;   /* lines before it */

	enum header_form form; /* of the last headed line */
	struct str last_raw;   /* that syslog line, in buf or in last_copy */
	char *last_copy;
	int repeat;
};

int
logfile_of_source(struct logfile **out, struct source *s,
    const struct logfile_options *opt, struct err *e)
{
	struct logfile *f = xcalloc(1, sizeof(*f));
	int64_t skipped = 0;

	f->source = s;
	f->opt = *opt;
	f->path = str_z(source_path(s));
	f->header = header_reader_of(opt->zone, opt->host, source_path(s));
	f->header.year = opt->year;
	if (opt->after != 0)
		f->header.last = opt->after;
	f->parts = line_parts_new();
	f->buf = xmalloc(BUFFER_BYTES);
	f->last_copy = xmalloc(LINE_MAX_BYTES);
	f->repeat = 1;
	if (opt->offset > 0)
		skipped = source_skip(s, opt->offset, e);
	if (skipped < 0) {
		logfile_close(f);
		return (int)skipped;
	}
	f->offset = skipped;
	f->line = opt->lines;
	*out = f;
	return 0;
}

int
logfile_open(struct logfile **out, const char *path,
    const struct logfile_options *opt, struct err *e)
{
	struct source *s;
	int rc = source_open(&s, path, e);

	return rc < 0 ? rc : logfile_of_source(out, s, opt, e);
}

/* The line before must outlive its place in the buffer. */
static void
save_last(struct logfile *f)
{
	if (f->last_raw.n == 0 || f->last_raw.p == f->last_copy)
		return;
	memcpy(f->last_copy, f->last_raw.p, f->last_raw.n);
	f->last_raw.p = f->last_copy;
}

static int
refill(struct logfile *f, struct err *e)
{
	long got;

	if (f->at > 0) {
		save_last(f);
		memmove(f->buf, f->buf + f->at, f->end - f->at);
		f->end -= f->at;
		f->at = 0;
	}
	got = source_read(f->source, f->buf + f->end, READ_BYTES, e);
	if (got < 0)
		return (int)got;
	f->end += (size_t)got;
	f->ended = got == 0;
	return 0;
}

static void
step_over(struct logfile *f, size_t n)
{
	f->at += n;
	f->offset += (int64_t)n;
	f->seen = 0;
}

/* Zero bytes before a line are a hole that a crash left in the file. */
static void
skip_hole(struct logfile *f)
{
	size_t n = 0;

	while (f->at + n < f->end && f->buf[f->at + n] == '\0')
		n++;
	if (n > 0)
		step_over(f, n);
}

/* The bytes up to the next line end, or -1 if there is none in the buffer. */
static ptrdiff_t
find_line_end(struct logfile *f)
{
	struct str s = str_of(f->buf + f->at, f->end - f->at);
	ptrdiff_t n = str_chr(str_from(s, f->seen), '\n');

	if (n < 0)
		f->seen = s.n;
	return n < 0 ? n : n + (ptrdiff_t)f->seen;
}

/* The first n bytes unread are a line, ended by end_n bytes. */
static void
take_line(struct logfile *f, size_t n, size_t end_n, struct str *raw,
    struct evidence *ev)
{
	*raw = str_of(f->buf + f->at, n);
	*ev = (struct evidence){f->path, f->offset, ++f->line};
	f->counts.lines++;
	step_over(f, n + end_n);
	if (raw->n > LINE_MAX_BYTES) {
		*raw = str_head(*raw, LINE_MAX_BYTES);
		f->counts.cut++;
	}
	while (raw->n && raw->p[raw->n - 1] == '\r')
		raw->n--;
}

/* Steps over the rest of a cut line; true once its end has passed. */
static bool
skip_rest(struct logfile *f)
{
	ptrdiff_t n = find_line_end(f);

	step_over(f, n < 0 ? f->end - f->at : (size_t)n + 1);
	f->skipping = n < 0;
	return !f->skipping;
}

/* A line from what is in the buffer; false: more must be read first. */
static bool
line_in_buffer(struct logfile *f, struct str *raw, struct evidence *ev)
{
	ptrdiff_t n;

	if (f->skipping && !skip_rest(f))
		return false;
	if (f->seen == 0)
		skip_hole(f);
	n = find_line_end(f);
	if (n >= 0) {
		take_line(f, (size_t)n, 1, raw, ev);
		return true;
	}
	if (f->end - f->at > LINE_MAX_BYTES) {
		take_line(f, f->end - f->at, 0, raw, ev);
		f->skipping = true;
		return true;
	}
	return false;
}

/* 1 a line, 0 the end. */
static int
next_raw(struct logfile *f, struct str *raw, struct evidence *ev, struct err *e)
{
	int rc;

	while (!line_in_buffer(f, raw, ev)) {
		if (f->ended && f->at == f->end)
			return 0;
		if (f->ended) {
			take_line(f, f->end - f->at, 0, raw, ev);
			return 1;
		}
		if ((rc = refill(f, e)) < 0)
			return rc;
		if (f->ended && f->opt.follow) {
			f->ended = false;
			return 0;
		}
	}
	return 1;
}

static int
guess_year(
    struct logfile *f, struct str raw, const struct evidence *ev, struct err *e)
{
	int64_t until = source_mtime(f->source);

	if (source_is_regular(f->source))
		return year_guess_file(&f->header.year, f->path.p, ev->offset,
		    f->opt.zone, until, e);
	until = f->opt.now ? f->opt.now : utc_now();
	f->header.year = year_guess_line(raw, f->opt.zone, until);
	return 0;
}

static bool
is_syslog(enum header_form form)
{
	return form == HEADER_BSD || form == HEADER_ISO || form == HEADER_5424;
}

/* "3 times" and what follows. */
static bool
read_times(struct str *s, int64_t *n)
{
	struct str d = str_digits(s);
	uint64_t v;

	if (!str_u64(d, &v) || v < 1 ||
	    (!str_skip(s, STR(" times")) && !str_skip(s, STR(" time"))))
		return false;
	*n = v < LOGFILE_REPEAT_MAX ? (int64_t)v : LOGFILE_REPEAT_MAX;
	return true;
}

/* rsyslog: "prog[pid]: message repeated 3 times: [ text]"; 0 = it is not. */
static int64_t
unwrap_repeated(struct log_line *line)
{
	struct str s = line->text;
	int64_t n;

	if (line->program.n == 0 || !str_skip(&s, STR("message repeated ")) ||
	    !read_times(&s, &n) || !str_skip(&s, STR(": [")) ||
	    !str_ends(s, STR("]")))
		return 0;
	str_skip(&s, STR(" "));
	line->text = str_head(s, s.n ? s.n - 1 : 0);
	return n;
}

/* BSD syslogd: "host last message repeated 3 times", of the same host's line
 * right before; 0 = it is not, or that line is not known. */
static int64_t
recall_repeated(struct logfile *f, struct log_line *line)
{
	struct header_reader reader = f->header;
	struct str s = line->text;
	enum header_form form;
	struct log_line last;
	int64_t n;

	if (line->program.n != 0 || f->last_raw.n == 0 ||
	    !str_skip(&s, STR("last message repeated ")) || !read_times(&s, &n))
		return 0;
	form = header_read(&reader, f->last_raw, &last);
	header_strip_exim(&reader, form, &last);
	if (!str_eq(last.host, line->host))
		return 0;
	unwrap_repeated(&last);
	last.time = line->time;
	*line = last;
	return n;
}

static void
unfold_repeated(struct logfile *f, struct log_line *line, struct str raw)
{
	int64_t n = recall_repeated(f, line);

	if (n == 0) {
		n = unwrap_repeated(line);
		f->last_raw = raw;
	}
	if (n > 1) {
		f->repeat = (int)n;
		f->counts.repeated += n - 1;
	}
}

static enum line_kind
without_header(struct logfile *f, struct log_line *line, struct str raw)
{
	bool exim = f->form == HEADER_EXIM;

	*line =
	    (struct log_line){.host = STR(""), .program = STR(""), .text = raw};
	if (!exim)
		return LINE_UNHEADED;
	line->time = f->header.last;
	line->host = f->header.host;
	line->program = STR("exim");
	line->continuation = true;
	return LINE_CONTINUATION;
}

/* 1: the line is given; 0: it became part of another one. */
static int
read_header(struct logfile *f, enum line_kind *kind, struct log_line *line,
    struct str raw, const struct evidence *ev, struct err *e)
{
	enum header_form form = header_read(&f->header, raw, line);
	enum part_answer part;
	int rc;

	if (form == HEADER_NEEDS_YEAR) {
		if ((rc = guess_year(f, raw, ev, e)) < 0)
			return rc;
		form = header_read(&f->header, raw, line);
	}
	if (form == HEADER_NONE) {
		*kind = without_header(f, line, raw);
		return 1;
	}
	f->form = form;
	*kind = LINE_HEADED;
	if (!is_syslog(form))
		return 1;
	part = line_parts_add(f->parts, line, raw, ev);
	f->counts.joined += part == PART_JOINED;
	if (part != PART_NONE) {
		f->last_raw = STR_NONE;
		return 0;
	}
	header_strip_exim(&f->header, form, line);
	unfold_repeated(f, line, raw);
	return 1;
}

static bool
next_part(struct logfile *f, enum line_kind *kind, struct log_line *line,
    struct str *raw, struct evidence *ev)
{
	if (!line_parts_next(f->parts, line, raw, ev))
		return false;
	*kind = line->continuation ? LINE_CONTINUATION : LINE_HEADED;
	if (!line->continuation)
		header_strip_exim(&f->header, f->form, line);
	return true;
}

int
logfile_next(struct logfile *f, enum line_kind *kind, struct log_line *line,
    struct str *raw, struct evidence *ev, struct err *e)
{
	int rc = 0;

	f->repeat = 1;
	while (rc == 0) {
		if (next_part(f, kind, line, raw, ev))
			return 0;
		if ((rc = next_raw(f, raw, ev, e)) < 0)
			return rc;
		if (rc == 0) {
			if (!f->opt.follow)
				line_parts_end(f->parts);
			if (!next_part(f, kind, line, raw, ev))
				*kind = LINE_END;
			return 0;
		}
		rc = 0;
		if (raw->n == 0)
			f->counts.empty++;
		else
			rc = read_header(f, kind, line, *raw, ev, e);
	}
	return rc < 0 ? rc : 0;
}

int
logfile_repeat(const struct logfile *f)
{
	return f->repeat;
}

void
logfile_tell(const struct logfile *f, int64_t *offset, int64_t *lines)
{
	*offset = f->offset;
	*lines = f->line;
}

struct logfile_counts
logfile_counts(const struct logfile *f)
{
	return f->counts;
}

bool
logfile_truncated(const struct logfile *f)
{
	return source_truncated(f->source);
}

void
logfile_close(struct logfile *f)
{
	if (f == NULL)
		return;
	source_close(f->source);
	line_parts_free(f->parts);
	free(f->buf);
	free(f->last_copy);
	free(f);
}
