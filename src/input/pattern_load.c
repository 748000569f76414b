/* SPDX-License-Identifier: Apache-2.0 */
/* Pattern parser: reading the YAML. */
#include <stdlib.h>

#include "input/pattern_set.h"

static const char *const file_keys[] = {
    "name", "summary", "programs", "time", "csv", "columns", "patterns", NULL};
static const char *const csv_keys[] = {
    "header", "comment", "separator", "sample_header", NULL};
static const char *const stamp_keys[] = {"match", "format", NULL};
static const char *const csv_time_keys[] = {"column", "format", NULL};
static const char *const pattern_keys[] = {"id", "event", "starts", "contains",
    "match", "set", "map", "split", "samples", "not_samples", NULL};
static const char *const row_keys[] = {"id", "event", "when", "same", "match",
    "columns", "set", "map", "split", "samples", "not_samples", NULL};
static const char *const map_keys[] = {"from", "words", "else", NULL};

static const struct {
	const char *name;
	int kind; /* enum event_kind, PATTERN_HANDOVER */
	/* Fields that the pattern must have. */
	unsigned long needs;
} event_kinds[] = {
    {"connect", EVENT_CONNECT, 0},
    {"disconnect", EVENT_DISCONNECT, 0},
    {"arrival", EVENT_ARRIVAL, 1ul << FIELD_QUEUE_ID},
    {"detail", EVENT_DETAIL, 1ul << FIELD_QUEUE_ID},
    {"attempt", EVENT_ATTEMPT,
        1ul << FIELD_QUEUE_ID | 1ul << FIELD_DISPOSITION},
    {"reject", EVENT_REJECT, 1ul << FIELD_DISPOSITION},
    {"abort", EVENT_ABORT, 0},
    {"notice", EVENT_NOTICE,
        1ul << FIELD_QUEUE_ID | 1ul << FIELD_TEXT | 1ul << FIELD_TEXT_KIND},
    {"child", EVENT_CHILD,
        1ul << FIELD_QUEUE_ID | 1ul << FIELD_PARENT_QUEUE_ID},
    {"same", EVENT_SAME, 1ul << FIELD_QUEUE_ID | 1ul << FIELD_PARENT_QUEUE_ID},
    {"handover", PATTERN_HANDOVER,
        1ul << FIELD_QUEUE_ID | 1ul << FIELD_PARENT_QUEUE_ID |
            1ul << FIELD_RECIPIENT},
    {"end", EVENT_END, 1ul << FIELD_QUEUE_ID},
};
#define KINDS (sizeof(event_kinds) / sizeof(*event_kinds))

/* A pattern on its way into the file: the names that its values have. */
struct reading {
	struct pattern_file *f;
	struct pattern *p;
	const struct yaml_node *node;
	struct str names[PATTERN_VALUES]; /* absent: nothing of that name */
	bool used[PATTERN_VALUES];        /* a field or a map takes it */
	size_t n;
	struct err *e;
};

static int
field_of(struct str name)
{
	int i = 0;

	while (i < FIELD_N && !str_eq(name, str_z(pattern_field_name[i])))
		i++;
	return i;
}

static int
want_field(const struct yaml_node *n, int *out, struct err *e)
{
	*out = field_of(n->key);
	return *out < FIELD_N
	           ? 0
	           : yaml_fail(n, e, "'%.*s' is no field", STR_FMT(n->key));
}

/* The value index of a column; it is taken up if it is new. */
static int
column_of(struct pattern_file *f, const struct yaml_node *n, struct str name,
    size_t *out, struct err *e)
{
	size_t i = 0;

	while (i < f->ncolumns && !str_eqi(f->columns[i], name))
		i++;
	*out = i;
	if (i < f->ncolumns)
		return 0;
	if (i == PATTERN_COLUMNS)
		return yaml_fail(n, e, "more than %d columns", PATTERN_COLUMNS);
	f->columns[i] = name;
	f->column_hash[i] = csv_name_hash(name);
	f->ncolumns++;
	return 0;
}

/* Events. */

