/* SPDX-License-Identifier: Apache-2.0 */
#include "input/logfile.h"

#include <stdlib.h>

#include "base/arena.h"
#include "input/line_header.h"
#include "input/line_parts.h"
#include "input/year_guess.h"

struct logfile {
	struct lines *lines; /* keeps the last syslog line */
	struct logfile_options opt;
	const char *path;
	struct str source; /* the same, for evidence */
	struct header_reader header;
	struct buf decoded;
	struct line_parts *parts;
	struct logfile_counts counts;
	int64_t taken;         /* lines of the source in the one just read */
	int64_t given;         /* ... in the one just returned */
	enum header_form form; /* of the last headed line */
	int repeat;
	struct logfile_place place; /* but for next and, mostly, hash */
};

#define FORMAT 1 /* of what logfile_save writes */

static bool
restore(struct logfile *f, struct rd *r)
{
	f->header.year = (int)unpack_i64(r);
	f->header.last = unpack_i64(r);
	f->header.clam_milter = rd_u8(r) != 0;
	f->form = (enum header_form)rd_u8(r);
	f->repeat = (int)unpack_i64(r);
	f->given = unpack_i64(r);
	f->place.offset = unpack_i64(r);
	f->place.bytes = unpack_i64(r);
	f->place.hash = (uint64_t)unpack_i64(r);
	f->counts.lines = unpack_i64(r);
	f->counts.empty = unpack_i64(r);
	f->counts.joined = unpack_i64(r);
	f->counts.repeated = unpack_i64(r);
	return line_parts_restore(f->parts, r, f->source);
}

/* Goes on where logfile_save was called. */
static int
resume(struct logfile *f, struct err *e)
{
	struct rd r = rd_of(f->opt.state.p, f->opt.state.n);
	bool ours = rd_be32(&r) == FORMAT;
	int rc = ours ? lines_restore(f->lines, &r, e) : 0;

	if (rc >= 0 && (!ours || r.bad || !restore(f, &r)))
		rc = err_set(e, ERR_FAIL,
		    "%s: where its reading ended cannot be read", f->path);
	return rc;
}

void
logfile_save(const struct logfile *f, struct buf *out)
{
	struct logfile_place place = logfile_place(f);

	pack_u32(out, FORMAT);
	lines_save(f->lines, out);
	pack_i64(out, f->header.year);
	pack_i64(out, f->header.last);
	pack_u8(out, f->header.clam_milter);
	pack_u8(out, (uint8_t)f->form);
	pack_i64(out, f->repeat);
	pack_i64(out, f->given);
	pack_i64(out, place.offset);
	pack_i64(out, place.bytes);
	pack_i64(out, (int64_t)place.hash);
	pack_i64(out, f->counts.lines);
	pack_i64(out, f->counts.empty);
	pack_i64(out, f->counts.joined);
	pack_i64(out, f->counts.repeated);
	line_parts_save(f->parts, out);
}

int
logfile_of_source(struct logfile **out, struct source *s,
    const struct logfile_options *opt, struct err *e)
{
	struct logfile *f = xcalloc(1, sizeof(*f));
	int rc = 0;

	f->lines = lines_new(s, opt->follow);
	f->opt = *opt;
	f->path = source_path(s);
	f->source = str_z(f->path);
	f->header = header_reader_of(opt->zone, opt->host,
	    opt->name ? opt->name : f->path, &f->decoded);
	f->header.year = opt->year;
	f->parts = line_parts_new();
	f->repeat = 1;
	if (opt->state.n > 0)
		rc = resume(f, e);
	if (rc < 0)
		logfile_close(f);
	else
		*out = f;
	return rc;
}

int
logfile_open(struct logfile **out, const char *path,
    const struct logfile_options *opt, struct err *e)
{
	struct source *s;
	int rc = source_open(&s, path, e);

	return rc < 0 ? rc : logfile_of_source(out, s, opt, e);
}

static int
guess_year(
    struct logfile *f, struct str raw, const struct evidence *ev, struct err *e)
{
	int64_t until = source_mtime(lines_source(f->lines));

