/* SPDX-License-Identifier: Apache-2.0 */
/* Verdict rules: reading and checking the YAML. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"
#include "rule/rules_set.h"

static const char *const file_keys[] = {
    "filter", "summary", "programs", "rules", "signatures", NULL};
static const char *const rule_keys[] = {"name", "summary", "filter", "programs",
    "text", "mta", "stage", "starts", "contains", "match", "every", "verdict",
    "at_least", "samples", "not_samples", NULL};
static const char *const signature_keys[] = {
    "match", "verdict", "why", "samples", "not_samples", NULL};

/* Text kinds that come into being after DATA only, so that a rule need not
 * ask for the stage. */
static const char *const after_data[] = {"acl-warn", "acl-log", "acl-discard",
    "header-add", "discard-reply", "milter-quarantine", NULL};

/* What is read: a file on its way into the set. */
struct reading {
	struct rules *set;
	struct rule_file *file;
	struct str filter, summary;
	const struct str *programs;
	size_t nprograms;
	struct err *e;
};

static int
read_outcome(const struct yaml_node *n, int *out, struct err *e)
{
	struct str word;

	if (yaml_text(n, &word, e) < 0)
		return ERR_USAGE;
	if (str_eq(word, STR("ignored")))
		*out = RULE_IGNORED;
	else if (str_eq(word, STR("none")))
		*out = VERDICT_NONE;
	else if ((*out = name_find(verdict_name, VERDICT_N, word)) == 0)
		return yaml_fail(n, e,
		    "a verdict is virus, spam, banned, listed, greylisted, "
		    "clean, none or ignored");
	return 0;
}

static int
want_outcome(
    const struct yaml_node *map, const char *key, int *out, struct err *e)
{
	const struct yaml_node *n = yaml_get(map, key);

	if (n == NULL)
		return yaml_fail(map, e, "'%s' is missing", key);
	return read_outcome(n, out, e);
}

/* {by: GROUP, map: {WORD: verdict, ...}, else: verdict} */
static int
read_by_word(struct reading *in, const struct yaml_node *v, struct rule *r)
{
	static const char *const keys[] = {"by", "map", "else", NULL};
	const struct yaml_node *map = yaml_get(v, "map"), *n;
	struct rule_case *cases;
	struct str group;

	r->how = RULE_BY_WORD;
	if (yaml_only(v, keys, in->e) < 0 ||
	    yaml_need_text(v, "by", &group, in->e) < 0 ||
	    want_outcome(v, "else", &r->otherwise, in->e) < 0)
		return ERR_USAGE;
	if (map == NULL)
		return yaml_fail(v, in->e, "'map' is missing");
	if (yaml_want(map, YAML_MAP, in->e) < 0)
		return ERR_USAGE;
	r->by = r->when.match ? regex_group(r->when.match, group) : 0;
	if (r->by == 0)
		return yaml_fail(
		    v, in->e, "'match' has no group '%.*s'", STR_FMT(group));
	cases = arena_zalloc(&in->set->arena, map->n * sizeof(*cases));
	r->cases = cases;
	for (n = map->first; n != NULL; n = n->next, r->ncases++) {
		cases[r->ncases].word = n->key;
		if (read_outcome(n, &cases[r->ncases].outcome, in->e) < 0)
			return ERR_USAGE;
	}
	return 0;
}

/* {reached: verdict, below: verdict} */
static int
read_by_score(struct reading *in, const struct yaml_node *v, struct rule *r)
{
	static const char *const keys[] = {"reached", "below", NULL};

	r->how = RULE_BY_SCORE;
	if (yaml_only(v, keys, in->e) < 0 ||
	    want_outcome(v, "reached", &r->fixed, in->e) < 0 ||
	    want_outcome(v, "below", &r->otherwise, in->e) < 0)
		return ERR_USAGE;
	if (!r->field[FIELD_SCORE])
		return yaml_fail(v, in->e, "'match' has no group 'score'");
	if (!r->field[FIELD_THRESHOLD] && !r->has_at_least)
		return yaml_fail(
		    v, in->e, "neither a group 'threshold' nor 'at_least'");
	return 0;
}

static int
read_verdict(struct reading *in, const struct yaml_node *map, struct rule *r)
{
	const struct yaml_node *v = yaml_get(map, "verdict");

	if (v == NULL)
		return yaml_fail(map, in->e, "'verdict' is missing");
	if (v->kind != YAML_MAP)
		return read_outcome(v, &r->fixed, in->e);
	if (yaml_get(v, "by") != NULL)
		return read_by_word(in, v, r);
	return read_by_score(in, v, r);
}

