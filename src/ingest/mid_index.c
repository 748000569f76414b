/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/mid_index.h"

#include <stdlib.h>

#include "base/bytes16.h"
#include "base/hash.h"
#include "base/key_table.h"
#include "base/map.h"
#include "base/pack.h"
#include "base/pool.h"
#include "base/utc.h"

/* What is kept beyond the window: the longest that a line is looked at after
 * its time, with room. */
#define MARGIN    (600 * USEC)
#define USES_MAX  8 /* of one id that are told apart */
#define HOSTS_MAX (1U << 15)
#define TIME_BITS 48 /* 8 years */

/* A message, open or gone, or a filter's line that carried the id. */
struct mid_use {
	struct message *message; /* NULL once it has left, or of a line */
	uint64_t host;           /* its hash; 0 = none */
	uint64_t filter;         /* its hash; 0 = it is a message */
	int64_t time;            /* of the line; the message's reception */
	struct mid_use *next, *also; /* of the id; of the message */
	struct mid *mid;
};

struct mid {
	uint64_t key;
	struct mid_use *uses; /* newest first */
	struct mid_use one;   /* nearly always the only one */
	int64_t crowded; /* last time it had more uses than are told apart */
	int64_t last;
	int nuses;
	bool one_taken;
};

struct mid_index {
	/* There is one for every message of a window, and nearly all of them
	 * have left, the only use of their id: of those no more is kept than
	 * the host's number and the time, in the slot itself (an odd number).
	 * Of the others it is the struct mid. */
	struct key_table ids;
	struct pool pool;   /* of struct mid */
	struct buf *record; /* or NULL */
	/* Of what is kept in slots: hosts by number, and the earliest time. */
	uint64_t *hosts;
	size_t nhosts, last_host;
	struct map host_numbers;
	uint64_t base;
};

struct mid_index *
mids_new(void)
{
	struct mid_index *x = xcalloc(1, sizeof(*x));

	x->pool.size = sizeof(struct mid);
	return x;
}

/* Of a use that is in no list any more. */
static void
use_free(struct mid_use *u)
{
	if (u == &u->mid->one)
		u->mid->one_taken = false;
	else
		free(u);
}

static void
mid_free(struct mid_index *x, struct mid *m)
{
	struct mid_use *u, *next;

	for (u = m->uses; u != NULL; u = next) {
		next = u->next;
		if (u->message != NULL)
			u->message->mid = NULL;
		use_free(u);
	}
	pool_put(&x->pool, m);
}

/* The slots. */

static bool
is_gone(const struct key_slot *s)
{
	return (s->what & 1) != 0;
}

static struct mid *
mid_in(const struct key_slot *s)
{
	return (struct mid *)(uintptr_t)s->what;
}

void
mids_free(struct mid_index *x)
{
	struct key_slot *s = NULL;

	if (x == NULL)
		return;
	while ((s = key_next(&x->ids, s)) != NULL)
		if (!is_gone(s))
			mid_free(x, mid_in(s));
	key_table_free(&x->ids);
	free(x->hosts);
	map_free(&x->host_numbers);
	pool_free(&x->pool);
	free(x);
}

/* The number of a host; false: there are too many. */
static bool
host_number(struct mid_index *x, uint64_t host, size_t *n)
{
	if (x->nhosts == 0 || x->hosts[x->last_host] != host) {
		size_t at = (size_t)(uintptr_t)map_get(&x->host_numbers, host);

		if (at == 0 && x->nhosts == HOSTS_MAX)
			return false;
		if (at == 0) {
			x->hosts = xrealloc(
			    x->hosts, (x->nhosts + 1) * sizeof(*x->hosts));
			x->hosts[x->nhosts] = host;
			at = ++x->nhosts;
			map_put(&x->host_numbers, host, (void *)(uintptr_t)at);
		}
		x->last_host = at - 1;
	}
	*n = x->last_host;
	return true;
}

/* What is left of an id whose only use was a message that has left is put to
 * the slot, if it can be said there. */
static void
mid_shrink(struct mid_index *x, struct mid *m)
{
	const struct mid_use *u = &m->one;
	uint64_t since;
	size_t host;

	if (m->nuses != 1 || m->uses != u || u->filter != 0 ||
	    u->message != NULL || m->crowded != UTC_NONE || m->last != u->time)
		return;
	if (x->nhosts == 0)
		x->base = (uint64_t)u->time - (UINT64_C(1) << (TIME_BITS - 1));
	since = (uint64_t)u->time - x->base;
	if (since >> TIME_BITS != 0 || !host_number(x, u->host, &host))
		return;
	key_find(&x->ids, m->key)->what = since << 16 | host << 1 | 1;
	pool_put(&x->pool, m);
}

