/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/held.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/pack.h"
#include "base/utc.h"
#include "ingest/spill.h"

/* Nearly all events fit into one block of one of these sizes, and those are
 * used again and again: one comes and one goes with each line. */
static const size_t block_size[] = {1024, 1536};

#define TEXT_MOST   8192 /* of a line that is put where it is held */
#define RECIPIENTS  2    /* that have room beside it */
#define OTHER_BYTES 128  /* of text that is none of the line's */

struct held_block {
	struct held_block *next;
};

/* All the text of an event, its origin and verdict, but for the recipients.
 * Lists for the preprocessor: most texts are absent, and a loop over a table of
 * offsets took longer than all the copying. */
#define ORIGIN_TEXTS(X) X(host) X(mta) X(instance) X(session)
#define EVENT_TEXTS(X)                                                         \
	X(queue_id) X(parent_queue_id) X(queued_as) X(session) X(client_name)  \
	X(helo) X(protocol) X(auth_user) X(sender) X(orig_recipient)           \
	X(message_id) X(subject) X(relay) X(dsn) X(reason) X(text) X(text_kind)
#define VERDICT_TEXTS(X) X(filter) X(signature) X(rule)

static void
keep(struct str *s, char **at)
{
	if (s->n == 0)
		return; /* absent, or "" of a constant */
	memcpy(*at, s->p, s->n);
	s->p = *at;
	*at += s->n;
}

/* Which of the sizes is that of a block, or of one for so many bytes; -1 = it
 * has its own. */
static int
size_class(size_t bytes)
{
	if (bytes <= block_size[0])
		return 0;
	return bytes <= block_size[1] ? 1 : -1;
}

/* The block that is used next was not for two seconds of event time. */
static void
next_soon(const struct held_block *b)
{
	const char *p = (const char *)b;

	if (b == NULL)
		return;
	for (const char *end = p + block_size[0]; p < end; p += 256) {
		__builtin_prefetch(p, 1);
		__builtin_prefetch(p + 64, 1);
		__builtin_prefetch(p + 128, 1);
		__builtin_prefetch(p + 192, 1);
	}
}

static struct held_event *
block_for(struct held *h, size_t bytes)
{
	int class = size_class(bytes);
	struct held_event *e;

	if (class >= 0 && h->spare[class] != NULL) {
		e = (struct held_event *)h->spare[class];
		h->spare[class] = h->spare[class]->next;
	} else {
		e = xmalloc(class < 0 ? bytes : block_size[class]);
	}
	e->bytes = class < 0 ? bytes : block_size[class];
	next_soon(h->spare[0]);
	return e;
}

/* The sizes are not known to the compiler, so that the C library copies: what
 * gcc makes of it itself (rep movs) takes longer to begin than all of it. */
static void
copy_numbers(struct held_event *e, const struct origin *o,
    const struct event *ev, const struct verdict *v)
{
	static volatile size_t origin_size = sizeof(*o), event_size = sizeof(*ev);

	memcpy(&e->o, o, origin_size);
	memcpy(&e->ev, ev, event_size);
	e->has_verdict = v != NULL;
	if (v != NULL)
		e->v = *v;
}

/* Text of the next line, where it is held. */

struct str
held_text(struct held *h, struct str text)
{
	const size_t at = sizeof(struct held_event) +
	                  RECIPIENTS * sizeof(struct str);
	char *to;

	h->text = STR_NONE;
	if (!str_has(text) || text.n > TEXT_MOST)
		return text;
	if (h->next != NULL && h->next->bytes < at + text.n + OTHER_BYTES) {
		held_drop(h, h->next);
		h->next = NULL;
	}
	if (h->next == NULL)
		h->next = block_for(h, at + text.n + OTHER_BYTES);
	to = (char *)h->next + at;
	memmove(to, text.p, text.n); /* a repeated line is there already */
	h->text = str_of(to, text.n);
	return h->text;
}

/* Where text that lies elsewhere is put. */
struct room {
	struct str line;
	char *at, *end;
	bool full;
};

static inline void
keep_other(struct room *room, struct str *s)
{
	if (s->n == 0 || (size_t)(s->p - room->line.p) < room->line.n)
		return;
	if ((size_t)(room->end - room->at) < s->n) {
		room->full = true;
		return;
	}
	memcpy(room->at, s->p, s->n);
	s->p = room->at;
	room->at += s->n;
}

/* In the block with the line's text; false: it is not the first of that line,
 * or what is said does not fit. */
