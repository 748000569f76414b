/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statements are gathered, sorted by range, session and time, and joined by
 * what the store has made of earlier ones.  Each run of statements that belong
 * together is one lease.  A gathering of fixed size bounds the memory: what
 * comes later is merged with what is then in the store.
 */
#include "ingest/lease_merge.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"

#define GATHER 262144 /* statements, some 60 MB */

/* Start and Acct-Session-Time of one session may be so far apart: retries and
 * whole seconds (ours). */
#define SAME_START (60 * USEC)

/* RFC 2869, 5.16: Acct-Interim-Interval is 60 s at least.  What comes sooner says
 * something else, such as an address that was added. */
#define LEAST_GAP (60 * USEC)

struct statement {
	int64_t n;  /* order in the file; before it what the store has */
	int64_t id; /* of the store's lease, or 0 */
	struct addr first, last;
	int port_first, port_last; /* 0, 0: all */
	uint64_t session, nas;
	int64_t start, seen, end, lapse; /* UTC_NONE: not told */
	bool fresh;
	struct str customer, source; /* "" if not told */
	int64_t clock_error, ledger;
	int64_t grace, gap; /* of lease.h */
	int64_t beat;       /* of the store; 0: not known */
	int64_t late; /* of lease.h; the store has it in clock_error */
};

/* That a session lives. */
struct sign {
	int64_t seen, gap;
};

struct list {
	struct statement *items;
	size_t n, size;
	struct arena mem; /* texts */
};

/* A lease in the making. */
struct run {
	bool open;
	struct statement s;   /* customer and source are the statements' */
	int64_t named;        /* n of the statement that named the customer */
	struct statement was; /* what the store has; id 0: nothing */
};

struct lease_merge {
	struct store *store;
	struct stmt *known, *ranges, *put, *set, *drop, *restart;
	struct list gathered;
	struct list stops; /* of sessions, without a range */
	struct list group; /* of one range and session, and what is known */
	struct run run;
	struct sign *signs; /* of the run */
	size_t nsigns, signs_size;
	int64_t n;
};

int
lease_merge_new(struct lease_merge **out, struct store *s, struct err *e)
{
	struct lease_merge *m = *out = xcalloc(1, sizeof(*m));
	const struct {
		const char *name;
		struct stmt **st;
	} need[] = {{"lease_session_known", &m->known},
	    {"lease_session_ranges", &m->ranges},
	    {"lease_session_put", &m->put}, {"lease_session_set", &m->set},
	    {"lease_session_drop", &m->drop},
	    {"lease_restart_put", &m->restart}};
	int rc = 0;

	m->store = s;
	for (size_t i = 0; i < sizeof(need) / sizeof(*need) && rc >= 0; i++)
		rc = store_prepare(s, need[i].name, need[i].st, e);
	return rc;
}

static void
list_clear(struct list *l)
{
	l->n = 0;
	arena_reset(&l->mem);
}

static void
list_free(struct list *l)
{
	free(l->items);
	arena_free(&l->mem);
}

void
lease_merge_free(struct lease_merge *m)
{
	if (m == NULL)
		return;
	list_free(&m->gathered);
	list_free(&m->stops);
	list_free(&m->group);
	free(m->signs);
	free(m);
}

/* With copies of the texts, which may be absent. */
static void
list_add(struct list *l, const struct statement *s)
{
	struct statement *item;

	if (l->n == l->size) {
		l->size = l->size ? l->size * 2 : 64;
		l->items = xrealloc(l->items, l->size * sizeof(*l->items));
	}
	item = &l->items[l->n++];
	*item = *s;
	item->customer = arena_dup(&l->mem, s->customer);
	item->source = arena_dup(&l->mem, s->source);
}

static int64_t
begins(const struct statement *s)
{
	return s->start == UTC_NONE ? s->seen : s->start;
}

