/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/mail_writer.h"

#include <pthread.h>
#include <stdlib.h>

#include "ingest/mail_put.h"
#include "ingest/pending_store.h"

enum {
	HAND_OVER = 64, /* at once: a lock and a wake-up take 10 us */
	WAITING = 256,  /* at most; more only take memory */
};

struct item {
	struct message *message; /* or */
	struct pending *verdict; /* or */
	int64_t gone;
};

struct items {
	struct item *v;
	size_t n, size;
};

struct mail_writer {
	struct mail_store *rows;
	struct items next; /* the caller's own: to be handed over, */
	bool failed;       /* ... and what was known when that was done last */

	bool waits; /* the thread's own: verdicts do */

	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t change; /* one of the two waits at most */
	/* Under the lock: */
	struct items todo;
	bool busy, quit;
	int64_t records;
	int rc; /* of the first thing that could not be done */
	struct err err;
};

static void
add(struct items *list, struct item it)
{
	if (list->n == list->size) {
		list->size = list->size ? 2 * list->size : HAND_OVER;
		list->v = xrealloc(list->v, list->size * sizeof(*list->v));
	}
	list->v[list->n++] = it;
}

static void
move(struct items *to, struct items *from)
{
	for (size_t i = 0; i < from->n; i++)
		add(to, from->v[i]);
	from->n = 0;
}

static void
drop(struct mail_writer *w)
{
	free(w->next.v);
	free(w->todo.v);
	pthread_mutex_destroy(&w->lock);
	pthread_cond_destroy(&w->change);
	free(w);
}

static void
swap(struct items *a, struct items *b)
{
	struct items was = *a;

	*a = *b;
	*b = was;
}

static void
free_all(struct items *list)
{
	for (size_t i = 0; i < list->n; i++) {
		message_free(list->v[i].message);
		pending_drop(list->v[i].verdict);
	}
	list->n = 0;
}

/* --- the thread */

/* Verdicts do not ask for rows of messages, so these can come after them. */
static int
do_verdicts(struct mail_writer *w, const struct item *it, struct err *e)
{
	if (it->verdict != NULL) {
		w->waits = true;
		return pending_save(w->rows->store, it->verdict, e);
	}
	if (it->message == NULL)
		return pending_drop_row(w->rows->store, it->gone, e);
	return w->waits ? pending_give(w->rows, it->message, true, false, e)
	                : 0;
}

/* At most HAND_OVER. */
static int
do_some(struct mail_writer *w, const struct item *it, size_t nitems,
    int64_t *records, struct err *e)
{
	struct message *put[HAND_OVER];
	size_t n = 0;
	int rc = 0;

	for (size_t i = 0; rc >= 0 && i < nitems; i++) {
		rc = do_verdicts(w, &it[i], e);
		if (it[i].message != NULL && it[i].message->rows_dirty)
			put[n++] = it[i].message;
	}
	return rc < 0 ? rc : mail_put_all(w->rows, put, n, records, e);
}

/* As they were handed over, however many wait by now: so that names have the same
 * ids whichever thread is faster. */
static int
do_all(struct mail_writer *w, const struct items *work, int64_t *records,
    struct err *e)
{
	int rc = 0;

	for (size_t i = 0; rc >= 0 && i < work->n; i += HAND_OVER)
		rc = do_some(w, work->v + i,
		    work->n - i < HAND_OVER ? work->n - i : HAND_OVER, records,
		    e);
	return rc;
}

static void *
run(void *arg)
{
	struct mail_writer *w = arg;
	struct items work = {0};
	struct err e = {0};
	int64_t records;
	int rc = 0;

	pthread_mutex_lock(&w->lock);
	for (;;) {
		while (w->todo.n == 0 && !w->quit)
			pthread_cond_wait(&w->change, &w->lock);
		if (w->todo.n == 0 || w->quit)
			break;
		swap(&work, &w->todo);
		w->busy = true;
		pthread_cond_signal(&w->change);
		pthread_mutex_unlock(&w->lock);
		records = 0;
		if (rc >= 0)
			rc = do_all(w, &work, &records, &e);
		free_all(&work);
		pthread_mutex_lock(&w->lock);
		w->busy = false;
		w->records += records;
		w->rc = rc;
		w->err = e;
		pthread_cond_signal(&w->change);
	}
	pthread_mutex_unlock(&w->lock);
	free(work.v);
	return NULL;
}

/* --- the caller's */

int
mail_writer_start(struct mail_writer **out, struct mail_store *t, bool waits,
    struct err *e)
{
	struct mail_writer *w = xcalloc(1, sizeof(*w));
	int rc;

	w->rows = t;
	w->waits = waits;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->change, NULL);
	rc = pthread_create(&w->thread, NULL, run, w);
	if (rc != 0) {
		drop(w);
		return err_set(e, ERR_FAIL, "no thread: %s", strerror(rc));
	}
	*out = w;
	return 0;
}

/* What was given goes to the thread; returns when no more than `most` wait there,
 * or with most = 0 when all is done. */
static void
hand_over(struct mail_writer *w, size_t most)
{
	pthread_mutex_lock(&w->lock);
	move(&w->todo, &w->next);
	pthread_cond_signal(&w->change);
	while (w->todo.n > most || (most == 0 && w->busy))
		pthread_cond_wait(&w->change, &w->lock);
	w->failed = w->rc < 0;
	pthread_mutex_unlock(&w->lock);
}

static void
give(struct mail_writer *w, struct item it)
{
	add(&w->next, it);
	if (w->next.n >= HAND_OVER)
		hand_over(w, WAITING);
}

void
mail_writer_give(struct mail_writer *w, struct message *m)
{
	give(w, (struct item){.message = m});
}

void
mail_writer_give_verdict(struct mail_writer *w, struct pending *p)
{
	give(w, (struct item){.verdict = p});
}

void
mail_writer_drop_verdict(struct mail_writer *w, int64_t slot)
{
	give(w, (struct item){.gone = slot});
}

bool
mail_writer_failed(const struct mail_writer *w)
{
	return w->failed;
}

int
mail_writer_settle(struct mail_writer *w, int64_t *records, struct err *e)
{
	hand_over(w, 0);
	*records += w->records; /* nobody writes them now */
	w->records = 0;
	if (w->rc < 0)
		*e = w->err;
	return w->rc;
}

void
mail_writer_free(struct mail_writer *w)
{
	if (w == NULL)
		return;
	pthread_mutex_lock(&w->lock);
	w->quit = true;
	pthread_cond_signal(&w->change);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	free_all(&w->next);
	free_all(&w->todo);
	drop(w);
}
