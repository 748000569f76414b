/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heloflow rules test: what changed or new detection rules would do to the
 * days that are in the store, before they are put to work.  The store stays
 * as it is.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "cmd/run_days.h"
#include "correlate/correlate.h"

enum { OPT_DAY = 1, OPT_FROM, OPT_TO };

static const struct option long_opts[] = {
    {"day", required_argument, NULL, OPT_DAY},
    {"from", required_argument, NULL, OPT_FROM},
    {"to", required_argument, NULL, OPT_TO},
    {NULL, 0, NULL, 0},
};

static const struct column cols[] = {
    {"day", "day", VALUE_TEXT},
    {"rule", "rule", VALUE_TEXT},
    {"fires", "fires on", VALUE_INT},
    {"new", "new", VALUE_INT},
    {"gone", "gone", VALUE_INT},
    {"fixed", "fixed", VALUE_INT},
    {"innocent", "innocent", VALUE_INT},
    {"new_customers", "who is new", VALUE_JSON},
    {"gone_customers", "who is gone", VALUE_JSON},
};
#define NCOLS (sizeof(cols) / sizeof(cols[0]))

struct days {
	int64_t first, last;
};

/* One replay of a day: rows go to out. */
struct replay {
	struct output *out;
	int64_t day;
	bool stored; /* there are findings to compare with */
};

static int
read_flags(struct cmd *c, int argc, char **argv, struct days *d, struct err *e)
{
	bool one = false, range = false;
	int opt, rc = 0;

	while (rc >= 0 &&
	       (opt = cmd_option(c, argc, argv, "", long_opts, e)) != -1) {
		switch (opt) {
		case OPT_DAY:
			rc = cmd_day(c, "--day", optarg, &d->first, e);
			d->last = d->first;
			one = true;
			break;
		case OPT_FROM:
			rc = cmd_day(c, "--from", optarg, &d->first, e);
			range = true;
			break;
		case OPT_TO:
			rc = cmd_day(c, "--to", optarg, &d->last, e);
			range = true;
			break;
		default:
			rc = ERR_USAGE;
		}
	}
	if (rc >= 0 && one && range)
		return err_set(
		    e, ERR_USAGE, "--day, or --from and --to, but not both");
	if (rc >= 0 && d->first > d->last)
		return err_set(e, ERR_USAGE, "--from is after --to");
	return rc;
}

/* Of the files and folders that were named, each must be there and hold rules
 * (a rule may be in several: the last one counts). */
static int
check_files(int n, char **files, struct err *e)
{
	for (int i = 0; i < n; i++) {
		const char *paths[] = {files[i], NULL};
		struct detect *d;
		bool none;
		int rc;

		if (access(files[i], R_OK) < 0)
			return err_set(
			    e, ERR_FAIL, "%s: %s", files[i], strerror(errno));
		rc = detect_read(&d, paths, e);
		if (rc < 0)
			return rc;
		none = detect_count(d) == 0;
		detect_free(d);
		if (none)
			return err_set(e, ERR_USAGE,
			    "%s: no rule in it (NAME.yaml)", files[i]);
	}
	return 0;
}

static int
one_rule(void *with, const struct detect_rule *r, const struct stmt *st)
{
	struct replay *p = with;
	char text[UTC_TEXT_MAX];
	struct value v[NCOLS] = {
	    value_str(str_of(text, day_format(p->day, text))),
	    value_str(r->rule)};

	for (size_t i = 2; i < NCOLS; i++) {
		v[i] = stmt_value(st, i - 2);
		if (v[i].type == VALUE_TEXT)
			v[i].type = VALUE_JSON;
	}
	p->stored = v[3].type != VALUE_NULL;
	output_row(p->out, v);
	return 0;
}

/* Replays each day; *days how many, *bare those without findings. */
static int
replay_days(struct cmd *c, struct store *s, const struct detect *rules,
    size_t from, const struct days *d, struct output *o, int64_t *days,
    int64_t *bare, struct err *e)
{
	struct replay p = {.out = o};
	int64_t at = d->first;
	char text[UTC_TEXT_MAX];
	int rc;

	while ((rc = correlate_next_day(s, c->config, at, &p.day, e)) > 0 &&
	       p.day <= d->last) {
		rc = correlate_replay(
		    s, c->config, rules, from, p.day, one_rule, &p, e);
		if (rc < 0) {
			day_format(p.day, text);
			return err_wrap(e, "%s", text);
		}
		++*days;
		*bare += !p.stored;
		at = p.day + 1;
	}
	return rc < 0 ? rc : 0;
}

/* A store that is not there must not be made, nor an old one be changed. */
static int
open_store(struct cmd *c, struct store **s, struct err *e)
{
	int rc = cmd_store(c, STORE_READ, s, e);

	if (rc < 0)
		return rc;
	store_close(*s);
	*s = NULL;
	return cmd_store(c, STORE_WRITE, s, e);
}

static int
run(struct cmd *c, int argc, char **argv, struct err *e)
{
	struct days d = {INT64_MIN / 2, INT64_MAX / 2};
	struct detect *rules = NULL;
	struct store *s = NULL;
	int64_t days = 0, bare = 0;
	struct output o;
	size_t first = 0;
	int nfiles, rc = read_flags(c, argc, argv, &d, e);

	if (rc < 0)
		return rc;
	nfiles = argc - optind;
	rc = check_files(nfiles, argv + optind, e);
	if (rc >= 0)
		rc =
		    run_rules(&rules, argv + optind, (size_t)nfiles, &first, e);
	if (rc >= 0)
		rc = open_store(c, &s, e);
	if (rc >= 0) {
		output_begin(&o, c->out, stdout, cols, NCOLS, false);
		rc = replay_days(
		    c, s, rules, nfiles ? first : 0, &d, &o, &days, &bare, e);
		output_end(&o);
	}
	store_close(s);
	detect_free(rules);
	if (rc < 0)
		return rc;
	if (days == 0)
		fputs("no mail and no flows in these days\n", stderr);
	if (bare > 0)
		fprintf(stderr,
		    "%lld of %lld days have no findings to compare with: run heloflow correlate first\n",
		    (long long)bare, (long long)days);
	return bare > 0 ? EXIT_INCOMPLETE : 0;
}

const struct command cmd_rules_test = {
    .name = "rules test",
    .args = "[--day D | --from D --to D] [RULE_FILE | FOLDER ...]",
    .summary = "What detection rules would do to the days in the store",
    .help =
        "  RULE_FILE        a new rule, or a changed one in the place of that\n"
        "                   of its name; all of a folder. Without one, all\n"
        "                   rules as they are now\n"
        "  --day D          only this day\n"
        "  --from D, --to D the first and the last day; else all\n"
        "A row a day and rule: on how many it fires; how many it would confirm\n"
        "who are not confirmed, and who would not be any more; and how the desk\n"
        "closed the cases of those on whom it fires. The store stays as it is.\n"
        "Exit 3 if days have no findings to compare with.\n",
    .run = run,
};
