/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/assemble.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/map.h"
#include "base/pack.h"
#include "base/pool.h"
#include "base/texts.h"
#include "base/utc.h"
#include "ingest/event_time.h"
#include "ingest/held.h"
#include "ingest/pending.h"
#include "ingest/sleepers.h"
#include "ingest/spill.h"

/* Event time that passes between a message's end and its leaving: log lines
 * of several processes come out of order by some seconds. */
#define LINGER (30 * USEC)
/* ... of a message that came from this very host, or another of ours: the
 * line that tells whose it is comes when that one's client has finished. */
#define LINGER_LOCAL (300 * USEC)
/* A message that never ended is let go after the longest queue lifetimes
 * (RFC 5321 4.5.4.1: give-up time generally 4-5 days). */
#define OPEN_MAX (7 * 86400 * USEC)
/* Facts of a queue id may be logged this long before its arrival line
 * (Sendmail writes from= at the end of the transaction). */
#define EARLY_MAX    (600 * USEC)
#define OUT_OF_ORDER (5 * USEC)
#define CONN_MAX     (3600 * USEC)
#define SWEEP_EVERY  (600 * USEC)
/* Refusals matter for 2 * OUT_OF_ORDER: their table stays in the cache. */
#define SWEEP_REFUSALS (60 * USEC)
/* From the start of a transaction to its end: RFC 5321 4.5.3.2.6 lets a
 * client wait 10 minutes for the answer to its data. */
#define HOP_MAX      (660 * USEC)
#define SOURCES_MAX  4 /* files that may repeat each other's lines */

/* An SMTP session, known by its server process. */
struct conn {
	uint64_t key;
	int64_t last;
	bool has_client;
	struct addr client;
	uint16_t port;
	bool refused; /* its last transaction is on record as refused */
	int refused_mail; /* refusals at MAIL that are on record */
	int tls;
	struct queue_entry *queue; /* being received, or NULL */
	uint64_t receiving; /* restored: names its queue, adopted later; or 0 */
	/* Of a session with an id of its own, whose other lines do not repeat
	 * them; allocated together, or NULL. */
	struct conn_facts *facts;
};

struct conn_facts {
	struct str name, helo, auth_user;
	char text[];
};

/* A refusal without a queue id, seen in one or several sources. */
struct occurrence {
	uint64_t key;
	int64_t time;
	unsigned source[SOURCES_MAX];
	int count[SOURCES_MAX];
	int emitted;
};

/* LIST_PARKED: ended in an earlier run, and event time has not come there
 * again (older files are being read). */
enum { LIST_NONE, LIST_SHORT, LIST_LONG, LIST_PARKED, LIST_OPEN, LIST_N };

struct assembler {
	struct message_sink *sink;
	struct map queues; /* hash of queue id -> chain of queue_entry */
	struct map conns, occurrences, hops;
	struct pool conn_pool, occurrence_pool;
	struct str id; /* of the event that is used now, or absent; */
	uint64_t id_hash; /* ... its hash */
	const struct prefix *own;
	size_t nown;
	struct message_list lists[LIST_N];
	struct sleepers sleepers; /* of LIST_OPEN */
	struct pending_set *pending;
	struct mid_index *mids;
	struct texts paths;
	size_t open;
	struct held held;
	int64_t now, swept, swept_refusals;
	struct event_time heard; /* of the lines; now is HELD_TIME before */
	int64_t parked; /* the earliest time on LIST_PARKED */
	int64_t due;    /* nothing is to be done before; of all the above */
	struct assembly_counts counts;
};

struct assembler *
assembler_new(struct message_sink *sink)
{
	struct assembler *a = xcalloc(1, sizeof(*a));

	a->sink = sink;
	a->conn_pool.size = sizeof(struct conn);
	a->occurrence_pool.size = sizeof(struct occurrence);
	a->mids = mids_new();
	a->pending = pending_new(a->mids);
	a->sleepers = (struct sleepers){.list = &a->lists[LIST_OPEN],
	    .queues = &a->queues,
	    .paths = &a->paths};
	a->now = a->swept = a->swept_refusals = UTC_NONE;
	a->heard = event_time_from(UTC_NONE);
	a->parked = INT64_MAX;
	a->due = INT64_MIN;
	return a;
}

void
assembler_own_hosts(struct assembler *a, const struct prefix *own, size_t n)
{
	a->own = own;
	a->nown = n;
	pending_own_hosts(a->pending, own, n);
}

static void
conn_free(struct assembler *a, struct conn *c)
{
	if (c != NULL)
		free(c->facts);
	pool_put(&a->conn_pool, c);
}

void
assembler_free(struct assembler *a)
{
	struct occurrence *o;
	struct message *m;
	struct conn *c;
	size_t at = 0;
	int i;

	if (a == NULL)
		return;
	mids_record(a->mids, NULL);
	held_free(&a->held);
	for (i = 1; i < LIST_N; i++)
		while ((m = a->lists[i].first) != NULL) {
			a->lists[i].first = m->list_next;
			mids_leave(a->mids, m);
			message_drop(m);
		}
	sleepers_free(&a->sleepers);
	map_free(&a->queues);
	while ((c = map_next(&a->conns, &at)) != NULL)
		conn_free(a, c);
	map_free(&a->conns);
	pool_free(&a->conn_pool);
	for (at = 0; (o = map_next(&a->occurrences, &at)) != NULL;)
		pool_put(&a->occurrence_pool, o);
	map_free(&a->occurrences);
	pool_free(&a->occurrence_pool);
	map_free(&a->hops);
	pending_free(a->pending);
	mids_free(a->mids);
	texts_free(&a->paths);
	free(a);
}

struct texts *
assembler_paths(struct assembler *a)
{
	return &a->paths;
}

/* Lists of open messages. */

static void
list_remove(struct assembler *a, struct message *m)
{
	struct message_list *l = &a->lists[m->list];

	if (m->list == LIST_NONE)
		return;
	if (m->list == LIST_OPEN)
		sleepers_remove(&a->sleepers, m);
	*(m->list_prev ? &m->list_prev->list_next : &l->first) = m->list_next;
	*(m->list_next ? &m->list_next->list_prev : &l->last) = m->list_prev;
	m->list = LIST_NONE;
	a->open--;
}

/* Behind whom it belongs in a list that is in order of time: what ends now at
 * its end, and what was heard of since it was put there at its beginning. */
static struct message *
place_of(const struct message_list *l, int64_t due)
{
	struct message *m = l->last;

	if (m == NULL || m->due <= due)
		return m;
	if (m->due - due < due - l->first->due) {
		while (m != NULL && m->due > due)
			m = m->list_prev;
		return m;
	}
	for (m = l->first; m != NULL && m->due <= due; m = m->list_next)
		;
	return m->list_prev;
}

static int64_t
linger_of(int list)
{
	return list == LIST_SHORT ? LINGER : LINGER_LOCAL;
}

