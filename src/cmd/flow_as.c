/* SPDX-License-Identifier: Apache-2.0 */
/* heloflow flow-as: where the clients are, by origin AS. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "cmd/flow_read.h"
#include "ingest/flow_as.h"

enum { OPT_TOP = 1, OPT_MMDB, OPT_PREFIXES };
enum { MMDB_MAX = 8, LAST_PLACE = 100 };

static const struct option long_opts[] = {
    FLOW_READ_OPTIONS,
    {"top", required_argument, NULL, OPT_TOP},
    {"mmdb", required_argument, NULL, OPT_MMDB},
    {"prefixes", required_argument, NULL, OPT_PREFIXES},
    {NULL, 0, NULL, 0},
};

static const struct column cols[] = {
    {"rank", "rank", VALUE_INT},
    {"asn", "AS", VALUE_INT},
    {"as_name", "name", VALUE_TEXT},
    {"country", "country", VALUE_TEXT},
    {"clients", "clients", VALUE_INT},
    {"servers", "servers", VALUE_INT},
    {"both", "both", VALUE_INT},
    {"share", "share", VALUE_REAL},
};
#define COLS (sizeof(cols) / sizeof(cols[0]))

struct job {
	struct flow_read in;
	int64_t top;
	const char *mmdb[MMDB_MAX];
	size_t nmmdb;
	const char *prefixes;
	struct origins *origins;
	struct flow_as as;
};

static int
set_option(struct cmd *c, struct job *job, int opt, struct err *e)
{
	switch (opt) {
	case OPT_TOP:
		return cmd_number("--top", optarg, 1, UINT32_MAX, &job->top, e);
	case OPT_MMDB:
		if (job->nmmdb == MMDB_MAX)
			return err_set(e, ERR_USAGE,
			    "--mmdb: more than %d files", MMDB_MAX);
		job->mmdb[job->nmmdb++] = optarg;
		return 0;
	case OPT_PREFIXES:
		job->prefixes = optarg;
		return 0;
	}
	return flow_read_option(c, &job->in, opt, e);
}

/* Files of the command line, else those of the configuration. */
static int
open_origins(struct cmd *c, struct job *job, struct err *e)
{
	int rc = cmd_config(c, e);

	if (rc < 0)
		return rc;
	if (job->nmmdb == 0 && c->config->nmmdb > MMDB_MAX)
		return err_set(e, ERR_USAGE, "%.*s: mmdb: more than %d files",
		    STR_FMT(c->config->path), MMDB_MAX);
	for (size_t i = 0; job->nmmdb == i && i < c->config->nmmdb; i++)
		job->mmdb[job->nmmdb++] = c->config->mmdb[i].p;
	rc = origins_open(
	    &job->origins, job->mmdb, job->nmmdb, job->prefixes, e);
	if (rc == 0 && origins_bad_rows(job->origins) > 0)
		fprintf(stderr,
		    "heloflow: %s: %" PRIu64 " rows were not understood\n",
		    job->prefixes, origins_bad_rows(job->origins));
	return rc;
}

/* Of all clients, to four digits. */
static double
share(const struct job *job, uint64_t clients)
{
	double all = (double)job->as.all.clients_only;

	return all > 0 ? round(1e4 * (double)clients / all) / 1e4 : 0;
}

static void
put_row(struct output *o, const struct job *job, struct value rank,
    const struct flow_as_row *r)
{
	const struct value v[COLS] = {rank,
	    r->asn ? value_int(r->asn) : value_null(), value_str(r->as_name),
	    value_str(r->country), value_int((int64_t)r->n.clients_only),
	    value_int((int64_t)r->n.servers_only),
	    value_int((int64_t)r->n.both),
	    value_real(share(job, r->n.clients_only))};

	output_row(o, v);
}

/* What the ranks leave out: for people the 100th place and sums; for programs
 * the addresses without an AS, the one thing they cannot have otherwise. */
static void
put_rest(struct output *o, const struct job *job, size_t shown, bool text)
{
	const struct flow_as *as = &job->as;
	struct flow_as_row r = {
	    .as_name = STR("(no AS known)"), .n = as->unmapped};

	if (text && shown < LAST_PLACE && as->nrows >= LAST_PLACE)
		put_row(
		    o, job, value_int(LAST_PLACE), &as->rows[LAST_PLACE - 1]);
	if (as->unmapped.addresses > 0)
		put_row(o, job, value_null(), &r);
	if (!text)
		return;
	r = (struct flow_as_row){.as_name = STR("(all)"), .n = as->all};
	put_row(o, job, value_null(), &r);
}

static void
print_table(struct cmd *c, const struct job *job)
{
	const struct flow_as *as = &job->as;
	bool text = c->out == &output_text;
	size_t n =
	    as->nrows < (uint64_t)job->top ? as->nrows : (size_t)job->top;
	struct flow_as_row top = {.as_name = STR("(these)")};
	struct output o;

	output_begin(&o, c->out, stdout, cols, COLS, false);
	for (size_t i = 0; i < n; i++) {
		put_row(&o, job, value_int((int64_t)i + 1), &as->rows[i]);
		top.n.clients_only += as->rows[i].n.clients_only;
		top.n.servers_only += as->rows[i].n.servers_only;
		top.n.both += as->rows[i].n.both;
	}
	if (text)
		put_row(&o, job, value_null(), &top);
	put_rest(&o, job, n, text);
	output_end(&o);
	if (text && as->unmapped.addresses == as->all.addresses &&
	    as->all.addresses > 0)
		printf("No AS is known: give --mmdb or --prefixes.\n");
}

static int
read_and_print(
    struct cmd *c, struct job *job, int argc, char **argv, struct err *e)
{
	int rc = open_origins(c, job, e);

	if (rc == 0)
		rc = flow_read_run(c, &job->in, argc, argv, e);
	if (rc >= 0)
		rc = flow_as_count(&job->as, job->in.stats, job->origins,
		    job->in.targets_apart, e);
	if (rc < 0)
		return rc;
	print_table(c, job);
	return job->in.incomplete ? EXIT_INCOMPLETE : 0;
}

static int
run(struct cmd *c, int argc, char **argv, struct err *e)
{
	struct job job = {.top = 30};
	int opt, rc = 0;

	flow_read_init(&job.in);
	while (rc >= 0 &&
	       (opt = cmd_option(c, argc, argv, "F:", long_opts, e)) != -1)
		rc = set_option(c, &job, opt, e);
	if (rc >= 0)
		rc = read_and_print(c, &job, argc, argv, e);
	flow_as_free(&job.as);
	origins_free(job.origins);
	flow_read_free(&job.in);
	return rc;
}

const struct command cmd_flow_as = {
    .name = "flow-as",
    .args = "[--top N] [--mmdb FILE ...] [flags] [FILE ... | -]",
    .summary = "SMTP clients and servers by origin AS",
    .help =
        "  --top N                      so many ASes, those with the most clients; 30\n"
        "  --mmdb FILE                  MaxMind DB with AS or country; again for another;\n"
        "                               else those of the configuration (mmdb)\n"
        "  --prefixes FILE              prefix,asn[,as_name][,country] as CSV, or CAIDA's\n"
        "                               prefix2as, where no mmdb and no sample told the AS\n" FLOW_READ_HELP
        "clients, servers: of addresses that were nothing else; both: the others.\n"
        "share: of all clients.\n" FLOW_READ_WHERE,
    .run = run,
};
