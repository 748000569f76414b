/* SPDX-License-Identifier: Apache-2.0 */
/* heloflow cases: whom the desk has to do with, what is open first. */
#include <stdio.h>

#include "cmd/cover.h"
#include "cmd/findings.h"

enum { OPT_STATE = 1, OPT_SINCE, OPT_UNTIL };

static const struct option long_opts[] = {
    {"state", required_argument, NULL, OPT_STATE},
    {"since", required_argument, NULL, OPT_SINCE},
    {"until", required_argument, NULL, OPT_UNTIL},
    {NULL, 0, NULL, 0},
};

static const struct column cols[] = {
    {"customer", "customer", VALUE_TEXT},
    {"state", "state", VALUE_TEXT},
    {"kind", "kind", VALUE_TEXT},
    {"round", "round", VALUE_INT},
    {"opened", "opened", VALUE_TIME},
    {"last_seen", "last seen", VALUE_TIME},
    {"first_day", NULL, VALUE_TEXT},
    {"last_day", NULL, VALUE_TEXT},
    {"days_active", "days", VALUE_INT},
    {"closed", "closed", VALUE_TIME},
    {"last_action", "last done", VALUE_TEXT},
    {"mail_hours", NULL, VALUE_INT}, /* of its days, that logs cover */
    {"flow_hours", NULL, VALUE_INT},
    {"hours", NULL, VALUE_INT},
};

static int
read_flag(struct cmd *c, int opt, struct value *v, struct err *e)
{
	switch (opt) {
	case OPT_STATE:
		return cmd_one_of("--state", case_states, optarg, &v[0], e);
	case OPT_SINCE:
		v[1].type = VALUE_INT;
		return cmd_time(c, "--since", optarg, &v[1].i, e);
	case OPT_UNTIL:
		v[2].type = VALUE_INT;
		return cmd_time(c, "--until", optarg, &v[2].i, e);
	default:
		return ERR_USAGE;
	}
}

/* Under the rows, for the eye: what the time rests on that was asked for. */
static int
print_cover(
    struct cmd *c, struct store *s, const struct value *v, struct err *e)
{
	putchar('\n');
	return cover_print(s, c->config->day_timezone, v[1], v[2], e);
}

static int
run(struct cmd *c, int argc, char **argv, struct err *e)
{
	struct value v[3] = {{0}};
	struct store *s = NULL;
	struct stmt *st;
	int opt, rc;

	while ((opt = cmd_option(c, argc, argv, "", long_opts, e)) != -1) {
		rc = read_flag(c, opt, v, e);
		if (rc < 0)
			return rc;
	}
	if (optind < argc)
		return err_set(
		    e, ERR_USAGE, "cases takes no file: \"%s\"", argv[optind]);
	rc = cmd_config(c, e);
	if (rc >= 0)
		rc = cmd_store(c, STORE_READ, &s, e);
	if (rc >= 0)
		rc = store_prepare(s, "cases", &st, e);
	if (rc >= 0)
		rc = cmd_rows(
		    c, st, v, 3, cols, sizeof(cols) / sizeof(cols[0]), NULL, e);
	if (rc >= 0 && c->out == &output_text)
		rc = print_cover(c, s, v, e);
	store_close(s);
	return rc;
}

const struct command cmd_cases = {
    .name = "cases",
    .args = "[--state S] [--since T] [--until T]",
    .summary = "Customers with confirmed findings, and what became of them",
    .help = "  --state S         new, seen, fixed, innocent, reopened\n"
            "  --since T         found or closed at or after\n"
            "  --until T         opened before\n",
    .run = run,
};
