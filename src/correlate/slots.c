/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/slots.h"

#include "base/arena.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/utc.h"

#include <stdlib.h>

#define LEN(a)      (sizeof(a) / sizeof((a)[0]))
#define HOUR        (3600 * USEC)
#define SLOT        (300 * USEC)
#define NEVER       INT64_MIN /* a time that there is not */
#define HOURS       64        /* of a day, at most: bits */
#define RANK_LEASE  2         /* schema/correlate/30_claim.sql */
#define RANK_REMOTE 4

/* Columns of the statement slots_read. */
enum {
	ADDR,
	AGENT,
	SLOT_START,
	FIRST,
	LAST,
	SYN,
	ANSWERED,
	PACKETS,
	RST,
	CLIENT_STRONG,
	CLIENT_WEAK,
	SERVER_STRONG,
	SERVER_WEAK,
	RATE,
};

/* Columns of the statement slots_read_samples. */
enum {
	SRC,
	SRC_PORT,
	SRC_MAIL,
	DST,
	DST_PORT,
	DST_MAIL,
	BY,
	TIME,
	FLAGS,
	SAMPLE_RATE,
};

struct agent {
	int64_t id, ahead;
	int64_t syn, answered; /* of the day: does it see the way back, too? */
};

struct address {
	int64_t id, self, who;
	size_t leases; /* holders_place */
	uint32_t sum;  /* of what was seen last, plus 1; 0: none */
	bool leased, allowed;
	bool answering; /* from a mail port, in the day, without doubt */
	int64_t holder; /* one of ours who had it in the day; 0: none yet */
	bool several;   /* there is another one */
};

/* What was seen of an address: a slot, or a sample. */
struct seen {
	uint32_t addr, agent; /* places */
	int32_t port;         /* -1: not known */
	int64_t slot, first, last;
	int64_t packets, syn, answered, rst;
	int64_t client_strong, client_weak, server_strong, server_weak, rate;
	bool sampled; /* a slot that is taken apart: it has samples */
};

/* Of one customer, address and agent, in the day; whatever is clear but for the
 * last ones. */
struct sum {
	int32_t cust;
	uint32_t addr, agent;      /* places */
	int64_t seen, first, last; /* first, last: of client packets */
	int64_t packets, client, covered, client_strong, syn, answered;
	int64_t server_strong, server_weak, rst, est_syn, slots;
	uint64_t hours;
	bool rate_unknown;
	int64_t all_packets, all_client; /* in doubt, too */
	int64_t doubtful, doubt_first, doubt_last;
};

static const struct sum no_sum = {.first = INT64_MAX,
    .last = NEVER,
    .doubt_first = INT64_MAX,
    .doubt_last = NEVER};

/* With client packets; kept to be shown. */
struct sighting {
	int64_t first, last; /* of a list, it may be a day */
	uint32_t client, syn, rate;
	uint32_t addr, agent; /* places */
	uint32_t next;        /* of the same customer, plus 1; 0: none */
	int8_t doubt;         /* 0: none */
};

struct customer {
	uint32_t sightings; /* the last one, plus 1; 0: none */
	int8_t rank, sure;  /* the surest; of what is not in doubt; 0: none */
};

struct slots {
	struct store *store;
	struct holders *holders;
	int64_t day_start, day_end, window, margin;
	uint64_t log_hours; /* bits */
	struct agent *agents;
	size_t nagents, agents_size;
	struct map by_agent; /* place, plus 1 */
	struct address *addrs; /* in the order of ids */
	size_t naddrs, addrs_size;
	size_t at; /* who was looked for last; below naddrs, if there are any */
	struct seen *split;
	size_t nsplit, split_size;
	struct map by_slot; /* place in split, plus 1 */
	struct sum *sums;
	size_t nsums, sums_size;
	struct map by_sum; /* place, plus 1 */
	struct sighting *sightings;
	size_t nsightings, sightings_size;
	struct customer *customers; /* by number */
	size_t ncustomers;
	struct sighting *shown; /* of one customer */
	size_t shown_size;
	struct stmt *put_doubt;
};

