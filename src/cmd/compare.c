/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heloflow compare: what the logs found against what the flows found, of the
 * same days and the same customers; who is new and who is gone; and how many
 * there are in all, if the two lists let one say so.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/json_out.h"
#include "cmd/cover.h"
#include "correlate/recapture.h"
#include "correlate/score.h"

enum { OPT_DAY = 1, OPT_SINCE, OPT_UNTIL };

static const struct option long_opts[] = {
    {"day", required_argument, NULL, OPT_DAY},
    {"since", required_argument, NULL, OPT_SINCE},
    {"until", required_argument, NULL, OPT_UNTIL},
    {NULL, 0, NULL, 0},
};

static const struct column cols[] = {
    {"set", "set", VALUE_TEXT},
    {"customers", "customers", VALUE_INT},
    {"customer_days", "customer-days", VALUE_INT},
    {"per_day", "a day", VALUE_REAL},
    {"new", "new", VALUE_INT},
    {"still", "still", VALUE_INT},
    {"gone", "gone", VALUE_INT},
    {"new_per_day", "new a day", VALUE_REAL},
    {"meaning", "meaning", VALUE_TEXT},
    {"days_covered", "days", VALUE_INT}, /* by what the set is made of */
    {"days", NULL, VALUE_INT},
};
#define NCOLS (sizeof(cols) / sizeof(cols[0]))
enum { Q_COMMON = NCOLS }; /* counted on the days that both sides cover */

/* What the eye is shown, in this order. */
static const unsigned char shown[] = {0, 9, 1, 2, 3, 4, 5, 6, 7, 8};
#define NSHOWN (sizeof(shown) / sizeof(shown[0]))

enum { MISSING_MAX = 7 }; /* days that are named in text */

/* The statement compare_coverage, and the names in JSON. */
static const struct column coverage_cols[] = {
    {"from", NULL, VALUE_TIME},
    {"until", NULL, VALUE_TIME},
    {"days_correlated", NULL, VALUE_INT},
    {"days_with_logs", NULL, VALUE_INT},
    {"days_with_flows", NULL, VALUE_INT},
    {"days_with_both", NULL, VALUE_INT},
    {"mail_hours", NULL, VALUE_INT},
    {"flow_hours", NULL, VALUE_INT},
    {"hours", NULL, VALUE_INT},
    {"transactions", NULL, VALUE_INT},
    {"unattributed", NULL, VALUE_INT},
    {"ambiguous", NULL, VALUE_INT},
    {"flow_uncovered", NULL, VALUE_INT},
};
#define NCOVERAGE (sizeof(coverage_cols) / sizeof(coverage_cols[0]))

enum {
	V_DAYS = 2,
	V_LOG_DAYS,
	V_FLOW_DAYS,
	V_BOTH_DAYS,
	V_TRANSACTIONS = 9, /* after the hours */
	V_NOBODY,
	V_AMBIGUOUS,
	V_UNCOVERED
};

struct period {
	int64_t first, until; /* days */
};

/* The two lists in customer-days, and what follows from them. */
struct estimate {
	int64_t n1, m, suspects, elsewhere, expected, days;
	int64_t scored; /* of the suspects */
	double weight;  /* the sum of their scores */
	struct recapture r;
	const char *refused; /* NULL if there is one */
};

/* A time's day; the end of a period that ends at midnight is the day before. */
static int
day_flag(
    struct cmd *c, const char *flag, int64_t minus, int64_t *day, struct err *e)
{
	int64_t t;
	int rc = cmd_time(c, flag, optarg, &t, e);

	if (rc >= 0 && (rc = cmd_config(c, e)) >= 0)
		*day = day_of(t - minus, c->config->day_timezone) + minus;
	return rc;
}

static int
read_flags(
    struct cmd *c, int argc, char **argv, struct period *p, struct err *e)
{
	int opt, rc = 0;