static bool
put_beside_text(struct held *h, const struct origin *o,
    const struct event *ev, const struct verdict *v)
{
	struct held_event *e = h->next;
	struct room room = {.line = h->text};

	if (h->text.p == NULL || ev->nrecipients > RECIPIENTS)
		return false;
	room.at = (char *)h->text.p + h->text.n;
	room.end = (char *)e + e->bytes;
	copy_numbers(e, o, ev, v);
#define OTHER_ORIGIN(text)  keep_other(&room, &e->o.text);
#define OTHER_EVENT(text)   keep_other(&room, &e->ev.text);
#define OTHER_VERDICT(text) keep_other(&room, &e->v.text);
	ORIGIN_TEXTS(OTHER_ORIGIN)
	EVENT_TEXTS(OTHER_EVENT)
	if (v != NULL) {
		VERDICT_TEXTS(OTHER_VERDICT)
	}
	for (size_t i = 0; i < ev->nrecipients; i++) {
		e->recipients[i] = ev->recipients[i];
		keep_other(&room, &e->recipients[i]);
	}
	e->ev.recipients = e->recipients;
	return !room.full;
}

static void
take_text(struct held_event *e)
{
	char *at = (char *)(e->recipients + e->ev.nrecipients);
	size_t i;

#define KEEP_ORIGIN(text)  keep(&e->o.text, &at);
#define KEEP_EVENT(text)   keep(&e->ev.text, &at);
#define KEEP_VERDICT(text) keep(&e->v.text, &at);
	ORIGIN_TEXTS(KEEP_ORIGIN)
	EVENT_TEXTS(KEEP_EVENT)
	if (e->has_verdict) {
		VERDICT_TEXTS(KEEP_VERDICT)
	}
	for (i = 0; i < e->ev.nrecipients; i++) {
		e->recipients[i] = e->ev.recipients[i];
		keep(&e->recipients[i], &at);
	}
	e->ev.recipients = e->recipients;
}

static size_t
bytes_of(const struct origin *o, const struct event *ev,
    const struct verdict *v)
{
	size_t i, bytes = sizeof(struct held_event) +
	                  ev->nrecipients * sizeof(struct str);

#define ADD_ORIGIN(text)  bytes += o->text.n;
#define ADD_EVENT(text)   bytes += ev->text.n;
#define ADD_VERDICT(text) bytes += v->text.n;
	ORIGIN_TEXTS(ADD_ORIGIN)
	EVENT_TEXTS(ADD_EVENT)
	if (v != NULL) {
		VERDICT_TEXTS(ADD_VERDICT)
	}
	for (i = 0; i < ev->nrecipients; i++)
		bytes += ev->recipients[i].n;
	return bytes;
}

/* One allocation with all of its text. */
static struct held_event *
copy_of(struct held *h, const struct origin *o, const struct event *ev,
    const struct verdict *v)
{
	size_t bytes = bytes_of(o, ev, v);
	struct held_event *e = block_for(h, bytes);

	copy_numbers(e, o, ev, v);
	take_text(e);
	return e;
}

