/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/pending.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/map.h"
#include "base/utc.h"
#include "ingest/sleepers.h"
#include "model/config.h"

#define SIZE_SLACK 4096 /* headers that are added on the way */
/* From the start of a transaction to its end (RFC 5321 4.5.3.2.6). */
#define SCAN_MAX     (660 * USEC)
#define OUT_OF_ORDER (5 * USEC)

struct pending_set {
	struct pending *first, *last;
	/* The first that has not been looked at by id, of earlier runs and of
	 * this one: each is in order of time, both together are not. */
	struct pending *due_old, *due;
	size_t n;
	struct map by_queue;
	struct mid_index *mids;
	const struct prefix *own;
	size_t nown;
	int64_t *gone;
	size_t ngone, gone_size;
};

struct pending_set *
pending_new(struct mid_index *mids)
{
	struct pending_set *s = xcalloc(1, sizeof(*s));

	s->mids = mids;
	return s;
}

void
pending_drop(struct pending *p)
{
	if (p != NULL) {
		arena_free(&p->mem);
		free(p);
	}
}

void
pending_free(struct pending_set *s)
{
	struct pending *p;

	if (s == NULL)
		return;
	while ((p = s->first) != NULL) {
		s->first = p->next;
		pending_drop(p);
	}
	map_free(&s->by_queue);
	free(s->gone);
	free(s);
}

uint64_t
pending_queue_key(struct str queue_id)
{
	return hash_str(queue_id, 21);
}

struct pending *
pending_of(struct str host, struct str mta, const struct event *ev,
    const struct verdict *v, int64_t time)
{
	struct pending *p = xcalloc(1, sizeof(*p));

	p->mem.block = 192; /* nearly always all of its text */
	p->host = arena_dup(&p->mem, host);
	p->mta = arena_dup(&p->mem, mta);
	p->queue_id = arena_dup(&p->mem, ev->queue_id);
	p->message_id = arena_dup(&p->mem, ev->message_id);
	p->v = *v;
	p->v.filter = arena_dup(&p->mem, v->filter);
	p->v.signature = arena_dup(&p->mem, v->signature);
	p->v.rule = arena_dup(&p->mem, v->rule);
	p->time = time;
	p->size = ev->size;
	p->has_client = ev->has_client;
	p->client = ev->client;
	p->dirty = true;
	p->key = str_has(p->queue_id) ? pending_queue_key(p->queue_id)
	                              : mid_key(p->message_id);
	return p;
}

void
pending_put(struct pending_set *s, struct pending *p)
{
	struct pending **due = p->old ? &s->due_old : &s->due;

	p->prev = s->last;
	*(s->last ? &s->last->next : &s->first) = p;
	s->last = p;
	if (*due == NULL)
		*due = p;
	s->n++;
	if (str_has(p->queue_id)) {
		p->chain = map_get(&s->by_queue, p->key);
		map_put(&s->by_queue, p->key, p);
	} else if (!p->old) {
		mids_heard(s->mids, p->key, p->host, p->v.filter, p->time);
	}
}

static void
unlink_queue(struct pending_set *s, struct pending *p)
{
	struct pending *first = map_get(&s->by_queue, p->key), **at;

	for (at = &first; *at != NULL; at = &(*at)->chain)
		if (*at == p) {
			*at = p->chain;
			break;
		}
	if (first != NULL)
		map_put(&s->by_queue, p->key, first);
	else
		map_del(&s->by_queue, p->key);
}

void
pending_take(struct pending_set *s, struct pending *p)
{
	if (str_has(p->queue_id))
		unlink_queue(s, p);
	if (s->due == p)
		s->due = p->next;
	if (s->due_old == p)
		s->due_old = p->next;
	*(p->prev ? &p->prev->next : &s->first) = p->next;
	*(p->next ? &p->next->prev : &s->last) = p->prev;
	s->n--;
}

/* It has found its message, or will not find one. */
static void
finish(struct pending_set *s, struct pending *p)
{
	pending_take(s, p);
	if (p->slot != 0) {
		if (s->ngone == s->gone_size) {
			s->gone_size = s->gone_size ? s->gone_size * 2 : 64;
			s->gone =
			    xrealloc(s->gone, s->gone_size * sizeof(*s->gone));
		}
		s->gone[s->ngone++] = p->slot;
	}
	pending_drop(p);
}

int64_t
pending_gone(struct pending_set *s)
{
	return s->ngone > 0 ? s->gone[--s->ngone] : 0;
}

/* An empty host (a filter's own log file) fits every host. */
static bool
same_host(struct str a, struct str b)
{
	return a.n == 0 || b.n == 0 || str_eq(a, b);
}

void
pending_own_hosts(struct pending_set *s, const struct prefix *own, size_t n)
{
	s->own = own;
	s->nown = n;
}

