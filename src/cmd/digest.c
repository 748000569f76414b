/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/digest.h"

#include <inttypes.h>
#include <stdio.h>

/* Columns of the statement digest_findings. */
enum {
	D_GROUP,
	D_CUSTOMER,
	D_BY,
	D_FLOWS,
	D_MISS,
	D_FIRST,
	D_LAST,
	D_SPAM,
	D_VIRUS,
	D_MESSAGES,
	D_CLIENT,
	D_SYN,
	D_REASON,
	D_TRANSACTIONS,
	D_RULES,
	D_WENT_BY
};

/* A log group shows verdicts, with the rules that they confirmed; one without
 * verdicts what its rules went by, a flow group packets, the last one reasons. */
enum shape { SHAPE_LOG, SHAPE_BELOW, SHAPE_RULE, SHAPE_FLOW, SHAPE_REASON };

static const struct group {
	const char *title;
	enum shape shape;
} groups[] = {
    {NULL, SHAPE_LOG},
    {"CONFIRMED: sends spam", SHAPE_LOG},
    {"CONFIRMED: sends spam and viruses", SHAPE_LOG},
    {"CONFIRMED: sends viruses", SHAPE_LOG},
    {"CONFIRMED: by how it sends, without a verdict of a filter", SHAPE_RULE},
    {"Below every threshold", SHAPE_BELOW},
    {"Flow only, suspect: sends mail, and never by our servers", SHAPE_FLOW},
    {"Flow only, expected", SHAPE_FLOW},
    {"Ambiguous: counts against nobody", SHAPE_REASON},
};

static void
print_heading(int64_t n)
{
	/* in the order of the shapes */
	static const char *const columns[] = {
	    "known by    flows            spam  virus   of   from   to     rules",
	    "known by    flows            spam  virus   of   from   to",
	    "known by    flows            transactions   from   to     why",
	    "known by    packets  SYN   from   to     why", "why"};
	const struct group *g = &groups[n];

	printf("\n%s\n  %-15s %s\n", g->title, "customer", columns[g->shape]);
}

/* Hours and minutes in the day's zone. */
static void
print_clock(const struct zone *z, struct value t, const char *tail)
{
	struct civil c = civil_of_utc(t.i, z);

	printf("%02d:%02d%s", c.hour, c.minute, tail);
}

/* How it is known whose mail it was, and whether the flows saw it. */
static void
print_known(const struct stmt *st)
{
	struct str flows = stmt_value(st, D_FLOWS).s;
	char text[32];

	if (stmt_value(st, D_MISS).type == VALUE_REAL)
		snprintf(text, sizeof(text), "%.*s, P %.2f", STR_FMT(flows),
		    stmt_value(st, D_MISS).r);
	else
		snprintf(text, sizeof(text), "%.*s",
		    STR_FMT(str_has(flows) ? flows : STR("-")));
	printf("%-11.*s %-16s ", STR_FMT(stmt_value(st, D_BY).s), text);
}

/* From when to when, and words; none below the threshold. */
static void
print_span(const struct stmt *st, const struct zone *z, struct str words)
{
	print_clock(z, stmt_value(st, D_FIRST), "  ");
	print_clock(z, stmt_value(st, D_LAST), str_has(words) ? "  " : "");
	printf("%.*s\n", STR_FMT(words));
}

static void
print_log(const struct stmt *st, const struct zone *z)
{
	print_known(st);
	printf("%4" PRId64 "  %5" PRId64 " %4" PRId64 "   ",
	    stmt_value(st, D_SPAM).i, stmt_value(st, D_VIRUS).i,
	    stmt_value(st, D_MESSAGES).i);
	print_span(st, z, stmt_value(st, D_RULES).s);
}

static void
print_rule(const struct stmt *st, const struct zone *z)
{
	print_known(st);
	printf("%12" PRId64 "   ", stmt_value(st, D_TRANSACTIONS).i);
	print_span(st, z, stmt_value(st, D_WENT_BY).s);
}

