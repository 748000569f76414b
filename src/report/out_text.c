/* SPDX-License-Identifier: Apache-2.0 */
/* Text for people: an aligned table, or names and values for one object.
 * Control bytes are shown as '?', so that no log text reaches the terminal
 * as an escape sequence. */
#include <stdlib.h>

#include "base/arena.h"
#include "base/json_out.h"
#include "base/utc.h"
#include "report/output.h"

#define CELL_MAX 60 /* longer text in a table is cut with "..." */

struct table {
	struct str *cells;
	bool *right; /* column holds numbers only */
	size_t n, size;
	struct arena mem;
};

/* Columns on a terminal: bytes that start a UTF-8 character. */
static size_t
width(struct str s)
{
	size_t i, w = 0;

	for (i = 0; i < s.n; i++)
		w += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return w;
}

static void
clean(struct buf *b, struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		buf_c(b, c < 0x20 || c == 0x7f ? '?' : (char)c);
	}
}

static void
show(struct buf *b, const struct value *v)
{
	char text[UTC_TEXT_MAX];
	size_t n;

	switch (v->type) {
	case VALUE_NULL:
		buf_c(b, '-');
		break;
	case VALUE_INT:
		buf_printf(b, "%lld", (long long)v->i);
		break;
	case VALUE_REAL:
		buf_printf(b, "%.4g", v->r);
		break;
	case VALUE_BOOL:
		buf_z(b, v->i ? "yes" : "no");
		break;
	case VALUE_TIME: /* seconds will do for people */
		n = utc_format(v->i, text);
		buf_put(b, text, n > 5 ? n - 5 : n);
		buf_c(b, 'Z');
		break;
	case VALUE_TEXT:
	case VALUE_BLOB:
	case VALUE_JSON:
		clean(b, v->s);
		break;
	}
}

static void
text_begin(struct output *o)
{
	struct table *t = xcalloc(1, sizeof(*t));
	size_t i;

	t->right = xcalloc(o->n, sizeof(*t->right));
	for (i = 0; i < o->n; i++)
		t->right[i] = true;
	o->state = t;
}

static void
text_row(struct output *o, const struct value *v)
{
	struct table *t = o->state;
	struct buf b = {0};
	size_t i;

	if (t->size < t->n + o->n) {
		t->size = t->size ? t->size * 2 : 64 * o->n;
		t->cells = xrealloc(t->cells, t->size * sizeof(*t->cells));
	}
	for (i = 0; i < o->n; i++) {
		b.n = 0;
		if (o->cols[i].title != NULL)
			show(&b, &v[i]);
		if (!o->single && b.n > CELL_MAX) {
			b.n = CELL_MAX - 3;
			while (
			    b.n > 0 && ((unsigned char)b.p[b.n] & 0xc0) == 0x80)
				b.n--;
			buf_z(&b, "...");
		}
		t->cells[t->n++] = arena_dup(&t->mem, buf_str(&b));
		if (v[i].type != VALUE_INT && v[i].type != VALUE_REAL &&
		    v[i].type != VALUE_NULL)
			t->right[i] = false;
	}
	buf_free(&b);
}

static void
padded(struct buf *b, struct str s, size_t w, bool right, bool last)
{
	size_t have = width(s);

	if (right && have < w)
		buf_fill(b, ' ', w - have);
	buf_s(b, s);
	if (!right && !last && have < w)
		buf_fill(b, ' ', w - have);
	buf_z(b, last ? "\n" : "  ");
}

static void
print_pairs(struct output *o, const struct table *t)
{
	size_t i, w = 0;

	for (i = 0; i < o->n; i++)
		if (o->cols[i].title != NULL && strlen(o->cols[i].title) > w)
			w = strlen(o->cols[i].title);
	for (i = 0; i < o->n && i < t->n; i++) {
		if (o->cols[i].title == NULL || str_eq(t->cells[i], STR("-")))
			continue;
		padded(&o->buf, str_z(o->cols[i].title), w, false, false);
		padded(&o->buf, t->cells[i], 0, false, true);
	}
}

static void
print_line(struct output *o, const struct table *t, const size_t *w,
    size_t last, const struct str *cells)
{
	size_t i;

	for (i = 0; i <= last; i++)
		if (o->cols[i].title != NULL)
			padded(&o->buf,
			    cells ? cells[i] : str_z(o->cols[i].title), w[i],
			    t->right[i] && t->n > 0, i == last);
}

static void
print_table(struct output *o, const struct table *t)
{
	size_t *w = xcalloc(o->n + 1, sizeof(*w)), i, last = 0;

	for (i = 0; i < o->n; i++) {
		if (o->cols[i].title == NULL)
			continue;
		last = i;
		w[i] = width(str_z(o->cols[i].title));
	}
	for (i = 0; i < t->n; i++)
		if (width(t->cells[i]) > w[i % o->n])
			w[i % o->n] = width(t->cells[i]);
	print_line(o, t, w, last, NULL);
	for (i = 0; i < t->n; i += o->n)
		print_line(o, t, w, last, t->cells + i);
	free(w);
}

static void
text_end(struct output *o)
{
	struct table *t = o->state;

	if (o->single)
		print_pairs(o, t);
	else if (t->n > 0)
		print_table(o, t);
	arena_free(&t->mem);
	free(t->cells);
	free(t->right);
	free(t);
}

const struct output_ops output_text = {
    .name = "text",
    .media_type = "text/plain",
    .summary = "a table for people",
    .begin = text_begin,
    .row = text_row,
    .end = text_end,
};