/* Room for one more. */
#define GROW(of, n, size)                                                      \
	do {                                                                   \
		if ((n) == (size)) {                                           \
			(size) = (size) ? 2 * (size) : 256;                    \
			(of) = xrealloc((of), (size) * sizeof(*(of)));         \
		}                                                              \
	} while (0)

static void
forget(struct slots *p)
{
	free(p->agents);
	free(p->addrs);
	free(p->split);
	free(p->sums);
	free(p->sightings);
	free(p->customers);
	free(p->shown);
	map_free(&p->by_agent);
	map_free(&p->by_slot);
	map_free(&p->by_sum);
	*p = (struct slots){.store = p->store, .holders = p->holders};
}

/* --- what the run is about */

static int
each_row(struct slots *p, const char *statement, const struct value *args,
    size_t nargs,
    int (*row)(struct slots *p, const struct stmt *st, struct err *e),
    struct err *e)
{
	struct stmt *st;
	int rc = store_start(p->store, statement, args, nargs, &st, e);

	while (rc >= 0 && (rc = stmt_next(st, e)) > 0) {
		rc = row(p, st, e);
		if (rc < 0)
			stmt_reset(st);
	}
	return rc;
}

static int
run_row(struct slots *p, const struct stmt *st, struct err *e)
{
	(void)e;
	p->day_start = stmt_int(st, 0);
	p->day_end = stmt_int(st, 1);
	p->window = stmt_int(st, 2);
	p->margin = stmt_int(st, 3);
	return 0;
}

/* Hours of the day, from the one that it begins in on. */
static uint64_t
hour_bit(const struct slots *p, int64_t time)
{
	const int64_t n = time / HOUR - p->day_start / HOUR;

	return n >= 0 && n < HOURS ? UINT64_C(1) << n : 0;
}

static int
log_hour_row(struct slots *p, const struct stmt *st, struct err *e)
{
	(void)e;
	p->log_hours |= hour_bit(p, stmt_int(st, 0));
	return 0;
}

static uint32_t
agent_of(struct slots *p, int64_t id)
{
	const uint64_t key = (uint64_t)id + 2; /* a map folds 0 and 1 */
	uintptr_t at = (uintptr_t)map_get(&p->by_agent, key);

	if (at == 0) {
		GROW(p->agents, p->nagents, p->agents_size);
		p->agents[p->nagents++] = (struct agent){.id = id};
		at = p->nagents;
		map_put(&p->by_agent, key, (void *)at);
	}
	return (uint32_t)(at - 1);
}

static int
clock_row(struct slots *p, const struct stmt *st, struct err *e)
{
	const uint32_t agent = agent_of(p, stmt_int(st, 0));

	(void)e;
	p->agents[agent].ahead = stmt_int(st, 1);
	return 0;
}

/* The place of an address plus 1; 0: nothing is said of it.  Looked for from the one
 * before on, for slots of one time come in the order of addresses, as those stand
 * here. */
static size_t
place_of(struct slots *p, int64_t addr)
{
	size_t low = p->naddrs > 0 && p->addrs[p->at].id <= addr ? p->at : 0;
	size_t high = low + 1;

	for (size_t step = 1; high < p->naddrs && p->addrs[high].id <= addr;
	     step *= 2) {
		low = high;
		high += step;
	}
	if (high > p->naddrs)
		high = p->naddrs;
	while (low + 1 < high) {
		const size_t mid = low + (high - low) / 2;

		if (p->addrs[mid].id <= addr)
			low = mid;
		else
			high = mid;
	}
	p->at = low;
	return low < p->naddrs && p->addrs[low].id == addr ? low + 1 : 0;
}

static int
addr_row(struct slots *p, const struct stmt *st, struct err *e)
{
	const int64_t id = stmt_int(st, 0);

	(void)e;
	GROW(p->addrs, p->naddrs, p->addrs_size);
	p->addrs[p->naddrs++] = (struct address){.id = id,
	    .self = stmt_int(st, 1),
	    .who = stmt_int(st, 2),
	    .leases = holders_place(p->holders, id),
	    .leased = stmt_int(st, 3),
	    .allowed = stmt_int(st, 4)};
	return 0;
}

/* --- adding up */

