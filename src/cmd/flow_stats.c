/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heloflow flow-stats: the raw SMTP statistics of flow files, the figures of
 * the talk: packets by flag, addresses by role, and what they cover.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "cmd/flow_read.h"

enum { OPT_SLIDE = 1, OPT_BY };

static const struct option long_opts[] = {
    FLOW_READ_OPTIONS,
    {"slide", no_argument, NULL, OPT_SLIDE},
    {"by", required_argument, NULL, OPT_BY},
    {NULL, 0, NULL, 0},
};

struct job {
	struct flow_read in;
	bool slide;
};

/* One figure of the JSON object; the names are the contract's. */
struct figure {
	struct column col;
	struct value v;
};

#define FIGURES_MAX 80
struct figures {
	struct figure f[FIGURES_MAX];
	size_t n;
};

static void
put(struct figures *fs, const char *name, struct value v)
{
	fs->f[fs->n++] = (struct figure){{name, name, v.type}, v};
}

static void
put_n(struct figures *fs, const char *name, uint64_t n)
{
	put(fs, name, value_int((int64_t)n));
}

/* A text that other rows may have and this one not. */
static void
put_text(struct figures *fs, const char *name, struct value v)
{
	put(fs, name, v);
	fs->f[fs->n - 1].col.type = VALUE_TEXT;
}

static void
put_classes(struct figures *fs, const struct flow_classes *c,
    const char *const name[5], bool targets_apart)
{
	put_n(fs, name[0], c->clients_only);
	put_n(fs, name[1], c->servers_only);
	put_n(fs, name[2], c->both);
	put_n(fs, name[3], c->addresses);
	if (targets_apart)
		put_n(fs, name[4], c->targets_only);
}

/* One estimate and its 95 % interval. */
static void
put_estimate(struct figures *fs, const char *const name[3],
    const struct flow_count *c, const struct flow_totals *t, bool rate_unknown)
{
	struct flow_bounds b = flow_count_bounds(c, t->rate_max);
	bool scaled = !rate_unknown;

	put(fs, name[0], scaled ? value_int((int64_t)c->est) : value_null());
	put(fs, name[1],
	    scaled ? value_int((int64_t)floor(b.low)) : value_null());
	put(fs, name[2],
	    scaled ? value_int((int64_t)ceil(b.high)) : value_null());
}

#define ESTIMATE(name)                                                         \
	{                                                                      \
		"est_" name, "est_" name "_low", "est_" name "_high"           \
	}

static void
put_estimates(
    struct figures *fs, const struct flow_totals *t, bool rate_unknown)
{
	static const char *const name[][3] = {ESTIMATE("smtp_packets"),
	    ESTIMATE("syn"), ESTIMATE("syn_ack"), ESTIMATE("rst"),
	    ESTIMATE("fin")};
	const struct flow_count *const count[] = {
	    &t->smtp_packets, &t->syn, &t->syn_ack, &t->rst, &t->fin};

	for (size_t i = 0; i < sizeof(count) / sizeof(count[0]); i++)
		put_estimate(fs, name[i], count[i], t, rate_unknown);
}

/* What the figures cover, beyond the contract's names. */
static void
put_coverage(struct figures *fs, const struct job *job,
    const struct flow_totals *t, const struct flow_loss_totals *l)
{
	const struct flow_run *r = &job->in.run;

	put(fs, "source", value_z(job->in.from_store ? "store" : "files"));
	put(fs, "first",
	    r->first == UTC_NONE ? value_null() : value_time(r->first));
	put(fs, "last",
	    r->last == UTC_NONE ? value_null() : value_time(r->last));
	put(fs, "rate_unknown", value_bool(r->rate_unknown));
	put_n(fs, "agents", l->agents);
	put_n(fs, "undecided", t->all.undecided);
	put_n(fs, "no_flags", r->no_flags);
	if (job->in.from_store)
		return;
	put_n(fs, "fragments", r->what[PACKET_FRAGMENT]);
	put_n(fs, "tunnels", r->what[PACKET_TUNNEL]);
	put_n(fs, "cut", r->what[PACKET_CUT]);
	put_n(fs, "discard_samples", r->sflow.discard_samples);
	put_n(fs, "duplicates", l->duplicates);
	put_n(fs, "reordered", l->reordered);
	put_n(fs, "restarts", l->restarts);
	put_n(fs, "jumps", l->jumps);
	put_n(fs, "lost_samples", l->lost_samples);
	put_n(fs, "drops", l->drops);
	put_n(fs, "rate_off", l->rate_off);
	put_n(fs, "skipped", r->skipped);
	put(fs, "incomplete", value_bool(job->in.incomplete));
}

