/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/share.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "base/arena.h"
#include "correlate/day_message.h"
#include "correlate/facts.h"
#include "correlate/feed.h"
#include "correlate/holders.h"
#include "correlate/hour_sum.h"
#include "correlate/regulars.h"
#include "correlate/sender_name.h"
#include "correlate/slots.h"
#include "correlate/spread.h"
#include "correlate/verdicts.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

#define THREADS_AUTO 4
#define SMALL        100000 /* rows: ours; a worker for each so many */

/* What the steps call, and the statements that take what they found. */
struct tools {
	struct holders *holders;
	struct hour_sums *hours;
	struct sender_names *senders;
	struct slots *slots;
	struct spread *spread;
	struct verdicts *verdicts;
	struct day_messages *messages;
	struct regulars *regulars;
};

/* --- what is found */

/* Statements whose rows go into one another, and the column that they are in
 * the order of. */
struct result {
	const char *take, *keep;
	size_t by;
	bool facts; /* which are numbered */
};

/* Facts first: they are sorted when they are asked for, by who is ready before the
 * others while these still work. */
static const struct result findings[] = {
    {"correlate_take_finding_evidence", "correlate_keep_finding_evidence", 1,
        true},
    {"correlate_take_finding", "correlate_keep_finding", 1, false},
    {"correlate_take_finding_addr", "correlate_keep_finding_addr", 1, false},
    {"correlate_take_finding_rule", "correlate_keep_finding_rule", 1, false},
    {"correlate_take_finding_role", "correlate_keep_finding_role", 1, false},
    {"correlate_take_finding_taken", "correlate_keep_finding_taken", 1, false},
    {"correlate_take_finding_sprt", "correlate_keep_finding_sprt", 1, false},
    {"correlate_take_flow_day", "correlate_keep_flow_day", 1, false},
    {"correlate_take_reported", "correlate_keep_reported", 1, false},
    {"correlate_take_own_addr", "correlate_keep_own_addr", 0, false},
    {"correlate_take_classes", "correlate_keep_classes", 0, false},
    {"correlate_take_counted", "correlate_keep_counted", 0, false},
};

static const struct result rules[] = {
    {"correlate_take_hit", "correlate_keep_hit", 0, false},
    {"correlate_take_fired", "correlate_keep_fired", 0, false},
    {"correlate_take_taken", "correlate_keep_taken", 0, false},
};

_Static_assert(LEN(rules) <= LEN(findings), "names[] has room for both");

struct worker {
	struct share *share;
	unsigned no;
	pthread_t thread;
	bool started;
	struct store *store;
	struct tools tools;
	struct feed *feed; /* of what it found */
	int rc;
	struct err err;
};

struct share {
	const struct job *job;
	const struct result *results;
	size_t nresults;
	const char *names[LEN(findings)]; /* of the statements that take them */
	unsigned n;
	struct worker of[CONFIG_THREADS_MAX];
};

/* --- work */

static int
open_tools(struct worker *w, struct err *e)
{
	struct tools *t = &w->tools;
	struct store *s = w->store;
	int rc = holders_open(&t->holders, s, w->no, w->share->n, e);

	if (rc >= 0)
		rc = hour_sums_open(&t->hours, s, e);
	if (rc >= 0)
		rc = sender_names_open(&t->senders, s, t->holders, e);
	if (rc >= 0)
		rc = slots_open(&t->slots, s, t->holders, e);
	if (rc >= 0)
		rc = spread_open(&t->spread, s, e);
	if (rc >= 0)
		rc = verdicts_open(&t->verdicts, s, e);
	if (rc >= 0)
		rc = day_messages_open(&t->messages, s, t->senders, t->spread,
		    t->verdicts, e);
	if (rc >= 0)
		rc = regulars_open(&t->regulars, s, e);
	return rc;
}

