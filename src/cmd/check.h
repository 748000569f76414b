/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of heloflow check share: the page and what is found. */
#ifndef CMD_CHECK_H
#define CMD_CHECK_H

#include "base/arena.h"
#include "cmd/cmd.h"

enum level { FINE, WRONG, DOUBTFUL, UNKNOWN };

struct page;

struct test {
	const char *name, *title;
	const char *statement; /* rows of check.sql; or: */
	int (*run)(struct page *p, const struct test *t, struct err *e);
	const char *kind; /* ?3 of the statement */
	const char *means, *advice;
};

struct fault {
	enum level level;
	const struct test *test;
	struct str subject, what, advice;
	int64_t count;
	struct value value;
};

/* An estimate of a clock against another one. */
struct offset {
	const struct test *test;
	struct str a, b; /* a is ahead of b */
	int64_t ahead, limit, pairs, spread;
	int64_t set_a, set_b; /* clock_offset as configured */
	bool of_flows;        /* a is an agent, b a mail host */
};

/* What the edges of the leases of a file say: so far it is ahead of the mail. */
struct edges {
	struct str path;
	size_t fault; /* its number */
	int64_t ahead, error;
};

struct page {
	struct cmd *c;
	struct store *store;
	int64_t since, until;
	struct arena mem;
	struct fault *faults;
	size_t n, size;
	struct offset *offsets;
	size_t noffsets, offsets_size;
	struct edges edges; /* the last that are wrong; path absent: none */
};

/* A new fault of a test; its subject is copied.  Valid until the next one. */
struct fault *check_add(struct page *p, const struct test *t, enum level level,
    struct str subject);

/* Clocks against each other (check_clock.c): agents and mail hosts, mail hosts
 * among themselves, leases and mail. */
int check_clock_flows(struct page *p, const struct test *t, struct err *e);
int check_clock_hosts(struct page *p, const struct test *t, struct err *e);
int check_clock_leases(struct page *p, const struct test *t, struct err *e);
/* After all pairs are known, so that they can be held against each other. */
void check_clock_judge(struct page *p);

#endif
