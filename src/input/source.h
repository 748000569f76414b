/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Source: the bytes of one input file, decompressed (plain, gzip, xz, zstd,
 * bzip2, known by magic, see codec.h; concatenated members are one file, zero
 * bytes after the last one are padding).  "-" is stdin.
 */
#ifndef INPUT_SOURCE_H
#define INPUT_SOURCE_H

#include "base/err.h"
#include "base/str.h"

struct source;

/* Opens path; a directory, a missing or unreadable file is ERR_FAIL with the
 * path in the message.  An empty file is not an error. */
int source_open(struct source **out, const char *path, struct err *e);
/* The same over bytes in memory, which must outlive the source; each read of
 * the "file" gives at most chunk bytes (0 = no limit).  For tests. */
int source_of_memory(struct source **out, struct str bytes, size_t chunk,
    const char *path, struct err *e);

/* Reads up to n decompressed bytes: their count, 0 at the end.  A compressed
 * file that is cut or damaged, or has something else after it, gives what
 * could be decoded and ends there; source_truncated() tells.  A plain file
 * that grew after its end was met gives the new bytes. */
long source_read(struct source *s, void *buf, size_t n, struct err *e);
/* The first up to n decompressed bytes, which are read again; before the first
 * read.  Valid until the source is closed. */
int source_peek(struct source *s, size_t n, struct str *head, struct err *e);
/* Steps over n decompressed bytes (seeks if it can); returns how many there
 * were.  Only before the first read. */
int64_t source_skip(struct source *s, int64_t n, struct err *e);

/* How many bytes of the file itself (compressed ones, if it is) have been
 * read, of how many there were at its opening; 0 = not known. */
void source_progress(const struct source *s, int64_t *done, int64_t *total);
bool source_truncated(const struct source *s);
const char *source_path(const struct source *s);
/* When a regular file was last written, microseconds UTC; INT64_MIN for
 * anything that is none (stdin, a pipe, memory). */
int64_t source_mtime(const struct source *s);
/* True if the path can be opened a second time for the same bytes. */
bool source_is_regular(const struct source *s);
void source_close(struct source *s); /* NULL is fine */

#endif
