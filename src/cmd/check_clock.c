/* SPDX-License-Identifier: Apache-2.0 */
/* The clocks of heloflow check: estimates of each pair, and who is to blame. */
#include "cmd/check.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "correlate/clock.h"

/* A server's log line and a packet of the same session are not of one moment;
 * a hand-over takes a while. */
#define SESSION_TAKES  (10 * USEC)
#define HANDOVER_TAKES (30 * USEC)
/* Mail this far outside of a lease is looked at. */
#define EDGE_RANGE (900 * USEC)

/* The mail source of a host; NULL if it has none. */
static int
source_of_host(struct page *p, struct str host, const struct mail_source **out,
    struct err *e)
{
	const struct value args[] = {value_int(p->since), value_int(p->until)};
	struct stmt *st;
	int rc = store_prepare(p->store, "check_host_files", &st, e);

	*out = NULL;
	if (rc < 0 || (rc = stmt_start(st, args, 2, e)) < 0)
		return rc;
	while ((rc = stmt_next(st, e)) > 0)
		if (*out == NULL && str_eq(stmt_value(st, 0).s, host))
			*out = config_mail_of(p->c->config,
			    arena_z(&p->mem, stmt_value(st, 1).s));
	return rc;
}

/* The name of an agent ends in its address. */
static int64_t
agent_offset(const struct config *c, struct str name)
{
	struct str text = str_from(name, (size_t)(str_rchr(name, ' ') + 1));
	struct addr a;

	if (!addr_parse(text, &a))
		return 0;
	for (size_t i = 0; i < c->nflow; i++)
		for (size_t k = 0; k < c->flow[i].nagents; k++)
			if (addr_cmp(c->flow[i].agents[k].addr, a) == 0)
				return c->flow[i].clock_offset;
	return 0;
}

static void
keep_offset(struct page *p, struct offset o)
{
	if (p->noffsets == p->offsets_size) {
		p->offsets_size = p->offsets_size ? 2 * p->offsets_size : 16;
		p->offsets =
		    xrealloc(p->offsets, p->offsets_size * sizeof(*p->offsets));
	}
	p->offsets[p->noffsets++] = o;
}

static void
refuse(struct page *p, const struct test *t, struct str a, struct str b,
    const struct clock_estimate *x)
{
	struct fault *f = check_add(p, t, UNKNOWN,
	    arena_printf(&p->mem, "%.*s, %.*s", STR_FMT(a), STR_FMT(b)));

	f->count = x->all;
	f->what = arena_printf(&p->mem,
	    "no estimate: %s (%" PRId64 " looked at, %" PRId64
	    " agree; %d are asked)",
	    x->refused, x->all, x->pairs, CLOCK_PAIRS_MIN);
}

/* What the pairs of two clocks say; flows: a is an agent, else a host. */
static int
judge_pairs(struct page *p, const struct test *t, struct str a, struct str b,
    struct clock_pair *pairs, size_t n, bool flows, struct err *e)
{
	const struct mail_source *of_a = NULL, *of_b;
	struct clock_estimate x;
	struct offset o = {.test = t, .a = a, .b = b, .of_flows = flows};
	int rc = source_of_host(p, b, &of_b, e);

	if (rc >= 0 && !flows)
		rc = source_of_host(p, a, &of_a, e);
	if (rc < 0)
		return rc;
	clock_estimate(&x, pairs, n);
	if (x.refused != NULL) {
		refuse(p, t, a, b, &x);
		return 0;
	}
	o.limit = (of_b ? of_b->clock_error : CONFIG_MAIL_CLOCK_ERROR) +
	          (flows ? SESSION_TAKES : HANDOVER_TAKES);
	if (!flows)
		o.limit += of_a ? of_a->clock_error : CONFIG_MAIL_CLOCK_ERROR;
	o.set_a = flows  ? agent_offset(p->c->config, a)
	          : of_a ? of_a->clock_offset
	                 : 0;
	o.set_b = of_b ? of_b->clock_offset : 0;
	o.ahead = x.ahead;
	o.pairs = x.pairs;
	o.spread = x.spread;
	keep_offset(p, o);
	return 0;
}

/* Where there is nothing to compare, nothing is known to be fine. */
static void
nothing(struct page *p, const struct test *t)
{
	struct fault *f = check_add(p, t, UNKNOWN, STR("all"));

	f->count = 0;
	f->what = STR("nothing in the data can be held against each other");
}

