/* SPDX-License-Identifier: Apache-2.0 */
/* Correlating all days, for "correlate" and "daily"; and by which rules. */
#ifndef CMD_RUN_DAYS_H
#define CMD_RUN_DAYS_H

#include "cmd/cmd.h"
#include "rule/detect.h"

/* Every day with mail or flows; without 'all' only those of which a run would
 * see something new.  A row each to o, if it is not NULL.  *days = how many. */
int run_days(struct cmd *c, struct store *s, bool all, struct output *o,
    int64_t *days, struct err *e);

/* The shipped rules, then those of the site in local/detect beside them, then
 * more files or folders; *first is the number of the first of these. */
int run_rules(struct detect **out, char *const *more, size_t nmore,
    size_t *first, struct err *e);

#endif
