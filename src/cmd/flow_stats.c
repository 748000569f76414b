/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heloflow flow-stats: the raw SMTP statistics of flow files, the figures of
 * the talk: packets by flag, addresses by role, and what they cover.
 */
#include "cmd/cmd.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "ingest/flow_stats.h"
#include "input/flow_source.h"

enum { OPT_PORTS = 1, OPT_SINCE, OPT_UNTIL, OPT_TARGETS, OPT_SLIDE, OPT_RATE };

static const struct option long_opts[] = {
    {"ports", required_argument, NULL, OPT_PORTS},
    {"since", required_argument, NULL, OPT_SINCE},
    {"until", required_argument, NULL, OPT_UNTIL},
    {"targets-apart", no_argument, NULL, OPT_TARGETS},
    {"slide", no_argument, NULL, OPT_SLIDE},
    {"rate", required_argument, NULL, OPT_RATE},
    {"format", required_argument, NULL, 'F'},
    {NULL, 0, NULL, 0},
};

struct job {
	struct flow_sink sink; /* first: the source calls back with it */
	struct flow_run run;
	struct flow_stats *stats;
	const char *format;
	bool targets_apart, slide;
	bool incomplete; /* a file ended before its end */
	bool from_store; /* the store keeps less than a file tells */
	struct flow_loss_totals loss;
};

static void
on_sample(struct flow_sink *sink, const struct smtp_sample *s)
{
	flow_stats_add(((struct job *)sink)->stats, s);
}

static void
on_heard(struct flow_sink *sink, const struct flow_heard *h)
{
	(void)sink;
	(void)h;
}

static int
set_ports(struct job *job, const char *text, struct err *e)
{
	if (!port_set_parse(str_z(text), &job->run.ports))
		return err_set(e, ERR_USAGE,
		    "--ports: \"%s\" is not a list of up to %d ports", text,
		    PORT_SET_MAX);
	return 0;
}

static int
set_rate(struct job *job, const char *text, struct err *e)
{
	int64_t rate = 0;
	int rc = cmd_number("--rate", text, 1, UINT32_MAX, &rate, e);

	job->run.rate = (uint32_t)rate;
	return rc;
}

static int
set_option(struct cmd *c, struct job *job, int opt, struct err *e)
{
	switch (opt) {
	case OPT_PORTS:
		return set_ports(job, optarg, e);
	case OPT_SINCE:
		return cmd_time(c, "--since", optarg, &job->run.since, e);
	case OPT_UNTIL:
		return cmd_time(c, "--until", optarg, &job->run.until, e);
	case OPT_TARGETS:
		job->targets_apart = true;
		return 0;
	case OPT_SLIDE:
		job->slide = true;
		return 0;
	case OPT_RATE:
		return set_rate(job, optarg, e);
	case 'F':
		job->format = optarg;
		return 0;
	}
	return ERR_USAGE; /* '?': the frame has set e */
}

static int
read_file(struct job *job, const char *path, struct err *e)
{
	struct flow_source *src = NULL;
	const char *damage;
	int rc = flow_source_open(&src, path, job->format, &job->run, e);

	if (rc < 0)
		return rc;
	do
		rc = flow_source_step(src, e);
	while (rc > 0);
	damage = rc < 0 ? NULL : flow_source_damage(src);
	if (damage) {
		fprintf(stderr, "heloflow: %s: incomplete: %s\n", path, damage);
		job->incomplete = true;
	}
	flow_source_close(src);
	return rc;
}

static struct smtp_sample
sample_of_row(const struct stmt *st)
{
	struct value flags = stmt_value(st, 4);
	struct smtp_sample s = {
	    .rate = (uint32_t)stmt_value(st, 5).i, .time = stmt_value(st, 6).i};

	memcpy(s.src.b, stmt_value(st, 0).s.p, sizeof(s.src.b));
	s.src_port = (uint16_t)stmt_value(st, 1).i;
	memcpy(s.dst.b, stmt_value(st, 2).s.p, sizeof(s.dst.b));
	s.dst_port = (uint16_t)stmt_value(st, 3).i;
	s.has_flags = flags.type != VALUE_NULL;
	s.flags = s.has_flags ? (uint8_t)flags.i : 0;
	return s;
}

static int
read_samples(
    struct job *job, struct store *s, const struct value *span, struct err *e)
{
	struct smtp_sample sample;
	struct stmt *st;
	int rc = store_prepare(s, "flow_stats_samples", &st, e);

	if (rc < 0 || (rc = stmt_start(st, span, 2, e)) < 0)
		return rc;
	while ((rc = stmt_next(st, e)) > 0) {
		sample = sample_of_row(st);
		if (!smtp_sample_matches(&sample, &job->run.ports))
			continue;
		flow_run_takes(&job->run, sample.time);
		job->run.no_flags += !sample.has_flags;
		flow_stats_add(job->stats, &sample);
	}
	return rc;
}

