/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A day of a large ISP straight into a store, for correlate.sh:
 *
 *	correlate_gen STORE DELIVERIES
 *
 * with a fifth as many sender slots and a tenth as many leases.  Three quarters
 * of the leases are dynamic, two an address: it changes hands at some second
 * of the day, its customers' mail goes on.  A fifth are blocks of ports of
 * shared addresses, and three in a hundred messages come from there.  Half of
 * all messages are of remote servers, one in sixteen of bots, the rest of
 * customers with some 3 to 30 good messages a day.  Below 3,000 deliveries there
 * are as many leases as then.  The same number gives the same day.
 */
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#define DAY         (INT64_C(20736) * 86400) /* 2026-10-10 */
#define USEC        INT64_C(1000000)
#define BLOCK       1000 /* ports */
#define CLOCK_ERROR (5 * USEC)

/* ids in the table name */
enum {
	HOST = 1,
	MTA,
	SOURCE,
	FILTER,
	SIGNATURE,
	RULE,
	AGENT_TEXT,
	NULL_SENDER,
	HELO, /* the first of many */
};

static sqlite3 *db;
static uint64_t seed = 7;

/* What there is how often; ids of addresses follow each other in this order. */
static struct {
	int64_t deliveries, messages, slots, helos, senders, recipients;
	int64_t fixed, moving, shared, remote, bots; /* addresses; customers */
	int64_t blocks;                              /* of an address */
} n;

static void
check(int rc)
{
	if (rc == SQLITE_OK || rc == SQLITE_DONE || rc == SQLITE_ROW)
		return;
	fprintf(stderr, "correlate_gen: %s\n", sqlite3_errmsg(db));
	exit(1);
}

static void
sql(const char *text)
{
	check(sqlite3_exec(db, text, NULL, NULL, NULL));
}

static sqlite3_stmt *
prepare(const char *text)
{
	sqlite3_stmt *st;

	check(sqlite3_prepare_v2(db, text, -1, &st, NULL));
	return st;
}

static void
put(sqlite3_stmt *st)
{
	check(sqlite3_step(st));
	sqlite3_reset(st);
}

static uint64_t
mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

static int64_t
below(int64_t max)
{
	seed += 0x9e3779b97f4a7c15u;
	return (int64_t)(mix(seed) % (uint64_t)max);
}

static void
bind(sqlite3_stmt *st, int at, int64_t v)
{
	check(sqlite3_bind_int64(st, at, v));
}

static void
bind_text(sqlite3_stmt *st, int at, const char *text)
{
	check(sqlite3_bind_text(st, at, text, -1, SQLITE_TRANSIENT));
}

/* --- names and addresses */

static void
put_names(void)
{
	static const char *const first[] = {"mx1.example.net", "postfix",
	    "/var/log/mail.log", "amavis", "Example.Spam", "amavis_spam",
	    "192.0.2.250", ""};
	sqlite3_stmt *st = prepare("INSERT INTO name VALUES (?1, ?2)");
	char text[64];
	int64_t id = 1, i;

	for (; id < HELO; id++) {
		bind(st, 1, id);
		bind_text(st, 2, first[id - 1]);
		put(st);
	}
	for (i = 0; i < n.helos + n.senders + n.recipients; i++, id++) {
		if (i < n.helos)
			snprintf(
			    text, sizeof(text), "h%07d.example.com", (int)i);
		else if (i < n.helos + n.senders)
			snprintf(text, sizeof(text), "s%07d@d%d.example.com",
			    (int)i, (int)(mix((uint64_t)i) % 50000));
		else
			snprintf(text, sizeof(text), "t%07d@d%d.example.org",
			    (int)i, (int)(mix((uint64_t)i) % 5000));
		bind(st, 1, id);
		bind_text(st, 2, text);
		put(st);
	}
	sqlite3_finalize(st);
}

/* Customers in 10/8, shared ones in 100.64/10, others in 198.18/15. */
static uint32_t
ipv4_of(int64_t addr)
{
	int64_t own = n.fixed + n.moving;

	addr--;
	if (addr < own)
		return (10u << 24) + (uint32_t)addr;
	if (addr < own + n.shared)
		return (100u << 24) + (64u << 16) + (uint32_t)(addr - own);
	return (198u << 24) + (18u << 16) + (uint32_t)(addr - own - n.shared);
}

