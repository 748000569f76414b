/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/verbs.h"

/* In the order in which help shows them. */
const struct command *const command_table[] = {
    &cmd_init,
    &cmd_config_check,
    &cmd_daily,
    &cmd_parse,
    &cmd_import_mail,
    &cmd_import_flow,
    &cmd_import_lease,
    &cmd_collect,
    &cmd_correlate,
    &cmd_rules_test,
    &cmd_findings,
    &cmd_compare,
    &cmd_suspects,
    &cmd_case,
    &cmd_cases,
    &cmd_actions,
    &cmd_explain,
    &cmd_chart,
    &cmd_flow_stats,
    &cmd_flow_as,
    &cmd_senders,
    &cmd_trace,
    &cmd_coverage,
    &cmd_check,
    &cmd_list,
    NULL,
};