static void
list_put(struct assembler *a, struct message *m, int list)
{
	bool in_order = list == LIST_SHORT || list == LIST_LONG;
	struct message_list *l = &a->lists[list];
	struct message *before;

	list_remove(a, m);
	before = in_order ? place_of(l, m->last) : l->last;
	m->due = m->last;
	m->list = list;
	m->list_prev = before;
	m->list_next = before ? before->list_next : l->first;
	*(m->list_prev ? &m->list_prev->list_next : &l->first) = m;
	*(m->list_next ? &m->list_next->list_prev : &l->last) = m;
	a->open++;
	if (list == LIST_OPEN)
		sleepers_add(&a->sleepers, m);
	if (in_order && m->due + linger_of(list) < a->due)
		a->due = m->due + linger_of(list);
}

static bool
all_ended(const struct message *m)
{
	const struct queue_entry *q;

	for (q = m->queues; q != NULL; q = q->next)
		if (!q->ended)
			return false;
	return true;
}

bool
assembler_is_own(const struct assembler *a, bool has, struct addr addr)
{
	return has && prefixes_have(a->own, a->nown, addr);
}

static bool
from_own_host(const struct assembler *a, const struct message *m)
{
	return m->queues != NULL && m->queues->next == NULL &&
	       (m->reinjected ||
	           (m->has_client && addr_is_loopback(m->client)) ||
	           assembler_is_own(a, m->has_client, m->client));
}

/* Puts the message where its state belongs. */
static void
list_settle(struct assembler *a, struct message *m)
{
	int list = LIST_OPEN;

	if (all_ended(m) || message_settled(m))
		list = from_own_host(a, m) ? LIST_LONG : LIST_SHORT;
	if (m->list != list)
		list_put(a, m, list);
	else if (list == LIST_OPEN)
		sleepers_heard(&a->sleepers, m);
}

/* Queue ids. */

/* The hash of an id; that of the event's own is known. */
static uint64_t
id_hash(const struct assembler *a, struct str id)
{
	return str_has(id) && id.p == a->id.p && id.n == a->id.n
	           ? a->id_hash
	           : hash_str(id, 0);
}

static void
queue_index(struct assembler *a, struct queue_entry *q, uint64_t hash)
{
	q->hash = hash;
	q->chain = map_get(&a->queues, hash);
	map_put(&a->queues, hash, q);
}

static void
queue_unindex(struct assembler *a, struct queue_entry *q)
{
	const uint64_t h = q->hash;
	struct queue_entry *first = map_get(&a->queues, h), **at;

	for (at = &first; *at != NULL; at = &(*at)->chain)
		if (*at == q) {
			*at = q->chain;
			break;
		}
	if (first != NULL)
		map_put(&a->queues, h, first);
	else
		map_del(&a->queues, h);
}

static bool
fits(struct str want, struct str have)
{
	return want.n == 0 || have.n == 0 || str_eq(want, have);
}

/* The incarnation of a queue id that a line of time t is about: the latest
 * that had begun by then.  any: an instance that differs will do, if none is
 * the same. */
static struct queue_entry *
queue_find(struct assembler *a, const struct origin *o, struct str id, bool any)
{
	struct queue_entry *q, *best = NULL;
	bool same, best_same = false;

	q = sleepers_chain(&a->sleepers, id_hash(a, id));
	for (; q != NULL; q = q->chain) {
		if (!str_eq(q->id, id) || !fits(o->host, q->host) ||
		    !fits(o->mta, q->mta) ||
		    q->first > o->time + OUT_OF_ORDER)
			continue;
		same = str_eq(q->instance, o->instance);
		if (!same && !any)
			continue;
		if (best == NULL || same > best_same ||
		    (same == best_same && q->first > best->first)) {
			best = q;
			best_same = same;
		}
	}
	return best;
}

static struct queue_entry *
queue_new(struct assembler *a, const struct origin *o, struct str id)
{
	struct message *m = message_new(o->host, o->mta, o->time);
	struct queue_entry *q = message_queue(m, id, o->instance, o->time);

	m->told = o->direction;
	queue_index(a, q, id_hash(a, id));
	list_put(a, m, LIST_OPEN);
	pending_claim(a->pending, q, false);
	return q;
}

static void
touch(struct message *m, int64_t t)
{
	if (t > m->last)
		m->last = t;
	/* Without an arrival line it is the earliest that tells, not the first
	 * that was read (Exim's main and reject log differ by milliseconds). */
	if (!m->arrived && t < m->received)
		m->received = t;
	m->dirty = m->rows_dirty = true;
}

/* Makes b's message part of a's, unless it is already. */
static void
link_entries(
    struct assembler *a, struct queue_entry *qa, struct queue_entry *qb)
{
	struct message *ma = qa->message, *mb = qb->message;

	if (ma == mb)
		return;
	list_remove(a, mb);
	mids_merged(ma, mb);
	message_merge(ma, mb);
	list_remove(a, ma);
	list_settle(a, ma);
	mids_know(a->mids, ma);
}

/* May the message of this entry be the other side of a local hand-over? */
static bool
may_be_reinjection(
    const struct queue_entry *parent, const struct queue_entry *q)
{
	const struct message *m = q->message;

	return q != parent && q == m->queues &&
	       (!m->has_client || m->reinjected ||
	           addr_is_loopback(m->client)) &&
	       q->first >= parent->first - OUT_OF_ORDER;
}

/* Keys of the hand-overs: the id, and on this host whose it is. */
static uint64_t
hop_key(struct str id, const struct str *host)
{
	return hash_str(id, host ? hash_str(*host, 17) : 18);
}

/* Forgets one; its memory is the message's. */
static void
hop_drop(struct assembler *a, struct hop *h)
{
	struct hop **at;

	if (map_get(&a->hops, h->key) == h)
		map_del(&a->hops, h->key);
	for (at = &h->from->hops; *at != h; at = &(*at)->next)
		;
	*at = h->next;
}

/* Remembers a hand-over to an id that is not known yet. */
static void
hop_put(struct assembler *a, uint64_t key, struct queue_entry *from, int64_t t)
{
	struct hop *h = map_get(&a->hops, key);

	if (h != NULL && t > h->time + HOP_MAX) { /* the id is in use again */
		hop_drop(a, h);
		h = NULL;
	}
	if (h == NULL)
		map_put(&a->hops, key, message_hop(from, key, t));
	else if (h->from->message != from->message)
		h->many = true;
	else if (t > h->time)
		h->time = t;
}

/* The message leaves: nobody waits for its other side any more. */
static void
hops_forget(struct assembler *a, struct queue_entry *q)
{
	while (q->hops != NULL)
		hop_drop(a, q->hops);
}

/* The id of a hand-over on this host has begun to be logged. */
static void
begun_by_hop(struct assembler *a, struct queue_entry *q)
{
	struct hop *h;

	if (a->hops.n == 0)
		return;
	h = map_get(&a->hops, hop_key(q->id, &q->host));
	if (h == NULL || h->many || !may_be_reinjection(h->from, q) ||
	    q->first > h->time + LINGER)
		return;
	link_entries(a, h->from, q);
	hop_drop(a, h);
}

