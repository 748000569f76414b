/* SPDX-License-Identifier: Apache-2.0 */
/* What two switches sample of SMTP, 1 packet in 2048, as sFlow v5 in pcap. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "world.h"

enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };
enum { RATE = 2048, HEADER = 96, SAMPLES = 7 };

int64_t agent_offset[AGENTS];

struct sample {
	int64_t t;
	struct addr src, dst;
	uint16_t sport, dport;
	uint8_t flags;
};
static struct samples {
	struct sample *s;
	size_t n, room;
} kept[AGENTS][DAYS_MAX + 1];
static int64_t skip[AGENTS] = {
    -1, -1}; /* packets to go until the next sample */

struct out {
	uint8_t b[2048];
	size_t n;
};

static void
next_skip(enum agent a)
{
	skip[a] = (int64_t)(log(1 - rnd1()) / log(1 - 1.0 / RATE));
}

static void
keep(enum agent a, const struct sample *s)
{
	int64_t said = s->t + agent_offset[a], day = (said - START) / DAYS;
	struct samples *k;

	if (said < START || day >= (int64_t)opt.days)
		return;
	k = &kept[a][day];
	if (k->n == k->room)
		k->s = realloc(
		    k->s, (k->room = k->room * 2 + 256) * sizeof(*k->s));
	k->s[k->n] = *s;
	k->s[k->n++].t = said;
}

/* The kth packet of a session: SYN, SYN/ACK, then both in turn, two FINs; of
 * 10 sessions two end with a RST (0.7 % of the packets of the talk). */
static uint8_t
flags_of(const struct session *s, unsigned k)
{
	if (!s->answered || k == 0)
		return SYN;
	if (k == 1)
		return SYN | ACK;
	if (k == s->packets - 1 && s->port % 6 == 0)
		return RST | ACK;
	return k + 3 > s->packets && k + 1 < s->packets + s->port % 2
	           ? FIN | ACK
	           : ACK;
}

void
flow_session(const struct session *s)
{
	truth_sent(
	    s->client, s->at, s->answered ? (s->packets + 1) / 2 : s->packets);
	if (skip[s->agent] < 0)
		next_skip(s->agent);
	for (unsigned k = 0;;) {
		int back;
		struct sample p;

		if (skip[s->agent] >= (int64_t)s->packets - k) {
			skip[s->agent] -= s->packets - k;
			return;
		}
		k += (unsigned)skip[s->agent];
		next_skip(s->agent);
		back = s->answered && k % 2 == 1;
		p = (struct sample){s->at + s->span * k / s->packets, s->from,
		    s->to, (uint16_t)s->port, 25, flags_of(s, k)};
		if (back)
			p = (struct sample){p.t, s->to, s->from, 25,
			    (uint16_t)s->port, p.flags};
		keep(s->agent, &p);
		truth_sample(p.t + agent_offset[s->agent], s->client, !back);
		truth_sample(p.t + agent_offset[s->agent], s->server, 0);
		k++;
	}
}

void
flow_forged(int64_t at, const struct addr *victim, const struct addr *server,
    int answer, int customer)
{
	struct sample p = {
	    at, *victim, *server, (uint16_t)(1024 + rnd(60000)), 25, SYN};

	if (answer)
		p = (struct sample){
		    at, *server, *victim, 25, p.sport, SYN | ACK};
	keep(EDGE, &p);
	truth_forged(at + agent_offset[EDGE], customer);
}

static void
put16(struct out *o, unsigned v)
{
	o->b[o->n++] = (uint8_t)(v >> 8);
	o->b[o->n++] = (uint8_t)v;
}

static void
put32(struct out *o, uint32_t v)
{
	put16(o, v >> 16);
	put16(o, v & 0xffff);
}

static void
put(struct out *o, const void *p, size_t n)
{
	memcpy(o->b + o->n, p, n);
	o->n += n;
}

static void
put_packet(struct out *o, const struct sample *s)
{
	static const uint8_t ethernet[12] = {
	    2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2};
	int six = s->src.b[0] != 0;

	put(o, ethernet, sizeof(ethernet));
	put16(o, six ? 0x86dd : 0x0800);
	if (six) {
		put32(o, 6u << 28);
		put16(o, 20);
		put16(o, 6 << 8 | 64);
		put(o, s->src.b, 16);
		put(o, s->dst.b, 16);
	} else {
		put32(o, 0x45000000u | 40);
		put32(o, 0x00014000);
		put32(o, 0x40060000);
		put(o, s->src.b + 12, 4);
		put(o, s->dst.b + 12, 4);
	}
	put16(o, s->sport);
	put16(o, s->dport);
	put32(o, 1);
	put32(o, 1);
	put16(o, 0x5000u | s->flags);
	put16(o, 8192);
	put32(o, 0);
}

