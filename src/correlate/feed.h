/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of statements, one statement after the other, read ahead by a thread of
 * their own: who stores them need not wait until they are read.
 */
#ifndef CORRELATE_FEED_H
#define CORRELATE_FEED_H

#include "store/store.h"

struct feed;

/* names are n statements of s, which nobody else uses until feed_close(). */
int feed_open(struct feed **out, struct store *s, const char *const *names,
    size_t n, struct err *e);
void feed_close(struct feed *f); /* wherever it is; NULL is fine */

/* 1: *row are the n columns of the row in hand, good until feed_next(); 0: there
 * are no more of this statement; negative: an error. */
int feed_row(
    struct feed *f, const struct value **row, size_t *n, struct err *e);
void feed_next(struct feed *f);      /* the next row */
void feed_statement(struct feed *f); /* the next statement; after 0 */

#endif
