/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration files (YAML).  Unknown keys, wrong types and doubled keys are
 * ERR_USAGE with "FILE:LINE: ...".  doc/configuration.md is the manual. */
#ifndef INPUT_CONFIG_H
#define INPUT_CONFIG_H

#include "base/arena.h"
#include "base/err.h"
#include "model/config.h"

int config_load(struct config **out, const char *path, struct err *e);
/* The same from memory; name stands for the file: paths are relative to its
 * folder. */
int config_read(
    struct config **out, struct str text, const char *name, struct err *e);
int config_default(struct config **out, struct err *e); /* no file */
void config_free(struct config *c);                     /* NULL is fine */

/* What "heloflow init" writes: every key, with comments; loads as it is. */
extern const char config_example[];

/* The files that paths (files or globs) name now, sorted within each glob;
 * in the arena, NUL-terminated.  A glob may match nothing; a path without
 * wildcards is given whether or not there is such a file. */
int config_expand(const struct str *paths, size_t n, struct arena *a,
    struct str **files, size_t *nfiles, struct err *e);

#endif
