/* SPDX-License-Identifier: Apache-2.0 */
/* The flags that parse and import mail share. */
#ifndef CMD_MAIL_FLAGS_H
#define CMD_MAIL_FLAGS_H

#include "cmd/cmd.h"
#include "ingest/mail_feed.h"

struct mail_flags {
	struct mail_input in; /* what each FILE is read with */
	const char *unparsed; /* --unparsed FILE */
	double max_unparsed;  /* share from 0 to 1; negative: no limit */
	bool stats, follow;
	int first_file; /* index in argv */
};

extern const char mail_flags_help[];
int mail_flags_read(
    struct cmd *c, int argc, char **argv, struct mail_flags *f, struct err *e);

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
/* 0, or EXIT_INCOMPLETE with one line on stderr that says why. */
int mail_incomplete(const struct mail_feed *f, const struct mail_flags *flags);
int rules_open(struct rules **out, struct err *e); /* rules/verdict/ */

#endif
