/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CMD_FINDINGS_H
#define CMD_FINDINGS_H

#include "cmd/cmd.h"

/* The columns of the statement "findings": the keys of a finding in JSON. */
extern const struct column findings_columns[];
extern const size_t findings_ncolumns;

#endif
