/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sflowtool -j (a line a datagram) and -J (printed over lines).  All values are
 * strings.  The sampled bytes are there as headerBytes, so that they are read
 * here and nothing of what sflowtool makes of them is needed; sequence numbers
 * are, too, so that loss is known as from sFlow itself.  Time is when sflowtool
 * received the datagram, or with -r the capture's.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "input/flow_datagram.h"
#include "input/flow_json.h"

enum { HEADER_MAX = 1024 };

static bool
claims(struct str head)
{
	static const char *const keys[] = {
	    "datagramVersion", "packetSequenceNo", "agent", NULL};

	return flow_json_claims(head, keys);
}

/* "00-1B-..": the bytes, as many as there is room for. */
static size_t
read_bytes(struct str s, uint8_t out[HEADER_MAX])
{
	static const struct str digits = {"0123456789ABCDEFabcdef", 22};
	size_t n = 0;

	while (str_has(s) && n < HEADER_MAX) {
		struct str byte = str_split(&s, '-');
		ptrdiff_t high, low;

		if (byte.n != 2 || (high = str_chr(digits, byte.p[0])) < 0 ||
		    (low = str_chr(digits, byte.p[1])) < 0)
			break;
		high -= high > 15 ? 6 : 0;
		low -= low > 15 ? 6 : 0;
		out[n++] = (uint8_t)(high << 4 | low);
	}
	return n;
}

/* An element with the sampled header: its packet. */
static bool
read_header(const struct json_node *o, struct packet *p)
{
	char buf[2][JSON_NUMBER_MAX];
	struct str bytes = json_get_text(o, "headerBytes", buf[0]);
	uint8_t header[HEADER_MAX];
	uint64_t link;
	size_t n;

	if (!str_has(bytes) ||
	    !json_get_number(o, "headerProtocol", LINK_POS, &link))
		return false;
	n = read_bytes(bytes, header);
	packet_decode((enum packet_link)link, rd_of(header, n), p);
	p->payload = rd_of("", 0); /* header goes away */
	return n > 0;
}

static bool
read_fields(const struct json_node *o, struct packet *p)
{
	static const struct flow_json_keys keys = {.src = "srcIP",
	    .dst = "dstIP",
	    .src6 = "srcIP6",
	    .dst6 = "dstIP6",
	    .proto = "IPProtocol",
	    .sport = "TCPSrcPort",
	    .dport = "TCPDstPort",
	    .flags = "TCPFlags"};
	struct flow_row row = {0};

	if (!json_has(o, keys.src) && !json_has(o, keys.src6))
		return false;
	if (flow_json_packet(o, &keys, &row))
		return false;
	*p = row.packet;
	return true;
}

/* The AS of a gateway record, in whatever element it is. */
static void
read_as(const struct json_node *o, struct flow_row *row)
{
	flow_json_u32(o, "src_as", &row->src_as);
	flow_json_u32(o, "dst_as", &row->dst_as);
}

/* The packet is told once or more: the bytes go first, and the fields stand in
 * where the bytes were cut. */
static void
read_elements(const struct json_node *sample, struct flow_row *row)
{
	const struct json_node *o;
	struct packet header = {.what = PACKET_OTHER}, fields = header;
	bool has_header = false, has_fields = false;

	for (size_t i = 0; (o = json_get_element(sample, "elements", i)); i++) {
		if (!has_header)
			has_header = read_header(o, &header);
		if (!has_fields && !json_has(o, "headerBytes"))
			has_fields = read_fields(o, &fields);
		read_as(o, row);
	}
	row->packet = has_header ? header : fields;
	if (has_fields && (header.what == PACKET_CUT ||
	                      (header.what == PACKET_TCP && !header.has_flags &&
	                          fields.has_flags)))
		row->packet = fields;
}

static uint32_t
number(const struct json_node *o, const char *key)
{
	uint32_t n = 0;

	flow_json_u32(o, key, &n);
	return n;
}

/* "0:1002": class and index. */
static void
read_source(const struct json_node *o, struct sflow_sample *s)
{
	char buf[JSON_NUMBER_MAX];
	struct str id = json_get_text(o, "sourceId", buf);

	flow_row_u32(str_split(&id, ':'), &s->source_class);
	flow_row_u32(id, &s->source_index);
}

/* Sequences are followed without a time, too. */
static int64_t
loss_time(int64_t time)
{
	return time == UTC_NONE ? 0 : time;
}

