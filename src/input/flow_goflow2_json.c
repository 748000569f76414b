/* SPDX-License-Identifier: Apache-2.0 */
/*
 * goflow2 with format JSON: an object a sample.  Packets are the sampled ones,
 * never multiplied; its default mapping leaves tcp_flags out.  Time is when the
 * collector received the datagram, in nanoseconds.
 */
#include "input/flow_json.h"

static bool
claims(struct str head)
{
	static const char *const keys[] = {
	    "time_received_ns", "sampler_address", "src_addr", NULL};

	return flow_json_claims(head, keys);
}

static const char *
read_row(
    const struct flow_json *j, const struct json_node *o, struct flow_row *row)
{
	static const struct flow_json_keys keys = {.src = "src_addr",
	    .dst = "dst_addr",
	    .proto = "proto",
	    .sport = "src_port",
	    .dport = "dst_port",
	    .flags = "tcp_flags"};
	uint64_t nanos, packets = 1;
	uint32_t rate = 0;

	(void)j;
	if (json_get_number(o, "time_received_ns", INT64_MAX, &nanos) &&
	    nanos > 0)
		row->time = (int64_t)(nanos / 1000);
	if (!flow_json_agent(o, "sampler_address", &row->agent))
		return "no agent";
	if (!flow_json_u32(o, "sampling_rate", &rate))
		return "no sampling rate";
	if (!flow_json_u32(o, "src_as", &row->src_as) ||
	    !flow_json_u32(o, "dst_as", &row->dst_as))
		return "no AS number";
	if (json_has(o, "packets") &&
	    (!json_get_number(o, "packets", UINT64_MAX, &packets) ||
	        packets == 0))
		return "no packets";
	flow_row_sampled(row, packets, rate);
	return flow_json_packet(o, &keys, row);
}

static int
step(void *state, struct err *e)
{
	return flow_json_step(state, read_row, e);
}

const struct flow_source_ops flow_source_goflow2_json = {
    .name = "goflow2-json",
    .summary = "goflow2 with format JSON",
    .claims = claims,
    .open = flow_json_open,
    .step = step,
    .damage = flow_json_damage,
    .close = flow_json_close,
};
