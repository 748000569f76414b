/* SPDX-License-Identifier: Apache-2.0 */
#include "input/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static struct err err;

static struct config *
read_ok(const char *text)
{
	struct config *c = NULL;

	if (config_read(&c, str_z(text), "/etc/heloflow/a.yaml", &err) != 0)
		fail_msg("%s", err.text);
	return c;
}

static void
assert_refused(const char *text, const char *message)
{
	struct config *c = NULL;

	assert_int_equal(
	    config_read(&c, str_z(text), "a.yaml", &err), ERR_USAGE);
	assert_string_equal(err.text, message);
	assert_null(c);
}

#define assert_text(s, want)                                                   \
	do {                                                                   \
		struct str got_ = (s);                                         \
		assert_int_equal(got_.n, strlen(want));                        \
		assert_memory_equal(got_.p, want, got_.n);                     \
	} while (0)

static void
test_defaults(void **state)
{
	struct config *c;

	(void)state;
	assert_int_equal(config_default(&c, &err), 0);
	assert_int_equal(c->window, 3600 * USEC);
	assert_int_equal(c->retain_flow_samples, 7 * 86400 * USEC);
	assert_int_equal(c->retain_deliveries, 0);
	assert_text(c->day_timezone_name, "UTC");
	assert_null(c->day_timezone);
	assert_false(str_has(c->store));
	config_free(c);
	c = read_ok("prefixes:\nwindow: ~\n");
	assert_int_equal(c->nprefixes, 0);
	assert_int_equal(c->window, 3600 * USEC);
	config_free(c);
	config_free(NULL);
}

static void
test_example(void **state)
{
	struct config *c = read_ok(config_example);

	(void)state;
	assert_text(c->store, "/etc/heloflow/heloflow.db");
	assert_int_equal(c->window, 3600 * USEC);
	assert_int_equal(c->nmail, 0);
	config_free(c);
}

/* Each example that is commented out in config_example, switched on. */
static void
test_example_values(void **state)
{
	char text[16384];
	size_t n = 0;
	struct config *c;

	(void)state;
	assert_true(strlen(config_example) < sizeof(text));
	for (const char *p = config_example; *p; p++)
		if (p[0] != '#' || p[1] == '#' || p == config_example ||
		    p[-1] != '\n')
			text[n++] = *p;
	text[n] = '\0';
	c = read_ok(text);
	assert_int_equal(c->nprefixes, 2);
	assert_int_equal(c->nown_hosts, 2);
	assert_int_equal(c->nallow, 1);
	assert_int_equal(c->nmail, 2);
	assert_int_equal(c->mail[1].npaths, 2);
	assert_int_equal(c->mail[1].direction, DIR_OUT);
	assert_int_equal(c->mail[1].clock_error, 5 * USEC);
	assert_int_equal(c->mail[1].clock_offset, -90 * USEC);
	assert_int_equal(c->mail[0].clock_offset, 0);
	assert_int_equal(c->mail[0].clock_error, CONFIG_MAIL_CLOCK_ERROR);
	assert_int_equal(c->nflow, 2);
	assert_int_equal(c->flow[0].nagents, 1);
	assert_int_equal(c->flow[0].agents[0].vantage, VANTAGE_EXCHANGE);
	assert_text(c->flow[1].paths[0], "/etc/heloflow/captures/*.pcap");
	assert_int_equal(c->nlease, 2);
	assert_int_equal(c->lease[0].grace, CONFIG_LEASE_GRACE);
	assert_int_equal(c->lease[1].grace, 600 * USEC);
	assert_int_equal(c->lease[1].ncolumns, 1);
	assert_text(c->lease[1].columns[0].field, "customer");
	assert_text(c->lease[1].columns[0].name, "Calling-Station-Id");
	assert_int_equal(c->naccounts, 2);
	assert_text(c->accounts[1].user, "anna");
	assert_text(c->accounts[1].customer, "C-1002");
	assert_int_equal(c->nnot_covered, 2);
	assert_int_equal(c->nmmdb, 2);
	assert_text(c->mmdb[0], "/usr/share/GeoIP/GeoLite2-ASN.mmdb");
	config_free(c);
}

