/* SPDX-License-Identifier: Apache-2.0 */
/* Datagrams are written word by word, as the specification draws them. */
#include "input/sflow.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* 198.51.100.7:40000 > 192.0.2.25:25, SYN; 40 bytes of raw IPv4. */
#define SYN_PACKET                                                             \
	0x45000028, 0x00070000, 0x40060000, 0xc6336407, 0xc0000219,            \
	    0x9c400019, 0x00000001, 0x00000000, 0x50022000, 0x00000000
#define HEAD5(n)    5, 1, 0xc0000201, 0, 77, 1000, n
#define HEAD4(v, n) v, 1, 0xc0000201, 77, 1000, n
/* sequence, source, rate, pool, drops, input, output */
#define FLOW 9, 3, 512, 4608, 2, 3, 4
/* Raw header record of 16 + 40 bytes: IPv4 is header protocol 11. */
#define RAW5   1, 56, 11, 60, 4, 40, SYN_PACKET
#define FIELDS 60, 6, 0xc6336407, 0xc0000219, 40000, 25, 0x12, 0 /* SYN/ACK */

struct got {
	struct sflow_sink sink;
	struct sflow_counts counts;
	struct sflow_sample sample; /* the last one */
	unsigned n, mail;
};

static bool
on_datagram(struct sflow_sink *sink, const struct sflow_datagram *d)
{
	(void)sink;
	assert_int_equal(d->sequence, 77);
	return true;
}

static void
on_sample(struct sflow_sink *sink, const struct sflow_sample *s)
{
	struct got *g = (struct got *)sink;

	g->sample = *s;
	g->n++;
	g->mail += s->packet.what == PACKET_TCP && s->packet.dst_port == 25;
}

/* From memory of exactly that size, so that asan sees an overrun. */
static struct got
decode_bytes(const uint8_t *bytes, size_t n)
{
	struct got g = {.sink = {on_datagram, on_sample}};
	uint8_t *copy = malloc(n ? n : 1);

	memcpy(copy, bytes, n);
	sflow_decode(copy, n, &g.sink, &g.counts);
	free(copy);
	return g;
}

static size_t
to_bytes(const uint32_t *w, size_t n, uint8_t *out)
{
	for (size_t i = 0; i < n; i++) {
		for (int k = 0; k < 4; k++)
			out[4 * i + (size_t)k] =
			    (uint8_t)(w[i] >> (24 - 8 * k));
	}
	return 4 * n;
}

static struct got
decode_words(const uint32_t *w, size_t n)
{
	uint8_t bytes[1024];

	return decode_bytes(bytes, to_bytes(w, n, bytes));
}

#define DECODE(...)                                                            \
	decode_words((const uint32_t[]){__VA_ARGS__},                          \
	    sizeof((const uint32_t[]){__VA_ARGS__}) / 4)

static void
check_syn(const struct got *g)
{
	assert_int_equal(g->counts.datagrams, 1);
	assert_int_equal(g->counts.flow_samples, 1);
	assert_int_equal(g->counts.malformed, 0);
	assert_int_equal(g->mail, 1);
	assert_int_equal(g->sample.packet.flags, 2);
	assert_int_equal(g->sample.sequence, 9);
	assert_int_equal(g->sample.source_index, 3);
	assert_int_equal(g->sample.rate, 512);
	assert_int_equal(g->sample.pool, 4608);
	assert_int_equal(g->sample.drops, 2);
}

static void
test_versions(void **state)
{
	struct got g;

	(void)state;
	g = DECODE(HEAD5(1), 1, 96, FLOW, 1, RAW5);
	check_syn(&g);
	g = DECODE(
	    HEAD5(1), 3, 108, 9, 0, 3, 512, 4608, 2, 0, 3, 0, 4, 1, RAW5);
	check_syn(&g);
	for (uint32_t v = 2; v <= 4; v += 2) {
		g = DECODE(HEAD4(v, 1), 1, FLOW, 1, 11, 60, 40, SYN_PACKET, 0);
		check_syn(&g);
	}
	/* an IPv6 agent */
	g = DECODE(
	    5, 2, 0x20010db8, 0, 0, 1, 0, 77, 1000, 1, 1, 96, FLOW, 1, RAW5);
	check_syn(&g);
}

