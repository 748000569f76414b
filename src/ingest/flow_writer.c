/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/flow_writer.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/utc.h"
#include "ingest/flow_slots.h"

enum {
	/* Slots that are not over are written for at most this part of the
	 * time: the same rows again and again. */
	OPEN_SHARE = 20,
};

struct flow_writer {
	struct store *store;
	int64_t session, flush;

	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t change;
	bool has_job, quit; /* under the lock, and so are: */
	struct flow_job job;
	int64_t slowest;
	int rc; /* of a job given up */
	struct err err;

	/* The thread's own. */
	struct flow_slots live;
	struct slot_list slots; /* to write */
	int64_t next_open;      /* by the monotonic clock */
	bool behind;            /* the last batch took too long */
	bool failing;           /* was said */
	int64_t alive;          /* what came before is stored; */
	int64_t packets;        /* and so many SMTP packets are */
};

static int
save(struct flow_writer *w, const struct flow_job *job, struct err *e)
{
	return flow_session_save(w->store, w->session, &job->counts, job->alive,
	    job->last ? job->alive : UTC_NONE, &w->slots, e);
}

/* Commits, unless something went wrong. */
static int
finish(struct flow_writer *w, int rc, struct err *e)
{
	if (rc >= 0)
		rc = store_commit(w->store, e);
	if (rc >= 0)
		return rc;
	store_rollback(w->store);
	flow_slots_forget(&w->live, INT64_MAX);
	return rc;
}

static int
write_batch(struct flow_writer *w, const struct flow_job *job, struct err *e)
{
	int64_t slot;
	int rc;

	for (size_t i = 0; flow_batch_slot(job->batch, &i, &slot);)
		slot_list_add(&w->slots, slot);
	rc = store_begin(w->store, e);
	if (rc >= 0)
		rc = flow_batch_write(
		    job->batch, w->store, w->session, &w->live, e);
	if (rc >= 0)
		rc = save(w, job, e);
	rc = finish(w, rc, e);
	if (rc >= 0) {
		w->alive = job->alive;
		w->packets = job->counts.smtp_packets;
	}
	return rc;
}

/* Puts the slots that are due first; returns how many. */
static size_t
sort_due(struct flow_writer *w, const struct flow_job *job)
{
	bool all = job->last || (!w->behind && monotonic_now() >= w->next_open);
	size_t due = 0;

	for (size_t i = 0; i < w->slots.n; i++) {
		int64_t slot = w->slots.slot[i];

		if (!all && slot + FLOW_SLOT > job->alive)
			continue;
		w->slots.slot[i] = w->slots.slot[due];
		w->slots.slot[due++] = slot;
	}
	return due;
}

/* The due ones leave the list, and are put back if it comes to nothing. */
static int
write_slots(struct flow_writer *w, const struct flow_job *job, struct err *e)
{
	size_t due = sort_due(w, job), all = w->slots.n;
	struct slot_list list = w->slots;
	int64_t start = monotonic_now();
	int rc;

	if (due == 0)
		return 0;
	rc = store_begin(w->store, e);
	if (rc >= 0)
		rc = flow_slots_write(&w->live, w->store, list.slot, due, e);
	w->slots = (struct slot_list){list.slot + due, all - due};
	if (rc >= 0)
		rc = save(w, job, e);
	w->slots = list;
	rc = finish(w, rc, e);
	w->next_open = monotonic_now() + OPEN_SHARE * (monotonic_now() - start);
	if (rc < 0)
		return rc;
	memmove(list.slot, list.slot + due, (all - due) * sizeof(*list.slot));
	w->slots.n = all - due;
	flow_slots_forget(&w->live, job->alive - FLOW_SLOT);
	return 0;
}

static void
say(struct flow_writer *w, int rc, const struct err *e)
{
	if (rc < 0 && !w->failing)
		fprintf(stderr,
		    "heloflow collect: %s; the samples wait in memory\n",
		    e->text);
	if (rc >= 0 && w->failing)
		fprintf(stderr, "heloflow collect: can store again\n");
	w->failing = rc < 0;
}