	while (rc >= 0 &&
	       (opt = cmd_option(c, argc, argv, "", long_opts, e)) != -1) {
		switch (opt) {
		case OPT_DAY:
			rc = cmd_day(c, "--day", optarg, &p->first, e);
			p->until = p->first + 1;
			break;
		case OPT_SINCE:
			rc = day_flag(c, "--since", 0, &p->first, e);
			break;
		case OPT_UNTIL:
			rc = day_flag(c, "--until", 1, &p->until, e);
			break;
		default:
			rc = ERR_USAGE;
		}
	}
	if (rc >= 0 && optind < argc)
		rc = err_set(e, ERR_USAGE, "compare takes no file: \"%s\"",
		    argv[optind]);
	return rc;
}

/* What was not said is taken from the store: its last day. */
static int
fill_period(struct store *s, struct period *p, struct err *e)
{
	int rc = 0;

	if (p->until == INT64_MIN) {
		rc = cmd_last_day(s, &p->until, e);
		p->until++;
	}
	if (p->first == INT64_MIN)
		p->first = p->until - 1;
	if (rc >= 0 && p->first >= p->until)
		rc = err_set(e, ERR_USAGE, "--since is not before --until");
	return rc;
}

static int
read_lists(struct estimate *x, struct store *s, const struct value *args,
    struct err *e)
{
	int64_t *const to[] = {
	    &x->n1, &x->m, &x->suspects, &x->elsewhere, &x->expected, &x->days};
	struct stmt *st;
	int rc = store_start(s, "compare_lists", args, 2, &st, e);

	if (rc < 0 || (rc = stmt_next(st, e)) < 0)
		return rc;
	for (size_t i = 0; i < sizeof(to) / sizeof(to[0]); i++)
		*to[i] = stmt_value(st, i).i;
	stmt_reset(st);
	return 0;
}

/* What the suspects weigh together: each by the score of its day, if there is
 * one. */
static int
weigh(struct estimate *x, struct store *s, const struct value *args,
    struct err *e)
{
	double figure[SCORE_FIGURES];
	struct score_model m = {.refused = "none yet"};
	int64_t day = INT64_MIN;
	struct stmt *st;
	int rc = store_start(s, "compare_suspects", args, 2, &st, e);

	while (rc >= 0 && (rc = stmt_next(st, e)) > 0) {
		if (stmt_value(st, SCORE_FIGURES).i != day) {
			day = stmt_value(st, SCORE_FIGURES).i;
			rc = score_fit(&m, s, day, e);
		}
		if (rc < 0 || m.refused != NULL)
			continue;
		for (size_t i = 0; i < SCORE_FIGURES; i++)
			figure[i] = stmt_value(st, i).r;
		x->scored++;
		x->weight += score_of(&m, figure);
	}
	return rc;
}

/* A suspect without a score is one of them for certain in the high end, and
 * is none in the low. */
static void
estimate(struct estimate *x, bool server_known)
{
	const int64_t blind = x->suspects - x->scored, sum = llround(x->weight);
	const struct recapture_doubt d = {sum, sum + blind, x->suspects};

	if (x->days == 0)
		x->refused = "no day is covered by logs and flows";
	else if (!server_known)
		x->refused =
		    "no mail server of a customer is known, by `allow` "
		    "or by its pattern: they would be counted";
	else if (x->m < RECAPTURE_OVERLAP_MIN)
		x->refused = "fewer than 7 customer-days are on both lists";
	else if (blind > x->m)
		x->refused = "more suspects are without a score than "
		             "confirmed were seen in the flows, and nothing "
		             "tells how many of them are innocent";
	else
		recapture_in_doubt(x->n1, x->m, &d, &x->r);
}

static int
read_estimate(struct cmd *c, struct store *s, const struct value *args,
    struct estimate *x, struct err *e)
{
	int rc;

