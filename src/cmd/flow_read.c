/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/flow_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/hash.h"

static struct flow_by_agent *
find_agent(struct flow_read *r, struct addr agent)
{
	uint64_t h = hash_bytes(agent.b, sizeof(agent.b), 0);
	struct flow_by_agent *head = map_get(&r->by, h), *a;

	for (a = head; a; a = a->chain) {
		if (addr_cmp(a->agent, agent) == 0)
			return a;
	}
	a = xcalloc(1, sizeof(*a));
	a->chain = head;
	a->next = r->agents;
	a->agent = agent;
	a->stats = flow_stats_new(&r->run.ports);
	map_put(&r->by, h, a);
	r->agents = a;
	r->nagents++;
	return a;
}

static void
on_sample(struct flow_sink *sink, const struct smtp_sample *s)
{
	struct flow_read *r = (struct flow_read *)sink;

	flow_stats_add(r->stats, s);
	if (r->by_agent)
		flow_stats_add(find_agent(r, s->agent)->stats, s);
}

static void
on_heard(struct flow_sink *sink, const struct flow_heard *h)
{
	struct flow_read *r = (struct flow_read *)sink;
	struct flow_by_agent *a;

	flow_text_bad(&r->run, h);
	if (!r->by_agent)
		return;
	a = find_agent(r, h->agent);
	a->datagrams += h->datagrams;
	a->samples += h->samples;
	a->malformed += h->malformed;
	a->lost += h->lost;
}

static void
on_listed(struct flow_sink *sink, const struct flow_listed *l)
{
	struct flow_read *r = (struct flow_read *)sink;

	flow_stats_add_client(r->stats, l->addr);
	if (r->by_agent)
		flow_stats_add_client(find_agent(r, l->agent)->stats, l->addr);
}

void
flow_read_init(struct flow_read *r)
{
	*r = (struct flow_read){
	    .sink = {on_sample, on_heard, on_listed}};
	flow_run_init(&r->run, &r->sink);
}

void
flow_read_free(struct flow_read *r)
{
	struct flow_by_agent *next;

	for (struct flow_by_agent *a = r->agents; a; a = next) {
		next = a->next;
		flow_stats_free(a->stats);
		free(a);
	}
	map_free(&r->by);
	flow_stats_free(r->stats);
	flow_run_free(&r->run);
}

static int
set_ports(struct flow_read *r, const char *text, struct err *e)
{
	if (!port_set_parse(str_z(text), &r->run.ports))
		return err_set(e, ERR_USAGE,
		    "--ports: \"%s\" is not a list of up to %d ports", text,
		    PORT_SET_MAX);
	return 0;
}

static int
set_rate(struct flow_read *r, const char *text, struct err *e)
{
	int64_t rate = 0;
	int rc = cmd_number("--rate", text, 1, UINT32_MAX, &rate, e);

	r->run.rate = (uint32_t)rate;
	return rc;
}

int
flow_read_option(struct cmd *c, struct flow_read *r, int opt, struct err *e)
{
	switch (opt) {
	case FLOW_OPT_PORTS:
		return set_ports(r, optarg, e);
	case FLOW_OPT_SINCE:
		return cmd_time(c, "--since", optarg, &r->run.since, e);
	case FLOW_OPT_UNTIL:
		return cmd_time(c, "--until", optarg, &r->run.until, e);
	case FLOW_OPT_TARGETS:
		r->targets_apart = true;
		return 0;
	case FLOW_OPT_RATE:
		return set_rate(r, optarg, e);
	case 'F':
		r->format = optarg;
		return 0;
	}
	if (opt == '?')
		return ERR_USAGE; /* the frame has set e */
	return flow_text_option(c, &r->run, opt, e);
}

static int
read_file(struct flow_read *r, const char *path, struct err *e)
{
	struct flow_source *src = NULL;
	const char *damage;
	int rc = flow_source_open(
	    &src, path, flow_text_format(&r->run, r->format), &r->run, e);

	if (rc < 0)
		return rc;
	do
		rc = flow_source_step(src, e);
	while (rc > 0);
	damage = rc < 0 ? NULL : flow_source_damage(src);
	if (damage) {
		fprintf(stderr, "heloflow: %s: incomplete: %s\n", path, damage);
		r->incomplete = true;
	}
	flow_source_close(src);
	return rc;
}

static int
read_files(struct flow_read *r, int n, char **paths, struct err *e)
{
	int rc = n == 0 ? read_file(r, "-", e) : 0;

	for (int i = 0; i < n && rc >= 0; i++)
		rc = read_file(r, paths[i], e);
	r->loss = flow_loss_totals(r->run.loss);
	return rc;
}

