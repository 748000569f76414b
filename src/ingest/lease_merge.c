/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The statements wait in a temporary table, to which those that the store
 * made of earlier ones are added; they are then gone through by session, range
 * and time.  Each run of statements that belong together is one lease.
 */
#include "ingest/lease_merge.h"

#include "base/buf.h"

/* Start and Acct-Session-Time of one session may be so far apart: retries and
 * whole seconds (ours). */
#define SAME_START (60 * USEC)

/* A row of lease_event_each. */
enum column {
	C_N,
	C_ID,
	C_SESSION,
	C_FIRST,
	C_LAST,
	C_PORT_FIRST,
	C_PORT_LAST,
	C_START,
	C_SEEN,
	C_END,
	C_LAPSE,
	C_FRESH,
	C_CUSTOMER,
	C_SOURCE,
	C_CLOCK_ERROR,
	C_NAS,
	C_LEDGER
};

struct statement {
	int64_t n, id; /* id: of the lease that the store has, or 0 */
	struct value session, port_first, port_last, nas;
	struct addr first, last;
	int64_t start, seen, end, lapse; /* UTC_NONE: not told */
	bool fresh;
	struct str customer, source; /* "" if not told */
	int64_t clock_error, ledger;
};

/* A lease in the making. */
struct run {
	bool open;
	struct statement s; /* customer and source are in the buffers */
	int64_t named;      /* n of the statement that named the customer */
	struct buf customer, source;
	struct statement was; /* what the store has; id 0: nothing */
	struct buf was_customer, was_source;
};

struct merge {
	struct store *store;
	struct stmt *put, *set, *drop;
	struct run run;
};

int
lease_merge_begin(struct lease_merge *m, struct store *s, struct err *e)
{
	int rc = store_run(s, "lease_event_table", NULL, 0, e);

	*m = (struct lease_merge){.store = s};
	if (rc >= 0)
		rc = store_run(s, "lease_event_clear", NULL, 0, e);
	return rc < 0 ? rc : store_prepare(s, "lease_event_put", &m->put, e);
}

static struct value
time_value(int64_t t)
{
	return t == UTC_NONE ? value_null() : value_int(t);
}

int
lease_merge_put(struct lease_merge *m, const struct lease *l, struct str source,
    int64_t clock_error, int64_t ledger, struct err *e)
{
	bool range = l->what == LEASE_HELD;
	bool ports = range && l->port_last != 0;
	const struct value restart[] = {
	    value_int((int64_t)l->nas), value_int(l->seen)};

	m->statements++;
	if (l->what == LEASE_RESTART)
		return store_run(m->store, "lease_restart_put", restart, 2, e);
	const struct value v[] = {value_int((int64_t)l->session),
	    range ? value_blob(l->first.b, sizeof(l->first.b)) : value_null(),
	    range ? value_blob(l->last.b, sizeof(l->last.b)) : value_null(),
	    ports ? value_int(l->port_first) : value_null(),
	    ports ? value_int(l->port_last) : value_null(),
	    time_value(l->start), value_int(l->seen), time_value(l->end),
	    time_value(l->lapse), value_int(l->fresh), value_str(l->customer),
	    value_str(source), value_int(clock_error),
	    l->nas ? value_int((int64_t)l->nas) : value_null(),
	    value_int(ledger)};
	return stmt_run(m->put, v, sizeof(v) / sizeof(v[0]), e);
}

static int64_t
time_at(const struct stmt *st, size_t i)
{
	struct value v = stmt_value(st, i);

	return v.type == VALUE_NULL ? UTC_NONE : v.i;
}

static void
addr_at(const struct stmt *st, size_t i, struct addr *out)
{
	struct value v = stmt_value(st, i);

	memset(out, 0, sizeof(*out));
	if (v.s.n == sizeof(out->b))
		memcpy(out->b, v.s.p, sizeof(out->b));
}

