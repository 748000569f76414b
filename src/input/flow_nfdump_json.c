/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nfdump -o json (one array) and -o ndjson: an object a record, one record a
 * sample unless nfdump -a has added some up.  Packets are multiplied by the
 * rate; the rate itself is not told.  Times are when the collector received
 * the data, in its local time.
 */
#include "input/flow_json.h"

static bool
claims(struct str head)
{
	static const char *const keys[] = {"first", "last", "proto", NULL};
	static const char *const old[] = {"t_first", "t_last", "proto", NULL};

	return flow_json_claims(head, keys) || flow_json_claims(head, old);
}

static bool
read_time(const struct flow_json *j, const struct json_node *o, int64_t *time)
{
	static const char *const keys[] = {
	    "received", "t_received", "first", "t_first"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (!flow_json_time(j, o, keys[i], time))
			return false;
		if (*time != UTC_NONE)
			return true;
	}
	return true;
}

static const char *
read_row(
    const struct flow_json *j, const struct json_node *o, struct flow_row *row)
{
	static const struct flow_json_keys keys = {.src = "src4_addr",
	    .dst = "dst4_addr",
	    .src6 = "src6_addr",
	    .dst6 = "dst6_addr",
	    .proto = "proto",
	    .sport = "src_port",
	    .dport = "dst_port",
	    .flags = "tcp_flags"};
	const char *router =
	    json_has(o, "ip6_router") ? "ip6_router" : "ip4_router";
	uint64_t packets;
	char buf[JSON_NUMBER_MAX];
	struct str type = json_get_text(o, "type", buf);

	if (str_has(type) && !str_eq(type, STR("FLOW")))
		return ""; /* EVENT: of a firewall */
	if (!read_time(j, o, &row->time))
		return "no time";
	if (!flow_json_agent(o, router, &row->agent))
		return "no agent";
	if (!flow_json_u32(o, "src_as", &row->src_as) ||
	    !flow_json_u32(o, "dst_as", &row->dst_as))
		return "no AS number";
	if (!json_get_number(o, "in_packets", UINT64_MAX, &packets) ||
	    packets == 0)
		return "no packets";
	flow_row_scaled(row, packets, 1, j->rows.run->rate);
	return flow_json_packet(o, &keys, row);
}

static int
step(void *state, struct err *e)
{
	return flow_json_step(state, read_row, e);
}

const struct flow_source_ops flow_source_nfdump_json = {
    .name = "nfdump-json",
    .summary = "nfdump -o json or -o ndjson",
    .claims = claims,
    .open = flow_json_open,
    .step = step,
    .damage = flow_json_damage,
    .close = flow_json_close,
};
