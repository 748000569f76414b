/* SPDX-License-Identifier: Apache-2.0 */
#include "input/line_parts.h"

#include <stdlib.h>

#include "base/arena.h"

struct piece {           /* one line of a whole */
	size_t start, n; /* in text */
	struct evidence evidence;
};

struct whole {
	struct whole *next;
	/* Host, program, the first part's header, then the pieces without
	 * their marks. */
	char *text;
	size_t text_n, text_size, host_n, program_n, header_n;
	struct piece *pieces;
	size_t npieces, piece_size, given;
	int64_t time; /* of the first part */
	int pid;
	int expected, total;
	bool line_ended; /* the part before ended a line */
	size_t mark_n;   /* of amavisd-new's "(id) "; 0 = Exim's */
};

struct line_parts {
	struct whole *open[PARTS_OPEN]; /* oldest first */
	size_t nopen;
	struct whole *ready, **ready_end;
	struct whole *given; /* whose text the caller may still hold */
};

enum { SAVED_END, SAVED_READY, SAVED_OPEN };

struct line_parts *
line_parts_new(void)
{
	struct line_parts *p = xcalloc(1, sizeof(*p));

	p->ready_end = &p->ready;
	return p;
}

static void
whole_free(struct whole *w)
{
	if (w == NULL)
		return;
	free(w->text);
	free(w->pieces);
	free(w);
}

void
line_parts_free(struct line_parts *p)
{
	struct whole *w;

	if (p == NULL)
		return;
	while ((w = p->ready) != NULL) {
		p->ready = w->next;
		whole_free(w);
	}
	for (size_t i = 0; i < p->nopen; i++)
		whole_free(p->open[i]);
	whole_free(p->given);
	free(p);
}

/* "[2/17] " or "[2\17] " at the start of s, stepped over. */
static bool
read_mark(struct str *s, int *part, int *total, bool *line_ends)
{
	struct str t = *s, a, b;
	uint64_t na, nb;

	if (t.n < 6 || !str_skip(&t, STR("[")))
		return false;
	a = str_digits(&t);
	*line_ends = str_skip(&t, STR("\\"));
	if (!*line_ends && !str_skip(&t, STR("/")))
		return false;
	b = str_digits(&t);
	if (a.n > 4 || b.n > 4 || !str_u64(a, &na) || !str_u64(b, &nb) ||
	    !str_skip(&t, STR("] ")) || na < 1 || nb < 2 || na > nb)
		return false;
	*part = (int)na;
	*total = (int)nb;
	*s = t;
	return true;
}

static void
append(struct whole *w, struct str s)
{
	while (w->text_n + s.n > w->text_size) {
		w->text_size = w->text_size ? w->text_size * 2 : 1024;
		w->text = xrealloc(w->text, w->text_size);
	}
	if (s.n)
		memcpy(w->text + w->text_n, s.p, s.n);
	w->text_n += s.n;
}

static void
add_piece(struct whole *w, const struct evidence *ev)
{
	if (w->npieces == w->piece_size) {
		w->piece_size = w->piece_size ? w->piece_size * 2 : 8;
		w->pieces =
		    xrealloc(w->pieces, w->piece_size * sizeof(*w->pieces));
	}
	w->pieces[w->npieces++] = (struct piece){w->text_n, 0, *ev};
}

/* How much of raw stands before the text; a JSON line's text may be a copy. */
static size_t
header_length(const struct log_line *line, struct str raw)
{
	uintptr_t at = (uintptr_t)line->text.p, from = (uintptr_t)raw.p;

	return at >= from && at <= from + raw.n ? at - from : 0;
}

static struct whole *
whole_new(const struct log_line *line, struct str raw, int total)
{
	struct whole *w = xcalloc(1, sizeof(*w));

	w->time = line->time;
	w->pid = line->pid;
	w->total = total;
	w->expected = 1;
	w->line_ended = true;
	w->host_n = line->host.n;
	w->program_n = line->program.n;
	w->header_n = header_length(line, raw);
	append(w, line->host);
	append(w, line->program);
	append(w, str_head(raw, w->header_n));
	return w;
}

static struct str
whole_host(const struct whole *w)
{
	return str_of(w->text, w->host_n);
}

static struct str
whole_program(const struct whole *w)
{
	return str_of(w->text + w->host_n, w->program_n);
}

