/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parsers there are: those in C (parsers/table.c), then the files
 * DIR/local/NAME.yaml, then DIR/NAME.yaml, each in name order.  A file in
 * local/ takes the place of one beside it that has the same "name".
 */
#ifndef INPUT_PARSERS_H
#define INPUT_PARSERS_H

#include "base/err.h"
#include "input/parser.h"

struct parsers;

/* ERR_USAGE with FILE:LINE if a file does not load. */
int parsers_load(struct parsers **out, const char *dir, struct err *e);
void parsers_free(struct parsers *p); /* NULL is fine */

/* In the order in which they are asked; NULL past the last. */
const struct parser_ops *parsers_at(const struct parsers *p, size_t i);
/* NULL if there is none of that name. */
const struct parser_ops *parsers_find(const struct parsers *p, struct str name);

#endif
