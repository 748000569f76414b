/* SPDX-License-Identifier: Apache-2.0 */
/* Hands the correlation steps what they need, and runs them. */
#include "correlate/correlate.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/json_out.h"
#include "correlate/brief.h"
#include "correlate/server_pattern.h"
#include "correlate/share.h"
#include "ingest/mail_sums.h"

#define HOUR         (3600 * USEC)
#define SETTLE       (5 * 86400 * USEC)
#define STORE_CACHE  49152 /* KiB, while workers have the rest */
#define REPLAY_RULES 10    /* in schema/replay/: what goes by the rules found */

static void
mix(struct job *j, const void *p, size_t n)
{
	j->digest = hash_bytes(p, n, j->digest);
}

static void
mix_str(struct job *j, struct str s)
{
	mix(j, &s.n, sizeof(s.n));
	mix(j, s.p ? s.p : "", s.n);
}

static void
mix_prefixes(struct job *j, const struct prefix *p, size_t n)
{
	mix(j, &n, sizeof(n));
	for (size_t i = 0; i < n; i++) {
		mix(j, &p[i].first, sizeof(p[i].first));
		mix(j, &p[i].last, sizeof(p[i].last));
	}
}

/* Which clocks are how wrong, by the paths they are told for. */
static void
mix_clock(struct job *j, const struct str *paths, size_t n, int64_t error,
    int64_t offset)
{
	mix(j, &error, sizeof(error));
	mix(j, &offset, sizeof(offset));
	for (size_t i = 0; i < n; i++)
		mix_str(j, paths[i]);
}

static void
mix_clocks(struct job *j)
{
	const struct config *c = j->config;
	size_t i;

	for (i = 0; i < c->nmail; i++)
		mix_clock(j, c->mail[i].paths, c->mail[i].npaths,
		    c->mail[i].clock_error, c->mail[i].clock_offset);
	for (i = 0; i < c->nflow; i++)
		mix_clock(j, NULL, 0, 0, c->flow[i].clock_offset);
	for (i = 0; i < c->nlease; i++)
		mix_clock(j, c->lease[i].paths, c->lease[i].npaths, 0,
		    c->lease[i].clock_offset);
}

static void
mix_config(struct job *j)
{
	const struct config *c = j->config;
	size_t i, k;

	mix_prefixes(j, c->prefixes, c->nprefixes);
	mix_prefixes(j, c->own_hosts, c->nown_hosts);
	mix_prefixes(j, c->allow, c->nallow);
	for (i = 0; i < c->naccounts; i++) {
		mix_str(j, c->accounts[i].user);
		mix_str(j, c->accounts[i].customer);
	}
	mix_clocks(j);
	for (i = 0; i < c->nflow; i++) {
		for (k = 0; k < c->flow[i].nagents; k++) {
			const struct flow_agent *a = &c->flow[i].agents[k];

			mix(j, &a->addr, sizeof(a->addr));
			mix(j, &a->vantage, sizeof(a->vantage));
		}
	}
}

static void
mix_sprt(struct job *j, const struct detect_sprt *p)
{
	const double values[] = {p->theta0, p->theta1, p->alpha, p->beta};

	mix(j, values, sizeof(values));
	mix_str(j, p->source);
}

static void
mix_rules(struct job *j)
{
	for (size_t i = 0; i < detect_count(j->rules); i++) {
		const struct detect_rule *r = detect_at(j->rules, i);

		if (r->off)
			continue;
		mix_str(j, r->rule);
		mix_str(j, r->summary);
		mix_str(j, r->kind);
		mix(j, &r->scope, sizeof(r->scope));
		for (size_t k = 0; k < r->nagainst; k++)
			mix_str(j, r->against[k]);
		if (r->sprt != NULL)
			mix_sprt(j, r->sprt);
		for (size_t k = 0; k < r->nwhen; k++) {
			const struct detect_threshold *t = &r->when[k];

			mix_str(j, t->metric);
			mix_str(j, t->source);
			mix(j, &t->value, sizeof(t->value));
			mix(j, &t->at_most, sizeof(t->at_most));
		}
	}
}

struct tally {
	const char *kind;
	int64_t files, bytes;
};

static void
one_import(
    struct job *j, struct json *out, const struct stmt *st, struct tally *t)
{
	struct value kind = stmt_value(st, 0), path = stmt_value(st, 1);
	int64_t hash = stmt_value(st, 2).i, bytes = stmt_value(st, 3).i;

	json_open(out, NULL, '{');
	json_value(out, "kind", &kind);
	json_value(out, "path", &path);
	json_i64(out, "bytes", bytes);
	json_close(out, '}');
	mix_str(j, kind.s);
	mix(j, &hash, sizeof(hash));
	mix(j, &bytes, sizeof(bytes));
	for (; t->kind != NULL; t++) {
		if (str_eq(kind.s, str_z(t->kind))) {
			t->files++;
			t->bytes += bytes;
		}
	}
}

