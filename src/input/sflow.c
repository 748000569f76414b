/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The wire is XDR: big-endian 32-bit words, opaque bytes padded to four.
 *
 *   v5    version agent sub_agent sequence uptime n  n * {tag length body}
 *   v2/4  version agent           sequence uptime n  n * {type body}
 *
 * A body of v5 is a sub-cursor of its own, so nothing inside a sample can
 * move the cursor past it; v2 and v4 have no lengths, so there a fault ends
 * the datagram.
 */
#include "input/sflow.h"

enum { /* sample formats, v5 */
	SAMPLE_FLOW = 1,
	SAMPLE_COUNTERS = 2,
	SAMPLE_FLOW_EXPANDED = 3,
	SAMPLE_COUNTERS_EXPANDED = 4,
	SAMPLE_DISCARD = 5,
};

enum { /* flow record formats, v5 */
	RECORD_HEADER = 1,
	RECORD_IPV4 = 3,
	RECORD_IPV6 = 4,
	RECORD_GATEWAY = 1003,
};

enum { /* extended data of a v2/v4 flow sample, RFC 3176 section 4 */
	EXTENDED_SWITCH = 1,
	EXTENDED_ROUTER = 2,
	EXTENDED_GATEWAY = 3,
	EXTENDED_USER = 4,
	EXTENDED_URL = 5,
};

enum { RATE_HUGE = 1 << 24 };

/* One datagram being read. */
struct walk {
	struct sflow_sink *sink;
	struct sflow_counts *counts;
	struct sflow_datagram datagram;
	bool faults[SFLOW_FAULTS];
};

/* A sample being read; its packet is told up to two ways. */
struct told {
	struct sflow_sample s; /* with the packet of the raw bytes */
	struct packet fields;  /* from a sampled IPv4 or IPv6 record */
	bool has_header, has_fields, has_gateway;
};

/* Packets are large, and not cleared for each sample: has_ tells if they are
 * there. */
static void
told_begin(struct told *told)
{
	told->has_header = told->has_fields = told->has_gateway = false;
	told->s.no_rate = false;
	told->s.src_as = told->s.dst_as = 0;
}

static void
fault(struct walk *w, enum sflow_fault f)
{
	w->faults[f] = true;
}