/* Until it is stored, or a second try would be too late. */
static int
do_job(struct flow_writer *w, const struct flow_job *job, struct err *e)
{
	int64_t start = monotonic_now(), took;
	struct timespec until;
	bool quit;
	int rc;

	while ((rc = write_batch(w, job, e)) < 0) {
		say(w, rc, e);
		pthread_mutex_lock(&w->lock);
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec++;
		quit = w->quit;
		if (!quit)
			pthread_cond_timedwait(&w->change, &w->lock, &until);
		pthread_mutex_unlock(&w->lock);
		if (quit)
			return rc;
	}
	took = monotonic_now() - start;
	w->behind = took > w->flush / 2;
	pthread_mutex_lock(&w->lock);
	if (took > w->slowest)
		w->slowest = took;
	pthread_mutex_unlock(&w->lock);
	rc = write_slots(w, job, e);
	say(w, rc, e);
	return job->last ? rc : 0;
}

static void *
run(void *arg)
{
	struct flow_writer *w = arg;
	struct err e = {0};
	bool last = false;
	int rc;

	pthread_mutex_lock(&w->lock);
	while (!last) {
		while (!w->has_job && w->rc >= 0)
			pthread_cond_wait(&w->change, &w->lock);
		if (w->rc < 0)
			break;
		pthread_mutex_unlock(&w->lock);
		rc = do_job(w, &w->job, &e);
		pthread_mutex_lock(&w->lock);
		last = w->job.last;
		w->has_job = false;
		w->rc = rc;
		w->err = e;
		pthread_cond_broadcast(&w->change);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

int
flow_writer_start(struct flow_writer **out, struct store *s, const char *listen,
    int64_t flush, const struct port_set *ports, struct err *e)
{
	struct flow_writer *w = xcalloc(1, sizeof(*w));
	pthread_condattr_t attr;
	int rc;

	w->store = s;
	w->live.ports = *ports;
	w->flush = flush;
	w->alive = utc_now();
	rc = flow_session_begin(s, listen, flush, &w->session, &w->slots, e);
	if (rc < 0) {
		free(w->slots.slot);
		free(w);
		return rc;
	}
	pthread_mutex_init(&w->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&w->change, &attr);
	pthread_condattr_destroy(&attr);
	rc = pthread_create(&w->thread, NULL, run, w);
	if (rc != 0) {
		free(w->slots.slot);
		free(w);
		return err_set(e, ERR_FAIL, "no thread: %s", strerror(rc));
	}
	*out = w;
	return 0;
}

bool
flow_writer_idle(struct flow_writer *w)
{
	bool idle;

	pthread_mutex_lock(&w->lock);
	idle = !w->has_job;
	pthread_mutex_unlock(&w->lock);
	return idle;
}

void
flow_writer_give(struct flow_writer *w, const struct flow_job *job)
{
	pthread_mutex_lock(&w->lock);
	w->job = *job;
	w->has_job = true;
	pthread_cond_broadcast(&w->change);
	pthread_mutex_unlock(&w->lock);
}

int64_t
flow_writer_slowest(struct flow_writer *w)
{
	int64_t t;

	pthread_mutex_lock(&w->lock);
	t = w->slowest;
	pthread_mutex_unlock(&w->lock);
	return t;
}

/* The run ends although its last samples could not be stored: it was not
 * killed, but the gap begins where they do.  If not even that can be stored,
 * the next start can only guess. */
static void
end_without(struct flow_writer *w, const struct flow_job *last)
{
	struct flow_collect_counts n = last->counts;
	struct err ignored;
	int rc = store_begin(w->store, &ignored);

	n.overflow += n.smtp_packets - w->packets;
	n.smtp_packets = w->packets;
	if (rc >= 0)
		rc = flow_session_save(w->store, w->session, &n, w->alive,
		    w->alive, &w->slots, &ignored);
	finish(w, rc, &ignored);
}

int
flow_writer_finish(
    struct flow_writer *w, const struct flow_job *last, struct err *e)
{
	int rc;

	pthread_mutex_lock(&w->lock);
	w->quit = true;
	pthread_cond_broadcast(&w->change);
	while (w->has_job)
		pthread_cond_wait(&w->change, &w->lock);
	w->job = *last;
	w->has_job = w->rc >= 0;
	pthread_cond_broadcast(&w->change);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	rc = w->rc;
	if (rc < 0) {
		*e = w->err;
		end_without(w, last);
	}
	pthread_mutex_destroy(&w->lock);
	pthread_cond_destroy(&w->change);
	flow_slots_forget(&w->live, INT64_MAX);
	free(w->slots.slot);
	free(w);
	return rc;
}
