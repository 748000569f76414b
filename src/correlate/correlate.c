/* SPDX-License-Identifier: Apache-2.0 */
/* Hands the correlation steps what they need, and runs them. */
#include "correlate/correlate.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/json_out.h"
#include "correlate/functions.h"
#include "correlate/holders.h"
#include "correlate/server_pattern.h"
#include "correlate/spread.h"
#include "ingest/mail_sums.h"

/* Client packets of one message: half of the 49.7 packets per completed
 * connection of the LINX day (9,672,926 packets, 194,649 SYN/ACK). */
#define PACKETS_PER_MESSAGE 25
#define EVIDENCE_MAX        20 /* facts of each kind in a finding */
#define REMOTE_EVIDENCE_MAX 5  /* the same of a host that is not confirmed */
#define FLOW_CLIENT_MIN     1  /* sampled client packets of a suspect */
#define MAIL_PORTS          "[25]"
#define CLASS_STEP          60 /* the first step that goes beyond the rules */
#define HOUR                (3600 * USEC)
#define SETTLE              (5 * 86400 * USEC)

/* How far back a customer's mail tells whose spam it is (44_recent.sql). */
#define RECENT_DAYS     28
#define RECENT_MESSAGES 200  /* who sends so many a day shows it in the day */
#define RECENT_MOST     1000 /* messages of an address that are looked at */

/* What a run of one day goes by. */
struct job {
	struct store *store;
	const struct config *config;
	const struct detect *rules;
	int64_t day, start, end;
	struct buf parameters, imports, watermark;
	uint64_t digest;
};

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

/* The largest of all mail sources, for hosts whose files belong to none. */
static int64_t
mail_clock_error(const struct config *c)
{
	int64_t worst = 0;

	for (size_t i = 0; i < c->nmail; i++)
		if (c->mail[i].clock_error > worst)
			worst = c->mail[i].clock_error;
	return worst;
}

/* What the clocks of mail hosts are off, at most. */
static int64_t
mail_margin(const struct config *c)
{
	int64_t most = 0;

	for (size_t i = 0; i < c->nmail; i++)
		if (llabs(c->mail[i].clock_offset) > most)
			most = llabs(c->mail[i].clock_offset);
	return most;
}

static void
write_parameters(struct job *j)
{
	struct json out = json_to(&j->parameters);

	json_open(&out, NULL, '{');
	json_str(&out, "timezone", config_zone(j->config));
	json_i64(&out, "window", j->config->window / USEC);
	json_i64(&out, "mail_clock_error", mail_clock_error(j->config));
	json_i64(&out, "packets_per_message", PACKETS_PER_MESSAGE);
	json_i64(&out, "flow_client_min", FLOW_CLIENT_MIN);
	json_i64(&out, "evidence_max", EVIDENCE_MAX);
	json_i64(&out, "remote_evidence_max", REMOTE_EVIDENCE_MAX);
	json_real(&out, "server_share_min", SERVER_SHARE_MIN);
	json_i64(&out, "server_syn_min", SERVER_SYN_MIN);
	json_real(&out, "server_answered_min", SERVER_ANSWERED_MIN);
	json_real(&out, "server_rst_max", SERVER_RST_MAX);
	json_i64(&out, "server_days", SERVER_DAYS);
	json_i64(&out, "server_answers_min", SERVER_ANSWERS_MIN);
	json_i64(&out, "recent_days", RECENT_DAYS);
	json_i64(&out, "recent_messages", RECENT_MESSAGES);
	json_i64(&out, "recent_most", RECENT_MOST);
	json_str(&out, "ports", STR(MAIL_PORTS));
	json_close(&out, '}');
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
	int rc = store_prepare(j->store, "correlate_flow_days", &st, e);

	if (rc < 0 || (rc = stmt_start(st, args, 2, e)) < 0)
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
	int rc = store_prepare(j->store, "correlate_imports", &st, e);

	if (rc < 0 || (rc = stmt_start(st, args, 4, e)) < 0)
		return rc;
	json_open(&out, NULL, '[');
	while ((rc = stmt_next(st, e)) > 0)
		one_import(j, &out, st, tally);
	json_close(&out, ']');
	return rc;
}

