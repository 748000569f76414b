/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pmacct (sfacctd), print_output: json.  Keys are those of "aggregate".  Rows
 * of equal keys are summed, their TCP flags are all flags together.  With
 * sfacctd_renormalize the packets are multiplied by the rate and sampling_rate
 * reads 1; without it they are the sampled ones.  Times are when the collector
 * received the data, in its local time.
 */
#include "input/flow_json.h"

static bool
claims(struct str head)
{
	static const char *const keys[] = {
	    "event_type", "ip_src", "ip_dst", "packets", NULL};

	return flow_json_claims(head, keys);
}

/* The first that is set: with a pcap, timestamp_start is all zeros. */
static bool
read_time(const struct flow_json *j, const struct json_node *o, int64_t *time)
{
	static const char *const keys[] = {
	    "timestamp_start", "timestamp_arrival", "stamp_inserted"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (!flow_json_time(j, o, keys[i], time))
			return false;
		if (*time != UTC_NONE)
			return true;
	}
	return true;
}

/* Without sampling_rate nobody can tell whether more than one packet is that
 * many samples, or one that was multiplied. */
static void
read_count(struct flow_row *row, uint64_t packets, bool has_rate, uint32_t rate,
    uint32_t given)
{
	if (has_rate && rate > 1)
		flow_row_sampled(row, packets, rate);
	else if (packets == 1)
		flow_row_sampled(row, 1, rate);
	else if (has_rate || (given && packets % given == 0))
		flow_row_scaled(row, packets, 0, given);
	else
		flow_row_sampled(row, given ? packets : 0, given);
}

static const char *
read_row(
    const struct flow_json *j, const struct json_node *o, struct flow_row *row)
{
	static const struct flow_json_keys keys = {.src = "ip_src",
	    .dst = "ip_dst",
	    .proto = "ip_proto",
	    .sport = "port_src",
	    .dport = "port_dst",
	    .flags = "tcp_flags"};
	uint32_t rate = 0;
	uint64_t packets;

	if (!read_time(j, o, &row->time))
		return "no time";
	if (!flow_json_agent(o, "peer_ip_src", &row->agent))
		return "no agent";
	if (!flow_json_u32(o, "sampling_rate", &rate))
		return "no sampling rate";
	if (!flow_json_u32(o, "as_src", &row->src_as) ||
	    !flow_json_u32(o, "as_dst", &row->dst_as))
		return "no AS number";
	if (!json_get_number(o, "packets", UINT64_MAX, &packets) ||
	    packets == 0)
		return "no packets";
	read_count(row, packets, json_has(o, "sampling_rate"), rate,
	    j->rows.run->rate);
	return flow_json_packet(o, &keys, row);
}

static int
step(void *state, struct err *e)
{
	return flow_json_step(state, read_row, e);
}

const struct flow_source_ops flow_source_pmacct_json = {
    .name = "pmacct-json",
    .summary = "pmacct (sfacctd) with print_output: json",
    .claims = claims,
    .open = flow_json_open,
    .step = step,
    .damage = flow_json_damage,
    .close = flow_json_close,
};
