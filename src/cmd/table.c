/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/verbs.h"

/* In the order in which help shows them. */
const struct command *const command_table[] = {
    &cmd_parse,
    &cmd_import_mail,
    &cmd_import_lease,
    &cmd_flow_stats,
    &cmd_list,
    NULL,
};
