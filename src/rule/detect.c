/* SPDX-License-Identifier: Apache-2.0 */
/* Detection rules: reading and checking the YAML. */
#include "rule/detect.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/yaml.h"

struct detect {
	struct arena arena;
	struct detect_rule *rules;
	size_t n, size;
};

static const char *const rule_keys[] = {
    "rule", "summary", "kind", "scope", "when", "off", "sprt", "against", NULL};
static const char *const when_keys[] = {
    "metric", "unit", "at_least", "at_most", "source", NULL};
static const char *const sprt_keys[] = {
    "theta0", "theta1", "alpha", "beta", "source", NULL};

static int
read_threshold(
    const struct yaml_node *n, struct detect_threshold *t, struct err *e)
{
	const struct yaml_node *least, *most;

	if (yaml_want(n, YAML_MAP, e) < 0 || yaml_only(n, when_keys, e) < 0 ||
	    yaml_need_text(n, "metric", &t->metric, e) < 0 ||
	    yaml_need_text(n, "unit", &t->unit, e) < 0 ||
	    yaml_need_text(n, "source", &t->source, e) < 0)
		return ERR_USAGE;
	least = yaml_get(n, "at_least");
	most = yaml_get(n, "at_most");
	if ((least == NULL) == (most == NULL))
		return yaml_fail(
		    n, e, "one of 'at_least' and 'at_most' is wanted");
	t->at_most = most != NULL;
	t->line = n->line;
	if (yaml_double(most ? most : least, &t->value, e) < 0)
		return ERR_USAGE;
	/* it would fire always, or never */
	if (!(t->value >= 0))
		return yaml_fail(n, e, "a threshold is no negative number");
	if (str_eq(t->unit, STR("share")) && t->value > 1)
		return yaml_fail(n, e, "a share is a number from 0 to 1");
	return 0;
}

static int
read_when(struct detect *d, const struct yaml_node *map, struct detect_rule *r,
    struct err *e)
{
	const struct yaml_node *when = yaml_get(map, "when"), *n;
	struct detect_threshold *list;
	int rc;

	if (when == NULL)
		return yaml_fail(map, e, "'when' is missing");
	if (yaml_want(when, YAML_SEQ, e) < 0)
		return ERR_USAGE;
	if (when->n == 0)
		return yaml_fail(
		    when, e, "a rule without thresholds fires always");
	list = arena_zalloc(&d->arena, when->n * sizeof(*list));
	for (n = when->first; n != NULL; n = n->next) {
		rc = read_threshold(n, &list[r->nwhen++], e);
		if (rc < 0)
			return rc;
	}
	r->when = list;
	return 0;
}

static int
read_scope(const struct yaml_node *map, struct detect_rule *r, struct err *e)
{
	static const struct {
		const char *name;
		unsigned bit;
	} names[] = {{"customer", DETECT_CUSTOMER},
	    {"own_unassigned", DETECT_OWN_UNASSIGNED},
	    {"remote", DETECT_REMOTE}};
	const struct yaml_node *scope = yaml_get(map, "scope"), *n;
	struct str word;
	size_t i;

	if (scope == NULL)
		return yaml_fail(map, e, "'scope' is missing");
	if (yaml_want(scope, YAML_SEQ, e) < 0)
		return ERR_USAGE;
	for (n = scope->first; n != NULL; n = n->next) {
		if (yaml_text(n, &word, e) < 0)
			return ERR_USAGE;
		for (i = 0; i < 3 && !str_eq(word, str_z(names[i].name)); i++)
			;
		if (i == 3)
			return yaml_fail(n, e,
			    "scope is customer, own_unassigned or remote");
		r->scope |= names[i].bit;
	}
	return r->scope ? 0 : yaml_fail(scope, e, "'scope' is empty");
}

/* A number between 0 and 1 that must be there. */
static int
read_chance(const struct yaml_node *map, const char *key, double *out,
    struct err *e)
{
	const struct yaml_node *n = yaml_get(map, key);

	if (n == NULL)
		return yaml_fail(map, e, "'%s' is missing", key);
	if (yaml_double(n, out, e) < 0)
		return ERR_USAGE;
	if (!(*out > 0 && *out < 1))
		return yaml_fail(n, e, "'%s' lies between 0 and 1", key);
	return 0;
}

