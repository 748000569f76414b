/* SPDX-License-Identifier: Apache-2.0 */
/* heloflow parse: logs -> delivery records on stdout; no store. */
#include <stdlib.h>
#include <sys/stat.h>

#include "cmd/mail_flags.h"
#include "cmd/progress.h"
#include "ingest/direction.h"
#include "ingest/ledger.h"
#include "ingest/record.h"
#include "input/pattern.h"

#define FLUSH_AT   (1 << 16)
#define TICK_LINES 1000

struct printer {
	struct message_sink sink;
	const struct config *config;
	struct buf out;
	int64_t records;
};

static void
print_message(struct message_sink *sink, struct message *m)
{
	struct printer *p = (struct printer *)sink;
	const struct recipient *r;

	m->direction = direction_of(p->config, m);
	for (r = record_next(m, NULL); r != NULL; r = record_next(m, r)) {
		record_json(&p->out, m, r);
		p->records++;
		if (r == &record_none)
			break;
	}
	if (p->out.n >= FLUSH_AT) {
		fwrite(p->out.p, 1, p->out.n, stdout);
		p->out.n = 0;
	}
	message_free(m);
}

/* Only what can be read twice is compared; an empty file repeats nothing. */
static bool
has_content(const char *path)
{
	struct stat st;

	return strcmp(path, "-") != 0 && stat(path, &st) == 0 &&
	       S_ISREG(st.st_mode) && st.st_size > 0;
}

/* Which of the files holds all that file i holds, so that i is not read: of
 * equal ones the first is; -1 = none.  rc < 0 is an error. */
static int
find_whole(char **files, int n, int i, int *whole, struct err *e)
{
	int k, rc = 0;

	*whole = -1;
	for (k = 0; has_content(files[i]) && k < n && *whole < 0; k++) {
		if (k == i || !has_content(files[k]))
			continue;
		rc = ledger_is_copy(files[i], files[k], e);
		if (rc > 0 && k > i) {
			rc = ledger_is_copy(files[k], files[i], e);
			rc = rc < 0 ? rc : !rc;
		}
		if (rc < 0)
			return rc;
		if (rc > 0)
			*whole = k;
	}
	return 0;
}

static int
add_files(struct mail_feed *feed, const struct mail_flags *flags, int argc,
    char **argv, struct err *e)
{
	struct mail_input in = flags->in;
	char **files = argv + flags->first_file;
	int i, whole, rc, n = argc - flags->first_file;

	if (flags->first_file >= argc) {
		in.path = "-";
		return mail_feed_add(feed, &in, e);
	}
	for (i = 0; i < n; i++) {
		rc = find_whole(files, n, i, &whole, e);
		if (rc < 0)
			return rc;
		if (whole >= 0) {
			fprintf(stderr,
			    "parse: %s: all of it is in %s, too; it is read once\n",
			    files[i], files[whole]);
			continue;
		}
		in.path = files[i];
		rc = mail_feed_add(feed, &in, e);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int
read_all(struct mail_feed *feed, struct assembler *a, struct printer *p,
    const struct mail_flags *flags, struct err *e)
{
	struct progress bar = progress_start();
	int64_t open, done, total, lines = 0;
	int rc;

	while ((rc = mail_feed_step(feed, e)) > 0) {
		if (ferror(stdout))
			return err_set(
			    e, ERR_FAIL, "standard output: cannot write: %m");
		if (++lines % TICK_LINES == 0) {
			mail_feed_progress(feed, &done, &total);
			progress_tick(&bar, done, total);
		}
	}
	progress_end(&bar);
	if (rc < 0)
		return rc;
	assembler_settle(a);
	open = (int64_t)assembler_unended(a);
	assembler_flush(a);
	fwrite(p->out.p ? p->out.p : "", 1, p->out.n, stdout);
	if (flags->stats)
		mail_stats_print(mail_feed_total(feed),
		    assembler_counts(a).messages, p->records, open);
	return mail_incomplete(feed, flags);
}

/* --check: does this parser file load, with all its samples? */
static int
check(const char *path, struct err *e)
{
	struct pattern_file *f;
	struct pattern_counts n;
	int rc = pattern_load(&f, path, e);

	if (rc < 0)
		return rc;
	n = pattern_counts(f);
	printf(
	    "%s: parser %s: %zu patterns; %zu samples and %zu not_samples pass\n",
	    path, pattern_ops(f)->name, n.patterns, n.samples, n.not_samples);
	pattern_free(f);
	return 0;
}

static int
run(struct cmd *c, int argc, char **argv, struct err *e)
{
	struct printer p = {.sink.message = print_message};
	struct mail_feed *feed = NULL;
	struct assembler *a = NULL;
	struct parsers *parsers = NULL;
	struct rules *rules = NULL;
	struct unparsed_file unparsed = {0};
	struct mail_flags flags;
	struct err ignored;
	int rc;

	rc = mail_flags_read(c, argc, argv, false, &flags, e);
	if (rc >= 0 && flags.check != NULL)
		return check(flags.check, e);
	if (rc < 0 || (rc = cmd_config(c, e)) < 0 ||
	    (rc = rules_open(&rules, e)) < 0 ||
	    (rc = parsers_open(&parsers, e)) < 0 ||
	    (rc = mail_flags_mta(&flags, parsers, e)) < 0)
		goto out;
	p.config = c->config;
	a = assembler_new(&p.sink);
	assembler_own_hosts(a, c->config->own_hosts, c->config->nown_hosts);
	rc = unparsed_file_open(&unparsed, flags.unparsed, e);
	if (rc < 0)
		goto out;
	feed = mail_feed_new(
	    parsers, rules, a, unparsed.to ? &unparsed.sink : NULL);
	rc = add_files(feed, &flags, argc, argv, e);
	if (rc >= 0)
		rc = read_all(feed, a, &p, &flags, e);
	if (rc >= 0 && unparsed_file_close(&unparsed, flags.unparsed, e) < 0)
		rc = ERR_FAIL;
out:
	unparsed_file_close(&unparsed, "", &ignored);
	mail_feed_free(feed);
	assembler_free(a);
	rules_free(rules);
	parsers_free(parsers);
	buf_free(&p.out);
	return rc;
}

const struct command cmd_parse = {
    .name = "parse",
    .args = "[flags] [FILE ... | -]",
    .summary = "Mail logs to delivery records, as JSON Lines on stdout",
    .help = MAIL_FLAGS_HELP
    "  --check FILE     load and test a parser file, FILE.yaml, and stop\n",
    .run = run,
};