/* The same again, as it was. */
static void
mid_was(const struct mid_index *x, const struct key_slot *s, struct mid *m)
{
	m->key = s->key;
	m->one = (struct mid_use){.host = x->hosts[s->what >> 1 & (HOSTS_MAX - 1)],
	    .time = (int64_t)((s->what >> 16) + x->base),
	    .mid = m};
	m->uses = &m->one;
	m->nuses = 1;
	m->one_taken = true;
	m->crowded = UTC_NONE;
	m->last = m->one.time;
}

bool
mid_names_one(struct str message_id)
{
	return message_id.n > 0 && !str_eq(message_id, STR("<>"));
}

/* Exim writes it without its <>, spamd with "?" for what is not printable and
 * "_" for a comma. */
static char
as_spamd(char c)
{
	return c <= ' ' || c > '~' ? '?' : c == ',' ? '_' : c;
}

static bool
is_as_spamd(struct str id)
{
	size_t i;

	for (i = 0; i + 16 <= id.n; i += 16)
		if (bytes16_word(id.p + i) != 0xffff)
			return false;
	if (id.n >= 16)
		return bytes16_word(id.p + id.n - 16) == 0xffff;
	for (; i < id.n; i++)
		if (as_spamd(id.p[i]) != id.p[i])
			return false;
	return true;
}

uint64_t
mid_key(struct str id)
{
	uint64_t h = 7;
	char form[64];
	size_t i, n;
	bool plain;

	if (id.n > 2 && id.p[0] == '<' && id.p[id.n - 1] == '>')
		id = str_of(id.p + 1, id.n - 2);
	plain = is_as_spamd(id);
	for (; id.n > 0; id = str_from(id, n)) {
		n = id.n < sizeof(form) ? id.n : sizeof(form);
		for (i = 0; i < n && !plain; i++)
			form[i] = as_spamd(id.p[i]);
		h = hash_bytes(plain ? id.p : form, n, h);
	}
	return h;
}

void
mids_soon(const struct mid_index *x, struct str message_id)
{
	if (mid_names_one(message_id))
		key_soon(&x->ids, mid_key(message_id));
}

void
mids_leaves_soon(const struct mid_index *x, const struct message *m)
{
	if (m->mid != NULL)
		key_soon(&x->ids, m->mid->mid->key);
}

static uint64_t
name_hash(struct str name)
{
	return name.n ? hash_str(name, 0) : 0;
}

static struct mid *
mid_of(struct mid_index *x, uint64_t key)
{
	struct key_slot *s = key_find(&x->ids, key);
	struct mid *m;

	if (s != NULL && !is_gone(s))
		return mid_in(s);
	m = pool_get(&x->pool);
	if (s != NULL) {
		mid_was(x, s, m);
	} else {
		s = key_take(&x->ids, key);
		m->key = key;
		m->crowded = m->last = UTC_NONE;
	}
	s->what = (uint64_t)(uintptr_t)m;
	return m;
}

static void
use_remove(struct mid_use *u)
{
	struct mid_use **at;

	for (at = &u->mid->uses; *at != u; at = &(*at)->next)
		;
	*at = u->next;
	u->mid->nuses--;
	use_free(u);
}

/* An id that everybody uses tells nothing, and must not cost anything: the
 * earliest use that is nobody's open message gives its place. */
static bool
make_room(struct mid *mid, int64_t t)
{
	struct mid_use *u, *oldest = NULL;

	if (mid->nuses < USES_MAX)
		return true;
	for (u = mid->uses; u != NULL; u = u->next)
		if (u->message == NULL &&
		    (oldest == NULL || u->time < oldest->time))
			oldest = u;
	if ((oldest == NULL || oldest->time >= t - MID_WINDOW) &&
	    t > mid->crowded)
		mid->crowded = t;
	if (oldest != NULL)
		use_remove(oldest);
	return oldest != NULL;
}

static struct mid_use *
use_add(struct mid *mid, uint64_t host, uint64_t filter, int64_t t)
{
	struct mid_use *u = &mid->one;

	if (t > mid->last)
		mid->last = t;
	if (!make_room(mid, t))
		return NULL;
	if (mid->one_taken)
		u = xmalloc(sizeof(*u));
	else
		mid->one_taken = true;
	*u = (struct mid_use){.host = host,
	    .filter = filter,
	    .time = t,
	    .next = mid->uses,
	    .mid = mid};
	mid->uses = u;
	mid->nuses++;
	return u;
}

static void
know_on(struct mid *mid, struct message *m, struct str host)
{
	uint64_t h = name_hash(host);
	struct mid_use *u;

	for (u = m->mid; u != NULL; u = u->also)
		if (u->host == h)
			return;
	u = use_add(mid, h, 0, m->received);
	if (u == NULL)
		return;
	u->message = m;
	u->also = m->mid;
	m->mid = u;
}

void
mids_know(struct mid_index *x, struct message *m)
{
	const struct queue_entry *q;
	struct mid *mid;

	if (!mid_names_one(m->message_id))
		return;
	mid = m->mid ? m->mid->mid : mid_of(x, mid_key(m->message_id));
	know_on(mid, m, m->host);
	for (q = m->queues; q != NULL; q = q->next)
		if (q->host.p != m->host.p)
			know_on(mid, m, q->host);
}

