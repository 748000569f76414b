/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first byte names the format, the rest is the file.  Whatever comes: each
 * sample has a rate, and each bad piece of text a reason.
 */
#include <stdlib.h>

#include "input/flow_source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const struct flow_source_ops *const formats[] = {
    &flow_source_sflowtool_l, &flow_source_sflowtool_json,
    &flow_source_nfdump_csv, &flow_source_nfdump_json, &flow_source_pmacct_json,
    &flow_source_goflow2_json, &flow_source_akvorado, &flow_source_list};
enum { FORMATS = sizeof(formats) / sizeof(formats[0]) };

static void
on_sample(struct flow_sink *sink, const struct smtp_sample *s)
{
	(void)sink;
	if (s->rate == 0 || (!s->has_flags && s->flags))
		abort();
}

static void
on_heard(struct flow_sink *sink, const struct flow_heard *h)
{
	(void)sink;
	if (h->malformed && (!h->why || !h->path || h->line < 1))
		abort();
}

static void
on_listed(struct flow_sink *sink, const struct flow_listed *l)
{
	(void)sink;
	if (l->last < l->first)
		abort();
}

static void
read_all(const struct flow_source_ops *ops, struct str text, struct str fields)
{
	struct flow_sink sink = {on_sample, on_heard, on_listed};
	struct flow_run run;
	struct err e;
	void *state = NULL;
	FILE *f = fmemopen((void *)(uintptr_t)text.p, text.n, "r");

	if (!f)
		abort();
	flow_run_init(&run, &sink);
	run.fields = fields;
	if (ops->open(&state, f, "fuzz", &run, &e) == 0) {
		while (ops->step(state, &e) > 0)
			;
		ops->damage(state);
		ops->close(state);
	}
	flow_run_free(&run);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str text, fields;

	if (n < 2)
		return 0;
	text = str_of((const char *)data + 1, n - 1);
	for (int i = 0; i < FORMATS; i++)
		formats[i]->claims(text);
	if (data[0] % (FORMATS + 1) < FORMATS) {
		read_all(formats[data[0] % (FORMATS + 1)], text, STR_NONE);
		return 0;
	}
	fields = str_split(&text, '\n'); /* as if by --fields */
	if (text.n > 0)
		read_all(&flow_source_sflowtool_l, text, fields);
	return 0;
}
