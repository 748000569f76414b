/* SPDX-License-Identifier: Apache-2.0 */
/* bzip2: "BZh", the block size 1..9, then a block's or the end's magic. */
#include "input/codec.h"

#include <bzlib.h>
#include <limits.h>
#include <stdlib.h>

#include "base/arena.h"

static bool
bzip2_begins(struct str head)
{
	return head.n >= 6 && memcmp(head.p, "BZh", 3) == 0 &&
	       head.p[3] >= '1' && head.p[3] <= '9' &&
	       (memcmp(head.p + 4, "\x31\x41", 2) == 0 ||
	           memcmp(head.p + 4, "\x17\x72", 2) == 0);
}

static void *
bzip2_open(void)
{
	bz_stream *z = xcalloc(1, sizeof(*z));

	if (BZ2_bzDecompressInit(z, 0, 0) != BZ_OK)
		abort();
	return z;
}

static enum codec_state
bzip2_step(void *state, struct codec_io *io)
{
	bz_stream *z = state;
	unsigned in = io->in_n < UINT_MAX ? (unsigned)io->in_n : UINT_MAX;
	unsigned room = io->out_n < UINT_MAX ? (unsigned)io->out_n : UINT_MAX;
	int rc;

	z->next_in = (char *)(uintptr_t)io->in;
	z->avail_in = in;
	z->next_out = (char *)io->out;
	z->avail_out = room;
	rc = BZ2_bzDecompress(z);
	io->in += in - z->avail_in;
	io->in_n -= in - z->avail_in;
	io->out += room - z->avail_out;
	io->out_n -= room - z->avail_out;
	if (rc == BZ_STREAM_END)
		return CODEC_END;
	return rc == BZ_OK ? CODEC_MORE : CODEC_DAMAGED;
}

static void
bzip2_close(void *state)
{
	BZ2_bzDecompressEnd(state);
	free(state);
}

const struct codec_ops codec_bzip2 = {
    .name = "bzip2",
    .begins = bzip2_begins,
    .open = bzip2_open,
    .step = bzip2_step,
    .close = bzip2_close,
};