static int
read_events(struct reading *in)
{
	const struct yaml_node *n = yaml_get(in->node, "event");
	const struct str *words = NULL;
	size_t i, k, nwords = 0;

	if (n == NULL)
		return yaml_fail(in->node, in->e, "'event' is missing");
	if (yaml_list(in->node, "event", &in->f->mem, &words, &nwords, in->e) <
	    0)
		return ERR_USAGE;
	if (nwords == 1 && str_eq(words[0], STR("ignored")))
		return 0;
	if (nwords > PATTERN_EVENTS)
		return yaml_fail(
		    n, in->e, "more than %d events", PATTERN_EVENTS);
	for (i = 0; i < nwords; i++) {
		for (k = 0; k < KINDS; k++)
			if (str_eq(words[i], str_z(event_kinds[k].name)))
				break;
		if (k == KINDS)
			return yaml_fail(
			    n, in->e, "no event '%.*s'", STR_FMT(words[i]));
		in->p->events[in->p->nevents++] = event_kinds[k].kind;
	}
	return 0;
}

static bool
has_field(const struct pattern *p, int field)
{
	return p->field[field].fixed || p->field[field].nvalues > 0;
}

static int
check_needs(struct reading *in)
{
	for (size_t i = 0; i < in->p->nevents; i++)
		for (size_t k = 0; k < KINDS; k++) {
			if (event_kinds[k].kind != in->p->events[i])
				continue;
			for (int f = 0; f < FIELD_N; f++)
				if (event_kinds[k].needs >> f & 1 &&
				    !has_field(in->p, f))
					return yaml_fail(in->node, in->e,
					    "event '%s' needs the field '%s'",
					    event_kinds[k].name,
					    pattern_field_name[f]);
		}
	if (has_field(in->p, FIELD_TEXT) && !has_field(in->p, FIELD_TEXT_KIND))
		return yaml_fail(in->node, in->e, "'text' needs a 'text_kind'");
	return 0;
}

/* Conditions. */

static void
name_groups(struct reading *in, const struct regex *r, size_t at)
{
	in->names[at] = STR_NONE;
	for (size_t g = 1; g <= regex_groups(r); g++)
		in->names[at + g] = regex_name(r, g);
	in->n = at + regex_groups(r) + 1;
}

static int
read_line_condition(struct reading *in)
{
	struct condition *c = &in->p->line;

	if (condition_read(c, in->node, &in->f->mem, in->e) < 0)
		return ERR_USAGE;
	if (condition_is_empty(c))
		return yaml_fail(in->node, in->e,
		    "one of 'starts', 'contains' and 'match' is wanted");
	if (c->match != NULL)
		name_groups(in, c->match, 0);
	return 0;
}

static int
read_cell(struct reading *in, const struct yaml_node *n, bool match)
{
	struct cell_test *c = &in->p->cells[in->p->ncells++];

	if (column_of(in->f, n, n->key, &c->column, in->e) < 0)
		return ERR_USAGE;
	if (!match)
		return yaml_list(yaml_get(in->node, "when"), n->key.p,
		    &in->f->mem, &c->words, &c->nwords, in->e);
	if (yaml_regex(n, &c->match, in->e) < 0)
		return ERR_USAGE;
	c->groups_at = in->n;
	if (in->n + REGEX_GROUPS > PATTERN_VALUES)
		return yaml_fail(n, in->e, "too many groups");
	name_groups(in, c->match, in->n);
	return 0;
}

/* same: [column, column] */
static int
read_same(struct reading *in)
{
	const struct yaml_node *n = yaml_get(in->node, "same");
	const struct str *names = NULL;
	struct cell_test *c = &in->p->cells[in->p->ncells];
	size_t count = 0;

	if (n == NULL)
		return 0;
	if (yaml_list(in->node, "same", &in->f->mem, &names, &count, in->e) < 0)
		return ERR_USAGE;
	if (count != 2)
		return yaml_fail(n, in->e, "'same' names two columns");
	in->p->ncells++;
	c->same = true;
	if (column_of(in->f, n, names[0], &c->column, in->e) < 0)
		return ERR_USAGE;
	return column_of(in->f, n, names[1], &c->other, in->e);
}

