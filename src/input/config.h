/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration files (YAML).  Unknown keys, wrong types and doubled keys are
 * ERR_USAGE with "FILE:LINE: ...". */
#ifndef INPUT_CONFIG_H
#define INPUT_CONFIG_H

#include "base/err.h"
#include "model/config.h"

int config_load(struct config **out, const char *path, struct err *e);
int config_default(struct config **out, struct err *e); /* no file */
void config_free(struct config *c);                     /* NULL is fine */

/* What "heloflow init" writes: every key, with comments; loads as it is. */
extern const char config_example[];

#endif
