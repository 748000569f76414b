/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How fast mail goes into the store: made-up messages with 1 to 3 recipients,
 * an attempt each, and a verdict for four of ten, in transactions of ROWS
 * (100,000) rows, with the interning and the indexes of a real import.  Clients are
 * drawn log-uniform of 300,000, as in most logs a few send most.
 *
 *	sh tests/bench/store.sh [MESSAGES [ROWS [FOLDER]]]
 */
#include "base/hash.h"
#include "store/store.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#define BATCH   10000
#define CLIENTS 300000

static struct err err;
static struct store *s;
static struct stmt *message, *recipient, *attempt, *verdict;
static int64_t rows, in_batch;
static uint64_t seed = 1;

#define must(call)                                                             \
	do {                                                                   \
		if ((call) < 0) {                                              \
			fprintf(stderr, "store_bench: %s\n", err.text);        \
			exit(1);                                               \
		}                                                              \
	} while (0)

static uint64_t
draw(uint64_t below)
{
	seed = hash_u64(seed, 7);
	return seed % below;
}

/* A rank from 0, where small ones come often. */
static unsigned
draw_skewed(unsigned n)
{
	double u = (double)draw(1 << 30) / (1 << 30);

	return (unsigned)(exp(u * log(n)) - 1);
}

static struct value
name(const char *fmt, unsigned long long a, unsigned long long b)
{
	char text[256];
	int64_t id;
	int n;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	n = snprintf(text, sizeof(text), fmt, a, b);
#pragma GCC diagnostic pop
	must(store_name(s, str_of(text, (size_t)n), &id, &err));
	return value_id(id);
}

static void
put(struct stmt *st, const struct value *v, size_t n)
{
	must(stmt_run(st, v, n, &err));
	rows++;
	in_batch++;
}

static void
put_recipient(int64_t id, unsigned n, int64_t t, uint64_t i)
{
	char to[64];
	int len = snprintf(to, sizeof(to), "user%llu@d%u.example",
	    (unsigned long long)draw(700000), draw_skewed(5000));
	struct value v[12] = {value_int(id), value_int(n),
	    value_str(str_of(to, (size_t)len)), value_time(t),
	    name("mx%llu.d%llu.example", 0, draw_skewed(5000)),
	    value_int(1), value_int(250), value_z("2.0.0"),
	    value_z("250 2.0.0 Ok: queued as 4XyZ8k1vQ2z9Rf"),
	    name("/var/log/mail.log", 0, 0), value_int((int64_t)i * 700),
	    value_int((int64_t)i * 5)};
	struct value a[11] = {
	    v[0], v[1], v[3], v[4], v[5], v[6], v[7], v[8], v[9], v[10], v[11]};

	put(recipient, v, 12);
	put(attempt, a, 11);
}

static int64_t
put_message(uint64_t i, int64_t t, bool judged)
{
	char qid[32], mid[64];
	unsigned c = draw_skewed(CLIENTS);
	struct addr client;
	int64_t id;

	client = addr_v4(
	    (uint8_t[]){10, (uint8_t)(c >> 16), (uint8_t)(c >> 8), (uint8_t)c});
	must(store_addr(s, client, &id, &err));
	snprintf(qid, sizeof(qid), "4Xy%08llX", (unsigned long long)i);
	snprintf(mid, sizeof(mid), "<%016llx@c%u.example>",
	    (unsigned long long)hash_u64(i, 3), c);
	struct value v[18] = {value_int((int64_t)hash_u64(i, 1)), value_time(t),
	    name("mx%llu", i % 3, 0), name("postfix", 0, 0), value_z(qid),
	    value_id(id), value_int(1024 + (int64_t)draw(60000)),
	    name("c%llu.pool.example", c, 0), name("c%llu.example", c, 0),
	    name("ESMTPS", 0, 0), value_int(1),
	    name("from%llu@c%llu.example", draw(50), c),
	    value_int((int64_t)draw(100000)), value_z(mid), value_int(1),
	    judged ? value_int(5) : value_null(),
	    judged ? name("amavis", 0, 0) : value_null(),
	    judged ? value_real(7.5) : value_null()};
	put(message, v, 18);
	return store_last_id(s);
}

static void
put_one(uint64_t i)
{
	int64_t t = 1750000000000000 + (int64_t)i * 100000;
	bool judged = i % 10 < 4;
	int64_t id = put_message(i, t, judged);
	unsigned n = 1 + (unsigned)draw(3) / 2 + (unsigned)draw(10) / 9;

	for (unsigned k = 1; k <= n; k++)
		put_recipient(id, k, t, i);
	if (judged) {
		struct value v[8] = {value_int(id), name("amavis", 0, 0),
		    value_int(5), value_real(7.5), value_time(t),
		    name("/var/log/mail.log", 0, 0), value_int(0),
		    value_int(0)};
		put(verdict, v, 8);
	}
}

static double
now(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

int
main(int argc, char **argv)
{
	uint64_t n = argc > 2 ? strtoull(argv[2], NULL, 10) : 500000;
	int64_t batch = argc > 3 ? strtoll(argv[3], NULL, 10) : 100000;
	double wall, cpu, last = 0;
	struct rusage ru;
	struct stat st;

	if (argc < 2) {
		fprintf(stderr, "usage: store_bench STORE [MESSAGES [ROWS]]\n");
		return 2;
	}
	must(store_open(&s, argv[1], STORE_WRITE, &err));
	must(store_prepare(s, "bench_message", &message, &err));
	must(store_prepare(s, "bench_recipient", &recipient, &err));
	must(store_prepare(s, "bench_attempt", &attempt, &err));
	must(store_prepare(s, "bench_verdict", &verdict, &err));
	wall = now(CLOCK_MONOTONIC);
	cpu = now(CLOCK_PROCESS_CPUTIME_ID);
	must(store_begin(s, &err));
	for (uint64_t i = 0; i < n; i++) {
		put_one(i);
		if (in_batch >= batch) {
			must(store_commit(s, &err));
			must(store_begin(s, &err));
			in_batch = 0;
		}
		if ((i + 1) % (n / 5 ? n / 5 : 1) == 0) {
			double t = now(CLOCK_MONOTONIC) - wall;

			printf("%llu messages %.1f s (%.0f messages/s here)\n",
			    (unsigned long long)i + 1, t,
			    (double)(n / 5) / (t - last));
			last = t;
		}
	}
	must(store_commit(s, &err));
	store_close(s);
	wall = now(CLOCK_MONOTONIC) - wall;
	cpu = now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	getrusage(RUSAGE_SELF, &ru);
	stat(argv[1], &st);
	printf("%lld rows of %llu messages: %.1f s wall, %.1f s cpu, "
	       "%.0f rows/s, %.0f messages/s, %ld MB RSS, %lld bytes/message\n",
	    (long long)rows, (unsigned long long)n, wall, cpu,
	    (double)rows / wall, (double)n / wall, ru.ru_maxrss / 1024,
	    (long long)st.st_size / (long long)n);
	return 0;
}
