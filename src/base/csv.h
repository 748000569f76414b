/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CSV records (RFC 4180): fields by a separator, "quoted" ones may hold it,
 * line ends and "" for a quote.  A quote inside an unquoted field is text.
 */
#ifndef BASE_CSV_H
#define BASE_CSV_H

#include "base/str.h"

/* Is the last field quoted and not closed? */
bool csv_is_open(struct str record, char sep);
/* Is every quoted field closed, and is the separator or the end right behind
 * it?  Else nobody knows where the fields are. */
bool csv_is_sound(struct str record, char sep);
/* Splits the n bytes of a record in place (quotes are taken out, so it is
 * written to); fields point into it, unquoted ones without spaces around
 * them.  Returns how many there are, which may be more than the max that were
 * stored. */
size_t csv_split(
    char *record, size_t n, char sep, struct str *fields, size_t max);
/* The separator that a header line uses: the most frequent of , ; tab. */
char csv_separator(struct str header);

#endif
