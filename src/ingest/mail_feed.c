/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/mail_feed.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/map.h"
#include "base/rd.h"
#include "ingest/spill.h"

#define HOUR         (3600 * USEC)
#define PROGRAMS_MAX 4096 /* names remembered; a log can hold any number */
#define RECENT       32   /* of them that are found without a hash */

/* Who reads the lines of a program. */
struct reader {
	struct str program;
	const struct parser_ops *parser; /* or NULL */
	bool rules;
	size_t state_at; /* of the parser's block in a file's state */
	struct reader *chain;
};

struct feed_file {
	struct mail_input in;
	struct logfile *log;
	struct str path;
	struct line_counts n;
	int64_t first, last; /* times; UTC_NONE = no line yet */
	/* before the line that is next */
	struct logfile_counts counts;
	struct logfile_counts base; /* of lines that an earlier run counted */
	char *state;
	struct buf strange; /* blocks of parsers that are not there, packed */
	size_t mta_at; /* of in.mta's block in it */
	/* the line that is next */
	bool ready, ended;
	enum line_kind kind;
	struct log_line line;
	struct str raw;
	struct evidence evidence;
};

struct mail_feed {
	const struct parsers *parsers;
	const struct rules *rules;
	struct assembler *assembler;
	struct unparsed_sink *unparsed;
	struct feed_file *files;
	size_t nfiles;
	size_t state_size; /* of all parsers together */
	struct map readers, hours;
	struct reader *recent[RECENT]; /* by what is quickly told of a name */
	struct hour_counts *hour; /* the last line's */
	size_t nreaders;
	struct arena mem, hour_mem;
	/* the line being read */
	struct event_sink sink;
	struct feed_file *current;
	const struct parser_ops *parser;
	struct str mta; /* its name */
};

static void on_event(
    struct event_sink *sink, struct str instance, const struct event *ev);

/* Bytes of a parser's block in a file's state. */
static size_t
state_room(const struct parser_ops *p)
{
	return (p->state_size + 15) & ~15UL;
}

struct mail_feed *
mail_feed_new(const struct parsers *parsers, const struct rules *rules,
    struct assembler *a, struct unparsed_sink *unparsed)
{
	struct mail_feed *f = xcalloc(1, sizeof(*f));
	const struct parser_ops *p;
	size_t i;

	f->parsers = parsers;
	f->rules = rules;
	f->assembler = a;
	f->unparsed = unparsed;
	f->sink.emit = on_event;
	for (i = 0; (p = parsers_at(parsers, i)) != NULL; i++)
		f->state_size += state_room(p);
	return f;
}

void
mail_feed_free(struct mail_feed *f)
{
	size_t i;

	if (f == NULL)
		return;
	for (i = 0; i < f->nfiles; i++) {
		logfile_close(f->files[i].log);
		free(f->files[i].state);
		buf_free(&f->files[i].strange);
	}
	free(f->files);
	map_free(&f->readers);
	map_free(&f->hours);
	arena_free(&f->mem);
	arena_free(&f->hour_mem);
	free(f);
}

/* The parsers' blocks in a file's state. */

static size_t
state_offset(const struct mail_feed *f, const struct parser_ops *p)
{
	const struct parser_ops *other;
	size_t i, at = 0;

	for (i = 0; (other = parsers_at(f->parsers, i)) != p; i++)
		at += state_room(other);
	return at;
}

/* Between runs. */

/* Each block with its parser's name: another run may have other parsers, and
 * keeps those of the parsers that it has not. */
static void
save_blocks(
    const struct mail_feed *f, const struct feed_file *file, struct buf *out)
{
	const struct parser_ops *p;
	size_t i, at = 0;

	for (i = 0; (p = parsers_at(f->parsers, i)) != NULL; i++) {
		if (p->state_size > 0) {
			pack_str(out, str_z(p->name));
			pack_str(out, str_of(file->state + at, p->state_size));
		}
		at += state_room(p);
	}
	buf_s(out, buf_str(&file->strange));
}

static bool
restore_blocks(
    const struct mail_feed *f, struct feed_file *file, struct str state)
{
	struct rd r = rd_of(state.p, state.n);

	while (rd_left(&r) > 0 && !r.bad) {
		struct str name = unpack_str(&r), block = unpack_str(&r);
		const struct parser_ops *p = parsers_find(f->parsers, name);

		if (!r.bad && p != NULL && block.n == p->state_size)
			memcpy(
			    file->state + state_offset(f, p), block.p, block.n);
		if (!r.bad && p == NULL) {
			pack_str(&file->strange, name);
			pack_str(&file->strange, block);
		}
	}
	return !r.bad;
}