/* Coverage is kept by the hour: hours that the span cuts count whole. */
static int
read_coverage(
    struct job *job, struct store *s, const struct value *span, struct err *e)
{
	struct stmt *st;
	int rc = store_prepare(s, "flow_stats_coverage", &st, e);

	if (rc < 0 || (rc = stmt_start(st, span, 2, e)) < 0 ||
	    (rc = stmt_next(st, e)) <= 0)
		return rc;
	job->run.samples = (uint64_t)stmt_value(st, 0).i;
	job->run.sflow.datagrams = (uint64_t)stmt_value(st, 1).i;
	job->loss.lost_datagrams = (uint64_t)stmt_value(st, 2).i;
	job->run.sflow.malformed = (uint64_t)stmt_value(st, 3).i;
	job->loss.agents = (uint64_t)stmt_value(st, 4).i;
	stmt_reset(st);
	return 0;
}

static int
read_store(struct cmd *c, struct job *job, struct err *e)
{
	const struct flow_run *r = &job->run;
	const struct value span[] = {
	    value_int(r->since == UTC_NONE ? 0 : r->since),
	    value_int(r->until == UTC_NONE ? INT64_MAX : r->until)};
	struct store *s = NULL;
	int rc = cmd_store(c, STORE_READ, &s, e);

	if (rc < 0)
		return rc;
	job->from_store = true;
	rc = read_samples(job, s, span, e);
	if (rc >= 0)
		rc = read_coverage(job, s, span, e);
	store_close(s);
	return rc;
}

static int
read_files(struct job *job, int n, char **paths, struct err *e)
{
	int rc = n == 0 ? read_file(job, "-", e) : 0;

	for (int i = 0; i < n && rc >= 0; i++)
		rc = read_file(job, paths[i], e);
	job->loss = flow_loss_totals(job->run.loss);
	return rc;
}

/* One figure of the JSON object; the names are the contract's. */
struct figure {
	struct column col;
	struct value v;
};

#define FIGURES_MAX 64
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

static void
put_estimates(
    struct figures *fs, const struct job *job, const struct flow_totals *t)
{
	static const char *const name[] = {
	    "est_smtp_packets", "est_syn", "est_syn_ack", "est_rst", "est_fin"};
	const struct flow_count *const count[] = {
	    &t->smtp_packets, &t->syn, &t->syn_ack, &t->rst, &t->fin};

	for (size_t i = 0; i < 5; i++)
		put(fs, name[i],
		    job->run.rate_unknown ? value_null()
		                          : value_int((int64_t)count[i]->est));
}

/* What the figures cover, beyond the contract's names. */
static void
put_coverage(struct figures *fs, const struct job *job,
    const struct flow_totals *t, const struct flow_loss_totals *l)
{
	const struct flow_run *r = &job->run;

	put(fs, "source", value_z(job->from_store ? "store" : "files"));
	put(fs, "first",
	    r->first == UTC_NONE ? value_null() : value_time(r->first));
	put(fs, "last",
	    r->last == UTC_NONE ? value_null() : value_time(r->last));
	put(fs, "rate_unknown", value_bool(r->rate_unknown));
	put_n(fs, "agents", l->agents);
	put_n(fs, "undecided", t->all.undecided);
	put_n(fs, "no_flags", r->no_flags);
	if (job->from_store)
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
	put(fs, "incomplete", value_bool(job->incomplete));
}

static void
print_data(struct cmd *c, const struct job *job, const struct flow_totals *t,
    const struct flow_loss_totals *l)
{
	static const char *const all[] = {"clients_only", "servers_only",
	    "both", "addresses", "targets_only"};
	static const char *const v4[] = {"clients_only_v4", "servers_only_v4",
	    "both_v4", "addresses_v4", "targets_only_v4"};
	struct figures fs = {.n = 0};
	struct column cols[FIGURES_MAX];
	struct value values[FIGURES_MAX];
	struct output out;

	put_n(&fs, "smtp_packets", t->smtp_packets.n);
	put_n(&fs, "syn", t->syn.n);
	put_n(&fs, "syn_ack", t->syn_ack.n);
	put_n(&fs, "rst", t->rst.n);
	put_n(&fs, "fin", t->fin.n);
	put_classes(&fs, &t->all, all, job->targets_apart);
	put_classes(&fs, &t->v4, v4, job->targets_apart);
	put_n(&fs, "samples", job->run.samples);
	put_n(&fs, "datagrams", job->run.sflow.datagrams);
	put_n(&fs, "lost_datagrams", l->lost_datagrams);
	put_n(&fs, "malformed", job->run.sflow.malformed);
	put_estimates(&fs, job, t);
	put_coverage(&fs, job, t, l);
	for (size_t i = 0; i < fs.n; i++) {
		cols[i] = fs.f[i].col;
		values[i] = fs.f[i].v;
	}
	output_begin(&out, c->out, stdout, cols, fs.n, true);
	output_row(&out, values);
	output_end(&out);
}

