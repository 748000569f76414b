/* SPDX-License-Identifier: Apache-2.0 */
/* xz (the .xz file format 1.0.4, section 2.1.1.1 for the magic). */
#include "input/codec.h"

#include <lzma.h>
#include <stdlib.h>

#include "base/arena.h"

#define XZ_MEMORY (UINT64_C(256) << 20) /* xz -9 needs 65 MiB */

static bool
xz_begins(struct str head)
{
	return str_starts(head, STR("\xfd"
	                            "7zXZ\0"));
}

static void *
xz_open(void)
{
	lzma_stream *z = xcalloc(1, sizeof(*z)); /* LZMA_STREAM_INIT is 0 */

	if (lzma_stream_decoder(z, XZ_MEMORY, 0) != LZMA_OK)
		abort();
	return z;
}

static enum codec_state
xz_step(void *state, struct codec_io *io)
{
	lzma_stream *z = state;
	lzma_ret rc;

	z->next_in = io->in;
	z->avail_in = io->in_n;
	z->next_out = io->out;
	z->avail_out = io->out_n;
	rc = lzma_code(z, LZMA_RUN);
	io->in = z->next_in;
	io->in_n = z->avail_in;
	io->out = z->next_out;
	io->out_n = z->avail_out;
	if (rc == LZMA_STREAM_END)
		return CODEC_END;
	/* LZMA_BUF_ERROR: no progress was possible, for want of input. */
	return rc == LZMA_OK || rc == LZMA_BUF_ERROR ? CODEC_MORE
	                                             : CODEC_DAMAGED;
}

static void
xz_close(void *state)
{
	lzma_end(state);
	free(state);
}

const struct codec_ops codec_xz = {
    .name = "xz",
    .begins = xz_begins,
    .open = xz_open,
    .step = xz_step,
    .close = xz_close,
};
