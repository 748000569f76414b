/* SPDX-License-Identifier: Apache-2.0 */
#include "model/flow.h"

bool
port_set_parse(struct str s, struct port_set *out)
{
	struct port_set set = {.n = 0};
	uint64_t port;

	while (str_has(s)) {
		struct str word = str_trim(str_split(&s, ','));
		if (!str_u64(word, &port) || port == 0 || port > 65535)
			return false;
		if (port_set_has(&set, (uint16_t)port))
			continue;
		if (set.n == PORT_SET_MAX)
			return false;
		set.port[set.n++] = (uint16_t)port;
	}
	if (set.n == 0)
		return false;
	*out = set;
	return true;
}

bool
smtp_sample_matches(const struct smtp_sample *s, const struct port_set *ports)
{
	return port_set_has(ports, s->src_port) ||
	       port_set_has(ports, s->dst_port);
}

static struct smtp_roles
source_is(enum smtp_role role, bool strong, bool answered)
{
	struct smtp_roles r = {.src = role, .strong = strong};

	r.dst = role == ROLE_CLIENT ? ROLE_SERVER : ROLE_CLIENT;
	r.answered = answered;
	return r;
}

struct smtp_roles
smtp_roles(const struct smtp_sample *s, const struct port_set *ports)
{
	bool from = port_set_has(ports, s->src_port);
	bool to = port_set_has(ports, s->dst_port);
	bool syn = s->has_flags && (s->flags & TCP_SYN);
	bool ack = s->has_flags && (s->flags & TCP_ACK);
	bool rst = s->has_flags && (s->flags & TCP_RST);

	if (syn && !ack && to)
		return source_is(ROLE_CLIENT, true, false);
	if (syn && ack && from)
		return source_is(ROLE_SERVER, true, true);
	if (from == to)
		return (struct smtp_roles){.src = ROLE_UNKNOWN};
	return source_is(from ? ROLE_SERVER : ROLE_CLIENT, false, !rst && !syn);
}
