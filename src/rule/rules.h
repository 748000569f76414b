/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verdict rules (rules/verdict/NAME.yaml): what a filter's text means.  Two
 * uses: a line of a filter's own program (amavis, spamd, rspamd,
 * clamav-milter, mimedefang ...) becomes a notice with a verdict; and text
 * that an MTA's parser marked as its own (event.text with event.text_kind)
 * becomes a verdict.  A file whose own samples do not match does not load.
 * doc/verdict-rules.md describes the file format.
 */
#ifndef RULE_RULES_H
#define RULE_RULES_H

#include "base/err.h"
#include "model/event.h"
#include "model/line.h"

struct rules;

/* Loads every *.yaml of the folder in name order; errors say file:line. */
int rules_load(struct rules **out, const char *dir, struct err *e);
void rules_free(struct rules *r);

/* Is this program one of the filters' (or one that is known and ignored)? */
bool rules_claims(const struct rules *r, struct str program);

/* A line of a filter.  PARSED_USED: *ev is an EVENT_NOTICE whose links
 * (queue_id, queued_as, message_id, client, sender, recipients[0], size) are
 * those the line tells, and *v the verdict (kind VERDICT_NONE if the line only
 * links, such as a queued_as).  Text points into the line. */
enum parsed rules_line(const struct rules *r, const struct log_line *in,
    struct event *ev, struct verdict *v);

/* Text of an MTA's own making: true and *v if a rule knows it.  The answer is
 * kept in *r for the same text, so that one thread asks at a time. */
bool rules_text(const struct rules *r, const char *mta, const struct event *ev,
    struct verdict *v);

/* Each text is looked at anew from here on (for tests: what was found of one
 * is known when it comes again). */
void rules_forget_texts(struct rules *r);

/* For "heloflow list rules": visits name, filter, summary; at from 0. */
bool rules_next(const struct rules *r, size_t *at, struct str *name,
    struct str *filter, struct str *summary);

#endif
