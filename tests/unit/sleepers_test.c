/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sleepers: messages of all shapes, made as the assembler makes them, fall
 * asleep, are woken and leave in any order; what each of them is, byte for
 * byte, and where it is in the list and the indexes stays the same.  And what
 * was kept of one is refused, or read within its bounds, if it is cut or
 * changed.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/utc.h"
#include "ingest/mid_index.h"
#include "ingest/sleepers.h"
#include "ingest/spill.h"
#include "tests/unit/rnd.h"

#define WORLD    200
#define STEPS    20000
#define HASHES   90 /* fewer than there are queue ids: they have chains */
#define SHAPES   2000
#define DAMAGED  200
#define MIDNIGHT (INT64_C(1795392000) * USEC)

/* A message in the world, and what is expected of it. */
struct known {
	struct message *m;
	struct buf bytes;
	char message_id[40];
	/* What is there also of one that is asleep. */
	int64_t slot, due, received, last;
	uint64_t stored_key;
	bool dirty, rows_dirty;
};

static int failed;
static struct message_list list;
static struct map queues;
static struct texts paths;
static struct mid_index *mids;
static struct sleepers sleepers = {
    .list = &list, .queues = &queues, .paths = &paths};
static struct known world[WORLD];
static struct known *order[WORLD]; /* as in the list */
static size_t norder, nasleep;

static void
fail(const char *what)
{
	if (!failed)
		puts(what);
	failed = 1;
}

/* --- messages of all shapes */

static bool
one_in(unsigned n)
{
	return rnd() % n == 0;
}

static struct str
text(void)
{
	static char long_one[700];
	static const struct str some[] = {{NULL, 0}, {"", 0}, {"mx1", 3},
	    {"a@example.net", 13}, {"b@example.net", 13}, {"B@example.net", 13},
	    {"250 2.0.0 Ok", 12}, {"\0\1\xff", 3}};
	size_t n = rnd() % 20;

	if (n < sizeof(some) / sizeof(some[0]))
		return some[n];
	n = one_in(8) ? rnd() % sizeof(long_one) : rnd() % 40;
	for (size_t i = 0; i < n; i++)
		long_one[i] = (char)rnd();
	return str_of(long_one, n);
}

/* Few, so that recipients are named again and are each other's alias. */
static struct str
address(void)
{
	static const struct str some[] = {{NULL, 0}, {"a@example.net", 13},
	    {"b@example.net", 13}, {"B@example.net", 13},
	    {"c@example.net", 13}};

	return some[rnd() % (sizeof(some) / sizeof(some[0]))];
}

static int64_t
some_time(void)
{
	return MIDNIGHT + (int64_t)(rnd() % 40) * (one_in(3) ? 1 : USEC);
}

static struct evidence
evidence(void)
{
	static const struct str files[] = {
	    {NULL, 0}, {"-", 1}, {"mail.log", 8}, {"mail.log.1", 10}};

	return (struct evidence){
	    files[rnd() % 4], (int64_t)(rnd() % 100000), (int64_t)(rnd() % 9)};
}

static struct addr
some_addr(void)
{
	struct addr a;

	for (size_t i = 0; i < sizeof(a.b); i++)
		a.b[i] = (uint8_t)(rnd() % 3);
	return a;
}

static struct attempt
attempt(void)
{
	static char dsn[3][8], reason[3][704];
	struct attempt at = {.time = some_time(),
	    .disposition = rnd() % DISP_N,
	    .reply = (int)(rnd() % 600),
	    .relay = STR("mx.example.net"),
	    .has_relay_addr = one_in(2),
	    .evidence = evidence()};
	size_t i = rnd() % 3;
	struct str t = text();

	memcpy(reason[i], t.p ? t.p : "", t.n);
	at.reason = t.p ? str_of(reason[i], t.n) : STR_NONE;
	memcpy(dsn[i], "4.2.1", 5);
	at.dsn = one_in(4) ? STR_NONE : str_of(dsn[i], 5);
	if (at.has_relay_addr)
		at.relay_addr = some_addr();
	return at;
}

static struct queue_entry *
some_queue(const struct message *m)
{
	struct queue_entry *q = m->queues;

	for (uint64_t n = rnd() % 3; q != NULL && n > 0; n--)
		q = q->next;
	return q;
}

