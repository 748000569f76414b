/* SPDX-License-Identifier: Apache-2.0 */
#include "input/flow_loss.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/map.h"

enum {
	TRACKS = 8,
	WINDOW = 1000,      /* a gap or reordering beyond is another track */
	BACK = 64,          /* how far back single datagrams are known */
	REORDER_MS = 60000, /* a late datagram is not older than this */
	RESTART_MS = 5000,  /* slack between uptime and our clock */
	AGENTS_MAX = 1 << 14,
	SOURCES_MAX = 1 << 16,
	RATE_SAMPLES = 50,
};

struct track {
	uint32_t first, next; /* sequence numbers */
	uint64_t seen;        /* bit i: next - 1 - i arrived */
	uint32_t first_uptime, uptime;
	int64_t time;
	uint64_t count, used; /* used: for least recently used */
};

struct tracks {
	struct track track[TRACKS];
	unsigned n;
	uint64_t clock;
	bool replaced; /* more than TRACKS were seen */
};

enum step {
	STEP_FIRST,
	STEP_NEXT, /* in order, with or without a gap */
	STEP_LATE, /* out of order */
	STEP_AGAIN,
	STEP_RESTART,
	STEP_JUMP,
};

struct agent {
	struct agent *chain; /* same hash */
	struct addr addr;
	uint32_t sub_agent;
	struct tracks tracks;
	uint32_t print[BACK]; /* by sequence modulo BACK */
};

struct feed {
	struct feed *chain;
	struct addr addr;
	uint32_t sub_agent, class, index;
	struct tracks tracks;
	uint32_t rate, pool, drops; /* of the last sample */
	bool one_rate;
	uint64_t steps, grown; /* of the pool, since the last reset */
};

struct flow_loss {
	struct map agents, sources;
	struct flow_loss_totals t;
	int64_t lost, lost_samples; /* signed while late ones come in */
};

struct flow_loss *
flow_loss_new(void)
{
	return xcalloc(1, sizeof(struct flow_loss));
}

/* Both structs start with their chain pointer. */
static void
free_chains(struct map *m)
{
	void *v;

	for (size_t i = 0; (v = map_next(m, &i)) != NULL;) {
		while (v) {
			void *next = *(void **)v;
			free(v);
			v = next;
		}
	}
	map_free(m);
}

void
flow_loss_free(struct flow_loss *l)
{
	if (!l)
		return;
	free_chains(&l->agents);
	free_chains(&l->sources);
	free(l);
}

static void
track_start(struct track *k, uint32_t seq, uint32_t uptime, int64_t time)
{
	k->first = seq;
	k->next = seq + 1;
	k->seen = 1;
	k->first_uptime = k->uptime = uptime;
	k->time = time;
	k->count = 1;
}

static struct track *
nearest(struct tracks *t, uint32_t seq)
{
	struct track *best = NULL;
	int64_t best_off = WINDOW + 1;

	for (unsigned i = 0; i < t->n; i++) {
		int64_t off = (int32_t)(seq - t->track[i].next);
		if (off < 0)
			off = -off;
		if (off < best_off) {
			best_off = off;
			best = &t->track[i];
		}
	}
	return best;
}

static struct track *
latest(struct tracks *t)
{
	struct track *k = &t->track[0];

	for (unsigned i = 1; i < t->n; i++) {
		if (t->track[i].used > k->used)
			k = &t->track[i];
	}
	return k;
}

static struct track *
fresh(struct tracks *t)
{
	struct track *k = &t->track[0];

	if (t->n < TRACKS)
		return &t->track[t->n++];
	t->replaced = true;
	for (unsigned i = 1; i < TRACKS; i++) {
		if (t->track[i].used < k->used)
			k = &t->track[i];
	}
	return k;
}

/* The counter began again: the agent has been up for less than we have been
 * waiting, or is both younger and at a low number. */
static bool
is_restart(const struct track *k, uint32_t seq, uint32_t uptime, int64_t time)
{
	int64_t waited = (time - k->time) / 1000;

	if ((int32_t)(uptime - k->uptime) >= 0)
		return false;
	return seq <= WINDOW || uptime <= waited + RESTART_MS;
}

