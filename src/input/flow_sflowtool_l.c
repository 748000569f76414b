/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sflowtool -l: a line a sample, 20 columns, no header, no time; "CNTR" lines
 * are of counters.  sflowtool -L: chosen columns, whose names (sflowtool's own)
 * come with --fields; these may tell a time.  One line is one sampled packet.
 */
#include "input/flow_table.h"

/* The columns by the names of -L; the first so many must be there. */
enum {
	SRC,
	DST,
	PROTO,
	SPORT,
	DPORT,
	NEEDED,
	SRC6 = NEEDED,
	DST6,
	FLAGS,
	RATE,
	AGENT,
	SOURCE_ID,
	SRC_AS,
	DST_AS,
	PCAP_TIME,
	PCAP_MICROS,
	UNIX_TIME,
	UNIX_MICROS,
	COLUMNS
};
static const char *const names[COLUMNS] = {"srcIP", "dstIP", "IPProtocol",
    "TCPSrcPort", "TCPDstPort", "srcIP6", "dstIP6", "TCPFlags", "meanSkipCount",
    "agent", "sourceId", "src_as", "dst_as", "pcapTimestamp",
    "pcapTimestamp_uS", "unixSecondsUTC", "unixSecondsUTC_uS"};

/* -l as if it had been asked for by -L.  Ports are of TCP and UDP; addresses
 * of both families. */
static const char line_columns[] =
    "FLOW,agent,inputPort,outputPort,srcMAC,dstMAC,ethernet_type,in_vlan,"
    "out_vlan,srcIP,dstIP,IPProtocol,IPTOS,IPTTL,TCPSrcPort,TCPDstPort,"
    "TCPFlags,sampledPacketSize,IPSize,meanSkipCount";

static bool
claims(struct str head)
{
	struct str line = flow_table_first_line(head), field;
	struct addr agent;
	size_t commas = 0;

	for (size_t i = 0; i < line.n; i++)
		commas += line.p[i] == ',';
	field = str_split(&line, ',');
	if (!(str_eq(field, STR("FLOW")) && commas == 19) &&
	    !(str_eq(field, STR("CNTR")) && commas == 20))
		return false;
	return addr_parse(str_split(&line, ','), &agent);
}

static int
open_reader(void **state, FILE *f, const char *path, struct flow_run *run,
    struct err *e)
{
	struct flow_table *t = flow_table_new(f, run, path);
	bool chosen = str_has(run->fields);
	int rc =
	    flow_table_columns(t, chosen ? run->fields : str_z(line_columns),
	        names, COLUMNS, NEEDED, e);

	t->sep = ',';
	if (rc < 0)
		flow_table_close(t);
	else
		*state = t;
	return rc;
}

/* Seconds in one column, microseconds in another. */
static bool
read_time(const struct flow_table *t, size_t column, int64_t *out)
{
	uint32_t micros = 0;

	if (!flow_row_time(&t->rows, flow_table_field(t, column), out) ||
	    !flow_row_u32(flow_table_field(t, column + 1), &micros) ||
	    micros >= USEC)
		return false;
	if (*out != UTC_NONE)
		*out += micros;
	return true;
}

/* "0:1002": class and index. */
static bool
read_source_id(struct str s, uint32_t *out)
{
	uint32_t class = 0, index = 0;

	if (!flow_row_u32(str_split(&s, ':'), &class) ||
	    !flow_row_u32(s, &index))
		return false;
	*out = class << 24 | (index & 0xffffff);
	return true;
}

static const char *
read_row(struct flow_table *t, struct flow_row *row)
{
	bool v6 = flow_table_field(t, SRC).n == 0;
	struct flow_fields f = {.src = flow_table_field(t, v6 ? SRC6 : SRC),
	    .dst = flow_table_field(t, v6 ? DST6 : DST),
	    .proto = flow_table_field(t, PROTO),
	    .sport = flow_table_field(t, SPORT),
	    .dport = flow_table_field(t, DPORT),
	    .flags = flow_table_field(t, FLAGS)};
	uint32_t rate = 0;

	if (!read_time(t, PCAP_TIME, &row->time) ||
	    (row->time == UTC_NONE && !read_time(t, UNIX_TIME, &row->time)))
		return "no time";
	if (!flow_row_agent(flow_table_field(t, AGENT), &row->agent))
		return "no agent";
	if (!read_source_id(flow_table_field(t, SOURCE_ID), &row->source_id))
		return "no data source";
	if (!flow_row_u32(flow_table_field(t, RATE), &rate))
		return "no sampling rate";
	if (!flow_row_u32(flow_table_field(t, SRC_AS), &row->src_as) ||
	    !flow_row_u32(flow_table_field(t, DST_AS), &row->dst_as))
		return "no AS number";
	flow_row_sampled(row, 1, rate);
	return flow_row_packet(row, &f);
}

static bool
is_counters(const struct flow_table *t)
{
	return !str_has(t->rows.run->fields) &&
	       str_starts(t->text, STR("CNTR,"));
}

static int
step(void *state, struct err *e)
{
	struct flow_table *t = state;
	struct flow_row row = {0};
	const char *why;

	if (!flow_table_line(t))
		return 0;
	if (is_counters(t)) {
		t->rows.run->skipped++;
		return 1;
	}
	why = flow_table_split(t);
	if (!why && !str_has(t->rows.run->fields) &&
	    !str_eq(t->fields[0], STR("FLOW")))
		why = "neither FLOW nor CNTR";
	if (!why)
		why = read_row(t, &row);
	return flow_rows_put(&t->rows, &row, why, t->text, t->number, e);
}

const struct flow_source_ops flow_source_sflowtool_l = {
    .name = "sflowtool-l",
    .summary = "sflowtool -l, or -L with its columns given by --fields",
    .claims = claims,
    .open = open_reader,
    .step = step,
    .damage = flow_table_damage,
    .close = flow_table_close,
};
