/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who has which address.  DYNAMIC: from a pool, a new one every day or so, the
 * freed address often at once to the next who asks.  CGNAT: a block of ports
 * of a shared address, likewise.  STATIC: four addresses of his own.  V6: a
 * delegated /56 and no IPv4.  The lease source's clock is wrong by less than
 * LEASE_ERROR, differently at either end, and some ends are never recorded.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "world.h"

#define SHARED   31          /* customers of one CGNAT address */
#define BLOCK    2000        /* ports of each */
#define BASE_V4  0xc6120000u /* 198.18.0.0: dynamic */
#define BASE_FIX 0xc6130000u /* 198.19.0.0: static */
#define BASE_CGN 0xc613c000u /* 198.19.192.0 */

static struct lease *lease;
static size_t n, room;

struct pool {
	unsigned *free, nfree, size;
	int *last; /* newest lease of each address (block) */
};
static struct pool pool[2]; /* dynamic, CGNAT */

struct change {
	int64_t at, on_at; /* on_at: when to come back; 0: soon */
	unsigned customer;
	int from; /* whose last address to take; -1: any */
};
static struct change *heap; /* the next one first */
static size_t nheap, cheap;

static struct pool *
pool_of(const struct customer *c)
{
	return c->access == DYNAMIC ? &pool[0]
	       : c->access == CGNAT ? &pool[1]
	                            : NULL;
}

static int64_t
said(int64_t t) /* whole seconds, wrong by up to 6 and the rounding */
{
	return (t + rnd64(12 * SEC) - 6 * SEC) / SEC * SEC;
}

static int
before(const struct change *x, const struct change *y)
{
	return x->at != y->at ? x->at < y->at : x->customer < y->customer;
}

static void
plan(struct change k)
{
	size_t i = nheap++;

	if (nheap > cheap)
		heap =
		    realloc(heap, (cheap = cheap * 2 + 1024) * sizeof(*heap));
	for (; i > 0 && before(&k, &heap[(i - 1) / 2]); i = (i - 1) / 2)
		heap[i] = heap[(i - 1) / 2];
	heap[i] = k;
}

static struct change
next_change(void)
{
	struct change first = heap[0], k = heap[--nheap];
	size_t i = 0, child;

	for (; (child = 2 * i + 1) < nheap; i = child) {
		if (child + 1 < nheap && before(&heap[child + 1], &heap[child]))
			child++;
		if (!before(&heap[child], &k))
			break;
		heap[i] = heap[child];
	}
	heap[i] = k;
	return first;
}

static void
open_lease(unsigned customer, unsigned address, int64_t at)
{
	struct customer *c = &people[customer];
	struct pool *p = pool_of(c);
	struct lease *l;

	if (n == room)
		lease =
		    realloc(lease, (room = room * 2 + 4096) * sizeof(*lease));
	l = &lease[n];
	*l = (struct lease){.start = at,
	    .end = FOREVER,
	    .customer = customer,
	    .said_start = p ? said(at) : -FOREVER,
	    .said_end = FOREVER,
	    .next_of_customer = c->lease,
	    .next_of_address = p ? p->last[address] : -1,
	    .address = address};
	if (c->access == CGNAT) {
		l->port_first = (uint16_t)(1024 + address % SHARED * BLOCK);
		l->port_last = (uint16_t)(l->port_first + BLOCK - 1);
	}
	if (p) {
		/* A session that was never closed ends with the next on its address. */
		int before = p->last[address];

		if (before >= 0 && !lease[before].stopped)
			lease[before].said_end = l->said_start;
		p->last[address] = (int)n;
	}
	c->lease = (int)n++;
}

static void
close_lease(unsigned customer, int64_t at)
{
	struct lease *l = &lease[people[customer].lease];

	l->end = at;
	l->stopped = !one_in(0.02);
	if (l->stopped) {
		l->said_end = said(at);
		if (l->said_end <= l->said_start)
			l->said_end = l->said_start + SEC;
	}
}

/* Half of the time the address that was freed last, else any free one. */
static unsigned
take(struct pool *p)
{
	unsigned i = one_in(0.5) ? p->nfree - 1 : rnd(p->nfree), a = p->free[i];

	memmove(p->free + i, p->free + i + 1,
	    (p->nfree - i - 1) * sizeof(*p->free));
	p->nfree--;
	return a;
}

static int
take_that(struct pool *p, unsigned a)
{
	for (unsigned i = p->nfree; i-- > 0;)
		if (p->free[i] == a) {
			memmove(p->free + i, p->free + i + 1,
			    (p->nfree - i - 1) * sizeof(*p->free));
			p->nfree--;
			return 1;
		}
	return 0;
}

static void
give(struct pool *p, unsigned a)
{
	p->free[p->nfree++] = a;
}

/* The address that a customer had until lately. */
static int
left_by(unsigned customer, int64_t at)
{
	int i = people[customer].lease;

	while (i >= 0 && lease[i].end > at)
		i = lease[i].next_of_customer;
	return i < 0 ? -1 : (int)lease[i].address;
}