	*x = (struct estimate){.refused = NULL};
	if ((rc = read_lists(x, s, args, e)) < 0 ||
	    (rc = weigh(x, s, args, e)) < 0)
		return rc;
	estimate(x, x->expected > 0 || c->config->nallow > 0);
	return 0;
}

/* Without a day that both cover there are no lists, and no zeros. */
static void
lists_json(struct json *j, const struct estimate *x)
{
	const struct {
		const char *name;
		int64_t n;
	} of[] = {{"logs", x->n1}, {"flows", x->m + x->suspects},
	    {"both", x->m}, {"expected_removed", x->expected},
	    {"suspects", x->suspects}, {"suspects_scored", x->scored},
	    {"confirmed_elsewhere", x->elsewhere}};

	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
		if (x->days > 0)
			json_i64(j, of[i].name, of[i].n);
		else
			json_null(j, of[i].name);
	}
	json_real(j, "suspects_weight", x->days > 0 ? x->weight : NAN);
}

static void
estimate_json(struct json *j, const struct estimate *x)
{
	json_open(j, "estimate", '{');
	json_str(j, "method", STR("chapman"));
	json_str(j, "unit", STR("customer-days"));
	json_i64(j, "days", x->days);
	lists_json(j, x);
	if (x->refused != NULL) {
		json_str(j, "refused", str_z(x->refused));
	} else {
		json_real(j, "all", x->r.n);
		json_real(j, "sd", x->r.sd);
		json_real(j, "low_95", x->r.low);
		json_real(j, "high_95", x->r.high);
	}
	json_close(j, '}');
}

/* What the number is worth, and which way each thing pulls it. */
static void
bias_text(const struct estimate *x)
{
	if (x->scored == x->suspects)
		printf("  Each suspect counts by his score; the high end "
		       "counts them all as affected.\n");
	else
		printf("  %" PRId64 " of %" PRId64
		       " suspects have no score: the estimate counts these as "
		       "affected, as an\n  upper bound, and the low end as "
		       "innocent; the others count by theirs.\n",
		    x->suspects - x->scored, x->suspects);
	printf("  Too low: who sends much is on both lists, who sends little, "
	       "or good mail besides,\n  on neither.  Too high: suspects who "
	       "are innocent (servers that are not known,\n  forged "
	       "addresses).  The interval does not cover the first.\n");
}

static void
estimate_text(const struct estimate *x)
{
	printf("\nHow many are affected in all, found or not (Chapman): ");
	if (x->refused != NULL) {
		printf("no estimate, %s.\n", x->refused);
	} else {
		printf("%.0f customer-days, 95 %%: %.0f to %.0f.\n", x->r.n,
		    x->r.low, x->r.high);
		bias_text(x);
	}
	if (x->days == 0)
		return;
	printf("  lists: logs %" PRId64 ", flows %" PRId64 " (%" PRId64
	       " of them suspects, by score %.1f of %" PRId64 "), both %" PRId64
	       "\n  customer-days of %" PRId64 " day%s; without %" PRId64
	       " of mail servers that are known\n  %" PRId64
	       " more are confirmed where no flow could show it, and come on "
	       "top\n",
	    x->n1, x->m + x->suspects, x->suspects, x->weight, x->scored, x->m,
	    x->days, x->days == 1 ? "" : "s", x->expected, x->elsewhere);
}

/* Days that logs (which = 0) or flows (1) do not cover; to the array of an open
 * object, or named in a line. */
static int
read_missing(struct store *s, const struct value *args, int which,
    struct json *j, struct err *e)
{
	const struct value v[] = {args[0], args[1], value_int(which)};
	struct stmt *st;
	int n = 0, rc = store_start(s, "compare_missing", v, 3, &st, e);