static void
bind_bytes(sqlite3_stmt *st, int at, uint32_t ip)
{
	unsigned char b[16] = {[10] = 0xff,
	    [11] = 0xff,
	    (unsigned char)(ip >> 24),
	    (unsigned char)(ip >> 16),
	    (unsigned char)(ip >> 8),
	    (unsigned char)ip};

	check(sqlite3_bind_blob(st, at, b, sizeof(b), SQLITE_TRANSIENT));
}

static int64_t
addresses(void)
{
	return n.fixed + n.moving + n.shared + n.remote;
}

static void
put_addr(sqlite3_stmt *st, int64_t id, uint32_t ip)
{
	char text[20];

	snprintf(text, sizeof(text), "%u.%u.%u.%u", ip >> 24, ip >> 16 & 255,
	    ip >> 8 & 255, ip & 255);
	bind(st, 1, id);
	bind_bytes(st, 2, ip);
	bind_text(st, 3, text);
	put(st);
}

static int64_t
agent(void)
{
	return addresses() + 1;
}

static void
put_addrs(void)
{
	sqlite3_stmt *st = prepare("INSERT INTO addr VALUES (?1, ?2, ?3)");

	for (int64_t id = 1; id <= addresses(); id++)
		put_addr(st, id, ipv4_of(id));
	put_addr(st, agent(), (192u << 24) + (2 << 8) + 250);
	sqlite3_finalize(st);
}

/* --- leases: customer c has the moving address c until change(c), and from
 * change(other(c)) on the address other(c), or is offline */

static int64_t
change_of(int64_t moving)
{
	return (DAY + (int64_t)(mix((uint64_t)moving * 3 + 1) % 86400)) * USEC;
}

static int64_t
other_of(int64_t moving)
{
	return (moving + n.moving / 2) % n.moving;
}

static void
put_lease(sqlite3_stmt *st, int64_t addr, int64_t ports, int64_t start,
    int64_t end, const char *customer)
{
	sqlite3_clear_bindings(st);
	bind_bytes(st, 1, ipv4_of(addr));
	if (ports > 0) {
		bind(st, 2, ports);
		bind(st, 3, ports + BLOCK - 1);
	}
	if (start > 0)
		bind(st, 4, start);
	if (end > 0)
		bind(st, 5, end);
	bind_text(st, 6, customer);
	bind(st, 7, start > 0 ? CLOCK_ERROR : 0);
	put(st);
}

static void
put_leases(void)
{
	sqlite3_stmt *st = prepare(
	    "INSERT INTO lease (first, last, port_first, port_last, start, "
	    "\"end\", customer, source, clock_error) "
	    "VALUES (?1, ?1, ?2, ?3, ?4, ?5, ?6, 'leases', ?7)");
	int64_t i, k, begin = (DAY - 43200) * USEC, end = (DAY + 129600) * USEC;
	char who[24];

	for (i = 0; i < n.fixed; i++) {
		snprintf(who, sizeof(who), "fixed%07d", (int)i);
		put_lease(st, i + 1, 0, 0, 0, who);
	}
	for (i = 0; i < n.moving; i++) {
		snprintf(who, sizeof(who), "dsl%07d", (int)i);
		put_lease(st, n.fixed + i + 1, 0, begin, change_of(i), who);
		snprintf(who, sizeof(who), "dsl%07d", (int)other_of(i));
		put_lease(st, n.fixed + i + 1, 0, change_of(i), end, who);
	}
	for (i = 0; i < n.shared; i++) {
		for (k = 0; k < n.blocks; k++) {
			snprintf(who, sizeof(who), "cgn%07d",
			    (int)(i * n.blocks + k));
			put_lease(st, n.fixed + n.moving + i + 1,
			    1024 + k * BLOCK, begin, end, who);
		}
	}
	sqlite3_finalize(st);
}

/* --- who sends at time t */

struct sender {
	int64_t addr, port, who;
	enum { GOOD, SERVER, BOT } kind;
};

static bool
is_awake(int64_t who, int64_t t)
{
	return mix((uint64_t)(who * 24 + t / (3600 * USEC) % 24)) % 24 < 5;
}

/* A customer with a lease of his own who is online: his address, or 0. */
static int64_t
online(int64_t who, int64_t t)
{
	int64_t m = who - n.fixed, o;

	if (m < 0)
		return who + 1;
	if (t < change_of(m))
		return n.fixed + m + 1;
	o = (m + n.moving - n.moving / 2) % n.moving; /* other_of(o) == m */
	return t >= change_of(o) ? n.fixed + o + 1 : 0;
}