/* A share in per cent with one decimal; the talk's slide cut the rest off. */
static double
share(uint64_t n, uint64_t of, bool slide)
{
	double tenths = of ? 1000.0 * (double)n / (double)of : 0;

	return (slide ? floor(tenths) : round(tenths)) / 10;
}

static void
print_count(const struct job *job, const char *name, const struct flow_count *c,
    uint64_t of)
{
	printf("  %-22s %12" PRIu64 " %6.1f %%", name, c->n,
	    share(c->n, of, job->slide));
	if (!job->run.rate_unknown)
		printf("   about %" PRIu64 " +- %.0f", c->est,
		    flow_count_error(c));
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
	uint64_t of = t->smtp_packets.n;

	printf("SMTP packets (port");
	for (unsigned i = 0; i < job->run.ports.n; i++)
		printf("%s %u", i ? "," : "", job->run.ports.port[i]);
	printf(job->run.rate_unknown ? "), not scaled: the rate is unknown\n"
	                             : "), sampled; share; scaled by rate\n");
	print_count(job, "all", &t->smtp_packets, of);
	print_count(job, "SYN without ACK", &t->syn, of);
	print_count(job, "SYN/ACK", &t->syn_ack, of);
	print_count(job, "RST", &t->rst, of);
	print_count(job, "FIN", &t->fin, of);
}

static void
print_addresses(const struct job *job, const struct flow_totals *t)
{
	const struct flow_classes *a = &t->all, *v4 = &t->v4;
	uint64_t of = a->addresses;

	printf("Addresses seen, never scaled\n");
	print_class(job, "clients only", a->clients_only, v4->clients_only, of);
	print_class(job,
	    job->targets_apart ? "servers only, answered" : "servers only",
	    a->servers_only, v4->servers_only, of);
	print_class(job, "both", a->both, v4->both, of);
	if (job->targets_apart)
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

static void
print_coverage(const struct job *job, const struct flow_loss_totals *l)
{
	const struct flow_run *r = &job->run;

	printf("Covers\n");
	print_time(r);
	print_line("agents", l->agents, "");
	print_line("flow samples", r->samples, "all protocols");
	print_line("datagrams", r->sflow.datagrams, "");
	printf("  %-22s %12" PRIu64 " %6.1f %%   of those sent\n",
	    "lost datagrams", l->lost_datagrams,
	    share(l->lost_datagrams, l->lost_datagrams + r->sflow.datagrams,
	        job->slide));
	print_line("malformed datagrams", r->sflow.malformed, "");
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
	print_line("other packets", r->skipped, "in the files, not sFlow");
	if (job->incomplete)
		printf("  a file is cut: these are the data so far\n");
}

static void
print_all(struct cmd *c, const struct job *job)
{
	struct flow_totals t =
	    flow_stats_totals(job->stats, job->targets_apart);
	const struct flow_loss_totals *l = &job->loss;

	if (c->out != &output_text) {
		print_data(c, job, &t, l);
		return;
	}
	print_packets(job, &t);
	print_addresses(job, &t);
	print_coverage(job, l);
}

/* No FILE is stdin, unless a store is named or nothing can come from there. */
static bool
wants_store(const struct cmd *c, int argc)
{
	return optind >= argc && (c->db != NULL || isatty(STDIN_FILENO));
}

static int
run(struct cmd *c, int argc, char **argv, struct err *e)
{
	struct job job = {.sink = {.sample = on_sample, .heard = on_heard}};
	int opt, rc = 0;

	flow_run_init(&job.run, &job.sink);
	while (rc >= 0 &&
	       (opt = cmd_option(c, argc, argv, "F:", long_opts, e)) != -1)
		rc = set_option(c, &job, opt, e);
	if (rc >= 0) {
		job.stats = flow_stats_new(&job.run.ports);
		rc = wants_store(c, argc)
		         ? read_store(c, &job, e)
		         : read_files(&job, argc - optind, argv + optind, e);
	}
	if (rc >= 0) {
		print_all(c, &job);
		rc = job.incomplete ? EXIT_INCOMPLETE : 0;
	}
	flow_stats_free(job.stats);
	flow_run_free(&job.run);
	return rc;
}

const struct command cmd_flow_stats = {
    .name = "flow-stats",
    .args = "[flags] [FILE ... | -]",
    .summary = "Raw SMTP statistics of sampled flows",
    .help =
        "  --format F, -F F             auto or one of heloflow list flows\n"
        "  --ports 25,465,587           mail ports; 25 if not given\n"
        "  --rate N                     1 in N was sampled, whatever the file "
        "says\n"
        "  --since T, --until T         only data received from T on, before T\n"
        "  --targets-apart              who never answered a SYN is no server\n"
        "  --slide                      cut shares off after one decimal, as "
        "the talk did\n"
        "With no FILE: of what the store holds, if --db names one or stdin is a\n"
        "terminal; else stdin, as with -.  Exit 3: a file is cut, figures are of the data so far.\n",
    .run = run,
};
