/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/flow_listed.h"

#include "ingest/flow_slots.h"

struct entry {
	const struct flow_listed *l;
	struct store *s;
	int64_t addr, agent; /* ids */
};

static int64_t
slot_of(int64_t time)
{
	return time - time % FLOW_SLOT;
}

/* syn: 0 if the list tells none; then it is a client all the same, weakly.  An
 * unknown rate is 0. */
static int
put_slot(const struct entry *x, int64_t slot, int64_t first, int64_t last,
    int64_t syn, struct err *e)
{
	const struct value zero = value_int(0), n = value_int(syn);
	const struct value v[] = {value_int(x->addr), value_int(slot),
	    value_int(x->agent), value_int(syn ? syn : 1), n, zero, zero, zero,
	    n, value_int(syn == 0), zero, zero, zero, value_int(first),
	    value_int(last), value_int(x->l->rate), value_int(x->l->rate)};

	return store_run(x->s, "flow_slot_put", v, sizeof(v) / sizeof(v[0]), e);
}

static int
put_slots(const struct entry *x, struct err *e)
{
	const struct flow_listed *l = x->l;
	int64_t from = slot_of(l->first), to = slot_of(l->last);
	int64_t syn = (int64_t)l->syn, one = syn > 0;
	int rc;

	if (to - from <= FLOW_SLOT || syn == 1)
		return put_slot(x, from, l->first, l->last, syn, e);
	rc = put_slot(x, from, l->first, l->first, one, e);
	if (rc >= 0)
		rc = put_slot(x, to, l->last, l->last, one, e);
	if (rc >= 0 && syn > 2 && l->last - l->first <= FLOW_LISTED_SPAN)
		rc = put_slot(
		    x, from + FLOW_SLOT, l->first, l->last, syn - 2, e);
	return rc;
}

int
flow_listed_put(struct store *s, const struct flow_listed *l, struct err *e)
{
	struct entry x = {.l = l, .s = s};
	struct value agent;
	int rc;

	if ((rc = store_addr(s, l->addr, &x.addr, e)) < 0 ||
	    (rc = store_addr(s, l->agent, &x.agent, e)) < 0)
		return rc;
	agent = value_int(x.agent);
	rc = store_run(s, "flow_agent_list", &agent, 1, e);
	return rc < 0 ? rc : put_slots(&x, e);
}