	for (; rc >= 0 && (rc = stmt_next(st, e)) > 0; n++) {
		struct str day = stmt_value(st, 0).s;

		if (j != NULL)
			json_str(j, NULL, day);
		else if (n < MISSING_MAX)
			printf("%s %.*s", n > 0 ? "," : which ?
			        "  no flows on" : "  no logs on",
			    STR_FMT(day));
	}
	if (j == NULL && n > MISSING_MAX)
		printf(" and %d days more", n - MISSING_MAX);
	if (j == NULL && n > 0)
		printf(which ? "\n" : ": nothing is known of whom they would "
		                      "have confirmed\n");
	return rc;
}

static int
missing_json(
    struct json *j, struct store *s, const struct value *args, struct err *e)
{
	static const char *const names[] = {
	    "days_without_logs", "days_without_flows"};
	int rc = 0;

	for (int i = 0; rc >= 0 && i < 2; i++) {
		json_open(j, names[i], '[');
		rc = read_missing(s, args, i, j, e);
		json_close(j, ']');
	}
	return rc;
}

static int
read_cover(struct cmd *c, struct store *s, const struct value *args,
    struct cover *k, struct err *e)
{
	const struct zone *zone = c->config->day_timezone;

	return cover_read(k, s, day_start(args[0].i, zone),
	    day_start(args[1].i, zone), false, e);
}

static int
print_json(struct cmd *c, struct store *s, const struct value *coverage,
    struct stmt *sets, const struct value *args, const struct estimate *x,
    struct err *e)
{
	struct buf out = {0};
	struct json j = json_to(&out);
	struct cover k;
	int rc = read_cover(c, s, args, &k, e);

	if (rc < 0)
		return rc;
	json_open(&j, NULL, '{');
	output_members(&j, coverage_cols, NCOVERAGE, coverage);
	json_i64(&j, "days", args[1].i - args[0].i);
	rc = missing_json(&j, s, args, e);
	json_str(&j, "timezone", config_zone(c->config));
	if (rc >= 0)
		rc = cmd_rows_json(&j, "sets", sets, args, 2, cols, NCOLS, e);
	estimate_json(&j, x);
	cover_json(&j, &k);
	json_open(&j, "not_covered", '[');
	for (size_t i = 0; i < c->config->nnot_covered; i++)
		json_str(&j, NULL, c->config->not_covered[i]);
	json_close(&j, ']');
	json_close(&j, '}');
	if (rc >= 0)
		printf("%.*s\n", STR_FMT(buf_str(&out)));
	buf_free(&out);
	return rc;
}

static int
print_head(struct cmd *c, struct store *s, const struct value *v,
    const struct value *args, struct err *e)
{
	char first[UTC_TEXT_MAX], last[UTC_TEXT_MAX];
	struct cover k;
	int rc = read_cover(c, s, args, &k, e);

	if (rc < 0)
		return rc;
	day_format(args[0].i, first);
	day_format(args[1].i - 1, last);
	printf("Logs against flows, %s to %s (%.*s)\n", first, last,
	    STR_FMT(config_zone(c->config)));
	printf("  %" PRId64 " of %" PRId64 " days correlated; logs on %" PRId64
	       " of them, flows on %" PRId64 ", both on %" PRId64 "\n",
	    v[V_DAYS].i, args[1].i - args[0].i, v[V_LOG_DAYS].i,
	    v[V_FLOW_DAYS].i, v[V_BOTH_DAYS].i);
	for (int i = 0; rc >= 0 && i < 2; i++)
		rc = read_missing(s, args, i, NULL, e);
	cover_text(&k);
	if (v[V_LOG_DAYS].i > 0)
		printf("  %" PRId64 " transactions: %" PRId64
		       " of nobody or our own hosts, %" PRId64
		       " of an uncertain holder\n",
		    v[V_TRANSACTIONS].i, v[V_NOBODY].i, v[V_AMBIGUOUS].i);
	if (v[V_UNCOVERED].i > 0)
		printf("  %" PRId64 " flow clients, a day counted, only in "
		       "hours without logs: in no set\n",
		    v[V_UNCOVERED].i);
	for (size_t i = 0; i < c->config->nnot_covered; i++)
		printf("  not covered: %.*s\n",
		    STR_FMT(c->config->not_covered[i]));
	return rc;
}

