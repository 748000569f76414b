/* SPDX-License-Identifier: Apache-2.0 */
/* Clients, servers and both of each origin AS: the talk's table. */
#ifndef INGEST_FLOW_AS_H
#define INGEST_FLOW_AS_H

#include "ingest/flow_stats.h"
#include "input/origin.h"

struct flow_as_row {
	uint32_t asn;
	struct str as_name;
	struct str country; /* of most of its clients, else of its addresses */
	struct flow_classes n;
};

struct flow_as {
	struct flow_as_row *rows; /* most clients first, then by number */
	size_t nrows;
	struct flow_classes unmapped; /* addresses of no known AS */
	struct flow_classes all;
};

/* Text in the rows is the origins'. */
int flow_as_count(struct flow_as *out, struct flow_stats *fs,
    struct origins *origins, bool targets_apart, struct err *e);
void flow_as_free(struct flow_as *as);

#endif