static void
add_part(
    struct whole *w, struct str text, bool line_ends, const struct evidence *ev)
{
	if (w->line_ended)
		add_piece(w, ev);
	append(w, text);
	w->pieces[w->npieces - 1].n += text.n;
	w->line_ended = line_ends;
	w->expected++;
}

static size_t
find_open(const struct line_parts *p, const struct log_line *line)
{
	size_t i = 0;

	while (i < p->nopen &&
	       (p->open[i]->pid != line->pid ||
	           !str_eq(whole_host(p->open[i]), line->host) ||
	           !str_eq(whole_program(p->open[i]), line->program)))
		i++;
	return i;
}

static void
make_ready(struct line_parts *p, size_t i)
{
	struct whole *w = p->open[i];

	p->nopen--;
	memmove(p->open + i, p->open + i + 1,
	    (p->nopen - i) * sizeof(struct whole *));
	*p->ready_end = w;
	p->ready_end = &w->next;
}

static size_t
open_new(struct line_parts *p, const struct log_line *line, struct str raw,
    int total)
{
	if (p->nopen == PARTS_OPEN)
		make_ready(p, 0);
	p->open[p->nopen] = whole_new(line, raw, total);
	return p->nopen++;
}

static const struct str dots = STR("...");

/* amavisd-new's "(id) Passed" or "(id) Blocked", ending in three dots where
 * the text goes on: length of "(id) ", else 0. */
static size_t
wrapped_mark(const struct log_line *line)
{
	struct str s = line->text, id;

	if (!str_starts(line->program, STR("amavis")) || !str_ends(s, dots) ||
	    !str_skip(&s, STR("(")) || !str_until(&s, STR(") "), &id))
		return 0;
	if (!str_starts(s, STR("Passed ")) && !str_starts(s, STR("Blocked ")))
		return 0;
	return id.n + 3;
}

/* "(id) ...rest" behind the first part of the same id: the dots of both ends
 * go, unless more follows. */
static bool
join_wrapped(struct line_parts *p, size_t i, struct str text)
{
	struct whole *w = p->open[i];
	struct piece *piece = &w->pieces[0];
	struct str mark = str_of(w->text + piece->start, w->mark_n);

	if (!str_skip(&text, mark) || !str_skip(&text, dots) ||
	    w->text_n + text.n > PARTS_BYTES)
		return false;
	w->text_n -= dots.n;
	append(w, text);
	w->pieces[0].n = w->text_n - w->pieces[0].start;
	if (!str_ends(text, dots))
		make_ready(p, i);
	return true;
}

static enum part_answer
add_wrapped(struct line_parts *p, const struct log_line *line, struct str raw,
    const struct evidence *ev, size_t mark)
{
	size_t i = open_new(p, line, raw, 0);

	p->open[i]->mark_n = mark;
	add_part(p->open[i], line->text, false, ev);
	return PART_KEPT;
}

enum part_answer
line_parts_add(struct line_parts *p, const struct log_line *line,
    struct str raw, const struct evidence *ev)
{
	size_t i = p->nopen ? find_open(p, line) : 0, mark;
	struct str text = line->text;
	bool is_part, line_ends, joins;
	int part, total;
	struct whole *w;

	if (i < p->nopen && p->open[i]->mark_n) {
		if (join_wrapped(p, i, text))
			return PART_JOINED;
		make_ready(p, i);
		i = p->nopen;
	}
	if ((mark = wrapped_mark(line)) > 0)
		return add_wrapped(p, line, raw, ev, mark);
	is_part = text.n && text.p[0] == '[' &&
	          read_mark(&text, &part, &total, &line_ends);
	if (i < p->nopen && (!is_part || p->open[i]->expected != part ||
	                        p->open[i]->total != total ||
	                        p->open[i]->text_n + text.n > PARTS_BYTES)) {
		make_ready(p, i);
		i = p->nopen;
	}
	if (!is_part || (i == p->nopen && part != 1))
		return PART_NONE;
	if (i == p->nopen)
		i = open_new(p, line, raw, total);
	w = p->open[i];
	joins = !w->line_ended;
	add_part(w, text, line_ends, ev);
	if (part == total)
		make_ready(p, i);
	return joins ? PART_JOINED : PART_KEPT;
}

void
line_parts_end(struct line_parts *p)
{
	while (p->nopen > 0)
		make_ready(p, 0);
}