/* One customer in three sends mail at all. */
static struct sender
customer(int64_t t, bool bot)
{
	struct sender s = {.kind = bot ? BOT : GOOD};
	int64_t leased = n.fixed + n.moving;

	s.port = 1024 + below(64000);
	do {
		s.who = bot ? below(n.bots) * (leased / n.bots)
		            : below(leased / 3) * 3 + 1;
		s.addr = is_awake(s.who, t) ? online(s.who, t) : 0;
	} while (s.addr == 0 || s.who >= leased);
	return s;
}

static struct sender
behind_ports(void)
{
	int64_t block = below(n.shared * n.blocks);
	struct sender s = {.kind = GOOD,
	    .who = n.fixed + n.moving + block,
	    .addr = n.fixed + n.moving + block / n.blocks + 1};

	s.port = 1024 + block % n.blocks * BLOCK + below(BLOCK);
	return s;
}

/* A few of the servers send the most. */
static struct sender
server(void)
{
	double r = (double)below(1000000) / 1e6;
	int64_t k = (int64_t)(pow(r, 4) * (double)n.remote);

	return (struct sender){.kind = SERVER,
	    .who = k,
	    .port = 1024 + below(64000),
	    .addr = n.fixed + n.moving + n.shared + k + 1};
}

static struct sender
anyone(int64_t t)
{
	int64_t dice = below(1000);

	if (dice < 500)
		return server();
	if (dice < 530)
		return behind_ports();
	return customer(t, dice < 592);
}

/* --- mail */

static sqlite3_stmt *message_put, *recipient_put, *attempt_put, *verdict_put;

static void
put_recipient(int64_t id, int k, const struct sender *s, int64_t t)
{
	bool failed = below(100) < (s->kind == BOT ? 40 : 2);
	/* People write to some twenty others. */
	int64_t to = s->kind == GOOD
	                 ? (int64_t)(mix((uint64_t)(s->who * 20 + below(20))) %
	                             (uint64_t)n.recipients)
	                 : below(n.recipients);

	bind(recipient_put, 1, id);
	bind(recipient_put, 2, k);
	bind(recipient_put, 3, HELO + n.helos + n.senders + to);
	bind(recipient_put, 4, t + 2 * USEC);
	bind(recipient_put, 5, failed ? 3 : 1);
	bind(recipient_put, 6, failed ? 550 : 250);
	bind_text(recipient_put, 7, failed ? "5.1.1" : "2.0.0");
	bind_text(recipient_put, 8,
	    failed ? "550 5.1.1 User unknown" : "250 2.0.0 Ok: queued");
	bind(recipient_put, 9, id * 300);
	bind(recipient_put, 10, failed ? 93 : 7); /* src/model/outcome.h */
	put(recipient_put);
	bind(attempt_put, 1, id);
	bind(attempt_put, 2, k);
	bind(attempt_put, 3, t + 2 * USEC);
	bind(attempt_put, 4, failed ? 3 : 1);
	bind(attempt_put, 5, failed ? 550 : 250);
	bind_text(attempt_put, 6, failed ? "5.1.1" : "2.0.0");
	bind(attempt_put, 7, id * 300);
	put(attempt_put);
}

static void
put_verdict(int64_t id, bool spam, int64_t t)
{
	sqlite3_clear_bindings(verdict_put);
	bind(verdict_put, 1, id);
	bind(verdict_put, 2, spam ? 5 : 1);
	check(sqlite3_bind_double(verdict_put, 3, spam ? 9.5 : 0.5));
	if (spam)
		bind(verdict_put, 4, SIGNATURE);
	bind(verdict_put, 5, t);
	bind(verdict_put, 6, id * 300);
	put(verdict_put);
}

static int64_t
sender_name(const struct sender *s)
{
	if (s->kind == GOOD && below(20) > 0)
		return HELO + n.helos +
		       (int64_t)(mix((uint64_t)s->who) % (uint64_t)n.senders);
	if (s->kind == SERVER && below(50) == 0)
		return NULL_SENDER;
	return HELO + n.helos + below(n.senders);
}

