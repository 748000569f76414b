/* SPDX-License-Identifier: Apache-2.0 */
/* CSV (RFC 4180) with a header line.  Text that a spreadsheet would run as a
 * formula (first byte = + - @ tab) gets an apostrophe before it. */
#include "base/json_out.h"
#include "base/utc.h"
#include "report/output.h"

static void
quoted(struct buf *b, struct str s)
{
	bool formula = s.n > 0 && strchr("=+-@\t\r", s.p[0]) != NULL;
	size_t i;

	if (!formula && memchr(s.p, ',', s.n) == NULL &&
	    memchr(s.p, '"', s.n) == NULL && memchr(s.p, '\n', s.n) == NULL &&
	    memchr(s.p, '\r', s.n) == NULL) {
		buf_s(b, s);
		return;
	}
	buf_c(b, '"');
	if (formula)
		buf_c(b, '\'');
	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			buf_c(b, '"');
		buf_c(b, s.p[i]);
	}
	buf_c(b, '"');
}

static void
cell(struct buf *b, const struct value *v)
{
	char text[UTC_TEXT_MAX];

	switch (v->type) {
	case VALUE_NULL:
		break;
	case VALUE_INT:
		buf_printf(b, "%lld", (long long)v->i);
		break;
	case VALUE_BOOL:
		buf_z(b, v->i ? "true" : "false");
		break;
	case VALUE_REAL:
		json_number(b, v->r);
		break;
	case VALUE_TIME:
		buf_put(b, text, utc_format(v->i, text));
		break;
	case VALUE_TEXT:
	case VALUE_BLOB:
	case VALUE_JSON:
		if (v->s.n > 0)
			quoted(b, v->s);
		break;
	}
}

static void
csv_begin(struct output *o)
{
	size_t i;

	for (i = 0; i < o->n; i++) {
		if (i > 0)
			buf_c(&o->buf, ',');
		buf_z(&o->buf, o->cols[i].name);
	}
	buf_z(&o->buf, "\r\n");
}

static void
csv_row(struct output *o, const struct value *v)
{
	size_t i;

	for (i = 0; i < o->n; i++) {
		if (i > 0)
			buf_c(&o->buf, ',');
		cell(&o->buf, &v[i]);
	}
	buf_z(&o->buf, "\r\n");
}

const struct output_ops output_csv = {
    .name = "csv",
    .media_type = "text/csv",
    .summary = "CSV as RFC 4180, with a header line",
    .begin = csv_begin,
    .row = csv_row,
};