static void
put_counts(struct figures *fs, const struct flow_totals *t, bool targets_apart)
{
	static const char *const all[] = {"clients_only", "servers_only",
	    "both", "addresses", "targets_only"};
	static const char *const v4[] = {"clients_only_v4", "servers_only_v4",
	    "both_v4", "addresses_v4", "targets_only_v4"};

	put_n(fs, "smtp_packets", t->smtp_packets.n);
	put_n(fs, "syn", t->syn.n);
	put_n(fs, "syn_ack", t->syn_ack.n);
	put_n(fs, "rst", t->rst.n);
	put_n(fs, "fin", t->fin.n);
	put_classes(fs, &t->all, all, targets_apart);
	put_classes(fs, &t->v4, v4, targets_apart);
}

/* Of collectors' text. */
static void
put_collector(struct figures *fs, const struct flow_text_counts *t)
{
	put_n(fs, "rows", t->rows);
	put_n(fs, "rows_summed", t->summed);
	put_n(fs, "rows_count_unknown", t->count_unknown);
	put_n(fs, "rows_no_time", t->no_time);
	put_n(fs, "listed", t->listed);
	put_n(fs, "listed_syn", t->listed_syn);
}

static bool
is_of_flags(const char *name)
{
	static const char *const of_flags[] = {"syn", "syn_ack", "rst", "fin"};
	struct str s = str_z(name);

	str_skip(&s, STR("est_"));
	if (str_ends(s, STR("_low")))
		s.n -= 4;
	else if (str_ends(s, STR("_high")))
		s.n -= 5;
	for (size_t i = 0; i < sizeof(of_flags) / sizeof(of_flags[0]); i++) {
		if (str_eq(s, str_z(of_flags[i])))
			return true;
	}
	return false;
}

/* No packet came with its TCP flags: that is not the same as none of them. */
static void
blank_flags(struct figures *fs, const struct flow_run *r)
{
	for (size_t i = 0; flow_text_lacks_flags(r) && i < fs->n; i++) {
		if (is_of_flags(fs->f[i].col.name))
			fs->f[i].v = value_null();
	}
}

static void
put_heard(struct figures *fs, uint64_t samples, uint64_t datagrams,
    uint64_t lost, uint64_t malformed)
{
	put_n(fs, "samples", samples);
	put_n(fs, "datagrams", datagrams);
	put_n(fs, "lost_datagrams", lost);
	put_n(fs, "malformed", malformed);
}

static void
print_figures(struct output *out, const struct figures *fs)
{
	struct value values[FIGURES_MAX];

	for (size_t i = 0; i < fs->n; i++)
		values[i] = fs->f[i].v;
	output_row(out, values);
}

static void
print_data(struct cmd *c, const struct job *job, const struct flow_totals *t)
{
	const struct flow_loss_totals *l = &job->in.loss;
	const struct flow_run *r = &job->in.run;
	char missing[FLOW_TEXT_MISSING];
	struct figures fs = {.n = 0};
	struct column cols[FIGURES_MAX];
	struct output out;

	put_counts(&fs, t, job->in.targets_apart);
	put_heard(&fs, r->samples, r->sflow.datagrams, l->lost_datagrams,
	    flow_run_malformed(r));
	put_estimates(&fs, t, r->rate_unknown);
	put_coverage(&fs, job, t, l);
	put(&fs, "missing", value_z(flow_text_missing(r, missing)));
	if (!job->in.from_store)
		put_collector(&fs, &r->text);
	blank_flags(&fs, r);
	for (size_t i = 0; i < fs.n; i++)
		cols[i] = fs.f[i].col;
	output_begin(&out, c->out, stdout, cols, fs.n, true);
	print_figures(&out, &fs);
	output_end(&out);
}

