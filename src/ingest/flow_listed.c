/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/flow_listed.h"

#include "ingest/flow_slots.h"

#define COLUMNS 17 /* of sender_slot */

struct entry {
	const struct flow_listed *l;
	int64_t addr, agent; /* ids */
	struct value row[3][COLUMNS];
	size_t n, given;
};

static int64_t
slot_of(int64_t time)
{
	return time - time % FLOW_SLOT;
}

/* syn: 0 if the list tells none; then it is a client all the same, weakly.  An
 * unknown rate is 0. */
static void
add_slot(struct entry *x, int64_t slot, int64_t first, int64_t last, int64_t syn)
{
	const struct value zero = value_int(0), n = value_int(syn);
	const struct value v[COLUMNS] = {value_int(x->addr), value_int(slot),
	    value_int(x->agent), value_int(syn ? syn : 1), n, zero, zero, zero,
	    n, value_int(syn == 0), zero, zero, zero, value_int(first),
	    value_int(last), value_int(x->l->rate), value_int(x->l->rate)};

	memcpy(x->row[x->n++], v, sizeof(v));
}

static void
add_slots(struct entry *x)
{
	const struct flow_listed *l = x->l;
	int64_t from = slot_of(l->first), to = slot_of(l->last);
	int64_t syn = (int64_t)l->syn, one = syn > 0;

	if (to - from <= FLOW_SLOT || syn == 1) {
		add_slot(x, from, l->first, l->last, syn);
		return;
	}
	add_slot(x, from, l->first, l->first, one);
	add_slot(x, to, l->last, l->last, one);
	if (syn > 2 && l->last - l->first <= FLOW_LISTED_SPAN)
		add_slot(x, from + FLOW_SLOT, l->first, l->last, syn - 2);
}

static int
next_row(void *arg, const struct value **row, size_t *n, struct err *e)
{
	struct entry *x = arg;

	(void)e;
	if (x->given == x->n)
		return 0;
	*row = x->row[x->given++];
	*n = COLUMNS;
	return 1;
}

int
flow_listed_put(struct store *s, const struct flow_listed *l, struct err *e)
{
	struct entry x = {.l = l};
	struct value agent;
	struct stmt *st;
	int rc;

	if ((rc = store_addr(s, l->addr, &x.addr, e)) < 0 ||
	    (rc = store_addr(s, l->agent, &x.agent, e)) < 0 ||
	    (rc = store_prepare(s, "flow_agent_list", &st, e)) < 0)
		return rc;
	agent = value_int(x.agent);
	if ((rc = stmt_run(st, &agent, 1, e)) < 0)
		return rc;
	add_slots(&x);
	return store_give(s, "flow_slots_put", next_row, &x, e);
}
