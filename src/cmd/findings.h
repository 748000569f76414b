/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CMD_FINDINGS_H
#define CMD_FINDINGS_H

#include "cmd/cmd.h"

/* The statement "findings": day, class, since, until, customer, scope, state,
 * new; NULL for any.  And true: without the JSON columns. */
#define FINDINGS_ARGS 9

/* Prepares it, with the functions that it calls. */
int findings_prepare(struct store *s, struct stmt **out, struct err *e);

/* The columns of the statement "findings": the keys of a finding in JSON. */
extern const struct column findings_columns[];
extern const size_t findings_ncolumns;
extern const char *const case_states[]; /* NULL-ended; doc/cases.md */

#endif
