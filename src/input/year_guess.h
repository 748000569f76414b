/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Year guess: the year of the first year-less stamp of a file, so that the
 * last one is in the latest year that is not after the file's mtime, by the
 * day, with one day of grace for clocks and zones.  Reads the file once more
 * (only the days of its stamps); of a file that cannot be opened again, the
 * first stamp alone is put not after now.
 */
#ifndef INPUT_YEAR_GUESS_H
#define INPUT_YEAR_GUESS_H

#include "base/err.h"
#include "base/utc.h"

/* From byte offset (decompressed) of path on; until = mtime or now. */
int year_guess_file(int *year, const char *path, int64_t offset,
    const struct zone *z, int64_t until, struct err *e);
/* Of one line that begins with a year-less stamp. */
int year_guess_line(struct str line, const struct zone *z, int64_t until);

#endif