static bool
asks_for_sprt(const struct detect_rule *r)
{
	for (size_t i = 0; i < r->nwhen; i++)
		if (str_eq(r->when[i].metric, STR("spam_sprt")))
			return true;
	return false;
}

static int
read_sprt(struct detect *d, const struct yaml_node *map, struct detect_rule *r,
    struct err *e)
{
	const struct yaml_node *n = yaml_get(map, "sprt");
	struct detect_sprt *p;

	if ((n != NULL) != asks_for_sprt(r))
		return yaml_fail(n ? n : map, e,
		    "the metric spam_sprt and 'sprt' go together");
	if (n == NULL)
		return 0;
	p = arena_zalloc(&d->arena, sizeof(*p));
	if (yaml_want(n, YAML_MAP, e) < 0 || yaml_only(n, sprt_keys, e) < 0 ||
	    read_chance(n, "theta0", &p->theta0, e) < 0 ||
	    read_chance(n, "theta1", &p->theta1, e) < 0 ||
	    read_chance(n, "alpha", &p->alpha, e) < 0 ||
	    read_chance(n, "beta", &p->beta, e) < 0 ||
	    yaml_need_text(n, "source", &p->source, e) < 0)
		return ERR_USAGE;
	if (p->theta0 >= p->theta1)
		return yaml_fail(n, e, "theta0 is less than theta1");
	if (p->alpha + p->beta >= 1)
		return yaml_fail(n, e, "alpha and beta are less than 1 together");
	r->sprt = p;
	return 0;
}

static int
read_against(struct detect *d, const struct yaml_node *map,
    struct detect_rule *r, struct err *e)
{
	const struct yaml_node *n = yaml_get(map, "against");

	if (n == NULL && str_eq(r->kind, STR("innocent")))
		return yaml_fail(
		    map, e, "a rule of kind innocent says 'against' which");
	if (n == NULL)
		return 0;
	r->against_line = n->line;
	if (yaml_list(map, "against", &d->arena, &r->against, &r->nagainst,
	        e) < 0)
		return ERR_USAGE;
	if (r->nagainst == 0)
		return yaml_fail(n, e, "'against' is empty");
	for (size_t i = 0; i < r->nagainst; i++) {
		if (str_eq(r->against[i], r->rule))
			return yaml_fail(n, e, "a rule is not against itself");
		for (size_t k = 0; k < i; k++)
			if (str_eq(r->against[i], r->against[k]))
				return yaml_fail(n, e, "'%.*s' stands twice",
				    STR_FMT(r->against[i]));
	}
	return 0;
}

static int
read_rule(struct detect *d, const struct yaml_node *map, struct detect_rule *r,
    struct err *e)
{
	if (yaml_need_text(map, "summary", &r->summary, e) < 0 ||
	    yaml_need_text(map, "kind", &r->kind, e) < 0)
		return ERR_USAGE;
	if (!str_eq(r->kind, STR("spam")) && !str_eq(r->kind, STR("virus")) &&
	    !str_eq(r->kind, STR("innocent")))
		return yaml_fail(yaml_get(map, "kind"), e,
		    "kind is spam, virus or innocent");
	if (read_scope(map, r, e) < 0 || read_when(d, map, r, e) < 0 ||
	    read_sprt(d, map, r, e) < 0)
		return ERR_USAGE;
	return read_against(d, map, r, e);
}

/* The index of the rule of that name, or where it belongs. */
static size_t
find(const struct detect *d, struct str name, bool *there)
{
	size_t i, n;
	int c;

	*there = false;
	for (i = 0; i < d->n; i++) {
		struct str have = d->rules[i].rule;

		n = have.n < name.n ? have.n : name.n;
		c = memcmp(have.p, name.p, n);
		if (c == 0 && have.n == name.n)
			*there = true;
		if (c > 0 || (c == 0 && have.n >= name.n))
			break;
	}
	return i;
}