static void
test_fields(void **state)
{
	struct got g;

	(void)state;
	g = DECODE(HEAD5(1), 1, 72, FLOW, 1, 3, 32, FIELDS);
	assert_int_equal(g.mail, 1);
	assert_int_equal(g.sample.packet.flags, 0x12);
	/* Both tell of one packet: it is one, and the bytes are right. */
	g = DECODE(HEAD5(1), 1, 136, FLOW, 2, 3, 32, FIELDS, RAW5);
	check_syn(&g);
	/* Bytes cut within the IP header: the fields stand in. */
	g = DECODE(HEAD5(1), 1, 100, FLOW, 2, 1, 20, 11, 60, 4, 4, 0x45000028,
	    3, 32, FIELDS);
	assert_int_equal(g.mail, 1);
	assert_int_equal(g.sample.packet.flags, 0x12);
	/* Flags of 0 are flags nobody filled in. */
	g = DECODE(HEAD5(1), 1, 72, FLOW, 1, 3, 32, 60, 6, 0xc6336407,
	    0xc0000219, 40000, 25, 0, 0);
	assert_int_equal(g.mail, 1);
	assert_false(g.sample.packet.has_flags);
}

static void
test_gateway(void **state)
{
	struct got g;

	(void)state;
	g = DECODE(HEAD5(1), 1, 168, FLOW, 2, RAW5, 1003, 64, 1, 0xc00002fe,
	    64501, 64496, 64502, 2, 2, 1, 64500, 2, 2, 64509, 64510, 1, 7, 100);
	check_syn(&g);
	assert_int_equal(g.sample.src_as, 64496);
	assert_int_equal(g.sample.dst_as, 64510);
	/* v2: a flat path, nothing after it; a source AS of 0 is our own. */
	g = DECODE(HEAD4(2, 1), 1, FLOW, 1, 11, 60, 40, SYN_PACKET, 1, 3, 64501,
	    0, 64502, 2, 64500, 64511);
	check_syn(&g);
	assert_int_equal(g.sample.src_as, 64501);
	assert_int_equal(g.sample.dst_as, 64511);
	/* Counts that ask for more than there is, or wrap when times 4. */
	g = DECODE(HEAD4(2, 1), 1, FLOW, 1, 11, 60, 40, SYN_PACKET, 1, 3, 64501,
	    0, 64502, 0x40000001, 64500, 64511);
	assert_int_equal(g.counts.faults[SFLOW_BAD_RECORD], 1);
	assert_int_equal(g.mail, 1);
	assert_int_equal(g.sample.dst_as, 0);
}

static void
test_other_samples(void **state)
{
	struct got g;

	(void)state;
	/* counters, a discarded packet, a vendor's own, then a flow sample */
	g = DECODE(HEAD5(4), 2, 12, 1, 1, 0, 5, 4, 1, 0x00abc001, 4, 1, 1, 96,
	    FLOW, 1, RAW5);
	check_syn(&g);
	assert_int_equal(g.counts.counter_samples, 1);
	assert_int_equal(g.counts.discard_samples, 1);
	assert_int_equal(g.counts.unknown_samples, 1);
	/* v4: generic counters and Ethernet's have no length of their own */
	g = DECODE(HEAD4(4, 2), 2, 1, 1, 30, 7, 0, 0, 0, 0, 0, 0, 0, 1, FLOW, 1,
	    11, 60, 40, SYN_PACKET, 0);
	check_syn(&g);
	assert_int_equal(g.counts.counter_samples, 1);
}

