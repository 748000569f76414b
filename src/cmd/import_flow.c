/* SPDX-License-Identifier: Apache-2.0 */
/* heloflow import flow: SMTP samples of flow files, into the store. */
#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>

#include "cmd/cmd.h"
#include "ingest/flow_import.h"

enum { OPT_PORTS = 1, OPT_RATE };

static const struct option long_opts[] = {
    {"format", required_argument, NULL, 'F'},
    {"ports", required_argument, NULL, OPT_PORTS},
    {"rate", required_argument, NULL, OPT_RATE},
    {NULL, 0, NULL, 0},
};

struct flags {
	const char *format;
	struct port_set ports;
	int64_t rate; /* 0: as configured, or as the samples say */
};

static int
read_flags(struct cmd *c, int argc, char **argv, struct flags *f, struct err *e)
{
	int opt;

	while ((opt = cmd_option(c, argc, argv, "F:", long_opts, e)) != -1) {
		switch (opt) {
		case 'F':
			f->format = optarg;
			break;
		case OPT_PORTS:
			if (!port_set_parse(str_z(optarg), &f->ports))
				return err_set(e, ERR_USAGE,
				    "--ports: \"%s\" is not a list of up to %d "
				    "ports",
				    optarg, PORT_SET_MAX);
			break;
		case OPT_RATE:
			if (cmd_number("--rate", optarg, 1, UINT32_MAX,
			        &f->rate, e) < 0)
				return ERR_USAGE;
			break;
		default:
			return ERR_USAGE;
		}
	}
	return 0;
}

/* The flow source of the configuration that a path belongs to, or NULL. */
static const struct flow_feed *
feed_of(const struct config *c, const char *path)
{
	for (size_t i = 0; i < c->nflow; i++) {
		for (size_t k = 0; k < c->flow[i].npaths; k++)
			if (fnmatch(c->flow[i].paths[k].p, path, 0) == 0)
				return &c->flow[i];
	}
	return NULL;
}

static int
import_file(struct cmd *c, struct store *s, const struct flags *f,
    const char *path, struct flow_run *run, struct flow_import_counts *counts,
    struct err *e)
{
	const struct flow_feed *feed = feed_of(c->config, path);
	struct flow_import_options opt = {.format = f->format};
	char format[32];

	run->rate = (uint32_t)f->rate;
	if (feed && f->rate == 0)
		run->rate = (uint32_t)feed->rate;
	if (feed && !f->format && str_has(feed->format)) {
		snprintf(format, sizeof(format), "%.*s", STR_FMT(feed->format));
		opt.format = format;
	}
	return flow_import(s, path, &opt, run, counts, e);
}

static int
report(const struct flow_import_counts *n, const struct flow_run *run)
{
	fprintf(stderr,
	    "%" PRId64 " files (%" PRId64 " with nothing new): %" PRId64
	    " datagrams, %" PRId64 " lost, %" PRId64 " malformed, %" PRId64
	    " samples, %" PRId64 " SMTP packets%s\n",
	    n->files, n->known, n->datagrams, n->lost_datagrams, n->malformed,
	    n->samples, n->smtp_packets,
	    run->rate_unknown ? "; rate unknown, give --rate" : "");
	return n->incomplete > 0 ? EXIT_INCOMPLETE : 0;
}

static int
import_files(struct cmd *c, struct store *s, const struct flags *f, int n,
    char **paths, struct err *e)
{
	struct flow_import_counts counts = {0};
	struct flow_run run;
	int rc = 0;

	flow_run_init(&run, NULL);
	run.ports = f->ports;
	if (n == 0)
		rc = import_file(c, s, f, "-", &run, &counts, e);
	for (int i = 0; i < n && rc >= 0; i++)
		rc = import_file(c, s, f, paths[i], &run, &counts, e);
	if (rc >= 0)
		rc = report(&counts, &run);
	flow_run_free(&run);
	return rc;
}

static int
run(struct cmd *c, int argc, char **argv, struct err *e)
{
	struct flags flags = {.ports = {.port = {25}, .n = 1}};
	struct store *s = NULL;
	int rc = read_flags(c, argc, argv, &flags, e);

	if (rc < 0 || (rc = cmd_store(c, STORE_WRITE, &s, e)) < 0)
		return rc;
	rc = import_files(c, s, &flags, argc - optind, argv + optind, e);
	store_close(s);
	return rc;
}

const struct command cmd_import_flow = {
    .name = "import flow",
    .args = "[flags] [FILE ... | -]",
    .summary = "SMTP samples of sFlow files, into the store",
    .help = "  --format F, -F F    auto, sflow or packets\n"
            "  --ports 25,587      mail ports (default: 25)\n"
            "  --rate N            1 in N was sampled, whatever the file says\n"
            "A file that was read before adds what it has gained since.\n"
            "Exit 3: a file is cut; what it has is in the store.\n",
    .run = run,
};