static void
record(const struct mid_index *x, uint64_t key, uint64_t host, uint64_t filter,
    int64_t t)
{
	if (x->record == NULL)
		return;
	pack_i64(x->record, (int64_t)key);
	pack_i64(x->record, (int64_t)host);
	pack_i64(x->record, (int64_t)filter);
	pack_i64(x->record, t);
}

void
mids_leave(struct mid_index *x, struct message *m)
{
	struct mid_use *u, *also;

	for (u = m->mid; u != NULL; u = also) {
		also = u->also;
		u->message = NULL;
		u->time = m->received;
		if (u->time > u->mid->last)
			u->mid->last = u->time;
		record(x, u->mid->key, u->host, 0, u->time);
		mid_shrink(x, u->mid);
	}
	m->mid = NULL;
}

void
mids_merged(struct message *into, struct message *m)
{
	struct mid_use *u, *also;

	for (u = m->mid; u != NULL; u = also) {
		also = u->also;
		if (u->host == name_hash(into->host)) {
			use_remove(u);
			continue;
		}
		u->message = into;
		u->also = into->mid;
		into->mid = u;
	}
	m->mid = NULL;
}

void
mids_moved(struct message *from, struct message *to)
{
	struct mid_use *u;

	for (u = from->mid; u != NULL; u = u->also)
		u->message = to;
	to->mid = from->mid;
	from->mid = NULL;
}

void
mids_heard(struct mid_index *x, uint64_t key, struct str host,
    struct str filter, int64_t t)
{
	use_add(mid_of(x, key), name_hash(host), name_hash(filter), t);
	record(x, key, name_hash(host), name_hash(filter), t);
}

static int64_t
use_time(const struct mid_use *u)
{
	return u->message != NULL ? u->message->received : u->time;
}

/* Of what comes later no more counts than is known at MID_AHEAD, however
 * late it is asked. */
static bool
in_window(int64_t a, int64_t t)
{
	return a <= t + MID_AHEAD && a >= t - MID_WINDOW;
}

struct message *
mids_only(const struct mid_index *x, uint64_t key, struct str host,
    struct str filter, int64_t t, bool *many)
{
	uint64_t h = name_hash(host), f = name_hash(filter);
	const struct key_slot *s = key_find(&x->ids, key);
	const struct mid_use *u, *found = NULL;
	const struct mid *mid;
	int messages = 0, lines = 0;
	struct mid was;

	*many = false;
	if (s == NULL)
		return NULL;
	if (is_gone(s))
		mid_was(x, s, &was);
	mid = is_gone(s) ? &was : mid_in(s);
	for (u = mid->uses; u != NULL; u = u->next) {
		if ((u->host != 0 && h != 0 && u->host != h) ||
		    !in_window(use_time(u), t))
			continue;
		lines += u->filter == f;
		if (u->filter != 0 ||
		    (found != NULL && u->message != NULL &&
		        u->message == found->message))
			continue;
		messages++;
		found = u;
	}
	*many = messages > 1 || (messages == 1 && lines > 1) ||
	    (mid->crowded != UTC_NONE && in_window(mid->crowded, t));
	return *many || found == NULL ? NULL : found->message;
}

int64_t
mids_keep_from(int64_t now)
{
	return now == UTC_NONE ? UTC_NONE : now - MID_WINDOW - MARGIN;
}

/* Is all that is known of the id older than that? */
static bool
is_older(const struct mid_index *x, const struct key_slot *s, int64_t t)
{
	const struct mid_use *u;

	if (is_gone(s))
		return (int64_t)((s->what >> 16) + x->base) < t;
	for (u = mid_in(s)->uses; u != NULL; u = u->next)
		if (u->message != NULL)
			return false;
	return mid_in(s)->last < t;
}

void
mids_sweep(struct mid_index *x, int64_t now)
{
	const int64_t from = mids_keep_from(now);
	struct key_slot *s = NULL;

	while ((s = key_next(&x->ids, s)) != NULL) {
		if (!is_older(x, s, from))
			continue;
		if (!is_gone(s))
			mid_free(x, mid_in(s));
		s->what = 0;
	}
	key_tidy(&x->ids);
}

void
mids_record(struct mid_index *x, struct buf *to)
{
	x->record = to;
}

bool
mids_restore(struct mid_index *x, struct str bytes)
{
	struct rd r = rd_of(bytes.p, bytes.n);

	while (rd_left(&r) > 0 && !r.bad) {
		uint64_t key = (uint64_t)unpack_i64(&r);
		uint64_t host = (uint64_t)unpack_i64(&r);
		uint64_t filter = (uint64_t)unpack_i64(&r);
		int64_t t = unpack_i64(&r);

		if (!r.bad)
			use_add(mid_of(x, key), host, filter, t);
	}
	return !r.bad;
}
