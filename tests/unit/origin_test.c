/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AS and country of addresses, out of files in several layouts.  The files of
 * tests/unit/origin/ are samples/networks.csv as written by
 * samples/make_mmdb.pl --layout NAME.
 */
#include "ingest/flow_as.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"

#define FOLDER SOURCE_TREE "/tests/unit/origin/"

static char path[] = "/tmp/origin_test.XXXXXX";

static struct addr
ip(const char *text)
{
	struct addr a;

	assert_true(addr_parse(str_z(text), &a));
	return a;
}

static void
assert_text(struct str got, const char *want)
{
	if (!str_eq(got, str_z(want)) || str_has(got) != (want != NULL))
		fail_msg(
		    "%.*s is not %s", STR_FMT(got), want ? want : "absent");
}

static void
assert_origin(struct origins *o, const char *a, uint32_t gateway, uint32_t asn,
    const char *name, const char *country)
{
	struct origin got;
	struct err e;

	if (origins_find(o, ip(a), gateway, &got, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(got.asn, asn);
	assert_text(got.as_name, name);
	assert_text(got.country, country);
}

static struct origins *
open_one(const char *mmdb, const char *prefixes)
{
	struct origins *o;
	struct err e;

	if (origins_open(&o, &mmdb, mmdb != NULL, prefixes, &e) < 0)
		fail_msg("%s", e.text);
	return o;
}

static void
test_both(void **state)
{
	struct origins *o =
	    open_one(SOURCE_TREE "/samples/networks.mmdb", NULL);

	(void)state;
	assert_origin(o, "203.0.113.9", 0, 64496, "Example Net", "AT");
	assert_origin(o, "2001:db8:100::1", 0, 64496, "Example Net", "AT");
	/* the longest prefix */
	assert_origin(o, "198.51.100.14", 0, 64501, "Example Mail", "NL");
	assert_origin(o, "198.51.100.200", 0, 64500, "Example Transit", "DE");
	assert_origin(o, "2001:db8:200::1", 0, 64500, "Example Transit", "DE");
	/* in no prefix: the gateway record, or nothing */
	assert_origin(o, "192.0.3.1", 64510, 64510, NULL, NULL);
	assert_origin(o, "192.0.3.1", 0, 0, NULL, NULL);
	/* and a file goes before the gateway record */
	assert_origin(o, "203.0.113.9", 64510, 64496, "Example Net", "AT");
	origins_free(o);
}

static void
test_layouts(void **state)
{
	const char *two[] = {
	    FOLDER "geolite2-country.mmdb", FOLDER "geolite2-asn.mmdb"};
	struct origins *o;
	struct err e;

	(void)state;
	assert_int_equal(origins_open(&o, two, 2, NULL, &e), 0);
	assert_origin(o, "198.51.100.14", 0, 64501, "Example Mail", "NL");
	origins_free(o);
	o = open_one(FOLDER "geolite2-asn.mmdb", NULL);
	assert_origin(o, "198.51.100.14", 0, 64501, "Example Mail", NULL);
	origins_free(o);
	o = open_one(FOLDER "geolite2-country.mmdb", NULL);
	assert_origin(o, "198.51.100.14", 64511, 64511, NULL, "NL");
	origins_free(o);
	o = open_one(FOLDER "ipinfo.mmdb", NULL);
	assert_origin(o, "198.51.100.14", 0, 64501, "Example Mail", "NL");
	origins_free(o);
	o = open_one(FOLDER "v4.mmdb", NULL);
	assert_origin(o, "198.51.100.14", 0, 64501, "Example Mail", "NL");
	assert_origin(o, "2001:db8::1", 0, 0, NULL, NULL);
	origins_free(o);
}

static void
write_file(const char *text, size_t n)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, n, f), n);
	fclose(f);
}

static void
refuse(const char *mmdb, const char *prefixes, const char *why)
{
	struct origins *o;
	struct err e;

	assert_int_equal(
	    origins_open(&o, &mmdb, mmdb != NULL, prefixes, &e), ERR_USAGE);
	if (!strstr(e.text, mmdb ? mmdb : prefixes) || !strstr(e.text, why))
		fail_msg("%s", e.text);
}

static void
test_bad_mmdb(void **state)
{
	(void)state;
	refuse("/nowhere.mmdb", NULL, "");
	refuse(FOLDER, NULL, "");
	refuse(FOLDER "cities.mmdb", NULL, "neither AS nor country");
	write_file("", 0);
	refuse(path, NULL, "");
	write_file("no database", 11);
	refuse(path, NULL, "");
}

