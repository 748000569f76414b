/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From link layer to TCP flags:
 *
 *   Ethernet - VLAN tags (802.1Q, 802.1ad) - MPLS labels / PPPoE - IP - TCP
 *
 * Every loop below consumes at least four bytes of a bounded cursor, so a
 * stack of tags or extension headers without end stops where the bytes do.
 * There is one cursor for all: to copy it at each step, right after its parts
 * were written, makes the processor wait (store forwarding).
 */
#include "input/packet.h"

enum { /* IEEE 802 numbers, IANA ethertypes */
	ETYPE_IPV4 = 0x0800,
	ETYPE_IPV6 = 0x86dd,
	ETYPE_VLAN = 0x8100,
	ETYPE_QINQ = 0x88a8,
	ETYPE_QINQ_9100 = 0x9100, /* before 802.1ad, still seen */
	ETYPE_QINQ_9200 = 0x9200,
	ETYPE_QINQ_9300 = 0x9300,
	ETYPE_MPLS = 0x8847,
	ETYPE_MPLS_UPSTREAM = 0x8848,
	ETYPE_PPPOE = 0x8864,
	ETYPE_802_3_MAX = 1500, /* up to here it is a length, IEEE 802.3 */
};

enum { /* IANA protocol numbers */
	PROTO_HOPOPT = 0,
	PROTO_IPIP = 4,
	PROTO_TCP = 6,
	PROTO_UDP = 17,
	PROTO_IPV6 = 41,
	PROTO_ROUTE = 43,
	PROTO_FRAGMENT = 44,
	PROTO_GRE = 47,
	PROTO_AH = 51,
	PROTO_DSTOPTS = 60,
	PROTO_ETHERIP = 97,
	PROTO_MOBILITY = 135,
	PROTO_MPLS = 137,
	PROTO_HIP = 139,
	PROTO_SHIM6 = 140,
};

enum { PORT_VXLAN = 4789, PORT_GENEVE = 6081 };

enum packet_what
packet_of_protocol(uint8_t protocol)
{
	switch (protocol) {
	case PROTO_TCP:
		return PACKET_TCP;
	case PROTO_UDP:
		return PACKET_UDP;
	case PROTO_IPIP:
	case PROTO_IPV6:
	case PROTO_GRE:
	case PROTO_ETHERIP:
	case PROTO_MPLS:
		return PACKET_TUNNEL;
	}
	return PACKET_IP;
}

/* The flags are byte 13 of the header (RFC 9293 3.1); a header cut between
 * ports and flags still says who talked to which port. */
static enum packet_what
read_tcp(struct rd *r, struct packet *out)
{
	out->src_port = rd_be16(r);
	out->dst_port = rd_be16(r);
	if (r->bad)
		return PACKET_CUT;
	rd_skip(r, 9);
	out->flags = rd_u8(r);
	out->has_flags = !r->bad;
	return PACKET_TCP;
}

/* The UDP length is not needed: IP's has cut the padding off, and sflowtool -R
 * writes one without the header's eight bytes. */
static enum packet_what
read_udp(struct rd *r, struct packet *out)
{
	out->src_port = rd_be16(r);
	out->dst_port = rd_be16(r);
	rd_skip(r, 4);
	if (r->bad)
		return PACKET_CUT;
	if (out->dst_port == PORT_VXLAN || out->dst_port == PORT_GENEVE)
		return PACKET_TUNNEL;
	out->payload = *r;
	return PACKET_UDP;
}

/* first_fragment: more follow, so the header here may be cut on purpose to
 * hide the flags (RFC 1858): only a whole one counts. */
static enum packet_what
read_transport(
    struct rd *r, uint8_t protocol, bool first_fragment, struct packet *out)
{
	enum packet_what what = packet_of_protocol(protocol);