/* Which group is which field; others only if the verdict goes by them. */
static int
read_groups(struct reading *in, const struct yaml_node *map, struct rule *r)
{
	const struct yaml_node *match = yaml_get(map, "match");
	const struct yaml_node *by = yaml_get(yaml_get(map, "verdict"), "by");
	size_t n = r->when.match ? regex_groups(r->when.match) : 0;

	for (size_t i = 1; i <= n; i++) {
		struct str name = regex_name(r->when.match, i);
		size_t f = 0;

		while (f < FIELD_N && !str_eq(name, str_z(rule_field_name[f])))
			f++;
		if (f < FIELD_N)
			r->field[f] = i;
		else if (by == NULL || !str_eq(by->text, name))
			return yaml_fail(match, in->e,
			    "group '%.*s' is no field", STR_FMT(name));
	}
	return 0;
}

static bool
can_be(const struct rule *r, enum verdict_kind kind)
{
	if (r->how == RULE_BY_SCORE)
		return r->fixed == (int)kind || r->otherwise == (int)kind;
	if (r->how == RULE_FIXED)
		return r->fixed == (int)kind;
	for (size_t i = 0; i < r->ncases; i++)
		if (r->cases[i].outcome == (int)kind)
			return true;
	return r->otherwise == (int)kind;
}

static bool
listed_in(struct str word, const char *const *list)
{
	while (*list != NULL && !str_eq(word, str_z(*list)))
		list++;
	return *list != NULL;
}

/* Only who has seen the content can call it spam or a virus. */
static int
check_stages(struct reading *in, const struct yaml_node *map,
    const struct rule *r, const struct str *kinds, size_t n)
{
	unsigned content = 1u << STAGE_DATA | 1u << STAGE_EOM, can;

	if (!can_be(r, VERDICT_SPAM) && !can_be(r, VERDICT_VIRUS))
		return 0;
	for (size_t i = 0; i < n; i++) {
		can = content;
		/* Behind the queue a filter's answer has no stage; parsers
		 * make this text of an answer to the end of DATA only. */
		if (str_eq(kinds[i], STR("proxy-reject")))
			can |= 1u << STAGE_NONE;
		if (listed_in(kinds[i], after_data) ||
		    (r->stages && !(r->stages & ~can)))
			continue;
		return yaml_fail(map, in->e,
		    "spam and virus on '%.*s' need 'stage: [data, eom]'",
		    STR_FMT(kinds[i]));
	}
	return 0;
}

static int
read_stages(struct reading *in, const struct yaml_node *map, struct rule *r)
{
	const struct str *words = NULL;
	size_t n = 0;
	int stage;

	if (yaml_list(map, "stage", &in->set->arena, &words, &n, in->e) < 0)
		return ERR_USAGE;
	for (size_t i = 0; i < n; i++) {
		stage = name_find(stage_name, STAGE_N, words[i]);
		if (stage == 0 && !str_eq(words[i], STR("none")))
			return yaml_fail(yaml_get(map, "stage"), in->e,
			    "no stage '%.*s'", STR_FMT(words[i]));
		r->stages |= 1u << stage;
	}
	return 0;
}

static int
read_conditions(struct reading *in, const struct yaml_node *map, struct rule *r)
{
	const struct yaml_node *n;
	bool every = false;

	n = yaml_get(map, "every");
	if (n != NULL && yaml_bool(n, &every, in->e) < 0)
		return ERR_USAGE;
	if (condition_read(&r->when, map, &in->set->arena, in->e) < 0)
		return ERR_USAGE;
	if (every != condition_is_empty(&r->when))
		return yaml_fail(map, in->e,
		    "either 'every: true' or one of 'starts', 'contains' and "
		    "'match' is wanted");
	return 0;
}

/* A verdict that cannot be joined to a message is not one. */
static int
check_links(struct reading *in, const struct yaml_node *map, struct rule *r)
{
	if (r->how == RULE_FIXED && r->fixed == RULE_IGNORED)
		return 0;
	if (r->field[FIELD_QUEUE_ID] || r->field[FIELD_QUEUED_AS] ||
	    r->field[FIELD_MESSAGE_ID] || r->field[FIELD_CLIENT_ADDR])
		return 0;
	return yaml_fail(map, in->e,
	    "a line's verdict needs a group queue_id, queued_as, message_id "
	    "or client_addr");
}

static void
list_add(struct reading *in, struct rule_list *l, const struct rule *r)
{
	const struct rule **grown;

	if (l->n == l->size) {
		l->size = l->size ? 2 * l->size : 8;
		grown = arena_zalloc(&in->set->arena, l->size * sizeof(*grown));
		if (l->n)
			memcpy(grown, l->rules, l->n * sizeof(*grown));
		l->rules = grown;
	}
	l->rules[l->n++] = r;
}

