/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of heloflow explain that are files of their own. */
#ifndef CMD_EXPLAIN_H
#define CMD_EXPLAIN_H

#include "cmd/cmd.h"
#include "report/logline.h"

/* Reads the log lines of a finding (key: customer, day): from the file that
 * was read, or where it is now; found[i] is that place, absent if it is the
 * stored one. */
int explain_lines(struct cmd *c, struct store *s, const struct value key[2],
    struct logline *l, struct str *found, size_t n, struct arena *mem,
    struct err *e);

#endif
