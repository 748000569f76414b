/* SPDX-License-Identifier: Apache-2.0 */
/* What is held of a line whose text was put where it is held is what is held
 * of a copy: whichever of an event's texts lie in the line, beside it or in a
 * constant, however many recipients there are, and in whatever order they
 * come. */
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/utc.h"
#include "ingest/held.h"
#include "tests/unit/rnd.h"

static int failed;
#define RECIPIENTS_MAX 5

/* One line, and what a parser says of it. */
struct said {
	char line[300], beside[200];
	struct str text, rcpts[RECIPIENTS_MAX];
	struct origin o;
	struct event ev;
	struct verdict v;
	bool has_verdict;
};

static struct str
some_text(const struct said *s, struct str line)
{
	size_t at;

	switch (rnd() % 6) {
	case 0:
		return STR_NONE;
	case 1:
		return STR("a constant");
	case 2:
		return STR("");
	case 3:
		at = rnd() % sizeof(s->beside);
		return str_of(s->beside + at, rnd() % (sizeof(s->beside) - at));
	default:
		at = rnd() % (line.n + 1);
		return str_of(line.p + at, rnd() % (line.n - at + 1));
	}
}

/* The same for the same state, of whichever line. */
static void
say(struct said *s, struct str line, int64_t time)
{
	struct str *const texts[] = {&s->o.host, &s->o.mta, &s->o.instance,
	    &s->o.session, &s->ev.queue_id, &s->ev.parent_queue_id,
	    &s->ev.queued_as, &s->ev.session, &s->ev.client_name, &s->ev.helo,
	    &s->ev.protocol, &s->ev.auth_user, &s->ev.sender,
	    &s->ev.orig_recipient, &s->ev.message_id, &s->ev.subject,
	    &s->ev.relay, &s->ev.dsn, &s->ev.reason, &s->ev.text,
	    &s->ev.text_kind, &s->v.filter, &s->v.signature, &s->v.rule};
	unsigned rare = 1u + rnd() % 8;

	s->o = (struct origin){.time = time, .pid = (int)(rnd() % 100)};
	s->ev = event_of(EVENT_DETAIL);
	s->v = (struct verdict){.kind = VERDICT_SPAM};
	s->has_verdict = rnd() % 3 == 0;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (rnd() % rare == 0)
			*texts[i] = some_text(s, line);
	s->ev.nrecipients = rnd() % (RECIPIENTS_MAX + 1);
	for (size_t i = 0; i < s->ev.nrecipients; i++)
		s->rcpts[i] = some_text(s, line);
	s->ev.recipients = s->rcpts;
	s->ev.size = (int64_t)rnd();
}

static void
same_text(struct str a, struct str b)
{
	if (str_eq(a, b) && str_has(a) == str_has(b))
		return;
	printf("\"%.*s\", not \"%.*s\"\n", STR_FMT(a), STR_FMT(b));
	failed = 1;
}

static void
same_event(const struct held_event *a, const struct held_event *b)
{
	const struct origin *o = &a->o, *p = &b->o;
	const struct event *e = &a->ev, *f = &b->ev;

	same_text(o->host, p->host);
	same_text(o->mta, p->mta);
	same_text(o->instance, p->instance);
	same_text(o->session, p->session);
	same_text(e->queue_id, f->queue_id);
	same_text(e->parent_queue_id, f->parent_queue_id);
	same_text(e->queued_as, f->queued_as);
	same_text(e->session, f->session);
	same_text(e->client_name, f->client_name);
	same_text(e->helo, f->helo);
	same_text(e->protocol, f->protocol);
	same_text(e->auth_user, f->auth_user);
	same_text(e->sender, f->sender);
	same_text(e->orig_recipient, f->orig_recipient);
	same_text(e->message_id, f->message_id);
	same_text(e->subject, f->subject);
	same_text(e->relay, f->relay);
	same_text(e->dsn, f->dsn);
	same_text(e->reason, f->reason);
	same_text(e->text, f->text);
	same_text(e->text_kind, f->text_kind);
	if (o->time != p->time || o->pid != p->pid || e->size != f->size ||
	    e->nrecipients != f->nrecipients || a->id_hash != b->id_hash ||
	    a->has_verdict != b->has_verdict) {
		puts("numbers differ");
		failed = 1;
		return;
	}
	for (size_t i = 0; i < e->nrecipients; i++)
		same_text(e->recipients[i], f->recipients[i]);
	if (a->has_verdict) {
		same_text(a->v.filter, b->v.filter);
		same_text(a->v.signature, b->v.signature);
		same_text(a->v.rule, b->v.rule);
	}
}

static void
take_both(struct held *beside, struct held *copied, int64_t before)
{
	struct held_event *a, *b;

	for (;;) {
		a = held_take(beside, before);
		b = held_take(copied, before);
		if ((a == NULL) != (b == NULL)) {
			puts("one holds more");
			failed = 1;
		}
		if (a == NULL || b == NULL)
			return;
		same_event(a, b);
		held_drop(beside, a);
		held_drop(copied, b);
	}
}

/* Each line says up to three things; some say nothing. */
static void
hold(struct held *beside, struct held *copied, struct said *s, int64_t time)
{
	struct str line, placed;
	uint64_t before;

	for (size_t i = 0; i < sizeof(s->line); i++)
		s->line[i] = (char)('a' + rnd() % 26);
	for (size_t i = 0; i < sizeof(s->beside); i++)
		s->beside[i] = (char)('A' + rnd() % 26);
	line = str_of(s->line, rnd() % sizeof(s->line));
	placed = held_text(beside, line);
	for (uint64_t n = rnd() % 4; n > 0; n--) {
		before = rnd_state;
		say(s, placed, time);
		held_put(beside, &s->o, &s->ev, s->has_verdict ? &s->v : NULL);
		rnd_state = before;
		say(s, line, time);
		held_put(copied, &s->o, &s->ev, s->has_verdict ? &s->v : NULL);
	}
	memset(s->line, '-', sizeof(s->line));
	memset(s->beside, '-', sizeof(s->beside));
}

int
main(void)
{
	struct held beside = {0}, copied = {0};
	struct said *s = xcalloc(1, sizeof(*s));
	int64_t now = 0;

	for (int i = 0; i < 50000 && !failed; i++) {
		now += (int64_t)(rnd() % 2000);
		hold(&beside, &copied, s, now + (int64_t)(rnd() % 9000));
		take_both(&beside, &copied, now - 10000);
	}
	take_both(&beside, &copied, INT64_MAX);
	held_free(&beside);
	held_free(&copied);
	free(s);
	return failed;
}