static void
put(struct detect *d, const struct detect_rule *r)
{
	bool there;
	size_t i = find(d, r->rule, &there);

	if (there) {
		d->rules[i] = *r;
		return;
	}
	if (d->n == d->size) {
		d->size = d->size ? 2 * d->size : 16;
		d->rules = xrealloc(d->rules, d->size * sizeof(*r));
	}
	memmove(&d->rules[i + 1], &d->rules[i], (d->n++ - i) * sizeof(*r));
	d->rules[i] = *r;
}

static int
load_file(struct detect *d, const char *path, size_t from, struct err *e)
{
	const struct yaml_node *map, *n;
	struct detect_rule r = {.line = 1, .from = from};
	int rc = yaml_load(&map, path, &d->arena, e);

	if (rc < 0)
		return rc;
	if (yaml_want(map, YAML_MAP, e) < 0 ||
	    yaml_only(map, rule_keys, e) < 0 ||
	    yaml_need_text(map, "rule", &r.rule, e) < 0)
		return ERR_USAGE;
	n = yaml_get(map, "off");
	if (n != NULL && yaml_bool(n, &r.off, e) < 0)
		return ERR_USAGE;
	r.file = arena_dup(&d->arena, str_z(path));
	rc = r.off ? 0 : read_rule(d, map, &r, e);
	if (rc == 0)
		put(d, &r);
	return rc;
}

static int
is_rule_file(const struct dirent *f)
{
	return f->d_name[0] != '.' && str_ends(str_z(f->d_name), STR(".yaml"));
}

static int
load_dir(struct detect *d, const char *dir, size_t from, struct err *e)
{
	struct dirent **files;
	struct str path;
	int i, rc = 0, n = scandir(dir, &files, is_rule_file, alphasort);

	if (n < 0 && errno == ENOENT)
		return 0;
	if (n < 0)
		return err_set(e, ERR_FAIL, "%s: %s", dir, strerror(errno));
	for (i = 0; i < n; i++) {
		path = arena_printf(&d->arena, "%s/%s", dir, files[i]->d_name);
		if (rc == 0)
			rc = load_file(d, path.p, from, e);
		free(files[i]);
	}
	free(files);
	return rc;
}

static int
load_path(struct detect *d, const char *path, size_t from, struct err *e)
{
	struct stat st;

	if (stat(path, &st) == 0 && !S_ISDIR(st.st_mode))
		return load_file(d, path, from, e);
	return load_dir(d, path, from, e);
}

/* Rules that are taken away must be there (or be off), and neither speak for
 * somebody nor take others away: or the order would matter. */
static int
check_against(const struct detect *d, const struct detect_rule *r, struct err *e)
{
	for (size_t i = 0; i < r->nagainst; i++) {
		const struct str name = r->against[i];
		bool there;
		size_t at = find(d, name, &there);

		if (!there)
			return err_set(e, ERR_USAGE, "%.*s:%d: no rule '%.*s'",
			    STR_FMT(r->file), r->against_line, STR_FMT(name));
		if (d->rules[at].nagainst > 0)
			return err_set(e, ERR_USAGE,
			    "%.*s:%d: '%.*s' takes others away itself",
			    STR_FMT(r->file), r->against_line, STR_FMT(name));
	}
	return 0;
}

int
detect_read(struct detect **out, const char *const *paths, struct err *e)
{
	struct detect *d = xcalloc(1, sizeof(*d));
	int rc = 0;

	for (size_t i = 0; rc == 0 && paths[i] != NULL; i++)
		rc = load_path(d, paths[i], i, e);
	if (rc < 0) {
		detect_free(d);
		return rc;
	}
	*out = d;
	return 0;
}

int
detect_load(struct detect **out, const char *const *paths, struct err *e)
{
	struct detect *d;
	int rc = detect_read(&d, paths, e);

	if (rc < 0)
		return rc;
	for (size_t i = 0; rc == 0 && i < d->n; i++)
		rc = check_against(d, &d->rules[i], e);
	if (rc < 0) {
		detect_free(d);
		return rc;
	}
	*out = d;
	return 0;
}

void
detect_free(struct detect *d)
{
	if (d == NULL)
		return;
	arena_free(&d->arena);
	free(d->rules);
	free(d);
}

size_t
detect_count(const struct detect *d)
{
	return d->n;
}

const struct detect_rule *
detect_at(const struct detect *d, size_t i)
{
	return &d->rules[i];
}
