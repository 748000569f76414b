/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nfdump -o csv, whose columns differ: 1.6 to 1.7.1 have 48 (ts, sa, da, ...),
 * later ones 10 (firstSeen, srcAddr, ...) and no TCP flags.  A row is one
 * record, one record a sample unless nfdump -a has added some up ("flows").
 * Packets are multiplied by the rate; the rate itself is not told.  Times are
 * when the collector received the data, in its local time.
 */
#include "input/flow_table.h"

enum {
	TIME,
	SRC,
	DST,
	SPORT,
	DPORT,
	PROTO,
	PACKETS,
	NEEDED,
	FLAGS = NEEDED,
	RECEIVED,
	AGENT,
	SRC_AS,
	DST_AS,
	FLOWS,
	COLUMNS
};
static const char *const long_names[COLUMNS] = {"ts", "sa", "da", "sp", "dp",
    "pr", "ipkt", "flg", "tr", "ra", "sas", "das", "flows"};
static const char *const short_names[COLUMNS] = {"firstSeen", "srcAddr",
    "dstAddr", "srcPort", "dstPort", "proto", "packets", "flags", "received",
    "router", "srcAS", "dstAS", "flows"};

static bool
has_long_names(struct str head)
{
	static const char *const names[] = {"ts", "sa", "da", "pr", NULL};

	return flow_table_claims(head, names);
}

static bool
claims(struct str head)
{
	static const char *const names[] = {
	    "firstSeen", "srcAddr", "dstAddr", "packets", NULL};

	return has_long_names(head) || flow_table_claims(head, names);
}

static int
open_reader(void **state, FILE *f, const char *path, struct flow_run *run,
    struct err *e)
{
	struct flow_table *t = flow_table_new(f, run, path);
	const char *const *names = short_names;
	int rc = flow_table_header(t, names, COLUMNS, 0, e);

	if (rc >= 0) {
		if (has_long_names(t->header))
			names = long_names;
		rc =
		    flow_table_columns(t, t->header, names, COLUMNS, NEEDED, e);
	}
	if (rc < 0)
		flow_table_close(t);
	else
		*state = t;
	return rc;
}

static const char *
read_count(const struct flow_table *t, struct flow_row *row)
{
	uint64_t packets, flows = 1;

	if (!str_u64(flow_table_field(t, PACKETS), &packets) || packets == 0)
		return "no packets";
	if (flow_table_has(t, FLOWS) &&
	    (!str_u64(flow_table_field(t, FLOWS), &flows) || flows == 0))
		return "no flows";
	flow_row_scaled(row, packets, flows, t->rows.run->rate);
	return NULL;
}

static const char *
read_row(const struct flow_table *t, struct flow_row *row)
{
	struct flow_fields f = {.src = flow_table_field(t, SRC),
	    .dst = flow_table_field(t, DST),
	    .proto = flow_table_field(t, PROTO),
	    .sport = flow_table_field(t, SPORT),
	    .dport = flow_table_field(t, DPORT),
	    .flags = flow_table_field(t, FLAGS)};
	const char *why;

	if (!flow_row_time(
	        &t->rows, flow_table_field(t, RECEIVED), &row->time) ||
	    (row->time == UTC_NONE &&
	        !flow_row_time(
	            &t->rows, flow_table_field(t, TIME), &row->time)))
		return "no time";
	if (!flow_row_agent(flow_table_field(t, AGENT), &row->agent))
		return "no agent";
	if (!flow_row_u32(flow_table_field(t, SRC_AS), &row->src_as) ||
	    !flow_row_u32(flow_table_field(t, DST_AS), &row->dst_as))
		return "no AS number";
	why = read_count(t, row);
	return why ? why : flow_row_packet(row, &f);
}

/* Behind "Summary" come sums under a header of their own. */
static int
step(void *state, struct err *e)
{
	struct flow_table *t = state;
	struct flow_row row = {0};
	const char *why;

	if (!flow_table_line(t))
		return 0;
	if (str_eq(t->text, STR("Summary")))
		t->in_tail = true;
	if (t->in_tail) {
		t->rows.run->skipped++;
		return 1;
	}
	why = flow_table_split(t);
	if (!why)
		why = read_row(t, &row);
	return flow_rows_put(&t->rows, &row, why, t->text, t->number, e);
}

const struct flow_source_ops flow_source_nfdump_csv = {
    .name = "nfdump-csv",
    .summary = "nfdump -o csv, of 1.6 to 1.7.1 or later",
    .claims = claims,
    .open = open_reader,
    .step = step,
    .damage = flow_table_damage,
    .close = flow_table_close,
};
