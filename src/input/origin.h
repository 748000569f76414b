/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Origin: the AS that announces an address, and its country.  From MaxMind DB
 * files in the order given, else from the gateway record of the sample, else
 * from a table of prefixes; each fact from the first of these that has it.
 * doc/flow.md has the layouts.
 */
#ifndef INPUT_ORIGIN_H
#define INPUT_ORIGIN_H

#include "base/addr.h"

struct origin {
	uint32_t asn;                /* 0: unknown */
	struct str as_name, country; /* absent: unknown; country: ISO 3166 */
};

struct origins;

/* mmdb: n paths; prefixes: a path or NULL.  A file that is missing, damaged
 * or of another kind is ERR_USAGE with one message that names it. */
int origins_open(struct origins **out, const char *const *mmdb, size_t n,
    const char *prefixes, struct err *e);
/* gateway_as: as the sample told, 0 = it did not.  The text lives as long as
 * the origins.  ERR_USAGE: a file turned out to be damaged. */
int origins_find(struct origins *o, struct addr a, uint32_t gateway_as,
    struct origin *out, struct err *e);
/* Rows of the prefix table that were not understood. */
uint64_t origins_bad_rows(const struct origins *o);
void origins_free(struct origins *o); /* NULL is fine */

#endif