static int
order(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

/* Of the same range and session? */
static int
cmp_group(const struct statement *a, const struct statement *b)
{
	int c = addr_cmp(a->first, b->first);

	if (c == 0)
		c = addr_cmp(a->last, b->last);
	if (c == 0)
		c = order(a->port_first, b->port_first);
	if (c == 0)
		c = order(a->port_last, b->port_last);
	return c ? c : (a->session > b->session) - (a->session < b->session);
}

static int
cmp(const void *x, const void *y)
{
	const struct statement *a = x, *b = y;
	int c = cmp_group(a, b);

	if (c == 0)
		c = order(begins(a), begins(b));
	if (c == 0)
		c = order(a->seen, b->seen);
	return c ? c : order(a->n, b->n);
}

static bool
other_customer(const struct run *r, const struct statement *s)
{
	return s->customer.n > 0 && r->s.customer.n > 0 &&
	       !str_eq(s->customer, r->s.customer);
}

/* Is this another lease than the one that is open, though of the same session
 * and range?  Session ids are used again, and addresses come back. */
static bool
is_another(const struct run *r, const struct statement *s)
{
	const struct statement *o = &r->s;
	int64_t slack = o->nas ? SAME_START : 0;

	if (s->fresh && s->start > o->seen)
		return true;
	if (o->lapse != UTC_NONE && begins(s) > o->lapse)
		return true;
	/* A session of no length may begin and end at one instant. */
	if (o->end != UTC_NONE && begins(s) >= o->end &&
	    begins(s) > begins(o) && (s->start != UTC_NONE || s->seen > o->end))
		return true;
	/* Somebody else with the same beginning is a correction. */
	return other_customer(r, s) &&
	       (s->start == UTC_NONE || s->start > begins(o) + slack);
}

static bool
unchanged(const struct statement *a, const struct statement *b)
{
	return a->start == b->start && a->seen == b->seen && a->end == b->end &&
	       a->lapse == b->lapse && a->fresh == b->fresh &&
	       a->clock_error == b->clock_error && a->nas == b->nas &&
	       a->grace == b->grace && a->gap == b->gap && a->beat == b->beat &&
	       str_eq(a->customer, b->customer) && str_eq(a->source, b->source);
}

static struct value
time_value(int64_t t)
{
	return t == UTC_NONE ? value_null() : value_int(t);
}

static struct value
name_value(uint64_t name)
{
	return name ? value_int((int64_t)name) : value_null();
}

static struct value
length_value(int64_t n)
{
	return n ? value_int(n) : value_null();
}

static int
update(struct lease_merge *m, struct err *e)
{
	const struct statement *s = &m->run.s;
	const struct value v[] = {value_int(m->run.was.id),
	    time_value(s->start), value_int(s->seen), time_value(s->end),
	    time_value(s->lapse), value_int(s->fresh), value_str(s->customer),
	    value_str(s->source), value_int(s->clock_error), name_value(s->nas),
	    value_int(s->ledger), length_value(s->grace), length_value(s->gap),
	    length_value(s->beat)};

	return unchanged(s, &m->run.was)
	           ? 0
	           : stmt_run(m->set, v, sizeof(v) / sizeof(*v), e);
}

static struct value
port_value(const struct statement *s, int port)
{
	return s->port_last ? value_int(port) : value_null();
}

static int
insert(struct lease_merge *m, struct err *e)
{
	const struct statement *s = &m->run.s;
	const struct value v[] = {value_int((int64_t)s->session),
	    value_blob(s->first.b, sizeof(s->first.b)),
	    value_blob(s->last.b, sizeof(s->last.b)),
	    port_value(s, s->port_first), port_value(s, s->port_last),
	    time_value(s->start), value_int(s->seen), time_value(s->end),
	    time_value(s->lapse), value_int(s->fresh), value_str(s->customer),
	    value_str(s->source), value_int(s->clock_error), name_value(s->nas),
	    value_int(s->ledger), length_value(s->grace), length_value(s->gap),
	    length_value(s->beat)};

	return stmt_run(m->put, v, sizeof(v) / sizeof(*v), e);
}

static void
add_sign(struct lease_merge *m, const struct statement *s)
{
	if (s->grace == 0 || s->end != UTC_NONE)
		return; /* DHCP, or a Stop, which keeps to no interval */
	if (m->nsigns == m->signs_size) {
		m->signs_size = m->signs_size ? 2 * m->signs_size : 64;
		m->signs =
		    xrealloc(m->signs, m->signs_size * sizeof(*m->signs));
	}
	m->signs[m->nsigns++] = (struct sign){s->seen, s->id ? 0 : s->gap};
}

static int
by_seen(const void *x, const void *y)
{
	const struct sign *a = x, *b = y;
	int c = order(a->seen, b->seen);

	return c ? c : order(b->gap, a->gap);
}

/* The largest gap that two in a row reached: one update that is lost does not make
 * it longer, nor one that came for another reason shorter; and where many are
 * lost, silence says less. */
static void
take_gap(struct statement *s, int64_t gap)
{
	const int64_t both = gap < s->gap ? gap : s->gap;

	if (gap < LEAST_GAP)
		return;
	if (both > s->beat)
		s->beat = both;
	s->gap = gap;
}

/* The interval that the session keeps to.  Only what is later than the signs that
 * were learnt from before, so that reading them again changes nothing. */
static void
learn(struct lease_merge *m)
{
	struct statement *s = &m->run.s;
	const struct statement *was = &m->run.was;
	int64_t before = UTC_NONE;

	s->gap = was->id ? was->gap : 0;
	s->beat = was->id ? was->beat : 0;
	if (s->gap != 0)
		before = was->seen;
	if (m->nsigns > 1)
		qsort(m->signs, m->nsigns, sizeof(*m->signs), by_seen);
	for (size_t i = 0; i < m->nsigns; i++) {
		const struct sign *k = &m->signs[i];

		if (before != UTC_NONE && k->seen <= before)
			continue;
		if (k->gap != 0 || before != UTC_NONE)
			take_gap(s, k->gap ? k->gap : k->seen - before);
		before = k->seen;
	}
}

/* Whoever it was, it was not the holder before: a lease without a name is one
 * all the same. */
static int
close_run(struct lease_merge *m, struct err *e)
{
	struct run *r = &m->run;

	if (!r->open)
		return 0;
	r->open = false;
	if (r->s.customer.n == 0)
		r->s.customer = arena_printf(
		    &m->group.mem, "unknown, %.*s", STR_FMT(r->s.source));
	r->s.start = begins(&r->s);
	learn(m);
	return r->was.id ? update(m, e) : insert(m, e);
}

static void
open_run(struct lease_merge *m, const struct statement *s)
{
	struct run *r = &m->run;

	m->nsigns = 0;
	*r = (struct run){.open = true, .s = *s, .named = s->n};
	r->s.id = 0;
	r->s.clock_error += s->late;
}

/* What only says that a session lives moves neither end. */
static int64_t
error_of(const struct statement *s)
{
	return s->clock_error +
	       (s->fresh || s->end != UTC_NONE ? s->late : 0);
}

/* The latest statement says how it ends; an end wins over none. */
static void
extend(struct run *r, const struct statement *s)
{
	struct statement *o = &r->s;

	if (s->seen > o->seen || (s->seen == o->seen && o->end == UTC_NONE)) {
		o->seen = s->seen;
		o->end = s->end;
		o->lapse = s->lapse;
		o->grace = s->grace;
	}
	if (s->fresh && !o->fresh) {
		o->fresh = true;
		o->start = s->start;
	}
	if (error_of(s) > o->clock_error)
		o->clock_error = error_of(s);
	if (s->n > o->n) {
		o->n = s->n;
		o->ledger = s->ledger;
		o->nas = s->nas ? s->nas : o->nas;
	}
	if (s->customer.n > 0 && (o->customer.n == 0 || s->n > r->named)) {
		o->customer = s->customer;
		r->named = s->n;
	}
}

/* The first of the store's rows is kept, others of the same lease go. */
static int
keep_or_drop(struct lease_merge *m, const struct statement *s, struct err *e)
{
	const struct value id = value_int(s->id);

	if (s->id == 0)
		return 0;
	if (m->run.was.id != 0)
		return stmt_run(m->drop, &id, 1, e);
	m->run.was = *s;
	return 0;
}

static int
take(struct lease_merge *m, const struct statement *s, struct err *e)
{
	int rc = 0;

	if (!m->run.open || is_another(&m->run, s)) {
		rc = close_run(m, e);
		open_run(m, s);
	} else {
		extend(&m->run, s);
	}
	add_sign(m, s);
	return rc < 0 ? rc : keep_or_drop(m, s, e);
}

static int64_t
time_at(const struct stmt *st, size_t i)
{
	struct value v = stmt_value(st, i);

	return v.type == VALUE_NULL ? UTC_NONE : v.i;
}

/* What the store has of the group of s: in the place of statements before. */
static int
add_known(struct lease_merge *m, const struct statement *s, struct err *e)
{
	const struct value v[] = {value_int((int64_t)s->session),
	    value_blob(s->first.b, sizeof(s->first.b)),
	    value_blob(s->last.b, sizeof(s->last.b)), value_int(s->port_first),
	    value_int(s->port_last), value_int(begins(s))};
	struct statement k = *s;
	int rc = stmt_start(m->known, v, sizeof(v) / sizeof(*v), e);

	while (rc >= 0 && (rc = stmt_next(m->known, e)) > 0) {
		k.id = stmt_value(m->known, 0).i;
		k.n = -k.id;
		k.start = time_at(m->known, 1);
		k.seen = time_at(m->known, 2);
		k.end = time_at(m->known, 3);
		k.lapse = time_at(m->known, 4);
		k.fresh = stmt_value(m->known, 5).i != 0;
		k.customer = stmt_value(m->known, 6).s;
		k.source = stmt_value(m->known, 7).s;
		k.clock_error = stmt_value(m->known, 8).i;
		k.late = 0;
		k.nas = (uint64_t)stmt_value(m->known, 9).i;
		k.ledger = stmt_value(m->known, 10).i;
		k.grace = stmt_value(m->known, 11).i; /* 0 for NULL */
		k.gap = stmt_value(m->known, 12).i;
		k.beat = stmt_value(m->known, 13).i;
		list_add(&m->group, &k);
	}
	return rc;
}

/* n statements of one range and session, in order. */
static int
merge_group(
    struct lease_merge *m, const struct statement *s, size_t n, struct err *e)
{
	int rc;

	list_clear(&m->group);
	if ((rc = add_known(m, s, e)) < 0)
		return rc;
	for (size_t i = 0; i < n; i++)
		list_add(&m->group, &s[i]);
	qsort(m->group.items, m->group.n, sizeof(*s), cmp);
	for (size_t i = 0; i < m->group.n && rc >= 0; i++)
		rc = take(m, &m->group.items[i], e);
	return rc < 0 ? rc : close_run(m, e);
}

static int
merge_gathered(struct lease_merge *m, struct err *e)
{
	struct list *l = &m->gathered;
	size_t from = 0, to;
	int rc = 0;

	if (l->n > 0)
		qsort(l->items, l->n, sizeof(*l->items), cmp);
	for (; from < l->n && rc >= 0; from = to) {
		to = from + 1;
		while (
		    to < l->n && cmp_group(&l->items[from], &l->items[to]) == 0)
			to++;
		rc = merge_group(m, &l->items[from], to - from, e);
	}
	list_clear(l);
	return rc;
}

static void
addr_at(const struct stmt *st, size_t i, struct addr *out)
{
	struct str s = stmt_value(st, i).s;

	if (s.n == sizeof(out->b))
		memcpy(out->b, s.p, s.n);
}

/* The end of a session without a range is the end of all it still has. */
static int
spread_stop(struct lease_merge *m, struct statement s, struct err *e)
{
	const struct value v[] = {
	    value_int((int64_t)s.nas), value_int((int64_t)s.session)};
	int rc = stmt_start(m->ranges, v, 2, e);

	while (rc >= 0 && (rc = stmt_next(m->ranges, e)) > 0) {
		addr_at(m->ranges, 0, &s.first);
		addr_at(m->ranges, 1, &s.last);
		s.port_first = (int)stmt_value(m->ranges, 2).i;
		s.port_last = (int)stmt_value(m->ranges, 3).i;
		list_add(&m->gathered, &s);
	}
	return rc;
}

static int
merge_stops(struct lease_merge *m, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; i < m->stops.n && rc >= 0; i++)
		rc = spread_stop(m, m->stops.items[i], e);
	list_clear(&m->stops);
	return rc < 0 ? rc : merge_gathered(m, e);
}

