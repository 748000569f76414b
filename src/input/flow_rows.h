/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flow rows: what the text formats of collectors share.  A row is one flow
 * record as text; it stands for one sampled packet, or for several that the
 * collector has added up.
 */
#ifndef INPUT_FLOW_ROWS_H
#define INPUT_FLOW_ROWS_H

#include "input/flow_source.h"

/* More packets in one row are no sampled packets of one connection. */
#define FLOW_ROW_PACKETS 65536

struct flow_row {
	int64_t time; /* UTC_NONE: the row does not tell */
	struct addr agent;
	uint32_t source_id, src_as, dst_as;
	struct packet packet;
	uint64_t samples; /* sampled packets in the row; 0: unknown */
	uint64_t rate;    /* 0: unknown */
};

/* The rows of one file. */
struct flow_rows {
	struct flow_run *run;
	const char *path;
	bool timed;        /* a row told a time */
	int64_t time;      /* of the row before; UTC_NONE at first */
	struct addr agent; /* of the row before */
};

void flow_rows_init(
    struct flow_rows *rows, struct flow_run *run, const char *path);
/* Text that could not be read, and why. */
void flow_rows_bad(
    struct flow_rows *rows, struct str text, int64_t line, const char *why);
/* Hands the row's packets on, or counts its text as bad if there is a reason
 * why.  1, or ERR_USAGE: it has no time, and one is needed. */
int flow_rows_put(struct flow_rows *rows, struct flow_row *row, const char *why,
    struct str text, int64_t line, struct err *e);
/* Is this time asked for?  Fills in the time of data that has none; *why if
 * only this row has none. */
int flow_rows_time(
    struct flow_rows *rows, int64_t *time, const char **why, struct err *e);

/* The fields of a row as text; absent and empty are the same. */
struct flow_fields {
	struct str src, dst, proto, sport, dport, flags;
	bool mapped; /* IPv4 is written ::ffff:a.b.c.d */
};
/* Sets row->packet; NULL, or why it cannot be read. */
const char *flow_row_packet(struct flow_row *row, const struct flow_fields *f);
/* The row tells sampled packets, each of which stands for rate. */
void flow_row_sampled(struct flow_row *row, uint64_t packets, uint64_t rate);
/* The row tells packets already multiplied by the rate, of so many samples (0:
 * unknown).  A rate that is given (0: not) tells how many they were. */
void flow_row_scaled(
    struct flow_row *row, uint64_t packets, uint64_t samples, uint32_t given);
/* A time as collectors write it: ISO 8601, or seconds since 1970.  Zero and
 * empty are UTC_NONE; false if it is none. */
bool flow_row_time(const struct flow_rows *rows, struct str s, int64_t *out);
/* An address; empty and "-" leave *out alone. */
bool flow_row_agent(struct str s, struct addr *out);
/* A number of at most 32 bits; empty leaves *out alone. */
bool flow_row_u32(struct str s, uint32_t *out);

#endif
