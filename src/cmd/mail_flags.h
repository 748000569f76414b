/* SPDX-License-Identifier: Apache-2.0 */
/* The flags that parse and import mail share. */
#ifndef CMD_MAIL_FLAGS_H
#define CMD_MAIL_FLAGS_H

#include "cmd/cmd.h"
#include "ingest/mail_feed.h"

struct mail_flags {
	struct mail_input in; /* what each FILE is read with */
	const char *mta;      /* --mta M; see mail_flags_mta() */
	const char *unparsed; /* --unparsed FILE */
	const char *check;    /* --check FILE.yaml, of parse */
	double max_unparsed;  /* share from 0 to 1; negative: no limit */
	bool stats;
	bool follow;    /* --follow; import mail's own */
	int64_t batch;  /* --batch LINES; the same; 0 = as is best */
	int first_file; /* index in argv */
};

/* Help of what both verbs take, and of what import mail takes besides. */
#define MAIL_FLAGS_HELP                                                        \
	"  --mta M          parser for programs nobody claims (heloflow list parsers)\n" \
	"  --tz ZONE        IANA zone of stamps without an offset (default UTC)\n" \
	"  --year Y         year of the first stamp that has none\n"           \
	"  --host H         host of lines whose header has none\n"             \
	"  --unparsed FILE  write the lines that were not understood there\n"  \
	"  --max-unparsed P exit 3 if more than P percent were not understood\n" \
	"  --stats          coverage counts as JSON on stderr\n"
#define MAIL_IMPORT_HELP                                                       \
	"  --follow         read on as the logs are written, until SIGTERM; FILE\n" \
	"                   may be a glob; none: mail_sources of the configuration\n" \
	"  --batch LINES    commit after so many lines (default 400000)\n"
/* import: the flags of import mail, too. */
int mail_flags_read(struct cmd *c, int argc, char **argv, bool import,
    struct mail_flags *f, struct err *e);
/* Finds what --mta names. */
int mail_flags_mta(
    struct mail_flags *f, const struct parsers *parsers, struct err *e);

/* What the files of a source of the configuration are read with; the path is
 * the caller's to fill in. */
int mail_source_input(const struct mail_source *m,
    const struct parsers *parsers, struct mail_input *out, struct err *e);

/* Writes the lines nobody understood to a file. */
struct unparsed_file {
	struct unparsed_sink sink;
	FILE *to;
};
int unparsed_file_open(
    struct unparsed_file *u, const char *path, struct err *e);
int unparsed_file_close(
    struct unparsed_file *u, const char *path, struct err *e);

/* {"lines":...} on stderr; open: messages that had not ended. */
void mail_stats_print(
    struct line_counts n, int64_t messages, int64_t records, int64_t open);
/* 0, or EXIT_INCOMPLETE with one line on stderr that says why: for
 * --max-unparsed alone, and for that or a file that broke off. */
int mail_unparsed_excess(
    struct line_counts n, const struct mail_flags *flags);
int mail_incomplete(const struct mail_feed *f, const struct mail_flags *flags);
int rules_open(struct rules **out, struct err *e);     /* rules/verdict/ */
int parsers_open(struct parsers **out, struct err *e); /* parsers/ */

#endif