static void
close_tools(struct tools *t)
{
	regulars_close(t->regulars);
	day_messages_close(t->messages);
	verdicts_close(t->verdicts);
	spread_close(t->spread);
	slots_close(t->slots);
	sender_names_close(t->senders);
	hour_sums_close(t->hours);
	holders_close(t->holders);
}

static int
work(struct worker *w, struct err *e)
{
	const struct job *j = w->share->job;
	int rc = store_again(&w->store, j->store, STORE_READ, e);

	if (rc >= 0)
		rc = store_cache(w->store, SHARE_CACHE / w->share->n,
		    SHARE_TEMPORARY / w->share->n, e);
	if (rc >= 0)
		rc = store_begin(w->store, e);
	if (rc >= 0)
		rc = store_run_steps_between(
		    w->store, "correlate", STEP_OWN, STEP_RUN, e);
	if (rc >= 0)
		rc = brief(w->store, j, e);
	if (rc >= 0)
		rc = open_tools(w, e);
	if (rc >= 0)
		rc = store_run_steps_between(w->store, "correlate", STEP_RUN,
		    j->replay ? STEP_CLASS : STEP_CLEAR, e);
	if (rc >= 0)
		rc = feed_open(&w->feed, w->store, w->share->names,
		    w->share->nresults, e);
	return rc;
}

static void *
run_worker(void *arg)
{
	struct worker *w = arg;

	w->rc = work(w, &w->err);
	return NULL;
}

/* --- workers */

static int
cores(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		return 1;
	return CPU_COUNT(&set);
}

/* As many as are configured, or as the machine and the day are good for. */
static int
workers(const struct job *j, unsigned *n, struct err *e)
{
	const int most = cores() < THREADS_AUTO ? cores() : THREADS_AUTO;
	const struct value args[] = {
	    value_int(j->start), value_int(j->end), value_int(most * SMALL)};
	int64_t rows = 0;
	int rc;

	*n = (unsigned)j->config->threads;
	if (*n != 0)
		return 0;
	rc =
	    store_number(j->store, "correlate_size", args, LEN(args), &rows, e);
	if (rc < 0)
		return rc;
	*n = rows / SMALL >= most ? (unsigned)most
	                          : (unsigned)(rows / SMALL) + 1;
	return 0;
}

static int
start(struct worker *w, struct err *e)
{
	int rc = pthread_create(&w->thread, NULL, run_worker, w);

	if (rc != 0)
		return err_set(
		    e, ERR_FAIL, "cannot start a thread: %s", strerror(rc));
	w->started = true;
	return 0;
}

/* What can be done before it is known what they find. */
static int
clear(const struct job *j, struct err *e)
{
	return j->replay ? 0
	                 : store_run_steps_between(
	                       j->store, "correlate", STEP_CLEAR, STEP_DAY, e);
}

static int
run_workers(struct share *s, struct err *e)
{
	int rc = 0;

	for (unsigned i = 0; rc >= 0 && i < s->n; i++)
		rc = start(&s->of[i], e);
	if (rc >= 0)
		rc = clear(s->job, e);
	for (unsigned i = 0; i < s->n; i++)
		if (s->of[i].started)
			pthread_join(s->of[i].thread, NULL);
	for (unsigned i = 0; rc >= 0 && i < s->n; i++) {
		rc = s->of[i].rc;
		if (rc < 0)
			*e = s->of[i].err;
	}
	return rc;
}

int
share_run(struct share **out, const struct job *j, struct err *e)
{
	struct share *s = xcalloc(1, sizeof(*s));
	int rc = workers(j, &s->n, e);

	s->job = j;
	s->results = j->replay ? rules : findings;
	s->nresults = j->replay ? LEN(rules) : LEN(findings);
	for (size_t i = 0; i < s->nresults; i++)
		s->names[i] = s->results[i].take;
	for (unsigned i = 0; i < s->n; i++)
		s->of[i] = (struct worker){.share = s, .no = i};
	if (rc >= 0)
		rc = run_workers(s, e);
	if (rc < 0)
		share_close(s);
	else
		*out = s;
	return rc;
}

