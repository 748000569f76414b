/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/pending.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/utc.h"
#include "model/config.h"

#define QUEUE_EARLY (300 * USEC) /* a verdict may come before its message */
#define SWEEP_EVERY (600 * USEC)
#define USES_MAX 8 /* of one id that are told apart */
#define SIZE_SLACK  4096         /* headers that are added on the way */

/* One message, open or gone, that carried a Message-ID. */
struct mid_use {
	struct message *message; /* NULL once it has left */
	uint64_t host;           /* its hash; 0 = none */
	int64_t received, size;
	struct mid_use *next, *also; /* of the id; of the message */
	struct mid *mid;
};

struct mid_filter {
	struct str filter;
	int verdicts;
	struct mid_filter *next;
};

struct mid { /* one for every message of a window: kept small */
	uint64_t hash; /* of the id, which is all that is kept of it */
	struct arena mem;
	struct mid_use *uses; /* newest first */
	struct mid_use one;   /* nearly always the only one */
	int nuses;
	int64_t crowded; /* last time it had more uses than are told apart */
	struct mid_filter *filters;
	int64_t last;
};

struct pending_set {
	struct pending *first, *last;
	/* The first that has not been looked at by id, of earlier runs and of
	 * this one: each is in order of time, both together are not. */
	struct pending *due_old, *due;
	size_t n;
	struct map by_queue, mids;
	struct buf form; /* the Message-ID at hand as it is compared */
	const struct prefix *own;
	size_t nown;
	int64_t swept;
};