/* The entry of the event's queue id, made if there is none. */
static struct queue_entry *
queue_of(struct assembler *a, const struct origin *o, struct str id)
{
	struct queue_entry *q = queue_find(a, o, id, false);

	if (q == NULL) {
		q = queue_new(a, o, id);
		begun_by_hop(a, q);
	}
	touch(q->message, o->time);
	return q;
}

/* The message leaves. */
static void
leave(struct assembler *a, struct message *m)
{
	struct queue_entry *q;
	struct conn *c;

	m = message_wake(m);
	for (q = m->queues; q != NULL; q = q->next) {
		pending_claim(a->pending, q, true);
		queue_unindex(a, q);
		hops_forget(a, q);
		c = q->session ? map_get(&a->conns, q->session) : NULL;
		if (c != NULL && c->queue == q)
			c->queue = NULL;
	}
	list_remove(a, m);
	mids_leave(a->mids, m);
	if (!message_is_empty(m)) {
		a->counts.messages++;
		a->sink->message(a->sink, m);
		return;
	}
	if (a->sink->empty != NULL)
		a->sink->empty(a->sink, m);
	message_free(m);
}

/* Sessions. */

static struct str
place(char **at, struct str s)
{
	struct str kept = str_has(s) ? str_of(*at, s.n) : STR_NONE;

	if (s.n > 0)
		memcpy(*at, s.p, s.n);
	*at += s.n;
	return kept;
}

/* Lines that follow each other are mostly of one server. */
static uint64_t
server_key(const struct origin *o)
{
	static _Thread_local struct {
		char text[96];
		size_t host_n, mta_n, instance_n;
		uint64_t hash;
	} last = {.host_n = SIZE_MAX};
	const size_t n = o->host.n + o->mta.n + o->instance.n;
	uint64_t h;
	char *at = last.text;

	if (o->host.n == last.host_n && o->mta.n == last.mta_n &&
	    o->instance.n == last.instance_n &&
	    str_eq(o->host, str_of(at, o->host.n)) &&
	    str_eq(o->mta, str_of(at + o->host.n, o->mta.n)) &&
	    str_eq(o->instance,
	        str_of(at + o->host.n + o->mta.n, o->instance.n)))
		return last.hash;
	h = hash_str(o->host, 11);
	h = hash_str(o->mta, h);
	h = hash_str(o->instance, h);
	if (n <= sizeof(last.text)) {
		place(&at, o->host);
		place(&at, o->mta);
		place(&at, o->instance);
		last.host_n = o->host.n;
		last.mta_n = o->mta.n;
		last.instance_n = o->instance.n;
		last.hash = h;
	}
	return h;
}

static uint64_t
conn_key(const struct origin *o)
{
	uint64_t h = server_key(o);

	if (o->session.n > 0)
		return hash_str(o->session, h);
	return hash_u64((uint64_t)(unsigned)o->pid, h);
}

/* Puts what is new to what is known of the session. */
static void
conn_learn(struct conn *c, struct str name, struct str helo, struct str auth)
{
	struct conn_facts *old = c->facts, *f;
	char *at;

	if (!str_has(name) && !str_has(helo) && !str_has(auth))
		return;
	if (old != NULL) {
		name = str_has(name) ? name : old->name;
		helo = str_has(helo) ? helo : old->helo;
		auth = str_has(auth) ? auth : old->auth_user;
	}
	f = xmalloc(sizeof(*f) + name.n + helo.n + auth.n);
	at = f->text;
	f->name = place(&at, name);
	f->helo = place(&at, helo);
	f->auth_user = place(&at, auth);
	c->facts = f;
	free(old);
}

static struct conn *
conn_of(struct assembler *a, const struct origin *o, bool make)
{
	uint64_t key = conn_key(o);
	struct conn *c;

	if (o->pid == 0 && o->session.n == 0)
		return NULL;
	c = map_get(&a->conns, key);
	if (c == NULL && make) {
		c = pool_get(&a->conn_pool);
		c->key = key;
		c->tls = -1;
		map_put(&a->conns, key, c);
	}
	if (c != NULL)
		c->last = o->time;
	return c;
}

/* The session went on, or ended, without the message it was receiving, as far
 * as its own lines tell: whether its data had come may be in lines of other
 * processes with the same stamp, so that is decided behind them. */
static void
give_up_later(struct assembler *a, const struct origin *o, struct conn *c,
    const struct event *why)
{
	struct event ev = *why;
	struct origin then = *o;

	ev.kind = EVENT_GIVEN_UP;
	ev.queue_id = c->queue->id;
	c->queue = NULL;
	then.time++;
	held_put(&a->held, &then, &ev, NULL);
}

/* The client reset it (RSET, QUIT), or nothing is known to have been.  Of most
 * it is known already that their data had come. */
static void
give_up(struct assembler *a, const struct origin *o, struct conn *c)
{
	struct event ev;

	if (c->queue == NULL || c->queue->message->size >= 0) {
		c->queue = NULL;
		return;
	}
	ev = event_of(EVENT_GIVEN_UP);
	ev.disposition = DISP_ABORTED;
	ev.reason = STR("given up by the client");
	give_up_later(a, o, c, &ev);
}

static void
on_connect(struct assembler *a, const struct origin *o, const struct event *ev)
{
	struct conn *c = conn_of(a, o, true);
	int refused = 0;

	if (c == NULL)
		return;
	if (o->session.n > 0) { /* its id is not used again */
		conn_learn(c, ev->client_name, ev->helo, ev->auth_user);
		if (!ev->has_client) {
			c->tls = ev->tls >= 0 ? ev->tls : c->tls;
			return;
		}
	}
	if (ev->tls >= 0) { /* of a session that is known already */
		c->tls = ev->tls;
		if (c->has_client)
			return;
	}
	give_up(a, o, c);
	/* "NOQUEUE: client=" comes with each mail of one session */
	if (c->has_client && ev->has_client &&
	    addr_cmp(c->client, ev->client) == 0)
		refused = c->refused_mail;
	*c = (struct conn){
	    .key = c->key, .last = o->time, .tls = ev->tls, .facts = c->facts};
	c->refused_mail = refused;
	c->has_client = ev->has_client;
	c->client = ev->client;
	c->port = ev->client_port;
}

/* The session's client, where the event itself does not tell. */
static void
client_from_conn(const struct conn *c, struct event *ev)
{
	const struct conn_facts *f = c ? c->facts : NULL;

	if (f != NULL) {
		ev->client_name =
		    str_has(ev->client_name) ? ev->client_name : f->name;
		ev->helo = str_has(ev->helo) ? ev->helo : f->helo;
		ev->auth_user =
		    str_has(ev->auth_user) ? ev->auth_user : f->auth_user;
	}
	if (f != NULL && ev->tls < 0)
		ev->tls = c->tls;
	if (c == NULL || !c->has_client)
		return;
	if (!ev->has_client) {
		ev->has_client = true;
		ev->client = c->client;
	}
	if (addr_cmp(ev->client, c->client) != 0)
		return;
	if (ev->client_port == 0)
		ev->client_port = c->port;
	if (ev->tls < 0)
		ev->tls = c->tls;
}

