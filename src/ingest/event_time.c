/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/event_time.h"

#include "base/hash.h"

struct event_time
event_time_from(int64_t latest)
{
	return (struct event_time){
	    .latest = latest, .leap = UTC_NONE, .name_n = SIZE_MAX};
}

/* Who gives its place to a new one first: who cannot be waited for yet, then who
 * was heard of least lately. */
static int64_t
rank(const struct event_time *t, const struct host_time *h)
{
	return h->last > t->latest ? INT64_MIN : h->last;
}

/* The host's place; a new one takes that of another. */
static struct host_time *
place_of(struct event_time *t, uint64_t host)
{
	struct host_time *oldest = NULL, *h;

	for (h = t->hosts; h < t->hosts + t->n; h++) {
		if (h->host == host)
			return h;
		if (oldest == NULL || rank(t, h) < rank(t, oldest))
			oldest = h;
	}
	if (t->n < EVENT_TIME_HOSTS)
		oldest = &t->hosts[t->n++];
	*oldest = (struct host_time){.host = host, .last = UTC_NONE};
	return oldest;
}

/* The same for the host's name, which mostly is that of the line before; a line of
 * that time. */
static struct host_time *
host_of(struct event_time *t, struct str host, int64_t time)
{
	struct host_time *h;

	if (host.n == t->name_n && str_eq(host, str_of(t->name, host.n)))
		return &t->hosts[t->at];
	h = place_of(t, hash_str(host, 0));
	if (h->earlier && time < h->last - EVENT_TIME_LAG)
		h->last = UTC_NONE;
	h->earlier = false;
	t->name_n = SIZE_MAX;
	if (host.n <= sizeof(t->name)) {
		if (host.n > 0)
			memcpy(t->name, host.p, host.n);
		t->name_n = host.n;
		t->at = (size_t)(h - t->hosts);
	}
	return h;
}

/* How far the hosts that are waited for had come, all in all. */
static int64_t
latest_here(const struct event_time *t)
{
	int64_t latest = UTC_NONE;
	bool all = true;

	for (const struct host_time *h = t->hosts; h < t->hosts + t->n; h++) {
		if (h->earlier)
			continue;
		all &= h->here;
		if (h->here && h->last > latest)
			latest = h->last;
	}
	return all && latest != UTC_NONE ? t->latest : latest;
}

/* The first line of a run: does it go on where the last one ended? */
static void
resume(struct event_time *t, int64_t time)
{
	t->resumed = false;
	t->latest = latest_here(t);
	if (t->latest == UTC_NONE ? t->leap != UTC_NONE
	                          : time >= t->latest - EVENT_TIME_LAG)
		return;
	t->latest = t->leap = UTC_NONE;
	for (size_t i = 0; i < t->n; i++)
		t->hosts[i].earlier = true;
}

void
event_time_hear(
    struct event_time *t, struct str host, unsigned source, int64_t time)
{
	int64_t before;
	struct host_time *h;

	if (t->resumed)
		resume(t, time);
	before = t->leap;
	t->leap = UTC_NONE;
	if (before != UTC_NONE && time >= before - EVENT_TIME_LAG &&
	    before > t->latest)
		t->latest = before; /* the second line says so, too */
	if (t->latest == UTC_NONE ? before == UTC_NONE
	                          : time > t->latest + EVENT_TIME_LEAP) {
		t->leap = time;
		return;
	}
	h = host_of(t, host, time);
	h->source = source;
	h->here = true;
	if (time > h->last)
		h->last = time;
	if (time > t->latest)
		t->latest = time;
}

void
event_time_end(struct event_time *t)
{
	if (t->latest == UTC_NONE)
		t->latest = t->leap;
}

int64_t
event_time_of_all(const struct event_time *t)
{
	int64_t least = t->latest;

	if (least == UTC_NONE)
		return least;
	for (size_t i = 0; i < t->n; i++)
		if (t->hosts[i].last < least &&
		    (t->hosts[i].here || t->resumed) &&
		    t->hosts[i].last >= t->latest - EVENT_TIME_LAG)
			least = t->hosts[i].last;
	return least;
}

void
event_time_reads(struct event_time *t, unsigned source)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->hosts[i].source == source)
			t->hosts[i].here = true;
}

static bool
may_be_waited_for(const struct event_time *t, const struct host_time *h)
{
	return t->resumed || t->latest == UTC_NONE ||
	       (h->last >= t->latest - EVENT_TIME_LAG &&
	           h->last <= t->latest + EVENT_TIME_LEAP);
}

void
event_time_save(const struct event_time *t, struct buf *out)
{
	const struct host_time *h;

	pack_i64(out, t->latest);
	pack_i64(out, t->leap);
	for (h = t->hosts; h < t->hosts + t->n; h++)
		if (may_be_waited_for(t, h)) {
			pack_u8(out, h->earlier ? 2 : 1);
			pack_i64(out, (int64_t)h->host);
			pack_u32(out, h->source);
			pack_i64(out, h->last);
		}
	pack_u8(out, 0);
}

/* Is it one of several of its source? */
static bool
has_others(const struct event_time *t, const struct host_time *h)
{
	for (size_t i = 0; i < t->n; i++)
		if (&t->hosts[i] != h && t->hosts[i].source == h->source)
			return true;
	return false;
}

bool
event_time_restore(struct event_time *t, struct rd *r)
{
	struct host_time *h;
	uint8_t kind;

	t->latest = unpack_i64(r);
	t->leap = unpack_i64(r);
	while ((kind = rd_u8(r)) != 0 && !r->bad) {
		if (t->n == EVENT_TIME_HOSTS)
			return false;
		h = &t->hosts[t->n++];
		h->host = (uint64_t)unpack_i64(r);
		h->source = rd_be32(r);
		h->last = unpack_i64(r);
		h->earlier = kind == 2;
	}
	for (h = t->hosts; h < t->hosts + t->n; h++)
		h->here = has_others(t, h);
	t->resumed = true;
	return !r->bad;
}