/* What follows the semicolon of an expected one's reason, or the address. */
static struct str
flow_note(const struct stmt *st)
{
	struct str reason = stmt_value(st, D_REASON).s;
	ptrdiff_t at = str_find(reason, STR("; "));

	return at < 0 ? STR("no log record") : str_from(reason, (size_t)at + 2);
}

/* Of an imported list: connections that were told, and no packets. */
static bool
is_listed(const struct stmt *st)
{
	return str_find(stmt_value(st, D_REASON).s, STR("by a sender list")) >= 0;
}

static void
print_flow(const struct stmt *st, const struct zone *z)
{
	printf("%-11.*s %7" PRId64 "  %3" PRId64 "   ",
	    STR_FMT(stmt_value(st, D_BY).s), stmt_value(st, D_CLIENT).i,
	    stmt_value(st, D_SYN).i);
	print_clock(z, stmt_value(st, D_FIRST), "  ");
	print_clock(z, stmt_value(st, D_LAST), "  ");
	printf("%.*s%s\n", STR_FMT(flow_note(st)),
	    is_listed(st) ? ", on a sender list" : "");
}

static void
print_finding(const struct stmt *st, const struct zone *z)
{
	enum shape shape = groups[stmt_value(st, D_GROUP).i].shape;

	printf("  %-15.*s ", STR_FMT(stmt_value(st, D_CUSTOMER).s));
	if (shape == SHAPE_LOG || shape == SHAPE_BELOW)
		print_log(st, z);
	else if (shape == SHAPE_RULE)
		print_rule(st, z);
	else if (shape == SHAPE_FLOW)
		print_flow(st, z);
	else
		printf("%.*s\n", STR_FMT(stmt_value(st, D_REASON).s));
}

static int
print_findings(
    struct store *s, int64_t day, const struct zone *z, struct err *e)
{
	struct value arg = value_int(day);
	int64_t group = 0, n = 0;
	struct stmt *st;
	int rc = store_start(s, "digest_findings", &arg, 1, &st, e);

	while (rc >= 0 && (rc = stmt_next(st, e)) > 0) {
		if (stmt_value(st, D_GROUP).i != group) {
			group = stmt_value(st, D_GROUP).i;
			print_heading(group);
		}
		print_finding(st, z);
		n++;
	}
	if (rc >= 0 && n == 0)
		printf("\nnothing speaks against anyone\n");
	return rc;
}

static int
print_rest(struct store *s, int64_t day, struct err *e)
{
	struct value arg = value_int(day);
	struct stmt *st;
	int rc = store_start(s, "digest_rest", &arg, 1, &st, e);

	if (rc < 0 || (rc = stmt_next(st, e)) < 0)
		return rc;
	printf("\nClean: %" PRId64 " customers.  Not ours: %" PRId64
	       " hosts of others send us spam or viruses.\n",
	    stmt_value(st, 0).i, stmt_value(st, 1).i);
	if (stmt_value(st, 3).i + stmt_value(st, 4).i > 0)
		printf("No lease: %" PRId64 " of %" PRId64
		       " own addresses with mail, %" PRId64 " with flows; "
		       "nobody can be told who they were.\n",
		    stmt_value(st, 3).i, stmt_value(st, 2).i,
		    stmt_value(st, 4).i);
	stmt_reset(st);
	return 0;
}

int
digest_print(struct cmd *c, struct store *s, int64_t day, struct err *e)
{
	struct value arg = value_int(day);
	char text[UTC_TEXT_MAX];
	struct stmt *st;
	int rc = store_start(s, "digest_day", &arg, 1, &st, e);

	if (rc < 0 || (rc = stmt_next(st, e)) < 0)
		return rc;
	day_format(day, text);
	if (rc == 0) {
		printf("Findings of %s: none; there is no mail and no flow of "
		       "that day\n",
		    text);
		return 0;
	}
	printf("Findings of %s (%.*s)\n", text, STR_FMT(stmt_value(st, 0).s));
	stmt_reset(st);
	rc = print_findings(s, day, c->config->day_timezone, e);
	return rc < 0 ? rc : print_rest(s, day, e);
}