static size_t
padded(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

/* Steps over opaque<>: length, bytes, padding. */
static void
skip_opaque(struct rd *r)
{
	uint32_t n = rd_be32(r);

	if (rd_need(r, n))
		rd_skip(r, padded(n));
}

static bool
read_address(struct rd *r, struct addr *out)
{
	const uint8_t *p;

	switch (rd_be32(r)) {
	case 1:
		p = rd_bytes(r, 4);
		if (p)
			*out = addr_v4(p);
		return true;
	case 2:
		p = rd_bytes(r, 16);
		if (p)
			memcpy(out->b, p, 16);
		return true;
	}
	return r->bad; /* an unknown type has an unknown size */
}

static enum packet_link
link_of(uint32_t header_protocol)
{
	switch (header_protocol) {
	case LINK_ETHERNET:
	case LINK_PPP:
	case LINK_IPV4:
	case LINK_IPV6:
	case LINK_MPLS:
	case LINK_POS:
		return (enum packet_link)header_protocol;
	}
	return LINK_NONE;
}

/* sampled_header: protocol, frame length, stripped (v5 only), opaque bytes.
 * The lengths of the frame are not used: agents disagree on them. */
static bool
read_header(struct rd *r, uint32_t version, struct told *told)
{
	uint32_t protocol = rd_be32(r);
	uint32_t n;
	struct rd bytes;

	rd_skip(r, version == 5 ? 8 : 4);
	n = rd_be32(r);
	bytes = rd_sub(r, n);
	if (r->bad)
		return false;
	/* Some agents leave the padding out at the end of a record. */
	rd_skip(r, padded(n) - n < rd_left(r) ? padded(n) - n : rd_left(r));
	if (told->has_header)
		return true;
	told->has_header = true;
	packet_decode(link_of(protocol), bytes, &told->s.packet);
	return true;
}

/* sampled_ipv4 and sampled_ipv6: length, protocol, addresses, ports, flags,
 * tos or priority.  Agents that do not know the flags write 0, which no
 * real TCP packet has. */
static bool
read_fields(struct rd *r, bool v6, struct told *told)
{
	struct packet p = {0};
	uint32_t protocol, src_port, dst_port, flags;
	const uint8_t *ends;

	rd_skip(r, 4);
	protocol = rd_be32(r);
	ends = rd_bytes(r, v6 ? 32 : 8);
	src_port = rd_be32(r);
	dst_port = rd_be32(r);
	flags = rd_be32(r);
	rd_skip(r, 4);
	if (r->bad)
		return false;
	if (protocol > 255 || src_port > 65535 || dst_port > 65535)
		return false;
	if (v6) {
		memcpy(p.src.b, ends, 16);
		memcpy(p.dst.b, ends + 16, 16);
		if (addr_is_v4(p.src) || addr_is_v4(p.dst))
			return false;
	} else {
		p.src = addr_v4(ends);
		p.dst = addr_v4(ends + 4);
	}
	p.protocol = (uint8_t)protocol;
	p.what = packet_of_protocol(p.protocol);
	p.src_port = (uint16_t)src_port;
	p.dst_port = (uint16_t)dst_port;
	p.flags = (uint8_t)flags;
	p.has_flags = p.what == PACKET_TCP && p.flags != 0;
	told->has_fields = true;
	told->fields = p;
	return true;
}

/* The AS path to the destination: segments of {type, n, n * as}, in v2 just
 * n * as.  Leaves the last AS in *last if there is one. */
static void
read_as_list(struct rd *r, uint32_t *last)
{
	uint32_t n = rd_be32(r);

	if (n > rd_left(r) / 4) {
		r->bad = true;
		return;
	}
	if (n == 0)
		return;
	rd_skip(r, (n - 1) * (size_t)4);
	*last = rd_be32(r);
}

static void
read_as_path(struct rd *r, uint32_t *last)
{
	for (uint32_t n = rd_be32(r); n > 0 && !r->bad; n--) {
		rd_skip(r, 4);
		read_as_list(r, last);
	}
}

/* extended_gateway.  A source AS of 0 is the agent's own, and so is the
 * destination's when the path is empty. */
static bool
read_gateway(struct rd *r, uint32_t version, struct told *told)
{
	struct addr nexthop;
	uint32_t own, src, dst, communities;

	if (version == 5 && !read_address(r, &nexthop))
		return false;
	own = rd_be32(r);
	src = rd_be32(r);
	rd_skip(r, 4);
	dst = own;
	if (version == 2) {
		read_as_list(r, &dst);
	} else {
		read_as_path(r, &dst);
		communities = rd_be32(r);
		if (communities > rd_left(r) / 4)
			return false;
		rd_skip(r, communities * (size_t)4 + 4);
	}
	if (r->bad)
		return false;
	if (!told->has_gateway) {
		told->has_gateway = true;
		told->s.src_as = src ? src : own;
		told->s.dst_as = dst;
	}
	return true;
}

static bool
needs_fields(const struct packet *p)
{
	return p->what == PACKET_OTHER || p->what == PACKET_CUT ||
	       (p->what == PACKET_TCP && !p->has_flags);
}

/* A sample often tells its packet twice: it is one packet.  The bytes go
 * first, the fields stand in where the bytes were cut. */
static void
take_best(struct told *told)
{
	static const struct packet nothing;
	struct packet *p = &told->s.packet;

	if (!told->has_header)
		*p = told->has_fields ? told->fields : nothing;
	else if (told->has_fields && needs_fields(p) &&
	         (told->fields.what != PACKET_TCP || told->fields.has_flags ||
	             !p->src_port))
		*p = told->fields;
}

static void
emit(struct walk *w, struct told *told)
{
	struct sflow_sample *s = &told->s;

	w->counts->flow_samples++;
	if (s->rate == 0) {
		w->counts->rate_zero++;
		s->no_rate = true;
		s->rate = 1;
	}
	if (s->rate > RATE_HUGE)
		w->counts->rate_huge++;
	s->datagram = &w->datagram;
	take_best(told);
	w->sink->sample(w->sink, s);
}

static void
split_source(uint32_t source_id, struct sflow_sample *s)
{
	s->source_class = source_id >> 24;
	s->source_index = source_id & 0xffffff;
}

/* One record of a v5 flow sample. */
static bool
read_record(struct walk *w, struct rd body, uint32_t tag, struct told *told)
{
	switch (tag) {
	case RECORD_HEADER:
		return read_header(&body, w->datagram.version, told);
	case RECORD_IPV4:
		return read_fields(&body, false, told);
	case RECORD_IPV6:
		return read_fields(&body, true, told);
	case RECORD_GATEWAY:
		return read_gateway(&body, w->datagram.version, told);
	}
	return true;
}

static void
read_records(struct walk *w, struct rd *r, uint32_t n, struct told *told)
{
	for (; n > 0; n--) {
		uint32_t tag = rd_be32(r);
		uint32_t length = rd_be32(r);
		struct rd body = rd_sub(r, length);
		size_t pad = padded(length) - length;

		if (r->bad) { /* the record says more than the sample has */
			fault(w, SFLOW_BAD_RECORD);
			return;
		}
		rd_skip(r, pad < rd_left(r) ? pad : rd_left(r));
		if (!read_record(w, body, tag, told))
			fault(w, SFLOW_BAD_RECORD);
	}
}

static void
read_flow_v5(struct walk *w, struct rd r, bool expanded)
{
	struct told told;
	struct sflow_sample *s = &told.s;
	uint32_t n;

	told_begin(&told);
	s->sequence = rd_be32(&r);
	if (expanded) {
		s->source_class = rd_be32(&r);
		s->source_index = rd_be32(&r);
	} else {
		split_source(rd_be32(&r), s);
	}
	s->rate = rd_be32(&r);
	s->pool = rd_be32(&r);
	s->drops = rd_be32(&r);
	if (expanded)
		rd_skip(&r, 4); /* format of the input */
	s->input = rd_be32(&r);
	if (expanded)
		rd_skip(&r, 4);
	s->output = rd_be32(&r);
	n = rd_be32(&r);
	if (r.bad) {
		fault(w, SFLOW_BAD_SAMPLE);
		return;
	}
	read_records(w, &r, n, &told);
	emit(w, &told);
}

static void
read_sample_v5(struct walk *w, struct rd body, uint32_t tag)
{
	switch (tag) {
	case SAMPLE_FLOW:
	case SAMPLE_FLOW_EXPANDED:
		read_flow_v5(w, body, tag == SAMPLE_FLOW_EXPANDED);
		break;
	case SAMPLE_COUNTERS:
	case SAMPLE_COUNTERS_EXPANDED:
		w->counts->counter_samples++;
		break;
	case SAMPLE_DISCARD:
		w->counts->discard_samples++;
		break;
	default:
		w->counts->unknown_samples++;
	}
}

static void
read_samples_v5(struct walk *w, struct rd *r)
{
	for (uint32_t i = 0; i < w->datagram.nsamples; i++) {
		uint32_t tag = rd_be32(r);
		uint32_t length = rd_be32(r);
		struct rd body;

		if (r->bad) {
			fault(w, SFLOW_CUT);
			return;
		}
		body = rd_sub(r, length);
		if (r->bad) { /* no way to find the next one */
			fault(w, SFLOW_BAD_SAMPLE);
			return;
		}
		read_sample_v5(w, body, tag);
	}
}

/* Generic interface counters are 88 bytes, some types add their own. */
static void
skip_counters_v4(struct rd *r)
{
	static const uint8_t size[8] = {
	    [1] = 88,
	    [2] = 88 + 52, /* ethernet */
	    [3] = 88 + 72, /* token ring */
	    [4] = 88,
	    [5] = 88 + 80, /* 100BaseVG */
	    [6] = 88,
	    [7] = 28, /* VLAN, without the generic part */
	};
	uint32_t kind;

	rd_skip(r, 12);
	kind = rd_be32(r);
	if (kind >= sizeof(size) || size[kind] == 0)
		r->bad = true;
	else
		rd_skip(r, size[kind]);
}

/* False: the cursor no longer knows where it is. */
static bool
read_extended_v4(struct walk *w, struct rd *r, struct told *told)
{
	struct addr nexthop;

	switch (rd_be32(r)) {
	case EXTENDED_SWITCH:
		rd_skip(r, 16);
		break;
	case EXTENDED_ROUTER:
		if (!read_address(r, &nexthop))
			return false;
		rd_skip(r, 8);
		break;
	case EXTENDED_GATEWAY:
		return read_gateway(r, w->datagram.version, told);
	case EXTENDED_USER:
		skip_opaque(r);
		skip_opaque(r);
		break;
	case EXTENDED_URL:
		rd_skip(r, 4);
		skip_opaque(r);
		break;
	default:
		if (!r->bad)
			fault(w, SFLOW_UNKNOWN_TAG);
		return false;
	}
	return !r->bad;
}

static bool
read_packet_v4(struct walk *w, struct rd *r, struct told *told)
{
	switch (rd_be32(r)) {
	case 1:
		return read_header(r, w->datagram.version, told);
	case 2:
		return read_fields(r, false, told);
	case 3:
		return read_fields(r, true, told);
	}
	return false;
}

/* False: the rest of the datagram cannot be found. */
static bool
read_flow_v4(struct walk *w, struct rd *r)
{
	struct told told;
	struct sflow_sample *s = &told.s;
	bool whole = true;
	uint32_t n;

	told_begin(&told);
	s->sequence = rd_be32(r);
	split_source(rd_be32(r), s);
	s->rate = rd_be32(r);
	s->pool = rd_be32(r);
	s->drops = rd_be32(r);
	s->input = rd_be32(r);
	s->output = rd_be32(r);
	if (r->bad || !read_packet_v4(w, r, &told)) {
		fault(w, SFLOW_BAD_SAMPLE);
		return false;
	}
	for (n = rd_be32(r); n > 0 && whole; n--)
		whole = read_extended_v4(w, r, &told);
	if (r->bad)
		whole = false;
	if (!whole && !w->faults[SFLOW_UNKNOWN_TAG])
		fault(w, SFLOW_BAD_RECORD);
	emit(w, &told);
	return whole;
}

static void
read_samples_v4(struct walk *w, struct rd *r)
{
	for (uint32_t i = 0; i < w->datagram.nsamples; i++) {
		uint32_t type = rd_be32(r);

		if (r->bad) {
			fault(w, SFLOW_CUT);
			return;
		}
		if (type == SAMPLE_FLOW) {
			if (!read_flow_v4(w, r))
				return;
		} else if (type == SAMPLE_COUNTERS) {
			skip_counters_v4(r);
			if (r->bad) {
				fault(w, SFLOW_BAD_SAMPLE);
				return;
			}
			w->counts->counter_samples++;
		} else {
			fault(w, SFLOW_UNKNOWN_TAG);
			return;
		}
	}
}

/* Returns the fault, or SFLOW_FAULTS for none. */
static enum sflow_fault
read_datagram_header(struct rd *r, struct sflow_datagram *d)
{
	d->version = rd_be32(r);
	if (r->bad)
		return SFLOW_CUT;
	if (d->version != 2 && d->version != 4 && d->version != 5)
		return SFLOW_BAD_VERSION;
	if (!read_address(r, &d->agent))
		return SFLOW_BAD_AGENT;
	if (d->version == 5)
		d->sub_agent = rd_be32(r);
	d->sequence = rd_be32(r);
	d->uptime = rd_be32(r);
	d->nsamples = rd_be32(r);
	return r->bad ? SFLOW_CUT : SFLOW_FAULTS;
}

bool
sflow_header(const void *p, size_t n, struct sflow_datagram *out)
{
	struct rd r = rd_of(p, n);

	*out = (struct sflow_datagram){0};
	return read_datagram_header(&r, out) == SFLOW_FAULTS;
}

bool
sflow_looks_like(const void *p, size_t n)
{
	struct rd r = rd_of(p, n);
	struct sflow_datagram d = {0};

	/* The shortest sample, of counters nobody sent, has 8 bytes. */
	return read_datagram_header(&r, &d) == SFLOW_FAULTS &&
	       d.nsamples <= rd_left(&r) / 8;
}

static void
read_samples(struct walk *w, struct rd *r)
{
	w->counts->datagrams++;
	if (!w->sink->datagram(w->sink, &w->datagram))
		return;
	if (w->datagram.version == 5)
		read_samples_v5(w, r);
	else
		read_samples_v4(w, r);
	if (rd_left(r) > 0 && !r->bad)
		w->counts->trailing++;
}

static void
count_faults(struct walk *w)
{
	bool any = false;

	for (int i = 0; i < SFLOW_FAULTS; i++) {
		any |= w->faults[i];
		w->counts->faults[i] += w->faults[i];
	}
	w->counts->malformed += any;
}

void
sflow_decode(const void *p, size_t n, struct sflow_sink *sink,
    struct sflow_counts *counts)
{
	struct walk w = {.sink = sink, .counts = counts};
	struct rd r = rd_of(p, n);
	enum sflow_fault f = read_datagram_header(&r, &w.datagram);

	if (f == SFLOW_FAULTS)
		read_samples(&w, &r);
	else
		fault(&w, f);
	count_faults(&w);
}

const char *
sflow_fault_name(enum sflow_fault f)
{
	static const char *const name[SFLOW_FAULTS] = {
	    [SFLOW_BAD_VERSION] = "version",
	    [SFLOW_BAD_AGENT] = "agent_address",
	    [SFLOW_CUT] = "cut",
	    [SFLOW_BAD_SAMPLE] = "sample",
	    [SFLOW_BAD_RECORD] = "record",
	    [SFLOW_UNKNOWN_TAG] = "unknown_tag",
	};

	return f < SFLOW_FAULTS ? name[f] : "none";
}
