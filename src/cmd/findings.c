/* SPDX-License-Identifier: Apache-2.0 */
/* heloflow findings: what the correlation found, one row a customer-day. */
#include <math.h>
#include <stdio.h>

#include "base/gamma.h"
#include "cmd/cover.h"
#include "cmd/findings.h"

enum {
	OPT_DAY = 1,
	OPT_CLASS,
	OPT_SINCE,
	OPT_UNTIL,
	OPT_CUSTOMER,
	OPT_SCOPE,
	OPT_STATE,
	OPT_NEW
};

static const struct option long_opts[] = {
    {"day", required_argument, NULL, OPT_DAY},
    {"class", required_argument, NULL, OPT_CLASS},
    {"since", required_argument, NULL, OPT_SINCE},
    {"until", required_argument, NULL, OPT_UNTIL},
    {"customer", required_argument, NULL, OPT_CUSTOMER},
    {"scope", required_argument, NULL, OPT_SCOPE},
    {"state", required_argument, NULL, OPT_STATE},
    {"new", no_argument, NULL, OPT_NEW},
    {NULL, 0, NULL, 0},
};

const struct column findings_columns[] = {
    {"day", "day", VALUE_TEXT},
    {"customer", "customer", VALUE_TEXT},
    {"attributed_by", "by", VALUE_TEXT},
    {"scope", NULL, VALUE_TEXT},
    {"addrs", NULL, VALUE_JSON},
    {"class", "class", VALUE_TEXT},
    {"kind", "kind", VALUE_TEXT},
    {"flow_support", "flows", VALUE_TEXT},
    {"first_seen", "first seen", VALUE_TIME},
    {"last_seen", NULL, VALUE_TIME},
    {"log", NULL, VALUE_JSON},
    {"flow", NULL, VALUE_JSON},
    {"complaints", "reports", VALUE_INT},
    {"confidence", "sure", VALUE_REAL},
    {"case_state", "case", VALUE_TEXT},
    {"first_day", NULL, VALUE_TEXT},
    {"days_active", "days", VALUE_INT},
    {"reason", "reason", VALUE_TEXT},
    {"evidence", NULL, VALUE_JSON},
    {"watermark", NULL, VALUE_TEXT},
    {"mail_hours", NULL, VALUE_INT}, /* of the day, that logs cover */
    {"flow_hours", NULL, VALUE_INT},
    {"hours", NULL, VALUE_INT},
};
const size_t findings_ncolumns =
    sizeof(findings_columns) / sizeof(findings_columns[0]);

static const char *const class_names[] = {"confirmed", "below_threshold",
    "flow_only_suspect", "flow_only_expected", "clean", "ambiguous", NULL};
const char *const case_states[] = {
    "new", "seen", "fixed", "innocent", "reopened", NULL};
static const char *const scope_names[] = {
    "customer", "own_unassigned", "remote", NULL};

/* Between what an estimate of n is that rests on n: most findings rest on few, and
 * a quantile takes 0.1 ms. */
struct bounds {
	double low, high; /* 0: not known yet */
};
#define KNOWN 64

static struct bounds
bounds_of(struct bounds *known, int64_t n)
{
	struct bounds b = n < KNOWN ? known[n] : (struct bounds){0, 0};

	if (b.high > 0)
		return b;
	gamma_bounds((double)n, (double)n, &b.low, &b.high);
	if (n < KNOWN)
		known[n] = b;
	return b;
}

/* est_low(estimate, sampled), est_high(...): whole numbers, as flow-stats has
 * them; NULL where the estimate is, and of nothing that was sampled. */
static int
est_bound(
    struct bounds *known, const struct value *v, struct value *out, bool is_high)
{
	struct bounds b;
	double times;

	*out = value_null();
	if (v[0].type != VALUE_INT || v[1].type != VALUE_INT || v[1].i < 1)
		return 0;
	b = bounds_of(known, v[1].i);
	times = (double)v[0].i / (double)v[1].i;
	*out = value_int(
	    (int64_t)(is_high ? ceil(times * b.high) : floor(times * b.low)));
	return 0;
}