static struct smtp_sample
sample_of_row(const struct stmt *st)
{
	struct value flags = stmt_value(st, 4);
	struct smtp_sample s = {
	    .rate = (uint32_t)stmt_value(st, 5).i,
	    .time = stmt_value(st, 6).i,
	    .src_as = (uint32_t)stmt_value(st, 8).i,
	    .dst_as = (uint32_t)stmt_value(st, 9).i,
	};

	memcpy(s.src.b, stmt_value(st, 0).s.p, sizeof(s.src.b));
	s.src_port = (uint16_t)stmt_value(st, 1).i;
	memcpy(s.dst.b, stmt_value(st, 2).s.p, sizeof(s.dst.b));
	s.dst_port = (uint16_t)stmt_value(st, 3).i;
	s.no_rate = s.rate == 0;
	if (s.no_rate)
		s.rate = 1;
	s.has_flags = flags.type != VALUE_NULL;
	s.flags = s.has_flags ? (uint8_t)flags.i : 0;
	memcpy(s.agent.b, stmt_value(st, 7).s.p, sizeof(s.agent.b));
	return s;
}

static int
read_samples(struct flow_read *r, struct store *s, const struct value *span,
    struct err *e)
{
	struct smtp_sample sample;
	struct stmt *st;
	int rc = store_start(s, "flow_stats_samples", span, 2, &st, e);

	if (rc < 0)
		return rc;
	while ((rc = stmt_next(st, e)) > 0) {
		sample = sample_of_row(st);
		if (!smtp_sample_matches(&sample, &r->run.ports))
			continue;
		flow_run_takes(&r->run, sample.time);
		r->run.smtp_packets++;
		r->run.no_flags += !sample.has_flags;
		r->run.rate_unknown |= sample.no_rate;
		on_sample(&r->sink, &sample);
	}
	return rc;
}

static void
add_coverage(struct flow_read *r, const struct stmt *st)
{
	uint64_t samples = (uint64_t)stmt_value(st, 1).i;
	uint64_t datagrams = (uint64_t)stmt_value(st, 2).i;
	int64_t lost = stmt_value(st, 3).i;
	uint64_t malformed = (uint64_t)stmt_value(st, 4).i;
	struct flow_by_agent *a;
	struct addr agent;

	r->run.samples += samples;
	r->run.sflow.datagrams += datagrams;
	r->run.sflow.malformed += malformed;
	r->loss.lost_datagrams += lost > 0 ? (uint64_t)lost : 0;
	r->loss.agents++;
	if (!r->by_agent)
		return;
	memcpy(agent.b, stmt_value(st, 0).s.p, sizeof(agent.b));
	a = find_agent(r, agent);
	a->samples = samples;
	a->datagrams = datagrams;
	a->malformed = malformed;
	a->lost = lost;
}

/* Coverage is kept by the hour: hours that the span cuts count whole. */
static int
read_coverage(struct flow_read *r, struct store *s, const struct value *span,
    struct err *e)
{
	struct stmt *st;
	int rc = store_start(s, "flow_stats_coverage", span, 2, &st, e);

	if (rc < 0)
		return rc;
	while ((rc = stmt_next(st, e)) > 0)
		add_coverage(r, st);
	return rc;
}

static int
read_store(struct cmd *c, struct flow_read *r, struct err *e)
{
	const struct flow_run *run = &r->run;
	const struct value span[] = {
	    value_int(run->since == UTC_NONE ? 0 : run->since),
	    value_int(run->until == UTC_NONE ? INT64_MAX : run->until)};
	struct store *s = NULL;
	int rc = cmd_store(c, STORE_READ, &s, e);

	if (rc < 0)
		return rc;
	r->from_store = true;
	rc = read_samples(r, s, span, e);
	if (rc >= 0)
		rc = read_coverage(r, s, span, e);
	store_close(s);
	return rc;
}

/* No FILE is stdin, unless a store is named or nothing can come from there. */
static bool
wants_store(const struct cmd *c, int argc)
{
	return optind >= argc && (c->db != NULL || isatty(STDIN_FILENO));
}

int
flow_read_run(
    struct cmd *c, struct flow_read *r, int argc, char **argv, struct err *e)
{
	r->stats = flow_stats_new(&r->run.ports);
	return wants_store(c, argc)
	           ? read_store(c, r, e)
	           : read_files(r, argc - optind, argv + optind, e);
}
