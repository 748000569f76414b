/* SPDX-License-Identifier: Apache-2.0 */
/* What the figures of a time rest on, in the same words for every verb. */
#ifndef CMD_COVER_H
#define CMD_COVER_H

#include "cmd/cmd.h"

/* A time that is not bounded, as coverage and the like take it. */
#define COVER_EVER (INT64_MAX / 4)

struct json;

struct cover {
	int64_t since, until; /* what was asked for; else of the days correlated */
	int64_t hours;        /* that it touches; 0: there is no end */
	struct value v[24];   /* the statement coverage_sum */
};

/* Sums of the hours that begin before until and end after since.  leases: also
 * how many were held, which takes a while where there are many. */
int cover_read(struct cover *k, struct store *s, int64_t since, int64_t until,
    bool leases, struct err *e);
/* Lines for the eye: logs, flows, sender lists and leases. */
void cover_text(const struct cover *k);
/* The member "coverage" of an object that is open. */
void cover_json(struct json *j, const struct cover *k);

/* Reads and prints the lines, and where to see the rest; zone: of the day; since,
 * until: NULL where the time is not bounded. */
int cover_print(struct store *s, const struct zone *zone, struct value since,
    struct value until, struct err *e);

#endif
