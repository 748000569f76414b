/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Detection rules (rules/detect/NAME.yaml): thresholds over named metrics of
 * a customer-day, nothing else.  A rule fires when all of its thresholds hold;
 * alternatives are rules of their own.  A rule may take others away where both
 * fire; one of the kind "innocent" does nothing else.  Metrics are those of the
 * table metric_name (schema/); doc/detection-rules.md describes the format.
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

/* Parameters of Wald's test, of the rules that ask for the metric spam_sprt. */
struct detect_sprt {
	double theta0, theta1, alpha, beta;
	struct str source;
};

struct detect_rule {
	struct str rule, summary;
	struct str kind; /* "spam" or "virus", of the finding; "innocent" */
	unsigned scope;  /* of enum detect_scope */
	const struct detect_threshold *when;
	size_t nwhen;
	const struct detect_sprt *sprt; /* or NULL */
	const struct str *against;      /* rules it takes away */
	size_t nagainst;
	bool off; /* has a name, and nothing else */
	struct str file;
	int line, against_line;
	size_t from; /* which of the paths it came from */
};

struct detect;

/* Loads files, and every *.yaml of folders; a NULL-ended list of paths.  A rule
 * of a later path takes the place of one with its name; "off: true" takes it
 * away.  A path that is missing is as an empty folder.  ERR_USAGE with
 * FILE:LINE. */
int detect_load(struct detect **out, const char *const *paths, struct err *e);
/* The same of rules that are a part only: what they are against may be missing. */
int detect_read(struct detect **out, const char *const *paths, struct err *e);
void detect_free(struct detect *d); /* NULL is fine */

/* Rules in order of name, those that are off among them. */
size_t detect_count(const struct detect *d);
const struct detect_rule *detect_at(const struct detect *d, size_t i);

#endif
