/* SPDX-License-Identifier: Apache-2.0 */
/* The findings of a day on one screen, 80 columns wide: group by group, and a
 * count of those that are clean or not ours. */
#ifndef CMD_DIGEST_H
#define CMD_DIGEST_H

#include "cmd/cmd.h"

int digest_print(struct cmd *c, struct store *s, int64_t day, struct err *e);

#endif
