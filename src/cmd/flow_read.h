/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What flow-stats and flow-as share: their flags, and reading the SMTP samples
 * of files, of stdin or of the store into statistics.
 */
#ifndef CMD_FLOW_READ_H
#define CMD_FLOW_READ_H

#include "base/map.h"
#include "cmd/flow_text.h"
#include "ingest/flow_stats.h"
#include "input/flow_source.h"

/* One agent's part, if asked for. */
struct flow_by_agent {
	struct flow_by_agent *chain, *next; /* same hash; all */
	struct addr agent;
	struct flow_stats *stats;
	uint64_t datagrams, samples, malformed;
	int64_t lost;
};

struct flow_read {
	struct flow_sink sink; /* first: the source calls back with it */
	struct flow_run run;
	struct flow_stats *stats;
	const char *format;
	bool targets_apart;
	bool incomplete; /* a file ended before its end */
	bool from_store; /* the store keeps less than a file tells */
	struct flow_loss_totals loss;

	bool by_agent; /* set it before reading */
	size_t nagents;
	struct flow_by_agent *agents;
	struct map by; /* agents by address */
};

enum {
	FLOW_OPT_PORTS = 0x100,
	FLOW_OPT_SINCE,
	FLOW_OPT_UNTIL,
	FLOW_OPT_TARGETS,
	FLOW_OPT_RATE,
};
#define FLOW_READ_OPTIONS                                                      \
	FLOW_TEXT_OPTIONS, {"ports", required_argument, NULL, FLOW_OPT_PORTS}, \
	    {"since", required_argument, NULL, FLOW_OPT_SINCE},                \
	    {"until", required_argument, NULL, FLOW_OPT_UNTIL},                \
	    {"targets-apart", no_argument, NULL, FLOW_OPT_TARGETS},            \
	    {"rate", required_argument, NULL, FLOW_OPT_RATE},                  \
	{                                                                      \
		"format", required_argument, NULL, 'F'                         \
	}
#define FLOW_READ_HELP                                                         \
	"  --format F, -F F             auto or one of heloflow list flows\n"  \
	"  --ports 25,465,587           mail ports; 25 if not given\n"         \
	"  --rate N                     1 in N was sampled, whatever the "     \
	"file says\n"                                                          \
	"  --since T, --until T         only data received from T on, "        \
	"before T\n"                                                           \
	FLOW_TEXT_HELP                                                         \
	"  --targets-apart              who never answered a SYN is no "       \
	"server\n"
#define FLOW_READ_WHERE                                                        \
	"With no FILE: of what the store holds, if --db names one or stdin "   \
	"is a\nterminal; else stdin, as with -.  Exit 3: a file is cut, "      \
	"figures are of the data so far.\n"

void flow_read_init(struct flow_read *r);
/* One of the flags above; anything else is ERR_USAGE. */
int flow_read_option(
    struct cmd *c, struct flow_read *r, int opt, struct err *e);
/* Reads argv[optind] on; with no FILE there, stdin or the store. */
int flow_read_run(
    struct cmd *c, struct flow_read *r, int argc, char **argv, struct err *e);
void flow_read_free(struct flow_read *r);

#endif
