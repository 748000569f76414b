/* SPDX-License-Identifier: Apache-2.0 */
/* zstd (RFC 8878: 3.1.1 frames, 3.1.2 skippable frames). */
#include "input/codec.h"
#include "input/squeeze.h"

#include <stdio.h>
#include <stdlib.h>
#include <zstd.h>

#include "base/arena.h"

static bool
zstd_begins(struct str head)
{
	return str_starts(head, STR("\x28\xb5\x2f\xfd")) ||
	       (head.n >= 4 && (head.p[0] & 0xf0) == 0x50 &&
	           memcmp(head.p + 1, "\x2a\x4d\x18", 3) == 0);
}

static void *
zstd_open(void)
{
	ZSTD_DStream *z = ZSTD_createDStream();

	if (z == NULL)
		abort();
	return z;
}

static enum codec_state
zstd_step(void *state, struct codec_io *io)
{
	ZSTD_inBuffer in = {io->in, io->in_n, 0};
	ZSTD_outBuffer out = {io->out, io->out_n, 0};
	size_t rc = ZSTD_decompressStream(state, &out, &in);

	io->in += in.pos;
	io->in_n -= in.pos;
	io->out += out.pos;
	io->out_n -= out.pos;
	if (ZSTD_isError(rc))
		return CODEC_DAMAGED;
	return rc == 0 ? CODEC_END : CODEC_MORE;
}

static void
zstd_close(void *state)
{
	ZSTD_freeDStream(state);
}

const struct codec_ops codec_zstd = {
    .name = "zstd",
    .begins = zstd_begins,
    .open = zstd_open,
    .step = zstd_step,
    .close = zstd_close,
};

/* --- pieces that are like the first */

/* Level 1 takes twice the time and leaves as much. */
#define SQUEEZE_LEVEL (-1)

struct squeeze {
	ZSTD_CCtx *put;
	ZSTD_DCtx *get;
	ZSTD_CDict *put_first;
	ZSTD_DDict *get_first;
	size_t longest; /* piece that was put */
};

/* It fails for want of memory, or because memory was overwritten. */
static void
must(bool ok)
{
	if (ok)
		return;
	fputs("heloflow: zstd fails\n", stderr);
	abort();
}

struct squeeze *
squeeze_new(struct str first)
{
	struct squeeze *s = xcalloc(1, sizeof(*s));

	s->put = ZSTD_createCCtx();
	s->get = ZSTD_createDCtx();
	s->put_first = ZSTD_createCDict(first.p, first.n, SQUEEZE_LEVEL);
	s->get_first = ZSTD_createDDict(first.p, first.n);
	must(s->put != NULL && s->get != NULL && s->put_first != NULL &&
	     s->get_first != NULL);
	return s;
}

void
squeeze_free(struct squeeze *s)
{
	if (s == NULL)
		return;
	ZSTD_freeCCtx(s->put);
	ZSTD_freeDCtx(s->get);
	ZSTD_freeCDict(s->put_first);
	ZSTD_freeDDict(s->get_first);
	free(s);
}

void
squeeze_put(struct squeeze *s, struct buf *out, struct str piece)
{
	const size_t most = ZSTD_compressBound(piece.n);
	size_t n;

	if (piece.n > s->longest)
		s->longest = piece.n;
	buf_room(out, most);
	n = ZSTD_compress_usingCDict(s->put, out->p + out->n, most, piece.p,
	    piece.n, s->put_first);
	must(!ZSTD_isError(n));
	out->n += n;
}

void
squeeze_get(struct squeeze *s, struct buf *out, struct str kept)
{
	const unsigned long long want = ZSTD_getFrameContentSize(kept.p, kept.n);
	size_t n;

	must(want <= s->longest); /* errors are large numbers */
	buf_room(out, (size_t)want + 1);
	n = ZSTD_decompress_usingDDict(s->get, out->p + out->n, (size_t)want,
	    kept.p, kept.n, s->get_first);
	must(n == want);
	out->n += n;
}