/* A file with any byte wrong is refused or answers something: no crash. */
static void
test_damaged_mmdb(void **state)
{
	static const char *const asked[] = {
	    "203.0.113.9", "198.51.100.14", "2001:db8::1", "192.0.2.1"};
	FILE *f = fopen(SOURCE_TREE "/samples/networks.mmdb", "r");
	char *data = xmalloc(65536), *copy = xmalloc(65536);
	size_t n = fread(data, 1, 65536, f);
	const char *name = path;
	struct origins *o;
	struct origin got;
	unsigned refused = 0;
	struct err e;

	(void)state;
	fclose(f);
	assert_in_range(n, 500, 65535);
	for (size_t i = 0; i < 2 * n; i++) {
		memcpy(copy, data, n);
		if (i < n)
			copy[i] = (char)(copy[i] ^ 0xff);
		write_file(copy, i < n ? n : i - n);
		if (origins_open(&o, &name, 1, NULL, &e) < 0) {
			refused++;
			continue;
		}
		for (size_t k = 0; k < 4; k++)
			origins_find(o, ip(asked[k]), 0, &got, &e);
		origins_free(o);
	}
	assert_true(refused > n);
	free(data);
	free(copy);
}

static void
test_table(void **state)
{
	static const char csv[] =
	    "network,Autonomous_System_Number,as_name,country_code\n"
	    "192.0.2.0/24,64496,\"Example, Net\",AT\n"
	    "0.0.0.0/0,AS64511,Rest,\n"
	    "192.0.2.128/25,64497,,DE\n"
	    "192.0.2.130/32,64498,One,\n"
	    "2001:db8::/32,64499,Six,GB\n"
	    "not a prefix,64496,,\n"
	    "192.0.2.0/33,64496,,\n"
	    "192.0.2.0/24,none,,\n";
	struct origins *o;

	(void)state;
	write_file(csv, sizeof(csv) - 1);
	o = open_one(NULL, path);
	assert_int_equal(origins_bad_rows(o), 3);
	assert_origin(o, "192.0.2.0", 0, 64496, "Example, Net", "AT");
	assert_origin(o, "192.0.2.127", 0, 64496, "Example, Net", "AT");
	assert_origin(o, "192.0.2.128", 0, 64497, NULL, "DE");
	assert_origin(o, "192.0.2.130", 0, 64498, "One", NULL);
	assert_origin(o, "192.0.2.131", 0, 64497, NULL, "DE");
	assert_origin(o, "192.0.3.0", 0, 64511, "Rest", NULL);
	assert_origin(o, "255.255.255.255", 0, 64511, "Rest", NULL);
	assert_origin(o, "2001:db8:ffff::1", 0, 64499, "Six", "GB");
	assert_origin(o, "2001:db9::", 0, 0, NULL, NULL);
	assert_origin(o, "::1", 0, 0, NULL, NULL);
	/* the gateway record goes before the table; the name is not its */
	assert_origin(o, "192.0.2.1", 64510, 64510, NULL, "AT");
	origins_free(o);
}

/* The lists of routeviews-prefix2as. */
static void
test_prefix2as(void **state)
{
	static const char text[] = "192.0.2.0\t24\t64496\n"
	                           "198.51.100.0\t24\t64497_64498\n"
	                           "198.51.100.0\t25\t{64499,64500}\n"
	                           "2001:db8::\t32\t64501,64502\n"
	                           "192.0.2.0\t33\t64496\n";
	struct origins *o;

	(void)state;
	write_file(text, sizeof(text) - 1);
	o = open_one(NULL, path);
	assert_int_equal(origins_bad_rows(o), 1);
	assert_origin(o, "192.0.2.7", 0, 64496, NULL, NULL);
	assert_origin(o, "198.51.100.200", 0, 64497, NULL, NULL);
	assert_origin(o, "198.51.100.1", 0, 64499, NULL, NULL);
	assert_origin(o, "2001:db8::1", 0, 64501, NULL, NULL);
	origins_free(o);
}

static void
test_bad_table(void **state)
{
	(void)state;
	refuse(NULL, "/nowhere.csv", "");
	write_file("", 0);
	refuse(NULL, path, "");
	write_file("name,number\na,1\n", 16);
	refuse(NULL, path, "prefix and asn");
	write_file("prefix,asn\nx,1\n", 15);
	refuse(NULL, path, "no row");
}

