/* SPDX-License-Identifier: Apache-2.0 */
/* JSON (an array of objects, or one object) and JSON Lines.  A member whose
 * value is unknown is left out. */
#include "base/json_out.h"
#include "report/output.h"

static void
object(struct output *o, const struct value *v)
{
	struct json j = json_to(&o->buf);
	size_t i;

	json_open(&j, NULL, '{');
	for (i = 0; i < o->n; i++)
		if (v[i].type != VALUE_NULL)
			json_value(&j, o->cols[i].name, &v[i]);
	json_close(&j, '}');
}

static void
json_row(struct output *o, const struct value *v)
{
	if (!o->single)
		buf_z(&o->buf, o->rows > 0 ? ",\n" : "[\n");
	object(o, v);
}

static void
json_end(struct output *o)
{
	if (!o->single)
		buf_z(&o->buf, o->rows > 0 ? "\n]" : "[]");
	buf_c(&o->buf, '\n');
}

static void
jsonl_row(struct output *o, const struct value *v)
{
	object(o, v);
	buf_c(&o->buf, '\n');
}

const struct output_ops output_json = {
    .name = "json",
    .media_type = "application/json",
    .summary = "one JSON array of objects, or one object",
    .row = json_row,
    .end = json_end,
};

const struct output_ops output_jsonl = {
    .name = "jsonl",
    .media_type = "application/jsonl",
    .summary = "JSON Lines, one object a line",
    .row = jsonl_row,
};
