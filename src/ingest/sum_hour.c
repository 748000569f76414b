/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/sum_hour.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/hash.h"
#include "model/outcome.h"

/* How many different ones; a set is made where there is a second. */
struct distinct {
	int64_t first;
	uint32_t n;
};

struct sum_group {
	int64_t client, auth_user, host, first, last;
	struct distinct senders, helos;
	uint32_t transactions, messages, recipients, null_senders, spam, virus,
	    adverse, banned, listed, clean, tried, failed, tempfailed, unknown;
};

void
sum_mail_recipient(struct sum_mail *m, int64_t outcome)
{
	m->recipients++;
	m->accepted += (outcome & OUTCOME_ACCEPTED) != 0;
	m->known += (outcome & OUTCOME_KNOWN) != 0;
	m->failed += (outcome & OUTCOME_FAILED) != 0;
	m->tempfailed += (outcome & OUTCOME_TEMPFAILED) != 0;
	m->unknown += (outcome & OUTCOME_UNKNOWN) != 0;
}

static bool
is_of(const struct sum_group *g, const struct sum_mail *m)
{
	return g->client == m->client && g->auth_user == m->auth_user &&
	       g->host == m->host;
}

/* Its place in h->of, plus 1; 0: there is none, and *key is free for it. */
static uintptr_t
find(const struct sum_hour *h, const struct sum_mail *m, uint64_t *key)
{
	const int64_t who[] = {m->client, m->auth_user, m->host};
	uintptr_t place;

	*key = hash_bytes(who, sizeof(who), 0);
	while ((place = (uintptr_t)map_get(&h->places, *key)) != 0 &&
	       !is_of(&h->of[place - 1], m))
		++*key;
	return place;
}

bool
sum_hour_knows(const struct sum_hour *h, const struct sum_mail *m)
{
	uint64_t key;

	return find(h, m, &key) != 0;
}

static struct sum_group *
group_of(struct sum_hour *h, const struct sum_mail *m)
{
	uint64_t key;
	uintptr_t place = find(h, m, &key);

	if (place != 0)
		return &h->of[place - 1];
	if (h->n == h->size) {
		h->size = h->size ? 2 * h->size : 64;
		h->of = xrealloc(h->of, h->size * sizeof(*h->of));
	}
	h->of[h->n] = (struct sum_group){.client = m->client,
	    .auth_user = m->auth_user,
	    .host = m->host,
	    .first = INT64_MAX,
	    .last = INT64_MIN};
	map_put(&h->places, key, (void *)(uintptr_t)++h->n);
	return &h->of[h->n - 1];
}

/* --- different names of a group; there may be as many as messages, so that they
 * are kept as small as can be: 0 is a free place */

static bool
seen_put(struct sum_seen *s, uint64_t key)
{
	size_t i = key & (s->size - 1);

	for (; s->key[i] != 0; i = (i + 1) & (s->size - 1))
		if (s->key[i] == key)
			return false;
	s->key[i] = key;
	s->n++;
	return true;
}

static void
seen_free(const struct sum_seen *s)
{
	if (s->key != NULL)
		xpages_free(s->key, s->size * sizeof(*s->key));
}

static void
seen_grow(struct sum_seen *s)
{
	const struct sum_seen old = *s;

	s->size = old.size ? 2 * old.size : 64;
	s->key = xpages(s->size * sizeof(*s->key));
	s->n = 0;
	for (size_t i = 0; i < old.size; i++)
		if (old.key[i] != 0)
			seen_put(s, old.key[i]);
	seen_free(&old);
}

/* True if it is new to the group and the kind of name. */
static bool
see(struct sum_hour *h, size_t group, int kind, int64_t id)
{
	uint64_t key = hash_u64((uint64_t)id, group * 2 + (size_t)kind);

	if (h->seen.n * 4 >= h->seen.size * 3)
		seen_grow(&h->seen);
	return seen_put(&h->seen, key ? key : 1);
}