static int
put_message(int64_t id, int64_t t)
{
	struct sender s = anyone(t);
	bool spam = below(1000) < (s.kind == BOT         ? 500
	                              : s.kind == SERVER ? 20
	                                                 : 0);
	int k, to = s.kind == BOT ? 1 + (int)below(5) : below(4) ? 1 : 2;
	char text[64];

	bind(message_put, 1, id);
	bind(message_put, 2, (int64_t)mix((uint64_t)id));
	bind(message_put, 3, t);
	snprintf(text, sizeof(text), "%010" PRIX64, mix((uint64_t)id) >> 24);
	bind_text(message_put, 4, text);
	bind(message_put, 5, s.addr);
	bind(message_put, 6, s.port);
	bind(message_put, 7,
	    HELO + (s.kind == BOT ? below(n.helos)
	                          : (int64_t)(mix((uint64_t)s.who) %
	                                      (uint64_t)n.helos)));
	bind(message_put, 8, sender_name(&s));
	bind(message_put, 9, 2000 + below(50000));
	snprintf(text, sizeof(text), "<%016" PRIx64 "@m.example.com>",
	    mix((uint64_t)id + 5));
	bind_text(message_put, 10, text);
	bind(message_put, 11, spam ? 5 : 1);
	put(message_put);
	put_verdict(id, spam, t);
	for (k = 1; k <= to; k++)
		put_recipient(id, k, &s, t);
	return to;
}

/* More by day than by night. */
static int64_t
time_of(double part)
{
	double x = part - 0.12 * sin(2 * M_PI * part) / M_PI;

	return DAY * USEC + (int64_t)(x * 86400e6);
}

static void
put_mail(void)
{
	int64_t id = 0, done = 0;

	message_put = prepare(
	    "INSERT INTO mail_message (id, message_key, received, host, mta, "
	    "queue_id, client, client_port, helo, sender, size, message_id, "
	    "direction, verdict, filter) VALUES "
	    "(?1, ?2, ?3, 1, 2, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 2, ?11, 4)");
	recipient_put = prepare(
	    "INSERT INTO mail_recipient (message, n, recipient, time, "
	    "disposition, reply, dsn, reason, source, \"offset\", line, outcome) "
	    "VALUES (?1, ?2, (SELECT text FROM name WHERE id = ?3), ?4, ?5, "
	    "?6, ?7, ?8, 3, ?9, ?1, ?10)");
	attempt_put = prepare(
	    "INSERT INTO mail_attempt (message, n, attempt, time, disposition, "
	    "reply, dsn, source, \"offset\", line) "
	    "VALUES (?1, ?2, 1, ?3, ?4, ?5, ?6, 3, ?7, ?1)");
	verdict_put = prepare(
	    "INSERT INTO mail_verdict (message, n, filter, verdict, score, "
	    "signature, rule, time, source, \"offset\", line) "
	    "VALUES (?1, 1, 4, ?2, ?3, ?4, 6, ?5, 3, ?6, ?1)");
	while (done < n.deliveries) {
		id++;
		done += put_message(
		    id, time_of((double)done / (double)n.deliveries));
	}
	n.messages = id;
	sqlite3_finalize(message_put);
	sqlite3_finalize(recipient_put);
	sqlite3_finalize(attempt_put);
	sqlite3_finalize(verdict_put);
}

/* --- flows */

static void
put_sample(sqlite3_stmt *st, const struct sender *s, int64_t t, int64_t port)
{
	bind(st, 1, t);
	bind(st, 2, agent());
	bind(st, 3, s->addr);
	bind(st, 4, port);
	bind(st, 5, n.fixed + n.moving + n.shared + 1 + below(n.remote));
	bind(st, 6, 2);
	put(st);
}

/* Samples are there where a slot is taken apart into them: of addresses that
 * are shared or change hands in it. */
static void
put_slots(void)
{
	sqlite3_stmt *slot = prepare(
	    "INSERT OR IGNORE INTO sender_slot VALUES (?1, ?2, ?3, ?4, ?4, 0, 0, "
	    "0, ?4, 0, 0, 0, 1, ?5, ?6, 2048, 2048)");
	sqlite3_stmt *sample = prepare(
	    "INSERT INTO smtp_sample (time, ledger, agent, source_id, src, "
	    "src_port, dst, dst_port, flags, rate) "
	    "VALUES (?1, 1, ?2, 1, ?3, ?4, ?5, 25, ?6, 2048)");
	int64_t i, k, width = 300 * USEC;

	for (i = 0; i < n.slots; i++) {
		int64_t t = time_of((double)i / (double)n.slots);
		int64_t at = t - t % width, packets = 1 + below(3), half;
		struct sender s = below(100) < 4  ? behind_ports()
		                  : below(3) == 0 ? server()
		                                  : customer(t, below(5) == 0);
		int64_t m = s.addr - n.fixed - 1;

		half = (at + width - t) / 2;
		bind(slot, 1, s.addr);
		bind(slot, 2, at);
		bind(slot, 3, agent());
		bind(slot, 4, packets);
		bind(slot, 5, t);
		bind(slot, 6, packets > 1 ? t + half : t);
		put(slot);
		if (sqlite3_changes(db) == 0 ||
		    (m < n.moving &&
		        (m < 0 || change_of(m) / width != t / width)) ||
		    s.addr > n.fixed + n.moving + n.shared)
			continue;
		for (k = 0; k < packets; k++)
			put_sample(sample, &s,
			    k + 1 < packets || packets == 1 ? t : t + half,
			    s.port);
	}
	sqlite3_finalize(slot);
	sqlite3_finalize(sample);
}