/* A gap wider than the window is still one if the agent, at up to four times
 * the pace it had, can have sent that many meanwhile. */
static bool
is_long_gap(const struct track *k, uint32_t seq, uint32_t uptime)
{
	uint32_t gap = seq - k->next;
	uint32_t ran = k->uptime - k->first_uptime;
	uint32_t away = uptime - k->uptime;

	if ((int32_t)gap <= 0 || k->count < 10 || ran == 0 ||
	    (int32_t)away <= 0)
		return false;
	return (double)gap <= 4.0 * (double)k->count / ran * away;
}

static enum step
step_forward(
    struct track *k, uint32_t gap, uint32_t uptime, int64_t time, int64_t *lost)
{
	*lost = gap;
	k->next += gap + 1;
	k->seen = gap + 1 < 64 ? k->seen << (gap + 1) | 1 : 1;
	k->uptime = uptime;
	k->time = time;
	k->count++;
	return STEP_NEXT;
}

/* seq is behind the newest of its track.  again: its bytes are those of the
 * datagram that had this number before. */
static enum step
step_back(struct track *k, uint32_t seq, uint32_t uptime, int64_t time,
    bool again, int64_t *lost)
{
	uint32_t back = k->next - 1 - seq;
	bool timely = uptime + (uint64_t)REORDER_MS >= k->uptime;

	if (back < BACK && again && (k->seen >> back & 1))
		return STEP_AGAIN;
	if (back < BACK && timely && (int32_t)(seq - k->first) < 0) {
		*lost = (int64_t)(k->first - seq) - 1;
		k->first = seq;
		k->seen |= UINT64_C(1) << back;
		return STEP_LATE;
	}
	if (back < BACK && timely && !(k->seen >> back & 1)) {
		*lost = -1;
		k->seen |= UINT64_C(1) << back;
		return STEP_LATE;
	}
	track_start(k, seq, uptime, time);
	return STEP_RESTART;
}

static enum step
step_away(struct tracks *t, uint32_t seq, uint32_t uptime, int64_t time,
    int64_t *lost)
{
	struct track *k = latest(t);
	enum step step = STEP_JUMP;

	if (is_long_gap(k, seq, uptime)) {
		k->used = ++t->clock;
		return step_forward(k, seq - k->next, uptime, time, lost);
	}
	if (is_restart(k, seq, uptime, time))
		step = STEP_RESTART;
	else
		k = fresh(t);
	track_start(k, seq, uptime, time);
	k->used = ++t->clock;
	return step;
}

static enum step
tracks_step(struct tracks *t, uint32_t seq, uint32_t uptime, int64_t time,
    bool again, int64_t *lost)
{
	struct track *k = nearest(t, seq);

	*lost = 0;
	if (t->n == 0) {
		k = fresh(t);
		track_start(k, seq, uptime, time);
		k->used = ++t->clock;
		return STEP_FIRST;
	}
	if (!k)
		return step_away(t, seq, uptime, time, lost);
	k->used = ++t->clock;
	if ((int32_t)(seq - k->next) < 0)
		return step_back(k, seq, uptime, time, again, lost);
	return step_forward(k, seq - k->next, uptime, time, lost);
}

static struct agent *
find_agent(struct flow_loss *l, const struct sflow_datagram *d)
{
	uint64_t h = hash_bytes(d->agent.b, 16, d->sub_agent);
	struct agent *head = map_get(&l->agents, h), *a;

	for (a = head; a; a = a->chain) {
		if (a->sub_agent == d->sub_agent &&
		    addr_eq(a->addr, d->agent))
			return a;
	}
	if (l->t.agents >= AGENTS_MAX)
		return NULL;
	l->t.agents++;
	a = xcalloc(1, sizeof(*a));
	a->chain = head;
	a->addr = d->agent;
	a->sub_agent = d->sub_agent;
	map_put(&l->agents, h, a);
	return a;
}

static bool
is_feed(const struct feed *o, const struct sflow_sample *s)
{
	return o->index == s->source_index && o->class == s->source_class &&
	       o->sub_agent == s->datagram->sub_agent &&
	       addr_eq(o->addr, s->datagram->agent);
}

