/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heloflow coverage: what was read, and so what the findings rest on.  Every
 * line of a log is used, ignored (known, and no mail) or unparsed.
 */
#include <inttypes.h>
#include <stdio.h>

#include "cmd/cover.h"

enum { GAPS_MAX = 10 };
enum { OPT_DAY = 1, OPT_SINCE, OPT_UNTIL, OPT_BY };

static const struct option long_opts[] = {
    {"day", required_argument, NULL, OPT_DAY},
    {"since", required_argument, NULL, OPT_SINCE},
    {"until", required_argument, NULL, OPT_UNTIL},
    {"by", required_argument, NULL, OPT_BY},
    {NULL, 0, NULL, 0},
};

/* Of origin_cols: what only logs have, and then what only flows have. */
enum {
	COL_KIND = 0,
	COL_VANTAGE = 2,
	COL_MAIL = 6,
	COL_MAIL_END = 10,
	COL_END = 15
};

static const struct column origin_cols[] = {
    {"kind", "kind", VALUE_TEXT},
    {"origin", "host or agent", VALUE_TEXT},
    {"vantage", "vantage", VALUE_TEXT},
    {"hours", "hours", VALUE_INT},
    {"from", "from", VALUE_TIME},
    {"until", "until", VALUE_TIME},
    {"lines", "lines", VALUE_INT},
    {"used", "used", VALUE_INT},
    {"ignored", "ignored", VALUE_INT},
    {"unparsed", "unparsed", VALUE_INT},
    {"datagrams", "datagrams", VALUE_INT},
    {"lost_datagrams", "lost", VALUE_INT},
    {"malformed", NULL, VALUE_INT},
    {"samples", "samples", VALUE_INT},
    {"smtp_packets", "SMTP", VALUE_INT},
};
static const struct column file_cols[] = {
    {"kind", "kind", VALUE_TEXT},
    {"path", "file", VALUE_TEXT},
    {"first", "first", VALUE_TIME},
    {"last", "last", VALUE_TIME},
    {"lines", "lines", VALUE_INT},
    {"used", "used", VALUE_INT},
    {"ignored", "ignored", VALUE_INT},
    {"unparsed", "unparsed", VALUE_INT},
    {"records", "records", VALUE_INT},
    {"truncated", "cut", VALUE_BOOL},
};
static const struct column gap_cols[] = {
    {"listen", "collector", VALUE_TEXT},
    {"from", "from", VALUE_TIME},
    {"until", "until", VALUE_TIME},
    {"why", "why", VALUE_TEXT},
};
static const struct column silent_cols[] = {
    {"host", "host", VALUE_TEXT},
    {"from", "from", VALUE_TIME},
    {"until", "until", VALUE_TIME},
    {"hours", "hours", VALUE_INT},
};
static const struct column unparsed_cols[] = {
    {"source", "file", VALUE_TEXT},
    {"line", "line", VALUE_INT},
    {"program", "program", VALUE_TEXT},
    {"text", "text", VALUE_TEXT},
};

#define COLS(c) (c), sizeof(c) / sizeof((c)[0])

static const struct view {
	const char *name, *statement;
	const struct column *cols;
	size_t ncols;
} views[] = {
    {"host", "coverage_by_origin", COLS(origin_cols)},
    {"hour", "coverage_by_hour", COLS(origin_cols)},
    {"file", "coverage_by_file", COLS(file_cols)},
    {"silent", "coverage_silent", COLS(silent_cols)},
    {"gap", "coverage_gaps", COLS(gap_cols)},
    {"unparsed", "coverage_unparsed", COLS(unparsed_cols)},
};

struct flags {
	const struct view *view;
	int64_t since, until;
	int64_t day;
	bool has_day;
};

static int
set_view(struct flags *f, const char *name, struct err *e)
{
	for (size_t i = 0; i < sizeof(views) / sizeof(views[0]); i++) {
		if (strcmp(views[i].name, name) == 0) {
			f->view = &views[i];
			return 0;
		}
	}
	return err_set(e, ERR_USAGE,
	    "--by: \"%s\" is none of host, hour, file, silent, gap, unparsed",
	    name);
}

static int
set_day(struct cmd *c, struct flags *f, const char *text, struct err *e)
{
	int rc = cmd_day(c, "--day", text, &f->day, e);

	if (rc < 0 || (rc = cmd_config(c, e)) < 0)
		return rc;
	f->has_day = true;
	f->since = day_start(f->day, c->config->day_timezone);
	f->until = day_start(f->day + 1, c->config->day_timezone);
	return 0;
}

static int
read_flags(struct cmd *c, int argc, char **argv, struct flags *f, struct err *e)
{
	int opt, rc = 0;

	while (rc >= 0 &&
	       (opt = cmd_option(c, argc, argv, "", long_opts, e)) != -1) {
		switch (opt) {
		case OPT_DAY:
			rc = set_day(c, f, optarg, e);
			break;
		case OPT_SINCE:
			rc = cmd_time(c, "--since", optarg, &f->since, e);
			break;
		case OPT_UNTIL:
			rc = cmd_time(c, "--until", optarg, &f->until, e);
			break;
		case OPT_BY:
			rc = set_view(f, optarg, e);
			break;
		default:
			rc = ERR_USAGE;
		}
	}
	if (rc >= 0 && optind < argc)
		rc = err_set(
		    e, ERR_USAGE, "takes no file: \"%s\"", argv[optind]);
	return rc;
}

/* Hours that are not covered, for a host wrote nothing. */
static void
print_silent(const struct stmt *st, const char *from, const char *until)
{
	printf("  logs    not covered: no line of %.*s from %s to %s\n",
	    STR_FMT(stmt_value(st, 0).s), from, until);
}

