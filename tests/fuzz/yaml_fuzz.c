/* SPDX-License-Identifier: Apache-2.0 */
#include "base/yaml.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Reads every byte of the tree, so that a wrong length is seen. */
static size_t
weigh(const struct yaml_node *n)
{
	size_t sum = n->kind == YAML_SCALAR ? n->text.n : n->n;

	for (size_t i = 0; i < n->text.n; i++)
		sum += (unsigned char)n->text.p[i];
	for (n = n->first; n != NULL; n = n->next)
		sum += weigh(n) + n->key.n;
	return sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const struct yaml_node *root;
	struct arena arena = {0};
	struct err e;

	if (yaml_read(&root, str_of((const char *)data, n), "fuzz", &arena,
	        &e) == 0 &&
	    weigh(root) == SIZE_MAX)
		abort();
	arena_free(&arena);
	return 0;
}