/* Random nested prefixes: the table answers as a walk over all of them. */
static void
test_longest(void **state)
{
	enum { PREFIXES = 300 };
	static struct prefix p[PREFIXES];
	char line[64], text[ADDR_TEXT_MAX];
	struct origins *o;
	struct origin got;
	struct err e;
	FILE *f = fopen(path, "w");

	(void)state;
	srandom(3);
	fputs("prefix,asn\n", f);
	for (unsigned i = 0; i < PREFIXES; i++) {
		snprintf(line, sizeof(line), "10.%ld.%ld.%ld/%ld", random() % 4,
		    random() % 4 * 64, random() % 4 * 64, 8 + random() % 25);
		assert_true(prefix_parse(str_z(line), &p[i]));
		fprintf(f, "%s,%u\n", line, i + 1);
	}
	fclose(f);
	o = open_one(NULL, path);
	for (unsigned i = 0; i < 3000; i++) {
		struct addr a = addr_v4((uint8_t[]){10, (uint8_t)(random() % 5),
		    (uint8_t)random(), (uint8_t)random()});
		unsigned want = 0;
		for (unsigned k = 0; k < PREFIXES; k++) {
			if (prefix_has(&p[k], a) &&
			    (!want || p[k].len >= p[want - 1].len))
				want = k + 1;
		}
		assert_int_equal(origins_find(o, a, 0, &got, &e), 0);
		addr_format(a, text);
		if (got.asn != want)
			fail_msg("%s: %u, not %u", text, got.asn, want);
	}
	origins_free(o);
}

static void
add(struct flow_stats *fs, const char *client, const char *server,
    uint32_t client_as)
{
	const struct smtp_sample s = {.rate = 1,
	    .src = ip(client),
	    .dst = ip(server),
	    .src_port = 4000,
	    .dst_port = 25,
	    .has_flags = true,
	    .flags = TCP_ACK,
	    .src_as = client_as};

	flow_stats_add(fs, &s);
}

/* Two clients and a server of one AS in two countries, one both, and one
 * client that only its sample places. */
static void
test_as_table(void **state)
{
	static const char csv[] = "prefix,asn,as_name,country\n"
	                          "192.0.2.0/25,64496,Example,AT\n"
	                          "192.0.2.128/25,64496,Example,DE\n"
	                          "198.51.100.0/24,64400,Other,NL\n";
	struct port_set ports = {.port = {25}, .n = 1};
	struct flow_stats *fs = flow_stats_new(&ports);
	struct flow_as as;
	struct origins *o;
	struct err e;

	(void)state;
	write_file(csv, sizeof(csv) - 1);
	o = open_one(NULL, path);
	add(fs, "192.0.2.1", "192.0.2.2", 0);
	add(fs, "192.0.2.129", "198.51.100.1", 0);
	add(fs, "192.0.2.130", "198.51.100.1", 0);
	add(fs, "198.51.100.1", "192.0.2.2", 0);
	add(fs, "203.0.113.1", "203.0.113.2", 64390);
	assert_int_equal(flow_as_count(&as, fs, o, false, &e), 0);
	assert_int_equal(as.nrows, 3);
	assert_int_equal(as.rows[0].asn, 64496);
	assert_text(as.rows[0].country, "DE");
	assert_text(as.rows[0].as_name, "Example");
	assert_int_equal(as.rows[0].n.clients_only, 3);
	assert_int_equal(as.rows[0].n.servers_only, 1);
	assert_int_equal(as.rows[0].n.both, 0);
	assert_int_equal(as.rows[1].asn, 64390);
	assert_int_equal(as.rows[1].n.clients_only, 1);
	assert_int_equal(as.rows[2].asn, 64400);
	assert_int_equal(as.rows[2].n.both, 1);
	assert_int_equal(as.unmapped.servers_only, 1);
	assert_int_equal(as.unmapped.addresses, 1);
	assert_int_equal(as.all.addresses, 7);
	flow_as_free(&as);
	origins_free(o);
	flow_stats_free(fs);
}

static int
begin(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int
end(void **state)
{
	(void)state;
	return unlink(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_both),
	    cmocka_unit_test(test_layouts),
	    cmocka_unit_test(test_bad_mmdb),
	    cmocka_unit_test(test_damaged_mmdb),
	    cmocka_unit_test(test_table),
	    cmocka_unit_test(test_prefix2as),
	    cmocka_unit_test(test_bad_table),
	    cmocka_unit_test(test_longest),
	    cmocka_unit_test(test_as_table),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