/* Re-injection, and hops from one of our servers to the next. */

/* Is the time of the hand-over's success that of this reception?  The next
 * hop says yes after it has read and judged the whole mail. */
static bool
hop_time(int64_t sent, const struct queue_entry *b)
{
	return sent >= b->message->received - OUT_OF_ORDER &&
	       sent <= b->message->received + HOP_MAX;
}

/* May b, on another of our servers, be where q's mail went at that time?  Or
 * on the same one, after a filter on another. */
static bool
may_be_next_hop(const struct assembler *a, const struct queue_entry *q,
    const struct queue_entry *b, int64_t sent)
{
	const struct message *m = b->message;

	return m != q->message && b == m->queues && b->arrived &&
	       assembler_is_own(a, m->has_client, m->client) &&
	       hop_time(sent, b);
}

/* To another of our servers, by the id that it answered with.  It must be one
 * alone: short ids are used by all of them. */
static void
follow_own(
    struct assembler *a, struct queue_entry *q, struct str id, int64_t sent)
{
	struct queue_entry *b, *found = NULL;
	int n = 0;

	b = sleepers_chain(&a->sleepers, hash_str(id, 0));
	for (; b != NULL; b = b->chain)
		if (str_eq(b->id, id) && may_be_next_hop(a, q, b, sent)) {
			found = b;
			n++;
		}
	if (n == 1)
		link_entries(a, q, found);
	else if (n == 0)
		hop_put(a, hop_key(id, NULL), q, sent);
}

/* A mail came from one of our servers, which said so before. */
static void
arrived_from_own(struct assembler *a, struct queue_entry *b)
{
	struct hop *h = map_get(&a->hops, hop_key(b->id, NULL));

	if (h == NULL || h->many || !may_be_next_hop(a, h->from, b, h->time))
		return;
	link_entries(a, h->from, b);
	hop_drop(a, h);
}

static void
follow(struct assembler *a, const struct origin *o, struct queue_entry *q,
    struct str queued_as)
{
	struct queue_entry *b = queue_find(a, o, queued_as, true);

	if (b == NULL)
		hop_put(a, hop_key(queued_as, &q->host), q, o->time);
	else if (may_be_reinjection(q, b))
		link_entries(a, q, b);
}

/* The ids that a filter gave a message (amavis: "A/B" where it split it) are
 * one message.  Returns its entry: q, or the first of them that is known. */
static struct queue_entry *
follow_all(struct assembler *a, const struct origin *o, struct queue_entry *q,
    struct str ids)
{
	struct queue_entry *b;
	struct str id;

	while (str_has(ids)) {
		id = str_split(&ids, '/');
		b = id.n ? queue_find(a, o, id, true) : NULL;
		if (q == NULL)
			q = b;
		else if (id.n > 0 && b == NULL)
			hop_put(a, hop_key(id, &q->host), q, o->time);
		else if (b != NULL && may_be_reinjection(q, b))
			link_entries(a, q, b);
	}
	return q;
}

static void
on_same(struct assembler *a, const struct origin *o, const struct event *ev)
{
	struct queue_entry *b, *q;

	b = queue_of(a, o, ev->queue_id);
	q = queue_find(a, o, ev->parent_queue_id, true);
	b->message->reinjected = true;
	if (q != NULL && may_be_reinjection(q, b))
		link_entries(a, q, b);
}

/* Events of a queue id. */

static bool
same_arrival(
    const struct queue_entry *q, const struct origin *o, const struct event *ev)
{
	const struct message *m = q->message;

	return m->received == o->time && m->has_client == ev->has_client &&
	       (!ev->has_client || addr_cmp(m->client, ev->client) == 0);
}

/* Is the entry one whose arrival this may be? */
static bool
awaits_arrival(const struct queue_entry *q, const struct origin *o)
{
	const struct recipient *r;

	if (q == NULL || q->arrived || o->time > q->first + EARLY_MAX ||
	    (q->ended && o->time > q->first + HELD_TIME))
		return false;
	for (r = q->message->recipients; r != NULL; r = r->next)
		if (r->queue == q && r->stage == STAGE_NONE &&
		    r->attempts != NULL && o->time > q->first + OUT_OF_ORDER)
			return false; /* an old message, still being tried */
	return true;
}

static struct message *
on_arrival(struct assembler *a, const struct origin *o, struct event *ev)
{
	struct queue_entry *q = queue_find(a, o, ev->queue_id, false);
	struct conn *c = conn_of(a, o, ev->has_client);
	struct message *m;
	size_t i;

	client_from_conn(c, ev);
	if (q != NULL && q->arrived && q == q->message->queues &&
	    same_arrival(q, o, ev))
		return q->message;
	if (!awaits_arrival(q, o))
		q = queue_new(a, o, ev->queue_id);
	m = q->message;
	q->arrived = true;
	if (q == m->queues) {
		m->arrived = true;
		m->received = o->time;
		m->evidence = o->evidence;
		message_fill(m, ev);
		for (i = 0; i < ev->nrecipients; i++)
			message_recipient(m, q, ev->recipients[i], STR_NONE);
	}
	if (c != NULL) {
		if (c->queue != q)
			give_up(a, o, c);
		c->queue = q;
		q->session = c->key;
		c->refused = false;
	}
	touch(m, o->time);
	mids_know(a->mids, m);
	pending_claim(a->pending, q, false);
	list_settle(a, m);
	if (q == m->queues && assembler_is_own(a, m->has_client, m->client))
		arrived_from_own(a, q);
	begun_by_hop(a, q);
	return q->message;
}

static struct attempt
attempt_of(const struct origin *o, const struct event *ev)
{
	struct attempt at = {.time = o->time};

	at.disposition = ev->disposition;
	at.reply = ev->reply;
	at.dsn = ev->dsn;
	at.reason = ev->reason;
	at.relay = ev->relay;
	at.has_relay_addr = ev->has_relay_addr;
	at.relay_addr = ev->relay_addr;
	at.evidence = o->evidence;
	return at;
}

/* A hand-over to our own filter on this host, or to another of our servers. */
enum hop_kind { HOP_NONE, HOP_LOCAL, HOP_OWN };

static enum hop_kind
hop_of(const struct assembler *a, const struct event *ev)
{
	if (ev->disposition != DISP_DELIVERED || !str_has(ev->queued_as) ||
	    !ev->has_relay_addr)
		return HOP_NONE;
	if (addr_is_loopback(ev->relay_addr))
		return HOP_LOCAL;
	return assembler_is_own(a, true, ev->relay_addr) ? HOP_OWN : HOP_NONE;
}