static int
read_row_conditions(struct reading *in)
{
	const struct yaml_node *when = yaml_get(in->node, "when");
	const struct yaml_node *match = yaml_get(in->node, "match"), *n;
	size_t count;

	if (when != NULL && yaml_want(when, YAML_MAP, in->e) < 0)
		return ERR_USAGE;
	if (match != NULL && yaml_want(match, YAML_MAP, in->e) < 0)
		return ERR_USAGE;
	count = (when ? when->n : 0) + (match ? match->n : 0);
	if (count == 0)
		return yaml_fail(
		    in->node, in->e, "'when' or 'match' is wanted");
	in->p->cells =
	    arena_zalloc(&in->f->mem, (count + 1) * sizeof(*in->p->cells));
	in->n = PATTERN_COLUMNS;
	for (n = when ? when->first : NULL; n != NULL; n = n->next)
		if (read_cell(in, n, false) < 0)
			return ERR_USAGE;
	if (read_same(in) < 0)
		return ERR_USAGE;
	for (n = match ? match->first : NULL; n != NULL; n = n->next)
		if (read_cell(in, n, true) < 0)
			return ERR_USAGE;
	return 0;
}

/* Fields. */

static int
claim_field(struct reading *in, const struct yaml_node *n, int field)
{
	if (has_field(in->p, field))
		return yaml_fail(
		    n, in->e, "'%s' is given twice", pattern_field_name[field]);
	return 0;
}

static void
set_values(struct reading *in, int field, const size_t *values, size_t n)
{
	size_t *copy = arena_alloc(&in->f->mem, n * sizeof(*copy));

	memcpy(copy, values, n * sizeof(*copy));
	in->p->field[field].values = copy;
	in->p->field[field].nvalues = n;
}

static int
read_groups(struct reading *in)
{
	for (size_t i = 0; i < in->n; i++) {
		int field =
		    str_has(in->names[i]) ? field_of(in->names[i]) : FIELD_N;

		if (field == FIELD_N)
			continue;
		if (claim_field(in, in->node, field) < 0)
			return ERR_USAGE;
		in->used[i] = true;
		set_values(in, field, &i, 1);
	}
	return 0;
}

/* {field: column, field: [column, column]}; what a pattern says of itself
 * goes before what the file says of all. */
static int
read_columns(struct reading *in, const struct yaml_node *columns, bool own)
{
	const struct yaml_node *n;
	const struct str *names;
	size_t values[8], i, count;
	int field;

	if (columns == NULL)
		return 0;
	if (yaml_want(columns, YAML_MAP, in->e) < 0)
		return ERR_USAGE;
	for (n = columns->first; n != NULL; n = n->next) {
		names = NULL;
		count = 0;
		if (want_field(n, &field, in->e) < 0 ||
		    yaml_list(columns, n->key.p, &in->f->mem, &names, &count,
		        in->e) < 0)
			return ERR_USAGE;
		if (!own && has_field(in->p, field))
			continue;
		if (claim_field(in, n, field) < 0)
			return ERR_USAGE;
		if (count > 8)
			return yaml_fail(n, in->e, "more than 8 columns");
		for (i = 0; i < count; i++)
			if (column_of(in->f, n, names[i], &values[i], in->e) <
			    0)
				return ERR_USAGE;
		set_values(in, field, values, count);
	}
	return 0;
}

/* Words of which there is a closed list. */
static int
check_word(const struct yaml_node *n, int field, struct str word, struct err *e)
{
	if (field == FIELD_DISPOSITION &&
	    name_find(disposition_name, DISP_N, word) == 0)
		return yaml_fail(n, e, "no disposition '%.*s'", STR_FMT(word));
	if (field == FIELD_STAGE && name_find(stage_name, STAGE_N, word) == 0)
		return yaml_fail(n, e, "no stage '%.*s'", STR_FMT(word));
	return 0;
}

static int
read_set(struct reading *in)
{
	const struct yaml_node *set = yaml_get(in->node, "set"), *n;
	struct str text;
	int field;

	if (set == NULL)
		return 0;
	if (yaml_want(set, YAML_MAP, in->e) < 0)
		return ERR_USAGE;
	for (n = set->first; n != NULL; n = n->next) {
		if (want_field(n, &field, in->e) < 0 ||
		    claim_field(in, n, field) < 0 ||
		    yaml_text(n, &text, in->e) < 0 ||
		    check_word(n, field, text, in->e) < 0)
			return ERR_USAGE;
		in->p->field[field].fixed = true;
		in->p->field[field].text = text;
	}
	return 0;
}

/* The value that a map is made from: a group, or a column. */
static int
find_value(struct reading *in, const struct yaml_node *map, size_t *out)
{
	struct str name;

	if (yaml_need_text(map, "from", &name, in->e) < 0)
		return ERR_USAGE;
	for (size_t i = 0; i < in->n; i++)
		if (str_has(in->names[i]) && str_eq(in->names[i], name)) {
			in->used[i] = true;
			*out = i;
			return 0;
		}
	if (in->f->csv)
		return column_of(in->f, map, name, out, in->e);
	return yaml_fail(
	    map, in->e, "'match' has no group '%.*s'", STR_FMT(name));
}

