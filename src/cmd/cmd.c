/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cmd.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/json_out.h"
#include "base/utc.h"
#include "input/config.h"

#define OPTIONS_MAX 32

enum { OPT_DB = 0x1000, OPT_HELP };

static const struct option frame_opts[] = {
    {"output", required_argument, NULL, 'o'},
    {"json", no_argument, NULL, 'j'},
    {"config", required_argument, NULL, 'c'},
    {"db", required_argument, NULL, OPT_DB},
    {"help", no_argument, NULL, OPT_HELP},
};
#define NFRAME (sizeof(frame_opts) / sizeof(frame_opts[0]))

static void
help(const struct cmd *c)
{
	size_t i;

	for (i = 0; command_table[i] != NULL; i++) {
		const struct command *v = command_table[i];

		if (strcmp(v->name, c->verb) != 0)
			continue;
		printf("usage: heloflow %s %s\n\n%s.\n\n%s", v->name, v->args,
		    v->summary, v->help);
		printf(
		    "  -o text|json|jsonl|csv, -j   how to print (-j: json)\n"
		    "  -c FILE, --db FILE           configuration, store\n");
	}
}

static int
set_output(struct cmd *c, const char *name, struct err *e)
{
	const struct output_ops *ops = output_find(str_z(name));

	if (ops == NULL) {
		err_set(e, ERR_USAGE,
		    "no output \"%s\"; see heloflow list outputs", name);
		return '?';
	}
	c->out = ops;
	return 0;
}

/* 0: it was one of the frame's options. */
static int
frame_option(struct cmd *c, int opt, struct err *e)
{
	switch (opt) {
	case 'o':
		return set_output(c, optarg, e);
	case 'j':
		return set_output(c, "json", e);
	case 'c':
		c->config_path = optarg;
		return 0;
	case OPT_DB:
		c->db = optarg;
		return 0;
	case OPT_HELP:
		help(c);
		exit(fflush(stdout) == 0 ? 0 : 1);
	default:
		return opt;
	}
}

/* One day or month and another span of time contradict each other. */
static int
check_span(struct cmd *c, const char *name, int opt, struct err *e)
{
	static const struct {
		const char *name;
		int kind;
	} spans[] = {{"day", 0}, {"month", 0}, {"since", 1}, {"until", 1}};
	int kind = -1;

	for (size_t i = 0; i < sizeof(spans) / sizeof(*spans); i++)
		if (strcmp(name, spans[i].name) == 0)
			kind = spans[i].kind;
	/* "explain --all" is about facts, and has no day */
	if (strcmp(name, "all") == 0)
		kind = 1;
	if (kind < 0)
		return opt;
	c->span[kind] = name;
	if (c->span[0] == NULL || c->span[1] == NULL)
		return opt;
	err_set(e, ERR_USAGE, "--%s or --%s, but not both", c->span[0],
	    c->span[1]);
	return '?';
}

int
cmd_option(struct cmd *c, int argc, char **argv, const char *short_opts,
    const struct option *long_opts, struct err *e)
{
	struct option longs[OPTIONS_MAX];
	char shorts[64];
	size_t n = NFRAME;
	int opt, which;

	if (optind <= 1) /* of this verb nothing has been read */
		c->span[0] = c->span[1] = NULL;
	memcpy(longs, frame_opts, sizeof(frame_opts));
	for (; long_opts != NULL && long_opts->name != NULL &&
	       n < OPTIONS_MAX - 1;
	     long_opts++)
		longs[n++] = *long_opts;
	longs[n] = (struct option){NULL, 0, NULL, 0};
	snprintf(shorts, sizeof(shorts), ":o:jc:%s", short_opts);
	do {
		int at = optind ? optind : 1;

		which = -1;
		opt = getopt_long(argc, argv, shorts, longs, &which);
		if (opt == '?' || opt == ':') {
			err_set(e, ERR_USAGE, "%s %s; see heloflow %s --help",
			    opt == ':' ? "no value for" : "no such flag",
			    argv[at < argc ? at : argc - 1], c->verb);
			return '?';
		}
		if (opt != -1)
			opt = frame_option(c, opt, e);
		if (opt > 0 && which >= (int)NFRAME)
			opt = check_span(c, longs[which].name, opt, e);
	} while (opt == 0);
	return opt;
}

int
cmd_config(struct cmd *c, struct err *e)
{
	const char *path = c->config_path;

	if (c->config != NULL)
		return 0;
	if (path == NULL && access("heloflow.yaml", F_OK) == 0)
		path = "heloflow.yaml";
	return path ? config_load(&c->config, path, e)
	            : config_default(&c->config, e);
}