static struct message *
on_attempt(struct assembler *a, const struct origin *o, const struct event *ev)
{
	struct queue_entry *q = queue_of(a, o, ev->queue_id);
	struct attempt at = attempt_of(o, ev);
	enum hop_kind hop = hop_of(a, ev);
	struct message *m = q->message;
	struct recipient *r;
	size_t i;

	for (i = 0; i < ev->nrecipients; i++) {
		r = message_recipient(
		    m, q, ev->recipients[i], ev->orig_recipient);
		message_attempt(m, r, &at);
		if (hop != HOP_NONE && !str_has(r->handed_to))
			r->handed_to = arena_dup(&m->mem, ev->queued_as);
	}
	if (ev->nrecipients == 0 && m->recipients == NULL) /* nobody is named */
		message_recipient(m, q, STR_NONE, STR_NONE);
	if (ev->nrecipients == 0) /* of all that still wait */
		for (r = m->recipients; r != NULL; r = r->next)
			if (r->queue == q && !recipient_settled(r))
				message_attempt(m, r, &at);
	if (hop == HOP_LOCAL)
		follow(a, o, q, ev->queued_as);
	else if (hop == HOP_OWN)
		follow_own(a, q, ev->queued_as, o->time);
	list_settle(a, q->message);
	return q->message;
}

static bool
is_final_refusal(const struct event *ev)
{
	return ev->stage >= STAGE_DATA || ev->disposition == DISP_DISCARDED;
}

static struct message *
refuse_queued(struct assembler *a, const struct origin *o,
    const struct event *ev, struct conn *c)
{
	struct queue_entry *q = queue_of(a, o, ev->queue_id);
	struct attempt at = attempt_of(o, ev);
	struct message *m = q->message;
	struct recipient *r;
	size_t i;

	message_fill(m, ev);
	if (!str_has(m->evidence.source))
		m->evidence = o->evidence;
	for (i = 0; i < ev->nrecipients; i++) {
		r = message_recipient(m, q, ev->recipients[i], STR_NONE);
		if (!is_final_refusal(ev))
			message_refuse_one(m, r, &at, ev->stage);
	}
	if (is_final_refusal(ev)) {
		message_refuse(m, &at, ev->stage);
		q->ended = true;
		if (c != NULL && c->queue == q)
			c->queue = NULL;
	}
	mids_know(a->mids, m);
	list_settle(a, m);
	return m;
}

/* What makes two refusal lines the same statement. */
static uint64_t
refusal_hash(const struct origin *o, const struct event *ev)
{
	uint64_t h = conn_key(o);

	h = hash_u64((uint64_t)o->time, h);
	h = hash_bytes(&ev->client, sizeof(ev->client), h);
	h = hash_u64(ev->client_port, h);
	h = hash_u64((uint64_t)ev->kind << 32 | (uint64_t)ev->stage << 16 |
	                 (uint64_t)ev->disposition,
	    h);
	h = hash_u64((uint64_t)ev->reply, h);
	h = hash_str(ev->sender, h);
	h = hash_str(ev->helo, h);
	h = hash_str(ev->auth_user, h);
	h = hash_str(ev->nrecipients ? ev->recipients[0] : STR_NONE, h);
	return hash_str(ev->reason, h);
}

/* The same statement may stand in several files (Exim's main and reject log)
 * and several times in one; on record are as many as the one file that has
 * most of them has.  Returns its number from 1, or 0 if it is on record. */
static int
occurrence_number(struct assembler *a, uint64_t h, const struct origin *o)
{
	struct occurrence *c = map_get(&a->occurrences, h);
	int i;

	if (c == NULL) {
		c = pool_get(&a->occurrence_pool);
		c->key = h;
		c->time = o->time;
		map_put(&a->occurrences, h, c);
	}
	for (i = 0; i < SOURCES_MAX - 1; i++)
		if (c->count[i] == 0 || c->source[i] == o->source)
			break;
	c->source[i] = o->source;
	if (++c->count[i] <= c->emitted)
		return 0;
	return ++c->emitted;
}

/* A transaction without a queue id: a record of its own, at once. */
static struct message *
refuse_unqueued(
    struct assembler *a, const struct origin *o, const struct event *ev)
{
	struct attempt at = attempt_of(o, ev);
	uint64_t h = refusal_hash(o, ev);
	int n = occurrence_number(a, h, o);
	struct message *m;
	size_t i;

	if (n == 0)
		return NULL;
	m = message_new(o->host, o->mta, o->time);
	m->transaction = hash_u64((uint64_t)n, h);
	m->told = o->direction;
	m->evidence = o->evidence;
	message_fill(m, ev);
	for (i = 0; i < ev->nrecipients; i++)
		message_recipient(m, NULL, ev->recipients[i], STR_NONE);
	if (ev->nrecipients == 0)
		message_recipient(m, NULL, STR_NONE, STR_NONE);
	message_refuse(m, &at, ev->stage);
	list_put(a, m, LIST_SHORT);
	mids_know(a->mids, m);
	return m;
}

/* MAIL commands that the server refused without a line of their own: bad
 * syntax, no HELO, no STARTTLS where it is asked for; all of them 5xx. */
static void
refuse_unsaid(struct assembler *a, const struct origin *o,
    const struct event *ev, const struct conn *c)
{
	struct event one = event_of(EVENT_REJECT);
	int n = ev->refused_mail - c->refused_mail;

	one.stage = STAGE_MAIL;
	one.disposition = DISP_REJECTED;
	one.reason = STR("MAIL refused, as the end of the session tells");
	client_from_conn(c, &one);
	while (n-- > 0)
		refuse_unqueued(a, o, &one);
}

static void
on_disconnect(struct assembler *a, const struct origin *o,
    const struct event *ev)
{
	struct conn *c = conn_of(a, o, false);

	if (c == NULL)
		return;
	give_up(a, o, c);
	if (c->has_client && c->refused_mail < ev->refused_mail)
		refuse_unsaid(a, o, ev, c);
	map_del(&a->conns, c->key);
	conn_free(a, c);
}

static struct message *
on_reject(struct assembler *a, const struct origin *o, struct event *ev)
{
	struct conn *c = conn_of(a, o, false);

	client_from_conn(c, ev);
	if (c != NULL) {
		c->refused = true;
		c->refused_mail += ev->stage == STAGE_MAIL;
	}
	if (str_has(ev->queue_id))
		return refuse_queued(a, o, ev, c);
	return refuse_unqueued(a, o, ev);
}

static void
abort_queued(struct assembler *a, const struct origin *o,
    const struct event *ev, struct queue_entry *q)
{
	struct attempt at = attempt_of(o, ev);

	message_refuse(q->message, &at, ev->stage);
	q->ended = true;
	touch(q->message, o->time);
	list_settle(a, q->message);
}

static struct message *
on_abort(struct assembler *a, const struct origin *o, struct event *ev)
{
	struct conn *c = conn_of(a, o, false);
	struct queue_entry *q;

	client_from_conn(c, ev);
	ev->disposition = DISP_ABORTED;
	if (str_has(ev->queue_id)) {
		q = queue_of(a, o, ev->queue_id);
		if (q->ended || q->message->size >= 0)
			return NULL;
		abort_queued(a, o, ev, q);
		if (c != NULL)
			c->queue = NULL;
		return q->message;
	}
	if (c != NULL && c->refused)
		ev->has_client = false; /* it is on record already */
	if (c != NULL && c->queue != NULL)
		give_up_later(a, o, c, ev);
	else if (ev->has_client)
		return refuse_unqueued(a, o, ev);
	return NULL;
}

