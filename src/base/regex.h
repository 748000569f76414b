/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Regular expressions: PCRE2 over bytes with bounded effort.  Patterns see
 * log text, which need not be UTF-8; only named groups capture; $ is the very
 * end of the text.  A pattern that needs more than REGEX_STEPS match() calls
 * gives up, which is not the same as not matching.
 */
#ifndef BASE_REGEX_H
#define BASE_REGEX_H

#include "base/err.h"
#include "base/str.h"

#define REGEX_GROUPS 24 /* at most, with group 0, the whole match */
#define REGEX_STEPS  200000

struct regex;

/* ERR_USAGE with "pattern: what (at byte N)" if it does not compile. */
int regex_compile(struct regex **out, struct str pattern, struct err *e);
void regex_free(struct regex *r); /* NULL is fine */

/* Groups are numbered from 1 in the order of their names' first use. */
size_t regex_groups(const struct regex *r);
struct str regex_name(const struct regex *r, size_t group);
/* The number of a group, 0 if there is none of that name. */
size_t regex_group(const struct regex *r, struct str name);

enum regex_result { REGEX_NO, REGEX_YES, REGEX_GAVE_UP };

/* Searches text.  On REGEX_YES groups[0..regex_groups()] are set and point
 * into text; a group that took no part is absent.  A regex has one scratch
 * area: not for two threads at a time. */
enum regex_result regex_match(const struct regex *r, struct str text,
    struct str groups[static REGEX_GROUPS]);

#endif