static bool
is_ours(const struct pending_set *s, struct addr a)
{
	return addr_is_loopback(a) || prefixes_have(s->own, s->nown, a);
}

bool
pending_fits(const struct pending_set *s, const struct message *m, bool has,
    struct addr client)
{
	return !has || !m->has_client || addr_cmp(m->client, client) == 0 ||
	       is_ours(s, client) || is_ours(s, m->client);
}

/* Is the verdict about this message?  Until the client is known, one that
 * names its client waits, but no longer than the message is there. */
static bool
client_fits(const struct pending_set *s, const struct pending *p,
    const struct message *m, bool last)
{
	if (p->has_client && !m->has_client)
		return last;
	return pending_fits(s, m, p->has_client, p->client);
}

bool
pending_claims(const struct pending_set *s, const struct pending *p,
    const struct queue_entry *q, bool last)
{
	return str_eq(p->queue_id, q->id) && same_host(p->host, q->host) &&
	       (p->mta.n == 0 || str_eq(p->mta, q->mta)) &&
	       client_fits(s, p, q->message, last) &&
	       p->time >= q->first - PENDING_EARLY &&
	       p->time <= q->first + PENDING_LATE;
}

void
pending_claim(struct pending_set *s, struct queue_entry *q, bool last)
{
	struct pending *p, *next;

	if (s->by_queue.n == 0)
		return; /* as is usual */
	p = map_get(&s->by_queue, pending_queue_key(q->id));
	for (; p != NULL; p = next) {
		next = p->chain;
		if (!pending_claims(s, p, q, last))
			continue;
		message_add_verdict(q->message, &p->v, p->time);
		finish(s, p);
	}
}

/* Sizes that can be of the same message, before and after headers. */
static bool
size_fits(int64_t said, int64_t have)
{
	int64_t slack = have / 5 + SIZE_SLACK;

	return said < 0 || have < 0 ||
	       (said <= have + slack && have <= said + slack);
}

/* Of one that may be asleep. */
static bool
was_there(const struct pending *p, const struct message *m)
{
	return p->time >= m->received - PENDING_WAIT &&
	       p->time <= m->received + SCAN_MAX;
}

bool
pending_read_then(const struct pending *p, const struct message *m)
{
	return was_there(p, m) &&
	       p->time - OUT_OF_ORDER <= message_done(m) &&
	       size_fits(p->size, m->size);
}

/* It was linked, or is known to tell nothing, and is gone. */
static void
link_by_id(struct pending_set *s, struct pending *p, int64_t *ambiguous)
{
	bool many;
	struct message *m = mids_only(
	    s->mids, p->key, p->host, p->v.filter, p->time, &many);

	p->tried = p->dirty = true;
	if (many) {
		++*ambiguous;
		finish(s, p);
		return;
	}
	if (m == NULL || !was_there(p, m))
		return;
	m = message_wake(m);
	if (!pending_read_then(p, m) ||
	    !pending_fits(s, m, p->has_client, p->client))
		return;
	message_add_verdict(m, &p->v, p->time);
	finish(s, p);
}

/* Those from *due on whose time has come. */
static void
advance_due(struct pending_set *s, struct pending **due, int64_t before,
    int64_t *ambiguous)
{
	struct pending *p = *due, *next;
	bool old = p != NULL && p->old;

	for (; p != NULL && p->old == old && p->time <= before; p = next) {
		next = p->next;
		*due = next;
		if (!p->tried && !str_has(p->queue_id))
			link_by_id(s, p, ambiguous);
	}
}

void
pending_advance(
    struct pending_set *s, int64_t now, bool all, int64_t *ambiguous)
{
	int64_t before = all ? INT64_MAX : now - PENDING_WAIT;

	advance_due(s, &s->due_old, before, ambiguous);
	advance_due(s, &s->due, before, ambiguous);
}

int64_t
pending_due(const struct pending_set *s)
{
	int64_t due = INT64_MAX;

	if (s->n > PENDING_HELD)
		return INT64_MIN;
	if (s->due != NULL)
		due = s->due->time + PENDING_WAIT;
	if (s->due_old != NULL && s->due_old->time + PENDING_WAIT < due)
		due = s->due_old->time + PENDING_WAIT;
	if (s->first != NULL && s->first->time + PENDING_HOLD < due)
		due = s->first->time + PENDING_HOLD;
	return due;
}

struct pending *
pending_overdue(struct pending_set *s, int64_t now)
{
	struct pending *p = s->first;

	return p != NULL &&
	               (p->time < now - PENDING_HOLD || s->n > PENDING_HELD)
	           ? p
	           : NULL;
}

struct pending *
pending_next(struct pending_set *s, const struct pending *p)
{
	return p ? p->next : s->first;
}
