/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flow nouns: one sampled SMTP packet, as a switch's sFlow agent (or a
 * collector's export of it) showed it.
 */
#ifndef MODEL_FLOW_H
#define MODEL_FLOW_H

#include "base/addr.h"

/* TCP flags as on the wire (RFC 9293 3.1). */
enum { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_PSH = 8, TCP_ACK = 16 };

struct smtp_sample {
	int64_t time; /* microseconds UTC: when the collector received it */
	struct addr agent;
	uint32_t source_id; /* sFlow data source: class << 24 | index */
	struct addr src, dst;
	uint16_t src_port, dst_port;
	uint8_t flags;
	bool has_flags; /* false: the header was cut before the flags */
	bool no_rate;   /* not told, or told as 0; rate is 1 then */
	uint32_t rate;  /* sampling_rate of this very sample, at least 1 */
	uint32_t src_as, dst_as; /* from a gateway record, 0 = unknown */
};

/* What one packet says of its two ends (domain.md 5.4, our rule).
 * SYN without ACK to the mail port: strong, source is client.  SYN with ACK
 * from it: strong, source is server.  Else the side on the mail port is the
 * server, weakly.  Both ports mail ports: flags decide, or nothing does. */
enum smtp_role { ROLE_UNKNOWN, ROLE_CLIENT, ROLE_SERVER };
struct smtp_roles {
	enum smtp_role src, dst;
	bool strong;
	/* The server end took part: it sent this packet, or this is not just
	 * a request to talk.  False for the target of a SYN, and for a RST,
	 * which a host without a mail server sends too. */
	bool answered;
};

#define PORT_SET_MAX 16
struct port_set { /* mail ports; usually 25 alone */
	uint16_t port[PORT_SET_MAX];
	unsigned n;
};

/* "25" or "25,465,587"; false: not ports from 1 to 65535, none, or more than
 * PORT_SET_MAX. */
bool port_set_parse(struct str s, struct port_set *out);
static inline bool
port_set_has(const struct port_set *ports, uint16_t port)
{
	for (unsigned i = 0; i < ports->n; i++) {
		if (ports->port[i] == port)
			return true;
	}
	return false;
}

/* Is one end on a mail port? */
bool smtp_sample_matches(
    const struct smtp_sample *s, const struct port_set *ports);
struct smtp_roles smtp_roles(
    const struct smtp_sample *s, const struct port_set *ports);

#endif