	out->protocol = protocol;
	if (what == PACKET_TCP)
		what = read_tcp(r, out);
	else if (what == PACKET_UDP)
		what = read_udp(r, out);
	if (!first_fragment || what == PACKET_IP || what == PACKET_TUNNEL)
		return what;
	if (what == PACKET_TCP && out->has_flags)
		return what;
	return PACKET_FRAGMENT;
}

/* RFC 791 3.1. */
static enum packet_what
read_ipv4(struct rd *r, struct packet *out)
{
	const uint8_t *h = r->p;
	size_t header, length;
	unsigned fragment;

	if (!rd_need(r, 20))
		return PACKET_CUT;
	header = (h[0] & 15) * 4u;
	length = (size_t)(h[2] << 8 | h[3]);
	fragment = (unsigned)(h[6] << 8 | h[7]);
	/* Total length 0 is what segmentation offload leaves in captures. */
	if (h[0] >> 4 != 4 || header < 20 || (length && length < header))
		return PACKET_BAD;
	out->protocol = h[9];
	out->src = addr_v4(h + 12);
	out->dst = addr_v4(h + 16);
	if (length && length < rd_left(r))
		r->end = h + length; /* the rest pads the frame */
	rd_skip(r, header);
	if (r->bad)
		return PACKET_CUT;
	if (fragment & 0x1fff)
		return PACKET_FRAGMENT;
	return read_transport(r, h[9], fragment & 0x2000, out);
}

/* Steps over one extension header (RFC 8200 4, RFC 4302 2.2). */
static uint8_t
skip_extension(struct rd *r, uint8_t kind)
{
	uint8_t next = rd_u8(r);
	uint8_t len = rd_u8(r);

	rd_skip(r, kind == PROTO_AH ? len * 4u + 6u : len * 8u + 6u);
	return next;
}

static bool
is_extension(uint8_t protocol)
{
	switch (protocol) {
	case PROTO_HOPOPT:
	case PROTO_ROUTE:
	case PROTO_AH:
	case PROTO_DSTOPTS:
	case PROTO_MOBILITY:
	case PROTO_HIP:
	case PROTO_SHIM6:
		return true;
	}
	return false;
}

static enum packet_what
read_extensions(struct rd *r, uint8_t next, struct packet *out)
{
	bool first_fragment = false;

	for (;;) {
		out->protocol = next;
		if (next == PROTO_FRAGMENT) {
			uint16_t at;
			next = rd_u8(r);
			rd_skip(r, 1);
			at = rd_be16(r);
			rd_skip(r, 4);
			if (!r->bad && (at & 0xfff8))
				return PACKET_FRAGMENT;
			first_fragment |= at & 1;
		} else if (is_extension(next)) {
			next = skip_extension(r, next);
		} else {
			break;
		}
		if (r->bad)
			return first_fragment ? PACKET_FRAGMENT : PACKET_CUT;
	}
	return read_transport(r, next, first_fragment, out);
}

/* RFC 8200 3. */
static enum packet_what
read_ipv6(struct rd *r, struct packet *out)
{
	uint8_t first = rd_u8(r);
	uint16_t length;
	uint8_t next;
	const uint8_t *ends;

	rd_skip(r, 3);
	length = rd_be16(r);
	next = rd_u8(r);
	rd_skip(r, 1);
	ends = rd_bytes(r, 32);
	if (!ends)
		return PACKET_CUT;
	if (first >> 4 != 6)
		return PACKET_BAD;
	memcpy(out->src.b, ends, 16);
	memcpy(out->dst.b, ends + 16, 16);
	/* Mapped addresses do not belong on the wire; taken for the IPv4
	 * address, one would put a forged packet on its holder. */
	if (addr_is_v4(out->src) || addr_is_v4(out->dst)) {
		out->src = out->dst = (struct addr){{0}};
		return PACKET_BAD;
	}
	if (length && length < rd_left(r))
		r->end = r->p + length;
	return read_extensions(r, next, out);
}

