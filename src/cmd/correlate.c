/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heloflow correlate: findings of a day, or of every day that has mail or
 * flows and has changed since its last run.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/datadir.h"
#include "cmd/run_days.h"
#include "correlate/correlate.h"

enum { OPT_DAY = 1, OPT_ALL };

static const struct option long_opts[] = {
    {"day", required_argument, NULL, OPT_DAY},
    {"all", no_argument, NULL, OPT_ALL},
    {NULL, 0, NULL, 0},
};

struct flags {
	bool one_day, all;
	int64_t day;
};

static const struct column cols[] = {
    {"day", "day", VALUE_TEXT},
    {"timezone", "timezone", VALUE_TEXT},
    {"findings", "findings", VALUE_INT},
    {"confirmed", "confirmed", VALUE_INT},
    {"messages", "messages", VALUE_INT},
    {"unattributed", "nobody's", VALUE_INT},
    {"ambiguous", "ambiguous", VALUE_INT},
    {"flow_uncovered", "flows unlogged", VALUE_INT},
    {"mail_hours", "log hours", VALUE_INT},
    {"flow_hours", "flow hours", VALUE_INT},
    {"hours", "of", VALUE_INT},
    {"own_addrs", "own addresses", VALUE_INT},
    {"unleased_mail", "mail unleased", VALUE_INT},
    {"unleased_flow", "flows unleased", VALUE_INT},
};
#define NCOLS (sizeof(cols) / sizeof(cols[0]))

static int
read_flags(struct cmd *c, int argc, char **argv, struct flags *f, struct err *e)
{
	int opt;

	while ((opt = cmd_option(c, argc, argv, "", long_opts, e)) != -1) {
		switch (opt) {
		case OPT_DAY:
			f->one_day = true;
			if (cmd_day(c, "--day", optarg, &f->day, e) < 0)
				return ERR_USAGE;
			break;
		case OPT_ALL:
			f->all = true;
			break;
		default:
			return ERR_USAGE;
		}
	}
	if (optind < argc)
		return err_set(e, ERR_USAGE, "correlate takes no file: \"%s\"",
		    argv[optind]);
	return 0;
}

int
run_rules(struct detect **out, char *const *more, size_t nmore, size_t *first,
    struct err *e)
{
	char shipped[4096], local[4096];
	const char **paths = xcalloc(nmore + 3, sizeof(*paths));
	struct err none;
	size_t n = 0;
	int rc = datadir_path(shipped, sizeof(shipped), "rules/detect", e);

	if (rc >= 0) {
		paths[n++] = shipped;
		if (datadir_path(local, sizeof(local), "local/detect", &none) ==
		    0)
			paths[n++] = local;
		*first = n;
		for (size_t i = 0; i < nmore; i++)
			paths[n++] = more[i];
		rc = detect_load(out, paths, e);
	}
	free(paths);
	return rc;
}

static void
print_row(struct output *o, struct cmd *c, int64_t day,
    const struct correlate_result *r)
{
	char text[UTC_TEXT_MAX];
	const struct value v[NCOLS] = {
	    value_str(str_of(text, day_format(day, text))),
	    value_str(config_zone(c->config)),
	    value_int(r->findings), value_int(r->confirmed),
	    value_int(r->messages), value_int(r->unattributed),
	    value_int(r->ambiguous), value_int(r->flow_uncovered),
	    value_int(r->mail_hours), value_int(r->flow_hours),
	    value_int(r->hours), value_int(r->own_addrs),
	    value_int(r->unleased_mail), value_int(r->unleased_flow)};

	output_row(o, v);
}

static int
do_day(struct cmd *c, struct store *s, const struct detect *rules, int64_t day,
    struct output *o, struct err *e)
{
	struct correlate_result r = {0};
	char text[UTC_TEXT_MAX];
	int rc = correlate_day(s, c->config, rules, day, &r, e);

	if (rc < 0) {
		day_format(day, text);
		return err_wrap(e, "%s", text);
	}
	if (o != NULL)
		print_row(o, c, day, &r);
	return 0;
}

static int
do_days(struct cmd *c, struct store *s, const struct detect *rules, bool all,
    struct output *o, int64_t *days, struct err *e)
{
	int64_t day, from = INT64_MIN / 2;
	int rc, stale = 1;

	*days = 0;
	while ((rc = correlate_next_day(s, c->config, from, &day, e)) > 0) {
		if (!all)
			stale = correlate_is_stale(s, c->config, rules, day, e);
		if (stale < 0)
			return stale;
		if (stale) {
			rc = do_day(c, s, rules, day, o, e);
			if (rc < 0)
				return rc;
			++*days;
		}
		from = day + 1;
	}
	return rc;
}

int
run_days(struct cmd *c, struct store *s, bool all, struct output *o,
    int64_t *days, struct err *e)
{
	struct detect *rules = NULL;
	size_t first;
	int rc = run_rules(&rules, NULL, 0, &first, e);

	if (rc >= 0)
		rc = do_days(c, s, rules, all, o, days, e);
	detect_free(rules);
	return rc;
}

static int
run_day(struct cmd *c, struct store *s, int64_t day, struct output *o,
    struct err *e)
{
	struct detect *rules = NULL;
	size_t first;
	int rc = run_rules(&rules, NULL, 0, &first, e);

	if (rc >= 0)
		rc = do_day(c, s, rules, day, o, e);
	detect_free(rules);
	return rc;
}

static int
run(struct cmd *c, int argc, char **argv, struct err *e)
{
	struct flags f = {0};
	struct store *s = NULL;
	struct output o;
	int64_t days = 1;
	int rc = read_flags(c, argc, argv, &f, e);

	if (rc < 0 || (rc = cmd_store(c, STORE_WRITE, &s, e)) < 0)
		return rc;
	output_begin(&o, c->out, stdout, cols, NCOLS, false);
	rc = f.one_day ? run_day(c, s, f.day, &o, e)
	               : run_days(c, s, f.all, &o, &days, e);
	output_end(&o);
	store_close(s);
	if (rc >= 0 && days == 0 && isatty(STDERR_FILENO))
		fputs("nothing new to correlate\n", stderr);
	return rc;
}

const struct command cmd_correlate = {
    .name = "correlate",
    .args = "[--day D | --all]",
    .summary = "Join logs, flows and leases to findings",
    .help = "  --day D   only this day (YYYY-MM-DD, today, yesterday)\n"
            "  --all     every day with mail or flows; without it only those\n"
            "            that imports, leases, rules or configuration have\n"
            "            changed since their last run\n",
    .run = run,
};