static void
test_faults(void **state)
{
	struct got g;

	(void)state;
	g = DECODE(3, 1, 0xc0000201, 0, 77, 1000, 0);
	assert_int_equal(g.counts.faults[SFLOW_BAD_VERSION], 1);
	assert_int_equal(g.counts.datagrams, 0);
	g = DECODE(5, 3, 0xc0000201, 0, 77, 1000, 0);
	assert_int_equal(g.counts.faults[SFLOW_BAD_AGENT], 1);
	g = DECODE(HEAD5(0xffffffff), 1, 96, FLOW, 1, RAW5);
	assert_int_equal(g.counts.faults[SFLOW_CUT], 1);
	assert_int_equal(g.mail, 1);
	g = DECODE(HEAD5(1), 1, 0x7fffffff, FLOW, 1, RAW5);
	assert_int_equal(g.counts.faults[SFLOW_BAD_SAMPLE], 1);
	assert_int_equal(g.n, 0);
	g = DECODE(HEAD5(1), 1, 96, FLOW, 0xffffffff, RAW5);
	assert_int_equal(g.counts.faults[SFLOW_BAD_RECORD], 1);
	assert_int_equal(g.mail, 1);
	/* A header longer than its record is not read at all. */
	g = DECODE(HEAD5(1), 1, 96, FLOW, 1, 1, 56, 11, 60, 4, 44, SYN_PACKET);
	assert_int_equal(g.counts.faults[SFLOW_BAD_RECORD], 1);
	assert_int_equal(g.mail, 0);
	/* The next sample is found all the same. */
	g = DECODE(HEAD5(2), 1, 8, 1, 2, 1, 96, FLOW, 1, RAW5);
	assert_int_equal(g.counts.faults[SFLOW_BAD_SAMPLE], 1);
	assert_int_equal(g.mail, 1);
	g = DECODE(HEAD4(4, 2), 1, FLOW, 1, 11, 60, 40, SYN_PACKET, 1, 99, 1);
	assert_int_equal(g.counts.faults[SFLOW_UNKNOWN_TAG], 1);
	assert_int_equal(g.mail, 1);
	/* An AS path whose count, times four, wraps to one AS. */
	g = DECODE(HEAD4(2, 1), 1, FLOW, 1, 11, 60, 40, SYN_PACKET, 1, 3, 64501,
	    64496, 64502, 0x40000001, 64500);
	assert_int_equal(g.counts.faults[SFLOW_BAD_RECORD], 1);
	assert_int_equal(g.mail, 1);
	assert_int_equal(g.sample.dst_as, 0);
	g = DECODE(HEAD5(1), 1, 96, 9, 3, 0, 4608, 2, 3, 4, 1, RAW5);
	assert_int_equal(g.counts.rate_zero, 1);
	assert_int_equal(g.sample.rate, 1);
	g = DECODE(HEAD5(1), 1, 96, FLOW, 1, RAW5, 0xdeadbeef);
	assert_int_equal(g.counts.trailing, 1);
	assert_int_equal(g.counts.malformed, 0);
}

/* A whole datagram of each kind, cut at every byte and with every word made
 * huge: no more samples than before, and the cut ones are told as such. */
static void
test_every_byte(void **state)
{
	static const uint32_t v5[] = {HEAD5(2), 1, 96, FLOW, 1, RAW5, 1, 168,
	    FLOW, 2, RAW5, 1003, 64, 1, 0xc00002fe, 64501, 64496, 64502, 2, 2,
	    1, 64500, 2, 2, 64509, 64510, 1, 7, 100};
	static const uint32_t v4[] = {HEAD4(4, 2), 1, FLOW, 1, 11, 60, 40,
	    SYN_PACKET, 0, 1, FLOW, 2, FIELDS, 1, 3, 64501, 64496, 64502, 1, 2,
	    1, 64500, 1, 7, 100};
	static const struct {
		const uint32_t *w;
		size_t n;
	} row[] = {{v5, sizeof(v5) / 4}, {v4, sizeof(v4) / 4}};
	uint8_t bytes[512], whole[512];
	struct got g;

	(void)state;
	for (size_t k = 0; k < 2; k++) {
		size_t n = to_bytes(row[k].w, row[k].n, whole);
		g = decode_bytes(whole, n);
		assert_int_equal(g.n, 2);
		assert_int_equal(g.counts.malformed, 0);
		for (size_t i = 0; i < n; i++) {
			g = decode_bytes(whole, i);
			assert_int_equal(g.counts.malformed, 1);
			assert_true(g.n <= 2);
		}
		for (size_t i = 0; i < n; i += 4) {
			memcpy(bytes, whole, n);
			memset(bytes + i, 0xff, 4);
			if (i != 4 * (k ? 3 : 4)) /* not the sequence */
				assert_true(decode_bytes(bytes, n).n <= 2);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_versions),
	    cmocka_unit_test(test_fields),
	    cmocka_unit_test(test_gateway),
	    cmocka_unit_test(test_other_samples),
	    cmocka_unit_test(test_faults),
	    cmocka_unit_test(test_every_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
