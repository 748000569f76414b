/* SPDX-License-Identifier: Apache-2.0 */
#include "input/config.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	size_t used = 0;
	struct config *c;
	struct err e;

	/* A path in accounts would read files of this machine. */
	if (memmem(data, n, "accounts", 8) != NULL)
		return 0;
	if (config_read(&c, str_of((const char *)data, n), "fuzz", &e) != 0)
		return 0;
	for (size_t i = 0; i < c->nmail; i++)
		used += c->mail[i].npaths + c->mail[i].paths[0].n;
	for (size_t i = 0; i < c->nprefixes; i++)
		used += (size_t)c->prefixes[i].len;
	for (size_t i = 0; i < c->nflow; i++)
		used += c->flow[i].nagents + c->flow[i].listen.n;
	config_free(c);
	if (used == SIZE_MAX)
		abort();
	return 0;
}