static struct customer *
customer_of(struct slots *p, int64_t no)
{
	const size_t n = (size_t)no + 1;

	if (n > p->ncustomers) {
		const size_t size = n < 1024 ? 1024 : 2 * n;

		p->customers =
		    xrealloc(p->customers, size * sizeof(*p->customers));
		memset(p->customers + p->ncustomers, 0,
		    (size - p->ncustomers) * sizeof(*p->customers));
		p->ncustomers = size;
	}
	return &p->customers[no];
}

static struct sum *
find_sum(struct slots *p, int64_t cust, uint32_t addr, uint32_t agent)
{
	uint64_t key = hash_u64((uint64_t)addr << 32 | agent, (uint64_t)cust);
	uintptr_t at;

	for (; (at = (uintptr_t)map_get(&p->by_sum, key)) != 0; key++) {
		struct sum *m = &p->sums[at - 1];

		if (m->cust == cust && m->addr == addr && m->agent == agent)
			return m;
	}
	GROW(p->sums, p->nsums, p->sums_size);
	map_put(&p->by_sum, key, (void *)(uintptr_t)(p->nsums + 1));
	p->sums[p->nsums] = no_sum;
	p->sums[p->nsums].cust = (int32_t)cust;
	p->sums[p->nsums].addr = addr;
	p->sums[p->nsums].agent = agent;
	return &p->sums[p->nsums++];
}

/* Mostly the one that was seen last. */
static struct sum *
sum_of(struct slots *p, int64_t cust, uint32_t addr, uint32_t agent)
{
	const uint32_t at = p->addrs[addr].sum;
	struct sum *m = at != 0 ? &p->sums[at - 1] : NULL;

	if (m == NULL || m->cust != cust || m->agent != agent)
		m = find_sum(p, cust, addr, agent);
	p->addrs[addr].sum = (uint32_t)(m - p->sums) + 1;
	return m;
}

static void
join_times(int64_t *first, int64_t *last, int64_t from, int64_t until)
{
	*first = from < *first ? from : *first;
	*last = until > *last ? until : *last;
}

/* Packets that show a client.  A SYN/ACK or a RST that came to an address does
 * not: whoever forges the address of a customer has such answers sent to him. */
static int64_t
client_packets(const struct seen *s)
{
	const int64_t weak = s->client_weak - s->answered - s->rst;

	return s->client_strong + (weak > 0 ? weak : 0);
}

static void
add_clear(struct slots *p, struct sum *m, const struct seen *s, int64_t client)
{
	const uint64_t hour = hour_bit(p, s->first);

	m->seen++;
	if (client > 0) {
		join_times(&m->first, &m->last, s->first, s->last);
		m->slots++;
	}
	m->packets += s->packets;
	m->client += client;
	if (hour & p->log_hours)
		m->covered += client;
	m->client_strong += s->client_strong;
	m->syn += s->syn;
	m->answered += s->answered;
	m->server_strong += s->server_strong;
	m->server_weak += s->server_weak;
	m->rst += s->rst;
	m->hours |= hour;
	if (s->syn > 0) {
		m->est_syn += s->syn * s->rate;
		m->rate_unknown |= s->rate == 0;
	}
	if (s->server_weak > 0)
		p->addrs[s->addr].answering = true;
}

static void
add_doubtful(struct sum *m, const struct seen *s, int64_t client)
{
	m->doubtful += client;
	if (client > 0)
		join_times(&m->doubt_first, &m->doubt_last, s->first, s->last);
}

static bool
is_in_day(const struct slots *p, int64_t time)
{
	return time >= p->day_start && time < p->day_end;
}

