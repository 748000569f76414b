/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heloflow chart customers: how many customers a day were found, by what;
 * bars on the terminal, or the rows behind them.  Everyone is counted once a
 * day.  A day without logs is a gap, and no zero.
 */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "cmd/cmd.h"

#define BAR_MAX 50
#define DAYS    30

enum { OPT_DAYS = 1, OPT_UNTIL };

static const struct option long_opts[] = {
    {"days", required_argument, NULL, OPT_DAYS},
    {"until", required_argument, NULL, OPT_UNTIL},
    {NULL, 0, NULL, 0},
};

static const struct column cols[] = {
    {"day", "day", VALUE_TEXT},
    {"spam", "spam", VALUE_INT},
    {"virus", "virus", VALUE_INT},
    {"both", "both", VALUE_INT},
    {"report", "report", VALUE_INT},
    {"total", "total", VALUE_INT},
    {"below_threshold", NULL, VALUE_INT},
    {"flow_only_suspect", NULL, VALUE_INT},
    {"ambiguous", NULL, VALUE_INT},
    {"mail_hours", NULL, VALUE_INT},
    {"flow_hours", NULL, VALUE_INT},
    {"hours", NULL, VALUE_INT},
    {"covered", NULL, VALUE_BOOL},
    {"timezone", NULL, VALUE_TEXT},
};
#define NCOLS (sizeof(cols) / sizeof(cols[0]))
enum {
	C_DAY,
	C_SPAM,
	C_VIRUS,
	C_BOTH,
	C_REPORT,
	C_TOTAL,
	C_MAIL_HOURS = 9,
	C_HOURS = 11,
	C_COVERED = 12,
	C_ZONE = 13
};

/* Spam is black in the talk's chart; the terminal's own colour here, for
 * black may be the background. */
static const struct part {
	int column;
	char letter;
	const char *colour, *meaning;
} parts[] = {
    {C_SPAM, 'S', "\033[1m", "spam"},
    {C_BOTH, 'B', "\033[35m", "spam and virus"},
    {C_VIRUS, 'V', "\033[31m", "virus"},
    {C_REPORT, 'R', "\033[34m", "reports only"},
};
#define NPARTS (sizeof(parts) / sizeof(parts[0]))

struct chart {
	bool colour;
	int64_t scale; /* customers a letter */
	struct str zone;
};

static void
print_bar(const struct chart *ch, const struct stmt *st)
{
	int64_t seen = 0, drawn = 0, upto;

	for (size_t i = 0; i < NPARTS; i++) {
		seen += stmt_value(st, (size_t)parts[i].column).i;
		upto = (seen + ch->scale - 1) / ch->scale;
		if (ch->colour && drawn < upto)
			fputs(parts[i].colour, stdout);
		for (; drawn < upto; drawn++)
			putchar(parts[i].letter);
		if (ch->colour)
			fputs("\033[0m", stdout);
	}
}

static void
print_day(const struct chart *ch, const struct stmt *st)
{
	struct str day = stmt_value(st, C_DAY).s;
	int64_t have = stmt_value(st, C_MAIL_HOURS).i;
	int64_t hours = stmt_value(st, C_HOURS).i;

	printf("%.*s ", STR_FMT(day));
	if (stmt_value(st, C_HOURS).type == VALUE_NULL) {
		printf("    -  not correlated\n");
		return;
	}
	if (stmt_value(st, C_COVERED).i == 0) {
		printf("    -  no logs\n");
		return;
	}
	printf("%5" PRId64 "  ", stmt_value(st, C_TOTAL).i);
	print_bar(ch, st);
	if (have < hours)
		printf("  (logs of %" PRId64 " of %" PRId64 " hours)", have,
		    hours);
	putchar('\n');
}

static int
largest_total(
    struct stmt *st, const struct value *span, int64_t *out, struct err *e)
{
	int rc = stmt_start(st, span, 2, e);

	*out = 0;
	while (rc >= 0 && (rc = stmt_next(st, e)) > 0) {
		int64_t n = stmt_value(st, C_TOTAL).i;

		if (stmt_value(st, C_TOTAL).type == VALUE_INT && n > *out)
			*out = n;
	}
	return rc;
}