static void
note(struct sum_hour *h, size_t group, int kind, struct distinct *d, int64_t id)
{
	if (id == 0 || id == d->first)
		return;
	if (d->n == 0)
		d->first = id;
	d->n += d->n == 0 || see(h, group, kind, id);
}

static bool
has(const struct sum_mail *m, enum verdict_kind k)
{
	return m->verdicts >> k & 1;
}

static void
count_verdicts(struct sum_group *g, const struct sum_mail *m, bool adverse)
{
	g->spam += has(m, VERDICT_SPAM);
	g->virus += has(m, VERDICT_VIRUS);
	g->adverse += adverse;
	g->banned += has(m, VERDICT_BANNED);
	g->listed += has(m, VERDICT_LISTED);
	g->clean += has(m, VERDICT_CLEAN);
}

static void
count_recipients(struct sum_group *g, const struct sum_mail *m, bool adverse)
{
	g->recipients += m->recipients;
	if (m->sender != 0 && !m->null_sender && !adverse) {
		g->tried += m->known;
		g->failed += m->failed;
	}
	g->tempfailed += m->tempfailed;
	g->unknown += m->unknown;
}

/* "whole": somebody saw the message and not only its envelope. */
void
sum_hour_add(struct sum_hour *h, const struct sum_mail *m)
{
	struct sum_group *g = group_of(h, m);
	size_t at = (size_t)(g - h->of);
	bool adverse = has(m, VERDICT_SPAM) || has(m, VERDICT_VIRUS);
	bool whole = m->accepted > 0 || adverse || has(m, VERDICT_BANNED) ||
	             has(m, VERDICT_CLEAN);

	g->first = m->received < g->first ? m->received : g->first;
	g->last = m->received > g->last ? m->received : g->last;
	note(h, at, 0, &g->senders, m->sender);
	note(h, at, 1, &g->helos, m->helo);
	g->transactions++;
	g->messages += whole;
	g->null_senders += m->null_sender && whole;
	count_verdicts(g, m, adverse);
	count_recipients(g, m, adverse);
}

int64_t
sum_hour_client(const struct sum_hour *h, size_t i)
{
	return h->of[i].client;
}

static int
put_group(
    struct store *s, int64_t hour, const struct sum_group *g, struct err *e)
{
	const struct value v[] = {value_int(hour), value_int(g->client),
	    value_int(g->auth_user), value_int(g->host), value_time(g->first),
	    value_time(g->last), value_int(g->transactions),
	    value_int(g->messages), value_int(g->recipients),
	    value_int(g->senders.n), value_int(g->helos.n),
	    value_int(g->null_senders), value_int(g->spam), value_int(g->virus),
	    value_int(g->adverse), value_int(g->banned), value_int(g->listed),
	    value_int(g->clean), value_int(g->tried), value_int(g->failed),
	    value_int(g->tempfailed), value_int(g->unknown)};

	return store_run(s, "mail_sums_put", v, sizeof(v) / sizeof(v[0]), e);
}

static int
compare(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int
by_row(const void *a, const void *b)
{
	const struct sum_group *g = a, *o = b;
	int c = compare(g->client, o->client);

	c = c ? c : compare(g->auth_user, o->auth_user);
	return c ? c : compare(g->host, o->host);
}

int
sum_hour_put(
    struct sum_hour *h, struct store *s, const struct map *but, struct err *e)
{
	int rc = 0;

	if (h->n > 0)
		qsort(h->of, h->n, sizeof(*h->of), by_row);
	for (size_t i = 0; rc >= 0 && i < h->n; i++)
		if (map_get(but, sum_client_key(h->of[i].client)) == NULL)
			rc = put_group(s, h->hour, &h->of[i], e);
	return rc;
}

void
sum_hour_free(struct sum_hour *h)
{
	free(h->of);
	map_free(&h->places);
	seen_free(&h->seen);
	*h = (struct sum_hour){.hour = h->hour};
}