static void
test_values(void **state)
{
	struct config *c = read_ok("store: /var/x.db\n"
	                           "day_timezone: Europe/Vienna\n"
	                           "prefixes: 203.0.113.0/24\n"
	                           "window: 90\n"
	                           "retention: {flow_samples: 2w, "
	                           "deliveries: 30d}\n"
	                           "mail_sources:\n"
	                           "  paths: '-'\n"
	                           "  year: 2026\n"
	                           "  host: mx1\n"
	                           "  mta: exim\n"
	                           "flow_sources:\n"
	                           "  - {paths: x, rate: 4096}\n"
	                           "  - listen: '[2001:db8::1]:6343'\n"
	                           "not_covered: peering\n");

	(void)state;
	assert_text(c->path, "/etc/heloflow/a.yaml");
	assert_text(c->store, "/var/x.db");
	assert_ptr_equal(c->day_timezone, zone_find(STR("Europe/Vienna")));
	assert_text(c->day_timezone_name, "Europe/Vienna");
	assert_int_equal(c->nprefixes, 1);
	assert_int_equal(c->prefixes[0].len, 120);
	assert_int_equal(c->window, 90 * USEC);
	assert_int_equal(c->retain_flow_samples, 14 * 86400 * USEC);
	assert_int_equal(c->retain_deliveries, 30 * 86400 * USEC);
	assert_int_equal(c->nmail, 1);
	assert_text(c->mail[0].paths[0], "-");
	assert_int_equal(c->mail[0].year, 2026);
	assert_text(c->mail[0].host, "mx1");
	assert_int_equal(c->flow[0].rate, 4096);
	assert_text(c->flow[1].listen, "[2001:db8::1]:6343");
	config_free(c);
}

static void
test_refused(void **state)
{
	(void)state;
	assert_refused("x: 1\n", "a.yaml:1: unknown key 'x'");
	assert_refused("- x\n", "a.yaml:1: expected a map, found a list");
	assert_refused("store: [a]\n", "a.yaml:1: store must be a value");
	assert_refused("store: a\nwindow: 1\nstore: b\n",
	    "a.yaml:3: key 'store' stands twice, first in line 1");
	assert_refused("\nwindow: 1y\n",
	    "a.yaml:2: '1y' is not a duration such as 90s, 30m, 1h or 7d");
	assert_refused("window: -1\n",
	    "a.yaml:1: '-1' is not a duration such as 90s, 30m, 1h or 7d");
	assert_refused("window: 99999999999999999999w\n",
	    "a.yaml:1: '99999999999999999999w' is not a duration such as 90s, "
	    "30m, 1h or 7d");
	assert_refused("day_timezone: Mars/Olympus\n",
	    "a.yaml:1: 'Mars/Olympus' is not a time zone such as "
	    "Europe/Vienna or UTC");
	assert_refused("prefixes:\n  - 203.0.113.0/24\n  - 203.0.113.0/33\n",
	    "a.yaml:3: '203.0.113.0/33' is not an address or prefix such as "
	    "203.0.113.0/24");
	assert_refused("prefixes: [~]\n", "a.yaml:1: '~' is not a value");
	assert_refused("mail_sources:\n  - mta: exim\n",
	    "a.yaml:2: a mail source needs paths");
	assert_refused("mail_sources:\n  - paths: x\n    yaer: 1\n",
	    "a.yaml:3: unknown key 'yaer'");
	assert_refused("mail_sources:\n  - paths: x\n    direction: up\n",
	    "a.yaml:3: 'up' is not a direction: in, out or local");
	assert_refused("mail_sources:\n  - paths: x\n    year: 26\n",
	    "a.yaml:3: year: 26 is not within 1970..9999");
	assert_refused("flow_sources:\n  - {paths: x, listen: '1.2.3.4:5'}\n",
	    "a.yaml:2: a flow source needs either paths or listen");
	assert_refused("mail_sources:\n  - {paths: x, clock_offset: -2d}\n",
	    "a.yaml:2: '-2d' is not a day or less");
	assert_refused("lease_sources:\n  - {paths: x, clock_offset: --1}\n",
	    "a.yaml:2: '-1' is not a duration such as 90s, 30m, 1h or 7d");
	assert_refused("flow_sources:\n  - {paths: x, clock_offset: 9}\n",
	    "a.yaml:2: clock_offset is of the agents that are listed: none is");
	assert_refused("flow_sources:\n  - rate: 5\n",
	    "a.yaml:2: a flow source needs either paths or listen");
	assert_refused("flow_sources:\n  - listen: localhost:99\n",
	    "a.yaml:2: 'localhost:99' is not an ADDRESS:PORT such as "
	    "192.0.2.1:6343");
	assert_refused("flow_sources:\n  - listen: 192.0.2.1:0\n",
	    "a.yaml:2: '192.0.2.1:0' is not an ADDRESS:PORT such as "
	    "192.0.2.1:6343");
	assert_refused("flow_sources:\n  - paths: x\n    agents:\n"
	               "      - address: 192.0.2.1\n",
	    "a.yaml:4: an agent needs a vantage: exchange, edge or internal");
	assert_refused("flow_sources:\n  - paths: x\n    agents:\n"
	               "      - vantage: edge\n",
	    "a.yaml:4: an agent needs an address");
	assert_refused("prefixes: [192.0.2.0/24, 203.0.113.1/24]\n",
	    "a.yaml:1: '203.0.113.1/24' has bits set past the prefix length");
	assert_refused(
	    "accounts: {a: ''}\n", "a.yaml:1: a: a customer is missing");
	assert_refused("lease_sources:\n  - paths: x\n    columns:\n"
	               "      custmer: y\n",
	    "a.yaml:4: unknown key 'custmer'");
	assert_refused("lease_sources:\n  - paths: x\n    format: kae\n",
	    "a.yaml:3: no lease format 'kae'");
	assert_refused("lease_sources:\n  - paths: x\n    format: dhcpd\n"
	               "    columns: {prefix: y}\n",
	    "a.yaml:4: dhcpd has no column 'prefix' to be named");
	assert_refused(
	    "retention: {flows: 1d}\n", "a.yaml:1: unknown key 'flows'");
}