static struct rule_list *
list_find(struct reading *in, struct map *m, struct str key)
{
	struct rule_list *head = map_get(m, hash_str(key, 0)), *l = head;

	while (l != NULL && !str_eq(l->key, key))
		l = l->next;
	if (l != NULL)
		return l;
	l = arena_zalloc(&in->set->arena, sizeof(*l));
	*l = (struct rule_list){.key = key, .next = head};
	map_put(m, hash_str(key, 0), l);
	return l;
}

static struct rule_list *
prefix_find(struct reading *in, struct str key)
{
	struct rule_list **l = &in->set->prefixes;

	while (*l != NULL && !str_eq((*l)->key, key))
		l = &(*l)->next;
	if (*l == NULL) {
		*l = arena_zalloc(&in->set->arena, sizeof(**l));
		(*l)->key = key;
	}
	return *l;
}

static void
list_under(
    struct reading *in, const struct rule *r, const struct str *keys, size_t n)
{
	struct rule_list *l;

	for (size_t i = 0; i < n; i++) {
		if (r->for_text)
			l = list_find(in, &in->set->kinds, keys[i]);
		else if (str_ends(keys[i], STR("*")))
			l = prefix_find(in, str_head(keys[i], keys[i].n - 1));
		else
			l = list_find(in, &in->set->programs, keys[i]);
		list_add(in, l, r);
	}
}

/* Under what the rule is looked up: its kinds of text, or its programs, or
 * else the file's. */
static int
read_keys(struct reading *in, const struct yaml_node *map, struct rule *r)
{
	const struct str *keys = NULL;
	size_t n = 0;

	r->for_text = yaml_get(map, "text") != NULL;
	if (r->for_text && yaml_get(map, "programs") != NULL)
		return yaml_fail(
		    map, in->e, "'text' and 'programs' exclude each other");
	if (!r->for_text && (r->nmta || r->stages))
		return yaml_fail(
		    map, in->e, "'mta' and 'stage' go with 'text' only");
	if (yaml_list(map, r->for_text ? "text" : "programs", &in->set->arena,
	        &keys, &n, in->e) < 0)
		return ERR_USAGE;
	if (n == 0) {
		keys = in->programs;
		n = in->nprograms;
	}
	if (n == 0)
		return yaml_fail(
		    map, in->e, "neither 'text' nor 'programs' is there");
	if ((r->for_text ? check_stages(in, map, r, keys, n)
	                 : check_links(in, map, r)) < 0)
		return ERR_USAGE;
	list_under(in, r, keys, n);
	return 0;
}

static int
check_name(
    struct reading *in, const struct yaml_node *map, const struct rule *r)
{
	for (size_t i = 0; i < in->set->n; i++)
		if (in->set->all[i] != r &&
		    str_eq(in->set->all[i]->name, r->name))
			return yaml_fail(map, in->e,
			    "a rule '%.*s' is there already", STR_FMT(r->name));
	return 0;
}

static struct rule *
rule_new(struct reading *in, const struct yaml_node *map)
{
	struct rules *set = in->set;
	struct rule *r = arena_zalloc(&set->arena, sizeof(*r));

	if (set->n == set->size) {
		set->size = set->size ? 2 * set->size : 64;
		set->all = xrealloc(set->all, set->size * sizeof(*set->all));
	}
	set->all[set->n++] = r; /* so that rules_free() sees its pattern */
	r->node = map;
	r->filter = in->filter;
	r->summary = in->summary;
	return r;
}

static int
read_rule(struct reading *in, const struct yaml_node *map)
{
	struct rule *r = rule_new(in, map);
	const struct yaml_node *n;

	if (yaml_want(map, YAML_MAP, in->e) < 0 ||
	    yaml_only(map, rule_keys, in->e) < 0 ||
	    yaml_need_text(map, "name", &r->name, in->e) < 0 ||
	    check_name(in, map, r) < 0)
		return ERR_USAGE;
	if (yaml_get(map, "filter") != NULL &&
	    yaml_need_text(map, "filter", &r->filter, in->e) < 0)
		return ERR_USAGE;
	if (yaml_get(map, "summary") != NULL &&
	    yaml_need_text(map, "summary", &r->summary, in->e) < 0)
		return ERR_USAGE;
	n = yaml_get(map, "at_least");
	r->has_at_least = n != NULL;
	if (n != NULL && yaml_double(n, &r->at_least, in->e) < 0)
		return ERR_USAGE;
	if (read_conditions(in, map, r) < 0 || read_groups(in, map, r) < 0 ||
	    yaml_list(map, "mta", &in->set->arena, &r->mta, &r->nmta, in->e) <
	        0 ||
	    read_stages(in, map, r) < 0 || read_verdict(in, map, r) < 0)
		return ERR_USAGE;
	in->file->rules[in->file->n++] = r;
	return read_keys(in, map, r);
}