static void
add_recipient(struct message *m)
{
	struct queue_entry *q = some_queue(m);
	struct str orig = one_in(3) ? address() : STR_NONE;
	struct recipient *r = message_recipient(m, q, address(), orig);

	if (one_in(5))
		message_hint(m, q, address());
	if (one_in(6))
		r->handed_to = arena_dup(&m->mem, STR("4F1234"));
	for (uint64_t n = rnd() % 6; n > 2; n--) {
		struct attempt at = attempt();

		if (one_in(6))
			message_refuse_one(m, r, &at, rnd() % STAGE_N);
		else
			message_attempt(m, r, &at);
	}
}

static void
add_verdict(struct message *m)
{
	static const struct str names[] = {
	    {"spamassassin", 12}, {"rspamd", 6}, {NULL, 0}};
	struct verdict v = {.kind = rnd() % VERDICT_N,
	    .filter = names[rnd() % 3],
	    .signature = names[rnd() % 3],
	    .rule = names[rnd() % 3],
	    .has_score = one_in(2),
	    .evidence = evidence()};

	if (v.has_score)
		v.score = (double)(rnd() % 300) / 7 - 9;
	v.has_threshold = v.has_score && one_in(2);
	if (v.has_threshold)
		v.threshold = 6.31;
	message_add_verdict(m, &v, some_time());
}

static void
fill(struct message *m)
{
	struct str *const texts[] = {&m->client_name, &m->helo, &m->protocol,
	    &m->auth_user, &m->sender, &m->subject, &m->parent_queue_id};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (one_in(2))
			*texts[i] = arena_dup(&m->mem, text());
	m->has_client = one_in(2);
	if (m->has_client) {
		m->client = some_addr();
		m->client_port = (uint16_t)rnd();
	}
	m->arrived = one_in(2);
	m->reinjected = one_in(4);
	m->child = one_in(4);
	m->received -= (int64_t)(rnd() % 3) * USEC;
	m->last += (int64_t)(rnd() % 9000) * USEC;
	m->tls = (int)(rnd() % 4) - 1;
	m->size = one_in(3) ? -1 : (int64_t)(rnd() % (1 << 30));
	m->nrcpt = (int)(rnd() % 9) - 1;
	m->direction = rnd() % DIR_N;
	m->transaction = one_in(2) ? rnd() : 0;
	m->evidence = evidence();
}

static struct message *
message_with(uint64_t nqueues)
{
	struct str host = one_in(4) ? STR("") : STR("mx1");
	struct message *m = message_new(host, STR("postfix"), some_time());
	struct queue_entry *q;

	fill(m);
	for (; nqueues > 0; nqueues--) {
		q = message_queue(m, text(), text(), some_time());
		if (one_in(3))
			q->host = arena_dup(&m->mem, STR("mx2"));
		if (one_in(5))
			q->mta = arena_dup(&m->mem, STR("exim"));
		q->arrived = one_in(2);
		q->ended = one_in(2);
		q->session = one_in(2) ? rnd() : 0;
	}
	for (uint64_t n = one_in(20) ? 60 : rnd() % 6; n > 0; n--)
		add_recipient(m);
	for (uint64_t n = rnd() % 4; n > 0; n--)
		add_verdict(m);
	return m;
}

/* Some were two. */
static struct message *
any_message(void)
{
	struct message *m = message_with(1 + rnd() % 3);

	if (one_in(5))
		message_merge(m, message_with(1 + rnd() % 2));
	if (one_in(6)) {
		struct attempt at = attempt();

		message_refuse(m, &at, rnd() % STAGE_N);
	}
	if (one_in(3))
		add_recipient(m);
	m->rows_dirty = one_in(2);
	m->dirty = one_in(2);
	m->slot = one_in(2) ? 0 : (int64_t)(rnd() % 1000);
	m->stored_key = one_in(2) ? rnd() : 0;
	return m;
}

static void
same_bytes(const struct message *m, const struct buf *want, const char *what)
{
	struct buf got = {0};

	message_spill(&got, m);
	if (!str_eq(buf_str(&got), buf_str(want)))
		fail(what);
	buf_free(&got);
}

/* One that is kept between runs may have hops. */
static void
shapes(void)
{
	for (int i = 0; i < SHAPES; i++) {
		struct message *m = any_message(), *again;
		struct buf bytes = {0};

		if (one_in(3))
			message_hop(m->queues, rnd(), some_time())->many =
			    one_in(2);
		spill_message(&bytes, m);
		again = spill_message_read(&paths, buf_str(&bytes));
		if (again == NULL)
			fail("a message is not read back");
		else
			same_bytes(
			    again, &bytes, "a message is read back as another");
		if (again != NULL && message_key(m) != message_key(again))
			fail("it has another key");
		message_drop(again);
		message_free(m);
		buf_free(&bytes);
	}
}