static void
come_back(const struct change *k, struct pool *p)
{
	int a = k->from >= 0 ? left_by((unsigned)k->from, k->at) : -1;
	int64_t stay =
	    one_in(0.1) ? rnd64(6 * HOURS) : 22 * HOURS + rnd64(4 * HOURS);

	open_lease(k->customer,
	    a >= 0 && take_that(p, (unsigned)a) ? (unsigned)a : take(p), k->at);
	plan((struct change){.at = k->at + 2 * MINUTE + stay,
	    .customer = k->customer,
	    .from = -1});
}

/* Off, and on again a little later: the line trains for 1 to 90 s. */
static void
reconnect(const struct change *k)
{
	const struct customer *c = &people[k->customer];
	struct lease *l = &lease[c->lease];
	int64_t pause = SEC + rnd64(one_in(0.8) ? 90 * SEC : 3 * HOURS);

	if (l->end == FOREVER) {
		if (k->at <= l->start + MINUTE)
			return;
		close_lease(k->customer, k->at);
		give(pool_of(c), l->address);
		plan((struct change){.at = k->on_at ? k->on_at : k->at + pause,
		    .customer = k->customer,
		    .from = k->from});
	} else if (k->at >= l->end)
		come_back(k, pool_of(c));
}

void
lease_hand_over(unsigned from, unsigned to, int64_t at, int64_t gap)
{
	plan((struct change){at - 3 * MINUTE, at + gap, to, (int)from});
	plan((struct change){
	    at, at + gap + MINUTE + rnd64(20 * MINUTE), from, -1});
}

static void
fill(struct pool *p, unsigned size)
{
	p->size = size;
	p->free = calloc(size, sizeof(*p->free));
	p->last = calloc(size, sizeof(*p->last));
	for (unsigned i = 0; i < size; i++) {
		p->last[i] = -1;
		give(p, i * 7919u % size); /* 7919 is prime to it, see below */
	}
}

void
lease_open(void)
{
	unsigned count[4] = {0}, fixed = 0, six = 0;

	for (unsigned i = 0; i < opt.customers; i++)
		count[people[i].access]++;
	/* few addresses are free; never a multiple of 7919 */
	fill(&pool[0], count[DYNAMIC] + count[DYNAMIC] / 12 + 3);
	fill(&pool[1], count[CGNAT] + count[CGNAT] / 12 + 3);
	for (unsigned i = 0; i < opt.customers; i++) {
		struct customer *c = &people[i];

		if (c->access == STATIC)
			open_lease(i, c->fixed = fixed++, START - DAYS);
		else if (c->access == V6)
			open_lease(i, c->fixed = six++, START - DAYS);
		else {
			open_lease(i, take(pool_of(c)),
			    START - rnd64(20 * HOURS) - HOURS);
			plan((struct change){.at = START + rnd64(24 * HOURS),
			    .customer = i,
			    .from = -1});
		}
	}
}

/* Must have run for the next day, too, before anybody asks for doubts. */
void
lease_day(unsigned day)
{
	while (nheap > 0 && heap[0].at < START + (int64_t)(day + 1) * DAYS) {
		struct change k = next_change();

		reconnect(&k);
	}
}

const struct lease *
lease_at(unsigned customer, int64_t t)
{
	int i = people[customer].lease;

	while (i >= 0 && lease[i].start > t)
		i = lease[i].next_of_customer;
	return i >= 0 && t < lease[i].end ? &lease[i] : NULL;
}

struct addr
lease_addr(const struct lease *l, unsigned host_part)
{
	struct addr a = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255}};
	enum access how = people[l->customer].access;
	uint32_t v4 = how == DYNAMIC ? BASE_V4 + 16 + l->address
	              : how == STATIC
	                  ? BASE_FIX + l->address * 4 + host_part % 4
	                  : BASE_CGN + l->address / SHARED;

	if (how == V6)
		a = (struct addr){{0x20, 0x01, 0x0d, 0xb8, 0x10,
		    (uint8_t)(l->address >> 8), (uint8_t)l->address,
		    (uint8_t)host_part, [15] = (uint8_t)(1 + host_part)}};
	else
		for (int i = 0; i < 4; i++)
			a.b[12 + i] = (uint8_t)(v4 >> (24 - 8 * i));
	return a;
}

int
lease_doubt(const struct lease *l, int64_t stamp, int port_known, int64_t error)
{
	const struct customer *c = &people[l->customer];
	int inside = 0;

	if (pool_of(c) == NULL)
		return 0;
	if (c->access == CGNAT && !port_known)
		return 's';
	for (int i = pool_of(c)->last[l->address]; i >= 0;
	     i = lease[i].next_of_address) {
		const struct lease *o = &lease[i];

		if (o->customer == l->customer)
			inside |= stamp >= o->said_start && stamp < o->said_end;
		else if (stamp >= o->said_start - error &&
		         stamp < o->said_end + error)
			return 'i';
	}
	return inside ? 0 : 'i';
}

