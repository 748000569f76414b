/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a pcap to the raw statistics: what tests/tools/sflow_gen.py says it
 * put in is what comes out, for all versions, with and without loss.
 */
#include "ingest/flow_stats.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "input/flow_source.h"

#define GENERATOR "python3 " SOURCE_TREE "/tests/tools/sflow_gen.py "

static char folder[] = "/tmp/flow_stats_test.XXXXXX";
static char pcap[64], truth[64];

struct run {
	struct flow_sink sink;
	struct flow_run run;
	struct flow_stats *stats;
	uint64_t heard, heard_samples;
	int64_t lost;
	const char *damage;
};

static void
on_sample(struct flow_sink *sink, const struct smtp_sample *s)
{
	flow_stats_add(((struct run *)sink)->stats, s);
}

static void
on_heard(struct flow_sink *sink, const struct flow_heard *h)
{
	struct run *r = (struct run *)sink;

	r->heard += h->datagrams;
	r->heard_samples += h->samples;
	r->lost += h->lost;
}

static void
run_init(struct run *r, const char *ports)
{
	*r = (struct run){.sink = {on_sample, on_heard}};
	flow_run_init(&r->run, &r->sink);
	assert_true(port_set_parse(str_z(ports), &r->run.ports));
	r->stats = flow_stats_new(&r->run.ports);
}

static void
run_file(struct run *r, const char *path, const char *format)
{
	struct flow_source *src;
	struct err e;

	assert_int_equal(flow_source_open(&src, path, format, &r->run, &e), 0);
	while (flow_source_step(src, &e) > 0)
		;
	r->damage = flow_source_damage(src) ? "damaged" : NULL;
	flow_source_close(src);
}

static void
run_free(struct run *r)
{
	flow_stats_free(r->stats);
	flow_run_free(&r->run);
}

static void
generate(const char *args)
{
	char cmd[512];

	snprintf(
	    cmd, sizeof(cmd), GENERATOR "%s --truth %s %s", pcap, truth, args);
	assert_int_equal(system(cmd), 0);
}

/* A number of the truth; the file has a "key": value a line. */
static uint64_t
told(const char *key)
{
	char line[128], name[64];
	unsigned long long v, found = 0;
	FILE *f = fopen(truth, "r");
	bool has = false;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, " \"%63[^\"]\": %llu", name, &v) == 2 &&
		    strcmp(name, key) == 0) {
			found = v;
			has = true;
		}
	}
	fclose(f);
	assert_true(has);
	return found;
}

static void
check_classes(const struct flow_classes *c, const char *tail)
{
	char key[64];

	snprintf(key, sizeof(key), "clients_only%s", tail);
	assert_int_equal(c->clients_only, told(key));
	snprintf(key, sizeof(key), "servers_only%s", tail);
	assert_int_equal(c->servers_only, told(key));
	snprintf(key, sizeof(key), "both%s", tail);
	assert_int_equal(c->both, told(key));
	snprintf(key, sizeof(key), "addresses%s", tail);
	assert_int_equal(c->addresses, told(key));
}

static void
check_truth(const struct run *r)
{
	struct flow_totals t = flow_stats_totals(r->stats, false);
	struct flow_loss_totals l = flow_loss_totals(r->run.loss);

	assert_int_equal(t.smtp_packets.n, told("smtp_packets"));
	assert_int_equal(t.syn.n, told("syn"));
	assert_int_equal(t.syn_ack.n, told("syn_ack"));
	assert_int_equal(t.rst.n, told("rst"));
	assert_int_equal(t.fin.n, told("fin"));
	assert_int_equal(t.smtp_packets.est, told("est_smtp_packets"));
	assert_int_equal(t.syn.est, told("est_syn"));
	assert_int_equal(t.syn_ack.est, told("est_syn_ack"));
	assert_int_equal(t.rst.est, told("est_rst"));
	assert_int_equal(t.fin.est, told("est_fin"));
	check_classes(&t.all, "");
	check_classes(&t.v4, "_v4");
	assert_int_equal(r->run.samples, told("samples"));
	assert_int_equal(r->run.sflow.datagrams, told("datagrams"));
	assert_int_equal(r->run.sflow.malformed, 0);
	assert_int_equal(l.lost_datagrams, told("lost_datagrams"));
	assert_int_equal(r->heard, told("datagrams"));
	assert_int_equal(r->heard_samples, told("samples"));
	assert_int_equal(r->lost, told("lost_datagrams"));
	assert_null(r->damage);
}