static void
save_next(const struct feed_file *file, struct buf *out)
{
	const struct log_line *l = &file->line;

	pack_u8(out, (uint8_t)file->kind);
	pack_i64(out, l->time);
	pack_str(out, l->host);
	pack_str(out, l->program);
	pack_i64(out, l->pid);
	pack_str(out, l->text);
	pack_u8(out, l->continuation);
	pack_str(out, file->raw);
	pack_i64(out, file->evidence.offset);
	pack_i64(out, file->evidence.line);
}

static void
restore_next(struct feed_file *file, struct rd *r)
{
	struct log_line *l = &file->line;

	file->kind = (enum line_kind)rd_u8(r);
	l->time = unpack_i64(r);
	l->host = unpack_str(r);
	l->program = unpack_str(r);
	l->pid = (int)unpack_i64(r);
	l->text = unpack_str(r);
	l->continuation = rd_u8(r) != 0;
	file->raw = unpack_str(r);
	file->evidence.source = file->path;
	file->evidence.offset = unpack_i64(r);
	file->evidence.line = unpack_i64(r);
}

void
mail_feed_state(const struct mail_feed *f, size_t n, struct buf *out)
{
	const struct feed_file *file = &f->files[n];
	struct buf part = {0};

	logfile_save(file->log, &part);
	pack_str(out, buf_str(&part));
	pack_i64(out, file->first);
	pack_i64(out, file->last);
	pack_i64(out, file->counts.empty);
	pack_i64(out, file->counts.joined);
	part.n = 0;
	save_blocks(f, file, &part);
	pack_str(out, buf_str(&part));
	buf_free(&part);
	pack_u8(out, file->ready);
	if (file->ready)
		save_next(file, out);
}

static int
restore(
    struct mail_feed *f, struct feed_file *file, struct rd *r, struct err *e)
{
	struct str blocks;

	file->first = unpack_i64(r);
	file->last = unpack_i64(r);
	file->counts.empty = unpack_i64(r);
	file->counts.joined = unpack_i64(r);
	file->base = file->counts;
	blocks = unpack_str(r);
	file->ready = rd_u8(r) != 0;
	if (file->ready)
		restore_next(file, r);
	if (r->bad || !restore_blocks(f, file, blocks))
		return err_set(e, ERR_FAIL,
		    "%s: where its reading ended cannot be read",
		    file->in.path);
	return 0;
}

int
mail_feed_add(struct mail_feed *f, const struct mail_input *in, struct err *e)
{
	struct rd r = rd_of(in->state.p, in->state.n);
	char *state = xcalloc(1, f->state_size + 1);
	size_t mta_at = in->mta != NULL ? state_offset(f, in->mta) : 0;
	struct logfile_options opt = in->opt;
	struct logfile *log;
	struct feed_file *file;
	int rc;

	opt.name = in->name;
	if (str_has(in->state))
		opt.state = unpack_str(&r);
	if (in->mta != NULL && in->mta->head != NULL) {
		opt.own = in->mta;
		opt.own_state = state + mta_at;
	}
	rc = logfile_open(&log, in->path, &opt, e);
	if (rc < 0) {
		free(state);
		return rc;
	}
	f->files = xrealloc(f->files, (f->nfiles + 1) * sizeof(*f->files));
	file = &f->files[f->nfiles++];
	*file = (struct feed_file){.in = *in, .log = log};
	file->path = texts_keep(assembler_paths(f->assembler),
	    str_z(in->name ? in->name : in->path));
	file->first = file->last = UTC_NONE;
	file->state = state;
	file->mta_at = mta_at;
	return str_has(in->state) ? restore(f, file, &r, e) : 0;
}

/* Programs. */

static void
find_parser(struct mail_feed *f, struct reader *r)
{
	const struct parser_ops *p;
	size_t i;

	for (i = 0; (p = parsers_at(f->parsers, i)) != NULL; i++)
		if (p->claims(p->cfg, r->program)) {
			r->parser = p;
			r->state_at = state_offset(f, p);
			return;
		}
	r->rules = rules_claims(f->rules, r->program);
}

static struct reader *
reader_by_hash(struct mail_feed *f, struct str program)
{
	uint64_t h = hash_str(program, 0);
	struct reader *r, *first = map_get(&f->readers, h);

	for (r = first; r != NULL; r = r->chain)
		if (str_eq(r->program, program))
			return r;
	if (f->nreaders >= PROGRAMS_MAX) { /* a log of made-up names */
		map_free(&f->readers);
		f->nreaders = 0;
		first = NULL; /* those in recent are as good as ever */
	}
	r = arena_zalloc(&f->mem, sizeof(*r));
	r->program = arena_dup(&f->mem, program);
	r->chain = first;
	map_put(&f->readers, h, r);
	f->nreaders++;
	find_parser(f, r);
	return r;
}