struct pending_set *
pending_new(void)
{
	struct pending_set *s = xcalloc(1, sizeof(*s));

	s->swept = UTC_NONE;
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

/* Of a use that is in no list any more. */
static void
use_free(struct mid *m, struct mid_use *u)
{
	if (u != &m->one)
		free(u);
}

static void
mid_free(struct mid *m)
{
	struct mid_use *u, *next;

	for (u = m->uses; u != NULL; u = next) {
		next = u->next;
		if (u->message != NULL)
			u->message->mid = NULL;
		use_free(m, u);
	}
	arena_free(&m->mem);
	free(m);
}

void
pending_free(struct pending_set *s)
{
	struct pending *p;
	struct mid *m;
	size_t at = 0;

	if (s == NULL)
		return;
	while ((p = s->first) != NULL) {
		s->first = p->next;
		pending_drop(p);
	}
	while ((m = map_next(&s->mids, &at)) != NULL)
		mid_free(m);
	map_free(&s->by_queue);
	map_free(&s->mids);
	buf_free(&s->form);
	free(s);
}

/* Programs write one Message-ID in several ways: Exim without its <>, spamd
 * with "?" for what is not printable and "_" for a comma. */
static struct str
mid_form(struct pending_set *s, struct str id)
{
	if (id.n > 2 && id.p[0] == '<' && id.p[id.n - 1] == '>')
		id = str_of(id.p + 1, id.n - 2);
	s->form.n = 0;
	buf_s(&s->form, id);
	for (size_t i = 0; i < id.n; i++) {
		if (id.p[i] <= ' ' || id.p[i] > '~')
			s->form.p[i] = '?';
		else if (id.p[i] == ',')
			s->form.p[i] = '_';
	}
	return buf_str(&s->form);
}

static struct mid *
mid_find(struct pending_set *s, struct str message_id, bool make)
{
	struct str id = mid_form(s, message_id);
	uint64_t h = hash_str(id, 7);
	struct mid *m = map_get(&s->mids, h);

	if (m != NULL || !make)
		return m;
	m = xcalloc(1, sizeof(*m));
	m->mem.block = 256;
	m->hash = h;
	m->crowded = UTC_NONE;
	map_put(&s->mids, h, m);
	return m;
}

static void
mid_count_verdict(struct mid *m, struct str filter)
{
	struct mid_filter *f;

	for (f = m->filters; f != NULL; f = f->next)
		if (str_eq(f->filter, filter))
			break;
	if (f == NULL) {
		f = arena_zalloc(&m->mem, sizeof(*f));
		f->filter = arena_dup(&m->mem, filter);
		f->next = m->filters;
		m->filters = f;
	}
	f->verdicts++;
}

struct pending *
pending_put(struct pending_set *s, struct str host, struct str mta,
    const struct event *ev, const struct verdict *v, int64_t time)
{
	struct pending *p = xcalloc(1, sizeof(*p));
	struct mid *m;
	uint64_t h;

	p->mem.block = 512;
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
	p->prev = s->last;
	*(s->last ? &s->last->next : &s->first) = p;
	s->last = p;
	if (s->due == NULL)
		s->due = p;
	s->n++;
	if (str_has(p->queue_id)) {
		h = hash_str(p->queue_id, 0);
		p->chain = map_get(&s->by_queue, h);
		map_put(&s->by_queue, h, p);
	} else {
		m = mid_find(s, p->message_id, true);
		mid_count_verdict(m, p->v.filter);
		if (time > m->last)
			m->last = time;
	}
	return p;
}

void
pending_put_old(struct pending_set *s, struct str host, struct str mta,
    const struct event *ev, const struct verdict *v, int64_t time, bool tried)
{
	struct pending *p = pending_put(s, host, mta, ev, v, time);

	p->old = true;
	p->tried = tried;
	s->due = NULL;
	if (s->due_old == NULL)
		s->due_old = p;
}

static void
unlink_queue(struct pending_set *s, struct pending *p)
{
	uint64_t h = hash_str(p->queue_id, 0);
	struct pending *first = map_get(&s->by_queue, h), **at;

	for (at = &first; *at != NULL; at = &(*at)->chain)
		if (*at == p) {
			*at = p->chain;
			break;
		}
	if (first != NULL)
		map_put(&s->by_queue, h, first);
	else
		map_del(&s->by_queue, h);
}

static void
take_out(struct pending_set *s, struct pending *p)
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

/* An empty host (a filter's own log file) fits every host. */
static bool
same_host(struct str a, struct str b)
{
	return a.n == 0 || b.n == 0 || str_eq(a, b);
}

static uint64_t
host_hash(struct str host)
{
	return host.n ? hash_str(host, 0) : 0;
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

void
pending_claim(
    struct pending_set *s, struct queue_entry *q, int64_t t, bool last)
{
	struct pending *p, *next;

	p = map_get(&s->by_queue, hash_str(q->id, 0));
	for (; p != NULL; p = next) {
		next = p->chain;
		if (!str_eq(p->queue_id, q->id) ||
		    !same_host(p->host, q->host) ||
		    (p->mta.n > 0 && !str_eq(p->mta, q->mta)) ||
		    !client_fits(s, p, q->message, last) ||
		    p->time < t - QUEUE_EARLY || p->time > t + PENDING_WINDOW)
			continue;
		message_add_verdict(q->message, &p->v, p->time);
		take_out(s, p);
		pending_drop(p);
	}
}

/* A place for one more use.  An id that everybody uses tells nothing, and
 * must not cost anything: the oldest use that has left gives its place. */
static struct mid_use *
mid_use_new(struct mid *mid, const struct message *m)
{
	struct mid_use **at, **oldest = NULL, *u;

	if (mid->nuses++ == 0) {
		mid->one = (struct mid_use){0};
		return &mid->one;
	}
	if (mid->nuses <= USES_MAX)
		return xcalloc(1, sizeof(*u));
	mid->nuses = USES_MAX;
	if (m->received > mid->crowded)
		mid->crowded = m->received;
	for (at = &mid->uses; *at != NULL; at = &(*at)->next)
		if ((*at)->message == NULL)
			oldest = at;
	if (oldest == NULL)
		return NULL;
	u = *oldest;
	*oldest = u->next;
	return u;
}

bool
pending_names_one(struct str message_id)
{
	return message_id.n > 0 && !str_eq(message_id, STR("<>"));
}

void
pending_know(struct pending_set *s, struct message *m)
{
	struct mid_use *u;
	struct mid *mid;

	if (m->mid != NULL || !pending_names_one(m->message_id))
		return;
	mid = mid_find(s, m->message_id, true);
	u = mid_use_new(mid, m);
	if (u == NULL)
		return;
	u->message = m;
	u->host = host_hash(m->host);
	u->also = NULL;
	u->received = m->received;
	u->size = m->size;
	u->mid = mid;
	u->next = mid->uses;
	mid->uses = u;
	m->mid = u;
	if (m->last > mid->last)
		mid->last = m->last;
}

void
pending_leave(struct message *m)
{
	struct mid_use *u;

	for (u = m->mid; u != NULL; u = u->also) {
		u->message = NULL;
		u->received = m->received;
		u->size = m->size;
		if (m->last > u->mid->last)
			u->mid->last = m->last;
	}
	m->mid = NULL;
}

static void
mid_use_remove(struct mid_use *u)
{
	struct mid_use **at;

	for (at = &u->mid->uses; *at != u; at = &(*at)->next)
		;
	*at = u->next;
	u->mid->nuses--;
	use_free(u->mid, u);
}

void
pending_merged(struct message *into, struct message *m)
{
	struct mid_use *u, *also;

	for (u = m->mid; u != NULL; u = also) {
		also = u->also;
		if (u->host == host_hash(into->host)) {
			mid_use_remove(u);
			continue;
		}
		u->message = into;
		u->also = into->mid;
		into->mid = u;
	}
	m->mid = NULL;
}

/* Sizes that can be of the same message, before and after headers. */
static bool
size_fits(int64_t said, int64_t have)
{
	int64_t slack = have / 5 + SIZE_SLACK;

	return said < 0 || have < 0 ||
	       (said <= have + slack && have <= said + slack);
}

/* The one use that this verdict can mean, or NULL; *many: more than one. */
static struct mid_use *
only_use(const struct mid *mid, const struct pending *p, bool *many)
{
	uint64_t host = host_hash(p->host);
	struct mid_use *u, *found = NULL;

	*many = mid->crowded != UTC_NONE &&
	    mid->crowded >= p->time - PENDING_WINDOW &&
	    mid->crowded <= p->time + PENDING_WINDOW;
	for (u = mid->uses; u != NULL; u = u->next) {
		if (u->message != NULL) {
			u->received = u->message->received;
			u->size = u->message->size;
		}
		if ((u->host != 0 && host != 0 && u->host != host) ||
		    u->received > p->time + PENDING_WINDOW ||
		    u->received < p->time - PENDING_WINDOW)
			continue;
		if (found != NULL)
			*many = true;
		found = u;
	}
	return *many ? NULL : found;
}

static int
verdicts_of(const struct mid *mid, struct str filter)
{
	const struct mid_filter *f;

	for (f = mid->filters; f != NULL; f = f->next)
		if (str_eq(f->filter, filter))
			return f->verdicts;
	return 0;
}

/* True if the verdict was linked, and is gone. */
static bool
link_by_id(struct pending_set *s, struct pending *p, int64_t *ambiguous)
{
	struct mid *mid = mid_find(s, p->message_id, false);
	struct mid_use *u;
	bool many = false;

	if (mid == NULL)
		return false;
	u = only_use(mid, p, &many);
	if (many || (u != NULL && verdicts_of(mid, p->v.filter) > 1)) {
		++*ambiguous;
		take_out(s, p);
		pending_drop(p);
		return true;
	}
	if (u == NULL || u->message == NULL || !size_fits(p->size, u->size) ||
	    !pending_fits(s, u->message, p->has_client, p->client))
		return false;
	message_add_verdict(u->message, &p->v, p->time);
	take_out(s, p);
	pending_drop(p);
	return true;
}

/* Removes the ids that nobody has used for a window. */
static void
sweep(struct pending_set *s, int64_t now)
{
	struct mid *m;
	struct mid_use *u;
	size_t at = 0;

	while ((m = map_next(&s->mids, &at)) != NULL) {
		for (u = m->uses; u != NULL && u->message == NULL;)
			u = u->next;
		if (u == NULL && m->last < now - PENDING_WINDOW) {
			map_del(&s->mids, m->hash);
			mid_free(m);
		}
	}
	s->swept = now;
}

/* Those from *due on whose time has come. */
static void
advance_due(struct pending_set *s, struct pending **due, int64_t before,
    int64_t *linked, int64_t *ambiguous)
{
	struct pending *p = *due, *next;
	bool old = p != NULL && p->old, tried;
	int64_t had;

	for (; p != NULL && p->old == old && p->time <= before; p = next) {
		next = p->next;
		*due = next;
		had = *ambiguous;
		tried = p->tried;
		p->tried = true;
		if (!tried && !str_has(p->queue_id) &&
		    link_by_id(s, p, ambiguous) && *ambiguous == had)
			++*linked;
	}
}

void
pending_advance(struct pending_set *s, int64_t now, bool all, int64_t *linked,
    int64_t *ambiguous)
{
	int64_t before = all ? INT64_MAX : now - PENDING_WAIT;

	advance_due(s, &s->due_old, before, linked, ambiguous);
	advance_due(s, &s->due, before, linked, ambiguous);
	if (s->swept == UTC_NONE || now > s->swept + SWEEP_EVERY)
		sweep(s, now);
}

struct pending *
pending_take(struct pending_set *s, int64_t older_than)
{
	struct pending *p = s->first;

	if (p == NULL || p->time >= older_than)
		return NULL;
	take_out(s, p);
	return p;
}

void
pending_remove(struct pending_set *s, struct pending *p)
{
	take_out(s, p);
	pending_drop(p);
}

struct pending *
pending_next(struct pending_set *s, const struct pending *p)
{
	return p ? p->next : s->first;
}

size_t
pending_count(const struct pending_set *s)
{
	return s->n;
}