static void
begin_table(struct output *o, const struct column *eye, bool common)
{
	printf(common ? "\nSide by side, on the days that logs and flows both "
	                "cover\n"
	              : "\nEach side by itself, on the days that it covers\n");
	output_begin(o, &output_text, stdout, eye, NSHOWN, false);
}

/* Two tables, so that nobody subtracts a row of one from a row of the other. */
static int
print_sets(struct stmt *st, const struct value *args, struct err *e)
{
	struct column eye[NSHOWN];
	struct value v[NSHOWN];
	int64_t table = -1;
	struct output o;
	int rc = stmt_start(st, args, 2, e);

	for (size_t i = 0; i < NSHOWN; i++)
		eye[i] = cols[shown[i]];
	while (rc >= 0 && (rc = stmt_next(st, e)) > 0) {
		if (stmt_value(st, Q_COMMON).i != table) {
			if (table >= 0)
				output_end(&o);
			table = stmt_value(st, Q_COMMON).i;
			begin_table(&o, eye, table == 1);
		}
		for (size_t i = 0; i < NSHOWN; i++)
			v[i] = stmt_value(st, shown[i]);
		output_row(&o, v);
	}
	if (table >= 0)
		output_end(&o);
	return rc;
}

static int
read_coverage(
    struct store *s, const struct value *args, struct value *v, struct err *e)
{
	struct stmt *st;
	int rc = store_start(s, "compare_coverage", args, 2, &st, e);

	if (rc < 0 || (rc = stmt_next(st, e)) < 0)
		return rc;
	for (size_t i = 0; i < NCOVERAGE; i++) /* numbers: they stay */
		v[i] = stmt_value(st, i);
	stmt_reset(st);
	return 0;
}

static int
print(struct cmd *c, struct store *s, const struct period *p, struct err *e)
{
	const struct value args[] = {value_int(p->first), value_int(p->until)};
	struct value v[NCOVERAGE];
	struct stmt *sets;
	struct estimate x;
	int rc = read_estimate(c, s, args, &x, e);

	if (rc < 0 || (rc = store_prepare(s, "compare_sets", &sets, e)) < 0 ||
	    (rc = read_coverage(s, args, v, e)) < 0)
		return rc;
	if (c->out == &output_json)
		return print_json(c, s, v, sets, args, &x, e);
	if (c->out != &output_text)
		return cmd_rows(c, sets, args, 2, cols, NCOLS, NULL, e);
	if ((rc = print_head(c, s, v, args, e)) >= 0 &&
	    (rc = print_sets(sets, args, e)) >= 0)
		estimate_text(&x);
	return rc;
}

static int
run(struct cmd *c, int argc, char **argv, struct err *e)
{
	struct period p = {INT64_MIN, INT64_MIN};
	struct store *s = NULL;
	int rc = read_flags(c, argc, argv, &p, e);

	if (rc < 0 || (rc = cmd_config(c, e)) < 0 ||
	    (rc = cmd_store(c, STORE_READ, &s, e)) < 0)
		return rc;
	rc = fill_period(s, &p, e);
	if (rc >= 0)
		rc = print(c, s, &p, e);
	store_close(s);
	return rc < 0 ? rc : 0;
}

const struct command cmd_compare = {
    .name = "compare",
    .args = "[--day D | --since T --until T]",
    .summary = "What the logs found against what the flows found",
    .help =
        "  --day D             one day (default: the last that was correlated)\n"
        "  --since T, --until T  the days that the time touches\n"
        "What has both sides in it is of the days that both cover, and of the same\n"
        "customers.  New, still and gone are against as many days before.\n",
    .run = run,
};