static uint32_t
narrow(int64_t n)
{
	return n < 0 ? 0 : n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

static void
keep(struct slots *p, struct customer *c, const struct seen *s, int64_t client,
    int64_t doubt)
{
	GROW(p->sightings, p->nsightings, p->sightings_size);
	p->sightings[p->nsightings++] = (struct sighting){.first = s->first,
	    .last = s->last,
	    .client = narrow(client),
	    .syn = narrow(s->syn),
	    .rate = narrow(s->rate),
	    .addr = s->addr,
	    .agent = s->agent,
	    .next = c->sightings,
	    .doubt = (int8_t)doubt};
	c->sightings = (uint32_t)p->nsightings;
}

static void
note_rank(int8_t *best, int64_t rank)
{
	if (*best == 0 || rank < *best)
		*best = (int8_t)rank;
}

static int
put_doubt(struct slots *p, int64_t cust, const struct seen *s, int64_t doubt,
    struct err *e)
{
	const struct value v[] = {value_int(cust),
	    value_int(p->addrs[s->addr].id),
	    s->port < 0 ? value_null() : value_int(s->port),
	    value_time(s->first), value_time(s->last), value_int(doubt)};

	return stmt_run(p->put_doubt, v, LEN(v), e);
}

/* Of ours; doubt 0: none. */
static int
add(struct slots *p, const struct seen *s, int64_t cust, int64_t rank,
    int64_t doubt, struct err *e)
{
	const int64_t client = client_packets(s);
	struct customer *c;
	struct sum *m;

	if (!holders_in_share(p->holders, cust))
		return 0;
	c = customer_of(p, cust);
	note_rank(&c->rank, rank);
	if (doubt == 0)
		note_rank(&c->sure, rank);
	if (client > 0)
		keep(p, c, s, client, doubt);
	if (is_in_day(p, s->first)) {
		m = sum_of(p, cust, s->addr, s->agent);
		m->all_packets += s->packets;
		m->all_client += client > 0;
		if (doubt == 0)
			add_clear(p, m, s, client);
		else
			add_doubtful(m, s, client);
	}
	return doubt == 0 ? 0 : put_doubt(p, cust, s, doubt, e);
}

/* Whosever it is: had the address several customers of ours that day? */
static void
note_holder(struct address *a, int64_t cust, int64_t rank)
{
	if (rank >= RANK_REMOTE)
		return;
	a->several |= a->holder != 0 && a->holder != cust;
	a->holder = cust;
}

/* The holder of the address, by what the leases say; without any, the address
 * stands for him. */
static int
add_held(struct slots *p, const struct seen *s, int64_t holder, struct err *e)
{
	struct address *a = &p->addrs[s->addr];
	const int64_t cust = holder > 0 ? holder : a->who >> 3;
	const int64_t rank = holder > 0 ? RANK_LEASE : a->who & 7;

	if (holder < 0)
		return add(p, s, a->self, RANK_LEASE, holder, e);
	if (a->leased && is_in_day(p, s->first))
		note_holder(a, cust, rank);
	return add(p, s, cust, rank, 0, e);
}

/* --- slots */

/* The slot that is taken apart; NULL: there is none, and *key is free for it. */
static struct seen *
find_split(const struct slots *p, uint32_t addr, uint32_t agent, int64_t slot,
    uint64_t *key)
{
	uintptr_t at;

	*key = hash_u64((uint64_t)addr << 32 | agent, (uint64_t)slot);
	for (; (at = (uintptr_t)map_get(&p->by_slot, *key)) != 0; ++*key) {
		struct seen *s = &p->split[at - 1];

		if (s->addr == addr && s->agent == agent && s->slot == slot)
			return s;
	}
	return NULL;
}

static void
split(struct slots *p, const struct seen *s)
{
	uint64_t key;

	find_split(p, s->addr, s->agent, s->slot, &key);
	GROW(p->split, p->nsplit, p->split_size);
	p->split[p->nsplit++] = *s;
	map_put(&p->by_slot, key, (void *)(uintptr_t)p->nsplit);
}

static struct holders_answer
ask(struct slots *p, const struct seen *s)
{
	const struct address *a = &p->addrs[s->addr];
	const struct holders_seen h = {a->id, s->first, s->last, 0, s->port};

	return a->leased ? holders_ask(p->holders, a->leases, &h)
	                 : (struct holders_answer){0, false};
}

static struct seen
slot_seen(
    const struct slots *p, const struct stmt *st, size_t place, uint32_t agent)
{
	const int64_t ahead = p->agents[agent].ahead;

	return (struct seen){.addr = (uint32_t)(place - 1),
	    .agent = agent,
	    .port = -1,
	    .slot = stmt_int(st, SLOT_START),
	    .first = stmt_int(st, FIRST) - ahead,
	    .last = stmt_int(st, LAST) - ahead,
	    .packets = stmt_int(st, PACKETS),
	    .syn = stmt_int(st, SYN),
	    .answered = stmt_int(st, ANSWERED),
	    .rst = stmt_int(st, RST),
	    .client_strong = stmt_int(st, CLIENT_STRONG),
	    .client_weak = stmt_int(st, CLIENT_WEAK),
	    .server_strong = stmt_int(st, SERVER_STRONG),
	    .server_weak = stmt_int(st, SERVER_WEAK),
	    .rate = stmt_int(st, RATE)};
}

static int
slot_row(struct slots *p, const struct stmt *st, struct err *e)
{
	const uint32_t agent = agent_of(p, stmt_int(st, AGENT));
	const int64_t slot = stmt_int(st, SLOT_START);
	const size_t place = place_of(p, stmt_int(st, ADDR));
	struct holders_answer a;
	struct seen s;

	if (slot > p->day_start - SLOT && slot < p->day_end) {
		p->agents[agent].syn += stmt_int(st, SYN);
		p->agents[agent].answered += stmt_int(st, ANSWERED);
	}
	if (place == 0)
		return 0;
	s = slot_seen(p, st, place, agent);
	a = ask(p, &s);
	if (!a.part)
		return add_held(p, &s, a.who, e);
	split(p, &s);
	return 0;
}

/* Without samples it stays whole. */
static int
add_split(struct slots *p, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; rc >= 0 && i < p->nsplit; i++)
		if (!p->split[i].sampled)
			rc = add_held(
			    p, &p->split[i], ask(p, &p->split[i]).who, e);
	return rc;
}

