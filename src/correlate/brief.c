/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/brief.h"

#include <stdlib.h>

#include "base/json_out.h"
#include "correlate/regulars.h"
#include "correlate/server_pattern.h"

/* Client packets of one message: half of the 49.7 packets per completed
 * connection of the LINX day (9,672,926 packets, 194,649 SYN/ACK). */
#define PACKETS_PER_MESSAGE 25
#define EVIDENCE_MAX        20 /* facts of each kind in a finding */
#define REMOTE_EVIDENCE_MAX 5  /* the same of a host that is not confirmed */
#define FLOW_CLIENT_MIN     1  /* sampled client packets of a suspect */
#define MAIL_PORTS          "[25]"
/* Whose mail of the days before is asked for (44_recent.sql). */
#define RECENT_MESSAGES 200  /* who sends so many a day shows it in the day */
#define RECENT_MOST     1000 /* messages of an address that are looked at */

int64_t
brief_mail_margin(const struct config *c)
{
	int64_t most = 0;

	for (size_t i = 0; i < c->nmail; i++)
		if (llabs(c->mail[i].clock_offset) > most)
			most = llabs(c->mail[i].clock_offset);
	return most;
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

void
brief_parameters(struct job *j)
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
	json_i64(&out, "regular_days", REGULAR_DAYS);
	json_i64(&out, "crowd_domains", CROWD_DOMAINS);
	json_real(&out, "crowd_known_share", CROWD_KNOWN_SHARE);
	json_i64(&out, "crowd_days", CROWD_DAYS);
	json_str(&out, "ports", STR(MAIL_PORTS));
	json_close(&out, '}');
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
	const struct value v[] = {value_blob(a->addr.b, sizeof(a->addr.b)),
	    value_str(a->name), value_z(vantage_name[a->vantage])};

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
	int rc = store_start(s, statement, NULL, 0, &st, e);

	if (rc < 0)
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
	int rc = 0;

	if (f->clock_offset == 0)
		return 0;
	for (size_t i = 0; rc >= 0 && i < f->nagents; i++) {
		const struct addr *a = &f->agents[i].addr;
		const struct value v[] = {value_blob(a->b, sizeof(a->b)),
		    value_int(f->clock_offset)};

		rc = store_run(s, "correlate_put_flow_clock", v, 2, e);
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
	int rc = store_start(s, "correlate_metric", &arg, 1, &st, e);

	if (rc < 0 || (rc = stmt_next(st, e)) < 0)
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
put_params(struct store *s, const struct job *j, struct err *e)
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
	    /* a replay tells on whom each rule fires */
	    {"every_role", value_int(j->replay)},
	    {"ports", value_z(MAIL_PORTS)},
	    {"watermark", value_str(buf_str(&j->watermark))},
	    {"parameters", value_str(buf_str(&j->parameters))},
	    {"imports", value_str(buf_str(&j->imports))},
	};
	int rc = 0;

	for (size_t i = 0; rc >= 0 && i < sizeof(params) / sizeof(params[0]);
	     i++)
		rc = store_param(s, params[i].name, params[i].v, e);
	return rc;
}

int
brief(struct store *s, const struct job *j, struct err *e)
{
	int rc = put_config(s, j->config, e);

	if (rc >= 0)
		rc = put_rules(s, j->rules, e);
	return rc < 0 ? rc : put_params(s, j, e);
}
