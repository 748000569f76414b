/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/event_time.h"

#include "base/hash.h"

struct event_time
event_time_from(int64_t latest)
{
	return (struct event_time){
	    .latest = latest, .leap = UTC_NONE, .name_n = SIZE_MAX};
}

/* The host's place; a new one takes that of the one heard of least lately. */
static struct host_time *
place_of(struct event_time *t, uint64_t host)
{
	struct host_time *oldest = NULL, *h;

	for (h = t->hosts; h < t->hosts + t->n; h++) {
		if (h->host == host)
			return h;
		if (oldest == NULL || h->last < oldest->last)
			oldest = h;
	}
	if (t->n < EVENT_TIME_HOSTS)
		oldest = &t->hosts[t->n++];
	*oldest = (struct host_time){host, UTC_NONE};
	return oldest;
}

/* The same for the host's name, which mostly is that of the line before. */
static struct host_time *
host_of(struct event_time *t, struct str host)
{
	struct host_time *h;

	if (host.n == t->name_n && str_eq(host, str_of(t->name, host.n)))
		return &t->hosts[t->at];
	h = place_of(t, hash_str(host, 0));
	t->name_n = SIZE_MAX;
	if (host.n <= sizeof(t->name)) {
		if (host.n > 0)
			memcpy(t->name, host.p, host.n);
		t->name_n = host.n;
		t->at = (size_t)(h - t->hosts);
	}
	return h;
}

void
event_time_hear(struct event_time *t, struct str host, int64_t time)
{
	const int64_t before = t->leap;
	struct host_time *h;

	t->leap = UTC_NONE;
	if (before != UTC_NONE && time >= before - EVENT_TIME_LAG &&
	    before > t->latest)
		t->latest = before; /* the second line says so, too */
	if (t->latest == UTC_NONE ? before == UTC_NONE
	                          : time > t->latest + EVENT_TIME_LEAP) {
		t->leap = time;
		return;
	}
	h = host_of(t, host);
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
		    t->hosts[i].last >= t->latest - EVENT_TIME_LAG)
			least = t->hosts[i].last;
	return least;
}
