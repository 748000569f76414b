/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Message-ID index against a list that is searched from end to end: with
 * many ids, of which some are used again, by messages that come, leave and
 * are forgotten, and by filters' lines.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utc.h"
#include "ingest/mid_index.h"
#include "tests/unit/rnd.h"

#define IDS      20000
#define STEPS    60000
#define STEP     (USEC / 4) /* so all of them take four hours */
#define USES_MAX 7          /* of an id; with more than 8 some are forgotten */
#define OPEN_MAX 100

struct use {
	int id, host;
	const char *filter; /* or NULL: a message */
	struct message *m;  /* while it is there */
	int64_t t;
};

static const char *const hosts[] = {"", "mx1", "mx2"};
static struct use uses[STEPS];
static size_t nuses;
static int count_of[IDS];
static struct message *open_messages[OPEN_MAX];
static struct str
id_text(int id)
{
	static char text[64];

	return str_of(text,
	    (size_t)snprintf(text, sizeof(text), "<%d.x@mail.example>", id));
}

/* What mids_only() says, from the list. */
static struct message *
only(int id, int host, const char *filter, int64_t t, bool *many)
{
	const struct use *found = NULL;
	int messages = 0, said = 0;

	for (const struct use *u = uses; u < uses + nuses; u++) {
		int64_t at = u->m != NULL ? u->m->received : u->t;

		if (u->id != id || (u->host && host && u->host != host) ||
		    at > t + MID_AHEAD || at < t - MID_WINDOW)
			continue;
		said += u->filter != NULL && strcmp(u->filter, filter) == 0;
		if (u->filter != NULL)
			continue;
		messages++;
		found = u;
	}
	*many = messages > 1 || (messages == 1 && said > 1);
	return *many || found == NULL ? NULL : found->m;
}

static void
leave(struct mid_index *x, struct message **slot)
{
	struct message *m = *slot;

	for (size_t i = 0; m != NULL && i < nuses; i++)
		if (uses[i].m == m) {
			uses[i].m = NULL;
			uses[i].t = m->received;
		}
	if (m != NULL) {
		mids_leave(x, m);
		message_free(m);
	}
	*slot = NULL;
}

static void
come(struct mid_index *x, int id, int host, int64_t t)
{
	struct message **slot = &open_messages[rnd() % OPEN_MAX], *m;

	leave(x, slot);
	m = message_new(str_z(hosts[host]), STR("postfix"), t);
	m->message_id = arena_dup(&m->mem, id_text(id));
	mids_know(x, m);
	if (rnd() % 8 == 0)
		m->received -= USEC; /* the arrival's line came later */
	uses[nuses++] = (struct use){.id = id, .host = host, .m = m};
	count_of[id]++;
	*slot = m;
}

int
main(void)
{
	static const char *const filters[] = {"spamassassin", "rspamd"};
	struct mid_index *x = mids_new();
	int64_t t = INT64_C(1795392000) * USEC;
	int answers = 0, manies = 0, failed = 0;

	for (int i = 0; i < STEPS; i++, t += STEP) {
		int id = (int)(rnd() % IDS), host = (int)(rnd() % 3);
		const char *filter = filters[rnd() % 2];
		int64_t asked = t - (int64_t)(rnd() % 7200) * USEC;
		struct message *want, *got;
		bool many, is_many;

		if (nuses > 0 && rnd() % 3 == 0)
			id = uses[rnd() % nuses].id;
		if (count_of[id] < USES_MAX && rnd() % 4 != 0) {
			come(x, id, host, t);
		} else if (count_of[id] < USES_MAX) {
			mids_heard(x, mid_key(id_text(id)), str_z(hosts[host]),
			    str_z(filter), t);
			uses[nuses++] = (struct use){
			    .id = id, .host = host, .filter = filter, .t = t};
			count_of[id]++;
		}
		if (i % 2400 == 0)
			mids_sweep(x, t);
		if (i % 4 != 0)
			continue;
		if (rnd() % 2 == 0)
			id = uses[nuses - 1 - rnd() % (nuses / 20 + 1)].id;
		if (asked < t - MID_WINDOW / 12)
			asked = t;
		want = only(id, host, filter, asked, &many);
		got = mids_only(x, mid_key(id_text(id)), str_z(hosts[host]),
		    str_z(filter), asked, &is_many);
		answers += want != NULL;
		manies += many;
		if (want == got && many == is_many)
			continue;
		printf("step %d: id %d: %p, many %d; wanted %p, many %d\n", i,
		    id, (void *)got, is_many, (void *)want, many);
		failed = 1;
	}
	for (size_t i = 0; i < OPEN_MAX; i++)
		leave(x, &open_messages[i]);
	mids_free(x);
	if (answers < 100 || manies < 100) {
		printf("too little was asked: %d, %d\n", answers, manies);
		failed = 1;
	}
	return failed;
}