static const char *
take_sample(struct flow_json *j, const struct sflow_datagram *d,
    const struct json_node *o, struct flow_heard *h)
{
	struct flow_run *run = j->rows.run;
	struct sflow_sample s = {.datagram = d,
	    .sequence = number(o, "sampleSequenceNo"),
	    .pool = number(o, "samplePool"),
	    .drops = number(o, "dropEvents")};
	struct flow_row row = {0};
	struct smtp_sample meta;

	if (!json_has(o, "meanSkipCount") ||
	    !flow_json_u32(o, "meanSkipCount", &s.rate))
		return "no sampling rate";
	s.no_rate = s.rate == 0;
	run->sflow.rate_zero += s.no_rate;
	if (s.no_rate)
		s.rate = 1;
	read_source(o, &s);
	read_elements(o, &row);
	meta = (struct smtp_sample){.time = h->time,
	    .agent = d->agent,
	    .source_id = s.source_class << 24 | (s.source_index & 0xffffff),
	    .rate = s.rate,
	    .no_rate = s.no_rate,
	    .src_as = row.src_as,
	    .dst_as = row.dst_as};
	run->sflow.flow_samples++;
	flow_loss_sample(run->loss, loss_time(h->time), &s);
	flow_run_packet(run, &row.packet, &meta);
	flow_heard_rate(h, flow_run_rate(run, &meta));
	return NULL;
}

static const char *
take_samples(struct flow_json *j, const struct sflow_datagram *d,
    const struct json_node *datagram, struct flow_heard *h)
{
	const struct json_node *o;
	const char *why = NULL, *found;
	char buf[JSON_NUMBER_MAX];

	for (size_t i = 0; (o = json_get_element(datagram, "samples", i));
	     i++) {
		struct str type = json_get_text(o, "sampleType", buf);

		found = NULL;
		if (str_eq(type, STR("FLOWSAMPLE")))
			found = take_sample(j, d, o, h);
		else if (str_startsi(type, STR("drop")) ||
		         str_startsi(type, STR("eventdiscard")))
			j->rows.run->sflow.discard_samples++;
		if (found)
			why = found;
	}
	return why;
}

/* Only a capture (-r) or the wire tells the time: the other reads 0. */
static bool
read_time(const struct flow_json *j, const struct json_node *o, int64_t *time)
{
	const char *micros = "pcapTimestamp_uS";

	if (!flow_json_time(j, o, "pcapTimestamp", time))
		return false;
	if (*time == UTC_NONE) {
		micros = "unixSecondsUTC_uS";
		if (!flow_json_time(j, o, "unixSecondsUTC", time))
			return false;
	}
	if (*time != UTC_NONE)
		*time += number(o, micros) % USEC;
	return true;
}

static const char *
read_datagram(const struct flow_json *j, const struct json_node *o,
    struct sflow_datagram *d, int64_t *time)
{
	*d = (struct sflow_datagram){.sub_agent = number(o, "agentSubId"),
	    .uptime = number(o, "sysUpTime"),
	    .nsamples = number(o, "samplesInPacket")};
	if (!read_time(j, o, time))
		return "no time";
	if (!json_has(o, "agent") || !flow_json_agent(o, "agent", &d->agent))
		return "no agent";
	if (!json_has(o, "packetSequenceNo") ||
	    !flow_json_u32(o, "packetSequenceNo", &d->sequence))
		return "no sequence number";
	if (!flow_json_u32(o, "datagramVersion", &d->version))
		return "no version";
	return NULL;
}

/* Of what came from the wire: the times before it are sflowtool's. */
static uint64_t
print_of(struct str text)
{
	ptrdiff_t at = str_find(text, STR("\"datagramVersion\""));

	return hash_str(str_from(text, at < 0 ? 0 : (size_t)at), 0);
}

/* One that begins well counts as a datagram, whatever its samples are. */
static void
take_datagram(struct flow_json *j, const struct sflow_datagram *d,
    const struct json_node *o, int64_t time)
{
	struct flow_run *run = j->rows.run;
	struct str text = json_in_text(j->in);
	struct flow_heard h = {.time = time,
	    .agent = d->agent,
	    .datagrams = 1,
	    .path = j->rows.path,
	    .line = json_in_line(j->in)};

	run->sflow.datagrams++;
	run->text.rows++;
	if (flow_loss_datagram(run->loss, loss_time(time), print_of(text), d,
	        &h.lost) == LOSS_FRESH)
		h.why = take_samples(j, d, o, &h);
	if (h.why) {
		h.malformed = true;
		h.text = text;
		run->text.malformed++;
	}
	j->rows.time = time;
	j->rows.agent = d->agent;
	run->sink->heard(run->sink, &h);
}

static int
step(void *state, struct err *e)
{
	struct flow_json *j = state;
	const struct json_node *o;
	struct sflow_datagram d;
	int64_t time = UTC_NONE;
	const char *why;
	int rc = 0;

	if (!flow_json_next(j, &o))
		return 0;
	if (!o)
		return 1;
	why = read_datagram(j, o, &d, &time);
	if (!why)
		rc = flow_rows_time(&j->rows, &time, &why, e);
	if (why)
		flow_rows_bad(
		    &j->rows, json_in_text(j->in), json_in_line(j->in), why);
	else if (rc > 0)
		take_datagram(j, &d, o, time);
	return rc < 0 ? rc : 1;
}

const struct flow_source_ops flow_source_sflowtool_json = {
    .name = "sflowtool-json",
    .summary = "sflowtool -j or -J",
    .claims = claims,
    .open = flow_json_open,
    .step = step,
    .damage = flow_json_damage,
    .close = flow_json_close,
};
