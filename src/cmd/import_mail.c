/* SPDX-License-Identifier: Apache-2.0 */
/* heloflow import mail: logs into the store. */
#include "cmd/import_mail.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "cmd/import_follow.h"
#include "cmd/progress.h"

/* Copies stdin to a file without a name, so that it is known by its content
 * like every other; path is its name under /proc while *spool is open. */
static int
spool_stdin(FILE **spool, char path[static 32], struct err *e)
{
	char buf[1 << 16];
	size_t n;

	*spool = tmpfile();
	if (*spool == NULL)
		return err_set(e, ERR_FAIL, "no temporary file for stdin: %m");
	while ((n = fread(buf, 1, sizeof(buf), stdin)) > 0)
		if (fwrite(buf, 1, n, *spool) != n)
			return err_set(e, ERR_FAIL,
			    "cannot keep stdin in a temporary file: %m");
	if (ferror(stdin) || fflush(*spool) != 0)
		return err_set(e, ERR_FAIL, "stdin: %m");
	snprintf(path, 32, "/proc/self/fd/%d", fileno(*spool));
	return 0;
}

static int
add_file(struct mail_import *i, const struct mail_input *in, FILE **spool,
    struct err *e)
{
	struct mail_input from = *in;
	char path[32];
	int rc;

	if (strcmp(in->path, "-") != 0)
		return mail_import_add(i, in, NULL, e);
	if (*spool != NULL)
		return err_set(e, ERR_USAGE, "stdin can be read only once");
	rc = spool_stdin(spool, path, e);
	if (rc < 0)
		return rc;
	from.path = path;
	return mail_import_add(i, &from, "-", e);
}

static int
run_import(struct mail_import *i, const struct mail_input *in, size_t n,
    const struct mail_flags *flags, struct mail_import_result *result,
    struct err *e)
{
	FILE *spool = NULL;
	size_t k;
	int rc = 0;

	for (k = 0; rc >= 0 && k < n; k++)
		rc = add_file(i, &in[k], &spool, e);
	if (rc >= 0)
		rc = mail_import_run(i, result, e);
	if (rc >= 0)
		rc = mail_incomplete(mail_import_feed(i), flags);
	if (spool != NULL)
		fclose(spool);
	return rc;
}

static void
on_tick(void *arg, const struct mail_feed *feed)
{
	int64_t done, total;

	mail_feed_progress(feed, &done, &total);
	progress_tick(arg, done, total);
}

int
import_mail_files(struct cmd *c, struct store *s, const struct parsers *parsers,
    const struct mail_input *in, size_t n, const struct mail_flags *flags,
    struct mail_import_result *result, struct err *e)
{
	struct unparsed_file unparsed = {0};
	struct progress bar = progress_start();
	struct mail_import_options opt = {
	    .batch = flags->batch, .tick = on_tick, .arg = &bar};
	struct mail_import *i = NULL;
	struct rules *rules = NULL;
	struct err ignored;
	int rc = cmd_config(c, e);

	if (rc >= 0)
		rc = rules_open(&rules, e);
	if (rc >= 0)
		rc = unparsed_file_open(&unparsed, flags->unparsed, e);
	opt.unparsed = unparsed.to ? &unparsed.sink : NULL;
	if (rc >= 0)
		rc =
		    mail_import_open(&i, s, c->config, parsers, rules, &opt, e);
	if (rc >= 0)
		rc = run_import(i, in, n, flags, result, e);
	progress_end(&bar);
	if (rc >= 0 && unparsed_file_close(&unparsed, flags->unparsed, e) < 0)
		rc = ERR_FAIL;
	unparsed_file_close(&unparsed, "", &ignored);
	mail_import_close(i);
	rules_free(rules);
	return rc;
}

