/* SPDX-License-Identifier: Apache-2.0 */
#include "input/codec.h"

static const struct codec_ops *const codec_table[] = {
    &codec_gzip,
    &codec_xz,
    &codec_zstd,
    &codec_bzip2,
    NULL,
};

const struct codec_ops *
codec_find(struct str head)
{
	for (const struct codec_ops *const *c = codec_table; *c; c++)
		if ((*c)->begins(head))
			return *c;
	return NULL;
}