/* One number of a statement with up to two times; *there if it is no NULL. */
static int
one_number(struct store *s, const char *name, const struct value *args,
    size_t n, int64_t *out, bool *there, struct err *e)
{
	struct stmt *st;
	struct value v;
	int rc = store_prepare(s, name, &st, e);

	if (rc < 0 || (rc = stmt_start(st, args, n, e)) < 0)
		return rc;
	*there = false;
	rc = stmt_next(st, e);
	if (rc <= 0)
		return rc;
	v = stmt_value(st, 0);
	*there = v.type == VALUE_INT;
	*out = v.i;
	stmt_reset(st);
	return 0;
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
	bool there;
	int rc, i;

	write_parameters(j);
	mix_str(j, buf_str(&j->parameters));
	mix_config(j);
	mix_rules(j);
	rc = read_imports(j, tally, e);
	if (rc >= 0)
		rc = read_flow_days(j, e);
	if (rc >= 0)
		rc = one_number(j->store, "correlate_complaints", span, 2,
		    &complaints, &there, e);
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

static int
job_open(struct job *j, struct store *s, const struct config *c,
    const struct detect *rules, int64_t day, struct err *e)
{
	*j = (struct job){.store = s,
	    .config = c,
	    .rules = rules,
	    .day = day,
	    .start = day_start(day, c->day_timezone),
	    .end = day_start(day + 1, c->day_timezone)};
	return write_watermark(j, e);
}

static void
job_close(struct job *j)
{
	buf_free(&j->parameters);
	buf_free(&j->imports);
	buf_free(&j->watermark);
}

static int
put_prefixes(struct store *s, const char *clear, const char *put,
    const struct prefix *p, size_t n, struct err *e)
{
	int rc = store_run(s, clear, NULL, 0, e);

	for (size_t i = 0; rc >= 0 && i < n; i++) {
		const struct value v[] = {
		    value_blob(p[i].first.b, sizeof(p[i].first.b)),
		    value_blob(p[i].last.b, sizeof(p[i].last.b))};
		rc = store_run(s, put, v, 2, e);
	}
	return rc;
}

static int
put_accounts(struct store *s, const struct config *c, struct err *e)
{
	int rc = store_run(s, "correlate_clear_account", NULL, 0, e);

	for (size_t i = 0; rc >= 0 && i < c->naccounts; i++) {
		const struct value v[] = {value_str(c->accounts[i].user),
		    value_str(c->accounts[i].customer)};
		rc = store_run(s, "correlate_put_account", v, 2, e);
	}
	return rc;
}

static int
put_agent(struct store *s, const struct flow_agent *a, struct err *e)
{
	struct value v[3];
	int64_t id;
	int rc = store_addr(s, a->addr, &id, e);

	if (rc < 0)
		return rc;
	v[0] = value_int(id);
	v[1] = value_str(a->name);
	v[2] = value_z(vantage_name[a->vantage]);
	return store_run(s, "correlate_put_agent", v, 3, e);
}

static int
put_agents(struct store *s, const struct config *c, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; i < c->nflow; i++) {
		for (size_t k = 0; rc >= 0 && k < c->flow[i].nagents; k++)
			rc = put_agent(s, &c->flow[i].agents[k], e);
	}
	return rc;
}

static int
put_clock(struct store *s, const char *kind, int64_t ref, int64_t ahead,
    int64_t error, struct err *e)
{
	const struct value v[] = {value_z(kind), value_int(ref),
	    value_int(ahead), value_int(error)};

	return store_run(s, "correlate_put_clock", v, 4, e);
}

/* The source of the configuration that a file belongs to has its clock. */
static int
put_file_clock(struct store *s, const struct config *c, const char *kind,
    int64_t ref, struct str path, struct err *e)
{
	const struct mail_source *m;
	const struct lease_feed *l;
	char *z = strndup(path.p, path.n);
	int rc = 0;

	if (z == NULL)
		return err_set(e, ERR_FAIL, "out of memory");
	if (str_eq(str_z(kind), STR("mail"))) {
		m = config_mail_of(c, z);
		if (m != NULL)
			rc = put_clock(s, kind, ref, m->clock_offset,
			    m->clock_error, e);
	} else {
		l = config_lease_of(c, z);
		if (l != NULL && l->clock_offset != 0)
			rc = put_clock(s, kind, ref, l->clock_offset, 0, e);
	}
	free(z);
	return rc;
}

