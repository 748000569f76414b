/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/direction.h"

enum direction
direction_of(const struct config *c, const struct message *m)
{
	if (m->told != DIR_NONE)
		return m->told;
	if (c->nprefixes == 0 || !m->has_client)
		return DIR_NONE;
	if (str_has(m->auth_user) ||
	    prefixes_have(c->prefixes, c->nprefixes, m->client))
		return DIR_OUT;
	return DIR_IN;
}
