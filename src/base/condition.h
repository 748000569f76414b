/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Condition: what a text must look like, as rules and parsers in YAML say it:
 * "starts" (one of these), "contains", "match" (PCRE2).  All that are set
 * must hold; the cheap ones are tried first.
 */
#ifndef BASE_CONDITION_H
#define BASE_CONDITION_H

#include "base/regex.h"
#include "base/yaml.h"

struct condition { /* {0}: holds for every text */
	const struct str *starts;
	size_t nstarts;
	struct str contains;
	struct regex *match; /* to be freed with regex_free() */
};

/* Reads the three keys of the map; texts live in the arena.  c->match may be
 * set when it fails, too. */
int condition_read(struct condition *c, const struct yaml_node *map,
    struct arena *a, struct err *e);
bool condition_is_empty(const struct condition *c);
/* groups are set on REGEX_YES; only [0] if there is no pattern. */
enum regex_result condition_test(
    const struct condition *c, struct str text, struct str *groups);

/* A pattern, with FILE:LINE in the message if it does not compile. */
int yaml_regex(const struct yaml_node *n, struct regex **out, struct err *e);

#endif