static void
put_coverage(void)
{
	sqlite3_stmt *mail = prepare(
	    "INSERT INTO coverage VALUES ('mail', 1, ?1, 1000, 1000, 0, 0)");
	sqlite3_stmt *flow =
	    prepare("INSERT INTO flow_coverage VALUES "
	            "(?2, ?1, 100, 0, 0, 1000, 1000, 2048, 2048)");

	for (int64_t h = 0; h < 24; h++) {
		bind(mail, 1, (DAY + h * 3600) * USEC);
		put(mail);
		bind(flow, 1, (DAY + h * 3600) * USEC);
		bind(flow, 2, agent());
		put(flow);
	}
	sqlite3_finalize(mail);
	sqlite3_finalize(flow);
	sql("INSERT INTO ledger (kind, path, head_bytes, head_hash, "
	    "resume_offset, resume_hash) VALUES ('mail', 'mail.log', 1, 1, 1, 1)");
}

/* --- indexes are made afterwards */

static char *index_sql[32];

static void
drop_indexes(void)
{
	sqlite3_stmt *st = prepare(
	    "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql "
	    "IS NOT NULL AND tbl_name LIKE 'mail_%'");
	char drop[32][80];
	int k = 0;

	for (; sqlite3_step(st) == SQLITE_ROW && k < 32; k++) {
		snprintf(drop[k], sizeof(drop[k]), "DROP INDEX %s",
		    sqlite3_column_text(st, 0));
		index_sql[k] = strdup((const char *)sqlite3_column_text(st, 1));
	}
	sqlite3_finalize(st);
	while (k-- > 0)
		sql(drop[k]);
}

static void
make_indexes(void)
{
	for (int k = 0; k < 32 && index_sql[k] != NULL; k++) {
		sql(index_sql[k]);
		free(index_sql[k]);
	}
}

static int64_t
at_least(int64_t least, int64_t v)
{
	return v < least ? least : v;
}

int
main(int argc, char **argv)
{
	int64_t leases;

	if (argc != 3 || atoll(argv[2]) < 1)
		return 2;
	check(sqlite3_open(argv[1], &db));
	n.deliveries = atoll(argv[2]);
	n.slots = n.deliveries / 5;
	n.blocks = 60;
	/* So many that one address is shared. */
	leases = at_least(5 * n.blocks, n.deliveries / 10);
	n.shared = leases / 5 / n.blocks;
	n.moving = leases * 3 / 8;
	n.fixed = leases - 2 * n.moving - n.shared * n.blocks;
	n.remote = 1000 + n.deliveries / 500;
	/* So many that one of them is awake at any time. */
	n.bots = n.deliveries < 144000 ? 48 : n.deliveries / 3000;
	n.helos = 1000 + leases / 4;
	n.senders = at_least(1, n.deliveries / 10);
	n.recipients = at_least(1, n.deliveries / 4);
	sql("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; "
	    "PRAGMA cache_size = -1000000; PRAGMA threads = 2; BEGIN");
	drop_indexes();
	put_names();
	put_addrs();
	put_leases();
	put_coverage();
	put_mail();
	sql("INSERT OR IGNORE INTO mail_sum_due "
	    "SELECT hour, client FROM mail_message");
	sql("INSERT INTO mailbox_unfiltered "
	    "SELECT max(id) + 1, min(received), max(received) "
	    "FROM mail_message");
	put_slots();
	make_indexes();
	sql("COMMIT; PRAGMA journal_mode = WAL");
	printf("%" PRId64 " deliveries, %" PRId64 " messages\n", n.deliveries,
	    n.messages);
	return sqlite3_close(db) != SQLITE_OK;
}