static struct reader *
reader_of(struct mail_feed *f, struct str program)
{
	struct reader **recent = f->recent;

	if (program.n > 0)
		recent += (program.n * 7 + (unsigned char)program.p[program.n / 2] +
		              (unsigned char)program.p[program.n - 1]) %
		          RECENT;
	if (*recent == NULL || !str_eq((*recent)->program, program))
		*recent = reader_by_hash(f, program);
	return *recent;
}

/* Lines. */

static struct origin
origin_of(const struct mail_feed *f)
{
	const struct feed_file *file = f->current;
	struct origin o = {.host = file->line.host, .pid = file->line.pid};

	if (!str_has(o.host))
		o.host = STR("");
	o.time = file->line.time;
	o.evidence = file->evidence;
	o.evidence.source = file->path;
	o.source =
	    file->in.number ? file->in.number : (unsigned)(file - f->files);
	o.direction = file->in.direction;
	return o;
}

static void
on_event(struct event_sink *sink, struct str instance, const struct event *ev)
{
	struct mail_feed *f =
	    (struct mail_feed *)((char *)sink -
	                         offsetof(struct mail_feed, sink));
	struct origin o = origin_of(f);
	struct verdict v;
	bool has = false;

	o.mta = f->mta;
	o.instance = instance;
	o.session = ev->session;
	if (str_has(ev->text))
		has = rules_text(f->rules, f->parser->name, ev, &v);
	assemble(f->assembler, &o, ev, has ? &v : NULL);
}

static enum parsed
read_with_rules(struct mail_feed *f, const struct log_line *line)
{
	struct event ev = event_of(EVENT_NOTICE);
	struct verdict v = {.kind = VERDICT_NONE};
	struct origin o;
	enum parsed p = rules_line(f->rules, line, &ev, &v);

	if (p == PARSED_USED) {
		o = origin_of(f);
		assemble(f->assembler, &o, &ev, &v);
	}
	return p;
}

static enum parsed
read_with_parser(struct mail_feed *f, const struct parser_ops *p,
    const struct feed_file *file, size_t state_at)
{
	if (f->parser != p) {
		f->parser = p;
		f->mta = str_z(p->name);
	}
	return p->line(p->cfg, &file->line, file->state + state_at, &f->sink);
}

static enum parsed
read_line(struct mail_feed *f, struct feed_file *file)
{
	const struct parser_ops *mta = file->in.mta;
	struct reader *r;

	f->current = file;
	if (file->kind == LINE_UNHEADED)
		return PARSED_UNKNOWN;
	r = reader_of(f, file->line.program);
	file->line.text = assembler_text(f->assembler, file->line.text);
	if (r->parser != NULL)
		return read_with_parser(f, r->parser, file, r->state_at);
	if (!r->rules && mta != NULL)
		return read_with_parser(f, mta, file, file->mta_at);
	return r->rules ? read_with_rules(f, &file->line) : PARSED_UNKNOWN;
}

static void
add(struct line_counts *n, enum parsed p, int64_t lines)
{
	n->lines += lines;
	if (p == PARSED_USED)
		n->used += lines;
	else if (p == PARSED_IGNORED)
		n->ignored += lines;
	else
		n->unparsed += lines;
}

static struct line_counts *
hour_of(struct mail_feed *f, const struct feed_file *file)
{
	const struct str host = file->line.host;
	int64_t t = file->line.time, hour;
	struct hour_counts *c = f->hour;
	uint64_t h;

	if (c != NULL && t >= c->hour && t < c->hour + HOUR &&
	    c->path.p == file->path.p && str_eq(c->host, host))
		return &c->n;
	hour = t - ((t % HOUR) + HOUR) % HOUR;
	/* short texts under seeds that are small numbers collide */
	h = hash_str(host, hash_u64((uint64_t)(file - f->files), 0));
	h = hash_u64((uint64_t)hour, h);
	c = map_get(&f->hours, h);
	if (c == NULL) {
		c = arena_zalloc(&f->hour_mem, sizeof(*c));
		c->host = arena_dup(&f->hour_mem, host);
		c->path = file->path;
		c->hour = hour;
		map_put(&f->hours, h, c);
	}
	f->hour = c;
	return &c->n;
}