/* What the runs of the days before saw of our customers' addresses. */
static int
read_flow_days(struct job *j, struct err *e)
{
	const struct value args[] = {
	    value_int(j->day - SERVER_DAYS + 1), value_int(j->day)};
	struct stmt *st;
	int rc = store_start(j->store, "correlate_flow_days", args, 2, &st, e);

	if (rc < 0)
		return rc;
	while ((rc = stmt_next(st, e)) > 0) {
		mix_str(j, stmt_value(st, 0).s);
		mix_str(j, stmt_value(st, 1).s);
		for (size_t i = 2; i < stmt_columns(st); i++) {
			const int64_t n = stmt_value(st, i).i;

			mix(j, &n, sizeof(n));
		}
	}
	return rc;
}

static int
read_imports(struct job *j, struct tally *tally, struct err *e)
{
	const struct value args[] = {value_int(j->start - j->config->window),
	    value_int(j->end + j->config->window), value_int(SETTLE),
	    value_int(j->start - RECENT_DAYS * 86400 * USEC)};
	struct json out = json_to(&j->imports);
	struct stmt *st;
	int rc = store_start(j->store, "correlate_imports", args, 4, &st, e);

	if (rc < 0)
		return rc;
	json_open(&out, NULL, '[');
	while ((rc = stmt_next(st, e)) > 0)
		one_import(j, &out, st, tally);
	json_close(&out, ']');
	return rc;
}

/* The watermark in words that a reader can compare, and a digest of all that
 * a run depends on: imports, complaints, configuration, rules, parameters. */
static int
write_watermark(struct job *j, struct err *e)
{
	struct tally tally[] = {
	    {"mail", 0, 0}, {"flow", 0, 0}, {"lease", 0, 0}, {NULL, 0, 0}};
	const struct value span[] = {value_int(j->start), value_int(j->end)};
	int64_t complaints = 0;
	int rc, i;

	brief_parameters(j);
	mix_str(j, buf_str(&j->parameters));
	mix_config(j);
	mix_rules(j);
	rc = read_imports(j, tally, e);
	if (rc >= 0)
		rc = read_flow_days(j, e);
	if (rc >= 0)
		rc = store_number(j->store, "correlate_complaints", span, 2,
		    &complaints, e);
	if (rc < 0)
		return rc;
	mix(j, &complaints, sizeof(complaints));
	for (i = 0; tally[i].kind != NULL; i++)
		buf_printf(&j->watermark, "%s %" PRId64 "/%" PRId64 ", ",
		    tally[i].kind, tally[i].files, tally[i].bytes);
	buf_printf(&j->watermark, "complaints %" PRId64 ", %016" PRIx64,
	    complaints, j->digest);
	return 0;
}

static struct job
job_of(struct store *s, const struct config *c, const struct detect *rules,
    int64_t day)
{
	return (struct job){.store = s,
	    .config = c,
	    .rules = rules,
	    .day = day,
	    .start = day_start(day, c->day_timezone),
	    .end = day_start(day + 1, c->day_timezone)};
}

static void
job_close(struct job *j)
{
	buf_free(&j->parameters);
	buf_free(&j->imports);
	buf_free(&j->watermark);
}

static int
read_result(
    struct store *s, int64_t day, struct correlate_result *out, struct err *e)
{
	int64_t *const to[] = {&out->findings, &out->confirmed, &out->messages,
	    &out->unattributed, &out->ambiguous, &out->flow_uncovered,
	    &out->mail_hours, &out->flow_hours, &out->hours, &out->own_addrs,
	    &out->unleased_mail, &out->unleased_flow};
	const struct value arg = value_int(day);
	struct stmt *st;
	int rc = store_start(s, "correlate_result", &arg, 1, &st, e);

	if (rc < 0 || (rc = stmt_next(st, e)) < 0)
		return rc;
	for (size_t i = 0; rc > 0 && i < sizeof(to) / sizeof(to[0]); i++)
		*to[i] = stmt_value(st, i).i;
	stmt_reset(st);
	return 0;
}

/* Begins a transaction in which the sums of the day's hours are there.  Workers
 * read what is committed, so that sums that were not are committed before. */
static int
begin(struct job *j, struct err *e)
{
	const int64_t margin = brief_mail_margin(j->config);
	const int64_t from = (j->start - margin) / HOUR;
	const int64_t until = (j->end - 1 + margin) / HOUR + 1;
	int rc;

	for (;;) {
		rc = store_begin(j->store, e);
		if (rc >= 0)
			rc = mail_sums_due(j->store, from, until, e);
		if (rc <= 0)
			break;
		rc = store_cache(j->store, SHARE_CACHE, SHARE_TEMPORARY, e);
		if (rc >= 0)
			rc = mail_sums_update(j->store, from, until, e);
		if (rc >= 0)
			rc = store_commit(j->store, e);
		if (rc < 0)
			break;
	}
	return rc < 0 ? rc
	              : store_cache(j->store, STORE_CACHE, STORE_CACHE, e);
}