static int
est_low(void *arg, const struct value *v, struct value *out, struct err *e)
{
	(void)e;
	return est_bound(arg, v, out, false);
}

static int
est_high(void *arg, const struct value *v, struct value *out, struct err *e)
{
	(void)e;
	return est_bound(arg, v, out, true);
}

int
findings_prepare(struct store *s, struct stmt **out, struct err *e)
{
	static const struct store_function fn[] = {
	    {"est_low", 2, est_low}, {"est_high", 2, est_high}};
	static struct bounds known[KNOWN];
	int rc = store_functions(s, fn, sizeof(fn) / sizeof(fn[0]), known, e);

	return rc < 0 ? rc : store_prepare(s, "findings", out, e);
}

/* v: the statement's arguments, in its order. */
static int
read_flag(struct cmd *c, int opt, struct value *v, struct err *e)
{
	switch (opt) {
	case OPT_DAY:
		v[0].type = VALUE_INT;
		return cmd_day(c, "--day", optarg, &v[0].i, e);
	case OPT_CLASS:
		return cmd_one_of("--class", class_names, optarg, &v[1], e);
	case OPT_SINCE:
		v[2].type = VALUE_INT;
		return cmd_time(c, "--since", optarg, &v[2].i, e);
	case OPT_UNTIL:
		v[3].type = VALUE_INT;
		return cmd_time(c, "--until", optarg, &v[3].i, e);
	case OPT_CUSTOMER:
		v[4] = value_z(optarg);
		return 0;
	case OPT_SCOPE:
		return cmd_one_of("--scope", scope_names, optarg, &v[5], e);
	case OPT_STATE:
		return cmd_one_of("--state", case_states, optarg, &v[6], e);
	case OPT_NEW:
		v[7] = value_int(1);
		return 0;
	default:
		return ERR_USAGE;
	}
}

/* Under the rows, for the eye: no figure without what it rests on. */
static int
print_cover(
    struct cmd *c, struct store *s, const struct value *v, struct err *e)
{
	const struct zone *zone = c->config->day_timezone;
	const bool day = v[0].type == VALUE_INT;

	putchar('\n');
	return cover_print(s, zone,
	    day ? value_int(day_start(v[0].i, zone)) : v[2],
	    day ? value_int(day_start(v[0].i + 1, zone)) : v[3], e);
}

static int
run(struct cmd *c, int argc, char **argv, struct err *e)
{
	struct value v[FINDINGS_ARGS] = {{0}};
	struct store *s = NULL;
	struct stmt *st;
	int opt, rc = 0;

	while ((opt = cmd_option(c, argc, argv, "", long_opts, e)) != -1) {
		rc = read_flag(c, opt, v, e);
		if (rc < 0)
			return rc;
	}
	if (optind < argc)
		return err_set(e, ERR_USAGE, "findings takes no file: \"%s\"",
		    argv[optind]);
	v[8] = value_bool(c->out == &output_text);
	rc = cmd_config(c, e);
	if (rc >= 0)
		rc = cmd_store(c, STORE_READ, &s, e);
	if (rc >= 0)
		rc = findings_prepare(s, &st, e);
	if (rc >= 0)
		rc = cmd_rows(c, st, v, FINDINGS_ARGS, findings_columns,
		    findings_ncolumns, NULL, e);
	if (rc >= 0 && c->out == &output_text)
		rc = print_cover(c, s, v, e);
	store_close(s);
	return rc;
}

const struct command cmd_findings = {
    .name = "findings",
    .args = "[flags]",
    .summary = "What the correlation found, one row a customer and day",
    .help =
        "  --day D           of one day\n"
        "  --since T, --until T  seen at or after, and before\n"
        "  --class C         confirmed, below_threshold, clean, ambiguous,\n"
        "                    flow_only_suspect, flow_only_expected\n"
        "  --scope S         customer, own_unassigned, remote\n"
        "  --customer NAME   of one customer or address\n"
        "  --state S         whose case is new, seen, fixed, innocent, reopened\n"
        "  --new             that opened a case: nothing was confirmed of the\n"
        "                    customer before, or not since it was closed\n",
    .run = run,
};