static enum packet_what
read_ip(struct rd *r, struct packet *out)
{
	if (rd_left(r) == 0)
		return PACKET_CUT;
	if (r->p[0] >> 4 == 4)
		return read_ipv4(r, out);
	if (r->p[0] >> 4 == 6)
		return read_ipv6(r, out);
	return PACKET_OTHER;
}

/* RFC 3032 2.1: labels until the bottom-of-stack bit; what follows is not
 * named, so the first nibble tells (a pseudowire's is 0, RFC 4385). */
static enum packet_what
read_mpls(struct rd *r, struct packet *out)
{
	uint32_t label;

	out->mpls = true;
	do {
		label = rd_be32(r);
		if (r->bad)
			return PACKET_CUT;
	} while (!(label & 0x100));
	return read_ip(r, out);
}

/* RFC 1661 2; PPPoE leaves address and control out, a serial line may not. */
static enum packet_what
read_ppp(struct rd *r, struct packet *out)
{
	uint16_t protocol = rd_be16(r);

	if (protocol == 0xff03)
		protocol = rd_be16(r);
	if (r->bad)
		return PACKET_CUT;
	switch (protocol) {
	case 0x0021:
		return read_ipv4(r, out);
	case 0x0057:
		return read_ipv6(r, out);
	case 0x0281:
		return read_mpls(r, out);
	}
	return PACKET_OTHER;
}

static bool
is_vlan(uint16_t type)
{
	return type == ETYPE_VLAN || type == ETYPE_QINQ ||
	       type == ETYPE_QINQ_9100 || type == ETYPE_QINQ_9200 ||
	       type == ETYPE_QINQ_9300;
}

/* 802.2 LLC with SNAP and no organisation carries an ethertype (RFC 1042). */
static bool
skip_snap(struct rd *r)
{
	static const uint8_t snap[6] = {0xaa, 0xaa, 3, 0, 0, 0};
	const uint8_t *p = rd_bytes(r, sizeof(snap));

	return p && memcmp(p, snap, sizeof(snap)) == 0;
}

static enum packet_what
read_ethertype(struct rd *r, struct packet *out)
{
	uint16_t type = rd_be16(r);

	while (is_vlan(type)) {
		out->vlan = true;
		rd_skip(r, 2);
		type = rd_be16(r);
	}
	if (!r->bad && type <= ETYPE_802_3_MAX) {
		if (!skip_snap(r))
			return r->bad ? PACKET_CUT : PACKET_OTHER;
		type = rd_be16(r);
	}
	if (r->bad)
		return PACKET_CUT;
	switch (type) {
	case ETYPE_IPV4:
		return read_ipv4(r, out);
	case ETYPE_IPV6:
		return read_ipv6(r, out);
	case ETYPE_MPLS:
	case ETYPE_MPLS_UPSTREAM:
		return read_mpls(r, out);
	case ETYPE_PPPOE: /* RFC 2516 4: version, code, session, length */
		out->pppoe = true;
		rd_skip(r, 6);
		return read_ppp(r, out);
	}
	return PACKET_OTHER;
}

static enum packet_what
read_ethernet(struct rd *r, struct packet *out)
{
	rd_skip(r, 12);
	return r->bad ? PACKET_CUT : read_ethertype(r, out);
}

static enum packet_what
read_link(enum packet_link link, struct rd *r, struct packet *out)
{
	switch (link) {
	case LINK_NONE:
		break;
	case LINK_ETHERNET:
		return read_ethernet(r, out);
	case LINK_PPP:
	case LINK_POS:
		return read_ppp(r, out);
	case LINK_IPV4:
		return read_ipv4(r, out);
	case LINK_IPV6:
		return read_ipv6(r, out);
	case LINK_MPLS:
		return read_mpls(r, out);
	case LINK_IP:
		return read_ip(r, out);
	case LINK_ETHERTYPE:
		return read_ethertype(r, out);
	}
	return PACKET_OTHER;
}

void
packet_decode(enum packet_link link, struct rd bytes, struct packet *out)
{
	memset(out, 0, sizeof(*out));
	out->what = read_link(link, &bytes, out);
}