/* Can what was given up be this message?  Before DATA it is not one of which
 * the Message-ID is known: that one was taken, the queue manager's line is late
 * (another process writes it), and the peer has begun or reset the next. */
static bool
can_abort(const struct message *m, const struct event *ev)
{
	return m->size < 0 && (!str_has(m->message_id) ||
	                          (ev->has_client && ev->stage >= STAGE_DATA));
}

/* See give_up_later().  Where the client is told, it went away: if not in
 * this message, then in another transaction. */
static void
on_given_up(struct assembler *a, const struct origin *o, struct event *ev)
{
	struct queue_entry *q = queue_find(a, o, ev->queue_id, false);
	const struct message *m = q ? q->message : NULL;
	struct origin then = *o;

	then.time--;
	if (m != NULL && !q->ended && q == m->queues && q->next == NULL &&
	    can_abort(m, ev)) {
		abort_queued(a, &then, ev, q);
	} else if (ev->has_client) {
		ev->queue_id = STR_NONE;
		refuse_unqueued(a, &then, ev);
	}
}

static struct message *
on_detail(struct assembler *a, const struct origin *o, const struct event *ev)
{
	struct queue_entry *q = queue_of(a, o, ev->queue_id);
	struct message *m = q->message;
	size_t i;

	if (q == m->queues) {
		message_fill(m, ev);
		for (i = 0; i < ev->nrecipients; i++)
			message_recipient(m, q, ev->recipients[i], STR_NONE);
	}
	mids_know(a->mids, m);
	list_settle(a, m);
	return m;
}

static struct message *
on_end(struct assembler *a, const struct origin *o, const struct event *ev)
{
	struct queue_entry *q = queue_find(a, o, ev->queue_id, false);

	if (q == NULL)
		q = queue_new(a, o, ev->queue_id); /* its start is not here */
	q->ended = true;
	touch(q->message, o->time);
	list_settle(a, q->message);
	return q->message;
}

/* A notification that the server itself made: nobody's but the server's. */
static struct message *
on_child(struct assembler *a, const struct origin *o, const struct event *ev)
{
	struct queue_entry *q = queue_of(a, o, ev->queue_id);
	struct message *m = q->message;

	m->child = true;
	m->has_client = false;
	m->client_port = 0;
	if (!str_has(m->parent_queue_id))
		m->parent_queue_id = arena_dup(&m->mem, ev->parent_queue_id);
	return m;
}

/* What a filter's line, or text of the server, is about. */
/* The use of a queue id that a filter's line is about.  Where it names the
 * client, an id that somebody else's message has too is told apart. */
static struct queue_entry *
queue_of_notice(
    struct assembler *a, const struct origin *o, const struct event *ev)
{
	struct queue_entry *q = queue_find(a, o, ev->queue_id, true);

	if (q == NULL ||
	    pending_fits(a->pending, q->message, ev->has_client, ev->client))
		return q;
	for (q = q->chain; q != NULL; q = q->chain)
		if (str_eq(q->id, ev->queue_id) && fits(o->host, q->host) &&
		    fits(o->mta, q->mta) && q->message->has_client &&
		    addr_cmp(q->message->client, ev->client) == 0 &&
		    q->first <= o->time + OUT_OF_ORDER)
			return q;
	return NULL;
}

static struct message *
on_notice(struct assembler *a, const struct origin *o, const struct event *ev)
{
	struct queue_entry *q = NULL;
	size_t i;

	if (str_has(ev->queue_id))
		q = queue_of_notice(a, o, ev);
	if (q == NULL && str_has(ev->queue_id) && str_has(o->mta))
		q = queue_new(a, o, ev->queue_id);
	q = follow_all(a, o, q, ev->queued_as);
	if (q == NULL)
		return NULL;
	for (i = 0; i < ev->nrecipients; i++)
		message_hint(q->message, q, ev->recipients[i]);
	touch(q->message, o->time);
	list_settle(a, q->message);
	return q->message;
}

static struct message *
dispatch(struct assembler *a, const struct origin *o, struct event *ev)
{
	switch (ev->kind) {
	case EVENT_NONE:
	case EVENT_N:
		break;
	case EVENT_CONNECT:
		on_connect(a, o, ev);
		break;
	case EVENT_DISCONNECT:
		on_disconnect(a, o, ev);
		break;
	case EVENT_ARRIVAL:
		return on_arrival(a, o, ev);
	case EVENT_DETAIL:
		return on_detail(a, o, ev);
	case EVENT_ATTEMPT:
		return on_attempt(a, o, ev);
	case EVENT_REJECT:
		return on_reject(a, o, ev);
	case EVENT_ABORT:
		return on_abort(a, o, ev);
	case EVENT_NOTICE:
		return on_notice(a, o, ev);
	case EVENT_CHILD:
		return on_child(a, o, ev);
	case EVENT_SAME:
		on_same(a, o, ev);
		break;
	case EVENT_END:
		return on_end(a, o, ev);
	case EVENT_GIVEN_UP:
		on_given_up(a, o, ev);
		break;
	}
	return NULL;
}

/* An event that only carries a verdict names its message, or did not find
 * one; the verdict then waits if there is something to wait by. */
static void
give_verdict(struct assembler *a, const struct origin *o,
    const struct event *ev, const struct verdict *v, struct message *m)
{
	struct verdict own = *v;
	struct event link = *ev;

	own.evidence = o->evidence;
	if (m != NULL) {
		message_add_verdict(m, &own, o->time);
		return;
	}
	if (ev->kind != EVENT_NOTICE)
		return; /* a copy of a line that is on record */
	if (!str_has(link.queue_id))
		link.queue_id = link.queued_as;
	if (str_has(link.queue_id) || mid_names_one(link.message_id))
		pending_put(a->pending,
		    pending_of(o->host, o->mta, &link, &own, o->time));
	else
		a->counts.unlinked_verdicts++;
}

struct str
assembler_text(struct assembler *a, struct str text)
{
	return held_text(&a->held, text);
}

void
assemble(struct assembler *a, const struct origin *o, const struct event *ev,
    const struct verdict *v)
{
	if (!ev->copy)
		held_put(&a->held, o, ev, v);
}

/* dispatch() adds what the session knows of the client to an arrival or
 * refusal, never to what a verdict waits by. */
static void
use(struct assembler *a, struct held_event *e)
{
	struct message *m;

	a->id = e->ev.queue_id;
	a->id_hash = e->id_hash;
	m = dispatch(a, &e->o, &e->ev);
	a->id = STR_NONE;
	if (e->has_verdict && e->v.kind != VERDICT_NONE)
		give_verdict(a, &e->o, &e->ev, &e->v, m);
}

/* Time. */

