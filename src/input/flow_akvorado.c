/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Akvorado's table "flows" out of ClickHouse, FORMAT TSVWithNames (or
 * CSVWithNames).  A row is a sample; Packets are the sampled ones, which its
 * own queries multiply by SamplingRate.  TCPFlags is not among its columns
 * unless added.  IPv4 addresses are written ::ffff:a.b.c.d, EType tells them
 * from the forged.  TimeReceived is the server's local time.
 */
#include "input/flow_table.h"

enum {
	TIME,
	SRC,
	DST,
	SPORT,
	DPORT,
	PROTO,
	NEEDED,
	RATE = NEEDED,
	PACKETS,
	AGENT,
	SRC_AS,
	DST_AS,
	FLAGS,
	ETYPE,
	COLUMNS
};
static const char *const names[COLUMNS] = {"TimeReceived", "SrcAddr", "DstAddr",
    "SrcPort", "DstPort", "Proto", "SamplingRate", "Packets", "ExporterAddress",
    "SrcAS", "DstAS", "TCPFlags", "EType"};

enum { ETYPE_IPV6 = 0x86dd };

static bool
claims(struct str head)
{
	static const char *const needed[] = {
	    "TimeReceived", "SrcAddr", "DstAddr", NULL};

	return flow_table_claims(head, needed);
}

static int
open_reader(void **state, FILE *f, const char *path, struct flow_run *run,
    struct err *e)
{
	struct flow_table *t = flow_table_new(f, run, path);
	int rc = flow_table_header(t, names, COLUMNS, NEEDED, e);

	if (rc < 0)
		flow_table_close(t);
	else
		*state = t;
	return rc;
}

static const char *
read_row(const struct flow_table *t, struct flow_row *row)
{
	uint32_t rate = 0, etype = 0;
	uint64_t packets = 1;
	struct flow_fields f = {.src = flow_table_field(t, SRC),
	    .dst = flow_table_field(t, DST),
	    .proto = flow_table_field(t, PROTO),
	    .sport = flow_table_field(t, SPORT),
	    .dport = flow_table_field(t, DPORT),
	    .flags = flow_table_field(t, FLAGS)};

	if (!flow_row_time(&t->rows, flow_table_field(t, TIME), &row->time))
		return "no time";
	if (!flow_row_agent(flow_table_field(t, AGENT), &row->agent))
		return "no agent";
	if (!flow_row_u32(flow_table_field(t, RATE), &rate))
		return "no sampling rate";
	if (!flow_row_u32(flow_table_field(t, SRC_AS), &row->src_as) ||
	    !flow_row_u32(flow_table_field(t, DST_AS), &row->dst_as))
		return "no AS number";
	if (!flow_row_u32(flow_table_field(t, ETYPE), &etype))
		return "no EType";
	f.mapped = etype != ETYPE_IPV6;
	if (flow_table_has(t, PACKETS) &&
	    (!str_u64(flow_table_field(t, PACKETS), &packets) || packets == 0))
		return "no packets";
	flow_row_sampled(row, packets, rate);
	return flow_row_packet(row, &f);
}

static int
step(void *state, struct err *e)
{
	struct flow_table *t = state;
	struct flow_row row = {0};
	const char *why;

	if (!flow_table_line(t))
		return 0;
	why = flow_table_split(t);
	if (!why)
		why = read_row(t, &row);
	return flow_rows_put(&t->rows, &row, why, t->text, t->number, e);
}

const struct flow_source_ops flow_source_akvorado = {
    .name = "akvorado",
    .summary = "Akvorado's flows, exported as TSVWithNames",
    .claims = claims,
    .open = open_reader,
    .step = step,
    .damage = flow_table_damage,
    .close = flow_table_close,
};