/* Rows of (name, name, difference, reference, ids) in the order of names. */
static int
read_pairs(struct page *p, const struct test *t, bool flows, struct err *e)
{
	const struct value args[] = {
	    value_int(p->since), value_int(p->until), value_int(CLOCK_RANGE)};
	struct clock_pair *pairs = NULL;
	struct str a = STR_NONE, b = STR_NONE;
	size_t n = 0, size = 0, rows = 0;
	struct stmt *st;
	int more, rc = store_start(p->store, t->statement, args, 3, &st, e);

	for (more = 1; rc >= 0 && more > 0;) {
		more = rc = stmt_next(st, e);
		if (n > 0 && rc >= 0 &&
		    (more == 0 || !str_eq(a, stmt_value(st, 0).s) ||
		        !str_eq(b, stmt_value(st, 1).s))) {
			rc = judge_pairs(p, t, a, b, pairs, n, flows, e);
			n = 0;
		}
		if (rc < 0 || more <= 0)
			break;
		if (n == 0) {
			a = arena_dup(&p->mem, stmt_value(st, 0).s);
			b = arena_dup(&p->mem, stmt_value(st, 1).s);
		}
		rows++;
		if (n == size) {
			size = size ? 2 * size : 1024;
			pairs = xrealloc(pairs, size * sizeof(*pairs));
		}
		pairs[n++] = (struct clock_pair){
		    stmt_value(st, 2).i, stmt_value(st, 3).i};
	}
	free(pairs);
	if (rc >= 0 && rows == 0)
		nothing(p, t);
	return rc < 0 ? rc : 0;
}

int
check_clock_flows(struct page *p, const struct test *t, struct err *e)
{
	return read_pairs(p, t, true, e);
}

int
check_clock_hosts(struct page *p, const struct test *t, struct err *e)
{
	return read_pairs(p, t, false, e);
}

static int64_t
left_over(const struct offset *o)
{
	return o->ahead - (o->set_a - o->set_b);
}

static bool
agrees(const struct offset *o)
{
	return llabs(left_over(o)) <= o->limit;
}

/* Does the clock agree with any other one? */
static bool
has_friend(const struct page *p, struct str name)
{
	for (size_t i = 0; i < p->noffsets; i++)
		if (agrees(&p->offsets[i]) &&
		    (str_eq(p->offsets[i].a, name) ||
		        str_eq(p->offsets[i].b, name)))
			return true;
	return false;
}

/* An agent and the leases are as far from the mail host as each other: then it
 * is the host.  The edges of leases tell the least that it can be, so they
 * may say less (ours: a fifth). */
static bool
leases_agree(const struct page *p, const struct offset *o)
{
	int64_t off = llabs(o->ahead), edge = llabs(p->edges.ahead);

	return str_has(p->edges.path) && o->of_flows &&
	       (o->ahead < 0) == (p->edges.ahead < 0) &&
	       edge <= off + o->limit + p->edges.error &&
	       edge >= off - off / 5 - o->limit - p->edges.error;
}

/* The mail host against the other two. */
static void
blame_host(struct page *p, const struct offset *o, struct fault *f)
{
	struct fault *lease = &p->faults[p->edges.fault];

	f->advice = arena_printf(&p->mem,
	    "%.*s and %.*s agree, so set the clock of %.*s right; for what is stored: clock_offset: %.0fs in its source",
	    STR_FMT(o->a), STR_FMT(p->edges.path), STR_FMT(o->b),
	    (double)(o->set_a - o->ahead) / 1e6);
	lease->advice = f->advice;
	lease->what = arena_printf(&p->mem,
	    "%.*s; or the mail's is wrong, and so it is by %.*s",
	    STR_FMT(lease->what), STR_FMT(o->a));
}

/* Which of the two is wrong, if the others tell. */
static void
blame(struct page *p, const struct offset *o, struct fault *f)
{
	bool a = has_friend(p, o->a), b = has_friend(p, o->b);
	struct str who = b && !a ? o->a : o->b;
	int64_t set = b && !a ? o->set_b + o->ahead : o->set_a - o->ahead;

	if (a == b)
		f->advice = arena_printf(&p->mem,
		    "find out which of the two is wrong and set it right; for what is stored: clock_offset: %.0fs for %.*s, or %.0fs for %.*s",
		    (double)(o->set_b + o->ahead) / 1e6, STR_FMT(o->a),
		    (double)(o->set_a - o->ahead) / 1e6, STR_FMT(o->b));
	else
		f->advice = arena_printf(&p->mem,
		    "%.*s agrees with other clocks, so set that of %.*s right; for what is stored: clock_offset: %.0fs in its source",
		    STR_FMT(b ? o->b : o->a), STR_FMT(who), (double)set / 1e6);
}

