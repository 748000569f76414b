/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heloflow daily: the whole day from a configuration.  Imports every source,
 * correlates every day that has news, and prints the coverage, the findings
 * of one day and the chart.  A source without a file is told loudly, and the
 * rest goes on.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "cmd/digest.h"
#include "cmd/import_mail.h"
#include "cmd/run_days.h"
#include "cmd/verbs.h"
#include "input/config.h"

static const struct option long_opts[] = {
    {"day", required_argument, NULL, 1},
    {NULL, 0, NULL, 0},
};

struct daily {
	struct cmd *c;
	struct parsers *parsers;
	struct arena mem;
	int64_t day;
	bool incomplete;
};

static void
missing(struct daily *d, const char *kind, struct str path, const char *why)
{
	fprintf(stderr, "heloflow daily: WARNING: %s %.*s: %s\n", kind,
	    STR_FMT(path), why);
	d->incomplete = true;
}

/* NULL, or why a file cannot be read. */
static const char *
unreadable(const char *path)
{
	struct stat st;

	if (access(path, R_OK) != 0 || stat(path, &st) != 0)
		return strerror(errno);
	return S_ISDIR(st.st_mode) ? strerror(EISDIR) : NULL;
}

/* The files of one source that can be read; the others are told. */
static int
readable(struct daily *d, const char *kind, const struct str *paths, size_t n,
    struct str **files, size_t *nfiles, struct err *e)
{
	size_t all = 0;

	*files = NULL;
	*nfiles = 0;
	for (size_t i = 0; i < n; i++) {
		struct str *some;
		size_t k;
		int rc = config_expand(&paths[i], 1, &d->mem, &some, &k, e);

		if (rc < 0)
			return rc;
		if (k == 0)
			missing(d, kind, paths[i], "matches no file");
		*files = xrealloc(*files, (all + k + 1) * sizeof(**files));
		for (size_t j = 0; j < k; j++) {
			const char *why = unreadable(some[j].p);

			if (why == NULL)
				(*files)[all++] = some[j];
			else
				missing(d, kind, some[j], why);
		}
	}
	*nfiles = all;
	return 0;
}

struct inputs {
	struct mail_input *in;
	size_t n;
};

static int
add_mail_source(struct daily *d, const struct mail_source *m, struct inputs *to,
    struct err *e)
{
	struct str *files = NULL;
	struct mail_input in;
	size_t n;
	int rc = mail_source_input(m, d->parsers, &in, e);

	if (rc >= 0)
		rc = readable(d, "mail", m->paths, m->npaths, &files, &n, e);
	if (rc >= 0) {
		to->in = xrealloc(to->in, (to->n + n + 1) * sizeof(*to->in));
		for (size_t i = 0; i < n; i++) {
			in.path = files[i].p;
			to->in[to->n++] = in;
		}
	}
	free(files);
	return rc;
}

/* All logs in one call, so that they are merged by time and a message is
 * followed from one of our servers to the next. */
static int
import_logs(struct daily *d, struct err *e)
{
	const struct config *cfg = d->c->config;
	const struct mail_flags flags = {.max_unparsed = -1};
	struct mail_import_result r = {0};
	struct inputs all = {0};
	struct store *s = NULL;
	int rc = parsers_open(&d->parsers, e);

	for (size_t i = 0; rc >= 0 && i < cfg->nmail; i++)
		rc = add_mail_source(d, &cfg->mail[i], &all, e);
	if (rc >= 0)
		rc = cmd_store(d->c, STORE_WRITE, &s, e);
	if (rc >= 0 && all.n > 0)
		rc = import_mail_files(
		    d->c, s, d->parsers, all.in, all.n, &flags, &r, e);
	store_close(s);
	parsers_free(d->parsers);
	free(all.in);
	if (rc >= 0 && all.n > 0)
		import_mail_say(&r);
	return rc;
}

/* A verb with words after its name. */
static int
run_verb(struct daily *d, const struct command *verb, char **words, size_t n,
    struct err *e)
{
	struct cmd c = *d->c;
	char **argv = xcalloc(n + 2, sizeof(*argv));
	int rc;

	argv[0] = arena_z(&d->mem, str_z(verb->name));
	if (n > 0)
		memcpy(argv + 1, words, n * sizeof(*words));
	c.verb = verb->name;
	optind = 0;
	rc = verb->run(&c, (int)n + 1, argv, e);
	free(argv);
	return rc;
}

/* import flow and import lease find their settings in the configuration by
 * the file's path. */
