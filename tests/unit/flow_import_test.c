/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Importing is idempotent, whatever the pieces: two stores that have seen the
 * same data, whole or as a file that grew, in big batches or small, are equal
 * in samples, slots and coverage.
 */
#include "ingest/flow_import.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/hash.h"

#define GENERATOR "python3 " SOURCE_TREE "/tests/tools/sflow_gen.py "

static char folder[] = "/tmp/flow_import_test.XXXXXX";
static char pcap[64], half[64], list[64], db[2][64];
static struct err err;

__attribute__((format(printf, 1, 2))) static void
command(const char *fmt, ...)
{
	char cmd[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(cmd, sizeof(cmd), fmt, ap);
	va_end(ap);
	assert_int_equal(system(cmd), 0);
}

static struct flow_import_counts
import(const char *path, const char *file, int64_t batch)
{
	struct flow_import_options opt = {.batch = batch};
	struct flow_import_counts n = {0};
	struct flow_run run;
	struct store *s;

	assert_int_equal(store_open(&s, path, STORE_WRITE, &err), 0);
	flow_run_init(&run, NULL);
	if (flow_import(s, file, &opt, &run, &n, &err) < 0)
		fail_msg("%s", err.text);
	flow_run_free(&run);
	store_close(s);
	return n;
}

/* What a query prints, by the sqlite3 shell: names no ids but addresses. */
static uint64_t
digest(const char *path, const char *query)
{
	char cmd[4096], buf[4096];
	uint64_t h = 0;
	size_t n, all = 0;
	FILE *p;

	snprintf(cmd, sizeof(cmd), "sqlite3 %s \"%s\"", path, query);
	p = popen(cmd, "r");
	assert_non_null(p);
	while ((n = fread(buf, 1, 1, p)) > 0) {
		h = hash_bytes(buf, n, h);
		all += n;
	}
	assert_int_equal(pclose(p), 0);
	assert_true(all > 20);
	return h;
}

static void
check_equal_stores(void)
{
	static const char *const query[] = {
	    "SELECT * FROM sample ORDER BY 1, 2, 3, 4, 5, 6, 7, 8",
	    "SELECT text, slot, agent, packets, syn, answered, rst, fin, "
	    "client_strong, client_weak, server_strong, server_weak, peers, "
	    "first, last, rate_min, rate_max FROM sender_slot "
	    "JOIN addr ON addr.id = addr ORDER BY 1, 2, 3",
	    "SELECT text, hour, datagrams, lost_datagrams, malformed, samples,"
	    "smtp_packets, rate_min, rate_max FROM flow_coverage "
	    "JOIN addr ON addr.id = agent ORDER BY 1, 2",
	    "SELECT head_hash, resume_offset, lines, used, ignored, records, "
	    "first_time, last_time, truncated FROM ledger ORDER BY 1",
	};

	for (size_t i = 0; i < sizeof(query) / sizeof(query[0]); i++)
		assert_true(digest(db[0], query[i]) == digest(db[1], query[i]));
}

static void
test_again(void **state)
{
	struct flow_import_counts a, b;

	(void)state;
	command(GENERATOR "%s --seed 21 --samples 3000 --lose 6", pcap);
	a = import(db[0], pcap, 0);
	assert_true(a.smtp_packets > 500);
	assert_int_equal(a.lost_datagrams, 6);
	b = import(db[0], pcap, 0);
	assert_int_equal(b.known, 1);
	assert_int_equal(b.smtp_packets + b.samples + b.datagrams, 0);
	command("gzip -c %s > %s", pcap, half);
	assert_int_equal(import(db[0], half, 0).known, 1);
	import(db[1], pcap, 100); /* many transactions */
	check_equal_stores();
}

static void
test_grown(void **state)
{
	struct flow_import_counts a, b, c;

	(void)state;
	command(GENERATOR "%s --seed 22 --samples 5000 --lose 6", pcap);
	command("head -c 500001 %s > %s", pcap, half);
	a = import(db[0], pcap, 0);
	b = import(db[1], half, 0);
	assert_int_equal(b.incomplete, 1);
	assert_true(b.smtp_packets > 0 && b.smtp_packets < a.smtp_packets);
	c = import(db[1], pcap, 0);
	assert_int_equal(a.smtp_packets, b.smtp_packets + c.smtp_packets);
	assert_int_equal(a.lost_datagrams, b.lost_datagrams + c.lost_datagrams);
	assert_int_equal(c.known, 0);
	assert_int_equal(import(db[1], half, 0).smtp_packets, 0);
	check_equal_stores();
}

/* The same where one is shorter than the beginning that files are known by. */
static void
test_short_copy(void **state)
{
	struct flow_import_counts a, b, c;

	(void)state;
	command(GENERATOR "%s --seed 23 --samples 5000", pcap);
	command("head -c 100001 %s > %s", pcap, half);
	b = import(db[1], half, 0);
	assert_true(b.smtp_packets > 50);
	c = import(db[1], pcap, 0);
	a = import(db[0], pcap, 0);
	assert_int_equal(a.smtp_packets, b.smtp_packets + c.smtp_packets);
	assert_int_equal(import(db[0], half, 0).known, 1);
	assert_int_equal(import(db[1], half, 0).known, 1);
	command("gzip -f %s && mv %s.gz %s", half, half, half);
	assert_int_equal(import(db[0], half, 0).smtp_packets, 0);
	check_equal_stores();
	/* Another file that begins with the same packets is none. */
	command("gzip -dc < %s > %s.x && mv %s.x %s", half, half, half, half);
	command("printf x >> %s", half);
	assert_int_equal(
	    import(db[0], half, 0).smtp_packets, b.smtp_packets);
}

/* Two sessions in a slot, and a knock in the next one. */
static void
test_slots(void **state)
{
	static const char rows[] =
	    "time,src,dst,sport,dport,flags,rate,agent\n"
	    "1790000000,198.51.100.7,192.0.2.25,4000,25,S,512,192.0.2.1\n"
	    "1790000001,192.0.2.25,198.51.100.7,25,4000,SA,256,192.0.2.1\n"
	    "1790000002,198.51.100.7,192.0.2.26,4001,25,PA,512,192.0.2.1\n"
	    "1790000003,198.51.100.7,192.0.2.26,4001,25,FA,512,192.0.2.1\n"
	    "1790000400,198.51.100.7,192.0.2.27,4002,25,S,512,192.0.2.1\n";
	FILE *f = fopen(list, "w");

	(void)state;
	fputs(rows, f);
	fclose(f);
	command(GENERATOR "%s --packets %s", pcap, list);
	import(db[0], pcap, 0);
	command(
	    "sqlite3 %s \"SELECT slot, packets, syn, answered, fin, "
	    "client_strong, client_weak, server_strong + server_weak, peers, "
	    "first, last, rate_min, rate_max FROM sender_slot JOIN addr "
	    "ON addr.id = addr WHERE text = '198.51.100.7' ORDER BY 1\" | "
	    "tr '\\n' ' ' > %s",
	    db[0], list);
	command("test \"$(cat %s)\" = '%s'", list,
	    "1789999800000000|4|1|1|1|1|3|0|2|1790000000000000|"
	    "1790000003000000|256|512 "
	    "1790000400000000|1|1|0|0|1|0|0|1|1790000400000000|"
	    "1790000400000000|512|512 ");
}

/* 2000 random samples, two a second from so many on. */
static void
write_packets(const char *to, int from)
{
	static const char flags[][4] = {
	    "S", "SA", "PA", "A", "FA", "R", "RA", "", "SR", "F"};
	static const int ports[] = {25, 25, 587, 465, 4000, 4001};
	FILE *f = fopen(list, "w");

	fputs("time,src,dst,sport,dport,flags,rate,agent,src_as,dst_as\n", f);
	for (int i = from; i < from + 2000; i++)
		fprintf(f,
		    "%d,198.51.100.%ld,192.0.2.%ld,%d,%d,%s,%ld,"
		    "192.0.2.25%ld,64500,64501\n",
		    1790000000 + i / 2, random() % 20, random() % 20,
		    ports[random() % 6], ports[random() % 6],
		    flags[random() % 10], 1 + random() % 3, random() % 2);
	fclose(f);
	command(GENERATOR "%s --packets %s --ports 25,465,587", to, list);
}

/* The slots of random samples, counted by a query that knows nothing of
 * flow_slots.c: both ends of each sample, and the rules of doc/flow.md. */
static void
test_slots_reference(void **state)
{
	static const char reference[] =
	    "WITH mail (port) AS (VALUES (25), (465), (587)),"
	    "p AS (SELECT *, src_port IN mail AS from_mail,"
	    "  dst_port IN mail AS to_mail, coalesce(flags & 2, 0) > 0 AS syn,"
	    "  coalesce(flags & 16, 0) > 0 AS ack FROM smtp_sample),"
	    "r AS (SELECT *, CASE"
	    "  WHEN syn AND NOT ack AND to_mail THEN 'asks'"
	    "  WHEN syn AND ack AND from_mail THEN 'grants'"
	    "  WHEN from_mail = to_mail THEN 'none'"
	    "  WHEN from_mail THEN 'serves' ELSE 'sends' END AS what FROM p),"
	    "ends AS (SELECT *, src AS me, dst AS peer, 1 AS out FROM r"
	    "  UNION ALL SELECT *, dst, src, 0 FROM r) "
	    "SELECT a.text, time / 300000000 * 300000000 AS slot, agent,"
	    "  count(*), sum(out AND what = 'asks'),"
	    "  sum(NOT out AND what = 'grants'),"
	    "  sum(coalesce(flags & 4, 0) > 0), sum(coalesce(flags & 1, 0)),"
	    "  sum(out AND what = 'asks'),"
	    "  sum(out AND what = 'sends' OR NOT out AND what IN ('grants', 'serves')),"
	    "  sum(out AND what = 'grants'),"
	    "  sum(out AND what = 'serves' OR NOT out AND what IN ('asks', 'sends')),"
	    "  count(DISTINCT peer), min(time), max(time), min(rate), max(rate)"
	    " FROM ends JOIN addr a ON a.id = me GROUP BY me, slot, agent"
	    " ORDER BY 1, 2, 3";
	static const char slots[] =
	    "SELECT text, slot, agent, packets, syn, answered, rst, fin,"
	    " client_strong, client_weak, server_strong, server_weak, peers,"
	    " first, last, rate_min, rate_max FROM sender_slot"
	    " JOIN addr ON addr.id = addr ORDER BY 1, 2, 3";
	struct flow_import_options opt = {.batch = 6000};
	struct flow_import_counts n = {0};
	struct flow_run run;
	struct store *s;

	(void)state;
	srandom(11);
	write_packets(pcap, 2000); /* the later ones first */
	write_packets(half, 1500);
	command("tail -c +25 %s >>%s", half, pcap);
	assert_int_equal(store_open(&s, db[0], STORE_WRITE, &err), 0);
	flow_run_init(&run, NULL);
	assert_true(port_set_parse(STR("25,465,587"), &run.ports));
	if (flow_import(s, pcap, &opt, &run, &n, &err) < 0)
		fail_msg("%s", err.text);
	flow_run_free(&run);
	store_close(s);
	assert_in_range(n.smtp_packets, 3000, 4000);
	assert_true(digest(db[0], reference) == digest(db[0], slots));
	command("test \"$(sqlite3 %s \"SELECT DISTINCT src_as, dst_as FROM "
	        "smtp_sample\")\" = '64500|64501'",
	    db[0]);
}

static int
begin(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++)
		command("rm -f %s*", db[i]);
	return 0;
}

static int
begin_all(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(pcap, sizeof(pcap), "%s/a.pcap", folder);
	snprintf(half, sizeof(half), "%s/half", folder);
	snprintf(list, sizeof(list), "%s/list.csv", folder);
	snprintf(db[0], sizeof(db[0]), "%s/0.db", folder);
	snprintf(db[1], sizeof(db[1]), "%s/1.db", folder);
	return 0;
}

static int
end_all(void **state)
{
	(void)state;
	command("rm -r %s", folder);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_again, begin),
	    cmocka_unit_test_setup(test_grown, begin),
	    cmocka_unit_test_setup(test_short_copy, begin),
	    cmocka_unit_test_setup(test_slots, begin),
	    cmocka_unit_test_setup(test_slots_reference, begin),
	};

	return cmocka_run_group_tests(tests, begin_all, end_all);
}
