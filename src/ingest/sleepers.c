/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/sleepers.h"

#include <stddef.h>
#include <stdlib.h>

#include "ingest/mid_index.h"
#include "ingest/spill.h"

/* What a message that is asleep has: up to `nap` of the message, of each queue
 * entry up to `chain`, and the nap; allocated together. */
#define MESSAGE_PART (offsetof(struct message, nap) + sizeof(struct nap *))
#define ENTRY_PART                                                             \
	(offsetof(struct queue_entry, chain) + sizeof(struct queue_entry *))

struct nap {
	struct sleepers *of;
	size_t n;
	char bytes[];
};

void
sleepers_free(struct sleepers *s)
{
	squeeze_free(s->squeeze);
	buf_free(&s->spilled);
	buf_free(&s->squeezed);
}

/* --- who is awake */

void
sleepers_add(struct sleepers *s, struct message *m)
{
	m->heard = m->last;
	m->awake_prev = s->awake.last;
	m->awake_next = NULL;
	*(m->awake_prev ? &m->awake_prev->awake_next : &s->awake.first) = m;
	s->awake.last = m;
	m->weight = 0;
	sleepers_weigh(s, m);
}

void
sleepers_remove(struct sleepers *s, struct message *m)
{
	*(m->awake_prev ? &m->awake_prev->awake_next : &s->awake.first) =
	    m->awake_next;
	*(m->awake_next ? &m->awake_next->awake_prev : &s->awake.last) =
	    m->awake_prev;
	s->bytes -= m->weight;
}

void
sleepers_weigh(struct sleepers *s, struct message *m)
{
	s->bytes -= m->weight;
	m->weight = message_bytes(m);
	m->weighed = m->mem.head;
	s->bytes += m->weight;
}

void
sleepers_later(struct sleepers *s, struct message *m)
{
	sleepers_remove(s, m);
	sleepers_add(s, m);
}

struct message *
sleepers_tired(struct sleepers *s)
{
	struct message *m = s->awake.first;

	if (!sleepers_many(s))
		return NULL;
	for (; m->heard != m->last; m = s->awake.first)
		sleepers_later(s, m);
	return m;
}

/* Read back, hops are in another order, and are asked for. */
bool
sleepers_can(const struct message *m)
{
	const struct queue_entry *q;
	const struct message *part;

	if (m->queues == NULL)
		return false;
	for (q = m->queues; q != NULL; q = q->next)
		if (q->hops != NULL)
			return false;
	for (part = m->absorbed; part != NULL; part = part->absorbed)
		if (part->slot != 0 || part->stored_key != 0)
			return false;
	return true;
}

/* --- from one place to another */

/* In the list. */
static void
replace(struct message_list *l, struct message *m, struct message *by)
{
	by->list = m->list;
	by->list_next = m->list_next;
	by->list_prev = m->list_prev;
	*(by->list_prev ? &by->list_prev->list_next : &l->first) = by;
	*(by->list_next ? &by->list_next->list_prev : &l->last) = by;
}

/* In the index of queue ids. */
static void
replace_entry(struct map *queues, struct queue_entry *q, struct queue_entry *by)
{
	struct queue_entry *at = map_get(queues, q->hash);

	by->hash = q->hash;
	by->chain = q->chain;
	if (at == q) {
		map_put(queues, q->hash, by);
		return;
	}
	while (at->chain != q)
		at = at->chain;
	at->chain = by;
}

/* Whatever names m names `by` from now on, which has as many queue entries. */
static void
move(struct sleepers *s, struct message *m, struct message *by)
{
	struct queue_entry *q, *to = by->queues;

	by->dirty = m->dirty;
	by->slot = m->slot;
	by->due = m->due;
	replace(s->list, m, by);
	for (q = m->queues; q != NULL; q = q->next, to = to->next)
		replace_entry(s->queues, q, to);
	mids_moved(m, by);
}

/* --- asleep and awake */

static struct message *
nap_new(struct sleepers *s, const struct message *m, struct str bytes)
{
	const struct queue_entry *of;
	struct queue_entry **at;
	struct message *nap;
	size_t n = 0;
	char *p;

	for (of = m->queues; of != NULL; of = of->next)
		n++;
	p = xcalloc(
	    1, MESSAGE_PART + n * ENTRY_PART + sizeof(*m->nap) + bytes.n);
	nap = (struct message *)p;
	p += MESSAGE_PART;
	for (at = &nap->queues; n > 0; n--, p += ENTRY_PART) {
		*at = (struct queue_entry *)p;
		(*at)->message = nap;
		at = &(*at)->next;
	}
	nap->nap = (struct nap *)p;
	nap->nap->of = s;
	nap->nap->n = bytes.n;
	memcpy(nap->nap->bytes, bytes.p, bytes.n);
	return nap;
}

struct message *
sleepers_put(struct sleepers *s, struct message *m)
{
	struct message *nap;

	s->spilled.n = s->squeezed.n = 0;
	spill_message(&s->spilled, m);
	if (s->squeeze == NULL)
		s->squeeze = squeeze_new(buf_str(&s->spilled));
	squeeze_put(s->squeeze, &s->squeezed, buf_str(&s->spilled));
	nap = nap_new(s, m, buf_str(&s->squeezed));
	nap->received = m->received;
	nap->last = m->last;
	nap->rows_dirty = m->rows_dirty;
	nap->stored_key = m->stored_key;
	sleepers_remove(s, m);
	move(s, m, nap);
	message_free(m);
	return nap;
}

void
message_spill(struct buf *out, const struct message *m)
{
	const struct nap *nap = m->nap;

	if (nap == NULL)
		spill_message(out, m);
	else
		squeeze_get(nap->of->squeeze, out, str_of(nap->bytes, nap->n));
}

struct message *
message_wake(struct message *m)
{
	struct message *awake;
	struct sleepers *s;

	if (m->nap == NULL)
		return m;
	s = m->nap->of;
	s->spilled.n = 0;
	message_spill(&s->spilled, m);
	awake = spill_message_read(s->paths, buf_str(&s->spilled));
	if (awake == NULL)
		abort(); /* we wrote it */
	move(s, m, awake);
	sleepers_add(s, awake);
	free(m);
	return awake;
}

static struct message *
asleep_in(const struct queue_entry *q)
{
	while (q != NULL && q->message->nap == NULL)
		q = q->chain;
	return q ? q->message : NULL;
}

struct queue_entry *
sleepers_wake_chain(struct sleepers *s, uint64_t hash)
{
	struct queue_entry *first = map_get(s->queues, hash);
	struct message *m;

	while ((m = asleep_in(first)) != NULL) {
		message_wake(m);
		first = map_get(s->queues, hash);
	}
	return first;
}

void
message_drop(struct message *m)
{
	if (m->nap != NULL)
		free(m);
	else
		message_free(m);
}
