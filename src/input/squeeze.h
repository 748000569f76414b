/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Squeeze: many short pieces of bytes that are like each other, each kept as
 * what it has beyond the first of them.  By zstd: it is in codec_zstd.c, which
 * alone knows that library.  For memory, not for files: only the squeeze that
 * made something can read it.
 */
#ifndef INPUT_SQUEEZE_H
#define INPUT_SQUEEZE_H

#include "base/buf.h"

struct squeeze;

struct squeeze *squeeze_new(struct str first); /* is copied */
void squeeze_free(struct squeeze *s);          /* NULL is fine */
/* Appends what is left of piece to out. */
void squeeze_put(struct squeeze *s, struct buf *out, struct str piece);
/* Appends to out the piece of which `kept` was left. */
void squeeze_get(struct squeeze *s, struct buf *out, struct str kept);

#endif
