/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cover.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/json_out.h"

#define HOUR (3600 * USEC)

static const struct column cols[] = {
    {"mail_hours", NULL, VALUE_INT},
    {"lines", NULL, VALUE_INT},
    {"used", NULL, VALUE_INT},
    {"ignored", NULL, VALUE_INT},
    {"unparsed", NULL, VALUE_INT},
    {"flow_hours", NULL, VALUE_INT},
    {"datagrams", NULL, VALUE_INT},
    {"lost_datagrams", NULL, VALUE_INT},
    {"malformed", NULL, VALUE_INT},
    {"samples", NULL, VALUE_INT},
    {"smtp_packets", NULL, VALUE_INT},
    {"rate_min", NULL, VALUE_INT},
    {"rate_max", NULL, VALUE_INT},
    {"days_correlated", NULL, VALUE_INT},
    {"own_addrs", NULL, VALUE_INT},
    {"unleased_mail", NULL, VALUE_INT},
    {"unleased_flow", NULL, VALUE_INT},
    {"listed_addrs", NULL, VALUE_INT},
    {"mail_files", NULL, VALUE_INT},
    {"flow_files", NULL, VALUE_INT},
    {"agents", NULL, VALUE_INT},
};
#define NJSON (sizeof(cols) / sizeof(cols[0]))
enum {
	K_MAIL_HOURS,
	K_LINES,
	K_USED,
	K_IGNORED,
	K_UNPARSED,
	K_FLOW_HOURS,
	K_DATAGRAMS,
	K_LOST,
	K_MALFORMED,
	K_SAMPLES,
	K_SMTP,
	K_RATE_MIN,
	K_RATE_MAX,
	K_DAYS,
	K_OWN,
	K_UNLEASED_MAIL,
	K_UNLEASED_FLOW,
	K_LISTED,
	K_MAIL_FILES,
	K_FLOW_FILES,
	K_AGENTS,
	/* not in JSON */
	K_FIRST, /* when the days begin that were correlated, and when they end */
	K_LAST,
	K_LEASES, /* only coverage counts them */
	K_N
};

static void
bound(struct cover *k, int64_t since, int64_t until)
{
	const bool runs = k->v[K_DAYS].i > 0;

	k->since = since <= -COVER_EVER && runs ? k->v[K_FIRST].i : since;
	k->until = until >= COVER_EVER && runs ? k->v[K_LAST].i : until;
	k->hours = k->since > -COVER_EVER && k->until < COVER_EVER
	               ? (k->until + HOUR - 1) / HOUR - k->since / HOUR
	               : 0;
}

int
cover_read(struct cover *k, struct store *s, int64_t since, int64_t until,
    bool leases, struct err *e)
{
	const struct value args[] = {
	    value_int(since), value_int(until), value_int(leases)};
	struct stmt *st;
	int rc = store_start(s, "coverage_sum", args, 3, &st, e);

	if (rc < 0 || (rc = stmt_next(st, e)) < 0)
		return rc;
	for (size_t i = 0; i < K_N; i++) /* numbers: they stay */
		k->v[i] = stmt_value(st, i);
	stmt_reset(st);
	bound(k, since, until);
	return 0;
}

static void
print_hours(const struct cover *k, int64_t hours)
{
	printf("%" PRId64, hours);
	if (k->hours > 0)
		printf(" of %" PRId64, k->hours);
	printf(" hours");
}

static void
print_count(int64_t n, const char *what)
{
	printf(", %" PRId64 " %s%s", n, what, n == 1 ? "" : "s");
}

static void
print_logs(const struct cover *k)
{
	int64_t lines = k->v[K_LINES].i, unparsed = k->v[K_UNPARSED].i;

	printf("  logs    ");
	print_hours(k, k->v[K_MAIL_HOURS].i);
	print_count(k->v[K_MAIL_FILES].i, "file");
	printf(": %" PRId64 " lines = %" PRId64 " used + %" PRId64
	       " ignored + %" PRId64 " unparsed (%.1f %%)\n",
	    lines, k->v[K_USED].i, k->v[K_IGNORED].i, unparsed,
	    lines ? 100.0 * (double)unparsed / (double)lines : 0.0);
}

static void
print_flows(const struct cover *k)
{
	int64_t low = k->v[K_RATE_MIN].i, high = k->v[K_RATE_MAX].i;

	printf("  flows   ");
	print_hours(k, k->v[K_FLOW_HOURS].i);
	print_count(k->v[K_AGENTS].i, "agent");
	print_count(k->v[K_FLOW_FILES].i, "file");
	printf(": %" PRId64 " datagrams (%" PRId64 " lost, %" PRId64
	       " malformed), %" PRId64 " samples, %" PRId64 " of them SMTP",
	    k->v[K_DATAGRAMS].i, k->v[K_LOST].i, k->v[K_MALFORMED].i,
	    k->v[K_SAMPLES].i, k->v[K_SMTP].i);
	if (high > 0 && low == high)
		printf(", 1 in %" PRId64, high);
	else if (high > 0)
		printf(", 1 in %" PRId64 " to %" PRId64, low, high);
	printf("\n");
}

static void
print_lists(const struct cover *k)
{
	int64_t n = k->v[K_LISTED].i;

	if (n > 0)
		printf("  lists   %" PRId64 " address%s on imported sender "
		       "lists: these cover no hours, and sample nothing\n",
		    n, n == 1 ? "" : "es");
}

/* Addresses are counted by the correlation, day by day. */
static void
print_leases(const struct cover *k)
{
	const bool all = k->v[K_LEASES].type == VALUE_INT;
	int64_t days = k->v[K_DAYS].i;

	if (!all && days == 0)
		return;
	printf("  leases  ");
	if (all)
		printf("%" PRId64 "%s", k->v[K_LEASES].i,
		    days > 0 ? "; " : "");
	if (days > 0)
		printf("of %" PRId64 " own addresses with mail or flows%s, "
		       "%" PRId64 " with mail and %" PRId64
		       " with flows had none",
		    k->v[K_OWN].i, days > 1 ? ", a day counted" : "",
		    k->v[K_UNLEASED_MAIL].i, k->v[K_UNLEASED_FLOW].i);
	putchar('\n');
}

void
cover_text(const struct cover *k)
{
	print_logs(k);
	print_flows(k);
	print_lists(k);
	print_leases(k);
}

void
cover_json(struct json *j, const struct cover *k)
{
	json_open(j, "coverage", '{');
	if (k->hours > 0)
		json_i64(j, "hours", k->hours);
	else
		json_null(j, "hours");
	output_members(j, cols, NJSON, k->v);
	json_close(j, '}');
}

/* Where all of it stands: of one day, or of the days that the time touches. */
static void
print_more(const struct cover *k, const struct zone *zone)
{
	char first[UTC_TEXT_MAX], end[UTC_TEXT_MAX];
	int64_t day, last;

	printf("Coverage (more: heloflow coverage");
	if (k->hours > 0) {
		day = day_of(k->since, zone);
		last = day_of(k->until - 1, zone);
		day_format(day, first);
		day_format(last + 1, end);
		if (day == last)
			printf(" --day %s", first);
		else
			printf(" --since %s --until %s", first, end);
	}
	printf(")\n");
}

int
cover_print(struct store *s, const struct zone *zone, struct value since,
    struct value until, struct err *e)
{
	struct cover k;
	int rc = cover_read(&k, s,
	    since.type == VALUE_INT ? since.i : -COVER_EVER,
	    until.type == VALUE_INT ? until.i : COVER_EVER, false, e);

	if (rc < 0)
		return rc;
	print_more(&k, zone);
	cover_text(&k);
	return 0;
}