/* --- a world of them */

static void
come(struct known *k)
{
	struct message *m = k->m = any_message();
	struct queue_entry *q;

	snprintf(k->message_id, sizeof(k->message_id), "<%llx@example.net>",
	    (unsigned long long)rnd());
	m->message_id = arena_dup(&m->mem, str_z(k->message_id));
	k->due = m->due = m->last;
	k->slot = m->slot;
	k->received = m->received;
	k->last = m->last;
	k->stored_key = m->stored_key;
	k->dirty = m->dirty;
	k->rows_dirty = m->rows_dirty;
	for (q = m->queues; q != NULL; q = q->next) {
		q->hash = rnd() % HASHES + 2;
		q->chain = map_get(&queues, q->hash);
		map_put(&queues, q->hash, q);
	}
	m->list_prev = list.last;
	*(list.last ? &list.last->list_next : &list.first) = m;
	list.last = m;
	m->list = 1;
	mids_know(mids, m);
	sleepers_add(&sleepers, m);
	spill_message(&k->bytes, m);
	order[norder++] = k;
}

static void
unindex(struct queue_entry *q)
{
	struct queue_entry *first = map_get(&queues, q->hash), **at = &first;

	while (*at != NULL && *at != q)
		at = &(*at)->chain;
	if (*at == NULL) {
		fail("a queue id is not in the index");
		return;
	}
	*at = q->chain;
	if (first == NULL)
		map_del(&queues, q->hash);
	else
		map_put(&queues, q->hash, first);
}

/* Asleep or awake. */
static void
leave(struct known *k)
{
	struct message *m = k->m;
	size_t i = 0;

	if (m->nap == NULL)
		sleepers_remove(&sleepers, m);
	else
		nasleep--;
	for (struct queue_entry *q = m->queues; q != NULL; q = q->next)
		unindex(q);
	*(m->list_prev ? &m->list_prev->list_next : &list.first) = m->list_next;
	*(m->list_next ? &m->list_next->list_prev : &list.last) = m->list_prev;
	mids_leave(mids, m);
	message_drop(m);
	while (order[i] != k)
		i++;
	memmove(order + i, order + i + 1, (--norder - i) * sizeof(*order));
	buf_free(&k->bytes);
	*k = (struct known){0};
}

static void
is_same(const struct known *k)
{
	const struct message *m = k->m;
	bool many;

	same_bytes(m, &k->bytes, "a message of the world is another");
	if (m->due != k->due || m->slot != k->slot || m->dirty != k->dirty ||
	    m->received != k->received || m->last != k->last ||
	    m->stored_key != k->stored_key || m->rows_dirty != k->rows_dirty)
		fail("its place or what the writer knows is lost");
	if (mids_only(mids, mid_key(str_z(k->message_id)), STR_NONE,
	        STR("rspamd"), m->received, &many) != m)
		fail("the Message-ID index names another place");
}

/* Messages move: they are found again by the list, which keeps its order. */
static void
find_all(void)
{
	struct message *m = list.first, *before = NULL;
	size_t awake = 0, bytes = 0;

	nasleep = 0;
	for (size_t i = 0; i < norder; i++, before = m, m = m->list_next) {
		if (m == NULL || m->list_prev != before || m->list != 1) {
			fail("the list is broken");
			exit(1);
		}
		order[i]->m = m;
		nasleep += m->nap != NULL;
		bytes += m->nap ? 0 : m->weight;
	}
	for (m = sleepers.awake.first; m != NULL; m = m->awake_next)
		awake++;
	if (list.last != before || awake + nasleep != norder)
		fail("the lists do not hold all");
	if (sleepers.bytes != bytes)
		fail("the weight is not that of those awake");
}

static void
wake_chain(uint64_t hash)
{
	const struct queue_entry *q = sleepers_chain(&sleepers, hash);

	for (; q != NULL; q = q->chain)
		if (q->message->nap != NULL || q->hash != hash)
			fail("one of a chain is asleep, or in the wrong one");
}

