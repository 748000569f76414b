/* SPDX-License-Identifier: Apache-2.0 */
/* Importing mail logs, for "import mail" and "daily". */
#ifndef CMD_IMPORT_MAIL_H
#define CMD_IMPORT_MAIL_H

#include "cmd/mail_flags.h"
#include "ingest/mail_import.h"

/* Reads the files into the store.  "-" is stdin.  Returns 0, EXIT_INCOMPLETE,
 * or an error; *result is filled in the first two cases. */
int import_mail_files(struct cmd *c, struct store *s,
    const struct parsers *parsers, const struct mail_input *in, size_t n,
    const struct mail_flags *flags, struct mail_import_result *result,
    struct err *e);
/* One line on stderr that says what was read. */
void import_mail_say(const struct mail_import_result *r);

#endif
