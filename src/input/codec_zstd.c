/* SPDX-License-Identifier: Apache-2.0 */
/* zstd (RFC 8878: 3.1.1 frames, 3.1.2 skippable frames). */
#include "input/codec.h"

#include <stdlib.h>
#include <zstd.h>

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
