/* SPDX-License-Identifier: Apache-2.0 */
#include "input/pcapfile.h"

#include <pcap/pcap.h>

#include "base/arena.h"
#include "base/utc.h"

#include <stdlib.h>

/* The last second a four-digit year can show; pcapng can hold more. */
#define SECONDS_MAX INT64_C(253402300799)

struct pcapfile {
	pcap_t *pcap;
	int dlt;
	int64_t time; /* of the packet before */
	bool damaged;
};

/* https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-04.html, both byte
 * orders, micro- and nanoseconds; pcapng's section header block. */
bool
pcapfile_claims(struct str head)
{
	static const uint32_t magic[] = {
	    0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1, 0x0a0d0d0a};
	struct rd r = rd_of(head.p, head.n);
	uint32_t first = rd_be32(&r);

	for (size_t i = 0; i < sizeof(magic) / sizeof(magic[0]); i++) {
		if (!r.bad && first == magic[i])
			return true;
	}
	return false;
}

int
pcapfile_open(struct pcapfile **out, FILE *f, const char *path, struct err *e)
{
	char text[PCAP_ERRBUF_SIZE];
	pcap_t *pcap = pcap_fopen_offline(f, text);

	if (!pcap) {
		fclose(f);
		return err_set(e, ERR_FAIL, "%s: %s", path, text);
	}
	*out = xcalloc(1, sizeof(**out));
	(*out)->pcap = pcap;
	(*out)->dlt = pcap_datalink(pcap);
	return 0;
}

/* Cooked capture v2 has the ethertype in front of 18 other bytes. */
static void
set_sll2(struct captured *c)
{
	uint16_t type = rd_be16(&c->bytes);

	rd_skip(&c->bytes, 18);
	c->link = type == 0x0800 || type == 0x86dd ? LINK_IP : LINK_NONE;
}

/* https://www.tcpdump.org/linktypes.html */
static void
set_link(struct captured *c, int dlt)
{
	switch (dlt) {
	case DLT_EN10MB:
		c->link = LINK_ETHERNET;
		break;
	case DLT_RAW:
	case DLT_IPV4:
	case DLT_IPV6:
		c->link = LINK_IP;
		break;
	case DLT_NULL:
	case DLT_LOOP:
		rd_skip(&c->bytes, 4);
		c->link = LINK_IP;
		break;
	case DLT_PPP:
		c->link = LINK_PPP;
		break;
	case DLT_C_HDLC:
		rd_skip(&c->bytes, 2);
		c->link = LINK_ETHERTYPE;
		break;
	case DLT_LINUX_SLL:
		rd_skip(&c->bytes, 14);
		c->link = LINK_ETHERTYPE;
		break;
	case DLT_LINUX_SLL2:
		set_sll2(c);
		break;
	default:
		c->link = LINK_NONE;
	}
}

int
pcapfile_next(struct pcapfile *p, struct captured *out)
{
	struct pcap_pkthdr *h;
	const u_char *bytes;
	int rc = pcap_next_ex(p->pcap, &h, &bytes);

	if (rc != 1) {
		p->damaged = rc == PCAP_ERROR;
		return 0;
	}
	if (h->ts.tv_sec >= 0 && h->ts.tv_sec <= SECONDS_MAX &&
	    h->ts.tv_usec >= 0 && h->ts.tv_usec < USEC)
		p->time = h->ts.tv_sec * USEC + h->ts.tv_usec;
	out->time = p->time;
	out->bytes = rd_of(bytes, h->caplen);
	out->cut = h->caplen < h->len;
	set_link(out, p->dlt);
	return 1;
}

const char *
pcapfile_damage(const struct pcapfile *p)
{
	return p->damaged ? pcap_geterr(p->pcap) : NULL;
}

void
pcapfile_close(struct pcapfile *p)
{
	if (!p)
		return;
	pcap_close(p->pcap);
	free(p);
}