/* Times when no collector was there to hear the agents. */
static void
print_gap(const struct stmt *st, const char *from, const char *until)
{
	printf("  flows   no collector on %.*s from %s to %s: %.*s\n",
	    STR_FMT(stmt_value(st, 0).s), from,
	    stmt_value(st, 2).type == VALUE_NULL ? "now" : until,
	    STR_FMT(stmt_value(st, 3).s));
}

/* Spans of a statement, who, from and until, of which the first few are shown. */
struct spans {
	const char *statement;
	void (*print)(
	    const struct stmt *st, const char *from, const char *until);
	const char *kind, *others;
};

static const struct spans silent = {"coverage_silent", print_silent, "logs ",
    "such times: --by silent"};
static const struct spans gaps = {
    "coverage_gaps", print_gap, "flows", "gaps: --by gap"};

static int
print_spans(struct store *s, const struct flags *f, const struct spans *k,
    struct err *e)
{
	struct value args[] = {value_int(f->since), value_int(f->until)};
	char from[UTC_TEXT_MAX], until[UTC_TEXT_MAX];
	struct stmt *st;
	int64_t more = 0;
	int rc = store_start(s, k->statement, args, 2, &st, e);

	if (rc < 0)
		return rc;
	for (int n = 0; (rc = stmt_next(st, e)) > 0; n++) {
		if (n >= GAPS_MAX) {
			more++;
			continue;
		}
		utc_format(stmt_value(st, 1).i, from);
		utc_format(stmt_value(st, 2).i, until);
		k->print(st, from, until);
	}
	if (more > 0)
		printf("  %s   %" PRId64 " more %s\n", k->kind, more, k->others);
	return rc;
}

/* The sums in words, and what they leave out. */
static int
print_sums(struct cmd *c, struct store *s, const struct flags *f, struct err *e)
{
	char day[UTC_TEXT_MAX];
	struct cover k;
	int rc = cover_read(&k, s, f->since, f->until, true, e);

	if (rc < 0)
		return rc;
	if (f->has_day) {
		day_format(f->day, day);
		printf("Coverage of %s (%.*s)\n", day,
		    STR_FMT(config_zone(c->config)));
	} else {
		printf("Coverage\n");
	}
	cover_text(&k);
	rc = print_spans(s, f, &silent, e);
	if (rc >= 0)
		rc = print_spans(s, f, &gaps, e);
	for (size_t i = 0; i < c->config->nnot_covered; i++)
		printf("  not covered: %.*s\n",
		    STR_FMT(c->config->not_covered[i]));
	printf("\n");
	return rc;
}

/* The rows of one kind for the eye: without the other kind's columns. */
static int
print_kind(struct cmd *c, struct store *s, const struct flags *f,
    const char *kind, int hide_from, int hide_until, struct err *e)
{
	struct value args[] = {
	    value_int(f->since), value_int(f->until), value_z(kind)};
	struct column cols[sizeof(origin_cols) / sizeof(origin_cols[0])];
	struct stmt *st;
	int rc = store_prepare(s, f->view->statement, &st, e);

	if (rc < 0)
		return rc;
	memcpy(cols, origin_cols, sizeof(cols));
	for (int i = hide_from; i < hide_until; i++)
		cols[i].title = NULL;
	cols[COL_KIND].title = NULL;
	if (hide_until > COL_MAIL_END)
		cols[COL_VANTAGE].title = NULL;
	return cmd_rows(c, st, args, 3, cols, f->view->ncols, NULL, e);
}

static int
print_text(struct cmd *c, struct store *s, const struct flags *f, struct err *e)
{
	int rc = 0;

	if (f->view == &views[0])
		rc = print_sums(c, s, f, e);
	if (rc >= 0)
		rc = print_kind(c, s, f, "mail", COL_MAIL_END, COL_END, e);
	putchar('\n');
	if (rc >= 0)
		rc = print_kind(c, s, f, "flow", COL_MAIL, COL_MAIL_END, e);
	return rc < 0 ? rc : 0;
}

static int
print(struct cmd *c, struct store *s, const struct flags *f, struct err *e)
{
	struct value args[] = {
	    value_int(f->since), value_int(f->until), value_null()};
	bool by_origin = f->view->cols == origin_cols;
	struct stmt *st;
	int rc;

	if (c->out == &output_text && by_origin)
		return print_text(c, s, f, e);
	rc = store_prepare(s, f->view->statement, &st, e);
	if (rc < 0)
		return rc;
	rc = cmd_rows(c, st, args, by_origin ? 3 : 2, f->view->cols,
	    f->view->ncols, NULL, e);
	return rc < 0 ? rc : 0;
}

static int
run(struct cmd *c, int argc, char **argv, struct err *e)
{
	struct flags f = {
	    .view = views, .since = -COVER_EVER, .until = COVER_EVER};
	struct store *s = NULL;
	int rc = read_flags(c, argc, argv, &f, e);

	if (rc < 0 || (rc = cmd_store(c, STORE_READ, &s, e)) < 0)
		return rc;
	rc = print(c, s, &f, e);
	store_close(s);
	return rc;
}

const struct command cmd_coverage = {
    .name = "coverage",
    .args = "[--day D | --since T --until T] [--by host|hour|file|silent|gap|unparsed]",
    .summary = "What was read, and what it leaves out",
    .help =
        "  --day D             a day of day_timezone\n"
        "  --since T, --until T\n"
        "  --by host           a row a logging host and flow agent, and sums\n"
        "       hour           the same, hour by hour\n"
        "       file           a row a file that was imported\n"
        "       silent         a row a time when a host should have written\n"
        "       gap            a row a time when a collector was not running\n"
        "       unparsed       samples of lines nobody understood\n",
    .run = run,
};