void
import_mail_say(const struct mail_import_result *r)
{
	fprintf(stderr,
	    "mail: %lld new lines in %lld files: %lld used, %lld ignored, %lld not understood; "
	    "%lld messages, %lld records, %lld open",
	    (long long)r->n.lines, (long long)r->files, (long long)r->n.used,
	    (long long)r->n.ignored, (long long)r->n.unparsed,
	    (long long)r->messages, (long long)r->records, (long long)r->open);
	if (r->expired > 0)
		fprintf(stderr, "; %lld messages never ended",
		    (long long)r->expired);
	if (r->waiting_verdicts > 0)
		fprintf(stderr, "; %lld verdicts wait for their message",
		    (long long)r->waiting_verdicts);
	if (r->expired_verdicts > 0)
		fprintf(stderr, "; %lld verdicts waited for 7 days in vain",
		    (long long)r->expired_verdicts);
	if (r->ambiguous_verdicts > 0)
		fprintf(stderr, "; %lld verdicts fit several messages",
		    (long long)r->ambiguous_verdicts);
	putc('\n', stderr);
}

/* The paths of the configuration, as they are. */
static int
configured(struct cmd *c, const struct parsers *parsers,
    struct mail_input **out, size_t *n, struct err *e)
{
	const struct mail_source *m;
	struct mail_input *in = NULL, one;
	size_t i, k;
	int rc = cmd_config(c, e);

	*n = 0;
	for (i = 0; rc >= 0 && i < c->config->nmail; i++) {
		m = &c->config->mail[i];
		rc = mail_source_input(m, parsers, &one, e);
		in = xrealloc(in, (*n + m->npaths + 1) * sizeof(*in));
		for (k = 0; k < m->npaths; k++) {
			one.path = m->paths[k].p;
			in[(*n)++] = one;
		}
	}
	*out = in;
	if (rc >= 0 && *n == 0)
		rc = err_set(e, ERR_USAGE,
		    "--follow: no FILE, and no mail_sources in the configuration");
	return rc;
}

static int
import_args(struct cmd *c, struct mail_flags *flags, int argc, char **argv,
    struct mail_import_result *result, struct err *e)
{
	bool named = flags->first_file < argc;
	size_t n = named ? (size_t)(argc - flags->first_file) : 1, k;
	struct parsers *parsers = NULL;
	struct mail_input *in = NULL;
	struct store *s = NULL;
	int rc = parsers_open(&parsers, e);

	if (rc >= 0)
		rc = mail_flags_mta(flags, parsers, e);
	if (rc >= 0 && flags->follow && !named) {
		rc = configured(c, parsers, &in, &n, e);
	} else if (rc >= 0) {
		in = xcalloc(n, sizeof(*in));
		for (k = 0; k < n; k++) {
			in[k] = flags->in;
			in[k].path =
			    named ? argv[flags->first_file + (int)k] : "-";
		}
	}
	if (rc >= 0)
		rc = cmd_store(c, STORE_WRITE, &s, e);
	if (rc >= 0)
		rc = flags->follow
		         ? import_follow(c, s, parsers, in, n, flags, e)
		         : import_mail_files(
		               c, s, parsers, in, n, flags, result, e);
	store_close(s);
	parsers_free(parsers);
	free(in);
	return rc;
}

static int
run(struct cmd *c, int argc, char **argv, struct err *e)
{
	struct mail_import_result r = {0};
	struct mail_flags flags;
	int rc = mail_flags_read(c, argc, argv, true, &flags, e);

	if (rc < 0)
		return rc;
	if (flags.check != NULL)
		return err_set(e, ERR_USAGE, "--check goes with parse");
	rc = import_args(c, &flags, argc, argv, &r, e);
	if (rc < 0 || flags.follow)
		return rc;
	import_mail_say(&r);
	if (flags.stats)
		mail_stats_print(r.n, r.messages, r.records, r.open);
	return rc;
}

const struct command cmd_import_mail = {
    .name = "import mail",
    .args = "[flags] [FILE ... | -]",
    .summary =
        "Mail logs into the store; what was read before is not read again",
    .help = MAIL_FLAGS_HELP MAIL_IMPORT_HELP,
    .run = run,
};