/* The configuration's word on an agent, or NULL. */
static const struct flow_agent *
configured_agent(const struct config *c, struct addr agent)
{
	for (size_t i = 0; i < c->nflow; i++) {
		for (size_t k = 0; k < c->flow[i].nagents; k++) {
			if (addr_cmp(c->flow[i].agents[k].addr, agent) == 0)
				return &c->flow[i].agents[k];
		}
	}
	return NULL;
}

/* Of all agents, where there is none; text must outlive the row. */
static void
put_agent(struct figures *fs, const struct config *c,
    const struct flow_by_agent *a, char text[static ADDR_TEXT_MAX])
{
	const struct flow_agent *known =
	    a ? configured_agent(c, a->agent) : NULL;

	if (a)
		addr_format(a->agent, text);
	put_text(fs, "agent", a ? value_z(text) : value_null());
	put_text(fs, "name", known ? value_str(known->name) : value_null());
	put_text(fs, "vantage",
	    known ? value_z(vantage_name[known->vantage]) : value_null());
}

/* What the eye is spared of a row an agent. */
static bool
is_wide(const char *name)
{
	return strstr(name, "_v4") || strstr(name, "_low") ||
	       strstr(name, "_high") ||
	       (strncmp(name, "est_", 4) == 0 &&
	           strcmp(name, "est_smtp_packets") != 0);
}

static void
agent_row(struct cmd *c, const struct job *job, struct flow_by_agent *a,
    struct output *out, bool first)
{
	struct flow_stats *stats = a ? a->stats : job->in.stats;
	struct flow_totals t = flow_stats_totals(stats, job->in.targets_apart);
	static struct column cols[FIGURES_MAX];
	struct figures fs = {.n = 0};
	char text[ADDR_TEXT_MAX];

	put_agent(&fs, c->config, a, text);
	put_counts(&fs, &t, job->in.targets_apart);
	if (a)
		put_heard(&fs, a->samples, a->datagrams,
		    a->lost > 0 ? (uint64_t)a->lost : 0, a->malformed);
	else
		put_heard(&fs, job->in.run.samples, job->in.run.sflow.datagrams,
		    job->in.loss.lost_datagrams,
		    flow_run_malformed(&job->in.run));
	put_estimates(&fs, &t, job->in.run.rate_unknown);
	blank_flags(&fs, &job->in.run);
	if (first) {
		for (size_t i = 0; i < fs.n; i++) {
			cols[i] = fs.f[i].col;
			if (is_wide(cols[i].name))
				cols[i].title = NULL;
		}
		output_begin(out, c->out, stdout, cols, fs.n, false);
	}
	print_figures(out, &fs);
}

static int
by_address(const void *a, const void *b)
{
	const struct flow_by_agent *const *x = a, *const *y = b;

	return addr_cmp((*x)->agent, (*y)->agent);
}

/* A row an agent, by address; the last, without one, is of all of them. */
static int
print_agents(struct cmd *c, struct job *job, struct err *e)
{
	size_t n = job->in.nagents, i = 0;
	struct flow_by_agent **all;
	struct output out;
	int rc = cmd_config(c, e);

	if (rc < 0)
		return rc;
	all = xcalloc(n + 1, sizeof(*all));
	for (struct flow_by_agent *a = job->in.agents; a; a = a->next)
		all[i++] = a;
	qsort(all, n, sizeof(*all), by_address);
	for (i = 0; i <= n; i++)
		agent_row(c, job, all[i], &out, i == 0);
	output_end(&out);
	free(all);
	return 0;
}

/* A share in per cent with one decimal; the talk's slide cut the rest off. */
static double
share(uint64_t n, uint64_t of, bool slide)
{
	double tenths = of ? 1000.0 * (double)n / (double)of : 0;

	return (slide ? floor(tenths) : round(tenths)) / 10;
}