static const char *
path_of_store(const struct cmd *c)
{
	return c->db != NULL                 ? c->db
	       : str_has(c->config->store) ? c->config->store.p
	                                   : "heloflow.db";
}

int
cmd_store(
    struct cmd *c, enum store_mode mode, struct store **out, struct err *e)
{
	int rc = cmd_config(c, e);

	return rc < 0 ? rc : store_open(out, path_of_store(c), mode, e);
}

int
cmd_store_there(struct cmd *c, struct store **out, struct err *e)
{
	int rc = cmd_config(c, e);

	if (rc < 0)
		return rc;
	/* opened to read it says what every other verb does */
	return store_open(out, path_of_store(c),
	    access(path_of_store(c), F_OK) == 0 ? STORE_WRITE : STORE_READ, e);
}

int
cmd_number(const char *flag, const char *text, int64_t lo, int64_t hi,
    int64_t *out, struct err *e)
{
	if (!str_i64(str_z(text), out) || *out < lo || *out > hi)
		return err_set(e, ERR_USAGE,
		    "%s: \"%s\" is not a number from %lld to %lld", flag, text,
		    (long long)lo, (long long)hi);
	return 0;
}

int
cmd_time(struct cmd *c, const char *flag, const char *text, int64_t *out,
    struct err *e)
{
	int rc = cmd_config(c, e);

	if (rc < 0)
		return rc;
	if (!utc_parse_user(
	        str_z(text), c->config->day_timezone, utc_now(), out))
		return err_set(e, ERR_USAGE,
		    "%s: \"%s\" is no time (ISO 8601, epoch seconds, today, yesterday, -24h)",
		    flag, text);
	return 0;
}

int
cmd_day(struct cmd *c, const char *flag, const char *text, int64_t *out,
    struct err *e)
{
	int64_t t;
	int rc;

	if (day_parse(str_z(text), out))
		return 0;
	rc = cmd_time(c, flag, text, &t, e);
	if (rc < 0)
		return rc;
	*out = day_of(t, c->config->day_timezone);
	return 0;
}

int
cmd_last_day(struct store *s, int64_t *out, struct err *e)
{
	struct stmt *st;
	int rc = store_start(s, "chart_bounds", NULL, 0, &st, e);

	if (rc < 0 || (rc = stmt_next(st, e)) < 0)
		return rc;
	if (stmt_value(st, 1).type == VALUE_NULL)
		rc = err_set(
		    e, ERR_FAIL, "%s: no day was correlated", store_path(s));
	*out = stmt_value(st, 1).i;
	stmt_reset(st);
	return rc < 0 ? rc : 0;
}

int
cmd_one_of(const char *flag, const char *const *names, const char *word,
    struct value *out, struct err *e)
{
	size_t i;

	for (i = 0; names[i] != NULL && strcmp(names[i], word) != 0; i++)
		;
	if (names[i] == NULL)
		return err_set(
		    e, ERR_USAGE, "%s: there is no \"%s\"", flag, word);
	*out = value_z(names[i]);
	return 0;
}

int
cmd_rows(struct cmd *c, struct stmt *st, const struct value *args, size_t nargs,
    const struct column *cols, size_t ncols, int64_t *rows, struct err *e)
{
	struct value *v = xcalloc(ncols, sizeof(*v));
	struct output o;
	size_t i;
	int rc;

	output_begin(&o, c->out, stdout, cols, ncols, false);
	rc = stmt_start(st, args, nargs, e);
	while (rc >= 0 && (rc = stmt_next(st, e)) > 0) {
		for (i = 0; i < ncols; i++)
			v[i] = stmt_value(st, i);
		output_row(&o, v);
	}
	output_end(&o);
	if (rows != NULL)
		*rows = o.rows;
	free(v);
	return rc;
}

int
cmd_rows_json(struct json *j, const char *key, struct stmt *st,
    const struct value *args, size_t nargs, const struct column *cols,
    size_t ncols, struct err *e)
{
	struct value *v = xcalloc(ncols, sizeof(*v));
	int rc = stmt_start(st, args, nargs, e);

	json_open(j, key, '[');
	while (rc >= 0 && (rc = stmt_next(st, e)) > 0) {
		for (size_t i = 0; i < ncols; i++)
			v[i] = stmt_value(st, i);
		json_open(j, NULL, '{');
		output_members(j, cols, ncols, v);
		json_close(j, '}');
	}
	json_close(j, ']');
	free(v);
	return rc;
}
