/* SPDX-License-Identifier: Apache-2.0 */
/* heloflow import flow: SMTP samples of flow files, into the store. */
#include <inttypes.h>
#include <stdio.h>

#include "cmd/flow_text.h"
#include "ingest/flow_import.h"

enum { OPT_PORTS = 1, OPT_RATE };

static const struct option long_opts[] = {
    {"format", required_argument, NULL, 'F'},
    {"ports", required_argument, NULL, OPT_PORTS},
    {"rate", required_argument, NULL, OPT_RATE},
    FLOW_TEXT_OPTIONS,
    {NULL, 0, NULL, 0},
};

struct flags {
	const char *format;
	int64_t rate; /* 0: as configured, or as the samples say */
	const struct zone *zone; /* NULL: as configured */
	struct str fields;       /* absent: the same */
};

static int
read_flags(struct cmd *c, int argc, char **argv, struct flags *f,
    struct flow_run *run, struct err *e)
{
	int opt, rc;

	while ((opt = cmd_option(c, argc, argv, "F:", long_opts, e)) != -1) {
		switch (opt) {
		case 'F':
			f->format = optarg;
			break;
		case OPT_PORTS:
			if (!port_set_parse(str_z(optarg), &run->ports))
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
		case '?':
			return ERR_USAGE;
		default:
			rc = flow_text_option(c, run, opt, e);
			if (rc < 0)
				return rc;
		}
	}
	f->zone = run->zone;
	f->fields = run->fields;
	return 0;
}

static int
import_file(struct cmd *c, struct store *s, const struct flags *f,
    const char *path, struct flow_run *run, struct flow_import_counts *counts,
    struct err *e)
{
	const struct flow_feed *feed = config_flow_of(c->config, path);
	struct flow_import_options opt = {0};
	char format[32];

	run->rate = (uint32_t)f->rate;
	run->zone = f->zone;
	run->fields = f->fields;
	if (feed && f->rate == 0)
		run->rate = (uint32_t)feed->rate;
	if (feed && !f->zone)
		run->zone = feed->zone;
	if (feed && !str_has(f->fields))
		run->fields = feed->fields;
	opt.format = flow_text_format(run, f->format);
	if (feed && !opt.format && str_has(feed->format)) {
		snprintf(format, sizeof(format), "%.*s", STR_FMT(feed->format));
		opt.format = format;
	}
	return flow_import(s, path, &opt, run, counts, e);
}

/* What was in collectors' text, and what was not. */
static void
report_text(const struct flow_import_counts *n, const struct flow_run *run)
{
	const struct flow_text_counts *t = &run->text;

	if (n->listed)
		fprintf(stderr, ", %" PRId64 " entries of lists", n->listed);
	if (t->summed)
		fprintf(stderr, "; %" PRIu64 " rows of several samples",
		    t->summed);
	if (t->count_unknown)
		fprintf(stderr,
		    "; %" PRIu64 " rows of an unknown number of samples, "
		    "counted as one each",
		    t->count_unknown);
	if (run->no_flags)
		fprintf(stderr,
		    "; %" PRIu64 " SMTP packets without TCP flags%s",
		    run->no_flags,
		    flow_text_lacks_flags(run)
		        ? ": no SYN counts"
		        : "");
}

static int
report(const struct flow_import_counts *n, const struct flow_run *run)
{
	fprintf(stderr,
	    "%" PRId64 " files (%" PRId64 " with nothing new): %" PRId64
	    " datagrams, %" PRId64 " lost, %" PRId64 " malformed, %" PRId64
	    " samples, %" PRId64 " SMTP packets",
	    n->files, n->known, n->datagrams, n->lost_datagrams, n->malformed,
	    n->samples, n->smtp_packets);
	report_text(n, run);
	if (n->unusable)
		fprintf(stderr, "; %" PRId64 " files not imported",
		    n->unusable);
	fprintf(stderr, "%s\n",
	    run->rate_unknown ? "; rate unknown, give --rate" : "");
	return n->incomplete || n->unusable ? EXIT_INCOMPLETE : 0;
}

static int
import_files(struct cmd *c, struct store *s, const struct flags *f,
    struct flow_run *run, int n, char **paths, struct err *e)
{
	struct flow_import_counts counts = {0};
	int rc = 0;

	if (n == 0)
		rc = import_file(c, s, f, "-", run, &counts, e);
	for (int i = 0; i < n && rc >= 0; i++)
		rc = import_file(c, s, f, paths[i], run, &counts, e);
	return rc < 0 ? rc : report(&counts, run);
}

static int
run_import(struct cmd *c, int argc, char **argv, struct flow_run *run,
    struct err *e)
{
	struct flags flags = {0};
	struct store *s = NULL;
	int rc = read_flags(c, argc, argv, &flags, run, e);

	if (rc < 0 || (rc = cmd_store(c, STORE_WRITE, &s, e)) < 0)
		return rc;
	rc = import_files(
	    c, s, &flags, run, argc - optind, argv + optind, e);
	store_close(s);
	return rc;
}

static int
run(struct cmd *c, int argc, char **argv, struct err *e)
{
	struct flow_run flows;
	int rc;

	flow_run_init(&flows, NULL);
	rc = run_import(c, argc, argv, &flows, e);
	flow_run_free(&flows);
	return rc;
}

const struct command cmd_import_flow = {
    .name = "import flow",
    .args = "[flags] [FILE ... | -]",
    .summary = "SMTP samples of flow files, into the store",
    .help = "  --format F, -F F             auto or one of heloflow list flows\n"
            "  --ports 25,587               mail ports (default: 25)\n"
            "  --rate N                     1 in N was sampled, whatever the "
            "file says\n" FLOW_TEXT_HELP
            "A file that was read before adds what it has gained since.\n"
            "Exit 3: a file is cut, and what it has is in the store; or it cannot be\n"
            "read as flows, and the others are imported.\n",
    .run = run,
};