static int
read_words(struct reading *in, const struct yaml_node *map, int field,
    struct source *s)
{
	const struct yaml_node *words = yaml_get(map, "words"), *n;
	const struct yaml_node *otherwise = yaml_get(map, "else");
	struct word_case *cases;

	if (words == NULL)
		return yaml_fail(map, in->e, "'words' is missing");
	if (yaml_want(words, YAML_MAP, in->e) < 0)
		return ERR_USAGE;
	if (words->n == 0)
		return yaml_fail(words, in->e, "'words' is empty");
	cases = arena_zalloc(&in->f->mem, words->n * sizeof(*cases));
	for (n = words->first; n != NULL; n = n->next) {
		struct word_case *c = &cases[s->ncases++];

		c->prefix = str_ends(n->key, STR("*"));
		c->word = str_head(n->key, n->key.n - c->prefix);
		if (yaml_text(n, &c->text, in->e) < 0 ||
		    check_word(n, field, c->text, in->e) < 0)
			return ERR_USAGE;
	}
	s->cases = cases;
	s->has_else = otherwise != NULL;
	if (!s->has_else || yaml_is_null(otherwise))
		return 0;
	if (yaml_text(otherwise, &s->otherwise, in->e) < 0)
		return ERR_USAGE;
	return check_word(otherwise, field, s->otherwise, in->e);
}

static int
read_maps(struct reading *in)
{
	const struct yaml_node *maps = yaml_get(in->node, "map"), *n;
	size_t value;
	int field;

	if (maps == NULL)
		return 0;
	if (yaml_want(maps, YAML_MAP, in->e) < 0)
		return ERR_USAGE;
	for (n = maps->first; n != NULL; n = n->next) {
		if (want_field(n, &field, in->e) < 0 ||
		    claim_field(in, n, field) < 0 ||
		    yaml_want(n, YAML_MAP, in->e) < 0 ||
		    yaml_only(n, map_keys, in->e) < 0 ||
		    find_value(in, n, &value) < 0 ||
		    read_words(in, n, field, &in->p->field[field]) < 0)
			return ERR_USAGE;
		set_values(in, field, &value, 1);
	}
	return 0;
}

static int
read_split(struct reading *in)
{
	const struct yaml_node *split = yaml_get(in->node, "split"), *n;

	if (split == NULL)
		return 0;
	if (yaml_want(split, YAML_MAP, in->e) < 0)
		return ERR_USAGE;
	n = split->first;
	if (split->n != 1 || !str_eq(n->key, STR("recipient")))
		return yaml_fail(split, in->e, "only 'recipient' can be split");
	if (yaml_want(n, YAML_SCALAR, in->e) < 0)
		return ERR_USAGE;
	if (n->text.n != 1 || n->text.p[0] == '\0')
		return yaml_fail(n, in->e, "a separator is one byte");
	if (!has_field(in->p, FIELD_RECIPIENT))
		return yaml_fail(n, in->e, "there is no 'recipient' to split");
	in->p->field[FIELD_RECIPIENT].split = n->text.p[0];
	return 0;
}

static int
check_groups(struct reading *in)
{
	const struct yaml_node *match = yaml_get(in->node, "match");

	for (size_t i = 0; i < in->n; i++)
		if (str_has(in->names[i]) && !in->used[i])
			return yaml_fail(match, in->e,
			    "group '%.*s' is no field", STR_FMT(in->names[i]));
	return 0;
}

/* Words of a closed list come from set or map, where they were checked, and
 * never from the line itself. */
static int
check_closed(struct reading *in)
{
	static const int closed[] = {FIELD_DISPOSITION, FIELD_STAGE};

	for (size_t i = 0; i < 2; i++) {
		const struct source *s = &in->p->field[closed[i]];

		if (s->nvalues > 0 && s->ncases == 0)
			return yaml_fail(in->node, in->e,
			    "'%s' comes from 'set' or 'map'",
			    pattern_field_name[closed[i]]);
	}
	return 0;
}

static int
read_pattern(
    struct pattern_file *f, const struct yaml_node *node, struct err *e)
{
	struct reading in = {.f = f, .node = node, .e = e};
	struct pattern *p = in.p = &f->patterns[f->n++];