static int
import_files(struct daily *d, const struct command *verb, const char *kind,
    const struct str *paths, size_t npaths, struct err *e)
{
	struct str *files = NULL;
	char **words;
	size_t n;
	int rc = readable(d, kind, paths, npaths, &files, &n, e);

	if (rc >= 0 && n > 0) {
		words = xcalloc(n + 1, sizeof(*words));
		words[0] = arena_z(&d->mem, STR("--"));
		for (size_t i = 0; i < n; i++)
			words[i + 1] = arena_z(&d->mem, files[i]);
		fprintf(stderr, "%s: ", kind);
		rc = run_verb(d, verb, words, n + 1, e);
		free(words);
	}
	free(files);
	return rc;
}

static int
note(struct daily *d, int rc)
{
	d->incomplete |= rc == EXIT_INCOMPLETE;
	return rc;
}

static int
import_all(struct daily *d, struct err *e)
{
	const struct config *cfg = d->c->config;
	int rc = 0;

	for (size_t i = 0; rc >= 0 && i < cfg->nlease; i++)
		rc = note(d, import_files(d, &cmd_import_lease, "lease",
		                 cfg->lease[i].paths, cfg->lease[i].npaths, e));
	for (size_t i = 0; rc >= 0 && i < cfg->nflow; i++)
		rc = note(d, import_files(d, &cmd_import_flow, "flow",
		                 cfg->flow[i].paths, cfg->flow[i].npaths, e));
	return rc < 0 ? rc : note(d, import_logs(d, e));
}

static int
correlate_all(struct daily *d, struct err *e)
{
	struct store *s = NULL;
	int64_t days = 0;
	int rc = cmd_store(d->c, STORE_WRITE, &s, e);

	if (rc >= 0)
		rc = run_days(d->c, s, false, NULL, &days, e);
	store_close(s);
	if (rc >= 0)
		fprintf(
		    stderr, "correlated: %" PRId64 " days with news\n", days);
	return rc;
}

static int
print_digest(struct daily *d, struct err *e)
{
	struct store *s = NULL;
	int rc = cmd_store(d->c, STORE_READ, &s, e);

	if (rc >= 0)
		rc = digest_print(d->c, s, d->day, e);
	store_close(s);
	return rc;
}

static int
print_all(struct daily *d, struct err *e)
{
	char day[UTC_TEXT_MAX], next[UTC_TEXT_MAX];
	char *of_day[] = {(char[]){"--day"}, day};
	char *chart[] = {(char[]){"customers"}, (char[]){"--days"},
	    (char[]){"7"}, (char[]){"--until"}, next};
	int rc;

	day_format(d->day, day);
	day_format(d->day + 1, next);
	if (d->c->out != &output_text)
		return run_verb(d, &cmd_findings, of_day, 2, e);
	rc = run_verb(d, &cmd_coverage, of_day, 2, e);
	putchar('\n');
	if (rc >= 0)
		rc = print_digest(d, e);
	putchar('\n');
	return rc < 0 ? rc : run_verb(d, &cmd_chart, chart, 5, e);
}

static int
read_flags(struct daily *d, int argc, char **argv, struct err *e)
{
	const char *day = "yesterday";
	int opt;

	while ((opt = cmd_option(d->c, argc, argv, "", long_opts, e)) != -1) {
		if (opt != 1)
			return ERR_USAGE;
		day = optarg;
	}
	if (optind < argc)
		return err_set(e, ERR_USAGE,
		    "takes no file: \"%s\"; files are in the configuration",
		    argv[optind]);
	return cmd_day(d->c, "--day", day, &d->day, e);
}

static int
run(struct cmd *c, int argc, char **argv, struct err *e)
{
	struct daily d = {.c = c};
	int rc = read_flags(&d, argc, argv, e);

	if (rc < 0 || (rc = cmd_config(c, e)) < 0)
		return rc;
	if (!str_has(c->config->path))
		return err_set(e, ERR_USAGE,
		    "no configuration: neither -c FILE nor ./heloflow.yaml; heloflow init writes one");
	rc = import_all(&d, e);
	if (rc >= 0)
		rc = correlate_all(&d, e);
	if (rc >= 0)
		rc = print_all(&d, e);
	arena_free(&d.mem);
	if (rc < 0)
		return rc;
	return d.incomplete ? EXIT_INCOMPLETE : 0;
}

const struct command cmd_daily = {
    .name = "daily",
    .args = "[--day D]",
    .summary = "The whole day: import every source, correlate, report",
    .help = "  --day D   the day to report (default: yesterday); all sources\n"
            "            are imported and all days with news correlated\n"
            "  With -o json, jsonl or csv: the day's findings.\n"
            "  Exit 3: a source has no file, or a file is damaged or cut.\n",
    .run = run,
};
