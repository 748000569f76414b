/* SPDX-License-Identifier: Apache-2.0 */
#include "model/config.h"

#include <fnmatch.h>

const char *const vantage_name[VANTAGE_N] = {
    NULL,
    "exchange",
    "edge",
    "internal",
};

bool
prefixes_have(const struct prefix *p, size_t n, struct addr a)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (prefix_has(&p[i], a))
			return true;
	return false;
}

struct str
config_zone(const struct config *c)
{
	return str_has(c->day_timezone_name) ? c->day_timezone_name
	                                     : STR("UTC");
}

static bool
matches(const struct str *paths, size_t n, const char *path)
{
	for (size_t i = 0; i < n; i++)
		if (fnmatch(paths[i].p, path, 0) == 0)
			return true;
	return false;
}

const struct mail_source *
config_mail_of(const struct config *c, const char *path)
{
	for (size_t i = 0; i < c->nmail; i++)
		if (matches(c->mail[i].paths, c->mail[i].npaths, path))
			return &c->mail[i];
	return NULL;
}

const struct flow_feed *
config_flow_of(const struct config *c, const char *path)
{
	for (size_t i = 0; i < c->nflow; i++)
		if (matches(c->flow[i].paths, c->flow[i].npaths, path))
			return &c->flow[i];
	return NULL;
}

const struct lease_feed *
config_lease_of(const struct config *c, const char *path)
{
	for (size_t i = 0; i < c->nlease; i++)
		if (matches(c->lease[i].paths, c->lease[i].npaths, path))
			return &c->lease[i];
	return NULL;
}