static void
put_time(FILE *f, int64_t t)
{
	if (t > -FOREVER && t < FOREVER)
		fprintf(f, ",%lld", (long long)(t / SEC));
	else
		fputc(',', f);
}

static void
write_csv(void)
{
	FILE *f[4] = {out_file("leases/dynamic.csv"),
	    out_file("leases/fixed.csv"), out_file("leases/cgnat.csv"), NULL};

	for (int i = 0; i < 3; i++)
		fprintf(
		    f[i], "prefix,customer,from,until,port_from,port_until\n");
	for (size_t i = 0; i < n; i++) {
		const struct lease *l = &lease[i];
		enum access how = people[l->customer].access;
		struct addr a = lease_addr(l, 0);
		FILE *to = f[how == V6 ? STATIC : how];

		if (how == V6)
			a.b[15] = 0;
		fprintf(to, "%s%s,C-%05u", addr_text(&a),
		    how == STATIC ? "/30"
		    : how == V6   ? "/56"
		                  : "",
		    l->customer);
		put_time(to, l->said_start);
		put_time(to, l->stopped ? l->said_end : FOREVER);
		if (l->port_last)
			fprintf(to, ",%u,%u\n", l->port_first, l->port_last);
		else
			fprintf(to, ",,\n");
	}
	for (int i = 0; i < 3; i++)
		if (fclose(f[i]) != 0)
			exit(1);
}

struct record {
	int64_t at;
	size_t lease;
	int kind; /* 0 Start, 1 Interim-Update, 2 Stop */
};

static int
by_record(const void *a, const void *b)
{
	const struct record *x = a, *y = b;

	return x->at != y->at         ? (x->at < y->at ? -1 : 1)
	       : x->lease != y->lease ? (x->lease < y->lease ? -1 : 1)
	                              : x->kind - y->kind;
}

static void
put_record(FILE *f, const struct record *r)
{
	static const char *const status[] = {"Start", "Interim-Update", "Stop"};
	const struct lease *l = &lease[r->lease];
	struct addr a = lease_addr(l, 0);
	time_t s = (time_t)(r->at / SEC);
	char text[64];
	struct tm tm;

	gmtime_r(&s, &tm);
	strftime(text, sizeof(text), "%a %b %e %H:%M:%S %Y", &tm);
	fprintf(f,
	    "%s\n\tAcct-Session-Id = \"%08zX\"\n\tAcct-Status-Type = %s\n"
	    "\tUser-Name = \"C-%05u\"\n\tNAS-IP-Address = 192.0.2.40\n"
	    "\tFramed-IP-Address = %s\n",
	    text, r->lease + 0x4a000000, status[r->kind], l->customer,
	    addr_text(&a));
	if (r->kind > 0)
		fprintf(f, "\tAcct-Session-Time = %lld\n",
		    (long long)((r->at - l->said_start) / SEC));
	if (r->kind == 2)
		fprintf(f, "\tAcct-Terminate-Cause = User-Request\n");
	strftime(text, sizeof(text), "%b %e %Y %H:%M:%S UTC", &tm);
	fprintf(f,
	    "\tEvent-Timestamp = \"%s\"\n\tAcct-Delay-Time = 0\n\tTimestamp = %lld\n\n",
	    text, (long long)s);
}

/* FreeRADIUS: what was recorded of sessions of the dynamic customers. */
static void
write_radius(void)
{
	struct record *r = malloc((n * 8 + 1) * sizeof(*r));
	int64_t end = START + (int64_t)opt.days * DAYS, day = -1;
	size_t k = 0, room_left = n * 8;
	FILE *f = NULL;

	for (size_t i = 0; i < n; i++) {
		const struct lease *l = &lease[i];

		if (people[l->customer].access != DYNAMIC)
			continue;
		r[k++] = (struct record){l->said_start, i, 0};
		for (int64_t t = l->said_start + 6 * HOURS;
		     t < l->said_end && t < l->end && t < end &&
		     k + n - i < room_left;
		     t += 6 * HOURS)
			r[k++] = (struct record){t, i, 1};
		if (l->stopped)
			r[k++] = (struct record){l->said_end, i, 2};
	}
	qsort(r, k, sizeof(*r), by_record);
	for (size_t i = 0; i < k && r[i].at < end; i++) {
		int64_t d = r[i].at < START ? 0 : (r[i].at - START) / DAYS;

		if (d != day) {
			if (f && fclose(f) != 0)
				exit(1);
			f = out_file("leases/detail-%02d", (int)(day = d));
		}
		put_record(f, &r[i]);
	}
	if (f && fclose(f) != 0)
		exit(1);
	free(r);
}

void
lease_write(void)
{
	write_csv();
	if (!opt.csv)
		write_radius();
}