/* Rows of a statement: what has a clock, and one of its files. */
static int
put_file_clocks(struct store *s, const struct config *c, const char *kind,
    const char *statement, struct err *e)
{
	struct stmt *st;
	int rc = store_prepare(s, statement, &st, e);

	if (rc < 0 || (rc = stmt_start(st, NULL, 0, e)) < 0)
		return rc;
	while (rc >= 0 && (rc = stmt_next(st, e)) > 0)
		rc = put_file_clock(s, c, kind, stmt_value(st, 0).i,
		    stmt_value(st, 1).s, e);
	stmt_reset(st);
	return rc < 0 ? rc : 0;
}

static int
put_flow_clocks(struct store *s, const struct flow_feed *f, struct err *e)
{
	int64_t id;
	int rc = 0;

	for (size_t i = 0; rc >= 0 && i < f->nagents; i++) {
		rc = store_addr(s, f->agents[i].addr, &id, e);
		if (rc >= 0 && f->clock_offset != 0)
			rc = put_clock(s, "flow", id, f->clock_offset, 0, e);
	}
	return rc;
}

static int
put_clocks(struct store *s, const struct config *c, struct err *e)
{
	int rc = store_run(s, "correlate_clear_clock", NULL, 0, e);

	if (rc >= 0 && c->nmail > 0)
		rc = put_file_clocks(s, c, "mail", "correlate_host_files", e);
	if (rc >= 0 && c->nlease > 0)
		rc = put_file_clocks(s, c, "lease", "correlate_lease_files", e);
	for (size_t i = 0; rc >= 0 && i < c->nflow; i++)
		rc = put_flow_clocks(s, &c->flow[i], e);
	return rc;
}

static int
put_config(struct store *s, const struct config *c, struct err *e)
{
	int rc = put_prefixes(s, "correlate_clear_prefix",
	    "correlate_put_prefix", c->prefixes, c->nprefixes, e);

	if (rc >= 0)
		rc = put_prefixes(s, "correlate_clear_host",
		    "correlate_put_host", c->own_hosts, c->nown_hosts, e);
	if (rc >= 0)
		rc = put_prefixes(s, "correlate_clear_allow",
		    "correlate_put_allow", c->allow, c->nallow, e);
	if (rc >= 0)
		rc = put_accounts(s, c, e);
	if (rc >= 0)
		rc = put_agents(s, c, e);
	if (rc >= 0)
		rc = put_clocks(s, c, e);
	return rc;
}

/* The metric must be there, and in the unit that the rule's writer thought
 * it to be in.  1 if it is about what filters said. */
static int
check_threshold(struct store *s, const struct detect_rule *r,
    const struct detect_threshold *t, struct err *e)
{
	const struct value arg = value_str(t->metric);
	struct stmt *st;
	struct str unit;
	int rc = store_prepare(s, "correlate_metric", &st, e);

	if (rc < 0 || (rc = stmt_start(st, &arg, 1, e)) < 0 ||
	    (rc = stmt_next(st, e)) < 0)
		return rc;
	if (rc == 0)
		return err_set(e, ERR_USAGE, "%.*s:%d: no metric '%.*s'",
		    STR_FMT(r->file), t->line, STR_FMT(t->metric));
	unit = stmt_value(st, 0).s;
	rc = stmt_value(st, 1).i != 0;
	if (!str_eq(unit, t->unit))
		rc = err_set(e, ERR_USAGE,
		    "%.*s:%d: '%.*s' is in %.*s, not in %.*s", STR_FMT(r->file),
		    t->line, STR_FMT(t->metric), STR_FMT(unit),
		    STR_FMT(t->unit));
	stmt_reset(st);
	return rc;
}

static int
put_thresholds(struct store *s, const struct detect_rule *r, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; rc >= 0 && i < r->nwhen; i++) {
		const struct detect_threshold *t = &r->when[i];
		const struct value v[] = {value_str(r->rule),
		    value_int((int64_t)i + 1), value_str(t->metric),
		    t->at_most ? value_null() : value_real(t->value),
		    t->at_most ? value_real(t->value) : value_null(),
		    value_str(t->source)};

		rc = check_threshold(s, r, t, e);
		if (rc >= 0)
			rc = store_run(s, "correlate_put_threshold", v, 6, e);
	}
	return rc;
}

static int
put_sprt(struct store *s, const struct detect_rule *r, struct err *e)
{
	const struct detect_sprt *p = r->sprt;
	const struct value v[] = {value_str(r->rule), value_real(p->theta0),
	    value_real(p->theta1), value_real(p->alpha), value_real(p->beta),
	    value_str(p->source)};

	return store_run(s, "correlate_put_sprt", v, 6, e);
}

