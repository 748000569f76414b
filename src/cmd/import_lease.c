/* SPDX-License-Identifier: Apache-2.0 */
/* heloflow import lease: who had which address when, into the store. */
#include <inttypes.h>
#include <stdio.h>

#include "cmd/cmd.h"
#include "ingest/lease_import.h"
#include "ingest/lease_overlap.h"

enum { OPT_FORMAT = 1, OPT_TZ, OPT_ERROR };

static const struct option long_opts[] = {
    {"format", required_argument, NULL, OPT_FORMAT},
    {"tz", required_argument, NULL, OPT_TZ},
    {"clock-error", required_argument, NULL, OPT_ERROR},
    {NULL, 0, NULL, 0},
};

struct flags {
	const char *format;
	const struct zone *zone;
	int64_t clock_error; /* -1: as configured */
};

static int
read_flags(struct cmd *c, int argc, char **argv, struct flags *f, struct err *e)
{
	int opt;

	while ((opt = cmd_option(c, argc, argv, "", long_opts, e)) != -1) {
		switch (opt) {
		case OPT_FORMAT:
			f->format = optarg;
			break;
		case OPT_TZ:
			f->zone = zone_find(str_z(optarg));
			if (f->zone == NULL)
				return err_set(e, ERR_USAGE,
				    "--tz: no time zone \"%s\"", optarg);
			break;
		case OPT_ERROR:
			if (cmd_number("--clock-error", optarg, 0, 86400,
			        &f->clock_error, e) < 0)
				return ERR_USAGE;
			f->clock_error *= USEC;
			break;
		default:
			return ERR_USAGE;
		}
	}
	return 0;
}

static int
import_file(struct cmd *c, struct store *s, const struct flags *f,
    const char *path, struct lease_import_counts *counts, struct err *e)
{
	const struct lease_feed *feed = config_lease_of(c->config, path);
	struct lease_import_options opt = {
	    .clock_error = CONFIG_LEASE_CLOCK_ERROR,
	    .read = {.grace = CONFIG_LEASE_GRACE}};

	if (feed != NULL) {
		opt.format = feed->format;
		opt.read.zone = feed->zone;
		opt.read.grace = feed->grace;
		opt.read.columns = feed->columns;
		opt.read.ncolumns = feed->ncolumns;
		opt.clock_error = feed->clock_error;
		opt.customers = feed->customers;
		opt.ncustomers = feed->ncustomers;
	}
	if (f->format != NULL)
		opt.format = str_z(f->format);
	if (f->zone != NULL)
		opt.read.zone = f->zone;
	if (f->clock_error >= 0)
		opt.clock_error = f->clock_error;
	return lease_import(s, path, &opt, counts, e);
}

static void
print_overlaps(const struct lease_overlaps *o)
{
	if (o->pairs == 0)
		return;
	fprintf(stderr,
	    "%s%" PRId64 " pairs of leases give an address to two customers at "
	    "one time; mail of that time is nobody's\n",
	    o->more ? "at least " : "", o->pairs);
	for (int i = 0; i < o->nsamples; i++)
		fprintf(stderr, "  %s\n", o->samples[i].text);
}

static int
report(const struct lease_import_counts *n)
{
	fprintf(stderr,
	    "%" PRId64 " rows: %" PRId64 " leases, %" PRId64
	    " of them new, %" PRId64 " ignored, %" PRId64 " bad%s\n",
	    n->read.rows, n->read.leases, n->added, n->read.ignored,
	    n->read.bad, n->read.truncated ? "; input is cut" : "");
	for (int i = 0; i < n->read.nsamples; i++)
		fprintf(stderr, "  %s\n", n->read.samples[i].text);
	return n->read.bad > 0 || n->read.truncated ? EXIT_INCOMPLETE : 0;
}

static int
run(struct cmd *c, int argc, char **argv, struct err *e)
{
	struct flags flags = {.clock_error = -1};
	struct lease_import_counts counts = {0};
	struct lease_overlaps overlaps = {0};
	struct store *s = NULL;
	int i, rc = read_flags(c, argc, argv, &flags, e);

	if (rc < 0 || (rc = cmd_store(c, STORE_WRITE, &s, e)) < 0)
		return rc;
	if (optind >= argc)
		rc = import_file(c, s, &flags, "-", &counts, e);
	for (i = optind; rc >= 0 && i < argc; i++)
		rc = import_file(c, s, &flags, argv[i], &counts, e);
	if (rc >= 0 && counts.read.leases > 0)
		rc = lease_overlaps(
		    s, counts.first, counts.last, &overlaps, e);
	store_close(s);
	if (rc < 0)
		return rc;
	rc = report(&counts);
	print_overlaps(&overlaps);
	return rc;
}

const struct command cmd_import_lease = {
    .name = "import lease",
    .args = "[flags] [FILE ... | -]",
    .summary = "Who had which address when, into the store",
    .help = "  --format F          as in heloflow list lease-sources (default: auto)\n"
            "  --tz ZONE           of times without an offset\n"
            "  --clock-error SECS  how wrong the times may be (default: as\n"
            "                      configured, else 10)\n",
    .run = run,
};
