/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the program's own files are: schema/, parsers/ and rules/ lie in one
 * data folder.  The first of these that holds a schema/ is it:
 *   $HELOFLOW_DATADIR                    (alone, if it is set)
 *   the tree above build/VARIANT/...     where the running program lies
 *   BINDIR/../share/heloflow             beside an installed program
 *   DATADIR, SOURCE_TREE                 as told when it was compiled
 * Symbolic links to the program are followed, so it may be called or linked
 * from anywhere.
 */
#ifndef BASE_DATADIR_H
#define BASE_DATADIR_H

#include "base/err.h"

#include <stddef.h>

/* buf = path of rel ("schema/statements") in the data folder.  ERR_FAIL if
 * there is no data folder, or it has no such file, or n is too small. */
int datadir_path(char *buf, size_t n, const char *rel, struct err *e);

#endif