static struct feed *
find_feed(struct flow_loss *l, const struct sflow_sample *s)
{
	uint64_t seed = (uint64_t)s->source_class << 32 | s->source_index;
	uint64_t h = hash_bytes(
	    s->datagram->agent.b, 16, hash_u64(seed, s->datagram->sub_agent));
	struct feed *head = map_get(&l->sources, h), *o;

	for (o = head; o; o = o->chain) {
		if (is_feed(o, s))
			return o;
	}
	if (l->t.sources >= SOURCES_MAX)
		return NULL;
	l->t.sources++;
	o = xcalloc(1, sizeof(*o));
	o->chain = head;
	o->addr = s->datagram->agent;
	o->sub_agent = s->datagram->sub_agent;
	o->class = s->source_class;
	o->index = s->source_index;
	o->rate = s->rate;
	o->one_rate = true;
	map_put(&l->sources, h, o);
	return o;
}

static void
count_step(struct flow_loss_totals *t, enum step step)
{
	t->reordered += step == STEP_LATE;
	t->duplicates += step == STEP_AGAIN;
	t->restarts += step == STEP_RESTART;
	t->jumps += step == STEP_JUMP;
}

enum flow_loss_seen
flow_loss_datagram(struct flow_loss *l, int64_t time, uint64_t print,
    const struct sflow_datagram *d, int64_t *lost)
{
	struct agent *a = find_agent(l, d);
	uint32_t *known;
	enum step step;

	*lost = 0;
	if (!a) {
		l->t.untracked++;
		return LOSS_FRESH;
	}
	known = &a->print[d->sequence % BACK];
	step = tracks_step(&a->tracks, d->sequence, d->uptime, time,
	    *known == (uint32_t)print, lost);
	*known = (uint32_t)print;
	l->lost += *lost;
	count_step(&l->t, step);
	return step == STEP_AGAIN ? LOSS_DUPLICATE : LOSS_FRESH;
}

/* The pool counts the packets the samples were drawn from. */
static void
note_pool(struct feed *o, const struct sflow_sample *s, bool first)
{
	int32_t grown = (int32_t)(s->pool - o->pool);

	if (s->rate != o->rate)
		o->one_rate = false;
	if (!first && grown >= 0) {
		o->grown += (uint32_t)grown;
		o->steps++;
	} else {
		o->grown = o->steps = 0;
	}
	o->pool = s->pool;
	o->rate = s->rate;
}

void
flow_loss_sample(
    struct flow_loss *l, int64_t time, const struct sflow_sample *s)
{
	struct feed *o = find_feed(l, s);
	int32_t dropped;
	int64_t lost;
	enum step step;

	if (!o) {
		l->t.untracked++;
		return;
	}
	step = tracks_step(
	    &o->tracks, s->sequence, s->datagram->uptime, time, false, &lost);
	l->lost_samples += lost;
	if (step == STEP_LATE)
		return; /* its counters are older than those we have */
	dropped = (int32_t)(s->drops - o->drops);
	if (step == STEP_NEXT && dropped > 0 && o->tracks.n == 1)
		l->t.drops += (uint32_t)dropped;
	o->drops = s->drops;
	note_pool(o, s, step != STEP_NEXT);
}

/* Agents that leave the pool alone cannot be checked. */
static void
check_rate(const struct feed *o, struct flow_loss_totals *t)
{
	double rate;

	if (!o->one_rate || o->tracks.n != 1 || o->steps < RATE_SAMPLES ||
	    o->grown == 0)
		return;
	rate = (double)o->grown / (double)o->steps;
	t->rate_checked++;
	t->rate_off += rate > 1.1 * o->rate || rate < 0.9 * o->rate;
}

struct flow_loss_totals
flow_loss_totals(const struct flow_loss *l)
{
	struct flow_loss_totals t = l->t;
	const struct feed *o;

	t.lost_datagrams = l->lost > 0 ? (uint64_t)l->lost : 0;
	t.lost_samples = l->lost_samples > 0 ? (uint64_t)l->lost_samples : 0;
	for (size_t i = 0; (o = map_next(&l->sources, &i)) != NULL;) {
		for (; o; o = o->chain)
			check_rate(o, &t);
	}
	return t;
}