static void
put_sample(struct out *o, const struct sample *s, uint32_t sequence)
{
	size_t at;

	put32(o, 1);
	put32(o, 32 + 8 + 16 + HEADER);
	put32(o, sequence);
	put32(o, 3);
	put32(o, RATE);
	put32(o, sequence * RATE);
	put32(o, 0);
	put32(o, 3);
	put32(o, 4);
	put32(o, 1);
	put32(o, 1);
	put32(o, 16 + HEADER);
	put32(o, 1);
	put32(o, HEADER + 4);
	put32(o, 4);
	put32(o, HEADER);
	at = o->n;
	put_packet(o, s);
	memset(o->b + o->n, 0, HEADER - (o->n - at));
	o->n = at + HEADER;
}

static void
put_little(FILE *f, uint32_t v)
{
	const uint8_t b[4] = {(uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16),
	    (uint8_t)(v >> 24)};

	fwrite(b, 1, sizeof(b), f);
}

/* The pcap record: Ethernet, IPv4, UDP, and the datagram. */
static void
put_datagram(FILE *f, enum agent a, const struct out *o, int64_t t)
{
	struct out h = {.n = 0};

	put32(&h, 0x02000000);
	put32(&h, 0x00010200);
	put32(&h, 0x00000002);
	put16(&h, 0x0800);
	put32(&h, 0x45000000u | (uint32_t)(o->n + 28));
	put32(&h, 0x00014000);
	put32(&h, 0x40110000);
	put32(&h, 0xc0000201u + a); /* 192.0.2.1 or .2 to 192.0.2.5 */
	put32(&h, 0xc0000205u);
	put16(&h, 6343);
	put16(&h, 6343);
	put16(&h, (unsigned)o->n + 8);
	put16(&h, 0);
	put_little(f, (uint32_t)(t / SEC));
	put_little(f, (uint32_t)(t % SEC));
	put_little(f, (uint32_t)(h.n + o->n));
	put_little(f, (uint32_t)(h.n + o->n));
	fwrite(h.b, 1, h.n, f);
	fwrite(o->b, 1, o->n, f);
}

static int
by_time(const void *a, const void *b)
{
	const struct sample *x = a, *y = b;

	return x->t != y->t ? (x->t < y->t ? -1 : 1) : memcmp(x, y, sizeof(*x));
}

/* A datagram goes when it is full or its first sample half a second old, so
 * the time of each sample is right within that. */
static void
flush(enum agent a, unsigned day)
{
	static uint32_t sequence[AGENTS], datagrams[AGENTS];
	struct samples *k = &kept[a][day];
	FILE *f =
	    out_file("flow/%s-%02u.pcap", a == EDGE ? "edge" : "core", day);

	put_little(f, 0xa1b2c3d4);
	put_little(f, 4 << 16 | 2);
	put_little(f, 0);
	put_little(f, 0);
	put_little(f, 65535);
	put_little(f, 1);
	qsort(k->s, k->n, sizeof(*k->s), by_time);
	for (size_t i = 0; i < k->n;) {
		struct out o = {.n = 0};
		size_t m = 1;

		while (m < SAMPLES && i + m < k->n &&
		       k->s[i + m].t < k->s[i].t + SEC / 2)
			m++;
		put32(&o, 5);
		put32(&o, 1);
		put32(&o, 0xc0000201u + a);
		put32(&o, 0);
		put32(&o, ++datagrams[a]);
		put32(&o, (uint32_t)((k->s[i].t - START) / 1000));
		put32(&o, (uint32_t)m);
		for (size_t j = 0; j < m; j++)
			put_sample(&o, &k->s[i + j], ++sequence[a]);
		put_datagram(f, a, &o, k->s[i + m - 1].t);
		i += m;
	}
	if (fclose(f) != 0)
		exit(1);
	free(k->s);
	*k = (struct samples){0};
}

void
flow_flush(unsigned day)
{
	flush(EDGE, day);
	flush(INTERNAL, day);
}