static int
merge_all(struct lease_merge *m, struct err *e)
{
	int rc = merge_gathered(m, e);

	return rc < 0 ? rc : merge_stops(m, e);
}

int
lease_merge_put(struct lease_merge *m, const struct lease *l, struct str source,
    int64_t clock_error, int64_t ledger, struct err *e)
{
	const struct value restart[] = {
	    value_int((int64_t)l->nas), value_int(l->seen)};
	const struct statement s = {.n = ++m->n,
	    .first = l->first,
	    .last = l->last,
	    .port_first = l->port_first,
	    .port_last = l->port_last,
	    .session = l->session,
	    .nas = l->nas,
	    .start = l->start,
	    .seen = l->seen,
	    .end = l->end,
	    .lapse = l->lapse,
	    .fresh = l->fresh,
	    .customer = l->customer,
	    .source = source,
	    .clock_error = clock_error,
	    .ledger = ledger,
	    .grace = l->grace,
	    .gap = l->gap,
	    .late = l->late};

	if (l->what == LEASE_RESTART)
		return stmt_run(m->restart, restart, 2, e);
	list_add(l->what == LEASE_STOP ? &m->stops : &m->gathered, &s);
	return m->gathered.n + m->stops.n < GATHER ? 0 : merge_all(m, e);
}

int
lease_merge_finish(struct lease_merge *m, struct err *e)
{
	int rc = merge_all(m, e);

	if (rc < 0 || m->n == 0)
		return rc;
	return store_run(m->store, "lease_restart_apply", NULL, 0, e);
}
