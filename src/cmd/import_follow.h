/* SPDX-License-Identifier: Apache-2.0 */
/*
 * import mail --follow: imports what is there, then what is written, until
 * SIGTERM or SIGINT.  Every round is an import that goes on where the last
 * one stopped (ingest/mail_import.h), so a kill costs nothing.
 */
#ifndef CMD_IMPORT_FOLLOW_H
#define CMD_IMPORT_FOLLOW_H

#include "cmd/import_mail.h"

/* in: paths or globs; both may match more later.  Returns 0 at a signal. */
int import_follow(struct cmd *c, struct store *s, const struct parsers *parsers,
    const struct mail_input *in, size_t n, const struct mail_flags *flags,
    struct err *e);

#endif