/* --- samples */

/* One end of a packet. */
struct end {
	int64_t addr, port;
	bool mail, peer_mail; /* the port is one of mail's */
	bool out;             /* it sent the packet */
};

static struct seen
sample_seen(const struct stmt *st, const struct end *d)
{
	const int64_t flags = stmt_int(st, FLAGS);
	const bool opens = (flags & 18) == 2;    /* SYN without ACK */
	const bool answers = (flags & 18) == 18; /* SYN and ACK */
	bool client = d->peer_mail, server = d->mail;

	if (d->mail && d->peer_mail) {
		client = d->out ? opens : answers;
		server = d->out ? answers : opens;
	}
	return (struct seen){.port = (int32_t)d->port,
	    .packets = 1,
	    .syn = client && d->out && opens,
	    .answered = client && !d->out && answers,
	    .rst = flags >> 2 & 1,
	    .client_strong = client && d->out && opens,
	    .client_weak = client && !(d->out && opens),
	    .server_strong = server && d->out && answers,
	    .server_weak = server && !(d->out && answers),
	    .rate = stmt_int(st, SAMPLE_RATE)};
}

static int
sample_end(
    struct slots *p, const struct stmt *st, const struct end *d, struct err *e)
{
	const int64_t time = stmt_int(st, TIME);
	const size_t place = place_of(p, d->addr);
	struct seen *whole, s;
	uint32_t agent;
	uint64_t key;

	if (place == 0)
		return 0;
	agent = agent_of(p, stmt_int(st, BY));
	whole = find_split(
	    p, (uint32_t)(place - 1), agent, time - time % SLOT, &key);
	if (whole == NULL)
		return 0;
	whole->sampled = true;
	s = sample_seen(st, d);
	s.addr = (uint32_t)(place - 1);
	s.agent = agent;
	s.first = s.last = time - p->agents[agent].ahead;
	return add_held(p, &s, ask(p, &s).who, e);
}

static int
sample_row(struct slots *p, const struct stmt *st, struct err *e)
{
	const bool src_mail = stmt_int(st, SRC_MAIL);
	const bool dst_mail = stmt_int(st, DST_MAIL);
	const struct end src = {
	    stmt_int(st, SRC), stmt_int(st, SRC_PORT), src_mail, dst_mail, true};
	const struct end dst = {
	    stmt_int(st, DST), stmt_int(st, DST_PORT), dst_mail, src_mail, false};
	const int rc = sample_end(p, st, &src, e);

	return rc < 0 ? rc : sample_end(p, st, &dst, e);
}

