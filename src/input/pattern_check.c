/* SPDX-License-Identifier: Apache-2.0 */
/* Pattern parser: every pattern is tried on its own samples. */
#include "input/pattern_set.h"

static const char *const sample_keys[] = {"line", "time", "fields", NULL};

/* Compares the first event of a sample with its "fields". */
struct checker {
	struct event_sink sink;
	const struct yaml_node *fields;
	struct arena mem;
	bool seen;
	int rc;
	struct err *e;
};

static int
check_value(const struct yaml_node *want, const struct yaml_node *named,
    struct str have, struct err *e)
{
	if (str_has(have) == !yaml_is_null(want) &&
	    (!str_has(have) || str_eq(have, want->text)))
		return 0;
	if (!str_has(have))
		return yaml_fail(
		    want, e, "%.*s is absent", STR_FMT(named->key));
	return yaml_fail(
	    want, e, "%.*s is '%.*s'", STR_FMT(named->key), STR_FMT(have));
}

static int
check_field(
    struct checker *c, const struct yaml_node *n, const struct event *ev)
{
	bool list = n->kind == YAML_SEQ;
	const struct yaml_node *want = list ? n->first : n;
	int field = 0;
	size_t i = 0;

	while (pattern_field_name[field] != NULL &&
	       !str_eq(n->key, str_z(pattern_field_name[field])))
		field++;
	if (field == FIELD_N)
		return yaml_fail(
		    n, c->e, "'%.*s' is no field", STR_FMT(n->key));
	if (list && field != FIELD_RECIPIENT)
		return yaml_want(n, YAML_SCALAR, c->e);
	for (; want != NULL; want = list ? want->next : NULL, i++) {
		struct str have =
		    pattern_field_text(ev, (enum field)field, i, &c->mem);

		if (yaml_want(want, YAML_SCALAR, c->e) < 0 ||
		    check_value(want, n, have, c->e) < 0)
			return ERR_USAGE;
	}
	if (field == FIELD_RECIPIENT && ev->nrecipients > i)
		return yaml_fail(n, c->e,
		    "there are %zu recipients, one is '%.*s'", ev->nrecipients,
		    STR_FMT(ev->recipients[i]));
	return 0;
}

static void
check_event(
    struct event_sink *sink, struct str instance, const struct event *ev)
{
	struct checker *c = (struct checker *)sink;
	const struct yaml_node *n = c->fields ? c->fields->first : NULL;

	(void)instance;
	if (c->seen)
		return;
	c->seen = true;
	for (; c->rc == 0 && n != NULL; n = n->next)
		c->rc = check_field(c, n, ev);
}

static int
read_header(const struct pattern_file *f, const struct yaml_node *node,
    struct log_line *in, const void *state, struct err *e)
{
	const struct yaml_node *want = yaml_get(node, "time");
	char text[UTC_TEXT_MAX];
	enum headed head = HEAD_OTHER;

	in->time = UTC_NONE;
	if (f->ops.head != NULL)
		head = f->ops.head(f, in->text, NULL, state, in);
	if (head != HEAD_TIMED && !(head == HEAD_OTHER && f->nprograms > 0))
		return yaml_fail(node, e, "no time can be read in this line");
	if (want == NULL)
		return 0;
	if (head != HEAD_TIMED)
		return yaml_fail(want, e, "the line has no time of its own");
	utc_format(in->time, text);
	return check_value(want, want, str_z(text), e);
}

static int
check_events(struct pattern_file *f, const struct pattern *p,
    const struct yaml_node *node, const struct log_line *in, void *state,
    struct err *e)
{
	struct checker c = {.sink.emit = check_event,
	    .fields = yaml_get(node, "fields"),
	    .e = e};
	enum parsed got = f->ops.line(f, in, state, &c.sink);

