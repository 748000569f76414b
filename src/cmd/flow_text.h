/* SPDX-License-Identifier: Apache-2.0 */
/* What the verbs that read flow files share for collectors' text. */
#ifndef CMD_FLOW_TEXT_H
#define CMD_FLOW_TEXT_H

#include "cmd/cmd.h"
#include "input/flow_source.h"

enum {
	FLOW_TEXT_TIME = 1000, /* apart from the verbs' own */
	FLOW_TEXT_TZ,
	FLOW_TEXT_FIELDS,
	FLOW_TEXT_AGENT,
};
#define FLOW_TEXT_OPTIONS                                                      \
	{"time", required_argument, NULL, FLOW_TEXT_TIME},                     \
	    {"tz", required_argument, NULL, FLOW_TEXT_TZ},                     \
	    {"fields", required_argument, NULL, FLOW_TEXT_FIELDS},             \
	{                                                                      \
		"agent", required_argument, NULL, FLOW_TEXT_AGENT              \
	}
#define FLOW_TEXT_HELP                                                         \
	"  --time T, --agent ADDR       of data that tells none\n"             \
	"  --tz ZONE                    of a collector's local times "         \
	"(default UTC)\n"                                                      \
	"  --fields A,B,...             the columns that sflowtool -L was "    \
	"given\n"

/* Sets what one of these options says; 1 if opt is none of them. */
int flow_text_option(
    struct cmd *c, struct flow_run *run, int opt, struct err *e);
/* The format to read: --fields is for one alone. */
const char *flow_text_format(const struct flow_run *run, const char *format);
/* Prints the first few lines that were not understood. */
void flow_text_bad(const struct flow_run *run, const struct flow_heard *h);

/* Were there SMTP packets, and none with its TCP flags? */
bool flow_text_lacks_flags(const struct flow_run *run);
/* What the data did not tell: "flags,time,rate"; "" if nothing. */
#define FLOW_TEXT_MISSING 32
const char *flow_text_missing(
    const struct flow_run *run, char out[static FLOW_TEXT_MISSING]);

#endif
