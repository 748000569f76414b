/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a run of one day goes by, and how a connection is told it: the
 * configuration, the detection rules and the parameters of the steps.
 */
#ifndef CORRELATE_BRIEF_H
#define CORRELATE_BRIEF_H

#include "base/buf.h"
#include "model/config.h"
#include "rule/detect.h"
#include "store/store.h"

/* How far back a customer's mail tells whose spam it is (44_recent.sql). */
#define RECENT_DAYS 28

struct job {
	struct store *store;
	const struct config *config;
	const struct detect *rules;
	bool replay; /* the steps as far as the rules, for rules test */
	int64_t day, start, end;
	struct buf parameters, imports, watermark;
	uint64_t digest;
};

/* Writes job.parameters: what is said of the steps' parameters. */
void brief_parameters(struct job *j);
/* So much the clocks of mail hosts are off, at most. */
int64_t brief_mail_margin(const struct config *c);

/* Into the store's tables of configuration and rules, or into the temporary
 * ones of the same names (schema/correlate/05_own.sql), and the parameters.
 * ERR_USAGE: a rule names a metric or unit that is not there. */
int brief(struct store *s, const struct job *j, struct err *e);

#endif
