/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heloflow case: what was found and done of one customer, and the desk's own
 * word on it.  Actions are only ever added; doc/cases.md has the states.
 */
#include <stdio.h>

#include "cmd/cmd.h"

enum { OPT_CAUSE = 1, OPT_NOTE, OPT_WHO, OPT_TIME };

static const struct option long_opts[] = {
    {"cause", required_argument, NULL, OPT_CAUSE},
    {"note", required_argument, NULL, OPT_NOTE},
    {"who", required_argument, NULL, OPT_WHO},
    {"time", required_argument, NULL, OPT_TIME},
    {NULL, 0, NULL, 0},
};

static const struct column history_cols[] = {
    {"time", "time", VALUE_TIME},
    {"what", "what", VALUE_TEXT},
    {"cause", "cause", VALUE_TEXT},
    {"note", "note", VALUE_TEXT},
    {"who", "who", VALUE_TEXT},
};

static const char *const actions[] = {
    "seen", "warned", "suspended", "fixed", "innocent", "reopened", NULL};

/* The arguments of the statement case_act, in its order. */
enum { A_CUSTOMER, A_TIME, A_ACTION, A_CAUSE, A_NOTE, A_WHO, A_N };

static int
read_flags(struct cmd *c, int argc, char **argv, struct value *v, struct err *e)
{
	int opt, rc = 0;

	while (rc >= 0 &&
	       (opt = cmd_option(c, argc, argv, "", long_opts, e)) != -1) {
		switch (opt) {
		case OPT_CAUSE:
			v[A_CAUSE] = value_z(optarg);
			break;
		case OPT_NOTE:
			v[A_NOTE] = value_z(optarg);
			break;
		case OPT_WHO:
			v[A_WHO] = value_z(optarg);
			break;
		case OPT_TIME:
			v[A_TIME].type = VALUE_INT;
			rc = cmd_time(c, "--time", optarg, &v[A_TIME].i, e);
			/* it would keep what is found until then from reopening */
			if (rc >= 0 && v[A_TIME].i > utc_now())
				rc = err_set(e, ERR_USAGE,
				    "--time: \"%s\" is still to come", optarg);
			break;
		default:
			rc = ERR_USAGE;
		}
	}
	return rc;
}

static int
read_words(int argc, char **argv, struct value *v, struct err *e)
{
	if (optind >= argc || optind + 2 < argc)
		return err_set(e, ERR_USAGE, "case CUSTOMER [ACTION]");
	v[A_CUSTOMER] = value_z(argv[optind]);
	if (optind + 1 == argc)
		return 0;
	return cmd_one_of("case", actions, argv[optind + 1], &v[A_ACTION], e);
}

static bool
is(struct value v, const char *word)
{
	return v.type == VALUE_TEXT && str_eq(v.s, str_z(word));
}

/* What is open can be acted upon; what is closed can be opened again. */
static int
check(struct store *s, const struct value *v, struct err *e)
{
	struct stmt *st;
	int64_t opened;
	bool open, again = is(v[A_ACTION], "reopened");
	int rc = store_start(s, "case_last", &v[A_CUSTOMER], 1, &st, e);

	if (rc < 0 || (rc = stmt_next(st, e)) < 0)
		return rc;
	if (rc == 0)
		return err_set(e, ERR_FAIL, "there is no case of \"%.*s\"",
		    STR_FMT(v[A_CUSTOMER].s));
	opened = stmt_value(st, 0).i;
	open = stmt_value(st, 1).type == VALUE_NULL;
	stmt_reset(st);
	if (open == again)
		return err_set(e, ERR_FAIL, "the case of \"%.*s\" is %s",
		    STR_FMT(v[A_CUSTOMER].s),
		    open ? "open" : "closed; \"reopened\" comes first");
	if (v[A_TIME].i < opened)
		return err_set(e, ERR_FAIL,
		    "the case of \"%.*s\" was opened later than that",
		    STR_FMT(v[A_CUSTOMER].s));
	return 0;
}

static int
act(struct store *s, struct value *v, struct err *e)
{
	int rc = store_begin(s, e);

	if (rc < 0)
		return rc;
	if (v[A_TIME].type == VALUE_NULL)
		v[A_TIME] = value_int(utc_now());
	rc = check(s, v, e);
	if (rc >= 0)
		rc = store_run(s, "case_act", v, A_N, e);
	if (rc >= 0)
		return store_commit(s, e);
	store_rollback(s);
	return rc;
}

/* Above the history, for the eye. */
static int
print_state(struct store *s, const struct value *customer, struct err *e)
{
	struct stmt *st;
	int rc = store_start(s, "case_last", customer, 1, &st, e);

	if (rc < 0 || (rc = stmt_next(st, e)) <= 0)
		return rc;
	printf("%.*s: %.*s, round %lld\n\n", STR_FMT(customer->s),
	    STR_FMT(stmt_value(st, 2).s), (long long)stmt_value(st, 3).i);
	stmt_reset(st);
	return 0;
}

static int
history(struct cmd *c, struct store *s, const struct value *v, struct err *e)
{
	struct stmt *st;
	int64_t rows = 0;
	int rc = 0;

	if (c->out == &output_text)
		rc = print_state(s, &v[A_CUSTOMER], e);
	if (rc >= 0)
		rc = store_prepare(s, "case_history", &st, e);
	if (rc >= 0)
		rc = cmd_rows(c, st, &v[A_CUSTOMER], 1, history_cols,
		    sizeof(history_cols) / sizeof(history_cols[0]), &rows, e);
	if (rc >= 0 && rows == 0)
		rc = err_set(e, ERR_FAIL, "there is no case of \"%.*s\"",
		    STR_FMT(v[A_CUSTOMER].s));
	return rc;
}

static int
run(struct cmd *c, int argc, char **argv, struct err *e)
{
	struct value v[A_N] = {{0}};
	struct store *s = NULL;
	bool write;
	int rc = read_flags(c, argc, argv, v, e);

	if (rc < 0 || (rc = read_words(argc, argv, v, e)) < 0)
		return rc;
	write = v[A_ACTION].type != VALUE_NULL;
	rc = write ? cmd_store_there(c, &s, e)
	           : cmd_store(c, STORE_READ, &s, e);
	if (rc >= 0)
		rc = write ? act(s, v, e) : history(c, s, v, e);
	store_close(s);
	return rc < 0 ? rc : 0;
}

const struct command cmd_case = {
    .name = "case",
    .args = "CUSTOMER [ACTION] [flags]",
    .summary = "What was found and done of a customer; or what is done now",
    .help =
        "ACTION: seen, warned, suspended: somebody is at it\n"
        "        fixed, innocent: the case is closed, in earnest or as an error\n"
        "        reopened: it was not over; what is found anew reopens by itself\n"
        "  --cause WORD      what it was: the desk's own word, for the sums\n"
        "  --note TEXT\n"
        "  --who NAME        who did it\n"
        "  --time T          when (default: now)\n",
    .run = run,
};
