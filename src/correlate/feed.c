/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/feed.h"

#include "base/arena.h"

#include <pthread.h>
#include <stdlib.h>

#define ROWS    512 /* of a batch: at 128 a tenth of the reading was handing over */
#define BATCHES 4

struct batch {
	struct value *v; /* rows x columns */
	size_t rows, columns;
	struct arena text;
	int rc; /* 1: more follow; 0: the last of the statement; negative: see err */
	struct err err;
};

struct feed {
	struct store *store;
	const char *const *names;
	size_t n;
	pthread_t thread;
	bool started;
	pthread_mutex_t lock; /* of what follows, up to stop */
	pthread_cond_t changed;
	size_t filled, taken; /* batches, since the beginning */
	bool stop;
	struct batch ring[BATCHES];
	size_t at;  /* the row in hand, of batch number `taken` */
	bool there; /* that batch was handed over */
};

/* --- the thread */

/* An empty batch; NULL: nobody wants any more. */
static struct batch *
empty(struct feed *f)
{
	struct batch *b = NULL;

	pthread_mutex_lock(&f->lock);
	while (!f->stop && f->filled - f->taken == BATCHES)
		pthread_cond_wait(&f->changed, &f->lock);
	if (!f->stop)
		b = &f->ring[f->filled % BATCHES];
	pthread_mutex_unlock(&f->lock);
	return b;
}

static void
hand_over(struct feed *f)
{
	pthread_mutex_lock(&f->lock);
	f->filled++;
	pthread_cond_signal(&f->changed);
	pthread_mutex_unlock(&f->lock);
}

static struct value
copy_of(struct arena *a, struct value v)
{
	if (v.s.p != NULL)
		v.s = arena_dup(a, v.s);
	return v;
}

static void
add_row(struct batch *b, const struct stmt *st)
{
	for (size_t i = 0; i < b->columns; i++)
		b->v[b->rows * b->columns + i] =
		    copy_of(&b->text, stmt_value(st, i));
	b->rows++;
}

static void
fill(struct batch *b, struct stmt *st)
{
	arena_reset(&b->text);
	b->rows = 0;
	b->rc = 1;
	b->columns = stmt_columns(st);
	b->v = xrealloc(b->v, (ROWS * b->columns + 1) * sizeof(*b->v));
	while (b->rows < ROWS && (b->rc = stmt_next(st, &b->err)) > 0)
		add_row(b, st);
}

/* True: it was read to its end. */
static bool
read_statement(struct feed *f, const char *name)
{
	struct batch *b = empty(f);
	struct stmt *st = NULL;

	if (b == NULL)
		return false;
	b->rows = 0;
	b->rc = store_start(f->store, name, NULL, 0, &st, &b->err);
	if (b->rc < 0) {
		hand_over(f);
		return false;
	}
	do {
		fill(b, st);
		hand_over(f);
		if (b->rc <= 0)
			return b->rc == 0;
		b = empty(f);
	} while (b != NULL);
	stmt_reset(st);
	return false;
}

static void *
run(void *arg)
{
	struct feed *f = arg;

	for (size_t i = 0; i < f->n; i++)
		if (!read_statement(f, f->names[i]))
			break;
	return NULL;
}

/* --- who takes them */

int
feed_open(struct feed **out, struct store *s, const char *const *names,
    size_t n, struct err *e)
{
	struct feed *f = xcalloc(1, sizeof(*f));
	int rc;

	f->store = s;
	f->names = names;
	f->n = n;
	pthread_mutex_init(&f->lock, NULL);
	pthread_cond_init(&f->changed, NULL);
	rc = pthread_create(&f->thread, NULL, run, f);
	f->started = rc == 0;
	if (rc == 0) {
		*out = f;
		return 0;
	}
	feed_close(f);
	return err_set(e, ERR_FAIL, "cannot start a thread: %s", strerror(rc));
}

void
feed_close(struct feed *f)
{
	if (f == NULL)
		return;
	pthread_mutex_lock(&f->lock);
	f->stop = true;
	pthread_cond_signal(&f->changed);
	pthread_mutex_unlock(&f->lock);
	if (f->started)
		pthread_join(f->thread, NULL);
	for (size_t i = 0; i < BATCHES; i++) {
		free(f->ring[i].v);
		arena_free(&f->ring[i].text);
	}
	pthread_cond_destroy(&f->changed);
	pthread_mutex_destroy(&f->lock);
	free(f);
}

/* Asked for each row, without the lock but for the first of a batch. */
static const struct batch *
in_hand(struct feed *f)
{
	if (!f->there) {
		pthread_mutex_lock(&f->lock);
		while (f->filled == f->taken)
			pthread_cond_wait(&f->changed, &f->lock);
		pthread_mutex_unlock(&f->lock);
		f->there = true;
	}
	return &f->ring[f->taken % BATCHES];
}

static void
give_back(struct feed *f)
{
	f->at = 0;
	f->there = false;
	pthread_mutex_lock(&f->lock);
	f->taken++;
	pthread_cond_signal(&f->changed);
	pthread_mutex_unlock(&f->lock);
}

int
feed_row(struct feed *f, const struct value **row, size_t *n, struct err *e)
{
	const struct batch *b = in_hand(f);

	while (f->at == b->rows && b->rc > 0) {
		give_back(f);
		b = in_hand(f);
	}
	if (f->at == b->rows) {
		if (b->rc < 0)
			*e = b->err;
		return b->rc;
	}
	*row = b->v + f->at * b->columns;
	*n = b->columns;
	return 1;
}

void
feed_next(struct feed *f)
{
	f->at++;
}

void
feed_statement(struct feed *f)
{
	give_back(f);
}
