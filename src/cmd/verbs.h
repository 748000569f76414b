/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CMD_VERBS_H
#define CMD_VERBS_H

#include "cmd/cmd.h"

extern const struct command cmd_actions, cmd_case, cmd_cases, cmd_chart,
    cmd_check, cmd_collect, cmd_compare, cmd_config_check, cmd_correlate,
    cmd_coverage, cmd_daily, cmd_explain, cmd_findings, cmd_flow_as,
    cmd_flow_stats, cmd_import_flow, cmd_import_lease, cmd_import_mail,
    cmd_init, cmd_list, cmd_parse, cmd_rules_test, cmd_senders, cmd_suspects,
    cmd_trace;

#endif