	arena_free(&c.mem);
	if (c.rc < 0)
		return c.rc;
	if (p->nevents == 0)
		return c.fields == NULL
		           ? 0
		           : yaml_fail(c.fields, e,
		                 "a pattern that ignores has no fields");
	if (got != PARSED_USED)
		return yaml_fail(node, e,
		    "pattern '%.*s' knows the line, but a field that it needs "
		    "is empty or none of the words",
		    STR_FMT(p->id));
	return 0;
}

static int
check_sample(struct pattern_file *f, const struct pattern *p,
    const struct yaml_node *node, void *state, struct err *e)
{
	const struct yaml_node *fields = yaml_get(node, "fields");
	struct log_line in = {.host = STR(""), .program = STR(""), .pid = 1};
	const struct pattern *found;
	struct str *values;

	if (yaml_want(node, YAML_MAP, e) < 0 ||
	    yaml_only(node, sample_keys, e) < 0 ||
	    yaml_need_text(node, "line", &in.text, e) < 0)
		return ERR_USAGE;
	if (fields != NULL && yaml_want(fields, YAML_MAP, e) < 0)
		return ERR_USAGE;
	if (p->nevents > 0 && (fields == NULL || fields->n == 0))
		return yaml_fail(node, e, "a sample needs 'fields'");
	if (read_header(f, node, &in, state, e) < 0)
		return ERR_USAGE;
	f->counts.samples++;
	if (pattern_find(f, &in, state, &found, &values) != REGEX_YES)
		return yaml_fail(node, e,
		    "pattern '%.*s' does not know its sample", STR_FMT(p->id));
	if (found != p)
		return yaml_fail(node, e,
		    "pattern '%.*s' takes the sample before '%.*s'",
		    STR_FMT(found->id), STR_FMT(p->id));
	return check_events(f, p, node, &in, state, e);
}

static int
check_not_samples(
    struct pattern_file *f, const struct pattern *p, void *state, struct err *e)
{
	const struct yaml_node *n = yaml_get(p->node, "not_samples");

	if (n == NULL)
		return 0;
	if (yaml_want(n, YAML_SEQ, e) < 0)
		return ERR_USAGE;
	for (n = n->first; n != NULL; n = n->next) {
		struct log_line in = {
		    .host = STR(""), .program = STR(""), .time = UTC_NONE};

		if (yaml_text(n, &in.text, e) < 0)
			return ERR_USAGE;
		f->counts.not_samples++;
		/* A line whose time cannot be read gets to no pattern. */
		if (f->ops.head != NULL &&
		    f->ops.head(f, in.text, NULL, state, &in) == HEAD_BAD)
			continue;
		if (pattern_test(f, p, &in, state) != REGEX_NO)
			return yaml_fail(n, e,
			    "pattern '%.*s' matches what it must not",
			    STR_FMT(p->id));
	}
	return 0;
}

static int
check_pattern(
    struct pattern_file *f, const struct pattern *p, void *state, struct err *e)
{
	const struct yaml_node *n = yaml_get(p->node, "samples");

	if (n == NULL || n->n == 0)
		return yaml_fail(p->node, e, "pattern '%.*s' has no samples",
		    STR_FMT(p->id));
	if (yaml_want(n, YAML_SEQ, e) < 0)
		return ERR_USAGE;
	for (n = n->first; n != NULL; n = n->next)
		if (check_sample(f, p, n, state, e) < 0)
			return ERR_USAGE;
	return check_not_samples(f, p, state, e);
}

int
pattern_check(struct pattern_file *f, struct err *e)
{
	struct log_line header = {
	    .text = f->sample_header, .continuation = true};
	struct csv_state state = {0};

	if (f->csv && f->ops.line(f, &header, &state, NULL) != PARSED_IGNORED)
		return yaml_fail(yaml_get(f->root, "csv"), e,
		    "the sample header does not name the time's column");
	for (size_t i = 0; i < f->n; i++)
		if (check_pattern(f, &f->patterns[i], &state, e) < 0)
			return ERR_USAGE;
	return 0;
}
