/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A main() for fuzz targets built without libFuzzer: runs the target on each
 * file given, and on each file under each folder given, so that a corpus is
 * an ordinary test.  Prints the count; a missing path is a failure.
 */
#include "base/arena.h"

#include <fts.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static int
replay(const char *path)
{
	FILE *f = fopen(path, "rbe");
	size_t n = 0, size = 65536;
	uint8_t *buf;

	if (f == NULL) {
		perror(path);
		return -1;
	}
	buf = xmalloc(size);
	while ((n += fread(buf + n, 1, size - n, f)) == size)
		buf = xrealloc(buf, size *= 2);
	fclose(f);
	/* Exactly n bytes, so that the address sanitizer sees an overrun. */
	buf = xrealloc(buf, n ? n : 1);
	LLVMFuzzerTestOneInput(buf, n);
	free(buf);
	return 0;
}

int
main(int argc, char **argv)
{
	char *none[] = {NULL};
	FTS *tree = fts_open(argc > 1 ? argv + 1 : none,
	    FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, NULL);
	int count = 0, failed = 0;
	FTSENT *f;

	while (tree != NULL && (f = fts_read(tree)) != NULL) {
		if (f->fts_info == FTS_NS || f->fts_info == FTS_DNR) {
			fprintf(stderr, "%s: %s\n", f->fts_path,
			    strerror(f->fts_errno));
			failed = 1;
		} else if (f->fts_info == FTS_F) {
			failed |= replay(f->fts_path) < 0;
			count++;
		}
	}
	if (tree != NULL)
		fts_close(tree);
	printf("%d inputs replayed\n", count);
	return failed;
}