static void
print_legend(const struct chart *ch)
{
	printf("customers a day, each once (days in %.*s):", STR_FMT(ch->zone));
	for (size_t i = 0; i < NPARTS; i++)
		printf(" %s%c%s %s%s", ch->colour ? parts[i].colour : "",
		    parts[i].letter, ch->colour ? "\033[0m" : "",
		    parts[i].meaning, i + 1 < NPARTS ? "," : "");
	if (ch->scale > 1)
		printf("; a letter is %" PRId64, ch->scale);
	putchar('\n');
}

static int
print_chart(
    struct cmd *c, struct stmt *st, const struct value *span, struct err *e)
{
	struct chart ch = {.colour = isatty(STDOUT_FILENO)};
	int64_t largest;
	int rc = largest_total(st, span, &largest, e);

	if (rc < 0)
		return rc;
	ch.scale = largest > BAR_MAX ? (largest + BAR_MAX - 1) / BAR_MAX : 1;
	ch.zone = config_zone(c->config);
	rc = stmt_start(st, span, 2, e);
	while (rc >= 0 && (rc = stmt_next(st, e)) > 0)
		print_day(&ch, st);
	print_legend(&ch);
	return rc;
}

/* The first and the last day that were correlated: 1, or 0 if none was. */
static int
correlated(struct store *s, int64_t *first, int64_t *last, struct err *e)
{
	struct stmt *st;
	int rc = store_start(s, "chart_bounds", NULL, 0, &st, e);

	if (rc < 0 || (rc = stmt_next(st, e)) < 0)
		return rc;
	rc = rc > 0 && stmt_value(st, 0).type == VALUE_INT;
	*first = stmt_value(st, 0).i;
	*last = stmt_value(st, 1).i;
	stmt_reset(st);
	return rc;
}

/* From which day to before which; none if no day was correlated.  days 0: up
 * to 30, from the first one that was correlated. */
static int
find_span(struct store *s, int64_t days, int64_t until, struct value span[2],
    struct err *e)
{
	int64_t first, last, from;
	int rc = correlated(s, &first, &last, e);

	span[0] = span[1] = value_int(0);
	if (rc < 0)
		return rc;
	if (rc == 0) {
		fprintf(stderr,
		    "%s: no day was correlated yet; see heloflow correlate\n",
		    store_path(s));
		return 0;
	}
	if (until == INT64_MIN)
		until = last + 1;
	from = until - (days ? days : DAYS);
	if (days == 0 && from < first && first < until)
		from = first;
	span[0] = value_int(from);
	span[1] = value_int(until);
	return 1;
}

static int
chart(
    struct cmd *c, struct store *s, int64_t days, int64_t until, struct err *e)
{
	struct value span[2];
	struct stmt *st;
	int rc = find_span(s, days, until, span, e);

	if (rc < 0 || (rc == 0 && c->out == &output_text))
		return rc;
	rc = store_prepare(s, "chart_customers", &st, e);
	if (rc < 0)
		return rc;
	if (c->out == &output_text)
		return print_chart(c, st, span, e);
	return cmd_rows(c, st, span, 2, cols, NCOLS, NULL, e);
}

static int
run(struct cmd *c, int argc, char **argv, struct err *e)
{
	int64_t days = 0, until = INT64_MIN;
	struct store *s = NULL;
	int opt, rc = 0;

	while ((opt = cmd_option(c, argc, argv, "", long_opts, e)) != -1) {
		if (opt == OPT_DAYS)
			rc = cmd_number("--days", optarg, 1, 36600, &days, e);
		else if (opt == OPT_UNTIL)
			rc = cmd_day(c, "--until", optarg, &until, e);
		else
			return ERR_USAGE;
		if (rc < 0)
			return rc;
	}
	if (optind + 1 != argc || strcmp(argv[optind], "customers") != 0)
		return err_set(e, ERR_USAGE, "chart what? customers");
	rc = cmd_store(c, STORE_READ, &s, e);
	if (rc >= 0)
		rc = chart(c, s, days, until, e);
	store_close(s);
	return rc;
}

const struct command cmd_chart = {
    .name = "chart",
    .args = "customers [--days N] [--until DAY]",
    .summary = "Customers found a day, as bars or rows",
    .help = "  --days N      how many days (default: up to 30)\n"
            "  --until DAY   the days before this one (default: up to the\n"
            "                last one correlated)\n",
    .run = run,
};
