/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines: a source cut at its line ends, in one buffer of fixed size whatever
 * the file holds.  Zero bytes before a line (a hole that a crash left in the
 * file) are stepped over, CR before the line end is taken off.  An entry of
 * the journal's export format, which is many lines, is one line here.
 */
#ifndef INPUT_LINES_H
#define INPUT_LINES_H

#include "base/pack.h"
#include "input/source.h"

#define LINE_MAX_BYTES (1 << 20)

struct lines;

/* Takes the source over.  follow: the file still grows, so a last line
 * without a line end waits for the rest of it. */
struct lines *lines_new(struct source *s, bool follow);
/* Nothing more will be written: a last line without a line end is one. */
void lines_finish(struct lines *l);
/* Where the next line begins, and going on there in another run; before the
 * first line is read. */
void lines_save(const struct lines *l, struct buf *out);
int lines_restore(struct lines *l, struct rd *state, struct err *e);
/* 1: raw is the next line, valid until the next call, at most LINE_MAX_BYTES
 * (the rest of a longer one is dropped and counted); 0: the end, or nothing
 * more now; < 0 failed. */
int lines_next(struct lines *l, struct str *raw, int64_t *offset, int64_t *line,
    struct err *e);
/* How many lines of the source the last one given is made of: 1, or those of
 * an entry of the journal with the empty one behind it. */
int64_t lines_taken(const struct lines *l);
/* hash_str (seed 0) of the last line given that is not empty, if there was
 * one; false: not yet. */
bool lines_last_hash(const struct lines *l, uint64_t *hash);
/* Keeps one line (NONE: none) readable past the next calls; lines_kept() is
 * where it is now. */
void lines_keep(struct lines *l, struct str raw);
struct str lines_kept(const struct lines *l);

const struct source *lines_source(const struct lines *l);
int64_t lines_offset(const struct lines *l); /* where the next line begins */
int64_t lines_cut(const struct lines *l);
void lines_free(struct lines *l); /* NULL is fine; closes the source */

#endif
