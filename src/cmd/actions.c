/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heloflow actions: what the desk did in a month, and whether it keeps up
 * (RIPE-409 asks for statistics on the action taken).
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/json_out.h"
#include "cmd/cover.h"

enum { OPT_MONTH = 1, OPT_SINCE, OPT_UNTIL };

static const struct option long_opts[] = {
    {"month", required_argument, NULL, OPT_MONTH},
    {"since", required_argument, NULL, OPT_SINCE},
    {"until", required_argument, NULL, OPT_UNTIL},
    {NULL, 0, NULL, 0},
};

static const struct column sum_cols[] = {
    {"open_before", "open at its beginning", VALUE_INT},
    {"opened", "opened", VALUE_INT},
    {"reopened", "  of these anew, after a fix", VALUE_INT},
    {"fixed", "fixed", VALUE_INT},
    {"innocent", "closed as innocent", VALUE_INT},
    {"open_after", "open at its end", VALUE_INT},
    {"hours_to_fix_median", "hours to a fix, median", VALUE_REAL},
    {"hours_to_fix_p90", "hours to a fix, 90 %", VALUE_REAL},
    {"opened_per_day", "opened a day with logs", VALUE_REAL},
    {"closed_per_day", "closed a day with logs", VALUE_REAL},
    {"days_to_clear", "days to clear what is open", VALUE_REAL},
    {"days_covered", "days with logs", VALUE_INT},
    {"days", "  of", VALUE_INT},
};
#define NSUMS (sizeof(sum_cols) / sizeof(sum_cols[0]))
enum { S_OPEN_AFTER = 5, S_OPENED_A_DAY = 8, S_CLOSED_A_DAY, S_TO_CLEAR, S_COVERED, S_DAYS };

static const struct column count_cols[] = {
    {"action", "action", VALUE_TEXT},
    {"cause", "cause", VALUE_TEXT},
    {"times", "times", VALUE_INT},
    {"customers", "customers", VALUE_INT},
};
#define NCOUNTS (sizeof(count_cols) / sizeof(count_cols[0]))

/* YYYY-MM, as the month of day_timezone. */
static int
set_month(struct cmd *c, const char *text, struct value *v, struct err *e)
{
	char day[] = "YYYY-MM-01";
	struct civil next;
	int64_t first;

	if (strlen(text) != 7)
		first = -1;
	else
		memcpy(day, text, 7);
	if (strlen(text) != 7 || !day_parse(str_z(day), &first))
		return err_set(
		    e, ERR_USAGE, "--month: \"%s\" is not YYYY-MM", text);
	next = civil_of_utc(first * 86400 * USEC, NULL);
	next.year += next.month == 12;
	next.month = next.month % 12 + 1;
	if (cmd_config(c, e) < 0)
		return ERR_USAGE;
	v[0] = value_int(day_start(first, c->config->day_timezone));
	v[1] = value_int(
	    day_start(utc_of_civil(&next, NULL, UTC_NONE) / (86400 * USEC),
	        c->config->day_timezone));
	return 0;
}

static int
read_flags(struct cmd *c, int argc, char **argv, struct value *v, struct err *e)
{
	int opt, rc = 0;

	while (rc >= 0 &&
	       (opt = cmd_option(c, argc, argv, "", long_opts, e)) != -1) {
		switch (opt) {
		case OPT_MONTH:
			rc = set_month(c, optarg, v, e);
			break;
		case OPT_SINCE:
			v[0].type = VALUE_INT;
			rc = cmd_time(c, "--since", optarg, &v[0].i, e);
			break;
		case OPT_UNTIL:
			v[1].type = VALUE_INT;
			rc = cmd_time(c, "--until", optarg, &v[1].i, e);
			break;
		default:
			rc = ERR_USAGE;
		}
	}
	if (rc >= 0 && optind < argc)
		rc = err_set(e, ERR_USAGE, "actions takes no file: \"%s\"",
		    argv[optind]);
	return rc;
}

/* Without a month it is the last thirty days. */
static int
fill_period(struct value *v, struct err *e)
{
	if (v[1].type == VALUE_NULL)
		v[1] = value_int(utc_now());
	if (v[0].type == VALUE_NULL)
		v[0] = value_int(v[1].i - 30 * 86400 * USEC);
	if (v[0].i >= v[1].i)
		return err_set(e, ERR_USAGE, "--since is not before --until");
	return 0;
}