static int
read_all(struct slots *p, struct err *e)
{
	const int64_t margin = p->window + p->margin + SLOT;
	const struct value slots[] = {value_time(p->day_start - margin),
	    value_time(p->day_end + margin - SLOT)};
	const struct value samples[] = {
	    value_time(p->day_start - margin), value_time(p->day_end + margin)};
	int rc = each_row(p, "slots_read", slots, LEN(slots), slot_row, e);

	if (rc >= 0 && p->nsplit > 0)
		rc = each_row(p, "slots_read_samples", samples, LEN(samples),
		    sample_row, e);
	return rc < 0 ? rc : add_split(p, e);
}

/* --- what comes of it */

static struct value
null_if(bool null, int64_t n)
{
	return null ? value_null() : value_int(n);
}

/* Where answers are sampled, their lack says something. */
static bool
sees_way_back(const struct agent *a)
{
	return a->answered > 0 && a->answered * 10 >= a->syn;
}

/* Of one address, or all of a customer's. */
struct total {
	struct sum sum;
	int64_t syn_back, answered_back;
	bool client, allowed; /* has packets; all such addresses are listed */
};

static struct total
nothing(void)
{
	return (struct total){.sum = no_sum, .allowed = true};
}

static void
add_total(const struct slots *p, struct total *t, const struct sum *m)
{
	struct sum *s = &t->sum;

	join_times(&s->first, &s->last, m->first, m->last);
	join_times(
	    &s->doubt_first, &s->doubt_last, m->doubt_first, m->doubt_last);
	s->seen += m->seen;
	s->packets += m->packets;
	s->client += m->client;
	s->covered += m->covered;
	s->client_strong += m->client_strong;
	s->syn += m->syn;
	s->answered += m->answered;
	s->server_strong += m->server_strong;
	s->server_weak += m->server_weak;
	s->rst += m->rst;
	s->est_syn += m->est_syn;
	s->slots += m->slots;
	s->hours |= m->hours;
	s->rate_unknown |= m->rate_unknown;
	s->all_packets += m->all_packets;
	s->doubtful += m->doubtful;
	if (sees_way_back(&p->agents[m->agent])) {
		t->syn_back += m->syn;
		t->answered_back += m->answered;
	}
	if (m->all_client > 0) {
		t->client = true;
		t->allowed &= p->addrs[m->addr].allowed;
	}
}

/* What goes into a table of its own, row by row (store_give). */
struct putting {
	const struct slots *p;
	size_t i; /* what comes next */
	struct value v[21];
};

static int
put(struct slots *p, const char *name, store_next *next, struct err *e)
{
	struct putting t = {.p = p};

	return store_give(p->store, name, next, &t, e);
}

/* The sums of one customer, or of one of his addresses. */
static struct total
next_total(struct putting *t, bool addr)
{
	const struct slots *p = t->p;
	const struct sum *first = &p->sums[t->i];
	struct total all = nothing();

	for (; t->i < p->nsums; t->i++) {
		const struct sum *m = &p->sums[t->i];

		if (m->cust != first->cust || (addr && m->addr != first->addr))
			break;
		add_total(p, &all, m);
	}
	return all;
}

static int
next_figures(void *arg, const struct value **row, size_t *n, struct err *e)
{
	struct putting *t = arg;
	const struct sum *m = t->p->sums + t->i;
	struct total all;
	struct value *v = t->v;

	(void)e;
	if (t->i == t->p->nsums)
		return 0;
	all = next_total(t, false);
	*v++ = value_int(m->cust);
	m = &all.sum;
	*v++ = null_if(m->slots == 0, m->first);
	*v++ = null_if(m->slots == 0, m->last);
	*v++ = value_int(m->packets);
	*v++ = value_int(m->client);
	*v++ = value_int(m->covered);
	*v++ = value_int(m->client_strong);
	*v++ = value_int(m->syn);
	*v++ = value_int(m->answered);
	*v++ = value_int(m->server_strong);
	*v++ = value_int(m->server_weak);
	*v++ = value_int(m->rst);
	*v++ = value_int(all.syn_back);
	*v++ = value_int(all.answered_back);
	*v++ = value_int(__builtin_popcountll(m->hours));
	*v++ = null_if(m->rate_unknown, m->est_syn);
	*v++ = value_int(m->slots);
	*v++ = value_int(m->doubtful);
	*v++ = null_if(m->doubtful == 0, m->doubt_first);
	*v++ = null_if(m->doubtful == 0, m->doubt_last);
	*v++ = null_if(!all.client, all.allowed);
	*row = t->v;
	*n = (size_t)(v - t->v);
	return 1;
}

