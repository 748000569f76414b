/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/mail_flags.h"

#include <limits.h>
#include <stdlib.h>

#include "base/datadir.h"
#include "base/json_out.h"

enum {
	OPT_MTA = 256,
	OPT_TZ,
	OPT_YEAR,
	OPT_HOST,
	OPT_UNPARSED,
	OPT_MAX,
	OPT_STATS,
	OPT_FOLLOW,
	OPT_BATCH,
	OPT_CHECK
};

#define IMPORT_ONLY 2 /* options at the start of the table */

static const struct option longs[] = {
    {"follow", no_argument, NULL, OPT_FOLLOW},
    {"batch", required_argument, NULL, OPT_BATCH},
    {"mta", required_argument, NULL, OPT_MTA},
    {"tz", required_argument, NULL, OPT_TZ},
    {"year", required_argument, NULL, OPT_YEAR},
    {"host", required_argument, NULL, OPT_HOST},
    {"unparsed", required_argument, NULL, OPT_UNPARSED},
    {"max-unparsed", required_argument, NULL, OPT_MAX},
    {"stats", no_argument, NULL, OPT_STATS},
    {"check", required_argument, NULL, OPT_CHECK},
    {NULL, 0, NULL, 0},
};

static int
set_max(struct mail_flags *f, struct err *e)
{
	double p;

	if (!str_double(str_z(optarg), &p) || p < 0 || p > 100)
		return err_set(e, ERR_USAGE,
		    "--max-unparsed: \"%s\" is not a percentage", optarg);
	f->max_unparsed = p / 100;
	return 0;
}

static int
set_flag(struct mail_flags *f, int opt, struct err *e)
{
	int64_t year;
	int rc;

	switch (opt) {
	case OPT_MTA:
		f->mta = optarg;
		return 0;
	case OPT_TZ:
		f->in.opt.zone = zone_find(str_z(optarg));
		if (f->in.opt.zone == NULL)
			return err_set(
			    e, ERR_USAGE, "--tz: no time zone \"%s\"", optarg);
		return 0;
	case OPT_YEAR:
		rc = cmd_number("--year", optarg, 1970, 9999, &year, e);
		f->in.opt.year = (int)year;
		return rc;
	case OPT_HOST:
		f->in.opt.host = str_z(optarg);
		return 0;
	case OPT_CHECK:
		f->check = optarg;
		return 0;
	case OPT_UNPARSED:
		f->unparsed = optarg;
		return 0;
	case OPT_MAX:
		return set_max(f, e);
	case OPT_STATS:
		f->stats = true;
		return 0;
	case OPT_FOLLOW:
		f->follow = true;
		return 0;
	case OPT_BATCH:
		return cmd_number(
		    "--batch", optarg, 1, 100000000, &f->batch, e);
	default:
		return ERR_USAGE; /* cmd_option has set the message */
	}
}

int
mail_flags_read(struct cmd *c, int argc, char **argv, bool import,
    struct mail_flags *f, struct err *e)
{
	const struct option *opts = longs + (import ? 0 : IMPORT_ONLY);
	int opt, rc;

	*f = (struct mail_flags){.max_unparsed = -1};
	while ((opt = cmd_option(c, argc, argv, "", opts, e)) != -1) {
		rc = set_flag(f, opt, e);
		if (rc < 0)
			return rc;
	}
	f->first_file = optind;
	return 0;
}

int
mail_flags_mta(
    struct mail_flags *f, const struct parsers *parsers, struct err *e)
{
	if (f->mta == NULL)
		return 0;
	f->in.mta = parsers_find(parsers, str_z(f->mta));
	if (f->in.mta != NULL)
		return 0;
	return err_set(e, ERR_USAGE,
	    "--mta: no parser \"%s\"; see heloflow list parsers", f->mta);
}

int
mail_source_input(const struct mail_source *m, const struct parsers *parsers,
    struct mail_input *out, struct err *e)
{
	*out = (struct mail_input){
	    .opt = {.zone = m->zone, .year = m->year, .host = m->host},
	    .mta = parsers_find(parsers, m->mta),
	    .direction = m->direction};
	if (out->mta != NULL || !str_has(m->mta))
		return 0;
	return err_set(e, ERR_USAGE,
	    "mail_sources: no parser \"%.*s\"; see heloflow list parsers",
	    STR_FMT(m->mta));
}

