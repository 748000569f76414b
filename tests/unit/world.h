/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small world in a store of its own, by hand: messages, leases, samples.
 * For tests of the correlation.  Rows are written past the program, so that a
 * test shows what the SQL makes of them and nothing else.
 */
#ifndef TESTS_WORLD_H
#define TESTS_WORLD_H

#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/buf.h"
#include "base/utc.h"
#include "correlate/correlate.h"
#include "tests/unit/outcome_sql.h"

/* No test uses all of them. */
#pragma GCC diagnostic ignored "-Wunused-function"

#define DAY         20000 /* 2024-10-04 */
#define AT(h, m, s) ((DAY * INT64_C(86400) + (h)*3600 + (m)*60 + (s)) * USEC)
#define HOUR        (3600 * USEC)
#define SINCE_EVER  INT64_MIN
#define NO_END      INT64_MAX

struct mail {
	int64_t at;
	const char *client, *auth, *sender, *helo, *rcpt;
	int port, verdict, disposition, stage, reply;
	const char *dsn;
	const char *parent;
	int64_t key; /* key 0: the next number */
};

static struct config config;
static struct prefix world_prefixes[8], world_hosts[8], world_allowed[8];
static struct account world_accounts[8];
static struct flow_agent world_agents[8];
static struct flow_feed world_feed;
static char world_path[64];
static sqlite3 *world_db;
static int64_t world_key;