static int
next_addr(void *arg, const struct value **row, size_t *n, struct err *e)
{
	struct putting *t = arg;
	const struct sum *m = t->p->sums + t->i;
	struct total all;
	struct value *v = t->v;
	bool none;

	(void)e;
	if (t->i == t->p->nsums)
		return 0;
	all = next_total(t, true);
	*v++ = value_int(m->cust);
	*v++ = value_int(t->p->addrs[m->addr].id);
	m = &all.sum;
	none = m->seen == 0;
	*v++ = value_int(m->all_packets);
	*v++ = null_if(none, m->packets);
	*v++ = null_if(none, m->client);
	*v++ = value_int(all.syn_back);
	*v++ = value_int(all.answered_back);
	*v++ = null_if(none, m->rst);
	*v++ = null_if(none, m->server_strong);
	*v++ = null_if(none, m->server_weak);
	*row = t->v;
	*n = (size_t)(v - t->v);
	return 1;
}

static int
next_who(void *arg, const struct value **row, size_t *n, struct err *e)
{
	struct putting *t = arg;
	const struct slots *p = t->p;
	const struct customer *c;

	(void)e;
	while (t->i < p->ncustomers && p->customers[t->i].rank == 0)
		t->i++;
	if (t->i == p->ncustomers)
		return 0;
	c = &p->customers[t->i];
	t->v[0] = value_int((int64_t)t->i++);
	t->v[1] = value_int(c->rank);
	t->v[2] = null_if(c->sure == 0, c->sure);
	*row = t->v;
	*n = 3;
	return 1;
}

static int
next_several(void *arg, const struct value **row, size_t *n, struct err *e)
{
	struct putting *t = arg;
	const struct slots *p = t->p;

	(void)e;
	while (t->i < p->naddrs &&
	       !(p->addrs[t->i].answering && p->addrs[t->i].several))
		t->i++;
	if (t->i == p->naddrs)
		return 0;
	t->v[0] = value_int(p->addrs[t->i++].id);
	*row = t->v;
	*n = 1;
	return 1;
}

static int
by_customer(const void *pa, const void *pb)
{
	const struct sum *a = pa, *b = pb;

	if (a->cust != b->cust)
		return a->cust < b->cust ? -1 : 1;
	return a->addr < b->addr ? -1 : a->addr > b->addr;
}

/* Addresses were read in the order of their numbers, so that their places are in
 * it, too. */
static int
put_all(struct slots *p, struct err *e)
{
	int rc = put(p, "slots_put_who", next_who, e);

	if (p->nsums > 0)
		qsort(p->sums, p->nsums, sizeof(*p->sums), by_customer);
	if (rc >= 0)
		rc = put(p, "slots_put_addr", next_addr, e);
	if (rc >= 0)
		rc = put(p, "slots_put_figures", next_figures, e);
	if (rc >= 0)
		rc = put(p, "slots_put_several", next_several, e);
	return rc;
}

static int
slots_day(void *arg, const struct value *v, struct value *out, struct err *e)
{
	struct slots *p = arg;
	int rc;

	(void)v;
	(void)out;
	forget(p);
	rc = store_prepare(p->store, "slots_put_doubt", &p->put_doubt, e);
	if (rc >= 0)
		rc = each_row(p, "slots_run", NULL, 0, run_row, e);
	if (rc >= 0)
		rc = each_row(p, "slots_log_hours", NULL, 0, log_hour_row, e);
	if (rc >= 0)
		rc = each_row(p, "slots_clocks", NULL, 0, clock_row, e);
	if (rc >= 0)
		rc = each_row(p, "slots_addrs", NULL, 0, addr_row, e);
	if (rc >= 0)
		rc = read_all(p, e);
	if (rc >= 0)
		rc = put_all(p, e);
	/* what is to be shown stays */
	free(p->sums);
	free(p->split);
	p->sums = NULL;
	p->split = NULL;
	p->nsums = p->nsplit = 0;
	map_free(&p->by_sum);
	map_free(&p->by_slot);
	map_free(&p->by_agent);
	return rc;
}

