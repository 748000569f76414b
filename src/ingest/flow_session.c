/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/flow_session.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/utc.h"

/* A run that is alive says so every flush; this much later it is not. */
#define SILENT (60 * USEC)

/* One that has not ended in good order. */
struct open_session {
	struct open_session *next;
	int64_t id, pid, flush, alive, slots_from;
	struct str listen;
	bool stopped; /* only its slots are not all written */
};

void
slot_list_add(struct slot_list *l, int64_t slot)
{
	for (size_t i = 0; i < l->n; i++) {
		if (l->slot[i] == slot)
			return;
	}
	l->slot = xrealloc(l->slot, (l->n + 1) * sizeof(*l->slot));
	l->slot[l->n++] = slot;
}

/* Nobody else can have our sockets; of other runs the process must be there,
 * or at least be heard of. */
static bool
is_dead(const struct open_session *o, const char *listen, int64_t now)
{
	if (str_eq(o->listen, str_z(listen)) || o->pid == getpid())
		return true;
	if (kill((pid_t)o->pid, 0) < 0 && errno == ESRCH)
		return true;
	return now - o->alive > SILENT + 10 * o->flush;
}

static int
read_open(struct store *s, struct open_session **out, struct arena *mem,
    struct err *e)
{
	struct open_session *o;
	struct stmt *st;
	int rc = store_start(s, "session_open", NULL, 0, &st, e);

	if (rc < 0)
		return rc;
	while ((rc = stmt_next(st, e)) > 0) {
		o = arena_zalloc(mem, sizeof(*o));
		o->id = stmt_value(st, 0).i;
		o->listen = arena_dup(mem, stmt_value(st, 1).s);
		o->pid = stmt_value(st, 2).i;
		o->flush = stmt_value(st, 3).i;
		o->alive = stmt_value(st, 4).i;
		o->slots_from = stmt_value(st, 5).type == VALUE_NULL
		                    ? UTC_NONE
		                    : stmt_value(st, 5).i;
		o->stopped = stmt_value(st, 6).i != 0;
		o->next = *out;
		*out = o;
	}
	return rc;
}

static int
read_slots(struct store *s, const struct open_session *o,
    struct slot_list *slots, struct err *e)
{
	const struct value from = value_time(o->slots_from);
	struct stmt *st;
	int rc;

	if (o->slots_from == UTC_NONE)
		return 0;
	rc = store_start(s, "session_slots", &from, 1, &st, e);
	if (rc < 0)
		return rc;
	while ((rc = stmt_next(st, e)) > 0)
		slot_list_add(slots, stmt_value(st, 0).i);
	return rc;
}

static void
say_killed(const struct open_session *o, int64_t now)
{
	char from[UTC_TEXT_MAX], to[UTC_TEXT_MAX];

	utc_format(o->alive, from);
	utc_format(now, to);
	fprintf(stderr,
	    "heloflow collect: the collector on %.*s was killed after %s, or "
	    "could store no more; what came from then until now, %s (%.1f s), is missing\n",
	    STR_FMT(o->listen), from, to, (double)(now - o->alive) / USEC);
}

static int
close_killed(struct store *s, const char *listen, int64_t now,
    struct slot_list *slots, struct err *e)
{
	struct open_session *all = NULL;
	struct arena mem = {0};
	int rc = read_open(s, &all, &mem, e);

	for (const struct open_session *o = all; o && rc >= 0; o = o->next) {
		const struct value v[] = {value_int(o->id), value_int(now)};

		if (!is_dead(o, listen, now))
			continue;
		if (!o->stopped)
			say_killed(o, now);
		rc = read_slots(s, o, slots, e);
		if (rc >= 0)
			rc = store_run(s, "session_killed", v, 2, e);
	}
	arena_free(&mem);
	return rc;
}

static struct value
earliest(const struct slot_list *slots)
{
	int64_t least = INT64_MAX;

	for (size_t i = 0; i < slots->n; i++) {
		if (slots->slot[i] < least)
			least = slots->slot[i];
	}
	return slots->n ? value_int(least) : value_null();
}

static int
put_session(struct store *s, const char *listen, int64_t flush, int64_t now,
    int64_t *id, struct err *e)
{
	char path[256];
	struct value name, v[5];
	int rc;

	snprintf(path, sizeof(path), "udp %s", listen);
	name = value_z(path);
	rc = store_run(s, "session_ledger_new", &name, 1, e);
	if (rc < 0)
		return rc;
	*id = store_last_id(s);
	v[0] = value_int(*id);
	v[1] = value_z(listen);
	v[2] = value_int(getpid());
	v[3] = value_int(flush);
	v[4] = value_int(now);
	return store_run(s, "session_new", v, 5, e);
}

int
flow_session_begin(struct store *s, const char *listen, int64_t flush,
    int64_t *id, struct slot_list *slots, struct err *e)
{
	struct flow_collect_counts none = {.first = UTC_NONE, .last = UTC_NONE};
	int64_t now = utc_now();
	int rc = store_begin(s, e);

	if (rc >= 0)
		rc = close_killed(s, listen, now, slots, e);
	if (rc >= 0)
		rc = put_session(s, listen, flush, now, id, e);
	if (rc >= 0)
		rc = flow_session_save(s, *id, &none, now, UTC_NONE, slots, e);
	if (rc >= 0)
		return store_commit(s, e);
	store_rollback(s);
	return rc;
}

static struct value
opt_time(int64_t t)
{
	return t == UTC_NONE ? value_null() : value_time(t);
}

int
flow_session_save(struct store *s, int64_t id,
    const struct flow_collect_counts *n, int64_t alive, int64_t stopped,
    const struct slot_list *slots, struct err *e)
{
	const struct value session[] = {value_int(id), value_time(alive),
	    opt_time(stopped), value_int(n->datagrams), value_int(n->samples),
	    value_int(n->smtp_packets), value_int(n->lost_datagrams),
	    value_int(n->malformed), value_int(n->refused),
	    value_int(n->kernel_drops), value_int(n->overflow),
	    earliest(slots)};
	const struct value ledger[] = {value_int(id), value_int(n->datagrams),
	    value_int(n->datagrams - n->refused - n->malformed),
	    value_int(n->refused), value_int(n->malformed),
	    value_int(n->smtp_packets), opt_time(n->first), opt_time(n->last),
	    value_bool(stopped == UTC_NONE)};
	int rc = store_run(
	    s, "session_set", session, sizeof(session) / sizeof(session[0]), e);

	if (rc < 0)
		return rc;
	return store_run(s, "session_ledger_set", ledger,
	    sizeof(ledger) / sizeof(ledger[0]), e);
}
