/* SPDX-License-Identifier: Apache-2.0 */
#include "report/logline.h"

#include <stdlib.h>

#include "input/journal.h"
#include "input/source.h"

#define CHUNK 65536
#define LOOK  16384 /* an entry of the journal has more than its message */

/* A window over the file that only moves forward. */
struct window {
	struct source *src;
	int64_t at; /* of buf[0] in the file */
	size_t have;
	bool end;
	char buf[2 * CHUNK];
};

static int
by_place(const void *a, const void *b)
{
	const struct logline *x = *(struct logline *const *)a;
	const struct logline *y = *(struct logline *const *)b;
	size_t n = x->source.n < y->source.n ? x->source.n : y->source.n;
	int c = n ? memcmp(x->source.p, y->source.p, n) : 0;

	if (c == 0)
		c = (x->source.n > y->source.n) - (x->source.n < y->source.n);
	if (c == 0)
		c = (x->offset > y->offset) - (x->offset < y->offset);
	return c;
}

/* Drops what lies before offset, and reads until LOOK bytes follow it or the
 * file ends. */
static void
move_to(struct window *w, int64_t offset)
{
	struct err e;
	long got;
	size_t drop;

	while (!w->end && w->at + (int64_t)w->have < offset + LOOK + 1) {
		if (w->have > CHUNK) {
			drop = w->have - CHUNK;
			if (w->at + (int64_t)drop > offset)
				drop = (size_t)(offset - w->at);
			memmove(w->buf, w->buf + drop, w->have - drop);
			w->have -= drop;
			w->at += (int64_t)drop;
		}
		got = source_read(
		    w->src, w->buf + w->have, sizeof(w->buf) - w->have, &e);
		if (got <= 0)
			w->end = true;
		else
			w->have += (size_t)got;
	}
}

/* The ids decide where there are any; else an address of the envelope. */
static bool
is_the_line(struct str text, const struct logline *l)
{
	bool ids = false;

	for (size_t i = 0; i < sizeof(l->ids) / sizeof(*l->ids); i++) {
		ids |= l->ids[i].n > 0;
		if (l->ids[i].n > 0 && str_find(text, l->ids[i]) >= 0)
			return true;
	}
	for (size_t i = 0; !ids && i < 2; i++)
		if (l->words[i].n > 0 && str_find(text, l->words[i]) >= 0)
			return true;
	return false;
}

/* The line at the start of s; of the journal's forms what the entry says. */
static struct str
first_line(struct str s, struct buf *decoded)
{
	struct journal_entry entry = {0};
	ptrdiff_t end = str_chr(s, '\n');
	struct str line = end < 0 ? s : str_head(s, (size_t)end);

	if (journal_starts(s))
		journal_read_export(s, &entry);
	else if (str_starts(line, STR("{")) &&
	         !journal_read_json(line, decoded, &entry))
		return line;
	if (str_has(entry.value[JOURNAL_MESSAGE]))
		line = entry.value[JOURNAL_MESSAGE];
	return line;
}

static void
take(struct window *w, struct logline *l, struct arena *mem)
{
	int64_t from = l->offset > 0 ? l->offset - 1 : 0;
	struct buf decoded = {0};
	struct str all, text;

	l->missing = "the file has changed since";
	move_to(w, from);
	if (from < w->at || from >= w->at + (int64_t)w->have)
		return;
	all = str_of(w->buf + (from - w->at), w->have - (size_t)(from - w->at));
	if (l->offset > 0 && all.p[0] != '\n')
		return;
	text =
	    first_line(str_head(str_from(all, l->offset > 0), LOOK), &decoded);
	text = str_head(text, LOGLINE_MAX);
	if (is_the_line(text, l)) {
		l->text = arena_dup(mem, str_trim(text));
		l->missing = NULL;
	}
	buf_free(&decoded);
}

/* Lines from i on that lie in one file; returns how many. */
static size_t
read_file(struct logline **l, size_t n, struct window *w, struct arena *mem)
{
	struct err e;
	size_t i;
	int rc = -1;

	w->src = NULL;
	w->at = 0;
	w->have = 0;
	w->end = false;
	if (!str_eq(l[0]->source, STR("-")) && str_has(l[0]->source))
		rc = source_open(&w->src, arena_z(mem, l[0]->source), &e);
	for (i = 0; i < n && str_eq(l[i]->source, l[0]->source); i++) {
		l[i]->text = STR_NONE;
		l[i]->missing = "the file is not there any more";
		if (rc >= 0)
			take(w, l[i], mem);
	}
	source_close(w->src);
	return i;
}

void
loglines_read(struct logline *lines, size_t n, struct arena *mem)
{
	struct logline **order = xcalloc(n + 1, sizeof(*order));
	struct window *w = xmalloc(sizeof(*w));
	size_t i;

	for (i = 0; i < n; i++)
		order[i] = &lines[i];
	qsort(order, n, sizeof(*order), by_place);
	for (i = 0; i < n;)
		i += read_file(order + i, n - i, w, mem);
	free(w);
	free(order);
}
