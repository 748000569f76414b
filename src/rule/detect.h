/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Detection rules (rules/detect/NAME.yaml): thresholds over named metrics of
 * a customer-day, nothing else.  A rule fires when all of its thresholds hold;
 * alternatives are rules of their own.  Metrics are those of the table
 * metric_name (schema/); doc/detection-rules.md describes the file format.
 */
#ifndef RULE_DETECT_H
#define RULE_DETECT_H

#include "base/err.h"
#include "base/str.h"

enum detect_scope {
	DETECT_CUSTOMER = 1,
	DETECT_OWN_UNASSIGNED = 2,
	DETECT_REMOTE = 4,
};

struct detect_threshold {
	struct str metric, unit;
	double value;
	bool at_most;      /* else at least */
	struct str source; /* a reference, or "ours" */
	int line;          /* in the rule's file */
};

struct detect_rule {
	struct str rule, summary;
	struct str kind; /* "spam" or "virus": the kind of the finding */
	unsigned scope;  /* of enum detect_scope */
	const struct detect_threshold *when;
	size_t nwhen;
	struct str file;
	int line;
};

struct detect;

/* Loads every *.yaml of the folders, NULL-ended list.  A rule of a later
 * folder takes the place of one with its name; "off: true" takes it away.  A
 * folder that is missing is as one that is empty.  ERR_USAGE with FILE:LINE. */
int detect_load(struct detect **out, const char *const *dirs, struct err *e);
void detect_free(struct detect *d); /* NULL is fine */

/* Rules in order of name. */
size_t detect_count(const struct detect *d);
const struct detect_rule *detect_at(const struct detect *d, size_t i);

#endif
