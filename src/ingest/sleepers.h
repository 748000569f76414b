/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sleepers: of the open messages those that were not heard of for longest, once
 * all of them take more than AWAKE_BYTES.  Most of a mail queue waits for hours: of such
 * a message its place in the list and the indexes stays, and the bytes that
 * spill.h makes of it, squeezed.  Who looks one up by a queue id, or takes it
 * from the list, wakes it: it comes to lie elsewhere, and what names it is told.
 */
#ifndef INGEST_SLEEPERS_H
#define INGEST_SLEEPERS_H

#include "base/buf.h"
#include "base/map.h"
#include "base/texts.h"
#include "ingest/message.h"
#include "input/squeeze.h"

#ifdef ARENA_DEBUG
#define AWAKE_BYTES 4096 /* so that all is tried */
#else
#define AWAKE_BYTES ((size_t)32 << 20) /* 22,000 messages that were tried twice */
#endif

struct sleepers {
	/* Where messages are, for as long as this lives. */
	struct message_list *list;
	struct map *queues;
	struct texts *paths;
	/* Those that are awake; the longest unheard of first, as far as was
	 * looked. */
	struct message_list awake;
	size_t bytes; /* theirs */
	struct squeeze *squeeze;
	struct buf spilled, squeezed;
};

void sleepers_free(struct sleepers *s);
/* An open message came to the list, awake / goes from it. */
void sleepers_add(struct sleepers *s, struct message *m);
void sleepers_remove(struct sleepers *s, struct message *m);
static inline bool
sleepers_many(const struct sleepers *s)
{
	return s->bytes > AWAKE_BYTES;
}

void sleepers_weigh(struct sleepers *s, struct message *m);
/* More may have been added to one that is awake. */
static inline void
sleepers_heard(struct sleepers *s, struct message *m)
{
	if (m->weighed != m->mem.head)
		sleepers_weigh(s, m);
}

/* One that should sleep; NULL: they are few enough. */
struct message *sleepers_tired(struct sleepers *s);
/* It cannot, for now. */
void sleepers_later(struct sleepers *s, struct message *m);
/* Can its bytes stand for it, as far as its own parts tell? */
bool sleepers_can(const struct message *m);
/* It falls asleep: where it lies now.  m is gone. */
struct message *sleepers_put(struct sleepers *s, struct message *m);

/* The message awake, at its new place if it was asleep; m is gone then. */
struct message *message_wake(struct message *m);
/* The first of a chain of queue entries, all of them awake. */
struct queue_entry *sleepers_wake_chain(struct sleepers *s, uint64_t hash);
static inline struct queue_entry *
sleepers_chain(struct sleepers *s, uint64_t hash)
{
	struct queue_entry *first = map_get(s->queues, hash), *q;

	for (q = first; q != NULL; q = q->chain)
		if (q->message->nap != NULL)
			return sleepers_wake_chain(s, hash);
	return first;
}

/* Its bytes, as of spill_message(). */
void message_spill(struct buf *out, const struct message *m);
/* Of one asleep or awake. */
void message_drop(struct message *m);

#endif