static void
test_truth(void **state)
{
	static const struct {
		const char *args, *ports;
	} row[] = {
	    {"--version 5 --seed 1 --samples 4000", "25"},
	    {"--version 4 --seed 2 --samples 4000", "25"},
	    {"--version 2 --seed 3 --samples 4000", "25"},
	    {"--version 5 --seed 4 --samples 4000 --lose 9", "25"},
	    {"--seed 5 --ports 25,465,587 --rate 2048", "25,465,587"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct run r;
		generate(row[i].args);
		assert_true(told("smtp_packets") > 100);
		run_init(&r, row[i].ports);
		run_file(&r, pcap, "auto");
		check_truth(&r);
		run_free(&r);
	}
	assert_int_equal(told("lost_datagrams"), 0);
}

/* A cut file gives the data so far, and says so. */
static void
test_truncated(void **state)
{
	struct stat st;
	struct run r;

	(void)state;
	generate("--seed 6");
	assert_int_equal(stat(pcap, &st), 0);
	assert_int_equal(truncate(pcap, st.st_size / 2), 0);
	run_init(&r, "25");
	run_file(&r, pcap, NULL);
	assert_non_null(r.damage);
	assert_in_range(
	    r.run.samples, told("samples") / 3, told("samples") * 2 / 3);
	run_free(&r);
	assert_int_equal(truncate(pcap, 0), 0);
	run_init(&r, "25");
	run_file(&r, pcap, NULL);
	assert_non_null(r.damage);
	run_free(&r);
}

static void
test_window(void **state)
{
	struct run r;

	(void)state;
	generate("--seed 7 --start 1790000000 --span 100");
	run_init(&r, "25");
	r.run.since = INT64_C(1790000025) * 1000000;
	r.run.until = INT64_C(1790000075) * 1000000;
	run_file(&r, pcap, "sflow");
	assert_in_range(
	    r.run.samples, told("samples") * 4 / 10, told("samples") * 6 / 10);
	assert_true(r.run.first >= r.run.since);
	assert_true(r.run.last < r.run.until);
	assert_int_equal(
	    r.run.outside + r.run.sflow.datagrams, told("datagrams"));
	run_free(&r);
}

static void
test_unknown(void **state)
{
	struct flow_source *src;
	struct run r;
	struct err e;

	(void)state;
	run_init(&r, "25");
	assert_int_equal(
	    flow_source_open(&src, truth, "auto", &r.run, &e), ERR_FAIL);
	assert_int_equal(
	    flow_source_open(&src, truth, "sflo", &r.run, &e), ERR_USAGE);
	assert_int_equal(
	    flow_source_open(&src, "/nowhere", NULL, &r.run, &e), ERR_FAIL);
	assert_non_null(strstr(e.text, "/nowhere"));
	run_free(&r);
}

static struct smtp_sample
packet(uint8_t src, uint16_t sport, uint8_t dst, uint16_t dport, int flags)
{
	struct smtp_sample s = {.rate = 100};

	s.src = addr_v4((uint8_t[]){192, 0, 2, src});
	s.dst = addr_v4((uint8_t[]){192, 0, 2, dst});
	s.src_port = sport;
	s.dst_port = dport;
	s.has_flags = flags >= 0;
	s.flags = (uint8_t)(flags < 0 ? 0 : flags);
	return s;
}

static void
test_roles(void **state)
{
	static const struct {
		uint16_t sport, dport;
		int flags;
		struct smtp_roles want;
	} row[] = {
	    {4000, 25, TCP_SYN, {ROLE_CLIENT, ROLE_SERVER, true, false}},
	    {25, 4000, TCP_SYN | TCP_ACK,
	        {ROLE_SERVER, ROLE_CLIENT, true, true}},
	    {4000, 25, TCP_ACK, {ROLE_CLIENT, ROLE_SERVER, false, true}},
	    {25, 4000, TCP_PSH | TCP_ACK,
	        {ROLE_SERVER, ROLE_CLIENT, false, true}},
	    {25, 4000, TCP_RST | TCP_ACK,
	        {ROLE_SERVER, ROLE_CLIENT, false, false}},
	    {4000, 25, -1, {ROLE_CLIENT, ROLE_SERVER, false, true}},
	    /* both ports are mail ports: the flags, or nothing */
	    {25, 587, TCP_SYN, {ROLE_CLIENT, ROLE_SERVER, true, false}},
	    {25, 25, TCP_SYN | TCP_ACK, {ROLE_SERVER, ROLE_CLIENT, true, true}},
	    {25, 25, TCP_ACK, {ROLE_UNKNOWN, ROLE_UNKNOWN, false, false}},
	    /* SYN from port 25 asks for no mail */
	    {25, 4000, TCP_SYN, {ROLE_SERVER, ROLE_CLIENT, false, false}},
	};
	struct port_set ports;

	(void)state;
	assert_true(port_set_parse(STR("25,587"), &ports));
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct smtp_sample s =
		    packet(1, row[i].sport, 2, row[i].dport, row[i].flags);
		struct smtp_roles r = smtp_roles(&s, &ports);
		assert_int_equal(r.src, row[i].want.src);
		assert_int_equal(r.dst, row[i].want.dst);
		assert_int_equal(r.strong, row[i].want.strong);
		assert_int_equal(r.answered, row[i].want.answered);
	}
}

static void
test_ports(void **state)
{
	struct port_set p;

	(void)state;
	assert_true(port_set_parse(STR("25, 465,25"), &p));
	assert_int_equal(p.n, 2);
	assert_false(port_set_parse(STR(""), &p));
	assert_false(port_set_parse(STR("25,"), &p));
	assert_false(port_set_parse(STR("0"), &p));
	assert_false(port_set_parse(STR("65536"), &p));
	assert_false(port_set_parse(
	    STR("1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17"), &p));
}