static void
save_whole(const struct whole *w, struct buf *out)
{
	size_t i;

	pack_i64(out, (int64_t)w->host_n);
	pack_i64(out, (int64_t)w->program_n);
	pack_i64(out, (int64_t)w->header_n);
	pack_str(out, str_of(w->text, w->text_n));
	pack_i64(out, w->time);
	pack_i64(out, w->pid);
	pack_i64(out, w->expected);
	pack_i64(out, w->total);
	pack_u8(out, w->line_ended);
	pack_i64(out, (int64_t)w->mark_n);
	pack_i64(out, (int64_t)w->given);
	for (i = 0; i < w->npieces; i++) {
		pack_u8(out, 1);
		pack_i64(out, (int64_t)w->pieces[i].start);
		pack_i64(out, (int64_t)w->pieces[i].n);
		pack_i64(out, w->pieces[i].evidence.offset);
		pack_i64(out, w->pieces[i].evidence.line);
	}
	pack_u8(out, 0);
}

void
line_parts_save(const struct line_parts *p, struct buf *out)
{
	const struct whole *w;
	size_t i;

	for (w = p->ready; w != NULL; w = w->next) {
		pack_u8(out, SAVED_READY);
		save_whole(w, out);
	}
	for (i = 0; i < p->nopen; i++) {
		pack_u8(out, SAVED_OPEN);
		save_whole(p->open[i], out);
	}
	pack_u8(out, SAVED_END);
}

static void
restore_pieces(struct whole *w, struct rd *r, struct str source)
{
	struct evidence ev = {.source = source};
	int64_t start, n;

	while (rd_u8(r) == 1) {
		start = unpack_i64(r);
		n = unpack_i64(r);
		ev.offset = unpack_i64(r);
		ev.line = unpack_i64(r);
		if (start < 0 || n < 0 || start > (int64_t)w->text_n ||
		    n > (int64_t)w->text_n - start) {
			r->bad = true;
			return;
		}
		add_piece(w, &ev);
		w->pieces[w->npieces - 1].start = (size_t)start;
		w->pieces[w->npieces - 1].n = (size_t)n;
	}
}

static struct whole *
restore_whole(struct rd *r, struct str source)
{
	struct whole *w = xcalloc(1, sizeof(*w));

	w->host_n = (size_t)unpack_i64(r);
	w->program_n = (size_t)unpack_i64(r);
	w->header_n = (size_t)unpack_i64(r);
	append(w, unpack_str(r));
	w->time = unpack_i64(r);
	w->pid = (int)unpack_i64(r);
	w->expected = (int)unpack_i64(r);
	w->total = (int)unpack_i64(r);
	w->line_ended = rd_u8(r) != 0;
	w->mark_n = (size_t)unpack_i64(r);
	w->given = (size_t)unpack_i64(r);
	restore_pieces(w, r, source);
	if (w->host_n > w->text_n || w->program_n > w->text_n - w->host_n ||
	    w->npieces == 0 || w->given >= w->npieces ||
	    w->pieces[0].start < w->host_n + w->program_n ||
	    w->header_n > w->pieces[0].start ||
	    w->mark_n > w->pieces[0].n)
		r->bad = true;
	return w;
}

bool
line_parts_restore(
    struct line_parts *p, struct rd *state, struct str source)
{
	uint8_t kind;

	while ((kind = rd_u8(state)) == SAVED_READY || kind == SAVED_OPEN) {
		struct whole *w = restore_whole(state, source);

		if (state->bad || p->nopen == PARTS_OPEN) {
			whole_free(w);
			return false;
		}
		p->open[p->nopen++] = w;
		if (kind == SAVED_READY)
			make_ready(p, p->nopen - 1);
	}
	return !state->bad;
}

bool
line_parts_next(struct line_parts *p, struct log_line *line, struct str *raw,
    struct evidence *ev)
{
	struct whole *w = p->ready;
	const struct piece *piece;

	if (p->given != NULL) {
		whole_free(p->given);
		p->given = NULL;
	}
	if (w == NULL)
		return false;
	piece = &w->pieces[w->given];
	*line = (struct log_line){.time = w->time,
	    .host = whole_host(w),
	    .program = whole_program(w),
	    .pid = w->pid,
	    .text = str_of(w->text + piece->start, piece->n),
	    .continuation = w->given > 0};
	*raw = line->text;
	if (w->given == 0) /* the header stands right before it */
		*raw = str_of(
		    line->text.p - w->header_n, w->header_n + line->text.n);
	*ev = piece->evidence;
	if (++w->given == w->npieces) {
		p->ready = w->next;
		if (p->ready == NULL)
			p->ready_end = &p->ready;
		p->given = w;
	}
	return true;
}
