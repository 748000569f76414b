/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packet: addresses, ports and TCP flags out of the first bytes of a packet,
 * as an sFlow agent or a capture cut them off.  Pure: no state, no I/O, and
 * nothing but the bytes it is given; any bytes are fine.
 */
#ifndef INPUT_PACKET_H
#define INPUT_PACKET_H

#include "base/addr.h"
#include "base/rd.h"

/* What the first byte belongs to.  Ethernet to MPLS have the numbers of
 * sFlow's header_protocol (sFlow v5, section 5.3). */
enum packet_link {
	LINK_NONE = 0, /* nothing we read */
	LINK_ETHERNET = 1,
	LINK_PPP = 7,
	LINK_IPV4 = 11,
	LINK_IPV6 = 12,
	LINK_MPLS = 13,
	LINK_POS = 14, /* PPP over SONET: as PPP */
	/* not in sFlow */
	LINK_IP = 100,  /* IPv4 or IPv6 by the first nibble */
	LINK_ETHERTYPE, /* a 16-bit ethertype, then its payload */
};

enum packet_what {
	PACKET_OTHER,    /* not IP, or a link type we do not read */
	PACKET_BAD,      /* not what its own headers say it is */
	PACKET_CUT,      /* the bytes end before the ports */
	PACKET_FRAGMENT, /* no whole TCP or UDP header in it can be trusted */
	PACKET_TUNNEL,   /* GRE, IP in IP, VXLAN ...: someone else's packet */
	PACKET_IP,       /* IP, but neither TCP nor UDP */
	PACKET_TCP,      /* ports; flags if has_flags */
	PACKET_UDP,      /* ports and payload */
};

struct packet {
	enum packet_what what;
	struct addr src, dst; /* from PACKET_CUT down, unless the cut was in
				 the IP header itself: then both zero */
	uint8_t protocol;     /* IP protocol of the last header */
	uint16_t src_port, dst_port;
	uint8_t flags;  /* FIN to CWR, RFC 9293 3.1 */
	bool has_flags; /* false: cut before the flags */
	bool vlan, mpls, pppoe;
	struct rd payload; /* of PACKET_UDP: points into the caller's bytes */
};

void packet_decode(enum packet_link link, struct rd bytes, struct packet *out);

/* What a packet of this IP protocol is, for a source that tells fields and
 * not bytes: PACKET_TCP, PACKET_UDP, PACKET_TUNNEL or PACKET_IP. */
enum packet_what packet_of_protocol(uint8_t protocol);

#endif