/* Fewer samples than this say that something was seen, and little of how much
 * there was: the interval is wider than the number is of use. */
enum { SEEN_ONLY = 30 };

static void
print_count(const struct job *job, const char *name, const struct flow_count *c,
    const struct flow_totals *t)
{
	struct flow_bounds b = flow_count_bounds(c, t->rate_max);

	printf("  %-22s %12" PRIu64 " %6.1f %%", name, c->n,
	    share(c->n, t->smtp_packets.n, job->slide));
	if (!job->in.run.rate_unknown && t->smtp_packets.n > 0) {
		if (c->n == 0)
			printf("   not seen: at most %.0f", ceil(b.high));
		else if (c->n < SEEN_ONLY)
			printf("   seen: %.0f to %.0f", floor(b.low),
			    ceil(b.high));
		else
			printf("   about %" PRIu64 ": %.0f to %.0f", c->est,
			    floor(b.low), ceil(b.high));
	}
	printf("\n");
}

static void
print_class(const struct job *job, const char *name, uint64_t n, uint64_t v4,
    uint64_t of)
{
	printf("  %-22s %12" PRIu64 " %6.1f %%   IPv4 %" PRIu64 "\n", name, n,
	    share(n, of, job->slide), v4);
}

static void
print_packets(const struct job *job, const struct flow_totals *t)
{
	printf("SMTP packets (port");
	for (unsigned i = 0; i < job->in.run.ports.n; i++)
		printf("%s %u", i ? "," : "", job->in.run.ports.port[i]);
	printf(job->in.run.rate_unknown
	           ? "), not scaled: the rate is unknown\n"
	           : "), sampled; share; scaled by rate, 95 %% interval\n");
	print_count(job, "all", &t->smtp_packets, t);
	if (flow_text_lacks_flags(&job->in.run)) {
		printf(
		    "  no packet told its TCP flags: SYN, RST, FIN unknown\n");
		return;
	}
	print_count(job, "SYN without ACK", &t->syn, t);
	print_count(job, "SYN/ACK", &t->syn_ack, t);
	print_count(job, "RST", &t->rst, t);
	print_count(job, "FIN", &t->fin, t);
}

static void
print_addresses(const struct job *job, const struct flow_totals *t)
{
	const struct flow_classes *a = &t->all, *v4 = &t->v4;
	uint64_t of = a->addresses;

	printf("Addresses seen, never scaled\n");
	print_class(job, "clients only", a->clients_only, v4->clients_only, of);
	print_class(job,
	    job->in.targets_apart ? "servers only, answered" : "servers only",
	    a->servers_only, v4->servers_only, of);
	print_class(job, "both", a->both, v4->both, of);
	if (job->in.targets_apart)
		print_class(
		    job, "targets only", a->targets_only, v4->targets_only, of);
	print_class(job, "all", a->addresses, v4->addresses, of);
	if (a->undecided)
		printf("  %-22s %12" PRIu64
		       "            both ports were mail ports\n",
		    "undecided", a->undecided);
}

static void
print_line(const char *name, uint64_t n, const char *note)
{
	if (n)
		printf("  %-22s %12" PRIu64 "%s%s\n", name, n,
		    *note ? "            " : "", note);
}

static void
print_time(const struct flow_run *r)
{
	char first[UTC_TEXT_MAX], last[UTC_TEXT_MAX];

	if (r->first == UTC_NONE)
		return;
	utc_format(r->first, first);
	utc_format(r->last, last);
	printf("  %s to %s\n", first, last);
}

/* Most collectors do not tell of any datagrams: that none was lost is more
 * than we know. */
static void
print_lost(
    const struct flow_run *r, const struct flow_loss_totals *l, bool slide)
{
	uint64_t sent = l->lost_datagrams + r->sflow.datagrams;

	if (sent == 0 && r->text.rows > 0) {
		printf("  %-22s %12s\n", "lost datagrams", "unknown");
		return;
	}
	printf("  %-22s %12" PRIu64 " %6.1f %%   of those sent\n",
	    "lost datagrams", l->lost_datagrams,
	    share(l->lost_datagrams, sent, slide));
}