/* 1 talks to 2, 3 only knocks at 4, 2 sends to 5 and 6 is not told. */
static void
test_classes(void **state)
{
	const struct smtp_sample s[] = {
	    packet(1, 4000, 2, 25, TCP_SYN),
	    packet(2, 25, 1, 4000, TCP_SYN | TCP_ACK),
	    packet(3, 4000, 4, 25, TCP_SYN),
	    packet(4, 25, 3, 4000, TCP_RST | TCP_ACK),
	    packet(2, 4001, 5, 25, TCP_PSH | TCP_ACK),
	    packet(1, 25, 6, 25, TCP_ACK),
	};
	struct port_set ports;
	struct flow_stats *fs;
	struct flow_totals t;

	(void)state;
	assert_true(port_set_parse(STR("25"), &ports));
	fs = flow_stats_new(&ports);
	for (size_t i = 0; i < sizeof(s) / sizeof(s[0]); i++)
		flow_stats_add(fs, &s[i]);
	t = flow_stats_totals(fs, false);
	assert_int_equal(t.all.clients_only, 2); /* 1, 3 */
	assert_int_equal(t.all.servers_only, 2); /* 4, 5 */
	assert_int_equal(t.all.both, 1);         /* 2 */
	assert_int_equal(t.all.addresses, 5);
	assert_int_equal(t.all.undecided, 1); /* 6 */
	t = flow_stats_totals(fs, true);
	assert_int_equal(t.all.servers_only, 1);
	assert_int_equal(t.all.targets_only, 1);
	assert_int_equal(t.all.addresses, 5);
	flow_stats_free(fs);
}

static void
assert_near(double got, double want)
{
	if (!(got >= want * 0.9995 && got <= want * 1.0005))
		fail_msg("%g is not %g", got, want);
}

static struct flow_bounds
bounds_of(uint64_t n, uint32_t rate, uint64_t more, uint32_t other_rate)
{
	const struct flow_count c = {.n = n + more,
	    .est = n * rate + more * other_rate,
	    .squares = (double)n * rate * rate +
	               (double)more * other_rate * other_rate};

	return flow_count_bounds(&c, rate > other_rate ? rate : other_rate);
}

/* One rate: the limits of a Poisson mean (Garwood 1936) times the rate. */
static void
test_bounds(void **state)
{
	static const struct {
		uint64_t n;
		double low, high;
	} row[] = {{1, 0.025318, 5.571643}, {2, 0.242209, 7.224688},
	    {10, 4.795389, 18.390356}, {29, 19.42152, 41.64881},
	    {100, 81.363991, 121.626794}};
	struct flow_bounds b, even;

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		b = bounds_of(row[i].n, 2048, 0, 0);
		assert_near(b.low, row[i].low * 2048);
		assert_near(b.high, row[i].high * 2048);
	}
	b = bounds_of(0, 2048, 0, 0); /* none seen: up to 3.7 times the rate */
	assert_true(b.low == 0);
	assert_near(b.high, 3.688879 * 2048);
	b = bounds_of(0, 0, 0, 0); /* nothing at all was sampled */
	assert_true(b.low == 0 && b.high == 0);
	/* Several rates: wider than the same packets at the mean rate. */
	b = bounds_of(50, 512, 50, 3584);
	even = bounds_of(100, 2048, 0, 0);
	assert_true(b.low < even.low && b.high > even.high);
}

/* How often the interval holds the truth, of 2000 draws at mixed rates: a
 * method that is too narrow would miss more than 5 % and then some. */
static void
test_coverage(void **state)
{
	static const struct {
		uint32_t rate;
		unsigned packets;
	} source[] = {{64, 600}, {256, 700}, {2048, 6000}};
	unsigned missed = 0;
	double packets = 0;

	(void)state;
	for (size_t i = 0; i < 3; i++)
		packets += source[i].packets;
	srandom(1);
	for (int k = 0; k < 2000; k++) {
		struct flow_count c = {0};
		struct flow_bounds b;
		for (size_t i = 0; i < 3; i++) {
			uint32_t r = source[i].rate;
			for (unsigned p = 0; p < source[i].packets; p++) {
				if (random() % r != 0)
					continue;
				c.n++;
				c.est += r;
				c.squares += (double)r * r;
			}
		}
		b = flow_count_bounds(&c, 2048);
		missed += packets < b.low || packets > b.high;
	}
	assert_in_range(missed, 1, 100);
}

static int
begin(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(pcap, sizeof(pcap), "%s/a.pcap", folder);
	snprintf(truth, sizeof(truth), "%s/a.json", folder);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	unlink(pcap);
	unlink(truth);
	return rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_truth),
	    cmocka_unit_test(test_truncated),
	    cmocka_unit_test(test_window),
	    cmocka_unit_test(test_unknown),
	    cmocka_unit_test(test_roles),
	    cmocka_unit_test(test_ports),
	    cmocka_unit_test(test_classes),
	    cmocka_unit_test(test_bounds),
	    cmocka_unit_test(test_coverage),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