	if (source_is_regular(lines_source(f->lines)))
		return year_guess_file(&f->header.year, f->path, ev->offset,
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
	struct str s = line->text, kept = lines_kept(f->lines);
	struct header_reader reader;
	enum header_form form;
	struct log_line last;
	int64_t n;

	if (line->program.n != 0 || kept.n == 0 ||
	    !str_skip(&s, STR("last message repeated ")) || !read_times(&s, &n))
		return 0;
	reader = f->header;
	form = header_read(&reader, kept, &last);
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
	int64_t n = 0;

	if (line->program.n == 0)
		n = recall_repeated(f, line);
	if (n == 0) {
		if (line->text.n > 0 && line->text.p[0] == 'm')
			n = unwrap_repeated(line);
		lines_keep(f->lines, raw);
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

/* The header of an MTA's own format; false: it may be one of the others. */
static bool
own_header(struct logfile *f, enum line_kind *kind, struct log_line *line,
    struct str raw)
{
	const struct parser_ops *own = f->opt.own;

	*line = (struct log_line){.time = f->header.last,
	    .host = f->header.host,
	    .program = STR(""),
	    .text = raw};
	switch (own->head(own->cfg, raw, f->opt.zone, f->opt.own_state, line)) {
	case HEAD_OTHER:
		return false;
	case HEAD_BAD:
		*kind = LINE_UNHEADED;
		return true;
	case HEAD_TIMED:
		*kind = LINE_HEADED;
		f->header.last = line->time;
		return true;
	case HEAD_UNTIMED:
		*kind = LINE_CONTINUATION;
		line->continuation = true;
		return true;
	}
	return false;
}

/* 1: the line is given; 0: it became part of another one. */
static int
read_header(struct logfile *f, enum line_kind *kind, struct log_line *line,
    struct str raw, const struct evidence *ev, struct err *e)
{
	enum header_form form;
	enum part_answer part;
	int rc;

	if (f->opt.own != NULL && own_header(f, kind, line, raw))
		return 1;
	form = header_read(&f->header, raw, line);
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
	if (!is_syslog(form) && form != HEADER_JOURNAL)
		return 1;
	part = line_parts_add(f->parts, line, raw, ev);
	if (part != PART_NONE) {
		f->counts.joined += f->taken - (part == PART_KEPT);
		lines_keep(f->lines, STR_NONE);
		return 0;
	}
	header_strip_exim(&f->header, form, line);
	if (is_syslog(form))
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
		f->given = 1;
		if (next_part(f, kind, line, raw, ev))
			return 0;
		rc = lines_next(f->lines, raw, &ev->offset, &ev->line, e);
		if (rc < 0)
			return rc;
		if (rc == 0) {
			if (!f->opt.follow)
				line_parts_end(f->parts);
			if (!next_part(f, kind, line, raw, ev))
				*kind = LINE_END;
			return 0;
		}
		rc = 0;
		ev->source = f->source;
		f->taken = f->given = lines_taken(f->lines);
		f->counts.lines += f->taken;
		if (raw->n == 0) {
			f->counts.empty++;
			continue;
		}
		f->place.offset = ev->offset;
		f->place.bytes = (int64_t)raw->n;
		rc = read_header(f, kind, line, *raw, ev, e);
	}
	return rc < 0 ? rc : 0;
}

int
logfile_repeat(const struct logfile *f)
{
	return f->repeat;
}

int64_t
logfile_lines(const struct logfile *f)
{
	return f->given;
}

void
logfile_finish(struct logfile *f)
{
	f->opt.follow = false;
	lines_finish(f->lines);
}

struct logfile_place
logfile_place(const struct logfile *f)
{
	struct logfile_place p = f->place;

	lines_last_hash(f->lines, &p.hash);
	p.next = lines_offset(f->lines);
	return p;
}

const struct source *
logfile_source(const struct logfile *f)
{
	return lines_source(f->lines);
}

struct logfile_counts
logfile_counts(const struct logfile *f)
{
	struct logfile_counts c = f->counts;

	c.cut = lines_cut(f->lines);
	return c;
}

bool
logfile_truncated(const struct logfile *f)
{
	return source_truncated(lines_source(f->lines));
}

void
logfile_close(struct logfile *f)
{
	if (f == NULL)
		return;
	lines_free(f->lines);
	line_parts_free(f->parts);
	buf_free(&f->decoded);
	free(f);
}
