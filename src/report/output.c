/* SPDX-License-Identifier: Apache-2.0 */
#include "report/output.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/json_out.h"

const struct output_ops *const output_table[] = {
    &output_text,
    &output_json,
    &output_jsonl,
    &output_csv,
    NULL,
};

const struct output_ops *
output_find(struct str name)
{
	size_t i;

	for (i = 0; output_table[i] != NULL; i++)
		if (str_eq(name, str_z(output_table[i]->name)))
			return output_table[i];
	return NULL;
}

void
output_begin(struct output *o, const struct output_ops *ops, FILE *to,
    const struct column *cols, size_t n, bool single)
{
	*o = (struct output){.ops = ops, .to = to, .cols = cols, .n = n};
	o->single = single;
	if (ops->begin != NULL)
		ops->begin(o);
}

static void
flush(struct output *o)
{
	fwrite(o->buf.p ? o->buf.p : "", 1, o->buf.n, o->to);
	o->buf.n = 0;
}

/* The value as its column wants it read. */
static struct value
as_column(const struct column *c, struct value v)
{
	if (v.type == VALUE_INT &&
	    (c->type == VALUE_TIME || c->type == VALUE_BOOL))
		v.type = c->type;
	if (v.type == VALUE_TEXT && c->type == VALUE_JSON)
		v.type = VALUE_JSON;
	return v;
}

void
output_row(struct output *o, const struct value *v)
{
	struct value *typed = xmalloc(o->n * sizeof(*typed));
	size_t i;

	for (i = 0; i < o->n; i++)
		typed[i] = as_column(&o->cols[i], v[i]);
	o->ops->row(o, typed);
	free(typed);
	o->rows++;
	if (o->buf.n > 65536)
		flush(o);
}

void
output_end(struct output *o)
{
	if (o->ops->end != NULL)
		o->ops->end(o);
	flush(o);
	buf_free(&o->buf);
}

void
output_members(struct json *j, const struct column *cols, size_t n,
    const struct value *v)
{
	for (size_t i = 0; i < n; i++) {
		struct value typed = as_column(&cols[i], v[i]);

		json_value(j, cols[i].name, &typed);
	}
}