/* The last figure follows from the others: at the rate of the time, and only
 * if more was closed than opened. */
static int
read_sums(
    struct store *s, const struct value *args, struct value *v, struct err *e)
{
	struct stmt *st;
	double net;
	int rc = store_start(s, "action_sums", args, 3, &st, e);

	if (rc < 0 || (rc = stmt_next(st, e)) < 0)
		return rc;
	for (size_t i = 0; i < S_TO_CLEAR; i++)
		v[i] = stmt_value(st, i);
	v[S_COVERED] = stmt_value(st, S_TO_CLEAR);
	v[S_DAYS] = stmt_value(st, S_TO_CLEAR + 1);
	stmt_reset(st);
	net = v[S_CLOSED_A_DAY].r - v[S_OPENED_A_DAY].r;
	v[S_TO_CLEAR] = net > 0 ? value_real((double)v[S_OPEN_AFTER].i / net)
	                        : value_null();
	return 0;
}

static void
print_text(struct cmd *c, const struct value *args, const struct value *v)
{
	char from[UTC_TEXT_MAX], until[UTC_TEXT_MAX];

	utc_format_zone(args[0].i, c->config->day_timezone, from);
	utc_format_zone(args[1].i, c->config->day_timezone, until);
	printf("Cases of customers from %s to %s\n", from, until);
	for (size_t i = 0; i < NSUMS; i++) {
		printf("  %-28s ", sum_cols[i].title);
		if (v[i].type == VALUE_NULL)
			printf("%9s\n", "-");
		else if (v[i].type == VALUE_REAL)
			printf("%9.1f\n", v[i].r);
		else
			printf("%9" PRId64 "\n", v[i].i);
	}
	putchar('\n');
}

static int
print_json(struct stmt *counts, const struct value *args, const struct value *v,
    const struct cover *k, struct err *e)
{
	struct buf out = {0};
	struct json j = json_to(&out);
	int rc;

	json_open(&j, NULL, '{');
	json_time(&j, "from", args[0].i);
	json_time(&j, "until", args[1].i);
	output_members(&j, sum_cols, NSUMS, v);
	rc = cmd_rows_json(
	    &j, "actions", counts, args, 2, count_cols, NCOUNTS, e);
	cover_json(&j, k);
	json_close(&j, '}');
	if (rc >= 0)
		printf("%.*s\n", STR_FMT(buf_str(&out)));
	buf_free(&out);
	return rc;
}

static int
print(struct cmd *c, struct store *s, const struct value *args, struct err *e)
{
	struct value v[NSUMS];
	struct stmt *counts;
	struct cover k;
	int rc = read_sums(s, args, v, e);

	if (rc < 0 || (rc = store_prepare(s, "action_counts", &counts, e)) < 0)
		return rc;
	if (c->out == &output_json) {
		rc = cover_read(&k, s, args[0].i, args[1].i, false, e);
		return rc < 0 ? rc : print_json(counts, args, v, &k, e);
	}
	if (c->out == &output_text) {
		print_text(c, args, v);
		rc = cover_print(
		    s, c->config->day_timezone, args[0], args[1], e);
		putchar('\n');
	}
	return rc < 0 ? rc
	              : cmd_rows(c, counts, args, 2, count_cols, NCOUNTS, NULL, e);
}

static int
run(struct cmd *c, int argc, char **argv, struct err *e)
{
	struct value args[3] = {{0}}; /* since, until, days */
	struct store *s = NULL;
	int rc = read_flags(c, argc, argv, args, e);

	if (rc < 0 || (rc = fill_period(args, e)) < 0 ||
	    (rc = cmd_config(c, e)) < 0 ||
	    (rc = cmd_store(c, STORE_READ, &s, e)) < 0)
		return rc;
	args[2] = value_int(day_of(args[1].i - 1, c->config->day_timezone) -
	                    day_of(args[0].i, c->config->day_timezone) + 1);
	rc = print(c, s, args, e);
	store_close(s);
	return rc < 0 ? rc : 0;
}

const struct command cmd_actions = {
    .name = "actions",
    .args = "[--month YYYY-MM | --since T --until T]",
    .summary = "What was done about cases, and whether the desk keeps up",
    .help =
        "  --month YYYY-MM   a month of day_timezone (default: the last 30 days)\n"
        "  --since T, --until T\n",
    .run = run,
};
