/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plain sender list: who was seen to open SMTP connections, from when to
 * when, in how many sampled SYNs.
 *
 *	addr,first_seen,last_seen,syn
 *	198.51.100.7,2026-11-23T08:00:00Z,2026-11-23T09:12:00Z,12
 *
 * No samples, no rate, no agent.
 */
#include "input/flow_table.h"

enum { ADDR, FIRST, NEEDED, LAST = NEEDED, SYN, COLUMNS };
static const char *const names[COLUMNS] = {
    "addr", "first_seen", "last_seen", "syn"};

static bool
claims(struct str head)
{
	static const char *const needed[] = {"addr", "first_seen", NULL};

	return flow_table_claims(head, needed);
}

static int
open_reader(void **state, FILE *f, const char *path, struct flow_run *run,
    struct err *e)
{
	struct flow_table *t = flow_table_new(f, run, path);
	int rc;

	t->last_may_lack_end = true; /* lists are made by hand, too */
	rc = flow_table_header(t, names, COLUMNS, NEEDED, e);
	if (rc < 0)
		flow_table_close(t);
	else
		*state = t;
	return rc;
}

static const char *
read_entry(const struct flow_table *t, struct flow_listed *l)
{
	struct str syn = flow_table_field(t, SYN);

	if (!addr_parse(flow_table_field(t, ADDR), &l->addr))
		return "no address";
	if (!flow_row_time(&t->rows, flow_table_field(t, FIRST), &l->first))
		return "no first_seen";
	if (!flow_row_time(&t->rows, flow_table_field(t, LAST), &l->last))
		return "no last_seen";
	if (l->last != UTC_NONE && (l->first == UTC_NONE || l->last < l->first))
		return "last_seen without a first_seen before it";
	if (syn.n > 0 && (!str_u64(syn, &l->syn) || l->syn > UINT32_MAX))
		return "no number of SYNs";
	return NULL;
}

static void
hand_on(struct flow_rows *rows, struct flow_listed *l)
{
	struct flow_run *run = rows->run;
	struct flow_heard h = {.time = l->first, .agent = run->agent};

	l->agent = run->agent;
	l->rate = run->rate;
	if (l->last == UTC_NONE)
		l->last = l->first;
	rows->time = l->first;
	run->text.rows++;
	run->text.listed++;
	run->text.listed_syn += l->syn;
	run->rate_unknown |= l->rate == 0;
	if (run->sink->listed)
		run->sink->listed(run->sink, l);
	run->sink->heard(run->sink, &h);
}

static int
step(void *state, struct err *e)
{
	struct flow_table *t = state;
	struct flow_listed l = {.last = UTC_NONE};
	const char *why;
	int rc = 0;

	if (!flow_table_line(t))
		return 0;
	why = flow_table_split(t);
	if (!why)
		why = read_entry(t, &l);
	if (!why)
		rc = flow_rows_time(&t->rows, &l.first, &why, e);
	if (why)
		flow_rows_bad(&t->rows, t->text, t->number, why);
	else if (rc > 0)
		hand_on(&t->rows, &l);
	return rc < 0 ? rc : 1;
}

const struct flow_source_ops flow_source_list = {
    .name = "list",
    .summary = "a sender list: CSV addr,first_seen,last_seen,syn",
    .claims = claims,
    .open = open_reader,
    .step = step,
    .damage = flow_table_damage,
    .close = flow_table_close,
};
