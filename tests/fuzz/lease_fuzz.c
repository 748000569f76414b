/* SPDX-License-Identifier: Apache-2.0 */
/* Every lease format on the same bytes: a file of one is hostile input to all
 * others. */
#include "input/lease_source.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Statements about sessions know when, whole leases have somebody. */
static int
put(struct lease_sink *sink, const struct lease *l, struct err *e)
{
	(void)sink;
	(void)e;
	if (memchr(l->customer.p ? l->customer.p : "", '\n', l->customer.n) !=
	    NULL)
		abort();
	if (l->what != LEASE_HELD) {
		if (l->seen == UTC_NONE || (l->session == 0 && l->nas == 0))
			abort();
		return 0;
	}
	if (addr_cmp(l->first, l->last) > 0 || l->port_first > l->port_last ||
	    l->port_last > 65535 || l->port_first < 0)
		abort();
	if (l->session == 0 ? l->customer.n == 0 : l->seen == UTC_NONE)
		abort();
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const struct lease_options opt = {.grace = 86400 * USEC};
	struct lease_sink sink = {put};

	for (size_t i = 0; lease_source_table[i] != NULL; i++) {
		struct lease_counts c = {0};
		struct source *s;
		struct err e;

		if (source_of_memory(
		        &s, str_of((const char *)data, n), 0, "fuzz", &e) < 0)
			abort();
		if (lease_source_read_from(s,
		        str_z(lease_source_table[i]->name), &opt, &sink, &c,
		        &e) == 0 &&
		    c.rows != c.leases + c.ignored + c.bad)
			abort();
	}
	return 0;
}