/* It is asked for soon: so many of its lines of cache are read meanwhile. */
static void
message_soon(const struct message *m, size_t lines)
{
	for (size_t i = 0; i < lines; i++)
		__builtin_prefetch((const char *)m + i * 64);
}

/* Of those that leave next. */
static void
leaves_soon(const struct assembler *a, const struct message *m)
{
	const struct message *next = m->list_next;

	mids_leaves_soon(a->mids, m);
	if (next == NULL)
		return;
	if (next->list_next != NULL)
		message_soon(next->list_next, (sizeof(*m) + 63) / 64);
	__builtin_prefetch(next->recipients);
	__builtin_prefetch(next->mid);
	if (next->queues != NULL)
		map_soon(&a->queues, next->queues->hash);
}

static void
sweep_conns(struct assembler *a, int64_t before)
{
	struct conn *c;
	size_t at = 0;

	while ((c = map_next(&a->conns, &at)) != NULL)
		if (c->last < before) {
			map_del(&a->conns, c->key);
			conn_free(a, c);
		}
}

static void
sweep_occurrences(struct assembler *a, int64_t before)
{
	struct occurrence *c;
	size_t at = 0;

	while ((c = map_next(&a->occurrences, &at)) != NULL)
		if (c->time < before) {
			map_del(&a->occurrences, c->key);
			pool_put(&a->occurrence_pool, c);
		}
}

static void
sweep_open(struct assembler *a, int64_t before)
{
	struct message *m, *next;

	for (m = a->lists[LIST_OPEN].first; m != NULL; m = next) {
		next = m->list_next;
		if (m->last >= before)
			continue;
		a->counts.expired++;
		leave(a, m);
	}
}

static void
advance_list(struct assembler *a, int list)
{
	const int64_t linger = linger_of(list);
	struct message *m;

	while ((m = a->lists[list].first) != NULL) {
		if (m->due + linger > a->now) {
			if (m->due + linger < a->due)
				a->due = m->due + linger;
			return;
		}
		leaves_soon(a, m);
		if (m->last + linger > a->now)
			list_put(a, m, list); /* it was heard of since */
		else
			leave(a, m);
	}
}

/* A verdict that has waited long enough in memory. */
static void
let_verdict_go(struct assembler *a, struct pending *p)
{
	pending_take(a->pending, p);
	if (a->sink->waiting != NULL) {
		a->sink->waiting(a->sink, p);
		return;
	}
	a->counts.unlinked_verdicts++;
	pending_drop(p);
}

void
assembler_let_verdicts_go(struct assembler *a)
{
	struct pending *p;

	while ((p = pending_next(a->pending, NULL)) != NULL)
		let_verdict_go(a, p);
}

/* Event time has come to messages that ended in an earlier run. */
static void
advance_parked(struct assembler *a)
{
	struct message *m, *next;

	a->parked = INT64_MAX;
	for (m = a->lists[LIST_PARKED].first; m != NULL; m = next) {
		next = m->list_next;
		if (m->last <= a->now)
			list_settle(a, m);
		else if (m->last < a->parked)
			a->parked = m->last;
	}
}

static void
sweep(struct assembler *a, int64_t now)
{
	if (a->swept == UTC_NONE || now >= a->swept + SWEEP_EVERY) {
		a->swept = now;
		sweep_conns(a, now - CONN_MAX);
		sweep_open(a, now - OPEN_MAX);
		mids_sweep(a->mids, now);
	}
	if (a->swept_refusals == UTC_NONE ||
	    now >= a->swept_refusals + SWEEP_REFUSALS) {
		a->swept_refusals = now;
		sweep_occurrences(a, now - 2 * OUT_OF_ORDER);
	}
	if (a->swept + SWEEP_EVERY < a->due)
		a->due = a->swept + SWEEP_EVERY;
	if (a->swept_refusals + SWEEP_REFUSALS < a->due)
		a->due = a->swept_refusals + SWEEP_REFUSALS;
}

/* With each line event time goes on, and mostly nothing is due: a->due says
 * so, which list_put() and pending_due() keep. */
static void
come_to(struct assembler *a, int64_t now)
{
	struct pending *p;

	if (now <= a->now)
		return;
	a->now = now;
	if (now >= a->parked)
		advance_parked(a);
	if (now < a->due && now < pending_due(a->pending))
		return;
	a->due = INT64_MAX;
	pending_advance(
	    a->pending, now, false, &a->counts.ambiguous_verdicts);
	while ((p = pending_overdue(a->pending, now)) != NULL)
		let_verdict_go(a, p);
	advance_list(a, LIST_SHORT);
	advance_list(a, LIST_LONG);
	sweep(a, now);
}

/* Does nobody name it but who is told where it lies? */
static bool
may_sleep(const struct assembler *a, const struct message *m)
{
	const struct queue_entry *q;
	const struct conn *c;

	for (q = m->queues; q != NULL; q = q->next) {
		c = q->session ? map_get(&a->conns, q->session) : NULL;
		if (c != NULL && c->queue == q)
			return false;
	}
	return sleepers_can(m);
}

/* Messages move: nothing but their lists and indexes may name one. */
static void
let_sleep(struct assembler *a)
{
	struct message *m;
	int tries;

	for (tries = 4; tries > 0; tries--) {
		if ((m = sleepers_tired(&a->sleepers)) == NULL)
			return;
		if (may_sleep(a, m))
			sleepers_put(&a->sleepers, m);
		else
			sleepers_later(&a->sleepers, m);
	}
}

/* What is held tells what will be looked for next: the memory that this takes,
 * seldom used for seconds, is read while the events before it are used. */
static void
look_ahead(const struct assembler *a)
{
	const struct held_event *e;
	const struct queue_entry *q;

	if ((e = held_ahead(&a->held, 8)) != NULL) {
		__builtin_prefetch(e);
		__builtin_prefetch((const char *)e + 64);
		__builtin_prefetch((const char *)e + 128);
		__builtin_prefetch(&e->ev.message_id);
		__builtin_prefetch(&e->id_hash);
		__builtin_prefetch((const char *)e + sizeof(*e) + 64);
	}
	if ((e = held_ahead(&a->held, 5)) != NULL) {
		mids_soon(a->mids, e->ev.message_id);
		if (e->id_hash != 0)
			map_soon(&a->queues, e->id_hash);
	}
	if ((e = held_ahead(&a->held, 3)) != NULL && e->id_hash != 0 &&
	    (q = map_get(&a->queues, e->id_hash)) != NULL) {
		__builtin_prefetch(q);
		__builtin_prefetch((const char *)q + 64);
	}
	if ((e = held_ahead(&a->held, 1)) != NULL && e->id_hash != 0 &&
	    (q = map_get(&a->queues, e->id_hash)) != NULL)
		message_soon(q->message, 3);
}

/* Uses what was held of before t, each at its time. */
static void
use_before(struct assembler *a, int64_t t)
{
	struct held_event *e;

	while ((e = held_take(&a->held, t)) != NULL) {
		look_ahead(a);
		use(a, e);
		if (e->o.time <= a->heard.latest)
			come_to(a, e->o.time);
		held_drop(&a->held, e);
		if (sleepers_many(&a->sleepers))
			let_sleep(a);
	}
}

