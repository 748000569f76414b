/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pattern parser: a log parser as a YAML file (parsers/NAME.yaml), which
 * lists patterns (PCRE2 with groups named as the fields, or conditions on the
 * columns of a CSV log) and the events they stand for.  Each pattern carries
 * sample lines; a file whose own samples are not read as it says does not
 * load.  doc/parser.md describes the format.
 */
#ifndef INPUT_PATTERN_H
#define INPUT_PATTERN_H

#include "base/err.h"
#include "input/parser.h"

struct pattern_file;

/* Loads and tests; ERR_USAGE with FILE:LINE. */
int pattern_load(struct pattern_file **out, const char *path, struct err *e);
/* The same from memory; name stands for the file in messages. */
int pattern_read(struct pattern_file **out, struct str text, const char *name,
    struct err *e);
void pattern_free(struct pattern_file *f); /* NULL is fine */

/* Lives as long as the file.  Not for two threads at a time. */
const struct parser_ops *pattern_ops(const struct pattern_file *f);

struct pattern_counts {
	size_t patterns, samples, not_samples;
};
struct pattern_counts pattern_counts(const struct pattern_file *f);

#endif