static void
write_unparsed(struct unparsed_sink *sink, struct str raw, struct str program,
    const struct evidence *ev)
{
	struct unparsed_file *u = (struct unparsed_file *)sink;

	(void)program;
	(void)ev;
	fwrite(raw.p ? raw.p : "", 1, raw.n, u->to);
	putc('\n', u->to);
}

int
unparsed_file_open(struct unparsed_file *u, const char *path, struct err *e)
{
	u->sink.line = write_unparsed;
	u->to = NULL;
	if (path == NULL)
		return 0;
	u->to = fopen(path, "w");
	if (u->to == NULL)
		return err_set(e, ERR_FAIL, "%s: cannot write: %m", path);
	return 0;
}

int
unparsed_file_close(struct unparsed_file *u, const char *path, struct err *e)
{
	FILE *to = u->to;
	bool bad;

	u->to = NULL;
	if (to == NULL)
		return 0;
	bad = ferror(to) != 0;
	if (fclose(to) != 0 || bad)
		return err_set(e, ERR_FAIL, "%s: cannot write: %m", path);
	return 0;
}

void
mail_stats_print(
    struct line_counts n, int64_t messages, int64_t records, int64_t open)
{
	struct buf b = {0};
	struct json j = json_to(&b);

	json_open(&j, NULL, '{');
	json_i64(&j, "lines", n.lines);
	json_i64(&j, "used", n.used);
	json_i64(&j, "ignored", n.ignored);
	json_i64(&j, "unparsed", n.unparsed);
	json_i64(&j, "messages", messages);
	json_i64(&j, "records", records);
	json_i64(&j, "open", open);
	json_close(&j, '}');
	fprintf(stderr, "%.*s\n", (int)b.n, b.p);
	buf_free(&b);
}

/* What is odd about one file as a whole; 0, or EXIT_INCOMPLETE. */
static int
check_file(const struct mail_feed *f, size_t i)
{
	struct line_counts n = mail_feed_counts(f, i);
	const char *path = mail_feed_path(f, i);

	if (mail_feed_truncated(f, i)) {
		fprintf(stderr,
		    "heloflow: %s: cut off or damaged; read up to there\n",
		    path);
		return EXIT_INCOMPLETE;
	}
	if (!mail_feed_from_start(f, i))
		return 0;
	if (n.lines == 0)
		fprintf(stderr, "heloflow: %s: no line in it\n", path);
	if (n.lines == 0 || n.unparsed < n.lines)
		return 0;
	fprintf(stderr,
	    "heloflow: %s: not one of its %lld lines was understood; is it a mail log?\n",
	    path, (long long)n.lines);
	return EXIT_INCOMPLETE;
}

int
mail_unparsed_excess(struct line_counts n, const struct mail_flags *flags)
{
	if (flags->max_unparsed < 0 ||
	    (double)n.unparsed <= flags->max_unparsed * (double)n.lines)
		return 0;
	fprintf(stderr,
	    "heloflow: %lld of %lld lines were not understood, more than --max-unparsed\n",
	    (long long)n.unparsed, (long long)n.lines);
	return EXIT_INCOMPLETE;
}

int
mail_incomplete(const struct mail_feed *f, const struct mail_flags *flags)
{
	struct line_counts n = mail_feed_total(f);
	int rc = 0;
	size_t i;

	for (i = 0; i < mail_feed_files(f); i++)
		if (check_file(f, i) != 0)
			rc = EXIT_INCOMPLETE;
	if (mail_unparsed_excess(n, flags) != 0)
		rc = EXIT_INCOMPLETE;
	return rc;
}

int
rules_open(struct rules **out, struct err *e)
{
	char dir[PATH_MAX];
	int rc = datadir_path(dir, sizeof(dir), "rules/verdict", e);

	return rc < 0 ? rc : rules_load(out, dir, e);
}

int
parsers_open(struct parsers **out, struct err *e)
{
	char dir[PATH_MAX];
	int rc = datadir_path(dir, sizeof(dir), "parsers", e);

	return rc < 0 ? rc : parsers_load(out, dir, e);
}
