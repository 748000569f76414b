/* SPDX-License-Identifier: Apache-2.0 */
/* Verdict rules: every rule is tried on its own samples. */
#include "rule/rules_set.h"

static const char *const sample_keys[] = {
    "line", "text", "program", "kind", "mta", "stage", "is", NULL};

/* A sample as the rules would meet it. */
struct sample {
	const struct yaml_node *node, *is;
	struct str text;
	struct str program; /* of a line */
	struct str kind, mta;
	enum stage stage;
};

static struct str
first_of(const struct yaml_node *n)
{
	if (n == NULL)
		return STR_NONE;
	return n->kind == YAML_SEQ ? n->first->text : n->text;
}

static struct str
value(const struct yaml_node *map, const char *key, struct str otherwise)
{
	const struct yaml_node *n = yaml_get(map, key);

	return n != NULL && n->kind == YAML_SCALAR ? n->text : otherwise;
}

static int
read_sample(const struct rule_file *f, const struct rule *r,
    const struct yaml_node *node, struct sample *s, struct err *e)
{
	const struct yaml_node *n;
	struct str program = first_of(yaml_get(r->node, "programs"));

	*s = (struct sample){.node = node};
	if (yaml_want(node, YAML_MAP, e) < 0 ||
	    yaml_only(node, sample_keys, e) < 0)
		return ERR_USAGE;
	n = yaml_get(node, r->for_text ? "text" : "line");
	if (n == NULL)
		return yaml_fail(node, e, "a sample needs '%s'",
		    r->for_text ? "text" : "line");
	if (yaml_text(n, &s->text, e) < 0)
		return ERR_USAGE;
	if (!str_has(program) && f->nprograms)
		program = f->programs[0];
	s->program = value(node, "program", program);
	s->kind = value(node, "kind", first_of(yaml_get(r->node, "text")));
	s->mta = value(node, "mta", r->nmta ? r->mta[0] : STR_NONE);
	s->stage = (enum stage)name_find(stage_name, STAGE_N,
	    value(node, "stage", first_of(yaml_get(r->node, "stage"))));
	s->is = yaml_get(node, "is");
	return 0;
}

static bool
has_key(const struct rule_file *f, const struct rule *r, const struct sample *s)
{
	const char *key = r->for_text ? "text" : "programs";
	struct str want = r->for_text ? s->kind : s->program;
	const struct yaml_node *n = yaml_get(r->node, key);

	if (n != NULL && n->kind == YAML_SCALAR)
		return str_eq(n->text, want);
	if (n != NULL) {
		for (n = n->first; n && !str_eq(n->text, want); n = n->next)
			;
		return n != NULL;
	}
	for (size_t i = 0; i < f->nprograms; i++)
		if (str_eq(f->programs[i], want))
			return true;
	return false;
}

/* The first rule of the file that knows the sample, as rules_line() and
 * rules_text() would find it. */
static const struct rule *
find_rule(const struct rule_file *f, bool for_text, const struct sample *s,
    struct str *groups)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct rule *r = f->rules[i];
		enum regex_result found;

		if (r->for_text != for_text || !has_key(f, r, s))
			continue;
		if (for_text && !rule_suits(r, s->mta, s->stage))
			continue;
		found = condition_test(&r->when, s->text, groups);
		if (found != REGEX_NO)
			return found == REGEX_YES ? r : NULL;
	}
	return NULL;
}

static struct str
outcome_name(int outcome)
{
	if (outcome == RULE_IGNORED)
		return STR("ignored");
	return outcome ? str_z(verdict_name[outcome]) : STR("none");
}

static int
check_value(const struct yaml_node *want, struct str have, struct err *e)
{
	if (str_has(have) == !yaml_is_null(want) &&
	    (!str_has(have) || str_eq(have, want->text)))
		return 0;
	if (!str_has(have))
		return yaml_fail(want, e, "%.*s is absent", STR_FMT(want->key));
	return yaml_fail(
	    want, e, "%.*s is '%.*s'", STR_FMT(want->key), STR_FMT(have));
}