/* Text is valid until the next row. */
static struct statement
statement_of(const struct stmt *st)
{
	struct statement s = {
	    .n = stmt_value(st, C_N).i,
	    .id = stmt_value(st, C_ID).i,
	    .session = stmt_value(st, C_SESSION),
	    .port_first = stmt_value(st, C_PORT_FIRST),
	    .port_last = stmt_value(st, C_PORT_LAST),
	    .nas = stmt_value(st, C_NAS),
	    .start = time_at(st, C_START),
	    .seen = time_at(st, C_SEEN),
	    .end = time_at(st, C_END),
	    .lapse = time_at(st, C_LAPSE),
	    .fresh = stmt_value(st, C_FRESH).i != 0,
	    .customer = stmt_value(st, C_CUSTOMER).s,
	    .source = stmt_value(st, C_SOURCE).s,
	    .clock_error = stmt_value(st, C_CLOCK_ERROR).i,
	    .ledger = stmt_value(st, C_LEDGER).i,
	};

	addr_at(st, C_FIRST, &s.first);
	addr_at(st, C_LAST, &s.last);
	return s;
}

static bool
same_value(struct value a, struct value b)
{
	return a.type == b.type && a.i == b.i;
}

static int64_t
begins(const struct statement *s)
{
	return s->start == UTC_NONE ? s->seen : s->start;
}

static bool
other_customer(const struct run *r, const struct statement *s)
{
	return s->customer.n > 0 && r->customer.n > 0 &&
	       !str_eq(s->customer, buf_str(&r->customer));
}

/* Is this another lease than the one that is open, though of the same session
 * and range?  Session ids are used again, and addresses come back. */
static bool
is_another(const struct run *r, const struct statement *s)
{
	const struct statement *o = &r->s;
	int64_t slack = o->nas.type == VALUE_NULL ? 0 : SAME_START;

	if (!same_value(o->session, s->session) ||
	    addr_cmp(o->first, s->first) != 0 ||
	    addr_cmp(o->last, s->last) != 0 ||
	    !same_value(o->port_first, s->port_first) ||
	    !same_value(o->port_last, s->port_last))
		return true;
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

static void
copy_text(struct buf *b, struct str s)
{
	b->n = 0;
	buf_s(b, s);
}

static bool
unchanged(const struct run *r)
{
	const struct statement *a = &r->s, *b = &r->was;

	return a->start == b->start && a->seen == b->seen && a->end == b->end &&
	       a->lapse == b->lapse && a->fresh == b->fresh &&
	       a->clock_error == b->clock_error && same_value(a->nas, b->nas) &&
	       str_eq(buf_str(&r->customer), buf_str(&r->was_customer)) &&
	       str_eq(buf_str(&r->source), buf_str(&r->was_source));
}

static int
update(struct merge *m, struct err *e)
{
	const struct run *r = &m->run;
	const struct value v[] = {value_int(r->was.id), time_value(r->s.start),
	    value_int(r->s.seen), time_value(r->s.end), time_value(r->s.lapse),
	    value_int(r->s.fresh), value_str(buf_str(&r->customer)),
	    value_str(buf_str(&r->source)), value_int(r->s.clock_error),
	    r->s.nas, value_int(r->s.ledger)};

	return unchanged(r) ? 0
	                    : stmt_run(m->set, v, sizeof(v) / sizeof(*v), e);
}

static int
insert(struct merge *m, struct err *e)
{
	const struct run *r = &m->run;
	const struct value v[] = {r->s.session,
	    value_blob(r->s.first.b, sizeof(r->s.first.b)),
	    value_blob(r->s.last.b, sizeof(r->s.last.b)), r->s.port_first,
	    r->s.port_last, time_value(r->s.start), value_int(r->s.seen),
	    time_value(r->s.end), time_value(r->s.lapse), value_int(r->s.fresh),
	    value_str(buf_str(&r->customer)), value_str(buf_str(&r->source)),
	    value_int(r->s.clock_error), r->s.nas, value_int(r->s.ledger)};

	return stmt_run(m->put, v, sizeof(v) / sizeof(*v), e);
}

/* Whoever it was, it was not the holder before: a lease without a name is one
 * all the same. */
static int
close_run(struct merge *m, struct err *e)
{
	struct run *r = &m->run;

	if (!r->open)
		return 0;
	r->open = false;
	if (r->customer.n == 0)
		buf_printf(&r->customer, "unknown, %.*s",
		    STR_FMT(buf_str(&r->source)));
	r->s.start = begins(&r->s);
	return r->was.id ? update(m, e) : insert(m, e);
}

static void
open_run(struct run *r, const struct statement *s)
{
	r->open = true;
	r->s = *s;
	r->s.id = r->was.id = 0;
	r->named = s->n;
	copy_text(&r->customer, s->customer);
	copy_text(&r->source, s->source);
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
	}
	if (s->fresh && !o->fresh) {
		o->fresh = true;
		o->start = s->start;
	}
	if (s->n > o->n) {
		o->n = s->n;
		o->clock_error = s->clock_error;
		o->ledger = s->ledger;
		if (s->nas.type != VALUE_NULL)
			o->nas = s->nas;
	}
	if (s->customer.n > 0 && (r->customer.n == 0 || s->n > r->named)) {
		copy_text(&r->customer, s->customer);
		r->named = s->n;
	}
}