	p->node = node;
	if (yaml_want(node, YAML_MAP, e) < 0 ||
	    yaml_only(node, f->csv ? row_keys : pattern_keys, e) < 0 ||
	    yaml_need_text(node, "id", &p->id, e) < 0)
		return ERR_USAGE;
	for (size_t i = 0; i + 1 < f->n; i++)
		if (str_eq(f->patterns[i].id, p->id))
			return yaml_fail(node, e,
			    "a pattern '%.*s' is there already",
			    STR_FMT(p->id));
	if (read_events(&in) < 0 ||
	    (f->csv ? read_row_conditions(&in) : read_line_condition(&in)) <
	        0 ||
	    read_groups(&in) < 0 ||
	    (f->csv &&
	        read_columns(&in, yaml_get(node, "columns"), true) < 0) ||
	    read_set(&in) < 0 || read_maps(&in) < 0)
		return ERR_USAGE;
	if (p->nevents > 0 &&
	    read_columns(&in, yaml_get(f->root, "columns"), false) < 0)
		return ERR_USAGE;
	if (read_split(&in) < 0 || check_groups(&in) < 0 ||
	    check_closed(&in) < 0)
		return ERR_USAGE;
	return check_needs(&in);
}

/* The file. */

static int
read_format(struct pattern_file *f, const struct yaml_node *time, struct err *e)
{
	const struct yaml_node *n = yaml_get(time, "format");
	struct str word;
	int i = 0;

	if (yaml_need_text(time, "format", &word, e) < 0)
		return ERR_USAGE;
	while (i < TIME_N && !str_eq(word, str_z(pattern_time_name[i])))
		i++;
	if (i == TIME_N)
		return yaml_fail(n, e, "a format is iso, epoch or epoch_ms");
	f->time_format = (enum time_format)i;
	return 0;
}

/* time: {match: PCRE2 with a group "time", format: iso} */
static int
read_stamp(struct pattern_file *f, const struct yaml_node *time, struct err *e)
{
	static const char *const known[] = {"time", "host", "pid", NULL};
	const struct yaml_node *match = yaml_get(time, "match");

	if (yaml_want(time, YAML_MAP, e) < 0 ||
	    yaml_only(time, stamp_keys, e) < 0)
		return ERR_USAGE;
	if (match == NULL)
		return yaml_fail(time, e, "'match' is missing");
	if (yaml_regex(match, &f->stamp, e) < 0)
		return ERR_USAGE;
	for (size_t g = 1; g <= regex_groups(f->stamp); g++) {
		struct str name = regex_name(f->stamp, g);
		size_t i = 0;

		while (known[i] != NULL && !str_eq(name, str_z(known[i])))
			i++;
		if (known[i] == NULL)
			return yaml_fail(match, e,
			    "a group here is time, host or pid, not '%.*s'",
			    STR_FMT(name));
	}
	if (regex_group(f->stamp, STR("time")) == 0)
		return yaml_fail(match, e, "'match' has no group 'time'");
	return read_format(f, time, e);
}

static int
read_separator(
    struct pattern_file *f, const struct yaml_node *csv, struct err *e)
{
	const struct yaml_node *n = yaml_get(csv, "separator");

	f->separator = ',';
	if (n == NULL)
		return 0;
	if (yaml_want(n, YAML_SCALAR, e) < 0)
		return ERR_USAGE;
	if (str_eq(n->text, STR("tab")))
		f->separator = '\t';
	else if (n->text.n == 1 && strchr("\"\r\n", n->text.p[0]) == NULL)
		f->separator = n->text.p[0];
	else
		return yaml_fail(
		    n, e, "a separator is one byte, or the word tab");
	return 0;
}

