/* SPDX-License-Identifier: Apache-2.0 */
#include "input/origin.h"

#include <stdlib.h>

#include "base/arena.h"
#include "input/mmdb.h"
#include "input/prefix_table.h"

struct origins {
	struct mmdb **mmdb;
	size_t n;
	struct prefix_table *table; /* or NULL */
};

int
origins_open(struct origins **out, const char *const *mmdb, size_t n,
    const char *prefixes, struct err *e)
{
	struct origins *o = xcalloc(1, sizeof(*o));
	int rc = 0;

	o->mmdb = xcalloc(n + 1, sizeof(struct mmdb *));
	for (; o->n < n && rc == 0; o->n += rc == 0)
		rc = mmdb_open(&o->mmdb[o->n], mmdb[o->n], e);
	if (rc == 0 && prefixes)
		rc = prefix_table_open(&o->table, prefixes, e);
	if (rc < 0)
		origins_free(o);
	else
		*out = o;
	return rc;
}

/* What *out still lacks; a name goes with its own AS only. */
static void
fill(struct origin *out, const struct origin *from)
{
	if (!from)
		return;
	if (out->asn == 0)
		out->asn = from->asn;
	if (!str_has(out->as_name) && from->asn == out->asn)
		out->as_name = from->as_name;
	if (!str_has(out->country))
		out->country = from->country;
}

int
origins_find(struct origins *o, struct addr a, uint32_t gateway_as,
    struct origin *out, struct err *e)
{
	const struct origin *found;

	*out = (struct origin){0};
	for (size_t i = 0; i < o->n; i++) {
		int rc = mmdb_find(o->mmdb[i], a, &found, e);
		if (rc < 0)
			return rc;
		fill(out, found);
	}
	if (out->asn == 0)
		out->asn = gateway_as;
	if (o->table)
		fill(out, prefix_table_find(o->table, a));
	return 0;
}

uint64_t
origins_bad_rows(const struct origins *o)
{
	return o->table ? prefix_table_bad_rows(o->table) : 0;
}

void
origins_free(struct origins *o)
{
	if (!o)
		return;
	for (size_t i = 0; i < o->n; i++)
		mmdb_close(o->mmdb[i]);
	free(o->mmdb);
	prefix_table_free(o->table);
	free(o);
}
