/* SPDX-License-Identifier: Apache-2.0 */
#include "model/config.h"

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