static int
put_rule(struct store *s, const struct detect_rule *r, struct err *e)
{
	const struct value v[] = {value_str(r->rule), value_str(r->summary),
	    value_str(r->kind), value_int(!!(r->scope & DETECT_CUSTOMER)),
	    value_int(!!(r->scope & DETECT_OWN_UNASSIGNED)),
	    value_int(!!(r->scope & DETECT_REMOTE))};
	int rc = store_run(s, "correlate_put_rule", v, 6, e);

	if (rc >= 0)
		rc = put_thresholds(s, r, e);
	if (rc >= 0 && r->sprt != NULL)
		rc = put_sprt(s, r, e);
	for (size_t i = 0; rc >= 0 && i < r->nagainst; i++) {
		const struct value w[] = {
		    value_str(r->rule), value_str(r->against[i])};
		rc = store_run(s, "correlate_put_against", w, 2, e);
	}
	return rc;
}

static const struct detect_rule *
rule_named(const struct detect *rules, struct str name)
{
	for (size_t i = 0; i < detect_count(rules); i++)
		if (str_eq(detect_at(rules, i)->rule, name))
			return detect_at(rules, i);
	return NULL;
}

/* Whoever a customer looks like, what filters said of his mail stands. */
static int
check_against(struct store *s, const struct detect *rules,
    const struct detect_rule *r, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; rc >= 0 && i < r->nagainst; i++) {
		const struct detect_rule *o = rule_named(rules, r->against[i]);

		for (size_t k = 0; rc >= 0 && o != NULL && k < o->nwhen; k++) {
			rc = check_threshold(s, o, &o->when[k], e);
			if (rc > 0)
				rc = err_set(e, ERR_USAGE,
				    "%.*s:%d: '%.*s' goes by verdicts of filters (%.*s): no rule is against it",
				    STR_FMT(r->file), r->against_line,
				    STR_FMT(o->rule),
				    STR_FMT(o->when[k].metric));
		}
	}
	return rc;
}

static int
put_rules(struct store *s, const struct detect *rules, struct err *e)
{
	int rc = store_run(s, "correlate_clear_threshold", NULL, 0, e);

	if (rc >= 0)
		rc = store_run(s, "correlate_clear_rule", NULL, 0, e);
	if (rc >= 0)
		rc = store_run(s, "correlate_clear_against", NULL, 0, e);
	if (rc >= 0)
		rc = store_run(s, "correlate_clear_sprt", NULL, 0, e);
	for (size_t i = 0; rc >= 0 && i < detect_count(rules); i++) {
		const struct detect_rule *r = detect_at(rules, i);

		if (r->off)
			continue;
		rc = put_rule(s, r, e);
		if (rc >= 0)
			rc = check_against(s, rules, r, e);
	}
	return rc;
}

static int
put_params(const struct job *j, struct err *e)
{
	const struct {
		const char *name;
		struct value v;
	} params[] = {
	    {"day", value_int(j->day)},
	    {"day_start", value_int(j->start)},
	    {"day_end", value_int(j->end)},
	    {"timezone", value_str(config_zone(j->config))},
	    {"window", value_int(j->config->window)},
	    {"mail_clock_error", value_int(mail_clock_error(j->config))},
	    {"packets_per_message", value_int(PACKETS_PER_MESSAGE)},
	    {"evidence_max", value_int(EVIDENCE_MAX)},
	    {"remote_evidence_max", value_int(REMOTE_EVIDENCE_MAX)},
	    {"flow_client_min", value_int(FLOW_CLIENT_MIN)},
	    {"server_share_min", value_real(SERVER_SHARE_MIN)},
	    {"server_syn_min", value_int(SERVER_SYN_MIN)},
	    {"server_answered_min", value_real(SERVER_ANSWERED_MIN)},
	    {"server_rst_max", value_real(SERVER_RST_MAX)},
	    {"server_days", value_int(SERVER_DAYS)},
	    {"server_answers_min", value_int(SERVER_ANSWERS_MIN)},
	    {"recent_days", value_int(RECENT_DAYS)},
	    {"recent_messages", value_int(RECENT_MESSAGES)},
	    {"recent_most", value_int(RECENT_MOST)},
	    {"ports", value_z(MAIL_PORTS)},
	    {"watermark", value_str(buf_str(&j->watermark))},
	    {"parameters", value_str(buf_str(&j->parameters))},
	    {"imports", value_str(buf_str(&j->imports))},
	};
	int rc = 0;

	for (size_t i = 0; rc >= 0 && i < sizeof(params) / sizeof(params[0]);
	     i++)
		rc = store_param(j->store, params[i].name, params[i].v, e);
	return rc;
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
	int rc = store_prepare(s, "correlate_result", &st, e);

	if (rc < 0 || (rc = stmt_start(st, &arg, 1, e)) < 0 ||
	    (rc = stmt_next(st, e)) < 0)
		return rc;
	for (size_t i = 0; rc > 0 && i < sizeof(to) / sizeof(to[0]); i++)
		*to[i] = stmt_value(st, i).i;
	stmt_reset(st);
	return 0;
}