/* Counts the line, and the empty and joined ones that came with it. */
static void
count(struct mail_feed *f, struct feed_file *file, enum parsed p)
{
	int64_t lines = logfile_lines(file->log);

	if (p == PARSED_UNKNOWN && f->unparsed != NULL)
		f->unparsed->line(f->unparsed, file->raw, file->line.program,
		    &file->evidence);
	add(&file->n, p, lines);
	if (file->kind != LINE_UNHEADED && file->line.time != UTC_NONE)
		add(hour_of(f, file), p, lines);
}

/* Looks at the next line of a file. */
static int
peek(struct feed_file *file, struct err *e)
{
	int rc = 0;

	if (file->ready || file->ended)
		return 0;
	file->counts = logfile_counts(file->log);
	rc = logfile_next(file->log, &file->kind, &file->line, &file->raw,
	    &file->evidence, e);
	if (rc < 0)
		return rc;
	file->ended = file->kind == LINE_END;
	if (file->ended)
		file->counts = logfile_counts(file->log);
	file->ready = !file->ended;
	if (!file->ready || file->kind != LINE_HEADED) {
		if (file->kind == LINE_UNHEADED)
			file->line.program = STR_NONE;
		file->line.time = file->last;
		return 0;
	}
	if (file->first == UTC_NONE)
		file->first = file->line.time;
	if (file->last == UTC_NONE || file->line.time > file->last)
		file->last = file->line.time;
	return 0;
}

int
mail_feed_step(struct mail_feed *f, struct err *e)
{
	struct feed_file *file, *first = NULL;
	enum parsed p = PARSED_UNKNOWN;
	size_t i;
	int n, rc;

	for (i = 0; i < f->nfiles; i++) {
		file = &f->files[i];
		rc = peek(file, e);
		if (rc < 0)
			return rc;
		if (file->ready &&
		    (first == NULL || file->line.time < first->line.time))
			first = file;
	}
	if (first == NULL)
		return 0;
	for (n = logfile_repeat(first->log); n > 0; n--)
		p = read_line(f, first);
	count(f, first, p);
	first->ready = false;
	if (first->kind == LINE_HEADED)
		assembler_advance(
		    f->assembler, first->line.host, first->line.time);
	return 1;
}

void
mail_feed_finish(struct mail_feed *f)
{
	size_t i;

	for (i = 0; i < f->nfiles; i++) {
		logfile_finish(f->files[i].log);
		f->files[i].ended = false;
	}
}

/* What became of it. */

size_t
mail_feed_files(const struct mail_feed *f)
{
	return f->nfiles;
}

const char *
mail_feed_path(const struct mail_feed *f, size_t file)
{
	return f->files[file].path.p;
}

struct line_counts
mail_feed_counts(const struct mail_feed *f, size_t file)
{
	const struct feed_file *ff = &f->files[file];
	struct line_counts n = ff->n;

	add(&n, PARSED_IGNORED, ff->counts.empty - ff->base.empty);
	/* parts of lines that were read */
	add(&n, PARSED_USED, ff->counts.joined - ff->base.joined);
	return n;
}

struct line_counts
mail_feed_total(const struct mail_feed *f)
{
	struct line_counts t = {0}, n;
	size_t i;

	for (i = 0; i < f->nfiles; i++) {
		n = mail_feed_counts(f, i);
		t.lines += n.lines;
		t.used += n.used;
		t.ignored += n.ignored;
		t.unparsed += n.unparsed;
	}
	return t;
}

void
mail_feed_progress(const struct mail_feed *f, int64_t *done, int64_t *total)
{
	int64_t d, t;
	size_t i;

	*done = *total = 0;
	for (i = 0; i < f->nfiles; i++) {
		source_progress(logfile_source(f->files[i].log), &d, &t);
		*done += d;
		*total += t;
	}
}

bool
mail_feed_truncated(const struct mail_feed *f, size_t file)
{
	return logfile_truncated(f->files[file].log);
}

bool
mail_feed_from_start(const struct mail_feed *f, size_t file)
{
	return !str_has(f->files[file].in.state);
}

struct feed_position
mail_feed_position(const struct mail_feed *f, size_t file)
{
	const struct feed_file *ff = &f->files[file];

	return (struct feed_position){
	    logfile_place(ff->log), ff->first, ff->last};
}

size_t
mail_feed_current(const struct mail_feed *f)
{
	return (size_t)(f->current - f->files);
}

const struct hour_counts *
mail_feed_hour(const struct mail_feed *f, size_t *at)
{
	return map_next(&f->hours, at);
}

void
mail_feed_hours_reset(struct mail_feed *f)
{
	map_free(&f->hours);
	f->hour = NULL;
	arena_reset(&f->hour_mem);
}