static int
read_csv(struct pattern_file *f, const struct yaml_node *csv, struct err *e)
{
	const struct yaml_node *time = yaml_get(f->root, "time");
	struct str column;

	f->csv = true;
	if (yaml_want(csv, YAML_MAP, e) < 0 || yaml_only(csv, csv_keys, e) < 0)
		return ERR_USAGE;
	if (yaml_get(csv, "header") != NULL &&
	    yaml_need_text(csv, "header", &f->csv_header, e) < 0)
		return ERR_USAGE;
	if (yaml_get(csv, "comment") != NULL &&
	    yaml_need_text(csv, "comment", &f->csv_comment, e) < 0)
		return ERR_USAGE;
	if (yaml_need_text(csv, "sample_header", &f->sample_header, e) < 0 ||
	    read_separator(f, csv, e) < 0)
		return ERR_USAGE;
	if (time == NULL)
		return yaml_fail(csv, e, "'csv' needs 'time'");
	if (yaml_want(time, YAML_MAP, e) < 0 ||
	    yaml_only(time, csv_time_keys, e) < 0 ||
	    yaml_need_text(time, "column", &column, e) < 0 ||
	    column_of(f, time, column, &f->time_column, e) < 0)
		return ERR_USAGE;
	return read_format(f, time, e);
}

static int
read_head(struct pattern_file *f, struct err *e)
{
	const struct yaml_node *csv = yaml_get(f->root, "csv");
	const struct yaml_node *time = yaml_get(f->root, "time");
	const struct yaml_node *programs = yaml_get(f->root, "programs");
	const struct yaml_node *columns = yaml_get(f->root, "columns");

	if (yaml_list(f->root, "programs", &f->mem, &f->programs, &f->nprograms,
	        e) < 0)
		return ERR_USAGE;
	for (size_t i = 0; i < f->nprograms; i++)
		if (str_eq(f->programs[i], STR("*")))
			return yaml_fail(programs, e,
			    "'*' would take every program's lines");
	if (csv != NULL && programs != NULL)
		return yaml_fail(
		    programs, e, "'csv' and 'programs' exclude each other");
	if (csv == NULL && columns != NULL)
		return yaml_fail(columns, e, "'columns' needs 'csv'");
	if (csv != NULL)
		return read_csv(f, csv, e);
	if (time != NULL)
		return read_stamp(f, time, e);
	if (programs == NULL)
		return yaml_fail(f->root, e,
		    "neither 'programs' nor 'time' nor 'csv' is there");
	return 0;
}

/* A name that can be one word of the command line and of the records. */
static int
check_name(const struct yaml_node *root, struct str name, struct err *e)
{
	for (size_t i = 0; i < name.n; i++)
		if (strchr("abcdefghijklmnopqrstuvwxyz0123456789_-",
		        name.p[i]) == NULL)
			return yaml_fail(yaml_get(root, "name"), e,
			    "a name is made of a-z, 0-9, _ and -");
	return 0;
}

static int
read_file(struct pattern_file *f, struct err *e)
{
	const struct yaml_node *list, *n;
	struct str name, summary;

	if (yaml_want(f->root, YAML_MAP, e) < 0 ||
	    yaml_only(f->root, file_keys, e) < 0 ||
	    yaml_need_text(f->root, "name", &name, e) < 0 ||
	    check_name(f->root, name, e) < 0 ||
	    yaml_need_text(f->root, "summary", &summary, e) < 0 ||
	    read_head(f, e) < 0)
		return ERR_USAGE;
	f->ops.name = name.p;
	f->ops.summary = summary.p;
	list = yaml_get(f->root, "patterns");
	if (list == NULL)
		return yaml_fail(f->root, e, "'patterns' is missing");
	if (yaml_want(list, YAML_SEQ, e) < 0)
		return ERR_USAGE;
	if (list->n == 0)
		return yaml_fail(list, e, "'patterns' is empty");
	f->patterns = arena_zalloc(&f->mem, list->n * sizeof(*f->patterns));
	for (n = list->first; n != NULL; n = n->next)
		if (read_pattern(f, n, e) < 0)
			return ERR_USAGE;
	f->counts.patterns = f->n;
	pattern_init(f);
	return pattern_check(f, e);
}

static int
finish(struct pattern_file **out, struct pattern_file *f, int rc, struct err *e)
{
	if (rc >= 0)
		rc = read_file(f, e);
	if (rc < 0)
		pattern_free(f);
	else
		*out = f;
	return rc;
}

int
pattern_load(struct pattern_file **out, const char *path, struct err *e)
{
	struct pattern_file *f = xcalloc(1, sizeof(*f));

	return finish(out, f, yaml_load(&f->root, path, &f->mem, e), e);
}

int
pattern_read(
    struct pattern_file **out, struct str text, const char *name, struct err *e)
{
	struct pattern_file *f = xcalloc(1, sizeof(*f));

	return finish(out, f, yaml_read(&f->root, text, name, &f->mem, e), e);
}