/* Agents may be configured before they are heard. */
static int
know_agents(struct store *s, const struct config *c, struct err *e)
{
	int64_t id;
	int rc = 0;

	for (size_t i = 0; i < c->nflow; i++)
		for (size_t k = 0; rc >= 0 && k < c->flow[i].nagents; k++)
			rc = store_addr(s, c->flow[i].agents[k].addr, &id, e);
	return rc;
}

/* What the store is told of the run, and the steps of the workers. */
static int
work(struct job *j, struct share **share, struct err *e)
{
	int rc = know_agents(j->store, j->config, e);

	if (rc >= 0)
		rc = brief(j->store, j, e);
	if (rc >= 0)
		rc = store_run_steps_between(
		    j->store, "correlate", STEP_RUN, STEP_RUN + 1, e);
	return rc < 0 ? rc : share_run(share, j, e);
}

/* What they found, in the place of what was found before. */
static int
keep(struct job *j, struct share *share, struct err *e)
{
	int rc = share_take(share, e);

	if (rc >= 0)
		rc = store_run_steps_between(
		    j->store, "correlate", STEP_DAY, INT_MAX, e);
	return rc;
}

int
correlate_day(struct store *s, const struct config *c,
    const struct detect *rules, int64_t day, struct correlate_result *out,
    struct err *e)
{
	struct job j = job_of(s, c, rules, day);
	struct share *share = NULL;
	int rc = begin(&j, e);

	if (rc >= 0)
		rc = write_watermark(&j, e);
	if (rc >= 0)
		rc = work(&j, &share, e);
	if (rc >= 0)
		rc = keep(&j, share, e);
	share_close(share);
	if (rc >= 0 && out != NULL)
		rc = read_result(s, day, out, e);
	if (rc >= 0)
		rc = store_commit(s, e);
	if (rc < 0)
		store_rollback(s);
	job_close(&j);
	return rc;
}

/* What the workers found of the rules, and what it says beside the findings. */
static int
replay(struct job *j, struct err *e)
{
	struct share *share = NULL;
	int rc = work(j, &share, e);

	if (rc >= 0)
		rc = store_run_steps_between(
		    j->store, "replay", 0, REPLAY_RULES, e);
	if (rc >= 0)
		rc = share_take(share, e);
	if (rc >= 0)
		rc = store_run_steps_between(
		    j->store, "replay", REPLAY_RULES, INT_MAX, e);
	share_close(share);
	return rc;
}

static int
replay_rows(const struct job *j, size_t from,
    int (*row)(void *with, const struct detect_rule *r, const struct stmt *st),
    void *with, struct err *e)
{
	struct stmt *st;
	int rc = store_prepare(j->store, "correlate_replay", &st, e);

	for (size_t i = 0; rc >= 0 && i < detect_count(j->rules); i++) {
		const struct detect_rule *r = detect_at(j->rules, i);
		const struct value args[] = {
		    value_int(j->day), value_str(r->rule)};

		if (r->from < from)
			continue;
		rc = stmt_start(st, args, 2, e);
		if (rc >= 0)
			rc = stmt_next(st, e);
		if (rc > 0)
			rc = row(with, r, st);
		stmt_reset(st);
	}
	return rc;
}

int
correlate_replay(struct store *s, const struct config *c,
    const struct detect *rules, size_t from, int64_t day,
    int (*row)(void *with, const struct detect_rule *r, const struct stmt *st),
    void *with, struct err *e)
{
	struct job j = job_of(s, c, rules, day);
	int rc = begin(&j, e);

	j.replay = true;
	if (rc >= 0)
		rc = write_watermark(&j, e);
	if (rc >= 0)
		rc = replay(&j, e);
	if (rc >= 0)
		rc = replay_rows(&j, from, row, with, e);
	store_rollback(s);
	job_close(&j);
	return rc;
}

int
correlate_next_day(struct store *s, const struct config *c, int64_t from,
    int64_t *day, struct err *e)
{
	/* A year no clock shows, so that no arithmetic can overflow. */
	const int64_t first = from < -40000 ? -40000 : from;
	const struct value arg = value_int(day_start(first, c->day_timezone));
	int64_t t;
	int rc = store_number(s, "correlate_next_data", &arg, 1, &t, e);

	if (rc > 0)
		*day = day_of(t, c->day_timezone);
	return rc;
}

static int
same_watermark(const struct job *j, struct err *e)
{
	const struct value arg = value_int(j->day);
	struct stmt *st;
	int rc = store_start(
	    j->store, "correlate_stored_watermark", &arg, 1, &st, e);

	if (rc < 0 || (rc = stmt_next(st, e)) <= 0)
		return rc;
	rc = str_eq(stmt_value(st, 0).s, buf_str(&j->watermark));
	stmt_reset(st);
	return rc;
}

int
correlate_is_stale(struct store *s, const struct config *c,
    const struct detect *rules, int64_t day, struct err *e)
{
	struct job j = job_of(s, c, rules, day);
	int rc = write_watermark(&j, e);

	if (rc >= 0)
		rc = same_watermark(&j, e);
	job_close(&j);
	return rc < 0 ? rc : !rc;
}