static int
read_signature(struct reading *in, const struct yaml_node *map)
{
	struct rules *set = in->set;
	struct signature *s;
	const struct yaml_node *match;
	int kind;

	if (yaml_want(map, YAML_MAP, in->e) < 0 ||
	    yaml_only(map, signature_keys, in->e) < 0)
		return ERR_USAGE;
	match = yaml_get(map, "match");
	if (match == NULL)
		return yaml_fail(map, in->e, "'match' is missing");
	if (want_outcome(map, "verdict", &kind, in->e) < 0)
		return ERR_USAGE;
	if (kind == RULE_IGNORED)
		return yaml_fail(map, in->e, "a name cannot be ignored");
	if (set->nsignatures == set->signatures_size) {
		set->signatures_size += 64;
		set->signatures = xrealloc(set->signatures,
		    set->signatures_size * sizeof(*set->signatures));
	}
	s = &set->signatures[set->nsignatures];
	*s = (struct signature){.kind = (enum verdict_kind)kind, .node = map};
	if (yaml_regex(match, &s->match, in->e) < 0)
		return ERR_USAGE;
	set->nsignatures++;
	return 0;
}

static int
read_each(struct reading *in, const struct yaml_node *list,
    int (*read)(struct reading *, const struct yaml_node *))
{
	const struct yaml_node *n;
	int rc = 0;

	if (list == NULL)
		return 0;
	if (yaml_want(list, YAML_SEQ, in->e) < 0)
		return ERR_USAGE;
	for (n = list->first; rc == 0 && n != NULL; n = n->next)
		rc = read(in, n);
	return rc;
}

static int
read_file(struct reading *in, const struct yaml_node *map)
{
	struct arena *a = &in->set->arena;
	const struct yaml_node *rules = yaml_get(map, "rules");

	if (yaml_want(map, YAML_MAP, in->e) < 0 ||
	    yaml_only(map, file_keys, in->e) < 0 ||
	    yaml_need_text(map, "filter", &in->filter, in->e) < 0 ||
	    yaml_need_text(map, "summary", &in->summary, in->e) < 0 ||
	    yaml_list(map, "programs", &in->set->arena, &in->programs,
	        &in->nprograms, in->e) < 0)
		return ERR_USAGE;
	in->file = arena_zalloc(a, sizeof(*in->file));
	in->file->rules = arena_zalloc(
	    a, (rules ? rules->n : 0) * sizeof(*in->file->rules) + 1);
	in->file->programs = in->programs;
	in->file->nprograms = in->nprograms;
	in->file->next = in->set->files;
	in->set->files = in->file;
	if (read_each(in, rules, read_rule) < 0)
		return ERR_USAGE;
	return read_each(in, yaml_get(map, "signatures"), read_signature);
}

static int
is_rule_file(const struct dirent *f)
{
	return f->d_name[0] != '.' && str_ends(str_z(f->d_name), STR(".yaml"));
}

static int
load_dir(struct rules *set, const char *dir, bool must, struct err *e)
{
	const struct yaml_node *map;
	struct dirent **files;
	int i, rc = 0, n = scandir(dir, &files, is_rule_file, alphasort);

	if (n < 0 && errno == ENOENT && !must)
		return 0;
	if (n < 0)
		return err_set(e, ERR_USAGE, "%s: %s", dir, strerror(errno));
	for (i = 0; i < n; i++) {
		struct reading in = {.set = set, .e = e};
		struct str path =
		    arena_printf(&set->arena, "%s/%s", dir, files[i]->d_name);

		if (rc == 0)
			rc = yaml_load(&map, path.p, &set->arena, e);
		if (rc == 0)
			rc = read_file(&in, map);
		free(files[i]);
	}
	free(files);
	return rc;
}

int
rules_load(struct rules **out, const char *dir, struct err *e)
{
	struct rules *set = xcalloc(1, sizeof(*set));
	struct str local = arena_printf(&set->arena, "%s/local", dir);
	int rc;

	set->recipient = arena_zalloc(&set->arena, sizeof(*set->recipient));
	rc = load_dir(set, local.p, false, e);
	if (rc == 0)
		rc = load_dir(set, dir, true, e);
	if (rc == 0)
		rc = rules_check(set, e);
	if (rc < 0) {
		rules_free(set);
		return rc;
	}
	set->known = xcalloc(TEXTS_KNOWN, sizeof(*set->known));
	*out = set;
	return 0;
}
