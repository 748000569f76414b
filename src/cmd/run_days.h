/* SPDX-License-Identifier: Apache-2.0 */
/* Correlating all days, for "correlate" and "daily". */
#ifndef CMD_RUN_DAYS_H
#define CMD_RUN_DAYS_H

#include "cmd/cmd.h"

/* Every day with mail or flows; without 'all' only those of which a run would
 * see something new.  A row each to o, if it is not NULL.  *days = how many. */
int run_days(struct cmd *c, struct store *s, bool all, struct output *o,
    int64_t *days, struct err *e);

#endif