/* Where one of that time goes: behind all that are not later. */
static size_t
place_for(const struct held *h, int64_t time)
{
	size_t low = h->first, high = h->end, mid;

	if (low == high || h->items[high - 1].time <= time)
		return high;
	while (low < high) {
		mid = low + (high - low) / 2;
		if (h->items[mid].time <= time)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Room for one more behind the last. */
static void
make_room(struct held *h)
{
	size_t n = h->end - h->first;

	if (h->end < h->size)
		return;
	if (h->first <= h->size / 2) {
		h->size = h->size ? h->size * 2 : 256;
		h->items = xrealloc(h->items, h->size * sizeof(*h->items));
	}
	memmove(h->items, h->items + h->first, n * sizeof(*h->items));
	h->first = 0;
	h->end = n;
}

void
held_put(struct held *h, const struct origin *o, const struct event *ev,
    const struct verdict *v)
{
	struct held_event *e = h->next;
	size_t at;

	if (put_beside_text(h, o, ev, v)) {
		h->next = NULL;
		h->text = STR_NONE;
	} else {
		e = copy_of(h, o, ev, v);
	}
	e->id_hash = str_has(ev->queue_id) ? hash_str(ev->queue_id, 0) : 0;
	make_room(h);
	at = place_for(h, o->time);
	if (at < h->end)
		memmove(h->items + at + 1, h->items + at,
		    (h->end - at) * sizeof(*h->items));
	h->items[at] = (struct held_item){o->time, e};
	h->end++;
}

struct held_event *
held_take(struct held *h, int64_t t)
{
	size_t n = h->end - h->first;

	if (n == 0 || (h->items[h->first].time >= t && n <= HELD_MAX))
		return NULL;
	return h->items[h->first++].event;
}

void
held_drop(struct held *h, struct held_event *e)
{
	struct held_block *b = (struct held_block *)e;
	int class = size_class(e->bytes);

	if (class < 0) {
		free(e);
		return;
	}
	b->next = h->spare[class];
	h->spare[class] = b;
}

int64_t
held_last(const struct held *h)
{
	return h->end > h->first ? h->items[h->end - 1].time : UTC_NONE;
}

void
held_free(struct held *h)
{
	struct held_block *b;

	for (; h->first < h->end; h->first++)
		free(h->items[h->first].event);
	for (int i = 0; i < 2; i++)
		while ((b = h->spare[i]) != NULL) {
			h->spare[i] = b->next;
			free(b);
		}
	free(h->next);
	free(h->items);
	*h = (struct held){0};
}

/* Between runs. */

static void
save_numbers(struct buf *out, const struct held_event *e)
{
	const struct event *ev = &e->ev;

	pack_i64(out, e->o.pid);
	pack_i64(out, e->o.time);
	spill_evidence(out, &e->o.evidence);
	pack_u32(out, e->o.source);
	pack_u32(out, e->o.direction);
	pack_u32(out, ev->kind);
	spill_addr(out, ev->has_client, ev->client);
	spill_addr(out, ev->has_relay_addr, ev->relay_addr);
	pack_u32(out, ev->client_port);
	pack_i64(out, ev->tls);
	pack_i64(out, ev->nrcpt);
	pack_i64(out, ev->size);
	pack_u32(out, ev->disposition);
	pack_u32(out, ev->stage);
	pack_i64(out, ev->reply);
	pack_i64(out, ev->refused_mail);
	pack_u8(out, ev->reinjected);
}

static void
restore_numbers(struct texts *paths, struct rd *r, struct held_event *e)
{
	struct event *ev = &e->ev;

	e->o.pid = (int)unpack_i64(r);
	e->o.time = unpack_i64(r);
	e->o.evidence = spill_get_evidence(paths, r);
	e->o.source = rd_be32(r);
	e->o.direction = rd_be32(r) % DIR_N;
	ev->kind = rd_be32(r) % EVENT_N;
	ev->has_client = spill_get_addr(r, &ev->client);
	ev->has_relay_addr = spill_get_addr(r, &ev->relay_addr);
	ev->client_port = (uint16_t)rd_be32(r);
	ev->tls = (int)unpack_i64(r);
	ev->nrcpt = (int)unpack_i64(r);
	ev->size = unpack_i64(r);
	ev->disposition = rd_be32(r) % DISP_N;
	ev->stage = rd_be32(r) % STAGE_N;
	ev->reply = (int)unpack_i64(r);
	ev->refused_mail = (int)unpack_i64(r);
	ev->reinjected = rd_u8(r) != 0;
}

static void
save_event(struct buf *out, struct held_event *e)
{
	size_t i;

	pack_u8(out, 1);
	save_numbers(out, e);
#define PACK_ORIGIN(text)  pack_str(out, e->o.text);
#define PACK_EVENT(text)   pack_str(out, e->ev.text);
#define PACK_VERDICT(text) pack_str(out, e->has_verdict ? e->v.text : STR_NONE);
	ORIGIN_TEXTS(PACK_ORIGIN)
	EVENT_TEXTS(PACK_EVENT)
	VERDICT_TEXTS(PACK_VERDICT)
	for (i = 0; i < e->ev.nrecipients; i++) {
		pack_u8(out, 1);
		pack_str(out, e->ev.recipients[i]);
	}
	pack_u8(out, 0);
	pack_u8(out, e->has_verdict);
	if (e->has_verdict)
		spill_verdict(out, &e->v);
}

void
held_save(const struct held *h, struct buf *out)
{
	size_t i;

	for (i = h->first; i < h->end; i++)
		save_event(out, h->items[i].event);
	pack_u8(out, 0);
}

static void
restore_event(struct held *h, struct texts *paths, struct rd *r)
{
	struct held_event e = {0};
	struct str one;
	struct buf rcpts = {0};

	restore_numbers(paths, r, &e);
#define UNPACK_ORIGIN(text)  e.o.text = unpack_str(r);
#define UNPACK_EVENT(text)   e.ev.text = unpack_str(r);
#define UNPACK_VERDICT(text) e.v.text = unpack_str(r);
	ORIGIN_TEXTS(UNPACK_ORIGIN)
	EVENT_TEXTS(UNPACK_EVENT)
	VERDICT_TEXTS(UNPACK_VERDICT)
	while (rd_u8(r) == 1) {
		one = unpack_str(r);
		buf_put(&rcpts, &one, sizeof(one));
		e.ev.nrecipients++;
	}
	e.ev.recipients = (const struct str *)rcpts.p;
	e.has_verdict = rd_u8(r) != 0;
	if (e.has_verdict)
		e.v = spill_get_verdict(paths, r);
	if (!r->bad)
		held_put(h, &e.o, &e.ev, e.has_verdict ? &e.v : NULL);
	buf_free(&rcpts);
}

bool
held_restore(struct held *h, struct texts *paths, struct rd *r)
{
	while (rd_u8(r) == 1 && !r->bad)
		restore_event(h, paths, r);
	return !r->bad;
}