/* The steps with a number below the limit. */
static int
run_steps(const struct job *j, int limit, struct err *e)
{
	struct functions *functions = NULL;
	struct holders *holders = NULL;
	struct spread *spread = NULL;
	int rc = functions_open(&functions, j->store, e);

	if (rc >= 0)
		rc = holders_open(&holders, j->store, e);
	if (rc >= 0)
		rc = spread_open(&spread, j->store, e);
	if (rc >= 0)
		rc = store_run_steps_below(j->store, "correlate", limit, e);
	spread_close(spread);
	holders_close(holders);
	functions_close(functions);
	return rc;
}

static int
steps(const struct job *j, int limit, struct err *e)
{
	const int64_t margin = mail_margin(j->config);
	int rc = put_config(j->store, j->config, e);

	if (rc >= 0)
		rc = put_rules(j->store, j->rules, e);
	if (rc >= 0)
		rc = put_params(j, e);
	if (rc >= 0) /* a replay tells on whom each rule fires */
		rc = store_param(j->store, "every_role",
		    value_int(limit == CLASS_STEP), e);
	if (rc >= 0)
		rc = store_run(j->store, "correlate_cache", NULL, 0, e);
	if (rc >= 0)
		rc = mail_sums_update(j->store, (j->start - margin) / HOUR,
		    (j->end - 1 + margin) / HOUR + 1, e);
	return rc < 0 ? rc : run_steps(j, limit, e);
}

int
correlate_day(struct store *s, const struct config *c,
    const struct detect *rules, int64_t day, struct correlate_result *out,
    struct err *e)
{
	struct job j;
	int rc = store_begin(s, e);

	if (rc < 0)
		return rc;
	rc = job_open(&j, s, c, rules, day, e);
	if (rc >= 0)
		rc = steps(&j, INT_MAX, e);
	if (rc >= 0 && out != NULL)
		rc = read_result(s, day, out, e);
	if (rc >= 0)
		rc = store_commit(s, e);
	if (rc < 0)
		store_rollback(s);
	job_close(&j);
	return rc;
}

static int
replay_rows(const struct job *j, size_t from,
    int (*row)(void *with, const struct detect_rule *r, const struct stmt *st),
    void *with, struct err *e)
{
	struct stmt *st;
	int rc = store_run(j->store, "correlate_replay_make", NULL, 0, e);

	if (rc >= 0)
		rc = store_run_steps(j->store, "replay", e);
	if (rc >= 0)
		rc = store_prepare(j->store, "correlate_replay", &st, e);
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
	struct job j;
	int rc = store_begin(s, e);

	if (rc < 0)
		return rc;
	rc = job_open(&j, s, c, rules, day, e);
	if (rc >= 0)
		rc = steps(&j, CLASS_STEP, e);
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
	int64_t t = 0;
	bool there;
	int rc = one_number(s, "correlate_next_data", &arg, 1, &t, &there, e);

	if (rc < 0)
		return rc;
	if (there)
		*day = day_of(t, c->day_timezone);
	return there;
}

static int
same_watermark(const struct job *j, struct err *e)
{
	const struct value arg = value_int(j->day);
	struct stmt *st;
	int rc = store_prepare(j->store, "correlate_stored_watermark", &st, e);

	if (rc < 0 || (rc = stmt_start(st, &arg, 1, e)) < 0 ||
	    (rc = stmt_next(st, e)) <= 0)
		return rc;
	rc = str_eq(stmt_value(st, 0).s, buf_str(&j->watermark));
	stmt_reset(st);
	return rc;
}

int
correlate_is_stale(struct store *s, const struct config *c,
    const struct detect *rules, int64_t day, struct err *e)
{
	struct job j;
	int rc = job_open(&j, s, c, rules, day, e);

	if (rc >= 0)
		rc = same_watermark(&j, e);
	job_close(&j);
	return rc < 0 ? rc : !rc;
}