/* --- what is shown of it */

/* The last sighting of a customer, plus 1; 0: none. */
static uint32_t
sightings_of(const struct slots *p, int64_t cust)
{
	return cust > 0 && (size_t)cust < p->ncustomers
	           ? p->customers[cust].sightings
	           : 0;
}

static bool
is_near(const struct slots *p, const struct sighting *s, int64_t first,
    int64_t last)
{
	return s->last >= first - p->window && s->first <= last + p->window;
}

static int
slots_client(void *arg, const struct value *v, struct value *out, struct err *e)
{
	const struct slots *p = arg;
	const struct sighting *s;
	int64_t n = 0;

	(void)e;
	for (uint32_t i = sightings_of(p, v[0].i); i != 0; i = s->next) {
		s = &p->sightings[i - 1];
		if (s->doubt == 0 && is_near(p, s, v[1].i, v[2].i))
			n += s->client;
	}
	*out = value_int(n);
	return 0;
}

static int
by_first(const void *pa, const void *pb)
{
	const struct sighting *a = pa, *b = pb;

	return a->first < b->first ? -1 : a->first > b->first;
}

static size_t
collect(struct slots *p, const struct value *v)
{
	const bool day = v[2].type == VALUE_NULL;
	const struct sighting *s;
	size_t n = 0;

	for (uint32_t i = sightings_of(p, v[0].i); i != 0; i = s->next) {
		s = &p->sightings[i - 1];
		if (day ? !is_in_day(p, s->first)
		        : !is_near(p, s, v[2].i, v[3].i))
			continue;
		GROW(p->shown, n, p->shown_size);
		p->shown[n++] = *s;
	}
	return n;
}

static int
put_shown(
    struct slots *p, int64_t cust, const struct sighting *s, struct err *e)
{
	const struct value v[] = {value_int(cust),
	    value_int(p->addrs[s->addr].id), value_int(p->agents[s->agent].id),
	    value_time(s->first), value_int(s->client), value_int(s->syn),
	    value_int(s->rate), null_if(s->doubt == 0, s->doubt)};

	return store_run(p->store, "slots_put_shown", v, LEN(v), e);
}

/* Of one time all: which of them come first, the words decide. */
static int
slots_show(void *arg, const struct value *v, struct value *out, struct err *e)
{
	struct slots *p = arg;
	const size_t n = collect(p, v);
	int64_t before = 0; /* of an earlier time */
	int rc = 0;

	(void)out;
	if (n > 0)
		qsort(p->shown, n, sizeof(*p->shown), by_first);
	for (size_t i = 0; rc >= 0 && i < n; i++) {
		if (i > 0 && p->shown[i].first != p->shown[i - 1].first)
			before = (int64_t)i;
		if (before >= v[1].i)
			break;
		rc = put_shown(p, v[0].i, &p->shown[i], e);
	}
	return rc;
}

static int
slots_forget(void *arg, const struct value *v, struct value *out, struct err *e)
{
	(void)v;
	(void)out;
	(void)e;
	forget(arg);
	return 0;
}

/* --- the functions */

static const struct store_function functions[] = {
    {"slots_day", 0, slots_day},
    {"slots_client", 3, slots_client},
    {"slots_show", 4, slots_show},
    {"slots_forget", 0, slots_forget},
};

int
slots_open(
    struct slots **out, struct store *s, struct holders *h, struct err *e)
{
	struct slots *p = xcalloc(1, sizeof(*p));
	int rc;

	p->store = s;
	p->holders = h;
	rc = store_functions(s, functions, LEN(functions), p, e);
	if (rc < 0)
		slots_close(p);
	else
		*out = p;
	return rc;
}

void
slots_close(struct slots *p)
{
	if (p == NULL)
		return;
	store_functions_end(p->store, functions, LEN(functions));
	forget(p);
	free(p);
}
