/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verbs: one file a verb, ending in "const struct command cmd_x", and one
 * line in command_table[] (src/cmd/table.c).  Exit codes: 0 done, 1 failed,
 * 2 usage or configuration, 3 done but incomplete.
 */
#ifndef CMD_CMD_H
#define CMD_CMD_H

#include <getopt.h>

#include "base/err.h"
#include "model/config.h"
#include "report/output.h"
#include "store/store.h"

#define EXIT_INCOMPLETE 3

/* What the flags before the verb, and -o / -j after it, have set. */
struct cmd {
	const char *config_path;      /* -c FILE; NULL = none */
	const char *db;               /* --db FILE; NULL = as configured */
	const struct output_ops *out; /* -o; text if not given */
	const char *verb;             /* for messages and help */
	struct config *config;        /* loaded by cmd_config() */
	const char *span[2];          /* flags that say which time, one a kind */
};

struct command {
	const char *name; /* "findings", or two words: "import mail" */
	const char *args; /* "[--day D] FILE..." */
	const char *summary;
	const char *help; /* the flags, a line each; ends in a newline */
	/* argv[0] is the verb's last word.  Returns an exit code (0, 3), or
	 * negative with *e set: ERR_FAIL -> 1, ERR_USAGE -> 2. */
	int (*run)(struct cmd *c, int argc, char **argv, struct err *e);
};

extern const struct command *const command_table[]; /* NULL-ended */

/* getopt_long for verbs: handles -o/-j/--db/-c/--help itself, and gives the
 * verb's own options.  -1 at the end (optind is the first FILE), '?' with *e
 * set for a wrong one, or for two that name different times (--day or --month
 * with --since, --until or --all).  long_opts without those of the frame,
 * zero-ended. */
int cmd_option(struct cmd *c, int argc, char **argv, const char *short_opts,
    const struct option *long_opts, struct err *e);

/* The configuration: -c FILE, else ./heloflow.yaml if there is one, else the
 * defaults.  Loaded once; freed by main. */
int cmd_config(struct cmd *c, struct err *e);
/* The store: --db, else as configured, else ./heloflow.db. */
int cmd_store(
    struct cmd *c, enum store_mode mode, struct store **out, struct err *e);
/* The same to write, of a store that must be there already. */
int cmd_store_there(struct cmd *c, struct store **out, struct err *e);
/* A whole number from lo to hi, or ERR_USAGE with the flag's name. */
int cmd_number(const char *flag, const char *text, int64_t lo, int64_t hi,
    int64_t *out, struct err *e);
/* One of the names (NULL-ended), or ERR_USAGE with the flag's name. */
int cmd_one_of(const char *flag, const char *const *names, const char *word,
    struct value *out, struct err *e);
/* Time of --since and --until in day_timezone; a day of --day. */
int cmd_time(struct cmd *c, const char *flag, const char *text, int64_t *out,
    struct err *e);
int cmd_day(struct cmd *c, const char *flag, const char *text, int64_t *out,
    struct err *e);
/* The last day that was correlated; ERR_FAIL if there is none. */
int cmd_last_day(struct store *s, int64_t *day, struct err *e);
/* Rows of a prepared statement to stdout, columns bound by position. */
int cmd_rows(struct cmd *c, struct stmt *st, const struct value *args,
    size_t nargs, const struct column *cols, size_t ncols, int64_t *rows,
    struct err *e);

/* The same as an array of objects, a member of one that is open. */
struct json;
int cmd_rows_json(struct json *j, const char *key, struct stmt *st,
    const struct value *args, size_t nargs, const struct column *cols,
    size_t ncols, struct err *e);

#endif