static void
world_run(const char *sql)
{
	char *why = NULL;

	if (sqlite3_exec(world_db, sql, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s in %s", why, sql);
}

static void
world_do(char *sql) /* of sqlite3_mprintf */
{
	world_run(sql);
	sqlite3_free(sql);
}

static int
world_open(void **state)
{
	struct store *s;
	struct err e;

	(void)state;
	strcpy(world_path, "/tmp/correlate_test.XXXXXX");
	close(mkstemp(world_path));
	unlink(world_path);
	if (store_open(&s, world_path, STORE_WRITE, &e) < 0)
		fail_msg("%s", e.text);
	store_close(s);
	assert_int_equal(sqlite3_open(world_path, &world_db), SQLITE_OK);
	world_run("PRAGMA synchronous = OFF");
	/* As the importer would say. */
	world_run("CREATE TEMP TRIGGER told AFTER INSERT ON main.mail_recipient "
	          "BEGIN UPDATE mail_recipient SET outcome = " OUTCOME_SQL
	          " WHERE message = new.message AND n = new.n; END");
	world_run("CREATE TEMP TRIGGER retold AFTER UPDATE OF disposition, stage, "
	          "dsn, reason ON main.mail_recipient "
	          "BEGIN UPDATE mail_recipient SET outcome = " OUTCOME_SQL
	          " WHERE message = new.message AND n = new.n; END");
	world_run("INSERT INTO name (text) VALUES ('mx'), ('postfix'), "
	          "('rspamd'), ('log')");
	config = (struct config){.window = HOUR,
	    .prefixes = world_prefixes,
	    .own_hosts = world_hosts,
	    .allow = world_allowed,
	    .accounts = world_accounts,
	    .flow = &world_feed,
	    .nflow = 1};
	world_feed = (struct flow_feed){.agents = world_agents};
	world_key = 0;
	return 0;
}

static int
world_close(void **state)
{
	char other[80];

	(void)state;
	sqlite3_close(world_db);
	unlink(world_path);
	snprintf(other, sizeof(other), "%s-wal", world_path);
	unlink(other);
	snprintf(other, sizeof(other), "%s-shm", world_path);
	unlink(other);
	return 0;
}

static struct prefix
world_parse(const char *text)
{
	const char *dash = strchr(text, '-');
	struct prefix p, q;

	if (dash == NULL) {
		assert_true(prefix_parse(str_z(text), &p));
		return p;
	}
	assert_true(prefix_parse(str_of(text, (size_t)(dash - text)), &p));
	assert_true(prefix_parse(str_z(dash + 1), &q));
	p.last = q.last;
	return p;
}

static void
world_prefix(const char *text)
{
	world_prefixes[config.nprefixes++] = world_parse(text);
}

static void
world_own_host(const char *text)
{
	world_hosts[config.nown_hosts++] = world_parse(text);
}

static void
world_allow(const char *text)
{
	world_allowed[config.nallow++] = world_parse(text);
}

static void
world_account(const char *user, const char *customer)
{
	world_accounts[config.naccounts++] =
	    (struct account){str_z(user), str_z(customer)};
}

static const char *
world_hex(struct addr a)
{
	static char hex[4][33];
	static int at;
	char *out = hex[at++ % 4];

	for (int i = 0; i < 16; i++)
		snprintf(out + 2 * i, 3, "%02x", a.b[i]);
	return out;
}

static struct addr
world_addr(const char *text)
{
	struct addr a = world_parse(text).first;
	char canonical[ADDR_TEXT_MAX];

	addr_format(a, canonical);
	world_do(sqlite3_mprintf(
	    "INSERT OR IGNORE INTO addr (bytes, text) VALUES (x'%s', %Q)",
	    world_hex(a), canonical));
	return a;
}

static void
world_host_hours(int origin, int64_t from, int hours)
{
	for (int i = 0; i < hours; i++)
		world_do(sqlite3_mprintf(
		    "INSERT INTO coverage (kind, origin, hour, lines) "
		    "VALUES ('mail', %d, %lld, 100)",
		    origin, (long long)(from + i * HOUR)));
}

static void
world_mail_hours(int64_t from, int hours)
{
	world_host_hours(1, from, hours);
}

static void
world_agent(const char *text, enum vantage v, int rate, int64_t from, int hours)
{
	struct addr a = world_addr(text);

	world_agents[world_feed.nagents++] =
	    (struct flow_agent){.addr = a, .vantage = v};
	for (int i = 0; i < hours; i++)
		world_do(sqlite3_mprintf(
		    "INSERT INTO flow_coverage SELECT id, %lld, 1, 0, 0, 100, "
		    "10, %d, %d FROM addr WHERE bytes = x'%s'",
		    (long long)(from + i * HOUR), rate, rate, world_hex(a)));
}

static const char *
world_time(int64_t t)
{
	static char text[2][32];
	static int at;
	char *out = text[at++ % 2];

	snprintf(out, 32, "%lld", (long long)t);
	return t == SINCE_EVER || t == NO_END ? "NULL" : out;
}

static void
world_lease(const char *range, int64_t start, int64_t end, const char *customer,
    int clock_error_s)
{
	struct prefix p = world_parse(range);

	world_do(sqlite3_mprintf(
	    "INSERT INTO lease (first, last, start, \"end\", customer, "
	    "source, clock_error) VALUES (x'%s', x'%s', %s, %s, %Q, 'hand', "
	    "%d000000)",
	    world_hex(p.first), world_hex(p.last), world_time(start),
	    world_time(end), customer, clock_error_s));
}

/* A session that was never closed: last heard of at seen, lapsed at lapse. */
static void
world_session(const char *range, int64_t start, int64_t seen, int64_t lapse,
    const char *customer)
{
	world_lease(range, start, NO_END, customer, 0);
	world_do(sqlite3_mprintf("UPDATE lease SET session = id, seen = %lld, "
	                         "lapse = %lld WHERE id = last_insert_rowid()",
	    (long long)seen, (long long)lapse));
}

/* Of a session whose updates came every beat. */
static void
world_beat(const char *customer, int64_t beat)
{
	world_do(sqlite3_mprintf(
	    "UPDATE lease SET grace = lapse - seen, beat = %lld "
	    "WHERE customer = %Q",
	    (long long)beat, customer));
}

static void
world_port_lease(const char *range, int port_first, int port_last,
    int64_t start, int64_t end, const char *customer)
{
	struct prefix p = world_parse(range);

	world_do(sqlite3_mprintf(
	    "INSERT INTO lease (first, last, port_first, port_last, start, "
	    "\"end\", customer, source) VALUES (x'%s', x'%s', %d, %d, %s, %s, "
	    "%Q, 'hand')",
	    world_hex(p.first), world_hex(p.last), port_first, port_last,
	    world_time(start), world_time(end), customer));
}

static char *
world_name(const char *text) /* a scalar query, of sqlite3_mprintf */
{
	if (text == NULL)
		return sqlite3_mprintf("NULL");
	world_do(sqlite3_mprintf(
	    "INSERT OR IGNORE INTO name (text) VALUES (%Q)", text));
	return sqlite3_mprintf("(SELECT id FROM name WHERE text = %Q)", text);
}

static void
world_insert_message(const struct mail *m)
{
	char *sender = world_name(m->sender), *helo = world_name(m->helo);
	char *auth = world_name(m->auth), *client = sqlite3_mprintf("NULL");
	char verdict[16] = "NULL", port[16] = "NULL";

	if (m->client != NULL) {
		sqlite3_free(client);
		client =
		    sqlite3_mprintf("(SELECT id FROM addr WHERE bytes = x'%s')",
		        world_hex(world_addr(m->client)));
	}
	if (m->verdict)
		snprintf(verdict, sizeof(verdict), "%d", m->verdict);
	if (m->port)
		snprintf(port, sizeof(port), "%d", m->port);
	world_do(sqlite3_mprintf(
	    "INSERT INTO mail_message (message_key, received, host, mta, "
	    "client, client_port, helo, auth_user, sender, verdict, "
	    "parent_queue_id, queue_id) VALUES (%lld, %lld, 1, 2, %s, %s, %s, "
	    "%s, %s, %s, %Q, 'Q%lld')",
	    (long long)m->key, (long long)m->at, client, port, helo, auth,
	    sender, verdict, m->parent, (long long)m->key));
	world_run("INSERT OR IGNORE INTO mail_sum_due SELECT hour, "
	          "coalesce(client, 0) FROM mail_message "
	          "WHERE id = last_insert_rowid()");
	sqlite3_free(sender);
	sqlite3_free(helo);
	sqlite3_free(auth);
	sqlite3_free(client);
}

static void
world_mail(struct mail m)
{
	if (m.key == 0)
		m.key = ++world_key;
	world_insert_message(&m);
	world_do(sqlite3_mprintf(
	    "INSERT INTO mail_recipient (message, n, recipient, time, "
	    "disposition, stage, reply, dsn, source, \"offset\", line) "
	    "SELECT id, 1, %Q, %lld, %d, nullif(%d, 0), nullif(%d, 0), %Q, 4, "
	    "message_key * 100, message_key FROM mail_message "
	    "WHERE message_key = %lld",
	    m.rcpt, (long long)m.at, m.disposition, m.stage, m.reply, m.dsn,
	    (long long)m.key));
	if (m.verdict == 0)
		return;
	world_do(sqlite3_mprintf(
	    "INSERT INTO mail_verdict (message, n, filter, verdict, score, "
	    "time, source, \"offset\", line) SELECT id, 1, 3, verdict, 7.5, "
	    "received, 4, message_key * 100, message_key FROM mail_message "
	    "WHERE message_key = %lld",
	    (long long)m.key));
}

/* A slot of the agent added last: strong client and server packets. */
static void
world_slot(const char *text, int64_t at, int client, int server)
{
	struct addr a = world_addr(text);
	struct addr g = world_feed.nagents
	                    ? world_agents[world_feed.nagents - 1].addr
	                    : world_addr("192.0.2.9");

	world_do(sqlite3_mprintf(
	    "INSERT INTO sender_slot SELECT a.id, %lld, g.id, %d, %d, 0, 0, 0, "
	    "%d, 0, %d, 0, 1, %lld, %lld, 1024, 1024 FROM addr a, addr g "
	    "WHERE a.bytes = x'%s' AND g.bytes = x'%s'",
	    (long long)(at - at % (300 * USEC)), client + server, client,
	    client, server, (long long)at, (long long)at, world_hex(a),
	    world_hex(g)));
}

/* The same with all that the pattern of a server goes by. */
static void
world_server(const char *text, int64_t at, int syn, int answered, int rst,
    int syn_ack, int served)
{
	world_slot(text, at, syn, syn_ack);
	world_do(sqlite3_mprintf(
	    "UPDATE sender_slot SET answered = %d, rst = %d, "
	    "client_weak = %d, server_weak = %d, packets = packets + %d "
	    "WHERE slot = %lld AND addr = (SELECT id FROM addr WHERE "
	    "bytes = x'%s')",
	    answered, rst, answered, served, answered + served + rst,
	    (long long)(at - at % (300 * USEC)), world_hex(world_addr(text))));
}

static void
world_sample(const char *src, int sport, const char *dst, int dport, int flags,
    int64_t at)
{
	struct addr s = world_addr(src), d = world_addr(dst);

	world_run("INSERT OR IGNORE INTO ledger (id, kind, path, head_bytes, "
	          "head_hash, resume_offset, resume_hash) VALUES "
	          "(1, 'flow', 'f', 0, 0, 0, 0)");
	world_do(sqlite3_mprintf(
	    "INSERT INTO smtp_sample (time, ledger, agent, source_id, src, "
	    "src_port, dst, dst_port, flags, rate) SELECT %lld, 1, g.id, 1, "
	    "s.id, %d, d.id, %d, %d, 1024 FROM addr g, addr s, addr d WHERE "
	    "g.bytes = x'%s' AND s.bytes = x'%s' AND d.bytes = x'%s'",
	    (long long)at, sport, dport, flags,
	    world_hex(world_agents[world_feed.nagents - 1].addr), world_hex(s),
	    world_hex(d)));
}

static void
world_complaint(const char *text, int64_t at)
{
	world_do(sqlite3_mprintf(
	    "INSERT INTO complaint (received, reported, addr, kind, reporter, "
	    "identity) SELECT %lld, %lld, id, 'abuse', 'fbl.example', text "
	    "FROM addr WHERE bytes = x'%s'",
	    (long long)at, (long long)at, world_hex(world_addr(text))));
}

static struct detect *
world_rules(void)
{
	const char *dirs[] = {SOURCE_TREE "/rules/detect", NULL};
	struct detect *rules;
	struct err e;

	if (detect_load(&rules, dirs, &e) < 0)
		fail_msg("%s", e.text);
	return rules;
}

/* All rows of a query as text, in memory that the next call overwrites. */
static const char *
world_rows(const char *sql)
{
	static struct buf out;
	sqlite3_stmt *st;

	out.n = 0;
	if (sqlite3_prepare_v2(world_db, sql, -1, &st, NULL) != SQLITE_OK)
		fail_msg("%s in %s", sqlite3_errmsg(world_db), sql);
	while (sqlite3_step(st) == SQLITE_ROW) {
		for (int i = 0; i < sqlite3_column_count(st); i++) {
			const char *t =
			    (const char *)sqlite3_column_text(st, i);

			buf_printf(&out, "%s%s", i ? "|" : "", t ? t : "");
		}
		buf_c(&out, '\n');
	}
	sqlite3_finalize(st);
	buf_put(&out, "", 1);
	return out.p;
}

/* Findings, addresses, rules, evidence and figures, without row ids. */
static char *
world_dump(void)
{
	static const char *const queries[] = {"SELECT * FROM finding",
	    "SELECT f.day, f.customer, a.text, messages, samples "
	    "FROM finding_addr f JOIN addr a ON a.id = f.addr ORDER BY 1, 2, 3",
	    "SELECT * FROM finding_rule",
	    "SELECT f.day, customer, n, kind, time, f.text, message_key, "
	    "a.text, s.text, \"offset\", line FROM finding_evidence f "
	    "LEFT JOIN addr a ON a.id = f.addr LEFT JOIN name s ON s.id = "
	    "f.source ORDER BY 1, 2, 3",
	    "SELECT * FROM finding_role", "SELECT * FROM finding_taken",
	    "SELECT * FROM finding_sprt",
	    "SELECT f.day, f.customer, a.text, samples, client, syn_back, "
	    "answered_back, rst, server_strong, server_weak, answers "
	    "FROM flow_day f JOIN addr a ON a.id = f.addr ORDER BY 1, 2, 3",
	    "SELECT * FROM reported", "SELECT * FROM daily",
	    "SELECT * FROM correlation_run"};
	struct buf out = {0};

	for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++)
		buf_z(&out, world_rows(queries[i]));
	buf_put(&out, "", 1);
	return out.p;
}

static void
world_correlate_by(const struct detect *rules, int64_t day, int64_t threads,
    struct correlate_result *out)
{
	struct store *s;
	struct err e;

	config.threads = threads;
	if (store_open(&s, world_path, STORE_WRITE, &e) < 0 ||
	    correlate_day(s, &config, rules, day, out, &e) < 0)
		fail_msg("%s", e.text);
	store_close(s);
}

/* So many share the work; what is found does not depend on it. */
static int64_t world_threads = 3;

static void
world_correlate(int64_t day, struct correlate_result *out)
{
	struct detect *rules = world_rules();

	world_correlate_by(rules, day, world_threads, out);
	detect_free(rules);
}

static int
world_stale(int64_t day)
{
	struct detect *rules = world_rules();
	struct store *s;
	struct err e;
	int rc = 0;

	if (store_open(&s, world_path, STORE_WRITE, &e) < 0 ||
	    (rc = correlate_is_stale(s, &config, rules, day, &e)) < 0)
		fail_msg("%s", e.text);
	store_close(s);
	detect_free(rules);
	return rc;
}

/* class NULL: no finding.  rest: "KIND SUPPORT", with - for none. */
static void
world_expect(const char *customer, const char *class, const char *rest)
{
	char *sql = sqlite3_mprintf(
	    "SELECT class, coalesce(kind, '-') || ' ' || "
	    "coalesce(flow_support, '-') FROM finding WHERE customer = %Q",
	    customer);
	char want[128] = "";

	if (class != NULL)
		snprintf(want, sizeof(want), "%s|%s\n", class, rest);
	if (strcmp(world_rows(sql), want) != 0)
		fail_msg("%s is \"%s\", not \"%s\"", customer, world_rows(sql),
		    want);
	sqlite3_free(sql);
}

#endif