void
assembler_advance(struct assembler *a, struct str host, int64_t now)
{
	int64_t t;

	event_time_hear(&a->heard, host, now);
	t = event_time_of_all(&a->heard);
	if (t == UTC_NONE)
		return;
	use_before(a, t - HELD_TIME);
	come_to(a, t - HELD_TIME);
}

void
assembler_settle(struct assembler *a)
{
	event_time_end(&a->heard);
	use_before(a, INT64_MAX);
	come_to(a, a->heard.latest);
}

void
assembler_flush(struct assembler *a)
{
	struct message *m;
	int i;

	assembler_settle(a);
	pending_advance(
	    a->pending, a->now, true, &a->counts.ambiguous_verdicts);
	for (i = 1; i < LIST_N; i++)
		while ((m = a->lists[i].first) != NULL)
			leave(a, m);
	assembler_let_verdicts_go(a);
}

struct assembly_counts
assembler_counts(const struct assembler *a)
{
	return a->counts;
}

size_t
assembler_open(const struct assembler *a)
{
	return a->open;
}

size_t
assembler_unended(const struct assembler *a)
{
	const struct message *m;
	size_t n = 0;

	for (m = a->lists[LIST_OPEN].first; m != NULL; m = m->list_next)
		n++;
	return n;
}

/* Between runs. */

int64_t
assembler_now(const struct assembler *a)
{
	return a->now;
}

static uint64_t
queue_name(const struct queue_entry *q)
{
	return hash_u64((uint64_t)q->first, hash_str(q->id, 3));
}

static void
save_conn(struct buf *out, const struct conn *c)
{
	buf_c(out, 1);
	pack_i64(out, (int64_t)c->key);
	pack_i64(out, c->last);
	spill_addr(out, c->has_client, c->client);
	pack_i64(out, c->port);
	pack_i64(out, c->tls);
	pack_i64(out, c->refused);
	pack_i64(out, c->refused_mail);
	pack_i64(out, c->queue ? (int64_t)queue_name(c->queue) : 0);
	pack_u8(out, c->facts != NULL);
	if (c->facts != NULL) {
		pack_str(out, c->facts->name);
		pack_str(out, c->facts->helo);
		pack_str(out, c->facts->auth_user);
	}
}

static void
save_occurrence(struct buf *out, const struct occurrence *c)
{
	int i;

	buf_c(out, 1);
	pack_i64(out, (int64_t)c->key);
	pack_i64(out, c->time);
	for (i = 0; i < SOURCES_MAX; i++) {
		pack_i64(out, c->source[i]);
		pack_i64(out, c->count[i]);
	}
	pack_i64(out, c->emitted);
}

void
assembler_save(const struct assembler *a, struct buf *out)
{
	const struct conn *c;
	const struct occurrence *o;
	int64_t now = a->now == UTC_NONE ? 0 : a->now; /* 0: all are later */
	size_t at = 0;

	while ((c = map_next(&a->conns, &at)) != NULL)
		if (c->last >= now - CONN_MAX)
			save_conn(out, c);
	buf_c(out, 0);
	for (at = 0; (o = map_next(&a->occurrences, &at)) != NULL;)
		if (o->time >= now - 2 * OUT_OF_ORDER)
			save_occurrence(out, o);
	buf_c(out, 0);
	held_save(&a->held, out);
}

static void
restore_conn(struct assembler *a, struct rd *r)
{
	struct conn *c = pool_get(&a->conn_pool);

	c->key = (uint64_t)unpack_i64(r);
	c->last = unpack_i64(r);
	c->has_client = spill_get_addr(r, &c->client);
	c->port = (uint16_t)unpack_i64(r);
	c->tls = (int)unpack_i64(r);
	c->refused = unpack_i64(r) != 0;
	c->refused_mail = (int)unpack_i64(r);
	c->receiving = (uint64_t)unpack_i64(r);
	if (rd_u8(r) != 0) {
		struct str name = unpack_str(r), helo = unpack_str(r);

		conn_learn(c, name, helo, unpack_str(r));
	}
	conn_free(a, map_del(&a->conns, c->key));
	map_put(&a->conns, c->key, c);
}

static void
restore_occurrence(struct assembler *a, struct rd *r)
{
	struct occurrence *c = pool_get(&a->occurrence_pool);
	int i;

	c->key = (uint64_t)unpack_i64(r);
	c->time = unpack_i64(r);
	for (i = 0; i < SOURCES_MAX; i++) {
		c->source[i] = (unsigned)unpack_i64(r);
		c->count[i] = (int)unpack_i64(r);
	}
	c->emitted = (int)unpack_i64(r);
	pool_put(&a->occurrence_pool, map_del(&a->occurrences, c->key));
	map_put(&a->occurrences, c->key, c);
}

bool
assembler_restore(struct assembler *a, struct str state)
{
	struct rd r = rd_of(state.p, state.n);

	while (rd_u8(&r) == 1 && !r.bad)
		restore_conn(a, &r);
	while (rd_u8(&r) == 1 && !r.bad)
		restore_occurrence(a, &r);
	if (!r.bad && rd_left(&r) == 0)
		return true; /* of a program that held no lines back */
	if (r.bad || !held_restore(&a->held, &a->paths, &r))
		return false;
	a->heard = event_time_from(held_last(&a->held));
	return true;
}

struct message *
assembler_next(struct assembler *a, const struct message *m)
{
	int list = m ? m->list : LIST_NONE;

	if (m != NULL && m->list_next != NULL)
		return m->list_next;
	while (++list < LIST_N)
		if (a->lists[list].first != NULL)
			return a->lists[list].first;
	return NULL;
}

void
assembler_adopt(struct assembler *a, struct message *m)
{
	struct queue_entry *q;
	struct conn *c;
	struct hop *h;

	for (q = m->queues; q != NULL; q = q->next) {
		queue_index(a, q, hash_str(q->id, 0));
		for (h = q->hops; h != NULL; h = h->next)
			if (map_get(&a->hops, h->key) == NULL)
				map_put(&a->hops, h->key, h);
		c = q->session ? map_get(&a->conns, q->session) : NULL;
		if (c != NULL && c->receiving == queue_name(q))
			c->queue = q;
	}
	mids_know(a->mids, m);
	list_settle(a, m);
	if (m->list == LIST_OPEN) {
		let_sleep(a);
		return;
	}
	list_put(a, m, LIST_PARKED);
	if (m->last < a->parked)
		a->parked = m->last;
}

struct message *
assembler_rest(struct assembler *a, struct message *m)
{
	if (m->list != LIST_OPEN || m->nap != NULL || !may_sleep(a, m))
		return m;
	return sleepers_put(&a->sleepers, m);
}

struct pending_set *
assembler_pending(struct assembler *a)
{
	return a->pending;
}

struct mid_index *
assembler_mids(struct assembler *a)
{
	return a->mids;
}