/* The first of the store's rows is kept, others of the same lease go. */
static int
keep_or_drop(struct merge *m, const struct statement *s, struct err *e)
{
	const struct value id = value_int(s->id);
	struct run *r = &m->run;

	if (s->id == 0)
		return 0;
	if (r->was.id != 0)
		return stmt_run(m->drop, &id, 1, e);
	r->was = *s;
	copy_text(&r->was_customer, s->customer);
	copy_text(&r->was_source, s->source);
	return 0;
}

static int
take(struct merge *m, const struct statement *s, struct err *e)
{
	int rc = 0;

	if (!m->run.open || is_another(&m->run, s)) {
		rc = close_run(m, e);
		open_run(&m->run, s);
	} else {
		extend(&m->run, s);
	}
	return rc < 0 ? rc : keep_or_drop(m, s, e);
}

static int
take_all(struct merge *m, struct err *e)
{
	struct statement s;
	struct stmt *each;
	int rc = store_prepare(m->store, "lease_event_each", &each, e);

	if (rc >= 0)
		rc = stmt_start(each, NULL, 0, e);
	while (rc >= 0 && (rc = stmt_next(each, e)) > 0) {
		s = statement_of(each);
		rc = take(m, &s, e);
	}
	if (rc < 0)
		stmt_reset(each);
	return rc < 0 ? rc : close_run(m, e);
}

static int
merge(struct store *s, struct err *e)
{
	struct merge m = {.store = s};
	int rc = store_prepare(s, "lease_session_put", &m.put, e);

	if (rc >= 0)
		rc = store_prepare(s, "lease_session_set", &m.set, e);
	if (rc >= 0)
		rc = store_prepare(s, "lease_session_drop", &m.drop, e);
	if (rc >= 0)
		rc = take_all(&m, e);
	buf_free(&m.run.customer);
	buf_free(&m.run.source);
	buf_free(&m.run.was_customer);
	buf_free(&m.run.was_source);
	return rc;
}

int
lease_merge_finish(struct lease_merge *m, struct err *e)
{
	int rc;

	if (m->statements == 0)
		return 0;
	if ((rc = store_run(m->store, "lease_event_spread", NULL, 0, e)) < 0 ||
	    (rc = store_run(m->store, "lease_event_known", NULL, 0, e)) < 0 ||
	    (rc = merge(m->store, e)) < 0)
		return rc;
	rc = store_run(m->store, "lease_restart_apply", NULL, 0, e);
	return rc < 0 ? rc
	              : store_run(m->store, "lease_event_clear", NULL, 0, e);
}