static int
check_is(const struct rules *set, const struct rule *r, const struct sample *s,
    const struct str *groups, struct err *e)
{
	struct verdict v;
	struct str outcome = outcome_name(rule_verdict(set, r, groups, &v));
	const struct yaml_node *n;
	size_t g;
	int rc = 0;

	if (s->is == NULL)
		return yaml_fail(s->node, e, "a sample needs 'is'");
	if (yaml_want(s->is, YAML_MAP, e) < 0)
		return ERR_USAGE;
	if (yaml_get(s->is, "verdict") == NULL)
		return yaml_fail(s->is, e, "'verdict' is missing");
	for (n = s->is->first; rc == 0 && n != NULL; n = n->next) {
		g = r->when.match ? regex_group(r->when.match, n->key) : 0;
		if (str_eq(n->key, STR("verdict")))
			rc = check_value(n, outcome, e);
		else if (g == 0)
			rc = yaml_fail(n, e, "the rule has no group '%.*s'",
			    STR_FMT(n->key));
		else
			rc = check_value(n, groups[g], e);
	}
	return rc;
}

static int
check_sample(const struct rules *set, const struct rule_file *f,
    const struct rule *r, const struct yaml_node *node, struct err *e)
{
	struct str groups[REGEX_GROUPS];
	const struct rule *found;
	struct sample s;

	if (read_sample(f, r, node, &s, e) < 0)
		return ERR_USAGE;
	found = find_rule(f, r->for_text, &s, groups);
	if (found == NULL)
		return yaml_fail(node, e,
		    "rule '%.*s' does not know its sample", STR_FMT(r->name));
	if (found != r)
		return yaml_fail(node, e,
		    "rule '%.*s' takes the sample before '%.*s'",
		    STR_FMT(found->name), STR_FMT(r->name));
	return check_is(set, r, &s, groups, e);
}

static int
check_not_samples(const struct rule *r, struct err *e)
{
	const struct yaml_node *n = yaml_get(r->node, "not_samples");
	struct str groups[REGEX_GROUPS], text;

	if (n == NULL)
		return 0;
	if (yaml_want(n, YAML_SEQ, e) < 0)
		return ERR_USAGE;
	for (n = n->first; n != NULL; n = n->next) {
		if (yaml_text(n, &text, e) < 0)
			return ERR_USAGE;
		if (condition_test(&r->when, text, groups) != REGEX_NO)
			return yaml_fail(n, e,
			    "rule '%.*s' matches what it must not",
			    STR_FMT(r->name));
	}
	return 0;
}

static int
check_rule(const struct rules *set, const struct rule_file *f,
    const struct rule *r, struct err *e)
{
	const struct yaml_node *n = yaml_get(r->node, "samples");
	int rc = 0;

	if (n == NULL && yaml_get(r->node, "every") != NULL)
		return 0;
	if (n == NULL || n->n == 0)
		return yaml_fail(
		    r->node, e, "rule '%.*s' has no samples", STR_FMT(r->name));
	if (yaml_want(n, YAML_SEQ, e) < 0)
		return ERR_USAGE;
	for (n = n->first; rc == 0 && n != NULL; n = n->next)
		rc = check_sample(set, f, r, n, e);
	return rc == 0 ? check_not_samples(r, e) : rc;
}

static int
check_names(const struct rules *set, const struct signature *s, const char *key,
    bool want, struct err *e)
{
	const struct yaml_node *n = yaml_get(s->node, key);
	enum verdict_kind kind;
	struct str name, word;

	if (n == NULL || n->n == 0)
		return want ? yaml_fail(s->node, e, "'samples' is missing") : 0;
	if (yaml_want(n, YAML_SEQ, e) < 0)
		return ERR_USAGE;
	for (n = n->first; n != NULL; n = n->next) {
		if (yaml_text(n, &name, e) < 0)
			return ERR_USAGE;
		kind = rules_signature(set, name);
		word = outcome_name((int)kind);
		if ((kind == s->kind) != want)
			return yaml_fail(n, e, "'%.*s' is %.*s", STR_FMT(name),
			    STR_FMT(word));
	}
	return 0;
}

int
rules_check(const struct rules *set, struct err *e)
{
	const struct rule_file *f;
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < set->nsignatures; i++) {
		rc = check_names(set, &set->signatures[i], "samples", true, e);
		if (rc == 0)
			rc = check_names(
			    set, &set->signatures[i], "not_samples", false, e);
	}
	for (f = set->files; f != NULL; f = f->next)
		for (i = 0; rc == 0 && i < f->n; i++)
			rc = check_rule(set, f, f->rules[i], e);
	return rc;
}