static void
step(void)
{
	struct known *k = &world[rnd() % WORLD];
	struct message *m;

	if (k->m == NULL)
		come(k);
	else if (one_in(8))
		leave(k);
	else if (one_in(5))
		wake_chain(rnd() % HASHES + 2);
	else if (one_in(9) && (m = sleepers_tired(&sleepers)) != NULL)
		sleepers_later(&sleepers, m);
	else if (k->m->nap != NULL)
		k->m = message_wake(k->m);
	else if (sleepers_can(k->m))
		k->m = sleepers_put(&sleepers, k->m);
	find_all();
	if (k->m != NULL)
		is_same(k);
}

static void
live(void)
{
	size_t most = 0, can = 0;

	for (int i = 0; i < STEPS && !failed; i++) {
		step();
		most = nasleep > most ? nasleep : most;
		for (size_t k = 0; i % 500 == 0 && k < norder; k++)
			is_same(order[k]);
	}
	for (size_t i = 0; i < norder; i++)
		can += order[i]->m->nap != NULL || sleepers_can(order[i]->m);
	if (most < WORLD / 4 || can < norder / 2)
		fail("too few slept");
	while (norder > 0)
		leave(order[rnd() % norder]);
	if (list.first != NULL || sleepers.awake.first != NULL ||
	    sleepers.bytes != 0 || queues.n != 0)
		fail("something is left of those that have gone");
}

/* --- damage */

/* In memory of its own size, so that a read past its end is seen. */
static char *
exact(struct str s)
{
	char *p = xmalloc(s.n + (s.n == 0));

	memcpy(p, s.p, s.n);
	return p;
}

static void
read_damaged(struct str bytes, bool cut)
{
	char *p = exact(bytes);
	struct message *m = spill_message_read(&paths, str_of(p, bytes.n));

	if (cut && m != NULL)
		fail("a message that was cut is read");
	if (m != NULL)
		message_free(m);
	free(p);
}

static void
damaged_bytes(void)
{
	for (int i = 0; i < 15; i++) {
		struct message *m = any_message();
		struct buf b = {0};

		spill_message(&b, m);
		for (size_t n = 0; n < b.n; n++)
			read_damaged(str_of(b.p, n), true);
		for (int k = 0; k < DAMAGED; k++) {
			size_t at = rnd() % b.n;
			char was = b.p[at];

			b.p[at] = (char)rnd();
			read_damaged(buf_str(&b), false);
			b.p[at] = was;
		}
		buf_free(&b);
		message_free(m);
	}
}

/* The program ends with a message, or what is read is no longer than it was. */
static void
get_damaged(struct squeeze *s, struct str kept, size_t most, bool cut)
{
	pid_t pid = fork();
	int how;

	if (pid == 0) {
		char *p = exact(kept);
		struct buf out = {0};

		fclose(stderr);
		squeeze_get(s, &out, str_of(p, kept.n));
		_exit(cut || out.n > most);
	}
	if (pid < 0 || waitpid(pid, &how, 0) != pid)
		fail("no process");
	else if (!(WIFEXITED(how) && WEXITSTATUS(how) == 0) &&
	         !(WIFSIGNALED(how) && WTERMSIG(how) == SIGABRT))
		fail(cut ? "what was cut is read" : "what was changed is read");
}

static void
damaged_squeeze(void)
{
	struct message *m = any_message(), *n = any_message();
	struct buf a = {0}, b = {0}, kept = {0}, back = {0};
	struct squeeze *s;

	spill_message(&a, m);
	spill_message(&b, n);
	s = squeeze_new(buf_str(&a));
	squeeze_put(s, &kept, buf_str(&b));
	squeeze_get(s, &back, buf_str(&kept));
	if (!str_eq(buf_str(&back), buf_str(&b)))
		fail("a piece comes back as another");
	for (size_t k = 0; k < DAMAGED && !failed; k++) {
		size_t at = k < 12 * 8 ? k / 8 : rnd() % kept.n;
		char was = kept.p[at];

		if (k % 8 == 0)
			get_damaged(s, str_of(kept.p, at), b.n, true);
		kept.p[at] = (char)(was ^ (1 << k % 8));
		get_damaged(s, buf_str(&kept), b.n, false);
		kept.p[at] = was;
	}
	squeeze_free(s);
	buf_free(&a);
	buf_free(&b);
	buf_free(&kept);
	buf_free(&back);
	message_free(m);
	message_free(n);
}

int
main(void)
{
	mids = mids_new();
	shapes();
	live();
	damaged_bytes();
	damaged_squeeze();
	sleepers_free(&sleepers);
	mids_free(mids);
	map_free(&queues);
	texts_free(&paths);
	return failed;
}