/* Of collectors' text. */
static void
print_collector(const struct flow_text_counts *t)
{
	print_line("rows of text", t->rows, "");
	print_line("rows of several", t->summed,
	    "samples each; their flags are all together");
	print_line("rows of unknown count", t->count_unknown,
	    "each counted as one sample");
	print_line("rows without a time", t->no_time, "");
	print_line(
	    "entries of lists", t->listed, "addresses alone; no packets");
	print_line("SYNs that lists tell", t->listed_syn, "");
}

static void
print_coverage(const struct job *job, const struct flow_loss_totals *l)
{
	const struct flow_run *r = &job->in.run;

	printf("Covers\n");
	print_time(r);
	print_line("agents", l->agents, "");
	print_line("flow samples", r->samples, "all protocols");
	print_line("datagrams", r->sflow.datagrams, "");
	print_lost(r, l, job->slide);
	print_line("malformed datagrams", r->sflow.malformed, "");
	print_line("malformed text", r->text.malformed, "lines or objects");
	print_line("dropped by agents", l->drops, "samples; estimates are low");
	print_line("duplicates", l->duplicates, "not counted twice");
	print_line("agent restarts", l->restarts, "loss across is unknown");
	print_line("sequence jumps", l->jumps, "loss across is unknown");
	print_line(
	    "rates in doubt", l->rate_off, "sources whose pool grew otherwise");
	print_line("flags unknown", r->no_flags, "in no flag's count");
	print_line("fragments", r->what[PACKET_FRAGMENT], "not counted");
	print_line("tunnelled packets", r->what[PACKET_TUNNEL], "not counted");
	print_line(
	    "discarded packets", r->sflow.discard_samples, "not counted");
	print_line("left out", r->skipped, "in the files, no flow data");
	print_collector(&r->text);
	if (job->in.incomplete)
		printf("  a file is cut: these are the data so far\n");
}

static int
print_all(struct cmd *c, struct job *job, struct err *e)
{
	struct flow_totals t;

	if (job->in.by_agent)
		return print_agents(c, job, e);
	t = flow_stats_totals(job->in.stats, job->in.targets_apart);
	if (c->out != &output_text) {
		print_data(c, job, &t);
		return 0;
	}
	print_packets(job, &t);
	print_addresses(job, &t);
	print_coverage(job, &job->in.loss);
	return 0;
}

static int
set_by(struct job *job, const char *what, struct err *e)
{
	job->in.by_agent = strcmp(what, "agent") == 0;
	return job->in.by_agent
	           ? 0
	           : err_set(e, ERR_USAGE, "--by: \"%s\" is not agent", what);
}

static int
set_option(struct cmd *c, struct job *job, int opt, struct err *e)
{
	switch (opt) {
	case OPT_SLIDE:
		job->slide = true;
		return 0;
	case OPT_BY:
		return set_by(job, optarg, e);
	}
	return flow_read_option(c, &job->in, opt, e);
}

static int
run(struct cmd *c, int argc, char **argv, struct err *e)
{
	struct job job = {.slide = false};
	int opt, rc = 0;

	flow_read_init(&job.in);
	while (rc >= 0 &&
	       (opt = cmd_option(c, argc, argv, "F:", long_opts, e)) != -1)
		rc = set_option(c, &job, opt, e);
	if (rc >= 0)
		rc = flow_read_run(c, &job.in, argc, argv, e);
	if (rc >= 0)
		rc = print_all(c, &job, e);
	if (rc >= 0)
		rc = job.in.incomplete ? EXIT_INCOMPLETE : 0;
	flow_read_free(&job.in);
	return rc;
}

const struct command cmd_flow_stats = {
    .name = "flow-stats",
    .args = "[flags] [FILE ... | -]",
    .summary = "Raw SMTP statistics of sampled flows",
    .help = FLOW_READ_HELP
    "  --by agent                   a row an agent, and the total\n"
    "  --slide                      cut shares off after one decimal, as "
    "the talk did\n" FLOW_READ_WHERE,
    .run = run,
};