static char folder[] = "/tmp/config_test.XXXXXX";

static const char *
put(const char *name, const char *text)
{
	static char path[200];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	return path;
}

static void
test_account_file(void **state)
{
	struct config *c = NULL;
	char want[300];

	(void)state;
	put("users.csv", "# ours\nCustomer; auth_user\nC-1;\"a;b\"\nC-2; c \n");
	assert_int_equal(
	    config_load(&c, put("c.yaml", "accounts: users.csv\n"), &err), 0);
	assert_int_equal(c->naccounts, 2);
	assert_text(c->accounts[0].user, "a;b");
	assert_text(c->accounts[0].customer, "C-1");
	assert_text(c->accounts[1].user, "c");
	config_free(c);
	put("users.csv", "customer,auth_user\nC-1,x\nC-2\n");
	assert_int_equal(
	    config_load(&c, put("c.yaml", "accounts: users.csv"), &err),
	    ERR_USAGE);
	snprintf(want, sizeof(want),
	    "%s/users.csv:3: a name or a customer is missing", folder);
	assert_string_equal(err.text, want);
	/* Whose mail would it be?  The same said twice is nothing. */
	put("users.csv", "customer,auth_user\nC-1,x\nC-1,x\nC-2,y\nC-2,x\n");
	assert_int_equal(
	    config_load(&c, put("c.yaml", "accounts: users.csv"), &err),
	    ERR_USAGE);
	snprintf(want, sizeof(want),
	    "%s/users.csv:5: x is named twice, as C-1 and C-2", folder);
	assert_string_equal(err.text, want);
	put("users.csv", "\ncustomer,name\n");
	assert_int_equal(
	    config_load(&c, put("c.yaml", "accounts: users.csv"), &err),
	    ERR_USAGE);
	snprintf(want, sizeof(want),
	    "%s/users.csv:2: the column 'auth_user' is missing", folder);
	assert_string_equal(err.text, want);
	assert_int_equal(
	    config_load(&c, put("c.yaml", "accounts: none.csv"), &err),
	    ERR_USAGE);
}

static void
test_expand(void **state)
{
	struct arena a = {0};
	char globs[2][200];
	struct str paths[2], *files;
	size_t n;

	(void)state;
	put("m.log.1", "");
	put("m.log", "");
	put("m.log.2.gz", "");
	snprintf(globs[0], sizeof(globs[0]), "%s/m.log*", folder);
	snprintf(globs[1], sizeof(globs[1]), "%s/absent", folder);
	paths[0] = str_z(globs[0]);
	paths[1] = str_z(globs[1]);
	assert_int_equal(config_expand(paths, 2, &a, &files, &n, &err), 0);
	assert_int_equal(n, 4);
	assert_true(str_ends(files[0], STR("/m.log")));
	assert_true(str_ends(files[2], STR("/m.log.2.gz")));
	assert_true(str_ends(files[3], STR("/absent")));
	arena_free(&a);
}

static int
setup(void **state)
{
	(void)state;
	return mkdtemp(folder) == NULL;
}

static int
teardown(void **state)
{
	char command[100];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_defaults),
	    cmocka_unit_test(test_example),
	    cmocka_unit_test(test_example_values),
	    cmocka_unit_test(test_values),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_account_file),
	    cmocka_unit_test(test_expand),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