void
share_close(struct share *s)
{
	if (s == NULL)
		return;
	for (unsigned i = 0; i < s->n; i++) {
		feed_close(s->of[i].feed);
		close_tools(&s->of[i].tools);
		store_close(s->of[i].store);
	}
	free(s);
}

/* --- what they found */

static int
compare(struct value a, struct value b)
{
	if (a.type == VALUE_TEXT && b.type == VALUE_TEXT)
		return str_cmp(a.s, b.s);
	return a.i < b.i ? -1 : a.i > b.i;
}

/* The rows in hand, one of each worker that has some. */
struct hand {
	const struct value *v; /* NULL: it has no more */
	size_t n;
};

static int
pick_up(struct hand *h, struct feed *f, struct err *e)
{
	const int rc = feed_row(f, &h->v, &h->n, e);

	if (rc <= 0)
		h->v = NULL;
	return rc;
}

/* Whose row comes first; n: there are none. */
static unsigned
first_of(const struct hand *h, unsigned n, size_t by)
{
	unsigned first = n;

	for (unsigned i = 0; i < n; i++)
		if (h[i].v != NULL &&
		    (first == n || compare(h[i].v[by], h[first].v[by]) < 0))
			first = i;
	return first;
}

/* Columns of correlate_take_finding_evidence; where they end in the store stands the
 * number. */
enum {
	FACT_CUSTOMER = 1,
	FACT_NUMBER = 10,
	FACT_PLACE = 10,
	FACT_MOST,
};

/* Rows of one statement of all workers, in order. */
struct taking {
	const struct worker *of;
	struct hand hand[CONFIG_THREADS_MAX];
	unsigned n, at; /* workers; whose row was given last, n: nobody's */
	size_t by;
	struct facts facts;
	struct value fact[FACT_NUMBER + 1];
};

static int
next_row(void *arg, const struct value **row, size_t *n, struct err *e)
{
	struct taking *t = arg;
	int rc = 0;

	if (t->at < t->n) {
		feed_next(t->of[t->at].feed);
		rc = pick_up(&t->hand[t->at], t->of[t->at].feed, e);
	}
	if (rc < 0)
		return rc;
	t->at = first_of(t->hand, t->n, t->by);
	if (t->at == t->n)
		return 0;
	*row = t->hand[t->at].v;
	*n = t->hand[t->at].n;
	return 1;
}

/* The same of facts, those that are kept. */
static int
next_fact(void *arg, const struct value **row, size_t *n, struct err *e)
{
	struct taking *t = arg;
	const struct value *v;
	int64_t number = 0;

	while (number == 0) {
		const int rc = next_row(t, &v, n, e);

		if (rc <= 0)
			return rc;
		number = facts_number(&t->facts, v[FACT_CUSTOMER].s,
		    v[FACT_PLACE].i, v[FACT_MOST].i);
	}
	memcpy(t->fact, v, FACT_NUMBER * sizeof(*v));
	t->fact[FACT_NUMBER] = value_int(number);
	*row = t->fact;
	*n = FACT_NUMBER + 1;
	return 1;
}

static int
take(struct share *s, const struct result *r, struct err *e)
{
	struct taking t = {s->of, .n = s->n, .at = s->n, .by = r->by};
	int rc = 0;

	for (unsigned i = 0; rc >= 0 && i < s->n; i++)
		rc = pick_up(&t.hand[i], s->of[i].feed, e);
	if (rc >= 0)
		rc = store_give(s->job->store, r->keep,
		    r->facts ? next_fact : next_row, &t, e);
	for (unsigned i = 0; rc >= 0 && i < s->n; i++)
		feed_statement(s->of[i].feed);
	facts_free(&t.facts);
	return rc;
}

int
share_take(struct share *s, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; rc >= 0 && i < s->nresults; i++)
		rc = take(s, &s->results[i], e);
	return rc;
}
