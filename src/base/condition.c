/* SPDX-License-Identifier: Apache-2.0 */
#include "base/condition.h"

int
yaml_regex(const struct yaml_node *n, struct regex **out, struct err *e)
{
	struct str text;
	struct err what;

	if (yaml_text(n, &text, e) < 0)
		return ERR_USAGE;
	if (regex_compile(out, text, &what) < 0)
		return yaml_fail(n, e, "%s", what.text);
	return 0;
}

int
condition_read(struct condition *c, const struct yaml_node *map,
    struct arena *a, struct err *e)
{
	const struct yaml_node *match = yaml_get(map, "match");

	if (yaml_get(map, "contains") != NULL &&
	    yaml_need_text(map, "contains", &c->contains, e) < 0)
		return ERR_USAGE;
	if (yaml_list(map, "starts", a, &c->starts, &c->nstarts, e) < 0)
		return ERR_USAGE;
	return match != NULL ? yaml_regex(match, &c->match, e) : 0;
}

bool
condition_is_empty(const struct condition *c)
{
	return c->match == NULL && c->nstarts == 0 && c->contains.n == 0;
}

static bool
starts_so(const struct condition *c, struct str text)
{
	for (size_t i = 0; i < c->nstarts; i++)
		if (str_starts(text, c->starts[i]))
			return true;
	return c->nstarts == 0;
}

enum regex_result
condition_test(const struct condition *c, struct str text, struct str *groups)
{
	if (!starts_so(c, text))
		return REGEX_NO;
	if (c->contains.n && str_find(text, c->contains) < 0)
		return REGEX_NO;
	if (c->match != NULL)
		return regex_match(c->match, text, groups);
	groups[0] = text;
	return REGEX_YES;
}
