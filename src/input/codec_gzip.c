/* SPDX-License-Identifier: Apache-2.0 */
/* gzip (RFC 1952) through ISA-L, which inflates at three times zlib's speed. */
#include "input/codec.h"

#include <isa-l/igzip_lib.h>
#include <stdlib.h>

#include "base/arena.h"

static bool
gzip_begins(struct str head)
{
	return str_starts(head, STR("\x1f\x8b\x08"));
}

static void *
gzip_open(void)
{
	struct inflate_state *z = xcalloc(1, sizeof(*z));

	isal_inflate_init(z);
	z->crc_flag = ISAL_GZIP;
	return z;
}

static enum codec_state
gzip_step(void *state, struct codec_io *io)
{
	struct inflate_state *z = state;
	int rc;

	z->next_in = (uint8_t *)(uintptr_t)io->in;
	z->avail_in = io->in_n < UINT32_MAX ? (uint32_t)io->in_n : UINT32_MAX;
	z->next_out = io->out;
	z->avail_out =
	    io->out_n < UINT32_MAX ? (uint32_t)io->out_n : UINT32_MAX;
	rc = isal_inflate(z);
	io->in_n -= (size_t)(z->next_in - io->in);
	io->in = z->next_in;
	io->out_n -= (size_t)(z->next_out - io->out);
	io->out = z->next_out;
	if (rc < 0)
		return CODEC_DAMAGED;
	return z->block_state == ISAL_BLOCK_FINISH ? CODEC_END : CODEC_MORE;
}

const struct codec_ops codec_gzip = {
    .name = "gzip",
    .begins = gzip_begins,
    .open = gzip_open,
    .step = gzip_step,
    .close = free,
};
