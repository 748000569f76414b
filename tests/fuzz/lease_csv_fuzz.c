/* SPDX-License-Identifier: Apache-2.0 */
#include "input/lease_csv.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static int
put(struct lease_sink *sink, const struct lease *l, struct err *e)
{
	(void)sink;
	(void)e;
	if (addr_cmp(l->first, l->last) > 0 || l->customer.n == 0 ||
	    l->port_first > l->port_last || l->port_last > 65535 ||
	    memchr(l->customer.p, '\n', l->customer.n) != NULL)
		abort();
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct lease_sink sink = {put};
	struct lease_counts c = {0};
	struct source *s;
	struct err e;

	if (source_of_memory(&s, str_of((const char *)data, n), 0, "fuzz", &e) <
	    0)
		abort();
	if (lease_csv_read_source(s, NULL, &sink, &c, &e) == 0 &&
	    c.rows != c.leases + c.bad)
		abort();
	return 0;
}