void
check_clock_judge(struct page *p)
{
	for (size_t i = 0; i < p->noffsets; i++) {
		const struct offset *o = &p->offsets[i];
		struct fault *f = check_add(p, o->test, agrees(o) ? FINE : WRONG,
		    arena_printf(
		        &p->mem, "%.*s, %.*s", STR_FMT(o->a), STR_FMT(o->b)));

		f->count = o->pairs;
		f->value = value_real((double)o->ahead / 1e6);
		f->what = arena_printf(&p->mem,
		    "%.*s is %.1f s %s %.*s (half of %" PRId64
		    " pairs within %.1f s)%s",
		    STR_FMT(o->a), fabs((double)o->ahead) / 1e6,
		    o->ahead < 0 ? "behind" : "ahead of", STR_FMT(o->b),
		    o->pairs, (double)o->spread / 1e6,
		    o->set_a != 0 || o->set_b != 0
		        ? agrees(o) ? ", as clock_offset says"
		                    : ", and clock_offset says otherwise"
		        : "");
		if (agrees(o))
			continue;
		if (leases_agree(p, o) && !has_friend(p, o->b))
			blame_host(p, o, f);
		else
			blame(p, o, f);
	}
}

/* Mail about one kind of edge of the leases of one file. */
static void
judge_edges(struct page *p, const struct test *t, struct str path, bool start,
    int64_t *outside, size_t noutside, size_t n)
{
	const struct lease_feed *feed =
	    config_lease_of(p->c->config, arena_z(&p->mem, path));
	int64_t error = feed ? feed->clock_error : CONFIG_LEASE_CLOCK_ERROR;
	int64_t set = feed ? feed->clock_offset : 0, ahead;
	struct clock_estimate x;
	struct fault *f;

	clock_estimate_edges(&x, outside, noutside, n, EDGE_RANGE);
	ahead = start ? x.ahead : -x.ahead;
	f = check_add(
	    p, t, FINE, path); /* no mail outside: nothing speaks against it */
	f->count = x.pairs;
	f->what = arena_printf(&p->mem,
	    "mail %s of %" PRId64
	    " of %zu leases with mail about, when nobody had the address: ",
	    start ? "before the start" : "after the end", x.pairs, n);
	if (x.refused != NULL && x.pairs < CLOCK_PAIRS_MIN) {
		f->what =
		    arena_printf(&p->mem, "%.*sfew enough", STR_FMT(f->what));
		return;
	}
	if (x.refused != NULL) {
		f->level = DOUBTFUL;
		f->what = arena_printf(
		    &p->mem, "%.*s%s", STR_FMT(f->what), x.refused);
		f->advice = STR("leases may be missing: import all of them");
		return;
	}
	f->level = llabs(ahead - set) > error ? WRONG : FINE;
	if (f->level == WRONG)
		p->edges = (struct edges){path, (size_t)(f - p->faults), ahead, error};
	f->value = value_real((double)ahead / 1e6);
	f->what = arena_printf(&p->mem, "%.*sits clock is %.0f s or more %s",
	    STR_FMT(f->what), (double)x.ahead / 1e6,
	    start ? "ahead" : "behind");
	f->advice = arena_printf(&p->mem,
	    "set that clock right; for what is stored: clock_offset: %.0fs in the lease source",
	    (double)ahead / 1e6);
}

int
check_clock_leases(struct page *p, const struct test *t, struct err *e)
{
	const struct value args[] = {
	    value_int(p->since), value_int(p->until), value_int(EDGE_RANGE)};
	int64_t *outside = NULL;
	struct str path = STR_NONE;
	bool start = false, same;
	size_t n = 0, nout = 0, size = 0, rows = 0;
	struct stmt *st;
	int more = 1,
	    rc = store_start(p->store, "check_clock_leases", args, 3, &st, e);

	while (rc >= 0 && more > 0 && (more = rc = stmt_next(st, e)) >= 0) {
		same = more > 0 && str_has(path) &&
		       str_eq(path, stmt_value(st, 0).s) &&
		       start == str_eq(stmt_value(st, 1).s, STR("start"));
		if (!same && n > 0)
			judge_edges(p, t, path, start, outside, nout, n);
		if (more == 0)
			break;
		if (!same) {
			path = arena_dup(&p->mem, stmt_value(st, 0).s);
			start = str_eq(stmt_value(st, 1).s, STR("start"));
			n = nout = 0;
		}
		if (nout == size) {
			size = size ? 2 * size : 256;
			outside = xrealloc(outside, size * sizeof(*outside));
		}
		n++;
		rows++;
		if (stmt_value(st, 2).type == VALUE_INT)
			outside[nout++] = stmt_value(st, 2).i;
	}
	free(outside);
	if (rc >= 0 && rows == 0)
		nothing(p, t);
	return rc < 0 ? rc : 0;
}
