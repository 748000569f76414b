/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Codec: one way a file can be compressed.  To add one: a file codec_x.c
 * that ends in "const struct codec_ops codec_x", and one line in
 * codec_table[] (codec.c).
 */
#ifndef INPUT_CODEC_H
#define INPUT_CODEC_H

#include "base/str.h"

#define CODEC_MAGIC_MAX 6

/* step() moves both cursors and lowers both counts. */
struct codec_io {
	const uint8_t *in;
	size_t in_n;
	uint8_t *out;
	size_t out_n;
};

enum codec_state {
	CODEC_MORE,    /* wants more input or more room */
	CODEC_END,     /* the member is complete, its check sum right */
	CODEC_DAMAGED, /* what was decoded so far is in out */
};

struct codec_ops {
	const char *name;
	/* Do these bytes (CODEC_MAGIC_MAX, or fewer at the end of the file)
	 * begin a member? */
	bool (*begins)(struct str head);
	void *(*open)(void); /* state for one member; never NULL */
	enum codec_state (*step)(void *state, struct codec_io *io);
	void (*close)(void *state);
};

extern const struct codec_ops codec_gzip, codec_xz, codec_zstd, codec_bzip2;

/* The codec whose member begins with head; NULL = plain bytes. */
const struct codec_ops *codec_find(struct str head);

#endif
