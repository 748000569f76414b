/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Source: the bytes of one input file, decompressed (plain, gzip, xz, zstd,
 * bzip2, known by magic; concatenated members are one file).  "-" is stdin.
 */
#ifndef INPUT_SOURCE_H
#define INPUT_SOURCE_H

#include "base/err.h"
#include "base/str.h"

struct source;

/* Opens path; a directory, a missing or unreadable file is ERR_FAIL with the
 * path in the message.  An empty file is not an error. */
int source_open(struct source **out, const char *path, struct err *e);
/* Reads up to n decompressed bytes: their count, 0 at the end.  A compressed
 * file that is cut or damaged ends there and source_truncated() tells. */
long source_read(struct source *s, void *buf, size_t n, struct err *e);
bool source_truncated(const struct source *s);
const char *source_path(const struct source *s);
void source_close(struct source *s); /* NULL is fine */

#endif
